//! What a browser did with a load.
//!
//! Rule: all times are milliseconds of scenario time from the plan's start: real time divided by the script's scale. An
//! arrival is read from the server's clock, everything else from the page's; [`Measured::clock_error_ms`] says how well
//! the two were tied together. A request that never came to a point has no time there.

use crate::engine::Engine;
use serde::{Deserialize, Serialize};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// It was answered, by the server or out of the browser's cache.
    Ok,
    /// The page aborted it.
    Aborted,
    /// The page let it share another call of the same URL (`dedupe`).
    Coalesced,
    /// It had not ended at the horizon.
    Unfinished,
}

/// A request as the page and the server saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredRequest {
    /// The name of its class in the scenario.
    pub class: String,
    /// Its copy's number, from 0; for a random stream, the arrival's.
    pub index: u32,
    /// The how manieth call of its copy it is, from 1.
    pub attempt: u32,
    /// Its tab, from 0.
    pub tab: u32,
    /// When the page made it.
    pub issued_ms: f64,
    /// When the server had it.
    pub arrived_ms: Option<f64>,
    /// When the page had its headers; for a socket, when it was open.
    pub headers_ms: Option<f64>,
    /// When it had ended for the page.
    pub ended_ms: Option<f64>,
    /// How it ended.
    pub outcome: Ending,
    /// The TCP connection that it came on, numbered from 1 in the order in which the server accepted those that brought
    /// a request.
    pub connection: Option<u32>,
}

/// What became of the load, by the rules of [`sixslot_models::load::Verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredVerdict {
    /// The load counts as failed.
    pub failed: bool,
    /// When the page was ready.
    pub ready_ms: Option<f64>,
    /// When the page showed its error first.
    pub error_ms: Option<f64>,
    /// When a success cleared the error.
    pub recovered_ms: Option<f64>,
}

/// One load, measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The browser.
    pub engine: Engine,
    /// What it calls itself, with its version.
    pub version: String,
    /// How long the browser was left alone before the plan began.
    pub rest_ms: f64,
    /// Real time is scenario time times this.
    pub scale: f64,
    /// The seed of the load's draws.
    pub seed: u64,
    /// The load's number.
    pub load: u64,
    /// No page's clock is further from the server's than this: half of the fastest of several round trips.
    pub clock_error_ms: f64,
    /// In the order in which they were issued; sockets among them, a server's background calls not.
    pub requests: Vec<MeasuredRequest>,
    /// What became of the load.
    pub verdict: MeasuredVerdict,
}
