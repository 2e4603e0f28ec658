//! A diagnosis for a terminal: the sentence first, then the statements, then the tables.

use super::claim::Claim;
use super::part::Part;
use super::phrases::ms;
use super::statement::Statement;
use super::{FileReport, LoadReport, Pooled, Report, Together, page};
use crate::words::{count, cut, wrap};
use std::fmt::Write as _;

/// Files and loads in a list; more are counted.
const LISTED: usize = 40;
/// Up to this number of files are also shown one by one.
const IN_FULL: usize = 3;
/// Statements under one title; more are counted.
pub(super) const STATEMENTS: usize = 12;

/// Statements of a part in a brief diagnosis.
const BRIEF: usize = 3;

/// Adds a text in lines of at most `width` columns.
fn wrapped(out: &mut String, first: &str, text: &str, width: usize) {
    let _ = writeln!(out, "{}", wrap(first, text, width));
}

/// The first sentence, in bold.
fn sentence(out: &mut String, text: &str, width: usize) {
    out.push_str("\x1b[1m");
    wrapped(out, "", text, width);
    out.push_str("\x1b[0m\n");
}

/// The statements under their titles, at most `most` of each part.
fn titled(out: &mut String, statements: &[(Part, String)], parts: &[Part], most: usize, width: usize) {
    for part in parts.iter().copied() {
        let texts = statements.iter().filter(|(of, _)| *of == part).map(|(_, text)| text).collect::<Vec<_>>();
        if texts.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n\x1b[1m{}\x1b[0m", part.title());
        for text in texts.iter().take(most) {
            wrapped(out, "  - ", text, width);
        }
        if texts.len() > most {
            let _ = writeln!(out, "  and {} more; sixslot diagnose --format json has them all", texts.len() - most);
        }
    }
}

/// The statements of one load, as they are printed.
pub(super) fn of_load(statements: &[Statement]) -> Vec<(Part, String)> {
    statements.iter().map(|statement| (statement.part, statement.text.clone())).collect()
}

/// The statements of several loads, each with how many of them have it; the loads of one file have numbers.
pub(super) fn of_loads(pooled: &[Pooled]) -> Vec<(Part, String)> {
    let text = |pooled: &Pooled| {
        let Pooled { loads, of, load, statement } = pooled;
        let text = &statement.text;
        let load = match (load, statement.part) {
            (None, _) | (_, Part::Settle | Part::Change) => return text.clone(),
            (Some(load), _) => load.rsplit_once('#').map_or(load.clone(), |(_, number)| format!("load {number}")),
        };
        match statement.claim() {
            Some(Claim::NoShortage(_)) if loads == of => {
                "Nothing in any load points to a shortage of connections.".to_owned()
            }
            Some(Claim::NoShortage(_)) => {
                format!("Nothing in {loads} of {of} loads points to a shortage of connections.")
            }
            _ if *loads == 1 => format!("In {load} only: {text}"),
            claim => {
                let which = if claim.is_some_and(Claim::is_measured) { "most in" } else { "for example" };
                let how_many = if loads == of { "each load".to_owned() } else { format!("{loads} of {of} loads") };
                format!("In {how_many}, {which} {load}: {text}")
            }
        }
    };
    pooled.iter().map(|pooled| (pooled.statement.part, text(pooled))).collect()
}

/// A table with its titles: the columns before `elastic` are numbers, `elastic` takes the room that the others leave.
fn table<const N: usize>(out: &mut String, titles: [&str; N], rows: &[[String; N]], elastic: usize, width: usize) {
    let titles = titles.map(str::to_owned);
    let shown = std::iter::once(&titles).chain(rows.iter().take(page::ROWS)).collect::<Vec<_>>();
    let mut widths = [0; N];
    for row in &shown {
        for (width, cell) in widths.iter_mut().zip(row.iter()) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let others = widths.iter().sum::<usize>() - widths[elastic] + 2 * N;
    widths[elastic] = widths[elastic].min(width.saturating_sub(others).max(24));
    for row in shown {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let cell = cut(cell, width);
            let _ = if column < elastic { write!(line, "  {cell:>width$}") } else { write!(line, "  {cell:<width$}") };
        }
        let _ = writeln!(out, "{}", cut(line.trim_end(), width));
    }
    if rows.len() > page::ROWS {
        let _ = writeln!(out, "  and {} more kinds of requests; --format json has them all", rows.len() - page::ROWS);
    }
}

fn head(out: &mut String, report: &FileReport, width: usize) {
    let writer = if report.creator.is_empty() { report.exporter.name() } else { &report.creator };
    let time = match report.loads.as_slice() {
        [load] => ms(load.diagnosis.span_ms),
        loads => count(loads.len(), "load"),
    };
    let requests = count(report.requests, "request");
    wrapped(out, "", &format!("{}: {requests} in {time}, written by {}", report.file, cut(writer, 60)), width);
}

/// The page's requests, and the connections of its origins.
fn tables(out: &mut String, load: &LoadReport, width: usize) {
    let diagnosis = &load.diagnosis;
    let _ = writeln!(out, "\n\x1b[1mThe page\x1b[0m");
    table(out, page::CLASS_TITLES, &page::classes(load), 1, width);
    out.push('\n');
    let parts = width.saturating_sub(40).min(60);
    for (line, origin) in page::origins(diagnosis).iter().zip(&diagnosis.origins) {
        wrapped(out, "  ", line, width);
        if let Some(held) = page::timeline(origin, diagnosis.span_ms, parts) {
            let _ = writeln!(out, "    held, 0 to {}: {held}", ms(diagnosis.span_ms));
        }
    }
    for note in &diagnosis.notes {
        wrapped(out, "  Note: ", note, width);
    }
}

/// Several loads: what they say together, the kinds of requests, and a line for each load.
fn loads<'a>(
    out: &mut String,
    together: &Together,
    loads: impl IntoIterator<Item = &'a LoadReport>,
    title: &str,
    width: usize,
) {
    titled(out, &of_loads(&together.statements), &Part::TITLED, STATEMENTS, width);
    out.push_str("\n\x1b[1mThe page, in all loads\x1b[0m\n");
    table(out, page::KIND_TITLES, &page::kinds(&together.pool), 2, width);
    let _ = writeln!(out, "\n\x1b[1m{title}\x1b[0m");
    let loads = loads.into_iter().collect::<Vec<_>>();
    for load in loads.iter().take(LISTED) {
        let name = &load.diagnosis.file;
        let requests = count(load.diagnosis.requests, "request");
        let first = load.statements.first().map_or("", |statement| statement.text.as_str());
        wrapped(out, "  ", &format!("{name}: {requests} in {}. {first}", ms(load.diagnosis.span_ms)), width);
    }
    if loads.len() > LISTED {
        let _ = writeln!(out, "  and {} more", loads.len() - LISTED);
    }
}

fn file(out: &mut String, report: &FileReport, width: usize) {
    sentence(out, &report.sentence, width);
    head(out, report, width);
    match (&report.together, report.loads.as_slice()) {
        (Some(together), _) => loads(out, together, &report.loads, "Load by load", width),
        (None, [load, ..]) => {
            titled(out, &of_load(&load.statements), &Part::TITLED, STATEMENTS, width);
            tables(out, load, width);
        }
        (None, []) => {}
    }
}

/// The first sentence, and the strongest statements of what is proved and what is only possible.
pub(super) fn brief(report: &Report, width: usize) -> String {
    let mut out = String::new();
    wrapped(&mut out, "", report.sentence(), width);
    let first = report.files.first();
    let together = report.together.as_ref().or(first.and_then(|file| file.together.as_ref()));
    let statements = match (together, first.and_then(|file| file.loads.first())) {
        (Some(together), _) => of_loads(&together.statements),
        (None, Some(load)) => of_load(&load.statements),
        (None, None) => Vec::new(),
    };
    titled(&mut out, &statements, &[Part::Proved, Part::Possible], BRIEF, width);
    out
}

pub(super) fn report(report: &Report, width: usize) -> String {
    let mut out = String::new();
    if let Some(all) = &report.together {
        sentence(&mut out, report.sentence(), width);
        let _ = writeln!(out, "{} together", count(report.files.len(), "file"));
        let each = report.files.iter().flat_map(|file| &file.loads);
        loads(&mut out, all, each, "File by file", width);
        if report.files.len() > IN_FULL {
            out.push_str("\nOne of them in full: sixslot diagnose FILE; --format json has all of them.\n");
            return out;
        }
    }
    for one in &report.files {
        if report.together.is_some() {
            let _ = writeln!(out, "\n{}\n", "─".repeat(width.min(100)));
        }
        file(&mut out, one, width);
    }
    out
}
