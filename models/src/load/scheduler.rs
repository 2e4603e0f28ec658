//! The resource scheduler: it holds back low-priority requests while the tab is busy with their host.
//!
//! Rule (Chromium, services/network/resource_scheduler, measured): a request below net MEDIUM to a host that is not known
//! to multiplex is delayable. At most 10 delayable requests of a tab are in flight, and reaching that stops the scan,
//! also for other hosts; a delayable request waits while 6 requests of any priority of its tab to its host are in flight;
//! none waits longer than 15 s (30 round trips, at least 15 s). It does not see other tabs.

use super::list::{List, RequestId};
use super::request::Station;
use super::{Agenda, Event, Running};
use crate::browser::RANKS;
use crate::class::{DeadlineFrom, Kind};
use crate::plan::Plan;
use sixslot_sim_core::Span;

/// State of the scheduler for all tabs.
#[derive(Debug, Default)]
pub(super) struct Scheduler {
    pub(super) tabs: Vec<Tab>,
    /// For each tab and origin: the requests in flight and held.
    pub(super) hosts: Vec<Host>,
    /// The number of requests held so far.
    came: u64,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Tab {
    pub(super) delayable_in_flight: usize,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Host {
    pub(super) held: [List; RANKS],
    pub(super) in_flight: usize,
}

impl Scheduler {
    pub(super) fn reset(&mut self, plan: &Plan, tabs: u32) {
        self.tabs.clear();
        self.tabs.resize(tabs as usize, Tab::default());
        self.hosts.clear();
        self.hosts.resize(tabs as usize * plan.origins.len(), Host::default());
        self.came = 0;
    }
}

impl Running<'_> {
    pub(super) fn is_delayable(&self, id: RequestId) -> bool {
        let rules = &self.plan.browser;
        let multiplexes = self.plan.origins[self.class(id).origin].protocol.multiplexes();
        rules.delays_low_priority && self.rank(id) < rules.delayable_below && !multiplexes
    }

    fn host(&self, id: RequestId) -> usize {
        self.state.requests[id].tab as usize * self.plan.origins.len() + self.class(id).origin
    }

    pub(super) fn go_to_scheduler(&mut self, agenda: &mut Agenda, id: RequestId) {
        let now = agenda.now();
        let class = self.class(id);
        self.arm_deadline(agenda, id, class, DeadlineFrom::Queue);
        if class.kind == Kind::WebSocket {
            return self.go_to_pool(agenda, id);
        }
        if self.is_late(id) {
            self.request(id).enter(Station::Connect, now);
            self.request(id).timer = Some(agenda.schedule_in(Span::ZERO, Event::Refused { request: id }));
            return;
        }
        if self.plan.ruled_out.scheduling {
            return self.go_to_cache(agenda, id);
        }
        self.request(id).enter(Station::Scheduler, now);
        if !self.is_delayable(id) || self.has_room(id) && self.host_has_room(id) {
            return self.admit(agenda, id);
        }
        self.hold(id);
        let release = self.plan.browser.delayable_timeout;
        self.request(id).timer = Some(agenda.schedule_in(release, Event::Release { request: id }));
    }

    /// Puts a request behind those that are held.
    pub(super) fn hold(&mut self, id: RequestId) {
        let (host, rank) = (self.host(id), self.rank(id));
        self.state.scheduler.hosts[host].held[rank].push(&mut self.state.links, id);
        self.request(id).state.held = self.state.scheduler.came;
        self.state.scheduler.came += 1;
    }

    fn has_room(&self, id: RequestId) -> bool {
        let tab = &self.state.scheduler.tabs[self.state.requests[id].tab as usize];
        tab.delayable_in_flight < self.plan.browser.delayable_limit
    }

    fn host_has_room(&self, id: RequestId) -> bool {
        self.state.scheduler.hosts[self.host(id)].in_flight < self.plan.browser.delayable_limit_per_host
    }

    pub(super) fn admit(&mut self, agenda: &mut Agenda, id: RequestId) {
        let host = self.host(id);
        self.state.scheduler.hosts[host].in_flight += 1;
        if self.is_delayable(id) {
            let tab = self.state.requests[id].tab as usize;
            self.state.scheduler.tabs[tab].delayable_in_flight += 1;
        }
        self.request(id).state.admitted = true;
        self.go_to_cache(agenda, id);
    }

    pub(super) fn scheduler_release(&mut self, agenda: &mut Agenda, id: RequestId) {
        self.request(id).timer = None;
        self.leave_scheduler(id);
        self.admit(agenda, id);
    }

    pub(super) fn leave_scheduler(&mut self, id: RequestId) {
        let (host, rank) = (self.host(id), self.rank(id));
        self.state.scheduler.hosts[host].held[rank].remove(&mut self.state.links, id);
    }

    /// A request that the scheduler let through has ended: others may follow.
    pub(super) fn scheduler_forget(&mut self, agenda: &mut Agenda, id: RequestId) {
        if !std::mem::take(&mut self.request(id).state.admitted) {
            return;
        }
        let host = self.host(id);
        debug_assert!(self.state.scheduler.hosts[host].in_flight > 0, "request {id} was not counted");
        self.state.scheduler.hosts[host].in_flight -= 1;
        let tab = self.state.requests[id].tab as usize;
        if self.is_delayable(id) {
            self.state.scheduler.tabs[tab].delayable_in_flight -= 1;
        }
        self.release_held(agenda, tab);
    }

    /// The rank of a request has changed: it counts as delayable or no longer does.
    pub(super) fn recount(&mut self, agenda: &mut Agenda, id: RequestId, was_delayable: bool) {
        let tab = self.state.requests[id].tab as usize;
        if !self.state.requests[id].state.admitted || self.is_delayable(id) == was_delayable {
            return;
        }
        if was_delayable {
            self.state.scheduler.tabs[tab].delayable_in_flight -= 1;
            self.release_held(agenda, tab);
        } else {
            self.state.scheduler.tabs[tab].delayable_in_flight += 1;
        }
    }

    fn release_held(&mut self, agenda: &mut Agenda, tab: usize) {
        for rank in (0..RANKS).rev() {
            while let Some(held) = self.first_held(tab, rank) {
                if !self.has_room(held) {
                    return;
                }
                self.leave_scheduler(held);
                self.drop_timer(agenda, held);
                self.admit(agenda, held);
            }
        }
    }

    /// The first held request of a tab and rank among those to hosts with room.
    fn first_held(&self, tab: usize, rank: usize) -> Option<RequestId> {
        let origins = self.plan.origins.len();
        let hosts = self.state.scheduler.hosts[tab * origins..][..origins].iter();
        let heads = hosts.filter_map(|host| host.held[rank].first()).filter(|id| self.host_has_room(*id));
        heads.min_by_key(|id| self.state.requests[*id].state.held)
    }
}
