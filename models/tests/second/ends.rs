//! The end of a request, and what the page makes of it.

use super::sharing::Which;
use super::{Event, Id, Line, Second, ns};
use sixslot_models::class::{self, DeadlineUntil, Failure, Kind};
use sixslot_models::load::{Outcome, Station};
use sixslot_models::load_rules::Fails;
use sixslot_models::queue::ReleaseOn;
use sixslot_sim_core::Span;

impl Second<'_> {
    pub fn headers_seen(&mut self, id: Id) {
        let class = self.class(id);
        if class.deadline_until == DeadlineUntil::Headers {
            self.drop_deadline(id);
        }
        self.reach(id, class::Event::Headers);
        if class.queue.is_some_and(|queue| self.plan.queues()[queue].release_on == ReleaseOn::Headers) {
            self.leave_framework_queue(id);
        }
        // A page that does not read the body has its response now; so have the calls that joined.
        if !class.reads_body && class.kind == Kind::Fetch {
            if self.is_error(id) {
                let failure = Failure::Status(self.requests[id].status);
                self.requests[id].failure.get_or_insert(failure);
            }
            self.settle(id, !self.is_error(id));
            for follower in self.followers(id) {
                if self.requests[follower].station == Station::Page {
                    self.finish(follower, Outcome::Coalesced);
                }
            }
        }
    }

    /// A WebSocket leaves its slot once it is open, and lets the next one open.
    pub fn socket_opened(&mut self, id: Id) {
        let class = self.class(id);
        if class.kind == Kind::WebSocket {
            if !self.plan.browser().websocket_takes_slot {
                self.free_connection(id, false, false);
            }
            self.leave_handshake(id);
        }
    }

    fn followers(&self, id: Id) -> Vec<Id> {
        let follows = |other: &Id| self.requests[*other].leader == Some(id) && self.requests[*other].ended.is_none();
        let mut followers: Vec<Id> = (0..self.requests.len()).filter(follows).collect();
        followers.sort_by_key(|other| self.requests[*other].place);
        followers
    }

    pub fn deadline(&mut self, id: Id) {
        self.requests[id].deadline = None;
        if self.requests[id].ended.is_none() && self.requests[id].heard.is_none() {
            self.requests[id].failure = Some(Failure::Timeout);
        }
        if !self.class(id).deadline_aborts {
            // The page gives up; the request goes on.
            return self.settle(id, false);
        }
        if self.requests[id].ended.is_none() {
            self.finish(id, Outcome::Aborted);
        }
    }

    pub fn finish(&mut self, id: Id, outcome: Outcome) {
        self.end(id, outcome);
        while let Some(follower) = self.followers(id).first().copied() {
            match (self.requests[follower].station == Station::Cache, outcome) {
                (false, _) => self.finish(follower, Outcome::Coalesced),
                (true, Outcome::Ok) => {
                    self.requests[follower].headers = Some(self.now);
                    self.finish(follower, Outcome::Ok);
                }
                // The response that it read was never stored: it goes on alone.
                (true, _) => {
                    self.requests[follower].leader = None;
                    self.go_to_pool(follower);
                }
            }
        }
    }

    fn end(&mut self, id: Id, outcome: Outcome) {
        self.drop_deadline(id);
        let station = self.requests[id].station;
        self.enter(id, Station::Ended);
        let now = self.now;
        let request = &mut self.requests[id];
        request.ended = Some(now);
        request.outcome = outcome;
        if request.line != Line::Worker {
            request.line = Line::None;
        }
        match (outcome, station) {
            (Outcome::Aborted, Station::Connect) if self.requests[id].sharing => self.stop_sharing(Which::Browser, id),
            (Outcome::Aborted, Station::Server) => self.abort_at_server(id),
            _ => {}
        }
        self.leave_worker(id);
        self.drop_timer(id);
        let breaks = outcome == Outcome::Failed && self.requests[id].resets;
        self.free_connection(id, outcome == Outcome::Aborted, breaks);
        self.leave_handshake(id);
        self.pass_lock(id);
        self.scheduler_forgets(id);
        self.leave_framework_queue(id);
        if outcome == Outcome::Ok {
            self.reach(id, class::Event::Headers);
        }
        let leader = self.requests[id].leader;
        if let (Outcome::Coalesced, Some(leader)) = (outcome, leader) {
            self.requests[id].failure = self.requests[leader].failure;
        }
        let succeeded = match outcome {
            Outcome::Ok => true,
            Outcome::Coalesced => leader.is_some_and(|leader| self.requests[leader].heard == Some(true)),
            _ => false,
        };
        self.settle(id, succeeded);
    }

    /// The page hears of a success or a failure, once.
    pub fn settle(&mut self, id: Id, succeeded: bool) {
        if self.requests[id].heard.is_some() {
            return;
        }
        self.requests[id].heard = Some(succeeded);
        self.requests[id].heard_at = self.now;
        let (now, class, instance) = (self.now, self.class(id), self.requests[id].instance);
        let rules = self.plan.load();
        let number = self.requests[id].class;
        self.instances[instance].last_end = Some(now);
        if succeeded {
            self.instances[instance].failures = 0;
            self.instances[instance].last_ok = Some(now);
            let shown = self.verdict.error.is_some();
            // A success of the requests whose failure shows the error clears it.
            let clears = self.verdict.rule.is_some_and(|rule| rules.errors[rule].class == number);
            if clears && !rules.error_is_final {
                self.verdict.recovered.get_or_insert(now);
            }
            let is_final = shown && rules.error_is_final;
            let is_needed = rules.ready.contains(&number);
            if is_needed && self.verdict.ready.is_none() && !is_final && self.all_ready(Some(instance)) {
                self.verdict.ready = Some(now);
            }
            self.reach(id, class::Event::Ok);
            self.call_is_over(instance);
            self.open_again(id, 0);
        } else if self.requests[id].cancelled {
            self.call_is_over(instance);
        } else if !self.requests[id].superseded {
            let issued = self.requests[id].issued;
            let state = &mut self.instances[instance];
            if state.failures == 0 {
                state.row_began = issued;
            }
            state.failures += 1;
            let (failures, row) = (state.failures, now - state.row_began);
            let is_retried = failures < class.attempts && class.retries(self.requests[id].failure);
            let strikes = |rule: &usize| {
                let rule = &rules.errors[*rule];
                let in_a_row = rule.failures > 0 && failures >= rule.failures;
                let is_over = rule.unless_retried && !is_retried;
                rule.class == number && (in_a_row || is_over || rule.no_success_for.is_some_and(|span| row >= ns(span)))
            };
            let counts = self.verdict.ready.is_none() || rules.fails == Fails::AnyError;
            if let Some(rule) = (0..rules.errors.len()).find(strikes)
                && self.verdict.error.is_none()
                && counts
            {
                self.verdict.error = Some(now);
                self.verdict.culprit = Some(id);
                self.verdict.rule = Some(rule);
            }
            if is_retried {
                let pause = self.pause(id, failures);
                self.after(pause, Event::Retry(id));
            } else {
                self.call_is_over(instance);
            }
            self.open_again(id, failures);
            self.reach(id, class::Event::Failed);
        }
        self.reach(id, class::Event::End);
    }

    /// The pause before the retry of a call.
    fn pause(&self, id: Id, failures: u32) -> u64 {
        let class = self.class(id);
        let pause = class.backoff.get(failures as usize - 1).or(class.backoff.last()).copied();
        let pause = ns(self.draws.jittered(pause.unwrap_or(Span::ZERO), class, self.requests[id].call));
        let of_server = self.plan.origins()[class.origin].queue.and_then(|queue| queue.retry_after);
        let asked = match self.requests[id].failure {
            Some(Failure::Status(_)) if self.requests[id].turned_away => of_server,
            Some(Failure::Status(429 | 503)) => class.answer.retry_after,
            _ => None,
        };
        let asked = asked.filter(|_| class.follows_retry_after).map_or(0, ns);
        pause.max(asked)
    }

    /// A socket that has closed, or that did not open, opens again; an EventSource not after a status.
    fn open_again(&mut self, id: Id, failures: u32) {
        let (class, request) = (self.class(id), &self.requests[id]);
        let is_final = class.kind == Kind::EventSource && matches!(request.failure, Some(Failure::Status(_)));
        if let Some(pause) = self.draws.reconnect(class, request.call).filter(|_| !is_final) {
            self.after(ns(class.reconnect_after(pause, failures)), Event::Retry(id));
        }
    }
}
