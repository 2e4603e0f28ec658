//! Text in a picture: cleaning, measuring, wrapping.
//!
//! Rule: no string of the caller reaches a picture without [`clean`], and none is drawn wider than
//! the room measured for it. SVG text does not wrap by itself and a reader's font is unknown, so
//! widths are estimated for a wide font (DejaVu Sans): text may be narrower, never wider.

use crate::words::plain;
use textwrap::core::Fragment;
use textwrap::wrap_algorithms::wrap_first_fit;

/// The text with everything XML cannot hold or SVG would not show replaced, white space collapsed.
///
/// Marks that change the direction of writing become visible, because one of them in a URL would reverse the line.
///
/// Escaping is left to the writer of the document; a control character cannot be escaped in XML 1.0
/// at all and would make the whole document unreadable.
pub fn clean(text: &str) -> String {
    let written: String = plain(text).chars().filter(|c| !matches!(c, '\u{FFFE}' | '\u{FFFF}')).collect();
    written.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Estimated width in pixels of `text` at `size` pixels.
pub fn width(text: &str, size: f64, bold: bool) -> f64 {
    let em: f64 = text.chars().map(em_width).sum();
    em * size * if bold { 1.1 } else { 1.0 }
}

/// Width of one character in units of the font size.
fn em_width(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | 'I' | '!' => 0.32,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '-' | '/' | '"' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.98,
        '<' | '>' | '=' | '+' | '&' | '~' => 0.84,
        'A'..='Z' => 0.74,
        '0'..='9' => 0.64,
        _ if c.is_ascii() => 0.62,
        '…' | '—' | '→' => 1.0,
        // Scripts written in squares, and emoji.
        '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{FFFF}' | '\u{1F000}'.. => 1.0,
        _ => 0.68,
    }
}

/// `text` cut to `room` pixels, with an ellipsis where something was cut off.
pub fn ellipsis(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    while kept.pop().is_some() {
        let shown = format!("{}…", kept.trim_end());
        if width(&shown, size, bold) <= room {
            return shown;
        }
    }
    "…".to_owned()
}

/// `text` in at most `most` lines of `room` pixels, as even as can be; what does not fit ends in an
/// ellipsis.
pub fn wrap(text: &str, size: f64, bold: bool, room: f64, most: usize) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let widest = fill(text, size, bold, room, most);
    let words = |lines: &[String]| lines.join(" ");
    // The narrowest room that fits the words into the same number of lines leaves no single word on the last one.
    (10..20)
        .map(|part| fill(text, size, bold, room * f64::from(part) / 20.0, most))
        .find(|lines| lines.len() == widest.len() && words(lines) == words(&widest))
        .unwrap_or(widest)
}

/// A word and its width, in pixels.
#[derive(Clone, Copy, Debug)]
struct Word<'a> {
    text: &'a str,
    width: f64,
    space: f64,
}

impl Fragment for Word<'_> {
    fn width(&self) -> f64 {
        self.width
    }

    fn whitespace_width(&self) -> f64 {
        self.space
    }

    fn penalty_width(&self) -> f64 {
        0.0
    }
}

/// Fills each line with as many words as fit; the last one takes the rest.
fn fill(text: &str, size: f64, bold: bool, room: f64, most: usize) -> Vec<String> {
    let space = width(" ", size, bold);
    let words = text.split(' ').filter(|word| !word.is_empty());
    let words: Vec<Word<'_>> = words.map(|text| Word { text, width: width(text, size, bold), space }).collect();
    let lines = wrap_first_fit(&words, &[room]);
    let (whole, rest) = lines.split_at(lines.len().min(most.saturating_sub(1)));
    let rest = rest.concat();
    let line = |words: &[Word<'_>]| words.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
    let lines = whole.iter().copied().chain((!rest.is_empty()).then_some(rest.as_slice()));
    lines.map(|words| ellipsis(&line(words), size, bold, room)).collect()
}

#[cfg(test)]
mod tests {
    use super::{width, wrap};

    #[test]
    fn long_text_is_wrapped_evenly_or_cut() {
        let one_word_over = "one connection pool for all projects";
        let lines = wrap(one_word_over, 14.0, true, 260.0, 2);
        assert_eq!(lines, ["one connection", "pool for all projects"]);
        let long = "word ".repeat(40);
        for room in [30.0, 100.0, 300.0] {
            let lines = wrap(&long, 14.0, false, room, 2);
            assert_eq!(lines.len(), 2);
            assert!(lines[1].ends_with('…'));
            assert!(lines.iter().all(|l| width(l, 14.0, false) <= room));
        }
        assert!(wrap("", 14.0, false, 10.0, 2).is_empty());
    }
}
