//! Idle connections: which of them serves next, and when they are closed.
//!
//! Rule (Chromium, net/socket/transport_client_socket_pool.cc): a group takes the used connection that became idle last, or where
//! none was used the oldest; what has been idle for its time-out is closed when a connection is looked for. An idle connection of
//! another group is closed where the whole pool is full.
//!
//! Over links that are first in, first out the server's keep-alive time runs from when the last byte of an answer leaves it, which is before
//! the browser has it by what stands in the buffers; the server must have the next request before it is over.

use super::Running;
use super::pool::Connection;
use crate::queue::Order;
use sixslot_sim_core::{Span, Time};

impl Connection {
    /// For how long the server will have been idle when a request that is sent now comes: since the last byte of its answer left it,
    /// where that is known.
    pub(super) fn idle_at_server(&self, now: Time, half: Span) -> Span {
        self.left.map_or(now - self.idle_since, |left| now + half - left)
    }
}

impl Running<'_> {
    /// The server closes a connection without streams that has been idle for its keep-alive time. The browser's own
    /// time-outs are for sockets of its pool, and not for sessions (net/spdy/spdy_session_pool.cc).
    pub(super) fn close_idle_session(&mut self, group: usize, now: Time) {
        let pool = &mut self.state.pool;
        let state = &mut pool.groups[group];
        let Some(connection) = state.session.filter(|_| state.active == 0) else { return };
        let half = self.state.network.half(group / 2);
        let Connection { used, .. } = pool.connections[connection];
        let idle = pool.connections[connection].idle_at_server(now, half);
        if used && self.plan.origins[group / 2].keep_alive.is_some_and(|span| idle >= span) {
            state.session = None;
            pool.total -= 1;
        }
    }

    pub(super) fn rest(&mut self, now: Time, connection: usize) {
        let state = &mut self.state.pool.connections[connection];
        state.idle_since = now;
        let group = state.group;
        self.state.pool.groups[group].idle.push(connection);
    }

    /// Takes the idle connection that the browser would take, closing those that have been idle for too long.
    #[inline]
    pub(super) fn take_idle(&mut self, group: usize, now: Time) -> Option<usize> {
        if self.state.pool.groups[group].idle.is_empty() { None } else { self.take_one_of_idle(group, now) }
    }

    fn take_one_of_idle(&mut self, group: usize, now: Time) -> Option<usize> {
        let rules = &self.plan.browser;
        // One of zero closes connections that have served, in `free_connection`.
        let keep_alive = self.plan.origins[group / 2].keep_alive.filter(|span| !span.is_zero()).unwrap_or(Span::MAX);
        let half = self.state.network.half(group / 2);
        let pool = &mut self.state.pool;
        let connections = &pool.connections;
        let before = pool.groups[group].idle.len();
        pool.groups[group].idle.retain(|connection| {
            let connection = &connections[*connection];
            let timeout = if connection.used { rules.idle_timeout_used } else { rules.idle_timeout_unused };
            now - connection.idle_since < timeout && connection.idle_at_server(now, half) < keep_alive
        });
        let idle = &mut pool.groups[group].idle;
        pool.total -= before - idle.len();
        let newest_used =
            idle.iter().rposition(|connection| rules.idle_order == Order::Lifo && connections[*connection].used);
        // Of unused ones the oldest; with `fifo`, the first that was opened.
        let oldest = (0..idle.len()).min_by_key(|at| idle[*at]);
        newest_used.or(oldest).map(|at| idle.remove(at))
    }

    /// Closes an idle connection of some group to make room in the whole pool.
    pub(super) fn close_an_idle_one(&mut self) -> bool {
        let pool = &mut self.state.pool;
        let found = pool.groups.iter_mut().find(|group| !group.idle.is_empty());
        if let Some(group) = found {
            group.idle.remove(0);
            pool.total -= 1;
            return true;
        }
        let session = pool.groups.iter_mut().find(|group| group.active == 0 && group.session.is_some());
        if let Some(group) = session {
            group.session = None;
            pool.total -= 1;
            return true;
        }
        false
    }
}
