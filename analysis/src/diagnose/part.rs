//! The parts of a diagnosis: where a sentence stands.

use serde::Serialize;

/// Where a sentence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Part {
    /// The first sentence.
    Answer,
    /// It follows from the file by the rules of the format and the browser.
    Proved,
    /// The file allows it; the sentence says what it assumes.
    Possible,
    /// What would decide.
    Settle,
    /// What to change.
    Change,
}

impl Part {
    /// Its title.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Answer => "",
            Self::Proved => "Proved",
            Self::Possible => "Only possible",
            Self::Settle => "What would settle it",
            Self::Change => "What to change",
        }
    }

    pub(super) const TITLED: [Self; 4] = [Self::Proved, Self::Possible, Self::Settle, Self::Change];
}
