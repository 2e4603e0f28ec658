//! Signs of a server that is busy with everything at once.
//!
//! Rule: `wait` is the time from the last byte sent to the first byte of the answer, so the browser's queue has no part in
//! it. Where requests of cheap kinds (static files, prefetches, preflights) each take long at the same time, each on its own
//! connection, something that they share is busy: the server, or the network before it. This points to it; it is no proof.

use crate::archive::{Archive, Entry};
use crate::class::{Class, Kind};
use crate::occupancy::Stretch;
use crate::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;

/// A wait shorter than this is no sign.
const SLOW_MS: f64 = 300.0;
/// A sign is so many times the shortest wait of a cheap request to the origin...
const TIMES: f64 = 10.0;
/// ... or so long.
const LONG_MS: f64 = 1_000.0;

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
    /// The shortest wait of a cheap request to the origin, anywhere in the file.
    pub reference_ms: f64,
}

/// When an entry was at the server, from its sending to its first byte; `None` where the file does not tell.
fn at_server(entry: &Entry) -> Option<(f64, f64)> {
    let answered = matches!(entry.verdict, Verdict::Answered | Verdict::AbortedInBody);
    let wait = entry.timings.wait.filter(|wait| answered && *wait > 0.0)?;
    let until = entry.end_ms()? - entry.timings.receive.unwrap_or(0.0);
    Some((until - wait, until))
}

fn is_cheap(kind: &Kind) -> bool {
    kind.is_static() || kind.is_rsc() || kind.method == "OPTIONS"
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
        served.retain(|(from, until, _)| until - from >= (TIMES * reference_ms).clamp(SLOW_MS, LONG_MS));
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
            ends.sort_by(f64::total_cmp);
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
                });
            }
            at = to;
        }
    }
    result.sort_by(|one, other| one.stretch.from_ms.total_cmp(&other.stretch.from_ms));
    result
}
