//! The browser engines that can run a load, and the simulator's profile of each.

use serde::{Deserialize, Serialize};
use sixslot_models::browser::Browser;
use std::fmt;

/// A browser engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Engine {
    /// Chromium or a browser built on it.
    Chromium,
    /// Firefox.
    Firefox,
    /// WebKitGTK, by its MiniBrowser.
    Webkit,
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Engine {
    /// All engines.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::Webkit];

    /// The engine's name; its browser profile has the same name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }

    /// The environment variable that may hold the path of its program.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Chromium => "SIXSLOT_CHROMIUM",
            Self::Firefox => "SIXSLOT_FIREFOX",
            Self::Webkit => "SIXSLOT_WEBKIT",
        }
    }

    /// Where its program is searched for, as part of a sentence.
    pub(crate) fn searched(self) -> String {
        match std::env::var(self.variable()) {
            Ok(path) => format!("at {path} (from {})", self.variable()),
            Err(_) if self == Self::Webkit => "among the libraries, with an Xvfb in PATH".to_owned(),
            Err(_) => "in PATH".to_owned(),
        }
    }

    /// The browser profile of the simulator. The lab runs a plan in this browser only if the plan has these rules.
    pub fn rules(self) -> Browser {
        match self {
            Self::Chromium => Browser::chromium(),
            Self::Firefox => Browser::firefox(),
            Self::Webkit => Browser::webkit(),
        }
    }
}
