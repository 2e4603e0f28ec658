//! The command line: its arguments, and how the program reports errors.
//!
//! Rule: results go to standard output, progress and messages to standard error. Exit code 0: done; 1: a check failed;
//! 2: bad usage or input; 130: interrupted. A reader that closes the pipe ends the program quietly.

mod check;
mod compare;
mod diagnose;
mod evidence;
mod exit;
mod explore;
mod failure;
mod hypotheses;
mod import;
mod lab;
mod layers;
mod ranked;
mod rare;
mod report;
mod run;
mod shard;
mod shares;
mod subsets;
mod sweep;
mod terminal;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use exit::Exit;
use failure::Failure;
use sixslot_analysis::sweep::{Recipe, VERSION};
use sixslot_analysis::words::{plain, wrap};
use sixslot_experiments::files::{Files, System};
use sixslot_experiments::input::{self, ScenarioText};
use sixslot_models::{Document, Plan};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use terminal::{print_bytes, print_json, print_text, say};

/// With what probability does a page fail to load because its requests starve in the browser's connection queue, why,
/// and which fix ends it?
#[derive(Debug, Parser)]
#[command(name = "sixslot", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Example: sixslot run scenarios/issue-1855.toml --set parameters.sessions=40")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate one load and show it, or many and estimate the failure probability.
    #[command(
        after_help = "Examples:\n  sixslot run scenarios/issue-1855.toml --replication 7\n  sixslot run scenarios/issue-1855.toml --fix no-prefetch --loads 10000\n  sixslot run scenarios/issue-1855.toml --until half-width=0.005 --format json\n  sixslot run scenarios/issue-1855.toml --replication 7 --har load.har --svg load.svg"
    )]
    Run(run::Run),
    /// Simulate the grid of `[sweep]`, parameters times sets of fixes; write tables and pictures.
    #[command(after_help = "Example: sixslot sweep scenarios/issue-1855.toml --output results/issue-1855")]
    Sweep(sweep::SweepArguments),
    /// Join the parts of a sweep that was split with --shard.
    #[command(
        after_help = "Example:\n  sixslot sweep scenarios/issue-1855.toml --shard 1/2 --output part1\n  sixslot sweep scenarios/issue-1855.toml --shard 2/2 --output part2\n  sixslot merge part1 part2 --output results/issue-1855"
    )]
    Merge(sweep::MergeArguments),
    /// Compare each fix alone with none on the same loads, or every set of fixes, or the layers of the cause.
    #[command(
        after_help = "Examples:\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40\n  sixslot compare scenarios/issue-1855.toml --fix no-prefetch --by ready-p95\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --format csv > fixes.csv\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --layers\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --subsets --max-failure 0.01\n\nWhat a fix does is one word:\n  fixes    no load fails, no more are late, and most rescued loads are ready before they would have failed\n  hides    fewer loads fail, but most rescued loads are late, or ready only after they would have failed\n  reduces  fewer loads fail\n  faster   as many loads fail; fewer are late, or they are ready earlier\n  worse    more loads fail, or are late, or they are ready later\n  nothing  none of these for certain\nEach is decided on intervals that hold for all fixes at once with 95 %; \"fixes\" also at twice the horizon.\n\nFor --layers the scenario lists the layers of its cause, each with the patch that removes it:\n  [layer.prefetch]\n  title = \"five prefetches pin connections\"\n  removed_by.request.prefetch.count = 0"
    )]
    #[command(mut_arg("format", |format| format.value_parser(clap::value_parser!(Format))))]
    Compare(compare::Compare),
    /// Explore a scenario: how far it is safe, which random quantities decide its outcome, the best value of a key.
    #[command(
        after_help = "Examples:\n  sixslot explore scenarios/issue-1855.toml --frontier projects,sessions -o frontier\n  sixslot explore scenarios/issue-1855.toml --set parameters.sessions=40 --sensitivity\n  sixslot explore scenarios/issue-1855.toml --set parameters.sessions=40 --tune request.session.deadline=2s..20s"
    )]
    Explore(explore::Explore),
    /// Compare several hypotheses about one page with published figures; write tables and a page of results.
    #[command(
        after_help = "Example: sixslot hypotheses scenarios/hypotheses/issue-1855.toml --output results/hypotheses"
    )]
    Hypotheses(hypotheses::Hypotheses),
    /// Write a report of a sweep or a scenario as one HTML page: how often loads fail, why, which fix helps, all pictures.
    #[command(
        after_help = "Examples:\n  sixslot report results/issue-1855 -o report.html\n  sixslot report scenarios/issue-1855.toml --set parameters.sessions=40 --loads 1000 -o report.html"
    )]
    Report(report::ReportArguments),
    /// Analyse HTTP Archives of a page's loads: what they prove, what they only suggest, and what to change.
    #[command(
        after_help = "Examples:\n  sixslot diagnose failing-load.har\n  sixslot diagnose loads/*.har.gz --format markdown >> $GITHUB_STEP_SUMMARY\n\nIn Chrome: DevTools, Network, reload the page with the panel open, then \"Export HAR\"."
    )]
    Diagnose(diagnose::Diagnose),
    /// Exit with 1 if the failure probability is above a threshold, for continuous integration.
    #[command(after_help = "Example: sixslot check scenarios/issue-1855.toml --max-failure 0.01")]
    Check(check::Check),
    /// Run loads in a real browser and compare them with their predictions.
    #[command(
        after_help = "Examples:\n  sixslot lab scenarios/next-prefetch.toml --browser firefox --loads 5 --scale 0.2\n  sixslot lab --calibrate --browser chromium -o costs.toml\n  sixslot lab --random --loads 100 --seed 7 --overrides costs.toml --save plans.json.gz\n  sixslot lab --replay plans.json.gz --format json\n\nThe browser is searched in PATH; SIXSLOT_CHROMIUM or SIXSLOT_FIREFOX overrides its path."
    )]
    Lab(lab::Lab),
    /// Draft a scenario from archives (HAR) of a page's loads, with the evidence for each number.
    #[command(
        after_help = "Examples:\n  sixslot import load.har -o page.toml\n  sixslot import failed.har good1.har good2.har.gz -o page.toml --explain\n  sixslot import load.har -o - | sixslot run -\n\nIn the Network panel, reload the page and choose \"Export HAR\". Several archives, of failed and of good loads, give a better scenario than one."
    )]
    Import(import::Import),
    /// Print the JSON Schema of scenario files.
    #[command(after_help = "Example: sixslot schema > scenario.schema.json")]
    Schema,
    /// Print a completion script for a shell.
    #[command(after_help = "Example: sixslot completions bash > sixslot.bash")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of one of its commands.
    #[command(after_help = "Examples:\n  sixslot man | man -l -\n  sixslot man run | man -l -")]
    Man {
        /// The command.
        command: Option<String>,
    },
}

/// Format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets, if the result is a table.
    Csv,
}

impl Format {
    /// The formats of a result that is not a table.
    fn of_no_table() -> impl clap::builder::TypedValueParser<Value = Self> {
        use clap::builder::TypedValueParser as _;
        let plain = [Self::Text, Self::Json];
        let words = plain.iter().filter_map(ValueEnum::to_possible_value);
        clap::builder::PossibleValuesParser::new(words).map(|word| if word == "json" { Self::Json } else { Self::Text })
    }
}

/// A scenario with its changes.
#[derive(Debug, Args)]
struct Scenario {
    /// The scenario file, or `-` for standard input.
    scenario: PathBuf,
    /// Fixes to apply, separated by commas.
    #[arg(long, value_name = "FIX", value_delimiter = ',')]
    fix: Vec<String>,
    #[command(flatten)]
    common: Common,
}

/// The arguments of every command on a scenario.
#[derive(Debug, Args)]
struct Common {
    /// Change a key of the scenario, such as parameters.projects=8 or request.session.deadline=9s.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Seed of all random numbers.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,
    /// Format of the output.
    #[arg(long, value_parser = Format::of_no_table(), default_value = "text")]
    format: Format,
    /// Number of threads; results do not depend on it. Default: one for each core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

/// Which existing files may be replaced.
#[derive(Clone, Copy, Debug, Args)]
struct Overwrite {
    /// Also replace files that sixslot did not write, or that were changed since. Inputs and read-only files stay.
    #[arg(long)]
    force: bool,
}

impl Overwrite {
    /// A writer of files that leaves the inputs as they are.
    fn files<P: AsRef<Path>>(self, inputs: impl IntoIterator<Item = P>) -> Files<'static> {
        let mut files = Files::new(&System, self.force);
        inputs.into_iter().for_each(|path| files.input(path.as_ref()));
        files
    }
}

/// Set by Ctrl-C.
static INTERRUPT: AtomicBool = AtomicBool::new(false);
/// Whether somebody looks at [`INTERRUPT`]: while loads are simulated or run in a browser.
static LOOKED_AT: AtomicBool = AtomicBool::new(false);

/// Marks work that ends soon after [`INTERRUPT`] is set; at any other time Ctrl-C ends the program at once.
struct Interruptible(());

impl Interruptible {
    fn begin() -> Self {
        LOOKED_AT.store(true, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        LOOKED_AT.store(false, Ordering::Relaxed);
    }
}

/// The most threads.
const THREADS: u16 = 1024;

/// A thread pool with a number of threads. Default: that of RAYON_NUM_THREADS, else one for each core.
fn thread_pool(jobs: Option<u16>) -> Result<rayon::ThreadPool, Failure> {
    let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get().min(usize::from(THREADS)));
    let threads = match (jobs, std::env::var("RAYON_NUM_THREADS")) {
        (Some(jobs), _) => usize::from(jobs),
        (None, Ok(text)) if !text.is_empty() => match text.parse::<u16>() {
            Ok(0) => cores(),
            Ok(threads) if threads <= THREADS => usize::from(threads),
            _ => {
                let message = format!("the variable RAYON_NUM_THREADS is not a number of threads from 1 to {THREADS}");
                return Err(Failure::Usage(message));
            }
        },
        (None, _) => cores(),
    };
    // An explicit stack, so that RUST_MIN_STACK does not count either.
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(4 << 20);
    builder.build().map_err(|error| Failure::Usage(format!("no threads: {error}; try a smaller --jobs")))
}

impl Common {
    /// The inputs of a sweep of a scenario with these arguments.
    fn recipe(&self, scenario: ScenarioText, loads: Option<u64>) -> Recipe {
        let ScenarioText { name, text } = scenario;
        let version = VERSION.to_owned();
        Recipe { version, scenario: name, text, set: self.set.clone(), seed: self.seed, loads, decide: None }
    }

    fn pool(&self) -> Result<rayon::ThreadPool, Failure> {
        thread_pool(self.jobs)
    }

    fn document(&self, text: &ScenarioText) -> Result<Document, Failure> {
        Ok(text.document(&self.set)?)
    }
}

impl Scenario {
    /// The scenario, and the plan with the fixes.
    fn plan(&self) -> Result<(Document, Plan), Failure> {
        self.plan_with(&[])
    }

    /// The same, with more changes of keys.
    fn plan_with(&self, more: &[String]) -> Result<(Document, Plan), Failure> {
        let document = ScenarioText::read(&self.scenario)?.document(&[&self.common.set, more].concat())?;
        let plan = document.plan(&document.fixes_named(&self.fix)?, &[])?;
        Ok((document, plan))
    }

    /// Number of the scenario's fixes that are not applied.
    fn others(&self, document: &Document) -> usize {
        document.fixes.iter().filter(|fix| !self.fix.contains(&fix.name)).count()
    }
}

/// A progress line, during work that Ctrl-C ends in order.
struct Progress {
    bar: indicatif::ProgressBar,
    _interruptible: Interruptible,
}

impl Progress {
    fn inc(&self, loads: u64) {
        self.bar.inc(loads);
    }

    fn set_position(&self, loads: u64) {
        self.bar.set_position(loads);
    }

    fn finish_and_clear(self) {
        self.bar.finish_and_clear();
    }
}

/// A progress line on standard error; nothing if standard error is not a terminal.
fn progress(total: u64, unit: &str) -> Progress {
    let bar = if std::io::stderr().is_terminal() {
        let template = format!("{{bar:30}} {{pos}} of {{len}} {unit}, {{per_sec}}, {{eta}} left");
        let style = indicatif::ProgressStyle::with_template(&template);
        indicatif::ProgressBar::new(total).with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
    } else {
        indicatif::ProgressBar::hidden()
    };
    Progress { bar, _interruptible: Interruptible::begin() }
}

/// The width of the terminal, within limits.
fn width() -> usize {
    terminal_size::terminal_size().map_or(110, |(width, _)| usize::from(width.0).clamp(80, 160))
}

/// The sentence with which an answer begins, and the notes on it, for the terminal.
fn opening(sentence: &str, notes: &[String]) -> String {
    let notes = notes.iter().map(|note| format!("note: {note}"));
    let lines = std::iter::once(sentence.to_owned()).chain(notes);
    let text: String = lines.map(|line| wrap("", &line, width()) + "\n").collect();
    text + "\n"
}

/// Prints for a command with an answer in its exit code: a closed pipe is not an error.
fn read_or_not(printed: Result<(), Failure>) -> Result<(), Failure> {
    match printed {
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn dispatch(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(run) => run.run(),
        Command::Sweep(sweep) => sweep.run(),
        Command::Merge(merge) => merge.run(),
        Command::Compare(compare) => compare.run(),
        Command::Explore(explore) => explore.run(),
        Command::Hypotheses(hypotheses) => hypotheses.run(),
        Command::Report(report) => report.run(),
        Command::Diagnose(diagnose) => diagnose.run(),
        Command::Check(check) => check.run(),
        Command::Lab(lab) => lab.run(),
        Command::Import(import) => import.run(),
        Command::Schema => {
            let text =
                serde_json::to_string_pretty(&sixslot_models::schema::json_schema()).map_err(std::io::Error::from)?;
            print_bytes(format!("{text}\n").as_bytes())?;
            Ok(Exit::Done)
        }
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "sixslot", &mut text);
            print_bytes(&text)?;
            Ok(Exit::Done)
        }
        Command::Man { command } => {
            print_bytes(&manual(command.as_deref())?)?;
            Ok(Exit::Done)
        }
    }
}

/// The manual page of the program, or of one of its commands.
fn manual(name: Option<&str>) -> Result<Vec<u8>, Failure> {
    // Built, so that the page of a command is called `sixslot-run` and shows its usage.
    let mut program = Arguments::command();
    program.build();
    let page = match name {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Failure::Usage(format!("there is no command `{name}`; `sixslot --help` lists them")))?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    Ok(text)
}

/// Adds the new name of a renamed command or option.
fn with_new_names(mut error: clap::Error) -> clap::Error {
    use clap::error::{ContextKind, ContextValue};
    for (wrong, right) in [
        (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand),
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
    ] {
        let Some(ContextValue::String(old)) = error.get(wrong) else { continue };
        let Some(row) = sixslot_models::schema::RENAMED.iter().find(|row| row.old == old) else { continue };
        let new = row.new.iter().map(|name| (*name).to_owned());
        error.insert(
            right,
            match right {
                ContextKind::SuggestedArg => ContextValue::String(new.collect()),
                _ => ContextValue::Strings(new.collect()),
            },
        );
    }
    error
}

/// Shows help, or what is wrong with the arguments.
fn show_usage(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        // Without clap's colours: it repeats the arguments, or what follows `=`, and these may have any character.
        let mut text = error.render().to_string();
        for argument in std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()) {
            for part in
                [Some(argument.as_str()), argument.split_once('=').map(|(_, value)| value)].into_iter().flatten()
            {
                if part.contains('\n') {
                    text = text.replace(part, &plain(part));
                }
            }
        }
        terminal::say_text(&text);
        return Exit::Unusable;
    }
    match error.print() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            say(&Failure::Output(error).to_string());
            Exit::Unusable
        }
        _ => Exit::Done,
    }
}

/// Runs the command line of this process.
pub fn main() -> std::process::ExitCode {
    let exit = match Arguments::try_parse() {
        Ok(arguments) => run(&arguments.command),
        Err(error) => show_usage(&with_new_names(error)),
    };
    // A message that was lost is not success.
    if exit == Exit::Done && terminal::has_failed() { Exit::Unusable.into() } else { exit.into() }
}

fn run(command: &Command) -> Exit {
    // The second Ctrl-C ends the program at once, whatever it does.
    let handler = || {
        if INTERRUPT.swap(true, Ordering::Relaxed) || !LOOKED_AT.load(Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        say(&format!("Ctrl-C will end the program at once: {error}"));
    }
    let failure = match dispatch(command) {
        Ok(exit) => return exit,
        Err(failure) => failure,
    };
    match (failure.exit(), failure.scenario()) {
        (Exit::Done, _) => {}
        (_, Some(error)) => terminal::say_text(&format!("{}\n", input::render(error))),
        (_, None) => say(&failure.to_string()),
    }
    failure.exit()
}
