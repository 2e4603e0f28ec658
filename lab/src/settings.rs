//! How a session treats its browser: rests, pauses, timeouts, and the flag that stops it.

use crate::engine::Engine;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The default of [`Settings::stop`]: never true.
static NEVER: AtomicBool = AtomicBool::new(false);

/// How a session treats its browser.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Idle time between the browser's start and the first load.
    pub rest: Duration,
    /// Idle time between the opening of a load's pages and its start.
    pub pause: Duration,
    /// Timeout of each step that should be almost immediate: starting, answering, opening pages, reporting.
    pub patience: Duration,
    /// When this becomes true, the session stops within 0.2 s with [`LabError::Stopped`](crate::LabError::Stopped).
    pub stop: &'static AtomicBool,
}

impl Settings {
    /// The defaults for an engine: a rest of 1 s for Chromium, 3.5 s for Firefox and 2 s for WebKitGTK, a timeout of 30 s.
    pub const fn of(engine: Engine) -> Self {
        let (rest, pause) = match engine {
            Engine::Chromium => (1_000, 300),
            Engine::Firefox => (3_500, 1_000),
            Engine::Webkit => (2_000, 500),
        };
        Self {
            rest: Duration::from_millis(rest),
            pause: Duration::from_millis(pause),
            patience: Duration::from_secs(30),
            stop: &NEVER,
        }
    }
}
