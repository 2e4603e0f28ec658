//! One request's life: its times at the stations, and its outcome.
//!
//! Rule: a request is at one station at a time, so the times at its stations add up to its duration.

use super::draws::Call;
use super::list::{List, RequestId};
use crate::class::{Class, DeadlineFrom, Failure};
use sixslot_sim_core::{EventKey, Handle, Span, Time};

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Station {
    /// Held by the page: in a framework's queue, or because it has joined a call of the same URL.
    Page,
    /// Held by the scheduler.
    Scheduler,
    /// Waits for the cache lock, or for a response that is being stored.
    Cache,
    /// Waits for a connection.
    Pool,
    /// Has a connection, but has not reached the server yet.
    Connect,
    /// At the server.
    Server,
    /// Its body is being downloaded.
    Body,
    /// Ended.
    Ended,
}

impl Station {
    /// Number of stations that take time.
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
    /// The response arrived.
    Ok,
    /// The page, or a navigation from it, aborted it; [`Request::aborted_by`] says why.
    Aborted,
    /// It failed: by the status of its answer, or because its connection was refused or reset.
    Failed,
    /// It shared the outcome of a call of the same URL.
    Coalesced,
    /// It had not ended when the simulation stopped.
    Unfinished,
}

impl Outcome {
    /// Whether the request itself went wrong: it was aborted, or failed.
    pub const fn is_wrong(self) -> bool {
        matches!(self, Self::Aborted | Self::Failed)
    }
}

/// Why the page gave a call up before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AbortedBy {
    /// Its deadline.
    Deadline,
    /// The next call of its instance (`supersedes`).
    NextCall,
    /// An event that cancels it, or the end of its page.
    Event,
    /// The start of a navigation from its page (`navigation_ends_calls`).
    Navigation,
}

/// A request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// Index of its class in the plan.
    pub class: usize,
    /// Number of its instance, from 0; for a random stream, of the arrival.
    pub index: u32,
    /// Number of its tab, from 0.
    pub tab: u32,
    /// 1-based number of this call among all calls of its instance.
    pub attempt: u32,
    /// The tick of its poll that caused it, counting skipped ticks; 0 for the call that starts a poll and for other calls.
    pub tick: u32,
    /// 1-based attempt within its tick.
    pub tick_attempt: u32,
    /// When the page issued it.
    pub issued: Time,
    /// When the browser had dispatched it; without a round-trip time, the server received it then.
    pub sent: Option<Time>,
    /// When its head reaches the server, where its bytes pass a link that is first in, first out.
    pub reaches: Option<Time>,
    /// When its headers arrived.
    pub headers: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
    /// How it ended.
    pub outcome: Outcome,
    /// The HTTP status of its answer; 200 also while there is none.
    pub status: u16,
    /// How it failed; none if it has not. A call that was superseded or cancelled has not failed.
    pub failure: Option<Failure>,
    /// When the page gave it up, where it went on (`deadline_aborts = false`, `cancel_aborts = false`).
    pub gave_up: Option<Time>,
    /// Whether the next call of its instance aborted it.
    pub superseded: bool,
    /// Whether an event cancelled it, or the end of its page.
    pub cancelled: bool,
    /// Its connection's number, from 1.
    pub connection: Option<u32>,
    /// From when it held one of the connections.
    pub slot_from: Option<Time>,
    /// Until when it held the connection.
    pub slot_until: Option<Time>,
    /// The service time that was drawn for it when it was sent: work and I/O time together.
    pub drawn: Span,
    pub(super) instance: usize,
    pub(super) station: Station,
    pub(super) since: Time,
    pub(super) spent: [Span; Station::COUNT],
    pub(super) deadline: Option<EventKey>,
    pub(super) timer: Option<EventKey>,
    pub(super) state: State,
}

/// The stations' state of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Its rank by the browser's rules.
    pub rank: u8,
    /// The call that it has joined, or the request that is storing the response it reads.
    pub leader: Option<RequestId>,
    /// The requests that wait for the end of this one.
    pub followers: List,
    /// Whether it has a place of its framework's queue.
    pub has_place: bool,
    /// Whether it uses the connection of the requests with the other credentials.
    pub shares_session: bool,
    /// Whether a connection is being opened for it.
    pub is_connecting: bool,
    /// The number of requests that joined a queue for a connection before it.
    pub lined_up: u64,
    /// The number of requests that the scheduler held before it.
    pub held: u64,
    /// Whether the scheduler counts it.
    pub admitted: bool,
    /// Whether it holds the cache lock of its URL.
    pub holds_lock: bool,
    /// Whether its response replaces the stored entry although it ignores that entry itself.
    pub writes: bool,
    /// Whether its headers replace an entry that it did not have to wait for.
    pub refills: bool,
    /// How many times its URL had been invalidated when it reached the cache.
    pub version: u32,
    /// Whether the page has been notified of its success or failure.
    pub heard: bool,
    /// Whether that was a success.
    pub settled: bool,
    /// Whether its WebSocket is not open yet, and has not failed to open.
    pub opening: bool,
    /// Whether it is the one of its origin that shakes hands.
    pub handshaking: bool,
    /// Whether others of its URL had failed when it queued for its handshake.
    pub suspect: bool,
    /// Whether it can be cancelled by an event.
    pub flying: bool,
    /// Its events so far that cancel others, one bit each.
    pub announced: u8,
    /// Whether the server's queue had no place for it.
    pub turned_away: bool,
    /// Whether its connection is reset in the middle of the answer.
    pub resets: bool,
    /// Whether the server still works for it.
    pub at_server: bool,
    /// Whether a worker of the server stays with it.
    pub holds_worker: bool,
    /// Whether the server has answered.
    pub answered: bool,
    /// The flow, the lane in it and the stream of the bytes that are being sent for it.
    pub stream: Option<(usize, usize, Option<Handle>)>,
    /// Over a link that is first in, first out: the bytes of it that are ready and not written, and those that are ready later;
    /// whether some were written, and whether it waits for its turn.
    pub left: u64,
    pub later: u64,
    pub begun: bool,
    pub in_lane: bool,
    /// Whether its body is a transfer.
    pub transfers: bool,
    /// When the last byte of its body arrives, if that has left its link before the headers arrived.
    pub body_arrives: Option<Time>,
    /// When the server has produced the body, as far as its `body` tells.
    pub body_made: Option<Time>,
    /// Number of server caches looked up so far.
    pub looked_up: usize,
    /// When it started to compute the next of them.
    pub making: Option<Time>,
    /// The request that computes the value it waits for.
    pub awaits: Option<RequestId>,
    /// Requests that wait for the value that this one computes.
    pub awaited_by: List,
    /// The length of each part of its own work, and of the I/O time after it.
    pub own: (Span, Span),
    /// The number of parts of its own work that remain.
    pub segments_left: u32,
    /// Its handle at a shared capacity, while it is served there.
    pub share: Option<Handle>,
    /// The length of its current part.
    pub block: Span,
    /// The I/O time after that part.
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
            reaches: None,
            headers: None,
            ended: None,
            outcome: Outcome::Unfinished,
            status: 200,
            failure: None,
            gave_up: None,
            superseded: false,
            cancelled: false,
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

    /// Why the page gave it up before its end, whether the network saw that or not; none if it did not.
    pub fn aborted_by(&self) -> Option<AbortedBy> {
        let is_over = self.outcome == Outcome::Aborted || self.gave_up.is_some();
        is_over.then_some(match self.failure {
            _ if self.cancelled => AbortedBy::Event,
            Some(Failure::Timeout) => AbortedBy::Deadline,
            Some(Failure::Navigation) => AbortedBy::Navigation,
            _ if self.superseded => AbortedBy::NextCall,
            _ => AbortedBy::Deadline,
        })
    }

    /// Its station at a moment of its life.
    pub fn station_at(&self, time: Time) -> Option<Station> {
        let is_over = time < self.issued || self.ended.is_some_and(|ended| time >= ended);
        let mut until = self.issued;
        let mut passed = Station::ALL.into_iter().filter(|_| !is_over);
        passed.find_map(|(station, _)| {
            until += self.spent(station);
            (time < until).then_some(station)
        })
    }

    /// Moves to a station; the time since the last move counts for the station that it leaves.
    pub(super) fn enter(&mut self, station: Station, now: Time) {
        if self.station != Station::Ended {
            self.spent[self.station as usize] = self.spent[self.station as usize] + (now - self.since);
        }
        self.since = now;
        self.station = station;
    }

    /// Its time at a station.
    pub fn spent(&self, station: Station) -> Span {
        self.spent.get(station as usize).copied().unwrap_or(Span::ZERO)
    }

    /// When the deadline of its class strikes, unless what that waits for happens before; none while its time has not begun.
    pub fn deadline_of(&self, class: &Class) -> Option<Time> {
        let from = match class.deadline_from {
            DeadlineFrom::Issued => Some(self.issued),
            DeadlineFrom::Queue => {
                let left = self.sent.is_some() || self.gave_up.is_some() || self.last_station() != Station::Page;
                left.then(|| self.issued + self.spent(Station::Page))
            }
            DeadlineFrom::Sent => self.sent,
        };
        Some(from? + class.deadline?)
    }

    /// Whether it got its response, itself or through the call that it had joined.
    pub fn succeeded(&self) -> bool {
        self.state.settled
    }

    /// Its station when it ended, or when the simulation stopped.
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
