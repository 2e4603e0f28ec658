//! The sweep: a scenario over a grid of parameters and sets of fixes, without its files.
//!
//! Rule: the same scenario, settings and seed give the same cells, for any number of threads and in any split into parts.

mod cell;
mod decided;
mod grid;
mod manifest;
mod part;

pub use cell::{CellResult, Row};
pub use grid::{Cell, Grid, nearest_to_half};
pub use manifest::{Manifest, PROGRAM, sha256};
pub use part::{JoinError, Part};

use crate::notes::unmeasured_with_fixes;
use crate::replications::{Replications, Stopped, Tally, next_round};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sixslot_models::{Document, Plan, ScenarioError};
use sixslot_statistics::stopping::Stopping;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::AtomicBool;

/// The program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Loads of a cell if neither the command line nor the scenario states them.
pub const DEFAULT_LOADS: u64 = 10_000;

/// Classes of all plans that a sweep keeps: about 40 MB. The plans of further cells are compiled again when they are simulated.
const KEPT_CLASSES: usize = 20_000;

/// Cells whose plans are compiled together.
const TOGETHER: usize = 1_024;

/// The inputs of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The program's version: another one may give other counts.
    pub version: String,
    /// The scenario's path as the user wrote it.
    pub scenario: String,
    /// Its text.
    pub text: String,
    /// The changes of the command line.
    pub set: Vec<String>,
    /// The seed.
    pub seed: u64,
    /// Loads of each cell, if the command line states them; with `decide`, the most.
    pub loads: Option<u64>,
    /// The failure probability at which each cell's simulation stops as soon as its loads decide on which side it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decide: Option<f64>,
}

/// A sweep that is ready to run.
#[derive(Debug)]
pub struct Sweep {
    recipe: Recipe,
    document: Document,
    grid: Grid,
    manifest: Manifest,
    /// The plans of the first cells.
    plans: Vec<Plan>,
}

impl Sweep {
    /// Prepares a sweep; every cell's plan is checked here, before any time is spent.
    ///
    /// # Errors
    /// A fault of the scenario, or an invalid combination of fixes and parameters.
    pub fn new(recipe: Recipe) -> Result<Self, SweepFailure> {
        let document = Document::read(&recipe.scenario, &recipe.text, &recipe.set).map_err(Box::new)?;
        let grid = Grid::of(&document);
        let loads = recipe.loads.or(document.sweep.loads).unwrap_or(DEFAULT_LOADS);
        let mut manifest = Manifest::new(&recipe, &document.title, loads, &grid);
        manifest.notes = unmeasured_with_fixes(&document, &[]);
        Self { recipe, document, grid, manifest, plans: Vec::new() }.compiled()
    }

    /// The same sweep on top of fixes that are in place already: they are in each set, and sets that become equal are one.
    ///
    /// # Errors
    /// An invalid combination of fixes and parameters.
    pub fn with_fixes(mut self, fixes: &[usize]) -> Result<Self, SweepFailure> {
        let mut sets: Vec<Vec<usize>> = Vec::new();
        for set in &self.grid.fix_sets {
            let more = set.iter().filter(|fix| !fixes.contains(fix));
            let joined: Vec<usize> = fixes.iter().chain(more).copied().collect();
            if !sets.contains(&joined) {
                sets.push(joined);
            }
        }
        self.grid.fix_sets = sets;
        self.plans.clear();
        self.compiled()
    }

    /// Compiles, and so checks, the plan of every cell.
    fn compiled(mut self) -> Result<Self, SweepFailure> {
        let mut classes = 0;
        let cells = self.grid.len();
        for first in (0..cells).step_by(TOGETHER) {
            let numbers = first..cells.min(first + TOGETHER);
            let plans: Vec<_> = numbers.into_par_iter().map(|number| self.compile(number)).collect();
            for plan in plans {
                let plan = plan?;
                classes += plan.classes().len();
                if classes <= KEPT_CLASSES {
                    self.plans.push(plan);
                }
            }
        }
        Ok(self)
    }

    fn compile(&self, number: usize) -> Result<Plan, SweepFailure> {
        let cell = self.grid.cell(number);
        let fixes = &self.grid.fix_sets[cell.fix_set];
        Ok(self.document.plan(fixes, &self.grid.parameters(&cell)).map_err(Box::new)?)
    }

    /// The scenario.
    pub const fn document(&self) -> &Document {
        &self.document
    }

    /// The cells.
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Its manifest.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its inputs.
    pub const fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The plan of a cell.
    ///
    /// # Errors
    /// An invalid combination of fixes and parameters.
    pub fn plan(&self, number: usize) -> Result<Cow<'_, Plan>, SweepFailure> {
        match self.plans.get(number) {
            Some(plan) => Ok(Cow::Borrowed(plan)),
            None => Ok(Cow::Owned(self.compile(number)?)),
        }
    }

    /// The point of the grid at which every parameter has the value that the scenario gives it.
    ///
    /// # Errors
    /// None: the scenario has been read.
    pub fn own_point(&self) -> Result<Option<Vec<usize>>, SweepFailure> {
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

    /// Loads of each cell; the most, where cells stop when they are decided.
    pub fn loads(&self) -> u64 {
        self.manifest.loads
    }

    /// Whether counts can be a cell's; else what cannot be. A cell that stopped because it was decided has fewer loads.
    ///
    /// # Errors
    /// The first impossible value.
    pub fn check(&self, result: &CellResult) -> Result<(), &'static str> {
        let stopped = result.loads < self.loads() && self.manifest.is_decided(result.failures, result.loads);
        result.check(if stopped { result.loads } else { self.loads() })
    }

    /// Simulates a cell.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn cell(&self, number: usize, interrupt: &AtomicBool) -> Result<CellResult, SweepFailure> {
        let plan = self.plan(number)?;
        let mut tally = Tally::default();
        // Looks are at fixed numbers of loads, so a cell's result depends on nothing but the cell.
        while tally.loads < self.loads() && !self.manifest.is_decided(tally.failures, tally.loads) {
            let next = self.recipe.decide.map_or(self.loads(), |p| Stopping::Decided(p).next_look(tally.loads));
            let range = tally.loads..next.min(self.loads());
            tally = tally.extend(&plan, &Replications::new(self.manifest.seed, range, interrupt))?;
        }
        Ok(CellResult::new(number, plan.load().can_fail, tally))
    }

    /// Simulates some of a cell's loads.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn part(&self, number: usize, range: Range<u64>, interrupt: &AtomicBool) -> Result<Part, SweepFailure> {
        let plan = self.plan(number)?;
        let loads = Replications::new(self.manifest.seed, range.clone(), interrupt);
        let tally = Tally::default().extend(&plan, &loads)?;
        Ok(Part::new(number, plan.load().can_fail, range, tally))
    }

    /// As [`rows`](Self::rows), load by load instead of cell by cell: an interrupt gives the rows of the first loads of every
    /// cell, and their number. `done` is called with the loads of each part.
    ///
    /// # Errors
    /// An interrupt before the first round of loads has ended, or a load beyond its limits.
    pub fn rows_so_far(
        &self,
        interrupt: &AtomicBool,
        mut done: impl FnMut(u64),
    ) -> Result<(Vec<Row>, u64), SweepFailure> {
        let mut parts: Vec<Vec<Part>> = vec![Vec::new(); self.cells()];
        let mut loads = 0;
        while loads < self.loads() {
            let range = loads..next_round(loads, self.loads());
            let part = |number| {
                let part = self.part(number, range.clone(), interrupt)?;
                done(range.end - range.start);
                Ok(part)
            };
            let round: Result<Vec<Part>, SweepFailure> = (0..self.cells()).map(part).collect();
            match round {
                Ok(round) => parts.iter_mut().zip(round).for_each(|(parts, part)| parts.push(part)),
                Err(SweepFailure::Stopped(Stopped::Interrupted)) if loads > 0 => break,
                Err(failure) => return Err(failure),
            }
            loads = range.end;
        }
        let row = |(number, parts)| Part::join(number, loads, parts).ok().map(|cell| Row::from(&cell));
        Ok((parts.into_iter().enumerate().filter_map(row).collect(), loads))
    }

    /// Simulates all cells and keeps the results of a table for each; `done` is called with the loads of each finished cell.
    ///
    /// # Errors
    /// An interrupt, or a load beyond its limits.
    pub fn rows(&self, interrupt: &AtomicBool, mut done: impl FnMut(u64)) -> Result<Vec<Row>, SweepFailure> {
        let mut rows = Vec::with_capacity(self.cells());
        for number in 0..self.cells() {
            rows.push(Row::from(&self.cell(number, interrupt)?));
            done(self.loads());
        }
        Ok(rows)
    }
}

/// Why cells could not be simulated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepFailure {
    /// An interrupt, or a load beyond its limits.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// A fault of the scenario, or an invalid combination of fixes and parameters.
    #[error("{0}")]
    Scenario(#[from] Box<ScenarioError>),
}
