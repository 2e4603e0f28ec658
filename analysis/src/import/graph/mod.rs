//! The requests of a load one by one: what started each, how long it took, and on which connections.
//!
//! The way: [`node`] makes one node for each URL, with its cause ([`cause`], [`barrier`]) and its times ([`record`]); [`network`] says what
//! is known of the origins; [`listed`] makes classes whose instances stand one by one in `each`, and [`table`] writes them;
//! [`order`] reads the order in which waiting requests were sent;
//! [`trial`] plays one load's draft, takes the connections' rules that explain its recorded waits best, and keeps what no
//! rule explains as `stalled`. [`link`] finds the network of one load, from what [`arrivals`] says of its link, and takes its part out
//! of the recorded times.

pub mod arrivals;
pub mod barrier;
pub mod cause;
pub mod link;
pub mod listed;
pub mod network;
pub mod node;
pub mod order;
pub mod record;
pub mod table;
pub mod trial;

use super::calls::Load;
use super::discipline::{Disciplines, Place};
use super::member::Member;
use super::starts::Anchor;
use cause::{Evidence, Found};
use listed::{Input, Listed, Phase};
use network::Origin;
use node::Node;
use sixslot_har::distinct;
use std::collections::{BTreeMap, BTreeSet};

/// The listed requests of a page.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The nodes, in the order in which they begin.
    pub nodes: Vec<Node>,
    /// The origins, the page's own first.
    pub origins: Vec<Origin>,
    /// The classes, in the order in which they begin.
    pub classes: Vec<Listed>,
    /// The class of each node, and its instance's number.
    pub places: Vec<(usize, usize)>,
    /// Starts are written from the opening, whatever their causes: for a trial of the connections' rules.
    pub absolute: bool,
    /// Requests have their recorded priorities.
    pub ranked: bool,
    /// The scheduler holds requests of low priority.
    pub held: bool,
    /// Bytes per millisecond of the access link, where a lone load tells.
    pub rate: Option<f64>,
    /// The link sends first in, first out.
    pub fifo: bool,
    /// Works of the calls to origins whose requests share a server, by the origin's number.
    pub works: BTreeMap<usize, BTreeMap<Place, f64>>,
}

impl Graph {
    /// The graph of the entries that `wanted` (load, place) names.
    #[must_use]
    pub fn of(
        loads: &[Load],
        own: &str,
        unlocked: &BTreeSet<String>,
        ready: &[f64],
        most: usize,
        wanted: &dyn Fn(usize, usize) -> bool,
    ) -> Self {
        let mut nodes = node::nodes(loads, wanted);
        if let [load] = loads
            && nodes.len() <= trial::MOST
        {
            barrier::link(&mut nodes, load);
        }
        let mut origins = network::origins(loads);
        if let Some(at) = origins.iter().position(|origin| origin.origin == own) {
            let first = origins.remove(at);
            origins.insert(0, first);
        } else {
            origins.insert(0, Origin::unseen(own));
        }
        let classes = listed::listed(&Input { loads, nodes: &nodes, origins: &origins, unlocked, ready, most });
        let mut places = vec![(0, 0); nodes.len()];
        for (class, listed) in classes.iter().enumerate() {
            listed.nodes.iter().enumerate().for_each(|(copy, node)| places[*node] = (class, copy));
        }
        Self {
            nodes,
            origins,
            classes,
            places,
            absolute: false,
            ranked: true,
            held: true,
            rate: None,
            fifo: false,
            works: BTreeMap::new(),
        }
    }

    /// Takes the works of the origins whose discipline is known.
    pub fn share_servers(&mut self, disciplines: &Disciplines) {
        for (at, origin) in self.origins.iter().enumerate() {
            if let Some(Ok(found)) = disciplines.get(&origin.origin) {
                self.works.insert(at, found.works.clone());
            }
        }
    }

    /// The classes without which the page is not ready.
    #[must_use]
    pub fn awaited(&self) -> Vec<usize> {
        let is_awaited = |class: &usize| self.classes[*class].phase == Phase::Awaited;
        (0..self.classes.len()).filter(is_awaited).collect()
    }

    /// Lets the classes by pattern of a load begin after what caused their first call, where that is a node.
    pub fn anchor_members(&self, load: &Load, members: &mut [Member<'_>]) {
        if members.is_empty() {
            return;
        }
        let index: BTreeMap<usize, usize> =
            self.nodes.iter().enumerate().map(|(number, node)| (node.seen[0].place, number)).collect();
        let record = |place: usize| index.get(&place).map(|node| *self.nodes[*node].record());
        let causes: BTreeMap<usize, Vec<Found>> = distinct::map(cause::causes(load, &record));
        for member in members {
            let Some(first) = member.group.calls.first() else { continue };
            let found = causes
                .get(&first.place)
                .into_iter()
                .flatten()
                .find_map(|found| Some((found, *index.get(&found.place)?)));
            if let (Some(start), Some((found, node))) = (&mut member.start, found) {
                let delay = (first.at - self.nodes[node].record().moment(found.event)).max(0.0);
                start.anchor = Anchor::Node(node, found.event);
                start.named = found.evidence <= Evidence::Referer;
                // What begins later than the first one keeps its distance to it.
                start.delays.iter_mut().for_each(|(_, at)| *at = delay);
            }
        }
    }

    /// An event of a node as `after` names it.
    #[must_use]
    pub fn anchor(&self, node: usize, event: record::Event) -> String {
        let (class, copy) = self.places[node];
        let class = &self.classes[class];
        if class.nodes.len() == 1 {
            format!("{}.{}", class.name, event.name())
        } else {
            format!("{}[{copy}].{}", class.name, event.name())
        }
    }
}
