//! What the program writes to standard output and standard error.
//!
//! Rule: this file is the only way there. Text of scenarios, archives, arguments and file names is shown, never obeyed: of
//! the characters that a terminal would act on, only line feeds and the program's own colours pass. Standard error that
//! cannot be written is exit code 2, as standard output is; a closed pipe is not an error.

use super::Failure;
use sixslot_analysis::waterfall::COLOURS;
use sixslot_analysis::words::{plain, shown};
use std::io::{ErrorKind, Write};
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

/// Prints text, without its colours if standard output is not a terminal.
pub(super) fn print_text(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(safe(text).as_bytes())?;
    Ok(out.flush()?)
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
    let written = error.write_all(safe(text).as_bytes()).and_then(|()| error.flush());
    if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        FAILED.store(true, Ordering::Relaxed);
    }
}

/// Writes a message to standard error, on one line.
pub(super) fn say(message: &str) {
    say_text(&format!("sixslot: {}\n", plain(message)));
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
