//! The report on a recording: one screen of text, or everything as JSON.
//!
//! Rule: first how often prediction and measurement agree, then the errors of arrivals, then the disagreements, largest
//! first. With calibrated costs there is a column for the profile's costs and one for the calibrated costs.

use super::agreement::{LoadAgreement, Pair};
use super::ends::Ends;
use super::noise;
use super::recording::{Recording, RecordingError};
use super::spread::Spread;
use super::summary::{Agreement, Summary};
use serde::Serialize;
use sixslot_lab::MeasuredRequest;
use std::fmt::Write as _;

/// Measured loads compared with their predictions.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What was run.
    pub what: String,
    /// The browser's name and version.
    pub browser: String,
    /// That the browser is older than those whose rules were measured, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_old: Option<String>,
    /// Idle time between the browser's start and the first load, in real milliseconds.
    pub rest_ms: f64,
    /// Real time divided by scenario time.
    pub scale: f64,
    /// Bound on the difference between any page's clock and the server's, in real milliseconds.
    pub clock_error_ms: f64,
    /// The calibrated costs, as settings.
    pub calibrated: Vec<String>,
    /// Predicted with the profile's costs.
    pub with_defaults: Summary,
    /// Predicted with the calibrated costs, if there are any.
    pub with_calibrated: Option<Summary>,
    /// The errors of the ends of requests, where the scenarios have a network; with the calibrated costs if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<Ends>,
    /// The loads that were measured more than once, compared with their first measurement: the browser against itself.
    pub itself: Option<Summary>,
    /// The loads, predicted with the calibrated costs if there are any.
    pub loads: Vec<LoadAgreement>,
}

impl Report {
    /// Compares a recording.
    ///
    /// # Errors
    /// This program no longer accepts a scenario of the recording.
    pub fn new(recording: &Recording) -> Result<Self, RecordingError> {
        let mut loads = recording.compare(false)?;
        let with_defaults = Summary::of(&loads);
        let mut with_calibrated = None;
        if !recording.calibrated.is_empty() {
            loads = recording.compare(true)?;
            with_calibrated = Some(Summary::of(&loads));
        }
        let repeats = recording.compare_repeats()?;
        let itself = (!repeats.is_empty()).then(|| Summary::of(&repeats));
        let first = recording.loads.first().map(|recorded| &recorded.measured);
        let worst_clock = recording.loads.iter().map(|recorded| recorded.measured.clock_error_ms).fold(0.0, f64::max);
        let ends = if recording.has_network()? { Ends::of(&loads) } else { None };
        Ok(Self {
            what: recording.what.clone(),
            too_old: first.and_then(|measured| recording.engine.too_old(&measured.version)),
            browser: first.map_or_else(|| recording.engine.to_string(), |measured| measured.version.clone()),
            rest_ms: first.map_or(0.0, |measured| measured.rest_ms),
            scale: first.map_or(1.0, |measured| measured.scale),
            clock_error_ms: worst_clock,
            calibrated: recording.calibrated.clone(),
            with_defaults,
            with_calibrated,
            ends,
            itself,
            loads,
        })
    }

    /// The requests that disagree; those that depend on noise come last.
    pub fn disagreements(&self) -> Vec<(&LoadAgreement, &Pair)> {
        let pairs = |load| LoadAgreement::pairs(load).map(move |pair| (load, pair));
        let mut found: Vec<(&LoadAgreement, &Pair)> =
            self.loads.iter().flat_map(pairs).filter(|(_, pair)| !pair.agrees()).collect();
        found.sort_by_key(|(_, pair)| pair.hangs_on_noise);
        found
    }

    /// The arrivals with a relative error above 0, the largest first.
    pub fn furthest(&self) -> Vec<(&LoadAgreement, &Pair)> {
        let size =
            |(load, pair): &(&LoadAgreement, &Pair)| pair.arrival_error(load.scale).map_or(0.0, |error| error.relative);
        let pairs = |load| LoadAgreement::pairs(load).map(move |pair| (load, pair));
        let mut found: Vec<(&LoadAgreement, &Pair)> =
            self.loads.iter().flat_map(pairs).filter(|one| size(one) > 0.0).collect();
        found.sort_by(|one, other| size(other).total_cmp(&size(one)));
        found
    }

    /// One screen of text with at most `rows` rows of each list.
    pub fn text(&self, rows: usize) -> String {
        let mut out = String::new();
        let at = match self.scale {
            1.0 => String::new(),
            scale => format!("real time is {scale} times scenario time (used below); "),
        };
        let _ = writeln!(
            out,
            "{}: {} loads in {}\nidle for {:.1} s before the first load; {}clocks within {:.2} ms\n",
            self.what,
            self.loads.len(),
            self.browser,
            self.rest_ms / 1e3,
            at,
            self.clock_error_ms
        );
        if let Some(sentence) = &self.too_old {
            let _ = writeln!(out, "{sentence}\n");
        }
        let costs = |sets: &[String]| {
            let short = |set: &String| set.trim_start_matches("browser.").replace('"', "").replace('=', " ");
            sets.iter().map(short).collect::<Vec<_>>().join(", ")
        };
        let mut columns = vec![("the profile's costs".to_owned(), &self.with_defaults)];
        if let Some(calibrated) = &self.with_calibrated {
            columns.push((costs(&self.calibrated), calibrated));
        }
        if let Some(itself) = &self.itself {
            columns.push(("itself".to_owned(), itself));
        }
        let mut row = |label: &str, cell: &dyn Fn(&Summary) -> String| {
            let cells: Vec<String> = columns.iter().map(|(_, summary)| format!("{:>34}", cell(summary))).collect();
            let _ = writeln!(out, "{label:<30}{}", cells.concat());
        };
        row("predicted with", &|summary| {
            let found = columns.iter().find(|(_, other)| std::ptr::eq(*other, summary));
            found.map_or_else(String::new, |(name, _)| name.clone())
        });
        row("same verdict", &|summary| agreement(&summary.verdicts));
        row("  of those that depend on noise", &|summary| hanging(&summary.verdicts));
        row("same outcome of a request", &|summary| agreement(&summary.outcomes));
        row("  of those that depend on noise", &|summary| hanging(&summary.outcomes));
        row("arrivals compared", &|summary| summary.arrivals.to_string());
        row("  relative error", &|summary| spread(summary.relative, |value| format!("{:.1} %", 100.0 * value)));
        row("  error, real ms", &|summary| spread(summary.absolute_ms, |value| format!("{value:.1}")));
        row("waits over 20 ms compared", &|summary| summary.waits.count.to_string());
        row("  relative error", &|summary| spread(summary.waits.relative, |value| format!("{:.1} %", 100.0 * value)));
        row("  error, real ms", &|summary| spread(summary.waits.ms, |value| format!("{value:.1}")));
        if let Some(Ends { compared, relative, absolute_ms, .. }) = &self.ends {
            let percent = spread(Some(*relative), |value| format!("{:.1} %", 100.0 * value));
            let ms = spread(Some(*absolute_ms), |value| format!("{value:.1}"));
            let _ = writeln!(out, "{compared} ends of requests, relative error {percent}; real ms {ms}");
        }
        let _ = writeln!(
            out,
            "\nErrors: median / 90 % / 95 % / largest; relative errors count as 0 within {} real ms. A result depends on noise if it\n\
             changes in replays with service times changed by up to {} ms, deadlines by {} ms, costs halved or doubled.",
            super::agreement::ZERO,
            noise::SERVICE,
            noise::DEADLINE
        );
        self.list(&mut out, rows);
        out
    }

    fn list(&self, out: &mut String, rows: usize) {
        let verdicts: Vec<&LoadAgreement> = self.loads.iter().filter(|load| !load.agrees()).collect();
        if !verdicts.is_empty() {
            let _ = writeln!(out, "\nVerdicts that differ");
        }
        for load in verdicts.iter().take(rows) {
            let say = |failed| if failed { "fails" } else { "does not fail" };
            let noise = if load.hangs_on_noise { "; depends on noise" } else { "" };
            let (predicted, measured) = (say(load.predicted.failed), say(load.measured.failed));
            let _ = writeln!(out, "  load {}: predicted: {predicted}; measured: {measured}{noise}", load.load);
        }
        let outcomes = self.disagreements();
        if !outcomes.is_empty() {
            let _ = writeln!(out, "\nOutcomes that differ (times in ms)");
        }
        for (load, pair) in outcomes.iter().take(rows) {
            let noise = if pair.hangs_on_noise { "; depends on noise" } else { "" };
            let _ = writeln!(out, "  load {}, {}: {}{noise}", load.load, pair.identity, pair.difference());
        }
        let furthest = self.furthest();
        if !furthest.is_empty() {
            let _ = writeln!(out, "\nLargest arrival errors (ms)");
        }
        for (load, pair) in furthest.iter().take(rows) {
            let at = |side: &Option<MeasuredRequest>| {
                side.as_ref().and_then(|request| request.arrived_ms).map_or_else(String::new, |ms| format!("{ms:.0}"))
            };
            let (predicted, measured) = (at(&pair.predicted), at(&pair.measured));
            let noise = if pair.hangs_on_noise { "; depends on noise" } else { "" };
            let _ = writeln!(
                out,
                "  load {}, {}: predicted at {predicted}, measured at {measured}{noise}",
                load.load, pair.identity
            );
        }
        let more = [verdicts.len(), outcomes.len(), furthest.len()].iter().any(|count| *count > rows);
        if more {
            let _ = writeln!(out, "\nUse --rows N for more rows, --requests or --format json for all requests.");
        }
    }

    /// All requests, one line each.
    pub fn table(&self) -> String {
        let mut out = format!(
            "\n{:>6}  {:<24}{:>11}{:>11}{:>11}{:>11}{:>11}{:>11}  {:<12}{:<12}{:>5}\n",
            "load",
            "request",
            "issued",
            "measured",
            "arrived",
            "measured",
            "ended",
            "measured",
            "outcome",
            "measured",
            "conn"
        );
        let at = |time: Option<f64>| time.map_or("-".to_owned(), |ms| format!("{ms:.1}"));
        for load in &self.loads {
            for pair in &load.requests {
                let (one, other) = (pair.predicted.as_ref(), pair.measured.as_ref());
                let mut line = format!("{:>6}  {:<24}", load.load, pair.identity.to_string());
                for time in [
                    |request: &MeasuredRequest| Some(request.issued_ms),
                    |request: &MeasuredRequest| request.arrived_ms,
                    |request: &MeasuredRequest| request.ended_ms,
                ] {
                    let _ = write!(line, "{:>11}{:>11}", at(one.and_then(time)), at(other.and_then(time)));
                }
                let outcome = |side: Option<&MeasuredRequest>| side.map_or("-", |request| request.outcome.name());
                let connection = |side: Option<&MeasuredRequest>| {
                    side.and_then(|request| request.connection).map_or("-".to_owned(), |number| number.to_string())
                };
                let _ = write!(line, "  {:<12}{:<12}", outcome(one), outcome(other));
                let _ = writeln!(out, "{line}{:>5}", format!("{}/{}", connection(one), connection(other)));
            }
        }
        out
    }
}

impl LoadAgreement {
    fn pairs(&self) -> std::slice::Iter<'_, Pair> {
        self.requests.iter()
    }
}

fn agreement(agreement: &Agreement) -> String {
    format!("{} of {}", agreement.agree, agreement.of)
}

fn hanging(agreement: &Agreement) -> String {
    format!("{} of {}", agreement.hanging_agree, agreement.hanging_of)
}

fn spread(spread: Option<Spread>, write: fn(f64) -> String) -> String {
    let Some(Spread { p50, p90, p95, max }) = spread else { return "-".to_owned() };
    [p50, p90, p95, max].map(write).join(" / ")
}
