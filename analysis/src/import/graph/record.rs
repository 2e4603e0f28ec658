//! What an archive says of one request's way, in milliseconds.
//!
//! Rule: the phases are those of HAR 1.2: `blocked`, `dns` and `connect` before the request is sent, `send` and `wait` until
//! the headers, then the body up to the recorded end. Where a writer leaves a phase out it is 0, and no phase goes beyond
//! the recorded end. An answer that used no network is all service. Of what was still open when the capture ended the
//! times are lower bounds.

use super::super::calls::Load;
use sixslot_har::{Entry, Verdict};

/// An event of a request that others can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// The page issued it.
    Issued,
    /// Its headers came.
    Headers,
    /// It ended.
    Ok,
}

impl Event {
    /// As scenarios write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Headers => "headers",
            Self::Ok => "ok",
        }
    }
}

/// The recorded times of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// Its issue, from the load's opening.
    pub start: f64,
    /// Queueing and stalled: scheduler, cache lock, pool.
    pub blocked: f64,
    /// The part of `blocked` before the request came to its pool, where the archive says (`_blocked_queueing`); else 0.
    pub queued: f64,
    /// Name lookup and connection set-up; 0 on a connection that was open.
    pub setup: f64,
    /// From sending to the headers.
    pub service: f64,
    /// From the headers to the end.
    pub body: f64,
    /// It used the network.
    pub network: bool,
    /// It was open when the capture ended: its times are lower bounds.
    pub open: bool,
    /// It ended without an answer, as an abort or an error.
    pub failed: bool,
}

impl Record {
    /// The record of an entry of a load.
    #[must_use]
    pub fn of(load: &Load, entry: &Entry) -> Self {
        let timings = &entry.timings;
        let part = |value: Option<f64>| value.unwrap_or(0.0).max(0.0);
        // What the browser's scheduler held before `startedDateTime` is part of the delay after the cause.
        let held = (entry.recorded_ms - entry.start_ms).max(0.0);
        let start = entry.start_ms + held - load.opened[0];
        let life = (load.archive.watched_ms(entry) - held).max(0.0);
        let open = entry.life_ms.is_none();
        let failed = entry.verdict.is_unanswered() && !open;
        let network = !entry.is_from_cache();
        let mut record =
            Self { start, blocked: 0.0, queued: 0.0, setup: 0.0, service: 0.0, body: 0.0, network, open, failed };
        if !network || entry.verdict.is_unanswered() {
            record.service = if entry.verdict == Verdict::NeverSent { 0.0 } else { life };
            return record;
        }
        let mut left = life;
        let mut take = |value: f64| {
            let taken = value.min(left);
            left -= taken;
            taken
        };
        record.blocked = take((part(timings.blocked) - held).max(0.0));
        record.queued = (part(timings.queueing) - held).clamp(0.0, record.blocked);
        record.setup = take(part(timings.dns) + part(timings.connect));
        record.service = take(part(timings.send) + part(timings.wait));
        record.body = left;
        record
    }

    /// The record with what the browser's scheduler held before `startedDateTime` as a wait, where the scheduler's rules explain it:
    /// over HTTP/1.1 it holds low priorities, over HTTP/2 it does not.
    #[must_use]
    pub fn with_hold(self, entry: &Entry) -> Self {
        let held = (entry.recorded_ms - entry.start_ms).max(0.0);
        if entry.timings.queueing.is_none_or(|queueing| queueing < held) || entry.protocol.is_multiplexed() {
            return self;
        }
        Self { start: self.start - held, blocked: self.blocked + held, queued: held, ..self }
    }

    /// When it was sent.
    #[must_use]
    pub fn sent(&self) -> f64 {
        self.start + self.blocked + self.setup
    }

    /// When its headers came.
    #[must_use]
    pub fn headers(&self) -> f64 {
        self.sent() + self.service
    }

    /// When it ended.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.headers() + self.body
    }

    /// When it had an event.
    #[must_use]
    pub fn moment(&self, event: Event) -> f64 {
        match event {
            Event::Issued => self.start,
            Event::Headers => self.headers(),
            Event::Ok => self.end(),
        }
    }
}

/// The time at the server and of the body, where a network explains the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Remainder {
    /// From the request's arrival to its answer.
    pub service: f64,
    /// The least time from the headers to the end.
    pub body: f64,
}
