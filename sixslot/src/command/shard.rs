//! Parts of a sweep, as arguments and as schedulers number them.
//!
//! Rule: `K/N` counts from 1. `auto` takes the number of this process, and the number of all, from the environment of its
//! scheduler; `auto/N` gives the number of all where the scheduler does not. Two schedulers that disagree are an error.
//! Sources: the variables' pages of Slurm (sbatch, OUTPUT ENVIRONMENT VARIABLES), Kubernetes (Indexed Jobs), AWS Batch (array
//! jobs), GitLab CI/CD (predefined variables), Buildkite (environment variables).

use sixslot_experiments::sweep::Shard;
use std::ops::Range;

/// How a scheduler numbers its processes.
struct Scheduler {
    index: &'static str,
    /// The variable with the number of the first process, or that number.
    first: Result<&'static str, u64>,
    /// The variable with the distance between two numbers.
    step: Option<&'static str>,
    total: Option<&'static str>,
}

const SCHEDULERS: [Scheduler; 5] = [
    Scheduler {
        index: "SLURM_ARRAY_TASK_ID",
        first: Ok("SLURM_ARRAY_TASK_MIN"),
        step: Some("SLURM_ARRAY_TASK_STEP"),
        total: Some("SLURM_ARRAY_TASK_COUNT"),
    },
    Scheduler { index: "JOB_COMPLETION_INDEX", first: Err(0), step: None, total: None },
    Scheduler {
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        first: Err(0),
        step: None,
        total: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
    },
    Scheduler { index: "CI_NODE_INDEX", first: Err(1), step: None, total: Some("CI_NODE_TOTAL") },
    Scheduler {
        index: "BUILDKITE_PARALLEL_JOB",
        first: Err(0),
        step: None,
        total: Some("BUILDKITE_PARALLEL_JOB_COUNT"),
    },
];

/// A variable of the environment.
type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

fn number(name: &str, environment: Environment<'_>) -> Result<Option<u64>, String> {
    let Some(text) = environment(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| format!("the variable {name} is not a whole number; write --shard K/N"))
}

impl Scheduler {
    /// The number of this process from 0, and the number of all if it is known; none without this scheduler.
    fn find(&self, environment: Environment<'_>) -> Result<Option<(u64, Option<u64>)>, String> {
        let Some(index) = number(self.index, environment)? else { return Ok(None) };
        let first = match self.first {
            Ok(name) => number(name, environment)?
                .ok_or_else(|| format!("the variable {} is set, {name} is not; write --shard K/N", self.index))?,
            Err(first) => first,
        };
        let total = self.total.map(|name| number(name, environment)).transpose()?.flatten();
        let step = self.step.map(|name| number(name, environment)).transpose()?.flatten().unwrap_or(1).max(1);
        match index.checked_sub(first) {
            Some(distance) if distance % step == 0 => Ok(Some((distance / step, total))),
            _ => Err(format!(
                "{} = {index} is not one of evenly spaced numbers from {first}; write --shard K/N",
                self.index
            )),
        }
    }
}

/// The part of this process by its scheduler.
fn of_environment(wanted: Option<u64>, environment: Environment<'_>) -> Result<Shard, String> {
    let mut found: Option<(&str, u64, u64)> = None;
    for scheduler in &SCHEDULERS {
        let Some((index, total)) = scheduler.find(environment)? else { continue };
        let name = scheduler.index;
        let of = match (total, wanted) {
            (Some(total), Some(wanted)) if total != wanted => {
                return Err(format!("{name} is of {total} processes, not of {wanted}; write --shard auto"));
            }
            (Some(of), _) | (None, Some(of)) => of,
            (None, None) => return Err(format!("{name} does not say of how many; write --shard auto/N")),
        };
        if index >= of {
            return Err(format!(
                "{name} is process {} of {of}, counted from 1; give --shard auto/N the number of all",
                index + 1
            ));
        }
        match found {
            Some((other, ..)) if found != Some((other, index, of)) => {
                return Err(format!("{other} and {name} are both set and disagree; write --shard K/N"));
            }
            _ => found = Some((name, index, of)),
        }
    }
    let names = SCHEDULERS.map(|scheduler| scheduler.index).join(", ");
    let (_, index, of) = found.ok_or_else(|| format!("none of {names} is set; write --shard K/N"))?;
    let size = |number: u64| usize::try_from(number).map_err(|_| "too many processes".to_owned());
    Ok(Shard { index: size(index)?, of: size(of)? })
}

fn read(text: &str, environment: Environment<'_>) -> Result<Shard, String> {
    let advice = || "write the number of the part and the number of parts, such as 1/4, or auto, or auto/4".to_owned();
    match text.split_once('/') {
        None if text == "auto" => of_environment(None, environment),
        Some(("auto", of)) => {
            let of = of.parse().ok().filter(|of| *of > 0).ok_or_else(advice)?;
            of_environment(Some(of), environment)
        }
        Some((index, of)) => match (index.parse::<usize>(), of.parse::<usize>()) {
            (Ok(index), Ok(of)) if index >= 1 && index <= of => Ok(Shard { index: index - 1, of }),
            _ => Err(advice()),
        },
        None => Err(advice()),
    }
}

/// Reads `1/4`, `auto` and `auto/4`.
pub(super) fn shard(text: &str) -> Result<Shard, String> {
    read(text, &|name| std::env::var(name).ok())
}

/// Reads `A..B`.
pub(super) fn range(text: &str) -> Result<Range<u64>, String> {
    let ends = text.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    ends.filter(|range: &Range<u64>| range.start < range.end)
        .ok_or_else(|| "write the first load and the load after the last, counted from 0, such as 0..5000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Shard, range, read};

    fn auto(text: &str, variables: &[(&str, &str)]) -> Result<(usize, usize), String> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        read(text, &find).map(|Shard { index, of }| (index, of))
    }

    #[test]
    fn every_scheduler_is_understood() {
        let slurm = |id, min, step| {
            [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", min),
                ("SLURM_ARRAY_TASK_COUNT", "4"),
                ("SLURM_ARRAY_TASK_STEP", step),
            ]
        };
        assert_eq!(auto("auto", &slurm("1", "1", "1")), Ok((0, 4)));
        assert_eq!(auto("auto", &slurm("3", "0", "1")), Ok((3, 4)));
        assert_eq!(auto("auto/4", &slurm("16", "10", "2")), Ok((3, 4)));
        assert_eq!(auto("auto/4", &[("JOB_COMPLETION_INDEX", "3")]), Ok((3, 4)));
        assert_eq!(auto("auto/4", &[("AWS_BATCH_JOB_ARRAY_INDEX", "0")]), Ok((0, 4)));
        assert_eq!(auto("auto", &[("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "4")]), Ok((3, 4)));
        assert_eq!(auto("auto", &[("BUILDKITE_PARALLEL_JOB", "0"), ("BUILDKITE_PARALLEL_JOB_COUNT", "2")]), Ok((0, 2)));
        // Two schedulers that agree.
        let both = [("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2"), ("JOB_COMPLETION_INDEX", "0")];
        assert_eq!(auto("auto/2", &both), Ok((0, 2)));
    }

    #[test]
    fn what_the_environment_does_not_say_is_an_error() {
        type Variables<'a> = &'a [(&'a str, &'a str)];
        let cases: [(&str, Variables<'_>, &str); 9] = [
            ("auto", &[], "none of SLURM_ARRAY_TASK_ID"),
            ("auto", &[("JOB_COMPLETION_INDEX", "0")], "write --shard auto/N"),
            ("auto/2", &[("JOB_COMPLETION_INDEX", "2")], "process 3 of 2"),
            ("auto/3", &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")], "of 2 processes, not of 3"),
            ("auto/2", &[("CI_NODE_INDEX", "0")], "not one of evenly spaced numbers from 1"),
            ("auto/4", &[("SLURM_ARRAY_TASK_ID", "1")], "SLURM_ARRAY_TASK_MIN is not"),
            ("auto/4", &[("JOB_COMPLETION_INDEX", "-1")], "not a whole number"),
            ("auto/4", &[("JOB_COMPLETION_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_INDEX", "2")], "disagree"),
            ("auto/0", &[("JOB_COMPLETION_INDEX", "0")], "such as 1/4"),
        ];
        for (text, variables, reason) in cases {
            let error = auto(text, variables).unwrap_err();
            assert!(error.contains(reason), "{text} {variables:?}: {error}");
        }
        for text in ["0/4", "5/4", "1", "1/", "auto/", "auto/x", "automatic", "-1/4"] {
            assert!(auto(text, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_has_a_load() {
        assert_eq!(range("0..5000"), Ok(0..5000));
        for text in ["5..5", "6..5", "-1..5", "1", "1..", "1...2", "a..b"] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
