//! The engine of this repository: its event loop for the first workload, a scenario's plan for the second.
//!
//! Rule: the second workload goes through everything that a user's scenario goes through: every station of `models/`, by
//! the rules of a browser profile, with its own random streams. Only reading the text is done before.

use crate::customers::{Arrivals, Customers, PATIENCE, SERVERS};
use sixslot_models::load::{Extent, Load};
use sixslot_models::{Document, Plan};
use sixslot_sim_core::{EventKey, EventQueue, Flow, Model, Span, Time, run};
use std::collections::VecDeque;
use std::convert::Infallible;

const SCENARIO: &str = include_str!("page-burst.toml");

enum Event {
    Arrival { service: Span },
    End,
    Deadline,
}

type Agenda = EventQueue<Event>;

fn span(seconds: f64) -> Span {
    Span::from_nanos((seconds * 1e9) as u64)
}

struct Queue {
    arrivals: Arrivals,
    counts: Customers,
    free: usize,
    waiting: VecDeque<(EventKey, Span)>,
}

impl Queue {
    fn next_arrival(&mut self, agenda: &mut Agenda) {
        if let Some((gap, service)) = self.arrivals.next() {
            agenda.schedule_in(span(gap), Event::Arrival { service: span(service) });
        }
    }
}

impl Model for Queue {
    type Event = Event;
    type Error = Infallible;

    fn handle(&mut self, event: Event, agenda: &mut Agenda) -> Result<Flow, Infallible> {
        match event {
            Event::Arrival { service } => {
                self.counts.arrived += 1;
                if self.free > 0 {
                    self.free -= 1;
                    agenda.schedule_in(service, Event::End);
                } else {
                    self.counts.waited += 1;
                    let timer = agenda.schedule_in(span(PATIENCE), Event::Deadline);
                    self.waiting.push_back((timer, service));
                }
                self.next_arrival(agenda);
            }
            Event::End => match self.waiting.pop_front() {
                Some((timer, service)) => {
                    agenda.cancel(timer);
                    agenda.schedule_in(service, Event::End);
                }
                None => self.free += 1,
            },
            // Who waits longest is the first in line.
            Event::Deadline => {
                self.waiting.pop_front();
                self.counts.abandoned += 1;
            }
        }
        Ok(Flow::Continue)
    }
}

/// Runs the first workload on the event loop of `sim-core/`.
pub fn customers(seed: u64, customers: u64) -> Customers {
    let arrivals = Arrivals::new(seed, customers);
    let mut queue = Queue { arrivals, counts: Customers::default(), free: SERVERS, waiting: VecDeque::new() };
    let mut agenda = Agenda::new();
    queue.next_arrival(&mut agenda);
    match run(&mut queue, &mut agenda, Time::MAX, u64::MAX) {
        Ok(_) => queue.counts,
        Err(never) => match never {},
    }
}

/// The plan of the page burst with these changes.
///
/// # Errors
/// A fault in the scenario.
pub fn plan(sets: &[String]) -> Result<Plan, String> {
    let document = Document::read("page-burst.toml", SCENARIO, sets).map_err(|error| error.to_string())?;
    document.plan(&[], &[]).map_err(|error| error.to_string())
}

/// Runs the second workload: the number of loads that fail.
///
/// # Errors
/// A load beyond the limits.
pub fn loads(plan: &Plan, seed: u64, loads: u64) -> Result<u64, String> {
    let mut load = Load::new();
    let mut failed = 0;
    for number in 0..loads {
        load.simulate(plan, seed, number, Extent::UntilDecided).map_err(|error| error.to_string())?;
        failed += u64::from(load.verdict().failed);
    }
    Ok(failed)
}
