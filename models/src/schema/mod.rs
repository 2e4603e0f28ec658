//! The fields of a scenario file: the one list by which unknown keys are refused and the JSON Schema is printed.
//!
//! Rule: a key that is not here is an error, and a key that is here has a meaning, a unit and an example. Readers ask for
//! keys of these tables only ([`crate::read::Reader`] checks it), so that the list and the program cannot drift apart.

mod browser;
mod elsewhere;
mod form;
mod json;
mod network;
mod renamed;
mod request;
mod scenario;
mod server;
mod synonyms;

pub(crate) use browser::browser_rules;
pub(crate) use browser::{BROWSER, PRIORITIES};
pub(crate) use elsewhere::elsewhere;
pub(crate) use form::{DISTRIBUTIONS, FORM};
pub use json::json_schema;
pub(crate) use network::{NETWORK, PROFILE_NAMES, PROFILES};
pub use renamed::{MOVED, Moved, RENAMED, Renamed, renamed_to};
pub(crate) use request::{ANY, ARRIVALS, EACH, FRESH, PAGE, QUEUE, REQUEST, RETRY, SOCKET};
pub use scenario::SCENARIO;
pub(crate) use scenario::{ERROR, EVIDENCE, FITTED, FIX, LAYER, LOAD, SWEEP, THRESHOLDS};
pub(crate) use server::{BACKGROUND, SERVER, SERVER_CACHE, SERVER_QUEUE};
pub(crate) use synonyms::meant;

/// The type of a field.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// A string.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number from 0.
    Whole,
    /// A number.
    Number,
    /// A length of time: a string with a unit.
    Span,
    /// A bandwidth: a string with a unit.
    Bandwidth,
    /// Several lengths of time.
    Spans,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of names.
    Names,
    /// A time: a length, a distribution, or a linear form of parameters.
    Time,
    /// A number: itself, a parameter's name, or a linear form of parameters.
    Amount,
    /// A share: a number from 0 to 1, or a parameter's name.
    Share,
    /// A parameter: a number, or a distribution drawn once per load.
    Parameter,
    /// What a start waits for: `"NAME.EVENT"`, a list of them, or `{ any = [...] }`.
    Causes,
    /// A list of tables with these fields.
    Tables(&'static Fields),
    /// A table with these fields.
    Table(&'static Fields),
    /// A table with these fields, or tables with these fields, keyed by a name that the user chooses.
    OneOrNamed(&'static Fields),
    /// Tables with these fields, keyed by a name that the user chooses.
    Named(&'static Fields),
    /// Values of the kind, keyed by a name that the user chooses.
    Keyed(&'static Kind),
    /// A patch: any part of a scenario.
    Patch,
    /// A list of numbers.
    Numbers,
    /// `"each"`, `"all-subsets"`, or a list of lists of fix names.
    FixSets,
}

/// One key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Its meaning, with its unit and default.
    pub text: &'static str,
}

const fn field(key: &'static str, kind: Kind, text: &'static str) -> Field {
    Field { key, kind, text }
}

/// The keys of one table.
#[derive(Debug)]
pub struct Fields {
    /// Description of the table.
    pub text: &'static str,
    /// Its keys.
    pub fields: &'static [Field],
    /// Required keys.
    pub required: &'static [&'static str],
}

impl Fields {
    /// Whether the table has this key; a table with the key `*` takes any.
    pub fn knows(&self, key: &str) -> bool {
        self.fields.iter().any(|field| field.key == key || field.key == "*")
    }
}
