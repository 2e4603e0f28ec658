//! Which requests held the connections of an origin, when all six were taken, and which waited meanwhile.
//!
//! Rule: see [`Entry::held`]. A WebSocket holds none of the six. A request without an answer may have held one, and so may
//! one of which the file does not say how long it waited: they count for what is possible, not for what is certain. HTTP/2
//! and HTTP/3 have no limit of six.

use crate::archive::Archive;
use crate::class::Class;
use crate::entry::{End, Entry};
use crate::moments::in_order;
use crate::origin::{KeepAlive, Origin};
use crate::protocol::{Protocol, ProtocolSign};
use serde::Serialize;
use std::collections::BTreeMap;

/// Connections that a browser opens to one origin over HTTP/1.1.
pub const SLOTS: usize = 6;
/// Waits in the browser, in milliseconds, that are shorter are the machine's.
pub const WAIT_MS: f64 = 20.0;

/// A class's part of something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// The class, by its place in [`Archive::classes`].
    pub class: usize,
    /// Requests of it that took part.
    pub requests: usize,
    /// Their time in it, in milliseconds, added up.
    pub ms: f64,
}

/// A stretch of time, in milliseconds from the archive's first request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// From.
    pub from_ms: f64,
    /// To.
    pub until_ms: f64,
}

/// The connections of one origin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Occupancy {
    /// Scheme, host and port.
    pub origin: String,
    /// It is the page's own.
    pub is_page: bool,
    /// The protocol of most of its answers.
    pub protocol: Protocol,
    /// How many answers name the protocol in which field.
    pub signs: BTreeMap<ProtocolSign, usize>,
    /// Requests to it that used the network.
    pub requests: usize,
    /// Connections that the file names; 0 where it names none.
    pub connections: usize,
    /// The most of them in use at once.
    pub at_once: Option<usize>,
    /// Evidence of keep-alive.
    pub keep_alive: KeepAlive,
    /// The median time to set up a connection, in milliseconds.
    pub connect_ms: Option<f64>,
    /// How many were held at once for certain: the counts, with when each began, at most [`Self::STEPS`] steps.
    pub held: Vec<(f64, usize)>,
    /// The most that were held at once for certain.
    pub most_held: usize,
    /// The most that may have been held at once, unanswered requests included.
    pub most_possible: usize,
    /// When six were held for certain.
    pub saturated: Vec<Stretch>,
    /// For how long, in milliseconds, six may have been held, the certain time included.
    pub possibly_saturated_ms: f64,
    /// The classes that held them while six were held, most first.
    pub holders: Vec<Share>,
    /// The classes that are proved to have waited in the browser, most first.
    pub waiting: Vec<Share>,
}

impl Occupancy {
    /// Steps of [`Occupancy::held`] that are kept; where there are more, neighbours are joined to their maximum.
    pub const STEPS: usize = 200;

    /// For how long six were held for certain, in milliseconds.
    pub fn saturated_ms(&self) -> f64 {
        length(&self.saturated)
    }
}

/// How many of some intervals are open from each moment in milliseconds at which that changes: (from, count) in order. O(n log n).
pub fn counts(intervals: &[(f64, f64)]) -> Vec<(f64, usize)> {
    let mut events = intervals.iter().flat_map(|(from, until)| [(*from, 1), (*until, -1)]).collect::<Vec<(f64, i32)>>();
    in_order(&mut events);
    let mut result = Vec::<(f64, usize)>::new();
    let mut count = 0_i32;
    for (at, change) in events {
        count += change;
        let now = count.max(0) as usize;
        match result.last_mut() {
            Some(last) if last.0 == at => last.1 = now,
            _ => result.push((at, now)),
        }
    }
    result
}

/// Stretches in which the count is at least six.
fn full(counts: &[(f64, usize)]) -> Vec<Stretch> {
    let mut result = Vec::<Stretch>::new();
    for pair in counts.windows(2) {
        let ((from_ms, count), (until_ms, _)) = (pair[0], pair[1]);
        if count < SLOTS || until_ms <= from_ms {
            continue;
        }
        match result.last_mut() {
            Some(last) if last.until_ms == from_ms => last.until_ms = until_ms,
            _ => result.push(Stretch { from_ms, until_ms }),
        }
    }
    result
}

/// Their time, added up.
fn length(stretches: &[Stretch]) -> f64 {
    stretches.iter().fold(0.0, |sum, stretch| sum + stretch.until_ms - stretch.from_ms)
}

/// How much of an interval is in the stretches, which are in order; `before` is the time in all stretches before each.
fn within(stretches: &[Stretch], before: &[f64], from: f64, until: f64) -> f64 {
    let upto = |at: f64| {
        let next = stretches.partition_point(|stretch| stretch.from_ms < at);
        match next {
            0 => 0.0,
            _ => before[next - 1] + (at.min(stretches[next - 1].until_ms) - stretches[next - 1].from_ms),
        }
    };
    (upto(until) - upto(from)).max(0.0)
}

/// Fewer steps, each with the most of those that it joins.
fn thinned(counts: Vec<(f64, usize)>) -> Vec<(f64, usize)> {
    let size = counts.len().div_ceil(Occupancy::STEPS).max(1);
    counts.chunks(size).map(|part| (part[0].0, part.iter().map(|(_, count)| *count).max().unwrap_or(0))).collect()
}

fn shares(parts: &mut dyn Iterator<Item = (usize, f64)>) -> Vec<Share> {
    let mut of = BTreeMap::<usize, (usize, f64)>::new();
    for (class, ms) in parts {
        let (requests, sum) = of.entry(class).or_default();
        *requests += 1;
        *sum += ms;
    }
    let mut shares = of.into_iter().map(|(class, (requests, ms))| Share { class, requests, ms }).collect::<Vec<_>>();
    shares.sort_unstable_by(|one, other| other.ms.total_cmp(&one.ms).then(one.class.cmp(&other.class)));
    shares
}

/// The least time that an entry is proved to have waited in the browser, where the browser is to blame: pool, cache lock
/// or scheduler; 0 of what failed with an error (a refused connection, an extension's block), which waited in no queue.
pub fn proved_wait_ms(archive: &Archive, entry: &Entry) -> f64 {
    if matches!(entry.end, End::Failed(_)) {
        return 0.0;
    }
    entry.waiting(archive.watched_ms(entry)).map_or(0.0, |waiting| waiting.all.low_ms)
}

/// What the requests of one origin held and waited for.
struct Holds {
    /// The class of a request, and when it held a connection for certain.
    certain: Vec<(usize, (f64, f64))>,
    /// When a connection may have been held.
    possible: Vec<(f64, f64)>,
    /// The class of a request, and for how long it is proved to have waited.
    waits: Vec<(usize, f64)>,
}

impl Holds {
    fn new(archive: &Archive, class_of: &[usize], entries: &[usize]) -> Self {
        let mut result = Self { certain: Vec::new(), possible: Vec::new(), waits: Vec::new() };
        for (class, entry) in entries.iter().map(|at| (class_of[*at], &archive.entries[*at])) {
            let until_ms = archive.loads.get(entry.load).map_or(archive.span_ms, |load| load.end_ms);
            if let Some(held) = entry.held(until_ms) {
                result.certain.push((class, held));
                result.possible.push(held);
            } else if entry.may_have_held() {
                result.possible.push((entry.start_ms, entry.start_ms + archive.watched_ms(entry)));
            }
            let wait = proved_wait_ms(archive, entry);
            if wait >= WAIT_MS {
                result.waits.push((class, wait));
            }
        }
        result
    }

    /// The classes' shares of the time in which all six were held.
    fn holders(&self, saturated: &[Stretch]) -> Vec<Share> {
        let mut before = Vec::with_capacity(saturated.len());
        let mut total = 0.0;
        for stretch in saturated {
            before.push(total);
            total += stretch.until_ms - stretch.from_ms;
        }
        let ms = self.certain.iter().map(|(class, (from, until))| (*class, within(saturated, &before, *from, *until)));
        shares(&mut ms.filter(|(_, ms)| *ms > 0.0))
    }
}

/// The connections of each origin that the archive's requests used: the page's own first, then the busiest.
pub fn occupancy(archive: &Archive, classes: &[Class]) -> Vec<Occupancy> {
    let mut class_of = vec![0; archive.entries.len()];
    for (number, class) in classes.iter().enumerate() {
        for at in &class.entries {
            class_of[*at] = number;
        }
    }
    let mut sockets = BTreeMap::<String, Vec<usize>>::new();
    for (at, entry) in archive.entries.iter().enumerate().filter(|(_, entry)| entry.is_connected_socket()) {
        sockets.entry(entry.url.http_origin().unwrap_or_default()).or_default().push(at);
    }
    let one = |origin: Origin| {
        let mut entries = origin.entries.clone();
        entries.extend(sockets.get(&origin.name).into_iter().flatten());
        let holds = Holds::new(archive, &class_of, &entries);
        let mut held = counts(&holds.certain.iter().map(|(_, held)| *held).collect::<Vec<_>>());
        // Ends are recorded a little late, so a seventh seems to start before one of the six has ended.
        if !archive.exporter.is_proxy() {
            held.iter_mut().for_each(|(_, count)| *count = (*count).min(SLOTS));
        }
        let possibly = counts(&holds.possible);
        let saturated = full(&held);
        let most = |counts: &[(f64, usize)]| counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
        Occupancy {
            connect_ms: origin.connect_median_ms(),
            origin: origin.name,
            is_page: origin.is_page,
            protocol: origin.protocol,
            signs: origin.signs,
            requests: origin.entries.len(),
            connections: origin.connections.unwrap_or(0),
            at_once: origin.at_once,
            keep_alive: origin.keep_alive,
            most_held: most(&held),
            most_possible: most(&possibly),
            possibly_saturated_ms: length(&full(&possibly)),
            held: thinned(held),
            holders: holds.holders(&saturated),
            saturated,
            waiting: shares(&mut holds.waits.into_iter()),
        }
    };
    archive.origins().into_iter().map(one).collect()
}
