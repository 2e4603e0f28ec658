//! The verdict of a measured load, from the reports of all its tabs: ready, error shown, recovered.
//!
//! Rule: that of [`sixslot_models::load::Verdict`], on measured times. The two are separate implementations, and
//! tests/verdict.rs compares them.

use crate::measured::MeasuredVerdict;
use sixslot_models::Fails;
use sixslot_models::Plan;
use sixslot_models::load::Draws;
use sixslot_sim_core::Span;
use std::collections::{BTreeMap, BTreeSet};

/// A request whose success or failure the page knows; times in milliseconds of scenario time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settled {
    /// Index of its class in the plan.
    pub class: usize,
    /// 0-based number of its instance.
    pub index: u32,
    /// 0-based number of its tab.
    pub tab: u32,
    /// When it was issued.
    pub issued_ms: f64,
    /// When the page knew.
    pub at_ms: f64,
    /// Whether it succeeded.
    pub ok: bool,
    /// Whether a retry follows its failure.
    pub retried: bool,
}

/// The verdict of a load; `calls` are ordered by [`Settled::at_ms`].
pub fn verdict(plan: &Plan, draws: &Draws, tabs: u32, calls: &[Settled]) -> MeasuredVerdict {
    let rules = plan.load();
    let copies = |class: &usize| (0..tabs).map(move |tab| draws.copies(&plan.classes()[*class], tab)).sum::<u64>();
    let mut missing: u64 = rules.ready.iter().collect::<BTreeSet<_>>().into_iter().map(copies).sum();
    let mut ready = (missing == 0).then_some(0.0);
    // When an error was shown, and the class whose success clears it.
    let (mut error, mut shown_by, mut recovered) = (None, None, None);
    let mut succeeded = BTreeSet::new();
    // For each instance: the number of consecutive failures, and when the first of them was issued.
    let mut rows: BTreeMap<(usize, u32, u32), (u32, f64)> = BTreeMap::new();
    for call in calls {
        let copy = (call.class, call.index, call.tab);
        if call.ok {
            rows.remove(&copy);
            if shown_by == Some(call.class) && !rules.error_is_final && recovered.is_none() {
                recovered = Some(call.at_ms);
            }
            if succeeded.insert(copy) && rules.ready.contains(&call.class) {
                missing = missing.saturating_sub(1);
                if missing == 0 && !(rules.error_is_final && error.is_some()) {
                    ready = Some(call.at_ms);
                }
            }
            continue;
        }
        let (failures, began) = rows.entry(copy).or_insert((0, call.issued_ms));
        *failures += 1;
        let shown = rules.errors.iter().filter(|rule| rule.class == call.class).any(|rule| {
            // Rounded to nanoseconds like simulated time: the difference of two floating-point milliseconds is not
            // exact.
            let lasted = Span::from_seconds_f64((call.at_ms - *began) / 1e3);
            let long = rule.no_success_for.is_some_and(|span| lasted >= span);
            rule.failures > 0 && *failures >= rule.failures || long || rule.unless_retried && !call.retried
        });
        if shown && error.is_none() && (ready.is_none() || rules.fails == Fails::AnyError) {
            (error, shown_by) = (Some(call.at_ms), Some(call.class));
        }
    }
    let failed = match rules.fails {
        Fails::NotReady => ready.is_none(),
        _ => error.is_some(),
    };
    let failed = failed && rules.can_fail;
    MeasuredVerdict { failed, ready_ms: ready, error_ms: error, recovered_ms: recovered }
}
