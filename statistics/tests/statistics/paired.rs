//! Two variants on the same loads: the paired interval, the test of McNemar, Holm's correction.

use super::{assert_close, fixed_cases};
use proptest::prelude::*;
use sixslot_statistics::interval::wilson;
use sixslot_statistics::paired::{PairedCounts, difference, holm, mcnemar};

fn paired(both: u64, only_baseline: u64, only_variant: u64, neither: u64) -> PairedCounts {
    PairedCounts { both, only_baseline, only_variant, neither }
}

#[test]
fn loads_are_counted_by_who_failed() {
    let mut counts = PairedCounts::default();
    for (baseline, variant, times) in [(true, true, 3), (true, false, 4), (false, true, 5), (false, false, 6)] {
        (0..times).for_each(|_| counts.record(baseline, variant));
    }
    assert_eq!(counts, paired(3, 4, 5, 6));
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
