//! `sixslot run`: one load in detail, or statistics of many.

use super::rare::RareArguments;
use super::{Common, Exit, Failure, Format, INTERRUPT, Scenario, print_json, print_text, progress};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::export::{self, Subject};
use sixslot_analysis::record::LoadRecord;
use sixslot_analysis::story::Story;
use sixslot_analysis::waterfall::{Waterfall, paint};
use sixslot_analysis::words::{duration, percent};
use sixslot_models::Plan;
use sixslot_models::limits;
use sixslot_models::load::{Extent, Load};
use sixslot_sim_core::Span;
use sixslot_statistics::stopping::Stopping;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The arguments of `sixslot run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    scenario: Scenario,
    /// Number of the load to show; load K draws the same random numbers with every fix.
    #[arg(long, value_name = "K", default_value_t = 0, conflicts_with_all = ["loads", "until"])]
    replication: u64,
    /// Simulate this number of loads, and estimate the failure probability.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    loads: Option<u64>,
    /// Simulate until the failure probability is known: half-width=0.005, relative=0.1 or decided=0.01.
    #[arg(long, value_name = "RULE", conflicts_with = "loads")]
    until: Option<Stopping>,
    /// With --until: the largest number of loads.
    #[arg(long, value_name = "N", default_value_t = 10_000_000, requires = "until", value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    max_loads: u64,
    #[command(flatten)]
    rare: RareArguments,
    /// Largest number of rows of the picture.
    #[arg(long, value_name = "N", default_value_t = 24)]
    rows: usize,
    /// Write the load as an HTTP Archive, as Chrome's DevTools would.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["loads", "until"])]
    har: Option<PathBuf>,
    /// Write the load as Chrome trace events, for DevTools' Performance panel or Perfetto.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["loads", "until"])]
    trace: Option<PathBuf>,
    /// Write the load as an SVG picture: waterfall, slots and queue.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["loads", "until"])]
    svg: Option<PathBuf>,
}

/// The estimate with its scenario and settings.
#[derive(Serialize)]
struct EstimateRecord<'a> {
    scenario: &'a str,
    seed: u64,
    fixes: &'a [String],
    #[serde(flatten)]
    estimate: &'a Estimate,
    stopped_by: String,
}

impl Run {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        if let Some(Stopping::Fixed(loads)) = self.until
            && loads > self.max_loads
        {
            let message =
                format!("--until fixed={loads} is over --max-loads {}; raise that, or use --loads", self.max_loads);
            return Err(Failure::Usage(message));
        }
        let (_, plan) = self.scenario.plan()?;
        if self.rare.is_asked() {
            return self.rare.run(&plan, &self.scenario.fix, &self.scenario.common);
        }
        match self.loads.map(Stopping::Fixed).or(self.until) {
            Some(stopping) => self.many(&plan, &stopping),
            None => self.one(&plan).map(|()| Exit::Done),
        }
    }

    fn header(&self, plan: &Plan, what: &str) -> String {
        let fixes = match self.scenario.fix.as_slice() {
            [] => "no fix".to_owned(),
            fixes => format!("fix {}", fixes.join(" + ")),
        };
        format!("{}\n{what}, seed {}, {fixes}\n\n", paint(plan.title(), "1"), self.scenario.common.seed)
    }

    /// The files to write, with their formats.
    fn exports(&self) -> Result<Vec<(&Path, export::Format)>, Failure> {
        let wanted = [
            ("--har", &self.har, export::Format::Har),
            ("--trace", &self.trace, export::Format::Trace),
            ("--svg", &self.svg, export::Format::Svg),
        ];
        let mut exports: Vec<(&Path, export::Format)> = Vec::new();
        for (flag, path, format) in wanted {
            let Some(path) = path else { continue };
            if path == Path::new("-") {
                return Err(Failure::Usage(format!(
                    "{flag} requires a file: `-` would mix with the picture; name a file"
                )));
            }
            if exports.iter().any(|(other, _)| other == path) {
                let path = path.display();
                return Err(Failure::Usage(format!("{path} is named twice; give {flag} another file")));
            }
            exports.push((path, format));
        }
        Ok(exports)
    }

    fn export(&self, plan: &Plan, load: &Load, exports: &[(&Path, export::Format)]) -> Result<(), Failure> {
        if exports.is_empty() {
            return Ok(());
        }
        let subject = Subject::new(plan, load, self.scenario.common.seed, self.replication, &self.scenario.fix);
        for (path, format) in exports {
            let text = format.write(&subject).map_err(std::io::Error::from)?;
            let written = sixslot_experiments::atomic::write(path, text.as_bytes());
            let fault = |error| {
                format!("{} cannot be written: {error}; name a file in a folder that can be written to", path.display())
            };
            written.map_err(|error| Failure::Usage(fault(error)))?;
        }
        Ok(())
    }

    fn one(&self, plan: &Plan) -> Result<(), Failure> {
        let Common { seed, format, .. } = self.scenario.common;
        let exports = self.exports()?;
        let mut load = Load::new();
        load.simulate(plan, seed, self.replication, Extent::Whole)
            .map_err(sixslot_analysis::replications::Stopped::from)?;
        self.export(plan, &load, &exports)?;
        if format == Format::Json {
            return print_json(&LoadRecord::new(plan, &load, seed, self.replication, &self.scenario.fix));
        }
        let width = terminal_size::terminal_size().map_or(110, |(width, _)| usize::from(width.0).clamp(80, 160));
        let mut text = self.header(plan, &format!("load {}", self.replication));
        text.push_str(&Waterfall { plan, load: &load, width, rows: self.rows }.draw());
        let _ = write!(text, "\n{}", Story { plan, load: &load }.tell(self.rows.min(12)));
        print_text(&text)
    }

    fn many(&self, plan: &Plan, stopping: &Stopping) -> Result<Exit, Failure> {
        let Common { seed, format, .. } = self.scenario.common;
        let total = if let Stopping::Fixed(loads) = stopping { *loads } else { self.max_loads };
        let bar = progress(total, "loads");
        let pool = self.scenario.common.pool()?;
        let estimate =
            pool.install(|| Estimate::run(plan, seed, stopping, total, &INTERRUPT, |loads| bar.set_position(loads)));
        bar.finish_and_clear();
        let estimate = estimate?;
        let stopped_by = match (stopping, estimate.failures.zip(estimate.interval)) {
            (Stopping::Fixed(_), _) => "the number of loads".to_owned(),
            (_, None) => "the number of loads: nothing can fail".to_owned(),
            (rule, Some((failures, interval))) if rule.is_satisfied(failures, estimate.loads, &interval) => {
                rule.to_string()
            }
            (rule, _) => format!("max-loads, before {rule} was reached"),
        };
        let is_undecided = matches!(stopping, Stopping::Decided(_)) && stopped_by.starts_with("max-loads");
        if format == Format::Json {
            let fixes = &self.scenario.fix;
            print_json(&EstimateRecord { scenario: plan.title(), seed, fixes, estimate: &estimate, stopped_by })?;
        } else {
            let mut text = self.header(plan, &format!("{} loads", estimate.loads));
            text.push_str(&told(&estimate, &stopped_by));
            print_text(&text)?;
        }
        Ok(if is_undecided { Exit::Undecided } else { Exit::Done })
    }
}

/// The estimate as text.
fn told(estimate: &Estimate, stopped_by: &str) -> String {
    let mut text = String::new();
    for note in &estimate.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if let (Some(failures), Some(interval)) = (estimate.failures, &estimate.interval) {
        let _ = writeln!(
            text,
            "{} of loads fail: {failures} of {}. With {:.0} % confidence between {} and {}.",
            paint(&percent(failures as f64 / estimate.loads as f64), "1"),
            estimate.loads,
            100.0 * interval.level,
            percent(interval.low),
            percent(interval.high),
        );
        let _ = writeln!(text, "Interval: {}. {}", interval.method, interval.method.guarantee());
    }
    if !stopped_by.starts_with("the number") {
        let _ = writeln!(text, "Stopped by {stopped_by}.");
    }
    let outcomes = &estimate.outcomes;
    let _ = writeln!(
        text,
        "\nerror shown {}   of these cleared later {}   not ready by the horizon {}",
        percent(outcomes.error_shown),
        percent(outcomes.recovered),
        percent(outcomes.not_ready)
    );
    let span = |milliseconds: f64| duration(Span::from_seconds_f64(milliseconds / 1e3));
    let time = |quantile: Option<f64>| quantile.map_or_else(|| "never".to_owned(), span);
    if let Some(ready) = &estimate.ready_ms {
        let _ = writeln!(
            text,
            "time to ready, of all loads: median {}, 90 % {}, 95 % {}, 99 % {}",
            time(ready.p50),
            time(ready.p90),
            time(ready.p95),
            time(ready.p99)
        );
    }
    if let Some(spent) = &estimate.failed_request_ms {
        text.push_str("where the failed request's time went, on average:");
        for (_, station) in sixslot_models::load::Station::ALL {
            if let Some(value) = spent.get(station).filter(|value| **value > 0.0) {
                let _ = write!(text, " {station} {}", span(*value));
            }
        }
        text.push('\n');
    }
    if let Some(load) = estimate.first_failure {
        let _ = writeln!(text, "the first load that failed: --replication {load} shows it");
    }
    text
}
