//! One node for each URL of a load, with what started it.
//!
//! Rule: calls of one method and URL are the same node in every load where they come in the same place among the calls of
//! that URL. A node is kept where at least half of the loads have it. Its cause is the one that most loads name; the time
//! after it is kept as its delay, so that a load plays at its recorded times because its causes do. A cause begins before its
//! effect in the order of the nodes, so there is no circle.

use super::super::calls::Load;
use super::super::calls::median;
use super::cause::{Evidence, causes};
use super::record::{Event, Record, Remainder};
use std::collections::BTreeMap;

/// A request in one load.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// The load's number.
    pub load: usize,
    /// Its entry's place in the archive.
    pub place: usize,
    /// Its times.
    pub record: Record,
}

/// What starts a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cause {
    /// The node that is waited for.
    pub node: usize,
    /// What of it.
    pub event: Event,
    /// How it is known.
    pub evidence: Evidence,
}

/// A URL of the page.
#[derive(Clone, Debug)]
pub struct Node {
    /// The request, in each load that has it.
    pub seen: Vec<Seen>,
    /// What starts it; `None` for a time after the opening.
    pub cause: Option<Cause>,
    /// Nodes whose ends it waited for besides, in a lone load.
    pub also: Vec<usize>,
    /// The time from the last of these to its start, in each load that has both, with the load's number; from the opening without a
    /// cause.
    pub delays: Vec<(usize, f64)>,
    /// The part of its recorded queueing that the scheduler's rules do not explain.
    pub queued: f64,
    /// How much later than that it came to its pool, by the order of sending.
    pub late: f64,
    /// The part of its recorded stall that is kept.
    pub stalled: f64,
    /// Its times at the server, where the network explains a part of the recorded ones.
    pub remainder: Option<Remainder>,
}

impl Node {
    /// Its entry in the first load that has it.
    #[must_use]
    pub fn entry<'l>(&self, loads: &'l [Load]) -> &'l sixslot_har::Entry {
        &loads[self.seen[0].load].archive.entries[self.seen[0].place]
    }

    /// What holds it before its pool beyond the rules, in milliseconds.
    #[must_use]
    pub fn held(&self) -> f64 {
        self.queued + self.late + self.stalled
    }

    /// Its record in the first load that has it.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.seen[0].record
    }
}

/// Entries by load, and the node of each.
type Index = Vec<BTreeMap<usize, usize>>;

/// The nodes of the entries that `wanted` (load, place) names, in the order in which they begin.
#[must_use]
pub fn nodes(loads: &[Load], wanted: &dyn Fn(usize, usize) -> bool) -> Vec<Node> {
    let mut by_url: BTreeMap<(&str, &str, usize), Vec<Seen>> = BTreeMap::new();
    for (number, load) in loads.iter().enumerate() {
        let mut times: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for (place, entry) in load.archive.entries.iter().enumerate().filter(|(place, _)| wanted(number, *place)) {
            let occurrence = times.entry((&entry.method, entry.url.as_str())).or_default();
            let key = (entry.method.as_str(), entry.url.as_str(), *occurrence);
            *occurrence += 1;
            let record = Record::of(load, entry);
            // The waits of a lone load are settled by replays; of several the rules alone decide.
            let record = if loads.len() > 1 { record.with_hold(entry) } else { record };
            let seen = Seen { load: number, place, record };
            by_url.entry(key).or_default().push(seen);
        }
    }
    let kept = by_url.into_values().filter(|seen| 2 * seen.len() >= loads.len());
    let node = |seen: Vec<Seen>| Node {
        seen,
        cause: None,
        also: Vec::new(),
        delays: Vec::new(),
        queued: 0.0,
        late: 0.0,
        stalled: 0.0,
        remainder: None,
    };
    let mut nodes: Vec<Node> = kept.map(node).collect();
    let place = |node: &Node| {
        let starts = node.seen.iter().map(|seen| seen.record.start).collect();
        let places = node.seen.iter().map(|seen| seen.place as f64).collect();
        (median(starts), median(places))
    };
    nodes.sort_by_cached_key(|node| {
        let (start, place) = place(node);
        // Whole microseconds: what lies closer together is issued in the order of the file.
        ((start * 1000.0).round() as i64, (place * 2.0).round() as i64)
    });
    let mut index: Index = vec![BTreeMap::new(); loads.len()];
    for (number, node) in nodes.iter().enumerate() {
        node.seen.iter().for_each(|seen| {
            index[seen.load].insert(seen.place, number);
        });
    }
    link(&mut nodes, loads, &index);
    nodes
}

/// Gives each node its cause and its delays.
fn link(nodes: &mut [Node], loads: &[Load], index: &Index) {
    let mut votes: Vec<Vec<Cause>> = vec![Vec::new(); nodes.len()];
    for (number, load) in loads.iter().enumerate() {
        let record = |place: usize| {
            index[number]
                .get(&place)
                .and_then(|node| nodes[*node].seen.iter().find(|seen| seen.load == number))
                .map(|seen| seen.record)
        };
        for (place, found) in causes(load, &record) {
            let Some(effect) = index[number].get(&place).copied() else { continue };
            let earlier = found.into_iter().filter_map(|one| {
                let node = index[number].get(&one.place).copied()?;
                (node < effect).then_some(Cause { node, event: one.event, evidence: one.evidence })
            });
            votes[effect].extend(earlier.take(1));
        }
    }
    for number in 0..nodes.len() {
        let mut counts: Vec<(Cause, usize)> = Vec::new();
        for vote in &votes[number] {
            match counts.iter_mut().find(|(cause, _)| (cause.node, cause.event) == (vote.node, vote.event)) {
                Some((cause, count)) => {
                    cause.evidence = cause.evidence.min(vote.evidence);
                    *count += 1;
                }
                None => counts.push((*vote, 1)),
            }
        }
        // Of equally many the first.
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let usable = counts.into_iter().find_map(|(cause, _)| {
            let delays = delays(&nodes[number], &nodes[cause.node], cause.event);
            (2 * delays.len() > nodes[number].seen.len()).then_some((cause, delays))
        });
        let node = &mut nodes[number];
        match usable {
            Some((cause, delays)) => (node.cause, node.delays) = (Some(cause), delays),
            None => node.delays = node.seen.iter().map(|seen| (seen.load, seen.record.start.max(0.0))).collect(),
        }
    }
}

/// A start may be written this much before its cause: dates are in whole milliseconds.
const EARLY: f64 = 2.0;

/// The time from an event of one node to the start of another, in the loads that have both in this order.
fn delays(effect: &Node, cause: &Node, event: Event) -> Vec<(usize, f64)> {
    let mut found = Vec::new();
    for seen in &effect.seen {
        let Some(before) = cause.seen.iter().find(|other| other.load == seen.load) else { continue };
        let delay = seen.record.start - before.record.moment(event);
        if delay >= -EARLY {
            found.push((seen.load, delay.max(0.0)));
        }
    }
    found
}
