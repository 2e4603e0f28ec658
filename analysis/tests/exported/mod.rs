//! Loads of a scenario as archives, without what the export adds of the simulation's truth.

use serde_json::Value;
use sixslot_analysis::export::{Format, Subject};
use sixslot_har::Archive;
use sixslot_models::load::{Extent, Load};
use sixslot_models::{Document, Plan};

/// The plan of a scenario's text, with `--set`.
pub fn plan(text: &str, sets: &[&str]) -> Plan {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    Document::read("scenario", text, &sets)
        .and_then(|document| document.plan(&[], &[]))
        .unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// Takes the simulation's truth out of an archive.
fn forget(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("_sixslot");
            map.values_mut().for_each(forget);
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        _ => {}
    }
}

/// The archive of a load.
pub fn archive(plan: &Plan, seed: u64, number: u64) -> Archive {
    let mut load = Load::new();
    load.simulate(plan, seed, number, Extent::Whole).unwrap();
    let text = Format::Har.write(&Subject::new(plan, &load, seed, number, &[])).unwrap();
    let mut value: Value = serde_json::from_str(&text).unwrap();
    forget(&mut value);
    let text = value.to_string();
    assert!(!text.contains("\"_sixslot\""));
    Archive::read(&format!("load-{number}.har"), text.as_bytes()).unwrap()
}
