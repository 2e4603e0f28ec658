//! Pending events of one constant delay: a line, first in, first out.
//!
//! The rule: time never goes back, so events that are scheduled with the same delay become due in the order in which they were
//! scheduled, and the first is always at the front. Nothing is sorted: adding, removing and taking the first cost O(1), amortised
//! over the moves of the line to the beginning of its memory. What was removed from the middle stays as an empty place until the
//! front reaches it; a line with more empty places than events is full.
//!
//! Source: G. Varghese and T. Lauck, "Hashed and hierarchical timing wheels", SOSP 1987, scheme 2 with one interval.

/// Empty places that a line may have beside as many as it has events.
const SPARE: usize = 1024;
/// Places before the front that are kept at least, so that moving the others to the beginning is rare.
const LEAST: usize = 64;

#[derive(Debug)]
struct Place<E> {
    key: u128,
    event: Option<E>,
}

/// Events of one delay, in the order in which they become due.
#[derive(Debug)]
pub(crate) struct Timers<E> {
    places: Vec<Place<E>>,
    /// The index of the first event, which is never an empty place; no index where there is none.
    front: usize,
    /// The number of the first place. Numbers are never used again, so that a key stays stale.
    base: u64,
    pending: usize,
}

impl<E> Timers<E> {
    pub(crate) const fn new() -> Self {
        Self { places: Vec::new(), front: 0, base: 0, pending: 0 }
    }

    pub(crate) const fn pending(&self) -> usize {
        self.pending
    }

    /// Whether removed events take most of the places.
    pub(crate) fn is_full(&self) -> bool {
        self.places.len() - self.front > 2 * self.pending + SPARE
    }

    /// Adds an event behind all others; returns the number of its place.
    pub(crate) fn push(&mut self, key: u128, event: E) -> u64 {
        let is_last = self.places.last().is_none_or(|last| last.key < key);
        debug_assert!(is_last, "an event is due before one that was scheduled earlier with the same delay");
        if self.places.len() == self.places.capacity() && self.front > self.places.len() / 2 + LEAST {
            self.places.drain(..self.front);
            self.base += std::mem::take(&mut self.front) as u64;
        }
        self.places.push(Place { key, event: Some(event) });
        self.pending += 1;
        self.base + self.places.len() as u64 - 1
    }

    /// The key of the first event; the greatest possible one if there is none.
    pub(crate) fn first(&self) -> u128 {
        self.places.get(self.front).map_or(u128::MAX, |place| place.key)
    }

    /// Removes the first event.
    pub(crate) fn pop(&mut self) -> Option<E> {
        let event = self.places.get_mut(self.front)?.event.take();
        self.pending -= 1;
        self.pass_empty();
        event
    }

    /// Removes the event of a place; none if it is gone.
    pub(crate) fn remove(&mut self, number: u64) -> Option<E> {
        let at = usize::try_from(number.checked_sub(self.base)?).ok()?;
        let event = self.places.get_mut(at)?.event.take()?;
        self.pending -= 1;
        if at == self.front {
            self.pass_empty();
        }
        Some(event)
    }

    /// Moves the front to the next event.
    fn pass_empty(&mut self) {
        if self.pending == 0 {
            return self.clear();
        }
        while self.places.get(self.front).is_some_and(|place| place.event.is_none()) {
            self.front += 1;
        }
    }

    /// Removes all events and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.base += self.places.len() as u64;
        self.places.clear();
        self.front = 0;
        self.pending = 0;
    }
}
