//! Scenarios from a file, or from standard input as `-`.
//!
//! Rule: unreadable input is an error with its place and advice; a file over the limit is not read to its end.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use sixslot_analysis::words::{plain, shown};
use sixslot_models::{Document, ScenarioError};
use std::io::Read;
use std::path::Path;

/// Input that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file that cannot be read.
    #[error("{name} cannot be read: {error}; name a scenario file, or `-` for standard input")]
    Unreadable {
        /// The input as the user named it.
        name: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// A scenario with a fault.
    #[error("{0}")]
    Scenario(Box<ScenarioError>),
}

impl From<ScenarioError> for InputError {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(Box::new(error))
    }
}

/// A scenario's name and text.
#[derive(Clone, Debug)]
pub struct ScenarioText {
    /// Its name in messages.
    pub name: String,
    /// The text.
    pub text: String,
}

impl ScenarioText {
    /// Reads a file, or standard input where the path is `-`.
    ///
    /// # Errors
    /// A file that does not exist, is not text, or is too long.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
        let limit = sixslot_models::limits::TEXT as u64 + 1;
        let mut text = String::new();
        let read = if path == Path::new("-") {
            std::io::stdin().lock().take(limit).read_to_string(&mut text)
        } else {
            std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text))
        };
        match read {
            Ok(_) => Ok(Self { name, text }),
            Err(error) => Err(InputError::Unreadable { name, error }),
        }
    }

    /// Reads the scenario in the text.
    ///
    /// # Errors
    /// Its first fault.
    pub fn document(&self, sets: &[String]) -> Result<Document, InputError> {
        Ok(Document::read(&self.name, &self.text, sets)?)
    }
}

/// Text in which no character acts on a terminal, of the same length in bytes, so that places stay; line feeds and tabs stay.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.len_utf8() {
            _ if c == '\n' || c == '\t' || !c.is_control() && shown(c) == c => out.push(c),
            1 => out.push(' '),
            2 => out.push('\u{b7}'),
            _ => out.push('\u{fffd}'),
        }
    }
    out
}

/// A scenario's fault with the lines of its text.
pub fn render(error: &ScenarioError) -> String {
    let (name, message) = (plain(&error.source.name), plain(&error.message));
    let text = harmless(&error.source.text);
    let path = format!("{name}:{}:{}", error.line, error.column);
    let end = error.bytes.end.max((error.bytes.start + 1).min(text.len()));
    // A table's place can span many lines; its first line is enough.
    let line = text[error.bytes.start..].find('\n').map_or(end, |at| error.bytes.start + at);
    let span = error.bytes.start..end.min(line.max(error.bytes.start));
    let snippet = Snippet::source(&text).annotation(AnnotationKind::Primary.span(span));
    let mut report = vec![Group::with_title(Level::ERROR.primary_title(&message)).element(snippet)];
    let help = error.help.as_deref().map(plain);
    if let Some(help) = &help {
        report.push(Group::with_title(Level::HELP.secondary_title(help)));
    }
    // The place and the message come first and in one piece, for editors and for grep; so the title and the place above
    // the lines of text would be a repetition.
    let shown = Renderer::plain().render(&report);
    let lines: Vec<&str> = shown.lines().skip(1).skip_while(|line| line.trim_start().starts_with("-->")).collect();
    format!("{path}: {message}\n{}", lines.join("\n"))
}
