//! Archives that are broken, or meant to break the reader: one clear error or a result, no panic, and bounded memory.
#![allow(clippy::unwrap_used, missing_docs)]

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};
use sixslot_har::{Archive, Diagnosis, HarError, Pool, limits};
use std::io::{Read, Write};
use std::path::Path;

/// Reads and, where that works, asks everything. A message is one line that names the file.
fn ask(bytes: impl Read) -> Result<Diagnosis, String> {
    match Archive::read("hostile.har", bytes) {
        Ok(archive) => {
            let diagnosis = Diagnosis::new(&archive);
            let pool = Pool::new(&[archive.clone(), archive], &[diagnosis.clone(), diagnosis.clone()]);
            assert_eq!(pool.files, 2);
            Ok(diagnosis)
        }
        Err(error) => {
            let text = error.to_string();
            assert!(text.starts_with("hostile.har") && !text.contains('\n') && text.contains("; "), "{text}");
            Err(text)
        }
    }
}

fn capture() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/hypotheses/captures/T40_N5M2/000.har.gz");
    std::fs::read(path).unwrap()
}

/// An archive with every field that is read.
fn rich() -> Value {
    let entry = |url: &str, status: u16| {
        json!({
            "startedDateTime": "2026-01-01T00:00:00.000Z", "time": 20.0, "pageref": "page_1", "connection": "80",
            "_connectionId": "7", "_priority": "High", "_resourceType": "fetch", "_fromCache": null,
            "_initiator": {"type": "script", "url": "http://h/a.js", "lineNumber": 3, "stack": {"callFrames": [{"url": "http://h/a.js", "lineNumber": 3}]}},
            "_webSocketMessages": [{"time": 1767225600.5, "data": ""}], "_eventSourceMessages": [], "_frames": [],
            "serverIPAddress": "", "cache": {},
            "request": {"method": "GET", "url": url, "httpVersion": "http/1.1", "headers": [{"name": "Host", "value": "h"}],
                "cookies": [], "queryString": [], "headersSize": -1, "bodySize": 0},
            "response": {"status": status, "statusText": "", "httpVersion": "http/1.1", "headers": [{"name": "Cache-Control", "value": "no-store"}],
                "content": {"size": 3, "mimeType": "application/json"}, "bodySize": 3, "_transferSize": 100, "_error": null,
                "_failureText": null, "_fetchedViaServiceWorker": false},
            "timings": {"blocked": 1.0, "dns": -1, "connect": -1, "ssl": -1, "send": 1, "wait": 10, "receive": 8, "_blocked_queueing": 0.5},
        })
    };
    json!({"log": {
        "version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"}, "browser": {"name": "Chrome", "version": "1"},
        "pages": [{"startedDateTime": "2026-01-01T00:00:00.000Z", "id": "page_1", "title": "t", "pageTimings": {"onContentLoad": 5, "onLoad": 9}}],
        "entries": [entry("http://h/api/1", 200), entry("ws://h/mux", 101), entry("http://h/api/2", 0)],
    }})
}

/// Every place of a value, as JSON pointers.
fn places(value: &Value, at: String, result: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| places(value, format!("{at}/{key}"), result)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(key, value)| places(value, format!("{at}/{key}"), result))
        }
        _ => {}
    }
    result.push(at);
}

#[test]
fn cut_off_at_every_hundredth_byte() {
    let packed = capture();
    let mut text = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut text).unwrap();
    assert!(ask(text.as_slice()).is_ok());
    let mut cuts = 0;
    for at in (1..text.len() - 1).step_by(100) {
        let message = ask(&text[..at]).unwrap_err();
        assert!(message.contains("the file ends in the middle; it was cut off"), "{at}: {message}");
        cuts += 1;
    }
    assert!(cuts > 100, "{cuts}");
    for at in (2..packed.len() - 8).step_by(20) {
        let message = ask(&packed[..at]).unwrap_err();
        assert!(message.contains("does not unpack") || message.contains("is not an HTTP Archive"), "{at}: {message}");
    }
}

#[test]
fn every_field_with_every_type_and_without() {
    let rich = rich();
    assert!(ask(rich.to_string().as_bytes()).is_ok());
    let mut all = Vec::new();
    places(&rich, String::new(), &mut all);
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1e300),
        json!(-1e300),
        json!(7.5),
        json!(u64::MAX),
        json!(""),
        json!("text"),
        json!("-5"),
        json!([]),
        json!([1, "a", null, {}]),
        json!({}),
        json!({"a": [{}]}),
    ];
    let (mut refused, mut answered) = (0, 0);
    for place in &all {
        for value in &values {
            let mut broken = rich.clone();
            *broken.pointer_mut(place).unwrap() = value.clone();
            match ask(broken.to_string().as_bytes()) {
                Ok(_) => answered += 1,
                Err(_) => refused += 1,
            }
            // A vendor's field is never a reason to refuse an archive.
            if place.rsplit('/').next().unwrap().starts_with('_') {
                assert!(ask(broken.to_string().as_bytes()).is_ok(), "{place}: {value}");
            }
        }
        if let Some((parent, key)) = place.rsplit_once('/') {
            let mut broken = rich.clone();
            match broken.pointer_mut(parent).unwrap() {
                Value::Object(map) => drop(map.remove(key)),
                Value::Array(list) => drop(list.remove(key.parse().unwrap())),
                _ => unreachable!(),
            }
            let needed = ["log", "entries", "startedDateTime", "request", "url"].contains(&key)
                && !place.contains("_initiator")
                && !place.contains("pages");
            assert_eq!(ask(broken.to_string().as_bytes()).is_err(), needed, "without {place}");
        }
    }
    println!("{} fields: {answered} answers, {refused} refusals", all.len());
    assert!(answered > 1000 && refused > 100);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, rng_seed: proptest::test_runner::RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_times_and_any_order(entries in prop::collection::vec((
        -1e12..1e12_f64, prop::array::uniform8(prop_oneof![Just(-1.0), Just(0.0), -1e9..1e9_f64, Just(1e300), 0.0..9000.0_f64]),
        0_u16..1100, 0_usize..4,
    ), 1..30)) {
        let entry = |(at, parts, status, url): &(f64, [f64; 8], u16, usize)| {
            let url = ["http://h/a?_rsc=1", "http://h/b", "ws://h/m", "data:,"][*url];
            let error = if status.is_multiple_of(3) { Some("net::ERR_ABORTED") } else { None };
            let date = jiff::Timestamp::from_microsecond((*at as i64) * 1000).unwrap();
            json!({"startedDateTime": date.to_string(), "time": parts[7],
                "request": {"method": "GET", "url": url, "headers": []},
                "response": {"status": status, "_error": error},
                "timings": {"blocked": parts[0], "dns": parts[1], "connect": parts[2], "send": parts[3], "wait": parts[4],
                    "receive": parts[5], "_blocked_queueing": parts[6]}})
        };
        let text = json!({"log": {"entries": entries.iter().map(entry).collect::<Vec<_>>()}}).to_string();
        let diagnosis = ask(text.as_bytes()).unwrap();
        prop_assert_eq!(diagnosis.requests, entries.len());
        prop_assert!(diagnosis.span_ms.is_finite() && diagnosis.span_ms >= 0.0);
        for origin in &diagnosis.origins {
            prop_assert!(origin.most_held <= origin.most_possible);
            prop_assert!(origin.saturated_ms() <= diagnosis.span_ms * 1.000001);
        }
    }
}

#[test]
fn deep_nesting() {
    // A million brackets where nothing is read are skipped; where something is read they are refused.
    let deep = |open: &str, close: &str| open.repeat(1_000_000) + &close.repeat(1_000_000);
    let skipped = format!(
        r#"{{"log": {{"comment": {}, "entries": [{{"startedDateTime": "2026-01-01T00:00:00Z", "request": {{"url": "http://h/"}}}}]}}}}"#,
        deep("[", "]")
    );
    assert_eq!(ask(skipped.as_bytes()).unwrap().requests, 1);
    for text in [
        format!(r#"{{"log": {{"entries": {}}}}}"#, deep("[", "]")),
        format!(r#"{{"log": {{"entries": [{}]}}}}"#, deep(r#"{"request": "#, "}")),
        deep(r#"{"log": "#, "}"),
        "[".repeat(1_000_000),
    ] {
        ask(text.as_bytes()).unwrap_err();
    }
}

/// A text that is generated while it is read: a head, a part `times` times, a tail.
struct Endless {
    parts: Box<dyn Iterator<Item = Vec<u8>>>,
    rest: Vec<u8>,
    at: usize,
}

impl Endless {
    fn new(head: &str, part: impl Fn(u64) -> Vec<u8> + 'static, times: u64, tail: &str) -> Self {
        let (head, tail) = (head.as_bytes().to_vec(), tail.as_bytes().to_vec());
        let parts = std::iter::once(head).chain((0..times).map(part)).chain(std::iter::once(tail));
        Self { parts: Box::new(parts), rest: Vec::new(), at: 0 }
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.rest.len() {
            match self.parts.next() {
                Some(part) => (self.rest, self.at) = (part, 0),
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.rest.len() - self.at);
        buffer[..length].copy_from_slice(&self.rest[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// An entry with a body of this size in bytes.
fn entry(number: u64, body: usize) -> Vec<u8> {
    let second = number / 100 % 60;
    let comma = if number == 0 { "" } else { "," };
    format!(
        r#"{comma}{{"startedDateTime": "2026-01-01T{:02}:{:02}:{second:02}.{:03}Z", "time": 8001, "_priority": "Low", "request": {{"method": "GET",
        "url": "http://h/api/{}?page={number}", "headers": [{{"name": "Host", "value": "h"}}]}}, "response": {{"status": {}, "content": {{"size": 9,
        "text": "{}"}}}}, "timings": {{"blocked": 8001, "send": 0, "wait": 0, "receive": 0}}}}"#,
        number / 360_000 % 24, number / 6000 % 60, number % 100 * 10, number % 50, if number.is_multiple_of(2) { 0 } else { 200 }, "x".repeat(body)
    )
    .into_bytes()
}

const HEAD: &str = r#"{"log": {"creator": {"name": "WebInspector"}, "entries": ["#;

fn peak_mib(task: impl FnOnce()) -> u64 {
    let mut task = Some(task);
    let info = allocation_counter::measure(|| {
        if let Some(task) = task.take() {
            task();
        }
    });
    info.bytes_max >> 20
}

#[test]
fn a_hundred_thousand_entries() {
    let started = std::time::Instant::now();
    let peak = peak_mib(|| {
        let diagnosis = ask(Endless::new(HEAD, |number| entry(number, 0), 100_000, "]}}")).unwrap();
        assert_eq!(diagnosis.requests, 100_000);
    });
    println!("100 000 entries: at most {peak} MiB, {:?}", started.elapsed());
    assert!(peak < 512, "{peak} MiB");
}

#[test]
fn more_entries_than_the_limit() {
    let peak = peak_mib(|| {
        let message = ask(Endless::new(HEAD, |number| entry(number, 0), 1_000_000, "]}}")).unwrap_err();
        assert!(message.contains(&format!("more than {} entries", limits::ENTRIES)), "{message}");
    });
    println!("a million entries: at most {peak} MiB");
    assert!(peak < 512, "{peak} MiB");
}

#[test]
fn two_hundred_megabytes() {
    // In a thousand bodies; in one URL; and of a file without an end.
    let bodies = peak_mib(|| {
        assert_eq!(ask(Endless::new(HEAD, |number| entry(number, 200_000), 1_000, "]}}")).unwrap().requests, 1_000)
    });
    assert!(bodies < 32, "{bodies} MiB");
    let head = r#"{"log": {"entries": [{"startedDateTime": "2026-01-01T00:00:00Z", "request": {"url": "http://h/"#;
    let one_url = peak_mib(|| {
        let diagnosis = ask(Endless::new(head, |_| vec![b'x'; 1 << 20], 200, r#""}}]}}"#)).unwrap();
        assert!(diagnosis.notes.iter().any(|note| note.contains("was cut")), "{:?}", diagnosis.notes);
    });
    assert!(one_url < 16, "{one_url} MiB");
    let endless = peak_mib(|| {
        let message = ask(Endless::new(HEAD, |_| vec![b' '; 1 << 20], 10_000, "")).unwrap_err();
        assert!(message.contains("too large: the file is more than 512 MiB"), "{message}");
    });
    println!("200 MB of bodies: at most {bodies} MiB; in one URL: {one_url} MiB; an endless file: {endless} MiB");
    assert!(endless < 8, "{endless} MiB");
}

#[test]
fn a_bomb_of_gzip() {
    let mut member = GzEncoder::new(Vec::new(), Compression::best());
    member.write_all(&vec![b' '; 32 << 20]).unwrap();
    let member = member.finish().unwrap();
    let mut head = GzEncoder::new(Vec::new(), Compression::fast());
    head.write_all(b"{").unwrap();
    let mut bomb = head.finish().unwrap();
    for _ in 0..64 {
        bomb.extend_from_slice(&member);
    }
    println!("{} KiB that unpack to 2 GiB", bomb.len() >> 10);
    let peak = peak_mib(|| {
        let error = Archive::read("bomb.har.gz", bomb.as_slice()).unwrap_err();
        assert!(matches!(error, HarError::TooLarge { what: "its text", limit: 1024, .. }), "{error}");
    });
    assert!(peak < 8, "{peak} MiB");
}

/// A word for a number: addresses that nothing folds.
fn word(number: u64) -> String {
    (0..6).map(|place| char::from(b"ghijklmnop"[(number / 10_u64.pow(place) % 10) as usize])).collect()
}

#[test]
fn a_hundred_thousand_addresses_that_have_nothing_in_common() {
    // 50 000 addresses, each called at the same two moments: every pair of them could hang on one timer. Work that grows
    // with the square of that would take minutes.
    let entry = |number: u64| {
        let (second, address) = (number / 50_000 * 2, word(number % 50_000));
        format!(
            r#"{}{{"startedDateTime": "2026-01-01T00:00:0{second}Z", "time": 12.5, "request": {{"method": "GET", "url": "http://h/{address}"}},
            "response": {{"status": 200, "httpVersion": "http/1.1"}}, "timings": {{"blocked": 1, "send": 0.5, "wait": 10, "receive": 1}}}}"#,
            if number > 0 { "," } else { "" }
        )
        .into_bytes()
    };
    let started = std::time::Instant::now();
    let peak = peak_mib(|| {
        assert_eq!(ask(Endless::new(HEAD, entry, 100_000, "]}}")).unwrap().requests, 100_000);
    });
    println!("50 000 addresses twice: at most {peak} MiB, {:?}", started.elapsed());
    assert!(peak < 512, "{peak} MiB");
}

#[test]
fn long_addresses_that_could_vary_in_each_of_their_parts() {
    // As many bytes of addresses as are kept; each could be merged with others in any of its sixteen values.
    let entry = |number: u64| {
        let query = (0..16).map(|part| format!("{}={}{}", word(part), word(number), "x".repeat(480)));
        format!(
            r#"{}{{"startedDateTime": "2026-01-01T00:00:00Z", "time": 5, "request": {{"method": "GET", "url": "http://h/a?{}"}},
            "response": {{"status": 0}}, "timings": {{"blocked": 5}}}}"#,
            if number > 0 { "," } else { "" },
            query.collect::<Vec<_>>().join("&")
        )
        .into_bytes()
    };
    let started = std::time::Instant::now();
    let peak = peak_mib(|| {
        let archive = Archive::read("hostile.har", Endless::new(HEAD, entry, 16_000, "]}}")).unwrap();
        assert_eq!(Diagnosis::new(&archive).requests, 16_000);
    });
    println!("16 000 addresses of 8 KiB: at most {peak} MiB, {:?}", started.elapsed());
    assert!(peak < 1024, "{peak} MiB");
}

#[test]
fn a_packed_gigabyte_in_one_address() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(HEAD.as_bytes()).unwrap();
    packed.write_all(br#"{"startedDateTime": "2026-01-01T00:00:00Z", "request": {"url": "http://h/"#).unwrap();
    let part = vec![b'x'; 1 << 20];
    for _ in 0..1000 {
        packed.write_all(&part).unwrap();
    }
    packed.write_all(br#""}}]}}"#).unwrap();
    let packed = packed.finish().unwrap();
    let peak = peak_mib(|| {
        let diagnosis = ask(packed.as_slice()).unwrap();
        assert!(diagnosis.notes.iter().any(|note| note.contains("was cut")), "{:?}", diagnosis.notes);
    });
    println!("{} KiB that unpack to an address of 1000 MiB: at most {peak} MiB", packed.len() >> 10);
    assert!(peak < 16, "{peak} MiB");
}
