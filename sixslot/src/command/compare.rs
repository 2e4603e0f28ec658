//! `sixslot compare`: each fix alone against none, on the same loads; every set of fixes; or the contribution of each layer of
//! the cause.

use super::{Common, Exit, Failure, Format, INTERRUPT, print_json, print_text, progress};
use super::{layers, ranked, subsets};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::acceptance::Acceptance;
use sixslot_analysis::comparison::{Comparison, ComparisonError, compare};
use sixslot_analysis::ranking::MARGIN;
use sixslot_analysis::waterfall::paint;
use sixslot_analysis::words::percent;
use sixslot_experiments::csv_table::{self, CsvError};
use sixslot_experiments::input::ScenarioText;
use sixslot_models::limits;
use std::fmt::Write as _;
use std::path::PathBuf;

/// The arguments of `sixslot compare`.
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The scenario file, or `-` for standard input.
    scenario: PathBuf,
    /// Number of loads; each is simulated without a fix and with each fix, or with every set of layers.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    loads: u64,
    /// Compute the contribution of each layer of the cause to the failure probability, instead of comparing fixes.
    #[arg(long)]
    layers: bool,
    /// Simulate every set of the fixes, or of at most ten named ones, and find the smallest that meets the limits.
    #[arg(long, value_name = "FIX,FIX", num_args = 0.., require_equals = true, value_delimiter = ',', conflicts_with = "layers")]
    subsets: Option<Vec<String>>,
    /// With --subsets: the largest share of loads that may fail.
    #[arg(long, value_name = "P", default_value_t = 0.01, requires = "subsets", allow_negative_numbers = true)]
    max_failure: f64,
    /// With --subsets: the largest share of loads that may be late. Default: as --max-failure.
    #[arg(long, value_name = "P", requires = "subsets", allow_negative_numbers = true)]
    max_late: Option<f64>,
    /// With --layers: list the smallest sets of layers that raise the failure probability above this.
    #[arg(long, value_name = "P", default_value_t = 0.01, requires = "layers")]
    threshold: f64,
    /// Simulate until the order of the fixes is sure, each fix no longer than its place needs: `ranked`. Fixes within --tie are called ties.
    #[arg(long, value_name = "RULE", value_parser = ["ranked"], conflicts_with_all = ["layers", "loads"])]
    until: Option<String>,
    /// With --until ranked: the largest difference of two failure probabilities that is a tie.
    #[arg(long, value_name = "P", default_value_t = MARGIN, requires = "until", value_parser = super::sweep::probability)]
    tie: f64,
    /// With --until ranked: the largest number of loads of each fix.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, requires = "until", value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    max_loads: u64,
    #[command(flatten)]
    common: Common,
}

#[derive(Serialize)]
struct CompareRecord<'a> {
    scenario: &'a str,
    seed: u64,
    loads: u64,
    fixes: &'a [Comparison],
}

impl From<ComparisonError> for Failure {
    fn from(error: ComparisonError) -> Self {
        match error {
            ComparisonError::Scenario(error) => Self::from(*error),
            ComparisonError::Stopped(stopped) => stopped.into(),
        }
    }
}

impl Compare {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let document = self.common.document(&ScenarioText::read(&self.scenario)?)?;
        if self.layers {
            if self.common.format == Format::Csv {
                return Err(Failure::Usage("--layers has no table of fixes; give --format text or json".to_owned()));
            }
            layers::run(&document, self.loads, self.threshold, &self.common)?;
            return Ok(Exit::Done);
        }
        if let Some(names) = &self.subsets {
            let acceptance = Acceptance::new(self.max_failure, self.max_late.unwrap_or(self.max_failure))?;
            subsets::run(&document, names, self.loads, acceptance, &self.common)?;
            return Ok(Exit::Done);
        }
        if document.fixes.is_empty() {
            let message = "the scenario has no fix to compare; add a table [fix.NAME] with a patch";
            return Err(Failure::Usage(message.to_owned()));
        }
        if self.until.is_some() {
            if self.common.format == Format::Csv {
                return Err(Failure::Usage("--until ranked has no table; give --format text or json".to_owned()));
            }
            return ranked::run(&document, &self.common, self.tie, self.max_loads);
        }
        let bar = progress(self.loads, "loads");
        let seed = self.common.seed;
        let pool = self.common.pool()?;
        let result = pool.install(|| compare(&document, seed, self.loads, &INTERRUPT, |loads| bar.inc(loads)));
        bar.finish_and_clear();
        let fixes = result?;
        match self.common.format {
            Format::Json => {
                print_json(&CompareRecord { scenario: &document.title, seed, loads: self.loads, fixes: &fixes })?;
            }
            Format::Csv => print_text(&self.csv(&fixes)?)?,
            Format::Text => print_text(&self.told(&document.title, &fixes))?,
        }
        Ok(Exit::Done)
    }

    /// A row for each fix.
    fn csv(&self, fixes: &[Comparison]) -> Result<String, CsvError> {
        #[derive(Serialize)]
        struct Line<'a> {
            fix: &'a str,
            title: &'a str,
            seed: u64,
            loads: u64,
            without: f64,
            without_low: f64,
            without_high: f64,
            with: f64,
            with_low: f64,
            with_high: f64,
            difference: f64,
            difference_low: f64,
            difference_high: f64,
            fixed: u64,
            broken: u64,
            p_value: f64,
            p_value_holm: f64,
        }
        csv_table::of_records(fixes.iter().map(|fix| Line {
            fix: &fix.fix,
            title: &fix.title,
            seed: self.common.seed,
            loads: self.loads,
            without: fix.without,
            without_low: fix.without_interval.low,
            without_high: fix.without_interval.high,
            with: fix.with,
            with_low: fix.with_interval.low,
            with_high: fix.with_interval.high,
            difference: fix.difference,
            difference_low: fix.difference_interval.low,
            difference_high: fix.difference_interval.high,
            fixed: fix.discordant.fixed,
            broken: fix.discordant.broken,
            p_value: fix.p_value,
            p_value_holm: fix.p_value_holm,
        }))
    }

    fn told(&self, title: &str, fixes: &[Comparison]) -> String {
        let mut text = format!(
            "{}\n{} loads, seed {}, each with and without the fix\n\n",
            paint(title, "1"),
            self.loads,
            self.common.seed
        );
        if let Some(first) = fixes.first() {
            let interval = &first.without_interval;
            let _ = writeln!(
                text,
                "without a fix {} of loads fail ({} to {}, {})\n",
                percent(first.without),
                percent(interval.low),
                percent(interval.high),
                interval.method
            );
        }
        let width = fixes.iter().map(|fix| fix.fix.len()).max().unwrap_or_default().max(3);
        let _ = writeln!(
            text,
            "{:<width$} {:>9} {:>12} {:>26} {:>8} {:>8} {:>10}",
            "fix", "with it", "difference", "95 % interval", "fixed", "broken", "p (Holm)"
        );
        let points = |value: f64| format!("{:+.2} %", 100.0 * value);
        for fix in fixes {
            let interval = &fix.difference_interval;
            let between = format!("{} to {}", points(interval.low), points(interval.high));
            let _ = writeln!(
                text,
                "{:<width$} {:>9} {:>12} {between:>26} {:>8} {:>8} {:>10}  {}",
                fix.fix,
                percent(fix.with),
                points(fix.difference),
                fix.discordant.fixed,
                fix.discordant.broken,
                p_value(fix.p_value_holm),
                fix.title,
            );
        }
        let _ = writeln!(
            text,
            "\nfixed: loads that fail only without the fix; broken: loads that fail only with it. Differences in percentage\npoints, paired interval (Tango 1998); p: exact McNemar test, Holm's correction for {} fixes.",
            fixes.len()
        );
        text
    }
}

/// A p value for readers.
fn p_value(value: f64) -> String {
    if value < 1e-300 {
        "< 1e-300".to_owned()
    } else if value < 0.001 {
        format!("{value:.1e}")
    } else {
        format!("{value:.3}")
    }
}
