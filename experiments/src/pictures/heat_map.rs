//! Failure probability over two parameters, as coloured cells: one map, or one panel per fix set.
//!
//! Rule: one colour scale from 0 to 1 for every panel of every picture, and the number in every
//! cell. A scale fitted to each panel would make a fix without effect look like a fix that
//! works; and colour alone does not distinguish 0 % from 0.3 %, the difference by which fixes are judged.

use super::canvas::{Anchor, Brush, Canvas, Header, MARGIN, Type, label};
use super::palette::{self, AXIS, INK, MISSING, NONE_FAILED, QUIET};
use sixslot_analysis::svg_text as text;
use sixslot_analysis::words;

/// One heat map.
///
/// The first row of `cells` belongs to the first of `y_values` and is drawn at the bottom, as on any
/// axis. A cell is `None` if nothing was simulated. Exactly 0 has its own pale colour, outside the
/// scale: no failure seen.
#[derive(Clone, Copy, Debug)]
pub struct HeatMap<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Settings: loads per cell, seed.
    pub subtitle: &'a str,
    /// Parameter along x, with its unit.
    pub x_label: &'a str,
    /// Parameter along y, with its unit.
    pub y_label: &'a str,
    /// Values along x, from left to right.
    pub x_values: &'a [String],
    /// Values along y, from bottom to top.
    pub y_values: &'a [String],
    /// Failure probabilities in `[0, 1]`, rows by y.
    pub cells: &'a [Vec<Option<f64>>],
}

impl HeatMap<'_> {
    /// The picture as an SVG document.
    pub fn to_svg(&self) -> String {
        let panels = [HeatMapPanel { title: "", cells: self.cells }];
        HeatMapGrid {
            title: self.title,
            subtitle: self.subtitle,
            x_label: self.x_label,
            y_label: self.y_label,
            x_values: self.x_values,
            y_values: self.y_values,
            panels: &panels,
            columns: 1,
        }
        .to_svg()
    }
}

/// One panel of a [`HeatMapGrid`].
#[derive(Clone, Copy, Debug)]
pub struct HeatMapPanel<'a> {
    /// Name of the fix set.
    pub title: &'a str,
    /// Failure probabilities in `[0, 1]`, rows by y; the first row is drawn at the bottom.
    pub cells: &'a [Vec<Option<f64>>],
}

/// Heat maps of several fix sets in one picture, over the same parameters.
#[derive(Clone, Copy, Debug)]
pub struct HeatMapGrid<'a> {
    /// Title of the picture.
    pub title: &'a str,
    /// Settings: loads per cell, seed.
    pub subtitle: &'a str,
    /// Parameter along x, with its unit.
    pub x_label: &'a str,
    /// Parameter along y, with its unit.
    pub y_label: &'a str,
    /// Values along x, from left to right.
    pub x_values: &'a [String],
    /// Values along y, from bottom to top.
    pub y_values: &'a [String],
    /// The fix sets, row by row.
    pub panels: &'a [HeatMapPanel<'a>],
    /// Panels per row; 2 fit a column of text, 4 a whole screen.
    pub columns: usize,
}

const VALUE: Type = Type::new(13.0, INK).at(Anchor::Middle);
const TICK: Type = Type::new(12.0, QUIET);
const LABEL: Type = Type::new(12.5, QUIET).bold();
const PANEL: Type = Type::new(14.0, INK).bold();
/// Width of a panel on a page.
const FIGURE: f64 = 420.0;
const BAR: (f64, f64) = (260.0, 12.0);

impl HeatMapGrid<'_> {
    /// The picture as an SVG document.
    pub fn to_svg(&self) -> String {
        let plan = Plan::new(self, if self.columns > 3 { 1200.0 } else { 1000.0 }, 640.0);
        let header = Header::new(self.title, self.subtitle, plan.width);
        let bar_top = header.height() + 36.0;
        let top = bar_top + 50.0;
        let rows = self.panels.len().div_ceil(plan.columns);
        let bottom = top + rows as f64 * (plan.row + Plan::ROW_GAP) - Plan::ROW_GAP;

        let mut canvas = Canvas::new(plan.width, bottom + Plan::X_LABEL + MARGIN - 8.0);
        header.draw(&mut canvas);
        canvas.group("", |brush| self.draw_bar(brush, bar_top, (MARGIN + BAR.0 + 36.0, bar_top)));
        for (index, panel) in self.panels.iter().enumerate() {
            let (row, column) = (index / plan.columns, index % plan.columns);
            let x = plan.left + column as f64 * (plan.pitch + Plan::COLUMN_GAP);
            let y = top + row as f64 * (plan.row + Plan::ROW_GAP);
            let last = index + plan.columns >= self.panels.len();
            canvas.group("", |brush| {
                let part = Part { first: column == 0, last, cells: true };
                self.draw_panel(brush, &plan, panel, (x, y), part);
            });
        }
        if self.panels.is_empty() {
            canvas.group("", |brush| {
                brush.text((MARGIN, top + 4.0), "no data", TICK);
            });
        }
        canvas.finish(self.title, self.subtitle)
    }

    /// Each panel as a part of a page that has its heading and the scale: narrow enough for a phone, and each cell is a group
    /// of the class `cell`, named by its reading. `reading` is called with panel, row and column.
    pub fn to_figures(&self, reading: impl Fn(usize, usize, usize) -> String) -> Vec<String> {
        let bare: Vec<HeatMapPanel<'_>> =
            self.panels.iter().map(|panel| HeatMapPanel { title: "", cells: panel.cells }).collect();
        let grid = HeatMapGrid { panels: &bare, columns: 1, ..*self };
        let plan = Plan::new(&grid, FIGURE, 0.0);
        let figure = |(number, panel): (usize, &HeatMapPanel<'_>)| {
            let (left, top) = (plan.left, 4.0);
            let bottom = top + plan.row;
            let mut canvas = Canvas::new(plan.width, bottom + Plan::X_LABEL + 8.0);
            let part = Part { first: true, last: true, cells: false };
            canvas.group("", |brush| grid.draw_panel(brush, &plan, panel, (left, top), part));
            for row in 0..self.y_values.len() {
                for column in 0..self.x_values.len() {
                    let name = label(&reading(number, row, column));
                    let attributes = format!("class=\"cell\" role=\"img\" data-x=\"{column}\" data-y=\"{row}\" {name}");
                    canvas.group(&attributes, |brush| {
                        plan.draw_cell(
                            brush,
                            probability(panel.cells, column, row),
                            plan.corner((left, top), column, row, self),
                        );
                    });
                }
            }
            canvas.figure("group", &format!("{}: {}", self.panels[number].title, self.subtitle))
        };
        bare.iter().enumerate().map(figure).collect()
    }

    /// The colour bar as part of a page.
    pub fn to_scale(&self) -> String {
        // Two lines, so that it fits a telephone.
        let mut canvas = Canvas::new(320.0, 92.0);
        canvas.group("", |brush| self.draw_bar(brush, 32.0, (MARGIN, 70.0)));
        canvas.figure("img", "the colours of the cells, from no failure to a failure of every load")
    }

    /// The colour bar, and at another place what no failure looks like, and an empty cell if there is one.
    fn draw_bar(&self, brush: &Brush<'_>, top: f64, (mut next, beside): (f64, f64)) {
        brush.text((MARGIN, top - 9.0), "failure probability", LABEL);
        let left = MARGIN;
        let (wide, high) = BAR;
        let steps = 130;
        for step in 0..steps {
            // Each step reaches to the end: no hairlines of paper between neighbours.
            let from = left + wide * f64::from(step) / f64::from(steps);
            let colour = palette::heat((f64::from(step) + 0.5) / f64::from(steps));
            brush.rect((from, top), (left + wide, top + high), colour);
        }
        for quarter in 0..=4 {
            let share = f64::from(quarter) / 4.0;
            let x = left + wide * share;
            brush.line(&[(x, top + high), (x, top + high + 4.0)], AXIS, 1.0);
            let at = (x, top + high + 17.0);
            // Exactly 0 is not on the bar.
            let (tick, anchor) = if quarter == 0 {
                (">0 %".to_owned(), Anchor::Start)
            } else {
                (words::percent_short(share), Anchor::Middle)
            };
            brush.text(at, &tick, TICK.at(anchor));
        }
        let mut swatch = |colour, meaning: &str| {
            brush.rect((next, beside), (next + 26.0, beside + high), colour);
            brush.text((next + 34.0, beside + 10.0), meaning, TICK);
            next += 34.0 + text::width(meaning, TICK.size, false) + 20.0;
        };
        swatch(NONE_FAILED, "0 %: no failure seen");
        let missing = self.panels.iter().any(|panel| {
            let columns = 0..self.x_values.len();
            let mut places = (0..self.y_values.len()).flat_map(|y| columns.clone().map(move |x| (x, y)));
            places.any(|(x, y)| probability(panel.cells, x, y).is_none())
        });
        if missing {
            swatch(MISSING, "no data");
        }
    }

    fn draw_panel(&self, brush: &Brush<'_>, plan: &Plan, panel: &HeatMapPanel<'_>, (x, y): (f64, f64), part: Part) {
        let name = wrap_panel(panel.title, plan.pitch);
        // Short names are next to the panel, not at the top of the room kept for long ones.
        let mut baseline = y + (plan.name_lines - name.len()) as f64 * Plan::NAME_LINE + 14.0;
        for line in &name {
            brush.text((x, baseline), line, PANEL);
            baseline += Plan::NAME_LINE;
        }
        let top = y + plan.name_height();
        let (wide, high) = plan.cell;
        let bottom = top + high * self.y_values.len() as f64;
        if self.x_values.is_empty() || self.y_values.is_empty() {
            brush.text((x, top + 16.0), "no data", TICK);
            return;
        }
        for (row, y_value) in self.y_values.iter().enumerate() {
            let y = bottom - high * (row + 1) as f64;
            for column in (0..self.x_values.len()).filter(|_| part.cells) {
                let corner = (x + wide * column as f64, y);
                plan.draw_cell(brush, probability(panel.cells, column, row), corner);
            }
            if part.first {
                let shown = text::ellipsis(&text::clean(y_value), TICK.size, false, plan.y_ticks);
                let at = (x - 8.0, y + high / 2.0 + 4.3);
                brush.text(at, &shown, TICK.at(Anchor::End));
            }
        }
        for (column, x_value) in self.x_values.iter().enumerate() {
            // Long values take the room of their neighbours, which are then omitted.
            let aside = plan.x_every / 2;
            if column % plan.x_every != aside || column + aside >= self.x_values.len() {
                continue;
            }
            let room = wide * plan.x_every as f64 - 4.0;
            let shown = text::ellipsis(&text::clean(x_value), TICK.size, false, room);
            let at = (x + wide * (column as f64 + 0.5), bottom + 16.0);
            brush.text(at, &shown, TICK.at(Anchor::Middle));
        }
        if part.first {
            let label = text::clean(self.y_label);
            let shown = text::ellipsis(&label, LABEL.size, true, bottom - top + 30.0);
            let at = (x - plan.y_ticks - 20.0, (top + bottom) / 2.0);
            brush.text(at, &shown, LABEL.at(Anchor::Middle).turned());
        }
        if part.last {
            let label = text::clean(self.x_label);
            let shown = text::ellipsis(&label, LABEL.size, true, plan.pitch);
            let at = (x + wide * self.x_values.len() as f64 / 2.0, bottom + 37.0);
            brush.text(at, &shown, LABEL.at(Anchor::Middle));
        }
    }
}

/// The parts of a panel to draw.
#[derive(Clone, Copy)]
struct Part {
    /// The values and the label of y.
    first: bool,
    /// The label of x.
    last: bool,
    /// The cells.
    cells: bool,
}

/// The probability of a cell; a number outside 0 to 1 counts as missing.
fn probability(cells: &[Vec<Option<f64>>], x: usize, y: usize) -> Option<f64> {
    let value = (*cells.get(y)?.get(x)?)?;
    value.is_finite().then(|| value.clamp(0.0, 1.0))
}

/// The number in a cell.
fn written(probability: f64, narrow: bool) -> String {
    let shown = words::percent_short(probability);
    if narrow { shown.replace(' ', "") } else { shown }
}

fn wrap_panel(title: &str, room: f64) -> Vec<String> {
    text::wrap(&text::clean(title), PANEL.size, true, room, 2)
}

/// Measures of a grid.
struct Plan {
    width: f64,
    columns: usize,
    /// Left edge of the first column of cells.
    left: f64,
    /// Room for the values along y.
    y_ticks: f64,
    /// Width of a panel.
    pitch: f64,
    /// Height of a row of panels.
    row: f64,
    cell: (f64, f64),
    /// Number of columns per written value along x.
    x_every: usize,
    value_size: f64,
    /// Whether the cells are too narrow for the space before the per cent sign.
    narrow: bool,
    name_lines: usize,
}

impl Plan {
    const COLUMN_GAP: f64 = 26.0;
    const ROW_GAP: f64 = 20.0;
    /// Room for the label of x below the last row.
    const X_LABEL: f64 = 20.0;
    const NAME_LINE: f64 = 18.0;

    /// Measures that fill a width, and take no less than another.
    fn new(grid: &HeatMapGrid<'_>, width: f64, least_width: f64) -> Self {
        let columns = grid.columns.clamp(1, grid.panels.len().max(1));
        let y_ticks = grid
            .y_values
            .iter()
            .map(|value| text::width(&text::clean(value), TICK.size, false))
            .fold(12.0, f64::max)
            .min(130.0);
        let left = MARGIN + y_ticks + 32.0;
        let gaps = (columns - 1) as f64 * Self::COLUMN_GAP;
        let across = grid.x_values.len().max(1);
        let room = (width - left - MARGIN - gaps) / (columns * across) as f64;
        // Wide enough for the longest number at its least size, even if the picture has to grow.
        let longest = |narrow: bool| {
            let values = grid.panels.iter().flat_map(|panel| panel.cells);
            values.flatten().flatten().map(|p| text::width(&written(*p, narrow), 1.0, false)).fold(1.0, f64::max)
        };
        let narrow = room < longest(false) * VALUE.size + 6.0;
        let longest = longest(narrow);
        let least = (longest * 10.5 + 4.0).max(26.0);
        let wide = room.min(112.0).max(least).floor();
        let value_size = ((wide - 4.0) / longest).clamp(10.5, VALUE.size);
        let high = (wide * 0.55).clamp(28.0, 44.0).floor();

        let x_longest = grid
            .x_values
            .iter()
            .map(|value| text::width(&text::clean(value), TICK.size, false) + 4.0)
            .fold(0.0, f64::max);
        // Never more than a quarter of the columns, or too few values would be left.
        let x_every = ((x_longest / wide).ceil() as usize).clamp(1, (across / 4).max(1));

        let pitch = (wide * across as f64).max(180.0);
        let name_lines = grid.panels.iter().map(|panel| wrap_panel(panel.title, pitch).len()).max().unwrap_or(0);
        let mut plan = Self {
            width: (left + pitch * columns as f64 + gaps + MARGIN).max(least_width),
            columns,
            left,
            y_ticks,
            pitch,
            row: 0.0,
            cell: (wide, high),
            x_every,
            value_size,
            narrow,
            name_lines,
        };
        // Names above, ticks of x below.
        plan.row = plan.name_height() + high * grid.y_values.len().max(1) as f64 + 20.0;
        plan
    }

    /// The upper left corner of a cell of the panel at a place.
    fn corner(&self, (x, y): (f64, f64), column: usize, row: usize, grid: &HeatMapGrid<'_>) -> (f64, f64) {
        let (wide, high) = self.cell;
        let above = grid.y_values.len() - row - 1;
        (x + wide * column as f64, y + self.name_height() + high * above as f64)
    }

    fn draw_cell(&self, brush: &Brush<'_>, value: Option<f64>, (x, y): (f64, f64)) {
        let (wide, high) = self.cell;
        let ground = value.map_or(MISSING, palette::heat);
        brush.rect((x + 0.5, y + 0.5), (x + wide - 0.5, y + high - 0.5), ground);
        let (shown, ink) = match value {
            Some(0.0) => (written(0.0, self.narrow), QUIET),
            Some(p) => (written(p, self.narrow), palette::readable_on(ground)),
            None => ("–".to_owned(), QUIET),
        };
        let look = Type { size: self.value_size, colour: ink, ..VALUE };
        let at = (x + wide / 2.0, y + high / 2.0 + 0.36 * self.value_size);
        brush.text(at, &shown, look);
    }

    fn name_height(&self) -> f64 {
        if self.name_lines == 0 { 0.0 } else { self.name_lines as f64 * Self::NAME_LINE + 4.0 }
    }
}
