//! Whether requests share a server, where several loads make the same requests one by one.
//!
//! Rule: the same request is compared in different loads (`sixslot_statistics::repeated`). How great a ratio of likelihoods
//! requests make that do not slow each other is not assumed but simulated: the draft with independent requests plays as many loads
//! as were recorded, [`SETS`] times, and the recorded ratio has to be greater than all of these: chance alone does that once in a
//! hundred times. A shared network slows answers too, by the bodies that come meanwhile. So nothing is taken where the times to first byte
//! grow with these.

use super::calls::Load;
use super::discipline::{Discipline, Disciplines, Places, SURE, Unknown, visits, works_of};
use super::graph::Graph;
use super::text::number;
use sixslot_har::distinct;
use sixslot_models::load::{Extent, Load as Played};
use sixslot_models::{Document, Plan};
use sixslot_statistics::repeated::{Found, bodies_slow, likeliest};
use sixslot_statistics::sharing::Visit;
use std::collections::{BTreeMap, BTreeSet};

/// Loads below which nothing is compared.
const FEWEST: usize = 3;
/// Visits that are compared, at most, and requests of the loads: each simulated set costs as much as the recorded one.
const MOST: (usize, usize) = (2_000, 10_000);
/// Simulated sets of loads.
const SETS: u64 = 99;
/// The seed of the simulated loads.
const SEED: u64 = 1;
/// A body that took no longer came with its headers, in milliseconds.
const BODY: f64 = 1.0;

/// Takes a discipline for each origin where the draft's loads, with independent requests, make it certain. Says whether there
/// is one.
pub fn settle(disciplines: &mut Disciplines, graph: &Graph, loads: &[Load], draft: &dyn Fn() -> String) -> bool {
    if loads.len() < FEWEST || graph.nodes.is_empty() {
        return false;
    }
    let Some(plan) = plan(&draft()) else { return false };
    let (mut of_origin, mut taken) = (visits(loads).0, false);
    for (name, found) in disciplines.iter_mut() {
        let Err(unknown) = found else { continue };
        let Some(places) = of_origin.remove(name).filter(|_| unknown.is_open) else { continue };
        *found = Compared::of(graph, &places).discipline(loads, &plan, std::mem::take(&mut unknown.why));
        taken |= found.is_ok();
    }
    taken
}

fn plan(draft: &str) -> Option<Plan> {
    Document::plan_alone("the draft", draft).ok()
}

/// The recorded visits to an origin, of which the nodes are known.
struct Compared<'a> {
    graph: &'a Graph,
    places: &'a Places,
    /// By load; a visit's class is its node's number, of one without a node a number that no other has.
    visits: Vec<Vec<Visit>>,
    /// Nodes by load.
    nodes: Vec<BTreeSet<usize>>,
}

impl<'a> Compared<'a> {
    fn of(graph: &'a Graph, places: &'a Places) -> Self {
        let of = |(number, node): (usize, &super::graph::node::Node)| {
            node.seen.iter().map(|seen| ((seen.load, seen.place), number)).collect::<Vec<_>>()
        };
        let index: BTreeMap<_, usize> = distinct::map(graph.nodes.iter().enumerate().flat_map(of));
        let mut next = graph.nodes.len();
        let mut class = |place| {
            index.get(place).copied().unwrap_or_else(|| {
                next += 1;
                next - 1
            })
        };
        let visits: Vec<Vec<Visit>> = places
            .iter()
            .map(|load| load.iter().map(|(place, visit)| Visit { class: class(place), ..*visit }).collect())
            .collect();
        let known = |load: &Vec<Visit>| {
            load.iter().map(|visit| visit.class).filter(|class| *class < graph.nodes.len()).collect()
        };
        let nodes = visits.iter().map(known).collect();
        Self { graph, places, visits, nodes }
    }

    /// The discipline, or why there is none: what was known before, and what this comparison adds.
    fn discipline(&self, loads: &[Load], plan: &Plan, before: String) -> Result<Discipline, Unknown> {
        let unknown = |more: String| Err(Unknown { why: format!("{before}; {more}"), is_open: false });
        let answers: usize = self.visits.iter().map(Vec::len).sum();
        let requests: usize = loads.iter().map(|load| load.archive.entries.len()).sum();
        if answers > MOST.0 || requests > MOST.1 {
            return unknown(format!("{requests} requests are too many to compare each between the loads"));
        }
        let Found { server, gain } = likeliest(&self.visits);
        let compared = format!("each request compared between {} loads", loads.len());
        if gain < SURE {
            return unknown(format!("{compared}, {} of {}", number(gain.max(0.0), 2), number(SURE, 2)));
        }
        if bodies_slow(&self.visits, &loads.iter().map(bodies).collect::<Vec<_>>()) {
            return unknown(format!(
                "{compared}, {}, but they grow with the bodies that come too, so the network may be what is shared",
                number(gain, 2)
            ));
        }
        let Some(greatest) = self.by_chance(plan, gain) else {
            return unknown("the draft cannot be simulated".to_owned());
        };
        if gain <= greatest {
            return unknown(format!(
                "{compared}, {}, and loads simulated with independent requests have {}",
                number(gain, 2),
                number(greatest, 2)
            ));
        }
        let because = format!(
            "times to first byte grow with the requests at the server, {compared}: log likelihood ratio {} against independent requests, over {answers} answers; loads simulated with independent requests, {SETS} times as many, have at most {}",
            number(gain, 3),
            number(greatest.max(0.0), 2)
        );
        let works = works_of(self.places, server).ok_or(());
        works
            .map(|works| Discipline { server, because, works })
            .or_else(|()| unknown("no one discipline explains all loads".to_owned()))
    }

    /// The greatest logarithm of a likelihood ratio in the simulated sets of loads, or the first one that is not below `gain`;
    /// `None` where they cannot be simulated.
    fn by_chance(&self, plan: &Plan, gain: f64) -> Option<f64> {
        let names = self.graph.places.iter().map(|(class, copy)| (self.graph.classes[*class].name.as_str(), *copy));
        let index: BTreeMap<(&str, usize), usize> = distinct::map(names.enumerate().map(|(node, name)| (name, node)));
        let (mut played, mut greatest) = (Played::new(), f64::NEG_INFINITY);
        for set in 0..SETS {
            let mut loads = Vec::with_capacity(self.nodes.len());
            for (load, nodes) in (set * self.nodes.len() as u64..).zip(&self.nodes) {
                played.simulate(plan, SEED, load, Extent::Whole).ok()?;
                let visit = |request: &sixslot_models::load::Request| {
                    let name = plan.classes()[request.class].name.as_str();
                    let class = *index.get(&(name, request.index as usize)).filter(|node| nodes.contains(node))?;
                    let (came, left) = (request.sent?.as_millis_f64(), request.headers?.as_millis_f64());
                    Some(Visit { class, came, left })
                };
                loads.push(played.requests().iter().filter_map(visit).collect());
            }
            greatest = greatest.max(likeliest(&loads).gain);
            if greatest >= gain {
                break;
            }
        }
        Some(greatest)
    }
}

/// When bodies came, of all origins, on the archive's clock. What took less than [`BODY`] came with its headers.
fn bodies(load: &Load) -> Vec<(f64, f64)> {
    let body = |entry: &sixslot_har::Entry| entry.headers_ms().zip(entry.end_ms());
    load.archive.entries.iter().filter_map(body).filter(|(from, until)| until - from > BODY).collect()
}
