//! What an entry proves of its waiting in the browser, of its connection, and of the server.
//!
//! Rule: an entry without an answer is a censored observation: it bounds the time to first byte, no more. An answered
//! request on a serial connection held it from the end of its waiting to the end of its body, at the latest until the next
//! request was sent on the same connection: exporters write ends late, by when the page's process heard of them.

use crate::entry::{End, Entry, Served, Timings};
use crate::verdict::{Interval, Service, Verdict, Waiting};

/// A time to first byte below this, in milliseconds, did not cross a network, whatever the file says: such answers were
/// pushed, or came from a cache that the exporter does not mention. A loopback connection takes longer in every browser.
pub const NO_NETWORK_MS: f64 = 0.1;

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

    /// The time to first byte of an answer that certainly crossed the network, in milliseconds: not cached, not pushed,
    /// and not shorter than [`NO_NETWORK_MS`].
    pub fn network_wait_ms(&self) -> Option<f64> {
        let answered = matches!(self.verdict, Verdict::Answered | Verdict::AbortedInBody | Verdict::EventStream);
        self.timings.wait.filter(|ms| answered && self.served == Served::Network && *ms >= NO_NETWORK_MS)
    }

    /// What the entry proves of its waiting in the browser, before it was sent; `None` where the file does not say.
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

    /// The longest that it can have waited in the browser, of an answered entry: what its other parts leave of its
    /// duration. Some exporters leave a part of the waiting out of `blocked`.
    fn longest_wait_ms(&self) -> f64 {
        let Timings { blocked, dns, connect, send, wait, receive, .. } = self.timings;
        let parts = [dns, connect, send, wait, receive].into_iter().flatten().sum::<f64>();
        f64::max(blocked.unwrap_or(0.0), self.life_ms.unwrap_or(0.0) - parts)
    }

    /// When the first byte of its answer came, of an answer over the network; `None` where the file does not say.
    pub fn headers_ms(&self) -> Option<f64> {
        if !self.verdict.is_answered() {
            return None;
        }
        match self.life_ms {
            Some(life) => Some(self.start_ms + (life - self.timings.receive.unwrap_or(0.0)).max(0.0)),
            // A body that is still open: the parts until its first byte are known.
            None => {
                let Timings { blocked, dns, connect, send, wait, .. } = self.timings;
                Some(self.start_ms + [blocked, dns, connect, send, Some(wait?)].into_iter().flatten().sum::<f64>())
            }
        }
    }

    /// When it was sent, of an answer over the network; `None` where the file does not say.
    pub fn sent_ms(&self) -> Option<f64> {
        Some((self.headers_ms()? - self.timings.wait? - self.timings.send.unwrap_or(0.0)).max(self.start_ms))
    }

    /// Whether it may have held a connection at a time that the file does not say: it has no answer, or its exporter
    /// leaves the waiting out (Playwright), so that nothing says when the connection was its own.
    pub fn may_have_held(&self) -> bool {
        let answered = self.verdict.is_answered() && self.verdict != Verdict::Socket;
        let unclear = matches!(self.verdict, Verdict::SentUnanswered | Verdict::Unknown);
        !self.protocol.is_multiplexed()
            && (unclear || answered && self.timings.blocked.is_none() && !self.starts_at_sending)
    }

    /// Whether it is a WebSocket whose entry names a connection, so that it holds one of its origin's for as long as it is
    /// open. Browsers keep WebSockets out of the six and name none; sixslot's exports of scenarios in which a socket takes a
    /// connection do.
    pub fn is_connected_socket(&self) -> bool {
        self.verdict == Verdict::Socket && self.connection.is_some()
    }

    /// When the entry held one of its origin's connections, from the end of its waiting to the end of its body, in
    /// milliseconds from the archive's first request; `None` where it held none, or where the file does not say. The end
    /// is `until_ms` for what was open when the capture of its load ended.
    pub fn held(&self, until_ms: f64) -> Option<(f64, f64)> {
        if self.is_connected_socket() {
            return Some((self.start_ms, self.end_ms().filter(|_| self.end != End::Open).unwrap_or(until_ms)));
        }
        let answered = self.verdict.is_answered() && self.verdict != Verdict::Socket;
        if self.protocol.is_multiplexed() || !answered || self.may_have_held() || self.served == Served::Pushed {
            return None;
        }
        let from = match self.life_ms {
            // Its name was resolved before a connection was its own, and none was opened for it.
            _ if self.starts_at_sending && self.timings.connect.is_none() => self.sent_ms().unwrap_or(self.start_ms),
            Some(_) => self.start_ms + self.longest_wait_ms(),
            None => self.start_ms + self.timings.blocked.unwrap_or(0.0),
        };
        let until = match (self.verdict, &self.end, self.released_ms) {
            (Verdict::EventStream, End::Complete | End::Open, None) => {
                // DevTools writes the last message's time for the end of an event source that is open.
                if self.resource_type.as_deref() == Some("eventsource") {
                    until_ms
                } else {
                    self.end_ms().unwrap_or(until_ms)
                }
            }
            (.., released) => f64::min(self.end_ms().unwrap_or(until_ms), released.unwrap_or(f64::INFINITY)),
        };
        (until >= from).then_some((from, until))
    }
}
