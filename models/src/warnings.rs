//! What reads plausible in a scenario, and does something else.
//!
//! Rule: a warning is a fact about the plan or its text, and says what to write instead. It changes no result.

use crate::class::{Class, DeadlineFrom, Kind, Start};
use crate::form::Form;
use crate::h1_rules;
use crate::load_rules;
use crate::origin::{Discipline, Origin};
use crate::plan::Plan;
use crate::protocol::{Protocol, Tls};
use crate::server_cache::TtlFrom;
use crate::source::Place;
use crate::tree::{Entry, Node, Table, Value};
use sixslot_sim_core::Span;

/// Keys of a path that [network] has for the origins without their own.
const PATH_KEYS: [&str; 3] = ["rtt", "bandwidth_down", "bandwidth_up"];
/// The most warnings of a plan.
const MOST: usize = 20;

/// The warnings of a plan that was read from this tree, of a file and of changes to it.
pub(crate) fn warnings(plan: &Plan, root: &Table, file: &Place) -> Vec<String> {
    let parameters = plan.parameters().iter().map(|parameter| parameter.name.as_str());
    let unused = parameters.filter(|name| !is_used(root, name)).map(|name| {
        format!("parameters.{name}: nothing uses it. Name it in a `per`, a `times`, a count or another number, or remove it.")
    });
    let classes = plan.classes().iter().flat_map(|class| of_class(plan, class));
    let origins = plan.origins().iter().enumerate().filter_map(|(number, origin)| overload(plan, number, origin));
    plan.unmeasured()
        .into_iter()
        .chain(unused)
        .chain(unused_network(root))
        .chain(unused_streams(root))
        .chain(h1_rules::note(plan, root, file))
        .chain(bare_https(plan))
        .chain(classes)
        .chain(origins)
        .chain(without_effect(plan, root))
        .chain(idle(plan))
        .chain(short_lives(plan))
        .take(MOST)
        .collect()
}

/// Whether a parameter's name occurs anywhere but in its own table and in the sweep: as a text, or as a factor of a key.
fn is_used(root: &Table, name: &str) -> bool {
    fn in_node(node: &Node, name: &str) -> bool {
        match &node.value {
            Value::Text(text) => text == name,
            Value::List(items) => items.iter().any(|item| in_node(item, name)),
            Value::Table(table) => table.entries.iter().any(|entry| {
                let is_factor = entry.key.split('*').any(|factor| factor.trim() == name);
                is_factor || in_node(&entry.node, name)
            }),
            _ => false,
        }
    }
    let others = root.entries.iter().filter(|entry| !["parameters", "sweep"].contains(&entry.key.as_str()));
    others.map(|entry| &entry.node).any(|node| in_node(node, name))
}

/// Where a class stands in a scenario.
fn key(class: &Class, key: &str) -> String {
    let table = match class.kind {
        Kind::Fetch => "request",
        Kind::WebSocket | Kind::EventSource => "socket",
        Kind::Background => "background",
    };
    format!("{table}.{}.{key}", class.name)
}

fn of_class(plan: &Plan, class: &Class) -> Vec<String> {
    let mut found = Vec::new();
    for copy in class.copies() {
        if let Some(word) = placeholder(copy.url.template()) {
            found.push(format!(
                "{}: `{{{word}}}` stands for nothing, so all instances have one URL. Write `{{index}}` for the number of the instance, or `{{tab}}` for that of the tab.",
                key(class, "url")
            ));
        }
        let rules = plan.browser();
        let pins = rules.unread_body_holds_slot && copy.body_bytes.unwrap_or(0) >= rules.unread_body_buffer;
        if !class.reads_body && rules.unread_body_holds_slot && !pins {
            found.push(format!(
                "{}: the connection is free all the same, since the browser buffers an unread body of less than {} bytes. Write `body_bytes` if it is larger.",
                key(class, "reads_body"),
                rules.unread_body_buffer
            ));
        }
        let times = [
            ("service", copy.service.as_ref()),
            ("later_service", class.later_service.as_ref()),
            ("work", Some(copy.work.as_ref().unwrap_or(&class.work))),
            ("io_time", Some(&class.io_time)),
            ("body", copy.body.as_ref()),
            ("stalled", copy.stalled.as_ref()),
            ("start", if let Start::At(form) = &copy.start { Some(form) } else { None }),
            ("delay", if let Start::After(after) = &copy.start { Some(&after.delay) } else { None }),
        ];
        for (name, form) in times {
            if form.is_some_and(can_be_negative) {
                found.push(format!(
                    "{}: the distribution goes below 0, and a negative draw counts as 0. Write `at_least = \"0ms\"`, or another family.",
                    key(class, name)
                ));
            }
        }
        if found.len() >= MOST {
            break;
        }
    }
    found.dedup();
    found
}

/// A word in braces that is no placeholder.
fn placeholder(url: &str) -> Option<&str> {
    let words = url.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(word, _)| word);
    words.into_iter().find(|word| {
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        is_word && !["index", "tab"].contains(word)
    })
}

/// Whether a distribution of times has draws below 0.
fn can_be_negative(form: &Form) -> bool {
    matches!(form, Form::Drawn(distribution) if distribution.quantile(1e-6) < 0.0)
}

impl Plan {
    /// What its loads rest on that was not measured: its origins over HTTP/3.
    #[must_use]
    pub fn unmeasured(&self) -> Option<String> {
        let tables = self.origins().iter().enumerate().filter(|(_, origin)| origin.protocol == Protocol::H3);
        let tables: Vec<String> = tables.map(|(number, origin)| table(number, origin)).collect();
        (!tables.is_empty()).then(|| {
            format!(
                "{}: HTTP/3 is simulated as HTTP/2 whose connection takes one round trip; what else browsers do differently was not measured.",
                tables.join(", ")
            )
        })
    }
}

/// An origin's table in a scenario.
fn table(number: usize, origin: &Origin) -> String {
    if number == 0 { "server".to_owned() } else { format!("origin.{}", origin.name) }
}

/// Keys of a server or of the network that say something only beside another key, which neither the scenario nor a fix has.
fn without_effect(plan: &Plan, root: &Table) -> Vec<String> {
    let fixes = root.get("fix").and_then(Node::table);
    let is_tried = fixes.is_some_and(|fixes| has_key(fixes, &|key| key == "discipline"));
    let shares = |name: &str| {
        let mut named = plan.origins().iter().enumerate().filter(|(number, origin)| table(*number, origin) == name);
        named.any(|(_, origin)| origin.discipline != Discipline::Independent)
    };
    let idle = |(name, table): (String, &Table)| {
        (!is_tried && table.entry("workers").is_some() && !shares(&name)).then(|| {
            format!("{name}.workers: with discipline = \"independent\" a server never makes a request wait for another one. Write discipline = \"processor-sharing\" or \"fifo\", or remove it.")
        })
    };
    let mut found: Vec<String> = origins(root).into_iter().filter_map(idle).collect();
    let discipline = root.get("network").and_then(|network| network.table()?.entry("discipline"));
    if discipline.is_some() && !has_key(root, &|key| key.starts_with("bandwidth_") || key == "profile") {
        found.push("network.discipline: no path has a bandwidth, so nothing waits for a link. Write `bandwidth_down`, or remove it.".to_owned());
    }
    found
}

/// Keys of requests and pages that change no load of the plan.
fn idle(plan: &Plan) -> Vec<String> {
    let classes = plan.classes();
    let fetches = classes.iter().filter(|class| class.kind == Kind::Fetch);
    let of_class = fetches.flat_map(|class| {
        let never = class.attempts > 1 && !load_rules::can_fail(class, classes);
        let retry = never.then(|| {
            format!(
                "{}: no call of it can fail, so none is made again. Give it a deadline or a status, or remove `retry`.",
                key(class, "retry")
            )
        });
        // What else the page holds back: a stall, a joined call, a navigation.
        let is_held = class.queue.is_some() || class.dedupe || class.navigates;
        let is_held = is_held || class.copies().iter().any(|copy| copy.stalled.is_some());
        let unqueued = class.deadline_from == DeadlineFrom::Queue && !is_held && class.deadline.is_some();
        let queue = unqueued.then(|| {
            format!(
                "{}: it is in no queue, so its deadline counts from the call. Give it a `queue`, or remove it.",
                key(class, "deadline_from")
            )
        });
        retry.into_iter().chain(queue)
    });
    let pages = plan.pages().iter().enumerate().filter_map(|(number, page)| {
        let tabs = plan.browser().tabs.fixed();
        let shown = page.tabs.as_ref().zip(tabs).is_none_or(|(all, tabs)| all.iter().any(|tab| u64::from(*tab) < tabs));
        match classes.iter().any(|class| class.page == Some(number)) {
            true if shown => None,
            true => Some(format!("page.{}.tabs: browser.tabs is {}, and tabs are numbered from 0, so no tab shows the page and none of its calls is made. Write other tabs, or more `browser.tabs`.", page.name, tabs.unwrap_or_default())),
            false => Some(format!("page.{}: no request or socket is on it. Write page = \"{}\" for those that are, or remove it.", page.name, page.name)),
        }
    });
    of_class.chain(pages).collect()
}

/// Whether a key occurs in a table, at any depth.
fn has_key(table: &Table, is_it: &dyn Fn(&str) -> bool) -> bool {
    let inside = |node: &Node| node.table().is_some_and(|table| has_key(table, is_it));
    table.entries.iter().any(|entry| is_it(&entry.key) || inside(&entry.node))
}

/// The tables of the origins, with their names.
fn origins(root: &Table) -> Vec<(String, &Table)> {
    let named = root.get("origin").and_then(Node::table).map_or(&[][..], |table| &table.entries);
    let further = named.iter().map(|entry| (format!("origin.{}", entry.key), &entry.node));
    let own = root.get("server").map(|node| ("server".to_owned(), node));
    own.into_iter().chain(further).filter_map(|(name, node)| Some((name, node.table()?))).collect()
}

/// What [network] says, and what was written before takes precedence: a later `--set` or patch that changes nothing.
fn unused_network(root: &Table) -> Vec<String> {
    let Some(network) = root.get("network").and_then(Node::table) else { return Vec::new() };
    let origins = origins(root);
    let count = 1 + root.get("origin").and_then(Node::table).map_or(0, |table| table.entries.len());
    let at = |entry: &Entry| (entry.key_place.source, entry.key_place.bytes.start);
    let instead = |of: &Entry, key: &str| -> Vec<String> {
        let own = origins.iter().filter_map(|(name, table)| Some((format!("`{name}.{key}`"), table.entry(key)?)));
        let own: Vec<(String, &Entry)> = own.collect();
        let is_before =
            |entry: &Entry| at(entry) < at(of) && (own.len() == count || entry.key_place.source < of.key_place.source);
        own.iter().filter(|(_, entry)| is_before(entry)).map(|(name, _)| name.clone()).collect()
    };
    let all = |entry: &Entry| match entry.key.as_str() {
        "profile" => PATH_KEYS
            .into_iter()
            .flat_map(|key| match network.entry(key) {
                Some(own) if at(own) < at(entry) => vec![format!("`network.{key}`")],
                Some(_) => Vec::new(),
                None => instead(entry, key),
            })
            .collect(),
        key if PATH_KEYS.contains(&key) => instead(entry, key),
        _ => Vec::new(),
    };
    let said = |entry: &Entry| {
        let found = all(entry);
        let first = found.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let more = found.len().checked_sub(4).map_or(String::new(), |more| format!(" and {} more", more + 1));
        (!found.is_empty())
            .then(|| format!("network.{}: overridden by {first}{more}. Set what overrides it.", entry.key))
    };
    network.entries.iter().filter_map(said).collect()
}

/// Streams of an origin that has none, neither with a fix.
fn unused_streams(root: &Table) -> Vec<String> {
    let multiplexes = |table: &Table| {
        table.get("protocol").is_some_and(|node| !matches!(&node.value, Value::Text(text) if text == "h1"))
    };
    let patches = ["fix", "layer"].into_iter().filter_map(|kind| root.get(kind)?.table());
    let patches = patches.flat_map(|table| &table.entries).filter_map(|entry| entry.node.table());
    let patches: Vec<&Table> =
        patches.flat_map(|patch| ["patch", "removed_by"].map(|key| patch.get(key)?.table())).flatten().collect();
    let patched = |name: &str| {
        patches.iter().flat_map(|patch| origins(patch)).any(|(other, table)| other == name && multiplexes(table))
    };
    let unused = |(name, table): (String, &Table)| {
        let is_unused = table.get("max_concurrent_streams").is_some() && !multiplexes(table) && !patched(&name);
        is_unused.then(|| {
            format!("{name}.max_concurrent_streams: HTTP/1.1 has no streams, so nothing uses it. Write protocol = \"h2\", or remove it.")
        })
    };
    origins(root).into_iter().filter_map(unused).collect()
}

/// An origin without TLS, of which a URL has https.
fn bare_https(plan: &Plan) -> Option<String> {
    let is_bare = |class: &&Class| {
        let https = class.copies().iter().any(|copy| copy.url.template().starts_with("https://"));
        https && plan.origins()[class.origin].path.tls == Some(Tls::None)
    };
    let class = plan.classes().iter().find(is_bare)?;
    let table = table(class.origin, &plan.origins()[class.origin]);
    Some(format!(
        "{table}.tls: `{}` has a URL with https, which browsers load over TLS only. Leave `tls` out, or write http.",
        class.name
    ))
}

/// A server that gets slower the more requests it has, and whose requests come whatever it does.
fn overload(plan: &Plan, number: usize, origin: &Origin) -> Option<String> {
    let open = |class: &&Class| class.origin == number && matches!(class.common.start, Start::Arrivals { .. });
    let class = plan.classes().iter().find(open).filter(|_| origin.slowdown_exponent > 1.0)?;
    Some(format!(
        "{}.slowdown_exponent: `{}` arrives at a rate that does not depend on the server, which gets slower the more requests it has: after a burst it may never recover, and results depend on the horizon. Write slowdown_exponent = 1, or limit who is at the server.",
        table(number, origin),
        class.name
    ))
}

/// Values of server caches that have expired when they are computed.
fn short_lives(plan: &Plan) -> impl Iterator<Item = String> {
    let medians: Vec<f64> = plan.parameters().iter().map(|parameter| parameter.value.quantile(0.5)).collect();
    plan.server_caches().iter().filter_map(move |cache| {
        let span = |form: &Form| form.span(&medians, || 0.5);
        let takes = span(&cache.work) + span(&cache.io_time);
        let is_short = cache.ttl_from == TtlFrom::Start && cache.ttl > Span::ZERO && cache.ttl < takes;
        is_short.then(|| {
            format!(
                "server_cache.{}.ttl: {} ms from the start of a computation that takes {} ms or more in half of the cases: the value has expired when it is there. Write ttl_from = \"end\", or a longer ttl.",
                cache.name,
                cache.ttl.as_millis_f64(),
                takes.as_millis_f64()
            )
        })
    })
}
