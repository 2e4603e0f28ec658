//! What was broken off because its page ended.
//!
//! Rule: a page that is left, reloaded or closed breaks off everything at one moment. Aborts within [`MOMENT_MS`] of each
//! other are one moment. It is the page's end where a new document of the tab was under way or had just arrived; where two
//! or more aborts are the last thing that the file knows of the load; or where a script, a style sheet or a document is among
//! two or more, since a page sets no deadline for these.

use crate::entry::{End, Entry};
use crate::load::Load;
use crate::loads::is_document;

/// Aborts within this of each other, in milliseconds, happened at one moment.
pub(crate) const MOMENT_MS: f64 = 5.0;
/// A page may be torn down this long after its successor's headers, in milliseconds.
const COMMIT_MS: f64 = 50.0;

/// Marks the entries.
pub(crate) fn mark(entries: &mut [Entry], loads: &[Load]) {
    let navigations = navigations(entries, loads);
    for load in loads {
        let mut aborted = load.entries.iter().copied().filter(|at| is_aborted(&entries[*at])).collect::<Vec<_>>();
        let end = |at: usize| entries[at].end_ms().unwrap_or(0.0);
        aborted.sort_unstable_by(|one, other| end(*one).total_cmp(&end(*other)).then(one.cmp(other)));
        let moments = aborted.chunk_by(|one, other| end(*other) - end(*one) <= MOMENT_MS);
        let cut = moments.filter(|moment| is_page_end(entries, load, moment, &navigations)).flatten().copied();
        for at in cut.collect::<Vec<_>>() {
            entries[at].cut_by_page = true;
        }
    }
}

fn is_aborted(entry: &Entry) -> bool {
    entry.end == End::Aborted && entry.life_ms.is_some() && !entry.is_from_cache()
}

/// From the issue of each document that replaces a page to shortly after its headers, in order.
fn navigations(entries: &[Entry], loads: &[Load]) -> Vec<(f64, f64)> {
    let mut firsts = loads.iter().filter_map(|load| load.entries.first().copied()).collect::<Vec<_>>();
    firsts.sort_unstable();
    let replaces = |at: usize, entry: &Entry| {
        let asked = entry.initiator.as_ref().is_some_and(|initiator| initiator.url.is_some());
        at > 0 && (firsts.binary_search(&at).is_ok() || is_document(entry) && !asked && entry.initiator.is_some())
    };
    let span = |entry: &Entry| {
        let headers = entry.headers_ms().unwrap_or(entry.end_ms().unwrap_or(entry.start_ms));
        (entry.start_ms - MOMENT_MS, headers + COMMIT_MS)
    };
    entries.iter().enumerate().filter(|(at, entry)| replaces(*at, entry)).map(|(_, entry)| span(entry)).collect()
}

fn is_page_end(entries: &[Entry], load: &Load, moment: &[usize], navigations: &[(f64, f64)]) -> bool {
    let end = |at: &usize| entries[*at].end_ms().unwrap_or(0.0);
    let (first, last) = (moment.first().map_or(0.0, end), moment.last().map_or(0.0, end));
    // Navigations are in order of their start; the longest of those before decide.
    let until = navigations.partition_point(|(from, _)| *from <= last);
    let replaced = navigations[..until].iter().rev().take(16).any(|(_, to)| first <= *to);
    let is_resource = |at: &usize| {
        let kind = entries[*at].resource_type.as_deref();
        is_document(&entries[*at]) || matches!(kind, Some("script" | "stylesheet"))
    };
    let several = moment.len() >= 2;
    replaced || several && (last >= load.end_ms - MOMENT_MS || moment.iter().any(is_resource))
}
