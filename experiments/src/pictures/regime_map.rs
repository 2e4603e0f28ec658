//! Kinds of behaviour over two parameters, as coloured cells with two shares in each.
//!
//! Rule: the kinds have colours of the same family as all pictures, with very different lightness, and every cell has its
//! numbers, so that nothing is shown by colour alone.

use super::canvas::{Anchor, Canvas, Header, MARGIN, Type};
use super::palette::{self, INK, MISSING, QUIET};
use sixslot_analysis::svg_text as text;
use sixslot_analysis::words;

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegimeCell {
    /// Its kind, as an index into the legend.
    pub regime: usize,
    /// The shares in it, in `[0, 1]`; written one below the other.
    pub shares: [f64; 2],
}

/// A map of kinds. The first row of cells is drawn at the bottom.
#[derive(Clone, Copy, Debug)]
pub struct RegimeMap<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Settings, and the meaning of the numbers.
    pub subtitle: &'a str,
    /// Parameter along x, with its unit.
    pub x_label: &'a str,
    /// Parameter along y, with its unit.
    pub y_label: &'a str,
    /// Values along x, from left to right.
    pub x_values: &'a [String],
    /// Values along y, from bottom to top.
    pub y_values: &'a [String],
    /// Description of each kind; at most three.
    pub legend: &'a [String],
    /// The cells, rows by y.
    pub cells: &'a [Vec<RegimeCell>],
}

const WIDE: f64 = 78.0;
const HIGH: f64 = 44.0;
const TICK: Type = Type::new(12.0, QUIET);
const LABEL: Type = Type::new(12.5, QUIET).bold();
const VALUE: Type = Type::new(12.5, INK).at(Anchor::Middle);
/// Of the probability scale: its palest colour, one in the middle, its darkest.
const SHADES: [f64; 3] = [0.0, 0.45, 1.0];

impl RegimeMap<'_> {
    /// The picture as an SVG document.
    pub fn to_svg(&self) -> String {
        let ticks = self.y_values.iter().map(|value| text::width(&text::clean(value), TICK.size, false));
        let left = MARGIN + 32.0 + ticks.fold(12.0, f64::max).min(130.0);
        let across = WIDE * self.x_values.len().max(1) as f64;
        let width = (left + across + MARGIN).max(640.0);
        let header = Header::new(self.title, self.subtitle, width);
        let top = header.height() + 22.0 + 22.0 * self.legend.len() as f64;
        let bottom = top + HIGH * self.y_values.len().max(1) as f64;
        let mut canvas = Canvas::new(width, bottom + 37.0 + MARGIN);
        header.draw(&mut canvas);
        let shade = |regime: usize| SHADES.get(regime).map_or(MISSING, |share| palette::heat(*share));
        canvas.group("", |brush| {
            for (number, meaning) in self.legend.iter().enumerate() {
                let y = header.height() + 14.0 + 22.0 * number as f64;
                brush.rect((MARGIN, y), (MARGIN + 26.0, y + 12.0), shade(number));
                let room = width - 2.0 * MARGIN - 36.0;
                brush.text((MARGIN + 36.0, y + 10.5), &text::ellipsis(&text::clean(meaning), 12.0, false, room), TICK);
            }
            for (row, value) in self.y_values.iter().enumerate() {
                let y = bottom - HIGH * (row + 1) as f64;
                let shown = text::ellipsis(&text::clean(value), TICK.size, false, left - MARGIN - 31.0);
                brush.text((left - 8.0, y + HIGH / 2.0 + 4.3), &shown, TICK.at(Anchor::End));
                for (column, cell) in self.cells.get(row).into_iter().flatten().enumerate() {
                    let x = left + WIDE * column as f64;
                    let ground = shade(cell.regime);
                    brush.rect((x + 0.5, y + 0.5), (x + WIDE - 0.5, y + HIGH - 0.5), ground);
                    let look = Type { colour: palette::readable_on(ground), ..VALUE };
                    for (line, share) in cell.shares.iter().enumerate() {
                        let at = (x + WIDE / 2.0, y + 18.5 + 17.0 * line as f64);
                        let known = share.is_finite().then(|| words::percent_short(share.clamp(0.0, 1.0)));
                        brush.text(at, known.as_deref().unwrap_or("–"), look);
                    }
                }
            }
            for (column, value) in self.x_values.iter().enumerate() {
                let shown = text::ellipsis(&text::clean(value), TICK.size, false, WIDE - 4.0);
                let at = (left + WIDE * (column as f64 + 0.5), bottom + 16.0);
                brush.text(at, &shown, TICK.at(Anchor::Middle));
            }
            if self.x_values.is_empty() || self.y_values.is_empty() {
                brush.text((left, top + 16.0), "no data", TICK);
            }
            let label = text::ellipsis(&text::clean(self.x_label), LABEL.size, true, width - left);
            brush.text((left + across / 2.0, bottom + 37.0), &label, LABEL.at(Anchor::Middle));
            let label = text::ellipsis(&text::clean(self.y_label), LABEL.size, true, bottom - top + 30.0);
            brush.text((MARGIN + 12.0, (top + bottom) / 2.0), &label, LABEL.at(Anchor::Middle).turned());
        });
        canvas.finish(self.title, self.subtitle)
    }
}
