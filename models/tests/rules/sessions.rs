//! Cases of connections of HTTP/2.

use crate::cases::{Case, NEVER, sent};
use crate::scenarios::*;
use crate::simulate::Row;
use sixslot_sim_core::Time;

/// The cases of connections of HTTP/2.
pub const SESSIONS: &[Case] = &[
    Case {
        profiles: &["firefox"],
        rule: "session_queue_turns",
        off: &["false"],
        scenario: EIGHT_WAIT_FOR_SESSION,
        // 0, then 6 and 7, then those that had been first: 5, 4, 3, 2, 1.
        holds: |rows| one_by_one(rows, &[0, 6, 7, 5, 4, 3, 2, 1]),
    },
    Case {
        profiles: &["firefox"],
        rule: "session_queue_turns",
        off: &["false"],
        scenario: ELEVEN_WAIT_FOR_SESSION,
        // The eleventh waits for a token: two looks at the queue more, as measured in Firefox.
        holds: |rows| one_by_one(rows, &[0, 9, 8, 7, 6, 5, 1, 2, 3, 4, 10]),
    },
    Case {
        profiles: &["chromium"],
        rule: "session_queue_turns",
        off: &["true"],
        scenario: EIGHT_WAIT_FOR_SESSION,
        holds: |rows| one_by_one(rows, &[0, 1, 2, 3, 4, 5, 6, 7]),
    },
    Case {
        profiles: &["firefox"],
        rule: "session_shares_credentials",
        off: &["false"],
        scenario: SESSION_OF_OTHER_CREDENTIALS,
        holds: |rows| sent(rows, "without", &[(1, 200.0)]),
    },
    Case {
        profiles: &["chromium"],
        rule: "session_shares_credentials",
        off: &["true"],
        scenario: SESSION_OF_OTHER_CREDENTIALS,
        holds: |rows| sent(rows, "without", &[(1, 300.0)]),
    },
    Case {
        profiles: &["firefox"],
        rule: "upload_follows_head",
        off: &["false"],
        scenario: TWO_UPLOADS,
        // The first takes a tenth of a second.
        holds: |rows| second_head(rows) > 100.0,
    },
    Case {
        profiles: &["chromium"],
        rule: "upload_follows_head",
        off: &["true"],
        scenario: TWO_UPLOADS,
        holds: |rows| second_head(rows) < 50.0,
    },
];

/// Whether the server receives one of the requests every 300 ms, in this order, once it is connected.
fn one_by_one(rows: &[Row], order: &[usize]) -> bool {
    let place = |index: usize| order.iter().position(|other| *other == index).unwrap_or(order.len());
    let times: Vec<_> = (0..order.len()).map(|index| (1, 100.0 + 300.0 * place(index) as f64)).collect();
    sent(rows, "get", &times)
}

/// When the head of the second of two uploads comes to the server.
fn second_head(rows: &[Row]) -> f64 {
    rows.get(1).and_then(|row| row.request.reaches).map_or(NEVER, Time::as_millis_f64)
}
