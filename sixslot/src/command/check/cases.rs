//! The cases of a check: its limits, and the comparison with a baseline, each in a sentence.

use sixslot_analysis::baseline::Change;
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::thresholds::{Limit, Outcome};
use sixslot_analysis::words::{milliseconds, percent};
use sixslot_models::Document;

/// One thing that was checked.
pub(super) struct Case {
    /// What it is called: the key of the limit, with its request.
    pub(super) name: String,
    /// What was found.
    pub(super) verdict: Outcome,
    /// The same in a sentence.
    pub(super) text: String,
    /// Line and column of the limit in the scenario's file; none where it comes from the command line.
    pub(super) place: Option<(usize, usize)>,
}

/// A limit as a case.
pub(super) fn case_of_limit(limit: &Limit, estimate: &Estimate, document: &Document) -> Case {
    let (count, loads, share) = (limit.loads_beyond, estimate.loads, percent(limit.share));
    let between = format!(
        "with {} confidence between {} and {}, valid whenever a run stops; stopping biases the share itself",
        percent(limit.interval.level),
        percent(limit.interval.low),
        percent(limit.interval.high)
    );
    let time = limit.limit_ms.map(milliseconds).unwrap_or_default();
    let request = limit.request.as_deref().unwrap_or_default();
    let cannot_fail = limit.key == "max_failure" && estimate.failures.is_none();
    let what = match limit.key {
        "max_failure" if cannot_fail => "no load can fail by the rules of this scenario".to_owned(),
        "max_failure" => format!("{count} of {loads} loads fail ({share})"),
        "max_late" => format!("{count} of {loads} loads are late ({share})"),
        "max_ready_p95" => format!("{count} of {loads} loads are not ready within {time} ({share})"),
        _ => format!("`{request}` is held longer than {time} in {count} of {loads} loads ({share})"),
    };
    let text = if cannot_fail { what } else { format!("{what}; {between}; the limit is {}", percent(limit.limit)) };
    let path: Vec<&str> = ["thresholds", limit.key].into_iter().chain(limit.request.as_deref()).collect();
    let name = path[1..].join(".");
    Case { name, verdict: limit.verdict, text, place: document.place_in_file(&path) }
}

/// A comparison with a baseline as a case.
pub(super) fn case_of_change(change: &Change) -> Case {
    let verdict = if change.is_worse { Outcome::Failed } else { Outcome::Passed };
    Case { name: format!("baseline.{}", change.kind), verdict, text: change.sentence.clone(), place: None }
}
