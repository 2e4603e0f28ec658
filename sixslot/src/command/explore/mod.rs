//! `sixslot explore`: how far a page is safe, what decides its outcome, and the best value of a key.

mod frontier;
mod sensitivity;
mod tuning;

use super::{Exit, Failure, Format, Overwrite, Scenario, print_data, print_json, print_text};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::acceptance::{Acceptance, Decision};
use sixslot_analysis::sensitivity::Outcome;
use sixslot_analysis::sweep::{VERSION, sha256};
use sixslot_analysis::words::plain;
use sixslot_experiments::csv_table;
use sixslot_experiments::files::{Files, Folder, Results};
use sixslot_models::limits;
use std::path::{Path, PathBuf};

/// The arguments of `sixslot explore`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("question").required(true).args(["frontier", "sensitivity", "tune"])))]
#[command(mut_arg("format", |format| format.value_parser(Format::of_table())))]
pub(super) struct Explore {
    #[command(flatten)]
    scenario: Scenario,
    /// Search the largest value of the first parameter up to which the page meets the limits, at each value of a second, for
    /// each set of fixes of `sweep`. A parameter may have a range: projects=1..40,sessions=10..40.
    #[arg(long, value_name = "PARAMETER,PARAMETER", value_delimiter = ',')]
    frontier: Vec<String>,
    /// Say which random quantities decide the outcome of a load.
    #[arg(long)]
    sensitivity: bool,
    /// Vary a key over a range, such as request.session.deadline=2s..20s or queue.router.limit=1..10, and find its best value.
    #[arg(long, value_name = "PATH=LOW..HIGH")]
    tune: Option<String>,
    /// Loads: of --sensitivity (default 10000), of each value of --tune (2000), at most at each point of --frontier (20000).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..=limits::LOADS))]
    loads: Option<u64>,
    /// With --frontier: the largest share of loads that may fail.
    #[arg(long, value_name = "P", default_value_t = 0.01, requires = "frontier", allow_negative_numbers = true)]
    max_failure: f64,
    /// With --frontier: the largest share of loads that may be late. Default: as --max-failure.
    #[arg(long, value_name = "P", requires = "frontier", allow_negative_numbers = true)]
    max_late: Option<f64>,
    /// With --sensitivity: further loads, for closed and total indices.
    #[arg(long, value_name = "N", default_value_t = 50_000, requires = "sensitivity", value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    budget: u64,
    /// With --sensitivity: the outcome to explain. Default: the first of failed, late and ready that differs in enough loads.
    #[arg(long, value_name = "OUTCOME", requires = "sensitivity", value_parser = outcome)]
    by: Option<Outcome>,
    /// With --tune: number of values; the scenario's own is added.
    #[arg(long, value_name = "N", default_value_t = 9, requires = "tune", value_parser = clap::value_parser!(u16).range(2..=limits::TUNED_VALUES as i64))]
    values: u16,
    /// Folder for the table and the pictures.
    #[arg(short, long, alias = "out", value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: Overwrite,
}

/// Reads the name of an outcome.
fn outcome(text: &str) -> Result<Outcome, String> {
    match text {
        "failed" => Ok(Outcome::Failed),
        "late" => Ok(Outcome::Late),
        "ready" => Ok(Outcome::Ready),
        _ => Err("write failed, late or ready".to_owned()),
    }
}

/// An answer in all its forms.
struct Answer<R> {
    /// The name of its question, and of its files.
    name: &'static str,
    record: R,
    text: String,
    csv: String,
    /// What was not measured.
    notes: Vec<String>,
    /// Name of the file, and its content.
    pictures: Vec<(String, String)>,
}

/// An answer with its scenario and settings.
#[derive(Serialize)]
struct ExploreRecord<'a, R> {
    scenario: &'a str,
    seed: u64,
    fixes: &'a [String],
    question: &'static str,
    #[serde(flatten)]
    answer: R,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// A decision in a table.
const fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Met => "safe",
        Decision::Missed => "unsafe",
        Decision::Undecided => "undecided",
    }
}

impl Explore {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        if let Some(folder) = &self.output {
            if folder == Path::new("-") {
                return Err(Failure::Usage("-o requires a folder for several files; name one".to_owned()));
            }
            if folder.exists() && !folder.is_dir() {
                let folder = plain(&folder.display().to_string());
                return Err(Failure::Usage(format!("{folder} is not a folder; name a folder")));
            }
            // What may not be replaced is refused before the work; the folder is opened again to write.
            self.folder(&self.files(), folder, Vec::new())?;
        }
        if self.sensitivity {
            self.print(self.answer_sensitivity()?)?;
        } else if let Some(knob) = &self.tune {
            self.print(self.answer_tuning(knob)?)?;
        } else {
            let acceptance = Acceptance::new(self.max_failure, self.max_late.unwrap_or(self.max_failure))?;
            self.print(self.answer_frontier(acceptance)?)?;
        }
        Ok(Exit::Done)
    }

    fn files(&self) -> Files<'static> {
        self.overwrite.files([&self.scenario.scenario])
    }

    /// The folder of the answer, locked.
    fn folder<'a>(&self, files: &'a Files<'a>, path: &Path, names: Vec<String>) -> Result<Folder<'a>, Failure> {
        let purpose = match (self.sensitivity, &self.tune) {
            (true, _) => "sensitivity",
            (_, Some(_)) => "tuning",
            _ => "frontier",
        };
        let Self { scenario, frontier, tune, loads, max_failure, max_late, budget, by, values, .. } = self;
        let settings = (frontier, tune, loads, max_failure, max_late, budget, by, values);
        let of = (&scenario.scenario, &scenario.fix, &scenario.common.set, scenario.common.seed);
        let identity = sha256(format!("{VERSION}\n{of:?}\n{settings:?}").as_bytes());
        Folder::open::<Failure>(files, path, Results { purpose, identity, names }, || Ok(false))
    }

    fn print<R: Serialize>(&self, (title, mut answer): (String, Answer<R>)) -> Result<(), Failure> {
        answer.csv = csv_table::with_notes(&answer.csv, &answer.notes)?;
        if let Some(folder) = &self.output {
            self.write(folder, &answer)?;
        }
        let common = &self.scenario.common;
        match common.format {
            Format::Json => print_json(&ExploreRecord {
                scenario: &title,
                seed: common.seed,
                fixes: &self.scenario.fix,
                question: answer.name,
                answer: answer.record,
                notes: answer.notes,
            }),
            Format::Csv => print_data(&answer.csv),
            _ => {
                let files = self.output.as_ref().map_or(String::new(), |folder| {
                    let pictures = answer.pictures.iter().map(|(name, _)| name.clone());
                    let names: Vec<String> = pictures.chain([format!("{}.csv", answer.name)]).collect();
                    format!("\nwritten to {}: {}\n", plain(&folder.display().to_string()), names.join(", "))
                });
                print_text(&format!("{}{files}", answer.text))
            }
        }
    }

    fn write<R>(&self, folder: &Path, answer: &Answer<R>) -> Result<(), Failure> {
        let table = (format!("{}.csv", answer.name), answer.csv.clone());
        let files = answer.pictures.iter().chain([&table]);
        let files: Vec<(String, Vec<u8>)> =
            files.map(|(name, text)| (name.clone(), text.clone().into_bytes())).collect();
        let writer = self.files();
        let names = files.iter().map(|(name, _)| name.clone()).collect();
        self.folder(&writer, folder, names)?.write(&files)?;
        Ok(())
    }

    /// The subtitle of a picture.
    fn caption(&self, settings: &str) -> String {
        let fixes = match self.scenario.fix.as_slice() {
            [] => String::new(),
            fixes => format!("with {}, ", fixes.join(" + ")),
        };
        format!("{fixes}{settings}, seed {}", self.scenario.common.seed)
    }
}
