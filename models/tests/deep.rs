//! Long chains within one instant: the engine processes them as lists, so a small stack is enough for any scenario.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::Document;
use sixslot_models::load::{Extent, Load};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The stack of a test's thread. The engine's own frames need less than 64 kB of it.
const STACK: usize = 256 * 1024;

/// The requests that succeeded, and the computations, of a load on a small stack; the error if the scenario is refused.
fn simulate(text: String) -> Result<(usize, usize), String> {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let document = Document::read("deep.toml", &text, &[]).map_err(|error| error.to_string())?;
        let plan = document.plan(&[], &[]).map_err(|error| error.to_string())?;
        let mut load = Load::new();
        load.simulate(&plan, 1, 0, Extent::Whole).map_err(|error| error.to_string())?;
        let succeeded = load.requests().iter().filter(|request| request.succeeded()).count();
        Ok((succeeded, load.computations().len()))
    });
    thread.unwrap().join().unwrap()
}

const LOOP: &str = "schema = 1\nhorizon = \"5s\"\n[browser]\nprofile = \"as-reported\"\nconnections = 100000\n\
                    connections_total = 100000\n[server]\ndiscipline = \"event-loop\"\n";

/// A scenario of 60 kB of look-ups is refused at its place.
#[test]
fn fifteen_thousand_look_ups_are_refused_at_their_place() {
    let looks_up = "\"m\",".repeat(15_000);
    let text = format!(
        "{LOOP}[server_cache.m]\nttl = \"0s\"\n[request.a]\nlooks_up = [{looks_up}]\n[load]\nready = [\"a\"]\n"
    );
    assert!(text.len() > 60_000);
    let error = simulate(text).unwrap_err();
    assert_eq!(error, "deep.toml:12:413: the list has 15000 elements, the limit is 100");
}

/// As many look-ups as a scenario may have: each request waits for a value and then computes the next one, which others
/// wait for, all within one instant.
#[test]
fn requests_that_wait_for_each_other_need_no_stack() {
    let caches: String =
        (0..100).map(|n| format!("[server_cache.m{n}]\nttl = \"0s\"\nwork = \"{}ms\"\n", u8::from(n == 0))).collect();
    let looks_up: Vec<String> = (0..100).map(|n| format!("m{n}")).collect();
    let text = format!("{LOOP}{caches}[request.a]\ncount = 5000\nlooks_up = {looks_up:?}\n[load]\nready = [\"a\"]\n");
    let (succeeded, computations) = simulate(text).unwrap();
    assert!(succeeded == 5_000 && computations >= 100, "{succeeded} and {computations}");
}

#[test]
fn segments_and_joined_calls_need_no_stack() {
    let text = format!(
        "{LOOP}[request.a]\nsegments = 1000\nwork = \"0s\"\n[request.b]\ncount = 50000\nurl = \"/b\"\ndedupe = true\n\
         service = \"1ms\"\n[load]\nready = [\"a\", \"b\"]\n"
    );
    assert_eq!(simulate(text), Ok((50_001, 0)));
}

/// The methods of `Running` by the methods that each calls, as far as the source text shows.
fn calls() -> BTreeMap<String, BTreeSet<String>> {
    let mut calls = BTreeMap::<String, BTreeSet<String>>::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/load");
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let (mut inside, mut method) = (false, String::new());
        for line in text.lines() {
            if line.starts_with("impl") {
                inside = line.contains("Running<");
            }
            if !inside || line.trim_start().starts_with("//") {
                continue;
            }
            if let Some((_, rest)) =
                line.split_once("fn ").filter(|_| line.starts_with("    ") && !line.starts_with("     "))
            {
                method = rest.split(['(', '<']).next().unwrap().to_owned();
                calls.entry(method.clone()).or_default();
            }
            for (at, _) in line.match_indices("self.") {
                let name: String =
                    line[at + 5..].chars().take_while(|one| one.is_alphanumeric() || *one == '_').collect();
                if line[at + 5 + name.len()..].starts_with('(') {
                    calls.entry(method.clone()).or_default().insert(name);
                }
            }
        }
    }
    calls
}

#[test]
fn no_method_of_a_load_calls_itself_by_any_way() {
    let calls = calls();
    assert!(calls.len() > 80, "{}", calls.len());
    for (method, direct) in &calls {
        let (mut reached, mut left) = (BTreeSet::new(), direct.iter().collect::<Vec<_>>());
        while let Some(next) = left.pop() {
            if reached.insert(next) {
                left.extend(calls.get(next).into_iter().flatten());
            }
        }
        assert!(!reached.contains(method), "{method} calls itself: by {reached:?}");
    }
}
