//! Every request of random scenarios, compared with the second implementation: each time, each station, each connection,
//! each draw of a server's cache, and the verdict, to the nanosecond.
//!
//! The gate compares 25 000 scenarios of the whole schema; `SIXSLOT_SCENARIOS=100000` compares more.

#![allow(clippy::unwrap_used, missing_docs)]

mod generator;
#[path = "second/mod.rs"]
mod second;

use generator::{Tape, scenario};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use second::{Verdict, record, simulate};
use sixslot_models::Document;
use sixslot_models::load::{Extent, Load};
use sixslot_sim_core::Time;
use std::cell::{Cell, RefCell};
use std::fmt::Write as _;

/// The second implementation looks at everything at each event: its time grows with the third power of the requests.
const MOST: usize = 120;

/// The keys of a path to a server, which the second implementation does not have.
const NETWORK: [&str; 6] = ["rtt", "dns", "tls", "response_delay", "bandwidth_up", "bandwidth_down"];

fn without_network(text: &str) -> String {
    let is_of_path = |line: &&str| line.split_once(" =").is_some_and(|(key, _)| NETWORK.contains(&key));
    text.lines().filter(|line| !is_of_path(line)).map(|line| format!("{line}\n")).collect()
}

/// Adds events that cancel calls, or change their priority, to some of the requests.
fn with_cancels(text: &str, words: &[u32]) -> String {
    let requests = text.lines().filter(|line| line.starts_with("[request.")).count();
    let events = ["issued", "sent", "headers", "ok", "failed", "end"];
    let (mut number, mut hides) = (0, false);
    let mut lines = |line: &str| {
        // A poll that supersedes its calls may have it too.
        let mut text = if hides && line == "cancel_aborts = false" { String::new() } else { format!("{line}\n") };
        if line.starts_with("[request.") || line.starts_with("[socket.") {
            number += 1;
            let word = words[(7 * number) % words.len()] as usize;
            hides = word % 10 == 2;
            let event = format!("\"r{}.{}\"", word / 60 % requests, events[word / 10 % 6]);
            let is_request = line.starts_with("[request.");
            let priority = ["high", "low", "highest", "lowest", "auto"][word / 7 % 5];
            match word % 10 {
                4 if is_request => writeln!(text, "unmounted_by = {event}\nkeepalive = true").unwrap(),
                5 | 6 if is_request => writeln!(text, "raised_by = {event}\nraised_to = \"{priority}\"").unwrap(),
                7 if is_request => {
                    writeln!(text, "cancelled_by = {event}\nraised_by = [{event}, \"r0.issued\"]").unwrap();
                    writeln!(text, "raised_to = \"{priority}\"").unwrap();
                }
                1 => writeln!(text, "cancelled_by = {event}").unwrap(),
                2 => writeln!(text, "cancelled_by = [{event}, \"r0.end\"]\ncancel_aborts = false").unwrap(),
                3 => writeln!(text, "unmounted_by = {event}").unwrap(),
                8 => writeln!(text, "page = \"left\"").unwrap(),
                9 if is_request => writeln!(text, "page = \"left\"\nkeepalive = {}", word > 500).unwrap(),
                _ => {}
            }
        }
        text
    };
    let tables: String = text.lines().map(&mut lines).collect();
    let by = words[3] as usize;
    let event = ["headers", "headers", "headers", "issued", "end"][by % 5];
    format!("{tables}\n[page.left]\nleft_by = \"r{}.{event}\"\n", by / 5 % requests)
}

/// Compares a load of a random scenario; the number of its requests, and of those that were cancelled.
fn compare(words: &[u32], load: &mut Load) -> Result<(usize, usize), TestCaseError> {
    let text = with_cancels(&without_network(&scenario(&mut Tape::new(words)).text), words);
    let document =
        Document::read("random", &text, &[]).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
    let plan = document.plan(&[], &[]).unwrap();
    let number = u64::from(words[0]);
    load.simulate(&plan, 1, number, Extent::Whole).unwrap();
    if load.requests().len() > MOST {
        return Ok((0, 0));
    }
    let other = simulate(&plan, 1, number);
    for (id, request) in load.requests().iter().enumerate() {
        let (one, two) = (record(request), other.requests.get(id).map(|_| other.record(id)));
        prop_assert_eq!(Some(one), two, "request {} ({})\n{}", id, &plan.classes()[request.class].name, text);
    }
    prop_assert_eq!(load.requests().len(), other.requests.len(), "{}", text);
    prop_assert_eq!(load.computations(), other.computed(), "{}", text);
    let verdict = load.verdict();
    let at = |time: Option<Time>| time.map(Time::as_nanos);
    let (ready, error, recovered) = (at(verdict.ready), at(verdict.error), at(verdict.recovered));
    let verdict =
        Verdict { failed: verdict.failed, ready, error, recovered, culprit: verdict.culprit, rule: verdict.rule };
    prop_assert_eq!(&verdict, &other.verdict, "{}", text);
    let cancelled = load.requests().iter().filter(|request| request.cancelled).count();
    Ok((load.requests().len(), cancelled))
}

#[test]
fn both_implementations_agree_in_every_scenario() {
    let cases = std::env::var("SIXSLOT_SCENARIOS").map_or(25_000, |text| text.parse().unwrap());
    let config =
        ProptestConfig { cases, rng_seed: RngSeed::Fixed(16), failure_persistence: None, ..ProptestConfig::default() };
    let (load, compared, requests) = (RefCell::new(Load::new()), Cell::new(0_u32), Cell::new(0));
    let cancelled = Cell::new(0);
    let words = prop::collection::vec(0..10_000_u32, 40..300);
    TestRunner::new(config)
        .run(&words, |words| {
            let (number, withdrawn) = compare(&words, &mut load.borrow_mut())?;
            cancelled.set(cancelled.get() + withdrawn);
            compared.set(compared.get() + u32::from(number > 0));
            requests.set(requests.get() + number);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    println!("{} of {cases} scenarios compared, {} requests", compared.get(), requests.get());
    assert!(cancelled.get() > cases as usize / 20, "too few calls are cancelled: {}", cancelled.get());
    assert!(compared.get() > cases / 2, "too few scenarios are small enough: {}", compared.get());
}
