//! `sixslot sweep` and `sixslot merge`: simulate the grid of a scenario into a folder.

use super::{Common, Exit, Failure, Format, INTERRUPT, opening, print_json, print_text, progress};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::report::{Report, ReportError, Source};
use sixslot_analysis::sweep::{Recipe, Sweep, VERSION};
use sixslot_experiments::input::ScenarioText;
use sixslot_experiments::sweep::{self, Shard, reading};
use sixslot_models::limits;
use std::path::{Path, PathBuf};

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
    /// Folder for the results: new, empty, or of an earlier sweep.
    #[arg(short, long, alias = "out", value_name = "DIR")]
    output: PathBuf,
    /// Continue an interrupted sweep.
    #[arg(long)]
    resume: bool,
    /// Simulate only a part of the cells, such as 1/4; `sixslot merge` joins the parts.
    #[arg(long, value_name = "K/N", value_parser = shard)]
    shard: Option<Shard>,
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
}

/// The answer at the scenario's own point, or where too few loads fail there, where about half of them do; none where the
/// sweep is too large for a report.
fn sentence(sweep: Sweep, folder: &Path) -> Result<Option<String>, Failure> {
    let rows = reading::cells(&sweep, folder)?;
    let source = Source { sweep, rows, commands: Vec::new() };
    match Report::new(&source, 0, &INTERRUPT, |_| ()) {
        Ok(report) => Ok(Some(report.sentence())),
        Err(ReportError::Sets { .. } | ReportError::Cells { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads `1/4`.
fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(index, of)| Some((index.parse::<usize>().ok()?, of.parse().ok()?)));
    match parts {
        Some((index, of)) if index >= 1 && index <= of => Ok(Shard { index: index - 1, of }),
        _ => Err("write the number of the part and the number of parts, such as 1/4".to_owned()),
    }
}

impl SweepArguments {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let text = ScenarioText::read(&self.scenario)?;
        let prepared = Sweep::new(Recipe {
            version: VERSION.to_owned(),
            scenario: text.name,
            text: text.text,
            set: self.common.set.clone(),
            seed: self.common.seed,
            loads: self.loads,
        })?;
        let cells =
            self.shard.map_or(prepared.cells(), |shard| (shard.index..prepared.cells()).step_by(shard.of).count());
        let bar = progress(cells as u64 * prepared.loads(), "loads");
        let pool = self.common.pool()?;
        let result = pool.install(|| {
            sweep::run(&prepared, &self.output, self.resume, self.shard, &INTERRUPT, |loads| bar.inc(loads))
        });
        result?;
        let loads = prepared.loads();
        let sentence = if self.shard.is_none() { pool.install(|| sentence(prepared, &self.output))? } else { None };
        bar.finish_and_clear();
        let out = self.output.display();
        if self.common.format == Format::Json {
            print_json(&SweepRecord { cells, loads, out: out.to_string(), sentence })?;
            return Ok(Exit::Done);
        }
        print_text(&match self.shard {
            None => {
                let opening = sentence.map_or_else(String::new, |sentence| opening(&sentence, &[]));
                format!("{opening}{cells} cells of {loads} loads; {out}/README.md says what they show\n")
            }
            Some(shard) => {
                format!("part {} of {} is in {out}; `sixslot merge` joins the parts\n", shard.index + 1, shard.of)
            }
        })?;
        Ok(Exit::Done)
    }
}

impl MergeArguments {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let merged = sweep::open(&self.from[0])?;
        sweep::merge(&merged, &self.from, &self.output)?;
        if self.format == Format::Json {
            let (cells, loads, out) = (merged.cells(), merged.loads(), self.output.display().to_string());
            print_json(&SweepRecord { cells, loads, out, sentence: None })?;
            return Ok(Exit::Done);
        }
        print_text(&format!("{} cells; {}/README.md says what they show\n", merged.cells(), self.output.display()))?;
        Ok(Exit::Done)
    }
}
