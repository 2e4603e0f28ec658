//! A page in a headless Chromium for tests that inspect and operate it. It runs no load.
//!
//! Rule: the browser is started and ended as in a [`Session`](crate::Session). The page is controlled by commands of
//! the Chrome DevTools Protocol; its events are kept until they are taken.
//! Source: <https://chromedevtools.github.io/devtools-protocol/tot/>.

use crate::browser::chromium;
use crate::browser::process::Process;
use crate::browser::protocol::Protocol;
use crate::engine::Engine;
use crate::error::LabError;
use crate::server::place::Place;
use crate::settings::Settings;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A page in its own Chromium, which ends when this is dropped.
#[derive(Debug)]
pub struct Inspector {
    // Fields are dropped in this order.
    protocol: Protocol,
    _process: Process,
    runtime: Runtime,
}

impl Inspector {
    /// Starts Chromium with an empty page.
    ///
    /// # Errors
    /// Chromium is not installed or does not start.
    pub fn start() -> Result<Self, LabError> {
        let engine = Engine::Chromium;
        let program = engine.find().ok_or(LabError::NoBrowser { engine })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (process, protocol) = runtime.block_on(async {
            let (process, mut protocol) = chromium::start(&program, &Settings::of(engine), &Place::default()).await?;
            protocol.attach().await?;
            Ok::<_, LabError>((process, protocol))
        })?;
        Ok(Self { protocol, _process: process, runtime })
    }

    /// Sends a command of the protocol to the page and returns its result.
    ///
    /// # Errors
    /// The browser refuses the command or does not answer in time.
    pub fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, LabError> {
        self.runtime.block_on(self.protocol.ask(method, parameters))
    }

    /// Evaluates a JavaScript expression in the page; a promise is awaited.
    ///
    /// # Errors
    /// The expression throws, or the browser does not answer in time.
    pub fn evaluate(&mut self, expression: &str) -> Result<Value, LabError> {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.ask("Runtime.evaluate", parameters)?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(LabError::Browser { engine: Engine::Chromium, why: format!("{expression}: {thrown}") }),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// Returns the protocol's events since the last call. At most 100 000 are kept; later ones are dropped.
    pub fn take_events(&mut self) -> Vec<Value> {
        self.protocol.take_events()
    }
}
