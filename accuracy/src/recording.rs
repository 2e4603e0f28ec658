//! Measured loads in a file: what tests and tables replay without a browser.
//!
//! Rule: a recording holds all that a prediction needs (the scenarios' texts, fixes, settings) beside what was measured, and
//! the calibrated costs of the browser that measured it. JSON; compressed where the file's name ends in `.gz`. Times are
//! kept to a hundredth of a millisecond, below what a page's clock shows.

use super::agreement::LoadAgreement;
use serde::{Deserialize, Serialize};
use sixslot_experiments::input::{InputError, ScenarioText};
use sixslot_lab::{Engine, Measured, Script, Unplayable};
use sixslot_models::document::UnknownFix;
use sixslot_models::load::LoadError;
use sixslot_models::{Document, Plan};
use std::io::{Read, Write};
use std::path::Path;

/// The version of the format.
const FORMAT: u32 = 1;
/// A recording larger than this is not read.
const LARGEST: u64 = 64 << 20;

/// A scenario that was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its file, or what else it is called.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The fixes that were applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<String>,
    /// The settings that were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<String>,
}

/// A load of a scenario, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Played {
    /// Which scenario, by number.
    pub scenario: usize,
    /// What was measured.
    pub measured: Measured,
}

/// Measured loads of one browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    format: u32,
    /// What was played: a scenario's title, or random plans of a seed.
    pub what: String,
    /// The browser.
    pub engine: Engine,
    /// Processor cores of the machine.
    pub cores: usize,
    /// The browser's own costs on the machine, as settings; empty where they were not calibrated.
    pub calibrated: Vec<String>,
    /// The scenarios.
    pub scenarios: Vec<Source>,
    /// Their loads.
    pub loads: Vec<Played>,
}

/// A recording that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// A file that cannot be read or written.
    #[error("{path}: {error}; name a file that `sixslot lab --save` has written")]
    File {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A file that is no recording.
    #[error("{path} is no recording of `sixslot lab --save`: {error}")]
    Format {
        /// Which file.
        path: String,
        /// Why.
        error: serde_json::Error,
    },
    /// A recording of another version of the program.
    #[error("{path} has format {found}, this program reads format {FORMAT}; measure again with `sixslot lab --save`")]
    Version {
        /// Which file.
        path: String,
        /// Its format.
        found: u32,
    },
    /// A load of a scenario that is not there.
    #[error("a load of the recording is of scenario {number}, and it has {scenarios}; the file is damaged")]
    NoScenario {
        /// Which.
        number: usize,
        /// How many there are.
        scenarios: usize,
    },
    /// Explanations that cannot be used.
    #[error("explained.toml: {0}")]
    Explained(String),
    /// A scenario with a fault.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A scenario that the lab does not play.
    #[error(transparent)]
    Unplayable(#[from] Unplayable),
    /// A fix that is not there.
    #[error(transparent)]
    Fix(#[from] UnknownFix),
    /// A load that cannot be simulated.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl From<sixslot_models::ScenarioError> for RecordingError {
    fn from(error: sixslot_models::ScenarioError) -> Self {
        Self::Input(error.into())
    }
}

impl Source {
    /// The plan by a browser's rules, with further settings (calibrated costs).
    ///
    /// # Errors
    /// A fault of the scenario, or a fix that it does not have.
    pub fn plan(&self, engine: Engine, costs: &[String]) -> Result<Plan, RecordingError> {
        let mut sets = vec![format!("browser.profile=\"{engine}\"")];
        sets.extend(costs.iter().chain(&self.sets).cloned());
        let document: Document = ScenarioText { name: self.name.clone(), text: self.text.clone() }.document(&sets)?;
        let fixes = self.fixes.iter().map(|name| document.fix(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(document.plan(&fixes, &[])?)
    }
}

/// A time to a hundredth of a millisecond.
fn short(ms: f64) -> f64 {
    (ms * 100.0).round() / 100.0
}

impl Recording {
    /// An empty recording.
    pub fn new(what: String, engine: Engine, calibrated: Vec<String>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { format: FORMAT, what, engine, cores, calibrated, scenarios: Vec::new(), loads: Vec::new() }
    }

    /// Adds another recording of the same, where it is one; measured in parts, it is one measurement.
    ///
    /// # Errors
    /// The other recording, where it is of something else.
    pub fn join(&mut self, other: Self) -> Result<(), Self> {
        let same = (&self.what, self.engine, &self.calibrated) == (&other.what, other.engine, &other.calibrated);
        if !same {
            return Err(other);
        }
        for Played { scenario, measured } in other.loads {
            if let Some(source) = other.scenarios.get(scenario) {
                self.add(source.clone(), measured);
            }
        }
        Ok(())
    }

    /// Recordings in which parts of one measurement are one.
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
        self.loads.push(Played { scenario: self.scenarios.len() - 1, measured });
    }

    /// The measured loads beside their predictions, with the profile's costs or with the calibrated ones.
    ///
    /// # Errors
    /// A scenario that this program cannot play any more.
    pub fn compare(&self, calibrated: bool) -> Result<Vec<LoadAgreement>, RecordingError> {
        let costs = if calibrated { &self.calibrated[..] } else { &[] };
        let compare = |played: &Played| {
            let missing = || RecordingError::NoScenario { number: played.scenario, scenarios: self.scenarios.len() };
            let source = self.scenarios.get(played.scenario).ok_or_else(missing)?;
            let Measured { seed, load, scale, .. } = played.measured;
            let script = Script::new(&source.plan(self.engine, costs)?, seed, load, scale)?;
            Ok(LoadAgreement::new(&source.name, &script.prediction(), &played.measured)?)
        };
        self.loads.iter().map(compare).collect()
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// A file that cannot be read, or that is no recording.
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

    /// Writes the recording; what stood there is replaced as a whole.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), RecordingError> {
        let error = |error| RecordingError::File { path: path.display().to_string(), error };
        let mut text = serde_json::to_vec(self).map_err(|fault| error(fault.into()))?;
        text.push(b'\n');
        if is_compressed(path) {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            packed.write_all(&text).map_err(error)?;
            text = packed.finish().map_err(error)?;
        }
        sixslot_experiments::atomic::write(path, &text).map_err(error)
    }
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}
