//! The crate `simcore`: one component that handles its own events.
//!
//! Rule: as the crate's documentation has it. The timers of one constant delay use its ordered events, a queue beside its
//! heap; a cancelled event stays where it is and is passed over.

use crate::burst::{self, CONNECTIONS, DEADLINE, REQUESTS};
use crate::customers::{Arrivals, Customers, PATIENCE, SERVERS};
use crate::draws::Draws;
use serde::Serialize;
use simcore::{Event, EventHandler, EventId, Simulation, SimulationContext, cast};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

const NAME: &str = "queue";

#[derive(Clone, Serialize)]
struct Arrival {
    service: f64,
}
#[derive(Clone, Serialize)]
struct End {}
#[derive(Clone, Serialize)]
struct Deadline {}
/// The end of the session's service.
#[derive(Clone, Serialize)]
struct Answer {}

struct Queue {
    context: SimulationContext,
    arrivals: Arrivals,
    counts: Customers,
    free: usize,
    waiting: VecDeque<(EventId, f64)>,
}

impl Queue {
    fn next_arrival(&mut self) {
        if let Some((gap, service)) = self.arrivals.next() {
            self.context.emit_self(Arrival { service }, gap);
        }
    }

    fn arrive(&mut self, service: f64) {
        self.counts.arrived += 1;
        if self.free > 0 {
            self.free -= 1;
            self.context.emit_self(End {}, service);
        } else {
            self.counts.waited += 1;
            let timer = self.context.emit_ordered_self(Deadline {}, PATIENCE);
            self.waiting.push_back((timer, service));
        }
        self.next_arrival();
    }

    fn end(&mut self) {
        match self.waiting.pop_front() {
            Some((timer, service)) => {
                self.context.cancel_event(timer);
                self.context.emit_self(End {}, service);
            }
            None => self.free += 1,
        }
    }

    fn abandon(&mut self) {
        self.waiting.pop_front();
        self.counts.abandoned += 1;
    }
}

impl EventHandler for Queue {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Arrival { service } => {
                self.arrive(service);
            }
            End {} => {
                self.end();
            }
            Deadline {} => {
                self.abandon();
            }
        })
    }
}

/// Runs the first workload.
pub fn customers(seed: u64, customers: u64) -> Customers {
    let mut simulation = Simulation::new(seed);
    let context = simulation.create_context(NAME);
    let queue = Rc::new(RefCell::new(Queue {
        context,
        arrivals: Arrivals::new(seed, customers),
        counts: Customers::default(),
        free: SERVERS,
        waiting: VecDeque::new(),
    }));
    simulation.add_handler(NAME, queue.clone());
    queue.borrow_mut().next_arrival();
    simulation.step_until_no_events();
    queue.borrow().counts
}

/// A page that is loaded again and again in one simulation.
struct Page {
    context: SimulationContext,
    draws: Draws,
    left: u64,
    failed: u64,
    services: [f64; REQUESTS],
    /// The request that is first in line.
    next: usize,
    timers: [EventId; REQUESTS],
}

impl Page {
    fn open(&mut self) {
        self.context.cancel_events(|_| true);
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        self.services = burst::services(&mut self.draws);
        for request in 0..REQUESTS {
            if request < CONNECTIONS {
                self.context.emit_self(End {}, self.services[request]);
            } else {
                self.timers[request] = self.context.emit_ordered_self(Deadline {}, DEADLINE);
            }
        }
        self.next = CONNECTIONS;
    }

    fn end(&mut self) {
        if self.next == REQUESTS {
            return;
        }
        self.context.cancel_event(self.timers[self.next]);
        let service = self.services[self.next];
        self.next += 1;
        if self.next == REQUESTS {
            self.context.emit_self(Answer {}, service);
        } else {
            self.context.emit_self(End {}, service);
        }
    }

    fn abort(&mut self) {
        self.next += 1;
        if self.next == REQUESTS {
            self.failed += 1;
            self.open();
        }
    }
}

impl EventHandler for Page {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            End {} => {
                self.end();
            }
            Deadline {} => {
                self.abort();
            }
            Answer {} => {
                self.open();
            }
        })
    }
}

/// Runs the second workload; the number of loads that fail.
pub fn loads(seed: u64, loads: u64) -> u64 {
    let mut simulation = Simulation::new(seed);
    let context = simulation.create_context(NAME);
    let page = Rc::new(RefCell::new(Page {
        context,
        draws: Draws::new(seed),
        left: loads,
        failed: 0,
        services: [0.0; REQUESTS],
        next: 0,
        timers: [0; REQUESTS],
    }));
    simulation.add_handler(NAME, page.clone());
    page.borrow_mut().open();
    simulation.step_until_no_events();
    page.borrow().failed
}
