//! The limits on everything that a scenario controls.
//!
//! Rule: input beyond a limit is refused with the limit named; nothing is silently cut.

use sixslot_sim_core::Span;

/// The longest horizon.
pub const LONGEST_HORIZON: Span = Span::from_seconds(24 * 60 * 60);
/// The longest length of time in a scenario.
pub const LONGEST_SPAN: Span = Span::from_seconds(30 * 24 * 60 * 60);
/// The largest scenario text that is read, in bytes.
pub const TEXT: usize = 16 << 20;
/// Characters of a name: of a parameter, a request, a queue, a fix, a layer.
pub const NAME: usize = 64;
/// Requests, retries and polls included, that one load may issue.
pub const REQUESTS: usize = 1_000_000;
/// Events that one load may handle; a load beyond it is in an endless loop.
pub const EVENTS: u64 = 100_000_000;
/// Tables `[request.NAME]`, `[socket.NAME]` and `[background.NAME]` together; tables of any other kind.
pub const CLASSES: usize = 2_000;
/// Entries of `each` in one table.
pub const EACH: usize = 20_000;
/// Causes of one start.
pub const ANCHORS: usize = 1_000;
/// Instances that chains of instances are followed through when a plan is checked.
pub const CHAINED: usize = 1_000_000;
/// Bytes of a body: 1 TB.
pub const BYTES: u64 = 1_000_000_000_000;
/// Bits per second of a link: 1 Tbit/s.
pub const BANDWIDTH: u64 = 1_000_000_000_000;
/// Nesting depth of tables and lists, and parts of a `--set` path.
pub const DEPTH: usize = 32;
/// Elements of a list that no other limit names: samples, backoffs, values of an axis.
pub const LIST: usize = 10_000;
/// Server-side caches that one request looks up.
pub const LOOK_UPS: usize = 100;
/// Terms of a linear form.
pub const TERMS: usize = 100;
/// Parameters that one term of a linear form multiplies.
pub const FACTORS: usize = 8;
/// Parameters.
pub const PARAMETERS: usize = 64;
/// Tabs, and the numbers of a page's tabs.
pub const TABS: u64 = 1_000;
/// Connections, streams, workers, queue places, priorities' limits.
pub const PLACES: u64 = 100_000;
/// Segments of a request on an event loop; stages of an Erlang law.
pub const SEGMENTS: u64 = 1_000;
/// Statuses of a request's answers, and of a list of failures.
pub const STATUSES: usize = 100;
/// Attempts of a retry, failures before an error.
pub const ATTEMPTS: u64 = 1_000;
/// Fixes of a scenario.
pub const FIXES: usize = 64;
/// Fixes in a sweep over all subsets.
pub const SUBSET_FIXES: usize = 12;
/// Fixes of a comparison of all subsets.
pub const COMPARED_SUBSET_FIXES: usize = 10;
/// The highest cost of a fix.
pub const COST: f64 = 1e6;
/// Values of a parameter that a frontier is searched in.
pub const FRONTIER_VALUES: usize = 4_096;
/// Lines of a frontier: sets of fixes times values of the second parameter.
pub const FRONTIER_LINES: usize = 500;
/// Values of a tuned key.
pub const TUNED_VALUES: usize = 100;
/// Draws of one group that the first-order effects of a sensitivity are computed for.
pub const SENSITIVITY_DRAWS: usize = 64;
/// Layers of a scenario: every set of them is simulated.
pub const LAYERS: usize = 10;
/// Cells of a sweep.
pub const CELLS: usize = 100_000;
/// Loads of a cell or a run.
pub const LOADS: u64 = 1_000_000_000;
/// Times to ready that a cell or a run keeps for its quantiles: those of its first loads, 8 bytes each.
pub const TIMES: u64 = 200_000;
/// The same for each fix of a comparison.
pub const COMPARED_TIMES: u64 = 50_000;
/// Numbers with evidence in `[evidence]`.
pub const FITTED: usize = 10_000;
/// Recorded times in `[evidence]`, over all numbers.
pub const RECORDED: usize = 50_000;

/// Faults of one scenario that are listed.
pub const FAULTS: usize = 50;
