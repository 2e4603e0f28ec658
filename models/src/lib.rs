//! Simulates the requests of one page load: a scenario file, a browser's rules, servers, and a load from its first request to
//! its verdict.
//!
//! A [`Document`] is a scenario file that has been read and checked. A [`Plan`] is compiled from it, with fixes and values of
//! parameters applied. A [`Load`] simulates the plan for one seed and load number: the same arguments give the same load on
//! every machine. Nothing here reads a clock, a file or a source of randomness.
//!
//! ```
//! use sixslot_models::{Document, Extent, Load, Outcome, Station};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Six requests of 10 s hold the six connections of an HTTP/1.1 browser; the call behind them times out after 8 s.
//! let scenario = r#"
//!     schema = 1
//!     [request.render]
//!     count = 6
//!     service = "10s"
//!     [request.session]
//!     service = "50ms"
//!     deadline = "8s"
//!     [load]
//!     ready = ["session"]
//!     error = { request = "session", failures = 1 }
//!     [fix.no-render]
//!     patch.request.render.count = 0
//! "#;
//! let document = Document::read("page.toml", scenario, &[])?;
//! let mut load = Load::new();
//!
//! let plan = document.plan(&[], &[])?;
//! load.simulate(&plan, 1, 0, Extent::Whole)?;
//! assert!(load.verdict().failed);
//! let session = load.requests().last().ok_or("no request")?;
//! assert_eq!(plan.classes()[session.class].name, "session");
//! assert_eq!(session.outcome, Outcome::Aborted);
//! assert_eq!(session.spent(Station::Pool).as_seconds_f64(), 8.0);
//!
//! let fixed = document.plan(&[document.fix("no-render")?], &[])?;
//! load.simulate(&fixed, 1, 0, Extent::Whole)?;
//! assert!(!load.verdict().failed);
//! # Ok(())
//! # }
//! ```

pub mod browser;
mod cancels;
pub mod class;
mod distribution;
pub mod document;
pub mod evidence;
pub mod faults;
mod form;
mod h1_rules;
pub mod knob;
pub mod limits;
pub mod load;
pub mod load_rules;
pub mod network;
mod order;
pub mod origin;
pub mod owner;
pub mod pages;
pub mod plan;
pub mod protocol;
pub mod queue;
mod read;
mod resolve;
mod ruled_out;
pub mod schema;
pub mod server_cache;
mod source;
pub mod thresholds;
mod tree;
mod url;
mod variation;
mod waiters;
mod warnings;

pub use document::Document;
pub use form::{Form, Linear};
pub use load::{Extent, Load, LoadError, LoadState, Outcome, Request, Station, Verdict};
pub use load_rules::{ErrorRule, Fails, LoadRules};
pub use plan::Plan;
pub use source::ScenarioError;
pub use url::UrlTemplate;

/// Reading other TOML files by the rules of scenario files: typed values, unknown keys refused, each fault at its line and
/// column.
pub mod reading {
    pub use crate::read::{Reader, advice, boolean, check_name, choice, expected, list, number, span, text, whole};
    pub use crate::schema::{Field, Fields, Kind};
    pub use crate::source::{Fault, Place, Source, Sources};
    pub use crate::tree::{Entry, Node, Table, Value, parse, parse_value, quoted};
}
