//! `sixslot check`: holds a scenario to limits, and to an earlier state of itself, for continuous integration.
//!
//! Rule: passed where every limit is kept and nothing is worse than in the baseline, failed where one is broken or worse, else
//! undecided. Every format shows the same cases.

mod cases;
mod formats;

use super::evidence::{note_changed, note_interrupted, with_data};
use super::{
    Exit, Failure, Format, INTERRUPT, Scenario, opening, print_data, print_json, print_text, progress_up_to,
    read_or_not, width,
};
use cases::{Case, case_of_change, case_of_limit};
use clap::Args;
use formats::Summary;
use serde::{Deserialize, Serialize};
use sixslot_analysis::baseline::{self, Change, Sample};
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::replications::Stopped;
use sixslot_analysis::sentence::Finding;
use sixslot_analysis::thresholds::{Limit, Outcome, check};
use sixslot_analysis::words::{plain, wrap};
use sixslot_models::{Document, Plan, limits};
use sixslot_statistics::stopping::Stopping;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The longest baseline that is read, in bytes.
const LONGEST: u64 = 16 << 20;

/// The arguments of `sixslot check`.
#[derive(Debug, Args)]
#[command(mut_arg("format", |format| format.value_parser(Format::among(&[Format::Text, Format::Json, Format::Junit, Format::Markdown, Format::Github]))))]
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
    /// Also fail if more loads fail, or are late, than in this earlier state: the output of `check --format json`.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// The largest number of loads; if they do not decide, the exit code is 3.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    max_loads: u64,
}

/// The verdict with what it rests on.
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
    /// What has changed since the baseline; null without one.
    baseline: Option<&'a [Change]>,
    /// The loads that a later check compares with: this output is its `--baseline`. None after an interrupt.
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<&'a Sample>,
}

/// The part of an earlier output that is compared with.
#[derive(Deserialize)]
struct Earlier {
    sample: Sample,
}

/// The sample in the output of an earlier check.
fn earlier(path: &Path, seed: u64) -> Result<Sample, Failure> {
    let name = plain(&path.display().to_string());
    let refuse = |reason: String| Failure::Usage(format!("--baseline {name}: {reason}"));
    let advice = "write it with `sixslot check SCENARIO --format json > FILE`";
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| refuse(format!("it cannot be read: {error}; {advice}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(refuse(format!("it is longer than {} MiB; {advice}", LONGEST >> 20)));
    }
    let earlier: Earlier = serde_json::from_slice(&bytes).map_err(|error| {
        let place = format!("{}:{}", error.line(), error.column());
        refuse(format!("it is not the output of a check (see {place}); {advice}"))
    })?;
    earlier.sample.check(seed).map_err(|error| refuse(error.to_string()))?;
    Ok(earlier.sample)
}

/// The loads that a later check compares with, where they are asked for; none after an interrupt.
fn sample(plan: &Plan, seed: u64, is_asked: bool) -> Result<Option<Sample>, Stopped> {
    if !is_asked {
        return Ok(None);
    }
    match Sample::of(plan, seed, baseline::LOADS, &INTERRUPT) {
        Err(Stopped::Interrupted) => Ok(None),
        sample => sample.map(Some),
    }
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
        if plan.thresholds().is_empty() && self.baseline.is_none() {
            let message = "there is no limit to check; give --max-failure 0.01, another limit, a table [thresholds], or a --baseline";
            return Err(Failure::Usage(message.to_owned()));
        }
        Ok((document, plan))
    }

    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let (document, plan) = self.plan()?;
        let thresholds = plan.thresholds();
        let common = &self.scenario.common;
        let before = self.baseline.as_deref().map(|path| earlier(path, common.seed)).transpose()?;
        let bar = progress_up_to(self.max_loads, "loads");
        let pool = common.pool()?;
        let look = |loads| bar.set_position(loads);
        // The interval of an estimate without a limit on failures is that of a rule that looks repeatedly.
        let stopping = thresholds.max_failure.map_or(Stopping::HalfWidth(0.5), Stopping::Decided);
        let fixes = document.fixes_named(&self.scenario.fix)?;
        let result = pool.install(|| {
            let mut checked = check(&plan, common.seed, self.max_loads, &INTERRUPT, look)?;
            let is_asked = before.is_some() || common.format == Format::Json;
            let sample = sample(&plan, common.seed, is_asked)?;
            let estimate = Estimate::new(&plan, std::mem::take(&mut checked.tally), &stopping);
            Ok::<_, Stopped>((checked, sample, with_data(estimate, &document, &fixes, common.seed)?))
        });
        bar.finish_and_clear();
        let (checked, sample, (estimate, data)) = result?;
        note_changed(&document, data.as_ref());
        let changes = sample.as_ref().zip(before.as_ref()).map(|(now, before)| now.since(before));
        let finding = Finding::of_estimate(&plan, common.seed, &estimate, self.scenario.others(&document))?;
        let sentence = finding.with_data(data.as_ref()).sentence();
        let mut cases: Vec<Case> =
            checked.limits.iter().map(|limit| case_of_limit(limit, &estimate, &document)).collect();
        cases.extend(changes.iter().flatten().map(case_of_change));
        let is_worse = changes.iter().flatten().any(|change| change.is_worse);
        let verdict = if is_worse { Outcome::Failed } else { checked.verdict };
        let scenario = self.scenario.scenario.display().to_string();
        let summary = Summary {
            scenario: &scenario,
            title: plan.title(),
            sentence: &sentence,
            notes: &estimate.notes,
            verdict,
            cases: &cases,
            seed: common.seed,
            loads: estimate.loads,
        };
        read_or_not(match common.format {
            Format::Json => print_json(&CheckRecord {
                scenario: plan.title(),
                seed: common.seed,
                fixes: &self.scenario.fix,
                max_failure: thresholds.max_failure,
                verdict,
                thresholds: &checked.limits,
                estimate: &estimate,
                sentence: &sentence,
                baseline: changes.as_deref(),
                sample: sample.as_ref(),
            }),
            Format::Junit => print_data(&summary.junit()),
            Format::Markdown => print_data(&summary.markdown()),
            Format::Github => {
                summary.append_to_job().and_then(|()| print_data(&(text(&summary) + &summary.annotations())))
            }
            _ => print_text(&text(&summary)),
        })?;
        if checked.is_interrupted || estimate.is_interrupted {
            note_interrupted("result", estimate.loads, &document, data.as_ref());
            return Ok(Exit::Interrupted);
        }
        Ok(match verdict {
            Outcome::Passed => Exit::Done,
            Outcome::Failed => Exit::CheckFailed,
            Outcome::Undecided => Exit::Undecided,
        })
    }
}

/// The sentence, and a line for each case.
fn text(summary: &Summary<'_>) -> String {
    let mut text = opening(&format!("{}: {}", summary.verdict.word(), summary.sentence), summary.notes);
    for case in summary.cases {
        text.push_str(&wrap("", &format!("{}: {}", case.verdict.word(), case.text), width()));
        text.push('\n');
    }
    text
}
