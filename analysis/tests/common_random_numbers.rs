//! Common random numbers: a load draws the same durations under every fix and in every cell.
//!
//! That is what makes a fix comparable with none on the same loads, and it can break without any other sign: a draw that
//! depends on the order of events, or on how many draws came before it, still has the right distribution. So draws are
//! compared one by one, for every fix of every shipped scenario.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::Form;
use sixslot_models::class::Class;
use sixslot_models::load::{Extent, Load};
use sixslot_models::{Document, Plan};
use std::collections::BTreeMap;
use std::path::Path;

/// Key of a request's draws: its class by name, its instance, its tab, the tick that caused it and the attempt within the tick.
type Key = (String, u32, u32, u32, u32);

fn scenarios() -> Vec<(String, Document)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let document = Document::read(&name, &std::fs::read_to_string(path).unwrap(), &[]).unwrap();
        (name, document)
    };
    files.iter().map(read).collect()
}

fn issue() -> Document {
    scenarios().into_iter().find(|(name, _)| name == "issue-1855").unwrap().1
}

/// The durations in nanoseconds that were drawn for the requests that reached a server.
fn drawn(load: &mut Load, plan: &Plan, seed: u64, number: u64) -> BTreeMap<Key, u64> {
    load.simulate(plan, seed, number, Extent::Whole).unwrap();
    let reached = load.requests().iter().filter(|request| request.sent.is_some());
    reached
        .map(|request| {
            let name = plan.classes()[request.class].name.clone();
            let key = (name, request.index, request.tab, request.tick, request.tick_attempt);
            (key, request.drawn.as_nanos())
        })
        .collect()
}

fn class<'a>(plan: &'a Plan, name: &str) -> Option<&'a Class> {
    plan.classes().iter().find(|class| class.name == name)
}

/// Whether a class draws from the same law with the parameters of one load as with those of another.
fn same_law(without: (&Class, &[f64]), with: (&Class, &[f64])) -> bool {
    let quantiles = |(class, parameters): (&Class, &[f64])| {
        let form = |form: &Form| [0.1, 0.5, 0.9].map(|uniform| form.span(parameters, || uniform));
        (class.common.service.as_ref().map(form), form(&class.work), form(&class.io_time))
    };
    quantiles(without) == quantiles(with)
}

/// A parameter with the same law has the same value in the same load.
fn check_parameters(without: (&Plan, &[f64]), with: (&Plan, &[f64])) {
    let named = |(plan, values): (&Plan, &[f64])| -> Vec<_> {
        plan.parameters().iter().cloned().zip(values.to_vec()).collect()
    };
    for (parameter, value) in named(with) {
        if let Some((_, before)) = named(without).iter().find(|(other, _)| *other == parameter) {
            assert_eq!(*before, value, "{}", parameter.name);
        }
    }
}

#[test]
fn every_fix_of_every_shipped_scenario_leaves_the_draws_alone() {
    println!(
        "| scenario | fix | draws compared | requests only without | only with |\n| --- | --- | --- | --- | --- |"
    );
    for (scenario, document) in scenarios() {
        let without = document.plan(&[], &[]).unwrap();
        let mut load = Load::new();
        for (number, fix) in document.fixes.iter().enumerate() {
            let with = document.plan(&[number], &[]).unwrap();
            let (mut compared, mut ended, mut added) = (0, 0, 0);
            for number in 0..10 {
                let before = drawn(&mut load, &without, 1855, number);
                let parameters = load.parameters().to_vec();
                let after = drawn(&mut load, &with, 1855, number);
                check_parameters((&without, &parameters), (&with, load.parameters()));
                let same = |name: &str| {
                    let classes = class(&without, name).zip(class(&with, name));
                    classes.is_some_and(|(one, other)| same_law((one, &parameters), (other, load.parameters())))
                };
                ended += before.keys().filter(|key| !after.contains_key(*key)).count();
                added += after.keys().filter(|key| !before.contains_key(*key)).count();
                for (key, duration) in &before {
                    let Some(other) = after.get(key).filter(|_| same(&key.0)) else { continue };
                    assert_eq!(duration, other, "{scenario}, fix {}, load {number}: {key:?}", fix.name);
                    compared += 1;
                }
            }
            println!("| {scenario} | {} | {compared} | {ended} | {added} |", fix.name);
            assert!(compared >= 10, "{scenario}, fix {}: only {compared} draws to compare", fix.name);
        }
    }
}

/// The durations of the first render over loads, in one cell.
fn renders(projects: f64, sessions: f64, seed: u64, loads: std::ops::Range<u64>) -> Vec<f64> {
    let plan = issue().plan(&[], &[("projects", projects), ("sessions", sessions)]).unwrap();
    let mut load = Load::new();
    let key = ("prefetch".to_owned(), 0, 0, 0, 1);
    loads.map(|number| drawn(&mut load, &plan, seed, number)[&key] as f64).collect()
}

/// Loads in the order of their durations.
fn order(durations: &[f64]) -> Vec<usize> {
    let mut loads: Vec<usize> = (0..durations.len()).collect();
    loads.sort_by(|one, other| durations[*one].total_cmp(&durations[*other]));
    loads
}

/// Pearson's correlation of logarithms.
fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let centred = |values: &[f64]| -> Vec<f64> {
        let logarithms: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        let mean = logarithms.iter().sum::<f64>() / logarithms.len() as f64;
        logarithms.iter().map(|value| value - mean).collect()
    };
    let (one, other) = (centred(one), centred(other));
    let product = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
    product(&one, &other) / (product(&one, &one) * product(&other, &other)).sqrt()
}

/// A cell with other parameters has other durations from the same uniforms: the same ranks, correlation 1. Other loads
/// and other seeds are independent: of 1000 pairs the correlation has a standard deviation of 0.03.
#[test]
fn neighbouring_cells_share_their_draws() {
    let here = renders(5.0, 10.0, 1, 0..1000);
    for (projects, sessions) in [(5.0, 20.0), (8.0, 10.0), (12.0, 40.0)] {
        let there = renders(projects, sessions, 1, 0..1000);
        assert_eq!(order(&here), order(&there), "{projects} projects, {sessions} sessions");
        assert!(correlation(&here, &there) > 0.999_999);
        assert_eq!(here == there, sessions == 10.0);
    }
    for stranger in [renders(5.0, 10.0, 2, 0..1000), renders(5.0, 10.0, 1, 1000..2000)] {
        assert!(correlation(&here, &stranger).abs() < 0.12);
    }
}

/// No two requests of one load, and no two loads, have the same draw: classes, instances and calls have streams of their own.
#[test]
fn no_draw_is_used_twice() {
    let plan = issue().plan(&[], &[("projects", 12.0)]).unwrap();
    let mut load = Load::new();
    let mut seen = BTreeMap::new();
    for number in 0..200 {
        for (key, duration) in drawn(&mut load, &plan, 1, number) {
            // The projects list and the mux draw nothing; the sidebar and the membership lists share a form, not a draw.
            if class(&plan, &key.0).unwrap().common.service.as_ref().is_some_and(has_noise) {
                let before = seen.insert((key.0 == "prefetch", duration), (number, key.clone()));
                assert!(before.is_none(), "load {number}, {key:?} draws what {before:?} drew");
            }
        }
    }
    assert!(seen.len() > 4_000);
}

/// Whether two different uniforms give two different durations.
fn has_noise(form: &Form) -> bool {
    form.span(&[5.0, 10.0], || 0.25) != form.span(&[5.0, 10.0], || 0.75)
}
