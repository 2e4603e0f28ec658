//! Calls that an event cancels.

use super::{Event, Id, Second};
use sixslot_models::class::{self, Anchor};
use sixslot_models::load::Outcome;

impl Second<'_> {
    fn is_of(&self, id: Id, event: class::Event, anchors: &[Anchor]) -> bool {
        anchors.iter().any(|anchor| (anchor.class, anchor.event) == (self.requests[id].class, event))
    }

    /// A call has an event, the first of its kind: what it cancels is cancelled behind it.
    pub fn announce(&mut self, id: Id, event: class::Event) {
        let mut rules = self.plan.classes().iter();
        let cancels =
            rules.any(|rules| self.is_of(id, event, &rules.cancelled_by) || self.is_of(id, event, &rules.unmounted_by));
        if cancels && !std::mem::replace(&mut self.requests[id].announced[event as usize], true) {
            self.after(0, Event::Cancels(id, event));
        }
    }

    pub fn cancels(&mut self, id: Id, event: class::Event) {
        let tab = self.requests[id].call.tab;
        for (number, rules) in self.plan.classes().iter().enumerate() {
            let unmounts = self.is_of(id, event, &rules.unmounted_by);
            if unmounts {
                self.unmounted.push((number, tab));
            }
            if self.is_of(id, event, &rules.cancelled_by) || unmounts && !rules.keepalive {
                self.withdraw(number, tab, id);
            }
        }
    }

    /// The page withdraws the calls of a class, except the one whose event it is.
    fn withdraw(&mut self, class: usize, tab: u32, by: Id) {
        self.withdrawn.push((class, tab, self.now));
        let is_call = |other: &Id| {
            let request = &self.requests[*other];
            *other != by && request.class == class && request.call.tab == tab && request.ended.is_none()
        };
        let calls: Vec<Id> = (0..self.requests.len()).filter(is_call).collect();
        for id in &calls {
            self.requests[*id].cancelled |= self.requests[*id].heard.is_none();
        }
        for id in calls {
            if self.requests[id].ended.is_some() {
                continue;
            }
            if self.class(id).cancel_aborts {
                self.finish(id, Outcome::Aborted);
            } else {
                self.settle(id, false);
            }
        }
    }

    /// Whether the calls of a class were withdrawn after one of them was over.
    pub fn is_withdrawn(&self, id: Id) -> bool {
        let request = &self.requests[id];
        let since = |(class, tab, at): &(usize, u32, u64)| {
            (*class, *tab) == (request.class, request.call.tab) && request.heard_at <= *at
        };
        self.withdrawn.iter().any(since)
    }
}
