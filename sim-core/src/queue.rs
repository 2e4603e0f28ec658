//! The queue of pending events.
//!
//! The rule: events leave in the order (time, sequence number), where the sequence number counts calls of
//! [`EventQueue::schedule`] and [`EventQueue::schedule_in`]; nothing else decides, so simultaneous events are first in,
//! first out. Time never goes back: an event in the past is an error.
//!
//! Most delays of a simulation are a few constants: zero, a deadline, a period. Events of this instant have a line
//! (`timers.rs`), and so does a delay that comes again soon. A few others are in an array (`few.rs`), and the rest is in a heap.
//! Which of them holds an event has no effect on the order.

use crate::few::Few;
use crate::heap::{Handle, Heap};
use crate::time::{Span, Time};
use crate::timers::Timers;

/// The number of delays that have lines: each costs a comparison for each event.
const LINES: usize = 4;
/// The key after those of all events.
const NEVER: u128 = u128::MAX;
/// The number of delays that are remembered, to find those that come again.
const RECENT: usize = 16;

/// Identifies one scheduled event of one queue, for [`EventQueue::cancel`]. Once the event has fired, was
/// cancelled or was cleared, the key is stale forever: it never identifies a later event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventKey(Place);

/// Where an event is. 16 bytes: a caller keeps many of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Few { sequence: u64 },
    Line { line: u8, number: u64 },
    Heap { slot: u32, generation: u64 },
    Soon { number: u64 },
}

/// Which part of a queue has the first event of a later instant.
#[derive(Clone, Copy, Debug)]
enum Where {
    Few,
    Line(usize),
    Heap,
}

/// The place of an event in the order: its time, then its sequence number.
const fn order(at: Time, sequence: u64) -> u128 {
    (at.as_nanos() as u128) << 64 | sequence as u128
}

/// The time in a key.
const fn time(key: u128) -> Time {
    Time::from_nanos((key >> 64) as u64)
}

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
    /// Events that were scheduled for the instant at which they are due.
    soon: Timers<E>,
    /// The key of the first of all others, and where it is.
    later: (u128, Where),
    few: Few<E>,
    heap: Heap<u128, E>,
    lines: Vec<Timers<E>>,
    /// The delays of the lines, and the keys of their first events.
    delays: [Span; LINES],
    firsts: [u128; LINES],
    /// The last delay without a line for each remainder.
    recent: [Span; RECENT],
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
        Self {
            soon: Timers::new(),
            later: (NEVER, Where::Few),
            few: Few::new(),
            heap: Heap::new(),
            lines: Vec::new(),
            delays: [Span::MAX; LINES],
            firsts: [NEVER; LINES],
            recent: [Span::MAX; RECENT],
            next_sequence: 0,
            now: Time::ZERO,
        }
    }

    /// Adds an event that fires at `at`, after all events already scheduled for the same time. O(log n).
    ///
    /// # Errors
    /// [`PastError`] when `at` is before [`EventQueue::now`]; the queue is unchanged.
    pub fn schedule(&mut self, at: Time, event: E) -> Result<EventKey, PastError> {
        if at < self.now {
            return Err(PastError { at_ns: at.as_nanos(), now_ns: self.now.as_nanos() });
        }
        if at == self.now {
            return Ok(self.schedule_now(event));
        }
        let key = self.next_key(at);
        Ok(EventKey(self.push(key, event)))
    }

    /// Adds an event that fires `delay` after [`EventQueue::now`], after all events already scheduled for the same
    /// time. O(log n), and O(1) where the delay is zero or has come before. A time beyond [`Time::MAX`] becomes [`Time::MAX`],
    /// which means "never".
    #[inline]
    pub fn schedule_in(&mut self, delay: Span, event: E) -> EventKey {
        if delay.is_zero() { self.schedule_now(event) } else { self.schedule_later(delay, event) }
    }

    /// Adds an event that fires at this instant, after all that are already scheduled for it.
    fn schedule_now(&mut self, event: E) -> EventKey {
        let key = self.next_key(self.now);
        let is_full = self.soon.is_full();
        EventKey(if is_full { self.push(key, event) } else { Place::Soon { number: self.soon.push(key, event) } })
    }

    fn schedule_later(&mut self, delay: Span, event: E) -> EventKey {
        let key = self.next_key(self.now + delay);
        let found = self.delays.iter().position(|known| *known == delay);
        let place =
            match found.or_else(|| self.new_line(delay)).and_then(|line| Some((line, self.lines.get_mut(line)?))) {
                Some((number, line)) if !line.is_full() => {
                    let place = Place::Line { line: number as u8, number: line.push(key, event) };
                    if self.firsts[number] == NEVER {
                        self.firsts[number] = key;
                        self.comes(key, Where::Line(number));
                    }
                    place
                }
                _ => self.push(key, event),
            };
        EventKey(place)
    }

    fn next_key(&mut self, at: Time) -> u128 {
        let key = order(at, self.next_sequence);
        self.next_sequence += 1;
        key
    }

    /// Adds an event to those without a line.
    fn push(&mut self, key: u128, event: E) -> Place {
        match self.few.push(key, event) {
            Ok(()) => {
                self.comes(key, Where::Few);
                Place::Few { sequence: key as u64 }
            }
            Err(event) => {
                self.comes(key, Where::Heap);
                let Handle { slot, generation } = self.heap.push(key, event);
                debug_assert!(u32::try_from(slot).is_ok(), "{slot} events are more than memory can hold");
                Place::Heap { slot: slot as u32, generation }
            }
        }
    }

    /// An event has been added outside this instant's line.
    #[inline]
    fn comes(&mut self, key: u128, place: Where) {
        if key < self.later.0 {
            self.later = (key, place);
        }
    }

    /// A line for a delay that comes again.
    fn new_line(&mut self, delay: Span) -> Option<usize> {
        let recent = &mut self.recent[(delay.as_nanos() % RECENT as u64) as usize];
        if std::mem::replace(recent, delay) != delay {
            return None;
        }
        let number = self.lines.len();
        *self.delays.get_mut(number)? = delay;
        self.lines.push(Timers::new());
        Some(number)
    }

    /// Removes a pending event and returns it; `None` when the key is stale. O(log n).
    ///
    /// A key of another queue is not recognised as foreign: it may identify an event here.
    pub fn cancel(&mut self, key: EventKey) -> Option<E> {
        let (event, was_first) = match key.0 {
            Place::Soon { number } => return self.soon.remove(number),
            Place::Few { sequence } => (self.few.remove(sequence), self.later.0 as u64 == sequence),
            Place::Heap { slot, generation } => {
                let handle = Handle { slot: slot as usize, generation };
                (self.heap.remove(handle), matches!(self.later.1, Where::Heap))
            }
            Place::Line { line, number } => {
                let (line, timers) = (line as usize, self.lines.get_mut(line as usize)?);
                let event = timers.remove(number);
                let before = std::mem::replace(&mut self.firsts[line], timers.first());
                (event, before == self.later.0)
            }
        };
        if was_first {
            self.later = self.first_later();
        }
        event
    }

    /// The key of the first event outside this instant's line, and where it is; the greatest key if there is none.
    fn first_later(&self) -> (u128, Where) {
        let mut first = (self.few.first(), Where::Few);
        if let Some(key) = self.heap.peek()
            && key < first.0
        {
            first = (key, Where::Heap);
        }
        for (number, key) in self.firsts[..self.lines.len()].iter().enumerate() {
            if *key < first.0 {
                first = (*key, Where::Line(number));
            }
        }
        first
    }

    /// Removes the first event and moves [`EventQueue::now`] to its time. O(log n).
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.pop_until(Time::MAX)
    }

    /// Removes the first event, unless it is after `last`, and moves [`EventQueue::now`] to its time. O(log n).
    pub fn pop_until(&mut self, last: Time) -> Option<(Time, E)> {
        let (key, place) = self.later;
        if self.soon.first() < key {
            let event = if self.now > last { None } else { self.soon.pop() };
            return event.map(|event| (self.now, event));
        }
        let at = time(key);
        if at > last {
            return None;
        }
        let event = match place {
            Where::Few => self.few.pop(),
            Where::Line(line) => {
                let event = self.lines[line].pop();
                self.firsts[line] = self.lines[line].first();
                event
            }
            Where::Heap => self.heap.pop().map(|(_, event)| event),
        }?;
        self.later = self.first_later();
        debug_assert!(at >= self.now, "time went back from {:?} to {at:?}", self.now);
        debug_assert!((key as u64) < self.next_sequence, "an event that was never scheduled");
        self.now = at;
        Some((at, event))
    }

    /// The time of the first event. O(1).
    #[must_use]
    pub fn peek_time(&self) -> Option<Time> {
        (!self.is_empty()).then(|| time(self.later.0.min(self.soon.first())))
    }

    /// The time of the last popped event; [`Time::ZERO`] before the first.
    #[must_use]
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The number of pending events. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.soon.pending()
            + self.few.pending()
            + self.heap.len()
            + self.lines.iter().map(Timers::pending).sum::<usize>()
    }

    /// Whether no event is pending. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops all events and starts again at [`Time::ZERO`], keeping the allocated memory. Sequence numbers go on, so that keys
    /// from before stay stale. O(n).
    pub fn clear(&mut self) {
        self.soon.clear();
        self.later = (NEVER, Where::Few);
        self.few.clear();
        self.heap.clear();
        self.lines.iter_mut().for_each(Timers::clear);
        self.firsts = [NEVER; LINES];
        self.now = Time::ZERO;
    }
}
