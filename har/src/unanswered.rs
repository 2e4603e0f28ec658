//! Requests without an answer: where may they have been?
//!
//! Rule (docs/browser-rules.md): a request waits for a connection only while six others to its origin are in flight, tabs taken
//! together; at the cache's lock only while a GET of the same URL is; at the scheduler only below priority Medium while six
//! are in flight. Where none of that held at its issue, the browser sent it at once, if no other tab had the connections.

use crate::archive::Archive;
use crate::entry::{End, Entry};
use crate::occupancy::SLOTS;
use crate::origin::uses_network;
use crate::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;

/// A call that is broken off sooner than this after its issue was taken back by its caller (a component that is
/// mounted twice, a page that is left): its end says nothing of queues or servers.
pub const TAKEN_BACK_MS: f64 = 100.0;

/// How the end of a request without an answer is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reading {
    /// It was under way when the capture ended.
    Open,
    /// It was broken off within [`TAKEN_BACK_MS`] of its issue.
    TakenBack,
    /// It was broken off because its page ended.
    PageEnded,
    /// The network, or the browser itself, ended it with an error of its own: refused, reset, blocked by an extension.
    Error,
    /// It was broken off before it was sent: it starved in the browser.
    Starved,
    /// It was sent, and broken off before it was answered.
    Sent,
    /// It was broken off, and the file does not say whether it was sent.
    Unknown,
}

impl Reading {
    fn of(entry: &Entry) -> Self {
        match (&entry.end, entry.verdict) {
            (End::Open, _) => Self::Open,
            (End::Failed(_), _) => Self::Error,
            _ if entry.life_ms.is_some_and(|life| life < TAKEN_BACK_MS) => Self::TakenBack,
            _ if entry.cut_by_page => Self::PageEnded,
            (_, Verdict::NeverSent) => Self::Starved,
            (_, Verdict::SentUnanswered) => Self::Sent,
            _ => Self::Unknown,
        }
    }
}

/// A request without an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unanswered {
    /// The entry: an index into [`Archive::entries`].
    pub entry: usize,
    /// Its place in the file, from 1.
    pub number: usize,
    /// Its address.
    pub url: String,
    /// When it was issued, in milliseconds from the archive's first request.
    pub at_ms: f64,
    /// Its life, where known.
    pub life_ms: Option<f64>,
    /// Whether it is proved to be sent, or never sent.
    pub verdict: Verdict,
    /// What its end says.
    pub reading: Reading,
    /// Others to its origin that were in flight at its issue, waiting ones included.
    pub others: usize,
    /// It may have waited for a connection.
    pub pool: bool,
    /// It may have waited at the cache's lock.
    pub cache: bool,
    /// The scheduler may have held it.
    pub scheduler: bool,
}

impl Unanswered {
    /// Whether, by the rules, nothing in this page kept the browser from sending it at once.
    pub fn had_room(&self) -> bool {
        !(self.pool || self.cache || self.scheduler)
    }
}

/// Starts in order, and ends in order.
#[derive(Default)]
struct Lives {
    starts: Vec<f64>,
    ends: Vec<f64>,
}

impl Lives {
    /// How many are in flight just before `at`, those that start at `at` and stand earlier in the file included.
    fn in_flight(&self, at: f64, earlier: usize) -> usize {
        let ended = self.ends.partition_point(|end| *end <= at);
        earlier.saturating_sub(ended.min(earlier))
    }
}

/// The requests without an answer, in order of their start.
pub fn unanswered(archive: &Archive) -> Vec<Unanswered> {
    let mut origins = BTreeMap::<String, Lives>::new();
    let mut urls = BTreeMap::<&str, Lives>::new();
    for entry in archive.entries.iter().filter(|entry| uses_network(entry) || entry.is_connected_socket()) {
        let Some(origin) = entry.url.http_origin() else { continue };
        let lives = origins.entry(origin).or_default();
        let load_end = archive.loads.get(entry.load).map_or(archive.span_ms, |load| load.end_ms);
        // A stream or a socket is in flight for as long as it holds its connection.
        let held = entry.held(load_end).filter(|_| entry.verdict.is_socket()).map(|(_, until)| until);
        let end = held.unwrap_or(entry.start_ms + archive.watched_ms(entry));
        lives.ends.push(end);
        if entry.is_get() {
            urls.entry(entry.url.as_str()).or_default().ends.push(end);
        }
    }
    for lives in origins.values_mut().chain(urls.values_mut()) {
        lives.ends.sort_unstable_by(f64::total_cmp);
    }
    let mut result = Vec::new();
    let holds = |entry: &Entry| uses_network(entry) || entry.is_connected_socket();
    for (at, entry) in archive.entries.iter().enumerate().filter(|(_, entry)| holds(entry)) {
        let Some(origin) = entry.url.http_origin() else { continue };
        let before = |lives: Option<&mut Lives>| {
            lives.map_or(0, |lives| {
                let others = lives.in_flight(entry.start_ms, lives.starts.len());
                lives.starts.push(entry.start_ms);
                others
            })
        };
        let others = before(origins.get_mut(&origin));
        let same = if entry.is_get() { before(urls.get_mut(entry.url.as_str())) } else { 0 };
        if entry.verdict.is_unanswered() {
            let full = !entry.protocol.is_multiplexed() && others >= SLOTS;
            let scheduler = full && entry.is_delayable();
            result.push(Unanswered {
                entry: at,
                number: entry.number,
                url: entry.url.as_str().to_owned(),
                at_ms: entry.start_ms,
                life_ms: entry.life_ms,
                verdict: entry.verdict,
                reading: Reading::of(entry),
                others,
                pool: full,
                cache: same > 0,
                scheduler,
            });
        }
    }
    result
}
