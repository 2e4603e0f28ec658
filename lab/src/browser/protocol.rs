//! The Chrome DevTools Protocol over two pipes.
//!
//! Rule: one JSON message, then a zero byte, in each direction. Chromium reads commands from file descriptor 3 and
//! writes answers and events to 4 (`--remote-debugging-pipe`). Unlike a debugging port, which any user of the machine
//! can connect to, a pipe is open to this process only.
//! Source: <https://chromedevtools.github.io/devtools-protocol/tot/>, content/browser/devtools/devtools_pipe_handler.cc.

use super::process::Pipes;
use crate::engine::Engine;
use crate::error::LabError;
use serde_json::{Value, json};
use std::io::{Error, ErrorKind};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe::{Receiver, Sender};

/// What Chromium says of a tab that has closed itself.
const GONE: &str = "No target with given id";
const ENGINE: Engine = Engine::Chromium;
/// Events kept until they are taken; later ones are dropped.
const EVENTS: usize = 100_000;
/// The largest message accepted from the browser, in bytes.
const MESSAGE: usize = 64 << 20;

/// The debugging protocol of a running Chromium.
#[derive(Debug)]
pub(crate) struct Protocol {
    commands: Sender,
    answers: BufReader<Receiver>,
    /// The start of a message whose end has not been read yet.
    partial: Vec<u8>,
    /// The number of the last command.
    number: u64,
    /// Target identifiers of the tabs opened by [`Protocol::open`].
    tabs: Vec<String>,
    /// The page that commands go to; without one, they go to the browser itself.
    session: Option<String>,
    /// Events in the order in which they came.
    events: Vec<Value>,
    /// How long an answer may take.
    patience: Duration,
}

impl Protocol {
    /// Takes over the pipes and waits until the browser answers its first command.
    pub(super) async fn connect(pipes: Pipes, patience: Duration) -> Result<Self, LabError> {
        let mut protocol = Self {
            commands: Sender::from_owned_fd(pipes.input.into())?,
            answers: BufReader::new(Receiver::from_owned_fd(pipes.output.into())?),
            partial: Vec::new(),
            number: 0,
            tabs: Vec::new(),
            session: None,
            events: Vec::new(),
            patience,
        };
        match protocol.ask("Browser.getVersion", json!({})).await {
            Err(LabError::Browser { engine, why }) => Err(LabError::Start { engine, why }),
            other => other.map(|_| protocol),
        }
    }

    /// Opens each tab in a window of its own, so that none is in the background.
    pub(super) async fn open(&mut self, urls: &[String]) -> Result<(), LabError> {
        for url in urls {
            let answer = self.ask("Target.createTarget", json!({ "url": url, "newWindow": true })).await?;
            if let Some(id) = answer["targetId"].as_str() {
                self.tabs.push(id.to_owned());
            }
        }
        Ok(())
    }

    /// Closes the tabs that have not closed themselves.
    pub(super) async fn close(&mut self) -> Result<(), LabError> {
        for id in std::mem::take(&mut self.tabs) {
            match self.ask("Target.closeTarget", json!({ "targetId": id })).await {
                Err(LabError::Browser { why, .. }) if why.contains(GONE) => {}
                closed => drop(closed?),
            }
        }
        Ok(())
    }

    /// Opens an empty page in the foreground and sends all further commands to it.
    pub(crate) async fn attach(&mut self) -> Result<(), LabError> {
        let page = self.ask("Target.createTarget", json!({ "url": "about:blank" })).await?;
        let attached =
            self.ask("Target.attachToTarget", json!({ "targetId": page["targetId"], "flatten": true })).await?;
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        Ok(())
    }

    /// Returns the events received since the last call.
    pub(crate) fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    /// Sends a command and waits for its answer; events that come before it are kept.
    pub(crate) async fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, LabError> {
        let failed = |why: String| LabError::Browser { engine: ENGINE, why: format!("{method}: {why}") };
        let patience = self.patience;
        match tokio::time::timeout(patience, self.exchange(method, parameters)).await {
            Err(_) => Err(failed(format!("no answer within {} s", patience.as_secs()))),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Ok(Ok(mut answer)) => match answer.get("error") {
                Some(error) => Err(failed(error.to_string())),
                None => Ok(answer["result"].take()),
            },
        }
    }

    async fn exchange(&mut self, method: &str, parameters: Value) -> Result<Value, Error> {
        self.number += 1;
        let number = self.number;
        let mut command = json!({ "id": number, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).await.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => ended(),
            _ => error,
        })?;
        loop {
            let message = self.receive().await?;
            if message["id"] == number {
                return Ok(message);
            }
            if message["method"].is_string() && self.events.len() < EVENTS {
                self.events.push(message);
            }
        }
    }

    /// The next message. Nothing is lost when this is cancelled: what has been read of a message stays in `partial`.
    async fn receive(&mut self) -> Result<Value, Error> {
        loop {
            let bytes = self.answers.fill_buf().await?;
            if bytes.is_empty() {
                return Err(ended());
            }
            let end = bytes.iter().position(|byte| *byte == 0);
            let length = end.unwrap_or(bytes.len());
            self.partial.extend_from_slice(&bytes[..length]);
            self.answers.consume(length + usize::from(end.is_some()));
            if self.partial.len() > MESSAGE {
                return Err(Error::other(format!("a message is longer than the limit of {MESSAGE} bytes")));
            }
            if end.is_some() {
                let message = serde_json::from_slice(&self.partial);
                self.partial.clear();
                return Ok(message?);
            }
        }
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::UnexpectedEof, "the browser has ended")
}
