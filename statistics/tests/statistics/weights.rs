//! Tilted scores and the weights of loads, against densities written out and sums over the loads themselves.

use super::assert_close;
use sixslot_sim_core::Purpose;
use sixslot_statistics::tilting::{Normal, Scores, Sums, Tilt, Weights, weight};
use std::collections::BTreeMap;

const A: Purpose = Purpose::named("a");
const B: Purpose = Purpose::named("b");

fn scores(groups: &[(Purpose, &[f64])]) -> Scores {
    let sums = |scores: &[f64]| {
        let mut sums = Sums::default();
        scores.iter().for_each(|score| sums.add(*score));
        sums
    };
    groups.iter().map(|(group, scores)| (*group, sums(scores))).collect::<BTreeMap<_, _>>()
}

/// A tilt fitted to one load with these scores of group A.
fn tilt(of: &[f64]) -> Tilt {
    Tilt::fitted([(&scores(&[(A, of)]), 1.0)])
}

/// The normal density.
fn density(z: f64, mean: f64, deviation: f64) -> f64 {
    let scaled = (z - mean) / deviation;
    libm::exp(-0.5 * scaled * scaled) / deviation / libm::sqrt(std::f64::consts::TAU)
}

const HIGH: [f64; 12] = [2.0, 3.0, 1.0, 2.0, 4.0, 1.5, 2.5, 3.5, 2.0, 1.0, 3.0, 2.5];
const LOW: [f64; 12] = [-1.0, -2.5, -0.5, -3.0, -1.5, -2.0, -1.0, -2.0, -2.5, -1.5, -3.5, -0.2];

#[test]
fn a_tilted_score_has_the_mean_and_the_deviation_of_the_loads_with_the_event() {
    let mean = HIGH.iter().sum::<f64>() / 12.0;
    let variance = HIGH.iter().map(|z| (z - mean) * (z - mean)).sum::<f64>() / 12.0;
    let laws: Vec<(Purpose, Normal)> = tilt(&HIGH).laws().collect();
    let [(A, law)] = laws[..] else { panic!("{laws:?}") };
    assert_close(law.mean, mean, 1e-14);
    assert_close(law.deviation, libm::sqrt(variance), 1e-12);
    for plain in [-1.5, 0.0, 2.0] {
        assert_close(tilt(&HIGH).score(A, plain), mean + law.deviation * plain, 1e-14);
        assert_eq!(tilt(&HIGH).score(B, plain), plain);
    }
}

#[test]
fn a_widened_tilt_is_no_narrower_than_the_plain_law() {
    let laws = |tilt: &Tilt| tilt.laws().map(|(_, law)| (law.mean, law.deviation)).collect::<Vec<_>>();
    let (narrow, wide) = (tilt(&HIGH), tilt(&HIGH.map(|z| 2.5 * z - 4.0)));
    let [(mean, deviation)] = laws(&narrow)[..] else { panic!("{narrow:?}") };
    assert!(deviation < 1.0);
    assert_eq!(laws(&narrow.widened()), [(mean, 1.0)]);
    assert!(laws(&wide)[0].1 > 1.0);
    assert_eq!(laws(&wide.widened()), laws(&wide));
}

#[test]
fn a_weight_is_the_ratio_of_the_plain_density_to_that_of_the_mixture() {
    let tilts = [tilt(&HIGH), tilt(&LOW), Tilt::default()];
    let read: [f64; 3] = [0.4, -1.2, 2.2];
    let load = scores(&[(A, &read), (B, &[0.7])]);
    let product = |mean: f64, deviation: f64| read.iter().map(|z| density(*z, mean, deviation)).product::<f64>();
    let of = |tilt: &Tilt| tilt.laws().next().map_or(product(0.0, 1.0), |(_, law)| product(law.mean, law.deviation));
    for share in [0.05, 0.5] {
        for number in 1..=3 {
            let mixture = tilts[..number].iter().map(of).sum::<f64>() / number as f64;
            let expected = product(0.0, 1.0) / (share * product(0.0, 1.0) + (1.0 - share) * mixture);
            let used: Vec<&Tilt> = tilts[..number].iter().collect();
            assert_close(weight(&used, &load, share), expected, 1e-12);
        }
    }
}

#[test]
fn sums_of_weights_are_those_of_the_loads_and_join() {
    let weights = [0.0, 0.3, 0.0, 1.7, 0.2, 0.0, 0.9, 4.0, 0.0, 0.0];
    let add = |weights: &[f64]| {
        let mut sums = Weights::default();
        weights.iter().for_each(|weight| sums.add(*weight));
        sums
    };
    let all = add(&weights);
    for cut in 0..=weights.len() {
        let joined = add(&weights[..cut]).joined(add(&weights[cut..]));
        assert_eq!((joined.loads, joined.largest), (10, 4.0));
        for (found, known) in [
            (joined.sum, all.sum),
            (joined.squares, all.squares),
            (joined.cubes, all.cubes),
            (joined.fourths, all.fourths),
        ] {
            assert_close(found, known, 1e-14);
        }
    }
    let power = |exponent: i32, from: f64| weights.iter().map(|weight| (weight - from).powi(exponent)).sum::<f64>();
    let mean = power(1, 0.0) / 10.0;
    assert_close(all.probability(), mean, 1e-14);
    assert_close(all.relative_variance(), power(2, mean) / 10.0 / (mean * mean), 1e-12);
    assert_close(all.freedom(), 2.0 * power(2, 0.0) * power(2, 0.0) / power(4, 0.0), 1e-12);
    let variance = power(2, mean);
    assert_close(all.skewness(), power(3, 0.0) / libm::pow(variance, 1.5), 1e-12);
}

#[test]
fn an_interval_reaches_as_far_as_students_quantile_and_further_up_by_the_skewness() {
    let mut five = Weights::default();
    for load in 0..1000 {
        five.add(if load < 5 { 0.2 } else { 0.0 });
    }
    // Five equal weights: ten degrees of freedom, and the quantile of the tables.
    assert_close(five.freedom(), 10.0, 1e-12);
    let [down, up] = five.reach(0.95).expect("a level");
    let student = 2.228_138_851_986_275;
    assert_close(down, student, 1e-9);
    // The sum of five loads in a thousand: their cubes over the variance to the power 3/2.
    let skewness = 5.0 * 0.008 / libm::pow(5.0 * 0.04 - 1.0 / 1000.0, 1.5);
    assert_close(up, student + skewness / 6.0 * (1.0 + 2.0 * student * student), 1e-9);
    assert!(five.reach(1.0).is_err());
    // Without an event nothing is known.
    let none = Weights { loads: 10, ..Weights::default() };
    assert_eq!((none.freedom(), none.skewness(), none.relative_variance()), (1.0, 0.0, f64::INFINITY));
}
