//! `sixslot check`: tests whether the failure probability is below a threshold, for continuous integration.

use super::{Exit, Failure, Format, INTERRUPT, Scenario, print_json, print_text, progress, read_or_not};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::words::percent;
use sixslot_models::limits;
use sixslot_statistics::stopping::Stopping;

/// The arguments of `sixslot check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    scenario: Scenario,
    /// The highest failure probability that passes.
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    max_failure: f64,
    /// The largest number of loads; if they do not decide, the check fails.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    max_loads: u64,
}

#[derive(Serialize)]
struct CheckRecord<'a> {
    scenario: &'a str,
    seed: u64,
    fixes: &'a [String],
    max_failure: f64,
    verdict: &'static str,
    #[serde(flatten)]
    estimate: &'a Estimate,
}

impl Check {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        if !(self.max_failure > 0.0 && self.max_failure < 1.0) {
            let message =
                format!("--max-failure {} is not a probability between 0 and 1, such as 0.01", self.max_failure);
            return Err(Failure::Usage(message));
        }
        let (_, plan) = self.scenario.plan()?;
        let common = &self.scenario.common;
        let bar = progress(self.max_loads, "loads");
        let stopping = Stopping::Decided(self.max_failure);
        let look = |loads| bar.set_position(loads);
        let estimate =
            common.pool()?.install(|| Estimate::run(&plan, common.seed, &stopping, self.max_loads, &INTERRUPT, look));
        bar.finish_and_clear();
        let estimate = estimate?;
        let (verdict, passes) = match estimate.interval {
            Some(interval) if interval.high < self.max_failure => ("passed", true),
            Some(interval) if interval.low > self.max_failure => ("failed", false),
            _ => ("undecided", false),
        };
        if common.format == Format::Json {
            let (fixes, seed, max_failure) = (&self.scenario.fix, common.seed, self.max_failure);
            let record = CheckRecord { scenario: plan.title(), seed, fixes, max_failure, verdict, estimate: &estimate };
            read_or_not(print_json(&record))?;
        } else {
            let notes: String = estimate.notes.iter().map(|note| format!("note: {note}\n")).collect();
            let text = match (estimate.failures, estimate.interval) {
                (Some(failures), Some(interval)) => format!(
                    "{failures} of {} loads fail ({}); with 95 % confidence between {} and {}, whenever one stops; the limit is {}",
                    estimate.loads,
                    percent(failures as f64 / estimate.loads as f64),
                    percent(interval.low),
                    percent(interval.high),
                    percent(self.max_failure),
                ),
                _ => "no load can fail by the rules of this scenario".to_owned(),
            };
            read_or_not(print_text(&format!("{verdict}: {text}\n{notes}")))?;
        }
        Ok(if passes { Exit::Done } else { Exit::CheckFailed })
    }
}
