//! The shares of loads in a table: the counts, and the ends of the intervals in columns of their own.

use sixslot_analysis::acceptance::Shares;

/// The cells of shares in a table.
pub(super) struct ShareCells {
    pub(super) loads: u64,
    pub(super) failed: Option<f64>,
    pub(super) failed_low: Option<f64>,
    pub(super) failed_high: Option<f64>,
    pub(super) late: f64,
    pub(super) late_low: f64,
    pub(super) late_high: f64,
}

impl From<&Shares> for ShareCells {
    fn from(shares: &Shares) -> Self {
        Self {
            loads: shares.loads,
            failed: shares.failed,
            failed_low: shares.failed_interval.map(|interval| interval.low),
            failed_high: shares.failed_interval.map(|interval| interval.high),
            late: shares.late,
            late_low: shares.late_interval.low,
            late_high: shares.late_interval.high,
        }
    }
}
