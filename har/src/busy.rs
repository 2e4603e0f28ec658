//! Signs of a server that is busy with everything at once.
//!
//! Rule: `wait` is the time from the last byte sent to the first byte of the answer, so the browser's queue has no part in
//! it. Where requests of cheap kinds (static files, prefetches, preflights) each take at least [`TIMES`] the origin's shortest
//! wait and overlap, something that they share is busy: the server, or the network before it; over a multiplexed protocol it
//! may be the connection. Only answers that came over the network count ([`Entry::network_wait_ms`]), and without a ratio
//! there is no sign: an origin that always takes 2 s is slow, not busy. This points to a cause; it is no proof.

use crate::archive::Archive;
use crate::class::{Class, Kind};
use crate::entry::Entry;
use crate::occupancy::Stretch;
use crate::verdict::Verdict;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A wait shorter than this is no sign.
const SLOW_MS: f64 = 300.0;
/// The least ratio of a wait to the shortest wait of a cheap request to the origin that is a sign.
pub const TIMES: f64 = 10.0;

/// Cheap requests that waited for their first byte at the same time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Busy {
    /// Scheme, host and port.
    pub origin: String,
    /// The entries, in order of their sending: indices into [`Archive::entries`].
    pub entries: Vec<usize>,
    /// From the first sending to the last first byte.
    pub stretch: Stretch,
    /// How many of them waited at once, at most.
    pub together: usize,
    /// The least of their waits, in milliseconds.
    pub shortest_ms: f64,
    /// The greatest.
    pub longest_ms: f64,
    /// The shortest wait of a cheap request to the origin that came over the network, anywhere in the file.
    pub reference_ms: f64,
    /// Connections that they used; `None` where the file does not name that of each.
    pub connections: Option<usize>,
    /// Some of them shared a connection by a multiplexed protocol, so that the connection may be what is busy.
    pub multiplexed: bool,
}

/// When an entry was at the server, from its sending to its first byte; `None` where the file does not say.
fn at_server(entry: &Entry) -> Option<(f64, f64)> {
    let wait = entry.network_wait_ms().filter(|_| entry.verdict != Verdict::EventStream)?;
    let until = entry.headers_ms()?;
    Some((until - wait, until))
}

fn is_cheap(kind: &Kind) -> bool {
    kind.is_static() || kind.is_rsc() || kind.method == "OPTIONS"
}

/// How many connections they used, where the file names that of each.
fn connections(archive: &Archive, group: &[(f64, f64, usize)]) -> Option<usize> {
    let ids = group.iter().map(|(.., at)| archive.entries[*at].connection.as_deref());
    ids.collect::<Option<BTreeSet<_>>>().map(|ids| ids.len())
}

/// The groups, in order of their time.
pub fn busy(archive: &Archive, classes: &[Class]) -> Vec<Busy> {
    let mut origins = BTreeMap::<&str, Vec<(f64, f64, usize)>>::new();
    for class in classes.iter().filter(|class| !class.kind.origin.is_empty() && is_cheap(&class.kind)) {
        let served = class
            .entries
            .iter()
            .filter_map(|at| at_server(&archive.entries[*at]).map(|(from, until)| (from, until, *at)));
        origins.entry(&class.kind.origin).or_default().extend(served);
    }
    let mut result = Vec::new();
    for (origin, mut served) in origins {
        let reference_ms = served.iter().map(|(from, until, _)| until - from).fold(f64::INFINITY, f64::min);
        served.retain(|(from, until, _)| until - from >= (TIMES * reference_ms).max(SLOW_MS));
        served.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut at = 0;
        while at < served.len() {
            let mut until = served[at].1;
            let mut to = at + 1;
            while to < served.len() && served[to].0 < until {
                until = until.max(served[to].1);
                to += 1;
            }
            let group = &served[at..to];
            let mut ends = group.iter().map(|(_, until, _)| *until).collect::<Vec<_>>();
            ends.sort_unstable_by(f64::total_cmp);
            let over = |start: f64| ends.partition_point(|end| *end <= start);
            let together =
                group.iter().enumerate().map(|(at, (start, ..))| (at + 1).saturating_sub(over(*start))).max();
            if group.len() >= 2 {
                let waits = || group.iter().map(|(from, until, _)| until - from);
                result.push(Busy {
                    origin: origin.to_owned(),
                    entries: group.iter().map(|(.., at)| *at).collect(),
                    stretch: Stretch { from_ms: group[0].0, until_ms: until },
                    together: together.unwrap_or(1),
                    shortest_ms: waits().fold(f64::INFINITY, f64::min),
                    longest_ms: waits().fold(0.0, f64::max),
                    reference_ms,
                    connections: connections(archive, group),
                    multiplexed: group.iter().any(|(.., at)| archive.entries[*at].protocol.is_multiplexed()),
                });
            }
            at = to;
        }
    }
    result.sort_by(|one, other| one.stretch.from_ms.total_cmp(&other.stretch.from_ms));
    result
}
