//! Starts WebKitGTK with a page of the lab (page/driver.html) that opens and closes the tabs.
//!
//! Rule: WebKitGTK's own small browser, MiniBrowser, on a display without a screen ([`display`]), with an empty profile, but
//! not a private one: that has no cache on disk, and stores nothing (measured). Its driver for the WebDriver protocol is not
//! used: it and the browser that it starts would listen on ports that any user of the machine can connect to, and its
//! sessions are private. The driver page needs neither. Each tab is a window of its own, so that none is in the background.
//! Source of the options: Tools/MiniBrowser/gtk/main.c, WebKitSettings.cpp.

use super::display;
use super::process::{self, Process};
use crate::engine::Engine;
use crate::error::LabError;
use crate::server::control::Control;
use crate::server::place::Place;
use std::ffi::OsString;
use std::path::Path;

const ENGINE: Engine = Engine::Webkit;

/// Options that differ from MiniBrowser's defaults.
const OPTIONS: &[&str] = &[
    "--javascript-can-open-windows-automatically=true",
    "--enable-dns-prefetching=false",
    "--enable-page-cache=false",
];

/// Starts WebKitGTK with the driver page of the control origin.
pub(super) fn start(program: &Path, control: &Control, place: &Place) -> Result<Process, LabError> {
    let server = display::find().ok_or(LabError::NoBrowser { engine: ENGINE })?;
    let folder = process::folder(ENGINE)?;
    let profile = folder.path().join("profile");
    let authority = display::authority(&profile)?;
    // The token is in a file of the private profile and not in the arguments, which every user of the machine can read.
    let driver = format!("http://127.0.0.1:{}/driver?token={}", control.port(), control.token().text());
    let first = profile.join("first.html");
    std::fs::write(&first, format!("<script>location.replace(\"{driver}\")</script>"))?;
    let mut options: Vec<OsString> = OPTIONS.iter().map(OsString::from).collect();
    options.push(first.into());
    let runtime = folder.path().join("tmp");
    let environment = [
        ("XAUTHORITY", authority.as_os_str()),
        ("XDG_RUNTIME_DIR", runtime.as_os_str()),
        ("GDK_BACKEND", "x11".as_ref()),
        // No bus for assistive programs, and no graphics processor.
        ("NO_AT_BRIDGE", "1".as_ref()),
        ("LIBGL_ALWAYS_SOFTWARE", "1".as_ref()),
    ];
    let arguments = display::arguments(&server, program, &options);
    let shell = Path::new("/bin/sh");
    let (process, _pipes) = place.at_browser(|| Process::start(ENGINE, shell, &arguments, &environment, folder))??;
    Ok(process)
}
