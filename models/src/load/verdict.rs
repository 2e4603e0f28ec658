//! The outcome of a load: ready, error shown, cleared.
//!
//! Rule: the page is ready when every instance of each request that it needs has succeeded in every tab. The error can be
//! shown only before that. A final error stays; another is cleared by the next success of the same request.

use crate::plan::{Fails, LoadRules};
use sixslot_sim_core::Time;

/// The outcome of a load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Whether the load counts as failed.
    pub failed: bool,
    /// When the page was ready.
    pub ready: Option<Time>,
    /// When the page first showed its error.
    pub error: Option<Time>,
    /// When a success cleared the error.
    pub recovered: Option<Time>,
    /// The request that triggered the error by its failure.
    pub culprit: Option<usize>,
    /// Number of instances that have not succeeded yet.
    pub(super) missing: usize,
}

impl Verdict {
    /// The page shows its error because of a request.
    pub(super) fn show_error(&mut self, request: usize, now: Time) {
        if self.error.is_none() && self.ready.is_none() {
            self.error = Some(now);
            self.culprit = Some(request);
        }
    }

    /// The request that shows the error has succeeded.
    pub(super) fn clear_error(&mut self, rules: &LoadRules, now: Time) {
        if self.error.is_some() && !rules.error_is_final && self.recovered.is_none() {
            self.recovered = Some(now);
        }
    }

    /// An instance that the page needs has succeeded for the first time.
    pub(super) fn one_less(&mut self, rules: &LoadRules, now: Time) {
        debug_assert!(self.missing > 0, "more instances have succeeded than the page needs");
        self.missing -= 1;
        if self.missing == 0 && !(rules.error_is_final && self.error.is_some()) {
            self.ready = Some(now);
        }
    }

    /// Whether the verdict is final.
    pub(super) fn is_decided(&self, rules: &LoadRules) -> bool {
        let ended = self.error.is_some() && rules.error_is_final;
        ended || self.ready.is_some() && (self.error.is_none() || self.recovered.is_some())
    }

    /// Completes the verdict at the horizon.
    pub(super) fn close(&mut self, rules: &LoadRules) {
        self.failed = match rules.fails {
            Fails::ErrorShown => self.error.is_some(),
            Fails::NotReady => self.ready.is_none(),
        };
    }
}
