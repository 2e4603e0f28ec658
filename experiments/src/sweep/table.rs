//! `sweep.csv`: one row for each cell.

use super::SweepError;
use crate::csv_table::of_rows;
use sixslot_analysis::sweep::{Cell, CellResult, Grid, Manifest};
use sixslot_models::load::Station;
use sixslot_statistics::interval::IntervalError;
use std::cmp::Ordering;

/// The first row.
pub(super) fn head(grid: &Grid, manifest: &Manifest) -> Vec<String> {
    let mut head: Vec<String> = vec!["fixes".to_owned()];
    head.extend(grid.axes.iter().map(|axis| axis.parameter.clone()));
    let fixed = [
        "loads",
        "failures",
        "probability",
        "low",
        "high",
        "interval",
        "failed",
        "late",
        "ready",
        "error_shown",
        "recovered",
        "not_ready",
        "ready_p50_ms",
        "ready_p90_ms",
        "ready_p95_ms",
        "ready_p99_ms",
    ];
    head.extend(fixed.map(str::to_owned));
    head.extend(Station::ALL.iter().map(|(_, name)| format!("failed_share_{name}")));
    head.push("first_failing_load".to_owned());
    if manifest.decide.is_some() {
        head.push("decided".to_owned());
    }
    if !manifest.notes.is_empty() {
        head.push("notes".to_owned());
    }
    head
}

/// The columns that identify a cell, at the beginning of its row.
pub(super) fn names(grid: &Grid, cell: &Cell) -> Vec<String> {
    let mut names = vec![grid.name(cell.fix_set)];
    names.extend(grid.parameters(cell).iter().map(|(_, value)| value.to_string()));
    names
}

fn row(grid: &Grid, manifest: &Manifest, result: &CellResult) -> Result<Vec<String>, IntervalError> {
    let mut row = names(grid, &grid.cell(result.cell));
    let interval = manifest.interval(result.failures, result.loads)?;
    // Empty where nothing can fail.
    let judged = |text: String| if result.judged { text } else { String::new() };
    row.extend([result.loads.to_string(), judged(result.failures.to_string())]);
    row.extend([result.probability(), interval.low, interval.high].map(|value| judged(format!("{value:.6}"))));
    row.push(judged(interval.method.to_string()));
    let shares = result.shares();
    row.push(shares.failed.map_or_else(String::new, |failed| failed.to_string()));
    row.extend([shares.late, shares.ready].map(|share| share.to_string()));
    row.extend([result.error_shown, result.recovered, result.not_ready].map(|count| count.to_string()));
    let times = result.ready_quantiles.map(|quantiles| quantiles.map(|time| format!("{:.3}", time as f64 / 1e6)));
    row.extend(times.unwrap_or_default());
    let total: u64 = result.failed_spent.iter().sum();
    let share = |spent| if total == 0 { String::new() } else { format!("{:.4}", spent as f64 / total as f64) };
    row.extend(result.failed_spent.map(share));
    row.push(result.first_failure.map_or_else(String::new, |load| load.to_string()));
    if manifest.decide.is_some() {
        row.push(side(manifest, result).to_owned());
    }
    if !manifest.notes.is_empty() {
        row.push(manifest.notes.join(" "));
    }
    Ok(row)
}

/// On which side of the threshold a cell lies.
pub(super) fn side(manifest: &Manifest, result: &CellResult) -> &'static str {
    match manifest.side(result.failures, result.loads) {
        Some(Ordering::Greater) => "above",
        Some(_) => "below",
        None => "undecided",
    }
}

/// The table as text.
///
/// # Errors
/// A result that is not of this grid: other columns, or more failures than loads.
pub fn csv(grid: &Grid, manifest: &Manifest, results: &[CellResult]) -> Result<String, SweepError> {
    let rows = results.iter().map(|result| row(grid, manifest, result)).collect::<Result<Vec<_>, _>>()?;
    Ok(of_rows(std::iter::once(head(grid, manifest)).chain(rows))?)
}
