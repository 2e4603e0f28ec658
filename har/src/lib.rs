//! What an HTTP Archive proves of a page's load, and what it does not.
//!
//! [`Archive::open`] reads a `.har` or `.har.gz` of any [`Exporter`]. An archive has one load of a page or several
//! ([`Archive::loads`]); those of one page are a group ([`Archive::groups`]), and [`Archive::split`] gives each load an archive of
//! its own. Each [`Entry`] has a [`Verdict`] (never sent, sent and unanswered, answered, ...) and says what it proves of its
//! waiting in the browser ([`Entry::waiting`]), of its connection ([`Entry::held`]) and of its time to first byte
//! ([`Entry::service`]), as bounds where the file has no more. [`Archive::origins`] describes the protocol, connections and
//! keep-alive of each origin, and [`Archive::causes`] names what may have caused each request, both with their evidence.
//! [`Archive::classes`] sorts requests into kinds; [`cadences`] and [`deadlines`] find timers and deadlines in one archive or in
//! several of one page; [`Diagnosis`] and [`Pool`] hold everything that archives show. Everything is a function of the file: no
//! clock, no network. How each exporter writes what happened is in `docs/archives.md`.
//!
//! ```
//! use sixslot_har::{Anchor, Archive, Diagnosis, Protocol, Verdict, Via};
//!
//! let text = r#"{"log": {"creator": {"name": "WebInspector"}, "entries": [
//!     {"startedDateTime": "2026-01-01T00:00:00Z", "time": 60, "_resourceType": "document",
//!      "request": {"method": "GET", "url": "http://localhost/", "headers": [{"name": "Host", "value": "localhost"}]},
//!      "response": {"status": 200, "httpVersion": "http/1.1", "content": {"mimeType": "text/html"}},
//!      "timings": {"blocked": 0, "send": 0, "wait": 40, "receive": 20}},
//!     {"startedDateTime": "2026-01-01T00:00:00.050Z", "time": 702.3, "_resourceType": "fetch",
//!      "_initiator": {"type": "parser", "url": "http://localhost/"},
//!      "request": {"method": "GET", "url": "http://localhost/api", "headers": [{"name": "Referer", "value": "http://localhost/"}]},
//!      "response": {"status": 0, "_error": "net::ERR_ABORTED"},
//!      "timings": {"blocked": 702.3, "_blocked_queueing": -1, "send": 0, "wait": 0, "receive": 0}}]}}"#;
//! let archive = Archive::read("example.har", text.as_bytes())?;
//! // The call starved in the browser: it was never sent.
//! assert_eq!(archive.entries[1].verdict, Verdict::NeverSent);
//! assert_eq!(Diagnosis::new(&archive).causes.never_sent, 1);
//! // The document's parser asked for it, 10 ms after the document's first byte.
//! let cause = archive.causes(0)[1][0];
//! assert_eq!((cause.entry, cause.via, cause.anchor, cause.delay_ms), (0, Via::Parser, Anchor::Headers, 10.0));
//! assert_eq!(archive.origins()[0].protocol, Protocol::Http1);
//! # Ok::<(), sixslot_har::HarError>(())
//! ```

pub mod archive;
pub mod burst;
pub mod busy;
pub mod cadence;
pub mod cause;
pub mod class;
mod connections;
mod cut;
mod date;
pub mod deadline;
pub mod diagnosis;
pub mod distinct;
pub mod entry;
pub mod error;
pub mod exporter;
pub mod identical;
mod judge;
pub mod limits;
pub mod load;
mod loads;
pub mod moments;
pub mod occupancy;
pub mod origin;
pub mod pattern;
pub mod proof;
pub mod protocol;
mod raw;
mod read;
mod shorten;
pub mod unanswered;
pub mod url;
mod value;
pub mod verdict;

pub use archive::Archive;
pub use cadence::{Cadence, Guard, cadences};
pub use cause::{Anchor, Cause, Evidence, Via};
pub use class::{Class, Kind, resource_type};
pub use deadline::{Deadline, deadlines};
pub use diagnosis::{Diagnosis, Pool};
pub use entry::{End, Entry, Initiator, Messages, Served, Sizes, Timings};
pub use error::HarError;
pub use exporter::Exporter;
pub use load::{Load, Page};
pub use origin::{KeepAlive, Origin, Reuse};
pub use protocol::{Protocol, ProtocolSign};
pub use url::Url;
pub use verdict::{Interval, Service, Verdict, Waiting};
