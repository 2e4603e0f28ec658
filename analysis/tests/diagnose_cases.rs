//! Small archives of real pages, with what a diagnosis must and must not say of each. The archives are in `tests/cases/`;
//! each is a part of a public archive whose hosts, paths and bodies were replaced and whose times were not.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::Value;
use sixslot_analysis::diagnose::{Report, Statement};
use sixslot_har::Archive;
use std::path::Path;

fn report(name: &str) -> Report {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(format!("{name}.har"));
    Report::new(vec![Archive::read(name, std::fs::File::open(path).unwrap()).unwrap()])
}

fn only_load(report: &Report) -> &[Statement] {
    assert_eq!(report.files[0].loads.len(), 1);
    &report.files[0].loads[0].statements
}

fn fields(statements: &[Statement], kind: &str) -> Option<Value> {
    let found = statements.iter().find(|statement| statement.kind() == kind)?;
    Some(serde_json::to_value(found).unwrap())
}

#[track_caller]
fn unsaid(statements: &[Statement], words: &str) {
    for statement in statements {
        assert!(!statement.text.contains(words), "{words}: {}", statement.text);
    }
}

/// Each of 21 answers closes its connection, and opening one takes 306 ms: the shortage has a name and a cause.
#[test]
fn closed_connections_are_the_cause_of_the_shortage() {
    let report = report("connection-close");
    let said = only_load(&report);
    let cause = fields(said, "not-reused").unwrap();
    assert_eq!([&cause["requests"], &cause["connections"], &cause["close_headers"]], [21, 21, 21]);
    assert!((cause["connect_ms"].as_f64().unwrap() - 306.0).abs() < 2.0, "{cause}");
    let taken = fields(said, "all-taken").unwrap();
    assert!((900.0..=1_000.0).contains(&taken["ms"].as_f64().unwrap()), "{taken}");
    assert_eq!(fields(said, "no-shortage"), None);
    assert!(fields(said, "keep-alive").is_some() && fields(said, "fewer-connections").is_none());
    assert_eq!(
        report.files[0].sentence,
        "No call failed; 21 requests waited in the browser, up to 1.07 s, and were then answered; all six connections to \
         http://page.example were taken for 948 ms."
    );
}

/// All on one HTTP/2 connection; the answers of 0.04 ms were pushed or cached.
#[test]
fn one_shared_connection_has_no_six() {
    let report = report("h2-one-connection");
    let said = only_load(&report);
    assert_eq!(fields(said, "multiplexed").unwrap()["origins"], serde_json::json!(["https://page.example"]));
    unsaid(said, "connection of its own");
    unsaid(said, "six connections");
    if let Some(slow) = fields(said, "slow-together") {
        assert!(slow["reference_ms"].as_f64().unwrap() >= 1.0, "{slow}");
        assert_eq!([&slow["shared_connection"], &slow["connections"]], [&Value::from(true), &Value::from(1)]);
    }
}

/// browsertime writes its iterations into one file: three loads, and nothing is polled.
#[test]
fn iterations_are_loads_of_their_own() {
    let report = report("iterations");
    let file = &report.files[0];
    assert_eq!(file.loads.len(), 3);
    assert!(file.sentence.starts_with("In 3 loads: no call failed"), "{}", file.sentence);
    for load in &file.loads {
        assert_eq!(load.entries.len(), 40);
        assert!((1_500.0..6_000.0).contains(&load.diagnosis.span_ms), "{}", load.diagnosis.span_ms);
        assert_eq!(fields(&load.statements, "polled"), None);
    }
}

/// Six bodies still come when the capture ends, so a call that was broken off had no free connection for certain.
#[test]
fn bodies_that_still_come_hold_their_connections() {
    let report = report("open-bodies");
    let said = only_load(&report);
    let open = fields(said, "open-at-end").unwrap();
    assert_eq!(open["answered"], 6);
    let perhaps = fields(said, "perhaps-sent").unwrap();
    assert_eq!(perhaps["held_by"], serde_json::json!(["connection"]));
    assert!(fields(said, "all-taken").unwrap()["ms"].as_f64().unwrap() > 8_000.0);
    unsaid(said, "a connection was free");
}

/// Answers of type text/event-stream that end after milliseconds hold no connection, and no tab takes another.
#[test]
fn short_streams_are_no_streams() {
    let report = report("short-streams");
    let said = only_load(&report);
    assert_eq!([fields(said, "stream-open"), fields(said, "share-stream")], [None, None]);
    unsaid(said, "event stream");
    let six = report.files[0].loads[0].diagnosis.origins.iter().all(|origin| origin.most_held <= 6);
    assert!(six, "{:?}", report.files[0].loads[0].diagnosis.origins);
}

/// WebPageTest cuts `httpVersion`; `_protocol` and the stream ids say HTTP/2.
#[test]
fn the_protocol_is_what_any_field_tells() {
    let report = report("wpt-protocol");
    let said = only_load(&report);
    let origins = fields(said, "multiplexed").unwrap()["origins"].as_array().unwrap().len();
    assert_eq!(origins, report.files[0].loads[0].diagnosis.origins.len());
    unsaid(said, "six connections");
    assert!(report.files[0].sentence.starts_with("No call failed"));
}
