//! The run loop: every reason to end, and the state it leaves.

use sixslot_sim_core::{End, EventQueue, Flow, Model, Span, Time, run};

/// Counts events; each one schedules the next a nanosecond later, up to `chain` events.
struct Chain {
    seen: Vec<Time>,
    chain: usize,
    stop_at: usize,
    fail_at: usize,
}

impl Model for Chain {
    type Event = ();
    type Error = &'static str;

    fn handle(&mut self, (): (), queue: &mut EventQueue<()>) -> Result<Flow, &'static str> {
        self.seen.push(queue.now());
        if self.seen.len() == self.fail_at {
            return Err("the model's own error");
        }
        if self.seen.len() < self.chain {
            queue.schedule_in(Span::from_nanos(1), ());
        }
        Ok(if self.seen.len() == self.stop_at { Flow::Stop } else { Flow::Continue })
    }
}

fn outcome(chain: usize, stop_at: usize, horizon: u64, limit: u64) -> (End, usize, usize) {
    let mut model = Chain { seen: Vec::new(), chain, stop_at, fail_at: usize::MAX };
    let mut queue = EventQueue::new();
    queue.schedule_in(Span::ZERO, ());
    let end = run(&mut model, &mut queue, Time::from_nanos(horizon), limit).expect("the chain never fails");
    let expected: Vec<_> = (0..model.seen.len() as u64).map(Time::from_nanos).collect();
    assert_eq!(model.seen, expected);
    (end, model.seen.len(), queue.len())
}

#[test]
fn ends_for_one_named_reason() {
    const NEVER: usize = usize::MAX;
    assert_eq!(outcome(5, NEVER, 100, 100), (End::Idle, 5, 0));
    assert_eq!(outcome(5, 3, 100, 100), (End::Stopped, 3, 1));
    // The event exactly at the horizon is handled; the one after it stays.
    assert_eq!(outcome(NEVER, NEVER, 10, 100), (End::Horizon, 11, 1));
    assert_eq!(outcome(NEVER, NEVER, 100, 7), (End::EventLimit, 7, 1));
    // A limit that is just enough is not a reason to end.
    assert_eq!(outcome(7, NEVER, 100, 7), (End::Idle, 7, 0));
    assert_eq!(outcome(NEVER, NEVER, 6, 7), (End::Horizon, 7, 1));
    assert_eq!(outcome(1, NEVER, 0, 0), (End::EventLimit, 0, 1));
}

#[test]
fn an_error_of_the_model_ends_the_run() {
    let mut model = Chain { seen: Vec::new(), chain: usize::MAX, stop_at: usize::MAX, fail_at: 3 };
    let mut queue = EventQueue::new();
    queue.schedule_in(Span::ZERO, ());
    assert_eq!(run(&mut model, &mut queue, Time::MAX, 100), Err("the model's own error"));
    assert_eq!((model.seen.len(), queue.len()), (3, 0));
}
