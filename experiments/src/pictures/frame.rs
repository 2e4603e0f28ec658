//! Axes of a picture with lines: x a number, y a share from 0 to 100 %, or a number from 0.
//!
//! Rule: a share always spans 0 to 100 %, so that two pictures can be compared side by side; ticks are at
//! 1, 2 or 5 times a power of ten. The powers are found by writing the number, not by logarithms,
//! whose last bit differs between machines.

use super::canvas::{Anchor, Brush, Point, Type};
use super::palette::{AXIS, GRID, QUIET};
use sixslot_analysis::svg_text as text;
use sixslot_analysis::words;

const TICK: Type = Type::new(12.0, QUIET);
const LABEL: Type = Type::new(12.5, QUIET).bold();

/// Room to the left of the axes, for the ticks of y.
pub(super) const LEFT: f64 = 46.0;
/// Room above the axes, for the label of y.
pub(super) const ABOVE: f64 = 46.0;
/// Room below the axes, for ticks and label of x.
pub(super) const BELOW: f64 = 52.0;

/// The rectangle between the axes and the range of x in it.
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// The number at the top of y; none where y is a share.
    pub(super) most: Option<f64>,
}

impl Frame {
    /// The shares of the height at which y has a tick, with their texts.
    fn heights(&self) -> Vec<(f64, String)> {
        match self.most {
            None => {
                (0..=5).map(|fifth| f64::from(fifth) / 5.0).map(|share| (share, words::percent_short(share))).collect()
            }
            Some(most) => ticks(0.0, most, 6).into_iter().map(|(value, text)| (value / most, text)).collect(),
        }
    }

    /// The point of `x` and a share of the height.
    pub(super) fn place(&self, x: f64, share: f64) -> Point {
        let along = (x - self.low) / (self.high - self.low);
        (self.left + along * (self.right - self.left), self.bottom - share.clamp(0.0, 1.0) * (self.bottom - self.top))
    }

    /// Draws grid, axes, ticks and labels; `hint` is written in the middle if there is no data.
    pub(super) fn draw(&self, brush: &Brush<'_>, x_label: &str, y_label: &str, empty: bool) {
        for (share, tick) in self.heights() {
            let (_, y) = self.place(self.low, share);
            if share > 0.0 {
                brush.line(&[(self.left, y), (self.right, y)], GRID, 1.0);
            }
            brush.text((self.left - 10.0, y + 4.2), &tick, TICK.at(Anchor::End));
        }
        if !empty {
            for (x, tick) in ticks(self.low, self.high, 8) {
                let (x, _) = self.place(x, 0.0);
                brush.line(&[(x, self.top), (x, self.bottom)], GRID, 1.0);
                brush.line(&[(x, self.bottom), (x, self.bottom + 5.0)], AXIS, 1.0);
                let at = (x, self.bottom + 19.0);
                brush.text(at, &tick, TICK.at(Anchor::Middle));
            }
        }
        let axis = [(self.left, self.bottom), (self.right, self.bottom)];
        brush.line(&axis, AXIS, 1.0);

        let room = self.right - self.left;
        let shown = text::ellipsis(&text::clean(x_label), LABEL.size, true, room);
        let middle = (self.left + self.right) / 2.0;
        brush.text((middle, self.bottom + 43.0), &shown, LABEL.at(Anchor::Middle));
        let shown = text::ellipsis(&text::clean(y_label), LABEL.size, true, room + LEFT);
        brush.text((self.left - LEFT, self.top - 16.0), &shown, LABEL);
        if empty {
            let at = (middle, (self.top + self.bottom) / 2.0);
            brush.text(at, "no data", TICK.at(Anchor::Middle));
        }
    }
}

/// Whether a number can be placed on an axis.
pub(super) fn usable(x: f64) -> bool {
    x.abs() < 1e100
}

/// The range from the least to the greatest of `values`, widened if they are all (nearly) the same.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values.filter(|x| usable(*x)).fold(None, |range: Option<(f64, f64)>, x| {
        let (low, high) = range.unwrap_or((x, x));
        Some((low.min(x), high.max(x)))
    })?;
    let size = low.abs().max(high.abs());
    if high - low > size * 1e-9 {
        Some((low, high))
    } else {
        let half = if size < 1e-90 { 0.5 } else { size * 0.1 };
        Some((low - half, high + half))
    }
}

/// Ticks at round numbers from `low` to `high`, about `most` of them, with their texts.
pub(super) fn ticks(low: f64, high: f64, most: u32) -> Vec<(f64, String)> {
    let rough = (high - low) / f64::from(most.max(1));
    if !(rough > 0.0 && usable(low) && usable(high)) {
        return Vec::new();
    }
    let written = format!("{rough:e}");
    let (digits, power) = written.split_once('e').unwrap_or(("1", "0"));
    let lead: f64 = digits.parse().unwrap_or(1.0);
    let power: i32 = power.parse().unwrap_or(0);
    let (lead, power) = match lead {
        l if l <= 1.0 => (1, power),
        l if l <= 2.0 => (2, power),
        l if l <= 5.0 => (5, power),
        _ => (1, power + 1),
    };
    let step: f64 = format!("{lead}e{power}").parse().unwrap_or(rough);
    let first = (low / step - 1e-9).ceil();
    let last = (high / step + 1e-9).floor();
    let count = (last - first).clamp(0.0, 100.0) as u32;
    (0..=count)
        .map(|i| first + f64::from(i))
        .filter(|n| *n <= last)
        .map(|n| {
            let x = n * step;
            let label = if n == 0.0 {
                "0".to_owned()
            } else if !(-4..6).contains(&power) {
                // As many digits as the step has: 3 times 5e-8 is 1.5e-7, not 1.5000000000000002e-7.
                let digits = ((n.abs() * f64::from(lead)) as u64).to_string().len() - 1;
                format!("{x:.digits$e}")
            } else {
                format!("{x:.*}", usize::try_from(-power).unwrap_or(0))
            };
            (x, label)
        })
        .collect()
}
