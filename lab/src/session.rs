//! A running browser with its server, which runs any number of loads one after another.
//!
//! Rule: a load begins with a new page, no connections and an empty cache. Each load's server uses new ports, so its
//! origins are unknown to the browser. The browser rests before the first load: Firefox stalls for up to a second after
//! its start (measured), and its arrivals agree with the simulation to 1 to 7 ms after 3.5 s of rest, but only to 17 to
//! 125 ms without.

use crate::browser::Browser;
use crate::engine::Engine;
use crate::error::LabError;
use crate::link::LinkError;
use crate::measured::Measured;
use crate::report::{self, Joined, Report};
use crate::script::Script;
use crate::server::control::{Control, Said};
use crate::server::place::Place;
use crate::server::stage::Stage;
use crate::settings::Settings;
use crate::verdict::verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// Time between telling the pages when the load starts and its start.
const LEAD: Duration = Duration::from_millis(100);

/// A running browser. It ends when the session is dropped or this program ends, however it ends.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
    version: String,
    settings: Settings,
    // Fields are dropped in this order: the browser before the server that it is connected to.
    browser: Browser,
    control: Control,
    place: Place,
    heard: mpsc::UnboundedReceiver<Said>,
    loads: u64,
    runtime: Runtime,
}

impl Session {
    /// Starts the browser and the control origin, then waits for [`Settings::rest`].
    ///
    /// # Errors
    /// The browser is not installed or does not start, or no port of 127.0.0.1 is free.
    pub fn start(engine: Engine, settings: Settings) -> Result<Self, LabError> {
        Self::start_at(engine, settings, Place::default())
    }

    /// Starts a session for scripts that need a link ([`Script::needs_link`]): its browser and its servers are in two network
    /// namespaces, with the network of each load's scenario between them.
    ///
    /// # Errors
    /// As for [`Session::start`]; or this machine or user cannot have a link.
    pub fn start_over_link(engine: Engine, settings: Settings) -> Result<Self, LabError> {
        Self::start_at(engine, settings, Place::link()?)
    }

    fn start_at(engine: Engine, settings: Settings, place: Place) -> Result<Self, LabError> {
        let version = engine.version()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("lab-server")
            .enable_all()
            .build()?;
        let (browser, control, heard) = runtime.block_on(async {
            let (control, mut heard) = Control::open(&place).await?;
            let mut browser = Browser::start(engine, &settings, &control, &place).await?;
            if browser.has_driver_page() {
                listen(&mut browser, &mut heard, &settings, settings.patience, |said| matches!(said, Said::Driver))
                    .await?;
            }
            tokio::time::sleep(settings.rest).await;
            Ok::<_, LabError>((browser, control, heard))
        })?;
        Ok(Self { engine, version, settings, browser, control, place, heard, loads: 0, runtime })
    }

    /// Runs a load. It takes the scenario's horizon times the script's scale, and some seconds for pages and clocks.
    ///
    /// # Errors
    /// The script's rules are not the browser's ([`Script::check`]), the browser stops answering, sends requests that
    /// are not in the script, or a request fails for another reason than its own abort.
    pub fn run(&mut self, script: &Script) -> Result<Measured, LabError> {
        script.check(self.engine)?;
        if script.needs_link() && !self.place.has_link() {
            let why = "this session has none; start it with Session::start_over_link".to_owned();
            return Err(LinkError::Unavailable(why).into());
        }
        self.loads += 1;
        let Self { settings, browser, control, place, heard, loads, .. } = self;
        let (reports, arrivals, strays, start) = self.runtime.block_on(async {
            let stage = Stage::open(script, place, *loads, control.port(), control.token()).await?;
            control.set_stage(Some(Arc::clone(&stage)));
            let run = perform(script, &stage, browser, control, heard, settings).await;
            control.set_stage(None);
            stage.close();
            let closed = browser.close(control).await;
            let (reports, start) = run?;
            closed?;
            Ok::<_, LabError>((reports, stage.arrivals(), stage.strays(), start))
        })?;
        if !strays.is_empty() {
            return Err(self
                .browser
                .error(format!("it sent requests that are not in the scenario: {}", strays.join(", "))));
        }
        let Joined { requests, settled, errors } = report::join(script, &reports, &arrivals, start);
        if let Some(error) = errors.first() {
            return Err(self.browser.error(format!("{} requests failed; the first is {error}", errors.len())));
        }
        Ok(Measured {
            engine: self.engine,
            version: self.version.clone(),
            rest_ms: self.settings.rest.as_secs_f64() * 1e3,
            scale: script.scale,
            seed: script.seed,
            load: script.load,
            clock_error_ms: reports.values().fold(0.0, |most, report| most.max(report.clock.error)),
            requests,
            verdict: verdict(&script.plan, &script.draws, script.tabs, &settled),
        })
    }

    /// The browser's name and version, as it states them.
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// Opens the pages, starts the load, and waits for the reports of all tabs.
async fn perform(
    script: &Script,
    stage: &Stage,
    browser: &mut Browser,
    control: &Control,
    heard: &mut mpsc::UnboundedReceiver<Said>,
    settings: &Settings,
) -> Result<(BTreeMap<u32, Report>, (f64, Instant)), LabError> {
    let number = stage.number();
    let urls: Vec<String> = (0..script.tabs).map(|tab| stage.page_url(tab)).collect();
    browser.open(&urls, control).await?;
    let mut ready = BTreeSet::new();
    let all_ready = |said: &mut Said| match said {
        Said::Ready { load, tab } if *load == number => {
            ready.insert(*tab);
            ready.len() == urls.len()
        }
        _ => false,
    };
    listen(browser, heard, settings, settings.patience, all_ready).await?;
    // WebKitGTK opens new connections from then on (measured).
    if browser.engine() != Engine::Webkit {
        stage.clear();
    }
    tokio::time::sleep(settings.pause).await;
    let start = Instant::now() + LEAD;
    stage.clock.set_start(start);
    control.start(number, start);
    let lasts = Duration::from_secs_f64(script.plan.horizon().as_seconds_f64() * script.scale);
    let mut reports = BTreeMap::new();
    let mut unreadable = None;
    let all_reported = |said: &mut Said| {
        if let Said::Report { load, tab, report } = said
            && *load == number
        {
            match serde_json::from_value::<Report>(report.take()) {
                Ok(report) => drop(reports.insert(*tab, report)),
                Err(error) => unreadable = Some(error.to_string()),
            }
        }
        reports.len() == urls.len() || unreadable.is_some()
    };
    listen(browser, heard, settings, lasts + settings.patience, all_reported).await?;
    match unreadable {
        Some(error) => Err(browser.error(format!("a page's report is malformed: {error}"))),
        None => Ok((reports, (control.milliseconds(start), start))),
    }
}

/// Receives messages of the pages until `enough` returns true.
async fn listen(
    browser: &mut Browser,
    heard: &mut mpsc::UnboundedReceiver<Said>,
    settings: &Settings,
    patience: Duration,
    mut enough: impl FnMut(&mut Said) -> bool,
) -> Result<(), LabError> {
    let until = Instant::now() + patience;
    loop {
        if settings.stop.load(Ordering::Relaxed) {
            return Err(LabError::Stopped);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(browser.error(format!("its pages sent nothing for {} s", patience.as_secs())));
        }
        match tokio::time::timeout(left.min(Duration::from_millis(200)), heard.recv()).await {
            Ok(Some(mut said)) => {
                if enough(&mut said) {
                    return Ok(());
                }
            }
            Ok(None) => return Err(browser.error("the control origin is closed")),
            Err(_) if !browser.is_alive() => return Err(browser.error("the browser has ended")),
            Err(_) => {}
        }
    }
}
