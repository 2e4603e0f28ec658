//! A diagnosis for a terminal: the sentences first, on one screen, then the tables.

use super::phrases::ms;
use super::words::Words;
use super::{FileReport, Report, page};
use crate::phrase::{count, cut, plain};
use std::fmt::Write as _;

/// Files in the list of files; more are counted.
const FILES: usize = 40;
/// Up to so many files are also told one by one.
const IN_FULL: usize = 3;

/// Breaks a text into lines of at most `width` characters, between words; a longer word stands alone.
fn wrapped(out: &mut String, first: &str, text: &str, width: usize) {
    let indent = " ".repeat(first.chars().count());
    let mut line = first.to_owned();
    let mut length = indent.len();
    let mut fresh = true;
    for word in plain(text).split(' ') {
        let word_length = word.chars().count();
        if !fresh && length + 1 + word_length > width {
            let _ = writeln!(out, "{line}");
            line = indent.clone();
            length = indent.len();
            fresh = true;
        }
        if !fresh {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word_length;
        fresh = false;
    }
    let _ = writeln!(out, "{line}");
}

fn sentences(out: &mut String, words: &Words, width: usize) {
    out.push_str("\x1b[1m");
    wrapped(out, "", &words.headline, width);
    out.push_str("\x1b[0m");
    for (title, list) in words.parts() {
        let _ = writeln!(out, "\n\x1b[1m{title}\x1b[0m");
        for sentence in list {
            wrapped(out, "  - ", sentence, width);
        }
    }
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
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if rows.len() > page::ROWS {
        let _ = writeln!(out, "  and {} more kinds of requests; --format json has them all", rows.len() - page::ROWS);
    }
}

fn file(out: &mut String, report: &FileReport, width: usize) {
    let FileReport { words, diagnosis } = report;
    let writer = if diagnosis.creator.is_empty() { diagnosis.exporter.name() } else { &diagnosis.creator };
    let head = format!(
        "{}: {} in {}, written by {}",
        diagnosis.file,
        count(diagnosis.requests, "request"),
        ms(diagnosis.span_ms),
        cut(writer, 60)
    );
    wrapped(out, "", &head, width);
    out.push('\n');
    sentences(out, words, width);
    let _ = writeln!(out, "\n\x1b[1mThe page\x1b[0m");
    table(out, page::CLASS_TITLES, &page::classes(diagnosis), 1, width);
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

/// Several files: what they say together, and a line for each.
fn together(out: &mut String, report: &Report, words: &Words, pool: &sixslot_har::Pool, width: usize) {
    let _ = writeln!(out, "{} together\n", count(report.files.len(), "file"));
    sentences(out, words, width);
    out.push_str("\n\x1b[1mThe page, in all files\x1b[0m\n");
    table(out, page::KIND_TITLES, &page::kinds(pool), 2, width);
    out.push_str("\n\x1b[1mFile by file\x1b[0m\n");
    for one in report.files.iter().take(FILES) {
        wrapped(out, "  ", &format!("{}: {}", one.diagnosis.file, page::outcome(&one.diagnosis)), width);
    }
    if report.files.len() > FILES {
        let _ = writeln!(out, "  and {} more", report.files.len() - FILES);
    }
    if report.files.len() > IN_FULL {
        out.push_str("\nOne of them in full: sixslot diagnose FILE; --format json has all of them.\n");
    }
}

pub(super) fn report(report: &Report, width: usize) -> String {
    let mut out = String::new();
    if let Some(all) = &report.together {
        together(&mut out, report, &all.words, &all.pool, width);
        if report.files.len() > IN_FULL {
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
