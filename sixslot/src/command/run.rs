//! `sixslot run`: one load in detail, or statistics of many.

use super::evidence::{note_changed, note_interrupted, with_data};
use super::progress::Interruptible;
use super::rare::RareArguments;
use super::{
    Common, Exit, Failure, Format, INTERRUPT, Overwrite, Scenario, opening, print_json, print_text, progress,
    progress_up_to, table_width, width,
};
use clap::Args;
use sixslot_analysis::answers::EstimateRecord;
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::export::{self, Subject};
use sixslot_analysis::page_end::{self, PageEnd};
use sixslot_analysis::record::LoadRecord;
use sixslot_analysis::sentence::Finding;
use sixslot_analysis::story::Story;
use sixslot_analysis::text_table::{Align, TextTable, TimeUnit};
use sixslot_analysis::waits::Wait;
use sixslot_analysis::waterfall::{Waterfall, paint};
use sixslot_analysis::words::{duration, percent};
use sixslot_experiments::files::{Files, Purpose};
use sixslot_models::limits;
use sixslot_models::load::{Extent, Load};
use sixslot_models::{Document, Plan};
use sixslot_sim_core::{Span, Time};
use sixslot_statistics::interval::{Interval, Method};
use sixslot_statistics::stopping::Stopping;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The most rows of the table of waits.
const WAITS: usize = 12;

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
    #[command(flatten)]
    overwrite: Overwrite,
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
        let (document, plan) = self.scenario.plan()?;
        if self.rare.is_asked() {
            return self.rare.run(&plan, &self.scenario.fix, &self.scenario.common);
        }
        match self.loads.map(Stopping::Fixed).or(self.until) {
            Some(stopping) => self.many(&document, &plan, &stopping),
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
    fn exports(&self, files: &Files<'_>) -> Result<Vec<(&Path, export::Format, Purpose)>, Failure> {
        let wanted = [
            ("--har", &self.har, export::Format::Har, Purpose::Archive),
            ("--trace", &self.trace, export::Format::Trace, Purpose::Trace),
            ("--svg", &self.svg, export::Format::Svg, Purpose::Picture),
        ];
        let mut exports: Vec<(&Path, export::Format, Purpose)> = Vec::new();
        for (flag, path, format, purpose) in wanted {
            let Some(path) = path else { continue };
            if path == Path::new("-") {
                return Err(Failure::Usage(format!(
                    "{flag} requires a file: `-` would mix with the picture; name a file"
                )));
            }
            if exports.iter().any(|(other, ..)| other == path) {
                let path = path.display();
                return Err(Failure::Usage(format!("{path} is named twice; give {flag} another file")));
            }
            files.check(path, purpose)?;
            exports.push((path, format, purpose));
        }
        Ok(exports)
    }

    fn one(&self, plan: &Plan) -> Result<(), Failure> {
        let Common { seed, format, .. } = self.scenario.common;
        let files = self.overwrite.files([&self.scenario.scenario]);
        let exports = self.exports(&files)?;
        let mut load = Load::new();
        let interruptible = Interruptible::begin();
        load.simulate_unless(plan, seed, self.replication, Extent::Whole, &INTERRUPT)
            .map_err(sixslot_analysis::replications::Stopped::from)?;
        drop(interruptible);
        let subject = Subject::new(plan, &load, seed, self.replication, &self.scenario.fix);
        for (path, format, purpose) in exports {
            let text = format.write(&subject).map_err(std::io::Error::from)?;
            files.write(path, purpose, text.into_bytes())?;
        }
        if format == Format::Json {
            return print_json(&LoadRecord::new(plan, &load, seed, self.replication, &self.scenario.fix));
        }
        let story = Story { plan, load: &load };
        let mut text = opening(&story.answer(), plan.warnings());
        text.push_str(&self.header(plan, &format!("load {}", self.replication)));
        text.push_str(&Waterfall { plan, load: &load, width: width(), rows: self.rows }.draw());
        let _ = write!(text, "\n{}", story.times(self.rows.min(12), table_width()));
        let end = page_end::of(plan, &load).map_or_else(
            || format!("not by the horizon, {}", duration(plan.horizon() - Time::ZERO)),
            |end| duration(end - Time::ZERO),
        );
        let _ = writeln!(text, "\npage's end: {end}");
        print_text(&text)
    }

    fn many(&self, document: &Document, plan: &Plan, stopping: &Stopping) -> Result<Exit, Failure> {
        let Common { seed, format, .. } = self.scenario.common;
        let total = if let Stopping::Fixed(loads) = stopping { *loads } else { self.max_loads };
        let is_fixed = matches!(stopping, Stopping::Fixed(_));
        let bar = if is_fixed { progress(total, "loads") } else { progress_up_to(total, "loads") };
        let pool = self.scenario.common.pool()?;
        let fixes = document.fixes_named(&self.scenario.fix)?;
        let look = |loads| bar.set_position(loads);
        let result = pool.install(|| {
            let estimate = Estimate::run(plan, seed, stopping, total, &INTERRUPT, look)?;
            with_data(estimate.with_end(plan, seed, &INTERRUPT), document, &fixes, seed)
        });
        bar.finish_and_clear();
        let (estimate, data) = result?;
        note_changed(document, data.as_ref());
        let stopped_by = match (stopping, estimate.failures.zip(estimate.interval)) {
            _ if estimate.is_interrupted => "an interrupt".to_owned(),
            (Stopping::Fixed(_), _) => "the number of loads".to_owned(),
            (_, None) => "the number of loads: nothing can fail".to_owned(),
            (rule, Some((failures, interval))) if rule.is_satisfied(failures, estimate.loads, &interval) => {
                rule.to_string()
            }
            (rule, _) => format!("max-loads, before {rule} was reached"),
        };
        let is_undecided = matches!(stopping, Stopping::Decided(_)) && stopped_by.starts_with("max-loads");
        let exit = match (estimate.is_interrupted, is_undecided) {
            (true, _) => Exit::Interrupted,
            (_, true) => Exit::Undecided,
            _ => Exit::Done,
        };
        if estimate.is_interrupted {
            note_interrupted("result", estimate.loads, document, data.as_ref());
        }
        let finding = Finding::of_estimate(plan, seed, &estimate, self.scenario.others(document))?;
        let sentence = finding.with_data(data.as_ref()).sentence();
        if format == Format::Json {
            let fixes = &self.scenario.fix;
            print_json(&EstimateRecord {
                sentence: &sentence,
                scenario: plan.title(),
                seed,
                fixes,
                estimate: &estimate,
                stopped_by,
            })?;
            return Ok(exit);
        }
        let mut text = opening(&sentence, &estimate.notes);
        text.push_str(&self.header(plan, &format!("{} loads", estimate.loads)));
        text.push_str(&details(&estimate, &stopped_by));
        print_text(&text)?;
        Ok(exit)
    }
}

/// The numbers behind the sentence.
fn details(estimate: &Estimate, stopped_by: &str) -> String {
    let mut text = String::new();
    if let (Some(failures), Some(interval)) = (estimate.failures, &estimate.interval) {
        let stopped = if interval.method == Method::ConfidenceSequence {
            format!(", valid whenever a run stops; stopped by {stopped_by}, which biases the share itself")
        } else {
            format!(", for a number of loads fixed in advance{}", data(estimate.interval_with_data.as_ref(), interval))
        };
        let _ =
            writeln!(text, "{failures} of {} loads failed; interval: {}{stopped}\n", estimate.loads, interval.method);
    }
    let shares = &estimate.shares;
    let _ = writeln!(
        text,
        "failed {}   late {}   ready {}",
        shares.failed.map_or_else(|| "not judged".to_owned(), percent),
        percent(shares.late),
        percent(shares.ready)
    );
    let outcomes = &estimate.outcomes;
    if outcomes.error_shown > 0.0 {
        let _ = writeln!(
            text,
            "error shown {}, after the page was ready {}, cleared later {}",
            percent(outcomes.error_shown),
            percent(outcomes.error_after_ready),
            percent(outcomes.recovered)
        );
    }
    let span = |milliseconds: f64| duration(Span::from_seconds_f64(milliseconds / 1e3));
    let time = |quantile: Option<f64>| quantile.map_or_else(|| "never".to_owned(), span);
    if let Some(ready) = &estimate.ready_ms {
        let of = match estimate.loads {
            loads if loads > limits::TIMES => format!("of the first {} loads", limits::TIMES),
            _ => "of all loads".to_owned(),
        };
        let _ = writeln!(
            text,
            "time to ready, {of}: median {}, 90 % {}, 95 % {}, 99 % {}",
            time(ready.p50),
            time(ready.p90),
            time(ready.p95),
            time(ready.p99)
        );
    }
    if let Some(PageEnd { loads, p50, p95 }) = estimate.end_ms {
        let end = |quantile: Option<f64>| quantile.map_or_else(|| "after the horizon".to_owned(), span);
        let _ = writeln!(text, "page's end, of the first {loads} loads: median {}, 95 % {}", end(p50), end(p95));
    }
    if let Some(spent) = &estimate.failed_request_ms {
        text.push_str("where the failed request's time went, on average over failed loads:");
        for (_, station) in sixslot_models::load::Station::ALL {
            if let Some(value) = spent.get(station).filter(|value| **value > 0.0) {
                let _ = write!(text, " {station} {}", span(*value));
            }
        }
        text.push('\n');
    }
    text.push_str(&waits(&estimate.waits));
    if let Some(load) = estimate.first_failure {
        let _ = writeln!(text, "\nthe first load that failed: --replication {load} shows it");
    }
    text
}

/// The interval of the simulation alone, where the sentence has the one with the uncertainty of the archives.
fn data(with_data: Option<&Interval>, interval: &Interval) -> String {
    with_data.map_or_else(String::new, |_| {
        format!("; by simulation alone {} to {}", percent(interval.low), percent(interval.high))
    })
}

/// The longest waits, in a table.
fn waits(waits: &[Wait]) -> String {
    let mut longest: Vec<&Wait> = waits.iter().collect();
    longest.sort_by(|one, other| other.p95_ms.total_cmp(&one.p95_ms).then(other.share.total_cmp(&one.share)));
    longest.truncate(WAITS);
    if longest.is_empty() {
        return String::new();
    }
    let unit = TimeUnit::of(longest.iter().flat_map(|wait| [wait.p50_ms, wait.p95_ms]));
    let (median, most) = (format!("median, {}", unit.symbol()), format!("95 %, {}", unit.symbol()));
    let mut table = TextTable::new([
        ("request", Align::Left),
        ("station", Align::Left),
        (median.as_str(), Align::Right),
        (most.as_str(), Align::Right),
        ("in loads, %", Align::Right),
    ]);
    for wait in longest {
        let loads = percent(wait.share).trim_end_matches(" %").to_owned();
        let cells = [wait.request.clone(), wait.station.to_owned(), unit.write(wait.p50_ms), unit.write(wait.p95_ms)];
        table.row(cells.into_iter().chain([loads]));
    }
    format!("\nlongest wait of a call, over all loads\n{}", table.draw(table_width()))
}
