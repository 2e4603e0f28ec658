//! The report: a folder and its scenario give the same page, bytes repeat, thresholds are those of a grid worked out by
//! hand, no string becomes markup, and what cannot be believed is refused with advice.

#![allow(clippy::unwrap_used, missing_docs)]

mod binary;
mod report {
    pub mod imported;
    pub mod live;
    pub mod markup;
}

use base64::Engine as _;
use binary::{command, done, refused};
use proptest::prelude::*;
use report::markup::{Element, elements};
use sha2::{Digest, Sha256};
use sixslot_analysis::report::{Report, Source};
use sixslot_analysis::sweep::{Recipe, Sweep, VERSION};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const SCENARIO: &str = "scenarios/issue-1855.toml";
/// A grid of 2 x 2 points.
const GRID: [&str; 6] = ["--set", "sweep.projects=[5,8]", "--set", "sweep.sessions=[10,40]", "--loads", "400"];

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A small sweep in a folder of the name `swept`.
fn swept() -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("swept");
    done(&[&["sweep", SCENARIO, "--out", name(&folder)], &GRID[..]].concat());
    (parent, folder)
}

/// The report of a folder or scenario, and what the command said.
fn report(input: &str, more: &[&str]) -> (String, String) {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("report.html");
    let said = done(&[&["report", input, "-o", name(&file)], more].concat());
    (std::fs::read_to_string(file).unwrap(), said)
}

/// The page of a scenario's text.
fn page(text: &str, loads: u64, waterfalls: usize) -> String {
    let recipe = Recipe {
        version: VERSION.to_owned(),
        scenario: "page.toml".to_owned(),
        text: text.to_owned(),
        set: Vec::new(),
        seed: 1,
        loads: Some(loads),
        decide: None,
    };
    let never = AtomicBool::new(false);
    let sweep = Sweep::new(recipe).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let rows = sweep.rows(&never, |_| ()).unwrap();
    let source = Source { sweep, rows, commands: vec!["sixslot report page.toml -o report.html".to_owned()] };
    Report::new(&source, waterfalls, &never, |_| ())
        .unwrap()
        .html(&sixslot_experiments::report_pictures::SweepPictures)
        .unwrap()
}

fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    let at = text.find(mark).unwrap_or_else(|| panic!("no {mark}"));
    &text[at + mark.len()..]
}

#[test]
fn a_folder_and_its_scenario_give_the_same_page() {
    let (_parent, folder) = swept();
    let (of_folder, said) = report(name(&folder), &[]);
    let (of_scenario, also_said) = report(SCENARIO, &GRID);
    let without_commands = |html: &str| {
        let (before, rest) = html.split_once("<h2>Make it again</h2><pre>").unwrap();
        // The mark at the end has the hash of the whole file.
        let rest = after(rest, "</pre>");
        before.to_owned() + rest.rsplit_once("<!--").map_or(rest, |(page, _)| page)
    };
    assert!(without_commands(&of_folder) == without_commands(&of_scenario));
    assert_eq!(said.lines().next(), also_said.lines().next());
    // The folder's place on this machine is not shown.
    assert!(of_folder.contains("sixslot report swept -o report.html"));
    assert!(!of_folder.contains(name(folder.parent().unwrap())));
}

#[test]
fn any_number_of_threads_writes_the_same_bytes_over_an_old_file() {
    let (parent, folder) = swept();
    let file = parent.path().join("report.html");
    std::fs::write(&file, "old").unwrap();
    let once = |jobs| {
        done(&["report", name(&folder), "-o", name(&file), "--jobs", jobs, "--force"]);
        std::fs::read(&file).unwrap()
    };
    assert!(once("1") == once("3"));
}

#[test]
fn the_page_answers_in_its_first_sentence() {
    let (html, said) = report(SCENARIO, &["--set", "parameters.sessions=40", "--loads", "2000"]);
    let estimate = done(&["run", SCENARIO, "--set", "parameters.sessions=40", "--loads", "2000"]);
    let share = estimate.lines().find(|line| line.contains("of loads fail")).unwrap();
    let share = share.split(" of loads").next().unwrap();
    assert!(
        said.starts_with(&format!("{share} of loads fail at projects = 5, sessions = 40 (95 % interval ")),
        "{said}"
    );
    let said = said.replace('\n', " ");
    let held = after(&said, " stalled, waiting for a connection; meanwhile ");
    assert!(held.contains(" % of the connections are held by `prefetch`. "), "{said}");
    assert!(held.contains("`no-prefetch`, ") && held.contains(" fix all of them"), "{said}");
    assert!(after(&html, "<p class=\"headline\">").contains(&share.replace(' ', "\u{a0}")));
    // The order is that of `compare`, as far as it names the fixes.
    let compared = done(&["compare", SCENARIO, "--set", "parameters.sessions=40", "--loads", "2000"]);
    let table = after(&html, "<table class=\"fixes\">");
    let shown: Vec<&str> = table.split("<code>").skip(1).filter_map(|part| part.split("</code>").next()).collect();
    let ranked: Vec<&str> = compared.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    let order = |name: &str| ranked.iter().position(|other| *other == name);
    let alone: Vec<usize> = shown.iter().filter_map(|name| order(name)).collect();
    assert!(alone.len() >= 8 && alone.is_sorted(), "{shown:?} {ranked:?}");
}

/// Fails exactly where a times b is more than 3.5 seconds: at b = 1 from a = 4, at b = 2 from a = 2, and never with the fix.
const BY_HAND: &str = r#"
schema = 1
title = "by hand"
[parameters]
a = 1
b = 1
[request.needed]
url = "/needed"
service = { per = { "a * b" = "1s" } }
deadline = "3500ms"
[load]
ready = ["needed"]
error = { request = "needed", failures = 1 }
error_is_final = true
fails = "error-shown"
[fix.patience]
title = "longer deadline"
patch.request.needed.deadline = "30s"
[sweep]
b = [1, 2, 0.5]
a = [4, 1, 3, 2]
"#;

#[test]
fn thresholds_are_those_of_a_grid_worked_out_by_hand() {
    let html = page(BY_HAND, 20, 4);
    let rows: Vec<Vec<String>> = after(&html, "<table class=\"onsets\">")
        .split("</table>")
        .next()
        .unwrap()
        .split("<tr>")
        .skip(1)
        .map(|row| {
            let cells = row.split(['<', '>']).enumerate().filter(|(at, _)| at % 2 == 0).map(|(_, text)| text.trim());
            cells.filter(|text| !text.is_empty()).map(str::to_owned).collect()
        })
        .collect();
    assert_eq!(
        rows,
        [
            vec!["b"],
            vec!["fixes", "1", "2", "0.5"],
            vec!["no fix", "4", "2", "–"],
            vec!["longer deadline", "–", "–", "–"],
        ]
    );
    // No load fails at the scenario's own parameters, every load at four of twelve points.
    assert!(html.contains("none of 20 loads fails"));
    assert_eq!(html.matches("100 % of loads fail (").count(), 4, "cells that say so");
}

#[test]
fn every_part_is_there_and_nothing_comes_from_elsewhere() {
    let html = page(BY_HAND, 20, 4);
    let all = elements(&html);
    for id in ["answer", "fixes", "begin", "curves", "loads", "scenario", "again", "reading", "load"] {
        assert_eq!(all.iter().filter(|element| element.attribute("id") == Some(id)).count(), 1, "{id}");
    }
    // 12 points and 2 sets of fixes.
    assert_eq!(all.iter().filter(|element| element.attribute("class") == Some("cell")).count(), 24);
    assert_eq!(all.iter().filter(|element| element.name == "figure").count(), 1 + 2 + 2 + 4);
    let policy = all.iter().find(|element| element.attribute("http-equiv").is_some()).unwrap();
    let policy = policy.attribute("content").unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for tag in ["style", "script"] {
        let text = after(&html, &format!("<{tag}>")).split(&format!("</{tag}>")).next().unwrap();
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes()));
        assert!(policy.contains(&format!("{tag}-src 'sha256-{hash}'")), "{tag}: {policy}");
    }
}

/// What a page may have. A string that became markup would bring something else, or one more of these.
const ELEMENTS: [&str; 53] = [
    "html",
    "head",
    "meta",
    "link",
    "title",
    "style",
    "body",
    "header",
    "nav",
    "a",
    "main",
    "section",
    "h1",
    "h2",
    "h3",
    "p",
    "bdi",
    "strong",
    "em",
    "code",
    "pre",
    "div",
    "span",
    "figure",
    "figcaption",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "label",
    "input",
    "button",
    "script",
    "svg",
    "g",
    "rect",
    "line",
    "path",
    "polyline",
    "polygon",
    "circle",
    "text",
    "tspan",
    "desc",
    "!DOCTYPE",
    "br",
    "wbr",
    "ol",
    "ul",
    "li",
    "output",
];

fn assert_harmless(html: &str) {
    let all = elements(html);
    let count = |name: &str| all.iter().filter(|element| element.name == name).count();
    // One script that runs, and one block of data.
    assert_eq!((count("script"), count("style"), count("h1"), count("input"), count("a")), (2, 1, 1, 1, 6));
    let data = all.iter().filter(|element| element.attribute("type") == Some("application/json"));
    assert_eq!(data.map(|element| element.name.as_str()).collect::<Vec<_>>(), ["script"]);
    for element in &all {
        assert!(ELEMENTS.contains(&element.name.as_str()), "{element:?}");
        for (attribute, value) in &element.attributes {
            assert!(!attribute.starts_with("on") && attribute != "style" && attribute != "src", "{element:?}");
            let link = attribute == "href" || attribute == "xlink:href";
            assert!(!link || value.starts_with('#') || value == "data:,", "{element:?}");
        }
    }
    let turns =
        |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!html.contains(turns));
}

fn scenario(title: &str, url: &str, fix: &str) -> String {
    // A NUL cannot stand in a scenario, and a URL has no white space and only braces that are placeholders.
    let quoted = |text: &str| toml::Value::from(text.replace('\u{0}', "")).to_string();
    let refused = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '{' | '}');
    let url = format!("/{}", url.replace(refused, ""));
    format!(
        "schema = 1\ntitle = {}\n[parameters]\na = 1\nb = 1\n[request.needed]\nurl = {}\n\
         service = {{ per = {{ \"a * b\" = \"1s\" }} }}\ndeadline = \"3500ms\"\n\
         [load]\nready = [\"needed\"]\nerror = {{ request = \"needed\", failures = 1 }}\n\
         [fix.longer]\ntitle = {}\npatch.request.needed.deadline = \"30s\"\n[sweep]\na = [1, 4]\nb = [1, 2]\n",
        quoted(title),
        quoted(&url),
        quoted(fix)
    )
}

#[test]
fn hostile_strings_are_text() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp; \u{202e}txt\u{2066}<!--";
    let html = page(&scenario(hostile, hostile, hostile), 10, 4);
    assert_harmless(&html);
    // It is there, as text, and what turned the writing is seen.
    assert!(html.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;"));
    assert!(html.contains("\u{fffd}txt\u{fffd}"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, rng_seed: proptest::test_runner::RngSeed::Fixed(1855), failure_persistence: None, ..ProptestConfig::default() })]

    /// Any string whatever as title, URL and fix; and pieces of markup in any order, which random strings seldom are.
    #[test]
    fn no_string_becomes_markup(
        any in ".{0,40}",
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<", ">", "\"", "'", "&", "</script>", "<script>", "<!--", "-->", "]]>", "</style>", "</svg>", "</bdi>", "`", "onload=",
            "javascript:", "=", "/", " ", "&lt;", "&#60;", "\u{202e}", "\u{2067}", "\u{200f}", "\n", "\u{0}", "a", "{", "}", "<b>",
        ]), 0..14),
        which in 0..3_usize,
    ) {
        let made = pieces.concat();
        let (one, two, three) = [(&any, &made, &made), (&made, &any, &made), (&made, &made, &any)][which];
        assert_harmless(&page(&scenario(one, two, three), 5, 4));
    }
}

#[test]
fn fixes_that_are_in_place_are_below_the_others() {
    let set = [
        "--set",
        "parameters.sessions=40",
        "--set",
        "sweep.projects=[5,12]",
        "--set",
        "sweep.sessions=[40]",
        "--loads",
        "400",
    ];
    let (html, said) = report(SCENARIO, &[&["--fix", "three-failures"], &set[..]].concat());
    assert!(html.contains("With <code>three-failures</code> in place."));
    assert!(
        html.contains("--fix</span> <span class=\"whole\">three-failures</span></code>"),
        "the command that shows a load"
    );
    // The set of all fixes has it already, and the set of it alone is the first one.
    assert!(!after(&html, "<table class=\"fixes\">").contains("<code>three-failures</code>"));
    let estimate = done(&[
        "run",
        SCENARIO,
        "--fix",
        "three-failures",
        "--set",
        "parameters.projects=12",
        "--set",
        "parameters.sessions=40",
        "--loads",
        "400",
    ]);
    let share = estimate
        .lines()
        .find(|line| line.contains("of loads fail"))
        .unwrap()
        .split(" of loads")
        .next()
        .unwrap()
        .to_owned();
    // The scenario's own parameters come first: nothing fails there.
    let own =
        "At the scenario's own parameters (projects = 5, sessions = 40) none of 400 loads fails: at most 0.92 %. ";
    let said = said.replace('\n', " ");
    assert!(
        said.starts_with(&format!("{own}{share} of loads fail at projects = 12, sessions = 40 (95 % interval")),
        "{share}: {said}"
    );
}

#[test]
fn a_scenario_without_fixes_and_grid_has_a_page_too() {
    let text = "schema = 1\n[request.needed]\nservice = \"5s\"\n[load]\nready = [\"needed\"]\n";
    let html = page(text, 10, 4);
    assert!(html.contains("Failure is not judged"), "{html}");
    assert!(html.contains("The scenario has no fix to compare."));
    assert!(!html.contains("id=\"begin\""));
}

fn says(text: String, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn what_cannot_be_believed_is_refused_with_advice() {
    let (parent, folder) = swept();
    let out = parent.path().join("report.html");
    let of = |input: &str, more: &[&str]| refused(&[&["report", input, "-o", name(&out)], more].concat());
    says(of("nowhere", &[]), &["nowhere does not exist", "sixslot sweep"]);
    says(of("scenarios", &[]), &["holds no finished sweep", "manifest.json", "sixslot sweep SCENARIO --output DIR"]);
    says(of("results/hypotheses", &[]), &["results/hypotheses holds no finished sweep", "sweep.csv"]);
    says(
        of(name(&folder), &["--set", "parameters.projects=3"]),
        &["--set would change the numbers", "name the scenario instead"],
    );
    says(of(name(&folder), &["--loads", "3"]), &["--loads would change the numbers"]);
    says(of(SCENARIO, &["--fix", "no-such"]), &["no fix `no-such`"]);
    says(of(SCENARIO, &["--scenario", SCENARIO]), &["--scenario requires a folder"]);
    says(of(SCENARIO, &["--waterfalls", "1"]), &["from 2 to 60"]);
    says(refused(&["report", SCENARIO, "-o", "-"]), &["name a file"]);
    says(refused(&["report", name(&folder), "-o", "no/such/folder.html"]), &["no/such/folder.html cannot be written"]);
    says(refused(&["report", SCENARIO]), &["--output <FILE>"]);
    assert!(!out.exists());
}

#[test]
fn a_report_of_another_scenario_than_the_sweep_is_refused() {
    let (parent, folder) = swept();
    let out = parent.path().join("report.html");
    let of = |input: &str, more: &[&str]| refused(&[&["report", input, "-o", name(&out)], more].concat());
    let text = std::fs::read_to_string(binary::workspace().join(SCENARIO)).unwrap();
    let moved = parent.path().join("moved.toml");
    std::fs::write(&moved, &text).unwrap();
    done(&["report", name(&folder), "-o", name(&out), "--scenario", name(&moved)]);
    std::fs::write(&moved, text.replace("deadline = \"8s\"", "deadline = \"9s\"")).unwrap();
    says(of(name(&folder), &["--scenario", name(&moved)]), &["is not the scenario of the sweep", "--scenario"]);
    let elsewhere = command(&["report", name(&folder), "-o", name(&out)]).current_dir(&parent).output().unwrap();
    assert_eq!(elsewhere.status.code(), Some(2));
    says(
        binary::complaint(&elsewhere),
        &["scenarios/issue-1855.toml", "cannot be read from here", "name its file with --scenario"],
    );
}

#[test]
fn a_report_of_other_numbers_than_the_sweep_is_refused() {
    let (parent, folder) = swept();
    let out = parent.path().join("report.html");
    let of = |input: &str, more: &[&str]| refused(&[&["report", input, "-o", name(&out)], more].concat());
    let table = folder.join("sweep.csv");
    let csv = std::fs::read_to_string(&table).unwrap();
    let with = |changed: String| {
        std::fs::write(&table, changed).unwrap();
        of(name(&folder), &[])
    };
    let lines: Vec<&str> = csv.lines().collect();
    says(with(lines[..lines.len() - 1].join("\n")), &["it has 39 rows, and the sweep has 40 cells", "run it again"]);
    says(
        with(csv.replacen("none,5,10,400", "none,5,11,400", 1)),
        &["sweep.csv:2", "this row is of the cell none, 5, 10"],
    );
    says(with(csv.replacen("none,5,10,400,", "none,5,10,400,999", 1)), &["sweep.csv:2", "counts"]);
    says(
        with(csv.replacen("none,5,10,400,0,", "none,5,10,400,7,", 1)),
        &["counts 7 failures and this program 0", "run the sweep again"],
    );
    says(with(String::new()), &["sweep.csv:1", "first row"]);
    std::fs::write(&table, &csv).unwrap();
    let manifest = folder.join("manifest.json");
    let json = std::fs::read_to_string(&manifest).unwrap();
    let with = |changed: String| {
        std::fs::write(&manifest, changed).unwrap();
        of(name(&folder), &[])
    };
    says(with(json.replace(VERSION, "0.0.1")), &["was written by sixslot 0.0.1", "run the sweep again"]);
    says(with(json.replace("\"seed\": 1", "\"seed\": \"x\"")), &["manifest.json:", "run it again"]);
    says(
        with(json.replace("\"cells\": 40", "\"cells\": 41")),
        &["manifest.json", "not the manifest of its own scenario"],
    );
    says(with("{}".to_owned()), &["holds no finished sweep"]);
    std::fs::rename(&manifest, folder.join("unfinished.jsonl")).unwrap();
    says(of(name(&folder), &[]), &["interrupted sweep", "--resume"]);
}

#[test]
fn a_report_beyond_its_limits_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("report.html");
    let of = |more: &[&str]| refused(&[&["report", SCENARIO, "-o", name(&out), "--loads", "1"], more].concat());
    let subsets =
        of(&["--set", "sweep.fixes=\"all-subsets\"", "--set", "sweep.projects=[1]", "--set", "sweep.sessions=[1]"]);
    assert!(subsets.contains("256 sets of fixes, and a report shows 65"), "{subsets}");
    let many: Vec<String> = (1..=70).map(|value| value.to_string()).collect();
    let (projects, sessions) =
        (format!("sweep.projects=[{}]", many.join(",")), format!("sweep.sessions=[{}]", many.join(",")));
    let cells = of(&["--set", &projects, "--set", &sessions, "--set", "sweep.fixes=[[]]"]);
    assert!(cells.contains("4900 cells, and a report draws 4000"), "{cells}");
    assert!(!out.exists());
}

#[test]
fn the_readers_own_tokens_are_found() {
    // The check itself has to see markup: it is no check otherwise.
    let all = elements("<p class=\"a b\" hidden>x &lt; y<b onclick='z'></b><br></p><script>if (a < b) {}</script>");
    let names: Vec<&str> = all.iter().map(|element: &Element| element.name.as_str()).collect();
    assert_eq!(names, ["p", "b", "br", "script"]);
    assert_eq!(all[0].attribute("class"), Some("a b"));
    assert_eq!(all[1].attributes, [("onclick".to_owned(), "z".to_owned())]);
}
