//! What to know about a scenario before its numbers are read.
//!
//! Rule: but for [`of_first`], a note is a fact about the plan alone: nothing can fail, the scenario does not choose what
//! counts as failed although its page goes on after it is ready, or a key reads plausible and does something else
//! ([`Plan::warnings`]).

use crate::words::duration;
use sixslot_models::{Document, Fails, Plan};
use sixslot_sim_core::{Span, Time};

/// The notes on a plan.
#[must_use]
pub fn notes(plan: &Plan) -> Vec<String> {
    let rules = plan.load();
    let mut notes = Vec::new();
    if !rules.can_fail {
        notes.push(nothing_fails(plan));
    } else if rules.repeats && !rules.is_chosen {
        let unlisted = rules.errors.iter().all(|rule| rule.name.is_none()) && rules.errors.len() > 1;
        let what = if unlisted { "a failed call of any request" } else { "an error" };
        notes.push(format!(
            "[load] does not choose `fails`, and the page polls, streams or retries, so {what} counts as a failed load up to the horizon ({}), also after the page was ready; up to version 0.1.0 only what happened before counted. Write fails = \"any-error\", \"error-shown\" or \"not-ready\".",
            duration(plan.horizon() - Time::ZERO)
        ));
    }
    notes.extend(plan.warnings().iter().cloned());
    notes
}

/// What was not measured of the rules of a plan, and of those that changes of it bring in, each with its name.
pub fn unmeasured(plan: &Plan, changed: impl IntoIterator<Item = (String, Plan)>) -> Vec<String> {
    let own = plan.unmeasured();
    let more = |(name, other): (String, Plan)| {
        let note = other.unmeasured().filter(|note| own.as_ref() != Some(note))?;
        Some(format!("with `{name}`, {note}"))
    };
    let more: Vec<String> = changed.into_iter().filter_map(more).collect();
    own.iter().cloned().chain(more).collect()
}

/// The same of a scenario with some of its fixes in place, and of each further fix.
#[must_use]
pub fn unmeasured_with_fixes(document: &Document, base: &[usize]) -> Vec<String> {
    let plan = |fixes: &[usize]| document.plan(fixes, &[]).ok();
    let further = (0..document.fixes.len()).filter(|fix| !base.contains(fix));
    let changed = further.filter_map(|fix| Some((document.fixes[fix].name.clone(), plan(&[base, &[fix]].concat())?)));
    plan(base).map_or_else(Vec::new, |plan| unmeasured(&plan, changed))
}

/// Adds these to the notes on a comparison.
pub fn add_unmeasured(notes: &mut Vec<String>, document: &Document, base: &[usize]) {
    for note in unmeasured_with_fixes(document, base) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

/// The note on times to ready that are those of the first `kept` of a number of loads, so that they need no more memory.
#[must_use]
pub fn of_first(kept: u64, loads: u64) -> Option<String> {
    (loads > kept).then(|| format!("times to ready are those of the first {kept} loads; the counts are of all {loads}"))
}

/// Why failure is not judged, and what to write.
fn nothing_fails(plan: &Plan) -> String {
    let rules = plan.load();
    let text = "failure is not judged:";
    if rules.fails == Fails::Nothing {
        return format!(
            "{text} [load] has fails = \"nothing\". Write fails = \"not-ready\", \"error-shown\" or \"any-error\" to judge it."
        );
    }
    let Some(needs) = needed(plan) else {
        return match rules.fails {
            Fails::NotReady => format!(
                "{text} no request has a deadline, and [load] has no `error`. Write fails = \"not-ready\" to count loads that are not ready by the horizon."
            ),
            _ => format!(
                "{text} no request whose failures count has a deadline that can strike often enough. Give one a `deadline`, or write fails = \"not-ready\"."
            ),
        };
    };
    format!(
        "{text} the error needs at least {}, and the horizon is {}. Write a longer `horizon`.",
        duration(needs),
        duration(plan.horizon() - Time::ZERO)
    )
}

/// The time from the first call of a request to the first error that it can trigger, where the horizon is too short for all
/// of them.
#[must_use]
pub fn needed(plan: &Plan) -> Option<Span> {
    let earliest =
        |rule: &sixslot_models::ErrorRule| rule.earliest(plan.classes(), sixslot_models::limits::LONGEST_HORIZON);
    let rules = plan.load();
    let first = if rules.fails == Fails::NotReady { None } else { rules.errors.iter().filter_map(earliest).min() };
    first.filter(|first| *first > plan.horizon() - Time::ZERO)
}
