//! The picture of a load as data, for a page that draws it itself: rows with their phases, slots as lanes, the queue.
//!
//! Rule: the same times as the SVG has; milliseconds from the start of the load, to the microsecond, because no screen shows
//! less and a report holds many loads.

use super::Subject;
use serde::Serialize;
use sixslot_models::class::Kind;
use sixslot_models::load::{AbortedBy, Outcome, Request, Station};
use sixslot_sim_core::{Span, Time};

/// The most rows; the others are counted.
const ROWS: usize = 4_000;

/// A load to be drawn.
#[derive(Debug, Serialize)]
pub struct Picture {
    /// A little after the last moment that decided the load.
    pub end_ms: f64,
    /// How long the load was observed.
    pub horizon_ms: f64,
    /// When the page was ready, showed its error, and cleared it, where that happened.
    pub moments: Vec<(&'static str, f64)>,
    /// The requests in the order in which the page issued them, sockets among them.
    pub rows: Vec<Row>,
    /// Requests that have no row.
    pub left_out: usize,
    /// The slots of each origin that had requests.
    pub origins: Vec<Slots>,
}

/// A request.
#[derive(Debug, Serialize)]
pub struct Row {
    number: usize,
    name: String,
    class: usize,
    url: String,
    tab: u32,
    kind: &'static str,
    outcome: &'static str,
    issued_ms: f64,
    ended_ms: Option<f64>,
    deadline_ms: Option<f64>,
    /// The phases in order: key, start and length.
    phases: Vec<(&'static str, f64, f64)>,
    /// Whether it made the load fail, or late.
    culprit: bool,
    /// Whether the page waits for it or shows its error.
    decisive: bool,
}

/// The slots of an origin.
#[derive(Debug, Serialize)]
pub struct Slots {
    /// The origin.
    host: String,
    /// What a slot is: a connection, or a stream.
    kind: &'static str,
    /// How many there may be.
    limit: usize,
    /// How many lanes are used.
    lanes: usize,
    /// Lane, number of the request, from, until.
    held: Vec<(usize, usize, f64, f64)>,
    /// The number of requests that wait for a slot, from each time on.
    queue: Vec<(f64, usize)>,
}

/// Milliseconds, to the microsecond.
fn millis(time: Time) -> f64 {
    ((time.as_nanos() + 500) / 1_000) as f64 / 1e3
}

impl Subject<'_> {
    /// The load as data to be drawn.
    pub fn picture(&self) -> Picture {
        let verdict = self.load.verdict();
        let ms = |time: Option<Time>| time.map(millis);
        let moments = [("ready", verdict.ready), ("error", verdict.error), ("recovered", verdict.recovered)];
        let seen = self.load.requests().iter().filter(|request| self.class(request).kind != Kind::Background);
        let numbered: Vec<(usize, &Request)> = (1..).zip(seen).collect();
        let number = |wanted: &Request| {
            let found = numbered.iter().find(|(_, request)| std::ptr::eq(*request, wanted));
            found.map_or(0, |(number, _)| *number)
        };
        Picture {
            end_ms: millis(Time::ZERO + super::svg::end(self)),
            horizon_ms: millis(self.plan.horizon()),
            moments: moments.into_iter().filter_map(|(word, time)| Some((word, ms(time)?))).collect(),
            rows: numbered.iter().take(ROWS).map(|(number, request)| self.as_row(*number, request)).collect(),
            left_out: numbered.len().saturating_sub(ROWS),
            origins: (0..self.plan.origins().len()).filter_map(|origin| self.slots_of(origin, number)).collect(),
        }
    }

    fn as_row(&self, number: usize, request: &Request) -> Row {
        let (class, rules) = (self.class(request), self.plan.load());
        let phases = self.phases(request);
        let connect = phases.connect.unwrap_or(Span::ZERO);
        let parts = [
            ("page", request.spent(Station::Page)),
            ("scheduler", phases.queueing),
            ("cache", request.spent(Station::Cache)),
            ("pool", request.spent(Station::Pool)),
            ("connect", connect),
            ("send", request.spent(Station::Connect) - connect),
            ("server", phases.wait),
            ("body", phases.receive),
        ];
        let mut from = request.issued;
        let mut shown = Vec::new();
        for (key, span) in parts.into_iter().filter(|(_, span)| !span.is_zero()) {
            shown.push((key, millis(from), millis(Time::ZERO + span)));
            from += span;
        }
        Row {
            number,
            name: self.name(request),
            class: request.class,
            url: class.copy(request.index).url.expand(request.index, request.tab),
            tab: request.tab,
            kind: if class.kind.is_socket() { "socket" } else { "request" },
            outcome: match request.outcome {
                Outcome::Ok if request.sent.is_none() => "cached",
                Outcome::Aborted => match request.aborted_by() {
                    Some(AbortedBy::Event) => "cancelled",
                    Some(AbortedBy::NextCall) => "superseded",
                    Some(AbortedBy::Navigation) => "left",
                    _ => "aborted",
                },
                outcome => crate::record::outcome_word(outcome),
            },
            issued_ms: millis(request.issued),
            ended_ms: request.ended.map(millis),
            deadline_ms: class.deadline.map(|deadline| millis(request.issued + deadline)),
            phases: shown,
            culprit: self.load.culprit(self.plan).is_some_and(|culprit| std::ptr::eq(culprit, request)),
            decisive: rules.ready.contains(&request.class) || rules.judges(request.class),
        }
    }

    fn slots_of(&self, origin: usize, number: impl Fn(&Request) -> usize) -> Option<Slots> {
        let (holders, lanes) = self.lanes(origin);
        if lanes == 0 {
            return None;
        }
        let rules = &self.plan.origins()[origin];
        let stop = self.plan.horizon();
        let held = |(lane, request): (usize, &Request)| {
            let (from, until) = (request.slot_from.unwrap_or(stop), request.slot_until.unwrap_or(stop));
            (lane, number(request), millis(from), millis(until))
        };
        Some(Slots {
            host: self.origin_words(origin),
            kind: if rules.protocol.multiplexes() { "stream" } else { "connection" },
            limit: rules.places(self.plan.browser().connections),
            lanes,
            held: holders.into_iter().take(ROWS).map(held).collect(),
            queue: self.queue_depth(origin).into_iter().map(|(time, depth)| (millis(time), depth)).collect(),
        })
    }
}
