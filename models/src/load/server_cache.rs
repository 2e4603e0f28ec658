//! What a server remembers for a while: a shared `ps`, a cached list.
//!
//! Rule (code of the dashboard of issue 1855): a value is good for its life, counted from the start of its making; who comes
//! while it is being made waits for it (single flight) or makes another; the arrival of certain requests wipes it. Who
//! makes it does so as part of its own work, by the server's discipline.

use super::list::RequestId;
use super::{Agenda, Running};
use sixslot_sim_core::{Span, Time};

/// The state of a memo.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// When the making of the present value began; none where there is no value.
    value: Option<Time>,
    /// The last one who began to make it, until that is done.
    maker: Option<RequestId>,
    /// How often it has been made: the number of its next draw.
    made: u64,
}

impl Running<'_> {
    /// What a request has to begin next: the making of a memo, or its own work; none while it waits for a memo.
    pub(super) fn look_up_memos(&mut self, now: Time, id: RequestId) -> Option<(Span, Span)> {
        let class = self.class(id);
        let hops_done = class.hops - self.request(id).state.hops_left.min(class.hops);
        if hops_done + 1 < class.needs_before {
            return Some(self.request(id).state.own);
        }
        while let Some(number) = class.needs.get(self.request(id).state.needs_met).copied() {
            let rules = &self.plan.memos[number];
            let memo = &mut self.state.memos[number];
            if memo.value.is_some_and(|began| now < began + rules.life) {
                self.request(id).state.needs_met += 1;
                continue;
            }
            let joined = memo.maker.filter(|maker| {
                let began = self.state.requests[*maker].state.making;
                let late = |since: Span| began.is_some_and(|began| now >= began + since);
                rules.single_flight && !rules.joinable.is_some_and(late)
            });
            if let Some(maker) = joined {
                self.state.requests[maker].state.awaited_by.push(&mut self.state.links, id);
                self.request(id).state.awaits = Some(maker);
                return None;
            }
            memo.maker = Some(id);
            let parts = self.state.draws.memo(rules, memo.made);
            memo.made += 1;
            self.request(id).state.making = Some(now);
            return Some(parts);
        }
        Some(self.request(id).state.own)
    }

    /// A request has made the memo that it needed: all who waited go on.
    pub(super) fn memo_made(&mut self, agenda: &mut Agenda, id: RequestId) {
        let class = self.class(id);
        let state = &mut self.request(id).state;
        let began = state.making.take();
        let mut waiting = std::mem::take(&mut state.awaited_by);
        let number = class.needs[state.needs_met];
        state.needs_met += 1;
        let memo = &mut self.state.memos[number];
        // The younger value stays.
        memo.value = memo.value.max(began);
        if memo.maker == Some(id) {
            memo.maker = None;
        }
        while let Some(waiter) = waiting.pop(&mut self.state.links) {
            let state = &mut self.request(waiter).state;
            state.awaits = None;
            state.needs_met += 1;
            self.next_part(agenda, waiter);
        }
    }

    /// Leaves the line for a memo; false where it is in none.
    pub(super) fn leave_memo(&mut self, id: RequestId) -> bool {
        let Some(maker) = self.request(id).state.awaits.take() else { return false };
        self.state.requests[maker].state.awaited_by.remove(&mut self.state.links, id);
        true
    }

    /// The arrival of a request wipes the memos that say so.
    pub(super) fn wipe_memos(&mut self, id: RequestId) {
        let class = self.state.requests[id].class;
        for (memo, rules) in self.state.memos.iter_mut().zip(&self.plan.memos) {
            if rules.wiped_by.contains(&class) {
                memo.value = None;
            }
        }
    }
}
