//! A check as other programs of continuous integration read it.
//!
//! Rule: JUnit XML by the schema that Jenkins publishes (junit-10.xsd), a test case for each limit: broken is a failure,
//! undecided an error. Markdown fits $GITHUB_STEP_SUMMARY. Workflow commands as in GitHub's "Workflow commands for GitHub Actions":
//! `%`, CR and LF are escaped, in properties `:` and `,` too.

use super::Failure;
use super::cases::Case;
use sixslot_analysis::thresholds::Outcome;
use sixslot_analysis::words::{markdown, plain, xml};
use std::fmt::Write as _;
use std::io::Write as _;

/// A check with its scenario and settings.
pub(super) struct Summary<'a> {
    /// The scenario's file as the user named it.
    pub(super) scenario: &'a str,
    /// Its title.
    pub(super) title: &'a str,
    /// The sentence with which every answer begins.
    pub(super) sentence: &'a str,
    /// What to know about the verdict.
    pub(super) notes: &'a [String],
    /// The verdict.
    pub(super) verdict: Outcome,
    /// What was checked.
    pub(super) cases: &'a [Case],
    /// The seed.
    pub(super) seed: u64,
    /// Loads that decided.
    pub(super) loads: u64,
}

/// Text in an attribute or between tags of XML.
fn text(of: &str) -> String {
    xml(&plain(of))
}

/// The message of a workflow command.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

impl Summary<'_> {
    fn number(&self, wanted: Outcome) -> usize {
        self.cases.iter().filter(|case| case.verdict == wanted).count()
    }

    /// JUnit XML.
    pub(super) fn junit(&self) -> String {
        let (tests, failures, errors) =
            (self.cases.len(), self.number(Outcome::Failed), self.number(Outcome::Undecided));
        let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sixslot check\" {counts}>\n  <testsuite name=\"{}\" {counts} skipped=\"0\">\n",
            text(self.title)
        );
        if !self.notes.is_empty() {
            let note = |note: &String| format!("      <property name=\"note\" value=\"{}\"/>\n", text(note));
            let notes: String = self.notes.iter().map(note).collect();
            let _ = write!(out, "    <properties>\n{notes}    </properties>\n");
        }
        for case in self.cases {
            let class = text(self.scenario);
            let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{}\"", text(&case.name));
            let element = match case.verdict {
                Outcome::Passed => {
                    let _ = writeln!(out, ">\n      <system-out>{}</system-out>\n    </testcase>", text(&case.text));
                    continue;
                }
                Outcome::Failed => "failure",
                Outcome::Undecided => "error",
            };
            let (said, word) = (text(&case.text), case.verdict.word());
            let place = case.place.map_or_else(String::new, |(line, column)| format!("{class}:{line}:{column}: "));
            let _ = writeln!(
                out,
                ">\n      <{element} message=\"{said}\" type=\"{word}\">{place}{}</{element}>\n    </testcase>",
                text(self.sentence)
            );
        }
        out.push_str("  </testsuite>\n</testsuites>\n");
        out
    }

    /// A page of Markdown.
    pub(super) fn markdown(&self) -> String {
        let mark = |verdict: Outcome| match verdict {
            Outcome::Passed => "\u{2705}",
            Outcome::Failed => "\u{274c}",
            Outcome::Undecided => "\u{2754}",
        };
        let mut out = format!("### {} {}: {}\n\n", mark(self.verdict), self.verdict.word(), markdown(self.title));
        let _ = writeln!(out, "{}\n", markdown(self.sentence));
        out.push_str("| limit | verdict | found |\n| --- | --- | --- |\n");
        for case in self.cases {
            let (name, word) = (markdown(&case.name), case.verdict.word());
            let _ = writeln!(out, "| {name} | {} {word} | {} |", mark(case.verdict), markdown(&case.text));
        }
        for note in self.notes {
            let _ = writeln!(out, "\nNote: {}", markdown(note));
        }
        let _ = writeln!(out, "\n{}: {} loads, seed {}", markdown(self.scenario), self.loads, self.seed);
        out
    }

    /// An annotation for each case, at its line in the scenario.
    pub(super) fn annotations(&self) -> String {
        let mut out = String::new();
        for case in self.cases {
            let command = match case.verdict {
                Outcome::Passed => "notice",
                Outcome::Failed => "error",
                Outcome::Undecided => "warning",
            };
            let (line, column) = case.place.unwrap_or((1, 1));
            let file = property(&plain(self.scenario));
            let title = property(&format!("{}: {}", plain(&case.name), case.verdict.word()));
            let text = message(&plain(&format!("{} {}", case.text, self.sentence)));
            let _ = writeln!(out, "::{command} file={file},line={line},col={column},title={title}::{text}");
        }
        out
    }

    /// Adds the page of Markdown to the summary of the job, where the runner names a file for it.
    pub(super) fn append_to_job(&self) -> Result<(), Failure> {
        let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
        let written = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .and_then(|mut file| file.write_all(format!("{}\n", self.markdown()).as_bytes()));
        written.map_err(|error| {
            let name = std::path::Path::new(&path).display();
            Failure::Usage(format!("the summary of the job, $GITHUB_STEP_SUMMARY = {name}, cannot be written: {error}"))
        })
    }
}
