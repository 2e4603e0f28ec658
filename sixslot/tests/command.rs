//! The command line as users and other programs meet it: what it prints, how it refuses, and with which exit code.

#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use assert_cmd::Command;
use binary::{command, complaint, done, refused, sixslot, workspace};
use serde_json::Value;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

const SCENARIO: &str = "scenarios/issue-1855.toml";
/// Where one load in eleven fails.
const OFTEN: [&str; 2] = ["--set", "parameters.sessions=40"];
/// A load that fails there.
const FAILING: &str = "4";

fn run<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["run", SCENARIO], &OFTEN[..], more].concat()
}

fn json(more: &[&str]) -> String {
    done(&run(&[more, &["--format", "json"]].concat()))
}

fn scenario_text() -> String {
    std::fs::read_to_string(workspace().join(SCENARIO)).unwrap()
}

/// A file with a text, which goes away with its folder.
fn file(text: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// The fields of an object or the elements of a list in their order, each as text: a parser would sort the fields.
fn items(json: &str) -> Vec<(&str, &str)> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    let (mut items, mut key, mut from) = (Vec::new(), "", 0);
    for (at, byte) in json.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                from = if depth == 1 { at + 1 } else { from };
            }
            b':' if depth == 1 => (key, from) = (json[from..at].trim_matches('"'), at + 1),
            b',' if depth == 1 => {
                items.push((key, &json[from..at]));
                (key, from) = ("", at + 1);
            }
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 && at > from {
                    items.push((key, &json[from..at]));
                }
            }
            _ => {}
        }
    }
    items
}

/// The value of a field.
fn field<'a>(json: &'a str, name: &str) -> &'a str {
    items(json).into_iter().find(|(key, _)| *key == name).unwrap_or_else(|| panic!("no field {name} in {json}")).1
}

fn keys(json: &str) -> Vec<&str> {
    items(json).into_iter().map(|(key, _)| key).collect()
}

#[test]
fn one_load_has_the_fields_of_the_design_in_their_order() {
    let text = json(&["--replication", FAILING]);
    assert!(text.ends_with("}\n") && text.lines().count() == 1);
    assert!(keys(&text).starts_with(&["scenario", "seed", "load", "fixes", "outcome", "requests"]));
    let (head, _) = text.split_once(",\"end_ms\"").unwrap();
    assert_eq!(
        head,
        r#"{"scenario":"Session page, as issue 1855 describes it","seed":1,"load":4,"fixes":[],"outcome":{"failed":true,"ready_ms":null,"error_ms":8000.0,"recovered_ms":null,"late":false,"ready":false,"error":null,"needs":[{"request":"session","tab":0,"ready_ms":null}]"#
    );
    let requests = items(field(&text, "requests"));
    let ends = requests.iter().filter_map(|(_, request)| field(request, "ended_ms").parse::<f64>().ok());
    assert_eq!(field(field(&text, "outcome"), "end_ms"), format!("{:?}", ends.fold(0.0, f64::max)));
    let mut queued = 0;
    for (_, request) in &requests {
        let contract =
            "name attempt tab url priority issued_ms sent_ms headers_ms ended_ms outcome connection held_ms server_ms";
        assert!(keys(request).starts_with(&contract.split(' ').collect::<Vec<_>>()), "{request}");
        assert_eq!(keys(field(request, "held_ms")), ["page", "scheduler", "cache", "pool"]);
        let value: Value = serde_json::from_str(request).unwrap();
        let outcome = value["outcome"].as_str().unwrap();
        assert!(["ok", "aborted", "coalesced", "unfinished"].contains(&outcome));
        assert!(value["attempt"].as_u64().unwrap() >= 1 && value["issued_ms"].is_f64() && value["server_ms"].is_f64());
        assert_eq!(value["sent_ms"].is_null(), value["connection"].is_null(), "{request}");
        assert_eq!(value["headers_ms"].is_f64(), outcome == "ok", "{request}");
        queued += usize::from(value["sent_ms"].is_null());
    }
    assert!(requests.len() > 12 && queued > 0);
    let session = requests.iter().find(|(_, request)| field(request, "name") == "\"session\"").unwrap().1;
    assert_eq!((field(session, "outcome"), field(session, "ended_ms")), ("\"aborted\"", "8000.0"));
    let with_fix = json(&["--fix", "no-prefetch,dedupe"]);
    assert_eq!(field(&with_fix, "fixes"), r#"["no-prefetch","dedupe"]"#);
    assert!(with_fix.contains(r#""outcome":"coalesced""#));
}

#[test]
fn many_loads_have_the_fields_of_the_design() {
    let text = json(&["--loads", "2000"]);
    let contract = "scenario seed fixes loads failures probability interval ready_ms";
    assert!(keys(&text).starts_with(&contract.split(' ').collect::<Vec<_>>()), "{text}");
    assert_eq!(keys(field(&text, "interval")), ["method", "level", "low", "high"]);
    assert_eq!(keys(field(&text, "ready_ms")), ["p50", "p90", "p95", "p99"]);
    let value: Value = serde_json::from_str(&text).unwrap();
    let (failures, loads) = (value["failures"].as_f64().unwrap(), value["loads"].as_f64().unwrap());
    assert_eq!((loads, value["probability"].as_f64().unwrap()), (2_000.0, failures / loads));
    assert_eq!(
        (value["interval"]["method"].as_str(), value["interval"]["level"].as_f64()),
        (Some("wilson"), Some(0.95))
    );
    // Where no load is ready there are no quantiles, and where none fails the bound is Clopper and Pearson's.
    let never = json(&["--loads", "20", "--set", "request.session.service=20s"]);
    assert_eq!((field(&never, "ready_ms"), field(&never, "failures")), ("null", "20"));
    let always = json(&["--loads", "20", "--fix", "no-prefetch"]);
    assert_eq!((field(&always, "failures"), field(field(&always, "interval"), "method")), ("0", "\"clopper-pearson\""));
}

#[test]
fn one_seed_gives_the_same_bytes_in_two_processes() {
    for more in [
        &["--replication", "7"][..],
        &["--replication", "7", "--format", "json"],
        &["--loads", "3000", "--format", "json"],
    ] {
        let once = done(&run(&[more, &["--jobs", "1"]].concat()));
        assert_eq!(once, done(&run(&[more, &["--jobs", "2"]].concat())));
        assert_ne!(once, done(&run(&[more, &["--seed", "2"]].concat())));
    }
}

/// The place of a piece of a text: line and column, from 1.
fn place(text: &str, piece: &str) -> (usize, usize) {
    let before = &text[..text.find(piece).unwrap()];
    (before.lines().count() + usize::from(before.ends_with('\n') || before.is_empty()), {
        before.chars().rev().take_while(|character| *character != '\n').count() + 1
    })
}

#[test]
fn a_typing_mistake_is_shown_at_its_line_and_column() {
    let mistakes = [
        ("deadline = \"8s\"", "dedline = \"8s\"", "dedline", "did you mean `deadline`?"),
        ("[request.sidebar]", "[reqest.sidebar]", "reqest", "did you mean `request`?"),
        ("deadline = \"5s\"", "deadline = 5", "5", "a length of time needs a unit"),
        ("count = \"projects\"", "count = \"project\"", "\"project\"", "did you mean `projects`?"),
        ("profile = \"as-reported\"", "profile = \"as-reportd\"", "\"as-reportd\"", "did you mean `as-reported`?"),
        ("ready = [\"session\"]", "ready = [\"sesion\"]", "\"sesion\"", "did you mean `session`?"),
    ];
    for (right, wrong, fault, advice) in mistakes {
        let text = scenario_text();
        let at = text.find(right).unwrap();
        let changed = text.replacen(right, wrong, 1);
        let (_folder, path) = file(changed.as_bytes());
        let said = refused(&["run", path.to_str().unwrap()]);
        let (mut line, mut column) = place(&changed, wrong);
        column += wrong.find(fault).unwrap();
        // The first letter of the line is where the piece stands, whatever stands before it.
        line += changed[at..at + wrong.find(fault).unwrap()].matches('\n').count();
        assert!(said.starts_with(&format!("{}:{line}:{column}: ", path.display())), "{line}:{column}, but {said}");
        assert!(said.contains(advice), "{said}");
    }
    let (_folder, path) = file(b"schema = 1\ntitle = \"never closed\n");
    let said = refused(&["run", path.to_str().unwrap()]);
    assert!(said.contains(":2:") && said.contains("not TOML"), "{said}");
}

#[test]
fn an_unknown_name_comes_with_advice() {
    let refuses = |more: &[&str], reason: &str| {
        let said = refused(&run(more));
        assert!(said.contains(reason), "{more:?}: {said}");
    };
    refuses(&["--fix", "no-prefech"], "the scenario has no fix `no-prefech`; did you mean `no-prefetch`?");
    refuses(&["--fix", "zzz"], "there is `no-prefetch`, `prefetch-active`");
    refuses(&["--fix", "dedupe,"], "the scenario has no fix ``");
    refuses(&["--set", "request.sesion.deadline=9s"], "did you mean `session`?");
    refuses(&["--set", "request.session.dedline=9s"], "did you mean `deadline`?");
    refuses(&["--set", "parameters.project=8"], "did you mean `projects`?");
    refuses(&["--set", "brwser.connections=5"], "did you mean `browser`?");
    refuses(&["--set", "browser.connections=six"], "expected a whole number, found a string");
    refuses(&["--set", "title.length=3"], "`title` is not a table");
    refuses(&["--set", "parameters.projects"], "write --set PATH=VALUE");
    refuses(&["--set", "request.session.deadline=9"], "write \"9ms\" or \"9s\"");
    refuses(&["--set", "load.ready=[\"session\", \"sesion\"]"], "--set:1:24: there is no request or socket `sesion`");
    refuses(&["--set", "request.session.service={ medain = \"2s\" }"], "--set:1:27: unknown key `medain`");
    refuses(&["--set", "parameters.projects=99999999999999999999"], "not a whole number of 64 bits");
    refuses(&["--loads", "0"], "0 is not a whole number from 1 to 1000000000");
    refuses(&["--loads", "10", "--replication", "3"], "cannot be used with");
    refuses(&["--jobs", "0"], "0 is not a whole number from 1 to 1024");
    // Old names of an option and of a command.
    refuses(&["--load", "3"], "some similar arguments exist: '--loads', '--replication'");
    assert!(refused(&["accounts", SCENARIO]).contains("a similar subcommand exists: 'hypotheses'"));
    refuses(&["--seed", "x"], "'--seed <SEED>'");
    refuses(&["--seed", "-1"], "invalid value '-1' for '--seed <SEED>'");
}

#[test]
fn a_dash_reads_standard_input() {
    let feed = |text: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sixslot"));
        let arguments = [&["run", "-", "--replication", FAILING, "--format", "json"], more].concat();
        command.args(arguments).write_stdin(text).timeout(Duration::from_secs(60)).output().unwrap()
    };
    let whole = feed(&scenario_text(), &OFTEN);
    assert_eq!(String::from_utf8(whole.stdout).unwrap(), json(&["--replication", FAILING]));
    let broken = feed("schema = 1\ntitel = \"x\"\n", &[]);
    let said = complaint(&broken);
    assert_eq!((broken.status.code(), broken.stdout.len()), (Some(2), 0));
    assert!(
        said.starts_with("standard input:2:1: unknown key `titel`") && said.contains("did you mean `title`?"),
        "{said}"
    );
    assert_eq!(feed("", &[]).status.code(), Some(2));
}

/// As in `sixslot ... | head -1`. The output is longer than a pipe's buffer, so that a write has to fail.
#[test]
fn a_reader_that_closes_the_pipe_ends_it_quietly() {
    let long = ["--set", "parameters.projects=3000"];
    let whole: [&[&str]; 4] = [
        &["run", SCENARIO, "--format", "json", long[0], long[1]],
        &["run", SCENARIO, "--rows", "5000", long[0], long[1]],
        &["schema"],
        &["completions", "bash"],
    ];
    for arguments in whole {
        let mut child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), complaint(&output).as_str()), (Some(0), ""), "{arguments:?}");
    }
}

/// A command that has nothing to keep ends at the first signal, here while it waits for the rest of an archive.
#[cfg(unix)]
#[test]
fn a_signal_ends_a_command_that_only_reads() {
    for signal in ["-INT", "-TERM"] {
        let mut child = command(&["diagnose", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        // More than a pipe holds: once it is written, the command is reading.
        input.write_all(format!("{{\"log\":\"{}", "x".repeat(300_000)).as_bytes()).unwrap();
        let kill = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{signal} was ignored");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    }
}

/// As in `sixslot check ... | true`: nothing reads the output, and the exit code is still the answer.
#[test]
fn a_check_without_a_reader_keeps_its_exit_code() {
    for (limit, code) in [("0.02", 1), ("0.2", 0)] {
        for format in ["text", "json"] {
            let arguments = [&["check", SCENARIO, "--max-failure", limit, "--format", format], &OFTEN[..]].concat();
            let mut child = command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            drop(child.stdout.take());
            let output = child.wait_with_output().unwrap();
            assert_eq!((output.status.code(), complaint(&output).as_str()), (Some(code), ""), "{arguments:?}");
        }
    }
}

/// A disk without room is no success, and the reason is the system's own.
#[test]
#[cfg(target_os = "linux")]
fn a_result_that_cannot_be_written_is_an_error() {
    let check = ["check", SCENARIO, "--max-failure", "0.2"];
    for arguments in [&["run", SCENARIO][..], &["run", SCENARIO, "--format", "json"], &["schema"], &["man"], &check] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let output = command(arguments).stdout(full).output().unwrap();
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said.contains("the result cannot be written: No space left on device"), "{said}");
    }
    let said = refused(&["run", SCENARIO, "--svg", "no/such/load.svg"]);
    assert!(said.contains("no/such/load.svg cannot be written: there is no folder no/such; make it first"), "{said}");
    let said = refused(&["sweep", SCENARIO, "--out", SCENARIO]);
    assert!(said.contains("cannot be written"), "{said}");
}

#[test]
fn a_comparison_is_a_table_for_spreadsheets_too() {
    let arguments = [&["compare", SCENARIO, "--loads", "500"], &OFTEN[..]].concat();
    let of = |format| done(&[&arguments[..], &["--format", format]].concat());
    let json: Value = serde_json::from_str(&of("json")).unwrap();
    let table = of("csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let head = reader.headers().unwrap().clone();
    let column = |name: &str| head.iter().position(|other| other == name).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let fixes = json["fixes"].as_array().unwrap();
    assert_eq!(rows.len(), fixes.len());
    for (row, fix) in rows.iter().zip(fixes) {
        assert_eq!(
            (&row[column("fix")], &row[column("title")]),
            (fix["fix"].as_str().unwrap(), fix["title"].as_str().unwrap())
        );
        for (name, value) in [
            ("with", &fix["with"]),
            ("difference_low", &fix["difference_interval"]["low"]),
            ("fixed", &fix["discordant"]["fixed"]),
            ("p_value_holm", &fix["p_value_holm"]),
        ] {
            let (found, expected) = (row[column(name)].parse::<f64>().unwrap(), value.as_f64().unwrap());
            // Reading JSON may lose the last digit.
            assert!((found - expected).abs() <= 1e-14 * expected.abs(), "{name}: {found} for {expected}");
        }
    }
    // Elsewhere there is no table.
    assert!(refused(&["run", SCENARIO, "--format", "csv"]).contains("[possible values: text, json]"));
    assert!(refused(&["compare", SCENARIO, "--layers", "--format", "csv"]).contains("--format text or json"));
}

#[test]
fn a_scenario_of_another_system_is_the_same_scenario() {
    let text = scenario_text();
    let plain = done(&["run", SCENARIO, "--replication", FAILING, "--format", "json"]);
    for changed in [text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
        let (_folder, path) = file(changed.as_bytes());
        assert_eq!(done(&["run", path.to_str().unwrap(), "--replication", FAILING, "--format", "json"]), plain);
    }
}

#[test]
fn check_passes_or_fails_by_its_exit_code() {
    let check = |limit: &str, more: &[&str]| {
        let output = sixslot(&[&["check", SCENARIO, "--max-failure", limit], &OFTEN[..], more].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &complaint(&output))
    };
    for (limit, more, code, verdict) in [
        ("0.2", &[][..], 0, "passed: "),
        ("0.02", &[], 1, "failed: "),
        ("0.02", &["--fix", "no-prefetch"], 0, "passed: "),
        ("0.09", &["--max-loads", "100"], 3, "undecided: "),
    ] {
        let (found, said) = check(limit, more);
        assert!(found == Some(code) && said.starts_with(verdict), "{limit}: {found:?}, {said}");
    }
    let (code, said) = check("0.02", &["--format", "json"]);
    let value: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, value["verdict"].as_str(), value["max_failure"].as_f64()), (Some(1), Some("failed"), Some(0.02)));
    assert!(value["interval"]["low"].as_f64().unwrap() > 0.02);
    for limit in ["0", "1", "-0.5", "NaN", "five"] {
        let (code, said) = check(limit, &[]);
        assert!(code == Some(2) && said.contains("max-failure"), "{said}");
    }
}

#[test]
fn a_stopping_rule_stops_as_told_and_names_its_guarantee() {
    let until = |rule: &str, more: &[&str]| -> Value {
        let text = json(&[&["--until", rule], more].concat());
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["interval"]["method"], "confidence-sequence");
        assert!(value["guarantee"].as_str().unwrap().starts_with("Valid however often one looks"));
        value
    };
    let number = |value: &Value, name: &str| value[name].as_f64().unwrap();
    let half = |value: &Value| (number(&value["interval"], "high") - number(&value["interval"], "low")) / 2.0;
    let known = until("half-width=0.01", &[]);
    assert!(half(&known) <= 0.01 && half(&known) > 0.005 && known["stopped_by"] == "half-width=0.01");
    let relative = until("relative=0.2", &[]);
    assert!(half(&relative) <= 0.2 * number(&relative, "probability") && relative["stopped_by"] == "relative=0.2");
    let decided = until("decided=0.05", &[]);
    assert!(number(&decided["interval"], "low") > 0.05 && decided["stopped_by"] == "decided=0.05");
    // No failure ever: the relative rule cannot be satisfied, and the run ends at its limit.
    let limited = until("relative=0.2", &["--fix", "no-prefetch", "--max-loads", "3000"]);
    assert_eq!((number(&limited, "loads"), number(&limited, "failures")), (3_000.0, 0.0));
    assert_eq!(limited["stopped_by"], "max-loads, before relative=0.2 was reached");
    let text = done(&run(&["--until", "half-width=0.02"]));
    assert!(
        text.contains("interval: confidence-sequence, valid whenever a run stops")
            && text.contains("stopped by half-width=0.02")
    );
    let fixed = done(&run(&["--loads", "1000"]));
    assert!(fixed.contains("interval: wilson, for a number of loads fixed in advance"));
}

#[test]
fn a_bad_stopping_rule_is_explained() {
    for (rule, reason) in [
        ("half-width=0", "half-width: it needs a number above 0 and at most 0.5, such as 0.005"),
        ("half-width=NaN", "half-width: it needs a number above 0"),
        ("relative=2", "relative: it needs a number above 0 and at most 1, such as 0.1"),
        ("decided=1", "decided: it needs a probability strictly between 0 and 1, such as 0.01"),
        ("halfwidth=0.01", "write half-width=0.005"),
        ("0.01", "write half-width=0.005"),
    ] {
        let said = refused(&run(&["--until", rule]));
        assert!(said.contains(reason), "{said}");
    }
    let said = refused(&run(&["--until", "fixed=3000", "--max-loads", "1000"]));
    assert!(said.contains("fixed=3000 is over --max-loads 1000"), "{said}");
}

#[test]
fn what_is_no_scenario_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nowhere.toml");
    let mut noise = 1_u64;
    let garbage: Vec<u8> = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (noise >> 56) as u8
    })
    .take(100_000)
    .collect();
    let (_folder, binary) = file(&garbage);
    let (_folder, nulls) = file(&[0; 5_000]);
    let (_folder, huge) = file("# a comment\n".repeat(1_600_000).as_bytes());
    for (path, reason) in [
        (missing.as_path(), "No such file"),
        (folder.path(), "directory"),
        (&binary, "UTF-8"),
        (&nulls, "not TOML"),
        (&huge, "the limit is 16777216"),
    ] {
        for subcommand in ["run", "compare"] {
            let said = refused(&[subcommand, path.to_str().unwrap()]);
            assert!(said.contains(path.to_str().unwrap()) && said.contains(reason) && said.len() < 2_000, "{said}");
        }
    }
}

#[test]
fn a_billion_requests_are_refused_at_once() {
    for set in [
        "parameters.projects=1000000000",
        "request.prefetch.count=1000000000",
        "request.membership.arrivals.rate_per_second=1e9",
        "request.sidebar.every=1us",
        "browser.tabs=1000000000",
    ] {
        for arguments in [run(&["--set", set]), run(&["--set", set, "--loads", "1000"])] {
            let begun = Instant::now();
            let said = refused(&arguments);
            assert!(begun.elapsed() < Duration::from_secs(20), "{set}: {:?}", begun.elapsed());
            assert!(said.contains("the limit is 1000000") || said.contains("over the limit of"), "{set}: {said}");
        }
    }
    let begun = Instant::now();
    assert!(refused(&run(&["--loads", "9999999999"])).contains("is not a whole number from 1 to 1000000000"));
    assert!(begun.elapsed() < Duration::from_secs(20));
}
