//! Drivers: start a browser, open and close its tabs, and end it in every case.

pub(crate) mod chromium;
pub(crate) mod display;
mod firefox;
pub(crate) mod process;
pub(crate) mod protocol;
mod webkit;

use crate::engine::Engine;
use crate::error::LabError;
use crate::server::control::Control;
use crate::server::place::Place;
use crate::settings::Settings;
use process::Process;
use protocol::Protocol;
use serde_json::json;

/// A running browser.
#[derive(Debug)]
pub(crate) struct Browser {
    engine: Engine,
    process: Process,
    driver: Driver,
}

#[derive(Debug)]
enum Driver {
    /// The debugging protocol opens and closes the tabs.
    Chromium(Box<Protocol>),
    /// The driver page opens and closes the tabs.
    Page,
}

impl Browser {
    /// Starts a browser with an empty profile.
    pub(crate) async fn start(
        engine: Engine,
        settings: &Settings,
        control: &Control,
        place: &Place,
    ) -> Result<Self, LabError> {
        let program = engine.find().ok_or(LabError::NoBrowser { engine })?;
        let (process, driver) = match engine {
            Engine::Chromium => {
                let (process, protocol) = chromium::start(&program, settings, place).await?;
                (process, Driver::Chromium(Box::new(protocol)))
            }
            Engine::Firefox => (firefox::start(&program, control, place)?, Driver::Page),
            Engine::Webkit => (webkit::start(&program, control, place)?, Driver::Page),
        };
        Ok(Self { engine, process, driver })
    }

    /// Which browser it is.
    pub(crate) const fn engine(&self) -> Engine {
        self.engine
    }

    /// Opens tabs.
    pub(crate) async fn open(&mut self, urls: &[String], control: &Control) -> Result<(), LabError> {
        match &mut self.driver {
            Driver::Chromium(protocol) => protocol.open(urls).await,
            Driver::Page => {
                control.order(json!({ "open": urls }));
                Ok(())
            }
        }
    }

    /// Closes the tabs.
    pub(crate) async fn close(&mut self, control: &Control) -> Result<(), LabError> {
        match &mut self.driver {
            Driver::Chromium(protocol) => protocol.close().await,
            Driver::Page => {
                control.order(json!({ "close": true }));
                Ok(())
            }
        }
    }

    /// Whether a page of the lab opens its tabs; that page says when the browser has started.
    pub(crate) fn has_driver_page(&self) -> bool {
        matches!(self.driver, Driver::Page)
    }

    /// Whether the browser is still running.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.process.is_alive()
    }

    /// An error that names this browser.
    pub(crate) fn error(&self, why: impl Into<String>) -> LabError {
        LabError::Browser { engine: self.engine, why: why.into() }
    }
}
