//! A capacity that all present requests share equally.
//!
//! Rule: with n present and c workers each is worked on at the rate min(1, c / n) (Kleinrock 1967), or with slowdown exponent g
//! at min(1, (c / n)^g), so that the whole gets slower the more requests share it. All present
//! requests attain work at the same speed, so each is done when the common amount reaches the amount at its arrival plus
//! its own work (virtual time): a heap on that amount gives the next one, and nothing is recomputed for the others.

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

/// The requests, or flows, that share a capacity: what `T` identifies.
#[derive(Debug)]
pub(super) struct Sharing<T> {
    present: Heap<Due, T>,
    /// Requests that are done at this instant, in the order in which they came.
    done: Heap<u64, T>,
    /// The number of requests so far.
    came: u64,
    /// Nanoseconds of work that each request has attained since the capacity was last idle.
    attained: f64,
    /// When that was last updated.
    updated: Time,
    next: Option<EventKey>,
}

impl<T> Default for Sharing<T> {
    fn default() -> Self {
        let (present, done) = (Heap::new(), Heap::new());
        Self { present, done, came: 0, attained: 0.0, updated: Time::ZERO, next: None }
    }
}

/// The common amount of attained work at which a request is done, then the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// The bits of the amount: non-negative floats are ordered as their bits.
    bits: u64,
    came: u64,
}

impl Due {
    /// An amount of 0 or more.
    pub(super) fn new(amount: f64, came: u64) -> Self {
        debug_assert!(amount >= 0.0, "the amount {amount} is negative");
        Self { bits: amount.to_bits(), came }
    }

    pub(super) fn amount(self) -> f64 {
        f64::from_bits(self.bits)
    }
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

impl<T> Sharing<T> {
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
        let left = ((first.amount() - self.attained) / self.rate(capacity)).max(0.0);
        self.next = Some(agenda.schedule_in(Span::from_nanos(left.ceil() as u64), capacity.event));
    }

    /// Adds work; the capacity's event is scheduled for the next request that is done. O(log n).
    pub(super) fn join(&mut self, agenda: &mut Agenda, id: T, work: Span, capacity: Capacity) -> Handle {
        self.bring_up_to_date(agenda.now(), capacity);
        let due = Due::new(self.attained + work.as_nanos() as f64, self.came);
        self.came += 1;
        let share = self.present.push(due, id);
        self.schedule(agenda, capacity);
        share
    }

    /// The work that is left of a present request.
    pub(super) fn left(&self, share: Handle, now: Time, capacity: Capacity) -> Span {
        let attained = self.attained + self.rate(capacity) * (now - self.updated).as_nanos() as f64;
        let left = self.present.key(share).map_or(0.0, |due| due.amount() - attained);
        Span::from_nanos(left.max(0.0) as u64)
    }

    /// Removes a request before its work is done, and returns what is left of it. O(log n).
    pub(super) fn leave(&mut self, agenda: &mut Agenda, share: Handle, capacity: Capacity) -> Span {
        debug_assert!(self.done.is_empty(), "a request leaves while others are being removed");
        self.bring_up_to_date(agenda.now(), capacity);
        let left = self.present.key(share).map_or(0.0, |due| due.amount() - self.attained);
        let removed = self.present.remove(share);
        debug_assert!(removed.is_some(), "a request leaves a capacity that it does not share");
        self.schedule(agenda, capacity);
        Span::from_nanos(left.max(0.0).round() as u64)
    }

    /// Removes a finished request, in the order of arrival; called after each event until it returns none.
    /// O(log n).
    pub(super) fn done(&mut self, agenda: &mut Agenda, capacity: Capacity) -> Option<T> {
        self.bring_up_to_date(agenda.now(), capacity);
        // Half a nanosecond: events are whole nanoseconds, attained work is not.
        let limit = self.attained + 0.5;
        let is_done = |due: &Due| due.amount() <= limit;
        while let Some(due) = self.present.peek().filter(is_done) {
            let Some((_, id)) = self.present.pop() else { break };
            if self.done.is_empty() && !self.present.peek().as_ref().is_some_and(is_done) {
                return Some(id);
            }
            self.done.push(due.came, id);
        }
        let found = self.done.pop().map(|(_, id)| id);
        if found.is_none() {
            self.schedule(agenda, capacity);
        }
        found
    }
}
