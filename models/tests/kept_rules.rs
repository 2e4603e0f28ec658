//! Rules that a change could break while every other test of this crate passes (found by mutation), each with a scenario in
//! which it alone decides.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::Document;
use sixslot_models::load::{Extent, Load, Outcome, Request};

/// Requests without costs of the browser, so that each time is a sum of those in the scenario.
const BROWSER: &str = "dispatch = \"0s\"\ndelays_low_priority = false\n";

fn simulate(browser: &str, rest: &str, number: u64) -> (Vec<String>, Load) {
    let text = format!("schema = 1\nhorizon = \"20s\"\n[browser]\n{BROWSER}{browser}{rest}");
    let document = Document::read("kept.toml", &text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let plan = document.plan(&[], &[]).unwrap();
    let mut load = Load::new();
    load.simulate(&plan, 1, number, Extent::Whole).unwrap();
    (plan.classes().iter().map(|class| class.name.clone()).collect(), load)
}

/// The only request of a class.
fn only<'a>((names, load): &'a (Vec<String>, Load), name: &str) -> &'a Request {
    let of = |request: &&Request| names[request.class] == name;
    assert_eq!(load.requests().iter().filter(of).count(), 1, "{name}");
    load.requests().iter().find(of).unwrap()
}

fn milliseconds(time: Option<sixslot_sim_core::Time>) -> Option<u64> {
    time.map(|time| time.as_nanos() / 1_000_000)
}

/// The connection that was opened for `second` is idle and never used, and younger than the one that has served.
#[test]
fn a_connection_that_has_served_is_preferred_to_a_younger_one_that_has_not() {
    let rest = "[request.first]\nservice = \"5ms\"\n[request.second]\nstart = \"8ms\"\nservice = \"2ms\"\n\
        [request.third]\nstart = \"30ms\"\nservice = \"1ms\"\n[load]\nready = [\"third\"]\n";
    let load = simulate("connect = \"10ms\"\n", rest, 0);
    assert_eq!(
        [only(&load, "first"), only(&load, "second"), only(&load, "third")].map(|one| one.connection),
        [Some(1); 3]
    );
    // With `fifo` the first that was opened, whether it has served or not: here the same one.
    let load = simulate("connect = \"10ms\"\nidle_order = \"fifo\"\n", rest, 0);
    assert_eq!(only(&load, "third").connection, Some(1));
}

#[test]
fn a_response_is_fresh_from_its_headers_on() {
    let request = |name: &str, start: u32| {
        format!(
            "[request.{name}]\nurl = \"/x\"\nstart = \"{start}ms\"\nservice = \"100ms\"\nbody = \"500ms\"\nresponse_cache_control = \"max-age=1\"\n"
        )
    };
    let rest =
        request("first", 0) + &request("fresh", 1_050) + &request("stale", 1_150) + "[load]\nready = [\"stale\"]\n";
    let load = simulate("connect = \"0s\"\n", &rest, 0);
    assert_eq!(milliseconds(only(&load, "first").headers), Some(100));
    assert_eq!(only(&load, "fresh").sent, None, "fresh until 1100 ms");
    assert_eq!(milliseconds(only(&load, "stale").sent), Some(1_150), "not until 1600 ms");
}

/// An abort releases all who wait, unless an earlier response is kept.
#[test]
fn a_no_store_response_is_not_kept() {
    let rules = "profile = \"firefox\"\nconnect = \"0s\"\ncache_lock_releases_all_on_no_store = false\n";
    let rest = |first: &str| {
        format!(
            "[request.first]\nurl = \"/x\"\nservice = \"10ms\"\n{first}\
            [request.aborted]\nurl = \"/x\"\nstart = \"100ms\"\nservice = \"10s\"\ndeadline = \"500ms\"\n\
            [request.waits]\nurl = \"/x\"\nstart = \"200ms\"\ncount = 2\nservice = \"300ms\"\n[load]\nready = [\"first\"]\n"
        )
    };
    let sent = |first: &str| {
        let (names, load) = simulate(rules, &rest(first), 0);
        let waiters = load.requests().iter().filter(|request| names[request.class] == "waits");
        waiters.map(|request| milliseconds(request.sent)).collect::<Vec<_>>()
    };
    assert_eq!(sent("response_cache_control = \"no-store\"\n"), [Some(600), Some(600)]);
    assert_eq!(sent(""), [Some(600), Some(900)]);
}

/// The client goes while the server computes a value for it. The computation goes on, the work after it does not start.
#[test]
fn a_server_that_cancels_does_no_more_than_the_value_that_it_computes() {
    let rest = |cancels: bool| {
        format!(
            "[server]\ndiscipline = \"fifo\"\ncancel_on_disconnect = {cancels}\n[server_cache.list]\nwork = \"100ms\"\nttl = \"10s\"\n\
            [request.gone]\nlooks_up = [\"list\"]\nwork = \"500ms\"\ndeadline = \"50ms\"\n\
            [request.later]\nstart = \"150ms\"\nwork = \"10ms\"\n[load]\nready = [\"later\"]\n"
        )
    };
    for (cancels, ended) in [(true, 160), (false, 610)] {
        let load = simulate("connect = \"0s\"\n", &rest(cancels), 0);
        assert_eq!(only(&load, "gone").outcome, Outcome::Aborted);
        assert_eq!(load.1.computations().len(), 1);
        assert_eq!(milliseconds(only(&load, "later").ended), Some(ended));
    }
}

/// Two computations overlap, and the one that started first ends last: its value is the older one.
#[test]
fn the_newer_value_of_a_server_s_cache_stays() {
    let rest = "[server_cache.list]\nio_time = { distribution = \"uniform\", low = \"10ms\", high = \"600ms\" }\nttl = \"450ms\"\n\
        single_flight = false\n[request.first]\nlooks_up = [\"list\"]\n[request.second]\nlooks_up = [\"list\"]\nstart = \"100ms\"\n\
        [request.third]\nlooks_up = [\"list\"]\nstart = \"500ms\"\n[load]\nready = [\"third\"]\n";
    let mut overtaken = 0;
    for number in 0..200 {
        let (_, load) = simulate("connect = \"0s\"\n", rest, number);
        let computations = load.computations();
        let [first, second] = [0, 1].map(|at| computations[at].io_time.as_millis_f64());
        if second + 100.0 < first && first < 500.0 {
            overtaken += 1;
            // The value of 100 ms is valid until 550 ms, that of 0 ms until 450 ms.
            assert_eq!(computations.len(), 2, "load {number}");
        }
    }
    assert!(overtaken >= 20, "{overtaken} loads of 200 decide");
}

#[test]
fn a_row_of_failures_begins_with_its_first_call() {
    let rest = "[request.poll]\nservice = \"10s\"\ndeadline = \"500ms\"\nevery = \"1s\"\n[load]\nready = [\"poll\"]\n\
        error = { request = \"poll\", failures = 0, no_success_for = \"2s\" }\n";
    let (_, load) = simulate("connect = \"0s\"\n", rest, 0);
    // Calls at 0, 1 and 2 s fail after half a second: rows of 0.5, 1.5 and 2.5 s.
    assert_eq!(milliseconds(load.verdict().error), Some(2_500));
}
