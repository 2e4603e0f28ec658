//! The same load in a real browser: what a simulated load says, asked of Chromium or Firefox.
//!
//! A [`Script`] is one load of a plan with everything that it draws; a [`Session`] is a browser of its own beside a real
//! HTTP/1.1 server on loopback; playing the script gives what was [`Measured`]. The browser's rules are the browser's own:
//! a scenario with options that cannot be played is refused with the option named ([`Unplayable`]).
//!
//! ```no_run
//! use sixslot_lab::{Engine, Script, Session, Settings};
//! let text = "schema = 1\n[request.a]\nservice = \"20ms\"\n[load]\nready = [\"a\"]";
//! let plan = sixslot_models::Document::read("a.toml", text, &[])?.plan(&[], &[])?;
//! let script = Script::new(&plan, 1, 0, 1.0)?;
//! let mut session = Session::start(Engine::Chromium, Settings::of(Engine::Chromium))?;
//! let measured = session.play(&script)?;
//! println!("{:?}", measured.verdict);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![allow(clippy::disallowed_types, reason = "the lab's subject is real time")]

mod browser;
mod engine;
mod error;
mod inspector;
mod installed;
mod measured;
mod page_plan;
mod report;
mod script;
pub mod server;
mod session;
mod settings;
mod unplayable;
mod verdict;

pub use engine::Engine;
pub use error::LabError;
pub use inspector::Inspector;
pub use measured::{Ending, Measured, MeasuredRequest, MeasuredVerdict};
pub use script::Script;
pub use session::Session;
pub use settings::Settings;
pub use unplayable::Unplayable;
pub use verdict::{Settled, verdict};
