//! How a session treats its browser: rests, pauses, timeouts, and the flag that stops it.

use crate::engine::Engine;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Nobody stops a session with it.
static NEVER: AtomicBool = AtomicBool::new(false);

/// How a session is held.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long the browser is left alone between its start and the first plan.
    pub rest: Duration,
    /// How long each page is left alone between its opening and its plan.
    pub pause: Duration,
    /// How long a browser may take for what should take a moment, before the session is given up.
    pub patience: Duration,
    /// Once this is true, the session is given up in the middle of what it does, with [`LabError::Stopped`].
    pub stop: &'static AtomicBool,
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
            stop: &NEVER,
        }
    }
}
