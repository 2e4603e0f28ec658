//! A recorded load, played by its draft: which rules of the connections explain its waits, and what none explains.
//!
//! Rule: first every request is issued at its recorded time, and for each origin the set-up time and the keep-alive are taken
//! with which the simulated time before sending comes nearest to the recorded one. Of the recorded queueing what the
//! scheduler's rules do not explain is kept. Then the causes decide. Where requests end as recorded within [`EXACT`], nothing
//! more is kept. Else the stalls are kept of those requests for which the rules explain less
//! than a tenth, and only stalls longer than a part of the page's length; the greatest part is taken that is enough.

use super::super::calls::Load;
use super::Graph;
use super::listed::Source;
use super::network::SET_UP;
use super::order;
use crate::parallel;
use sixslot_models::load::{Extent, Load as Played, Request, Station};
use sixslot_models::{Document, Plan};
use std::collections::BTreeMap;

/// The median request and the page's end are this near, as parts of the page's length.
pub const EXACT: (f64, f64) = (0.005, 0.02);

/// Least stalls that are kept, as parts of the page's length, one after the other until the replay is exact.
const LEAST: [f64; 5] = [0.02, 0.01, 0.005, 0.002, 0.000_5];

/// Stalls are set anew so often: each changes when connections are free for others.
const ROUNDS: usize = 8;

/// Writes the scenario of a graph.
pub type Drafting<'a> = &'a (dyn Fn(&Graph) -> String + Sync);

/// Nodes beyond which nothing is tried.
pub const MOST: usize = 5_000;

/// Nodes beyond which fewer rules and rates are tried: each trial writes, reads and simulates the draft.
pub const MANY: usize = 400;

/// What was simulated of one node, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Simulated {
    scheduler: f64,
    /// Scheduler, cache and pool.
    waited: f64,
    /// Scheduler, cache, pool and set-up: what the rules explain.
    ruled: f64,
    /// From the first issue of the load to this one's.
    pub issued: f64,
    /// From the issue to sending.
    pub held: f64,
    /// From the headers to the end.
    pub body: f64,
    /// From the issue to the end.
    pub life: f64,
    /// From the first issue of the load to the end.
    end: f64,
}

/// How a replay differs from the record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Error {
    /// The median difference of a request's end, as a part of the page's length.
    pub median: f64,
    /// The difference of the page's end, as a part of it.
    pub end: f64,
}

impl Error {
    /// Whether requests end as recorded.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.median <= EXACT.0 && self.end <= EXACT.1
    }

    /// At most 2 where it is exact. Both parts count: where the order of the requests cannot be found, the page's end still can.
    #[must_use]
    pub fn badness(self) -> f64 {
        self.median / EXACT.0 + self.end / EXACT.1
    }
}

/// Fits the connections' rules and the kept stalls to a recorded load. `draft` writes the scenario of a graph; `names` tell
/// the loads' opening. Without effect on several loads, and on loads that are too large to try.
pub fn settle(graph: &mut Graph, loads: &[Load], draft: Drafting<'_>) -> Option<Error> {
    if loads.len() != 1 || graph.nodes.len() > MOST || graph.nodes.is_empty() {
        return None;
    }
    connections(graph, &loads[0], draft);
    let mut best: Option<(Error, Vec<f64>)> = None;
    let mut consider = |graph: &Graph, error: Error| {
        if best.as_ref().is_none_or(|(least, _)| error.badness() < 0.9 * least.badness()) {
            best = Some((error, graph.nodes.iter().map(|node| node.stalled).collect()));
        }
    };
    let error = compared(graph, &play(graph, draft)?);
    consider(graph, error);
    let mut exact = error.is_exact();
    for least in LEAST {
        if exact {
            break;
        }
        let error = keep(graph, least, draft)?;
        consider(graph, error);
        exact = error.is_exact();
    }
    let (error, stalls) = best?;
    graph.nodes.iter_mut().zip(stalls).for_each(|(node, stalled)| node.stalled = stalled);
    Some(error)
}

/// Plays the draft; `None` where it cannot be played.
pub fn play(graph: &Graph, draft: Drafting<'_>) -> Option<Vec<Option<Simulated>>> {
    let plan = Document::plan_alone("the draft", &draft(graph)).ok()?;
    let mut load = Played::new();
    load.simulate(&plan, 1, 0, Extent::Whole).ok()?;
    let first = load.requests().iter().map(|request| request.issued.as_millis_f64()).fold(f64::INFINITY, f64::min);
    let mut of: BTreeMap<(&str, usize), &Request> = BTreeMap::new();
    for request in load.requests() {
        of.entry((name(&plan, request), request.index as usize)).or_insert(request);
    }
    let one = |place: &(usize, usize)| {
        let request = of.get(&(graph.classes[place.0].name.as_str(), place.1))?;
        let spent = |station: Station| request.spent(station).as_millis_f64();
        let queued = spent(Station::Scheduler) + spent(Station::Cache) + spent(Station::Pool);
        let ruled = queued + spent(Station::Connect);
        let ended = request.ended?.as_millis_f64();
        let life = ended - request.issued.as_millis_f64();
        let held = ruled + spent(Station::Page);
        let issued = request.issued.as_millis_f64() - first;
        Some(Simulated {
            scheduler: spent(Station::Scheduler),
            waited: queued,
            ruled,
            issued,
            held,
            body: spent(Station::Body),
            life,
            end: ended - first,
        })
    };
    Some(graph.places.iter().map(one).collect())
}

fn name<'p>(plan: &'p Plan, request: &Request) -> &'p str {
    &plan.classes()[request.class].name
}

/// The recorded time before sending that the rules have to explain.
fn recorded(graph: &Graph, node: usize) -> f64 {
    let record = graph.nodes[node].record();
    let connect = match graph.classes[graph.places[node].0].source {
        Source::Network(at) => graph.origins[at].connect,
        Source::Browser => 0.0,
    };
    record.blocked + if record.setup > SET_UP { record.setup.min(connect) } else { record.setup }
}

fn length(graph: &Graph) -> f64 {
    let first = graph.nodes.first().map_or(0.0, |node| node.record().start);
    let last = graph.nodes.iter().map(|node| node.record().end()).fold(0.0, f64::max);
    (last - first).max(1.0)
}

/// How a replay differs from the record.
pub fn compared(graph: &Graph, simulated: &[Option<Simulated>]) -> Error {
    let (first, length) = (graph.nodes[0].record().start, length(graph));
    let ends = || {
        graph
            .nodes
            .iter()
            .zip(simulated)
            .filter_map(|(node, simulated)| Some((node.record().end() - first, simulated.as_ref()?.end)))
    };
    let errors: Vec<f64> = ends().map(|(recorded, simulated)| (recorded - simulated).abs()).collect();
    if errors.is_empty() {
        return Error { median: 1.0, end: 1.0 };
    }
    let last = ends().map(|(_, simulated)| simulated).fold(0.0, f64::max);
    Error { median: super::super::calls::median(errors) / length, end: (last / length - 1.0).abs() }
}

/// Takes for each origin the set-up time and the keep-alive that explain its waits best, and for all requests which rules do:
/// the recorded priorities or none (exporters write the last priority of a request, which may not be the one that it waited
/// with), the order of their starts or of their sending, and whether the scheduler held low priorities.
fn connections(graph: &mut Graph, load: &Load, draft: Drafting<'_>) {
    graph.absolute = true;
    let mut best: Option<(f64, Graph)> = None;
    let has_queueing = graph.nodes.iter().any(|node| node.record().queued > 0.0);
    let most = if graph.nodes.len() > MANY { 2 } else { VARIANTS.len() };
    for (held, ranked, ordered) in VARIANTS.into_iter().take(most).filter(|(held, ..)| *held || has_queueing) {
        (graph.held, graph.ranked) = (held, ranked);
        graph.nodes.iter_mut().for_each(|node| (node.queued, node.late) = (0.0, 0.0));
        if ordered {
            // First as if nothing but slots had held them: what these don't explain is kept, in the same order.
            order::set(&mut graph.nodes, load, ranked);
        }
        if has_queueing {
            queueing(graph, ordered, draft);
        }
        if ordered {
            order::set(&mut graph.nodes, load, ranked);
        }
        let Some(sum) = set_ups(graph, draft) else { continue };
        let sum = sum + KEPT * graph.nodes.iter().map(|node| node.queued).sum::<f64>();
        // Other rules only where they explain clearly more.
        if best.as_ref().is_none_or(|(least, _)| sum < CLEARLY * least) {
            best = Some((sum, graph.clone()));
        }
    }
    if let Some((_, found)) = best {
        *graph = found;
    }
    graph.absolute = false;
}

/// Keeps of the recorded time before the pool what the scheduler's rules do not explain, nor in the order of sending those of
/// the pool: the renderer was busy.
fn queueing(graph: &mut Graph, ordered: bool, draft: Drafting<'_>) {
    for _ in 0..QUEUEING {
        let Some(simulated) = play(graph, draft) else { return };
        for (node, simulated) in graph.nodes.iter_mut().zip(simulated) {
            let (record, simulated) = (*node.record(), simulated.unwrap_or_default());
            node.queued = if ordered {
                (record.blocked - simulated.waited).clamp(0.0, record.queued)
            } else {
                (record.queued - simulated.scheduler).max(0.0)
            };
        }
    }
    if ordered {
        return;
    }
    // Times that differ by less than their noise do not change the order of the calls.
    let mut last = f64::NEG_INFINITY;
    for node in &mut graph.nodes {
        let came = node.record().start + node.queued;
        if came < last && came > last - NOISE {
            node.queued += last - came;
        }
        last = last.max(came);
    }
}

/// A shorter set-up time is taken where the unexplained waits become this part of what they were.
const SHORTER: f64 = 0.99;

/// Recorded queueing is exact to about this many milliseconds.
const NOISE: f64 = 1.0;

/// What the scheduler explains is found so often: each kept wait changes when it is busy.
const QUEUEING: usize = 1;

/// A wait that is kept counts this part of one that can't be taken back.
const KEPT: f64 = 0.7;

/// What is tried: whether the scheduler holds low priorities, whether there are priorities, and whether the order is that of sending.
const VARIANTS: [(bool, bool, bool); 8] = [
    (true, true, false),
    (true, true, true),
    (true, false, false),
    (true, false, true),
    (false, true, false),
    (false, true, true),
    (false, false, false),
    (false, false, true),
];

/// Priorities are left out, or another rule is taken, where the unexplained waits become this part of what they were.
const CLEARLY: f64 = 0.85;

/// The difference between the recorded and the simulated time before sending, of each origin.
fn differences(graph: &Graph, simulated: &[Option<Simulated>]) -> Vec<f64> {
    let mut sums = vec![0.0; graph.origins.len()];
    for (node, simulated) in simulated.iter().enumerate() {
        let Source::Network(at) = graph.classes[graph.places[node].0].source else { continue };
        let Some(simulated) = simulated else { continue };
        let more = recorded(graph, node) - simulated.held;
        // Too short a wait can be kept as a stall; too long a one cannot be taken back.
        sums[at] += if more > 0.0 { KEPT * more } else { -more };
    }
    sums
}

/// Sets the set-up time and the keep-alive of each origin, and gives what they leave unexplained.
fn set_ups(graph: &mut Graph, draft: Drafting<'_>) -> Option<f64> {
    let most = graph.origins.iter().map(|origin| origin.candidates.len()).max().unwrap_or(1);
    let mut best: Vec<(f64, f64, bool)> =
        graph.origins.iter().map(|origin| (f64::INFINITY, origin.connect, origin.closing)).collect();
    let any_closing = graph.origins.iter().any(|origin| origin.closing);
    // Of about equally good ones the longest: a part of a set-up that is not taken counts as service of its request.
    let longest_first = |closes: bool| (0..most).rev().map(move |number| (closes, number));
    let without = longest_first(false).filter(|_| any_closing);
    let tried: Vec<(bool, usize)> = longest_first(true).chain(without).collect();
    let played: Vec<Option<Vec<(f64, f64, bool)>>> = parallel::map(tried, |(closes, number)| {
        let mut graph = graph.clone();
        for origin in &mut graph.origins {
            origin.connect = origin.candidates[number.min(origin.candidates.len() - 1)];
            origin.closes = origin.closing && closes;
        }
        let sums = differences(&graph, &play(&graph, draft)?);
        Some(graph.origins.iter().zip(sums).map(|(origin, sum)| (sum, origin.connect, origin.closes)).collect())
    });
    for found in played.into_iter().flatten() {
        for (best, found) in best.iter_mut().zip(found) {
            if found.0 < SHORTER * best.0 - 1e-6 {
                *best = found;
            }
        }
    }
    for (origin, (_, connect, closes)) in graph.origins.iter_mut().zip(best) {
        (origin.connect, origin.closes) = (connect, closes);
    }
    Some(differences(graph, &play(graph, draft)?).into_iter().sum())
}

/// Keeps the stalls longer than a part of the page's length of which the rules explain less than a tenth.
fn keep(graph: &mut Graph, least: f64, draft: Drafting<'_>) -> Option<Error> {
    graph.nodes.iter_mut().for_each(|node| node.stalled = 0.0);
    let least = least * length(graph);
    for _ in 0..ROUNDS {
        let simulated = play(graph, draft)?;
        let mut changed = false;
        for number in 0..graph.nodes.len() {
            let Some(simulated) = simulated[number] else { continue };
            let more = recorded(graph, number) - simulated.held;
            let node = &mut graph.nodes[number];
            let unexplained = more > least && simulated.ruled < 0.1 * (node.record().blocked - node.record().queued);
            if node.stalled > 0.0 || unexplained {
                let stalled = (node.stalled + more).max(0.0);
                changed |= (stalled - node.stalled).abs() > 0.2;
                node.stalled = stalled;
            }
        }
        if !changed {
            break;
        }
    }
    Some(compared(graph, &play(graph, draft)?))
}
