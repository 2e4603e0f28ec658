//! An archive as the analysis sees it: entries in order of their start, in one load or several.

use crate::entry::Entry;
use crate::exporter::Exporter;
use crate::load::{Load, Page};

/// An archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Archive {
    /// What the user calls it.
    pub name: String,
    /// SHA-256 of the file in hexadecimal digits, where whoever opened it computed one.
    pub sha256: Option<String>,
    /// The program that wrote it.
    pub exporter: Exporter,
    /// Creator, and browser where given, as the file has them.
    pub creator: String,
    /// Its pages.
    pub pages: Vec<Page>,
    /// Its loads, by start: at least one. Every entry is in one.
    pub loads: Vec<Load>,
    /// Its entries, by start; those with the same start in the file's order.
    pub entries: Vec<Entry>,
    /// From the first request to the last moment that the file knows of, in milliseconds.
    pub span_ms: f64,
    /// What was strange in the file and how it was read, each once.
    pub notes: Vec<String>,
}

impl Archive {
    /// How long an entry was observed, in milliseconds: to its end, or to the end of its load's capture.
    pub fn watched_ms(&self, entry: &Entry) -> f64 {
        let end_ms = self.loads.get(entry.load).map_or(self.span_ms, |load| load.end_ms);
        entry.life_ms.unwrap_or((end_ms - entry.start_ms).max(0.0))
    }
}
