//! `sixslot accounts` as a user meets it: refusals at their places, numbers worked out by hand, the same bytes again.
#![allow(clippy::unwrap_used, missing_docs)]

use assert_cmd::Command;
use std::path::Path;

/// A page whose call is aborted at 2 s, so that its error comes then; ready at 1 s with the fix.
const SCENARIO: &str = "schema = 1\nhorizon = \"10s\"\nbrowser = { handover = \"0s\", connect = \"0s\" }\n[request.call]\nservice = \"5s\"\ndeadline = \"2s\"\n[load]\nready = [\"call\"]\nerror = { request = \"call\" }\n[fix.quick]\npatch.request.call.service = \"1s\"\n";

const ACCOUNTS: &str = r#"schema = 1
title = "Test"
loads = 10
[account.slow]
scenario = "page.toml"
[account.quick]
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
accounts = ["slow", "quick"]
[conclusion.one]
text = "slow {inside:slow} of {of:slow}, quick {inside:quick}, card {median:error:slow}, next {failed:next:slow}, ready {ready:next:quick}, missing {outside:quick}"
"#;

fn folder(accounts: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.toml"), SCENARIO).unwrap();
    std::fs::write(folder.path().join("accounts.toml"), accounts).unwrap();
    folder
}

fn run(folder: &Path, more: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("sixslot").unwrap();
    command.current_dir(folder).args(["accounts", "accounts.toml", "--out", "out"]).args(more).assert()
}

fn refusal(accounts: &str) -> String {
    let folder = folder(accounts);
    let output = run(folder.path(), &[]).code(2).get_output().clone();
    assert!(!folder.path().join("out").exists());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn numbers_stand_where_the_file_wants_them() {
    let folder = folder(ACCOUNTS);
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
    let folder = folder(ACCOUNTS);
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
        ("observe = \"aborted\"", "observ = \"aborted\"", "accounts.toml:12:1", "unknown key `observ`"),
        ("value = \"2s\"", "value = 2", "accounts.toml:15:9", "needs a unit"),
        ("accounts = [\"slow\", \"quick\"]", "accounts = [\"slw\"]", "accounts.toml:24:13", "did you mean `slow`?"),
        ("{of:slow}", "{off:slow}", "accounts.toml:26:8", "stands for no number"),
        ("{median:error:slow}", "{median:eror:slow}", "accounts.toml:26:8", "did you mean `error`?"),
        ("low = 0.5\n", "", "accounts.toml:17:9", "has no published value"),
        ("fixes = [\"quick\"]", "fixes = [\"quik\"]", "", "the scenario has no fix `quik`"),
        ("scenario = \"page.toml\"", "scenario = \"none.toml\"", "", "none.toml cannot be read"),
    ];
    for (right, wrong, place, message) in cases {
        let text = refusal(&ACCOUNTS.replacen(right, wrong, 1));
        assert!(text.contains(place) && text.contains(message), "{wrong}: {text}");
    }
}

#[test]
fn the_shipped_accounts_are_what_the_file_says() {
    let out = tempfile::tempdir().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/accounts/issue-1855.toml");
    let mut command = Command::cargo_bin("sixslot").unwrap();
    command.arg("accounts").arg(file).arg("--out").arg(out.path()).args(["--loads", "100"]).assert().success();
    let text = std::fs::read_to_string(out.path().join("README.md")).unwrap();
    // The page as built explains most figures, and more than any told account.
    let inside = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("- **{name}**"))).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let at = words.iter().rposition(|word| *word == "of").unwrap();
        words[at - 1].parse::<u32>().unwrap()
    };
    assert!(inside("as-built") >= 23, "{}", inside("as-built"));
    for told in ["as-told", "as-told-failing", "corrected"] {
        assert!(inside(told) + 5 < inside("as-built"), "{told}");
    }
}
