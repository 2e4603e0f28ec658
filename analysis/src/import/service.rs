//! What the archives say of the times of a class: at the server, and of its body.
//!
//! Rule: the time to first byte of an answered call is a value; waiting in the browser (`blocked`) is no part of it. A call
//! that was sent and got no answer is a bound: it was at the server for its whole life, less the longest that it can have
//! waited for a connection or for its turn at the cache. That is the time until one of the connections was certainly free,
//! counting everything that may have held one. A call that was never sent, or of which the file does not tell when it was
//! given up, says nothing.

use super::calls::{Call, Group, Kind, Load};
use sixslot_har::{End, Exporter, Service, Verdict};
use sixslot_statistics::censored::Observation;

/// A connection goes from one request to the next within this, as files with dates in whole milliseconds tell it.
const HANDOVER: f64 = 10.0;

/// Requests that are looked at for the waits of unanswered calls: each of these looks at its whole load.
const LOOKS: usize = 200_000_000;

/// Unanswered calls of a class whose wait is looked at, at most.
const ASKED: usize = 20_000;

/// Entries that end within this of the capture's end end with it.
const LAST: f64 = 2.0;

/// The longest that each call can have waited in the browser.
#[derive(Debug)]
pub struct Slots {
    /// Of each load: what may have held a connection, as (from, until, origin, URL) on the archive's clock.
    holders: Vec<Vec<Holder>>,
    connections: usize,
    /// Unanswered calls of each class whose wait is looked at; more are taken as saying nothing.
    asked: usize,
}

#[derive(Debug)]
struct Holder {
    number: usize,
    from: f64,
    until: f64,
    /// It held one for certain.
    certain: bool,
    /// Until when a later GET of the URL may have waited for it.
    turn: f64,
    origin: String,
    url: String,
}

impl Slots {
    /// The connections of the loads, of which each origin has so many; a socket may take one. So many classes will ask.
    #[must_use]
    pub fn new(loads: &[Load], connections: usize, sockets_too: bool, classes: usize) -> Self {
        let of_load = |load: &Load| {
            let archive = &load.archive;
            let mut holders = Vec::new();
            for entry in &archive.entries {
                let whole = (entry.start_ms, entry.start_ms + archive.watched_ms(entry));
                let held = match entry.verdict {
                    Verdict::Socket if sockets_too => Some((entry.start_ms, archive.span_ms)),
                    _ if entry.may_have_held() => Some(whole),
                    _ => entry.held(archive.span_ms),
                };
                let body = entry.timings.receive.unwrap_or(0.0);
                let turn = if entry.is_get() { whole.1 - body } else { 0.0 };
                let certain = entry.verdict.is_answered();
                let (from, until) = held.unwrap_or((0.0, 0.0));
                if held.is_none() && !entry.verdict.is_unanswered() {
                    continue;
                }
                let origin = entry.url.origin().unwrap_or_default().replacen("ws", "http", 1);
                let url = entry.url.as_str().to_owned();
                holders.push(Holder { number: entry.number, from, until, certain, turn, origin, url });
            }
            holders
        };
        let holders: Vec<Vec<Holder>> = loads.iter().map(of_load).collect();
        let most = holders.iter().map(Vec::len).max().unwrap_or(0);
        let asked = (LOOKS / (most * classes).max(1)).clamp(1, ASKED);
        Self { holders, connections, asked }
    }

    /// The longest wait of a call that got no answer, in milliseconds from its issue.
    #[must_use]
    pub fn longest_wait(&self, call: &Call<'_>, origin: &str, locked: bool) -> f64 {
        if call.entry.protocol.is_multiplexed() {
            return 0.0;
        }
        let (start, end) = (call.entry.start_ms, call.entry.start_ms + call.watched);
        let url = call.entry.url.as_str();
        // What was issued later waits behind, unless its priority is higher.
        let ahead = |other: &Holder| other.number < call.entry.number || call.entry.is_delayable();
        let mut from = start;
        let mut changes: Vec<(f64, i32)> = Vec::new();
        for other in self.holders[call.load].iter().filter(|other| other.number != call.entry.number) {
            let overlaps = other.from - HANDOVER < end && other.until > start;
            if overlaps && (other.certain || ahead(other)) && other.origin == origin {
                changes.push((other.from - HANDOVER, 1));
                changes.push((other.until, -1));
            }
            if locked && other.number < call.entry.number && other.turn > from && other.url == url {
                from = other.turn;
            }
        }
        // An end at the moment of a beginning leaves its place to it.
        changes.sort_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
        let most = i32::try_from(self.connections).unwrap_or(i32::MAX);
        let (mut held, mut free) = (0, None);
        for run in changes.chunk_by(|one, other| one.0 == other.0) {
            // Until here as many as before this moment were held.
            if held < most && run[0].0 > from {
                break;
            }
            held += run.iter().map(|(_, change)| change).sum::<i32>();
            free = (held < most).then_some(run[0].0);
        }
        let free = if held < most { free.unwrap_or(from).max(from) } else { end };
        (free - start).clamp(0.0, call.watched)
    }
}

/// What was seen of a time, with the load of each.
pub type Sample = Vec<(usize, Observation)>;

/// The observations of a list.
#[must_use]
pub fn plain(sample: &Sample) -> Vec<Observation> {
    sample.iter().map(|(_, observation)| *observation).collect()
}

/// A value as its file has it: Firefox rounds to whole milliseconds, and 0 is less than can be measured.
fn value(call: &Call<'_>, loads: &[Load], ms: f64) -> Observation {
    if loads[call.load].archive.exporter == Exporter::Firefox {
        return Observation::Between((ms - 0.5).max(0.0), ms + 0.5);
    }
    if ms <= 0.0 { Observation::Between(0.0, 0.5) } else { Observation::Exact(ms) }
}

/// The times at the server; and how many calls say nothing of it.
#[must_use]
pub fn at_server(group: &Group<'_>, loads: &[Load], slots: &Slots, locked: bool) -> (Sample, usize) {
    let mut sample = Sample::new();
    let mut asked = 0;
    for call in &group.calls {
        let entry = call.entry;
        let observation = match entry.service(call.watched) {
            // DevTools has the whole handshake of a socket in its wait.
            _ if entry.verdict == Verdict::Socket => entry.timings.wait.map(|ms| value(call, loads, ms)),
            Service::Exact { ms } => Some(value(call, loads, ms)),
            Service::Longer(_) if entry.life_ms.is_none() && entry.end != End::Open => None,
            Service::Longer(_) if asked == slots.asked => None,
            Service::Longer(_) => {
                asked += 1;
                let server = call.watched - slots.longest_wait(call, &group.origin, locked);
                (server > 1.0).then_some(Observation::AtLeast(server))
            }
            _ => None,
        };
        sample.extend(observation.map(|observation| (call.load, observation)));
    }
    let silent = group.calls.len() - sample.len();
    (sample, silent)
}

/// The times of the bodies. Where several end at the capture's very end, they were still coming. A body that the page broke
/// off is a value where no deadline did it, as a framework does with a prefetch that it has read.
#[must_use]
pub fn bodies(group: &Group<'_>, loads: &[Load], deadline: bool) -> Sample {
    let mut sample = Sample::new();
    if group.kind != Kind::Fetch {
        return sample;
    }
    for call in group.calls.iter().filter(|call| call.entry.verdict.is_answered()) {
        let Some(ms) = call.entry.timings.receive else { continue };
        let still_coming = loads[call.load].cut && call.entry.start_ms + call.watched > loads[call.load].end - LAST;
        let aborted = deadline && call.entry.verdict == Verdict::AbortedInBody;
        let cut = call.entry.life_ms.is_none() || still_coming || aborted;
        let observation = if cut { Observation::AtLeast(ms) } else { value(call, loads, ms) };
        sample.push((call.load, observation));
    }
    sample
}
