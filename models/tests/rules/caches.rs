//! Cases of the scheduler and the HTTP cache.

use crate::cases::{Case, NEVER, connection, sent};
use crate::scenarios::*;

/// The cases of the scheduler and the cache.
pub const CACHES: &[Case] = &[
    // Measured: two are aborted together, and of five that follow three go at once.
    Case {
        profiles: &["chromium"],
        rule: "cache_broken_by_aborts",
        off: &["false"],
        scenario: ABORTED_TOGETHER,
        holds: |rows| sent(rows, "get", &[(3, 282.0), (1, 682.0), (1, 1082.0)]),
    },
    // Measured: 405, 605 and 1007 ms.
    Case {
        profiles: &["chromium"],
        rule: "cache_restarts_on_abort",
        off: &["false"],
        scenario: ABORTED_IN_BODY,
        holds: |rows| sent(rows, "get", &[(1, 400.0), (1, 600.0), (1, 1000.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "delays_low_priority",
        off: &["false"],
        scenario: LOW_BEHIND_SIX,
        holds: |rows| sent(rows, "low", &[(1, 1000.0)]),
    },
    Case {
        profiles: &["firefox", "webkit", "as-reported"],
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
        profiles: &["chromium", "firefox", "chromium, h2"],
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
        profiles: &["chromium", "chromium, h2"],
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
        profiles: &["chromium", "chromium, h2"],
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
        profiles: &["firefox"],
        rule: "cache_lock_releases_all_on_no_store",
        off: &["false"],
        scenario: ONE_URL_NO_STORE_BODY,
        holds: |rows| sent(rows, "get", &[(1, 0.0), (2, 550.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "cache_lock_releases_all_on_no_store",
        off: &["false"],
        scenario: BEHIND_NO_STORE,
        holds: |rows| {
            let expected = [("rewritten", 300.0), ("released", 700.0), ("last", 1100.0)];
            expected.into_iter().all(|(name, at)| sent(rows, name, &[(1, at)]))
        },
    },
    Case {
        profiles: &["firefox"],
        rule: "cache_lock_until",
        off: &["'headers'"],
        scenario: ONE_URL_NO_STORE_BODY,
        holds: |rows| sent(rows, "get", &[(1, 0.0), (2, 550.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "reload_delay",
        off: &["'0ms'"],
        scenario: RELOAD_OVERTAKEN,
        holds: |rows| sent(rows, "get", &[(1, 300.0)]) && sent(rows, "reload", &[(1, 600.0)]),
    },
    Case {
        profiles: &["firefox", "webkit", "as-reported"],
        rule: "reload_delay",
        off: &["'1.1ms'"],
        scenario: RELOAD_OVERTAKEN,
        holds: |rows| sent(rows, "reload", &[(1, 300.0)]) && sent(rows, "get", &[(1, 600.0)]),
    },
    Case {
        profiles: &["chromium", "chromium, h2"],
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
];
