//! Compares several hypotheses about one page with published figures: their predictions, and whether a figure is inside.
//!
//! Rule: a hypothesis predicts a distribution over loads. A published value is inside if the hypothesis's central 90 %
//! range contains it; a published range is inside if it contains the hypothesis's median. Load k is the same load in every
//! case (common random numbers). If no load is of the kind that a figure describes, the hypothesis cannot explain it.

pub mod attribution;
pub mod file;
pub mod observe;
pub mod overlay;
mod page;
pub mod parts;
mod placeholder;
pub mod recovery;
pub mod schema;
mod tables;

use crate::csv_table::CsvError;
use crate::files::folder::Results;
use crate::files::{FileError, Folder};
use crate::input::InputError;
use file::{Case, Figure, HypothesesFile, Measured, Prediction, Published};
use observe::View;
use overlay::Comparison;
use recovery::Spot;
use serde::Serialize;
use sixslot_analysis::estimate::LEVEL;
use sixslot_analysis::layers::{Attribution, LayersError};
use sixslot_analysis::replications::{Replications, Stopped};
use sixslot_analysis::sweep::sha256;
use sixslot_models::Plan;
use sixslot_models::load::{Extent, Load};
use sixslot_statistics::binomial;
use sixslot_statistics::interval::{self, Interval};
use sixslot_statistics::quantile::quantile;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

/// The share of a hypothesis's distribution within its range.
const RANGE: f64 = 0.9;

/// Why hypotheses could not be compared with figures.
#[derive(Debug, thiserror::Error)]
pub enum HypothesesError {
    /// The file, or a scenario that it names.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A fix that a scenario does not have.
    #[error(transparent)]
    Fix(#[from] sixslot_models::document::UnknownFix),
    /// An interrupt, or a load beyond its limits.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// Layers that cannot be removed together, or too few loads for them.
    #[error(transparent)]
    Layers(#[from] LayersError),
    /// A folder of captures, or a capture.
    #[error(
        "{path} cannot be used: {reason}; name a folder in which each NNN.har.gz has its NNN.truth.json.gz",
        path = path.display()
    )]
    Capture {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A table that cannot be written.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// A folder or a file that is not written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What a hypothesis predicts for a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Index of the hypothesis.
    pub hypothesis: usize,
    /// Loads.
    pub loads: u64,
    /// Loads of the kind that the figure describes.
    pub counted: u64,
    /// Median and range, in seconds, counts or shares; none if there is nothing to observe.
    pub predicted: Option<[f64; 3]>,
    /// Whether the figure is inside.
    pub inside: bool,
}

/// What a hypothesis predicts for an unmeasured case.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Index of the hypothesis.
    pub hypothesis: usize,
    /// Loads.
    pub loads: u64,
    /// The share that fails.
    pub probability: f64,
    /// The interval of that share.
    pub failed: Interval,
    /// The range of the count among the loads that will be measured.
    pub count: (u64, u64),
    /// The share whose error is cleared later.
    pub cleared: f64,
    /// The share that is not ready by the horizon.
    pub not_ready: f64,
    /// Seconds to ready: the median, and the range of the median of the loads that will be measured; infinite where
    /// these loads do not get ready.
    pub ready: [f64; 3],
}

/// Largest relative difference between the predicted and the measured median.
pub const NEAR: f64 = 0.15;

impl Forecast {
    /// Whether the measured count lies in the range, and the median within 15 % of the measured one, or both are never ready.
    pub fn holds(&self, measured: Measured) -> bool {
        let (low, high) = self.count;
        let both_never = self.ready[0].is_infinite() && measured.ready.is_infinite();
        let near = both_never || (self.ready[0] / measured.ready - 1.0).abs() <= NEAR;
        (low..=high).contains(&measured.failures) && near
    }
}

/// The result.
#[derive(Clone, Debug)]
pub struct Findings {
    /// For each figure, what the hypotheses predict.
    pub answers: Vec<Vec<Answer>>,
    /// For each prediction, what the hypotheses predict.
    pub forecasts: Vec<Vec<Forecast>>,
    /// For each region and point, what the hypothesis predicts for the region's figures.
    pub regions: Vec<Vec<Vec<Answer>>>,
    /// For each capture of each overlay, its comparison with the nearest load.
    pub overlays: Vec<Vec<Comparison>>,
    /// The contributions of the layers.
    pub layers: Option<Attribution>,
    /// The result at each point of the map of recovery, and the number of loads of each.
    pub recovery: Option<(u64, Vec<Spot>)>,
}

/// What a function returns for each of the first loads of a plan, in their order.
fn simulate<T: Send>(
    plan: &Plan,
    seed: u64,
    loads: u64,
    extent: Extent,
    interrupt: &AtomicBool,
    see: impl Fn(&Load) -> T + Sync,
) -> Result<Vec<T>, Stopped> {
    Replications::new(seed, 0..loads, interrupt).map(plan, extent, |_, load| see(load))
}

/// Median and range of values in any order.
fn summary(mut values: Vec<f64>) -> Option<[f64; 3]> {
    values.sort_by(f64::total_cmp);
    let at = |fraction| quantile(&values, fraction).ok();
    Some([at(0.5)?, at((1.0 - RANGE) / 2.0)?, at((1.0 + RANGE) / 2.0)?])
}

/// A share of loads with its interval.
///
/// # Panics
/// Never: there are loads, and no more of them are counted than there are.
#[expect(clippy::expect_used, reason = "counts of loads are consistent by construction")]
fn share(part: u64, all: u64) -> Interval {
    interval::fixed_sample(part, all, LEVEL).expect("a case has loads, and no more are counted than there are")
}

/// The central range of the count of failures among the loads that will be measured.
///
/// # Panics
/// Never: a file names at most 1000 loads, and a share of loads is a probability.
#[expect(clippy::expect_used, reason = "a share of loads is a probability, and a file names at most 1000 loads")]
fn count_range(measured: u64, probability: f64) -> (u64, u64) {
    binomial::central_range(measured, probability, LEVEL).expect("a share of loads is a probability")
}

/// Whether a published figure is inside the prediction of a hypothesis.
fn is_inside(figure: &Figure, [median, low, high]: [f64; 3]) -> bool {
    // A nanosecond: lengths of time are whole nanoseconds before they are seconds.
    let tolerance = figure.tolerance + 1e-9;
    match figure.published {
        Published::Value(value) => low - tolerance <= value && value <= high + tolerance,
        Published::Range(from, to) => from - tolerance <= median && median <= to + tolerance,
    }
}

fn answer(
    figure: &Figure,
    hypothesis: usize,
    plan: &Plan,
    loads: u64,
    seed: u64,
    interrupt: &AtomicBool,
) -> Result<Option<Answer>, Stopped> {
    let view: &View = &figure.view;
    if !view.applies(plan) {
        return Ok(None);
    }
    let seen = simulate(plan, seed, loads, Extent::Whole, interrupt, |load| view.values(plan, load))?;
    let counted = seen.iter().flatten().count() as u64;
    let values: Vec<f64> = seen.into_iter().flatten().flatten().collect();
    let predicted = if view.observable.is_share() && counted > 0 {
        let interval = share(values.iter().filter(|value| **value > 0.0).count() as u64, counted);
        Some([values.iter().sum::<f64>() / counted as f64, interval.low, interval.high])
    } else {
        summary(values)
    };
    let inside = predicted.is_some_and(|predicted| is_inside(figure, predicted));
    Ok(Some(Answer { hypothesis, loads, counted, predicted, inside }))
}

fn forecast(case: &Case, measured: u64, loads: u64, seed: u64, interrupt: &AtomicBool) -> Result<Forecast, Stopped> {
    let see = |load: &Load| {
        let verdict = load.verdict();
        (
            verdict.failed,
            verdict.recovered.is_some(),
            verdict.ready.map_or(f64::INFINITY, sixslot_sim_core::Time::as_seconds_f64),
        )
    };
    let seen = simulate(&case.plan, seed, loads, Extent::UntilDecided, interrupt, see)?;
    let failures = seen.iter().filter(|seen| seen.0).count() as u64;
    let mut ready: Vec<f64> = seen.iter().map(|seen| seen.2).collect();
    ready.sort_by(f64::total_cmp);
    let part = |count: usize| count as f64 / loads as f64;
    // The median of m loads is below the q-quantile of all with the probability that most of m are below it.
    let most = measured / 2;
    let fraction = |wanted: f64| {
        let enough = |part: &u64| {
            let below = binomial::cumulative(measured, *part as f64 / 1e3, most);
            below.is_ok_and(|below| 1.0 - below >= wanted)
        };
        (0..=1_000).find(enough).unwrap_or(1_000) as f64 / 1e3
    };
    let at = |fraction| quantile(&ready, fraction).unwrap_or(f64::INFINITY);
    let failed = share(failures, loads);
    Ok(Forecast {
        hypothesis: case.hypothesis,
        loads,
        probability: failures as f64 / loads as f64,
        count: count_range(measured, failures as f64 / loads as f64),
        failed,
        cleared: part(seen.iter().filter(|seen| seen.1).count()),
        not_ready: part(seen.iter().filter(|seen| seen.2.is_infinite()).count()),
        ready: [at(0.5), at(fraction(0.025)), at(fraction(0.975))],
    })
}

impl Findings {
    /// Simulates every case of a file.
    ///
    /// `done` is called with the number of loads of each case.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn simulate(
        file: &HypothesesFile,
        loads: u64,
        seed: u64,
        interrupt: &AtomicBool,
        mut done: impl FnMut(u64),
    ) -> Result<Self, HypothesesError> {
        let mut answers = Vec::with_capacity(file.figures.len());
        for figure in &file.figures {
            let mut own = Vec::new();
            for case in &figure.cases {
                own.extend(answer(figure, case.hypothesis, &case.plan, loads, seed, interrupt)?);
                done(loads);
            }
            answers.push(own);
        }
        let mut forecasts = Vec::with_capacity(file.predictions.len());
        for prediction in &file.predictions {
            let mut own = Vec::new();
            for case in &prediction.cases {
                own.push(forecast(case, prediction.measured_loads, loads, seed, interrupt)?);
                done(loads);
            }
            forecasts.push(own);
        }
        let mut regions = Vec::with_capacity(file.regions.len());
        for region in &file.regions {
            let mut own = Vec::with_capacity(region.points.len());
            for (_, plans) in &region.points {
                let mut said = Vec::with_capacity(plans.len());
                for (figure, plan) in region.figures.iter().zip(plans) {
                    let figure = &file.figures[*figure];
                    said.extend(answer(figure, region.hypothesis, plan, loads, seed, interrupt)?);
                    done(loads);
                }
                own.push(said);
            }
            regions.push(own);
        }
        let mut overlays = Vec::with_capacity(file.overlays.len());
        for overlay in &file.overlays {
            overlays.push(overlay.compare(loads, seed, interrupt)?);
            done(loads);
        }
        let layers = file.layers.as_ref().map(|layers| layers.attribute(loads, seed, interrupt)).transpose()?;
        let recovery = file.recovery.as_ref().map(|map| {
            let loads = map.loads.min(loads);
            Ok::<_, Stopped>((loads, map.simulate(loads, seed, interrupt)?))
        });
        Ok(Self { answers, forecasts, regions, overlays, layers, recovery: recovery.transpose()? })
    }

    /// The measured cases, each with the prediction of a hypothesis.
    pub fn measured<'a>(
        &'a self,
        file: &'a HypothesesFile,
    ) -> impl Iterator<Item = (&'a Prediction, Measured, &'a Forecast)> {
        let cases = file.predictions.iter().zip(&self.forecasts);
        cases
            .filter_map(|(case, own)| Some((case, case.measured?, own)))
            .flat_map(|(case, measured, own)| own.iter().map(move |forecast| (case, measured, forecast)))
    }

    /// Writes README.md, figures.csv, predictions.csv and manifest.json into a folder; if the file requests them,
    /// captures.csv, layers.csv, recovery.csv and recovery-map.svg too.
    ///
    /// # Errors
    /// A placeholder in a conclusion without a number; a file that cannot be written.
    pub fn write(&self, file: &HypothesesFile, run: &Run, folder: &Folder<'_>) -> Result<(), HypothesesError> {
        let mut texts = vec![
            ("README.md", page::readme(file, self, run)?),
            ("figures.csv", tables::figures(file, self)?),
            ("predictions.csv", tables::predictions(file, self)?),
            ("manifest.json", run.manifest(file)),
        ];
        if !file.overlays.is_empty() {
            texts.push(("captures.csv", tables::captures(file, self)?));
        }
        if let Some(layers) = &self.layers {
            texts.push(("layers.csv", tables::layers(layers)?));
        }
        if let (Some(map), Some((loads, spots))) = (&file.recovery, &self.recovery) {
            texts.push(("recovery.csv", tables::recovery(map, spots)?));
            texts.push(("recovery-map.svg", map.draw(spots, *loads, run.seed)));
        }
        let files: Vec<_> = texts.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
        Ok(folder.write(&files)?)
    }
}

/// Everything except the program that the bytes of the result depend on.
#[derive(Clone, Debug)]
pub struct Run {
    /// The file as the user named it.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Loads of each case.
    pub loads: u64,
    /// The seed.
    pub seed: u64,
    /// The command that makes the result again.
    pub command: String,
}

#[derive(Serialize)]
struct Manifest<'a> {
    program: &'static str,
    version: &'static str,
    hypotheses: &'a str,
    hypotheses_sha256: String,
    scenarios_sha256: std::collections::BTreeMap<&'a str, String>,
    captures_sha256: std::collections::BTreeMap<&'a str, &'a str>,
    seed: u64,
    loads: u64,
    range: f64,
    command: &'a str,
}

impl Run {
    /// The results that the folder is for.
    pub fn results(&self, file: &HypothesesFile) -> Results {
        let scenarios: Vec<_> = file.scenarios.iter().map(|(name, text)| (name, sha256(text))).collect();
        let captures: Vec<_> = file.overlays.iter().map(|own| &own.digest).collect();
        let depends = (env!("CARGO_PKG_VERSION"), sha256(&self.text), scenarios, captures, self.seed, self.loads);
        let mut names = vec!["README.md", "figures.csv", "predictions.csv", "manifest.json"];
        names.extend((!file.overlays.is_empty()).then_some("captures.csv"));
        names.extend(file.layers.is_some().then_some("layers.csv"));
        names.extend(file.recovery.is_some().then_some(["recovery.csv", "recovery-map.svg"]).into_iter().flatten());
        Results {
            purpose: "hypotheses",
            identity: sha256(serde_json::to_string(&depends).unwrap_or_default()),
            names: names.into_iter().map(str::to_owned).collect(),
        }
    }

    fn manifest(&self, file: &HypothesesFile) -> String {
        let manifest = Manifest {
            program: "sixslot",
            version: env!("CARGO_PKG_VERSION"),
            hypotheses: &self.name,
            hypotheses_sha256: sha256(&self.text),
            scenarios_sha256: file.scenarios.iter().map(|(name, text)| (name.as_str(), sha256(text))).collect(),
            captures_sha256: file.overlays.iter().map(|own| (own.name.as_str(), own.digest.as_str())).collect(),
            seed: self.seed,
            loads: self.loads,
            range: RANGE,
            command: &self.command,
        };
        serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_middle_nine_tenths() {
        let values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(summary(values), Some([50.0, 5.0, 95.0]));
        assert_eq!(summary(Vec::new()), None);
    }
}
