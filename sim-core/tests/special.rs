//! The special functions against reference values of 19 digits, and against each other.

#![allow(clippy::disallowed_methods, reason = "expected values need not be portable")]

use proptest::{prelude::*, test_runner::RngSeed};
use sixslot_sim_core::special::{
    gamma_cumulative, gamma_survival, inverse_gamma_cumulative, inverse_normal_cumulative, normal_cumulative,
    poisson_deviance, stirling_error,
};
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::gamma::ln_gamma;
use std::f64::consts::TAU;

#[test]
fn agrees_with_reference_values() {
    let mut rows = 0;
    let lines = include_str!("data/special.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let (function, numbers) = line.split_once(' ').expect("four fields");
        let numbers: Vec<f64> = numbers.split(' ').map(|number| number.parse().expect("a number")).collect();
        let [shape, argument, expected] = numbers[..] else {
            panic!("three numbers in {line}");
        };
        let (value, accuracy) = match function {
            "P" => (gamma_cumulative(shape, argument), 1e-13),
            "Q" => (gamma_survival(shape, argument), 1e-13),
            "G" => (inverse_gamma_cumulative(shape, argument), 1e-12),
            "N" => (inverse_normal_cumulative(argument), 1e-15),
            _ => panic!("unknown function in {line}"),
        };
        let error = (value / expected - 1.0).abs();
        assert!(error < accuracy, "{line}: {value:e} is off by {error:e}");
        rows += 1;
    }
    assert_eq!(rows, 293);
}

#[test]
fn ends_are_ends() {
    assert_eq!(inverse_normal_cumulative(0.0), f64::NEG_INFINITY);
    assert_eq!(inverse_normal_cumulative(1.0), f64::INFINITY);
    assert_eq!(inverse_normal_cumulative(0.5), 0.0);
    assert!(inverse_normal_cumulative(f64::NAN).is_nan());
    assert_eq!(normal_cumulative(f64::NEG_INFINITY), 0.0);
    assert_eq!(normal_cumulative(f64::INFINITY), 1.0);
    for shape in [0.05, 1.0, 1e4] {
        assert_eq!(gamma_cumulative(shape, -1.0), 0.0);
        assert_eq!(gamma_cumulative(shape, f64::INFINITY), 1.0);
        assert_eq!(gamma_survival(shape, 0.0), 1.0);
        assert_eq!(gamma_survival(shape, f64::INFINITY), 0.0);
        assert_eq!(inverse_gamma_cumulative(shape, 0.0), 0.0);
        assert_eq!(inverse_gamma_cumulative(shape, 1.0), f64::INFINITY);
    }
    // Below the least normal number.
    assert_eq!(inverse_gamma_cumulative(0.001, 0.01), 0.0);
}

#[test]
fn tails_of_the_normal_law_meet_tables_and_the_second_implementation() {
    let upper = |tail: f64| -inverse_normal_cumulative(tail);
    assert!((upper(0.025) - 1.959_963_984_540_054).abs() < 1e-14);
    assert!((upper(0.05) - 1.644_853_626_951_472_7).abs() < 1e-14);
    assert!((upper(1e-9) - 5.997_807_015_007_686_5).abs() < 1e-13);
    let normal = Normal::new(0.0, 1.0).expect("a valid normal distribution");
    for tail in [0.4999, 0.4, 0.3, 0.1, 1e-3, 1e-6, 1e-12, 5.6e-17] {
        let back = normal.sf(upper(tail));
        assert!((back / tail - 1.0).abs() < 1e-10, "{tail}: {back}");
    }
}

#[test]
fn stirlings_error_meets_its_definition_on_both_sides_of_the_switch() {
    for tenth in 5..400 {
        let z = f64::from(tenth) / 10.0;
        let expected = ln_gamma(z + 1.0) - (z + 0.5) * z.ln() + z - 0.5 * TAU.ln();
        assert!((stirling_error(z) - expected).abs() < 1e-12, "{z}");
    }
    // ln(1!) - ln(sqrt(2 pi) / e), and 1 / (12 z) in the limit.
    assert!((stirling_error(1.0) - 0.081_061_466_795_327_26).abs() < 1e-15);
    assert!((stirling_error(1e9) * 12e9 - 1.0).abs() < 1e-15);
}

#[test]
fn the_deviance_keeps_its_digits_near_its_zero_and_across_its_switch() {
    assert_eq!(poisson_deviance(7.0, 7.0), 0.0);
    // gap^2 / (2 mean) (1 + ...): the plain form would have no digit left.
    assert!((poisson_deviance(1e9 + 1.0, 1e9) * 2e9 - 1.0).abs() < 1e-9);
    for mean in [0.5, 3.0, 1e3] {
        for ratio in [0.81, 0.82, 0.9, 1.1, 1.22, 1.23, 5.0] {
            let x: f64 = mean * ratio;
            let expected = x * (x / mean).ln() + mean - x;
            assert!((poisson_deviance(x, mean) / expected - 1.0).abs() < 1e-12, "{x} {mean}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        rng_seed: RngSeed::Fixed(2),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn normal_round_trip(z in -8.0..5.0_f64) {
        let error = inverse_normal_cumulative(normal_cumulative(z)) - z;
        prop_assert!(error.abs() < 1e-10, "{error}");
    }

    #[test]
    fn gamma_round_trip(log_shape in -3.0..11.5_f64, p in 1e-12..1.0_f64) {
        let shape = log_shape.exp();
        let x = inverse_gamma_cumulative(shape, p);
        prop_assert!((gamma_cumulative(shape, x) / p - 1.0).abs() < 1e-11, "{x}");
        let complement = gamma_cumulative(shape, x) + gamma_survival(shape, x);
        prop_assert!((complement - 1.0).abs() < 1e-15);
    }

    /// P(a + 1, x) = P(a, x) - x^a e^-x / Gamma(a + 1) (DLMF 8.8.5): ties the series to the fraction
    /// across their border, and the two forms of the factor to each other at a = 10.
    #[test]
    fn gamma_recurrence(shape in 0.05..40.0_f64, ratio in 0.1..3.0_f64) {
        let x = shape * ratio;
        let term = (shape * x.ln() - x - statrs::function::gamma::ln_gamma(shape + 1.0)).exp();
        let difference = gamma_cumulative(shape, x) - gamma_cumulative(shape + 1.0, x);
        prop_assert!((difference - term).abs() < 1e-12, "{difference} {term}");
    }
}
