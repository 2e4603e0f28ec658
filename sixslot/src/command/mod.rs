//! The command line: its arguments, and how the program reports errors.
//!
//! Rule: results go to standard output, progress and messages to standard error. Exit code 0: done; 1: a check failed;
//! 2: bad usage or input; 130: interrupted. A reader that closes the pipe ends the program quietly.

mod check;
mod compare;
mod diagnose;
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
mod subsets;
mod sweep;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use exit::Exit;
use failure::Failure;
use sixslot_experiments::input::{self, ScenarioText};
use sixslot_models::{Document, Plan};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

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
        after_help = "Examples:\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --format csv > fixes.csv\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --layers\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --subsets --max-failure 0.01\n\nFor --layers the scenario lists the layers of its cause, each with the patch that removes it:\n  [layer.prefetch]\n  title = \"five prefetches pin connections\"\n  removed_by.request.prefetch.count = 0"
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

/// Set by Ctrl-C.
static INTERRUPT: AtomicBool = AtomicBool::new(false);

impl Common {
    fn pool(&self) -> Result<rayon::ThreadPool, Failure> {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(self.jobs.map_or(0, usize::from));
        builder.build().map_err(|error| Failure::Usage(format!("no threads: {error}; try a smaller --jobs")))
    }

    fn document(&self, text: &ScenarioText) -> Result<Document, Failure> {
        Ok(text.document(&self.set)?)
    }
}

impl Scenario {
    /// The scenario, the indices of the fixes, and the plan with them.
    fn plan(&self) -> Result<(Document, Plan), Failure> {
        let document = self.common.document(&ScenarioText::read(&self.scenario)?)?;
        let fixes = self.fix.iter().map(|name| document.fix(name)).collect::<Result<Vec<_>, _>>()?;
        let plan = document.plan(&fixes, &[])?;
        Ok((document, plan))
    }
}

/// A progress line on standard error; nothing if standard error is not a terminal.
fn progress(total: u64, unit: &str) -> indicatif::ProgressBar {
    if !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let template = format!("{{bar:30}} {{pos}} of {{len}} {unit}, {{per_sec}}, {{eta}} left");
    let style = indicatif::ProgressStyle::with_template(&template);
    indicatif::ProgressBar::new(total).with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
}

fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(std::io::Error::from)?;
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// Prints text, without its colours if standard output is not a terminal.
fn print_text(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// The folder of an output file if it does not exist: checked before the work.
fn missing_folder(file: &Path) -> Option<&Path> {
    file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
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
            writeln!(std::io::stdout(), "{text}")?;
            Ok(Exit::Done)
        }
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "sixslot", &mut text);
            std::io::stdout().write_all(&text)?;
            Ok(Exit::Done)
        }
        Command::Man { command } => {
            std::io::stdout().write_all(&manual(command.as_deref())?)?;
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

/// Runs the command line of this process.
pub fn main() -> std::process::ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| with_new_names(error).exit());
    // Ctrl-C ends the program at once, except in commands that handle it to keep finished work: there the second one does.
    let looks_for_it = matches!(
        arguments.command,
        Command::Run(_)
            | Command::Sweep(_)
            | Command::Compare(_)
            | Command::Explore(_)
            | Command::Hypotheses(_)
            | Command::Report(_)
            | Command::Check(_)
            | Command::Lab(_)
    );
    let handler = move || {
        if INTERRUPT.swap(true, Ordering::Relaxed) || !looks_for_it {
            std::process::exit(130);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        eprintln!("sixslot: Ctrl-C will end the program at once: {error}");
    }
    let failure = match dispatch(&arguments.command) {
        Ok(exit) => return exit.into(),
        Err(failure) => failure,
    };
    match (failure.exit(), failure.scenario()) {
        (Exit::Done, _) => {}
        (_, Some(error)) => eprintln!("{}", input::render(error, std::io::stderr().is_terminal())),
        (_, None) => eprintln!("sixslot: {failure}"),
    }
    failure.exit().into()
}
