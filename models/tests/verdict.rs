//! The verdict by hand: what counts as failed, up to when, and where nothing can fail.
//!
//! Source: load_rules.rs and docs/words.md. Six long calls from 5 s on hold all connections, so that what is called later dies by
//! its deadline.
#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::{Document, Extent, Fails, Load, LoadState, Plan, Verdict};
use sixslot_sim_core::Span;

fn plan(text: &str) -> Plan {
    Document::read("verdict", &format!("schema = 1\nhorizon = '30s'\n{text}"), &[]).unwrap().plan(&[], &[]).unwrap()
}

/// The verdict of the whole load, which is the same where only what decides it is simulated.
fn verdict(text: &str) -> Verdict {
    let plan = plan(text);
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::UntilDecided).unwrap();
    let decided = load.verdict().clone();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    assert_eq!((decided.failed, decided.ready, decided.error), {
        let whole = load.verdict();
        (whole.failed, whole.ready, whole.error)
    });
    assert!(plan.load().can_fail || !decided.failed, "{text}");
    load.verdict().clone()
}

const BURST: &str = "
    request.long = { start = '5s', count = 6, service = '40s' }
    request.poll = { every = '2s', deadline = '1s', service = '50ms' }
    load.ready = ['poll']
";

fn seconds(verdict: &Verdict) -> (f64, Option<f64>) {
    (verdict.ready.unwrap().as_seconds_f64(), verdict.error.map(|time| time.as_seconds_f64()))
}

#[test]
fn a_page_that_polls_is_judged_to_the_horizon_unless_it_chooses_otherwise() {
    let error = "load.error = { request = 'poll' }";
    let by = |more: &str| verdict(&format!("{BURST}\n{more}"));
    // The tick at 6 s dies at 7 s.
    for text in [error.to_owned(), format!("{error}\nload.fails = 'any-error'"), String::new()] {
        let failed = by(&text);
        assert_eq!(failed.state(), LoadState::Failed, "{text}");
        let (ready, error) = seconds(&failed);
        assert!(ready < 0.1 && error == Some(7.0), "{text}: {failed:?}");
    }
    for fails in ["error-shown", "not-ready"] {
        let ready = by(&format!("{error}\nload.fails = '{fails}'"));
        assert_eq!((ready.state(), ready.error), (LoadState::Ready, None), "{fails}");
    }
}

#[test]
fn each_error_has_its_own_request_and_counts() {
    let text = "
        request.long = { start = '1s', count = 6, service = '40s' }
        request.fast = { start = '2s', deadline = '1s', retry = { attempts = 3, backoff = ['1s'] } }
        request.slow = { start = '2s', count = 3, deadline = '4s' }
        load.ready = ['slow', 'fast']
        load.fails = 'error-shown'
        load.error.card = { request = 'fast', failures = 3 }
        load.error.toast = { request = 'slow' }
    ";
    let plan = plan(text);
    let rules = plan.load();
    let names: Vec<_> = rules.errors.iter().map(|rule| (rule.name.as_deref().unwrap(), rule.failures)).collect();
    assert_eq!(names, [("card", 3), ("toast", 1)]);
    // `fast` dies at 3, 5 and 7 s, an instance of `slow` at 6 s.
    let shown = verdict(text);
    assert_eq!((shown.error.unwrap().as_seconds_f64(), shown.rule), (6.0, Some(1)));
    let first = verdict(&text.replace("failures = 3", "failures = 2"));
    assert_eq!((first.error.unwrap().as_seconds_f64(), first.rule), (5.0, Some(0)));
}

#[test]
fn only_a_success_of_the_request_that_showed_the_error_clears_it() {
    let text = |request: &str| {
        format!(
            "request.long = {{ count = 6, service = '9s' }}
             request.page = {{ deadline = '1s' }}
             request.other = {{ start = '10s' }}
             request.again = {{ start = '11s', every = '1s', deadline = '500ms' }}
             load.ready = ['again']
             load.error_is_final = false
             load.fails = 'error-shown'
             load.error.one = {{ request = '{request}' }}
             load.error.two = {{ request = 'again', failures = 9 }}"
        )
    };
    let kept = verdict(&text("page"));
    assert_eq!((kept.error.map(|at| at.as_seconds_f64()), kept.recovered), (Some(1.0), None));
    assert_eq!(kept.state(), LoadState::Failed);
}

#[test]
fn a_call_can_be_judged_after_its_retries() {
    let text = |failures: u32| {
        format!(
            "request.long = {{ count = 6, service = '5s' }}
             request.page = {{ deadline = '2s', retry = {{ attempts = 3, backoff = ['500ms'] }}, service = '1s' }}
             load = {{ ready = ['page'], fails = 'any-error', error = {{ request = 'page', failures = {failures} }} }}"
        )
    };
    // Aborted at 2 and 4.5 s; the third call, from 5 s on, succeeds.
    let (ready, error) = seconds(&verdict(&text(3)));
    assert!((6.0..6.05).contains(&ready) && error.is_none(), "{ready} {error:?}");
    assert_eq!(verdict(&text(2)).error.unwrap().as_seconds_f64(), 4.5);
}

#[test]
fn where_nothing_can_fail_a_load_is_ready_or_late() {
    let never = [
        "request.page = { service = '60s' }\nload.ready = ['page']",
        "request.page = { service = '60s', every = '9s' }\nload.ready = ['page']",
        "request.page = { service = '60s' }\nload = { ready = ['page'], error = { request = 'page' } }",
        // One call cannot fail three times, and three calls of 12 s take longer than the horizon.
        "request.page = { service = '60s', deadline = '8s' }\nload = { ready = ['page'], error = { request = 'page', failures = 3 } }",
        "request.page = { service = '60s', deadline = '12s', retry.attempts = 3 }\nload = { ready = ['page'], error = { request = 'page', failures = 3 } }",
    ];
    for text in never {
        assert!(!plan(text).load().can_fail, "{text}");
        assert_eq!(verdict(text).state(), LoadState::Late, "{text}");
    }
    let judged = [
        ("request.page = { service = '60s', deadline = '8s' }\nload.ready = ['page']", Fails::NotReady),
        ("request.page = { service = '60s' }\nload = { ready = ['page'], fails = 'not-ready' }", Fails::NotReady),
        ("request.page = { service = '60s', deadline = '8s', every = '10s' }\nload.ready = ['page']", Fails::AnyError),
    ];
    for (text, fails) in judged {
        let plan = plan(text);
        assert_eq!((plan.load().can_fail, plan.load().fails), (true, fails), "{text}");
        assert_eq!(verdict(text).state(), LoadState::Failed, "{text}");
    }
}

#[test]
fn the_earliest_error_is_known_before_a_load_is_simulated() {
    let day = Span::from_seconds(24 * 60 * 60);
    for (request, rule, expected) in [
        ("deadline = '8s', retry.attempts = 3", "failures = 3", Some(24.0)),
        ("deadline = '8s', retry = { attempts = 3, backoff = ['1s'] }", "failures = 3", Some(26.0)),
        ("deadline = '8s', every = '2s'", "failures = 3", Some(12.0)),
        ("deadline = '8s', every = '3s', skip_while_in_flight = true", "failures = 2", Some(17.0)),
        ("deadline = '8s', every = '2s', skip_while_in_flight = true", "failures = 2", Some(18.0)),
        ("deadline = '8s', retry.attempts = 100", "failures = 0, no_success_for = '30s'", Some(32.0)),
        ("deadline = '8s'", "failures = 2", None),
        ("service = '8s'", "failures = 1", None),
    ] {
        let text = format!(
            "request.page = {{ {request} }}\nload = {{ ready = ['page'], error = {{ request = 'page', {rule} }} }}"
        );
        let plan = plan(&text);
        let earliest = plan.load().errors[0].earliest(plan.classes(), day);
        assert_eq!(earliest.map(Span::as_seconds_f64), expected, "{text}");
    }
}
