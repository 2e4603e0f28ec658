//! The browser engines that can run a load, and the simulator's profile of each.

use serde::{Deserialize, Serialize};
use sixslot_models::browser::Browser;
use std::fmt;

/// A browser's engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Chromium, or what is built on it.
    Chromium,
    /// Firefox.
    Firefox,
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Chromium, Self::Firefox];

    /// Its name, which is that of its profile too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// The environment variable that says where it is.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Chromium => "SIXSLOT_CHROMIUM",
            Self::Firefox => "SIXSLOT_FIREFOX",
        }
    }

    /// Where it is looked for.
    pub(crate) fn looked_at(self) -> String {
        match std::env::var(self.variable()) {
            Ok(path) => format!("at {path}, where {} says", self.variable()),
            Err(_) => "in PATH".to_owned(),
        }
    }

    /// Its profile: the rules that a plan has to have for the lab to play it in this browser.
    pub fn rules(self) -> Browser {
        match self {
            Self::Chromium => Browser::chromium(),
            Self::Firefox => Browser::firefox(),
        }
    }
}
