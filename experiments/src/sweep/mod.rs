//! The sweep: a scenario over a grid of parameters and sets of fixes.
//!
//! Rule: the same scenario, settings and seed give the same bytes in every file, for any number of threads, after any
//! interruption, and in any split into shards. Cells of many loads are simulated one by one and small ones together; what is
//! finished is on disk before the next start.

pub mod checkpoint;
pub mod drawing;
pub mod reading;
mod readme;
mod table;

use crate::csv_table::CsvError;
use crate::files::folder::Results;
use crate::files::{FileError, Files, Folder};
use checkpoint::{Checkpoint, Content, Done, Record, UNFINISHED};
use rayon::prelude::*;
use sixslot_analysis::replications::Stopped;
use sixslot_analysis::sweep::{CellResult, JoinError, PROGRAM, Row, Sweep, SweepFailure, VERSION};
use sixslot_models::ScenarioError;
use sixslot_statistics::interval::IntervalError;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Loads of the cells that are simulated together: less than a second of work, which is what a power failure can cost.
const TOGETHER: u64 = 20_000;

/// Why a sweep has no result, or only part of it.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// A folder or a file that is not written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A checkpoint that cannot be read.
    #[error("{path} cannot be read: {error}; check the permissions of the folder", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// A checkpoint of other settings.
    #[error("{path} belongs to a sweep with another scenario, other settings or another version of the program; name another folder, or give --force to start again", path = path.display())]
    AnotherSweep {
        /// The checkpoint.
        path: PathBuf,
    },
    /// A checkpoint without a usable line.
    #[error("{path}:1: the recipe does not match its checksum; the file was changed or damaged: give --force to start again", path = path.display())]
    Header {
        /// The checkpoint.
        path: PathBuf,
    },
    /// A folder to merge that contains no part.
    #[error("{path} holds no part of a sweep; name folders of `sixslot sweep --shard` that are not merged yet", path = path.display())]
    NoPart {
        /// The folder.
        path: PathBuf,
    },
    /// Two results for the same loads.
    #[error("{path} has another result for cell {cell} than a folder before; one of them was changed or made by another program: run its shard again", path = path.display())]
    Contradiction {
        /// The folder.
        path: PathBuf,
        /// The cell's number.
        cell: usize,
    },
    /// Loads of a cell that no part has, or two.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// A range of loads that the cells do not have.
    #[error("--range {from}..{to} is not in the loads of a cell, 0..{loads}; give a range inside it", from = range.start, to = range.end)]
    Range {
        /// The range.
        range: Range<u64>,
        /// Loads of a cell.
        loads: u64,
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
    #[error("interrupted; {done} of {all} cells are finished and kept: the same command goes on from there (--resume)")]
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

/// A part of a sweep's cells: those with number modulo `of` equal to `index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: usize,
    /// Number of parts.
    pub of: usize,
}

/// The part of a sweep that one process simulates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Some of the cells; none: all.
    pub shard: Option<Shard>,
    /// Some of the loads of each cell; none: all.
    pub range: Option<Range<u64>>,
}

impl Work {
    /// The cells of the part.
    pub fn cells(&self, sweep: &Sweep) -> impl ExactSizeIterator<Item = usize> + use<> {
        let Shard { index, of } = self.shard.unwrap_or(Shard { index: 0, of: 1 });
        (index..sweep.cells().max(index)).step_by(of)
    }

    /// Loads of each cell.
    ///
    /// # Errors
    /// A range that is empty or not in the loads of a cell.
    pub fn loads(&self, sweep: &Sweep) -> Result<Range<u64>, SweepError> {
        let loads = sweep.loads();
        match &self.range {
            None => Ok(0..loads),
            Some(range) if range.start < range.end && range.end <= loads => Ok(range.clone()),
            Some(range) => Err(SweepError::Range { range: range.clone(), loads }),
        }
    }

    /// Whether it is everything. Shard 1/1 is a part too, for [`merge`].
    fn is_whole(&self) -> bool {
        *self == Self::default()
    }
}

/// What a run hears and says.
pub struct Watch<'a> {
    /// Set to stop the run.
    pub interrupt: &'a AtomicBool,
    /// Called with the loads of each finished cell.
    pub done: &'a (dyn Fn(u64) + Sync),
    /// Called with a sentence about a checkpoint that is not as it was written.
    pub note: &'a (dyn Fn(&str) + Sync),
}

/// The sweep of the finished cells in the first of some folders whose checkpoint says which sweep it is.
///
/// # Errors
/// Folders without finished cells, or with those of another version of the program.
pub fn open(folders: &[PathBuf]) -> Result<Sweep, SweepError> {
    let mut fault = None;
    for folder in folders {
        match checkpoint::recipe(folder) {
            Ok(recipe) if recipe.version != VERSION => {
                return Err(SweepError::AnotherSweep { path: folder.join(UNFINISHED) });
            }
            Ok(recipe) => return Ok(Sweep::new(recipe)?),
            Err(SweepError::Header { path }) => fault = fault.or(Some(SweepError::Header { path })),
            Err(error) => return Err(error),
        }
    }
    Err(fault.unwrap_or_else(|| SweepError::NoPart { path: folders.first().cloned().unwrap_or_default() }))
}

/// The results that a folder is for.
fn results(sweep: &Sweep) -> Results {
    let tables = ["sweep.csv", "README.md", "manifest.json"].map(str::to_owned);
    let names = drawing::names(sweep.grid()).into_iter().chain(tables).collect();
    Results { purpose: "sweep", identity: sweep.manifest().identity(), names }
}

/// Locks a folder, and reads the work that is finished already.
fn prepare<'a>(
    sweep: &Sweep,
    files: &'a Files<'a>,
    path: &Path,
    note: &dyn Fn(&str),
) -> Result<(Folder<'a>, Done), SweepError> {
    let mut done = Done::default();
    let folder = Folder::open(files, path, results(sweep), || match checkpoint::read(path, sweep) {
        Ok(None) => Ok(false),
        Ok(Some(Content { done: found, damage })) => {
            if let Some(sentence) = damage {
                note(&sentence);
            }
            done = found;
            Ok(true)
        }
        Err(SweepError::AnotherSweep { .. } | SweepError::Header { .. }) if files.force() => Ok(false),
        Err(error) => Err(error),
    })?;
    Ok((folder, done))
}

/// Simulates the unfinished cells, stores each one when it is finished, and writes the results; the work of a part is kept
/// for [`merge`]. Returns the rows of the table, by the numbers of the cells; none for a part.
///
/// # Errors
/// Files, an interrupt, a load beyond its limits.
pub fn run(
    sweep: &Sweep,
    files: &Files<'_>,
    path: &Path,
    work: &Work,
    watch: &Watch<'_>,
) -> Result<Option<Vec<Row>>, SweepError> {
    let loads = work.loads(sweep)?;
    let (folder, mut done) = prepare(sweep, files, path, watch.note)?;
    let mut checkpoint = Checkpoint::create(&folder, sweep, &done)?;
    let cells: Vec<usize> = work.cells(sweep).collect();
    let (all, mut finished) = (cells.len(), 0);
    let of_each = loads.end - loads.start;
    for cells in cells.chunks((TOGETHER / of_each.max(1)).max(1) as usize) {
        let missing: Vec<usize> =
            cells.iter().copied().filter(|cell| !done.has(*cell, loads.start, loads.end)).collect();
        let known = cells.len() - missing.len();
        (watch.done)(of_each * known as u64);
        let (records, failed) = simulate(sweep, &missing, &loads, watch);
        checkpoint.add(files, &records)?;
        finished += known + records.len();
        records.into_iter().for_each(|record| done.add(record, sweep.loads()));
        match failed {
            None => {}
            Some(SweepFailure::Stopped(Stopped::Interrupted)) => {
                return Err(SweepError::Interrupted { done: finished, all });
            }
            Some(failure) => return Err(failure.into()),
        }
    }
    work.is_whole().then(|| write(sweep, &folder, done)).transpose()
}

/// Simulates some loads of cells: the records of those that are finished, in their order, and the first failure.
fn simulate(
    sweep: &Sweep,
    cells: &[usize],
    loads: &Range<u64>,
    watch: &Watch<'_>,
) -> (Vec<Record>, Option<SweepFailure>) {
    let record = |cell: &usize| {
        let record = if *loads == (0..sweep.loads()) {
            sweep.cell(*cell, watch.interrupt).map(Record::Cell)
        } else {
            sweep.part(*cell, loads.clone(), watch.interrupt).map(Record::Part)
        };
        (watch.done)(loads.end - loads.start);
        record
    };
    let simulated: Vec<_> = cells.par_iter().map(record).collect();
    let (mut records, mut failed) = (Vec::new(), None);
    for result in simulated {
        match result {
            Ok(record) => records.push(record),
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    (records, failed)
}

/// Joins the finished work of several folders and writes the results.
///
/// # Errors
/// Files, folders of another sweep, cells that no folder has.
pub fn merge(
    sweep: &Sweep,
    files: &Files<'_>,
    folders: &[PathBuf],
    out: &Path,
    note: &dyn Fn(&str),
) -> Result<(), SweepError> {
    let mut done = Done::default();
    for folder in folders {
        if let Some(Content { done: found, damage }) = checkpoint::read(folder, sweep)? {
            if let Some(sentence) = damage {
                note(&sentence);
            }
            done.merge(found, folder)?;
        }
    }
    complete(sweep, done.clone())?;
    let (folder, _) = prepare(sweep, files, out, note)?;
    write(sweep, &folder, done).map(drop)
}

/// The results of all cells.
fn complete(sweep: &Sweep, done: Done) -> Result<Vec<CellResult>, SweepError> {
    let (cells, fault) = done.cells(sweep.loads());
    match (sweep.cells() - cells.len(), fault) {
        (0, _) => Ok(cells.into_values().collect()),
        (_, Some(fault)) => Err(fault.into()),
        (missing, None) => Err(SweepError::Missing { missing, all: sweep.cells() }),
    }
}

/// Writes every file, and removes the checkpoint last; returns the rows of the table.
fn write(sweep: &Sweep, folder: &Folder<'_>, done: Done) -> Result<Vec<Row>, SweepError> {
    let results = complete(sweep, done)?;
    let pictures = drawing::pictures(sweep.grid(), sweep.manifest(), &results);
    let name = folder.path().file_name().map_or_else(|| "DIR".into(), |name| name.to_string_lossy());
    let readme = readme::readme(&readme::Page {
        grid: sweep.grid(),
        manifest: sweep.manifest(),
        results: &results,
        pictures: &pictures,
        own: sweep.own_point()?,
        command: sweep.recipe().command(&name),
    });
    let table = table::csv(sweep.grid(), sweep.manifest(), &results)?;
    let mut files: Vec<(String, Vec<u8>)> =
        pictures.into_iter().map(|picture| (picture.file, picture.svg.into_bytes())).collect();
    // The manifest comes last: a folder that has it is complete.
    let texts = [("sweep.csv", table), ("README.md", readme), ("manifest.json", sweep.manifest().file())];
    files.extend(texts.map(|(name, text)| (name.to_owned(), text.into_bytes())));
    folder.write(&files)?;
    folder.remove(&folder.path().join(UNFINISHED))?;
    Ok(results.iter().map(Row::from).collect())
}

/// Whether a folder contains the results of a sweep: other programs write files named manifest.json too.
pub fn is_ours(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    value["program"] == PROGRAM
}
