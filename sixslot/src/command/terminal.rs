//! What the program writes to standard output and standard error.
//!
//! Rule: this file is the only way there. Text of scenarios, archives, arguments and file names is shown, never obeyed: of
//! the characters that a terminal would act on, only line feeds and the program's own colours pass. Standard error that
//! cannot be written is exit code 2, as standard output is; a closed pipe is not an error.

use super::Failure;
use anstream::ColorChoice;
use sixslot_analysis::waterfall::COLOURS;
use sixslot_analysis::words::{fit, shown, wrap};
use std::io::{ErrorKind, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Set when standard error could not be written.
static FAILED: AtomicBool = AtomicBool::new(false);

/// The length of one of the program's own colours at the beginning of a text.
fn colour(text: &str) -> Option<usize> {
    let code = text.strip_prefix("\u{1b}[")?;
    let end = code.find('m')?;
    (code[..end] == *"0" || COLOURS.contains(&&code[..end])).then_some("\u{1b}[".len() + end + 1)
}

/// Text as a terminal may get it.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match colour(rest) {
            Some(length) => {
                out.push_str(&rest[..length]);
                length
            }
            None => {
                out.push(if c.is_control() && c != '\n' { ' ' } else { shown(c) });
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out
}

/// JSON in which no character of a string acts on a terminal.
fn safe_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || shown(c) != c {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// Columns of prose and pictures that go to no terminal, and of tables there.
const NO_TERMINAL: usize = 110;
const NO_TERMINAL_TABLE: usize = 200;
/// The least and the most columns that are used.
const COLUMNS: std::ops::RangeInclusive<usize> = 40..=200;

/// The columns that the variable COLUMNS states.
fn stated_width() -> Option<usize> {
    std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|columns| *columns > 0)
}

/// The columns of the terminal: those that the variable COLUMNS states, or its own, within limits.
pub(super) fn width() -> usize {
    known_width().unwrap_or(NO_TERMINAL)
}

/// The columns for a table: more than [`width`] where no terminal limits it.
pub(super) fn table_width() -> usize {
    known_width().unwrap_or(NO_TERMINAL_TABLE)
}

fn known_width() -> Option<usize> {
    let own = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    stated_width().or_else(own).map(|columns| columns.clamp(*COLUMNS.start(), *COLUMNS.end()))
}

/// How text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// Where the output is a terminal that shows them. NO_COLOR turns colours off, FORCE_COLOR on.
    Auto,
    /// With colours.
    Always,
    /// Without colours.
    Never,
}

/// Chooses colours for everything that is printed from now on. Of the variables FORCE_COLOR (force-color.org) comes before
/// NO_COLOR (no-color.org), as in npm's programs.
pub(super) fn choose_colors(color: Color) {
    let force = std::env::var_os("FORCE_COLOR").filter(|value| !value.is_empty());
    let choice = match (color, force) {
        (Color::Always, _) => ColorChoice::Always,
        (Color::Never, _) => ColorChoice::Never,
        (Color::Auto, Some(value)) if value == "0" || value == "false" => ColorChoice::Never,
        (Color::Auto, Some(_)) => ColorChoice::Always,
        (Color::Auto, None) => ColorChoice::Auto,
    };
    choice.write_global();
}

/// Whether the locale has a character set without the signs of pictures: the first of these variables that is set names no
/// UTF-8. Where none is set, as in most containers, the reader is a terminal of today.
fn is_ascii() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    locale.is_some_and(|locale| !locale.to_lowercase().replace('-', "").contains("utf8"))
}

/// What stands for a sign where there is only ASCII.
const fn in_ascii(c: char) -> char {
    match c {
        '\u{2591}' => '.', // waits for a connection
        '\u{2593}' => '#', // the server works
        '\u{2588}' => '=', // body
        '\u{258f}' | '\u{2502}' => '|',
        '\u{254c}' | '\u{2500}' | '\u{2013}' | '\u{2014}' | '\u{2212}' => '-',
        '\u{2504}' | '\u{2026}' => '~',
        '\u{b7}' => ',',
        '\u{2717}' => 'X',
        '\u{250a}' => ':',
        '\u{b5}' | '\u{3bc}' => 'u',
        '\u{d7}' => 'x',
        c if c.is_ascii() => c,
        _ => '?',
    }
}

/// Text for people, as the locale can show it.
fn localized(text: String) -> String {
    if is_ascii() { text.chars().map(in_ascii).collect() } else { text }
}

/// Prints text, without its colours if standard output is not a terminal.
pub(super) fn print_text(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    let text = known_width().map_or_else(|| text.to_owned(), |width| fit(text, width));
    out.write_all(localized(safe(&text)).as_bytes())?;
    Ok(out.flush()?)
}

/// Prints text for other programs: without colours, and with every character that does not act on a terminal.
pub(super) fn print_data(text: &str) -> Result<(), Failure> {
    print_bytes(safe(text).as_bytes())
}

/// Prints a value as one line of JSON.
pub(super) fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(std::io::Error::from)?;
    print_bytes(format!("{}\n", safe_json(&text)).as_bytes())
}

/// Prints bytes that depend on nothing but the program.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// Writes text to standard error.
pub(super) fn say_text(text: &str) {
    let mut error = anstream::stderr().lock();
    let written = error.write_all(localized(safe(text)).as_bytes()).and_then(|()| error.flush());
    if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        FAILED.store(true, Ordering::Relaxed);
    }
}

/// Writes text to standard error, in lines that fit where somebody reads it in a terminal. Lines of a scenario, behind their
/// number or under it, stay as they are.
pub(super) fn say_fit(text: &str) {
    let Some(width) = read_width() else { return say_text(text) };
    let is_quoted = |line: &str| line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|');
    let lines = text.split_inclusive('\n');
    say_text(&lines.map(|line| if is_quoted(line) { line.to_owned() } else { fit(line, width) }).collect::<String>());
}

/// The columns of standard error, where somebody reads it in a terminal.
fn read_width() -> Option<usize> {
    known_width().filter(|_| stated_width().is_some() || std::io::stderr().is_terminal())
}

/// A message: on one line, or in lines that fit where somebody reads it in a terminal.
fn say_after(first: &str, message: &str) {
    let width = read_width().unwrap_or(usize::MAX);
    say_text(&format!("{}\n", wrap("", &format!("{first}{message}"), width)));
}

/// Writes a message to standard error.
pub(super) fn say(message: &str) {
    say_after("sixslot: ", message);
}

/// Writes a note to standard error: what to know about the answer.
pub(super) fn note(message: &str) {
    say_after("note: ", message);
}

/// Whether something could not be said.
pub(super) fn has_failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::{safe, safe_json};

    #[test]
    fn only_line_feeds_and_own_colours_act() {
        let hostile = "a\u{1b}[2Jb\u{1b}]52;c;eA==\u{7}c\rd\u{9b}2Je\u{202e}f\n\u{1b}[1mg\u{1b}[0m\u{1b}[5m\u{1b}[";
        assert_eq!(safe(hostile), "a [2Jb ]52;c;eA== c d 2Je\u{fffd}f\n\u{1b}[1mg\u{1b}[0m [5m [");
    }

    #[test]
    fn json_keeps_its_value() {
        let text = serde_json::to_string("\u{9b}2J\u{202e}\u{7f}\"é").unwrap();
        let safe = safe_json(&text);
        assert!(!safe.contains(|c: char| c.is_control() || c == '\u{202e}'), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), "\u{9b}2J\u{202e}\u{7f}\"é");
    }
}
