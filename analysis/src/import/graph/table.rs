//! Listed classes and origins as tables of a scenario.
//!
//! Rule: a key that most instances share stands in the class, the others in the entries of `each`. Times of one load are written to
//! the microsecond, those of several loads as fitted laws. Each entry says what its cause is known by.

use super::super::calls::Load;
use super::super::evidence::{Fitted, value};
use super::super::laws::{Delays, delays};
use super::super::target::recorded;
use super::super::text::{Known, Table, exact, number};
use super::Graph;
use super::cause::Evidence;
use super::listed::{Listed, Phase, Source};
use super::network::{Origin, SET_UP};
use super::node::{Node, Seen};
use super::record::{Event, Remainder};
use crate::words::{count, plain};
use sixslot_models::evidence::FittedAs;
use sixslot_models::reading::quoted;
use sixslot_statistics::censored::Observation;
use std::collections::BTreeMap;

/// The origin of answers that the browser had.
pub const BROWSER: &str = "browser-cache";

/// The keys of an origin's table that its connections need.
pub fn connections(table: &mut Table, origin: &Origin) {
    if let Some(protocol) = origin.protocol {
        let why = match protocol {
            "h3" => "by its own answers; what browsers do differently over HTTP/3 than over HTTP/2 was not measured",
            _ => "by its own answers",
        };
        table.line("protocol", quoted(protocol), Known::Seen, why);
    }
    let trips = origin.path.as_ref().map_or(0.0, |path| path.trips * path.rtt);
    if let Some(path) = &origin.path {
        let handshake = if origin.protocol == Some("h3") { "QUIC handshake" } else { "TCP handshake" };
        let why = format!("the median of {}, and no longer than any first byte", count(path.handshakes, handshake));
        table.line("rtt", exact(path.rtt), Known::Estimated, why);
        if path.tls != "none" {
            table.line("tls", quoted(path.tls), Known::Estimated, "by the round trips of its handshakes");
        }
        let why = "what the recorded set-ups have beyond their round trips";
        table.line("connect", exact((origin.connect - trips).max(0.0)), Known::Estimated, why);
    } else if origin.connect > 0.0 {
        let why =
            format!("{} recorded, {} to {}", count(origin.set_ups, "set-up"), told(origin, false), told(origin, true));
        table.line("connect", exact(origin.connect), Known::Estimated, why);
    } else {
        let why = if origin.set_ups == 0 {
            "no connection was opened".to_owned()
        } else {
            format!(
                "{} recorded; each counts as service of its request, because others found a connection ready",
                count(origin.set_ups, "set-up")
            )
        };
        table.line("connect", "\"0ms\"", Known::Estimated, why);
    }
    if origin.closes {
        table.line("keep_alive", "\"0s\"", Known::Seen, "its server closes a connection after each answer");
    }
}

fn told(origin: &Origin, most: bool) -> String {
    let found = origin.candidates.iter().copied().filter(|ms| *ms > 0.0);
    let ms = if most { found.fold(0.0, f64::max) } else { found.fold(f64::INFINITY, f64::min) };
    super::super::text::told(ms)
}

/// The word of a scenario for a priority of an archive; `None` for the usual one.
#[must_use]
pub fn priority(word: &str) -> Option<&'static str> {
    match word {
        // Chromium's network stack has its own scale, in capitals.
        "VeryHigh" | "HIGHEST" | "highest" => Some("highest"),
        "Medium" | "Low" | "LOW" | "LOWEST" | "low" | "medium" => Some("low"),
        "VeryLow" | "IDLE" | "lowest" => Some("lowest"),
        _ => None,
    }
}

/// The method as the model has it: anything that is no GET passes the cache by, as a POST does.
fn method(entry: &sixslot_har::Entry) -> &'static str {
    if entry.method.eq_ignore_ascii_case("GET") { "GET" } else { "POST" }
}

/// The value that most have.
fn most<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(value, _)| value)
}

/// The name of each class's origin in the scenario; the page's own has none.
pub type Names<'a> = &'a dyn Fn(usize) -> Option<String>;

/// The table of a class; numbers that are fitted to several loads are added to `fitted`.
pub fn class(graph: &Graph, class: usize, loads: &[Load], names: Names<'_>, fitted: &mut Vec<Fitted>) -> Table {
    let listed = &graph.classes[class];
    let mut table = Table::new(format!("request.{}", listed.name));
    let of = match listed.source {
        Source::Browser => "the browser's cache".to_owned(),
        Source::Network(at) => plain(&graph.origins[at].origin),
    };
    let words = plain(&listed.resource_type);
    table.notes.push(format!("{}: {words}, {of}.", count(listed.nodes.len(), "request")));
    match listed.source {
        Source::Browser => table.line("origin", quoted(BROWSER), Known::Seen, "no request left the browser"),
        Source::Network(at) => {
            if let Some(name) = names(at) {
                table.line("origin", quoted(&name), Known::Seen, "");
            }
        }
    }
    let entries = || listed.nodes.iter().map(|node| graph.nodes[*node].entry(loads));
    let common_method = most(entries().map(method)).unwrap_or("GET");
    if common_method != "GET" {
        table.line(
            "method",
            quoted(common_method),
            Known::Seen,
            "anything that is no GET passes the cache by, as a POST does",
        );
    }
    let common_priority = most(entries().map(|entry| ranked(graph, entry))).flatten();
    if let Some(word) = common_priority {
        table.line("priority", quoted(word), Known::Seen, "as recorded, of most");
    }
    cache(&mut table, listed);
    if let Some(age) = listed.deadline {
        table.line("deadline", exact(age), Known::Seen, "broken off without an answer at this age");
    }
    if listed.phase == Phase::Open {
        table.notes.push(
            "Open when the capture ended: its times are lower bounds, and the page is not judged by it.".to_owned(),
        );
    }
    let common = Common { method: common_method, priority: common_priority };
    let mut lines = String::new();
    for (copy, node) in listed.nodes.iter().enumerate() {
        let path = format!("{}.each[{copy}]", table.name);
        let mut sink = Sink { path, fitted: (loads.len() > 1).then_some(&mut *fitted) };
        lines.push_str(&entry(graph, listed, &graph.nodes[*node], loads, &common, &mut sink));
    }
    let value = format!("[\n{lines}]");
    let known =
        if listed.nodes.iter().any(|node| is_guess(&graph.nodes[*node])) { Known::Guessed } else { Known::Seen };
    table.line(
        "each",
        value,
        known,
        "one entry for each request, in the order in which they begin, with its cause and its recorded times",
    );
    table
}

/// What the browser's cache does with the requests of a class.
fn cache(table: &mut Table, listed: &Listed) {
    if listed.source == Source::Browser {
        table.line("cache", "\"no-store\"", Known::Seen, "nothing waits for an answer that is there");
    } else if listed.unlocked {
        table.line(
            "cache",
            "\"no-store\"",
            Known::Seen,
            "GETs of one URL were at the server at once: the cache did not make them wait for each other",
        );
    }
    if let Some(seconds) = listed.fresh {
        let why = "by their Cache-Control: another tab finds them in the cache";
        table.line("response_cache_control", quoted(&format!("max-age={seconds}")), Known::Seen, why);
    }
}

fn is_guess(node: &Node) -> bool {
    !node.also.is_empty() || node.cause.is_none_or(|cause| cause.evidence >= Evidence::Order)
}

struct Common {
    method: &'static str,
    priority: Option<&'static str>,
}

/// The priority of a request, where the graph has priorities.
fn ranked(graph: &Graph, entry: &sixslot_har::Entry) -> Option<&'static str> {
    entry.priority.as_deref().filter(|_| graph.ranked).and_then(priority)
}

/// Where an entry notes its fitted numbers.
struct Sink<'f> {
    path: String,
    fitted: Option<&'f mut Vec<Fitted>>,
}

impl Sink<'_> {
    fn note(&mut self, key: &str, fitted_as: FittedAs, sample: Vec<(usize, Observation)>, value: &str) {
        if let Some(fitted) = &mut self.fitted {
            let key = format!("{}.{key}", self.path);
            fitted.push(Fitted { key, fitted_as, of: Vec::new(), sample, value: value.to_owned() });
        }
    }
}

/// Bytes on the link for each byte of a stream: packets of 1500 bytes carry 1448 (headers of IPv4 and TCP, with time stamps).
pub const WIRE: f64 = 1500.0 / 1448.0;

/// One entry of `each`, with its comment, as a line.
fn entry(graph: &Graph, listed: &Listed, node: &Node, loads: &[Load], common: &Common, sink: &mut Sink<'_>) -> String {
    let entry = node.entry(loads);
    let mut keys = vec![format!("url = {}", quoted(&recorded(&entry.url.target())))];
    let one = method(entry);
    if one != common.method {
        keys.push(format!("method = {}", quoted(one)));
    }
    let word = ranked(graph, entry);
    if word != common.priority {
        keys.push(format!("priority = {}", quoted(word.unwrap_or("auto"))));
    }
    let mut why = String::new();
    match node.cause.filter(|_| !graph.absolute) {
        Some(cause) => {
            let anchors = std::iter::once((cause.node, cause.event)).chain(node.also.iter().map(|at| (*at, Event::Ok)));
            let anchors: Vec<String> = anchors.map(|(node, event)| quoted(&graph.anchor(node, event))).collect();
            keys.push(match anchors.as_slice() {
                [one] => format!("after = {one}"),
                all => format!("after = [{}]", all.join(", ")),
            });
            keys.push(format!("delay = {}", delay("delay", &node.delays, sink)));
            if cause.evidence >= Evidence::Order {
                why.push_str("GUESS: ");
            }
            why.push_str(cause.evidence.told());
            if !node.also.is_empty() {
                why.push_str("; GUESS: the others ended before it began");
            }
        }
        None if graph.absolute => keys.push(format!("start = {}", exact(node.record().start.max(0.0)))),
        None => {
            keys.push(format!("start = {}", delay("start", &node.delays, sink)));
            why.push_str("from the opening");
        }
    }
    if node.held() > 0.0 {
        keys.push(format!("stalled = {}", exact(node.held())));
    }
    let works = if let Source::Network(at) = listed.source { graph.works.get(&at) } else { None };
    let key = if works.is_some() { "work" } else { "service" };
    let work = |seen: &Seen| works.and_then(|works| works.get(&(seen.load, seen.place)).copied());
    let (service, body) = match node.remainder {
        Some(Remainder { service, body }) => (exact(service), exact(body)),
        None => (
            times(key, node, |seen| work(seen).unwrap_or_else(|| service(graph, listed, seen)), sink),
            times("body", node, |seen| seen.record.body, sink),
        ),
    };
    keys.push(format!("{key} = {service}"));
    if body != "\"0ms\"" {
        keys.push(format!("body = {body}"));
    }
    let wired = matches!(listed.source, Source::Network(at) if graph.origins[at].path.is_some());
    let wire = |bytes: f64| if wired { WIRE * bytes } else { bytes };
    for (key, bytes) in [("request_bytes", entry.sizes.request), ("body_bytes", entry.body_bytes())] {
        if let Some(bytes) = bytes.map(wire).filter(|bytes| (1.0..=1e12).contains(bytes)) {
            keys.push(format!("{key} = {}", number(bytes.round(), 13)));
        }
    }
    let why = if why.is_empty() { why } else { format!("  # {why}") };
    format!("  {{ {} }},{why}\n", keys.join(", "))
}

/// The time from sending to the headers, and of a set-up the part that the origin's `connect` does not have.
#[must_use]
pub fn service(graph: &Graph, listed: &Listed, seen: &Seen) -> f64 {
    let record = &seen.record;
    let Source::Network(at) = listed.source else { return record.service };
    record.service + if record.setup > SET_UP { (record.setup - graph.origins[at].connect).max(0.0) } else { 0.0 }
}

fn delay(key: &str, seen: &[(usize, f64)], sink: &mut Sink<'_>) -> String {
    if let [(_, one)] = seen {
        return exact(*one);
    }
    let law = delays(&seen.iter().map(|(_, ms)| *ms).collect::<Vec<_>>());
    let value = law.time();
    if law != Delays::Steady(0.0) {
        let sample = seen.iter().map(|(load, ms)| (*load, Observation::Exact(*ms))).collect();
        sink.note(key, FittedAs::Delay, sample, &value);
    }
    value
}

/// A time of a node: of one load as it is, of several their law.
fn times(key: &str, node: &Node, time: impl Fn(&Seen) -> f64, sink: &mut Sink<'_>) -> String {
    if let [one] = node.seen.as_slice() {
        return exact(time(one));
    }
    // What ended without an answer has no body, and its time at the server was longer.
    let says = |seen: &&Seen| key != "body" || !seen.record.failed;
    let cut = |seen: &Seen| seen.record.open || seen.record.failed;
    let sample: Vec<(usize, Observation)> =
        node.seen.iter().filter(says).map(|seen| (seen.load, observed(time(seen), cut(seen)))).collect();
    let plain: Vec<Observation> = sample.iter().map(|(_, time)| *time).collect();
    if plain.iter().all(|one| one.middle() < 0.5) {
        return "\"0ms\"".to_owned();
    }
    let Some(value) = value(FittedAs::Distribution, &plain) else { return "\"0ms\"".to_owned() };
    sink.note(key, FittedAs::Distribution, sample, &value);
    value
}

fn observed(ms: f64, is_bound: bool) -> Observation {
    match (is_bound, ms <= 0.0) {
        (true, _) => Observation::AtLeast(ms.max(0.001)),
        (false, true) => Observation::Between(0.0, 0.5),
        (false, false) => Observation::Exact(ms),
    }
}
