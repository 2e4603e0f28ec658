//! Each kind of claim: an archive of which it holds, and the same archive with the evidence taken away, of which it does not.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use sixslot_analysis::diagnose::{Report, Statement};
use sixslot_har::Archive;
use std::collections::BTreeSet;

/// A call to the page's origin that was answered: issued at `at`, sent after `blocked`, all in milliseconds.
fn call(path: &str, at: f64, blocked: f64, wait: f64, receive: f64) -> Value {
    json!({
        "startedDateTime": date(at), "time": blocked + wait + receive, "_priority": "High", "_resourceType": "fetch",
        "request": {"method": "GET", "url": format!("http://page.test{path}"), "httpVersion": "http/1.1",
            "headers": [{"name": "Host", "value": "page.test"}, {"name": "Referer", "value": "http://page.test/"}]},
        "response": {"status": 200, "httpVersion": "http/1.1", "headers": [], "content": {"size": 10, "mimeType": "application/json"}},
        "timings": {"blocked": blocked, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": wait, "receive": receive,
            "_blocked_queueing": 0}
    })
}

fn date(at: f64) -> String {
    let (seconds, ms) = ((at / 1000.0) as u64, at % 1000.0);
    format!("2026-01-01T00:{:02}:{:02}.{ms:03.0}Z", seconds / 60, seconds % 60)
}

/// The call broken off after `life`, before it was sent.
fn never_sent(path: &str, at: f64, life: f64) -> Value {
    let mut call = call(path, at, life, 0.0, 0.0);
    call["request"]["headers"] = json!([{"name": "Referer", "value": "http://page.test/"}]);
    call["response"] = json!({"status": 0, "_error": "net::ERR_ABORTED", "content": {"mimeType": "x-unknown"}});
    call["timings"]["_blocked_queueing"] = json!(-1);
    call
}

/// The call broken off after `life`, at the server.
fn unanswered(path: &str, at: f64, life: f64) -> Value {
    let mut call = never_sent(path, at, life);
    call["request"]["headers"] = json!([{"name": "Host", "value": "page.test"}]);
    call["timings"]["_blocked_queueing"] = json!(0);
    call
}

fn with(mut call: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    call.pointer_mut(parent).unwrap()[key] = value;
    call
}

fn document() -> Value {
    with(call("/", 0.0, 0.0, 20.0, 5.0), "/_resourceType", json!("document"))
}

/// Some calls that hold a connection each from 50 ms on, for ten seconds.
fn holders(number: usize) -> Vec<Value> {
    (0..number).map(|at| call(&format!("/hold/{at}"), 50.0 + at as f64, 0.0, 10_000.0, 1.0)).collect()
}

fn report(entries: Vec<Value>) -> Report {
    let mut all = vec![document()];
    all.extend(entries);
    let har = json!({"log": {"version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"}, "pages": [], "entries": all}});
    Report::new(vec![Archive::read("test.har", har.to_string().as_bytes()).unwrap()])
}

fn statements(report: &Report) -> Vec<&Statement> {
    report.files.iter().flat_map(|file| &file.loads).flat_map(|load| &load.statements).collect()
}

fn kinds(entries: Vec<Value>) -> BTreeSet<&'static str> {
    statements(&report(entries)).iter().map(|statement| statement.kind()).collect()
}

/// The kind is claimed of the first archive, and not of the second.
#[track_caller]
fn negated(kind: &str, holds: Vec<Value>, not: Vec<Value>) {
    let (holds, not) = (kinds(holds), kinds(not));
    assert!(holds.contains(kind), "{kind} is not claimed: {holds:?}");
    assert!(!not.contains(kind), "{kind} is claimed without its evidence: {not:?}");
}

fn and(mut entries: Vec<Value>, more: impl IntoIterator<Item = Value>) -> Vec<Value> {
    entries.extend(more);
    entries
}

#[test]
fn starvation_needs_a_call_that_was_not_sent_and_six_others() {
    let starved = || never_sent("/api", 200.0, 5_000.0);
    let sent = || unanswered("/api", 200.0, 5_000.0);
    negated("never-sent", and(holders(6), [starved()]), and(holders(6), [sent()]));
    negated("never-sent", and(holders(6), [starved()]), and(holders(5), [starved()]));
    negated("never-sent-unexplained", and(holders(5), [starved()]), and(holders(6), [starved()]));
    negated("sent-unanswered", vec![sent()], vec![starved()]);
    // Without headers and without `_blocked_queueing` the file does not say.
    let mut unknown = starved();
    unknown["request"]["headers"] = json!([]);
    unknown["timings"].as_object_mut().unwrap().remove("_blocked_queueing");
    negated("perhaps-sent", vec![unknown], vec![sent()]);
    negated("taken-back", vec![unanswered("/api", 200.0, 60.0)], vec![unanswered("/api", 200.0, 160.0)]);
}

#[test]
fn what_a_call_waited_for_is_what_was_under_way() {
    let text = |entries| {
        let report = report(entries);
        let found = statements(&report).into_iter().find(|one| one.kind() == "never-sent").map(|one| one.text.clone());
        found.unwrap_or_default()
    };
    let starved = || never_sent("/api", 200.0, 5_000.0);
    assert!(text(and(holders(6), [starved()])).contains("waited for a connection."));
    let same = || call("/api", 100.0, 0.0, 6_000.0, 1.0);
    assert!(text(vec![same(), starved()]).contains("waited at the cache's lock"));
    let low = with(starved(), "/_priority", json!("Low"));
    assert!(text(and(holders(6), [low])).contains("for a connection, or at the browser's scheduler"));
}

/// A socket whose entry names a connection of the origin holds it: the sixth, so the call waited for a connection.
#[test]
fn a_socket_with_a_connection_holds_it() {
    let socket = |connection: Option<&str>| {
        let mut socket = call("/mux", 10.0, 0.0, 3.0, 0.0);
        socket["request"]["url"] = json!("ws://page.test/mux");
        socket["_resourceType"] = json!("websocket");
        socket["response"]["status"] = json!(101);
        socket["timings"]["blocked"] = json!(-1);
        socket["timings"]["_blocked_queueing"] = json!(-1);
        if let Some(connection) = connection {
            socket["_connectionId"] = json!(connection);
        }
        socket
    };
    let starved = || never_sent("/api", 200.0, 5_000.0);
    let five = || holders(5);
    negated("never-sent", and(five(), [socket(Some("6")), starved()]), and(five(), [socket(None), starved()]));
    negated("all-taken", and(five(), [socket(Some("6"))]), and(five(), [socket(None)]));
    for (connection, said) in
        [(Some("6"), "holds a connection to the origin"), (None, "outside the six, not one of them")]
    {
        let report = report(vec![socket(connection)]);
        let found = statements(&report).into_iter().find(|one| one.kind() == "socket").unwrap().text.clone();
        assert!(found.contains(said), "{found}");
    }
}

#[test]
fn errors_and_open_calls_are_no_starvation() {
    let reset = with(unanswered("/api", 200.0, 700.0), "/response/_error", json!("net::ERR_CONNECTION_RESET"));
    negated("network-error", vec![reset], vec![unanswered("/api", 200.0, 700.0)]);
    let status = |status| with(call("/api", 200.0, 0.0, 10.0, 1.0), "/response/status", json!(status));
    negated("error-status", vec![status(503)], vec![status(404)]);
    let open = || {
        let mut open = unanswered("/api", 200.0, 0.0);
        open["response"] = json!({"status": 0});
        open["timings"]["blocked"] = json!(-1);
        open
    };
    negated("open-at-end", vec![open(), call("/z", 4_000.0, 0.0, 5.0, 1.0)], vec![unanswered("/api", 200.0, 700.0)]);
    assert!(report(vec![open()]).files[0].sentence.starts_with("No call failed"));
}

/// Calls of other ages that end within 5 ms end with their page.
#[test]
fn calls_that_end_together_ended_with_their_page() {
    let module = |at: f64, life: f64| unanswered(&format!("/m/{at}.js"), at, life);
    let together =
        || (0..6).map(|at| module(100.0 + 7.0 * f64::from(at), 580.0 - 7.0 * f64::from(at))).collect::<Vec<_>>();
    let apart =
        || (0..6).map(|at| module(100.0 + 7.0 * f64::from(at), 580.0 + 300.0 * f64::from(at))).collect::<Vec<_>>();
    negated("broken-off-together", together(), apart());
    assert!(!kinds(together()).contains("deadline"), "the end of a page is no deadline");
}

#[test]
fn waits_and_full_pools_are_those_of_the_file() {
    negated("waited", vec![call("/api", 100.0, 300.0, 5.0, 1.0)], vec![call("/api", 100.0, 10.0, 5.0, 1.0)]);
    negated("all-taken", holders(6), holders(5));
    let shared =
        || holders(6).into_iter().map(|call| with(call, "/response/httpVersion", json!("h2"))).collect::<Vec<_>>();
    let mut encrypted = shared();
    for call in &mut encrypted {
        let url = call["request"]["url"].as_str().unwrap().replace("http:", "https:");
        call["request"]["url"] = json!(url);
    }
    negated("all-taken", holders(6), encrypted.clone());
    negated("multiplexed", encrypted, holders(6));
    // Sent, but when? Six may have been held.
    let six =
        || (0..6).map(|at| unanswered(&format!("/u/{at}"), 100.0, 3_000.0 + 400.0 * f64::from(at))).collect::<Vec<_>>();
    negated("perhaps-all-taken", six(), six().split_off(1));
}

#[test]
fn reuse_is_read_from_headers_and_ids() {
    let closing = |number: usize| {
        let mut call = call(&format!("/r/{number}"), 50.0 + 10.0 * number as f64, 0.0, 20.0, 1.0);
        call["response"]["headers"] = json!([{"name": "Connection", "value": "close"}]);
        call["_connectionId"] = json!((100 + number).to_string());
        call["timings"]["connect"] = json!(300);
        call
    };
    let other = |call: Value| with(call, "/request/url", json!("http://api.test/x"));
    let all = || (0..6).map(closing).map(other).collect::<Vec<_>>();
    let mut one_kept = all();
    one_kept[3]["response"]["headers"] = json!([]);
    negated("not-reused", all(), one_kept);
    let mut one_reused = all();
    one_reused[3]["_connectionId"] = json!("102");
    negated("not-reused", all(), one_reused);
}

#[test]
fn a_stream_holds_a_connection_for_as_long_as_it_was_open() {
    let stream = |life: f64| {
        let mut stream = call("/events", 100.0, 0.0, 5.0, life);
        stream["_resourceType"] = json!("eventsource");
        stream["response"]["content"]["mimeType"] = json!("text/event-stream");
        stream
    };
    let post = |life: f64| {
        let mut post = stream(life);
        post["request"]["method"] = json!("POST");
        post["_resourceType"] = json!("fetch");
        post
    };
    let later = || call("/z", 9_000.0, 0.0, 5.0, 1.0);
    negated("stream-open", vec![stream(8_000.0), later()], vec![post(8.0), later()]);
    negated("share-stream", vec![stream(8_000.0), later()], vec![post(8.0), later()]);
}

#[test]
fn slow_together_needs_a_reference_that_came_over_the_network() {
    let script =
        |path: &str, at: f64, wait: f64| with(call(path, at, 0.0, wait, 1.0), "/_resourceType", json!("script"));
    let slow =
        || (0..3).map(|at| script(&format!("/s/{at}.js"), 300.0, 2_000.0 + 50.0 * f64::from(at))).collect::<Vec<_>>();
    let reference = || script("/s/r.js", 100.0, 30.0);
    negated("slow-together", and(slow(), [reference()]), and(slow(), [script("/s/r.js", 100.0, 1_900.0)]));
    negated("slow-together", and(slow(), [reference()]), slow());
    let cached = with(with(script("/s/r.js", 100.0, 0.04), "/_fromCache", json!("memory")), "/time", json!(0.04));
    negated("slow-together", and(slow(), [reference()]), and(slow(), [cached]));
    let claimed = report(and(slow(), [reference()]));
    let text = &statements(&claimed).into_iter().find(|one| one.kind() == "slow-together").unwrap().text;
    assert!(text.contains("the fastest such answer (scripts) took 30 ms"), "{text}");
}

#[test]
fn deadlines_and_timers_need_calls_that_show_them() {
    let cut = |path: &str, at: f64, life: f64| unanswered(path, at, life);
    negated(
        "deadline",
        vec![cut("/api", 100.0, 5_001.0), cut("/api", 9_000.0, 5_003.0)],
        vec![cut("/api", 100.0, 2_340.0), cut("/api", 9_000.0, 3_730.0)],
    );
    let poll = |at: f64| call("/poll", at, 0.0, 20.0, 1.0);
    let ticks = || (0..6).map(|tick| poll(100.0 + 2_000.0 * f64::from(tick))).collect::<Vec<_>>();
    let random = [100.0, 900.0, 3_460.0, 4_290.0, 9_870.0, 10_410.0];
    negated("polled", ticks(), random.into_iter().map(poll).collect());
}

/// The same URL in each of several loads is no timer.
#[test]
fn loads_are_no_ticks() {
    let load = |number: usize| {
        let at = 30_000.0 * number as f64;
        let mut page = document();
        page["startedDateTime"] = json!(date(at));
        let calls = [page, call("/a.json", at + 60.0, 0.0, 30.0, 1.0), call("/b.json", at + 90.0, 0.0, 30.0, 1.0)];
        calls.map(|mut call| {
            call["pageref"] = json!(format!("page_{number}"));
            call
        })
    };
    let pages = (0..4).map(|number| {
        json!({"id": format!("page_{number}"), "title": "http://page.test/",
        "startedDateTime": date(30_000.0 * f64::from(number)), "pageTimings": {"onLoad": 200}})
    });
    let entries = (0..4).flat_map(load).collect::<Vec<_>>();
    let har =
        json!({"log": {"creator": {"name": "WebInspector"}, "pages": pages.collect::<Vec<_>>(), "entries": entries}});
    let report = Report::new(vec![Archive::read("pages.har", har.to_string().as_bytes()).unwrap()]);
    assert_eq!(report.files[0].loads.len(), 4);
    assert!(statements(&report).iter().all(|statement| statement.kind() != "polled"));
    assert!(report.files[0].sentence.starts_with("In 4 loads: no call failed"), "{}", report.files[0].sentence);
}

#[test]
fn bursts_and_identical_calls_are_counted() {
    let burst = |gap: f64| {
        (0..4).map(|at| call(&format!("/items/{at}"), 500.0 + gap * f64::from(at), 0.0, 30.0, 1.0)).collect::<Vec<_>>()
    };
    negated("burst", burst(2.0), burst(200.0));
    let twice = |second: f64| vec![call("/same", 100.0, 0.0, 400.0, 1.0), call("/same", second, 0.0, 400.0, 1.0)];
    negated("identical", twice(200.0), twice(900.0));
}

#[test]
fn no_shortage_is_said_only_where_nothing_speaks_of_one() {
    let quiet = || vec![call("/api", 100.0, 0.0, 30.0, 1.0)];
    for shortage in [
        holders(6),
        vec![call("/api", 100.0, 400.0, 30.0, 1.0)],
        vec![never_sent("/api", 100.0, 5_000.0)],
        vec![unanswered("/api", 100.0, 5_000.0)],
    ] {
        negated("no-shortage", quiet(), shortage);
    }
}

/// No sentence without its numbers among the fields, no label that names nothing: over everything said here.
#[test]
fn a_share_names_its_holder_once() {
    let script = |at: usize| with(holders(7).swap_remove(at), "/_resourceType", json!("script"));
    let low = |call: Value| with(call, "/_priority", json!("Low"));
    let report = report(vec![script(0), script(1), script(2), low(script(3)), low(script(4)), low(script(5))]);
    let found = statements(&report).into_iter().find(|one| one.kind() == "all-taken").unwrap().text.clone();
    assert!(found.ends_with("by scripts 100 %."), "{found}");
}
