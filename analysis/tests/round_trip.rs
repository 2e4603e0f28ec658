//! The round trip: loads of a shipped scenario, exported as archives, imported, and simulated again.
//!
//! The yardstick is fixed beforehand: 400 loads of the original give a 95 % Wilson interval, and the failure probability of
//! the imported scenario (of 4000 loads) has to lie in it. What the archives hold of the simulation's truth (`_sixslot`) is
//! taken out before they are read. The loads that are exported are those 400; of vite-dev, whose archives hold 650 requests
//! each, the first 200.

#![allow(clippy::unwrap_used, missing_docs)]

mod exported;

use exported::plan;
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::import::import;
use sixslot_har::Archive;
use sixslot_models::Plan;
use sixslot_statistics::Stopping;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const SEED: u64 = 1;

/// A scenario at a setting where loads neither never nor always fail.
struct Case {
    scenario: &'static str,
    sets: &'static [&'static str],
    /// Loads that are exported.
    loads: u64,
    /// Classes that the import has to find, by URL: how many instances, period, deadline (0: none).
    classes: &'static [Expected],
}

/// URL, instances, period and deadline as the original has them; empty for none.
type Expected = (&'static str, usize, &'static str, &'static str);

fn estimate(plan: &Plan, loads: u64) -> Estimate {
    Estimate::run(plan, SEED, &Stopping::Fixed(loads), loads, &AtomicBool::new(false), |_| ()).unwrap()
}

fn archive(plan: &Plan, number: u64) -> Archive {
    exported::archive(plan, SEED, number)
}

struct Trip {
    low: f64,
    high: f64,
    original: f64,
    imported: f64,
    text: String,
}

fn travel(case: &Case) -> Trip {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(case.scenario);
    let original = plan(&std::fs::read_to_string(path).unwrap(), case.sets);
    let truth = estimate(&original, 400);
    let archives = (0..case.loads).map(|number| archive(&original, number)).collect();
    let text = import(archives).unwrap().text;
    let imported = estimate(&plan(&text, &[]), 4000).probability.unwrap();
    let (probability, interval) = truth.probability.zip(truth.interval).unwrap();
    println!(
        "{:22} {:.1} % [{:.1}, {:.1}] of 400 loads; imported from {} loads: {:.1} % of 4000",
        case.scenario,
        100.0 * probability,
        100.0 * interval.low,
        100.0 * interval.high,
        case.loads,
        100.0 * imported
    );
    Trip { low: interval.low, high: interval.high, original: probability, imported, text }
}

/// The classes that an imported scenario has, with what is compared.
fn classes(text: &str) -> Vec<(String, i64, String, String)> {
    let table: toml::Table = text.parse().unwrap();
    let word = |table: &toml::Value, key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or("").to_owned();
    let mut found = Vec::new();
    for (_, class) in table["request"].as_table().unwrap() {
        let count = class.get("count").and_then(toml::Value::as_integer).unwrap_or(1);
        let count = if class.get("arrivals").is_some() { 0 } else { count };
        found.push((word(class, "url"), count, word(class, "every"), word(class, "deadline")));
    }
    found
}

fn check(case: &Case) -> Trip {
    let trip = travel(case);
    let mut found = classes(&trip.text);
    let mut expected: Vec<(String, i64, String, String)> = case
        .classes
        .iter()
        .map(|(url, count, every, deadline)| {
            ((*url).to_owned(), i64::try_from(*count).unwrap(), (*every).to_owned(), (*deadline).to_owned())
        })
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{}", trip.text);
    trip
}

fn returns(case: &Case) {
    let trip = check(case);
    assert!((0.03..0.97).contains(&trip.original), "{} says little", trip.original);
    let Trip { low, high, imported, .. } = trip;
    assert!((low..=high).contains(&imported), "{imported} is not in [{low}, {high}]\n{}", trip.text);
}

/// 0 instances: a random stream.
const STREAM: usize = 0;

#[test]
fn issue_1855() {
    returns(&Case {
        scenario: "issue-1855.toml",
        sets: &["parameters.sessions=40"],
        loads: 400,
        classes: &[
            ("/projects/project-{index}?_rsc=10mlo", 5, "", ""),
            ("/api/projects", 1, "", "5s"),
            // The page's own call and the other callers.
            ("/api/sessions/ao-187", 1, "", "8s"),
            ("/api/sessions/ao-187", 4, "", "8s"),
            // One URL for two classes: the 30 s refresh, and the membership changes.
            ("/api/sessions?fresh=true", 1, "30s", "5s"),
            ("/api/sessions?fresh=true", STREAM, "", "5s"),
        ],
    });
}

#[test]
fn sse_tabs() {
    returns(&Case {
        scenario: "sse-tabs.toml",
        sets: &["parameters.tabs=5", "parameters.api=1000"],
        loads: 400,
        classes: &[
            ("/", 1, "", ""),
            ("/app.js", 1, "", ""),
            ("/api/snapshot", 1, "", "6s"),
            ("/api/actions/{tab}-{index}", 3, "", "6s"),
        ],
    });
}

#[test]
fn same_url_polling() {
    returns(&Case {
        scenario: "same-url-polling.toml",
        sets: &[],
        loads: 400,
        classes: &[("/api/status", 3, "2s", "5s"), ("/minute", 1, "", "")],
    });
}

#[test]
fn next_prefetch() {
    returns(&Case {
        scenario: "next-prefetch.toml",
        sets: &["parameters.data=8000"],
        loads: 400,
        classes: &[("/products/{index}?_rsc=1r2k3", 20, "", ""), ("/products", 1, "", "5s")],
    });
}

#[test]
fn vite_dev() {
    returns(&Case {
        scenario: "vite-dev.toml",
        // What the browser's processor needs for a module is not in an archive: the import has the profile's.
        sets: &["parameters.latency=40", "browser.dispatch=\"1750us\""],
        loads: 200,
        classes: &[
            ("/", 1, "", ""),
            ("/src/entry-{index}.ts", 2, "", ""),
            ("/src/shell/{index}.ts", 20, "", ""),
            ("/src/routes/dashboard.ts", 1, "", ""),
            ("/src/features/{index}.ts", 120, "", ""),
            ("/node_modules/lodash-es/{index}.js", 480, "", ""),
            ("/api/notifications", 1, "2s", "3s"),
        ],
    });
}

/// One thread answers everything, so calls that come together are slow together: the import has it as the dependence of the
/// times on their load.
#[test]
fn dashboard_as_built() {
    returns(&Case {
        scenario: "dashboard-as-built.toml",
        sets: &["parameters.slowness={ distribution = \"log-normal\", median = 1.8, sigma = 0.15 }"],
        loads: 400,
        classes: &[
            ("/projects/agent-orchestrator/sessions/ao-187", 1, "", ""),
            ("/_next/static/chunks/{index}.js", 13, "", ""),
            ("/api/runtime/terminal", 1, "", ""),
            // Its deadline of 5 s struck in none of these loads.
            ("/api/projects", 1, "", ""),
            ("/api/sessions/ao-187", 1, "2s", "8s"),
            ("/api/sessions?project=agent-orchestrator&orchestratorOnly=true&fresh=true", 1, "2s", "5s"),
            ("/api/sessions?fresh=true", 1, "2s", "5s"),
            ("/projects/project-{index}?_rsc=11k9y", 5, "", ""),
        ],
    });
}

/// Two classes whose times are multiplied by one factor of the load: what makes a load fail is the load, not the call.
const SLOW: &str = r#"
schema = 1
title = "slow loads"
horizon = "30s"
[parameters]
slowness = { distribution = "log-normal", median = 1, sigma = 0.5 }
[request.list]
url = "/api/list"
service = { base = "500ms", times = "slowness", noise = { distribution = "log-normal", median = 1, sigma = 0.2 } }
every = "2s"
skip_while_in_flight = true
[request.item]
url = "/api/item"
service = { base = "4s", times = "slowness", noise = { distribution = "log-normal", median = 1, sigma = 0.3 } }
every = "10s"
skip_while_in_flight = true
deadline = "8s"
[load]
ready = ["item"]
error = { request = "item", failures = 1 }
"#;

#[test]
fn what_the_load_explains_of_its_times_is_found_and_a_single_archive_has_none() {
    let original = plan(SLOW, &[]);
    let archives: Vec<Archive> = (0..100).map(|number| archive(&original, number)).collect();
    let one: toml::Table = import(vec![archives[0].clone()]).unwrap().text.parse().unwrap();
    assert!(one["server"].get("noise_shared").is_none(), "{one}");
    let draft = import(archives).unwrap();
    let text = draft.text;
    let table: toml::Table = text.parse().unwrap();
    // Of the log-variances of the two classes the load explains 0.25 / 0.29 and 0.25 / 0.34, and 0.80 of their covariance.
    let share = table["server"]["noise_shared"].as_float().unwrap();
    assert!((0.7..0.9).contains(&share), "{share}");
    // These 100 loads fail in 14 %, and so does what is fitted to them; independent calls would fail more often.
    let recorded = draft.share.map(|share| share.failed as f64 / share.recorded as f64).unwrap();
    let imported = estimate(&plan(&text, &[]), 4000).probability.unwrap();
    println!("slow loads: {recorded} recorded, {imported} imported");
    assert!((imported - recorded).abs() < 0.04, "{imported}");
}
