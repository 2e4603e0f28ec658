//! `sixslot HAR...`: from archives of a page's loads to the fix, in one go.
//!
//! Rule: the answer, the ranking and the report are about the scenario that is written, with the same loads and seed. Files
//! that were edited by hand are found before any work is done, and stay. An interrupt leaves the answer of the loads so far, and
//! the scenario; without a report.

use super::archives::{FILES, draft, guesses, hashed, is_archive, is_archive_name, note_strange};
use super::evidence::{note_interrupted, with_data};
use super::fixes_table::{self, About};
use super::import::kinds;
use super::threads::thread_pool;
use super::{Exit, Failure, Format, INTERRUPT, Overwrite, heading, opening, print_json, print_text, progress, width};
use clap::Args;
use serde::Serialize;
use sixslot_analysis::answers::CompareRecord;
use sixslot_analysis::comparison::{Comparisons, Measure, Settings, compare_plans, variants};
use sixslot_analysis::data_interval::DataInterval;
use sixslot_analysis::diagnose;
use sixslot_analysis::estimate::Estimate;
use sixslot_analysis::notes::add_unmeasured;
use sixslot_analysis::replications::Stopped;
use sixslot_analysis::report::{Report, Source};
use sixslot_analysis::sentence::Finding;
use sixslot_analysis::sweep::{Recipe, Sweep, VERSION};
use sixslot_analysis::words::{count, plain, wrap};
use sixslot_experiments::files::{FileError, Files, Purpose};
use sixslot_experiments::report_pictures::SweepPictures;
use sixslot_models::{Document, Plan, limits};
use sixslot_statistics::stopping::Stopping;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Waterfalls in the report: those of `sixslot report`.
const WATERFALLS: usize = 14;

/// The arguments of `sixslot answer`.
#[derive(Debug, Args)]
pub(super) struct Answer {
    /// Archives of loads of one page: .har or .har.gz. Several, of failed and of good loads, give a better answer than one.
    #[arg(required = true, value_name = "HAR")]
    archives: Vec<PathBuf>,
    /// Path of the files to write, without `.toml` and `.html`. Default: the name of the first archive, in the current folder.
    #[arg(short, long, alias = "out", value_name = "PATH")]
    output: Option<PathBuf>,
    /// Number of loads, each simulated without and with each fix.
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=limits::LOADS))]
    loads: u64,
    /// Seed of all random numbers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    overwrite: Overwrite,
    /// Format of the output.
    #[arg(long, value_parser = Format::of_no_table(), default_value = "text")]
    format: Format,
    /// Number of threads; results do not depend on it. Default: one for each core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

/// The whole answer.
#[derive(Serialize)]
struct AnswerRecord<'a> {
    sentence: &'a str,
    scenario: String,
    /// Null after an interrupt.
    report: Option<String>,
    archives: usize,
    loads: u64,
    seed: u64,
    interval_with_data: Option<sixslot_statistics::Interval>,
    /// Each number of the scenario and how it is known.
    statements: &'a [sixslot_analysis::import::Statement],
    diagnosis: &'a diagnose::Report,
    /// Null where the scenario has no fix.
    comparison: Option<CompareRecord<'a>>,
}

/// What the simulated loads say.
struct Found {
    sentence: String,
    notes: Vec<String>,
    loads: u64,
    data: Option<DataInterval>,
    /// None where the scenario has no fix, or an interrupt came before the first loads.
    compared: Option<Comparisons>,
}

impl Found {
    /// The answer, what the archives show, and the fixes.
    fn text(&self, title: &str, seed: u64, archives: usize, diagnosis: &diagnose::Report) -> String {
        let mut text = opening(&self.sentence, &self.notes);
        let shown = format!("What {} show", count(archives, "archive")).replace("1 archive show", "the archive shows");
        let _ = write!(text, "{}\n{}\n", heading(&shown), diagnosis.brief(width()));
        if let Some(compared) = &self.compared {
            let about = About { title, loads: compared.loads, seed, base: &[] };
            let _ = writeln!(text, "{}", fixes_table::text(&about, compared));
        }
        text
    }
}

/// The arguments with the command's name, where they name an archive first: `sixslot page.har` is `sixslot answer page.har`.
/// `is_command` says whether a word is the name of a command.
pub(super) fn with_command(mut arguments: Vec<OsString>, is_command: impl Fn(&str) -> bool) -> Vec<OsString> {
    let words = || {
        arguments
            .iter()
            .skip(1)
            .take_while(|word| *word != "--")
            .filter(|word| !word.to_string_lossy().starts_with('-'))
    };
    let first = words().find(|word| {
        let path = Path::new(word);
        is_command(&word.to_string_lossy()) || is_archive_name(path) || path.is_file() && is_archive(path)
    });
    if first.is_some_and(|word| !is_command(&word.to_string_lossy())) {
        arguments.insert(1, "answer".into());
    }
    arguments
}

impl Answer {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        if self.archives.len() > FILES {
            return Err(Failure::Usage(format!("more than {FILES} archives; name fewer at a time")));
        }
        let (toml, html) = (self.path("toml"), self.path("html"));
        let files = self.overwrite.files(&self.archives);
        check(&files, &toml, Purpose::Scenario)?;
        check(&files, &html, Purpose::Report)?;
        let archives = hashed(&self.archives)?;
        note_strange(&archives);
        let diagnosis = diagnose::Report::new(archives.clone());
        let number = archives.len();
        let draft = draft(archives)?;
        let (statements, tables) = (draft.statements(), kinds(&draft.tables));
        let name = toml.display().to_string();
        let document = Document::read(&name, &draft.text, &[])?;
        let plan = document.plan(&[], &[])?;
        let pool = thread_pool(self.jobs)?;
        let found = pool.install(|| self.simulate(&document, &plan))?;
        let page = pool.install(|| self.report(name.clone(), draft.text.clone()))?;
        let bytes = page.as_ref().map(String::len);
        files.write(&toml, Purpose::Scenario, draft.text.into_bytes())?;
        if let Some(page) = page {
            files.write(&html, Purpose::Report, page.into_bytes())?;
        }
        let exit = if bytes.is_some() {
            Exit::Done
        } else {
            note_interrupted("answer", found.loads, &document, found.data.as_ref());
            Exit::Interrupted
        };
        if self.format == Format::Json {
            let interval = found.data.as_ref().map(|data| data.interval);
            let comparison = found.compared.as_ref().map(|compared| {
                CompareRecord::new(&document.title, self.seed, &[], compared, interval, &found.sentence, &found.notes)
            });
            print_json(&AnswerRecord {
                sentence: &found.sentence,
                scenario: name,
                report: bytes.map(|_| html.display().to_string()),
                archives: number,
                loads: found.loads,
                seed: self.seed,
                interval_with_data: interval,
                statements: &statements,
                diagnosis: &diagnosis,
                comparison,
            })?;
            return Ok(exit);
        }
        let mut text = found.text(&document.title, self.seed, number, &diagnosis);
        let (toml, html) = (plain(&name), plain(&html.display().to_string()));
        let report = bytes.map_or_else(
            || "No report was written.".to_owned(),
            |bytes| format!("{html}: the report, {} kB; open it in a browser", bytes / 1000),
        );
        let written = [
            format!(
                "{toml}: the scenario, {tables} from {}, {} (marked GUESS); edit it, then sixslot compare {toml}",
                count(number, "archive"),
                guesses(&statements)
            ),
            report,
        ];
        for line in written {
            let _ = writeln!(text, "{}", wrap("", &line, width()));
        }
        print_text(&text)?;
        Ok(exit)
    }

    /// The path of a file to write.
    fn path(&self, ending: &str) -> PathBuf {
        let stem = self.output.clone().unwrap_or_else(|| {
            let first = self.archives.first().and_then(|path| path.file_name());
            let name = first.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let lower = name.to_lowercase();
            let length = [".gz", ".json", ".har"].iter().fold(name.len(), |length, end| {
                lower.get(..length).and_then(|rest| rest.strip_suffix(end)).map_or(length, str::len)
            });
            let stem = name.get(..length).unwrap_or(&name);
            PathBuf::from(if stem.is_empty() || stem == "-" { "page" } else { stem })
        });
        let mut name = stem.into_os_string();
        name.push(format!(".{ending}"));
        PathBuf::from(name)
    }

    fn simulate(&self, document: &Document, plan: &Plan) -> Result<Found, Failure> {
        let (_, variants) = variants(document, &[]).map_err(|error| Failure::from(*error))?;
        let bar = progress((1 + u64::from(!variants.is_empty())) * self.loads, "loads");
        let stopping = Stopping::Fixed(self.loads);
        let estimate =
            Estimate::run(plan, self.seed, &stopping, self.loads, &INTERRUPT, |loads| bar.set_position(loads))?;
        let (estimate, data) = with_data(estimate, document, &[], self.seed)?;
        let settings = Settings { seed: self.seed, loads: self.loads, by: Measure::Failed };
        let compared = if variants.is_empty() {
            None
        } else {
            match compare_plans(plan, &variants, settings, &INTERRUPT, |loads| bar.inc(loads)) {
                Err(Stopped::Interrupted) => None,
                found => Some(found?.with_ends(plan, &variants, self.seed, &INTERRUPT)),
            }
        };
        bar.finish_and_clear();
        let mut finding = Finding::of_estimate(plan, self.seed, &estimate, 0)?.with_data(data.as_ref());
        finding.fixes = compared.as_ref().map_or(&[], |compared| compared.fixes.as_slice());
        let sentence = finding.sentence();
        let mut notes = estimate.notes;
        add_unmeasured(&mut notes, document, &[]);
        Ok(Found { sentence, loads: estimate.loads, notes, data, compared })
    }

    /// The report of the scenario that is written; none after an interrupt.
    fn report(&self, scenario: String, text: String) -> Result<Option<String>, Failure> {
        match self.whole_report(scenario, text) {
            Err(Failure::Stopped(Stopped::Interrupted)) => Ok(None),
            page => page.map(Some),
        }
    }

    fn whole_report(&self, scenario: String, text: String) -> Result<String, Failure> {
        let version = VERSION.to_owned();
        let recipe =
            Recipe { version, scenario, text, set: Vec::new(), seed: self.seed, loads: Some(self.loads), decide: None };
        let commands = vec![recipe.report_command(&[]) + " --no-engine"];
        let sweep = Sweep::new(recipe)?;
        let bar = progress(sweep.cells() as u64 * sweep.loads(), "loads of the report");
        let rows = sweep.rows(&INTERRUPT, |loads| bar.inc(loads))?;
        let source = Source { sweep, rows, commands };
        let report = Report::new(&source, WATERFALLS, &INTERRUPT, |_| ())?;
        bar.finish_and_clear();
        Ok(report.html(&SweepPictures)?)
    }
}

/// Refuses a file that cannot be written; of a changed scenario, with what to do with it.
fn check(files: &Files<'_>, path: &Path, purpose: Purpose) -> Result<(), Failure> {
    match files.check(path, purpose) {
        Err(error @ FileError::Changed { .. }) if purpose == Purpose::Scenario => {
            let name = path.display();
            Err(Failure::Usage(format!(
                "{error}; `sixslot compare {name}` and `sixslot report {name} -o FILE` are about the changed one"
            )))
        }
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::with_command;
    use std::ffi::OsString;

    #[test]
    fn an_archive_in_the_place_of_a_command_is_answered() {
        let with = |words: &[&str]| {
            let words = std::iter::once("sixslot").chain(words.iter().copied()).map(OsString::from).collect();
            let is_command = |word: &str| ["run", "import", "answer"].contains(&word);
            let words = with_command(words, is_command);
            words[1..].iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        for (words, expected) in [
            ("page.har", "answer page.har"),
            ("--format json A.HAR.GZ b.har", "answer --format json A.HAR.GZ b.har"),
            ("run page.har", "run page.har"),
            ("import page.har -o x.toml", "import page.har -o x.toml"),
            ("answer page.har", "answer page.har"),
            ("rum page.toml", "rum page.toml"),
            ("--version", "--version"),
            ("", ""),
        ] {
            assert_eq!(with(&words.split_whitespace().collect::<Vec<_>>()), expected);
        }
    }
}
