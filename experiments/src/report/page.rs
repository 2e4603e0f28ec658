//! The page as HTML: one file that needs nothing else.
//!
//! Rule: every string of a scenario goes through [`text`] or [`sentence`]; maud escapes it, marks that turn the direction
//! of writing are made visible, and it is isolated from its neighbours. The style and the script are files of their own,
//! allowed by their hashes; the security policy forbids everything else, the network first of all. No element has a style
//! of its own, because the policy forbids that too. Without the script everything that matters is there.

use super::{Report, ReportError, words};
use crate::comparison::Comparison;
use crate::estimate::percent;
use crate::export::Subject;
use crate::monte_carlo::Stopped;
use crate::pictures::text::{clean, shown};
use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use models::load::{Extent, Load};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// A string of a scenario in a line of its own direction.
fn text(text: &str) -> Markup {
    html! { bdi { (clean(text)) } }
}

/// A sentence in which names stand between backticks.
fn sentence(words: &str) -> Markup {
    html! {
        bdi {
            @for (number, part) in words.split('`').enumerate() {
                @if number % 2 == 1 { code { (clean(part)) } } @else { (spaced(part)) }
            }
        }
    }
}

/// A part of a sentence: cleaning would take away the space at its ends.
fn spaced(part: &str) -> String {
    let ends = |is: bool| if is { " " } else { "" };
    let middle = clean(part);
    if middle.is_empty() {
        return ends(!part.is_empty()).to_owned();
    }
    format!("{}{middle}{}", ends(part.starts_with(' ')), ends(part.ends_with(' ')))
}

/// A text of several lines.
fn lines(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).map(shown).collect()
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// The whole page.
pub(super) fn page(report: &Report<'_>) -> Result<Markup, ReportError> {
    let manifest = report.source.sweep.manifest();
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let has_grid = !report.source.sweep.grid().axes.is_empty();
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                link rel="icon" href="data:,";
                title { (clean(&manifest.title)) " – sixslot report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.what { "sixslot report" }
                    h1 { (text(&manifest.title)) }
                    nav aria-label="Sections" {
                        a href="#fixes" { "Fixes" }
                        @if has_grid { a href="#begin" { "Where failures begin" } a href="#curves" { "Curves" } }
                        a href="#loads" { "One load" }
                        a href="#scenario" { "Scenario" }
                        a href="#again" { "Make it again" }
                    }
                }
                main {
                    (answer(report))
                    (fixes(report))
                    @if has_grid { (begin(report)) (curves(report)) }
                    (loads(report)?)
                    (scenario(report))
                    (again(report))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    })
}

/// The first screen: how often, why, and what helps.
fn answer(report: &Report<'_>) -> Markup {
    let (failures, loads) = report.failures();
    let best = words::best(report);
    html! {
        section #answer aria-label="The answer" {
            p.headline {
                strong.(if failures > 0 { "bad" } else { "good" }) { (sentence(&words::how_often(report))) }
                @if let Some(cause) = &report.cause { ", because " (sentence(&words::why(cause))) }
                "."
                @if let Some((fix, _)) = &best {
                    " Best fix: " em { (text(&fix.title)) } "; it " (words::effect(fix)) "."
                } @else if failures > 0 && !report.fixes.is_empty() {
                    " No fix of the scenario helps for certain."
                }
            }
            div.facts {
                section {
                    h2 { "How often" }
                    p { (often(report)) }
                    @if let Some((words, failing, of)) = &report.own {
                        p {
                            "At the scenario’s own parameters (" (text(words)) ") "
                            (share(*failing, *of)) "."
                        }
                    }
                    @if !report.base.is_empty() {
                        p { "With " @for (number, fix) in report.base.iter().enumerate() { @if number > 0 { " + " } code { (clean(fix)) } } " in place." }
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
                    @else if report.fixes.is_empty() { p { "The scenario has no fix to compare. Add a table " code { "[fix.NAME]" } " with a patch." } }
                    @else if failures == 0 { p { "Nothing fails here, so no fix can show what it does." } }
                    @else { p { "The interval of no fix’s effect lies below zero: more " code { "--loads" } " may tell." } }
                }
            }
        }
    }
}

fn often(report: &Report<'_>) -> Markup {
    let (failures, loads) = report.failures();
    let interval = crate::statistics::interval::fixed_sample(failures, loads, crate::estimate::LEVEL);
    html! {
        @if let Ok(interval) = interval {
            @if failures == 0 { "With 95 % confidence fewer than " strong { (percent(interval.high)) } " of loads fail" }
            @else { "With 95 % confidence between " strong { (percent(interval.low)) } " and " strong { (percent(interval.high)) } " of loads fail" }
            " at " (text(&report.point.words)) " (" (interval.method.to_string()) ")."
        }
    }
}

/// How many of some loads fail, in a clause.
fn share(failures: u64, loads: u64) -> Markup {
    let interval = crate::statistics::interval::fixed_sample(failures, loads, crate::estimate::LEVEL);
    html! {
        @if failures == 0 { "none of " (loads) " loads fails" }
        @else { (failures) " of " (loads) " loads fail, " (percent(failures as f64 / loads as f64)) }
        @if let Ok(interval) = interval {
            @if failures == 0 { ": at most " (percent(interval.high)) } @else { " (" (words::between(&interval)) ")" }
        }
    }
}

fn why(report: &Report<'_>) -> Markup {
    let Some(cause) = &report.cause else {
        return html! { p { "No load fails because of a request." } };
    };
    let whole = |share: f64| format!("{:.0} %", 100.0 * share);
    html! {
        p {
            "In " (cause.loads) " of the first " (cause.of) " failing loads it is " code { (clean(&cause.class)) }
            " that fails; "
            @if cause.never_sent == cause.loads { "it is never sent." }
            @else if cause.never_sent == 0 { "it was sent each time." }
            @else { "in " (cause.never_sent) " of them it is never sent." }
        }
        @if !cause.holders.is_empty() {
            p {
                "While it waits, the connections are held by "
                @for (number, (class, held)) in cause.holders.iter().take(4).enumerate() {
                    @if number > 0 { ", " }
                    code { (clean(class)) } " " (whole(*held))
                }
                "."
            }
        }
    }
}

fn best_fix(fix: &Comparison, equals: &[&Comparison]) -> Markup {
    let interval = &fix.difference_interval;
    html! {
        p {
            code { (clean(&fix.fix)) } " changes the probability by " strong { (words::points(fix.difference)) }
            " percentage points, with 95 % confidence between " (words::points(interval.low)) " and "
            (words::points(interval.high)) ". It ends " (fix.discordant.ended) " failures and causes "
            (fix.discordant.caused) "."
        }
        @if !equals.is_empty() {
            p {
                "As much is done by "
                @for (number, other) in equals.iter().enumerate() {
                    @if number > 0 { ", " }
                    code { (clean(&other.fix)) }
                }
                "."
            }
        }
    }
}

/// The fixes, the best first.
fn fixes(report: &Report<'_>) -> Markup {
    let ends = report.fixes.iter().flat_map(|fix| [fix.difference_interval.low, fix.difference_interval.high]);
    let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
    html! {
        section #fixes {
            h2 { "Which fix helps, and by how much" }
            @if let Some(first) = report.fixes.first() {
                p {
                    "Each set of fixes on the same " (report.source.sweep.loads()) " loads at " (text(&report.point.words))
                    ". Without: " (percent(first.without)) " fail (" (words::between(&first.without_interval)) ")."
                }
                table.fixes {
                    thead {
                        tr {
                            th scope="col" { "fix" }
                            th.number scope="col" { "loads that fail with it" }
                            th.number scope="col" { "change, percentage points" }
                            th.bar scope="col" { "change with its 95 % interval" }
                            th.number scope="col" { "ended" }
                            th.number scope="col" { "caused" }
                        }
                    }
                    tbody {
                        @for fix in &report.fixes {
                            tr {
                                th scope="row" {
                                    (text(&fix.title))
                                    @if fix.title != fix.fix { " " code { (clean(&fix.fix)) } }
                                }
                                td.number data-label="fail with it" { strong { (percent(fix.with)) } " " span.quiet { (words::between(&fix.with_interval)) } }
                                td.number data-label="change" { strong { (words::points(fix.difference)) } " " span.quiet { (words::points(fix.difference_interval.low)) " to " (words::points(fix.difference_interval.high)) } }
                                td.bar { (effect_bar(fix, low, high)) }
                                td.number data-label="ended" { (fix.discordant.ended) }
                                td.number data-label="caused" { (fix.discordant.caused) }
                            }
                        }
                    }
                }
                p.quiet {
                    "Ended: loads that fail only without the fix. Caused: loads that fail only with it. The interval is a paired one (Tango 1998). "
                    "A bar that reaches the line of no change does nothing for certain."
                }
            } @else {
                p { "The scenario has no fix to compare. Add a table " code { "[fix.NAME]" } " with a patch." }
            }
        }
    }
}

/// The change and its interval on the scale of all fixes.
fn effect_bar(fix: &Comparison, low: f64, high: f64) -> Markup {
    const WIDTH: f64 = 220.0;
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
        svg.(kind) viewBox="0 0 220 22" width="220" height="22" aria-hidden="true" {
            rect.amount x=(tenth(zero.min(at))) y="5" width=(tenth((zero - at).abs())) height="12" {}
            line.zero x1=(tenth(zero)) x2=(tenth(zero)) y1="0" y2="22" {}
            line.range x1=(tenth(from)) x2=(tenth(to)) y1="11" y2="11" {}
            line.range x1=(tenth(from)) x2=(tenth(from)) y1="7" y2="15" {}
            line.range x1=(tenth(to)) x2=(tenth(to)) y1="7" y2="15" {}
        }
    }
}

/// Thresholds and heat maps.
fn begin(report: &Report<'_>) -> Markup {
    let grid = report.source.sweep.grid();
    let elsewhere = report.third_axes();
    html! {
        section #begin {
            h2 { "Where failures begin" }
            @if let Some(onsets) = report.onsets() {
                p {
                    "The smallest " code { (clean(&onsets.along)) } " at which more than 1 % of loads fail"
                    @if !elsewhere.is_empty() { ", at " (text(&elsewhere)) }
                    "."
                }
                div.scroll {
                    table.onsets {
                        thead {
                            @if let Some((across, values)) = &onsets.across {
                                tr { td {} th scope="colgroup" colspan=(values.len()) { (text(across)) } }
                                tr { th scope="col" { "fixes" } @for value in values { th.number scope="col" { (value) } } }
                            } @else {
                                tr { th scope="col" { "fixes" } th.number scope="col" { (text(&onsets.along)) } }
                            }
                        }
                        tbody {
                            @for (set, row) in onsets.sets.iter().enumerate() {
                                tr {
                                    th scope="row" { (text(&grid.title(set))) }
                                    @for onset in row {
                                        td.number {
                                            @if let Some(onset) = onset {
                                                strong { @if !onset.certain { "≈ " } (onset.value) @if onset.ends { " *" } }
                                            } @else { span.quiet title="never on this grid" { "–" } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                p.quiet {
                    "–: at no value of the grid. ≈: the interval of the share holds 1 %."
                    @if onsets.sets.iter().flatten().flatten().any(|onset| onset.ends) { " *: at a larger value no more than 1 % fail." }
                }
            }
            @if let Some(maps) = report.heat_maps() {
                h3 { "The probability of a failure over the grid" }
                p {
                    "Each cell is " (report.source.sweep.loads()) " loads"
                    @if !elsewhere.is_empty() { " at " (text(&elsewhere)) }
                    "."
                    span.scripted { " Point at a cell to read it, or tab to a map and move with the arrow keys." }
                }
                figure.scale { (PreEscaped(&maps.scale)) }
                div.maps {
                    @for (set, map) in maps.maps.iter().enumerate() {
                        figure.map {
                            figcaption { (text(&grid.title(set))) }
                            div.scroll { (PreEscaped(map)) }
                        }
                    }
                }
                p #reading role="status" aria-live="polite" hidden {}
            }
        }
    }
}

fn curves(report: &Report<'_>) -> Markup {
    html! {
        section #curves {
            h2 { "Curves" }
            @for (caption, svg) in report.curves() {
                figure {
                    figcaption { (text(&caption)) }
                    div.scroll.wide { (PreEscaped(svg)) }
                }
            }
        }
    }
}

/// The loads that are shown; without the script the two typical ones.
fn loads(report: &Report<'_>) -> Result<Markup, ReportError> {
    let mut load = Load::new();
    let mut figures = Vec::with_capacity(report.shown.len());
    for shown in &report.shown {
        let played = load.simulate(&report.point.plan, report.seed, shown.number, Extent::Whole);
        played.map_err(Stopped::from)?;
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
            h2 { "One load, told" }
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

fn scenario(report: &Report<'_>) -> Markup {
    let recipe = report.source.sweep.recipe();
    html! {
        section #scenario {
            h2 { "The scenario" }
            p { code { (clean(&recipe.scenario)) } @if !recipe.set.is_empty() { ", changed by " @for set in &recipe.set { code { "--set " (clean(set)) } " " } } }
            pre tabindex="0" { code { (lines(&recipe.text)) } }
        }
    }
}

fn again(report: &Report<'_>) -> Markup {
    let manifest = report.source.sweep.manifest();
    html! {
        section #again {
            h2 { "Make it again" }
            pre { code { @for command in &report.source.commands { (clean(command)) "\n" } } }
            p {
                "sixslot " (manifest.version) ". The same program, scenario, settings and seed give the same bytes of this page, on any machine. "
                "A probability is a share of simulated loads with its 95 % interval (Wilson; Clopper-Pearson where none or all fail); "
                "load k is the same load under every fix and in every cell. "
                "SHA-256 of the scenario: " code.hash { (manifest.scenario_sha256) }
            }
        }
    }
}
