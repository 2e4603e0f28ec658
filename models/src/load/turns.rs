//! Firefox's queue for a connection of HTTP/2, while that is being opened.
//!
//! Rule (netwerk/protocol/http/nsHttpConnectionMgr.cpp: ProcessPendingQForEntry, PreparePendingQForDispatching; measured in Firefox ESR 153:
//! its log, and the order of 53 of 56 bursts): a look at the queue takes as many requests from its front as connections may
//! still be opened, five beside this one. They find none, and go back behind all others of their priority, the last one first. Firefox
//! looks at all queues when TCP is connected, and when its token bucket admits a request that still waits (nsHttpTransaction.cpp,
//! TryToRunPacedRequest; EventTokenBucket.cpp: ten at once, then 80 in a second); then it has looked at the queue of
//! that request before. The request that opened the connection has it once TCP is connected, and is sent first.
//!
//! Requests with and without credentials share a connection that is open, if those of their kind have none
//! (GetOrCreateConnectionEntry; measured: 26 of 26 groups of requests).
//!
//! Chromium's order is not known ([`Plan::reorder_waiting`](crate::Plan::reorder_waiting)); in its place is that of the queue.

use super::list::{List, RequestId};
use super::request::Station;
use super::{Agenda, Event, Running};
use crate::browser::RANKS;
use crate::protocol::Protocol;
use sixslot_sim_core::{Purpose, Span, Stream, Streams, Time};

/// Requests that the token bucket admits at once when it is full.
const BURST: u64 = 10;
/// The time in which it gets a token.
const TOKEN: Span = Span::from_nanos(12_500_000);

impl Running<'_> {
    /// Whether the requests that wait for a group's connection take turns.
    pub(super) fn turns(&self, group: usize) -> bool {
        self.plan.browser.session_queue_turns && self.plan.origins[group / 2].protocol == Protocol::H2
    }

    /// The group whose connection a request gets: the other one of its origin, if its own has none and the browser shares.
    pub(super) fn shared_session(&mut self, id: RequestId, own: usize, now: Time) -> usize {
        if !self.plan.browser.session_shares_credentials || self.plan.origins[own / 2].protocol != Protocol::H2 {
            return own;
        }
        let other = own ^ 1;
        self.close_idle_session(own, now);
        self.close_idle_session(other, now);
        let session = |group: usize| self.state.pool.groups[group].session;
        let shares = session(own).is_none() && session(other).is_some();
        self.request(id).state.shares_session = shares;
        if shares { other } else { own }
    }

    /// A request that cannot be sent at once takes a token, and is admitted later if there is none.
    pub(super) fn pace(&mut self, agenda: &mut Agenda, id: RequestId, group: usize) {
        if !self.state.pool.paces || self.state.pool.groups[group].session.is_some() {
            return;
        }
        let (now, paced) = (agenda.now(), &mut self.state.pool.paced);
        let ahead = (*paced).max(now) - now;
        *paced = (*paced).max(now) + TOKEN;
        let most = TOKEN * (BURST - 1);
        if ahead > most {
            agenda.schedule_in(ahead - most, Event::Admitted { request: id });
        }
    }

    /// The token bucket admits a request.
    pub(super) fn admitted(&mut self, id: RequestId) {
        if self.state.requests[id].station == Station::Pool {
            self.turn(self.group(id));
            self.turn_all();
        }
    }

    /// TCP is connected.
    pub(super) fn reached(&mut self, connection: usize) {
        if self.turns(self.state.pool.connections[connection].group) {
            self.state.pool.connections[connection].reached = true;
            self.turn_all();
        }
    }

    /// Puts those that wait for a connection that has opened into another order.
    pub(super) fn reorder(&mut self, group: usize, round: u64) {
        let mut stream: Stream = Streams::new(group as u64, round).stream(Purpose::named("waiting order"), 0);
        let mut others = std::mem::take(&mut self.state.pool.turned);
        for rank in 0..RANKS {
            let state = &mut *self.state;
            let lane = &mut state.pool.groups[group].queue[rank];
            let mut at = lane.first().and_then(|first| List::next(&state.links, first));
            while let Some(id) = at {
                at = List::next(&state.links, id);
                others.push(id);
            }
            while !others.is_empty() {
                let chosen = (stream.next_uniform() * others.len() as f64) as usize;
                let id = others.swap_remove(chosen.min(others.len() - 1));
                lane.remove(&mut state.links, id);
                lane.push(&mut state.links, id);
            }
        }
        self.state.pool.turned = others;
    }

    fn turn_all(&mut self) {
        (0..self.state.pool.groups.len()).for_each(|group| self.turn(group));
    }

    /// The request that opened a connection, if it has that connection now.
    pub(super) fn bound(&self, connection: usize) -> Option<RequestId> {
        let state = &self.state.pool.connections[connection];
        state.owner.filter(|id| state.reached && self.state.requests[*id].station == Station::Pool)
    }

    /// A look at the queue of a group whose connection is being opened.
    fn turn(&mut self, group: usize) {
        let state = &self.state.pool.groups[group];
        if state.connecting == 0 || !self.turns(group) {
            return;
        }
        let bound = self.bound(state.newest);
        let most = self.plan.browser.connections - 1;
        let mut turned = std::mem::take(&mut self.state.pool.turned);
        for rank in (0..RANKS).rev() {
            let mut at = self.state.pool.groups[group].queue[rank].first();
            while let Some(id) = at.filter(|_| turned.len() < most) {
                at = List::next(&self.state.links, id);
                if Some(id) != bound {
                    turned.push(id);
                }
            }
        }
        let state = &mut *self.state;
        let queue = &mut state.pool.groups[group].queue;
        for id in turned.drain(..).rev() {
            let lane = &mut queue[usize::from(state.requests[id].state.rank)];
            lane.remove(&mut state.links, id);
            lane.push(&mut state.links, id);
        }
        self.state.pool.turned = turned;
    }
}
