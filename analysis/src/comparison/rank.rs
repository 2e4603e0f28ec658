//! The order of fixes, and their ties.
//!
//! Rule: one fix is better than another if fewer loads fail with it for certain; of equal ones, if fewer are late; of equal
//! ones, if the 95th percentile and then the median of the time to ready is lower; of equal ones, if the calls are stalled
//! for less time. All statements of a ranking hold together with 95 %. A fix's place is 1 more than the number of fixes that
//! are better; fixes of which none is better are tied.

use super::pairs::Counts;
use super::settings::Measure;
use super::word::{change, shift};
use crate::ready_times::ReadyTimes;
use std::cmp::Ordering;

/// The place of each fix from 1, the fixes that it is tied with, and their order, the best first.
pub(super) struct Ranking {
    pub(super) places: Vec<usize>,
    pub(super) ties: Vec<Vec<usize>>,
    pub(super) order: Vec<usize>,
}

/// What is compared of a fix's times.
struct Times {
    ready: ReadyTimes,
    stalled: ReadyTimes,
}

/// Ranks the fixes of a comparison.
pub(super) fn rank(counts: &Counts, measure: Measure, alpha: f64) -> Ranking {
    let fixes = counts.with.len();
    let times: Vec<Times> = counts
        .with
        .iter()
        .map(|track| Times { ready: ReadyTimes::of(&track.ready), stalled: ReadyTimes::of(&track.stalled) })
        .collect();
    // Up to five statements about each pair.
    let level = 1.0 - alpha / (5 * (fixes * fixes.saturating_sub(1) / 2).max(1)) as f64;
    let compared = |one: usize, other: usize| -> Ordering {
        let (failed, late) = counts.pair(one, other);
        let ready = |fraction| shift(&times[other].ready, &times[one].ready, fraction, level);
        let stalled = || shift(&times[other].stalled, &times[one].stalled, 0.95, level);
        match measure {
            Measure::Failed => {
                let shares = change(&failed, level).then(change(&late, level));
                shares.then_with(|| ready(0.95)).then_with(|| ready(0.5)).then_with(stalled)
            }
            Measure::ReadyP95 => ready(0.95),
            Measure::Stalled(_) => stalled(),
        }
    };
    let mut places = vec![1; fixes];
    let mut ties = vec![Vec::new(); fixes];
    for one in 0..fixes {
        for other in one + 1..fixes {
            match compared(one, other) {
                Ordering::Less => places[other] += 1,
                Ordering::Greater => places[one] += 1,
                Ordering::Equal => {
                    ties[one].push(other);
                    ties[other].push(one);
                }
            }
        }
    }
    let keys: Vec<_> = (0..fixes).map(|fix| key(counts, &times[fix], fix, measure)).collect();
    let mut order: Vec<usize> = (0..fixes).collect();
    // Fixes of equal effect stay in the order of the file.
    order.sort_unstable_by_key(|fix| (places[*fix], &keys[*fix], *fix));
    Ranking { places, ties, order }
}

/// The estimates by which tied fixes are listed.
fn key(counts: &Counts, times: &Times, fix: usize, measure: Measure) -> [u64; 5] {
    let (track, worst) = (&counts.with[fix], |times: &ReadyTimes, fraction| times.nanoseconds(fraction));
    let ready = [0.95, 0.5].map(|fraction| worst(&times.ready, fraction));
    let stalled = worst(&times.stalled, 0.95);
    match measure {
        Measure::Failed => [track.failures, track.late, ready[0], ready[1], stalled],
        Measure::ReadyP95 => [ready[0], ready[1], track.failures, track.late, stalled],
        Measure::Stalled(_) => [stalled, track.failures, track.late, ready[0], ready[1]],
    }
}
