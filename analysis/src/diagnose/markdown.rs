//! A diagnosis as Markdown that fits `$GITHUB_STEP_SUMMARY`.
//!
//! Rule: what an archive says is text: `<`, `|`, backticks and the like are escaped. A summary may have 1 MiB; what is beyond
//! half of it is left out, with a line that says so.

use super::part::Part;
use super::phrases::ms;
use super::text::{STATEMENTS, of_load, of_loads};
use super::{FileReport, LoadReport, Report, page};
use crate::words::{count, markdown};
use std::fmt::Write as _;

/// Bytes after which no further file is written.
const LONGEST: usize = 512 << 10;

fn titled(out: &mut String, statements: &[(Part, String)]) {
    for part in Part::TITLED {
        let texts = statements.iter().filter(|(of, _)| *of == part).map(|(_, text)| text).collect::<Vec<_>>();
        if texts.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n**{}**\n", part.title());
        for text in texts.iter().take(STATEMENTS) {
            let _ = writeln!(out, "- {}", markdown(text));
        }
        if texts.len() > STATEMENTS {
            let _ = writeln!(out, "- and {} more", texts.len() - STATEMENTS);
        }
    }
}

fn row<const N: usize>(out: &mut String, cells: &[String; N]) {
    let _ = writeln!(out, "| {} |", cells.iter().map(|cell| markdown(cell)).collect::<Vec<_>>().join(" | "));
}

fn tables(out: &mut String, load: &LoadReport) {
    let diagnosis = &load.diagnosis;
    let [_, titles @ ..] = page::CLASS_TITLES;
    let _ = writeln!(out, "| number | {} |\n|---:|---|---|---|---|---|", titles.join(" | "));
    let classes = page::classes(load);
    for cells in classes.iter().take(page::ROWS) {
        row(out, cells);
    }
    out.push('\n');
    if classes.len() > page::ROWS {
        let _ = writeln!(out, "and {} more kinds of requests\n", classes.len() - page::ROWS);
    }
    for (line, origin) in page::origins(diagnosis).iter().zip(&diagnosis.origins) {
        let _ = writeln!(out, "- {}", markdown(line));
        if let Some(held) = page::timeline(origin, diagnosis.span_ms, 80) {
            let _ = writeln!(out, "  <br>held over time: `{held}`");
        }
    }
    for note in &diagnosis.notes {
        let _ = writeln!(out, "- {}", markdown(note));
    }
}

fn file(out: &mut String, report: &FileReport) {
    let _ = writeln!(out, "### {}\n", markdown(&report.file));
    let _ = writeln!(out, "**{}**\n", markdown(&report.sentence));
    let loads = match report.loads.as_slice() {
        [load] => ms(load.diagnosis.span_ms),
        loads => count(loads.len(), "load"),
    };
    let _ = writeln!(out, "{} in {loads}", count(report.requests, "request"));
    match (&report.together, report.loads.as_slice()) {
        (Some(together), _) => titled(out, &of_loads(&together.statements)),
        (None, [load, ..]) => titled(out, &of_load(&load.statements)),
        (None, []) => {}
    }
    let _ = writeln!(out, "\n<details><summary>The page's requests</summary>\n");
    match (&report.together, report.loads.as_slice()) {
        (Some(together), loads) => {
            let _ = writeln!(out, "| {} |\n|---:|---:|---|---|", page::KIND_TITLES.join(" | "));
            for cells in page::kinds(&together.pool).iter().take(page::ROWS) {
                row(out, cells);
            }
            out.push('\n');
            for load in loads {
                let first = load.statements.first().map_or("", |statement| statement.text.as_str());
                let _ = writeln!(out, "- {}: {}", markdown(&load.diagnosis.file), markdown(first));
            }
        }
        (None, [load, ..]) => tables(out, load),
        (None, []) => {}
    }
    out.push_str("\n</details>\n");
}

pub(super) fn report(report: &Report) -> String {
    let mut out = "## What the archives say\n\n".to_owned();
    if let Some(together) = &report.together {
        let _ = writeln!(out, "### {} together\n", count(report.files.len(), "file"));
        let first = together.statements.first().map_or("", |pooled| pooled.statement.text.as_str());
        let _ = writeln!(out, "**{}**", markdown(first));
        titled(&mut out, &of_loads(&together.statements));
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
