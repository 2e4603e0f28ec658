//! The discipline of a server is found in archives exported from scenarios with each, from one capture on.

#![allow(clippy::unwrap_used, missing_docs)]

mod exported;

use exported::{archive, plan};
use sixslot_analysis::import::import;

/// A page of four kinds of calls over HTTP/2, so that the server and not the pool holds them.
fn page(server: &str) -> String {
    let call = |name: &str, count: u32, start: &str, median: &str| {
        format!(
            "[request.{name}]\nurl = \"/{name}/{{index}}\"\ncount = {count}\nstart = {start}\nwork = {{ distribution = \"log-normal\", median = \"{median}\", sigma = 0.3 }}\n"
        )
    };
    let spread = "{ distribution = \"uniform\", low = \"10ms\", high = \"1600ms\" }";
    let calls = [("list", 24, spread, "20ms"), ("item", 24, spread, "40ms"), ("image", 16, spread, "10ms")];
    let calls: String = calls.iter().map(|(name, count, start, median)| call(name, *count, start, median)).collect();
    format!(
        "schema = 1\nhorizon = \"60s\"\n[browser]\ncache_lock = false\n[server]\nprotocol = \"h2\"\n{server}\n[request.document]\nurl = \"/\"\nwork = \"30ms\"\n{calls}[load]\nready = [\"document\", \"item\"]\n"
    )
}

fn server(text: &str, loads: u64) -> toml::Table {
    let original = plan(&page(text), &[]);
    let archives = (0..loads).map(|number| archive(&original, 3, number)).collect();
    let draft = import(archives).unwrap().text;
    let table: toml::Table = draft.parse().unwrap();
    let server = table["server"].as_table().unwrap().clone();
    println!("{text}: {server:?}");
    server
}

#[test]
fn each_discipline_is_found_in_several_captures() {
    let independent = server("", 6);
    assert_eq!(independent["discipline"].as_str(), Some("independent"));
    let sharing = server("discipline = \"processor-sharing\"", 6);
    assert_eq!(sharing["discipline"].as_str(), Some("processor-sharing"));
    assert_eq!(sharing["workers"].as_integer(), Some(1));
    let slow = server("discipline = \"processor-sharing\"\nworkers = 2\nslowdown_exponent = 1.5", 6);
    assert_eq!(slow["discipline"].as_str(), Some("processor-sharing"));
    let exponent = slow.get("slowdown_exponent").and_then(toml::Value::as_float).unwrap_or(1.0);
    assert!(slow["workers"].as_integer() == Some(2) && (1.25..=1.75).contains(&exponent), "{exponent}");
    for one_thread in ["fifo", "event-loop"] {
        let queue = server(&format!("discipline = \"{one_thread}\""), 6);
        assert_eq!((queue["discipline"].as_str(), queue["workers"].as_integer()), (Some("fifo"), Some(1)));
    }
}

/// One capture decides only where its replay is no worse for it; otherwise the requests stay independent.
#[test]
fn one_capture_never_gives_another_discipline() {
    let shared = |text: &str| server(text, 1)["discipline"].as_str().unwrap().to_owned();
    assert_eq!(shared(""), "independent");
    for (text, found) in [("processor-sharing", "processor-sharing"), ("fifo", "fifo"), ("event-loop", "fifo")] {
        let one = shared(&format!("discipline = \"{text}\""));
        assert!(one == found || one == "independent", "{text}: {one}");
    }
}
