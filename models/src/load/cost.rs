//! The cost of a load in counted operations: key comparisons, and hashes as a stand-in for moves.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::table::count;
use super::{Extent, Load};
use crate::Document;

/// The operations of a load at four sizes, each divided by n log2 n.
fn per_n_log_n(what: &str, sizes: [u64; 4], scenario: &dyn Fn(u64) -> String) -> [f64; 4] {
    let mut load = Load::new();
    sizes.map(|n| {
        let plan = Document::read("cost.toml", &scenario(n), &[]).unwrap().plan(&[], &[]).unwrap();
        count::take();
        load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
        let operations = count::take();
        assert_eq!(load.requests().len() as u64, n);
        assert!(load.requests().iter().all(super::Request::succeeded), "{what}");
        let per = operations as f64 / (n as f64 * libm::log2(n as f64));
        println!("{what}: n = {n:6}, {operations:9} operations, {per:.2} n log2 n");
        per
    })
}

/// Counted operations grow no faster than n log n: at eight times the size, the count divided by n log2 n is at most a
/// fifth larger. On a quadratic path it would be five times as large.
fn assert_n_log_n(per: [f64; 4]) {
    assert!(per[0] > 0.1, "too few operations counted: {per:?}");
    assert!(per[3] < 1.2 * per[0] && per[3] < 8.0, "{per:?}");
}

#[test]
fn processor_sharing_costs_n_log_n() {
    let scenario = |n| {
        format!(
            "schema = 1\nhorizon = \"24h\"\nbrowser = {{ profile = \"as-reported\", connections = 100000, \
             connections_total = 100000 }}\nserver = {{ discipline = \"processor-sharing\" }}\n[request.a]\ncount = {n}\n\
             start = {{ distribution = \"uniform\", low = \"0s\", high = \"1s\" }}\n\
             work = {{ distribution = \"uniform\", low = \"0ms\", high = \"100ms\" }}\n[load]\nready = [\"a\"]\n"
        )
    };
    assert_n_log_n(per_n_log_n("processor sharing", [5_000, 10_000, 20_000, 40_000], &scenario));
}

#[test]
fn distinct_urls_cost_n_log_n() {
    let scenario = |n| {
        format!(
            "schema = 1\nhorizon = \"24h\"\nbrowser = {{ profile = \"chromium\", connect = \"0s\", dispatch = \"0s\" }}\n\
             [request.a]\ncount = {n}\nurl = \"/{{index}}\"\ndedupe = true\nservice = \"1ms\"\n\
             response_cache_control = \"max-age=60\"\n[load]\nready = [\"a\"]\n"
        )
    };
    assert_n_log_n(per_n_log_n("distinct URLs", [30_000, 60_000, 120_000, 240_000], &scenario));
}
