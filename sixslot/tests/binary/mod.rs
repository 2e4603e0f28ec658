//! The `sixslot` binary as a user runs it, from the workspace's folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The workspace's folder.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The command, not started yet.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sixslot"));
    command.args(arguments).current_dir(workspace());
    command
}

/// Runs the command to its end.
pub fn sixslot(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// What the command said on standard error; a panic is never an answer.
pub fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked") && !text.contains("RUST_BACKTRACE"), "{text}");
    text
}

#[allow(dead_code, reason = "some tests only refuse or only succeed")]
/// Runs the command, which has to refuse with exit code 2 and say nothing on standard output; returns its reason.
pub fn refused(arguments: &[&str]) -> String {
    let output = sixslot(arguments);
    let text = complaint(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    text
}

#[allow(dead_code, reason = "as above")]
/// Runs the command, which has to succeed; returns its result.
pub fn done(arguments: &[&str]) -> String {
    let output = sixslot(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", complaint(&output));
    String::from_utf8(output.stdout).unwrap()
}
