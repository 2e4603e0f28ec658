//! The pool of connections, and the dispatch.

use super::sharing::Which;
use super::{Connection, Event, Id, Line, Second, State, ns};
use sixslot_models::class::Kind;
use sixslot_models::load::Station;
use sixslot_models::protocol::Protocol;
use sixslot_models::queue::Order;

impl Second<'_> {
    fn group(&self, id: Id) -> usize {
        let apart = self.class(id).omits_credentials && self.plan.browser().partition_by_credentials;
        2 * self.class(id).origin + usize::from(apart != self.requests[id].elsewhere)
    }

    fn multiplexes(&self, group: usize) -> bool {
        self.plan.origins()[group / 2].protocol.multiplexes()
    }

    /// Who waits for a connection of a group: the highest rank first, first come first within one.
    fn waiting(&self, group: usize) -> Vec<Id> {
        let mut waiting = self.line(Line::Pool, |load, id| load.group(id) == group);
        waiting.sort_by_key(|id| std::cmp::Reverse(self.requests[*id].rank));
        waiting
    }

    fn active(&self, group: usize) -> usize {
        let holds = |id: &Id| {
            let request = &self.requests[*id];
            request.slot_from.is_some() && request.slot_until.is_none() && self.group(*id) == group
        };
        (0..self.requests.len()).filter(holds).count()
    }

    fn of_group(&self, group: usize, is: impl Fn(State) -> bool) -> Vec<usize> {
        let fits = |at: &usize| self.connections[*at].group == group && is(self.connections[*at].state);
        (0..self.connections.len()).filter(fits).collect()
    }

    fn opening(&self, group: usize) -> usize {
        self.of_group(group, |state| state == State::Opening).len()
    }

    /// The idle connections of a group in the order in which they became idle.
    fn idle(&self, group: usize) -> Vec<usize> {
        let mut idle = self.of_group(group, |state| matches!(state, State::Idle(..)));
        idle.sort_by_key(|at| match self.connections[*at].state {
            State::Idle(_, place) => place,
            _ => unreachable!(),
        });
        idle
    }

    fn session(&self, group: usize) -> Option<usize> {
        self.of_group(group, |state| matches!(state, State::Session(_))).first().copied()
    }

    fn all_are_open(&self) -> bool {
        let open = self.connections.iter().filter(|connection| connection.state != State::Closed).count();
        open >= self.plan.browser().connections_total
    }

    fn has_room(&self, group: usize) -> bool {
        self.active(group) + self.opening(group) < self.plan.browser().connections
    }

    /// Firefox: a handshake never takes an idle connection.
    fn opens_its_own(&self, id: Id) -> bool {
        self.plan.browser().websocket_opens_connection && self.class(id).kind == Kind::WebSocket
    }

    pub fn go_to_pool(&mut self, id: Id) {
        let rules = self.plan.browser();
        self.requests[id].line = Line::None;
        // Nobody listens: an error at once, and no connection is taken.
        if self.draws.is_refused(self.class(id), self.requests[id].call) {
            self.enter(id, Station::Connect);
            return self.set_timer(id, 0, Event::Refused(id));
        }
        let needs_slot = match self.class(id).kind {
            Kind::Fetch => true,
            Kind::Background => false,
            Kind::EventSource => rules.event_source_takes_slot,
            Kind::WebSocket => rules.websocket_takes_slot || rules.websocket_handshake_takes_slot,
        };
        self.requests[id].elsewhere = false;
        let group = self.group(id);
        if !needs_slot {
            self.enter(id, Station::Connect);
            let connect = self.connect_time(group);
            return self.set_timer(id, connect, Event::Dispatch(id));
        }
        self.enter(id, Station::Pool);
        self.requests[id].elsewhere = self.uses_the_other(group);
        let group = self.group(id);
        self.take_token(id, group);
        self.line_up(id, Line::Pool);
        self.requests[id].pool_place = self.requests[id].place;
        if !self.multiplexes(group)
            && !self.opens_its_own(id)
            && let Some(connection) = self.take_idle(group)
        {
            return self.assign(connection, id);
        }
        self.serve(group, Some(id));
    }

    /// The time to open the next connection of a group; both groups of an origin draw from one stream.
    fn connect_time(&mut self, group: usize) -> u64 {
        let number = 2 * self.opened[group] + (group % 2) as u64;
        self.opened[group] += 1;
        ns(self.draws.connect(&self.plan.origins()[group / 2], number).unwrap_or(self.plan.browser().connect))
    }

    /// Idle connections that are too old are closed. Of the others the newest that has served, or else the first opened.
    fn take_idle(&mut self, group: usize) -> Option<usize> {
        let rules = self.plan.browser();
        let keep_alive = self.plan.origins()[group / 2].keep_alive.map_or(u64::MAX, ns);
        let keep_alive = if keep_alive == 0 { u64::MAX } else { keep_alive };
        for at in self.idle(group) {
            let Connection { state, used, .. } = self.connections[at].clone();
            let timeout = if used { rules.idle_timeout_used } else { rules.idle_timeout_unused };
            if let State::Idle(since, _) = state
                && self.now - since >= ns(timeout).min(keep_alive)
            {
                self.connections[at].state = State::Closed;
            }
        }
        let idle = self.idle(group);
        let newest_used = idle.iter().rfind(|at| rules.idle_order == Order::Lifo && self.connections[**at].used);
        let found = newest_used.or(idle.iter().min()).copied()?;
        self.connections[found].state = State::Busy;
        Some(found)
    }

    /// The browser's limit over all groups: the first group with an idle connection closes its oldest, or else the first
    /// idle session is closed.
    fn makes_room(&mut self) -> bool {
        let groups = 0..2 * self.plan.origins().len();
        let idle = groups.clone().find_map(|group| self.idle(group).first().copied());
        let session = || groups.clone().filter(|group| self.active(*group) == 0).find_map(|group| self.session(group));
        let found = idle.or_else(session);
        if let Some(at) = found {
            self.connections[at].state = State::Closed;
        }
        found.is_some()
    }

    fn open(&mut self, group: usize, owner: Option<Id>) -> bool {
        if self.all_are_open() && !self.makes_room() {
            return false;
        }
        if let Some(id) = owner {
            self.requests[id].opening_for_it = true;
        }
        let connect = self.connect_time(group);
        self.connections.push(Connection { group, state: State::Opening, used: false, connect, owner, reached: false });
        if self.takes_turns(group) {
            self.after(connect, Event::Reached(self.connections.len() - 1));
        }
        self.after(connect, Event::Connected(self.connections.len() - 1));
        true
    }

    fn wants_connection(&self, id: Id) -> bool {
        self.requests[id].line == Line::Pool && !self.requests[id].opening_for_it
    }

    /// Idle connections go to those who wait; then new ones are opened, for `first` first.
    fn serve(&mut self, group: usize, first: Option<Id>) {
        if self.multiplexes(group) {
            return self.serve_streams(group);
        }
        for id in self.waiting(group) {
            if !self.has_room(group) {
                return;
            }
            if self.opens_its_own(id) {
                if !self.requests[id].opening_for_it && !self.open(group, Some(id)) {
                    return;
                }
            } else if let Some(connection) = self.take_idle(group) {
                self.assign(connection, id);
            } else {
                break;
            }
        }
        let mut first = first.filter(|id| self.wants_connection(*id));
        while self.opening(group) < self.waiting(group).len() && self.has_room(group) {
            let next = first.take().or_else(|| self.waiting(group).into_iter().find(|id| self.wants_connection(*id)));
            assert!(next.is_some(), "a connection is opened for nobody");
            if !self.open(group, next) {
                return;
            }
        }
    }

    fn serve_streams(&mut self, group: usize) {
        self.close_old_session(group);
        let origin = &self.plan.origins()[group / 2];
        let Some(session) = self.session(group) else {
            if self.opening(group) == 0
                && let Some(first) = self.waiting(group).first().copied()
            {
                self.open(group, Some(first).filter(|_| self.takes_turns(group)));
            }
            return;
        };
        while self.active(group) < origin.max_concurrent_streams
            && let Some(next) = self.waiting(group).first().copied()
        {
            self.assign(session, next);
        }
    }

    /// All groups again: the highest rank at the head first, then the order of the file.
    fn serve_all(&mut self) {
        for rank in (0..10).rev() {
            for group in 0..2 * self.plan.origins().len() {
                if self.waiting(group).iter().any(|id| self.requests[*id].rank == rank) {
                    self.serve(group, None);
                }
            }
        }
    }

    pub fn connected(&mut self, at: usize) {
        let Connection { group, owner, .. } = self.connections[at];
        if let Some(id) = owner {
            self.requests[id].opening_for_it = false;
        }
        if self.multiplexes(group) {
            self.connections[at].state = State::Session(0);
            if let Some(id) = owner.filter(|id| self.connections[at].reached && self.requests[*id].line == Line::Pool) {
                self.assign(at, id);
            }
            return self.serve_streams(group);
        }
        self.connections[at].state = State::Busy;
        let is_its_own = owner.is_some_and(|id| self.opens_its_own(id));
        let next = if self.plan.browser().late_binding && !is_its_own {
            self.waiting(group).first().copied()
        } else {
            owner.filter(|id| self.requests[*id].line == Line::Pool)
        };
        match next {
            Some(id) => self.assign(at, id),
            None => {
                self.rest(at);
                self.serve(group, None);
                self.serve_all();
            }
        }
    }

    fn rest(&mut self, at: usize) {
        self.connections[at].state = State::Idle(self.now, self.next_place());
    }

    fn assign(&mut self, at: usize, id: Id) {
        let now = self.now;
        let Connection { used, connect, .. } = self.connections[at];
        let waited = now - self.requests[id].since;
        self.enter(id, Station::Connect);
        // On a new connection the last part of the wait was its opening.
        if !used {
            let opening = waited.min(connect);
            self.requests[id].spent[Station::Pool as usize] -= opening;
            self.requests[id].spent[Station::Connect as usize] += opening;
        }
        self.connections[at].used = true;
        let request = &mut self.requests[id];
        request.line = Line::None;
        request.slot_from = Some(now);
        request.connection = Some(at + 1);
        self.dispatch(id);
    }

    pub fn dispatch(&mut self, id: Id) {
        self.requests[id].timer = None;
        match ns(self.plan.browser().dispatch) {
            0 => self.set_timer(id, 0, Event::Sent(id)),
            dispatch => self.share(Which::Browser, id, dispatch),
        }
    }

    pub fn done_dispatching(&mut self) -> Option<Id> {
        self.done_sharing(Which::Browser)
    }

    /// A request does not need its connection any more.
    pub fn free_connection(&mut self, id: Id, aborted: bool, breaks: bool) {
        let (rules, now) = (self.plan.browser(), self.now);
        let request = &mut self.requests[id];
        let (Some(_), None, Some(at)) = (request.slot_from, request.slot_until, request.connection) else { return };
        request.slot_until = Some(now);
        let (at, group) = (at - 1, self.connections[at - 1].group);
        if self.multiplexes(group) {
            let is_open = self.connections[at].state != State::Closed;
            assert!(is_open, "a session closes with a stream on it");
            self.connections[at].state = State::Session(now);
            let full = self.all_are_open();
            self.serve_streams(group);
            if full {
                self.serve_all();
            }
            return;
        }
        let one_response = self.plan.origins()[group / 2].keep_alive.is_some_and(|span| ns(span) == 0);
        let closes = aborted && rules.abort_closes_connection || breaks;
        if self.class(id).kind == Kind::WebSocket || closes || one_response {
            self.connections[at].state = State::Closed;
        } else {
            self.rest(at);
            // WebKitGTK: the next in the order of the queue, of those who stand behind it there.
            let key = |id: Id| (std::cmp::Reverse(self.requests[id].rank), self.requests[id].pool_place);
            let behind =
                self.waiting(group).into_iter().filter(|next| key(*next) > key(id)).min_by_key(|next| key(*next));
            if let Some(next) = behind.filter(|_| rules.freed_to_same_priority)
                && !self.opens_its_own(next)
                && let Some(connection) = self.take_idle(group)
            {
                self.assign(connection, next);
            }
            self.serve(group, None);
        }
        self.serve_all();
    }

    /// A session without streams that the server has closed.
    fn close_old_session(&mut self, group: usize) {
        let keep_alive = self.plan.origins()[group / 2].keep_alive;
        if let Some(at) = self.session(group)
            && let State::Session(since) = self.connections[at].state
        {
            let is_over = keep_alive.is_some_and(|span| self.now - since >= ns(span));
            if self.connections[at].used && self.active(group) == 0 && is_over {
                self.connections[at].state = State::Closed;
            }
        }
    }

    fn speaks_h2(&self, group: usize) -> bool {
        self.plan.origins()[group / 2].protocol == Protocol::H2
    }

    /// Firefox: a request uses the session of those with the other credentials if that is open, and its own have none.
    fn uses_the_other(&mut self, group: usize) -> bool {
        if !self.plan.browser().session_shares_credentials || !self.speaks_h2(group) {
            return false;
        }
        self.close_old_session(group);
        self.close_old_session(group ^ 1);
        self.session(group).is_none() && self.session(group ^ 1).is_some()
    }

    /// Firefox: the order of its queue changes while a session opens.
    fn takes_turns(&self, group: usize) -> bool {
        self.plan.browser().session_queue_turns && self.speaks_h2(group)
    }

    /// Ten tokens at once, then one each 12.5 ms: a request that gets none at once is admitted when there is one.
    fn take_token(&mut self, id: Id, group: usize) {
        let any = (0..self.plan.origins().len()).any(|origin| self.takes_turns(2 * origin));
        if !any || self.session(group).is_some() {
            return;
        }
        // The bucket has one for this request 12.5 ms after the last of the ten that came before it began to be refilled.
        let token = 12_500_000;
        let full = self.tokens.last().map_or(self.now, |last| (last + token).max(self.now));
        self.tokens.push(full);
        let wait = (full - self.now).saturating_sub(9 * token);
        if wait > 0 {
            self.after(wait, Event::Admitted(id));
        }
    }

    pub fn has_token(&mut self, id: Id) {
        if self.requests[id].line == Line::Pool {
            self.look(self.group(id));
            (0..2 * self.plan.origins().len()).for_each(|group| self.look(group));
        }
    }

    pub fn reached(&mut self, at: usize) {
        self.connections[at].reached = true;
        (0..2 * self.plan.origins().len()).for_each(|group| self.look(group));
    }

    /// Those at the front go behind all others, the last one first; not the one that has the connection.
    fn look(&mut self, group: usize) {
        let opening = self.of_group(group, |state| state == State::Opening);
        let Some(Connection { owner, reached, .. }) = opening.first().map(|at| self.connections[*at].clone()) else {
            return;
        };
        if !self.takes_turns(group) {
            return;
        }
        let mut waiting = self.waiting(group);
        waiting.retain(|id| !reached || owner != Some(*id));
        waiting.truncate(self.plan.browser().connections - 1);
        for id in waiting.into_iter().rev() {
            self.line_up(id, Line::Pool);
        }
    }
}
