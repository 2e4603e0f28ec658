//! What is counted of the same loads without and with each fix.
//!
//! Rule: whole numbers and times of single loads, joined in the order of the loads. A load that never got ready has an
//! infinite time; a load that failed without an error failed at its horizon.

use super::settings::{Measure, Variant};
use crate::ready_times::NEVER;
use crate::replications::{KEPT, Replications, Simulator, Stopped};
use sixslot_models::load::{Extent, Load, LoadState, Station};
use sixslot_models::{Fails, Plan, limits};
use sixslot_sim_core::Time;
use sixslot_statistics::paired::PairedCounts;
use std::sync::atomic::AtomicBool;

/// What is kept of one load.
#[derive(Clone, Copy, Debug)]
struct Seen {
    state: LoadState,
    ready: u64,
    error: u64,
    /// Index of the class that triggered the error.
    culprit: Option<usize>,
    /// When the page had what it lacked without the fix: when it was ready, or the request that showed the error had
    /// succeeded. Where the whole horizon is judged, only the latter counts.
    served: u64,
    stalled: u64,
}

/// The loads of one plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    pub(super) failures: u64,
    pub(super) late: u64,
    /// Times to ready in nanoseconds of the loads that are kept, in their order.
    pub(super) ready: Vec<u64>,
    /// For each of them, the longest time that a call of the watched class was stalled, in nanoseconds.
    pub(super) stalled: Vec<u64>,
    /// The first loads that failed, and the first that were late.
    pub(super) failing: Vec<u64>,
    pub(super) being_late: Vec<u64>,
}

/// The loads of a fix against the same loads without it.
#[derive(Clone, Debug, Default)]
pub(super) struct Against {
    pub(super) failed: PairedCounts,
    pub(super) late: PairedCounts,
    /// Rescued loads that are early with the fix, and others.
    pub(super) early: u64,
    pub(super) not_early: u64,
    /// Rescued loads that are kept: when each would have failed, and when it is ready with the fix.
    pub(super) rescued: Vec<(u64, u64)>,
}

/// Counts over the loads of a comparison.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) loads: u64,
    pub(super) without: Track,
    pub(super) with: Vec<Track>,
    pub(super) against: Vec<Against>,
    /// For each pair of fixes (row, column): loads that fail only with the first, and that are late only with it.
    only_failed: Vec<u64>,
    only_late: Vec<u64>,
}

impl Track {
    fn count(&mut self, number: u64, seen: Seen, keeps: bool) {
        let first = |of: &mut Vec<u64>| {
            if of.len() < KEPT {
                of.push(number);
            }
        };
        match seen.state {
            LoadState::Failed => {
                self.failures += 1;
                first(&mut self.failing);
            }
            LoadState::Late => {
                self.late += 1;
                first(&mut self.being_late);
            }
            LoadState::Ready => {}
        }
        if keeps {
            self.ready.push(seen.ready);
            self.stalled.push(seen.stalled);
        }
    }

    fn join(&mut self, later: Self) {
        self.failures += later.failures;
        self.late += later.late;
        self.ready.extend(later.ready);
        self.stalled.extend(later.stalled);
        for (first, more) in [(&mut self.failing, later.failing), (&mut self.being_late, later.being_late)] {
            let room = KEPT.saturating_sub(first.len());
            first.extend(more.into_iter().take(room));
        }
    }
}

impl Against {
    fn count(&mut self, without: Seen, with: Seen, keeps: bool) {
        let failed = |seen: Seen| seen.state == LoadState::Failed;
        let late = |seen: Seen| seen.state == LoadState::Late;
        self.failed.record(failed(without), failed(with));
        self.late.record(late(without), late(with));
        if failed(without) && !failed(with) {
            let early = with.state == LoadState::Ready && with.served < without.error;
            *if early { &mut self.early } else { &mut self.not_early } += 1;
            if keeps {
                self.rescued.push((without.error, with.ready));
            }
        }
    }

    fn join(&mut self, later: Self) {
        for (sum, more) in [(&mut self.failed, later.failed), (&mut self.late, later.late)] {
            sum.both += more.both;
            sum.only_baseline += more.only_baseline;
            sum.only_variant += more.only_variant;
            sum.neither += more.neither;
        }
        self.early += later.early;
        self.not_early += later.not_early;
        self.rescued.extend(later.rescued);
    }
}

impl Counts {
    fn new(fixes: usize) -> Self {
        Self {
            loads: 0,
            without: Track::default(),
            with: vec![Track::default(); fixes],
            against: vec![Against::default(); fixes],
            only_failed: vec![0; fixes * fixes],
            only_late: vec![0; fixes * fixes],
        }
    }

    fn count(&mut self, number: u64, without: Seen, with: &[Seen], keeps: bool) {
        self.loads += 1;
        self.without.count(number, without, keeps);
        for ((track, against), seen) in self.with.iter_mut().zip(&mut self.against).zip(with) {
            track.count(number, *seen, keeps);
            against.count(without, *seen, keeps);
        }
        for (state, sums) in [(LoadState::Failed, &mut self.only_failed), (LoadState::Late, &mut self.only_late)] {
            let has = with.iter().filter(|seen| seen.state == state).count();
            if has == 0 || has == with.len() {
                continue;
            }
            for (one, _) in with.iter().enumerate().filter(|(_, seen)| seen.state == state) {
                for (other, _) in with.iter().enumerate().filter(|(_, seen)| seen.state != state) {
                    sums[one * with.len() + other] += 1;
                }
            }
        }
    }

    fn join(mut self, later: Self) -> Self {
        self.loads += later.loads;
        self.without.join(later.without);
        self.with.iter_mut().zip(later.with).for_each(|(sum, more)| sum.join(more));
        self.against.iter_mut().zip(later.against).for_each(|(sum, more)| sum.join(more));
        for (sums, more) in [(&mut self.only_failed, later.only_failed), (&mut self.only_late, later.only_late)] {
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        self
    }

    /// Two fixes as a pair: how often only one of them has failed loads, and late ones.
    pub(super) fn pair(&self, one: usize, other: usize) -> (PairedCounts, PairedCounts) {
        let fixes = self.with.len();
        let of = |sums: &[u64]| {
            let (only_variant, only_baseline) = (sums[one * fixes + other], sums[other * fixes + one]);
            // Whether both or neither failed makes no difference to a difference.
            PairedCounts { both: 0, only_baseline, only_variant, neither: self.loads - only_baseline - only_variant }
        };
        (of(&self.only_failed), of(&self.only_late))
    }
}

/// The time for which one call was stalled: at the cache lock, and without a connection.
fn stalled(load: &Load, measure: Measure) -> u64 {
    let watched = |class: usize| match measure {
        Measure::Stalled(wanted) => class == wanted,
        _ => true,
    };
    let calls = load.requests().iter().filter(|request| watched(request.class));
    let waits = calls.map(|request| (request.spent(Station::Cache) + request.spent(Station::Pool)).as_nanos());
    waits.max().unwrap_or(0)
}

/// What a load of a plan is; `lacked` is the class that showed the error without the fix.
fn see(
    simulator: &mut Simulator<'_>,
    plan: &Plan,
    number: u64,
    measure: Measure,
    lacked: Option<usize>,
) -> Result<Seen, Stopped> {
    // What comes after the verdict is of interest only where the waits of a class are compared.
    let extent = if matches!(measure, Measure::Stalled(_)) { Extent::Whole } else { Extent::UntilDecided };
    let load = simulator.simulate(plan, number, extent)?;
    let verdict = load.verdict();
    let error = verdict.error.unwrap_or(plan.horizon());
    let nanoseconds = |time: Option<Time>| time.map_or(NEVER, Time::as_nanos);
    let ready = nanoseconds(verdict.ready);
    let answered = lacked.map(|class| nanoseconds(load.answered(plan, class)));
    let served = match (answered, plan.load().fails) {
        (Some(answered), Fails::AnyError) => answered,
        (Some(answered), _) => answered.min(ready),
        (None, _) => ready,
    };
    Ok(Seen {
        state: verdict.state(),
        ready,
        error: error.as_nanos(),
        culprit: verdict.rule.map(|rule| plan.load().errors[rule].class),
        served,
        stalled: stalled(load, measure),
    })
}

/// Simulates the first loads of a seed without and with each fix; fewer of them after an interrupt.
///
/// # Errors
/// An interrupt before the first round has ended, a load beyond its limits.
pub(super) fn count(
    baseline: &Plan,
    variants: &[Variant],
    (seed, loads): (u64, u64),
    measure: Measure,
    interrupt: &AtomicBool,
    done: &(impl Fn(u64) + Sync),
) -> Result<Counts, Stopped> {
    let each = |counts: &mut Counts, simulator: &mut Simulator<'_>, number| {
        let without = see(simulator, baseline, number, measure, None)?;
        let with = variants.iter().map(|variant| see(simulator, &variant.plan, number, measure, without.culprit));
        let with = with.collect::<Result<Vec<_>, _>>()?;
        counts.count(number, without, &with, number < limits::COMPARED_TIMES);
        Ok(())
    };
    let none = || Counts::new(variants.len());
    let replications = Replications { seed, from: 0, to: loads, interrupt, done };
    Ok(replications.fold_so_far(none, each, Counts::join)?.0)
}
