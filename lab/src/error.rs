//! Why a load was not measured.

use crate::engine::Engine;
use crate::link::LinkError;
use crate::unsupported::Unsupported;

/// Why a load was not measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// The browser is not installed.
    #[error("no {engine} {}; install it, or set {} to the path of its program", engine.searched(), engine.variable())]
    NoBrowser {
        /// The browser.
        engine: Engine,
    },
    /// The browser does not start.
    #[error(
        "{engine} does not start: {why}; check that its program runs on its own, or set {} to another one",
        engine.variable()
    )]
    Start {
        /// The browser.
        engine: Engine,
        /// What happened.
        why: String,
    },
    /// The browser failed, or did not answer in time.
    #[error("{engine} failed: {why}; try again, if possible while the machine is less busy")]
    Browser {
        /// The browser.
        engine: Engine,
        /// What happened.
        why: String,
    },
    /// [`Settings::stop`](crate::Settings::stop) became true.
    #[error("stopped before the load ended; run it again to measure it")]
    Stopped,
    /// The lab's server, or the browser's temporary folder, failed.
    #[error("the lab's server failed: {0}; it needs free ports on 127.0.0.1 and a writable temporary folder (TMPDIR)")]
    Server(#[from] std::io::Error),
    /// There is no link for a scenario with a network.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The script needs something that the browser does not do.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
}
