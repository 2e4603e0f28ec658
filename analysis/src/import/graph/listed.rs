//! Classes whose instances are listed one by one: what the nodes of one table have in common.
//!
//! Rule: requests of one origin and type are one class, apart by what a table says for all of its instances: whether they pass
//! the cache by, whether the page waits for them, a deadline. Above the limits of a scenario, classes of one origin are
//! joined whatever their type.

use super::super::calls::Load;
use super::network::{Origin, origin_of};
use super::node::{Node, Seen};
use sixslot_har::distinct;
use std::collections::{BTreeMap, BTreeSet};

/// Where the answers of a class come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An origin, by its number.
    Network(usize),
    /// The browser itself: no request left it.
    Browser,
}

/// Whether the page is ready without a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It ended before the page was ready.
    Awaited,
    /// It ended later.
    Later,
    /// It was open when the capture ended.
    Open,
    /// It ended without an answer.
    Failed,
}

/// What the instances of a class have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: Source,
    resource_type: String,
    unlocked: bool,
    phase: Phase,
    /// Microseconds.
    deadline: Option<u64>,
    /// Seconds for which a stored answer is fresh.
    fresh: Option<u64>,
}

/// A class whose instances are listed.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name in the scenario.
    pub name: String,
    /// Where its answers come from.
    pub source: Source,
    /// Chrome's resource type.
    pub resource_type: String,
    /// GETs of its URLs do not wait for each other at the cache.
    pub unlocked: bool,
    /// Whether the page is ready without it.
    pub phase: Phase,
    /// The age at which its calls were broken off, in milliseconds.
    pub deadline: Option<f64>,
    /// The seconds for which the browser can use a stored answer again, by `Cache-Control`.
    pub fresh: Option<u64>,
    /// Its nodes, in the order of their instances.
    pub nodes: Vec<usize>,
}

/// Seconds: longer ages mean no more (RFC 2616, section 14.21).
const YEAR: u64 = 31_536_000;

/// Different ages at which calls were broken off that are told apart.
const DEADLINES: usize = 50;

/// What classes are made from.
pub struct Input<'a> {
    /// The loads.
    pub loads: &'a [Load],
    /// The nodes.
    pub nodes: &'a [Node],
    /// The origins.
    pub origins: &'a [Origin],
    /// URLs whose GETs pass the cache by.
    pub unlocked: &'a BTreeSet<String>,
    /// When the page was ready, from the opening of each load; infinite where everything is awaited.
    pub ready: &'a [f64],
    /// The most classes.
    pub most: usize,
}

/// The classes of the nodes, in the order in which they begin.
#[must_use]
pub fn listed(input: &Input<'_>) -> Vec<Listed> {
    let number: BTreeMap<&str, usize> =
        input.origins.iter().enumerate().map(|(at, origin)| (origin.origin.as_str(), at)).collect();
    let times = times(input.loads);
    let mut deadlines = BTreeSet::new();
    let mut key = |node: &Node| {
        let entry = node.entry(input.loads);
        // What ended with its page has no deadline: in several loads its time is only a bound.
        let entry_of = |seen: &Seen| &input.loads[seen.load].archive.entries[seen.place];
        let lone = input.loads.len() == 1;
        let failed = |seen: &&Seen| seen.record.failed && (lone || !entry_of(seen).cut_by_page);
        let network = node.seen.iter().any(|seen| seen.record.network);
        let source = if network {
            Source::Network(number.get(origin_of(entry).as_str()).copied().unwrap_or(0))
        } else {
            Source::Browser
        };
        let prefetch = entry.url.as_str().contains("_rsc=") || is_prefetch(entry);
        let early = node.seen.iter().filter(|seen| seen.record.end() <= input.ready[seen.load] + READY).count();
        let phase = match () {
            () if 2 * node.seen.iter().filter(|seen| seen.record.open).count() >= node.seen.len() => Phase::Open,
            () if 2 * node.seen.iter().filter(failed).count() >= node.seen.len() => Phase::Failed,
            () if 2 * early >= node.seen.len() && !prefetch => Phase::Awaited,
            () => Phase::Later,
        };
        let life = |seen: &Seen| ((seen.record.end() - seen.record.start).max(0.001) * 1000.0).round() as u64;
        let mut deadline = node.seen.iter().find(failed).filter(|_| phase == Phase::Failed).map(life);
        if let Some(age) = deadline
            && !deadlines.contains(&age)
        {
            if deadlines.len() < DEADLINES {
                deadlines.insert(age);
            } else {
                deadline = None;
            }
        }
        let resource_type = if prefetch { "prefetch".to_owned() } else { sixslot_har::resource_type(entry) };
        let unlocked = network && input.unlocked.contains(entry.url.as_str());
        let reusable = network && !unlocked && phase != Phase::Failed && times[entry.url.as_str()] == input.loads.len();
        let fresh = fresh(entry).filter(|_| reusable);
        Key { source, resource_type, unlocked, phase, deadline, fresh }
    };
    let keys: Vec<Key> = input.nodes.iter().map(&mut key).collect();
    let distinct = distinct::set(keys.iter()).len();
    let joined = distinct > input.most;
    let mut order: BTreeMap<Key, usize> = BTreeMap::new();
    let mut classes: Vec<Listed> = Vec::new();
    for (node, mut key) in keys.into_iter().enumerate() {
        if joined {
            (key.resource_type, key.unlocked, key.deadline, key.fresh) = ("request".to_owned(), false, None, None);
        }
        let split = |at: usize| classes[at].nodes.len() >= sixslot_models::limits::EACH;
        let at = order.get(&key).copied().filter(|at| !split(*at)).unwrap_or_else(|| {
            let at = classes.len();
            classes.push(empty(&key, input.origins));
            order.insert(key, at);
            at
        });
        classes[at].nodes.push(node);
    }
    number_equal_names(&mut classes);
    classes
}

/// A class without nodes.
fn empty(key: &Key, origins: &[Origin]) -> Listed {
    Listed {
        name: name(key, origins),
        source: key.source,
        resource_type: key.resource_type.clone(),
        unlocked: key.unlocked,
        phase: key.phase,
        deadline: key.deadline.map(|age| age as f64 / 1000.0),
        fresh: key.fresh,
        nodes: Vec::new(),
    }
}

/// How often each URL comes in all loads.
fn times(loads: &[Load]) -> BTreeMap<&str, usize> {
    let mut times = BTreeMap::new();
    for entry in loads.iter().flat_map(|load| &load.archive.entries) {
        *times.entry(entry.url.as_str()).or_default() += 1;
    }
    times
}

/// How long a stored answer can be used without asking the server (RFC 9111, section 4.2.1).
fn fresh(entry: &sixslot_har::Entry) -> Option<u64> {
    let header = entry.response_headers.get("cache-control")?.to_ascii_lowercase();
    let directives = || header.split(',').map(str::trim);
    let usable = entry.status == 200 && entry.method.eq_ignore_ascii_case("GET");
    let stored = !directives().any(|one| one == "no-store" || one.starts_with("no-cache"));
    let age = directives().find_map(|one| one.strip_prefix("max-age=")?.parse().ok());
    age.filter(|age| usable && stored && (1..=YEAR).contains(age))
}

/// Makes names different: the second class of a name gets the ending `-2`, and so on.
fn number_equal_names(classes: &mut [Listed]) {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for class in classes {
        let count = taken.entry(class.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            class.name = format!("{}-{count}", class.name);
        }
    }
}

/// A request that says that it is a prefetch.
fn is_prefetch(entry: &sixslot_har::Entry) -> bool {
    let purpose = ["purpose", "sec-purpose"].iter().filter_map(|name| entry.request_headers.get(name));
    purpose.into_iter().any(|value| value.contains("prefetch"))
        || entry.request_headers.contains_key("next-router-prefetch")
}

/// A request that ends this long after the load event still counts for it: the event is written a little early.
const READY: f64 = 20.0;

fn name(key: &Key, origins: &[Origin]) -> String {
    let clean = |text: &str| -> String {
        let word = text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
        word.collect::<String>().trim_matches('-').chars().take(24).collect()
    };
    let mut name = clean(&key.resource_type);
    if name.is_empty() {
        name = "request".to_owned();
    }
    match key.source {
        Source::Browser => name.push_str("-cached"),
        Source::Network(0) => {}
        Source::Network(at) => {
            name.push('-');
            name.push_str(&super::super::target::origin_name(&origins[at].origin));
        }
    }
    name.push_str(match key.phase {
        Phase::Awaited => "",
        Phase::Later => "-later",
        Phase::Open => "-open",
        Phase::Failed => "-broken-off",
    });
    name
}
