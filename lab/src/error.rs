//! Why a load was not measured.

use crate::engine::Engine;
use crate::unplayable::Unplayable;

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The machine has no such browser.
    #[error("no {engine} {}; install it, or say where it is with {}", engine.looked_at(), engine.variable())]
    NoBrowser {
        /// Which.
        engine: Engine,
    },
    /// The browser does not start.
    #[error("{engine} does not start: {why}")]
    Start {
        /// Which.
        engine: Engine,
        /// What happened.
        why: String,
    },
    /// The browser does not do what it should.
    #[error("{engine} was given up: {why}")]
    Browser {
        /// Which.
        engine: Engine,
        /// What happened.
        why: String,
    },
    /// The settings' `stop` said so.
    #[error("stopped")]
    Stopped,
    /// The lab's server cannot work.
    #[error("the lab's server: {0}")]
    Server(#[from] std::io::Error),
    /// The script asks for what this browser does not do.
    #[error(transparent)]
    Unplayable(#[from] Unplayable),
}
