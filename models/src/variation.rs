//! Changes of a plan that leave it checked: lengths of time of the browser and of classes.
//!
//! Rule: none of them changes an index, a count or a name, so that everything checked when the plan was read still holds.
//! The lab needs them: the browser's costs do not follow the scale of a run, and a measurement has noise.

use crate::class::Start;
use crate::form::Form;
use crate::limits;
use crate::plan::Plan;
use sixslot_sim_core::{Span, Time};

/// A length of time within the limit.
fn within_limit(span: Span) -> Span {
    span.min(limits::LONGEST_SPAN)
}

impl Plan {
    /// Multiplies the browser's costs of a request: `dispatch`, `connect` and the delays of its tasks.
    pub fn scale_browser_costs(&mut self, factor: f64) {
        let browser = &mut self.browser;
        for span in [
            &mut browser.dispatch,
            &mut browser.connect,
            &mut browser.reload_delay,
            &mut browser.event_source_delay,
            &mut browser.navigation_delay,
        ] {
            *span = within_limit(Span::from_seconds_f64(span.as_seconds_f64() * factor));
        }
    }

    /// Multiplies the browser's timeouts: of idle connections, delayable requests and the cache lock.
    pub fn scale_browser_timeouts(&mut self, factor: f64) {
        let browser = &mut self.browser;
        for span in [
            &mut browser.idle_timeout_used,
            &mut browser.idle_timeout_unused,
            &mut browser.delayable_timeout,
            &mut browser.cache_lock_timeout,
        ] {
            *span = within_limit(Span::from_seconds_f64(span.as_seconds_f64() * factor));
        }
    }

    /// Adds to the WebSockets that have opened in each tab just before the load.
    pub fn add_websockets_before(&mut self, number: u64) {
        self.browser.websockets_before = self.browser.websockets_before.saturating_add(number);
    }

    /// Changes the horizon; the result is between 1 ns and the longest horizon.
    pub fn change_horizon(&mut self, change: impl FnOnce(Span) -> Span) {
        let span = change(self.horizon - Time::ZERO).clamp(Span::from_nanos(1), limits::LONGEST_HORIZON);
        let before = std::mem::replace(&mut self.horizon, Time::ZERO + span) - Time::ZERO;
        // A random stream ends with the load unless the scenario ends it earlier.
        for class in &mut self.classes {
            if let Start::Arrivals { until, .. } = &mut class.common.start
                && *until == before
            {
                *until = span;
            }
        }
        self.load.weigh(&self.classes, span);
    }

    /// Changes the deadline of a class, where it has one.
    ///
    /// # Panics
    /// If the plan has no class with that index.
    pub fn change_deadline(&mut self, class: usize, change: impl FnOnce(Span) -> Span) {
        let class = &mut self.classes[class];
        class.deadline = class.deadline.map(|span| within_limit(change(span)));
    }

    /// Whether requests wait for a connection of HTTP/2 in an order that the browser's rules do not tell: Chromium keeps them in a set
    /// that is ordered by their addresses (net/spdy/spdy_session_pool.h, `RequestSet`).
    pub fn has_unknown_orders(&self) -> bool {
        !self.browser.session_queue_turns && self.origins.iter().any(|origin| origin.protocol.multiplexes())
    }

    /// Sends requests that wait for a connection of HTTP/2 in another order, where their order is unknown; `round` chooses it. The
    /// one that the connection is opened for stays the first of its priority.
    pub fn reorder_waiting(&mut self, round: u64) {
        self.waiting_order = self.has_unknown_orders().then_some(round);
    }

    /// Shifts the service time of every request of a class, or else its I/O time, by a random length of at most `most`
    /// either way; `round` chooses the lengths. The draws themselves are unchanged.
    ///
    /// # Panics
    /// If the plan has no class with that index.
    pub fn jitter_service(&mut self, class: usize, most: Span, round: u64) {
        let class = &mut self.classes[class];
        let jitter = |form: &mut Form| {
            let own = std::mem::replace(form, Form::constant(Span::ZERO));
            *form = own.jittered(most, round);
        };
        if let Some(later) = &mut class.later_service {
            jitter(later);
        }
        let mut has_service = false;
        for service in class.copies_mut().iter_mut().filter_map(|copy| copy.service.as_mut()) {
            has_service = true;
            jitter(service);
        }
        if !has_service {
            jitter(&mut class.io_time);
        }
    }
}
