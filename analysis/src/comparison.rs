//! Fixes compared with none, on the same loads.
//!
//! Rule: load k draws the same service times with and without a fix, so the pairs differ only by the effect of the fix. The
//! difference has a paired interval (Tango 1998), the discordant loads an exact McNemar p value, and the p values of all
//! fixes are corrected by Holm's rule.

use crate::estimate::LEVEL;
use crate::replications::{Replications, Simulator, Stopped};
use serde::Serialize;
use sixslot_models::load::Extent;
use sixslot_models::{Document, Plan, ScenarioError};
use sixslot_statistics::interval::{self, Interval};
use sixslot_statistics::paired::{self, PairedCounts};
use std::sync::atomic::AtomicBool;

/// A fix compared with none.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The fix.
    pub fix: String,
    /// Its title, in one line.
    pub title: String,
    /// The probability of a failure without it.
    pub without: f64,
    /// The interval of that.
    pub without_interval: Interval,
    /// The probability of a failure with it.
    pub with: f64,
    /// The interval of that.
    pub with_interval: Interval,
    /// The probability with it minus the probability without it.
    pub difference: f64,
    /// The interval of the difference.
    pub difference_interval: Interval,
    /// Loads that fail only without it, and only with it.
    pub discordant: Discordant,
    /// Exact, two-sided.
    pub p_value: f64,
    /// Corrected for the number of fixes.
    pub p_value_holm: f64,
}

/// Loads with different outcomes.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Discordant {
    /// Loads that fail only without the fix.
    pub fixed: u64,
    /// Loads that fail only with the fix.
    pub broken: u64,
}

/// Why a comparison has no result.
#[derive(Debug, thiserror::Error)]
pub enum ComparisonError {
    /// A fix that cannot be applied.
    #[error(transparent)]
    Scenario(#[from] Box<ScenarioError>),
    /// Interrupted, or a load beyond its limits.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Compares each fix of a scenario alone with none over the first loads of a seed; the best fix comes first.
///
/// # Errors
/// A fix that cannot be applied, an interrupt, a load beyond its limits.
pub fn compare(
    document: &Document,
    seed: u64,
    loads: u64,
    interrupt: &AtomicBool,
    done: impl Fn(u64) + Sync,
) -> Result<Vec<Comparison>, ComparisonError> {
    let plan = |fixes: &[usize]| document.plan(fixes, &[]).map_err(Box::new);
    let variant = |(number, fix): (usize, &sixslot_models::document::Patch)| {
        Ok(Variant { name: fix.name.clone(), title: fix.title.clone(), plan: plan(&[number])? })
    };
    let variants = document.fixes.iter().enumerate().map(variant).collect::<Result<Vec<_>, ComparisonError>>()?;
    Ok(compare_plans(&plan(&[])?, &variants, seed, loads, interrupt, done)?)
}

/// A named plan, to be compared with the one it is derived from.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its fix, or its fixes joined by `+`.
    pub name: String,
    /// Its title, in one line.
    pub title: String,
    /// The plan.
    pub plan: Plan,
}

/// Compares variants of a plan with it over the first loads of a seed; the best comes first, and equal ones in their order.
///
/// # Errors
/// An interrupt, a load beyond its limits.
pub fn compare_plans(
    baseline: &Plan,
    variants: &[Variant],
    seed: u64,
    loads: u64,
    interrupt: &AtomicBool,
    done: impl Fn(u64) + Sync,
) -> Result<Vec<Comparison>, Stopped> {
    let counts = count(baseline, variants, seed, loads, interrupt, done)?;
    Ok(rank(variants, &counts))
}

fn count(
    baseline: &Plan,
    variants: &[Variant],
    seed: u64,
    loads: u64,
    interrupt: &AtomicBool,
    done: impl Fn(u64) + Sync,
) -> Result<Vec<PairedCounts>, Stopped> {
    let replications = Replications { seed, from: 0, to: loads, interrupt, done: &done };
    let none = || vec![PairedCounts::default(); variants.len()];
    let each = |counts: &mut Vec<PairedCounts>, simulator: &mut Simulator<'_>, number| {
        let mut failed =
            |plan| simulator.simulate(plan, number, Extent::UntilDecided).map(|load| load.verdict().failed);
        let without = failed(baseline)?;
        for (count, variant) in counts.iter_mut().zip(variants) {
            count.record(without, failed(&variant.plan)?);
        }
        Ok(())
    };
    let join = |mut sum: Vec<PairedCounts>, more: Vec<PairedCounts>| {
        for (sum, more) in sum.iter_mut().zip(more) {
            sum.both += more.both;
            sum.only_baseline += more.only_baseline;
            sum.only_variant += more.only_variant;
            sum.neither += more.neither;
        }
        sum
    };
    replications.fold(none, each, join)
}

#[expect(clippy::expect_used, reason = "the counts are of at least one load, and p values are probabilities")]
fn rank(variants: &[Variant], counts: &[PairedCounts]) -> Vec<Comparison> {
    let p_values: Vec<f64> = counts.iter().map(|count| paired::mcnemar(count).p_value).collect();
    let corrected = paired::holm(&p_values).expect("p values are probabilities");
    let fixes = variants.iter().zip(counts).zip(p_values.iter().zip(corrected));
    let mut comparisons: Vec<Comparison> = fixes
        .map(|((fix, count), (p_value, p_value_holm))| {
            let interval =
                |failures| interval::fixed_sample(failures, count.pairs(), LEVEL).expect("counts are consistent");
            let share = |failures: u64| failures as f64 / count.pairs() as f64;
            Comparison {
                fix: fix.name.clone(),
                title: fix.title.clone(),
                without: share(count.baseline_failures()),
                without_interval: interval(count.baseline_failures()),
                with: share(count.variant_failures()),
                with_interval: interval(count.variant_failures()),
                difference: count.difference().unwrap_or_default(),
                difference_interval: paired::difference(count, LEVEL).expect("counts are consistent"),
                discordant: Discordant { fixed: count.only_baseline, broken: count.only_variant },
                p_value: *p_value,
                p_value_holm,
            }
        })
        .collect();
    // Stable, so that fixes of equal effect stay in the order of the file.
    comparisons.sort_by(|one, other| one.difference.total_cmp(&other.difference));
    comparisons
}
