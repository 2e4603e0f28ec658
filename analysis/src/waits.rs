//! Where the calls of each class waited: at each station, in how many loads, and for how long.
//!
//! Rule: the wait of a class in a load is the longest time that one of its calls spent at the station. Waits are counted in
//! buckets of at most 0.8 % of their value, so that tallies join exactly and take little memory; a wait below a millisecond is
//! none.

use serde::{Deserialize, Serialize};
use sixslot_models::Plan;
use sixslot_models::load::{Load, LoadState, Station};
use sixslot_sim_core::Span;
use std::collections::BTreeMap;

/// The stations at which a request waits, and does not progress.
pub const STATIONS: [Station; 4] = [Station::Page, Station::Scheduler, Station::Cache, Station::Pool];
/// Shorter times are no waits.
const SHORTEST: Span = Span::from_millis(1);
/// A wait that is worth mentioning where the class has no deadline.
const LONG: Span = Span::from_seconds(1);
/// Sub-buckets of a power of two, as a power of two.
const FINE: u32 = 7;

/// Waits of all classes at all stations, counted over loads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Pairs", into = "Pairs")]
pub struct Waits {
    counted: BTreeMap<(usize, usize), Counted>,
    /// Memory of [`Waits::count`], empty between loads.
    longest: Vec<((usize, usize), Span)>,
}

/// Waits as JSON, whose keys are strings only.
#[derive(Serialize, Deserialize)]
struct Pairs(Vec<((usize, usize), Counted)>);

impl From<Pairs> for Waits {
    fn from(pairs: Pairs) -> Self {
        Self { counted: pairs.0.into_iter().collect(), longest: Vec::new() }
    }
}

impl From<Waits> for Pairs {
    fn from(waits: Waits) -> Self {
        Self(waits.counted.into_iter().collect())
    }
}

/// Waits of a class at a station.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    /// Loads with a wait in this bucket.
    buckets: BTreeMap<u32, u64>,
    /// Loads that did not fail, and in which the wait was long.
    long: u64,
}

/// The waits of a class at a station.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wait {
    /// The class.
    pub request: String,
    /// The station's key.
    pub station: &'static str,
    /// The share of loads in which a call of the class waited there for a millisecond or longer.
    pub share: f64,
    /// The median over all loads of the longest such wait, in milliseconds; 0 where fewer than half of the loads have one.
    pub p50_ms: f64,
    /// The 95th percentile over all loads, in milliseconds.
    pub p95_ms: f64,
    /// The share of loads that did not fail although a call waited longer than half its deadline, or than a second without one.
    pub long_share: f64,
    /// Half the class's deadline, or a second without one, in milliseconds: a longer wait is long.
    pub long_ms: f64,
}

/// The bucket of a time in microseconds.
fn bucket(microseconds: u64) -> u32 {
    let high = u64::BITS - microseconds.leading_zeros();
    let shift = high.saturating_sub(FINE + 1);
    // At most 57 powers of two with 128 buckets each.
    (shift << FINE) + (microseconds >> shift) as u32
}

/// The middle of a bucket, in milliseconds.
fn middle(bucket: u32) -> f64 {
    let shift = (bucket >> FINE).saturating_sub(1);
    let low = u64::from(bucket - (shift << FINE)) << shift;
    (low as f64 + ((1_u64 << shift) - 1) as f64 / 2.0) / 1e3
}

impl Waits {
    /// Counts one more load.
    pub fn count(&mut self, plan: &Plan, load: &Load) {
        for request in load.requests() {
            let at = |station: &Station| ((request.class, *station as usize), request.spent(*station));
            self.longest.extend(STATIONS.iter().map(at).filter(|(_, spent)| *spent >= SHORTEST));
        }
        self.longest.sort_unstable();
        let failed = load.verdict().state() == LoadState::Failed;
        for waits in self.longest.chunk_by(|one, next| one.0 == next.0) {
            let [.., (key, wait)] = *waits else { continue };
            let counted = self.counted.entry(key).or_default();
            *counted.buckets.entry(bucket(wait.as_nanos() / 1_000)).or_default() += 1;
            counted.long += u64::from(!failed && wait > long(plan, key.0));
        }
        self.longest.clear();
    }

    /// Adds later loads.
    pub fn join(&mut self, later: Self) {
        for (key, more) in later.counted {
            let counted = self.counted.entry(key).or_default();
            counted.long += more.long;
            for (bucket, loads) in more.buckets {
                *counted.buckets.entry(bucket).or_default() += loads;
            }
        }
    }

    /// The waits over a number of loads, in the order of the classes and of the stations.
    #[must_use]
    pub fn rows(&self, plan: &Plan, loads: u64) -> Vec<Wait> {
        let row = |(&(class, station), counted): (&(usize, usize), &Counted)| {
            let waiting: u64 = counted.buckets.values().sum();
            let share = |count: u64| count as f64 / loads as f64;
            let (_, key) = Station::ALL.into_iter().find(|(at, _)| *at as usize == station)?;
            Some(Wait {
                request: plan.classes()[class].name.clone(),
                station: key,
                share: share(waiting),
                p50_ms: counted.quantile(loads, 50),
                p95_ms: counted.quantile(loads, 95),
                long_share: share(counted.long),
                long_ms: long(plan, class).as_millis_f64(),
            })
        };
        self.counted.iter().filter_map(row).collect()
    }
}

/// Longer waits of a class are worth mentioning.
#[must_use]
pub fn long(plan: &Plan, class: usize) -> Span {
    plan.classes()[class].deadline.map_or(LONG, |deadline| Span::from_nanos(deadline.as_nanos() / 2))
}

impl Counted {
    /// The smallest wait that this many per cent of the loads do not exceed.
    fn quantile(&self, loads: u64, percent: u64) -> f64 {
        let mut above = self.buckets.values().sum::<u64>();
        let mut quantile = 0.0;
        for (bucket, count) in &self.buckets {
            // Those above may be at most the rest.
            if u128::from(above) * 100 <= u128::from(loads) * u128::from(100 - percent) {
                break;
            }
            quantile = middle(*bucket);
            above -= count;
        }
        quantile
    }
}

#[cfg(test)]
mod tests {
    use super::{Counted, bucket, middle};
    use std::collections::BTreeMap;

    #[test]
    fn a_bucket_is_within_one_per_cent_and_buckets_are_in_order() {
        let mut last = 0;
        for exponent in 0..40 {
            for step in 0..300 {
                let time = (1_u64 << exponent) + step * ((1_u64 << exponent) / 300).max(1);
                let found = middle(bucket(time)) * 1e3;
                assert!((found / time as f64 - 1.0).abs() < 0.0079, "{time} is {found}");
            }
            assert!(bucket(1 << exponent) >= last);
            last = bucket(1 << exponent);
        }
        assert_eq!([1, 100, 255].map(|time| middle(bucket(time)) * 1e3), [1.0, 100.0, 255.0]);
    }

    #[test]
    fn quantiles_are_over_all_loads_those_without_a_wait_included() {
        let counted = Counted { buckets: BTreeMap::from([(1_000, 30), (2_000, 10)]), long: 0 };
        let at = |loads, percent| counted.quantile(loads, percent);
        assert_eq!([at(100, 50), at(100, 60), at(100, 95)], [0.0, 0.0, middle(2_000)]);
        assert_eq!([at(40, 50), at(40, 75), at(40, 95)], [middle(1_000), middle(1_000), middle(2_000)]);
    }
}
