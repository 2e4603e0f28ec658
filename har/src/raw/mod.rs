//! An archive as it stands in the file, and how it becomes an [`Archive`].
//!
//! Rule: `log.entries`, and in each entry `startedDateTime`, `request` and `request.url`, have to be there; everything else
//! may be missing. The truth that a simulated archive carries in `_sixslot` is not read.

mod entry;
mod headers;
mod messages;
mod strange;

use crate::archive::{Archive, Flavour, Page};
use crate::date::Date;
use crate::error::HarError;
use crate::limits;
use crate::value::{Fold, Map, Object, Text, Word, folded};
use crate::verdict::Verdict;
use entry::RawEntry;
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

impl RawArchive {
    pub(crate) fn archive(self, name: &str) -> Result<Archive, HarError> {
        let Map(log) = self.log;
        let words = |tool: &Object<Tool>| {
            let tool = tool.0.as_ref();
            let word = |word: Option<&Word>| word.and_then(|word| word.0.clone()).unwrap_or_default();
            (word(tool.map(|tool| &tool.name)), word(tool.map(|tool| &tool.version)))
        };
        let (creator, version) = words(&log.creator);
        let (browser, browser_version) = words(&log.browser);
        let flavour = Flavour::of(&creator, &browser);
        // Firefox names itself twice.
        let browser = if browser == creator { [String::new(), String::new()] } else { [browser, browser_version] };
        let creator = [creator, version].into_iter().chain(browser).filter(|word| !word.is_empty());
        let creator = creator.collect::<Vec<_>>().join(" ");

        let raw = log.entries.entries;
        let Some(epoch_us) = raw.iter().map(|entry| entry.started.unix_us).min() else {
            return Err(HarError::Empty { name: name.to_owned() });
        };
        let mut strange = Strange { order: !raw.is_sorted_by_key(|entry| entry.started.unix_us), ..Strange::default() };
        let entries =
            raw.into_iter().enumerate().map(|(at, entry)| entry.entry(at + 1, flavour, epoch_us, &mut strange));
        let mut entries = entries.collect::<Vec<_>>();
        entries.sort_by(|one, other| one.start_ms.total_cmp(&other.start_ms));
        let page = |page: RawPage| {
            let timings = page.timings.0.unwrap_or_default();
            let ms = |word: &Word| word.number().filter(|ms| (0.0..=limits::LONGEST_MS).contains(ms));
            Page {
                id: page.id.0.unwrap_or_default(),
                title: page.title.text.unwrap_or_default(),
                start_ms: page.started.map(|date| (date.unix_us - epoch_us) as f64 / 1000.0),
                content_ms: ms(&timings.content),
                load_ms: ms(&timings.load),
            }
        };
        let pages = log.pages.0.into_iter().map(page).collect::<Vec<_>>();
        let ends = entries.iter().flat_map(|entry| [entry.end_ms(), Some(entry.start_ms), entry.messages.last_ms]);
        let loads = pages.iter().map(|page| Some(page.start_ms?.max(0.0) + page.load_ms?));
        let span_ms = ends.chain(loads).flatten().fold(0.0, f64::max);
        let mut notes = strange.notes();
        if entries.iter().any(|entry| entry.verdict == Verdict::Unknown && entry.header_count == 0) {
            notes.push("Requests have no header lists: of those without an answer the file cannot tell whether they were sent.".to_owned());
        }
        Ok(Archive { name: name.to_owned(), flavour, creator, pages, entries, span_ms, notes })
    }
}
