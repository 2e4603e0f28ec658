//! Rules of the connections of HTTP/1.1 in a scenario of which nothing speaks HTTP/1.1.
//!
//! Rule: a key of `[browser]` that can change no load of the file, neither with a fix nor without a layer, is refused at its place.
//! The command line asks questions about a file: its keys stay, with a note, and where it gives the protocol, the file's keys do.

use crate::origin::Origin;
use crate::plan::Plan;
use crate::source::{Fault, Place};
use crate::tree::{Entry, Node, Table, Value};

/// The keys that only connections of HTTP/1.1 look at.
const KEYS: [&str; 9] = [
    "connections",
    "delayable_below",
    "delayable_limit",
    "delayable_limit_per_host",
    "delayable_timeout",
    "delays_low_priority",
    "freed_to_same_priority",
    "idle_order",
    "late_binding",
];

/// Refuses the first of them that nothing of a file can use.
pub(crate) fn check(plan: &Plan, root: &Table, file: &Place) -> Result<(), Fault> {
    let is_in_file = |place: &Place| place.source == file.source;
    let mut unused = unused(plan, root, |table| {
        table.table().and_then(|table| table.get("protocol")).is_some_and(|protocol| is_in_file(&protocol.place))
    });
    let Some(entry) = unused.find(|entry| is_in_file(&entry.key_place)).filter(|_| !has_h1(root)) else {
        return Ok(());
    };
    let message =
        format!("`{}` is a rule for connections of HTTP/1.1, and no origin of this scenario speaks it", entry.key);
    Err(Fault::new(&entry.key_place, message)
        .help("remove the key: over h2 and h3 `max_concurrent_streams` of an origin limits its requests; or write protocol = \"h1\""))
}

/// The note on the first of them that the command line has set and nothing uses.
pub(crate) fn note(plan: &Plan, root: &Table, file: &Place) -> Option<String> {
    let entry = unused(plan, root, |_| true).find(|entry| entry.key_place.source != file.source)?;
    Some(format!(
        "browser.{}: a rule for connections of HTTP/1.1, which no origin speaks, so nothing uses it. Leave it out.",
        entry.key
    ))
}

/// Those of a scenario that nothing uses: every origin multiplexes, by a table that `is_told` accepts.
fn unused<'a>(plan: &Plan, root: &'a Table, is_told: impl Fn(&Node) -> bool) -> impl Iterator<Item = &'a Entry> {
    let speaks_h1 = |(number, origin): (usize, &Origin)| {
        let named = || root.get("origin")?.table()?.get(&origin.name);
        let table = if number == 0 { root.get("server") } else { named() };
        // A server without a table of its own is there for those who name no origin.
        let is_there = table.is_some() || plan.classes().iter().any(|class| class.origin == number);
        is_there && !(origin.protocol.multiplexes() && table.is_some_and(&is_told))
    };
    let multiplexes = !plan.origins().iter().enumerate().any(speaks_h1);
    let browser = root.get("browser").and_then(Node::table).filter(|_| multiplexes);
    // Firefox looks at as many waiting requests as a host has connections, also where it opens one.
    let turns = plan.browser().session_queue_turns;
    let is_idle = move |key: &str| KEYS.contains(&key) && !(key == "connections" && turns);
    browser.into_iter().flat_map(|table| &table.entries).filter(move |entry| is_idle(&entry.key))
}

/// Whether a patch, or anything else in a table, gives an origin HTTP/1.1.
fn has_h1(table: &Table) -> bool {
    table.entries.iter().any(|entry| match &entry.node.value {
        Value::Text(text) => entry.key == "protocol" && text == "h1",
        Value::Table(inner) => has_h1(inner),
        _ => false,
    })
}
