//! The rules of the stations between the page and the answer: scheduler, cache, pool and server.

use super::story::{Checked, Life, Story, grouped, most_at_once, nanos};
use proptest::prelude::*;
use sixslot_models::Form;
use sixslot_models::browser::{LockUntil, Replaces};
use sixslot_models::class::{CacheMode, Failure, Kind, Method};
use sixslot_models::load::{Outcome, Station};
use sixslot_models::network::{Direction, LinkDiscipline};
use sixslot_models::origin::{Discipline, Origin, WorkerUntil};
use sixslot_sim_core::Span;

impl Story<'_> {
    pub fn slots_stay_within_limits(&self) -> Checked {
        // A handshake that opens a new connection counts, but there may be idle connections in addition.
        let apart =
            |life: &Life<'_>| self.plan.browser().websocket_opens_connection && life.class.kind == Kind::WebSocket;
        // Of streams the limit is the connection's, which requests with and without credentials may share.
        let key = |life: &Life<'_>| match life.request.connection {
            Some(number) if self.plan.browser().session_shares_credentials => (usize::MAX - number as usize, false),
            _ => life.group,
        };
        let multiplexed = |life: &Life<'_>| self.plan.origins()[life.class.origin].protocol.multiplexes();
        let key = |life: &Life<'_>| if multiplexed(life) { key(life) } else { life.group };
        let counts = |life: &Life<'_>| life.slot().filter(|_| !apart(life)).map(|_| key(life));
        for (group, lives) in grouped(&self.lives, counts) {
            let most = most_at_once(lives.iter().filter_map(|life| life.slot()));
            let limit = lives[0].places;
            prop_assert!(most <= limit, "{most} slots of group {group:?}, the limit is {limit}");
        }
        let serial = |life: &&Life<'_>| !self.plan.origins()[life.class.origin].protocol.multiplexes();
        let total = most_at_once(self.lives.iter().filter(serial).filter_map(Life::slot));
        prop_assert!(total <= self.plan.browser().connections_total, "{total} slots in all");
        for lives in grouped(&self.lives, |life| life.request.connection.filter(|_| serial(&life))).into_values() {
            prop_assert!(most_at_once(lives.iter().filter_map(|life| life.slot())) <= 1, "a connection serves two");
            for pair in lives.windows(2) {
                prop_assert_eq!(pair[0].group, pair[1].group, "a connection serves two groups");
            }
            let mut lives = lives;
            lives.sort_by_key(|life| (life.request.slot_from, life.request.slot_until));
            // Of one instant, the order is not known.
            let closes = |life: &&&Life<'_>| life.request.outcome == Outcome::Aborted && life.slot().is_some();
            let closed = lives.iter().rev().skip(1).find(closes);
            let breaks = |life: &&Life<'_>| {
                life.request.failure == Some(Failure::Reset) && life.request.outcome == Outcome::Failed
            };
            prop_assert!(!lives.iter().rev().skip(1).any(breaks), "a connection that was reset is used again");
            let reused = self.plan.browser().abort_closes_connection && closed.is_some();
            prop_assert!(!reused, "an aborted connection is used again");
            let closes = self.plan.origins()[lives[0].class.origin].keep_alive.is_some_and(Span::is_zero);
            prop_assert!(lives.len() == 1 || !closes, "a connection that closes after an answer is used again");
        }
        Ok(())
    }

    /// Late binding: the request that gets a connection was at the head of the queue, unless its order changes or others share it.
    pub fn pool_serves_by_rank(&self) -> Checked {
        let rules = self.plan.browser();
        let turns = rules.session_queue_turns || rules.session_shares_credentials;
        if !rules.late_binding || rules.websocket_opens_connection || rules.freed_to_same_priority || turns {
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

    /// If connections cost no time, no request waits while a connection is available.
    pub fn pool_lets_nothing_idle(&self) -> Checked {
        let connects = |origin: &Origin| {
            origin.connect.is_some() || origin.path.rtt.is_some() || origin.path.dns.is_some() || self.is_fifo(origin)
        };
        let rules = self.plan.browser();
        if !rules.connect.is_zero() || rules.session_shares_credentials || self.plan.origins().iter().any(connects) {
            return Ok(());
        }
        // Streams share a connection: so there are at least as many slots as connections.
        let total_limit = self.plan.browser().connections_total;
        let slots: Vec<(u64, u64)> = self.lives.iter().filter_map(Life::slot).collect();
        for lives in grouped(&self.lives, |life| life.needs_slot(self.plan).then_some(life.group)).into_values() {
            let own: Vec<(u64, u64)> = lives.iter().filter_map(|life| life.slot()).collect();
            let taken =
                |slots: &[(u64, u64)], at| slots.iter().filter(|(from, until)| (*from..*until).contains(&at)).count();
            for life in lives.iter().filter(|life| life.cache_until < life.pool_until) {
                // Slots are freed only at their ends: it is enough to check there, and at the start of the wait.
                let ends = slots.iter().map(|(_, until)| *until);
                let looks = ends.filter(|end| (life.cache_until..life.pool_until).contains(end));
                for at in looks.chain([life.cache_until]) {
                    let full = taken(&own, at) >= life.places || taken(&slots, at) >= total_limit;
                    prop_assert!(full, "{:?} waits at {at} for a connection that is free", life.request);
                }
            }
        }
        Ok(())
    }

    pub fn scheduler_holds_low_ranks_only(&self) -> Checked {
        let rules = self.plan.browser();
        let scheduled = |life: &&Life<'_>| matches!(life.class.kind, Kind::Fetch | Kind::EventSource);
        let multiplexes = |life: &Life<'_>| self.plan.origins()[life.class.origin].protocol.multiplexes();
        let delayable =
            |life: &Life<'_>| rules.delays_low_priority && life.rank < rules.delayable_below && !multiplexes(life);
        for (_, lives) in grouped(&self.lives, |life| scheduled(&life).then_some(life.request.tab)) {
            for life in &lives {
                let held = life.request.spent(Station::Scheduler);
                prop_assert!(held.is_zero() || delayable(life), "{:?}", life.request);
                prop_assert!(held <= rules.delayable_timeout, "{:?}", life.request);
                // Those past the scheduler at a time: the low ones of the tab, and those to the same host.
                let counts = |in_flight: &dyn Fn(&Life<'_>) -> bool| {
                    let others = lives.iter().filter(|other| !std::ptr::eq(**other, *life) && in_flight(other));
                    let (low, to_host): (Vec<_>, Vec<_>) =
                        others.map(|other| (delayable(other), other.class.origin == life.class.origin)).unzip();
                    let count = |which: Vec<bool>| which.into_iter().filter(|yes| *yes).count();
                    (count(low), count(to_host))
                };
                let at = life.scheduler_until;
                if delayable(life) && at < life.until && held < rules.delayable_timeout {
                    let (low, to_host) = counts(&|other| other.scheduler_until < at && at < other.until);
                    let room = low < rules.delayable_limit && to_host < rules.delayable_limit_per_host;
                    prop_assert!(room, "{:?} with {low} low and {to_host}", life.request);
                }
                // A held request has a reason, at the beginning and whenever another has ended.
                let hold = life.page_until..life.scheduler_until;
                let ends = lives.iter().map(|other| other.until).filter(|end| hold.contains(end));
                for at in ends.chain([life.page_until]).filter(|_| !hold.is_empty()) {
                    let (low, to_host) = counts(&|other| other.scheduler_until <= at && at < other.until);
                    let full = low >= rules.delayable_limit || to_host >= rules.delayable_limit_per_host;
                    prop_assert!(full, "{:?} is held at {at} with {low} low and {to_host}", life.request);
                }
            }
        }
        Ok(())
    }

    /// GETs of one URL pass the lock one at a time, except those that the rules let through.
    pub fn cache_lock_passes_one_at_a_time(&self) -> Checked {
        let rules = self.plan.browser();
        if !rules.cache_lock {
            return Ok(());
        }
        let through = |life: &Life<'_>| {
            let went =
                life.copy.cacheable && life.cache_until < life.until && life.request.outcome != Outcome::Coalesced;
            let apart = rules.cache_partition_by_credentials && life.class.omits_credentials;
            let key = || (life.url.clone(), apart);
            (went && life.request.spent(Station::Cache) < rules.cache_lock_timeout).then(key)
        };
        for lives in grouped(&self.lives, through).into_values() {
            // Readers of a stored response, and those that a no-store response or an abort has released, pass together.
            let broken = |life: &Life<'_>| {
                let resets = life.class.answer.reset.is_some();
                life.request.outcome == Outcome::Failed && (resets || life.request.headers.is_none())
            };
            let aborts = |life: &Life<'_>| life.request.outcome == Outcome::Aborted || broken(life);
            let apart = |life: &&Life<'_>| {
                let freed = rules.cache_lock_releases_all_on_abort && aborts(life);
                life.class.max_age.is_some() || life.class.answer_no_store || freed
            };
            // So do those before and those behind the answer to a POST, or a call with cache 'reload'.
            let parts = |other: &Life<'_>| match (other.copy.method, other.class.cache) {
                (Method::Post, _) => rules.post_invalidates && other.request.headers.is_some(),
                (_, CacheMode::Reload) => rules.reload_replaces != Replaces::Never,
                _ => false,
            };
            let breaks = |other: &Life<'_>| rules.cache_lock_releases_all_on_abort && aborts(other);
            if lives.iter().any(apart)
                || self.lives.iter().any(|other| other.url == lives[0].url && (parts(other) || breaks(other)))
            {
                continue;
            }
            let until_headers = rules.cache_lock_until == LockUntil::Headers;
            let turn_ends =
                |life: &&Life<'_>| nanos(life.request.headers).filter(|_| until_headers).unwrap_or(life.until);
            let most =
                most_at_once(lives.iter().map(|life| (life.cache_until, turn_ends(life))).filter(|(a, b)| a < b));
            prop_assert!(most <= 1, "{most} at once past the lock of {:?}", lives[0].url);
        }
        Ok(())
    }

    /// Whether the server's queue may have had no place for a request.
    fn may_be_turned_away(&self, life: &Life<'_>) -> bool {
        life.request.status == 503 && self.plan.origins()[life.class.origin].queue.is_some()
    }

    /// Whether the bytes to and from an origin pass a link first in, first out: then a handshake takes time, and a request.
    fn is_fifo(&self, origin: &Origin) -> bool {
        let is_path = origin.path.rtt.is_some() || origin.path.links.iter().any(Option::is_some);
        is_path && self.plan.link_discipline() != LinkDiscipline::ProcessorSharing
    }

    /// The round-trip time of a request's path, and whether its way takes more than that.
    fn way(&self, life: &Life<'_>) -> (u64, bool) {
        let path = &self.plan.origins()[life.class.origin].path;
        if life.class.kind == Kind::Background {
            return (0, false);
        }
        let times = [0, 1, 100].map(Span::from_millis);
        let rtt = path.rtt.as_ref().and_then(|rtt| times.into_iter().find(|time| Form::constant(*time) == *rtt));
        let uploads = life.copy.request_bytes > 0 && life.class.kind == Kind::Fetch;
        // Another time, or a distribution: at least none.
        let unknown = path.rtt.is_some() && rtt.is_none();
        let uploads = uploads && (rtt.is_some() || path.link(Direction::Up).is_some());
        // On a link with a round trip the first byte waits for what stands in the buffer.
        let stands = rtt.is_some_and(|rtt| !rtt.is_zero()) && path.link(Direction::Down).is_some();
        let stands = stands || self.is_fifo(&self.plan.origins()[life.class.origin]);
        let more = unknown || stands || path.response_delay.is_some() || uploads;
        (rtt.unwrap_or(Span::ZERO).as_nanos(), more)
    }

    /// No link carries more bytes than its bandwidth allows from the first request to the horizon.
    pub fn links_keep_their_bandwidth(&self) -> Checked {
        for (number, bandwidth) in self.plan.links().iter().enumerate() {
            let over =
                |life: &&Life<'_>| self.plan.origins()[life.class.origin].path.link(Direction::Down) == Some(number);
            let read = self.lives.iter().filter(over).filter(|life| life.class.kind == Kind::Fetch);
            let read = read.filter(|life| life.request.outcome == Outcome::Ok && life.request.sent.is_some());
            let read = read.filter(|life| !self.may_be_turned_away(life));
            let (mut bytes, mut from, mut until) = (0, u64::MAX, 0);
            for life in read {
                bytes += life.copy.body_bytes.unwrap_or(0);
                from = from.min(nanos(life.request.sent).unwrap_or(0));
                until = until.max(life.until);
            }
            let most = bandwidth.bits_per_second() as f64 / 8e9 * until.saturating_sub(from) as f64;
            prop_assert!(
                bytes as f64 <= most + 1.0,
                "{bytes} bytes over link {number} of {bandwidth:?}, at most {most}"
            );
        }
        Ok(())
    }

    /// The server gives a request the time that was drawn, or more where it is shared, and the path its round trip.
    pub fn servers_take_their_time(&self) -> Checked {
        for life in &self.lives {
            let Some(sent) = nanos(life.request.sent).filter(|_| !self.may_be_turned_away(life)) else { continue };
            let (rtt, more) = self.way(life);
            let alone = self.plan.origins()[life.class.origin].discipline == Discipline::Independent;
            let alone = alone && life.class.looks_up.is_empty() && !more;
            let drawn = life.request.drawn.as_nanos() + rtt;
            let Some(headers) = nanos(life.request.headers) else {
                prop_assert!(!alone || life.until - sent <= drawn, "{:?}", life.request);
                continue;
            };
            let took = headers - sent;
            match alone {
                true => prop_assert_eq!(took, drawn, "{:?}", life.request),
                // Each part of the work and of the wait is rounded down.
                _ => prop_assert!(took + 2 * u64::from(life.class.segments) >= drawn, "{:?}", life.request),
            }
        }
        Ok(())
    }

    /// First come, first served, recomputed by the rule: each starts when it has arrived and a worker is free.
    pub fn first_come_servers_are_exact(&self) -> Checked {
        for (origin, mut lives) in grouped(&self.lives, |life| life.request.sent.map(|_| life.class.origin)) {
            let rules = &self.plan.origins()[origin];
            let loops = rules.discipline == Discipline::EventLoop;
            let one_block = |life: &&Life<'_>| {
                life.class.looks_up.is_empty()
                    && life.class.io_time == no_time()
                    && (!loops || life.class.segments == 1)
            };
            let waits = |life: &&Life<'_>| loops && life.copy.service.is_some();
            lives.sort_by_key(|life| life.request.sent);
            let tie = lives.windows(2).any(|pair| pair[0].request.sent == pair[1].request.sent);
            let plain = lives.iter().all(one_block) && !lives.iter().any(waits);
            let travels = lives.iter().any(|life| self.way(life) != (0, false));
            let keeps = rules.worker_until == WorkerUntil::End;
            if !loops && (rules.discipline != Discipline::Fifo || keeps)
                || rules.queue.is_some()
                || tie
                || !plain
                || travels
            {
                continue;
            }
            let mut free = vec![0; rules.workers];
            for life in lives {
                if loops && life.request.drawn.is_zero() {
                    // Without work there is no block.
                    prop_assert_eq!(life.request.headers, life.request.sent, "{:?}", life.request);
                    continue;
                }
                free.sort_unstable();
                let start = free[0].max(nanos(life.request.sent).unwrap_or_default());
                let end = start + life.request.drawn.as_nanos();
                let stopped = rules.cancel_on_disconnect && life.request.outcome == Outcome::Aborted;
                if stopped && life.until == start {
                    // The record does not show which came first.
                    break;
                }
                match nanos(life.request.headers) {
                    Some(headers) => prop_assert_eq!(headers, end, "{:?}", life.request),
                    None => prop_assert!(life.until <= end, "{:?} should be answered at {end}", life.request),
                }
                free[0] = match stopped {
                    true if life.until < start => free[0],
                    true if !loops => end.min(life.until),
                    _ => end,
                };
            }
        }
        Ok(())
    }
}

fn no_time() -> Form {
    Form::constant(Span::ZERO)
}
