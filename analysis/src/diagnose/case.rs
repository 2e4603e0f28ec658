//! One load with its facts: what the checks of the claims look things up in.
//!
//! Rule: a case holds exactly one load, so that no claim joins calls of two. Entries are named by their place in the file,
//! from 1, as the JSON names them.

use super::label::Labels;
use sixslot_har::{Archive, Diagnosis, Entry, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// The shortest wait in the browser that is reported, in milliseconds; shorter ones are the machine's.
pub(super) use sixslot_har::occupancy::WAIT_MS;

/// One load.
pub(super) struct Case<'a> {
    pub archive: &'a Archive,
    pub diagnosis: &'a Diagnosis,
    pub labels: Labels,
    /// The entries of each origin, and those of each kind: an archive may have as many of either as it has entries.
    origins: BTreeMap<String, Vec<usize>>,
    kinds: BTreeMap<&'a Kind, &'a [usize]>,
}

impl<'a> Case<'a> {
    pub fn new(archive: &'a Archive, diagnosis: &'a Diagnosis) -> Self {
        let mut origins = BTreeMap::<String, Vec<usize>>::new();
        for (at, entry) in archive.entries.iter().enumerate() {
            if let Some(origin) = entry.url.origin() {
                origins.entry(origin).or_default().push(at);
            }
        }
        let classes = diagnosis.classes.iter().map(|facts| &facts.class);
        let kinds = classes.map(|class| (&class.kind, class.entries.as_slice())).collect();
        Self { archive, diagnosis, labels: Labels::new(archive, diagnosis), origins, kinds }
    }

    /// The entry at an index of the archive.
    pub fn entry(&self, at: usize) -> &'a Entry {
        &self.archive.entries[at]
    }

    /// The indices of the entries of which something holds.
    pub fn entries(&self, is: impl Fn(&Entry) -> bool) -> Vec<usize> {
        (0..self.archive.entries.len()).filter(|at| is(self.entry(*at))).collect()
    }

    /// The same, of one origin.
    pub fn entries_at(&self, origin: &str, is: impl Fn(&Entry) -> bool) -> Vec<usize> {
        let entries = self.origins.get(origin).map_or(&[][..], Vec::as_slice);
        entries.iter().copied().filter(|at| is(self.entry(*at))).collect()
    }

    /// The indices of the entries of one kind.
    pub fn entries_of(&self, kind: &Kind) -> &'a [usize] {
        self.kinds.get(kind).copied().unwrap_or_default()
    }

    /// The places in the file, from 1, in order.
    pub fn places(&self, entries: &[usize]) -> Vec<usize> {
        let mut places = entries.iter().map(|at| self.entry(*at).number).collect::<Vec<_>>();
        places.sort_unstable();
        places
    }

    /// The label of an entry.
    pub fn label(&self, at: usize) -> String {
        self.labels.of_entry(at).to_owned()
    }

    /// The labels of some entries, each once, in order.
    pub fn names(&self, entries: &[usize]) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let names = entries.iter().map(|at| self.labels.of_entry(*at));
        names.filter(|name| seen.insert(*name)).map(str::to_owned).collect()
    }

    /// The labels of some entries in a sentence that names their origin.
    pub fn names_at(&self, entries: &[usize], origin: &str) -> Vec<String> {
        self.names(entries).iter().map(|name| bare(name, origin).to_owned()).collect()
    }

    /// The least and the greatest life of some entries; `None` where the file has none.
    pub fn lives(&self, entries: &[usize]) -> Option<[f64; 2]> {
        let lives = entries.iter().filter_map(|at| self.entry(*at).life_ms);
        let (low, high) = lives.fold((f64::INFINITY, 0.0_f64), |(low, high), life| (low.min(life), high.max(life)));
        low.is_finite().then_some([low, high])
    }

    /// Whether the file's writer says how long a request waited in the browser.
    pub fn reports_waiting(&self) -> bool {
        self.archive.exporter.reports_waiting()
    }

    /// Whether the file was written by a proxy, which sees neither the browser's queues nor its limit.
    pub fn is_proxy(&self) -> bool {
        self.archive.exporter.is_proxy()
    }
}

/// A label without the host, in a sentence that names it.
pub(super) fn bare<'a>(label: &'a str, origin: &str) -> &'a str {
    label.strip_suffix(origin).and_then(|label| label.strip_suffix(" of ")).unwrap_or(label)
}
