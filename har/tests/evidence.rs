//! One hand-made archive for each kind of evidence, with what it proves and what it does not.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::{Value, json};
use sixslot_har::unanswered::Reading;
use sixslot_har::{Anchor, Archive, Diagnosis, End, Evidence, Exporter, Protocol, ProtocolSign, Reuse, Served, Via};

/// An answered GET by DevTools: start and time in milliseconds; all of the time but 1 ms is the wait.
fn get(at: u32, url: &str, time: f64) -> Value {
    json!({"startedDateTime": date(at), "time": time,
        "request": {"method": "GET", "url": url, "httpVersion": "http/1.1", "headers": [{"name": "Host", "value": "h"}]},
        "response": {"status": 200, "httpVersion": "http/1.1", "headers": [], "content": {"size": 10, "mimeType": "text/plain"}},
        "timings": {"blocked": 0, "_blocked_queueing": 0, "send": 0, "wait": time - 1.0, "receive": 1}})
}

fn date(at: u32) -> String {
    format!("2026-01-01T00:{:02}:{:02}.{:03}Z", at / 60_000, at / 1000 % 60, at % 1000)
}

fn with(mut entry: Value, changes: Value) -> Value {
    fn merge(value: &mut Value, changes: Value) {
        match (value, changes) {
            (Value::Object(value), Value::Object(changes)) => {
                for (key, change) in changes {
                    merge(value.entry(key).or_insert(Value::Null), change);
                }
            }
            (value, change) => *value = change,
        }
    }
    merge(&mut entry, changes);
    entry
}

fn read_as(creator: &str, pages: Value, entries: Vec<Value>) -> Archive {
    let text = json!({"log": {"creator": {"name": creator}, "pages": pages, "entries": entries}}).to_string();
    Archive::read("evidence.har", text.as_bytes()).unwrap()
}

fn read(entries: Vec<Value>) -> Archive {
    read_as("WebInspector", json!([]), entries)
}

#[test]
fn exporters_by_name_and_by_their_fields() {
    let exporter = |creator: &str, changes: Value| {
        read_as(creator, json!([]), vec![with(get(0, "http://h/", 5.0), changes)]).exporter
    };
    for (creator, expected) in [
        ("WebInspector", Exporter::Chrome),
        ("sixslot", Exporter::Chrome),
        ("WebKit Web Inspector", Exporter::Safari),
        ("Firefox", Exporter::Firefox),
        ("Firebug", Exporter::Firebug),
        ("playwright", Exporter::Playwright),
        ("chrome-har", Exporter::ChromeHar),
        ("Browsertime", Exporter::ChromeHar),
        ("WebPagetest", Exporter::WebPageTest),
        ("Fiddler", Exporter::Fiddler),
        ("Charles Proxy", Exporter::Charles),
        ("mitmproxy har_dump", Exporter::Mitmproxy),
        ("Insomnia REST Client", Exporter::Insomnia),
        ("PhantomJS", Exporter::PhantomJs),
        ("F12 Developer Tools", Exporter::EdgeF12),
        // Without a known name `_blocked_queueing` says that it was Chrome's code.
        ("somebody", Exporter::Chrome),
    ] {
        assert_eq!(exporter(creator, json!({})), expected, "{creator}");
    }
    let bare = json!({"timings": {"_blocked_queueing": null}});
    assert_eq!(exporter("somebody", bare.clone()), Exporter::Other);
    for (field, expected) in [
        (json!({"_load_start": 5}), Exporter::WebPageTest),
        (json!({"timings": {"_queued": 5}}), Exporter::ChromeHar),
        (json!({"_monotonicTime": 5}), Exporter::Playwright),
    ] {
        assert_eq!(exporter("somebody", with(bare.clone(), field)), expected);
    }
}

#[test]
fn requests_that_overlap_on_one_id_are_multiplexed_whatever_their_label_says() {
    // SPDY, labelled HTTP/1.1: fifteen at once on one id.
    let entry = |at: u32, id: &str| with(get(at, &format!("https://h/{at}"), 500.0), json!({"connection": id}));
    let archive = read((0..15).map(|at| entry(at, "7001")).chain([entry(900, "7002")]).collect());
    assert!(archive.entries.iter().all(|entry| entry.protocol == Protocol::Multiplexed));
    let origin = &archive.origins()[0];
    assert_eq!((origin.connections, origin.at_once), (Some(2), Some(1)));
    assert_eq!(origin.signs[&ProtocolSign::SharedConnection], 15);
    assert_eq!(Diagnosis::new(&archive).saturated_ms(), 0.0);
    // The same requests on an id each are six at most for HTTP/1.1, and stay what their label says.
    let archive = read((0..6).map(|at| entry(at, &format!("70{at}"))).collect());
    assert!(archive.entries.iter().all(|entry| entry.protocol == Protocol::Http1));
    assert_eq!(archive.origins()[0].at_once, Some(6));
}

#[test]
fn a_port_is_no_connection_id() {
    let entry = |at: u32, url: &str| with(get(at, url, 500.0), json!({"connection": "443"}));
    let archive = read((0..9).map(|at| entry(at, &format!("https://h/{at}"))).collect());
    assert!(archive.entries.iter().all(|entry| entry.connection.is_none() && entry.protocol == Protocol::Http1));
    assert_eq!(archive.origins()[0].connections, None);
}

#[test]
fn an_answer_on_a_serial_connection_had_ended_when_the_next_was_sent() {
    // Seven requests on six ids; the seventh was sent at 40 on an id whose first answer is said to end at 60.
    let entry =
        |at: u32, id: u32, time: f64| with(get(at, &format!("http://h/{at}"), time), json!({"_connectionId": 70 + id}));
    let mut entries = (0..6).map(|at| entry(at, at, 100.0)).collect::<Vec<_>>();
    entries[0] = with(entry(0, 0, 60.0), json!({"timings": {"wait": 20, "receive": 40}}));
    entries.push(entry(40, 0, 30.0));
    let archive = read(entries);
    assert_eq!((archive.entries[0].released_ms, archive.entries[6].reused), (Some(40.0), Some(true)));
    assert_eq!(archive.entries[0].held(1e9), Some((0.0, 40.0)));
    let diagnosis = Diagnosis::new(&archive);
    assert_eq!((diagnosis.origins[0].most_held, diagnosis.origins[0].at_once), (6, Some(6)));
}

#[test]
fn keep_alive_by_ids_and_headers() {
    let entry = |at: u32, id: Option<u32>, header: &str| {
        let headers =
            json!([{"name": "Connection", "value": header}, {"name": "Keep-Alive", "value": "timeout=5, max=100"}]);
        with(
            get(at * 100, &format!("http://h/{at}"), 50.0),
            json!({"_connectionId": id, "response": {"headers": headers}}),
        )
    };
    let reuse = |entries: Vec<Value>| {
        let keep_alive = read(entries).origins()[0].keep_alive;
        assert_eq!(keep_alive.timeout_ms, Some(5000.0));
        keep_alive.reuse()
    };
    assert_eq!(reuse((0..3).map(|at| entry(at, Some(1), "keep-alive")).collect()), Reuse::Seen);
    assert_eq!(reuse((0..3).map(|at| entry(at, Some(at + 1), "keep-alive")).collect()), Reuse::Never);
    assert_eq!(reuse((0..2).map(|at| entry(at, None, "close")).collect()), Reuse::Never);
    assert_eq!(reuse((0..3).map(|at| entry(at, None, "keep-alive")).collect()), Reuse::Unknown);
}

#[test]
fn the_protocol_is_that_of_an_origin_not_of_the_page() {
    let other = |at: u32| {
        let version = json!({"request": {"httpVersion": "h2"}, "response": {"httpVersion": "h2"}});
        with(get(at, &format!("https://tracker/{at}"), 50.0), version)
    };
    let page = with(get(0, "http://h/", 50.0), json!({"_resourceType": "document"}));
    let archive = read([page].into_iter().chain((1..20).map(other)).chain([get(30, "http://h/a", 5.0)]).collect());
    let origins = archive.origins();
    assert_eq!(
        (origins[0].name.as_str(), origins[0].is_page, origins[0].protocol),
        ("http://h", true, Protocol::Http1)
    );
    assert_eq!((origins[1].is_page, origins[1].protocol), (false, Protocol::Http2));
    assert!(!Diagnosis::new(&archive).is_multiplexed());
}

#[test]
fn times_of_their_own() {
    // chrome-har: the scheduler's hold came before `startedDateTime`.
    let queued = with(
        get(500, "http://h/q", 100.0),
        json!({"timings": {"_blocked_queueing": null, "_queued": 300, "blocked": 10, "wait": 89}}),
    );
    let archive = read_as("chrome-har", json!([]), vec![get(0, "http://h/", 10.0), queued]);
    let entry = &archive.entries[1];
    assert_eq!((entry.start_ms, entry.recorded_ms, entry.end_ms()), (200.0, 500.0, Some(600.0)));
    assert_eq!((entry.timings.blocked, entry.timings.queueing), (Some(310.0), Some(300.0)));
    // WebPageTest: `startedDateTime` is the sending; `time` has the set-up before it.
    let own = json!({"_load_start": 280, "_load_end": 400, "_connect_start": 200, "_dns_start": -1, "time": 200,
        "timings": {"_blocked_queueing": null, "blocked": -1, "connect": 80, "wait": 100, "receive": 20}});
    let page = json!([{"id": "p", "startedDateTime": date(0)}]);
    let sent = with(get(280, "http://h/w", 1.0), own);
    let archive = read_as("WebPagetest", page.clone(), vec![get(0, "http://h/", 10.0), sent.clone()]);
    let entry = &archive.entries[1];
    assert_eq!((entry.start_ms, entry.end_ms(), entry.sent_ms()), (200.0, Some(400.0), Some(280.0)));
    assert_eq!((entry.timings.blocked, entry.waiting(200.0), entry.held(1e9)), (None, None, Some((200.0, 400.0))));
    let created = with(sent, json!({"_created": 150}));
    let entry = &read_as("WebPagetest", page, vec![get(0, "http://h/", 10.0), created]).entries[1];
    assert_eq!((entry.start_ms, entry.end_ms(), entry.timings.blocked), (150.0, Some(400.0), Some(50.0)));
}

#[test]
fn impossible_values_are_no_times() {
    // 70 hours of a body: it was open, and nothing ends after the rest of the file.
    let long = with(
        get(10, "http://h/long", 60.0),
        json!({"time": 251_775_060.0, "timings": {"wait": 59, "receive": 251_775_000.0}}),
    );
    let archive = read(vec![get(0, "http://h/", 50.0), long, get(100, "http://h/last", 100.0)]);
    assert_eq!((archive.span_ms, &archive.entries[1].end, archive.entries[1].life_ms), (200.0, &End::Open, None));
    assert!(archive.notes[0].contains("taken as still open"), "{:?}", archive.notes);
    // A download of 9 minutes stays what it is, and so does a long one that others outlast.
    let nine =
        with(get(0, "http://h/nine", 60.0), json!({"time": 540_000.0, "timings": {"wait": 59, "receive": 539_941.0}}));
    assert_eq!(read(vec![get(0, "http://h/", 5.0), nine]).entries[1].life_ms, Some(540_000.0));
    // `time` below `wait`: from the memory cache.
    let cached = with(get(20, "http://h/a.js", 60.0), json!({"time": 0.1, "timings": {"wait": 59, "receive": 0}}));
    assert_eq!(read(vec![get(0, "http://h/", 50.0), cached]).entries[1].served, Served::Cache);
    for (field, served) in [
        (json!({"_fromCache": "memory"}), Served::MemoryCache),
        (json!({"_fromCache": "disk"}), Served::DiskCache),
        (json!({"_was_pushed": 1}), Served::Pushed),
        (json!({"_was_pushed": "0"}), Served::Network),
        (json!({"response": {"_fetchedViaServiceWorker": true}}), Served::ServiceWorker),
        (json!({"connection": "0", "response": {"_transferSize": 0}}), Served::Cache),
        (json!({"connection": "0", "response": {"_transferSize": 500}}), Served::Network),
    ] {
        let archive = read(vec![with(get(0, "http://h/a", 50.0), field.clone())]);
        let entry = &archive.entries[0];
        assert_eq!(entry.served, served, "{field}");
        assert_eq!(entry.network_wait_ms().is_some(), served == Served::Network, "{field}");
    }
}

#[test]
fn an_empty_list_passes_for_an_empty_object() {
    let list = with(get(0, "http://h/", 5.0), json!({"response": {"content": []}}));
    assert_eq!(read_as("mitmproxy har_dump", json!([]), vec![list]).exporter, Exporter::Mitmproxy);
    let text = json!({"log": {"entries": [with(get(0, "http://h/", 5.0), json!({"response": {"content": [1]}}))]}})
        .to_string();
    assert!(Archive::read("a.har", text.as_bytes()).unwrap_err().to_string().contains("expected an object"));
}

fn aborted(at: u32, life: f64, url: &str, kind: &str) -> Value {
    with(
        get(at, url, life),
        json!({"_resourceType": kind, "timings": {"blocked": life, "wait": 0, "receive": 0},
        "response": {"status": 0, "_error": "net::ERR_ABORTED"}}),
    )
}

#[test]
fn what_ended_with_its_page_was_broken_off_by_it() {
    // Six modules, broken off within 5 ms of each other by a reload half a second after their issue.
    let module = |at: u32| aborted(at, 500.0, &format!("http://h/{at}.js"), "script");
    let reload =
        with(get(490, "http://h/", 50.0), json!({"_resourceType": "document", "_initiator": {"type": "other"}}));
    let first = with(get(0, "http://h/", 5.0), json!({"_resourceType": "document", "_initiator": {"type": "other"}}));
    let archive = read([first.clone()].into_iter().chain((10..16).map(module)).chain([reload]).collect());
    let diagnosis = Diagnosis::new(&archive);
    assert!(diagnosis.deadlines.is_empty(), "{:?}", diagnosis.deadlines);
    assert_eq!((diagnosis.causes.failed, diagnosis.causes.page_ended), (0, 6));
    assert!(diagnosis.unanswered.iter().all(|one| one.reading == Reading::PageEnded));
    // Calls that one deadline breaks off at one moment, with the page going on, are a deadline's.
    let call = |number: u32| aborted(10, 500.0, &format!("http://h/api?{number}"), "fetch");
    let later = get(900, "http://h/later", 50.0);
    let archive = read([first].into_iter().chain((0..3).map(call)).chain([later]).collect());
    let diagnosis = Diagnosis::new(&archive);
    assert_eq!((diagnosis.causes.failed, diagnosis.causes.page_ended), (3, 0));
    assert_eq!(diagnosis.deadlines[0].deadline_ms, 500.0);
}

#[test]
fn slow_together_needs_a_ratio_to_an_answer_over_the_network() {
    let image =
        |at: u32, time: f64| with(get(at, &format!("http://h/{at}.png"), time), json!({"_resourceType": "image"}));
    let busy = |entries: Vec<Value>| Diagnosis::new(&read(entries)).busy;
    // An origin that takes 2.2 s at its best is slow, not busy.
    assert!(busy(vec![image(0, 2211.0), image(1, 2301.0), image(2, 2290.0)]).is_empty());
    assert_eq!(busy(vec![image(0, 21.0), image(100, 2301.0), image(101, 2290.0)])[0].entries.len(), 2);
    // Neither a cached nor a pushed answer, nor one of 0 ms, is a reference.
    for reference in [
        with(image(0, 2.0), json!({"_fromCache": "disk"})),
        with(image(0, 2.0), json!({"_was_pushed": 1})),
        with(image(0, 1.04), json!({})),
    ] {
        assert!(busy(vec![reference, image(100, 2301.0), image(101, 2290.0)]).is_empty());
    }
}

#[test]
fn pages_are_loads_and_a_group_where_they_are_one_page() {
    let page =
        |id: &str, at: u32| json!({"id": id, "startedDateTime": date(at), "title": id, "pageTimings": {"onLoad": 900}});
    let entry = |page: &str, at: u32, url: &str| {
        let kind = if url.ends_with(".js") { "script" } else { "document" };
        with(get(at, url, 100.0), json!({"pageref": page, "_resourceType": kind}))
    };
    let load = |page: &str, at: u32, host: &str| {
        let scripts = (0..6).map(move |number| {
            (at + 200 + number, format!("http://{host}/{}.js", ["a", "b", "c", "d", "e", "f"][number as usize]))
        });
        let scripts = scripts.map(|(at, url)| entry(page, at, &url)).collect::<Vec<_>>();
        [entry(page, at, &format!("http://{host}/"))].into_iter().chain(scripts)
    };
    let pages = json!([page("1", 0), page("2", 5_000), page("3", 9_000), page("empty", 9_500)]);
    let entries = load("1", 0, "h").chain(load("2", 5_000, "h")).chain(load("3", 9_000, "other")).collect();
    let archive = read_as("WebInspector", pages, entries);
    assert_eq!(archive.groups(), [vec![0, 1], vec![2]]);
    let second = &archive.loads[1];
    assert_eq!((second.start_ms, second.load_ms, second.end_ms), (5_000.0, Some(900.0), 5_900.0));
    assert!(Diagnosis::new(&archive).cadences.is_empty(), "three loads are no timer");
    let parts = archive.split();
    assert_eq!(
        parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>(),
        ["evidence.har#1", "evidence.har#2", "evidence.har#3"]
    );
    assert_eq!((parts[1].entries[1].start_ms, parts[1].span_ms, parts[1].pages[0].start_ms), (200.0, 900.0, Some(0.0)));
}

#[test]
fn time_counts_from_the_first_entry_where_the_document_is_not_in_the_file() {
    let page =
        json!([{"id": "1", "startedDateTime": date(0), "pageTimings": {"onContentLoad": 26_000, "onLoad": 33_900}}]);
    let call =
        |at: u32| with(get(at, &format!("http://h/{at}"), 50.0), json!({"pageref": "1", "_resourceType": "fetch"}));
    let archive = read_as("WebInspector", page, vec![call(27_000), call(28_000)]);
    let load = &archive.loads[0];
    assert_eq!((load.document, load.start_ms, load.content_ms, load.load_ms), (None, 0.0, None, Some(6_900.0)));
    assert_eq!(archive.span_ms, 6_900.0);
}

/// The first cause of an entry, by its address.
fn cause(archive: &Archive, url: &str) -> Option<(String, Via, Anchor, Evidence, f64)> {
    let effect = archive.entries.iter().rposition(|entry| entry.url.as_str() == url).unwrap();
    let cause = *archive.causes(0)[effect].first()?;
    let address = archive.entries[cause.entry].url.as_str().to_owned();
    Some((address, cause.via, cause.anchor, cause.evidence, cause.delay_ms))
}

#[test]
fn causes() {
    let document =
        with(get(0, "http://h/", 100.0), json!({"_resourceType": "document", "timings": {"wait": 40, "receive": 60}}));
    let by = |at: u32, url: &str, kind: &str, initiator: Value| {
        with(get(at, url, 50.0), json!({"_resourceType": kind, "_initiator": initiator}))
    };
    let frame = |url: &str| json!({"url": url, "lineNumber": 1});
    let stack = json!({"type": "script", "stack": {"callFrames": [frame("http://h/lib.js")],
        "parent": {"callFrames": [frame("http://h/lib.js"), frame("http://h/app.js")]}}});
    let archive = read(vec![
        document,
        by(50, "http://h/app.js", "script", json!({"type": "parser", "url": "http://h/#top"})),
        by(55, "http://h/a.css", "stylesheet", json!("http://h/")),
        by(150, "http://h/font", "font", json!("http://h/a.css")),
        by(
            160,
            "http://h/api/1",
            "fetch",
            json!({"type": "script", "stack": {"callFrames": [frame("http://h/gone.js"), frame("http://h/app.js")]}}),
        ),
        by(
            220,
            "http://h/api/2",
            "fetch",
            json!({"type": "script", "stack": {"callFrames": [frame("http://h/gone.js")]}}),
        ),
        by(300, "http://h/api/3", "fetch", stack),
        with(get(310, "http://h/old", 20.0), json!({"response": {"status": 302, "redirectURL": "/new"}})),
        get(335, "http://h/new", 20.0),
        with(get(400, "http://h/post", 30.0), json!({"request": {"method": "OPTIONS"}})),
        with(get(431, "http://h/post", 30.0), json!({"request": {"method": "POST"}})),
        with(
            get(500, "http://h/pixel", 30.0),
            json!({"request": {"headers": [{"name": "Referer", "value": "http://h/a.css"}]}}),
        ),
        get(600, "http://h/nobody", 30.0),
    ]);
    let is = |url: &str, by: &str, via, anchor, evidence, delay| {
        assert_eq!(cause(&archive, url), Some((by.to_owned(), via, anchor, evidence, delay)), "{url}");
    };
    is("http://h/app.js", "http://h/", Via::Parser, Anchor::Headers, Evidence::Initiator, 10.0);
    is("http://h/a.css", "http://h/", Via::Parser, Anchor::Headers, Evidence::Initiator, 15.0);
    is("http://h/font", "http://h/a.css", Via::Stylesheet, Anchor::End, Evidence::Initiator, 45.0);
    is("http://h/api/1", "http://h/app.js", Via::Script, Anchor::End, Evidence::Stack, 60.0);
    is("http://h/api/2", "http://h/api/1", Via::FetchChain, Anchor::End, Evidence::Order, 10.0);
    is("http://h/api/3", "http://h/app.js", Via::Script, Anchor::End, Evidence::AsyncStack, 200.0);
    is("http://h/new", "http://h/old", Via::Redirect, Anchor::End, Evidence::RedirectUrl, 5.0);
    is("http://h/post", "http://h/post", Via::Preflight, Anchor::End, Evidence::Preflight, 1.0);
    is("http://h/pixel", "http://h/a.css", Via::Stylesheet, Anchor::End, Evidence::Referer, 395.0);
    assert_eq!(cause(&archive, "http://h/nobody"), None);
    assert_eq!(cause(&archive, "http://h/"), None);
}

#[test]
fn sizes() {
    let bytes = |changes: Value| read(vec![with(get(0, "http://h/a", 5.0), changes)]).entries[0].body_bytes();
    assert_eq!(
        bytes(json!({"response": {"bodySize": 700, "_transferSize": 900, "content": {"size": 2000}}})),
        Some(700.0)
    );
    assert_eq!(
        bytes(
            json!({"response": {"bodySize": -1, "_transferSize": 900, "headersSize": 150, "content": {"size": 2000}}})
        ),
        Some(750.0)
    );
    assert_eq!(bytes(json!({"response": {"bodySize": -1, "content": {"size": 2000}}})), Some(2000.0));
    assert_eq!(bytes(json!({"_fromCache": "disk", "response": {"bodySize": 700}})), None);
}
