//! `sixslot compare --subsets`: every set of fixes, the smallest that meets the limits, and the effect of each fix.

use super::layers::{interactions, of_first};
use super::shares::ShareCells;
use super::{
    Common, Exit, Failure, Format, INTERRUPT, opening, print_data, print_json, print_text, progress, table_width,
};
use serde::Serialize;
use sixslot_analysis::acceptance::Acceptance;
use sixslot_analysis::notes::unmeasured_with_fixes;
use sixslot_analysis::replications::Replications;
use sixslot_analysis::subsets::{FixSet, Subsets, subsets};
use sixslot_analysis::text_table::{Align, TextTable};
use sixslot_analysis::words::percent;
use sixslot_experiments::csv_table::{self, CsvError};
use sixslot_models::{Document, limits};
use std::fmt::Write as _;

/// The most sets that the text lists.
const ROWS: usize = 8;

/// All sets with their scenario and settings.
#[derive(Serialize)]
struct SubsetsRecord<'a> {
    scenario: &'a str,
    seed: u64,
    #[serde(flatten)]
    subsets: &'a Subsets,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

/// The named fixes by index in the order of the file, or all.
fn chosen(document: &Document, names: &[String]) -> Result<Vec<usize>, Failure> {
    if document.fixes.is_empty() {
        let message = "the scenario has no fix to compare; add a table [fix.NAME] with a patch";
        return Err(Failure::Usage(message.to_owned()));
    }
    let named = document.fixes_named(names)?;
    let fixes: Vec<usize> = (0..document.fixes.len()).filter(|fix| named.is_empty() || named.contains(fix)).collect();
    let limit = limits::COMPARED_SUBSET_FIXES;
    if fixes.len() > limit {
        let message = format!(
            "all sets of {} fixes are {} sets; the limit is {limit} fixes: name them, such as --subsets={}",
            fixes.len(),
            1_u128 << fixes.len(),
            document.fixes.iter().take(3).map(|fix| fix.name.as_str()).collect::<Vec<_>>().join(",")
        );
        return Err(Failure::Usage(message));
    }
    Ok(fixes)
}

pub(super) fn run(
    document: &Document,
    names: &[String],
    loads: u64,
    acceptance: Acceptance,
    common: &Common,
) -> Result<Exit, Failure> {
    let fixes = chosen(document, names)?;
    if loads < 2 {
        return Err(Failure::Usage("--subsets needs two loads or more; give --loads 10000".to_owned()));
    }
    let bar = progress(loads, "loads");
    let done = |loads| bar.inc(loads);
    let replications = Replications { seed: common.seed, from: 0, to: loads, interrupt: &INTERRUPT, done: &done };
    let result = common.pool()?.install(|| subsets(document, &[], &fixes, acceptance, &replications));
    bar.finish_and_clear();
    let subsets = result?;
    let notes = &unmeasured_with_fixes(document, &[]);
    match common.format {
        Format::Json => {
            print_json(&SubsetsRecord { scenario: &document.title, seed: common.seed, subsets: &subsets, notes })?;
        }
        Format::Csv => print_data(&csv_table::with_notes(&csv(&subsets)?, notes)?)?,
        _ => print_text(&text(&subsets, common.seed, notes))?,
    }
    Ok(of_first(subsets.loads, loads))
}

/// A row for each set.
fn csv(subsets: &Subsets) -> Result<String, CsvError> {
    #[derive(Serialize)]
    struct Row<'a> {
        fixes: String,
        cost: f64,
        loads: u64,
        failed: Option<f64>,
        failed_low: Option<f64>,
        failed_high: Option<f64>,
        late: f64,
        late_low: f64,
        late_high: f64,
        decision: &'a sixslot_analysis::acceptance::Decision,
    }
    csv_table::of_records(subsets.sets.iter().map(|set| {
        let ShareCells { loads, failed, failed_low, failed_high, late, late_low, late_high } = (&set.shares).into();
        Row {
            fixes: if set.fixes.is_empty() { "none".to_owned() } else { set.fixes.join("+") },
            cost: set.cost,
            loads,
            failed,
            failed_low,
            failed_high,
            late,
            late_low,
            late_high,
            decision: &set.decision,
        }
    }))
}

/// A share with its interval, without the unit.
fn share(share: Option<f64>, interval: Option<sixslot_statistics::Interval>) -> String {
    let number = |share: f64| percent(share).trim_end_matches(" %").to_owned();
    match (share, interval) {
        (Some(share), Some(interval)) => {
            format!("{} ({} to {})", number(share), number(interval.low), number(interval.high))
        }
        _ => "-".to_owned(),
    }
}

fn rows(text: &mut String, sets: &[FixSet]) {
    let titles = ["cost", "failed, %", "late, %"].map(|title| (title, Align::Right));
    let mut table = TextTable::new([("set", Align::Left)].into_iter().chain(titles));
    for set in sets.iter().take(ROWS) {
        let failed = share(set.shares.failed, set.shares.failed_interval);
        let late = share(Some(set.shares.late), Some(set.shares.late_interval));
        table.row([set.name(), set.cost.to_string(), failed, late]);
    }
    text.push_str(&table.draw(table_width()));
    if sets.len() > ROWS {
        let _ = writeln!(text, "and {} more: --format csv", sets.len() - ROWS);
    }
    text.push('\n');
}

fn text(subsets: &Subsets, seed: u64, notes: &[String]) -> String {
    let mut text = opening(&subsets.sentence, notes);
    let (sets, fixes) = (subsets.sets.len(), subsets.fixes.len());
    let _ = writeln!(
        text,
        "{sets} sets of {fixes} fixes on the same {} loads, seed {seed}; Clopper-Pearson intervals, 95 % for all sets at once.\n",
        subsets.loads
    );
    if !subsets.smallest_sets.is_empty() {
        text.push_str("sets that meet the limits, and no part of which does\n");
        rows(&mut text, &subsets.smallest_sets);
    }
    let places = (subsets.loads.ilog10().saturating_sub(1) as usize).clamp(2, 8);
    let points = |value: f64| format!("{:+.places$}", 100.0 * value);
    let number = |share: f64| percent(share).trim_end_matches(" %").to_owned();
    let mut table = TextTable::new([
        ("fix", Align::Left),
        ("cost", Align::Right),
        ("fail: alone, %", Align::Right),
        ("all others, %", Align::Right),
        ("effect, points", Align::Right),
        ("95 % interval", Align::Right),
        ("", Align::Left),
    ]);
    for fix in &subsets.fixes {
        let interval = &fix.effect_interval;
        table.row([
            fix.fix.clone(),
            fix.cost.to_string(),
            number(fix.alone),
            number(fix.all_others),
            points(fix.effect),
            format!("{} to {}", points(interval.low), points(interval.high)),
            fix.title.clone(),
        ]);
    }
    text.push_str(&table.draw(table_width()));
    text.push('\n');
    text.push_str(&interactions(&subsets.interactions, 6, points));
    for overlap in &subsets.overlaps {
        let [one, other] = &overlap.fixes;
        let _ = writeln!(text, "{one} and {other} both change {}: in a set with both, {other} holds", overlap.key);
    }
    text.push_str(
        "alone: loads that fail with this fix only; all others: with all fixes but this. effect: percentage points by which the fix\n\
         changes the share of failed loads, averaged over all sets of the others; interaction: half the difference between the effect\n\
         of the one with the other and without it. Factorial effects, intervals for all effects at once.\n",
    );
    text
}
