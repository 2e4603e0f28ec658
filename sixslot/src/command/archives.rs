//! HTTP Archives as inputs: how they are told from scenarios, read, and imported.
//!
//! Rule: a file is an archive by its content, gzip or a JSON object, because no TOML text begins like that; where it cannot be
//! read, by its name. Standard input is looked at without taking anything from it.

use super::Failure;
use super::terminal::note;
use super::threads::thread_pool;
use sha2::{Digest as _, Sha256};
use sixslot_analysis::import::draft::Draft;
use sixslot_analysis::import::text::Known;
use sixslot_analysis::import::{Statement, import};
use sixslot_analysis::words::count;
use sixslot_experiments::input::ScenarioText;
use sixslot_har::{Archive, HarError};
use std::io::{BufRead as _, Read as _};
use std::path::Path;

/// The most archives of one run: all of them are in memory at once.
pub(super) const FILES: usize = 1_000;

/// An archive by its path; `-` is standard input.
pub(super) fn archive(path: &Path) -> Result<Archive, HarError> {
    if path == Path::new("-") { Archive::read("standard input", std::io::stdin().lock()) } else { Archive::open(path) }
}

/// Archives with the SHA-256 of their files.
pub(super) fn hashed<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<Archive>, Failure> {
    if paths.len() > FILES {
        return Err(Failure::Usage(format!("more than {FILES} archives; name fewer at a time")));
    }
    let read = |path: &Path| {
        let mut archive = archive(path)?;
        if path != Path::new("-") {
            let mut digest = Digest(Sha256::new());
            std::io::copy(&mut std::fs::File::open(path)?, &mut digest)?;
            archive.sha256 = Some(digest.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        Ok(archive)
    };
    paths.iter().map(|path| read(path.as_ref())).collect()
}

/// A digest that can be written to.
struct Digest(Sha256);

impl std::io::Write for Digest {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Notes what was strange in the archives, each once.
pub(super) fn note_strange(archives: &[Archive]) {
    let mut notes: Vec<(&str, &str, usize)> = Vec::new();
    for (archive, note) in archives.iter().flat_map(|archive| archive.notes.iter().map(move |note| (archive, note))) {
        match notes.iter_mut().find(|(_, other, _)| other == note) {
            Some((.., count)) => *count += 1,
            None => notes.push((&archive.name, note, 1)),
        }
    }
    for (name, text, count) in notes.iter().take(10) {
        let more = if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        note(&format!("{name}{more}: {text}"));
    }
}

/// The draft of a scenario from archives.
pub(super) fn draft(archives: Vec<Archive>) -> Result<Draft, Failure> {
    thread_pool(None)?.install(|| import(archives)).map_err(|error| Failure::Usage(error.to_string()))
}

/// How many of a draft's statements are guesses.
pub(super) fn guesses(statements: &[Statement]) -> String {
    let guesses = statements.iter().filter(|statement| statement.known == Known::Guessed).count();
    count(guesses, "guess").replace("guesss", "guesses")
}

/// Whether a name is that of an archive.
pub(super) fn is_archive_name(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    [".har", ".har.gz", ".har.json"].iter().any(|end| name.ends_with(end))
}

/// Whether a text begins as an archive does: gzip, or a JSON object.
fn begins_archive(start: &[u8]) -> bool {
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    start.starts_with(&[0x1f, 0x8b]) || text.first() == Some(&b'{')
}

/// Whether a file, or standard input as `-`, is an archive.
pub(super) fn is_archive(path: &Path) -> bool {
    if path == Path::new("-") {
        return std::io::stdin().lock().fill_buf().is_ok_and(begins_archive);
    }
    let mut start = Vec::new();
    match std::fs::File::open(path).and_then(|file| file.take(1 << 10).read_to_end(&mut start)) {
        Ok(_) => begins_archive(&start),
        Err(_) => is_archive_name(path),
    }
}

/// The scenario that an import makes of an archive, in memory; a note says so.
pub(super) fn imported(path: &Path) -> Result<ScenarioText, Failure> {
    let archives = hashed(&[path])?;
    note_strange(&archives);
    let draft = draft(archives)?;
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let guesses = guesses(&draft.statements());
    note(&format!(
        "{name} is an archive, so this is about the scenario that `sixslot import` makes of it, with {guesses}; \
         `sixslot import {name} -o page.toml` writes it down"
    ));
    Ok(ScenarioText { name, text: draft.text })
}

/// Refuses an archive where only a scenario has a meaning; `what` is the command.
pub(super) fn refuse_archive(path: &Path, what: &str) -> Result<(), Failure> {
    if !is_archive(path) {
        return Ok(());
    }
    let name = path.display();
    Err(Failure::Usage(format!(
        "{name} is an archive, and `sixslot {what}` takes a scenario: write one with `sixslot import {name} -o page.toml`, then name page.toml"
    )))
}

#[cfg(test)]
mod tests {
    use super::{begins_archive, is_archive_name};
    use std::path::Path;

    #[test]
    fn no_scenario_is_taken_for_an_archive() {
        for text in ["schema = 1\n", "# {\n", "", "\u{feff}title = \"{\"", "[load]\n", "\"a\" = 1"] {
            assert!(!begins_archive(text.as_bytes()), "{text}");
        }
        for text in ["{\"log\": {}}", "\u{feff} \r\n\t{", "\u{1f}\u{8b}"] {
            let bytes: Vec<u8> = if text.starts_with('\u{1f}') { vec![0x1f, 0x8b, 8] } else { text.into() };
            assert!(begins_archive(&bytes), "{text}");
        }
        for (name, is) in [("a.har", true), ("A.HAR.GZ", true), ("x/page.toml", false), ("har", false), (".har", true)]
        {
            assert_eq!(is_archive_name(Path::new(name)), is, "{name}");
        }
    }
}
