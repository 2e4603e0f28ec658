//! The HTTP cache: one request per URL at a time, and answers that may be stored.
//!
//! Rule (Chromium, net/http/http_cache_transaction.cc, measured): GETs of one URL pass one at a time in order of arrival,
//! until the headers of the one whose turn it is have come, even where the answer turns out not to be storable; a waiter
//! holds no connection, and goes on alone after 20 s; an abort passes the turn on at once; fetch cache 'no-store' and
//! POST pass by. A storable answer is read by all who wait. Firefox (measured): a turn lasts to the end of the body, but
//! the headers of a no-store answer release all waiters together, and so does an abort, unless an earlier answer is kept and
//! the aborted request had no headers yet (nsHttpChannel.cpp, CloseCacheEntry dooms no entry that is not new); requests
//! without credentials have entries of their own. WebKitGTK (measured): no lock.
//!
//! A fetch with cache 'reload' waits for nobody, but is the one that later GETs wait for, and its answer replaces what was
//! kept (measured in Chromium and Firefox); in Firefox it passes by where a turn is under way (measured).
//!
//! The headers of an answer to a POST make whatever is kept of its URL invalid (RFC 9111, section 4.4): later GETs find no
//! stored answer and no line. Those in line stay there in Chromium (`DoomMainEntryForUrl` leaves an entry that is in use to
//! its users), and are released together in Firefox (both measured).

use super::list::{List, RequestId};
use super::request::{Outcome, Station};
use super::{Agenda, Event, Running};
use crate::browser::{LockUntil, Replaces};
use crate::class::{CacheMode, Method};
use sixslot_sim_core::{Span, Time};

/// A URL, and how often it had been made invalid.
type Key = (u64, u32);

/// What the cache knows, each list sorted.
#[derive(Debug, Default)]
pub(super) struct Cache {
    locks: Vec<(Key, Lock)>,
    stored: Vec<(Key, Time)>,
    /// Of what an answer is kept, fresh or not.
    kept: Vec<Key>,
    /// How often URLs have been made invalid.
    versions: Vec<Key>,
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
        self.kept.clear();
        self.versions.clear();
    }

    fn lock(&self, key: Key) -> Result<usize, usize> {
        self.locks.binary_search_by_key(&key, |(key, _)| *key)
    }

    fn stored(&self, key: Key) -> Result<usize, usize> {
        self.stored.binary_search_by_key(&key, |(key, _)| *key)
    }

    fn version(&self, url: u64) -> Result<usize, usize> {
        self.versions.binary_search_by_key(&url, |(url, _)| *url)
    }
}

impl Running<'_> {
    /// The number of a request's URL in the cache.
    fn cache_url(&self, id: RequestId) -> u64 {
        let apart = self.plan.browser.cache_partition_by_credentials && self.class(id).omits_credentials;
        if apart { !self.url(id) } else { self.url(id) }
    }

    /// What a request that came to the cache is kept under.
    fn key(&self, id: RequestId) -> Key {
        (self.cache_url(id), self.state.requests[id].state.version)
    }

    /// Whether a request takes the place of what is kept.
    fn replaces(&self, id: RequestId) -> bool {
        let class = self.class(id);
        class.cache == CacheMode::Reload
            && class.method == Method::Get
            && match self.plan.browser.reload_replaces {
                Replaces::Never => false,
                Replaces::WhenFree => self.state.cache.lock(self.key(id)).is_err(),
                Replaces::Always => true,
            }
    }

    /// A line of its own begins with a request, at a place among the lines.
    fn take_turn(&mut self, id: RequestId, at: usize) {
        let key = self.key(id);
        self.state.cache.locks.insert(at, (key, Lock { turn: id, waiting: List::default() }));
        self.request(id).state.holds_lock = true;
    }

    pub(super) fn go_to_cache(&mut self, agenda: &mut Agenda, id: RequestId) {
        let now = agenda.now();
        if let Ok(at) = self.state.cache.version(self.cache_url(id)) {
            self.request(id).state.version = self.state.cache.versions[at].1;
        }
        if self.replaces(id) {
            let url = self.cache_url(id);
            self.request(id).state.version = self.invalidate(url) + 1;
            self.request(id).state.writes = true;
            if self.plan.browser.cache_lock
                && let Err(at) = self.state.cache.lock(self.key(id))
            {
                self.take_turn(id, at);
            }
        }
        if !self.class(id).cacheable {
            return self.go_to_pool(agenda, id);
        }
        let key = self.key(id);
        self.request(id).enter(Station::Cache, now);
        if let Ok(at) = self.state.cache.stored(key)
            && now < self.state.cache.stored[at].1
        {
            // By an event, so that a long line of readers does not nest.
            let request = self.request(id);
            request.enter(Station::Body, now);
            request.timer = Some(agenda.schedule_in(Span::ZERO, Event::BodyEnd { request: id }));
            return;
        }
        if !self.plan.browser.cache_lock {
            return self.go_to_pool(agenda, id);
        }
        match self.state.cache.lock(key) {
            Err(at) => {
                self.take_turn(id, at);
                self.go_to_pool(agenda, id);
            }
            Ok(at) => {
                let turn = self.state.cache.locks[at].1.turn;
                if self.class(turn).max_age.is_some() && self.request(turn).headers.is_some() {
                    return self.follow(id, turn);
                }
                self.state.cache.locks[at].1.waiting.push(&mut self.state.links, id);
                let timeout = self.plan.browser.cache_lock_timeout;
                self.request(id).timer = Some(agenda.schedule_in(timeout, Event::LockTimeout { request: id }));
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
        } else if let Ok(at) = self.state.cache.lock(self.key(id)) {
            self.state.cache.locks[at].1.waiting.remove(&mut self.state.links, id);
        }
    }

    /// The headers of the request whose turn it is have come.
    pub(super) fn headers_at_cache(&mut self, agenda: &mut Agenda, id: RequestId) {
        if self.class(id).method == Method::Post && self.plan.browser.post_invalidates {
            let url = self.cache_url(id);
            let version = self.invalidate(url);
            if self.plan.browser.cache_lock_releases_all_on_post {
                self.open_lock(agenda, (url, version));
            }
            return;
        }
        if !self.request(id).state.holds_lock {
            return;
        }
        let class = self.class(id);
        let (no_store, stores) = (class.answer_no_store, class.max_age.is_some());
        let rules = &self.plan.browser;
        if stores {
            let Ok(at) = self.state.cache.lock(self.key(id)) else { return };
            while let Some(reader) = self.state.cache.locks[at].1.waiting.pop(&mut self.state.links) {
                self.drop_timer(agenda, reader);
                self.follow(reader, id);
            }
        } else if no_store && rules.cache_lock_releases_all_on_no_store {
            let key = self.key(id);
            self.state.cache.kept.retain(|other| *other != key);
            self.open_lock(agenda, key);
        } else if rules.cache_lock_until == LockUntil::Headers {
            self.pass_lock(agenda, id);
        }
    }

    /// What is kept of a URL is for those who use it already, under its version so far, which is returned.
    fn invalidate(&mut self, url: u64) -> u32 {
        match self.state.cache.version(url) {
            Ok(at) => {
                let version = &mut self.state.cache.versions[at].1;
                *version += 1;
                *version - 1
            }
            Err(at) => {
                self.state.cache.versions.insert(at, (url, 1));
                0
            }
        }
    }

    /// Ends a line at the lock: all who wait go on together.
    fn open_lock(&mut self, agenda: &mut Agenda, key: Key) {
        let Ok(at) = self.state.cache.lock(key) else { return };
        let (_, mut lock) = self.state.cache.locks.remove(at);
        self.request(lock.turn).state.holds_lock = false;
        while let Some(waiter) = lock.waiting.pop(&mut self.state.links) {
            self.drop_timer(agenda, waiter);
            self.go_to_pool(agenda, waiter);
        }
    }

    /// Passes the turn to the next, and keeps an answer that may be stored.
    pub(super) fn pass_lock(&mut self, agenda: &mut Agenda, id: RequestId) {
        if self.request(id).outcome == Outcome::Ok
            && (self.class(id).cacheable || self.request(id).state.writes)
            && let (Some(max_age), Some(headers)) = (self.class(id).max_age, self.request(id).headers)
            && self.request(id).sent.is_some()
        {
            let (key, until) = (self.key(id), headers + max_age);
            match self.state.cache.stored(key) {
                Ok(at) => self.state.cache.stored[at].1 = until,
                Err(at) => self.state.cache.stored.insert(at, (key, until)),
            }
        }
        if !std::mem::take(&mut self.request(id).state.holds_lock) {
            return;
        }
        let key = self.key(id);
        let kept = self.state.cache.kept.binary_search(&key);
        match (self.request(id).outcome, kept) {
            (Outcome::Ok, Err(at)) if !self.class(id).answer_no_store => self.state.cache.kept.insert(at, key),
            (Outcome::Aborted, kept) if self.plan.browser.cache_lock_releases_all_on_abort => {
                let overwritten = self.request(id).headers.is_some();
                match kept {
                    Ok(at) if overwritten => drop(self.state.cache.kept.remove(at)),
                    Ok(_) => return self.pass_on(agenda, key),
                    Err(_) => {}
                }
                return self.open_lock(agenda, key);
            }
            _ => {}
        }
        self.pass_on(agenda, key);
    }

    /// The turn goes to the next in line, if there is one.
    fn pass_on(&mut self, agenda: &mut Agenda, key: Key) {
        let Ok(at) = self.state.cache.lock(key) else { return };
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
