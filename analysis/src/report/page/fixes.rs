//! The table of the fixes, each with its effect as a bar.

use super::super::{Report, words};
use super::{code, text, tied};
use crate::comparison::Comparison;
use crate::ready_times::ReadyQuantile;
use crate::words::{milliseconds, percent};
use maud::{Markup, html};

/// The fixes, the best first.
pub(super) fn fixes(report: &Report<'_>) -> Markup {
    let ends = report.fixes().iter().flat_map(|fix| [fix.difference_interval.low, fix.difference_interval.high]);
    let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
    html! {
        section #fixes {
            h2 { "Which fix helps, and by how much" }
            @if let Some(first) = report.fixes().first() {
                p {
                    "Each set of fixes on the same " (report.source.sweep.loads()) " loads at " (text(&report.point.words))
                    ". Without: " (tied(&percent(first.without))) " fail (" (tied(&words::between(&first.without_interval))) "), "
                    (tied(&percent(report.compared.without.shares.late))) " are late, and the page is ready after "
                    (time(report.compared.without.ready_interval_ms.p50)) " in the median and after "
                    (time(report.compared.without.ready_interval_ms.p95)) " in 95\u{a0}% of loads."
                }
                div.scroll tabindex="0" role="region" aria-label="The fixes" {
                table.fixes {
                    thead {
                        tr {
                            th scope="col" { "fix" }
                            th scope="col" { "does" }
                            th.number scope="col" { "loads that fail with it" }
                            th.number scope="col" { "late" }
                            th.number scope="col" { "ready, median" }
                            th.number scope="col" { "ready, 95\u{a0}%" }
                            th.number scope="col" { "change, percentage points" }
                            th.bar scope="col" { "change with its 95\u{a0}% interval" }
                            th.number scope="col" { "fixed, broken" }
                        }
                    }
                    tbody {
                        @for fix in report.fixes() {
                            tr {
                                th scope="row" {
                                    (text(&fix.title))
                                    @if fix.title != fix.fix { " " (code(&fix.fix)) }
                                }
                                td data-label="does" { (word(fix)) }
                                td.number data-label="fail with it" { (failing(fix)) }
                                td.number data-label="late" { (tied(&percent(fix.outcomes.shares.late))) }
                                td.number data-label="ready, median" { (time(fix.outcomes.ready_interval_ms.p50)) }
                                td.number data-label="ready, 95 %" { (time(fix.outcomes.ready_interval_ms.p95)) }
                                td.number data-label="change" { strong { (words::points(fix.difference)) } " " span.quiet { (words::points(fix.difference_interval.low)) " to " (words::points(fix.difference_interval.high)) } }
                                td.bar { (effect_bar(fix, low, high)) }
                                td.number data-label="fixed, broken" { (fix.discordant.fixed) ", " (fix.discordant.broken) }
                            }
                        }
                    }
                }
                }
                p.quiet {
                    "Fixed: loads that fail only without the fix. Broken: loads that fail only with it. The interval of the change is a paired one (Tango 1998) and holds for all fixes at once. "
                    "A bar that reaches the line of no change does nothing for certain."
                }
            } @else {
                p { "The scenario has no fix to compare. Add a table " code { "[fix.NAME]" } " with a patch." }
            }
        }
    }
}

/// The share of loads that fail with a fix, where its rules can fail a load.
fn failing(fix: &Comparison) -> Markup {
    html! {
        @if let (Some(share), Some(interval)) = (fix.outcomes.shares.failed, fix.outcomes.failed_interval) {
            strong { (tied(&percent(share))) } " " span.quiet { (tied(&words::between(&interval))) }
        } @else { "not judged" }
    }
}

/// What a fix does, in a word, with its ties.
fn word(fix: &Comparison) -> Markup {
    html! {
        @match (fix.verdict, fix.needed_horizon_ms) {
            (Some(word), _) => { (word.to_string()) }
            (None, Some(needed)) => { "shows only at a horizon of " (tied(&milliseconds(needed))) }
            (None, None) => {}
        }
        @if !fix.tied_with.is_empty() { " " span.quiet { "(tied with " (fix.tied_with.len()) ")" } }
    }
}

/// A quantile of the time to ready, with its interval.
fn time(quantile: ReadyQuantile) -> Markup {
    let shown = |time: Option<f64>| time.map_or_else(|| "never".to_owned(), milliseconds);
    html! {
        (tied(&shown(quantile.value)))
        @if quantile.low.is_some() { " " span.quiet { (tied(&shown(quantile.low))) " to " (tied(&shown(quantile.high))) } }
    }
}

/// The change and its interval on the scale of all fixes.
fn effect_bar(fix: &Comparison, low: f64, high: f64) -> Markup {
    const WIDTH: f64 = 160.0;
    let x = |value: f64| {
        let along = if high > low { (value - low) / (high - low) } else { 1.0 };
        6.0 + along * (WIDTH - 12.0)
    };
    let tenth = |value: f64| format!("{value:.1}");
    let (zero, at) = (x(0.0), x(fix.difference));
    let (from, to) = (x(fix.difference_interval.low), x(fix.difference_interval.high));
    let kind = if fix.difference_interval.high < 0.0 {
        "helps"
    } else if fix.difference_interval.low > 0.0 {
        "harms"
    } else {
        "unclear"
    };
    html! {
        svg.(kind) viewBox="0 0 160 22" width="160" height="22" aria-hidden="true" {
            rect.amount x=(tenth(zero.min(at))) y="5" width=(tenth((zero - at).abs())) height="12" {}
            line.zero x1=(tenth(zero)) x2=(tenth(zero)) y1="0" y2="22" {}
            line.range x1=(tenth(from)) x2=(tenth(to)) y1="11" y2="11" {}
            line.range x1=(tenth(from)) x2=(tenth(from)) y1="7" y2="15" {}
            line.range x1=(tenth(to)) x2=(tenth(to)) y1="7" y2="15" {}
        }
    }
}
