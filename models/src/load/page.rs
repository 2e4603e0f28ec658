//! The page: when it issues requests, and which it holds back.
//!
//! Rule: starts, ticks and retries issue requests; `skip_while_in_flight` skips a tick while a call is in flight (a call that ends at
//! the instant of the tick is still in flight: the browser runs the timer before it settles the promise);
//! deduplication joins a call of the same URL in the same tab; a framework's queue lets a limited number through (Next.js:
//! five at once, a place is free at the first decoded row of the response). How the page handles a response: `ends.rs`.

use super::causes::Due;
use super::draws::Call;
use super::list::{List, RequestId};
use super::request::Request;
use super::table::Table;
use super::{Agenda, Event, LoadError, Running};
use crate::class::{self, Class, DeadlineFrom, Kind, Start};
use crate::limits;
use crate::queue::Order;
use sixslot_sim_core::{Span, Time};

/// State of the page.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The instances of classes, those of random streams last.
    pub(super) instances: Vec<Instance>,
    /// For each class in each tab: the index of its first instance, and the number of instances.
    pub(super) ranges: Vec<(usize, usize)>,
    /// For each class in each tab: the number of instances that have had each event.
    pub(super) reached: Vec<[usize; class::Event::COUNT]>,
    /// Memory for the starts that an event releases.
    pub(super) due: Vec<Due>,
    /// Memory for the instances whose start is due.
    pub(super) released: Vec<usize>,
    /// For each framework queue in each tab: its state.
    pub(super) queues: Vec<QueueState>,
    /// Calls that others may join, by tab and URL.
    pub(super) joinable: Table<(u32, u64), RequestId>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct QueueState {
    pub(super) inside: usize,
    pub(super) waiting: List,
}

/// An instance of a class in a tab.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub(super) class: usize,
    pub(super) index: u32,
    pub(super) tab: u32,
    /// The number of events that must still happen before its start.
    pub(super) waits_for: u32,
    calls: u32,
    /// Ticks of its poll so far, skipped ones included.
    ticks: u32,
    pub(super) in_flight: u32,
    last: Option<RequestId>,
    pub(super) last_end: Option<Time>,
    pub(super) first_ok: Option<Time>,
    pub(super) last_ok: Option<Time>,
    /// Consecutive failures.
    pub(super) failures: u32,
    /// When the first of the consecutive failed calls was issued.
    pub(super) row_began: Time,
    /// The events of this instance that starts have waited for, one bit each.
    pub(super) had: u8,
}

impl Instance {
    fn new(class: usize, index: u32, tab: u32) -> Self {
        Self {
            class,
            index,
            tab,
            waits_for: 0,
            calls: 0,
            ticks: 0,
            in_flight: 0,
            last: None,
            last_end: None,
            first_ok: None,
            last_ok: None,
            failures: 0,
            row_began: Time::ZERO,
            had: 0,
        }
    }
}

impl Running<'_> {
    /// Creates the instances of all classes and schedules their starts.
    ///
    /// # Errors
    /// [`LoadError::Requests`] where the instances alone exceed the limit.
    pub(super) fn open_tabs(&mut self, agenda: &mut Agenda) -> Result<(), LoadError> {
        let plan = self.plan;
        let tabs = self.state.draws.tabs(&plan.browser);
        self.state.tabs = tabs;
        self.state.scheduler.reset(plan, tabs);
        let page = &mut self.state.page;
        page.instances.clear();
        page.ranges.clear();
        page.reached.clear();
        page.joinable.clear();
        page.queues.clear();
        page.queues.resize(plan.queues.len() * tabs as usize, QueueState::default());
        let flights = if plan.cancels.is_used() { tabs as usize * plan.classes.len() } else { 0 };
        self.state.cancelling.reset(flights);
        let page = &mut self.state.page;
        for tab in 0..tabs {
            for (number, class) in plan.classes.iter().enumerate() {
                let first = page.instances.len();
                let copies = self.state.draws.copies(class, tab);
                if copies > (limits::REQUESTS - first.min(limits::REQUESTS)) as u64 {
                    return Err(LoadError::Requests { load: self.load });
                }
                let copies = u32::try_from(copies).unwrap_or(u32::MAX);
                page.instances.extend((0..copies).map(|index| Instance::new(number, index, tab)));
                page.ranges.push((first, copies as usize));
                page.reached.push([0; class::Event::COUNT]);
                if plan.load.ready.contains(&number) {
                    self.state.verdict.missing += copies as usize;
                }
            }
        }
        if self.state.verdict.missing == 0 {
            self.state.verdict.ready = Some(Time::ZERO);
        }
        self.schedule_closings(agenda);
        for tab in 0..tabs {
            let opens = plan.opens(tab);
            for (number, class) in plan.classes.iter().enumerate() {
                match &class.common.start {
                    Start::Arrivals { .. } if !class.is_in(tab) => {}
                    Start::Arrivals { .. } => self.schedule_arrival(agenda, number, tab, 0, opens),
                    Start::At(_) | Start::After(_) => self.open_copies(agenda, number, tab, opens),
                }
            }
        }
        Ok(())
    }

    pub(super) fn is_stream(&self, class: usize) -> bool {
        matches!(self.plan.classes[class].common.start, Start::Arrivals { .. })
    }

    pub(super) fn range(&self, class: usize, tab: u32) -> (usize, usize) {
        self.state.page.ranges[tab as usize * self.plan.classes.len() + class]
    }

    /// Schedules arrival `number` of a random stream; its gap counts from `wait` after now and has its own draw.
    fn schedule_arrival(&self, agenda: &mut Agenda, class: usize, tab: u32, number: u32, wait: Span) {
        let rules = &self.plan.classes[class];
        let Start::Arrivals { until, .. } = &rules.common.start else { return };
        let gap = wait + self.state.draws.gap(rules, number, tab);
        let opens = Time::ZERO + self.plan.opens(tab);
        if agenda.now() + gap <= opens + *until {
            agenda.schedule_in(gap, Event::Arrival { class, tab, number });
        }
    }

    pub(super) fn arrive(&mut self, agenda: &mut Agenda, class: usize, tab: u32, number: u32) -> Result<(), LoadError> {
        let instance = self.state.page.instances.len();
        self.state.page.instances.push(Instance::new(class, number, tab));
        self.issue(agenda, instance, Call::first(number, tab))?;
        self.schedule_arrival(agenda, class, tab, number + 1, Span::ZERO);
        Ok(())
    }

    pub(super) fn start(&mut self, agenda: &mut Agenda, instance: usize) -> Result<(), LoadError> {
        let copy = &self.state.page.instances[instance];
        let class = &self.plan.classes[copy.class];
        if let Some(every) = class.every.filter(|_| !class.every_from_end) {
            let lag = self.state.draws.timer_delay(class, copy.index, copy.tab);
            agenda.schedule_in(lag + every, Event::Tick { instance });
        }
        let call = Call::first(copy.index, copy.tab);
        self.issue(agenda, instance, call)
    }

    pub(super) fn tick(&mut self, agenda: &mut Agenda, instance: usize) -> Result<(), LoadError> {
        let copy = &mut self.state.page.instances[instance];
        copy.ticks += 1;
        let call = Call { index: copy.index, tab: copy.tab, tick: copy.ticks, attempt: 1 };
        let copy = &self.state.page.instances[instance];
        let class = &self.plan.classes[copy.class];
        if class.until_ok && copy.first_ok.is_some() {
            return Ok(());
        }
        if let Some(every) = class.every.filter(|_| !class.every_from_end) {
            agenda.schedule_in(every, Event::Tick { instance });
        }
        let busy = class.skip_while_in_flight && (copy.in_flight > 0 || copy.last_end == Some(agenda.now()));
        let fresh = class
            .skip_while_fresh
            .is_some_and(|(socket, within)| self.is_fresh(socket, copy.tab, within, agenda.now()));
        if !busy && !fresh {
            return self.issue(agenda, instance, call);
        }
        self.rearm(agenda, instance, class);
        Ok(())
    }

    /// A call is over, or was left out: a timer that counts from there starts.
    #[inline]
    pub(super) fn rearm(&self, agenda: &mut Agenda, instance: usize, class: &Class) {
        if let Some(every) = class.every.filter(|_| class.every_from_end) {
            agenda.schedule_in(every, Event::Tick { instance });
        }
    }

    pub(super) fn retry(&mut self, agenda: &mut Agenda, failed: RequestId) -> Result<(), LoadError> {
        let request = &self.state.requests[failed];
        let (instance, call) = (request.instance, request.call());
        let copy = &self.state.page.instances[instance];
        let busy = self.plan.classes[copy.class].skip_while_in_flight && copy.in_flight > 0;
        if self.is_withdrawn(failed) {
            self.rearm(agenda, instance, self.class(failed));
            return Ok(());
        }
        if busy { Ok(()) } else { self.issue(agenda, instance, Call { attempt: call.attempt + 1, ..call }) }
    }

    /// Whether a socket of a tab is open and its last snapshot is younger than a span.
    fn is_fresh(&self, socket: usize, tab: u32, within: Span, now: Time) -> bool {
        let (first, copies) = self.range(socket, tab);
        let rules = &self.plan.classes[socket];
        let by_background = || {
            let background = rules.snapshot_by.iter().flat_map(|background| {
                let (first, copies) = self.range(*background, 0);
                &self.state.page.instances[first..first + copies]
            });
            background.filter_map(|background| background.last_ok).any(|last| now < last + within)
        };
        let by_time = |opened: Time| {
            rules.snapshot_every.is_some_and(|every| (now - opened).as_nanos() % every.as_nanos() < within.as_nanos())
        };
        self.state.page.instances[first..first + copies].iter().filter_map(|copy| copy.last).any(|id| {
            let request = &self.state.requests[id];
            let opened = request.headers.filter(|_| request.ended.is_none());
            opened.is_some_and(|opened| by_time(opened) || by_background())
        })
    }

    fn issue(&mut self, agenda: &mut Agenda, instance: usize, call: Call) -> Result<(), LoadError> {
        if self.state.requests.len() >= limits::REQUESTS {
            return Err(LoadError::Requests { load: self.load });
        }
        let now = agenda.now();
        if self.is_unmounted(self.state.page.instances[instance].class, call.tab) {
            return Ok(());
        }
        let copy = &self.state.page.instances[instance];
        if let Some(last) = copy.last.filter(|_| self.plan.classes[copy.class].supersedes) {
            self.supersede(agenda, last);
        }
        let id = self.state.requests.len();
        let copy = &mut self.state.page.instances[instance];
        copy.calls += 1;
        copy.in_flight += 1;
        copy.last = Some(id);
        let (number, tab, calls) = (copy.class, copy.tab, copy.calls);
        debug_assert!((call.index, call.tab) == (copy.index, copy.tab), "{call:?} is a call of another instance");
        if copy.failures == 0 {
            copy.row_began = now;
        }
        self.state.requests.push(Request::new(number, call, calls, instance, now));
        self.state.links.push(super::list::Link::default());
        self.take_off(id);
        self.take_rank(id);
        let class = &self.plan.classes[number];
        self.reach(agenda, id, class::Event::Issued);
        self.arm_deadline(agenda, id, class, DeadlineFrom::Issued);
        if class.kind == Kind::Background {
            self.sent(agenda, id);
            return Ok(());
        }
        if class.dedupe {
            let key = (tab, self.url(id));
            if let Some(leader) = self.state.page.joinable.get(key).copied() {
                self.follow(id, leader);
                return Ok(());
            }
            self.state.page.joinable.insert(key, id);
        }
        let stalled = self.state.draws.stalled(class, call);
        match if class.navigates { self.navigation_starts(stalled) } else { stalled } {
            Some(stalled) => {
                self.request(id).timer = Some(agenda.schedule_in(stalled, Event::Stalled { request: id }));
            }
            None => self.leave_page(agenda, id),
        }
        Ok(())
    }

    /// The time until a navigation asks for a connection.
    fn navigation_starts(&self, stalled: Option<Span>) -> Option<Span> {
        let delay = self.plan.browser.navigation_delay;
        stalled.map(|stalled| stalled + delay).or(Some(delay).filter(|delay| !delay.is_zero()))
    }

    /// Starts the time of a request's deadline, where it counts from this event.
    #[inline]
    pub(super) fn arm_deadline(&mut self, agenda: &mut Agenda, id: RequestId, class: &Class, from: DeadlineFrom) {
        if let Some(deadline) = class.deadline.filter(|_| class.deadline_from == from) {
            let key = agenda.schedule_in(deadline, Event::Deadline { request: id });
            self.request(id).deadline = Some(key);
        }
    }

    /// A recorded stall is over.
    pub(super) fn stalled(&mut self, agenda: &mut Agenda, id: RequestId) {
        self.request(id).timer = None;
        self.leave_page(agenda, id);
    }

    /// A request goes to its framework's queue, or on to the browser.
    fn leave_page(&mut self, agenda: &mut Agenda, id: RequestId) {
        let class = self.class(id);
        match class.queue {
            Some(queue) => {
                let queue = self.queue_state(queue, self.state.requests[id].tab);
                let state = &mut self.state.page.queues[queue];
                state.waiting.push(&mut self.state.links, id);
                self.advance_queue(agenda, queue);
            }
            // An event after everything else that starts at this instant.
            None if class.kind == Kind::EventSource && self.plan.browser.event_source_connects_last => {
                agenda.schedule_in(Span::ZERO, Event::Connects { request: id });
            }
            None if class.kind == Kind::WebSocket => self.open_socket(agenda, id),
            None => self.go_to_scheduler(agenda, id),
        }
    }

    /// The turn that made an EventSource is over. Each request of the turn delays the task that connects it.
    pub(super) fn event_source_connects(&mut self, agenda: &mut Agenda, id: RequestId) {
        let (now, tab, plan) = (agenda.now(), self.state.requests[id].tab, self.plan);
        if self.state.requests[id].ended.is_some() {
            return;
        }
        let is_over = self.request(id).timer.take().is_some();
        let of_turn = self.state.requests.iter().rev().take_while(|other| other.issued == now);
        let made = of_turn.filter(|other| other.tab == tab && plan.classes[other.class].kind != Kind::Background);
        let delay = plan.browser.event_source_delay * made.count() as u64;
        if is_over || delay.is_zero() {
            return self.go_to_scheduler(agenda, id);
        }
        self.request(id).timer = Some(agenda.schedule_in(delay, Event::Connects { request: id }));
    }

    /// A number for the URL of a request at its origin.
    pub(super) fn url(&self, id: RequestId) -> u64 {
        let request = &self.state.requests[id];
        let class = &self.plan.classes[request.class];
        class
            .copy(request.index)
            .url
            .identity(request.index, request.tab)
            .wrapping_add((class.origin as u64).rotate_left(32))
    }

    /// Waits for another request's end.
    pub(super) fn follow(&mut self, id: RequestId, leader: RequestId) {
        self.state.requests[id].state.leader = Some(leader);
        self.state.requests[leader].state.followers.push(&mut self.state.links, id);
    }

    pub(super) fn queue_state(&self, queue: usize, tab: u32) -> usize {
        tab as usize * self.plan.queues.len() + queue
    }

    pub(super) fn advance_queue(&mut self, agenda: &mut Agenda, at: usize) {
        let rules = self.plan.queues[at % self.plan.queues.len()];
        loop {
            let state = &mut self.state.page.queues[at];
            let next = match rules.order {
                Order::Lifo => state.waiting.last(),
                Order::Fifo => state.waiting.first(),
            };
            let Some(id) = next.filter(|_| state.inside < rules.limit) else { return };
            state.waiting.remove(&mut self.state.links, id);
            state.inside += 1;
            self.request(id).state.has_place = true;
            self.go_to_scheduler(agenda, id);
        }
    }

    pub(super) fn leave_queue(&mut self, agenda: &mut Agenda, id: RequestId) {
        let request = &mut self.state.requests[id];
        if !std::mem::take(&mut request.state.has_place) {
            return;
        }
        let tab = request.tab;
        if let Some(queue) = self.class(id).queue {
            let at = self.queue_state(queue, tab);
            self.state.page.queues[at].inside -= 1;
            self.advance_queue(agenda, at);
        }
    }
}
