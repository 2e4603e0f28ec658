//! A page of a headless Chromium that a test looks at and operates: no load is played in it.
//!
//! Rule: the browser is started and ended like that of a [`Session`](crate::Session), and the page is asked in the words
//! of the debugging protocol. What the page reports is kept as events until they are taken.
//! Source: <https://chromedevtools.github.io/devtools-protocol/tot/>.

use crate::browser::chromium::{self, Protocol};
use crate::browser::process::Process;
use crate::engine::Engine;
use crate::error::LabError;
use crate::settings::Settings;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A page of a Chromium of one's own, which ends with it.
#[derive(Debug)]
pub struct Inspector {
    // In the order in which they are dropped.
    protocol: Protocol,
    _process: Process,
    runtime: Runtime,
}

impl Inspector {
    /// Starts Chromium with an empty page.
    ///
    /// # Errors
    /// No Chromium on this machine, or one that does not start.
    pub fn start() -> Result<Self, LabError> {
        let engine = Engine::Chromium;
        let program = engine.find().ok_or(LabError::NoBrowser { engine })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (process, protocol) = runtime.block_on(async {
            let (process, mut protocol) = chromium::start(&program, &Settings::of(engine)).await?;
            protocol.attach().await?;
            Ok::<_, LabError>((process, protocol))
        })?;
        Ok(Self { protocol, _process: process, runtime })
    }

    /// Asks the page: a method of the protocol with its parameters.
    ///
    /// # Errors
    /// What the browser refuses, or does not answer.
    pub fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, LabError> {
        self.runtime.block_on(self.protocol.ask(method, parameters))
    }

    /// The value of an expression of JavaScript in the page, after the promise that it may be.
    ///
    /// # Errors
    /// An expression that throws, a browser that does not answer.
    pub fn evaluate(&mut self, expression: &str) -> Result<Value, LabError> {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.ask("Runtime.evaluate", parameters)?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(LabError::Browser { engine: Engine::Chromium, why: format!("{expression}: {thrown}") }),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// What the page reported since it was last asked for it, as the protocol's events.
    pub fn take_events(&mut self) -> Vec<Value> {
        self.protocol.take_events()
    }
}
