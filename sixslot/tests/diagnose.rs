//! `sixslot diagnose` as a user meets it: the real dashboard's captures, our own exports, files that are none.
#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::{command, done, refused};
use serde_json::Value;
use std::io::Read as _;
use std::process::Stdio;

const FAILING: &str = "scenarios/hypotheses/captures/T40_N5M2/000.har.gz";
const GOOD: &str = "scenarios/hypotheses/captures/T00_N5M2/000.har.gz";

#[test]
fn a_failing_load_of_the_dashboard() {
    let text = done(&["diagnose", FAILING]).split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "3 calls ended without an answer, and nothing shows whether they were sent",
        "Slow together: from 727 ms to 2.87 s 3 requests",
        "/api/sessions?fresh=true has a deadline of 5 s",
        "/api/sessions/ao-{n} may have a deadline of 8 s: 1 call broken off after 8.00 s, which is little to go by",
        "are polled every 2 s",
        "so the page skips a tick while it waits",
        "A burst: 5 requests of /projects/{*}?_rsc={x}",
        "An archive with request headers",
    ] {
        assert!(text.contains(said), "{said}\nis missing in\n{text}");
    }
    assert!(!text.contains("Never sent"), "{text}");
}

#[test]
fn a_good_load_has_nothing_to_complain_of() {
    let text = done(&["diagnose", GOOD]);
    assert!(text.contains("No call failed"), "{text}");
    assert!(!text.contains("Slow together"), "{text}");
}

/// The text with its line breaks and indents folded.
fn printed(name: &str) -> String {
    let text = done(&["diagnose", &format!("har/tests/fixtures/chromium/{name}.har")]);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Captures of a real Chromium: what is proved comes with its place, and only what helps there is proposed.
#[test]
fn each_cause_has_its_own_words_and_its_own_remedy() {
    let http2 = "over HTTP/2, or ask for less at once.";
    let share = "Share one call between the callers of one URL.";
    let priority = "Ask for what must not wait with a higher priority";
    for (name, said, unsaid) in [
        (
            "pool",
            &["1 call was broken off before it was sent", "It waited for a connection.", http2][..],
            &[share, priority][..],
        ),
        ("lock", &["It waited at the cache's lock, behind the same URL.", share], &[http2, priority]),
        ("scheduler", &["It waited for a connection, or at the browser's scheduler.", http2, priority], &[share]),
        (
            "sent",
            &[
                "2 calls were sent and broken off without an answer",
                "At their issue a connection was free, so they were sent at once, unless another tab had the connections.",
            ],
            &[http2, share, "Never sent"],
        ),
        (
            "streams",
            &["No call failed", "holds one of the six connections to", "Share one event stream between tabs"],
            &[http2, "What would settle it"],
        ),
    ] {
        let text = printed(name);
        for words in said {
            assert!(text.contains(words), "{name}: {words}\nis missing in\n{text}");
        }
        for words in unsaid {
            assert!(!text.contains(words), "{name}: {words}\nstands in\n{text}");
        }
    }
    // The six connections over time, a digit for each part of it.
    assert!(printed("pool").contains("held, 0 to 1.58 s: 11666666666666"), "{}", printed("pool"));
}

#[test]
fn many_files_are_one_screen_and_a_line_for_each() {
    let files = [FAILING, GOOD, FAILING, GOOD];
    let text = done(&[&["diagnose"][..], &files].concat());
    assert!(text.contains("4 files together") && text.contains("One of them in full: sixslot diagnose FILE"), "{text}");
    assert!(text.matches(FAILING).count() >= 3, "in each line of a file, and in the advice\n{text}");
    assert!(text.lines().count() < 90, "{text}");
    // The changes that any of the files asks for, once each.
    assert_eq!(text.matches("Try the page without the prefetch burst").count(), 1, "{text}");
    let two = done(&["diagnose", FAILING, GOOD]);
    assert!(
        two.contains("2 files together")
            && two.matches("The page\u{1b}[0m\n").count() + two.matches("The page\n").count() == 2,
        "{two}"
    );
}

#[test]
fn several_files_are_looked_at_together() {
    let json: Value = serde_json::from_str(&done(&["diagnose", "--format", "json", FAILING, GOOD])).unwrap();
    assert_eq!(json["files"].as_array().unwrap().len(), 2);
    assert_eq!(json["together"]["files"], 2);
    assert_eq!(json["together"]["files_with_failures"], 1);
    assert_eq!(json["together"]["cadences"][0]["period_ms"], 2000.0);
    let one: Value = serde_json::from_str(&done(&["diagnose", "--format", "json", FAILING])).unwrap();
    assert_eq!(one["together"], Value::Null);
    assert_eq!(one["files"][0]["loads"][0]["causes"]["never_sent"], 0);
    assert_eq!(one["files"][0]["sentence"], one["files"][0]["loads"][0]["statements"][0]["text"]);
}

/// A load of the issue's account, in which the session call is starved, and one of the page as built.
#[test]
fn a_simulated_archive_is_read_like_a_captured_one() {
    let folder = tempfile::tempdir().unwrap();
    let har = folder.path().join("load.har");
    let har = har.to_str().unwrap();
    done(&["run", "scenarios/issue-1855.toml", "--set", "parameters.sessions=40", "--replication", "4", "--har", har]);
    let text = done(&["diagnose", har]);
    assert!(text.contains("were broken off before they were sent"), "{text}");
    // The truth is not looked at: without it, every word is the same.
    let mut json: Value = serde_json::from_str(&std::fs::read_to_string(har).unwrap()).unwrap();
    json["log"].as_object_mut().unwrap().remove("_sixslot").unwrap();
    for entry in json["log"]["entries"].as_array_mut().unwrap() {
        entry.as_object_mut().unwrap().remove("_sixslot").unwrap();
    }
    std::fs::write(har, json.to_string()).unwrap();
    assert_eq!(done(&["diagnose", har]), text);
}

#[test]
fn what_is_no_archive_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for (path, said) in [
        (folder.path().to_str().unwrap().to_owned(), "is a folder; name the .har files in it"),
        ("scenarios/missing.har".to_owned(), "cannot be read"),
        (write("empty", b""), "it is empty"),
        (write("page.html", b"<!doctype html>"), "Export HAR"),
        (write("zip", b"PK\x03\x04...."), "unzip it"),
        (write("page.har", b"%PDF-1.7\n..."), "it is a PDF"),
        (write("utf16", b"\xFF\xFE{\0"), "UTF-16"),
        (write("cut.har", br#"{"log": {"entries": [{"startedDa"#), "the file ends in the middle"),
        (write("other.json", br#"{"name": "sixslot"}"#), "missing field `log`"),
        (write("none.har", br#"{"log": {"entries": []}}"#), "holds no request"),
        (
            write("typed.har", b"{\"log\": {\"entries\": [\n{\"startedDateTime\": 5}]}}"),
            ":2:22: entry 1, startedDateTime: invalid type: integer `5`, expected a date such as 2026-01-31T09:30:00.250Z",
        ),
        (write("cut.har.gz", &std::fs::read(binary::workspace().join(FAILING)).unwrap()[..900]), "does not unpack"),
    ] {
        let text = refused(&["diagnose", &path]);
        assert!(text.contains(said), "{said}\nis missing in\n{text}");
        assert!(text.lines().count() == 1, "one clear error: {text}");
    }
}

#[test]
fn markdown_escapes_what_the_archive_says() {
    let har = r#"{"log": {"entries": [{"startedDateTime": "2026-01-01T00:00:00Z", "time": 5,
        "request": {"method": "GET", "url": "http://h/<script>alert(1)</script>|`x`\u202E\u001b[31m"},
        "response": {"status": 200}, "timings": {"send": 0, "wait": 5, "receive": 0}}]}}"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.har");
    std::fs::write(&path, har).unwrap();
    let path = path.to_str().unwrap();
    let markdown = done(&["diagnose", "--format", "markdown", path]);
    assert!(markdown.contains("&lt;script&gt;") && markdown.contains("\\|\\`x\\`"), "{markdown}");
    let text = done(&["diagnose", path]);
    assert!(!markdown.contains("<script>"), "{markdown}");
    for output in [&markdown, &text] {
        assert!(!output.contains('\u{1b}') && !output.contains('\u{202E}'), "{output}");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = command(&["diagnose", FAILING, FAILING, FAILING, FAILING])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
