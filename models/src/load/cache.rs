//! The HTTP cache: one request per URL at a time, and responses that may be stored.
//!
//! Rule (Chromium, net/http/http_cache_transaction.cc, measured): GETs of one URL pass one at a time in order of arrival,
//! each holding the lock until its headers have arrived, even if the response turns out not to be storable; a waiter
//! holds no connection, and goes on alone after 20 s; an abort passes the lock on at once; fetch cache 'no-store' and
//! POST bypass the lock. All waiters read a storable response. Firefox (measured): the lock is held to the end of the body,
//! but a no-store response releases all waiters together then, and so does an abort, unless an earlier response is
//! stored and the aborted request had no headers yet (nsHttpChannel.cpp, CloseCacheEntry dooms only new entries); requests
//! without credentials have their own entries. WebKitGTK (measured): no lock.
//!
//! In Firefox a no-store response stays as an entry that is never validated, so nobody waits for it (OnCacheEntryCheck gives
//! ENTRY_WANTED): later GETs go at once. The headers of each of their responses replace the entry, and release those who wait
//! for the response that had replaced it before (CacheEntry.cpp, Recreate; measured).
//!
//! A fetch with cache 'reload' does not wait, but later GETs wait for it, and its response replaces the stored one
//! (measured in Chromium and Firefox); in Firefox it bypasses a lock that is held (measured). In Chromium the replacement
//! takes a moment before the request reaches the pool (measured).
//!
//! In Chromium two aborts leave something behind (both measured). Of GETs that are aborted together, the second gets the turn
//! of the first and leaves an entry that cannot be read; of the GETs that find it at one instant, each of the first three
//! removes the entry of the one before it and goes at once. And an abort in the body of a response takes the turn from the
//! request that has it by then, which goes on alone, and gives it to the next one (HttpCache, DoomEntryRestartTransactions).
//!
//! Without a lock the response that comes last is the one that is kept (WebKitGTK, measured).
//!
//! The headers of a response to a POST invalidate whatever is stored of its URL (RFC 9111, section 4.4): later GETs find no
//! stored response and no queue. GETs that already wait stay in the queue in Chromium (`DoomMainEntryForUrl` leaves an entry that is in use to
//! its users), and are released together in Firefox (both measured).

use super::list::{List, RequestId};
use super::request::{Outcome, Request, Station};
use super::table::Table;
use super::{Agenda, Event, Running};
use crate::browser::{LockUntil, Replaces};
use crate::class::{CacheMode, Method};
use sixslot_sim_core::{Span, Time};

/// A URL, and how many times it had been invalidated.
type Key = (u64, u32);

/// State of the cache.
#[derive(Debug, Default)]
pub(super) struct Cache {
    pub(super) locks: Table<Key, Lock>,
    /// Until when each stored response is fresh.
    stored: Table<Key, Time>,
    /// The keys with a stored response, fresh or stale.
    kept: Table<Key, ()>,
    /// The keys with a no-store response that nobody waits for.
    open: Table<Key, ()>,
    /// The keys with an entry that cannot be read: when it was found, and by how many.
    broken: Table<Key, (Option<Time>, u32)>,
    /// The requests whose response is being written.
    writers: Table<Key, RequestId>,
    /// How many times each URL has been invalidated.
    versions: Table<u64, u32>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Lock {
    pub(super) turn: RequestId,
    pub(super) waiting: List,
    /// When an abort before the headers gave the turn to it.
    inherited: Option<Time>,
}

/// Requests that find an entry which cannot be read at once, and go together.
const TOGETHER: u32 = 3;
/// The version of a URL in an entry that later requests do not find.
const NOT_FOUND: u32 = u32::MAX;

impl Cache {
    pub(super) fn reset(&mut self) {
        self.locks.clear();
        self.stored.clear();
        self.kept.clear();
        self.open.clear();
        self.broken.clear();
        self.writers.clear();
        self.versions.clear();
    }
}

impl Running<'_> {
    /// The number of a request's URL in the cache.
    fn cache_url(&self, id: RequestId) -> u64 {
        let apart = self.plan.browser.cache_partition_by_credentials && self.class(id).omits_credentials;
        if apart { !self.url(id) } else { self.url(id) }
    }

    /// The cache key of a request that has reached the cache.
    pub(super) fn key(&self, id: RequestId) -> Key {
        (self.cache_url(id), self.state.requests[id].state.version)
    }

    /// Whether a request's response is stored for others to read: that of a HEAD has no body, and errors are not stored.
    fn stores(&self, id: RequestId) -> bool {
        self.class(id).max_age.is_some() && self.copy(id).method != Method::Head && !self.is_error_status(id)
    }

    /// Whether a request has received a response that takes the place of the stored one.
    fn overwrites(&self, id: RequestId) -> bool {
        let (request, copy) = (&self.state.requests[id], self.copy(id));
        let is_whole = request.outcome == Outcome::Ok && request.sent.is_some() && !self.is_error_status(id);
        is_whole && copy.cacheable && copy.method == Method::Get
    }

    /// Whether the server answered with a status from 400 on.
    fn is_error_status(&self, id: RequestId) -> bool {
        self.state.requests[id].status >= 400
    }

    /// Whether the plan rules out that a request meets another one here.
    #[inline]
    pub(super) fn is_alone(&self, id: RequestId) -> bool {
        self.plan.ruled_out.sharing(self.state.requests[id].class)
    }

    /// Whether a request replaces the stored entry.
    fn replaces(&self, id: RequestId) -> bool {
        let class = self.class(id);
        class.cache == CacheMode::Reload
            && self.copy(id).method == Method::Get
            && match self.plan.browser.reload_replaces {
                Replaces::Never => false,
                Replaces::WhenFree => !self.state.cache.locks.contains(self.key(id)),
                Replaces::Always => true,
            }
    }

    /// Gives a request the lock of its key, which must be free.
    fn take_turn(&mut self, id: RequestId) {
        let key = self.key(id);
        let before = self.state.cache.locks.insert(key, Lock { turn: id, waiting: List::default(), inherited: None });
        debug_assert!(before.is_none(), "request {id} takes a lock that is held: {before:?}");
        self.request(id).state.holds_lock = true;
    }

    pub(super) fn go_to_cache(&mut self, agenda: &mut Agenda, id: RequestId) {
        if self.is_alone(id) {
            return self.go_to_pool(agenda, id);
        }
        let now = agenda.now();
        if let Some(version) = self.state.cache.versions.get(self.cache_url(id)).copied() {
            self.request(id).state.version = version;
        }
        if self.replaces(id) {
            let url = self.cache_url(id);
            self.request(id).state.version = self.invalidate(url) + 1;
            self.request(id).state.writes = true;
            if self.plan.browser.cache_lock && !self.state.cache.locks.contains(self.key(id)) {
                self.take_turn(id);
            }
            let delay = self.plan.browser.reload_delay;
            if !delay.is_zero() {
                let request = self.request(id);
                request.enter(Station::Cache, now);
                request.timer = Some(agenda.schedule_in(delay, Event::LockTimeout { request: id }));
                return;
            }
        }
        if !self.copy(id).cacheable {
            return self.go_to_pool(agenda, id);
        }
        let key = self.key(id);
        self.request(id).enter(Station::Cache, now);
        let is_warm = key.1 == 0 && self.class(id).fresh_for.is_some_and(|span| now < Time::ZERO + span);
        if is_warm || self.state.cache.stored.get(key).is_some_and(|until| now < *until) {
            // By an event, so that a long queue of readers does not recurse.
            let request = self.request(id);
            request.enter(Station::Body, now);
            request.timer = Some(agenda.schedule_in(Span::ZERO, Event::BodyEnd { request: id }));
            return;
        }
        if !self.plan.browser.cache_lock {
            return self.go_to_pool(agenda, id);
        }
        let Some(turn) = self.state.cache.locks.get(key).map(|lock| lock.turn) else {
            if self.state.cache.open.contains(key) {
                self.request(id).state.refills = true;
            } else {
                self.take_turn(id);
                self.finds_broken(key, now);
            }
            return self.go_to_pool(agenda, id);
        };
        if self.stores(turn) && self.request(turn).headers.is_some() {
            return self.follow(id, turn);
        }
        if self.finds_broken(key, now) {
            self.lose_turn(turn);
            if let Some(lock) = self.state.cache.locks.get_mut(key) {
                lock.turn = id;
            }
            self.request(id).state.holds_lock = true;
            return self.go_to_pool(agenda, id);
        }
        if let Some(lock) = self.state.cache.locks.get_mut(key) {
            lock.waiting.push(&mut self.state.links, id);
        }
        let timeout = self.plan.browser.cache_lock_timeout;
        self.request(id).timer = Some(agenda.schedule_in(timeout, Event::LockTimeout { request: id }));
    }

    /// Whether a request finds an entry that cannot be read, and goes at once.
    fn finds_broken(&mut self, key: Key, now: Time) -> bool {
        let Some((found, number)) = self.state.cache.broken.get_mut(key) else { return false };
        if found.is_some_and(|found| found < now) || *number == TOGETHER {
            self.state.cache.broken.remove(key);
            return false;
        }
        *found = Some(now);
        *number += 1;
        true
    }

    /// A request goes on without its turn, and nobody finds its response.
    fn lose_turn(&mut self, id: RequestId) {
        let state = &mut self.request(id).state;
        state.holds_lock = false;
        state.version = NOT_FOUND;
    }

    pub(super) fn lock_timeout(&mut self, agenda: &mut Agenda, id: RequestId) {
        self.request(id).timer = None;
        self.leave_cache(id);
        self.go_to_pool(agenda, id);
    }

    /// Removes a request from the queue at the lock, or from the readers of a response; one that replaces the stored entry is
    /// in neither.
    pub(super) fn leave_cache(&mut self, id: RequestId) {
        if self.request(id).state.writes {
            return;
        }
        if let Some(leader) = self.state.requests[id].state.leader {
            self.state.requests[leader].state.followers.remove(&mut self.state.links, id);
        } else if let Some(lock) = self.state.cache.locks.get_mut(self.key(id)) {
            lock.waiting.remove(&mut self.state.links, id);
        }
    }

    /// The headers of a request have arrived.
    pub(super) fn headers_at_cache(&mut self, agenda: &mut Agenda, id: RequestId) {
        if self.copy(id).method == Method::Post && self.plan.browser.post_invalidates {
            if self.is_error_status(id) {
                return;
            }
            let url = self.cache_url(id);
            let version = self.invalidate(url);
            if self.plan.browser.cache_lock_releases_all_on_post {
                self.open_lock(agenda, (url, version), false);
            }
            return;
        }
        if std::mem::take(&mut self.request(id).state.refills) {
            let key = self.key(id);
            self.open_lock(agenda, key, false);
            self.state.cache.open.remove(key);
            self.take_turn(id);
        }
        if !self.request(id).state.holds_lock {
            return;
        }
        if self.plan.browser.cache_restarts_on_abort && !self.class(id).answer_no_store && !self.is_error_status(id) {
            let key = self.key(id);
            self.state.cache.writers.insert(key, id);
        }
        if self.stores(id) {
            let key = self.key(id);
            let Some(lock) = self.state.cache.locks.get_mut(key) else { return };
            let mut waiting = std::mem::take(&mut lock.waiting);
            while let Some(reader) = waiting.pop(&mut self.state.links) {
                self.drop_timer(agenda, reader);
                self.follow(reader, id);
            }
        } else if self.plan.browser.cache_lock_until == LockUntil::Headers {
            self.pass_lock(agenda, id);
        }
    }

    /// Invalidates a URL. Requests that use its entry go on under the old key, which is returned.
    fn invalidate(&mut self, url: u64) -> u32 {
        let version = self.state.cache.versions.get(url).copied().unwrap_or(0);
        self.state.cache.versions.insert(url, version + 1);
        version
    }

    /// Opens a lock: all requests that wait for it go on together, and their responses replace the entry or do not.
    fn open_lock(&mut self, agenda: &mut Agenda, key: Key, refill: bool) {
        let Some(mut lock) = self.state.cache.locks.remove(key) else { return };
        self.request(lock.turn).state.holds_lock = false;
        while let Some(waiter) = lock.waiting.pop(&mut self.state.links) {
            self.drop_timer(agenda, waiter);
            self.request(waiter).state.refills = refill;
            self.go_to_pool(agenda, waiter);
        }
    }

    /// Passes the lock to the next request, and stores a response that may be stored.
    pub(super) fn pass_lock(&mut self, agenda: &mut Agenda, id: RequestId) {
        if self.is_alone(id) {
            return;
        }
        if self.request(id).outcome == Outcome::Ok
            && (self.copy(id).cacheable || self.request(id).state.writes)
            && self.stores(id)
            && let (Some(max_age), Some(headers)) = (self.class(id).max_age, self.request(id).headers)
            && self.request(id).sent.is_some()
        {
            let (key, until) = (self.key(id), headers + max_age);
            self.state.cache.stored.insert(key, until);
        } else if !self.plan.browser.cache_lock && self.overwrites(id) {
            let key = self.key(id);
            self.state.cache.stored.remove(key);
        }
        if self.state.cache.writers.len() > 0 && self.state.requests[id].ended.is_some() {
            self.end_writing(agenda, id);
        }
        if !std::mem::take(&mut self.request(id).state.holds_lock) {
            return;
        }
        let (key, no_store) = (self.key(id), self.class(id).answer_no_store);
        let Request { outcome, headers, ref state, .. } = self.state.requests[id];
        let broken = outcome == Outcome::Failed && (headers.is_none() || state.resets);
        match outcome {
            Outcome::Ok | Outcome::Unfinished | Outcome::Failed
                if no_store && !broken && self.plan.browser.cache_lock_releases_all_on_no_store =>
            {
                self.state.cache.kept.remove(key);
                if !self.is_error_status(id) {
                    self.state.cache.open.insert(key, ());
                }
                return self.open_lock(agenda, key, !self.is_error_status(id));
            }
            Outcome::Ok if !no_store && self.copy(id).method != Method::Head && !self.is_error_status(id) => {
                self.state.cache.kept.insert(key, ());
            }
            // A connection that breaks closes the entry as an abort does.
            Outcome::Aborted | Outcome::Failed
                if (outcome == Outcome::Aborted || broken) && self.plan.browser.cache_lock_releases_all_on_abort =>
            {
                // The headers started to overwrite the stored response; without them it is still there.
                let overwritten = self.request(id).headers.is_some();
                if self.state.cache.kept.contains(key) && !overwritten {
                    return self.pass_on(agenda, key, None);
                }
                self.state.cache.kept.remove(key);
                return self.open_lock(agenda, key, false);
            }
            Outcome::Aborted if headers.is_none() && self.plan.browser.cache_broken_by_aborts => {
                let now = agenda.now();
                let last = |lock: &Lock| lock.inherited == Some(now) && lock.waiting.first().is_none();
                if self.state.cache.locks.get(key).is_some_and(last) {
                    self.state.cache.broken.insert(key, (None, 0));
                }
                return self.pass_on(agenda, key, Some(now));
            }
            _ => {}
        }
        self.pass_on(agenda, key, None);
    }

    /// The response of a request is not written any more: after an abort others do not wait for the one that follows it.
    fn end_writing(&mut self, agenda: &mut Agenda, id: RequestId) {
        let key = self.key(id);
        if self.state.cache.writers.get(key) != Some(&id) {
            return;
        }
        self.state.cache.writers.remove(key);
        let turn = self.state.cache.locks.get(key).map(|lock| lock.turn).filter(|turn| *turn != id);
        if let Some(turn) = turn.filter(|_| self.state.requests[id].outcome.is_wrong()) {
            self.lose_turn(turn);
            self.pass_on(agenda, key, None);
        }
    }

    /// Passes the lock to the next request in the queue, if there is one; `inherited` if an abort before the headers does so.
    fn pass_on(&mut self, agenda: &mut Agenda, key: Key, inherited: Option<Time>) {
        let Some(lock) = self.state.cache.locks.get_mut(key) else { return };
        match lock.waiting.pop(&mut self.state.links) {
            None => drop(self.state.cache.locks.remove(key)),
            Some(next) => {
                lock.turn = next;
                lock.inherited = inherited;
                self.drop_timer(agenda, next);
                self.request(next).state.holds_lock = true;
                self.go_to_pool(agenda, next);
            }
        }
    }
}
