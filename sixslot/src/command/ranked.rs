//! `sixslot compare --until ranked`: the fixes in their order, with as few loads as that needs.

use super::terminal::note;
use super::{Common, Exit, Failure, Format, INTERRUPT, opening, print_json, print_text, progress_up_to, table_width};
use serde::Serialize;
use sixslot_analysis::comparison::Variant;
use sixslot_analysis::ranking::{Ranking, rank};
use sixslot_analysis::text_table::{Align, TextTable};
use sixslot_analysis::waterfall::paint;
use sixslot_analysis::words::percent;
use sixslot_models::Plan;
use std::fmt::Write as _;

/// The ranking with its scenario and settings.
#[derive(Serialize)]
struct RankingRecord<'a> {
    scenario: &'a str,
    seed: u64,
    #[serde(flatten)]
    ranking: &'a Ranking,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

/// Ranks the variants of a plan against it and against each other. `notes` are about what was not measured.
pub(super) fn run(
    title: &str,
    (baseline, variants): (&Plan, &[Variant]),
    notes: &[String],
    common: &Common,
    tie: f64,
    most: u64,
) -> Result<Exit, Failure> {
    let bar = progress_up_to(most, "loads");
    let ranking =
        common.pool()?.install(|| rank(baseline, variants, tie, common.seed, most, &INTERRUPT, |loads| bar.inc(loads)));
    bar.finish_and_clear();
    let ranking = ranking?;
    let exit = match (ranking.is_interrupted, ranking.is_sure) {
        (true, _) => Exit::Interrupted,
        (_, true) => Exit::Done,
        _ => Exit::Undecided,
    };
    match common.format {
        Format::Json => print_json(&RankingRecord { scenario: title, seed: common.seed, ranking: &ranking, notes })?,
        _ => print_text(&text(title, common.seed, &ranking, notes))?,
    }
    if ranking.is_interrupted {
        note(&format!("interrupted: this is the ranking by the first {} loads", ranking.loads));
    }
    Ok(exit)
}

/// The ranking as text.
fn text(title: &str, seed: u64, ranking: &Ranking, notes: &[String]) -> String {
    let places = &ranking.ranking;
    let mut text = format!("{}{}\n", opening(&ranking.sentence, notes), paint(title, "1"));
    let _ = writeln!(
        text,
        "{} loads simulated in all, at most {} of one variant, seed {seed}; the whole ranking holds with {:.0} % confidence\n",
        ranking.simulated,
        ranking.loads,
        100.0 * ranking.level
    );
    let mut table = TextTable::new([
        ("rank", Align::Right),
        ("fix", Align::Left),
        ("failed, %", Align::Right),
        ("95 % interval", Align::Right),
        ("loads", Align::Right),
        ("tied with", Align::Left),
    ]);
    let number = |share: f64| percent(share).trim_end_matches(" %").to_owned();
    for place in places {
        let between = format!("{} to {}", number(place.interval.low), number(place.interval.high));
        let mut others = place.tied_with.join(", ");
        if !place.undecided.is_empty() {
            let _ = write!(others, " (undecided: {})", place.undecided.join(", "));
        }
        let others = others.trim_start().to_owned();
        table.row([
            place.rank.to_string(),
            place.fix.clone(),
            number(place.failed),
            between,
            place.loads.to_string(),
            others,
        ]);
    }
    text.push_str(&table.draw(table_width()));
    text.push_str(
        "\nrank: one more than the number of variants that are surely better. Loads stop where a variant's place is settled, so a \
         share is biased and its interval is a confidence sequence.\n",
    );
    text
}
