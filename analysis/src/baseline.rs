//! A scenario compared with an earlier state of itself, for continuous integration.
//!
//! Rule: both states are observed on the same loads (common random numbers): a sample keeps the numbers of the loads that
//! failed and of those that were late. What differs is decided by McNemar's exact test on the loads that differ, corrected by
//! Holm's rule for the two kinds; the difference has Tango's interval.

use crate::estimate::LEVEL;
use crate::replications::{Replications, Stopped};
use crate::words::percent;
use serde::{Deserialize, Serialize};
use sixslot_models::Plan;
use sixslot_models::load::{Extent, LoadState};
use sixslot_statistics::interval::Interval;
use sixslot_statistics::paired::{self, PairedCounts};
use std::sync::atomic::AtomicBool;

/// Loads of a sample.
pub const LOADS: u64 = 5_000;
/// A difference counts from this p value on.
pub const SIGNIFICANT: f64 = 0.01;

/// What the first loads of a seed are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The seed.
    pub seed: u64,
    /// Number of loads, from the first.
    pub loads: u64,
    /// The loads that failed, ascending; null where nothing can fail.
    pub failed: Option<Vec<u64>>,
    /// The loads that were late, ascending.
    pub late: Vec<u64>,
}

/// A sample that cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// Numbers that no check writes.
    #[error("the numbers of its loads are not ascending from 0 to less than {loads}; write it again")]
    Numbers {
        /// Loads of the sample.
        loads: u64,
    },
    /// Other loads.
    #[error("it has the loads of seed {of}, and this check those of seed {seed}; give --seed {of}, or write it again")]
    Seed {
        /// The seed of the file.
        of: u64,
        /// The seed of the check.
        seed: u64,
    },
}

/// One kind of loads now and in the baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// `failed` or `late`.
    pub kind: &'static str,
    /// Loads of both.
    pub loads: u64,
    /// The share in the baseline.
    pub baseline: f64,
    /// The share now.
    pub now: f64,
    /// The share now minus that in the baseline.
    pub difference: f64,
    /// Its interval.
    pub difference_interval: Interval,
    /// Loads that are of this kind only now.
    pub only_now: u64,
    /// Loads that were of this kind only in the baseline.
    pub only_baseline: u64,
    /// The p value, corrected for the number of kinds.
    pub p_value: f64,
    /// The name of the test.
    pub test: &'static str,
    /// Whether there are more of them for certain.
    pub is_worse: bool,
    /// The result in a sentence.
    pub sentence: String,
}

impl Sample {
    /// Simulates the first loads of a seed.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn of(plan: &Plan, seed: u64, loads: u64, interrupt: &AtomicBool) -> Result<Self, Stopped> {
        let replications = Replications::new(seed, 0..loads, interrupt);
        let states = replications.map(plan, Extent::UntilDecided, |number, load| (number, load.verdict().state()))?;
        let of = |wanted: LoadState| {
            states.iter().filter(|(_, state)| *state == wanted).map(|(number, _)| *number).collect::<Vec<_>>()
        };
        let failed = plan.load().can_fail.then(|| of(LoadState::Failed));
        Ok(Self { seed, loads, failed, late: of(LoadState::Late) })
    }

    /// Refuses what no check writes, and other loads than those of a seed.
    ///
    /// # Errors
    /// Either.
    pub fn check(&self, seed: u64) -> Result<(), SampleError> {
        let is_fit = |numbers: &[u64]| {
            numbers.is_sorted_by(|one, other| one < other) && numbers.last().is_none_or(|last| *last < self.loads)
        };
        if self.loads == 0 || !is_fit(&self.late) || !self.failed.as_deref().is_none_or(is_fit) {
            return Err(SampleError::Numbers { loads: self.loads });
        }
        if self.seed == seed { Ok(()) } else { Err(SampleError::Seed { of: self.seed, seed }) }
    }

    /// What has changed since a baseline; only loads that both have are compared.
    #[must_use]
    pub fn since(&self, baseline: &Self) -> Vec<Change> {
        let loads = self.loads.min(baseline.loads);
        let mut kinds: Vec<(&'static str, &[u64], &[u64])> = vec![("late", &self.late, &baseline.late)];
        if let (Some(now), Some(before)) = (&self.failed, &baseline.failed) {
            kinds.insert(0, ("failed", now, before));
        }
        let counts: Vec<PairedCounts> = kinds.iter().map(|(_, now, before)| pair(now, before, loads)).collect();
        let p_values: Vec<f64> = counts.iter().map(|counts| paired::mcnemar(counts).p_value).collect();
        let corrected = paired::holm(&p_values).unwrap_or(p_values);
        let all = kinds.iter().zip(counts).zip(corrected);
        all.filter_map(|(((kind, ..), counts), p_value)| Change::new(kind, &counts, p_value)).collect()
    }
}

/// The loads of both that are in either list.
fn pair(now: &[u64], before: &[u64], loads: u64) -> PairedCounts {
    let within = |numbers: &[u64]| numbers.iter().take_while(|number| **number < loads).count() as u64;
    let both = now.iter().filter(|number| **number < loads && before.binary_search(number).is_ok()).count() as u64;
    let (only_variant, only_baseline) = (within(now) - both, within(before) - both);
    PairedCounts { both, only_baseline, only_variant, neither: loads - both - only_baseline - only_variant }
}

impl Change {
    fn new(kind: &'static str, counts: &PairedCounts, p_value: f64) -> Option<Self> {
        let difference = counts.difference()?;
        let difference_interval = paired::difference(counts, LEVEL).ok()?;
        let share = |count: u64| count as f64 / counts.pairs() as f64;
        let (baseline, now) = (share(counts.baseline_failures()), share(counts.variant_failures()));
        let is_sure = p_value < SIGNIFICANT;
        let points = |value: f64| format!("{:.2}", 100.0 * value.abs());
        let p = if p_value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p_value:.3}") };
        let verb = if kind == "failed" { "fail" } else { "are late" };
        let word = match (is_sure, difference > 0.0) {
            (true, true) => format!("worse than the baseline by {} points", points(difference)),
            (true, false) => format!("better than the baseline by {} points", points(difference)),
            (false, _) => "no different from the baseline for certain".to_owned(),
        };
        let (low, high) = (100.0 * difference_interval.low, 100.0 * difference_interval.high);
        let sentence = format!(
            "{word} ({p}, McNemar's exact test; 95 % interval {low:+.2} to {high:+.2} points): {} of the same {} loads {verb}, {} in the baseline",
            percent(now),
            counts.pairs(),
            percent(baseline)
        );
        Some(Self {
            kind,
            loads: counts.pairs(),
            baseline,
            now,
            difference,
            difference_interval,
            only_now: counts.only_variant,
            only_baseline: counts.only_baseline,
            p_value,
            test: "mcnemar-exact",
            is_worse: is_sure && difference > 0.0,
            sentence,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Sample, SampleError};

    fn sample(failed: impl IntoIterator<Item = u64>) -> Sample {
        Sample { seed: 1, loads: 1_000, failed: Some(failed.into_iter().collect()), late: Vec::new() }
    }

    #[test]
    fn only_loads_that_differ_decide() {
        let (before, now) = (sample(0..100), sample(0..110));
        let change = &now.since(&before)[0];
        // Ten loads fail that did not: twice 2^-10, and twice that by Holm's rule for two kinds.
        assert!((change.p_value - 4.0 / 1024.0).abs() < 1e-12 && change.is_worse, "{change:?}");
        assert!(change.sentence.starts_with("worse than the baseline by 1.00 points (p = 0.004, McNemar's exact test"));
        assert!(before.since(&now)[0].sentence.starts_with("better than the baseline by 1.00 points"));
        // The same shares of other loads are no difference, and neither are seven more.
        let other = sample((0..50).chain(200..250));
        assert!(other.since(&before).iter().all(|change| !change.is_worse));
        assert!(sample(0..107).since(&before)[0].sentence.starts_with("no different from the baseline for certain"));
        assert_eq!(now.since(&now)[0].p_value, 1.0);
    }

    #[test]
    fn what_no_check_writes_is_refused() {
        assert_eq!(sample(0..10).check(1), Ok(()));
        assert_eq!(sample(0..10).check(2), Err(SampleError::Seed { of: 1, seed: 2 }));
        for numbers in [vec![3, 2], vec![2, 2], vec![1_000]] {
            assert_eq!(sample(numbers).check(1), Err(SampleError::Numbers { loads: 1_000 }));
        }
    }
}
