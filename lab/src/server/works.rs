//! The server's work: computes response times from arrivals, with the scenario's disciplines, server caches and
//! background calls.
//!
//! Rule: the disciplines of [`sixslot_models::origin::Discipline`], applied to the times at which requests really
//! arrive. A block that is due at a time ends at exactly that time, however late the thread wakes up. Time is an
//! argument. The simulator's server is a separate implementation, and tests/works.rs compares the two.

use super::sharing::Sharing;
pub use super::sharing::TaskId;
use sixslot_models::Plan;
use sixslot_models::class::{Class, Kind, Start};
use sixslot_models::load::{Call, Draws};
use sixslot_models::origin::{Discipline, WorkerUntil};
use sixslot_models::server_cache::TtlFrom;
use sixslot_sim_core::{EventKey, EventQueue, Span, Time};
use std::collections::VecDeque;

/// An event of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The response headers of a request are sent.
    Answer {
        /// The request.
        task: TaskId,
        /// The time.
        at: Time,
        /// Whether the server's queue had no place for it.
        turned_away: bool,
    },
    /// A background call has succeeded.
    BackgroundDone {
        /// Index of its class in the plan.
        class: usize,
        /// The time.
        at: Time,
    },
}

/// A scheduled event.
#[derive(Clone, Copy, Debug)]
enum Due {
    Worked(TaskId),
    Waited(TaskId),
    Shared(usize),
    BackgroundTick(usize),
    BackgroundStart(usize),
    BackgroundDeadline(TaskId),
}

/// The state of a task.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// In none of the other states.
    Between,
    /// Waiting for a worker.
    Queued,
    /// At a worker, or waiting for I/O, until this event.
    Until(EventKey),
    /// Sharing the workers with other tasks.
    Sharing,
    /// Waiting for a cached value that this task computes.
    AwaitsValue(TaskId),
}

/// A request at a server, or a background call.
#[derive(Debug)]
struct Task {
    class: usize,
    call: Call,
    place: Place,
    /// Whether its client is still connected.
    wanted: bool,
    /// Whether it keeps its worker until its client has the whole answer, or is gone.
    holds_worker: bool,
    /// Work and I/O time of each segment of its own service.
    own: (Span, Span),
    /// Work and I/O time of the current segment.
    part: (Span, Span),
    segments_left: u32,
    looked_up: usize,
    /// When it began to compute a cached value, if it does.
    making: Option<Time>,
    awaited_by: Vec<TaskId>,
    deadline: Option<EventKey>,
}

#[derive(Debug, Default)]
struct Server {
    busy: usize,
    line: VecDeque<TaskId>,
    sharing: Sharing,
    next_shared: Option<EventKey>,
}

#[derive(Debug, Default)]
struct ServerCache {
    /// Start of the current value's time to live.
    value: Option<Time>,
    /// The task that last began to compute the value, until it is done.
    maker: Option<TaskId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Background {
    ticks: u32,
    in_flight: u32,
    last_end: Option<Time>,
}

/// All servers of one load.
#[derive(Debug)]
pub struct Works {
    plan: Plan,
    draws: Draws,
    agenda: EventQueue<Due>,
    tasks: Vec<Task>,
    servers: Vec<Server>,
    server_caches: Vec<ServerCache>,
    background: Vec<Background>,
    said: Vec<Said>,
}

impl Works {
    /// Creates the servers of a load and schedules its first background calls.
    pub fn new(plan: &Plan, draws: &Draws) -> Self {
        let mut agenda = EventQueue::new();
        for (number, class) in plan.classes().iter().enumerate() {
            if class.kind == Kind::Background && matches!(class.common.start, Start::At(_)) {
                agenda.schedule_in(draws.start(class, 0, 0), Due::BackgroundStart(number));
            }
        }
        Self {
            agenda,
            tasks: Vec::new(),
            servers: plan.origins().iter().map(|_| Server::default()).collect(),
            server_caches: plan.server_caches().iter().map(|_| ServerCache::default()).collect(),
            background: vec![Background::default(); plan.classes().len()],
            said: Vec::new(),
            draws: draws.clone(),
            plan: plan.clone(),
        }
    }

    /// The time of the next scheduled event.
    pub fn next(&self) -> Option<Time> {
        self.agenda.peek_time()
    }

    /// Processes all events up to `now`; returns what has happened since the last call.
    pub fn advance(&mut self, now: Time) -> Vec<Said> {
        while self.agenda.peek_time().is_some_and(|at| at <= now) {
            let Some((now, due)) = self.agenda.pop() else { break };
            match due {
                Due::Worked(task) => self.worked(now, task),
                Due::Waited(task) => self.waited(now, task),
                Due::Shared(origin) => self.shared(now, origin),
                Due::BackgroundStart(class) => self.start_background_now(now, class),
                Due::BackgroundTick(class) => self.tick(now, class),
                Due::BackgroundDeadline(task) => self.give_up(now, task),
            }
        }
        std::mem::take(&mut self.said)
    }

    /// A request has come. Everything due before must have been done.
    pub fn arrive(&mut self, now: Time, class: usize, call: Call) -> TaskId {
        let rules = &self.plan.classes()[class];
        let discipline = self.plan.origins()[rules.origin].discipline;
        let segments = if discipline == Discipline::EventLoop { rules.segments } else { 1 };
        let (work, wait) = self.draws.service(rules, discipline, call);
        let own = (work / u64::from(segments), wait / u64::from(segments));
        let task = self.tasks.len();
        self.tasks.push(Task {
            class,
            call,
            place: Place::Between,
            wanted: true,
            holds_worker: false,
            own,
            part: own,
            segments_left: segments,
            looked_up: 0,
            making: None,
            awaited_by: Vec::new(),
            deadline: None,
        });
        if self.is_full(class) {
            self.tasks[task].wanted = false;
            self.said.push(Said::Answer { task, at: now, turned_away: true });
            return task;
        }
        for (cache, rules) in self.server_caches.iter_mut().zip(self.plan.server_caches()) {
            if rules.invalidated_by.contains(&class) {
                cache.value = None;
            }
        }
        self.next_part(now, task);
        task
    }

    /// Whether the queue of a class's server has no place: the request is answered at once.
    fn is_full(&self, class: usize) -> bool {
        let class = &self.plan.classes()[class];
        let rules = &self.plan.origins()[class.origin];
        let server = &self.servers[class.origin];
        let present = match rules.discipline {
            Discipline::ProcessorSharing => server.sharing.len(),
            _ => server.busy + server.line.len(),
        };
        rules.queue.is_some_and(|queue| class.kind != Kind::Background && present >= rules.workers + queue.limit)
    }

    /// The client of a request disconnects, or has the whole answer.
    pub fn abort(&mut self, now: Time, task: TaskId) {
        if std::mem::take(&mut self.tasks[task].holds_worker) {
            self.free_worker(now, self.class(task).origin);
        }
        if !std::mem::take(&mut self.tasks[task].wanted) {
            return;
        }
        let origin = self.class(task).origin;
        let rules = &self.plan.origins()[origin];
        // Other tasks may wait for a value that is being computed, so the computation continues.
        if !rules.cancel_on_disconnect || self.tasks[task].making.is_some() {
            return;
        }
        match std::mem::replace(&mut self.tasks[task].place, Place::Between) {
            Place::Between => {}
            Place::AwaitsValue(maker) => self.tasks[maker].awaited_by.retain(|other| *other != task),
            Place::Sharing => {
                let rate = self.rate(origin);
                self.servers[origin].sharing.leave(now, task, rate);
                self.schedule_shared(now, origin);
            }
            Place::Queued => self.servers[origin].line.retain(|other| *other != task),
            // A running block of an event loop cannot be interrupted; no further segment follows it.
            Place::Until(key) if rules.discipline == Discipline::EventLoop => {
                let state = &mut self.tasks[task];
                state.place = Place::Until(key);
                state.segments_left = 1;
                state.part.1 = Span::ZERO;
            }
            Place::Until(key) => {
                if let Some(Due::Worked(_)) = self.agenda.cancel(key) {
                    self.free_worker(now, origin);
                }
            }
        }
    }

    /// The condition of a background call's `after` is met: its first call comes after its delay.
    pub fn start_background(&mut self, now: Time, class: usize) {
        let delay = self.draws.start(&self.plan.classes()[class], 0, 0);
        self.later(now, delay, Due::BackgroundStart(class));
    }

    fn class(&self, task: TaskId) -> &Class {
        &self.plan.classes()[self.tasks[task].class]
    }

    /// Schedules something `delay` after `now`, which is at or after the last event: the real clock never goes back.
    fn later(&mut self, now: Time, delay: Span, due: Due) -> EventKey {
        self.agenda.schedule_in(now - self.agenda.now() + delay, due)
    }

    fn at(&mut self, at: Time, task: TaskId, due: Due) {
        let key = self.later(at, Span::ZERO, due);
        self.tasks[task].place = Place::Until(key);
    }

    fn next_part(&mut self, now: Time, task: TaskId) {
        self.tasks[task].place = Place::Between;
        let part = match self.look_up_caches(now, task) {
            Ok(part) => part,
            Err(maker) => {
                self.tasks[maker].awaited_by.push(task);
                self.tasks[task].place = Place::AwaitsValue(maker);
                return;
            }
        };
        self.tasks[task].part = part;
        let origin = self.class(task).origin;
        let rules = &self.plan.origins()[origin];
        let (work, wait) = part;
        match rules.discipline {
            Discipline::Independent => self.at(now + work + wait, task, Due::Waited(task)),
            Discipline::ProcessorSharing => {
                self.tasks[task].place = Place::Sharing;
                let rate = self.rate(origin);
                self.servers[origin].sharing.join(now, task, work, rate);
                self.schedule_shared(now, origin);
            }
            Discipline::EventLoop if work.is_zero() => self.wait_after_work(now, task),
            Discipline::Fifo | Discipline::EventLoop if self.servers[origin].busy < rules.workers => {
                self.servers[origin].busy += 1;
                self.at(now + work, task, Due::Worked(task));
            }
            Discipline::Fifo | Discipline::EventLoop => {
                self.tasks[task].place = Place::Queued;
                self.servers[origin].line.push_back(task);
            }
        }
    }

    /// The next segment: the computation of a cached value, or one of the task's own. An error names the task that
    /// computes a value that this task has to wait for.
    fn look_up_caches(&mut self, now: Time, task: TaskId) -> Result<(Span, Span), TaskId> {
        let rules = &self.plan.classes()[self.tasks[task].class];
        if rules.segments.saturating_sub(self.tasks[task].segments_left) + 1 < rules.lookup_before_segment {
            return Ok(self.tasks[task].own);
        }
        while let Some(number) = rules.looks_up.get(self.tasks[task].looked_up).copied() {
            let (cache, law) = (&mut self.server_caches[number], &self.plan.server_caches()[number]);
            if cache.value.is_some_and(|began| now < began + law.ttl) {
                self.tasks[task].looked_up += 1;
                continue;
            }
            if let Some(maker) = cache.maker.filter(|_| law.single_flight) {
                let since = self.tasks[maker].making.map_or(Span::ZERO, |began| now - began);
                if law.join_within.is_none_or(|join_within| since < join_within) {
                    return Err(maker);
                }
            }
            cache.maker = Some(task);
            let state = &mut self.tasks[task];
            state.making = Some(now);
            return Ok(self.draws.computation(law, rules, state.call, state.looked_up));
        }
        Ok(self.tasks[task].own)
    }

    fn worked(&mut self, now: Time, task: TaskId) {
        let (class, state) = (self.class(task), &self.tasks[task]);
        let rules = &self.plan.origins()[class.origin];
        let keeps = rules.discipline == Discipline::Fifo && rules.worker_until == WorkerUntil::End;
        let holds = keeps && class.kind != Kind::Background && state.making.is_none() && state.wanted;
        self.tasks[task].holds_worker = holds;
        if !holds {
            self.free_worker(now, self.class(task).origin);
        }
        self.wait_after_work(now, task);
    }

    fn free_worker(&mut self, now: Time, origin: usize) {
        match self.servers[origin].line.pop_front() {
            None => self.servers[origin].busy -= 1,
            Some(next) => self.at(now + self.tasks[next].part.0, next, Due::Worked(next)),
        }
    }

    fn wait_after_work(&mut self, now: Time, task: TaskId) {
        match self.tasks[task].part.1 {
            Span::ZERO => self.waited(now, task),
            wait => self.at(now + wait, task, Due::Waited(task)),
        }
    }

    fn waited(&mut self, now: Time, task: TaskId) {
        let making = self.tasks[task].making.is_some();
        if making {
            self.value_computed(now, task);
        } else {
            self.tasks[task].segments_left -= 1;
        }
        let stops = self.plan.origins()[self.class(task).origin].cancel_on_disconnect;
        let state = &mut self.tasks[task];
        if (state.wanted || !stops) && (making || state.segments_left > 0) {
            return self.next_part(now, task);
        }
        state.place = Place::Between;
        if std::mem::take(&mut state.wanted) {
            self.answered(now, task);
        }
    }

    fn value_computed(&mut self, now: Time, task: TaskId) {
        let number = self.class(task).looks_up[self.tasks[task].looked_up];
        let state = &mut self.tasks[task];
        state.looked_up += 1;
        let began = state.making.take();
        let waiting = std::mem::take(&mut state.awaited_by);
        let cache = &mut self.server_caches[number];
        let valid_from = match self.plan.server_caches()[number].ttl_from {
            TtlFrom::Start => began,
            TtlFrom::End => Some(now),
        };
        // The newer value is kept.
        cache.value = cache.value.max(valid_from);
        if cache.maker == Some(task) {
            cache.maker = None;
        }
        for waiter in waiting {
            self.tasks[waiter].looked_up += 1;
            self.next_part(now, waiter);
        }
    }

    /// The speed of each of n tasks that share a server.
    fn rate(&self, origin: usize) -> impl Fn(usize) -> f64 + use<> {
        let (workers, slowdown_exponent) =
            (self.plan.origins()[origin].workers as f64, self.plan.origins()[origin].slowdown_exponent);
        #[expect(clippy::disallowed_methods, reason = "real time is not the same on two machines anyway")]
        move |present| (workers / present as f64).min(1.0).powf(slowdown_exponent)
    }

    fn schedule_shared(&mut self, now: Time, origin: usize) {
        let rate = self.rate(origin);
        let server = &mut self.servers[origin];
        if let Some(key) = server.next_shared.take() {
            self.agenda.cancel(key);
        }
        if let Some(left) = server.sharing.next(rate) {
            server.next_shared = Some(self.agenda.schedule_in(now - self.agenda.now() + left, Due::Shared(origin)));
        }
    }

    fn shared(&mut self, now: Time, origin: usize) {
        self.servers[origin].next_shared = None;
        let rate = self.rate(origin);
        while let Some(task) = self.servers[origin].sharing.done(now, &rate) {
            self.wait_after_work(now, task);
        }
        self.schedule_shared(now, origin);
    }

    fn answered(&mut self, now: Time, task: TaskId) {
        let class = self.tasks[task].class;
        if self.class(task).kind != Kind::Background {
            self.said.push(Said::Answer { task, at: now, turned_away: false });
            return;
        }
        if let Some(key) = self.tasks[task].deadline.take() {
            self.agenda.cancel(key);
        }
        self.background_ended(now, class);
        self.said.push(Said::BackgroundDone { class, at: now });
    }

    fn background_ended(&mut self, now: Time, class: usize) {
        let background = &mut self.background[class];
        background.in_flight -= 1;
        background.last_end = Some(now);
    }

    fn give_up(&mut self, now: Time, task: TaskId) {
        self.tasks[task].deadline = None;
        self.background_ended(now, self.tasks[task].class);
        self.abort(now, task);
    }

    fn start_background_now(&mut self, now: Time, class: usize) {
        if let Some(every) = self.plan.classes()[class].every {
            self.later(now, every, Due::BackgroundTick(class));
        }
        self.call(now, class);
    }

    fn tick(&mut self, now: Time, class: usize) {
        let (every, skip) = (self.plan.classes()[class].every, self.plan.classes()[class].skip_while_in_flight);
        if let Some(every) = every {
            self.later(now, every, Due::BackgroundTick(class));
        }
        let background = &mut self.background[class];
        background.ticks += 1;
        if !(skip && (background.in_flight > 0 || background.last_end == Some(now))) {
            self.call(now, class);
        }
    }

    fn call(&mut self, now: Time, class: usize) {
        let background = &mut self.background[class];
        background.in_flight += 1;
        let call = Call { tick: background.ticks, ..Call::first(0, 0) };
        let task = self.arrive(now, class, call);
        if let Some(deadline) = self.plan.classes()[class].deadline
            && self.tasks[task].wanted
        {
            let key = self.later(now, deadline, Due::BackgroundDeadline(task));
            self.tasks[task].deadline = Some(key);
        }
    }
}
