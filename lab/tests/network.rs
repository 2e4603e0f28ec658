//! Plans with a network in real browsers, over a link between two network namespaces: round trips, rates, HTTP/2.
//!
//! What is asserted depends on rules and not on milliseconds, or has the margin of a busy machine. Without root or without the browser,
//! a test prints that it is skipped, and passes.

#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use sixslot_lab::{Ending, Engine, LabError, LinkError, Measured, MeasuredRequest, Script, Session, Settings};
use sixslot_models::Document;
use std::collections::BTreeSet;

/// The largest accepted delay, in ms.
const MARGIN: f64 = 150.0;

fn session(engine: Engine) -> Option<Session> {
    match Session::start_over_link(engine, Settings::of(engine)) {
        Ok(session) => Some(session),
        Err(error @ (LabError::NoBrowser { .. } | LabError::Link(LinkError::Unavailable(_)))) => {
            println!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn run(session: &mut Session, engine: Engine, text: &str) -> Measured {
    let text = format!("schema = 1\nhorizon = \"3s\"\n{text}\n[load]\nready = [\"a\"]\n");
    let profile = format!("browser.profile=\"{engine}\"");
    let plan = Document::read("network.toml", &text, &[profile]).and_then(|document| document.plan(&[], &[]));
    let script = Script::new(&plan.unwrap_or_else(|error| panic!("{error}\n{text}")), 1, 0, 1.0).unwrap();
    session.run(&script).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn of<'a>(measured: &'a Measured, class: &str) -> Vec<&'a MeasuredRequest> {
    let mut found: Vec<_> = measured.requests.iter().filter(|request| request.class == class).collect();
    found.sort_by(|one, other| one.arrived_ms.unwrap().total_cmp(&other.arrived_ms.unwrap()));
    assert!(found.iter().all(|request| request.outcome == Ending::Ok), "{class}: {found:?}");
    found
}

fn connections(requests: &[&MeasuredRequest]) -> usize {
    requests.iter().map(|request| request.connection.unwrap()).collect::<BTreeSet<_>>().len()
}

fn near(what: &str, ms: f64, expected: f64) {
    assert!((expected - 2.0..expected + MARGIN).contains(&ms), "{what}: {ms}, expected {expected}");
}

/// The handshakes of each protocol, one connection or six, and how far a server lets streams in.
fn handshakes(session: &mut Session, engine: Engine) {
    for (keys, round_trips, most) in [
        ("protocol = \"h1\"", 1.0, 6),
        ("tls = \"1.3\"", 2.0, 6),
        ("protocol = \"h2\"", 2.0, 1),
        ("protocol = \"h2\"\nmax_concurrent_streams = 4", 2.0, 1),
    ] {
        let text = format!(
            "[server]\nrtt = \"100ms\"\n{keys}\n[request.a]\nurl = \"/{{index}}\"\ncount = 8\nservice = \"300ms\""
        );
        let measured = run(session, engine, &text);
        let requests = of(&measured, "a");
        assert_eq!(connections(&requests), most, "{keys}");
        near(keys, requests[0].arrived_ms.unwrap(), 100.0 * round_trips + 50.0);
        let together = requests.iter().filter(|one| one.arrived_ms.unwrap() < 100.0 * round_trips + 350.0).count();
        let expected = if keys.contains("streams") {
            4
        } else if most == 1 {
            8
        } else {
            6
        };
        assert_eq!(together, expected, "{keys}");
        near(keys, requests[0].ended_ms.unwrap(), requests[0].arrived_ms.unwrap() + 350.0);
    }
}

/// Bytes take the time of their link, down and up; an answer's delay is added; paths differ.
fn transfers(session: &mut Session, engine: Engine) {
    for protocol in ["h1", "h2"] {
        let text = format!(
            "[network]\nrtt = \"20ms\"\nbandwidth_down = \"4Mbit/s\"\nbandwidth_up = \"2Mbit/s\"\n\
             [server]\nprotocol = \"{protocol}\"\nresponse_delay = \"60ms\"\n[origin.cdn]\nprotocol = \"{protocol}\"\nrtt = \"80ms\"\n\
             bandwidth_down = \"40Mbit/s\"\n\
             [request.warm]\n[request.a]\nstart = \"500ms\"\nbody_bytes = 250000\n\
             [request.up]\nstart = \"1400ms\"\nmethod = \"POST\"\nrequest_bytes = 100000\n\
             [request.far]\norigin = \"cdn\"\nbody_bytes = 10000"
        );
        let measured = run(session, engine, &text);
        let took = |class: &str| {
            let request = of(&measured, class)[0];
            request.ended_ms.unwrap() - request.issued_ms
        };
        near("down", took("a"), 20.0 + 60.0 + 500.0 * 0.97);
        near("up", took("up"), 20.0 + 60.0 + 400.0 * 0.97);
        near("far", took("far"), if protocol == "h1" { 160.0 } else { 240.0 });
    }
}

/// A server closes what was idle for its keep-alive time: the next request opens a connection.
fn idle_connections(session: &mut Session, engine: Engine) {
    for (protocol, round_trips) in [("h1", 1.0), ("h2", 2.0)] {
        let text = format!(
            "[server]\nrtt = \"60ms\"\nprotocol = \"{protocol}\"\nkeep_alive = \"300ms\"\n\
             [request.a]\n[request.soon]\nafter = \"a.ok\"\ndelay = \"100ms\"\n[request.late]\nafter = \"soon.ok\"\ndelay = \"800ms\""
        );
        let measured = run(session, engine, &text);
        let (first, soon, late) = (of(&measured, "a")[0], of(&measured, "soon")[0], of(&measured, "late")[0]);
        assert_eq!(first.connection, soon.connection);
        assert_ne!(late.connection, soon.connection);
        near("soon", soon.arrived_ms.unwrap() - soon.issued_ms, 30.0);
        near("late", late.arrived_ms.unwrap() - late.issued_ms, 60.0 * round_trips + 30.0);
    }
}

fn all(engine: Engine) {
    let _alone = support::alone();
    let Some(session) = session(engine) else { return };
    let checks: [fn(&mut Session, Engine); 3] = [handshakes, transfers, idle_connections];
    drop(support::check_each(session, self::session, engine, checks));
}

#[test]
fn chromium_over_a_network() {
    all(Engine::Chromium);
}

#[test]
fn firefox_over_a_network() {
    all(Engine::Firefox);
}
