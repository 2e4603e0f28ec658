//! `sweep.csv`: one row for each cell.

use super::SweepError;
use sixslot_analysis::estimate::LEVEL;
use sixslot_analysis::sweep::{Cell, CellResult, Grid};
use sixslot_models::load::Station;
use sixslot_statistics::interval::fixed_sample;

/// The first row.
pub(super) fn head(grid: &Grid) -> Vec<String> {
    let mut head: Vec<String> = vec!["fixes".to_owned()];
    head.extend(grid.axes.iter().map(|axis| axis.parameter.clone()));
    let fixed = [
        "loads",
        "failures",
        "probability",
        "low",
        "high",
        "interval",
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
    head
}

/// The columns that identify a cell, at the beginning of its row.
pub(super) fn names(grid: &Grid, cell: &Cell) -> Vec<String> {
    let mut names = vec![grid.name(cell.fix_set)];
    names.extend(grid.parameters(cell).iter().map(|(_, value)| value.to_string()));
    names
}

/// The table as text.
///
/// # Errors
/// None in practice: the writer is in memory.
pub fn csv(grid: &Grid, results: &[CellResult]) -> Result<String, SweepError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = |error: csv::Error| SweepError::Table { error: error.to_string() };
    writer.write_record(head(grid)).map_err(written)?;
    for result in results {
        let cell = grid.cell(result.cell);
        let mut row = names(grid, &cell);
        let interval = fixed_sample(result.failures, result.loads, LEVEL)
            .map_err(|error| SweepError::Table { error: error.to_string() })?;
        row.extend([result.loads.to_string(), result.failures.to_string()]);
        row.extend([result.probability(), interval.low, interval.high].map(|value| format!("{value:.6}")));
        row.push(interval.method.to_string());
        row.extend([result.error_shown, result.recovered, result.not_ready].map(|count| count.to_string()));
        let times = result.ready_quantiles.map(|quantiles| quantiles.map(|time| format!("{:.3}", time as f64 / 1e6)));
        row.extend(times.unwrap_or_default());
        let total: u64 = result.failed_spent.iter().sum();
        row.extend(
            result
                .failed_spent
                .map(|spent| if total == 0 { String::new() } else { format!("{:.4}", spent as f64 / total as f64) }),
        );
        row.push(result.first_failure.map_or_else(String::new, |load| load.to_string()));
        writer.write_record(&row).map_err(written)?;
    }
    let bytes = writer.into_inner().map_err(|error| SweepError::Table { error: error.to_string() })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
