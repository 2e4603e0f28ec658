//! Many loads, predicted and measured: how often they agree, and the errors of arrival times.
//!
//! Rule: predictions that depend on noise are counted separately, whether they agree or not. The errors of arrivals are
//! those of all requests that arrived on both sides, including the ones that depend on noise.

use super::agreement::LoadAgreement;
use super::spread::Spread;
use super::waits::Waits;
use serde::Serialize;
use sixslot_statistics::quantile::quantile;

/// How often prediction and measurement agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Agreements that do not depend on noise.
    pub agree: u64,
    /// Comparisons that do not depend on noise.
    pub of: u64,
    /// Agreements that depend on noise.
    pub hanging_agree: u64,
    /// Comparisons that depend on noise.
    pub hanging_of: u64,
}

impl Agreement {
    fn count(&mut self, agrees: bool, hangs: bool) {
        let (agree, of) =
            if hangs { (&mut self.hanging_agree, &mut self.hanging_of) } else { (&mut self.agree, &mut self.of) };
        *agree += u64::from(agrees);
        *of += 1;
    }

    /// Disagreements that do not depend on noise.
    pub const fn disagreements(&self) -> u64 {
        self.of - self.agree
    }

    /// All disagreements: nothing is excused.
    pub const fn all_disagreements(&self) -> u64 {
        self.all_of() - self.all_agree()
    }

    /// All agreements, whether they depend on noise or not.
    pub const fn all_agree(&self) -> u64 {
        self.agree + self.hanging_agree
    }

    /// All comparisons.
    pub const fn all_of(&self) -> u64 {
        self.of + self.hanging_of
    }
}

/// The summary of many loads.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Verdicts of loads.
    pub verdicts: Agreement,
    /// Outcomes of requests.
    pub outcomes: Agreement,
    /// Number of arrivals compared.
    pub arrivals: u64,
    /// Relative errors: size divided by the time since the start of the load; errors within 10 ms count as 0.
    pub relative: Option<Spread>,
    /// Sizes of the errors in real milliseconds.
    pub absolute_ms: Option<Spread>,
    /// Median of the signed errors (predicted minus measured), in real milliseconds.
    pub bias_ms: Option<f64>,
    /// Errors of the waits of requests that had to queue, noise included.
    pub waits: Waits,
    /// The same without requests that depend on noise.
    pub waits_without_noise: Waits,
}

impl Summary {
    /// Summarizes loads.
    pub fn of(loads: &[LoadAgreement]) -> Self {
        let mut summary = Self::default();
        let mut errors = Vec::new();
        for load in loads {
            summary.verdicts.count(load.agrees(), load.hangs_on_noise);
            for pair in &load.requests {
                summary.outcomes.count(pair.agrees(), pair.hangs_on_noise);
                errors.extend(pair.arrival_error(load.scale));
            }
        }
        summary.arrivals = errors.len() as u64;
        summary.relative = Spread::of(errors.iter().map(|error| error.relative).collect());
        summary.absolute_ms = Spread::of(errors.iter().map(|error| error.ms.abs()).collect());
        let mut signed: Vec<f64> = errors.iter().map(|error| error.ms).collect();
        signed.sort_by(f64::total_cmp);
        summary.bias_ms = quantile(&signed, 0.5).ok();
        summary.waits = Waits::of(loads, true);
        summary.waits_without_noise = Waits::of(loads, false);
        summary
    }
}
