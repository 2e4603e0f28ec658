//! The project's table of what a HAR says (browser-rules.md, measured in Chromium 156): each case's entry, as given, is
//! judged as the case's own name says.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use sixslot_har::{Archive, Entry, Interval, Service, Verdict};

/// Headers by their number, as the table gives it: 13 that were sent, with a Host, or 5 provisional ones.
fn headers(count: usize) -> Vec<Value> {
    let header = |at: usize| json!({"name": if at == 0 && count > 5 { "Host".into() } else { format!("X-{at}") }, "value": "localhost"});
    (0..count).map(header).collect()
}

struct Case {
    status: u16,
    blocked: f64,
    queueing: f64,
    headers: usize,
    receive: f64,
    error: Option<&'static str>,
    kind: &'static str,
    priority: &'static str,
}

const ANSWERED: Case = Case {
    status: 200,
    blocked: 1.0,
    queueing: 0.5,
    headers: 13,
    receive: 1.0,
    error: None,
    kind: "fetch",
    priority: "High",
};
const ABORTED: Case =
    Case { status: 0, queueing: -1.0, headers: 5, receive: 0.0, error: Some("net::ERR_ABORTED"), ..ANSWERED };

fn entry(case: &Case) -> Entry {
    let wait = if case.status == 200 { 300.0 } else { 0.0 };
    let time = f64::max(case.blocked, 0.0) + wait + case.receive;
    let url = if case.kind == "websocket" { "ws://localhost/mux" } else { "http://localhost/api" };
    let text = json!({"log": {"version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"}, "pages": [], "entries": [{
        "startedDateTime": "2026-01-01T00:00:00.000Z", "time": time, "_resourceType": case.kind, "_priority": case.priority,
        "request": {"method": "GET", "url": url, "httpVersion": "http/1.1", "headers": headers(case.headers)},
        "response": {"status": case.status, "httpVersion": "http/1.1", "headers": [], "_error": case.error},
        "timings": {"blocked": case.blocked, "dns": -1, "ssl": -1, "connect": -1, "send": 0, "wait": wait,
            "receive": case.receive, "_blocked_queueing": case.queueing},
    }]}}).to_string();
    Archive::read("case.har", text.as_bytes()).unwrap().entries.remove(0)
}

#[test]
fn reached_the_server_and_aborted_before_its_headers() {
    let entry = entry(&Case { blocked: 1002.9, queueing: 2.6, headers: 13, ..ABORTED });
    assert_eq!(entry.verdict, Verdict::SentUnanswered);
    // How much of its life it was at the server the file does not say: a censored observation with bounds.
    let Service::Longer(Interval { low_ms, high_ms }) = entry.service(1002.9) else {
        panic!("{:?}", entry.service(1002.9))
    };
    assert!(low_ms == 0.0 && (high_ms - 1000.3).abs() < 1e-9);
    assert_eq!(entry.waiting(1002.9).unwrap().all, Interval { low_ms: 2.6, high_ms: 1002.9 });
}

#[test]
fn queued_in_the_pool_or_held_by_the_scheduler_or_at_the_cache_lock_and_aborted() {
    for (blocked, priority) in [(702.3, "High"), (702.3, "Low"), (801.0, "High")] {
        let entry = entry(&Case { blocked, priority, ..ABORTED });
        assert_eq!(entry.verdict, Verdict::NeverSent);
        assert_eq!(entry.service(blocked), Service::Nothing);
        assert_eq!(entry.waiting(blocked).unwrap().all, Interval { low_ms: blocked, high_ms: blocked });
        assert_eq!(entry.is_delayable(), priority == "Low");
    }
}

#[test]
fn waited_in_the_pool_then_answered() {
    let entry = entry(&Case { blocked: 1004.5, queueing: 7.7, ..ANSWERED });
    assert_eq!(entry.verdict, Verdict::Answered);
    let waiting = entry.waiting(1305.5).unwrap();
    assert!((waiting.pool_or_cache_ms.unwrap() - 996.8).abs() < 1e-9 && waiting.scheduler_ms == Some(7.7));
    assert_eq!(entry.service(1305.5), Service::Exact { ms: 300.0 });
}

#[test]
fn held_by_the_scheduler_then_answered() {
    let entry = entry(&Case { blocked: 1009.2, queueing: 1009.0, priority: "Low", ..ANSWERED });
    assert_eq!(entry.verdict, Verdict::Answered);
    let waiting = entry.waiting(1310.2).unwrap();
    assert!(waiting.pool_or_cache_ms.unwrap() < 0.3 && waiting.scheduler_ms == Some(1009.0));
}

#[test]
fn aborted_in_the_body() {
    let entry =
        entry(&Case { blocked: 1.1, queueing: 0.7, receive: 248.0, error: Some("net::ERR_ABORTED"), ..ANSWERED });
    assert_eq!(entry.verdict, Verdict::AbortedInBody);
    let (from, until) = entry.held(1e9).unwrap();
    assert!((from - 1.1).abs() < 1e-9 && (until - 549.1).abs() < 1e-9);
}

#[test]
fn a_socket_that_is_still_open() {
    let entry = entry(&Case { status: 101, blocked: -1.0, headers: 12, kind: "websocket", ..ABORTED });
    assert_eq!((entry.verdict, entry.life_ms, entry.held(1e9)), (Verdict::Socket, None, None));
}

#[test]
fn without_either_sign_the_file_does_not_tell() {
    let text = r#"{"log": {"entries": [{"startedDateTime": "2026-01-01T00:00:00Z", "time": 8001.0, "request": {"url": "http://h/", "headers": []},
        "response": {"status": 0}, "timings": {"blocked": 8001.0, "send": 0, "wait": 0, "receive": 0}}]}}"#;
    let archive = Archive::read("case.har", text.as_bytes()).unwrap();
    assert_eq!(archive.entries[0].verdict, Verdict::Unknown);
    assert_eq!(archive.entries[0].service(8001.0), Service::Longer(Interval { low_ms: 0.0, high_ms: 8001.0 }));
}
