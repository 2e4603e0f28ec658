//! What of a scenario no browser can be made to do.
//!
//! Rule: an option that cannot be played is refused by its key path; it is never left out or changed.

/// A scenario's option that the lab cannot play.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lab cannot play `{option}`: {why}")]
pub struct Unplayable {
    /// The option's key path, such as `request.session.priority`.
    pub option: String,
    /// Why it cannot be played, and what to do instead.
    pub why: String,
}

impl Unplayable {
    pub(crate) fn new(option: impl Into<String>, why: impl Into<String>) -> Self {
        Self { option: option.into(), why: why.into() }
    }
}
