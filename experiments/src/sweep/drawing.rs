//! The pictures of a sweep: heat maps, curves, and the distribution of the time to ready.
//!
//! Rule: a picture of fewer dimensions than the grid shows the others at the focus: the point at which the probability
//! without a fix (the first fix set) is nearest to one half, because there fixes differ most. All pictures of a sweep
//! share one scale.

use crate::pictures::{Curve, CurvePoint, CurveSeries, HeatMapGrid, HeatMapPanel, Ready, ReadySeries, ReadyStep};
use sixslot_analysis::sweep::{Cell, CellResult, Grid, Manifest, nearest_to_half};
use sixslot_models::document::Axis;

/// A picture with its file name and caption.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file's name.
    pub file: String,
    /// Its caption, in one line.
    pub text: String,
    /// The SVG.
    pub svg: String,
}

/// The point of the grid at which the probability of the first fix set is nearest to one half.
pub fn focus(grid: &Grid, results: &[CellResult]) -> Cell {
    nearest_to_half(grid, |number| results[number].probability())
}

/// The name of a curve's file; a parameter's name consists of letters, digits, `-` and `_`.
fn curve_name(parameter: &str) -> String {
    format!("curve-{parameter}.svg")
}

/// The names of the files of all pictures, in the order of [`pictures`].
pub(super) fn names(grid: &Grid) -> Vec<String> {
    let maps = (grid.axes.len() >= 2).then(|| "failure-probability.svg".to_owned());
    let curves = grid.axes.iter().map(|axis| curve_name(&axis.parameter));
    maps.into_iter().chain(curves).chain(["time-to-ready.svg".to_owned()]).collect()
}

/// All pictures.
pub fn pictures(grid: &Grid, manifest: &Manifest, results: &[CellResult]) -> Vec<Picture> {
    let focus = focus(grid, results);
    let counts = |number: usize| (results[number].failures, results[number].loads);
    let drawing = Drawing { grid, manifest, focus, counts: &counts };
    let mut pictures = Vec::new();
    if let [x, y, ..] = grid.axes.as_slice() {
        pictures.push(Picture {
            file: "failure-probability.svg".to_owned(),
            text: format!("Probability of a failure over {} and {}, for each set of fixes", x.parameter, y.parameter),
            svg: drawing.heat_maps(x, y, |maps| maps.to_svg()),
        });
    }
    for axis in 0..grid.axes.len() {
        pictures.push(Picture {
            file: curve_name(&grid.axes[axis].parameter),
            text: drawing.curve_text(axis),
            svg: drawing.curve(axis, |curve| curve.to_svg()),
        });
    }
    pictures.push(ready(grid, manifest, results, &drawing.focus, &drawing.titles()));
    pictures
}

/// The values of the axes that a picture does not show.
fn elsewhere(grid: &Grid, focus: &Cell, shown: &[usize]) -> String {
    let fixed = grid.parameters(focus).into_iter().enumerate().filter(|(axis, _)| !shown.contains(axis));
    let parts: Vec<String> = fixed.map(|(_, (name, value))| format!("{name} = {value}, ")).collect();
    parts.concat()
}

fn caption(manifest: &Manifest, before: &str) -> String {
    let most = if manifest.decide.is_some() { "up to " } else { "" };
    format!("{before}{most}{} loads each, seed {}", manifest.loads, manifest.seed)
}

/// The data of pictures of counts.
pub struct Drawing<'a> {
    /// The cells.
    pub grid: &'a Grid,
    /// The manifest of the sweep.
    pub manifest: &'a Manifest,
    /// The point that pictures of fewer dimensions show.
    pub focus: Cell,
    /// Failing loads and loads of a cell, by its number.
    pub counts: &'a dyn Fn(usize) -> (u64, u64),
}

impl Drawing<'_> {
    fn titles(&self) -> Vec<String> {
        (0..self.grid.fix_sets.len()).map(|set| self.grid.title(set)).collect()
    }

    fn probability(&self, number: usize) -> f64 {
        let (failures, loads) = (self.counts)(number);
        failures as f64 / loads as f64
    }

    /// The cell of a set of fixes with the first two axes at the given values, and the others at the focus.
    pub fn cell(&self, set: usize, row: usize, column: usize) -> usize {
        let mut at = self.focus.at.clone();
        (at[0], at[1]) = (column, row);
        self.grid.number(set, &at)
    }

    /// Heat maps over the first two axes, one for each set of fixes.
    pub fn heat_maps<T>(&self, x: &Axis, y: &Axis, draw: impl FnOnce(&HeatMapGrid<'_>) -> T) -> T {
        let titles = self.titles();
        let cells: Vec<Vec<Vec<Option<f64>>>> = (0..titles.len())
            .map(|set| {
                let value = |row, column| Some(self.probability(self.cell(set, row, column)));
                let row = |row| (0..x.values.len()).map(|column| value(row, column)).collect();
                (0..y.values.len()).map(row).collect()
            })
            .collect();
        let panels: Vec<HeatMapPanel<'_>> =
            titles.iter().zip(&cells).map(|(title, cells)| HeatMapPanel { title, cells }).collect();
        let labels = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>();
        let before = format!("Probability that a load fails; {}", elsewhere(self.grid, &self.focus, &[0, 1]));
        draw(&HeatMapGrid {
            title: &self.manifest.title,
            subtitle: &caption(self.manifest, &before),
            x_label: &x.parameter,
            y_label: &y.parameter,
            x_values: &labels(&x.values),
            y_values: &labels(&y.values),
            panels: &panels,
            columns: 2,
        })
    }

    /// The caption of a curve, in one line.
    pub fn curve_text(&self, axis: usize) -> String {
        format!(
            "Probability of a failure against {}, {}with 95 % intervals",
            self.grid.axes[axis].parameter,
            elsewhere(self.grid, &self.focus, &[axis])
        )
    }

    /// The curve along an axis, a line for each set of fixes.
    pub fn curve<T>(&self, axis: usize, draw: impl FnOnce(&Curve<'_>) -> T) -> T {
        let titles = self.titles();
        let point = |set: usize, index: usize| {
            let mut at = self.focus.at.clone();
            at[axis] = index;
            let number = self.grid.number(set, &at);
            let (failures, loads) = (self.counts)(number);
            let interval = self.manifest.interval(failures, loads).ok();
            CurvePoint {
                x: self.grid.axes[axis].values[index],
                probability: self.probability(number),
                interval: interval.map(|interval| (interval.low, interval.high)),
            }
        };
        let points: Vec<Vec<CurvePoint>> = (0..titles.len())
            .map(|set| {
                let mut points: Vec<CurvePoint> =
                    (0..self.grid.axes[axis].values.len()).map(|index| point(set, index)).collect();
                points.sort_by(|one, other| one.x.total_cmp(&other.x));
                points
            })
            .collect();
        let series: Vec<CurveSeries<'_>> =
            titles.iter().zip(&points).map(|(label, points)| CurveSeries { label, points }).collect();
        let before = format!("{}bands: 95 % intervals, ", elsewhere(self.grid, &self.focus, &[axis]));
        draw(&Curve {
            title: &self.manifest.title,
            subtitle: &caption(self.manifest, &before),
            x_label: &self.grid.axes[axis].parameter,
            y_label: "probability that a load fails",
            series: &series,
            most: None,
        })
    }
}

fn ready(grid: &Grid, manifest: &Manifest, results: &[CellResult], focus: &Cell, titles: &[String]) -> Picture {
    let steps: Vec<Vec<ReadyStep>> = (0..titles.len())
        .map(|set| {
            let result = &results[grid.number(set, &focus.at)];
            let ready = (result.loads - result.not_ready) as f64 / result.loads as f64;
            let count = result.ready_steps.len().max(1) as f64;
            let step = |(index, time): (usize, &u64)| ReadyStep {
                seconds: *time as f64 / 1e9,
                share: ready * (index + 1) as f64 / count,
            };
            result.ready_steps.iter().enumerate().map(step).collect()
        })
        .collect();
    let series: Vec<ReadySeries<'_>> =
        titles.iter().zip(&steps).map(|(label, steps)| ReadySeries { label, steps }).collect();
    let picture = Ready {
        title: &manifest.title,
        subtitle: &caption(manifest, &elsewhere(grid, focus, &[])),
        series: &series,
        until: None,
    };
    Picture {
        file: "time-to-ready.svg".to_owned(),
        text: format!("Share of loads that are ready by a time, at {}", grid.point(focus)),
        svg: picture.to_svg(),
    }
}
