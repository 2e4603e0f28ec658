//! A capacity that all present requests share equally.
//!
//! Rule: with n present and c workers each is worked on at the rate min(1, c / n) (Kleinrock 1967), or with slowdown exponent g
//! at min(1, (c / n)^g), so that the whole gets slower the more requests share it. All present
//! requests attain work at the same speed, so each is done when the common amount reaches the amount at its arrival plus
//! its own work (virtual time): a heap on that amount gives the next one, and nothing is recomputed for the others.

use super::list::RequestId;
use super::table::count;
use super::{Agenda, Event};
use sixslot_sim_core::{EventKey, Handle, Heap, Span, Time};
use std::cmp::Ordering;

/// A shared capacity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    /// The number of requests that can be served at full speed.
    pub workers: usize,
    /// The slowdown exponent; at 1 sharing costs nothing.
    pub slowdown_exponent: f64,
    /// The event for the next request that is done.
    pub event: Event,
}

/// The requests that share a capacity.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    present: Heap<Due, RequestId>,
    /// Requests that are done at this instant, in the order in which they came.
    done: Heap<u64, RequestId>,
    /// The number of requests so far.
    came: u64,
    /// Nanoseconds of work that each request has attained since the capacity was last idle.
    attained: f64,
    /// When that was last updated.
    updated: Time,
    next: Option<EventKey>,
}

/// The common amount of attained work at which a request is done, then the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Due {
    /// The bits of the amount: non-negative floats are ordered as their bits.
    bits: u64,
    came: u64,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        count::operation();
        (self.bits, self.came).cmp(&(other.bits, other.came))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Sharing {
    pub(super) fn reset(&mut self) {
        self.present.clear();
        self.done.clear();
        self.came = 0;
        self.next = None;
    }

    /// The number of requests that share the capacity.
    pub(super) fn len(&self) -> usize {
        self.present.len() + self.done.len()
    }

    fn rate(&self, capacity: Capacity) -> f64 {
        let rate = (capacity.workers as f64 / self.len() as f64).min(1.0);
        if capacity.slowdown_exponent == 1.0 { rate } else { libm::pow(rate, capacity.slowdown_exponent) }
    }

    fn bring_up_to_date(&mut self, now: Time, capacity: Capacity) {
        if self.len() == 0 {
            self.attained = 0.0;
        } else {
            self.attained += self.rate(capacity) * (now - self.updated).as_nanos() as f64;
        }
        self.updated = now;
        debug_assert!(self.attained >= 0.0, "attained work is {}", self.attained);
    }

    fn schedule(&mut self, agenda: &mut Agenda, capacity: Capacity) {
        if let Some(key) = self.next.take() {
            agenda.cancel(key);
        }
        let Some(first) = self.present.peek() else { return };
        let left = ((f64::from_bits(first.bits) - self.attained) / self.rate(capacity)).max(0.0);
        self.next = Some(agenda.schedule_in(Span::from_nanos(left.ceil() as u64), capacity.event));
    }

    /// Adds work; the capacity's event is scheduled for the next request that is done. O(log n).
    pub(super) fn join(&mut self, agenda: &mut Agenda, id: RequestId, work: Span, capacity: Capacity) -> Handle {
        self.bring_up_to_date(agenda.now(), capacity);
        let due = Due { bits: (self.attained + work.as_nanos() as f64).to_bits(), came: self.came };
        self.came += 1;
        let share = self.present.push(due, id);
        self.schedule(agenda, capacity);
        share
    }

    /// Removes a request before its work is done. O(log n).
    pub(super) fn leave(&mut self, agenda: &mut Agenda, share: Handle, capacity: Capacity) {
        debug_assert!(self.done.is_empty(), "a request leaves while others are being removed");
        self.bring_up_to_date(agenda.now(), capacity);
        let left = self.present.remove(share);
        debug_assert!(left.is_some(), "a request leaves a capacity that it does not share");
        self.schedule(agenda, capacity);
    }

    /// Removes a finished request, in the order of arrival; called after each event until it returns none.
    /// O(log n).
    pub(super) fn done(&mut self, agenda: &mut Agenda, capacity: Capacity) -> Option<RequestId> {
        self.bring_up_to_date(agenda.now(), capacity);
        // Half a nanosecond: events are whole nanoseconds, attained work is not.
        let limit = self.attained + 0.5;
        while let Some(due) = self.present.peek()
            && f64::from_bits(due.bits) <= limit
            && let Some((due, id)) = self.present.pop()
        {
            self.done.push(due.came, id);
        }
        let found = self.done.pop().map(|(_, id)| id);
        if found.is_none() {
            self.schedule(agenda, capacity);
        }
        found
    }
}
