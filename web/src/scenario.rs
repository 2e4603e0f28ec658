//! What a scenario has, for the controls of a page.

use crate::refusal::{Refusal, json};
use serde::Serialize;
use sixslot_analysis::notes::notes;
use sixslot_models::browser::Browser;
use sixslot_models::class::{Class, Kind};
use sixslot_models::document::{Axis, Patch};
use sixslot_models::{Document, Plan, plan};
use sixslot_sim_core::{Family, Span};

/// A scenario without faults.
#[derive(Serialize)]
struct Description<'a> {
    title: &'a str,
    horizon_ms: f64,
    parameters: Vec<Parameter<'a>>,
    fixes: Vec<Named<'a>>,
    layers: Vec<Named<'a>>,
    axes: Vec<Values<'a>>,
    /// Loads of a cell of its sweep.
    sweep_loads: Option<u64>,
    /// The profile of its browser; null where it overrides rules of one.
    profile: Option<&'static str>,
    profiles: [&'static str; 4],
    /// Connections to an origin.
    connections: usize,
    requests: Vec<Request<'a>>,
    /// Whether a load can fail.
    judged: bool,
    notes: Vec<String>,
    /// The recorded loads that it was fitted to.
    recorded: Option<usize>,
    /// Fitted numbers that were changed since.
    edited: Vec<&'a str>,
}

#[derive(Serialize)]
struct Parameter<'a> {
    name: &'a str,
    /// Its value, or the mean of its distribution; null if that is infinite.
    value: Option<f64>,
    /// Whether it is drawn once per load.
    drawn: bool,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct Values<'a> {
    parameter: &'a str,
    values: &'a [f64],
}

#[derive(Serialize)]
struct Request<'a> {
    name: &'a str,
    kind: &'static str,
    deadline_ms: Option<f64>,
    /// Whether the page waits for it or shows its error.
    decisive: bool,
}

fn named(patch: &Patch) -> Named<'_> {
    Named { name: &patch.name, title: &patch.title }
}

fn values(axis: &Axis) -> Values<'_> {
    Values { parameter: &axis.parameter, values: &axis.values }
}

/// A name in a scenario, and its rules.
type Profile = (&'static str, fn() -> Browser);

const PROFILES: [Profile; 4] = [
    ("chromium", Browser::chromium),
    ("firefox", Browser::firefox),
    ("webkit", Browser::webkit),
    ("as-reported", Browser::as_reported),
];

/// The profile whose rules a plan's browser has.
fn profile(plan: &Plan) -> Option<&'static str> {
    let is = |(_, rules): &&Profile| plan.browser().differences(&rules()).next().is_none();
    PROFILES.iter().find(is).map(|(name, _)| *name)
}

fn request<'a>(plan: &'a Plan, number: usize, class: &'a Class) -> Request<'a> {
    let rules = plan.load();
    Request {
        name: &class.name,
        kind: match class.kind {
            Kind::Fetch => "request",
            Kind::Background => "background",
            Kind::WebSocket | Kind::EventSource => "socket",
        },
        deadline_ms: class.deadline.map(Span::as_millis_f64),
        decisive: rules.ready.contains(&number) || rules.judges(number),
    }
}

fn parameter(parameter: &plan::Parameter) -> Parameter<'_> {
    Parameter {
        name: &parameter.name,
        value: parameter.value.mean(),
        drawn: !matches!(parameter.value.family(), Family::Constant { .. }),
    }
}

/// Whether a scenario can be read, and what it has.
pub(crate) fn check(document: &Document) -> Result<Vec<u8>, Refusal> {
    let plan = document.plan(&[], &[])?;
    json(&Description {
        title: &document.title,
        horizon_ms: plan.horizon().as_millis_f64(),
        parameters: plan.parameters().iter().map(parameter).collect(),
        fixes: document.fixes.iter().map(named).collect(),
        layers: document.layers.iter().map(named).collect(),
        axes: document.sweep.axes.iter().map(values).collect(),
        sweep_loads: document.sweep.loads,
        profile: profile(&plan),
        profiles: PROFILES.map(|(name, _)| name),
        connections: plan.browser().connections,
        requests: plan.classes().iter().enumerate().map(|(number, class)| request(&plan, number, class)).collect(),
        judged: plan.load().can_fail,
        notes: notes(&plan),
        recorded: document.evidence().map(|evidence| evidence.loads),
        edited: document.edited(),
    })
}
