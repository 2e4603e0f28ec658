//! Answers as JSON: an estimate, and a comparison, with their scenario, settings and sentence.
//!
//! Rule: whoever asks, the command or a page, prints these records, so that the same question has the same bytes.

use crate::comparison::{Comparison, Comparisons, Outcomes};
use crate::estimate::Estimate;
use serde::Serialize;
use sixslot_statistics::Interval;

/// An estimate with its scenario and settings.
#[derive(Debug, Serialize)]
pub struct EstimateRecord<'a> {
    /// The scenario's title.
    pub scenario: &'a str,
    /// The seed.
    pub seed: u64,
    /// The fixes that were applied.
    pub fixes: &'a [String],
    /// The numbers.
    #[serde(flatten)]
    pub estimate: &'a Estimate,
    /// Why the run ended.
    pub stopped_by: String,
    /// The answer in a sentence.
    pub sentence: &'a str,
}

/// A comparison of fixes with its scenario and settings.
#[derive(Debug, Serialize)]
pub struct CompareRecord<'a> {
    scenario: &'a str,
    seed: u64,
    loads: u64,
    base: &'a [String],
    without: &'a Outcomes,
    interval_with_data: Option<Interval>,
    fixes: &'a [Comparison],
    sentence: &'a str,
    notes: &'a [String],
}

impl<'a> CompareRecord<'a> {
    /// The record of a comparison: the scenario's title, the seed, the fixes that are in place in all of it, what was found, and
    /// of the loads without a further fix the interval with the uncertainty of the archives, where there are any.
    pub fn new(
        scenario: &'a str,
        seed: u64,
        base: &'a [String],
        found: &'a Comparisons,
        interval_with_data: Option<Interval>,
        sentence: &'a str,
        notes: &'a [String],
    ) -> Self {
        let Comparisons { loads, without, fixes, .. } = found;
        Self { scenario, seed, loads: *loads, base, without, interval_with_data, fixes, sentence, notes }
    }
}
