//! `sixslot import`: drafts a scenario from archives of a page's loads.

use super::diagnose::archive;
use super::terminal::say_text;
use super::{Exit, Failure, Format, Overwrite, print_json, print_text, thread_pool};
use clap::Args;
use sha2::{Digest as _, Sha256};
use sixslot_analysis::import::share::Share;
use sixslot_analysis::import::text::Known;
use sixslot_analysis::import::{Statement, import};
use sixslot_analysis::words::{count, cut, plain};
use sixslot_experiments::files::Purpose;
use sixslot_har::Archive;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The arguments of `sixslot import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// Archives of loads of one page: .har or .har.gz. Several are pooled.
    #[arg(required = true, value_name = "HAR")]
    archives: Vec<PathBuf>,
    /// The scenario to write, or `-` for standard output.
    #[arg(short, long, alias = "out", value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    overwrite: Overwrite,
    /// List what was guessed, with reasons.
    #[arg(long)]
    explain: bool,
    /// Format of the list; as JSON it contains every number, not only the guesses.
    #[arg(long, value_parser = Format::of_no_table(), default_value = "text")]
    format: Format,
}

#[derive(serde::Serialize)]
struct Explained<'a> {
    scenario: String,
    archives: usize,
    /// Recorded and simulated loads that fail; null where failure is not judged.
    failing: Option<Share>,
    statements: &'a [Statement],
}

impl Import {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let to_stdout = self.output == Path::new("-");
        let files = self.overwrite.files(&self.archives);
        // Checked before the work, and again by the writer.
        if !to_stdout {
            files.check(&self.output, Purpose::Scenario)?;
        }
        if to_stdout && self.format == Format::Json {
            return Err(Failure::Usage(
                "--format json prints to standard output, where `-o -` writes; name a file".to_owned(),
            ));
        }
        let archives = self.archives.iter().map(|path| hashed(path)).collect::<Result<Vec<_>, _>>()?;
        let number = archives.len();
        let notes = notes(&archives);
        say_text(&notes);
        let draft =
            thread_pool(None)?.install(|| import(archives)).map_err(|error| Failure::Usage(error.to_string()))?;
        let statements = draft.statements();
        if to_stdout {
            if self.explain {
                say_text(&explained(&statements));
            }
            print_text(&draft.text)?;
            return Ok(Exit::Done);
        }
        files.write(&self.output, Purpose::Scenario, draft.text.into_bytes())?;
        let scenario = plain(&self.output.display().to_string());
        if self.format == Format::Json {
            print_json(&Explained { scenario, archives: number, failing: draft.share, statements: &statements })?;
            return Ok(Exit::Done);
        }
        let guesses = statements.iter().filter(|statement| statement.known == Known::Guessed).count();
        let guesses = if guesses == 1 { "1 guess".to_owned() } else { format!("{guesses} guesses") };
        let (first, last) = match draft.share {
            Some(share) if share.contradicts() => (share.sentence() + "\n", String::new()),
            Some(share) => (String::new(), share.sentence() + "\n"),
            None => (String::new(), String::new()),
        };
        let mut text = first;
        let _ = write!(text, "{scenario}: {} from {}, {guesses}", kinds(&draft.tables), count(number, "archive"));
        text.push_str(if self.explain { ":\n" } else { " (--explain lists them)\n" });
        if self.explain {
            text.push_str(&explained(&statements));
        }
        text.push_str(&last);
        let _ = writeln!(text, "Next: sixslot run {scenario} --loads 1000, sixslot compare {scenario}");
        print_text(&text)?;
        Ok(Exit::Done)
    }
}

/// An archive with the SHA-256 of its file.
fn hashed(path: &Path) -> Result<Archive, Failure> {
    let mut archive = archive(path)?;
    if path != Path::new("-") {
        let mut digest = Digest(Sha256::new());
        std::io::copy(&mut std::fs::File::open(path)?, &mut digest)?;
        archive.sha256 = Some(digest.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
    }
    Ok(archive)
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

/// What was strange in the archives, each once.
fn notes(archives: &[Archive]) -> String {
    let mut notes: Vec<(&str, &str, usize)> = Vec::new();
    for (archive, note) in archives.iter().flat_map(|archive| archive.notes.iter().map(move |note| (archive, note))) {
        match notes.iter_mut().find(|(_, other, _)| other == note) {
            Some((.., count)) => *count += 1,
            None => notes.push((&archive.name, note, 1)),
        }
    }
    let mut text = String::new();
    for (name, note, count) in notes.iter().take(10) {
        let more = if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let _ = writeln!(text, "note: {}{more}: {note}", plain(name));
    }
    text
}

/// `9 kinds of requests and 1 socket`.
fn kinds(tables: &[sixslot_analysis::import::text::Table]) -> String {
    let of = |word: &str| tables.iter().filter(|table| table.name.starts_with(word)).count();
    let (requests, sockets) = (of("request."), of("socket."));
    let requests = count(requests, "kind") + " of requests";
    if sockets == 0 { requests } else { format!("{requests} and {}", count(sockets, "socket")) }
}

/// The guesses, those with one reason under it.
fn explained(statements: &[Statement]) -> String {
    let mut reasons: Vec<(&str, Vec<&Statement>)> = Vec::new();
    for statement in statements.iter().filter(|statement| statement.known == Known::Guessed) {
        match reasons.iter_mut().find(|(because, _)| *because == statement.because) {
            Some((_, same)) => same.push(statement),
            None => reasons.push((&statement.because, vec![statement])),
        }
    }
    let mut text = String::new();
    for (because, statements) in reasons {
        for statement in statements {
            let _ = writeln!(text, "  {} = {}", statement.place, cut(&statement.value, 80));
        }
        if !because.is_empty() {
            let _ = writeln!(text, "      {}", plain(because));
        }
    }
    text
}
