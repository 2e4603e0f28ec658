//! The model of Chromium against the golden vectors: arrivals at a real browser's server, within 15 ms and in their order.
//!
//! Source: golden vectors 1 to 8 of the project's browser rules; each scenario in golden/ quotes its own.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "golden/simulate.rs"]
mod simulate;
#[path = "golden/vectors.rs"]
mod vectors;

use simulate::Row;
use sixslot_models::load::{Outcome, Station};
use vectors::{Vector, vectors};

fn vector(name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.name == name).unwrap()
}

fn copies<'a>(rows: &'a [Row], name: &'a str) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(move |row| row.name == name)
}

#[test]
fn every_vector_is_reproduced() {
    let mut all = Vec::new();
    println!("{:28}{:>9}{:>10}", "vector", "arrivals", "max ms");
    for vector in vectors() {
        let (deviations, faults) = vector.check(&vector.simulate(&[]));
        let greatest = deviations.iter().fold(0.0, |greatest: f64, deviation| greatest.max(deviation.abs()));
        println!("{:28}{:9}{greatest:10.1}", vector.name, deviations.len());
        all.extend(faults.into_iter().map(|fault| format!("{}: {fault}", vector.name)));
    }
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn every_number_from_1_to_8_has_a_vector() {
    let numbers: Vec<String> = vectors().iter().map(|vector| vector.name[..2].to_owned()).collect();
    assert!((1..=8).all(|number| numbers.contains(&format!("{number:02}"))), "{numbers:?}");
}

#[test]
fn vector_2_serves_the_high_class_first_come() {
    // The six slots are freed in the order of their connections, all at one time.
    let rows = vector("02-priorities").simulate(&[]);
    let high_class = rows.iter().filter(|row| row.name.starts_with("auto") || row.name.starts_with("high"));
    assert!(high_class.map(|row| row.request.connection.unwrap()).eq(1..=6));
}

#[test]
fn vector_5_leaves_the_scheduler_after_15_seconds() {
    let rows = vector("05-scheduler-release").simulate(&[]);
    let held: Vec<f64> =
        copies(&rows, "low").map(|row| row.request.spent(Station::Scheduler).as_millis_f64()).collect();
    assert_eq!(held, [15_000.0]);
}

#[test]
fn vector_7_goes_out_on_new_connections() {
    let rows = vector("07-aborts").simulate(&[]);
    let connections = |name| copies(&rows, name).map(|row| row.request.connection).collect::<Vec<_>>();
    assert_eq!(connections("queued"), [Some(7), Some(8)]);
    let ended = |name| copies(&rows, name).map(|row| row.request.ended.unwrap().as_millis_f64()).collect::<Vec<_>>();
    assert_eq!(ended("queued-aborted"), [650.0, 650.0]);
    assert_eq!(ended("running-aborted"), [1000.0, 1000.0, 1000.0]);
    assert!(copies(&rows, "running-aborted").all(|row| row.request.outcome == Outcome::Aborted));
}
