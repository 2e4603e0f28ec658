//! Replications: many loads of one plan, and their counts.
//!
//! Rule: the unit of observation is the page load. Load k of a seed is the same load under every fix and in every cell
//! (common random numbers). Loads are simulated in blocks, in parallel; counts are whole numbers, and blocks are
//! joined in the order of their loads, so that the result does not depend on the number of threads.

use crate::waits::Waits;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sixslot_models::Plan;
use sixslot_models::limits;
use sixslot_models::load::{Extent, Load, LoadError, LoadState, Station, Uniforms};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The level of all intervals.
pub const LEVEL: f64 = 0.95;

/// Largest number of loads in a block, which one thread simulates.
const BLOCK: u64 = 500;
/// The first failed and late loads that are kept, to be examined again.
pub const KEPT: usize = 200;
/// Smallest number of blocks of a run, so that the threads share a few long loads.
const BLOCKS: u64 = 64;

/// The load after the last one of the next round, after `done` of `loads`: a fixed number of loads is simulated in rounds, so
/// that progress is seen and an interrupt loses no more than a fifth of the work.
#[must_use]
pub fn next_round(done: u64, loads: u64) -> u64 {
    loads.min(done.saturating_add((done / 4).clamp(100, 50_000)))
}

/// The loads to simulate, and how to interrupt and observe the run.
#[derive(Clone, Copy)]
pub struct Replications<'a> {
    /// The seed of all random numbers.
    pub seed: u64,
    /// The first load.
    pub from: u64,
    /// The load after the last one.
    pub to: u64,
    /// Set to stop the run.
    pub interrupt: &'a AtomicBool,
    /// Called with the number of loads that a thread has finished since its last call.
    pub done: &'a (dyn Fn(u64) + Sync),
}

/// One thread's simulator.
pub struct Simulator<'a> {
    load: Load,
    seed: u64,
    interrupt: &'a AtomicBool,
}

impl Simulator<'_> {
    /// Simulates a load of a plan.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn simulate(&mut self, plan: &Plan, number: u64, extent: Extent) -> Result<&Load, Stopped> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(Stopped::Interrupted);
        }
        self.load.simulate_unless(plan, self.seed, number, extent, self.interrupt)?;
        Ok(&self.load)
    }

    /// Simulates a load of a plan with these uniforms in place of its random streams.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn simulate_with(
        &mut self,
        plan: &Plan,
        uniforms: Arc<dyn Uniforms>,
        number: u64,
        extent: Extent,
    ) -> Result<&Load, Stopped> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(Stopped::Interrupted);
        }
        self.load.simulate_with(plan, uniforms, number, extent)?;
        Ok(&self.load)
    }
}

impl<'a> Replications<'a> {
    /// The loads of a range, without a report of progress.
    pub fn new(seed: u64, loads: Range<u64>, interrupt: &'a AtomicBool) -> Self {
        Self { seed, from: loads.start, to: loads.end, interrupt, done: &|_| () }
    }

    /// Folds the loads in parallel: `each` adds a load to its block's sum, and `join` joins the sums of neighbouring blocks in
    /// the order of their loads. `empty` is the sum of no load. The result does not depend on the number of threads if
    /// `join` is associative.
    ///
    /// # Errors
    /// The first error of `each`.
    pub fn fold<T: Send, E: Send>(
        &self,
        empty: impl Fn() -> T + Sync + Send,
        each: impl Fn(&mut T, &mut Simulator<'_>, u64) -> Result<(), E> + Sync,
        join: impl Fn(T, T) -> T + Sync,
    ) -> Result<T, E> {
        let block = ((self.to - self.from) / BLOCKS).clamp(1, BLOCK);
        let starts: Vec<u64> = (self.from..self.to).step_by(block as usize).collect();
        let simulator = || Simulator { load: Load::new(), seed: self.seed, interrupt: self.interrupt };
        let sums = starts.into_par_iter().map_init(simulator, |simulator, start| {
            let mut sum = empty();
            let end = self.to.min(start + block);
            for number in start..end {
                each(&mut sum, simulator, number)?;
            }
            (self.done)(end - start);
            Ok(sum)
        });
        sums.try_reduce(&empty, |sum, later| Ok(join(sum, later)))
    }

    /// As [`fold`](Self::fold), in rounds: an interrupt gives the sum of the loads so far. Their number is returned with it.
    ///
    /// # Errors
    /// An interrupt before the first round has ended, another error of `each`.
    pub fn fold_so_far<T: Send>(
        &self,
        empty: impl Fn() -> T + Sync + Send,
        each: impl Fn(&mut T, &mut Simulator<'_>, u64) -> Result<(), Stopped> + Sync,
        join: impl Fn(T, T) -> T + Sync,
    ) -> Result<(T, u64), Stopped> {
        let loads = self.to - self.from;
        let (mut sum, mut done) = (empty(), 0);
        while done < loads {
            let next = next_round(done, loads);
            match (Self { from: self.from + done, to: self.from + next, ..*self }).fold(&empty, &each, &join) {
                Ok(later) => (sum, done) = (join(sum, later), next),
                Err(Stopped::Interrupted) if done > 0 => break,
                Err(stopped) => return Err(stopped),
            }
        }
        Ok((sum, done))
    }

    /// What `see` returns for each load of a plan, in the order of the loads.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn map<T: Send>(
        &self,
        plan: &Plan,
        extent: Extent,
        see: impl Fn(u64, &Load) -> T + Sync,
    ) -> Result<Vec<T>, Stopped> {
        let each = |seen: &mut Vec<T>, simulator: &mut Simulator<'_>, number| {
            seen.push(see(number, simulator.simulate(plan, number, extent)?));
            Ok(())
        };
        self.fold(Vec::new, each, |mut seen, later| {
            seen.extend(later);
            seen
        })
    }
}

/// Counts over a number of loads. As JSON they can be joined elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Loads.
    pub loads: u64,
    /// Loads that failed; 0 where nothing can fail.
    pub failures: u64,
    /// Loads that did not fail and were not ready by the horizon.
    pub late: u64,
    /// Loads in which the page showed its error.
    pub error_shown: u64,
    /// Loads in which it showed its error only after it was ready.
    pub error_after_ready: u64,
    /// Loads in which a success cleared the error.
    pub recovered: u64,
    /// Loads in which the page was not ready by the horizon, with or without an error.
    pub not_ready: u64,
    /// Times to ready in nanoseconds, in the order of the loads, of the first [`limits::TIMES`] loads.
    pub ready: Vec<u64>,
    /// Nanoseconds that the failed request spent at each station, over all failed loads.
    pub failed_spent: [u128; Station::COUNT],
    /// The first load that failed.
    pub first_failure: Option<u64>,
    /// The first loads that failed, up to [`KEPT`].
    pub failing: Vec<u64>,
    /// The first loads that were late, up to [`KEPT`].
    pub being_late: Vec<u64>,
    /// The waits of calls at stations, up to the verdict, where they are counted: see [`Tally::with_waits`].
    pub waits: Option<Waits>,
}

/// Why the run ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Stopped {
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A load beyond the limits.
    #[error(transparent)]
    Load(LoadError),
}

impl From<LoadError> for Stopped {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Interrupted => Self::Interrupted,
            error => Self::Load(error),
        }
    }
}

/// The counts of separate runs of one plan and seed can be joined, in the order of their loads:
///
/// ```
/// use sixslot_analysis::replications::{Replications, Tally};
/// use sixslot_models::Document;
/// use std::sync::atomic::AtomicBool;
///
/// let text = "schema = 1\n[request.data]\nservice = { distribution = \"exponential\", mean = \"1s\" }\ndeadline = \"2s\"\n\
///             [load]\nready = [\"data\"]\nerror = { request = \"data\" }\n";
/// let plan = Document::read("page.toml", text, &[])?.plan(&[], &[])?;
/// let interrupt = AtomicBool::new(false);
/// let count = |loads| Tally::default().extend(&plan, &Replications::new(1, loads, &interrupt));
/// assert_eq!(count(0..400)?.join(count(400..1000)?), count(0..1000)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Tally {
    /// No loads yet, of which the waits are counted too.
    #[must_use]
    pub fn with_waits() -> Self {
        Self { waits: Some(Waits::default()), ..Self::default() }
    }

    /// The counts of both: `later` has the loads that follow, of the same plan and seed. Joining is associative, and
    /// `Tally::default()` is the neutral element.
    #[must_use]
    pub fn join(mut self, later: Self) -> Self {
        self.loads += later.loads;
        self.failures += later.failures;
        self.late += later.late;
        self.error_after_ready += later.error_after_ready;
        self.error_shown += later.error_shown;
        self.recovered += later.recovered;
        self.not_ready += later.not_ready;
        self.ready.extend(later.ready);
        for (sum, more) in self.failed_spent.iter_mut().zip(later.failed_spent) {
            *sum += more;
        }
        self.first_failure = self.first_failure.or(later.first_failure);
        for (first, more) in [(&mut self.failing, later.failing), (&mut self.being_late, later.being_late)] {
            let room = KEPT.saturating_sub(first.len());
            first.extend(more.into_iter().take(room));
        }
        self.waits = match (self.waits, later.waits) {
            (Some(mut waits), Some(more)) => {
                waits.join(more);
                Some(waits)
            }
            (waits, more) => waits.or(more),
        };
        self
    }

    /// Counts one load of a plan; `number` is its replication. Loads are counted in ascending order.
    pub fn count(&mut self, plan: &Plan, load: &Load, number: u64) {
        let verdict = load.verdict();
        self.loads += 1;
        self.late += u64::from(verdict.state() == LoadState::Late);
        self.error_shown += u64::from(verdict.error.is_some());
        let after = verdict.ready.zip(verdict.error).is_some_and(|(ready, error)| ready < error);
        self.error_after_ready += u64::from(after);
        self.recovered += u64::from(verdict.recovered.is_some());
        match verdict.ready {
            None => self.not_ready += 1,
            Some(ready) if number < limits::TIMES => self.ready.push(ready.as_nanos()),
            Some(_) => {}
        }
        if let Some(waits) = &mut self.waits {
            waits.count(plan, load);
        }
        if verdict.state() == LoadState::Late && self.being_late.len() < KEPT {
            self.being_late.push(number);
        }
        if verdict.failed {
            self.failures += 1;
            if self.failing.len() < KEPT {
                self.failing.push(number);
            }
            self.first_failure = self.first_failure.or(Some(number));
            if let Some(request) = load.culprit(plan) {
                for (sum, (station, _)) in self.failed_spent.iter_mut().zip(Station::ALL) {
                    *sum += u128::from(request.spent(station).as_nanos());
                }
            }
        }
    }

    /// Simulates loads and adds them to those counted so far, which come before them.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn extend(self, plan: &Plan, replications: &Replications<'_>) -> Result<Self, Stopped> {
        let each = |tally: &mut Self, simulator: &mut Simulator<'_>, number| {
            tally.count(plan, simulator.simulate(plan, number, Extent::UntilDecided)?, number);
            Ok::<_, Stopped>(())
        };
        let empty = || Self { waits: self.waits.as_ref().map(|_| Waits::default()), ..Self::default() };
        let later = replications.fold(empty, each, Self::join)?;
        Ok(self.join(later))
    }
}
