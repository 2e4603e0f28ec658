//! The same URL in flight more than once.
//!
//! Rule: Chromium lets GETs of one URL through one at a time until the headers have come (its cache's lock), so callers
//! that could have shared one answer wait for each other. Requests count from their issue to their end.

use crate::archive::Archive;
use serde::Serialize;
use std::collections::BTreeMap;

/// A URL that was in flight more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identical {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// How many at once, at most.
    pub together: usize,
    /// How many requests of it were in flight at the same time as another one.
    pub requests: usize,
}

/// The URLs that were in flight more than once, the most crowded first.
pub fn identical(archive: &Archive) -> Vec<Identical> {
    let mut urls = BTreeMap::<(&str, &str), Vec<(f64, f64)>>::new();
    for entry in &archive.entries {
        if entry.is_from_cache() || entry.verdict.is_socket() || entry.url.origin().is_none() {
            continue;
        }
        let key = (entry.method.as_str(), entry.url.as_str());
        urls.entry(key).or_default().push((entry.start_ms, entry.start_ms + archive.watched_ms(entry)));
    }
    let mut result = Vec::new();
    for ((method, url), lives) in urls.into_iter().filter(|(_, lives)| lives.len() >= 2) {
        let mut ends = lives.iter().map(|(_, end)| *end).collect::<Vec<_>>();
        ends.sort_unstable_by(f64::total_cmp);
        let (mut together, mut requests) = (1, 0);
        // Lives are in order of their start.
        let mut latest = f64::NEG_INFINITY;
        for (at, (start, end)) in lives.iter().enumerate() {
            let over = ends.partition_point(|end| *end <= *start);
            together = together.max((at + 1).saturating_sub(over.min(at)));
            let overlaps = *start < latest || lives.get(at + 1).is_some_and(|(next, _)| next < end);
            requests += usize::from(overlaps);
            latest = latest.max(*end);
        }
        if together >= 2 {
            result.push(Identical { method: method.to_owned(), url: url.to_owned(), together, requests });
        }
    }
    result.sort_by_key(|identical| std::cmp::Reverse(identical.together));
    result
}
