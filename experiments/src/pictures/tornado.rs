//! Shares of a variance by group: bars one below the other, the longest first, each with its interval.
//!
//! Rule: a group has one bar for each measure, in the order of the legend, and its number at the end, so that nothing is
//! shown by colour alone. The axis always spans 0 to 100 %.

use super::canvas::{Anchor, Canvas, Header, MARGIN, Type};
use super::palette::{self, AXIS, GRID, INK, QUIET};
use sixslot_analysis::svg_text as text;
use sixslot_analysis::words;

/// A share, with the ends of its interval.
pub type Share = (f64, (f64, f64));

/// One group.
#[derive(Clone, Copy, Debug)]
pub struct TornadoBar<'a> {
    /// Its name.
    pub label: &'a str,
    /// A share for each measure; those that are not finite are left out.
    pub shares: &'a [Share],
}

/// Shares by group.
#[derive(Clone, Copy, Debug)]
pub struct Tornado<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Settings.
    pub subtitle: &'a str,
    /// The quantity along x.
    pub x_label: &'a str,
    /// The measures, in the order of their bars; at most three.
    pub measures: &'a [String],
    /// The groups, from top to bottom.
    pub bars: &'a [TornadoBar<'a>],
}

const WIDTH: f64 = 900.0;
const BAR: f64 = 11.0;
const GAP: f64 = 14.0;
/// Room right of 100 %, for a number.
const RIGHT: f64 = 70.0;
const LABEL: Type = Type::new(12.5, INK).at(Anchor::End);
const VALUE: Type = Type::new(11.0, QUIET);
const TICK: Type = Type::new(12.0, QUIET);
/// Styles of the measures: of the palette of lines, all dark enough for a bar.
const STYLES: [usize; 3] = [1, 2, 7];

impl Tornado<'_> {
    /// The picture as an SVG document.
    pub fn to_svg(&self) -> String {
        let header = Header::new(self.title, self.subtitle, WIDTH);
        let names = self.bars.iter().map(|bar| text::width(&text::clean(bar.label), LABEL.size, false));
        let left = MARGIN + names.fold(60.0, f64::max).min(280.0) + 10.0;
        let right = WIDTH - MARGIN - RIGHT;
        let top = header.height() + 16.0 + 20.0 * self.measures.len() as f64;
        let row = BAR * self.measures.len().max(1) as f64 + GAP;
        let bottom = top + row * self.bars.len().max(1) as f64;
        let place = |share: f64| left + share.clamp(0.0, 1.0) * (right - left);
        let colour = |measure: usize| palette::series(STYLES[measure % STYLES.len()]).colour;
        let mut canvas = Canvas::new(WIDTH, bottom + 52.0 + MARGIN);
        header.draw(&mut canvas);
        canvas.group("", |brush| {
            for (measure, name) in self.measures.iter().enumerate() {
                let y = header.height() + 8.0 + 20.0 * measure as f64;
                brush.rect((MARGIN, y), (MARGIN + 24.0, y + BAR), colour(measure));
                let shown = text::ellipsis(&text::clean(name), TICK.size, false, WIDTH - 2.0 * MARGIN - 34.0);
                brush.text((MARGIN + 34.0, y + BAR - 1.0), &shown, TICK);
            }
            for fifth in 0..=5 {
                let share = f64::from(fifth) / 5.0;
                let x = place(share);
                brush.line(&[(x, top - 4.0), (x, bottom)], if fifth == 0 { AXIS } else { GRID }, 1.0);
                brush.text((x, bottom + 18.0), &words::percent_short(share), TICK.at(Anchor::Middle));
            }
            let shown = text::ellipsis(&text::clean(self.x_label), TICK.size, true, right - left);
            brush.text(((left + right) / 2.0, bottom + 40.0), &shown, TICK.bold().at(Anchor::Middle));
            if self.bars.is_empty() {
                brush.text(((left + right) / 2.0, (top + bottom) / 2.0 + 4.0), "no data", TICK.at(Anchor::Middle));
            }
            for (number, bar) in self.bars.iter().enumerate() {
                let y = top + row * number as f64 + GAP / 2.0;
                let label = text::ellipsis(&text::clean(bar.label), LABEL.size, false, left - MARGIN - 10.0);
                brush.text((left - 8.0, y + (row - GAP) / 2.0 + 4.3), &label, LABEL);
                for (measure, (share, (low, high))) in bar.shares.iter().enumerate() {
                    if !(share.is_finite() && low.is_finite() && high.is_finite()) {
                        continue;
                    }
                    let y = y + BAR * measure as f64;
                    let middle = y + BAR / 2.0;
                    brush.rect((left, y + 1.0), (place(*share), y + BAR - 1.0), colour(measure));
                    brush.line(&[(place(*low), middle), (place(*high), middle)], INK, 1.0);
                    for end in [low, high] {
                        brush.line(&[(place(*end), middle - 3.0), (place(*end), middle + 3.0)], INK, 1.0);
                    }
                    let at = (place(share.max(*high)) + 6.0, middle + 4.0);
                    brush.text(at, &words::percent_short(share.clamp(0.0, 1.0)), VALUE);
                }
            }
        });
        canvas.finish(self.title, self.subtitle)
    }
}
