//! `sixslot hypotheses`: compares several hypotheses about one page with published figures; writes a folder.

use super::archives::refuse_archive;
use super::threads::thread_pool;
use super::{Exit, Failure, Format, INTERRUPT, Overwrite, print_json, print_text, progress};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::words::plain;
use sixslot_experiments::files::Folder;
use sixslot_experiments::hypotheses::file::HypothesesFile;
use sixslot_experiments::hypotheses::{Findings, Run};
use sixslot_experiments::input::ScenarioText;
use sixslot_models::limits;
use std::path::PathBuf;

/// The arguments of `sixslot hypotheses`.
#[derive(Debug, Args)]
pub(super) struct Hypotheses {
    /// The hypotheses file; paths of scenarios in it are relative to its folder.
    file: PathBuf,
    /// Folder for the results.
    #[arg(short, long, alias = "out", value_name = "DIR")]
    output: PathBuf,
    /// Loads for each figure and hypothesis. Default: from the file, else 1000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    loads: Option<u64>,
    /// Seed of all random numbers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    overwrite: Overwrite,
    /// Format of the output.
    #[arg(long, value_parser = Format::of_no_table(), default_value = "text")]
    format: Format,
    /// Number of threads; results do not depend on it. Default: one for each core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

/// Where the results are.
#[derive(Serialize)]
struct HypothesesRecord {
    figures: usize,
    predictions: usize,
    loads: u64,
    out: String,
}

impl Hypotheses {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        if self.file == std::path::Path::new("-") {
            let message = "a hypotheses file refers to scenarios in its folder, so it cannot be read from standard input; name a file";
            return Err(Failure::Usage(message.to_owned()));
        }
        refuse_archive(&self.file, "hypotheses")?;
        let ScenarioText { name, text } = ScenarioText::read(&self.file)?;
        let file = HypothesesFile::read(&self.file)?;
        let loads = self.loads.unwrap_or(file.loads);
        let points =
            |region: &sixslot_experiments::hypotheses::file::Region| region.points.len() * region.figures.len();
        let cases = file.figures.iter().map(|figure| figure.cases.len()).sum::<usize>()
            + file.regions.iter().map(points).sum::<usize>()
            + file.predictions.iter().map(|prediction| prediction.cases.len()).sum::<usize>()
            + file.overlays.len();
        let bar = progress(cases as u64 * loads, "loads");
        let mut command = format!("sixslot hypotheses {name} --output {}", self.folder());
        if let Some(loads) = self.loads {
            command.push_str(&format!(" --loads {loads}"));
        }
        if self.seed != 1 {
            command.push_str(&format!(" --seed {}", self.seed));
        }
        let run = Run { name, text, loads, seed: self.seed, command };
        let base = self.file.parent().unwrap_or(std::path::Path::new("."));
        let inputs = file.scenarios.keys().map(|name| base.join(name)).chain([self.file.clone()]);
        let files = self.overwrite.files(inputs);
        let folder = Folder::open::<Failure>(&files, &self.output, run.results(&file), || Ok(false))?;
        let findings = thread_pool(self.jobs)?
            .install(|| Findings::simulate(&file, loads, self.seed, &INTERRUPT, |loads| bar.inc(loads)));
        bar.finish_and_clear();
        let findings = findings?;
        findings.write(&file, &run, &folder)?;
        let out = self.output.display().to_string();
        let (figures, predictions) = (file.figures.len(), file.predictions.len());
        if self.format == Format::Json {
            print_json(&HypothesesRecord { figures, predictions, loads, out })?;
        } else {
            let out = plain(&out);
            print_text(&format!(
                "{figures} figures and {predictions} predictions, {loads} loads each; {out}/README.md says what they show\n"
            ))?;
        }
        Ok(Exit::Done)
    }

    /// The folder in the recorded command: its path if that is relative, else its name.
    fn folder(&self) -> String {
        let name = || self.output.file_name().map_or_else(|| "DIR".into(), |name| name.to_string_lossy().into_owned());
        if self.output.is_relative() { self.output.display().to_string() } else { name() }
    }
}
