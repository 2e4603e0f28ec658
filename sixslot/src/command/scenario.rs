//! The scenario of a command: its file with the changes of the command line, or the one that an import makes of an archive.

use super::archives::{imported, is_archive};
use super::threads::thread_pool;
use super::{Failure, Format};
use clap::Args;
use sixslot_analysis::sweep::{Recipe, VERSION};
use sixslot_experiments::input::ScenarioText;
use sixslot_models::{Document, Plan};
use std::path::{Path, PathBuf};

/// A scenario with its changes.
#[derive(Debug, Args)]
pub(super) struct Scenario {
    /// The scenario file, or `-` for standard input; of an archive (HAR), the scenario that `sixslot import` makes.
    pub(super) scenario: PathBuf,
    /// Fixes to apply, separated by commas.
    #[arg(long, value_name = "FIX", value_delimiter = ',')]
    pub(super) fix: Vec<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

/// The arguments of every command on a scenario.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// Change a key of the scenario, such as parameters.projects=8 or request.session.deadline=9s.
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// Seed of all random numbers.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    pub(super) seed: u64,
    /// Format of the output.
    #[arg(long, value_parser = Format::of_no_table(), default_value = "text")]
    pub(super) format: Format,
    /// Number of threads; results do not depend on it. Default: one for each core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
}

/// The scenario in a file or on standard input; an archive is imported, which a note on standard error says.
///
/// # Errors
/// A file that cannot be read, or an archive that makes no scenario.
pub(super) fn scenario_text(path: &Path) -> Result<ScenarioText, Failure> {
    if is_archive(path) { imported(path) } else { Ok(ScenarioText::read(path)?) }
}

impl Common {
    /// The inputs of a sweep of a scenario with these arguments.
    pub(super) fn recipe(&self, scenario: ScenarioText, loads: Option<u64>) -> Recipe {
        let ScenarioText { name, text } = scenario;
        let version = VERSION.to_owned();
        Recipe { version, scenario: name, text, set: self.set.clone(), seed: self.seed, loads, decide: None }
    }

    pub(super) fn pool(&self) -> Result<rayon::ThreadPool, Failure> {
        thread_pool(self.jobs)
    }

    pub(super) fn document(&self, text: &ScenarioText) -> Result<Document, Failure> {
        Ok(text.document(&self.set)?)
    }
}

impl Scenario {
    /// The scenario, and the plan with the fixes.
    pub(super) fn plan(&self) -> Result<(Document, Plan), Failure> {
        self.plan_with(&[])
    }

    /// The same, with more changes of keys.
    pub(super) fn plan_with(&self, more: &[String]) -> Result<(Document, Plan), Failure> {
        let document = scenario_text(&self.scenario)?.document(&[&self.common.set, more].concat())?;
        let plan = document.plan(&document.fixes_named(&self.fix)?, &[])?;
        Ok((document, plan))
    }

    /// Number of the scenario's fixes that are not applied.
    pub(super) fn others(&self, document: &Document) -> usize {
        document.fixes.iter().filter(|fix| !self.fix.contains(&fix.name)).count()
    }
}
