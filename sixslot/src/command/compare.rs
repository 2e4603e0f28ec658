//! `sixslot compare`: each fix alone against none, on the same loads; every set of fixes; or the contribution of each layer of
//! the cause.

use super::evidence::{note_changed, note_interrupted};
use super::fixes_table::{self, About};
use super::scenario::scenario_text;
use super::{Common, Exit, Failure, Format, INTERRUPT, opening, print_data, print_json, print_text, progress};
use super::{layers, ranked, subsets};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::acceptance::Acceptance;
use sixslot_analysis::answers::CompareRecord;
use sixslot_analysis::comparison::{ComparisonError, Comparisons, Measure, Settings, Word, compare_plans, variants};
use sixslot_analysis::data_interval::{DataInterval, Simulated};
use sixslot_analysis::notes::{add_unmeasured, notes, of_first, unmeasured_with_fixes};
use sixslot_analysis::ranking::MARGIN;
use sixslot_analysis::replications::Stopped;
use sixslot_analysis::sentence::Finding;
use sixslot_experiments::csv_table::{self, CsvError};
use sixslot_models::{Plan, limits};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

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
    /// Rank by failed, then late loads and the time to ready (`failed`), by the 95th percentile of the time to ready
    /// (`ready-p95`), or by how long calls of a request are stalled (`stalled:NAME`).
    #[arg(long, value_name = "MEASURE", default_value = "failed", conflicts_with_all = ["layers", "subsets"])]
    by: String,
    /// Fixes that are already in place, separated by commas; the others are compared on top of them.
    #[arg(long, value_name = "FIX", value_delimiter = ',', conflicts_with_all = ["layers", "subsets"])]
    fix: Vec<String>,
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
        let document = self.common.document(&scenario_text(&self.scenario)?)?;
        if self.layers {
            if self.common.format == Format::Csv {
                return Err(Failure::Usage("--layers has no table of fixes; give --format text or json".to_owned()));
            }
            return layers::run(&document, self.loads, self.threshold, &self.common);
        }
        if let Some(names) = &self.subsets {
            let acceptance = Acceptance::new(self.max_failure, self.max_late.unwrap_or(self.max_failure))?;
            return subsets::run(&document, names, self.loads, acceptance, &self.common);
        }
        if document.fixes.is_empty() {
            let message = "the scenario has no fix to compare; add a table [fix.NAME] with a patch";
            return Err(Failure::Usage(message.to_owned()));
        }
        let base = document.fixes_named(&self.fix)?;
        let (plan, variants) = variants(&document, &base).map_err(|error| Failure::from(*error))?;
        if self.until.is_some() {
            if self.common.format == Format::Csv {
                return Err(Failure::Usage("--until ranked has no table; give --format text or json".to_owned()));
            }
            let notes = unmeasured_with_fixes(&document, &base);
            return ranked::run(&document.title, (&plan, &variants), &notes, &self.common, self.tie, self.max_loads);
        }
        let bar = progress(self.loads, "loads");
        let seed = self.common.seed;
        let settings = Settings { seed, loads: self.loads, by: measure(&self.by, &plan)? };
        let pool = self.common.pool()?;
        let result = pool.install(|| {
            let found = compare_plans(&plan, &variants, settings, &INTERRUPT, |loads| bar.inc(loads))?;
            let found = found.with_ends(&plan, &variants, seed, &INTERRUPT);
            let data = DataInterval::of(&document, &base, seed, Simulated::of_comparisons(&found), &INTERRUPT)?;
            Ok::<_, Stopped>((found, data))
        });
        bar.finish_and_clear();
        let (found, data) = result?;
        note_changed(&document, data.as_ref());
        let sentence = Finding::of_comparisons(&plan, seed, &found)?.with_data(data.as_ref()).sentence();
        let mut notes = notes(&plan);
        add_unmeasured(&mut notes, &document, &base);
        notes.extend(of_first(limits::COMPARED_TIMES, found.loads));
        match self.common.format {
            Format::Json => {
                let interval = data.as_ref().map(|data| data.interval);
                let title = &document.title;
                print_json(&CompareRecord::new(title, seed, &self.fix, &found, interval, &sentence, &notes))?;
            }
            Format::Csv => {
                let notes = unmeasured_with_fixes(&document, &base);
                print_data(&csv_table::with_notes(&self.csv(&found)?, &notes)?)?;
            }
            _ => {
                let about = About { title: &document.title, loads: found.loads, seed, base: &self.fix };
                print_text(&(opening(&sentence, &notes) + &fixes_table::text(&about, &found)))?;
            }
        }
        if found.is_interrupted || INTERRUPT.load(Ordering::Relaxed) {
            note_interrupted("comparison", found.loads, &document, data.as_ref());
            return Ok(Exit::Interrupted);
        }
        Ok(Exit::Done)
    }

    /// A row for each fix.
    fn csv(&self, found: &Comparisons) -> Result<String, CsvError> {
        #[derive(Serialize)]
        struct Line<'a> {
            fix: &'a str,
            title: &'a str,
            seed: u64,
            loads: u64,
            failed: Option<f64>,
            late: f64,
            ready: f64,
            ready_p50_ms: Option<f64>,
            ready_p95_ms: Option<f64>,
            verdict: Option<Word>,
            place: usize,
            tied_with: String,
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
            end_p50_ms: Option<f64>,
            end_p95_ms: Option<f64>,
        }
        csv_table::of_records(found.fixes.iter().map(|fix| Line {
            fix: &fix.fix,
            title: &fix.title,
            seed: self.common.seed,
            loads: found.loads,
            failed: fix.outcomes.shares.failed,
            late: fix.outcomes.shares.late,
            ready: fix.outcomes.shares.ready,
            ready_p50_ms: fix.outcomes.ready_ms.p50,
            ready_p95_ms: fix.outcomes.ready_ms.p95,
            verdict: fix.verdict,
            place: fix.place,
            tied_with: fix.tied_with.join(" "),
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
            end_p50_ms: fix.outcomes.end_ms.and_then(|end| end.p50),
            end_p95_ms: fix.outcomes.end_ms.and_then(|end| end.p95),
        }))
    }
}

/// What the fixes are ranked by.
fn measure(text: &str, plan: &Plan) -> Result<Measure, Failure> {
    match text.split_once(':') {
        None if text == "failed" => Ok(Measure::Failed),
        None if text == "ready-p95" => Ok(Measure::ReadyP95),
        Some(("stalled", name)) => {
            let names: Vec<&str> = plan.classes().iter().map(|class| class.name.as_str()).collect();
            let class = names.iter().position(|class| *class == name);
            class.map(Measure::Stalled).ok_or_else(|| {
                let advice = sixslot_models::reading::advice(name, &names);
                Failure::Usage(format!("--by {text}: the scenario has no request `{name}`; {advice}"))
            })
        }
        _ => Err(Failure::Usage(format!("--by {text} is unknown; give failed, ready-p95 or stalled:NAME"))),
    }
}
