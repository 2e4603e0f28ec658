//! Predicted against measured, in panels of which up to four stand side by side: a point for each request, and the diagonal of equal values.
//!
//! Rule: both axes of all panels have one range, so that panels can be compared; points at the same place are
//! drawn once. A point off the diagonal must be visible, so it is drawn on top and in another colour.

use super::canvas::{Anchor, Canvas, Header, MARGIN, Point, Type};
use super::frame::{self, ticks};
use super::palette::{self, AXIS, GRID, INK, QUIET};
use sixslot_analysis::svg_text as text;
use std::collections::BTreeSet;

/// One panel of a [`Scatter`].
#[derive(Clone, Copy, Debug)]
pub struct ScatterPanel<'a> {
    /// Its title.
    pub title: &'a str,
    /// (measured, predicted); those that are not finite are left out.
    pub points: &'a [(f64, f64)],
}

/// Predicted against measured.
#[derive(Clone, Copy, Debug)]
pub struct Scatter<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Settings.
    pub subtitle: &'a str,
    /// The measured quantity, with its unit.
    pub x_label: &'a str,
    /// The predicted quantity, with its unit.
    pub y_label: &'a str,
    /// Distance from the diagonal from which on a point counts as off it.
    pub off: f64,
    /// The panels, from left to right, and from top to bottom.
    pub panels: &'a [ScatterPanel<'a>],
}

const SIDE: f64 = 400.0;
/// Panels in a row.
const COLUMNS: usize = 4;
const BETWEEN: f64 = 78.0;
const TICK: Type = Type::new(12.0, QUIET);
const LABEL: Type = Type::new(12.5, QUIET).bold();

impl Scatter<'_> {
    /// The picture as an SVG document.
    pub fn to_svg(&self) -> String {
        let count = self.panels.len().clamp(1, COLUMNS) as f64;
        let width = 2.0 * MARGIN + frame::LEFT + count * SIDE + (count - 1.0) * BETWEEN;
        let header = Header::new(self.title, self.subtitle, width);
        let top = header.height() + frame::ABOVE + 14.0;
        let usable = |(x, y): &&(f64, f64)| frame::usable(*x) && frame::usable(*y);
        let all = self.panels.iter().flat_map(|panel| panel.points.iter().filter(usable));
        let high = all.flat_map(|(x, y)| [*x, *y]).fold(0.0, f64::max) * 1.02;
        let high = if high > 0.0 { high } else { 1.0 };
        let row = frame::ABOVE + 14.0 + SIDE + frame::BELOW + 12.0;
        let rows = self.panels.len().div_ceil(COLUMNS).max(1) as f64;
        let mut canvas = Canvas::new(width, header.height() + rows * row);
        header.draw(&mut canvas);
        for (number, panel) in self.panels.iter().enumerate() {
            let left = MARGIN + frame::LEFT + (number % COLUMNS) as f64 * (SIDE + BETWEEN);
            let top = top + (number / COLUMNS) as f64 * row;
            let place = |x: f64, y: f64| (left + x / high * SIDE, top + SIDE - y / high * SIDE);
            self.axes(&mut canvas, panel.title, (left, top), high);
            // On a grid of two pixels; those off the diagonal of one pixel, so that none hides another.
            let (mut on, mut off) = (BTreeSet::new(), BTreeSet::new());
            for (x, y) in panel.points.iter().filter(usable) {
                let (across, down) = place(*x, *y);
                if (x - y).abs() > self.off {
                    off.insert((across.round() as i64, down.round() as i64));
                } else {
                    on.insert(((across / 2.0).round() as i64 * 2, (down / 2.0).round() as i64 * 2));
                }
            }
            canvas.group("", |brush| {
                for (points, colour, radius) in
                    [(on, palette::series(1).colour, 2.0), (off, palette::series(2).colour, 3.0)]
                {
                    for (x, y) in points {
                        brush.circle((x as f64, y as f64), radius, colour);
                    }
                }
            });
        }
        canvas.finish(self.title, self.subtitle)
    }

    fn axes(&self, canvas: &mut Canvas, title: &str, (left, top): Point, high: f64) {
        let (right, bottom) = (left + SIDE, top + SIDE);
        canvas.group("", |brush| {
            for (value, label) in ticks(0.0, high, 6) {
                let along = value / high * SIDE;
                if value > 0.0 {
                    brush.line(&[(left + along, top), (left + along, bottom)], GRID, 1.0);
                    brush.line(&[(left, bottom - along), (right, bottom - along)], GRID, 1.0);
                }
                brush.text((left + along, bottom + 19.0), &label, TICK.at(Anchor::Middle));
                brush.text((left - 10.0, bottom - along + 4.2), &label, TICK.at(Anchor::End));
            }
            brush.line(&[(left, bottom), (right, bottom)], AXIS, 1.0);
            brush.line(&[(left, top), (left, bottom)], AXIS, 1.0);
            brush.line(&[(left, bottom), (right, top)], AXIS, 1.0);
            let name = text::ellipsis(&text::clean(title), 14.0, true, SIDE);
            brush.text((left, top - 34.0), &name, Type::new(14.0, INK).bold());
            let label = text::ellipsis(&text::clean(self.y_label), LABEL.size, true, SIDE);
            brush.text((left - frame::LEFT, top - 13.0), &label, LABEL);
            let label = text::ellipsis(&text::clean(self.x_label), LABEL.size, true, SIDE);
            brush.text(((left + right) / 2.0, bottom + 43.0), &label, LABEL.at(Anchor::Middle));
        });
    }
}
