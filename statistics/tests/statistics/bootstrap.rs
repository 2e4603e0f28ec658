//! The interval with the uncertainty of the recorded loads: 40-digit values, and the parts that it is made of.

use super::assert_close;
use sixslot_statistics::bootstrap::{Count, with_data};
use sixslot_statistics::interval::{Interval, Method};

fn counts(failures: &[u64], loads: u64) -> Vec<Count> {
    failures.iter().map(|&failures| Count { failures, loads }).collect()
}

fn ends(estimate: (u64, u64), simulation: (f64, f64), resamples: &[Count], recorded: u64) -> (f64, f64) {
    let estimate = Count { failures: estimate.0, loads: estimate.1 };
    let (low, high) = simulation;
    let simulation = Interval { method: Method::Wilson, level: 0.95, low, high };
    let found = with_data(estimate, &simulation, resamples, recorded).expect("valid counts");
    assert_eq!((found.method, found.level), (Method::ClusterBootstrap, 0.95));
    (found.low, found.high)
}

/// By mpmath: the spread of the log odds less the mean counting variance, times n / (n - 1); the variance of the interval of
/// the simulation, or of counting where that is less; Student's quantile by bisection of the incomplete beta function.
#[test]
fn the_interval_meets_the_forty_digit_values() {
    let resamples = counts(&[2, 9, 5, 15, 7, 12], 20);
    // The simulation is known better than its own count says, then worse.
    let (low, high) = ends((30, 100), (0.28, 0.33), &resamples, 5);
    assert_close(low, 0.022_571_432_876_185_3, 1e-12);
    assert_close(high, 0.890_168_958_290_009_6, 1e-12);
    let (low, high) = ends((30, 100), (0.1, 0.6), &resamples, 12);
    assert_close(low, 0.044_943_128_969_484_1, 1e-12);
    assert_close(high, 0.799_087_497_676_522_6, 1e-12);
    // Resamples that spread less than counting does add nothing, and an end at 0 has no log odds.
    let (low, high) = ends((3, 40), (0.0, 0.2), &counts(&[1, 1, 2], 20), 4);
    assert_eq!(low, 0.0);
    assert_close(high, 0.355_975_400_758_939_5, 1e-12);
}

#[test]
fn failures_and_successes_are_mirrored() {
    let failed = [2, 9, 5, 15, 7, 12];
    let one = ends((30, 100), (0.28, 0.33), &counts(&failed, 20), 5);
    let other = ends((70, 100), (0.67, 0.72), &counts(&failed.map(|failures| 20 - failures), 20), 5);
    assert_close(one.0, 1.0 - other.1, 1e-12);
    assert_close(one.1, 1.0 - other.0, 1e-12);
}
