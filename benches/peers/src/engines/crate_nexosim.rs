//! The crate `nexosim`: one model that schedules its own methods, in a simulation with one thread.
//!
//! Rule: as the crate's documentation has it; timers are keyed events, which can be cancelled.

use crate::burst::{self, CONNECTIONS, DEADLINE, REQUESTS};
use crate::customers::{Arrivals, Customers, PATIENCE, SERVERS};
use crate::draws::Draws;
use nexosim::model::{Context, Model, schedulable};
use nexosim::simulation::{EventKey, Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A delay; events at the current time are refused.
fn delay(seconds: f64) -> Duration {
    Duration::from_nanos((seconds * 1e9).max(1.0) as u64)
}

/// Where a model leaves its result at the end.
type Place<T> = Arc<Mutex<T>>;

fn leave<T>(place: &Place<T>, value: T) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = value;
}

fn take<T: Copy>(place: &Place<T>) -> T {
    *place.lock().unwrap_or_else(PoisonError::into_inner)
}

fn simulate<M: Model<Env = ()>>(model: M) -> Result<(), String> {
    let bench = SimInit::with_num_threads(1).add_model(model, Mailbox::new(), "queue");
    let mut simulation = bench.init(MonotonicTime::EPOCH).map_err(|error| error.to_string())?;
    simulation.run().map_err(|error| error.to_string())
}

#[derive(Serialize, Deserialize)]
struct Queue {
    #[serde(skip)]
    arrivals: Arrivals,
    #[serde(skip)]
    counts: Customers,
    #[serde(skip)]
    result: Place<Customers>,
    free: usize,
    waiting: VecDeque<(EventKey, f64)>,
}

#[Model]
impl Queue {
    #[nexosim(init)]
    async fn init(&mut self, context: &Context<Self>) {
        self.next_arrival(context);
    }

    fn next_arrival(&mut self, context: &Context<Self>) {
        match self.arrivals.next() {
            Some((gap, service)) => {
                let scheduled = context.schedule_event(delay(gap), schedulable!(Self::arrive), service);
                debug_assert!(scheduled.is_ok());
            }
            None => leave(&self.result, self.counts),
        }
    }

    fn serve(&self, service: f64, context: &Context<Self>) {
        let scheduled = context.schedule_event(delay(service), schedulable!(Self::end), ());
        debug_assert!(scheduled.is_ok());
    }

    #[nexosim(schedulable)]
    fn arrive(&mut self, service: f64, context: &Context<Self>) {
        self.counts.arrived += 1;
        if self.free > 0 {
            self.free -= 1;
            self.serve(service, context);
        } else {
            self.counts.waited += 1;
            let timer = context.schedule_keyed_event(delay(PATIENCE), schedulable!(Self::abandon), ());
            self.waiting.extend(timer.ok().map(|timer| (timer, service)));
        }
        self.next_arrival(context);
    }

    #[nexosim(schedulable)]
    fn end(&mut self, _: (), context: &Context<Self>) {
        match self.waiting.pop_front() {
            Some((timer, service)) => {
                timer.cancel();
                self.serve(service, context);
            }
            None => self.free += 1,
        }
    }

    #[nexosim(schedulable)]
    fn abandon(&mut self) {
        self.waiting.pop_front();
        self.counts.abandoned += 1;
        // Those who came last may leave after the last arrival.
        leave(&self.result, self.counts);
    }
}

/// Runs the first workload.
///
/// # Errors
/// What the simulation reports.
pub fn customers(seed: u64, customers: u64) -> Result<Customers, String> {
    let result = Place::default();
    simulate(Queue {
        arrivals: Arrivals::new(seed, customers),
        counts: Customers::default(),
        result: Arc::clone(&result),
        free: SERVERS,
        waiting: VecDeque::new(),
    })?;
    Ok(take(&result))
}

/// A page that is loaded again and again in one simulation.
#[derive(Serialize, Deserialize)]
struct Page {
    #[serde(skip)]
    draws: Draws,
    #[serde(skip)]
    result: Place<u64>,
    left: u64,
    failed: u64,
    services: [f64; REQUESTS],
    /// The request that is first in line.
    next: usize,
    timers: VecDeque<EventKey>,
    /// The ends of service of this load, which are cancelled with it.
    ends: Vec<EventKey>,
}

#[Model]
impl Page {
    #[nexosim(init)]
    async fn init(&mut self, context: &Context<Self>) {
        self.open(context);
    }

    fn open(&mut self, context: &Context<Self>) {
        self.ends.drain(..).for_each(EventKey::cancel);
        if self.left == 0 {
            return leave(&self.result, self.failed);
        }
        self.left -= 1;
        self.services = burst::services(&mut self.draws);
        for request in 0..CONNECTIONS {
            self.serve(self.services[request], context);
        }
        for _ in CONNECTIONS..REQUESTS {
            let timer = context.schedule_keyed_event(delay(DEADLINE), schedulable!(Self::abort), ());
            self.timers.extend(timer.ok());
        }
        self.next = CONNECTIONS;
    }

    fn serve(&mut self, service: f64, context: &Context<Self>) {
        let end = context.schedule_keyed_event(delay(service), schedulable!(Self::end), ());
        self.ends.extend(end.ok());
    }

    #[nexosim(schedulable)]
    fn end(&mut self, _: (), context: &Context<Self>) {
        let Some(timer) = self.timers.pop_front() else { return };
        timer.cancel();
        let service = self.services[self.next];
        self.next += 1;
        if self.next < REQUESTS {
            self.serve(service, context);
        } else {
            let end = context.schedule_keyed_event(delay(service), schedulable!(Self::answer), ());
            self.ends.extend(end.ok());
        }
    }

    #[nexosim(schedulable)]
    fn abort(&mut self, _: (), context: &Context<Self>) {
        self.timers.pop_front();
        self.next += 1;
        if self.next == REQUESTS {
            self.failed += 1;
            self.open(context);
        }
    }

    #[nexosim(schedulable)]
    fn answer(&mut self, _: (), context: &Context<Self>) {
        self.open(context);
    }
}

/// Runs the second workload; the number of loads that fail.
///
/// # Errors
/// What the simulation reports.
pub fn loads(seed: u64, loads: u64) -> Result<u64, String> {
    let result = Place::default();
    simulate(Page {
        draws: Draws::new(seed),
        result: Arc::clone(&result),
        left: loads,
        failed: 0,
        services: [0.0; REQUESTS],
        next: 0,
        timers: VecDeque::new(),
        ends: Vec::new(),
    })?;
    Ok(take(&result))
}
