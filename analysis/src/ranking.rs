//! Fixes ranked by how often a load fails with them, with as few loads as that needs.
//!
//! Rule: successive elimination (E. Even-Dar, S. Mannor, Y. Mansour, Journal of Machine Learning Research 7 (2006) 1079) on
//! paired loads. Two variants are told apart when the confidence sequence of the share of "only the first failed" among the loads that
//! exactly one of them failed excludes one half; they tie when the sequences of both kinds of load say that their probabilities
//! differ by no more than a margin. Both hold at every look, and the level is divided over all pairs, so the whole ranking is right with the
//! stated level. A variant whose pairs are all settled is simulated no more.

use crate::comparison::Variant;
use crate::estimate::LEVEL;
use crate::replications::{Replications, Simulator, Stopped};
use serde::Serialize;
use sixslot_models::Plan;
use sixslot_models::load::Extent;
use sixslot_statistics::interval::{Interval, confidence_sequence, decision_sequence};
use sixslot_statistics::stopping::Stopping;
use std::sync::atomic::AtomicBool;

/// The name of the variant without a fix.
pub const NONE: &str = "none";

/// The difference of two probabilities, in either direction, up to which variants tie: a percentage point.
pub const MARGIN: f64 = 0.01;

/// A ranking.
#[derive(Clone, Debug, Serialize)]
pub struct Ranking {
    /// The answer.
    pub sentence: String,
    /// Whether every pair is told apart or tied; if not, `--max-loads` or an interrupt came first.
    pub is_sure: bool,
    /// Whether it was an interrupt.
    #[serde(skip)]
    pub is_interrupted: bool,
    /// The largest difference of a tie.
    pub margin: f64,
    /// The confidence in the whole ranking.
    pub level: f64,
    /// Loads of the variant that was simulated longest.
    pub loads: u64,
    /// Loads simulated in all, over all variants.
    pub simulated: u64,
    /// The variants, the best first.
    pub ranking: Vec<Place>,
}

/// The place of a variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    /// One more than the number of variants that are surely better.
    pub rank: usize,
    /// The fix; `none` without one.
    pub fix: String,
    /// Its title, in one line.
    pub title: String,
    /// The share of its loads that failed.
    pub failed: f64,
    /// The confidence sequence of that, for this variant alone.
    pub interval: Interval,
    /// Loads that were simulated with it.
    pub loads: u64,
    /// The variants that it is surely better than.
    pub better_than: Vec<String>,
    /// The variants that it ties with.
    pub tied_with: Vec<String>,
    /// The variants that are neither.
    pub undecided: Vec<String>,
}

/// How two variants compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Open,
    FirstBetter,
    SecondBetter,
    Tie,
}

/// Two variants and the loads that both simulated.
#[derive(Clone, Debug)]
struct Pair {
    of: [usize; 2],
    loads: u64,
    /// Loads that failed only with the first, and only with the second.
    only: [u64; 2],
    relation: Relation,
}

impl Pair {
    /// Compares the two, with this probability of being wrong at any look.
    fn settle(&mut self, alpha: f64, margin: f64) {
        let [first, second] = self.only;
        let direction = decision_sequence(first, first + second, 0.5, 1.0 - alpha / 2.0);
        let shares = self.only.map(|only| decision_sequence(only, self.loads, margin, 1.0 - alpha / 4.0));
        if let Ok(direction) = direction
            && !direction.contains(0.5)
        {
            self.relation = if first < second { Relation::FirstBetter } else { Relation::SecondBetter };
        } else if let [Ok(one), Ok(other)] = shares
            && one.high - other.low <= margin
            && other.high - one.low <= margin
        {
            self.relation = Relation::Tie;
        }
    }
}

/// Ranks a plan and its variants until every pair is told apart or tied, or `most` loads of each.
///
/// `done` is called with the number of loads of one variant that were simulated since its last call. An interrupt gives the
/// ranking by the loads so far.
///
/// # Errors
/// An interrupt before the first look, or a load beyond its limits.
///
/// # Panics
/// If there are more than 127 variants, or `margin` is not between 0 and 1; the callers have checked both.
pub fn rank(
    baseline: &Plan,
    variants: &[Variant],
    margin: f64,
    seed: u64,
    most: u64,
    interrupt: &AtomicBool,
    done: impl Fn(u64) + Sync,
) -> Result<Ranking, Stopped> {
    assert!(variants.len() < 128 && margin > 0.0 && margin < 1.0, "{} variants, margin {margin}", variants.len());
    let plans: Vec<&Plan> = std::iter::once(baseline).chain(variants.iter().map(|variant| &variant.plan)).collect();
    let all = 0..plans.len();
    let mut pairs: Vec<Pair> = all
        .clone()
        .flat_map(|one| (one + 1..plans.len()).map(move |other| [one, other]))
        .map(|of| Pair { of, loads: 0, only: [0; 2], relation: Relation::Open })
        .collect();
    let alpha = (1.0 - LEVEL) / pairs.len().max(1) as f64;
    let mut counts = vec![(0_u64, 0_u64); plans.len()];
    let (mut at, mut is_interrupted) = (0, false);
    loop {
        let is_open =
            |variant: &usize| pairs.iter().any(|pair| pair.relation == Relation::Open && pair.of.contains(variant));
        let open: Vec<usize> = all.clone().filter(is_open).collect();
        if open.is_empty() || at >= most {
            break;
        }
        let next = Stopping::Decided(margin).next_look(at).min(most);
        let failed = match failed(&plans, &open, &Replications { seed, from: at, to: next, interrupt, done: &done }) {
            Err(Stopped::Interrupted) if at > 0 => {
                is_interrupted = true;
                break;
            }
            failed => failed?,
        };
        let mark = |variant: usize| 1_u128 << variant;
        let number = |fits: &dyn Fn(u128) -> bool| failed.iter().filter(|mask| fits(**mask)).count() as u64;
        for variant in open {
            counts[variant].0 += next - at;
            counts[variant].1 += number(&|mask| mask & mark(variant) != 0);
        }
        for pair in pairs.iter_mut().filter(|pair| pair.relation == Relation::Open) {
            let [one, other] = pair.of.map(mark);
            pair.loads = next;
            pair.only[0] += number(&|mask| mask & (one | other) == one);
            pair.only[1] += number(&|mask| mask & (one | other) == other);
            pair.settle(alpha, margin);
        }
        at = next;
    }
    Ok(Ranking { is_interrupted, ..concluded(variants, &pairs, &counts, margin) })
}

/// For each load, which of the open variants failed, as a bit for each.
fn failed(plans: &[&Plan], open: &[usize], replications: &Replications<'_>) -> Result<Vec<u128>, Stopped> {
    let each = |masks: &mut Vec<u128>, simulator: &mut Simulator<'_>, number| {
        let mut mask = 0;
        for variant in open {
            let load = simulator.simulate(plans[*variant], number, Extent::UntilDecided)?;
            mask |= u128::from(load.verdict().failed) << variant;
        }
        masks.push(mask);
        Ok(())
    };
    replications.fold(Vec::new, each, |mut masks: Vec<u128>, later| {
        masks.extend(later);
        masks
    })
}

#[expect(clippy::expect_used, reason = "each variant has a load, and no more failures than loads")]
fn concluded(variants: &[Variant], pairs: &[Pair], counts: &[(u64, u64)], margin: f64) -> Ranking {
    let name = |variant: usize| match variant.checked_sub(1) {
        None => (NONE.to_owned(), "no fix".to_owned()),
        Some(fix) => (variants[fix].name.clone(), variants[fix].title.clone()),
    };
    let mut ranking: Vec<Place> = (0..counts.len())
        .map(|variant| {
            let (loads, failures) = counts[variant];
            let others = |wanted: [Relation; 2]| -> Vec<usize> {
                let fits = |pair: &&Pair| {
                    pair.of[0] == variant && pair.relation == wanted[0]
                        || pair.of[1] == variant && pair.relation == wanted[1]
                };
                pairs.iter().filter(fits).map(|pair| pair.of[0] + pair.of[1] - variant).collect()
            };
            let names = |others: Vec<usize>| others.into_iter().map(|other| name(other).0).collect();
            let (fix, title) = name(variant);
            Place {
                rank: 1 + others([Relation::SecondBetter, Relation::FirstBetter]).len(),
                fix,
                title,
                failed: failures as f64 / loads as f64,
                interval: confidence_sequence(failures, loads, LEVEL).expect("counts are consistent"),
                loads,
                better_than: names(others([Relation::FirstBetter, Relation::SecondBetter])),
                tied_with: names(others([Relation::Tie; 2])),
                undecided: names(others([Relation::Open; 2])),
            }
        })
        .collect();
    ranking.sort_by(|one, other| one.rank.cmp(&other.rank).then(one.failed.total_cmp(&other.failed)));
    let is_sure = pairs.iter().all(|pair| pair.relation != Relation::Open);
    let loads = counts.iter().map(|(loads, _)| *loads).max().unwrap_or_default();
    let simulated = counts.iter().map(|(loads, _)| loads).sum();
    Ranking {
        sentence: sentence(&ranking, is_sure, margin),
        is_sure,
        is_interrupted: false,
        margin,
        level: LEVEL,
        loads,
        simulated,
        ranking,
    }
}

/// The answer as a sentence.
fn sentence(ranking: &[Place], is_sure: bool, margin: f64) -> String {
    use crate::words::percent;
    let list = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let Some(best) = ranking.first() else { return String::new() };
    let (low, high) = (percent(best.interval.low), percent(best.interval.high));
    let what = if best.fix == NONE { "without a fix".to_owned() } else { format!("with `{}`", best.fix) };
    let mut text = format!("The fewest loads fail {what}: {} ({low} to {high})", percent(best.failed));
    let ties: Vec<&str> = best.tied_with.iter().map(String::as_str).collect();
    if !ties.is_empty() {
        text += &format!(", tied with {}", list(&ties));
    }
    if best.fix != NONE
        && let Some(none) = ranking.iter().find(|place| place.fix == NONE)
    {
        text += &format!("; without a fix {}", percent(none.failed));
        let same: Vec<&str> = none.tied_with.iter().map(String::as_str).collect();
        if !same.is_empty() && !ties.contains(&NONE) {
            text += &format!(", tied with {}", list(&same));
        }
    }
    text += &format!(". A tie is a difference of at most {}", percent(margin));
    if !is_sure {
        text += "; the loads did not settle every pair";
    }
    text + "."
}
