//! Early binding: a new connection belongs to the request that it was opened for (Firefox, see models/src/load/pool.rs).

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_models::Document;
use sixslot_models::load::{Extent, Load};

/// When each request was sent, in milliseconds, by the order of their issue.
fn sent(scenario: &str, sets: &[&str]) -> Vec<(String, Option<f64>)> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let plan = Document::read("pool", scenario, &sets).unwrap().plan(&[], &[]).unwrap();
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    let row = |request: &sixslot_models::load::Request| {
        let millis = request.sent.map(sixslot_sim_core::Time::as_millis_f64);
        (plan.classes()[request.class].name.clone(), millis)
    };
    load.requests().iter().map(row).collect()
}

/// Two connections are taken; both are aborted, at 200 and 250 ms, and each abort makes room for a new connection that
/// takes 100 ms. The first is for `first`, the second for `second`: `urgent` arrives when both are opening, and gets
/// neither, although it is at the head of the queue when the second is open.
const SCENARIO: &str = r#"
schema = 1
horizon = "5s"
browser = { profile = "chromium", late_binding = false, connections = 2, connect = "100ms", dispatch = "0s", delays_low_priority = false }
[request.holds-one]
service = "10s"
deadline = "200ms"
[request.holds-two]
service = "10s"
deadline = "250ms"
[request.first]
start = "110ms"
priority = "low"
service = "1s"
[request.second]
start = "120ms"
priority = "low"
service = "1s"
[request.urgent]
start = "260ms"
priority = "high"
service = "1s"
[load]
ready = ["urgent"]
"#;

fn expected(times: [f64; 5]) -> Vec<(String, Option<f64>)> {
    let names = ["holds-one", "holds-two", "first", "second", "urgent"];
    names.iter().zip(times).map(|(name, time)| ((*name).to_owned(), Some(time))).collect()
}

#[test]
fn each_new_connection_has_an_owner_of_its_own() {
    assert_eq!(sent(SCENARIO, &[]), expected([100.0, 100.0, 300.0, 350.0, 1300.0]));
}

#[test]
fn late_binding_gives_it_to_the_head_of_the_queue() {
    assert_eq!(sent(SCENARIO, &["browser.late_binding=true"]), expected([100.0, 100.0, 350.0, 1300.0, 300.0]));
}
