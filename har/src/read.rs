//! Reading an archive: `.har` or `.har.gz`, distinguished by their content.
//!
//! Rule: the text is read as a stream, and what is not needed is skipped, so memory is bounded (see [`limits`]). Accepted:
//! `null`, missing vendor fields, a byte order mark, offsets in dates, entries out of order. Negative times mean "none".

use crate::archive::Archive;
use crate::error::HarError;
use crate::limits;
use crate::raw::RawArchive;
use crate::shorten::Shortened;
use flate2::bufread::MultiGzDecoder;
use std::cell::Cell;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

const HELP: &str = "export the archive again, or name another file";

/// Counts what passes, and ends with an error beyond the limit.
struct Limited<'a, R> {
    inner: R,
    left: u64,
    exceeded: &'a Cell<bool>,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            // One more byte would be too many; the end is not.
            let more = self.inner.read(&mut [0])?;
            if more == 0 {
                return Ok(0);
            }
            self.exceeded.set(true);
            return Err(std::io::Error::other("beyond the limit"));
        }
        let length = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.inner.read(&mut buffer[..length])?;
        self.left -= read as u64;
        Ok(read)
    }
}

fn another(name: &str, kind: &'static str, help: &'static str) -> HarError {
    HarError::AnotherKind { name: name.to_owned(), kind, help }
}

/// What the first bytes say that it is, where that is no archive.
fn foreign(name: &str, start: &[u8]) -> Option<HarError> {
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    match start {
        [b'P', b'K', 3 | 5, ..] => {
            return Some(another(name, "it is a zip file", "unzip it and name the .har file in it"));
        }
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            return Some(another(name, "it is UTF-16 text", "save it as UTF-8, or export it again"));
        }
        [0x28, 0xB5, 0x2F, 0xFD, ..] => return Some(another(name, "it is packed by zstd", "unpack it first")),
        [b'%', b'P', b'D', b'F', ..] => {
            return Some(another(name, "it is a PDF", "in the Network panel choose \"Export HAR\""));
        }
        [0x42, 0x5A, 0x68, ..] => return Some(another(name, "it is packed by bzip2", "unpack it first")),
        _ => {}
    }
    match text.first() {
        None => Some(another(name, "it is empty", "export the archive again")),
        Some(b'{') => None,
        Some(b'<') => Some(another(name, "it is HTML or XML", "in the Network panel choose \"Export HAR\"")),
        Some(_) => Some(another(name, "it does not begin with {", "in the Network panel choose \"Export HAR\"")),
    }
}

/// Fills the reader's buffer until it shows `wanted` bytes or the end.
fn peek<R: Read>(reader: &mut BufReader<R>) -> std::io::Result<&[u8]> {
    loop {
        match reader.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(reader.buffer())
}

fn parse(
    name: &str,
    text: impl Read,
    packed: bool,
    exceeded: (&Cell<bool>, &Cell<bool>),
) -> Result<RawArchive, HarError> {
    let io = |error: std::io::Error| match (exceeded, packed) {
        ((file, _), _) if file.get() => HarError::file_too_large(name),
        ((_, text), _) if text.get() => HarError::text_too_large(name),
        (_, true) => HarError::Packed { name: name.to_owned(), error },
        (_, false) => HarError::Unreadable { name: name.to_owned(), error },
    };
    let mut text = BufReader::with_capacity(64 << 10, Shortened::new(text));
    let start = peek(&mut text).map_err(io)?;
    if let Some(error) = foreign(name, start) {
        return Err(error);
    }
    let mark = if start.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    text.consume(mark);
    let mut json = serde_json::Deserializer::from_reader(text);
    let read = serde_path_to_error::deserialize::<_, RawArchive>(&mut json).map_err(|error| {
        let place = place(error.path());
        (error.into_inner(), place)
    });
    let read = read.and_then(|archive| json.end().map(|()| archive).map_err(|error| (error, String::new())));
    read.map_err(|(error, place)| {
        if error.is_io() {
            return io(error.into());
        }
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned();
        let name = name.to_owned();
        if error.is_eof() {
            let message = "the file ends in the middle".to_owned();
            HarError::Syntax { name, line, column, message, help: "it was cut off: copy or export it again" }
        } else if error.is_data() && !place.is_empty() {
            HarError::Field { name, line, column, place, message, help: HELP }
        } else {
            HarError::Syntax { name, line, column, message, help: HELP }
        }
    })
}

/// `log.entries[2].request.url` as people count: `entry 3, request.url`.
fn place(path: &serde_path_to_error::Path) -> String {
    let path = path.to_string();
    let counted = |list: &str, word: &str| {
        let rest = path.strip_prefix(list)?;
        let (index, rest) = rest.split_once(']')?;
        let number = index.parse::<usize>().ok()? + 1;
        let field = rest.trim_start_matches('.');
        Some(if field.is_empty() { format!("{word} {number}") } else { format!("{word} {number}, {field}") })
    };
    counted("log.entries[", "entry").or_else(|| counted("log.pages[", "page")).unwrap_or(if path == "." {
        String::new()
    } else {
        path.clone()
    })
}

impl Archive {
    /// Reads an archive from bytes as they come; `name` is what messages call it. Time and memory are linear in the text,
    /// within the limits of [`limits`].
    ///
    /// # Errors
    /// The first thing that makes it unusable, with its place.
    pub fn read(name: &str, bytes: impl Read) -> Result<Self, HarError> {
        let (file, text) = (Cell::new(false), Cell::new(false));
        let mut bytes =
            BufReader::with_capacity(64 << 10, Limited { inner: bytes, left: limits::FILE_BYTES, exceeded: &file });
        let packed = match peek(&mut bytes) {
            Ok(start) => start.starts_with(&[0x1F, 0x8B]),
            Err(error) => return Err(HarError::Unreadable { name: name.to_owned(), error }),
        };
        let limited = |inner| Limited { inner, left: limits::TEXT_BYTES, exceeded: &text };
        let raw = if packed {
            let unpacked: Box<dyn Read + '_> = Box::new(MultiGzDecoder::new(bytes));
            parse(name, limited(unpacked), true, (&file, &text))
        } else {
            let plain: Box<dyn Read + '_> = Box::new(bytes);
            parse(name, limited(plain), false, (&file, &text))
        }?;
        raw.archive(name)
    }

    /// Opens and reads a file.
    ///
    /// # Errors
    /// As [`read`](Self::read); also a file that is not there, and a folder.
    pub fn open(path: &Path) -> Result<Self, HarError> {
        let name = path.display().to_string();
        let file = std::fs::File::open(path).and_then(|file| Ok((file.metadata()?.is_dir(), file)));
        match file {
            Ok((true, _)) => Err(HarError::Folder { name }),
            Ok((false, file)) => Self::read(&name, file),
            Err(error) => Err(HarError::Unreadable { name, error }),
        }
    }
}
