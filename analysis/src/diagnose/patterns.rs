//! Claims about times that repeat: a slow server, deadlines, timers, bursts, one URL several times at once.
//!
//! Rule: each is a reading of times in one load, so each stands under what is only possible.

use super::case::{Case, bare};
use super::phrases::{listed, ms, range, round_ms};
use crate::words::{count, cut};
use serde::Serialize;
use sixslot_har::burst::Burst;
use sixslot_har::busy::Busy;
use sixslot_har::cadence::{Cadence, Guard};
use sixslot_har::deadline::Deadline;
use sixslot_har::occupancy::counts;
use sixslot_har::{End, Entry};
use std::collections::{BTreeMap, BTreeSet};

/// How many times the fastest answer a slow one is at least.
const RATIO: f64 = 10.0;
/// An answer that took less did not come over a network, in milliseconds; where the file has the time that a connection takes to
/// open, neither did one that took less than half of that.
const NETWORK_MS: f64 = 1.0;
/// The same where the file does not say it.
const UNKNOWN_NETWORK_MS: f64 = 5.0;
/// Starts of one URL closer than this are one tick of a timer, in milliseconds.
const TICK_MS: f64 = 60.0;
/// The share of gaps that must be whole periods.
const FITTING: f64 = 0.9;

/// Requests of a cheap kind to one origin that were slow at the same time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlowTogether {
    pub(super) origin: String,
    entries: Vec<usize>,
    labels: Vec<String>,
    from_ms: f64,
    until_ms: f64,
    together: usize,
    shortest_ms: f64,
    pub(super) longest_ms: f64,
    /// The fastest answer of such a request that came over the network.
    reference_ms: f64,
    reference_entry: usize,
    reference_label: String,
    /// Each of them took at least this many times the reference.
    ratio: f64,
    /// The connections that they used, where the file names them.
    connections: Option<usize>,
    /// They shared connections, which is another cause.
    shared_connection: bool,
}

/// When a request was at the server; `None` where the parts of its time leave so much of its life that the file does not
/// tell when it was sent.
fn at_server(entry: &Entry) -> Option<(f64, f64)> {
    let wait = entry.timings.wait?;
    let sent = entry.sent_ms()?;
    let parts = [entry.timings.blocked, entry.timings.dns, entry.timings.connect, entry.timings.send];
    let earliest = entry.start_ms + parts.into_iter().flatten().sum::<f64>();
    let known = entry.starts_at_sending || (sent - earliest).abs() <= 20.0 + wait / 10.0;
    known.then_some((sent, sent + wait))
}

/// The most of some times that were at once.
fn most_at_once(spans: impl Iterator<Item = (f64, f64)>) -> usize {
    counts(&spans.collect::<Vec<_>>()).into_iter().map(|(_, count)| count).max().unwrap_or(0)
}

/// The connections that some entries used; `None` where the file does not name that of each.
fn connections(case: &Case<'_>, entries: &[usize]) -> Option<usize> {
    let ids = entries.iter().map(|at| case.entry(*at).connection.as_deref()).collect::<Option<BTreeSet<_>>>()?;
    Some(ids.len())
}

impl SlowTogether {
    pub(super) fn check(case: &Case<'_>, busy: &Busy) -> Option<Self> {
        let origin = case.diagnosis.origins.iter().find(|origin| origin.origin == busy.origin)?;
        let least = origin.connect_ms.map_or(UNKNOWN_NETWORK_MS, |connect| f64::max(NETWORK_MS, connect / 2.0));
        let first_byte = |entry: &Entry| entry.timings.wait.filter(|wait| *wait >= least);
        let is_network = |entry: &Entry| {
            entry.verdict.is_answered() && !entry.verdict.is_socket() && entry.served == sixslot_har::Served::Network
        };
        let reference = case.entries_at(&busy.origin, |entry| {
            is_network(entry) && first_byte(entry).is_some_and(|wait| (wait - busy.reference_ms).abs() < 1e-6)
        });
        let reference_entry = *reference.iter().find(|at| !busy.entries.contains(at))?;
        let served = busy.entries.iter().copied().filter(|at| is_network(case.entry(*at)));
        let served = served.filter_map(|at| Some((at, at_server(case.entry(at))?))).collect::<Vec<_>>();
        let entries = served.iter().map(|(at, _)| *at).collect::<Vec<_>>();
        let (mut from_ms, mut until_ms) = (f64::INFINITY, 0.0_f64);
        let (mut shortest_ms, mut longest_ms) = (f64::INFINITY, 0.0_f64);
        for (_, (from, until)) in &served {
            (from_ms, until_ms) = (from_ms.min(*from), until_ms.max(*until));
            (shortest_ms, longest_ms) = (shortest_ms.min(until - from), longest_ms.max(until - from));
        }
        let together = most_at_once(served.iter().map(|(_, span)| *span));
        let ratio = shortest_ms / busy.reference_ms;
        (ratio >= RATIO && together >= 2).then(|| Self {
            origin: busy.origin.clone(),
            labels: case.names_at(&entries, &busy.origin),
            connections: connections(case, &entries),
            entries: case.places(&entries),
            from_ms,
            until_ms,
            together,
            shortest_ms,
            longest_ms,
            reference_ms: busy.reference_ms,
            reference_entry: case.entry(reference_entry).number,
            reference_label: bare(&case.label(reference_entry), &busy.origin).to_owned(),
            ratio: ratio.floor(),
            shared_connection: busy.multiplexed,
        })
    }

    /// Whether they shared connections, so that the server is not the only suspect.
    pub(super) fn is_shared(&self) -> bool {
        self.shared_connection
    }

    pub(super) fn text(&self) -> String {
        let cause = match (self.shared_connection, self.connections) {
            (true, Some(connections)) => format!(
                "They shared {}: its bandwidth, the network or the server may be slow",
                count(connections, "connection")
            ),
            (true, None) => {
                "They shared connections: their bandwidth, the network or the server may be slow".to_owned()
            }
            (false, _) => "What they share may be slow: the server, or the network before it".to_owned(),
        };
        format!(
            "Slow together: from {} to {} {} to {} ({}) waited {} for the first byte, {} at once; the fastest such answer ({}) \
             took {}. {cause}.",
            ms(self.from_ms),
            ms(self.until_ms),
            count(self.entries.len(), "request"),
            self.origin,
            listed(self.labels.iter().cloned()),
            range(self.shortest_ms, self.longest_ms),
            self.together,
            self.reference_label,
            ms(self.reference_ms)
        )
    }
}

/// A deadline of the page's own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    labels: Vec<String>,
    deadline_ms: f64,
    entries: Vec<usize>,
    shortest_ms: f64,
    longest_ms: f64,
    answered_later: usize,
}

impl Limit {
    pub(super) fn check(case: &Case<'_>, deadline: &Deadline) -> Option<Self> {
        let cut_off = |at: &usize| {
            let entry = case.entry(*at);
            let life = entry.life_ms.unwrap_or(0.0);
            entry.verdict.is_unanswered()
                && entry.end == End::Aborted
                && !entry.cut_by_page
                && life >= deadline.shortest_ms
                && life <= deadline.longest_ms
        };
        let entries = case.entries_of(&deadline.kind).iter().copied().filter(cut_off).collect::<Vec<_>>();
        (entries.len() == deadline.aborts).then(|| Self {
            labels: case.names(&entries),
            entries: case.places(&entries),
            deadline_ms: deadline.deadline_ms,
            shortest_ms: deadline.shortest_ms,
            longest_ms: deadline.longest_ms,
            answered_later: deadline.answered_later,
        })
    }

    pub(super) fn subject(&self) -> String {
        format!("{} {}", self.labels.join(", "), self.deadline_ms)
    }

    pub(super) fn text(&self) -> String {
        let name = listed(self.labels.iter().cloned());
        let length = round_ms(self.deadline_ms);
        let broken = format!(
            "{} broken off after {}",
            count(self.entries.len(), "call"),
            range(self.shortest_ms, self.longest_ms)
        );
        match (self.entries.len(), self.answered_later) {
            (2.., 0) => format!("{name} has a deadline of {length}: {broken}."),
            (_, 0) => format!("{name} may have a deadline of {length}: {broken}, which is little to go by."),
            (_, 1) => format!("{name} may have a deadline of {length}: {broken}, but 1 was answered later than that."),
            (_, later) => {
                format!("{name} may have a deadline of {length}: {broken}, but {later} were answered later than that.")
            }
        }
    }
}

/// Calls on a timer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Polled {
    labels: Vec<String>,
    period_ms: f64,
    others_ms: Vec<f64>,
    entries: Vec<usize>,
    pub(super) guard: Guard,
    skipped: usize,
}

impl Polled {
    pub(super) fn check(case: &Case<'_>, cadence: &Cadence) -> Option<Self> {
        let mut urls = BTreeMap::<(&str, &str), Vec<f64>>::new();
        let entries = cadence.kinds.iter().flat_map(|kind| case.entries_of(kind)).copied();
        let entries = entries.filter(|at| !case.entry(*at).is_from_cache()).collect::<Vec<_>>();
        for at in &entries {
            let entry = case.entry(*at);
            urls.entry((&entry.method, entry.url.as_str())).or_default().push(entry.start_ms);
        }
        let (mut fits, mut gaps) = (0, 0);
        for starts in urls.values_mut() {
            starts.sort_unstable_by(f64::total_cmp);
            for pair in starts.windows(2).filter(|pair| pair[1] - pair[0] >= TICK_MS) {
                let gap = pair[1] - pair[0];
                let ticks = (gap / cadence.period_ms).round();
                gaps += 1;
                let off = (gap - ticks * cadence.period_ms).abs();
                fits += usize::from(ticks >= 1.0 && off <= f64::min(80.0, cadence.period_ms / 12.0));
            }
        }
        let holds = gaps >= 2 && fits as f64 >= FITTING * f64::from(gaps) && entries.len() >= 3;
        let others = cadence.candidates_ms.iter().copied().filter(|period| *period != cadence.period_ms);
        holds.then(|| Self {
            labels: case.names(&entries),
            period_ms: cadence.period_ms,
            others_ms: others.collect(),
            entries: case.places(&entries),
            guard: cadence.guard,
            skipped: cadence.skipped,
        })
    }

    pub(super) fn subject(&self) -> String {
        self.labels.join(", ")
    }

    pub(super) fn text(&self) -> String {
        let verb = if self.labels.len() == 1 { "is" } else { "are" };
        let doubt = match self.others_ms.as_slice() {
            [] => String::new(),
            others => format!(", or {}: the starts fit as well", listed(others.iter().map(|other| round_ms(*other)))),
        };
        let guard = match self.guard {
            Guard::Seen => format!(
                "; {} passed while a call was in flight, so the page skips a tick while it waits",
                count(self.skipped, "tick")
            ),
            Guard::Absent => "; a tick starts a call while the last one is in flight".to_owned(),
            Guard::Untested => String::new(),
        };
        let period = round_ms(self.period_ms);
        format!("{} {verb} polled every {period}{doubt}{guard}.", listed(self.labels.iter().cloned()))
    }
}

/// Calls of one kind that start together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bursting {
    labels: Vec<String>,
    entries: Vec<usize>,
    count: usize,
    at_ms: f64,
    spread_ms: f64,
    /// The answer that ended last before it, in another kind of request.
    after_entry: Option<usize>,
    after_label: Option<String>,
    /// Whether they fetch payloads of React Server Components.
    pub(super) is_prefetch: bool,
}

impl Bursting {
    pub(super) fn check(case: &Case<'_>, burst: &Burst) -> Option<Self> {
        let class = &case.diagnosis.classes.get(burst.class)?.class;
        let until = burst.at_ms + burst.spread_ms;
        let within = |at: &usize| {
            let start = case.entry(*at).start_ms;
            start >= burst.at_ms - 1e-6 && start <= until + 1e-6
        };
        let entries = class.entries.iter().copied().filter(within).collect::<Vec<_>>();
        (entries.len() == burst.count).then(|| Self {
            labels: vec![case.labels.of_class(burst.class).to_owned()],
            entries: case.places(&entries),
            count: burst.count,
            at_ms: burst.at_ms,
            spread_ms: burst.spread_ms,
            after_entry: burst.after.map(|at| case.entry(at).number),
            after_label: burst.after.map(|at| case.label(at)),
            is_prefetch: class.kind.is_rsc(),
        })
    }

    pub(super) fn subject(&self) -> String {
        self.labels.join(", ")
    }

    pub(super) fn text(&self) -> String {
        let after =
            self.after_label.as_ref().map_or_else(String::new, |label| format!(", after the answer to {label}"));
        let when =
            if self.spread_ms < 0.5 { "together at".to_owned() } else { format!("within {} at", ms(self.spread_ms)) };
        let requests = count(self.count, "request");
        format!("A burst: {requests} of {} {when} {}{after}.", listed(self.labels.iter().cloned()), ms(self.at_ms))
    }
}

/// One URL that was under way several times at once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Identical {
    method: String,
    url: String,
    together: usize,
    /// Whether the file is Chromium's, whose cache lets such calls through one at a time.
    chromium: bool,
}

/// Characters of an address in a sentence.
const ADDRESS: usize = 100;

impl Identical {
    pub(super) fn check(case: &Case<'_>, identical: &sixslot_har::identical::Identical) -> Option<Self> {
        // Two POSTs of one URL may carry different bodies: only a GET is surely the same call.
        if !identical.method.eq_ignore_ascii_case("GET") {
            return None;
        }
        let same = |entry: &Entry| entry.method == identical.method && entry.url.as_str() == identical.url;
        let calls = case.entries(|entry| same(entry) && !entry.is_from_cache());
        // A call whose end the file does not say may have ended before the next.
        let lives = calls.iter().filter_map(|at| Some((case.entry(*at).start_ms, case.entry(*at).end_ms()?)));
        let together = most_at_once(lives);
        (together >= 2).then(|| Self {
            method: identical.method.clone(),
            url: identical.url.clone(),
            together,
            chromium: case.archive.exporter.is_chromium(),
        })
    }

    pub(super) fn subject(&self) -> String {
        format!("{} {}", self.method, self.url)
    }

    pub(super) fn text(&self) -> String {
        let lock = if self.chromium {
            "; Chromium lets GETs of one URL through one at a time, until the headers have come"
        } else {
            ""
        };
        format!("{} {} was under way {} times at once{lock}.", self.method, cut(&self.url, ADDRESS), self.together)
    }
}
