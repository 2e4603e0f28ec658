//! `sixslot validate`: every fault of scenarios at once.

use super::archives::refuse_archive;
use super::terminal::{print_text, say_fit, say_text, width};
use super::{Exit, Failure, Format, PROSE, print_json};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::words::{count, plain, wrap};
use sixslot_experiments::input::{ScenarioText, render};
use sixslot_models::Document;
use sixslot_models::faults::faults;
use sixslot_models::limits;
use std::path::PathBuf;

/// The arguments of `sixslot validate`.
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Scenario files, or `-` for standard input.
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    /// Change a key of each scenario, such as parameters.projects=8 or request.session.deadline=9s.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Format of the output.
    #[arg(long, value_parser = Format::of_no_table(), default_value = "text")]
    format: Format,
}

/// All files.
#[derive(Serialize)]
struct ValidateRecord {
    valid: bool,
    files: Vec<FileRecord>,
}

#[derive(Serialize)]
struct FileRecord {
    file: String,
    valid: bool,
    errors: Vec<ErrorRecord>,
    /// What reads plausible and does something else.
    notes: Vec<String>,
}

#[derive(Serialize)]
struct ErrorRecord {
    /// The file, or `--set`.
    source: String,
    line: usize,
    column: usize,
    message: String,
    help: Option<String>,
}

impl Validate {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let mut files = Vec::new();
        for path in &self.scenarios {
            refuse_archive(path, "validate")?;
            let scenario = ScenarioText::read(path)?;
            let found = faults(&scenario.name, &scenario.text, &self.set);
            let notes = if found.is_empty() { self.warnings(&scenario) } else { Vec::new() };
            if self.format == Format::Text {
                for fault in &found {
                    say_fit(&format!("{}\n\n", render(fault)));
                }
                let name = plain(&scenario.name);
                let more = if found.len() == limits::FAULTS { " or more" } else { "" };
                if found.is_empty() {
                    print_text(&format!("{name}: valid\n"))?;
                    for note in &notes {
                        print_text(&(wrap("", &format!("note: {note}"), width().min(PROSE)) + "\n"))?;
                    }
                } else {
                    say_text(&format!("{name}: {}{more}\n", count(found.len(), "error")));
                }
            }
            let errors = found.into_iter().map(|fault| ErrorRecord {
                source: fault.source.name.clone(),
                line: fault.line,
                column: fault.column,
                message: fault.message,
                help: fault.help,
            });
            let errors: Vec<ErrorRecord> = errors.collect();
            files.push(FileRecord { file: scenario.name, valid: errors.is_empty(), errors, notes });
        }
        let valid = files.iter().all(|file| file.valid);
        if self.format == Format::Json {
            print_json(&ValidateRecord { valid, files })?;
        }
        Ok(if valid { Exit::Done } else { Exit::Unusable })
    }

    /// The warnings of a valid scenario, which `run` and `check` have among their notes.
    fn warnings(&self, scenario: &ScenarioText) -> Vec<String> {
        let document = Document::read(&scenario.name, &scenario.text, &self.set);
        let plan = document.and_then(|document| document.plan(&[], &[]));
        plan.map(|plan| plan.warnings().to_vec()).unwrap_or_default()
    }
}
