//! `sixslot check`: tests whether the failure probability is below a threshold, for continuous integration.

use super::{Exit, Failure, Format, INTERRUPT, Scenario, opening, print_json, print_text, progress, read_or_not};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::sentence::Finding;
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
    sentence: &'a str,
}

impl Check {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        if !(self.max_failure > 0.0 && self.max_failure < 1.0) {
            let message =
                format!("--max-failure {} is not a probability between 0 and 1, such as 0.01", self.max_failure);
            return Err(Failure::Usage(message));
        }
        let (document, plan) = self.scenario.plan()?;
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
        let others = document.fixes.iter().filter(|fix| !self.scenario.fix.contains(&fix.name)).count();
        let sentence = Finding::of_estimate(&plan, common.seed, &estimate, others)?.sentence();
        if common.format == Format::Json {
            let (fixes, seed, max_failure) = (&self.scenario.fix, common.seed, self.max_failure);
            let record = CheckRecord {
                scenario: plan.title(),
                seed,
                fixes,
                max_failure,
                verdict,
                estimate: &estimate,
                sentence: &sentence,
            };
            read_or_not(print_json(&record))?;
        } else {
            let method = estimate.interval.map_or_else(String::new, |interval| {
                format!("; interval: {}, valid whenever a run stops; stopping biases the share itself", interval.method)
            });
            let opening = opening(&format!("{verdict}: {sentence}"), &estimate.notes);
            let limit = percent(self.max_failure);
            read_or_not(print_text(&format!("{opening}the limit is {limit}; {} loads{method}\n", estimate.loads)))?;
        }
        Ok(if passes { Exit::Done } else { Exit::CheckFailed })
    }
}
