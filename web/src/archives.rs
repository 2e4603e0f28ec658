//! Questions about HTTP Archives.

use crate::refusal::{Refusal, json};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sixslot_analysis::diagnose::Report;
use sixslot_analysis::import::share::Share;
use sixslot_analysis::import::{Statement, import as draft};
use sixslot_har::Archive;
use std::fmt::Write as _;

/// The most archives of one question, as of one command.
const FILES: usize = 1_000;

/// The archives, each with the SHA-256 of its file.
fn read(names: &[String], files: &[Vec<u8>]) -> Result<Vec<Archive>, Refusal> {
    if names.len() != files.len() || names.len() > FILES {
        let (names, files) = (names.len(), files.len());
        return Err(Refusal::Range(format!("{names} names and {files} archives; give one name each, at most {FILES}")));
    }
    let one = |(name, file): (&String, &Vec<u8>)| {
        let mut archive = Archive::read(name, file.as_slice())?;
        let mut hash = String::new();
        for byte in Sha256::digest(file) {
            let _ = write!(hash, "{byte:02x}");
        }
        archive.sha256 = Some(hash);
        Ok(archive)
    };
    names.iter().zip(files).map(one).collect()
}

/// What the archives prove: the command's JSON, and its text.
#[derive(Serialize)]
struct Diagnosed<'a> {
    report: &'a Report,
    text: String,
}

pub(crate) fn diagnose(names: &[String], files: &[Vec<u8>]) -> Result<Vec<u8>, Refusal> {
    let report = Report::new(read(names, files)?);
    json(&Diagnosed { report: &report, text: report.text(96) })
}

/// A scenario from archives.
#[derive(Serialize)]
struct Imported<'a> {
    text: &'a str,
    /// Recorded and simulated loads that fail; null where failure is not judged.
    failing: Option<Share>,
    /// What the shares say, where there are some.
    sentence: Option<String>,
    statements: Vec<Statement>,
    /// What was strange in the archives: the archive's name, and the note.
    notes: Vec<(String, String)>,
}

pub(crate) fn import(names: &[String], files: &[Vec<u8>]) -> Result<Vec<u8>, Refusal> {
    let archives = read(names, files)?;
    let of =
        |archive: &Archive| archive.notes.iter().map(|note| (archive.name.clone(), note.clone())).collect::<Vec<_>>();
    let notes = archives.iter().flat_map(of).collect();
    let draft = draft(archives)?;
    json(&Imported {
        text: &draft.text,
        failing: draft.share,
        sentence: draft.share.map(|share| share.sentence()),
        statements: draft.statements(),
        notes,
    })
}
