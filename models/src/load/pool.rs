//! The connection pool: six connections per origin, shared by all tabs.
//!
//! Rule (Chromium, net/socket/transport_client_socket_pool.cc, measured in three engines): active, connecting and idle
//! connections of a group count together against its limit; the queue is served by priority, first in, first out within one;
//! nothing is preempted; a connection goes to the head of the queue when it is ready. An abort in the queue only leaves
//! the queue, an abort in flight closes the connection. Over HTTP/2 (RFC 9113) a group has one connection with a limited
//! number of streams. A WebSocket has a pool of its own; some engines need one of the six for its handshake.
//!
//! WebKitGTK (measured): a freed connection goes first to the requests behind the one that freed it, in the order of the
//! queue: those of its priority that joined the queue after it, then those of lower ones. Only if nobody is behind it, the
//! queue is served from its head. (libsoup/soup-session.c, async_run_queue: one pass over the queue ends the request and
//! serves those that come later in the same pass.)
//!
//! Firefox (netwerk/protocol/http, measured): a new connection goes to the request that it was opened for, if that still
//! waits (DnsAndConnectSocket.cpp, SetupConn). A handshake never takes an idle connection but opens one, which counts
//! against the six (nsHttpChannel.cpp takes NS_HTTP_ALLOW_KEEPALIVE from it). So an idle connection may remain at the
//! limit: waiting requests do not get it (nsHttpConnectionMgr.cpp, PreparePendingQForDispatching), but a new one does
//! (TryDispatchTransaction).

use super::list::{List, RequestId};
use super::request::Station;
use super::sharing::Sharing;
use super::{Agenda, Event, Running, State};
use crate::browser::RANKS;
use crate::class::{Class, Kind};
use crate::plan::Plan;
use crate::protocol::Protocol;
use sixslot_sim_core::{Span, Time};

/// All connections.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// Two per origin: for requests with credentials, and for requests without.
    pub(super) groups: Vec<Group>,
    pub(super) connections: Vec<Connection>,
    /// Open and opening connections of all groups.
    pub(super) total: usize,
    /// Whether a group has found all connections of the pool in use; others may wait from then on.
    stalled: bool,
    /// Requests that have joined a queue.
    lined_up: u64,
    /// Requests that are being dispatched.
    pub(super) handing_over: Sharing<RequestId>,
    /// Whether requests that can't be sent at once take tokens: in a browser with turns, if an origin speaks HTTP/2.
    pub(super) paces: bool,
    /// When the browser will have all of its tokens again.
    pub(super) paced: Time,
    /// Requests that are moved within a queue.
    pub(super) turned: Vec<RequestId>,
}

#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) queue: [List; RANKS],
    pub(super) waiting: usize,
    pub(super) active: usize,
    pub(super) connecting: usize,
    /// In the order in which they became idle.
    pub(super) idle: Vec<usize>,
    /// The one connection of a group that multiplexes, once it is open.
    pub(super) session: Option<usize>,
    /// The connection that was opened last.
    pub(super) newest: usize,
    /// Connections that were opened to it: the number of its next draw.
    pub(super) opened: u64,
}

#[derive(Debug, Default)]
pub(super) struct Connection {
    pub(super) group: usize,
    pub(super) used: bool,
    pub(super) idle_since: Time,
    /// The time to open it.
    pub(super) connect: Span,
    /// The request that it was opened for.
    pub(super) owner: Option<RequestId>,
    /// TCP is connected.
    pub(super) reached: bool,
    /// When the last byte of its last answer left the server, over a link that is first in, first out.
    pub(super) left: Option<Time>,
    /// The request that it serves; none for the one connection of a multiplexed group.
    pub(super) user: Option<RequestId>,
}

impl Pool {
    pub(super) fn reset(&mut self, plan: &Plan) {
        self.groups.resize_with(2 * plan.origins.len(), Group::default);
        for group in &mut self.groups {
            let mut idle = std::mem::take(&mut group.idle);
            idle.clear();
            *group = Group { idle, ..Group::default() };
        }
        self.connections.clear();
        self.handing_over.reset();
        let speaks_h2 = || plan.origins.iter().any(|origin| origin.protocol == Protocol::H2);
        self.paces = plan.browser.session_queue_turns && speaks_h2();
        self.paced = Time::ZERO;
        (self.total, self.stalled, self.lined_up) = (0, false, 0);
    }
}

impl Group {
    fn head(&self) -> Option<RequestId> {
        self.queue.iter().rev().find_map(List::first)
    }
}

impl Running<'_> {
    pub(super) fn group(&self, id: RequestId) -> usize {
        self.group_of(self.class(id)) ^ usize::from(self.state.requests[id].state.shares_session)
    }

    #[inline]
    fn group_of(&self, class: &Class) -> usize {
        let apart = class.omits_credentials && self.plan.browser.partition_by_credentials;
        2 * class.origin + usize::from(apart)
    }

    /// Whether a class needs one of the group's connections.
    #[inline]
    fn needs_slot(&self, kind: Kind) -> bool {
        let rules = &self.plan.browser;
        match kind {
            Kind::Fetch => true,
            Kind::Background => false,
            Kind::EventSource => rules.event_source_takes_slot,
            Kind::WebSocket => rules.websocket_takes_slot || rules.websocket_handshake_takes_slot,
        }
    }

    pub(super) fn go_to_pool(&mut self, agenda: &mut Agenda, id: RequestId) {
        let now = agenda.now();
        let class = self.class(id);
        if class.answer.refused.is_some() && self.is_refused(id) {
            return self.refuse(agenda, id);
        }
        if !self.needs_slot(class.kind) {
            self.request(id).enter(Station::Connect, now);
            let group = self.group(id);
            let connect = self.set_up_time(now, group) + self.handshakes(now, group / 2);
            self.request(id).timer = Some(agenda.schedule_in(connect, Event::Dispatch { request: id }));
            return;
        }
        self.request(id).enter(Station::Pool, now);
        let group = self.group_of(class);
        let group = if self.multiplexes(group) { self.shared_session(id, group, now) } else { group };
        self.line_up(id, group);
        self.pace(agenda, id, group);
        if !self.multiplexes(group)
            && !self.opens_its_own(id)
            && let Some(connection) = self.take_idle(group, now)
        {
            return self.assign(agenda, connection, id);
        }
        self.serve(agenda, group, Some(id));
    }

    /// Puts a request behind those of its rank that wait for a connection of its group.
    pub(super) fn wait_for_connection(&mut self, id: RequestId) {
        self.line_up(id, self.group(id));
    }

    #[inline]
    fn line_up(&mut self, id: RequestId, group: usize) {
        let State { pool, links, requests, .. } = &mut *self.state;
        let state = &mut requests[id].state;
        state.lined_up = pool.lined_up;
        pool.lined_up += 1;
        let group = &mut pool.groups[group];
        group.queue[usize::from(state.rank)].push(links, id);
        group.waiting += 1;
    }

    /// Whether a request never takes an idle connection.
    fn opens_its_own(&self, id: RequestId) -> bool {
        self.plan.browser.websocket_opens_connection && self.class(id).kind == Kind::WebSocket
    }

    #[inline]
    fn pool_has_room(&self, group: usize) -> bool {
        let state = &self.state.pool.groups[group];
        state.active + state.connecting < self.plan.browser.connections
    }

    pub(super) fn leave_pool(&mut self, id: RequestId) {
        self.leave_queue_of(self.group(id), id);
    }

    fn leave_queue_of(&mut self, group: usize, id: RequestId) {
        let State { pool, links, requests, .. } = &mut *self.state;
        let group = &mut pool.groups[group];
        group.queue[usize::from(requests[id].state.rank)].remove(links, id);
        debug_assert!(group.waiting > 0, "request {id} was not counted");
        group.waiting -= 1;
    }

    /// Gives idle connections to waiting requests, and opens new ones up to the limits.
    #[inline(always)]
    fn serve(&mut self, agenda: &mut Agenda, group: usize, owner: Option<RequestId>) {
        if self.multiplexes(group) {
            return self.serve_streams(agenda, group);
        }
        if self.state.pool.groups[group].waiting > 0 && self.pool_has_room(group) {
            self.serve_waiting(agenda, group, owner);
        }
    }

    #[inline(never)]
    fn serve_waiting(&mut self, agenda: &mut Agenda, group: usize, owner: Option<RequestId>) {
        'waiting: for rank in (0..RANKS).rev() {
            let mut at = self.state.pool.groups[group].queue[rank].first();
            while let Some(id) = at {
                at = List::next(&self.state.links, id);
                if !self.pool_has_room(group) {
                    return;
                }
                if self.opens_its_own(id) {
                    if !self.request(id).state.is_connecting && !self.open(agenda, group, Some(id)) {
                        return;
                    }
                } else if let Some(connection) = self.take_idle(group, agenda.now()) {
                    self.assign(agenda, connection, id);
                } else {
                    break 'waiting;
                }
            }
        }
        // Requests without an opening connection: `owner` first, then by priority and arrival.
        let (mut rank, mut at) = (RANKS, None);
        let mut owner = owner.filter(|id| self.wants_connection(*id));
        loop {
            let state = &self.state.pool.groups[group];
            // No idle connection was found above, so only the active and the connecting ones can become available.
            if state.connecting >= state.waiting || !self.pool_has_room(group) {
                return;
            }
            while owner.is_none() && (rank > 0 || at.is_some()) {
                match at {
                    Some(id) => {
                        at = List::next(&self.state.links, id);
                        owner = Some(id).filter(|id| self.wants_connection(*id));
                    }
                    None => {
                        rank -= 1;
                        at = self.state.pool.groups[group].queue[rank].first();
                    }
                }
            }
            debug_assert!(owner.is_some(), "a connection is opened without a request");
            if !self.open(agenda, group, owner.take()) {
                return;
            }
        }
    }

    /// Whether a request waits for a connection while none is being opened for it.
    fn wants_connection(&self, id: RequestId) -> bool {
        let request = &self.state.requests[id];
        request.station == Station::Pool && !request.state.is_connecting
    }

    fn serve_streams(&mut self, agenda: &mut Agenda, group: usize) {
        self.close_idle_session(group, agenda.now());
        let state = &self.state.pool.groups[group];
        let Some(connection) = state.session else {
            if state.connecting == 0 && state.waiting > 0 {
                let owner = state.head().filter(|_| self.turns(group));
                self.open(agenda, group, owner);
            }
            return;
        };
        while let Some(head) = self.state.pool.groups[group].head() {
            if self.state.pool.groups[group].active >= self.plan.origins[group / 2].max_concurrent_streams {
                return;
            }
            self.assign(agenda, connection, head);
        }
    }

    /// Opens a connection, if the whole pool has room for it or can make room.
    fn open(&mut self, agenda: &mut Agenda, group: usize, owner: Option<RequestId>) -> bool {
        if self.state.pool.total >= self.plan.browser.connections_total && !self.close_an_idle_one() {
            self.state.pool.stalled = true;
            return false;
        }
        self.connect(agenda, group, owner);
        true
    }

    fn connect(&mut self, agenda: &mut Agenda, group: usize, owner: Option<RequestId>) {
        if let Some(id) = owner {
            self.request(id).state.is_connecting = true;
        }
        let connection = self.state.pool.connections.len();
        let is_fifo = self.is_fifo(group / 2);
        let own = self.set_up_time(agenda.now(), group);
        let connect = if is_fifo { own } else { own + self.handshakes(agenda.now(), group / 2) };
        let new = Connection { group, connect, owner, ..Connection::default() };
        self.state.pool.connections.push(new);
        self.state.pool.groups[group].newest = connection;
        self.state.pool.groups[group].connecting += 1;
        self.state.pool.total += 1;
        if !is_fifo && self.turns(group) {
            let tcp = own + self.state.network.rtt(group / 2);
            agenda.schedule_in(tcp, Event::Reached { connection });
        }
        // Over links that are first in, first out the flights of the handshake follow.
        let event = if is_fifo { Event::Handshake { connection, flight: 0 } } else { Event::Connected { connection } };
        agenda.schedule_in(connect, event);
    }

    /// Whether one connection carries all requests of a group.
    pub(super) fn multiplexes(&self, group: usize) -> bool {
        self.plan.origins[group / 2].protocol.multiplexes()
    }

    pub(super) fn connected(&mut self, agenda: &mut Agenda, connection: usize) {
        let Connection { group, owner, .. } = self.state.pool.connections[connection];
        self.state.pool.groups[group].connecting -= 1;
        if let Some(id) = owner {
            self.request(id).state.is_connecting = false;
        }
        if self.multiplexes(group) {
            self.state.pool.groups[group].session = Some(connection);
            if let Some(id) = self.bound(connection) {
                self.assign(agenda, connection, id);
            }
            if let Some(round) = self.plan.waiting_order {
                self.reorder(group, round);
            }
            return self.serve_streams(agenda, group);
        }
        let is_its_own = owner.is_some_and(|id| self.opens_its_own(id));
        let next = if self.plan.browser.late_binding && !is_its_own {
            self.state.pool.groups[group].head()
        } else {
            owner.filter(|id| self.state.requests[*id].station == Station::Pool)
        };
        match next {
            Some(request) => self.assign(agenda, connection, request),
            None => {
                // The request that it was opened for has another connection: this one goes to a waiting request, or makes room for another
                // group.
                self.rest(agenda.now(), connection);
                self.serve(agenda, group, None);
                self.serve_stalled(agenda);
            }
        }
    }

    fn assign(&mut self, agenda: &mut Agenda, connection: usize, id: RequestId) {
        let now = agenda.now();
        self.leave_queue_of(self.state.pool.connections[connection].group, id);
        let state = &mut self.state.pool.connections[connection];
        let fresh = !std::mem::replace(&mut state.used, true);
        debug_assert!(state.user.is_none(), "connection {connection} serves {:?} and {id}", state.user);
        let (group, connect) = (state.group, state.connect);
        state.user = Some(id).filter(|_| !self.plan.origins[group / 2].protocol.multiplexes());
        self.state.pool.groups[group].active += 1;
        let request = self.request(id);
        let waited = now - request.since;
        request.enter(Station::Connect, now);
        if fresh {
            let opening = waited.min(connect);
            let spent = &mut request.spent;
            spent[Station::Pool as usize] = spent[Station::Pool as usize] - opening;
            spent[Station::Connect as usize] = spent[Station::Connect as usize] + opening;
        }
        request.slot_from = Some(now);
        request.connection = u32::try_from(connection + 1).ok();
        self.dispatch(agenda, id);
    }

    /// A request has ended, or a socket no longer needs its slot: the connection goes to the next request, or `closes`.
    pub(super) fn free_connection(&mut self, agenda: &mut Agenda, id: RequestId, closes: bool) {
        let now = agenda.now();
        let kind = self.class(id).kind;
        let request = self.request(id);
        let (Some(_), None, Some(connection)) = (request.slot_from, request.slot_until, request.connection) else {
            return;
        };
        request.slot_until = Some(now);
        let connection = connection as usize - 1;
        let state = &mut self.state.pool.connections[connection];
        debug_assert!(state.user.is_none_or(|user| user == id), "{id} frees the connection of {:?}", state.user);
        state.user = None;
        let group = state.group;
        debug_assert!(self.state.pool.groups[group].active > 0, "{id} frees a slot that is not in use");
        self.state.pool.groups[group].active -= 1;
        let half = self.state.network.half(group / 2);
        if self.multiplexes(group) {
            let state = &mut self.state.pool.connections[connection];
            state.idle_since = now;
            // What is aborted ends at the server when that comes there.
            state.left = state.left.map(|left| if closes { now + half } else { left });
            let full = self.state.pool.total >= self.plan.browser.connections_total;
            self.serve_streams(agenda, group);
            if full {
                // The session may be idle, and make room for another group.
                self.serve_stalled(agenda);
            }
            return;
        }
        let state = &self.state.pool.connections[connection];
        let is_over = |span: Span| span.is_zero() || state.left.is_some() && state.idle_at_server(now, half) >= span;
        let closes = closes || kind == Kind::WebSocket || self.plan.origins[group / 2].keep_alive.is_some_and(is_over);
        if closes {
            self.state.pool.total -= 1;
            if !self.may_be_stalled() {
                self.serve(agenda, group, None);
            }
        } else {
            // A waiting request of its own group gets it before it can make room for another group (`ReleaseSocket`).
            if let Some(next) = self.next_of_freed(group) {
                self.assign(agenda, connection, next);
                self.serve(agenda, group, None);
                return self.serve_stalled(agenda);
            }
            self.rest(now, connection);
            if self.plan.browser.freed_to_same_priority
                && let Some(next) = self.behind(group, id)
                && !self.opens_its_own(next)
                && let Some(connection) = self.take_idle(group, now)
            {
                self.assign(agenda, connection, next);
            }
            self.serve(agenda, group, None);
        }
        self.serve_stalled(agenda);
    }

    /// The request that gets a connection that is free at this instant, where no rule looks further than the head of the queue.
    fn next_of_freed(&self, group: usize) -> Option<RequestId> {
        let rules = &self.plan.browser;
        let state = &self.state.pool.groups[group];
        let is_plain = state.waiting > 0
            && state.idle.is_empty()
            && !rules.freed_to_same_priority
            && !rules.websocket_opens_connection
            && !rules.idle_timeout_used.is_zero();
        if is_plain { state.head() } else { None }
    }

    /// Whether a group may wait for something that another group has, or for a second look at its own idle connections.
    fn may_be_stalled(&self) -> bool {
        self.state.pool.stalled || self.plan.browser.websocket_opens_connection
    }

    /// The first waiting request behind another in the order of the group's queue.
    fn behind(&self, group: usize, id: RequestId) -> Option<RequestId> {
        let queue = &self.state.pool.groups[group].queue;
        let place = |id: RequestId| self.state.requests[id].state.lined_up;
        let rank = self.rank(id);
        let mut at = queue[rank].first();
        while let Some(next) = at.filter(|next| place(*next) < place(id)) {
            at = List::next(&self.state.links, next);
        }
        at.or_else(|| queue[..rank].iter().rev().find_map(List::first))
    }

    /// Fills room in the whole pool: the group with the highest priority at its head comes first (`FindTopStalledGroup`), of
    /// equal ones the first in the file.
    #[inline]
    fn serve_stalled(&mut self, agenda: &mut Agenda) {
        if self.may_be_stalled() {
            self.serve_all(agenda);
        }
    }

    fn serve_all(&mut self, agenda: &mut Agenda) {
        for rank in (0..RANKS).rev() {
            for group in 0..self.state.pool.groups.len() {
                if self.state.pool.groups[group].queue[rank].first().is_some() {
                    self.serve(agenda, group, None);
                }
            }
        }
    }

    /// A socket is open: a WebSocket leaves the pool unless the rules say that it keeps its slot.
    pub(super) fn socket_opened(&mut self, agenda: &mut Agenda, id: RequestId) {
        let class = self.class(id);
        if class.kind != Kind::WebSocket {
            return;
        }
        if !self.plan.browser.websocket_takes_slot {
            self.free_connection(agenda, id, false);
        }
        self.end_handshake(agenda, id);
    }
}
