//! The errors of predicted waits: of the requests that had to queue, how far the simulator is off.
//!
//! Rule: a wait is the time from a request's issue to its arrival at the server. It counts if the request arrived on both
//! sides and waited more than [`QUEUED`] on one of them, so that a queue that only one side has counts too. The error is
//! the predicted minus the measured wait in real milliseconds; the relative error is its size divided by the measured
//! wait, or by [`LEAST`] if that is longer. An error of arrival times divided by the time since the load's start, in
//! contrast, is small for every request that is late.

use super::agreement::{LoadAgreement, Pair};
use super::spread::Spread;
use serde::Serialize;
use sixslot_lab::MeasuredRequest;

/// A request that waited longer had to queue, in real milliseconds.
pub const QUEUED: f64 = 20.0;
/// The shortest wait that a relative error is divided by, in real milliseconds.
pub const LEAST: f64 = 100.0;

/// The error of a predicted wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WaitError {
    /// Predicted minus measured wait, in real milliseconds.
    pub ms: f64,
    /// Its size divided by the measured wait, or by [`LEAST`].
    pub relative: f64,
}

impl WaitError {
    /// The error of a pair, if its request had to queue.
    pub fn of(pair: &Pair, scale: f64) -> Option<Self> {
        let wait = |side: &Option<MeasuredRequest>| {
            let request = side.as_ref()?;
            Some((request.arrived_ms? - request.issued_ms) * scale)
        };
        let (predicted, measured) = (wait(&pair.predicted)?, wait(&pair.measured)?);
        let ms = predicted - measured;
        (predicted.max(measured) > QUEUED).then_some(Self { ms, relative: ms.abs() / measured.max(LEAST) })
    }
}

/// The errors of many waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Waits {
    /// Number of requests that had to queue.
    pub count: u64,
    /// Sizes of the errors in real milliseconds.
    pub ms: Option<Spread>,
    /// Relative errors.
    pub relative: Option<Spread>,
}

impl Waits {
    /// The errors in some loads: of all requests, or without those that depend on noise.
    pub fn of(loads: &[LoadAgreement], with_noise: bool) -> Self {
        let pairs = loads.iter().flat_map(|load| load.requests.iter().map(move |pair| (load.scale, pair)));
        let counted = pairs.filter(|(_, pair)| with_noise || !pair.hangs_on_noise);
        let errors: Vec<WaitError> = counted.filter_map(|(scale, pair)| WaitError::of(pair, scale)).collect();
        Self {
            count: errors.len() as u64,
            ms: Spread::of(errors.iter().map(|error| error.ms.abs()).collect()),
            relative: Spread::of(errors.iter().map(|error| error.relative).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pair, WaitError};
    use crate::identity::Identity;
    use sixslot_lab::{Ending, MeasuredRequest};

    /// A request that waited so long on each side.
    fn pair(predicted: f64, measured: f64) -> Pair {
        let request = |wait: f64| MeasuredRequest {
            class: "a".to_owned(),
            index: 0,
            attempt: 1,
            tab: 0,
            issued_ms: 1000.0,
            arrived_ms: Some(1000.0 + wait),
            headers_ms: None,
            ended_ms: None,
            outcome: Ending::Unfinished,
            connection: None,
        };
        let one = request(predicted);
        let identity = Identity::of(&one);
        Pair {
            identity,
            predicted: Some(one),
            measured: Some(request(measured)),
            hangs_on_noise: false,
            order_unknown: false,
        }
    }

    #[test]
    fn a_wait_counts_if_either_side_queued() {
        let relative = |predicted, measured| WaitError::of(&pair(predicted, measured), 1.0).map(|error| error.relative);
        assert_eq!(relative(2.0, 19.0), None, "neither had to queue");
        assert_eq!(relative(230.0, 2.0), Some(2.28), "a queue that only the simulator has");
        assert_eq!(relative(20.0, 50.0), Some(0.3), "short waits are divided by 100 ms");
        assert_eq!(relative(300.0, 400.0), Some(0.25));
        let error = WaitError::of(&pair(300.0, 400.0), 0.5);
        assert_eq!(error, Some(WaitError { ms: -50.0, relative: 0.25 }), "real time");
    }

    #[test]
    fn a_request_that_never_arrived_has_no_wait() {
        let mut one = pair(300.0, 400.0);
        one.measured.as_mut().unwrap().arrived_ms = None;
        assert_eq!(WaitError::of(&one, 1.0), None);
    }
}
