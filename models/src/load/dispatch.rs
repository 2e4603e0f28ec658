//! The browser's processor, which dispatches requests that have a connection.
//!
//! Rule: dispatches that happen together share the processor (measured: 2 ms alone, 8 to 18 ms for six). With a cost of nothing a
//! request is sent in an event of its own.

use super::list::RequestId;
use super::sharing::Capacity;
use super::{Agenda, Event, Running};
use sixslot_sim_core::Span;

/// The browser's processor, which dispatches requests.
const BROWSER: Capacity = Capacity { workers: 1, slowdown_exponent: 1.0, event: Event::HandedOver };

impl Running<'_> {
    /// Starts to dispatch a request that has its connection. Dispatches that happen together share the
    /// browser's processor: six at once take six times as long as one (measured: 2 ms alone, 8 to 18 ms for six).
    pub(super) fn dispatch(&mut self, agenda: &mut Agenda, id: RequestId) {
        let dispatch = self.plan.browser.dispatch;
        self.request(id).timer = None;
        let origin = self.class(id).origin;
        // Requests of HTTP/2 take no time of each other's (measured over links: 15 leave within the time of their bytes).
        let is_together = self.plan.origins[origin].protocol.multiplexes() && self.is_fifo(origin);
        if dispatch.is_zero() || is_together {
            self.request(id).timer = Some(agenda.schedule_in(Span::ZERO, Event::Sent { request: id }));
        } else {
            let share = self.state.pool.handing_over.join(agenda, id, dispatch, BROWSER);
            self.request(id).state.share = Some(share);
        }
    }

    pub(super) fn handed_over(&mut self, agenda: &mut Agenda) {
        while let Some(id) = self.state.pool.handing_over.done(agenda, BROWSER) {
            self.request(id).state.share = None;
            self.sent(agenda, id);
        }
    }

    /// Aborts a request that is being dispatched.
    pub(super) fn abort_dispatch(&mut self, agenda: &mut Agenda, id: RequestId) {
        if let Some(share) = self.request(id).state.share.take() {
            self.state.pool.handing_over.leave(agenda, share, BROWSER);
        }
    }
}
