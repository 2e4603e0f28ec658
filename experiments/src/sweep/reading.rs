//! Reads a sweep and its cells from its folder.
//!
//! Rule: a folder is accepted only as a whole. The manifest must be the one that this program writes for the scenario, and
//! each row of the table must be in its place; any difference is an error that states what to do.

use super::checkpoint::UNFINISHED;
use super::{SweepError, is_ours, table};
use crate::csv_table::cell_text;
use crate::input::{InputError, ScenarioText};
use sixslot_analysis::sweep::{DEFAULT_LOADS, Manifest, Recipe, Row, Sweep, VERSION, sha256};
use sixslot_models::Document;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The longest table that is read, in bytes: a hundred thousand cells.
const LARGEST_TABLE: u64 = 64 << 20;

/// Why a folder's sweep cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    /// No sweep.
    #[error("{path} holds no finished sweep: {reason}; name a folder that `sixslot sweep SCENARIO --output DIR` wrote, or a scenario file", path = path.display())]
    NoSweep {
        /// The folder.
        path: PathBuf,
        /// What is missing.
        reason: &'static str,
    },
    /// A sweep that was interrupted.
    #[error("{path} holds an interrupted sweep; finish it with `sixslot sweep ... --resume`, or join its parts with `sixslot merge`", path = path.display())]
    Unfinished {
        /// The folder.
        path: PathBuf,
    },
    /// Another version of the program wrote it.
    #[error("{path} was written by sixslot {version}, and this is {VERSION}, which may give other counts; run the sweep again", path = path.display())]
    Version {
        /// The folder.
        path: PathBuf,
        /// That version.
        version: String,
    },
    /// Its cells have different numbers of loads.
    #[error("the cells of {path} stopped when they were decided, so their numbers of loads differ and cannot be compared; run the sweep without --decide", path = path.display())]
    Decided {
        /// The folder.
        path: PathBuf,
    },
    /// The scenario was moved.
    #[error("the sweep in {path} is of the scenario `{scenario}`, which cannot be read from here: {error}; name its file with --scenario", path = path.display())]
    NoScenario {
        /// The folder.
        path: PathBuf,
        /// The scenario's path in the manifest.
        scenario: String,
        /// Why.
        error: InputError,
    },
    /// The scenario has changed.
    #[error("{scenario} is not the scenario of the sweep in {path} any more; run the sweep again, or name the old file with --scenario", path = path.display())]
    AnotherScenario {
        /// The folder.
        path: PathBuf,
        /// The scenario that was read.
        scenario: String,
    },
    /// The table or the manifest is not what the sweep would write.
    #[error("{file}{line}: {reason}; the folder was changed after the sweep: run it again", file = file.display(), line = line.map_or_else(String::new, |line| format!(":{line}")))]
    Changed {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("{path} cannot be read: {error}; check the folder's permissions", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// The scenario's fault.
    #[error(transparent)]
    Sweep(#[from] SweepError),
}

/// The sweep in a folder, and its cells by number. The scenario is read from its path in the manifest, or from the given
/// file.
///
/// # Errors
/// A folder without a finished sweep, or with one of another scenario.
pub fn read(folder: &Path, scenario: Option<&Path>) -> Result<(Sweep, Vec<Row>), ReadingError> {
    let path = folder.to_owned();
    let manifest_file = folder.join("manifest.json");
    if !is_ours(folder) {
        return Err(if folder.join(UNFINISHED).exists() {
            ReadingError::Unfinished { path }
        } else {
            ReadingError::NoSweep { path, reason: "it has no manifest.json of sixslot" }
        });
    }
    let file = folder.join("sweep.csv");
    if !file.exists() {
        return Err(ReadingError::NoSweep { path, reason: "it has no sweep.csv" });
    }
    let found: Manifest = serde_json::from_str(&text(&manifest_file)?).map_err(|error| ReadingError::Changed {
        file: manifest_file.clone(),
        line: Some(error.line()),
        reason: error.to_string(),
    })?;
    if found.version != VERSION {
        return Err(ReadingError::Version { path, version: found.version });
    }
    if found.decide.is_some() {
        return Err(ReadingError::Decided { path });
    }
    let named = scenario.unwrap_or(Path::new(&found.scenario));
    let ScenarioText { name, text: scenario_text } = ScenarioText::read(named)
        .map_err(|error| ReadingError::NoScenario { path: path.clone(), scenario: found.scenario.clone(), error })?;
    if sha256(&scenario_text) != found.scenario_sha256 {
        return Err(ReadingError::AnotherScenario { path, scenario: name });
    }
    let mut recipe = Recipe {
        version: VERSION.to_owned(),
        scenario: found.scenario.clone(),
        text: scenario_text,
        set: found.set.clone(),
        seed: found.seed,
        loads: Some(found.loads),
        decide: None,
    };
    let document =
        Document::read(&recipe.scenario, &recipe.text, &recipe.set).map_err(Box::new).map_err(SweepError::from)?;
    let usual = document.sweep.loads.unwrap_or(DEFAULT_LOADS);
    recipe.loads = recipe.loads.filter(|loads| *loads != usual);
    let sweep = Sweep::new(recipe).map_err(SweepError::from)?;
    if *sweep.manifest() != found {
        let reason = "it is not the manifest of its own scenario".to_owned();
        return Err(ReadingError::Changed { file: manifest_file, line: None, reason });
    }
    let rows = cells(&sweep, folder)?;
    Ok((sweep, rows))
}

/// The cells of a sweep that has been written to a folder.
///
/// # Errors
/// A table that is not of this sweep.
pub fn cells(sweep: &Sweep, folder: &Path) -> Result<Vec<Row>, ReadingError> {
    let file = folder.join("sweep.csv");
    rows(sweep, &text(&file)?).map_err(|(line, reason)| ReadingError::Changed { file, line, reason })
}

fn text(path: &Path) -> Result<String, ReadingError> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST_TABLE + 1).read_to_string(&mut text));
    let read = read.and_then(|_| {
        let fits = text.len() as u64 <= LARGEST_TABLE;
        if fits { Ok(()) } else { Err(std::io::Error::other(format!("it is longer than {LARGEST_TABLE} bytes"))) }
    });
    read.map(|()| text).map_err(|error| ReadingError::File { path: path.to_owned(), error })
}

/// The rows of a table, or the line and what is wrong with it.
fn rows(sweep: &Sweep, text: &str) -> Result<Vec<Row>, (Option<usize>, String)> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records().zip(1_usize..);
    let head = table::head(sweep.grid(), sweep.manifest());
    match records.next() {
        Some((Ok(found), _)) if found.iter().eq(head.iter().map(|name| cell_text(name))) => {}
        _ => return Err((Some(1), "the first row has other columns".to_owned())),
    }
    // A parameter may have the name of a column after the parameters.
    let own = 1 + sweep.grid().axes.len();
    let column = |name: &str| head.iter().skip(own).position(|column| column == name).map_or(0, |at| own + at);
    let [loads, failures, late] = ["loads", "failures", "late"].map(column);
    let ready = ["ready_p50_ms", "ready_p90_ms", "ready_p95_ms", "ready_p99_ms"].map(column);
    let mut rows = Vec::with_capacity(sweep.cells());
    for (record, line) in records {
        let wrong = |reason: &str| (Some(line), reason.to_owned());
        let record = record.map_err(|error| (Some(line), error.to_string()))?;
        if rows.len() == sweep.cells() {
            return Err(wrong("there are more rows than cells"));
        }
        let names = table::names(sweep.grid(), &sweep.grid().cell(rows.len()));
        let is_own = record.iter().take(names.len()).eq(names.iter().map(|name| cell_text(name)));
        if record.len() != head.len() || !is_own {
            return Err((Some(line), format!("this row is of the cell {}", names.join(", "))));
        }
        let count = |column: usize| record[column].parse::<u64>().map_err(|_| wrong("a count is not a whole number"));
        let time = |column: usize| record[column].parse::<f64>().ok().filter(|time| *time >= 0.0 && time.is_finite());
        let ready_ms = match ready.map(time) {
            [Some(p50), Some(p90), Some(p95), Some(p99)] => Some([p50, p90, p95, p99]),
            _ => None,
        };
        let judged = !record[failures].is_empty();
        let failures = if judged { count(failures)? } else { 0 };
        let loads = count(loads)?;
        let late = record[late].parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
        let late = late.ok_or_else(|| wrong("a share is not between 0 and 1"))? * loads as f64;
        let row = Row { loads, judged, failures, late: late.round() as u64, ready_ms };
        if row.loads != sweep.loads() || row.failures > row.loads {
            return Err(wrong("the counts are not those of this sweep"));
        }
        rows.push(row);
    }
    if rows.len() < sweep.cells() {
        return Err((None, format!("it has {} rows, and the sweep has {} cells", rows.len(), sweep.cells())));
    }
    Ok(rows)
}
