//! Calls whose priority an event changes.
//!
//! Rule (Chromium, measured for visible images at layout): a call that waits in the scheduler or for a connection goes to the end of
//! its new priority, and one that the scheduler no longer delays goes on; a call that is already sent keeps its connection. Calls
//! of the class that follow have the new priority from the start.

use super::cancels::Flights;
use super::list::{List, RequestId};
use super::request::Station;
use super::{Agenda, Running};

impl Running<'_> {
    /// The rank of a request by the browser's rules.
    pub(super) fn rank(&self, id: RequestId) -> usize {
        usize::from(self.state.requests[id].state.rank)
    }

    /// Gives a new call its rank: what its copy has, or what an event has changed that to.
    pub(super) fn take_rank(&mut self, id: RequestId) {
        let own = self.copy(id).rank;
        let (class, tab) = (self.state.requests[id].class, self.state.requests[id].tab);
        let raised = if self.plan.cancels.concern(class) { self.flights(class, tab).raised } else { None };
        self.request(id).state.rank = raised.unwrap_or(own) as u8;
    }

    /// An event changes the rank of the calls of a class in a tab.
    pub(super) fn raise_calls(&mut self, agenda: &mut Agenda, class: usize, tab: u32, rank: usize) {
        let Flights { raised, calls, .. } = self.flights(class, tab);
        *raised = Some(rank);
        let mut at = calls.first();
        while let Some(id) = at {
            at = List::next(&self.state.cancelling.links, id);
            if self.rank(id) != rank {
                self.raise(agenda, id, rank);
            }
        }
    }

    fn raise(&mut self, agenda: &mut Agenda, id: RequestId, rank: usize) {
        let was_delayable = self.is_delayable(id);
        match self.state.requests[id].station {
            Station::Scheduler => {
                self.leave_scheduler(id);
                self.request(id).state.rank = rank as u8;
                if self.is_delayable(id) {
                    return self.hold(id);
                }
                self.drop_timer(agenda, id);
                return self.admit(agenda, id);
            }
            Station::Pool => {
                self.leave_pool(id);
                self.request(id).state.rank = rank as u8;
                self.wait_for_connection(id);
            }
            _ => self.request(id).state.rank = rank as u8,
        }
        self.recount(agenda, id, was_delayable);
    }
}
