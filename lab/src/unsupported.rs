//! Options of a scenario that the lab cannot run in a browser.
//!
//! Rule: such an option is refused and named by its key path. It is never ignored or changed.

use sixslot_models::class::{CacheMode, Class, Kind, Method, Start};

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

/// The table of a class.
pub(crate) fn table(class: &Class) -> &'static str {
    match class.kind {
        Kind::Fetch => "request",
        Kind::WebSocket | Kind::EventSource => "socket",
        Kind::Background => "background",
    }
}

/// What of a class only fetch() has: the first such option, as part of a sentence about a document or a style sheet.
pub(crate) fn unlike_a_resource(class: &Class) -> Option<&'static str> {
    let limits = [
        ("has no `deadline`", class.deadline.is_some()),
        ("has no `every`", class.every.is_some()),
        ("has no `retry`", class.attempts > 1),
        ("has no `arrivals`", matches!(class.common.start, Start::Arrivals { .. })),
        ("has no `queue`", class.queue.is_some()),
        ("has no `dedupe`", class.dedupe),
        ("has the method GET", class.common.method != Method::Get),
        ("has no `cache`", class.cache != CacheMode::Default),
        ("has no `credentials = \"omit\"`", class.omits_credentials),
        ("has no `reads_body = false`", !class.reads_body),
        ("has no `cancelled_by`", !class.cancelled_by.is_empty()),
    ];
    limits.into_iter().find(|(_, broken)| *broken).map(|(limit, _)| limit)
}
