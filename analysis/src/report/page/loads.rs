//! Single loads: their waterfalls, with a slider over them.

use super::super::{Report, ReportError};
use super::{sentence, text};
use crate::export::Subject;
use crate::replications::Stopped;
use crate::svg_text::clean;
use maud::{Markup, PreEscaped, html};
use sixslot_models::load::{Extent, Load};

/// The loads in the slider; without the script only the two typical ones.
pub(super) fn loads(report: &Report<'_>) -> Result<Markup, ReportError> {
    let mut load = Load::new();
    let mut figures = Vec::with_capacity(report.shown.len());
    for shown in &report.shown {
        let simulated = load.simulate(&report.point.plan, report.seed, shown.number, Extent::Whole);
        simulated.map_err(Stopped::from)?;
        let subject = Subject::new(&report.point.plan, &load, report.seed, shown.number, &report.base);
        let (outcome, svg) = (subject.outcome(), subject.figure());
        let kind = match (shown.typical, shown.failed) {
            (true, true) => "A typical failing load: ",
            (true, false) => "A typical good load: ",
            (false, _) => "",
        };
        figures.push(html! {
            figure.load.typical[shown.typical].failed[shown.failed] data-number=(shown.number) hidden[!shown.typical] {
                figcaption {
                    p { strong { (kind) "load " (shown.number) } " – " (sentence(&outcome)) }
                    p.quiet { code { (clean(&report.run_command(shown.number))) } }
                }
                div.scroll.wide { (PreEscaped(svg)) }
            }
        });
    }
    let failing = report.shown.iter().filter(|load| load.failed).count();
    let last = report.shown.len().saturating_sub(1);
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
            }
            @for figure in figures { (figure) }
        }
    })
}
