//! The pictures of a sweep: heat maps, curves, and the distribution of the time to ready.
//!
//! Rule: a picture of fewer dimensions than the grid shows the others at the focus: the point at which the probability
//! without a fix (the first fix set) is nearest to one half, because there fixes differ most. All pictures of a sweep
//! share one scale.

use super::checkpoint::CellResult;
use super::grid::{Cell, Grid};
use super::manifest::Manifest;
use crate::estimate::LEVEL;
use crate::pictures::{Curve, CurvePoint, CurveSeries, HeatMapGrid, HeatMapPanel, Ready, ReadySeries, ReadyStep};
use crate::statistics::interval::fixed_sample;

/// A picture with its file's name and what it shows.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file's name.
    pub file: String,
    /// What it shows, in a line.
    pub text: String,
    /// The SVG.
    pub svg: String,
}

/// The point of the grid at which the probability of the first fix set is nearest to one half.
pub fn focus(grid: &Grid, results: &[CellResult]) -> Cell {
    let distance = |number: &usize| (results[*number].probability() - 0.5).abs();
    let number = (0..grid.points()).min_by(|one, other| distance(one).total_cmp(&distance(other)));
    grid.cell(number.unwrap_or(0))
}

/// All pictures.
pub fn pictures(grid: &Grid, manifest: &Manifest, results: &[CellResult]) -> Vec<Picture> {
    let focus = focus(grid, results);
    let titles: Vec<String> = (0..grid.fix_sets.len()).map(|set| grid.title(set)).collect();
    let mut pictures = Vec::new();
    if grid.axes.len() >= 2 {
        pictures.push(heat_maps(grid, manifest, results, &focus, &titles));
    }
    for axis in 0..grid.axes.len() {
        pictures.push(curve(grid, manifest, results, &focus, &titles, axis));
    }
    pictures.push(ready(grid, manifest, results, &focus, &titles));
    pictures
}

/// Where the axes that a picture does not show are.
fn elsewhere(grid: &Grid, focus: &Cell, shown: &[usize]) -> String {
    let fixed = grid.parameters(focus).into_iter().enumerate().filter(|(axis, _)| !shown.contains(axis));
    let parts: Vec<String> = fixed.map(|(_, (name, value))| format!("{name} = {value}, ")).collect();
    parts.concat()
}

fn caption(manifest: &Manifest, before: &str) -> String {
    format!("{before}{} loads each, seed {}", manifest.loads, manifest.seed)
}

fn heat_maps(grid: &Grid, manifest: &Manifest, results: &[CellResult], focus: &Cell, titles: &[String]) -> Picture {
    let (x, y) = (&grid.axes[0], &grid.axes[1]);
    let value = |set: usize, row: usize, column: usize| {
        let mut at = focus.at.clone();
        (at[0], at[1]) = (column, row);
        Some(results[grid.number(set, &at)].probability())
    };
    let cells: Vec<Vec<Vec<Option<f64>>>> = (0..titles.len())
        .map(|set| {
            let row = |row| (0..x.values.len()).map(|column| value(set, row, column)).collect();
            (0..y.values.len()).map(row).collect()
        })
        .collect();
    let panels: Vec<HeatMapPanel<'_>> =
        titles.iter().zip(&cells).map(|(title, cells)| HeatMapPanel { title, cells }).collect();
    let labels = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>();
    let picture = HeatMapGrid {
        title: &manifest.title,
        subtitle: &caption(manifest, &format!("Probability that a load fails; {}", elsewhere(grid, focus, &[0, 1]))),
        x_label: &x.parameter,
        y_label: &y.parameter,
        x_values: &labels(&x.values),
        y_values: &labels(&y.values),
        panels: &panels,
        columns: 2,
    };
    Picture {
        file: "failure-probability.svg".to_owned(),
        text: format!("Probability of a failure over {} and {}, for each set of fixes", x.parameter, y.parameter),
        svg: picture.to_svg(),
    }
}

fn curve(
    grid: &Grid,
    manifest: &Manifest,
    results: &[CellResult],
    focus: &Cell,
    titles: &[String],
    axis: usize,
) -> Picture {
    let parameter = &grid.axes[axis].parameter;
    let point = |set: usize, index: usize| {
        let mut at = focus.at.clone();
        at[axis] = index;
        let result = &results[grid.number(set, &at)];
        let interval = fixed_sample(result.failures, result.loads, LEVEL).ok();
        CurvePoint {
            x: grid.axes[axis].values[index],
            probability: result.probability(),
            interval: interval.map(|interval| (interval.low, interval.high)),
        }
    };
    let points: Vec<Vec<CurvePoint>> = (0..titles.len())
        .map(|set| {
            let mut points: Vec<CurvePoint> =
                (0..grid.axes[axis].values.len()).map(|index| point(set, index)).collect();
            points.sort_by(|one, other| one.x.total_cmp(&other.x));
            points
        })
        .collect();
    let series: Vec<CurveSeries<'_>> =
        titles.iter().zip(&points).map(|(label, points)| CurveSeries { label, points }).collect();
    let picture = Curve {
        title: &manifest.title,
        subtitle: &caption(manifest, &format!("{}bands: 95 % intervals, ", elsewhere(grid, focus, &[axis]))),
        x_label: parameter,
        y_label: "probability that a load fails",
        series: &series,
    };
    Picture {
        file: format!("curve-{parameter}.svg"),
        text: format!(
            "Probability of a failure against {parameter}, {}with 95 % intervals",
            elsewhere(grid, focus, &[axis])
        ),
        svg: picture.to_svg(),
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
