//! Observations: the quantities of a load that a figure can be about.
//!
//! Rule: a capture lists what has ended in it, so only calls that ended before the window's end count; a socket is listed
//! with its duration so far. Durations are as the page sees them, from the call. Counts are of each load; durations of all
//! calls of all loads together.

use sixslot_models::Plan;
use sixslot_models::class::Kind;
use sixslot_models::load::{Load, Outcome, Request};
use sixslot_models::reading::{self as read, Fault, Node};
use sixslot_sim_core::{Span, Time};

/// What is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observable {
    /// Calls that ended in the window.
    Calls,
    /// Of these, those that were aborted by their deadline.
    Aborted,
    /// Of these, those that were answered.
    Answered,
    /// The time of all these calls and of the sockets together.
    RequestTime,
    /// The durations of the answered calls.
    Duration,
    /// The durations of the aborted calls.
    AbortDuration,
    /// From the call to the headers.
    FirstByte,
    /// From the call to its arrival at the server.
    SentAfter,
    /// A socket's duration, to its end or the window's.
    SocketLife,
    /// From the first call that can show the error to the error.
    ErrorTime,
    /// From the load's start until the page is ready.
    ReadyTime,
    /// The share of loads that failed.
    Failed,
    /// The share of loads whose error was cleared.
    Cleared,
}

/// The unit of an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count.
    Count,
    /// Seconds.
    Seconds,
    /// A part of one.
    Share,
}

impl Observable {
    /// Reads the word.
    ///
    /// # Errors
    /// Another word.
    pub fn read(node: &Node) -> Result<Self, Fault> {
        read::choice(&[
            ("calls", Self::Calls),
            ("aborted", Self::Aborted),
            ("answered", Self::Answered),
            ("request-time", Self::RequestTime),
            ("duration", Self::Duration),
            ("abort-duration", Self::AbortDuration),
            ("first-byte", Self::FirstByte),
            ("sent-after", Self::SentAfter),
            ("socket-life", Self::SocketLife),
            ("error-time", Self::ErrorTime),
            ("ready-time", Self::ReadyTime),
            ("failed", Self::Failed),
            ("cleared", Self::Cleared),
        ])(node)
    }

    /// Its unit.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Calls | Self::Aborted | Self::Answered => Unit::Count,
            Self::Failed | Self::Cleared => Unit::Share,
            _ => Unit::Seconds,
        }
    }

    /// Whether it is a share of the loads.
    pub const fn is_share(self) -> bool {
        matches!(self.unit(), Unit::Share)
    }
}

/// The loads that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// All.
    Any,
    /// Those that failed.
    Failed,
    /// Those in which the page got ready.
    Loaded,
    /// Those in which it did not.
    NotLoaded,
}

impl Given {
    /// Reads the word.
    ///
    /// # Errors
    /// Another word.
    pub fn read(node: &Node) -> Result<Self, Fault> {
        let words =
            [("any", Self::Any), ("failed", Self::Failed), ("loaded", Self::Loaded), ("not-loaded", Self::NotLoaded)];
        read::choice(&words)(node)
    }

    fn holds(self, load: &Load) -> bool {
        let verdict = load.verdict();
        match self {
            Self::Any => true,
            Self::Failed => verdict.failed,
            Self::Loaded => verdict.ready.is_some(),
            Self::NotLoaded => verdict.ready.is_none(),
        }
    }

    /// The loads in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Any => "loads",
            Self::Failed => "failing loads",
            Self::Loaded => "loads that got ready",
            Self::NotLoaded => "loads that never got ready",
        }
    }
}

/// A quantity, and the loads in which it is observed.
#[derive(Clone, Debug)]
pub struct View {
    /// What is observed.
    pub observable: Observable,
    /// The names of the requests; none: all.
    pub requests: Vec<String>,
    /// Only this call of each.
    pub attempt: Option<u32>,
    /// How long the capture is.
    pub window: Option<Span>,
    /// Only this tab.
    pub tab: Option<u32>,
    /// Only such loads.
    pub given: Given,
}

impl View {
    /// Whether a plan has one of the requests.
    pub fn applies(&self, plan: &Plan) -> bool {
        self.requests.is_empty() || plan.classes().iter().any(|class| self.requests.contains(&class.name))
    }

    /// The values in a load, or none if the load does not count.
    pub fn values(&self, plan: &Plan, load: &Load) -> Option<Vec<f64>> {
        if !self.given.holds(load) {
            return None;
        }
        let verdict = load.verdict();
        let seconds = |from: Time, to: Time| (to - from).as_seconds_f64();
        let mount = self.mount(plan, load);
        let end = self.window.map_or(plan.horizon(), |window| mount + window);
        let mine = |request: &&Request| self.counts(plan, request);
        let calls = || {
            let fetches = load.requests().iter().filter(mine).filter(|request| self.kind(plan, request) == Kind::Fetch);
            fetches.filter_map(move |request| request.ended.filter(|ended| *ended < end).map(|ended| (request, ended)))
        };
        let sockets = || {
            let opened = load.requests().iter().filter(mine).filter(|request| self.kind(plan, request).is_socket());
            opened.filter(move |request| request.headers.is_some_and(|headers| headers < end))
        };
        let life = |request: &Request| seconds(request.issued, request.ended.unwrap_or(end).min(end));
        let number = |outcome: Outcome| calls().filter(|(request, _)| request.outcome == outcome).count();
        let of = |wanted: Outcome| {
            let own = calls().filter(move |(request, _)| request.outcome == wanted);
            own.map(|(request, ended)| seconds(request.issued, ended)).collect()
        };
        Some(match self.observable {
            Observable::Calls => vec![calls().count() as f64],
            Observable::Aborted => vec![number(Outcome::Aborted) as f64],
            Observable::Answered => vec![number(Outcome::Ok) as f64],
            Observable::RequestTime => {
                let calls: f64 = calls().map(|(request, ended)| seconds(request.issued, ended)).sum();
                vec![calls + sockets().map(life).sum::<f64>()]
            }
            Observable::Duration => of(Outcome::Ok),
            Observable::AbortDuration => of(Outcome::Aborted),
            Observable::FirstByte => {
                let answered = calls().filter_map(|(request, _)| Some((request.issued, request.headers?)));
                answered.map(|(issued, headers)| seconds(issued, headers)).collect()
            }
            Observable::SentAfter => {
                // A call that was never sent has waited for its whole duration.
                let own = load.requests().iter().filter(mine).filter(|request| self.kind(plan, request) == Kind::Fetch);
                own.map(|request| seconds(request.issued, request.sent.or(request.ended).unwrap_or(end))).collect()
            }
            Observable::SocketLife => sockets().map(life).collect(),
            Observable::ErrorTime => verdict.error.map(|error| seconds(mount, error)).into_iter().collect(),
            Observable::ReadyTime => verdict.ready.map(Time::as_seconds_f64).into_iter().collect(),
            Observable::Failed => vec![f64::from(u8::from(verdict.failed))],
            Observable::Cleared => vec![f64::from(u8::from(verdict.recovered.is_some()))],
        })
    }

    fn kind(&self, plan: &Plan, request: &Request) -> Kind {
        plan.classes()[request.class].kind
    }

    fn counts(&self, plan: &Plan, request: &Request) -> bool {
        let class = &plan.classes()[request.class];
        class.kind != Kind::Background
            && (self.requests.is_empty() || self.requests.contains(&class.name))
            && self.attempt.is_none_or(|attempt| request.attempt == attempt)
            && self.tab.is_none_or(|tab| request.tab == tab)
    }

    /// The first call that can show the error: the start of a published clock.
    fn mount(&self, plan: &Plan, load: &Load) -> Time {
        let first = |wanted: &dyn Fn(&Request) -> bool| {
            let tab = |request: &&Request| self.tab.is_none_or(|tab| request.tab == tab);
            load.requests().iter().filter(tab).find(|request| wanted(request)).map(|request| request.issued)
        };
        first(&|request| plan.load().judges(request.class))
            .or_else(|| first(&|request| plan.classes()[request.class].deadline.is_some()))
            .unwrap_or(Time::ZERO)
    }
}
