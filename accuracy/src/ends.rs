//! The errors of the ends of requests: what matters where bytes take time.
//!
//! Rule: requests that succeeded on both sides are compared. The error is the predicted minus the measured end, in real
//! milliseconds; the relative error is its size divided by the measured end since the start of the load, however small it is.
//! Requests that depend on noise are included.

use super::agreement::LoadAgreement;
use super::spread::Spread;
use serde::Serialize;
use sixslot_lab::Ending;

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
}

impl Ends {
    /// Summarizes loads; none if no request succeeded on both sides.
    pub fn of(loads: &[LoadAgreement]) -> Option<Self> {
        let mut signed = Vec::new();
        let mut relative = Vec::new();
        for load in loads {
            for pair in &load.requests {
                let (Some(predicted), Some(measured)) = (&pair.predicted, &pair.measured) else { continue };
                if predicted.outcome != Ending::Ok || measured.outcome != Ending::Ok {
                    continue;
                }
                let (Some(one), Some(other)) = (predicted.ended_ms, measured.ended_ms) else { continue };
                signed.push((one - other) * load.scale);
                relative.push((one - other).abs() / other.abs().max(1.0));
            }
        }
        let absolute = signed.iter().map(|error| error.abs()).collect();
        Some(Self {
            compared: signed.len() as u64,
            relative: Spread::of(relative)?,
            absolute_ms: Spread::of(absolute)?,
            bias_ms: Spread::of(signed)?.p50,
        })
    }
}
