//! Sweeps with their files, hypotheses about a page, and pictures.
//!
//! Rule: code that needs files, but no terminal, is here; code that needs neither is in `sixslot-analysis`.
//!
//! ```
//! use sixslot_analysis::sweep::{Recipe, Sweep, VERSION};
//! use sixslot_experiments::files::{Files, System};
//! use sixslot_experiments::sweep::{Watch, Work, run};
//! use std::sync::atomic::AtomicBool;
//!
//! let text = r#"
//!     schema = 1
//!     title = "A call behind renders"
//!     [parameters]
//!     renders = 6
//!     [request.render]
//!     count = "renders"
//!     service = { distribution = "gamma", shape = 4, mean = "6s" }
//!     [request.session]
//!     service = "50ms"
//!     deadline = "8s"
//!     [load]
//!     ready = ["session"]
//!     error = { request = "session" }
//!     [fix.no-render]
//!     title = "no renders"
//!     patch.request.render.count = 0
//!     [sweep]
//!     renders = [3, 6, 12]
//! "#;
//! let recipe = Recipe {
//!     version: VERSION.to_owned(),
//!     scenario: "page.toml".to_owned(),
//!     text: text.to_owned(),
//!     set: Vec::new(),
//!     seed: 1,
//!     loads: Some(200),
//!     decide: None,
//! };
//! // Three values of the parameter, each without and with the fix.
//! let sweep = Sweep::new(recipe)?;
//! assert_eq!(sweep.cells(), 6);
//! let folder = tempfile::tempdir()?;
//! let watch = Watch { interrupt: &AtomicBool::new(false), done: &|_| (), note: &|_| () };
//! run(&sweep, &Files::new(&System, false), folder.path(), &Work::default(), &watch)?;
//! let table = std::fs::read_to_string(folder.path().join("sweep.csv"))?;
//! assert_eq!(table.lines().count(), 1 + 6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod csv_table;
pub mod files;
pub mod hypotheses;
pub mod input;
pub mod pictures;
pub mod report_pictures;
pub mod sweep;
