//! Claims about connections: which requests waited for them, which held them, how they are used.
//!
//! Rule: the six are a browser's limit for one origin of HTTP/1.1, so nothing is said of six for an origin that shares its
//! connections, nor from a proxy's archive. A stream, or a socket whose entry names a connection, holds it for as long as it
//! was open.

use super::case::{Case, WAIT_MS, bare};
use super::phrases::{NAMES, listed, ms, range};
use crate::words::count;
use serde::Serialize;
use sixslot_har::occupancy::{Occupancy, SLOTS};
use sixslot_har::{Entry, Verdict};
use std::collections::BTreeMap;

/// A time with six connections held that is shorter than this is not reported.
const TAKEN_MS: f64 = 100.0;
/// Requests to an origin below which "no connection is used twice" says nothing.
const FEWEST: usize = 4;

/// Requests to one origin that waited in the browser and were then answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waited {
    pub(super) origin: String,
    entries: Vec<usize>,
    labels: Vec<String>,
    median_ms: f64,
    pub(super) longest_ms: f64,
    /// Of these: held at the scheduler for [`WAIT_MS`] or more.
    at_scheduler: usize,
}

/// How long an answered request is known to have waited in the browser; 0 where the file does not say.
pub(super) fn wait_ms(entry: &Entry) -> f64 {
    let answered = entry.verdict.is_answered() && entry.verdict != Verdict::Socket;
    if answered { entry.timings.blocked.unwrap_or(0.0) } else { 0.0 }
}

impl Waited {
    pub(super) fn check(case: &Case<'_>, origin: &Occupancy) -> Option<Self> {
        if !case.reports_waiting() {
            return None;
        }
        let entries = case.entries_at(&origin.origin, |entry| wait_ms(entry) >= WAIT_MS);
        let mut waits = entries.iter().map(|at| wait_ms(case.entry(*at))).collect::<Vec<_>>();
        waits.sort_unstable_by(f64::total_cmp);
        let scheduler = |at: &&usize| case.entry(**at).timings.queueing.is_some_and(|held| held >= WAIT_MS);
        Some(Self {
            origin: origin.origin.clone(),
            labels: case.names_at(&entries, &origin.origin),
            at_scheduler: entries.iter().filter(scheduler).count(),
            median_ms: *waits.get(waits.len() / 2)?,
            longest_ms: *waits.last()?,
            entries: case.places(&entries),
        })
    }

    pub(super) fn number(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn text(&self) -> String {
        let long = match self.number() {
            1 => ms(self.longest_ms),
            _ => format!("{} in the median, {} at most", ms(self.median_ms), ms(self.longest_ms)),
        };
        let scheduler = match self.at_scheduler {
            0 => String::new(),
            held if held == self.number() => ", at the scheduler".to_owned(),
            held => format!(", {held} of them at the scheduler"),
        };
        format!(
            "Waited in the browser, then answered: {} to {} ({}), {long}{scheduler}.",
            count(self.number(), "request"),
            self.origin,
            listed(self.labels.iter().cloned())
        )
    }
}

/// A label's part of the time for which the connections were held.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Holder {
    label: String,
    percent: f64,
}

/// The six connections to an origin were held, or may have been.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Taken {
    pub(super) origin: String,
    connections: usize,
    pub(super) ms: f64,
    /// Of a possible time: whether there is a certain one besides.
    #[serde(skip)]
    besides: bool,
    holders: Vec<Holder>,
}

/// Whether the six are this origin's limit, as far as the file says.
fn has_six(case: &Case<'_>, origin: &Occupancy) -> bool {
    !origin.protocol.is_multiplexed() && !case.is_proxy()
}

/// The labels of those that held the connections meanwhile, with their percent, most first.
fn holders(case: &Case<'_>, origin: &Occupancy) -> Vec<Holder> {
    let all = origin.holders.iter().map(|share| share.ms).sum::<f64>();
    let mut parts = BTreeMap::<&str, f64>::new();
    for share in &origin.holders {
        let label = bare(case.labels.of_class(share.class), &origin.origin);
        *parts.entry(label).or_default() += share.ms / all * 100.0;
    }
    let mut holders =
        parts.into_iter().map(|(label, percent)| Holder { label: label.to_owned(), percent }).collect::<Vec<_>>();
    holders.sort_by(|one, other| other.percent.total_cmp(&one.percent));
    holders
}

impl Taken {
    pub(super) fn check(case: &Case<'_>, origin: &Occupancy) -> Option<Self> {
        let ms = origin.saturated_ms();
        (has_six(case, origin) && origin.most_held >= SLOTS && ms >= TAKEN_MS).then(|| Self {
            origin: origin.origin.clone(),
            connections: SLOTS,
            ms,
            besides: false,
            holders: holders(case, origin),
        })
    }

    /// They may have been held for longer than they were for certain.
    pub(super) fn check_perhaps(case: &Case<'_>, origin: &Occupancy) -> Option<Self> {
        let more = origin.possibly_saturated_ms - origin.saturated_ms();
        (has_six(case, origin) && origin.most_possible >= SLOTS && more >= TAKEN_MS).then(|| Self {
            origin: origin.origin.clone(),
            connections: SLOTS,
            ms: more,
            besides: origin.saturated_ms() >= TAKEN_MS,
            holders: Vec::new(),
        })
    }

    pub(super) fn text(&self) -> String {
        let (named, others) = self.holders.split_at(self.holders.len().min(NAMES));
        let named = named.iter().filter(|holder| holder.percent >= 0.5);
        let mut names: Vec<String> = named.map(|holder| format!("{} {:.0} %", holder.label, holder.percent)).collect();
        let rest: f64 = others.iter().map(|holder| holder.percent).sum();
        if rest >= 0.5 {
            names.push(format!("others {rest:.0} %"));
        }
        format!(
            "All six connections to {} were taken for {} in all, by {}.",
            self.origin,
            ms(self.ms),
            names.join(", ")
        )
    }

    pub(super) fn perhaps(&self) -> String {
        format!(
            "The six connections to {} may have been taken for {}{}: of some requests the file does not say when, or whether, \
             they were sent.",
            self.origin,
            ms(self.ms),
            if self.besides { " more" } else { "" }
        )
    }
}

/// No connection to an origin was used for a second request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotReused {
    pub(super) origin: String,
    pub(super) requests: usize,
    /// Connections that the file names; none where it names none.
    connections: Option<usize>,
    /// Answers that say `Connection: close`.
    close_headers: usize,
    /// What opening one takes in the median, in milliseconds.
    connect_ms: Option<f64>,
}

impl NotReused {
    pub(super) fn check(case: &Case<'_>, origin: &Occupancy) -> Option<Self> {
        let answered = |entry: &Entry| entry.verdict.is_answered() && entry.verdict != Verdict::Socket;
        let entries = case.entries_at(&origin.origin, answered);
        let requests = entries.len();
        let mut ids = entries.iter().filter_map(|at| case.entry(*at).connection.as_deref()).collect::<Vec<_>>();
        let named = ids.len();
        ids.sort_unstable();
        ids.dedup();
        let close = |at: &&usize| {
            let connection = case.entry(**at).response_headers.get("connection");
            connection.is_some_and(|value| value.trim().eq_ignore_ascii_case("close"))
        };
        let close_headers = entries.iter().filter(close).count();
        let by_ids = named == requests && ids.len() == requests;
        let by_headers = named == 0 && close_headers == requests;
        let holds = requests >= FEWEST && has_six(case, origin) && close_headers == requests && (by_ids || by_headers);
        holds.then(|| {
            let connects = entries.iter().filter_map(|at| case.entry(*at).timings.connect);
            let mut connects = connects.filter(|connect| *connect > 0.0).collect::<Vec<_>>();
            connects.sort_unstable_by(f64::total_cmp);
            Self {
                origin: origin.origin.clone(),
                requests,
                connections: by_ids.then_some(ids.len()),
                close_headers,
                connect_ms: connects.get(connects.len() / 2).copied(),
            }
        })
    }

    pub(super) fn text(&self) -> String {
        let on = self.connections.map_or_else(String::new, |ids| format!(" on {}", count(ids, "connection")));
        let connect = self.connect_ms.map_or_else(String::new, |connect| {
            format!(" Opening one takes {} in the median, and counts against the six while it lasts.", ms(connect))
        });
        format!(
            "No connection to {} is used twice: {}{on}, each answered with `Connection: close`.{connect}",
            self.origin,
            count(self.requests, "request")
        )
    }
}

/// Origins whose requests share a connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Multiplexed {
    pub(super) origins: Vec<String>,
}

impl Multiplexed {
    pub(super) fn check(case: &Case<'_>) -> Option<Self> {
        let origins = case.diagnosis.origins.iter().filter(|origin| origin.protocol.is_multiplexed());
        let origins = origins.map(|origin| origin.origin.clone()).collect::<Vec<_>>();
        (!origins.is_empty()).then_some(Self { origins })
    }

    pub(super) fn text(&self) -> String {
        format!(
            "Over HTTP/2 or HTTP/3, where requests share a connection and no limit of six holds: {}.",
            listed(self.origins.iter().cloned())
        )
    }
}

/// Event streams to one origin that stayed open.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Streams {
    pub(super) origin: String,
    entries: Vec<usize>,
    labels: Vec<String>,
    shortest_ms: f64,
    longest_ms: f64,
}

/// The shortest time for which a stream that ended held its connection, in milliseconds; shorter ones are answers.
const STREAM_MS: f64 = 1_000.0;

impl Streams {
    pub(super) fn check(case: &Case<'_>, origin: &Occupancy) -> Option<Self> {
        let held = |entry: &Entry| {
            let stream = entry.verdict == Verdict::EventStream;
            let (from, until) = entry.held(case.archive.span_ms).filter(|_| stream)?;
            (until - from >= STREAM_MS || until >= case.archive.span_ms).then_some(until - from)
        };
        let entries = case.entries_at(&origin.origin, |entry| held(entry).is_some());
        let times = entries.iter().filter_map(|at| held(case.entry(*at)));
        let (shortest_ms, longest_ms) =
            times.fold((f64::INFINITY, 0.0_f64), |(low, high), time| (low.min(time), high.max(time)));
        (has_six(case, origin) && !entries.is_empty()).then(|| Self {
            origin: origin.origin.clone(),
            labels: case.names_at(&entries, &origin.origin),
            entries: case.places(&entries),
            shortest_ms,
            longest_ms,
        })
    }

    pub(super) fn text(&self) -> String {
        let one = self.entries.len() == 1;
        format!(
            "{} ({}) {} one of the six connections to {} for as long as {} open, {} here; a further tab that opens one takes \
             another.",
            count(self.entries.len(), "event stream"),
            listed(self.labels.iter().cloned()),
            if one { "holds" } else { "each hold" },
            self.origin,
            if one { "it is" } else { "they are" },
            range(self.shortest_ms, self.longest_ms)
        )
    }
}

/// WebSockets that were opened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sockets {
    entries: Vec<usize>,
    labels: Vec<String>,
    /// Their entries name a connection of the origin, so they held one.
    takes_connection: bool,
}

impl Sockets {
    pub(super) fn check(case: &Case<'_>, takes_connection: bool) -> Option<Self> {
        let is = |entry: &Entry| entry.verdict == Verdict::Socket && entry.connection.is_some() == takes_connection;
        let entries = case.entries(is);
        (!entries.is_empty() && !case.is_proxy()).then(|| Self {
            labels: case.names(&entries),
            entries: case.places(&entries),
            takes_connection,
        })
    }

    pub(super) fn subject(&self) -> String {
        self.takes_connection.to_string()
    }

    pub(super) fn text(&self) -> String {
        let one = self.entries.len() == 1;
        let sockets = format!("{} ({})", count(self.entries.len(), "WebSocket"), listed(self.labels.iter().cloned()));
        if self.takes_connection {
            let (holds, its, it_is) = if one {
                ("holds", "its entry names", "it is")
            } else {
                ("each hold", "their entries name", "they are")
            };
            format!(
                "{sockets} {holds} a connection to the origin for as long as {it_is} open: {its} one of the origin's."
            )
        } else {
            format!("{sockets}: outside the six, not {} of them.", if one { "one" } else { "any" })
        }
    }
}
