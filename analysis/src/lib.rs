//! Analyses of plans and of HTTP Archives: one load in detail, the failure probability, fixes compared on the same loads, a
//! scenario drafted from archives, a diagnosis of archives.
//!
//! Rule: no file, no clock, no terminal and no thread pool of its own: it builds for WebAssembly too. Loops over loads run
//! in rayon's current pool.
//!
//! ```
//! use sixslot_analysis::comparison::compare;
//! use sixslot_analysis::estimate::Estimate;
//! use sixslot_models::Document;
//! use sixslot_statistics::Stopping;
//! use std::sync::atomic::AtomicBool;
//!
//! // Six renders hold the six connections, for 9 s in the mean; the call behind them has a deadline of 8 s.
//! let text = r#"
//!     schema = 1
//!     [request.render]
//!     count = 6
//!     service = { distribution = "gamma", shape = 4, mean = "9s" }
//!     [request.session]
//!     service = "50ms"
//!     deadline = "8s"
//!     [load]
//!     ready = ["session"]
//!     error = { request = "session" }
//!     [fix.no-render]
//!     patch.request.render.count = 0
//! "#;
//! let document = Document::read("page.toml", text, &[])?;
//! let interrupt = AtomicBool::new(false);
//! let plan = document.plan(&[], &[])?;
//! let estimate = Estimate::run(&plan, 1, &Stopping::Fixed(2_000), 2_000, &interrupt, |_| ())?;
//! let interval = estimate.interval.ok_or("failure is not judged")?;
//! assert!(interval.low > 0.0 && interval.high < 0.05);
//!
//! // The same loads with the fix: none fails.
//! let fixes = compare(&document, 1, 2_000, &interrupt, |_| ())?;
//! assert_eq!((fixes[0].fix.as_str(), fixes[0].with), ("no-render", 0.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod acceptance;
pub mod answers;
pub mod baseline;
pub mod cause;
pub mod comparison;
mod crossed;
pub mod data_interval;
pub mod diagnose;
pub mod estimate;
pub mod export;
pub mod frontier;
pub mod import;
pub mod layers;
pub mod notes;
pub mod page_end;
mod parallel;
pub mod ranking;
pub mod rare;
pub mod ready_times;
pub mod record;
pub mod replications;
pub mod report;
pub mod sensitivity;
pub mod sentence;
pub mod story;
pub mod subsets;
pub mod svg_text;
pub mod sweep;
pub mod text_table;
pub mod thin_evidence;
pub mod thresholds;
pub mod tuning;
pub mod waits;
pub mod waterfall;
pub mod words;
