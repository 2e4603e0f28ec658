//! The chapter on random plans of the page results/accuracy/README.md.
//!
//! Rule: all numbers are computed, except those of Lighthouse, which have their source. Beside each figure that excuses what
//! depends on noise stands one that counts everything; below the predictions stands the browser against itself, which no
//! prediction can beat.

use super::entry::{Entry, hanging, per_cent, share};
use super::spread::Spread;
use super::summary::{Agreement, Summary};
use super::waits::{LEAST, QUEUED, Waits};
use sixslot_analysis::words::markdown;
use std::fmt::Write as _;

/// Lighthouse's published relative errors in per cent: p50, p90, p95 of each metric.
const LIGHTHOUSE: [(&str, [f64; 3]); 4] = [
    ("first contentful paint", [29.1, 48.8, 51.9]),
    ("speed index", [24.9, 55.7, 65.2]),
    ("time to interactive", [27.4, 58.4, 72.6]),
    ("largest contentful paint", [20.6, 61.9, 88.8]),
];

/// The pictures beside the page.
pub(crate) const PICTURES: &str = "\n![Predicted against measured arrivals](predicted-measured.svg)\n\n![Distribution of the arrivals' errors](arrival-error.svg)\n";

/// Writes the chapter; `others` adds the published errors of another simulator.
pub(crate) fn write(out: &mut String, entries: &[Entry<'_>], others: bool) {
    let random: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.is_random()).collect();
    plans(out, &random);
    outcomes(out, &random);
    waits(out, &random);
    arrivals(out, &random);
    if others {
        lighthouse(out);
    }
}

fn plans(out: &mut String, random: &[&Entry<'_>]) {
    out.push_str("\n## Random plans\n\n| browser | seed | idle before | plans | requests | arrivals compared | plans run twice |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    for Entry { recording, report } in random {
        let seed = recording.what.rsplit(' ').next().unwrap_or_default();
        let _ = writeln!(
            out,
            "| {} | {seed} | {:.1} s | {} | {} | {} | {} |",
            markdown(&report.browser),
            report.rest_ms / 1e3,
            report.loads.len(),
            report.with_defaults.outcomes.all_of(),
            report.with_defaults.arrivals,
            report.itself.as_ref().map_or(0, |itself| itself.verdicts.all_of()),
        );
    }
}

fn outcomes(out: &mut String, random: &[&Entry<'_>]) {
    out.push_str("\nOutcomes of requests and verdicts of loads; those that depend on noise are counted separately, and then with the others:\n\n| browser | predicted by | outcomes that agree | that depend on noise | all | verdicts that agree | that depend on noise | all |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    let all = |agreement: &Agreement| {
        let (agree, of) = (agreement.all_agree(), agreement.all_of());
        format!("{agree} of {of} ({})", per_cent(agree as f64 / of.max(1) as f64))
    };
    each(out, random, |row, Summary { outcomes, verdicts, .. }| {
        let cells = [outcomes, verdicts].map(|one| [share(one), hanging(one), all(one)].join(" | "));
        let _ = writeln!(row, "{} |", cells.join(" | "));
    });
}

fn waits(out: &mut String, random: &[&Entry<'_>]) {
    let _ = write!(
        out,
        "\nErrors of the waits of requests that had to queue (for more than {QUEUED} ms on either side), relative to the measured wait or\n\
         {LEAST} ms, whichever is longer. First of all such requests, then without those that depend on noise:\n\n\
         | browser | predicted by | waits | in ms: p50 | p90 | p95 | largest | relative: p50 | p90 | p95 | without noise: waits | in ms: p50 | p90 | relative: p50 | p90 |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    let errors = |waits: &Waits| (waits.ms.unwrap_or_default(), waits.relative.unwrap_or_default());
    each(out, random, |row, summary| {
        let (ms, relative) = errors(&summary.waits);
        let _ = write!(row, "{} | {:.1} | {:.1} | {:.1} | {:.0}", summary.waits.count, ms.p50, ms.p90, ms.p95, ms.max);
        let _ = write!(row, " | {}", [relative.p50, relative.p90, relative.p95].map(per_cent).join(" | "));
        let (ms, relative) = errors(&summary.waits_without_noise);
        let _ = write!(row, " | {} | {:.1} | {:.1}", summary.waits_without_noise.count, ms.p50, ms.p90);
        let _ = writeln!(row, " | {} |", [relative.p50, relative.p90].map(per_cent).join(" | "));
    });
    out.push_str("\nThe rows \"itself\" compare two measurements of the same plans in the same browser: no prediction can be better than that.\n");
}

fn arrivals(out: &mut String, random: &[&Entry<'_>]) {
    out.push_str("\nErrors of the predicted arrivals at the server:\n\n| | predicted by | relative: p50 | p90 | p95 | in ms: p50 | p90 | p95 | largest | signed median |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    each(out, random, |row, summary| {
        let (relative, absolute) = (summary.relative.unwrap_or_default(), summary.absolute_ms.unwrap_or_default());
        let Spread { p50, p90, p95, max } = absolute;
        let _ = writeln!(
            row,
            "{} | {p50:.1} | {p90:.1} | {p95:.1} | {max:.0} | {:+.1} |",
            [relative.p50, relative.p90, relative.p95].map(per_cent).join(" | "),
            summary.bias_ms.unwrap_or_default(),
        );
    });
}

/// What another simulator published about itself.
fn lighthouse(out: &mut String) {
    for (metric, [p50, p90, p95]) in LIGHTHOUSE {
        let _ = writeln!(out, "| Lighthouse, {metric} | | {p50:.1} % | {p90:.1} % | {p95:.1} % | | | | | |");
    }
    out.push_str(
        "\nThe last rows are published by Lighthouse for its own page-load simulator, lantern: relative errors of its metrics over a set\n\
         of real sites (GoogleChrome/lighthouse, core/test/fixtures/lantern-baseline-accuracy.json at 3420949; their definition:\n\
         core/scripts/lantern and its documentation). Lantern predicts metrics of sites on the open web from one trace, which is harder.\n\
         It is the only published accuracy of a page-load simulator that we know of.\n",
    );
}

/// A row for each entry and each kind of costs, and one for the browser against itself.
fn each(out: &mut String, random: &[&Entry<'_>], rest: impl Fn(&mut String, &Summary)) {
    for entry in random {
        let name = markdown(&entry.name());
        let itself = entry.report.itself.iter().map(|summary| ("itself".to_owned(), summary));
        for (costs, summary) in entry.predictions().chain(itself) {
            let _ = write!(out, "| {name} | {costs} | ");
            rest(out, summary);
        }
    }
}
