//! The page's pictures of the grid: heat maps, curves, and where failures begin.

use super::onset::{Onset, onset};
use super::{Report, words};
use crate::sweep::drawing::Drawing;
use crate::sweep::reading::Row;

/// Heat maps of the first two axes.
pub(super) struct HeatMaps {
    /// What the colours mean.
    pub(super) scale: String,
    /// A picture for each set of fixes.
    pub(super) maps: Vec<String>,
}

/// Where failures begin along an axis, for each value of another.
pub(super) struct Onsets {
    /// The axis along which they begin.
    pub(super) along: String,
    /// The other axis with its values, where there is one.
    pub(super) across: Option<(String, Vec<f64>)>,
    /// For each set of fixes.
    pub(super) sets: Vec<Vec<Option<Onset>>>,
}

impl Report<'_> {
    fn rows(&self) -> &[Row] {
        &self.source.rows
    }

    /// Draws with what the sweep itself draws with.
    fn drawing<T>(&self, draw: impl FnOnce(&Drawing<'_>) -> T) -> T {
        let counts = |number: usize| (self.rows()[number].failures, self.rows()[number].loads);
        let (grid, manifest) = (self.source.sweep.grid(), self.source.sweep.manifest());
        draw(&Drawing { grid, manifest, focus: self.slice(), counts: &counts })
    }

    /// The heat maps, where the grid has two axes.
    pub(super) fn heat_maps(&self) -> Option<HeatMaps> {
        let grid = self.source.sweep.grid();
        let [x, y, ..] = grid.axes.as_slice() else { return None };
        Some(self.drawing(|drawing| {
            let reading = |set: usize, row: usize, column: usize| {
                let number = drawing.cell(set, row, column);
                let point = grid.point(&grid.cell(number));
                format!("{point}: {}. {}", words::reading(&self.rows()[number]), grid.title(set))
            };
            drawing.heat_maps(x, y, |maps| HeatMaps { scale: maps.to_scale(), maps: maps.to_figures(reading) })
        }))
    }

    /// The curve along each axis that has more than one value, with what it shows.
    pub(super) fn curves(&self) -> Vec<(String, String)> {
        let axes = self.source.sweep.grid().axes.iter().enumerate();
        let several = axes.filter(|(_, axis)| axis.values.len() > 1);
        self.drawing(|drawing| {
            several
                .map(|(axis, _)| (drawing.curve_text(axis), drawing.curve(axis, |curve| curve.to_figure())))
                .collect()
        })
    }

    /// Where failures begin along the second axis for each value of the first, or along the only one.
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

    /// Where the axes are that the heat maps do not show.
    pub(super) fn third_axes(&self) -> String {
        let grid = self.source.sweep.grid();
        let slice = self.slice();
        let parts: Vec<String> =
            grid.parameters(&slice).iter().skip(2).map(|(name, value)| format!("{name} = {value}")).collect();
        parts.join(", ")
    }
}
