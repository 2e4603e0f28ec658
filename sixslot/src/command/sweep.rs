//! `sixslot sweep` and `sixslot merge`: simulate the grid of a scenario into a folder.

use super::{Common, Exit, Failure, Format, INTERRUPT, print_json, print_text, progress};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::sweep::{Recipe, Sweep, VERSION};
use sixslot_experiments::input::ScenarioText;
use sixslot_experiments::sweep::{self, Shard};
use sixslot_models::limits;
use std::path::PathBuf;

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
    #[arg(long, value_name = "P", value_parser = probability)]
    decide: Option<f64>,
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
}

/// Reads a probability strictly between 0 and 1.
pub(super) fn probability(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| *value > 0.0 && *value < 1.0);
    value.ok_or_else(|| "write a probability between 0 and 1, such as 0.01".to_owned())
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
            decide: self.decide,
        })?;
        let cells =
            self.shard.map_or(prepared.cells(), |shard| (shard.index..prepared.cells()).step_by(shard.of).count());
        let bar = progress(cells as u64 * prepared.loads(), "loads");
        let pool = self.common.pool()?;
        let result = pool.install(|| {
            sweep::run(&prepared, &self.output, self.resume, self.shard, &INTERRUPT, |loads| bar.inc(loads))
        });
        bar.finish_and_clear();
        result?;
        let out = self.output.display();
        if self.common.format == Format::Json {
            print_json(&SweepRecord { cells, loads: prepared.loads(), out: out.to_string() })?;
            return Ok(Exit::Done);
        }
        print_text(&match self.shard {
            None => {
                format!(
                    "{} cells of {}{} loads; {out}/README.md says what they show\n",
                    prepared.cells(),
                    if self.decide.is_some() { "up to " } else { "" },
                    prepared.loads()
                )
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
            print_json(&SweepRecord { cells, loads, out })?;
            return Ok(Exit::Done);
        }
        print_text(&format!("{} cells; {}/README.md says what they show\n", merged.cells(), self.output.display()))?;
        Ok(Exit::Done)
    }
}
