//! How often an interval with the uncertainty of the data has the truth: 200 times, twelve loads of a shipped scenario are
//! exported as archives, imported, and estimated.
//!
//! `cargo run --release --example data_coverage` takes some minutes; docs/statistics.md has its result.

use sixslot_analysis::data_interval::{DataInterval, Simulated};
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::export::{Format, Subject};
use sixslot_analysis::import::import;
use sixslot_har::Archive;
use sixslot_models::load::{Extent, Load};
use sixslot_models::{Document, Plan};
use sixslot_statistics::Stopping;
use std::error::Error;
use std::sync::atomic::AtomicBool;

const REPETITIONS: u64 = 200;
const ARCHIVES: u64 = 12;

/// Scenarios at settings where loads neither never nor always fail.
const SCENARIOS: [(&str, &str); 3] = [
    (include_str!("../scenarios/issue-1855.toml"), "parameters.sessions=40"),
    (include_str!("../scenarios/next-prefetch.toml"), "parameters.data=8000"),
    (include_str!("../scenarios/same-url-polling.toml"), "parameters.hooks=3"),
];

fn estimate(plan: &Plan, loads: u64) -> Result<Estimate, Box<dyn Error>> {
    Ok(Estimate::run(plan, 1, &Stopping::Fixed(loads), loads, &AtomicBool::new(false), |_| ())?)
}

fn archive(plan: &Plan, seed: u64, number: u64) -> Result<Archive, Box<dyn Error>> {
    let mut load = Load::new();
    load.simulate(plan, seed, number, Extent::Whole)?;
    let text = Format::Har.write(&Subject::new(plan, &load, seed, number, &[]))?;
    Ok(Archive::read(&format!("load-{number}.har"), text.as_bytes())?)
}

fn main() -> Result<(), Box<dyn Error>> {
    for (text, set) in SCENARIOS {
        let original = Document::read("scenario", text, &[set.to_owned()])?.plan(&[], &[])?;
        let truth = estimate(&original, 20_000)?.probability.ok_or("it is not judged")?;
        let (mut judged, mut with_data, mut simulation) = (0, 0, 0);
        for repetition in 0..REPETITIONS {
            let archives = (0..ARCHIVES).map(|number| archive(&original, 1_000 + repetition, number));
            let draft = import(archives.collect::<Result<_, _>>()?)?.text;
            let document = Document::read("draft", &draft, &[])?;
            let found = estimate(&document.plan(&[], &[])?, 1_000)?;
            let data = DataInterval::of(&document, &[], 1, Simulated::of_estimate(&found), &AtomicBool::new(false))?;
            // Without a failed load among them nothing is judged.
            let Some(data) = data else { continue };
            judged += 1;
            with_data += u32::from(data.interval.contains(truth));
            simulation += u32::from(found.interval.is_some_and(|interval| interval.contains(truth)));
        }
        println!(
            "{}: the truth is {:.1} %; of {judged} intervals {with_data} have it with the data, {simulation} of the simulation alone",
            original.title(),
            100.0 * truth
        );
    }
    Ok(())
}
