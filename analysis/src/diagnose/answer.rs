//! The first sentence of one load, or of several: how many calls failed and how, and how many waited.

use super::case::{Case, WAIT_MS};
use super::claim::{Claim, Statement};
use super::connections::wait_ms;
use super::phrases::ms;
use crate::words::count;
use serde::Serialize;
use sixslot_har::unanswered::Reading;

/// Counts of calls by what the file tells of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// Loads that it counts.
    loads: usize,
    pub(super) never_sent: usize,
    sent: usize,
    perhaps_sent: usize,
    broken_off_together: usize,
    errors: usize,
    error_answers: usize,
    /// Under way when the capture ended: neither failed nor answered.
    open: usize,
    /// Answered after a wait of at least `least_wait_ms` in the browser.
    waited: usize,
    least_wait_ms: f64,
    longest_wait_ms: f64,
    /// The origin whose six connections were taken for longest, and for how long.
    taken_origin: Option<String>,
    taken_ms: Option<f64>,
    /// Whether the file's writer tells how long a request waited in the browser.
    tells_waits: bool,
}

impl Answer {
    /// Counts what the claims of one load say.
    pub(super) fn check(case: &Case<'_>, claims: &[Claim]) -> Self {
        let mut answer =
            Self { loads: 1, least_wait_ms: WAIT_MS, tells_waits: case.reports_waiting(), ..Self::default() };
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

    fn take(&mut self, origin: Option<&String>, ms: Option<f64>) {
        if ms > self.taken_ms {
            (self.taken_origin, self.taken_ms) = (origin.cloned(), ms);
        }
    }

    /// The counts of several loads, added up.
    pub(super) fn together<'a>(answers: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all = Self { least_wait_ms: WAIT_MS, ..Self::default() };
        for one in answers {
            all.loads += one.loads;
            all.never_sent += one.never_sent;
            all.sent += one.sent;
            all.perhaps_sent += one.perhaps_sent;
            all.broken_off_together += one.broken_off_together;
            all.errors += one.errors;
            all.error_answers += one.error_answers;
            all.open += one.open;
            all.waited += one.waited;
            all.longest_wait_ms = all.longest_wait_ms.max(one.longest_wait_ms);
            all.tells_waits |= one.tells_waits;
            all.take(one.taken_origin.as_ref(), one.taken_ms);
        }
        all
    }

    /// Whether a call was broken off, or failed, for whatever reason but the page's end.
    pub(super) fn has_failures(&self) -> bool {
        self.never_sent + self.sent + self.perhaps_sent + self.errors + self.error_answers > 0
    }

    /// The counts that are not 0, in words.
    fn failures(&self) -> Vec<String> {
        let was = |number: usize| if number == 1 { "was" } else { "were" };
        let mut parts = Vec::new();
        if self.never_sent > 0 {
            let they = if self.never_sent == 1 { "it was" } else { "they were" };
            parts.push((self.never_sent, format!("{} broken off before {they} sent", was(self.never_sent))));
        }
        if self.sent > 0 {
            parts.push((self.sent, format!("{} sent and broken off without an answer", was(self.sent))));
        }
        if self.perhaps_sent > 0 {
            let whether = if self.perhaps_sent == 1 { "it was" } else { "they were" };
            let text = format!("ended without an answer, and nothing tells whether {whether} sent");
            parts.push((self.perhaps_sent, text));
        }
        if self.errors > 0 {
            parts.push((self.errors, "failed with an error of the network or the browser".to_owned()));
        }
        if self.error_answers > 0 {
            parts.push((self.error_answers, format!("{} answered with an error status", was(self.error_answers))));
        }
        if self.broken_off_together > 0 {
            parts.push((self.broken_off_together, "ended with the page".to_owned()));
        }
        let texts = parts.into_iter().enumerate().map(|(at, (number, text))| match at {
            0 => format!("{} {text}", count(number, "call")),
            _ => format!("{number} {text}"),
        });
        texts.collect()
    }

    fn waits(&self) -> String {
        match (self.tells_waits, self.waited) {
            (false, _) => "how long requests waited in the browser, the file does not tell".to_owned(),
            (true, 0) => format!("no answered request waited in the browser for {} or more", ms(self.least_wait_ms)),
            (true, 1) => {
                format!("1 request waited in the browser for {} and was then answered", ms(self.longest_wait_ms))
            }
            (true, waited) => {
                format!(
                    "{waited} requests waited in the browser, up to {}, and were then answered",
                    ms(self.longest_wait_ms)
                )
            }
        }
    }

    pub(super) fn text(&self) -> String {
        let failures = self.failures();
        let what = match failures.as_slice() {
            [] => "No call failed".to_owned(),
            parts => parts.join(", "),
        };
        let loads = if self.loads > 1 { format!("In {} loads: ", self.loads) } else { String::new() };
        let what = if self.loads > 1 && failures.is_empty() { "no call failed".to_owned() } else { what };
        let taken = match (&self.taken_origin, self.taken_ms) {
            (Some(origin), Some(long)) if self.loads > 1 => {
                format!("; all six connections to {origin} were taken for up to {} in a load", ms(long))
            }
            (Some(origin), Some(long)) => format!("; all six connections to {origin} were taken for {}", ms(long)),
            _ => String::new(),
        };
        format!("{loads}{what}; {}{taken}.", self.waits())
    }
}

/// Nothing points to a shortage of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NoShortage {}

/// A wait for a connection below this is no shortage, in milliseconds.
const SHORT_MS: f64 = 100.0;

impl NoShortage {
    pub(super) const TEXT: &'static str = "Nothing in this load points to a shortage of connections.";

    /// Only where the file tells the waits, no call failed, nobody waited long behind a full pool, and no claim speaks of
    /// one.
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
