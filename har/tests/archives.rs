//! 42 archives of real pages by every exporter (`tests/archives/README.md`): their exporters, the numbers of loads and pages that they
//! hold, the page's protocol, and how many connections were in use at once.
#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_har::{Archive, Diagnosis, End, Exporter, Protocol, ProtocolSign, Verdict};
use std::path::Path;

/// File, exporter, loads, pages among them, protocol of the page's origin, and the most connections in use at once at any
/// serial origin and at any multiplexed one (0: the file names none).
type Row = (&'static str, Exporter, usize, usize, Protocol, usize, usize);

const ROWS: [Row; 42] = [
    ("0698f0", Exporter::PhantomJs, 1, 1, Protocol::Http1, 0, 0),
    ("0b7518", Exporter::Chrome, 1, 1, Protocol::Http1, 6, 0),
    ("0ba4f3", Exporter::Chrome, 1, 1, Protocol::Http1, 5, 0),
    ("0baa94", Exporter::WebPageTest, 1, 1, Protocol::Http2, 0, 1),
    ("0cf096", Exporter::Chrome, 1, 1, Protocol::Multiplexed, 1, 1),
    ("141b73", Exporter::ChromeHar, 5, 1, Protocol::Http2, 0, 1),
    ("1ac172", Exporter::Playwright, 1, 1, Protocol::Http1, 0, 0),
    ("1b6049", Exporter::Safari, 1, 1, Protocol::Http2, 1, 1),
    ("24ee10", Exporter::Mitmproxy, 1, 1, Protocol::Unknown, 0, 0),
    ("24ffdf", Exporter::Firefox, 1, 1, Protocol::Http1, 0, 0),
    ("26f284", Exporter::Chrome, 1, 1, Protocol::Http1, 6, 0),
    ("2b4386", Exporter::ChromeHar, 5, 1, Protocol::Http1, 6, 1),
    ("391825", Exporter::Chrome, 1, 1, Protocol::Http1, 6, 0),
    ("3be1cf", Exporter::Chrome, 1, 1, Protocol::Http1, 5, 0),
    ("40d37d", Exporter::Chrome, 2, 2, Protocol::Http3, 0, 0),
    ("4798a3", Exporter::Chrome, 1, 1, Protocol::Http1, 6, 0),
    ("505cbf", Exporter::Chrome, 3, 1, Protocol::Http1, 3, 0),
    ("5efc38", Exporter::ChromeHar, 5, 1, Protocol::Http2, 0, 1),
    ("65e28f", Exporter::ChromeHar, 1, 1, Protocol::Http1, 6, 1),
    ("6bb651", Exporter::ChromeHar, 9, 1, Protocol::Http1, 6, 0),
    ("81cd67", Exporter::Chrome, 1, 1, Protocol::Multiplexed, 0, 1),
    ("893110", Exporter::Insomnia, 1, 1, Protocol::Http1, 0, 0),
    ("8a1d8e", Exporter::Fiddler, 1, 1, Protocol::Http1, 5, 0),
    ("92ba50", Exporter::Playwright, 1, 1, Protocol::Http1, 0, 0),
    ("97d9eb", Exporter::ChromeHar, 5, 1, Protocol::Http1, 6, 1),
    ("98c4eb", Exporter::WebPageTest, 5, 1, Protocol::Http1, 7, 4),
    ("a5b09f", Exporter::Chrome, 1, 1, Protocol::Http1, 1, 1),
    ("ab9bf4", Exporter::WebPageTest, 2, 2, Protocol::Http1, 6, 1),
    ("ae4281", Exporter::ChromeHar, 5, 1, Protocol::Http1, 6, 1),
    ("c48876", Exporter::WebPageTest, 1, 1, Protocol::Http1, 0, 0),
    ("c74723", Exporter::Charles, 1, 1, Protocol::Http1, 0, 0),
    ("cae113", Exporter::ChromeHar, 5, 1, Protocol::Http1, 6, 1),
    ("cc0541", Exporter::Chrome, 1, 1, Protocol::Http1, 2, 0),
    ("d60c29", Exporter::Firebug, 1, 1, Protocol::Http1, 0, 0),
    ("d6460c", Exporter::ChromeHar, 5, 1, Protocol::Http1, 6, 1),
    ("dad7ed", Exporter::Firebug, 1, 1, Protocol::Http1, 0, 0),
    ("ed8e0f", Exporter::Mitmproxy, 1, 1, Protocol::Http2, 0, 0),
    ("ef5ef7", Exporter::ChromeHar, 5, 1, Protocol::Http2, 0, 1),
    ("f0c3e1", Exporter::Playwright, 1, 1, Protocol::Http1, 0, 0),
    ("f6becf", Exporter::EdgeF12, 1, 1, Protocol::Http1, 0, 0),
    ("ff3a5a", Exporter::ChromeHar, 1, 1, Protocol::Http1, 2, 2),
    ("wptgoo", Exporter::WebPageTest, 1, 1, Protocol::Http3, 0, 2),
];

fn open(id: &str) -> Archive {
    Archive::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/archives/{id}.har.gz"))).unwrap()
}

fn row(id: &'static str) -> Row {
    let archive = open(id);
    let origins = archive.origins();
    let most = |multiplexed| {
        let of = origins.iter().filter(|origin| origin.protocol.is_multiplexed() == multiplexed);
        of.filter_map(|origin| origin.at_once).max().unwrap_or(0)
    };
    let protocol = origins.first().map_or(Protocol::Unknown, |origin| origin.protocol);
    (id, archive.exporter, archive.loads.len(), archive.groups().len(), protocol, most(false), most(true))
}

#[test]
fn exporter_loads_protocol_and_connections_of_each() {
    let mut wrong = Vec::new();
    for expected in ROWS {
        let found = row(expected.0);
        if found != expected {
            wrong.push(format!("{found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/archives");
    let mut files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files =
        files.by_ref().filter_map(|name| Some(name.strip_suffix(".har.gz")?.to_owned())).collect::<Vec<_>>();
    files.sort();
    assert_eq!(files, ROWS.map(|row| row.0));
}

#[test]
fn what_holds_for_every_archive() {
    for (id, ..) in ROWS {
        let archive = open(id);
        let diagnosis = Diagnosis::new(&archive);
        assert_eq!(archive.entries[0].start_ms, 0.0, "{id}");
        assert_eq!(archive.loads.iter().map(|load| load.entries.len()).sum::<usize>(), archive.entries.len(), "{id}");
        for origin in &diagnosis.origins {
            // Browsers open six connections. One origin of a Firefox by WebPageTest shows seven: it set two up at once.
            let most = if id == "98c4eb" { 7 } else { 6 };
            if !origin.protocol.is_multiplexed() {
                assert!(origin.at_once.unwrap_or(0) <= most, "{id}: {} {:?}", origin.origin, origin.at_once);
            }
            assert!(
                !origin.protocol.is_multiplexed() || origin.most_held == 0 || origin.signs.len() > 1,
                "{id}: {origin:?}"
            );
        }
        for entry in &archive.entries {
            let number = entry.number;
            assert!(entry.start_ms >= 0.0 && entry.life_ms.is_none_or(|life| life >= 0.0), "{id}: {number}");
            assert!(entry.released_ms.zip(entry.end_ms()).is_none_or(|(free, end)| free <= end), "{id}: {number}");
            assert!(entry.protocol_sign != ProtocolSign::None || entry.protocol == Protocol::Unknown, "{id}: {number}");
            // What a cache served crossed no network.
            assert!(!entry.is_from_cache() || entry.network_wait_ms().is_none(), "{id}: {number}");
            if let (Some(sent), Some(headers)) = (entry.sent_ms(), entry.headers_ms()) {
                assert!(entry.start_ms <= sent && sent <= headers + 0.001, "{id}: {number}: {sent} {headers}");
            }
        }
        for load in 0..archive.loads.len() {
            for (causes, effect) in archive.causes(load).iter().zip(&archive.loads[load].entries) {
                for cause in causes {
                    assert!(cause.entry < *effect && cause.delay_ms >= 0.0, "{id}: {cause:?}");
                    assert_eq!(archive.entries[cause.entry].load, load, "{id}");
                }
            }
        }
    }
}

#[test]
fn healthy_captures_of_several_loads_show_no_timers_and_no_deadlines() {
    for (id, _, loads, ..) in ROWS.into_iter().filter(|row| row.2 > 1) {
        let archive = open(id);
        let diagnosis = Diagnosis::new(&archive);
        let aborted = archive.entries.iter().filter(|entry| entry.end == End::Aborted).count();
        assert!(aborted > 0 || diagnosis.deadlines.is_empty(), "{id} {loads}");
        let documents = diagnosis
            .cadences
            .iter()
            .flat_map(|cadence| &cadence.kinds)
            .filter(|kind| kind.resource_type == "document");
        assert_eq!(documents.count(), 0, "{id}");
    }
}

#[test]
fn causes_are_those_that_the_file_names() {
    // Entries with an initiator whose address is in the same load have a cause; nobody is left out.
    for (id, ..) in ROWS {
        let archive = open(id);
        for (number, load) in archive.loads.iter().enumerate() {
            let causes = archive.causes(number);
            for (effect, causes) in load.entries.iter().zip(&causes) {
                let entry = &archive.entries[*effect];
                let Some(url) = entry.initiator.as_ref().and_then(|initiator| initiator.url.as_deref()) else {
                    continue;
                };
                let url = url.split('#').next().unwrap();
                let before = load.entries.iter().take_while(|at| *at != effect);
                let named = before
                    .map(|at| &archive.entries[*at])
                    .any(|other| other.url.as_str() == url && other.redirect.is_none());
                assert!(!named || !causes.is_empty(), "{id}: {} by {url}", entry.number);
            }
        }
    }
}

#[test]
fn streams_are_what_stays_open() {
    for (id, ..) in ROWS {
        for entry in open(id).entries.iter().filter(|entry| entry.verdict == Verdict::EventStream) {
            let long = entry.timings.receive.is_some_and(|ms| ms >= 1000.0);
            let source = entry.resource_type.as_deref() == Some("eventsource");
            assert!(long || source || entry.end == End::Open, "{id}: {}", entry.number);
        }
    }
}
