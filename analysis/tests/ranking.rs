//! Rankings of fixes: the same conclusions as with a fixed number of loads, with fewer; ties are called ties.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_analysis::comparison::{Measure, Settings, Variant, compare_plans};
use sixslot_analysis::ranking::{MARGIN, NONE, Place, Ranking, rank};
use sixslot_models::{Document, Plan};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A scenario with all its fixes.
fn plans(text: &str, set: &[&str]) -> (Plan, Vec<Variant>) {
    let set: Vec<String> = set.iter().map(|set| (*set).to_owned()).collect();
    let document = Document::read("ranked.toml", text, &set).unwrap();
    let fixes = document.fixes.iter().enumerate().map(|(number, fix)| Variant {
        name: fix.name.clone(),
        title: fix.title.clone(),
        plan: document.plan(&[number], &[]).unwrap(),
    });
    (document.plan(&[], &[]).unwrap(), fixes.collect())
}

fn ranked(plan: &Plan, variants: &[Variant], seed: u64, most: u64) -> Ranking {
    rank(plan, variants, MARGIN, seed, most, &AtomicBool::new(false), |_| ()).unwrap()
}

fn place<'a>(ranking: &'a Ranking, fix: &str) -> &'a Place {
    ranking.ranking.iter().find(|place| place.fix == fix).unwrap()
}

/// Ranks, and holds every relation against the probabilities over `loads` loads of each variant: what is called better
/// fails in fewer, what is called a tie differs by no more than the margin and the noise.
fn same_conclusions(text: &str, set: &[&str], loads: u64, fewer: f64) {
    let (plan, variants) = plans(text, set);
    let ranking = ranked(&plan, &variants, 1, 1_000_000);
    // A comparison without a rule has 10 000 loads of each.
    let all = 10_000 * (1 + variants.len() as u64);
    println!("{}\n{} loads instead of {all}", ranking.sentence, ranking.simulated);
    for place in &ranking.ranking {
        println!("{} {} {:.4} {} ties {:?}", place.rank, place.fix, place.failed, place.loads, place.tied_with);
    }
    assert!(ranking.is_sure);
    assert!(all as f64 >= fewer * ranking.simulated as f64, "{} of {all} loads", ranking.simulated);
    let settings = Settings { seed: 1, loads, by: Measure::Failed };
    let full = compare_plans(&plan, &variants, settings, &AtomicBool::new(false), |_| ()).unwrap();
    let share = |fix: &str| match full.fixes.iter().find(|row| row.fix == fix) {
        Some(row) => row.with,
        None => full.failures as f64 / full.loads as f64,
    };
    for place in &ranking.ranking {
        for other in &place.better_than {
            assert!(share(&place.fix) < share(other), "{} is called better than {other}", place.fix);
        }
        for other in &place.tied_with {
            let difference = (share(&place.fix) - share(other)).abs();
            assert!(difference <= MARGIN + 0.002, "{} is called tied with {other}: {difference}", place.fix);
        }
    }
}

#[test]
fn the_fixes_of_issue_1855_take_a_fifth_of_the_loads() {
    let text = include_str!("../../scenarios/issue-1855.toml");
    same_conclusions(text, &["parameters.sessions=40"], 10_000, 5.0);
}

#[test]
fn the_fixes_of_the_dashboard_take_half_of_the_loads() {
    same_conclusions(include_str!("../../scenarios/dashboard-as-built.toml"), &[], 2_000, 2.0);
}

const COIN: &str = "schema = 1\n[parameters]\nx = { distribution = \"uniform\", low = 0, high = 1 }\n\
    [request.a]\nservice = { base = \"0s\", per = { x = \"1s\" } }\ndeadline = \"900ms\"\n\
    [load]\nready = [\"a\"]\nerror = { request = \"a\" }\n\
    [fix.same]\npatch.title = \"the same\"\n[fix.half]\npatch.request.a.deadline = \"950ms\"\n\
    [fix.more]\npatch.request.a.deadline = \"800ms\"\n[fix.near]\npatch.request.a.deadline = \"901ms\"\n";

/// Failure probabilities 0.05, 0.099, 0.1, 0.1 and 0.2: in 20 seeds no relation is wrong, and what is equal is a tie.
#[test]
fn relations_are_right_and_equal_fixes_tie() {
    let (plan, variants) = plans(COIN, &[]);
    let truth = |fix: &str| -> f64 {
        match fix {
            "half" => 0.05,
            "near" => 0.099,
            "more" => 0.2,
            _ => 0.1,
        }
    };
    for seed in 1..=20 {
        let ranking = ranked(&plan, &variants, seed, 100_000);
        assert!(ranking.is_sure);
        let first = &ranking.ranking[0];
        assert_eq!((first.fix.as_str(), ranking.ranking[4].fix.as_str()), ("half", "more"), "{}", ranking.sentence);
        assert!(place(&ranking, "same").tied_with.contains(&NONE.to_owned()));
        for place in &ranking.ranking {
            assert!(place.better_than.iter().all(|other| truth(&place.fix) < truth(other)), "{place:?}");
            assert!(
                place.tied_with.iter().all(|other| (truth(&place.fix) - truth(other)).abs() <= MARGIN),
                "{place:?}"
            );
            assert!(place.undecided.is_empty() && place.interval.contains(place.failed));
        }
        // The best and the worst are told apart early; the ties take longer.
        assert!(place(&ranking, "more").loads < place(&ranking, NONE).loads);
    }
}

#[test]
fn without_enough_loads_it_says_so() {
    let (plan, variants) = plans(COIN, &[]);
    let ranking = ranked(&plan, &variants, 1, 200);
    assert!(!ranking.is_sure && ranking.sentence.contains("did not settle"), "{}", ranking.sentence);
    assert!(ranking.ranking.iter().any(|place| !place.undecided.is_empty()));
}

#[test]
fn an_interrupt_keeps_the_loads_so_far() {
    let (plan, variants) = plans(include_str!("../../scenarios/issue-1855.toml"), &["parameters.sessions=40"]);
    let ranked =
        |most, stop: &AtomicBool, done: &(dyn Fn(u64) + Sync)| rank(&plan, &variants, 1e-6, 1, most, stop, done);
    assert!(ranked(1_000_000, &AtomicBool::new(true), &|_| ()).is_err());
    let first = ranked(200, &AtomicBool::new(false), &|_| ()).unwrap();
    // Set at the first loads of the second look.
    let (stop, seen) = (AtomicBool::new(false), AtomicU64::new(0));
    let done = |loads| stop.store(seen.fetch_add(loads, Ordering::Relaxed) >= 200, Ordering::Relaxed);
    let cut = ranked(1_000_000, &stop, &done).unwrap();
    assert!(cut.is_interrupted && !cut.is_sure && !first.is_interrupted);
    assert_eq!(cut.ranking, first.ranking);
}
