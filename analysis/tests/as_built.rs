//! The as-built page held against what was published and measured of the real one.
//!
//! Rule: facts of the real page stand here as they were published; the scenario is the shipped one; a cell changes only
//! what the cell itself varies, and the machine's slowness. The table of the fit in the scenario's header is this test's.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use sixslot_analysis::estimate::Estimate;
use sixslot_models::load::{Extent, Load, Outcome};
use sixslot_models::{Document, Plan};
use sixslot_sim_core::Time;
use sixslot_statistics::stopping::Stopping;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const LOADS: u64 = 2_000;

fn scenario(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
}

fn plan(name: &str, sets: &[&str], fixes: &[&str]) -> Plan {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let document = Document::read(name, &scenario(name), &sets).unwrap();
    let fixes: Vec<usize> = fixes.iter().map(|fix| document.fix(fix).unwrap()).collect();
    document.plan(&fixes, &[]).unwrap()
}

fn as_built(sets: &[&str], fixes: &[&str]) -> Plan {
    plan("scenarios/dashboard-as-built.toml", sets, fixes)
}

fn estimate(plan: &Plan, loads: u64) -> Estimate {
    Estimate::run(plan, 1, &Stopping::Fixed(loads), loads, &AtomicBool::new(false), |_| ()).unwrap()
}

fn simulated(plan: &Plan, number: u64) -> Load {
    let mut load = Load::new();
    load.simulate(plan, 1, number, Extent::Whole).unwrap();
    load
}

/// A measured cell.
struct Cell {
    name: &'static str,
    /// Projects, live and terminated records of each, milliseconds of one ps.
    shape: [u32; 4],
    slowness: &'static str,
    fix: Option<&'static str>,
    loads: u32,
    errors: u32,
    /// Seconds to the session, median.
    shown: f64,
}

const fn cell(
    name: &'static str,
    shape: [u32; 4],
    slowness: &'static str,
    (errors, loads): (u32, u32),
    shown: f64,
) -> Cell {
    Cell { name, shape, slowness, fix: None, loads, errors, shown }
}

/// Published: facts of the measured page, "Cells for calibration".
const CELLS: [Cell; 7] = [
    cell("T00", [5, 2, 0, 200], "1", (0, 15), 1.06),
    cell("T20", [5, 2, 20, 200], "1.5", (0, 15), 2.96),
    cell("T30", [5, 2, 30, 200], "1", (0, 15), 2.67),
    cell("T40, quiet", [5, 2, 40, 200], "1", (0, 12), 3.10),
    cell("T40, other work", [5, 2, 40, 200], "1.8", (5, 12), 8.56),
    cell("slow ps", [5, 2, 0, 1000], "1", (0, 12), 1.75),
    Cell { fix: Some("no-probes"), ..cell("T40, fix no-probes", [5, 2, 40, 200], "1", (0, 10), 0.95) },
];

/// The central 95 % of a binomial count.
fn prediction(loads: u32, probability: f64) -> (u32, u32) {
    let mut term = (1.0 - probability).powi(i32::try_from(loads).unwrap());
    if probability >= 1.0 {
        return (loads, loads);
    }
    let (mut below, mut low, mut high) = (0.0, None, None);
    for count in 0..=loads {
        below += term;
        low = low.or((below > 0.025).then_some(count));
        high = high.or((below >= 0.975).then_some(count));
        term *= f64::from(loads - count) / f64::from(count + 1) * probability / (1.0 - probability);
    }
    (low.unwrap(), high.unwrap_or(loads))
}

#[test]
fn prediction_intervals_are_the_binomial_ones() {
    // By hand: 0.9^10 = 0.349, and the counts 0, 1, 2, 3 have together 0.987, 0 to 2 only 0.930.
    assert_eq!(prediction(10, 0.1), (0, 3));
    assert_eq!(prediction(12, 0.0), (0, 0));
    assert_eq!(prediction(12, 1.0), (12, 12));
}

#[test]
fn the_seven_measured_cells_come_out_of_one_scenario() {
    let header = scenario("scenarios/dashboard-as-built.toml");
    let mut faults = Vec::new();
    for cell in &CELLS {
        let [projects, live, terminated, ps] = cell.shape;
        let sets = [
            format!("parameters.projects={projects}"),
            format!("parameters.live={live}"),
            format!("parameters.terminated={terminated}"),
            format!("parameters.ps={}", f64::from(ps) / 1e3),
            format!("parameters.slowness.median={}", cell.slowness),
        ];
        let plan = as_built(&sets.each_ref().map(String::as_str), cell.fix.as_slice());
        let estimate = estimate(&plan, LOADS);
        // Of the loads that got ready, as the measured times are.
        let times = estimate.ready_times().finite();
        let ready = times[times.len().div_ceil(2) - 1] as f64 / 1e9;
        let (low, high) = prediction(cell.loads, estimate.probability.unwrap());
        let row = format!(
            "# | {:<19} | {:<14} | {:<8} | {} of {}, {:.3}: {low} to {high} | {:.2} s, {ready:.2} s |",
            cell.name,
            format!("{projects}, {live}, {terminated}, {ps}"),
            cell.slowness,
            cell.errors,
            cell.loads,
            estimate.probability.unwrap(),
            cell.shown,
        );
        eprintln!("{row}");
        if !(low..=high).contains(&cell.errors) {
            faults.push(format!("{}: {} errors are outside {low} to {high}", cell.name, cell.errors));
        }
        if (ready / cell.shown - 1.0).abs() > 0.15 {
            faults.push(format!("{}: ready at {ready:.2} s, measured {:.2} s", cell.name, cell.shown));
        }
        if !header.contains(&row) {
            faults.push(format!("the scenario's header lacks this row:\n{row}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn live_sessions_alone_never_fail_and_a_ps_over_the_deadline_always_does() {
    // Measured: no failure in 71 loads with live sessions only and ps up to 4 s. A ps of 9 s outlasts the deadline of 8 s.
    for sets in [["parameters.live=3", "parameters.projects=10"], ["parameters.live=2", "parameters.ps=4"]] {
        let mut sets = sets.to_vec();
        sets.push("parameters.terminated=0");
        assert_eq!(estimate(&as_built(&sets, &[]), 500).failures, Some(0), "{sets:?}");
    }
    let slow = as_built(&["parameters.terminated=0", "parameters.ps=9"], &[]);
    assert_eq!(estimate(&slow, 500).failures, Some(500));
}

/// Nothing answers: one ps takes longer than the load. The mount is at 0 and the poll's timer is armed with its calls.
const NOTHING_ANSWERS: [&str; 9] = [
    "horizon=70s",
    "parameters.ps=100000",
    "parameters.hydration=0",
    "parameters.timer_delay=0",
    "request.static.count=0",
    "request.session.delay=0s",
    "request.sidebar.delay=0s",
    "request.document.work=0s",
    "browser.dispatch=0s",
];

#[test]
fn the_published_cadence_fits_captures_of_54_to_58_seconds_only() {
    let plan = as_built(&NOTHING_ANSWERS, &[]);
    let load = simulated(&plan, 0);
    let mount = load.requests().iter().find(|request| plan.classes()[request.class].name == "session").unwrap().issued;
    // A call whose end is the capture's end is not in it as completed.
    let completed = |name: &str, capture: u64| {
        let end = mount + sixslot_sim_core::Span::from_seconds(capture);
        let own = load.requests().iter().filter(|request| plan.classes()[request.class].name == name);
        own.filter(|request| request.outcome == Outcome::Aborted && request.ended.is_some_and(|at| at < end)).count()
    };
    for capture in 50..=62 {
        let calls = (completed("session", capture), completed("sidebar", capture));
        assert_eq!(calls == (5, 9), (54..=58).contains(&capture), "{capture} s: {calls:?}");
    }
}

#[test]
fn the_error_card_comes_at_8_seconds_and_after_the_shipped_repair_at_36() {
    let card = |fixes: &[&str], lag: &str| {
        let mut sets = NOTHING_ANSWERS.to_vec();
        sets.push(lag);
        let plan = as_built(&sets, fixes);
        let load = simulated(&plan, 0);
        let session = load.requests().iter().find(|request| plan.classes()[request.class].name == "session");
        (load.verdict().error.unwrap() - session.unwrap().issued).as_millis_f64()
    };
    assert_eq!(card(&[], "parameters.timer_delay=0"), 8_000.0);
    assert_eq!(card(&["shipped"], "parameters.timer_delay=0"), 36_000.0);
    // With the timer as late as it was measured, each tick that follows an abort is 10 ms later, once.
    assert_eq!(card(&["shipped"], "parameters.timer_delay=0.01"), 36_010.0);
}

#[test]
fn the_list_under_closed_loop_load_comes_from_one_cost_and_one_exponent() {
    for (callers, stated) in [(1, 672.0), (3, 2_110.0), (5, 4_011.0)] {
        let callers = format!("parameters.callers={callers}");
        let plan = plan("scenarios/hypotheses/list-closed-loop.toml", &[&callers], &[]);
        let load = simulated(&plan, 0);
        let answered = load.requests().iter().filter_map(|request| Some((request.issued, request.headers?)));
        let mut took: Vec<f64> = answered.map(|(issued, headers)| (headers - issued).as_millis_f64()).collect();
        took.sort_by(f64::total_cmp);
        let median = took[took.len() / 2];
        assert!((median / stated - 1.0).abs() < 0.1, "{callers}: {median} ms, stated {stated}");
    }
}

/// Ten minutes of the page where one listing costs that number of seconds: n = 320 records and live sessions.
fn ten_minutes(seconds: f64) -> Plan {
    let cost = format!("parameters.cost={}", seconds / 0.32);
    as_built(&["horizon=600s", "parameters.terminated=60", "parameters.slowness=1", &cost], &[])
}

#[test]
fn above_three_seconds_a_list_the_page_does_not_recover_and_below_one_point_two_it_does() {
    const LOADS: u64 = 60;
    for seconds in [0.3, 0.8, 1.15] {
        let estimate = estimate(&ten_minutes(seconds), LOADS);
        assert_eq!((estimate.failures, estimate.outcomes.not_ready), (Some(0), 0.0), "{seconds} s a list");
    }
    for seconds in [3.3, 3.5, 5.0] {
        let plan = ten_minutes(seconds);
        let estimate = estimate(&plan, LOADS);
        assert!(estimate.failures >= Some(LOADS * 9 / 10), "{seconds} s a list: {:?} errors", estimate.failures);
        assert_eq!(estimate.outcomes.recovered, 0.0, "{seconds} s a list");
    }
    // Between, deadlines fail and the page comes back: 2.3 s a list.
    let between = estimate(&ten_minutes(2.3), LOADS);
    assert!(between.failures > Some(LOADS / 2), "{:?} errors", between.failures);
    assert_eq!(between.outcomes.not_ready, 0.0);
}

#[test]
fn prefetch_off_ends_the_failure_of_the_told_page_and_not_that_of_the_built_one() {
    // Where the reported page fails: with more sessions than were reported (see its header).
    let reported = |fixes: &[&str]| {
        let plan = plan("scenarios/issue-1855.toml", &["parameters.sessions=40"], fixes);
        estimate(&plan, 1_000)
    };
    assert!(reported(&[]).probability > Some(0.05));
    assert_eq!(reported(&["no-prefetch"]).failures, Some(0));
    let built = |fixes: &[&str]| estimate(&as_built(&["parameters.slowness.median=1.8"], fixes), 1_000);
    let (before, after) = (built(&[]), built(&["no-prefetch"]));
    let (before, after) = before.probability.zip(after.probability).unwrap();
    assert!(before > 0.4 && after > 0.4, "{before} {after}");
}

#[test]
fn a_load_begins_as_the_captures_do() {
    // Measured on a quiet machine: mount calls within 15 ms in this order, then prefetches, nothing of it queued for long.
    let plan = as_built(&[], &[]);
    let load = simulated(&plan, 0);
    let first = |name: &str| {
        let found = load.requests().iter().find(|request| plan.classes()[request.class].name == name).unwrap();
        (found.issued, found.sent.unwrap())
    };
    let order = ["document", "static", "runtime", "projects", "session", "sidebar", "prefetch", "project-sessions"];
    let issued: Vec<Time> = order.iter().map(|name| first(name).0).collect();
    assert!(issued.is_sorted(), "{issued:?}");
    assert!((first("sidebar").0 - first("projects").0).as_millis_f64() < 15.0);
    // Measured: the first session request was on the wire within 0.17 s of its issue in 84 of 84 failing loads.
    let failing = as_built(&["parameters.slowness.median=1.8"], &[]);
    for number in 0..50 {
        let load = simulated(&failing, number);
        let session =
            load.requests().iter().find(|request| failing.classes()[request.class].name == "session").unwrap();
        assert!((session.sent.unwrap() - session.issued).as_millis_f64() < 170.0, "load {number}");
    }
}

#[test]
fn the_layers_of_the_built_page_say_server_and_polling_and_not_the_browser() {
    let sets = ["parameters.slowness.median=1.8".to_owned()];
    let name = "scenarios/dashboard-as-built.toml";
    let document = Document::read(name, &scenario(name), &sets).unwrap();
    let reported =
        sixslot_analysis::layers::attribute(&document, 1, 200, 0.01, &AtomicBool::new(false), |_| {}).unwrap();
    let layer = |name: &str| reported.layers.iter().find(|layer| layer.layer == name).unwrap();
    // They add up exactly, in whole numbers.
    let orders = i64::try_from(reported.denominator / reported.loads).unwrap();
    let failures = i64::try_from(reported.sets[reported.sets.len() - 1].failures - reported.sets[0].failures).unwrap();
    assert_eq!(reported.layers.iter().map(|layer| layer.numerator).sum::<i64>(), orders * failures);
    assert!(reported.total > 0.4, "{}", reported.total);
    // One thread, a process for each record and the polls bring it about together, without any layer of the browser.
    let smallest: Vec<String> = reported.smallest_sets.iter().map(|set| set.layers.join(" ")).collect();
    assert_eq!(smallest, ["polling one-thread processes"]);
    // Removing one of the three removes every failure, so the three share alike.
    assert_eq!(layer("one-thread").numerator, layer("processes").numerator);
    assert_eq!(layer("one-thread").numerator, layer("polling").numerator);
    for name in ["mux-slot", "cache-lock"] {
        assert_eq!(layer(name).numerator, 0, "{name}");
    }
    for name in ["prefetch", "queueing"] {
        assert!(layer(name).contribution_interval.high < 0.02, "{name}");
    }
}
