//! A diagnosis as Markdown that fits `$GITHUB_STEP_SUMMARY`.
//!
//! Rule: what an archive says is text: `<`, `|`, backticks and the like are escaped. A summary may have 1 MiB; what is beyond
//! half of it is left out, with a line that says so.

use super::phrases::ms;
use super::words::Words;
use super::{FileReport, Report, page};
use crate::phrase::{count, plain};
use std::fmt::Write as _;

/// Bytes after which no further file is written.
const LONGEST: usize = 512 << 10;

fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '$' | '@' => result.extend(['\\', c]),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '&' => result.push_str("&amp;"),
            c => result.push(c),
        }
    }
    result
}

fn sentences(out: &mut String, words: &Words) {
    let _ = writeln!(out, "**{}**", escaped(&words.headline));
    for (title, list) in words.parts() {
        let _ = writeln!(out, "\n**{title}**\n");
        for sentence in list {
            let _ = writeln!(out, "- {}", escaped(sentence));
        }
    }
}

fn file(out: &mut String, report: &FileReport) {
    let FileReport { words, diagnosis, .. } = report;
    let _ = writeln!(out, "### {}\n", escaped(&diagnosis.file));
    let _ = writeln!(out, "{} in {}\n", count(diagnosis.requests, "request"), ms(diagnosis.span_ms));
    sentences(out, words);
    let _ = writeln!(out, "\n<details><summary>The page's requests</summary>\n");
    let [_, titles @ ..] = page::CLASS_TITLES;
    let _ = writeln!(out, "| number | {} |\n|---:|---|---|---|---|---|", titles.join(" | "));
    let classes = page::classes(diagnosis);
    for row in classes.iter().take(page::ROWS) {
        let _ = writeln!(out, "| {} |", row.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "));
    }
    out.push('\n');
    if classes.len() > page::ROWS {
        let _ = writeln!(out, "and {} more kinds of requests\n", classes.len() - page::ROWS);
    }
    for (line, origin) in page::origins(diagnosis).iter().zip(&diagnosis.origins) {
        let _ = writeln!(out, "- {}", escaped(line));
        if let Some(held) = page::timeline(origin, diagnosis.span_ms, 80) {
            let _ = writeln!(out, "  <br>held over time: `{held}`");
        }
    }
    for note in &diagnosis.notes {
        let _ = writeln!(out, "- {}", escaped(note));
    }
    out.push_str("\n</details>\n");
}

pub(super) fn report(report: &Report) -> String {
    let mut out = "## What the archives say\n\n".to_owned();
    if let Some(together) = &report.together {
        let _ = writeln!(out, "### {} together\n", count(report.files.len(), "file"));
        sentences(&mut out, &together.words);
        out.push('\n');
    }
    for (at, one) in report.files.iter().enumerate() {
        if out.len() > LONGEST {
            let _ = writeln!(out, "\nand {} not shown here", count(report.files.len() - at, "more file"));
            break;
        }
        if at > 0 {
            out.push('\n');
        }
        file(&mut out, one);
    }
    out
}
