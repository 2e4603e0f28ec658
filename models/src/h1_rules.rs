//! Rules of the connections of HTTP/1.1 in a scenario of which nothing speaks HTTP/1.1.
//!
//! Rule: a key of `[browser]` that can change no load of the file, neither with a fix nor without a layer, is refused at its place.
//! Where the protocol comes from the command line, it is a question about the file, and its keys stay.

use crate::origin::Origin;
use crate::plan::Plan;
use crate::source::{Fault, Place};
use crate::tree::{Node, Table, Value};

/// The keys that only connections of HTTP/1.1 look at.
pub(crate) const KEYS: [&str; 9] = [
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
    let Some(browser) = root.get("browser").and_then(Node::table) else { return Ok(()) };
    // Firefox looks at as many waiting requests as a host has connections, also where it opens one.
    let is_idle = |key: &str| KEYS.contains(&key) && !(key == "connections" && plan.browser().session_queue_turns);
    let Some(entry) = browser.entries.iter().find(|entry| is_idle(&entry.key)) else { return Ok(()) };
    let in_file = |table: &Node| {
        let protocol = table.table().and_then(|table| table.get("protocol"));
        protocol.is_some_and(|protocol| protocol.place.source == file.source)
    };
    let speaks_h1 = |(number, origin): (usize, &Origin)| {
        let named = || root.get("origin")?.table()?.get(&origin.name);
        let table = if number == 0 { root.get("server") } else { named() };
        // A server without a table of its own is there for those who name no origin.
        let is_there = table.is_some() || plan.classes().iter().any(|class| class.origin == number);
        is_there && !(origin.protocol.multiplexes() && table.is_some_and(in_file))
    };
    if plan.origins().iter().enumerate().any(speaks_h1) || has_h1(root) {
        return Ok(());
    }
    let message =
        format!("`{}` is a rule for connections of HTTP/1.1, and no origin of this scenario speaks it", entry.key);
    Err(Fault::new(&entry.key_place, message)
        .help("remove the key: over h2 and h3 `max_concurrent_streams` of an origin limits its requests; or write protocol = \"h1\""))
}

/// Whether a patch, or anything else in a table, gives an origin HTTP/1.1.
fn has_h1(table: &Table) -> bool {
    table.entries.iter().any(|entry| match &entry.node.value {
        Value::Text(text) => entry.key == "protocol" && text == "h1",
        Value::Table(inner) => has_h1(inner),
        _ => false,
    })
}
