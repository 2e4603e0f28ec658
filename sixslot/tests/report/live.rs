//! The report with the engine: the page with the scenario and its sweep inside.

use crate::binary::refused;
use crate::{name, report};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn a_report_with_the_engine_is_its_page_with_the_sweep_inside() {
    let parent = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = parent.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let place = r#"<script type="application/json" id="report">null</script>"#;
    let page = file("page.html", &format!("<p>before</p>{place}<p>after</p>"));
    let text = "schema = 1\ntitle = \"</script><b>&\"\n[parameters]\nmany = 1\n[request.a]\ncount = \"many\"\nservice = \"9s\"\n\
                [request.b]\nservice = \"1ms\"\ndeadline = \"8s\"\n[load]\nready = [\"b\"]\nerror = { request = \"b\" }\n\
                [fix.short]\npatch.request.a.service = \"1s\"\n[sweep]\nmany = [1, 6]\n";
    let scenario = file("a.toml", text);
    let (html, _) = report(name(&scenario), &["--page", name(&page), "--loads", "20"]);
    let data = html.strip_prefix(r#"<p>before</p><script type="application/json" id="report">"#).unwrap();
    let (data, rest) = data.split_once("</script>").unwrap();
    assert!(rest.starts_with("<p>after</p>"), "{rest}");
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["state"]["text"], text);
    // No load fails at the scenario's own parameters: the page begins where some do.
    assert_eq!(data["state"]["changes"], serde_json::json!({ "parameters.many": "6" }));
    let expected = serde_json::json!({
        "axes": [{ "name": "many", "values": [1.0, 6.0] }],
        // Six calls of 9 s hold the six connections for longer than the deadline.
        "sets": [{ "fixes": [], "cells": [[20, 0, 0], [20, 20, 0]] }, { "fixes": ["short"], "cells": [[20, 0, 0], [20, 0, 0]] }]
    });
    assert_eq!(data["sweep"], expected);
    let expected = serde_json::json!({
        "along": "many", "across": null, "elsewhere": "", "at": [1],
        "sets": [
            { "title": "no fix", "onsets": [{ "value": 6.0, "certain": true, "ends": false }] },
            { "title": "short", "onsets": [null] },
        ],
    });
    assert_eq!(data["onsets"], expected);
    let other = file("other.html", "<p>another page</p>");
    let out = parent.path().join("out.html");
    let refusal = refused(&["report", name(&scenario), "-o", name(&out), "--page", name(&other)]);
    assert!(refusal.contains("it is not the page that `scripts/build-page` of this version makes"), "{refusal}");
}

/// A program in a folder of its own, `bin/sixslot`.
fn installed(parent: &Path) -> PathBuf {
    let program = parent.join("bin/sixslot");
    std::fs::create_dir_all(parent.join("bin")).unwrap();
    let built = env!("CARGO_BIN_EXE_sixslot");
    std::fs::hard_link(built, &program).or_else(|_| std::fs::copy(built, &program).map(|_| ())).unwrap();
    program
}

/// What a program's report of a small scenario begins with, and what was said beside it.
fn begins(program: &Path, more: &[&str]) -> (String, String) {
    let parent = tempfile::tempdir().unwrap();
    let [scenario, out] = ["s.toml", "r.html"].map(|file| parent.path().join(file));
    let text = "schema = 1\n[request.a]\nservice = \"5s\"\n[load]\nready = [\"a\"]\n";
    std::fs::write(&scenario, text).unwrap();
    let arguments = [&["report", name(&scenario), "-o", name(&out), "--loads", "20"], more].concat();
    let Output { status, stderr, .. } = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{said}");
    (std::fs::read_to_string(out).unwrap().chars().take(15).collect(), said)
}

#[test]
fn the_page_beside_the_program_is_taken_unless_it_is_not_wanted() {
    let parent = tempfile::tempdir().unwrap();
    let program = installed(parent.path());
    let page = r#"<p>page</p><script type="application/json" id="report">null</script>"#;
    let of = |more: &[&str]| begins(&program, more);
    let (fixed, said) = of(&[]);
    assert!(fixed == "<!DOCTYPE html>" && said.contains("put sixslot.html") && said.contains("--no-engine"), "{said}");
    for place in ["share/sixslot/sixslot.html", "bin/sixslot.html"] {
        let place = parent.path().join(place);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, page).unwrap();
        let (begins, said) = of(&[]);
        assert!(begins.starts_with("<p>page</p>") && said.is_empty(), "{begins}: {said}");
    }
    for fixed in [&["--no-engine"][..], &["--waterfalls", "3"]] {
        assert_eq!(of(fixed), ("<!DOCTYPE html>".to_owned(), String::new()), "{fixed:?}");
    }
    let refusal = refused(&["report", "x.toml", "-o", "y.html", "--no-engine", "--page", "z.html"]);
    assert!(refusal.contains("--no-engine"), "{refusal}");
    // The report says how it is made again where there is a page.
    let again = report(
        "scenarios/issue-1855.toml",
        &["--loads", "20", "--set", "sweep.sessions=[40]", "--set", "sweep.projects=[5]"],
    );
    assert!(again.0.contains(" --no-engine"), "the command");
}
