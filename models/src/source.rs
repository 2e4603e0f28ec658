//! Places in the text of a scenario, and faults at them.
//!
//! Rule: every message about a scenario points at the place in the text that the user wrote, by line and column
//! (both from 1; a column counts characters). A scenario has several sources: its file, and one for each `--set`.

use std::fmt;
use std::ops::Range;

/// A text that a scenario was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in messages: a file's path, `standard input`, or `--set`.
    pub name: String,
    /// The text itself.
    pub text: String,
}

/// A range of bytes in one of a scenario's sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Index of the source in [`Sources`].
    pub source: usize,
    /// The bytes.
    pub bytes: Range<usize>,
}

/// The sources of one scenario, numbered in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a source and returns its number.
    pub fn add(&mut self, name: &str, text: &str) -> usize {
        self.0.push(Source { name: name.to_owned(), text: text.to_owned() });
        self.0.len() - 1
    }

    /// The source of a place.
    pub fn at(&self, place: &Place) -> &Source {
        &self.0[place.source]
    }

    /// Line and column of a place, from 1.
    pub(crate) fn line_and_column(&self, place: &Place) -> (usize, usize) {
        let text = self.at(place).text.as_bytes();
        let before = &text[..place.bytes.start.min(text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        (line, String::from_utf8_lossy(&before[line_start..]).chars().count() + 1)
    }

    /// A finished error: the message with its place resolved to line and column.
    pub fn error(&self, fault: Fault) -> ScenarioError {
        let source = self.at(&fault.place);
        let start = fault.place.bytes.start.min(source.text.len());
        let (line, column) = self.line_and_column(&fault.place);
        ScenarioError {
            message: fault.message,
            help: fault.help,
            line,
            column,
            source: Box::new(source.clone()),
            bytes: start..fault.place.bytes.end.clamp(start, source.text.len()),
        }
    }
}

/// A problem at a place, before the place is resolved to line and column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
}

impl Fault {
    /// A problem without advice.
    pub fn new(place: &Place, message: impl Into<String>) -> Self {
        Self { place: place.clone(), message: message.into(), help: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A scenario that cannot be used, with the place of the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScenarioError {
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The text that contains the fault.
    pub source: Box<Source>,
    /// The bytes of the fault in that text.
    pub bytes: Range<usize>,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.source.name, self.line, self.column, self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ScenarioError {}
