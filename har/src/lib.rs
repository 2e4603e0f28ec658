//! What an HTTP Archive proves of a page's load, and what it does not.
//!
//! [`Archive::open`] reads a `.har` or `.har.gz` of Chrome, Firefox, Playwright, WebPageTest or sixslot itself. Each
//! [`Entry`] has a [`Verdict`] (never sent, sent and unanswered, answered, ...) and says what it proves of its waiting in
//! the browser ([`Entry::waiting`]) and of its time to first byte ([`Entry::service`]), as bounds where the file has no
//! more. [`Archive::classes`] sorts requests into kinds; [`cadences`] and [`deadlines`] find timers and deadlines in one archive
//! or in several of one page; [`Diagnosis`] and [`Pool`] hold everything that they show. Everything is a function of the file: no clock, no network.
//!
//! ```
//! let text = r#"{"log": {"creator": {"name": "WebInspector"}, "entries": [{"startedDateTime": "2026-01-01T00:00:00Z",
//!     "time": 702.3, "request": {"method": "GET", "url": "http://localhost/api", "headers": [{"name": "Referer", "value": ""}]},
//!     "response": {"status": 0, "_error": "net::ERR_ABORTED"},
//!     "timings": {"blocked": 702.3, "_blocked_queueing": -1, "send": 0, "wait": 0, "receive": 0}}]}}"#;
//! let archive = sixslot_har::Archive::read("example.har", text.as_bytes())?;
//! assert_eq!(archive.entries[0].verdict, sixslot_har::Verdict::NeverSent);
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
pub mod entry;
pub mod error;
pub mod exporter;
pub mod identical;
mod judge;
pub mod limits;
pub mod load;
mod loads;
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
pub use class::{Class, Kind};
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
