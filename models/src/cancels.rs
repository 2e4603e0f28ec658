//! The events that cancel calls, or change their priority: of which class, and whether their page goes on without them.
//!
//! Rule: an event of a class, each time that it happens, concerns the calls of other classes in its tab. The index is built once
//! per plan; a plan without such keys has an empty one, which costs a load nothing.

use crate::class::{Anchor, Class, Event};

/// What events cancel.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cancels {
    table: Vec<Cancel>,
    /// By class, a bit for each event that cancels something; empty if none does.
    awaited: Vec<u8>,
    /// By class, whether an event concerns its calls; empty if none does.
    cancelled: Vec<bool>,
}

/// What an event does to calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effect {
    /// They end, where they are in flight.
    Cancels,
    /// They end, their timers too, and what has not started never does.
    Unmounts,
    /// They have this rank from now on.
    Raises(usize),
    /// They end, and fail: the navigation from their page has started.
    Breaks,
}

/// An event that concerns the calls of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cancel {
    class: usize,
    event: Event,
    /// The class whose calls it concerns.
    pub(crate) target: usize,
    pub(crate) effect: Effect,
}

impl Cancels {
    /// The index of a plan's classes; `closes` has the classes of pages that close, `left` for each class the navigations that
    /// end its calls as they start.
    pub(crate) fn of(classes: &[Class], closes: &[usize], left: &[Vec<usize>]) -> Self {
        let mut table = Vec::new();
        for (target, rules) in classes.iter().enumerate() {
            let raises = Effect::Raises(rules.raised_rank);
            for (anchors, effect) in [
                (&rules.cancelled_by, Effect::Cancels),
                (&rules.unmounted_by, Effect::Unmounts),
                (&rules.raised_by, raises),
            ] {
                let cancel = |anchor: &Anchor| Cancel { class: anchor.class, event: anchor.event, target, effect };
                table.extend(anchors.iter().map(cancel));
            }
            let breaks = |class: &usize| Cancel { class: *class, event: Event::Issued, target, effect: Effect::Breaks };
            table.extend(left[target].iter().map(breaks));
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

    /// Whether an event concerns calls.
    pub(crate) fn is_used(&self) -> bool {
        !self.cancelled.is_empty()
    }

    /// The events of a class that concern calls, one bit each.
    pub(crate) fn awaited(&self, class: usize) -> u8 {
        self.awaited.get(class).copied().unwrap_or(0)
    }

    /// Whether an event concerns the calls of a class.
    pub(crate) fn concern(&self, class: usize) -> bool {
        self.cancelled.get(class).is_some_and(|is| *is)
    }

    /// What an event of a class does, by the class that it concerns.
    pub(crate) fn of_event(&self, class: usize, event: Event) -> &[Cancel] {
        let from = self.table.partition_point(|cancel| (cancel.class, cancel.event) < (class, event));
        let until = self.table.partition_point(|cancel| (cancel.class, cancel.event) <= (class, event));
        &self.table[from..until]
    }
}
