//! The manifest of a sweep: everything that its bytes depend on, and nothing else.
//!
//! Rule: two machines that run the same sweep write the same manifest. The host, the time and the number of threads are
//! not in it, because the results do not depend on them.

use super::Recipe;
use super::grid::Grid;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sixslot_statistics::interval::{self, Interval, IntervalError};
use std::cmp::Ordering;

/// The program's name in manifests.
pub const PROGRAM: &str = "sixslot";

/// The manifest of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    program: String,
    /// The program's version.
    pub version: String,
    /// The scenario's title.
    pub title: String,
    /// The scenario's path as the user wrote it.
    pub scenario: String,
    /// The SHA-256 of the scenario's text, in hexadecimal.
    pub scenario_sha256: String,
    /// The changes of the command line.
    pub set: Vec<String>,
    /// The seed.
    pub seed: u64,
    /// Loads of each cell; the most, with `decide`.
    pub loads: u64,
    /// The failure probability that stops a cell when its loads decide on which side it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decide: Option<f64>,
    pub(super) level: f64,
    axes: Vec<AxisRecord>,
    fix_sets: Vec<String>,
    cells: usize,
    /// What was not measured of the rules that its cells use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct AxisRecord {
    parameter: String,
    values: Vec<f64>,
}

impl Manifest {
    /// The manifest of a sweep.
    pub fn new(recipe: &Recipe, title: &str, loads: u64, grid: &Grid) -> Self {
        let axes = grid.axes.iter();
        Self {
            program: PROGRAM.to_owned(),
            version: super::VERSION.to_owned(),
            title: title.to_owned(),
            scenario: recipe.scenario.clone(),
            scenario_sha256: sha256(&recipe.text),
            set: recipe.set.clone(),
            seed: recipe.seed,
            loads,
            decide: recipe.decide,
            level: crate::estimate::LEVEL,
            axes: axes
                .map(|axis| AxisRecord { parameter: axis.parameter.clone(), values: axis.values.clone() })
                .collect(),
            fix_sets: (0..grid.fix_sets.len()).map(|set| grid.name(set)).collect(),
            cells: grid.len(),
            notes: Vec::new(),
        }
    }

    /// A hash of everything that the results depend on. The scenario counts by its text, not by its path.
    pub fn identity(&self) -> String {
        let Self { version, scenario_sha256, set, seed, loads, decide, .. } = self;
        sha256(serde_json::to_string(&(version, scenario_sha256, set, seed, loads, decide)).unwrap_or_default())
    }

    /// The interval of a cell's failure probability: of a fixed number of loads, or where cells stop when they are decided,
    /// a confidence sequence.
    ///
    /// # Errors
    /// No loads, or more failures than loads.
    pub fn interval(&self, failures: u64, loads: u64) -> Result<Interval, IntervalError> {
        match self.decide {
            None => interval::fixed_sample(failures, loads, self.level),
            Some(threshold) => interval::decision_sequence(failures, loads, threshold, self.level),
        }
    }

    /// On which side of the threshold a cell lies, if cells are decided and its loads decide it.
    pub fn side(&self, failures: u64, loads: u64) -> Option<Ordering> {
        let threshold = self.decide?;
        let interval = self.interval(failures, loads).ok()?;
        match (interval.low > threshold, interval.high < threshold) {
            (true, _) => Some(Ordering::Greater),
            (_, true) => Some(Ordering::Less),
            _ => None,
        }
    }

    /// Numbers of cells that are above the threshold and below it, if cells are decided; the others are undecided. A cell is its
    /// failures and its loads.
    pub fn sides(&self, cells: impl Iterator<Item = (u64, u64)>) -> Option<[usize; 2]> {
        self.decide?;
        Some(cells.fold([0, 0], |[above, below], (failures, loads)| match self.side(failures, loads) {
            Some(Ordering::Greater) => [above + 1, below],
            Some(_) => [above, below + 1],
            None => [above, below],
        }))
    }

    /// Whether a cell's loads decide it.
    pub(super) fn is_decided(&self, failures: u64, loads: u64) -> bool {
        self.side(failures, loads).is_some()
    }

    /// As a file.
    pub fn file(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Recipe {
    /// The command that makes the sweep again, into a folder.
    pub fn command(&self, folder: &str) -> String {
        self.settings(format!("sixslot sweep {} --output {folder}", self.scenario))
    }

    /// The command that makes a report of it, with fixes that are in place.
    pub fn report_command(&self, fixes: &[String]) -> String {
        let fixes = if fixes.is_empty() { String::new() } else { format!(" --fix {}", fixes.join(",")) };
        self.settings(format!("sixslot report {} -o report.html{fixes}", self.scenario))
    }

    fn settings(&self, mut command: String) -> String {
        if let Some(loads) = self.loads {
            command.push_str(&format!(" --loads {loads}"));
        }
        if let Some(threshold) = self.decide {
            command.push_str(&format!(" --decide {threshold}"));
        }
        if self.seed != 1 {
            command.push_str(&format!(" --seed {}", self.seed));
        }
        for set in &self.set {
            command.push_str(&format!(" --set '{set}'"));
        }
        command
    }
}
