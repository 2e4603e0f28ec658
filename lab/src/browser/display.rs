//! A display without a screen, for a browser that has no headless mode, that nobody else can open.
//!
//! Rule: Xvfb chooses a free number, and lets in only who has the cookie. The cookie is in a file of the browser's
//! private folder, never on a command line. Xvfb listens on no TCP port, is in the browser's process group, and ends
//! with the browser.
//! Source: Xserver(1), Xvfb(1); the file's format: libXau, AuWrite.c.

use crate::server::token::Token;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The server's program.
const SERVER: &str = "Xvfb";

/// Starts the server in the current folder, then the browser: `$1` is the server, the rest the browser's command line.
const SCRIPT: &str = r#"
server=$1
shift
mkfifo display || exit
"$server" -displayfd 9 -screen 0 1024x768x24 -nolisten tcp -auth "$XAUTHORITY" 9>display &
read -r number <display || exit
DISPLAY=:$number "$@"
result=$?
kill "$!"
exit "$result"
"#;

/// The server's path, if it is installed.
pub(crate) fn find() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(SERVER)).find(|path| path.is_file())
}

/// Writes a new cookie into a private folder; the path of its file is for the variable XAUTHORITY.
pub(crate) fn authority(folder: &Path) -> std::io::Result<PathBuf> {
    let cookie = Token::new()?;
    let path = folder.join("authority");
    // Of any host (the family "wild") and any display number.
    let mut entry = vec![0xff, 0xff];
    for field in ["", "", "MIT-MAGIC-COOKIE-1", cookie.text()] {
        entry.extend((field.len() as u16).to_be_bytes());
        entry.extend(field.as_bytes());
    }
    std::fs::write(&path, entry)?;
    Ok(path)
}

/// The arguments of `/bin/sh` that run a program on a display.
pub(crate) fn arguments(server: &Path, program: &Path, arguments: &[OsString]) -> Vec<OsString> {
    let words: [&std::ffi::OsStr; 5] =
        ["-c".as_ref(), SCRIPT.as_ref(), "sixslot-display".as_ref(), server.as_ref(), program.as_ref()];
    words.into_iter().map(OsString::from).chain(arguments.iter().cloned()).collect()
}
