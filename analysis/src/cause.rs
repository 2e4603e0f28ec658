//! Why loads fail or are late: which request is the cause, where its time goes, and which requests hold the slots meanwhile.
//!
//! Rule: a cause is a sum over the first such loads, from the loads' own times. It describes the request that is the cause in
//! most of them, with their number.

use crate::replications::{KEPT, Stopped};
use crate::story::Story;
use sixslot_models::Plan;
use sixslot_models::class::{DeadlineFrom, Failure};
use sixslot_models::load::{Extent, Load, Outcome, Station};
use sixslot_sim_core::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Why loads fail or are late.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// Number of loads that were examined.
    pub of: usize,
    /// The class of the request that is the cause in most of them.
    pub class: String,
    /// Number of loads in which it is.
    pub loads: usize,
    /// Its deadline, if that counts from its call and aborted it in each of these loads.
    pub deadline: Option<Span>,
    /// How it failed, ascending, if it was not its deadline in any of these loads, nor that the load ended; else empty.
    pub failures: Vec<Failure>,
    /// Number of these loads in which it was never sent.
    pub never_sent: usize,
    /// Its mean duration.
    pub life: Span,
    /// The station at which it spends most time.
    pub station: Station,
    /// Its mean time there.
    pub spent: Span,
    /// Its mean time at each station.
    pub stations: [Span; Station::COUNT],
    /// The classes that held the slots while it waited for a connection, with their shares, the largest first.
    pub holders: Vec<(String, f64)>,
    /// The classes of the other calls at its server during its own time there, with their shares, the largest first; none if
    /// requests do not slow each other down at that server.
    pub concurrent: Vec<(String, f64)>,
    /// The mean number of such calls during its time at the server.
    pub crowd: f64,
}

/// Sums for one class.
#[derive(Default)]
struct Sum {
    loads: usize,
    aborted: usize,
    /// How it failed, by load; none where its deadline, or no failure, was the cause.
    failures: BTreeSet<Option<Failure>>,
    never_sent: usize,
    spent: [u128; Station::COUNT],
    held: BTreeMap<usize, u128>,
    concurrent: BTreeMap<usize, u128>,
}

/// Examines the first [`KEPT`] of these loads, which failed or were late; none if that is because of no request.
///
/// # Errors
/// A load beyond its limits; none of loads that have been simulated before.
pub fn cause(plan: &Plan, seed: u64, numbers: &[u64]) -> Result<Option<Cause>, Stopped> {
    let mut load = Load::new();
    let mut sums: BTreeMap<usize, Sum> = BTreeMap::new();
    let of = numbers.len().min(KEPT);
    for number in &numbers[..of] {
        load.simulate(plan, seed, *number, Extent::UntilDecided)?;
        let Some(request) = load.culprit(plan) else { continue };
        let sum = sums.entry(request.class).or_default();
        sum.loads += 1;
        sum.aborted += usize::from(request.outcome == Outcome::Aborted);
        sum.failures.insert(request.failure.filter(|failure| *failure != Failure::Timeout));
        sum.never_sent += usize::from(request.slot_from.is_none() && request.sent.is_none());
        for (station, _) in Station::ALL {
            sum.spent[station as usize] += u128::from(request.spent(station).as_nanos());
        }
        let story = Story { plan, load: &load };
        for (class, (held, _)) in story.held(request) {
            *sum.held.entry(class).or_default() += u128::from(held.as_nanos());
        }
        for (class, concurrent) in story.concurrent(request) {
            *sum.concurrent.entry(class).or_default() += u128::from(concurrent.as_nanos());
        }
    }
    // Of equal ones the first in the file.
    let Some((class, sum)) = sums.into_iter().rev().max_by_key(|(_, sum)| sum.loads) else { return Ok(None) };
    let mean = |nanoseconds: u128| Span::from_nanos(u64::try_from(nanoseconds / sum.loads as u128).unwrap_or(u64::MAX));
    let stations = Station::ALL.iter().zip(sum.spent);
    let longest = stations.max_by_key(|(_, spent)| *spent).map(|((station, _), spent)| (*station, spent));
    let (station, spent) = longest.unwrap_or((Station::Ended, 0));
    let shares = |sums: BTreeMap<usize, u128>| {
        let total: u128 = sums.values().sum();
        let mut sums: Vec<(usize, u128)> = sums.into_iter().filter(|(_, sum)| *sum > 0).collect();
        sums.sort_unstable_by_key(|(class, sum)| (std::cmp::Reverse(*sum), *class));
        let share = |(class, sum): (usize, u128)| (plan.classes()[class].name.clone(), sum as f64 / total as f64);
        sums.into_iter().map(share).collect()
    };
    let at_server = sum.spent[Station::Server as usize];
    let others: u128 = sum.concurrent.values().sum();
    // A deadline that counts from a later event is not what its whole life is compared with.
    let rules = &plan.classes()[class];
    let whole_life = rules.deadline.filter(|_| rules.deadline_from == DeadlineFrom::Issued);
    Ok(Some(Cause {
        of,
        class: plan.classes()[class].name.clone(),
        loads: sum.loads,
        deadline: whole_life.filter(|_| sum.aborted == sum.loads),
        failures: sum.failures.into_iter().collect::<Option<_>>().unwrap_or_default(),
        never_sent: sum.never_sent,
        life: mean(sum.spent.iter().sum()),
        station,
        spent: mean(spent),
        stations: sum.spent.map(mean),
        holders: shares(sum.held),
        concurrent: if station == Station::Server { shares(sum.concurrent) } else { Vec::new() },
        crowd: if at_server == 0 { 0.0 } else { others as f64 / at_server as f64 },
    }))
}
