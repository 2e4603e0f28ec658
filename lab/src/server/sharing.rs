//! Processor sharing, executed: who is present makes progress at the rate that the number of them allows.
//!
//! Rule: between two changes everybody present is worked on at rate(n), with n the number present; at each change, the
//! progress since the last one is taken off everybody's remaining work.

use sixslot_sim_core::{Span, Time};

/// Identifies a task of one load's servers: a request, or one call of a background job.
pub type TaskId = usize;

/// Who shares a server.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    /// With the nanoseconds of work that each has left, in order of arrival.
    present: Vec<(TaskId, f64)>,
    updated: Time,
}

impl Sharing {
    fn settle(&mut self, now: Time, rate: impl Fn(usize) -> f64) {
        let progress = rate(self.present.len().max(1)) * (now - self.updated).as_nanos() as f64;
        self.present.iter_mut().for_each(|(_, left)| *left -= progress);
        self.updated = now;
    }

    /// Brings work.
    pub(super) fn join(&mut self, now: Time, task: TaskId, work: Span, rate: impl Fn(usize) -> f64) {
        self.settle(now, rate);
        self.present.push((task, work.as_nanos() as f64));
    }

    /// Takes work away.
    pub(super) fn leave(&mut self, now: Time, task: TaskId, rate: impl Fn(usize) -> f64) {
        self.settle(now, rate);
        self.present.retain(|(other, _)| *other != task);
    }

    /// How long it takes until somebody is done, counted from the last change.
    pub(super) fn next(&self, rate: impl Fn(usize) -> f64) -> Option<Span> {
        let least = self.present.iter().map(|(_, left)| *left).min_by(f64::total_cmp)?;
        Some(Span::from_nanos((least.max(0.0) / rate(self.present.len())).ceil() as u64))
    }

    /// Takes away the first who is done.
    pub(super) fn done(&mut self, now: Time, rate: impl Fn(usize) -> f64) -> Option<TaskId> {
        self.settle(now, rate);
        // Half a nanosecond: times are whole nanoseconds, shares are not.
        let at = self.present.iter().position(|(_, left)| *left <= 0.5)?;
        Some(self.present.remove(at).0)
    }
}
