//! The event queue against the simplest correct one: a map from (time, sequence number) to event.

use proptest::{prelude::*, test_runner::RngSeed};
use sixslot_sim_core::{EventKey, EventQueue, PastError, Span, Time};
use std::collections::BTreeMap;

/// An event that cannot be copied, as the queue promises not to need that.
#[derive(Debug, PartialEq)]
struct Event(u64);

#[derive(Clone, Debug)]
enum Step {
    Schedule(u64),
    Cancel(prop::sample::Index),
    Pop,
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        // Few different delays, so that many events are simultaneous.
        80 => (0..6_u64).prop_map(Step::Schedule),
        40 => any::<prop::sample::Index>().prop_map(Step::Cancel),
        38 => Just(Step::Pop),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 0..600)
}

#[derive(Default)]
struct Model {
    pending: BTreeMap<(Time, u64), u64>,
    sequence: u64,
    now: Time,
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn behaves_as_a_sorted_map(steps in steps()) {
        let mut queue = EventQueue::new();
        let mut model = Model::default();
        // All keys ever issued; `None` stands for a key from before a clear.
        let mut keys: Vec<(EventKey, Option<(Time, u64)>)> = Vec::new();
        for (event, step) in (0..).zip(steps) {
            match step {
                Step::Schedule(delay) => {
                    let at = model.now + Span::from_nanos(delay);
                    let key = match event % 2 {
                        0 => queue.schedule(at, Event(event)).map_err(|error| TestCaseError::fail(error.to_string()))?,
                        _ => queue.schedule_in(Span::from_nanos(delay), Event(event)),
                    };
                    prop_assert!(keys.iter().all(|(old, _)| *old != key));
                    keys.push((key, Some((at, model.sequence))));
                    model.pending.insert((at, model.sequence), event);
                    model.sequence += 1;
                }
                Step::Cancel(index) if !keys.is_empty() => {
                    let (key, place) = *index.get(&keys);
                    let expected = place.and_then(|place| model.pending.remove(&place));
                    prop_assert_eq!(queue.cancel(key), expected.map(Event));
                }
                Step::Cancel(_) => {}
                Step::Pop => {
                    let expected = model.pending.pop_first().map(|((at, _), event)| {
                        model.now = at;
                        (at, Event(event))
                    });
                    prop_assert_eq!(queue.pop(), expected);
                }
                Step::Clear => {
                    queue.clear();
                    model = Model::default();
                    keys.iter_mut().for_each(|(_, place)| *place = None);
                }
            }
            prop_assert_eq!(queue.len(), model.pending.len());
            prop_assert_eq!(queue.is_empty(), model.pending.is_empty());
            prop_assert_eq!(queue.now(), model.now);
            let first = model.pending.first_key_value().map(|((at, _), _)| *at);
            prop_assert_eq!(queue.peek_time(), first);
        }
        for ((at, _), event) in model.pending {
            prop_assert_eq!(queue.pop(), Some((at, Event(event))));
        }
        prop_assert_eq!(queue.pop(), None);
    }
}

#[test]
fn a_stale_key_never_names_a_later_event() {
    let mut queue = EventQueue::new();
    let fired = queue.schedule_in(Span::ZERO, 1);
    queue.pop();
    let cancelled = queue.schedule_in(Span::ZERO, 2);
    assert_eq!(queue.cancel(cancelled), Some(2));
    let cleared = queue.schedule_in(Span::ZERO, 3);
    queue.clear();
    let live = queue.schedule_in(Span::ZERO, 4);
    for stale in [fired, cancelled, cleared] {
        assert_eq!(queue.cancel(stale), None);
    }
    assert_eq!(queue.cancel(live), Some(4));
}

#[test]
fn clear_starts_again_at_time_zero() {
    let mut queue = EventQueue::default();
    queue.schedule_in(Span::from_nanos(5), ());
    queue.pop();
    assert_eq!(queue.now(), Time::from_nanos(5));
    queue.clear();
    assert_eq!(queue.now(), Time::ZERO);
    queue.schedule_in(Span::ZERO, ());
    assert_eq!(queue.pop(), Some((Time::ZERO, ())));
}

#[test]
fn scheduling_in_the_past_is_an_error_and_changes_nothing() -> Result<(), PastError> {
    let mut queue = EventQueue::new();
    queue.schedule(Time::from_nanos(5), "first")?;
    queue.pop();
    assert_eq!(queue.schedule(Time::from_nanos(4), "late"), Err(PastError { at_ns: 4, now_ns: 5 }));
    assert!(queue.is_empty());
    queue.schedule(Time::from_nanos(5), "now")?;
    queue.schedule_in(Span::MAX, "never");
    assert_eq!(queue.pop(), Some((Time::from_nanos(5), "now")));
    assert_eq!(queue.pop(), Some((Time::MAX, "never")));
    Ok(())
}

#[test]
fn events_of_one_delay_keep_their_order_among_many_that_are_cancelled() {
    // Enough for the line of a delay to be full of removed events, so that later ones are elsewhere.
    let mut queue = EventQueue::new();
    let mut expected = Vec::new();
    for number in 0..10_000_u64 {
        let key = queue.schedule_in(Span::from_seconds(1), number);
        queue.schedule_in(Span::ZERO, u64::MAX);
        if number % 100 == 0 {
            expected.push(number);
        } else {
            assert_eq!(queue.cancel(key), Some(number));
            assert_eq!(queue.cancel(key), None);
        }
        assert_eq!(queue.pop().map(|(_, event)| event), Some(u64::MAX));
    }
    assert_eq!(queue.len(), expected.len());
    let left: Vec<u64> = std::iter::from_fn(|| queue.pop()).map(|(_, event)| event).collect();
    assert_eq!(left, expected);
}
