//! `sixslot init`: a commented scenario to start from.

use super::{Exit, Failure, Overwrite, print_data, print_text};
use clap::{Args, ValueEnum};
use sixslot_analysis::words::plain;
use sixslot_experiments::files::Purpose;
use std::path::{Path, PathBuf};

/// A kind of page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Template {
    /// One event stream in each tab.
    SseTabs,
    /// Several parts of a page poll one URL.
    Polling,
    /// Prefetched links, and the call that the page needs behind them.
    Prefetch,
    /// A single-page application: a document, its script, a burst of calls.
    Spa,
    /// A development server that serves each module as a file.
    DevServer,
}

impl Template {
    /// Its text; FILE stands for the name of the scenario.
    const fn text(self) -> &'static str {
        match self {
            Self::SseTabs => include_str!("templates/sse-tabs.toml"),
            Self::Polling => include_str!("templates/polling.toml"),
            Self::Prefetch => include_str!("templates/prefetch.toml"),
            Self::Spa => include_str!("templates/spa.toml"),
            Self::DevServer => include_str!("templates/dev-server.toml"),
        }
    }
}

/// The arguments of `sixslot init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The kind of page.
    #[arg(long, value_enum, default_value_t = Template::Spa)]
    template: Template,
    /// The scenario to write, or `-` for standard output.
    #[arg(short, long, alias = "out", value_name = "FILE", default_value = "page.toml")]
    output: PathBuf,
    #[command(flatten)]
    overwrite: Overwrite,
}

impl Init {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let to_stdout = self.output == Path::new("-");
        let name = if to_stdout { "page.toml".to_owned() } else { plain(&self.output.display().to_string()) };
        let text = self.template.text().replace("FILE", &name);
        if to_stdout {
            print_data(&text)?;
            return Ok(Exit::Done);
        }
        self.overwrite.files(std::iter::empty::<&Path>()).write(&self.output, Purpose::Scenario, text.into_bytes())?;
        print_text(&format!(
            "{name}: a scenario to start from; its comments say what to change\nNext: sixslot run {name}, then sixslot compare {name}\n"
        ))?;
        Ok(Exit::Done)
    }
}
