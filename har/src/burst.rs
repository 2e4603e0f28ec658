//! Requests of one class that start together, and what came just before them.
//!
//! Rule: three or more starts, each within 50 ms of the one before, are a burst. What set it off is the last answer that
//! ended within 250 ms before it; that is a guess, because a file has no causes.

use crate::archive::Archive;
use crate::class::Class;
use crate::moments::in_order;
use serde::Serialize;

/// Starts further apart than this are two bursts.
const TOGETHER_MS: f64 = 50.0;
/// The smallest burst.
const SMALLEST: usize = 3;
/// An answer that ended this long before a burst may have set it off.
const CAUSE_MS: f64 = 250.0;

/// A burst.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Burst {
    /// The class, by its place in [`Archive::classes`].
    pub class: usize,
    /// The first start, in milliseconds from the archive's first request.
    pub at_ms: f64,
    /// From the first start to the last.
    pub spread_ms: f64,
    /// How many.
    pub count: usize,
    /// The entry whose answer ended last before it, in another class: an index into [`Archive::entries`].
    pub after: Option<usize>,
    /// Later requests of the class that started within 50 ms of the end of an earlier one: a queue of the page's own
    /// lets through as many as the burst has.
    pub followers: usize,
}

/// The bursts, in order of their start. Static files come in bursts on every page and are left out.
pub fn bursts(archive: &Archive, classes: &[Class]) -> Vec<Burst> {
    let entry = |at: usize| &archive.entries[at];
    let mut class_of = vec![usize::MAX; archive.entries.len()];
    for (number, class) in classes.iter().enumerate() {
        for at in &class.entries {
            class_of[*at] = number;
        }
    }
    let mut ends = (0..archive.entries.len())
        .filter_map(|at| {
            let entry = entry(at);
            let answer =
                entry.verdict.is_answered() && !entry.verdict.is_socket() && !classes[class_of[at]].kind.is_static();
            entry.end_ms().filter(|_| answer).map(|end| (end, at))
        })
        .collect::<Vec<_>>();
    in_order(&mut ends);
    let mut result = Vec::new();
    for (number, class) in classes.iter().enumerate().filter(|(_, class)| !class.kind.is_static()) {
        let starts = class.entries.iter().map(|at| entry(*at).start_ms).collect::<Vec<_>>();
        let mut own_ends = class.entries.iter().filter_map(|at| entry(*at).end_ms()).collect::<Vec<_>>();
        own_ends.sort_unstable_by(f64::total_cmp);
        let mut from = 0;
        while from < starts.len() {
            let mut to = from + 1;
            while to < starts.len() && starts[to] - starts[to - 1] <= TOGETHER_MS {
                to += 1;
            }
            if to - from >= SMALLEST {
                let at_ms = starts[from];
                let before = ends.partition_point(|(end, _)| *end <= at_ms);
                let cause = ends[..before].iter().rev().take_while(|(end, _)| at_ms - end <= CAUSE_MS);
                let after = cause.map(|(_, at)| *at).find(|at| class_of[*at] != number);
                let follows = |start: f64| {
                    let end = own_ends.partition_point(|end| *end <= start);
                    end > 0 && start - own_ends[end - 1] <= TOGETHER_MS
                };
                let followers = starts[to..].iter().filter(|start| follows(**start)).count();
                result.push(Burst {
                    class: number,
                    at_ms,
                    spread_ms: starts[to - 1] - at_ms,
                    count: to - from,
                    after,
                    followers,
                });
            }
            from = to;
        }
    }
    result.sort_by(|one, other| one.at_ms.total_cmp(&other.at_ms));
    result
}
