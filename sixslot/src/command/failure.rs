//! Why a command ends without its result, and with which exit code.

use super::exit::Exit;
use sixslot_analysis::replications::Stopped;
use sixslot_analysis::report::ReportError;
use sixslot_analysis::sweep::SweepFailure;
use sixslot_experiments::files::FileError;
use sixslot_experiments::input::InputError;
use sixslot_experiments::sweep::SweepError;
use sixslot_experiments::sweep::reading::ReadingError;
use sixslot_models::ScenarioError;

/// Why a command ended without its result.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Fix(#[from] sixslot_models::document::UnknownFix),
    #[error(transparent)]
    Acceptance(#[from] sixslot_analysis::acceptance::AcceptanceError),
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Sweep(#[from] SweepError),
    #[error(transparent)]
    Folder(#[from] ReadingError),
    #[error(transparent)]
    Report(ReportError),
    #[error(transparent)]
    Hypotheses(sixslot_experiments::hypotheses::HypothesesError),
    #[error(transparent)]
    Recording(sixslot_accuracy::recording::RecordingError),
    #[error(transparent)]
    Lab(#[from] sixslot_lab::LabError),
    #[error(transparent)]
    Har(#[from] sixslot_har::HarError),
    #[error(transparent)]
    Csv(#[from] sixslot_experiments::csv_table::CsvError),
    #[error("{0}")]
    Usage(String),
    #[error("the result cannot be written: {0}")]
    Output(#[from] std::io::Error),
}

impl From<sixslot_experiments::hypotheses::HypothesesError> for Failure {
    fn from(error: sixslot_experiments::hypotheses::HypothesesError) -> Self {
        use sixslot_experiments::hypotheses::HypothesesError as Error;
        match error {
            Error::Input(error) => error.into(),
            Error::Fix(error) => error.into(),
            Error::Stopped(stopped) => stopped.into(),
            Error::Layers(error) => error.into(),
            Error::File(error) => error.into(),
            Error::Capture { .. } | Error::Csv(_) => Self::Hypotheses(error),
        }
    }
}

impl From<sixslot_accuracy::recording::RecordingError> for Failure {
    fn from(error: sixslot_accuracy::recording::RecordingError) -> Self {
        use sixslot_accuracy::recording::RecordingError as Error;
        match error {
            Error::Input(error) => error.into(),
            Error::Fix(error) => error.into(),
            Error::Output(error) => error.into(),
            other => Self::Recording(other),
        }
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        Self::Input(error.into())
    }
}

impl From<SweepFailure> for Failure {
    fn from(failure: SweepFailure) -> Self {
        match failure {
            SweepFailure::Stopped(stopped) => stopped.into(),
            other => Self::Sweep(other.into()),
        }
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Sweep(failure) => failure.into(),
            ReportError::Stopped(stopped) => stopped.into(),
            other => Self::Report(other),
        }
    }
}

impl Failure {
    /// The code that the program exits with.
    pub(super) fn exit(&self) -> Exit {
        match self {
            // A reader that closes the pipe has read enough.
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Stopped(Stopped::Interrupted) | Self::Sweep(SweepError::Interrupted { .. }) => Exit::Interrupted,
            _ => Exit::Unusable,
        }
    }

    /// The underlying fault of a scenario, shown with the lines of its text.
    pub(super) fn scenario(&self) -> Option<&ScenarioError> {
        match self {
            Self::Input(InputError::Scenario(error)) | Self::Sweep(SweepError::Scenario(error)) => Some(error),
            Self::Folder(ReadingError::Sweep(SweepError::Scenario(error))) => Some(error),
            _ => None,
        }
    }
}
