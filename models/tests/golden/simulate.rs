//! Simulates a scenario text and returns its requests with their names; shared by golden.rs, ground_truth.rs and rules.rs.

use sixslot_models::Document;
use sixslot_models::load::{Extent, Load, Request};
use sixslot_sim_core::Time;

/// A request of a simulated scenario.
pub struct Row {
    /// Its table in the scenario.
    pub name: String,
    /// What the load recorded of it.
    pub request: Request,
}

impl Row {
    /// When the server received it, in ms from the start of the load.
    pub fn sent(&self) -> Option<f64> {
        self.request.sent.map(Time::as_millis_f64)
    }
}

/// Simulates a scenario with `PATH=VALUE` settings; the requests are in the order in which they were issued.
pub fn simulate(name: &str, scenario: &str, sets: &[String]) -> Vec<Row> {
    let plan = Document::read(name, scenario, sets).and_then(|document| document.plan(&[], &[]));
    let plan = plan.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let mut load = Load::new();
    load.simulate(&plan, 1, 0, Extent::Whole).unwrap();
    let row = |request: &Request| Row { name: plan.classes()[request.class].name.clone(), request: request.clone() };
    load.requests().iter().map(row).collect()
}
