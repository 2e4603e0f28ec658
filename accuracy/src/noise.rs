//! Which predictions depend on the noise of a measurement: on small differences in timing.
//!
//! Rule: the simulator repeats a load [`REPLAYS`] times with small changes. Each service time and handshake is changed
//! by its own random amount of at most [`SERVICE`]; the deadline of each class and the horizon are moved by
//! [`DEADLINE`] in either direction or kept; the browser's costs are halved, doubled or kept. The first two replays
//! move all deadlines in one direction. A request depends on noise if a replay gives it another outcome, changes
//! whether it arrives at the server, or adds or removes it. A verdict depends on noise if a replay changes whether the
//! load fails. The amounts are real time: at a tenth of the time scale, the noise is ten times larger in scenario time.
//!
//! Of requests that wait for a connection of HTTP/2 Chromium knows an order, and nobody else ([`Plan::has_unknown_orders`]): each replay sends
//! them in another one. [`ORDERS`] further replays change nothing else: where one of them moves a request's arrival by more than
//! [`ZERO`], that arrival is not known.
//!
//! The rule sees the prediction only, never the measurement, so it cannot excuse a disagreement for being one.

use super::identity::Identity;
use super::prediction::Prediction;
use sixslot_lab::{Ending, MeasuredRequest};
use sixslot_models::Plan;
use sixslot_models::load::LoadError;
use sixslot_sim_core::{Purpose, Span, Stream, Streams};
use std::collections::{BTreeMap, BTreeSet};

/// Number of replays of a load.
pub const REPLAYS: u64 = 40;
/// Arrival errors up to this size, in real milliseconds, count as 0: delays that a busy machine causes.
pub const ZERO: f64 = 10.0;
/// Number of replays of a load in other orders of requests that wait.
pub const ORDERS: u64 = 20;
/// How far a deadline is moved, in real milliseconds.
pub const DEADLINE: f64 = 20.0;
/// The largest change of a service time, in real milliseconds.
pub const SERVICE: f64 = 10.0;

/// What of a load depends on noise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hanging {
    /// The requests that depend on noise, including ones that only a replay has.
    pub requests: BTreeSet<Identity>,
    /// Whether the verdict depends on noise.
    pub verdict: bool,
    /// The requests whose arrival depends on an order that is not known.
    pub unknown: BTreeSet<Identity>,
}

/// When each request arrives.
fn arrivals(prediction: &Prediction) -> BTreeMap<Identity, Option<f64>> {
    prediction.requests.iter().map(|request| (Identity::of(request), request.arrived_ms)).collect()
}

/// What the rule compares: each request's outcome, and whether it arrived at the server.
fn fates(prediction: &Prediction) -> BTreeMap<Identity, (Ending, bool)> {
    let fate = |request: &MeasuredRequest| (Identity::of(request), (request.outcome, request.arrived_ms.is_some()));
    prediction.requests.iter().map(fate).collect()
}

/// Changes a span by some milliseconds; the result is at least 1 ms.
fn moved(span: Span, ms: f64) -> Span {
    Span::from_seconds_f64(span.as_seconds_f64() + ms / 1e3).max(Span::from_millis(1))
}

/// The plan of one replay.
fn disturbed(plan: &Plan, replay: u64, scale: f64) -> Plan {
    let mut stream: Stream = Streams::new(0, replay).stream(Purpose::named("noise"), 0);
    let mut pick = |choices: [f64; 3]| choices[((stream.next_uniform() * 3.0) as usize).min(2)];
    let mut plan = plan.clone();
    let deadline = DEADLINE / scale;
    let most = Span::from_seconds_f64(SERVICE / scale / 1e3);
    for class in 0..plan.classes().len() {
        let by = match replay {
            0 => -deadline,
            1 => deadline,
            _ => pick([-deadline, 0.0, deadline]),
        };
        plan.change_deadline(class, |span| moved(span, by));
        plan.jitter_service(class, most, replay);
    }
    let by = pick([-deadline, 0.0, deadline]);
    plan.change_horizon(|span| moved(span, by));
    plan.scale_browser_costs(pick([0.5, 1.0, 2.0]));
    plan.reorder_waiting(replay);
    plan
}

impl Hanging {
    /// Finds what depends on noise in a load with the given prediction.
    ///
    /// # Errors
    /// The load exceeds a limit of the simulator.
    pub fn find(plan: &Plan, seed: u64, load: u64, scale: f64, prediction: &Prediction) -> Result<Self, LoadError> {
        let mut hanging = Self::default();
        let own = fates(prediction);
        for replay in 0..REPLAYS {
            let other = Prediction::simulate(&disturbed(plan, replay, scale), seed, load)?;
            hanging.verdict |= other.verdict.failed != prediction.verdict.failed;
            let fates = fates(&other);
            let differ = own.iter().filter(|(identity, fate)| fates.get(identity) != Some(fate));
            let new = fates.keys().filter(|identity| !own.contains_key(identity));
            hanging.requests.extend(differ.map(|(identity, _)| identity).chain(new).cloned());
        }
        if plan.has_unknown_orders() {
            hanging.find_unknown(plan, seed, load, scale, prediction)?;
        }
        Ok(hanging)
    }

    fn find_unknown(
        &mut self,
        plan: &Plan,
        seed: u64,
        load: u64,
        scale: f64,
        prediction: &Prediction,
    ) -> Result<(), LoadError> {
        let own = arrivals(prediction);
        for round in 0..ORDERS {
            let mut plan = plan.clone();
            plan.reorder_waiting(round);
            let others = arrivals(&Prediction::simulate(&plan, seed, load)?);
            let moved = |(identity, at): &(&Identity, &Option<f64>)| match (at, others.get(*identity)) {
                (Some(one), Some(Some(other))) => (one - other).abs() * scale > ZERO,
                (one, other) => other != Some(*one),
            };
            self.unknown.extend(own.iter().filter(moved).map(|(identity, _)| identity.clone()));
        }
        Ok(())
    }
}
