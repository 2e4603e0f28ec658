//! A recording and its report, and the words with which tables name them.
//!
//! Rule: a table names a browser by its version and the plans by their seed, because one engine may be measured in several
//! versions.

use super::recording::{Recording, RecordingError};
use super::report::Report;
use super::summary::{Agreement, Summary};

/// A recording and its report.
pub(crate) struct Entry<'a> {
    pub(crate) recording: &'a Recording,
    pub(crate) report: Report,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(recording: &'a Recording) -> Result<Self, RecordingError> {
        Ok(Self { recording, report: Report::new(recording)? })
    }

    pub(crate) fn is_random(&self) -> bool {
        self.recording.what.starts_with("random plans")
    }

    /// The browser and what it ran.
    pub(crate) fn name(&self) -> String {
        let sets = self.recording.scenarios.first().map_or(&[][..], |source| &source.sets);
        let sets: String = sets.iter().map(|set| format!(" --set {set}")).collect();
        let what = self.recording.what.trim_start_matches("random plans of ");
        format!("{}, {what}{sets}", self.report.browser)
    }

    /// The same, short and with what it ran first: a picture cuts the end.
    pub(crate) fn label(&self) -> String {
        let what = self.recording.what.trim_start_matches("random plans ").trim_start_matches("over ");
        format!("{}: {}", what.trim_start_matches("of ").replace(" of ", ", "), self.report.browser)
    }

    pub(crate) fn best(&self) -> &Summary {
        self.report.with_calibrated.as_ref().unwrap_or(&self.report.with_defaults)
    }

    /// The summaries of its predictions, with the costs that they were made with.
    pub(crate) fn predictions(&self) -> impl Iterator<Item = (String, &Summary)> {
        let calibrated = self.report.with_calibrated.iter().map(|summary| (costs(&self.recording.calibrated), summary));
        std::iter::once(("the profile's".to_owned(), &self.report.with_defaults)).chain(calibrated)
    }
}

pub(crate) fn share(agreement: &Agreement) -> String {
    format!("{} of {}", agreement.agree, agreement.of)
}

/// What depends on noise: agreements, comparisons, and their share of all comparisons.
pub(crate) fn hanging(agreement: &Agreement) -> String {
    let Agreement { hanging_agree, hanging_of, .. } = *agreement;
    let share = hanging_of as f64 / agreement.all_of().max(1) as f64;
    format!("{hanging_agree} of {hanging_of} ({})", per_cent(share))
}

pub(crate) fn per_cent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn costs(sets: &[String]) -> String {
    let short = |set: &String| set.trim_start_matches("browser.").replace('"', "").replace('=', " ");
    sets.iter().map(short).collect::<Vec<_>>().join(", ")
}
