//! The cells of a sweep: every combination of the axes' values, with each set of fixes.
//!
//! Rule: cells are numbered by fix set first, then by the axes in the order of the file, the last one fastest. Shards,
//! checkpoints and threads identify a cell by its number alone.

use sixslot_models::Document;
use sixslot_models::document::{Axis, Patch};

/// The grid of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// The parameters that vary.
    pub axes: Vec<Axis>,
    /// The sets of fixes, by number.
    pub fix_sets: Vec<Vec<usize>>,
    /// The scenario's fixes.
    pub fixes: Vec<Patch>,
}

/// A point of the grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its number.
    pub number: usize,
    /// The number of its fix set.
    pub fix_set: usize,
    /// The axes' values, by index.
    pub at: Vec<usize>,
}

impl Grid {
    /// The grid of a scenario.
    pub fn of(document: &Document) -> Self {
        let sweep = &document.sweep;
        Self { axes: sweep.axes.clone(), fix_sets: sweep.fix_sets.clone(), fixes: document.fixes.clone() }
    }

    /// Combinations of the axes' values.
    pub fn points(&self) -> usize {
        self.axes.iter().map(|axis| axis.values.len()).product()
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.points() * self.fix_sets.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cell of a number.
    pub fn cell(&self, number: usize) -> Cell {
        let mut rest = number % self.points();
        let mut at = vec![0; self.axes.len()];
        for (index, axis) in at.iter_mut().zip(&self.axes).rev() {
            *index = rest % axis.values.len();
            rest /= axis.values.len();
        }
        Cell { number, fix_set: number / self.points(), at }
    }

    /// The number of the cell with a fix set at a point.
    pub fn number(&self, fix_set: usize, at: &[usize]) -> usize {
        let point = self.axes.iter().zip(at).fold(0, |point, (axis, index)| point * axis.values.len() + index);
        fix_set * self.points() + point
    }

    /// The parameters' values in a cell.
    pub fn parameters(&self, cell: &Cell) -> Vec<(&str, f64)> {
        self.axes.iter().zip(&cell.at).map(|(axis, index)| (axis.parameter.as_str(), axis.values[*index])).collect()
    }

    /// A fix set's name for tables: names joined by `+`, or `none`.
    pub fn name(&self, fix_set: usize) -> String {
        match self.fix_sets[fix_set].as_slice() {
            [] => "none".to_owned(),
            fixes => fixes.iter().map(|fix| self.fixes[*fix].name.as_str()).collect::<Vec<_>>().join("+"),
        }
    }

    /// A fix set's name for readers: the title if it is one fix.
    pub fn title(&self, fix_set: usize) -> String {
        match self.fix_sets[fix_set].as_slice() {
            [] => "no fix".to_owned(),
            [fix] => self.fixes[*fix].title.clone(),
            fixes => {
                let names: Vec<&str> = fixes.iter().map(|fix| self.fixes[*fix].name.as_str()).collect();
                format!("{} fixes: {}", names.len(), names.join(" + "))
            }
        }
    }

    /// A point for readers: `projects = 5, sessions = 10`.
    pub fn point(&self, cell: &Cell) -> String {
        let parts: Vec<String> =
            self.parameters(cell).iter().map(|(name, value)| format!("{name} = {value}")).collect();
        if parts.is_empty() { "the scenario's own parameters".to_owned() } else { parts.join(", ") }
    }
}

/// The point of the grid at which the probability of the first fix set is nearest to one half, by the probabilities of the
/// cells; of two that are equally near, the one with the higher probability.
pub fn nearest_to_half(grid: &Grid, probability: impl Fn(usize) -> f64) -> Cell {
    let distance = |number: &usize| (probability(*number) - 0.5).abs();
    let nearer = |one: &usize, other: &usize| {
        distance(one).total_cmp(&distance(other)).then(probability(*other).total_cmp(&probability(*one)))
    };
    let number = (0..grid.points()).min_by(nearer);
    grid.cell(number.unwrap_or(0))
}
