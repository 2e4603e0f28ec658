//! Requests of one kind: the same method, origin, type, priority and URL pattern.
//!
//! Rule: static files of an origin are one class for each type. Prefetches of React Server Components (`_rsc`) whose paths
//! differ in one segment are one class, and so are calls whose queries differ in one value that takes three or more values;
//! the segment or value becomes `{*}`. Nothing else is merged by guess.

use crate::archive::Archive;
use crate::entry::Entry;
use crate::pattern::pattern;
use crate::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};

/// What makes two requests, of one archive or of two, the same kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Kind {
    /// `GET`, ...
    pub method: String,
    /// Scheme, host and port; empty without a network.
    pub origin: String,
    /// Path and query, with what varies in braces: `{n}`, `{hash}`, `{id}`, `{uuid}`, `{x}`, `{*}`; `**` for static files.
    pub pattern: String,
    /// Chrome's resource type, lower case; `other` where the file has none.
    pub resource_type: String,
    /// Chrome's priority, where the file has one.
    pub priority: Option<String>,
}

impl Kind {
    /// Whether it is a static file: script, style sheet, image, font, manifest.
    pub fn is_static(&self) -> bool {
        is_static(&self.resource_type)
    }

    /// Whether it fetches a React Server Components payload.
    pub fn is_rsc(&self) -> bool {
        self.pattern.contains("_rsc={x}")
    }

    /// Pattern in short, with the method where it is no GET: what people call it.
    pub fn label(&self) -> String {
        if self.method == "GET" { self.pattern.clone() } else { format!("{} {}", self.method, self.pattern) }
    }
}

/// A class of one archive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Class {
    /// A name for it that is unique in its archive: small letters, digits and `-`.
    pub name: String,
    /// What its requests have in common.
    pub kind: Kind,
    /// Its entries in order of their start: indices into [`Archive::entries`].
    pub entries: Vec<usize>,
}

fn is_static(resource_type: &str) -> bool {
    matches!(resource_type, "script" | "stylesheet" | "image" | "font" | "manifest" | "media" | "texttrack")
}

/// What an entry is, by Chrome's resource types: as the file has it, else by the content type of its answer.
pub fn resource_type(entry: &Entry) -> String {
    if entry.verdict == Verdict::Socket || entry.url.is_socket() {
        return "websocket".to_owned();
    }
    if let Some(kind) = &entry.resource_type {
        return kind.clone();
    }
    // Firefox and others: by the content type of the answer.
    let mime = entry.mime.as_deref().unwrap_or_default();
    let kind = match () {
        () if mime.starts_with("text/html") => "document",
        () if mime.starts_with("text/css") => "stylesheet",
        () if mime.contains("javascript") => "script",
        () if mime.starts_with("image/") => "image",
        () if mime.starts_with("font/") || mime.contains("font-") => "font",
        () if mime.starts_with("text/event-stream") => "eventsource",
        () if mime.contains("json") || mime.starts_with("text/x-component") => "fetch",
        () => "other",
    };
    kind.to_owned()
}

fn kind(entry: &Entry) -> Kind {
    Kind {
        method: entry.method.to_ascii_uppercase(),
        origin: entry.url.origin().unwrap_or_default(),
        pattern: pattern(&entry.url),
        resource_type: resource_type(entry),
        priority: entry.priority.clone(),
    }
}

/// The longest path that all have in common, up to a slash.
fn common_folder(paths: &[&str]) -> String {
    let first = paths.first().copied().unwrap_or("/");
    let mut common = first.len();
    for path in paths {
        common = first.bytes().zip(path.bytes()).take(common).take_while(|(one, other)| one == other).count();
    }
    first.as_bytes()[..common].iter().rposition(|byte| *byte == b'/').map_or("/", |at| &first[..=at]).to_owned()
}

/// The pattern in which part `part` of this one may be anything; `None` where there is no such part. The parts of a path
/// (of React Server Components only) come first, then those of the query.
fn wider(kind: &Kind, part: usize) -> Option<String> {
    let (path, query) = kind.pattern.split_once('?')?;
    let segments = if kind.is_rsc() { path.split('/').count() } else { 0 };
    if let Some(at) = part.checked_sub(segments) {
        let (key, value) = query.split('&').nth(at)?.split_once('=')?;
        let wide = query.split('&').enumerate();
        let wide = wide.map(|(number, other)| if number == at { format!("{key}={{*}}") } else { other.to_owned() });
        return (!value.starts_with('{')).then(|| format!("{path}?{}", wide.collect::<Vec<_>>().join("&")));
    }
    // The first segment is empty; one alone may be any page.
    let mut wide = path.split('/').collect::<Vec<_>>();
    if part < 2 || wide[part].is_empty() {
        return None;
    }
    wide[part] = "{*}";
    Some(format!("{}?{query}", wide.join("/")))
}

/// Parts of a pattern that may vary.
const PARTS: usize = 16;

/// Merges patterns that differ in one part, where enough of them do.
fn merged(kinds: &BTreeMap<Kind, Vec<usize>>) -> BTreeMap<Kind, Kind> {
    // By the hash of the wider pattern: of a large archive the patterns themselves would take more than all else.
    let mut siblings = BTreeMap::<u64, Vec<(&Kind, usize)>>::new();
    for kind in kinds.keys() {
        for part in 0..PARTS {
            if let Some(pattern) = wider(kind, part) {
                let mut hash = std::hash::DefaultHasher::new();
                (&kind.method, &kind.origin, &kind.resource_type, &kind.priority, pattern).hash(&mut hash);
                siblings.entry(hash.finish()).or_default().push((kind, part));
            }
        }
    }
    let enough = |kinds: &[(&Kind, usize)]| kinds.len() >= if kinds[0].0.is_rsc() { 2 } else { 3 };
    let mut by_size = siblings.into_values().filter(|kinds| enough(kinds)).collect::<Vec<_>>();
    by_size.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then_with(|| one[0].cmp(&other[0])));
    let mut result = BTreeMap::new();
    for kinds in by_size {
        let left = kinds.into_iter().filter(|(kind, _)| !result.contains_key(*kind)).collect::<Vec<_>>();
        if left.is_empty() || !enough(&left) {
            continue;
        }
        let Some(pattern) = wider(left[0].0, left[0].1) else { continue };
        for (kind, _) in left {
            result.insert(kind.clone(), Kind { pattern: pattern.clone(), ..kind.clone() });
        }
    }
    result
}

/// A name from the pattern's words.
fn name(kind: &Kind) -> String {
    let (path, query) = kind.pattern.split_once('?').unwrap_or((&kind.pattern, ""));
    let mut words = Vec::new();
    if kind.resource_type == "document" {
        words.push("document".to_owned());
    } else if kind.is_static() {
        words.push(kind.resource_type.clone());
    } else {
        if kind.method != "GET" {
            words.push(kind.method.to_ascii_lowercase());
        }
        let parts = path.split(['/', '-', '.', '_']).chain(query.split(['&', '=', '-', '_', '.']));
        let parts = parts.filter(|part| !part.starts_with('{') && !matches!(*part, "" | "api" | "true" | "v1" | "**"));
        let clean =
            |part: &str| part.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        words.extend(parts.map(clean).filter(|word| !word.is_empty()).take(4));
    }
    if words.is_empty() {
        words.push(if kind.resource_type == "other" { "root".to_owned() } else { kind.resource_type.clone() });
    }
    let text = words.join("-");
    let text = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect::<String>();
    if text.is_empty() { "request".to_owned() } else { text }
}

impl Archive {
    /// The classes, in order of their first request. Every entry is in one class.
    pub fn classes(&self) -> Vec<Class> {
        let mut kinds = BTreeMap::<Kind, Vec<usize>>::new();
        for (at, entry) in self.entries.iter().enumerate() {
            kinds.entry(kind(entry)).or_default().push(at);
        }
        let wide = merged(&kinds);
        let mut classes = BTreeMap::<Kind, Vec<usize>>::new();
        let mut files = BTreeMap::<(String, String), Vec<usize>>::new();
        for (kind, entries) in kinds {
            if kind.is_static() {
                files.entry((kind.origin, kind.resource_type)).or_default().extend(entries);
            } else {
                let kind = wide.get(&kind).cloned().unwrap_or(kind);
                classes.entry(kind).or_default().extend(entries);
            }
        }
        for ((origin, resource_type), entries) in files {
            let paths = entries.iter().map(|at| self.entries[*at].url.path()).collect::<Vec<_>>();
            let pattern = common_folder(&paths) + "**";
            // One file type comes in several priorities; its most frequent one stands for it.
            let mut priorities = BTreeMap::<Option<&str>, usize>::new();
            for at in &entries {
                *priorities.entry(self.entries[*at].priority.as_deref()).or_default() += 1;
            }
            let priority = priorities.into_iter().max_by_key(|(_, count)| *count).and_then(|(priority, _)| priority);
            let priority = priority.map(str::to_owned);
            let kind = Kind { method: "GET".to_owned(), origin, pattern, resource_type, priority };
            classes.entry(kind).or_default().extend(entries);
        }
        let mut classes = classes.into_iter().collect::<Vec<_>>();
        for (_, entries) in &mut classes {
            entries.sort_unstable();
        }
        classes.sort_unstable_by_key(|(_, entries)| entries.first().copied());
        let mut taken = BTreeMap::<String, usize>::new();
        let class = |(kind, entries)| {
            let name = name(&kind);
            let count = taken.entry(name.clone()).or_default();
            *count += 1;
            let name = if *count == 1 { name } else { format!("{name}-{count}") };
            Class { name, kind, entries }
        };
        classes.into_iter().map(class).collect()
    }
}
