//! One load, predicted and measured: its requests in pairs, and their disagreements.
//!
//! Rule: requests are paired by class, instance, attempt and tab. A pair agrees if both requests have the same outcome
//! and both or neither arrived at the server by the horizon. (At the horizon the page aborts everything, which frees
//! connections for requests that wait.) A request that only one side has is a disagreement. Arrival times are compared
//! if both sides have one. The error is the predicted minus the measured time, in real milliseconds; the relative error
//! is its size divided by the measured time since the start of the load, and counts as 0 if the error is within
//! [`ZERO`].

use super::identity::Identity;
use super::noise::Hanging;
pub use super::noise::ZERO;
use super::prediction::Prediction;
use serde::Serialize;
use sixslot_lab::{Measured, MeasuredRequest, MeasuredVerdict};
use sixslot_models::Plan;
use sixslot_models::load::LoadError;
use std::collections::BTreeMap;

/// One request, predicted and measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Which request.
    #[serde(flatten)]
    pub identity: Identity,
    /// The prediction; none if the simulator has no such request.
    pub predicted: Option<MeasuredRequest>,
    /// The measurement; none if the browser sent no such request.
    pub measured: Option<MeasuredRequest>,
    /// Its outcome depends on noise ([`Hanging`]).
    pub hangs_on_noise: bool,
    /// Its arrival depends on an order that is not known ([`Hanging`]).
    pub order_unknown: bool,
}

/// The error of a predicted arrival.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ArrivalError {
    /// Predicted minus measured time, in real milliseconds.
    pub ms: f64,
    /// Its size divided by the measured time since the start of the load; 0 within [`ZERO`].
    pub relative: f64,
}

impl Pair {
    /// Whether both sides agree on its outcome and on whether it arrived.
    pub fn agrees(&self) -> bool {
        match (&self.predicted, &self.measured) {
            (Some(one), Some(other)) => {
                one.outcome == other.outcome && one.arrived_ms.is_some() == other.arrived_ms.is_some()
            }
            _ => false,
        }
    }

    /// The error of its arrival, if it arrived on both sides.
    pub fn arrival_error(&self, scale: f64) -> Option<ArrivalError> {
        let (predicted, measured) = (self.predicted.as_ref()?.arrived_ms?, self.measured.as_ref()?.arrived_ms?);
        let ms = (predicted - measured) * scale;
        let relative = if ms.abs() <= ZERO { 0.0 } else { (predicted - measured).abs() / measured.abs().max(1.0) };
        Some(ArrivalError { ms, relative })
    }

    /// The two sides in words; times in milliseconds of scenario time.
    pub fn difference(&self) -> String {
        let side = |side: &Option<MeasuredRequest>| match side {
            None => "no such request".to_owned(),
            Some(request) => {
                let at = |time: Option<f64>| time.map_or("never".to_owned(), |ms| format!("{ms:.0}"));
                let (sent, end) = (at(request.arrived_ms), at(request.ended_ms));
                format!("{} (issued {:.0}, sent {sent}, ended {end})", request.outcome, request.issued_ms)
            }
        };
        format!("predicted {}; measured {}", side(&self.predicted), side(&self.measured))
    }
}

/// One load, predicted and measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadAgreement {
    /// The scenario.
    pub scenario: String,
    /// Its seed.
    pub seed: u64,
    /// The number of the load.
    pub load: u64,
    /// Real time divided by scenario time.
    pub scale: f64,
    /// The predicted verdict.
    pub predicted: MeasuredVerdict,
    /// The measured verdict.
    pub measured: MeasuredVerdict,
    /// The verdict depends on noise ([`Hanging`]).
    pub hangs_on_noise: bool,
    /// Its requests in the order of the prediction, followed by those that were only measured.
    pub requests: Vec<Pair>,
}

/// One side of a comparison.
struct Side {
    requests: Vec<MeasuredRequest>,
    verdict: MeasuredVerdict,
}

impl LoadAgreement {
    /// Compares a measured load with the prediction of its plan, which is [`sixslot_lab::Script::prediction`].
    ///
    /// # Errors
    /// The load exceeds a limit of the simulator.
    pub fn new(scenario: &str, plan: &Plan, measured: &Measured) -> Result<Self, LoadError> {
        let Measured { seed, load, scale, .. } = *measured;
        let prediction = Prediction::simulate(plan, seed, load)?;
        let hanging = Hanging::find(plan, seed, load, scale, &prediction)?;
        let Prediction { requests, verdict } = prediction;
        Ok(Self::pair(scenario, plan, Side { requests, verdict }, measured, &hanging))
    }

    /// Compares two measurements of one load: the browser against itself. The first one takes the place of the
    /// prediction. What depends on noise is the same as in [`LoadAgreement::new`].
    ///
    /// # Errors
    /// The load exceeds a limit of the simulator.
    pub fn of_two(scenario: &str, plan: &Plan, first: &Measured, second: &Measured) -> Result<Self, LoadError> {
        let Measured { seed, load, scale, .. } = *second;
        let hanging = Hanging::find(plan, seed, load, scale, &Prediction::simulate(plan, seed, load)?)?;
        let first = Side { requests: until_horizon(plan, first), verdict: first.verdict };
        Ok(Self::pair(scenario, plan, first, second, &hanging))
    }

    fn pair(scenario: &str, plan: &Plan, predicted: Side, measured: &Measured, hanging: &Hanging) -> Self {
        let by_identity = until_horizon(plan, measured).into_iter().map(|request| (Identity::of(&request), request));
        let mut left: BTreeMap<Identity, MeasuredRequest> = by_identity.collect();
        let pair = |identity: Identity, predicted, measured| Pair {
            hangs_on_noise: hanging.requests.contains(&identity),
            order_unknown: hanging.unknown.contains(&identity),
            identity,
            predicted,
            measured,
        };
        let both = |request: MeasuredRequest| {
            let identity = Identity::of(&request);
            let other = left.remove(&identity);
            pair(identity, Some(request), other)
        };
        let mut requests: Vec<Pair> = predicted.requests.into_iter().map(both).collect();
        requests.extend(left.into_iter().map(|(identity, request)| pair(identity, None, Some(request))));
        Self {
            scenario: scenario.to_owned(),
            seed: measured.seed,
            load: measured.load,
            scale: measured.scale,
            predicted: predicted.verdict,
            measured: measured.verdict,
            hangs_on_noise: hanging.verdict,
            requests,
        }
    }

    /// Whether both sides have the same verdict.
    pub fn agrees(&self) -> bool {
        self.predicted.failed == self.measured.failed
    }
}

/// The measured requests, without arrivals after the horizon.
fn until_horizon(plan: &Plan, measured: &Measured) -> Vec<MeasuredRequest> {
    let horizon = plan.horizon().as_millis_f64();
    let cut = |request: &MeasuredRequest| {
        let arrived_ms = request.arrived_ms.filter(|at| *at <= horizon);
        MeasuredRequest { arrived_ms, ..request.clone() }
    };
    measured.requests.iter().map(cut).collect()
}
