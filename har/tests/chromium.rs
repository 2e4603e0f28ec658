//! Captures of a real Chromium 156 (`scripts/capture-hars`): connections that run out, sent and unanswered calls, the
//! cache's lock, the scheduler's hold, an event stream and a WebSocket. The server's own log is the truth: every entry is
//! judged as it says.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::Value;
use sixslot_har::{Archive, Diagnosis, Verdict};
use std::collections::BTreeMap;
use std::path::Path;

fn capture(name: &str) -> (Archive, Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/chromium");
    let archive = Archive::open(&folder.join(format!("{name}.har"))).unwrap();
    let truth = std::fs::read(folder.join(format!("{name}.truth.json"))).unwrap();
    (archive, serde_json::from_slice(&truth).unwrap())
}

fn diagnosed(name: &str) -> (Archive, Diagnosis) {
    let (archive, _) = capture(name);
    let diagnosis = Diagnosis::new(&archive);
    (archive, diagnosis)
}

/// Where each unanswered request may have been.
fn places(name: &str) -> Vec<(String, bool, bool, bool)> {
    let (archive, diagnosis) = diagnosed(name);
    let place = |one: &sixslot_har::unanswered::Unanswered| {
        (archive.entries[one.entry].url.target(), one.pool, one.cache, one.scheduler)
    };
    diagnosis.unanswered.iter().map(place).collect()
}

#[test]
fn every_entry_is_judged_as_the_servers_log_says() {
    let mut seen = BTreeMap::<Verdict, usize>::new();
    for name in ["pool", "sent", "lock", "scheduler", "streams"] {
        let (archive, truth) = capture(name);
        let mut sent = BTreeMap::<String, [u64; 2]>::new();
        for entry in &archive.entries {
            let target = entry.url.target();
            let log = &truth[&target];
            *seen.entry(entry.verdict).or_default() += 1;
            let [arrived, headers] = sent.entry(target.clone()).or_default();
            *arrived += u64::from(entry.verdict != Verdict::NeverSent);
            *headers += u64::from(entry.verdict.is_answered());
            let complete = log["complete"] == log["arrived"];
            match entry.verdict {
                Verdict::Answered => assert!(complete, "{name}: {target}"),
                Verdict::AbortedInBody | Verdict::Socket | Verdict::EventStream => {
                    assert!(!complete, "{name}: {target}")
                }
                Verdict::NeverSent | Verdict::SentUnanswered => {}
                other => panic!("{name}: {target}: {other:?}"),
            }
        }
        // Of one URL that was asked for twice the log has a count, not who it was.
        for (target, [arrived, headers]) in sent {
            let log = |word: &str| truth[&target][word].as_u64().unwrap_or(0);
            assert_eq!((arrived, headers), (log("arrived"), log("headers")), "{name}: {target}");
        }
    }
    println!("{seen:?}");
    for verdict in [
        Verdict::Answered,
        Verdict::AbortedInBody,
        Verdict::SentUnanswered,
        Verdict::NeverSent,
        Verdict::Socket,
        Verdict::EventStream,
    ] {
        assert!(seen.contains_key(&verdict), "{verdict:?}");
    }
    assert_eq!(seen.values().sum::<usize>(), 31);
}

#[test]
fn a_full_pool_is_proved_with_who_held_it() {
    assert_eq!(places("pool"), [("/slow?ms=1&starved=1".to_owned(), true, false, false)]);
    let (archive, diagnosis) = diagnosed("pool");
    let origin = &diagnosis.origins[0];
    assert_eq!((origin.most_held, diagnosis.causes.never_sent), (6, 1));
    assert!((1400.0..1600.0).contains(&origin.saturated_ms()), "{}", origin.saturated_ms());
    assert_eq!(origin.holders[0].requests, 6);
    // The one that waited for a connection and got it: not at the scheduler.
    let waits = archive.entries.iter().find(|entry| entry.url.as_str().contains("waits")).unwrap();
    let waiting = waits.waiting(0.0).unwrap();
    assert!(waiting.pool_or_cache_ms.unwrap() > 1300.0 && waiting.scheduler_ms.unwrap() < 50.0, "{waiting:?}");
}

#[test]
fn sent_and_unanswered_is_no_starvation() {
    let (_, diagnosis) = diagnosed("sent");
    assert_eq!((diagnosis.causes.sent, diagnosis.causes.never_sent, diagnosis.causes.unknown), (2, 0, 0));
    assert!(!diagnosis.is_saturated());
    assert!(places("sent").iter().all(|(_, pool, cache, scheduler)| !(*pool || *cache || *scheduler)));
}

#[test]
fn the_caches_lock_and_the_scheduler_are_told_from_the_pool() {
    assert_eq!(places("lock"), [("/slow?ms=1200&same=1".to_owned(), false, true, false)]);
    let (_, diagnosis) = diagnosed("lock");
    assert_eq!((diagnosis.identical[0].together, diagnosis.identical.len()), (2, 1));
    // Below priority Medium, both the scheduler and the pool fit while six are in flight.
    assert_eq!(places("scheduler"), [("/slow?ms=1&low=1".to_owned(), true, false, true)]);
    let (archive, _) = diagnosed("scheduler");
    let held =
        archive.entries.iter().find(|entry| entry.url.as_str().ends_with("low=2")).unwrap().waiting(0.0).unwrap();
    assert!(held.scheduler_ms.unwrap() > 1000.0 && held.pool_or_cache_ms.unwrap() < 5.0, "{held:?}");
}

#[test]
fn a_stream_holds_a_connection_and_a_socket_does_not() {
    let (archive, diagnosis) = diagnosed("streams");
    let verdicts = diagnosis.streams.iter().map(|stream| stream.verdict).collect::<Vec<_>>();
    assert!(verdicts.contains(&Verdict::EventStream) && verdicts.contains(&Verdict::Socket) && verdicts.len() == 2);
    for entry in &archive.entries {
        match entry.verdict {
            Verdict::EventStream => assert_eq!(entry.held(archive.span_ms).unwrap().1, archive.span_ms),
            Verdict::Socket => assert_eq!(entry.held(archive.span_ms), None),
            _ => {}
        }
    }
    let origin = diagnosis.origins.iter().find(|origin| origin.origin.starts_with("http://")).unwrap();
    assert_eq!(origin.most_held, 2, "the stream and one call: {:?}", origin.held);
}
