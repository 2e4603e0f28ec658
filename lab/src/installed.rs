//! Finds an installed browser and asks for its version.
//!
//! Rule: the path in SIXSLOT_CHROMIUM or SIXSLOT_FIREFOX if the variable is set, otherwise the first of the browser's
//! usual program names in PATH.

use crate::engine::Engine;
use crate::error::LabError;
use std::path::PathBuf;
use std::process::Command;

impl Engine {
    /// The path of its program on this machine, if it is installed.
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

    /// Its name and version as it states them, such as "Chromium 156.0.8078.108".
    ///
    /// # Errors
    /// The browser is not installed or does not start.
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
            return Err(LabError::Start { engine: self, why: format!("{} --version prints nothing", path.display()) });
        }
        Ok(text.to_owned())
    }
}
