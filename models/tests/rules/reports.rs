//! Three public bug reports, each with what browsers or arithmetic say of it and of its fixes.

use sixslot_models::Document;
use sixslot_models::load::{Extent, Load, Outcome};
use sixslot_sim_core::Time;

const AXIOS: &str = include_str!("../reports/axios-5651.toml");
const TIDEWAY: &str = include_str!("../reports/tideway-406.toml");
const REDMINE: &str = include_str!("../reports/redmine-392.toml");

/// A load with a fix, or without one.
struct Found {
    load: Load,
    names: Vec<String>,
}

impl Found {
    fn new(text: &str, fix: Option<&str>) -> Self {
        let document = Document::read("report.toml", text, &[]).unwrap();
        let fixes: Vec<usize> = fix.map(|name| document.fix(name).unwrap()).into_iter().collect();
        let plan = document.plan(&fixes, &[]).unwrap();
        assert_eq!(plan.warnings(), [""; 0]);
        let mut load = Load::new();
        load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
        Self { load, names: plan.classes().iter().map(|class| class.name.clone()).collect() }
    }

    fn requests(&self, name: &str) -> impl Iterator<Item = &sixslot_models::load::Request> {
        self.load.requests().iter().filter(move |request| self.names[request.class] == name)
    }

    /// When the requests of a class reached the server, in seconds; none for one that never did.
    fn sent(&self, name: &str) -> Vec<Option<f64>> {
        self.requests(name).map(|request| request.sent.map(seconds)).collect()
    }

    fn ready(&self) -> Option<f64> {
        self.load.verdict().ready.map(seconds)
    }
}

fn seconds(time: Time) -> f64 {
    (time - Time::ZERO).as_seconds_f64()
}

/// Within 50 ms; a browser's start-up is not in the model.
fn near(one: Option<f64>, other: f64) -> bool {
    one.is_some_and(|one| (one - other).abs() < 0.05)
}

#[test]
fn the_same_get_passes_one_at_a_time_whatever_the_connections() {
    for fix in [None, Some("six"), Some("http2"), Some("firefox")] {
        let found = Found::new(AXIOS, fix);
        let sent = found.sent("api");
        assert!(sent.iter().zip([0.0, 3.0, 6.0, 9.0, 12.0]).all(|(sent, at)| near(*sent, at)), "{fix:?}: {sent:?}");
        assert!(near(found.ready(), 15.0), "{fix:?}: {:?}", found.ready());
    }
    for fix in ["distinct", "no-store"] {
        let ready = Found::new(AXIOS, Some(fix)).ready();
        assert!(near(ready, 3.0), "{fix}: {ready:?}");
    }
    let sent = Found::new(AXIOS, Some("firefox-no-store")).sent("api");
    assert!(near(sent[0], 0.0) && sent[1..].iter().all(|sent| near(*sent, 3.0)), "{sent:?}");
}

#[test]
fn a_cap_helps_where_the_timer_is_armed_behind_it() {
    let aborted = |found: &Found| found.requests("rows").filter(|request| request.outcome == Outcome::Aborted).count();
    let chunk = |found: &Found| found.sent("chunk")[0];
    let without = Found::new(TIDEWAY, None);
    assert!(near(chunk(&without), 11.0), "{:?}", chunk(&without));
    let ended = |found: &Found| found.requests("rows").map(|row| row.ended.map(seconds)).collect::<Vec<_>>();
    assert!(ended(&without)[6..].iter().all(|end| near(*end, 15.0)) && aborted(&without) == 4, "{:?}", ended(&without));
    let capped = Found::new(TIDEWAY, Some("cap-four"));
    assert!(near(chunk(&capped), 1.0) && aborted(&capped) == 6, "{:?}", ended(&capped));
    let late = Found::new(TIDEWAY, Some("cap-four-armed-late"));
    let expected = [11.0, 11.0, 11.0, 11.0, 22.0, 22.0, 22.0, 22.0, 33.0, 33.0];
    assert!(ended(&late).iter().zip(expected).all(|(end, at)| near(*end, at)), "{:?}", ended(&late));
    assert!(near(chunk(&late), 1.0) && aborted(&late) == 0 && near(late.ready(), 33.0));
}

#[test]
fn a_save_behind_calls_that_nobody_aborts() {
    let without = Found::new(REDMINE, None);
    assert!(without.load.verdict().failed && without.sent("save") == [None]);
    // Six calls of 10 s at a time: 17 calls were made before the save, so it is the fifth of the third round.
    let patient = Found::new(REDMINE, Some("patient"));
    assert!(patient.sent("save")[0].is_some_and(|sent| (21.9..22.7).contains(&sent)), "{:?}", patient.sent("save"));
    for fix in ["abort-previous", "deadline", "guard", "http2"] {
        let found = Found::new(REDMINE, Some(fix));
        assert!(!found.load.verdict().failed && near(found.sent("save")[0], 8.0), "{fix}: {:?}", found.sent("save"));
    }
}
