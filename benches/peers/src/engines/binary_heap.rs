//! A loop by hand on the standard library's binary heap.
//!
//! Rule: events are pushed and popped in the order (time, sequence number). A timer that is no longer needed stays in the heap
//! and is passed over when it comes up, because this heap can't remove it.

use crate::burst::{self, CONNECTIONS, DEADLINE, REQUESTS};
use crate::customers::{Arrivals, Customers, PATIENCE, SERVERS};
use crate::draws::Draws;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

const NANOS: f64 = 1e9;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrival,
    End,
    /// The end of the session's service.
    Answer,
    Deadline {
        customer: u64,
    },
}

/// The pending events.
#[derive(Default)]
struct Queue {
    heap: BinaryHeap<Reverse<(u64, u64, Event)>>,
    sequence: u64,
    now: u64,
}

impl Queue {
    fn push(&mut self, seconds: f64, event: Event) {
        self.heap.push(Reverse((self.now + (seconds * NANOS) as u64, self.sequence, event)));
        self.sequence += 1;
    }

    fn pop(&mut self) -> Option<Event> {
        let Reverse((now, _, event)) = self.heap.pop()?;
        self.now = now;
        Some(event)
    }

    fn clear(&mut self) {
        self.heap.clear();
        self.now = 0;
        self.sequence = 0;
    }
}

/// Runs the first workload.
pub fn customers(seed: u64, customers: u64) -> Customers {
    let mut arrivals = Arrivals::new(seed, customers);
    let mut counts = Customers::default();
    let mut queue = Queue::default();
    let mut free = SERVERS;
    let mut waiting: VecDeque<(u64, f64)> = VecDeque::new();
    let mut coming = 0.0;
    if let Some((gap, service)) = arrivals.next() {
        coming = service;
        queue.push(gap, Event::Arrival);
    }
    while let Some(event) = queue.pop() {
        match event {
            Event::Arrival => {
                counts.arrived += 1;
                if free > 0 {
                    free -= 1;
                    queue.push(coming, Event::End);
                } else {
                    counts.waited += 1;
                    waiting.push_back((counts.arrived, coming));
                    queue.push(PATIENCE, Event::Deadline { customer: counts.arrived });
                }
                if let Some((gap, service)) = arrivals.next() {
                    coming = service;
                    queue.push(gap, Event::Arrival);
                }
            }
            Event::End => match waiting.pop_front() {
                Some((_, service)) => queue.push(service, Event::End),
                None => free += 1,
            },
            // Who waits longest is the first in line.
            Event::Deadline { customer } => {
                if waiting.front().is_some_and(|&(first, _)| first == customer) {
                    waiting.pop_front();
                    counts.abandoned += 1;
                }
            }
            Event::Answer => {}
        }
    }
    counts
}

/// Runs the second workload; the number of loads that fail.
pub fn loads(seed: u64, loads: u64) -> u64 {
    let mut draws = Draws::new(seed);
    let mut queue = Queue::default();
    (0..loads).filter(|_| fails(&burst::services(&mut draws), &mut queue)).count() as u64
}

/// Whether a load with these service times fails. The requests are numbered in the order of the queue.
fn fails(services: &[f64; REQUESTS], queue: &mut Queue) -> bool {
    const SESSION: usize = REQUESTS - 1;
    queue.clear();
    for (request, &service) in services.iter().enumerate() {
        if request < CONNECTIONS {
            queue.push(service, Event::End);
        } else {
            queue.push(DEADLINE, Event::Deadline { customer: request as u64 });
        }
    }
    let mut next = CONNECTIONS;
    while let Some(event) = queue.pop() {
        match event {
            Event::Answer => return false,
            Event::End => {
                if let Some(&service) = services.get(next) {
                    queue.push(service, if next == SESSION { Event::Answer } else { Event::End });
                    next += 1;
                }
            }
            Event::Deadline { customer } if customer == next as u64 => {
                if next == SESSION {
                    return true;
                }
                next += 1;
            }
            Event::Deadline { .. } | Event::Arrival => {}
        }
    }
    false
}
