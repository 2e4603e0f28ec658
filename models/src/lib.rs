//! What happens to a page's requests: scenario files, browsers' rules, servers, and one load from its first request to its
//! verdict.
//!
//! Data goes one way: a [`Document`] is read from TOML, a [`Plan`] is compiled from it with fixes and parameters applied,
//! and a [`load::Load`] simulates the plan. Time and randomness are arguments; nothing here looks at a clock.

pub mod browser;
pub mod class;
pub mod document;
pub mod form;
pub mod limits;
pub mod load;
pub mod origin;
pub mod plan;
pub mod queue;
pub mod read;
pub mod schema;
pub mod server_cache;
pub mod source;
pub mod tree;
pub mod url;

pub use document::Document;
pub use plan::Plan;
pub use source::ScenarioError;
