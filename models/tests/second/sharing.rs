//! A shared capacity: each of n present works at the rate min(1, workers / n), to the power of the slowdown.
//!
//! The lengths are real numbers and events are whole nanoseconds, so the result depends on the order of additions. As in
//! the simulator, work is counted from the moment at which the capacity was last idle.

use super::{Event, Id, Second};

#[derive(Clone, Debug, Default)]
pub struct Sharing {
    /// Who is present, and at which attained work each is done; in the order of arrival.
    present: Vec<(Id, f64)>,
    /// Those found to be done, while they are taken out one by one.
    done: Vec<Id>,
    attained: f64,
    updated: u64,
    next: Option<u64>,
}

/// Which capacity.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    Browser,
    Origin(usize),
}

impl Second<'_> {
    fn sharing(&mut self, which: Which) -> &mut Sharing {
        match which {
            Which::Browser => &mut self.dispatching,
            Which::Origin(origin) => &mut self.sharings[origin],
        }
    }

    fn rate(&mut self, which: Which) -> f64 {
        let (workers, exponent) = match which {
            Which::Browser => (1, 1.0),
            Which::Origin(origin) => {
                (self.plan.origins()[origin].workers, self.plan.origins()[origin].slowdown_exponent)
            }
        };
        let sharing = self.sharing(which);
        let rate = (workers as f64 / (sharing.present.len() + sharing.done.len()) as f64).min(1.0);
        if exponent == 1.0 { rate } else { libm::pow(rate, exponent) }
    }

    fn catch_up(&mut self, which: Which) {
        let (now, rate) = (self.now, self.rate(which));
        let sharing = self.sharing(which);
        let idle = sharing.present.is_empty() && sharing.done.is_empty();
        sharing.attained = if idle { 0.0 } else { sharing.attained + rate * (now - sharing.updated) as f64 };
        sharing.updated = now;
    }

    fn plan_next(&mut self, which: Which) {
        if let Some(key) = self.sharing(which).next.take() {
            self.cancel(key);
        }
        let rate = self.rate(which);
        let sharing = self.sharing(which);
        let Some(first) = sharing.present.iter().map(|(_, due)| *due).min_by(f64::total_cmp) else { return };
        let left = ((first - sharing.attained) / rate).max(0.0).ceil() as u64;
        let event = match which {
            Which::Browser => Event::Dispatched,
            Which::Origin(origin) => Event::Shared(origin),
        };
        let key = self.after(left, event);
        self.sharing(which).next = Some(key);
    }

    pub fn share(&mut self, which: Which, id: Id, work: u64) {
        self.catch_up(which);
        let sharing = self.sharing(which);
        let due = sharing.attained + work as f64;
        sharing.present.push((id, due));
        self.plan_next(which);
        self.requests[id].sharing = true;
    }

    /// How many share a server.
    pub fn present(&self, origin: usize) -> usize {
        self.sharings[origin].present.len() + self.sharings[origin].done.len()
    }

    pub fn stop_sharing(&mut self, which: Which, id: Id) {
        self.requests[id].sharing = false;
        self.catch_up(which);
        self.sharing(which).present.retain(|(other, _)| *other != id);
        self.plan_next(which);
    }

    /// The next one that is done, first come first.
    pub fn done_sharing(&mut self, which: Which) -> Option<Id> {
        self.catch_up(which);
        let sharing = self.sharing(which);
        let limit = sharing.attained + 0.5;
        let is_due = |(_, due): &(Id, f64)| *due <= limit;
        sharing.done.extend(sharing.present.iter().filter(|one| is_due(one)).map(|(id, _)| *id));
        sharing.present.retain(|one| !is_due(one));
        if sharing.done.is_empty() {
            self.plan_next(which);
            return None;
        }
        Some(self.sharing(which).done.remove(0))
    }
}
