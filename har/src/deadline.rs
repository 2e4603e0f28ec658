//! Deadlines, from the lives of calls that were broken off.
//!
//! Rule: a deadline breaks calls off at one age, or a little later on a busy machine. The lives of a kind's aborted calls
//! without an answer are sorted into clusters; a cluster of two, or one life just beyond a half second, is a deadline: the
//! round number at or just below its least life. Calls that ended with their page ([`Entry::cut_by_page`]), calls that were
//! broken off at the same moment at different ages, and static files and documents show no deadline.

use crate::archive::Archive;
use crate::class::{Class, Kind};
use crate::cut::MOMENT_MS;
use crate::entry::{End, Entry};
use serde::Serialize;
use std::collections::BTreeMap;

/// Lives further apart than this, or than 3 %, are two clusters.
const CLUSTER_MS: f64 = 150.0;
/// The shortest deadline that is looked for.
const SHORTEST_MS: f64 = 200.0;
/// How far a single duration may be above a multiple of half a second.
const ALONE_MS: f64 = 60.0;

/// A deadline of a kind of requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deadline {
    /// The kind of requests that it ends.
    pub kind: Kind,
    /// The deadline in milliseconds.
    pub deadline_ms: f64,
    /// Calls that it broke off.
    pub aborts: usize,
    /// The least of their lives.
    pub shortest_ms: f64,
    /// The greatest.
    pub longest_ms: f64,
    /// Calls of the kind whose headers came later than the deadline allows: it cannot hold for them.
    pub answered_later: usize,
    /// Calls of the kind whose headers came in time and whose body ended later: the deadline ends at the headers.
    pub ended_later: usize,
}

impl Deadline {
    /// Whether more than one call shows it, and none speaks against it.
    pub fn is_certain(&self) -> bool {
        self.aborts >= 2 && self.answered_later == 0
    }
}

/// The round number that a cluster's least life stands for.
fn round(least: f64) -> f64 {
    // Clocks of two processes: a life may be measured a little short.
    let below = |step: f64| ((least + 2.0 + least * 0.002) / step).floor() * step;
    let lag = |value: f64| least - value;
    // A coarser number may be further below.
    for (step, most) in [(1000.0, 60.0), (500.0, 40.0), (250.0, 25.0), (100.0, 25.0)] {
        if below(step) > 0.0 && lag(below(step)) <= most {
            return below(step);
        }
    }
    (least / 10.0).floor() * 10.0
}

fn is_cut(entry: &Entry) -> bool {
    let shows = entry.verdict.is_unanswered() && entry.end == End::Aborted && !entry.cut_by_page;
    shows && entry.life_ms.is_some_and(|life| life >= SHORTEST_MS)
}

/// The entries of an archive that may have been broken off by a deadline.
fn cut_by_deadline(archive: &Archive) -> Vec<usize> {
    let mut ends = archive.entries.iter().enumerate().filter(|(_, entry)| is_cut(entry)).collect::<Vec<_>>();
    ends.sort_by(|(_, one), (_, other)| one.end_ms().unwrap_or(0.0).total_cmp(&other.end_ms().unwrap_or(0.0)));
    let mut result = Vec::new();
    let mut from = 0;
    while from < ends.len() {
        let mut to = from + 1;
        let end = |at: usize| ends[at].1.end_ms().unwrap_or(0.0);
        while to < ends.len() && end(to) - end(to - 1) <= MOMENT_MS {
            to += 1;
        }
        let moment = &ends[from..to];
        let lives = moment.iter().filter_map(|(_, entry)| entry.life_ms);
        let (low, high) = lives.fold((f64::INFINITY, 0.0_f64), |(low, high), life| (low.min(life), high.max(life)));
        let is_round = |life: f64| life - round(life) <= ALONE_MS && round(life) % 500.0 == 0.0;
        let unload = moment.len() >= 2 && high - low > CLUSTER_MS;
        let of_deadline = |entry: &Entry| !unload || entry.life_ms.is_some_and(is_round);
        result.extend(moment.iter().filter(|(_, entry)| of_deadline(entry)).map(|(at, _)| *at));
        from = to;
    }
    result
}

/// The deadlines that one archive, or several of one page, show. Each archive comes with its
/// [`classes`](Archive::classes).
pub fn deadlines(archives: &[(&Archive, &[Class])]) -> Vec<Deadline> {
    let mut lives = BTreeMap::<Kind, Vec<f64>>::new();
    // Time to headers, and to the end, of what was answered.
    let mut answered = BTreeMap::<Kind, Vec<(f64, f64)>>::new();
    for (archive, classes) in archives {
        let cut = cut_by_deadline(archive);
        let mut is_cut = vec![false; archive.entries.len()];
        for at in cut {
            is_cut[at] = true;
        }
        for class in *classes {
            let has_deadline = !class.kind.is_static() && class.kind.resource_type != "document";
            for at in class.entries.iter().filter(|_| has_deadline) {
                let entry = &archive.entries[*at];
                if is_cut[*at] {
                    lives.entry(class.kind.clone()).or_default().extend(entry.life_ms);
                } else if entry.verdict.is_answered() && !entry.verdict.is_socket() {
                    let life = entry.life_ms.unwrap_or(0.0);
                    let headers = life - entry.timings.receive.unwrap_or(0.0);
                    answered.entry(class.kind.clone()).or_default().push((headers, life));
                }
            }
        }
    }
    let mut result = Vec::new();
    for (kind, mut lives) in lives {
        lives.sort_unstable_by(f64::total_cmp);
        let answered = answered.get(&kind).map_or(&[][..], Vec::as_slice);
        let mut from = 0;
        while from < lives.len() {
            let mut to = from + 1;
            while to < lives.len() && lives[to] - lives[to - 1] <= f64::max(CLUSTER_MS, lives[to] * 0.03) {
                to += 1;
            }
            let (shortest_ms, longest_ms, aborts) = (lives[from], lives[to - 1], to - from);
            let deadline_ms = round(shortest_ms);
            let alone = shortest_ms - deadline_ms <= ALONE_MS && deadline_ms % 500.0 == 0.0;
            if aborts >= 2 || alone {
                // Answers that come as the deadline strikes are no contradiction.
                let later = |ms: f64| ms > longest_ms + CLUSTER_MS;
                result.push(Deadline {
                    kind: kind.clone(),
                    deadline_ms,
                    aborts,
                    shortest_ms,
                    longest_ms,
                    answered_later: answered.iter().filter(|(headers, _)| later(*headers)).count(),
                    ended_later: answered.iter().filter(|(headers, life)| !later(*headers) && later(*life)).count(),
                });
            }
            from = to;
        }
    }
    result
}
