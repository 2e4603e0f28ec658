//! `sixslot explore --frontier`: the safe region as a table, as a sentence and as a picture.

use super::super::scenario::scenario_text;
use super::super::shares::ShareCells;
use super::super::{Failure, INTERRUPT, opening, progress_up_to, table_width};
use super::{Answer, Explore, word};
use serde::Serialize;
use sixslot_analysis::acceptance::Acceptance;
use sixslot_analysis::frontier::{Axis, Frontier, Line, Method, Search, values};
use sixslot_analysis::notes::unmeasured_with_fixes;
use sixslot_analysis::text_table::{Align, TextTable};
use sixslot_analysis::words::percent;
use sixslot_experiments::csv_table::{self, CsvError};
use sixslot_experiments::pictures::{Curve, CurvePoint, CurveSeries};
use sixslot_models::{Document, Plan, limits};
use std::fmt::Write as _;

/// The largest number of loads at a point, if the command line does not state it.
const LOADS: u64 = 20_000;
/// The search goes to this multiple of the largest value that the scenario names.
const BEYOND: f64 = 4.0;
/// Values of the second parameter where neither `[sweep]` nor the command line gives them: multiples of the scenario's own.
const MULTIPLES: [f64; 3] = [1.0, 2.0, 4.0];

/// The values that the scenario names for a parameter, ascending: of `[sweep]` and its own.
fn named(document: &Document, plan: &Plan, name: &str) -> Result<Vec<f64>, Failure> {
    let Some(parameter) = plan.parameters().iter().find(|parameter| parameter.name == name) else {
        let known: Vec<&str> = plan.parameters().iter().map(|parameter| parameter.name.as_str()).collect();
        let known = if known.is_empty() { "it has none".to_owned() } else { format!("there is {}", known.join(", ")) };
        return Err(Failure::Usage(format!("--frontier: the scenario has no parameter `{name}`; {known}")));
    };
    let axis = document.sweep.axes.iter().find(|axis| axis.parameter == name);
    let mut values = axis.map_or(Vec::new(), |axis| axis.values.clone());
    values.extend(parameter.value.mean());
    values.sort_by(f64::total_cmp);
    values.dedup();
    Ok(values)
}

/// A parameter's name, and the least and the greatest value if the command line gives them.
type Named<'a> = (&'a str, Option<(f64, f64)>);

/// Reads `NAME` or `NAME=LOW..HIGH`.
fn read(text: &str) -> Result<Named<'_>, Failure> {
    let Some((name, range)) = text.split_once('=') else { return Ok((text.trim(), None)) };
    let ends =
        range.split_once("..").and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
    match ends {
        Some((low, high)) if low <= high && f64::is_finite(low) && f64::is_finite(high) => {
            Ok((name.trim(), Some((low, high))))
        }
        _ => Err(Failure::Usage(format!("--frontier: `{text}` is not NAME or NAME=LOW..HIGH, such as projects=1..40"))),
    }
}

/// The parameter that is searched: by default from its least value to a multiple of its largest.
fn searched(document: &Document, plan: &Plan, text: &str) -> Result<Axis, Failure> {
    let (name, range) = read(text)?;
    let named = named(document, plan, name)?;
    let (low, high) = range.unwrap_or_else(|| {
        let (low, high) = (named.first().copied().unwrap_or(1.0), named.last().copied().unwrap_or(1.0));
        (low.min(1.0), BEYOND * high.max(1.0))
    });
    let refused = || {
        let limit = limits::FRONTIER_VALUES;
        Failure::Usage(format!("--frontier: from {low} to {high} are over {limit} values of `{name}`; give a range"))
    };
    Ok(Axis { parameter: name.to_owned(), values: values(low, high).ok_or_else(refused)? })
}

/// The second parameter: the values that the scenario names, in the range if there is one.
fn second(document: &Document, plan: &Plan, text: &str) -> Result<Axis, Failure> {
    let (name, range) = read(text)?;
    let mut values = named(document, plan, name)?;
    if let [own] = values[..] {
        values = MULTIPLES.iter().map(|multiple| multiple * own).collect();
        values.dedup();
    }
    if let Some((low, high)) = range {
        values.retain(|value| low < *value && *value < high);
        values.extend([low, high]);
        values.sort_by(f64::total_cmp);
        values.dedup();
    }
    Ok(Axis { parameter: name.to_owned(), values })
}

impl Explore {
    pub(super) fn answer_frontier(&self, acceptance: Acceptance) -> Result<(String, Answer<Frontier>), Failure> {
        let document = self.scenario.common.document(&scenario_text(&self.scenario.scenario)?)?;
        let base = document.fixes_named(&self.scenario.fix)?;
        let plan = document.plan(&base, &[])?;
        let (parameter, along) = match self.frontier.as_slice() {
            [one] => (searched(&document, &plan, one)?, None),
            [one, other] => (searched(&document, &plan, one)?, Some(second(&document, &plan, other)?)),
            _ => {
                let message = "--frontier takes one or two parameters, such as --frontier projects,sessions";
                return Err(Failure::Usage(message.to_owned()));
            }
        };
        if along.as_ref().is_some_and(|along| along.parameter == parameter.parameter) {
            return Err(Failure::Usage("--frontier: the two parameters are the same; name two".to_owned()));
        }
        let mut fix_sets: Vec<Vec<usize>> = vec![base.clone()];
        for set in &document.sweep.fix_sets {
            let more = set.iter().filter(|fix| !base.contains(fix));
            let joined: Vec<usize> = base.iter().chain(more).copied().collect();
            if !fix_sets.contains(&joined) {
                fix_sets.push(joined);
            }
        }
        let lines = fix_sets.len() * along.as_ref().map_or(1, |along| along.values.len());
        if lines > limits::FRONTIER_LINES {
            return Err(Failure::Usage(format!(
                "--frontier: {lines} lines are over the limit of {}; give [sweep] fewer sets of fixes, or the second parameter a range",
                limits::FRONTIER_LINES
            )));
        }
        let common = &self.scenario.common;
        let most = self.loads.unwrap_or(LOADS);
        let (parameter, along) = (&parameter, along.as_ref());
        let search =
            Search { document: &document, fix_sets: &fix_sets, parameter, along, acceptance, seed: common.seed, most };
        let bar = progress_up_to(0, "loads");
        let result = common.pool()?.install(|| search.run(&INTERRUPT, |loads| bar.inc(loads)));
        bar.finish_and_clear();
        let frontier = result?;
        let notes = unmeasured_with_fixes(&document, &base);
        let answer = Answer {
            name: "frontier",
            text: text(&frontier, common.seed, &notes),
            csv: csv(&frontier)?,
            notes,
            pictures: vec![("frontier.svg".to_owned(), self.frontier_picture(&document.title, &frontier))],
            record: frontier,
        };
        Ok((document.title.clone(), answer))
    }

    /// The largest safe value over the second parameter, a line for each set of fixes. The band of the first goes to the
    /// least unsafe value; those of many lines would hide each other.
    fn frontier_picture(&self, title: &str, frontier: &Frontier) -> String {
        let first = frontier.lines.first().map(|line| &line.fixes);
        let point = |line: &Line| {
            let safe = line.safe_up_to.unwrap_or(0.0);
            let beyond = line.unsafe_from.unwrap_or(frontier.range[1]).max(safe);
            let interval = (Some(&line.fixes) == first).then_some((safe, beyond));
            CurvePoint { x: line.at.unwrap_or(0.0), probability: safe, interval }
        };
        let sets: Vec<&[Line]> = frontier.lines.chunk_by(|one, other| one.fixes == other.fixes).collect();
        let points: Vec<Vec<CurvePoint>> = sets.iter().map(|lines| lines.iter().map(point).collect()).collect();
        let names: Vec<String> = sets.iter().filter_map(|lines| lines.first()).map(Line::name).collect();
        let series: Vec<CurveSeries<'_>> =
            names.iter().zip(&points).map(|(label, points)| CurveSeries { label, points }).collect();
        let (failure, late) = (frontier.acceptance.max_failure(), frontier.acceptance.max_late());
        Curve {
            title,
            subtitle: &self.caption(&format!(
                "up to each line at most {} of loads fail and at most {} are late, with 95 % confidence for all points at once; band of {}: not decided or not simulated",
                percent(failure),
                percent(late),
                frontier.lines.first().map_or(String::new(), Line::name),
            )),
            x_label: frontier.along.as_deref().unwrap_or(""),
            y_label: &format!("largest safe {}", frontier.parameter),
            series: &series,
            most: Some(frontier.range[1]),
        }
        .to_svg()
    }
}

/// A row for each point that was simulated.
fn csv(frontier: &Frontier) -> Result<String, CsvError> {
    #[derive(Serialize)]
    struct Row {
        fixes: String,
        along: String,
        at: Option<f64>,
        parameter: String,
        value: f64,
        loads: u64,
        failed: Option<f64>,
        failed_low: Option<f64>,
        failed_high: Option<f64>,
        late: f64,
        late_low: f64,
        late_high: f64,
        decision: &'static str,
    }
    let rows = frontier.lines.iter().flat_map(|line| line.points.iter().map(move |point| (line, point)));
    csv_table::of_records(rows.map(|(line, point)| {
        let ShareCells { loads, failed, failed_low, failed_high, late, late_low, late_high } = (&point.shares).into();
        Row {
            fixes: if line.fixes.is_empty() { "none".to_owned() } else { line.fixes.join("+") },
            along: frontier.along.clone().unwrap_or_default(),
            at: line.at,
            parameter: frontier.parameter.clone(),
            value: point.value,
            loads,
            failed,
            failed_low,
            failed_high,
            late,
            late_low,
            late_high,
            decision: word(point.decision),
        }
    }))
}

fn text(frontier: &Frontier, seed: u64, notes: &[String]) -> String {
    let mut text = opening(&frontier.sentence, notes);
    let [low, high] = frontier.range;
    let _ = writeln!(
        text,
        "largest safe {} in {low} to {high}; {} loads, seed {seed}; confidence sequences\n",
        frontier.parameter, frontier.loads
    );
    let sets: Vec<&[Line]> = frontier.lines.chunk_by(|one, other| one.fixes == other.fixes).collect();
    let along = frontier.along.clone().unwrap_or_default();
    let at = |line: &Line| (line.at.map_or_else(|| frontier.parameter.clone(), |at| at.to_string()), Align::Right);
    let columns = sets.first().copied().unwrap_or_default().iter().map(at);
    let mut table = TextTable::new([(along, Align::Left)].into_iter().chain(columns));
    for lines in sets {
        let name = lines.first().map_or(String::new(), Line::name);
        let cells = lines.iter().map(|line| {
            let mark = if line.method == Method::Scan { "*" } else { "" };
            let safe = match line.safe_up_to {
                None => "none".to_owned(),
                Some(value) if value == high => format!("{value}+"),
                Some(value) => value.to_string(),
            };
            format!("{safe}{mark}")
        });
        table.row([name].into_iter().chain(cells));
    }
    text.push_str(&table.draw(table_width()));
    let _ = writeln!(text, "\nnone: not shown safe at {low}; {high}+: safe at the end of the search.");
    if frontier.lines.iter().any(|line| line.method == Method::Scan) {
        text.push_str("*: below the value that bisection found a point is not shown safe, or above it one is; the line was scanned, and this is the last\nvalue before the first that is not shown safe.\n");
    }
    text
}
