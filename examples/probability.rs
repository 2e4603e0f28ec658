//! Estimates the probability that a page fails to load, without and with each fix: `cargo run --example probability`.

use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::words::percent;
use sixslot_models::Document;
use sixslot_statistics::Stopping;
use std::sync::atomic::AtomicBool;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    const LOADS: u64 = 1_000;
    let text = include_str!("../scenarios/issue-1855.toml");
    let document = Document::read("issue-1855.toml", text, &["parameters.sessions=40".to_owned()])?;
    let none = ("no fix".to_owned(), Vec::new());
    let each = document.fixes.iter().enumerate().map(|(number, fix)| (fix.name.clone(), vec![number]));
    for (name, fixes) in std::iter::once(none).chain(each) {
        let plan = document.plan(&fixes, &[])?;
        // Set to true from elsewhere, it ends the run.
        let interrupt = AtomicBool::new(false);
        let estimate = Estimate::run(&plan, 1, &Stopping::Fixed(LOADS), LOADS, &interrupt, |_| ())?;
        let Some((share, interval)) = estimate.probability.zip(estimate.interval) else { continue };
        let (low, high) = (percent(interval.low), percent(interval.high));
        println!("{name}: {} of loads fail ({low} to {high})", percent(share));
    }
    Ok(())
}
