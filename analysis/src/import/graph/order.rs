//! The order in which waiting requests of one priority were sent.
//!
//! Rule: a pool serves requests of one priority in the order in which they came to it. Browsers change that order while
//! requests wait: Chromium puts pictures in again, in any order, when the layout finds them in the viewport. Where a request
//! was sent before an earlier one of its priority to its origin, which still waited, the earlier one came to the pool again
//! after it. The least such delay is kept for each request: microseconds where a group was put in again.

use super::super::calls::Load;
use super::network::origin_of;
use super::node::Node;
use super::table::priority;
use std::collections::BTreeMap;

/// Requests that came together are this many milliseconds apart in the pool's order.
const STEP: f64 = 0.001;
/// Sent within this many milliseconds of each other is sent together.
const TOGETHER: f64 = 0.5;

/// How much later than by its recorded queueing each node of a lone load came to its pool. `by_priority`: each priority has
/// an order of its own.
pub fn delays(nodes: &[Node], load: &Load, by_priority: bool) -> Vec<f64> {
    let mut groups: BTreeMap<(String, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (number, node) in nodes.iter().enumerate().filter(|(_, node)| node.record().network) {
        let entry = &load.archive.entries[node.seen[0].place];
        let priority = entry.priority.as_deref().filter(|_| by_priority).and_then(priority);
        groups.entry((origin_of(entry), priority)).or_default().push(number);
    }
    let mut delays = vec![0.0; nodes.len()];
    for mut group in groups.into_values() {
        let left = |at: usize| nodes[at].record().start + nodes[at].record().blocked;
        group.sort_by(|one, other| left(*one).total_cmp(&left(*other)).then(one.cmp(other)));
        // The latest arrival among those that were sent before.
        let (mut came, mut last) = (f64::NEG_INFINITY, 0);
        for (number, at) in group.iter().enumerate() {
            let record = nodes[*at].record();
            let queued = record.queued.max(nodes[*at].queued);
            let (first, waited) = (record.start + queued, (record.blocked - queued).max(0.0));
            let overtaken = (first, *at) < (came, last) && waited > TOGETHER;
            if number > 0 && overtaken {
                came += STEP;
                delays[*at] = (came - first).clamp(0.0, waited);
            } else if first >= came {
                (came, last) = (first, *at);
            }
        }
    }
    delays
}
