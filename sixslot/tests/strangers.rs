//! Text of strangers, by every way in and every way out: it is shown and never obeyed. Variables, failing outputs, signals.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::command;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

/// What a terminal, a spreadsheet, Markdown or a picture could obey. Each contains the word that must stay visible.
const HOSTILE: [&str; 8] = [
    "\u{1b}[2Jword",
    "\u{1b}]52;c;ZXZpbA==\u{7}word",
    "word\rfaked",
    "word\u{8}\u{8}\u{8}\u{8}",
    "\u{9b}2Jword\u{9d}0;title\u{9c}",
    "word\u{202e}drow\u{2066}",
    "word\nFAKED: 0 % of loads fail",
    "=cmd|'/C calc'!A0 word",
];

/// Text in quotes, as TOML escapes it.
fn toml(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

fn scenario(hostile: &str) -> String {
    let hostile = toml(hostile);
    format!(
        "schema = 1\ntitle = {hostile}\nhorizon = \"5s\"\n[parameters]\nn = 2\nm = 1\n[browser]\nconnections = 1\n\
        [request.page]\nurl = \"/a\"\nstart = \"1ms\"\ndeadline = \"800ms\"\nservice = {{ distribution = \"exponential\", mean = \"300ms\" }}\n\
        [request.other]\nurl = \"/b\"\ncount = \"n\"\nservice = \"300ms\"\n[load]\nready = [\"page\"]\n\
        error = {{ request = \"page\", failures = 1 }}\nfails = \"error-shown\"\n\
        [fix.less]\ntitle = {hostile}\npatch.request.other.count = 0\n\
        [layer.other]\ntitle = {hostile}\nremoved_by.request.other.count = 0\n\
        [sweep]\nn = [1, 2]\nm = [1, 2]\nfixes = \"each\"\nloads = 20\n"
    )
}

fn archive(hostile: &str) -> String {
    let url = format!("http://127.0.0.1/{hostile}");
    serde_json::json!({"log": {"version": "1.2", "creator": {"name": hostile, "version": hostile}, "comment": hostile,
        "pages": [{"id": "page_1", "title": hostile, "startedDateTime": "2026-01-01T00:00:00.000Z", "pageTimings": {}}],
        "entries": [{"startedDateTime": "2026-01-01T00:00:00.000Z", "time": 30.0, "pageref": "page_1",
            "request": {"method": "GET", "url": url, "httpVersion": hostile, "headers": [], "queryString": [], "cookies": [], "headersSize": -1, "bodySize": 0},
            "response": {"status": 200, "statusText": hostile, "httpVersion": "http/1.1", "headers": [], "cookies": [],
                "content": {"size": 0, "mimeType": hostile}, "redirectURL": "", "headersSize": -1, "bodySize": 0},
            "cache": {}, "timings": {"blocked": 5.0, "send": 1.0, "wait": 20.0, "receive": 4.0}}]}})
    .to_string()
}

/// The program's own colours.
fn without_colours(text: &str) -> String {
    let mut text = text.to_owned();
    for code in ["0", "1", "2", "31", "32", "33", "34", "35", "36", "1;31"] {
        text = text.replace(&format!("\u{1b}[{code}m"), "");
    }
    text
}

fn assert_harmless(text: &str, what: &str) {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let acts = |c: char| c.is_control() && c != '\n' || turns(c);
    let bare = without_colours(text);
    assert!(!bare.contains(acts), "{what}: {:?}", bare.lines().find(|line| line.contains(acts)));
    let begins = |line: &str| line.trim_start().starts_with("FAKED");
    assert!(!bare.lines().any(begins), "{what}: a line of its own\n{bare}");
}

/// Runs a command as in a terminal that shows colours.
fn harmless(arguments: &[&str], folder: &Path, what: &str) -> Output {
    let output = command(arguments).current_dir(folder).env("CLICOLOR_FORCE", "1").output().unwrap();
    for text in [&output.stdout, &output.stderr] {
        assert_harmless(std::str::from_utf8(text).unwrap(), &format!("{arguments:?} {what:?}"));
    }
    assert!(output.status.code().is_some_and(|code| code <= 2), "{arguments:?}: {output:?}");
    output
}

/// The text as an argument, where every argument is wrong.
fn arguments_are_harmless(path: &Path, hostile: &str) {
    let names =
        [format!("{hostile}.toml"), format!("--{hostile}"), hostile.to_owned(), format!("parameters.n={hostile}")];
    for name in &names {
        let wrong: [&[&str]; 14] = [
            &[name],
            &["run", name],
            &["run", "s.toml", name],
            &["run", "s.toml", "--fix", name],
            &["run", "s.toml", "--set", name],
            &["run", "s.toml", "--until", name],
            &["run", "s.toml", "--svg", &format!("no/{name}")],
            &["sweep", "s.toml", "--shard", name, "-o", "x"],
            &["sweep", "s.toml", "--range", name, "-o", "x"],
            &["merge", name, "-o", "x"],
            &["report", name, "-o", "x"],
            &["diagnose", name],
            &["import", name, "-o", "x"],
            &["man", name],
        ];
        for arguments in wrong.into_iter().chain([&["lab", name.as_str()][..], &["hypotheses", name, "-o", "x"]]) {
            assert_ne!(harmless(arguments, path, name).status.code(), Some(0), "{arguments:?}");
        }
    }
}

#[test]
fn no_text_acts_on_a_terminal_in_any_command() {
    for hostile in HOSTILE {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::write(path.join("s.toml"), scenario(hostile)).unwrap();
        std::fs::write(path.join("a.har"), archive(hostile)).unwrap();
        let works: [&[&str]; 27] = [
            &["validate", "s.toml"],
            &["run", "s.toml"],
            &["run", "s.toml", "--format", "json"],
            &["run", "s.toml", "--loads", "20"],
            &["run", "s.toml", "--loads", "20", "--format", "json", "--fix", "less"],
            &["compare", "s.toml", "--loads", "40"],
            &["compare", "s.toml", "--loads", "40", "--format", "csv"],
            &["compare", "s.toml", "--loads", "40", "--layers"],
            &["compare", "s.toml", "--max-loads", "400", "--until", "ranked"],
            &["compare", "s.toml", "--loads", "40", "--subsets"],
            &["compare", "s.toml", "--loads", "40", "--format", "csv", "--subsets"],
            &["check", "s.toml", "--max-failure", "0.9", "--max-loads", "100"],
            &["check", "s.toml", "--max-failure", "0.9", "--max-loads", "100", "--format", "junit"],
            &["check", "s.toml", "--max-failure", "0.9", "--max-loads", "100", "--format", "markdown"],
            &["check", "s.toml", "--max-failure", "0.9", "--max-loads", "100", "--format", "github"],
            &["explore", "s.toml", "--loads", "400", "--sensitivity"],
            &["explore", "s.toml", "--loads", "200", "--frontier", "n=1..3"],
            &["explore", "s.toml", "--loads", "20", "--tune", "request.page.deadline=1s..2s"],
            &["run", "s.toml", "--har", "load.har", "--trace", "load.json"],
            &["sweep", "s.toml", "-o", "sweep"],
            &["report", "s.toml", "-o", "r.html", "--waterfalls", "2", "--loads", "20"],
            &["report", "sweep", "-o", "r.html", "--waterfalls", "2"],
            &["diagnose", "a.har"],
            &["diagnose", "a.har", "--format", "markdown"],
            &["diagnose", "a.har", "--format", "json"],
            &["import", "a.har", "-o", "-", "--explain"],
            &["answer", "a.har", "-o", "answer", "--loads", "20"],
        ];
        for arguments in works {
            let output = harmless(arguments, path, hostile);
            assert_eq!(
                output.status.code(),
                Some(0),
                "{arguments:?} {hostile:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        arguments_are_harmless(path, hostile);
        // A file of this name, a fault in it, and the text itself in the snippet.
        let file = path.join(format!("{hostile}.toml").replace('/', "|"));
        std::fs::write(&file, scenario(hostile)).unwrap();
        let file = file.to_str().unwrap();
        for arguments in
            [&["run", file][..], &["run", file, "--set", "request.pagee.count=1"], &["sweep", file, "-o", "named"]]
        {
            harmless(arguments, path, "a file");
        }
        for text in [
            format!("schema = 1\ntitle = \"{hostile}\n"),
            format!("schema = 1\n# {hostile}\nnonsense = {}\n", toml(hostile)),
        ] {
            std::fs::write(path.join("broken.toml"), text).unwrap();
            assert_eq!(harmless(&["run", "broken.toml"], path, "broken").status.code(), Some(2));
        }
    }
}

#[test]
fn no_text_acts_in_a_written_file() {
    for hostile in HOSTILE.into_iter().chain(["![x](http://evil/) <script>alert(1)</script> | word"]) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("s.toml"), scenario(hostile)).unwrap();
        harmless(&["sweep", "s.toml", "-o", "sweep"], folder.path(), hostile);
        harmless(&["run", "s.toml", "--svg", "sweep.svg"], folder.path(), hostile);
        let files = std::fs::read_dir(folder.path().join("sweep")).unwrap().map(|entry| entry.unwrap().path());
        for file in files.chain([folder.path().join("sweep.svg")]) {
            let text = std::fs::read_to_string(&file).unwrap();
            let name = file.file_name().unwrap().to_str().unwrap();
            // JSON keeps the text of its strings; whatever reads it has rules of its own.
            if name == "manifest.json" {
                continue;
            }
            assert_harmless(&text, &format!("{name} {hostile:?}"));
            assert!(!text.contains("<script>"), "{name}");
            if name == "README.md" {
                assert!(text.contains("word") && !text.contains("![x]"), "{text}");
            }
        }
        let output = harmless(&["compare", "s.toml", "--loads", "20", "--format", "csv"], folder.path(), hostile);
        let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
        for record in reader.records().map(Result::unwrap) {
            let formula = |cell: &&str| cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
            assert_eq!(record.iter().find(formula), None);
        }
    }
}

#[test]
fn variables_obey_the_limits_of_options() {
    for threads in ["100000", "-1", "many", "1025"] {
        let output =
            command(&["run", "scenarios/issue-1855.toml", "--loads", "10"]).env("RAYON_NUM_THREADS", threads).output();
        let output = output.unwrap();
        let said = binary::complaint(&output);
        assert!(output.status.code() == Some(2) && said.contains("from 1 to 1024"), "{threads}: {said}");
    }
    let same =
        command(&["run", "scenarios/issue-1855.toml", "--loads", "10"]).env("RAYON_NUM_THREADS", "3").output().unwrap();
    assert_eq!(same.stdout, binary::sixslot(&["run", "scenarios/issue-1855.toml", "--loads", "10"]).stdout);
}

/// Exit code 2 without a panic where an output has no room; a closed pipe is not an error.
#[cfg(target_os = "linux")]
#[test]
fn a_failing_output_is_an_error_and_no_panic() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"], &["completions", "bash"]] {
        let output = command(arguments).stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(binary::complaint(&output).contains("cannot be written"));
    }
    for arguments in
        [&["nonsense"][..], &["run", "no.toml"], &["run", "scenarios/issue-1855.toml", "--set", "x=1"], &[]]
    {
        let output = command(arguments).stderr(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let both = command(&["run", "scenarios/issue-1855.toml"]).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(both.code(), Some(2));
}

/// One load of 90 million events: the signal comes long before its end.
#[test]
fn a_signal_is_heard_inside_one_long_load() {
    let long = "schema = 1\nhorizon = \"24h\"\n[server]\ndiscipline = \"event-loop\"\n[request.page]\ncount = 90000\n\
        segments = 1000\nwork = \"1s\"\n[load]\nready = [\"page\"]\nfails = \"not-ready\"\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("long.toml"), long).unwrap();
    let name = folder.path().join("long.toml");
    let name = name.to_str().unwrap();
    for arguments in [&["run", name][..], &["run", name, "--loads", "1"], &["check", name, "--max-failure", "0.5"]] {
        let child = command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{arguments:?}: {}", binary::complaint(&output));
    }
}
