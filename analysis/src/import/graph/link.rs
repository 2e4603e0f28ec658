//! The network of a lone recorded load: round-trip times, versions of TLS, and the rate of the access link.
//!
//! Rule: an origin's round-trip time is its shortest TCP handshake (`connect` without `ssl`), and no longer than its shortest
//! time to the first byte. TLS took one round trip or two, by the median of `ssl`. The rate of the link is the most that came in
//! any half second, if that is about what came in the fullest fifth of one: then the link was full. What the network
//! explains of a recorded time is taken out of the time at the server, by replays: a request that ends too late
//! has its server's time shortened, one that ends too early has it lengthened up to the recorded wait, and then its body.
//! Where the recorded load comes out worse, first the rate is left out and then the network.

use super::super::calls::{Load, median};
use super::Graph;
use super::listed::Source;
use super::network::{Origin, Path, SET_UP, origin_of};
use super::record::Remainder;
use super::table::service;
use super::trial::{Error, Simulated, compared, play};
use std::collections::BTreeSet;

/// A shorter round trip is that of one machine: there is no network to speak of.
const LEAST: f64 = 2.0;
/// Fewer bytes than this, or a shorter page, say nothing of a link.
const BYTES: f64 = 100_000.0;
/// The windows in which bytes are counted, in milliseconds.
const WINDOWS: [f64; 2] = [200.0, 500.0];
/// A full link brings this part of the short window's rate in the long one.
const FULL: f64 = 0.85;
/// Longer windows, in which the ends of transfers count less, as long as they have this part of the rate.
const LONGER: ([f64; 4], f64) = ([1_000.0, 2_000.0, 4_000.0, 8_000.0], 0.93);
/// Times are set anew so often.
const ROUNDS: usize = 6;
/// A body that took this many milliseconds and this part of its recorded time longer than its bytes need was sent slowly.
const SLOW: (f64, f64) = (20.0, 0.3);
/// Rates about the counted one, and how near the replay with the best of them has to come: the median end of a request and the
/// page's end, as parts of the page's length.
const NEARBY: [f64; 9] = [1.04, 1.02, 1.0, 0.99, 0.98, 0.96, 0.94, 0.92, 0.9];
const NEAR: (f64, f64) = (0.009, 0.03);
/// A set-up may be shorter than its round trips by this factor: then the round trip is.
const SHORTER: f64 = 0.8;

/// The recorded times of a request that used the network, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Recorded {
    /// From sending to the headers, with what the origin's set-up time does not have of a set-up.
    service: f64,
    body: f64,
    /// The round-trip time to its origin.
    rtt: f64,
    /// Whether the bytes of its body are known.
    has_bytes: bool,
}

/// Fits a network to a load that was settled with an error. Origins in `without` have none. Gives the error of the replay
/// with a network; without one the graph is as before.
pub fn fit(
    graph: &mut Graph,
    load: &Load,
    settled: Error,
    without: &BTreeSet<String>,
    draft: &dyn Fn(&Graph) -> String,
) -> Option<Error> {
    let plain = graph.clone();
    for at in 0..graph.origins.len() {
        let origin = &graph.origins[at];
        if !without.contains(&origin.origin) && !graph.works.contains_key(&at) {
            graph.origins[at].path = path(origin, load);
        }
    }
    if graph.origins.iter().all(|origin| origin.path.is_none()) {
        return None;
    }
    let with_paths = graph.clone();
    if let Some(full) = rate(graph, load) {
        let tried = NEARBY.iter().filter_map(|factor| {
            let mut graph = Graph { rate: Some(factor * full), ..with_paths.clone() };
            let error = explain(&mut graph, load, draft)?;
            Some((error, graph))
        });
        let best = tried.min_by(|(one, _), (other, _)| one.badness().total_cmp(&other.badness()));
        if let Some((error, found)) = best
            && (error.median <= NEAR.0 && error.end <= NEAR.1 || error.badness() <= settled.badness())
        {
            *graph = found;
            return Some(error);
        }
    }
    *graph = with_paths;
    if let Some(error) = explain(graph, load, draft)
        && (error.is_exact() || error.badness() <= settled.badness())
    {
        return Some(error);
    }
    *graph = plain;
    None
}

/// The path to an origin, where its set-ups were recorded and the origin's set-up time is that of its round trips.
fn path(origin: &Origin, load: &Load) -> Option<Path> {
    let entries =
        || load.archive.entries.iter().filter(|entry| !entry.is_from_cache() && origin_of(entry) == origin.origin);
    let mut handshakes: Vec<(f64, f64)> = Vec::new();
    let mut rtt = f64::INFINITY;
    for entry in entries() {
        let timings = &entry.timings;
        let (connect, ssl) = (timings.connect.unwrap_or(0.0), timings.ssl.unwrap_or(0.0).max(0.0));
        if connect > SET_UP && connect > ssl {
            handshakes.push((connect - ssl, ssl));
        }
        if !entry.verdict.is_unanswered()
            && let Some(wait) = timings.wait.filter(|wait| *wait > 0.0)
        {
            rtt = rtt.min(wait);
        }
    }
    rtt = handshakes.iter().fold(rtt, |least, (tcp, _)| least.min(*tcp));
    if handshakes.is_empty() || rtt < LEAST {
        return None;
    }
    let (tls, trips) = match () {
        () if origin.protocol == Some("h3") => ("1.3", 1.0),
        () if !origin.origin.starts_with("https:") => ("none", 1.0),
        () if median(handshakes.iter().map(|(_, ssl)| ssl / rtt).collect()) < 1.5 => ("1.3", 2.0),
        () => ("1.2", 3.0),
    };
    let set_up = origin.connect;
    let rtt = if set_up < trips * rtt && set_up > SHORTER * trips * rtt { set_up / trips } else { rtt };
    (set_up >= trips * rtt * 0.999_999 && rtt >= LEAST).then_some(Path {
        rtt,
        tls,
        trips,
        handshakes: handshakes.len(),
    })
}

/// Bytes per millisecond of a link that was full; none where it was not, or where that can't be known.
fn rate(graph: &Graph, load: &Load) -> Option<f64> {
    let mut changes: Vec<(f64, f64)> = Vec::new();
    let mut whole = 0.0;
    for node in &graph.nodes {
        let record = node.record();
        let bytes = load.archive.entries[node.seen[0].place].body_bytes().unwrap_or(0.0);
        if !record.network || record.failed || bytes < 1.0 {
            continue;
        }
        whole += bytes;
        // What is in the browser's buffers when the headers are read came before.
        let length = record.body.max(1.0);
        changes.extend([(record.end() - length, bytes / length), (record.end(), -bytes / length)]);
    }
    changes.sort_by(|one, other| one.0.total_cmp(&other.0));
    // Bytes that had come by each change.
    let mut came = Vec::with_capacity(changes.len());
    let (mut sum, mut speed, mut last) = (0.0, 0.0, 0.0);
    for (at, change) in &changes {
        sum += speed * (at - last);
        came.push((*at, sum, speed + change));
        (last, speed) = (*at, speed + change);
    }
    let until = |at: f64| {
        let number = came.partition_point(|(time, ..)| *time <= at);
        number.checked_sub(1).map_or(0.0, |number| {
            let (time, sum, speed) = came[number];
            sum + speed * (at - time)
        })
    };
    let most = |window: f64| came.iter().map(|(at, sum, _)| (until(at + window) - sum) / window).fold(0.0, f64::max);
    let [short, long] = WINDOWS.map(most);
    let full = LONGER.0.into_iter().map(most).take_while(|rate| *rate >= LONGER.1 * long).last();
    (whole >= BYTES && long >= FULL * short).then_some(full.unwrap_or(long))
}

/// Takes out of the recorded times what the network explains.
fn explain(graph: &mut Graph, load: &Load, draft: &dyn Fn(&Graph) -> String) -> Option<Error> {
    let recorded: Vec<Option<Recorded>> =
        (0..graph.nodes.len()).map(|number| Recorded::of(graph, number, load)).collect();
    let is_known = graph.rate.is_some();
    for (node, recorded) in graph.nodes.iter_mut().zip(&recorded) {
        node.remainder = recorded.map(|recorded| recorded.without_network(is_known));
    }
    for _ in 0..ROUNDS {
        let simulated = play(graph, draft)?;
        let mut changed = false;
        for ((node, recorded), simulated) in graph.nodes.iter_mut().zip(&recorded).zip(simulated) {
            if let (Some(remainder), Some(recorded), Some(simulated)) = (&mut node.remainder, recorded, simulated) {
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
    /// Those of a node; `None` without a network to its origin, or without an end.
    fn of(graph: &Graph, number: usize, load: &Load) -> Option<Self> {
        let node = &graph.nodes[number];
        let listed = &graph.classes[graph.places[number].0];
        let Source::Network(at) = listed.source else { return None };
        let path = graph.origins[at].path.as_ref()?;
        let (seen, record) = (&node.seen[0], node.record());
        let has_bytes = load.archive.entries[seen.place].body_bytes().is_some_and(|bytes| bytes >= 1.0);
        let service = || service(graph, listed, seen);
        (!record.failed && !record.open).then(|| Self {
            service: service(),
            body: record.body,
            rtt: path.rtt,
            has_bytes,
        })
    }

    /// What remains without the round trip, and, where the rate of the link is known, without the transfer.
    fn without_network(self, is_rate_known: bool) -> Remainder {
        let body = if self.has_bytes && is_rate_known { 0.0 } else { self.body };
        Remainder { service: (self.service - self.rtt).max(0.0), body }
    }

    /// Moves the end of a request towards its record; gives by how much it was wrong.
    fn correct(self, remainder: &mut Remainder, simulated: Simulated) -> f64 {
        let more = self.service + self.body - (simulated.life - simulated.held);
        let before = *remainder;
        // A time at the server is between none and all that was waited.
        remainder.service = (remainder.service + more).clamp(0.0, (self.service - self.rtt).max(0.0));
        let left = more - (remainder.service - before.service);
        // A least time of the body would stay under any other network: a small error of the rate is no reason for one.
        if remainder.body > 0.0 || left > SLOW.0 + SLOW.1 * self.body {
            remainder.body = if left > 0.0 { simulated.body + left } else { (remainder.body + left).max(0.0) };
        }
        if *remainder == before { 0.0 } else { more.abs() }
    }
}
