//! A second simulator of the as-reported page: k slots, first come first served, deadlines. It shares no code and no data
//! structure with the first, and is fed with what the first drew.

use sixslot_models::Plan;
use sixslot_models::class::Kind;
use sixslot_models::load::Load;

/// A call as the page made it; nanoseconds.
pub struct Call {
    pub issued: u64,
    /// How long the server takes; none if the first simulator never let the call reach the server.
    pub service: Option<u64>,
    pub gives_up: u64,
    pub keeps_its_slot: bool,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    pub begun: Option<u64>,
    pub answered: Option<u64>,
}

/// The calls of a load in the page's order.
pub fn calls(plan: &Plan, load: &Load) -> Vec<Call> {
    let call = |request: &sixslot_models::load::Request| {
        let class = &plan.classes()[request.class];
        let issued = request.issued.as_nanos();
        Call {
            issued,
            service: request.sent.map(|_| request.drawn.as_nanos()),
            gives_up: class.deadline.map_or(u64::MAX, |deadline| issued + deadline.as_nanos()),
            keeps_its_slot: class.kind != Kind::Fetch,
        }
    };
    load.requests().iter().map(call).collect()
}

/// Serves the calls, which are in the order of their issue: each takes the slot that is free first, unless it would have
/// to give up before, or the page no longer watches.
///
/// # Panics
/// When a call is served whose service time is not known, because the first simulator did not serve it.
pub fn serve(slots: usize, horizon: u64, calls: &[Call]) -> Vec<Fate> {
    let mut free_at = vec![0_u64; slots];
    let mut fates = Vec::with_capacity(calls.len());
    for (number, call) in calls.iter().enumerate() {
        let slot = (0..slots).min_by_key(|slot| free_at[*slot]).expect("there are slots");
        let begun = free_at[slot].max(call.issued);
        if begun >= call.gives_up || begun > horizon {
            fates.push(Fate::default());
            continue;
        }
        let service = call.service.unwrap_or_else(|| panic!("call {number} was never served, yet a slot was free"));
        let end = begun + service;
        let answered = (end < call.gives_up && end <= horizon).then_some(end);
        free_at[slot] = if call.keeps_its_slot { u64::MAX } else { end.min(call.gives_up) };
        fates.push(Fate { begun: Some(begun), answered });
    }
    fates
}
