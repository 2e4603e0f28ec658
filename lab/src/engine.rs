//! The browsers that a load can be played in.
//!
//! Rule: a browser is found where SIXSLOT_CHROMIUM or SIXSLOT_FIREFOX says, else by its usual names in PATH.

use crate::session::LabError;
use models::browser::Browser;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

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

    /// Its program on this machine.
    pub fn find(self) -> Option<PathBuf> {
        let names: &[&str] = match self {
            Self::Chromium => &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
            Self::Firefox => &["firefox-esr", "firefox"],
        };
        if let Some(path) = std::env::var_os(self.variable()) {
            return Some(PathBuf::from(path)).filter(|path| path.is_file());
        }
        let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
        let programs = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        programs.into_iter().find(|path| path.is_file())
    }

    /// What it calls itself, with its version, such as "Chromium 156.0.8078.108".
    ///
    /// # Errors
    /// No such browser, or one that does not start.
    pub fn version(self) -> Result<String, LabError> {
        let path = self.find().ok_or(LabError::NoBrowser { engine: self })?;
        let output = Command::new(&path)
            .arg("--version")
            .output()
            .map_err(|error| LabError::Start { engine: self, why: format!("{}: {error}", path.display()) })?;
        let text = String::from_utf8_lossy(&output.stdout);
        // Debian's start script adds "built on Debian ...".
        let text = text.split(" built on ").next().unwrap_or_default().trim();
        if text.is_empty() {
            return Err(LabError::Start { engine: self, why: format!("{} --version says nothing", path.display()) });
        }
        Ok(text.to_owned())
    }

    /// Its profile: the rules that a plan has to have for the lab to play it in this browser.
    pub fn rules(self) -> Browser {
        match self {
            Self::Chromium => Browser::chromium(),
            Self::Firefox => Browser::firefox(),
        }
    }
}
