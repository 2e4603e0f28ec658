//! `sixslot sweep` and `sixslot merge`: simulate the grid of a scenario into a folder.

use super::archives::refuse_archive;
use super::shard::{range, shard};
use super::terminal::note;
use super::{Common, Exit, Failure, Format, INTERRUPT, Overwrite, opening, print_json, print_text, progress, say};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::replications::Stopped;
use sixslot_analysis::report::{Report, ReportError, Source};
use sixslot_analysis::sweep::{Recipe, Row, Sweep};
use sixslot_analysis::words::plain;
use sixslot_experiments::input::ScenarioText;
use sixslot_experiments::sweep::{self, Shard, Watch, Work};
use sixslot_models::limits;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// The arguments of `sixslot sweep`.
#[derive(Debug, Args)]
pub(super) struct SweepArguments {
    /// The scenario file, or `-` for standard input.
    scenario: PathBuf,
    /// Loads of each cell. Default: from the scenario's `[sweep]`, else 10000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    loads: Option<u64>,
    #[command(flatten)]
    common: Common,
    /// Stop each cell when its loads decide on which side of this failure probability it lies; --loads is then the most.
    #[arg(long, value_name = "P", value_parser = probability, conflicts_with = "range")]
    decide: Option<f64>,
    /// Folder for the results: new, empty, or of an earlier sweep.
    #[arg(short, long, alias = "out", value_name = "DIR")]
    output: PathBuf,
    /// Continue an interrupted sweep; this is the default where the scenario and the settings are the same.
    #[arg(long)]
    resume: bool,
    /// Simulate only a part of the cells, such as 1/4; `sixslot merge` joins the parts. `auto` takes the numbers from the
    /// environment of Slurm, AWS Batch, GitLab CI or Buildkite; `auto/N` also from a Kubernetes Indexed Job.
    #[arg(long, value_name = "K/N", value_parser = shard)]
    shard: Option<Shard>,
    /// Simulate only loads A to B (without B) of each cell, counted from 0; `sixslot merge` joins the ranges.
    #[arg(long, value_name = "A..B", value_parser = range)]
    range: Option<Range<u64>>,
    #[command(flatten)]
    overwrite: Overwrite,
}

/// The arguments of `sixslot merge`.
#[derive(Debug, Args)]
pub(super) struct MergeArguments {
    /// The parts' folders.
    #[arg(value_name = "DIR", required = true)]
    from: Vec<PathBuf>,
    /// Folder for the results.
    #[arg(short, long, alias = "out", value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    overwrite: Overwrite,
    /// Format of the output.
    #[arg(long, value_parser = Format::of_no_table(), default_value = "text")]
    format: Format,
}

/// The location of a sweep's results.
#[derive(Serialize)]
struct SweepRecord {
    cells: usize,
    loads: u64,
    out: String,
    /// What the sweep shows at one point; null for a part of a sweep.
    sentence: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// Reads a probability strictly between 0 and 1.
pub(super) fn probability(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| *value > 0.0 && *value < 1.0);
    value.ok_or_else(|| "write a probability between 0 and 1, such as 0.01".to_owned())
}

/// The answer at the scenario's own point, or where too few loads fail there, where about half of them do; of decided cells
/// the number on each side. None where the sweep is too large for a report, or after an interrupt.
fn sentence(sweep: Sweep, rows: Vec<Row>) -> Result<Option<String>, Failure> {
    if sweep.manifest().decide.is_some() {
        return Ok(sweep.decided_sentence(&rows));
    }
    let source = Source { sweep, rows, commands: Vec::new() };
    match Report::new(&source, 0, &INTERRUPT, |_| ()) {
        Ok(report) => Ok(Some(report.sentence())),
        Err(ReportError::Sets { .. } | ReportError::Cells { .. } | ReportError::Stopped(Stopped::Interrupted)) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

impl SweepArguments {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        refuse_archive(&self.scenario, "sweep")?;
        let text = ScenarioText::read(&self.scenario)?;
        let recipe = Recipe { decide: self.decide, ..self.common.recipe(text, self.loads) };
        let prepared = Sweep::new(recipe)?;
        let work = Work { shard: self.shard, range: self.range.clone() };
        let (cells, range) = (work.cells(&prepared).len(), work.loads(&prepared)?);
        let bar = progress(cells as u64 * (range.end - range.start), "loads");
        let files = self.overwrite.files([&self.scenario]);
        let watch = Watch { interrupt: &INTERRUPT, done: &|loads| bar.inc(loads), note: &say };
        let pool = self.common.pool()?;
        let rows = pool.install(|| sweep::run(&prepared, &files, &self.output, &work, &watch))?;
        let (loads, notes) = (prepared.loads(), prepared.manifest().notes.clone());
        let has_sentence = rows.is_some();
        let sentence = rows.map(|rows| pool.install(|| sentence(prepared, rows))).transpose()?.flatten();
        bar.finish_and_clear();
        let exit = if has_sentence && sentence.is_none() && INTERRUPT.load(Ordering::Relaxed) {
            note("interrupted: all cells are finished and written; only the sentence about them is left out");
            Exit::Interrupted
        } else {
            Exit::Done
        };
        let out = plain(&self.output.display().to_string());
        if self.common.format == Format::Json {
            print_json(&SweepRecord { cells, loads, out: self.output.display().to_string(), sentence, notes })?;
            return Ok(exit);
        }
        let range = format!("loads {} to {}", range.start, range.end - 1);
        print_text(&match (self.shard, &self.range) {
            (None, None) => {
                let opening = sentence.map_or_else(String::new, |sentence| opening(&sentence, &notes));
                let most = if self.decide.is_some() { "up to " } else { "" };
                format!("{opening}{cells} cells of {most}{loads} loads; {out}/README.md says what they show\n")
            }
            (Some(shard), None) => {
                format!("part {} of {} is in {out}; `sixslot merge` joins the parts\n", shard.index + 1, shard.of)
            }
            (Some(shard), Some(_)) => format!(
                "{range} of part {} of {} are in {out}; `sixslot merge` joins the parts\n",
                shard.index + 1,
                shard.of
            ),
            (None, Some(_)) => format!("{range} of each cell are in {out}; `sixslot merge` joins the ranges\n"),
        })?;
        Ok(exit)
    }
}

impl MergeArguments {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let merged = sweep::open(&self.from)?;
        let files = self.overwrite.files(std::iter::empty::<&Path>());
        sweep::merge(&merged, &files, &self.from, &self.output, &say)?;
        if self.format == Format::Json {
            let (cells, loads, out) = (merged.cells(), merged.loads(), self.output.display().to_string());
            let notes = merged.manifest().notes.clone();
            print_json(&SweepRecord { cells, loads, out, sentence: None, notes })?;
            return Ok(Exit::Done);
        }
        let out = plain(&self.output.display().to_string());
        print_text(&format!("{} cells; {out}/README.md says what they show\n", merged.cells()))?;
        Ok(Exit::Done)
    }
}
