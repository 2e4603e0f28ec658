//! An archive as it stands in the file, and how it becomes an [`Archive`].
//!
//! Rule: `log.entries`, and in each entry `startedDateTime`, `request` and `request.url`, have to be there; everything else
//! may be missing. The truth that a simulated archive carries in `_sixslot` is not read.

mod entry;
mod headers;
mod initiator;
mod messages;
mod strange;
mod times;

use crate::archive::Archive;
use crate::connections;
use crate::cut;
use crate::date::Date;
use crate::error::HarError;
use crate::exporter::{Exporter, Traits};
use crate::limits;
use crate::load::Page;
use crate::loads;
use crate::value::{Fold, Map, Object, Text, Word, folded};
use crate::verdict::Verdict;
use entry::{File, RawEntry};
use serde::Deserialize;
use serde::de::Error;
use strange::Strange;

#[derive(Deserialize)]
pub(crate) struct RawArchive {
    log: Map<RawLog>,
}

#[derive(Deserialize)]
struct RawLog {
    #[serde(default)]
    creator: Object<Tool>,
    #[serde(default)]
    browser: Object<Tool>,
    #[serde(default, deserialize_with = "folded")]
    pages: Pages,
    #[serde(deserialize_with = "folded")]
    entries: Entries,
}

#[derive(Default, Deserialize)]
struct Tool {
    #[serde(default)]
    name: Word,
    #[serde(default)]
    version: Word,
}

#[derive(Deserialize)]
struct RawPage {
    #[serde(default, rename = "startedDateTime")]
    started: Option<Date>,
    #[serde(default)]
    id: Word,
    #[serde(default)]
    title: Text,
    #[serde(default, rename = "pageTimings")]
    timings: Object<PageTimings>,
}

#[derive(Default, Deserialize)]
struct PageTimings {
    #[serde(default, rename = "onContentLoad")]
    content: Word,
    #[serde(default, rename = "onLoad")]
    load: Word,
}

#[derive(Default)]
struct Pages(Vec<RawPage>);

impl<'de> Fold<'de> for Pages {
    type Item = Map<RawPage>;
    const EXPECTED: &'static str = "a list";
    const LOOSE: bool = false;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        if self.0.len() == limits::PAGES {
            return Err(E::custom(format_args!("more than {} pages", limits::PAGES)));
        }
        self.0.push(item.0);
        Ok(())
    }
}

#[derive(Default)]
struct Entries {
    entries: Vec<RawEntry>,
    bytes: usize,
}

impl<'de> Fold<'de> for Entries {
    type Item = Map<RawEntry>;
    const EXPECTED: &'static str = "a list";
    const LOOSE: bool = false;
    fn take<E: Error>(&mut self, item: Self::Item) -> Result<(), E> {
        if self.entries.len() == limits::ENTRIES {
            return Err(E::custom(format_args!("more than {} entries: record a shorter capture", limits::ENTRIES)));
        }
        self.bytes += item.0.bytes();
        if self.bytes > limits::KEPT_BYTES {
            let limit = limits::KEPT_BYTES >> 20;
            return Err(E::custom(format_args!("URLs and headers of more than {limit} MiB: record a shorter capture")));
        }
        self.entries.push(item.0);
        Ok(())
    }
}

/// Name and version of a tool, empty where the file has none.
fn words(tool: Object<Tool>) -> (String, String) {
    let tool = tool.0.unwrap_or_default();
    (tool.name.0.unwrap_or_default(), tool.version.0.unwrap_or_default())
}

impl RawPage {
    fn page(self, epoch_us: i64) -> Page {
        let timings = self.timings.0.unwrap_or_default();
        let ms = |word: &Word| word.number().filter(|ms| (0.0..=limits::LONGEST_MS).contains(ms));
        Page {
            id: self.id.0.unwrap_or_default(),
            title: self.title.text.unwrap_or_default(),
            start_ms: self.started.map(|date| (date.unix_us - epoch_us) as f64 / 1000.0),
            content_ms: ms(&timings.content),
            load_ms: ms(&timings.load),
        }
    }
}

/// What holds for all entries of a file; `None` where there is none.
fn file(raw: &[RawEntry], creator: &str, browser: &str) -> Option<File> {
    let epoch_us = raw.iter().map(|entry| entry.started.unix_us).min()?;
    let any = |traits: fn(&Traits) -> bool| raw.iter().any(|entry| traits(&entry.traits()));
    let traits = Traits {
        blocked_queueing: any(|traits| traits.blocked_queueing),
        queued: any(|traits| traits.queued),
        load_start: any(|traits| traits.load_start),
        monotonic: any(|traits| traits.monotonic),
    };
    let ends = raw.iter().map(|entry| entry.end_ms(epoch_us));
    // The latest end may be an impossible one; the one before it says how far the file reaches.
    let (_, end_ms) = ends.fold(
        (0.0_f64, 0.0_f64),
        |(first, second), end| {
            if end > first { (end, first) } else { (first, second.max(end)) }
        },
    );
    Some(File {
        exporter: Exporter::of(creator, browser, traits),
        epoch_us,
        has_connection_ids: raw.iter().any(|entry| entry.connection_id.0.is_some()),
        names_connections: raw.iter().any(RawEntry::names_connection),
        end_ms,
    })
}

impl RawArchive {
    pub(crate) fn archive(self, name: &str) -> Result<Archive, HarError> {
        let Map(log) = self.log;
        let (creator, version) = words(log.creator);
        let (browser, browser_version) = words(log.browser);
        let raw = log.entries.entries;
        let Some(file) = file(&raw, &creator, &browser) else { return Err(HarError::Empty { name: name.to_owned() }) };
        // Firefox names itself twice.
        let browser = if browser == creator { [String::new(), String::new()] } else { [browser, browser_version] };
        let creator = [creator, version].into_iter().chain(browser).filter(|word| !word.is_empty());
        let creator = creator.collect::<Vec<_>>().join(" ");

        let mut strange = Strange { order: !raw.is_sorted_by_key(|entry| entry.started.unix_us), ..Strange::default() };
        let entries = raw.into_iter().enumerate().map(|(at, entry)| entry.entry(at + 1, &file, &mut strange));
        let mut entries = entries.collect::<Vec<_>>();
        entries.sort_by(|one, other| one.start_ms.total_cmp(&other.start_ms));
        let pages = log.pages.0.into_iter().map(|page| page.page(file.epoch_us)).collect::<Vec<_>>();
        let loads = loads::assign(&pages, &mut entries);
        connections::resolve(&mut entries, file.exporter, loads.len());
        cut::mark(&mut entries, &loads);
        let mut notes = strange.notes();
        if entries.iter().any(|entry| entry.verdict == Verdict::Unknown && entry.header_count == 0) {
            notes.push(
                "Requests have no header lists: of those without an answer the file cannot say whether they were sent."
                    .to_owned(),
            );
        }
        let span_ms = loads.iter().map(|load| load.end_ms).fold(0.0, f64::max);
        let (name, exporter) = (name.to_owned(), file.exporter);
        let mut archive = Archive { name, sha256: None, exporter, creator, pages, loads, entries, span_ms, notes };
        let first_ms = archive.entries.first().map_or(0.0, |entry| entry.start_ms);
        archive.shift(-first_ms);
        Ok(archive)
    }
}
