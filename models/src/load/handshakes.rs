//! WebSockets that are not open yet: how long the browser delays them, and whose turn it is to shake hands.
//!
//! Rule: sockets to one origin shake hands one at a time (RFC 6455, section 4.1; Chromium and Firefox, measured), and are
//! delayed after others have failed (section 7.2.3).
//!
//! Chromium (services/network/websocket_throttler.cc and websocket_factory.cc, measured) delays a socket before it queues for
//! its turn, by a draw from 1000 to 5000 ms times 2^min(p + f / (s + 1), 16) / 65536, in whole milliseconds: p sockets of its
//! tab (there, of its process) are opening, itself included; f have failed to open and s have opened in this period of two
//! minutes and in the one before. Periods begin with the first socket; at the end of one in which none has opened, a tab in
//! which none is opening is forgotten. So up to three at once are not delayed, and without failures nothing is drawn.
//!
//! Firefox (netwerk/protocol/websocket/WebSocketChannel.cpp, FailDelayManager and nsWSAdmissionManager, measured) delays
//! the one whose turn it is: until 200 to 399 ms (a draw) after the last failure at its host and path, half as much again after
//! each further failure, at most a minute. Others of its host wait behind it; those of URLs without failures go before others.
//! An opening forgets the failures of its URL, and so does a minute beyond the delay. A page that closes a socket which is not
//! open counts as a first failure, but not as a further one.

use super::list::{List, RequestId};
use super::request::Outcome;
use super::table::Table;
use super::{Agenda, Event, Running, State};
use crate::browser::Backoff;
use crate::plan::Plan;
use sixslot_sim_core::{Span, Time};

/// Chromium: how often it forgets, and the largest exponent of its delays.
const PERIOD: Span = Span::from_seconds(120);
const STEEPEST: u64 = 16;
/// Firefox: the longest delay in ms, and how long a failure is remembered beyond its delay.
const LONGEST: u64 = 60_000;
const LIFE: Span = Span::from_seconds(60);

/// The WebSockets that are not open yet, and what the browser remembers of those before them.
#[derive(Debug, Default)]
pub(super) struct Handshakes {
    pub(super) origins: Vec<Turns>,
    tabs: Vec<Tab>,
    period_ends: Option<Time>,
    /// By URL.
    failures: Table<u64, Failures>,
}

/// Whose turn it is at an origin.
#[derive(Debug, Default, Clone)]
pub(super) struct Turns {
    busy: bool,
    /// Those of URLs without failures, and the others.
    pub(super) waiting: [List; 2],
}

/// The sockets of a tab: this period's, and those of the one before.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Tab {
    opening: u64,
    opened: [u64; 2],
    failed: [u64; 2],
}

/// The sockets of a URL that have failed: when the last did, and the delay from then on in ms.
#[derive(Debug, Clone, Copy)]
struct Failures {
    last: Time,
    delay: u64,
}

impl Handshakes {
    pub(super) fn reset(&mut self, plan: &Plan) {
        self.origins.clear();
        self.origins.resize(plan.origins.len(), Turns::default());
        self.tabs.clear();
        self.period_ends = None;
        self.failures.clear();
    }

    /// The counts of a tab at a time.
    fn tab(&mut self, tab: u32, now: Time) -> &mut Tab {
        while let Some(end) = self.period_ends.filter(|end| *end <= now) {
            for tab in &mut self.tabs {
                tab.opened = [0, tab.opened[0]];
                tab.failed = [0, tab.failed[0]];
                if tab.opening == 0 && tab.opened[1] == 0 {
                    *tab = Tab::default();
                }
            }
            let is_used = self.tabs.iter().any(|tab| *tab != Tab::default());
            self.period_ends = is_used.then(|| end + PERIOD);
        }
        self.period_ends.get_or_insert(now + PERIOD);
        &mut self.tabs[tab as usize]
    }
}

impl Tab {
    /// By which power of two the next delay grows.
    fn exponent(&self) -> u64 {
        let [opened, failed] = [self.opened, self.failed].map(|[this, before]| this.saturating_add(before));
        (self.opening + failed / opened.saturating_add(1)).min(STEEPEST)
    }
}

impl Running<'_> {
    /// The page makes a WebSocket.
    pub(super) fn open_socket(&mut self, agenda: &mut Agenda, id: RequestId) {
        self.request(id).state.opening = true;
        if self.plan.browser.websocket_backoff == Backoff::PerTab {
            let (tab, call) = (self.state.requests[id].tab, self.state.requests[id].call());
            let State { handshakes, tabs, .. } = &mut *self.state;
            if handshakes.tabs.is_empty() {
                let new = Tab { opened: [self.plan.browser.websockets_before, 0], ..Tab::default() };
                handshakes.tabs.resize(*tabs as usize, new);
            }
            let tab = handshakes.tab(tab, agenda.now());
            tab.opening += 1;
            let exponent = tab.exponent();
            // A smaller one makes less than a millisecond of any draw.
            if 5000 << exponent >= 65536 {
                let draw = self.state.draws.backoff(self.class(id), call, 1000..=5000);
                let delay = (draw << exponent) / 65536;
                if delay > 0 {
                    return self.delay_socket(agenda, id, delay);
                }
            }
        }
        self.queue_socket(agenda, id);
    }

    fn delay_socket(&mut self, agenda: &mut Agenda, id: RequestId, milliseconds: u64) {
        let timer = agenda.schedule_in(Span::from_millis(milliseconds), Event::Backoff { request: id });
        self.request(id).timer = Some(timer);
    }

    pub(super) fn backoff_over(&mut self, agenda: &mut Agenda, id: RequestId) {
        self.request(id).timer = None;
        match self.plan.browser.websocket_backoff {
            Backoff::PerUrl => self.go_to_scheduler(agenda, id),
            Backoff::PerTab | Backoff::Never => self.queue_socket(agenda, id),
        }
    }

    /// A WebSocket waits for its turn.
    fn queue_socket(&mut self, agenda: &mut Agenda, id: RequestId) {
        if !self.plan.browser.websocket_one_handshake {
            return self.shake_hands(agenda, id);
        }
        let suspect = self.failures_of(id).is_some();
        self.request(id).state.suspect = suspect;
        let origin = self.class(id).origin;
        self.state.handshakes.origins[origin].waiting[usize::from(suspect)].push(&mut self.state.links, id);
        self.next_handshake(agenda, origin);
    }

    fn next_handshake(&mut self, agenda: &mut Agenda, origin: usize) {
        let Turns { busy, waiting } = &mut self.state.handshakes.origins[origin];
        if !*busy && let Some(id) = waiting.iter_mut().find_map(|line| line.pop(&mut self.state.links)) {
            *busy = true;
            self.request(id).state.handshaking = true;
            self.shake_hands(agenda, id);
        }
    }

    fn shake_hands(&mut self, agenda: &mut Agenda, id: RequestId) {
        let now = agenda.now();
        if let Some(Failures { last, delay }) = self.failures_of(id) {
            let since = now - last;
            let left = delay.saturating_sub(since.as_nanos() / 1_000_000);
            if left > 0 {
                return self.delay_socket(agenda, id, left);
            }
            if since >= LIFE + Span::from_millis(delay) {
                let url = self.path(id);
                self.state.handshakes.failures.remove(url);
            }
        }
        self.go_to_scheduler(agenda, id);
    }

    /// A WebSocket that waits for its turn does so no longer.
    pub(super) fn leave_handshakes(&mut self, id: RequestId) {
        let (origin, suspect) = (self.class(id).origin, self.state.requests[id].state.suspect);
        self.state.handshakes.origins[origin].waiting[usize::from(suspect)].remove(&mut self.state.links, id);
    }

    /// A WebSocket is open, or has ended without: the next one of its origin may shake hands.
    pub(super) fn end_handshake(&mut self, agenda: &mut Agenda, id: RequestId) {
        if !std::mem::take(&mut self.request(id).state.opening) {
            return;
        }
        self.remember(agenda.now(), id);
        if std::mem::take(&mut self.request(id).state.handshaking) {
            let origin = self.class(id).origin;
            self.state.handshakes.origins[origin].busy = false;
            self.next_handshake(agenda, origin);
        }
    }

    /// Remembers whether a WebSocket has opened.
    fn remember(&mut self, now: Time, id: RequestId) {
        let request = &self.state.requests[id];
        let (tab, is_open, outcome) = (request.tab, request.ended.is_none(), request.outcome);
        match self.plan.browser.websocket_backoff {
            Backoff::Never => {}
            Backoff::PerTab => {
                let tab = self.state.handshakes.tab(tab, now);
                tab.opening -= 1;
                if is_open { tab.opened[0] += 1 } else { tab.failed[0] += 1 }
            }
            Backoff::PerUrl if is_open => {
                let url = self.path(id);
                self.state.handshakes.failures.remove(url);
            }
            Backoff::PerUrl => {
                let (url, call) = (self.path(id), self.state.requests[id].call());
                let delay = match self.failures_of(id) {
                    Some(_) if outcome == Outcome::Aborted => return,
                    Some(Failures { delay, .. }) => (delay * 3 / 2).min(LONGEST),
                    None => self.state.draws.backoff(self.class(id), call, 200..=399),
                };
                self.state.handshakes.failures.insert(url, Failures { last: now, delay });
            }
        }
    }

    /// What is remembered of the URL of a WebSocket: nothing unless the browser remembers failures by URL.
    fn failures_of(&self, id: RequestId) -> Option<Failures> {
        let failures = &self.state.handshakes.failures;
        if failures.len() == 0 { None } else { failures.get(self.path(id)).copied() }
    }

    /// A number for the URL of a request at its origin, without its query.
    fn path(&self, id: RequestId) -> u64 {
        let request = &self.state.requests[id];
        let class = self.class(id);
        let path = class.copy(request.index).url.path_identity(request.index, request.tab);
        path.wrapping_add((class.origin as u64).rotate_left(32))
    }
}
