//! Every set of a scenario's fixes: the smallest that brings failed and late loads under a limit, the effect of each fix, and
//! what two of them do together.
//!
//! Rule: load k is simulated with every set (`crossed.rs`). A set meets the limits by Clopper-Pearson intervals that hold for
//! all sets at once (Bonferroni). It is smallest if no other set that meets them costs less, or the same with fewer fixes. A
//! smallest set is compared with no fix too, so that a set that only hides failures is named as such ([`crate::comparison`]).
//! Effects are factorial ([`sixslot_statistics::factorial`]).

use crate::acceptance::{Acceptance, Decision, Shares};
use crate::comparison::{ComparisonError, Measure, Settings, Variant, Word, compare_plans};
use crate::crossed::{self, Crossed};
use crate::estimate::LEVEL;
use crate::replications::{Replications, Stopped};
use serde::Serialize;
use sixslot_models::{Document, Plan};
use sixslot_statistics::interval::{self, Interval};
use sixslot_statistics::{factorial, shapley};

/// The smallest sets that are compared with no fix.
pub const COMPARED: usize = 8;

/// All sets of several fixes on the same loads.
#[derive(Clone, Debug, Serialize)]
pub struct Subsets {
    /// The answer.
    pub sentence: String,
    /// Loads; each was simulated with every set.
    pub loads: u64,
    /// The level of all sets' intervals together, and of all effects' intervals together.
    pub level: f64,
    /// The limits.
    pub acceptance: Acceptance,
    /// The sets that meet the limits and of which no part meets them, by cost and then by size.
    pub smallest_sets: Vec<FixSet>,
    /// The fixes, in the order of the file.
    pub fixes: Vec<FixEffect>,
    /// What two fixes do together beyond what each does, the strongest first.
    pub interactions: Vec<Interaction>,
    /// Fixes that change the same key: in a set with both, the later one holds.
    pub overlaps: Vec<Overlap>,
    /// Every set: bit i of its index says whether fix i is in it.
    pub sets: Vec<FixSet>,
}

/// A set of fixes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FixSet {
    /// The fixes in it.
    pub fixes: Vec<String>,
    /// The sum of their costs.
    pub cost: f64,
    /// The shares of its loads; their intervals hold for all sets at once.
    #[serde(flatten)]
    pub shares: Shares,
    /// Whether it meets the limits.
    pub decision: Decision,
    /// For the first [`COMPARED`] of the smallest sets: what it does, compared with no fix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Word>,
}

/// The effect of one fix on the probability of a failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FixEffect {
    /// The fix.
    pub fix: String,
    /// Its title, in one line.
    pub title: String,
    /// Its cost.
    pub cost: f64,
    /// The probability of a failure with this fix alone.
    pub alone: f64,
    /// The probability of a failure with all fixes except this one.
    pub all_others: f64,
    /// Its main effect: the probability with it minus that without it, averaged over all sets of the other fixes.
    pub effect: f64,
    /// The interval of that, for all effects at once.
    pub effect_interval: Interval,
}

/// What two changes do together beyond what each does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interaction {
    /// Their names.
    pub of: [String; 2],
    /// Half the difference between the effect of the one with the other and without it.
    pub effect: f64,
    /// The interval of that, for all effects at once.
    pub effect_interval: Interval,
}

/// Two fixes that change the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// The fixes; the second holds.
    pub fixes: [String; 2],
    /// The first key that both change.
    pub key: String,
}

/// The main effects' interactions of two changes, the strongest first.
pub(crate) fn interactions(names: &[&str], sums: &[crossed::Sum], loads: u64) -> Vec<Interaction> {
    let effects = factorial::main_and_pairs(names.len());
    let of_two = effects.iter().zip(sums).skip(names.len());
    let mut interactions: Vec<Interaction> = of_two
        .map(|(set, sum)| {
            let (one, other) = (set.trailing_zeros() as usize, set.ilog2() as usize);
            let (effect, effect_interval) = crossed::effect(sum, loads, names.len(), effects.len());
            Interaction { of: [names[one].to_owned(), names[other].to_owned()], effect, effect_interval }
        })
        .collect();
    interactions.sort_by(|one, other| other.effect.abs().total_cmp(&one.effect.abs()));
    interactions
}

/// Simulates the first loads of a seed with every set of these fixes (by index, in ascending order), on top of those in
/// `base`. There are at least one and at most [`sixslot_models::limits::COMPARED_SUBSET_FIXES`], and two loads or more. An
/// interrupt gives the sets with the loads so far.
///
/// # Errors
/// A set of fixes that cannot be applied, an interrupt before the first round has ended, a load beyond its limits.
pub fn subsets(
    document: &Document,
    base: &[usize],
    fixes: &[usize],
    acceptance: Acceptance,
    replications: &Replications<'_>,
) -> Result<Subsets, ComparisonError> {
    let members = |set: usize| (0..fixes.len()).filter(move |fix| set >> fix & 1 == 1).map(|fix| fixes[fix]);
    let plan = |set: usize| {
        let chosen: Vec<usize> = base.iter().copied().chain(members(set)).collect();
        document.plan(&chosen, &[]).map_err(Box::new)
    };
    let plans = (0..1 << fixes.len()).map(plan).collect::<Result<Vec<_>, _>>()?;
    let effects = factorial::main_and_pairs(fixes.len());
    let values = |verdicts: &[i64]| crossed::contrasts(verdicts, &effects).collect();
    let crossed = crossed::cross(&plans, replications, effects.len(), values)?;
    let mut found = conclude(document, fixes, acceptance, crossed.loads, &plans, &crossed);
    found.compare(&plans, replications)?;
    found.sentence = found.sentence();
    Ok(found)
}

fn conclude(
    document: &Document,
    fixes: &[usize],
    acceptance: Acceptance,
    loads: u64,
    plans: &[Plan],
    crossed: &Crossed,
) -> Subsets {
    let patches: Vec<_> = fixes.iter().map(|fix| &document.fixes[*fix]).collect();
    let names: Vec<&str> = patches.iter().map(|fix| fix.name.as_str()).collect();
    let sets = sets(&patches, acceptance, loads, plans, crossed);
    let effects = names.len() * (names.len() + 1) / 2;
    let probability = |set: usize| crossed.failed[set] as f64 / loads as f64;
    let all = sets.len() - 1;
    let effect = |(at, sum): (usize, &crossed::Sum)| {
        let (effect, effect_interval) = crossed::effect(sum, loads, names.len(), effects);
        let (fix, title, cost) = (names[at].to_owned(), patches[at].title.clone(), patches[at].cost);
        let (alone, all_others) = (probability(1 << at), probability(all & !(1 << at)));
        FixEffect { fix, title, cost, alone, all_others, effect, effect_interval }
    };
    let overlap = |one: usize, other: usize| {
        let key = document.overlap(fixes[one], fixes[other])?;
        Some(Overlap { fixes: [names[one].to_owned(), names[other].to_owned()], key })
    };
    let pairs = (0..fixes.len()).flat_map(|one| (one + 1..fixes.len()).map(move |other| (one, other)));
    Subsets {
        sentence: String::new(),
        loads,
        level: LEVEL,
        acceptance,
        smallest_sets: smallest(&sets),
        fixes: crossed.sums.iter().take(names.len()).enumerate().map(effect).collect(),
        interactions: interactions(&names, &crossed.sums, loads),
        overlaps: pairs.filter_map(|(one, other)| overlap(one, other)).collect(),
        sets,
    }
}

#[expect(clippy::expect_used, reason = "the counts are of at least two loads, one for each set")]
fn sets(
    patches: &[&sixslot_models::document::Patch],
    acceptance: Acceptance,
    loads: u64,
    plans: &[Plan],
    crossed: &Crossed,
) -> Vec<FixSet> {
    // Two shares of each set.
    let level = 1.0 - (1.0 - LEVEL) / (2.0 * plans.len() as f64);
    let interval = |count| interval::clopper_pearson(count, loads, level).expect("counts are consistent");
    let set = |set: usize| {
        let members = || patches.iter().enumerate().filter(move |(at, _)| set >> at & 1 == 1).map(|(_, fix)| fix);
        let (failed, late) = (crossed.failed[set], crossed.late[set]);
        let shares = Shares::new(loads, failed, late, plans[set].load().can_fail, interval);
        FixSet {
            fixes: members().map(|fix| fix.name.clone()).collect(),
            // From 0.0: the sum of no number is -0.0.
            cost: members().fold(0.0, |sum, fix| sum + fix.cost),
            shares,
            decision: acceptance.decide(&shares),
            verdict: None,
        }
    };
    (0..plans.len()).map(set).collect()
}

/// The sets that meet the limits without a part that does, by cost, then by size, then as numbered.
#[expect(clippy::expect_used, reason = "there are 2^n sets")]
fn smallest(sets: &[FixSet]) -> Vec<FixSet> {
    let met: Vec<bool> = sets.iter().map(|set| set.decision == Decision::Met).collect();
    let minimal = shapley::minimal_sets(&met).expect("a decision for each set");
    let mut smallest: Vec<FixSet> = minimal.into_iter().map(|set| sets[set].clone()).collect();
    smallest.sort_by(|one, other| one.order(other));
    smallest
}

impl FixSet {
    /// By cost, then by size.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        self.cost.total_cmp(&other.cost).then(self.fixes.len().cmp(&other.fixes.len()))
    }

    /// Its name: fixes joined by `+`, or `no fix`.
    pub fn name(&self) -> String {
        if self.fixes.is_empty() { "no fix".to_owned() } else { self.fixes.join(" + ") }
    }

    /// Its name in a sentence.
    fn quoted(&self) -> String {
        match self.fixes.len() {
            0 => "no fix".to_owned(),
            _ => self.fixes.iter().map(|fix| format!("`{fix}`")).collect::<Vec<_>>().join(" + "),
        }
    }

    /// Its name, and whether it only hides failures.
    fn described(&self) -> String {
        let hides = if self.verdict == Some(Word::Hides) { " (only hides failures)" } else { "" };
        self.quoted() + hides
    }
}

impl Subsets {
    /// What the smallest sets do, on the same loads.
    fn compare(&mut self, plans: &[Plan], replications: &Replications<'_>) -> Result<(), ComparisonError> {
        let number = |of: &FixSet| self.sets.iter().position(|set| set.fixes == of.fixes);
        let chosen = self.smallest_sets.iter().take(COMPARED).filter(|set| !set.fixes.is_empty());
        let variants: Vec<Variant> = chosen
            .filter_map(|set| {
                Some(Variant { name: set.name(), title: String::new(), plan: plans[number(set)?].clone() })
            })
            .collect();
        if variants.is_empty() {
            return Ok(());
        }
        let settings = Settings { seed: replications.seed, loads: self.loads, by: Measure::Failed };
        let found = match compare_plans(&plans[0], &variants, settings, replications.interrupt, |_| ()) {
            // The sets are known without what they do.
            Err(Stopped::Interrupted) => return Ok(()),
            found => found?,
        };
        for set in &mut self.smallest_sets {
            let name = set.name();
            set.verdict = found.fixes.iter().find(|fix| fix.fix == name).and_then(|fix| fix.verdict);
        }
        Ok(())
    }

    /// The answer in a sentence: the smallest sets, or how near the best one comes.
    fn sentence(&self) -> String {
        let asked = self.acceptance.sentence();
        let confidence = format!("with 95 % confidence for all {} sets at once", self.sets.len());
        let Some(first) = self.smallest_sets.first() else { return self.none_meets(&asked, &confidence) };
        let equal = self.smallest_sets.iter().take_while(|set| set.order(first).is_eq());
        let names: Vec<String> = equal.map(FixSet::described).collect();
        let mut text = if first.fixes.is_empty() {
            format!("No fix is needed to keep {asked}: {} ({confidence}).", first.shares.sentence())
        } else if names.len() == 1 {
            format!(
                "The smallest set of fixes that brings {asked} is {}: {} ({confidence}).",
                names[0],
                first.shares.sentence()
            )
        } else {
            format!(
                "{} sets of fixes are the smallest that bring {asked}: {} ({confidence}).",
                names.len(),
                names.join("; ")
            )
        };
        let smaller =
            self.sets.iter().filter(|set| set.decision == Decision::Undecided && set.order(first).is_lt()).count();
        if smaller > 0 {
            let are = if smaller == 1 { "1 smaller set is" } else { &format!("{smaller} smaller sets are") };
            text.push_str(&format!(" {are} undecided: more --loads may find a smaller answer."));
        }
        text
    }

    fn none_meets(&self, asked: &str, confidence: &str) -> String {
        let undecided = self.sets.iter().filter(|set| set.decision == Decision::Undecided).count();
        let rank = |set: &FixSet| (set.shares.failed.unwrap_or(0.0), set.shares.late);
        let least = |one: &&FixSet, other: &&FixSet| {
            let ((failed, late), (other_failed, other_late)) = (rank(one), rank(other));
            failed.total_cmp(&other_failed).then(late.total_cmp(&other_late)).then(one.order(other))
        };
        let best = self.sets.iter().min_by(least);
        let best = best.map_or(String::new(), |set| format!(" Best is {}: {}.", set.quoted(), set.shares.sentence()));
        if undecided == 0 {
            format!("No set of these fixes brings {asked} ({confidence}).{best}")
        } else {
            let loads = self.loads;
            format!(
                "No set of these fixes is shown to bring {asked} ({confidence}); for {undecided} of them {loads} loads do not decide.{best}"
            )
        }
    }
}
