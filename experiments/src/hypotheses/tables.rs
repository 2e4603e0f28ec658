//! What the hypotheses' result says to programs: one CSV table for each part.
//!
//! Rule: one row for each thing that was held against another; an empty cell is something that never happens.

use super::Findings;
use super::file::{HypothesesFile, Published};
use super::observe::Unit;
use super::recovery::{RecoveryMap, Spot};
use crate::csv_table::{CsvError, of_rows};
use sixslot_analysis::layers::Attribution;

fn words(row: &[&str]) -> Vec<String> {
    row.iter().map(|word| (*word).to_owned()).collect()
}

/// Seconds, or nothing where the time never comes.
fn seconds(value: f64) -> String {
    if value.is_finite() { format!("{value:.3}") } else { String::new() }
}

/// `figures.csv`.
pub(super) fn figures(file: &HypothesesFile, findings: &Findings) -> Result<String, CsvError> {
    let head = "figure hypothesis unit published_low published_high loads loads_counted median low high inside";
    let mut rows = vec![words(&head.split(' ').collect::<Vec<_>>())];
    for (figure, answers) in file.figures.iter().zip(&findings.answers) {
        let (low, high) = match figure.published {
            Published::Value(value) => (value, value),
            Published::Range(low, high) => (low, high),
        };
        let unit = match figure.view.observable.unit() {
            Unit::Count => "count",
            Unit::Seconds => "seconds",
            Unit::Share => "share",
        };
        for answer in answers {
            let mut row = words(&[&figure.name, &file.hypotheses[answer.hypothesis].name, unit]);
            row.extend([low.to_string(), high.to_string(), answer.loads.to_string(), answer.counted.to_string()]);
            let predicted = answer.predicted.map(|values| values.map(|value| format!("{value:.6}")));
            row.extend(predicted.unwrap_or_default());
            row.push(answer.inside.to_string());
            rows.push(row);
        }
    }
    of_rows(rows)
}

/// `predictions.csv`.
pub(super) fn predictions(file: &HypothesesFile, findings: &Findings) -> Result<String, CsvError> {
    let head = "case hypothesis loads failed failed_low failed_high measured_loads count_low count_high cleared not_ready ready_median_s ready_low_s ready_high_s measured_failures measured_ready_s holds";
    let mut rows = vec![words(&head.split(' ').collect::<Vec<_>>())];
    for (prediction, own) in file.predictions.iter().zip(&findings.forecasts) {
        for forecast in own {
            let mut row = words(&[&prediction.text, &file.hypotheses[forecast.hypothesis].name]);
            row.push(forecast.loads.to_string());
            row.extend([forecast.probability, forecast.failed.low, forecast.failed.high].map(|v| format!("{v:.4}")));
            row.extend([prediction.measured_loads, forecast.count.0, forecast.count.1].map(|v| v.to_string()));
            row.extend([forecast.cleared, forecast.not_ready].map(|value| format!("{value:.4}")));
            row.extend(forecast.ready.map(seconds));
            row.extend(match prediction.measured {
                None => [String::new(), String::new(), String::new()],
                Some(it) => [it.failures.to_string(), seconds(it.ready), forecast.holds(it).to_string()],
            });
            rows.push(row);
        }
    }
    of_rows(rows)
}

/// `captures.csv`.
pub(super) fn captures(file: &HypothesesFile, findings: &Findings) -> Result<String, CsvError> {
    let head = "case capture ready_s hypothesis load latent played_ready_s apart_s shared same_order ended same_fate waited same_station burst_in_browser played_burst_in_browser differs";
    let mut rows = vec![words(&head.split(' ').collect::<Vec<_>>())];
    for (overlay, own) in file.overlays.iter().zip(&findings.overlays) {
        for (capture, it) in overlay.captures.iter().zip(own) {
            let hypothesis = &file.hypotheses[overlay.hypothesis].name;
            let mut row = words(&[&overlay.name, &capture.name, &seconds(capture.ready), hypothesis]);
            row.push(it.load.to_string());
            row.push(it.latent.map_or_else(String::new, |value| format!("{value:.3}")));
            row.extend([it.ready, it.apart].map(seconds));
            row.extend([it.shared.to_string(), it.same_order.to_string()]);
            row.extend([it.ended, it.same_fate, it.waited, it.same_station].map(|count| count.to_string()));
            row.extend(it.burst_in_browser.map(|count| count.to_string()));
            row.push(it.differs.join("; "));
            rows.push(row);
        }
    }
    of_rows(rows)
}

/// `layers.csv`: the contributions, in parts of one.
pub(super) fn layers(attribution: &Attribution) -> Result<String, CsvError> {
    let mut rows = vec![words(&["layer", "contribution", "low", "high", "numerator", "denominator"])];
    for layer in &attribution.layers {
        let interval = &layer.contribution_interval;
        let mut row = vec![layer.layer.clone()];
        row.extend([layer.contribution, interval.low, interval.high].map(|value| format!("{value:.6}")));
        row.extend([layer.numerator.to_string(), attribution.denominator.to_string()]);
        rows.push(row);
    }
    of_rows(rows)
}

/// `recovery.csv`.
pub(super) fn recovery(map: &RecoveryMap, spots: &[Spot]) -> Result<String, CsvError> {
    let mut rows = vec![map.parameters.clone()];
    rows[0].extend(words(&["failed", "not_ready", "regime"]));
    for ((values, _), spot) in map.points.iter().zip(spots) {
        let mut row: Vec<String> = values.iter().map(f64::to_string).collect();
        row.extend([spot.failed, spot.stuck].map(|share| format!("{share:.4}")));
        row.push(spot.regime().name().to_owned());
        rows.push(row);
    }
    of_rows(rows)
}
