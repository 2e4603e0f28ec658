//! What holds in every load of every scenario, and the law of constant services, exact to a nanosecond.
//!
//! Source: the rules at the head of each station in models/src/load/, facts/browser-rules.md, and the last two rows of
//! facts/theory.md. Each rule is checked from the record of a load alone: from when a request was where.

#![allow(clippy::unwrap_used, missing_docs)]

mod generator;

use generator::{Tape, scenario};
use models::browser::LockUntil;
use models::class::{Class, DeadlineUntil, Event, Kind, Start};
use models::load::{Extent, Load, Outcome, Request, Station, Verdict};
use models::origin::Discipline;
use models::{Document, Plan};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sim_core::Time;
use std::collections::BTreeMap;

type Checked = Result<(), TestCaseError>;

/// A request with what its record implies, in nanoseconds.
struct Life<'a> {
    request: &'a Request,
    class: &'a Class,
    rank: usize,
    /// Origin and credentials: who shares connections.
    group: (usize, bool),
    /// Origin and URL.
    url: (usize, String),
    /// When it left the page's hands, the scheduler and the cache; if it never did, when it ended.
    page_until: u64,
    scheduler_until: u64,
    cache_until: u64,
    /// When it had its connection; if it never had, when it ended.
    pool_until: u64,
    issued: u64,
    /// When it ended, or the horizon.
    until: u64,
    /// When the page learned of its end: at the headers, where it does not read the body.
    page_knows: u64,
}

/// A load and what to look at it with.
struct Story<'a> {
    plan: &'a Plan,
    lives: Vec<Life<'a>>,
    horizon: u64,
    /// Connections of a group, or streams.
    limit: usize,
}

fn nanos(time: Option<Time>) -> Option<u64> {
    time.map(Time::as_nanos)
}

impl<'a> Life<'a> {
    fn new(plan: &'a Plan, request: &'a Request) -> Self {
        let class = &plan.classes[request.class];
        let horizon = plan.horizon.as_nanos();
        let spent = |station| request.spent(station).as_nanos();
        let issued = request.issued.as_nanos();
        let until = nanos(request.ended).unwrap_or(horizon);
        let page_until = issued + spent(Station::Page);
        let scheduler_until = page_until + spent(Station::Scheduler);
        let cache_until = scheduler_until + spent(Station::Cache);
        let unread = !class.reads_body && request.sent.is_some();
        Self {
            request,
            class,
            rank: class.rank,
            group: (class.origin, class.omits_credentials && plan.browser.credentials_split),
            url: (class.origin, class.url.expand(request.index, request.tab)),
            page_until,
            scheduler_until,
            cache_until,
            pool_until: nanos(request.slot_from).unwrap_or(until),
            issued,
            until,
            page_knows: nanos(request.headers).filter(|_| unread).unwrap_or(until),
        }
    }

    /// From when until when it kept a connection; nothing, if only for an instant or never.
    fn slot(&self) -> Option<(u64, u64)> {
        let slot = nanos(self.request.slot_from).zip(nanos(self.request.slot_until));
        slot.filter(|(from, until)| from < until)
    }

    /// Whether it waited for a connection at all.
    fn needs_slot(&self, plan: &Plan) -> bool {
        let rules = &plan.browser;
        match self.class.kind {
            Kind::Fetch => true,
            Kind::EventSource => rules.event_source_takes_slot,
            Kind::WebSocket => rules.websocket_takes_slot || rules.websocket_handshake_takes_slot,
        }
    }

    fn succeeded_at(&self) -> Option<u64> {
        self.request.succeeded().then_some(self.page_knows)
    }

    fn copy(&self) -> (usize, u32, u32) {
        (self.request.class, self.request.tab, self.request.index)
    }
}

/// The greatest number of half-open intervals that hold at once.
fn most_at_once(intervals: impl Iterator<Item = (u64, u64)>) -> usize {
    let mut changes: Vec<(u64, bool)> = intervals.flat_map(|(from, until)| [(from, true), (until, false)]).collect();
    changes.sort_unstable();
    let (mut now, mut most) = (0_usize, 0);
    for (_, begins) in changes {
        if begins {
            now += 1;
        } else {
            now -= 1;
        }
        most = most.max(now);
    }
    most
}

/// The items under their keys.
fn grouped<'a, T, K: Ord>(items: &'a [T], key: impl Fn(&T) -> Option<K>) -> BTreeMap<K, Vec<&'a T>> {
    let mut groups = BTreeMap::<K, Vec<&T>>::new();
    for item in items {
        if let Some(key) = key(item) {
            groups.entry(key).or_default().push(item);
        }
    }
    groups
}

impl<'a> Story<'a> {
    fn new(plan: &'a Plan, requests: &'a [Request]) -> Self {
        let rules = &plan.browser;
        Self {
            plan,
            lives: requests.iter().map(|request| Life::new(plan, request)).collect(),
            horizon: plan.horizon.as_nanos(),
            limit: if rules.multiplexed { rules.streams } else { rules.connections },
        }
    }

    fn times_are_in_order(&self) -> Checked {
        for life in &self.lives {
            let request = life.request;
            prop_assert_eq!(request.ended.is_some(), request.outcome != Outcome::Unfinished, "{:?}", request);
            let steps = [Some(request.issued), request.slot_from, request.sent, request.headers, request.ended];
            let steps: Vec<Time> = steps.into_iter().flatten().chain([self.plan.horizon]).collect();
            prop_assert!(steps.is_sorted(), "{:?}", request);
            prop_assert_eq!(request.slot_from.is_some(), request.connection.is_some());
            prop_assert_eq!(request.slot_from.is_some(), request.slot_until.is_some());
            prop_assert!(request.slot_until.is_none_or(|until| until.as_nanos() <= life.until), "{:?}", request);
            prop_assert!(request.sent.is_none() || !life.needs_slot(self.plan) || request.slot_from.is_some());
            prop_assert!(request.outcome != Outcome::Ok || request.headers.is_some(), "{:?}", request);
            if life.class.kind == Kind::Fetch && request.slot_from.is_some() {
                prop_assert_eq!(nanos(request.slot_until), Some(life.until), "{:?}", request);
            }
        }
        Ok(())
    }

    fn stations_add_up(&self) -> Checked {
        for life in &self.lives {
            let request = life.request;
            let spent = |station| request.spent(station).as_nanos();
            let sum: u64 = Station::ALL.iter().map(|(station, _)| spent(*station)).sum();
            prop_assert_eq!(sum, life.until - life.issued, "{:?}", request);
            if let Some(sent) = nanos(request.sent) {
                prop_assert_eq!(life.cache_until + spent(Station::Pool) + spent(Station::Connect), sent);
                let headers = nanos(request.headers).unwrap_or(life.until);
                prop_assert_eq!(sent + spent(Station::Server), headers, "{:?}", request);
                prop_assert_eq!(headers + spent(Station::Body), life.until, "{:?}", request);
            }
        }
        Ok(())
    }

    fn slots_stay_within_limits(&self) -> Checked {
        for (group, lives) in grouped(&self.lives, |life| life.slot().map(|_| life.group)) {
            let most = most_at_once(lives.iter().filter_map(|life| life.slot()));
            prop_assert!(most <= self.limit, "{most} slots of group {group:?}, the limit is {}", self.limit);
        }
        if self.plan.browser.multiplexed {
            return Ok(());
        }
        let total = most_at_once(self.lives.iter().filter_map(Life::slot));
        prop_assert!(total <= self.plan.browser.connections_total, "{total} slots in all");
        for lives in grouped(&self.lives, |life| life.request.connection).into_values() {
            prop_assert!(most_at_once(lives.iter().filter_map(|life| life.slot())) <= 1, "a connection serves two");
            for pair in lives.windows(2) {
                prop_assert_eq!(pair[0].group, pair[1].group, "a connection serves two groups");
            }
            let mut lives = lives;
            lives.sort_by_key(|life| (life.request.slot_from, life.request.slot_until));
            let closes = |life: &&&Life<'_>| life.request.outcome == Outcome::Aborted;
            let closed = lives.iter().rev().skip(1).find(closes);
            let reused = self.plan.browser.abort_closes_connection && closed.is_some();
            prop_assert!(!reused, "an aborted connection is used again");
        }
        Ok(())
    }

    /// Late binding: whoever is handed a connection headed the queue.
    fn pool_serves_by_rank(&self) -> Checked {
        if !self.plan.browser.late_binding {
            return Ok(());
        }
        for lives in grouped(&self.lives, |life| life.needs_slot(self.plan).then_some(life.group)).into_values() {
            let waits: Vec<_> = lives.iter().filter(|life| life.cache_until < life.pool_until).collect();
            for life in lives.iter().filter(|life| life.request.slot_from.is_some()) {
                let at = life.pool_until;
                let ahead = |other: &&&&Life<'_>| {
                    let first_come = other.rank == life.rank && other.cache_until < life.cache_until;
                    other.cache_until < at && at < other.pool_until && (other.rank > life.rank || first_come)
                };
                let passed = waits.iter().find(ahead);
                prop_assert!(passed.is_none(), "{:?} passes {:?}", life.request, passed.map(|other| other.request));
            }
        }
        Ok(())
    }

    /// Where connections cost no time, nobody waits for one while one could be had.
    fn pool_lets_nothing_idle(&self) -> Checked {
        if !self.plan.browser.connect.is_zero() {
            return Ok(());
        }
        let total_limit = if self.plan.browser.multiplexed { usize::MAX } else { self.plan.browser.connections_total };
        let slots: Vec<(u64, u64)> = self.lives.iter().filter_map(Life::slot).collect();
        for lives in grouped(&self.lives, |life| life.needs_slot(self.plan).then_some(life.group)).into_values() {
            let own: Vec<(u64, u64)> = lives.iter().filter_map(|life| life.slot()).collect();
            let taken =
                |slots: &[(u64, u64)], at| slots.iter().filter(|(from, until)| (*from..*until).contains(&at)).count();
            for life in lives.iter().filter(|life| life.cache_until < life.pool_until) {
                // Slots are freed at their ends only: it is enough to look there, and at the wait's beginning.
                let ends = slots.iter().map(|(_, until)| *until);
                let looks = ends.filter(|end| (life.cache_until..life.pool_until).contains(end));
                for at in looks.chain([life.cache_until]) {
                    let full = taken(&own, at) >= self.limit || taken(&slots, at) >= total_limit;
                    prop_assert!(full, "{:?} waits at {at} for a connection that is free", life.request);
                }
            }
        }
        Ok(())
    }

    fn deadlines_strike(&self) -> Checked {
        for life in &self.lives {
            let request = life.request;
            let Some(deadline) = life.class.deadline.map(|span| life.issued + span.as_nanos()) else {
                prop_assert!(request.outcome != Outcome::Aborted, "{:?}", request);
                continue;
            };
            let met = match life.class.deadline_until {
                DeadlineUntil::End => None,
                DeadlineUntil::Headers => nanos(request.headers),
                DeadlineUntil::Sent => nanos(request.sent),
            };
            prop_assert!(met.unwrap_or(life.until).min(life.until) <= deadline, "{:?}", request);
            prop_assert!(request.outcome != Outcome::Aborted || life.until == deadline, "{:?}", request);
        }
        Ok(())
    }

    /// Calls of one copy: their numbers, guards, pauses, ticks.
    fn calls_follow_each_other(&self) -> Checked {
        for lives in grouped(&self.lives, |life| Some(life.copy())).into_values() {
            let class = lives[0].class;
            for (call, life) in lives.iter().enumerate() {
                prop_assert_eq!(life.request.attempt as usize, call + 1);
                let ticks = class.every.filter(|_| class.attempts == 1).map(|every| every.as_nanos());
                if let Some(every) = ticks {
                    prop_assert_eq!((life.issued - lives[0].issued) % every, 0, "off the beat: {:?}", life.request);
                }
                let done = |other: &&Life<'_>| other.succeeded_at().is_some_and(|at| at < life.issued);
                prop_assert!(!(ticks.is_some() && class.until_ok && lives.iter().any(done)), "{:?}", life.request);
                if ticks.is_some() && call > 0 {
                    prop_assert!(!self.socket_is_fresh(life), "{:?}", life.request);
                }
                let failed = life.request.ended.is_some() && !life.request.succeeded();
                if class.every.is_none() && failed && life.request.attempt < class.attempts {
                    let pause = class.backoff.get(call).or(class.backoff.last()).map_or(0, |pause| pause.as_nanos());
                    let again = lives.get(call + 1).map(|next| next.issued);
                    let due = Some(life.until + pause).filter(|at| *at <= self.horizon);
                    prop_assert_eq!(again, due, "the retry of {:?}", life.request);
                }
            }
            if class.every.is_none() {
                prop_assert!(lives.len() <= class.attempts as usize);
            }
            for pair in lives.windows(2).filter(|_| class.guard || class.every.is_none()) {
                prop_assert!(pair[0].page_knows <= pair[1].issued, "calls overlap: {:?}", pair[1].request);
            }
        }
        Ok(())
    }

    /// A poll's tick is left out only while a call is in flight, after its success, or while a socket's data are fresh.
    fn ticks_are_skipped_for_a_reason(&self) -> Checked {
        for lives in grouped(&self.lives, |life| Some(life.copy())).into_values() {
            let (class, first) = (lives[0].class, lives[0].issued);
            let Some(every) = class.every.filter(|_| class.attempts == 1 && class.skip_while_fresh.is_none()) else {
                continue;
            };
            let ticks = (1..).map(|tick| first + tick * every.as_nanos()).take_while(|at| *at <= self.horizon);
            for at in ticks.filter(|at| lives.iter().all(|life| life.issued != *at)) {
                let busy = |life: &&Life<'_>| life.issued < at && at <= life.page_knows;
                let done = |life: &&Life<'_>| life.succeeded_at().is_some_and(|then| then <= at);
                let reason = class.guard && lives.iter().any(busy) || class.until_ok && lives.iter().any(done);
                prop_assert!(reason, "no call at {at} after {:?}", lives[0].request);
            }
        }
        Ok(())
    }

    /// When a call was in an event of those that others wait for.
    fn had(&self, life: &Life<'_>, event: Event) -> Option<u64> {
        let over = (life.request.ended.is_some() || life.request.succeeded()).then_some(life.page_knows);
        match event {
            Event::Issued => Some(life.issued),
            Event::Sent => nanos(life.request.sent),
            Event::Headers => nanos(life.request.headers),
            Event::Ok => life.succeeded_at(),
            Event::Failed => over.filter(|_| !life.request.succeeded()),
            Event::End => over,
        }
    }

    /// When all copies of a class in a tab have had an event.
    fn all_had(&self, class: usize, event: Event, tab: u32, parameters: &[f64]) -> Option<u64> {
        let opens = self.plan.browser.tab_interval.as_nanos() * u64::from(tab);
        let calls = || self.lives.iter().filter(|life| life.request.class == class && life.request.tab == tab);
        if let Start::Arrivals { .. } = self.plan.classes[class].start {
            return calls().filter_map(|life| self.had(life, event)).min();
        }
        let copies = self.plan.classes[class].count.count(parameters);
        let firsts = (0..copies).map(|index| {
            calls().filter(|life| u64::from(life.request.index) == index).filter_map(|life| self.had(life, event)).min()
        });
        firsts.collect::<Option<Vec<u64>>>().map(|firsts| firsts.into_iter().max().unwrap_or(opens))
    }

    /// Each copy makes its first call when its time has come, and not otherwise.
    fn starts_are_on_time(&self, parameters: &[f64]) -> Checked {
        let tabs = u32::try_from(self.plan.browser.tabs.count(parameters)).unwrap();
        for (number, class) in self.plan.classes.iter().enumerate() {
            for tab in 0..tabs {
                let opens = self.plan.browser.tab_interval.as_nanos() * u64::from(tab);
                let (from, form) = match &class.start {
                    Start::At(form) => (Some(opens), form),
                    Start::After { class, event, delay } => (self.all_had(*class, *event, tab, parameters), delay),
                    Start::Arrivals { .. } => continue,
                };
                let random = std::cell::Cell::new(false);
                let after = form.span(parameters, || {
                    random.set(true);
                    1e-9
                });
                for index in 0..class.count.count(parameters) {
                    let is_it = |life: &&Life<'_>| life.copy() == (number, tab, u32::try_from(index).unwrap());
                    let first = self.lives.iter().find(is_it).map(|life| life.issued);
                    let due = from.map(|from| from + after.as_nanos()).filter(|at| *at <= self.horizon);
                    if random.get() {
                        prop_assert!(first.is_none_or(|first| Some(first) >= due), "{} of tab {tab}", class.name);
                    } else {
                        prop_assert_eq!(first, due, "the start of {} {} in tab {}", &class.name, index, tab);
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the socket that a poll looks at has brought data recently, beyond doubt.
    fn socket_is_fresh(&self, poll: &Life<'_>) -> bool {
        let Some((socket, within)) = poll.class.skip_while_fresh else { return false };
        let is_it = |life: &&Life<'_>| life.request.class == socket && life.request.tab == poll.request.tab;
        let Some(socket) = self.lives.iter().find(is_it) else { return false };
        let every = socket.class.snapshot_every.map_or(u64::MAX, |every| every.as_nanos());
        let opened = nanos(socket.request.headers).filter(|opened| *opened < poll.issued && poll.issued < socket.until);
        opened.is_some_and(|opened| (poll.issued - opened) % every < within.as_nanos())
    }

    fn framework_queues_hold_back(&self) -> Checked {
        for ((queue, _), lives) in grouped(&self.lives, |life| Some((life.class.queue?, life.request.tab))) {
            let rules = self.plan.queues[queue];
            let leaves = |life: &Life<'_>| nanos(life.request.headers).filter(|_| rules.frees_at_headers);
            let inside = |life: &&Life<'_>| (life.page_until, leaves(life).unwrap_or(life.until));
            let most = most_at_once(lives.iter().map(inside).filter(|(from, until)| from < until));
            prop_assert!(most <= rules.limit, "{most} inside queue {queue}, its limit is {}", rules.limit);
            let lives: Vec<_> = lives.into_iter().filter(|life| !life.class.dedupe).collect();
            for life in lives.iter().filter(|life| life.page_until < life.until) {
                let better = |other: &&&Life<'_>| {
                    let newer = other.issued > life.issued;
                    let waits = other.issued < life.page_until && life.page_until < other.page_until;
                    waits && other.issued != life.issued && newer == rules.newest_first
                };
                let passed = lives.iter().find(better).map(|other| other.request);
                prop_assert!(passed.is_none(), "{:?} passes {:?}", life.request, passed);
            }
        }
        Ok(())
    }

    fn scheduler_holds_low_ranks_only(&self) -> Checked {
        let rules = &self.plan.browser;
        let delayable = |life: &Life<'_>| rules.delays_low_priority && life.rank < rules.delayable_below;
        let admitted: Vec<&Life<'_>> = self.lives.iter().filter(|life| life.class.kind != Kind::WebSocket).collect();
        for life in &self.lives {
            let held = life.request.spent(Station::Scheduler);
            prop_assert!(held.is_zero() || delayable(life), "{:?}", life.request);
            prop_assert!(held <= rules.delayable_release, "{:?}", life.request);
            let went_on = life.scheduler_until < life.until && held < rules.delayable_release;
            if !delayable(life) || !went_on || life.class.kind == Kind::WebSocket {
                continue;
            }
            let at = life.scheduler_until;
            let others = || {
                let in_flight = |other: &&&Life<'_>| other.scheduler_until < at && at < other.until;
                admitted.iter().filter(in_flight).filter(|other| other.request.tab == life.request.tab)
            };
            let low = others().filter(|other| delayable(other)).count();
            let to_host = others().filter(|other| other.class.origin == life.class.origin).count();
            prop_assert!(low < rules.delayable_limit, "{:?} beside {low}", life.request);
            prop_assert!(to_host < rules.delayable_limit_per_host, "{:?} beside {to_host}", life.request);
        }
        Ok(())
    }

    /// GETs of one URL pass the lock one at a time, but for what the rules let through.
    fn cache_lock_passes_one_at_a_time(&self) -> Checked {
        let rules = &self.plan.browser;
        if !rules.cache_lock {
            return Ok(());
        }
        let through = |life: &Life<'_>| {
            let went =
                life.class.cacheable && life.cache_until < life.until && life.request.outcome != Outcome::Coalesced;
            (went && life.request.spent(Station::Cache) < rules.cache_lock_timeout).then(|| life.url.clone())
        };
        for lives in grouped(&self.lives, through).into_values() {
            // Readers of a stored answer, and those that a no-store answer has released, pass together.
            let apart = |life: &&Life<'_>| life.class.max_age.is_some() || life.class.answer_no_store;
            if lives.iter().any(apart) {
                continue;
            }
            let turn_ends = |life: &&Life<'_>| match rules.cache_lock_until {
                LockUntil::Headers => nanos(life.request.headers).unwrap_or(life.until),
                LockUntil::End => life.until,
            };
            let most =
                most_at_once(lives.iter().map(|life| (life.cache_until, turn_ends(life))).filter(|(a, b)| a < b));
            prop_assert!(most <= 1, "{most} at once past the lock of {:?}", lives[0].url);
        }
        Ok(())
    }

    /// One call at a time of a URL goes out of a tab that dedupes; and nobody waits for a call that is over.
    fn followers_have_leaders(&self) -> Checked {
        for life in &self.lives {
            let peers = || {
                let same = |other: &&Life<'_>| !std::ptr::eq(*other, life) && other.url == life.url;
                self.lives.iter().filter(same)
            };
            let follows = life.page_until == life.until && life.class.queue.is_none() && life.issued < life.until;
            if life.class.dedupe && !follows && life.page_until < life.until {
                let twin = |other: &Life<'_>| {
                    let same_tab = other.class.dedupe && other.request.tab == life.request.tab;
                    let went_on = other.page_until < other.until;
                    same_tab && went_on && other.issued < life.issued && life.issued < other.page_knows
                };
                let twin = peers().find(|other| twin(other)).map(|other| other.request);
                prop_assert!(twin.is_none(), "{:?} does not join {twin:?}", life.request);
            }
            if life.request.outcome != Outcome::Unfinished {
                continue;
            }
            let in_flight = |other: &&Life<'_>| other.page_knows >= self.horizon;
            if follows && life.class.kind == Kind::Fetch {
                let leads = |other: &Life<'_>| other.class.dedupe && other.request.tab == life.request.tab;
                prop_assert!(peers().filter(in_flight).any(leads), "{:?} waits for nobody", life.request);
            }
            if life.cache_until == life.until && life.scheduler_until < life.until {
                let leads = |other: &Life<'_>| other.class.cacheable && other.cache_until < other.until;
                let just = |other: &Life<'_>| other.cache_until == self.horizon;
                let somebody = peers().filter(in_flight).any(|other| leads(other) || just(other));
                prop_assert!(somebody, "{:?} waits for nobody", life.request);
            }
        }
        Ok(())
    }

    /// The server gives a request the time that was drawn, or more where it is shared.
    fn servers_take_their_time(&self) -> Checked {
        for life in &self.lives {
            let Some((sent, headers)) = nanos(life.request.sent).zip(nanos(life.request.headers)) else { continue };
            let (took, drawn) = (headers - sent, life.request.drawn.as_nanos());
            match self.plan.origins[life.class.origin].discipline {
                Discipline::Independent => prop_assert_eq!(took, drawn, "{:?}", life.request),
                // Each part of the work and of the wait is rounded down.
                _ => prop_assert!(took + 2 * u64::from(life.class.hops) >= drawn, "{:?}", life.request),
            }
        }
        Ok(())
    }

    fn verdict_follows(&self, verdict: &Verdict, parameters: &[f64]) -> Checked {
        let rules = &self.plan.load;
        let tabs = self.plan.browser.tabs.count(parameters);
        let mut ready = Some(0);
        let firsts = grouped(&self.lives, |life| life.succeeded_at().map(|_| life.copy()));
        for class in &rules.ready {
            let copies = self.plan.classes[*class].count.count(parameters) * tabs;
            let of_class = firsts.iter().filter(|((number, ..), _)| number == class);
            let times: Vec<u64> =
                of_class.filter_map(|(_, lives)| lives.iter().filter_map(|life| life.succeeded_at()).min()).collect();
            let last = times.iter().max().copied().or((copies == 0).then_some(0));
            ready = ready.zip(last.filter(|_| times.len() as u64 == copies)).map(|(one, other)| one.max(other));
        }
        let error = nanos(verdict.error);
        let blocked = rules.error_is_final && error.zip(ready).is_some_and(|(error, ready)| error <= ready);
        prop_assert_eq!(nanos(verdict.ready), ready.filter(|_| !blocked));
        prop_assert_eq!(error.is_some(), verdict.culprit.is_some());
        if let (Some(rule), Some(culprit)) = (rules.error, verdict.culprit) {
            let culprit = &self.lives[culprit];
            prop_assert_eq!(culprit.request.class, rule.class);
            prop_assert!(!culprit.request.succeeded() && Some(culprit.until) == error);
        }
        prop_assert!(verdict.recovered.is_none() || !rules.error_is_final && verdict.recovered >= verdict.error);
        Ok(())
    }

    fn check(&self) -> Checked {
        self.times_are_in_order()?;
        self.stations_add_up()?;
        self.slots_stay_within_limits()?;
        self.pool_serves_by_rank()?;
        self.pool_lets_nothing_idle()?;
        self.deadlines_strike()?;
        self.calls_follow_each_other()?;
        self.ticks_are_skipped_for_a_reason()?;
        self.framework_queues_hold_back()?;
        self.scheduler_holds_low_ranks_only()?;
        self.cache_lock_passes_one_at_a_time()?;
        self.followers_have_leaders()?;
        self.servers_take_their_time()
    }
}

/// Everything that a record shows of a request.
fn shown(request: &Request) -> String {
    let Request { class, index, tab, attempt, issued, sent, headers, ended, outcome, .. } = request;
    let Request { connection, slot_from, slot_until, drawn, .. } = request;
    let spent = Station::ALL.map(|(station, _)| request.spent(station));
    let path = (class, index, tab, attempt, issued, sent, headers, ended, outcome);
    format!("{path:?} {:?}", (connection, slot_from, slot_until, drawn, spent))
}

fn told(verdict: &Verdict) -> impl PartialEq + std::fmt::Debug {
    (verdict.failed, verdict.ready, verdict.error, verdict.culprit)
}

fn check_scenario(words: &[u32], load: &mut Load) -> Checked {
    let made = scenario(&mut Tape::new(words));
    let text = &made.text;
    let in_context = |error: TestCaseError| TestCaseError::fail(format!("{error}\n{text}"));
    let document =
        Document::read("random", text, &[]).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
    let plan = document.plan(&[], &[]).unwrap();
    let number = u64::from(words[0]);
    load.simulate(&plan, 1, number, Extent::Whole).unwrap();
    let story = Story::new(&plan, load.requests());
    story.check().map_err(in_context)?;
    story.starts_are_on_time(load.parameters()).map_err(in_context)?;
    story.verdict_follows(load.verdict(), load.parameters()).map_err(in_context)?;
    // A second time, in fresh memory; and once more only until the verdict stands.
    let mut again = Load::new();
    again.simulate(&plan, 1, number, Extent::Whole).unwrap();
    prop_assert!(load.requests().iter().map(shown).eq(again.requests().iter().map(shown)), "not the same:\n{text}");
    again.simulate(&plan, 1, number, Extent::UntilDecided).unwrap();
    prop_assert_eq!(told(load.verdict()), told(again.verdict()), "{}", text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 30_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_rule_holds_in_every_scenario(words in prop::collection::vec(0..10_000_u32, 40..400)) {
        check_scenario(&words, &mut Load::new())?;
    }
}
