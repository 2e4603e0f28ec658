//! The HTTP cache: one request per URL at a time, and answers that may be stored.
//!
//! Rule (Chromium, net/http/http_cache_transaction.cc, measured): GETs of one URL pass one at a time in order of arrival,
//! until the headers of the one whose turn it is have come, even where the answer turns out not to be storable; a waiter
//! holds no connection, and goes on alone after 20 s; an abort passes the turn on at once; fetch cache 'no-store' and
//! POST pass by. A storable answer is read by all who wait. Firefox (measured): a turn lasts to the end of the body, but
//! the headers of a no-store answer, and an abort, release all waiters together. WebKitGTK (measured): no lock.

use super::list::{List, RequestId};
use super::request::{Outcome, Station};
use super::{Agenda, Event, Running};
use crate::browser::LockUntil;
use sim_core::Time;

/// What the cache knows, by URL, each list sorted.
#[derive(Debug, Default)]
pub(super) struct Cache {
    locks: Vec<(u64, Lock)>,
    stored: Vec<(u64, Time)>,
}

#[derive(Debug)]
struct Lock {
    turn: RequestId,
    waiting: List,
}

impl Cache {
    pub(super) fn reset(&mut self) {
        self.locks.clear();
        self.stored.clear();
    }

    fn lock(&self, url: u64) -> Result<usize, usize> {
        self.locks.binary_search_by_key(&url, |(url, _)| *url)
    }
}

impl Running<'_> {
    pub(super) fn go_to_cache(&mut self, agenda: &mut Agenda, id: RequestId) {
        let now = agenda.now();
        if !self.class(id).cacheable {
            return self.go_to_pool(agenda, id);
        }
        self.request(id).enter(Station::Cache, now);
        let url = self.url(id);
        if let Ok(at) = self.state.cache.stored.binary_search_by_key(&url, |(url, _)| *url)
            && now < self.state.cache.stored[at].1
        {
            // By an event, so that a long line of readers does not nest.
            let request = self.request(id);
            request.enter(Station::Body, now);
            request.timer = Some(agenda.schedule(now, Event::BodyEnd { request: id }));
            return;
        }
        if !self.plan.browser.cache_lock {
            return self.go_to_pool(agenda, id);
        }
        match self.state.cache.lock(url) {
            Err(at) => {
                self.state.cache.locks.insert(at, (url, Lock { turn: id, waiting: List::default() }));
                self.request(id).state.holds_lock = true;
                self.go_to_pool(agenda, id);
            }
            Ok(at) => {
                let turn = self.state.cache.locks[at].1.turn;
                if self.class(turn).max_age.is_some() && self.request(turn).headers.is_some() {
                    return self.follow(id, turn);
                }
                self.state.cache.locks[at].1.waiting.push(&mut self.state.links, id);
                let timeout = now + self.plan.browser.cache_lock_timeout;
                self.request(id).timer = Some(agenda.schedule(timeout, Event::LockTimeout { request: id }));
            }
        }
    }

    pub(super) fn lock_timeout(&mut self, agenda: &mut Agenda, id: RequestId) {
        self.request(id).timer = None;
        self.leave_cache(id);
        self.go_to_pool(agenda, id);
    }

    /// Leaves the line at the lock, or the answer that it reads.
    pub(super) fn leave_cache(&mut self, id: RequestId) {
        if let Some(leader) = self.state.requests[id].state.leader {
            self.state.requests[leader].state.followers.remove(&mut self.state.links, id);
        } else if let Ok(at) = self.state.cache.lock(self.url(id)) {
            self.state.cache.locks[at].1.waiting.remove(&mut self.state.links, id);
        }
    }

    /// The headers of the request whose turn it is have come.
    pub(super) fn headers_at_cache(&mut self, agenda: &mut Agenda, id: RequestId) {
        if !self.request(id).state.holds_lock {
            return;
        }
        let class = self.class(id);
        let (no_store, stores) = (class.answer_no_store, class.max_age.is_some());
        let rules = &self.plan.browser;
        if stores {
            let Ok(at) = self.state.cache.lock(self.url(id)) else { return };
            while let Some(reader) = self.state.cache.locks[at].1.waiting.pop(&mut self.state.links) {
                self.drop_timer(agenda, reader);
                self.follow(reader, id);
            }
        } else if no_store && rules.cache_lock_frees_all_on_no_store {
            self.request(id).state.holds_lock = false;
            self.open_lock(agenda, id);
        } else if rules.cache_lock_until == LockUntil::Headers {
            self.pass_lock(agenda, id);
        }
    }

    /// Ends the line at the lock of a request's URL: all who wait go on together.
    fn open_lock(&mut self, agenda: &mut Agenda, id: RequestId) {
        let Ok(at) = self.state.cache.lock(self.url(id)) else { return };
        let (_, mut lock) = self.state.cache.locks.remove(at);
        while let Some(waiter) = lock.waiting.pop(&mut self.state.links) {
            self.drop_timer(agenda, waiter);
            self.go_to_pool(agenda, waiter);
        }
    }

    /// Passes the turn to the next, and keeps an answer that may be stored.
    pub(super) fn pass_lock(&mut self, agenda: &mut Agenda, id: RequestId) {
        if self.request(id).outcome == Outcome::Ok
            && self.class(id).cacheable
            && let (Some(max_age), Some(headers)) = (self.class(id).max_age, self.request(id).headers)
            && self.request(id).sent.is_some()
        {
            let (url, until) = (self.url(id), headers + max_age);
            match self.state.cache.stored.binary_search_by_key(&url, |(url, _)| *url) {
                Ok(at) => self.state.cache.stored[at].1 = until,
                Err(at) => self.state.cache.stored.insert(at, (url, until)),
            }
        }
        if !std::mem::take(&mut self.request(id).state.holds_lock) {
            return;
        }
        if self.request(id).outcome == Outcome::Aborted && self.plan.browser.cache_lock_frees_all_on_abort {
            return self.open_lock(agenda, id);
        }
        let Ok(at) = self.state.cache.lock(self.url(id)) else { return };
        match self.state.cache.locks[at].1.waiting.pop(&mut self.state.links) {
            None => drop(self.state.cache.locks.remove(at)),
            Some(next) => {
                self.state.cache.locks[at].1.turn = next;
                self.drop_timer(agenda, next);
                self.request(next).state.holds_lock = true;
                self.go_to_pool(agenda, next);
            }
        }
    }
}
