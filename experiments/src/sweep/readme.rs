//! README.md of a sweep: its results as sentences, a table and pictures, and the command that makes them again.

use super::drawing::Picture;
use sixslot_analysis::sweep::Manifest;
use sixslot_analysis::sweep::{CellResult, Grid};
use sixslot_analysis::words::{markdown, percent_column};
use std::fmt::Write as _;

/// The effect of a fix set over the whole grid.
struct Summary {
    fix_set: usize,
    /// Cells surely above and surely below the threshold, where cells are decided.
    sides: Option<[usize; 2]>,
    failing: usize,
    mean: f64,
    worst: usize,
}

fn summaries(grid: &Grid, manifest: &Manifest, results: &[CellResult]) -> Vec<Summary> {
    let summary = |fix_set: usize| {
        let cells = &results[fix_set * grid.points()..(fix_set + 1) * grid.points()];
        let worst = (0..cells.len()).max_by(|one, other| {
            // The first of equal ones.
            cells[*one].probability().total_cmp(&cells[*other].probability()).then(other.cmp(one))
        });
        Summary {
            fix_set,
            sides: manifest.sides(cells.iter().map(|cell| (cell.failures, cell.loads))),
            failing: cells.iter().filter(|cell| cell.failures > 0).count(),
            mean: cells.iter().map(CellResult::probability).sum::<f64>() / cells.len() as f64,
            worst: fix_set * grid.points() + worst.unwrap_or(0),
        }
    };
    (0..grid.fix_sets.len()).map(summary).collect()
}

fn probability(manifest: &Manifest, result: &CellResult) -> String {
    let interval = manifest.interval(result.failures, result.loads);
    let between = interval.map_or_else(
        |_| String::new(),
        |interval| format!(" [{}, {}]", percent_column(interval.low), percent_column(interval.high)),
    );
    format!("{}{between}", percent_column(result.probability()))
}

/// The loads of the cells, in words.
fn loads(manifest: &Manifest, results: &[CellResult]) -> String {
    match manifest.decide {
        None => format!("{} loads each", manifest.loads),
        Some(threshold) => format!(
            "up to {} loads each, {} in all: a cell stops when its loads decide on which side of {} its probability lies",
            manifest.loads,
            results.iter().map(|result| result.loads).sum::<u64>(),
            percent_column(threshold)
        ),
    }
}

/// The content of the page.
pub struct Page<'a> {
    /// The grid.
    pub grid: &'a Grid,
    /// The manifest of the sweep.
    pub manifest: &'a Manifest,
    /// Its cells, by number.
    pub results: &'a [CellResult],
    /// Its pictures.
    pub pictures: &'a [Picture],
    /// The point of the grid that the scenario itself describes, if the grid contains it.
    pub own: Option<Vec<usize>>,
    /// The command that makes it again.
    pub command: String,
}

/// The results: sentences and a table.
fn found(text: &mut String, page: &Page<'_>, summaries: &[Summary]) {
    let Page { grid, manifest, results, own, .. } = page;
    text.push_str("## What it found\n\n");
    if let Some(at) = own {
        let result = &results[grid.number(0, at)];
        let _ = writeln!(
            text,
            "At the scenario's own parameters ({}), with {}: {} of {} loads fail, {}.\n",
            grid.point(&grid.cell(result.cell)),
            markdown(&grid.title(0)),
            result.failures,
            result.loads,
            probability(manifest, result)
        );
    }
    for summary in summaries {
        let worst = &results[summary.worst];
        let place = grid.point(&grid.cell(summary.worst));
        let name = markdown(&grid.title(summary.fix_set));
        let sentence = if let (Some([above, below]), Some(threshold)) = (summary.sides, manifest.decide) {
            let points = grid.points();
            format!(
                "the probability is above {} at {above} of {points} points, below it at {below}, undecided at {}; most at {place}: {}",
                percent_column(threshold),
                points - above - below,
                probability(manifest, worst)
            )
        } else if summary.failing == 0 {
            let bound = manifest.interval(worst.failures, worst.loads).map_or(1.0, |interval| interval.high);
            format!(
                "no load failed at any of the {} points; at each the probability is at most {}",
                grid.points(),
                percent_column(bound)
            )
        } else {
            format!(
                "loads fail at {} of {} points, most at {place}: {} ({} of {} loads)",
                summary.failing,
                grid.points(),
                probability(manifest, worst),
                worst.failures,
                worst.loads
            )
        };
        let _ = writeln!(text, "- **{name}**: {sentence}.");
    }
    text.push_str("\n| fixes | points with failures | mean probability over the grid | worst point | probability there |\n| --- | --- | --- | --- | --- |\n");
    for summary in summaries {
        let _ = writeln!(
            text,
            "| {} | {} of {} | {} | {} | {} |",
            markdown(&grid.title(summary.fix_set)),
            summary.failing,
            grid.points(),
            percent_column(summary.mean),
            grid.point(&grid.cell(summary.worst)),
            probability(manifest, &results[summary.worst]),
        );
    }
}

/// The page as Markdown.
pub fn readme(page: &Page<'_>) -> String {
    let Page { grid, manifest, results, pictures, command, .. } = page;
    let mut text = format!("# {}\n\n", markdown(&manifest.title));
    let _ = writeln!(
        text,
        "Written by `sixslot sweep`. {} cells: {} sets of fixes at {} points of the grid, {}, seed {}. A probability\nstands with its 95 % {}. Load k is the same load in every cell.\n",
        grid.len(),
        grid.fix_sets.len(),
        grid.points(),
        loads(manifest, results),
        manifest.seed,
        match manifest.decide {
            None => "interval (Wilson; Clopper-Pearson where fewer than 10 failed, or did not fail)",
            Some(_) =>
                "confidence sequence, which holds whenever a cell stopped; the probability itself is then biased away from the threshold",
        },
    );
    for note in &manifest.notes {
        let _ = writeln!(text, "Note: {}\n", markdown(note));
    }
    found(&mut text, page, &summaries(grid, manifest, results));
    text.push_str("\n## Pictures\n\n");
    for picture in *pictures {
        let _ = writeln!(text, "{}:\n\n![{}]({})\n", markdown(&picture.text), markdown(&picture.text), picture.file);
    }
    text.push_str("## Files, and the command that makes them\n\n");
    let _ = writeln!(text, "    {command}\n");
    text.push_str("- `sweep.csv`: one row for each cell: parameters, fixes, loads, failures, probability, interval, outcomes, quantiles of\n  the time to ready in milliseconds, and how the failed request's time divides over the stations.\n- `manifest.json`: everything that these bytes depend on.\n");
    for picture in *pictures {
        let _ = writeln!(text, "- `{}`: {}.", picture.file, markdown(&picture.text));
    }
    text
}
