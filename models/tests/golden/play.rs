//! Plays a scenario and gives its requests as rows; the tests beside this folder share it.

use models::Document;
use models::load::{Extent, Load, Outcome};

/// One request of a played scenario; times in ms from the start of the load.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its table in the scenario.
    pub name: String,
    /// Its copy's number.
    pub index: u32,
    /// When the server had it.
    pub sent: Option<f64>,
    /// When it ended.
    pub ended: Option<f64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Its connection's number, from 1.
    pub connection: Option<u32>,
}

/// Plays a scenario with `PATH=VALUE` settings; requests in the order in which they were issued.
pub fn play(name: &str, scenario: &str, sets: &[String]) -> Vec<Row> {
    let plan = Document::read(name, scenario, sets).and_then(|document| document.plan(&[], &[]));
    let plan = plan.unwrap_or_else(|error| panic!("{name}: {error:?}\n{scenario}"));
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    let row = |request: &models::load::Request| Row {
        name: plan.classes[request.class].name.clone(),
        index: request.index,
        sent: request.sent.map(sim_core::Time::as_millis_f64),
        ended: request.ended.map(sim_core::Time::as_millis_f64),
        outcome: request.outcome,
        connection: request.connection,
    };
    load.requests().iter().map(row).collect()
}
