//! Every old name is refused at its place with its new name: the whole table, and nothing that is not in it.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::Document;
use sixslot_models::schema::{MOVED, RENAMED};

/// A line of a scenario with the old name, and the table that contains it.
const LINES: &[(&str, &str)] = &[
    ("[request.a]", "wait = \"1s\""),
    ("[server_cache.a]\nttl = \"1s\"", "wait = \"1s\""),
    ("[background.a]", "wait = \"1s\""),
    ("", "memo = {}"),
    ("[request.a]", "needs = [\"ps\"]"),
    ("[background.a]", "needs = [\"ps\"]"),
    ("[request.a]", "needs_before = 1"),
    ("[background.a]", "needs_before = 1"),
    ("[server_cache.a]", "life = \"1s\""),
    ("[server_cache.a]\nttl = \"1s\"", "wiped_by = []"),
    ("[server_cache.a]\nttl = \"1s\"", "joinable = \"1s\""),
    ("[request.a]", "hops = 2"),
    ("[background.a]", "hops = 2"),
    ("", "job = {}"),
    ("[server]", "stops_on_abort = true"),
    ("[origin.a]", "stops_on_abort = true"),
    ("[server]", "contention = 2"),
    ("[request.a]", "guard = true"),
    ("[background.a]", "guard = true"),
    ("[request.a]", "tick_lag = \"1s\""),
    ("[queue.a]\nlimit = 1", "frees = \"end\""),
    ("[queue.a]\nlimit = 1", "newest_first = true"),
    ("[browser]", "handover = \"1ms\""),
    ("[browser]", "credentials_split = true"),
    ("[browser]", "cache_splits_credentials = true"),
    ("[browser]", "cache_lock_frees_all_on_no_store = true"),
    ("[browser]", "cache_lock_frees_all_on_abort = true"),
    ("[browser]", "cache_lock_frees_all_on_post = true"),
    ("[browser]", "delayable_release = \"1s\""),
    ("[browser]", "idle_newest_first = true"),
    ("[request.page]\n[load]\nready = [\"page\"]\n[layer.a]", "without.request.a.count = 0"),
];

/// The old name, and a line that ends with it.
const VALUES: &[(&str, &str)] = &[
    ("as-told", "browser.profile = \"as-told\""),
    ("scale", "request.a.service = { distribution = \"exponential\", mean = \"1s\", scale = 2 }"),
    ("scale", "request.a.service = { distribution = \"uniform\", low = \"1s\", high = \"2s\", scale = 2 }"),
    ("scale", "request.a.service = { distribution = \"weibull\", median = \"1s\", p95 = \"2s\", scale = 2 }"),
    ("size", "request.a.service = { distribution = \"weibull\", shape = 2, size = \"2s\" }"),
    ("size", "request.a.service = { distribution = \"pareto\", shape = 2, size = \"2s\" }"),
    ("deviation", "request.a.service = { distribution = \"gamma\", mean = \"1s\", deviation = \"1s\" }"),
    ("deviation", "parameters.a = { distribution = \"log-normal\", mean = 1, deviation = 1 }"),
];

/// Names that are no part of a scenario: of the command (sixslot/tests/command.rs) and of its hypotheses file.
const ELSEWHERE: &[&str] = &["account", "accounts", "--load"];

fn now(old: &str) -> &'static [&'static str] {
    RENAMED.iter().find(|row| row.old == old).unwrap_or_else(|| panic!("{old}")).new
}

#[test]
fn an_old_key_is_refused_at_its_place_with_its_new_name() {
    for (table, line) in LINES {
        let text =
            if table.is_empty() { format!("schema = 1\n{line}") } else { format!("schema = 1\n{table}\n{line}") };
        let old = line.split([' ', '.']).next().unwrap();
        let error = Document::read("scenario", &text, &[]).unwrap_err();
        assert_eq!(error.message, format!("unknown key `{old}`"), "{text}");
        assert_eq!((error.line, error.column), (text.lines().count(), 1), "{text}");
        assert_eq!(error.help, Some(format!("it is called `{}` now", now(old)[0])), "{text}");
    }
}

#[test]
fn an_old_word_or_key_of_a_distribution_is_refused_at_its_place_with_its_new_name() {
    for (old, line) in VALUES {
        // A word is in quotes, a key is not.
        let at = line.rfind(old).unwrap() + 1;
        let column = if *old == "as-told" { at - 1 } else { at };
        let error = Document::read("scenario", &format!("schema = 1\n{line}"), &[]).unwrap_err();
        assert_eq!((error.line, error.column), (2, column), "{line}: {error}");
        let help = error.help.unwrap_or_default();
        assert!(help.starts_with("it is called `"), "{line}: {help}");
        assert!(now(old).iter().any(|new| help.contains(&format!("`{new}`"))), "{line}: {help}");
    }
}

#[test]
fn what_each_origin_has_now_is_refused_at_its_old_place_with_its_new_one() {
    let lines = ["multiplexed = true", "streams = 7", "profile = \"http2\""];
    assert_eq!(lines.len(), MOVED.len());
    for (line, moved) in lines.iter().zip(MOVED) {
        assert!(line.contains(moved.old));
        let error = Document::read("scenario", &format!("schema = 1\n[browser]\n{line}"), &[]).unwrap_err();
        assert_eq!((error.line, error.help.as_deref()), (3, Some(moved.now)), "{line}");
    }
    // Elsewhere these are names like any others.
    let text = "schema = 1\n[parameters]\nstreams = 1\n[request.a]\ncount = \"streams\"\n[load]\nready = [\"a\"]";
    assert!(Document::read("scenario", text, &[]).is_ok());
}

#[test]
fn every_row_has_its_case_and_no_old_name_is_a_key() {
    for row in RENAMED {
        let in_lines = LINES.iter().any(|(_, line)| line.split([' ', '.']).next() == Some(row.old));
        let in_values = VALUES.iter().any(|(old, ..)| *old == row.old);
        assert!(in_lines || in_values || ELSEWHERE.contains(&row.old), "{row:?} has no case");
        assert_eq!(RENAMED.iter().filter(|other| other.old == row.old).count(), 1, "{row:?}");
    }
    // The schema has none of them, except `scale`, which is the Weibull law's now.
    let schema = sixslot_models::schema::json_schema().to_string();
    for row in RENAMED.iter().filter(|row| row.old != "scale") {
        assert!(!schema.contains(&format!("\"{}\":", row.old)), "{row:?}");
    }
}
