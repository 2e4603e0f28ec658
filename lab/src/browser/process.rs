//! A browser's processes and its temporary folder, which end together with this program, however it ends.
//!
//! Rule: the browser runs in its own process group and writes to one temporary folder only. A watchdog (a small shell
//! in a third process group) reads a pipe held by this program. When the pipe closes, because the session is dropped,
//! by a panic, or because this program ended for any reason including SIGKILL, the watchdog kills the browser's group
//! and removes the folder. The browser starts only after the watchdog has been sent its process group, so it is never
//! unknown to the watchdog.

use crate::engine::Engine;
use crate::error::LabError;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Reads the process group; when the pipe closes, kills the group, then removes the folder. A process that is being
/// killed may still write, so removal is repeated until the folder is gone.
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

/// Waits for a line, then becomes the browser: what follows the line on standard input is its file descriptor 3, and
/// its file descriptor 4 is the shell's standard output.
const START: &str = r#"read -r go && exec "$@" 3<&0 4>&1 </dev/null >/dev/null"#;

/// A browser's processes and its folder.
#[derive(Debug)]
pub(crate) struct Process {
    browser: Child,
    watchdog: Child,
    /// Closing this pipe ends the browser.
    leash: Option<ChildStdin>,
}

/// The pipes to the browser's file descriptors 3 and 4.
#[derive(Debug)]
pub(super) struct Pipes {
    /// What the browser reads.
    pub(super) input: ChildStdin,
    /// What the browser writes.
    pub(super) output: ChildStdout,
}

/// Creates a temporary folder with the folders that a browser needs; it is removed if the start fails.
pub(super) fn folder(engine: Engine) -> Result<tempfile::TempDir, LabError> {
    let folder = tempfile::Builder::new().prefix(&format!("sixslot-{engine}-")).tempdir()?;
    for name in ["profile", "home", "tmp"] {
        std::fs::create_dir(folder.path().join(name))?;
    }
    Ok(folder)
}

impl Process {
    /// Starts a program in its own folder. Drop the pipes if the program does not use them.
    pub(super) fn start(
        engine: Engine,
        program: &Path,
        arguments: &[impl AsRef<OsStr>],
        environment: &[(&str, &OsStr)],
        folder: tempfile::TempDir,
    ) -> Result<(Self, Pipes), LabError> {
        let failed = |error: std::io::Error| LabError::Start { engine, why: error.to_string() };
        let mut watchdog = watchdog(folder.path()).map_err(failed)?;
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
            .stdout(Stdio::piped())
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
        let pipes = browser.stdin.take().zip(browser.stdout.take());
        let known = match &mut leash {
            Some(leash) => writeln!(leash, "{}", browser.id()),
            None => Ok(()),
        };
        let process = Self { browser, watchdog, leash };
        known.map_err(failed)?;
        let Some((mut input, output)) = pipes else { return Err(failed(std::io::ErrorKind::BrokenPipe.into())) };
        writeln!(input, "go").map_err(failed)?;
        Ok((process, Pipes { input, output }))
    }

    /// Whether the browser is still running.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.browser.try_wait(), Ok(None))
    }
}

/// Starts the watchdog of a folder.
fn watchdog(folder: &Path) -> std::io::Result<Child> {
    Command::new("/bin/sh")
        .args(["-c", WATCHDOG, "sixslot-watchdog"])
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.leash.take());
        self.watchdog.wait().ok();
        // The group has been killed, so this returns. It reaps the process.
        self.browser.wait().ok();
    }
}
