//! The statistics against reference values, second implementations and laws.
//!
//! Reference values with a source in a comment come from papers; the others were computed once
//! with 40-digit arithmetic (mpmath) by direct summation and bisection.

#[path = "statistics/bootstrap.rs"]
mod bootstrap;
#[path = "statistics/indices.rs"]
mod indices;
#[path = "statistics/laws.rs"]
mod laws;
#[path = "statistics/paired.rs"]
mod paired;
#[path = "statistics/samples.rs"]
mod samples;
#[path = "statistics/stopping.rs"]
mod stopping;
#[path = "statistics/weights.rs"]
mod weights;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use sixslot_statistics::interval::{
    Interval, IntervalError, Method, clopper_pearson, confidence_sequence, fixed_sample, jeffreys, wilson,
};
use sixslot_statistics::paired::{PairedCounts, difference};
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
    assert_eq!([method(9), method(41)], [Method::ClopperPearson; 2]);
    assert_eq!([method(10), method(40)], [Method::Wilson; 2]);
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
