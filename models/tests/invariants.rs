//! Invariants of every load of every scenario, and the law of constant service times, exact to a nanosecond.
//!
//! Source: the rule in the header of each station in models/src/load/, docs/browser-rules.md, and docs/laws.md#properties. Each
//! rule is checked from the record of a load alone: when each request was at which station.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "invariants/all.rs"]
mod all;
mod generator;

use all::story::{Checked, Story};
use generator::{H1_RULES, RULES, Tape, scenario};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};
use sixslot_models::load::{Extent, Load, Outcome, Request, Station, Verdict};
use sixslot_models::{Document, Plan};
use sixslot_sim_core::{Span, Time};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Everything in the record of a request.
fn shown(request: &Request) -> String {
    let Request { class, index, tab, attempt, issued, sent, headers, ended, outcome, .. } = request;
    let Request { connection, slot_from, slot_until, drawn, .. } = request;
    let spent = Station::ALL.map(|(station, _)| request.spent(station));
    let path = (class, index, tab, attempt, issued, sent, headers, ended, outcome);
    format!("{path:?} {:?}", (connection, slot_from, slot_until, drawn, spent))
}

fn values(verdict: &Verdict) -> impl PartialEq + std::fmt::Debug {
    (verdict.failed, verdict.ready, verdict.error, verdict.culprit, verdict.recovered)
}

/// Checks a plan in memory that has seen others, and in fresh memory.
fn check_plan(plan: &Plan, number: u64, text: &str, load: &mut Load) -> Checked {
    let in_context = |error: TestCaseError| TestCaseError::fail(format!("{error}\n{text}"));
    load.simulate(plan, 1, number, Extent::Whole).unwrap();
    let story = Story::new(plan, load);
    story.check().map_err(in_context)?;
    story.starts_are_on_time().map_err(in_context)?;
    story.stalls_are_kept().map_err(in_context)?;
    story.verdict_follows(load.verdict()).map_err(in_context)?;
    // A second time, in fresh memory; and once more only until the verdict is final.
    let mut again = Load::new();
    again.simulate(plan, 1, number, Extent::Whole).unwrap();
    prop_assert!(load.requests().iter().map(shown).eq(again.requests().iter().map(shown)), "not the same:\n{text}");
    again.simulate(plan, 1, number, Extent::UntilDecided).unwrap();
    prop_assert_eq!(values(load.verdict()), values(again.verdict()), "{}", text);
    Ok(())
}

fn check_scenario(words: &[u32], load: &mut Load) -> Checked {
    let made = scenario(&mut Tape::new(words));
    let text = &made.text;
    let document =
        Document::read("random", text, &[]).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
    let (mut plan, number) = (document.plan(&[], &[]).unwrap(), u64::from(words[0]));
    check_plan(&plan, number, text, load)?;
    if plan.origins().iter().any(|origin| origin.path.rtt.is_some() || origin.path.links.iter().any(Option::is_some)) {
        plan.pass_first_in_first_out([Span::ZERO, Span::from_millis(1)][words[1] as usize % 2]);
        check_plan(&plan, number, text, load)?;
    }
    Ok(())
}

/// A random scenario of which every origin speaks HTTP/2, without the rules that only HTTP/1.1 looks at.
fn over_streams(words: &[u32]) -> String {
    let made = scenario(&mut Tape::new(words)).text;
    let is_dropped = |line: &str| {
        let is_rule = H1_RULES.iter().any(|rule| line.starts_with(&format!("{rule} = ")));
        is_rule || ["protocol = ", "tls = ", "keep_alive = \"0s\""].iter().any(|key| line.starts_with(key))
    };
    let mut text = String::new();
    for line in made.lines().filter(|line| !is_dropped(line)) {
        let is_origin = line == "[server]" || line.starts_with("[origin.");
        text += &format!("{line}\n{}", if is_origin { "protocol = \"h2\"\n" } else { "" });
    }
    text
}

thread_local! {
    static LOAD: RefCell<Load> = RefCell::default();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 20_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_rule_holds_in_every_scenario(words in prop::collection::vec(0..10_000_u32, 40..400)) {
        // Memory that has seen all the scenarios before.
        LOAD.with_borrow_mut(|load| check_scenario(&words, load))?;
    }

    /// So a scenario that sets one of them is refused.
    #[test]
    fn a_rule_of_http_1_changes_no_load_over_streams(words in prop::collection::vec(0..10_000_u32, 40..400)) {
        let text = over_streams(&words);
        let simulated = |text: &str| {
            let plan = Document::plan_alone("random", text).unwrap();
            let mut load = Load::new();
            load.simulate(&plan, 1, u64::from(words[0]), Extent::Whole).unwrap();
            (load.requests().iter().map(shown).collect::<Vec<_>>(), plan.browser().session_queue_turns)
        };
        let (plain, turns) = simulated(&text);
        let rule = H1_RULES[words[1] as usize % H1_RULES.len()];
        let values = RULES.iter().find(|(key, _)| *key == rule).map_or(&["false"][..], |(_, values)| values);
        let value = values[words[2] as usize % values.len()];
        let quoted = if value.parse::<u64>().is_ok() || value.parse::<bool>().is_ok() { value.to_owned() } else { format!("\"{value}\"") };
        let changed = text.replacen("[browser]\n", &format!("[browser]\n{rule} = {quoted}\n"), 1);
        prop_assert!(rule == "connections" && turns || simulated(&changed).0 == plain, "{rule} = {value}:\n{text}");
        let refused = Document::read("random", &changed, &[]).map_err(|error| error.to_string());
        let is_named = refused.as_ref().is_err_and(|error| error.contains("is a rule for connections of HTTP/1.1"));
        prop_assert_eq!(is_named, !(rule == "connections" && turns), "{:?} {}", refused.err(), changed);
    }

    /// k connections, constant services: a request with q others before it, those on connections included, waits for
    /// floor(q / k) services. (With q in the queue behind k that have just been sent: floor(q / k) + 1, docs/laws.md#formulas.)
    #[test]
    fn constant_services_come_in_waves(
        (k, q) in (1..=9_u64, 0..60_u64),
        (service, body) in (1..3_000_000_000_u64, 0..1_000_u64),
    ) {
        let text = format!(
            "schema = 1\nhorizon = \"300s\"\nbrowser = {{ profile = \"as-reported\", connections = {k} }}\n\
             [request.burst]\ncount = {q}\nservice = \"{service}ns\"\nbody = \"{body}ns\"\n\
             [request.last]\nservice = \"{service}ns\"\n[load]\nready = [\"last\"]\n"
        );
        let plan = Document::read("waves", &text, &[]).unwrap().plan(&[], &[]).unwrap();
        let mut load = Load::new();
        load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
        prop_assert_eq!(load.requests().len() as u64, q + 1);
        for (before, request) in (0..).zip(load.requests()) {
            let wait = (request.slot_from.unwrap() - request.issued).as_nanos();
            prop_assert_eq!(wait, (service + body) * (before / k), "{:?}", request);
            prop_assert_eq!(request.spent(Station::Pool).as_nanos(), wait);
        }
    }
}

/// The random scenarios cover every case; otherwise the rules above would be vacuous.
#[test]
fn random_scenarios_reach_every_corner() {
    let mut seen = BTreeMap::<String, u32>::new();
    let mut runner = TestRunner::new(ProptestConfig { rng_seed: RngSeed::Fixed(2), ..ProptestConfig::default() });
    let words = prop::collection::vec(0..10_000_u32, 40..400);
    for _ in 0..2_500 {
        let words = words.new_tree(&mut runner).unwrap().current();
        let text = scenario(&mut Tape::new(&words)).text;
        let plan = Document::read("random", &text, &[]).unwrap().plan(&[], &[]).unwrap();
        let mut load = Load::new();
        load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
        let mut see = |what: String| *seen.entry(what).or_default() += 1;
        for request in load.requests() {
            let class = &plan.classes()[request.class];
            see(format!("{:?} {:?} {:?}", class.kind, request.outcome, request.last_station()));
            for (station, name) in Station::ALL.iter().filter(|(station, _)| !request.spent(*station).is_zero()) {
                see(format!("{:?} {name} {station:?}", class.kind));
            }
            if request.outcome == Outcome::Ok && request.sent.is_none() {
                see("answered by the cache".to_owned());
            }
            if request.attempt > class.attempts {
                see("polled again".to_owned());
            }
        }
        let verdict = load.verdict();
        see(format!("failed {}, ready {}, error {}", verdict.failed, verdict.ready.is_some(), verdict.error.is_some()));
        if verdict.recovered.is_some() {
            see("recovered".to_owned());
        }
    }
    let stations = |kind: &str, outcome: &str, stations: &[&str]| {
        stations.iter().map(|station| format!("{kind} {outcome} {station}")).collect::<Vec<_>>()
    };
    let all = ["Page", "Scheduler", "Cache", "Pool", "Connect", "Server", "Body"];
    let names = [
        "page Page",
        "scheduler Scheduler",
        "cache Cache",
        "pool Pool",
        "connect Connect",
        "server Server",
        "body Body",
    ];
    let corners = [
        stations("Fetch", "Aborted", &all),
        stations("Fetch", "Unfinished", &all),
        names.map(|name| format!("Fetch {name}")).to_vec(),
        stations("Background", "Aborted", &["Server"]),
        stations("WebSocket", "Unfinished", &["Body", "Pool"]),
        stations("EventSource", "Unfinished", &["Body", "Pool"]),
        ["Fetch Ok Body", "Fetch Coalesced Page", "answered by the cache", "polled again", "recovered"]
            .map(str::to_owned)
            .to_vec(),
        [
            "false, ready false, error false",
            "false, ready true, error false",
            "true, ready false, error false",
            "true, ready false, error true",
            "true, ready true, error true",
        ]
        .map(|verdict| format!("failed {verdict}"))
        .to_vec(),
    ];
    for corner in corners.iter().flatten() {
        assert!(seen.get(corner).is_some_and(|count| *count >= 3), "{corner}: {:?} of {seen:#?}", seen.get(corner));
    }
}

/// Simulates a scenario without connection and dispatch times: the requests of one name, in the order of issue.
fn simulate(text: &str, name: &str) -> Vec<Request> {
    let text = format!("schema = 1\nhorizon = \"5s\"\n{text}\n");
    let plan = Document::read("found", &text, &[]).unwrap().plan(&[], &[]).unwrap();
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    let of_name = load.requests().iter().filter(|request| plan.classes()[request.class].name == name);
    of_name.cloned().collect()
}

fn millis(time: Option<Time>) -> Option<f64> {
    time.map(Time::as_millis_f64)
}

/// Found by the random scenarios: a call that read another tab's answer stayed joinable forever.
#[test]
fn a_call_that_read_the_cache_is_over() {
    let calls = simulate(
        "browser = { profile = \"chromium\", tabs = 2 }\n[request.list]\nevery = \"2s\"\ndedupe = true\n\
         response_cache_control = \"max-age=1\"\nwork = \"100ms\"\n[load]\nready = [\"list\"]",
        "list",
    );
    assert_eq!(calls.len(), 6);
    assert!(calls.iter().all(|call| call.outcome == Outcome::Ok), "{calls:?}");
}

/// Found by the random scenarios: a connection that no request waited for any more made no room for another origin.
#[test]
fn a_connection_that_came_too_late_makes_room() {
    let browser =
        "browser = { profile = \"as-reported\", connections_total = 1, connect = \"200ms\" }\n[origin.other]\n";
    let given_up = "[request.given-up]\ndeadline = \"100ms\"\n";
    let waits = "[request.waits]\norigin = \"other\"\nstart = \"50ms\"\n[load]\nready = [\"waits\"]";
    let waits = simulate(&format!("{browser}{given_up}{waits}"), "waits");
    // The connection is open at 200 and is closed for one to the other origin, which is open at 400.
    assert_eq!(millis(waits[0].ended), Some(400.0));
}

/// If the whole pool is full, a freed connection goes to a waiting request of its own group; if there is none, the group
/// with the most urgent head gets the room, regardless of its position in the file (Chromium, `FindTopStalledGroup`).
#[test]
fn the_room_of_the_whole_pool_goes_to_the_most_urgent_head() {
    let scenario = "browser = { profile = \"chromium\", connections_total = 1, connect = \"0s\", dispatch = \"0s\" }\n\
                    [origin.one]\n[origin.two]\n\
                    [request.first]\norigin = \"two\"\nservice = \"300ms\"\n\
                    [request.low]\norigin = \"one\"\npriority = \"low\"\nstart = \"50ms\"\nservice = \"300ms\"\n\
                    [request.high]\nstart = \"100ms\"\nservice = \"300ms\"\n\
                    [request.own]\norigin = \"two\"\npriority = \"low\"\nstart = \"150ms\"\nservice = \"300ms\"\n\
                    [load]\nready = [\"low\"]";
    let sent = |name| millis(simulate(scenario, name)[0].sent);
    assert_eq!(["first", "own", "high", "low"].map(sent), [0.0, 300.0, 600.0, 900.0].map(Some));
}

/// Found by the random scenarios: a poll that does not read its bodies stayed in flight forever, for `skip_while_in_flight`
/// and for calls that joined it, although the page had its response.
#[test]
fn a_call_whose_body_is_not_read_is_over_for_the_page() {
    let poll = "browser = { profile = \"chromium\", connect = \"0s\", dispatch = \"0s\" }\n[request.poll]\n\
                every = \"1s\"\nskip_while_in_flight = true\nreads_body = false\nservice = \"100ms\"\n[load]\nready = [\"poll\"]";
    let calls = simulate(poll, "poll");
    // Each keeps a connection: the sixth is the last.
    assert_eq!(calls.iter().map(|call| call.slot_from.is_some()).collect::<Vec<_>>(), [true; 6]);
    let twins =
        poll.replace("every = \"1s\"\nskip_while_in_flight = true\n", "count = 2\nurl = \"/a\"\ndedupe = true\n");
    let calls = simulate(&twins, "poll");
    assert_eq!(calls[1].outcome, Outcome::Coalesced);
    assert_eq!((millis(calls[0].headers), millis(calls[1].ended)), (Some(100.0), Some(100.0)));
    assert!(calls[1].succeeded());
}

/// Found by the random scenarios: nothing started after the headers of a response from the cache.
#[test]
fn an_answer_out_of_the_cache_has_headers() {
    let next = simulate(
        "browser = { profile = \"as-reported\" }\n[request.first]\nurl = \"/a\"\nresponse_cache_control = \"max-age=60\"\n\
         [request.again]\nurl = \"/a\"\nstart = \"1s\"\n[request.next]\nafter = \"again.headers\"\n\
         [load]\nready = [\"next\"]",
        "next",
    );
    assert_eq!(next.iter().map(|call| call.issued.as_millis_f64()).collect::<Vec<_>>(), [1000.0]);
}
