//! JSON text in which no single name or value is long.
//!
//! Rule: a string of more than [`STRING_BYTES`](limits::STRING_BYTES) loses what is beyond, at the border of two of its
//! characters, before the parser sees it: the parser holds a whole string while it reads it, and nothing that is kept of
//! an archive is so long. All else passes as it is. (The column of an error behind such a string counts what was left.)

use crate::limits;
use std::io::{Read, Result};

/// Where in the text the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between strings.
    Outside,
    /// In a string, between two of its characters or bytes.
    Inside,
    /// Behind a backslash.
    Escape,
    /// In `\uXXXX`: the number of digits to come, and their value so far.
    Digits(u8, u32),
}

/// A reader of such text.
pub(crate) struct Shortened<R> {
    inner: R,
    place: Place,
    /// Bytes of the string at hand.
    length: usize,
    /// The last escape was the first half of a pair.
    halved: bool,
    /// The rest of the string is left out.
    dropping: bool,
}

impl<R> Shortened<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, place: Place::Outside, length: 0, halved: false, dropping: false }
    }

    /// Takes the next byte; whether it stays.
    fn keeps(&mut self, byte: u8) -> bool {
        self.length += 1;
        match (self.place, byte) {
            (Place::Outside, b'"') => {
                (self.place, self.length, self.halved, self.dropping) = (Place::Inside, 0, false, false);
                return true;
            }
            (Place::Outside, _) => return true,
            (Place::Inside, b'"') => {
                self.place = Place::Outside;
                return true;
            }
            (Place::Inside, _) => {
                // The second half of a pair, and the later bytes of a character, stay with the first.
                let border = !self.halved && byte & 0xC0 != 0x80;
                self.dropping |= border && self.length > limits::STRING_BYTES;
                self.halved &= byte == b'\\';
                if byte == b'\\' {
                    self.place = Place::Escape;
                }
            }
            (Place::Escape, b'u') => self.place = Place::Digits(4, 0),
            (Place::Escape, _) => (self.place, self.halved) = (Place::Inside, false),
            (Place::Digits(left, so_far), _) => {
                let value = so_far << 4 | char::from(byte).to_digit(16).unwrap_or(0);
                self.place = if left > 1 { Place::Digits(left - 1, value) } else { Place::Inside };
                if left == 1 {
                    self.halved = !self.halved && (0xD800..0xDC00).contains(&value);
                }
            }
        }
        !self.dropping
    }
}

impl<R: Read> Read for Shortened<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            let read = self.inner.read(buffer)?;
            let mut kept = 0;
            for at in 0..read {
                let byte = buffer[at];
                if self.keeps(byte) {
                    buffer[kept] = byte;
                    kept += 1;
                }
            }
            // Nothing kept is no end.
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shortened;
    use crate::limits::STRING_BYTES;
    use std::io::Read as _;

    fn shortened(text: &str) -> String {
        let mut result = String::new();
        Shortened::new(text.as_bytes()).read_to_string(&mut result).unwrap_or_default();
        result
    }

    #[test]
    fn short_text_passes_whatever_it_is() {
        for text in [r#"{"a\"b": ["\\", "\u00e9é"]}"#, "", r#""\"#, r#""\u12"#, "no json \"", r#"{"a\u00zz": 1}"#] {
            assert_eq!(shortened(text), text);
        }
    }

    #[test]
    fn a_long_string_ends_between_two_characters_and_the_rest_stays() {
        for part in ["x", "é", "\\n", "\\u0041", "\\ud83d\\ude00", "😀", "\\\\", "\\\""] {
            for shift in 0..12 {
                let text = format!(r#"{{"{}{}": "y", "z": 1}}"#, "a".repeat(shift), part.repeat(STRING_BYTES));
                let short = shortened(&text);
                assert!(short.len() < STRING_BYTES + 40, "{part}: {}", short.len());
                let value: serde_json::Value = serde_json::from_str(&short).unwrap_or_default();
                let longest = value.as_object().into_iter().flatten().map(|(name, _)| name.len()).max();
                assert!(longest > Some(STRING_BYTES / 7), "{part}: {longest:?}");
                assert_eq!(value["z"], 1, "{part}");
            }
        }
    }
}
