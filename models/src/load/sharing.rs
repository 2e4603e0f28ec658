//! A capacity that all who are present share equally.
//!
//! Rule: with n present and c workers each is worked on at the rate min(1, c / n) (Kleinrock 1967), or with slowdown exponent g
//! at min(1, (c / n)^g), so that the whole gets slower the more share it. Everybody present
//! attains work at the same speed, so each is done when the common amount reaches the amount at which it came plus its
//! own work; nothing is recomputed for the others.

use super::list::RequestId;
use super::{Agenda, Event};
use sixslot_sim_core::{EventKey, Span, Time};

/// A capacity that is shared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    /// How many are worked on at full speed.
    pub workers: usize,
    /// The exponent of the loss; 1: nothing is lost.
    pub slowdown_exponent: f64,
    /// What comes when somebody is done.
    pub event: Event,
}

/// Who shares a capacity.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    /// With the common amount at which each is done.
    present: Vec<(f64, RequestId)>,
    /// Nanoseconds of work that each has attained since the capacity was last idle.
    attained: f64,
    /// When that was last brought up to date.
    updated: Time,
    next: Option<EventKey>,
}

impl Sharing {
    pub(super) fn reset(&mut self) {
        self.present.clear();
        self.next = None;
    }

    fn rate(&self, capacity: Capacity) -> f64 {
        let rate = (capacity.workers as f64 / self.present.len() as f64).min(1.0);
        if capacity.slowdown_exponent == 1.0 { rate } else { libm::pow(rate, capacity.slowdown_exponent) }
    }

    fn bring_up_to_date(&mut self, now: Time, capacity: Capacity) {
        if self.present.is_empty() {
            self.attained = 0.0;
        } else {
            self.attained += self.rate(capacity) * (now - self.updated).as_nanos() as f64;
        }
        self.updated = now;
    }

    fn schedule(&mut self, agenda: &mut Agenda, capacity: Capacity) {
        if let Some(key) = self.next.take() {
            agenda.cancel(key);
        }
        let Some(first) = self.present.iter().map(|(end, _)| *end).min_by(f64::total_cmp) else { return };
        let left = ((first - self.attained) / self.rate(capacity)).max(0.0);
        self.next = Some(agenda.schedule_in(Span::from_nanos(left.ceil() as u64), capacity.event));
    }

    /// Brings work; the capacity's event comes when somebody is done.
    pub(super) fn join(&mut self, agenda: &mut Agenda, id: RequestId, work: Span, capacity: Capacity) {
        self.bring_up_to_date(agenda.now(), capacity);
        self.present.push((self.attained + work.as_nanos() as f64, id));
        self.schedule(agenda, capacity);
    }

    /// Leaves before its work is done; false where it is not present.
    pub(super) fn leave(&mut self, agenda: &mut Agenda, id: RequestId, capacity: Capacity) -> bool {
        let Some(at) = self.present.iter().position(|(_, other)| *other == id) else { return false };
        self.bring_up_to_date(agenda.now(), capacity);
        self.present.remove(at);
        self.schedule(agenda, capacity);
        true
    }

    /// Takes away one whose work is done, first come first; called until there is none when the event has come.
    pub(super) fn done(&mut self, agenda: &mut Agenda, capacity: Capacity) -> Option<RequestId> {
        self.bring_up_to_date(agenda.now(), capacity);
        // Half a nanosecond: events are whole nanoseconds, attained work is not.
        let limit = self.attained + 0.5;
        let found = self.present.iter().position(|(end, _)| *end <= limit);
        if found.is_none() {
            self.schedule(agenda, capacity);
        }
        found.map(|at| self.present.remove(at).1)
    }
}
