//! The server: it turns work into time, by its discipline.
//!
//! Rule: independent requests do not slow each other down; processor sharing gives each of n requests the rate
//! min(1, workers / n) (Kleinrock 1967); first come, first served keeps a worker for the whole of a request's work, and with
//! `worker_until` to the end of its body or of a socket (a thread or process for each connection); an
//! event loop has one thread, runs blocks in the order in which they became ready, and never interrupts a block. A
//! request of several segments alternates blocks and I/O. An abort does not stop its work unless the origin says so
//! (measured: Next.js 14 to 16 runs route handlers and renders to their end).

use super::list::{List, RequestId};
use super::request::Station;
use super::sharing::{Capacity, Sharing};
use super::{Agenda, Event, Running};
use crate::class::{self, Class, DeadlineFrom, DeadlineUntil, Kind};
use crate::origin::{Discipline, WorkerUntil};
use sixslot_sim_core::Span;

/// A step to take at this instant for requests at a server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Start the next part of a request's work: look-ups in the server's caches first, then its own work.
    Next(RequestId),
    /// A part is done, and the I/O after it.
    PartDone(RequestId),
    /// A value has been computed; these requests waited for it.
    Resume(List),
    /// A part is done and the requests that waited for it have gone on: the request itself goes on, or leaves.
    GoOn { id: RequestId, computed: bool },
}

/// State of a server.
#[derive(Debug, Default)]
pub(super) struct Server {
    /// Number of busy workers (fifo, event loop).
    pub(super) busy: usize,
    /// Number of requests that wait for one.
    pub(super) waiting: usize,
    /// Requests that wait for a worker.
    pub(super) queue: List,
    /// Requests that share the processor.
    pub(super) sharing: Sharing<RequestId>,
}

impl Server {
    pub(super) fn reset(&mut self) {
        self.busy = 0;
        self.waiting = 0;
        self.queue = List::default();
        self.sharing.reset();
    }
}

impl Running<'_> {
    /// The browser has dispatched a request.
    pub(super) fn sent(&mut self, agenda: &mut Agenda, id: RequestId) {
        let now = agenda.now();
        let class = self.class(id);
        let request = self.request(id);
        request.timer = None;
        request.sent = Some(now);
        request.enter(Station::Server, now);
        if class.deadline_until == DeadlineUntil::Sent {
            self.drop_deadline(agenda, id);
        }
        self.arm_deadline(agenda, id, class, DeadlineFrom::Sent);
        self.reach(agenda, id, class::Event::Sent);
        let discipline = self.plan.origins[class.origin].discipline;
        let (work, wait) = self.state.draws.service(class, discipline, self.state.requests[id].call());
        let segments = if discipline == Discipline::EventLoop { class.segments } else { 1 };
        let request = self.request(id);
        request.drawn = work + wait;
        request.state.segments_left = segments;
        request.state.own = match segments {
            1 => (work, wait),
            _ => (work / u64::from(segments), wait / u64::from(segments)),
        };
        self.upload(agenda, id);
    }

    /// The server receives a request.
    pub(super) fn arrived(&mut self, agenda: &mut Agenda, id: RequestId) {
        let request = self.request(id);
        request.timer = None;
        request.state.at_server = true;
        if self.turns_away(id) {
            return self.leave_server(agenda, id);
        }
        self.invalidate_caches(id);
        if !self.class(id).looks_up.is_empty() {
            return self.advance(agenda, Step::Next(id));
        }
        let (block, gap) = self.state.requests[id].state.own;
        if self.begin(agenda, id, block, gap) {
            self.advance(agenda, Step::PartDone(id));
        }
    }

    /// Takes a step and all that follow from it at this instant: parts of zero length, and requests that waited for a value.
    /// There can be as many as a scenario has look-ups, so the remaining steps are kept in a list: recursion could overflow the
    /// stack.
    fn advance(&mut self, agenda: &mut Agenda, first: Step) {
        let mut steps = std::mem::take(&mut self.state.steps);
        debug_assert!(steps.is_empty(), "steps of another instant remain: {steps:?}");
        let mut next = Some(first);
        while let Some(step) = next.take().or_else(|| steps.pop()) {
            match step {
                Step::Next(id) => {
                    // Without a part to start, it waits for a value that another request computes.
                    if let Some((block, gap)) = self.look_up_caches(agenda.now(), id)
                        && self.begin(agenda, id, block, gap)
                    {
                        next = Some(Step::PartDone(id));
                    }
                }
                Step::PartDone(id) => {
                    let state = &mut self.request(id).state;
                    let computed = state.making.is_some();
                    let go_on = Step::GoOn { id, computed };
                    if computed {
                        steps.push(go_on);
                        next = Some(Step::Resume(self.value_computed(agenda.now(), id)));
                    } else {
                        debug_assert!(state.segments_left > 0, "request {id} has done too many parts");
                        state.segments_left -= 1;
                        next = Some(go_on);
                    }
                }
                Step::Resume(mut waiting) => {
                    if let Some(waiter) = waiting.pop(&mut self.state.links) {
                        steps.push(Step::Resume(waiting));
                        self.value_received(waiter);
                        next = Some(Step::Next(waiter));
                    }
                }
                Step::GoOn { id, computed } => {
                    if self.goes_on(id, computed) {
                        next = Some(Step::Next(id));
                    } else {
                        self.leave_server(agenda, id);
                    }
                }
            }
        }
        self.state.steps = steps;
    }

    /// Whether a request has a part left, and either a client that waits for it or a server that goes on after an abort.
    fn goes_on(&self, id: RequestId, computed: bool) -> bool {
        let stops = self.plan.origins[self.class(id).origin].cancel_on_disconnect;
        let request = &self.state.requests[id];
        (request.station == Station::Server || !stops) && (computed || request.state.segments_left > 0)
    }

    fn leave_server(&mut self, agenda: &mut Agenda, id: RequestId) {
        let request = self.request(id);
        request.state.at_server = false;
        if request.station == Station::Server {
            self.respond(agenda, id);
        }
    }

    /// Starts a part; true if its length is zero, so that it is done.
    #[must_use]
    fn begin(&mut self, agenda: &mut Agenda, id: RequestId, block: Span, gap: Span) -> bool {
        let origin = self.class(id).origin;
        let rules = &self.plan.origins[origin];
        let capacity = self.capacity(origin);
        let state = &mut self.request(id).state;
        (state.block, state.gap) = (block, gap);
        match rules.discipline {
            Discipline::Independent => {
                self.request(id).timer = Some(agenda.schedule_in(block + gap, Event::Waited { request: id }));
            }
            Discipline::ProcessorSharing => {
                let share = self.state.servers[origin].sharing.join(agenda, id, block, capacity);
                self.request(id).state.share = Some(share);
            }
            // Without work there is no block: it goes on in the current turn of the loop.
            Discipline::EventLoop if block.is_zero() => return self.wait_after_work(agenda, id),
            Discipline::Fifo | Discipline::EventLoop => {
                let server = &mut self.state.servers[origin];
                if server.busy < rules.workers {
                    server.busy += 1;
                    self.request(id).timer = Some(agenda.schedule_in(block, Event::Worked { request: id }));
                } else {
                    debug_assert!(server.busy == rules.workers, "{} of {} workers", server.busy, rules.workers);
                    server.queue.push(&mut self.state.links, id);
                    server.waiting += 1;
                }
            }
        }
        false
    }

    fn capacity(&self, origin: usize) -> Capacity {
        let rules = &self.plan.origins[origin];
        Capacity { workers: rules.workers, slowdown_exponent: rules.slowdown_exponent, event: Event::Shared { origin } }
    }

    /// A processor-sharing server has finished the work of one or more requests.
    pub(super) fn shared(&mut self, agenda: &mut Agenda, origin: usize) {
        let capacity = self.capacity(origin);
        while let Some(id) = self.state.servers[origin].sharing.done(agenda, capacity) {
            self.request(id).state.share = None;
            self.after_work(agenda, id);
        }
    }

    /// A worker, or the event loop's thread, has finished a block.
    pub(super) fn worked(&mut self, agenda: &mut Agenda, id: RequestId) {
        self.request(id).timer = None;
        let holds = self.keeps_worker(id);
        self.request(id).state.holds_worker = holds;
        if !holds {
            self.free_worker(agenda, self.class(id).origin);
        }
        self.after_work(agenda, id);
    }

    /// Whether a worker that has done a part of the work stays with the request, to the end of its body or of a socket, where
    /// the server says so. A computation of a cache's value has it no longer.
    fn keeps_worker(&self, id: RequestId) -> bool {
        let class = self.class(id);
        let rules = &self.plan.origins[class.origin];
        let request = &self.state.requests[id];
        rules.discipline == Discipline::Fifo
            && rules.worker_until == WorkerUntil::End
            && class.kind != Kind::Background
            && request.state.making.is_none()
            && request.station == Station::Server
    }

    /// A request that has ended needs its worker no longer.
    pub(super) fn leave_worker(&mut self, agenda: &mut Agenda, id: RequestId) {
        if std::mem::take(&mut self.request(id).state.holds_worker) {
            self.free_worker(agenda, self.class(id).origin);
        }
    }

    fn free_worker(&mut self, agenda: &mut Agenda, origin: usize) {
        let server = &mut self.state.servers[origin];
        match server.queue.pop(&mut self.state.links) {
            None => {
                debug_assert!(server.busy > 0, "origin {origin} frees a worker that was not busy");
                server.busy -= 1;
            }
            Some(next) => {
                server.waiting -= 1;
                let block = self.state.requests[next].state.block;
                self.request(next).timer = Some(agenda.schedule_in(block, Event::Worked { request: next }));
            }
        }
    }

    /// The work of a part is done; the I/O time after it starts.
    fn after_work(&mut self, agenda: &mut Agenda, id: RequestId) {
        if self.wait_after_work(agenda, id) {
            self.advance(agenda, Step::PartDone(id));
        }
    }

    /// Starts the I/O time after the work of a part; true if it is zero.
    fn wait_after_work(&mut self, agenda: &mut Agenda, id: RequestId) -> bool {
        let request = self.request(id);
        let gap = request.state.gap;
        if !gap.is_zero() {
            request.timer = Some(agenda.schedule_in(gap, Event::Waited { request: id }));
        }
        gap.is_zero()
    }

    pub(super) fn waited(&mut self, agenda: &mut Agenda, id: RequestId) {
        let request = self.request(id);
        request.timer = None;
        if request.state.segments_left == 1 && request.state.making.is_none() {
            request.state.segments_left = 0;
            return self.leave_server(agenda, id);
        }
        self.advance(agenda, Step::PartDone(id));
    }

    /// Whether the page leaves a large body unread, and so holds its connection.
    pub(super) fn is_pinned(&self, id: RequestId) -> bool {
        let rules = &self.plan.browser;
        !self.class(id).reads_body
            && rules.unread_body_holds_slot
            && self.copy(id).body_bytes.unwrap_or(0) >= rules.unread_body_buffer
    }

    /// The browser receives the headers.
    pub(super) fn headers_arrived(&mut self, agenda: &mut Agenda, id: RequestId) {
        let now = agenda.now();
        let class = self.class(id);
        let request = self.request(id);
        request.timer = None;
        request.headers = Some(now);
        request.enter(Station::Body, now);
        if class.kind.is_socket() && self.is_error(id) {
            let late = self.plan.browser.websocket_failure_delay;
            if class.kind == Kind::EventSource || late.is_zero() {
                return self.end_body(agenda, id);
            }
            self.free_connection(agenda, id, true);
            self.request(id).timer = Some(agenda.schedule_in(late, Event::BodyEnd { request: id }));
            return;
        }
        let body = self.body_of(id, class);
        if !self.is_alone(id) {
            self.headers_at_cache(agenda, id);
        }
        if class.kind.is_socket() {
            // The network is faster than the page: its slot is gone before the page can send anything.
            self.socket_opened(agenda, id);
        }
        self.headers_seen(agenda, id);
        if let Some(span) = body
            && self.state.requests[id].state.transfers
        {
            self.request(id).state.body_made = Some(now + span).filter(|_| !self.is_fifo(class.origin));
            if let Some(arrives) = self.state.requests[id].state.body_arrives {
                self.await_body(agenda, id, arrives);
            }
            return;
        }
        match body.filter(|_| !self.is_pinned(id)) {
            None => {}
            Some(span) if span.is_zero() => self.end_body(agenda, id),
            Some(span) => {
                self.request(id).timer = Some(agenda.schedule_in(span, Event::BodyEnd { request: id }));
            }
        }
    }

    pub(super) fn body_ended(&mut self, agenda: &mut Agenda, id: RequestId) {
        let request = self.request(id);
        request.timer = None;
        // A stored response has no headers before this instant.
        request.headers = request.headers.or(Some(agenda.now()));
        self.end_body(agenda, id);
    }

    fn end_body(&mut self, agenda: &mut Agenda, id: RequestId) {
        let outcome = self.ending(id);
        self.finish(agenda, id, outcome);
    }

    /// The time of a body: none of an answer that the server's queue gave, half of it where the connection is reset.
    pub(super) fn body_of(&self, id: RequestId, class: &Class) -> Option<Span> {
        let request = &self.state.requests[id];
        if request.state.turned_away {
            return Some(Span::ZERO);
        }
        let body = self.state.draws.body(class, request.call());
        if request.state.resets { body.map(|span| span / 2) } else { body }
    }

    /// The page has aborted a request that has a connection: the server's work goes on, or stops.
    pub(super) fn abort_at_server(&mut self, agenda: &mut Agenda, id: RequestId) {
        let origin = self.class(id).origin;
        let rules = &self.plan.origins[origin];
        let capacity = self.capacity(origin);
        let request = self.request(id);
        if !request.state.at_server {
            // What has been sent arrives; an answer on its way does not reach the page.
            if !rules.cancel_on_disconnect && !request.state.answered && request.state.stream.is_none() {
                request.timer = None;
            }
            return;
        }
        // Others may wait for a value that is being computed, so its computation never stops.
        if !rules.cancel_on_disconnect || request.state.making.is_some() {
            // Cleared here, so that the end of the request does not cancel it.
            request.timer = None;
            return;
        }
        let share = request.state.share.take();
        if self.leave_computation(id) {
            return;
        }
        if let Some(share) = share {
            self.state.servers[origin].sharing.leave(agenda, share, capacity);
            return;
        }
        if self.request(id).timer.is_none() {
            let server = &mut self.state.servers[origin];
            server.queue.remove(&mut self.state.links, id);
            server.waiting -= 1;
        } else if rules.discipline == Discipline::EventLoop {
            // A block that has started runs to its end; nothing follows it.
            let request = self.request(id);
            request.timer = None;
            request.state.segments_left = 1;
            request.state.gap = Span::ZERO;
        } else {
            self.stop_worker_of(agenda, id, origin);
        }
    }

    /// Frees the worker of a request that is being served; a request that only waits has none.
    fn stop_worker_of(&mut self, agenda: &mut Agenda, id: RequestId, origin: usize) {
        let cancelled = self.request(id).timer.take().and_then(|key| agenda.cancel(key));
        if let Some(Event::Worked { .. }) = cancelled {
            self.free_worker(agenda, origin);
        }
    }
}
