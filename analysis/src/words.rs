//! Numbers, times, names and foreign text in sentences for people.
//!
//! Rule: what comes from a file is shown, never obeyed: it cannot end a line, move a cursor or turn the line around. In a
//! sentence a share is 0 % only where it is none and 100 % only where it is all.

use sixslot_models::class::Failure;
use sixslot_models::load::{AbortedBy, Request};
use sixslot_sim_core::Span;
use std::fmt::Write as _;

/// A probability in a sentence, with two digits that count: `0 %`, `0.037 %`, `8.3 %`, `61.3 %`, `99.963 %`, `100 %`.
#[must_use]
pub fn percent(probability: f64) -> String {
    let percent = 100.0 * probability;
    let rest = 100.0 - percent;
    // Two digits that count, without an exponent down to a hundred-thousandth of a per cent.
    let places = |part: f64| (1.0 - libm::log10(part).floor()).clamp(2.0, 8.0) as usize;
    if probability == 0.0 || probability >= 1.0 {
        format!("{percent:.0} %")
    } else if percent < 1e-5 {
        format!("{percent:.1e} %")
    } else if percent < 1.0 {
        format!("{percent:.0$} %", places(percent))
    } else if percent < 99.95 {
        format!("{percent:.1} %")
    } else if rest < 1e-5 {
        ">99.99999 %".to_owned()
    } else {
        format!("{percent:.0$} %", places(rest))
    }
}

/// The text with its first letter in upper case, where that is one of A to Z.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// A probability where there is little room, as in a picture: `0 %`, `<0.1 %`, `0.3 %`, `12 %`, `>99.9 %`, `100 %`.
#[must_use]
pub fn percent_short(probability: f64) -> String {
    let share = probability.clamp(0.0, 1.0) * 100.0;
    if share == 0.0 {
        "0 %".to_owned()
    } else if share == 100.0 {
        "100 %".to_owned()
    } else if share < 0.1 {
        "<0.1 %".to_owned()
    } else if share > 99.9 {
        ">99.9 %".to_owned()
    } else if !(9.95..=99.0).contains(&share) {
        format!("{share:.1} %")
    } else {
        format!("{share:.0} %")
    }
}

/// A probability in a column of a table, rounded to two places: `8.33 %`. The counts stand next to it.
#[must_use]
pub fn percent_column(probability: f64) -> String {
    format!("{:.2} %", 100.0 * probability)
}

/// How a call failed, in a table.
#[must_use]
pub fn failure_words(failure: Failure) -> String {
    match failure {
        Failure::Status(status) => format!("HTTP {status}"),
        Failure::Refused => "connection refused".to_owned(),
        Failure::Reset => "connection reset".to_owned(),
        Failure::Navigation => "navigation".to_owned(),
        _ => "deadline".to_owned(),
    }
}

/// Why the page gave a call up, in a table.
#[must_use]
pub const fn aborted_word(by: AbortedBy) -> &'static str {
    match by {
        AbortedBy::NextCall => "next call",
        AbortedBy::Event => "cancelled",
        AbortedBy::Navigation => "navigation",
        _ => "deadline",
    }
}

/// A length of time in a sentence: `12.3 s`, `1.23 s`, `123 ms`.
#[must_use]
pub fn duration(span: Span) -> String {
    let seconds = span.as_seconds_f64();
    if seconds >= 1.0 { in_seconds(seconds) } else { format!("{:.0} ms", span.as_millis_f64()) }
}

/// A measured length of time, in milliseconds: as [`duration`], but with a tenth below 10 ms, as archives have it,
/// and in hours from two on.
#[must_use]
pub fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms >= 7_200_000.0 => format!("{:.1} h", ms / 3_600_000.0),
        ms if ms >= 1_000.0 => in_seconds(ms / 1000.0),
        ms if ms >= 9.95 => format!("{ms:.0} ms"),
        ms => format!("{ms:.1} ms").replace(".0", ""),
    }
}

fn in_seconds(seconds: f64) -> String {
    if seconds >= 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.2} s") }
}

/// What a request is called: its class, and the numbers by which it differs from other requests of the class: its instance
/// and its tab where these vary in the load, its attempt from the second on.
#[must_use]
pub fn request_name(class: &str, request: &Request, copies: bool, tabs: bool) -> String {
    let mut name = class.to_owned();
    if copies {
        let _ = write!(name, " [{}]", request.index);
    }
    if tabs {
        let _ = write!(name, " tab {}", request.tab + 1);
    }
    if request.attempt > 1 {
        let _ = write!(name, " #{}", request.attempt);
    }
    name
}

/// Text as XML character data or a quoted attribute may hold it.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Text that cannot be Markdown or HTML, on one line.
#[must_use]
pub fn markdown(text: &str) -> String {
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

/// A text in lines of at most `width` columns, broken between words, and in a word where that alone is longer. `first` precedes
/// the first line, and the others are indented as far.
#[must_use]
pub fn wrap(first: &str, text: &str, width: usize) -> String {
    let indent = " ".repeat(first.chars().count());
    let options = textwrap::Options::new(width)
        .initial_indent(first)
        .subsequent_indent(&indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(true);
    textwrap::fill(&plain(text), options)
}

/// A text in which the lines that are wider than `width` columns are broken between words, with the indentation that they have.
/// Colours take no room.
#[must_use]
pub fn fit(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        if textwrap::core::display_width(line) <= width {
            out.push_str(line);
        } else {
            let indent = " ".repeat((line.len() - line.trim_start_matches(' ').len()).min(width / 2));
            let options = textwrap::Options::new(width)
                .initial_indent(&indent)
                .subsequent_indent(&indent)
                .word_splitter(textwrap::WordSplitter::NoHyphenation)
                .break_words(true);
            out.push_str(&textwrap::fill(line.trim_start_matches(' '), options));
        }
        out.push_str(end);
    }
    out
}

/// A count with its noun: `1 call`, `3 calls`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The character, or what stands for one that is not seen and changes how others are.
#[must_use]
pub fn shown(c: char) -> char {
    let turns = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if turns { '\u{fffd}' } else { c }
}

/// A text on one line: control characters become spaces, and marks that turn the direction of reading, or that are not
/// seen, become visible.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { shown(c) }).collect()
}

/// A text on one line of at most `room` characters.
#[must_use]
pub fn cut(text: &str, room: usize) -> String {
    let text = plain(text);
    if text.chars().count() <= room {
        return text;
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_noun_and_foreign_text_stays_on_its_line() {
        assert_eq!([count(0, "call"), count(1, "call"), count(2, "call")], ["0 calls", "1 call", "2 calls"]);
        assert_eq!(plain("a\n[b]\u{202e}\u{1b}[31m"), "a [b]\u{fffd} [31m");
        assert_eq!([cut("abc", 3), cut("abcd", 3), cut("é\n", 2)], ["abc", "ab…", "é "]);
    }

    #[test]
    fn only_lines_that_are_too_wide_are_broken() {
        assert_eq!(fit("  a b c\n\nde\n", 7), "  a b c\n\nde\n");
        assert_eq!(fit("  aa bb cc dd\nx", 8), "  aa bb\n  cc dd\nx");
        assert_eq!(fit("abcdefghij", 4), "abcd\nefgh\nij");
        let coloured = "\u{1b}[1maa\u{1b}[0m bb";
        assert_eq!(fit(coloured, 5), coloured);
        assert_eq!(fit(coloured, 4), "\u{1b}[1maa\u{1b}[0m\nbb");
    }

    #[test]
    fn a_probability_reads_as_zero_or_one_only_if_it_is() {
        let shown = [0.0, 1e-9, 0.0009, 0.001, 0.003, 0.0995, 0.12, 0.5, 0.994, 0.9995, 1.0].map(percent_short);
        assert_eq!(
            shown,
            ["0 %", "<0.1 %", "<0.1 %", "0.1 %", "0.3 %", "10 %", "12 %", "50 %", "99.4 %", ">99.9 %", "100 %",]
        );
    }

    #[test]
    fn all_and_none_keep_their_whole_numbers() {
        let shares = [0.0, 3.7e-9, 0.000_37, 0.083, 0.613, 0.9994, 0.999_63, 0.9997, 1.0 - 1e-12, 1.0];
        let sentence =
            ["0 %", "3.7e-7 %", "0.037 %", "8.3 %", "61.3 %", "99.9 %", "99.963 %", "99.970 %", ">99.99999 %", "100 %"];
        assert_eq!(shares.map(percent), sentence);
        // Every share of up to 2000 loads, and the nearest to all and none of many.
        for loads in (1..2000).chain([10_000, 1_000_000, 1_000_000_000]) {
            for failures in (0..=loads).step_by((loads / 50).max(1) as usize).chain([1, loads - 1]) {
                let share = failures as f64 / loads as f64;
                for text in [percent(share), percent_short(share)] {
                    let number: Option<f64> = text.trim_end_matches(" %").parse().ok();
                    assert_eq!(number == Some(0.0), failures == 0, "{failures} of {loads}: {text}");
                    assert_eq!(number == Some(100.0), failures == loads, "{failures} of {loads}: {text}");
                }
            }
        }
    }

    #[test]
    fn times_have_three_digits_that_count() {
        let spans = [0, 999_400_000, 1_234_000_000, 12_340_000_000].map(|time| duration(Span::from_nanos(time)));
        assert_eq!(spans, ["0 ms", "999 ms", "1.23 s", "12.3 s"]);
        let measured = [0.0, 0.1, 1.0, 5.43, 6.98, 9.97, 701.2, 2120.0, 12_640.0, 9e6].map(milliseconds);
        let expected = ["0 ms", "0.1 ms", "1 ms", "5.4 ms", "7 ms", "10 ms", "701 ms", "2.12 s", "12.6 s", "2.5 h"];
        assert_eq!(measured, expected);
    }

    #[test]
    fn escaped_text_is_no_markup() {
        assert_eq!(xml("<a b='c'>&\""), "&lt;a b=&#39;c&#39;&gt;&amp;&quot;");
        assert_eq!(markdown("a_b|<i>\n`c`"), "a\\_b\\|&lt;i&gt; \\`c\\`");
    }
}
