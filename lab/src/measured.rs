//! The measurement of one load in a browser.
//!
//! Rule: all times are milliseconds of scenario time since the start of the load: real time divided by the script's
//! scale. Arrivals are read from the server's clock, all other times from the page's clock;
//! [`Measured::clock_error_ms`] bounds the difference of the two clocks. A point that a request never reached has no
//! time.

use crate::engine::Engine;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Ending {
    /// It succeeded: answered by the server or from the browser's cache.
    Ok,
    /// The page aborted it, or was closed.
    Aborted,
    /// It failed: by the status of its answer, or because its connection was refused or broke off.
    Failed,
    /// The page answered it by another request for the same URL (`dedupe`).
    Coalesced,
    /// It had not ended at the horizon.
    Unfinished,
}

impl Ending {
    /// The name of the outcome, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Aborted => "aborted",
            Self::Failed => "failed",
            Self::Coalesced => "coalesced",
            Self::Unfinished => "unfinished",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// One request, as the page and the server recorded it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredRequest {
    /// Its name in the scenario.
    pub class: String,
    /// 0-based number of its instance (`count`), or of its arrival (`arrivals`).
    pub index: u32,
    /// 1-based attempt number of this instance, counting polls and retries.
    pub attempt: u32,
    /// 0-based number of its tab.
    pub tab: u32,
    /// When the page issued it.
    pub issued_ms: f64,
    /// When the server received it: its head, where a body follows.
    pub arrived_ms: Option<f64>,
    /// When the page received its response headers; for a socket, when it opened.
    pub headers_ms: Option<f64>,
    /// When it ended for the page: with its headers, where the page does not read its body.
    pub ended_ms: Option<f64>,
    /// How it ended.
    pub outcome: Ending,
    /// The TCP connection that it was received on. Connections that carried a request are numbered from 1 in the order
    /// in which the server accepted them.
    pub connection: Option<u32>,
}

/// The load's verdict, by the rules of [`sixslot_models::load::Verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredVerdict {
    /// The load counts as failed.
    pub failed: bool,
    /// When the page became ready.
    pub ready_ms: Option<f64>,
    /// When the page first showed its error.
    pub error_ms: Option<f64>,
    /// When a success cleared the error.
    pub recovered_ms: Option<f64>,
}

/// The measurement of one load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The browser.
    pub engine: Engine,
    /// Its name and version, as it states them.
    pub version: String,
    /// Idle time between the browser's start and the first load, in real milliseconds.
    pub rest_ms: f64,
    /// Real time divided by scenario time.
    pub scale: f64,
    /// The seed of the load's draws.
    pub seed: u64,
    /// The load's number.
    pub load: u64,
    /// Bound on the difference between any page's clock and the server's, in real milliseconds: half of the fastest of
    /// 20 round trips.
    pub clock_error_ms: f64,
    /// The page's requests and sockets in the order in which they were issued, without the server's background calls.
    pub requests: Vec<MeasuredRequest>,
    /// The load's verdict.
    pub verdict: MeasuredVerdict,
}
