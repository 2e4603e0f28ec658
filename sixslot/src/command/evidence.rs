//! The interval with the uncertainty of the recorded loads behind a scenario, for every command that says how many loads fail.

use super::terminal::note;
use super::{Failure, INTERRUPT};
use sixslot_analysis::data_interval::{DataInterval, Simulated};
use sixslot_models::Document;
use std::sync::atomic::Ordering;

/// The interval with the data, where the scenario has evidence; numbers that were changed since are named on standard error.
/// After an interrupt there is none.
pub(super) fn with_data(
    document: &Document,
    fixes: &[usize],
    seed: u64,
    simulated: Option<Simulated>,
    pool: &rayon::ThreadPool,
) -> Result<Option<DataInterval>, Failure> {
    if INTERRUPT.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let data = pool.install(|| DataInterval::of(document, fixes, seed, simulated, &INTERRUPT))?;
    if data.is_some() {
        for key in document.edited() {
            note(&format!("{key} was changed since the import; its evidence is not used"));
        }
    }
    Ok(data)
}
