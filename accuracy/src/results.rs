//! The folders results/accuracy and results/network: a page, a table of loads and pictures, all computed from recordings.
//!
//! Rule: all numbers on the page are computed, except published ones of others, which have their source. A disagreement
//! that does not depend on noise is explained in `explained.toml`, or the page says "unknown". An explanation that
//! matches no disagreement is an error, so that the list stays current.

use super::agreement::{LoadAgreement, Pair};
use super::ends::Ends;
use super::entry::{Entry, hanging, per_cent, share};
use super::figures::{self, Figures};
use super::random_plans;
use super::recording::{Recording, RecordingError};
use super::summary::Summary;
use serde::Deserialize;
use sixslot_analysis::sweep::sha256;
use sixslot_analysis::words::markdown;
use sixslot_experiments::files::folder::Results;
use sixslot_experiments::files::{Files, Folder};
use sixslot_experiments::pictures::{Curve, CurvePoint, CurveSeries, Scatter, ScatterPanel};
use sixslot_lab::{Engine, MeasuredRequest};
use std::fmt::Write as _;
use std::path::Path;

/// The explanation of disagreements.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Explanation {
    engine: Engine,
    /// The scenario's name in the recording.
    scenario: String,
    /// The load; all loads if missing.
    load: Option<u64>,
    /// The request as the page writes it; all requests if missing.
    request: Option<String>,
    why: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Explanations {
    /// Conditions of the measurement, as sentences.
    #[serde(default)]
    conditions: String,
    #[serde(default)]
    explained: Vec<Explanation>,
}

impl Explanation {
    fn fits(&self, engine: Engine, load: &LoadAgreement, request: Option<&Pair>) -> bool {
        let name = request.map(|pair| pair.identity.to_string());
        self.engine == engine
            && self.scenario == load.scenario
            && self.load.is_none_or(|number| number == load.load)
            && self.request.as_ref().is_none_or(|wanted| Some(wanted) == name.as_ref())
    }
}

/// Where a folder's loads were run, and what makes it again.
struct Place {
    connected: &'static str,
    folder: &'static str,
    test: &'static str,
}

const LOOPBACK: Place = Place { connected: "over loopback", folder: "accuracy", test: "lab_fixtures" };
const LINK: Place = Place {
    connected: "by a link between two network namespaces (lab/link/carrier.py)",
    folder: "network",
    test: "network_fixtures",
};

/// Writes the folder.
///
/// # Errors
/// This program no longer accepts a scenario of a recording, `explained.toml` has an error, a figure is worse than the
/// folder's ([`Figures::accept`]), or the folder cannot be written.
pub fn write(recordings: &[Recording], files: &Files<'_>, folder: &Path) -> Result<(), RecordingError> {
    let path = folder.join("explained.toml");
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|error| RecordingError::File { path: path.display().to_string(), error })?,
    };
    let contents = self::files(recordings, &text)?;
    refuse_worse(&folder.join(figures::NAME), &contents)?;
    let contents: Vec<_> = contents.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
    let results = Results {
        purpose: "accuracy",
        identity: sha256(
            serde_json::to_string(recordings)
                .map_err(|error| RecordingError::File { path: folder.display().to_string(), error: error.into() })?,
        ),
        names: contents.iter().map(|(name, _)| name.clone()).collect(),
    };
    // The explanations of earlier measurements show what the folder is for.
    let folder = Folder::open::<RecordingError>(files, folder, results, || Ok(path.exists()))?;
    Ok(folder.write(&contents)?)
}

/// Refuses figures that are worse than those of the folder.
fn refuse_worse(path: &Path, contents: &[(&str, String)]) -> Result<(), RecordingError> {
    let file = |error| RecordingError::File { path: path.display().to_string(), error };
    let old = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(file)?,
    };
    let read = |text: &str| Figures::read(text).map_err(|error| file(error.into()));
    let old = read(&old)?;
    for (_, text) in contents.iter().filter(|(name, _)| *name == figures::NAME) {
        old.accept(&read(text)?)?;
    }
    Ok(())
}

/// The files of the folder, by name; `explained` is the text of `explained.toml`.
///
/// # Errors
/// This program no longer accepts a scenario of a recording, or `explained` has an error.
pub fn files(recordings: &[Recording], explained: &str) -> Result<Vec<(&'static str, String)>, RecordingError> {
    let explained: Explanations =
        toml::from_str(explained).map_err(|error| RecordingError::Explained(error.to_string()))?;
    let entries = recordings.iter().map(Entry::new).collect::<Result<Vec<_>, RecordingError>>()?;
    let page = page(&entries, &explained)?;
    let random: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.is_random()).collect();
    Ok(vec![
        ("README.md", page),
        ("loads.csv", table(&entries)),
        ("predicted-measured.svg", scatter(&random)),
        ("arrival-error.svg", errors(&random)),
        (figures::NAME, Figures::of(&entries).to_json()),
    ])
}

fn page(entries: &[Entry<'_>], explained: &Explanations) -> Result<String, RecordingError> {
    let mut out = String::from(
        "# Accuracy of the simulator\n\nThe same loads were run by a real browser against a real server, and by the simulator. Both used the same random\ndraws, so every difference is one of rules or of timing.\n",
    );
    let over_link = entries.iter().any(|entry| entry.report.ends.is_some());
    let Place { connected, folder, test } = if over_link { LINK } else { LOOPBACK };
    let cores = entries.first().map_or(1, |entry| entry.recording.cores);
    let _ = write!(
        out,
        "\nThe machine: a virtual machine with {cores} cores, which ran browser and server, connected {connected}.\n{}{}Everything here is computed from the recordings in `measured/`, without a browser, by\n\n    \
         sixslot lab --replay results/{folder}/measured/*.json.gz --output results/{folder}\n\n\
         and `scripts/measure-accuracy` repeats the measurement. `accuracy/tests/{test}.rs` computes it too and compares.\n",
        explained.conditions,
        if explained.conditions.is_empty() { "" } else { "\n" },
    );
    random_plans::write(&mut out, entries, !over_link);
    if over_link {
        ends(&mut out, entries);
    }
    out.push_str(random_plans::PICTURES);
    disagreements(&mut out, entries, &explained.explained)?;
    shipped(&mut out, entries);
    meaning(&mut out);
    Ok(out)
}

/// The errors of the ends of requests.
fn ends(out: &mut String, entries: &[Entry<'_>]) {
    out.push_str("\nErrors of the predicted ends of requests that succeeded on both sides, relative to the measured end since the start of the load. In order: the k-th instance of a class that ends, or arrives, against the k-th, because over HTTP/2 a browser sends those that wait for a connection in an order of its own. Where nobody knows it (docs/network.md, \"Measured\"), the simulator repeats the load 20 times with other orders and nothing else changed: an arrival that moves by more than 10 ms is of unknown order.\n\n| | ends compared | relative: p50 | p90 | p95 | in ms: p50 | p90 | largest | signed median | in order: p50 | p90 | arrivals in order: p90 | arrivals of unknown order | the others: p90 |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for entry in entries {
        let Some(ends) = entry.report.ends else { continue };
        let Ends { compared, relative, absolute_ms, bias_ms, in_order, arrivals_in_order, unknown, arrivals_known } =
            ends;
        let _ = writeln!(
            out,
            "| {} | {compared} | {} | {:.1} | {:.1} | {:.0} | {bias_ms:+.1} | {} |",
            markdown(&entry.name()),
            [relative.p50, relative.p90, relative.p95].map(per_cent).join(" | "),
            absolute_ms.p50,
            absolute_ms.p90,
            absolute_ms.max,
            [in_order.p50, in_order.p90, arrivals_in_order.p90, unknown, arrivals_known.p90].map(per_cent).join(" | "),
        );
    }
}

fn shipped(out: &mut String, entries: &[Entry<'_>]) {
    if entries.iter().all(Entry::is_random) {
        return;
    }
    out.push_str(
        "\n## The shipped scenarios\n\nWith calibrated costs. Scenario time, deadlines included, is scaled by the factor in the column \"scale\"; the browser's own times are not.\n\n\
         | scenario | browser | scale | loads | same verdict | that depend on noise | failed, predicted / measured | outcomes that agree | that depend on noise | relative error p50 | p90 |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for entry in entries.iter().filter(|entry| !entry.is_random()) {
        let summary = entry.best();
        let predicted = entry.report.loads.iter().filter(|load| load.predicted.failed).count();
        let measured = entry.report.loads.iter().filter(|load| load.measured.failed).count();
        let sets = entry.recording.scenarios.first().map_or(&[][..], |source| &source.sets);
        let sets: String = sets.iter().map(|set| format!(" --set {set}")).collect();
        let relative = summary.relative.unwrap_or_default();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {predicted} / {measured} | {} | {} | {} | {} |",
            markdown(&format!("{}{sets}", entry.recording.what)),
            entry.recording.engine,
            entry.report.scale,
            entry.report.loads.len(),
            share(&summary.verdicts),
            hanging(&summary.verdicts),
            share(&summary.outcomes),
            hanging(&summary.outcomes),
            per_cent(relative.p50),
            per_cent(relative.p90),
        );
    }
}

fn meaning(out: &mut String) {
    let _ = write!(
        out,
        "\n## What the numbers mean\n\n\
         - **Outcomes that agree**: requests with the same outcome (ok, aborted, coalesced, unfinished) on both sides that arrived at\n  \
           both servers or at neither. A request that only one side has is a disagreement.\n\
         - **That depend on noise**: counted separately, with their share of all, and found from the prediction alone: the simulator\n  \
           repeats the load {replays} times with service times changed by up to {service} ms, deadlines by {deadline} ms and the browser's\n  \
           costs halved or doubled. What changes in a replay depends on noise. The first number counts those that agree.\n\
         - **Error**: the error of the time at which the server received a request. The relative error is its size divided by that time\n  \
           since the start of the load; errors up to {zero} ms count as 0 in it. Requests that depend on noise are included.\n\
         - **Wait**: the time from a request's issue to its arrival at the server, the pages' own queues included.\n\
         - **Predicted by**: what sending a request (`dispatch`) and opening a connection (`connect`) cost, by the browser's profile, or\n  \
           as `sixslot lab --calibrate` measured them on this machine.\n\
         - `loads.csv` has a row for each load; `sixslot lab --replay FILE --requests` prints all requests.\n\
         - `figures.json` has the errors for programs. `sixslot lab --replay` refuses to replace it by worse ones.\n",
        zero = super::agreement::ZERO,
        replays = super::noise::REPLAYS,
        service = super::noise::SERVICE,
        deadline = super::noise::DEADLINE,
    );
}

/// Disagreements of unknown cause that are listed of one load: the others mostly follow from these.
const LISTED: usize = 2;

fn disagreements(out: &mut String, entries: &[Entry<'_>], explained: &[Explanation]) -> Result<(), RecordingError> {
    out.push_str("\n## Disagreements\n\nOver all loads, with calibrated costs, without what depends on noise.\n\n");
    let mut used = vec![false; explained.len()];
    let (mut rows, mut unknown, mut more) = (0_usize, 0_usize, 0_usize);
    let mut table = String::from("| browser | load | disagreement | cause |\n| --- | --- | --- | --- |\n");
    for entry in entries {
        let engine = entry.recording.engine;
        let mut row = |load: &LoadAgreement, pair: Option<&Pair>, what: String, listed: &mut usize| {
            let found = explained.iter().position(|one| one.fits(engine, load, pair));
            if let Some(at) = found {
                used[at] = true;
            }
            rows += 1;
            unknown += usize::from(found.is_none());
            *listed += usize::from(found.is_none());
            if found.is_none() && *listed > LISTED {
                return;
            }
            let why = found.map_or("unknown", |at| explained[at].why.as_str());
            let place = format!("{}, load {}", load.scenario, load.load);
            let _ = writeln!(table, "| {engine} | {} | {} | {} |", markdown(&place), markdown(&what), markdown(why));
        };
        for load in &entry.report.loads {
            let mut listed = 0;
            if !load.agrees() && !load.hangs_on_noise {
                let say = |failed| if failed { "fails" } else { "does not fail" };
                let what =
                    format!("predicted: {}; measured: {}", say(load.predicted.failed), say(load.measured.failed));
                row(load, None, what, &mut listed);
            }
            for pair in load.requests.iter().filter(|pair| !pair.agrees() && !pair.hangs_on_noise) {
                row(load, Some(pair), format!("{}: {}", pair.identity, pair.difference()), &mut listed);
            }
            more += listed.saturating_sub(LISTED);
        }
    }
    if rows == 0 {
        out.push_str("None.\n");
    } else {
        let _ = write!(out, "{rows} in total, {unknown} of them with unknown cause.");
        if more > 0 {
            let _ = write!(
                out,
                " Of one load the first {LISTED} of unknown cause are listed, {more} are not (loads.csv has their numbers)."
            );
        }
        let _ = write!(out, "\n\n{table}");
    }
    match used.iter().position(|used| !used) {
        None => Ok(()),
        Some(at) => {
            let Explanation { engine, scenario, request, .. } = &explained[at];
            let request = request.as_deref().unwrap_or("all requests");
            Err(RecordingError::Explained(format!(
                "the explanation of {engine}, {scenario}, {request} matches no disagreement; remove it"
            )))
        }
    }
}

/// The table of loads as CSV.
fn table(entries: &[Entry<'_>]) -> String {
    let mut out = String::from(
        "browser,played,scenario,load,scale,requests,outcomes_agree,outcomes_of,hanging_agree,hanging_of,arrivals,\
         error_p50_ms,error_p90_ms,error_max_ms,predicted_failed,measured_failed,verdict_hangs\n",
    );
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    for entry in entries {
        for load in &entry.report.loads {
            let Summary { outcomes, arrivals, absolute_ms, .. } = Summary::of(std::slice::from_ref(load));
            let spread = absolute_ms.unwrap_or_default();
            let _ = writeln!(
                out,
                "{},{},{},{},{},{},{},{},{},{},{arrivals},{:.2},{:.2},{:.2},{},{},{}",
                entry.recording.engine,
                quoted(&entry.recording.what),
                quoted(&load.scenario),
                load.load,
                load.scale,
                load.requests.len(),
                outcomes.agree,
                outcomes.of,
                outcomes.hanging_agree,
                outcomes.hanging_of,
                spread.p50,
                spread.p90,
                spread.max,
                load.predicted.failed,
                load.measured.failed,
                load.hangs_on_noise,
            );
        }
    }
    out
}

fn scatter(entries: &[&Entry<'_>]) -> String {
    let arrival = |side: &Option<MeasuredRequest>| side.as_ref().and_then(|request| request.arrived_ms);
    let points = |entry: &&Entry<'_>| {
        let pairs = entry.report.loads.iter().flat_map(|load| &load.requests);
        let both = pairs.filter_map(|pair| Some((arrival(&pair.measured)? / 1e3, arrival(&pair.predicted)? / 1e3)));
        both.collect::<Vec<(f64, f64)>>()
    };
    let points: Vec<Vec<(f64, f64)>> = entries.iter().map(points).collect();
    let names: Vec<String> = entries.iter().map(|entry| entry.label()).collect();
    let panels: Vec<ScatterPanel<'_>> =
        names.iter().zip(&points).map(|(title, points)| ScatterPanel { title, points }).collect();
    Scatter {
        title: "When the server received each request of the random plans",
        subtitle: "with calibrated costs; a point for each request, in another colour where it is more than 20 ms off",
        x_label: "measured, s",
        y_label: "predicted, s",
        off: 0.02,
        panels: &panels,
    }
    .to_svg()
}

fn errors(entries: &[&Entry<'_>]) -> String {
    let mut series = Vec::new();
    for entry in entries {
        let runs = [("the profile's costs", false), ("calibrated", true)];
        for (name, calibrated) in runs {
            if calibrated && entry.recording.calibrated.is_empty() {
                continue;
            }
            let Ok(loads) = entry.recording.compare(calibrated) else { continue };
            let pairs = loads.iter().flat_map(|load| load.requests.iter().map(move |pair| (load.scale, pair)));
            let mut errors: Vec<f64> =
                pairs.filter_map(|(scale, pair)| pair.arrival_error(scale)).map(|error| error.ms.abs()).collect();
            errors.sort_by(f64::total_cmp);
            let count = errors.len().max(1) as f64;
            let point = |ms: u32| {
                let x = f64::from(ms);
                let within = errors.partition_point(|error| *error <= x) as f64;
                CurvePoint { x, probability: within / count, interval: None }
            };
            let points: Vec<CurvePoint> = (0..=25).map(point).collect();
            series.push((format!("{}, {name}", entry.label()), points));
        }
    }
    let series: Vec<CurveSeries<'_>> = series.iter().map(|(label, points)| CurveSeries { label, points }).collect();
    Curve {
        title: "How far predicted arrivals are off",
        subtitle: "random plans; every request that both the simulated and the real server received",
        x_label: "error of the arrival, ms",
        y_label: "share of the requests that are no further off",
        series: &series,
        most: None,
    }
    .to_svg()
}
