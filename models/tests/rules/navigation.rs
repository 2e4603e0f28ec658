//! Cases of navigations: what becomes of the old page's calls while the new document is on its way.
//!
//! Source: docs/browser-rules.md, "Cancellation and the end of a page".

use crate::cases::{Case, NEVER, near, sent};
use crate::simulate::Row;
use sixslot_models::load::Outcome;

/// Eight calls take the six connections; after 500 ms the page is left. A poll goes on until the document is there.
const LEFT: &str = r#"
page.old.left_by = "document.headers"
request.get = { page = "old", count = 8, service = "3s" }
request.document = { start = "500ms", priority = "highest", service = "300ms" }
request.late = { page = "old", start = "600ms", service = "10ms" }
request.kept = { page = "old", start = "550ms", service = "1s", keepalive = true }
"#;

/// The same in a browser that ends the calls as the navigation starts.
const ENDED: &str = r#"
page.old.left_by = "document.headers"
request.get = { page = "old", count = 8, start = "20ms", service = "3s" }
request.document = { start = "500ms", priority = "highest", service = "300ms" }
request.late = { page = "old", start = "600ms", service = "10ms" }
socket.live = { page = "old", kind = "websocket" }
browser.navigation_ends_calls = true
"#;

const FREE: &str = r#"
page.old.left_by = "document.headers"
request.document = { start = "500ms", priority = "highest" }
browser.dispatch = "0ms"
browser.connect = "0ms"
"#;

/// Whether calls that were in flight ended at a time, and all of them as if the page had aborted them.
fn ended(rows: &[Row], name: &str, at: f64) -> bool {
    let mut calls = rows.iter().filter(|row| row.name == name).map(|row| &row.request);
    let time = |call: &sixslot_models::load::Request| call.ended.map_or(NEVER, |time| time.as_millis_f64());
    calls.all(|call| (time(call) - at).abs() < 25.0 && call.outcome == Outcome::Aborted)
}

/// Whether the page heard of a failure of each of its calls.
fn failed(rows: &[Row], name: &str) -> bool {
    rows.iter().filter(|row| row.name == name).all(|row| row.request.failure.is_some() && !row.request.cancelled)
}

/// The cases.
pub const NAVIGATION: &[Case] = &[
    Case {
        profiles: &["chromium", "as-reported"],
        rule: "navigation_ends_calls",
        off: &["true"],
        scenario: LEFT,
        holds: |rows| sent(rows, "document", &[(1, 3000.0)]) && sent(rows, "get", &[(6, 0.0), (2, 3000.0)]),
    },
    Case {
        profiles: &["firefox", "webkit"],
        rule: "navigation_ends_calls",
        off: &["false"],
        scenario: LEFT,
        holds: |rows| {
            let kept = rows.iter().find(|row| row.name == "kept").is_some_and(|row| row.request.succeeded());
            let all = sent(rows, "document", &[(1, 500.0)]) && ended(rows, "get", 500.0) && failed(rows, "get");
            all && kept
        },
    },
    Case {
        profiles: &["chromium", "firefox"],
        rule: "navigation_refuses_calls",
        off: &["true"],
        scenario: ENDED,
        holds: |rows| sent(rows, "late", &[(1, 600.0)]),
    },
    Case {
        profiles: &["webkit"],
        rule: "navigation_refuses_calls",
        off: &["false"],
        scenario: ENDED,
        holds: |rows| sent(rows, "late", &[(1, NEVER)]) && failed(rows, "late"),
    },
    Case {
        profiles: &["chromium", "webkit"],
        rule: "navigation_closes_websockets",
        off: &["true"],
        scenario: ENDED,
        holds: |rows| ended(rows, "live", 800.0),
    },
    Case {
        profiles: &["firefox"],
        rule: "navigation_closes_websockets",
        off: &["false"],
        scenario: ENDED,
        holds: |rows| {
            let live = rows.iter().find(|row| row.name == "live").map(|row| &row.request);
            live.is_some_and(|live| {
                live.outcome == Outcome::Ok && live.ended.is_some_and(|time| time.as_millis_f64() == 500.0)
            })
        },
    },
    Case {
        profiles: &["chromium", "firefox"],
        rule: "navigation_delay",
        off: &["'0ms'", "'9ms'"],
        scenario: FREE,
        holds: |rows| near(rows, "document", &[(1, 510.0)], 0.001),
    },
    Case {
        profiles: &["webkit"],
        rule: "navigation_delay",
        off: &["'0ms'", "'9ms'"],
        scenario: FREE,
        holds: |rows| near(rows, "document", &[(1, 504.0)], 0.001),
    },
    Case {
        profiles: &["as-reported"],
        rule: "navigation_delay",
        off: &["'9ms'"],
        scenario: FREE,
        holds: |rows| near(rows, "document", &[(1, 500.0)], 0.001),
    },
];
