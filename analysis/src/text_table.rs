//! Tables for a terminal.
//!
//! Rule: no line is wider than the terminal. A column is as wide as its widest cell; its title is broken between words where
//! that makes it narrower. If the table is too wide all the same, its last column is wrapped if it is text, and if that is
//! not enough either, each row becomes a paragraph: the cells up to the first column of text, then the others with their
//! titles. Numbers of a column have one unit, which the title names.

use crate::words::{percent_short, plain, wrap};

/// Between two columns.
const GAP: usize = 2;
/// The narrowest last column that is wrapped.
const TEXT: usize = 16;

/// On which side the cells of a column end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table, row by row.
///
/// ```
/// use sixslot_analysis::text_table::{Align, TextTable};
///
/// let mut table = TextTable::new([("fix", Align::Left), ("loads that fail, %", Align::Right)]);
/// table.row(["no-prefetch".to_owned(), "0".to_owned()]);
/// assert_eq!(table.draw(80), "fix          loads that fail, %\nno-prefetch                   0\n");
/// assert_eq!(table.draw(22), "fix              loads\n                  that\n               fail, %\nno-prefetch          0\n");
/// assert_eq!(table.draw(16), "no-prefetch\n  loads that\n  fail, % 0\n");
/// ```
#[derive(Clone, Debug)]
pub struct TextTable {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    /// A table without rows; a title can be empty.
    pub fn new<T: Into<String>>(columns: impl IntoIterator<Item = (T, Align)>) -> Self {
        Self { columns: columns.into_iter().map(|(title, align)| (title.into(), align)).collect(), rows: Vec::new() }
    }

    /// Adds a row; missing cells are empty, and cells without a column are left out.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<String> = cells.into_iter().map(|cell| plain(&cell)).take(self.columns.len()).collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(cells);
    }

    /// The table in lines of at most `width` characters, each with its line feed.
    #[must_use]
    pub fn draw(&self, width: usize) -> String {
        let natural: Vec<usize> =
            (0..self.columns.len()).map(|at| self.widest(at, length(&self.columns[at].0))).collect();
        if total(&natural) <= width {
            return self.lines(&natural);
        }
        let title = |at: usize| self.columns[at].0.split(' ').map(length).max().unwrap_or_default();
        let mut narrow: Vec<usize> = (0..self.columns.len()).map(|at| self.widest(at, title(at))).collect();
        let last = self.columns.len() - 1;
        if let Some(over) = total(&narrow).checked_sub(width).filter(|over| *over > 0) {
            let is_text = self.columns[last].1 == Align::Left && last > 0;
            match narrow[last].checked_sub(over) {
                Some(left) if is_text && left >= TEXT => narrow[last] = left,
                _ => return self.paragraphs(width),
            }
        }
        // What is left over goes to the titles, from the left.
        let mut spare = width - total(&narrow);
        for (narrow, natural) in narrow.iter_mut().zip(&natural) {
            let more = natural.saturating_sub(*narrow).min(spare);
            (*narrow, spare) = (*narrow + more, spare - more);
        }
        self.lines(&narrow)
    }

    fn widest(&self, column: usize, least: usize) -> usize {
        self.rows.iter().map(|row| length(&row[column])).max().unwrap_or_default().max(least)
    }

    fn lines(&self, widths: &[usize]) -> String {
        let titles: Vec<Vec<String>> =
            self.columns.iter().zip(widths).map(|((title, _), width)| broken(title, *width)).collect();
        let mut out = String::new();
        self.block(&mut out, &titles, widths);
        for row in &self.rows {
            let cells: Vec<Vec<String>> = row.iter().zip(widths).map(|(cell, width)| broken(cell, *width)).collect();
            self.block(&mut out, &cells, widths);
        }
        out
    }

    /// Cells of several lines, side by side.
    fn block(&self, out: &mut String, cells: &[Vec<String>], widths: &[usize]) {
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or_default() {
            let mut text = String::new();
            for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
                let gap = if at == 0 { 0 } else { GAP };
                let part = cell.get(line).map_or("", String::as_str);
                text.push_str(&" ".repeat(gap));
                text.push_str(&match self.columns[at].1 {
                    Align::Left => format!("{part:<width$}"),
                    Align::Right => format!("{part:>width$}"),
                });
            }
            out.push_str(text.trim_end());
            out.push('\n');
        }
    }

    fn paragraphs(&self, width: usize) -> String {
        let head = self.columns.iter().position(|(_, align)| *align == Align::Left).unwrap_or(0);
        let mut out = String::new();
        for row in &self.rows {
            let name: Vec<&str> = row[..=head].iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
            out.push_str(&wrap("", &name.join(" "), width));
            out.push('\n');
            let rest = self.columns[head + 1..].iter().zip(&row[head + 1..]).filter(|(_, cell)| !cell.is_empty());
            let rest: Vec<String> =
                rest.map(|((title, _), cell)| format!("{title} {cell}").trim().to_owned()).collect();
            if !rest.is_empty() {
                out.push_str(&wrap("  ", &rest.join("; "), width));
                out.push('\n');
            }
        }
        out
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// A cell in lines.
fn broken(text: &str, width: usize) -> Vec<String> {
    if length(text) <= width {
        return vec![text.to_owned()];
    }
    wrap("", text, width.max(1)).lines().map(str::to_owned).collect()
}

/// The unit of a column of times: seconds where one of them has a second, else milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

impl TimeUnit {
    /// The unit of these times in milliseconds.
    pub fn of(times: impl IntoIterator<Item = f64>) -> Self {
        if times.into_iter().any(|time| time >= 999.5) { Self::Seconds } else { Self::Milliseconds }
    }

    /// Its symbol.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
        }
    }

    /// A time in milliseconds, in this unit, with three digits that count.
    #[must_use]
    pub fn write(self, ms: f64) -> String {
        match (self, ms / 1000.0) {
            (Self::Milliseconds, _) => format!("{ms:.0}"),
            (_, seconds) if seconds >= 10.0 => format!("{seconds:.1}"),
            (_, seconds) if seconds >= 1.0 => format!("{seconds:.2}"),
            (_, seconds) => format!("{seconds:.3}"),
        }
    }
}

/// A share in a column whose title has the unit: `<0.1`, `12`, `100`.
#[must_use]
pub fn share(share: f64) -> String {
    percent_short(share).trim_end_matches(" %").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Align, TextTable, TimeUnit, share};

    /// Every width down to the longest words: no line is wider, and no word of a cell is lost.
    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let mut table = TextTable::new([
            ("", Align::Right),
            ("fix", Align::Left),
            ("loads that fail, %", Align::Right),
            ("time to ready, median, s", Align::Right),
            ("what it is", Align::Left),
        ]);
        table.row(
            ["1=", "no-prefetch", "0 (0 to 0.04)", "1.52 (1.50 to 1.53)", "no prefetches at all of any link"]
                .map(str::to_owned),
        );
        table.row(
            ["2", "three-failures", "12 (11 to 13)", "never", "three failures in a row before the error"]
                .map(str::to_owned),
        );
        let wide = table.draw(200);
        assert_eq!(wide.lines().count(), 3, "{wide}");
        for width in 20..200 {
            let text = table.draw(width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
            let has = |word: &str| text.split_whitespace().any(|other| other.trim_end_matches(';') == word);
            for word in wide.lines().skip(1).flat_map(str::split_whitespace) {
                assert!(has(word), "{width}: {word}\n{text}");
            }
        }
    }

    #[test]
    fn a_column_has_one_unit() {
        assert_eq!(TimeUnit::of([3.0, 999.4]), TimeUnit::Milliseconds);
        let seconds = TimeUnit::of([3.0, 999.6]);
        assert_eq!(
            (seconds.symbol(), [3.0, 999.6, 1234.0, 12345.0].map(|ms| seconds.write(ms))),
            ("s", ["0.003", "1.000", "1.23", "12.3"].map(str::to_owned))
        );
        assert_eq!([0.0, 0.0004, 0.5, 1.0].map(share), ["0", "<0.1", "50", "100"]);
    }
}
