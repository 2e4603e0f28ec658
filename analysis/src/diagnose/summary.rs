//! The first sentence, counted from the claims of one load, or of several.

use super::answer::{Answer, NoShortage};
use super::case::{Case, WAIT_MS};
use super::claim::Claim;
use super::connections::wait_ms;
use super::statement::Statement;
use sixslot_har::unanswered::Reading;

impl Answer {
    /// Counts what the claims of one load say.
    pub(super) fn check(case: &Case<'_>, claims: &[Claim]) -> Self {
        let mut answer =
            Self { loads: 1, least_wait_ms: WAIT_MS, has_waits: case.reports_waiting(), ..Self::default() };
        for claim in claims {
            match claim {
                Claim::NeverSent(calls) | Claim::NeverSentUnexplained(calls) => answer.never_sent += calls.number(),
                Claim::SentUnanswered(calls) => answer.sent += calls.number(),
                Claim::PerhapsSent(calls) => answer.perhaps_sent += calls.number(),
                Claim::BrokenOffTogether(calls) => answer.broken_off_together += calls.number(),
                Claim::NetworkError(errors) => answer.errors += errors.number(),
                Claim::ErrorStatus(statuses) => answer.error_answers += statuses.number(),
                Claim::Waited(waited) => {
                    answer.waited += waited.number();
                    answer.longest_wait_ms = answer.longest_wait_ms.max(waited.longest_ms);
                }
                Claim::AllTaken(taken) => answer.take(Some(&taken.origin), Some(taken.ms)),
                _ => {}
            }
        }
        let open = case.diagnosis.unanswered.iter().filter(|one| one.reading == Reading::Open);
        answer.open = open.count();
        answer
    }
}

/// A wait for a connection below this is no shortage, in milliseconds.
const SHORT_MS: f64 = 100.0;

impl NoShortage {
    /// Only where the file has the waits, no call failed, no request waited long for a connection, and no claim
    /// is about one.
    pub(super) fn check(case: &Case<'_>, answer: &Answer, claims: &[Claim]) -> Option<Self> {
        let shortage = claims.iter().any(|claim| {
            matches!(
                claim,
                Claim::AllTaken(_)
                    | Claim::PerhapsAllTaken(_)
                    | Claim::NotReused(_)
                    | Claim::StreamOpen(_)
                    | Claim::TakenBack(_)
            )
        });
        let waited = case.entries(|entry| !entry.protocol.is_multiplexed() && wait_ms(entry) >= SHORT_MS);
        let quiet = !answer.has_failures() && answer.broken_off_together == 0 && case.reports_waiting();
        (quiet && !shortage && waited.is_empty()).then_some(Self {})
    }
}

/// The first sentence of several loads.
pub(super) fn together(loads: &[&[Statement]]) -> Statement {
    let answers =
        loads.iter().flat_map(|statements| statements.iter()).filter_map(|statement| match statement.claim() {
            Some(Claim::Failures(answer)) => Some(answer),
            _ => None,
        });
    Statement::from(Claim::Failures(Answer::together(answers)))
}
