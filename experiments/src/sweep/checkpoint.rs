//! The finished cells of a sweep on disk, so that nothing is lost when it is interrupted or killed.
//!
//! Rule: the first line says which sweep it is, each further line is one finished cell. Lines are appended whole and
//! flushed; a line that was cut off by a kill is dropped when the file is read, and its cell is played again. Other files
//! are written beside their place and then moved there, so that a reader sees the old one or the new one.

use super::{Recipe, SweepError};
use serde::{Deserialize, Serialize};
use sixslot_analysis::replications::Tally;
use sixslot_models::load::Station;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How many points the distribution of times to ready is kept with.
const STEPS: usize = 200;

/// The file's name in the sweep's folder.
pub const UNFINISHED: &str = "unfinished.jsonl";

/// What is kept of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellResult {
    /// The cell's number.
    pub cell: usize,
    /// Loads.
    pub loads: u64,
    /// Loads that failed.
    pub failures: u64,
    /// Loads in which the error was shown.
    pub error_shown: u64,
    /// Loads in which a success cleared it.
    pub recovered: u64,
    /// Loads that were not ready by the horizon.
    pub not_ready: u64,
    /// The first load that failed.
    pub first_failure: Option<u64>,
    /// 50, 90, 95 and 99 % quantiles of the time to ready in nanoseconds; none where no load got ready.
    pub ready_quantiles: Option<[u64; 4]>,
    /// The distribution of the time to ready: that of each so-manieth load, ascending, in nanoseconds.
    pub ready_steps: Vec<u64>,
    /// Microseconds that the failed request spent at each station, over all failed loads.
    pub failed_spent: [u64; Station::COUNT],
}

impl CellResult {
    /// What is kept of a tally.
    pub fn new(cell: usize, tally: Tally) -> Self {
        let mut ready = tally.ready;
        ready.sort_unstable();
        let quantile = |fraction| sixslot_statistics::quantile::quantile(&ready, fraction).ok();
        let quantiles = [0.5, 0.9, 0.95, 0.99].map(quantile);
        let ready_quantiles = match quantiles {
            [Some(p50), Some(p90), Some(p95), Some(p99)] => Some([p50, p90, p95, p99]),
            _ => None,
        };
        let steps = STEPS.min(ready.len());
        Self {
            cell,
            loads: tally.loads,
            failures: tally.failures,
            error_shown: tally.error_shown,
            recovered: tally.recovered,
            not_ready: tally.not_ready,
            first_failure: tally.first_failure,
            ready_quantiles,
            ready_steps: (1..=steps).map(|step| ready[step * ready.len() / steps - 1]).collect(),
            failed_spent: tally.failed_spent.map(|sum| u64::try_from(sum / 1_000).unwrap_or(u64::MAX)),
        }
    }

    /// The share of loads that failed.
    pub fn probability(&self) -> f64 {
        self.failures as f64 / self.loads as f64
    }
}

/// The file of finished cells.
#[derive(Debug)]
pub struct Checkpoint {
    file: File,
    path: PathBuf,
}

impl Checkpoint {
    /// Starts a file, with cells that are finished already.
    pub fn create(folder: &Path, recipe: &Recipe, done: &BTreeMap<usize, CellResult>) -> Result<Self, SweepError> {
        let path = folder.join(UNFINISHED);
        let mut text = line(recipe);
        for result in done.values() {
            text.push_str(&line(result));
        }
        write_atomically(&path, text.as_bytes())?;
        let file = OpenOptions::new().append(true).open(&path).map_err(|error| SweepError::file(&path, error))?;
        Ok(Self { file, path })
    }

    /// Adds a finished cell.
    pub fn add(&mut self, result: &CellResult) -> Result<(), SweepError> {
        let written = self.file.write_all(line(result).as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|error| SweepError::file(&self.path, error))
    }
}

fn line(value: &impl Serialize) -> String {
    // Structs of numbers and strings cannot fail to become JSON.
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

/// Which sweep a folder's finished cells belong to.
pub fn recipe(folder: &Path) -> Result<Recipe, SweepError> {
    let path = folder.join(UNFINISHED);
    let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => SweepError::NoPart { path: folder.to_owned() },
        _ => SweepError::file(&path, error),
    })?;
    let head = text.lines().next().unwrap_or_default();
    serde_json::from_str(head).map_err(|error| SweepError::file(&path, std::io::Error::from(error)))
}

/// Reads the finished cells of a folder; nothing where there is no file.
pub fn read(folder: &Path, recipe: &Recipe) -> Result<Option<BTreeMap<usize, CellResult>>, SweepError> {
    let path = folder.join(UNFINISHED);
    let text = match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SweepError::file(&path, error)),
    };
    let Some(cells) = text.strip_prefix(&line(recipe)) else {
        return Err(SweepError::AnotherSweep { path });
    };
    // The last line may have been cut off; whole lines end with a line feed.
    let whole = cells.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let mut done = BTreeMap::new();
    for line in whole {
        let result: CellResult =
            serde_json::from_str(line).map_err(|error| SweepError::file(&path, std::io::Error::from(error)))?;
        done.insert(result.cell, result);
    }
    Ok(Some(done))
}

/// Writes a file beside its place and moves it there.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), SweepError> {
    crate::atomic::write(path, bytes).map_err(|error| SweepError::file(path, error))
}
