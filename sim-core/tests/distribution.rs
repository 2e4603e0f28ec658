//! The distribution functions, their inverses and means: against statrs, against each other, and against
//! their definitions.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a failed setup is a failed test; expected values need not be portable"
)]

use proptest::{prelude::*, test_runner::RngSeed};
use sixslot_sim_core::{Distribution, DistributionError, Family};
use statrs::{distribution as oracle, distribution::ContinuousCDF, statistics::Distribution as _};

type Made = Result<Distribution, DistributionError>;
type FromQuantiles = fn((f64, f64), (f64, f64)) -> Made;

fn close(left: f64, right: f64, relative: f64) -> bool {
    (left - right).abs() <= relative * left.abs().max(right.abs())
}

fn positive() -> impl Strategy<Value = f64> {
    (-4.0..4.0_f64).prop_map(f64::exp)
}

/// Families with a density; none so steep that a rounded value has a visibly different probability.
fn smooth_families() -> impl Strategy<Value = Made> {
    let shape = || (-2.0..3.0_f64).prop_map(f64::exp);
    prop_oneof![
        (-50.0..50.0_f64, positive()).prop_map(|(low, width)| Distribution::uniform(low, low + width)),
        positive().prop_map(Distribution::exponential_from_mean),
        (positive(), 0.05..3.0_f64)
            .prop_map(|(median, sigma)| Distribution::log_normal_from_median_sigma(median, sigma)),
        (shape(), positive()).prop_map(|(shape, mean)| Distribution::gamma_from_shape_mean(shape, mean)),
        (shape(), positive()).prop_map(|(shape, scale)| Distribution::weibull(shape, scale)),
        (positive(), shape()).prop_map(|(least, shape)| Distribution::pareto(least, shape)),
        (-50.0..50.0_f64, positive(), 0.0..=1.0_f64)
            .prop_map(|(low, width, part)| { Distribution::triangular(low, low + part * width, low + width) }),
    ]
}

fn families_with_atoms() -> impl Strategy<Value = Made> {
    let values = || prop::collection::vec(prop_oneof![-50.0..50.0_f64, Just(7.0)], 1..40);
    prop_oneof![
        (-50.0..50.0_f64).prop_map(Distribution::constant),
        values().prop_map(Distribution::samples),
        values().prop_map(|mut values| {
            values.push(51.0);
            values.sort_by(f64::total_cmp);
            let last = (values.len() - 1) as f64;
            let knots = (0..).zip(values).map(|(index, x)| ((f64::from(index) / last).powi(2), x));
            Distribution::quantiles(knots.collect())
        }),
    ]
}

/// Scaled, shifted and truncated.
fn changed(families: impl Strategy<Value = Made>) -> impl Strategy<Value = Distribution> {
    let bound = |range| prop::option::of(range);
    (families, positive(), -50.0..50.0_f64, bound(0.01..0.4_f64), bound(0.6..0.99_f64)).prop_map(
        |(family, scale, shift, low, high)| {
            let moved = family.unwrap().scaled(scale).unwrap().shifted(shift).unwrap();
            let (low, high) = (low.map(|u| moved.quantile(u)), high.map(|u| moved.quantile(u)));
            moved.truncated(low, high).unwrap()
        },
    )
}

fn distributions() -> impl Strategy<Value = Distribution> {
    changed(prop_oneof![7 => smooth_families().boxed(), 3 => families_with_atoms().boxed()])
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000,
        rng_seed: RngSeed::Fixed(3),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn quantile_and_cumulative_are_inverse(law in distributions(), u in 1e-6..0.999_999_f64) {
        let x = law.quantile(u);
        // At an atom the distribution function jumps from at most u to at least u.
        let nudge = 1e-10 * (x.abs() + 50.0);
        prop_assert!(law.cumulative(x + nudge) >= u - 1e-9, "{x}");
        prop_assert!(law.cumulative(x - nudge) <= u + 1e-9, "{x}");
    }

    #[test]
    fn without_atoms_the_round_trip_is_exact(law in changed(smooth_families()), u in 1e-6..0.999_999_f64) {
        let x = law.quantile(u);
        // A value that a much larger shift hides has lost its digits; the test above still holds.
        if law.quantile((u + 1e-3).min(1.0)) - x > 1e-5 * x.abs() {
            prop_assert!((law.cumulative(x) - u).abs() < 1e-9, "{x} {}", law.cumulative(x));
        }
    }

    #[test]
    fn both_functions_ascend(law in distributions(), left in 0.0..1.0_f64, right in 0.0..1.0_f64) {
        let (low, high) = (left.min(right), left.max(right));
        let (x, y) = (law.quantile(low), law.quantile(high));
        prop_assert!(x <= y + 1e-12 * y.abs(), "{x} {y}");
        prop_assert!(law.cumulative(x) <= law.cumulative(y) + 1e-12);
        prop_assert!(law.quantile(0.0) <= x && y <= law.quantile(1.0));
    }

    #[test]
    fn cumulative_runs_from_zero_to_one(law in distributions()) {
        let (least, greatest) = (law.quantile(0.0), law.quantile(1.0));
        prop_assert_eq!(law.cumulative(f64::NEG_INFINITY), 0.0);
        prop_assert_eq!(law.cumulative(least - 1e-9 * (1.0 + least.abs())), 0.0);
        prop_assert_eq!(law.cumulative(f64::INFINITY), 1.0);
        prop_assert!(law.cumulative(greatest + 1e-9 * (1.0 + greatest.abs())) > 1.0 - 1e-12);
    }

    /// The mean of a distribution is the mean of its halves, however long its tail.
    #[test]
    fn truncated_means_add_up(law in changed(smooth_families()), u in 0.1..0.9_f64) {
        let cut = law.quantile(u);
        let (lower, upper) = (law.cumulative(cut), 1.0 - law.cumulative(cut));
        let below = law.clone().truncated(None, Some(cut)).unwrap().mean();
        let above = law.clone().truncated(Some(cut), None).unwrap().mean();
        prop_assert!(below.is_some());
        prop_assert_eq!(law.mean().is_some(), above.is_some());
        if let (Some(mean), Some(below), Some(above)) = (law.mean(), below, above) {
            let sum = lower * below + upper * above;
            prop_assert!((sum - mean).abs() < 1e-7 * (mean.abs() + 50.0), "{sum} {mean}");
            prop_assert!(below <= cut && cut <= above);
        }
    }

    #[test]
    fn two_quantiles_are_reproduced(
        p1 in 0.02..0.9_f64,
        gap in 0.05..0.95_f64,
        x1 in (-7.0..14.0_f64).prop_map(f64::exp),
        ratio in (0.05..4.6_f64).prop_map(f64::exp),
    ) {
        let p2 = p1 + gap * (0.99 - p1);
        let x2 = x1 * ratio;
        prop_assume!(p2 - p1 > 0.05);
        let constructors: [(&str, FromQuantiles); 5] = [
            ("log-normal", Distribution::log_normal_from_quantiles),
            ("gamma", Distribution::gamma_from_quantiles),
            ("weibull", Distribution::weibull_from_quantiles),
            ("pareto", Distribution::pareto_from_quantiles),
            ("uniform", Distribution::uniform_from_quantiles),
        ];
        for (name, constructor) in constructors {
            match constructor((p1, x1), (p2, x2)) {
                Ok(law) => {
                    prop_assert!(close(law.quantile(p1), x1, 1e-9), "{name} {}", law.quantile(p1));
                    prop_assert!(close(law.quantile(p2), x2, 1e-9), "{name} {}", law.quantile(p2));
                }
                Err(DistributionError::Overflow(_)) => {
                    prop_assert!(["weibull", "pareto"].contains(&name) && ratio > 2.0, "{name}");
                }
                Err(error) => prop_assert!(false, "{name}: {error}"),
            }
        }
        let law = Distribution::exponential_from_quantile((p1, x1)).unwrap();
        prop_assert!(close(law.quantile(p1), x1, 1e-12));
    }

    #[test]
    fn an_empirical_law_meets_its_samples(
        mut values in prop::collection::vec(-1e6..1e6_f64, 2..50),
    ) {
        let law = Distribution::samples(values.clone()).unwrap();
        values.sort_by(f64::total_cmp);
        let last = (values.len() - 1) as f64;
        for (index, value) in (0..).zip(&values) {
            let p = f64::from(index) / last;
            prop_assert!((law.quantile(p) - value).abs() < 1e-6);
            prop_assert!((law.cumulative(*value) - p).abs() < 1e-9);
        }
        let between = values.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).sum::<f64>() / last;
        prop_assert!((law.mean().unwrap() - between).abs() < 1e-6);
    }
}

#[test]
fn quantiles_agree_with_statrs() {
    fn agree(name: &str, law: Made, oracle: &impl ContinuousCDF<f64, f64>, accuracy: f64) {
        let law = law.unwrap();
        for p in (1..1_000).map(|i| f64::from(i) / 1_000.0) {
            let (ours, theirs) = (law.quantile(p), oracle.inverse_cdf(p));
            assert!(close(ours, theirs, accuracy), "{name} at {p}: {ours} {theirs}");
            assert!((oracle.cdf(ours) - p).abs() < 1e-9, "{name} at {p}: {ours}");
            assert!((law.cumulative(ours) - p).abs() < 1e-12, "{name} at {p}: {ours}");
        }
    }
    let exponential = oracle::Exp::new(0.25).unwrap();
    agree("exponential", Distribution::exponential_from_mean(4.0), &exponential, 1e-9);
    let uniform = oracle::Uniform::new(2.0, 9.0).unwrap();
    agree("uniform", Distribution::uniform(2.0, 9.0), &uniform, 1e-9);
    let triangular = oracle::Triangular::new(2.0, 9.0, 3.0).unwrap();
    agree("triangular", Distribution::triangular(2.0, 3.0, 9.0), &triangular, 1e-9);
    for shape in [0.3, 1.0, 4.5] {
        let weibull = oracle::Weibull::new(shape, 7.0).unwrap();
        agree("weibull", Distribution::weibull(shape, 7.0), &weibull, 1e-9);
        let pareto = oracle::Pareto::new(7.0, shape).unwrap();
        agree("pareto", Distribution::pareto(7.0, shape), &pareto, 1e-9);
        let log_normal = oracle::LogNormal::new(7.0_f64.ln(), shape).unwrap();
        let law = Distribution::log_normal_from_median_sigma(7.0, shape);
        agree("log-normal", law, &log_normal, 1e-9);
    }
    // The inverse of statrs stops early here; tests/special.rs has sharper reference values.
    for shape in [0.5, 1.0, 2.5, 30.0, 400.0] {
        let gamma = oracle::Gamma::new(shape, shape / 7.0).unwrap();
        agree("gamma", Distribution::gamma_from_shape_mean(shape, 7.0), &gamma, 1e-7);
    }
    let erlang = oracle::Erlang::new(4, 0.5).unwrap();
    agree("erlang", Distribution::erlang(4, 8.0), &erlang, 1e-7);
}

#[test]
fn moments_agree_with_statrs() {
    let log_normal = Distribution::log_normal_from_mean_deviation(30.0, 45.0).unwrap();
    let Family::LogNormal { mu, sigma } = *log_normal.family() else {
        panic!("log-normal");
    };
    let expected = oracle::LogNormal::new(mu, sigma).unwrap();
    assert!(close(expected.mean().unwrap(), 30.0, 1e-12));
    assert!(close(expected.std_dev().unwrap(), 45.0, 1e-12));
    assert!(close(log_normal.mean().unwrap(), 30.0, 1e-12));

    let gamma = Distribution::gamma_from_mean_deviation(30.0, 45.0).unwrap();
    let Family::Gamma { shape, scale } = *gamma.family() else {
        panic!("gamma");
    };
    let expected = oracle::Gamma::new(shape, 1.0 / scale).unwrap();
    assert!(close(expected.mean().unwrap(), 30.0, 1e-12));
    assert!(close(expected.std_dev().unwrap(), 45.0, 1e-12));
    assert!(close(gamma.mean().unwrap(), 30.0, 1e-12));

    let weibull = Distribution::weibull(0.7, 3.0).unwrap().mean().unwrap();
    assert!(close(weibull, oracle::Weibull::new(0.7, 3.0).unwrap().mean().unwrap(), 1e-12));
    let pareto = Distribution::pareto(3.0, 1.25).unwrap().mean().unwrap();
    assert!(close(pareto, oracle::Pareto::new(3.0, 1.25).unwrap().mean().unwrap(), 1e-12));
    let triangular = Distribution::triangular(1.0, 2.0, 6.0).unwrap().mean().unwrap();
    assert!(close(triangular, 3.0, 1e-12));
    let moved = Distribution::exponential_from_mean(4.0).unwrap();
    let moved = moved.scaled(3.0).unwrap().shifted(-2.0).unwrap();
    assert!(close(moved.mean().unwrap(), 10.0, 1e-12));
}

#[test]
fn an_infinite_mean_is_none() {
    for shape in [0.5, 1.0] {
        let pareto = Distribution::pareto(1.0, shape).unwrap();
        assert_eq!(pareto.mean(), None);
        assert_eq!(pareto.clone().truncated(Some(3.0), None).unwrap().mean(), None);
        assert!(pareto.truncated(None, Some(3.0)).unwrap().mean().is_some());
    }
    // For shape 1 the partial mean is a logarithm: E[X | X <= e] = 1 / (1 - 1 / e).
    let e = std::f64::consts::E;
    let pareto = Distribution::pareto(1.0, 1.0).unwrap();
    let mean = pareto.truncated(None, Some(e)).unwrap().mean().unwrap();
    assert!(close(mean, 1.0 / (1.0 - 1.0 / e), 1e-12));
}

/// The closed forms against the definition: the mean of the quantiles, by the midpoint rule.
#[test]
fn truncated_means_agree_with_the_quantiles() {
    const STEPS: u32 = 200_000;
    let laws = [
        Distribution::constant(4.0),
        Distribution::uniform(-1.0, 9.0),
        Distribution::exponential_from_mean(5.0),
        Distribution::log_normal_from_median_sigma(4.0, 1.0),
        Distribution::gamma_from_shape_mean(0.4, 6.0),
        Distribution::gamma_from_shape_mean(4.0, 6.0),
        Distribution::weibull(0.6, 5.0),
        Distribution::pareto(1.5, 0.8),
        Distribution::pareto(1.5, 1.0),
        Distribution::triangular(0.0, 3.0, 9.0),
        Distribution::triangular(0.0, 8.0, 9.0),
        Distribution::samples(vec![1.0, 2.0, 2.5, 4.0, 4.0, 4.0, 9.0]),
        Distribution::quantiles(vec![(0.0, 0.0), (0.2, 4.0), (0.6, 4.0), (1.0, 40.0)]),
    ];
    for law in laws.map(Result::unwrap) {
        for (low, high) in [(None, Some(8.0)), (Some(2.25), Some(8.0)), (Some(4.0), Some(7.5))] {
            let law = law.clone().truncated(low, high).unwrap();
            let law = law.scaled(2.0).unwrap().shifted(-3.0).unwrap();
            let middle = |step: u32| law.quantile((f64::from(step) + 0.5) / f64::from(STEPS));
            let numeric = (0..STEPS).map(middle).sum::<f64>() / f64::from(STEPS);
            let closed = law.mean().unwrap();
            assert!((closed - numeric).abs() < 1e-5, "{law:?}: {closed} {numeric}");
        }
    }
}

#[test]
fn changes_compose() {
    let law = Distribution::uniform(0.0, 8.0).unwrap();
    // In the order of the calls: what was moved or cut before is scaled too.
    let law = law.shifted(1.0).unwrap().truncated(Some(3.0), None).unwrap().scaled(2.0).unwrap();
    assert_eq!([0.0, 0.5, 1.0].map(|u| law.quantile(u)), [6.0, 12.0, 18.0]);
    assert_eq!([6.0, 12.0, 18.0].map(|x| law.cumulative(x)), [0.0, 0.5, 1.0]);
    assert_eq!(law.mean(), Some(12.0));
    // A second truncation cuts what the first one left.
    let law = law.truncated(Some(0.0), Some(10.0)).unwrap();
    assert_eq!([0.0, 1.0].map(|u| law.quantile(u)), [6.0, 10.0]);
    assert_eq!(law.clone().truncated(None, None).unwrap(), law);
}

#[test]
fn atoms_keep_their_probability() {
    let law = Distribution::samples(vec![0.1, 0.3, 0.3, 0.3, 0.7]).unwrap();
    let law = law.scaled(3.0).unwrap().shifted(0.2).unwrap();
    let atom = 0.3 * 3.0 + 0.2;
    for u in [0.25, 0.3, 0.5, 0.74] {
        assert_eq!(law.quantile(u), atom);
    }
    assert_eq!(law.cumulative(atom), 0.75);
    assert_eq!(law.cumulative(atom - 1e-9).round(), 0.0);
    // Half of the law is the atom itself, a quarter lies above it.
    let kept = law.truncated(Some(atom), None).unwrap();
    assert_eq!(kept.cumulative(atom), 0.5 / 0.75);
    let constant = Distribution::constant(0.1).unwrap();
    let constant = constant.scaled(3.0).unwrap().shifted(0.2).unwrap();
    let value = constant.quantile(0.5);
    assert_eq!((constant.cumulative(value), constant.mean()), (1.0, Some(value)));
    assert_eq!(constant.cumulative(value - 1e-12), 0.0);
    assert!(constant.truncated(Some(value), Some(value)).is_ok());
    assert_eq!(Distribution::samples(vec![5.0]), Distribution::constant(5.0));
}

/// Where the greatest uniform would round up to probability one, the draw stays finite.
#[test]
fn every_draw_is_finite() {
    let law = Distribution::exponential_from_mean(1.0).unwrap();
    let law = law.truncated(Some(0.7), None).unwrap();
    assert!(law.quantile(1.0 - f64::EPSILON / 2.0).is_finite());
    assert_eq!(law.quantile(1.0), f64::INFINITY);
}
