//! `sixslot import`: drafts a scenario from archives of a page's loads.

use super::archives::{draft, guesses, hashed, note_strange};
use super::terminal::say_text;
use super::{Exit, Failure, Format, Overwrite, print_data, print_json, print_text, width};
use clap::Args;
use sixslot_analysis::import::Statement;
use sixslot_analysis::import::share::Share;
use sixslot_analysis::import::text::Known;
use sixslot_analysis::words::{count, cut, plain, wrap};
use sixslot_experiments::files::Purpose;
use sixslot_models::Document;
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
        let archives = hashed(&self.archives)?;
        let number = archives.len();
        note_strange(&archives);
        let draft = draft(archives)?;
        let statements = draft.statements();
        if to_stdout {
            if self.explain {
                say_text(&explained(&statements));
            }
            print_data(&draft.text)?;
            return Ok(Exit::Done);
        }
        let unmeasured = Document::read("the draft", &draft.text, &[])?.plan(&[], &[])?.unmeasured();
        files.write(&self.output, Purpose::Scenario, draft.text.into_bytes())?;
        let scenario = plain(&self.output.display().to_string());
        if self.format == Format::Json {
            print_json(&Explained { scenario, archives: number, failing: draft.share, statements: &statements })?;
            return Ok(Exit::Done);
        }
        let guesses = guesses(&statements);
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
        if !has_round_trips(&draft.tables) {
            text.push_str("No round trips to the page's own origin were found: server.rtt and bandwidths would add to its recorded times.\n");
        }
        if let Some(note) = unmeasured {
            let _ = writeln!(text, "{}", wrap("", &format!("note: {note}"), width()));
        }
        let _ = writeln!(text, "Next: sixslot run {scenario} --loads 1000, sixslot compare {scenario}");
        print_text(&text)?;
        Ok(Exit::Done)
    }
}

/// Whether the recorded times of the page's own origin were divided into those of its server and those of its network.
fn has_round_trips(tables: &[sixslot_analysis::import::text::Table]) -> bool {
    tables.iter().any(|table| table.name == "server" && table.lines.iter().any(|line| line.key == "rtt"))
}

/// `9 kinds of requests and 1 socket`.
pub(super) fn kinds(tables: &[sixslot_analysis::import::text::Table]) -> String {
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
