//! The table of a comparison: the loads without a fix, then each fix, the best first.

use super::{heading, table_width, width};
use sixslot_analysis::comparison::{Comparison, Comparisons, Outcomes};
use sixslot_analysis::page_end::PageEnd;
use sixslot_analysis::ready_times::ReadyQuantile;
use sixslot_analysis::text_table::{Align, TextTable, TimeUnit, share};
use sixslot_analysis::words::{duration, wrap};
use sixslot_sim_core::Span;
use std::fmt::Write as _;

/// What was compared.
pub(super) struct About<'a> {
    /// The scenario's title.
    pub(super) title: &'a str,
    /// Loads of each variant.
    pub(super) loads: u64,
    /// The seed.
    pub(super) seed: u64,
    /// The fixes that are in place.
    pub(super) base: &'a [String],
}

/// The times of both columns, in milliseconds.
fn times(outcomes: &Outcomes) -> impl Iterator<Item = f64> {
    let intervals = outcomes.ready_interval_ms;
    let of = |quantile: ReadyQuantile| [quantile.value, quantile.low, quantile.high];
    [of(intervals.p50), of(intervals.p95)].into_iter().flatten().flatten()
}

/// The outcomes of loads as cells.
fn cells(outcomes: &Outcomes, unit: TimeUnit) -> [String; 4] {
    let failed = match (outcomes.shares.failed, outcomes.failed_interval) {
        (Some(failed), Some(interval)) => {
            format!("{} ({} to {})", share(failed), share(interval.low), share(interval.high))
        }
        _ => "not judged".to_owned(),
    };
    let time = |time: Option<f64>| time.map_or_else(|| "never".to_owned(), |time| unit.write(time));
    let with = |quantile: ReadyQuantile| match quantile.low {
        None => "never".to_owned(),
        low => format!("{} ({} to {})", time(quantile.value), time(low), time(quantile.high)),
    };
    let intervals = outcomes.ready_interval_ms;
    [failed, share(outcomes.shares.late), with(intervals.p50), with(intervals.p95)]
}

/// The title, the settings and the table.
pub(super) fn text(about: &About<'_>, found: &Comparisons) -> String {
    let width = width();
    let base = if about.base.is_empty() { String::new() } else { format!(", on top of {}", about.base.join(" + ")) };
    let settings =
        format!("{} loads, seed {}, each without and with the fix{base}; 95 % intervals", about.loads, about.seed);
    let mut text = format!("{}\n{}\n\n", heading(about.title), wrap("", &settings, width));
    let all = std::iter::once(&found.without).chain(found.fixes.iter().map(|fix| &fix.outcomes));
    let unit = TimeUnit::of(all.flat_map(times));
    let (median, most) = (format!("ready, median, {}", unit.symbol()), format!("ready, 95 %, {}", unit.symbol()));
    let mut table = TextTable::new([
        ("", Align::Right),
        ("fix", Align::Left),
        ("failed, %", Align::Right),
        ("late, %", Align::Right),
        (median.as_str(), Align::Right),
        (most.as_str(), Align::Right),
        ("fixed", Align::Right),
        ("broken", Align::Right),
        ("does", Align::Left),
    ]);
    let none = if about.base.is_empty() { "none" } else { "no more" };
    table.row([String::new(), none.to_owned()].into_iter().chain(cells(&found.without, unit)));
    for fix in &found.fixes {
        // A tie is marked at the place.
        let place = format!("{}{}", fix.place, if fix.tied_with.is_empty() { " " } else { "=" });
        let word = fix.verdict.map_or_else(|| "(unknown)".to_owned(), |word| word.to_string());
        let counts = [fix.fixed.to_string(), fix.broken.to_string(), word];
        table.row([place, fix.fix.clone()].into_iter().chain(cells(&fix.outcomes, unit)).chain(counts));
    }
    text.push_str(&table.draw(table_width()));
    let span = |ms: f64| duration(Span::from_seconds_f64(ms / 1e3));
    if let Some(end) = found.without.end_ms {
        let name = |fix: &Comparison| (fix.fix.clone(), fix.outcomes.end_ms);
        let all = std::iter::once((none.to_owned(), Some(end))).chain(found.fixes.iter().map(name));
        let at = |end: PageEnd| end.p50.map_or_else(|| "after the horizon".to_owned(), span);
        let ends = all.filter_map(|(name, end)| Some(format!("{name} {}", at(end?))));
        let first = if end.loads < found.loads { "the first " } else { "" };
        let ends = ends.collect::<Vec<_>>().join(", ");
        let line = format!("page's end, the median of {first}{} loads: {ends}", end.loads);
        let _ = writeln!(text, "{}", wrap("", &line, width));
    }
    for fix in &found.fixes {
        let line = if let Some(needed) = fix.needed_horizon_ms {
            format!("{}: what it does shows only at a horizon of {}", fix.fix, span(needed))
        } else if fix.judged_horizon_ms != found.horizon_ms {
            format!("{}: judged at a horizon of {}", fix.fix, span(fix.judged_horizon_ms))
        } else {
            continue;
        };
        let _ = writeln!(text, "{}", wrap("", &line, width));
    }
    if found.fixes.iter().any(|fix| !fix.tied_with.is_empty()) {
        let line = "=: a tie, neither better nor worse for certain than another fix; JSON lists them";
        let _ = writeln!(text, "{}", wrap("", line, width));
    }
    text
}
