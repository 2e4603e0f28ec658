//! The cost of one load against its number of requests.
//!
//! Rule: the page burst with 10 to 10^5 requests of a short service and deadlines that never strike, simulated whole. All
//! requests wait in one queue; the cost may grow as n log n and no faster (`models/src/load/cost.rs` bounds the work by counts).

use crate::clock::timed;
use crate::engines::ours;
use sixslot_models::load::{Extent, Load};

/// Half decades from 10 to 10^5.
const REQUESTS: [u64; 9] = [10, 32, 100, 316, 1_000, 3_162, 10_000, 31_623, 100_000];
const PROFILES: [&str; 2] = ["as-reported", "chromium"];
/// Requests that a measurement simulates at least, in as many loads as that takes.
const WORK: u64 = 300_000;
const REPETITIONS: u64 = 5;

/// Prints the measurements as lines of a table.
///
/// # Errors
/// A fault in the scenario, or a load beyond the limits.
pub fn print() -> Result<(), String> {
    println!("profile,requests,repetition,loads,cpu_s");
    let mut load = Load::new();
    for repetition in 0..REPETITIONS {
        for profile in PROFILES {
            for requests in REQUESTS {
                let plan = ours::plan(&sets(profile, requests))?;
                let loads = WORK.div_ceil(requests);
                let mut simulate =
                    |number| load.simulate(&plan, repetition, number, Extent::Whole).map_err(|error| error.to_string());
                // The first load grows the memory, which later ones reuse.
                simulate(loads)?;
                let (done, elapsed) = timed(|| (0..loads).try_for_each(&mut simulate));
                done?;
                println!("{profile},{requests},{repetition},{loads},{:.6}", elapsed.cpu);
            }
        }
    }
    Ok(())
}

fn sets(profile: &str, requests: u64) -> Vec<String> {
    let endless = "\"1h\"";
    let service = "{ distribution = \"exponential\", mean = \"20ms\" }";
    vec![
        format!("browser.profile=\"{profile}\""),
        format!("request.burst.count={}", requests - 1),
        format!("request.burst.service={service}"),
        format!("request.session.service={service}"),
        format!("request.burst.deadline={endless}"),
        format!("request.session.deadline={endless}"),
        "horizon=\"50m\"".to_owned(),
    ]
}
