//! Processor sharing on real arrival times.
//!
//! Rule: between two changes each of the n tasks present progresses at rate(n). At each change, the progress since the
//! last one is subtracted from the remaining work of all tasks: O(n) per change.

use sixslot_sim_core::{Span, Time};

/// Identifies a task of one load's servers: a request, or a background call.
pub type TaskId = usize;

/// The tasks that share a server.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    /// Each task with its remaining work in nanoseconds, in order of arrival.
    present: Vec<(TaskId, f64)>,
    updated: Time,
}

impl Sharing {
    fn settle(&mut self, now: Time, rate: impl Fn(usize) -> f64) {
        let progress = rate(self.present.len().max(1)) * (now - self.updated).as_nanos() as f64;
        self.present.iter_mut().for_each(|(_, left)| *left -= progress);
        self.updated = now;
    }

    /// The number of tasks.
    pub(super) fn len(&self) -> usize {
        self.present.len()
    }

    /// Adds a task.
    pub(super) fn join(&mut self, now: Time, task: TaskId, work: Span, rate: impl Fn(usize) -> f64) {
        self.settle(now, rate);
        self.present.push((task, work.as_nanos() as f64));
    }

    /// Removes a task.
    pub(super) fn leave(&mut self, now: Time, task: TaskId, rate: impl Fn(usize) -> f64) {
        self.settle(now, rate);
        self.present.retain(|(other, _)| *other != task);
    }

    /// Time from the last change until the next task is done.
    pub(super) fn next(&self, rate: impl Fn(usize) -> f64) -> Option<Span> {
        let least = self.present.iter().map(|(_, left)| *left).min_by(f64::total_cmp)?;
        Some(Span::from_nanos((least.max(0.0) / rate(self.present.len())).ceil() as u64))
    }

    /// Removes and returns a task that is done.
    pub(super) fn done(&mut self, now: Time, rate: impl Fn(usize) -> f64) -> Option<TaskId> {
        self.settle(now, rate);
        // Up to half a nanosecond: times are whole nanoseconds, shares are not.
        let at = self.present.iter().position(|(_, left)| *left <= 0.5)?;
        Some(self.present.remove(at).0)
    }
}
