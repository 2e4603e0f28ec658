//! The rules of the page: calls, retries, held calls, joined calls, and the verdict.

use super::story::{Checked, Life, Story, grouped, most_at_once, nanos};
use proptest::prelude::*;
use sixslot_models::Fails;
use sixslot_models::class::{
    After, Anchor, CacheMode, Copies, DeadlineFrom, DeadlineUntil, Event, Failure, Join, Kind, Start,
};
use sixslot_models::load::{Outcome, Verdict};
use sixslot_models::queue::{Order, ReleaseOn};

impl Story<'_> {
    pub fn deadlines_strike(&self) -> Checked {
        for life in self.lives.iter().filter(|life| !life.request.superseded) {
            let request = life.request;
            if !life.class.deadline_aborts {
                prop_assert!(request.outcome != Outcome::Aborted, "{:?}", request);
                prop_assert!(
                    request.gave_up.is_none_or(|at| request.deadline_of(life.class) == Some(at)),
                    "{:?}",
                    request
                );
                continue;
            }
            let from = match life.class.deadline_from {
                DeadlineFrom::Issued => Some(life.issued),
                DeadlineFrom::Queue => Some(life.page_until),
                DeadlineFrom::Sent => nanos(request.sent),
            };
            let Some(deadline) = from.zip(life.class.deadline).map(|(from, span)| from + span.as_nanos()) else {
                prop_assert!(request.outcome != Outcome::Aborted, "{:?}", request);
                continue;
            };
            let met = match life.class.deadline_until {
                DeadlineUntil::End => None,
                DeadlineUntil::Headers => nanos(request.headers),
                DeadlineUntil::Sent => nanos(request.sent),
            };
            prop_assert!(met.unwrap_or(life.until).min(life.until) <= deadline, "{:?}", request);
            let on_time = life.until == deadline && met.is_none();
            prop_assert!(request.outcome != Outcome::Aborted || on_time, "{:?}", request);
        }
        Ok(())
    }

    /// Calls of one instance: their numbers, skipped ticks, pauses, ticks.
    pub fn calls_follow_each_other(&self) -> Checked {
        for lives in grouped(&self.lives, |life| Some(life.copy())).into_values() {
            let class = lives[0].class;
            for (call, life) in lives.iter().enumerate() {
                prop_assert_eq!(life.request.attempt as usize, call + 1);
                let ticks = class.every.filter(|_| class.attempts == 1).map(|every| every.as_nanos());
                if let Some(every) = ticks.filter(|_| call > 0 && class.every_from_end) {
                    let again = lives[call - 1].page_knows + every;
                    let exact = class.skip_while_fresh.is_none();
                    prop_assert!(life.issued == again || !exact && life.issued > again, "{:?}", life.request);
                }
                let ticks = ticks.filter(|_| !class.every_from_end);
                if let Some(every) = ticks.filter(|_| call > 0) {
                    // The timer starts with the first call, or after the timer's delay.
                    let (lag, random) = self.time(&class.timer_delay);
                    let since = life.issued - if random { lives[1].issued } else { lives[0].issued + lag };
                    prop_assert_eq!(since % every, 0, "not at a tick: {:?}", life.request);
                    prop_assert!(life.issued >= lives[0].issued + lag + every, "too early: {:?}", life.request);
                }
                let done = |other: &&Life<'_>| other.succeeded_at().is_some_and(|at| at < life.issued);
                prop_assert!(!(ticks.is_some() && class.until_ok && lives.iter().any(done)), "{:?}", life.request);
                if ticks.is_some() && call > 0 {
                    prop_assert!(!self.socket_is_fresh(life), "{:?}", life.request);
                }
                let over = life.request.ended.is_some() || life.request.failure.is_some();
                let failed = over && !life.request.succeeded();
                if class.every.is_none() && failed && class.kind == Kind::Fetch {
                    self.retry_follows(life, lives.get(call + 1).map(|next| next.issued))?;
                }
            }
            if class.every.is_none() && class.reconnect.is_none() {
                prop_assert!(lives.len() <= class.attempts as usize);
            }
            for pair in lives.windows(2).filter(|_| class.skip_while_in_flight || class.every.is_none()) {
                let (ended, issued) = (pair[0].page_knows, pair[1].issued);
                // A call that ends at the instant of a tick is still in flight; a retry may come at once.
                let apart = ended < issued || ended == issued && class.attempts > 1;
                prop_assert!(apart, "calls overlap: {:?}", pair[1].request);
            }
        }
        Ok(())
    }

    /// A retry follows its failure after the pause, if the policy says so.
    fn retry_follows(&self, life: &Life<'_>, again: Option<u64>) -> Checked {
        let (class, request) = (life.class, life.request);
        let can = request.attempt < class.attempts && class.retries(request.failure);
        let pause = class.backoff_after(request.attempt).as_nanos();
        let least = life.page_knows + (pause as f64 * (1.0 - class.jitter)) as u64;
        let queue = self.plan.origins()[class.origin].queue.and_then(|queue| queue.retry_after);
        let asks = [class.answer.retry_after, queue].into_iter().flatten().map(|span| span.as_nanos()).max();
        let most = life.page_knows + pause.max(asks.unwrap_or(0));
        match again {
            Some(at) => prop_assert!(can && (least..=most).contains(&at), "the retry of {:?} at {at}", request),
            None => prop_assert!(!can || most > self.horizon, "no retry of {:?}", request),
        }
        Ok(())
    }

    /// A poll's tick is left out only while a call is in flight, after its success, or while a socket's data are fresh.
    pub fn ticks_are_skipped_for_a_reason(&self) -> Checked {
        for lives in grouped(&self.lives, |life| Some(life.copy())).into_values() {
            let (class, first) = (lives[0].class, lives[0].issued);
            let Some(every) = class.every.filter(|_| class.attempts == 1 && class.skip_while_fresh.is_none()) else {
                continue;
            };
            let (lag, random) = self.time(&class.timer_delay);
            if random || class.every_from_end {
                continue;
            }
            let ticks = (1..).map(|tick| first + lag + tick * every.as_nanos()).take_while(|at| *at <= self.horizon);
            for at in ticks.filter(|at| lives.iter().all(|life| life.issued != *at)) {
                let busy = |life: &&Life<'_>| life.issued < at && at <= life.page_knows;
                let done = |life: &&Life<'_>| life.succeeded_at().is_some_and(|then| then <= at);
                let reason =
                    class.skip_while_in_flight && lives.iter().any(busy) || class.until_ok && lives.iter().any(done);
                prop_assert!(reason, "no call at {at} after {:?}", lives[0].request);
            }
        }
        Ok(())
    }

    /// When a call had an event that other classes can wait for.
    fn had(&self, life: &Life<'_>, event: Event) -> Option<u64> {
        let request = life.request;
        let over = request.ended.is_some() || request.succeeded() || request.failure.is_some();
        let over = over || request.gave_up.is_some();
        let over = over.then_some(life.page_knows);
        match event {
            Event::Issued => Some(life.issued),
            Event::Sent => nanos(life.request.sent),
            // A handshake that is refused opens nothing.
            Event::Headers => {
                nanos(life.request.headers).filter(|_| !life.class.kind.is_socket() || request.status == 200)
            }
            Event::Ok => life.succeeded_at(),
            // A call that the page had given up before the next one aborted it has failed.
            Event::Failed => {
                let failed = !request.superseded || request.failure == Some(Failure::Timeout);
                over.filter(|_| !request.succeeded() && failed)
            }
            Event::End => over,
        }
    }

    /// How many instances of a class a tab has.
    fn copies(&self, class: usize, tab: u32) -> u64 {
        if self.plan.classes()[class].kind == Kind::Background && tab > 0 {
            0
        } else {
            self.plan.classes()[class].count.count(self.parameters)
        }
    }

    /// When a cause of an instance happened; nothing where the class that it names has no instances.
    fn met(&self, anchor: &Anchor, own: u64, tab: u32) -> Option<Option<u64>> {
        let calls = || self.lives.iter().filter(|life| (life.request.class, life.request.tab) == (anchor.class, tab));
        let first = |index: u64| {
            let own = calls().filter(|life| u64::from(life.request.index) == index);
            own.filter_map(|life| self.had(life, anchor.event)).min()
        };
        let number = match anchor.copies {
            Copies::Every => None,
            Copies::One(copy) => Some(u64::from(copy)),
            Copies::Same => Some(own),
        };
        if let Start::Arrivals { .. } = self.plan.classes()[anchor.class].common.start {
            return Some(number.map_or_else(|| calls().filter_map(|life| self.had(life, anchor.event)).min(), first));
        }
        let last = self.copies(anchor.class, tab).checked_sub(1)?;
        Some(match number {
            Some(copy) => first(copy.min(last)),
            None => (0..=last).map(first).collect::<Option<Vec<u64>>>().and_then(|firsts| firsts.into_iter().max()),
        })
    }

    /// When an instance's causes had happened.
    fn caused(&self, after: &After, own: u64, tab: u32, opens: u64) -> Option<u64> {
        let met: Vec<Option<u64>> = after.anchors.iter().filter_map(|anchor| self.met(anchor, own, tab)).collect();
        match after.join {
            _ if met.is_empty() => Some(opens),
            Join::All => met.into_iter().collect::<Option<Vec<u64>>>()?.into_iter().max(),
            Join::Any => met.into_iter().flatten().min(),
        }
    }

    /// Each instance makes its first call exactly when it is due.
    pub fn starts_are_on_time(&self) -> Checked {
        let tabs = u32::try_from(self.plan.browser().tabs.count(self.parameters)).unwrap();
        for (number, class) in self.plan.classes().iter().enumerate() {
            for (tab, index) in (0..tabs).flat_map(|tab| (0..self.copies(number, tab)).map(move |index| (tab, index))) {
                let opens = self.plan.opens(tab).as_nanos();
                let own = u32::try_from(index).unwrap();
                let (from, form) = match &class.copy(own).start {
                    Start::At(form) => (Some(opens), form),
                    Start::After(after) => (self.caused(after, index, tab, opens), &after.delay),
                    Start::Arrivals { .. } => continue,
                };
                let (after, random) = self.time(form);
                let is_it = |life: &&Life<'_>| life.copy() == (number, tab, own);
                let first = self.lives.iter().find(is_it).map(|life| life.issued);
                let due = from.map(|from| from + after).filter(|at| *at <= self.horizon);
                if random {
                    prop_assert!(first.is_none_or(|first| Some(first) >= due), "{} of tab {tab}", class.name);
                } else {
                    prop_assert_eq!(first, due, "the start of {} {} in tab {}", &class.name, index, tab);
                }
            }
        }
        Ok(())
    }

    /// What stalls is held at the page for that time, and for no more where nothing else holds it there.
    pub fn stalls_are_kept(&self) -> Checked {
        for life in &self.lives {
            let Some(form) = &life.copy.stalled else { continue };
            let (least, random) = self.time(form);
            let held = life.page_until - life.issued;
            // A call that has joined another is not sent.
            let joined = life.page_until == life.until;
            prop_assert!(joined || held >= least, "{:?} is held for {held} of {least}", life.request);
            let alone = !random && life.class.queue.is_none() && !life.class.dedupe;
            prop_assert!(
                !alone || held == least.min(life.until - life.issued),
                "{:?} is held for {held}",
                life.request
            );
        }
        Ok(())
    }

    /// Whether the socket that a poll looks at has brought data recently, beyond doubt.
    fn socket_is_fresh(&self, poll: &Life<'_>) -> bool {
        let Some((socket, within)) = poll.class.skip_while_fresh else { return false };
        let snapshot =
            |life: &Life<'_>, opened: u64| match (life.class.snapshot_every, life.class.snapshot_by.as_slice()) {
                (Some(every), _) => (poll.issued - opened) % every.as_nanos() < within.as_nanos(),
                (None, background) => self.lives.iter().any(|call| {
                    let then = call
                        .succeeded_at()
                        .filter(|then| background.contains(&call.request.class) && *then < poll.issued);
                    then.is_some_and(|then| poll.issued < then + within.as_nanos())
                }),
            };
        self.lives.iter().any(|life| {
            let its = life.request.class == socket && life.request.tab == poll.request.tab && poll.issued < life.until;
            let opened = nanos(life.request.headers).filter(|opened| its && *opened < poll.issued);
            opened.is_some_and(|opened| snapshot(life, opened))
        })
    }

    pub fn framework_queues_hold_back(&self) -> Checked {
        for ((queue, _), lives) in grouped(&self.lives, |life| Some((life.class.queue?, life.request.tab))) {
            let rules = self.plan.queues()[queue];
            let leaves =
                |life: &Life<'_>| nanos(life.request.headers).filter(|_| rules.release_on == ReleaseOn::Headers);
            let inside = |life: &&Life<'_>| (life.page_until, leaves(life).unwrap_or(life.until));
            let most = most_at_once(lives.iter().map(inside).filter(|(from, until)| from < until));
            prop_assert!(most <= rules.limit, "{most} inside queue {queue}, its limit is {}", rules.limit);
            let lives: Vec<_> =
                lives.into_iter().filter(|life| !life.class.dedupe && life.copy.stalled.is_none()).collect();
            for life in lives.iter().filter(|life| life.page_until < life.until) {
                let better = |other: &&&Life<'_>| {
                    let newer = other.issued > life.issued;
                    let waits = other.issued < life.page_until && life.page_until < other.page_until;
                    waits && other.issued != life.issued && newer == (rules.order == Order::Lifo)
                };
                let passed = lives.iter().find(better).map(|other| other.request);
                prop_assert!(passed.is_none(), "{:?} passes {:?}", life.request, passed);
            }
        }
        Ok(())
    }

    /// A tab that dedupes sends one call of a URL at a time, and no call waits for one that has ended.
    pub fn followers_have_leaders(&self) -> Checked {
        for life in &self.lives {
            let peers = || {
                let same = |other: &&Life<'_>| !std::ptr::eq(*other, life) && other.url == life.url;
                self.lives.iter().filter(same)
            };
            let held = life.class.queue.is_some() || life.copy.stalled.is_some();
            let follows = life.page_until == life.until && !held && life.issued < life.until;
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
            let in_flight = |other: &&Life<'_>| {
                let goes_on = other.request.gave_up.is_some() && other.request.ended.is_none();
                other.page_knows >= self.horizon || goes_on
            };
            if follows && life.class.kind == Kind::Fetch {
                let leads = |other: &Life<'_>| other.class.dedupe && other.request.tab == life.request.tab;
                prop_assert!(peers().filter(in_flight).any(leads), "{:?} waits without a leader", life.request);
            }
            let replaces = life.class.cache == CacheMode::Reload;
            if life.cache_until == life.until && life.scheduler_until < life.until && !replaces {
                // At the very horizon the turn may just have come to it, or to another that has not moved yet.
                let writes = |other: &Life<'_>| other.copy.cacheable || other.class.cache == CacheMode::Reload;
                let leads = |other: &Life<'_>| writes(other) && other.cache_until < other.until;
                let just = |other: &Life<'_>| {
                    other.cache_until == self.horizon || other.request.ended == Some(self.plan.horizon())
                };
                let led = peers().any(|other| just(other) || other.request.ended.is_none() && leads(other));
                prop_assert!(led, "{:?} waits without a leader", life.request);
            }
        }
        Ok(())
    }

    pub fn verdict_follows(&self, verdict: &Verdict) -> Checked {
        let rules = self.plan.load();
        let tabs = self.plan.browser().tabs.count(self.parameters);
        let mut ready = Some(0);
        let firsts = grouped(&self.lives, |life| life.succeeded_at().map(|_| life.copy()));
        for class in &rules.ready {
            let copies = self.plan.classes()[*class].count.count(self.parameters) * tabs;
            let of_class = firsts.iter().filter(|((number, ..), _)| number == class);
            let times: Vec<u64> =
                of_class.filter_map(|(_, lives)| lives.iter().filter_map(|life| life.succeeded_at()).min()).collect();
            let last = times.iter().max().copied().or((copies == 0).then_some(0));
            ready = ready.zip(last.filter(|_| times.len() as u64 == copies)).map(|(one, other)| one.max(other));
        }
        let error = nanos(verdict.error);
        let blocked = rules.error_is_final && error.zip(ready).is_some_and(|(error, ready)| error <= ready);
        // Of one instant, an error may come after the page was ready, and count all the same.
        let tie = rules.fails == Fails::AnyError && error.is_some() && error == ready && verdict.ready.is_some();
        prop_assert!(tie || nanos(verdict.ready) == ready.filter(|_| !blocked), "ready at {ready:?}: {verdict:?}");
        prop_assert!(
            error.is_none() || rules.fails == Fails::NotReady || rules.can_fail,
            "an error that nothing can trigger"
        );
        let after = verdict.ready.zip(verdict.error).is_some_and(|(ready, error)| ready < error);
        prop_assert!(!after || rules.fails == Fails::AnyError, "an error after the page was ready");
        let failed = if rules.fails == Fails::NotReady { verdict.ready.is_none() } else { error.is_some() };
        prop_assert_eq!(verdict.failed, failed && rules.can_fail);
        prop_assert_eq!(error.is_some(), verdict.culprit.is_some());
        if let (Some(rule), Some(culprit)) = (verdict.rule.map(|rule| &rules.errors[rule]), verdict.culprit) {
            let culprit = &self.lives[culprit];
            prop_assert_eq!(culprit.request.class, rule.class);
            prop_assert!(!culprit.request.succeeded() && Some(culprit.page_knows) == error);
        }
        prop_assert!(verdict.recovered.is_none() || !rules.error_is_final && verdict.recovered >= verdict.error);
        Ok(())
    }
}
