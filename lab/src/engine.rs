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

    /// A sentence that a version, as the browser states it, is older than those whose rules were measured; none if it is
    /// not, or if it has no number.
    pub fn too_old(self, version: &str) -> Option<String> {
        let [major, minor] = match self {
            Self::Chromium => Browser::OLDEST_CHROMIUM,
            Self::Firefox => Browser::OLDEST_FIREFOX,
            Self::Webkit => Browser::OLDEST_WEBKIT,
        };
        let word = version.split_whitespace().find(|word| word.starts_with(|one: char| one.is_ascii_digit()))?;
        let mut numbers = word.split(|one: char| !one.is_ascii_digit()).map(|digits| digits.parse().unwrap_or(0));
        let found: [u32; 2] = [numbers.next()?, numbers.next().unwrap_or(0)];
        let oldest = if minor == 0 { major.to_string() } else { format!("{major}.{minor}") };
        (found < [major, minor]).then(|| {
            format!(
                "{version} is older than version {oldest}, the oldest whose rules were measured (docs/browser-rules.md); \
                 what differs may be a rule of its own."
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Engine;

    #[test]
    fn an_older_version_is_named_and_a_measured_one_is_not() {
        for (engine, version, old) in [
            (Engine::Firefox, "Mozilla Firefox 140.4.0esr", true),
            (Engine::Firefox, "Mozilla Firefox 152.9.9", true),
            (Engine::Firefox, "Mozilla Firefox 153.8.0esr", false),
            (Engine::Firefox, "Mozilla Firefox 1000", false),
            (Engine::Chromium, "Chromium 147.0.7000.1", true),
            (Engine::Chromium, "Google Chrome 148.0.7778.167", false),
            (Engine::Webkit, "WebKitGTK 2.48.7", true),
            (Engine::Webkit, "WebKitGTK 2.50.6", false),
            (Engine::Firefox, "Mozilla Firefox", false),
        ] {
            let sentence = engine.too_old(version);
            assert_eq!(sentence.is_some(), old, "{sentence:?}");
        }
        let sentence = Engine::Firefox.too_old("Mozilla Firefox 140.4.0esr").unwrap_or_default();
        assert!(sentence.starts_with("Mozilla Firefox 140.4.0esr is older than version 153, "), "{sentence}");
    }
}
