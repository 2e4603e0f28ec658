//! The pictures of a sweep that a report shows.
//!
//! Rule: the caller draws them, so that no drawing library is needed here; they show only the report's source. Also here:
//! the onset of failures over the grid, and the axes that no picture shows.

use super::onset::{Onset, onset};
use super::{Report, Source, words};
use crate::sweep::{Cell, Row};

/// Heat maps of the first two axes.
#[derive(Clone, Debug, Default)]
pub struct HeatMaps {
    /// The legend of the colours, as SVG.
    pub scale: String,
    /// A picture for each set of fixes, as SVG.
    pub maps: Vec<String>,
}

/// Draws the pictures of a sweep.
pub trait Pictures {
    /// Heat maps over the first two axes with the others at `focus`, where the grid has two axes. `reading` is the text of a
    /// cell, by the cell's number.
    fn heat_maps(&self, source: &Source, focus: &Cell, reading: &dyn Fn(usize) -> String) -> Option<HeatMaps>;

    /// For each axis with more than one value: what the curve along it shows, and the curve as SVG.
    fn curves(&self, source: &Source, focus: &Cell) -> Vec<(String, String)>;
}

/// The onset of failures along an axis, for each value of another.
pub(super) struct Onsets {
    /// The axis of the onset.
    pub(super) along: String,
    /// The other axis with its values, if there is one.
    pub(super) across: Option<(String, Vec<f64>)>,
    /// For each set of fixes.
    pub(super) sets: Vec<Vec<Option<Onset>>>,
}

impl Report<'_> {
    fn rows(&self) -> &[Row] {
        &self.source.rows
    }

    /// The heat maps, if the grid has two axes.
    pub(super) fn heat_maps(&self, pictures: &impl Pictures) -> Option<HeatMaps> {
        let grid = self.source.sweep.grid();
        let reading = |number: usize| {
            let cell = grid.cell(number);
            format!("{}: {}. {}", grid.point(&cell), words::reading(&self.rows()[number]), grid.title(cell.fix_set))
        };
        pictures.heat_maps(self.source, &self.slice(), &reading)
    }

    /// The curve along each axis that has more than one value, with what it shows.
    pub(super) fn curves(&self, pictures: &impl Pictures) -> Vec<(String, String)> {
        pictures.curves(self.source, &self.slice())
    }

    /// The onset along the second axis for each value of the first, or along the only axis.
    pub(super) fn onsets(&self) -> Option<Onsets> {
        let grid = self.source.sweep.grid();
        let slice = self.slice();
        let along = grid.axes.len().checked_sub(1)?.min(1);
        let across = (along == 1).then(|| &grid.axes[0]);
        let of = |set: usize, column: Option<usize>| {
            let cell = |index: usize| {
                let mut at = slice.at.clone();
                at[along] = index;
                if let Some(column) = column {
                    at[0] = column;
                }
                (grid.axes[along].values[index], self.rows()[grid.number(set, &at)])
            };
            let cells: Vec<(f64, Row)> = (0..grid.axes[along].values.len()).map(cell).collect();
            onset(&cells)
        };
        let columns: Vec<Option<usize>> = across.map_or(vec![None], |axis| (0..axis.values.len()).map(Some).collect());
        Some(Onsets {
            along: grid.axes[along].parameter.clone(),
            across: across.map(|axis| (axis.parameter.clone(), axis.values.clone())),
            sets: (0..grid.fix_sets.len()).map(|set| columns.iter().map(|column| of(set, *column)).collect()).collect(),
        })
    }

    /// The values of the axes that the heat maps do not show.
    pub(super) fn third_axes(&self) -> String {
        let grid = self.source.sweep.grid();
        let slice = self.slice();
        let parts: Vec<String> =
            grid.parameters(&slice).iter().skip(2).map(|(name, value)| format!("{name} = {value}")).collect();
        parts.join(", ")
    }
}
