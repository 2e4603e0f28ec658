//! The page: starts, causes, ticks, retries, deduplication, framework queues, handshakes.

use super::{Event, Id, Instance, Line, Request, Second, ns};
use sixslot_models::class::{self, Copies, DeadlineFrom, Join, Kind, Start};
use sixslot_models::load::{Call, Outcome, Station};
use sixslot_models::queue::Order;
use sixslot_sim_core::Span;

impl Second<'_> {
    fn new_instance(&mut self, class: usize, index: u32, tab: u32, is_arrival: bool) -> usize {
        self.instances.push(Instance {
            class,
            index,
            tab,
            is_arrival,
            started: false,
            ticks: 0,
            failures: 0,
            row_began: 0,
            last_end: None,
            last_ok: None,
            had: [false; 6],
        });
        self.instances.len() - 1
    }

    fn opens(&self, tab: u32) -> u64 {
        ns(self.plan.opens(tab))
    }

    pub fn open_tabs(&mut self) {
        for tab in 0..self.tabs {
            for (number, class) in self.plan.classes().iter().enumerate() {
                for index in 0..self.draws.copies(class, tab) {
                    self.new_instance(number, u32::try_from(index).unwrap(), tab, false);
                }
            }
        }
        if self.all_ready(None) {
            self.verdict.ready = Some(0);
        }
        for tab in 0..self.tabs {
            for number in 0..self.plan.classes().len() {
                if self.is_stream(number) {
                    self.plan_arrival(number, tab, 0, self.opens(tab));
                }
                for instance in self.siblings(number, tab) {
                    if self.may_start(instance) {
                        self.plan_start(instance, self.opens(tab));
                    }
                }
            }
        }
    }

    fn is_stream(&self, class: usize) -> bool {
        matches!(self.plan.classes()[class].common.start, Start::Arrivals { .. })
    }

    /// The instances of a class in a tab that exist from the beginning, by number.
    fn siblings(&self, class: usize, tab: u32) -> Vec<usize> {
        let belongs = |one: &Instance| one.class == class && one.tab == tab && !one.is_arrival;
        (0..self.instances.len()).filter(|at| belongs(&self.instances[*at])).collect()
    }

    /// Whether every instance that the page needs has succeeded, `succeeds` included.
    pub fn all_ready(&self, succeeds: Option<usize>) -> bool {
        let ready = |at: usize| self.instances[at].had[class::Event::Ok as usize] || succeeds == Some(at);
        let needed = |at: &usize| self.plan.load().ready.contains(&self.instances[*at].class);
        (0..self.instances.len()).filter(needed).all(ready)
    }

    /// Whether an anchor of an instance is met; none if it waits for a class without instances.
    fn is_met(&self, anchor: &class::Anchor, instance: usize) -> Option<bool> {
        let (tab, event) = (self.instances[instance].tab, anchor.event as usize);
        let siblings = self.siblings(anchor.class, tab);
        if siblings.is_empty() {
            // A random stream has no last instance: the first event of any counts, or that of the arrival with the number.
            let number = match anchor.copies {
                Copies::Every => None,
                Copies::One(number) => Some(number),
                Copies::Same => Some(self.instances[instance].index),
            };
            let of = |one: &Instance| one.class == anchor.class && one.tab == tab && one.had[event];
            let counts = |one: &Instance| of(one) && number.is_none_or(|number| one.index == number);
            return self.is_stream(anchor.class).then(|| self.instances.iter().any(counts));
        }
        let one = |number: u32| self.instances[siblings[(number as usize).min(siblings.len() - 1)]].had[event];
        Some(match anchor.copies {
            Copies::Every => siblings.iter().all(|at| self.instances[*at].had[event]),
            Copies::One(number) => one(number),
            Copies::Same => one(self.instances[instance].index),
        })
    }

    fn may_start(&self, instance: usize) -> bool {
        let Instance { class, index, .. } = self.instances[instance];
        let Start::After(after) = &self.plan.classes()[class].copy(index).start else { return true };
        let met: Vec<bool> = after.anchors.iter().filter_map(|anchor| self.is_met(anchor, instance)).collect();
        match after.join {
            Join::All => met.iter().all(|met| *met),
            Join::Any => met.is_empty() || met.iter().any(|met| *met),
        }
    }

    fn plan_start(&mut self, instance: usize, wait: u64) {
        let Instance { class, index, tab, .. } = self.instances[instance];
        self.instances[instance].started = true;
        let delay = ns(self.draws.start(&self.plan.classes()[class], index, tab));
        self.after(wait + delay, Event::Start(instance));
    }

    /// An instance has an event, the first of its kind: starts that waited for it follow, by class and number.
    pub fn reach(&mut self, id: Id, event: class::Event) {
        self.announce(id, event);
        let (instance, tab) = (self.requests[id].instance, self.requests[id].call.tab);
        if std::mem::replace(&mut self.instances[instance].had[event as usize], true) {
            return;
        }
        for number in 0..self.plan.classes().len() {
            for waiting in self.siblings(number, tab) {
                if !self.instances[waiting].started && self.may_start(waiting) {
                    self.plan_start(waiting, 0);
                }
            }
        }
    }

    fn plan_arrival(&mut self, class: usize, tab: u32, number: u32, wait: u64) {
        let rules = &self.plan.classes()[class];
        let Start::Arrivals { until, .. } = &rules.common.start else { return };
        let gap = wait + ns(self.draws.gap(rules, number, tab));
        if self.now + gap <= self.opens(tab) + ns(*until) {
            self.after(gap, Event::Arrival(class, tab, number));
        }
    }

    pub fn arrive(&mut self, class: usize, tab: u32, number: u32) {
        let instance = self.new_instance(class, number, tab, true);
        self.issue(instance, Call::first(number, tab));
        self.plan_arrival(class, tab, number + 1, 0);
    }

    pub fn start(&mut self, instance: usize) {
        let Instance { class, index, tab, .. } = self.instances[instance];
        let rules = &self.plan.classes()[class];
        if let (Some(every), false) = (rules.every, rules.every_from_end) {
            let lag = ns(self.draws.timer_delay(rules, index, tab));
            self.after(lag + ns(every), Event::Tick(instance));
        }
        self.issue(instance, Call::first(index, tab));
    }

    fn in_flight(&self, instance: usize) -> usize {
        self.requests.iter().filter(|request| request.instance == instance && request.heard.is_none()).count()
    }

    pub fn tick(&mut self, instance: usize) {
        self.instances[instance].ticks += 1;
        let Instance { class, index, tab, ticks, last_end, had, .. } = self.instances[instance].clone();
        let rules = &self.plan.classes()[class];
        if rules.until_ok && had[class::Event::Ok as usize] {
            return;
        }
        if !rules.every_from_end {
            self.after(ns(rules.every.unwrap()), Event::Tick(instance));
        }
        // A call that ends at the instant of the tick is still in flight.
        let busy = self.in_flight(instance) > 0 || last_end == Some(self.now);
        if rules.skip_while_in_flight && busy {
            return self.call_is_over(instance);
        }
        if rules.skip_while_fresh.is_some_and(|(socket, within)| self.is_fresh(socket, tab, ns(within))) {
            return self.call_is_over(instance);
        }
        self.issue(instance, Call { index, tab, tick: ticks, attempt: 1 });
    }

    /// A timer that counts from the end of a call, or from a tick that was left out, starts.
    pub fn call_is_over(&mut self, instance: usize) {
        let rules = &self.plan.classes()[self.instances[instance].class];
        if rules.every_from_end {
            self.after(ns(rules.every.unwrap()), Event::Tick(instance));
        }
    }

    pub fn retry(&mut self, failed: Id) {
        let Request { instance, call, .. } = self.requests[failed];
        if self.is_withdrawn(failed) {
            return self.call_is_over(instance);
        }
        if self.class(failed).skip_while_in_flight && self.in_flight(instance) > 0 {
            return;
        }
        self.issue(instance, Call { attempt: call.attempt + 1, ..call });
    }

    /// Whether the last call of a socket of the tab is open, and its last data is younger than a span.
    fn is_fresh(&self, socket: usize, tab: u32, within: u64) -> bool {
        let rules = &self.plan.classes()[socket];
        let last_call = |instance| self.requests.iter().rfind(|request| request.instance == instance);
        self.siblings(socket, tab).into_iter().filter_map(last_call).any(|request| {
            let Some(opened) = request.headers.filter(|_| request.ended.is_none()) else { return false };
            let by_time = rules.snapshot_every.is_some_and(|every| (self.now - opened) % ns(every) < within);
            let brought =
                |at: usize| self.instances[at].last_ok.is_some_and(|last| self.now < last.saturating_add(within));
            by_time || rules.snapshot_by.iter().flat_map(|class| self.siblings(*class, 0)).any(brought)
        })
    }

    fn issue(&mut self, instance: usize, call: Call) {
        let (now, class) = (self.now, self.instances[instance].class);
        if self.unmounted.contains(&(class, call.tab)) {
            return;
        }
        let attempt = 1 + self.requests.iter().filter(|request| request.instance == instance).count();
        let before = self.requests.iter().rposition(|request| request.instance == instance);
        if let Some(before) = before.filter(|before| self.class(*before).supersedes)
            && self.requests[before].ended.is_none()
        {
            if self.class(before).cancel_aborts {
                self.requests[before].superseded = true;
                self.finish(before, Outcome::Aborted);
            } else if self.requests[before].heard.is_none() {
                self.requests[before].superseded = true;
                self.settle(before, false);
            }
        }
        if self.instances[instance].failures == 0 {
            self.instances[instance].row_began = now;
        }
        let id = self.requests.len();
        let attempt = u32::try_from(attempt).unwrap();
        self.requests.push(new_request(class, instance, call, attempt, now));
        self.requests[id].rank = self.rank_of(id);
        self.reach(id, class::Event::Issued);
        let rules = self.class(id);
        self.deadline_begins(id, DeadlineFrom::Issued);
        if rules.kind == Kind::Background {
            return self.sent(id);
        }
        if rules.dedupe
            && let Some(leader) = self.joinable(id)
        {
            return self.follow(id, leader);
        }
        let delay = self.plan.browser().navigation_delay;
        let stalled = self.draws.stalled(rules, call);
        let held = match stalled {
            _ if rules.navigates && delay > Span::ZERO => Some(stalled.unwrap_or(Span::ZERO) + delay),
            _ => stalled,
        };
        match held {
            Some(stalled) => self.set_timer(id, ns(stalled), Event::Stalled(id)),
            None => self.leave_page(id),
        }
    }

    /// A request has the event from which its class counts the deadline, if it is this one.
    pub fn deadline_begins(&mut self, id: Id, event: DeadlineFrom) {
        if let (Some(deadline), true) = (self.class(id).deadline, self.class(id).deadline_from == event) {
            let key = self.after(ns(deadline), Event::Deadline(id));
            self.requests[id].deadline = Some(key);
        }
    }

    /// The call that a new one joins: of the same URL and tab, one that may be joined, that joined no other, and whose
    /// response the page does not have.
    fn joinable(&self, id: Id) -> Option<Id> {
        (0..id).find(|other| {
            let request = &self.requests[*other];
            let is_leader =
                self.class(*other).dedupe && request.leader.is_none_or(|_| request.station == Station::Cache);
            let is_open = request.ended.is_none() && request.heard.is_none();
            let same = request.call.tab == self.requests[id].call.tab && self.url(*other) == self.url(id);
            is_leader && is_open && same
        })
    }

    pub fn follow(&mut self, id: Id, leader: Id) {
        self.requests[id].place = self.next_place();
        self.requests[id].line = Line::None;
        self.requests[id].leader = Some(leader);
    }

    pub fn leave_page(&mut self, id: Id) {
        let (class, rules) = (self.class(id), self.plan.browser());
        match class.queue {
            Some(queue) => {
                self.line_up(id, Line::Framework);
                self.advance_queue(queue, self.requests[id].call.tab);
            }
            None if class.kind == Kind::EventSource && rules.event_source_connects_last => {
                self.after(0, Event::Connects(id));
            }
            None if class.kind == Kind::WebSocket => self.open_socket(id),
            None => self.go_to_scheduler(id),
        }
    }

    /// An EventSource connects from a task of its own, later the more requests its tab made in the turn.
    pub fn connects(&mut self, id: Id) {
        if self.requests[id].ended.is_some() {
            return;
        }
        let tab = self.requests[id].call.tab;
        let of_turn = |other: &Id| {
            let request = &self.requests[*other];
            request.issued == self.now && request.call.tab == tab && self.class(*other).kind != Kind::Background
        };
        let made = (0..self.requests.len()).filter(of_turn).count() as u64;
        let delay = ns(self.plan.browser().event_source_delay) * made;
        if self.requests[id].timer.take().is_some() || delay == 0 {
            return self.go_to_scheduler(id);
        }
        self.set_timer(id, delay, Event::Connects(id));
    }

    pub fn advance_queue(&mut self, queue: usize, tab: u32) {
        let rules = self.plan.queues()[queue];
        let of = |load: &Self, id: Id| load.class(id).queue == Some(queue) && load.requests[id].call.tab == tab;
        loop {
            let inside = (0..self.requests.len()).filter(|id| self.requests[*id].in_framework_queue && of(self, *id));
            let waiting = self.line(Line::Framework, of);
            let next = if rules.order == Order::Lifo { waiting.last() } else { waiting.first() };
            let Some(id) = next.copied().filter(|_| inside.count() < rules.limit) else { return };
            self.requests[id].in_framework_queue = true;
            self.go_to_scheduler(id);
        }
    }

    pub fn leave_framework_queue(&mut self, id: Id) {
        if std::mem::take(&mut self.requests[id].in_framework_queue) {
            self.advance_queue(self.class(id).queue.unwrap(), self.requests[id].call.tab);
        }
    }
}

fn new_request(class: usize, instance: usize, call: Call, attempt: u32, now: u64) -> Request {
    Request {
        class,
        rank: 0,
        call,
        attempt,
        instance,
        issued: now,
        sent: None,
        headers: None,
        ended: None,
        outcome: Outcome::Unfinished,
        connection: None,
        slot_from: None,
        slot_until: None,
        drawn: 0,
        station: Station::Page,
        since: now,
        spent: [0; Station::COUNT],
        place: 0,
        line: Line::None,
        leader: None,
        in_framework_queue: false,
        opening_for_it: false,
        is_opening: false,
        suspect: false,
        elsewhere: false,
        pool_place: 0,
        admitted: false,
        key: None,
        has_turn: false,
        inherited: None,
        replaces: false,
        takes_over: false,
        status: 200,
        failure: None,
        turned_away: false,
        is_withdrawn: false,
        resets: false,
        cancelled: false,
        announced: [false; 6],
        heard_at: 0,
        heard: None,
        superseded: false,
        looked_up: 0,
        computing: None,
        awaits: None,
        own: (0, 0),
        left: 0,
        sharing: false,
        keeps_worker: false,
        block: 0,
        gap: 0,
        deadline: None,
        timer: None,
    }
}
