//! The command line: its arguments, and how the program reports errors.
//!
//! Rule: results go to standard output, progress and messages to standard error. Exit code 0: done; 1: a check failed;
//! 2: bad usage or input; 130: interrupted. A reader that closes the pipe ends the program quietly.

mod answer;
mod archives;
mod check;
mod compare;
mod diagnose;
mod evidence;
mod exit;
mod explore;
mod failure;
mod fixes_table;
mod hypotheses;
mod import;
mod init;
mod lab;
mod layers;
mod mcp;
mod progress;
mod ranked;
mod rare;
mod report;
mod run;
mod scenario;
mod schema;
mod shard;
mod shares;
mod subsets;
mod sweep;
mod terminal;
mod threads;
mod usage;
mod validate;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use exit::Exit;
use failure::Failure;
use progress::{progress, progress_up_to};
use scenario::{Common, Scenario};
use sixslot_analysis::waterfall::paint;
use sixslot_analysis::words::wrap;
use sixslot_experiments::files::{Files, System};
use sixslot_experiments::input;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use terminal::{Color, choose_colors, print_bytes, print_data, print_json, print_text, say, table_width, width};
use usage::{show_usage, with_new_names};

/// With what probability does a page fail to load because its requests starve in the browser's connection queue, why,
/// and which fix ends it?
#[derive(Debug, Parser)]
#[command(name = "sixslot", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Example: sixslot run scenarios/issue-1855.toml --set parameters.sessions=40")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Colours: where the terminal shows them (see also NO_COLOR and FORCE_COLOR), always, or never.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto, hide_possible_values = true)]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// From archives of a failing page to the fix: diagnosis, scenario, ranking of the fixes and report. Short: `sixslot page.har`.
    #[command(
        after_help = "Examples:\n  sixslot page.har\n  sixslot answer failed.har good1.har.gz good2.har.gz -o page\n\nIt writes page.toml, the scenario, and page.html, the report. In Chrome: DevTools, Network, reload the page with the panel open, then \"Export HAR\"."
    )]
    Answer(answer::Answer),
    /// Simulate one load and show it, or many and estimate the failure probability.
    #[command(
        after_help = "Examples:\n  sixslot run scenarios/issue-1855.toml --replication 7\n  sixslot run scenarios/issue-1855.toml --fix no-prefetch --loads 10000\n  sixslot run scenarios/issue-1855.toml --until half-width=0.005 --format json\n  sixslot run scenarios/issue-1855.toml --replication 7 --har load.har --svg load.svg"
    )]
    Run(run::Run),
    /// Compare each fix alone with none on the same loads, or every set of fixes, or the layers of the cause.
    #[command(
        after_help = "Examples:\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40\n  sixslot compare scenarios/issue-1855.toml --fix no-prefetch --by ready-p95\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --format csv > fixes.csv\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --layers\n  sixslot compare scenarios/issue-1855.toml --set parameters.sessions=40 --subsets --max-failure 0.01\n\nWhat a fix does is one word:\n  fixes    no load fails, no more are late, and most rescued loads are ready before they would have failed\n  hides    fewer loads fail, but most rescued loads are late, or ready only after they would have failed\n  reduces  fewer loads fail\n  faster   as many loads fail; fewer are late, or they are ready earlier\n  worse    more loads fail, or are late, or they are ready later\n  nothing  none of these for certain\nEach is decided on intervals that hold for all fixes at once with 95 %; \"fixes\" also at twice the horizon.\n\nFor --layers the scenario lists the layers of its cause, each with the patch that removes it:\n  [layer.prefetch]\n  title = \"five prefetches pin connections\"\n  removed_by.request.prefetch.count = 0"
    )]
    #[command(mut_arg("format", |format| format.value_parser(Format::of_table())))]
    Compare(compare::Compare),
    /// Exit with 1 if the failure probability is above a threshold, for continuous integration.
    #[command(after_help = "Example: sixslot check scenarios/issue-1855.toml --max-failure 0.01")]
    Check(check::Check),
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
    /// Draft a scenario from archives (HAR) of a page's loads, with the evidence for each number.
    #[command(
        after_help = "Examples:\n  sixslot import load.har -o page.toml\n  sixslot import failed.har good1.har good2.har.gz -o page.toml --explain\n  sixslot import load.har -o - | sixslot run -\n\nIn the Network panel, reload the page and choose \"Export HAR\". Several archives, of failed and of good loads, give a better scenario than one."
    )]
    Import(import::Import),
    /// Write a commented scenario to start from.
    #[command(after_help = "Examples:\n  sixslot init\n  sixslot init --template sse-tabs -o tabs.toml")]
    Init(init::Init),
    /// Show every error of scenarios at once.
    #[command(
        after_help = "Examples:\n  sixslot validate page.toml\n  sixslot validate scenarios/*.toml --format json"
    )]
    Validate(validate::Validate),
    /// Simulate the grid of `[sweep]`, parameters times sets of fixes; write tables and pictures.
    #[command(after_help = "Example: sixslot sweep scenarios/issue-1855.toml --output results/issue-1855")]
    Sweep(sweep::SweepArguments),
    /// Join the parts of a sweep that was split with --shard.
    #[command(
        after_help = "Example:\n  sixslot sweep scenarios/issue-1855.toml --shard 1/2 --output part1\n  sixslot sweep scenarios/issue-1855.toml --shard 2/2 --output part2\n  sixslot merge part1 part2 --output results/issue-1855"
    )]
    Merge(sweep::MergeArguments),
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
    /// Run loads in a real browser and compare them with their predictions.
    #[command(
        after_help = "Examples:\n  sixslot lab scenarios/next-prefetch.toml --browser firefox --loads 5 --scale 0.2\n  sixslot lab --calibrate --browser chromium -o costs.toml\n  sixslot lab --random --loads 100 --seed 7 --overrides costs.toml --save plans.json.gz\n  sixslot lab --replay plans.json.gz --format json\n\nThe browser is searched in PATH, WebKitGTK (with Xvfb) also among the libraries; SIXSLOT_CHROMIUM, SIXSLOT_FIREFOX or SIXSLOT_WEBKIT overrides its path."
    )]
    Lab(lab::Lab),
    /// Serve the commands as tools for agents and editors (Model Context Protocol), on standard input and output.
    #[command(
        after_help = "Example of a client's configuration:\n  { \"mcpServers\": { \"sixslot\": { \"command\": \"sixslot\", \"args\": [\"mcp\"] } } }\n\nTools: diagnose, import, estimate, compare, explain_key, waterfall. Only files under the current folder are read and written."
    )]
    Mcp(mcp::Mcp),
    /// Print the JSON Schema of scenario files, or of one key.
    #[command(
        after_help = "Examples:\n  sixslot schema > scenario.schema.json\n  sixslot schema request.session.deadline"
    )]
    Schema(schema::Schema),
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
    /// For test reports: JUnit XML.
    Junit,
    /// For a summary page.
    Markdown,
    /// For GitHub Actions: text, annotations, and the summary of the job.
    Github,
}

impl Format {
    /// Some of the formats.
    fn among(formats: &'static [Self]) -> impl clap::builder::TypedValueParser<Value = Self> {
        use clap::builder::TypedValueParser as _;
        let words = formats.iter().filter_map(ValueEnum::to_possible_value);
        clap::builder::PossibleValuesParser::new(words).map(|word| Self::from_str(&word, false).unwrap_or(Self::Text))
    }

    /// The formats of a result that is not a table.
    fn of_no_table() -> impl clap::builder::TypedValueParser<Value = Self> {
        Self::among(&[Self::Text, Self::Json])
    }

    /// The formats of a result that is a table.
    fn of_table() -> impl clap::builder::TypedValueParser<Value = Self> {
        Self::among(&[Self::Text, Self::Json, Self::Csv])
    }
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

/// The longest line of prose: longer ones are hard to read.
const PROSE: usize = 120;

/// Text in bold, on one or several lines.
fn heading(text: &str) -> String {
    let lines: Vec<String> = wrap("", text, width()).lines().map(|line| paint(line, "1")).collect();
    lines.join("\n")
}

/// The sentence with which an answer begins, and the notes on it, for the terminal.
fn opening(sentence: &str, notes: &[String]) -> String {
    let width = width().min(PROSE);
    let notes = notes.iter().map(|note| format!("note: {note}"));
    let lines = std::iter::once(sentence.to_owned()).chain(notes);
    let text: String = lines.map(|line| wrap("", &line, width) + "\n").collect();
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
        Command::Answer(answer) => answer.run(),
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
        Command::Init(init) => init.run(),
        Command::Validate(validate) => validate.run(),
        Command::Mcp(mcp) => mcp.run(),
        Command::Schema(schema) => schema.run(),
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

/// Runs the command line of this process.
pub fn main() -> std::process::ExitCode {
    let program = Arguments::command();
    let is_command = |word: &str| word == "help" || program.find_subcommand(word).is_some();
    choose_colors(Color::Auto);
    let exit = match Arguments::try_parse_from(answer::with_command(std::env::args_os().collect(), is_command)) {
        Ok(arguments) => {
            choose_colors(arguments.color);
            run(&arguments.command)
        }
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
        (_, Some(error)) => terminal::say_fit(&format!("{}\n", input::render(error))),
        (_, None) => say(&failure.to_string()),
    }
    failure.exit()
}
