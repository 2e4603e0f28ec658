//! Starts that wait for events.
//!
//! Rule: see `class/cause.rs`. An anchor is met by the first event of its kind of its instance; the same event of a later call
//! of that instance does nothing. Starts that one event releases are scheduled in the order of the file.

use super::list::RequestId;
use super::{Agenda, Event, Running};
use crate::class::{self, After, Copies, Join, Start};
use sixslot_sim_core::Span;

/// A start that an event may release: the class, and the number of the instance or none for all instances.
pub(super) type Due = (usize, Option<u32>);

impl Running<'_> {
    /// Schedules the starts of the instances of a class that wait for nothing, and counts the anchors of the others.
    /// `opens` is the time until the tab opens.
    pub(super) fn open_copies(&mut self, agenda: &mut Agenda, class: usize, tab: u32, opens: Span) {
        let (first, copies) = self.range(class, tab);
        let rules = &self.plan.classes[class];
        for (index, instance) in (0..).zip(first..first + copies) {
            let open = match &rules.copy(index).start {
                Start::After(after) => self.open_causes(after, tab),
                Start::At(_) | Start::Arrivals { .. } => 0,
            };
            self.state.page.instances[instance].waits_for = open;
            if open == 0 {
                self.schedule_start(agenda, instance, opens);
            }
        }
    }

    /// The number of events that must happen before a start. Classes without instances have no events.
    fn open_causes(&self, after: &After, tab: u32) -> u32 {
        let open =
            after.anchors.iter().filter(|anchor| self.range(anchor.class, tab).1 > 0 || self.is_stream(anchor.class));
        match after.join {
            Join::All => u32::try_from(open.count()).unwrap_or(u32::MAX),
            Join::Any => u32::from(open.count() > 0),
        }
    }

    fn schedule_start(&self, agenda: &mut Agenda, instance: usize, wait: Span) {
        let copy = &self.state.page.instances[instance];
        let after = self.state.draws.start(&self.plan.classes[copy.class], copy.index, copy.tab);
        agenda.schedule_in(wait + after, Event::Start { instance });
    }

    /// An instance has had an event: cancels and releases what waits for it.
    #[inline(always)]
    pub(super) fn reach(&mut self, agenda: &mut Agenda, id: RequestId, event: class::Event) {
        if self.plan.ruled_out.events(self.state.requests[id].class) & event.bit() == 0 {
            self.reach_awaited(agenda, id, event);
        }
    }

    #[inline(never)]
    fn reach_awaited(&mut self, agenda: &mut Agenda, id: RequestId, event: class::Event) {
        let class = self.state.requests[id].class;
        if self.plan.cancels.awaited(class) & event.bit() != 0 {
            self.announce(agenda, id, event);
        }
        if self.plan.waiters.awaited(class) & event.bit() != 0 {
            self.release_starts(agenda, id, event);
        }
    }

    fn release_starts(&mut self, agenda: &mut Agenda, id: RequestId, event: class::Event) {
        let request = &self.state.requests[id];
        let (class, tab, instance, index) = (request.class, request.tab, request.instance, request.index);
        let had = &mut self.state.page.instances[instance].had;
        if *had & event.bit() != 0 {
            return;
        }
        *had |= event.bit();
        let at = tab as usize * self.plan.classes.len() + class;
        let copies = self.state.page.ranges[at].1;
        let reached = &mut self.state.page.reached[at][event as usize];
        *reached += 1;
        // A random stream has no last instance: its first one counts.
        let all = *reached == copies.max(1);
        let last = index as usize + 1 == copies;
        let mut due = std::mem::take(&mut self.state.page.due);
        self.find_due(&mut due, (class, event), (index, tab), all, last);
        let mut released = std::mem::take(&mut self.state.page.released);
        for (class, copy) in due.drain(..) {
            self.release(class, copy, tab, &mut released);
        }
        self.state.page.due = due;
        // An instance can wait for several anchors that one event meets, each in another entry.
        released.sort_unstable();
        for instance in released.drain(..) {
            self.schedule_start(agenda, instance, Span::ZERO);
        }
        self.state.page.released = released;
    }

    /// Finds the starts that wait for an event. The last instance stands for all higher numbers.
    fn find_due(
        &self,
        due: &mut Vec<Due>,
        (class, event): (usize, class::Event),
        (index, tab): (u32, u32),
        all: bool,
        last: bool,
    ) {
        let waiters = &self.plan.waiters;
        if all {
            let every = waiters.of_event(class, event, Copies::Every..Copies::One(0));
            due.extend(every.iter().map(|waiter| (waiter.waits, waiter.copy)));
        }
        let end = if last { Copies::Same } else { Copies::One(index.saturating_add(1)) };
        let one = waiters.of_event(class, event, Copies::One(index)..end);
        due.extend(one.iter().map(|waiter| (waiter.waits, waiter.copy)));
        for waiter in waiters.of_same(class, event) {
            let copies = u32::try_from(self.range(waiter.waits, tab).1).unwrap_or(u32::MAX);
            let end = if last { copies } else { index.saturating_add(1).min(copies) };
            due.extend((index..end).map(|copy| (waiter.waits, Some(copy))));
        }
        due.sort_unstable();
    }

    /// One anchor of an instance, or of all instances of a class, is met; adds those whose start is due.
    fn release(&mut self, class: usize, copy: Option<u32>, tab: u32, released: &mut Vec<usize>) {
        let (first, copies) = self.range(class, tab);
        let waiting = match copy {
            None => first..first + copies,
            Some(copy) if (copy as usize) < copies => first + copy as usize..first + copy as usize + 1,
            Some(_) => return,
        };
        for instance in waiting {
            let open = &mut self.state.page.instances[instance].waits_for;
            if *open == 0 {
                continue;
            }
            *open -= 1;
            if *open == 0 {
                released.push(instance);
            }
        }
    }
}
