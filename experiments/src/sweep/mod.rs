//! The sweep: a scenario over a grid of parameters and sets of fixes.
//!
//! Rule: the same scenario, settings and seed give the same bytes in every file, for any number of threads, after any
//! interruption, and in any split into shards. A finished cell is on disk before the next one starts.

pub mod checkpoint;
pub mod drawing;
pub mod reading;
mod readme;
mod table;

use crate::csv_table::CsvError;
use checkpoint::{Checkpoint, UNFINISHED, write_atomically};
use sixslot_analysis::replications::Stopped;
use sixslot_analysis::sweep::{CellResult, PROGRAM, Sweep, SweepFailure, VERSION};
use sixslot_models::ScenarioError;
use sixslot_statistics::interval::IntervalError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Why a sweep has no result, or only part of it.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// A file that cannot be read or written.
    #[error("{path}: {error}; name a folder that can be read and written to", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// A folder with other files.
    #[error("{path} is not empty and contains no sweep; name an empty or a new folder", path = path.display())]
    ForeignFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A folder with finished cells, without --resume.
    #[error("{path} holds finished cells of an interrupted sweep; add --resume to go on, or delete the file to start again", path = path.display())]
    Unfinished {
        /// The checkpoint.
        path: PathBuf,
    },
    /// A checkpoint of other settings.
    #[error("{path} belongs to a sweep with another scenario or other settings; name another folder, or delete the file", path = path.display())]
    AnotherSweep {
        /// The checkpoint.
        path: PathBuf,
    },
    /// A folder to merge that contains no part.
    #[error("{path} holds no part of a sweep; name folders of `sixslot sweep --shard` that are not merged yet", path = path.display())]
    NoPart {
        /// The folder.
        path: PathBuf,
    },
    /// Cells that no shard has.
    #[error("{missing} of {all} cells are in none of the folders; run the missing shards first")]
    Missing {
        /// Number of missing cells.
        missing: usize,
        /// Number of all cells.
        all: usize,
    },
    /// Ctrl-C.
    #[error("interrupted; {done} of {all} cells are finished and kept, and --resume goes on from there")]
    Interrupted {
        /// Finished cells.
        done: usize,
        /// All cells.
        all: usize,
    },
    /// Ctrl-C, without finished cells.
    #[error("interrupted; nothing was written")]
    Stopped,
    /// A load beyond its limits.
    #[error(transparent)]
    Load(#[from] sixslot_models::load::LoadError),
    /// An invalid combination of fixes and parameters.
    #[error("{0}")]
    Scenario(#[from] Box<ScenarioError>),
    /// A table that cannot be written.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// A cell without loads, or with more failures than loads.
    #[error(transparent)]
    Interval(#[from] IntervalError),
}

impl From<SweepFailure> for SweepError {
    fn from(failure: SweepFailure) -> Self {
        match failure {
            SweepFailure::Stopped(Stopped::Load(error)) => Self::Load(error),
            SweepFailure::Scenario(error) => Self::Scenario(error),
            _ => Self::Stopped,
        }
    }
}

impl SweepError {
    fn file(path: &Path, error: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), error }
    }
}

/// A part of a sweep: the cells with number modulo `of` equal to `index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: usize,
    /// Number of parts.
    pub of: usize,
}

/// The sweep of the finished cells in a folder.
///
/// # Errors
/// A folder without finished cells, or with those of another version of the program.
pub fn open(folder: &Path) -> Result<Sweep, SweepError> {
    let recipe = checkpoint::recipe(folder)?;
    if recipe.version != VERSION {
        return Err(SweepError::AnotherSweep { path: folder.join(UNFINISHED) });
    }
    Ok(Sweep::new(recipe)?)
}

/// Simulates the unfinished cells, stores each one when it is finished, and writes the results; a shard's cells are
/// kept for [`merge`].
///
/// # Errors
/// Files, an interrupt, a load beyond its limits.
pub fn run(
    sweep: &Sweep,
    folder: &Path,
    resume: bool,
    shard: Option<Shard>,
    interrupt: &AtomicBool,
    mut done: impl FnMut(u64),
) -> Result<(), SweepError> {
    let mut results = prepare(sweep, folder, resume)?;
    let mut checkpoint = Checkpoint::create(folder, sweep.recipe(), &results)?;
    let Shard { index, of } = shard.unwrap_or(Shard { index: 0, of: 1 });
    let cells: Vec<usize> = (0..sweep.cells()).filter(|cell| cell % of == index).collect();
    for cell in &cells {
        if !results.contains_key(cell) {
            let result = sweep.cell(*cell, interrupt).map_err(|failure| match failure {
                SweepFailure::Stopped(Stopped::Interrupted) => {
                    SweepError::Interrupted { done: results.len(), all: cells.len() }
                }
                failure => failure.into(),
            })?;
            checkpoint.add(&result)?;
            results.insert(*cell, result);
        }
        done(sweep.loads());
    }
    // Shard 1/1 is a part too, for `merge`.
    if shard.is_none() { write(sweep, folder, results) } else { Ok(()) }
}

/// Creates the folder, and reads the cells that are finished already.
fn prepare(sweep: &Sweep, folder: &Path, resume: bool) -> Result<BTreeMap<usize, CellResult>, SweepError> {
    std::fs::create_dir_all(folder).map_err(|error| SweepError::file(folder, error))?;
    let unfinished = folder.join(UNFINISHED);
    if unfinished.exists() && !resume {
        return Err(SweepError::Unfinished { path: unfinished });
    }
    let entries = std::fs::read_dir(folder).map_err(|error| SweepError::file(folder, error))?;
    let files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let starts_with =
        |path: &PathBuf, start: &str| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start));
    let foreign = files.iter().any(|path| !starts_with(path, "."));
    if foreign && !unfinished.exists() && !is_ours(folder) {
        return Err(SweepError::ForeignFolder { path: folder.to_owned() });
    }
    // Temporary files of an earlier run that was killed.
    for path in files.iter().filter(|path| starts_with(path, crate::atomic::WRITING)) {
        std::fs::remove_file(path).map_err(|error| SweepError::file(path, error))?;
    }
    Ok(checkpoint::read(folder, sweep.recipe())?.unwrap_or_default())
}

/// Joins the cells of several shards and writes the results.
///
/// # Errors
/// Files, folders of another sweep, cells that no folder has.
pub fn merge(sweep: &Sweep, folders: &[PathBuf], out: &Path) -> Result<(), SweepError> {
    let mut results = BTreeMap::new();
    for folder in folders {
        results.extend(checkpoint::read(folder, sweep.recipe())?.unwrap_or_default());
    }
    let missing = sweep.cells() - results.len();
    if missing > 0 {
        return Err(SweepError::Missing { missing, all: sweep.cells() });
    }
    prepare(sweep, out, true)?;
    write(sweep, out, results)
}

/// Writes every file, and removes the checkpoint last.
fn write(sweep: &Sweep, folder: &Path, results: BTreeMap<usize, CellResult>) -> Result<(), SweepError> {
    let results: Vec<CellResult> = results.into_values().collect();
    let pictures = drawing::pictures(sweep.grid(), sweep.manifest(), &results);
    for picture in &pictures {
        write_atomically(&folder.join(&picture.file), picture.svg.as_bytes())?;
    }
    write_atomically(&folder.join("sweep.csv"), table::csv(sweep.grid(), sweep.manifest(), &results)?.as_bytes())?;
    let name = folder.file_name().map_or_else(|| "DIR".into(), |name| name.to_string_lossy());
    let readme = readme::readme(&readme::Page {
        grid: sweep.grid(),
        manifest: sweep.manifest(),
        results: &results,
        pictures: &pictures,
        own: sweep.own_point()?,
        command: sweep.recipe().command(&name),
    });
    write_atomically(&folder.join("README.md"), readme.as_bytes())?;
    write_atomically(&folder.join("manifest.json"), sweep.manifest().file().as_bytes())?;
    let unfinished = folder.join(UNFINISHED);
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(SweepError::file(&unfinished, error)),
        _ => Ok(()),
    }
}
/// Whether a folder contains the results of a sweep: other programs write files named manifest.json too.
pub fn is_ours(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    value["program"] == PROGRAM
}
