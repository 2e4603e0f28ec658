//! Questions about loads of a plan.

use crate::question::{Case, Format};
use crate::refusal::{Refusal, json};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sixslot_analysis::answers::{CompareRecord, EstimateRecord};
use sixslot_analysis::comparison::{Measure, Settings, compare_plans, variants};
use sixslot_analysis::data_interval::{DataInterval, Simulated};
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::export::picture::Picture;
use sixslot_analysis::export::{self, Subject};
use sixslot_analysis::notes::{add_unmeasured, notes, of_first};
use sixslot_analysis::record::LoadRecord;
use sixslot_analysis::replications::{Replications, Tally};
use sixslot_analysis::sentence::Finding;
use sixslot_analysis::story::Story;
use sixslot_models::load::{Extent, Load};
use sixslot_models::{Document, Plan, limits};
use sixslot_sim_core::Time;
use sixslot_statistics::Stopping;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::atomic::AtomicBool;

/// The most loads of one question.
const LOADS: u64 = 1_000_000;
/// A page ends a question by ending its worker.
static NEVER: AtomicBool = AtomicBool::new(false);

fn checked(loads: Range<u64>) -> Result<Range<u64>, Refusal> {
    let Range { start, end } = loads;
    if start < end && end - start <= LOADS && end <= limits::LOADS {
        return Ok(loads);
    }
    Err(Refusal::Range(format!(
        "{start} to {end} is no range of loads: give at least one and at most {LOADS}, below {}",
        limits::LOADS
    )))
}

fn simulated(plan: &Plan, seed: u64, number: u64) -> Result<Load, Refusal> {
    let mut load = Load::new();
    let simulated = load.simulate(plan, seed, number, Extent::Whole);
    simulated.map_err(sixslot_analysis::replications::Stopped::from)?;
    Ok(load)
}

/// One load: the command's JSON, what there is to draw, and the story.
#[derive(Serialize)]
struct LoadAnswer<'a> {
    record: LoadRecord<'a>,
    picture: Picture,
    outcome: String,
    story: String,
}

pub(crate) fn load(plan: &Plan, case: &Case, number: u64) -> Result<Vec<u8>, Refusal> {
    let load = simulated(plan, case.seed, number)?;
    let subject = Subject::new(plan, &load, case.seed, number, &case.fixes);
    let story = Story { plan, load: &load };
    json(&LoadAnswer {
        record: LoadRecord::new(plan, &load, case.seed, number, &case.fixes),
        picture: subject.picture(),
        outcome: subject.outcome(),
        story: format!("{}\n\n{}", story.answer(), story.times(12, 110)),
    })
}

#[derive(Serialize)]
struct Text {
    text: String,
}

pub(crate) fn export(plan: &Plan, case: &Case, number: u64, format: Format) -> Result<Vec<u8>, Refusal> {
    let load = simulated(plan, case.seed, number)?;
    let subject = Subject::new(plan, &load, case.seed, number, &case.fixes);
    let format = match format {
        Format::Har => export::Format::Har,
        Format::Trace => export::Format::Trace,
        Format::Svg => export::Format::Svg,
    };
    json(&Text { text: format.write(&subject)? })
}

/// Counts as text: whole numbers in it are larger than a page's numbers hold.
#[derive(Serialize)]
struct TallyAnswer {
    tally: String,
}

pub(crate) fn tally(plan: &Plan, seed: u64, loads: Range<u64>) -> Result<Vec<u8>, Refusal> {
    let replications = Replications::new(seed, checked(loads)?, &NEVER);
    let tally = Tally::with_waits().extend(plan, &replications)?;
    json(&TallyAnswer { tally: serde_json::to_string(&tally)? })
}

/// The command's JSON, and what a page shows and the command does not.
#[derive(Serialize)]
struct EstimateAnswer<'a> {
    answer: EstimateRecord<'a>,
    /// The sentence without its advice to use the command.
    headline: String,
    /// The tally of all loads.
    tally: String,
    /// The first loads that failed, and that were late.
    failing: &'a [u64],
    being_late: &'a [u64],
    /// The percentiles 0 to 100 of the time to ready in milliseconds; null is infinite.
    ready_percentiles_ms: Vec<Option<f64>>,
}

pub(crate) fn estimate(
    document: &Document,
    plan: &Plan,
    case: &Case,
    tallies: &[String],
    data: bool,
) -> Result<Vec<u8>, Refusal> {
    let mut tally = Tally::with_waits();
    for more in tallies {
        tally = tally.join(serde_json::from_str(more)?);
    }
    if tally.loads == 0 || tally.failures.saturating_add(tally.late) > tally.loads {
        return Err(Refusal::Range("the tallies have no loads, or more failed loads than loads".to_owned()));
    }
    let (loads, joined) = (tally.loads, serde_json::to_string(&tally)?);
    let mut estimate = Estimate::new(plan, tally, &Stopping::Fixed(loads)).with_end(plan, case.seed, &NEVER);
    let fixes = document.fixes_named(&case.fixes)?;
    let simulated = Simulated::of_estimate(&estimate).filter(|_| data);
    let interval = DataInterval::of(document, &fixes, case.seed, simulated, &NEVER)?;
    estimate.interval_with_data = interval.as_ref().map(|data| data.interval);
    let others = document.fixes.iter().filter(|fix| !case.fixes.contains(&fix.name)).count();
    let mut finding = Finding::of_estimate(plan, case.seed, &estimate, others)?.with_data(interval.as_ref());
    let sentence = finding.sentence();
    finding.others = 0;
    let ready = estimate.ready_times();
    json(&EstimateAnswer {
        headline: finding.sentence(),
        tally: joined,
        failing: estimate.failing(),
        being_late: estimate.being_late(),
        ready_percentiles_ms: (0..=100).map(|percent| ready.quantile(f64::from(percent) / 100.0)).collect(),
        answer: EstimateRecord {
            scenario: plan.title(),
            seed: case.seed,
            fixes: &case.fixes,
            estimate: &estimate,
            stopped_by: "the number of loads".to_owned(),
            sentence: &sentence,
        },
    })
}

#[derive(Serialize)]
struct CountAnswer {
    loads: u64,
    /// Null where nothing can fail.
    failures: Option<u64>,
    late: u64,
    /// The median time to ready in milliseconds; null is infinite.
    ready_p50_ms: Option<f64>,
}

pub(crate) fn count(plan: &Plan, seed: u64, loads: Range<u64>) -> Result<Vec<u8>, Refusal> {
    let tally = Tally::default().extend(plan, &Replications::new(seed, checked(loads)?, &NEVER))?;
    let (loads, late) = (tally.loads, tally.late);
    let failures = plan.load().can_fail.then_some(tally.failures);
    let ready = sixslot_analysis::ready_times::ReadyTimes::new(tally.ready, loads);
    json(&CountAnswer { loads, failures, late, ready_p50_ms: ready.quantile(0.5) })
}

/// The command's JSON, and the sentence's part about the fixes.
#[derive(Serialize)]
struct CompareAnswer<'a> {
    answer: CompareRecord<'a>,
    clause: Option<String>,
}

pub(crate) fn compare(document: &Document, case: &Case, loads: u64) -> Result<Vec<u8>, Refusal> {
    let Range { end: loads, .. } = checked(0..loads)?;
    let base = document.fixes_named(&case.fixes)?;
    let (plan, variants) = variants(document, &base)?;
    if variants.is_empty() {
        return Err(Refusal::Range(
            "the scenario has no fix to compare; add a table [fix.NAME] with a patch".to_owned(),
        ));
    }
    let settings = Settings { seed: case.seed, loads, by: Measure::Failed };
    let found = compare_plans(&plan, &variants, settings, &NEVER, |_| ())?;
    let found = found.with_ends(&plan, &variants, case.seed, &NEVER);
    let data = DataInterval::of(document, &base, case.seed, Simulated::of_comparisons(&found), &NEVER)?;
    let finding = Finding::of_comparisons(&plan, case.seed, &found)?.with_data(data.as_ref());
    let interval = data.map(|data| data.interval);
    let (sentence, mut notes) = (finding.sentence(), notes(&plan));
    add_unmeasured(&mut notes, document, &base);
    notes.extend(of_first(limits::COMPARED_TIMES, found.loads));
    json(&CompareAnswer {
        clause: finding.which_fix(),
        answer: CompareRecord::new(&document.title, case.seed, &case.fixes, &found, interval, &sentence, &notes),
    })
}

#[derive(Serialize)]
struct HashAnswer {
    sha256: String,
}

pub(crate) fn hash(plan: &Plan, seed: u64, loads: Range<u64>) -> Result<Vec<u8>, Refusal> {
    let replications = Replications::new(seed, checked(loads)?, &NEVER);
    let outcomes = replications.map(plan, Extent::UntilDecided, |_, load| {
        let verdict = load.verdict();
        (verdict.failed, [verdict.ready, verdict.error, verdict.recovered])
    })?;
    let mut hash = Sha256::new();
    for (failed, times) in outcomes {
        hash.update([u8::from(failed)]);
        for time in times {
            hash.update(time.map_or(u64::MAX, Time::as_nanos).to_le_bytes());
        }
    }
    let mut sha256 = String::new();
    for byte in hash.finalize() {
        let _ = write!(sha256, "{byte:02x}");
    }
    json(&HashAnswer { sha256 })
}
