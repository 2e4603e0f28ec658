//! What a sweep shows if its cells stop when they are decided: at how many points more loads fail than its threshold says.
//!
//! Rule: a point counts where its own interval excludes the threshold. The fixes with the fewest points that are above it or
//! undecided are named.

use super::{Row, Sweep};
use crate::words::{count, percent};
use std::fmt::Write as _;

/// The most sets of fixes that the sentence names.
const NAMED: usize = 4;

impl Sweep {
    /// The sentence; none where cells have a fixed number of loads.
    pub fn decided_sentence(&self, rows: &[Row]) -> Option<String> {
        let (grid, manifest) = (self.grid(), self.manifest());
        let threshold = percent(manifest.decide?);
        let points = grid.points();
        let sides = |set: usize| {
            let cells = &rows[set * points..(set + 1) * points];
            manifest.sides(cells.iter().map(|row| (row.failures, row.loads)))
        };
        let [above, below] = sides(0)?;
        let mut text = format!("More than {threshold} of loads fail at {above} of {}", count(points, "point"));
        if !grid.fix_sets[0].is_empty() {
            let _ = write!(text, " with `{}`", grid.name(0));
        }
        let _ = write!(
            text,
            " and fewer at {below}; {} undecided ({:.0} % confidence at each point).",
            match points - above - below {
                1 => "1 is".to_owned(),
                more => format!("{more} are"),
            },
            100.0 * manifest.level
        );
        let others: Vec<(usize, [usize; 2])> =
            (1..grid.fix_sets.len()).filter_map(|set| Some((set, sides(set)?))).collect();
        // Nothing is said of fixes that leave as many points.
        let Some(most) = others.iter().map(|(_, [_, below])| *below).max().filter(|most| *most > below) else {
            return Some(text);
        };
        let best: Vec<String> = others
            .iter()
            .filter(|(_, [_, below])| *below == most)
            .map(|(set, _)| format!("`{}`", grid.name(*set)))
            .collect();
        let more = if best.len() > NAMED { format!(" and {} more", best.len() - NAMED) } else { String::new() };
        let names = best[..best.len().min(NAMED)].join(", ");
        let _ = write!(text, " Fewer fail at {most} points with {names}{more}.");
        Some(text)
    }
}
