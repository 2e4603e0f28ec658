//! A few pending events in an array, in their order.
//!
//! The rule: with so few events, moving those that are due earlier costs less than a tree. The first is the last of the array, so
//! taking it moves nothing.

/// Places of the array.
const PLACES: usize = 8;

/// At most eight events by their keys, the least first. A key is used once.
#[derive(Debug)]
pub(crate) struct Few<E> {
    /// The greatest first.
    keys: [u128; PLACES],
    events: [Option<E>; PLACES],
    pending: usize,
}

impl<E> Few<E> {
    pub(crate) const fn new() -> Self {
        Self { keys: [0; PLACES], events: [const { None }; PLACES], pending: 0 }
    }

    pub(crate) const fn pending(&self) -> usize {
        self.pending
    }

    /// The least key; the greatest possible one if there is no event.
    pub(crate) const fn first(&self) -> u128 {
        if self.pending == 0 { u128::MAX } else { self.keys[self.pending - 1] }
    }

    /// Adds an event; gives it back if there is no place.
    pub(crate) fn push(&mut self, key: u128, event: E) -> Result<(), E> {
        debug_assert!(!self.keys[..self.pending].contains(&key), "the key {key} is not new");
        if self.pending >= PLACES {
            return Err(event);
        }
        let mut place = self.pending;
        while place > 0 && self.keys[place - 1] < key {
            self.keys[place] = self.keys[place - 1];
            self.events.swap(place, place - 1);
            place -= 1;
        }
        self.keys[place] = key;
        self.events[place] = Some(event);
        self.pending += 1;
        Ok(())
    }

    /// Removes the first event.
    pub(crate) fn pop(&mut self) -> Option<E> {
        self.pending = self.pending.checked_sub(1)?;
        self.events.get_mut(self.pending)?.take()
    }

    /// Removes the event that has a sequence number, the low half of its key.
    pub(crate) fn remove(&mut self, sequence: u64) -> Option<E> {
        let place = self.keys[..self.pending].iter().position(|key| *key as u64 == sequence)?;
        self.keys.copy_within(place + 1..self.pending, place);
        self.events[place..self.pending].rotate_left(1);
        self.pop()
    }

    pub(crate) fn clear(&mut self) {
        while self.pop().is_some() {}
    }
}
