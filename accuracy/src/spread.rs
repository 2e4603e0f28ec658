//! Quantiles of many errors.
//!
//! Rule: they are observed values ([`sixslot_statistics::quantile`]).

use serde::Serialize;
use sixslot_statistics::quantile::quantile;

/// Quantiles of an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// The median.
    pub p50: f64,
    /// The 90th percentile.
    pub p90: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// The quantiles of some values; none of no value.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let at = |fraction| quantile(&values, fraction).ok();
        Some(Self { p50: at(0.5)?, p90: at(0.9)?, p95: at(0.95)?, max: at(1.0)? })
    }
}
