//! Draws against the laws they should follow: Kolmogorov-Smirnov tests at the 0.001 level, once against
//! the distribution functions of statrs, once against the samplers of rand_distr. The seeds are fixed.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a failed setup is a failed test; expected values need not be portable"
)]

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use rand_distr::Distribution as Sampler;
use sixslot_sim_core::{Distribution, Purpose, Streams};
use statrs::distribution::{self as oracle, ContinuousCDF};

const DRAWS: usize = 20_000;
/// The asymptotic critical value at the 0.001 level, times the square root of the number of draws.
const CRITICAL: f64 = 1.949_5;

type Law = Box<dyn Fn(f64) -> f64>;

fn law(oracle: impl ContinuousCDF<f64, f64> + 'static) -> Law {
    Box::new(move |x| oracle.cdf(x))
}

fn sampler(sampler: impl Sampler<f64>) -> Vec<f64> {
    let mut generator = ChaCha8Rng::seed_from_u64(20_240_917);
    sorted((0..DRAWS).map(|_| sampler.sample(&mut generator)).collect())
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn draws(name: &str, distribution: &Distribution) -> Vec<f64> {
    let (streams, purpose) = (Streams::new(11, 0), Purpose::named(name));
    sorted((0..DRAWS as u64).map(|entity| distribution.draw(&streams, purpose, entity)).collect())
}

/// The greatest distance between the empirical distribution function and `law`.
fn distance(values: &[f64], law: &Law) -> f64 {
    let n = values.len() as f64;
    (0..values.len())
        .map(|index| {
            let p = law(values[index]);
            (p - index as f64 / n).max((index + 1) as f64 / n - p)
        })
        .fold(0.0, f64::max)
}

/// The greatest distance between two empirical distribution functions.
fn distance_between(left: &[f64], right: &[f64]) -> f64 {
    left.iter()
        .chain(right)
        .map(|x| {
            let part = |values: &[f64]| values.partition_point(|value| value <= x) as f64 / values.len() as f64;
            (part(left) - part(right)).abs()
        })
        .fold(0.0, f64::max)
}

/// A distribution, the law it should follow, and a sample of that law.
type Case = (&'static str, Distribution, Law, Vec<f64>);

fn cases() -> Vec<Case> {
    let gamma = |shape: f64, mean: f64| {
        (
            Distribution::gamma_from_shape_mean(shape, mean).unwrap(),
            law(oracle::Gamma::new(shape, shape / mean).unwrap()),
            sampler(rand_distr::Gamma::new(shape, mean / shape).unwrap()),
        )
    };
    let weibull = |shape: f64, scale: f64| {
        (
            Distribution::weibull(shape, scale).unwrap(),
            law(oracle::Weibull::new(shape, scale).unwrap()),
            sampler(rand_distr::Weibull::new(scale, shape).unwrap()),
        )
    };
    let named = |name, (distribution, law, sample)| (name, distribution, law, sample);
    vec![
        (
            "uniform",
            Distribution::uniform(-2.0, 5.0).unwrap(),
            law(oracle::Uniform::new(-2.0, 5.0).unwrap()),
            sampler(rand_distr::Uniform::new(-2.0, 5.0).unwrap()),
        ),
        (
            "exponential",
            Distribution::exponential_from_mean(40.0).unwrap(),
            law(oracle::Exp::new(1.0 / 40.0).unwrap()),
            sampler(rand_distr::Exp::new(1.0 / 40.0).unwrap()),
        ),
        (
            "log-normal",
            Distribution::log_normal_from_median_sigma(300.0, 1.2).unwrap(),
            law(oracle::LogNormal::new(300.0_f64.ln(), 1.2).unwrap()),
            sampler(rand_distr::LogNormal::new(300.0_f64.ln(), 1.2).unwrap()),
        ),
        named("gamma, shape 0.05", gamma(0.05, 10.0)),
        named("gamma, shape 0.5", gamma(0.5, 10.0)),
        named("gamma, shape 1", gamma(1.0, 10.0)),
        named("gamma, shape 3.7", gamma(3.7, 10.0)),
        named("gamma, shape 500", gamma(500.0, 10.0)),
        named("weibull, shape 0.6", weibull(0.6, 25.0)),
        named("weibull, shape 2.5", weibull(2.5, 25.0)),
        (
            "pareto",
            Distribution::pareto(8.0, 1.3).unwrap(),
            law(oracle::Pareto::new(8.0, 1.3).unwrap()),
            sampler(rand_distr::Pareto::new(8.0, 1.3).unwrap()),
        ),
        (
            "triangular",
            Distribution::triangular(1.0, 2.0, 6.0).unwrap(),
            law(oracle::Triangular::new(1.0, 6.0, 2.0).unwrap()),
            sampler(rand_distr::Triangular::new(1.0, 6.0, 2.0).unwrap()),
        ),
    ]
}

#[test]
fn draws_follow_their_law() {
    for (name, distribution, law, _) in cases() {
        let distance = distance(&draws(name, &distribution), &law);
        let critical = CRITICAL / (DRAWS as f64).sqrt();
        assert!(distance < critical, "{name}: {distance} >= {critical}");
    }
}

#[test]
fn draws_agree_with_another_sampler() {
    for (name, distribution, _, sample) in cases() {
        let distance = distance_between(&draws(name, &distribution), &sample);
        let critical = CRITICAL * (2.0 / DRAWS as f64).sqrt();
        assert!(distance < critical, "{name}: {distance} >= {critical}");
    }
}

/// The tests above would notice a parameter that is off by a few parts in a hundred.
#[test]
fn a_wrong_law_is_noticed() {
    let draws = draws("wrong", &Distribution::exponential_from_mean(40.0).unwrap());
    let wrong = law(oracle::Exp::new(1.0 / 42.0).unwrap());
    assert!(distance(&draws, &wrong) > CRITICAL / (DRAWS as f64).sqrt());
    let wrong = sampler(rand_distr::Exp::new(1.0 / 43.0).unwrap());
    assert!(distance_between(&draws, &wrong) > CRITICAL * (2.0 / DRAWS as f64).sqrt());
}

#[test]
fn truncated_draws_follow_the_conditional_law() {
    let full = oracle::LogNormal::new(2.0, 1.0).unwrap();
    let (low, high) = (5.0, 20.0);
    let distribution = Distribution::log_normal_from_median_sigma(2.0_f64.exp(), 1.0)
        .and_then(|full| full.truncated(Some(low), Some(high)))
        .unwrap();
    let draws = draws("truncated", &distribution);
    assert!(draws[0] >= low && draws[DRAWS - 1] <= high);
    let conditional: Law = Box::new(move |x| (full.cdf(x) - full.cdf(low)) / (full.cdf(high) - full.cdf(low)));
    assert!(distance(&draws, &conditional) < CRITICAL / (DRAWS as f64).sqrt());
}
