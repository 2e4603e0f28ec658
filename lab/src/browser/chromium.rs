//! Starts Chromium.
//!
//! Rule: headless, with an empty profile, no background networking, and the debugging protocol on pipes
//! ([`Protocol`]). A load only opens and closes tabs through it: nothing is attached to a page, because that would slow
//! it down. An [`Inspector`](crate::Inspector) attaches to its page.

use super::process::{self, Process};
use super::protocol::Protocol;
use crate::engine::Engine;
use crate::error::LabError;
use crate::server::place::Place;
use crate::settings::Settings;
use std::path::Path;

const ENGINE: Engine = Engine::Chromium;

/// Command-line switches that stop Chromium's background activity.
/// Source of their meanings: chrome/common/chrome_switches.cc, content/public/common/content_switches.cc.
const SWITCHES: &[&str] = &[
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-client-side-phishing-detection",
    "--disable-domain-reliability",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-dev-shm-usage",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    // A page of the far end of a link talks to the lab on loopback, for which Chromium would ask a person
    // (LocalNetworkAccessChecks). The last four features are hidden pages of the address bar. They used a third of a processor core (measured).
    "--disable-features=LoadingPredictorPrefetch,PreconnectToSearch,OptimizationHints,LocalNetworkAccessChecks,MediaRouter,Translate,PreloadTopChromeWebUI,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
    "--dns-prefetch-disable",
    "--metrics-recording-only",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
];

/// Starts Chromium and connects to its debugging protocol.
pub(crate) async fn start(program: &Path, settings: &Settings, place: &Place) -> Result<(Process, Protocol), LabError> {
    let folder = process::folder(ENGINE)?;
    let mut arguments: Vec<String> = SWITCHES.iter().map(|switch| (*switch).to_owned()).collect();
    arguments.push(format!("--user-data-dir={}", folder.path().join("profile").display()));
    if is_root() {
        // Chromium's sandbox does not start as root.
        arguments.push("--no-sandbox".to_owned());
    }
    #[cfg(feature = "tls")]
    if let Some(credential) = place.credential() {
        arguments.push(format!("--ignore-certificate-errors-spki-list={}", credential.key_digest()));
    }
    arguments.push("about:blank".to_owned());
    let (process, pipes) = place.at_browser(|| Process::start(ENGINE, program, &arguments, &[], folder))??;
    let protocol = Protocol::connect(pipes, settings.patience).await?;
    Ok((process, protocol))
}

/// Whether this program runs as root: root owns its entry in /proc. False on systems without /proc.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}
