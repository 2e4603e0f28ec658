//! Quantiles and means of samples, with their intervals.

use super::{assert_close, binomial_cdf, fixed_cases};
use proptest::prelude::*;
use sixslot_statistics::interval::Method;
use sixslot_statistics::mean::{MeanError, Summary, student};
use sixslot_statistics::quantile::{self, QuantileError, quantiles};

#[test]
fn quantiles_are_observations_of_the_nearest_rank() {
    // The example of the nearest-rank method: 15, 20, 35, 40, 50.
    let found = quantiles(&[15, 20, 35, 40, 50], [0.0, 0.05, 0.3, 0.4, 0.5, 1.0]);
    assert_eq!(found, Ok([15, 15, 20, 20, 35, 50]));
    // 0.07 * 100 rounds to 7.000000000000001: the seventh is meant, not the eighth.
    let hundred: Vec<u64> = (1..=100).collect();
    for percent in 1..=100_u64 {
        let fraction = percent as f64 / 100.0;
        assert_eq!(quantile::quantile(&hundred, fraction), Ok(percent));
    }
    assert_eq!(quantile::quantile(&[1.5], 0.99), Ok(1.5));
    assert_eq!(quantile::quantile::<f64>(&[], 0.5), Err(QuantileError::Empty));
    for sample in [vec![2.0, 1.0], vec![f64::NAN], vec![1.0, f64::NAN, 2.0]] {
        assert_eq!(quantile::quantile(&sample, 0.5), Err(QuantileError::NotAscending));
    }
    for fraction in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(quantile::quantile(&[1], fraction), Err(QuantileError::Fraction(_))));
    }
    assert_eq!(quantile::interval(&[1], 1.0, 0.95), Err(QuantileError::Fraction(1.0)));
    assert!(matches!(quantile::interval(&[1], 0.5, 1.0), Err(QuantileError::Level(_))));
}

#[test]
fn quantile_intervals_are_the_order_statistics_of_the_tables() {
    // The sign-test interval of a median, n = 20: ranks 6 and 15, coverage 0.9586.
    let twenty: Vec<u64> = (1..=20).collect();
    let found = quantile::interval(&twenty, 0.5, 0.95).expect("a valid sample");
    assert_eq!((found.low, found.high), (Some(6), Some(15)));
    assert_close(found.coverage, 0.958_610_534_667_968_8, 1e-12);
    // The smallest sample that bounds a median on both sides has 6 values.
    let ends = |count: u64| {
        let sample: Vec<u64> = (1..=count).collect();
        let found = quantile::interval(&sample, 0.5, 0.95).expect("a valid sample");
        (found.low, found.high)
    };
    assert_eq!(ends(5), (None, None));
    assert_eq!(ends(6), (Some(1), Some(6)));
    // 100 values bound the 99th percentile from below only: 0.99^100 = 0.37.
    let hundred: Vec<u64> = (1..=100).collect();
    let found = quantile::interval(&hundred, 0.99, 0.95).expect("a valid sample");
    assert_eq!((found.low, found.high), (Some(97), None));
}

proptest! {
    #![proptest_config(fixed_cases(200))]

    #[test]
    fn quantile_intervals_agree_with_the_binomial_and_are_tight(
        count in 1_u64..400, fraction in 0.01..0.99_f64, level in 0.5..0.99_f64,
    ) {
        let sample: Vec<u64> = (1..=count).collect();
        let found = quantile::interval(&sample, fraction, level).expect("a valid sample");
        let tail = 0.5 * (1.0 - level);
        let below = |rank: u64| if rank == 0 { 0.0 } else { binomial_cdf(rank - 1, count, fraction) };
        let (low, high) = (found.low.unwrap_or(0), found.high.unwrap_or(count + 1));
        prop_assert!(below(low) <= tail + 1e-12 && below(low + 1) > tail - 1e-12);
        prop_assert!(1.0 - below(high) <= tail + 1e-12 && 1.0 - below(high - 1) > tail - 1e-12);
        prop_assert!((found.coverage - (below(high) - below(low))).abs() < 1e-10);
        prop_assert!(found.coverage >= level - 1e-12);
        let estimate = quantile::quantile(&sample, fraction).expect("a valid sample");
        prop_assert!(low <= estimate && estimate <= high);
    }

    #[test]
    fn summaries_agree_with_the_textbook_formula(
        values in prop::collection::vec(-1e3..1e3_f64, 2..200), shift in -1e9..1e9_f64,
    ) {
        let found = Summary::of(&values).expect("valid values");
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let deviation = libm::sqrt(squares / (values.len() - 1) as f64);
        prop_assert!((found.mean - mean).abs() < 1e-9);
        prop_assert!((found.standard_deviation - deviation).abs() <= 1e-9 * deviation);
        // Shifted far away the values lose digits, but the algorithm loses no more of them.
        let shifted: Vec<f64> = values.iter().map(|value| value + shift).collect();
        let shifted = Summary::of(&shifted).expect("valid values");
        prop_assert!((shifted.standard_deviation - deviation).abs() < 1e-5);
    }
}

#[test]
fn student_meets_the_tables() {
    let t = |count: usize, level: f64| {
        // Half the values at -1, half at 1: the mean is 0 and the standard error is known.
        let values: Vec<f64> = (0..count).map(|i| if i % 2 == 0 { -1.0 } else { 1.0 }).collect();
        let summary = Summary::of(&values).expect("valid values");
        let interval = summary.interval(level).expect("a valid level");
        assert_eq!(student(&values, level), Ok(interval));
        assert_eq!(interval.method, Method::StudentT);
        interval.half_width() / summary.standard_error
    };
    assert_close(t(2, 0.95), 12.706_204_736_174_705, 1e-12);
    assert_close(t(10, 0.95), 2.262_157_162_798_205_5, 1e-12);
    assert_close(t(10, 0.999), 4.780_912_585_931_139, 1e-12);
    assert_close(t(1000, 0.95), 1.962_341_461_133_45, 1e-12);
}

#[test]
fn means_without_a_spread_are_refused() {
    assert_eq!(Summary::of(&[1.0]), Err(MeanError::TooFew(1)));
    assert!(matches!(Summary::of(&[1.0, f64::NAN]), Err(MeanError::NotFinite { index: 1, .. })));
    let constant = Summary::of(&[0.1; 1000]).expect("valid values");
    assert_close(constant.mean, 0.1, 1e-15);
    assert!(constant.standard_deviation < 1e-15);
    assert!(matches!(student(&[1.0, 2.0], 0.0), Err(MeanError::Level(_))));
}
