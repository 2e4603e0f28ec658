//! Details of servers and polls that the as-built page needs. Each number is worked out by hand in the comment.
#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::Document;
use sixslot_models::load::{Extent, Load};

/// (milliseconds at which it was issued, milliseconds at which its headers went out) of every call of a name.
fn calls(scenario: &str, name: &str) -> Vec<(f64, Option<f64>)> {
    let text = format!(
        "schema = 1\nhorizon = \"20s\"\nbrowser = {{ dispatch = \"0s\", connect = \"0s\", connections = 100 }}\n{scenario}\n"
    );
    let plan = Document::read("test", &text, &[]).unwrap().plan(&[], &[]).unwrap();
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    let own = load.requests().iter().filter(|request| plan.classes()[request.class].name == name);
    own.map(|request| (request.issued.as_millis_f64(), request.headers.map(sixslot_sim_core::Time::as_millis_f64)))
        .collect()
}

fn refusal(scenario: &str) -> String {
    Document::read("test", &format!("schema = 1\n{scenario}\n"), &[]).unwrap_err().to_string()
}

#[test]
fn memos_are_looked_up_before_the_segment_that_needs_them() {
    // Three segments of 10 ms. The server cache takes 100 ms of latency: before the first segment 100 + 30, before the third 20 + 100 + 10:
    // the same, but a second request that arrives at 15 has its value at 100 in one case and at 120 in the other.
    let page = |before: u32| {
        format!(
            "[server]\ndiscipline = \"event-loop\"\n[server_cache.ps]\nio_time = \"100ms\"\nttl = \"5s\"
             [request.first]\nwork = \"30ms\"\nsegments = 3\nlooks_up = [\"ps\"]\nlookup_before_segment = {before}
             [request.second]\nstart = \"50ms\"\nlooks_up = [\"ps\"]\n[load]\nready = [\"first\"]"
        )
    };
    assert_eq!(calls(&page(1), "first"), [(0.0, Some(130.0))]);
    assert_eq!(calls(&page(1), "second"), [(50.0, Some(100.0))]);
    assert_eq!(calls(&page(3), "first"), [(0.0, Some(130.0))]);
    assert_eq!(calls(&page(3), "second"), [(50.0, Some(120.0))]);
    assert!(refusal(&page(4)).contains("4 is over the limit of 3"));
}

#[test]
fn a_part_without_work_waits_for_no_block() {
    // The second request computes a cached value in 100 ms of I/O; the block of the first lasts until 1000. Its own part has
    // 10 ms of work, so it starts when the block ends; without own work it is answered at 100.
    let page = |work: &str| {
        format!(
            "[server]\ndiscipline = \"event-loop\"\n[server_cache.ps]\nio_time = \"100ms\"\nttl = \"5s\"\n[request.list]\nwork = \"1s\"
             [request.cheap]\n{work}\nlooks_up = [\"ps\"]\n[load]\nready = [\"cheap\"]"
        )
    };
    assert_eq!(calls(&page("work = \"10ms\""), "cheap"), [(0.0, Some(1010.0))]);
    assert_eq!(calls(&page("io_time = \"1ms\""), "cheap"), [(0.0, Some(101.0))]);
}

#[test]
fn a_job_can_begin_with_an_event_of_the_page() {
    // The socket opens at 300 + 20; the background calls follow every 8 s: 320, 8320, 16320.
    let page = "[socket.mux]\nopens = \"300ms\"\nhandshake = \"20ms\"\nkind = \"websocket\"
                [background.poll]\nafter = \"mux.open\"\nevery = \"8s\"
                [request.page]\n[load]\nready = [\"page\"]";
    let issued: Vec<f64> = calls(page, "poll").iter().map(|call| call.0).collect();
    assert_eq!(issued, [320.0, 8_320.0, 16_320.0]);
    let both = "[background.poll]\nafter = \"page.ok\"\nstart = \"1s\"\nevery = \"8s\"\n[request.page]\n[load]\nready = [\"page\"]";
    assert!(refusal(both).contains("exclude each other"));
}

#[test]
fn a_late_timer_ticks_after_the_abort() {
    // Deadline 4 s, ticks every 2 s, no response. Timer started with the call: the tick at 4 s finds it in flight, the next
    // call is at 6 s. Started 10 ms later: the abort at 4 s comes first, and the tick at 4.01 s calls; its abort at 8.01 s is
    // the instant of a tick, which still finds it in flight: 10.01 s.
    let page = |lag: &str| {
        format!(
            "[request.session]\nevery = \"2s\"\ntimer_delay = \"{lag}\"\nskip_while_in_flight = true\ndeadline = \"4s\"\nservice = \"1h\"\n[load]\nready = [\"session\"]"
        )
    };
    let issued = |lag: &str| calls(&page(lag), "session").iter().map(|call| call.0).collect::<Vec<f64>>();
    assert_eq!(issued("0s")[..3], [0.0, 6_000.0, 12_000.0]);
    assert_eq!(issued("10ms")[..3], [0.0, 4_010.0, 10_010.0]);
    assert!(refusal("[request.a]\ntimer_delay = \"1s\"\n[load]\nready = [\"a\"]").contains("requires `every`"));
}

#[test]
fn a_socket_is_as_fresh_as_the_job_that_feeds_it() {
    // The background call succeeds at 0 and every 6 s. Ticks every 2 s are skipped within 3 s of a success: of 2, 4, 6, 8, 10 those at 4
    // and 10 call; at 6 the success is at the instant of the tick, before or after it.
    let page = |work: &str| {
        format!(
            "horizon = \"11s\"\n[socket.mux]\nkind = \"websocket\"\nsnapshot_by = [\"poll\"]\n[background.poll]\nevery = \"6s\"\n{work}
             [request.list]\nevery = \"2s\"\nskip_while_fresh = {{ socket = \"mux\", within = \"3s\" }}\n[load]\nready = [\"list\"]"
        )
        .replace("horizon = \"11s\"\n", "")
    };
    let issued: Vec<f64> = calls(&page("io_time = \"1ms\""), "list").iter().map(|call| call.0).collect();
    // At 6 s the last success was at 1 ms: it calls. At 8 s it was at 6.001 s: it does not.
    assert_eq!(issued[..4], [0.0, 4_000.0, 6_000.0, 10_000.0]);
    // A background call that never succeeds keeps nothing fresh.
    let issued: Vec<f64> = calls(&page("io_time = \"1h\""), "list").iter().map(|call| call.0).collect();
    assert_eq!(issued[..4], [0.0, 2_000.0, 4_000.0, 6_000.0]);
    assert!(
        refusal("[socket.s]\nkind = \"websocket\"\nsnapshot_by = [\"r\"]\n[request.r]\n[load]\nready = [\"r\"]")
            .contains("is not a background call")
    );
}
