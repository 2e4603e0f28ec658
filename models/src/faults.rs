//! All faults of a scenario at once.
//!
//! Rule: a scenario is read up to its first fault. That fault is mended in the tree, and the scenario is read again: a word
//! with a "did you mean" becomes the one that was meant, anything else is left out. A fault that names what was left out is a
//! consequence, not another fault. Faults of TOML's own syntax hide all others, one of each line is shown.

use crate::document::Document;
use crate::limits;
use crate::source::{Fault, Place, ScenarioError, Sources};
use crate::tree::{self, Entry, Node, Table, Value};
use std::collections::BTreeSet;

/// Bytes of a text that are read again in all, at most: about a minute.
const WORK: usize = 64 << 20;

/// Every fault of a scenario and its `--set`s, in the order of the text; empty where it can be simulated. At most
/// [`limits::FAULTS`] of them.
///
/// ```
/// let text = "schema = 1\ntitel = \"x\"\n[request.a]\ntimeout = \"8s\"\n[load]\nready = [\"b\"]\n";
/// let faults = sixslot_models::faults::faults("page.toml", text, &[]);
/// assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [2, 4, 6]);
/// assert_eq!(faults[1].help.as_deref(), Some("did you mean `deadline`?"));
/// ```
#[must_use]
pub fn faults(name: &str, text: &str, sets: &[String]) -> Vec<ScenarioError> {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let place = Place { source: file, bytes: 0..0 };
    let mut found = Vec::new();
    match tree::parse_all(file, text) {
        Err(syntax) => found.extend(syntax),
        Ok(mut root) => {
            for set in sets {
                found.extend(Document::change(&mut sources, &mut root, set).err());
            }
            collect(root, &place, text.len(), &mut found);
        }
    }
    found.sort_by_key(|fault: &Fault| (fault.place.source, fault.place.bytes.start));
    found.into_iter().take(limits::FAULTS).map(|fault| sources.error(fault)).collect()
}

/// Reads the tree again and again, each time without the faults before.
fn collect(mut root: Table, place: &Place, length: usize, found: &mut Vec<Fault>) {
    let mut gone = BTreeSet::new();
    for _ in 0..(WORK / length.max(1)).clamp(4, 4 * limits::FAULTS) {
        let Err(fault) = Document::of(root.clone(), place) else { return };
        let is_new = !found.contains(&fault) && !quoted(&fault.message).any(|word| gone.contains(word));
        let is_mended = mend(&mut root, &fault, &mut gone);
        if is_new {
            found.push(fault);
        }
        if !is_mended || found.len() >= limits::FAULTS {
            return;
        }
    }
}

/// The names in backticks.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(1).step_by(2)
}

/// The word that was meant.
fn instead(fault: &Fault) -> Option<&str> {
    // Of several the first.
    fault.help.as_deref()?.strip_prefix("did you mean `")?.split('`').next()
}

/// A step into a table or a list, by the position of the entry or the item.
type Way = Vec<usize>;

/// Searches the smallest key or value that holds a place.
struct Search<'a> {
    place: &'a Place,
    way: Way,
    /// The way to the smallest one so far, its length in bytes, and whether it is a key.
    best: Option<(Way, usize, bool)>,
}

impl Search<'_> {
    fn look(&mut self, place: &Place, is_key: bool) {
        let holds = place.source == self.place.source
            && place.bytes.start <= self.place.bytes.start
            && self.place.bytes.end <= place.bytes.end;
        let size = place.bytes.len();
        // Of equal ones the innermost, and a key before its value.
        let is_smaller = self
            .best
            .as_ref()
            .is_none_or(|(way, least, _)| size < *least || size == *least && way.len() < self.way.len());
        if holds && is_smaller {
            self.best = Some((self.way.clone(), size, is_key));
        }
    }

    fn inside(&mut self, value: &Value) {
        match value {
            Value::Table(table) => {
                for (at, entry) in table.entries.iter().enumerate() {
                    self.way.push(at);
                    self.look(&entry.key_place, true);
                    self.look(&entry.node.place, false);
                    self.inside(&entry.node.value);
                    self.way.pop();
                }
            }
            Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.way.push(at);
                    self.look(&item.place, false);
                    self.inside(&item.value);
                    self.way.pop();
                }
            }
            _ => {}
        }
    }
}

/// The table or list around the end of a way.
fn around<'a>(root: &'a mut Value, way: &[usize]) -> Option<&'a mut Value> {
    let mut value = root;
    for at in &way[..way.len().checked_sub(1)?] {
        value = match value {
            Value::Table(table) => &mut table.entries.get_mut(*at)?.node.value,
            Value::List(items) => &mut items.get_mut(*at)?.value,
            _ => return None,
        };
    }
    Some(value)
}

/// Mends what a fault is about; false where nothing is left to change. `gone` are the names that were left out.
fn mend(root: &mut Table, fault: &Fault, gone: &mut BTreeSet<String>) -> bool {
    // What is missing has no place of its own.
    if fault.place.bytes.is_empty() {
        return supply(root, fault);
    }
    let mut whole = Value::Table(std::mem::take(root));
    let mut search = Search { place: &fault.place, way: Vec::new(), best: None };
    search.inside(&whole);
    let is_mended = match search.best {
        Some((way, _, is_key)) => change(&mut whole, &way, is_key, fault, gone),
        None => false,
    };
    if let Value::Table(table) = whole {
        *root = table;
    }
    is_mended
}

/// Writes what was meant at the end of a way, or leaves it out.
fn change(root: &mut Value, way: &[usize], is_key: bool, fault: &Fault, gone: &mut BTreeSet<String>) -> bool {
    let (Some(value), Some(at)) = (around(root, way), way.last().copied()) else { return false };
    let word = quoted(&fault.message).next().unwrap_or_default();
    match value {
        Value::Table(table) => {
            let known = instead(fault).filter(|name| table.get(name).is_none());
            let Some(entry) = table.entries.get_mut(at) else { return false };
            match (known, &mut entry.node.value) {
                (Some(name), _) if is_key && entry.key == word => entry.key = name.to_owned(),
                (Some(name), Value::Text(text)) if !is_key && text.contains(word) => {
                    *text = text.replacen(word, name, 1)
                }
                _ => drop(gone.insert(table.entries.remove(at).key)),
            }
        }
        Value::List(items) => match (instead(fault), items.get_mut(at).map(|item| &mut item.value)) {
            (Some(name), Some(Value::Text(text))) if text.contains(word) => *text = text.replacen(word, name, 1),
            (_, Some(_)) => {
                gone.insert(word.to_owned());
                items.remove(at);
                if items.is_empty() {
                    // A list that is needed and that lost everything is no fault of its own.
                    gone.extend(name_of(root, way));
                }
            }
            (_, None) => return false,
        },
        _ => return false,
    }
    true
}

/// The key of the list around the end of a way.
fn name_of(root: &mut Value, way: &[usize]) -> Option<String> {
    let (_, list) = way.split_last()?;
    let at = *list.last()?;
    match around(root, list)? {
        Value::Table(table) => table.entries.get(at).map(|entry| entry.key.clone()),
        _ => None,
    }
}

/// Adds a key without which nothing else is read.
fn supply(root: &mut Table, fault: &Fault) -> bool {
    let node = |value| Node { value, place: Place { source: fault.place.source, bytes: 0..0 } };
    let entry = |key: &str, node: Node| Entry { key: key.to_owned(), key_place: node.place.clone(), node };
    if fault.message.starts_with("`schema` is missing") && root.get("schema").is_none() {
        root.entries.push(entry("schema", node(Value::Integer(1))));
        return true;
    }
    let first = root.get("request").and_then(Node::table).and_then(|requests| requests.entries.first());
    let Some(first) = first.map(|entry| entry.key.clone()).filter(|_| fault.message.starts_with("`load` is missing"))
    else {
        return false;
    };
    let ready = entry("ready", node(Value::List(vec![node(Value::Text(first))])));
    root.entries.push(entry("load", node(Value::Table(Table { entries: vec![ready] }))));
    true
}
