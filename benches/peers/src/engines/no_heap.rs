//! A loop by hand without an event queue: the next event is the least of a few times.
//!
//! Rule: what only this workload allows is used. The waiting have one constant delay, so the first in line is the first
//! to leave, and no timer is ever set or cancelled. It is the floor: what the random numbers and the bookkeeping cost.

use crate::burst::{self, DEADLINE};
use crate::customers::{Arrivals, Customers, PATIENCE, SERVERS};
use crate::draws::Draws;
use std::collections::VecDeque;

/// The index of the least time.
fn least<const N: usize>(times: &[f64; N]) -> usize {
    (1..N).fold(0, |least, at| if times[at] < times[least] { at } else { least })
}

/// Runs the first workload.
pub fn customers(seed: u64, customers: u64) -> Customers {
    let mut arrivals = Arrivals::new(seed, customers);
    let mut counts = Customers::default();
    let mut ends = [f64::INFINITY; SERVERS];
    let mut waiting: VecDeque<(f64, f64)> = VecDeque::new();
    let mut coming = arrivals.next();
    let mut arrival = coming.map_or(f64::INFINITY, |(gap, _)| gap);
    loop {
        let server = least(&ends);
        let leave = waiting.front().map_or(f64::INFINITY, |&(leave, _)| leave);
        let now = ends[server].min(leave).min(arrival);
        if now == f64::INFINITY {
            return counts;
        }
        if now == arrival {
            let service = coming.map_or(0.0, |(_, service)| service);
            counts.arrived += 1;
            if let Some(free) = ends.iter().position(|end| end.is_infinite()) {
                ends[free] = now + service;
            } else {
                counts.waited += 1;
                waiting.push_back((now + PATIENCE, service));
            }
            coming = arrivals.next();
            arrival = coming.map_or(f64::INFINITY, |(gap, _)| now + gap);
        } else if now == leave {
            waiting.pop_front();
            counts.abandoned += 1;
        } else {
            ends[server] = waiting.pop_front().map_or(f64::INFINITY, |(_, service)| now + service);
        }
    }
}

/// Runs the second workload; the number of loads that fail.
pub fn loads(seed: u64, loads: u64) -> u64 {
    let mut draws = Draws::new(seed);
    let mut failed = 0;
    for _ in 0..loads {
        let services = burst::services(&mut draws);
        let (first, waiting) = services.split_at(burst::CONNECTIONS);
        let mut ends: [f64; burst::CONNECTIONS] = std::array::from_fn(|at| first[at]);
        for service in waiting {
            let free = least(&ends);
            if ends[free] > DEADLINE {
                failed += 1;
                break;
            }
            ends[free] += service;
        }
    }
    failed
}
