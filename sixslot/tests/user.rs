//! The command in the hands of its users: from archives to the fix, a scenario to start from, all errors at once, a gate in
//! continuous integration.

#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::{command, complaint, done, refused, sixslot, workspace};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

const SCENARIO: &str = "scenarios/issue-1855.toml";
/// Where one load in eleven fails.
const OFTEN: &str = "parameters.sessions=40";

/// Runs the command in a folder.
fn within(folder: &Path, arguments: &[&str]) -> Output {
    command(arguments).current_dir(folder).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// An archive of a load that starves: issue 1855, exported.
fn failing_archive(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    done(&["run", SCENARIO, "--set", OFTEN, "--replication", "4", "--har", path.to_str().unwrap()]);
    path
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", complaint(output)))
}

#[test]
fn one_command_leads_from_an_archive_to_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    // Four recorded loads of a real page.
    let captures = workspace().join("scenarios/hypotheses/captures/T40_N5M2");
    let names = ["Page.har.gz", "b.har.gz", "c.har.gz", "d.har.gz"];
    for (number, name) in names.iter().enumerate() {
        std::fs::copy(captures.join(format!("00{number}.har.gz")), path.join(name)).unwrap();
    }
    let with = |first: &[&str], more: &[&str]| within(path, &[first, &names, more].concat());
    let output = with(&[], &["--loads", "200"]);
    let (text, said) = (stdout(&output), complaint(&output));
    assert_eq!(output.status.code(), Some(0), "{said}");
    for part in ["of loads fail", "What 4 archives show", "does", "Page.toml: the scenario", "Page.html: the report"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // The files are those of the commands that it stands for.
    let scenario = std::fs::read_to_string(path.join("Page.toml")).unwrap();
    with(&["import"], &["-o", "other.toml"]);
    assert_eq!(scenario, std::fs::read_to_string(path.join("other.toml")).unwrap());
    let compared = json(&within(path, &["compare", "Page.toml", "--loads", "200", "--format", "json"]));
    let answer = json(&with(&[], &["--loads", "200", "--format", "json"]));
    assert_eq!(answer["comparison"]["fixes"], compared["fixes"]);
    let diagnosed = json(&with(&["diagnose"], &["--format", "json"]));
    assert_eq!(answer["diagnosis"], diagnosed);
    assert!(std::fs::read_to_string(path.join("Page.html")).unwrap().contains("</html>"));

    // A scenario that was edited stays, whatever follows, and nothing is written beside it.
    std::fs::write(path.join("Page.toml"), format!("{scenario}# mine\n")).unwrap();
    std::fs::remove_file(path.join("Page.html")).unwrap();
    let output = with(&["answer"], &["--loads", "200"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("Page.toml exists already, and was changed"), "{}", complaint(&output));
    assert!(complaint(&output).contains("sixslot compare Page.toml") && !path.join("Page.html").exists());
    assert!(std::fs::read_to_string(path.join("Page.toml")).unwrap().ends_with("# mine\n"));
    assert_eq!(with(&[], &["--loads", "200", "-o", "again"]).status.code(), Some(0));
    assert!(path.join("again.toml").exists() && path.join("again.html").exists());
}

#[test]
fn an_archive_in_the_place_of_a_scenario_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    failing_archive(path, "page.har");
    // Known by its content, not by its name.
    std::fs::copy(path.join("page.har"), path.join("capture.json")).unwrap();
    within(path, &["import", "page.har", "-o", "page.toml"]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &std::fs::read(path.join("page.har")).unwrap()).unwrap();
    std::fs::write(path.join("page.har.gz"), packed.finish().unwrap()).unwrap();
    let of = |name: &str, arguments: &[&str]| {
        let words: Vec<&str> = arguments.iter().map(|word| if *word == "PAGE" { name } else { word }).collect();
        within(path, &words)
    };
    for arguments in [
        &["run", "PAGE", "--format", "json"][..],
        &["run", "PAGE", "--loads", "100", "--format", "json"],
        &["compare", "PAGE", "--loads", "100", "--format", "json"],
        &["check", "PAGE", "--max-failure", "0.5", "--max-loads", "100", "--format", "json"],
    ] {
        let expected = of("page.toml", arguments);
        for name in ["page.har", "capture.json", "page.har.gz"] {
            let output = of(name, arguments);
            assert_eq!((stdout(&output), output.status.code()), (stdout(&expected), expected.status.code()), "{name}");
            let note = format!("note: {name} is an archive");
            assert!(complaint(&output).contains(&note), "{}", complaint(&output));
        }
    }
    let output = of("page.har", &["report", "PAGE", "-o", "r.html", "--loads", "50"]);
    assert!(output.status.code() == Some(0) && path.join("r.html").exists(), "{}", complaint(&output));
    for arguments in
        [&["sweep", "PAGE", "-o", "x"][..], &["lab", "PAGE"], &["validate", "PAGE"], &["hypotheses", "PAGE", "-o", "x"]]
    {
        let output = of("page.har", arguments);
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("sixslot import page.har -o page.toml"), "{arguments:?}: {said}");
    }
    // A word that is no archive is still a mistyped command.
    assert!(refused(&["rum"]).contains("'run'"));
    assert!(refused(&["nowhere.har"]).contains("nowhere.har cannot be read"));
}

#[test]
fn every_template_is_a_scenario_without_faults_and_without_notes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for template in ["sse-tabs", "polling", "prefetch", "spa", "dev-server"] {
        let output = within(path, &["init", "--template", template, "-o", "a.toml", "--force"]);
        assert_eq!(output.status.code(), Some(0), "{template}: {}", complaint(&output));
        let text = std::fs::read_to_string(path.join("a.toml")).unwrap();
        assert!(text.contains("sixslot run a.toml") && !text.contains("FILE"), "{template}");
        let output = within(path, &["validate", "a.toml"]);
        assert_eq!((stdout(&output).as_str(), complaint(&output).as_str()), ("a.toml: valid\n", ""), "{template}");
        // It shows what it is for: some load fails, and a fix changes that.
        let compared = json(&within(path, &["compare", "a.toml", "--loads", "300", "--format", "json"]));
        assert_eq!(compared["notes"], serde_json::json!([]), "{template}");
        assert!(compared["without"]["failed"].as_f64().unwrap() > 0.05, "{template}: {}", compared["sentence"]);
        let words = compared["fixes"].as_array().unwrap().iter().map(|fix| fix["verdict"].as_str().unwrap());
        assert!(words.clone().any(|word| word == "fixes"), "{template}: {:?}", words.collect::<Vec<_>>());
    }
    // The default is written to page.toml, once.
    assert_eq!(within(path, &["init"]).status.code(), Some(0));
    std::fs::write(path.join("page.toml"), "schema = 1\n").unwrap();
    assert_eq!(within(path, &["init"]).status.code(), Some(2));
    assert!(done(&["init", "-o", "-"]).contains("schema = 1"));
}

#[test]
fn validate_says_what_reads_plausible_and_does_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let of = |url: &str| {
        let text = format!("schema = 1\nrequest.a = {{ count = 2, url = \"{url}\" }}\nload.ready = [\"a\"]\n");
        std::fs::write(folder.path().join("a.toml"), text).unwrap();
        let found = json(&within(folder.path(), &["validate", "a.toml", "--format", "json"]));
        (stdout(&within(folder.path(), &["validate", "a.toml"])), found["files"][0]["notes"].clone())
    };
    let (text, notes) = of("/{i}");
    assert!(text.starts_with("a.toml: valid\nnote: request.a.url: `{i}` stands for nothing"), "{text}");
    assert_eq!(notes.as_array().map(Vec::len), Some(1));
    assert_eq!(of("/{index}"), ("a.toml: valid\n".to_owned(), serde_json::json!([])));
}

/// Line, message and help of each fault.
fn faults(text: &str, sets: &[&str]) -> Vec<(String, u64, String)> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), text).unwrap();
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments: Vec<&str> = ["validate", "a.toml", "--format", "json"].into_iter().chain(sets).collect();
    let output = within(folder.path(), &arguments);
    let found = json(&output);
    assert_eq!(output.status.code(), Some(if found["valid"] == true { 0 } else { 2 }));
    let errors = found["files"][0]["errors"].as_array().unwrap().clone();
    let text =
        |error: &Value| format!("{}; {}", error["message"].as_str().unwrap(), error["help"].as_str().unwrap_or(""));
    errors
        .iter()
        .map(|error| (error["source"].as_str().unwrap().to_owned(), error["line"].as_u64().unwrap(), text(error)))
        .collect()
}

#[test]
fn all_faults_come_at_once_each_once_and_none_that_follows_from_another() {
    let text = r#"schema = 1
titel = "x"
horizon = 60
[parameters]
sessions = 10
[browser]
profile = "chrome"
[socket.events]
kind = "sse"
[request.poll]
timeout = "8s"
interval = "2s"
ttfb = "200ms"
service = "1 parsec"
[request.late]
after = "pol.ok"
count = "session"
[queue.router]
limit = -1
[load]
ready = ["pole", "late"]
[fix.less]
patch.request.poll.timeout = "9s"
[fix.more]
patch.request.nothing.count = 3
[sweep]
sessions = ["a"]
fixes = [["les"]]
"#;
    let found = faults(text, &["sessions=40", "poll.deadline=9s", "request.poll.priority=urgent"]);
    let expected: [(&str, u64, &str); 17] = [
        ("a.toml", 2, "did you mean `title`?"),
        ("a.toml", 3, "a length of time needs a unit"),
        ("a.toml", 7, "did you mean `chromium`?"),
        ("a.toml", 9, "did you mean `event-source`?"),
        ("a.toml", 11, "did you mean `deadline`?"),
        ("a.toml", 12, "did you mean `every`?"),
        ("a.toml", 13, "did you mean `service` or `io_time`?"),
        ("a.toml", 14, "is not a length of time"),
        ("a.toml", 16, "did you mean `poll`?"),
        ("a.toml", 17, "did you mean `sessions`?"),
        ("a.toml", 19, "-1 is less than 1"),
        ("a.toml", 21, "did you mean `poll`?"),
        ("a.toml", 23, "did you mean `deadline`?"),
        ("a.toml", 25, "the patch changes `request.nothing`, which does not exist"),
        ("a.toml", 27, "expected a number, found a string"),
        ("a.toml", 28, "did you mean `less`?"),
        ("--set", 1, "did you mean `parameters.sessions=40`?"),
    ];
    for (source, line, part) in expected {
        let there = found.iter().filter(|(of, at, said)| of == source && *at == line && said.contains(part));
        assert_eq!(there.count(), 1, "{source}:{line}: {part}\n{found:#?}");
    }
    assert!(found.iter().any(|(source, _, said)| source == "--set" && said.contains("`request.poll.deadline=9s`")));
    assert!(found.iter().any(|(source, _, said)| source == "--set" && said.contains("`urgent` is not known here")));
    assert_eq!(found.len(), expected.len() + 2, "{found:#?}");
    // Without a schema and a [load] there is more to say than that.
    let found = faults("[request.a]\ndeadlin = \"8s\"\n", &[]);
    assert_eq!(found.len(), 3, "{found:#?}");
    // Each fault of syntax.
    let found = faults("schema = 1\na = = 1\nb = 2\n[c\n", &[]);
    assert_eq!(found.iter().map(|(_, line, _)| *line).collect::<Vec<_>>(), [2, 4], "{found:#?}");
    assert!(faults(&std::fs::read_to_string(workspace().join(SCENARIO)).unwrap(), &[OFTEN]).is_empty());
}

/// As text each message stands once, and numbers of the command line are asked for in words.
#[test]
fn no_error_is_said_twice_or_in_words_of_rust() {
    let said = refused(&["run", SCENARIO, "--set", "request.session.dedline=9s"]);
    assert_eq!(said.matches("unknown key `dedline`").count(), 1, "{said}");
    for arguments in [
        &["--loads", "many"][..],
        &["--loads", "1e4"],
        &["--loads", ""],
        &["--loads", "0"],
        &["--seed", "x"],
        &["--jobs", "99999999999999999999"],
        &["--replication", "1.5"],
        &["--rows", "x"],
        &["--until", "half-width=x"],
    ] {
        let said = refused(&[&["run", SCENARIO], arguments].concat());
        for word in ["invalid digit", "parse", "float literal", "..=", "1..", "empty string", "target type"] {
            assert!(!said.contains(word), "{arguments:?}: {said}");
        }
        assert!(said.contains("number"), "{arguments:?}: {said}");
    }
    let said = refused(&["check", SCENARIO, "--max-failure", "few"]);
    assert!(said.contains("write a number, such as 0.01"), "{said}");
}

/// A check with limits in the scenario, as a file of a project.
fn gate(folder: &Path, limit: &str, format: &str, more: &[&str]) -> Output {
    let text = std::fs::read_to_string(workspace().join(SCENARIO)).unwrap();
    let text = format!("{text}\n[thresholds]\nmax_failure = {limit}\nmax_wait.session = \"20s\"\n");
    std::fs::write(folder.join("page.toml"), text).unwrap();
    let arguments = [&["check", "page.toml", "--set", OFTEN, "--format", format, "--max-loads", "3000"], more].concat();
    let mut command = command(&arguments);
    command.current_dir(folder).env("GITHUB_STEP_SUMMARY", folder.join("summary.md")).output().unwrap()
}

#[test]
fn a_check_speaks_the_formats_of_continuous_integration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for (limit, code, word, command, element) in [
        ("0.02", 1, "failed", "error", "failure"),
        ("0.3", 0, "passed", "notice", "system-out"),
        ("0.0907", 3, "undecided", "warning", "error"),
    ] {
        let text = std::fs::read_to_string(workspace().join(SCENARIO)).unwrap();
        let line = text.lines().count() + 3;
        let junit = gate(path, limit, "junit", &[]);
        assert_eq!(junit.status.code(), Some(code), "{}", complaint(&junit));
        let junit = stdout(&junit);
        assert!(
            junit.starts_with("<?xml")
                && junit.contains("name=\"max_failure\"")
                && junit.contains(&format!("<{element}")),
            "{junit}"
        );
        assert!(junit.contains("tests=\"2\"") && junit.contains("name=\"max_wait.session\""), "{junit}");
        let _ = std::fs::remove_file(path.join("summary.md"));
        let github = stdout(&gate(path, limit, "github", &[]));
        assert!(
            github.contains(&format!("::{command} file=page.toml,line={line},col=1,title=max_failure%3A {word}::")),
            "{github}"
        );
        assert!(github.starts_with(&format!("{word}: ")), "{github}");
        let markdown = stdout(&gate(path, limit, "markdown", &[]));
        assert!(
            markdown.contains(&format!("{word}: ")) && markdown.contains("| limit | verdict | found |"),
            "{markdown}"
        );
        assert_eq!(std::fs::read_to_string(path.join("summary.md")).unwrap().trim_end(), markdown.trim_end());
    }
    // A limit of the command line has no line in the file.
    let github = stdout(&gate(path, "0.3", "github", &["--max-failure", "0.02"]));
    assert!(github.contains("::error file=page.toml,line=1,col=1,title=max_failure%3A failed::"), "{github}");
}

#[test]
fn a_check_compares_with_a_baseline_on_the_same_loads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let before = gate(path, "0.5", "json", &[]);
    std::fs::write(path.join("main.json"), &before.stdout).unwrap();
    let same = gate(path, "0.5", "json", &["--baseline", "main.json"]);
    let found = json(&same);
    assert_eq!((same.status.code(), found["baseline"][0]["p_value"].as_f64()), (Some(0), Some(1.0)));
    let worse = ["--baseline", "main.json", "--set", "parameters.sessions=44"];
    let output = gate(path, "0.5", "text", &worse);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.starts_with("failed: ")
            && text.contains("worse than the baseline by")
            && text.contains("McNemar's exact test"),
        "{text}"
    );
    assert!(stdout(&gate(path, "0.5", "junit", &worse)).contains("name=\"baseline.failed\""));
    let better = gate(path, "0.5", "text", &["--baseline", "main.json", "--fix", "no-prefetch"]);
    assert!(better.status.code() == Some(0) && stdout(&better).contains("better than the baseline by"));
    // What is not such an output is bad input.
    std::fs::write(path.join("other.json"), "{\"seed\":1}").unwrap();
    for (file, more, reason) in [
        ("other.json", [].as_slice(), "not the output of a check"),
        ("none.json", &[], "cannot be read"),
        ("page.toml", &[], "not the output of a check"),
        ("main.json", &["--seed", "2"], "give --seed 1"),
    ] {
        let output = gate(path, "0.5", "text", &[&["--baseline", file], more].concat());
        assert!(output.status.code() == Some(2) && complaint(&output).contains(reason), "{}", complaint(&output));
    }
    let text = sixslot(&["check", SCENARIO]);
    assert!(text.status.code() == Some(2) && complaint(&text).contains("--baseline"));
}
