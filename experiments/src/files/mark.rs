//! The mark of a written file: its purpose, and the SHA-256 of its bytes.
//!
//! Rule: the mark is a comment in the file's own format: `sixslot PURPOSE sha256:` and 64 hexadecimal digits. The hash is of
//! the whole file with zeros in place of these digits. A file without its mark, or with another hash, was written or changed
//! by somebody else and is replaced only with `--force`. The table of places is in `docs/files.md`.

use sixslot_analysis::sweep::sha256;
use std::ops::Range;

/// What a file is for. A file is replaced only by one of the same purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The load of `run --har`.
    Archive,
    /// The load of `run --trace`.
    Trace,
    /// The load of `run --svg`.
    Picture,
    /// The page of `report`.
    Report,
    /// The scenario of `import`.
    Scenario,
    /// The costs of `lab --calibrate`.
    Costs,
    /// The loads of `lab --save`.
    Recording,
    /// The loads of `lab --save`, compressed.
    CompressedRecording,
}

/// Where a format can hold the mark.
enum Place {
    /// A first key of a JSON object.
    JsonKey,
    /// An XML comment at the end.
    XmlComment,
    /// A TOML comment at the end.
    TomlComment,
    /// The comment in the header of a gzip file (RFC 1952), which the compressor writes.
    GzipHeader,
}

/// Digits of a hash.
const DIGITS: usize = 64;
/// The longest distance of a mark from the beginning or the end of its file.
const MARGIN: usize = 128;

impl Purpose {
    /// Its name in marks and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Trace => "trace",
            Self::Picture => "picture",
            Self::Report => "report",
            Self::Scenario => "scenario",
            Self::Costs => "costs",
            Self::Recording | Self::CompressedRecording => "recording",
        }
    }

    const fn place(self) -> Place {
        match self {
            Self::Archive | Self::Trace | Self::Recording => Place::JsonKey,
            Self::Picture | Self::Report => Place::XmlComment,
            Self::Scenario | Self::Costs => Place::TomlComment,
            Self::CompressedRecording => Place::GzipHeader,
        }
    }

    /// The mark before the hash is known.
    pub fn blank(self) -> String {
        format!("sixslot {} sha256:{}", self.name(), "0".repeat(DIGITS))
    }

    /// The place of the digits in a file of this purpose.
    fn digits(self, bytes: &[u8]) -> Option<Range<usize>> {
        let words = format!("sixslot {} sha256:", self.name());
        let window = |part: &[u8]| part.windows(words.len()).position(|found| found == words.as_bytes());
        let at = match self.place() {
            Place::JsonKey | Place::GzipHeader => window(&bytes[..bytes.len().min(MARGIN)])?,
            Place::XmlComment | Place::TomlComment => {
                let from = bytes.len().saturating_sub(MARGIN);
                from + window(&bytes[from..])?
            }
        };
        let start = at + words.len();
        (start + DIGITS <= bytes.len()).then_some(start..start + DIGITS)
    }

    /// Adds the mark to a file.
    pub fn mark(self, mut bytes: Vec<u8>) -> Vec<u8> {
        let blank = self.blank();
        match self.place() {
            Place::JsonKey => drop(bytes.splice(0..1, format!("{{\"_sixslot\":\"{blank}\",").into_bytes())),
            Place::XmlComment => bytes.extend(format!("<!-- {blank} -->\n").into_bytes()),
            Place::TomlComment => bytes.extend(format!("# {blank}\n").into_bytes()),
            Place::GzipHeader => {}
        }
        let hash = sha256(&bytes);
        if let Some(digits) = self.digits(&bytes) {
            bytes[digits].copy_from_slice(hash.as_bytes());
        }
        bytes
    }

    /// Whether a file has a mark of this purpose.
    pub fn is_marked(self, bytes: &[u8]) -> bool {
        self.digits(bytes).is_some()
    }

    /// Whether a file is as it was written.
    pub fn is_unchanged(self, bytes: &[u8]) -> bool {
        let Some(digits) = self.digits(bytes) else { return false };
        let mut blank = bytes.to_vec();
        blank[digits.clone()].fill(b'0');
        sha256(&blank).as_bytes() == &bytes[digits]
    }
}

#[cfg(test)]
mod tests {
    use super::Purpose;

    #[test]
    fn a_mark_holds_for_its_purpose_and_its_bytes_only() {
        let files = [
            (Purpose::Archive, r#"{"log": {}}"#),
            (Purpose::Trace, "{\"traceEvents\":[]}\n"),
            (Purpose::Picture, "<svg></svg>\n"),
            (Purpose::Report, "<!doctype html>\n<title>sixslot picture sha256:0</title>\n"),
            (Purpose::Scenario, "schema = 1\n"),
            (Purpose::Costs, "[browser]\n"),
        ];
        for (purpose, text) in files {
            let marked = purpose.mark(text.as_bytes().to_vec());
            assert!(purpose.is_unchanged(&marked) && !purpose.is_unchanged(text.as_bytes()));
            for (other, _) in files.iter().filter(|(other, _)| other.name() != purpose.name()) {
                assert!(!other.is_unchanged(&marked), "{other:?} {purpose:?}");
            }
            for changed in 0..marked.len() {
                let mut bytes = marked.clone();
                bytes[changed] ^= 1;
                assert!(!purpose.is_unchanged(&bytes), "{purpose:?}: byte {changed}");
            }
        }
    }
}
