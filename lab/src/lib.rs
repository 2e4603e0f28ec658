//! Runs a load of a scenario in a real browser (Chromium, Firefox or WebKitGTK) to compare it with its simulation.
//!
//! A [`Script`] is one load of a plan with all its random draws. A [`Session`] is a browser with an empty profile and a
//! real server, on loopback or, for a scenario with a network, at the far end of a link of two network namespaces. [`Session::run`] runs a script and returns what was [`Measured`]. The browser's
//! own rules apply: a scenario with an option that the browser cannot follow is refused, and the error names the option
//! ([`Unsupported`]).
//!
//! ```no_run
//! use sixslot_lab::{Engine, Script, Session, Settings};
//! use sixslot_models::Document;
//!
//! let text = "schema = 1\n[request.a]\nservice = \"20ms\"\n[load]\nready = [\"a\"]";
//! // Overrides (`--set`) and fixes would go into the empty slices.
//! let plan = Document::read("a.toml", text, &["browser.profile=\"chromium\"".to_owned()])?.plan(&[], &[])?;
//! // Seed 1, load 0, at the scenario's own speed.
//! let script = Script::new(&plan, 1, 0, 1.0)?;
//! let mut session = Session::start(Engine::Chromium, Settings::of(Engine::Chromium))?;
//! let measured = session.run(&script)?;
//! for request in &measured.requests {
//!     println!("{} issued at {:.1} ms: {}", request.class, request.issued_ms, request.outcome);
//! }
//! println!("failed: {}", measured.verdict.failed);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![allow(clippy::disallowed_types, reason = "the lab measures real time")]

mod browser;
mod engine;
mod error;
mod inspector;
mod installed;
mod link;
mod measured;
mod navigation;
mod network;
mod outcomes;
mod page_causes;
mod page_plan;
mod report;
mod script;
pub mod server;
mod session;
mod settings;
mod unsupported;
mod verdict;

pub use engine::Engine;
pub use error::LabError;
pub use inspector::Inspector;
pub use link::LinkError;
pub use measured::{Ending, Measured, MeasuredRequest, MeasuredVerdict};
pub use script::Script;
pub use session::Session;
pub use settings::Settings;
pub use unsupported::Unsupported;
pub use verdict::{Settled, verdict};
