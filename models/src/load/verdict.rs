//! The outcome of a load: ready, error shown, cleared.
//!
//! Rule: the page is ready when every instance of each request that it needs has succeeded in every tab. An error is shown
//! once; after the page is ready it counts only where the whole horizon is judged. A final error stays; another is cleared
//! by the next success of the same request.

use crate::load_rules::{Fails, LoadRules};
use sixslot_sim_core::Time;

/// What a load is: one of three, tried in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoadState {
    /// It failed, by the scenario's `fails`.
    Failed,
    /// It did not fail, and the page was not ready by the horizon.
    Late,
    /// It did not fail, and the page was ready by the horizon.
    Ready,
}

impl LoadState {
    /// Its word in outputs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Late => "late",
            Self::Ready => "ready",
        }
    }
}

/// The outcome of a load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Whether the load counts as failed; false where nothing can fail ([`LoadRules::can_fail`]).
    pub failed: bool,
    /// When the page was ready; it may have failed later.
    pub ready: Option<Time>,
    /// When the page first showed an error.
    pub error: Option<Time>,
    /// When a success cleared the error.
    pub recovered: Option<Time>,
    /// The request that triggered the error by its failure.
    pub culprit: Option<usize>,
    /// Index of the rule that triggered the error, in [`LoadRules::errors`].
    pub rule: Option<usize>,
    /// Number of instances that have not succeeded yet.
    pub(super) missing: usize,
}

impl Verdict {
    /// What the load is.
    pub const fn state(&self) -> LoadState {
        match (self.failed, self.ready) {
            (true, _) => LoadState::Failed,
            (false, None) => LoadState::Late,
            (false, Some(_)) => LoadState::Ready,
        }
    }

    /// The page shows an error because of a request.
    pub(super) fn show_error(&mut self, rules: &LoadRules, rule: usize, request: usize, now: Time) {
        let counts = self.ready.is_none() || rules.fails == Fails::AnyError;
        if self.error.is_none() && counts {
            self.error = Some(now);
            self.culprit = Some(request);
            self.rule = Some(rule);
        }
    }

    /// A request of a class has succeeded: it clears the error that its class shows.
    pub(super) fn clear_error(&mut self, rules: &LoadRules, class: usize, now: Time) {
        let shows = self.rule.is_some_and(|rule| rules.errors[rule].class == class);
        if shows && !rules.error_is_final && self.recovered.is_none() {
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
        if self.error.is_none() && self.ready.is_none() {
            return false;
        }
        let ended = self.error.is_some() && rules.error_is_final;
        let settled = match self.error {
            None => rules.fails != Fails::AnyError || !rules.can_fail,
            Some(_) => self.recovered.is_some(),
        };
        ended || self.ready.is_some() && settled
    }

    /// Completes the verdict at the horizon.
    pub(super) fn close(&mut self, rules: &LoadRules) {
        self.failed = rules.can_fail
            && match rules.fails {
                Fails::ErrorShown | Fails::AnyError => self.error.is_some(),
                Fails::NotReady => self.ready.is_none(),
                Fails::Nothing => false,
            };
    }
}
