//! `sixslot report`: a sweep's folder, or a scenario that is simulated now, as one HTML file.

use super::scenario::scenario_text;
use super::terminal::note;
use super::{Common, Exit, Failure, Format, INTERRUPT, Overwrite, opening, print_json, print_text, progress};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::report::{BYTES, LOADS, Report, ReportError, Source, live};
use sixslot_analysis::sweep::{Recipe, Sweep};
use sixslot_analysis::words::plain;
use sixslot_experiments::files::{Files, Purpose};
use sixslot_experiments::report_pictures::SweepPictures;
use sixslot_experiments::sweep::reading;
use sixslot_models::limits;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// The arguments of `sixslot report`.
#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    /// A folder written by `sixslot sweep`, or a scenario file (`-` for standard input) to simulate now.
    #[arg(value_name = "DIR|SCENARIO")]
    input: PathBuf,
    /// The HTML file to write.
    #[arg(short, long, alias = "out", value_name = "FILE")]
    output: PathBuf,
    /// With a scenario: loads of each cell. Default: from its `[sweep]`, else 10000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    loads: Option<u64>,
    /// With a scenario: fixes that are already in place, separated by commas; the others are compared on top of them.
    #[arg(long, value_name = "FIX", value_delimiter = ',')]
    fix: Vec<String>,
    /// With a folder: the scenario of its sweep, if it was moved.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Number of loads in the slider of a report without the engine, which this option selects too. Default: 14.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=LOADS as i64))]
    waterfalls: Option<u16>,
    /// The page that `scripts/build-page` makes: the report is this page with the scenario and its sweep inside, and it simulates in the browser. Default: `sixslot.html` beside the program or in `../share/sixslot`, if it is there.
    #[arg(long, value_name = "HTML", conflicts_with_all = ["waterfalls", "no_engine"])]
    page: Option<PathBuf>,
    /// Leave the engine out: a smaller report with fixed numbers, which a reader without JavaScript can read too.
    #[arg(long)]
    no_engine: bool,
    #[command(flatten)]
    overwrite: Overwrite,
    #[command(flatten)]
    common: Common,
}

/// The report's path and its first sentence.
#[derive(Serialize)]
struct ReportRecord<'a> {
    scenario: &'a str,
    sentence: String,
    bytes: usize,
    out: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

impl ReportArguments {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        if self.output == Path::new("-") {
            let message = "-o requires a file: `-` would mix the report with the answer; name a file";
            return Err(Failure::Usage(message.to_owned()));
        }
        let files = self.files();
        files.check(&self.output, Purpose::Report)?;
        let live = self.engine()?;
        let (source, is_interrupted) = if self.input.is_dir() { (self.folder()?, false) } else { self.scenario()? };
        let bar = progress(Report::work(&source), "loads");
        let waterfalls = self.waterfalls.map_or(WATERFALLS, usize::from);
        let pool = self.common.pool()?;
        let made = pool.install(|| {
            let report = Report::new(&source, waterfalls, &INTERRUPT, |loads| bar.inc(loads))?;
            let html = match &live {
                Some(page) => report.live(page)?,
                None => report.html(&SweepPictures)?,
            };
            Ok::<_, ReportError>((report.sentence(), html))
        });
        bar.finish_and_clear();
        let (sentence, html) = made?;
        let out = self.output.display().to_string();
        let bytes = html.len();
        files.write(&self.output, Purpose::Report, html.into_bytes())?;
        let notes = &source.sweep.manifest().notes;
        if self.common.format == Format::Json {
            let scenario = &source.sweep.manifest().title;
            print_json(&ReportRecord { scenario, sentence, bytes, out, notes })?;
        } else {
            let (opening, out) = (opening(&sentence, notes), plain(&out));
            print_text(&format!("{opening}{out} ({} kB) has the rest; open it in a browser\n", bytes / 1000))?;
        }
        if live.is_none() && !self.is_static() {
            note(
                "a report without the engine: put sixslot.html, which scripts/build-page makes, beside the program, or name it with --page; --no-engine says that none is wanted",
            );
        }
        Ok(if is_interrupted { Exit::Interrupted } else { Exit::Done })
    }

    /// The writer, which leaves the folder's files or the scenario as they are.
    fn files(&self) -> Files<'static> {
        let inputs = ["manifest.json", "sweep.csv"].map(|name| self.input.join(name));
        self.overwrite
            .files(inputs.into_iter().chain([self.input.clone()]).chain(self.scenario.clone()).chain(self.page.clone()))
    }

    /// A report of a folder without changes: options that change the numbers belong to its sweep.
    fn folder(&self) -> Result<Source, Failure> {
        let changes = [
            ("--set", !self.common.set.is_empty()),
            ("--fix", !self.fix.is_empty()),
            ("--loads", self.loads.is_some()),
            ("--seed", self.common.seed != 1),
        ];
        if let Some((flag, _)) = changes.iter().find(|(_, given)| *given) {
            let folder = self.input.display();
            let message = format!(
                "{flag} would change the numbers of {folder}, which exist already; name the scenario instead of the folder"
            );
            return Err(Failure::Usage(message));
        }
        let (sweep, rows) = reading::read(&self.input, self.scenario.as_deref())?;
        // A path that is valid only on this machine is not written to the page.
        let name = || self.input.file_name().map_or_else(|| "DIR".into(), |name| name.to_string_lossy().into_owned());
        let folder = if self.input.is_relative() { self.input.display().to_string() } else { name() };
        let folder = folder.trim_end_matches('/');
        let mut report = format!("sixslot report {folder} -o report.html");
        report.push_str(&self.waterfalls());
        let commands = vec![sweep.recipe().command(folder), report];
        Ok(Source { sweep, rows, commands })
    }

    /// What makes the same report on a machine with another page, or none, beside the program.
    fn waterfalls(&self) -> String {
        self.waterfalls.map_or_else(|| " --no-engine".to_owned(), |number| format!(" --waterfalls {number}"))
    }

    fn is_static(&self) -> bool {
        self.no_engine || self.waterfalls.is_some()
    }

    /// The page with the engine: the named one, else the one beside the program; none where none is wanted or there.
    fn engine(&self) -> Result<Option<String>, Failure> {
        if self.is_static() {
            return Ok(None);
        }
        let beside = || installed_page(&std::env::current_exe().ok()?);
        self.page.clone().or_else(beside).map(|path| page(&path)).transpose()
    }

    /// A report of a scenario: simulates its grid, and says whether an interrupt left it with fewer loads.
    fn scenario(&self) -> Result<(Source, bool), Failure> {
        if self.scenario.is_some() {
            let message =
                "--scenario requires a folder of `sixslot sweep`; name the scenario alone, or the folder first";
            return Err(Failure::Usage(message.to_owned()));
        }
        if self.input != Path::new("-") && !self.input.exists() {
            return Err(Failure::Usage(format!(
                "{} does not exist; name a folder that `sixslot sweep` wrote, or a scenario file",
                self.input.display()
            )));
        }
        let text = scenario_text(&self.input)?;
        let recipe = self.common.recipe(text, self.loads);
        let command = recipe.report_command(&self.fix) + &self.waterfalls();
        let sweep = self.sweep(recipe)?;
        let bar = progress(sweep.cells() as u64 * sweep.loads(), "loads");
        let pool = self.common.pool()?;
        let rows = pool.install(|| sweep.rows_so_far(&INTERRUPT, |loads| bar.inc(loads)));
        bar.finish_and_clear();
        let (rows, loads) = rows?;
        let (mut sweep, mut commands) = (sweep, vec![command]);
        let is_interrupted = loads < sweep.loads();
        if is_interrupted {
            // The report of fewer loads; another Ctrl-C ends it.
            INTERRUPT.store(false, Ordering::Relaxed);
            note(&format!("interrupted: the report is about the first {loads} loads"));
            let recipe = Recipe { loads: Some(loads), ..sweep.recipe().clone() };
            commands = vec![recipe.report_command(&self.fix) + &self.waterfalls()];
            sweep = self.sweep(recipe)?;
        }
        Ok((Source { sweep, rows, commands }, is_interrupted))
    }

    /// The sweep of a recipe with the fixes that are in place.
    fn sweep(&self, recipe: Recipe) -> Result<Sweep, Failure> {
        let sweep = Sweep::new(recipe)?;
        let fixes = sweep.document().fixes_named(&self.fix)?;
        Ok(if fixes.is_empty() { sweep } else { sweep.with_fixes(&fixes)? })
    }
}

/// Loads in the slider, where nobody says how many.
const WATERFALLS: usize = 14;

/// The page that came with a program: in its folder, or where systems keep the files of programs.
fn installed_page(program: &Path) -> Option<PathBuf> {
    let folder = program.parent()?;
    [folder.join("sixslot.html"), folder.join("../share/sixslot/sixslot.html")].into_iter().find(|path| path.is_file())
}

/// The page that a report is put in.
fn page(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(BYTES as u64).read_to_string(&mut text));
    match read {
        Ok(_) if live::is_page(&text) => Ok(text),
        Ok(_) => Err(Failure::Usage(format!("{}: {}", path.display(), live::PageError::NoPlace))),
        Err(error) => Err(Failure::Usage(format!(
            "{} cannot be read: {error}; scripts/build-page makes the page as target/page/sixslot.html",
            path.display()
        ))),
    }
}
