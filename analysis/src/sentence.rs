//! The sentence with which every answer begins: how often loads fail, why, and which fix helps.
//!
//! Rule: each clause is a claim about the loads that were simulated; it is said only where its predicate holds
//! (docs/words.md), with its numbers from the counts. Names of the scenario are inserted as they are; who shows the sentence
//! escapes them.

use crate::cause::{self, Cause};
use crate::comparison::{Comparison, Comparisons, Word};
use crate::data_interval::DataInterval;
use crate::estimate::{Estimate, LEVEL};
use crate::replications::Stopped;
use crate::waits::Wait;
use crate::words::{capital, count, duration, percent, percent_short};
use sixslot_models::Plan;
use sixslot_models::class::Failure;
use sixslot_models::load::Station;
use sixslot_sim_core::{Span, Time};
use sixslot_statistics::interval::{Interval, fixed_sample};
use std::fmt::Write as _;

/// A wait without failure is mentioned from this share of loads on.
const MENTIONED: f64 = 0.01;
/// The most fixes that one clause names.
const NAMED: usize = 4;

/// What was found about the loads of one plan.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// Where, to follow "of loads fail"; empty where the scenario's own parameters are meant.
    pub at: String,
    /// Loads.
    pub loads: u64,
    /// Loads that failed; none where nothing can fail.
    pub failed: Option<u64>,
    /// Loads that were late.
    pub late: u64,
    /// The interval of the share of failed loads.
    pub interval: Option<Interval>,
    /// The interval that includes the uncertainty of the archives.
    pub interval_with_data: Option<Interval>,
    /// Recorded loads that failed, and all of them, where the interval with the archives does not have their share.
    pub missed: Option<(u64, usize)>,
    /// The median and the 95th percentile of the time to ready over all loads, in milliseconds; none is infinite.
    pub ready_ms: [Option<f64>; 2],
    /// How long a load is observed.
    pub horizon: Span,
    /// Why loads fail; where none fails, why they are late.
    pub cause: Option<Cause>,
    /// The waits of calls, where they were counted.
    pub waits: Vec<Wait>,
    /// The fixes that were compared, the best first.
    pub fixes: &'a [Comparison],
    /// Fixes that the scenario has and that were not compared.
    pub others: usize,
}

impl<'a> Finding<'a> {
    /// What an estimate found. `others` is the number of fixes that the scenario has.
    ///
    /// # Errors
    /// None: the loads have been simulated before.
    pub fn of_estimate(plan: &Plan, seed: u64, estimate: &Estimate, others: usize) -> Result<Self, Stopped> {
        let ready = estimate.ready_times();
        Ok(Self {
            at: String::new(),
            loads: estimate.loads,
            failed: estimate.failures,
            late: estimate.late_loads(),
            interval: estimate.interval,
            interval_with_data: None,
            missed: None,
            ready_ms: [ready.quantile(0.5), ready.quantile(0.95)],
            horizon: plan.horizon() - Time::ZERO,
            cause: cause_of(plan, seed, estimate.failing(), estimate.being_late())?,
            waits: estimate.waits.clone(),
            fixes: &[],
            others,
        })
    }

    /// What a comparison found, and why loads fail without a fix.
    ///
    /// # Errors
    /// None: the loads have been simulated before.
    pub fn of_comparisons(plan: &Plan, seed: u64, found: &'a Comparisons) -> Result<Self, Stopped> {
        Ok(Self::compared(plan, found, cause_of(plan, seed, &found.failing, &found.being_late)?))
    }

    /// The same, where the cause is known.
    pub(crate) fn compared(plan: &Plan, found: &'a Comparisons, cause: Option<Cause>) -> Self {
        let ready = found.without.ready_ms;
        Self {
            at: String::new(),
            loads: found.loads,
            failed: plan.load().can_fail.then_some(found.failures),
            late: found.late,
            interval: found.without.failed_interval,
            interval_with_data: None,
            missed: None,
            ready_ms: [ready.p50, ready.p95],
            horizon: plan.horizon() - Time::ZERO,
            cause,
            waits: Vec::new(),
            fixes: &found.fixes,
            others: 0,
        }
    }

    /// The same with the uncertainty of the archives that the scenario was fitted to, where it has them.
    #[must_use]
    pub fn with_data(self, data: Option<&DataInterval>) -> Self {
        let interval_with_data = data.map(|data| data.interval);
        Self { interval_with_data, missed: data.and_then(DataInterval::missed), ..self }
    }

    /// The whole sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut text = String::new();
        if let Some((failed, recorded)) = self.missed {
            let _ = write!(text, "The model misses its archives, in which {failed} of {recorded} loads failed. ");
        }
        text.push_str(&self.how_often());
        if let Some(cause) = &self.cause {
            let _ = write!(text, ": {}", why(cause));
        }
        text.push('.');
        for clause in [self.waiting(), self.which_fix()].into_iter().flatten() {
            let _ = write!(text, " {clause}");
        }
        text
    }

    /// How often loads fail, are late, and how soon they are ready where neither happens.
    #[must_use]
    pub fn how_often(&self) -> String {
        let loads = self.loads;
        let mut text = match self.failed {
            None => "Failure is not judged".to_owned(),
            Some(0) => format!("None of {loads} loads fails"),
            Some(failed) if failed == loads => format!("All {loads} loads fail"),
            Some(failed) => format!("{} of loads fail", percent(failed as f64 / loads as f64)),
        };
        text.push_str(&self.at);
        if let Some(interval) = self.interval_with_data.or(self.interval) {
            let what = if self.interval_with_data.is_some() { " with the uncertainty of the archives" } else { "" };
            let _ = write!(text, " ({:.0} % interval{what} {})", 100.0 * interval.level, between(&interval));
        }
        if self.late > 0 {
            let share = percent(self.late as f64 / loads as f64);
            let _ = write!(text, "; {share} are late, not ready within {}", whole(self.horizon));
            if let (None, Ok(interval)) = (self.failed, fixed_sample(self.late, loads, LEVEL)) {
                let _ = write!(text, " ({:.0} % interval {})", 100.0 * interval.level, between(&interval));
            }
        } else if self.failed.unwrap_or(0) == 0 {
            let _ = match self.ready_ms.map(|time| time.map(milliseconds)) {
                [Some(median), Some(most)] => {
                    write!(text, "; loads are ready after {median} in the median, 95 % of them within {most}")
                }
                _ => Ok(()),
            };
        }
        text
    }

    /// The longest waits of loads that do not fail, if they are not rare.
    fn waiting(&self) -> Option<String> {
        let worst = self.waits.iter().max_by(|one, other| one.long_share.total_cmp(&other.long_share))?;
        (worst.long_share >= MENTIONED).then(|| {
            let place = Station::ALL.into_iter().find(|(_, key)| *key == worst.station).map_or("", |(at, _)| doing(at));
            format!(
                "In {} of loads a call of `{}` is {place} for longer than {} although the load does not fail.",
                percent(worst.long_share),
                worst.request,
                whole(Span::from_seconds_f64(worst.long_ms / 1e3))
            )
        })
    }

    /// What the fixes do.
    #[must_use]
    pub fn which_fix(&self) -> Option<String> {
        if self.fixes.is_empty() {
            let fixes = count(self.others, "fix").replace("fixs", "fixes");
            return (self.others > 0 && (self.failed.unwrap_or(0) > 0 || self.late > 0))
                .then(|| format!("`sixslot compare` shows what its {fixes} would do."));
        }
        let of =
            |word: Word| -> Vec<&Comparison> { self.fixes.iter().filter(|fix| fix.verdict == Some(word)).collect() };
        let mut clauses = Vec::new();
        let fixing = of(Word::Fixes);
        if !fixing.is_empty() {
            clauses.push(format!(
                "{} {} all of them",
                names(&fixing),
                if fixing.len() == 1 { "fixes" } else { "each fix" }
            ));
        } else if let Some(best) = of(Word::Reduces).first() {
            clauses.push(format!("`{}` reduces them to {}", best.fix, share_with(best)));
        } else if let Some(best) = of(Word::Faster).first() {
            clauses.push(self.faster(best));
        }
        clauses.extend(of(Word::Hides).first().map(|fix| hides(fix)));
        let worse = of(Word::Worse);
        if !worse.is_empty() {
            clauses.push(format!(
                "{} {} it worse",
                names(&worse),
                if worse.len() == 1 { "makes" } else { "each make" }
            ));
        }
        let unjudged = self.fixes.iter().find(|fix| fix.verdict.is_none() && fix.needed_horizon_ms.is_none());
        let unknown = self.fixes.iter().find(|fix| fix.verdict.is_none() && fix.needed_horizon_ms.is_some());
        if let Some(fix) = unjudged {
            clauses.push(format!("it was interrupted before it was known what `{}` does", fix.fix));
        }
        if clauses.is_empty() && unknown.is_none() {
            clauses.push("No fix of the scenario changes that for certain".to_owned());
        }
        if let Some(fix) = unknown {
            let needs =
                fix.needed_horizon_ms.map(|needs| whole(Span::from_seconds_f64(needs / 1e3))).unwrap_or_default();
            clauses.push(format!("what `{}` does shows only at a horizon of {needs}", fix.fix));
        }
        Some(capital(&(clauses.join("; ") + ".")))
    }

    fn faster(&self, best: &Comparison) -> String {
        let before = self.ready_ms[1].map(milliseconds);
        let after = best.outcomes.ready_ms.p95.map(milliseconds);
        match (before, after) {
            (before, Some(after)) => {
                let before = before.map_or_else(|| "never".to_owned(), |before| format!("within {before}"));
                format!("with `{}` 95 % of loads are ready within {after}, without it {before}", best.fix)
            }
            (_, None) => format!(
                "with `{}` the median time to ready is {}",
                best.fix,
                best.outcomes.ready_ms.p50.map_or_else(|| "infinite".to_owned(), milliseconds)
            ),
        }
    }
}

/// The share of loads that fail with a fix.
fn share_with(fix: &Comparison) -> String {
    if fix.with == 0.0 { "none".to_owned() } else { format!("{} of loads", percent(fix.with)) }
}

/// What hides failures, and when the rescued loads are ready.
fn hides(fix: &Comparison) -> String {
    let rescued = fix.rescued;
    let when = match (rescued.ready_ms, rescued.error_ms) {
        (Some(ready), Some(error)) if ready > error => format!(
            "these loads are ready after {} in the median, later than the error came ({})",
            milliseconds(ready),
            milliseconds(error)
        ),
        (Some(_), _) => format!(
            "in {} of {} such loads the request that failed is answered only after the moment of the error",
            rescued.loads - rescued.early,
            rescued.loads
        ),
        (None, _) => {
            format!(
                "more than half of these loads are not ready within {}",
                whole(Span::from_seconds_f64(fix.judged_horizon_ms / 1e3))
            )
        }
    };
    format!("`{}` only hides them: {when}", fix.fix)
}

/// Fixes in a list.
fn names(fixes: &[&Comparison]) -> String {
    let mut named: Vec<String> = fixes.iter().take(NAMED).map(|fix| format!("`{}`", fix.fix)).collect();
    if fixes.len() > NAMED {
        named.push(format!("{} more", fixes.len() - NAMED));
    }
    match named.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => named.concat(),
    }
}

/// The cause of failures; where there are none, of lateness.
pub(crate) fn cause_of(plan: &Plan, seed: u64, failing: &[u64], late: &[u64]) -> Result<Option<Cause>, Stopped> {
    cause::cause(plan, seed, if failing.is_empty() { late } else { failing })
}

/// The reason, to follow a colon.
#[must_use]
pub fn why(cause: &Cause) -> String {
    let Cause { class, life, station, spent, of, loads, .. } = cause;
    let of_what = match cause.deadline {
        Some(deadline) => format!("its {} deadline", whole(deadline)),
        None => format!("its {}", duration(*life)),
    };
    let spends = format!("spends {} of {of_what} {}", duration(*spent), doing(*station));
    let mut text = match ends(&cause.failures) {
        Some(ends) if life.is_zero() => format!("`{class}` {ends}"),
        Some(ends) => format!("`{class}` {ends}, and {spends}"),
        None => format!("`{class}` {spends}"),
    };
    if let (Station::Pool, Some((holder, share))) = (station, cause.holders.first()) {
        let all: usize = cause.holders.len();
        let _ = match all {
            1 => write!(text, "; meanwhile all connections are held by `{holder}`"),
            _ => write!(text, "; meanwhile {} of the connections are held by `{holder}`", percent_short(*share)),
        };
    } else if let (Station::Server, Some((concurrent, share))) = (station, cause.concurrent.first()) {
        let _ = write!(text, "; {} of the other work there is `{concurrent}`", percent_short(*share));
    }
    if loads < of {
        let _ = write!(text, " (in {loads} of the {of} such loads that were examined)");
    }
    text
}

/// How a request ends that fails in these ways.
fn ends(failures: &[Failure]) -> Option<String> {
    Some(match failures {
        [] => return None,
        [Failure::Status(status)] => format!("is answered with HTTP status {status}"),
        [Failure::Refused] => "finds its connection refused".to_owned(),
        [Failure::Reset] => "loses its connection in the middle of the answer".to_owned(),
        [Failure::Navigation] => "is ended by the navigation from its page".to_owned(),
        all if all.iter().all(|one| matches!(one, Failure::Status(_))) => "is answered with an error status".to_owned(),
        _ => "fails at the network or with an error status".to_owned(),
    })
}

/// What a request does at a station, in the words of DevTools.
pub const fn doing(station: Station) -> &'static str {
    match station {
        Station::Page => "held by the page before the request",
        Station::Scheduler => "queueing in the browser's scheduler",
        Station::Cache => "stalled, waiting for the cache lock",
        Station::Pool => "stalled, waiting for a connection",
        Station::Connect => "opening its connection",
        Station::Server => "waiting for the server",
        Station::Body | Station::Ended => "downloading its content",
    }
}

/// An interval of a share.
fn between(interval: &Interval) -> String {
    let (low, high) = (percent(interval.low), percent(interval.high));
    // The unit once.
    format!("{} to {high}", low.trim_end_matches(" %"))
}

/// A length of time that the scenario gives: whole seconds without decimals.
fn whole(span: Span) -> String {
    let seconds = span.as_nanos() / 1_000_000_000;
    if Span::from_seconds(seconds) == span { format!("{seconds} s") } else { duration(span) }
}

fn milliseconds(ms: f64) -> String {
    duration(Span::from_seconds_f64(ms / 1e3))
}
