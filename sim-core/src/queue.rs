//! The queue of pending events.
//!
//! The rule: events leave in the order (time, sequence number), where the sequence number counts calls of
//! [`EventQueue::schedule`] and [`EventQueue::schedule_in`]; nothing else decides, so simultaneous events are first in,
//! first out. Time never goes back: an event in the past is an error.

use crate::heap::{Handle, Heap};
use crate::time::{Span, Time};

/// Identifies one scheduled event of one queue, for [`EventQueue::cancel`]. Once the event has fired, was
/// cancelled or was cleared, the key is stale forever: it never identifies a later event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventKey(Handle);

/// An event was scheduled for a time that has passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "an event at {at_ns} ns is in the past: the current time is {now_ns} ns; schedule it at or after the current time"
)]
pub struct PastError {
    /// The event's time, in nanoseconds.
    pub at_ns: u64,
    /// The queue's time, in nanoseconds.
    pub now_ns: u64,
}

/// Pending events in the order (time, sequence number).
///
/// ```
/// use sixslot_sim_core::{EventQueue, Span, Time};
/// let mut queue = EventQueue::new();
/// let timeout = queue.schedule_in(Span::from_nanos(9), "timeout");
/// queue.schedule(Time::from_nanos(5), "answer")?;
/// assert_eq!(queue.pop(), Some((Time::from_nanos(5), "answer")));
/// assert_eq!(queue.cancel(timeout), Some("timeout"));
/// assert_eq!(queue.cancel(timeout), None);
/// assert!(queue.schedule(Time::from_nanos(4), "too late").is_err());
/// # Ok::<(), sixslot_sim_core::PastError>(())
/// ```
#[derive(Debug)]
pub struct EventQueue<E> {
    heap: Heap<(Time, u64), E>,
    next_sequence: u64,
    now: Time,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> EventQueue<E> {
    /// An empty queue at [`Time::ZERO`]; allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { heap: Heap::new(), next_sequence: 0, now: Time::ZERO }
    }

    /// Adds an event that fires at `at`, after all events already scheduled for the same time. O(log n).
    ///
    /// # Errors
    /// [`PastError`] when `at` is before [`EventQueue::now`]; the queue is unchanged.
    pub fn schedule(&mut self, at: Time, event: E) -> Result<EventKey, PastError> {
        if at < self.now {
            return Err(PastError { at_ns: at.as_nanos(), now_ns: self.now.as_nanos() });
        }
        Ok(self.push(at, event))
    }

    /// Adds an event that fires `delay` after [`EventQueue::now`], after all events already scheduled for the same
    /// time. O(log n). A time beyond [`Time::MAX`] becomes [`Time::MAX`], which means "never".
    pub fn schedule_in(&mut self, delay: Span, event: E) -> EventKey {
        self.push(self.now + delay, event)
    }

    fn push(&mut self, at: Time, event: E) -> EventKey {
        let key = (at, self.next_sequence);
        self.next_sequence += 1;
        EventKey(self.heap.push(key, event))
    }

    /// Removes a pending event and returns it; `None` when the key is stale. O(log n).
    ///
    /// A key of another queue is not recognised as foreign: it may identify an event here.
    pub fn cancel(&mut self, key: EventKey) -> Option<E> {
        self.heap.remove(key.0)
    }

    /// Removes the first event and moves [`EventQueue::now`] to its time. O(log n).
    pub fn pop(&mut self) -> Option<(Time, E)> {
        let ((at, sequence), event) = self.heap.pop()?;
        debug_assert!(at >= self.now, "time went back from {:?} to {at:?}", self.now);
        debug_assert!(sequence < self.next_sequence, "an event that was never scheduled");
        self.now = at;
        Some((at, event))
    }

    /// The time of the first event. O(1).
    #[must_use]
    pub fn peek_time(&self) -> Option<Time> {
        self.heap.peek().map(|(at, _)| at)
    }

    /// The time of the last popped event; [`Time::ZERO`] before the first.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The number of pending events.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether no event is pending.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Drops all events and starts again at [`Time::ZERO`] and sequence number zero, keeping the
    /// allocated memory. Keys from before stay stale. O(n).
    pub fn clear(&mut self) {
        self.heap.clear();
        self.next_sequence = 0;
        self.now = Time::ZERO;
    }
}
