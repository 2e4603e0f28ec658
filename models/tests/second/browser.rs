//! The browser: scheduler and cache.

use super::{Event, Id, Key, Line, Second, ns};
use sixslot_models::browser::{LockUntil, Replaces};
use sixslot_models::class::{CacheMode, DeadlineFrom, Kind, Method};
use sixslot_models::load::{Outcome, Station};

// --- The scheduler.

impl Second<'_> {
    pub fn is_delayable(&self, id: Id) -> bool {
        let rules = self.plan.browser();
        let multiplexes = self.plan.origins()[self.class(id).origin].protocol.multiplexes();
        rules.delays_low_priority && self.requests[id].rank < rules.delayable_below && !multiplexes
    }

    /// The admitted requests of a request's tab.
    fn admitted(&self, id: Id) -> Vec<Id> {
        let tab = self.requests[id].call.tab;
        let same = |other: &Id| self.requests[*other].admitted && self.requests[*other].call.tab == tab;
        (0..self.requests.len()).filter(same).collect()
    }

    fn tab_has_room(&self, id: Id) -> bool {
        let delayable = self.admitted(id).into_iter().filter(|other| self.is_delayable(*other));
        delayable.count() < self.plan.browser().delayable_limit
    }

    fn host_has_room(&self, id: Id) -> bool {
        let same_host = |other: &Id| self.class(*other).origin == self.class(id).origin;
        self.admitted(id).iter().filter(|other| same_host(other)).count() < self.plan.browser().delayable_limit_per_host
    }

    pub fn go_to_scheduler(&mut self, id: Id) {
        self.deadline_begins(id, DeadlineFrom::Queue);
        self.requests[id].line = Line::None;
        // A WebSocket is not seen by the scheduler.
        if self.class(id).kind == Kind::WebSocket {
            return self.go_to_pool(id);
        }
        if self.cut_off.contains(&(self.requests[id].class, self.requests[id].call.tab)) {
            self.enter(id, Station::Connect);
            return self.set_timer(id, 0, Event::Refused(id));
        }
        self.enter(id, Station::Scheduler);
        if !self.is_delayable(id) || self.tab_has_room(id) && self.host_has_room(id) {
            return self.admit(id);
        }
        self.line_up(id, Line::Scheduler);
        self.set_timer(id, ns(self.plan.browser().delayable_timeout), Event::Release(id));
    }

    pub fn admit(&mut self, id: Id) {
        self.requests[id].line = Line::None;
        self.requests[id].admitted = true;
        self.go_to_cache(id);
    }

    /// An admitted request has ended: held ones of its tab may follow, the highest rank first; a full tab ends the scan.
    pub fn scheduler_forgets(&mut self, id: Id) {
        if !std::mem::take(&mut self.requests[id].admitted) {
            return;
        }
        self.release_held(self.requests[id].call.tab);
    }

    pub fn release_held(&mut self, tab: u32) {
        for rank in (0..10).rev() {
            loop {
                let held = self.line(Line::Scheduler, |load, other| {
                    load.requests[other].call.tab == tab
                        && load.requests[other].rank == rank
                        && load.host_has_room(other)
                });
                let Some(next) = held.first().copied() else { break };
                if !self.tab_has_room(next) {
                    return;
                }
                self.drop_timer(next);
                self.admit(next);
            }
        }
    }
}

// --- The cache.

impl Second<'_> {
    fn cached_url(&self, id: Id) -> (bool, usize, String) {
        let apart = self.plan.browser().cache_partition_by_credentials && self.class(id).omits_credentials;
        let (origin, text) = self.url(id);
        (apart, origin, text)
    }

    /// The answer to a HEAD has nothing to store.
    fn stores(&self, id: Id) -> bool {
        self.class(id).max_age.is_some() && self.copy(id).method != Method::Head && self.requests[id].status < 400
    }

    fn version(&self, url: &(bool, usize, String)) -> u32 {
        self.versions.iter().find(|(other, _)| other == url).map_or(0, |(_, version)| *version)
    }

    /// Later requests find nothing of this URL; those that use its entry keep it. The version that they have.
    fn invalidate(&mut self, url: &(bool, usize, String)) -> u32 {
        let version = self.version(url);
        self.versions.retain(|(other, _)| other != url);
        self.versions.push((url.clone(), version + 1));
        version
    }

    fn holder(&self, key: &Key) -> Option<Id> {
        self.turns.iter().find(|(other, _)| other == key).map(|(_, id)| *id)
    }

    fn waits_for_turn(&self, key: &Key) -> Vec<Id> {
        self.line(Line::CacheLock, |load, id| load.requests[id].key.as_ref() == Some(key))
    }

    fn give_turn(&mut self, key: &Key, id: Id) {
        self.turns.retain(|(other, _)| other != key);
        self.turns.push((key.clone(), id));
        self.requests[id].has_turn = true;
    }

    fn own_key(&self, id: Id) -> Key {
        self.requests[id].key.clone().unwrap()
    }

    pub fn go_to_cache(&mut self, id: Id) {
        let rules = self.plan.browser();
        let url = self.cached_url(id);
        self.requests[id].key = Some((url.clone(), self.version(&url)));
        // A fetch with cache 'reload' ignores what is stored and replaces it; later GETs wait for it.
        let is_reload = self.class(id).cache == CacheMode::Reload && self.copy(id).method == Method::Get;
        let replaces = match rules.reload_replaces {
            Replaces::Never => false,
            Replaces::WhenFree => self.holder(&self.own_key(id)).is_none(),
            _ => true,
        };
        if is_reload && replaces {
            let version = self.invalidate(&url) + 1;
            self.requests[id].key = Some((url, version));
            self.requests[id].replaces = true;
            if rules.cache_lock && self.holder(&self.own_key(id)).is_none() {
                self.give_turn(&self.own_key(id), id);
            }
            // Replacing the entry takes a moment.
            if rules.reload_delay > sixslot_sim_core::Span::ZERO {
                self.enter(id, Station::Cache);
                return self.set_timer(id, ns(rules.reload_delay), Event::LockTimeout(id));
            }
        }
        if !self.copy(id).cacheable {
            return self.go_to_pool(id);
        }
        self.enter(id, Station::Cache);
        let key = self.own_key(id);
        // What an earlier load stored is fresh, unless this one has invalidated it.
        let is_warm = key.1 == 0 && self.class(id).fresh_for.is_some_and(|span| self.now < ns(span));
        if is_warm || self.stored.iter().any(|(other, until)| *other == key && self.now < *until) {
            self.enter(id, Station::Body);
            return self.set_timer(id, 0, Event::BodyEnd(id));
        }
        if !rules.cache_lock {
            return self.go_to_pool(id);
        }
        let Some(holder) = self.holder(&key) else {
            // Nobody waits for an answer that was not to be stored.
            self.requests[id].takes_over = self.unstored.contains(&key);
            if !self.requests[id].takes_over {
                self.give_turn(&key, id);
                self.finds_broken(&key);
            }
            return self.go_to_pool(id);
        };
        // The holder's response is being stored: its body is read with it.
        if self.stores(holder) && self.requests[holder].headers.is_some() {
            return self.follow(id, holder);
        }
        // Each of the first three throws away the entry of the one before it.
        if self.finds_broken(&key) {
            self.go_on_unseen(holder);
            self.give_turn(&key, id);
            return self.go_to_pool(id);
        }
        self.line_up(id, Line::CacheLock);
        self.set_timer(id, ns(rules.cache_lock_timeout), Event::LockTimeout(id));
    }

    fn finds_broken(&mut self, key: &Key) -> bool {
        let now = self.now;
        let Some(at) = self.broken.iter().position(|(other, ..)| other == key) else { return false };
        let (_, found, number) = self.broken[at].clone();
        if number == 3 || found.is_some_and(|found| found != now) {
            self.broken.remove(at);
            return false;
        }
        self.broken[at] = (key.clone(), Some(now), number + 1);
        true
    }

    /// A request has no turn any more, and its response is for itself alone.
    fn go_on_unseen(&mut self, id: Id) {
        self.turns.retain(|(_, other)| *other != id);
        self.requests[id].has_turn = false;
        self.requests[id].key = self.requests[id].key.take().map(|(url, _)| (url, u32::MAX));
    }

    pub fn headers_at_cache(&mut self, id: Id) {
        let rules = self.plan.browser();
        if self.copy(id).method == Method::Post && rules.post_invalidates {
            if self.requests[id].status >= 400 {
                return;
            }
            let url = self.cached_url(id);
            let version = self.invalidate(&url);
            if rules.cache_lock_releases_all_on_post {
                self.open_lock(&(url, version));
            }
            return;
        }
        if std::mem::take(&mut self.requests[id].takes_over) {
            // What it finds is thrown away, with the turn of whoever had it.
            let key = self.own_key(id);
            self.open_lock(&key);
            self.unstored.retain(|other| *other != key);
            self.give_turn(&key, id);
        }
        if !self.requests[id].has_turn {
            return;
        }
        let key = self.own_key(id);
        if rules.cache_restarts_on_abort && !self.class(id).answer_no_store && self.requests[id].status < 400 {
            self.writers.retain(|(other, _)| *other != key);
            self.writers.push((key.clone(), id));
        }
        if self.stores(id) {
            for reader in self.waits_for_turn(&key) {
                self.drop_timer(reader);
                self.follow(reader, id);
            }
        } else if rules.cache_lock_until == LockUntil::Headers {
            self.pass_lock(id);
        }
    }

    /// Everybody who waits for a turn goes on at once.
    fn open_lock(&mut self, key: &Key) {
        let Some(holder) = self.holder(key) else { return };
        self.turns.retain(|(other, _)| other != key);
        self.requests[holder].has_turn = false;
        for waiter in self.waits_for_turn(key) {
            self.drop_timer(waiter);
            self.go_to_pool(waiter);
        }
    }

    fn next_turn(&mut self, key: &Key, inherited: Option<u64>) {
        self.turns.retain(|(other, _)| other != key);
        if let Some(next) = self.waits_for_turn(key).first().copied() {
            self.give_turn(key, next);
            self.requests[next].inherited = inherited;
            self.drop_timer(next);
            self.go_to_pool(next);
        }
    }

    /// A request's turn is over. Its response, if the server sent one and it may be stored, is fresh from its headers on.
    pub fn pass_lock(&mut self, id: Id) {
        let rules = self.plan.browser();
        let request = &self.requests[id];
        let may_store = self.stores(id) && (self.copy(id).cacheable || request.replaces);
        if let (Outcome::Ok, true, Some(max_age), Some(headers), Some(_)) =
            (request.outcome, may_store, self.class(id).max_age, request.headers, request.sent)
        {
            let key = self.own_key(id);
            self.stored.retain(|(other, _)| *other != key);
            self.stored.push((key, headers.saturating_add(ns(max_age))));
        }
        // Without turns the last response is the one that is kept.
        let is_whole = self.requests[id].outcome == Outcome::Ok && self.requests[id].sent.is_some();
        let replaces = self.copy(id).cacheable && self.copy(id).method == Method::Get && self.requests[id].status < 400;
        if !rules.cache_lock && is_whole && replaces && !self.stores(id) {
            let key = self.own_key(id);
            self.stored.retain(|(other, _)| *other != key);
        }
        let is_over = self.requests[id].ended.is_some();
        if let Some(at) = self.writers.iter().position(|(_, writer)| *writer == id && is_over) {
            let (key, _) = self.writers.remove(at);
            let holder = self.holder(&key).filter(|holder| *holder != id);
            if let Some(holder) = holder.filter(|_| self.requests[id].outcome.is_wrong()) {
                self.go_on_unseen(holder);
                self.next_turn(&key, None);
            }
        }
        if !std::mem::take(&mut self.requests[id].has_turn) {
            return;
        }
        let key = self.own_key(id);
        let (outcome, headers) = (self.requests[id].outcome, self.requests[id].headers);
        let no_store = self.class(id).answer_no_store;
        // A connection that breaks is for the cache what an abort is.
        let broken = self.requests[id].headers.is_none() || self.requests[id].resets;
        let aborted = outcome == Outcome::Aborted || outcome == Outcome::Failed && broken;
        let is_error = self.requests[id].status >= 400;
        if !aborted && no_store && rules.cache_lock_releases_all_on_no_store {
            self.kept.retain(|other| *other != key);
            if !is_error {
                self.unstored.push(key.clone());
                for waiter in self.waits_for_turn(&key) {
                    self.requests[waiter].takes_over = true;
                }
            }
            return self.open_lock(&key);
        }
        let is_head = self.copy(id).method == Method::Head;
        if outcome == Outcome::Ok && !no_store && !is_head && !is_error && !self.kept.contains(&key) {
            self.kept.push(key.clone());
        }
        if aborted && rules.cache_lock_releases_all_on_abort {
            // Without headers, an earlier response is still there.
            if !(self.kept.contains(&key) && headers.is_none()) {
                self.kept.retain(|other| *other != key);
                return self.open_lock(&key);
            }
        }
        let may_break = rules.cache_broken_by_aborts && !rules.cache_lock_releases_all_on_abort;
        if outcome == Outcome::Aborted && headers.is_none() && may_break {
            if self.requests[id].inherited == Some(self.now) && self.waits_for_turn(&key).is_empty() {
                self.broken.retain(|(other, ..)| *other != key);
                self.broken.push((key.clone(), None, 0));
            }
            return self.next_turn(&key, Some(self.now));
        }
        self.next_turn(&key, None);
    }
}
