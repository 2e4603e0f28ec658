//! Some of the loads of a cell, so that machines can share a cell.
//!
//! Rule: a part keeps what a tally keeps, in whole numbers, so that joined parts give the bytes of a cell that was simulated
//! at once. Parts join only if each load of the cell is in exactly one of them.

use super::CellResult;
use crate::replications::Tally;
use serde::{Deserialize, Serialize};
use sixslot_models::limits;
use sixslot_models::load::Station;
use std::ops::Range;

/// Nanoseconds in a second.
const SECOND: u128 = 1_000_000_000;

/// The counts over some loads of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The cell's number.
    pub cell: usize,
    /// The first load.
    pub from: u64,
    /// The load after the last one.
    pub to: u64,
    judged: bool,
    failures: u64,
    late: u64,
    error_shown: u64,
    error_after_ready: u64,
    recovered: u64,
    not_ready: u64,
    first_failure: Option<u64>,
    /// Times to ready in nanoseconds, in the order of the loads.
    ready: Vec<u64>,
    /// Seconds and nanoseconds that the failed request spent at each station, over all failed loads: JSON has no numbers
    /// of 128 bits.
    failed_spent: [[u64; 2]; Station::COUNT],
}

/// Parts that are not a whole cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// Loads that no part has.
    #[error("loads {from} to {to} of cell {cell} are in none of the parts; run them with --range {from}..{to}")]
    Gap {
        /// The cell's number.
        cell: usize,
        /// The first missing load.
        from: u64,
        /// The load after the last missing one.
        to: u64,
    },
    /// Loads that are in two parts.
    #[error("load {load} of cell {cell} is in two parts with other limits; merge folders whose ranges do not overlap")]
    Overlap {
        /// The cell's number.
        cell: usize,
        /// The first such load.
        load: u64,
    },
}

impl Part {
    pub(super) fn new(cell: usize, judged: bool, loads: Range<u64>, tally: Tally) -> Self {
        let split = |sum: u128| [sum / SECOND, sum % SECOND].map(|part| u64::try_from(part).unwrap_or(u64::MAX));
        let failed_spent = tally.failed_spent.map(split);
        Self {
            cell,
            from: loads.start,
            to: loads.end,
            judged,
            failures: tally.failures,
            late: tally.late,
            error_shown: tally.error_shown,
            error_after_ready: tally.error_after_ready,
            recovered: tally.recovered,
            not_ready: tally.not_ready,
            first_failure: tally.first_failure,
            ready: tally.ready,
            failed_spent,
        }
    }

    fn tally(self) -> Tally {
        Tally {
            loads: self.to - self.from,
            failures: self.failures,
            late: self.late,
            error_shown: self.error_shown,
            error_after_ready: self.error_after_ready,
            recovered: self.recovered,
            not_ready: self.not_ready,
            ready: self.ready,
            failed_spent: self.failed_spent.map(|[seconds, rest]| u128::from(seconds) * SECOND + u128::from(rest)),
            first_failure: self.first_failure,
            // A cell's result has neither the waits nor the numbers of its loads.
            ..Tally::default()
        }
    }

    /// Whether this can be a part of a cell with this number of loads; else what cannot be.
    ///
    /// # Errors
    /// The first impossible value.
    pub fn check(&self, loads: u64) -> Result<(), &'static str> {
        let own = self.to.saturating_sub(self.from);
        let timed = self.to.min(limits::TIMES).saturating_sub(self.from);
        let faults = [
            (self.from >= self.to || self.to > loads, "its loads are not those of the cell"),
            (self.failures > own || self.error_shown > own, "more loads fail than there are"),
            (self.recovered > self.error_shown, "more errors are cleared than shown"),
            (self.late > self.not_ready || self.not_ready > own, "more loads are not ready than there are"),
            (!self.judged && self.failures > 0, "loads fail where nothing can"),
            (self.first_failure.is_some() != (self.failures > 0), "its first failing load does not match its failures"),
            (
                self.first_failure.is_some_and(|load| !(self.from..self.to).contains(&load)),
                "its first failing load is not one of its loads",
            ),
            (
                self.ready.len() as u64 > timed.min(own.saturating_sub(self.not_ready)),
                "it has more times to ready than loads that got ready",
            ),
        ];
        faults.iter().find(|(is_wrong, _)| *is_wrong).map_or(Ok(()), |(_, fault)| Err(*fault))
    }

    /// The cell whose loads are in these parts; the same part may come twice.
    ///
    /// # Errors
    /// Loads that are in no part, or in two.
    pub fn join(cell: usize, loads: u64, mut parts: Vec<Self>) -> Result<CellResult, JoinError> {
        parts.sort_by_key(|part| (part.from, part.to));
        parts.dedup();
        let (mut tally, mut next, mut judged) = (Tally::default(), 0, true);
        for part in parts {
            if part.from < next {
                return Err(JoinError::Overlap { cell, load: part.from });
            }
            if part.from > next {
                return Err(JoinError::Gap { cell, from: next, to: part.from });
            }
            next = part.to;
            judged = part.judged;
            tally = tally.join(part.tally());
        }
        if next < loads {
            Err(JoinError::Gap { cell, from: next, to: loads })
        } else {
            Ok(CellResult::new(cell, judged, tally))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{JoinError, Part, Station};
    use crate::sweep::CellResult;

    fn part(from: u64, to: u64) -> Part {
        let failed_spent = [[from, 999_999_999]; Station::COUNT];
        let first_failure = Some(from);
        let ready = (from + 1..to).map(|load| load * 7919 % 101).collect();
        Part {
            cell: 3,
            from,
            to,
            judged: true,
            failures: 1,
            late: 0,
            error_shown: 1,
            error_after_ready: 0,
            recovered: 0,
            not_ready: 1,
            first_failure,
            ready,
            failed_spent,
        }
    }

    #[test]
    fn parts_join_in_any_order_and_only_to_a_whole() {
        let whole = Part::join(3, 30, vec![part(20, 30), part(0, 5), part(5, 20), part(0, 5)]).unwrap();
        assert_eq!((whole.loads, whole.failures, whole.first_failure), (30, 3, Some(0)));
        // 25 s and three times 999999999 ns, in microseconds; a truncation of each part would give 2 less.
        assert_eq!(whole.failed_spent, [27_999_999; Station::COUNT]);
        assert_eq!(whole.check(30), Ok(()));
        let join = |parts: Vec<Part>| Part::join(3, 30, parts).map(|result: CellResult| result.loads);
        assert_eq!(join(vec![part(0, 5), part(6, 30)]), Err(JoinError::Gap { cell: 3, from: 5, to: 6 }));
        assert_eq!(join(vec![part(0, 29)]), Err(JoinError::Gap { cell: 3, from: 29, to: 30 }));
        assert_eq!(join(vec![part(0, 6), part(5, 30)]), Err(JoinError::Overlap { cell: 3, load: 5 }));
    }

    #[test]
    fn impossible_counts_are_found() {
        assert_eq!(part(0, 5).check(30), Ok(()));
        let faults: [fn(&mut Part); 6] = [
            |part| part.to = 31,
            |part| part.from = part.to,
            |part| part.failures = 6,
            |part| part.first_failure = Some(5),
            |part| part.first_failure = None,
            |part| part.ready.push(1),
        ];
        for fault in faults {
            let mut part = part(0, 5);
            fault(&mut part);
            assert!(part.check(30).is_err(), "{part:?}");
        }
    }
}
