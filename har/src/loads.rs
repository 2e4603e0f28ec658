//! Which entries are which load, which loads are one page, and an archive for each load.
//!
//! Rule: see `load.rs`. Loads are of one page where their documents have the same address, and at least half of the requests of
//! the larger one are in the other, queries apart. A second view of a page from the cache sends few of them, and is a page of
//! its own.

use crate::archive::Archive;
use crate::distinct;
use crate::entry::Entry;
use crate::load::{Load, Page};
use crate::moments::in_order;
use crate::pattern::pattern;
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Different pages with one document's address that are distinguished; further loads are pages of their own.
const PAGES_OF_ADDRESS: usize = 32;
/// A page whose requests go on this long after another page has begun, in milliseconds, was not left for it: they are tabs.
const TABS_MS: f64 = 1_000.0;

/// Whether an entry is a document: a page, or a frame in it.
pub(crate) fn is_document(entry: &Entry) -> bool {
    match entry.resource_type.as_deref() {
        Some(kind) => kind == "document",
        None => entry.mime.as_deref().is_some_and(|mime| mime.starts_with("text/html")),
    }
}

/// The load of each entry in a file without pages: a document that nothing on the page asked for begins another one. Where a
/// file has no initiators, only the first document's address, asked for again, does: other documents may be frames.
fn load_of(entries: &[Entry]) -> Vec<usize> {
    let is_top = |entry: &Entry| {
        let answered = entry.status > 0 && entry.verdict != Verdict::FromCache;
        entry.method.eq_ignore_ascii_case("GET") && answered && is_document(entry)
    };
    let address = |entry: &Entry| (entry.url.origin(), entry.url.path().to_owned());
    let first = entries.iter().position(is_top);
    let begins = |at: usize, entry: &Entry, first: usize| {
        let unasked = match entry.initiator.as_deref() {
            Some(initiator) => initiator.url.is_none() && initiator.kind.as_deref() == Some("other"),
            None => address(entry) == address(&entries[first]),
        };
        // A redirect begins the load that its target belongs to.
        let target =
            at.checked_sub(1).and_then(|before| entries[before].redirect.as_deref()) == Some(entry.url.as_str());
        at > first && is_top(entry) && unasked && !target
    };
    let mut load = 0;
    let of = |(at, entry): (usize, &Entry)| {
        load += usize::from(first.is_some_and(|first| begins(at, entry, first)));
        load
    };
    entries.iter().enumerate().map(of).collect()
}

/// The page of each entry: the one that it names, or the one that began last before it.
fn page_of(pages: &[Page], entries: &[Entry]) -> Vec<usize> {
    if pages.is_empty() {
        return load_of(entries);
    }
    let mut ids = BTreeMap::new();
    for (at, page) in pages.iter().enumerate() {
        ids.entry(page.id.as_str()).or_insert(at);
    }
    let mut starts = pages.iter().enumerate().filter_map(|(at, page)| Some((page.start_ms?, at))).collect::<Vec<_>>();
    in_order(&mut starts);
    let by_time = |at: f64| {
        let before = starts.partition_point(|(start, _)| *start <= at);
        starts.get(before.saturating_sub(1)).map_or(0, |(_, page)| *page)
    };
    let page = |entry: &Entry| {
        let named = entry.page.as_deref().and_then(|id| ids.get(id).copied());
        named.unwrap_or_else(|| by_time(entry.start_ms))
    };
    entries.iter().map(page).collect()
}

/// The main document of a load: its first document that is no redirect, if it is the load's first entry behind the redirects,
/// or if no request caused it (`other` as the initiator's type). Another one is a frame's, or an extension's.
fn document(entries: &[Entry], load: &[usize]) -> Option<usize> {
    let candidate = |at: &&usize| {
        let entry = &entries[**at];
        is_document(entry) && entry.redirect.is_none() && entry.status > 0
    };
    let first = *load.iter().find(candidate)?;
    let is_first = load.iter().take_while(|at| **at != first).all(|at| entries[*at].redirect.is_some());
    let initiator = entries[first].initiator.as_deref();
    let unasked =
        initiator.is_some_and(|initiator| initiator.url.is_none() && initiator.kind.as_deref() != Some("script"));
    (is_first || unasked).then_some(first)
}

/// Pages that are open at the same time, in tabs of one browser, are one load: they share its connections.
fn tabs_joined(entries: &[Entry], pages: Vec<(usize, Vec<usize>)>) -> Vec<(usize, Vec<usize>)> {
    let mut joined = Vec::<(usize, Vec<usize>)>::with_capacity(pages.len());
    for (page, members) in pages {
        let begun = members.first().map_or(0.0, |at| entries[*at].start_ms);
        let goes_on = |at: &usize| {
            let entry = &entries[*at];
            let stream = entry.verdict == Verdict::EventStream && entry.resource_type.as_deref() == Some("eventsource");
            let open = stream && entry.timings.receive.is_none_or(|ms| ms == 0.0);
            open || entry.start_ms.max(entry.end_ms().unwrap_or(0.0)) > begun + TABS_MS
        };
        match joined.last_mut() {
            Some((_, earlier)) if earlier.iter().any(goes_on) => {
                earlier.extend(members);
                earlier.sort_unstable();
            }
            _ => joined.push((page, members)),
        }
    }
    joined
}

/// Assigns the entries, which are in order of their start, to loads.
pub(crate) fn assign(pages: &[Page], entries: &mut [Entry]) -> Vec<Load> {
    let of = page_of(pages, entries);
    let mut members = BTreeMap::<usize, Vec<usize>>::new();
    for (at, page) in of.into_iter().enumerate() {
        members.entry(page).or_default().push(at);
    }
    let mut members = members.into_iter().collect::<Vec<_>>();
    members.sort_unstable_by_key(|(_, entries)| entries.first().copied());
    let members = tabs_joined(entries, members);
    let mut loads = Vec::with_capacity(members.len());
    for (page, members) in members {
        for at in &members {
            entries[*at].load = loads.len();
        }
        loads.push(load(pages.get(page).map(|_| page), pages, entries, members));
    }
    group(entries, &mut loads);
    loads
}

fn load(page: Option<usize>, pages: &[Page], entries: &[Entry], members: Vec<usize>) -> Load {
    let start_ms = members.first().map_or(0.0, |at| entries[*at].start_ms);
    let page_start = page.and_then(|page| pages[page].start_ms).unwrap_or(start_ms);
    let event = |ms: Option<f64>| ms.map(|ms| page_start + ms).filter(|at| *at >= start_ms);
    let content = event(page.and_then(|page| pages[page].content_ms));
    let loaded = event(page.and_then(|page| pages[page].load_ms));
    let moments = members.iter().map(|at| &entries[*at]);
    let moments =
        moments.flat_map(|entry| [entry.end_ms(), entry.headers_ms(), Some(entry.start_ms), entry.messages.last_ms]);
    let end_ms = moments.chain([loaded]).flatten().fold(start_ms, f64::max);
    Load {
        page,
        document: document(entries, &members),
        entries: members,
        start_ms,
        end_ms,
        content_ms: content.map(|at| at - start_ms),
        load_ms: loaded.map(|at| at - start_ms),
        group: 0,
    }
}

/// What a load asks for: hashes of method, origin and the path's pattern, in order. Queries often hold a number of the day.
fn requests(entries: &[Entry], load: &Load) -> Vec<u64> {
    let hash = |at: &usize| {
        let mut hasher = DefaultHasher::new();
        let (entry, pattern) = (&entries[*at], pattern(&entries[*at].url));
        (&entry.method, entry.url.origin(), pattern.split('?').next()).hash(&mut hasher);
        hasher.finish()
    };
    distinct::set(load.entries.iter().map(hash)).into_iter().collect()
}

/// Whether the larger of two ordered lists shares at least half of its items with the other.
fn mostly_same(one: &[u64], other: &[u64]) -> bool {
    let shared = one.iter().filter(|item| other.binary_search(item).is_ok()).count();
    2 * shared >= one.len().max(other.len())
}

fn group(entries: &[Entry], loads: &mut [Load]) {
    if loads.len() < 2 {
        return;
    }
    let mut pages = BTreeMap::<Option<String>, Vec<(Vec<u64>, usize)>>::new();
    let mut groups = 0;
    for load in loads {
        let address = |at: usize| entries[at].url.origin().unwrap_or_default() + entries[at].url.path();
        let requests = requests(entries, load);
        let known = pages.entry(load.document.map(address)).or_default();
        let same = known.iter().find(|(others, _)| mostly_same(&requests, others)).map(|(_, group)| *group);
        load.group = same.unwrap_or_else(|| {
            groups += 1;
            if known.len() < PAGES_OF_ADDRESS {
                known.push((requests, groups - 1));
            }
            groups - 1
        });
    }
}

impl Archive {
    /// The loads that are one page each, as indices into [`loads`](Self::loads), in order of their first.
    pub fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups = BTreeMap::<usize, Vec<usize>>::new();
        for (at, load) in self.loads.iter().enumerate() {
            groups.entry(load.group).or_default().push(at);
        }
        groups.into_values().collect()
    }

    /// An archive for each load, with times from that load's first request. Where there are several, their names get the
    /// load's number (`a.har#2`), and the notes stay with the first. Nothing is copied but names.
    pub fn split(self) -> Vec<Self> {
        if self.loads.len() == 1 {
            return vec![self];
        }
        let Self { name, sha256, exporter, creator, pages, loads, entries, notes, .. } = self;
        let mut parts = loads.iter().map(|_| Vec::new()).collect::<Vec<Vec<Entry>>>();
        let mut place = Vec::with_capacity(entries.len());
        for entry in entries {
            let part = &mut parts[entry.load];
            place.push(part.len());
            part.push(Entry { load: 0, ..entry });
        }
        let mut notes = Some(notes);
        let part = |(number, (load, entries)): (usize, (Load, Vec<Entry>))| {
            let load = Load {
                page: load.page.map(|_| 0),
                entries: (0..entries.len()).collect(),
                document: load.document.map(|at| place[at]),
                ..load
            };
            let mut part = Self {
                name: format!("{name}#{}", number + 1),
                sha256: sha256.clone(),
                exporter,
                creator: creator.clone(),
                pages: loads_page(&pages, number, &loads),
                span_ms: load.end_ms,
                loads: vec![load],
                entries,
                notes: notes.take().unwrap_or_default(),
            };
            part.shift(-part.loads[0].start_ms);
            part
        };
        loads.clone().into_iter().zip(parts).enumerate().map(part).collect()
    }

    /// Adds `by_ms` to every moment.
    pub(crate) fn shift(&mut self, by_ms: f64) {
        if by_ms == 0.0 {
            return;
        }
        for entry in &mut self.entries {
            entry.start_ms += by_ms;
            entry.recorded_ms += by_ms;
            let moments = [&mut entry.released_ms, &mut entry.messages.first_ms, &mut entry.messages.last_ms];
            moments.into_iter().flatten().for_each(|moment| *moment += by_ms);
        }
        self.pages.iter_mut().filter_map(|page| page.start_ms.as_mut()).for_each(|start| *start += by_ms);
        for load in &mut self.loads {
            load.start_ms += by_ms;
            load.end_ms += by_ms;
        }
        self.span_ms += by_ms;
    }
}

/// The page of a load, alone.
fn loads_page(pages: &[Page], number: usize, loads: &[Load]) -> Vec<Page> {
    loads[number].page.map(|page| pages[page].clone()).into_iter().collect()
}
