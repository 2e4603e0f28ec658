//! The loads of a point with their ends, and the choice of the loads to show.
//!
//! Rule: the shown loads are quantiles, not a manual choice: of the good ones by the time to ready, of the failing ones by
//! the time of the failure and the time that the failing request waited for a connection. The middle one is the typical
//! one. Equal ones are in the order of their numbers, so that the same loads are chosen everywhere.

use crate::replications::{Replications, Stopped};
use sixslot_models::Plan;
use sixslot_models::load::{Extent, Station};
use std::sync::atomic::AtomicBool;

/// The most loads to keep the ends of.
pub const MOST: u64 = 100_000;

/// The end of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    /// Nanoseconds to ready, or to the failure.
    time: u64,
    /// Nanoseconds that the failing request waited for a connection.
    waited: u64,
    number: u64,
}

/// The ends of all loads of a point.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    good: Vec<End>,
    failing: Vec<End>,
    /// The failing loads, in the order of their numbers.
    pub failures: Vec<u64>,
    /// Loads.
    pub loads: u64,
}

/// A load that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its number.
    pub number: u64,
    /// Whether it fails.
    pub failed: bool,
    /// Whether it is the middle one of its kind.
    pub typical: bool,
}

/// Simulates the first loads of a seed.
///
/// # Errors
/// An interrupt, a load beyond its limits.
pub fn scan(
    plan: &Plan,
    seed: u64,
    loads: u64,
    interrupt: &AtomicBool,
    done: impl Fn(u64) + Sync,
) -> Result<Scan, Stopped> {
    let replications = Replications { seed, from: 0, to: loads, interrupt, done: &done };
    let ends = replications.map(plan, Extent::UntilDecided, |number, load| {
        let verdict = load.verdict();
        let decided = if verdict.failed { verdict.error } else { verdict.ready };
        let culprit = load.culprit(plan).filter(|_| verdict.failed);
        let waited = culprit.map_or(0, |request| request.spent(Station::Pool).as_nanos());
        (verdict.failed, End { time: decided.unwrap_or(plan.horizon()).as_nanos(), waited, number })
    })?;
    let of = |wanted: bool| ends.iter().filter(|(failed, _)| *failed == wanted).map(|(_, end)| *end).collect();
    let mut scan = Scan { good: of(false), failing: of(true), failures: Vec::new(), loads };
    scan.failures = scan.failing.iter().map(|end| end.number).collect();
    scan.good.sort_unstable();
    scan.failing.sort_unstable();
    Ok(scan)
}

impl Scan {
    /// At most this number of loads to show, half of them failing if there are enough: the good ones from the fastest to the
    /// slowest, then the failing ones.
    pub fn choose(&self, most: usize) -> Vec<Shown> {
        let failing = self.failing.len().min((most / 2).max(most.saturating_sub(self.good.len())));
        let good = self.good.len().min(most - failing);
        let of = |ends: &[End], count: usize, failed: bool| -> Vec<Shown> {
            // The middles of this number of equal parts.
            let place = |part: usize| ends[(2 * part + 1) * ends.len() / (2 * count)].number;
            (0..count).map(|part| Shown { number: place(part), failed, typical: part == count / 2 }).collect()
        };
        [of(&self.good, good, false), of(&self.failing, failing, true)].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::{End, Scan, Shown};

    fn ends(count: u64) -> Vec<End> {
        (0..count).map(|number| End { time: number, waited: 0, number }).collect()
    }

    fn chosen(good: u64, failing: u64, most: usize) -> (Vec<u64>, Vec<u64>) {
        let scan = Scan { good: ends(good), failing: ends(failing), ..Scan::default() };
        let shown = scan.choose(most);
        for failed in [false, true] {
            let typical = shown.iter().filter(|load| load.failed == failed && load.typical).count();
            assert_eq!(typical, usize::from(shown.iter().any(|load| load.failed == failed)));
        }
        let of = |failed: bool| shown.iter().filter(|load| load.failed == failed).map(|load| load.number).collect();
        (of(false), of(true))
    }

    #[test]
    fn quantiles_of_both_kinds_are_shown() {
        assert_eq!(chosen(100, 50, 10), (vec![10, 30, 50, 70, 90], vec![5, 15, 25, 35, 45]));
        // If one kind is rare, the other fills its places.
        assert_eq!(chosen(100, 1, 6), (vec![10, 30, 50, 70, 90], vec![0]));
        assert_eq!(chosen(1, 100, 6), (vec![0], vec![10, 30, 50, 70, 90]));
        assert_eq!(chosen(100, 0, 4), (vec![12, 37, 62, 87], vec![]));
        assert_eq!(chosen(2, 1, 10), (vec![0, 1], vec![0]));
        assert_eq!(chosen(0, 0, 10), (vec![], vec![]));
    }

    #[test]
    fn the_middle_one_is_typical() {
        let scan = Scan { good: ends(100), ..Scan::default() };
        let typical = scan.choose(5).into_iter().find(|load| load.typical);
        assert_eq!(typical, Some(Shown { number: 50, failed: false, typical: true }));
    }
}
