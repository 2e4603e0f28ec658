//! The queue of pending events: an indexed 4-ary heap with exact cancellation.
//!
//! The rule: events leave in the order (time, sequence number), where the sequence number counts calls
//! of [`EventQueue::schedule`]; nothing else decides, so simultaneous events are first in, first out.
//! Every pending event knows its place in the heap, so a cancelled one leaves at once: a page cancels
//! most of its timers, and dead entries left in place would make the heap tens of times larger.
//!
//! Sources: D. B. Johnson, "Priority queues with update and finding minimum spanning trees",
//! Information Processing Letters 4 (1975), for the d-ary heap with positions; A. LaMarca and
//! R. Ladner, "The influence of caches on the performance of heaps", ACM JEA 1 (1996), for d = 4.

use crate::time::Time;

const ARITY: usize = 4;

/// Names one scheduled event of one queue, for [`EventQueue::cancel`]. Once the event has fired, was
/// cancelled or was cleared, the key is stale for ever: it never names a later event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventKey {
    slot: usize,
    generation: u64,
}

// The derived order reads the fields from the top; the sequence number is unique, so `slot` never decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Entry {
    at: Time,
    sequence: u64,
    slot: usize,
}

#[derive(Debug)]
struct Slot<E> {
    generation: u64,
    position: usize,
    event: Option<E>,
}

/// Pending events in the order (time, sequence number).
///
/// ```
/// use sixslot_sim_core::{EventQueue, Time};
/// let mut queue = EventQueue::new();
/// let timeout = queue.schedule(Time::from_nanos(9), "timeout");
/// queue.schedule(Time::from_nanos(5), "answer");
/// assert_eq!(queue.pop(), Some((Time::from_nanos(5), "answer")));
/// assert_eq!(queue.cancel(timeout), Some("timeout"));
/// assert_eq!(queue.cancel(timeout), None);
/// ```
#[derive(Debug)]
pub struct EventQueue<E> {
    heap: Vec<Entry>,
    slots: Vec<Slot<E>>,
    free: Vec<usize>,
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
        Self { heap: Vec::new(), slots: Vec::new(), free: Vec::new(), next_sequence: 0, now: Time::ZERO }
    }

    /// Adds an event that fires at `at`, after all events already scheduled for the same time. O(log n).
    ///
    /// An `at` before [`EventQueue::now`] is a programming error: it panics in debug builds and becomes
    /// `now` in release builds.
    pub fn schedule(&mut self, at: Time, event: E) -> EventKey {
        debug_assert!(at >= self.now, "{at:?} lies in the past: it is {:?}", self.now);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, position: 0, event: None });
            self.slots.len() - 1
        });
        self.slots[slot].event = Some(event);
        let entry = Entry { at: at.max(self.now), sequence: self.next_sequence, slot };
        self.next_sequence += 1;
        self.heap.push(entry);
        self.sift_up(self.heap.len() - 1, entry);
        EventKey { slot, generation: self.slots[slot].generation }
    }

    /// Removes a pending event and returns it; `None` when the key is stale. O(log n).
    ///
    /// A key of another queue is not recognised as foreign: it may name an event here.
    pub fn cancel(&mut self, key: EventKey) -> Option<E> {
        let slot = self.slots.get(key.slot)?;
        if slot.generation != key.generation {
            return None;
        }
        self.remove(slot.position)
    }

    /// Removes the first event and moves [`EventQueue::now`] to its time. O(log n).
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.now = self.peek_time()?;
        self.remove(0).map(|event| (self.now, event))
    }

    /// The time of the first event. O(1).
    #[must_use]
    pub fn peek_time(&self) -> Option<Time> {
        self.heap.first().map(|entry| entry.at)
    }

    /// The time of the last popped event; [`Time::ZERO`] before the first.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// How many events are pending.
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
        while let Some(entry) = self.heap.pop() {
            self.release(entry.slot);
        }
        self.next_sequence = 0;
        self.now = Time::ZERO;
    }

    fn release(&mut self, slot: usize) -> Option<E> {
        self.free.push(slot);
        let slot = &mut self.slots[slot];
        slot.generation += 1;
        slot.event.take()
    }

    fn remove(&mut self, position: usize) -> Option<E> {
        let removed = self.heap.swap_remove(position);
        if let Some(&moved) = self.heap.get(position) {
            if moved < removed {
                self.sift_up(position, moved);
            } else {
                self.sift_down(position, moved);
            }
        }
        self.release(removed.slot)
    }

    fn place(&mut self, position: usize, entry: Entry) {
        self.heap[position] = entry;
        self.slots[entry.slot].position = position;
    }

    fn sift_up(&mut self, mut position: usize, entry: Entry) {
        while position > 0 {
            let parent = (position - 1) / ARITY;
            if self.heap[parent] < entry {
                break;
            }
            self.place(position, self.heap[parent]);
            position = parent;
        }
        self.place(position, entry);
    }

    fn sift_down(&mut self, mut position: usize, entry: Entry) {
        loop {
            let first = ARITY * position + 1;
            let last = self.heap.len().min(first + ARITY);
            let Some(least) = (first..last).min_by_key(|&child| self.heap[child]) else {
                break;
            };
            if entry < self.heap[least] {
                break;
            }
            self.place(position, self.heap[least]);
            position = least;
        }
        self.place(position, entry);
    }
}
