//! The command line: what a user types, and how the program refuses.
//!
//! Rule: results go to standard output, progress and messages to standard error. Exit code 0: done; 1: a check failed;
//! 2: bad usage or input; 130: interrupted. A reader that closes the pipe ends the program quietly.

mod check;
mod compare;
mod diagnose;
mod exit;
mod failure;
mod hypotheses;
mod import;
mod lab;
mod layers;
mod report;
mod run;
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
    /// Play one load and tell it, or many and give the probability of a failure.
    #[command(
        after_help = "Examples:\n  sixslot run scenarios/issue-1855.toml --replication 7\n  sixslot run scenarios/issue-1855.toml --fix no-prefetch --loads 10000\n  sixslot run scenarios/issue-1855.toml --until half-width=0.005 --format json\n  sixslot run scenarios/issue-1855.toml --replication 7 --har load.har --svg load.svg"
    )]
    Run(run::Run),
    /// Play the grid of `[sweep]`: parameters times sets of fixes; write tables and pictures.
    #[command(after_help = "Example: sixslot sweep scenarios/issue-1855.toml --output results/issue-1855")]
    Sweep(sweep::SweepArguments),
    /// Join the parts of a sweep that was split with --shard.
    #[command(
        after_help = "Example:\n  sixslot sweep scenarios/issue-1855.toml --shard 1/2 --output part1\n  sixslot sweep scenarios/issue-1855.toml --shard 2/2 --output part2\n  sixslot merge part1 part2 --output results/issue-1855"
    )]
    Merge(sweep::MergeArguments),
    /// Compare each fix alone with none, on the same loads; or say what each layer of the cause contributes.
    #[command(
        after_help = "Examples:\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --format csv > fixes.csv\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --layers\n\nFor --layers the scenario names the layers of its cause, each with the patch that removes it:\n  [layer.prefetch]\n  title = \"five prefetches pin connections\"\n  removed_by.request.prefetch.count = 0"
    )]
    #[command(mut_arg("format", |format| format.value_parser(clap::value_parser!(Format))))]
    Compare(compare::Compare),
    /// Hold several hypotheses of one page against published figures; write tables and a page that says who explains what.
    #[command(
        after_help = "Example: sixslot hypotheses scenarios/hypotheses/issue-1855.toml --output results/hypotheses"
    )]
    Hypotheses(hypotheses::Hypotheses),
    /// Write a sweep, or a scenario that is played now, as one HTML page: how often, why, which fix, and every picture.
    #[command(
        after_help = "Examples:\n  sixslot report results/issue-1855 -o report.html\n  sixslot report scenarios/issue-1855.toml --set parameters.sessions=40 --loads 1000 -o report.html"
    )]
    Report(report::ReportArguments),
    /// Say what HTTP Archives of a page's loads prove, what they only allow, and what to change.
    #[command(
        after_help = "Examples:\n  sixslot diagnose failing-load.har\n  sixslot diagnose loads/*.har.gz --format markdown >> $GITHUB_STEP_SUMMARY\n\nIn Chrome: DevTools, Network, reload the page with the panel open, then \"Export HAR\"."
    )]
    Diagnose(diagnose::Diagnose),
    /// Exit with 1 where the probability of a failure is above a threshold, for continuous integration.
    #[command(after_help = "Example: sixslot check scenarios/issue-1855.toml --max-failure 0.01")]
    Check(check::Check),
    /// Play loads in a real browser, beside their predictions.
    #[command(
        after_help = "Examples:\n  sixslot lab scenarios/next-prefetch.toml --browser firefox --loads 5 --scale 0.2\n  sixslot lab --calibrate --browser chromium -o costs.toml\n  sixslot lab --random --loads 100 --seed 7 --overrides costs.toml --save plans.json.gz\n  sixslot lab --replay plans.json.gz --format json\n\nThe browser is found in PATH, or where SIXSLOT_CHROMIUM or SIXSLOT_FIREFOX says."
    )]
    Lab(lab::Lab),
    /// Make a scenario from archives (HAR) of a page's loads, with the evidence for each number.
    #[command(
        after_help = "Examples:\n  sixslot import load.har -o page.toml\n  sixslot import failed.har good1.har good2.har.gz -o page.toml --explain\n  sixslot import load.har -o - | sixslot run -\n\nIn the Network panel, reload the page and choose \"Export HAR\". Several loads say more than one: failed and good ones."
    )]
    Import(import::Import),
    /// Print the JSON Schema of scenario files.
    #[command(after_help = "Example: sixslot schema > scenario.schema.json")]
    Schema,
    /// Print a completion script for a shell.
    #[command(after_help = "Example: sixslot completions bash > sixslot.bash")]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of the program or of one of its commands.
    #[command(after_help = "Examples:\n  sixslot man | man -l -\n  sixslot man run | man -l -")]
    Man {
        /// Which command.
        command: Option<String>,
    },
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets, where the result is a table.
    Csv,
}

impl Format {
    /// The formats of a result that is no table.
    fn of_no_table() -> impl clap::builder::TypedValueParser<Value = Self> {
        use clap::builder::TypedValueParser as _;
        let plain = [Self::Text, Self::Json];
        let words = plain.iter().filter_map(ValueEnum::to_possible_value);
        clap::builder::PossibleValuesParser::new(words).map(|word| if word == "json" { Self::Json } else { Self::Text })
    }
}

/// A scenario and what is changed in it.
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

/// What every command on a scenario takes.
#[derive(Debug, Args)]
struct Common {
    /// Change a key of the scenario, such as parameters.projects=8 or request.session.deadline=9s.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// The seed of all random numbers.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,
    /// How results are printed.
    #[arg(long, value_parser = Format::of_no_table(), default_value = "text")]
    format: Format,
    /// Threads. Results do not depend on it. Default: one for each core.
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
    /// The scenario, the numbers of the fixes, and the plan with them.
    fn plan(&self) -> Result<(Document, Plan), Failure> {
        let document = self.common.document(&ScenarioText::read(&self.scenario)?)?;
        let fixes = self.fix.iter().map(|name| document.fix(name)).collect::<Result<Vec<_>, _>>()?;
        let plan = document.plan(&fixes, &[])?;
        Ok((document, plan))
    }
}

/// A line on standard error that says how far the work is; nothing where standard error is no terminal.
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

/// Prints text whose colours go away where standard output is no terminal.
fn print_text(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// The folder in which a file is to be written, where it is not there: asked before the work that the file is for.
fn missing_folder(file: &Path) -> Option<&Path> {
    file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir())
}

/// What was printed, where a reader that has closed the pipe changes nothing: the exit code is the answer.
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
    // Built, so that a command's page calls it `sixslot-run` and shows how it is used.
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

/// Adds what an old command or option is called now.
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
    // Ctrl-C ends the program at once, unless the command looks for it to keep what is finished: there the second does.
    let looks_for_it = matches!(
        arguments.command,
        Command::Run(_)
            | Command::Sweep(_)
            | Command::Compare(_)
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
