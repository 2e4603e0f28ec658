//! Five loads that make the same requests tell a shared server from requests that are slow for another reason, and so what another
//! protocol does to the time to the first byte.

#![allow(clippy::unwrap_used, missing_docs)]

mod exported;

use exported::{archive, plan};
use sixslot_analysis::import::import;
use sixslot_har::Archive;
use sixslot_models::load::{Extent, Load};
use std::collections::BTreeSet;
use std::path::Path;

/// Recorded loads of a page.
const LOADS: u64 = 5;

/// A page of a document, 14 small files, 12 pictures that the server renders and three calls; `work` is the key of their times.
fn page(server: &str, work: &str, bytes: bool) -> String {
    let class = |name: &str, count: u32, median: &str, priority: &str, size: u32, after: &str| {
        let size = if bytes { format!("body_bytes = {size}\n") } else { String::new() };
        format!(
            "[request.{name}]\nurl = \"/{name}/{{index}}\"\ncount = {count}\nafter = \"{after}\"\npriority = \"{priority}\"\n{size}delay = {{ distribution = \"uniform\", low = \"1ms\", high = \"150ms\" }}\n{work} = {{ distribution = \"log-normal\", median = \"{median}\", sigma = 0.4 }}\n"
        )
    };
    let classes = [
        class("script", 4, "15ms", "low", 60_000, "document.headers"),
        class("icon", 10, "8ms", "auto", 4_000, "document.headers"),
        class("picture", 12, "170ms", "low", 40_000, "document.headers"),
        class("call", 3, "40ms", "auto", 2_000, "script.ok"),
    ];
    format!(
        "schema = 1\nhorizon = \"120s\"\n[browser]\nprofile = \"chromium\"\n[server]\n{server}\n[request.document]\nurl = \"/\"\n{work} = \"300ms\"\n{}[load]\nready = [\"picture\"]\n",
        classes.concat()
    )
}

/// The discipline that the import of five loads finds, of the set with this number.
fn found(page: &str, set: u64) -> String {
    let original = plan(page, &[]);
    let archives = (0..LOADS).map(|load| archive(&original, 11, LOADS * set + load)).collect();
    let text = import(archives).unwrap().text;
    let table: toml::Table = text.parse().unwrap();
    let server = table["server"].as_table().unwrap();
    format!(
        "{} {}",
        server["discipline"].as_str().unwrap(),
        server.get("workers").map_or(String::new(), ToString::to_string)
    )
}

/// Sets of loads that are imported of each server; docs/statistics.md has the figures of 12.
const SETS: u64 = 3;

/// In how many sets a shared server is found.
fn shared(name: &str, page: &str) -> u64 {
    let all: Vec<String> = (0..SETS).map(|set| found(page, set)).collect();
    let shared = all.iter().filter(|one| !one.starts_with("independent")).count() as u64;
    println!("{name}: {shared} of {SETS} shared: {all:?}");
    shared
}

/// Dear requests, slow loads and slow networks make no shared server; a shared one is found in most sets.
#[test]
fn a_shared_server_is_found_and_a_slow_network_is_none() {
    let (mut right, mut wrong, mut asked) = (0, 0, 0);
    for protocol in ["h1", "h2"] {
        let with = |text: &str| format!("protocol = \"{protocol}\"\n{text}");
        wrong += shared(&format!("{protocol}, independent"), &page(&with(""), "service", false));
        wrong += shared(&format!("{protocol}, slow loads"), &page(&with("noise_shared = 0.8"), "service", false));
        for rate in [1, 3, 10, 30] {
            let link = format!("rtt = \"40ms\"\nbandwidth_down = \"{rate}Mbit/s\"");
            wrong += shared(&format!("{protocol}, independent at {rate} Mbit/s"), &page(&with(&link), "service", true));
        }
        let sharing = "discipline = \"processor-sharing\"";
        let near = format!("rtt = \"10ms\"\nbandwidth_down = \"50Mbit/s\"\n{sharing}");
        right += shared(&format!("{protocol}, one worker at 50 Mbit/s"), &page(&with(&near), "work", true));
        let two = format!("{sharing}\nworkers = 2");
        for server in [sharing, &two, "discipline = \"fifo\"\nworkers = 3"] {
            right += shared(&format!("{protocol}, {server}"), &page(&with(server), "work", false));
        }
        asked += 4 * SETS;
    }
    assert!(50 * wrong <= 3 * asked, "{wrong} of {} found shared that are not", 3 * asked / 2);
    assert!(5 * right >= 4 * asked, "{right} of {asked} found");
}

/// One of the real archives, sanitised: five loads of a page of a Rails application on its developer's machine.
fn recorded(name: &str) -> Archive {
    Archive::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../har/tests/archives/{name}.har.gz"))).unwrap()
}

fn urls(archive: &Archive) -> BTreeSet<String> {
    archive.entries.iter().map(|entry| entry.url.target()).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The median time to the first byte of each recorded load.
fn recorded_waits(archive: &Archive, urls: &BTreeSet<String>) -> Vec<f64> {
    let of = |load: &Archive| {
        let common = load.entries.iter().filter(|entry| urls.contains(&entry.url.target()));
        median(common.filter_map(|entry| entry.timings.wait).collect())
    };
    archive.clone().split().iter().map(of).collect()
}

/// Its median over simulated loads.
fn simulated_wait(text: &str, sets: &[&str], urls: &BTreeSet<String>) -> f64 {
    let plan = plan(text, sets);
    let mut load = Load::new();
    let mut of = |number: u64| {
        load.simulate(&plan, 1, number, Extent::Whole).unwrap();
        let url = |request: &sixslot_models::load::Request| {
            plan.classes()[request.class].copy(request.index).url.expand(request.index, request.tab)
        };
        let common = load.requests().iter().filter(|request| urls.contains(&url(request)));
        median(common.filter_map(|one| Some(one.headers?.as_millis_f64() - one.sent?.as_millis_f64())).collect())
    };
    median((0..41).map(&mut of).collect())
}

/// Each page was recorded over both protocols: over HTTP/2 all of its requests are at the server at once. The import of either
/// recording says so of the other protocol.
#[test]
fn the_other_protocol_changes_the_time_to_the_first_byte_as_it_was_recorded() {
    for (first, second) in [("cae113", "5efc38"), ("d6460c", "ef5ef7")] {
        let (over_h1, over_h2) = (recorded(first), recorded(second));
        let common: BTreeSet<String> = urls(&over_h1).intersection(&urls(&over_h2)).cloned().collect();
        let (before, after) = (recorded_waits(&over_h1, &common), recorded_waits(&over_h2, &common));
        let most = before.iter().copied().fold(0.0, f64::max);
        let least = after.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(before.len() == 5 && after.len() == 5 && most < least, "{before:?}, {after:?}: inside the spread");
        for (archive, other, factor) in [(over_h1, "h2", 1.0), (over_h2, "h1", -1.0)] {
            let text = import(vec![archive]).unwrap().text;
            let asked = simulated_wait(&text, &[&format!("server.protocol='{other}'")], &common);
            let change = libm::log(asked / simulated_wait(&text, &[], &common));
            println!("{first}, {second}: over {other} {asked:.0} ms, a change of {change:.2} in the logarithm");
            assert!(factor * change > 0.2, "over {other}: {change}");
        }
    }
}
