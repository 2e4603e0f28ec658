//! The finished work of a sweep on disk, so that nothing is lost when it is interrupted or killed.
//!
//! Rule: the first line has the sweep's recipe, each further line a finished cell or a part of one. Each line begins with a
//! SHA-256: the first of the recipe, the others of the sweep's identity and the record, so that a record counts only for the
//! sweep that it was made for. A record that was changed, that is impossible or that comes twice is not used, and the sweep
//! says which line that is; the others are. Lines are appended whole and flushed; a last line that was cut off by a kill is
//! dropped, and its cell is simulated again.

use super::SweepError;
use crate::files::{FileError, Files, Folder};
use serde::{Deserialize, Serialize};
use sixslot_analysis::sweep::{CellResult, JoinError, Part, Recipe, Sweep, sha256};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

/// The file's name in the sweep's folder.
pub const UNFINISHED: &str = "unfinished.jsonl";

/// A finished piece of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Record {
    /// All loads of a cell.
    Cell(CellResult),
    /// Some loads of a cell.
    Part(Part),
}

/// Cell, first load, load after the last: what a record is of.
type Place = (usize, u64, u64);

/// The finished work of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    records: BTreeMap<Place, Record>,
}

/// A line that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Damage {
    line: usize,
    reason: &'static str,
}

/// The content of a checkpoint.
#[derive(Debug)]
pub struct Content {
    /// The usable records.
    pub done: Done,
    /// The unusable lines in a sentence, if there are any.
    pub damage: Option<String>,
}

impl Record {
    const fn place(&self, loads: u64) -> Place {
        match self {
            Self::Cell(result) => (result.cell, 0, loads),
            Self::Part(part) => (part.cell, part.from, part.to),
        }
    }

    fn check(&self, sweep: &Sweep) -> Result<(), &'static str> {
        let (cell, ..) = self.place(0);
        if cell >= sweep.cells() {
            return Err("it is of a cell that the sweep does not have");
        }
        match self {
            Self::Cell(result) => sweep.check(result),
            Self::Part(part) => part.check(sweep.loads()),
        }
    }
}

impl Done {
    /// Whether the loads of a cell are finished, in a record of just these loads.
    pub fn has(&self, cell: usize, from: u64, to: u64) -> bool {
        self.records.contains_key(&(cell, from, to))
    }

    /// Adds a record.
    pub fn add(&mut self, record: Record, loads: u64) {
        self.records.insert(record.place(loads), record);
    }

    /// Adds the work of another folder.
    ///
    /// # Errors
    /// Other results for the same loads.
    pub fn merge(&mut self, other: Self, folder: &Path) -> Result<(), SweepError> {
        for (place, record) in other.records {
            if self.records.get(&place).is_some_and(|known| *known != record) {
                return Err(SweepError::Contradiction { path: folder.to_owned(), cell: place.0 });
            }
            self.records.insert(place, record);
        }
        Ok(())
    }

    /// The results of the cells of which all loads are finished, and the first cell that lacks only some of its loads.
    pub fn cells(self, loads: u64) -> (BTreeMap<usize, CellResult>, Option<JoinError>) {
        let (mut cells, mut parts) = (BTreeMap::new(), BTreeMap::<usize, Vec<Part>>::new());
        for record in self.records.into_values() {
            match record {
                Record::Cell(result) => drop(cells.insert(result.cell, result)),
                Record::Part(part) => parts.entry(part.cell).or_default().push(part),
            }
        }
        let mut fault = None;
        parts.retain(|cell, _| !cells.contains_key(cell));
        for (cell, parts) in parts {
            match Part::join(cell, loads, parts) {
                Ok(result) => drop(cells.insert(cell, result)),
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        (cells, fault)
    }
}

/// A line of JSON with its checksum: `{"sha256":"...","KIND":...}`.
fn line(identity: &str, value: &impl Serialize) -> String {
    // Structs of numbers and strings cannot fail to become JSON.
    let body = serde_json::to_string(value).unwrap_or_default();
    let body = body.trim_start_matches('{');
    format!("{{\"sha256\":\"{}\",{body}\n", sha256(format!("{identity}{body}")))
}

/// The value of a line whose checksum is right.
fn value<T: for<'a> Deserialize<'a>>(identity: &str, line: &str) -> Option<T> {
    let (sum, body) = line.trim_end_matches('\n').strip_prefix("{\"sha256\":\"")?.split_once("\",")?;
    let is_right = sha256(format!("{identity}{body}")) == sum;
    is_right.then(|| serde_json::from_str(&format!("{{{body}")).ok()).flatten()
}

#[derive(Serialize, Deserialize)]
struct Head<R> {
    sweep: R,
}

/// The file of finished work.
#[derive(Debug)]
pub struct Checkpoint {
    file: File,
    path: PathBuf,
    identity: String,
}

impl Checkpoint {
    /// Starts a file, with work that is finished already.
    pub fn create(folder: &Folder<'_>, sweep: &Sweep, done: &Done) -> Result<Self, SweepError> {
        let path = folder.path().join(UNFINISHED);
        let identity = sweep.manifest().identity();
        let mut text = line("", &Head { sweep: sweep.recipe() });
        for record in done.records.values() {
            text.push_str(&line(&identity, record));
        }
        folder.replace(&path, text.as_bytes())?;
        let file = OpenOptions::new().append(true).open(&path).map_err(|error| FileError::system(&path, error))?;
        Ok(Self { file, path, identity })
    }

    /// Adds finished records.
    pub fn add(&mut self, files: &Files<'_>, records: &[Record]) -> Result<(), SweepError> {
        let text: String = records.iter().map(|record| line(&self.identity, record)).collect();
        let written = files.disk().write(&mut self.file, text.as_bytes()).and_then(|()| files.disk().sync(&self.file));
        Ok(written.map_err(|error| FileError::system(&self.path, error))?)
    }
}

/// The text of a folder's checkpoint; none if there is none.
fn text(folder: &Path) -> Result<Option<String>, SweepError> {
    match std::fs::read(folder.join(UNFINISHED)) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SweepError::Unreadable { path: folder.join(UNFINISHED), error }),
    }
}

/// Which sweep a folder's finished work belongs to.
pub fn recipe(folder: &Path) -> Result<Recipe, SweepError> {
    let text = text(folder)?.ok_or_else(|| SweepError::NoPart { path: folder.to_owned() })?;
    let head: Option<Head<Recipe>> = value("", text.lines().next().unwrap_or_default());
    head.map(|head| head.sweep).ok_or_else(|| SweepError::Header { path: folder.join(UNFINISHED) })
}

/// Reads the finished work of a folder; none if there is no file.
///
/// # Errors
/// A file of another sweep, or of none.
pub fn read(folder: &Path, sweep: &Sweep) -> Result<Option<Content>, SweepError> {
    let Some(text) = text(folder)? else { return Ok(None) };
    let path = folder.join(UNFINISHED);
    let identity = sweep.manifest().identity();
    let mut damages: Vec<Damage> = Vec::new();
    let mut done = Done::default();
    // The last line may have been cut off; whole lines end with a line feed.
    let mut lines = text.split_inclusive('\n').zip(1..).filter(|(line, _)| line.ends_with('\n'));
    match lines.next().map(|(line, _)| value::<Head<Recipe>>("", line)) {
        Some(Some(head)) => {
            let is_same = Sweep::new(head.sweep).is_ok_and(|other| other.manifest().identity() == identity);
            if !is_same {
                return Err(SweepError::AnotherSweep { path });
            }
        }
        // The records state by their checksums whether they are of this sweep.
        _ => damages.push(Damage { line: 1, reason: "the recipe does not match its checksum" }),
    }
    for (text, line) in lines {
        let Some(record) = value::<Record>(&identity, text) else {
            damages.push(Damage { line, reason: "the record does not match its checksum" });
            continue;
        };
        let (cell, from, to) = record.place(sweep.loads());
        let fault = record.check(sweep).err();
        match fault.or_else(|| done.has(cell, from, to).then_some("the record comes a second time")) {
            Some(reason) => damages.push(Damage { line, reason }),
            None => done.add(record, sweep.loads()),
        }
    }
    let Some(first) = damages.first() else { return Ok(Some(Content { done, damage: None })) };
    if done.records.is_empty() && first.line == 1 {
        return Err(SweepError::Header { path });
    }
    let more = match damages.len() {
        1 => String::new(),
        number => format!(", and {} more lines are unusable", number - 1),
    };
    let damage = format!(
        "{}:{}: {}{more}; {} finished records are kept, and what is missing is simulated again",
        path.display(),
        first.line,
        first.reason,
        done.records.len()
    );
    Ok(Some(Content { done, damage: Some(damage) }))
}
