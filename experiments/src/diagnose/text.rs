//! A diagnosis for a terminal: the sentences first, on one screen, then the tables.

use super::words::{Words, count, ms};
use super::{FileReport, Report, page};
use std::fmt::Write as _;

/// Files in the list of files; more are counted.
const FILES: usize = 40;

/// What an archive says is shown, never obeyed: control characters and those that turn the line around are escaped.
fn shown(text: &str) -> String {
    let is_safe = |c: char| {
        !c.is_control() && !matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_safe(c) { c.to_string() } else { c.escape_unicode().to_string() }).collect()
}

/// Breaks a text into lines of at most `width` characters, between words; a longer word stands alone.
fn wrapped(out: &mut String, first: &str, text: &str, width: usize) {
    let indent = " ".repeat(first.chars().count());
    let mut line = first.to_owned();
    let mut length = indent.len();
    let mut fresh = true;
    for word in shown(text).split(' ') {
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
    let parts = [
        ("Proved", &words.proved),
        ("Only possible", &words.possible),
        ("What would settle it", &words.settle),
        ("What to change", &words.change),
    ];
    for (title, list) in parts.into_iter().filter(|(_, list)| !list.is_empty()) {
        let _ = writeln!(out, "\n\x1b[1m{title}\x1b[0m");
        for sentence in list {
            wrapped(out, "  - ", sentence, width);
        }
    }
}

/// A text cut to so many characters.
fn cut(text: &str, room: usize) -> String {
    let text = shown(text);
    if text.chars().count() <= room {
        return text;
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

fn table(out: &mut String, rows: &[[String; 6]], width: usize) {
    let titles = page::CLASS_TITLES.map(str::to_owned);
    let rows = std::iter::once(&titles).chain(rows.iter().take(page::ROWS)).collect::<Vec<_>>();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row.iter()) {
            *width = (*width).max(cell.chars().count());
        }
    }
    // The label takes what the others leave.
    let others = widths.iter().sum::<usize>() - widths[1] + 2 * 6;
    widths[1] = widths[1].min(width.saturating_sub(others).max(24));
    for row in rows {
        let [number, label, priority, bytes, wait, fates] = row;
        let label = cut(label, widths[1]);
        let line = format!(
            "  {number:>0$}  {label:<1$}  {priority:<2$}  {bytes:<3$}  {wait:<4$}  {fates}",
            widths[0], widths[1], widths[2], widths[3], widths[4]
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

fn file(out: &mut String, report: &FileReport, width: usize) {
    let FileReport { words, diagnosis, archive } = report;
    let name = shown(&diagnosis.file);
    let writer = if archive.creator.is_empty() { diagnosis.flavour.name() } else { &archive.creator };
    let head = format!(
        "{name}: {} in {}, written by {}",
        count(diagnosis.requests, "request"),
        ms(diagnosis.span_ms),
        cut(writer, 60)
    );
    wrapped(out, "", &head, width);
    out.push('\n');
    sentences(out, words, width);
    let _ = writeln!(out, "\n\x1b[1mThe page\x1b[0m");
    let classes = page::classes(diagnosis);
    table(out, &classes, width);
    if classes.len() > page::ROWS {
        let _ =
            writeln!(out, "  and {} more kinds of requests; --format json has them all", classes.len() - page::ROWS);
    }
    out.push('\n');
    for origin in page::origins(diagnosis) {
        wrapped(out, "  ", &origin, width);
    }
    for note in &diagnosis.notes {
        wrapped(out, "  Note: ", note, width);
    }
}

pub(super) fn report(report: &Report, width: usize) -> String {
    let mut out = String::new();
    if let Some(together) = &report.together {
        let _ = writeln!(out, "{} together\n", count(report.files.len(), "file"));
        sentences(&mut out, &together.words, width);
        out.push_str("\n\x1b[1mFile by file\x1b[0m\n");
        for one in report.files.iter().take(FILES) {
            wrapped(&mut out, "  ", &format!("{}: {}", one.diagnosis.file, page::outcome(&one.diagnosis)), width);
        }
        if report.files.len() > FILES {
            let _ = writeln!(out, "  and {} more", report.files.len() - FILES);
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
