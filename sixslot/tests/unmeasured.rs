//! What was not measured, HTTP/3, is marked in every output of a scenario that uses it, and of one with a fix that does; and the
//! page's end is not known where the horizon comes first.

#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::{done, sixslot};
use std::path::Path;

const PAGE: &str = "
schema = 1
title = 'a page'
horizon = '5s'
parameters.k = 3
server = { protocol = 'h3', rtt = '40ms' }
request.doc = { url = '/', body_bytes = 20000 }
[request.img]
url = '/{index}'
count = 'k'
after = 'doc.headers'
body_bytes = 30000
deadline = '2s'
service = { distribution = 'log-normal', median = '100ms', p95 = '3s' }
[load]
ready = ['img']
fails = 'error-shown'
error = { request = 'img', failures = 1 }
[fix]
a.patch.request.img.deadline = '1s'
b.patch.request.img.deadline = '4s'
[layer]
l.removed_by.request.doc.body_bytes = 1
m.removed_by.request.img.deadline = '4s'
[sweep]
k = [1, 2]
loads = 20
";

/// Whether a text says it, however its lines are broken.
fn says(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").contains("server: HTTP/3 is simulated as HTTP/2 whose connection takes one round trip")
}

fn written(folder: &Path, text: &str) -> String {
    let path = folder.join("page.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Commands that compare: they use each fix too.
const COMPARING: [&str; 4] = [
    "compare P --loads 20",
    "compare P --loads 20 --subsets",
    "explore P --frontier k=1..3 --loads 200",
    "compare P --layers --loads 20",
];
const ALONE: [&str; 5] = [
    "run P",
    "run P --loads 20",
    "check P --max-failure 0.9",
    "explore P --sensitivity --loads 2000 --budget 100",
    "explore P --tune server.rtt=10ms..99ms --values 2 --loads 20",
];

fn outputs(commands: &[&str], path: &str) {
    for command in commands {
        let formats: &[&str] = match *command {
            "check P --max-failure 0.9" => &["text", "json", "junit", "markdown", "github"],
            one if one.starts_with("run") || one.contains("--layers") => &["text", "json"],
            _ => &["text", "json", "csv"],
        };
        for format in formats {
            let arguments: Vec<&str> = command.split(' ').map(|word| if word == "P" { path } else { word }).collect();
            let output = done(&[&arguments[..], &["--format", format]].concat());
            assert!(says(&output), "{command} --format {format}: {output}");
        }
    }
}

#[test]
fn every_output_of_a_page_over_http_3_says_that_it_was_not_measured() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), PAGE);
    outputs(&ALONE, &path);
    outputs(&COMPARING, &path);
    let file = |name: &str| folder.path().join(name).display().to_string();
    let ranked = sixslot(&["compare", &path, "--until", "ranked", "--max-loads", "300"]);
    assert!(says(&String::from_utf8_lossy(&ranked.stdout)));
    done(&["run", &path, "--har", &file("a.har"), "--trace", &file("a.json")]);
    assert!(says(&done(&["sweep", &path, "-o", &file("sweep")])));
    assert!(says(&done(&["report", &path, "-o", &file("page.html"), "--no-engine"])));
    for name in ["a.har", "a.json", "sweep/README.md", "sweep/sweep.csv", "sweep/manifest.json", "page.html"] {
        assert!(says(&std::fs::read_to_string(file(name)).unwrap()), "{name}");
    }
    assert!(says(&done(&["import", &file("a.har"), "-o", &file("imported.toml")])));
    let imported = std::fs::read_to_string(file("imported.toml")).unwrap();
    assert!(
        imported.contains("HTTP/3 than over HTTP/2 was not measured") && imported.contains("QUIC handshake"),
        "{imported}"
    );
    done(&["run", &path, "--svg", &file("a.svg")]);
    assert!(std::fs::read_to_string(file("a.svg")).unwrap().contains("Note: server: HTTP/3"));
    // A folder with the column is read again.
    assert!(says(&done(&["report", &file("sweep"), "--scenario", &path, "-o", &file("again.html"), "--no-engine"])));
}

#[test]
fn every_comparison_with_a_fix_over_http_3_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        PAGE.replace("'h3'", "'h1'").replace("a.patch.request.img.deadline = '1s'", "a.patch.server.protocol = 'h3'");
    let path = written(
        folder.path(),
        &text.replace("l.removed_by.request.doc.body_bytes = 1", "l.removed_by.server.protocol = 'h3'"),
    );
    outputs(&COMPARING, &path);
    assert!(done(&["compare", &path, "--loads", "20"]).contains("note: with `a`, server: HTTP/3"));
    assert!(!done(&["run", &path, "--loads", "20"]).contains("HTTP/3"), "the page alone does not use it");
    let path = written(folder.path(), &PAGE.replace("'h3'", "'h2'"));
    assert!(!done(&["compare", &path, "--loads", "20", "--format", "csv"]).contains("notes"));
}

#[test]
fn a_page_that_the_horizon_cuts_has_no_end() {
    let folder = tempfile::tempdir().unwrap();
    let text = "schema = 1\nhorizon = '2s'\nserver.bandwidth_down = '8Mbit/s'\nrequest.a.body_bytes = 100000\n\
                request.b = { after = 'a.ok', body_bytes = 100000 }\nload.ready = ['a']\n\
                request.poll = { every = '300ms', service = '250ms' }\nfix.thin.patch.server.bandwidth_down = '500kbit/s'";
    let path = written(folder.path(), text);
    let end = |sets: &[&str]| -> Option<f64> {
        let output = done(&[&["run", &path, "--format", "json"], sets].concat());
        serde_json::from_str::<serde_json::Value>(&output).unwrap()["outcome"]["end_ms"].as_f64()
    };
    // Polls are under way at every horizon.
    assert!(end(&[]).is_some_and(|end| end > 1_700.0));
    // The first body takes 1.6 s: an end that counts what has ended by the horizon alone would be that.
    assert_eq!(end(&["--fix", "thin"]), None);
    assert!(done(&["run", &path, "--fix", "thin"]).contains("page's end: not by the horizon, 2.00 s"));
    assert!(done(&["compare", &path, "--loads", "2"]).contains("thin after the horizon"));
    let table = done(&["compare", &path, "--loads", "2", "--format", "csv"]);
    assert!(table.lines().next().unwrap().ends_with(",end_p50_ms,end_p95_ms") && table.ends_with(",,\n"), "{table}");
    assert!(done(&["run", &path, "--fix", "thin", "--loads", "2"]).contains("median after the horizon"));
}
