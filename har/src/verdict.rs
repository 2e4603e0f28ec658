//! What an entry proves: was the request sent, was it answered, and how long was it where?
//!
//! Rule (measured in Chromium 156, DevTools' `Log.ts`): without response headers the whole life of a request is in
//! `blocked`, sent or not. It was sent where `_blocked_queueing` is at least 0, or where its headers have a Host; it was
//! never sent where `_blocked_queueing` is -1 and its headers are provisional, without a Host. Without either sign the
//! file does not tell. An entry without an answer is a censored observation: it bounds the time to first byte, no more.

use crate::archive::{End, Entry, Flavour, Timings};
use serde::Serialize;
use std::collections::BTreeMap;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Answered, to the end as far as the file tells.
    Answered,
    /// Its headers came; the page broke off the body. Normal for prefetches of React Server Components.
    AbortedInBody,
    /// No answer, and it never left the browser: the server has not seen it.
    NeverSent,
    /// No answer, though it was sent: the server may have worked on it.
    SentUnanswered,
    /// No answer, and the file does not tell whether it was sent.
    Unknown,
    /// A WebSocket that was opened. It uses none of the six connections.
    Socket,
    /// An event stream that was opened. It holds one of the six connections for as long as it is open.
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
    fn exact(ms: f64) -> Self {
        Self { low_ms: ms, high_ms: ms }
    }
}

/// What an entry proves of the time from its sending to its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Service {
    /// It was this, in milliseconds.
    Exact {
        /// The time to first byte.
        ms: f64,
    },
    /// No first byte came while the request was at the server, for a time that lies within these bounds: the time to
    /// first byte is longer than the lower bound for certain, and longer than the upper one if nothing held the request
    /// in the browser.
    Longer(Interval),
    /// Nothing: it was never sent, or used no network.
    Nothing,
}

/// Why a request may have waited in the browser, with the bounds of each wait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Waiting {
    /// All of it.
    pub all: Interval,
    /// The scheduler's part, where the file splits it (Chrome, answered).
    pub scheduler_ms: Option<f64>,
    /// The part at the cache lock and in the pool's queue, where the file splits it (Chrome, answered).
    pub pool_or_cache_ms: Option<f64>,
}

/// What the reader knows of an entry when it judges.
pub(crate) struct Signs<'a> {
    pub flavour: Flavour,
    pub status: u16,
    pub timings: &'a Timings,
    /// `_blocked_queueing` stands in the file, whatever its value.
    pub has_queueing: bool,
    pub header_count: usize,
    pub headers: &'a BTreeMap<&'static str, String>,
    pub end: &'a End,
    pub is_socket: bool,
    pub is_stream: bool,
    pub from_cache: bool,
    pub has_origin: bool,
}

pub(crate) fn judge(signs: &Signs<'_>) -> Verdict {
    if !signs.has_origin {
        return Verdict::NoNetwork;
    }
    if signs.status > 0 {
        return match () {
            () if signs.from_cache => Verdict::FromCache,
            () if signs.is_socket && signs.status == 101 => Verdict::Socket,
            () if signs.is_stream && signs.status == 200 => Verdict::EventStream,
            () if *signs.end == End::Aborted => Verdict::AbortedInBody,
            () => Verdict::Answered,
        };
    }
    let positive = |part: Option<f64>| part.is_some_and(|ms| ms > 0.0);
    // Firefox lists the headers that it would send, a Host among them, also for what it never sent.
    let has_host = signs.flavour != Flavour::Firefox
        && (signs.headers.contains_key("host") || signs.headers.contains_key(":authority"));
    if signs.timings.queueing.is_some() || has_host || positive(signs.timings.send) || positive(signs.timings.wait) {
        Verdict::SentUnanswered
    } else if signs.has_queueing && signs.header_count > 0 {
        Verdict::NeverSent
    } else {
        Verdict::Unknown
    }
}

impl Entry {
    /// What the entry proves of the time from its sending to its first byte; `watched_ms` is
    /// [`Archive::watched_ms`](crate::Archive::watched_ms) of it.
    pub fn service(&self, watched_ms: f64) -> Service {
        match self.verdict {
            Verdict::Answered | Verdict::AbortedInBody | Verdict::EventStream => {
                self.timings.wait.map_or(Service::Nothing, |ms| Service::Exact { ms })
            }
            Verdict::SentUnanswered | Verdict::Unknown => {
                let high_ms = (watched_ms - self.timings.queueing.unwrap_or(0.0)).max(0.0);
                Service::Longer(Interval { low_ms: 0.0, high_ms })
            }
            Verdict::NeverSent | Verdict::Socket | Verdict::FromCache | Verdict::NoNetwork => Service::Nothing,
        }
    }

    /// What the entry proves of its waiting in the browser, before it was sent; `None` where the file has no word of it.
    pub fn waiting(&self, watched_ms: f64) -> Option<Waiting> {
        let bare = |all| Some(Waiting { all, scheduler_ms: None, pool_or_cache_ms: None });
        match self.verdict {
            Verdict::Answered | Verdict::AbortedInBody | Verdict::EventStream => {
                let blocked = self.timings.blocked?;
                let scheduler_ms = self.timings.queueing.map(|queueing| queueing.min(blocked));
                Some(Waiting {
                    all: Interval { low_ms: blocked, high_ms: self.longest_wait_ms() },
                    scheduler_ms,
                    pool_or_cache_ms: scheduler_ms.map(|scheduler| blocked - scheduler),
                })
            }
            Verdict::NeverSent => bare(Interval::exact(watched_ms)),
            Verdict::SentUnanswered => {
                bare(Interval { low_ms: self.timings.queueing.unwrap_or(0.0).min(watched_ms), high_ms: watched_ms })
            }
            Verdict::Unknown => bare(Interval { low_ms: 0.0, high_ms: watched_ms }),
            Verdict::Socket | Verdict::FromCache | Verdict::NoNetwork => None,
        }
    }

    /// The longest that it can have waited in the browser, of an answered entry: what its other parts leave of its life.
    /// Some writers leave a part of the waiting out of `blocked`.
    fn longest_wait_ms(&self) -> f64 {
        let Timings { blocked, dns, connect, send, wait, receive, .. } = self.timings;
        let parts = [dns, connect, send, wait, receive].into_iter().flatten().sum::<f64>();
        f64::max(blocked.unwrap_or(0.0), self.life_ms.unwrap_or(0.0) - parts)
    }

    /// Whether it may have held a connection at a time that the file does not tell: it has no answer, or its writer leaves
    /// the waiting out (Playwright), so that nothing says when the connection was its own.
    pub fn may_have_held(&self) -> bool {
        let answered = self.verdict.is_answered() && self.verdict != Verdict::Socket;
        let untold = matches!(self.verdict, Verdict::SentUnanswered | Verdict::Unknown);
        !self.protocol.is_multiplexed() && (untold || answered && self.timings.blocked.is_none())
    }

    /// When the entry held one of its origin's connections, from its start to the end of its body, in milliseconds from
    /// the archive's first request; `None` where it held none, or where the file does not tell. The end is `span_ms` for
    /// what was open when the capture ended.
    pub fn held(&self, span_ms: f64) -> Option<(f64, f64)> {
        let answered = self.verdict.is_answered() && self.verdict != Verdict::Socket;
        if self.protocol.is_multiplexed() || !answered || self.may_have_held() {
            return None;
        }
        let from = self.start_ms + self.longest_wait_ms();
        let until = match (self.verdict, &self.end) {
            (Verdict::EventStream, End::Complete | End::Open) => span_ms,
            _ => self.end_ms().unwrap_or(span_ms),
        };
        (until >= from).then_some((from, until))
    }
}
