//! The sheet: shapes and text, added from top to bottom, with time along x.
//!
//! Rule: every string is cleaned, cut to its room and escaped here, and nowhere else.

use super::super::Subject;
use crate::svg_text as measure;
use crate::words::xml;
use sixslot_sim_core::{Span, Time};
use std::fmt::Write as _;

pub(super) const WIDTH: f64 = 1200.0;
pub(super) const MARGIN: f64 = 28.0;
/// Left and right edges of the plot.
pub(super) const LEFT: f64 = 356.0;
pub(super) const RIGHT: f64 = 1088.0;
pub(super) const ROW: f64 = 20.0;
pub(super) const BAR: f64 = 12.0;
pub(super) const LANE: f64 = 20.0;
pub(super) const DEPTH: f64 = 54.0;
pub(super) const INK: &str = "#1f2328";
pub(super) const QUIET: &str = "#57606a";
pub(super) const GRID: &str = "#e8ebef";
pub(super) const STRIPE: &str = "#f6f8fa";
pub(super) const AXIS: &str = "#8c959f";
pub(super) const RED: &str = "#cf222e";
pub(super) const GREEN: &str = "#1a7f37";
pub(super) const WAITING: &str = "#b9bec5";

/// Background colours that distinguish classes in the lanes, in addition to the number and the name in a block.
pub(super) const CLASSES: [&str; 12] = [
    "#a9d1f7", "#ffd8a8", "#b7e4c7", "#e3c6f2", "#ffe58f", "#f7b9c4", "#b5e3e8", "#d6d3c4", "#c3c8f5", "#f6c8a4",
    "#d5e8a0", "#eec3de",
];

/// How a piece of text looks.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) size: f64,
    pub(super) colour: &'static str,
    pub(super) bold: bool,
    pub(super) anchor: &'static str,
}

impl Look {
    pub(super) const fn new(size: f64, colour: &'static str) -> Self {
        Self { size, colour, bold: false, anchor: "start" }
    }
    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
    pub(super) const fn at(self, anchor: &'static str) -> Self {
        Self { anchor, ..self }
    }
}

/// A rectangle.
pub(super) fn rect((x, y): (f64, f64), (width, height): (f64, f64), style: &str) -> String {
    format!("<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" {style}/>\n")
}

/// The drawing: marks that are added from top to bottom.
pub(super) struct Sheet<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) marks: String,
    /// Marks below the lines of the axis.
    pub(super) ground: String,
    /// Vertical ranges of the lines of the axis.
    pub(super) bands: Vec<(f64, f64)>,
    /// Vertical position of the next mark.
    pub(super) y: f64,
    pub(super) end: Span,
}

impl Sheet<'_> {
    pub(super) fn x(&self, time: Time) -> f64 {
        let part = (time - Time::ZERO).as_seconds_f64() / self.end.as_seconds_f64();
        LEFT + part.min(1.0) * (RIGHT - LEFT)
    }

    pub(super) fn rect(&mut self, corner: (f64, f64), size: (f64, f64), style: &str) {
        self.marks.push_str(&rect(corner, size, style));
    }

    pub(super) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), style: &str) {
        let _ = writeln!(self.marks, "<line x1=\"{x1:.2}\" y1=\"{y1:.2}\" x2=\"{x2:.2}\" y2=\"{y2:.2}\" {style}/>");
    }

    /// Text that is cut to its room; returns its width.
    pub(super) fn text(&mut self, (x, y): (f64, f64), text: &str, room: f64, look: Look) -> f64 {
        let shown = measure::ellipsis(&measure::clean(text), look.size, look.bold, room);
        let weight = if look.bold { " font-weight=\"600\"" } else { "" };
        let anchor = if look.anchor == "start" { String::new() } else { format!(" text-anchor=\"{}\"", look.anchor) };
        let _ = writeln!(
            self.marks,
            "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{}\" fill=\"{}\"{weight}{anchor}>{}</text>",
            look.size,
            look.colour,
            xml(&shown)
        );
        measure::width(&shown, look.size, look.bold)
    }
}
