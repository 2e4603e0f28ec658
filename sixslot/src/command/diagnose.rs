//! `sixslot diagnose`: what archives of a page's loads prove, what they only suggest, and what to change.

use super::archives::{FILES, archive};
use super::{Exit, Failure, PROSE, print_data, print_json, print_text, width};
use clap::{Args, ValueEnum};
use sixslot_analysis::diagnose::Report;
use std::path::PathBuf;

/// The format of a diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs: the sentences and every fact behind them.
    Json,
    /// For a summary page, such as $GITHUB_STEP_SUMMARY.
    Markdown,
}

/// The arguments of `sixslot diagnose`.
#[derive(Debug, Args)]
pub(super) struct Diagnose {
    /// HTTP Archives: .har or .har.gz of Chrome, Firefox, Playwright or WebPageTest; `-` for standard input. Several of one
    /// page are also analysed together. Each may have 512 MiB (1 GiB unpacked) and 200 000 requests, and takes 1 GiB of
    /// memory at most.
    #[arg(value_name = "HAR", required = true)]
    archives: Vec<PathBuf>,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Diagnose {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        if self.archives.len() > FILES {
            return Err(Failure::Usage(format!("more than {FILES} archives; name fewer at a time")));
        }
        let archives = self.archives.iter().map(|path| archive(path)).collect::<Result<Vec<_>, _>>()?;
        let report = Report::new(archives);
        match self.format {
            Format::Json => print_json(&report)?,
            Format::Markdown => print_data(&report.markdown())?,
            Format::Text => print_text(&report.text(width().min(PROSE)))?,
        }
        Ok(Exit::Done)
    }
}
