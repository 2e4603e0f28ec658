//! Single loads: their waterfalls, with a slider over them.

use super::super::sides::Sides;
use super::super::{Report, ReportError};
use super::{code, sentence, text};
use maud::{Markup, PreEscaped, html};

/// The loads in the slider; without the script only the two typical ones.
pub(super) fn loads(report: &Report<'_>) -> Result<Markup, ReportError> {
    let sides = Sides::of(report)?;
    let failing = report.shown.iter().filter(|load| load.failed).count();
    Ok(html! {
        section #loads {
            h2 { "One load in detail" }
            p {
                "Loads at " (text(&report.point.words)) ": "
                @if failing < report.shown.len() { (report.shown.len() - failing) " good ones from the fastest to the slowest" }
                @if failing > 0 && failing < report.shown.len() { ", then " }
                @if failing > 0 { (failing) " that fail" }
                ". They are evenly spaced quantiles of " (report.point.scan.loads) " loads; the middle one of each kind is the typical one."
            }
            (choice(report))
            @for at in 0..report.shown.len() { (figure(report, &sides, at)) }
            div #viewer hidden {}
            script #pictures type="application/json" { (PreEscaped(&sides.data)) }
        }
    })
}

/// The slider and its buttons.
fn choice(report: &Report<'_>) -> Markup {
    let last = report.shown.len().saturating_sub(1);
    html! {
        div #choice hidden {
            label for="load" { "load" }
            input #load type="range" min="0" max=(last) step="1" value=(last);
            div.stops aria-hidden="true" {
                @for shown in &report.shown { span.failed[shown.failed].typical[shown.typical] {} }
            }
            p.buttons {
                @for (at, shown) in report.shown.iter().enumerate().filter(|(_, shown)| shown.typical) {
                    button type="button" data-load=(at) { (if shown.failed { "typical failing load" } else { "typical good load" }) }
                }
            }
            p #missing role="status" {}
        }
    }
}

/// A load: its outcome and its command; the script draws it below them.
fn figure(report: &Report<'_>, sides: &Sides, at: usize) -> Markup {
    let (shown, drawn) = (&report.shown[at], &sides.loads[at]);
    let kind = match (shown.typical, shown.failed) {
        (true, true) => "A typical failing load: ",
        (true, false) => "A typical good load: ",
        (false, _) => "",
    };
    html! {
        figure.load.typical[shown.typical].failed[shown.failed] data-number=(shown.number) hidden[!shown.typical] {
            figcaption {
                p { strong { (kind) "load " (shown.number) } " – " (sentence(&drawn.outcome)) }
                p.quiet { (code(&report.run_command(shown.number))) }
            }
            @if let Some(svg) = &drawn.svg { div.scroll.wide.drawn tabindex="0" role="region" aria-label="Waterfall" { (PreEscaped(svg)) } }
        }
    }
}
