//! The grid: onset of failures, heat maps and curves.

use super::super::{Pictures, Report};
use super::{code, text};
use maud::{Markup, PreEscaped, html};

/// Thresholds and heat maps.
pub(super) fn begin(report: &Report<'_>, pictures: &impl Pictures) -> Markup {
    let grid = report.source.sweep.grid();
    let elsewhere = report.third_axes();
    html! {
        section #begin {
            h2 { "Where failures begin" }
            @if let Some(onsets) = report.onsets() {
                p {
                    "The smallest " (code(&onsets.along)) " at which more than 1 % of loads fail"
                    @if !elsewhere.is_empty() { ", at " (text(&elsewhere)) }
                    "."
                }
                div.scroll tabindex="0" role="region" aria-label="Where failures begin" {
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
            @if let Some(maps) = report.heat_maps(pictures) {
                h3 { "The probability of a failure over the grid" }
                p {
                    "Each cell is " (report.source.sweep.loads()) " loads"
                    @if !elsewhere.is_empty() { " at " (text(&elsewhere)) }
                    "."
                }
                p #reading role="status" aria-live="polite" hidden {}
                div.tabbed {
                    div #map-tabs aria-label="Sets of fixes" hidden {}
                    div.maps {
                        @for (set, map) in maps.maps.iter().enumerate() {
                            figure.map {
                                figcaption { (text(&grid.title(set))) }
                                div.scroll tabindex="0" role="region" aria-label="Map" { (PreEscaped(map)) }
                            }
                        }
                        figure.scale { div.scroll tabindex="0" role="region" aria-label="Scale" { (PreEscaped(&maps.scale)) } }
                    }
                }
            }
        }
    }
}

pub(super) fn curves(report: &Report<'_>, pictures: &impl Pictures) -> Markup {
    html! {
        section #curves {
            h2 { "Curves" }
            @for (caption, svg) in report.curves(pictures) {
                figure {
                    figcaption { (text(&caption)) }
                    div.scroll.wide tabindex="0" role="region" aria-label="Curve" { (PreEscaped(svg)) }
                }
            }
        }
    }
}
