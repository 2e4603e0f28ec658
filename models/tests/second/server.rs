//! The server: disciplines, segments, cached values, aborts.

use super::sharing::Which;
use super::{Event, Id, Line, Second, ns};
use sixslot_models::class::{self, DeadlineFrom, DeadlineUntil, Failure, Kind};
use sixslot_models::load::{Computation, Outcome, Station};
use sixslot_models::origin::{Discipline, WorkerUntil};
use sixslot_models::server_cache::TtlFrom;
use sixslot_sim_core::{Span, Time};

impl Second<'_> {
    fn discipline(&self, id: Id) -> Discipline {
        self.plan.origins()[self.class(id).origin].discipline
    }

    pub fn sent(&mut self, id: Id) {
        let (now, class, discipline) = (self.now, self.class(id), self.discipline(id));
        self.requests[id].timer = None;
        self.requests[id].sent = Some(now);
        self.enter(id, Station::Server);
        if class.deadline_until == DeadlineUntil::Sent {
            self.drop_deadline(id);
        }
        self.deadline_begins(id, DeadlineFrom::Sent);
        self.reach(id, class::Event::Sent);
        let (work, wait) = self.draws.service(class, discipline, self.requests[id].call);
        let segments = if discipline == Discipline::EventLoop { class.segments } else { 1 };
        let request = &mut self.requests[id];
        request.drawn = ns(work) + ns(wait);
        request.left = segments;
        request.own = (ns(work) / u64::from(segments), ns(wait) / u64::from(segments));
        if self.has_no_place(id) {
            self.requests[id].turned_away = true;
            return self.answer(id);
        }
        for (cache, rules) in self.server_caches.iter_mut().zip(self.plan.server_caches()) {
            if rules.invalidated_by.contains(&self.requests[id].class) {
                cache.value = None;
            }
        }
        self.next_part(id);
    }

    /// Whether the queue of its server is full.
    fn has_no_place(&self, id: Id) -> bool {
        let origin = self.class(id).origin;
        let rules = &self.plan.origins()[origin];
        let there = |other: &Id| {
            let is_there = self.is_worked_on(*other) || self.requests[*other].line == Line::Worker;
            self.class(*other).origin == origin && is_there
        };
        let present = match rules.discipline {
            Discipline::ProcessorSharing => self.present(origin),
            _ => (0..self.requests.len()).filter(there).count(),
        };
        let is_client = self.class(id).kind != Kind::Background;
        rules.queue.is_some_and(|queue| is_client && present >= rules.workers + queue.limit)
    }

    fn next_part(&mut self, id: Id) {
        if let Some((block, gap)) = self.part(id) {
            self.begin(id, block, gap);
        }
    }

    /// The work and the I/O time of the next part; none while the request waits for a value that another computes.
    fn part(&mut self, id: Id) -> Option<(u64, u64)> {
        let (now, class) = (self.now, self.class(id));
        let own = self.requests[id].own;
        let done = class.segments - self.requests[id].left.min(class.segments);
        if done + 1 < class.lookup_before_segment {
            return Some(own);
        }
        loop {
            let position = self.requests[id].looked_up;
            let Some(number) = class.looks_up.get(position).copied() else { return Some(own) };
            let rules = &self.plan.server_caches()[number];
            if self.server_caches[number].value.is_some_and(|from| now < from.saturating_add(ns(rules.ttl))) {
                self.requests[id].looked_up += 1;
                continue;
            }
            if let Some(maker) = self.server_caches[number].maker.filter(|_| rules.single_flight) {
                let began = self.requests[maker].computing.unwrap();
                if rules.join_within.is_none_or(|within| now < began.saturating_add(ns(within))) {
                    self.requests[id].place = self.next_place();
                    self.requests[id].awaits = Some(maker);
                    return None;
                }
            }
            self.server_caches[number].maker = Some(id);
            self.requests[id].computing = Some(now);
            let (work, io_time) = self.draws.computation(rules, class, self.requests[id].call, position);
            let began = Time::ZERO + Span::from_nanos(now);
            self.computations.push(Computation { server_cache: number, request: id, position, began, work, io_time });
            return Some((ns(work), ns(io_time)));
        }
    }

    fn begin(&mut self, id: Id, block: u64, gap: u64) {
        let origin = self.class(id).origin;
        (self.requests[id].block, self.requests[id].gap) = (block, gap);
        match self.discipline(id) {
            Discipline::Independent => self.set_timer(id, block + gap, Event::Waited(id)),
            Discipline::ProcessorSharing => self.share(Which::Origin(origin), id, block),
            // No block: it goes on in the current turn of the loop.
            Discipline::EventLoop if block == 0 => self.wait_after_work(id),
            Discipline::Fifo | Discipline::EventLoop => {
                let busy = |other: &Id| self.class(*other).origin == origin && self.is_worked_on(*other);
                if (0..self.requests.len()).filter(busy).count() < self.plan.origins()[origin].workers {
                    self.set_timer(id, block, Event::Worked(id));
                    self.requests[id].sharing = true;
                } else {
                    self.line_up(id, Line::Worker);
                }
            }
        }
    }

    /// Whether a worker is busy with a request.
    fn is_worked_on(&self, id: Id) -> bool {
        let alone = matches!(self.discipline(id), Discipline::Fifo | Discipline::EventLoop);
        alone && (self.requests[id].sharing && self.requests[id].sent.is_some() || self.requests[id].keeps_worker)
    }

    pub fn worked(&mut self, id: Id) {
        self.requests[id].timer = None;
        self.requests[id].sharing = false;
        // Where the server says so, a body or a socket keeps the worker that has done the request's own work.
        let to_the_end = self.plan.origins()[self.class(id).origin].worker_until == WorkerUntil::End;
        let keeps = to_the_end && self.class(id).kind != Kind::Background;
        let has_client = self.requests[id].station == Station::Server;
        if keeps && has_client && self.discipline(id) == Discipline::Fifo && self.requests[id].computing.is_none() {
            self.requests[id].keeps_worker = true;
        } else {
            self.next_of_worker(self.class(id).origin);
        }
        self.wait_after_work(id);
    }

    pub fn leave_worker(&mut self, id: Id) {
        if std::mem::take(&mut self.requests[id].keeps_worker) {
            self.next_of_worker(self.class(id).origin);
        }
    }

    fn next_of_worker(&mut self, origin: usize) {
        if let Some(next) = self.line(Line::Worker, |load, id| load.class(id).origin == origin).first().copied() {
            self.requests[next].line = Line::None;
            self.requests[next].sharing = true;
            self.set_timer(next, self.requests[next].block, Event::Worked(next));
        }
    }

    pub fn shared(&mut self, origin: usize) {
        while let Some(id) = self.done_sharing(Which::Origin(origin)) {
            self.requests[id].sharing = false;
            self.wait_after_work(id);
        }
    }

    fn wait_after_work(&mut self, id: Id) {
        match self.requests[id].gap {
            0 => self.part_done(id),
            gap => self.set_timer(id, gap, Event::Waited(id)),
        }
    }

    /// A part is over: those who waited for its value go on first.
    pub fn part_done(&mut self, id: Id) {
        let now = self.now;
        let computed = self.requests[id].computing.take();
        match computed {
            None => self.requests[id].left -= 1,
            Some(began) => {
                let number = self.class(id).looks_up[self.requests[id].looked_up];
                self.requests[id].looked_up += 1;
                let from = match self.plan.server_caches()[number].ttl_from {
                    TtlFrom::Start => began,
                    TtlFrom::End => now,
                };
                let cache = &mut self.server_caches[number];
                // The newer value stays.
                cache.value = cache.value.max(Some(from));
                cache.maker = cache.maker.filter(|maker| *maker != id);
                let mut waiting: Vec<Id> =
                    (0..self.requests.len()).filter(|other| self.requests[*other].awaits == Some(id)).collect();
                waiting.sort_by_key(|other| self.requests[*other].place);
                for waiter in waiting {
                    self.requests[waiter].awaits = None;
                    self.requests[waiter].looked_up += 1;
                    self.next_part(waiter);
                }
            }
        }
        let stops = self.plan.origins()[self.class(id).origin].cancel_on_disconnect;
        let has_client = self.requests[id].station == Station::Server;
        let has_part = computed.is_some() || self.requests[id].left > 0;
        if has_part && (has_client || !stops) {
            self.next_part(id);
        } else if has_client {
            self.answer(id);
        }
    }

    fn answer(&mut self, id: Id) {
        let (class, call) = (self.class(id), self.requests[id].call);
        self.requests[id].headers = Some(self.now);
        self.enter(id, Station::Body);
        if self.requests[id].turned_away {
            self.requests[id].status = 503;
        } else if class.kind != Kind::Background {
            self.requests[id].status = self.draws.status(class, call);
            self.requests[id].resets = self.draws.is_reset(class, call);
        }
        // A handshake that is refused opens nothing.
        if class.kind.is_socket() && self.requests[id].status != 200 {
            let late = ns(self.plan.browser().websocket_failure_delay);
            if class.kind == Kind::EventSource || late == 0 {
                return self.body_is_over(id);
            }
            self.free_connection(id, true, true);
            return self.set_timer(id, late, Event::BodyEnd(id));
        }
        self.headers_at_cache(id);
        if class.kind.is_socket() {
            self.socket_opened(id);
        }
        self.headers_seen(id);
        let rules = self.plan.browser();
        let is_large = self.copy(id).body_bytes.unwrap_or(0) >= rules.unread_body_buffer;
        if !class.reads_body && rules.unread_body_holds_slot && is_large {
            return;
        }
        let share = if self.requests[id].resets { 2 } else { 1 };
        let body = if self.requests[id].turned_away { Some(0) } else { self.draws.body(class, call).map(ns) };
        match body.map(|body| body / share) {
            None => {}
            Some(0) => self.body_is_over(id),
            Some(body) => self.set_timer(id, body, Event::BodyEnd(id)),
        }
    }

    /// How the page takes an answer whose body is over.
    pub fn body_is_over(&mut self, id: Id) {
        let request = &self.requests[id];
        let failure = match request.status {
            _ if request.resets => Some(Failure::Reset),
            status if self.is_error(id) => Some(Failure::Status(status)),
            _ => None,
        };
        self.requests[id].failure = self.requests[id].failure.or(failure);
        self.finish(id, if failure.is_some() { Outcome::Failed } else { Outcome::Ok });
    }

    /// Whether the page takes the status of an answer as a failure.
    pub fn is_error(&self, id: Id) -> bool {
        let (class, status) = (self.class(id), self.requests[id].status);
        if class.kind.is_socket() { status != 200 } else { class.answer.fails_on.contain(Failure::Status(status)) }
    }

    /// The client is gone: the server goes on, or stops at once unless others wait for what it computes.
    pub fn abort_at_server(&mut self, id: Id) {
        let origin = self.class(id).origin;
        if !self.plan.origins()[origin].cancel_on_disconnect || self.requests[id].computing.is_some() {
            self.requests[id].timer = None;
            return;
        }
        if self.requests[id].awaits.take().is_some() {
            return;
        }
        match self.discipline(id) {
            Discipline::ProcessorSharing if self.requests[id].sharing => self.stop_sharing(Which::Origin(origin), id),
            _ if self.requests[id].line == Line::Worker => self.requests[id].line = Line::None,
            // A block that has started runs to its end, and nothing follows it.
            Discipline::EventLoop => {
                let request = &mut self.requests[id];
                (request.timer, request.left, request.gap) = (None, 1, 0);
            }
            _ => {
                self.drop_timer(id);
                if std::mem::take(&mut self.requests[id].sharing) {
                    self.next_of_worker(origin);
                }
            }
        }
    }
}
