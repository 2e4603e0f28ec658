//! Calls that an event cancels.

use super::{Event, Id, Line, Second};
use sixslot_models::class::{self, Anchor, Class, Failure, Kind};
use sixslot_models::load::{Outcome, Station};

impl Second<'_> {
    fn is_of(&self, id: Id, event: class::Event, anchors: &[Anchor]) -> bool {
        anchors.iter().any(|anchor| (anchor.class, anchor.event) == (self.requests[id].class, event))
    }

    /// A call has an event, the first of its kind: what it cancels is cancelled behind it.
    pub fn announce(&mut self, id: Id, event: class::Event) {
        let mut rules = self.plan.classes().iter();
        let cancels = rules.any(|rules| {
            let anchors = [&rules.cancelled_by, &rules.unmounted_by, &rules.raised_by];
            anchors.into_iter().any(|anchors| self.is_of(id, event, anchors)) || self.breaks(id, event, rules)
        });
        if cancels && !std::mem::replace(&mut self.requests[id].announced[event as usize], true) {
            self.after(0, Event::Cancels(id, event));
        }
    }

    pub fn cancels(&mut self, id: Id, event: class::Event) {
        let tab = self.requests[id].call.tab;
        for (number, rules) in self.plan.classes().iter().enumerate() {
            // An event that cancels calls of a class and raises them too cancels them first.
            let raises = self.is_of(id, event, &rules.raised_by);
            let unmounts = self.is_of(id, event, &rules.unmounted_by);
            if unmounts {
                self.unmounted.push((number, tab));
            }
            if self.is_of(id, event, &rules.cancelled_by) || unmounts && !rules.keepalive {
                self.withdraw(number, tab, id);
            }
            if raises {
                self.raise(number, tab, rules.raised_rank);
            }
            if self.breaks(id, event, rules) {
                self.break_calls(number, tab, id);
            }
        }
    }

    /// Whether an event is the start of a navigation from the page of a class, which ends its calls.
    fn breaks(&self, id: Id, event: class::Event, rules: &Class) -> bool {
        let ends = match rules.kind {
            Kind::Background => false,
            Kind::WebSocket => self.plan.browser().navigation_closes_websockets,
            Kind::EventSource => self.plan.browser().navigation_ends_calls,
            Kind::Fetch => self.plan.browser().navigation_ends_calls && !rules.keepalive && !rules.navigates,
        };
        let page = rules.page.filter(|_| ends && event == class::Event::Issued);
        let left_by = page.map(|page| &self.plan.pages()[page].left_by);
        left_by.is_some_and(|anchors| self.is_of(id, class::Event::Headers, anchors))
    }

    fn break_calls(&mut self, class: usize, tab: u32, by: Id) {
        let is_web_socket = self.plan.classes()[class].kind == Kind::WebSocket;
        if self.plan.browser().navigation_refuses_calls && !is_web_socket {
            self.cut_off.push((class, tab));
        }
        if self.plan.classes()[class].kind == Kind::EventSource {
            return self.withdraw(class, tab, by);
        }
        let in_browser = |other: &Id| {
            let request = &self.requests[*other];
            let is_call = request.class == class && request.call.tab == tab && request.ended.is_none();
            *other != by && is_call && (is_web_socket || request.station != Station::Page)
        };
        let calls: Vec<Id> = (0..self.requests.len()).filter(in_browser).collect();
        let is_open = |load: &Self, id: Id| is_web_socket && load.requests[id].headers.is_some();
        for id in &calls {
            if self.requests[*id].heard.is_none() && !is_open(self, *id) {
                self.requests[*id].failure.get_or_insert(Failure::Navigation);
            }
        }
        for id in calls {
            if self.requests[id].ended.is_some() {
                continue;
            }
            if is_open(self, id) {
                self.finish(id, Outcome::Ok);
            } else if self.class(id).cancel_aborts {
                self.finish(id, Outcome::Aborted);
            } else {
                self.settle(id, false);
            }
        }
    }

    /// The rank of a new call.
    pub fn rank_of(&self, id: Id) -> usize {
        let (class, tab) = (self.requests[id].class, self.requests[id].call.tab);
        let raised = self.raised.iter().rev().find(|raised| (raised.0, raised.1) == (class, tab));
        raised.map_or(self.copy(id).rank, |raised| raised.2)
    }

    /// The calls of a class that have not ended have another rank: those that wait go to its end.
    fn raise(&mut self, class: usize, tab: u32, rank: usize) {
        self.raised.push((class, tab, rank));
        for id in 0..self.requests.len() {
            let request = &self.requests[id];
            // What the page has withdrawn, and the network has not, keeps its priority.
            let is_call = request.class == class && request.call.tab == tab && request.ended.is_none();
            if !is_call || request.is_withdrawn || request.rank == rank {
                continue;
            }
            // One that is held is not counted.
            let was_counted = self.requests[id].admitted && self.is_delayable(id);
            self.requests[id].rank = rank;
            let still = self.is_delayable(id);
            match self.requests[id].line {
                Line::Scheduler if still => self.line_up(id, Line::Scheduler),
                Line::Scheduler => {
                    self.drop_timer(id);
                    self.admit(id);
                }
                Line::Pool => {
                    self.line_up(id, Line::Pool);
                    self.requests[id].pool_place = self.requests[id].place;
                }
                _ => {}
            }
            if was_counted && !still {
                self.release_held(tab);
            }
        }
    }

    /// The page withdraws the calls of a class, except the one whose event it is.
    fn withdraw(&mut self, class: usize, tab: u32, by: Id) {
        self.withdrawn.push((class, tab, self.now));
        let is_call = |other: &Id| {
            let request = &self.requests[*other];
            *other != by && request.class == class && request.call.tab == tab && request.ended.is_none()
        };
        let calls: Vec<Id> = (0..self.requests.len()).filter(is_call).collect();
        for id in &calls {
            self.requests[*id].cancelled |= self.requests[*id].heard.is_none();
            self.requests[*id].is_withdrawn = true;
        }
        for id in calls {
            if self.requests[id].ended.is_some() {
                continue;
            }
            if self.class(id).cancel_aborts {
                self.finish(id, Outcome::Aborted);
            } else {
                self.settle(id, false);
            }
        }
    }

    /// Whether the calls of a class were withdrawn after one of them was over.
    pub fn is_withdrawn(&self, id: Id) -> bool {
        let request = &self.requests[id];
        let since = |(class, tab, at): &(usize, u32, u64)| {
            (*class, *tab) == (request.class, request.call.tab) && request.heard_at <= *at
        };
        self.withdrawn.iter().any(since)
    }
}
