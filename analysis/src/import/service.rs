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
use sixslot_statistics::fit::{Fit, fit};
use sixslot_statistics::likelihood::{Family, likeliest};

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
        changes.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)));
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

/// What one call shows of a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// The call's number in its class.
    pub call: usize,
    /// The number of its load.
    pub load: usize,
    /// The time, in milliseconds.
    pub time: Observation,
}

/// What was seen of a time.
pub type Sample = Vec<Seen>;

/// The observations of a list.
#[must_use]
pub fn plain(sample: &[Seen]) -> Vec<Observation> {
    sample.iter().map(|seen| seen.time).collect()
}

/// A distribution with the sample that it was fitted to.
#[derive(Clone, Debug)]
pub struct Timed {
    /// The distribution.
    pub fit: Fit,
    /// The sample.
    pub sample: Sample,
}

impl Timed {
    /// The distribution of a sample; `None` where the sample says nothing.
    #[must_use]
    pub fn of(sample: Sample) -> Option<Self> {
        let fit = fit(&plain(&sample))?;
        Some(Self { fit, sample })
    }

    /// The sample by load.
    #[must_use]
    pub fn by_load(&self) -> Vec<(usize, Observation)> {
        self.sample.iter().map(|seen| (seen.load, seen.time)).collect()
    }
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
    for (number, call) in group.calls.iter().enumerate() {
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
        sample.extend(observation.map(|time| Seen { call: number, load: call.load, time }));
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
    for (number, call) in group.calls.iter().enumerate().filter(|(_, call)| call.entry.verdict.is_answered()) {
        let Some(ms) = call.entry.timings.receive else { continue };
        let still_coming = loads[call.load].cut && call.entry.start_ms + call.watched > loads[call.load].end - LAST;
        let aborted = deadline && call.entry.verdict == Verdict::AbortedInBody;
        let cut = call.entry.life_ms.is_none() || still_coming || aborted;
        let time = if cut { Observation::AtLeast(ms) } else { value(call, loads, ms) };
        sample.push(Seen { call: number, load: call.load, time });
    }
    sample
}

/// Twice the logarithm of the likelihood ratio from which on the first calls have a distribution of their own: chance alone
/// exceeds it once in twenty (chi-square of two degrees of freedom).
const ANOTHER: f64 = 5.991_464_547_107_979;

/// Known values below which nothing is said of a distribution.
const FEWEST: usize = 3;

/// The first calls of each instance apart from the later ones, where their times differ: the first call of a poll comes while the
/// page loads and its server is busy, the later ones do not.
#[must_use]
pub fn apart(group: &Group<'_>, sample: Sample) -> (Sample, Option<Sample>) {
    let mut is_first = vec![false; group.calls.len()];
    group.chains.iter().for_each(|chain| is_first[chain.calls[0]] = true);
    let (first, later): (Sample, Sample) = sample.iter().partition(|seen| is_first[seen.call]);
    let known = |sample: &Sample| sample.iter().filter(|seen| !seen.time.is_open()).count();
    if known(&first) < FEWEST || known(&later) < FEWEST {
        return (sample, None);
    }
    let likelihood = |sample: &Sample| likeliest(Family::LogNormal, &plain(sample)).map(|(_, likelihood)| likelihood);
    let ratio = (|| Some(2.0 * (likelihood(&first)? + likelihood(&later)? - likelihood(&sample)?)))();
    if ratio.is_some_and(|ratio| ratio > ANOTHER) { (first, Some(later)) } else { (sample, None) }
}
