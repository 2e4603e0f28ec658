//! `sixslot import`: the captures of the real dashboard, the command as a new user meets it, and archives that mean harm.

#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::{command, done, refused, sixslot, workspace};
use proptest::prelude::*;
use serde_json::json;
use sixslot_analysis::import::import;
use sixslot_har::Archive;
use sixslot_models::load::{Extent, Load};
use sixslot_models::{Document, Plan};
use std::path::PathBuf;

/// The captures of each cell.
fn captures() -> Vec<(String, Vec<PathBuf>)> {
    let folder = workspace().join("scenarios/hypotheses/captures");
    let mut cells = Vec::new();
    for cell in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let files = std::fs::read_dir(&cell).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = files.filter(|path| path.to_str().unwrap().ends_with(".har.gz")).collect();
        files.sort();
        cells.push((cell.file_name().unwrap().to_str().unwrap().to_owned(), files));
    }
    cells.sort();
    assert_eq!(cells.iter().map(|(_, files)| files.len()).sum::<usize>(), 20);
    cells
}

fn table(text: &str) -> toml::Table {
    text.parse().unwrap()
}

fn plan(text: &str) -> Plan {
    Document::read("draft", text, &[])
        .and_then(|document| document.plan(&[], &[]))
        .unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// The request table with this URL.
fn class<'a>(table: &'a toml::Table, url: &str) -> Option<&'a toml::Value> {
    let classes = table["request"].as_table().unwrap();
    classes.iter().map(|(_, class)| class).find(|class| class.get("url").and_then(toml::Value::as_str) == Some(url))
}

/// The entries of `each` of all request tables, with the table of each.
fn entries(table: &toml::Table) -> Vec<(&toml::Value, &toml::Value)> {
    let classes = table["request"].as_table().unwrap().values();
    let each =
        |class: &'_ toml::Value| class.get("each").and_then(toml::Value::as_array).cloned().unwrap_or_default().len();
    classes.flat_map(|class| (0..each(class)).map(move |at| (class, &class["each"][at]))).collect()
}

/// The request table with this URL, or the entry of `each` with it.
fn found<'a>(table: &'a toml::Table, url: &str) -> Option<&'a toml::Value> {
    let entry = || entries(table).into_iter().map(|(_, entry)| entry).find(|entry| word(entry, "url") == url);
    class(table, url).or_else(entry)
}

fn word<'a>(class: &'a toml::Value, key: &str) -> &'a str {
    class.get(key).and_then(toml::Value::as_str).unwrap_or("")
}

/// Whether a URL is that of a project's prefetch.
fn is_project(url: &str) -> bool {
    url.starts_with("/projects/") && url.ends_with("_rsc=11k9y")
}

/// What each capture of the dashboard shows; `aborts` are those of the session and of the sidebar in these files.
fn check(name: &str, text: &str, files: &[PathBuf]) {
    let table = table(text);
    let lone = files.len() == 1;
    let (mut polls, mut session_aborts, mut sidebar_aborts) = ([0, 0], 0, 0);
    for file in files {
        let archive = Archive::open(file).unwrap();
        for entry in &archive.entries {
            let aborted = entry.status == 0 && entry.end == sixslot_har::End::Aborted;
            let target = entry.url.target();
            if target == "/api/sessions/ao-900" {
                polls[0] += 1;
                session_aborts += usize::from(aborted);
            } else if target == "/api/sessions?fresh=true" {
                polls[1] += 1;
                sidebar_aborts += usize::from(aborted);
            }
        }
    }
    let session = found(&table, "/api/sessions/ao-900").unwrap_or_else(|| panic!("{name}: no session\n{text}"));
    let sidebar = found(&table, "/api/sessions?fresh=true").unwrap_or_else(|| panic!("{name}: no sidebar\n{text}"));
    // The cadence: wherever one of the two calls more than once in a file.
    for (class, calls) in [(session, polls[0]), (sidebar, polls[1])] {
        if calls > files.len() {
            assert_eq!(word(class, "every"), "2s", "{name}: {calls} calls\n{text}");
            assert_eq!(class.get("skip_while_in_flight").and_then(toml::Value::as_bool), Some(true), "{name}\n{text}");
        }
    }
    for (class, aborts, deadline) in [(session, session_aborts, "8s"), (sidebar, sidebar_aborts, "5s")] {
        assert_eq!(word(class, "deadline"), if aborts > 0 { deadline } else { "" }, "{name}: {aborts} aborts\n{text}");
    }
    // The burst of five prefetches, of low priority: request by request where each URL is in most loads, else as a class.
    let listed = entries(&table);
    let prefetches: Vec<_> = listed.iter().filter(|(_, entry)| is_project(word(entry, "url"))).collect();
    if lone || !prefetches.is_empty() {
        assert_eq!(prefetches.len(), 5, "{name}\n{text}");
        assert!(prefetches.iter().all(|(class, _)| word(class, "priority") == "low"), "{name}\n{text}");
    } else {
        let prefetch =
            class(&table, "/projects/{index}?_rsc=11k9y").unwrap_or_else(|| panic!("{name}: no prefetch\n{text}"));
        assert_eq!(prefetch["count"].as_integer(), Some(5), "{name}\n{text}");
        assert_eq!(word(prefetch, "priority"), "low", "{name}");
        assert_eq!(word(prefetch, "after"), "projects.ok", "{name}\n{text}");
    }
    for url in ["/projects/agent-orchestrator/sessions/ao-900", "/api/projects", "/api/runtime/terminal"] {
        assert!(found(&table, url).is_some(), "{name}: no {url}\n{text}");
    }
    // Failure is judged where the session's deadline struck. The sidebar's alone is not the page's error: the page waited
    // longer for the session.
    let judged = table["load"].get("error").is_some();
    assert_eq!(word(&table["load"], "fails") == "nothing", !judged, "{name}\n{text}");
    assert_eq!(judged, session_aborts > 0, "{name}\n{text}");
    let socket = &table["socket"]["mux"];
    assert_eq!((word(socket, "kind"), word(socket, "origin")), ("websocket", "127-0-0-1-3901"), "{name}");
    let hosts = [&table["server"], &table["origin"]["127-0-0-1-3901"]].map(|origin| word(origin, "host"));
    assert_eq!(hosts, ["127.0.0.1:3900", "127.0.0.1:3901"], "{name}");
    if session_aborts > 0 {
        assert_eq!(word(&table["load"]["error"], "request"), "sessions-ao", "{name}\n{text}");
        assert!(table["load"]["ready"].as_array().unwrap().iter().any(|name| name.as_str() == Some("sessions-ao")));
    }
}

#[test]
fn the_captures_of_the_dashboard_alone_and_pooled_are_scenarios_that_run() {
    let mut imported = 0;
    for (cell, files) in captures() {
        let sets = files.iter().map(|file| vec![file.clone()]).chain((files.len() > 1).then(|| files.clone()));
        for set in sets {
            let archives = set.iter().map(|file| Archive::open(file).unwrap()).collect();
            let text = import(archives).unwrap_or_else(|error| panic!("{cell}: {error}")).text;
            check(&format!("{cell} {}", set.len()), &text, &set);
            let plan = plan(&text);
            let mut load = Load::new();
            for number in 0..50 {
                load.simulate(&plan, 1, number, Extent::Whole).unwrap();
            }
            imported += 1;
        }
    }
    assert_eq!(imported, 24);
}

/// What the page of a capture showed: whether its error.
fn showed_error(har: &std::path::Path) -> bool {
    let truth = har.to_str().unwrap().replace(".har.gz", ".truth.json.gz");
    let truth = flate2::read::GzDecoder::new(std::fs::File::open(truth).unwrap());
    let truth: serde_json::Value = serde_json::from_reader(truth).unwrap();
    truth["outcome"]["t_error_shown"].is_number()
}

#[test]
fn failure_is_judged_in_the_captures_whose_page_showed_its_error_and_in_no_other() {
    for file in captures().into_iter().flat_map(|(_, files)| files) {
        let draft = import(vec![Archive::open(&file).unwrap()]).unwrap();
        assert_eq!(draft.share.is_some(), showed_error(&file), "{}\n{}", file.display(), draft.text);
    }
}

#[test]
fn the_pooled_captures_of_a_cell_fail_as_often_as_recorded() {
    let (_, files) = captures().into_iter().find(|(cell, _)| cell == "T40_N5M2").unwrap();
    let recorded = files.iter().filter(|file| showed_error(file)).count();
    let draft = import(files.iter().map(|file| Archive::open(file).unwrap()).collect()).unwrap();
    let share = draft.share.unwrap();
    assert_eq!((share.failed, share.recorded), (recorded as u64, 12));
    // Within 10 points of 5 in 12: before the first call of the poll had a distribution of its own it was 26.9 %.
    assert!((share.probability - recorded as f64 / 12.0).abs() < 0.1 && !share.contradicts(), "{share:?}");
}

fn capture() -> String {
    captures().into_iter().find(|(cell, _)| cell == "T40_N5M2").unwrap().1[0].to_str().unwrap().to_owned()
}

#[test]
fn a_new_user_gets_a_scenario_and_is_told_what_was_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.toml");
    let file = file.to_str().unwrap();
    let told = done(&["import", &capture(), "-o", file, "--explain"]);
    assert!(told.contains("11 kinds of requests and 1 socket from 1 archive, "), "{told}");
    // Guesses of one reason stand together, and what is cut says so.
    assert_eq!(told.matches("it comes before; nothing names a cause").count(), 1, "{told}");
    assert!(
        told.contains("1 value is too few for a curve") && told.contains("8.002 s") && told.contains("…"),
        "{told}"
    );
    assert!(told.contains("guesses:") && told.contains("load.ready") && told.contains("sixslot run"), "{told}");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.starts_with("# A draft by `sixslot import` from 1 load of one page"), "{text}");
    // Every number has its evidence: a comment behind it or above it.
    let lines: Vec<&str> = text.lines().collect();
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" = ")) {
        let key = line.split(" = ").next().unwrap();
        let plain = ["schema", "title", "url", "kind", "origin", "host", "fails"].contains(&key);
        let plain = plain || key.starts_with("patch.");
        assert!(plain || line.contains("  # ") || lines[number - 1].starts_with('#'), "{line}");
    }
    done(&["run", file]);
    let compared = done(&["compare", file, "--loads", "200"]);
    assert!(["no-prefetch", "three-failures", "http2"].iter().all(|fix| compared.contains(fix)), "{compared}");
    // This one capture failed, so the draft may be above any threshold, or too near to it: that is an answer too.
    assert_eq!(sixslot(&["check", file, "--max-failure", "0.2"]).status.code(), Some(1));
    // The same bytes again; and not over a file that is there.
    let bare = done(&["import", &capture(), "-o", "-"]);
    assert!(text.starts_with(&bare) && text.lines().count() == bare.lines().count() + 1);
    done(&["import", &capture(), "-o", file]);
    std::fs::write(file, "mine").unwrap();
    assert!(refused(&["import", &capture(), "-o", file]).contains("--force"));
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
    let json = done(&["import", &capture(), "-o", file, "--force", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let guesses = json["statements"].as_array().unwrap().iter().filter(|one| one["known"] == "guessed").count();
    assert!(told.contains(&format!("from 1 archive, {guesses} guesses:")), "{guesses}: {told}");
    // Failure is judged, so the recorded and the simulated share stand beside each other.
    assert_eq!((json["failing"]["failed"].as_u64(), json["failing"]["recorded"].as_u64()), (Some(1), Some(1)));
    assert!(told.contains("1 of 1 recorded load failed"), "{told}");
    let statement =
        |place: &str| json["statements"].as_array().unwrap().iter().find(|one| one["place"] == place).cloned();
    assert_eq!(statement("request.sessions-ao.deadline").unwrap()["value"], "\"8s\"");
    assert_eq!(statement("load.ready").unwrap()["known"], "guessed");
    assert_eq!(std::fs::read_to_string(file).unwrap(), text);
}

#[test]
fn what_cannot_be_imported_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let har = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        path(name)
    };
    let out = path("out.toml");
    for (file, word) in [
        (path("none.har"), "cannot be read"),
        (har("empty.har", ""), "empty"),
        (har("no-entry.har", r#"{"log": {"entries": []}}"#), "holds no request"),
        (har("data.har", &archive(&["data:text/plain,x".to_owned()], 1).to_string()), "holds no request"),
        (har("socket.har", &archive(&["ws://h/mux".to_owned()], 101).to_string()), "holds no request"),
    ] {
        let text = refused(&["import", &file, "-o", &out]);
        assert!(text.contains(word) && text.trim().lines().count() == 1, "{file}: {text}");
    }
    assert!(refused(&["import", &capture(), "--out"]).contains("value"));
    assert!(refused(&["import", &capture(), "-o", "-", "--format", "json"]).contains("name a file"));
    let text = refused(&["import", &capture(), "-o", &path("no/such/folder.toml")]);
    assert!(text.contains("there is no folder") && !text.contains(".writing-"), "{text}");
    assert!(refused(&["import", &capture(), "-o", &path("")]).contains("is not a regular file; name a file"));
    assert!(refused(&["import", "--force"]).contains("HAR"));
    assert!(!std::path::Path::new(&out).exists());
    let help = done(&["import", "--help"]);
    assert!(help.contains("sixslot import load.har -o page.toml"), "{help}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let shell = format!("'{}' import '{}' -o - | head -1", env!("CARGO_BIN_EXE_sixslot"), capture());
    let output = std::process::Command::new("sh").args(["-c", &shell]).current_dir(workspace()).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("# A draft"));
    assert!(!binary::complaint(&output).contains("cannot be written"));
}

/// An archive of GETs, 10 ms apart.
fn archive(urls: &[String], status: u16) -> serde_json::Value {
    let entry = |(number, url): (usize, &String)| {
        json!({"startedDateTime": format!("2026-01-01T00:00:00.{:03}Z", number * 10 % 1000), "time": 12.5,
            "request": {"method": "GET", "url": url, "httpVersion": "h2", "headers": []},
            "response": {"status": status, "httpVersion": "h2", "headers": [], "content": {}},
            "timings": {"blocked": 1, "send": 0.5, "wait": 10, "receive": 1, "_blocked_queueing": 0.2}})
    };
    json!({"log": {"version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"},
        "entries": urls.iter().enumerate().map(entry).collect::<Vec<_>>()}})
}

#[test]
fn one_request_over_http_2_is_a_scenario_too() {
    let text = archive(&["https://example.org/page".to_owned()], 200).to_string();
    let draft = import(vec![Archive::read("one.har", text.as_bytes()).unwrap()]).unwrap();
    let table = table(&draft.text);
    assert_eq!(table["browser"]["profile"].as_str(), Some("chromium"));
    assert_eq!(table["server"]["protocol"].as_str(), Some("h2"));
    let listed = entries(&table);
    assert_eq!((listed.len(), word(listed[0].1, "url")), (1, "/page"));
    assert_eq!(word(listed[0].1, "service"), "10.5ms");
    assert_eq!(table["load"]["ready"].as_array().unwrap().len(), 1);
    plan(&draft.text);
}

/// As many calls as fit into a load of ten minutes, all unanswered: each asks who may have held the connections.
#[test]
fn many_unanswered_calls_and_too_many_classes_end() {
    let mut har = archive(&vec!["http://h/api/x".to_owned(); 10_000], 0);
    for (number, entry) in har["log"]["entries"].as_array_mut().unwrap().iter_mut().enumerate() {
        let at = number * 60;
        let (minute, second) = (at / 60_000, at / 1000 % 60);
        entry["startedDateTime"] = json!(format!("2026-01-01T00:{minute:02}:{second:02}.{:03}Z", at % 1000));
        entry["response"]["_error"] = json!("net::ERR_ABORTED");
    }
    let read = |har: &serde_json::Value| Archive::read("many.har", har.to_string().as_bytes()).unwrap();
    plan(&import(vec![read(&har)]).unwrap().text);
    let letters = |number: usize| {
        let letter = |place: u32| char::from(b"ghijklmnop"[number / 10usize.pow(place) % 10]);
        format!("http://h/{}", (0..4).map(letter).collect::<String>())
    };
    let classes = archive(&(0..2_500).map(letters).collect::<Vec<_>>(), 200);
    // One load is listed: as many patterns as it likes are one table.
    let text = import(vec![read(&classes)]).unwrap().text;
    plan(&text);
    assert_eq!(entries(&table(&text)).len(), 2_500);
    let text = import(vec![read(&classes), read(&classes)]).unwrap().text;
    assert_eq!(entries(&table(&text)).len(), 2_500);
    // As many pages as an archive may have are as many loads of different pages: one of them is drafted.
    let mut classes = archive(&(0..10_000).flat_map(|at| [letters(at), letters(at) + "/x"]).collect::<Vec<_>>(), 200);
    let page = |at: usize| json!({"id": format!("page_{at}"), "startedDateTime": "2026-01-01T00:00:00Z"});
    classes["log"]["pages"] = (0..10_000).map(page).collect();
    for (at, entry) in classes["log"]["entries"].as_array_mut().unwrap().iter_mut().enumerate() {
        entry["pageref"] = json!(format!("page_{}", at / 2));
    }
    let text = import(vec![read(&classes)]).unwrap().text;
    plan(&text);
    assert!(text.contains("from 1 load of one page, 2 requests"), "{text}");
}

#[test]
fn a_scenario_from_standard_output_runs() {
    let text = done(&["import", &capture(), "-o", "-"]);
    let mut child = command(&["run", "-", "--format", "json"]);
    let mut child = child.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(sixslot(&["import", "--no-such-flag"]).status.code(), Some(2));
}

/// Times that an archive may hold, sensible or not.
fn time() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        6 => (0.0..5000.0).prop_map(|ms: f64| json!(ms)),
        1 => Just(json!(-1)),
        1 => Just(json!(0)),
        1 => Just(json!(null)),
        1 => Just(json!(1e9)),
    ]
}

fn url() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "https?://[a-z]{1,3}/[a-z]{0,3}(/[0-9]{1,3})?([?][a-z]{1,2}=[0-9]{1,2})?",
        1 => Just("http://h/a\"b\\\n[load]\nready = [\"x\"]\u{202e}{index}{tab}".to_owned()),
        1 => Just("ws://h/mux".to_owned()),
        1 => "http://h/[^/]{0,8}",
        1 => ".{0,20}",
        1 => Just(format!("http://h/{}", "é{".repeat(3000))),
    ]
}

fn entry() -> impl Strategy<Value = serde_json::Value> {
    let word = |words: &'static [&'static str]| prop::sample::select(words).prop_map(|word| json!(word));
    let fields = (
        (0u32..20_000, url(), prop::sample::select(&[0u16, 200, 200, 200, 101, 304, 404][..])),
        (time(), time(), time(), time(), time(), time()),
        word(&["GET", "POST", "PUT", "", "\u{1}x\n"]),
        word(&["fetch", "script", "websocket", "eventsource", "document", "x\"y"]),
        word(&["High", "Low", "VeryHigh", "nonsense\n"]),
        word(&["http/1.1", "h2", ""]),
        word(&["net::ERR_ABORTED", "", "net::ERR_FAILED"]),
    );
    fields.prop_map(|((at, url, status), (time, blocked, queueing, send, wait, receive), method, kind, priority, http, error)| {
        json!({"startedDateTime": format!("2026-01-01T00:00:{:02}.{:03}Z", at / 1000, at % 1000), "time": time,
            "_resourceType": kind, "_priority": priority, "pageref": format!("page_{}", at % 3),
            "request": {"method": method, "url": url, "httpVersion": http, "headers": [{"name": "Host", "value": "h"}]},
            "response": {"status": status, "httpVersion": http, "headers": [{"name": "Cache-Control", "value": "max-age=99999999999"}],
                "content": {}, "_error": error},
            "timings": {"blocked": blocked, "_blocked_queueing": queueing, "send": send, "wait": wait, "receive": receive}})
    })
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1855), cases: 300, ..ProptestConfig::default() })]

    /// Whatever archive is read becomes a scenario that is read, and that can be played, or a refusal in words.
    #[test]
    fn every_archive_gives_a_scenario_or_a_reason(loads in prop::collection::vec(prop::collection::vec(entry(), 0..25), 1..4)) {
        let creator = json!({"name": "WebInspector", "version": "1"});
        let mut archives = Vec::new();
        for (number, entries) in loads.into_iter().enumerate() {
            let text = json!({"log": {"version": "1.2", "creator": creator, "entries": entries}}).to_string();
            archives.extend(Archive::read(&format!("load {number}\n[x]"), text.as_bytes()));
        }
        match import(archives) {
            Ok(draft) => {
                let plan = Document::read("draft", &draft.text, &[]).and_then(|document| document.plan(&[], &[]));
                prop_assert!(plan.is_ok(), "{}", draft.text);
                // A horizon of days with polls may be more than a load may hold: that is refused in words too.
                for fix in 0..Document::read("draft", &draft.text, &[]).map_or(0, |document| document.fixes.len()) {
                    let document = Document::read("draft", &draft.text, &[]).unwrap();
                    prop_assert!(document.plan(&[fix], &[]).is_ok(), "{}", draft.text);
                }
                if let Ok(plan) = plan {
                    let _ = Load::new().simulate(&plan, 1, 0, Extent::Whole);
                }
            }
            Err(error) => prop_assert!(!error.to_string().contains("a fault of sixslot"), "{error}"),
        }
    }
}
