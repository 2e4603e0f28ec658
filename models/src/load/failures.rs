//! Calls that fail beside their deadlines, and what follows a failure.
//!
//! Rule: see `class/answer.rs` and `class/retry.rs`. A refused connection is an error when the call would join the queue
//! for a connection: after the name's resolution and one round trip (the SYN and its RST), without a slot. A server whose queue
//! is full answers with 503 as the request arrives. An error answer frees its connection like any other; a reset closes it
//! after the headers and half of the body.

use super::list::RequestId;
use super::request::{Outcome, Station};
use super::{Agenda, Event, Running};
use crate::class::{Class, Failure, Kind, UNAVAILABLE};
use crate::origin::Discipline;
use sixslot_sim_core::Span;

impl Running<'_> {
    /// Whether the connection of a request is refused.
    pub(super) fn is_refused(&self, id: RequestId) -> bool {
        self.state.draws.is_refused(self.class(id), self.state.requests[id].call())
    }

    /// A request finds that its server accepts no connections.
    pub(super) fn refuse(&mut self, agenda: &mut Agenda, id: RequestId) {
        let (now, origin) = (agenda.now(), self.class(id).origin);
        let until = self.resolving(origin, now) + self.state.network.rtt(origin);
        self.request(id).enter(Station::Connect, now);
        self.request(id).timer = Some(agenda.schedule_in(until, Event::Refused { request: id }));
    }

    /// The connection of a request has been refused.
    pub(super) fn refused(&mut self, agenda: &mut Agenda, id: RequestId) {
        self.request(id).timer = None;
        self.request(id).failure.get_or_insert(Failure::Refused);
        self.finish(agenda, id, Outcome::Failed);
    }

    /// Whether a server's queue has no place for a request that arrives: it is answered with 503.
    pub(super) fn turns_away(&mut self, id: RequestId) -> bool {
        let class = self.class(id);
        let rules = &self.plan.origins[class.origin];
        let Some(queue) = rules.queue.filter(|_| class.kind != Kind::Background) else { return false };
        let server = &self.state.servers[class.origin];
        let present = match rules.discipline {
            Discipline::ProcessorSharing => server.sharing.len(),
            _ => server.busy + server.waiting,
        };
        let is_full = present >= rules.workers + queue.limit;
        if is_full {
            let request = self.request(id);
            (request.status, request.state.turned_away) = (UNAVAILABLE, true);
        }
        is_full
    }

    /// The server's answer is ready: its status, and whether its connection is reset.
    pub(super) fn decide_answer(&mut self, id: RequestId) {
        let class = self.class(id);
        if !class.answer.is_drawn() || self.state.requests[id].state.turned_away {
            return;
        }
        let call = self.state.requests[id].call();
        let status = self.state.draws.status(class, call);
        let resets = self.state.draws.is_reset(class, call);
        let request = self.request(id);
        (request.status, request.state.resets) = (status, resets);
    }

    /// Whether an answer has arrived with which its call fails.
    pub(super) fn is_error(&self, id: RequestId) -> bool {
        let status = self.state.requests[id].status;
        status != 200 && (self.class(id).kind.is_socket() || self.class(id).answer.fails(status))
    }

    /// How a request ends whose body is over: it fails with its status, or with a reset of its connection.
    pub(super) fn ending(&mut self, id: RequestId) -> Outcome {
        let resets = self.state.requests[id].state.resets;
        if !resets && !self.is_error(id) {
            return Outcome::Ok;
        }
        let request = self.request(id);
        // A page that has given it up knows no other failure of it.
        let failure = if resets { Failure::Reset } else { Failure::Status(request.status) };
        request.failure.get_or_insert(failure);
        Outcome::Failed
    }

    /// The pause before the retry of a request that failed, after so many failures in a row; none if there is no retry.
    pub(super) fn retry_pause(&self, id: RequestId, failures: u32) -> Option<Span> {
        let (class, request) = (self.class(id), &self.state.requests[id]);
        if failures >= class.attempts || !class.retries(request.failure) {
            return None;
        }
        let pause = self.state.draws.jittered(class.backoff_after(failures), class, request.call());
        let asked = self.retry_after(id).filter(|_| class.follows_retry_after);
        Some(asked.map_or(pause, |asked| pause.max(asked)))
    }

    /// Retry-After of the answer to a request.
    fn retry_after(&self, id: RequestId) -> Option<Span> {
        let (class, request) = (self.class(id), &self.state.requests[id]);
        match request.failure {
            Some(Failure::Status(_)) if request.state.turned_away => {
                self.plan.origins[class.origin].queue.and_then(|queue| queue.retry_after)
            }
            Some(Failure::Status(status)) => class.answer.retry_after(status),
            _ => None,
        }
    }

    /// A socket has closed, or its opening has failed, so many times in a row: it opens again after a pause, if at all.
    #[inline]
    pub(super) fn open_again(&self, agenda: &mut Agenda, id: RequestId, class: &Class, failures: u32) {
        if class.reconnect.is_none() {
            return;
        }
        let request = &self.state.requests[id];
        if let Some(pause) = self.state.draws.reconnect(class, request.call())
            && class.opens_again(request.failure)
        {
            agenda.schedule_in(class.reconnect_after(pause, failures), Event::Retry { failed: id });
        }
    }
}
