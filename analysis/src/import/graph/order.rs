//! The order in which waiting requests of one priority were sent.
//!
//! Rule: a pool serves requests of one priority in the order in which they came to it. Browsers change that order while
//! requests wait: Chromium puts pictures in again, in any order, when the layout finds them in the viewport. So requests that
//! a page issued together come to the pool in the order in which they were sent: each gets the least delay, microseconds
//! where nothing else held it. What was issued clearly later and sent earlier had a higher priority: nothing is put behind it.

use super::super::calls::Load;
use super::network::origin_of;
use super::node::Node;
use super::table::priority;
use sixslot_har::moments::in_order;
use std::collections::BTreeMap;

/// Requests that came together are this many milliseconds apart in the pool's order.
const STEP: f64 = 0.001;
/// Sent within this many milliseconds of each other is sent together, in the order of the issues: on a new connection the recorded time
/// before sending ends a little earlier than on an open one.
const TOGETHER: f64 = 0.5;
/// Issued within this many milliseconds of the one before is issued together: a page's layout finds pictures over several frames.
const BURST: f64 = 150.0;

/// Requests of one origin and priority that a page issued together.
struct Burst {
    nodes: Vec<usize>,
    /// The last issue.
    last: f64,
}

/// Sets how much later than by its kept queueing each node of a lone load came to its pool. `by_priority`: each priority has
/// an order of its own.
pub fn set(nodes: &mut [Node], load: &Load, by_priority: bool) {
    let mut groups: BTreeMap<(String, Option<&str>), Vec<Burst>> = BTreeMap::new();
    for (number, node) in nodes.iter().enumerate().filter(|(_, node)| node.record().network) {
        let entry = &load.archive.entries[node.seen[0].place];
        let priority = entry.priority.as_deref().filter(|_| by_priority).and_then(priority);
        let bursts = groups.entry((origin_of(entry), priority)).or_default();
        let start = node.record().start;
        match bursts.last_mut().filter(|burst| start - burst.last <= BURST) {
            Some(burst) => {
                burst.nodes.push(number);
                burst.last = start;
            }
            None => bursts.push(Burst { nodes: vec![number], last: start }),
        }
    }
    nodes.iter_mut().for_each(|node| node.late = 0.0);
    for burst in groups.into_values().flatten() {
        let mut came = f64::NEG_INFINITY;
        for at in sent(nodes, burst.nodes) {
            let node = &mut nodes[at];
            let record = *node.record();
            let first = record.start + node.queued;
            node.late = (came + STEP - first).clamp(0.0, (record.blocked - node.queued).max(TOGETHER));
            came = came.max(first + node.late);
        }
    }
}

/// The nodes in the order in which they were sent.
fn sent(nodes: &[Node], mut burst: Vec<usize>) -> Vec<usize> {
    let left = |at: usize| nodes[at].record().start + nodes[at].record().blocked;
    burst.sort_unstable_by(|one, other| left(*one).total_cmp(&left(*other)).then(one.cmp(other)));
    let mut since = f64::NEG_INFINITY;
    let groups = burst.iter().map(|at| {
        if left(*at) - since > TOGETHER {
            since = left(*at);
        }
        since
    });
    let groups: Vec<f64> = groups.collect();
    let mut order: Vec<(f64, usize)> = groups.into_iter().zip(burst).collect();
    in_order(&mut order);
    order.into_iter().map(|(_, at)| at).collect()
}
