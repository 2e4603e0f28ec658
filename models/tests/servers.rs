//! What servers do: event loops, server caches, slowdown, background calls. Each number is worked out by hand in the comment.
#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::Document;
use sixslot_models::load::{Extent, Load};

/// (name, arrival at the server in milliseconds, headers sent in milliseconds) of every call.
fn simulate(scenario: &str) -> Vec<(String, f64, Option<f64>)> {
    let text = format!(
        "schema = 1\nhorizon = \"20s\"\nbrowser = {{ dispatch = \"0s\", connect = \"0s\", connections = 100 }}\n{scenario}\n"
    );
    let plan = Document::read("test", &text, &[]).unwrap().plan(&[], &[]).unwrap();
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    let millis = |time: Option<sixslot_sim_core::Time>| time.map(sixslot_sim_core::Time::as_millis_f64);
    let row = |request: &sixslot_models::load::Request| {
        (plan.classes()[request.class].name.clone(), millis(request.sent).unwrap_or(-1.0), millis(request.headers))
    };
    load.requests().iter().map(row).collect()
}

fn headers(scenario: &str, name: &str) -> Vec<Option<f64>> {
    simulate(scenario).into_iter().filter(|row| row.0 == name).map(|row| row.2).collect()
}

#[test]
fn segments_of_a_cheap_request_wait_behind_the_blocks_of_a_listing() {
    // The listing's block runs from 0 to 1000. Four segments of 10 ms with waits of 5 ms: the first begins at 1000, so the
    // headers go out at 1000 + 4 x (10 + 5) = 1060. Alone it would take 60.
    let page = |other: &str| {
        format!(
            "[server]\ndiscipline = \"event-loop\"\n{other}
             [request.cheap]\nwork = \"40ms\"\nio_time = \"20ms\"\nsegments = 4\n[load]\nready = [\"cheap\"]"
        )
    };
    assert_eq!(headers(&page("[request.list]\nwork = \"1s\""), "cheap"), [Some(1060.0)]);
    assert_eq!(headers(&page(""), "cheap"), [Some(60.0)]);
    // A second listing that arrives at 500 is ready before the second segment: 1000 + 10, then its block until 2010. The segment
    // became ready at 1015, and goes on at 2010: 2010 + 3 x 15 = 2055, where the wait after the first segment has passed.
    let two = "[request.list]\nwork = \"1s\"\n[request.later]\nstart = \"500ms\"\nwork = \"1s\"";
    assert_eq!(headers(&page(two), "cheap"), [Some(2055.0)]);
}

#[test]
fn an_aborted_request_keeps_the_event_loop_busy() {
    let page = |stops: bool| {
        format!(
            "[server]\ndiscipline = \"event-loop\"\ncancel_on_disconnect = {stops}
             [request.first]\nwork = \"1s\"\n[request.second]\nwork = \"1s\"\ndeadline = \"100ms\"
             [request.third]\nstart = \"200ms\"\nwork = \"1s\"\n[load]\nready = [\"third\"]"
        )
    };
    assert_eq!(headers(&page(false), "third"), [Some(3000.0)]);
    assert_eq!(headers(&page(true), "third"), [Some(2000.0)]);
}

#[test]
fn contention_makes_sharing_cost() {
    // T(n) = W n^g in a burst of n equal requests.
    for (count, slowdown_exponent) in [(1_u32, 1.1), (3, 1.04), (5, 1.11), (5, 1.0)] {
        let page = format!(
            "[server]\ndiscipline = \"processor-sharing\"\nslowdown_exponent = {slowdown_exponent}
             [request.list]\ncount = {count}\nwork = \"672ms\"\n[load]\nready = [\"list\"]"
        );
        let exact = 672.0 * libm::pow(f64::from(count), slowdown_exponent);
        assert!(
            headers(&page, "list").iter().all(|at| (at.unwrap() - exact).abs() < 1e-3),
            "{count} {slowdown_exponent}"
        );
    }
}

const MEMO: &str = "[request.a]\nlooks_up = [\"ps\"]\nwork = \"10ms\"\nevery = \"2s\"\n[load]\nready = [\"a\"]\n";

#[test]
fn a_memo_is_made_once_in_its_life() {
    // Computed at 0 (100 ms), valid until 5000 from the START of the computation: calls at 0, 6 s, 12 s, 18 s compute it, and the
    // others (2 s, 4 s, ...) need only their own 10 ms.
    let page = format!("[server_cache.ps]\nio_time = \"100ms\"\nttl = \"5s\"\n{MEMO}");
    let taken: Vec<f64> = simulate(&page).iter().filter_map(|row| Some(row.2? - row.1)).collect();
    assert_eq!(taken, [110.0, 10.0, 10.0, 110.0, 10.0, 10.0, 110.0, 10.0, 10.0, 110.0]);
}

#[test]
fn a_value_lives_from_the_start_or_from_the_end_of_its_computation() {
    // a computes the value from 0 to 100 ms. b needs 10 ms of work, and 100 ms more if the value has expired.
    let answered = |ttl_from: &str, ttl: &str, at: &str| {
        let page = format!(
            "[server_cache.ps]\nio_time = \"100ms\"\nttl = \"{ttl}\"\n{ttl_from}
             [request.a]\nlooks_up = [\"ps\"]\nwork = \"10ms\"
             [request.b]\nstart = \"{at}\"\nlooks_up = [\"ps\"]\nwork = \"10ms\"\n[load]\nready = [\"b\"]"
        );
        headers(&page, "b")[0]
    };
    let (start, end) = ("ttl_from = \"start\"", "ttl_from = \"end\"");
    // A time to live of 5 s ends at 5000 or at 5100; at its end the value has expired.
    let times = |ttl_from| ["4999ms", "5000ms", "5099ms", "5100ms"].map(|at| answered(ttl_from, "5s", at));
    assert_eq!(times(start), [5_009.0, 5_110.0, 5_209.0, 5_210.0].map(Some));
    assert_eq!(times(end), [5_009.0, 5_010.0, 5_109.0, 5_210.0].map(Some));
    assert_eq!(times(""), times(start), "the default");
    // A time to live that is shorter than the computation: expired when it is computed, or valid until 150.
    assert_eq!([start, end].map(|ttl_from| answered(ttl_from, "50ms", "120ms")), [230.0, 130.0].map(Some));
}

#[test]
fn a_single_flight_is_shared_and_another_is_not() {
    // b arrives at 40 while a computes the value until 100: shared, it answers at 100 + 10; alone, it computes it: 40 + 100 + 10.
    let page = |single: bool| {
        format!(
            "[server_cache.ps]\nio_time = \"100ms\"\nttl = \"5s\"\nsingle_flight = {single}\n{MEMO}
             [request.b]\nstart = \"40ms\"\nlooks_up = [\"ps\"]\nwork = \"10ms\""
        )
    };
    assert_eq!(headers(&page(true), "b"), [Some(110.0)]);
    assert_eq!(headers(&page(false), "b"), [Some(150.0)]);
}

#[test]
fn a_probe_wipes_a_memo() {
    let page = format!(
        "[server_cache.ps]\nio_time = \"100ms\"\nttl = \"60s\"\ninvalidated_by = [\"probe\"]\n{MEMO}
         [request.probe]\nstart = \"3s\"\nwork = \"1ms\""
    );
    let taken: Vec<f64> =
        simulate(&page).iter().filter(|row| row.0 == "a").filter_map(|row| Some(row.2? - row.1)).collect();
    assert_eq!(taken[..4], [110.0, 10.0, 110.0, 10.0]);
}

#[test]
fn a_memo_is_finished_though_its_maker_is_aborted() {
    for (discipline, stops) in [("independent", false), ("independent", true), ("event-loop", true), ("fifo", true)] {
        let page = format!(
            "[server]\ndiscipline = \"{discipline}\"\ncancel_on_disconnect = {stops}
             [server_cache.ps]\nio_time = \"100ms\"\nttl = \"5s\"
             [request.a]\nlooks_up = [\"ps\"]\nwork = \"10ms\"\ndeadline = \"50ms\"
             [request.b]\nstart = \"20ms\"\nlooks_up = [\"ps\"]\nwork = \"10ms\"\n[load]\nready = [\"b\"]"
        );
        assert_eq!(headers(&page, "b"), [Some(110.0)], "{discipline} {stops}");
        assert_eq!(headers(&page, "a"), [None]);
    }
}

#[test]
fn a_job_needs_no_connection_and_its_guard_skips_calls() {
    // Blocks of 2.5 s each second: the guard lets calls at 0, 3, 6, 9, ... through. With a deadline of 1.5 s calls begin
    // at 0, 2, 4, ..., and the work of each goes on: the loop falls behind forever.
    let page = |deadline: &str| {
        format!(
            "[server]\ndiscipline = \"event-loop\"\n[background.poll]\nevery = \"1s\"\nskip_while_in_flight = true\nwork = \"2500ms\"\n{deadline}
             [request.page]\nstart = \"19s\"\nwork = \"1ms\"\n[load]\nready = [\"page\"]"
        )
    };
    let calls = |page: &str| simulate(page).iter().filter(|row| row.0 == "poll").map(|row| row.1).collect::<Vec<_>>();
    assert_eq!(calls(&page("")), [0.0, 3000.0, 6000.0, 9000.0, 12000.0, 15000.0, 18000.0]);
    assert_eq!(calls(&page("deadline = \"1500ms\""))[..4], [0.0, 2000.0, 4000.0, 6000.0]);
    assert_eq!(headers(&page("deadline = \"1500ms\""), "page"), [None], "the page waits behind 10 blocks of 2.5 s");
}

#[test]
fn a_memo_that_has_been_made_for_long_is_joined_no_more() {
    // One ps takes 9 s and can be joined for 5 s from its start: a at 0 and b at 4 s get the first, c at 6 s starts another, d
    // at 9 s gets that one; at 9 s the first value is too old for later requests.
    let page = |join_within: &str| {
        let call = |name: &str, at: &str| format!("[request.{name}]\nstart = \"{at}\"\nlooks_up = [\"ps\"]\n");
        format!(
            "[server_cache.ps]\nio_time = \"9s\"\nttl = \"5s\"\n{join_within}\n{}{}{}{}[load]\nready = [\"d\"]",
            call("a", "0s"),
            call("b", "4s"),
            call("c", "6s"),
            call("d", "9s")
        )
    };
    let answered = |join_within: &str| ["a", "b", "c", "d"].map(|name| headers(&page(join_within), name)[0]);
    assert_eq!(answered("join_within = \"5s\""), [9_000.0, 9_000.0, 15_000.0, 15_000.0].map(Some));
    assert_eq!(answered(""), [9_000.0, 9_000.0, 9_000.0, 18_000.0].map(Some));
}

#[test]
fn a_job_without_a_period_runs_once_after_its_delay() {
    let page =
        "[socket.mux]\nkind = \"websocket\"\nopens = \"1s\"\n[background.first]\nafter = \"mux.open\"\ndelay = \"2s\"
        [request.page]\n[load]\nready = [\"page\"]";
    let calls: Vec<f64> = simulate(page).iter().filter(|row| row.0 == "first").map(|row| row.1).collect();
    assert_eq!(calls.len(), 1);
    assert!((calls[0] - 3_000.0).abs() < 50.0, "{calls:?}");
}
