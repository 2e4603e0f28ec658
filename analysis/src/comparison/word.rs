//! The word for a fix: what it does to the loads, by predicates on simultaneous intervals.
//!
//! Rule: docs/words.md. Each statement of a comparison is made at such a level that all of them hold together with 95 %
//! (Bonferroni). A share changes where its paired interval excludes 0 and McNemar's exact test agrees; a quantile where the
//! intervals of order statistics without and with the fix do not overlap.

use super::pairs::{Against, Counts, Track};
use crate::ready_times::ReadyTimes;
use serde::Serialize;
use sixslot_statistics::paired::{self, PairedCounts};
use std::cmp::Ordering;
use std::fmt;

/// What a fix does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// More loads fail, or as many and more are late, or as many and they are slower.
    Worse,
    /// No load fails, none more is late, and most rescued loads have what they lacked before they would have failed.
    Fixes,
    /// Fewer loads fail, but most rescued loads are not early.
    Hides,
    /// Fewer loads fail.
    Reduces,
    /// As many loads fail and are late, and they are ready earlier.
    Faster,
    /// None of these for certain.
    Nothing,
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Worse => "worse",
            Self::Fixes => "fixes",
            Self::Hides => "hides",
            Self::Reduces => "reduces",
            Self::Faster => "faster",
            Self::Nothing => "nothing",
        })
    }
}

/// Whether a share is lower or higher in the variant for certain, at a level; equal where that is not certain.
pub(super) fn change(counts: &PairedCounts, level: f64) -> Ordering {
    let certain = paired::mcnemar(counts).p_value <= 1.0 - level;
    match paired::difference(counts, level) {
        Ok(interval) if certain && interval.high < 0.0 => Ordering::Less,
        Ok(interval) if certain && interval.low > 0.0 => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// Whether a quantile of the second sample is lower or higher than that of the first for certain.
pub(super) fn shift(one: &ReadyTimes, other: &ReadyTimes, fraction: f64, level: f64) -> Ordering {
    let (one, other) = (one.bounds(fraction, level), other.bounds(fraction, level));
    if other.1 < one.0 {
        Ordering::Less
    } else if other.0 > one.1 {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// Whether loads are ready earlier or later for certain, in the median or at the 95th percentile; equal if both.
fn speed(without: &Track, with: &Track, level: f64) -> Ordering {
    let [without, with] = [without, with].map(|track| ReadyTimes::of(&track.ready));
    let shifts = [0.5, 0.95].map(|fraction| shift(&without, &with, fraction, level));
    match (shifts.contains(&Ordering::Less), shifts.contains(&Ordering::Greater)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => Ordering::Equal,
    }
}

/// Whether most rescued loads are early; none where that is not certain.
fn mostly_early(against: &Against, level: f64) -> Option<bool> {
    let sides =
        PairedCounts { only_baseline: against.not_early, only_variant: against.early, ..PairedCounts::default() };
    (paired::mcnemar(&sides).p_value <= 1.0 - level).then_some(against.early > against.not_early)
}

/// Whether no load fails with the fix, and no more are late than without it.
pub(super) fn is_clean(counts: &Counts, fix: usize) -> bool {
    counts.with[fix].failures == 0 && counts.with[fix].late <= counts.without.late
}

/// The word for a fix of these counts, by statements that each hold at a level.
pub(super) fn word(counts: &Counts, fix: usize, level: f64) -> Word {
    let (without, with, against) = (&counts.without, &counts.with[fix], &counts.against[fix]);
    match (change(&against.failed, level), change(&against.late, level)) {
        (Ordering::Greater, _) | (Ordering::Equal, Ordering::Greater) => Word::Worse,
        (Ordering::Less, _) => match mostly_early(against, level) {
            Some(false) => Word::Hides,
            Some(true) if is_clean(counts, fix) => Word::Fixes,
            _ => Word::Reduces,
        },
        // Fewer loads are late, and as many fail: they are ready instead.
        (Ordering::Equal, Ordering::Less) => Word::Faster,
        (Ordering::Equal, Ordering::Equal) => match speed(without, with, level) {
            Ordering::Less => Word::Faster,
            Ordering::Greater => Word::Worse,
            Ordering::Equal => Word::Nothing,
        },
    }
}

/// The rescued loads of a fix that are kept: the median of when each would have failed, and of when it is ready, in
/// milliseconds; none is infinite.
pub(super) fn rescued(against: &Against) -> (Option<f64>, Option<f64>) {
    let median = |times: Vec<u64>| ReadyTimes::of(&times).quantile(0.5);
    let (failed, ready): (Vec<u64>, Vec<u64>) = against.rescued.iter().copied().unzip();
    (median(failed), median(ready))
}
