//! How an entry is judged.
//!
//! Rule (measured in Chromium 156; DevTools' `Log.ts`; `docs/archives.md`): without response headers the whole duration of a
//! request is in `blocked`, sent or not. It was sent where `_blocked_queueing` is at least 0, or where its headers have a
//! Host; it was never sent where `_blocked_queueing` is -1 and its headers are provisional, without a Host. Without either
//! sign the file does not say. A proxy sees only what was sent.
//!
//! A stream is an EventSource, or a body of type `text/event-stream` or `multipart/x-mixed-replace` that stayed open for
//! [`STREAM_MS`] or to the capture's end; an answer of that type that ends at once is an answer like any other.

use crate::entry::{End, Timings};
use crate::exporter::Exporter;
use crate::verdict::Verdict;
use std::collections::BTreeMap;

/// A body of a streaming type that was open for less than this, in milliseconds, is no stream.
pub(crate) const STREAM_MS: f64 = 1_000.0;

/// What the reader knows of an entry when it judges.
pub(crate) struct Signs<'a> {
    pub exporter: Exporter,
    pub status: u16,
    pub timings: &'a Timings,
    /// `_blocked_queueing` stands in the file, whatever its value.
    pub has_queueing: bool,
    pub header_count: usize,
    pub headers: &'a BTreeMap<&'static str, String>,
    pub end: &'a End,
    pub is_socket: bool,
    /// Chrome's resource type is `eventsource`.
    pub is_event_source: bool,
    /// The answer's content type is one of a stream.
    pub streams: bool,
    pub from_cache: bool,
    pub has_origin: bool,
}

pub(crate) fn judge(signs: &Signs<'_>) -> Verdict {
    if !signs.has_origin {
        return Verdict::NoNetwork;
    }
    if signs.status > 0 {
        let stays = *signs.end == End::Open || signs.timings.receive.is_some_and(|ms| ms >= STREAM_MS);
        return match () {
            () if signs.from_cache => Verdict::FromCache,
            () if signs.is_socket && signs.status == 101 => Verdict::Socket,
            () if signs.status == 200 && (signs.is_event_source || signs.streams && stays) => Verdict::EventStream,
            () if *signs.end == End::Aborted => Verdict::AbortedInBody,
            () => Verdict::Answered,
        };
    }
    let positive = |part: Option<f64>| part.is_some_and(|ms| ms > 0.0);
    // Firefox lists the headers that it would send, a Host among them, also for what it never sent.
    let has_host = signs.exporter != Exporter::Firefox
        && (signs.headers.contains_key("host") || signs.headers.contains_key(":authority"));
    let was_sent = signs.timings.queueing.is_some() && signs.has_queueing || has_host || signs.exporter.is_proxy();
    if was_sent || positive(signs.timings.send) || positive(signs.timings.wait) {
        Verdict::SentUnanswered
    } else if signs.has_queueing && signs.header_count > 0 {
        Verdict::NeverSent
    } else {
        Verdict::Unknown
    }
}
