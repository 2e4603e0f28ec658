//! Figures that are worse than those that they would replace.
//!
//! Rule: a file of its own, because the errors of recordings name it and the figures are computed from recordings.

/// What is worse in new figures, as sentences.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}; find what made the prediction worse, or, to accept it, delete figures.json and run it again",
    faults.join("; ")
)]
pub struct Worse {
    pub(crate) faults: Vec<String>,
}
