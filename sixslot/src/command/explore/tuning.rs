//! `sixslot explore --tune`: one key over a range, as a table, as a sentence and as pictures.

use super::super::scenario::scenario_text;
use super::super::shares::ShareCells;
use super::super::{Failure, INTERRUPT, opening, progress, table_width};
use super::{Answer, Explore};
use serde::Serialize;
use sixslot_analysis::replications::Replications;
use sixslot_analysis::text_table::{Align, TextTable, TimeUnit};
use sixslot_analysis::tuning::{OUTCOMES, Tuned, Tuning, tune};
use sixslot_analysis::words::percent;
use sixslot_experiments::csv_table::{self, CsvError};
use sixslot_experiments::pictures::{Curve, CurvePoint, CurveSeries};
use std::fmt::Write as _;

/// Loads of each value, if the command line does not state them.
const LOADS: u64 = 2_000;

impl Explore {
    pub(super) fn answer_tuning(&self, knob: &str) -> Result<(String, Answer<Tuning>), Failure> {
        let loads = self.loads.unwrap_or(LOADS);
        let values = u64::from(self.values) + 1;
        if loads.saturating_mul(values) > OUTCOMES {
            let most = OUTCOMES / values;
            return Err(Failure::Usage(format!(
                "--tune keeps the outcome of each load: with {values} values the limit is --loads {most}"
            )));
        }
        let mut document = self.scenario.common.document(&scenario_text(&self.scenario.scenario)?)?;
        let fixes = document.fixes_named(&self.scenario.fix)?;
        let knob = document.knob(knob)?;
        let common = &self.scenario.common;
        let bar = progress(loads, "loads");
        let done = |loads| bar.inc(loads);
        let replications = Replications { seed: common.seed, from: 0, to: loads, interrupt: &INTERRUPT, done: &done };
        let most = usize::from(self.values);
        let result = common.pool()?.install(|| tune(&document, &fixes, &knob, most, &replications));
        bar.finish_and_clear();
        let tuning = result?;
        let notes: Vec<String> = document.plan(&fixes, &[])?.unmeasured().into_iter().collect();
        let title = document.title;
        let answer = Answer {
            name: "tuning",
            text: text(&tuning, common.seed, &notes),
            csv: csv(&tuning)?,
            notes,
            pictures: vec![
                ("tuning-outcomes.svg".to_owned(), self.outcomes_picture(&title, &tuning)),
                ("tuning-ready.svg".to_owned(), self.ready_picture(&title, &tuning)),
            ],
            record: tuning,
        };
        Ok((title, answer))
    }

    fn outcomes_picture(&self, title: &str, tuning: &Tuning) -> String {
        let failed = |value: &Tuned| {
            let interval = value.shares.failed_interval?;
            let interval = Some((interval.low, interval.high));
            Some(CurvePoint { x: x(tuning, value), probability: value.shares.failed?, interval })
        };
        let late = |value: &Tuned| {
            let interval = value.shares.late_interval;
            CurvePoint {
                x: value.number,
                probability: value.shares.late,
                interval: Some((interval.low, interval.high)),
            }
        };
        let failed: Vec<CurvePoint> = tuning.values.iter().filter_map(failed).collect();
        let late: Vec<CurvePoint> = tuning.values.iter().map(late).collect();
        let lines = [("failed", &failed), ("late", &late)];
        let series: Vec<CurveSeries<'_>> =
            lines.iter().map(|(label, points)| CurveSeries { label, points: points.as_slice() }).collect();
        Curve {
            title,
            subtitle: &self.caption(&format!(
                "{} loads of each value; bands: 95 % intervals for all values at once; best: {}",
                tuning.loads, tuning.best
            )),
            x_label: &x_label(tuning),
            y_label: "share of loads",
            series: &series,
            most: None,
        }
        .to_svg()
    }

    fn ready_picture(&self, title: &str, tuning: &Tuning) -> String {
        let points = |time: fn(&Tuned) -> Option<f64>| -> Vec<CurvePoint> {
            let point = |value: &Tuned| {
                Some(CurvePoint { x: x(tuning, value), probability: time(value)? / 1000.0, interval: None })
            };
            tuning.values.iter().filter_map(point).collect()
        };
        let (p50, p95) = (points(|value| value.ready_ms.p50), points(|value| value.ready_ms.p95));
        let error = points(|value| value.error_ms);
        let lines = [("ready, median", &p50), ("ready, 95 %", &p95), ("error shown, median of failed loads", &error)];
        let highest =
            lines.iter().flat_map(|(_, points)| points.iter()).map(|point| point.probability).fold(0.0, f64::max);
        let series: Vec<CurveSeries<'_>> =
            lines.iter().map(|(label, points)| CurveSeries { label, points: points.as_slice() }).collect();
        Curve {
            title,
            subtitle: &self.caption(&format!(
                "{} loads of each value, all of them counted; no point where that share of loads never gets ready",
                tuning.loads
            )),
            x_label: &x_label(tuning),
            y_label: "seconds from the start of the load",
            series: &series,
            most: Some(if highest > 0.0 { 1.05 * highest } else { 1.0 }),
        }
        .to_svg()
    }
}

fn is_time(tuning: &Tuning) -> bool {
    tuning.best.ends_with('s')
}

/// A value on the axis: seconds if it is a length of time.
fn x(tuning: &Tuning, value: &Tuned) -> f64 {
    if is_time(tuning) { value.number / 1000.0 } else { value.number }
}

fn x_label(tuning: &Tuning) -> String {
    format!("{}{}", tuning.key, if is_time(tuning) { ", seconds" } else { "" })
}

/// A row for each value.
fn csv(tuning: &Tuning) -> Result<String, CsvError> {
    #[derive(Serialize)]
    struct Row<'a> {
        key: &'a str,
        value: &'a str,
        number: f64,
        loads: u64,
        failed: Option<f64>,
        failed_low: Option<f64>,
        failed_high: Option<f64>,
        late: f64,
        late_low: f64,
        late_high: f64,
        ready_p50_ms: Option<f64>,
        ready_p95_ms: Option<f64>,
        error_p50_ms: Option<f64>,
        best: bool,
    }
    csv_table::of_records(tuning.values.iter().map(|value| {
        let ShareCells { loads, failed, failed_low, failed_high, late, late_low, late_high } = (&value.shares).into();
        Row {
            key: &tuning.key,
            value: &value.value,
            number: value.number,
            loads,
            failed,
            failed_low,
            failed_high,
            late,
            late_low,
            late_high,
            ready_p50_ms: value.ready_ms.p50,
            ready_p95_ms: value.ready_ms.p95,
            error_p50_ms: value.error_ms,
            best: value.value == tuning.best,
        }
    }))
}

fn text(tuning: &Tuning, seed: u64, notes: &[String]) -> String {
    let mut text = opening(&tuning.sentence, notes);
    let _ = writeln!(
        text,
        "{} loads of each value, the same for all, seed {seed}; Clopper-Pearson intervals, 95 % for all values at once\n",
        tuning.loads
    );
    let times = tuning.values.iter().flat_map(|value| [value.ready_ms.p50, value.ready_ms.p95, value.error_ms]);
    let unit = TimeUnit::of(times.flatten());
    let of = |what: &str| format!("{what}, {}", unit.symbol());
    let titles = ["failed, %".to_owned(), "late, %".to_owned(), of("p50"), of("p95"), of("error")];
    let left = [(String::new(), Align::Left), ("value".to_owned(), Align::Left)];
    let mut table = TextTable::new(left.into_iter().chain(titles.map(|title| (title, Align::Right))));
    let number = |share: f64| percent(share).trim_end_matches(" %").to_owned();
    let with = |share: f64, low: f64, high: f64| format!("{} ({} to {})", number(share), number(low), number(high));
    let time = |time: Option<f64>, none: &str| time.map_or(none.to_owned(), |ms| unit.write(ms));
    for value in &tuning.values {
        let is_best = value.value == tuning.best;
        let mark = if is_best {
            "*"
        } else if tuning.tied_with.contains(&value.value) {
            "="
        } else {
            " "
        };
        let failed = value.shares.failed.zip(value.shares.failed_interval);
        let failed = failed.map_or("-".to_owned(), |(share, interval)| with(share, interval.low, interval.high));
        let interval = value.shares.late_interval;
        table.row([
            mark.to_owned(),
            value.value.clone(),
            failed,
            with(value.shares.late, interval.low, interval.high),
            time(value.ready_ms.p50, "never"),
            time(value.ready_ms.p95, "never"),
            time(value.error_ms, "-"),
        ]);
    }
    text.push_str(&table.draw(table_width()));
    text.push_str(
        "\n*: best; =: not told apart from it by failed and late loads (McNemar, Holm). p50, p95: time to ready over all loads; never:\n\
         that share of loads never gets ready. error: median time of the page's error in failed loads.\n",
    );
    text
}
