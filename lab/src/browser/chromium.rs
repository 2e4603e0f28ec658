//! Chromium, driven by its debugging protocol over a WebSocket.
//!
//! Rule: headless, an empty profile, no background networking, the debugging port chosen by the system on loopback and
//! read from DevToolsActivePort. For a load, tabs are only opened and closed: nothing is attached to a page, so nothing
//! slows it. An [`Inspector`](crate::Inspector) attaches itself to its page.
//! Source: <https://chromedevtools.github.io/devtools-protocol/tot/Target/>.

use super::process::{self, Process};
use crate::engine::Engine;
use crate::error::LabError;
use crate::settings::Settings;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

const ENGINE: Engine = Engine::Chromium;

/// What keeps Chromium from doing anything of its own; each switch's meaning: chrome/common/chrome_switches.cc and
/// content/public/common/content_switches.cc.
const SWITCHES: &[&str] = &[
    "--headless",
    "--remote-debugging-port=0",
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
    // The last four: hidden pages of the browser's own address bar, which took a third of a processor core (measured).
    "--disable-features=LoadingPredictorPrefetch,PreconnectToSearch,OptimizationHints,MediaRouter,Translate,PreloadTopChromeWebUI,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
    "--dns-prefetch-disable",
    "--metrics-recording-only",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
];

/// The most events that are kept until somebody takes them.
const EVENTS: usize = 100_000;

/// The debugging protocol of a running Chromium.
#[derive(Debug)]
pub(crate) struct Protocol {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    number: u64,
    tabs: Vec<String>,
    /// The page that [`Protocol::ask`] speaks with; without one, the browser itself.
    session: Option<String>,
    /// Events of the page, in their order.
    events: Vec<Value>,
    patience: Duration,
}

/// Starts Chromium and connects to its debugging protocol.
pub(crate) async fn start(program: &Path, settings: &Settings) -> Result<(Process, Protocol), LabError> {
    let folder = process::folder(ENGINE)?;
    let mut arguments: Vec<String> = SWITCHES.iter().map(|switch| (*switch).to_owned()).collect();
    arguments.push(format!("--user-data-dir={}", folder.path().join("profile").display()));
    if is_root() {
        // Chromium's sandbox does not start as root.
        arguments.push("--no-sandbox".to_owned());
    }
    arguments.push("about:blank".to_owned());
    let mut process = Process::start(ENGINE, program, &arguments, &[], folder)?;
    let url = debugging_url(&mut process, settings.patience).await?;
    let failed = |why: String| LabError::Start { engine: ENGINE, why };
    let connected = tokio::time::timeout(settings.patience, tokio_tungstenite::connect_async(&url)).await;
    let (socket, _) = connected
        .map_err(|_| failed(format!("{url} does not answer")))?
        .map_err(|error| failed(format!("{url}: {error}")))?;
    let (tabs, events) = (Vec::new(), Vec::new());
    Ok((process, Protocol { socket, number: 0, tabs, session: None, events, patience: settings.patience }))
}

/// Whether this program runs as root: the owner of its own entry in /proc; elsewhere it does not.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

/// Waits for the file that says where the debugging protocol is.
async fn debugging_url(process: &mut Process, patience: Duration) -> Result<String, LabError> {
    let file = process.folder().join("profile/DevToolsActivePort");
    let until = Instant::now() + patience;
    loop {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if let Some((port, path)) = text.split_once('\n')
            && path.starts_with('/')
        {
            return Ok(format!("ws://127.0.0.1:{port}{}", path.trim()));
        }
        if !process.is_alive() {
            return Err(LabError::Start { engine: ENGINE, why: "it ended at once".to_owned() });
        }
        if Instant::now() > until {
            return Err(LabError::Start { engine: ENGINE, why: "it opened no debugging port".to_owned() });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Protocol {
    /// Opens tabs, each in a window of its own, so that none is in the background.
    pub(super) async fn open(&mut self, urls: &[String]) -> Result<(), LabError> {
        for url in urls {
            let answer = self.ask("Target.createTarget", json!({ "url": url, "newWindow": true })).await?;
            if let Some(id) = answer["targetId"].as_str() {
                self.tabs.push(id.to_owned());
            }
        }
        Ok(())
    }

    /// Closes the tabs.
    pub(super) async fn close(&mut self) -> Result<(), LabError> {
        for id in std::mem::take(&mut self.tabs) {
            self.ask("Target.closeTarget", json!({ "targetId": id })).await?;
        }
        Ok(())
    }

    /// Opens a page in front, and speaks with it from now on.
    pub(crate) async fn attach(&mut self) -> Result<(), LabError> {
        let page = self.ask("Target.createTarget", json!({ "url": "about:blank" })).await?;
        let attached =
            self.ask("Target.attachToTarget", json!({ "targetId": page["targetId"], "flatten": true })).await?;
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        Ok(())
    }

    /// The events since they were last taken.
    pub(crate) fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    /// Asks the browser, or the page that is attached, and waits for the answer.
    pub(crate) async fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, LabError> {
        self.number += 1;
        let number = self.number;
        let failed = |why: String| LabError::Browser { engine: ENGINE, why: format!("{method}: {why}") };
        let exchange = async {
            let mut message = json!({ "id": number, "method": method, "params": parameters });
            if let Some(session) = &self.session {
                message["sessionId"] = json!(session);
            }
            self.socket.send(Message::text(message.to_string())).await.map_err(|error| failed(error.to_string()))?;
            while let Some(message) = self.socket.next().await {
                let message = message.map_err(|error| failed(error.to_string()))?;
                let Ok(text) = message.to_text() else { continue };
                let Ok(mut answer) = serde_json::from_str::<Value>(text) else { continue };
                if answer["id"] != number {
                    if answer["method"].is_string() && self.events.len() < EVENTS {
                        self.events.push(answer);
                    }
                    continue;
                }
                return match answer.get("error") {
                    Some(error) => Err(failed(error.to_string())),
                    None => Ok(answer["result"].take()),
                };
            }
            Err(failed("the connection was closed".to_owned()))
        };
        tokio::time::timeout(self.patience, exchange).await.map_err(|_| failed("no answer".to_owned()))?
    }
}
