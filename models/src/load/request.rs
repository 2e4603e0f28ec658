//! One request's life: when it was where, and how it ended.
//!
//! Rule: a request is at one station at a time, so the times at its stations add up to its life.

use super::draws::Call;
use super::list::{List, RequestId};
use sixslot_sim_core::{EventKey, Handle, Span, Time};

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Station {
    /// The page holds it: a framework's queue, or a call of the same URL that it has joined.
    Page,
    /// The scheduler holds it.
    Scheduler,
    /// It waits for its turn at the cache lock, or for an answer that is being stored.
    Cache,
    /// It waits for a connection.
    Pool,
    /// It has a connection; the server does not have it yet.
    Connect,
    /// The server has it.
    Server,
    /// Its body is coming.
    Body,
    /// It has ended.
    Ended,
}

impl Station {
    /// How many stations take time.
    pub const COUNT: usize = 7;
    /// The stations that take time, in a request's order, with the names that output uses.
    pub const ALL: [(Self, &'static str); Self::COUNT] = [
        (Self::Page, "page"),
        (Self::Scheduler, "scheduler"),
        (Self::Cache, "cache"),
        (Self::Pool, "pool"),
        (Self::Connect, "connect"),
        (Self::Server, "server"),
        (Self::Body, "body"),
    ];
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Ok,
    /// Its deadline struck.
    Aborted,
    /// It shared the fate of a call of the same URL.
    Coalesced,
    /// It had not ended when the load was last looked at.
    Unfinished,
}

/// A request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// Its class, by number in the plan.
    pub class: usize,
    /// Its copy's number, from 0; for a random stream, the arrival's.
    pub index: u32,
    /// Its tab, from 0.
    pub tab: u32,
    /// 1-based number of this call among all calls of its instance.
    pub attempt: u32,
    /// The tick of its poll that caused it, skipped ticks counted; 0 is the call that starts a poll, and other calls.
    pub tick: u32,
    /// 1-based attempt within its tick.
    pub tick_attempt: u32,
    /// When the page made it.
    pub issued: Time,
    /// When the server had it.
    pub sent: Option<Time>,
    /// When its headers had come.
    pub headers: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
    /// How it ended.
    pub outcome: Outcome,
    /// Its connection's number, from 1.
    pub connection: Option<u32>,
    /// From when on it kept one of the connections.
    pub slot_from: Option<Time>,
    /// Until when it kept the connection.
    pub slot_until: Option<Time>,
    /// The service time that was drawn for it when the server got it: work and I/O time together.
    pub drawn: Span,
    pub(super) instance: usize,
    pub(super) station: Station,
    pub(super) since: Time,
    pub(super) spent: [Span; Station::COUNT],
    pub(super) deadline: Option<EventKey>,
    pub(super) timer: Option<EventKey>,
    pub(super) state: State,
}

/// What the stations remember of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// The call that it has joined, or the answer that it reads while that is being stored.
    pub leader: Option<RequestId>,
    /// Those that wait for this one's end.
    pub followers: List,
    /// It has a place of its framework's queue.
    pub has_place: bool,
    /// A connection is being opened for it.
    pub is_connecting: bool,
    /// The number of requests that the scheduler held before it.
    pub held: u64,
    /// The scheduler counts it.
    pub admitted: bool,
    /// It is its URL's turn at the cache lock.
    pub holds_lock: bool,
    /// Its answer replaces what the cache keeps, though it asks the cache for nothing.
    pub writes: bool,
    /// The number of times that its URL had been invalidated when it came to the cache.
    pub version: u32,
    /// The page knows of its success.
    pub settled: bool,
    /// The server still has work for it.
    pub at_server: bool,
    /// Number of server caches looked up so far.
    pub looked_up: usize,
    /// Since when it is making the next of them.
    pub making: Option<Time>,
    /// It waits for this request to make it.
    pub awaits: Option<RequestId>,
    /// Requests that wait for the value that this one computes.
    pub awaited_by: List,
    /// Each part of its own work, and the wait after it.
    pub own: (Span, Span),
    /// The parts of its own work that are left.
    pub segments_left: u32,
    /// Its place at a capacity that is shared, while it is worked on there.
    pub share: Option<Handle>,
    /// The length of the part that it is at.
    pub block: Span,
    /// The wait after that part.
    pub gap: Span,
}

impl Request {
    pub(super) fn new(class: usize, call: Call, attempt: u32, instance: usize, now: Time) -> Self {
        Self {
            class,
            index: call.index,
            tab: call.tab,
            attempt,
            tick: call.tick,
            tick_attempt: call.attempt,
            issued: now,
            sent: None,
            headers: None,
            ended: None,
            outcome: Outcome::Unfinished,
            connection: None,
            slot_from: None,
            slot_until: None,
            drawn: Span::ZERO,
            instance,
            station: Station::Page,
            since: now,
            spent: [Span::ZERO; Station::COUNT],
            deadline: None,
            timer: None,
            state: State::default(),
        }
    }

    /// The key of its random draws.
    pub fn call(&self) -> Call {
        Call { index: self.index, tab: self.tab, tick: self.tick, attempt: self.tick_attempt }
    }

    /// Goes to a station; the time since the last change counts for the station that it leaves.
    pub(super) fn enter(&mut self, station: Station, now: Time) {
        if self.station != Station::Ended {
            self.spent[self.station as usize] = self.spent[self.station as usize] + (now - self.since);
        }
        self.since = now;
        self.station = station;
    }

    /// How long it was at a station.
    pub fn spent(&self, station: Station) -> Span {
        self.spent.get(station as usize).copied().unwrap_or(Span::ZERO)
    }

    /// Whether it was answered, as itself or as the call that it had joined.
    pub fn succeeded(&self) -> bool {
        self.state.settled
    }

    /// Where it was when it ended, or when the load was last looked at.
    pub fn last_station(&self) -> Station {
        match (self.headers, self.sent, self.slot_from) {
            (Some(_), ..) => Station::Body,
            (None, Some(_), _) => Station::Server,
            (None, None, Some(_)) => Station::Connect,
            (None, None, None) => {
                let early = [Station::Pool, Station::Cache, Station::Scheduler];
                early.into_iter().find(|station| !self.spent(*station).is_zero()).unwrap_or(Station::Page)
            }
        }
    }
}
