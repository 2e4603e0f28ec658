//! Server-side caches, such as the shared output of `ps` or a cached list.
//!
//! Rule (code of the dashboard of issue 1855): a value is valid for its time to live, counted from the start of its
//! computation or from its end. A request that looks it up during the computation joins it (single flight) or computes the value
//! again; the arrival of certain requests invalidates it. A request computes a value as part of its own work, by the
//! server's discipline.

use super::Running;
use super::list::{List, RequestId};
use crate::server_cache::TtlFrom;
use sixslot_sim_core::{Span, Time};

/// State of one server-side cache.
#[derive(Debug, Default)]
pub(super) struct ServerCache {
    /// From when the time to live of the current value counts; none if there is no value.
    value: Option<Time>,
    /// The last request that started to compute it, until the computation is done.
    maker: Option<RequestId>,
}

/// The computation of a server's cached value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Computation {
    /// Index of the server cache in the plan.
    pub server_cache: usize,
    /// Index in the load of the request that caused it.
    pub request: RequestId,
    /// Which of that request's look-ups found no value, from 0.
    pub position: usize,
    /// When it started.
    pub began: Time,
    /// Work of the server, as drawn.
    pub work: Span,
    /// Latency after that work, as drawn.
    pub io_time: Span,
}

impl Running<'_> {
    /// The part that a request starts next: the computation of a cached value, or its own work; none while it waits for a value.
    pub(super) fn look_up_caches(&mut self, now: Time, id: RequestId) -> Option<(Span, Span)> {
        let class = self.class(id);
        let segments_done = class.segments - self.request(id).state.segments_left.min(class.segments);
        if segments_done + 1 < class.lookup_before_segment {
            return Some(self.request(id).state.own);
        }
        while let Some(number) = class.looks_up.get(self.request(id).state.looked_up).copied() {
            let rules = &self.plan.server_caches[number];
            let cache = &mut self.state.server_caches[number];
            if cache.value.is_some_and(|began| now < began + rules.ttl) {
                self.request(id).state.looked_up += 1;
                continue;
            }
            let joined = cache.maker.filter(|maker| {
                let began = self.state.requests[*maker].state.making;
                let late = |since: Span| began.is_some_and(|began| now >= began + since);
                rules.single_flight && !rules.join_within.is_some_and(late)
            });
            if let Some(maker) = joined {
                self.state.requests[maker].state.awaited_by.push(&mut self.state.links, id);
                self.request(id).state.awaits = Some(maker);
                return None;
            }
            cache.maker = Some(id);
            let request = &mut self.state.requests[id];
            request.state.making = Some(now);
            let position = request.state.looked_up;
            let (work, io_time) = self.state.draws.computation(rules, class, request.call(), position);
            let computation = Computation { server_cache: number, request: id, position, began: now, work, io_time };
            self.state.computations.push(computation);
            return Some((work, io_time));
        }
        Some(self.request(id).state.own)
    }

    /// A request has computed the value that it looked up; returns the requests that waited for it.
    pub(super) fn value_computed(&mut self, now: Time, id: RequestId) -> List {
        let class = self.class(id);
        let state = &mut self.request(id).state;
        let began = state.making.take();
        let waiting = std::mem::take(&mut state.awaited_by);
        let number = class.looks_up[state.looked_up];
        state.looked_up += 1;
        let cache = &mut self.state.server_caches[number];
        let valid_from = match self.plan.server_caches[number].ttl_from {
            TtlFrom::Start => began,
            TtlFrom::End => Some(now),
        };
        // The newer value stays.
        cache.value = cache.value.max(valid_from);
        if cache.maker == Some(id) {
            cache.maker = None;
        }
        waiting
    }

    /// A request receives the value that it waited for.
    pub(super) fn value_received(&mut self, waiter: RequestId) {
        let state = &mut self.request(waiter).state;
        debug_assert!(state.awaits.is_some(), "request {waiter} waited for no value");
        state.awaits = None;
        state.looked_up += 1;
    }

    /// Stops waiting for a value; false if the request waits for none.
    pub(super) fn leave_computation(&mut self, id: RequestId) -> bool {
        let Some(maker) = self.request(id).state.awaits.take() else { return false };
        self.state.requests[maker].state.awaited_by.remove(&mut self.state.links, id);
        true
    }

    /// The arrival of a request invalidates the caches that name its class.
    pub(super) fn invalidate_caches(&mut self, id: RequestId) {
        let class = self.state.requests[id].class;
        for (cache, rules) in self.state.server_caches.iter_mut().zip(&self.plan.server_caches) {
            if rules.invalidated_by.contains(&class) {
                cache.value = None;
            }
        }
    }
}
