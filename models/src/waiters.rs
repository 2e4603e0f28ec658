//! The starts that wait for each event: the causes of all classes, indexed by their events.
//!
//! Rule: an event releases starts in the order of the file: by class, then by instance. The index is built once per plan. A
//! look-up takes O(log n) for n anchors.

use crate::class::{Class, Copies, Event, Start};
use std::ops::Range;

/// The starts that wait for each event of each class.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Waiters {
    table: Vec<Waiter>,
    /// By class, a bit for each event that something waits for: most events are waited for by nothing.
    awaited: Vec<u8>,
}

/// A class, or one of its instances, that waits for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Waiter {
    class: usize,
    event: Event,
    copies: Copies,
    /// The class that waits.
    pub(crate) waits: usize,
    /// The number of the instance that waits; none if all instances of the class do.
    pub(crate) copy: Option<u32>,
}

impl Waiters {
    pub(crate) fn of(classes: &[Class]) -> Self {
        let mut table = Vec::new();
        for (waits, class) in classes.iter().enumerate() {
            for (index, spec) in (0_u32..).zip(class.copies()) {
                let Start::After(after) = &spec.start else { continue };
                let copy = (!class.each.is_empty()).then_some(index);
                for anchor in &after.anchors {
                    let copies = match (anchor.copies, copy) {
                        (Copies::Same, Some(copy)) => Copies::One(copy),
                        (copies, _) => copies,
                    };
                    table.push(Waiter { class: anchor.class, event: anchor.event, copies, waits, copy });
                }
            }
        }
        table.sort_unstable();
        let mut awaited = vec![0; classes.len()];
        table.iter().for_each(|waiter| awaited[waiter.class] |= waiter.event.bit());
        Self { table, awaited }
    }

    /// The events of a class that starts wait for, one bit each.
    pub(crate) fn awaited(&self, class: usize) -> u8 {
        self.awaited[class]
    }

    /// The starts that wait for an event of the instances in a range; the range ends before [`Copies::Same`].
    pub(crate) fn of_event(&self, class: usize, event: Event, copies: Range<Copies>) -> &[Waiter] {
        let from = self.position(class, event, copies.start);
        &self.table[from..self.position(class, event, copies.end)]
    }

    /// The classes of which instance i waits for instance i.
    pub(crate) fn of_same(&self, class: usize, event: Event) -> &[Waiter] {
        let waiting = &self.table[self.position(class, event, Copies::Same)..];
        let others = |waiter: &Waiter| (waiter.class, waiter.event) == (class, event);
        &waiting[..waiting.partition_point(others)]
    }

    fn position(&self, class: usize, event: Event, copies: Copies) -> usize {
        self.table.partition_point(|waiter| (waiter.class, waiter.event, waiter.copies) < (class, event, copies))
    }
}
