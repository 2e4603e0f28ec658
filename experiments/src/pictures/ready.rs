//! Time to ready: by each second, the share of loads that were ready.
//!
//! Rule: the share is of all loads, failed ones included, so a line ends at one minus the failure
//! probability. Times of successful loads alone would reward a fix that gives up on the slow ones.

use super::canvas::{Canvas, Header, MARGIN, Point};
use super::frame::{self, Frame};
use super::labels::{self, Name};
use super::palette;
use sixslot_analysis::words;

/// A step of a distribution: from `seconds` on, `share` of all loads are ready.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadyStep {
    /// Time since the start of the load.
    pub seconds: f64,
    /// Share of all loads in `[0, 1]`, failed ones included, that are ready by then.
    pub share: f64,
}

/// One line of a [`Ready`] picture.
#[derive(Clone, Copy, Debug)]
pub struct ReadySeries<'a> {
    /// Name of the fix set.
    pub label: &'a str,
    /// Its steps by time, shares not decreasing; none if no load became ready.
    pub steps: &'a [ReadyStep],
}

/// Distributions of the time to ready.
#[derive(Clone, Copy, Debug)]
pub struct Ready<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Settings: loads, seed.
    pub subtitle: &'a str,
    /// The lines, in the order of their styles.
    pub series: &'a [ReadySeries<'a>],
    /// Where the axis of time ends, in seconds; `None` for the last step of all. Steps beyond it are
    /// not drawn, but still count in the shares written next to the lines.
    pub until: Option<f64>,
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 400.0;
const THICK: f64 = 2.0;
const X_LABEL: &str = "time to ready (s)";
const Y_LABEL: &str = "share of loads ready (what is missing to 100 % never got ready)";

/// Steps from the times of the loads that became ready, out of `loads` in all.
///
/// Times that are not finite count as failures.
pub fn steps_from_times(seconds: &[f64], loads: u64) -> Vec<ReadyStep> {
    let mut sorted: Vec<f64> = seconds.iter().copied().filter(|t| t.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let counts: Vec<(f64, u64)> = sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect();
    steps_from_counts(&counts, loads)
}

/// Steps from counts of ready loads by time (a histogram's buckets in order, each by its upper edge),
/// out of `loads` in all.
///
/// Counts at a time that is not finite are failures.
pub fn steps_from_counts(counts: &[(f64, u64)], loads: u64) -> Vec<ReadyStep> {
    let mut ready = 0_u64;
    counts
        .iter()
        .filter(|(seconds, count)| seconds.is_finite() && *count > 0)
        .map(|&(seconds, count)| {
            ready = ready.saturating_add(count);
            let share = ready as f64 / loads.max(ready) as f64;
            ReadyStep { seconds, share }
        })
        .collect()
}

impl Ready<'_> {
    /// The picture as an SVG document.
    pub fn to_svg(&self) -> String {
        let lines: Vec<Vec<ReadyStep>> = self.series.iter().map(|s| drawable(s.steps)).collect();
        let names: Vec<Name> = self
            .series
            .iter()
            .zip(&lines)
            .enumerate()
            .map(|(i, (series, steps))| {
                let missing = 1.0 - steps.last().map_or(0.0, |step| step.share);
                let note = format!("{} not ready", words::percent_short(missing));
                Name::new(i, series.label, Some(&note))
            })
            .collect();

        let header = Header::new(self.title, self.subtitle, WIDTH);
        let top = header.height() + frame::ABOVE;
        let bottom = top + HEIGHT.max(labels::height(&names));
        let last = lines.iter().filter_map(|steps| steps.last());
        let last = last.map(|step| step.seconds).fold(0.0, f64::max);
        let asked = self.until.filter(|t| frame::usable(*t) && *t > 0.0);
        let axes = Frame {
            left: MARGIN + frame::LEFT,
            top,
            right: WIDTH - MARGIN - labels::strip(&names),
            bottom,
            low: 0.0,
            // Beyond the last step the lines are level, at the share they end at.
            high: asked.unwrap_or(if last > 0.0 { last * 1.05 } else { 1.0 }),
            most: None,
        };

        let mut canvas = Canvas::new(WIDTH, bottom + frame::BELOW + 12.0);
        header.draw(&mut canvas);
        canvas.group("", |brush| {
            axes.draw(brush, X_LABEL, Y_LABEL, lines.is_empty());
        });
        let paths: Vec<Vec<Point>> = lines.iter().map(|steps| staircase(&axes, steps)).collect();
        for (i, path) in paths.iter().enumerate().rev() {
            let style = palette::series(i);
            canvas.dashed(style.dash, |brush| brush.line(path, style.colour, THICK));
        }
        canvas.group("", |brush| {
            for (i, path) in paths.iter().enumerate().rev() {
                // On the floor before the first step every line is the same.
                let rise = path.iter().find(|(_, y)| *y < axes.bottom);
                let from = rise.map_or(axes.left, |(x, _)| *x);
                for x in marks(&axes, i, paths.len()).filter(|x| *x >= from) {
                    let after = path.partition_point(|(at, _)| *at <= x);
                    if let Some((_, y)) = path[..after].last() {
                        brush.marker((x, *y), palette::series(i));
                    }
                }
            }
        });
        let ends: Vec<Point> = paths.iter().filter_map(|p| p.last().copied()).collect();
        let span = (top - 10.0, bottom + 10.0);
        labels::draw(&mut canvas, &names, &ends, axes.right, span, true);
        canvas.finish(self.title, self.subtitle)
    }
}

/// The steps that can be drawn, in order, never decreasing.
fn drawable(steps: &[ReadyStep]) -> Vec<ReadyStep> {
    let mut kept: Vec<ReadyStep> = steps
        .iter()
        .filter(|s| frame::usable(s.seconds) && s.share.is_finite())
        .map(|s| ReadyStep { seconds: s.seconds.max(0.0), share: s.share.clamp(0.0, 1.0) })
        .collect();
    kept.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let mut most = 0.0_f64;
    for step in &mut kept {
        most = most.max(step.share);
        step.share = most;
    }
    kept
}

/// The line of a distribution from zero to the right edge, one step per pixel at most: a hundred
/// thousand loads make no larger a picture than a thousand.
fn staircase(axes: &Frame, steps: &[ReadyStep]) -> Vec<Point> {
    let mut path = vec![axes.place(axes.low, 0.0)];
    let mut level = axes.bottom;
    for step in steps.iter().take_while(|s| s.seconds <= axes.high) {
        let (x, y) = axes.place(step.seconds, step.share);
        let x = x.round();
        match path.as_mut_slice() {
            [.., (at, _), (same, height)] if *at == x && *same == x => *height = y,
            _ => path.extend([(x, level), (x, y)]),
        }
        level = y;
    }
    path.push((axes.right, level));
    path
}

/// Places of the markers of series `index` of `count`: spread along the axis, staggered so that lines
/// on top of each other show their markers side by side.
fn marks(axes: &Frame, index: usize, count: usize) -> impl Iterator<Item = f64> {
    let every = (axes.right - axes.left) / 5.0;
    let start = axes.left + every * (index as f64 + 0.5) / count.max(1) as f64;
    (0..5).map(move |n| start + every * f64::from(n))
}
