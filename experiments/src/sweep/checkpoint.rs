//! The finished cells of a sweep on disk, so that nothing is lost when it is interrupted or killed.
//!
//! Rule: the first line identifies the sweep, each further line is one finished cell. Lines are appended whole and flushed;
//! a line that was cut off by a kill is dropped when the file is read, and its cell is simulated again. Other files are
//! written to a temporary file and then moved, so that a reader sees the old one or the new one.

use super::SweepError;
use serde::Serialize;
use sixslot_analysis::sweep::{CellResult, Recipe};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file's name in the sweep's folder.
pub const UNFINISHED: &str = "unfinished.jsonl";

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

/// Reads the finished cells of a folder; none if there is no file.
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

/// Writes a temporary file and moves it to its place.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), SweepError> {
    crate::atomic::write(path, bytes).map_err(|error| SweepError::file(path, error))
}
