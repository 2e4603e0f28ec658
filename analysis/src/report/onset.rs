//! The onset of failures: along one axis, the smallest value at which more than one load in a hundred fails.
//!
//! Rule: the share of the loads decides; it is marked as uncertain if its interval contains the threshold. If failures
//! become rare again at a larger value, that is reported too: more is not always worse.

use crate::estimate::LEVEL;
use crate::sweep::Row;
use serde::Serialize;
use sixslot_statistics::interval::fixed_sample;

/// The share of failing loads that defines the onset.
pub const THRESHOLD: f64 = 0.01;

/// The onset of failures along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Onset {
    /// The smallest value with failures above the threshold.
    pub value: f64,
    /// Whether the interval there is above the threshold.
    pub certain: bool,
    /// Whether failures are not above it at some larger value.
    pub ends: bool,
}

/// Finds the onset among the cells along an axis, each with its value, in any order; none if the share never exceeds the
/// threshold.
pub fn onset(cells: &[(f64, Row)]) -> Option<Onset> {
    let mut cells = cells.to_vec();
    cells.sort_by(|one, other| one.0.total_cmp(&other.0));
    let above = |(_, row): &(f64, Row)| row.probability() > THRESHOLD;
    let first = cells.iter().position(above)?;
    let (value, row) = cells[first];
    let interval = fixed_sample(row.failures, row.loads, LEVEL);
    Some(Onset {
        value,
        certain: interval.is_ok_and(|interval| interval.low > THRESHOLD),
        ends: !cells[first..].iter().all(above),
    })
}

#[cfg(test)]
mod tests {
    use super::{Onset, onset};
    use crate::sweep::Row;

    fn cells(failures: &[u64]) -> Vec<(f64, Row)> {
        let row = |failures| Row { loads: 1_000, judged: true, failures, late: 0, ready_ms: None };
        (1..).zip(failures).map(|(value, failures)| (f64::from(value), row(*failures))).collect()
    }

    #[test]
    fn the_first_value_above_one_in_a_hundred_is_found() {
        // 10 of 1000 is one in a hundred, not more. The interval of 11 contains it, that of 50 does not.
        let found = |failures: &[u64]| onset(&cells(failures));
        assert_eq!(found(&[0, 5, 10]), None);
        assert_eq!(found(&[0, 10, 11]), Some(Onset { value: 3.0, certain: false, ends: false }));
        assert_eq!(found(&[0, 50, 900]), Some(Onset { value: 2.0, certain: true, ends: false }));
        assert_eq!(found(&[0, 50, 3]), Some(Onset { value: 2.0, certain: true, ends: true }));
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn the_order_of_the_cells_does_not_matter() {
        let mut turned = cells(&[0, 50, 900, 1_000]);
        turned.reverse();
        assert_eq!(onset(&turned), Some(Onset { value: 2.0, certain: true, ends: false }));
    }
}
