//! Cases of connections and sockets, and what a case is: a rule, its browsers, the values that switch it off, and what is
//! seen where it holds.

use crate::scenarios::*;
use crate::simulate::Row;

/// Times are in ms from the start of the load; dispatching takes a little of it.
const TOLERANCE: f64 = 25.0;
pub const NEVER: f64 = f64::INFINITY;

/// A rule, where it holds.
pub struct Case {
    /// The browsers with this rule.
    pub profiles: &'static [&'static str],
    /// The key in [browser].
    pub rule: &'static str,
    /// Values of the key (TOML), each of which switches the rule off, or moves its limit.
    pub off: &'static [&'static str],
    /// One table a line; the profile goes before it.
    pub scenario: &'static str,
    /// What holds with the rule, and not without it.
    pub holds: fn(&[Row]) -> bool,
}

/// Whether the instances of a request, by index, reached the server in groups of (number, time).
pub fn sent(rows: &[Row], name: &str, groups: &[(usize, f64)]) -> bool {
    near(rows, name, groups, TOLERANCE)
}

pub fn near(rows: &[Row], name: &str, groups: &[(usize, f64)], tolerance: f64) -> bool {
    let expected: Vec<f64> = groups.iter().flat_map(|(count, at)| std::iter::repeat_n(*at, *count)).collect();
    let copies: Vec<f64> = rows.iter().filter(|row| row.name == name).map(|row| row.sent().unwrap_or(NEVER)).collect();
    let fits = |(one, other): (&f64, &f64)| one == other || (one - other).abs() <= tolerance;
    copies.len() == expected.len() && copies.iter().zip(&expected).all(fits)
}

/// The number of the connection that a request had.
pub fn connection(rows: &[Row], name: &str) -> Option<u32> {
    rows.iter().find(|row| row.name == name).and_then(|row| row.request.connection)
}

/// How many calls the page made in the first 4 s.
fn made_within_4_s(rows: &[Row], name: &str) -> usize {
    rows.iter().filter(|row| row.name == name && row.request.issued.as_millis_f64() < 4000.0).count()
}

/// When a socket was made for the second time, in ms.
fn reopened(rows: &[Row], name: &str) -> f64 {
    let again = rows.iter().find(|row| row.name == name && row.request.attempt == 2);
    again.map_or(NEVER, |row| row.request.issued.as_millis_f64())
}

/// The cases of connections and sockets.
pub const CONNECTIONS: &[Case] = &[
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
        profiles: &["chromium, h2"],
        rule: "partition_by_credentials",
        off: &["false"],
        scenario: TWO_CREDENTIALS,
        holds: |rows| (connection(rows, "with"), connection(rows, "without")) == (Some(1), Some(2)),
    },
    Case {
        profiles: &["chromium", "firefox", "webkit", "chromium, h2"],
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
        profiles: &["chromium", "chromium, h2"],
        rule: "websocket_handshake_takes_slot",
        off: &["true"],
        scenario: WEBSOCKET_BEHIND_SIX,
        holds: |rows| sent(rows, "messages", &[(1, 100.0)]),
    },
    // In `as-reported` a socket keeps its slot anyway; the scenario overrides that, so that the handshake's slot is visible.
    Case {
        profiles: &["firefox", "webkit", "as-reported"],
        rule: "websocket_handshake_takes_slot",
        off: &["false"],
        scenario: WEBSOCKET_BEHIND_SIX,
        holds: |rows| sent(rows, "messages", &[(1, 1000.0)]),
    },
    Case {
        profiles: &["chromium", "firefox", "webkit", "chromium, h2", "as-reported"],
        rule: "event_source_takes_slot",
        off: &["false"],
        scenario: SIX_BESIDE_EVENT_SOURCE,
        holds: |rows| sent(rows, "get", &[(5, 100.0), (1, 400.0)]),
    },
    Case {
        profiles: &["chromium", "chromium, h2"],
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
        off: &["{ low = 3 }", "{ high = 3 }"],
        scenario: LOW_AUTO_HIGH,
        holds: |rows| in_order(rows, ["auto", "low", "high"]),
    },
    Case {
        profiles: &["webkit"],
        rule: "priorities",
        off: &["{ high = 1 }", "{ auto = 4, high = 4 }"],
        scenario: LOW_AUTO_HIGH_AFTER_ABORT,
        holds: |rows| in_order(rows, ["high", "auto", "low"]),
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
        profiles: &["chromium"],
        rule: "websocket_handshake_low",
        off: &["true"],
        scenario: WEBSOCKET_BEFORE_AUTO,
        holds: |rows| sent(rows, "messages", &[(1, 300.0)]),
    },
    Case {
        profiles: &["webkit"],
        rule: "websocket_handshake_low",
        off: &["false"],
        scenario: WEBSOCKET_BEFORE_AUTO,
        holds: |rows| sent(rows, "messages", &[(1, 600.0)]) && sent(rows, "auto", &[(1, 300.0)]),
    },
    Case {
        profiles: &["chromium", "firefox"],
        rule: "websocket_one_handshake",
        off: &["false"],
        scenario: TWO_WEBSOCKETS,
        holds: |rows| sent(rows, "messages", &[(1, 0.0), (1, 200.0)]),
    },
    Case {
        profiles: &["webkit", "as-reported"],
        rule: "websocket_one_handshake",
        off: &["true"],
        scenario: TWO_WEBSOCKETS,
        holds: |rows| sent(rows, "messages", &[(2, 0.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "websocket_backoff",
        off: &["'never'", "'per-url'"],
        scenario: WEBSOCKET_FAILS,
        holds: |rows| (14..=17).contains(&made_within_4_s(rows, "messages")),
    },
    Case {
        profiles: &["firefox"],
        rule: "websocket_backoff",
        off: &["'never'", "'per-tab'"],
        scenario: WEBSOCKET_FAILS,
        holds: |rows| (6..=8).contains(&made_within_4_s(rows, "messages")),
    },
    Case {
        profiles: &["webkit"],
        rule: "websocket_backoff",
        off: &["'per-tab'", "'per-url'"],
        scenario: WEBSOCKET_FAILS,
        holds: |rows| (29..=31).contains(&made_within_4_s(rows, "messages")),
    },
    Case {
        profiles: &["as-reported"],
        rule: "websocket_backoff",
        off: &["'per-tab'", "'per-url'"],
        scenario: WEBSOCKET_FAILS,
        holds: |rows| (56..=58).contains(&made_within_4_s(rows, "messages")),
    },
    Case {
        profiles: &["webkit"],
        rule: "websocket_failure_delay",
        off: &["'0ms'"],
        scenario: WEBSOCKET_FAILS,
        holds: |rows| (29..=31).contains(&made_within_4_s(rows, "messages")),
    },
    Case {
        profiles: &["chromium"],
        rule: "websocket_failure_delay",
        off: &["'60ms'"],
        scenario: WEBSOCKET_FAILS,
        holds: |rows| reopened(rows, "messages") < 80.0,
    },
    // With one that has opened, 27 are made, as in the lab.
    Case {
        profiles: &["chromium"],
        rule: "websockets_before",
        off: &["1"],
        scenario: WEBSOCKET_FAILS,
        holds: |rows| (14..=17).contains(&made_within_4_s(rows, "messages")),
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
        rule: "event_source_delay",
        off: &["'0ms'"],
        scenario: EVENT_SOURCE_AMONG_MANY,
        holds: |rows| sent(rows, "events", &[(1, 830.0)]) && sent(rows, "image", &[(2, 30.0), (5, 830.0), (5, 1630.0)]),
    },
    Case {
        profiles: &["firefox", "webkit", "as-reported"],
        rule: "event_source_delay",
        off: &["'10ms'"],
        scenario: r#"
            browser.connect = "1ms"
            browser.event_source_connects_last = true
            request.get = { service = "300ms" }
            socket.events = { kind = "event-source", opens = "0ms" }
        "#,
        holds: |rows| near(rows, "events", &[(1, 3.0)], 3.0),
    },
    // Both sides of the rule: with two images the EventSource still comes before them.
    Case {
        profiles: &["chromium"],
        rule: "event_source_delay",
        off: &["'1ms'"],
        scenario: EVENT_SOURCE_AMONG_FEW,
        holds: |rows| sent(rows, "events", &[(1, 30.0)]) && sent(rows, "image", &[(1, 30.0), (1, 830.0)]),
    },
    Case {
        profiles: &["webkit"],
        rule: "freed_to_same_priority",
        off: &["false"],
        scenario: LOW_FREES,
        holds: |rows| sent(rows, "low", &[(1, 1000.0)]) && sent(rows, "auto", &[(1, 1300.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "freed_to_same_priority",
        off: &["true"],
        scenario: LOW_FREES,
        holds: |rows| sent(rows, "auto", &[(1, 1000.0)]) && sent(rows, "low", &[(1, 1300.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "unread_body_holds_slot",
        off: &["false"],
        scenario: UNREAD_LARGE,
        holds: |rows| sent(rows, "next", &[(1, NEVER)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "unread_body_holds_slot",
        off: &["true"],
        scenario: UNREAD_LARGE,
        holds: |rows| sent(rows, "next", &[(1, 200.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "unread_body_buffer",
        off: &["2000000"],
        scenario: UNREAD,
        holds: |rows| sent(rows, "next", &[(1, 200.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "unread_body_buffer",
        off: &["2200001"],
        scenario: UNREAD_LARGE,
        holds: |rows| sent(rows, "next", &[(1, NEVER)]),
    },
    Case {
        profiles: &["as-reported"],
        rule: "unread_body_buffer",
        off: &["2000001"],
        scenario: UNREAD,
        holds: |rows| sent(rows, "next", &[(1, NEVER)]),
    },
    // A connection of 0.5 ms, then six dispatches of 1.75 ms each that share the processor.
    Case {
        profiles: &["chromium", "firefox", "chromium, h2"],
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
        profiles: &["chromium", "firefox", "chromium, h2"],
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
pub fn in_order(rows: &[Row], names: [&str; 3]) -> bool {
    names.iter().zip([1000.0, 1300.0, 1600.0]).all(|(name, at)| sent(rows, name, &[(1, at)]))
}
