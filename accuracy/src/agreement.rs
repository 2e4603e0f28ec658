//! One load, predicted and measured: its requests in pairs, and where the two disagree.
//!
//! Rule: a request of one side is the request of the other side with the same class, copy, attempt and tab. Two agree where
//! both have the same outcome and both or neither reached the server by the horizon, at which the page gives up all that is
//! under way and so makes room for what waits; a request that only one side has is a disagreement.
//! Arrivals are compared where both sides have one: the error is predicted less measured, in real milliseconds, and
//! relative to the measured time since the plan's start; within [`ZERO`] real milliseconds it counts as none.

use super::identity::Identity;
use super::noise::Hanging;
use super::prediction::Prediction;
use serde::Serialize;
use sixslot_lab::{Ending, Measured, MeasuredRequest, MeasuredVerdict};
use sixslot_models::Plan;
use sixslot_models::load::LoadError;
use std::collections::BTreeMap;

/// An error of so many real milliseconds counts as none: what a busy machine does to a browser.
pub const ZERO: f64 = 10.0;

/// The word for an ending.
pub const fn word(ending: Ending) -> &'static str {
    match ending {
        Ending::Ok => "ok",
        Ending::Aborted => "aborted",
        Ending::Coalesced => "coalesced",
        Ending::Unfinished => "unfinished",
    }
}

/// A request on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Which request.
    #[serde(flatten)]
    pub identity: Identity,
    /// What the simulator says of it; none where it has no such request.
    pub predicted: Option<MeasuredRequest>,
    /// What the browser did; none where it had no such request.
    pub measured: Option<MeasuredRequest>,
    /// Its outcome hangs on less than the noise.
    pub hangs_on_noise: bool,
}

/// How far a predicted arrival is from the measured one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ArrivalError {
    /// Predicted less measured, in real milliseconds.
    pub ms: f64,
    /// Its size relative to the measured time since the plan's start; 0 within [`ZERO`].
    pub relative: f64,
}

impl Pair {
    /// Whether both sides say the same of it.
    pub fn agrees(&self) -> bool {
        match (&self.predicted, &self.measured) {
            (Some(one), Some(other)) => {
                one.outcome == other.outcome && one.arrived_ms.is_some() == other.arrived_ms.is_some()
            }
            _ => false,
        }
    }

    /// The error of its arrival, where both sides have one.
    pub fn arrival_error(&self, scale: f64) -> Option<ArrivalError> {
        let (predicted, measured) = (self.predicted.as_ref()?.arrived_ms?, self.measured.as_ref()?.arrived_ms?);
        let ms = (predicted - measured) * scale;
        let relative = if ms.abs() <= ZERO { 0.0 } else { (predicted - measured).abs() / measured.abs().max(1.0) };
        Some(ArrivalError { ms, relative })
    }

    /// What the two sides say of it, in words.
    pub fn difference(&self) -> String {
        let told = |side: &Option<MeasuredRequest>| match side {
            None => "no such request".to_owned(),
            Some(request) => {
                let at = |time: Option<f64>| time.map_or("never".to_owned(), |ms| format!("{ms:.0}"));
                let (sent, end) = (at(request.arrived_ms), at(request.ended_ms));
                format!("{} (issued {:.0}, sent {sent}, ended {end})", word(request.outcome), request.issued_ms)
            }
        };
        format!("predicted {}; measured {}", told(&self.predicted), told(&self.measured))
    }
}

/// A load on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadAgreement {
    /// What it is a load of.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// Its number.
    pub load: u64,
    /// Real time is scenario time times this.
    pub scale: f64,
    /// The verdict of the simulator.
    pub predicted: MeasuredVerdict,
    /// The verdict of the browser.
    pub measured: MeasuredVerdict,
    /// The verdict hangs on less than the noise.
    pub hangs_on_noise: bool,
    /// Its requests, in the order in which they were predicted, those that were only measured behind.
    pub requests: Vec<Pair>,
}

impl LoadAgreement {
    /// Puts a measured load beside the prediction of its plan; the plan is its script's.
    ///
    /// # Errors
    /// A load beyond the limits of the models.
    pub fn new(scenario: &str, plan: &Plan, measured: &Measured) -> Result<Self, LoadError> {
        let Measured { seed, load, scale, .. } = *measured;
        let prediction = Prediction::play(plan, seed, load)?;
        let hanging = Hanging::find(plan, seed, load, scale, &prediction)?;
        let horizon = plan.horizon.as_millis_f64();
        let until_horizon = |request: &MeasuredRequest| {
            let arrived_ms = request.arrived_ms.filter(|at| *at <= horizon);
            (Identity::of(request), MeasuredRequest { arrived_ms, ..request.clone() })
        };
        let mut left: BTreeMap<Identity, MeasuredRequest> = measured.requests.iter().map(until_horizon).collect();
        let pair = |identity: Identity, predicted, measured| Pair {
            hangs_on_noise: hanging.requests.contains(&identity),
            identity,
            predicted,
            measured,
        };
        let mut requests: Vec<Pair> = prediction
            .requests
            .into_iter()
            .map(|request| {
                let identity = Identity::of(&request);
                let other = left.remove(&identity);
                pair(identity, Some(request), other)
            })
            .collect();
        requests.extend(left.into_iter().map(|(identity, request)| pair(identity, None, Some(request))));
        Ok(Self {
            scenario: scenario.to_owned(),
            seed,
            load,
            scale,
            predicted: prediction.verdict,
            measured: measured.verdict,
            hangs_on_noise: hanging.verdict,
            requests,
        })
    }

    /// Whether both sides give the same verdict.
    pub fn agrees(&self) -> bool {
        self.predicted.failed == self.measured.failed
    }
}
