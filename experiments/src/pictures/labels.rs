//! Names of the lines, written next to their ends.
//!
//! Rule: names never overlap and keep the order of the line ends, each as near to its own end as
//! that allows, joined to it by a thin leader. A reader then needs no legend to look up; and eight
//! fixes that all end at 0 % still show as eight names.

use super::canvas::{Brush, Canvas, Point, Type};
use super::palette::{self, INK, QUIET};
use sixslot_analysis::svg_text as text;

const NAME: Type = Type::new(12.5, INK);
const NOTE: Type = Type::new(11.5, QUIET);
const LINE: f64 = 16.0;
const GAP: f64 = 8.0;
const SAMPLE: f64 = 34.0;
const LEADER: f64 = 40.0;
/// How far left of the right edge a line may end and still count as reaching it.
const FAR: f64 = 30.0;
/// Longest name in pixels before it wraps.
const ROOM: f64 = 190.0;

/// The name of one line.
pub(super) struct Name {
    series: usize,
    lines: Vec<(String, Type)>,
}

impl Name {
    /// Wraps a name, with an optional quieter note below it.
    pub(super) fn new(series: usize, name: &str, note: Option<&str>) -> Self {
        let wrapped = text::wrap(&text::clean(name), NAME.size, false, ROOM, 3);
        let mut lines: Vec<(String, Type)> = wrapped.into_iter().map(|l| (l, NAME)).collect();
        if let Some(note) = note {
            lines.push((text::ellipsis(note, NOTE.size, false, ROOM), NOTE));
        }
        Self { series, lines }
    }

    fn height(&self) -> f64 {
        self.lines.len().max(1) as f64 * LINE + GAP
    }
}

/// Width of the strip right of the axes that the names need.
pub(super) fn strip(names: &[Name]) -> f64 {
    let widest = names
        .iter()
        .flat_map(|name| &name.lines)
        .map(|(line, look)| text::width(line, look.size, look.bold))
        .fold(0.0, f64::max);
    LEADER + SAMPLE + 8.0 + widest.max(60.0)
}

/// Height the names need.
pub(super) fn height(names: &[Name]) -> f64 {
    names.iter().map(Name::height).sum()
}

/// Draws the names right of `right`, between `top` and `bottom`; `ends` are the ends of the lines.
pub(super) fn draw(
    canvas: &mut Canvas,
    names: &[Name],
    ends: &[Point],
    right: f64,
    (top, bottom): (f64, f64),
    marker: bool,
) {
    let heights: Vec<f64> = names.iter().map(Name::height).collect();
    let wanted: Vec<f64> = ends.iter().map(|(_, y)| *y).collect();
    let middles = spread(&wanted, &heights, top, bottom);
    let left = right + LEADER;
    canvas.group("stroke-linejoin=\"round\"", |brush| {
        for ((name, (x, y)), middle) in names.iter().zip(ends).zip(&middles) {
            let bend =
                [(x.max(right - FAR) + 7.0, *y), (right + 5.0, *y), (left - 8.0, *middle), (left - 3.0, *middle)];
            brush.line(&bend, palette::series(name.series).colour, 0.9);
        }
    });
    // Across the axes a leader is dotted: it must not pass for a line that goes on.
    canvas.dashed(&[1.0, 4.0], |brush| {
        for (name, (x, y)) in names.iter().zip(ends) {
            if *x < right - FAR {
                let colour = palette::series(name.series).colour;
                brush.line(&[(x + 8.0, *y), (right - FAR + 6.0, *y)], colour, 0.9);
            }
        }
    });
    for (name, middle) in names.iter().zip(&middles) {
        let style = palette::series(name.series);
        let sample = [(left, *middle), (left + SAMPLE, *middle)];
        canvas.dashed(style.dash, |brush| brush.line(&sample, style.colour, 2.2));
    }
    canvas.group("", |brush| {
        for (name, middle) in names.iter().zip(&middles) {
            if marker {
                let at = (left + SAMPLE / 2.0, *middle);
                brush.marker(at, palette::series(name.series));
            }
            write(brush, name, left + SAMPLE + 8.0, *middle);
        }
    });
}

fn write(brush: &Brush<'_>, name: &Name, x: f64, middle: f64) {
    let mut baseline = middle - (name.lines.len() as f64 - 1.0) * LINE / 2.0 + 4.3;
    for (line, look) in &name.lines {
        brush.text((x, baseline), line, *look);
        baseline += LINE;
    }
}

/// Middles of boxes of the given heights, in the order of `wanted`, none overlapping, between `top`
/// and `bottom` if they fit, and otherwise as near to `wanted` as can be (least squares).
fn spread(wanted: &[f64], heights: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len().min(heights.len())).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));

    // Take away the heights above each box: then "no overlap" reads "not decreasing", and pooling
    // neighbours that violate it gives the least squares answer.
    let mut above = 0.0;
    let mut pools: Vec<(f64, usize)> = Vec::new();
    let mut offsets = Vec::new();
    for &i in &order {
        pools.push((wanted[i] - heights[i] / 2.0 - above, 1));
        offsets.push(above);
        above += heights[i];
        while let [.., (a, m), (b, n)] = pools[..] {
            if a <= b {
                break;
            }
            pools.truncate(pools.len() - 2);
            let sum = a * m as f64 + b * n as f64;
            pools.push((sum / (m + n) as f64, m + n));
        }
    }
    let highest = (bottom - above).max(top);
    let starts = pools.iter().flat_map(|(at, n)| std::iter::repeat_n(at.clamp(top, highest), *n));
    let mut middles = vec![0.0; wanted.len()];
    for ((&i, start), offset) in order.iter().zip(starts).zip(offsets) {
        middles[i] = start + offset + heights[i] / 2.0;
    }
    middles
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn boxes_do_not_overlap_and_keep_their_order() {
        let wanted = [50.0, 50.0, 50.0, 10.0, 98.0];
        let middles = spread(&wanted, &[20.0; 5], 0.0, 100.0);
        assert_eq!(middles, vec![30.0, 50.0, 70.0, 10.0, 90.0]);
    }

    #[test]
    fn boxes_that_have_room_stay_where_they_are() {
        assert_eq!(spread(&[70.0, 20.0], &[20.0; 2], 0.0, 100.0), [70.0, 20.0]);
        assert!(spread(&[], &[], 0.0, 100.0).is_empty());
    }
}
