//! Twenty loads of the real dashboard (`scenarios/hypotheses/captures/`): classes, cadence, guard, deadlines and the prefetch
//! burst are found in every capture where they can be found, and the verdicts are scored against the truth beside each file.
//!
//! The captures have no header lists, so whether a call without an answer was sent cannot be read from them.
#![allow(clippy::unwrap_used, missing_docs)]

use flate2::read::GzDecoder;
use serde_json::Value;
use sixslot_har::cadence::{Cadence, Guard};
use sixslot_har::{Archive, Diagnosis, Pool, Verdict};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

struct Load {
    name: String,
    archive: Archive,
    diagnosis: Diagnosis,
    truth: Value,
}

fn loads() -> Vec<Load> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/hypotheses/captures");
    let mut paths = Vec::<PathBuf>::new();
    for cell in std::fs::read_dir(folder).unwrap().map(|cell| cell.unwrap().path()).filter(|path| path.is_dir()) {
        paths.extend(std::fs::read_dir(cell).unwrap().map(|file| file.unwrap().path()));
    }
    paths.retain(|path| path.to_str().unwrap().ends_with(".har.gz"));
    paths.sort();
    let load = |path: PathBuf| {
        let archive = Archive::open(&path).unwrap();
        let name = path.to_str().unwrap().rsplit("captures/").next().unwrap().trim_end_matches(".har.gz").to_owned();
        let truth = std::fs::File::open(path.to_str().unwrap().replace(".har.gz", ".truth.json.gz")).unwrap();
        let truth = serde_json::from_reader(GzDecoder::new(truth)).unwrap();
        Load { name, diagnosis: Diagnosis::new(&archive), archive, truth }
    };
    let loads = paths.into_iter().map(load).collect::<Vec<_>>();
    assert_eq!(loads.len(), 20);
    loads
}

const SESSION: &str = "/api/sessions/ao-{n}";
const SIDEBAR: &str = "/api/sessions?fresh=true";
const PREFETCH: &str = "/projects/{*}?_rsc={x}";

fn class<'a>(load: &'a Load, pattern: &str) -> Option<&'a sixslot_har::diagnosis::ClassFacts> {
    load.diagnosis.classes.iter().find(|facts| facts.class.kind.pattern == pattern)
}

fn starts(load: &Load, pattern: &str) -> Vec<f64> {
    class(load, pattern).map_or_else(Vec::new, |facts| {
        facts.class.entries.iter().map(|at| load.archive.entries[*at].start_ms).collect()
    })
}

fn of<'a>(cadences: &'a [Cadence], pattern: &str) -> Vec<&'a Cadence> {
    cadences.iter().filter(|cadence| cadence.kinds.iter().any(|kind| kind.pattern == pattern)).collect()
}

#[test]
fn the_same_classes_are_found_in_every_capture() {
    for load in loads() {
        for (pattern, priority, count) in [
            ("/projects/agent-orchestrator/sessions/ao-{n}", Some("VeryHigh"), 1),
            ("/api/runtime/terminal", Some("High"), 1),
            ("/api/projects", Some("High"), 1),
            ("/mux", None, 1),
            (PREFETCH, Some("Low"), 5),
        ] {
            let facts = class(&load, pattern).unwrap_or_else(|| panic!("{}: {pattern}", load.name));
            assert_eq!(
                (facts.class.kind.priority.as_deref(), facts.class.entries.len()),
                (priority, count),
                "{}: {pattern}",
                load.name
            );
        }
        assert!(class(&load, SESSION).is_some() && class(&load, SIDEBAR).is_some(), "{}", load.name);
        let chunks = load.diagnosis.classes.iter().filter(|facts| facts.class.kind.resource_type == "script").count();
        assert_eq!(chunks, 1, "{}: static files are one class", load.name);
    }
}

#[test]
fn the_poll_is_found_in_every_capture_that_has_two_starts() {
    let (mut found, mut certain, mut guarded) = (0, 0, 0);
    for load in loads() {
        for pattern in [SESSION, SIDEBAR] {
            let cadences = of(&load.diagnosis.cadences, pattern);
            if starts(&load, pattern).len() < 2 {
                assert!(cadences.is_empty(), "{}", load.name);
                continue;
            }
            let [cadence] = cadences.as_slice() else { panic!("{}: {pattern}: {cadences:?}", load.name) };
            assert_eq!(cadence.period_ms, 2000.0, "{}: {pattern}: {:?}", load.name, cadence.candidates_ms);
            // The guard shows where a call was longer than the period.
            let longer = starts(&load, pattern).windows(2).any(|pair| pair[1] - pair[0] > 3000.0);
            assert!(cadence.guard != Guard::Absent && (!longer || cadence.guard == Guard::Seen), "{}", load.name);
            found += 1;
            certain += usize::from(cadence.is_certain());
            guarded += usize::from(cadence.guard == Guard::Seen);
        }
    }
    println!("2 s poll: found in {found} tracks, the only period that fits in {certain}, guard seen in {guarded}");
    assert!(found >= 28 && certain >= 10 && guarded >= 18, "{found} {certain} {guarded}");
}

#[test]
fn the_deadlines_are_found_in_every_capture_with_an_abort() {
    let (mut session, mut sidebar) = (0, 0);
    for load in loads() {
        let cut = |pattern: &str| {
            class(&load, pattern).unwrap().class.entries.iter().any(|at| {
                let entry = &load.archive.entries[*at];
                entry.verdict == Verdict::Unknown && entry.life_ms.is_some()
            })
        };
        for (pattern, ms, count) in [(SESSION, 8000.0, &mut session), (SIDEBAR, 5000.0, &mut sidebar)] {
            let found =
                load.diagnosis.deadlines.iter().filter(|deadline| deadline.kind.pattern == pattern).collect::<Vec<_>>();
            assert_eq!(found.len(), usize::from(cut(pattern)), "{}: {pattern}: {found:?}", load.name);
            for deadline in found {
                assert_eq!((deadline.deadline_ms, deadline.answered_later), (ms, 0), "{}", load.name);
                *count += 1;
            }
        }
        let others = load
            .diagnosis
            .deadlines
            .iter()
            .filter(|deadline| ![SESSION, SIDEBAR].contains(&deadline.kind.pattern.as_str()));
        assert_eq!(others.count(), 0, "{}: only these two have a deadline", load.name);
    }
    assert!(session >= 4 && sidebar >= 8, "{session} {sidebar}");
}

#[test]
fn the_prefetch_burst_follows_the_projects() {
    for load in loads() {
        let [burst] = load.diagnosis.bursts.as_slice() else { panic!("{}: {:?}", load.name, load.diagnosis.bursts) };
        let facts = &load.diagnosis.classes[burst.class];
        assert_eq!((facts.class.kind.pattern.as_str(), burst.count), (PREFETCH, 5), "{}", load.name);
        let cause = &load.archive.entries[burst.after.unwrap()];
        assert_eq!(cause.url.path(), "/api/projects", "{}", load.name);
    }
}

#[test]
fn six_connections_are_never_exceeded_and_a_socket_is_beside_them() {
    for load in loads() {
        let origin = &load.diagnosis.origins[0];
        assert!(origin.most_held <= 6, "{}: {}", load.name, origin.most_held);
        assert_eq!(load.diagnosis.streams.len(), 1, "{}", load.name);
        assert_eq!(load.diagnosis.streams[0].verdict, Verdict::Socket, "{}", load.name);
    }
}

#[test]
fn several_captures_together_leave_one_period_and_two_deadlines() {
    let loads = loads();
    let (archives, diagnoses): (Vec<_>, Vec<_>) = loads.into_iter().map(|load| (load.archive, load.diagnosis)).unzip();
    let pool = Pool::new(&archives, &diagnoses);
    assert_eq!(pool.files, 20);
    let [cadence] = pool.cadences.as_slice() else { panic!("{:?}", pool.cadences) };
    assert_eq!((cadence.candidates_ms.as_slice(), cadence.guard, cadence.kinds.len()), (&[2000.0][..], Guard::Seen, 2));
    let deadlines = pool
        .deadlines
        .iter()
        .map(|deadline| (deadline.kind.pattern.as_str(), deadline.deadline_ms))
        .collect::<BTreeMap<_, _>>();
    assert_eq!(deadlines, BTreeMap::from([(SESSION, 8000.0), (SIDEBAR, 5000.0)]));
    assert!(pool.deadlines.iter().all(sixslot_har::Deadline::is_certain));
}

/// How the verdicts do against the truth: one line for each kind of claim.
#[derive(Debug, Default)]
struct Score {
    right: usize,
    wrong: usize,
}

impl Score {
    fn add(&mut self, right: bool) {
        *(if right { &mut self.right } else { &mut self.wrong }) += 1;
    }
}

#[test]
fn verdicts_against_the_truth() {
    let mut scores = BTreeMap::<&str, Score>::new();
    let mut silent = 0;
    for load in loads() {
        let requests = load.truth["requests"].as_array().unwrap();
        // The truth has one line for each entry, in the order of the file.
        let mut entries = load.archive.entries.iter().collect::<Vec<_>>();
        entries.sort_by_key(|entry| entry.number);
        assert_eq!(entries.len(), requests.len(), "{}", load.name);
        let truth =
            entries.iter().zip(requests).map(|(entry, truth)| (entry.number, truth)).collect::<BTreeMap<_, _>>();
        for (entry, truth) in entries.iter().zip(requests) {
            assert_eq!(entry.url.as_str(), truth["url"].as_str().unwrap(), "{}", load.name);
            let sent = truth["sentOnWire"].as_bool();
            match entry.verdict {
                Verdict::Answered | Verdict::AbortedInBody => {
                    scores.entry("answered over the network: it was sent").or_default().add(sent == Some(true))
                }
                Verdict::FromCache => scores.entry("from cache: it was not sent").or_default().add(sent == Some(false)),
                Verdict::NeverSent | Verdict::SentUnanswered => {
                    scores.entry("a verdict without evidence").or_default().add(false)
                }
                Verdict::Unknown => silent += 1,
                other => assert_eq!(other, Verdict::Socket),
            }
        }
        for one in load.diagnosis.unanswered.iter().filter(|one| one.had_room()) {
            let entry = &load.archive.entries[one.entry];
            // Of a call that was still open when the capture ended no claim is made.
            if entry.end == sixslot_har::End::Open {
                continue;
            }
            scores
                .entry("no answer, but a connection was free: it was sent")
                .or_default()
                .add(truth[&entry.number]["sentOnWire"].as_bool().unwrap());
        }
        for busy in &load.diagnosis.busy {
            // The server's own log has each of them as slow as the file says, or slower: the time was the server's.
            for at in &busy.entries {
                let entry = &load.archive.entries[*at];
                let Some(server) = truth[&entry.number]["serverMs"].as_f64() else { continue };
                let sent = truth[&entry.number]["sentAfterMs"].as_f64().unwrap();
                // Its server counts from when its loop gets to it; until the headers both together are the file's life.
                let until_headers = entry.life_ms.unwrap() - entry.timings.receive.unwrap_or(0.0);
                scores
                    .entry("slow together: the time was the server's")
                    .or_default()
                    .add(sent + server >= until_headers - 50.0);
            }
        }
    }
    println!("score of the verdicts over 20 captures of the real dashboard:");
    for (claim, Score { right, wrong }) in &scores {
        println!("  {claim}: {right} right, {wrong} wrong");
    }
    println!("  no claim, because the file does not say: {silent}");
    assert!(scores.values().all(|score| score.wrong == 0), "{scores:?}");
    assert!(scores["answered over the network: it was sent"].right > 500, "{scores:?}");
    assert!(scores["no answer, but a connection was free: it was sent"].right >= 15, "{scores:?}");
    assert!(silent > 50);
}

#[test]
fn failing_captures_do_not_prove_starvation_and_point_to_a_saturated_server() {
    let mut failing = 0;
    for load in loads() {
        let causes = &load.diagnosis.causes;
        assert_eq!((causes.never_sent, causes.sent), (0, 0), "{}: the file cannot say", load.name);
        let failed = load.truth["outcome"]["t_error_shown"].is_number();
        if failed {
            failing += 1;
            assert!(causes.unknown > 0 && causes.busy >= 2, "{}: {causes:?}", load.name);
        }
        // A quiet machine with few records: no sign.
        if load.name.starts_with("T00") || load.name.starts_with("PS1000") || load.name.starts_with("F2b") {
            assert_eq!(causes.busy, 0, "{}", load.name);
        }
    }
    assert!(failing >= 4, "{failing}");
}
