//! Ctrl-C: what is known by then is printed, what is missing is named, and the exit code is 130.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::{command, complaint, workspace};
use serde_json::Value;
use sixslot_analysis::replications::Stopped;
use sixslot_analysis::report::{Report, ReportError, Source};
use sixslot_analysis::sweep::{Recipe, Sweep, VERSION};
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const SCENARIO: &str = "scenarios/issue-1855.toml";
/// Where one load in eleven fails.
const OFTEN: &str = "parameters.sessions=40";

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a command does that is interrupted after a number of milliseconds.
fn interrupted(arguments: &[&str], wait: u64) -> Output {
    let child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(wait));
    // It may have ended already.
    let _ = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).stderr(Stdio::null()).status();
    child.wait_with_output().unwrap()
}

/// The text and the messages of a command that would take hours, interrupted when it has a result. A busy machine needs longer for
/// the first loads; before them there is none.
fn of_the_first_loads(arguments: &[&str]) -> (String, String) {
    for wait in [1_500, 6_000, 24_000] {
        let output = interrupted(arguments, wait);
        assert_eq!(output.status.code(), Some(130), "{arguments:?}: {}", complaint(&output));
        if !output.stdout.is_empty() {
            return (text(&output), complaint(&output));
        }
    }
    panic!("{arguments:?}: no result");
}

#[test]
fn an_interrupt_shows_the_result_so_far() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("r.html");
    let report = report.to_str().unwrap();
    let one_cell = ["--set", "sweep.projects=[8]", "--set", "sweep.sessions=[40]"];
    let cases: [(&[&str], &str); 8] = [
        (&["run", SCENARIO, "--set", OFTEN, "--loads", "1000000000"], "of loads fail"),
        (&["compare", SCENARIO, "--set", OFTEN, "--loads", "100000000"], "of loads fail"),
        (
            &[
                "compare",
                SCENARIO,
                "--set",
                OFTEN,
                "--until",
                "ranked",
                "--tie",
                "0.000001",
                "--max-loads",
                "1000000000",
            ],
            "the loads did not settle every pair",
        ),
        (&["compare", SCENARIO, "--set", OFTEN, "--layers", "--loads", "100000000"], "all layers"),
        (
            &["compare", SCENARIO, "--set", OFTEN, "--subsets=no-prefetch,dedupe", "--loads", "100000000"],
            "4 sets of 2 fixes",
        ),
        (&["check", SCENARIO, "--set", OFTEN, "--max-failure", "0.0907", "--max-loads", "1000000000"], "undecided: "),
        (
            &[
                "check",
                SCENARIO,
                "--set",
                OFTEN,
                "--max-late",
                "0.5",
                "--max-failure",
                "0.0907",
                "--max-loads",
                "1000000000",
                "--format",
                "json",
            ],
            "\"verdict\":\"undecided\"",
        ),
        (&[&["report", SCENARIO, "--loads", "100000000", "-o", report], &one_cell[..]].concat(), "has the rest"),
    ];
    for (arguments, part) in cases {
        let (text, said) = of_the_first_loads(arguments);
        assert!(text.contains(part) && said.contains("note: interrupted: "), "{arguments:?}: {text}{said}");
        if arguments.contains(&"json") {
            serde_json::from_str::<Value>(&text).unwrap();
        }
    }
}

/// A scenario with the evidence of twelve archives.
fn imported(folder: &Path) -> String {
    let path = folder.join("page.toml").to_str().unwrap().to_owned();
    let archives: Vec<String> = (0..12).map(capture).collect();
    let names: Vec<&str> = archives.iter().map(String::as_str).collect();
    let output = command(&[&["import", "-o", &path][..], &names].concat()).output().unwrap();
    assert!(output.status.success(), "{}", complaint(&output));
    path
}

fn capture(number: u32) -> String {
    let path = workspace().join(format!("scenarios/hypotheses/captures/T40_N5M2/{number:03}.har.gz"));
    path.to_str().unwrap().to_owned()
}

/// Interrupts a command until that comes after its loads and before the interval with the data, which takes most of the time.
fn without_the_data(arguments: &[&str]) -> (String, String) {
    let mut seen = Vec::new();
    for wait in (1..60).map(|step| 40 * step) {
        let output = interrupted(&[arguments, &["--jobs", "1"]].concat(), wait);
        let said = complaint(&output);
        if said.contains("without the uncertainty of the archives") {
            assert_eq!(output.status.code(), Some(130), "{said}");
            return (text(&output), said);
        }
        seen.push((wait, output.status.code(), said));
    }
    panic!("{arguments:?}: {seen:?}");
}

#[test]
fn an_interrupt_of_the_interval_with_the_data_keeps_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let page = imported(folder.path());
    let json = ["--format", "json"];
    let cases: [(&[&str], u64); 3] = [
        (&["run", &page, "--loads", "100"], 100),
        (&["compare", &page, "--loads", "20"], 20),
        (&["check", &page, "--max-failure", "0.9", "--max-loads", "400"], 0),
    ];
    for (arguments, loads) in cases {
        let (answer, said) = without_the_data(&[arguments, &json].concat());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer["sentence"].as_str().unwrap().contains("of loads fail"), "{answer}");
        assert_eq!(answer["interval_with_data"], Value::Null, "{arguments:?}");
        let first = answer["loads"].as_u64().unwrap();
        assert!(loads == 0 || first == loads, "{arguments:?}: {first} loads");
        assert!(said.contains(&format!("of the first {first} loads, without")), "{said}");
    }
}

#[test]
fn an_interrupt_of_the_whole_answer_leaves_the_scenario_and_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let archives: Vec<String> = (0..12).map(capture).collect();
    let names: Vec<&str> = archives.iter().map(String::as_str).collect();
    let path = folder.path().join("page");
    let path = path.to_str().unwrap();
    let options = ["-o", path, "--loads", "100000000", "--force"];
    let (text, said) = of_the_first_loads(&[&["answer"], &names[..], &options].concat());
    for part in ["of loads fail", "What 12 archives show", "page.toml: the scenario", "No report was written."] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(said.contains("interrupted: this is the answer of the first "), "{said}");
    assert!(folder.path().join("page.toml").exists() && !folder.path().join("page.html").exists());
}

/// The sentence about a sweep simulates as long as the sweep did, after its results are written.
#[test]
fn an_interrupt_after_the_last_cell_leaves_the_whole_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let sweep = ["sweep", SCENARIO, "-o", out.to_str().unwrap(), "--loads", "60000", "--jobs", "1"];
    let one_cell = ["--set", "sweep.projects=[8]", "--set", "sweep.sessions=[40]"];
    let mut command = command(&[&sweep[..], &one_cell].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The checkpoint goes after the last result.
    while !out.join("README.md").exists() || out.join("unfinished.jsonl").exists() {
        assert_eq!(child.try_wait().unwrap(), None);
        std::thread::sleep(Duration::from_millis(2));
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let (text, said) = (text(&output), complaint(&output));
    assert!(output.status.code() == Some(130) && text.contains("README.md says what they show"), "{text}{said}");
    assert!(said.contains("interrupted: all cells are finished and written") && !text.contains("of loads fail"));
}

/// A page states one number of loads for all of its parts: there is no page with fewer loads of some.
#[test]
fn an_interrupt_makes_no_half_report() {
    let set = ["sweep.projects=[8]", "sweep.sessions=[40]"].map(str::to_owned).to_vec();
    let text = std::fs::read_to_string(workspace().join(SCENARIO)).unwrap();
    let (version, scenario) = (VERSION.to_owned(), SCENARIO.to_owned());
    let sweep = Sweep::new(Recipe { version, scenario, text, set, seed: 1, loads: Some(600), decide: None }).unwrap();
    let rows = sweep.rows(&AtomicBool::new(false), |_| ()).unwrap();
    let source = Source { sweep, rows, commands: Vec::new() };
    let simulated = AtomicU64::new(0);
    let stopped_after = |loads: u64| {
        let stop = AtomicBool::new(false);
        simulated.store(0, Ordering::Relaxed);
        let done = |more| {
            if simulated.fetch_add(more, Ordering::Relaxed) + more >= loads {
                stop.store(true, Ordering::Relaxed);
            }
        };
        Report::new(&source, 0, &stop, done).map(|report| report.sentence())
    };
    assert!(stopped_after(u64::MAX).unwrap().contains("of loads fail"));
    let all = simulated.load(Ordering::Relaxed);
    for part in 1..10 {
        let found = stopped_after(all * part / 10);
        assert!(matches!(found, Err(ReportError::Stopped(Stopped::Interrupted))), "{part}: {found:?}");
    }
}
