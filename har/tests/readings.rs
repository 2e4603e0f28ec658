//! How the end of a call without an answer is read: starved, sent, taken back, failed with an error; and answers that are
//! errors. Each archive is small and in Chrome's manner.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use sixslot_har::diagnosis::Causes;
use sixslot_har::unanswered::Reading;
use sixslot_har::{Archive, Diagnosis};

/// A call without an answer: when it was issued and for how long it lived, whether it was sent, and its error.
fn lost(at: u32, life: f64, sent: bool, error: &str) -> Value {
    let queueing = if sent { 1.0 } else { -1.0 };
    json!({"startedDateTime": format!("2026-01-01T00:00:00.{at:03}Z"), "time": life,
        "request": {"method": "GET", "url": format!("http://h/lost?{at}"), "headers": [{"name": "Referer", "value": ""}]},
        "response": {"status": 0, "_error": error},
        "timings": {"blocked": life, "_blocked_queueing": queueing, "send": 0, "wait": 0, "receive": 0}})
}

fn answered(at: u32, life: f64, status: u16) -> Value {
    json!({"startedDateTime": format!("2026-01-01T00:00:00.{at:03}Z"), "time": life,
        "request": {"method": "GET", "url": format!("http://h/answered?{at}"), "headers": []},
        "response": {"status": status, "httpVersion": "http/1.1"},
        "timings": {"blocked": 0, "_blocked_queueing": 0, "send": 0, "wait": life, "receive": 0}})
}

fn diagnosis(entries: Vec<Value>) -> Diagnosis {
    let text = json!({"log": {"creator": {"name": "WebInspector"}, "entries": entries}}).to_string();
    Diagnosis::new(&Archive::read("readings.har", text.as_bytes()).unwrap())
}

fn readings(diagnosis: &Diagnosis) -> Vec<Reading> {
    diagnosis.unanswered.iter().map(|one| one.reading).collect()
}

const ABORTED: &str = "net::ERR_ABORTED";

#[test]
fn what_an_extension_or_the_network_ends_is_no_starvation() {
    let reasons = ["net::ERR_BLOCKED_BY_CLIENT", "net::ERR_CONNECTION_REFUSED", "net::ERR_NAME_NOT_RESOLVED"];
    let diagnosis =
        diagnosis(reasons.into_iter().zip(1..).map(|(reason, at)| lost(at, 700.0, false, reason)).collect());
    assert_eq!(readings(&diagnosis), [Reading::Error; 3]);
    assert_eq!(diagnosis.causes, Causes { failed: 3, errors: 3, ..Causes::default() });
}

#[test]
fn a_call_that_is_broken_off_at_once_was_taken_back() {
    // As a component does that is mounted twice.
    let diagnosis = diagnosis(vec![
        lost(0, 4.0, false, ABORTED),
        lost(1, 99.0, true, ABORTED),
        lost(2, 101.0, false, ABORTED),
        lost(3, 500.0, true, ABORTED),
    ]);
    assert_eq!(readings(&diagnosis), [Reading::TakenBack, Reading::TakenBack, Reading::Starved, Reading::Sent]);
    let Causes { failed, taken_back, never_sent, sent, .. } = diagnosis.causes;
    assert_eq!((failed, taken_back, never_sent, sent), (4, 2, 1, 1));
}

#[test]
fn a_call_that_was_sent_may_have_waited_before_where_six_were_in_flight() {
    // The sixth, with five others in flight, had a connection at once; the seventh may have waited for one.
    let busy = |others: u32| (0..others).map(|at| answered(at, 3000.0, 200));
    let cause = |others| diagnosis(busy(others).chain([lost(100, 2000.0, true, ABORTED)]).collect()).causes;
    for (others, with_room) in [(5, 1), (6, 0)] {
        let Causes { failed, sent, sent_with_room, .. } = cause(others);
        assert_eq!((failed, sent, sent_with_room), (1, 1, with_room), "beside {others}");
    }
}

#[test]
fn answers_that_are_errors_of_the_server_are_counted() {
    let statuses = [200, 301, 404, 408, 429, 499, 500, 503];
    let diagnosis = diagnosis(statuses.into_iter().zip(0..).map(|(status, at)| answered(at, 5.0, status)).collect());
    assert_eq!((diagnosis.causes.failed, diagnosis.causes.error_answers), (0, 4));
    assert_eq!(diagnosis.classes.iter().map(|facts| facts.error_answers).sum::<usize>(), 4);
}
