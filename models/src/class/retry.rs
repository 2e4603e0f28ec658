//! When a failed call is made again, and after which pause; when a socket opens again.
//!
//! Rule: a failure is followed by a retry while fewer than `attempts` consecutive calls of its instance have failed, if
//! it is one of `on`. The pause is the next one of `backoff`, shortened at random by `jitter` (1 is AWS's "full jitter", 0.5
//! its "equal jitter"), and at least the answer's Retry-After (RFC 9110, section 10.2.3). A WebSocket's page opens it again
//! after a pause that grows with each opening that fails. An EventSource opens again by itself, but not after an HTTP status
//! (HTML, section 9.2.3).

use super::answer::{Failure, Failures};
use super::{Class, Kind};
use crate::limits;
use crate::read::{self, Reader};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;
use sixslot_sim_core::Span;

impl Class {
    /// Whether a failure is followed by a retry, by its kind alone.
    pub fn retries(&self, failure: Option<Failure>) -> bool {
        self.attempts > 1 && self.retry_on.as_ref().is_none_or(|on| failure.is_none_or(|failure| on.contain(failure)))
    }

    /// The pause of `backoff` after so many failures in a row, 1 or more.
    pub fn backoff_after(&self, failures: u32) -> Span {
        self.backoff.get(failures as usize - 1).or(self.backoff.last()).copied().unwrap_or(Span::ZERO)
    }

    /// The pause before a socket opens again, from `reconnect` as drawn and the number of openings that have failed in a
    /// row.
    pub fn reconnect_after(&self, drawn: Span, failures: u32) -> Span {
        let growth = libm::pow(self.reconnect_factor, f64::from(failures.saturating_sub(1)));
        let most = self.reconnect_at_most.unwrap_or(limits::LONGEST_SPAN);
        // Without growth the pause is the draw, to the nanosecond.
        if growth == 1.0 { drawn.min(most) } else { Span::from_seconds_f64(drawn.as_seconds_f64() * growth).min(most) }
    }

    /// Whether a socket whose opening failed opens again.
    pub fn opens_again(&self, failure: Option<Failure>) -> bool {
        self.kind == Kind::WebSocket || !matches!(failure, Some(Failure::Status(_)))
    }

    /// Reads `retry`.
    pub(super) fn read_retry(&mut self, node: &Node) -> Result<(), Fault> {
        let retry = Reader::new(node, &schema::RETRY)?;
        let attempts = retry.or("attempts", 1, read::whole(1, limits::ATTEMPTS))?;
        self.attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
        self.backoff = match retry.get("backoff") {
            Some(list) => read::list(limits::LIST)(list)?.iter().map(read::span).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        self.retry_on = retry.read("on", |node| Failures::read(node, true))?;
        self.jitter = retry.or("jitter", 0.0, read::number)?;
        if !(0.0..=1.0).contains(&self.jitter) {
            return Err(Fault::new(retry.place_of("jitter"), "jitter must be between 0 and 1"));
        }
        self.follows_retry_after = retry.or("follows_retry_after", true, read::boolean)?;
        Ok(())
    }

    /// Reads how the pause of `reconnect` grows.
    pub(super) fn read_reconnect_growth(&mut self, reader: &Reader<'_>) -> Result<(), Fault> {
        self.reconnect_factor = reader.or("reconnect_factor", 1.0, read::number)?;
        if !(1.0..=1_000.0).contains(&self.reconnect_factor) {
            return Err(Fault::new(reader.place_of("reconnect_factor"), "reconnect_factor must be between 1 and 1000"));
        }
        self.reconnect_at_most = reader.read("reconnect_at_most", read::span)?;
        Ok(())
    }
}
