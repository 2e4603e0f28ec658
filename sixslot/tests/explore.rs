//! `sixslot explore` and `sixslot compare --subsets`, from their bytes to their refusals.

#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::{done, refused};
use serde_json::Value;

const BURST: &str = "analysis/tests/ladder.toml";
const ISSUE: &str = "scenarios/issue-1855.toml";

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&done(&[arguments, &["--format", "json"]].concat())).unwrap()
}

/// The output does not depend on the number of threads.
fn same_bytes(arguments: &[&str]) -> String {
    let one = done(&[arguments, &["--jobs", "1"]].concat());
    assert_eq!(one, done(&[arguments, &["--jobs", "3"]].concat()));
    one
}

#[test]
fn every_question_answers_first_and_the_same_for_any_number_of_threads() {
    let sessions = ["--set", "parameters.sessions=40"];
    let questions: [&[&str]; 4] = [
        &["explore", BURST, "--frontier", "ahead=0..20", "--loads", "2000"],
        &["explore", ISSUE, "--sensitivity", "--loads", "2000", "--budget", "4000"],
        &["explore", ISSUE, "--tune", "request.session.deadline=4s..12s", "--values", "3", "--loads", "500"],
        &["compare", ISSUE, "--subsets=no-prefetch,dedupe,three-failures", "--loads", "1000"],
    ];
    for question in questions {
        let question = [question, if question[1] == ISSUE { &sessions } else { &[] }].concat();
        let record = json(&question);
        let sentence = record["sentence"].as_str().unwrap();
        assert_eq!(record["seed"], 1);
        for format in ["text", "csv", "json"] {
            let output = same_bytes(&[&question[..], &["--format", format]].concat());
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
            assert!(format != "text" || words(&output).starts_with(&words(sentence)), "{output}");
            assert!(format != "csv" || output.lines().count() > 2, "{output}");
        }
    }
}

#[test]
fn sets_of_fixes_have_shares_and_decisions() {
    let record = json(&["compare", ISSUE, "--subsets=no-prefetch,prefetch-active,dedupe", "--loads", "500"]);
    let sets = record["sets"].as_array().unwrap();
    assert_eq!(sets.len(), 8);
    for set in sets {
        assert!(set["failed"].is_number() && set["late"].is_number() && set["cost"].is_number(), "{set}");
        assert!(["met", "missed", "undecided"].contains(&set["decision"].as_str().unwrap()), "{set}");
    }
    // Three failures allowed bring no load to its error in time, and rescue none: the loads are ready later than that.
    let sufficient = |fixes: &str| {
        let subsets = format!("--subsets={fixes}");
        json(&["compare", ISSUE, &subsets, "--loads", "2000", "--set", "parameters.sessions=40", "--max-failure=0.02"])
    };
    let hidden = sufficient("three-failures");
    assert!(hidden["sentence"].as_str().unwrap().contains("`three-failures` (only hides failures)"), "{hidden}");
    assert_eq!(hidden["smallest_sets"][0]["verdict"], "hides");
    let fixed = sufficient("no-prefetch");
    assert!(!fixed["sentence"].as_str().unwrap().contains("hides"), "{fixed}");
    assert_eq!(fixed["smallest_sets"][0]["verdict"], "fixes");
    let overlap = &record["overlaps"][0];
    assert_eq!(overlap["key"], "request.prefetch.count");
    assert_eq!(overlap["fixes"], serde_json::json!(["no-prefetch", "prefetch-active"]));
}

#[test]
fn files_are_written_to_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let questions: [(&str, &[&str], &[&str]); 3] = [
        ("frontier", &["--frontier", "ahead=0..20", "--loads", "500"], &["frontier.csv", "frontier.svg"]),
        (
            "sensitivity",
            &["--sensitivity", "--loads", "400", "--budget", "800"],
            &["sensitivity.csv", "sensitivity.svg"],
        ),
        (
            "tuning",
            &["--tune", "request.session.deadline=4s..12s", "--loads", "200"],
            &["tuning-outcomes.svg", "tuning-ready.svg", "tuning.csv"],
        ),
    ];
    for (name, question, expected) in questions {
        let path = folder.path().join(name);
        let out = path.to_str().unwrap();
        let command = [&["explore", BURST], question, &["-o", out]].concat();
        done(&command);
        // The same question again replaces its own files.
        done(&command);
        let mut names: Vec<_> =
            path.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with('.') && name != "SHA256SUMS");
        names.sort();
        assert_eq!(names, expected);
    }
    // Another question does not replace them.
    let frontier = folder.path().join("frontier");
    let reason = refused(&["explore", BURST, "--sensitivity", "-o", frontier.to_str().unwrap()]);
    assert!(reason.contains("name another folder"), "{reason}");
}

#[test]
fn refusals_say_what_to_write() {
    let cases: [(&[&str], &str); 12] = [
        (&["explore", BURST], "--frontier"),
        (&["explore", BURST, "--frontier", "behind"], "there is ahead"),
        (&["explore", BURST, "--frontier", "ahead,ahead"], "the same"),
        (&["explore", BURST, "--frontier", "ahead=9..1"], "LOW..HIGH"),
        (&["explore", BURST, "--frontier", "ahead=0..100000"], "give a range"),
        (&["explore", BURST, "--frontier", "ahead", "--max-failure", "1"], "not a probability"),
        (&["explore", BURST, "--frontier", "ahead", "--sensitivity"], "cannot be used with"),
        (&["explore", BURST, "--sensitivity", "--loads", "100"], "400 loads"),
        (&["explore", BURST, "--tune", "request.sesion.deadline=1s..2s"], "did you mean `session`?"),
        (&["explore", BURST, "--tune", "request.session.deadline=1s..2s", "--loads", "100000000"], "the limit is"),
        (&["compare", BURST, "--subsets"], "no fix"),
        (&["compare", ISSUE, "--subsets=no-prefech"], "did you mean `no-prefetch`?"),
    ];
    for (arguments, part) in cases {
        let text = refused(arguments);
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
}

#[test]
fn more_than_ten_fixes_have_to_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fixes.toml");
    let fixes: String = (0..11).map(|fix| format!("[fix.f{fix}]\npatch.request.a.count = {fix}\n")).collect();
    std::fs::write(&path, format!("schema = 1\n[request.a]\nservice = \"1s\"\n[load]\nready = [\"a\"]\n{fixes}"))
        .unwrap();
    let path = path.to_str().unwrap();
    assert!(refused(&["compare", path, "--subsets"]).contains("2048 sets; the limit is 10 fixes"));
    done(&["compare", path, "--subsets=f1,f2", "--loads", "10"]);
}
