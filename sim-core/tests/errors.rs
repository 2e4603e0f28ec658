//! Every refusal, by its variant and by the advice in its message.

#![allow(clippy::unwrap_used, reason = "a failed setup is a failed test")]

use sixslot_sim_core::{
    Distribution, DistributionError as Error,
    distribution::{GREATEST_GAMMA_SHAPE, LEAST_GAMMA_SHAPE, LEAST_TRUNCATION, SAMPLE_LIMIT},
};

type Made = Result<Distribution, Error>;

fn refused(made: Made, expected: &Error, advice: &str) {
    let error = made.expect_err("a refusal");
    assert_eq!(format!("{error:?}"), format!("{expected:?}"));
    assert!(error.to_string().contains(advice), "{error}");
}

fn one() -> Distribution {
    Distribution::exponential_from_mean(1.0).unwrap()
}

#[test]
fn not_finite() {
    let refused = |made, name, value| {
        refused(made, &Error::NotFinite { name, value }, "give a finite number");
    };
    let (nan, infinity) = (f64::NAN, f64::INFINITY);
    refused(Distribution::constant(nan), "value", nan);
    refused(Distribution::uniform(0.0, infinity), "high", infinity);
    refused(Distribution::exponential_from_mean(infinity), "mean", infinity);
    refused(Distribution::samples(vec![1.0, nan]), "sample", nan);
    refused(Distribution::samples(vec![-1e308, 1e308]), "range", infinity);
    refused(Distribution::quantiles(vec![(0.0, nan), (1.0, 1.0)]), "quantile", nan);
    refused(Distribution::quantiles(vec![(0.0, -1e308), (1.0, 1e308)]), "range", infinity);
    refused(Distribution::log_normal_from_quantiles((0.5, 1.0), (0.9, nan)), "second quantile", nan);
    refused(one().scaled(nan), "factor", nan);
    refused(one().shifted(infinity), "offset", infinity);
    refused(one().truncated(Some(nan), None), "lower bound", nan);
    refused(one().truncated(None, Some(infinity)), "upper bound", infinity);
}

#[test]
fn not_positive() {
    let refused = |made, name, value| {
        refused(made, &Error::NotPositive { name, value }, "give a number above zero");
    };
    refused(Distribution::exponential_from_mean(0.0), "mean", 0.0);
    refused(Distribution::exponential_from_quantile((0.5, -1.0)), "quantile", -1.0);
    refused(Distribution::log_normal_from_median_sigma(0.0, 1.0), "median", 0.0);
    refused(Distribution::log_normal_from_median_sigma(1.0, 0.0), "sigma", 0.0);
    refused(Distribution::log_normal_from_mean_deviation(-1.0, 1.0), "mean", -1.0);
    refused(Distribution::log_normal_from_mean_deviation(1.0, 0.0), "standard deviation", 0.0);
    refused(Distribution::gamma_from_shape_mean(0.0, 1.0), "shape", 0.0);
    refused(Distribution::gamma_from_shape_mean(1.0, 0.0), "mean", 0.0);
    refused(Distribution::gamma_from_mean_deviation(1.0, -1.0), "standard deviation", -1.0);
    refused(Distribution::erlang(0, 1.0), "shape", 0.0);
    refused(Distribution::weibull(1.0, 0.0), "scale", 0.0);
    refused(Distribution::weibull(-1.0, 1.0), "shape", -1.0);
    refused(Distribution::pareto(0.0, 1.0), "minimum", 0.0);
    refused(Distribution::pareto(1.0, 0.0), "shape", 0.0);
    refused(Distribution::pareto_from_quantiles((0.5, 0.0), (0.9, 1.0)), "first quantile", 0.0);
    refused(one().scaled(0.0), "factor", 0.0);
    let tiny = one().scaled(1e-300).unwrap();
    refused(tiny.scaled(1e-300), "scale", 0.0);
}

#[test]
fn out_of_range() {
    let refused = |made, value| {
        let expected = Error::OutOfRange { name: "shape", value, least: LEAST_GAMMA_SHAPE, most: GREATEST_GAMMA_SHAPE };
        refused(made, &expected, "give a number from 0.001 to 1000000");
    };
    refused(Distribution::gamma_from_shape_mean(5e-4, 1.0), 5e-4);
    refused(Distribution::erlang(2_000_000, 1.0), 2e6);
    refused(Distribution::gamma_from_mean_deviation(8192.0, 1.0), 67_108_864.0);
}

#[test]
fn not_ordered() {
    let refused = |made, lower_name, lower, upper_name, upper| {
        let expected = Error::NotOrdered { lower_name, lower, upper_name, upper };
        refused(made, &expected, "give them in ascending order");
    };
    refused(Distribution::uniform(1.0, 1.0), "low", 1.0, "high", 1.0);
    refused(Distribution::triangular(1.0, 0.0, 2.0), "low", 1.0, "mode", 0.0);
    refused(Distribution::triangular(1.0, 3.0, 2.0), "mode", 3.0, "high", 2.0);
    let knots = vec![(0.0, 2.0), (1.0, 1.0)];
    refused(Distribution::quantiles(knots), "quantile", 2.0, "next quantile", 1.0);
    let knots = vec![(0.0, 0.0), (0.0, 1.0), (1.0, 2.0)];
    refused(Distribution::quantiles(knots), "probability", 0.0, "next probability", 0.0);
    for constructor in [
        Distribution::log_normal_from_quantiles,
        Distribution::gamma_from_quantiles,
        Distribution::weibull_from_quantiles,
        Distribution::pareto_from_quantiles,
        Distribution::uniform_from_quantiles,
    ] {
        let (name, next) = ("first probability", "second probability");
        refused(constructor((0.9, 1.0), (0.5, 2.0)), name, 0.9, next, 0.5);
        let (name, next) = ("first quantile", "second quantile");
        refused(constructor((0.5, 2.0), (0.9, 2.0)), name, 2.0, next, 2.0);
    }
}

#[test]
fn probability_outside() {
    let advice = "write the 95th percentile as 0.95";
    for p in [0.0, 1.0, 95.0, -0.5, f64::NAN] {
        let expected = Error::ProbabilityOutside(p);
        refused(Distribution::exponential_from_quantile((p, 1.0)), &expected, advice);
        refused(Distribution::weibull_from_quantiles((p, 1.0), (0.9, 2.0)), &expected, advice);
        refused(Distribution::gamma_from_quantiles((0.5, 1.0), (p, 2.0)), &expected, advice);
    }
}

#[test]
fn open_ended() {
    let knots = vec![(0.5, 1.0), (0.95, 4.0)];
    let (first, last) = (0.5, 0.95);
    let advice = "add the least value at probability 0";
    refused(Distribution::quantiles(knots), &Error::OpenEnded { first, last }, advice);
}

#[test]
fn empty_or_too_many() {
    let advice = "give at least one value";
    refused(Distribution::samples(vec![]), &Error::Empty("samples"), advice);
    refused(Distribution::quantiles(vec![]), &Error::Empty("quantiles"), advice);
    assert!(Distribution::samples(vec![1.0; SAMPLE_LIMIT]).is_ok());
    let too_many = |name| Error::TooMany { name, count: SAMPLE_LIMIT + 1, limit: SAMPLE_LIMIT };
    let samples = vec![1.0; SAMPLE_LIMIT + 1];
    refused(Distribution::samples(samples), &too_many("samples"), "thin them out");
    let knots = vec![(0.0, 1.0); SAMPLE_LIMIT + 1];
    refused(Distribution::quantiles(knots), &too_many("quantiles"), "thin them out");
}

#[test]
fn no_solution() {
    let refused = |x| {
        let expected = Error::NoSolution { family: "gamma", ratio: x };
        let made = Distribution::gamma_from_quantiles((0.5, 1.0), (0.6, x));
        refused(made, &expected, "use another family");
    };
    refused(1.000_001);
    refused(1e200);
}

#[test]
fn overflow() {
    let refused = |made| {
        refused(made, &Error::Overflow(f64::INFINITY), "make the spread or the scale smaller");
    };
    refused(Distribution::log_normal_from_median_sigma(1.0, 100.0));
    refused(Distribution::weibull(0.004, 1.0));
    refused(Distribution::pareto(1.0, 0.05));
    refused(Distribution::uniform(-1e308, 1e308));
    refused(Distribution::constant(1e200).and_then(|law| law.scaled(1e200)));
}

#[test]
fn empty_truncation() {
    let refused = |law: Distribution, at_least, at_most, probability| {
        let expected = Error::EmptyTruncation { at_least, at_most, probability, limit: LEAST_TRUNCATION };
        refused(law.truncated(Some(at_least), Some(at_most)), &expected, "widen it");
    };
    refused(one(), 2.0, 1.0, 0.0);
    refused(one(), 2.0, 2.0, 0.0);
    refused(one(), 50.0, 60.0, 0.0);
    refused(Distribution::constant(5.0).unwrap(), 6.0, 7.0, 0.0);
    let twice = one().truncated(None, Some(1.0)).unwrap();
    assert!(twice.truncated(Some(1.5), None).is_err());
}
