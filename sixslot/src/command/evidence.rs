//! The interval with the uncertainty of the recorded loads behind a scenario, for every command that says how many loads fail.

use super::INTERRUPT;
use super::terminal::note;
use sixslot_analysis::data_interval::{DataInterval, Simulated};
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::replications::Stopped;
use sixslot_models::Document;
use std::sync::atomic::Ordering;

/// An estimate with its interval with the data, where the scenario has evidence; an interrupt leaves that out.
pub(super) fn with_data(
    mut estimate: Estimate,
    document: &Document,
    fixes: &[usize],
    seed: u64,
) -> Result<(Estimate, Option<DataInterval>), Stopped> {
    let data = DataInterval::of(document, fixes, seed, Simulated::of_estimate(&estimate), &INTERRUPT)?;
    estimate.interval_with_data = data.as_ref().map(|data| data.interval);
    estimate.is_interrupted |= INTERRUPT.load(Ordering::Relaxed);
    Ok((estimate, data))
}

/// Names the numbers that were changed since the import.
pub(super) fn note_changed(document: &Document, data: Option<&DataInterval>) {
    for key in data.iter().flat_map(|_| document.edited()) {
        note(&format!("{key} was changed since the import; its evidence is not used"));
    }
}

/// Says what of the work an interrupt has left: `what` of the first loads, with or without the uncertainty of the archives.
pub(super) fn note_interrupted(what: &str, loads: u64, document: &Document, data: Option<&DataInterval>) {
    let is_missing = data.is_none() && DataInterval::is_expected(document);
    let without = if is_missing { ", without the uncertainty of the archives" } else { "" };
    note_first(what, loads, without);
}

/// The same where a scenario's archives play no part.
pub(super) fn note_first(what: &str, loads: u64, without: &str) {
    note(&format!("interrupted: this is the {what} of the first {loads} loads{without}"));
}
