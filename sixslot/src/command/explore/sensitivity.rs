//! `sixslot explore --sensitivity`: what decides the outcome of a load, as a table, as a sentence and as a picture.

use super::super::{Failure, INTERRUPT, opening, progress, table_width};
use super::{Answer, Explore};
use serde::Serialize;
use sixslot_analysis::replications::Replications;
use sixslot_analysis::sensitivity::{Group, LEAST, Outcome, Question, Sensitivity};
use sixslot_analysis::text_table::{Align, TextTable};
use sixslot_experiments::csv_table::{self, CsvError};
use sixslot_experiments::pictures::{Tornado, TornadoBar};
use sixslot_statistics::jackknife::Estimated;
use std::fmt::Write as _;

/// Loads of the ordinary run, if the command line does not state them.
const LOADS: u64 = 10_000;
/// The most groups in the text and in the picture.
const ROWS: usize = 12;

impl Explore {
    pub(super) fn answer_sensitivity(&self) -> Result<(String, Answer<Sensitivity>), Failure> {
        let loads = self.loads.unwrap_or(LOADS);
        if loads < LEAST {
            return Err(Failure::Usage(format!("--sensitivity needs {LEAST} loads or more; give --loads {LOADS}")));
        }
        let (document, plan) = self.scenario.plan()?;
        let common = &self.scenario.common;
        let bar = progress(loads + self.budget, "loads");
        let done = |loads| bar.inc(loads);
        let replications = Replications { seed: common.seed, from: 0, to: loads, interrupt: &INTERRUPT, done: &done };
        let question = Question { plan: &plan, outcome: self.by, replications, budget: self.budget };
        let result = common.pool()?.install(|| question.answer());
        bar.finish_and_clear();
        let sensitivity = result?.with_evidence(&document);
        let notes: Vec<String> = plan.unmeasured().into_iter().collect();
        let answer = Answer {
            name: "sensitivity",
            text: text(&sensitivity, common.seed, &notes),
            csv: csv(&sensitivity)?,
            notes,
            pictures: vec![("sensitivity.svg".to_owned(), self.sensitivity_picture(plan.title(), &sensitivity))],
            record: sensitivity,
        };
        Ok((plan.title().to_owned(), answer))
    }

    fn sensitivity_picture(&self, title: &str, sensitivity: &Sensitivity) -> String {
        let share = |index: &Estimated| (index.value, (index.interval.low, index.interval.high));
        let shares = |group: &Group| [&group.total, &group.closed, &group.first_order].map(share);
        let groups: Vec<_> = sensitivity.groups.iter().take(ROWS).map(|group| (&group.name, shares(group))).collect();
        let bars: Vec<TornadoBar<'_>> =
            groups.iter().map(|(label, shares)| TornadoBar { label, shares: shares.as_slice() }).collect();
        let measures = [
            "total: the variance that its draws take part in",
            "closed: what its draws explain together",
            "first order: what each of its draws explains by itself, summed",
        ];
        Tornado {
            title,
            subtitle: &self.caption(&format!(
                "what decides {}; {} loads and {} further ones; lines: 95 % intervals for all at once",
                sensitivity.outcome.words(),
                sensitivity.loads,
                sensitivity.budget
            )),
            x_label: "share of the variance",
            measures: &measures.map(str::to_owned),
            bars: &bars,
        }
        .to_svg()
    }
}

/// A row for each group.
fn csv(sensitivity: &Sensitivity) -> Result<String, CsvError> {
    #[derive(Serialize)]
    struct Row<'a> {
        group: &'a str,
        outcome: Outcome,
        draws: usize,
        total: f64,
        total_low: f64,
        total_high: f64,
        closed: f64,
        closed_low: f64,
        closed_high: f64,
        first_order: f64,
        first_order_low: f64,
        first_order_high: f64,
    }
    csv_table::of_records(sensitivity.groups.iter().map(|group| Row {
        group: &group.name,
        outcome: sensitivity.outcome,
        draws: group.draws,
        total: group.total.value,
        total_low: group.total.interval.low,
        total_high: group.total.interval.high,
        closed: group.closed.value,
        closed_low: group.closed.interval.low,
        closed_high: group.closed.interval.high,
        first_order: group.first_order.value,
        first_order_low: group.first_order.interval.low,
        first_order_high: group.first_order.interval.high,
    }))
}

/// An index with its interval.
fn index(Estimated { value, interval }: &Estimated) -> String {
    let share = |index: f64| format!("{:.1}", 100.0 * index.clamp(0.0, 1.0));
    format!("{} ({} to {})", share(*value), share(interval.low), share(interval.high))
}

fn text(sensitivity: &Sensitivity, seed: u64, notes: &[String]) -> String {
    let mut text = opening(&sensitivity.sentence, notes);
    let _ = writeln!(
        text,
        "{} loads and {} further ones, seed {seed}; shares of the variance of {}, 95 % for all at once (jackknife)\n",
        sensitivity.loads,
        sensitivity.budget,
        sensitivity.outcome.words()
    );
    let shown = || sensitivity.groups.iter().take(ROWS);
    let titles = ["draws", "total, %", "closed, %", "first order, %"].map(|title| (title, Align::Right));
    let mut table = TextTable::new([("group", Align::Left)].into_iter().chain(titles));
    for group in shown() {
        let [total, closed, first] = [&group.total, &group.closed, &group.first_order].map(index);
        table.row([group.name.clone(), group.draws.to_string(), total, closed, first]);
    }
    text.push_str(&table.draw(table_width()));
    if sensitivity.groups.len() > ROWS {
        let _ = writeln!(text, "and {} more: --format csv", sensitivity.groups.len() - ROWS);
    }
    text.push_str(
        "\ntotal: the variance that the group's draws take part in. closed: what its draws explain together. first order: what each\n\
         draw explains by itself, summed; by bins of the draw, which lose what happens within a bin.\n",
    );
    text
}
