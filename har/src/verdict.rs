//! What an entry proves: was the request sent, was it answered, and where did its time go?
//!
//! How an entry is judged is in `judge.rs`; what it proves of waiting and of the server is in `proof.rs`.

use serde::Serialize;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// Answered, to the end as far as the file says.
    Answered,
    /// Its headers came; the page broke off the body. Normal for prefetches of React Server Components.
    AbortedInBody,
    /// No answer, and it never left the browser: the server has not seen it.
    NeverSent,
    /// No answer, though it was sent: the server may have worked on it.
    SentUnanswered,
    /// No answer, and the file does not say whether it was sent.
    Unknown,
    /// A WebSocket that was opened. It uses none of the six connections.
    Socket,
    /// An event stream, or a stream of images, that stayed open. It holds a connection for as long as it is open.
    EventStream,
    /// Answered from the browser's cache, or by a service worker, without a connection.
    FromCache,
    /// An address without a network: `data:`, `blob:`, an extension's.
    NoNetwork,
}

impl Verdict {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::AbortedInBody => "aborted in the body",
            Self::NeverSent => "never sent",
            Self::SentUnanswered => "sent and unanswered",
            Self::Unknown => "no answer; sent or not, the file does not say",
            Self::Socket => "socket",
            Self::EventStream => "event stream",
            Self::FromCache => "from cache",
            Self::NoNetwork => "no network",
        }
    }

    /// Whether response headers came over the network.
    pub fn is_answered(self) -> bool {
        matches!(self, Self::Answered | Self::AbortedInBody | Self::Socket | Self::EventStream)
    }

    /// Whether no answer came.
    pub fn is_unanswered(self) -> bool {
        matches!(self, Self::NeverSent | Self::SentUnanswered | Self::Unknown)
    }

    /// Whether it is a WebSocket or an event stream.
    pub fn is_socket(self) -> bool {
        matches!(self, Self::Socket | Self::EventStream)
    }
}

/// Bounds of a length of time in milliseconds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// At least this.
    pub low_ms: f64,
    /// At most this.
    pub high_ms: f64,
}

impl Interval {
    pub(crate) fn exact(ms: f64) -> Self {
        Self { low_ms: ms, high_ms: ms }
    }
}

/// What an entry proves of the time from its sending to its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Service {
    /// It was this, in milliseconds.
    Exact {
        /// The time to first byte.
        ms: f64,
    },
    /// No first byte came while the request was at the server, for a time within these bounds: the time to
    /// first byte is longer than the lower bound for certain, and longer than the upper one if nothing held the request
    /// in the browser.
    Longer(Interval),
    /// Nothing: it was never sent, or used no network.
    Nothing,
}

/// Where a request may have waited in the browser, with the bounds of each wait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Waiting {
    /// All of it.
    pub all: Interval,
    /// The scheduler's part, where the file splits it (Chrome, answered).
    pub scheduler_ms: Option<f64>,
    /// The part at the cache lock and in the pool's queue, where the file splits it (Chrome, answered).
    pub pool_or_cache_ms: Option<f64>,
}
