//! The statistics against reference values, second implementations and laws.
//!
//! Reference values with a source in a comment come from papers; the others were computed once
//! with 40-digit arithmetic (mpmath) by direct summation and bisection.

use experiments::statistics::interval::{
    Interval, IntervalError, Method, clopper_pearson, confidence_sequence, fixed_sample, jeffreys, wilson,
};
use experiments::statistics::mean::{MeanError, Summary, student};
use experiments::statistics::paired::{PairedCounts, difference, holm, mcnemar};
use experiments::statistics::quantile::{self, QuantileError, quantiles};
use experiments::statistics::stopping::{Stopping, StoppingError};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use statrs::distribution::{Binomial, Discrete, DiscreteCDF};

type Construction = fn(u64, u64, f64) -> Result<Interval, IntervalError>;

const CONSTRUCTIONS: [Construction; 5] = [wilson, clopper_pearson, jeffreys, confidence_sequence, fixed_sample];

/// The same cases in every run, and no files left behind.
fn fixed_cases(cases: u32) -> Config {
    let seed = RngSeed::Fixed(6);
    Config { cases, rng_seed: seed, failure_persistence: None, ..Config::default() }
}

fn assert_close(found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs();
    assert!(error <= relative * expected.abs(), "{found:e} instead of {expected:e}");
}

fn assert_ends(construction: Construction, counts: (u64, u64), low: f64, high: f64, relative: f64) {
    let interval = construction(counts.0, counts.1, 0.95).expect("valid counts");
    assert_close(interval.low, low, relative);
    assert_close(interval.high, high, relative);
}

/// P(Bin(n, p) <= k), by statrs.
fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    Binomial::new(p, n).expect("a valid binomial distribution").cdf(k)
}

/// The root of an increasing function in 0 ..= 1.
fn bisection(increasing: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if increasing(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn paired(both: u64, only_baseline: u64, only_variant: u64, neither: u64) -> PairedCounts {
    PairedCounts { both, only_baseline, only_variant, neither }
}

#[test]
fn intervals_meet_the_reference_values() {
    // Six digits, as printed; five of them in the six-digit value with a trailing zero.
    assert_ends(wilson, (3, 1000), 0.00102078, 0.00878301, 6e-6);
    assert_ends(clopper_pearson, (3, 1000), 0.000619100, 0.00874202, 6e-7);
    assert_ends(jeffreys, (3, 1000), 0.000845635, 0.00798437, 7e-7);
    assert_ends(wilson, (57, 1000), 0.0442534, 0.0731371, 2e-6);
    assert_ends(clopper_pearson, (57, 1000), 0.0434536, 0.0732227, 2e-6);
    assert_ends(wilson, (0, 1000), 0.0, 0.00382676, 2e-6);
    assert_ends(clopper_pearson, (0, 1000), 0.0, 0.00368208, 2e-6);
    assert_ends(confidence_sequence, (57, 1000), 0.0336273, 0.0885793, 2e-6);
}

#[test]
fn intervals_meet_the_forty_digit_values() {
    assert_ends(clopper_pearson, (3, 1000), 0.000619099931649571, 0.0087420232384783, 1e-12);
    assert_ends(clopper_pearson, (57, 1000), 0.0434535819369586, 0.0732227294606623, 1e-12);
    assert_ends(jeffreys, (3, 1000), 0.000845634801829834, 0.00798436735840344, 1e-12);
    assert_ends(jeffreys, (0, 1000), 0.0, 0.0025081643414223, 1e-12);
    assert_ends(jeffreys, (57, 1000), 0.0438930672567573, 0.0726653918924561, 1e-12);
    assert_ends(confidence_sequence, (57, 1000), 0.0336272933510541, 0.0885792998926863, 1e-12);
    assert_ends(confidence_sequence, (3, 1000), 6.8531231697229e-5, 0.0164183054931894, 1e-12);
    assert_ends(confidence_sequence, (1, 2), 0.00840395987491247, 0.991596040125088, 1e-12);
}

#[test]
fn rare_events_keep_their_digits() {
    const BILLION: u64 = 1_000_000_000;
    assert_ends(clopper_pearson, (1, BILLION), 2.53178079839694e-11, 5.57164337820312e-9, 1e-11);
    assert_ends(clopper_pearson, (3, BILLION), 6.18672123322896e-10, 8.7672730444607e-9, 1e-11);
    assert_ends(clopper_pearson, (40, BILLION), 2.85765865907218e-8, 5.44686465699403e-8, 1e-11);
    assert_ends(clopper_pearson, (2, 1_000_000), 2.42209370316003e-7, 7.22466879438032e-6, 1e-11);
    assert_ends(confidence_sequence, (1, BILLION), 4.99999999525e-20, 2.70154050337022e-8, 1e-11);
    assert_ends(confidence_sequence, (12_345, BILLION), 1.16887040699572e-5, 1.30254139566906e-5, 1e-11);
    // No failure: 1 - 0.025^(1/n), which is ln(40) / n up to a relative 2e-9.
    assert_ends(clopper_pearson, (0, BILLION), 0.0, 3.688_879_447_309_6e-9, 1e-11);
    assert_ends(wilson, (0, BILLION), 0.0, 3.841_458_806_e-9, 1e-8);
    // A big symmetrical count; all intervals agree with the normal one there.
    assert_ends(confidence_sequence, (BILLION / 2, BILLION), 0.49991897045703, 0.50008102954297, 1e-11);
    // Lower ends from the beta density integrated with forty digits.
    for (failures, exact, bayesian) in [
        (12_345, 1.212818221664972e-5, 1.2128677806703237e-5),
        (1_000_000, 9.980_419_606_758_46e-4, 9.980_424_601_865_89e-4),
        (BILLION / 2, 0.499_969_009_748_422_3, 0.499_969_010_248_422_3),
    ] {
        let found = clopper_pearson(failures, BILLION, 0.95).expect("valid counts");
        assert_close(found.low, exact, 1e-13);
        let found = jeffreys(failures, BILLION, 0.95).expect("valid counts");
        assert_close(found.low, bayesian, 1e-13);
    }
    let reach = 1.959_963_984_540_054 * 0.5 / libm::sqrt(1e9);
    for construction in [wilson, clopper_pearson, jeffreys] {
        let interval = construction(BILLION / 2, BILLION, 0.95).expect("valid counts");
        assert_close(interval.half_width(), reach, 1e-4);
        assert!((interval.low + interval.high - 1.0).abs() < 1e-12);
    }
}

#[test]
fn all_failed_mirrors_none_failed() {
    for construction in CONSTRUCTIONS {
        for (failures, loads) in [(0, 1), (0, 20), (0, 1000), (3, 1000), (1, 3)] {
            let interval = construction(failures, loads, 0.9).expect("valid counts");
            let mirrored = construction(loads - failures, loads, 0.9).expect("valid counts");
            assert!((interval.low + mirrored.high - 1.0).abs() < 1e-14);
            assert!((interval.high + mirrored.low - 1.0).abs() < 1e-14);
        }
        assert_eq!(construction(0, 7, 0.95).expect("valid counts").low, 0.0);
        assert_eq!(construction(7, 7, 0.95).expect("valid counts").high, 1.0);
    }
}

#[test]
fn clopper_pearson_agrees_with_the_exact_tail() {
    for (failures, loads) in [(1, 10), (4, 10), (9, 10), (3, 1000), (57, 1000), (700, 1000)] {
        for level in [0.5, 0.9, 0.95, 0.999] {
            let tail = 0.5 * (1.0 - level);
            let found = clopper_pearson(failures, loads, level).expect("valid counts");
            let low = bisection(|p| 1.0 - binomial_cdf(failures - 1, loads, p) - tail);
            let high = bisection(|p| tail - binomial_cdf(failures, loads, p));
            assert_close(found.low, low, 1e-9);
            assert_close(found.high, high, 1e-9);
        }
    }
}

#[test]
fn the_confidence_sequence_solves_its_equation() {
    for (failures, loads) in [(1_u64, 10_u64), (3, 1000), (57, 1000), (999, 1000)] {
        let found = confidence_sequence(failures, loads, 0.95).expect("valid counts");
        let (x, n) = (failures as f64, loads as f64);
        let ln_beta = libm::lgamma(x + 1.0) + libm::lgamma(n - x + 1.0) - libm::lgamma(n + 2.0);
        for p in [found.low, found.high] {
            let evidence = ln_beta - x * libm::log(p) - (n - x) * libm::log1p(-p);
            // 1 - p has lost up to eight digits where p is close to 1.
            assert!((evidence - libm::log(20.0)).abs() < 1e-8, "{evidence}");
        }
    }
}

#[test]
fn the_fixed_sample_rule_chooses_its_method() {
    let method = |failures| fixed_sample(failures, 50, 0.95).expect("valid counts").method;
    assert_eq!(method(0), Method::ClopperPearson);
    assert_eq!(method(1), Method::Wilson);
    assert_eq!(method(49), Method::Wilson);
    assert_eq!(method(50), Method::ClopperPearson);
}

#[test]
fn impossible_counts_are_refused() {
    for construction in CONSTRUCTIONS {
        assert_eq!(construction(0, 0, 0.95), Err(IntervalError::NoLoads));
        let error = IntervalError::TooManyFailures { failures: 3, loads: 2 };
        assert_eq!(construction(3, 2, 0.95), Err(error));
        for level in [0.0, 1.0, -0.5, 95.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(construction(1, 2, level), Err(IntervalError::Level(_))));
        }
    }
    assert_eq!(difference(&PairedCounts::default(), 0.95), Err(IntervalError::NoLoads));
}

#[test]
fn extreme_levels_stay_in_range() {
    for construction in CONSTRUCTIONS {
        for level in [1e-300, 1e-9, 1.0 - f64::EPSILON / 2.0] {
            for (failures, loads) in [(0, 1), (1, 1), (1, 2), (3, 1000), (500_000, 1_000_000)] {
                let Interval { low, high, .. } = construction(failures, loads, level).expect("valid counts");
                assert!(0.0 <= low && high <= 1.0, "{low} {high}");
                assert!(low <= high + 1e-12, "{low} {high}");
            }
        }
    }
}

#[test]
fn an_interval_serialises_with_its_method_name() {
    let interval = Interval { method: Method::ClopperPearson, level: 0.95, low: 0.25, high: 0.5 };
    let text = serde_json::to_string(&interval).expect("serialisable");
    assert_eq!(text, r#"{"method":"clopper-pearson","level":0.95,"low":0.25,"high":0.5}"#);
    for method in [
        Method::Wilson,
        Method::ClopperPearson,
        Method::Jeffreys,
        Method::ConfidenceSequence,
        Method::PairedTango,
        Method::StudentT,
    ] {
        let name = serde_json::to_string(&method).expect("serialisable");
        assert_eq!(name, format!("\"{method}\""));
        assert!(method.guarantee().ends_with('.'));
    }
}

proptest! {
    #![proptest_config(fixed_cases(300))]

    #[test]
    fn every_interval_holds_the_estimate_and_grows_with_the_level(
        loads in 1_u64..100_000, share in 0.0..=1.0_f64, level in 0.5..0.99_f64,
    ) {
        let failures = (share * loads as f64) as u64;
        for construction in CONSTRUCTIONS {
            let narrow = construction(failures, loads, level).expect("valid counts");
            let wide = construction(failures, loads, 0.5 * (1.0 + level)).expect("valid counts");
            prop_assert!(narrow.contains(failures as f64 / loads as f64));
            prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high);
            prop_assert!(0.0 <= wide.low && wide.high <= 1.0);
        }
    }

    #[test]
    fn more_failures_move_every_interval_up(
        loads in 2_u64..100_000, share in 0.0..1.0_f64, level in 0.5..0.999_f64,
    ) {
        let failures = (share * loads as f64) as u64;
        for construction in [wilson, clopper_pearson, jeffreys, confidence_sequence] {
            let fewer = construction(failures, loads, level).expect("valid counts");
            let more = construction(failures + 1, loads, level).expect("valid counts");
            prop_assert!(fewer.low < more.low && fewer.high < more.high);
        }
    }

    #[test]
    fn the_stronger_promise_is_the_wider_interval(
        loads in 10_u64..100_000, share in 0.0..1.0_f64,
    ) {
        let failures = (share * loads as f64) as u64;
        let exact = clopper_pearson(failures, loads, 0.95).expect("valid counts");
        let bayesian = jeffreys(failures, loads, 0.95).expect("valid counts");
        let sequence = confidence_sequence(failures, loads, 0.95).expect("valid counts");
        // Brown, Cai and DasGupta: Jeffreys' interval always lies in Clopper and Pearson's.
        prop_assert!(exact.low <= bayesian.low && bayesian.high <= exact.high);
        prop_assert!(sequence.low <= exact.low && exact.high <= sequence.high);
    }

    #[test]
    fn clopper_pearson_covers_at_least_its_level_exactly(
        loads in 1_u64..60, p in 0.001..0.999_f64, level in 0.5..0.99_f64,
    ) {
        // No simulation: the probability of every count whose interval holds p.
        let distribution = Binomial::new(p, loads).expect("a valid binomial distribution");
        let coverage: f64 = (0..=loads)
            .filter(|&k| clopper_pearson(k, loads, level).expect("valid counts").contains(p))
            .map(|k| distribution.pmf(k))
            .sum();
        prop_assert!(coverage >= level - 1e-9, "{}", coverage);
    }
}

#[test]
fn stopping_rules_are_read_and_written() {
    for (text, rule) in [
        ("half-width=0.005", Stopping::HalfWidth(0.005)),
        ("relative=0.1", Stopping::Relative(0.1)),
        ("decided=0.01", Stopping::Decided(0.01)),
        ("fixed=10000", Stopping::Fixed(10_000)),
    ] {
        assert_eq!(text.parse(), Ok(rule));
        assert_eq!(rule.to_string(), text);
        assert_eq!(serde_json::to_string(&rule).expect("serialisable"), format!("\"{text}\""));
    }
    assert_eq!(" decided = 0.01 ".parse(), Ok(Stopping::Decided(0.01)));
}

#[test]
fn unreadable_stopping_rules_are_explained() {
    for text in ["", "0.01", "halfwidth=0.01", "=1", "half-width"] {
        let error = text.parse::<Stopping>().expect_err("not a rule");
        assert_eq!(error, StoppingError::Unknown(text.to_owned()));
        assert!(error.to_string().contains("decided=0.01"));
    }
    for text in [
        "half-width=0",
        "half-width=0.6",
        "half-width=5%",
        "half-width=",
        "relative=-0.1",
        "relative=10",
        "relative=NaN",
        "decided=0",
        "decided=1",
        "decided=inf",
        "fixed=0",
        "fixed=1.5",
        "fixed=-3",
    ] {
        let error = text.parse::<Stopping>().expect_err("not a value");
        assert!(matches!(error, StoppingError::Value { .. }), "{text}");
        assert!(error.to_string().contains("needs a"), "{error}");
    }
}

#[test]
fn stopping_rules_stop_when_they_say() {
    let stops = |rule: Stopping, failures, loads| {
        let interval = confidence_sequence(failures, loads, 0.95).expect("valid counts");
        rule.is_satisfied(failures, loads, &interval)
    };
    // At 57/1000 the sequence is [0.0336, 0.0886]: half width 0.0275, 0.48 of the estimate.
    assert!(stops(Stopping::HalfWidth(0.0276), 57, 1000));
    assert!(!stops(Stopping::HalfWidth(0.0274), 57, 1000));
    assert!(stops(Stopping::Relative(0.49), 57, 1000));
    assert!(!stops(Stopping::Relative(0.48), 57, 1000));
    assert!(stops(Stopping::Decided(0.03), 57, 1000));
    assert!(stops(Stopping::Decided(0.09), 57, 1000));
    assert!(!stops(Stopping::Decided(0.057), 57, 1000));
    assert!(stops(Stopping::Fixed(1000), 57, 1000));
    assert!(!stops(Stopping::Fixed(1001), 57, 1000));
    // Without a failure nothing is known relative to the estimate, however long the run.
    assert!(!stops(Stopping::Relative(1.0), 0, 1_000_000));
    assert!(stops(Stopping::Decided(0.01), 0, 1_000_000));
}

#[test]
fn tango_meets_published_values() {
    // M. W. Fagerland, S. Lydersen, P. Laake, Recommended tests and confidence intervals for
    // paired binomial proportions, Statistics in Medicine 33 (2014) 2850: airway
    // hyper-responsiveness before and after stem cell transplantation, n = 21: 1, 1, 7, 12.
    let interval = difference(&paired(1, 7, 1, 12), 0.95).expect("valid counts");
    assert!((interval.low - -0.517).abs() < 5e-4, "{interval:?}");
    assert!((interval.high - -0.026).abs() < 5e-4, "{interval:?}");
    // The R package PropCIs: scoreci.mp(25, 28, 618, 0.90).
    let interval = difference(&paired(0, 25, 28, 565), 0.90).expect("valid counts");
    assert!((interval.low - -0.0148).abs() < 5e-5, "{interval:?}");
    assert!((interval.high - 0.0247).abs() < 5e-5, "{interval:?}");
}

#[test]
fn without_discordant_pairs_the_difference_is_bounded_like_a_probability() {
    let interval = difference(&paired(10, 0, 0, 990), 0.95).expect("valid counts");
    let bound = wilson(0, 1000, 0.95).expect("valid counts").high;
    assert_close(interval.high, bound, 1e-12);
    assert_close(interval.low, -bound, 1e-12);
    let certain = difference(&paired(0, 0, 5, 0), 0.95).expect("valid counts");
    assert_eq!(certain.high, 1.0);
    assert!(certain.low > 0.0 && certain.low < 1.0);
}

#[test]
fn the_measured_example_of_common_random_numbers_is_decided() {
    // "server 10 % faster": 3.79 % to 1.35 %, discordant pairs 487 / 0 among 20 000.
    let counts = paired(270, 487, 0, 19_243);
    assert_eq!(counts.pairs(), 20_000);
    assert_eq!(counts.baseline_failures(), 757);
    assert_eq!(counts.variant_failures(), 270);
    let interval = difference(&counts, 0.95).expect("valid counts");
    assert!(interval.contains(-487.0 / 20_000.0) && interval.high < -0.02);
    assert_close(mcnemar(&counts).ln_p_value, -486.0 * std::f64::consts::LN_2, 1e-14);
}

proptest! {
    #![proptest_config(fixed_cases(300))]

    #[test]
    fn the_paired_interval_tells_the_story_of_the_score_test(
        baseline in 0_u64..60, variant in 0_u64..60, concordant in 0_u64..2000,
    ) {
        prop_assume!(baseline + variant > 0);
        let counts = paired(concordant / 3, baseline, variant, concordant - concordant / 3);
        let interval = difference(&counts, 0.95).expect("valid counts");
        let mirrored = difference(&paired(0, variant, baseline, concordant), 0.95);
        let mirrored = mirrored.expect("valid counts");
        prop_assert_eq!((interval.low, interval.high), (-mirrored.high, -mirrored.low));
        prop_assert!(interval.contains(counts.difference().expect("there are pairs")));
        prop_assert!(-1.0 <= interval.low && interval.high <= 1.0);
        let gap = variant as f64 - baseline as f64;
        let statistic = gap * gap / (baseline + variant) as f64;
        prop_assert_eq!(interval.contains(0.0), statistic < 3.841_458_820_694_124);
    }

    #[test]
    fn mcnemar_agrees_with_direct_summation(baseline in 0_u64..200, variant in 0_u64..200) {
        let found = mcnemar(&paired(5, baseline, variant, 5));
        let discordant = baseline + variant;
        // C(m, i) 2^-m, by the recurrence of binomial coefficients; 2^-400 is a normal number.
        let (mut term, mut tail) = (libm::scalbn(1.0, -(discordant as i32)), 0.0);
        for i in 0..=baseline.min(variant) {
            tail += term;
            term *= (discordant - i) as f64 / (i + 1) as f64;
        }
        prop_assert!((found.p_value / (2.0 * tail).min(1.0) - 1.0).abs() < 1e-11);
        prop_assert_eq!(found.p_value, mcnemar(&paired(9, variant, baseline, 0)).p_value);
    }

    #[test]
    fn holm_is_monotone_and_conservative(values in prop::collection::vec(0.0..=1.0_f64, 0..40)) {
        let adjusted = holm(&values).expect("valid p values");
        for (index, value) in values.iter().enumerate() {
            prop_assert!(*value <= adjusted[index] && adjusted[index] <= 1.0);
            // Never above Bonferroni's correction, and in the order of the given values.
            prop_assert!(adjusted[index] <= (value * values.len() as f64).min(1.0));
            for (other, compared) in values.iter().enumerate() {
                prop_assert!(value > compared || adjusted[index] <= adjusted[other]);
            }
        }
    }
}

#[test]
fn mcnemar_meets_exact_values_up_to_ten_million_pairs() {
    let p = |fewer: u64, discordant: u64| mcnemar(&paired(0, fewer, discordant - fewer, 0));
    for discordant in [0, 1, 2, 10_000_001] {
        assert_eq!(p(discordant / 2, discordant).p_value, 1.0);
    }
    assert_close(p(0, 10).p_value, 2.0 / 1024.0, 1e-15);
    assert_close(p(3, 20).p_value, 0.0025768280029296875, 1e-13);
    assert_close(p(400, 1000).p_value, 2.7284641560660184e-10, 1e-11);
    assert_close(p(4_999_000, 10_000_000).p_value, 0.5272958562066438, 1e-10);
    assert_close(p(4_990_000, 10_000_000).p_value, 2.5448004911551731e-10, 1e-10);
    // Below the smallest positive number only the logarithm is left, and it is exact.
    for (fewer, logarithm) in
        [(1, -6_931_454.994_356_521), (100, -6_930_223.042_747_734), (1_000_000, -3_680_649.034_768_424)]
    {
        let test = p(fewer, 10_000_000);
        assert_eq!(test.p_value, 0.0);
        assert_close(test.ln_p_value, logarithm, 1e-14);
    }
}

#[test]
fn holm_follows_the_hand_example() {
    // Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06, 0.04 -> 0.06.
    let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]).expect("valid p values");
    for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
        assert_close(*found, expected, 1e-15);
    }
    assert_eq!(holm(&[]), Ok(vec![]));
    assert_eq!(holm(&[0.6, 0.9]), Ok(vec![1.0, 1.0]));
    assert_eq!(holm(&[0.5, f64::NAN]).expect_err("not a p value").index, 1);
    assert_eq!(holm(&[-0.1]).expect_err("not a p value").index, 0);
}

#[test]
fn quantiles_are_observations_of_the_nearest_rank() {
    // The example of the nearest-rank method: 15, 20, 35, 40, 50.
    let found = quantiles(vec![50, 15, 40, 20, 35], &[0.0, 0.05, 0.3, 0.4, 0.5, 1.0]);
    assert_eq!(found, Ok(vec![15, 15, 20, 20, 35, 50]));
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
