//! Which random quantities of a scenario decide the outcome of a load.
//!
//! Rule: the quantities are grouped by what they belong to ([`sixslot_models::owner`]): a class of requests, a parameter, a
//! server cache, a server. Three shares of the outcome's variance are given for each group ([`sixslot_statistics::sobol`]):
//! first order, the sum over its draws of what each explains by itself, from the loads of an ordinary run, by bins of the
//! draw's uniform; closed, what the draws of the group explain together; total, what is lost if everything else is known.
//! The last two take further loads, whose number is a budget: load k with the group's draws from an independent load.

use crate::estimate::LEVEL;
use crate::parallel;
use crate::replications::{Replications, Simulator, Stopped};
use crate::thin_evidence::ThinEvidence;
use crate::words::percent;
use serde::Serialize;
use sixslot_models::load::{Extent, Load, LoadState, Uniforms};
use sixslot_models::owner::Owner;
use sixslot_models::{Document, Plan, limits};
use sixslot_sim_core::distribution::Family;
use sixslot_sim_core::{Purpose, Streams};
use sixslot_statistics::jackknife::Estimated;
use sixslot_statistics::sobol::{Bins, Frozen, GROUPS, first_order};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Loads in which the draws of a scenario are observed.
const PILOT: u64 = 200;
/// Fewer loads than this that fail, or that do not, say little about what decides it.
const FEW: usize = 50;
/// Loads from here on are independent of all others, and no run has them.
const INDEPENDENT: u64 = 1 << 63;
/// The least number of loads, and the least number of pairs of the budget.
pub const LEAST: u64 = 400;

/// The outcome that is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Whether the load fails.
    Failed,
    /// Whether it is late.
    Late,
    /// The time to ready; for a load that never gets ready the horizon.
    Ready,
}

/// The sensitivity of an outcome to the groups of random quantities.
#[derive(Clone, Debug, Serialize)]
pub struct Sensitivity {
    /// The answer.
    pub sentence: String,
    /// The outcome.
    pub outcome: Outcome,
    /// Its mean over the loads: a share, or milliseconds.
    pub mean: f64,
    /// Its variance; none of it is explained where it is 0.
    pub variance: f64,
    /// Loads of the ordinary run.
    pub loads: u64,
    /// Further loads, for the closed and the total indices.
    pub budget: u64,
    /// The level of all intervals together.
    pub level: f64,
    /// The groups, those with the highest total first.
    pub groups: Vec<Group>,
    /// For an imported scenario: the fitted number with the fewest recorded times among the groups that matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinnest_evidence: Option<ThinEvidence>,
}

/// A group of random quantities.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// What it belongs to: a class's name, `parameters.NAME`, `server_cache.NAME`, `origin.NAME`.
    pub name: String,
    /// Draws of a load that were observed.
    pub draws: usize,
    /// Those whose first-order indices are summed: the most frequent.
    pub binned: usize,
    /// The sum of the first-order indices of its draws.
    pub first_order: Estimated,
    /// What its draws explain together.
    pub closed: Estimated,
    /// What they take part in: the variance that is left if everything else is known.
    pub total: Estimated,
}

/// What to compute.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The outcome; none for the first of failed, late and ready that differs in enough loads.
    pub outcome: Option<Outcome>,
    /// Loads of the ordinary run.
    pub replications: Replications<'a>,
    /// The most further loads.
    pub budget: u64,
}

/// A random quantity of a load.
type Draw = (Purpose, u64);

/// The streams of a load, and what was drawn from them.
#[derive(Debug)]
struct Observed {
    streams: Streams,
    draws: Mutex<BTreeSet<Draw>>,
}

impl Uniforms for Observed {
    fn uniform(&self, purpose: Purpose, entity: u64) -> f64 {
        if let Ok(mut draws) = self.draws.lock() {
            draws.insert((purpose, entity));
        }
        self.streams.uniform(purpose, entity)
    }
}

/// The streams of a load, except for those of one group, which are from another load.
#[derive(Debug)]
struct Mixed {
    own: Streams,
    other: Streams,
    group: Arc<BTreeSet<Purpose>>,
}

impl Uniforms for Mixed {
    fn uniform(&self, purpose: Purpose, entity: u64) -> f64 {
        let streams = if self.group.contains(&purpose) { &self.other } else { &self.own };
        streams.uniform(purpose, entity)
    }
}

/// The draws of a group.
struct Drawn {
    name: String,
    purposes: Arc<BTreeSet<Purpose>>,
    /// All that were observed, the most frequent first.
    draws: Vec<Draw>,
}

/// Failed, late, and the time to ready in milliseconds.
type Outcomes = (bool, bool, f64);

fn outcomes(plan: &Plan, load: &Load) -> Outcomes {
    let verdict = load.verdict();
    let ready = verdict.ready.unwrap_or(plan.horizon());
    (verdict.failed, verdict.state() == LoadState::Late, ready.as_nanos() as f64 / 1e6)
}

impl Outcome {
    fn of(self, (failed, late, ready): Outcomes) -> f64 {
        match self {
            Self::Failed => f64::from(u8::from(failed)),
            Self::Late => f64::from(u8::from(late)),
            Self::Ready => ready,
        }
    }

    /// The first that differs in enough loads.
    fn choose(outcomes: &[Outcomes]) -> Self {
        let enough = |is: fn(&Outcomes) -> bool| {
            let count = outcomes.iter().filter(|outcome| is(outcome)).count();
            count >= FEW && outcomes.len() - count >= FEW
        };
        if enough(|outcome| outcome.0) {
            Self::Failed
        } else if enough(|outcome| outcome.1) {
            Self::Late
        } else {
            Self::Ready
        }
    }

    /// In a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Failed => "whether a load fails",
            Self::Late => "whether a load is late",
            Self::Ready => "the time to ready",
        }
    }
}

impl Question<'_> {
    /// Simulates and computes; `done` of the replications is called with the loads.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn answer(&self) -> Result<Sensitivity, Stopped> {
        let groups = self.observe()?;
        let ordinary = self.replications.map(self.plan, Extent::UntilDecided, |_, load| outcomes(self.plan, load))?;
        let outcome = self.outcome.unwrap_or_else(|| Outcome::choose(&ordinary));
        let ordinary: Vec<f64> = ordinary.into_iter().map(|load| outcome.of(load)).collect();
        let pairs = (self.budget / (groups.len() as u64 + 1)).min(self.replications.to - self.replications.from);
        let further = self.further(&groups, pairs, outcome)?;
        let number = ordinary.len() as f64;
        let mean = ordinary.iter().sum::<f64>() / number;
        let variance = ordinary.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / number;
        // Three indices of each group.
        let level = 1.0 - (1.0 - LEVEL) / (3.0 * groups.len().max(1) as f64);
        let indices = |(at, group): (usize, &Drawn)| self.indices(group, at, &ordinary, &further, level);
        let mut indexed: Vec<Group> = parallel::map(groups.iter().enumerate().collect(), indices);
        indexed.sort_unstable_by(|one, other| {
            other.total.value.total_cmp(&one.total.value).then(one.name.cmp(&other.name))
        });
        let mut sensitivity = Sensitivity {
            sentence: String::new(),
            outcome,
            mean,
            variance,
            loads: ordinary.len() as u64,
            budget: pairs * (groups.len() as u64 + 1),
            level: LEVEL,
            groups: indexed,
            thinnest_evidence: None,
        };
        sensitivity.sentence = sensitivity.sentence();
        Ok(sensitivity)
    }

    /// The groups and their draws in the first loads.
    fn observe(&self) -> Result<Vec<Drawn>, Stopped> {
        let Replications { seed, from, to, .. } = self.replications;
        let pilot = Replications { to: to.min(from + PILOT), done: &|_| (), ..self.replications };
        let each = |counts: &mut BTreeMap<Draw, u64>, simulator: &mut Simulator<'_>, number| {
            let draws = Mutex::new(BTreeSet::new());
            let observed = Arc::new(Observed { streams: Streams::new(seed, number), draws });
            simulator.simulate_with(self.plan, observed.clone(), number, Extent::UntilDecided)?;
            for draw in observed.draws.lock().map(|draws| draws.clone()).unwrap_or_default() {
                *counts.entry(draw).or_default() += 1;
            }
            Ok::<_, Stopped>(())
        };
        let join = |mut counts: BTreeMap<Draw, u64>, more: BTreeMap<Draw, u64>| {
            for (draw, count) in more {
                *counts.entry(draw).or_default() += count;
            }
            counts
        };
        let counts = pilot.fold(BTreeMap::new, each, join)?;
        let is_constant = |owner: &Owner| match owner {
            Owner::Parameter(number) => {
                matches!(self.plan.parameters()[*number].value.family(), Family::Constant { .. })
            }
            _ => false,
        };
        let owners = self.plan.owners();
        let mut drawn: BTreeMap<Option<Owner>, Vec<(Draw, u64)>> = BTreeMap::new();
        for (draw, count) in counts {
            let owner = owners.get(&draw.0).copied();
            if owner.as_ref().is_some_and(is_constant) {
                continue;
            }
            drawn.entry(owner).or_default().push((draw, count));
        }
        let group = |(owner, mut draws): (Option<Owner>, Vec<(Draw, u64)>)| {
            draws.sort_unstable_by(|(one, count), (other, more)| more.cmp(count).then(one.cmp(other)));
            let own = owners.iter().filter(|(_, of)| Some(**of) == owner).map(|(purpose, _)| *purpose);
            let purposes = own.chain(draws.iter().map(|((purpose, _), _)| *purpose)).collect();
            let name = owner.map_or("other".to_owned(), |owner| self.plan.owner_name(owner));
            Drawn { name, purposes: Arc::new(purposes), draws: draws.into_iter().map(|(draw, _)| draw).collect() }
        };
        Ok(drawn.into_iter().map(group).collect())
    }

    /// The outcomes of the independent load of each of the first loads, and of each load with one group's draws from it.
    fn further(&self, groups: &[Drawn], pairs: u64, outcome: Outcome) -> Result<Vec<Vec<f64>>, Stopped> {
        let Replications { seed, from, .. } = self.replications;
        let replications = Replications { to: from + pairs, ..self.replications };
        let nothing: Arc<BTreeSet<Purpose>> = Arc::default();
        let each = |rows: &mut Vec<Vec<f64>>, simulator: &mut Simulator<'_>, number| {
            let (load, independent) = (Streams::new(seed, number), Streams::new(seed, number | INDEPENDENT));
            let all = (independent, &nothing);
            let runs = std::iter::once(all).chain(groups.iter().map(|group| (load, &group.purposes)));
            let mut row = Vec::with_capacity(groups.len() + 1);
            for (own, group) in runs {
                let mixed = Arc::new(Mixed { own, other: independent, group: group.clone() });
                let load = simulator.simulate_with(self.plan, mixed, number, Extent::UntilDecided)?;
                row.push(outcome.of(outcomes(self.plan, load)));
            }
            rows.push(row);
            Ok(())
        };
        replications.fold(Vec::new, each, |mut rows, later| {
            rows.extend(later);
            rows
        })
    }

    #[expect(clippy::expect_used, reason = "the level is one")]
    fn indices(&self, group: &Drawn, at: usize, ordinary: &[f64], further: &[Vec<f64>], level: f64) -> Group {
        let Replications { seed, from, .. } = self.replications;
        let binned = group.draws.len().min(limits::SENSITIVITY_DRAWS);
        let bins = |(purpose, entity): &Draw| {
            let mut bins = Bins::new(ordinary.len() as u64);
            for (number, outcome) in (from..).zip(ordinary) {
                bins.add(number, Streams::new(seed, number).uniform(*purpose, *entity), *outcome);
            }
            bins
        };
        let inputs: Vec<Bins> = parallel::map(group.draws[..binned].iter().collect(), bins);
        let mut frozen = Frozen::default();
        for ((number, a), row) in (from..).zip(ordinary).zip(further) {
            frozen.add(number, *a, row[0], row[at + 1]);
        }
        Group {
            name: group.name.clone(),
            draws: group.draws.len(),
            binned,
            first_order: first_order(&inputs, level).expect("a level"),
            closed: frozen.closed(level).expect("a level"),
            total: frozen.total(level).expect("a level"),
        }
    }
}

/// An index in a sentence: a share from 0 to 1, which a noisy estimate can leave.
pub fn share(index: f64) -> String {
    let index = index.clamp(0.0, 1.0);
    if index < 0.005 { "under 1 %".to_owned() } else { format!("{:.0} %", 100.0 * index) }
}

impl Sensitivity {
    /// The same with the thinnest evidence of the scenario, if an import made it. A group matters if its total index is above 0
    /// with the confidence of its interval.
    #[must_use]
    pub fn with_evidence(mut self, document: &Document) -> Self {
        let matters = |name: &str| self.groups.iter().any(|group| group.name == name && group.total.interval.low > 0.0);
        self.thinnest_evidence = ThinEvidence::of(document, matters);
        if let Some(thin) = &self.thinnest_evidence {
            self.sentence.push_str(&format!(" {}", thin.sentence()));
        }
        self
    }

    /// The answer: the group with the highest total, unless others are not told apart.
    fn sentence(&self) -> String {
        let outcome = self.outcome.words();
        let loads = self.loads;
        let Some(first) = self.groups.first().filter(|_| self.variance > 0.0) else {
            return format!("No random quantity decides {outcome}: it is the same in all {loads} loads.");
        };
        let alike: Vec<&Group> =
            self.groups.iter().skip(1).filter(|group| group.total.interval.high >= first.total.interval.low).collect();
        let mean = match self.outcome {
            Outcome::Failed => format!("{} of loads fail", percent(self.mean)),
            Outcome::Late => format!("{} of loads are late", percent(self.mean)),
            Outcome::Ready => format!("{} on average", crate::words::milliseconds(self.mean)),
        };
        let mut text = if alike.is_empty() {
            format!("`{}` decides most about {outcome} ({mean})", first.name)
        } else {
            let names: Vec<String> =
                std::iter::once(first).chain(alike).map(|group| format!("`{}`", group.name)).collect();
            format!("What decides most about {outcome} ({mean}) is one of {}, not told apart", names.join(", "))
        };
        let Estimated { value, interval } = first.total;
        text.push_str(&format!(
            ": the draws of `{}` take part in {} of the variance ({} to {}), and explain {} by themselves.",
            first.name,
            share(value),
            share(interval.low),
            share(interval.high),
            share(first.closed.value),
        ));
        text
    }
}

/// Whether there are enough loads: one for each group of the jackknife, and more.
pub const fn enough(loads: u64) -> bool {
    loads >= LEAST && loads >= 2 * GROUPS as u64
}
