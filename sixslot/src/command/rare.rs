//! `sixslot run --rare`: how often a load fails where failure is too rare to be counted.

use super::{Common, Exit, Failure, Format, INTERRUPT, opening, print_json, print_text, progress_up_to, say};
use clap::{Args, ValueEnum};
use serde::Serialize;
use sixslot_analysis::rare::{self, BUDGET, Event, Rare, RareError, Wanted};
use sixslot_analysis::waterfall::paint;
use sixslot_models::{Plan, limits};
use std::fmt::Write as _;

/// The methods for rare events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RareMethod {
    /// Cross-entropy tilting, checked by subset simulation.
    Both,
    /// Cross-entropy tilting alone.
    Tilting,
    /// Subset simulation alone: also where the event has several causes.
    Subset,
}

/// The arguments for rare events.
#[derive(Debug, Args)]
pub(super) struct RareArguments {
    /// Estimate how often a load fails where failure is too rare for --loads: by loads in which it is likelier, each with its exact weight, and by a second method as a check.
    #[arg(long, value_name = "METHOD", num_args = 0..=1, require_equals = true, default_missing_value = "both", conflicts_with_all = ["loads", "until", "replication", "har", "trace", "svg"])]
    rare: Option<RareMethod>,
    /// With --rare: estimate how often a load is late instead: not failed, and not ready by the horizon.
    #[arg(long, requires = "rare")]
    late: bool,
    /// With --rare: the largest number of loads of each method.
    #[arg(long, value_name = "N", default_value_t = BUDGET, requires = "rare", value_parser = clap::value_parser!(u64).range(20_000..=limits::LOADS))]
    rare_loads: u64,
}

/// The estimate with its scenario and settings.
#[derive(Serialize)]
struct RareRecord<'a> {
    scenario: &'a str,
    seed: u64,
    fixes: &'a [String],
    #[serde(flatten)]
    rare: &'a Rare,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

/// A refusal.
#[derive(Serialize)]
struct RefusalRecord<'a> {
    scenario: &'a str,
    seed: u64,
    fixes: &'a [String],
    sentence: String,
    probability: Option<f64>,
    refused: String,
}

impl RareArguments {
    /// Whether they are given.
    pub(super) const fn is_asked(&self) -> bool {
        self.rare.is_some()
    }

    /// The estimate, or why there is none.
    pub(super) fn run(&self, plan: &Plan, fixes: &[String], common: &Common) -> Result<Exit, Failure> {
        let wanted = match self.rare {
            None | Some(RareMethod::Both) => Wanted::Both,
            Some(RareMethod::Tilting) => Wanted::Tilting,
            Some(RareMethod::Subset) => Wanted::Subset,
        };
        let event = if self.late { Event::Late } else { Event::Failed };
        let Common { seed, format, .. } = *common;
        let bar = progress_up_to(self.rare_loads, "loads");
        let result = common.pool()?.install(|| {
            rare::estimate(plan, event, wanted, seed, self.rare_loads, &INTERRUPT, &|loads| bar.inc(loads))
        });
        bar.finish_and_clear();
        let scenario = plan.title();
        let unmeasured = plan.unmeasured();
        let notes = unmeasured.as_slice();
        match result {
            Ok(rare) if format == Format::Json => {
                print_json(&RareRecord { scenario, seed, fixes, rare: &rare, notes })?;
                Ok(Exit::Done)
            }
            Ok(rare) => {
                print_text(&text(&rare, scenario, seed, notes))?;
                Ok(Exit::Done)
            }
            Err(RareError::Stopped(stopped)) => Err(stopped.into()),
            Err(error) => {
                let refused = error.to_string();
                let exit = if error.is_usage() { Exit::Unusable } else { Exit::Undecided };
                if format == Format::Json {
                    let sentence = format!("No estimate: {refused}.");
                    print_json(&RefusalRecord { scenario, seed, fixes, sentence, probability: None, refused })?;
                } else {
                    say(&format!("--rare gives no estimate: {refused}"));
                }
                Ok(exit)
            }
        }
    }
}

/// The estimate as text.
fn text(rare: &Rare, title: &str, seed: u64, notes: &[String]) -> String {
    let mut text = format!("{}{}\nseed {seed}\n", opening(&rare.sentence, notes), paint(title, "1"));
    let _ = writeln!(text, "{}", rare.found.interval.method.guarantee());
    if !rare.shifts.is_empty() {
        text.push_str("\nwhat makes the event likely, in standard deviations of the quantity's normal score:\n");
        for shift in &rare.shifts {
            let _ = writeln!(text, "  {:<32} {:+.2}", shift.quantity, shift.shift);
        }
    }
    text
}
