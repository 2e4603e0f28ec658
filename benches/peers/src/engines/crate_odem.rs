//! The crate `odem-rs`: each customer is an agent, a coroutine that waits for its place or its patience.
//!
//! Rule: as the crate's documentation has it: an agent leaves by `fork(place).or(patience)`. The line of the waiting is
//! made here, because the crate's facility has one place only. A load of the page is a simulation of its own.

use crate::burst::{self, CONNECTIONS, DEADLINE, REQUESTS};
use crate::customers::{Arrivals, Customers, PATIENCE, SERVERS};
use crate::draws::Draws;
use odem_rs::core::ops::{sleep, waker};
use odem_rs::core::simulator::Simulator;
use odem_rs::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Waker;

/// A place in the line.
#[derive(Default)]
struct Place {
    granted: Cell<bool>,
    gone: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

/// The servers, and what is counted.
#[derive(Config, Default)]
struct Shop {
    free: Cell<usize>,
    line: RefCell<VecDeque<Rc<Place>>>,
    counts: Cell<Customers>,
    /// Wakes the main process when the last request has ended.
    last: Cell<Option<Waker>>,
    failed: Cell<bool>,
}

impl Shop {
    fn count(&self, add: impl FnOnce(&mut Customers)) {
        let mut counts = self.counts.get();
        add(&mut counts);
        self.counts.set(counts);
    }

    fn release(&self) {
        let mut line = self.line.borrow_mut();
        while let Some(place) = line.pop_front() {
            if !place.gone.get() {
                place.granted.set(true);
                if let Some(waker) = place.waker.take() {
                    waker.wake();
                }
                return;
            }
        }
        self.free.set(self.free.get() + 1);
    }
}

/// Waits for a server; whether one came in time.
async fn served_in_time(sim: &Sim<Shop>, patience: f64) -> bool {
    let shop = sim.global();
    if let Some(left) = shop.free.get().checked_sub(1) {
        shop.free.set(left);
        return true;
    }
    shop.count(|counts| counts.waited += 1);
    let place = Rc::new(Place::default());
    shop.line.borrow_mut().push_back(Rc::clone(&place));
    let in_time = sim
        .fork(async {
            while !place.granted.get() {
                place.waker.set(Some(waker().await));
                sleep().await;
            }
            true
        })
        .or(async {
            sim.advance(patience).await;
            // No waker may outlive its job.
            drop(place.waker.take());
            false
        })
        .await;
    place.gone.set(!in_time);
    in_time
}

struct Customer {
    service: f64,
}

impl Behavior<Shop> for Customer {
    type Output = ();

    async fn actions(&self, sim: &Sim<Shop>) {
        if served_in_time(sim, PATIENCE).await {
            sim.advance(self.service).await;
            sim.global().release();
        } else {
            sim.global().count(|counts| counts.abandoned += 1);
        }
    }
}

/// Runs the first workload.
///
/// # Errors
/// What the simulation reports.
pub fn customers(seed: u64, customers: u64) -> Result<Customers, String> {
    let shop = Shop { free: Cell::new(SERVERS), ..Shop::default() };
    let simulator = Simulator::new(shop);
    let ended = simulator.run(async |sim: &Sim<Shop>| {
        let mut arrivals = Arrivals::new(seed, customers);
        while let Some((gap, service)) = arrivals.next() {
            sim.advance(gap).await;
            sim.global().count(|counts| counts.arrived += 1);
            sim.spawn(Customer { service });
        }
        // Long enough for the last customer to leave.
        sim.advance(1_000.0 * burst::SERVICE).await;
    });
    ended.map_err(|error| error.to_string())?;
    Ok(simulator.inner().counts.get())
}

struct Request {
    service: f64,
    session: bool,
}

impl Behavior<Shop> for Request {
    type Output = ();

    async fn actions(&self, sim: &Sim<Shop>) {
        let shop = sim.global();
        let in_time = served_in_time(sim, DEADLINE).await;
        if in_time {
            sim.advance(self.service).await;
            shop.release();
        }
        if self.session {
            shop.failed.set(!in_time);
            if let Some(waker) = shop.last.take() {
                waker.wake();
            }
        }
    }
}

/// Runs the second workload; the number of loads that fail.
///
/// # Errors
/// What the simulation reports.
pub fn loads(seed: u64, loads: u64) -> Result<u64, String> {
    let mut draws = Draws::new(seed);
    let mut failed = 0;
    for _ in 0..loads {
        let services = burst::services(&mut draws);
        let simulator = Simulator::new(Shop { free: Cell::new(CONNECTIONS), ..Shop::default() });
        let ended = simulator.run(async |sim: &Sim<Shop>| {
            for (request, &service) in services.iter().enumerate() {
                sim.spawn(Request { service, session: request == REQUESTS - 1 });
            }
            sim.global().last.set(Some(waker().await));
            sleep().await;
        });
        ended.map_err(|error| error.to_string())?;
        failed += u64::from(simulator.inner().failed.get());
    }
    Ok(failed)
}
