//! Sobol' indices and the jackknife against their definitions, computed from lists of loads.

use super::assert_close;
use sixslot_sim_core::{Purpose, Streams};
use sixslot_statistics::interval::clopper_pearson;
use sixslot_statistics::jackknife::{Estimated, jackknife};
use sixslot_statistics::mean::{Summary, student};
use sixslot_statistics::sobol::{Bins, Frozen, GROUPS, first_order};

/// The outcomes of a load: with inputs A, with inputs B, with A and one part from B; and the uniform of one input.
struct Load {
    a: f64,
    b: f64,
    mixed: f64,
    uniform: f64,
}

/// Loads whose outcome is 3 x + x y + 2 y of two uniforms, where x is the part.
fn loads(number: u64) -> Vec<Load> {
    let load = |load: u64| {
        let streams = Streams::new(3, load);
        let uniform = |name| streams.uniform(Purpose::named(name), 0);
        let (x, y) = ([uniform("x"), uniform("other x")], [uniform("y"), uniform("other y")]);
        let outcome = |x: f64, y: f64| 3.0 * x + x * y + 2.0 * y;
        Load { a: outcome(x[0], y[0]), b: outcome(x[1], y[1]), mixed: outcome(x[1], y[0]), uniform: x[0] }
    };
    (0..number).map(load).collect()
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count() as f64
}

/// The variance with the divisor n.
fn variance(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let centre = mean(values.clone());
    mean(values.map(|value| (value - centre) * (value - centre)))
}

/// The estimate with the jackknife's 95 % interval over the groups, by Miller's formula with pseudo-values.
fn defined(loads: &[Load], index: impl Fn(&[&Load]) -> f64) -> (f64, f64, f64) {
    let without = |group: Option<usize>| {
        let kept = loads.iter().enumerate().filter(|(number, _)| Some(number % GROUPS) != group);
        index(&kept.map(|(_, load)| load).collect::<Vec<_>>())
    };
    let (all, groups) = (without(None), GROUPS as f64);
    let pseudo: Vec<f64> = (0..GROUPS).map(|group| groups * all - (groups - 1.0) * without(Some(group))).collect();
    let reach = student(&pseudo, 0.95).expect("values").half_width();
    (all, all - reach, all + reach)
}

fn assert_same(found: Estimated, (value, low, high): (f64, f64, f64)) {
    assert_close(found.value, value, 1e-9);
    assert_close(found.interval.low, low, 1e-9);
    assert_close(found.interval.high, high, 1e-9);
}

#[test]
fn the_jackknife_of_a_mean_is_students_interval() {
    let values = [3.0, 1.5, 4.0, 8.0, 2.5, 6.0];
    let without = |group: Option<usize>| {
        mean(values.iter().enumerate().filter(move |(number, _)| Some(*number) != group).map(|(_, value)| *value))
    };
    let found = jackknife(values.len(), 0.95, without).expect("a level");
    let known = student(&values, 0.95).expect("values");
    assert_close(found.value, 25.0 / 6.0, 1e-14);
    assert_close(found.interval.low, known.low, 1e-12);
    assert_close(found.interval.high, known.high, 1e-12);
    assert!(jackknife(6, 1.0, without).is_err());
}

#[test]
fn closed_and_total_indices_are_those_of_their_definitions() {
    let loads = loads(400);
    let mut frozen = Frozen::default();
    for (number, load) in loads.iter().enumerate() {
        frozen.add(number as u64, load.a, load.b, load.mixed);
    }
    // Janon: the covariance of B and mixed over the variance of both.
    let closed = |loads: &[&Load]| {
        let both = loads.iter().flat_map(|load| [load.b, load.mixed]);
        let centre = mean(both.clone());
        mean(loads.iter().map(|load| (load.b - centre) * (load.mixed - centre))) / variance(both)
    };
    // Jansen: half the mean square of the change over the variance of A and mixed.
    let total = |loads: &[&Load]| {
        let both = loads.iter().flat_map(|load| [load.a, load.mixed]);
        mean(loads.iter().map(|load| (load.a - load.mixed) * (load.a - load.mixed))) / 2.0 / variance(both)
    };
    let found = frozen.total(0.95).expect("loads");
    assert_same(found, defined(&loads, total));
    let (value, low, high) = defined(&loads, closed);
    // A closed index is never above the total one.
    let high = high.min(found.interval.high);
    assert_same(frozen.closed(0.95).expect("loads"), (value.min(found.value), low.min(high), high));
}

#[test]
fn few_pairs_that_differ_bound_the_total_index_by_their_share() {
    let mut frozen = Frozen::default();
    let mut outcomes = Vec::new();
    for load in 0..200_u64 {
        let (a, b) = (2.0 + f64::from(load % 5 == 0), 2.0 + f64::from(load % 7 == 0));
        // Three pairs differ, and the range of outcomes is from 2 to 5.
        let mixed = if load % 80 == 1 { 5.0 } else { a };
        frozen.add(load, a, b, mixed);
        outcomes.extend([a, mixed]);
    }
    let variance = variance(outcomes.iter().copied());
    let found = frozen.total(0.95).expect("loads");
    let bound = clopper_pearson(3, 200, 0.95).expect("counts");
    assert_close(found.value, 3.0 * 9.0 / 200.0 / 2.0 / variance, 1e-12);
    assert_eq!(found.interval.low, 0.0);
    assert_close(found.interval.high, bound.high * 9.0 / (2.0 * variance), 1e-12);
}

#[test]
fn a_first_order_index_is_the_correlation_ratio_less_what_chance_gives() {
    let loads = loads(600);
    let mut bins = Bins::new(600);
    for (number, load) in loads.iter().enumerate() {
        bins.add(number as u64, load.uniform, load.a);
    }
    // Kelley's epsilon squared, from the lists of each of six bins.
    let index = |loads: &[&Load]| {
        let of =
            |bin: usize| loads.iter().filter(move |load| (load.uniform * 6.0).floor() == bin as f64).map(|load| load.a);
        let (all, filled) = (loads.len() as f64, (0..6).filter(|bin| of(*bin).count() > 0).count() as f64);
        let within: f64 = (0..6).map(|bin| of(bin).count() as f64 * variance(of(bin))).sum();
        let whole = all * variance(loads.iter().map(|load| load.a));
        1.0 - within / (all - filled) / (whole / (all - 1.0))
    };
    assert_same(first_order(&[bins], 0.95).expect("loads"), defined(&loads, index));
}

#[test]
fn fractions_are_summarised_like_their_values() {
    let numbers: [i128; 7] = [3, -8, 12, 0, 5, 5, -1];
    let values = numbers.map(|number| number as f64 / 16.0);
    let (sum, squares) = (numbers.iter().sum(), numbers.iter().map(|number| number * number).sum());
    let (found, known) =
        (Summary::of_fractions(7, sum, squares, 16).expect("values"), Summary::of(&values).expect("values"));
    assert_close(found.mean, known.mean, 1e-14);
    assert_close(found.standard_deviation, known.standard_deviation, 1e-13);
    assert_close(found.standard_error, known.standard_error, 1e-13);
    assert!(Summary::of_fractions(1, 3, 9, 16).is_err());
}
