//! Starts Firefox with a page of the lab (page/driver.html) that opens and closes the tabs.
//!
//! Rule: headless, with an empty profile whose preferences switch off Firefox's background activity, and without the
//! remote agent, which would slow down its pages.
//! Source of the preferences: modules/libpref/init/StaticPrefList.yaml, browser/app/profile/firefox.js.

use super::process::{self, Process};
use crate::engine::Engine;
use crate::error::LabError;
use crate::server::control::Control;
use crate::server::place::Place;
use std::fmt::Write;
use std::path::Path;

/// The preferences that differ from Firefox's defaults.
const PREFERENCES: &[(&str, &str)] = &[
    // The driver page opens the tabs, and all of them are treated like the one in the foreground. By default Firefox
    // serves the requests of the foreground tab first (active_tab_priority, measured); a scenario does not say which
    // tab that is.
    ("network.http.active_tab_priority", "false"),
    ("dom.disable_open_during_load", "false"),
    ("dom.popup_maximum", "100"),
    ("dom.min_background_timeout_value", "4"),
    ("dom.min_background_timeout_value_without_budget_throttling", "4"),
    ("dom.timeout.enable_budget_timer_throttling", "false"),
    // Page clocks with a resolution of 20 microseconds instead of 1 ms with jitter.
    ("privacy.reduceTimerPrecision", "false"),
    // No speculative connections: only those that the plan needs.
    ("network.http.speculative-parallel-limit", "0"),
    ("network.prefetch-next", "false"),
    ("network.dns.disablePrefetch", "true"),
    ("network.predictor.enabled", "false"),
    ("network.early-hints.enabled", "false"),
    ("browser.urlbar.speculativeConnect.enabled", "false"),
    // A secure page talks to the lab on loopback.
    ("network.websocket.allowInsecureFromHTTPS", "true"),
    // No proxy and no requests to the outside.
    ("network.proxy.type", "0"),
    ("network.captive-portal-service.enabled", "false"),
    ("network.connectivity-service.enabled", "false"),
    ("network.trr.mode", "5"),
    ("app.update.enabled", "false"),
    ("app.update.auto", "false"),
    ("app.normandy.enabled", "false"),
    ("app.shield.optoutstudies.enabled", "false"),
    ("browser.safebrowsing.downloads.remote.enabled", "false"),
    ("browser.safebrowsing.malware.enabled", "false"),
    ("browser.safebrowsing.phishing.enabled", "false"),
    ("browser.safebrowsing.update.enabled", "false"),
    ("browser.search.update", "false"),
    ("browser.search.geoip.url", "\"\""),
    ("browser.region.update.enabled", "false"),
    ("browser.region.network.url", "\"\""),
    ("browser.newtabpage.enabled", "false"),
    ("browser.newtabpage.activity-stream.feeds.system.topstories", "false"),
    ("browser.newtabpage.activity-stream.asrouter.providers.snippets", "\"\""),
    ("browser.aboutConfig.showWarning", "false"),
    ("browser.aboutwelcome.enabled", "false"),
    ("browser.startup.page", "1"),
    ("browser.startup.homepage_override.mstone", "\"ignore\""),
    ("browser.shell.checkDefaultBrowser", "false"),
    ("browser.tabs.warnOnClose", "false"),
    ("browser.sessionstore.resume_from_crash", "false"),
    ("browser.sessionstore.interval", "3600000"),
    ("browser.pagethumbnails.capturing_disabled", "true"),
    ("datareporting.healthreport.uploadEnabled", "false"),
    ("datareporting.policy.dataSubmissionEnabled", "false"),
    ("datareporting.usage.uploadEnabled", "false"),
    ("toolkit.telemetry.enabled", "false"),
    ("toolkit.telemetry.unified", "false"),
    ("toolkit.telemetry.server", "\"\""),
    ("extensions.update.enabled", "false"),
    ("extensions.getAddons.cache.enabled", "false"),
    ("extensions.systemAddon.update.enabled", "false"),
    ("extensions.blocklist.enabled", "false"),
    ("services.settings.server", "\"\""),
    ("dom.push.connection.enabled", "false"),
    ("dom.push.enabled", "false"),
    ("media.gmp-manager.updateEnabled", "false"),
    ("security.remote_settings.crlite_filters.enabled", "false"),
    ("security.remote_settings.intermediates.enabled", "false"),
    ("trailhead.firstrun.didSeeAboutWelcome", "true"),
    ("startup.homepage_welcome_url", "\"about:blank\""),
    ("browser.translations.enable", "false"),
];

/// Starts Firefox with the driver page of the control origin.
pub(super) fn start(program: &Path, control: &Control, place: &Place) -> Result<Process, LabError> {
    let folder = process::folder(Engine::Firefox)?;
    let profile = folder.path().join("profile");
    let mut preferences = String::new();
    for (key, value) in PREFERENCES {
        writeln!(preferences, "user_pref(\"{key}\", {value});").ok();
    }
    // In the private profile and not in the arguments, which every user of the machine can read.
    let driver = format!("http://127.0.0.1:{}/driver?token={}", control.port(), control.token().text());
    writeln!(preferences, "user_pref(\"browser.startup.homepage\", \"{driver}\");").ok();
    std::fs::write(profile.join("user.js"), preferences)?;
    #[cfg(feature = "tls")]
    if let Some(credential) = place.credential() {
        std::fs::write(profile.join("cert_override.txt"), exceptions(&credential.fingerprint()))?;
    }
    let arguments =
        ["-headless".to_owned(), "-no-remote".to_owned(), "-profile".to_owned(), profile.display().to_string()];
    let environment = [("MOZ_CRASHREPORTER_DISABLE", "1".as_ref())];
    let (process, _pipes) =
        place.at_browser(|| Process::start(Engine::Firefox, program, &arguments, &environment, folder))??;
    Ok(process)
}

/// The exceptions for the session's certificate, one for each address that a server may have.
/// Source of the format: security/manager/ssl/nsCertOverrideService.cpp.
#[cfg(feature = "tls")]
fn exceptions(fingerprint: &str) -> String {
    // The object identifier of SHA-256.
    let one = |address| format!("{address}:\tOID.2.16.840.1.101.3.4.2.1\t{fingerprint}\t\n");
    Place::secured().map(one).collect()
}
