//! What an import makes of one recorded load whose truth is known: the order in which waiting requests were sent, and what a request
//! that begins after several others waited for.

#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use sixslot_analysis::import::import;
use sixslot_har::Archive;
use sixslot_models::Document;
use sixslot_models::load::{Extent, Load};
use std::collections::BTreeMap;

/// A GET of a page as Chromium's DevTools export it; times in milliseconds: the start, before sending, and until the end.
struct Get<'a> {
    path: &'a str,
    kind: &'a str,
    script: bool,
    start: f64,
    blocked: f64,
    wait: f64,
}

impl Get<'_> {
    fn entry(&self) -> Value {
        let initiator = match self.kind {
            "document" => json!({"type": "other"}),
            _ => {
                json!({"type": if self.script { "script" } else { "parser" }, "url": "http://page.test/", "lineNumber": 1})
            }
        };
        json!({
            "startedDateTime": format!("2026-01-01T00:00:{:06.3}Z", self.start / 1000.0), "time": self.blocked + self.wait,
            "_initiator": initiator, "_priority": if self.kind == "image" { "Low" } else { "High" },
            "_resourceType": self.kind, "connection": "80",
            "request": {"method": "GET", "url": format!("http://page.test{}", self.path), "httpVersion": "http/1.1", "headers": []},
            "response": {"status": 200, "httpVersion": "http/1.1", "headers": [], "content": {"size": 10, "mimeType": "text/plain"}},
            "timings": {"blocked": self.blocked, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": self.wait, "receive": 0, "_blocked_queueing": self.blocked},
        })
    }
}

/// The ends of the requests by path, from the draft of an archive with these requests, in which the first text became the second.
fn ends(all: &[Get<'_>], change: (&str, &str)) -> BTreeMap<String, f64> {
    let entries: Vec<Value> = all.iter().map(Get::entry).collect();
    let har = json!({"log": {"version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"}, "pages": [], "entries": entries}});
    let archive = Archive::read("page.har", har.to_string().as_bytes()).unwrap();
    let text = import(vec![archive]).unwrap().text;
    let text = text.replacen(change.0, change.1, 1);
    let plan = Document::read("draft", &text, &[]).and_then(|document| document.plan(&[], &[])).unwrap();
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    let path = |request: &sixslot_models::load::Request| {
        plan.classes()[request.class].copy(request.index).url.expand(request.index, request.tab)
    };
    load.requests().iter().map(|request| (path(request), request.ended.unwrap().as_millis_f64())).collect()
}

const DOCUMENT: Get<'_> = Get { path: "/", kind: "document", script: false, start: 0.0, blocked: 0.0, wait: 50.0 };

/// Twelve pictures that a page issues together on six connections; the scheduler sends those that wait last issued first.
#[test]
fn waiting_requests_are_sent_in_the_recorded_order() {
    let paths: Vec<String> = (0..12).map(|number| format!("/{number}.png")).collect();
    // Connection n is free after 100 + 10 n ms, and takes picture 11 - n.
    let picture = |(number, path): (usize, &'_ String)| {
        let blocked = if number < 6 { 0.0 } else { 100.0 + 10.0 * (11 - number) as f64 };
        let wait = if number < 6 { 100.0 + 10.0 * number as f64 } else { 100.0 };
        (path.clone(), blocked, wait)
    };
    let pictures: Vec<(String, f64, f64)> = paths.iter().enumerate().map(picture).collect();
    let mut all = vec![DOCUMENT];
    all.extend(pictures.iter().map(|(path, blocked, wait)| Get {
        path,
        kind: "image",
        script: false,
        start: 60.0,
        blocked: *blocked,
        wait: *wait,
    }));
    let ends = ends(&all, ("", ""));
    for (path, blocked, wait) in &pictures {
        let recorded = 60.0 + blocked + wait;
        assert!((ends[path] - recorded).abs() < 2.0, "{path} ends at {} for {recorded}", ends[path]);
    }
}

/// Four calls that a script makes together, and one more right after the second one's answer, while others are under way.
#[test]
fn what_follows_one_of_several_calls_waits_for_no_other() {
    let call = |path, start, wait| Get { path, kind: "fetch", script: true, start, blocked: 0.0, wait };
    let all = [
        DOCUMENT,
        call("/a", 60.0, 100.0),
        call("/b", 60.0, 140.0),
        call("/c", 60.0, 180.0),
        call("/d", 60.0, 220.0),
        // 2 ms after b, 42 ms after a.
        call("/e", 202.0, 50.0),
        // When everything has ended: it waited for the last of them, and for the others as far as anyone knows.
        call("/f", 285.0, 50.0),
    ];
    assert!((ends(&all, ("", ""))["/e"] - 252.0).abs() < 1.0);
    let slower = ends(&all, ("service = \"100ms\"", "service = \"400ms\""));
    assert!((slower["/a"] - 460.0).abs() < 1.0, "{slower:?}");
    assert!((slower["/e"] - 252.0).abs() < 1.0, "e does not wait for a: {slower:?}");
    assert!(slower["/f"] > 500.0, "f may wait for a: {slower:?}");
}
