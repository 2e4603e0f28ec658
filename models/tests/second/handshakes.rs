//! WebSockets that are not open yet.

use super::{Event, Id, Line, Second};
use sixslot_models::browser::Backoff;
use sixslot_models::load::Outcome;

const MILLISECOND: u64 = 1_000_000;

/// What happens to a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    Made,
    Opened,
    Failed,
}

impl Second<'_> {
    pub fn open_socket(&mut self, id: Id) {
        self.requests[id].is_opening = true;
        let tab = self.requests[id].call.tab;
        self.sockets.push((self.now, tab, Step::Made));
        if self.plan.browser().websocket_backoff == Backoff::PerTab {
            let factor = 1_u64 << self.exponent(tab);
            let draw = self.draws.backoff(self.class(id), self.requests[id].call, 1000..=5000);
            let delay = draw * factor / 65536;
            if delay > 0 {
                return self.set_timer(id, delay * MILLISECOND, Event::Backoff(id));
            }
        }
        self.line_up_socket(id);
    }

    /// Chromium: the history of all sockets, told again from the beginning.
    fn exponent(&self, tab: u32) -> u64 {
        let before = self.plan.browser().websockets_before;
        let mut tabs: Vec<[u64; 5]> = vec![[0, before, 0, 0, 0]; self.tabs as usize];
        let mut end = None;
        for (at, tab, step) in &self.sockets {
            while end.is_some_and(|end| end <= *at) {
                for counts in &mut tabs {
                    let [opening, opened, _, failed, _] = *counts;
                    let is_forgotten = opening == 0 && opened == 0;
                    *counts = if is_forgotten { [0; 5] } else { [opening, 0, opened, 0, failed] };
                }
                end =
                    end.filter(|_| tabs.iter().any(|counts| *counts != [0; 5])).map(|end| end + 120_000 * MILLISECOND);
            }
            end = end.or(Some(at + 120_000 * MILLISECOND));
            let counts = &mut tabs[*tab as usize];
            match step {
                Step::Made => counts[0] += 1,
                Step::Opened => (counts[0], counts[1]) = (counts[0] - 1, counts[1] + 1),
                Step::Failed => (counts[0], counts[3]) = (counts[0] - 1, counts[3] + 1),
            }
        }
        let [opening, opened, opened_before, failed, failed_before] = tabs[tab as usize];
        (opening + (failed + failed_before) / (opened + opened_before + 1)).min(16)
    }

    pub fn backoff_over(&mut self, id: Id) {
        self.requests[id].timer = None;
        if self.plan.browser().websocket_backoff == Backoff::PerUrl {
            self.go_to_scheduler(id);
        } else {
            self.line_up_socket(id);
        }
    }

    fn line_up_socket(&mut self, id: Id) {
        if !self.plan.browser().websocket_one_handshake {
            return self.shake_hands(id);
        }
        self.requests[id].suspect = self.failure(id).is_some();
        self.line_up(id, Line::Handshake);
        self.next_handshake(self.class(id).origin);
    }

    fn next_handshake(&mut self, origin: usize) {
        let mut waiting = self.line(Line::Handshake, |load, id| load.class(id).origin == origin);
        waiting.sort_by_key(|id| self.requests[*id].suspect);
        if let Some(id) = waiting.first().filter(|_| self.handshaking[origin].is_none()) {
            self.handshaking[origin] = Some(*id);
            self.requests[*id].line = Line::None;
            self.shake_hands(*id);
        }
    }

    fn path(&self, id: Id) -> (usize, String) {
        let (origin, url) = self.url(id);
        (origin, url.split('?').next().unwrap().to_owned())
    }

    /// Firefox: when the last socket of this path failed, and the delay after it.
    fn failure(&self, id: Id) -> Option<(u64, u64)> {
        let path = self.path(id);
        self.failed_paths.iter().find(|(other, ..)| *other == path).map(|(_, last, delay)| (*last, *delay))
    }

    fn forget_failure(&mut self, id: Id) {
        let path = self.path(id);
        self.failed_paths.retain(|(other, ..)| *other != path);
    }

    fn shake_hands(&mut self, id: Id) {
        if let Some((last, delay)) = self.failure(id) {
            let since = (self.now - last) / MILLISECOND;
            if since < delay {
                return self.set_timer(id, (delay - since) * MILLISECOND, Event::Backoff(id));
            }
            if since >= delay + 60_000 {
                self.forget_failure(id);
            }
        }
        self.go_to_scheduler(id);
    }

    /// A WebSocket is open, or over.
    pub fn leave_handshake(&mut self, id: Id) {
        if !std::mem::take(&mut self.requests[id].is_opening) {
            return;
        }
        let opened = self.requests[id].ended.is_none();
        let (tab, step) = (self.requests[id].call.tab, if opened { Step::Opened } else { Step::Failed });
        self.sockets.push((self.now, tab, step));
        if self.plan.browser().websocket_backoff == Backoff::PerUrl {
            let known = self.failure(id);
            let aborted = self.requests[id].outcome == Outcome::Aborted;
            let delay = match known {
                None => self.draws.backoff(self.class(id), self.requests[id].call, 200..=399),
                Some((_, delay)) => (delay + delay / 2).min(60_000),
            };
            if opened || known.is_none() || !aborted {
                self.forget_failure(id);
            }
            if !opened && (known.is_none() || !aborted) {
                self.failed_paths.push((self.path(id), self.now, delay));
            }
        }
        let origin = self.class(id).origin;
        if self.handshaking[origin] == Some(id) {
            self.handshaking[origin] = None;
            self.next_handshake(origin);
        }
    }
}
