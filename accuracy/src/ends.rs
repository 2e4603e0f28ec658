//! The errors of the ends of requests: what matters where bytes take time.
//!
//! Rule: requests that succeeded on both sides are compared. The error is the predicted minus the measured end, in real
//! milliseconds; the relative error is its size divided by the measured end since the start of the load, however small it is.
//! Requests that depend on noise are included.
//!
//! Instances of a class are alike, and over HTTP/2 a browser sends those that wait for a connection in an order of its own
//! (docs/network.md). So they are compared in a second way too: the k-th that ends, or arrives, with the k-th.

use super::agreement::{LoadAgreement, Pair, ZERO};
use super::spread::Spread;
use serde::Serialize;
use sixslot_lab::{Ending, MeasuredRequest};
use std::collections::BTreeMap;

/// The errors of the ends of many requests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ends {
    /// Number of ends compared.
    pub compared: u64,
    /// Relative errors.
    pub relative: Spread,
    /// Sizes of the errors in real milliseconds.
    pub absolute_ms: Spread,
    /// Median of the signed errors (predicted minus measured), in real milliseconds.
    pub bias_ms: f64,
    /// Relative errors, the instances of a class in the order in which they end.
    pub in_order: Spread,
    /// Relative errors of arrivals, the instances of a class in the order in which they arrive; 0 within [`ZERO`].
    pub arrivals_in_order: Spread,
    /// The part of all arrivals that depend on an order that nobody knows.
    pub unknown: f64,
    /// Relative errors of the arrivals that do not; 0 within [`ZERO`].
    pub arrivals_known: Spread,
}

/// The times of the instances of one class on both sides.
type Times = (Vec<f64>, Vec<f64>);

/// The errors of the k-th of each class against the k-th, from those that have a time on both sides.
fn in_order(loads: &[LoadAgreement], time: fn(&MeasuredRequest) -> Option<f64>, zero: f64) -> Option<Spread> {
    let mut errors = Vec::new();
    for load in loads {
        let mut classes: BTreeMap<_, Times> = BTreeMap::new();
        for pair in &load.requests {
            let (Some(predicted), Some(measured)) = (&pair.predicted, &pair.measured) else { continue };
            let (Some(one), Some(other)) = (time(predicted), time(measured)) else { continue };
            let key = (&pair.identity.class, pair.identity.attempt, pair.identity.tab);
            let times = classes.entry(key).or_default();
            times.0.push(one);
            times.1.push(other);
        }
        for (mut ones, mut others) in classes.into_values() {
            ones.sort_by(f64::total_cmp);
            others.sort_by(f64::total_cmp);
            let error = |(one, other): (f64, f64)| {
                let ms = (one - other).abs();
                if ms * load.scale <= zero { 0.0 } else { ms / other.abs().max(1.0) }
            };
            errors.extend(ones.into_iter().zip(others).map(error));
        }
    }
    Spread::of(errors)
}

/// When a request that succeeded ended.
fn succeeded(request: &MeasuredRequest) -> Option<f64> {
    request.ended_ms.filter(|_| request.outcome == Ending::Ok)
}

impl Ends {
    /// Summarizes loads; none if no request succeeded on both sides.
    pub fn of(loads: &[LoadAgreement]) -> Option<Self> {
        let mut signed = Vec::new();
        let mut relative = Vec::new();
        for load in loads {
            for pair in &load.requests {
                let (Some(predicted), Some(measured)) = (&pair.predicted, &pair.measured) else { continue };
                let (Some(one), Some(other)) = (succeeded(predicted), succeeded(measured)) else { continue };
                signed.push((one - other) * load.scale);
                relative.push((one - other).abs() / other.abs().max(1.0));
            }
        }
        let pairs = || loads.iter().flat_map(|load| load.requests.iter().map(move |pair| (pair, load.scale)));
        let error = |(pair, scale): (&Pair, f64)| pair.arrival_error(scale);
        let all = pairs().filter_map(error).count();
        let known: Vec<f64> =
            pairs().filter(|(pair, _)| !pair.order_unknown).filter_map(error).map(|error| error.relative).collect();
        let absolute = signed.iter().map(|error| error.abs()).collect();
        Some(Self {
            compared: signed.len() as u64,
            relative: Spread::of(relative)?,
            absolute_ms: Spread::of(absolute)?,
            bias_ms: Spread::of(signed)?.p50,
            in_order: in_order(loads, succeeded, 0.0)?,
            arrivals_in_order: in_order(loads, |request| request.arrived_ms, ZERO)?,
            unknown: 1.0 - known.len() as f64 / all as f64,
            arrivals_known: Spread::of(known)?,
        })
    }
}
