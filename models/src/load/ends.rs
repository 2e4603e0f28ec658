//! The end of a request, and how the page reacts to it.
//!
//! Rule: a response, or an abort, frees the connection first, then the other stations, and then reaches the page. A call
//! that others have joined ends for all of them. A failure is followed by a retry while fewer than `attempts` consecutive
//! calls have failed (`failures.rs`).

use super::list::{List, RequestId};
use super::request::{Outcome, Station};
use super::{Agenda, Event, Running};
use crate::class::{self, Failure, Kind};
use crate::load_rules::ErrorRule;
use crate::queue::ReleaseOn;

impl Running<'_> {
    /// The page has received the headers of a request.
    pub(super) fn headers_seen(&mut self, agenda: &mut Agenda, id: RequestId) {
        let class = self.class(id);
        if class.deadline_until == class::DeadlineUntil::Headers {
            self.drop_deadline(agenda, id);
        }
        self.reach(agenda, id, class::Event::Headers);
        if class.queue.is_some_and(|queue| self.plan.queues[queue].release_on == ReleaseOn::Headers) {
            self.leave_queue(agenda, id);
        }
        if !class.reads_body && class.kind == Kind::Fetch {
            self.leave_joinable(id);
            if self.is_error(id) {
                let request = self.request(id);
                request.failure.get_or_insert(Failure::Status(request.status));
            }
            self.settle(agenda, id, self.state.requests[id].failure.is_none());
            self.finish_joined(agenda, id);
        }
    }

    /// No other call can join this one any more. A call that has itself joined another has no entry of its own.
    fn leave_joinable(&mut self, id: RequestId) {
        if !self.class(id).dedupe {
            return;
        }
        let key = (self.state.requests[id].tab, self.url(id));
        if self.state.page.joinable.get(key) == Some(&id) {
            self.state.page.joinable.remove(key);
        }
    }

    #[inline]
    pub(super) fn drop_deadline(&mut self, agenda: &mut Agenda, id: RequestId) {
        if let Some(key) = self.request(id).deadline.take() {
            agenda.cancel(key);
        }
    }

    #[inline]
    pub(super) fn drop_timer(&mut self, agenda: &mut Agenda, id: RequestId) {
        if let Some(key) = self.request(id).timer.take() {
            agenda.cancel(key);
        }
    }

    /// A request's deadline: the page aborts it, or only gives it up.
    pub(super) fn deadline(&mut self, agenda: &mut Agenda, id: RequestId) {
        self.request(id).deadline = None;
        if self.request(id).ended.is_some() {
            return;
        }
        if !self.request(id).state.heard {
            self.request(id).failure = Some(Failure::Timeout);
        }
        if self.class(id).deadline_aborts {
            return self.abort(agenda, id);
        }
        self.give_up(agenda, id);
    }

    /// The page does not wait for a request any more, which goes on.
    pub(super) fn give_up(&mut self, agenda: &mut Agenda, id: RequestId) {
        if !self.request(id).state.heard {
            self.leave_joinable(id);
            self.settle(agenda, id, false);
            self.request(id).gave_up = Some(agenda.now());
        }
    }

    /// The next call of its instance aborts a request that is in flight; where the network does not see that, it goes on.
    pub(super) fn supersede(&mut self, agenda: &mut Agenda, id: RequestId) {
        if self.request(id).ended.is_none() {
            let is_seen = self.class(id).cancel_aborts;
            let request = self.request(id);
            request.superseded |= is_seen || !request.state.heard;
            self.withdraw(agenda, id);
        }
    }

    /// The page withdraws a call: the network sees an abort, unless a service worker hides it (`cancel_aborts`).
    pub(super) fn withdraw(&mut self, agenda: &mut Agenda, id: RequestId) {
        if self.class(id).cancel_aborts { self.abort(agenda, id) } else { self.give_up(agenda, id) }
    }

    /// The page aborts a request.
    pub(super) fn abort(&mut self, agenda: &mut Agenda, id: RequestId) {
        let request = &self.state.requests[id];
        match request.station {
            Station::Ended => return,
            Station::Page => match request.state.leader {
                Some(leader) => self.state.requests[leader].state.followers.remove(&mut self.state.links, id),
                // A stall that was recorded: its timer ends with the request.
                None if request.timer.is_some() => {}
                None if self.class(id).kind == Kind::WebSocket => self.leave_handshakes(id),
                None => {
                    if let Some(queue) = self.class(id).queue {
                        let at = self.queue_state(queue, self.state.requests[id].tab);
                        self.state.page.queues[at].waiting.remove(&mut self.state.links, id);
                    }
                }
            },
            Station::Scheduler => self.leave_scheduler(id),
            Station::Cache => self.leave_cache(id),
            Station::Pool => self.leave_pool(id),
            Station::Connect | Station::Server | Station::Body => {}
        }
        self.finish(agenda, id, Outcome::Aborted);
    }

    /// Ends a request and those that wait for its end: they share its outcome, but readers of a response that was never stored
    /// go on alone. More requests may wait for these, so the remaining ends are kept in a list: recursion could overflow the
    /// stack.
    pub(super) fn finish(&mut self, agenda: &mut Agenda, id: RequestId, outcome: Outcome) {
        let first = self.end(agenda, id, outcome);
        if first.0.first().is_none() {
            return;
        }
        let mut ends = std::mem::take(&mut self.state.ends);
        debug_assert!(ends.is_empty(), "ends of another instant remain: {ends:?}");
        ends.push(first);
        while let Some((followers, outcome)) = ends.last_mut() {
            let Some(id) = followers.pop(&mut self.state.links) else {
                ends.pop();
                continue;
            };
            let reads_cache = self.state.requests[id].station == Station::Cache;
            match (reads_cache, *outcome) {
                (false, _) => ends.push(self.end(agenda, id, Outcome::Coalesced)),
                (true, Outcome::Ok) => {
                    self.request(id).headers = Some(agenda.now());
                    ends.push(self.end(agenda, id, Outcome::Ok));
                }
                (true, _) => {
                    self.request(id).state.leader = None;
                    self.go_to_pool(agenda, id);
                }
            }
        }
        self.state.ends = ends;
    }

    /// Ends a request: its connection first, then the other stations, then the page. Returns those that wait for its end.
    fn end(&mut self, agenda: &mut Agenda, id: RequestId, outcome: Outcome) -> (List, Outcome) {
        let now = agenda.now();
        debug_assert!(self.state.requests[id].ended.is_none(), "request {id} ends twice");
        self.drop_deadline(agenda, id);
        self.land(id);
        let request = self.request(id);
        let station = request.station;
        request.enter(Station::Ended, now);
        request.ended = Some(now);
        request.outcome = outcome;
        match (outcome, station) {
            (Outcome::Aborted, Station::Connect) => self.abort_dispatch(agenda, id),
            (Outcome::Aborted, Station::Server) => self.abort_at_server(agenda, id),
            _ => {}
        }
        self.drop_timer(agenda, id);
        let has_more = self.holds_more(id);
        if has_more {
            self.leave_worker(agenda, id);
            self.stop_transfer(agenda, id);
        }
        let resets = self.request(id).state.resets && outcome == Outcome::Failed;
        let closes = resets || outcome == Outcome::Aborted && self.plan.browser.abort_closes_connection;
        self.free_connection(agenda, id, closes);
        if has_more {
            self.end_handshake(agenda, id);
            self.pass_lock(agenda, id);
            self.scheduler_forget(agenda, id);
            self.leave_queue(agenda, id);
            self.leave_joinable(id);
        }
        if outcome == Outcome::Ok {
            // The headers and the end of a response from the cache arrive together.
            self.reach(agenda, id, class::Event::Headers);
        }
        let succeeded = match outcome {
            Outcome::Ok => true,
            Outcome::Coalesced => self.shares_success(id),
            Outcome::Aborted | Outcome::Failed | Outcome::Unfinished => false,
        };
        self.settle(agenda, id, succeeded);
        (std::mem::take(&mut self.request(id).state.followers), outcome)
    }

    /// Whether a request may have more to give back at its end than its connection.
    #[inline]
    fn holds_more(&self, id: RequestId) -> bool {
        let request = &self.state.requests[id];
        let state = &request.state;
        state.holds_worker
            | state.opening
            | state.admitted
            | state.has_place
            | state.stream.is_some()
            | self.plan.classes[request.class].dedupe
            | !self.is_alone(id)
    }

    /// Whether the call that a request had joined succeeded; its failure is this one's too.
    fn shares_success(&mut self, id: RequestId) -> bool {
        let Some(leader) = self.state.requests[id].state.leader else { return false };
        self.request(id).failure = self.state.requests[leader].failure;
        self.state.requests[leader].state.settled
    }

    /// The calls that have joined a call get its response as soon as the page has it, even if the body is still downloading.
    fn finish_joined(&mut self, agenda: &mut Agenda, leader: RequestId) {
        let mut at = self.state.requests[leader].state.followers.first();
        while let Some(id) = at {
            at = List::next(&self.state.links, id);
            if self.state.requests[id].station == Station::Page {
                self.state.requests[leader].state.followers.remove(&mut self.state.links, id);
                self.finish(agenda, id, Outcome::Coalesced);
            }
        }
    }

    /// Notifies the page of a success or a failure, once: from then on it does not regard the call as in flight.
    fn settle(&mut self, agenda: &mut Agenda, id: RequestId, succeeded: bool) {
        if std::mem::replace(&mut self.request(id).state.heard, true) {
            return;
        }
        let now = agenda.now();
        let request = self.request(id);
        request.state.settled = succeeded;
        let (number, instance, issued) = (request.class, request.instance, request.issued);
        let (superseded, cancelled) = (request.superseded, request.cancelled);
        let (class, rules) = (&self.plan.classes[number], &self.plan.load);
        let copy = &mut self.state.page.instances[instance];
        debug_assert!(copy.in_flight > 0, "request {id} was not in flight");
        copy.in_flight -= 1;
        copy.last_end = Some(now);
        if succeeded {
            let first = copy.first_ok.is_none();
            copy.failures = 0;
            copy.first_ok = copy.first_ok.or(Some(now));
            copy.last_ok = Some(now);
            self.state.verdict.clear_error(rules, number, now);
            if first && rules.ready.contains(&number) {
                self.state.verdict.one_less(rules, now);
            }
            self.reach(agenda, id, class::Event::Ok);
            self.rearm(agenda, instance, class);
            self.open_again(agenda, id, class, 0);
        } else if cancelled {
            self.rearm(agenda, instance, class);
        } else if !superseded {
            if copy.failures == 0 {
                copy.row_began = issued;
            }
            copy.failures += 1;
            let (failures, row) = (copy.failures, now - copy.row_began);
            let pause = self.retry_pause(id, failures);
            let strikes = |rule: &ErrorRule| rule.strikes(failures, row, pause.is_some());
            if let Some((rule, _)) = rules.errors_of(number).find(|(_, rule)| strikes(rule)) {
                self.state.verdict.show_error(rules, rule, id, now);
            }
            match pause {
                Some(pause) => drop(agenda.schedule_in(pause, Event::Retry { failed: id })),
                None => self.rearm(agenda, instance, class),
            }
            self.open_again(agenda, id, class, failures);
            self.reach(agenda, id, class::Event::Failed);
        }
        self.reach(agenda, id, class::Event::End);
    }
}
