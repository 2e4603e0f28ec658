//! Every rule of every browser profile: what the profile does, and that it does so because of the rule.
//!
//! Source: the table of the project's browser rules, whose facts models/src/browser.rs cites field by field. Each case
//! plays a small scenario several times: with the profile as it is its times hold, with the rule overridden they fail.
//! A case stands only where a fact does: a profile that inherits a value of which nothing is known has none.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "golden/play.rs"]
mod play;

use models::{browser::Browser, schema};
use play::{Row, play};

/// Times are in ms from the start of the load; hand-overs take a little of it.
const TOLERANCE: f64 = 25.0;
const NEVER: f64 = f64::INFINITY;

struct Case {
    profiles: &'static [&'static str],
    /// The key in [browser].
    rule: &'static str,
    /// Values of the key (TOML), each of which switches the rule off, or moves its limit.
    off: &'static [&'static str],
    /// One table a line; the profile goes before it.
    scenario: &'static str,
    holds: fn(&[Row]) -> bool,
}

/// Whether the copies of a request, by index, reached the server in groups of (so many, at this time).
fn sent(rows: &[Row], name: &str, groups: &[(usize, f64)]) -> bool {
    near(rows, name, groups, TOLERANCE)
}

fn near(rows: &[Row], name: &str, groups: &[(usize, f64)], tolerance: f64) -> bool {
    let expected: Vec<f64> = groups.iter().flat_map(|(count, at)| std::iter::repeat_n(*at, *count)).collect();
    let copies: Vec<f64> = rows.iter().filter(|row| row.name == name).map(|row| row.sent().unwrap_or(NEVER)).collect();
    let fits = |(one, other): (&f64, &f64)| one == other || (one - other).abs() <= tolerance;
    copies.len() == expected.len() && copies.iter().zip(&expected).all(fits)
}

/// The number of the connection that a request had.
fn connection(rows: &[Row], name: &str) -> Option<u32> {
    rows.iter().find(|row| row.name == name).and_then(|row| row.request.connection)
}

const EIGHT: &str = r#"request.get = { count = 8, service = "300ms" }"#;

const SIX: &str = r#"request.get = { count = 6, service = "300ms" }"#;

const TWO_CREDENTIALS: &str = r#"
browser.handover = "0ms"
request.with = { count = 8, service = "300ms" }
request.without = { count = 8, service = "300ms", credentials = "omit" }
"#;

const SIX_BESIDE_WEBSOCKET: &str = r#"
browser.streams = 6
socket.messages = { kind = "websocket" }
request.get = { count = 6, start = "100ms", service = "300ms" }
"#;

const SIX_BESIDE_EVENT_SOURCE: &str = r#"
browser.streams = 6
socket.events = { kind = "event-source" }
request.get = { count = 6, start = "100ms", service = "300ms" }
"#;

const WEBSOCKET_BEHIND_SIX: &str = r#"
browser.streams = 6
browser.websocket_takes_slot = false
request.get = { count = 6, service = "1000ms" }
socket.messages = { kind = "websocket", opens = "100ms" }
"#;

const LOW_AUTO_HIGH: &str = r#"
browser.connections = 1
browser.streams = 1
request.first = { service = "1000ms" }
request.low = { start = "100ms", priority = "low", service = "300ms" }
request.auto = { start = "100ms", service = "300ms" }
request.high = { start = "100ms", priority = "high", service = "300ms" }
"#;

const LOW_BEHIND_SIX: &str = r#"
browser.connections = 7
request.six = { count = 6, service = "1000ms" }
request.low = { start = "100ms", priority = "low", service = "100ms" }
"#;

const ABORT: &str = r#"
request.aborted = { service = "1s", deadline = "300ms" }
request.next = { start = "500ms" }
"#;

const ONE_URL: &str = r#"request.get = { url = "/one-url", count = 3, service = "300ms" }"#;

const ONE_URL_EARLY_HEADERS: &str = r#"request.get = { url = "/one-url", count = 3, body = "300ms" }"#;

const ONE_URL_NO_STORE: &str =
    r#"request.get = { url = "/one-url", count = 3, service = "300ms", response_cache_control = "no-store" }"#;

const LEADER_ABORTED: &str = r#"
request.leader = { url = "/one-url", service = "300ms", deadline = "100ms" }
request.get = { url = "/one-url", count = 3, service = "300ms" }
"#;

const WEBSOCKET_AMONG_WAITERS: &str = r#"
request.busy = { count = 6, service = "200ms" }
request.high = { count = 6, start = "50ms", priority = "high", service = "200ms" }
socket.messages = { kind = "websocket", opens = "100ms", handshake = "100ms" }
"#;

/// As above, in a browser whose handshakes need a slot.
const WEBSOCKET_FIRST_OF_SLOTS: &str = r#"
browser.websocket_handshake_takes_slot = true
request.busy = { count = 6, service = "200ms" }
request.high = { count = 6, start = "50ms", priority = "high", service = "200ms" }
socket.messages = { kind = "websocket", opens = "100ms", handshake = "100ms" }
"#;

const TWO_WEBSOCKETS: &str = r#"
request.get = { start = "1s" }
socket.messages = { kind = "websocket", count = 2, handshake = "200ms" }
"#;

const EVENT_SOURCE_BEFORE_SIX: &str = r#"
socket.events = { kind = "event-source" }
request.get = { count = 6, service = "300ms" }
"#;

const UNREAD: &str = r#"
browser.connections = 1
request.unread = { service = "100ms", body = "100ms", reads_body = false }
request.next = { service = "100ms" }
"#;

const CASES: &[Case] = &[
    Case {
        profiles: &["chromium", "firefox", "webkit", "as-told"],
        rule: "connections",
        off: &["5", "7"],
        scenario: EIGHT,
        holds: |rows| sent(rows, "get", &[(6, 0.0), (2, 300.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "connections_total",
        off: &["255", "257"],
        scenario: r#"
            browser.connections = 1000
            browser.handover = "0ms"
            request.get = { count = 257, service = "300ms" }
        "#,
        holds: |rows| sent(rows, "get", &[(256, 0.0), (1, 300.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "connections_total",
        off: &["899", "901"],
        scenario: r#"
            browser.connections = 1000
            browser.handover = "0ms"
            request.get = { count = 901, service = "300ms" }
        "#,
        holds: |rows| sent(rows, "get", &[(900, 0.0), (1, 300.0)]),
    },
    Case {
        profiles: &["chromium", "firefox", "webkit", "as-told"],
        rule: "multiplexed",
        off: &["true"],
        scenario: EIGHT,
        holds: |rows| sent(rows, "get", &[(6, 0.0), (2, 300.0)]),
    },
    Case {
        profiles: &["http2"],
        rule: "multiplexed",
        off: &["false"],
        scenario: EIGHT,
        holds: |rows| sent(rows, "get", &[(8, 0.0)]),
    },
    Case {
        profiles: &["http2"],
        rule: "streams",
        off: &["99", "101"],
        scenario: r#"
            browser.handover = "0ms"
            request.get = { count = 101, service = "300ms" }
        "#,
        holds: |rows| sent(rows, "get", &[(100, 0.0), (1, 300.0)]),
    },
    Case {
        profiles: &["chromium", "firefox"],
        rule: "credentials_split",
        off: &["false"],
        scenario: TWO_CREDENTIALS,
        holds: |rows| ["with", "without"].iter().all(|name| sent(rows, name, &[(6, 0.0), (2, 300.0)])),
    },
    Case {
        profiles: &["webkit"],
        rule: "credentials_split",
        off: &["true"],
        scenario: TWO_CREDENTIALS,
        holds: |rows| sent(rows, "with", &[(6, 0.0), (2, 300.0)]) && sent(rows, "without", &[(4, 300.0), (4, 600.0)]),
    },
    Case {
        profiles: &["http2"],
        rule: "credentials_split",
        off: &["false"],
        scenario: TWO_CREDENTIALS,
        holds: |rows| (connection(rows, "with"), connection(rows, "without")) == (Some(1), Some(2)),
    },
    Case {
        profiles: &["chromium", "firefox", "webkit", "http2"],
        rule: "websocket_takes_slot",
        off: &["true"],
        scenario: SIX_BESIDE_WEBSOCKET,
        holds: |rows| sent(rows, "get", &[(6, 100.0)]),
    },
    Case {
        profiles: &["as-told"],
        rule: "websocket_takes_slot",
        off: &["false"],
        scenario: SIX_BESIDE_WEBSOCKET,
        holds: |rows| sent(rows, "get", &[(5, 100.0), (1, 400.0)]),
    },
    Case {
        profiles: &["chromium", "http2"],
        rule: "websocket_handshake_takes_slot",
        off: &["true"],
        scenario: WEBSOCKET_BEHIND_SIX,
        holds: |rows| sent(rows, "messages", &[(1, 100.0)]),
    },
    // As told, a socket keeps its slot anyway; the scenario lets it go, so that the handshake's can be seen.
    Case {
        profiles: &["firefox", "webkit", "as-told"],
        rule: "websocket_handshake_takes_slot",
        off: &["false"],
        scenario: WEBSOCKET_BEHIND_SIX,
        holds: |rows| sent(rows, "messages", &[(1, 1000.0)]),
    },
    Case {
        profiles: &["chromium", "firefox", "webkit", "http2", "as-told"],
        rule: "event_source_takes_slot",
        off: &["false"],
        scenario: SIX_BESIDE_EVENT_SOURCE,
        holds: |rows| sent(rows, "get", &[(5, 100.0), (1, 400.0)]),
    },
    Case {
        profiles: &["chromium", "http2"],
        rule: "priorities",
        off: &["{ low = 3 }", "{ high = 4 }", "{ auto = 4, low = 4 }"],
        scenario: LOW_AUTO_HIGH,
        holds: |rows| in_order(rows, ["auto", "high", "low"]),
    },
    Case {
        profiles: &["firefox"],
        rule: "priorities",
        off: &["{ low = 3 }", "{ high = 3 }", "{ auto = 4 }"],
        scenario: LOW_AUTO_HIGH,
        holds: |rows| in_order(rows, ["high", "auto", "low"]),
    },
    Case {
        profiles: &["webkit"],
        rule: "priorities",
        off: &["{ low = 3 }", "{ high = 3 }", "{ low = 0 }"],
        scenario: LOW_AUTO_HIGH,
        holds: |rows| in_order(rows, ["auto", "low", "high"]),
    },
    Case {
        profiles: &["as-told"],
        rule: "priorities",
        off: &["{ auto = 1 }", "{ high = 1 }"],
        scenario: LOW_AUTO_HIGH,
        holds: |rows| in_order(rows, ["low", "auto", "high"]),
    },
    Case {
        profiles: &["chromium"],
        rule: "late_binding",
        off: &["false"],
        scenario: r#"
            browser.connections = 1
            browser.connect = "100ms"
            request.low = { priority = "low", service = "300ms" }
            request.auto = { start = "50ms", service = "300ms" }
        "#,
        holds: |rows| sent(rows, "auto", &[(1, 100.0)]) && sent(rows, "low", &[(1, 400.0)]),
    },
    Case {
        profiles: &["chromium", "firefox", "webkit", "as-told"],
        rule: "abort_closes_connection",
        off: &["false"],
        scenario: ABORT,
        holds: |rows| connection(rows, "next") == Some(2),
    },
    // A multiplexed connection outlives an abort whatever the rule says; it shows where there is a pool.
    Case {
        profiles: &["http2"],
        rule: "abort_closes_connection",
        off: &["true"],
        scenario: r#"
            browser.multiplexed = false
            request.aborted = { service = "1s", deadline = "300ms" }
            request.next = { start = "500ms" }
        "#,
        holds: |rows| connection(rows, "next") == Some(1),
    },
    Case {
        profiles: &["chromium", "webkit"],
        rule: "idle_newest_first",
        off: &["false"],
        scenario: r#"
            request.one = { service = "100ms" }
            request.two = { service = "300ms" }
            request.next = { start = "500ms" }
        "#,
        holds: |rows| connection(rows, "next") == Some(2),
    },
    Case {
        profiles: &["chromium"],
        rule: "idle_timeout_used",
        off: &["'299s'", "'301s'"],
        scenario: r#"
            request.one = { service = "100ms" }
            request.in-time = { start = "300s" }
            request.too-late = { start = "600.2s" }
        "#,
        holds: |rows| (connection(rows, "in-time"), connection(rows, "too-late")) == (Some(1), Some(2)),
    },
    Case {
        profiles: &["firefox"],
        rule: "idle_timeout_used",
        off: &["'114s'", "'116s'"],
        scenario: r#"
            request.one = { service = "100ms" }
            request.in-time = { start = "115s" }
            request.too-late = { start = "230.2s" }
        "#,
        holds: |rows| (connection(rows, "in-time"), connection(rows, "too-late")) == (Some(1), Some(2)),
    },
    Case {
        profiles: &["chromium"],
        rule: "idle_timeout_unused",
        off: &["'59s'", "'61s'"],
        scenario: r#"
            browser.connect = "100ms"
            origin.other = {}
            request.aborted = { deadline = "50ms" }
            request.aborted-there = { origin = "other", deadline = "50ms" }
            request.in-time = { start = "60s" }
            request.too-late = { origin = "other", start = "60.2s" }
        "#,
        holds: |rows| (connection(rows, "in-time"), connection(rows, "too-late")) == (Some(1), Some(3)),
    },
    Case {
        profiles: &["firefox"],
        rule: "idle_timeout_unused",
        off: &["'114s'", "'116s'"],
        scenario: r#"
            browser.connect = "100ms"
            origin.other = {}
            request.aborted = { deadline = "50ms" }
            request.aborted-there = { origin = "other", deadline = "50ms" }
            request.in-time = { start = "115s" }
            request.too-late = { origin = "other", start = "115.2s" }
        "#,
        holds: |rows| (connection(rows, "in-time"), connection(rows, "too-late")) == (Some(1), Some(3)),
    },
    Case {
        profiles: &["chromium"],
        rule: "delays_low_priority",
        off: &["false"],
        scenario: LOW_BEHIND_SIX,
        holds: |rows| sent(rows, "low", &[(1, 1000.0)]),
    },
    Case {
        profiles: &["firefox", "webkit", "http2", "as-told"],
        rule: "delays_low_priority",
        off: &["true"],
        scenario: LOW_BEHIND_SIX,
        holds: |rows| sent(rows, "low", &[(1, 100.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "delayable_below",
        off: &["1", "4"],
        scenario: r#"
            browser.connections = 8
            request.six = { count = 6, service = "1000ms" }
            request.low = { start = "100ms", priority = "low" }
            request.auto = { start = "100ms" }
        "#,
        holds: |rows| sent(rows, "low", &[(1, 1000.0)]) && sent(rows, "auto", &[(1, 100.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "delayable_limit",
        off: &["9", "11"],
        scenario: r#"
            origin.one = {}
            origin.two = {}
            request.at-one = { origin = "one", count = 5, priority = "low", service = "1000ms" }
            request.at-two = { origin = "two", count = 5, priority = "low", service = "1000ms" }
            request.low = { start = "100ms", priority = "low" }
        "#,
        holds: |rows| sent(rows, "at-two", &[(5, 0.0)]) && sent(rows, "low", &[(1, 1000.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "delayable_limit_per_host",
        off: &["5", "7"],
        scenario: r#"
            browser.connections = 7
            request.five = { count = 5, service = "1000ms" }
            request.sixth = { start = "50ms", priority = "low", service = "950ms" }
            request.seventh = { start = "100ms", priority = "low" }
        "#,
        holds: |rows| sent(rows, "sixth", &[(1, 50.0)]) && sent(rows, "seventh", &[(1, 1000.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "delayable_release",
        off: &["'14s'", "'16s'"],
        scenario: r#"
            browser.connections = 7
            request.six = { count = 6, service = "20s" }
            request.low = { start = "100ms", priority = "low" }
        "#,
        holds: |rows| sent(rows, "low", &[(1, 15_100.0)]),
    },
    Case {
        profiles: &["chromium", "firefox", "http2"],
        rule: "cache_lock",
        off: &["false"],
        scenario: ONE_URL,
        holds: |rows| sent(rows, "get", &[(1, 0.0), (1, 300.0), (1, 600.0)]),
    },
    Case {
        profiles: &["webkit", "as-told"],
        rule: "cache_lock",
        off: &["true"],
        scenario: ONE_URL,
        holds: |rows| sent(rows, "get", &[(3, 0.0)]),
    },
    Case {
        profiles: &["chromium", "http2"],
        rule: "cache_lock_until",
        off: &["'end'"],
        scenario: ONE_URL_EARLY_HEADERS,
        holds: |rows| sent(rows, "get", &[(3, 0.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "cache_lock_until",
        off: &["'headers'"],
        scenario: ONE_URL_EARLY_HEADERS,
        holds: |rows| sent(rows, "get", &[(1, 0.0), (1, 300.0), (1, 600.0)]),
    },
    Case {
        profiles: &["chromium", "http2"],
        rule: "cache_lock_timeout",
        off: &["'19s'", "'21s'"],
        scenario: r#"
            request.leader = { url = "/one-url", service = "10m" }
            request.follower = { url = "/one-url", count = 2, start = "100ms" }
        "#,
        holds: |rows| sent(rows, "follower", &[(2, 20_100.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "cache_lock_frees_all_on_no_store",
        off: &["false"],
        scenario: ONE_URL_NO_STORE,
        holds: |rows| sent(rows, "get", &[(1, 0.0), (2, 300.0)]),
    },
    Case {
        profiles: &["chromium", "http2"],
        rule: "cache_lock_frees_all_on_no_store",
        off: &["true"],
        scenario: ONE_URL_NO_STORE,
        holds: |rows| sent(rows, "get", &[(1, 0.0), (1, 300.0), (1, 600.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "cache_lock_frees_all_on_abort",
        off: &["false"],
        scenario: LEADER_ABORTED,
        holds: |rows| sent(rows, "get", &[(3, 100.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "cache_lock_frees_all_on_abort",
        off: &["true"],
        scenario: LEADER_ABORTED,
        holds: |rows| sent(rows, "get", &[(1, 100.0), (1, 400.0), (1, 700.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "websocket_handshake_first",
        off: &["false"],
        scenario: WEBSOCKET_AMONG_WAITERS,
        holds: |rows| sent(rows, "messages", &[(1, 200.0)]) && sent(rows, "high", &[(5, 200.0), (1, 300.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "websocket_handshake_first",
        off: &["true"],
        scenario: WEBSOCKET_FIRST_OF_SLOTS,
        holds: |rows| sent(rows, "messages", &[(1, 400.0)]),
    },
    Case {
        profiles: &["chromium", "firefox"],
        rule: "websocket_one_handshake",
        off: &["false"],
        scenario: TWO_WEBSOCKETS,
        holds: |rows| sent(rows, "messages", &[(1, 0.0), (1, 200.0)]),
    },
    Case {
        profiles: &["as-told"],
        rule: "websocket_one_handshake",
        off: &["true"],
        scenario: TWO_WEBSOCKETS,
        holds: |rows| sent(rows, "messages", &[(2, 0.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "event_source_connects_last",
        off: &["false"],
        scenario: EVENT_SOURCE_BEFORE_SIX,
        holds: |rows| sent(rows, "get", &[(6, 0.0)]) && sent(rows, "events", &[(1, 300.0)]),
    },
    Case {
        profiles: &["firefox", "as-told"],
        rule: "event_source_connects_last",
        off: &["true"],
        scenario: EVENT_SOURCE_BEFORE_SIX,
        holds: |rows| sent(rows, "get", &[(5, 0.0), (1, 300.0)]) && sent(rows, "events", &[(1, 0.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "unread_body_holds_slot",
        off: &["false"],
        scenario: UNREAD,
        holds: |rows| sent(rows, "next", &[(1, NEVER)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "unread_body_holds_slot",
        off: &["true"],
        scenario: UNREAD,
        holds: |rows| sent(rows, "next", &[(1, 200.0)]),
    },
    // A connection of 0.5 ms, then six hand-overs of 1.75 ms each that share the processor.
    Case {
        profiles: &["chromium", "firefox", "http2"],
        rule: "handover",
        off: &["'0ms'", "'2ms'"],
        scenario: SIX,
        holds: |rows| near(rows, "get", &[(6, 11.0)], 0.001),
    },
    Case {
        profiles: &["webkit"],
        rule: "handover",
        off: &["'0ms'", "'1ms'"],
        scenario: SIX,
        holds: |rows| near(rows, "get", &[(6, 5.0)], 0.001),
    },
    Case {
        profiles: &["as-told"],
        rule: "handover",
        off: &["'1ms'"],
        scenario: SIX,
        holds: |rows| near(rows, "get", &[(6, 0.0)], 0.001),
    },
    Case {
        profiles: &["chromium", "firefox", "http2"],
        rule: "connect",
        off: &["'0ms'", "'1ms'"],
        scenario: SIX,
        holds: |rows| near(rows, "get", &[(6, 11.0)], 0.001),
    },
    Case {
        profiles: &["webkit"],
        rule: "connect",
        off: &["'0ms'", "'1ms'"],
        scenario: SIX,
        holds: |rows| near(rows, "get", &[(6, 5.0)], 0.001),
    },
    Case {
        profiles: &["as-told"],
        rule: "connect",
        off: &["'1ms'"],
        scenario: SIX,
        holds: |rows| near(rows, "get", &[(6, 0.0)], 0.001),
    },
];

/// Whether the three went one after the other once the one slot was free.
fn in_order(rows: &[Row], names: [&str; 3]) -> bool {
    names.iter().zip([1000.0, 1300.0, 1600.0]).all(|(name, at)| sent(rows, name, &[(1, at)]))
}

impl Case {
    fn holds(&self, profile: &str, sets: &[String]) -> bool {
        let (_, request) = self.scenario.split_once("request.").unwrap();
        let (request, _) = request.split_once(' ').unwrap();
        let head = format!("schema = 1\nhorizon = '700s'\nload.ready = ['{request}']\nbrowser.profile = '{profile}'");
        (self.holds)(&play(&format!("{profile} {}", self.rule), &format!("{head}\n{}", self.scenario), sets))
    }
}

#[test]
fn every_rule_does_what_it_says_and_nothing_else_does_it() {
    let mut faults = Vec::new();
    for case in CASES {
        for profile in case.profiles {
            if !case.holds(profile, &[]) {
                faults.push(format!("{profile}: `{}` is not followed", case.rule));
            }
            for off in case.off {
                if case.holds(profile, &[format!("browser.{}={off}", case.rule)]) {
                    faults.push(format!("{profile}: `{} = {off}` changes nothing", case.rule));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The fields of a browser and their values as text, under the keys of [browser].
fn rules_of(browser: &Browser) -> Vec<(String, String)> {
    let mut rules: Vec<(String, String)> = Vec::new();
    for line in format!("{browser:#?}").lines() {
        let field =
            line.strip_prefix("    ").filter(|line| line.starts_with(|letter: char| letter.is_ascii_lowercase()));
        match (field.and_then(|field| field.split_once(": ")), rules.last_mut()) {
            (Some(("ranks", value)), _) => rules.push(("priorities".to_owned(), value.to_owned())),
            (Some((key, value)), _) => rules.push((key.to_owned(), value.to_owned())),
            (None, Some((_, value))) => value.push_str(line),
            (None, None) => {}
        }
    }
    rules
}

#[test]
fn every_rule_has_a_case_and_every_profile_has_one_where_it_differs() {
    let covered = |profile: &str, rule: &str| {
        CASES.iter().any(|case| case.rule == rule && (profile.is_empty() || case.profiles.contains(&profile)))
    };
    let keys: Vec<&str> =
        schema::BROWSER.fields.iter().map(|field| field.key).filter(|key| *key != "profile").collect();
    let is_page = |key: &str| ["tabs", "tab_interval"].contains(&key);
    let missing: Vec<_> = keys.iter().filter(|key| !is_page(key) && !covered("", key)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");

    let chromium = rules_of(&Browser::chromium());
    assert!(
        chromium.iter().map(|(key, _)| key).all(|key| keys.contains(&key.as_str())) && chromium.len() == keys.len()
    );
    let mut missing = Vec::new();
    for (profile, browser) in [
        ("firefox", Browser::firefox()),
        ("webkit", Browser::webkit()),
        ("http2", Browser::http2()),
        ("as-told", Browser::as_told()),
    ] {
        let rules = rules_of(&browser);
        for ((key, _), _) in rules.iter().zip(&chromium).filter(|((_, one), (_, other))| one != other) {
            missing.extend(
                ["chromium", profile]
                    .into_iter()
                    .filter(|profile| !covered(profile, key))
                    .map(|profile| (profile, key.clone())),
            );
        }
    }
    assert!(missing.is_empty(), "no case for {missing:?}");
}
