//! The cases: which rule, whose, what switches it off, and what is seen where it holds.

use crate::play::Row;
use crate::scenarios::*;

/// Times are in ms from the start of the load; hand-overs take a little of it.
const TOLERANCE: f64 = 25.0;
const NEVER: f64 = f64::INFINITY;

/// A rule, where it holds.
pub struct Case {
    /// Of these browsers.
    pub profiles: &'static [&'static str],
    /// The key in [browser].
    pub rule: &'static str,
    /// Values of the key (TOML), each of which switches the rule off, or moves its limit.
    pub off: &'static [&'static str],
    /// One table a line; the profile goes before it.
    pub scenario: &'static str,
    /// What the profile does, and another does not.
    pub holds: fn(&[Row]) -> bool,
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

pub const CASES: &[Case] = &[
    Case {
        profiles: &["chromium", "firefox", "webkit", "as-reported"],
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
            browser.dispatch = "0ms"
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
            browser.dispatch = "0ms"
            request.get = { count = 901, service = "300ms" }
        "#,
        holds: |rows| sent(rows, "get", &[(900, 0.0), (1, 300.0)]),
    },
    Case {
        profiles: &["chromium", "firefox", "webkit", "as-reported"],
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
            browser.dispatch = "0ms"
            request.get = { count = 101, service = "300ms" }
        "#,
        holds: |rows| sent(rows, "get", &[(100, 0.0), (1, 300.0)]),
    },
    Case {
        profiles: &["chromium", "firefox"],
        rule: "partition_by_credentials",
        off: &["false"],
        scenario: TWO_CREDENTIALS,
        holds: |rows| ["with", "without"].iter().all(|name| sent(rows, name, &[(6, 0.0), (2, 300.0)])),
    },
    Case {
        profiles: &["webkit"],
        rule: "partition_by_credentials",
        off: &["true"],
        scenario: TWO_CREDENTIALS,
        holds: |rows| sent(rows, "with", &[(6, 0.0), (2, 300.0)]) && sent(rows, "without", &[(4, 300.0), (4, 600.0)]),
    },
    Case {
        profiles: &["http2"],
        rule: "partition_by_credentials",
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
        profiles: &["as-reported"],
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
        profiles: &["firefox", "webkit", "as-reported"],
        rule: "websocket_handshake_takes_slot",
        off: &["false"],
        scenario: WEBSOCKET_BEHIND_SIX,
        holds: |rows| sent(rows, "messages", &[(1, 1000.0)]),
    },
    Case {
        profiles: &["chromium", "firefox", "webkit", "http2", "as-reported"],
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
        profiles: &["as-reported"],
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
        profiles: &["chromium", "firefox", "webkit", "as-reported"],
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
        rule: "idle_order",
        off: &["'fifo'"],
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
        profiles: &["firefox", "webkit", "http2", "as-reported"],
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
        rule: "delayable_timeout",
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
        profiles: &["webkit", "as-reported"],
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
        rule: "cache_lock_releases_all_on_no_store",
        off: &["false"],
        scenario: ONE_URL_NO_STORE,
        holds: |rows| sent(rows, "get", &[(1, 0.0), (2, 300.0)]),
    },
    Case {
        profiles: &["chromium", "http2"],
        rule: "cache_lock_releases_all_on_no_store",
        off: &["true"],
        scenario: ONE_URL_NO_STORE,
        holds: |rows| sent(rows, "get", &[(1, 0.0), (1, 300.0), (1, 600.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "cache_lock_releases_all_on_abort",
        off: &["false"],
        scenario: LEADER_ABORTED,
        holds: |rows| sent(rows, "get", &[(3, 100.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "cache_lock_releases_all_on_abort",
        off: &["true"],
        scenario: LEADER_ABORTED,
        holds: |rows| sent(rows, "get", &[(1, 100.0), (1, 400.0), (1, 700.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "late_binding",
        off: &["true"],
        scenario: r#"
            browser.connections = 1
            browser.connect = "100ms"
            request.low = { priority = "low", service = "300ms" }
            request.auto = { start = "50ms", service = "300ms" }
        "#,
        holds: |rows| sent(rows, "low", &[(1, 100.0)]) && sent(rows, "auto", &[(1, 400.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "websocket_opens_connection",
        off: &["false"],
        scenario: WEBSOCKET_BESIDE_IDLE,
        holds: |rows| sent(rows, "waits", &[(5, 500.0), (1, 700.0)]) && sent(rows, "new", &[(1, 600.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "websocket_opens_connection",
        off: &["true"],
        scenario: WEBSOCKET_BESIDE_IDLE_OF_SLOTS,
        holds: |rows| connection(rows, "messages").is_some_and(|number| number <= 6),
    },
    Case {
        profiles: &["firefox"],
        rule: "cache_lock_releases_all_on_abort",
        off: &["false"],
        scenario: LEADER_ABORTED_IN_BODY_OF_ANOTHER_ANSWER,
        holds: |rows| sent(rows, "get", &[(1, 400.0), (1, 700.0)]) && sent(rows, "last", &[(2, 1300.0)]),
    },
    Case {
        profiles: &["chromium", "firefox"],
        rule: "reload_replaces",
        off: &["'never'"],
        scenario: RELOAD,
        holds: |rows| sent(rows, "reload", &[(1, 100.0)]) && sent(rows, "get", &[(1, 400.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "reload_replaces",
        off: &["'when-free'"],
        scenario: RELOAD_BESIDE_A_LINE,
        holds: |rows| sent(rows, "in-line", &[(1, 600.0)]) && sent(rows, "get", &[(1, 500.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "reload_replaces",
        off: &["'always'"],
        scenario: RELOAD_BESIDE_A_LINE,
        holds: |rows| sent(rows, "in-line", &[(1, 600.0)]) && sent(rows, "get", &[(1, 900.0)]),
    },
    Case {
        profiles: &["webkit", "as-reported"],
        rule: "reload_replaces",
        off: &["'always'"],
        scenario: RELOAD,
        holds: |rows| sent(rows, "get", &[(1, NEVER)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "cache_partition_by_credentials",
        off: &["true"],
        scenario: ONE_URL_TWO_CREDENTIALS,
        holds: |rows| sent(rows, "without", &[(1, 300.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "cache_partition_by_credentials",
        off: &["false"],
        scenario: ONE_URL_TWO_CREDENTIALS,
        holds: |rows| sent(rows, "without", &[(1, 100.0)]),
    },
    Case {
        profiles: &["chromium", "firefox"],
        rule: "post_invalidates",
        off: &["false"],
        scenario: STORED_AND_POST,
        holds: |rows| sent(rows, "before", &[(1, NEVER)]) && sent(rows, "after", &[(1, 400.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "post_invalidates",
        off: &["false"],
        scenario: LINE_AND_POST,
        holds: |rows| sent(rows, "get", &[(1, 1000.0), (1, 1300.0)]) && sent(rows, "after", &[(1, 500.0), (1, 800.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "cache_lock_releases_all_on_post",
        off: &["true"],
        scenario: LINE_AND_POST,
        holds: |rows| sent(rows, "get", &[(1, 1000.0), (1, 1300.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "cache_lock_releases_all_on_post",
        off: &["false"],
        scenario: LINE_AND_POST,
        holds: |rows| sent(rows, "get", &[(2, 400.0)]) && sent(rows, "after", &[(1, 500.0), (1, 800.0)]),
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
        profiles: &["as-reported"],
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
        profiles: &["firefox", "as-reported"],
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
        rule: "dispatch",
        off: &["'0ms'", "'2ms'"],
        scenario: SIX,
        holds: |rows| near(rows, "get", &[(6, 11.0)], 0.001),
    },
    Case {
        profiles: &["webkit"],
        rule: "dispatch",
        off: &["'0ms'", "'1ms'"],
        scenario: SIX,
        holds: |rows| near(rows, "get", &[(6, 5.0)], 0.001),
    },
    Case {
        profiles: &["as-reported"],
        rule: "dispatch",
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
        profiles: &["as-reported"],
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
