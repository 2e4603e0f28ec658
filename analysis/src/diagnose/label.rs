//! What the sentences call a request.
//!
//! Rule: a path of the archive's own, with what varies in braces; static files of one type, where they are several, are
//! called by their type ("scripts"), with the host where it is not the page's. No label is two things in one sentence: what
//! reads the same is one.

use crate::words::cut;
use sixslot_har::{Archive, Diagnosis, Kind};
use std::collections::BTreeMap;

/// Characters of a label; longer ones are cut.
const LONGEST: usize = 60;

/// The labels of one load.
pub(super) struct Labels {
    classes: Vec<String>,
    class_of: Vec<usize>,
}

/// A type of static files, several of them.
fn plural(resource_type: &str) -> &'static str {
    match resource_type {
        "script" => "scripts",
        "stylesheet" => "style sheets",
        "image" => "images",
        "font" => "fonts",
        "media" => "media files",
        "manifest" => "manifests",
        "texttrack" => "text tracks",
        _ => "other files",
    }
}

/// A kind of requests in a table, where static files of several folders stand in rows of their own.
pub(super) fn of_kind(kind: &Kind) -> String {
    match kind.pattern.strip_suffix("**").filter(|_| kind.is_static()) {
        Some("/") => plural(&kind.resource_type).to_owned(),
        Some(folder) => format!("{} in {folder}", plural(&kind.resource_type)),
        None => kind.label(),
    }
}

impl Labels {
    pub fn new(archive: &Archive, diagnosis: &Diagnosis) -> Self {
        let mut class_of = vec![0; archive.entries.len()];
        // Static files of one origin and type, whatever their folder and priority.
        let mut alike = BTreeMap::<(&str, &str), usize>::new();
        for (number, facts) in diagnosis.classes.iter().enumerate() {
            let kind = &facts.class.kind;
            for at in &facts.class.entries {
                class_of[*at] = number;
            }
            if kind.is_static() {
                *alike.entry((&kind.origin, &kind.resource_type)).or_default() += facts.class.entries.len();
            }
        }
        let page = diagnosis.origins.first().map_or("", |origin| origin.origin.as_str());
        let classes = diagnosis.classes.iter().map(|facts| {
            let kind = &facts.class.kind;
            let host = if kind.origin == page || kind.origin.is_empty() {
                String::new()
            } else {
                format!(" of {}", kind.origin)
            };
            let several = alike.get(&(kind.origin.as_str(), kind.resource_type.as_str())).copied().unwrap_or(0) > 1;
            match facts.class.entries.as_slice() {
                [one] if !several && kind.is_static() => cut(&archive.entries[*one].url.target(), LONGEST),
                _ if kind.is_static() => cut(&format!("{}{host}", plural(&kind.resource_type)), LONGEST),
                _ => cut(&kind.label(), LONGEST),
            }
        });
        Self { classes: classes.collect(), class_of }
    }

    /// The label of a class, by its place in the diagnosis.
    pub fn of_class(&self, class: usize) -> &str {
        self.classes.get(class).map_or("", String::as_str)
    }

    /// The label of an entry, by its index in the archive.
    pub fn of_entry(&self, at: usize) -> &str {
        self.class_of.get(at).map_or("", |class| self.of_class(*class))
    }
}
