//! What a page asks.

use serde::Deserialize;

/// A scenario as the user has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// Its name in messages.
    pub(crate) name: String,
    pub(crate) text: String,
    /// As the command's `--set PATH=VALUE`.
    #[serde(default)]
    pub(crate) set: Vec<String>,
}

/// A scenario with fixes and a seed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) scenario: Scenario,
    #[serde(default)]
    pub(crate) fixes: Vec<String>,
    #[serde(default = "one")]
    pub(crate) seed: u64,
}

const fn one() -> u64 {
    1
}

/// A question, with the field `question` as its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "question", rename_all = "kebab-case")]
pub(crate) enum Question {
    /// Whether a scenario can be read, and what it has.
    Check { scenario: Scenario },
    /// One load, to be drawn and told.
    Load {
        #[serde(flatten)]
        case: Case,
        load: u64,
    },
    /// One load as a file of another program.
    Export {
        #[serde(flatten)]
        case: Case,
        load: u64,
        format: Format,
    },
    /// Counts over the loads from one to before another, as text that [`Question::Estimate`] joins.
    Tally {
        #[serde(flatten)]
        case: Case,
        from: u64,
        to: u64,
    },
    /// The estimate of tallies that follow each other from load 0, as `sixslot run --loads` prints it.
    Estimate {
        #[serde(flatten)]
        case: Case,
        tallies: Vec<String>,
        /// Whether the recorded loads behind the scenario are drawn again for their uncertainty.
        #[serde(default)]
        data: bool,
    },
    /// How many of the loads from one to before another fail, are late, and are ready.
    Count {
        #[serde(flatten)]
        case: Case,
        from: u64,
        to: u64,
    },
    /// The fixes against none, as `sixslot compare` prints it; `fixes` are in place in all loads.
    Compare {
        #[serde(flatten)]
        case: Case,
        loads: u64,
    },
    /// SHA-256 over the outcomes of the loads from one to before another.
    Hash {
        #[serde(flatten)]
        case: Case,
        from: u64,
        to: u64,
    },
    /// What archives prove, as `sixslot diagnose` prints it. The archives' bytes follow the request.
    Diagnose { names: Vec<String> },
    /// A scenario from archives.
    Import { names: Vec<String> },
}

/// A format that a load can be written in.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Har,
    Trace,
    Svg,
}
