//! Measures what sending a request and opening a connection cost in a browser on this machine.
//!
//! Rule: the plans of [`plans`] are run, and `dispatch` and `connect` are fitted by least squares to the simulator's
//! law: n requests that get a connection at the same time have all arrived n dispatches later, and one connect later
//! still on new connections. There are two kinds of observations. In bursts of 1, 2, 3 and 6 requests, the time from
//! issue to arrival is observed, once on new connections and then three times on open ones. For requests that wait for
//! a connection, it is the time from the end of the previous response at the server to the arrival. Of equal
//! observations (same plan, burst and place in the burst) the fit uses the median, so that a single stall of the
//! machine has no effect.

use sixslot_lab::Measured;
use sixslot_statistics::quantile::quantile;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Number of runs of each plan.
pub const REPETITIONS: u64 = 5;
/// Sizes of the bursts: requests issued together.
const BURSTS: [u32; 4] = [1, 2, 3, 6];
/// When the bursts are issued, in ms; the first one needs new connections.
const STARTS: [u32; 4] = [150, 450, 750, 1050];
/// Service times of the requests that hold the connections, in ms.
const HOLDS: [u32; 6] = [60, 110, 160, 210, 260, 310];

/// A browser's costs on a machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Time from having a connection to the arrival at the server, in ms, for a single request.
    pub dispatch_ms: f64,
    /// Opening a connection, in ms.
    pub connect_ms: f64,
    /// Number of observations in the fit.
    pub observations: usize,
    /// Median absolute residual of the fit, in ms.
    pub left_ms: f64,
}

/// The plans to run, with their names.
pub fn plans() -> Vec<(String, String)> {
    let end = "[load]\nready = [\"last\"]\n";
    let mut plans: Vec<(String, String)> = BURSTS
        .iter()
        .map(|count| {
            let mut text = "schema = 1\nhorizon = \"1300ms\"\n".to_owned();
            for (burst, start) in STARTS.iter().enumerate() {
                let name = if burst + 1 == STARTS.len() { "last".to_owned() } else { format!("burst{burst}") };
                let _ = writeln!(text, "[request.{name}]\ncount = {count}\nstart = \"{start}ms\"\nservice = \"60ms\"");
            }
            (format!("bursts of {count}"), text + end)
        })
        .collect();
    let mut text = "schema = 1\nhorizon = \"900ms\"\n".to_owned();
    for (number, hold) in HOLDS.iter().enumerate() {
        let _ = writeln!(text, "[request.hold{number}]\nstart = \"150ms\"\nservice = \"{hold}ms\"");
    }
    for number in 0..HOLDS.len() {
        let name = if number + 1 == HOLDS.len() { "last".to_owned() } else { format!("wait{number}") };
        let _ = writeln!(text, "[request.{name}]\nstart = \"160ms\"\nservice = \"400ms\"");
    }
    plans.push(("waiting".to_owned(), text + end));
    plans
}

/// One observation: size of the burst, 1 for new connections and 0 for open ones, and the time in ms.
type Observation = (f64, f64, f64);

/// Adds the observations of a load, grouped by what they repeat: plan, burst and place in the burst.
fn observe(plan: &str, measured: &Measured, into: &mut BTreeMap<(String, String, usize), Vec<Observation>>) {
    let of = |class: &str| {
        let mut found: Vec<(f64, f64)> = measured
            .requests
            .iter()
            .filter(|request| request.class == class)
            .filter_map(|request| Some((request.issued_ms, request.arrived_ms?)))
            .collect();
        found.sort_by(|one, other| one.1.total_cmp(&other.1));
        found
    };
    let mut add = |name: &str, place: usize, observation| {
        into.entry((plan.to_owned(), name.to_owned(), place)).or_default().push(observation);
    };
    if plan == "waiting" {
        for (number, hold) in HOLDS.iter().enumerate() {
            let waiting = if number + 1 == HOLDS.len() { "last".to_owned() } else { format!("wait{number}") };
            if let ([(_, held)], [(_, arrived)]) = (&of(&format!("hold{number}"))[..], &of(&waiting)[..]) {
                add(&waiting, 0, (1.0, 0.0, arrived - held - f64::from(*hold)));
            }
        }
        return;
    }
    for (burst, name) in ["burst0", "burst1", "burst2", "last"].iter().enumerate() {
        let arrivals = of(name);
        for (place, (issued, arrived)) in arrivals.iter().enumerate() {
            let new = if burst == 0 { 1.0 } else { 0.0 };
            add(name, place, (arrivals.len() as f64, new, arrived - issued));
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5).unwrap_or(0.0)
}

/// Fits the costs to measurements of [`plans`], each with the plan's name.
///
/// None if no request arrived on an open connection, or none on a new one.
pub fn fit(measured: &[(String, Measured)]) -> Option<Costs> {
    let mut cells = BTreeMap::new();
    measured.iter().for_each(|(plan, measured)| observe(plan, measured, &mut cells));
    let points: Vec<Observation> = cells
        .into_values()
        .map(|repeats| (repeats[0].0, repeats[0].1, median(repeats.iter().map(|point| point.2).collect())))
        .collect();
    // The normal equations of y = dispatch * n + connect * new.
    let sum = |term: fn(&Observation) -> f64| points.iter().map(term).sum::<f64>();
    let (nn, nc, cc) = (sum(|p| p.0 * p.0), sum(|p| p.0 * p.1), sum(|p| p.1 * p.1));
    let (ny, cy) = (sum(|p| p.0 * p.2), sum(|p| p.1 * p.2));
    let determinant = nn * cc - nc * nc;
    if determinant <= 0.0 {
        return None;
    }
    let dispatch_ms = ((ny * cc - cy * nc) / determinant).max(0.0);
    let connect_ms = ((cy * nn - ny * nc) / determinant).max(0.0);
    let left = points.iter().map(|(n, new, y)| (y - dispatch_ms * n - connect_ms * new).abs()).collect();
    Some(Costs { dispatch_ms, connect_ms, observations: points.len(), left_ms: median(left) })
}

impl Costs {
    /// The table `[browser]` of a scenario, with a comment on its origin.
    pub fn to_toml(&self, version: &str) -> String {
        let Self { dispatch_ms, connect_ms, observations, left_ms } = self;
        format!(
            "# The costs of {version} on this machine, as `sixslot lab --calibrate` measured them: least squares over\n\
             # {observations} medians of {REPETITIONS}, with a median residual of {left_ms:.2} ms. n requests that get a connection at the same\n\
             # time take n dispatches, and one connect more on new connections.\n\
             [browser]\ndispatch = \"{dispatch_ms:.2}ms\"\nconnect = \"{connect_ms:.2}ms\"\n"
        )
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
    use super::{Costs, fit, overrides, plans};
    use crate::prediction::Prediction;
    use sixslot_lab::{Engine, Measured};
    use sixslot_models::Document;

    /// A simulated load with known costs, as a measurement.
    fn simulated(text: &str, load: u64) -> Result<Measured, Box<dyn std::error::Error>> {
        let sets = ["browser.dispatch=\"1.3ms\"".to_owned(), "browser.connect=\"0.4ms\"".to_owned()];
        let plan = Document::read("plan", text, &sets)?.plan(&[], &[])?;
        let Prediction { requests, verdict } = Prediction::simulate(&plan, 1, load)?;
        let version = String::new();
        let engine = Engine::Chromium;
        Ok(Measured {
            engine,
            version,
            rest_ms: 0.0,
            scale: 1.0,
            seed: 1,
            load,
            clock_error_ms: 0.0,
            requests,
            verdict,
        })
    }

    #[test]
    fn the_simulators_own_costs_are_found() -> Result<(), Box<dyn std::error::Error>> {
        let mut measured = Vec::new();
        for (name, text) in plans() {
            measured.push((name, simulated(&text, 0)?));
        }
        let costs = fit(&measured).ok_or("no fit")?;
        let Costs { dispatch_ms, connect_ms, observations, left_ms } = costs;
        assert!((dispatch_ms - 1.3).abs() < 0.01 && (connect_ms - 0.4).abs() < 0.01, "{costs:?}");
        assert!(observations == 54 && left_ms < 0.01, "{costs:?}");
        let sets = overrides(&costs.to_toml("a browser"))?;
        assert_eq!(sets, ["browser.connect=\"0.40ms\"", "browser.dispatch=\"1.30ms\""]);
        Ok(())
    }

    #[test]
    fn what_is_no_override_is_refused() {
        assert!(overrides("[server]\nworkers = 1").is_err_and(|error| error.contains("server")));
        assert!(overrides("").is_err_and(|error| error.contains("[browser]")));
        assert!(overrides("[browser").is_err());
        assert!(overrides("[browser]\nconnections = 7").is_err_and(|error| error.contains("browser.connections")));
        assert!(fit(&[]).is_none());
    }
}
