//! The sweep: a scenario over a grid of parameters and sets of fixes.
//!
//! Rule: the same scenario, settings and seed give the same bytes in every file, for any number of threads, after any
//! interruption, and in any split into shards. A finished cell is on disk before the next one starts.

pub mod checkpoint;
pub mod drawing;
pub mod grid;
pub mod manifest;
pub mod reading;
mod readme;
mod table;

use checkpoint::{CellResult, Checkpoint, UNFINISHED, write_atomically};
use grid::Grid;
use manifest::Manifest;
use serde::{Deserialize, Serialize};
use sixslot_analysis::replications::{Stopped, Tally};
use sixslot_models::{Document, ScenarioError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Loads of a cell where neither the command line nor the scenario says.
pub const DEFAULT_LOADS: u64 = 10_000;

/// Why a sweep has no result, or not all of it.
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
    /// A folder with somebody else's files.
    #[error("{path} is not empty and holds no sweep; name an empty or a new folder", path = path.display())]
    ForeignFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A folder with finished cells, and no word that they are to be used.
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
    /// A folder that is to be merged and holds no part.
    #[error("{path} holds no part of a sweep; name folders of `sixslot sweep --shard` that are not merged yet", path = path.display())]
    NoPart {
        /// The folder.
        path: PathBuf,
    },
    /// Cells that no shard has.
    #[error("{missing} of {all} cells are in none of the folders; run the missing shards first")]
    Missing {
        /// How many.
        missing: usize,
        /// Of how many.
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
    /// Ctrl-C, and nothing is kept.
    #[error("interrupted; nothing was written")]
    Stopped,
    /// A load beyond its limits.
    #[error(transparent)]
    Load(#[from] sixslot_models::load::LoadError),
    /// A combination of fixes and parameters that makes no sense.
    #[error("{0}")]
    Scenario(#[from] Box<ScenarioError>),
    /// A table that cannot be made.
    #[error("the table cannot be written: {error}")]
    Table {
        /// The reason.
        error: String,
    },
}

impl SweepError {
    fn file(path: &Path, error: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), error }
    }
}

/// A part of a sweep: the cells whose number leaves `index` when divided by `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: usize,
    /// How many parts there are.
    pub of: usize,
}

/// All that a sweep is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The program's version: another one may count differently.
    pub version: String,
    /// The scenario as the user named it.
    pub scenario: String,
    /// Its text.
    pub text: String,
    /// The changes of the command line.
    pub set: Vec<String>,
    /// The seed.
    pub seed: u64,
    /// Loads of each cell, where the command line says.
    pub loads: Option<u64>,
}

/// A sweep that is ready to run.
#[derive(Debug)]
pub struct Sweep {
    recipe: Recipe,
    document: Document,
    grid: Grid,
    manifest: Manifest,
}

impl Sweep {
    /// Prepares a sweep; every cell's plan is checked here, before any time is spent.
    ///
    /// # Errors
    /// A fault of the scenario, or a combination of fixes and parameters that makes no sense.
    pub fn new(recipe: Recipe) -> Result<Self, SweepError> {
        let document = Document::read(&recipe.scenario, &recipe.text, &recipe.set).map_err(Box::new)?;
        let grid = Grid::of(&document);
        let loads = recipe.loads.or(document.sweep.loads).unwrap_or(DEFAULT_LOADS);
        let manifest = Manifest::new(&recipe, &document.title, loads, &grid);
        let sweep = Self { recipe, document, grid, manifest };
        for number in 0..sweep.grid.len() {
            sweep.plan(number)?;
        }
        Ok(sweep)
    }

    /// The sweep whose finished cells are in a folder.
    ///
    /// # Errors
    /// A folder without finished cells, or with those of another version of the program.
    pub fn of_folder(folder: &Path) -> Result<Self, SweepError> {
        let recipe = checkpoint::recipe(folder)?;
        if recipe.version != VERSION {
            return Err(SweepError::AnotherSweep { path: folder.join(UNFINISHED) });
        }
        Self::new(recipe)
    }

    /// The same sweep on top of fixes that are in place already: they are in each set, and sets that become equal are one.
    ///
    /// # Errors
    /// A combination of fixes and parameters that makes no sense.
    pub fn with_fixes(mut self, fixes: &[usize]) -> Result<Self, SweepError> {
        let mut sets: Vec<Vec<usize>> = Vec::new();
        for set in &self.grid.fix_sets {
            let more = set.iter().filter(|fix| !fixes.contains(fix));
            let joined: Vec<usize> = fixes.iter().chain(more).copied().collect();
            if !sets.contains(&joined) {
                sets.push(joined);
            }
        }
        self.grid.fix_sets = sets;
        for number in 0..self.grid.len() {
            self.plan(number)?;
        }
        Ok(self)
    }

    /// The scenario.
    pub const fn document(&self) -> &Document {
        &self.document
    }

    /// The cells.
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// What it is.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What it is made from.
    pub const fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    fn plan(&self, number: usize) -> Result<sixslot_models::Plan, SweepError> {
        let cell = self.grid.cell(number);
        let fixes = &self.grid.fix_sets[cell.fix_set];
        Ok(self.document.plan(fixes, &self.grid.parameters(&cell)).map_err(Box::new)?)
    }

    /// The point of the grid at which every parameter has the value that the scenario gives it.
    ///
    /// # Errors
    /// None: the scenario has been read.
    pub fn own_point(&self) -> Result<Option<Vec<usize>>, SweepError> {
        let plan = self.document.plan(&[], &[]).map_err(Box::new)?;
        let index = |axis: &sixslot_models::document::Axis| {
            let own = plan.parameters().iter().find(|parameter| parameter.name == axis.parameter)?.value.mean()?;
            axis.values.iter().position(|value| *value == own)
        };
        Ok(self.grid.axes.iter().map(index).collect())
    }

    /// Cells.
    pub fn cells(&self) -> usize {
        self.grid.len()
    }

    /// Loads of each cell.
    pub fn loads(&self) -> u64 {
        self.manifest.loads
    }

    /// Plays the cells that are not finished, keeps each as it is finished, and writes the results; a shard's cells are
    /// kept for [`Sweep::merge`].
    ///
    /// # Errors
    /// Files, an interrupt, a load beyond its limits.
    pub fn run(
        &self,
        folder: &Path,
        resume: bool,
        shard: Option<Shard>,
        interrupt: &AtomicBool,
        mut done: impl FnMut(u64),
    ) -> Result<(), SweepError> {
        let mut results = self.prepare(folder, resume)?;
        let mut checkpoint = Checkpoint::create(folder, &self.recipe, &results)?;
        let Shard { index, of } = shard.unwrap_or(Shard { index: 0, of: 1 });
        let cells: Vec<usize> = (0..self.cells()).filter(|cell| cell % of == index).collect();
        for cell in &cells {
            if !results.contains_key(cell) {
                let result = self.cell(*cell, interrupt)?.map_err(|stopped| match stopped {
                    Stopped::Interrupted => SweepError::Interrupted { done: results.len(), all: cells.len() },
                    Stopped::Load(error) => error.into(),
                })?;
                checkpoint.add(&result)?;
                results.insert(*cell, result);
            }
            done(self.loads());
        }
        // The only shard of one is a part too, for `merge`.
        if shard.is_none() { self.write(folder, results) } else { Ok(()) }
    }

    fn cell(&self, number: usize, interrupt: &AtomicBool) -> Result<Result<CellResult, Stopped>, SweepError> {
        let plan = self.plan(number)?;
        let tally = Tally::default().extend(&plan, self.manifest.seed, 0..self.loads(), interrupt);
        Ok(tally.map(|tally| CellResult::new(number, tally)))
    }

    /// Makes the folder, and finds what is finished already.
    fn prepare(&self, folder: &Path, resume: bool) -> Result<BTreeMap<usize, CellResult>, SweepError> {
        std::fs::create_dir_all(folder).map_err(|error| SweepError::file(folder, error))?;
        let unfinished = folder.join(UNFINISHED);
        if unfinished.exists() && !resume {
            return Err(SweepError::Unfinished { path: unfinished });
        }
        let entries = std::fs::read_dir(folder).map_err(|error| SweepError::file(folder, error))?;
        let files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        let starts_with = |path: &PathBuf, start: &str| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start))
        };
        let foreign = files.iter().any(|path| !starts_with(path, "."));
        if foreign && !unfinished.exists() && !manifest::is_ours(folder) {
            return Err(SweepError::ForeignFolder { path: folder.to_owned() });
        }
        // What was being written when an earlier run was killed.
        for path in files.iter().filter(|path| starts_with(path, crate::atomic::WRITING)) {
            std::fs::remove_file(path).map_err(|error| SweepError::file(path, error))?;
        }
        Ok(checkpoint::read(folder, &self.recipe)?.unwrap_or_default())
    }

    /// Joins the cells of several shards and writes the results.
    ///
    /// # Errors
    /// Files, folders of another sweep, cells that no folder has.
    pub fn merge(&self, folders: &[PathBuf], out: &Path) -> Result<(), SweepError> {
        let mut results = BTreeMap::new();
        for folder in folders {
            results.extend(checkpoint::read(folder, &self.recipe)?.unwrap_or_default());
        }
        let missing = self.cells() - results.len();
        if missing > 0 {
            return Err(SweepError::Missing { missing, all: self.cells() });
        }
        self.prepare(out, true)?;
        self.write(out, results)
    }

    /// Writes every file, and takes the checkpoint away last.
    fn write(&self, folder: &Path, results: BTreeMap<usize, CellResult>) -> Result<(), SweepError> {
        let results: Vec<CellResult> = results.into_values().collect();
        let pictures = drawing::pictures(&self.grid, &self.manifest, &results);
        for picture in &pictures {
            write_atomically(&folder.join(&picture.file), picture.svg.as_bytes())?;
        }
        write_atomically(&folder.join("sweep.csv"), table::csv(&self.grid, &results)?.as_bytes())?;
        let name = folder.file_name().map_or_else(|| "DIR".into(), |name| name.to_string_lossy());
        let readme = readme::readme(&readme::Page {
            grid: &self.grid,
            manifest: &self.manifest,
            results: &results,
            pictures: &pictures,
            own: self.own_point()?,
            command: self.recipe.command(&name),
        });
        write_atomically(&folder.join("README.md"), readme.as_bytes())?;
        write_atomically(&folder.join("manifest.json"), self.manifest.file().as_bytes())?;
        let unfinished = folder.join(UNFINISHED);
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(SweepError::file(&unfinished, error)),
            _ => Ok(()),
        }
    }
}
