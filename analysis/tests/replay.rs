//! Recorded loads, imported and simulated again: every request is there, and the scenario is a model and no tape.
//!
//! The archives are real ones, sanitised; `scripts/replay-archives` measures how near their replays come. Here it is a law
//! for every load of every archive: what a cause is late by, its dependents are late by; and fewer connections make what
//! queued wait longer.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_analysis::import::import;
use sixslot_har::Archive;
use sixslot_models::Document;
use sixslot_models::load::{Extent, Load, Request, Station};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Loads with fewer requests say little.
const FEWEST: usize = 6;

/// The loads of the archives, each as an archive.
fn loads() -> Vec<Archive> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../har/tests/archives");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.to_str().unwrap().ends_with(".har.gz")).collect();
    files.sort();
    assert!(files.len() >= 40, "{} archives", files.len());
    let split = files.into_iter().flat_map(|file| Archive::open(&file).unwrap().split());
    split.filter(|load| load.entries.len() >= FEWEST).collect()
}

/// What a scenario's load does: requests by class name and instance, and the time that all of them wait for a connection.
struct Simulated {
    issued: BTreeMap<(String, u32), f64>,
    urls: BTreeSet<String>,
    pool_ms: f64,
}

fn simulate(text: &str, sets: &[String], what: &str) -> Simulated {
    let plan = Document::read(what, text, sets).and_then(|document| document.plan(&[], &[]));
    let plan = plan.unwrap_or_else(|error| panic!("{what}: {error}"));
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    let key = |request: &Request| (plan.classes()[request.class].name.clone(), request.index);
    let url =
        |request: &Request| plan.classes()[request.class].copy(request.index).url.expand(request.index, request.tab);
    let pool = |request: &Request| request.spent(Station::Pool).as_millis_f64();
    Simulated {
        issued: load.requests().iter().map(|request| (key(request), request.issued.as_millis_f64())).collect(),
        urls: load.requests().iter().map(url).collect(),
        pool_ms: load.requests().iter().map(pool).sum(),
    }
}

/// The instance that an anchor names, where it waits for headers or the end.
fn cause(after: &str) -> Option<(String, u32)> {
    let name = after.strip_suffix(".headers").or_else(|| after.strip_suffix(".ok"))?;
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((name, copy)) => Some((name.to_owned(), copy.parse().unwrap())),
        None => Some((name.to_owned(), 0)),
    }
}

/// An instance that waits for another, and whether for nothing else.
type Dependent = ((String, u32), bool);

/// The entries of `each` that wait for each instance.
fn dependents(scenario: &toml::Table) -> BTreeMap<(String, u32), Vec<Dependent>> {
    let mut found: BTreeMap<(String, u32), Vec<Dependent>> = BTreeMap::new();
    for (name, class) in scenario["request"].as_table().unwrap() {
        for (copy, entry) in class.get("each").and_then(toml::Value::as_array).into_iter().flatten().enumerate() {
            let after = match entry.get("after") {
                Some(toml::Value::Array(all)) => all.iter().filter_map(toml::Value::as_str).collect(),
                one => one.and_then(toml::Value::as_str).into_iter().collect::<Vec<_>>(),
            };
            for cause in after.iter().filter_map(|after| cause(after)) {
                let dependent = (name.clone(), u32::try_from(copy).unwrap());
                found.entry(cause).or_default().push((dependent, after.len() == 1));
            }
        }
    }
    found
}

/// The text with 500 ms more service of one instance: its entry is a line of its own.
fn late(text: &str, (name, copy): &(String, u32)) -> String {
    let table = text.find(&format!("[request.{name}]\n")).unwrap();
    let (before, behind) = text.split_at(table);
    let mut entries = 0;
    let edited = behind.split_inclusive('\n').map(|line| {
        let is_entry = line.starts_with("  { ");
        entries += u32::from(is_entry);
        if !is_entry || entries != copy + 1 {
            return line.to_owned();
        }
        // Work that others share moves more than its own dependents.
        let Some((keys, rest)) = line.split_once("service = \"") else { return line.to_owned() };
        let (ms, rest) = rest.split_once("ms\"").unwrap();
        format!("{keys}service = \"{:.3}ms\"{rest}", ms.parse::<f64>().unwrap() + 500.0)
    });
    before.to_owned() + &edited.collect::<String>()
}

#[test]
fn every_load_is_a_model_and_no_tape() {
    let (mut loads_seen, mut moved, mut queued) = (0, 0, 0);
    for archive in loads() {
        let name = archive.name.clone();
        let requested = |entry: &sixslot_har::Entry| entry.url.origin().is_some() && !entry.verdict.is_socket();
        let targets: BTreeSet<String> =
            archive.entries.iter().filter(|entry| requested(entry)).map(|entry| entry.url.target()).collect();
        let Ok(draft) = import(vec![archive]) else { continue };
        let scenario: toml::Table = draft.text.parse().unwrap();
        let simulated = simulate(&draft.text, &[], &name);
        loads_seen += 1;
        // Every recorded address is there.
        let missing: Vec<_> = targets.difference(&simulated.urls).collect();
        assert!(50 * missing.len() <= targets.len(), "{name}: {missing:?}");
        // 500 ms more on the cause of most others.
        let most = dependents(&scenario).into_iter().max_by_key(|(_, waiting)| waiting.len());
        let edited = most.map(|(cause, waiting)| (late(&draft.text, &cause), cause, waiting));
        if let Some((text, cause, waiting)) = edited.filter(|(text, ..)| *text != draft.text) {
            let late = simulate(&text, &[], &name);
            for (dependent, alone) in &waiting {
                let by = late.issued[dependent] - simulated.issued[dependent];
                let whole = (by - 500.0).abs() < 0.01;
                // Another cause may hold it longer.
                let part = !alone && (-0.01..500.01).contains(&by);
                assert!(whole || part, "{name}: {dependent:?} after {cause:?} moves by {by} ms");
                moved += usize::from(whole);
            }
        }
        // Three connections for six.
        let three = simulate(&draft.text, &["browser.connections=3".to_owned()], &name);
        assert!(three.pool_ms >= simulated.pool_ms - 0.01, "{name}: {} then {}", simulated.pool_ms, three.pool_ms);
        queued += usize::from(three.pool_ms > simulated.pool_ms + 1.0);
    }
    println!("{loads_seen} loads: {moved} dependents moved, {queued} loads queue longer with three connections");
    assert!(loads_seen >= 80 && moved > 1_000 && queued >= 30, "{loads_seen} {moved} {queued}");
}

#[test]
fn failure_is_judged_only_where_a_deadline_struck() {
    for archive in loads().into_iter().take(20) {
        let name = archive.name.clone();
        let Ok(draft) = import(vec![archive]) else { continue };
        let scenario: toml::Table = draft.text.parse().unwrap();
        let load = scenario["load"].as_table().unwrap();
        let deadlines = scenario["request"].as_table().unwrap().values().any(|class| class.get("deadline").is_some());
        let judged = load.contains_key("error");
        assert_eq!(load.get("fails").and_then(toml::Value::as_str) == Some("nothing"), !judged, "{name}");
        assert!(deadlines || !judged, "{name}");
        assert_eq!(draft.share.is_some(), load.contains_key("error"), "{name}");
    }
}
