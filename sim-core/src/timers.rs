//! Pending events of one constant delay: a ring.
//!
//! The rule: time never goes back, so events that are scheduled with the same delay become due in the order in which they were
//! scheduled, and the first is always at the front. Nothing is sorted: adding, removing and taking the first cost O(1). What
//! was removed from the middle stays as an empty place until the front reaches it; a ring with more empty places than
//! events is full.
//!
//! Source: G. Varghese and T. Lauck, "Hashed and hierarchical timing wheels", SOSP 1987, scheme 2 with one interval.

use std::collections::VecDeque;

/// Empty places that a ring may have beside as many as it has events.
const SPARE: usize = 1024;

#[derive(Debug)]
struct Place<E> {
    key: u128,
    event: Option<E>,
}

/// Events of one delay, in the order in which they become due.
#[derive(Debug)]
pub(crate) struct Timers<E> {
    /// The front is never an empty place.
    places: VecDeque<Place<E>>,
    /// The number of the place at the front. Numbers are never used again, so that a key stays stale.
    front: u64,
    pending: usize,
}

impl<E> Timers<E> {
    pub(crate) const fn new() -> Self {
        Self { places: VecDeque::new(), front: 0, pending: 0 }
    }

    pub(crate) const fn pending(&self) -> usize {
        self.pending
    }

    /// Whether removed events take most of the places.
    pub(crate) fn is_full(&self) -> bool {
        self.places.len() > 2 * self.pending + SPARE
    }

    /// Adds an event behind all others; returns the number of its place.
    pub(crate) fn push(&mut self, key: u128, event: E) -> u64 {
        let is_last = self.places.back().is_none_or(|last| last.key < key);
        debug_assert!(is_last, "an event is due before one that was scheduled earlier with the same delay");
        self.places.push_back(Place { key, event: Some(event) });
        self.pending += 1;
        self.front + self.places.len() as u64 - 1
    }

    /// The key of the first event; the greatest possible one if there is none.
    pub(crate) fn first(&self) -> u128 {
        self.places.front().map_or(u128::MAX, |place| place.key)
    }

    /// Removes the first event.
    pub(crate) fn pop(&mut self) -> Option<E> {
        let event = self.places.pop_front()?.event;
        self.front += 1;
        self.pending -= 1;
        self.drop_empty();
        event
    }

    /// Removes the event of a place; none if it is gone.
    pub(crate) fn remove(&mut self, number: u64) -> Option<E> {
        let at = usize::try_from(number.checked_sub(self.front)?).ok()?;
        let event = self.places.get_mut(at)?.event.take()?;
        self.pending -= 1;
        if at == 0 {
            self.drop_empty();
        }
        Some(event)
    }

    fn drop_empty(&mut self) {
        while self.places.front().is_some_and(|place| place.event.is_none()) {
            self.places.pop_front();
            self.front += 1;
        }
    }

    /// Removes all events and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.front += self.places.len() as u64;
        self.places.clear();
        self.pending = 0;
    }
}
