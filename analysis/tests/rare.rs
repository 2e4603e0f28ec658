//! Rare events against exact probabilities, against plain loads where these are possible, and where there is no answer.

#![allow(clippy::unwrap_used, missing_docs)]

use rayon::prelude::*;
use sixslot_analysis::rare::{BUDGET, Event, Found, Rare, RareError, Wanted, estimate};
use sixslot_models::{Document, Plan};
use std::sync::atomic::AtomicBool;

fn rare(plan: &Plan, event: Event, wanted: Wanted, seed: u64, budget: u64) -> Result<Rare, RareError> {
    estimate(plan, event, wanted, seed, budget, &AtomicBool::new(false), &|_| ())
}

fn plan(text: &str, set: &[&str], fixes: &[&str]) -> Plan {
    let set: Vec<String> = set.iter().map(|set| (*set).to_owned()).collect();
    let document = Document::read("rare.toml", text, &set).unwrap();
    let fixes: Vec<usize> = fixes.iter().map(|name| document.fix(name).unwrap()).collect();
    document.plan(&fixes, &[]).unwrap()
}

/// P(Poisson(20) <= q): see ladder.rs.
fn ladder(ahead: u32) -> (Plan, f64) {
    let plan = plan(include_str!("ladder.toml"), &[&format!("parameters.ahead={ahead}")], &[]);
    let terms = (1..=ahead).scan(libm::exp(-20.0), |term, k| {
        *term *= 20.0 / f64::from(k);
        Some(*term)
    });
    (plan, libm::exp(-20.0) + terms.sum::<f64>())
}

const REPORTED: &str = include_str!("../../scenarios/issue-1855.toml");

fn row(what: &str, exact: f64, found: &Found) {
    row_within(0.1, what, exact, found);
}

fn row_within(most: f64, what: &str, exact: f64, found: &Found) {
    let off = found.probability / exact - 1.0;
    println!(
        "| {what} | {} | {exact:.4e} | {:.4e} | {:+.1} % | {:.1} % | {} |",
        found.method,
        found.probability,
        100.0 * off,
        100.0 * found.relative_error,
        found.loads
    );
    assert!(off.abs() < most, "{what}: {found:?}");
    assert!(found.loads <= BUDGET && found.interval.low < found.probability && found.probability < found.interval.high);
}

/// The ladder, and the reported page by two methods, within 10 % by at most 300 000 loads, pilots included.
#[test]
fn rare_failures_are_found_within_ten_per_cent() {
    println!(
        "\n| event | method | exact | found | off | stated error | loads |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    for ahead in [2, 0] {
        let (plan, exact) = ladder(ahead);
        let found = rare(&plan, Event::Failed, Wanted::Tilting, 1, BUDGET).unwrap();
        row(&format!("ladder, q = {ahead}"), exact, &found.found);
    }
    let plan = plan(REPORTED, &[], &[]);
    for wanted in [Wanted::Tilting, Wanted::Subset] {
        let found = rare(&plan, Event::Failed, wanted, 1, BUDGET).unwrap();
        println!("{}", found.sentence);
        println!("{:?}", found.shifts);
        if wanted == Wanted::Tilting {
            row("issue 1855 as reported", 9.6e-8, &found.found);
        } else {
            row_within(3.0 * found.found.relative_error, "issue 1855 as reported", 9.6e-8, &found.found);
        }
    }
}

/// The stated relative error is that of the estimates: over 40 seeds the intervals hold about as often as they say, and the
/// spread of the estimates is what is stated. `--ignored` has the hundred seeds with all loads.
#[test]
fn the_stated_error_is_honest() {
    honest(40, 120_000, &[(2, Wanted::Tilting)]);
    honest(40, 40_000, &[(4, Wanted::Subset)]);
}

#[test]
#[ignore = "a hundred seeds with 300 000 loads take minutes"]
fn the_stated_error_is_honest_over_a_hundred_seeds() {
    honest(100, BUDGET, &[(2, Wanted::Tilting), (0, Wanted::Tilting), (2, Wanted::Subset)]);
}

fn honest(seeds: u64, budget: u64, cases: &[(u32, Wanted)]) {
    println!(
        "\n| q | method | seeds | bias | spread | stated | intervals that hold |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    for (ahead, wanted) in cases.iter().copied() {
        let (plan, exact) = ladder(ahead);
        let found: Vec<Found> = (1..=seeds)
            .into_par_iter()
            .filter_map(|seed| match rare(&plan, Event::Failed, wanted, seed, budget) {
                Ok(rare) => Some(rare.found),
                Err(RareError::Unresolved { .. } | RareError::OutOfReach { .. }) => None,
                Err(error) => panic!("seed {seed}: {error}"),
            })
            .collect();
        // A refusal is no wrong answer, but it has to be seldom.
        assert!(found.len() as u64 * 10 >= seeds * 8, "q = {ahead}: {} of {seeds} answers", found.len());
        let number = found.len() as f64;
        let off = |found: &Found| found.probability / exact - 1.0;
        let bias = found.iter().map(off).sum::<f64>() / number;
        let spread = libm::sqrt(found.iter().map(|found| off(found) * off(found)).sum::<f64>() / number);
        let stated =
            libm::sqrt(found.iter().map(|found| found.relative_error * found.relative_error).sum::<f64>() / number);
        let holds = found.iter().filter(|found| found.interval.contains(exact)).count();
        println!("| {ahead} | {wanted:?} | {seeds} | {bias:+.4} | {spread:.4} | {stated:.4} | {holds} |");
        // The spread of 40 estimates is within a third of the truth with a probability of 0.99.
        assert!((0.65..1.5).contains(&(spread / stated)), "q = {ahead}: spread {spread}, stated {stated}");
        assert!(bias.abs() < 3.5 * spread / libm::sqrt(number), "q = {ahead}: bias {bias}");
        // 95 %, less 2.6 deviations of such a count.
        let least = 0.95 * number - 2.6 * libm::sqrt(number * 0.95 * 0.05);
        assert!(holds as f64 >= least, "q = {ahead}: {holds} of {seeds} intervals hold");
    }
}

/// Failures in a row, late loads and a shared factor, against plain loads.
#[test]
fn other_events_agree_with_plain_loads() {
    let in_a_row = "schema = 1\n[request.a]\nservice = { distribution = \"exponential\", mean = \"1s\" }\ndeadline = \"3s\"\n\
        retry = { attempts = 3 }\n[load]\nready = [\"a\"]\nfails = \"error-shown\"\nerror = { request = \"a\", failures = 3 }\n";
    let in_a_row = plan(in_a_row, &[], &[]);
    let shared = plan(REPORTED, &["parameters.noise_shared=0.5"], &[]);
    let late = "schema = 1\nhorizon = \"10s\"\n[request.a]\ncount = 3\nservice = { distribution = \"exponential\", mean = \"1.2s\" }\n\
                [load]\nready = [\"a\"]\nfails = \"error-shown\"\nerror = { request = \"a\" }\n";
    // Three independent exponential times: one of them is longer than 10 s.
    let exact = 1.0 - libm::pow(1.0 - libm::exp(-10.0 / 1.2), 3.0);
    let late = rare(&plan(late, &[], &[]), Event::Late, Wanted::Both, 1, 60_000).unwrap();
    println!("late: {} exact {exact:.3e}", late.sentence);
    assert!(late.found.interval.low < 1.05 * exact && 0.95 * exact < late.found.interval.high);
    let found = rare(&shared, Event::Failed, Wanted::Both, 1, 60_000).unwrap();
    println!("half shared: {}", found.sentence);
    assert!(found.found.interval.low < 1.5e-3 && 1.3e-3 < found.found.interval.high, "{}", found.sentence);
    // Three failures in a row, each call longer than three times its mean: e^-9.
    let found = rare(&in_a_row, Event::Failed, Wanted::Both, 1, 200_000).unwrap();
    println!("in a row: {}, exact {:.3e}", found.sentence, libm::exp(-9.0));
    assert!(found.found.interval.low < 1.05 * libm::exp(-9.0) && 0.95 * libm::exp(-9.0) < found.found.interval.high);
}

#[test]
fn results_do_not_depend_on_threads() {
    let (plan, _) = ladder(4);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| rare(&plan, Event::Failed, Wanted::Both, 3, 40_000).unwrap());
        serde_json::to_string(&found).unwrap()
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn where_it_has_no_right_it_refuses() {
    let text = |service: &str, deadline: &str| {
        format!(
            "schema = 1\n[request.a]\nservice = {service}\ndeadline = \"{deadline}\"\n[load]\nready = [\"a\"]\nerror = {{ request = \"a\" }}\n"
        )
    };
    let exponential = "{ distribution = \"exponential\", mean = \"1s\" }";
    let uniform = "{ distribution = \"uniform\", low = \"1s\", high = \"2s\" }";
    let refusal = |service: &str, deadline: &str| {
        let refused = rare(&plan(&text(service, deadline), &[], &[]), Event::Failed, Wanted::Both, 1, 60_000);
        refused.unwrap_err()
    };
    // Failures are frequent; nothing is drawn; what is drawn cannot reach the deadline.
    assert!(matches!(refusal(exponential, "1s"), RareError::Frequent { hits: 200.., loads: 800 }));
    assert!(matches!(refusal("\"1s\"", "8s"), RareError::NoRandomness));
    let error = refusal(uniform, "3s");
    assert!(matches!(error, RareError::OutOfReach { reached } if (0.6..0.68).contains(&reached)), "{error}");
    // Two causes, of which a pilot sees only the likelier: tilting alone is wrong or unsure, and the check notices.
}
