//! A browser's processes and its folder, ended together whatever becomes of this program.
//!
//! Rule: the browser is a process group of its own, and everything it writes lies in one temporary folder. A watchdog, a
//! small shell in a third group, reads from a pipe that this program holds: when the pipe is closed, by hand, by a panic
//! or by the end of this program of whatever cause, SIGKILL included, it kills the browser's group and removes the folder.
//! The browser's program begins only after the watchdog knows its number, so there is no moment at which it is unknown.

use crate::engine::Engine;
use crate::error::LabError;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Reads the group's number; at the end of the pipe it kills the group, then removes the folder. A process that is just
/// dying may still write, so the folder is removed until it is gone.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP QUIT
group=
while read -r line; do group=$line; done
[ -n "$group" ] && kill -s KILL -- "-$group" 2>/dev/null
n=0
while [ -e "$1" ] && [ "$n" -lt 100 ]; do
  rm -rf -- "$1" 2>/dev/null
  [ -e "$1" ] && sleep 0.05
  n=$((n + 1))
done
"#;

/// Waits for a line, then becomes the browser.
const START: &str = r#"read -r go && exec "$@" </dev/null"#;

/// A browser's processes and its folder.
#[derive(Debug)]
pub(crate) struct Process {
    folder: PathBuf,
    browser: Child,
    watchdog: Child,
    /// The pipe whose end is the browser's end.
    leash: Option<ChildStdin>,
}

/// A temporary folder with the places that a browser looks for; nothing is left of it when a start fails.
pub(super) fn folder(engine: Engine) -> Result<tempfile::TempDir, LabError> {
    let folder = tempfile::Builder::new().prefix(&format!("sixslot-{engine}-")).tempdir()?;
    for name in ["profile", "home", "tmp"] {
        std::fs::create_dir(folder.path().join(name))?;
    }
    Ok(folder)
}

impl Process {
    /// Starts a program in a folder of its own.
    pub(super) fn start(
        engine: Engine,
        program: &Path,
        arguments: &[String],
        environment: &[(&str, &str)],
        folder: tempfile::TempDir,
    ) -> Result<Self, LabError> {
        let failed = |error: std::io::Error| LabError::Start { engine, why: error.to_string() };
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "sixslot-watchdog"])
            .arg(folder.path())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        // From here on the watchdog removes the folder.
        let folder = folder.keep();
        let mut leash = watchdog.stdin.take();
        let home = folder.join("home");
        let spawned = Command::new("/bin/sh")
            .args(["-c", START, "sixslot-browser"])
            .arg(program)
            .args(arguments)
            .current_dir(&home)
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("TMPDIR", folder.join("tmp"))
            .envs(environment.iter().copied())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let mut browser = match spawned {
            Ok(browser) => browser,
            Err(error) => {
                drop(leash);
                watchdog.wait().ok();
                return Err(failed(error));
            }
        };
        let told = match &mut leash {
            Some(leash) => writeln!(leash, "{}", browser.id()),
            None => Ok(()),
        };
        let begun = match browser.stdin.take() {
            Some(mut go) => writeln!(go, "go"),
            None => Ok(()),
        };
        let process = Self { folder, browser, watchdog, leash };
        told.and(begun).map_err(failed)?;
        Ok(process)
    }

    /// Its folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.browser.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.leash.take());
        self.watchdog.wait().ok();
        // The group has been killed, so this returns; it takes the dead process off the system's list.
        self.browser.wait().ok();
    }
}
