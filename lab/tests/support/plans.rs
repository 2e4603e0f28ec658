//! Plans for the tests in real browsers: run in a session, and compared with their simulation.

use sixslot_lab::{Ending, Engine, LabError, Measured, MeasuredRequest, Script, Session, Settings};
use sixslot_models::Document;
use sixslot_models::class::{Failure, Kind};
use sixslot_models::load::{Extent, Load, Outcome};
use std::collections::BTreeMap;

/// The largest accepted delay of an arrival, in ms: two browsers and their tests share the machine.
#[allow(dead_code, reason = "not every test file needs it")]
pub const MARGIN: f64 = 150.0;

/// The largest accepted difference between a measured and a predicted time, in ms: much less than what a rule decides.
#[allow(dead_code, reason = "not every test file needs it")]
const LATE: f64 = 250.0;

/// A session, or none where there is no such browser, which is said.
pub fn session(engine: Engine) -> Option<Session> {
    match Session::start(engine, Settings::of(engine)) {
        Ok(session) => Some(session),
        Err(LabError::NoBrowser { engine }) => {
            println!("skipped: no {engine} on this machine");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The first load of a scenario in an engine.
pub fn script(engine: Engine, scale: f64, text: &str) -> Script {
    load(engine, 0, scale, text)
}

/// A load of a scenario in an engine.
pub fn load(engine: Engine, number: u64, scale: f64, text: &str) -> Script {
    let text = format!("schema = 1\n{text}");
    let profile = format!("browser.profile=\"{engine}\"");
    let plan = Document::read("live.toml", &text, &[profile]).and_then(|document| document.plan(&[], &[]));
    Script::new(&plan.unwrap_or_else(|error| panic!("{error}\n{text}")), 1, number, scale).unwrap()
}

/// Runs a script.
pub fn measure(session: &mut Session, script: &Script) -> Measured {
    let measured = session.run(script).unwrap_or_else(|error| panic!("{error}"));
    assert!(measured.clock_error_ms < 20.0, "clocks: {}", measured.clock_error_ms);
    measured
}

/// The requests of a class.
pub fn of<'a>(measured: &'a Measured, class: &str) -> Vec<&'a MeasuredRequest> {
    measured.requests.iter().filter(|request| request.class == class).collect()
}

/// Which request it is: class, instance, attempt, tab.
type Name = (String, u32, u32, u32);

/// Compares the first load of a scenario with its simulation.
#[allow(dead_code, reason = "not every test file needs it")]
pub fn agree(session: &mut Session, engine: Engine, text: &str) -> Measured {
    agrees(session, engine, &script(engine, 1.0, text))
}

/// Compares a load with its simulation: the same requests with the same outcomes, issued and arrived when they should, and the
/// same verdict. Returns the load.
#[allow(dead_code, reason = "not every test file needs it")]
pub fn agrees(session: &mut Session, engine: Engine, script: &Script) -> Measured {
    let measured = measure(session, script);
    let plan = script.prediction();
    let mut load = Load::new();
    load.simulate(&plan, script.seed(), script.load(), Extent::Whole).unwrap();
    let name = |request: &MeasuredRequest| (request.class.clone(), request.index, request.attempt, request.tab);
    let mut left: BTreeMap<Name, &MeasuredRequest> =
        measured.requests.iter().map(|request| (name(request), request)).collect();
    for request in load.requests() {
        let class = &plan.classes()[request.class];
        if class.kind == Kind::Background {
            continue;
        }
        let name = (class.name.clone(), request.index, request.attempt, request.tab);
        let real = left.remove(&name).unwrap_or_else(|| panic!("{name:?} was not issued in {engine}: {measured:#?}"));
        let ending = match request.outcome {
            // The page does not see what happens to a body that it does not read.
            _ if !class.reads_body && request.headers.is_some() => match request.failure {
                None | Some(Failure::Reset) => Ending::Ok,
                Some(_) => Ending::Failed,
            },
            Outcome::Ok => Ending::Ok,
            Outcome::Aborted => Ending::Aborted,
            Outcome::Failed => Ending::Failed,
            Outcome::Coalesced => Ending::Coalesced,
            Outcome::Unfinished => Ending::Unfinished,
        };
        assert_eq!(real.outcome, ending, "{name:?} in {engine}: {real:?}, predicted {request:?}");
        let close = |real: f64, predicted: f64| (real - predicted).abs() < LATE;
        assert!(close(real.issued_ms, request.issued.as_millis_f64()), "{name:?} in {engine}: {real:?}");
        let fits = match (real.arrived_ms, request.sent) {
            (Some(arrived), Some(sent)) => close(arrived, sent.as_millis_f64()),
            (one, other) => one.is_none() == other.is_none(),
        };
        assert!(fits, "{name:?} arrived at {:?} in {engine}, predicted {:?}", real.arrived_ms, request.sent);
    }
    assert!(left.is_empty(), "not predicted in {engine}: {left:?}");
    assert_eq!(measured.verdict.failed, load.verdict().failed, "{engine}: {:?}", measured.verdict);
    measured
}
