//! Why a question has no answer, as JSON.

use serde::Serialize;
use sixslot_analysis::comparison::ComparisonError;
use sixslot_analysis::import::ImportError;
use sixslot_analysis::replications::Stopped;
use sixslot_har::HarError;
use sixslot_models::ScenarioError;
use sixslot_models::document::UnknownFix;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the request is not understood: {0}")]
    Request(#[from] serde_json::Error),
    #[error("{0}")]
    Range(String),
    #[error(transparent)]
    Scenario(Box<ScenarioError>),
    #[error(transparent)]
    Fix(#[from] UnknownFix),
    #[error(transparent)]
    Archive(#[from] HarError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl From<ScenarioError> for Refusal {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(Box::new(error))
    }
}

impl From<Box<ScenarioError>> for Refusal {
    fn from(error: Box<ScenarioError>) -> Self {
        Self::Scenario(error)
    }
}

impl From<ComparisonError> for Refusal {
    fn from(error: ComparisonError) -> Self {
        match error {
            ComparisonError::Scenario(error) => Self::Scenario(error),
            ComparisonError::Stopped(stopped) => Self::Stopped(stopped),
        }
    }
}

/// An error with its place in the scenario's text, or in the `set` that `source` names.
#[derive(Serialize)]
struct Record {
    message: String,
    help: Option<String>,
    source: Option<String>,
    /// The text of a `--set`, where the fault is in one.
    set: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
}

/// The answer that says why there is none.
#[derive(Serialize)]
pub(crate) struct ErrorAnswer {
    error: Record,
}

impl Refusal {
    pub(crate) fn answer(&self) -> ErrorAnswer {
        let error = match self {
            Self::Scenario(error) => Record {
                message: error.message.clone(),
                help: error.help.clone(),
                source: Some(error.source.name.clone()),
                set: (error.source.name == "--set").then(|| error.source.text.clone()),
                line: Some(error.line),
                column: Some(error.column),
            },
            other => {
                Record { message: other.to_string(), help: None, source: None, set: None, line: None, column: None }
            }
        };
        ErrorAnswer { error }
    }
}

/// An answer as JSON.
pub(crate) fn json(answer: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    Ok(serde_json::to_vec(answer)?)
}
