//! Options of a scenario that the lab cannot run in a browser.
//!
//! Rule: such an option is refused and named by its key path. It is never ignored or changed.

/// An option of a scenario that the lab cannot run in a browser.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lab cannot run `{option}`: {why}")]
#[non_exhaustive]
pub struct Unsupported {
    /// The option's key path, such as `request.session.priority`.
    pub option: String,
    /// Why not, and what to do instead.
    pub why: String,
}

impl Unsupported {
    pub(crate) fn new(option: impl Into<String>, why: impl Into<String>) -> Self {
        Self { option: option.into(), why: why.into() }
    }
}
