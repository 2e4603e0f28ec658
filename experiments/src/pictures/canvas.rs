//! The sheet a picture is drawn on: a thin layer over plotters' SVG backend.
//!
//! Rule: coordinates come in as pixels (`f64`) and go out as whole tenths of a pixel under a scaled
//! `viewBox`. plotters draws on whole units only; at one unit per pixel, thin lines blur and curves
//! stairstep. Whole numbers also cannot be NaN, so no broken coordinate reaches the document.
//!
//! Each group is drawn by a separate backend and wrapped in `<g>`: that is how dashes and round
//! joints, which plotters cannot express, get into the document.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::SVGBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, RGBColor, ShapeStyle};

use super::palette::{INK, Marker, PAPER, QUIET, SeriesStyle};
use sixslot_analysis::svg_text as text;
use sixslot_analysis::words::xml;

/// Units of the document per pixel.
const UNIT: f64 = 10.0;
/// Fonts tried in this order; the widths in [`sixslot_analysis::svg_text`] hold for the widest of them.
const FONTS: &str = "Helvetica, Arial, sans-serif";
/// plotters divides font sizes by this before it writes them.
const PLOTTERS_FONT_SCALE: f64 = 1.24;
/// plotters shifts text anchored at its top down by this much of the font size.
const PLOTTERS_TOP: f64 = 0.76;

/// Margin of every picture.
pub(super) const MARGIN: f64 = 28.0;

/// A point in pixels from the upper left corner.
pub(super) type Point = (f64, f64);

/// Position of text relative to its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Look of a piece of text.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) colour: RGBColor,
    pub(super) anchor: Anchor,
    /// Read from bottom to top.
    pub(super) turned: bool,
}

impl Type {
    /// Plain text of `size` pixels from its point to the right.
    pub(super) const fn new(size: f64, colour: RGBColor) -> Self {
        Self { size, bold: false, colour, anchor: Anchor::Start, turned: false }
    }

    /// The same, bold.
    pub(super) const fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    /// The same, anchored otherwise.
    pub(super) const fn at(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    /// The same, read from bottom to top.
    pub(super) const fn turned(mut self) -> Self {
        self.turned = true;
        self
    }
}

/// Title and subtitle, wrapped to the width of a picture.
pub(super) struct Header {
    title: Vec<String>,
    subtitle: Vec<String>,
}

impl Header {
    const TITLE: Type = Type::new(20.0, INK).bold();
    const SUBTITLE: Type = Type::new(13.0, QUIET);

    /// Cleans and wraps both texts for a picture `width` pixels wide.
    pub(super) fn new(title: &str, subtitle: &str, width: f64) -> Self {
        let room = width - 2.0 * MARGIN;
        Self {
            title: text::wrap(&text::clean(title), Self::TITLE.size, true, room, 2),
            subtitle: text::wrap(&text::clean(subtitle), Self::SUBTITLE.size, false, room, 3),
        }
    }

    /// No heading: the page around the picture has it.
    pub(super) const fn none() -> Self {
        Self { title: Vec::new(), subtitle: Vec::new() }
    }

    /// Height taken, from the upper edge of the picture.
    pub(super) fn height(&self) -> f64 {
        20.0 + self.title.len() as f64 * 26.0 + self.subtitle.len() as f64 * 19.0
    }

    /// Draws both texts.
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        canvas.group("", |brush| {
            let mut y = 20.0;
            for line in &self.title {
                brush.text((MARGIN, y + 19.0), line, Self::TITLE);
                y += 26.0;
            }
            for line in &self.subtitle {
                brush.text((MARGIN, y + 14.0), line, Self::SUBTITLE);
                y += 19.0;
            }
        });
    }
}

/// A picture under construction.
pub(super) struct Canvas {
    width: f64,
    height: f64,
    body: String,
}

impl Canvas {
    /// An empty white sheet of whole pixels.
    pub(super) fn new(width: f64, height: f64) -> Self {
        let mut canvas = Self { width: width.ceil(), height: height.ceil(), body: String::new() };
        let corner = (canvas.width, canvas.height);
        canvas.group("", |brush| brush.rect((0.0, 0.0), corner, PAPER));
        canvas
    }

    /// Draws on top of the picture, inside a `<g>` with the given attributes.
    pub(super) fn group(&mut self, attributes: &str, paint: impl FnOnce(&Brush<'_>)) {
        let size = (unit(self.width) as u32, unit(self.height) as u32);
        let mut document = String::new();
        let brush = Brush { area: SVGBackend::with_string(&mut document, size).into_drawing_area() };
        paint(&brush);
        drop(brush);
        // The backend wrote a whole document; the content between its first and last tag is the group.
        let from = document.find(">\n").map_or(0, |at| at + 2);
        let to = document.rfind("</svg>").unwrap_or(document.len());
        let inside = &document[from..to];
        if inside.is_empty() {
            return;
        }
        let space = if attributes.is_empty() { "" } else { " " };
        self.body.push_str(&format!("<g{space}{attributes}>\n{inside}</g>\n"));
    }

    /// Draws lines with the dash of a series.
    pub(super) fn dashed(&mut self, dash: &[f64], paint: impl FnOnce(&Brush<'_>)) {
        let mut attributes = "stroke-linejoin=\"round\"".to_owned();
        if !dash.is_empty() {
            let lengths: Vec<String> = dash.iter().map(|d| unit(*d).to_string()).collect();
            attributes.push_str(&format!(" stroke-dasharray=\"{}\"", lengths.join(" ")));
        }
        self.group(&attributes, paint);
    }

    /// The document. `title` and `subtitle` become its name and description for screen readers.
    pub(super) fn finish(self, title: &str, subtitle: &str) -> String {
        let (name, about) = (xml(&text::clean(title)), xml(&text::clean(subtitle)));
        self.document("role=\"img\"", &format!("<title>{name}</title>\n<desc>{about}</desc>\n"))
    }

    /// The document as a part of a page. Its name is no `<title>`, which browsers show when the pointer rests on it.
    pub(super) fn figure(self, role: &str, name: &str) -> String {
        self.document(&format!("role=\"{role}\" {}", label(name)), "")
    }

    fn document(self, attributes: &str, head: &str) -> String {
        let (width, height) = (self.width as u32, self.height as u32);
        let (units_wide, units_high) = (unit(self.width), unit(self.height));
        let body = self.body;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {units_wide} {units_high}\" {attributes}>\n{head}{body}</svg>\n"
        )
    }
}

/// Draws shapes and text into one group.
pub(super) struct Brush<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

impl Brush<'_> {
    /// A filled rectangle from one corner to the other.
    pub(super) fn rect(&self, from: Point, to: Point, colour: RGBColor) {
        let style = ShapeStyle::from(&colour).filled();
        self.draw(&Rectangle::new([units(from), units(to)], style));
    }

    /// A line through `points`, `thick` pixels wide.
    pub(super) fn line(&self, points: &[Point], colour: RGBColor, thick: f64) {
        let style = ShapeStyle::from(&colour).stroke_width(unit(thick).max(1) as u32);
        let mut path: Vec<(i32, i32)> = points.iter().copied().map(units).collect();
        path.dedup();
        if path.len() > 1 {
            self.draw(&PathElement::new(path, style));
        }
    }

    /// A filled polygon.
    pub(super) fn polygon(&self, points: &[Point], colour: RGBAColor) {
        let corners: Vec<(i32, i32)> = points.iter().copied().map(units).collect();
        self.draw(&Polygon::new(corners, colour));
    }

    /// A filled circle.
    pub(super) fn circle(&self, centre: Point, radius: f64, colour: RGBColor) {
        let style = ShapeStyle::from(&colour).filled();
        self.draw(&Circle::new(units(centre), unit(radius).max(1), style));
    }

    /// The marker of a series, with a rim of paper that lifts it off the lines below.
    pub(super) fn marker(&self, (x, y): Point, style: SeriesStyle) {
        let colour = style.colour;
        let outline = |shape: &[Point], scale: f64, colour: RGBColor| {
            let points: Vec<Point> = shape.iter().map(|(dx, dy)| (x + dx * scale, y + dy * scale)).collect();
            self.polygon(&points, colour.to_rgba());
        };
        let rimmed = |shape: &[Point]| {
            outline(shape, 5.6, PAPER);
            outline(shape, 4.2, colour);
        };
        match style.marker {
            Marker::Circle => {
                self.circle((x, y), 4.8, PAPER);
                self.circle((x, y), 3.7, colour);
            }
            Marker::Ring => {
                self.circle((x, y), 4.8, PAPER);
                self.circle((x, y), 4.0, colour);
                self.circle((x, y), 2.2, PAPER);
            }
            Marker::Square => rimmed(&[(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)]),
            Marker::Diamond => rimmed(&[(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)]),
            Marker::Up => rimmed(&[(0.0, -1.1), (1.05, 0.75), (-1.05, 0.75)]),
            Marker::Down => rimmed(&[(0.0, 1.1), (1.05, -0.75), (-1.05, -0.75)]),
            Marker::Plus => {
                let long = 4.6;
                for (colour, thick, long) in [(PAPER, 4.0, long + 1.0), (colour, 2.0, long)] {
                    self.line(&[(x - long, y), (x + long, y)], colour, thick);
                    self.line(&[(x, y - long), (x, y + long)], colour, thick);
                }
            }
            Marker::Cross => {
                let long = 3.5;
                for (colour, thick, long) in [(PAPER, 4.0, long + 0.7), (colour, 2.0, long)] {
                    self.line(&[(x - long, y - long), (x + long, y + long)], colour, thick);
                    self.line(&[(x - long, y + long), (x + long, y - long)], colour, thick);
                }
            }
        }
    }

    /// One line of text; the point is on its baseline.
    pub(super) fn text(&self, (x, y): Point, words: &str, look: Type) {
        let weight = if look.bold { FontStyle::Bold } else { FontStyle::Normal };
        let mut font = FontDesc::new(FontFamily::Name(FONTS), look.size * UNIT * PLOTTERS_FONT_SCALE, weight);
        if look.turned {
            font = font.transform(FontTransform::Rotate270);
        }
        let side = match look.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = font.color(&look.colour).pos(Pos::new(side, VPos::Top));
        // Only text anchored at its top has a baseline that does not depend on the reader's font.
        let lift = PLOTTERS_TOP * look.size;
        let origin = if look.turned { (x - lift, y) } else { (x, y - lift) };
        self.draw(&Text::new(words.to_owned(), units(origin), style));
    }

    fn draw<E>(&self, element: &E)
    where
        for<'b> &'b E: plotters::element::PointCollection<'b, (i32, i32)>,
        for<'a> E: plotters::element::Drawable<SVGBackend<'a>>,
    {
        // Writing to a string cannot fail.
        let _ = self.area.draw(element);
    }
}

/// Pixels as whole units of the document.
fn unit(pixels: f64) -> i32 {
    (pixels * UNIT).round().clamp(-1e8, 1e8) as i32
}

fn units((x, y): Point) -> (i32, i32) {
    (unit(x), unit(y))
}

/// The name of an element for screen readers.
pub(super) fn label(name: &str) -> String {
    format!("aria-label=\"{}\"", xml(&text::clean(name)))
}
