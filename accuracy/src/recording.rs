//! A file of measured loads, from which tests and tables are computed without a browser.
//!
//! Rule: a recording holds the measurements, everything that their predictions need (texts of the scenarios, fixes,
//! settings), and the calibrated costs of the browser. The format is JSON, compressed if the file's name ends in `.gz`.
//! Times are rounded to 0.01 ms, which is below the resolution of a page's clock.

use super::agreement::LoadAgreement;
use serde::{Deserialize, Serialize};
use sixslot_experiments::files::{FileError, Files, Purpose};
use sixslot_experiments::input::{InputError, ScenarioText};
use sixslot_lab::{Engine, Measured, Script, Unsupported};
use sixslot_models::document::UnknownFix;
use sixslot_models::load::LoadError;
use sixslot_models::{Document, Plan};
use std::io::{Read, Write};
use std::path::Path;

/// The version of the format.
const FORMAT: u32 = 1;
/// The largest recording that is read, in bytes after decompression.
const LARGEST: u64 = 64 << 20;

/// A scenario that was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its file name, or another name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The fixes that were applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<String>,
    /// The settings (`--set`) that were applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<String>,
}

/// A measured load of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredLoad {
    /// Index of its scenario in the recording.
    pub scenario: usize,
    /// The measurement.
    pub measured: Measured,
}

/// Measured loads in one browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    format: u32,
    /// What was run: a scenario's file, or the random plans of a seed.
    pub what: String,
    /// The browser.
    pub engine: Engine,
    /// Number of processor cores of the machine.
    pub cores: usize,
    /// The browser's calibrated costs on the machine, as settings; empty if it was not calibrated.
    pub calibrated: Vec<String>,
    /// The scenarios.
    pub scenarios: Vec<Source>,
    /// Their loads.
    pub loads: Vec<MeasuredLoad>,
}

/// Why a recording cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The file cannot be read or written.
    #[error("{path}: {error}; name a file that `sixslot lab --save` wrote")]
    File {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not a recording.
    #[error("{path} is not a recording: {error}; name a file that `sixslot lab --save` wrote")]
    Format {
        /// The file.
        path: String,
        /// Why.
        error: serde_json::Error,
    },
    /// The recording has another format version.
    #[error(
        "{path} has format {found}, but this program reads format {FORMAT}; measure again with `sixslot lab --save`"
    )]
    Version {
        /// The file.
        path: String,
        /// Its format version.
        found: u32,
    },
    /// A load refers to a scenario that the recording does not have.
    #[error(
        "a load has scenario number {number}, but the recording has {scenarios} scenarios; the file is damaged: restore or measure it again"
    )]
    NoScenario {
        /// The scenario's index.
        number: usize,
        /// Number of scenarios.
        scenarios: usize,
    },
    /// The file of explanations cannot be used.
    #[error("explained.toml: {0}")]
    Explained(String),
    /// The figures are worse than those that they would replace.
    #[error("{0}")]
    Worse(#[from] super::worse::Worse),
    /// A file or a folder that is not written.
    #[error(transparent)]
    Output(#[from] FileError),
    /// A scenario has an error.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The lab cannot run a scenario.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// A scenario does not have a fix.
    #[error(transparent)]
    Fix(#[from] UnknownFix),
    /// A load exceeds a limit of the simulator.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl From<sixslot_models::ScenarioError> for RecordingError {
    fn from(error: sixslot_models::ScenarioError) -> Self {
        Self::Input(error.into())
    }
}

impl Source {
    /// The plan with a browser's rules and further settings, such as calibrated costs.
    ///
    /// # Errors
    /// The scenario has an error, or does not have a fix.
    pub fn plan(&self, engine: Engine, costs: &[String]) -> Result<Plan, RecordingError> {
        let mut sets = vec![format!("browser.profile=\"{engine}\"")];
        sets.extend(costs.iter().chain(&self.sets).cloned());
        let document: Document = ScenarioText { name: self.name.clone(), text: self.text.clone() }.document(&sets)?;
        let fixes = self.fixes.iter().map(|name| document.fix(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(document.plan(&fixes, &[])?)
    }
}

/// Rounds milliseconds to hundredths.
fn short(ms: f64) -> f64 {
    (ms * 100.0).round() / 100.0
}

impl Recording {
    /// An empty recording.
    pub fn new(what: String, engine: Engine, calibrated: Vec<String>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { format: FORMAT, what, engine, cores, calibrated, scenarios: Vec::new(), loads: Vec::new() }
    }

    /// Adds the loads of another part of the same measurement.
    ///
    /// # Errors
    /// Returns the other recording if it is of something else, of another browser or of other costs.
    pub fn join(&mut self, other: Self) -> Result<(), Self> {
        let same = (&self.what, self.engine, &self.calibrated) == (&other.what, other.engine, &other.calibrated);
        if !same {
            return Err(other);
        }
        for MeasuredLoad { scenario, measured } in other.loads {
            if let Some(source) = other.scenarios.get(scenario) {
                self.add(source.clone(), measured);
            }
        }
        Ok(())
    }

    /// Joins the parts of each measurement.
    pub fn joined(parts: Vec<Self>) -> Vec<Self> {
        let mut whole: Vec<Self> = Vec::new();
        for part in parts {
            let left = whole.iter_mut().try_fold(part, |part, known| match known.join(part) {
                Ok(()) => Err(()),
                Err(part) => Ok(part),
            });
            whole.extend(left);
        }
        whole
    }

    /// Adds a measured load.
    pub fn add(&mut self, source: Source, mut measured: Measured) {
        if self.scenarios.last() != Some(&source) {
            self.scenarios.push(source);
        }
        for request in &mut measured.requests {
            request.issued_ms = short(request.issued_ms);
            for time in [&mut request.arrived_ms, &mut request.headers_ms, &mut request.ended_ms] {
                *time = time.map(short);
            }
        }
        let verdict = &mut measured.verdict;
        for time in [&mut verdict.ready_ms, &mut verdict.error_ms, &mut verdict.recovered_ms] {
            *time = time.map(short);
        }
        self.loads.push(MeasuredLoad { scenario: self.scenarios.len() - 1, measured });
    }

    /// Compares the measured loads with their predictions, by the calibrated costs or by the profile's. Of a load that
    /// was measured more than once, the first measurement counts.
    ///
    /// # Errors
    /// This program no longer accepts a scenario of the recording.
    pub fn compare(&self, calibrated: bool) -> Result<Vec<LoadAgreement>, RecordingError> {
        let costs = if calibrated { &self.calibrated[..] } else { &[] };
        let compare = |load: &MeasuredLoad| {
            let plan = self.prediction(load, costs)?;
            Ok(LoadAgreement::new(&self.source(load.scenario)?.name, &plan, &load.measured)?)
        };
        let firsts = self.loads.iter().enumerate().filter(|(at, load)| self.first(*at, load) == *at);
        firsts.map(|(_, load)| compare(load)).collect()
    }

    /// Compares the loads that were measured more than once with their first measurement: the browser against itself.
    ///
    /// # Errors
    /// This program no longer accepts a scenario of the recording.
    pub fn compare_repeats(&self) -> Result<Vec<LoadAgreement>, RecordingError> {
        let repeats = self.loads.iter().enumerate().map(|(at, load)| (at, self.first(at, load), load));
        let compare = |(_, first, load): (usize, usize, &MeasuredLoad)| {
            let plan = self.prediction(load, &self.calibrated)?;
            let name = &self.source(load.scenario)?.name;
            Ok(LoadAgreement::of_two(name, &plan, &self.loads[first].measured, &load.measured)?)
        };
        repeats.filter(|(at, first, _)| first < at).map(compare).collect()
    }

    /// The first measurement of the same load by the same version of the browser.
    fn first(&self, at: usize, load: &MeasuredLoad) -> usize {
        let same = |other: &MeasuredLoad| {
            let key = |measured: &Measured| (measured.seed, measured.load, measured.scale.to_bits());
            key(&other.measured) == key(&load.measured)
                && other.measured.version == load.measured.version
                && self.scenarios.get(other.scenario) == self.scenarios.get(load.scenario)
        };
        self.loads[..at].iter().position(same).unwrap_or(at)
    }

    fn source(&self, number: usize) -> Result<&Source, RecordingError> {
        let missing = || RecordingError::NoScenario { number, scenarios: self.scenarios.len() };
        self.scenarios.get(number).ok_or_else(missing)
    }

    /// The plan that predicts a load, with some costs or the profile's.
    pub(crate) fn prediction(&self, load: &MeasuredLoad, costs: &[String]) -> Result<Plan, RecordingError> {
        let Measured { seed, load: number, scale, .. } = load.measured;
        Ok(Script::new(&self.source(load.scenario)?.plan(self.engine, costs)?, seed, number, scale)?.prediction())
    }

    /// Whether its scenarios have a network: all of them, or none.
    ///
    /// # Errors
    /// This program no longer accepts a scenario of the recording.
    pub fn has_network(&self) -> Result<bool, RecordingError> {
        let (Some(source), Some(load)) = (self.scenarios.first(), self.loads.first()) else { return Ok(false) };
        let Measured { seed, load, scale, .. } = load.measured;
        Ok(Script::new(&source.plan(self.engine, &[])?, seed, load, scale)?.needs_link())
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// The file cannot be read or is not a recording.
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let name = path.display().to_string();
        let file = |error| RecordingError::File { path: name.clone(), error };
        let opened = std::fs::File::open(path).map_err(file)?;
        let mut text = Vec::new();
        if is_compressed(path) {
            flate2::read::GzDecoder::new(opened).take(LARGEST).read_to_end(&mut text).map_err(file)?;
        } else {
            opened.take(LARGEST).read_to_end(&mut text).map_err(file)?;
        }
        let recording: Self =
            serde_json::from_slice(&text).map_err(|error| RecordingError::Format { path: name.clone(), error })?;
        if recording.format != FORMAT {
            return Err(RecordingError::Version { path: name, found: recording.format });
        }
        Ok(recording)
    }

    /// Writes the recording.
    ///
    /// # Errors
    /// A file that is not replaced, or that cannot be written.
    pub fn write(&self, files: &Files<'_>, path: &Path) -> Result<(), RecordingError> {
        let error = |error| RecordingError::File { path: path.display().to_string(), error };
        let mut text = serde_json::to_vec(self).map_err(|fault| error(fault.into()))?;
        text.push(b'\n');
        let purpose = purpose(path);
        if purpose == Purpose::CompressedRecording {
            let header = flate2::GzBuilder::new().comment(purpose.blank());
            let mut packed = header.write(Vec::new(), flate2::Compression::best());
            packed.write_all(&text).map_err(error)?;
            text = packed.finish().map_err(error)?;
        }
        Ok(files.write(path, purpose, text)?)
    }
}

/// The purpose of a recording's file, by its name.
pub fn purpose(path: &Path) -> Purpose {
    if is_compressed(path) { Purpose::CompressedRecording } else { Purpose::Recording }
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}
