//! A scenario's text: tables of keys with their values, and beside each value its evidence.
//!
//! Rule: whatever comes from an archive is quoted by the TOML writer where it is a value, and loses its control characters
//! where it is a comment: a URL cannot end a line or a string.

use crate::words::plain;
use std::fmt::Write as _;

/// How a value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// The archives show it.
    Seen,
    /// It is estimated from what the archives show.
    Estimated,
    /// The archives cannot show it, or not for certain: it is a proposal.
    Guessed,
}

/// One key of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The key.
    pub key: String,
    /// Its value as TOML.
    pub value: String,
    /// Its evidence.
    pub why: String,
    /// How it is known.
    pub known: Known,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Its name, such as `request.session`; empty for the top.
    pub name: String,
    /// What it is.
    pub notes: Vec<String>,
    /// Its keys.
    pub lines: Vec<Line>,
}

impl Table {
    /// A table without keys.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds a key.
    pub fn line(&mut self, key: &str, value: impl Into<String>, known: Known, why: impl Into<String>) {
        self.lines.push(Line { key: key.to_owned(), value: value.into(), why: why.into(), known });
    }
}

/// The width of comments.
const WIDTH: usize = 118;

/// Lines of a comment.
fn comment(out: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in plain(text).split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH && line.len() > 1 {
            let _ = writeln!(out, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
}

/// A whole scenario.
#[must_use]
pub fn write(header: &[String], tables: &[Table]) -> String {
    let mut out = String::new();
    header.iter().for_each(|text| comment(&mut out, text));
    for table in tables {
        if !table.name.is_empty() {
            out.push('\n');
            table.notes.iter().for_each(|note| comment(&mut out, note));
            let _ = writeln!(out, "[{}]", table.name);
        }
        for line in &table.lines {
            let text = format!("{} = {}", line.key, line.value);
            let guess = if line.known == Known::Guessed { "GUESS: " } else { "" };
            let why = format!("{guess}{}", plain(&line.why));
            if line.why.is_empty() {
                let _ = writeln!(out, "{text}");
            } else if text.len().max(36) + 4 + why.chars().count() <= WIDTH {
                let _ = writeln!(out, "{text:<36}  # {why}");
            } else {
                comment(&mut out, &format!("{}: {why}", line.key));
                let _ = writeln!(out, "{text}");
            }
        }
    }
    out
}

/// A scenario without comments.
#[must_use]
pub fn write_bare(tables: &[Table]) -> String {
    let mut out = String::new();
    for table in tables {
        if !table.name.is_empty() {
            let _ = writeln!(out, "[{}]", table.name);
        }
        for Line { key, value, .. } in &table.lines {
            let _ = writeln!(out, "{key} = {value}");
        }
    }
    out
}

/// A number with so many digits that count.
#[must_use]
pub fn number(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let places = (digits - 1 - libm::floor(libm::log10(value.abs())) as i32).clamp(0, 12);
    let text = format!("{value:.*}", usize::try_from(places).unwrap_or(0));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A length of time in milliseconds as a TOML string with a unit.
#[must_use]
pub fn span(ms: f64) -> String {
    let ms = ms.clamp(0.0, sixslot_models::limits::LONGEST_SPAN.as_millis_f64());
    let text = match ms {
        ms if ms < 1e-4 => "0ms".to_owned(),
        ms if ms < 1.0 => format!("{}us", number(ms * 1000.0, 3)),
        ms if ms < 1000.0 => format!("{}ms", number(ms, 4)),
        ms => format!("{}s", number(libm::round(ms) / 1000.0, 6)),
    };
    format!("\"{text}\"")
}

/// A length of time to the microsecond, in milliseconds as a TOML string with a unit.
#[must_use]
pub fn exact(ms: f64) -> String {
    let micros = libm::round(ms.clamp(0.0, sixslot_models::limits::LONGEST_SPAN.as_millis_f64()) * 1000.0);
    let text = format!("{:.3}", micros / 1000.0);
    format!("\"{}ms\"", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A length of time for a comment.
#[must_use]
pub fn told(ms: f64) -> String {
    let text = span(ms);
    let text = text.trim_matches('"');
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    format!("{} {}", &text[..unit], &text[unit..])
}

/// From the least to the greatest, for a comment; one of them where both read the same.
#[must_use]
pub fn told_range(least: f64, greatest: f64) -> String {
    let (least, greatest) = (told(least), told(greatest));
    if least == greatest { least } else { format!("{least} to {greatest}") }
}

#[cfg(test)]
mod tests {
    use super::{number, span, told, told_range};

    #[test]
    fn numbers_and_spans_keep_what_counts() {
        for (value, digits, text) in
            [(0.0, 3, "0"), (1234.5, 3, "1234"), (0.012_345, 3, "0.0123"), (2.0, 4, "2"), (10.0, 2, "10")]
        {
            assert_eq!(number(value, digits), text);
        }
        for (ms, text) in
            [(0.0, "0ms"), (0.0123, "12.3us"), (5.0, "5ms"), (86.941, "86.94ms"), (8000.0, "8s"), (12_345.6, "12.346s")]
        {
            assert_eq!(span(ms), format!("\"{text}\""));
        }
        assert_eq!([told(0.0123), told(86.941), told(8002.4)], ["12.3 us", "86.94 ms", "8.002 s"]);
        assert_eq!([told_range(8002.0, 8002.4), told_range(4.0, 8000.0)], ["8.002 s", "4 ms to 8 s"]);
    }
}
