//! A browser of one's own, for as many loads as one likes.
//!
//! Rule: a load begins with a fresh page, no connections and an empty cache: each gets ports of its own, so its origin is
//! one that the browser has never seen. Browsers are left alone before the plan begins: measured, Firefox stalls for up
//! to a second after its start, and with 3.5 s of rest its arrivals agree to 1 to 7 ms with a plain model, without it to
//! 17 to 125 ms.

use crate::browser::Browser;
use crate::engine::Engine;
use crate::error::LabError;
use crate::measured::Measured;
use crate::report::{self, Joined, Report};
use crate::script::Script;
use crate::server::control::{Control, Said};
use crate::server::stage::Stage;
use crate::settings::Settings;
use crate::verdict::verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// From telling the pages when the plan begins to its beginning.
const LEAD: Duration = Duration::from_millis(100);

/// A browser that plays scripts, one after another. It ends with the session, whatever becomes of this program.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
    version: String,
    settings: Settings,
    // In the order in which they are dropped: the browser before the server that it talks with.
    browser: Browser,
    control: Control,
    heard: mpsc::UnboundedReceiver<Said>,
    loads: u64,
    runtime: Runtime,
}

impl Session {
    /// Starts the browser and the control origin, and leaves the browser alone for the settings' rest.
    ///
    /// # Errors
    /// No such browser on this machine, or one that does not start.
    pub fn start(engine: Engine, settings: Settings) -> Result<Self, LabError> {
        let version = engine.version()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("lab-server")
            .enable_all()
            .build()?;
        let (browser, control, heard) = runtime.block_on(async {
            let (control, mut heard) = Control::open().await?;
            let mut browser = Browser::start(engine, &settings, &control).await?;
            if engine == Engine::Firefox {
                listen(&mut browser, &mut heard, &settings, settings.patience, |said| matches!(said, Said::Driver))
                    .await?;
            }
            tokio::time::sleep(settings.rest).await;
            Ok::<_, LabError>((browser, control, heard))
        })?;
        Ok(Self { engine, version, settings, browser, control, heard, loads: 0, runtime })
    }

    /// Plays a script.
    ///
    /// # Errors
    /// A script with rules that are not the browser's, a browser that stopped answering, or one that had errors of its
    /// own.
    pub fn play(&mut self, script: &Script) -> Result<Measured, LabError> {
        script.check(self.engine)?;
        self.loads += 1;
        let Self { settings, browser, control, heard, loads, .. } = self;
        let (reports, arrivals, strays, start) = self.runtime.block_on(async {
            let stage = Stage::open(script, *loads, control.port()).await?;
            control.set_stage(Some(Arc::clone(&stage)));
            let played = perform(script, &stage, browser, control, heard, settings).await;
            control.set_stage(None);
            stage.close();
            let closed = browser.close(control).await;
            let (reports, start) = played?;
            closed?;
            Ok::<_, LabError>((reports, stage.arrivals(), stage.strays(), start))
        })?;
        if !strays.is_empty() {
            return Err(self.browser.error(format!("it asked for more than the plan: {}", strays.join(", "))));
        }
        let Joined { requests, settled, errors } = report::join(script, &reports, &arrivals, start);
        if let Some(error) = errors.first() {
            return Err(self.browser.error(format!("{} calls broke, the first is {error}", errors.len())));
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

    /// What the browser calls itself, with its version.
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// Opens the pages, starts the plan, and waits for the reports of all tabs.
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
    tokio::time::sleep(settings.pause).await;
    let start = Instant::now() + LEAD;
    stage.clock.set_start(start);
    control.start(number, start);
    let plays = Duration::from_secs_f64(script.plan.horizon.as_seconds_f64() * script.scale);
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
    listen(browser, heard, settings, plays + settings.patience, all_reported).await?;
    match unreadable {
        Some(error) => Err(browser.error(format!("its report makes no sense: {error}"))),
        None => Ok((reports, (control.milliseconds(start), start))),
    }
}

/// Listens to the pages until `enough` says so.
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
            return Err(browser.error(format!("its pages said nothing for {} s", patience.as_secs())));
        }
        match tokio::time::timeout(left.min(Duration::from_millis(200)), heard.recv()).await {
            Ok(Some(mut said)) => {
                if enough(&mut said) {
                    return Ok(());
                }
            }
            Ok(None) => return Err(browser.error("the control origin is closed")),
            Err(_) if !browser.is_alive() => return Err(browser.error("it has ended")),
            Err(_) => {}
        }
    }
}
