//! Why a file is no archive that can be used.
//!
//! Rule: an error names the file, the place where it is known (entry, field, line, column), and what to do next.

use crate::limits;

/// An archive that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HarError {
    /// The system does not give the file.
    #[error("{name} cannot be read: {error}; name a .har or .har.gz file")]
    Unreadable {
        /// What the user named.
        name: String,
        /// The system's reason.
        error: std::io::Error,
    },
    /// A folder.
    #[error("{name} is a folder; name the .har files in it, such as {name}/*.har")]
    Folder {
        /// What the user named.
        name: String,
    },
    /// Another kind of file.
    #[error("{name} is not an HTTP Archive: {kind}; {help}")]
    AnotherKind {
        /// What the user named.
        name: String,
        /// What it is.
        kind: &'static str,
        /// What to do next.
        help: &'static str,
    },
    /// A file or its unpacked text over the limit.
    #[error(
        "{name} is too large: {what} is more than {limit} MiB; record a shorter capture, or export it without bodies"
    )]
    TooLarge {
        /// What the user named.
        name: String,
        /// The file, or its unpacked text.
        what: &'static str,
        /// The limit in MiB.
        limit: u64,
    },
    /// A text that is no JSON, or no archive.
    #[error("{name}:{line}:{column}: {message}; {help}")]
    Syntax {
        /// What the user named.
        name: String,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// What is wrong.
        message: String,
        /// What to do next.
        help: &'static str,
    },
    /// A field that is missing, or that holds something else than it has to.
    #[error("{name}:{line}:{column}: {place}: {message}; {help}")]
    Field {
        /// What the user named.
        name: String,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// Entry and field, such as `entry 3, request.url`.
        place: String,
        /// What is wrong.
        message: String,
        /// What to do next.
        help: &'static str,
    },
    /// A packed file that does not unpack.
    #[error("{name} does not unpack: {error}; the file is damaged or cut off: copy or export it again")]
    Packed {
        /// What the user named.
        name: String,
        /// The reason.
        error: std::io::Error,
    },
    /// An archive without entries.
    #[error("{name} holds no request; open the Network panel before the page is loaded, load it, and export again")]
    Empty {
        /// What the user named.
        name: String,
    },
}

impl HarError {
    pub(crate) fn file_too_large(name: &str) -> Self {
        Self::TooLarge { name: name.to_owned(), what: "the file", limit: limits::FILE_BYTES >> 20 }
    }

    pub(crate) fn text_too_large(name: &str) -> Self {
        Self::TooLarge { name: name.to_owned(), what: "its text", limit: limits::TEXT_BYTES >> 20 }
    }
}
