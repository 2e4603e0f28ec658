//! Common random numbers: a fix that changes which requests are sent, when and in which order changes no service time.
//!
//! Rule: every random quantity has its own stream, so two fixes are compared on the same loads. A request is the same
//! in two loads if its class, instance and tab, the tick of its poll and its attempt within that tick are; a computation of
//! a server's cached value is the same if the request that caused it and the position of its look-up are.

#![allow(clippy::unwrap_used, missing_docs)]

mod generator;

use generator::{Scenario, Tape, scenario};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sixslot_models::class::Start;
use sixslot_models::load::{Call, Draws, Extent, Load, Request};
use sixslot_models::{Document, Plan};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

type Name = (String, Call);

fn name(plan: &Plan, request: &Request) -> Name {
    (plan.classes()[request.class].name.clone(), request.call())
}

/// The times drawn for requests that have reached their servers.
fn drawn(plan: &Plan, load: &Load) -> BTreeMap<Name, u64> {
    let sent = load.requests().iter().filter(|request| request.sent.is_some());
    sent.map(|request| (name(plan, request), request.drawn.as_nanos())).collect()
}

/// The statuses of answers; a server whose queue is full draws none.
fn statuses(plan: &Plan, load: &Load) -> BTreeMap<Name, u64> {
    let answered = load.requests().iter().filter(|request| {
        request.headers.is_some()
            && request.sent.is_some()
            && plan.origins()[plan.classes()[request.class].origin].queue.is_none()
    });
    answered.map(|request| (name(plan, request), u64::from(request.status))).collect()
}

/// The times drawn for computations of cached values: work and I/O time.
fn computed(plan: &Plan, load: &Load) -> BTreeMap<(Name, usize), (u64, u64)> {
    let computations = load.computations().iter().map(|one| {
        let key = (name(plan, &load.requests()[one.request]), one.position);
        (key, (one.work.as_nanos(), one.io_time.as_nanos()))
    });
    computations.collect()
}

/// Issue times of the first calls of instances that start by themselves, and of the calls of random streams.
fn starts(plan: &Plan, load: &Load) -> BTreeMap<Name, u64> {
    let by_itself = |request: &&Request| {
        request.attempt == 1 && !matches!(plan.classes()[request.class].copy(request.index).start, Start::After(_))
    };
    let firsts = load.requests().iter().filter(by_itself);
    firsts.map(|request| (name(plan, request), request.issued.as_nanos())).collect()
}

fn simulate(plan: &Plan, seed: u64, number: u64) -> Load {
    let mut load = Load::new();
    load.simulate(plan, seed, number, Extent::Whole).unwrap();
    load
}

/// A fix of one to five changes, none of them to the distribution of a quantity or to a parameter.
fn fix(tape: &mut Tape<'_>, scenario: &Scenario) -> String {
    let mut patch = BTreeMap::new();
    for _ in 0..=tape.below(5) {
        let made = tape.pick(&scenario.requests.iter().collect::<Vec<_>>());
        let (key, value) = match tape.below(12) {
            0 | 1 if !made.stream && made.each => ("each", "[]"),
            0 | 1 if !made.stream => ("count", tape.pick(&["0", "0", "1", "4"])),
            2 if made.poll => ("every", tape.pick(&["\"2s\"", "\"300ms\""])),
            3 if made.poll => ("skip_while_in_flight", tape.pick(&["true", "false"])),
            4 => ("priority", tape.pick(&["\"high\"", "\"low\"", "\"auto\""])),
            5 => ("dedupe", tape.pick(&["true", "false"])),
            6 => ("cache", tape.pick(&["\"no-store\"", "\"default\""])),
            7 => ("retry", tape.pick(&["{ attempts = 1 }", "{ attempts = 5, backoff = [\"300ms\"] }"])),
            8 if scenario.queues > 0 => ("queue", "\"q0\""),
            9 => ("response_cache_control", tape.pick(&["\"max-age=5\"", "\"no-store\""])),
            10 => ("method", "\"POST\""),
            _ => ("deadline", tape.pick(&["\"60s\"", "\"300ms\"", "\"1s\""])),
        };
        patch.insert(format!("request.{}.{key}", made.name), value);
    }
    if tape.chance(30) {
        patch.insert("browser.profile".to_owned(), tape.pick(&["\"as-reported\"", "\"webkit\"", "\"firefox\""]));
    }
    if tape.chance(30) {
        patch.insert("browser.tabs".to_owned(), tape.pick(&["1", "2"]));
    }
    if tape.chance(30) {
        patch.insert("browser.connections".to_owned(), tape.pick(&["1", "20"]));
    }
    if scenario.queues > 0 && tape.chance(30) {
        patch.insert("queue.q0.limit".to_owned(), tape.pick(&["1", "9"]));
    }
    if scenario.server_caches > 0 && tape.chance(60) {
        patch.insert("server_cache.m0.ttl".to_owned(), tape.pick(&["\"0s\"", "\"50ms\"", "\"5s\""]));
    }
    if scenario.server_caches > 0 && tape.chance(30) {
        patch.insert("server_cache.m0.single_flight".to_owned(), tape.pick(&["true", "false"]));
    }
    if tape.chance(20) {
        patch.insert("server.discipline".to_owned(), tape.pick(&["\"fifo\"", "\"processor-sharing\""]));
    }
    let mut text = "[fix.other]\n".to_owned();
    for (path, value) in patch {
        writeln!(text, "patch.{path} = {value}").unwrap();
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 5_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_fix_moves_no_other_draw(words in prop::collection::vec(0..10_000_u32, 40..400)) {
        // The fix reads the words backwards, so that it exists even if the scenario has used up all of them.
        let base = scenario(&mut Tape::new(&words));
        let backwards: Vec<u32> = words.iter().rev().copied().collect();
        let text = format!("{}{}", base.text, fix(&mut Tape::new(&backwards), &base));
        let document = match Document::read("random", &text, &[]) {
            Ok(document) => document,
            // The fix has changed the discipline of a server that has a key of its own discipline, or excludes another key.
            Err(error) if ["slowdown_exponent", "worker_until", "supersedes", "`queue` requires"].iter().any(|key| error.message.contains(key)) => return Ok(()),
            // It has changed the number of instances on which others wait one by one.
            Err(error) if [" instance and ", " instances and ", "there is no instance"].iter().any(|words| error.message.contains(words)) => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
        };
        let (before, after) = (document.plan(&[], &[]).unwrap(), document.plan(&[0], &[]).unwrap());
        let (one, other) = (simulate(&before, 1, 7), simulate(&after, 1, 7));
        prop_assert_eq!(one.parameters(), other.parameters());
        for times in [drawn, starts, statuses] {
            let (one, other) = (times(&before, &one), times(&after, &other));
            for (name, time) in &one {
                let changed = other.get(name).filter(|other| *other != time);
                prop_assert!(changed.is_none(), "{name:?} had {time}, and has {changed:?}\n{text}");
            }
        }
        let (one, other) = (computed(&before, &one), computed(&after, &other));
        for (name, times) in &one {
            let changed = other.get(name).filter(|other| *other != times);
            prop_assert!(changed.is_none(), "{name:?} computed {times:?}, and computes {changed:?}\n{text}");
        }
    }
}

/// A poll whose ticks are skipped, another that retries, and a third that looks up a cached value.
const POLLS: &str = r#"
schema = 1
horizon = "300s"
[browser]
profile = "as-reported"
connections = 100
[server_cache.list]
work = { distribution = "exponential", mean = "50ms" }
io_time = { distribution = "exponential", mean = "50ms" }
ttl = "1500ms"
[request.skips]
every = "1s"
skip_while_in_flight = true
service = { distribution = "log-normal", median = "900ms", sigma = 1 }
body = { distribution = "exponential", mean = "100ms" }
[request.retried]
every = "1s"
deadline = "1s"
retry = { attempts = 4, backoff = ["100ms"] }
service = { distribution = "log-normal", median = "900ms", sigma = 1 }
[request.looks-up]
every = "1s"
looks_up = ["list"]
io_time = { distribution = "exponential", mean = "1s" }
[load]
ready = ["skips"]
[fix.every-tick]
patch.request.skips.skip_while_in_flight = false
[fix.no-retries]
patch.request.retried.retry.attempts = 1
[fix.long-ttl]
patch.server_cache.list.ttl = "10s"
"#;

/// Each fix changes the number of calls and computations before a given one, and moves no draw.
#[test]
fn skipped_ticks_retries_and_cached_values_move_no_draw() {
    let document = Document::read("polls", POLLS, &[]).unwrap();
    let base = document.plan(&[], &[]).unwrap();
    let before = simulate(&base, 1, 0);
    let numbers = |load: &Load| -> BTreeMap<Name, u32> {
        load.requests().iter().map(|request| (name(&base, request), request.attempt)).collect()
    };
    let order = |load: &Load| -> BTreeMap<(Name, usize), usize> {
        (0..)
            .zip(load.computations())
            .map(|(at, one)| ((name(&base, &load.requests()[one.request]), one.position), at))
            .collect()
    };
    // Values under keys that both have, equal ones and different ones.
    fn both<K: Ord, V: PartialEq>(one: &BTreeMap<K, V>, other: &BTreeMap<K, V>) -> (usize, usize) {
        let common: Vec<bool> = one.iter().filter_map(|(key, value)| Some(other.get(key)? == value)).collect();
        let equal = common.iter().filter(|equal| **equal).count();
        (equal, common.len() - equal)
    }
    for (fix, moved_calls, moved_computations) in [(0, true, false), (1, true, false), (2, false, true)] {
        let after = simulate(&document.plan(&[fix], &[]).unwrap(), 1, 0);
        let (equal, different) = both(&drawn(&base, &before), &drawn(&base, &after));
        assert!(equal > 500 && different == 0, "fix {fix}: {equal} and {different}");
        let (equal, different) = both(&computed(&base, &before), &computed(&base, &after));
        assert!(equal > 20 && different == 0, "fix {fix}: {equal} and {different}");
        // Keys of call numbers and of the order of computations would have moved them.
        assert_eq!(both(&numbers(&before), &numbers(&after)).1 > 50, moved_calls, "fix {fix}");
        assert_eq!(both(&order(&before), &order(&after)).1 > 20, moved_computations, "fix {fix}");
    }
}

/// A retry within a tick has another key than any tick's call, and ticks beyond 2^24 have other keys than other tabs.
#[test]
fn every_call_has_draws_of_its_own() {
    let plan = Document::read("polls", POLLS, &[]).unwrap().plan(&[], &[]).unwrap();
    let draws = Draws::new(&plan, 1, 0).unwrap();
    let class = plan.classes().iter().find(|class| class.name == "retried").unwrap();
    let origin = plan.origins()[0].discipline;
    let mut seen = BTreeSet::new();
    let mut calls = 0;
    for tick in [0, 1, 2, 3, (1 << 24) - 2, (1 << 24) - 1, 1 << 24, 1 << 25, u32::MAX] {
        for (attempt, tab, index) in
            (1..=5).flat_map(|attempt| [(attempt, 0, 0), (attempt, 1, 0), (attempt, 0, 1), (attempt, 2, 7)])
        {
            calls += 1;
            seen.insert(draws.service(class, origin, Call { index, tab, tick, attempt }).1);
        }
    }
    assert_eq!(seen.len(), calls);
}

const RANDOM: &str = r#"
schema = 1
horizon = "300s"
[parameters]
slowness = { distribution = "uniform", low = 1, high = 2 }
[browser]
profile = "as-reported"
tabs = 3
connections = 100
[request.copies]
count = 50
start = { distribution = "uniform", low = "0s", high = "100s" }
service = { distribution = "exponential", mean = "1s" }
[request.twins]
count = 50
start = { distribution = "uniform", low = "0s", high = "100s" }
service = { distribution = "exponential", mean = "1s" }
[request.polls]
every = "2s"
work = { base = "1s", noise = { distribution = "log-normal", median = 1, sigma = 0.5 } }
io_time = { distribution = "exponential", mean = "1s" }
[request.stream]
arrivals = { rate_per_second = 1.0 }
service = { distribution = "exponential", mean = "1s" }
[load]
ready = ["copies"]
"#;

/// All draws of some loads: of a request its start and its service.
fn draws(seeds: &[u64], numbers: &[u64]) -> (usize, BTreeSet<u64>) {
    let plan = Document::read("random", RANDOM, &[]).unwrap().plan(&[], &[]).unwrap();
    let mut all = Vec::new();
    for (seed, number) in seeds.iter().flat_map(|seed| numbers.iter().map(move |number| (*seed, *number))) {
        let load = simulate(&plan, seed, number);
        all.extend(drawn(&plan, &load).into_values());
        let polls = plan.classes().iter().position(|class| class.name == "polls").unwrap();
        let random = load.requests().iter().filter(|request| request.class != polls);
        all.extend(random.map(|request| request.issued.as_nanos()));
        all.push((load.parameters()[0] * 1e15) as u64);
    }
    (all.len(), all.into_iter().collect())
}

#[test]
fn loads_seeds_classes_copies_tabs_and_attempts_draw_apart() {
    // Whole nanoseconds of about 1 s to 300 s: among some 30 000 draws a few may be equal by chance, and no more.
    let (count, different) = draws(&[1, 2, 3], &[0, 1, 2, u64::MAX]);
    assert!(count > 20_000, "{count}");
    assert!(count - different.len() < 10, "{} of {count} draws are not new", count - different.len());
}

#[test]
fn a_load_draws_the_same_whatever_was_simulated_before() {
    let plan = Document::read("random", RANDOM, &[]).unwrap().plan(&[], &[]).unwrap();
    let fresh = drawn(&plan, &simulate(&plan, 5, 3));
    let mut load = Load::new();
    for number in [9, 3, 1, 3] {
        load.simulate(&plan, 5, number, Extent::Whole).unwrap();
        assert_eq!(drawn(&plan, &load) == fresh, number == 3);
    }
}

#[test]
fn parameters_of_a_sweep_leave_the_draws_alone() {
    // Quantities that do not depend on a parameter keep their draws; those that do keep their rank.
    let noise = "{ distribution = \"gamma\", mean = 1, shape = 2 }";
    let sets = [format!("request.copies.work={{ base = \"0s\", per = {{ slowness = \"1s\" }}, noise = {noise} }}")];
    let text = RANDOM.replacen("service = { distribution = \"exponential\", mean = \"1s\" }\n", "", 1);
    let document = Document::read("random", &text, &sets).unwrap();
    let times = |slowness| {
        let plan = document.plan(&[], &[("slowness", slowness)]).unwrap();
        drawn(&plan, &simulate(&plan, 1, 0))
    };
    let (one, four) = (times(1.0), times(4.0));
    assert_eq!(one.len(), four.len());
    for (name, time) in &one {
        let factor = if name.0 == "copies" { 4 } else { 1 };
        assert!((four[name]).abs_diff(factor * time) <= 2, "{name:?}: {time} and {}", four[name]);
    }
}

#[test]
fn a_jitter_moves_every_request_by_its_own_length_and_no_draw() {
    let plan = Document::read("random", RANDOM, &[]).unwrap().plan(&[], &[]).unwrap();
    let own = drawn(&plan, &simulate(&plan, 5, 3));
    let most = sixslot_sim_core::Span::from_millis(10);
    let jittered = |round| {
        let mut plan = plan.clone();
        (0..plan.classes().len()).for_each(|class| plan.jitter_service(class, most, round));
        drawn(&plan, &simulate(&plan, 5, 3))
    };
    let (one, two) = (jittered(0), jittered(1));
    let moved: Vec<i64> = own
        .iter()
        .filter_map(|(name, time)| Some(i64::try_from(*one.get(name)?).ok()? - i64::try_from(*time).ok()?))
        .filter(|by| *by != 0)
        .collect();
    assert!(moved.len() > 50, "{}", moved.len());
    assert!(moved.iter().all(|by| by.unsigned_abs() <= most.as_nanos()));
    assert!(moved.iter().any(|by| *by > 8_000_000) && moved.iter().any(|by| *by < -8_000_000));
    let different: BTreeSet<i64> = moved.iter().copied().collect();
    assert!(different.len() * 10 > moved.len() * 9, "each request has a different shift");
    assert_ne!(one, two, "another round gives other shifts");
    assert_eq!(one, jittered(0));
}

/// The first call of each poll, and of each row of retries, has `service`; the later ones have `later_service`.
#[test]
fn later_calls_have_a_service_of_their_own() {
    let text = "schema = 1\nhorizon = \"5s\"\n[request.poll]\nevery = \"1s\"\nservice = \"100ms\"\nlater_service = \"20ms\"\n[request.again]\nservice = \"2s\"\nlater_service = \"30ms\"\ndeadline = \"1s\"\nretry = { attempts = 2 }\n[load]\nready = [\"poll\", \"again\"]";
    let plan = Document::read("x", text, &[]).unwrap().plan(&[], &[]).unwrap();
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    let drawn = |class: usize| -> Vec<f64> {
        let of_class = load.requests().iter().filter(|request| request.class == class && request.sent.is_some());
        of_class.map(|request| request.drawn.as_millis_f64()).collect()
    };
    assert_eq!(drawn(0)[..4], [100.0, 20.0, 20.0, 20.0]);
    assert_eq!(drawn(1), [2000.0, 30.0]);
}
