//! The first screen: how often loads fail, why, and which fix helps.

use super::super::{Report, words};
use super::{code, sentence, text, tied};
use crate::comparison::Comparison;
use crate::words::percent;
use maud::{Markup, html};

/// The first screen: how often loads fail, why, and which fix helps.
pub(super) fn answer(report: &Report<'_>) -> Markup {
    let (failures, loads) = report.failures();
    let best = words::best(report);
    let finding = report.finding();
    html! {
        section #answer aria-label="The answer" {
            p.headline {
                @if let Some(own) = words::own(report) { (sentence(&own)) " " }
                strong.(if failures > 0 { "bad" } else { "good" }) { (sentence(&finding.how_often())) }
                @if let Some(cause) = &report.cause { ": " (sentence(&crate::sentence::why(cause))) }
                "."
                @if let Some(fix) = finding.which_fix() { " " (sentence(&fix)) }
            }
            @for note in report.notes() { p.quiet { "Note: " (sentence(note)) } }
            div.facts {
                section {
                    h2 { "How often" }
                    p { (often(report)) }
                    @if report.own.is_some() {
                        p { "At the scenario’s own parameters too few loads fail to distinguish the fixes, so this page is about the point below." }
                    }
                    @if !report.base.is_empty() {
                        p { "With " @for (number, fix) in report.base.iter().enumerate() { @if number > 0 { " + " } (code(fix)) } " in place." }
                    }
                    @if failures > 0 { p.quiet { (failures) " of " (loads) " loads, seed " (report.seed) "." } }
                }
                section {
                    h2 { "Why" }
                    (why(report))
                }
                section {
                    h2 { "Which fix" }
                    @if let Some((fix, equals)) = best { (best_fix(fix, &equals)) }
                    @else if report.fixes().is_empty() { p { "The scenario has no fix to compare. Add a table " code { "[fix.NAME]" } " with a patch." } }
                    @else if let Some(fix) = finding.which_fix() { p { (sentence(&fix)) } }
                }
            }
        }
    }
}

fn often(report: &Report<'_>) -> Markup {
    let (failures, loads) = report.failures();
    let interval = sixslot_statistics::interval::fixed_sample(failures, loads, crate::estimate::LEVEL);
    html! {
        @if !report.point.plan.load().can_fail {
            @for note in crate::notes::notes(&report.point.plan) { (sentence(&note)) " " }
        } @else if let Ok(interval) = interval {
            @if let Some(data) = &report.data {
                "With 95\u{a0}% confidence, the uncertainty of the archives included, " strong { (tied(&words::between(&data.interval))) } " of loads fail"
                ", by simulation alone " (tied(&words::between(&interval))) ","
            } @else if failures == 0 { "With 95\u{a0}% confidence fewer than " strong { (tied(&percent(interval.high))) } " of loads fail" }
            @else { "With 95\u{a0}% confidence between " strong { (tied(&percent(interval.low))) } " and " strong { (tied(&percent(interval.high))) } " of loads fail" }
            " at " (text(&report.point.words)) "."
        }
    }
}

fn why(report: &Report<'_>) -> Markup {
    let Some(cause) = &report.cause else {
        return html! { p { "No load fails because of a request." } };
    };
    html! {
        p {
            "In " (cause.loads) " of the first " (cause.of) " failing loads it is " (code(&cause.class))
            " that fails; it is "
            @if cause.never_sent == cause.loads { "never sent. " }
            @else if cause.never_sent == 0 { "sent each time. " }
            @else { "never sent in " (cause.never_sent) " of them. " }
            "On average it spends "
            @for (number, (place, spent)) in words::stations(cause).iter().enumerate() {
                @if number > 0 { ", " }
                (tied(spent)) " " (place)
            }
            "."
        }
        @if !cause.holders.is_empty() {
            p {
                "While it waits, the connections are held by "
                (shares(&cause.holders))
                "."
            }
        }
        @if !cause.concurrent.is_empty() {
            p {
                "While it is with the server, so are " strong { (format!("{:.1}", cause.crowd)) } " other calls on average: "
                (shares(&cause.concurrent))
                "."
            }
        }
    }
}

/// Classes with their shares, the largest four.
fn shares(classes: &[(String, f64)]) -> Markup {
    html! {
        @for (number, (class, share)) in classes.iter().take(4).enumerate() {
            @if number > 0 { ", " }
            (code(class)) " " (format!("{:.0}\u{a0}%", 100.0 * share))
        }
    }
}

fn best_fix(fix: &Comparison, equals: &[&Comparison]) -> Markup {
    let interval = &fix.difference_interval;
    html! {
        p {
            (code(&fix.fix)) " changes the probability by " strong { (words::points(fix.difference)) }
            " percentage points, with 95\u{a0}% confidence between " (words::points(interval.low)) " and "
            (words::points(interval.high)) ". It fixes " (fix.discordant.fixed) " loads and breaks "
            (fix.discordant.broken) "."
        }
        @if !equals.is_empty() {
            p {
                "As much is done by "
                @for (number, other) in equals.iter().enumerate() {
                    @if number > 0 { ", " }
                    (code(&other.fix))
                }
                "."
            }
        }
    }
}
