//! Counts and untrusted text in sentences for readers.
//!
//! Rule: text from a file is shown, never interpreted: it cannot end a line, move a cursor or reverse the line.

/// A count with its noun: `1 call`, `3 calls`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The character, or a visible replacement if it is invisible and changes how others are displayed.
#[must_use]
pub fn shown(c: char) -> char {
    let turns = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if turns { '\u{fffd}' } else { c }
}

/// A text on one line: control characters become spaces, and marks that change the direction of reading, or that are
/// invisible, become visible.
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
    use super::{count, cut, plain};

    #[test]
    fn counts_have_their_noun_and_foreign_text_stays_on_its_line() {
        assert_eq!([count(0, "call"), count(1, "call"), count(2, "call")], ["0 calls", "1 call", "2 calls"]);
        assert_eq!(plain("a\n[b]\u{202e}\u{1b}[31m"), "a [b]\u{fffd} [31m");
        assert_eq!([cut("abc", 3), cut("abcd", 3), cut("é\n", 2)], ["abc", "ab…", "é "]);
    }
}
