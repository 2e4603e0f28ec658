//! The limits on everything that a scenario controls.
//!
//! Rule: input beyond a limit is refused with the limit named; nothing is silently cut.

use sixslot_sim_core::Span;

/// The longest time that a load is watched.
pub const LONGEST_HORIZON: Span = Span::from_seconds(24 * 60 * 60);
/// The longest length of time in a scenario.
pub const LONGEST_SPAN: Span = Span::from_seconds(30 * 24 * 60 * 60);
/// Requests, retries and polls included, that one load may issue.
pub const REQUESTS: usize = 1_000_000;
/// Events that one load may take; a load beyond it is in an endless loop.
pub const EVENTS: u64 = 100_000_000;
/// Tables [request.NAME] and `[socket.NAME]` together.
pub const CLASSES: usize = 2_000;
/// Tables and lists within each other, and parts of a `--set` path.
pub const DEPTH: usize = 32;
/// Parameters.
pub const PARAMETERS: usize = 64;
/// Tabs.
pub const TABS: u64 = 1_000;
/// Connections, streams, workers, queue places, priorities' limits.
pub const PLACES: u64 = 100_000;
/// Hops of a request on an event loop.
pub const SEGMENTS: u64 = 1_000;
/// Attempts of a retry, failures before an error.
pub const ATTEMPTS: u64 = 1_000;
/// Fixes of a scenario.
pub const FIXES: usize = 64;
/// Fixes of which all subsets can be taken.
pub const SUBSET_FIXES: usize = 12;
/// Layers of a scenario: all their sets are played.
pub const LAYERS: usize = 10;
/// Cells of a sweep.
pub const CELLS: usize = 100_000;
/// Loads of a cell or a run.
pub const LOADS: u64 = 1_000_000_000;
/// Loads of a cell or a run whose times to ready are kept; quantiles are of these.
pub const TIMES: u64 = 4_000_000;
