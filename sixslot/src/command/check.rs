//! `sixslot check`: holds a scenario to limits, for continuous integration.

use super::evidence::with_data;
use super::{Exit, Failure, Format, INTERRUPT, Scenario, opening, print_json, print_text, progress, read_or_not};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::data_interval::Simulated;
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::sentence::Finding;
use sixslot_analysis::thresholds::{Limit, Outcome, check};
use sixslot_analysis::words::{milliseconds, percent};
use sixslot_models::{Document, Plan, limits};
use sixslot_statistics::stopping::Stopping;

/// The arguments of `sixslot check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    scenario: Scenario,
    /// The largest share of loads that fail.
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    max_failure: Option<f64>,
    /// The largest share of loads that are late: not failed, and not ready by the horizon.
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    max_late: Option<f64>,
    /// The largest 95 % quantile of the time to ready over all loads, such as 2s.
    #[arg(long, value_name = "TIME")]
    max_ready_p95: Option<String>,
    /// The largest 95 % quantile of the longest time that a call of a request is held before it is sent, such as session=500ms.
    #[arg(long, value_name = "NAME=TIME")]
    max_wait: Vec<String>,
    /// The largest number of loads; if they do not decide, the exit code is 3.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    max_loads: u64,
}

#[derive(Serialize)]
struct CheckRecord<'a> {
    scenario: &'a str,
    seed: u64,
    fixes: &'a [String],
    max_failure: Option<f64>,
    verdict: Outcome,
    thresholds: &'a [Limit],
    #[serde(flatten)]
    estimate: &'a Estimate,
    sentence: &'a str,
}

impl Check {
    /// The plan with the limits of the command line in its `[thresholds]`, so that a fault of one is found as any other.
    fn plan(&self) -> Result<(Document, Plan), Failure> {
        let mut sets = Vec::new();
        for (key, value) in [("max_failure", self.max_failure), ("max_late", self.max_late)] {
            let Some(value) = value else { continue };
            if !(value > 0.0 && value < 1.0) {
                let flag = key.replace('_', "-");
                let message = format!("--{flag} {value} is not a probability between 0 and 1, such as 0.01");
                return Err(Failure::Usage(message));
            }
            sets.push(format!("thresholds.{key}={value:?}"));
        }
        sets.extend(self.max_ready_p95.iter().map(|time| format!("thresholds.max_ready_p95={time:?}")));
        for wait in &self.max_wait {
            let Some((name, time)) = wait.split_once('=') else {
                let message = format!("--max-wait {wait}: write NAME=TIME, such as session=500ms");
                return Err(Failure::Usage(message));
            };
            sets.push(format!("thresholds.max_wait.{name}={time:?}"));
        }
        let (document, plan) = self.scenario.plan_with(&sets)?;
        if plan.thresholds().is_empty() {
            let message = "there is no limit to check; give --max-failure 0.01, another limit, or a table [thresholds]";
            return Err(Failure::Usage(message.to_owned()));
        }
        Ok((document, plan))
    }

    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let (document, plan) = self.plan()?;
        let thresholds = plan.thresholds();
        let common = &self.scenario.common;
        let bar = progress(self.max_loads, "loads");
        let look = |loads| bar.set_position(loads);
        let pool = common.pool()?;
        let checked = pool.install(|| check(&plan, common.seed, self.max_loads, &INTERRUPT, look));
        bar.finish_and_clear();
        let checked = checked?;
        // The interval of an estimate without a limit on failures is that of a rule that looks repeatedly.
        let stopping = thresholds.max_failure.map_or(Stopping::HalfWidth(0.5), Stopping::Decided);
        let mut estimate = Estimate::new(&plan, checked.tally, &stopping);
        let fixes = document.fixes_named(&self.scenario.fix)?;
        let data = with_data(&document, &fixes, common.seed, Simulated::of_estimate(&estimate), &pool)?;
        estimate.interval_with_data = data.as_ref().map(|data| data.interval);
        let finding = Finding::of_estimate(&plan, common.seed, &estimate, self.scenario.others(&document))?;
        let sentence = finding.with_data(data.as_ref()).sentence();
        if common.format == Format::Json {
            read_or_not(print_json(&CheckRecord {
                scenario: plan.title(),
                seed: common.seed,
                fixes: &self.scenario.fix,
                max_failure: thresholds.max_failure,
                verdict: checked.verdict,
                thresholds: &checked.limits,
                estimate: &estimate,
                sentence: &sentence,
            }))?;
        } else {
            let mut text = opening(&format!("{}: {sentence}", checked.verdict.word()), &estimate.notes);
            text.extend(checked.limits.iter().map(|limit| line(limit, &estimate)));
            read_or_not(print_text(&text))?;
        }
        Ok(match checked.verdict {
            Outcome::Passed => Exit::Done,
            Outcome::Failed => Exit::CheckFailed,
            Outcome::Undecided => Exit::Undecided,
        })
    }
}

/// A limit as a line of text.
fn line(limit: &Limit, estimate: &Estimate) -> String {
    let (count, loads, share) = (limit.loads_beyond, estimate.loads, percent(limit.share));
    let between = format!(
        "with {} confidence between {} and {}, valid whenever a run stops; stopping biases the share itself",
        percent(limit.interval.level),
        percent(limit.interval.low),
        percent(limit.interval.high)
    );
    let time = limit.limit_ms.map(milliseconds).unwrap_or_default();
    let request = limit.request.as_deref().unwrap_or_default();
    let what = match limit.key {
        "max_failure" if estimate.failures.is_none() => "no load can fail by the rules of this scenario".to_owned(),
        "max_failure" => format!("{count} of {loads} loads fail ({share})"),
        "max_late" => format!("{count} of {loads} loads are late ({share})"),
        "max_ready_p95" => format!("{count} of {loads} loads are not ready within {time} ({share})"),
        _ => format!("`{request}` is held longer than {time} in {count} of {loads} loads ({share})"),
    };
    let word = limit.verdict.word();
    if limit.key == "max_failure" && estimate.failures.is_none() {
        return format!("{word}: {what}\n");
    }
    format!("{word}: {what}; {between}; the limit is {}\n", percent(limit.limit))
}
