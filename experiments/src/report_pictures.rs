//! The pictures of a report, drawn like those of a sweep's folder.

use crate::sweep::drawing::Drawing;
use sixslot_analysis::report::{HeatMaps, Pictures, Source};
use sixslot_analysis::sweep::Cell;

/// Draws with the code of the sweep's own pictures.
#[derive(Clone, Copy, Debug, Default)]
pub struct SweepPictures;

fn drawing<T>(source: &Source, focus: &Cell, draw: impl FnOnce(&Drawing<'_>) -> T) -> T {
    let counts = |number: usize| (source.rows[number].failures, source.rows[number].loads);
    let (grid, manifest) = (source.sweep.grid(), source.sweep.manifest());
    draw(&Drawing { grid, manifest, focus: focus.clone(), counts: &counts })
}

impl Pictures for SweepPictures {
    fn heat_maps(&self, source: &Source, focus: &Cell, reading: &dyn Fn(usize) -> String) -> Option<HeatMaps> {
        let [x, y, ..] = source.sweep.grid().axes.as_slice() else { return None };
        Some(drawing(source, focus, |drawing| {
            let text = |set: usize, row: usize, column: usize| reading(drawing.cell(set, row, column));
            drawing.heat_maps(x, y, |maps| HeatMaps { scale: maps.to_scale(), maps: maps.to_figures(text) })
        }))
    }

    fn curves(&self, source: &Source, focus: &Cell) -> Vec<(String, String)> {
        let axes = source.sweep.grid().axes.iter().enumerate();
        let several = axes.filter(|(_, axis)| axis.values.len() > 1);
        drawing(source, focus, |drawing| {
            several
                .map(|(axis, _)| (drawing.curve_text(axis), drawing.curve(axis, |curve| curve.to_figure())))
                .collect()
        })
    }
}
