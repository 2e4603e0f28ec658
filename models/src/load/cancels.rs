//! Calls that an event cancels, and pages that are left or closed.
//!
//! Rule: see `cancels.rs` and `pages.rs` of the plan. The network sees an abort: nothing before the request was sent; after it
//! the connection is closed, over HTTP/2 the stream is reset. Where a service worker hides the abort (`cancel_aborts`), the request
//! goes on. The page has withdrawn the call: it has neither succeeded nor failed. A cancellation is an event of its
//! own, behind the one that causes it and before what follows from that. Some browsers end the calls of a page as a navigation
//! from it starts, and tell the page that they failed (`navigation_ends_calls`).

use super::list::{Link, List, RequestId};
use super::request::{Outcome, Station};
use super::{Agenda, Event, Running};
use crate::cancels::Effect;
use crate::class::{self, Failure, Kind};
use sixslot_sim_core::{Span, Time};

/// The calls of one class in one tab that an event can cancel, or give another priority.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights {
    /// Those that have not ended, in the order of their issue.
    pub(super) calls: List,
    /// The rank that an event has given them.
    pub(super) raised: Option<usize>,
    /// Whether the class makes no calls any more.
    unmounted: bool,
    /// Whether a call of it fails as it begins: its page is being left.
    refused: bool,
    /// When its calls were last cancelled.
    cancelled: Option<Time>,
}

/// The calls that can be cancelled; empty where none can.
#[derive(Debug, Default)]
pub(super) struct Cancelling {
    /// For each class in each tab.
    flights: Vec<Flights>,
    /// The links of [`Flights::calls`], by request.
    pub(super) links: Vec<Link>,
    /// Memory for the calls that a navigation ends.
    broken: Vec<RequestId>,
}

impl Cancelling {
    pub(super) fn reset(&mut self, of_classes: usize) {
        self.links.clear();
        self.flights.clear();
        self.flights.resize(of_classes, Flights::default());
    }
}

impl Running<'_> {
    pub(super) fn flights(&mut self, class: usize, tab: u32) -> &mut Flights {
        &mut self.state.cancelling.flights[tab as usize * self.plan.classes.len() + class]
    }

    /// Schedules the closing of each tab of a page that closes.
    pub(super) fn schedule_closings(&self, agenda: &mut Agenda) {
        for (page, rules) in self.plan.pages.iter().enumerate() {
            let Some(closes) = rules.closes else { continue };
            for tab in 0..self.state.tabs {
                if rules.tabs.as_ref().is_none_or(|tabs| tabs.contains(&tab)) {
                    agenda.schedule_in(self.plan.opens(tab) + closes, Event::Closed { page, tab });
                }
            }
        }
    }

    /// Whether a class makes no calls in a tab any more.
    pub(super) fn is_unmounted(&mut self, class: usize, tab: u32) -> bool {
        self.plan.cancels.is_used() && self.flights(class, tab).unmounted
    }

    /// Whether the calls of a class have been cancelled since a call failed, or a socket closed: it is not followed by another.
    pub(super) fn is_withdrawn(&mut self, failed: RequestId) -> bool {
        if !self.plan.cancels.is_used() {
            return false;
        }
        let rules = self.class(failed);
        let unread = !rules.reads_body && rules.kind == Kind::Fetch;
        let request = &self.state.requests[failed];
        let over = request.gave_up.or(request.headers.filter(|_| unread)).or(request.ended);
        let (class, tab) = (request.class, request.tab);
        self.flights(class, tab).cancelled.is_some_and(|at| over.is_some_and(|over| over <= at))
    }

    /// A call has been issued: an event may cancel it.
    pub(super) fn take_off(&mut self, id: RequestId) {
        if !self.plan.cancels.is_used() {
            return;
        }
        self.state.cancelling.links.push(Link::default());
        if self.plan.cancels.concern(self.state.requests[id].class) {
            self.fly(id);
        }
    }

    /// Puts a call among those that can be cancelled.
    fn fly(&mut self, id: RequestId) {
        self.request(id).state.flying = true;
        let (at, Cancelling { flights, links, .. }) = self.flight_of(id);
        flights[at].calls.push(links, id);
    }

    /// The place of a call among the flights.
    fn flight_of(&mut self, id: RequestId) -> (usize, &mut Cancelling) {
        let request = &self.state.requests[id];
        (request.tab as usize * self.plan.classes.len() + request.class, &mut self.state.cancelling)
    }

    /// A call has ended: nothing can cancel it.
    pub(super) fn land(&mut self, id: RequestId) {
        if std::mem::take(&mut self.request(id).state.flying) {
            let (at, Cancelling { flights, links, .. }) = self.flight_of(id);
            flights[at].calls.remove(links, id);
        }
    }

    /// A call has an event that cancels others, or changes their priority.
    pub(super) fn announce(&mut self, agenda: &mut Agenda, id: RequestId, event: class::Event) {
        let announced = &mut self.request(id).state.announced;
        if *announced & event.bit() == 0 {
            *announced |= event.bit();
            agenda.schedule_in(Span::ZERO, Event::Cancels { request: id, event });
        }
    }

    /// An event cancels the calls of other classes in its tab, or changes their priority.
    pub(super) fn cancel_by(&mut self, agenda: &mut Agenda, id: RequestId, event: class::Event) {
        let (class, tab) = (self.state.requests[id].class, self.state.requests[id].tab);
        let plan = self.plan;
        for cancel in plan.cancels.of_event(class, event) {
            match cancel.effect {
                Effect::Raises(rank) => self.raise_calls(agenda, cancel.target, tab, rank),
                Effect::Cancels => self.cancel_calls(agenda, cancel.target, tab, Some(id)),
                Effect::Breaks => self.break_calls(agenda, cancel.target, tab, id),
                Effect::Unmounts => {
                    self.flights(cancel.target, tab).unmounted = true;
                    if !plan.classes[cancel.target].keepalive {
                        self.cancel_calls(agenda, cancel.target, tab, Some(id));
                    }
                }
            }
        }
    }

    /// A tab that shows a page is closed.
    pub(super) fn close_page(&mut self, agenda: &mut Agenda, page: usize, tab: u32) {
        let plan = self.plan;
        for (number, class) in plan.classes.iter().enumerate().filter(|(_, class)| class.page == Some(page)) {
            self.flights(number, tab).unmounted = true;
            if !class.keepalive {
                self.cancel_calls(agenda, number, tab, None);
            }
        }
    }

    /// Whether a call begins on a page that is being left, by a browser that refuses it.
    pub(super) fn is_late(&mut self, id: RequestId) -> bool {
        let (class, tab) = (self.state.requests[id].class, self.state.requests[id].tab);
        self.plan.cancels.is_used() && self.flights(class, tab).refused
    }

    /// Ends the calls of a class in a tab as the navigation from its page starts. Fetches fail, except those that the page itself
    /// holds back; it hears nothing of its event streams. An open WebSocket closes.
    fn break_calls(&mut self, agenda: &mut Agenda, class: usize, tab: u32, by: RequestId) {
        let kind = self.plan.classes[class].kind;
        self.flights(class, tab).refused = self.plan.browser.navigation_refuses_calls && kind != Kind::WebSocket;
        if kind == Kind::EventSource {
            return self.cancel_calls(agenda, class, tab, Some(by));
        }
        let mut broken = std::mem::take(&mut self.state.cancelling.broken);
        let mut at = self.flights(class, tab).calls.first();
        while let Some(id) = at {
            at = List::next(&self.state.cancelling.links, id);
            let request = self.request(id);
            if id != by && (request.station != Station::Page || kind == Kind::WebSocket) {
                let is_open = kind == Kind::WebSocket && request.headers.is_some();
                if !request.state.heard && !is_open {
                    request.failure.get_or_insert(Failure::Navigation);
                }
                broken.push(id);
            }
        }
        for id in broken.drain(..) {
            if kind == Kind::WebSocket && self.state.requests[id].failure.is_none() {
                self.finish(agenda, id, Outcome::Ok);
            } else {
                self.withdraw(agenda, id);
            }
        }
        self.state.cancelling.broken = broken;
    }

    /// Cancels the calls of a class in a tab, except the one whose event it is.
    fn cancel_calls(&mut self, agenda: &mut Agenda, class: usize, tab: u32, by: Option<RequestId>) {
        let now = agenda.now();
        self.flights(class, tab).cancelled = Some(now);
        // All are withdrawn before the first ends, since others may have joined that.
        let mut at = self.flights(class, tab).calls.first();
        while let Some(id) = at {
            at = List::next(&self.state.cancelling.links, id);
            let is_heard = self.state.requests[id].state.heard;
            self.request(id).cancelled |= Some(id) != by && !is_heard;
        }
        let mut spared = None;
        while let Some(id) = self.flights(class, tab).calls.first() {
            self.land(id);
            if Some(id) == by {
                spared = by;
            } else {
                self.withdraw(agenda, id);
            }
        }
        if let Some(id) = spared {
            self.fly(id);
        }
    }
}
