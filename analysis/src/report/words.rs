//! The page's sentences.
//!
//! Rule: a sentence states a count and its total. Names of the scenario are inserted unchanged; the page and the terminal
//! escape them.

use super::Report;
use crate::cause::Cause;
use crate::comparison::{Comparison, Word};
use crate::estimate::LEVEL;
use crate::sentence::doing;
use crate::sweep::Grid;
use crate::sweep::Row;
use crate::words::{duration, percent};
use sixslot_models::Plan;
use sixslot_models::load::Station;
use sixslot_sim_core::Span;
use sixslot_statistics::interval::{Interval, fixed_sample};

/// The interval of a share, for readers.
pub(super) fn between(interval: &Interval) -> String {
    format!("{} to {}", percent(interval.low), percent(interval.high))
}

/// Percentage points.
pub(super) fn points(value: f64) -> String {
    let text = format!("{:.2}", 100.0 * value.abs());
    let sign = if text.parse() == Ok(0.0) {
        ""
    } else if value < 0.0 {
        "−"
    } else {
        "+"
    };
    format!("{sign}{text}")
}

/// The description of a cell.
pub(super) fn reading(row: &Row) -> String {
    let interval = fixed_sample(row.failures, row.loads, LEVEL).map_or_else(|_| String::new(), |i| between(&i));
    let span = |milliseconds: f64| duration(Span::from_seconds_f64(milliseconds / 1e3));
    let ready = row.ready_ms.map_or_else(
        || "no load got ready".to_owned(),
        |[p50, _, p95, _]| format!("ready: median {}, 95 % by {}", span(p50), span(p95)),
    );
    let share = percent(row.probability());
    format!("{share} of loads fail ({interval}): {} of {}; {ready}", row.failures, row.loads)
}

/// The scenario's own values of the parameters that a grid varies.
pub(super) fn own_parameters(plan: &Plan, grid: &Grid) -> String {
    let value = |name: &str| {
        let own = plan.parameters().iter().find(|parameter| parameter.name == name)?;
        Some(format!("{name} = {}", own.value.mean()?))
    };
    let parts: Vec<String> = grid.axes.iter().filter_map(|axis| value(&axis.parameter)).collect();
    if parts.is_empty() { "the scenario's own parameters".to_owned() } else { parts.join(", ") }
}

/// The share of failing loads, as a clause.
fn share(failures: u64, loads: u64) -> String {
    let verb = if failures <= 1 { "fails" } else { "fail" };
    let Ok(interval) = fixed_sample(failures, loads, LEVEL) else {
        return format!("{failures} of {loads} loads {verb}");
    };
    if failures == 0 {
        format!("none of {loads} loads fails: at most {}", percent(interval.high))
    } else {
        format!("{failures} of {loads} loads {verb}: {}", between(&interval))
    }
}

/// How often loads fail at the scenario's own parameters, if the page describes another point.
pub(super) fn own(report: &Report<'_>) -> Option<String> {
    let (words, failures, loads) = report.own.as_ref()?;
    Some(format!("At the scenario's own parameters ({words}) {}.", share(*failures, *loads)))
}

/// Where a request's time goes on average: every station at which it spends a hundredth or more, in their order.
pub(super) fn stations(cause: &Cause) -> Vec<(String, String)> {
    let of = |((station, _), spent): ((Station, &str), Span)| {
        let counts = spent.as_nanos() >= cause.life.as_nanos() / 100 && !spent.is_zero();
        counts.then(|| (doing(station).to_owned(), duration(spent)))
    };
    Station::ALL.into_iter().zip(cause.stations).filter_map(of).collect()
}

/// The best fix, if one helps for certain, and those that it is tied with.
pub(super) fn best<'a>(report: &'a Report<'_>) -> Option<(&'a Comparison, Vec<&'a Comparison>)> {
    let helps = |fix: &&Comparison| matches!(fix.verdict, Some(Word::Fixes | Word::Reduces | Word::Faster));
    let best = report.fixes().iter().find(helps)?;
    let equals = report.fixes().iter().filter(|fix| best.tied_with.contains(&fix.fix)).collect();
    Some((best, equals))
}
