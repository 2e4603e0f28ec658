//! The network of a lone recorded load: round-trip times, versions of TLS, and the rate of the access link.
//!
//! Rule: an origin's round-trip time is the median of its TCP handshakes (`connect` without `ssl`), and no longer than its shortest
//! time to the first byte. TLS took one round trip or two, by the median of `ssl`. The rate of the link is the one with which
//! replayed bodies take their recorded times; of rates near it, the one whose replay ends nearest to the record and leaves least to
//! the server. What the network explains of a recorded time is taken out of the time at the server, by replays: a request that
//! ends too late has its server's time shortened, one that ends too early has it lengthened up to the recorded wait, and then its
//! body; one that begins too late because its cause ends too late gets a shorter delay. Where the recorded load
//! comes out worse, first the rate is left out and then the network.
//!
//! At first a server's time is what is left of the wait when the link has sent what came in it ([`super::arrivals`]); of files,
//! which a server has at hand, it never gets longer than that. Nor has a body a time of its own that came while the link was full.
//! Without these limits each inaccuracy of the replayed queues becomes a time that stays under every other network. So they are given up
//! only where requests do not end as recorded with them. Whether the
//! link sends first in, first out or shares is tried too: with Reno's windows long bursts stand in its buffer, with BBR's hardly any.

use super::super::calls::{Load, median};
use super::Graph;
use super::arrivals::{Arrivals, Body, bodies};
use super::listed::Source;
use super::network::{Origin, Path, SET_UP, origin_of};
use super::node::Node;
use super::record::Remainder;
use super::table::{WIRE, service};
use super::trial::{Drafting, Error, MANY, Simulated, compared, play};
use crate::parallel;
use sixslot_har::Protocol;
use std::collections::BTreeSet;

/// A shorter round trip is that of one machine: there is no network to speak of.
const LEAST: f64 = 2.0;
/// Fewer bytes than this, or a shorter page, say nothing of a link.
const BYTES: f64 = 100_000.0;
/// Rates are tried from a little below what was carried, in so many steps of a factor, and then near the best of them.
const SLOWEST: f64 = 0.6;
const STEPS: i32 = 20;
const STEP: f64 = 1.12;
const NEARBY: [f64; 15] = [1.0, 0.97, 1.03, 0.94, 1.06, 0.91, 1.09, 0.88, 1.12, 0.83, 1.17, 0.78, 1.25, 0.7, 1.4];
/// A rate is known where the unexplained times of the bodies become this part of what they are without.
const CLEARLY: f64 = 0.9;
/// The badness of a load in which the network explains nothing of the waits, and nothing of the bodies.
const FROZEN: (f64, f64) = (3.0, 10.0);
/// Times are set anew so often, each time by this part of what is missing: what comes later makes others come later too.
const ROUNDS: usize = 10;
const GAIN: f64 = 0.7;
/// A body that took this many milliseconds and this part of its recorded time longer than its bytes need was sent slowly.
const SLOW: (f64, f64) = (20.0, 0.3);
/// A link that sent for this part of a body's time was full.
const FULL: f64 = 0.7;
/// How near a replay with the network has to come: the median end of a request and the page's end, as parts of the page's length.
/// Without its network a page is further off under another one. Several origins have paths of their own beside the access link, so
/// that a replay that is not near may have the wrong network.
const NEAR: (f64, f64) = (0.05, 0.05);
const NEAR_OF_SEVERAL: f64 = 0.01;
/// Where the median request ends further off than this, what remains is left to the server and to bodies after all.
const REPLAYED: f64 = 0.009;
/// Where neither replay is near, the one with the network may be worse than the one without it by this factor.
const SLACK: f64 = 1.1;
/// A set-up with this part of its round trips is a whole one.
const WHOLE: f64 = 0.97;

/// The recorded times of a request that used the network, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Recorded {
    /// From sending to the headers, with what the origin's set-up time does not have of a set-up.
    service: f64,
    body: f64,
    /// What remains at first: without the round trip, and where the rate of the link is known, without its bytes.
    first: Remainder,
    /// The longest time at the server, and the longest of a request that does not end as recorded with it.
    most: f64,
    waited: f64,
    /// Whether the link was full while its body came.
    is_full: bool,
}

/// Fits a network to a load that was settled with an error. Origins in `without` have none. Gives the error of the replay
/// with a network; without one the graph is as before.
pub fn fit(
    graph: &mut Graph,
    load: &Load,
    settled: Error,
    without: &BTreeSet<String>,
    draft: Drafting<'_>,
) -> Option<Error> {
    let plain = graph.clone();
    for at in 0..graph.origins.len() {
        let origin = &graph.origins[at];
        if !without.contains(&origin.origin) && !graph.works.contains_key(&at) {
            let path = path(origin, load);
            if let Some(path) = &path {
                graph.origins[at].connect = whole_set_up(path, origin);
            }
            graph.origins[at].path = path;
        }
    }
    if graph.origins.iter().all(|origin| origin.path.is_none()) {
        return None;
    }
    let with_paths = graph.clone();
    if let Some((error, found)) = with_stalls(&with_paths, load, draft)
        && is_near(graph, error, settled)
    {
        *graph = found;
        return Some(error);
    }
    *graph = with_paths;
    if let Some(error) = explain(graph, load, draft)
        && is_near(graph, error, settled)
    {
        return Some(error);
    }
    *graph = plain;
    None
}

/// With the stalls that were kept without a network, and where requests do not end as recorded with them, without: stalls of a
/// millisecond decide who of those that are issued together finds a connection and who has to wait for a set-up.
fn with_stalls(graph: &Graph, load: &Load, draft: Drafting<'_>) -> Option<(Error, Graph)> {
    let kept = with_rate(graph, load, draft);
    let is_replayed = kept.as_ref().is_some_and(|(error, _)| error.median <= REPLAYED);
    if is_replayed || graph.nodes.iter().all(|node| node.stalled == 0.0) {
        return kept;
    }
    let mut without = graph.clone();
    without.nodes.iter_mut().for_each(|node| node.stalled = 0.0);
    let without = with_rate(&without, load, draft);
    let badness = |found: &Option<(Error, Graph)>| found.as_ref().map_or(f64::INFINITY, |(error, _)| error.badness());
    if badness(&without) < badness(&kept) { without } else { kept }
}

/// The discipline and the rate of the link whose replay ends nearest to the record and leaves least to the server.
fn with_rate(graph: &Graph, load: &Load, draft: Drafting<'_>) -> Option<(Error, Graph)> {
    let mut tried: Vec<Graph> = Vec::new();
    for fifo in [false, true] {
        let graph = Graph { fifo, ..graph.clone() };
        let Some(coarse) = rate(&graph, load, draft) else { continue };
        let factors = NEARBY.iter().step_by(every(&graph));
        tried.extend(factors.map(|factor| Graph { rate: Some(factor * coarse), ..graph.clone() }));
    }
    let explained = |mut graph: Graph| {
        let error = explain(&mut graph, load, draft)?;
        Some((error.badness() + frozen(&graph), error, graph))
    };
    let explained = parallel::map(tried, explained);
    // Of equally good ones the first, whichever was ready first.
    let better = |best: (f64, Error, Graph), other: (f64, Error, Graph)| if other.0 < best.0 { other } else { best };
    let best = explained.into_iter().flatten().reduce(better);
    let (_, error, graph) = best?;
    let mut loosened = graph.clone();
    if error.median > REPLAYED
        && let Some(nearer) = loosen(&mut loosened, load, draft)
        && nearer.badness() < error.badness()
    {
        return Some((nearer, loosened));
    }
    Some((error, graph))
}

/// The path to an origin, where its set-ups were recorded and the origin's set-up time is that of its round trips.
fn path(origin: &Origin, load: &Load) -> Option<Path> {
    let entries =
        || load.archive.entries.iter().filter(|entry| !entry.is_from_cache() && origin_of(entry) == origin.origin);
    let mut handshakes: Vec<(f64, f64)> = Vec::new();
    let mut least = f64::INFINITY;
    for entry in entries() {
        let timings = &entry.timings;
        // QUIC's handshake is that of TLS too: archives have the same time for both.
        let ssl = timings.ssl.filter(|_| entry.protocol != Protocol::Http3);
        let (connect, ssl) = (timings.connect.unwrap_or(0.0), ssl.unwrap_or(0.0).max(0.0));
        if connect > SET_UP && connect > ssl {
            handshakes.push((connect - ssl, ssl));
        }
        if !entry.verdict.is_unanswered()
            && let Some(wait) = timings.wait.filter(|wait| *wait > 0.0)
        {
            least = least.min(wait);
        }
    }
    if handshakes.is_empty() {
        return None;
    }
    // One is shorter where a connection was opened before its request, and longer where it had to wait on a busy link.
    let rtt = median(handshakes.iter().map(|(tcp, _)| *tcp).collect()).min(least);
    if rtt < LEAST {
        return None;
    }
    let (tls, trips) = match () {
        () if origin.protocol == Some("h3") => ("1.3", 1.0),
        () if !origin.origin.starts_with("https:") => ("none", 1.0),
        () if median(handshakes.iter().map(|(_, ssl)| ssl / rtt).collect()) < 1.5 => ("1.3", 2.0),
        () => ("1.2", 3.0),
    };
    Some(Path { rtt, tls, trips, handshakes: handshakes.len() })
}

/// The set-up time of an origin with a network: its round trips, and what the shortest whole set-up has beyond them.
fn whole_set_up(path: &Path, origin: &Origin) -> f64 {
    let trips = path.trips * path.rtt;
    let whole = origin.candidates.iter().copied().filter(|set_up| *set_up >= WHOLE * trips).reduce(f64::min);
    whole.map_or(trips, |whole| whole.max(trips))
}

/// The step through the rates that are tried: 1 is each of them.
fn every(graph: &Graph) -> usize {
    if graph.nodes.len() > MANY { 3 } else { 1 }
}

fn is_near(graph: &Graph, error: Error, settled: Error) -> bool {
    let median = if graph.origins.len() == 1 { NEAR.0 } else { NEAR_OF_SEVERAL };
    error.median <= median && error.end <= NEAR.1 || error.badness() <= SLACK * settled.badness()
}

/// What a network leaves to the server and to slow bodies, as a badness: with too fast a link everything is left to them.
fn frozen(graph: &Graph) -> f64 {
    let part = |left: fn(&Remainder) -> f64, whole: fn(&Node) -> f64| {
        let left: f64 = graph.nodes.iter().filter_map(|node| node.remainder.as_ref()).map(left).sum();
        left / graph.nodes.iter().map(whole).sum::<f64>().max(1.0)
    };
    FROZEN.0 * part(|left| left.service, |node| node.record().service)
        + FROZEN.1 * part(|left| left.body, |node| node.record().body)
}

/// Bytes per millisecond of the link with which a replay's bodies take the recorded times; none where they take them without.
fn rate(graph: &Graph, load: &Load, draft: Drafting<'_>) -> Option<f64> {
    let bodies = bodies(&graph.nodes, load);
    if bodies.iter().map(|body| body.bytes).sum::<f64>() < BYTES {
        return None;
    }
    // Without a rate their bytes explain no waits.
    let arrivals = Arrivals::of(&bodies, f64::INFINITY);
    let mut trial = Graph { absolute: true, ..graph.clone() };
    for (number, node) in trial.nodes.iter_mut().enumerate() {
        node.remainder = Recorded::of(graph, number, load, Some(&arrivals)).map(|recorded| recorded.first);
    }
    let unexplained = |rate: Option<f64>| {
        let simulated = play(&Graph { rate, ..trial.clone() }, draft)?;
        let missing = |body: &Body| simulated[body.node].map_or(0.0, |one| (one.body - body.length).abs());
        Some(bodies.iter().map(missing).sum::<f64>())
    };
    let least = arrivals.fullest();
    let without = unexplained(None)?;
    let steps: Vec<i32> = (0..STEPS).step_by(every(graph)).collect();
    let tried = parallel::map(steps, |step| {
        let rate = SLOWEST * least * libm::pow(STEP, f64::from(step));
        (unexplained(Some(rate)).unwrap_or(f64::INFINITY), rate)
    });
    let mut best = (without, None);
    for (left, rate) in tried {
        if left < best.0 {
            best = (left, Some(rate));
        }
    }
    (best.0 <= CLEARLY * without).then_some(best.1).flatten()
}

/// Takes out of the recorded times what the network explains.
fn explain(graph: &mut Graph, load: &Load, draft: Drafting<'_>) -> Option<Error> {
    let recorded = recorded(graph, load);
    let recorded_delay = |node: &Node| node.delays.first().map_or(0.0, |(_, delay)| *delay);
    let delays: Vec<f64> = graph.nodes.iter().map(recorded_delay).collect();
    for (node, recorded) in graph.nodes.iter_mut().zip(&recorded) {
        node.remainder = recorded.map(|recorded| recorded.first);
    }
    correct(graph, &recorded, &delays, draft)
}

/// Lets requests end as recorded that do not with the limits on what is left to the server.
fn loosen(graph: &mut Graph, load: &Load, draft: Drafting<'_>) -> Option<Error> {
    let loose = |recorded: Recorded| Recorded { most: recorded.waited, is_full: false, ..recorded };
    let recorded: Vec<Option<Recorded>> = recorded(graph, load).into_iter().map(|one| one.map(loose)).collect();
    let delays = vec![f64::INFINITY; graph.nodes.len()];
    correct(graph, &recorded, &delays, draft)
}

fn recorded(graph: &Graph, load: &Load) -> Vec<Option<Recorded>> {
    let arrivals = graph.rate.map(|rate| Arrivals::of(&bodies(&graph.nodes, load), rate / WIRE));
    (0..graph.nodes.len()).map(|number| Recorded::of(graph, number, load, arrivals.as_ref())).collect()
}

/// Sets what remains of the recorded times, and the delays up to the longest of each, until requests end as recorded.
fn correct(graph: &mut Graph, recorded: &[Option<Recorded>], delays: &[f64], draft: Drafting<'_>) -> Option<Error> {
    for _ in 0..ROUNDS {
        let simulated = play(graph, draft)?;
        let mut changed = false;
        let first = graph.nodes[0].record().start;
        let nodes = graph.nodes.iter_mut().zip(delays);
        for ((node, most), (recorded, simulated)) in nodes.zip(recorded.iter().zip(simulated)) {
            let Some(simulated) = simulated else { continue };
            if let [(_, delay)] = node.delays.as_mut_slice() {
                // A cause that ends later in the replay is no reason to begin later. One that ends earlier is none to wait longer.
                *delay = (*delay + node.seen[0].record.start - first - simulated.issued).clamp(0.0, *most);
            }
            if let (Some(remainder), Some(recorded)) = (&mut node.remainder, recorded) {
                changed |= recorded.correct(remainder, simulated) > 0.2;
            }
        }
        if !changed {
            break;
        }
    }
    Some(compared(graph, &play(graph, draft)?))
}

impl Recorded {
    /// Those of a node; `None` without a network to its origin, or without an end. `arrivals`: where the rate of the link is known.
    fn of(graph: &Graph, number: usize, load: &Load, arrivals: Option<&Arrivals>) -> Option<Self> {
        let node = &graph.nodes[number];
        let listed = &graph.classes[graph.places[number].0];
        let Source::Network(at) = listed.source else { return None };
        let path = graph.origins[at].path.as_ref()?;
        let (seen, record) = (&node.seen[0], node.record());
        if record.failed || record.open {
            return None;
        }
        let entry = &load.archive.entries[seen.place];
        let has_bytes = entry.body_bytes().is_some_and(|bytes| bytes >= 1.0);
        let service = service(graph, listed, seen);
        let waited = (service - path.rtt).max(0.0);
        let busy = |at: f64, span: f64| arrivals.map_or(0.0, |arrivals| arrivals.busy(at, span));
        let left = waited - busy(record.headers(), waited);
        let is_file =
            matches!(sixslot_har::resource_type(entry).as_str(), "script" | "stylesheet" | "image" | "font" | "media");
        Some(Self {
            service,
            body: record.body,
            first: Remainder { service: left, body: if has_bytes && arrivals.is_some() { 0.0 } else { record.body } },
            most: if is_file { left } else { waited },
            waited,
            is_full: arrivals.is_some() && busy(record.end(), record.body) >= FULL * record.body,
        })
    }

    /// Moves the end of a request towards its record; gives by how much it was wrong.
    fn correct(self, remainder: &mut Remainder, simulated: Simulated) -> f64 {
        let more = GAIN * (self.service + self.body - (simulated.life - simulated.held));
        let before = *remainder;
        remainder.service = (remainder.service + more).clamp(0.0, self.most);
        let left = more - (remainder.service - before.service);
        // A least time of the body would stay under any other network: a small error of the rate is no reason for one.
        if !self.is_full && (remainder.body > 0.0 || left > SLOW.0 + SLOW.1 * self.body) {
            remainder.body = if left > 0.0 { simulated.body + left } else { (remainder.body + left).max(0.0) };
        }
        if *remainder == before { 0.0 } else { more.abs() }
    }
}
