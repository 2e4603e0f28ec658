//! Small archives of real pages, reduced to one kind of evidence each, and what they have to show.
#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_har::unanswered::Reading;
use sixslot_har::{Archive, Diagnosis, End, Evidence, Protocol, ProtocolSign, Reuse, Verdict, Via};
use std::path::Path;

fn case(name: &str) -> Archive {
    Archive::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/cases/{name}.har"))).unwrap()
}

#[test]
fn connection_close() {
    // Every answer says `Connection: close`; 21 requests have 21 ids, and each connection takes about 306 ms.
    let archive = case("connection-close");
    let origin = &archive.origins()[0];
    assert_eq!((origin.protocol, origin.connections), (Protocol::Http1, Some(21)));
    assert_eq!((origin.keep_alive.reused, origin.keep_alive.fresh, origin.keep_alive.closing), (0, 21, 21));
    assert_eq!(origin.keep_alive.reuse(), Reuse::Never);
    assert!((300.0..312.0).contains(&origin.connect_median_ms().unwrap()), "{:?}", origin.connect_ms);
    let occupancy = &Diagnosis::new(&archive).origins[0];
    assert_eq!(occupancy.most_held, 6);
    assert!((900.0..1000.0).contains(&occupancy.saturated_ms()), "{}", occupancy.saturated_ms());
    assert!((1985.0..1995.0).contains(&archive.span_ms), "{}", archive.span_ms);
}

#[test]
fn h2_one_connection() {
    // Two entries have a time to first byte of 0.04 and 0.05 ms: pushed or cached, so no reference.
    let archive = case("h2-one-connection");
    let origin = &archive.origins()[0];
    assert_eq!((origin.protocol, origin.connections, origin.at_once), (Protocol::Http2, Some(1), Some(1)));
    let diagnosis = Diagnosis::new(&archive);
    assert_eq!((diagnosis.origins[0].most_held, diagnosis.origins[0].saturated_ms()), (0, 0.0));
    for busy in &diagnosis.busy {
        assert!(busy.multiplexed && busy.connections == Some(1), "{busy:?}");
        assert!(busy.reference_ms > 1.0 && busy.shortest_ms >= 10.0 * busy.reference_ms, "{busy:?}");
    }
}

#[test]
fn iterations() {
    // Three iterations of browsertime in one file; `_initiator` is a string.
    let archive = case("iterations");
    assert_eq!(archive.groups(), [[0, 1, 2]]);
    for load in &archive.loads {
        assert!((1_900.0..5_300.0).contains(&(load.end_ms - load.start_ms)), "{load:?}");
        assert_eq!(load.document, load.entries.first().copied());
    }
    let diagnosis = Diagnosis::new(&archive);
    assert!(diagnosis.cadences.is_empty() && diagnosis.deadlines.is_empty());
    let causes = (0..3).flat_map(|load| archive.causes(load)).collect::<Vec<_>>();
    let named =
        causes.iter().filter(|causes| causes.first().is_some_and(|cause| cause.evidence == Evidence::Initiator));
    assert_eq!((causes.len(), named.count()), (120, 89));
    for (load, part) in archive.clone().split().into_iter().enumerate() {
        assert_eq!(
            (part.loads.len(), part.entries[0].start_ms, part.name.ends_with(&format!("#{}", load + 1))),
            (1, 0.0, true)
        );
        assert_eq!(part.entries.len(), archive.loads[load].entries.len());
        assert_eq!(part.causes(0), {
            let first = archive.loads[load].entries.clone();
            let place = |at: usize| first.iter().position(|entry| *entry == at).unwrap();
            let mut causes = archive.causes(load);
            causes.iter_mut().flatten().for_each(|cause| cause.entry = place(cause.entry));
            let rounded = |causes: &mut Vec<Vec<sixslot_har::Cause>>, other: &[Vec<sixslot_har::Cause>]| {
                for (one, other) in causes.iter_mut().flatten().zip(other.iter().flatten()) {
                    assert!((one.delay_ms - other.delay_ms).abs() < 1e-6);
                    one.delay_ms = other.delay_ms;
                }
            };
            rounded(&mut causes, &part.causes(0));
            causes
        });
    }
}

#[test]
fn short_streams() {
    // POSTs answered with text/event-stream that end after 1 to 8 ms, and their preflights.
    let archive = case("short-streams");
    let posts =
        archive.entries.iter().filter(|entry| entry.mime.as_deref().is_some_and(|mime| mime.contains("event-stream")));
    let posts = posts.collect::<Vec<_>>();
    assert_eq!(posts.len(), 8);
    for post in posts {
        assert_eq!(post.verdict, Verdict::Answered);
        let (from, until) = post.held(archive.span_ms).unwrap();
        assert!(until - from < 10.0, "{from} {until}");
    }
    let diagnosis = Diagnosis::new(&archive);
    assert!(diagnosis.streams.is_empty());
    let at_once = diagnosis.origins.iter().filter_map(|origin| origin.at_once);
    assert!(at_once.max().unwrap() <= 6);
    let preflights = archive.causes(0).into_iter().flatten().filter(|cause| cause.via == Via::Preflight).count();
    let options = archive.entries.iter().filter(|entry| entry.method == "OPTIONS").count();
    assert!(options == 8 && preflights == options, "{preflights} of {options}");
}

#[test]
fn wpt_protocol() {
    // `httpVersion` holds cut words; `_protocol` says HTTP/2 on every entry.
    let archive = case("wpt-protocol");
    assert!(archive.entries.iter().all(|entry| entry.protocol == Protocol::Http2));
    for origin in archive.origins() {
        assert_eq!(origin.signs.keys().collect::<Vec<_>>(), [&ProtocolSign::Exporter], "{origin:?}");
    }
    let diagnosis = Diagnosis::new(&archive);
    assert!(diagnosis.is_multiplexed());
    assert_eq!(diagnosis.saturated_ms(), 0.0);
}

#[test]
fn open_bodies() {
    // Six answers whose bodies were still open at the capture's end hold all six connections.
    let archive = case("open-bodies");
    let open = archive.entries.iter().filter(|entry| entry.end == End::Open && entry.status == 200).collect::<Vec<_>>();
    assert_eq!(open.len(), 6);
    for (place, entry) in open.iter().enumerate() {
        let (from, until) = entry.held(archive.span_ms).unwrap();
        // One of them had ended when another request was answered at 9 s: a browser has no seventh connection.
        let end = if place == 0 { 9_001.0 } else { archive.span_ms };
        assert_eq!((from, entry.life_ms), (entry.start_ms + 1.0, None));
        assert!((until - end).abs() <= 2.0, "{until} {end}");
    }
    let diagnosis = Diagnosis::new(&archive);
    assert_eq!((diagnosis.origins[0].most_held, diagnosis.origins[0].most_possible), (6, 7));
    // What was called while all six were open had no free connection.
    let called = diagnosis.unanswered.iter().filter(|one| one.reading != Reading::TakenBack).collect::<Vec<_>>();
    assert!(!called.is_empty() && called.iter().all(|one| one.pool), "{called:?}");
}
