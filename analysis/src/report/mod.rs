//! A sweep as one page: how often loads fail, why, which fix helps, and the evidence.
//!
//! Rule: the page is a function of the scenario, its settings and the seed: no clock, no machine, no name of a folder
//! that is not the user's. It describes one point: the scenario's own parameters where at least [`FEW`] loads fail there,
//! because with fewer the fixes cannot be distinguished; else the point of the grid whose probability is nearest to one
//! half. The first set of fixes is what the others are compared with.

pub mod live;
mod onset;
mod page;
mod pictures;
mod scan;
mod sides;
mod words;

use crate::cause::Cause;
use crate::comparison::{Comparison, Comparisons, Measure, Settings, Variant, compare_plans};
use crate::data_interval::{DataInterval, Simulated};
use crate::replications::Stopped;
use crate::sentence::{self, Finding};
use crate::sweep::Cell;
use crate::sweep::nearest_to_half;
use crate::sweep::{Row, Sweep, SweepFailure};
pub use pictures::{HeatMaps, Pictures};
use scan::{Scan, Shown};
use sixslot_models::Plan;
use std::sync::atomic::{AtomicBool, Ordering};

/// With fewer failing loads than this, the page describes another point than the scenario's own.
pub const FEW: usize = 10;
/// The most sets of fixes that a page shows.
pub const SETS: usize = 65;
/// The most cells of heat maps that a page shows.
pub const CELLS: usize = 4_000;
/// The most loads shown on a page.
pub const LOADS: usize = 60;
/// The longest page, in bytes.
pub const BYTES: usize = 8 << 20;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The scenario or its cells.
    #[error(transparent)]
    Sweep(#[from] SweepFailure),
    /// Interrupted, or a load beyond its limits.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// Too many sets of fixes.
    #[error("the sweep has {sets} sets of fixes, and a report shows {SETS}; list fewer under `fixes` in [sweep]")]
    Sets {
        /// How many.
        sets: usize,
    },
    /// Too many cells.
    #[error("the heat maps have {cells} cells, and a report draws {CELLS}; sweep fewer values or fewer sets of fixes")]
    Cells {
        /// How many.
        cells: usize,
    },
    /// Too long.
    #[error("the report would have {bytes} bytes, and the limit is {BYTES}; show fewer loads: --waterfalls")]
    Bytes {
        /// How many.
        bytes: usize,
    },
    /// The page that the report was to be put in.
    #[error(transparent)]
    Page(#[from] live::PageError),
    /// The folder's numbers are not those of this program.
    #[error("at {point} the folder counts {table} failures and this program {counted}; run the sweep again")]
    Differs {
        /// The point.
        point: String,
        /// The failures in the table.
        table: u64,
        /// The failures in this simulation.
        counted: u64,
    },
}

/// Where a report's numbers come from.
#[derive(Debug)]
pub struct Source {
    /// The sweep.
    pub sweep: Sweep,
    /// Its cells.
    pub rows: Vec<Row>,
    /// The commands that make the page again.
    pub commands: Vec<String>,
}

/// Parameters, and where in the grid they are.
#[derive(Debug)]
struct Point {
    /// For people.
    words: String,
    /// Its cell with the first set of fixes, where the grid has it.
    cell: Option<Cell>,
    /// Whether it is the scenario's own.
    own: bool,
    plan: Plan,
    scan: Scan,
}

/// The content of a page.
#[derive(Debug)]
pub struct Report<'a> {
    source: &'a Source,
    seed: u64,
    /// The point that the page describes.
    point: Point,
    /// The scenario's own parameters, if they are another point: their description, failures and loads.
    own: Option<(String, u64, u64)>,
    /// The loads of the point, and the other sets of fixes, the best first.
    compared: Comparisons,
    cause: Option<Cause>,
    /// The interval with the uncertainty of the recorded loads behind the scenario, at its own parameters.
    data: Option<DataInterval>,
    shown: Vec<Shown>,
    /// The first set's fixes by name.
    base: Vec<String>,
}

impl<'a> Report<'a> {
    /// Simulates what the cells do not contain: the pairs of loads with and without each set of fixes, and the loads to show.
    ///
    /// # Errors
    /// A report beyond its limits, an interrupt, cells with counts that this program does not reproduce.
    pub fn new(
        source: &'a Source,
        waterfalls: usize,
        interrupt: &AtomicBool,
        done: impl Fn(u64) + Sync,
    ) -> Result<Self, ReportError> {
        let (sweep, rows) = (&source.sweep, &source.rows);
        let (grid, seed) = (sweep.grid(), sweep.manifest().seed);
        let sets = grid.fix_sets.len();
        if sets > SETS {
            return Err(ReportError::Sets { sets });
        }
        let cells = grid.axes.iter().take(2).map(|axis| axis.values.len()).product::<usize>() * sets;
        if cells > CELLS {
            return Err(ReportError::Cells { cells });
        }
        let simulated = |cell: Option<Cell>| source.point(cell, interrupt, &done);
        let own =
            simulated(sweep.own_point()?.map(|at| grid.cell(grid.number(0, &at))).filter(|_| !grid.axes.is_empty()))?;
        let half = nearest_to_half(grid, |number| rows[number].probability());
        let elsewhere = own.scan.failures.len() < FEW && rows[half.number].failures > own.scan.failures.len() as u64;
        let (point, own) = if elsewhere {
            let words = (own.words, own.scan.failures.len() as u64, own.scan.loads);
            (Point { own: false, ..simulated(Some(half))? }, Some(words))
        } else {
            (own, None)
        };
        let variants = (1..sets).map(|set| source.variant(set, &point)).collect::<Result<Vec<_>, _>>()?;
        let settings = Settings { seed, loads: sweep.loads(), by: Measure::Failed };
        let compared = compare_plans(&point.plan, &variants, settings, interrupt, &done)?;
        let document = sweep.document();
        let base = grid.fix_sets[0].iter().map(|fix| document.fixes[*fix].name.clone()).collect();
        let cause = sentence::cause_of(&point.plan, seed, &compared.failing, &compared.being_late)?;
        let simulated = Simulated::of_comparisons(&compared).filter(|_| point.own);
        let data = DataInterval::of(document, &grid.fix_sets[0], seed, simulated, interrupt)?;
        // The page states one number of loads for all of its parts.
        if interrupt.load(Ordering::Relaxed) {
            return Err(Stopped::Interrupted.into());
        }
        let shown = point.scan.choose(waterfalls);
        Ok(Self { source, seed, point, own, compared, cause, data, shown, base })
    }

    /// Approximate number of loads that [`Report::new`] simulates.
    pub fn work(source: &Source) -> u64 {
        source.sweep.loads() * (2 * source.sweep.grid().fix_sets.len() as u64 + 1)
    }

    /// The page.
    ///
    /// # Errors
    /// A page that is too long, a load beyond its limits.
    pub fn html(&self, pictures: &impl Pictures) -> Result<String, ReportError> {
        let html = page::page(self, pictures)?.into_string();
        if html.len() > BYTES {
            return Err(ReportError::Bytes { bytes: html.len() });
        }
        Ok(html)
    }

    /// The answer: how often loads fail, why, and which fix helps.
    pub fn sentence(&self) -> String {
        let own = words::own(self).map_or_else(String::new, |own| own + " ");
        own + &self.finding().sentence()
    }

    /// What was not measured of the rules behind the page.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.source.sweep.manifest().notes
    }

    /// What was found at the point.
    fn finding(&self) -> Finding<'_> {
        let axes = !self.source.sweep.grid().axes.is_empty();
        Finding {
            at: if axes { format!(" at {}", self.point.words) } else { String::new() },
            ..Finding::compared(&self.point.plan, &self.compared, self.cause.clone()).with_data(self.data.as_ref())
        }
    }

    /// The other sets of fixes, the best first.
    fn fixes(&self) -> &[Comparison] {
        &self.compared.fixes
    }

    /// Failing loads and loads, at the point that the page describes.
    fn failures(&self) -> (u64, u64) {
        (self.point.scan.failures.len() as u64, self.point.scan.loads)
    }

    /// The point of the pictures, which must be on the grid.
    fn slice(&self) -> Cell {
        let rows = &self.source.rows;
        let half = || nearest_to_half(self.source.sweep.grid(), |number| rows[number].probability());
        self.point.cell.clone().unwrap_or_else(half)
    }
}

impl Source {
    /// A set of fixes at a cell's parameters, or at the scenario's own.
    fn plan(&self, set: usize, cell: Option<&Cell>) -> Result<Plan, SweepFailure> {
        let grid = self.sweep.grid();
        let parameters = cell.map(|cell| grid.parameters(cell)).unwrap_or_default();
        Ok(self.sweep.document().plan(&grid.fix_sets[set], &parameters).map_err(Box::new)?)
    }

    /// Simulates the loads of a cell, or of the scenario's own parameters.
    fn point(
        &self,
        cell: Option<Cell>,
        interrupt: &AtomicBool,
        done: &(impl Fn(u64) + Sync),
    ) -> Result<Point, ReportError> {
        let plan = self.plan(0, cell.as_ref())?;
        let loads = self.sweep.loads().min(scan::MOST);
        let scan = scan::scan(&plan, self.sweep.manifest().seed, loads, interrupt, done)?;
        let words = match &cell {
            Some(cell) => self.sweep.grid().point(cell),
            None => words::own_parameters(&plan, self.sweep.grid()),
        };
        let counted = scan.failures.len() as u64;
        if let Some(row) = cell.as_ref().map(|cell| self.rows[cell.number])
            && row.loads == loads
            && row.failures != counted
        {
            return Err(ReportError::Differs { point: words, table: row.failures, counted });
        }
        Ok(Point { words, cell, own: true, plan, scan })
    }

    fn variant(&self, set: usize, point: &Point) -> Result<Variant, SweepFailure> {
        let grid = self.sweep.grid();
        Ok(Variant { name: grid.name(set), title: grid.title(set), plan: self.plan(set, point.cell.as_ref())? })
    }
}

impl Report<'_> {
    /// The command that shows one load of the point.
    fn run_command(&self, number: u64) -> String {
        let recipe = self.source.sweep.recipe();
        let mut command = format!("sixslot run {} --replication {number}", recipe.scenario);
        if self.seed != 1 {
            command.push_str(&format!(" --seed {}", self.seed));
        }
        for set in &recipe.set {
            command.push_str(&format!(" --set '{set}'"));
        }
        let cell = self.point.cell.as_ref().filter(|_| !self.point.own);
        for (name, value) in cell.map(|cell| self.source.sweep.grid().parameters(cell)).unwrap_or_default() {
            command.push_str(&format!(" --set parameters.{name}={value}"));
        }
        if !self.base.is_empty() {
            command.push_str(&format!(" --fix {}", self.base.join(",")));
        }
        command
    }
}
