//! What else a request waited for, beyond the cause that the archive names.
//!
//! Rule: where a request begins long after its named cause, something else was waited for: a script or a style sheet that
//! blocks the parser or the page's first layout, or the last of several calls. Everything that could hold it and ended
//! between the cause and the start is waited for too. Pictures, fonts and media hold a page's `load` event only: they count
//! where none was still under way at the start. At most the last 30 count. A document's parser goes on while the document
//! arrives: what it finds then waits for nothing else. So a request that begins a second after its script, when an answer
//! has come, stays behind that answer on another network. A timer of the page looks the same; then this is wrong, and no
//! archive can tell.
//!
//! Of several calls that a script made together, what begins right after one of them, while others are still under way, waited for
//! this one: a wait for all of them would not be over. So nothing else is waited for.

use super::super::calls::Load;
use super::node::{Cause, Node};
use super::record::Event;
use sixslot_har::moments::in_order;
use sixslot_har::resource_type;

/// A start this many milliseconds after its cause needs no other explanation.
const SOON: f64 = 10.0;

/// Requests that one start waits for: the last that ended.
const MOST: usize = 30;
/// Causes of causes that are followed.
const CHAIN: usize = 1_000;

/// What a request can hold.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    /// Scripts, the parser and the layout.
    Page,
    /// The `load` event alone.
    Load,
    Nothing,
}

fn holds(node: &Node, load: &Load) -> Holds {
    let record = node.record();
    let entry = &load.archive.entries[node.seen[0].place];
    match resource_type(entry).as_str() {
        _ if record.failed || record.open => Holds::Nothing,
        "websocket" | "eventsource" | "ping" | "prefetch" | "preflight" => Holds::Nothing,
        "image" | "font" | "media" => Holds::Load,
        _ => Holds::Page,
    }
}

/// Gives each node of a lone load what else it waited for, and its delay from the last of all that.
pub fn link(nodes: &mut [Node], load: &Load) {
    let kinds: Vec<Holds> = nodes.iter().map(|node| holds(node, load)).collect();
    let mut ends: Vec<(f64, usize)> =
        (0..nodes.len()).filter(|at| kinds[*at] != Holds::Nothing).map(|at| (nodes[at].record().end(), at)).collect();
    in_order(&mut ends);
    for effect in 0..nodes.len() {
        let Some(cause) = nodes[effect].cause else { continue };
        let (before, start) = (*nodes[cause.node].record(), nodes[effect].record().start);
        let from = match cause.event {
            Event::Headers => before.end().min(start),
            event => before.moment(event),
        };
        if start - from <= SOON {
            continue;
        }
        let until = ends.partition_point(|(end, _)| *end <= start);
        let since = ends.partition_point(|(end, _)| *end <= from);
        let is_under_way = |at: usize| nodes[at].record().start < start && nodes[at].record().end() > start;
        let is_loading = (0..effect).any(|at| kinds[at] == Holds::Load && is_under_way(at));
        let wanted = |at: usize| kinds[at] == Holds::Page || kinds[at] == Holds::Load && !is_loading;
        let held = ends[since..until].iter().rev().map(|(_, at)| *at).filter(|at| *at < effect && wanted(*at));
        let also: Vec<usize> = held.take(MOST).collect();
        let also = match also.first().filter(|last| follows_one(nodes, load, effect, **last)) {
            Some(last) => vec![*last],
            None => last_of_chains(nodes, &also, cause.node),
        };
        let Some(latest) = also.iter().map(|at| nodes[*at].record().end()).reduce(f64::max) else { continue };
        let node = &mut nodes[effect];
        node.delays = vec![(node.seen[0].load, (start - latest).max(0.0))];
        node.also = also;
    }
}

/// Whether a request begins right after `last`, while others that a script issued together with that are under way.
fn follows_one(nodes: &[Node], load: &Load, effect: usize, last: usize) -> bool {
    let (start, one) = (nodes[effect].record().start, nodes[last].record());
    let is_scripts = |at: usize| {
        let initiator = load.archive.entries[nodes[at].seen[0].place].initiator.as_deref();
        initiator.is_some_and(|initiator| initiator.kind.as_deref() == Some("script"))
    };
    let cause = |at: usize| nodes[at].cause.map(|cause| (cause.node, cause.event));
    let is_beside = |at: usize| {
        let other = nodes[at].record();
        at != last && (other.start - one.start).abs() <= SOON && other.end() > start && cause(at) == cause(last)
    };
    start - one.end() <= SOON && is_scripts(last) && (0..effect).any(|at| is_beside(at) && is_scripts(at))
}

/// Those that no other of them waits for already, in the order of their nodes.
fn last_of_chains(nodes: &[Node], also: &[usize], cause: usize) -> Vec<usize> {
    let mut waited: Vec<usize> = vec![cause];
    for at in also {
        let mut next = nodes[*at].cause;
        for _ in 0..CHAIN {
            let Some(Cause { node, event: Event::Ok, .. }) = next else { break };
            waited.push(node);
            next = nodes[node].cause;
        }
        waited.extend(&nodes[*at].also);
    }
    waited.sort_unstable();
    let mut last: Vec<usize> = also.iter().copied().filter(|at| waited.binary_search(at).is_err()).collect();
    last.sort_unstable();
    last
}
