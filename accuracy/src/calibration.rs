//! Measures what sending a request and opening a connection cost in a browser on this machine.
//!
//! Rule: random plans ([`crate::generator`]) are run, because costs that fit light plans are wrong in heavy ones (measured).
//! On half of them `dispatch` and `connect` are fitted: of a grid of costs those with the smallest mean error of the
//! waits between issue and arrival, where an error counts 50 ms at most, so that one request that took another turn
//! does not decide. The other half judges: only costs that predict it better than the profile's are used.

use super::identity::Identity;
use super::prediction::Prediction;
use super::recording::{MeasuredLoad, Recording, RecordingError};
use std::collections::BTreeMap;

/// Number of plans, of which half are for the fit.
pub const PLANS: u64 = 60;
/// The most that one request counts, in real milliseconds.
const MOST: f64 = 50.0;
/// The steps of the grid, and of the second one around its best point, in hundredths of a millisecond.
const STEPS: [i32; 2] = [25, 5];
/// The largest `dispatch` and `connect` of the grid, in hundredths of a millisecond.
const LARGEST: [i32; 2] = [400, 200];

/// A browser's costs on a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Time from having a connection to the arrival at the server, in ms, for a single request.
    pub dispatch_ms: f64,
    /// Opening a connection, in ms.
    pub connect_ms: f64,
    /// Number of requests that judged.
    pub judged: usize,
    /// The mean error of these with the costs, in ms.
    pub error_ms: f64,
    /// The mean error of these with the profile's costs, in ms.
    pub profile_error_ms: f64,
}

/// Costs in hundredths of a millisecond.
type Point = [i32; 2];

fn settings([dispatch, connect]: Point) -> Vec<String> {
    [("dispatch", dispatch), ("connect", connect)].map(|(key, cost)| format!("browser.{key}=\"{cost}0us\"")).into()
}

/// The errors of the waits in some loads, each at most [`MOST`].
fn errors(recording: &Recording, loads: &[MeasuredLoad], costs: &[String]) -> Result<Vec<f64>, RecordingError> {
    let mut errors = Vec::new();
    for load in loads {
        let plan = recording.prediction(load, costs)?;
        let measured = &load.measured;
        let wait = |issued: f64, arrived: Option<f64>| Some((arrived? - issued) * measured.scale);
        let waits: BTreeMap<Identity, f64> = measured
            .requests
            .iter()
            .filter_map(|request| Some((Identity::of(request), wait(request.issued_ms, request.arrived_ms)?)))
            .collect();
        let predicted = Prediction::simulate(&plan, measured.seed, measured.load)?;
        errors.extend(predicted.requests.iter().filter_map(|request| {
            let error = wait(request.issued_ms, request.arrived_ms)? - waits.get(&Identity::of(request))?;
            Some(error.abs().min(MOST))
        }));
    }
    Ok(errors)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The point of a grid with the smallest mean error; of equal ones the first.
fn best(
    recording: &Recording,
    loads: &[MeasuredLoad],
    [dispatches, connects]: [Vec<i32>; 2],
) -> Result<Point, RecordingError> {
    let mut found = ([0, 0], f64::INFINITY);
    for dispatch in dispatches {
        for connect in &connects {
            let point = [dispatch, *connect];
            let error = mean(&errors(recording, loads, &settings(point))?);
            if error < found.1 {
                found = (point, error);
            }
        }
    }
    Ok(found.0)
}

/// Fits the costs to the first half of the measured loads, and judges them by the second.
///
/// None if no request reached the server in one of the halves.
///
/// # Errors
/// This program no longer accepts a scenario of the recording.
pub fn fit(recording: &Recording) -> Result<Option<Costs>, RecordingError> {
    let (fitted, judging) = recording.loads.split_at(recording.loads.len() / 2);
    let grid = LARGEST.map(|largest| (0..=largest).step_by(STEPS[0] as usize).collect());
    let point = best(recording, fitted, grid)?;
    // The best point of the coarse grid need not be beside the best of all: one cost can stand in for the other.
    let reach = 2 * STEPS[0];
    let around = |cost: i32| (cost - reach..=cost + reach).step_by(STEPS[1] as usize).filter(|cost| *cost >= 0);
    let point = best(recording, fitted, point.map(|cost| around(cost).collect()))?;
    let (own, profile) = (errors(recording, judging, &settings(point))?, errors(recording, judging, &[])?);
    if own.is_empty() || errors(recording, fitted, &[])?.is_empty() {
        return Ok(None);
    }
    let [dispatch_ms, connect_ms] = point.map(|cost| f64::from(cost) / 100.0);
    Ok(Some(Costs {
        dispatch_ms,
        connect_ms,
        judged: own.len(),
        error_ms: mean(&own),
        profile_error_ms: mean(&profile),
    }))
}

impl Costs {
    /// Whether they predict better than the profile's costs, on plans that they were not fitted to.
    pub fn are_better(&self) -> bool {
        self.error_ms < self.profile_error_ms
    }

    /// The table `[browser]` of a scenario, with a comment on its origin; empty if the profile's costs are better.
    pub fn to_toml(&self, version: &str) -> String {
        let Self { dispatch_ms, connect_ms, judged, error_ms, profile_error_ms } = self;
        let head = format!(
            "# {version} on this machine, as `sixslot lab --calibrate` measured it: fitted to {half} random plans, and judged by\n\
             # {judged} requests of {half} others. The mean error of their waits is {error_ms:.2} ms with a dispatch of {dispatch_ms:.2} ms and a connect of\n\
             # {connect_ms:.2} ms, and {profile_error_ms:.2} ms with the profile's costs, where an error counts {MOST} ms at most.\n",
            half = PLANS / 2,
        );
        if self.are_better() {
            format!("{head}[browser]\ndispatch = \"{dispatch_ms:.2}ms\"\nconnect = \"{connect_ms:.2}ms\"\n")
        } else {
            format!("{head}# The profile's costs are no worse, so nothing is changed.\n[browser]\n")
        }
    }
}

/// Reads a file of overrides: each key of its table `[browser]` becomes one `--set`.
///
/// # Errors
/// What is wrong with the file, as part of a sentence.
pub fn overrides(text: &str) -> Result<Vec<String>, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    if let Some(key) = table.keys().find(|key| *key != "browser") {
        return Err(format!("`{key}` is not allowed here; only the table [browser] is"));
    }
    let Some(browser) = table.get("browser").and_then(toml::Value::as_table) else {
        return Err("it has no table [browser]".to_owned());
    };
    if let Some(key) = browser.keys().find(|key| !["dispatch", "connect"].contains(&key.as_str())) {
        return Err(format!("`browser.{key}` is no cost; only dispatch and connect are"));
    }
    Ok(browser.iter().map(|(key, value)| format!("browser.{key}={value}")).collect())
}

#[cfg(test)]
mod tests {
    use super::{Costs, fit, overrides};
    use crate::generator;
    use crate::prediction::Prediction;
    use crate::recording::{Recording, Source};
    use sixslot_lab::{Engine, Measured};

    type Fault = Box<dyn std::error::Error>;

    /// Simulated loads of random plans as measurements: the first half and the second with costs of their own.
    fn simulated(halves: [&[String]; 2]) -> Result<Recording, Fault> {
        let engine = Engine::Chromium;
        let mut recording = Recording::new("plans".to_owned(), engine, Vec::new());
        for load in 0..12 {
            let text = generator::plan(1, load);
            let source = Source { name: load.to_string(), text, fixes: Vec::new(), sets: Vec::new() };
            let plan = source.plan(engine, halves[usize::from(load >= 6)])?;
            let Prediction { requests, verdict } = Prediction::simulate(&plan, 1, load)?;
            let measured = Measured {
                engine,
                version: String::new(),
                rest_ms: 0.0,
                scale: 1.0,
                seed: 1,
                load,
                clock_error_ms: 0.0,
                requests,
                verdict,
            };
            recording.add(source, measured);
        }
        Ok(recording)
    }

    #[test]
    fn the_simulators_own_costs_are_found() -> Result<(), Fault> {
        let costs = ["browser.dispatch=\"1.3ms\"".to_owned(), "browser.connect=\"0.4ms\"".to_owned()];
        let found = fit(&simulated([&costs, &costs])?)?.ok_or("no fit")?;
        let Costs { dispatch_ms, connect_ms, judged, error_ms, profile_error_ms } = found;
        assert!((dispatch_ms - 1.3).abs() < 0.01 && (connect_ms - 0.4).abs() < 0.01, "{found:?}");
        assert!(judged > 100 && error_ms < 0.01 && profile_error_ms > 0.5 && found.are_better(), "{found:?}");
        let sets = overrides(&found.to_toml("a browser"))?;
        assert_eq!(sets, ["browser.connect=\"0.40ms\"", "browser.dispatch=\"1.30ms\""]);
        Ok(())
    }

    #[test]
    fn costs_that_do_not_hold_for_other_plans_change_nothing() -> Result<(), Fault> {
        let costs = ["browser.dispatch=\"3ms\"".to_owned()];
        let found = fit(&simulated([&costs, &[]])?)?.ok_or("no fit")?;
        assert!(!found.are_better() && found.dispatch_ms > 2.5, "{found:?}");
        let text = found.to_toml("a browser");
        assert!(overrides(&text)?.is_empty() && text.contains("no worse"), "{text}");
        assert!(fit(&Recording::new("nothing".to_owned(), Engine::Chromium, Vec::new()))?.is_none());
        Ok(())
    }

    #[test]
    fn what_is_no_override_is_refused() {
        assert!(overrides("[server]\nworkers = 1").is_err_and(|error| error.contains("server")));
        assert!(overrides("").is_err_and(|error| error.contains("[browser]")));
        assert!(overrides("[browser").is_err());
        assert!(overrides("[browser]\nconnections = 7").is_err_and(|error| error.contains("browser.connections")));
    }
}
