//! `sixslot compare --until ranked`: the fixes in their order, with as few loads as that needs.

use super::{Common, Exit, Failure, Format, INTERRUPT, opening, print_json, print_text, progress};
use serde::Serialize;
use sixslot_analysis::comparison::Variant;
use sixslot_analysis::ranking::{Ranking, rank};
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
}

/// Ranks the variants of a plan against it and against each other.
pub(super) fn run(
    title: &str,
    baseline: &Plan,
    variants: &[Variant],
    common: &Common,
    tie: f64,
    most: u64,
) -> Result<Exit, Failure> {
    let bar = progress(most, "loads");
    let ranking =
        common.pool()?.install(|| rank(baseline, variants, tie, common.seed, most, &INTERRUPT, |loads| bar.inc(loads)));
    bar.finish_and_clear();
    let ranking = ranking?;
    let exit = if ranking.is_sure { Exit::Done } else { Exit::Undecided };
    match common.format {
        Format::Json => print_json(&RankingRecord { scenario: title, seed: common.seed, ranking: &ranking })?,
        _ => print_text(&text(title, common.seed, &ranking))?,
    }
    Ok(exit)
}

/// The ranking as text.
fn text(title: &str, seed: u64, ranking: &Ranking) -> String {
    let places = &ranking.ranking;
    let mut text = format!("{}{}\n", opening(&ranking.sentence, &[]), paint(title, "1"));
    let _ = writeln!(
        text,
        "{} loads simulated in all, at most {} of one variant, seed {seed}; the whole ranking holds with {:.0} % confidence\n",
        ranking.simulated,
        ranking.loads,
        100.0 * ranking.level
    );
    let width = places.iter().map(|place| place.fix.len()).max().unwrap_or_default().max(3);
    let _ = writeln!(
        text,
        "{:>4} {:<width$} {:>9} {:>22} {:>8}  tied with",
        "rank", "fix", "failed", "95 % interval", "loads"
    );
    for place in places {
        let between = format!("{} to {}", percent(place.interval.low), percent(place.interval.high));
        let mut others = place.tied_with.join(", ");
        if !place.undecided.is_empty() {
            let _ = write!(others, " (undecided: {})", place.undecided.join(", "));
        }
        let line = format!(
            "{:>4} {:<width$} {:>9} {between:>22} {:>8}  {others}",
            place.rank,
            place.fix,
            percent(place.failed),
            place.loads
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(
        text,
        "\nrank: one more than the number of variants that are surely better. Loads stop where a variant's place is settled, so a\n\
         share is biased and its interval is a confidence sequence."
    );
    text
}
