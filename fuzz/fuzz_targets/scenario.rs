//! Any text as a scenario: it is refused at a place in the text, or each of its plans is made and one load of it simulated.
//!
//! The load ends after 2 s at most, and only plans of up to 500 requests are simulated, so that one input takes milliseconds.
//! The engine's own assertions are on, and the record of the load must have all the properties that
//! `models/tests/invariants.rs` checks for random scenarios.
#![no_main]

#[path = "../../models/tests/invariants/all.rs"]
mod all;

use all::story::Story;
use sixslot_models::class::Start;
use sixslot_models::load::{Draws, Extent, Load};
use sixslot_models::{Document, Plan, ScenarioError};

const HORIZON: &str = "horizon=2s";
const REQUESTS: f64 = 500.0;

fn check(error: &ScenarioError) {
    assert!(error.bytes.end <= error.source.text.len() && error.source.text.get(error.bytes.clone()).is_some());
    assert!(error.line >= 1 && error.column >= 1 && !error.message.is_empty());
}

/// The requests that a load may issue, look-ups and segments counted.
fn expected_requests(plan: &Plan, draws: &Draws) -> f64 {
    let tabs = f64::from(draws.tabs(plan.browser()));
    let horizon = plan.horizon().as_seconds_f64();
    let of_class = |class: &sixslot_models::class::Class| {
        let calls = match (&class.common.start, class.every) {
            (Start::Arrivals { rate_per_second, .. }, _) => rate_per_second * horizon,
            (_, every) => {
                let ticks = every.map_or(0.0, |every| horizon / every.as_seconds_f64());
                class.count.count(draws.parameters()) as f64 * (1.0 + ticks)
            }
        };
        calls * f64::from(class.attempts) * (class.looks_up.len() as f64 + f64::from(class.segments))
    };
    tabs * plan.classes().iter().map(of_class).sum::<f64>()
}

fn simulate(plan: &Plan) {
    let Ok(draws) = Draws::new(plan, 1, 0) else { return };
    let is_small = expected_requests(plan, &draws) <= REQUESTS;
    let mut load = Load::new();
    if is_small && load.simulate(plan, 1, 0, Extent::Whole).is_ok() {
        let story = Story::new(plan, &load);
        let checked = story.check().and_then(|()| story.starts_are_on_time());
        if let Err(error) = checked.and_then(|()| story.verdict_follows(load.verdict())) {
            panic!("{error}");
        }
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let document = match Document::read("fuzz.toml", text, &[]) {
        Ok(document) => document,
        Err(error) => return check(&error),
    };
    let short = Document::read("fuzz.toml", text, &[HORIZON.to_owned()]);
    let fixes = (0..document.fixes.len()).map(|fix| document.plan(&[fix], &[]));
    let layers = (0..document.layers.len()).map(|layer| document.plan_without(&[layer]));
    for plan in std::iter::once(document.plan(&[], &[])).chain(fixes).chain(layers) {
        if let Err(error) = plan {
            check(&error);
        }
    }
    if let Ok(plan) = short.and_then(|document| document.plan(&[], &[])) {
        simulate(&plan);
    }
});
