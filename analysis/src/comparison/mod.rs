//! Fixes compared with none, on the same loads.
//!
//! Rule: load k draws the same service times with and without a fix, so the pairs differ only by the effect of the fix. The
//! difference has a paired interval (Tango 1998), the discordant loads an exact McNemar p value, and the p values of all
//! fixes are corrected by Holm's rule. What a fix does is one word ([`Word`]), by predicates on simultaneous intervals; a
//! horizon that is too short to see a fix's own failure is extended for it.

mod judgement;
mod pairs;
mod rank;
mod row;
mod settings;
mod word;

pub use row::{Comparison, Comparisons, Discordant, Outcomes, QuantileIntervals, Quantiles, Rescued};
pub use settings::{Measure, Settings, Variant};
pub use word::Word;

use crate::estimate::LEVEL;
use crate::replications::Stopped;
use judgement::Judgement;
use pairs::{Counts, Track};
use sixslot_models::{Document, Plan, ScenarioError};
use sixslot_statistics::interval;
use sixslot_statistics::paired;
use std::sync::atomic::{AtomicBool, Ordering};

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

/// A scenario with fixes in place, and with each of its other fixes on top of them.
///
/// # Errors
/// A fix that cannot be applied.
pub fn variants(document: &Document, base: &[usize]) -> Result<(Plan, Vec<Variant>), Box<ScenarioError>> {
    let plan = |more: Option<usize>| {
        let fixes: Vec<usize> = base.iter().copied().chain(more).collect();
        document.plan(&fixes, &[]).map_err(Box::new)
    };
    let others = document.fixes.iter().enumerate().filter(|(number, _)| !base.contains(number));
    let variants = others
        .map(|(number, fix)| {
            Ok(Variant { name: fix.name.clone(), title: fix.title.clone(), plan: plan(Some(number))? })
        })
        .collect::<Result<Vec<_>, Box<ScenarioError>>>()?;
    Ok((plan(None)?, variants))
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
    let (plan, variants) = variants(document, &[])?;
    let settings = Settings { seed, loads, by: Measure::Failed };
    Ok(compare_plans(&plan, &variants, settings, interrupt, done)?.fixes)
}

/// Compares variants of a plan with it over the first loads of a seed; the best comes first, and equal ones in their order.
/// An interrupt gives the comparison of the loads so far.
///
/// # Errors
/// An interrupt before the first round has ended, a load beyond its limits.
pub fn compare_plans(
    baseline: &Plan,
    variants: &[Variant],
    settings: Settings,
    interrupt: &AtomicBool,
    done: impl Fn(u64) + Sync,
) -> Result<Comparisons, Stopped> {
    let Settings { seed, loads, by } = settings;
    let counts = pairs::count(baseline, variants, (seed, loads), by, interrupt, &done)?;
    let level = simultaneous(variants.len());
    let judgements = judgement::judge(baseline, variants, settings, &counts, level, interrupt);
    let mut found = conclude(baseline, variants, counts, by, &judgements);
    found.is_interrupted = interrupt.load(Ordering::Relaxed);
    Ok(found)
}

/// The level of each of the four statements about each fix, so that all hold together at [`LEVEL`].
fn simultaneous(fixes: usize) -> f64 {
    1.0 - (1.0 - LEVEL) / (4 * fixes.max(1)) as f64
}

#[expect(clippy::expect_used, reason = "the counts are of at least one load, and p values are probabilities")]
fn conclude(
    baseline: &Plan,
    variants: &[Variant],
    counts: Counts,
    by: Measure,
    judgements: &[Judgement],
) -> Comparisons {
    let p_values: Vec<f64> = counts.against.iter().map(|against| paired::mcnemar(&against.failed).p_value).collect();
    let corrected = paired::holm(&p_values).expect("p values are probabilities");
    let ranking = rank::rank(&counts, by, 1.0 - LEVEL);
    let level = 1.0 - (1.0 - LEVEL) / variants.len().max(1) as f64;
    let row = |fix: &usize| {
        let (variant, count, judgement) = (&variants[*fix], &counts.against[*fix].failed, &judgements[*fix]);
        let interval =
            |failures| interval::fixed_sample(failures, count.pairs(), LEVEL).expect("counts are consistent");
        let share = |failures: u64| failures as f64 / count.pairs() as f64;
        let (fixed, broken) = (count.only_baseline, count.only_variant);
        Comparison {
            fix: variant.name.clone(),
            title: variant.title.clone(),
            outcomes: Outcomes::new(&variant.plan, &counts.with[*fix], counts.loads),
            fixed,
            broken,
            verdict: judgement.word,
            place: ranking.places[*fix],
            tied_with: ranking.ties[*fix].iter().map(|other| variants[*other].name.clone()).collect(),
            rescued: judgement.rescued,
            judged_horizon_ms: judgement.horizon.as_millis_f64(),
            needed_horizon_ms: judgement.needed.map(sixslot_sim_core::Span::as_millis_f64),
            without: share(count.baseline_failures()),
            without_interval: interval(count.baseline_failures()),
            with: share(count.variant_failures()),
            with_interval: interval(count.variant_failures()),
            difference: count.difference().unwrap_or_default(),
            difference_interval: paired::difference(count, level).expect("counts are consistent"),
            discordant: Discordant { fixed, broken },
            p_value: p_values[*fix],
            p_value_holm: corrected[*fix],
        }
    };
    let fixes = ranking.order.iter().map(row).collect();
    let without = Outcomes::new(baseline, &counts.without, counts.loads);
    let Track { failures, late, failing, being_late, .. } = counts.without;
    let horizon_ms = baseline.horizon().as_millis_f64();
    Comparisons {
        loads: counts.loads,
        is_interrupted: false,
        horizon_ms,
        without,
        failures,
        late,
        failing,
        being_late,
        fixes,
    }
}
