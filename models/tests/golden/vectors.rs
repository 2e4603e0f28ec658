//! The golden vectors in this folder: NN-name.toml is the scenario, NN-name.arrivals the arrivals at Chromium's server.
//!
//! Source: "Golden vectors" of the project's browser rules (Chromium 156, loopback). An arrivals file lists the arrival
//! of each instance of each request with published times, in ms or "never"; all others must be sent at any time.
//! `at_once` is the greatest number of fetches that were at the server together.

use crate::simulate::{Row, simulate};
use serde::Deserialize;
use sixslot_models::load::Outcome;
use std::collections::BTreeMap;
use std::{fs, path::Path};

/// Largest accepted deviation of an arrival from the browser's, in ms.
pub const TOLERANCE: f64 = 15.0;
/// Measured arrivals that differ by at most this, in ms, have no order.
pub const TIE: f64 = 2.0;

/// A scenario and what a browser did with it.
pub struct Vector {
    /// The file's name.
    pub name: String,
    scenario: String,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    at_once: Option<usize>,
    #[serde(default)]
    arrivals: BTreeMap<String, Vec<Arrival>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Arrival {
    At(f64),
    Word(String),
}

/// All of them, in the order of their names.
pub fn vectors() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = files.filter_map(|file| Some(file.strip_suffix(".toml")?.to_owned())).collect();
    names.sort();
    let vector = |name: String| Vector {
        scenario: read(&format!("{name}.toml")),
        expected: toml::from_str(&read(&format!("{name}.arrivals"))).unwrap_or_else(|error| panic!("{name}: {error}")),
        name,
    };
    names.into_iter().map(vector).collect()
}

impl Vector {
    /// Simulates the scenario.
    pub fn simulate(&self, sets: &[String]) -> Vec<Row> {
        simulate(&self.name, &self.scenario, sets)
    }

    /// The deviation of each arrival in ms, and all differences from the browser.
    pub fn check(&self, rows: &[Row]) -> (Vec<f64>, Vec<String>) {
        let (mut deviations, mut faults, mut arrivals) = (Vec::new(), Vec::new(), Vec::new());
        for (name, expected) in &self.expected.arrivals {
            let copies: Vec<&Row> = rows.iter().filter(|row| row.name == *name).collect();
            assert_eq!(copies.len(), expected.len(), "{}: instances of {name}", self.name);
            for (row, expected) in copies.into_iter().zip(expected) {
                match (row.sent(), expected) {
                    (Some(sent), Arrival::At(expected)) => {
                        deviations.push(sent - expected);
                        arrivals.push((row, *expected, sent));
                    }
                    (None, Arrival::Word(word)) if word == "never" => {}
                    (sent, Arrival::At(expected)) => faults.push(format!("{name}: {sent:?} for {expected}")),
                    (sent, Arrival::Word(word)) => faults.push(format!("{name}: {sent:?} for {word}")),
                }
            }
        }
        for row in rows.iter().filter(|row| !self.expected.arrivals.contains_key(&row.name) && row.sent().is_none()) {
            faults.push(format!("{} {} was never sent", row.name, row.request.index));
        }
        for (row, expected, sent) in &arrivals {
            if (sent - expected).abs() > TOLERANCE {
                faults.push(format!("{} {}: {sent} for {expected}", row.name, row.request.index));
            }
            for (other, later, other_sent) in &arrivals {
                let same_class = row.name == other.name && row.request.index < other.request.index;
                let before = *later > expected + TIE || same_class && (later - expected).abs() <= TIE;
                if before && sent > other_sent {
                    faults.push(format!("{} {expected} came behind {} {later}", row.name, other.name));
                }
            }
        }
        if let Some(expected) = self.expected.at_once
            && at_once(rows) != expected
        {
            faults.push(format!("{} at once for {expected}", at_once(rows)));
        }
        (deviations, faults)
    }
}

/// The greatest number of requests with an end that were at the server together.
fn at_once(rows: &[Row]) -> usize {
    let fetches = || rows.iter().filter(|row| row.request.outcome != Outcome::Unfinished);
    let at = |row: &Row| {
        let there = |other: &&Row| other.request.sent <= row.request.sent && other.request.ended > row.request.sent;
        fetches().filter(there).count()
    };
    fetches().map(at).max().unwrap_or(0)
}
