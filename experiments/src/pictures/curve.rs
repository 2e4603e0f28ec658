//! Probability, or another number, over one parameter: a line per fix set with its interval.
//!
//! Rule: the interval is drawn wherever there is one, and a probability spans 0 to 100 %, so that a difference
//! between two fixes that is not significant does not look like one.

use plotters::style::{Color, RGBColor};

use super::canvas::{Brush, Canvas, Header, MARGIN, Point};
use super::frame::{self, Frame};
use super::labels::{self, Name};
use super::palette;

/// One point of a [`CurveSeries`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Value of the parameter.
    pub x: f64,
    /// Probability in `[0, 1]`; the number itself where the curve has a `most`.
    pub probability: f64,
    /// Lower and upper end of its interval, if there is one.
    pub interval: Option<(f64, f64)>,
}

/// One line of a [`Curve`].
#[derive(Clone, Copy, Debug)]
pub struct CurveSeries<'a> {
    /// Name of the fix set.
    pub label: &'a str,
    /// Its points, in any order; points that are not finite are left out.
    pub points: &'a [CurvePoint],
}

/// Probability, or another number from 0, against one parameter.
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Settings: loads per point, seed, kind of the bands.
    pub subtitle: &'a str,
    /// The parameter, with its unit.
    pub x_label: &'a str,
    /// Label of the probability.
    pub y_label: &'a str,
    /// The lines, in the order of their styles.
    pub series: &'a [CurveSeries<'a>],
    /// The number at the top of y; none where y is a probability.
    pub most: Option<f64>,
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 400.0;
const THICK: f64 = 2.2;

impl Curve<'_> {
    /// The picture as an SVG document.
    pub fn to_svg(&self) -> String {
        self.draw(&Header::new(self.title, self.subtitle, WIDTH)).finish(self.title, self.subtitle)
    }

    /// The picture as a part of a page that has its heading.
    pub fn to_figure(&self) -> String {
        self.draw(&Header::none()).figure("img", &format!("{}, {}", self.title, self.subtitle))
    }

    fn draw(&self, header: &Header) -> Canvas {
        let lines: Vec<(usize, Vec<CurvePoint>)> = self
            .series
            .iter()
            .map(|series| drawable(series.points, self.most.unwrap_or(1.0)))
            .enumerate()
            .filter(|(_, points)| !points.is_empty())
            .collect();
        let names: Vec<Name> = lines.iter().map(|(i, _)| Name::new(*i, self.series[*i].label, None)).collect();

        let top = header.height() + frame::ABOVE;
        let bottom = top + HEIGHT.max(labels::height(&names));
        let all = lines.iter().flat_map(|(_, points)| points).map(|p| p.x);
        let (low, high) = frame::range(all).unwrap_or((0.0, 1.0));
        let pad = (high - low) * 0.02;
        let axes = Frame {
            left: MARGIN + frame::LEFT,
            top,
            right: WIDTH - MARGIN - labels::strip(&names),
            bottom,
            low: low - pad,
            high: high + pad,
            most: self.most,
        };

        let mut canvas = Canvas::new(WIDTH, bottom + frame::BELOW + 12.0);
        header.draw(&mut canvas);
        canvas.group("", |brush| {
            axes.draw(brush, self.x_label, self.y_label, lines.is_empty());
        });
        canvas.group("", |brush| {
            for (i, points) in &lines {
                band(brush, &axes, points, palette::series(*i).colour);
            }
        });
        let placed = |points: &[CurvePoint]| -> Vec<Point> {
            let place = |p: &CurvePoint| axes.place(p.x, p.probability);
            points.iter().map(place).collect()
        };
        // The first series is drawn last: it is what the others are compared with.
        for (i, points) in lines.iter().rev() {
            let style = palette::series(*i);
            let path = placed(points);
            canvas.dashed(style.dash, |brush| brush.line(&path, style.colour, THICK));
            canvas.group("", |brush| {
                for point in &path {
                    brush.marker(*point, style);
                }
            });
        }
        let ends: Vec<Point> = lines.iter().filter_map(|(_, points)| placed(points).last().copied()).collect();
        let span = (top - 10.0, bottom + 10.0);
        labels::draw(&mut canvas, &names, &ends, axes.right, span, true);
        canvas
    }
}

/// The intervals of a line: an area for each run of points that have one.
fn band(brush: &Brush<'_>, axes: &Frame, points: &[CurvePoint], colour: RGBColor) {
    for run in points.chunk_by(|a, b| a.interval.is_some() == b.interval.is_some()) {
        let ends: Vec<(Point, Point)> = run
            .iter()
            .filter_map(|p| {
                let (low, high) = p.interval?;
                Some((axes.place(p.x, low), axes.place(p.x, high)))
            })
            .collect();
        if let [(low, high)] = ends[..] {
            // One point spans no area.
            brush.line(&[low, high], colour, 1.2);
            for (x, y) in [low, high] {
                brush.line(&[(x - 4.0, y), (x + 4.0, y)], colour, 1.2);
            }
        } else if !ends.is_empty() {
            let low = ends.iter().map(|(low, _)| *low);
            let high = ends.iter().rev().map(|(_, high)| *high);
            let outline: Vec<Point> = low.chain(high).collect();
            brush.polygon(&outline, colour.mix(0.15));
        }
    }
}

/// The points that can be drawn, by x, as shares of the number at the top.
fn drawable(points: &[CurvePoint], most: f64) -> Vec<CurvePoint> {
    let mut kept: Vec<CurvePoint> = points
        .iter()
        .filter(|p| frame::usable(p.x) && p.probability.is_finite())
        .map(|p| {
            let interval = p.interval.filter(|(a, b)| a.is_finite() && b.is_finite());
            let interval = interval.map(|(low, high)| (low / most, high / most));
            CurvePoint { x: p.x, probability: p.probability / most, interval }
        })
        .collect();
    kept.sort_by(|a, b| a.x.total_cmp(&b.x));
    kept
}
