//! The lab's verdict over measured calls against the simulator's, over random scenarios of every kind.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../models/tests/generator/mod.rs"]
mod generator;

use generator::{Tape, scenario};
use sixslot_lab::{Settled, verdict};
use sixslot_models::Document;
use sixslot_models::class::{Failure, Kind};
use sixslot_models::load::{Draws, Extent, Load, Outcome, Request};
use sixslot_sim_core::{Purpose, Streams, Time};
use std::collections::BTreeMap;

/// When the page learned of a call's fate: at its headers where it does not read the body.
fn settled(plan: &sixslot_models::Plan, request: &Request) -> Option<Settled> {
    let class = &plan.classes()[request.class];
    // The page does not count them.
    if request.superseded || request.cancelled {
        return None;
    }
    let unread = !class.reads_body && class.kind == Kind::Fetch;
    let at = match (request.succeeded(), class.reads_body || class.kind != Kind::Fetch, request.outcome) {
        (true, false, outcome) if outcome != Outcome::Coalesced => request.headers.or(request.ended)?,
        (true, ..) => request.ended?,
        (false, ..) if unread && matches!(request.failure, Some(Failure::Status(_))) => request.headers?,
        (false, _, Outcome::Unfinished) => return None,
        (false, ..) => request.ended?,
    };
    Some(Settled {
        class: request.class,
        index: request.index,
        tab: request.tab,
        issued_ms: request.issued.as_millis_f64(),
        at_ms: at.as_millis_f64(),
        ok: request.succeeded(),
        retried: class.retries(request.failure),
    })
}

/// A failure that could be followed by a retry is the last one of its instance when all attempts have been made.
fn count_attempts(plan: &sixslot_models::Plan, calls: &mut [Settled]) {
    let mut failures: BTreeMap<(usize, u32, u32), u32> = BTreeMap::new();
    for call in calls {
        let failed = failures.entry((call.class, call.index, call.tab)).or_default();
        *failed = if call.ok { 0 } else { *failed + 1 };
        call.retried &= *failed < plan.classes()[call.class].attempts;
    }
}

#[test]
fn both_verdicts_agree() {
    let (mut compared, mut failed, mut errors, mut recovered) = (0, 0, 0, 0);
    for number in 0..16_000 {
        let mut stream = Streams::new(3, number).stream(Purpose::named("tape"), 0);
        let words: Vec<u32> = (0..400).map(|_| (stream.next_uniform() * f64::from(u32::MAX)) as u32).collect();
        let text = scenario(&mut Tape::new(&words)).text;
        let Ok(plan) = Document::read("random.toml", &text, &[]).and_then(|document| document.plan(&[], &[])) else {
            continue;
        };
        // The record of a request does not say when the page gave it up, or that a later call took its place.
        if plan.classes().iter().any(|class| !class.deadline_aborts || class.supersedes) {
            continue;
        }
        let mut load = Load::new();
        if load.simulate(&plan, number, 0, Extent::Whole).is_err() {
            continue;
        }
        let draws = Draws::new(&plan, number, 0).unwrap();
        let mut calls: Vec<Settled> = load.requests().iter().filter_map(|request| settled(&plan, request)).collect();
        calls.sort_by(|one, other| one.at_ms.total_cmp(&other.at_ms));
        count_attempts(&plan, &mut calls);
        // Where calls of one class end at one instant, the record does not say in which order the page learned.
        let tie = |pair: &[Settled]| pair[0].at_ms == pair[1].at_ms && pair[0].ok != pair[1].ok;
        if calls.windows(2).any(tie) {
            continue;
        }
        let measured = verdict(&plan, &draws, draws.tabs(plan.browser()), &calls);
        let simulated = load.verdict();
        let times = |time: Option<Time>| time.map(Time::as_millis_f64);
        assert_eq!(measured.failed, simulated.failed, "{number}\n{text}");
        assert_eq!(measured.ready_ms, times(simulated.ready), "{number}\n{text}");
        assert_eq!(measured.error_ms, times(simulated.error), "{number}\n{text}");
        assert_eq!(measured.recovered_ms, times(simulated.recovered), "{number}\n{text}");
        compared += 1;
        failed += usize::from(measured.failed);
        errors += usize::from(measured.error_ms.is_some());
        recovered += usize::from(measured.recovered_ms.is_some());
    }
    assert!(
        compared > 1_000 && failed > 200 && errors > 100 && recovered > 20,
        "{compared} {failed} {errors} {recovered}"
    );
}
