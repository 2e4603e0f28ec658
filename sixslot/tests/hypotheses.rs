//! `sixslot hypotheses` as a user meets it: refusals at their places, numbers worked out by hand, the same bytes again.
#![allow(clippy::unwrap_used, missing_docs)]

use assert_cmd::Command;
use sixslot_experiments::hypotheses::Findings;
use sixslot_experiments::hypotheses::file::HypothesesFile;
use sixslot_experiments::hypotheses::recovery::Regime;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// A page whose call is aborted at 2 s, so that its error comes then; ready at 1 s with the fix.
const SCENARIO: &str = "schema = 1\nhorizon = \"10s\"\nbrowser = { dispatch = \"0s\", connect = \"0s\" }\n[request.call]\nservice = \"5s\"\ndeadline = \"2s\"\n[load]\nready = [\"call\"]\nerror = { request = \"call\" }\n[fix.quick]\npatch.request.call.service = \"1s\"\n";

const HYPOTHESES: &str = r#"schema = 1
title = "Test"
loads = 10
[hypothesis.slow]
scenario = "page.toml"
[hypothesis.quick]
scenario = "page.toml"
fixes = ["quick"]
[figure.aborts]
text = "aborted calls"
value = 1
observe = "aborted"
[figure.error]
text = "error card"
value = "2s"
observe = "error-time"
[figure.fails]
text = "it fails"
low = 0.5
high = 1
observe = "failed"
[prediction.next]
text = "next"
hypotheses = ["slow", "quick"]
[conclusion.one]
text = "slow {inside:slow} of {of:slow}, quick {inside:quick}, card {median:error:slow}, next {failed:next:slow}, ready {ready:next:quick}, missing {outside:quick}"
"#;

fn folder(hypotheses: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.toml"), SCENARIO).unwrap();
    std::fs::write(folder.path().join("hypotheses.toml"), hypotheses).unwrap();
    folder
}

fn run(folder: &Path, more: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("sixslot").unwrap();
    command.current_dir(folder).args(["hypotheses", "hypotheses.toml", "--out", "out"]).args(more).assert()
}

fn refusal(hypotheses: &str) -> String {
    let folder = folder(hypotheses);
    let output = run(folder.path(), &[]).code(2).get_output().clone();
    assert!(!folder.path().join("out").exists());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn numbers_stand_where_the_file_wants_them() {
    let folder = folder(HYPOTHESES);
    run(folder.path(), &[]).success();
    let text = std::fs::read_to_string(folder.path().join("out/README.md")).unwrap();
    let sentence = "slow 3 of 3, quick 0, card 2 s, next 100.0 %, ready 1 s, missing `aborts`, `error`, `fails`";
    assert!(text.contains(sentence), "{text}");
    let figures = std::fs::read_to_string(folder.path().join("out/figures.csv")).unwrap();
    assert!(figures.contains("error,slow,seconds,2,2,10,10,2.000000,2.000000,2.000000,true"), "{figures}");
    assert!(figures.contains("error,quick,seconds,2,2,10,10,,,,false"), "{figures}");
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let folder = folder(HYPOTHESES);
    let read = |name: &str| std::fs::read(folder.path().join("out").join(name)).unwrap();
    run(folder.path(), &["--jobs", "1"]).success();
    let files = ["README.md", "figures.csv", "predictions.csv", "manifest.json"];
    let before = files.map(read);
    run(folder.path(), &["--jobs", "3"]).success();
    assert_eq!(before, files.map(read));
}

#[test]
fn mistakes_are_refused_at_their_places() {
    let cases = [
        ("observe = \"aborted\"", "observ = \"aborted\"", "hypotheses.toml:12:1", "unknown key `observ`"),
        ("value = \"2s\"", "value = 2", "hypotheses.toml:15:9", "needs a unit"),
        (
            "hypotheses = [\"slow\", \"quick\"]",
            "hypotheses = [\"slw\"]",
            "hypotheses.toml:24:15",
            "did you mean `slow`?",
        ),
        ("[hypothesis.slow]", "[account.slow]", "hypotheses.toml:4:", "it is called `hypothesis` now"),
        ("hypotheses = [", "accounts = [", "hypotheses.toml:24:1", "it is called `hypotheses` now"),
        ("{of:slow}", "{off:slow}", "hypotheses.toml:26:8", "stands for no number"),
        ("{median:error:slow}", "{median:eror:slow}", "hypotheses.toml:26:8", "did you mean `error`?"),
        ("low = 0.5\n", "", "hypotheses.toml:17:9", "has no published value"),
        ("fixes = [\"quick\"]", "fixes = [\"quik\"]", "", "the scenario has no fix `quik`"),
        ("scenario = \"page.toml\"", "scenario = \"none.toml\"", "", "none.toml cannot be read"),
    ];
    for (right, wrong, place, message) in cases {
        let text = refusal(&HYPOTHESES.replacen(right, wrong, 1));
        assert!(text.contains(place) && text.contains(message), "{wrong}: {text}");
    }
}

/// A folder with one capture of the test's page, whose entries and truth are given.
fn captured(entries: &str, truth: &str, deadline: &str) -> tempfile::TempDir {
    let hypotheses = HYPOTHESES.to_owned()
        + &r#"
[truth_names]
call = "call"
[overlay.real]
folder = "captures"
hypothesis = "slow"
set = ["request.call.every=\"1s\"", "request.call.skip_while_in_flight=true", "request.call.deadline=DEADLINE", "request.call.service={ distribution = \"uniform\", low = \"0.5s\", high = \"4s\" }", "load.error_is_final=false"]
"#.replace("DEADLINE", deadline);
    let folder = folder(&hypotheses);
    std::fs::create_dir(folder.path().join("captures")).unwrap();
    let har = format!(
        r#"{{"log":{{"version":"1.2","creator":{{"name":"WebInspector","version":"1"}},"pages":[],"entries":[{entries}]}}}}"#
    );
    for (name, text) in [("000.har.gz", har.as_str()), ("000.truth.json.gz", truth)] {
        let file = std::fs::File::create(folder.path().join("captures").join(name)).unwrap();
        let mut file = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        file.finish().unwrap();
    }
    folder
}

/// A call at a time in seconds, answered after 0.7 s, part of which it spent at the server.
fn entry(second: u32, status: u32, server: f64) -> String {
    let (life, rest) = (700.0, 700.0 - 1e3 * server);
    format!(
        r#"{{"startedDateTime":"2026-01-01T00:00:{second:02}.000Z","time":{life},"request":{{"method":"GET","url":"http://a.test/call","httpVersion":"http/1.1","headers":[],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":0}},"response":{{"status":{status},"statusText":"","httpVersion":"http/1.1","headers":[],"cookies":[],"content":{{"size":0,"mimeType":""}},"redirectURL":"","headersSize":-1,"bodySize":-1}},"cache":{{}},"timings":{{"blocked":{rest},"dns":-1,"connect":-1,"ssl":-1,"send":0,"wait":{},"receive":0}}}}"#,
        1e3 * server
    )
}

const TRUTH: &str = r#"{"outcome":{"t_session_shown":700},"requests":[{"class":"call","t":0,"sentAfterMs":1},{"class":"call","t":1000,"sentAfterMs":1}]}"#;

fn captures_table(folder: &Path) -> String {
    run(folder, &["--loads", "200"]).success();
    std::fs::read_to_string(folder.join("out/captures.csv")).unwrap()
}

#[test]
fn a_capture_is_held_against_the_nearest_load() {
    // Answered by the server after 0.7 s, as the nearest of 200 loads does, which has another call after the first.
    let same =
        captures_table(captured(&format!("{},{}", entry(0, 200, 0.69), entry(1, 200, 0.69)), TRUTH, "2s").path());
    let row = same.lines().nth(1).unwrap();
    assert!(row.starts_with("real,000,0.700,slow,") && row.ends_with(",true,2,2,2,2,0,0,"), "{row}");
    // The same with the first call in the browser's queue for most of its life.
    let queued =
        captures_table(captured(&format!("{},{}", entry(0, 200, 0.3), entry(1, 200, 0.69)), TRUTH, "2s").path());
    assert!(queued.lines().nth(1).unwrap().ends_with(",true,2,2,2,1,0,0,station of call 1"), "{queued}");
    // The second call without an answer, which no load of this hypothesis has; the truth says where it was.
    let lost = captures_table(captured(&format!("{},{}", entry(0, 200, 0.69), entry(1, 0, 0.0)), TRUTH, "9s").path());
    assert!(lost.lines().nth(1).unwrap().ends_with(",true,2,1,2,2,0,0,fate of call 2"), "{lost}");
}

#[test]
fn captures_that_cannot_be_used_are_refused() {
    let refused = |folder: tempfile::TempDir| {
        let output = run(folder.path(), &[]).code(2).get_output().clone();
        String::from_utf8(output.stderr).unwrap()
    };
    let one = || entry(0, 200, 0.5);
    let cases = [
        (captured(&one(), "[]", "2s"), "000.truth.json.gz cannot be used"),
        (captured(&one(), r#"{"outcome":{"t_session_shown":7},"requests":[]}"#, "2s"), "no truth of entry 1"),
        (captured(&one(), &TRUTH.replace("700", "\"\""), "2s"), "never ready"),
        (captured("7", TRUTH, "2s"), "000.har.gz cannot be used"),
    ];
    for (folder, message) in cases {
        let text = refused(folder);
        assert!(text.contains(message), "{message}: {text}");
    }
    let empty = captured(&one(), TRUTH, "2s");
    std::fs::remove_file(empty.path().join("captures/000.har.gz")).unwrap();
    assert!(refused(empty).contains("0 captures"));
}

#[test]
fn measured_cells_layers_and_the_map_of_recovery_come_out_as_worked_by_hand() {
    // Ready at 1 s where the call takes less than 2 s, else the error at 2 s and never ready.
    let more = r#"
[prediction.met]
text = "met"
hypotheses = ["slow"]
measured_failures = 15
measured_ready = "9s"
[prediction.near]
text = "near"
hypotheses = ["quick"]
measured_failures = 0
measured_ready = "1.1s"
[prediction.far]
text = "far"
hypotheses = ["quick"]
measured_failures = 0
measured_ready = "1.3s"
[prediction.wrong]
text = "wrong"
hypotheses = ["quick"]
measured_failures = 1
measured_ready = "1s"
[prediction.stuck]
text = "stuck"
hypotheses = ["slow"]
measured_failures = 15
measured_ready = "never"
[layers]
hypothesis = "slow"
[recovery]
hypothesis = "slow"
set = ["request.call.service={ per = { a = \"1s\", b = \"1s\" } }", "parameters.a=0", "parameters.b=0"]
parameters.a = [0.5, 1]
parameters.b = [0.25, 2]
x_label = "a, s"
y_label = "b, s"
[conclusion.two]
text = "{cells:held} of {cells:all} cells, {layers:total} and {layer:deadline}, {overlays:all} captures"
"#;
    let folder = folder(&(HYPOTHESES.to_owned() + more));
    let page = SCENARIO.to_owned()
        + "[layer.deadline]\nremoved_by.request.call.deadline = \"1h\"\n[parameters]\na = 0\nb = 0\n";
    std::fs::write(folder.path().join("page.toml"), page).unwrap();
    run(folder.path(), &[]).success();
    let read = |name: &str| std::fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    let text = read("README.md");
    // The slow page is never ready, so no median but never is near; quick is ready at 1 s.
    assert!(text.contains("2 of 5 cells, 100.0 and 100.0, 0 captures"), "{text}");
    let held: Vec<String> =
        read("predictions.csv").lines().map(|row| row.rsplit(',').next().unwrap().to_owned()).collect();
    assert_eq!(held, ["holds", "", "", "false", "true", "false", "false", "true"]);
    assert!(read("layers.csv").contains("deadline,1.000000,"), "{}", read("layers.csv"));
    let map = "a,b,failed,not_ready,regime\n0.5,0.25,0.0000,0.0000,healthy\n0.5,2,1.0000,1.0000,never recovers\n1,0.25,0.0000,0.0000,healthy\n1,2,1.0000,1.0000,never recovers\n";
    assert_eq!(read("recovery.csv"), map);
    let picture = read("recovery-map.svg");
    for words in ["a, s", "b, s", "healthy: the error in at most 5 % of loads", "not ready after 10 s; 10 loads each"] {
        assert!(picture.contains(words), "{words}");
    }
}

fn shipped_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/hypotheses/issue-1855.toml")
}

/// Parts of the shipped file, simulated.
fn shipped(loads: u64, strike: impl FnOnce(&mut HypothesesFile)) -> (HypothesesFile, Findings) {
    let mut file = HypothesesFile::read(&shipped_path()).unwrap();
    file.figures.clear();
    file.regions.clear();
    file.layers = None;
    strike(&mut file);
    let findings = Findings::simulate(&file, loads, 1, &AtomicBool::new(false), |_| ()).unwrap();
    (file, findings)
}

#[test]
fn in_the_twenty_captures_order_station_and_fate_are_those_of_the_nearest_load() {
    let (file, findings) = shipped(1_000, |file| {
        file.predictions.clear();
        file.recovery = None;
    });
    let captures =
        file.overlays.iter().flat_map(|overlay| overlay.captures.iter().map(move |capture| (overlay, capture)));
    let mut seen = 0;
    for ((overlay, capture), it) in captures.zip(findings.overlays.iter().flatten()) {
        let name = format!("{}/{}", overlay.name, capture.name);
        // The one exception: without probes five bodies of prefetches came late, and a call waited 0.3 s for a connection.
        let exception: &[&str] = if name == "F2b_T40/000" { &["station of project-sessions 1"] } else { &[] };
        assert_eq!(it.differs, exception, "{name}");
        assert!(it.is_same() || !exception.is_empty(), "{name}: {it:?}");
        assert!(it.apart < 0.15, "{name}: {} s apart", it.apart);
        assert!((it.ready - capture.ready).abs() < 0.2, "{name}: {} s, captured {} s", it.ready, capture.ready);
        assert!(it.ended >= 4 && it.shared >= 8, "{name}: {it:?}");
        assert!(it.burst_in_browser[0].abs_diff(it.burst_in_browser[1]) <= 2, "{name}: {:?}", it.burst_in_browser);
        seen += 1;
    }
    assert_eq!(seen, 20);
}

#[test]
fn the_measured_counts_hold_and_the_unseen_cells_are_predicted() {
    let (file, findings) = shipped(2_000, |file| {
        file.overlays.clear();
        file.recovery = None;
    });
    let cells: Vec<_> = findings.measured(&file).collect();
    assert_eq!(cells.len(), 13);
    for (cell, measured, forecast) in cells {
        let (low, high) = forecast.count;
        assert!((low..=high).contains(&measured.failures), "{}: {forecast:?}", cell.text);
        // Medians of eight loads, some of which need one call and some two (docs/dashboard.md).
        let off = ["cell-ps-9000", "cell-t60-three-failures"].contains(&cell.name.as_str());
        assert_eq!(forecast.holds(measured), !off, "{}: {forecast:?}", cell.text);
        let [_, earliest, latest] = forecast.ready;
        assert!(!off || (earliest..=latest).contains(&measured.ready), "{}: {forecast:?}", cell.text);
    }
    // The cells that were asked for, each also on a faster and a slower day.
    let asked = [
        "(5, 2, 60, 200), prefetch off",
        "(5, 2, 80, 200), prefetch off",
        "(10, 2, 0, 200)",
        "(5, 5, 0, 200), 40 ms of blocking for each process start",
        "(5, 2, 60, 200), dedupe and no poll while the mux is fresh",
        "(5, 2, 80, 200), list and session without probes",
        "(5, 2, 60, 200), by a click from the dashboard's own page",
    ];
    for text in asked {
        let case = file.predictions.iter().position(|case| case.text == text && case.measured.is_none()).expect(text);
        let of = |name: &str| {
            let hypothesis = file.hypotheses.iter().position(|hypothesis| hypothesis.name == name).unwrap();
            findings.forecasts[case].iter().find(|forecast| forecast.hypothesis == hypothesis).expect(text)
        };
        let [fast, usual, slow] = ["quiet-series-fast", "quiet-series", "quiet-series-slow"].map(of);
        assert!(fast.probability <= usual.probability && usual.probability <= slow.probability, "{text}");
    }
}

#[test]
fn the_map_of_recovery_has_all_three_regimes_in_this_order() {
    let (file, findings) = shipped(20, |file| {
        file.predictions.clear();
        file.overlays.clear();
    });
    let (map, (_, spots)) = (file.recovery.unwrap(), findings.recovery.unwrap());
    for ((values, _), spot) in map.points.iter().zip(&spots) {
        // Seconds of one listing: cost x (terminated + 2 x live) x projects.
        let [terminated, cost] = values[..] else { panic!("{values:?}") };
        let seconds = 5.0 * cost * (terminated + 4.0) / 1e3;
        let regime = spot.regime();
        assert!(seconds > 1.2 || regime == Regime::Healthy, "{seconds} s: {spot:?}");
        assert!(seconds < 3.2 || regime == Regime::Stuck, "{seconds} s: {spot:?}");
        assert!(!(1.9..2.6).contains(&seconds) || regime == Regime::Fails, "{seconds} s: {spot:?}");
    }
}

#[test]
fn the_shipped_hypotheses_are_what_the_file_says() {
    let out = tempfile::tempdir().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/hypotheses/issue-1855.toml");
    let mut command = Command::cargo_bin("sixslot").unwrap();
    command.arg("hypotheses").arg(file).arg("--out").arg(out.path()).args(["--loads", "100"]).assert().success();
    let text = std::fs::read_to_string(out.path().join("README.md")).unwrap();
    // The page as built explains most figures, and more than any reported hypothesis.
    let inside = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("- **{name}**"))).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let at = words.iter().rposition(|word| *word == "of").unwrap();
        words[at - 1].parse::<u32>().unwrap()
    };
    assert!(inside("as-built") >= 23, "{}", inside("as-built"));
    for reported in ["as-reported", "as-reported-failing", "corrected"] {
        assert!(inside(reported) + 5 < inside("as-built"), "{reported}");
    }
    // The successful capture of the report is a typical one somewhere, and the program says where.
    let region = text.lines().find(|line| line.contains(" points all 4 figures are inside the range")).unwrap();
    let points: u32 = region.split(": at ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(points > 0, "{region}");
    assert!(text.contains("](recovery-map.svg)") && out.path().join("recovery-map.svg").exists());
}
