//! The events that cancel calls: of which class, and whether their page goes on without them.
//!
//! Rule: an event of a class, each time that it happens, cancels the calls of other classes in its tab. The index is built once
//! per plan; a plan without such keys has an empty one, which costs a load nothing.

use crate::class::{Class, Event};

/// What events cancel.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cancels {
    table: Vec<Cancel>,
    /// By class, a bit for each event that cancels something; empty if none does.
    awaited: Vec<u8>,
    /// By class, whether something cancels its calls; empty if nothing is cancelled.
    cancelled: Vec<bool>,
}

/// An event that cancels the calls of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cancel {
    class: usize,
    event: Event,
    /// The class whose calls are cancelled.
    pub(crate) target: usize,
    /// Whether its timers end, and what has not started never does.
    pub(crate) unmounts: bool,
}

impl Cancels {
    /// The index of a plan's classes; `closes` has the classes of pages that close.
    pub(crate) fn of(classes: &[Class], closes: &[usize]) -> Self {
        let mut table = Vec::new();
        for (target, rules) in classes.iter().enumerate() {
            for (anchors, unmounts) in [(&rules.cancelled_by, false), (&rules.unmounted_by, true)] {
                table.extend(anchors.iter().map(|anchor| Cancel {
                    class: anchor.class,
                    event: anchor.event,
                    target,
                    unmounts,
                }));
            }
        }
        if table.is_empty() && closes.is_empty() {
            return Self::default();
        }
        table.sort_unstable();
        table.dedup();
        let (mut awaited, mut cancelled) = (vec![0; classes.len()], vec![false; classes.len()]);
        table.iter().for_each(|cancel| awaited[cancel.class] |= cancel.event.bit());
        table
            .iter()
            .map(|cancel| cancel.target)
            .chain(closes.iter().copied())
            .for_each(|class| cancelled[class] = true);
        Self { table, awaited, cancelled }
    }

    /// Whether something can be cancelled.
    pub(crate) fn is_used(&self) -> bool {
        !self.cancelled.is_empty()
    }

    /// Whether an event of a class cancels something.
    pub(crate) fn await_event(&self, class: usize, event: Event) -> bool {
        self.awaited.get(class).is_some_and(|bits| bits & event.bit() != 0)
    }

    /// Whether something cancels the calls of a class.
    pub(crate) fn concern(&self, class: usize) -> bool {
        self.cancelled.get(class).is_some_and(|is| *is)
    }

    /// What an event of a class cancels, by class.
    pub(crate) fn of_event(&self, class: usize, event: Event) -> &[Cancel] {
        let from = self.table.partition_point(|cancel| (cancel.class, cancel.event) < (class, event));
        let until = self.table.partition_point(|cancel| (cancel.class, cancel.event) <= (class, event));
        &self.table[from..until]
    }
}
