//! Every key of a scenario is run by the lab, refused by name, or does not concern a single load: none is ignored.
//!
//! The test reads the keys from the schema, so a new key fails it until it is listed here.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_lab::{Engine, Script, Unsupported};
use sixslot_models::schema::{Fields, Kind, SCENARIO};
use sixslot_models::{Document, Plan};
use std::collections::BTreeSet;

/// Run by the browser or the server: read by page/page.js, by the server, or by the load's draws.
const PLAYED: &[&str] = &[
    "server.noise_shared",
    "horizon",
    "parameters",
    "browser.tabs",
    "browser.tab_interval",
    "server.discipline",
    "server.workers",
    "server.slowdown_exponent",
    "server.cancel_on_disconnect",
    "server.keep_alive",
    "server.protocol",
    "server.rtt",
    "server.bandwidth_down",
    "server.bandwidth_up",
    "server.tls",
    "server.response_delay",
    "server.max_concurrent_streams",
    "request.url",
    "request.method",
    "request.origin",
    "request.credentials",
    "request.count",
    "request.start",
    "request.after",
    "request.delay",
    "request.arrivals.rate_per_second",
    "request.arrivals.until",
    "request.priority",
    "request.cache",
    "request.response_cache_control",
    "request.deadline",
    "request.deadline_aborts",
    "request.deadline_from",
    "request.deadline_until",
    "request.every",
    "request.every_from",
    "request.timer_delay",
    "request.skip_while_in_flight",
    "request.supersedes",
    "request.until_ok",
    "request.skip_while_fresh.socket",
    "request.skip_while_fresh.within",
    "request.retry.attempts",
    "request.retry.backoff",
    "request.dedupe",
    "request.queue",
    "request.service",
    "request.later_service",
    "request.work",
    "request.io_time",
    "request.looks_up",
    "request.lookup_before_segment",
    "request.segments",
    "request.body",
    "request.reads_body",
    "request.body_bytes",
    "request.request_bytes",
    "queue.limit",
    "queue.release_on",
    "queue.order",
    "socket.kind",
    "socket.url",
    "socket.origin",
    "socket.count",
    "socket.opens",
    "socket.after",
    "socket.handshake",
    "socket.lasts",
    "socket.reconnect",
    "socket.snapshot_every",
    "socket.snapshot_by",
    "server_cache.work",
    "server_cache.io_time",
    "server_cache.ttl",
    "server_cache.ttl_from",
    "server_cache.single_flight",
    "server_cache.join_within",
    "server_cache.invalidated_by",
    "background.origin",
    "background.start",
    "background.after",
    "background.delay",
    "background.every",
    "background.skip_while_in_flight",
    "background.deadline",
    "background.looks_up",
    "background.lookup_before_segment",
    "background.work",
    "background.io_time",
    "background.segments",
    "server.queue.limit",
    "server.queue.retry_after",
    "server.worker_until",
    "request.status",
    "request.fails_on",
    "request.retry_after",
    "request.refused",
    "request.reset",
    "request.retry.on",
    "request.retry.jitter",
    "request.retry.follows_retry_after",
    "request.page",
    "request.cancelled_by",
    "request.cancel_aborts",
    "request.unmounted_by",
    "socket.page",
    "socket.cancelled_by",
    "socket.cancel_aborts",
    "socket.unmounted_by",
    "socket.refused",
    "socket.handshake_fails",
    "socket.reconnect_factor",
    "socket.reconnect_at_most",
    "page.tabs",
    "page.opens",
    "page.closes",
    "page.left_by",
    "load.ready",
    "load.error.request",
    "load.error.failures",
    "load.error.no_success_for",
    "load.error_is_final",
    "load.fails",
];

/// The browser's own rules: refused unless they are the engine's; each with a value that no engine has.
const RULES: &[(&str, &str)] = &[
    ("profile", "\"webkit\""),
    ("connections", "7"),
    ("connections_total", "20"),
    ("partition_by_credentials", "false"),
    ("websocket_takes_slot", "true"),
    ("websocket_handshake_takes_slot", "true"),
    ("websocket_handshake_first", "true"),
    ("websocket_handshake_low", "true"),
    ("websocket_opens_connection", "true"),
    ("websocket_one_handshake", "false"),
    ("session_queue_turns", "true"),
    ("session_shares_credentials", "true"),
    ("upload_follows_head", "true"),
    ("event_source_takes_slot", "false"),
    ("event_source_connects_last", "false"),
    ("priorities", "{ high = 9 }"),
    ("late_binding", "false"),
    ("abort_closes_connection", "false"),
    ("idle_order", "\"fifo\""),
    ("idle_timeout_used", "7s"),
    ("idle_timeout_unused", "7s"),
    ("delays_low_priority", "false"),
    ("delayable_below", "2"),
    ("delayable_limit", "7"),
    ("delayable_limit_per_host", "7"),
    ("delayable_timeout", "7s"),
    ("cache_lock", "false"),
    ("cache_lock_until", "\"end\""),
    ("cache_lock_timeout", "7s"),
    ("cache_lock_releases_all_on_no_store", "true"),
    ("cache_lock_releases_all_on_abort", "true"),
    ("reload_replaces", "\"never\""),
    ("cache_partition_by_credentials", "true"),
    ("post_invalidates", "false"),
    ("cache_lock_releases_all_on_post", "true"),
    ("unread_body_holds_slot", "false"),
    ("unread_body_buffer", "7"),
    ("navigation_ends_calls", "true"),
    ("navigation_refuses_calls", "true"),
    ("navigation_closes_websockets", "true"),
    ("freed_to_same_priority", "true"),
    ("websocket_backoff", "\"never\""),
    ("websockets_before", "3"),
    ("websocket_failure_delay", "1ms"),
    ("cache_broken_by_aborts", "false"),
    ("cache_restarts_on_abort", "false"),
];

/// The machine's costs: they matter to the prediction only.
const COSTS: &[&str] = &[
    "browser.dispatch",
    "browser.connect",
    "browser.event_source_delay",
    "browser.reload_delay",
    "browser.navigation_delay",
];

/// Without effect where the plan can be run: a fetch outlives only a page that is left or closed.
const WITHOUT_EFFECT: &[&str] = &["server.host", "request.keepalive"];

/// Refused by their keys wherever they say something (`what_cannot_be_run_is_refused_by_its_key`).
const REFUSED: &[&str] = &[
    "request.each",
    "request.fresh_for",
    "request.stalled",
    "request.raised_by",
    "request.raised_to",
    "server.honours_priority",
    "server.connect",
    "server.dns",
];

/// Not concerning a single load: texts, and what is applied before there is a plan.
const BEFORE: &[&str] = &["schema", "title", "fix", "layer", "sweep", "origin", "network", "evidence", "thresholds"];

/// A table's keys, as paths without the names that users choose.
fn paths(prefix: &str, fields: &Fields, found: &mut BTreeSet<String>) {
    for field in fields.fields {
        let path = if prefix.is_empty() { field.key.to_owned() } else { format!("{prefix}.{}", field.key) };
        match field.kind {
            // Ranks are one rule; an origin's keys are the server's; a fix, a layer and a sweep are applied before.
            _ if path == "browser.priorities" || BEFORE.contains(&path.as_str()) => drop(found.insert(path)),
            Kind::Table(fields) | Kind::Named(fields) | Kind::OneOrNamed(fields) => paths(&path, fields, found),
            _ => drop(found.insert(path)),
        }
    }
}

#[test]
fn every_key_is_played_or_refused() {
    let mut found = BTreeSet::new();
    paths("", &SCENARIO, &mut found);
    let rules = RULES.iter().map(|(key, _)| format!("browser.{key}"));
    let others =
        PLAYED.iter().chain(COSTS).chain(BEFORE).chain(WITHOUT_EFFECT).chain(REFUSED).map(|path| (*path).to_owned());
    let known: BTreeSet<String> = rules.chain(others).collect();
    let new: Vec<_> = found.difference(&known).collect();
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(new.is_empty() && gone.is_empty(), "not listed: {new:?}; listed but gone: {gone:?}");
}

fn plan(text: &str, sets: &[String]) -> Plan {
    let text = format!("schema = 1\n{text}\n[load]\nready = [\"a\"]\n");
    let document = Document::read("a.toml", &text, sets).and_then(|document| document.plan(&[], &[]));
    document.unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str, scale: f64) -> Unsupported {
    match Script::new(&plan(text, &[]), 1, 0, scale) {
        Err(refusal) => refusal,
        Ok(_) => panic!("not refused:\n{text}"),
    }
}

#[test]
fn a_rule_that_is_not_the_engines_is_refused_by_its_key() {
    for (key, value) in RULES {
        let value = if value.ends_with('s') { format!("{value:?}") } else { (*value).to_owned() };
        let script = Script::new(&plan("[request.a]", &[format!("browser.{key}={value}")]), 1, 0, 1.0).unwrap();
        assert_eq!(script.check(Engine::Chromium).unwrap_err().option, format!("browser.{key}"));
    }
    for engine in Engine::ALL {
        let script = |profile: &str| {
            Script::new(&plan("[request.a]", &[format!("browser.profile={profile:?}")]), 1, 0, 1.0).unwrap()
        };
        assert_eq!(script(engine.name()).check(engine), Ok(()));
        for other in ["chromium", "firefox", "webkit", "as-reported"] {
            let refusal = script(other).check(engine).err().map(|refusal| refusal.option);
            let expected = (other != engine.name()).then(|| "browser.profile".to_owned());
            assert_eq!(refusal, expected, "{other} in {engine}");
        }
    }
}

#[test]
fn costs_are_not_compared() {
    let sets: Vec<String> = COSTS.iter().map(|key| format!("{key}=\"9ms\"")).collect();
    let script = Script::new(&plan("[request.a]", &sets), 1, 0, 1.0).unwrap();
    assert_eq!(script.check(Engine::Chromium), Ok(()));
}

/// Failures that the lab cannot bring about, priorities that fetch() does not change, and pages; each with a part of the sentence.
const OUTCOMES: &[(&str, &str, &str)] = &[
    ("[request.a]\nstatus = { 304 = 0.1 }", "request.a.status", "a browser acts on 304 by itself"),
    ("[request.a]\nstatus = { 204 = 0.1 }\nbody = \"9ms\"", "request.a.status", "204 has no body; leave out"),
    ("[request.a]\nstatus = { 205 = 0.1 }\nreset = 0.1", "request.a.status", "205 has no body; leave out"),
    ("[request.a]\nstatus = { 408 = 0.1 }", "request.a.status", "acts on 408"),
    (
        "[request.a]\nstatus = { 429 = 0.1 }\nretry_after = \"1500ms\"",
        "request.a.retry_after",
        "HTTP has whole seconds only",
    ),
    ("[request.a]\nreset = 0.1\nmethod = \"HEAD\"", "request.a.reset", "an answer to HEAD has no body"),
    ("[request.a]\nrefused = 0.1\npriority = \"low\"", "request.a.refused", "scheduler would not hold"),
    ("[request.a]\nrefused = 0.1\ncount = 2\nurl = \"/a\"", "request.a.refused", "would not wait for others"),
    ("[request.a]\nrefused = 0.1\nevery = \"1s\"", "request.a.refused", "would not wait for others"),
    ("[request.a]\nrefused = 0.1\n[request.b]\nurl = \"/a\"", "request.a.refused", "would not wait for others"),
    (
        "horizon = \"5m\"\n[request.a]\nevery = \"1ms\"\nretry = { attempts = 2, jitter = 0.5 }",
        "request.a.retry.jitter",
        "exceed the limit of 100000",
    ),
    (
        "[request.a]\nraised_by = \"b.ok\"\nraised_to = \"high\"\n[request.b]",
        "request.a.raised_by",
        "fetch() keeps its priority",
    ),
    (
        "[server]\ndiscipline = \"fifo\"\nqueue = { limit = 1, retry_after = \"300ms\" }\n[request.a]",
        "server.queue.retry_after",
        "whole seconds",
    ),
    ("[page.p]\ncloses = \"1s\"\n[request.a]", "request.a.page", "in a tab that closes"),
    (
        "[page.p]\ncloses = \"1s\"\n[request.a]\npage = \"p\"\nkeepalive = true",
        "request.a.keepalive",
        "cannot tell the lab",
    ),
];

/// What a browser does not do over a network, or a page does not see.
const OVER_A_NETWORK: &[(&str, &str)] = &[
    ("[server]\nrtt = \"9ms\"\n[request.a]\nrequest_bytes = 900", "request.a.request_bytes"),
    ("[server]\nrtt = \"9ms\"\n[request.a]\ndeadline = \"1s\"\ndeadline_from = \"sent\"", "request.a.deadline_from"),
    ("[server]\nrtt = \"9ms\"\n[request.a]\ndeadline = \"1s\"\ndeadline_until = \"sent\"", "request.a.deadline_until"),
    ("[server]\nrtt = \"9ms\"\n[request.a]\n[request.b]\nafter = \"a.sent\"", "request.b.after"),
    ("[server]\nprotocol = \"h2\"\n[origin.o]\n[request.a]\norigin = \"o\"", "origin.o.tls"),
    ("[server]\nprotocol = \"h2\"\n[request.a]\n[socket.b]\nkind = \"websocket\"", "socket.b.kind"),
];

/// A network needs a link, and real time. A program that is built without TLS refuses it before a browser is started, and compares
/// what another one measured.
#[test]
fn a_network_needs_a_link() {
    for (key, has_tls) in [
        ("rtt = \"9ms\"", false),
        ("bandwidth_down = \"1Mbit/s\"", false),
        ("bandwidth_up = \"1Mbit/s\"", false),
        ("protocol = \"h2\"", true),
        ("tls = \"1.3\"", true),
        ("tls = \"1.2\"", true),
    ] {
        let text = format!("[server]\n{key}\n[request.a]");
        let script = Script::new(&plan(&text, &[]), 1, 0, 1.0).unwrap();
        assert!(script.needs_link(), "{key}");
        let runs = cfg!(feature = "tls") || !has_tls;
        let name = key.split(' ').next().unwrap();
        let refusal = script.check(Engine::Chromium).err().map(|refusal| refusal.option);
        assert_eq!(refusal, (!runs).then(|| format!("server.{name}")));
        assert_eq!(refused(&text, 0.5).option, "--scale");
    }
    for key in ["response_delay = \"9ms\"", "dns = \"0s\"", "max_concurrent_streams = 3", "tls = \"none\""] {
        let script = Script::new(&plan(&format!("[server]\n{key}\n[request.a]"), &[]), 1, 0, 1.0).unwrap();
        assert!(!script.needs_link(), "{key}");
    }
}

#[test]
fn what_cannot_be_run_is_refused_by_its_key() {
    let cases = [
        ("[request.a]\npriority = \"lowest\"", "request.a.priority"),
        ("[request.a]\nurl = \"https://example.org/\"", "request.a.url"),
        ("[request.a]\nurl = \"//example.org/\"", "request.a.url"),
        ("[request.a]\nurl = \"/a/../b\"", "request.a.url"),
        ("[request.a]\nurl = \"/a#b\"", "request.a.url"),
        ("[request.a]\nurl = \"/\u{e4}\"", "request.a.url"),
        ("[request.a]\nurl = \"/sixslot-page\"", "request.a.url"),
        ("[request.a]\nurl = \"/a?sixslot=1-2-3-4\"", "request.a.url"),
        ("[request.a]\n[socket.b]\nkind = \"websocket\"\nurl = \"ws://b\"", "socket.b.url"),
        ("horizon = \"11m\"\n[request.a]", "horizon"),
        ("[browser]\ntabs = 17\n[request.a]", "browser.tabs"),
        ("[browser]\ntabs = 0\n[request.a]", "browser.tabs"),
        ("[request.a]\ncount = 10001", "request"),
        ("[request.a]\neach = [{}]", "request.a.each"),
        ("[request.a]\nfresh_for = \"1h\"", "request.a.fresh_for"),
        ("[request.a]\nreads_body = false\nbody_bytes = 300000000", "request.a.body_bytes"),
        ("[request.a]\nstalled = \"1ms\"", "request.a.stalled"),
        ("[origin.o]\nprotocol = \"h3\"\n[request.a]", "origin.o.protocol"),
        ("[server]\nprotocol = \"h2\"\nhonours_priority = true\n[request.a]", "server.honours_priority"),
        ("[server]\nconnect = \"1ms\"\n[request.a]", "server.connect"),
        ("[server]\nbandwidth_down = \"200Mbit/s\"\n[request.a]", "server.bandwidth_down"),
        ("[server]\nbandwidth_up = \"1Gbit/s\"\n[request.a]", "server.bandwidth_up"),
        ("[server]\ndns = \"1ms\"\n[request.a]", "server.dns"),
    ];
    for (text, option) in cases.iter().chain(OVER_A_NETWORK) {
        assert_eq!(refused(text, 1.0).option, *option, "{text}");
    }
    for (text, option, why) in OUTCOMES {
        let refusal = refused(text, 1.0);
        assert!(refusal.option == *option && refusal.why.contains(why), "{text}: {refusal}");
    }
    let style = "[request.a]\n[request.b]\npriority = \"highest\"\n";
    for line in [
        "deadline = \"1s\"",
        "every = \"1s\"",
        "retry = { attempts = 2 }",
        "arrivals = { rate_per_second = 1 }",
        "queue = \"q\"\n[queue.q]\nlimit = 1",
        "dedupe = true",
        "method = \"POST\"",
        "cache = \"no-store\"",
        "credentials = \"omit\"",
        "reads_body = false",
        "status = { 503 = 0.1 }",
        "refused = 0.1",
        "cancelled_by = \"a.ok\"",
        "unmounted_by = \"a.ok\"",
        "count = 2\nurl = \"/one\"",
        "[request.c]\nafter = \"b.headers\"",
        "[request.c]\nurl = \"/b\"",
    ] {
        assert_eq!(refused(&format!("{style}{line}"), 1.0).option, "request.b.priority", "{line}");
    }
    Script::new(&plan(style, &[]), 1, 0, 1.0).unwrap();
}

/// A page that is left by a document, which is a real navigation: each line refuses something that none can do.
#[test]
fn a_navigation_that_no_tab_makes_is_refused_by_its_key() {
    let text = "[page.old]\nleft_by = \"b.headers\"\n[request.a]\npage = \"old\"\n[request.c]\nafter = \"b.ok\"\n[request.b]\npriority = \"highest\"\n";
    for number in 0..3 {
        Script::new(&plan(text, &[]), 1, number, 1.0).unwrap();
    }
    for line in [
        "deadline = \"1s\"",
        "every = \"1s\"",
        "retry = { attempts = 2 }",
        "queue = \"q\"\n[queue.q]\nlimit = 1",
        "dedupe = true",
        "method = \"POST\"",
        "cache = \"reload\"",
        "credentials = \"omit\"",
        "reads_body = false",
        "status = { 303 = 0.1 }",
        "refused = 0.1",
        "reset = 0.1",
        "cancelled_by = \"a.ok\"",
        "unmounted_by = \"a.ok\"",
        "keepalive = true",
        "count = 2",
        "url = \"/a\"",
        "origin = \"o\"\n[origin.o]",
    ] {
        let refusal = refused(&format!("{text}{line}"), 1.0);
        let own = refusal.option == "page.old.left_by" && refusal.why.contains("run as a navigation");
        assert!(own, "{line}: {refusal}");
    }
    for (set, option) in [
        ("request.b.priority=\"auto\"", "page.old.left_by"),
        ("page.old.left_by=\"b.issued\"", "page.old.left_by"),
        ("page.old.left_by=[\"b.headers\", \"c.headers\"]", "page.old.left_by"),
        ("page.old.closes=\"1s\"", "page.old.left_by"),
        ("server.rtt=\"9ms\"", "page.old.left_by"),
        ("request.a.keepalive=true", "request.a.keepalive"),
    ] {
        let refusal = Script::new(&plan(text, &[set.to_owned()]), 1, 0, 1.0).map(|_| ()).unwrap_err();
        assert_eq!(refusal.option, option, "{set}: {refusal}");
    }
    // Calls that would go on from one document to the next.
    for (table, option) in [
        ("[request.d]", "request.d.page"),
        ("[request.d]\nafter = \"b.issued\"", "request.d.page"),
        ("[request.d]\nafter = { any = [\"b.ok\", \"a.ok\"] }", "request.d.page"),
        ("[socket.d]\nkind = \"websocket\"", "socket.d.page"),
        ("[background.d]\nafter = \"a.ok\"\nwork = \"1ms\"", "background.d.page"),
        ("[page.new]\nleft_by = \"d.headers\"\n[request.d]\nstart = \"1s\"\npriority = \"highest\"", "request.c.page"),
    ] {
        let refusal = refused(&format!("{text}{table}"), 1.0);
        assert_eq!(refusal.option, option, "{table}: {refusal}");
    }
    // What the server does by itself goes on, and so does what waits for the document too.
    for table in ["[background.d]\nwork = \"1ms\"", "[request.d]\nafter = [\"b.ok\", \"a.ok\"]"] {
        let plan = plan(&format!("{text}{table}"), &[]);
        Script::new(&plan, 1, 0, 1.0).unwrap_or_else(|error| panic!("{table}: {error}"));
    }
}

#[test]
fn a_storage_time_that_http_cannot_say_is_refused() {
    let text = "[request.a]\nresponse_cache_control = \"max-age=5\"";
    assert_eq!(refused(text, 0.1).option, "request.a.response_cache_control");
    Script::new(&plan(text, &[]), 1, 0, 0.2).unwrap();
    Script::new(&plan(text, &["horizon=\"5s\"".to_owned()]), 1, 0, 0.1).unwrap();
}

#[test]
fn a_scale_is_within_bounds() {
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-4, 1e4] {
        assert_eq!(refused("[request.a]", scale).option, "--scale");
    }
}
