//! A call that the page gave up is called by what ended it, in text, JSON and pictures: its deadline, the next call, an event, or
//! the navigation from its page; and one that was refused is in the archive.

#![allow(clippy::unwrap_used, missing_docs)]

mod binary;

use binary::done;
use serde_json::Value;

const HEAD: &str = "schema = 1\nhorizon = '5s'\nbrowser.connect = '0s'\nbrowser.dispatch = '0s'\n\
                    browser.navigation_delay = '0s'\n\
                    load = { ready = ['x'], error = { request = 'a' }, fails = 'error-shown' }\n\
                    request.x = { url = '/new', priority = 'highest', start = '500ms', service = '150ms' }\n";

/// The text of one load, that of 50, its picture, and the first call of `a` in its JSON and in its archive.
struct Said {
    one: String,
    many: String,
    picture: String,
    json: Value,
    entry: Option<Value>,
}

fn said(a: &str) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("a.toml"), format!("{HEAD}{a}")).unwrap();
    let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let one = words(done(&["run", &at("a.toml"), "--svg", &at("a.svg"), "--har", &at("a.har")]));
    let json: Value = serde_json::from_str(&done(&["run", &at("a.toml"), "--format", "json"])).unwrap();
    let archive: Value = serde_json::from_slice(&std::fs::read(at("a.har")).unwrap()).unwrap();
    let is_a = |entry: &&Value| entry["request"]["url"].as_str().unwrap().ends_with("/a");
    let entries = archive["log"]["entries"].as_array().unwrap();
    Said {
        one,
        many: words(done(&["run", &at("a.toml"), "--loads", "50"])),
        picture: std::fs::read_to_string(at("a.svg")).unwrap(),
        json: json["requests"].as_array().unwrap().iter().find(|request| request["name"] == "a").unwrap().clone(),
        entry: entries.iter().find(is_a).cloned(),
    }
}

#[test]
fn a_deadline_is_named_where_there_is_one() {
    let said = said("request.a = { url = '/a', service = '2s', deadline = '300ms' }");
    assert!(said.one.contains("`a` was aborted by its deadline: it was at the server"), "{}", said.one);
    assert!(said.one.contains("deadline, 300 ms (server)") && said.picture.contains("aborted by its deadline"));
    assert_eq!((&said.json["outcome"], &said.json["aborted_by"]), (&Value::from("aborted"), &Value::Null));
}

#[test]
fn a_navigation_that_ends_calls_fails_the_load_and_is_named() {
    let said = said(
        "browser.navigation_ends_calls = true\npage.old.left_by = 'x.headers'\n\
         request.a = { url = '/a', page = 'old', method = 'POST', service = '2s' }",
    );
    assert!(said.one.contains("`a` was ended by the navigation from its page: it was at the server"), "{}", said.one);
    assert!(said.one.contains("navigation, 500 ms (server)") && !said.picture.contains("by its deadline"));
    assert!(said.many.starts_with("All 50 loads fail"), "{}", said.many);
    assert!(said.many.contains("`a` is ended by the navigation from its page"), "{}", said.many);
    // Where the scenario names no error, what a page that is gone called is no reason to judge.
    let text = "schema = 1\nhorizon = '5s'\nbrowser.navigation_ends_calls = true\npage.old.left_by = 'x.headers'\n\
                request.a = { page = 'old', every = '3s', service = '2s' }\nrequest.x = { start = '500ms' }\nload.ready = ['x']";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.toml").display().to_string();
    std::fs::write(&path, text).unwrap();
    let unnamed = done(&["run", &path, "--loads", "50"]);
    assert!(unnamed.starts_with("Failure is not judged"), "{unnamed}");
    assert_eq!(said.json["aborted_by"], "navigation");
    assert_eq!(said.entry.unwrap()["response"]["_error"], "net::ERR_ABORTED");
}

#[test]
fn the_next_call_and_an_event_are_named() {
    let next = said("request.a = { url = '/a', method = 'POST', every = '400ms', supersedes = true, service = '1s' }");
    assert!(
        next.one.contains("next call, 400 ms (server)") && !next.picture.contains("by its deadline"),
        "{}",
        next.one
    );
    assert_eq!(next.json["aborted_by"], "next-call");
    let hidden = said(
        "request.a = { url = '/a', method = 'POST', every = '400ms', supersedes = true, cancel_aborts = false, service = '1s' }",
    );
    assert!(hidden.one.contains("next call, 400 ms, goes on"), "{}", hidden.one);
    assert_eq!((&hidden.json["aborted_by"], &hidden.json["gave_up_ms"]), (&"next-call".into(), &400.0.into()));
    let event = said("request.a = { url = '/a', service = '2s', cancelled_by = 'x.issued' }");
    assert!(event.one.contains("cancelled, 500 ms (server)"), "{}", event.one);
    assert_eq!(event.json["aborted_by"], "event");
}

#[test]
fn a_call_that_goes_on_tells_when_the_page_gave_it_up_and_where_it_was() {
    let said =
        said("request.a = { url = '/a', service = '1s', body = '1s', deadline = '300ms', deadline_aborts = false }");
    let sentence = "`a` was given up at its deadline when it was at the server, and went on";
    assert!(said.one.contains(sentence) && said.one.contains("deadline, 300 ms, goes on"), "{}", said.one);
    assert!(said.one.contains("given up"), "{}", said.one);
    assert_eq!((&said.json["outcome"], &said.json["gave_up_ms"]), (&Value::from("ok"), &Value::from(300.0)));
    assert_eq!(said.json["aborted_by"], "deadline");
}

#[test]
fn a_refused_connection_is_in_the_archive() {
    let said = said("request.a = { url = '/a', refused = 1 }");
    assert_eq!(said.entry.unwrap()["response"]["_error"], "net::ERR_CONNECTION_REFUSED");
    assert!(said.one.contains("the connection of `a` was refused"), "{}", said.one);
}
