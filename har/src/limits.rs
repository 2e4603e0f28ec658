//! The limits on everything that an archive controls.
//!
//! Rule: a file beyond a limit is refused with the limit named. A text is read as a stream, and what the analysis does not
//! need (bodies, cookies, security details) is skipped and never stored, so the memory that an archive takes is bounded by
//! [`KEPT_BYTES`], [`ENTRIES`] times about a kilobyte, and a few [`STRING_BYTES`]; with its diagnosis, which repeats some
//! of the addresses, it stays below 1 GiB. `tests/hostile.rs` measures it.

/// Bytes of a file on disk, compressed or not.
pub const FILE_BYTES: u64 = 512 << 20;
/// Bytes of the text, after a `.har.gz` is unpacked.
pub const TEXT_BYTES: u64 = 1 << 30;
/// Entries of one archive.
pub const ENTRIES: usize = 200_000;
/// Pages of one archive.
pub const PAGES: usize = 10_000;
/// Bytes of URLs, headers and names that are kept of one archive.
pub const KEPT_BYTES: usize = 128 << 20;
/// Bytes of a URL, or of another text, that are kept; the rest is cut, and a note says so.
pub const KEPT_TEXT: usize = 8 << 10;
/// Bytes of a name or value, as the text has it, that are looked at; the rest is skipped.
pub const STRING_BYTES: usize = 1 << 20;
/// Headers of one request or response that are looked at.
pub const HEADERS: usize = 1_000;
/// The longest time of an entry, in milliseconds: 30 days. A longer one counts as not given, and a note says so.
pub const LONGEST_MS: f64 = 30.0 * 24.0 * 3600.0 * 1000.0;
/// Scripts of a call stack that are kept of an entry, and stacks of asynchronous parents that are looked at.
pub const STACK: usize = 16;
