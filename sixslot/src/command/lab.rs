//! `sixslot lab`: runs loads in a real browser and compares them with their predictions.

use super::archives::refuse_archive;
use super::{Exit, Failure, Format, INTERRUPT, Overwrite, print_json, print_text, progress, say};
use clap::Args;
use sixslot_accuracy::network_plans::{self, Protocol};
use sixslot_accuracy::recording::{self, Recording, RecordingError, Source};
use sixslot_accuracy::report::Report;
use sixslot_accuracy::{calibration, generator, results};
use sixslot_analysis::replications::Stopped;
use sixslot_experiments::files::{Files, Purpose};
use sixslot_experiments::input::ScenarioText;
use sixslot_lab::{Engine, LabError, Measured, Script, Session, Settings};
use std::path::PathBuf;
use std::time::Duration;

/// The browsers, by their names on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Browser {
    Chromium,
    Firefox,
    Webkit,
}

impl Browser {
    const fn engine(self) -> Engine {
        match self {
            Self::Chromium => Engine::Chromium,
            Self::Firefox => Engine::Firefox,
            Self::Webkit => Engine::Webkit,
        }
    }
}

/// What the servers of random plans with a network speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Network {
    H1,
    H2,
}

impl Network {
    const fn protocol(self) -> Protocol {
        match self {
            Self::H1 => Protocol::H1,
            Self::H2 => Protocol::H2,
        }
    }
}

/// What a title says of the network of random plans.
fn over(protocol: Option<Protocol>) -> String {
    protocol.map_or_else(String::new, |protocol| format!(" over {}", protocol.name()))
}

/// A length of time such as `3.5s` or `300ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let advice = || "write a length of time such as 3.5s or 300ms, at most 60s".to_owned();
    let (digits, unit) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 1e3),
        None => (text.strip_suffix('s').ok_or_else(advice)?, 1.0),
    };
    let seconds = digits.parse::<f64>().map_err(|_| advice())? / unit;
    if (0.0..=60.0).contains(&seconds) { Ok(Duration::from_secs_f64(seconds)) } else { Err(advice()) }
}

/// What to run.
#[derive(Debug, Args)]
#[group(id = "what", required = true, multiple = false)]
struct What {
    /// The scenario file, or `-` for standard input.
    scenario: Option<PathBuf>,
    /// Run random plans instead of a scenario; plan K of a seed is its load K.
    #[arg(long)]
    random: bool,
    /// Measure the costs `dispatch` and `connect` of this browser on this machine, with random plans; prints a table
    /// `[browser]`, which is empty if the profile's costs predict no worse.
    #[arg(long)]
    calibrate: bool,
    /// Run nothing: compare loads that were written by --save.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    replay: Vec<PathBuf>,
}

/// The arguments of `sixslot lab`.
#[derive(Debug, Args)]
pub(super) struct Lab {
    #[command(flatten)]
    what: What,
    /// The browser.
    #[arg(long, value_enum, default_value_t = Browser::Chromium)]
    browser: Browser,
    /// With --random: plans with a network, over this protocol. It needs root, and h2 a program built with `--features tls`.
    #[arg(long, value_enum, requires = "random", value_name = "PROTOCOL")]
    network: Option<Network>,
    /// Number of loads, or of random plans.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    loads: u64,
    /// The first load, or the first random plan.
    #[arg(long, value_name = "K", default_value_t = 0)]
    replication: u64,
    /// Real time divided by scenario time; also scales deadlines.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scale: f64,
    /// Idle time between the browser's start and the first load. Default: 1s for Chromium, 3.5s for Firefox, 2s for WebKitGTK.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    rest: Option<Duration>,
    /// Also predict with the costs in this file, which was written by --calibrate.
    #[arg(long, value_name = "FILE")]
    overrides: Option<PathBuf>,
    /// Write the measured loads to a file for --replay; compressed if its name ends in .gz.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// With --calibrate: write the table here instead of printing it. With --replay: write tables and pictures into
    /// this folder.
    #[arg(short, long, alias = "out", value_name = "PATH")]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: Overwrite,
    /// The largest number of rows of each list.
    #[arg(long, value_name = "N", default_value_t = 8)]
    rows: usize,
    /// Also print all requests.
    #[arg(long)]
    requests: bool,
    /// Fixes to apply, separated by commas.
    #[arg(long, value_name = "FIX", value_delimiter = ',')]
    fix: Vec<String>,
    /// Change a key of the scenario, such as parameters.projects=8 or request.session.deadline=9s.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Seed of all random numbers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Format of the output.
    #[arg(long, value_parser = Format::of_no_table(), default_value = "text")]
    format: Format,
}

/// Scenarios with their loads.
type Wanted = Vec<(Source, Vec<u64>)>;

/// A browser that is restarted once if it fails during a load.
struct Bench {
    engine: Engine,
    /// Whether the loads need a network.
    over_link: bool,
    settings: Settings,
    session: Option<Session>,
}

impl Bench {
    fn try_run(&mut self, script: &Script) -> Result<Measured, LabError> {
        let session = match self.session.take() {
            Some(session) => session,
            None if self.over_link => Session::start_over_link(self.engine, self.settings)?,
            None => Session::start(self.engine, self.settings)?,
        };
        self.session.insert(session).run(script)
    }

    fn run(&mut self, script: &Script) -> Result<Measured, Failure> {
        let run = match self.try_run(script) {
            Err(LabError::Browser { why, .. }) => {
                say(&format!("load {}: {why}; the browser is restarted", script.load()));
                self.session = None;
                self.try_run(script)
            }
            other => other,
        };
        run.map_err(|error| match error {
            LabError::Stopped => Stopped::Interrupted.into(),
            other => other.into(),
        })
    }
}

impl Lab {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let engine = self.browser.engine();
        let inputs = self.what.scenario.iter().chain(&self.what.replay).chain(&self.overrides);
        let files = self.overwrite.files(inputs);
        // Checked before minutes are spent on results that cannot be written.
        if let Some(path) = &self.save {
            files.check(path, recording::purpose(path))?;
        }
        if let Some(path) = self.output.as_ref().filter(|_| self.what.calibrate) {
            files.check(path, Purpose::Costs)?;
        }
        if self.what.calibrate {
            self.calibrate(engine, &files)?;
        } else if self.what.replay.is_empty() {
            let (what, sources) = self.sources()?;
            let mut recording = Recording::new(what, engine, self.costs()?);
            let measured = self.measure(sources, &mut recording);
            if let Some(path) = &self.save
                && !recording.loads.is_empty()
            {
                recording.write(&files, path)?;
            }
            // Also writes what was measured before an error or an interrupt.
            if !recording.loads.is_empty() {
                self.show(&recording)?;
            }
            measured?;
        } else {
            self.replay(&files)?;
        }
        Ok(Exit::Done)
    }

    /// The costs in the file of overrides.
    fn costs(&self) -> Result<Vec<String>, Failure> {
        let Some(path) = &self.overrides else { return Ok(Vec::new()) };
        let name = path.display();
        let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
        read.and_then(|text| calibration::overrides(&text)).map_err(|fault| {
            Failure::Usage(format!("{name}: {fault}; write it with sixslot lab --calibrate -o {name}"))
        })
    }

    fn bench(&self, engine: Engine, over_link: bool) -> Bench {
        let mut settings = Settings::of(engine);
        settings.rest = self.rest.unwrap_or(settings.rest);
        settings.stop = &INTERRUPT;
        Bench { engine, over_link, settings, session: None }
    }

    fn source(&self, name: String, text: String) -> Source {
        Source { name, text, fixes: self.fix.clone(), sets: self.set.clone() }
    }

    /// Random plans, over a network where a protocol is given.
    fn random_plans(&self, protocol: Option<Protocol>, numbers: impl Iterator<Item = u64>) -> Wanted {
        let plan = |number| {
            let text = match protocol {
                Some(protocol) => network_plans::plan(protocol, self.seed, number),
                None => generator::plan(self.seed, number),
            };
            (self.source(format!("random plan {number}{} of seed {}", over(protocol), self.seed), text), vec![number])
        };
        numbers.map(plan).collect()
    }

    /// The title of the run, and the scenarios with their loads.
    fn sources(&self) -> Result<(String, Wanted), Failure> {
        let loads = (self.replication..).take(usize::try_from(self.loads).unwrap_or(usize::MAX));
        let Some(path) = &self.what.scenario else {
            let protocol = self.network.map(Network::protocol);
            return Ok((
                format!("random plans{} of seed {}", over(protocol), self.seed),
                self.random_plans(protocol, loads),
            ));
        };
        refuse_archive(path, "lab")?;
        let ScenarioText { name, text } = ScenarioText::read(path)?;
        let what = format!("{name}{}", self.fix.iter().map(|fix| format!(" --fix {fix}")).collect::<String>());
        Ok((what, vec![(self.source(name, text), loads.collect())]))
    }

    fn measure(&self, sources: Wanted, recording: &mut Recording) -> Result<(), Failure> {
        let engine = recording.engine;
        // All scripts first: a scenario that cannot be run is refused before a browser is started.
        let mut scripts = Vec::new();
        for (source, loads) in sources {
            let plan = source.plan(engine, &[])?;
            for load in loads {
                let script = Script::new(&plan, self.seed, load, self.scale).map_err(RecordingError::from)?;
                script.check(engine).map_err(RecordingError::from)?;
                scripts.push((source.clone(), script));
            }
        }
        let bar = progress(scripts.len() as u64, "loads");
        let mut bench = self.bench(engine, scripts.iter().any(|(_, script)| script.needs_link()));
        for (source, script) in scripts {
            let measured = bench.run(&script)?;
            recording.add(source, measured);
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Compares recordings; parts of one measurement are joined.
    fn replay(&self, files: &Files<'_>) -> Result<(), Failure> {
        let mut parts = Vec::new();
        for path in &self.what.replay {
            let mut recording = Recording::read(path)?;
            if self.overrides.is_some() {
                recording.calibrated = self.costs()?;
            }
            parts.push(recording);
        }
        let recordings = Recording::joined(parts);
        match &self.output {
            Some(folder) => results::write(&recordings, files, folder).map_err(Failure::from),
            None => recordings.iter().try_for_each(|recording| self.show(recording)),
        }
    }

    fn show(&self, recording: &Recording) -> Result<(), Failure> {
        let report = Report::new(recording)?;
        if self.format == Format::Json {
            return print_json(&report);
        }
        let mut text = report.text(self.rows);
        if self.requests {
            text.push_str(&report.table());
        }
        print_text(&text)
    }

    fn calibrate(&self, engine: Engine, files: &Files<'_>) -> Result<(), Failure> {
        let mut recording = Recording::new("plans of a calibration".to_owned(), engine, Vec::new());
        let numbers = self.replication..self.replication + calibration::PLANS;
        self.measure(self.random_plans(None, numbers), &mut recording)?;
        let version = recording.loads.first().map_or_else(String::new, |load| load.measured.version.clone());
        let Some(costs) = calibration::fit(&recording)? else {
            return Err(Failure::Usage(
                "no request reached the server, so there is nothing to fit; run it again".to_owned(),
            ));
        };
        let text = costs.to_toml(&version);
        match &self.output {
            None => print_text(&text),
            Some(path) => Ok(files.write(path, Purpose::Costs, text.into_bytes())?),
        }
    }
}
