//! Small hand-made archives in the manner of Firefox, Playwright and WebPageTest, and what each writer leaves open.
//!
//! Sources: Firefox's HAR export (devtools/client/netmonitor), Playwright's `harTracer.ts`, WebPageTest's HAR export.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use sixslot_har::{Archive, Diagnosis, End, Exporter, Protocol, Verdict};

fn read(log: Value) -> Archive {
    Archive::read("flavour.har", json!({"log": log}).to_string().as_bytes()).unwrap()
}

#[test]
fn firefox() {
    let entry = |at: &str, url: &str, status: u16, timings: Value, time: f64| {
        json!({"startedDateTime": at, "time": time, "pageref": "page_1", "connection": "80",
            "request": {"method": "GET", "url": url, "httpVersion": "HTTP/1.1", "bodySize": 0,
                "headers": [{"name": "Host", "value": "h"}, {"name": "User-Agent", "value": "Firefox"}], "headersSize": 300},
            "response": {"status": status, "httpVersion": if status == 0 { "" } else { "HTTP/1.1" }, "headers": [],
                "content": {"mimeType": if status == 0 { "" } else { "application/json" }, "size": 2}},
            "cache": {}, "timings": timings})
    };
    let none = json!({"blocked": 0, "dns": 0, "connect": 0, "ssl": 0, "send": 0, "wait": 0, "receive": 0});
    let archive = read(
        json!({"version": "1.2", "creator": {"name": "Firefox", "version": "153.0"}, "browser": {"name": "Firefox", "version": "153.0"},
        "pages": [{"startedDateTime": "2026-01-01T10:00:00.000+02:00", "id": "page_1", "title": "t", "pageTimings": {"onContentLoad": 90, "onLoad": 120}}],
        "entries": [
            entry("2026-01-01T10:00:00.000+02:00", "http://h/api/a", 200, json!({"blocked": 900, "dns": 0, "connect": 0, "ssl": 0, "send": 0, "wait": 40, "receive": 1}), 941.0),
            entry("2026-01-01T10:00:00.010+02:00", "http://h/api/b", 0, none, 5001.0),
            entry("2026-01-01T10:00:00.020+02:00", "http://h/api/c", 0, json!({"blocked": 1, "dns": 0, "connect": 0, "ssl": 0, "send": 1, "wait": 4000, "receive": 0}), 4002.0),
        ]}),
    );
    assert_eq!((archive.exporter, archive.creator.as_str()), (Exporter::Firefox, "Firefox 153.0"));
    let verdicts = archive.entries.iter().map(|entry| entry.verdict).collect::<Vec<_>>();
    // Firefox lists a Host also for what it never sent: the header proves nothing; bytes on the wire do.
    assert_eq!(verdicts, [Verdict::Answered, Verdict::Unknown, Verdict::SentUnanswered]);
    assert_eq!(archive.entries[0].waiting(941.0).unwrap().all.low_ms, 900.0);
    assert_eq!(archive.classes()[0].kind.resource_type, "fetch");
    assert_eq!(Diagnosis::new(&archive).causes.failed, 2);
}

#[test]
fn playwright() {
    let archive = read(
        json!({"version": "1.2", "creator": {"name": "Playwright", "version": "1.60.0"}, "browser": {"name": "chromium", "version": "156.0"},
        "pages": [{"startedDateTime": "2026-01-01T08:00:00.000Z", "id": "page@1", "title": "t", "pageTimings": {"onContentLoad": 10, "onLoad": -1}}],
        "entries": [
            {"startedDateTime": "2026-01-01T08:00:00.000Z", "time": 12.5, "pageref": "page@1", "_frameref": "frame@1", "_monotonicTime": 100.0,
                "request": {"method": "GET", "url": "https://h/", "httpVersion": "HTTP/2.0", "headers": [{"name": ":authority", "value": "h"}], "cookies": [], "queryString": [], "headersSize": -1, "bodySize": 0},
                "response": {"status": 200, "statusText": "", "httpVersion": "HTTP/2.0", "headers": [], "cookies": [], "content": {"size": 5, "mimeType": "text/html"}, "headersSize": -1, "bodySize": -1, "redirectURL": "", "_transferSize": 90},
                "cache": {}, "timings": {"dns": 0.1, "connect": 1.2, "ssl": 0.8, "send": 0, "wait": 10, "receive": 1.2}, "serverIPAddress": "127.0.0.1", "_serverPort": 443},
            {"startedDateTime": "2026-01-01T08:00:00.100Z", "time": -1, "pageref": "page@1", "_monotonicTime": 200.0,
                "request": {"method": "GET", "url": "https://h/api/session/7", "httpVersion": "HTTP/1.1", "headers": [{"name": "user-agent", "value": "x"}], "cookies": [], "queryString": [], "headersSize": -1, "bodySize": 0},
                "response": {"status": -1, "statusText": "", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [], "content": {"size": -1, "mimeType": "x-unknown"}, "headersSize": -1, "bodySize": -1, "redirectURL": "", "_transferSize": -1, "_failureText": "net::ERR_ABORTED"},
                "cache": {}, "timings": {"send": -1, "wait": -1, "receive": -1}},
        ]}),
    );
    assert_eq!(archive.exporter, Exporter::Playwright);
    let [page, failed] = archive.entries.as_slice() else { panic!() };
    assert_eq!((page.verdict, page.protocol, page.life_ms), (Verdict::Answered, Protocol::Http2, Some(12.5)));
    // No `blocked` at all: of its waiting the file has no word. A failed call has no life.
    assert_eq!(page.waiting(12.5), None);
    assert_eq!(
        (failed.verdict, &failed.end, failed.life_ms, failed.status),
        (Verdict::Unknown, &End::Aborted, None, 0)
    );
    let diagnosis = Diagnosis::new(&archive);
    assert!(diagnosis.is_multiplexed() && diagnosis.deadlines.is_empty());
}

#[test]
fn without_a_word_of_waiting_no_connection_is_held_for_certain() {
    // Playwright leaves `blocked` out: of six calls that live at once, each may have waited for another's connection.
    let log = |blocked: Value| {
        let call = |number: usize| {
            let mut timings = json!({"send": 0, "wait": 2999, "receive": 1});
            timings["blocked"] = blocked.clone();
            json!({"startedDateTime": "2026-01-01T08:00:00.000Z", "time": 3000,
                "request": {"method": "GET", "url": format!("http://h/api/{number}"), "headers": []},
                "response": {"status": 200, "httpVersion": "HTTP/1.1", "headers": []}, "timings": timings})
        };
        json!({"creator": {"name": "Playwright"}, "entries": (0..6).map(call).collect::<Vec<_>>()})
    };
    for (blocked, held, saturated) in [(Value::Null, 0, 0.0), (json!(-1), 0, 0.0), (json!(0), 6, 3000.0)] {
        let origin = Diagnosis::new(&read(log(blocked))).origins.remove(0);
        assert_eq!((origin.most_held, origin.most_possible), (held, 6));
        assert_eq!((origin.saturated_ms(), origin.possibly_saturated_ms), (saturated, 3000.0));
    }
}

#[test]
fn web_page_test() {
    let archive = read(json!({"version": "1.1", "creator": {"name": "WebPageTest", "version": "21.07"},
    "pages": [{"startedDateTime": "2026-01-01T08:00:00.000+00:00", "title": "Run 1", "id": "page_1_0_1", "pageTimings": {"onLoad": 900, "onContentLoad": -1, "_startRender": 500}, "_TTFB": "120"}],
    "entries": [
        {"pageref": "page_1_0_1", "startedDateTime": "2026-01-01T08:00:00.100+00:00", "time": 300, "_socket": "12", "_priority": "High", "_load_start": "100",
            "request": {"method": "GET", "url": "https://h/app.js", "headersSize": 100, "bodySize": -1, "cookies": [], "headers": [{"name": "Host", "value": "h"}], "httpVersion": "HTTP/2", "queryString": []},
            "response": {"status": 200, "statusText": "", "headersSize": 50, "bodySize": "4000", "headers": [], "httpVersion": "HTTP/2", "content": {"size": 4000, "mimeType": "text/javascript"}, "redirectURL": "", "cookies": []},
            "cache": {}, "timings": {"blocked": 100, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 150, "receive": 50}},
        {"pageref": "page_1_0_1", "startedDateTime": "2026-01-01T08:00:00.000+00:00", "time": 120, "_socket": "11",
            "request": {"method": "GET", "url": "https://h/", "headers": [], "httpVersion": ""},
            "response": {"status": null, "httpVersion": null, "headers": [], "content": {"size": 0, "mimeType": null}},
            "cache": {}, "timings": {"blocked": -1, "dns": null, "send": 0, "wait": 120, "receive": 0}},
    ]}));
    assert_eq!(archive.exporter, Exporter::WebPageTest);
    // Sorted by start, with a note; `null` is the same as nothing.
    assert_eq!(archive.entries.iter().map(|entry| entry.number).collect::<Vec<_>>(), [2, 1]);
    assert!(archive.notes[0].contains("not in order"));
    assert_eq!((archive.entries[0].verdict, archive.entries[1].verdict), (Verdict::SentUnanswered, Verdict::Answered));
    assert_eq!(
        (archive.entries[1].protocol, archive.classes()[1].kind.resource_type.as_str()),
        (Protocol::Http2, "script")
    );
    assert_eq!(archive.pages[0].load_ms, Some(900.0));
}

#[test]
fn a_byte_order_mark_and_gzip_by_content() {
    use std::io::Write as _;
    let text = "\u{FEFF} {\"log\": {\"entries\": [{\"startedDateTime\": \"2026-01-01T00:00:00Z\", \"serverIPAddress\": \"\", \"request\": {\"url\": \"http://h/\"}}]}}";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    for bytes in [text.as_bytes(), &packed.finish().unwrap()] {
        assert_eq!(Archive::read("named-anything", bytes).unwrap().entries.len(), 1);
    }
}
