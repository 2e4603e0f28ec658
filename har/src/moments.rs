//! Moments of an archive in the order of time.
//!
//! Rule: at one moment, what says less comes first: an end (-1, false) before a start (1, true), since a freed connection is used
//! again, and the entry that stands first in the file before a later one.

/// Sorts moments in milliseconds, and at one moment what happens there. O(n log n).
pub fn in_order<T: Ord>(moments: &mut [(f64, T)]) {
    moments.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then_with(|| one.1.cmp(&other.1)));
}
