//! Finds an installed browser and asks for its version.
//!
//! Rule: the path in SIXSLOT_CHROMIUM, SIXSLOT_FIREFOX or SIXSLOT_WEBKIT if the variable is set, otherwise the first of the
//! browser's usual program names in PATH. WebKitGTK's program is among the libraries (Debian: package
//! libwebkit2gtk-4.1-0) and needs an Xvfb, also to state its version.

use crate::browser::display;
use crate::engine::Engine;
use crate::error::LabError;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

impl Engine {
    /// The path of its program on this machine, if it is installed.
    pub fn find(self) -> Option<PathBuf> {
        let names: &[&str] = match self {
            Self::Chromium => &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
            Self::Firefox => &["firefox-esr", "firefox"],
            Self::Webkit => &["MiniBrowser"],
        };
        if self == Self::Webkit {
            // Without a display it does not start.
            display::find()?;
        }
        if let Some(path) = std::env::var_os(self.variable()) {
            return Some(PathBuf::from(path)).filter(|path| path.is_file());
        }
        let mut folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
        if self == Self::Webkit {
            folders.extend(libraries().map(|folder| folder.join("webkit2gtk-4.1")));
        }
        let programs = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        programs.into_iter().find(|path| path.is_file())
    }

    /// Its name and version as it states them, such as "Chromium 156.0.8078.108".
    ///
    /// # Errors
    /// The browser is not installed or does not start.
    pub fn version(self) -> Result<String, LabError> {
        let path = self.find().ok_or(LabError::NoBrowser { engine: self })?;
        let output = self
            .say_version(&path)
            .map_err(|error| LabError::Start { engine: self, why: format!("{}: {error}", path.display()) })?;
        let text = String::from_utf8_lossy(&output.stdout);
        // Debian's start script adds "built on Debian ...".
        let text = text.split(" built on ").next().unwrap_or_default().trim();
        if text.is_empty() {
            return Err(LabError::Start { engine: self, why: format!("{} --version prints nothing", path.display()) });
        }
        Ok(text.to_owned())
    }

    fn say_version(self, program: &Path) -> std::io::Result<Output> {
        let Some(server) = display::find().filter(|_| self == Self::Webkit) else {
            return Command::new(program).arg("--version").output();
        };
        let folder = tempfile::tempdir()?;
        Command::new("/bin/sh")
            .args(display::arguments(&server, program, &["--version".into()]))
            .current_dir(folder.path())
            .env("XAUTHORITY", display::authority(folder.path())?)
            .stderr(Stdio::null())
            .output()
    }
}

/// Folders in which systems keep libraries and the programs that belong to them.
fn libraries() -> impl Iterator<Item = PathBuf> {
    let of_architectures = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    ["/usr/libexec", "/usr/lib64", "/usr/lib"].into_iter().map(PathBuf::from).chain(of_architectures)
}
