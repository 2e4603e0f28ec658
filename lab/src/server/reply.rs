//! The answer to a call: its status, its headers, and whether its connection breaks off in the middle.
//!
//! Rule: status and break are the load's draws, as in the simulator; a server whose queue is full answers with 503 and no body.
//! An error is answered without `max-age`, as servers do, so that no cache stores it.

use super::keeper::{Answered, Identity};
use crate::outcomes::has_no_body;
use crate::script::Script;
use hyper::StatusCode;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use sixslot_models::browser::Priority;
use sixslot_models::class::{Class, Kind, UNAVAILABLE};
use sixslot_sim_core::{Span, Time};

/// The answer to a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply {
    status: u16,
    /// Whether the connection breaks off in the middle of the body.
    pub(super) breaks: bool,
    /// Whether it is the server's queue that answers.
    pub(super) turned_away: bool,
    retry_after: Option<Span>,
}

impl Reply {
    /// The answer that a script has for a call.
    pub(super) fn of(script: &Script, identity: Identity, answered: Answered) -> Self {
        let class = &script.plan.classes()[identity.class];
        if answered.turned_away {
            let queue = script.plan.origins()[class.origin].queue;
            let retry_after = queue.and_then(|queue| queue.retry_after);
            return Self { status: UNAVAILABLE, breaks: false, turned_away: true, retry_after };
        }
        let status = script.draws.status(class, identity.call);
        Self {
            status,
            breaks: script.draws.is_reset(class, identity.call),
            turned_away: false,
            retry_after: class.answer.retry_after(status),
        }
    }

    /// Whether a socket is not opened.
    pub(super) fn is_refusal(self) -> bool {
        self.status != 200
    }

    /// Its status.
    pub(super) fn status(self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or_default()
    }

    /// When its body is over, with headers sent at a time; none if it never is.
    pub(super) fn end(self, script: &Script, identity: Identity, headers: Time) -> Option<Time> {
        if self.turned_away {
            return Some(headers);
        }
        let body = script.draws.body(&script.plan.classes()[identity.class], identity.call)?;
        Some(headers + if self.breaks { body / 2 } else { body })
    }

    /// The bytes of its body that are sent.
    pub(super) fn bytes(self, script: &Script, identity: Identity) -> u64 {
        let bytes = script.payload(&script.plan.classes()[identity.class], identity.call.index);
        match self {
            Self { turned_away: true, .. } => 0,
            Self { status, .. } if has_no_body(status) => 0,
            Self { breaks: true, .. } => bytes / 2,
            _ => bytes,
        }
    }

    /// Writes its headers, for a page of this origin.
    pub(super) fn write(self, script: &Script, class: &Class, headers: &mut HeaderMap, origin: Option<HeaderValue>) {
        let kind = match (class.kind, class.common.priority) {
            _ if class.navigates => "text/html; charset=utf-8",
            (Kind::EventSource, _) => "text/event-stream",
            (_, Priority::Highest) => "text/css",
            _ => "application/octet-stream",
        };
        set(headers, header::CONTENT_TYPE, kind);
        // Otherwise a browser withholds the headers until it has enough of the body to guess its type.
        set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        allow(headers, origin);
        let seconds = |span: Span| script.real(span).as_secs_f64().ceil() as u64;
        if let Some(pause) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds(pause).into());
            set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After");
        }
        if class.answer_no_store {
            set(headers, header::CACHE_CONTROL, "no-store");
        } else if let Some(max_age) = class.max_age.filter(|_| self.status < 400)
            && let Ok(value) = HeaderValue::from_str(&format!("max-age={}", seconds(max_age)))
        {
            headers.insert(header::CACHE_CONTROL, value);
        }
    }
}

/// Lets the page of an origin read the response.
pub(super) fn allow(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
}

/// Sets a header.
pub(super) fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
