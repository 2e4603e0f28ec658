//! The evidence of a scenario: the archives that an import made it from, and the samples by which it fitted its numbers.
//!
//! Rule: a number has its evidence while its value is the one that was fitted; a fingerprint of the value shows it. A number
//! that was changed by hand, by `--set` or by a fix has none. Samples stand load by load, so that whole loads can be drawn
//! again (cluster bootstrap; A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8).

use crate::limits;
use crate::read::{self, Reader, expected};
use crate::schema;
use crate::source::{Fault, Place};
use crate::tree::{self, Entry, Node, Table, Value};
use std::fmt::Write as _;

/// What is known of one recorded time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Recorded {
    /// The time. Written as a number.
    Exact(f64),
    /// It was longer. Written `>8000`.
    AtLeast(f64),
    /// It was between the two. Written `3..4`.
    Between(f64, f64),
}

/// How a number follows from its sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FittedAs {
    /// A distribution of times, its family chosen by the sample.
    Distribution,
    /// A delay after a start: one length of time, or the quantiles of the sample.
    Delay,
    /// The same as a parameter in milliseconds.
    DelayParameter,
    /// The dependence of the times of one origin (`noise_shared`), from the samples of the numbers that it names.
    NoiseShared,
}

/// The words of a scenario for these.
const WORDS: [(&str, FittedAs); 4] = [
    ("distribution", FittedAs::Distribution),
    ("delay", FittedAs::Delay),
    ("delay-parameter", FittedAs::DelayParameter),
    ("noise-shared", FittedAs::NoiseShared),
];

impl FittedAs {
    /// Its word in a scenario.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

/// A fitted number with its sample.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FittedNumber {
    /// Where it stands, such as `request.session.service` or `request.script.each[3].body`.
    pub key: String,
    /// How it follows from the sample.
    pub fitted_as: FittedAs,
    /// Fingerprint of the fitted value.
    pub fingerprint: String,
    /// For `noise-shared`: indices of the numbers with the samples, in [`Evidence::numbers`].
    pub of: Vec<usize>,
    /// The sample of each load; empty for `noise-shared`.
    pub loads: Vec<Vec<Recorded>>,
    path: Vec<Step>,
}

/// The evidence of a scenario.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Evidence {
    /// Recorded loads, at least 1.
    pub loads: usize,
    /// Those that failed; none where failure was not judged.
    pub failed: Option<u64>,
    /// Fingerprint of the scenario as it was imported.
    pub scenario: Option<String>,
    /// The archives, each by its SHA-256.
    pub archives: Vec<String>,
    /// The fitted numbers.
    pub numbers: Vec<FittedNumber>,
}

/// A part of the path to a number.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Entry(usize),
}

/// Reads `a.b[3].c`.
fn path(key: &str, place: &Place) -> Result<Vec<Step>, Fault> {
    let fault = || {
        Fault::new(place, format!("`{}` names no number", key.escape_debug()))
            .help("write the path of a key, such as request.NAME.service or request.NAME.each[3].body")
    };
    let mut steps = Vec::new();
    for part in key.split('.') {
        let (name, entry) = part.split_once('[').map_or((part, None), |(name, entry)| (name, Some(entry)));
        if name.is_empty() || steps.len() >= limits::DEPTH {
            return Err(fault());
        }
        steps.push(Step::Key(name.to_owned()));
        if let Some(entry) = entry {
            let number = entry.strip_suffix(']').and_then(|number| number.parse().ok()).ok_or_else(fault)?;
            steps.push(Step::Entry(number));
        }
    }
    Ok(steps)
}

fn find<'a>(root: &'a Table, path: &[Step]) -> Option<&'a Node> {
    let (Step::Key(first), rest) = path.split_first()? else { return None };
    rest.iter().try_fold(root.get(first)?, |node, step| match (step, &node.value) {
        (Step::Key(key), Value::Table(table)) => table.get(key),
        (Step::Entry(at), Value::List(items)) => items.get(*at),
        _ => None,
    })
}

fn find_mut<'a>(root: &'a mut Table, path: &[Step]) -> Option<&'a mut Node> {
    let of = |table: &'a mut Table, key: &str| {
        table.entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
    };
    let (Step::Key(first), rest) = path.split_first()? else { return None };
    rest.iter().try_fold(of(root, first)?, |node, step| match (step, &mut node.value) {
        (Step::Key(key), Value::Table(table)) => of(table, key),
        (Step::Entry(at), Value::List(items)) => items.get_mut(*at),
        _ => None,
    })
}

/// FNV-1a of 64 bits (G. Fowler, L. C. Noll, K.-P. Vo, 1991) of values in one form, however they are written: it shows an edit,
/// it is no protection. The form is hashed as it is made: that of a scenario of 100 000 requests has 12 MB.
struct Fingerprint(u64);

impl std::fmt::Write for Fingerprint {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 = text.bytes().fold(self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Ok(())
    }
}

impl Fingerprint {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, value: &Value) -> std::fmt::Result {
        match value {
            Value::Text(text) | Value::Date(text) => write!(self, "{text:?}"),
            Value::Integer(number) => write!(self, "{}", *number as f64),
            Value::Float(number) => write!(self, "{number}"),
            Value::Boolean(value) => write!(self, "{value}"),
            Value::List(items) => items.iter().try_for_each(|item| {
                self.write_char(',')?;
                self.add(&item.value)
            }),
            Value::Table(table) => self.add_entries(table.entries.iter()),
        }
    }

    fn add_entries<'a>(&mut self, mut entries: impl Iterator<Item = &'a Entry>) -> std::fmt::Result {
        entries.try_for_each(|entry| {
            write!(self, ";{:?}=", entry.key)?;
            self.add(&entry.node.value)
        })
    }

    /// 16 hexadecimal digits.
    fn digits(&self) -> String {
        format!("{:016x}", self.0)
    }
}

fn hash(value: &Value) -> String {
    let mut fingerprint = Fingerprint::new();
    let _ = fingerprint.add(value);
    fingerprint.digits()
}

/// The fingerprint of a value that is written as TOML.
///
/// ```
/// use sixslot_models::evidence::fingerprint;
/// assert_eq!(fingerprint("{ distribution = \"gamma\", shape = 1 }"), fingerprint("{distribution='gamma', shape=1.0}"));
/// assert_ne!(fingerprint("\"20ms\""), fingerprint("\"21ms\""));
/// ```
pub fn fingerprint(value: &str) -> String {
    let place = Place { source: 0, bytes: 0..value.len() };
    tree::parse_value(value, &place).map_or_else(|_| String::new(), |node| hash(&node.value))
}

/// The fingerprint of a scenario: of everything that a load depends on.
///
/// # Errors
/// A text that is not TOML.
pub fn scenario_fingerprint(text: &str) -> Result<String, crate::ScenarioError> {
    let mut sources = crate::source::Sources::default();
    let source = sources.add("scenario", text);
    tree::parse(source, text).map(|root| of_scenario(&root)).map_err(|fault| sources.error(fault))
}

fn of_scenario(root: &Table) -> String {
    let counts = |entry: &&Entry| !["title", "fix", "layer", "sweep", "evidence"].contains(&entry.key.as_str());
    let mut fingerprint = Fingerprint::new();
    let _ = fingerprint.add_entries(root.entries.iter().filter(counts));
    fingerprint.digits()
}

/// Reads the sample of one load: times in milliseconds, separated by spaces.
fn sample(node: &Node) -> Result<Vec<Recorded>, Fault> {
    let word = |word: &str| {
        let number = |text: &str| text.parse::<f64>().ok().filter(|ms| ms.is_finite() && *ms >= 0.0);
        let recorded = match (word.strip_prefix('>'), word.split_once("..")) {
            (Some(bound), _) => number(bound).map(Recorded::AtLeast),
            (None, Some((low, high))) => number(low)
                .zip(number(high))
                .filter(|(low, high)| low < high)
                .map(|(low, high)| Recorded::Between(low, high)),
            (None, None) => number(word).map(Recorded::Exact),
        };
        recorded.ok_or_else(|| {
            Fault::new(&node.place, format!("`{}` is not a recorded time", word.escape_debug()))
                .help("write milliseconds: 12.5, >8000 for a time that was longer, 3..4 for one between the two")
        })
    };
    read::text(node)?.split_whitespace().map(word).collect()
}

impl FittedNumber {
    fn read(node: &Node, loads: usize, earlier: &[Self]) -> Result<Self, Fault> {
        let reader = Reader::new(node, &schema::FITTED)?;
        let key = reader.or("key", "", read::text)?.to_owned();
        let path = path(&key, reader.place_of("key"))?;
        if earlier.iter().any(|other| other.key == key) {
            return Err(Fault::new(reader.place_of("key"), format!("`{key}` has its evidence twice")));
        }
        let fitted_as = reader.or("fitted_as", FittedAs::Distribution, read::choice(&WORDS))?;
        let index = |node: &Node| {
            let name = read::text(node)?;
            let found = earlier.iter().position(|other| other.key == name);
            found.ok_or_else(|| Fault::new(&node.place, format!("no number above is called `{name}`")))
        };
        let of = reader.or("of", &[][..], read::list(limits::CLASSES))?.iter().map(index).collect::<Result<_, _>>()?;
        let items = reader.or("loads", &[][..], read::list(limits::LIST))?;
        if fitted_as != FittedAs::NoiseShared && items.len() != loads {
            let message = format!("{} samples for {loads} loads", items.len());
            return Err(Fault::new(reader.place_of("loads"), message).help("give one string for each load"));
        }
        let loads = items.iter().map(sample).collect::<Result<_, _>>()?;
        let fingerprint = reader.or("fingerprint", "", read::text)?.to_owned();
        Ok(Self { key, fitted_as, fingerprint, of, loads, path })
    }

    fn is_of(&self, node: &Node) -> bool {
        hash(&node.value) == self.fingerprint
    }
}

impl Evidence {
    /// Takes `[evidence]` out of a scenario's tree.
    pub(crate) fn take(root: &mut Table) -> Result<Option<Self>, Fault> {
        let Some(at) = root.entries.iter().position(|entry| entry.key == "evidence") else { return Ok(None) };
        Self::read(&root.entries.remove(at).node).map(Some)
    }

    fn read(node: &Node) -> Result<Self, Fault> {
        let reader = Reader::new(node, &schema::EVIDENCE)?;
        let loads = reader.or("loads", 1, read::count(1, limits::LIST as u64))?;
        let failed = reader.read("failed", read::whole(0, loads as u64))?;
        let archives = reader.or("archives", &[][..], read::list(limits::LIST))?;
        let archives = archives.iter().map(|node| read::text(node).map(str::to_owned)).collect::<Result<_, _>>()?;
        let mut numbers: Vec<FittedNumber> = Vec::new();
        let mut recorded = 0;
        for item in reader.or("numbers", &[][..], read::list(limits::FITTED))? {
            if item.table().is_none() {
                return Err(expected("a table", item));
            }
            let number = FittedNumber::read(item, loads, &numbers)?;
            recorded += number.loads.iter().map(Vec::len).sum::<usize>();
            if recorded > limits::RECORDED {
                let message = format!("more than {} recorded times", limits::RECORDED);
                return Err(Fault::new(&item.place, message).help("leave out samples: the scenario runs without them"));
            }
            numbers.push(number);
        }
        let scenario = reader.read("scenario", read::text)?.map(str::to_owned);
        Ok(Self { loads, failed, scenario, archives, numbers })
    }

    /// Whether a tree is the scenario that was imported.
    pub(crate) fn is_of(&self, root: &Table) -> bool {
        self.scenario.as_ref().is_some_and(|fingerprint| *fingerprint == of_scenario(root))
    }

    /// Indices of the numbers that are in a tree with another value than the fitted one, or not at all.
    pub(crate) fn edited(&self, root: &Table) -> Vec<usize> {
        let is_edited = |number: &FittedNumber| find(root, &number.path).is_none_or(|node| !number.is_of(node));
        (0..self.numbers.len()).filter(|at| is_edited(&self.numbers[*at])).collect()
    }

    /// Replaces fitted values in a tree by others, written as TOML; those that were changed since stay.
    pub(crate) fn replace(&self, root: &mut Table, values: &[(usize, String)]) -> Result<(), Fault> {
        for (at, text) in values {
            let number = &self.numbers[*at];
            let Some(node) = find_mut(root, &number.path).filter(|node| number.is_of(node)) else { continue };
            *node = tree::parse_value(text, &node.place.clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;
    use crate::Document;

    #[test]
    fn a_changed_number_keeps_its_value_when_others_are_fitted_again() -> Result<(), crate::ScenarioError> {
        let text = format!(
            "schema = 1\n[request.a]\nservice = \"1s\"\nbody = \"1s\"\neach = [{{ delay = \"1s\", after = \"b.ok\" }}]\n[request.b]\n[load]\nready = [\"a\"]\n[fix.f]\npatch.request.a.body = \"3s\"\n[evidence]\nloads = 2\nnumbers = [{}]",
            ["service", "body", "each[0].delay"]
                .map(|key| format!(
                    "{{ key = \"request.a.{key}\", fingerprint = \"{}\", loads = [\"999\", \"1001 >5 3..4\"] }}",
                    fingerprint("'1s'")
                ))
                .join(", ")
        );
        let document = Document::read("x", &text, &["request.a.service=2s".to_owned()])?;
        assert_eq!(document.edited(), ["request.a.service"]);
        let values: Vec<(usize, String)> = (0..3).map(|at| (at, "\"7s\"".to_owned())).collect();
        let again = |sets: &[String], fixes: &[usize], values: &[(usize, String)]| {
            Document::read("x", &text, sets)?.plan_with(fixes, &[], values)
        };
        let set = |body: &str, delay: &str| {
            let sets = ["service=2s".to_owned(), format!("body={body}")].map(|set| format!("request.a.{set}"));
            let plain = text.replace("delay = \"1s\"", &format!("delay = \"{delay}\""));
            Document::read("x", &plain, &sets)?.plan(&[], &[])
        };
        assert_eq!(again(&["request.a.service=2s".to_owned()], &[], &values)?, set("7s", "7s")?);
        // What a fix changes stays as the fix has it.
        assert_eq!(again(&["request.a.service=2s".to_owned()], &[0], &values)?, set("3s", "7s")?);
        Ok(())
    }
}
