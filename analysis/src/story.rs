//! One load in plain words: its outcome, and where the time of the requests that decided it went.
//!
//! Rule: a reason is a number of the load itself. The classes that held the slots are counted from the connections' times
//! during the wait, not guessed from the scenario.

use crate::text_table::{Align, TextTable, TimeUnit};
use crate::waterfall::name;
use crate::words::duration;
use sixslot_models::Plan;
use sixslot_models::class::{Failure, Kind};
use sixslot_models::load::{AbortedBy, Load, Outcome, Request, Station};
use sixslot_models::origin::Discipline;
use sixslot_sim_core::{Span, Time};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The story of a load.
#[derive(Debug)]
pub struct Story<'a> {
    /// The plan that was simulated.
    pub plan: &'a Plan,
    /// The load.
    pub load: &'a Load,
}

impl Story<'_> {
    /// The outcome in a sentence or two.
    pub fn outcome(&self) -> String {
        let verdict = self.load.verdict();
        let since = |time: Time| duration(time - Time::ZERO);
        let mut text = match (verdict.failed, verdict.error, verdict.ready) {
            (true, ..) => "FAILED: ".to_owned(),
            (false, None, Some(_)) => "Loaded: ".to_owned(),
            (false, ..) => "Not failed, by this scenario's rule: ".to_owned(),
        };
        if let Some(error) = verdict.error {
            let _ = write!(text, "the page showed its error at {}", since(error));
            if let Some(request) = verdict.culprit.and_then(|id| self.load.requests().get(id)) {
                let _ = write!(text, ", because {}", self.fate(request));
            }
            text.push_str(match (verdict.recovered, self.plan.load().error_is_final) {
                (_, true) => ". Nothing clears the error.",
                (Some(_), _) => ".",
                (None, _) => ". No later success cleared it.",
            });
            if let Some(recovered) = verdict.recovered {
                let _ = write!(text, " A later success cleared it at {}.", since(recovered));
            }
            text.push(' ');
        }
        match verdict.ready {
            Some(ready) => {
                let _ = write!(text, "The page was ready at {}.", since(ready));
            }
            None if verdict.error.is_none() => {
                let _ = write!(text, "the page was not ready within {}", duration(self.plan.horizon() - Time::ZERO));
                match self.load.culprit(self.plan) {
                    Some(request) => {
                        let _ = write!(text, "; {}.", self.fate(request));
                    }
                    None => text.push('.'),
                }
            }
            None => {}
        }
        text.trim_end().to_owned()
    }

    fn fate(&self, request: &Request) -> String {
        let name = name(self.plan, self.load, request);
        let last = request.last_station();
        let path = &self.plan.origins()[self.plan.classes()[request.class].origin].path;
        let place = |station: Station| match station {
            // Or on the way there, or its answer on the way back.
            Station::Server if path.rtt.is_some() => "waiting for the server's answer",
            station => place(station),
        };
        let mut at = place(last).to_owned();
        if request.slot_from.is_none() {
            at.push_str(", never sent");
        }
        // Its station at the end is not always where it spent its time.
        let longest =
            Station::ALL.map(|(station, _)| station).into_iter().max_by_key(|station| request.spent(*station));
        if let Some(longest) = longest.filter(|longest| *longest != last) {
            at = format!("{at}, after {} {}", duration(request.spent(longest)), place(longest));
        }
        if let Some(by) = request.aborted_by() {
            let why = match by {
                AbortedBy::NextCall if request.gave_up.is_some() => "given up at the next call",
                AbortedBy::NextCall => "aborted by the next call",
                AbortedBy::Event => "cancelled",
                AbortedBy::Navigation => "ended by the navigation from its page",
                _ if request.gave_up.is_some() => "given up at its deadline",
                _ => "aborted by its deadline",
            };
            let then = request.gave_up.and_then(|at| request.station_at(at));
            return match then {
                Some(station) => format!("`{name}` was {why} when it was {}, and went on", place(station)),
                None => format!("`{name}` was {why}: it was {at}"),
            };
        }
        match request.outcome {
            Outcome::Failed => match request.failure {
                Some(Failure::Status(status)) => format!("`{name}` was answered with HTTP status {status}"),
                Some(Failure::Refused) => format!("the connection of `{name}` was refused"),
                _ => format!("the connection of `{name}` was reset in the middle of the answer"),
            },
            Outcome::Coalesced => format!("`{name}` had joined a call of the same URL that failed"),
            _ => format!("`{name}` had not ended: it was {at}"),
        }
    }

    /// The classes that held the slots while a request waited for one: their total time and number of requests. These are
    /// the slots of its own group, unless that was never full: then the limit of the whole pool held it back, and they are
    /// those of all groups.
    pub fn held(&self, request: &Request) -> BTreeMap<usize, (Span, usize)> {
        let wait = request.spent(Station::Pool);
        let before: Span =
            [Station::Page, Station::Scheduler, Station::Cache].map(|station| request.spent(station)).into_iter().sum();
        let from = request.issued + before;
        let until = from + wait;
        let rules = self.plan.browser();
        let group = |request: &Request| {
            let class = &self.plan.classes()[request.class];
            (class.origin, class.omits_credentials && rules.partition_by_credentials)
        };
        let slots = || {
            self.load.requests().iter().filter_map(|other| {
                let (start, end) = (other.slot_from?.max(from), other.slot_until?.min(until));
                (start < end).then_some((other, start, end))
            })
        };
        let own = group(request);
        let mut changes: Vec<(Time, bool)> = slots()
            .filter(|(other, ..)| group(other) == own)
            .flat_map(|(_, start, end)| [(start, true), (end, false)])
            .collect();
        changes.sort_unstable();
        let (mut taken, mut most) = (0_usize, 0);
        for (_, begins) in changes {
            taken = if begins { taken + 1 } else { taken - 1 };
            most = most.max(taken);
        }
        let is_full = most >= self.plan.origins()[own.0].places(rules.connections);
        let mut held: BTreeMap<usize, (Span, usize)> = BTreeMap::new();
        for (other, start, end) in slots().filter(|(other, ..)| !is_full || group(other) == own) {
            let entry = held.entry(other.class).or_default();
            entry.0 = entry.0 + (end - start);
            entry.1 += 1;
        }
        held
    }

    /// The classes of the other calls at the server during a request's time there, with their total time. None if requests do
    /// not slow each other down at that server.
    pub fn concurrent(&self, request: &Request) -> BTreeMap<usize, Span> {
        let origin = self.plan.classes()[request.class].origin;
        let mut concurrent: BTreeMap<usize, Span> = BTreeMap::new();
        let Some(from) = request.sent.filter(|_| self.plan.origins()[origin].discipline != Discipline::Independent)
        else {
            return concurrent;
        };
        let until = from + request.spent(Station::Server);
        for other in self.load.requests().iter().filter(|other| !std::ptr::eq(*other, request)) {
            let Some(start) = other.sent.filter(|_| self.plan.classes()[other.class].origin == origin) else {
                continue;
            };
            let (start, end) = (start.max(from), (start + other.spent(Station::Server)).min(until));
            if start < end {
                let sum = concurrent.entry(other.class).or_default();
                *sum = *sum + (end - start);
            }
        }
        concurrent
    }

    /// The classes that held the slots while a request waited for one, as shares of the slots' time.
    fn holders(&self, request: &Request) -> Option<String> {
        let wait = request.spent(Station::Pool);
        if wait.is_zero() {
            return None;
        }
        let held = self.held(request);
        if held.is_empty() {
            return None;
        }
        let total: Span = held.values().map(|(span, _)| *span).sum();
        let mut parts: Vec<_> = held.into_iter().collect();
        parts.sort_unstable_by_key(|(class, (span, _))| (std::cmp::Reverse(*span), *class));
        let share = |span: Span| 100.0 * span.as_seconds_f64() / total.as_seconds_f64().max(f64::MIN_POSITIVE);
        let texts = parts.iter().take(4).map(|(class, (span, count))| {
            let times = if *count == 1 { String::new() } else { format!(" ({count} requests)") };
            format!("{}{times} {:.0} %", self.plan.classes()[*class].name, share(*span))
        });
        let texts: Vec<String> = texts.collect();
        Some(format!(
            "While `{}` waited {} for a connection, the slots were held by: {}.",
            name(self.plan, self.load, request),
            duration(wait),
            texts.join(", ")
        ))
    }

    /// The requests that decided the load: the failed ones up to the verdict, and of those that the page waits for the
    /// slowest.
    fn decisive(&self) -> Vec<&Request> {
        let verdict = self.load.verdict();
        let end = verdict.error.or(verdict.ready).unwrap_or(self.plan.horizon());
        let rules = self.plan.load();
        let failed = |request: &Request| {
            let aborted = request.ended.filter(|_| request.outcome.is_wrong() && !request.superseded);
            let aborted = aborted.filter(|_| !request.cancelled);
            request.gave_up.filter(|_| !request.cancelled).or(aborted).is_some_and(|ended| ended <= end)
        };
        let decides = |request: &&Request| {
            self.plan.classes()[request.class].kind == Kind::Fetch
                && request.issued <= end
                && (failed(request) || rules.ready.contains(&request.class))
        };
        let mut decisive: Vec<&Request> = self.load.requests().iter().filter(decides).collect();
        let slowness = |request: &Request| {
            if failed(request) { (0, Span::ZERO) } else { (1, Span::MAX - life(request)) }
        };
        decisive.sort_by_key(|request| slowness(request));
        decisive
    }

    /// The outcome and the reason, in sentences.
    #[must_use]
    pub fn answer(&self) -> String {
        let culprit = self.load.culprit(self.plan);
        let decisive = self.decisive();
        let longest = decisive.iter().copied().max_by_key(|request| request.spent(Station::Pool));
        let holders = culprit.or(longest).and_then(|request| self.holders(request));
        [Some(self.outcome()), holders].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Where the time of the requests went that decided the load, at most `rows` of them, in lines of at most `width` columns.
    #[must_use]
    pub fn times(&self, rows: usize, width: usize) -> String {
        let decisive = self.decisive();
        let shown = || decisive.iter().take(rows);
        let stations = Station::ALL.into_iter().filter(|(at, _)| shown().any(|one| !one.spent(*at).is_zero()));
        let stations: Vec<_> = stations.collect();
        let ms = |span: Span| span.as_millis_f64();
        let unit = TimeUnit::of(shown().flat_map(|one| [ms(one.issued - Time::ZERO), ms(life(one))]));
        let of = |what: &str| (format!("{what}, {}", unit.symbol()), Align::Right);
        let left = [("where the time went".to_owned(), Align::Left), of("issued"), of("life")];
        let columns = left.into_iter().chain(stations.iter().map(|(_, name)| of(name)));
        let mut table = TextTable::new(columns.chain([("outcome".to_owned(), Align::Left)]));
        for request in shown() {
            let times = [request.issued - Time::ZERO, life(request)].map(|span| unit.write(ms(span)));
            let spent = stations.iter().map(|(at, _)| match request.spent(*at) {
                spent if spent.is_zero() => "-".to_owned(),
                spent => unit.write(ms(spent)),
            });
            let outcome = match request.gave_up {
                Some(_) => "given up",
                None => crate::record::outcome_word(request.outcome),
            };
            let outcome = outcome.to_owned();
            let label = [name(self.plan, self.load, request)];
            table.row(label.into_iter().chain(times).chain(spent).chain([outcome]));
        }
        let mut out = if decisive.is_empty() { String::new() } else { table.draw(width) };
        if decisive.len() > rows {
            let _ = writeln!(out, "... and {} more", decisive.len() - rows);
        }
        out
    }
}

/// A station in words.
pub const fn place(station: Station) -> &'static str {
    match station {
        Station::Page => "held back by the page itself",
        Station::Scheduler => "held by the browser's scheduler",
        Station::Cache => "waiting at the cache lock",
        Station::Pool => "waiting for a connection",
        Station::Connect => "on its way to the server",
        Station::Server => "at the server",
        Station::Body | Station::Ended => "in its body",
    }
}

/// Time from a request's issue to its end, or to the end of the simulation.
fn life(request: &Request) -> Span {
    Station::ALL.iter().map(|(station, _)| request.spent(*station)).sum()
}
