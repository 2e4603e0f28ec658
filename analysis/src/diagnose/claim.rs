//! What a diagnosis says: a claim for each sentence.
//!
//! Rule: a claim can be built only by its own check over the load's facts, so no sentence is printed that was not checked.
//! `scripts/check-diagnose` has a second predicate for each kind, over the raw JSON.

use super::answer::{Answer, NoShortage};
use super::calls::{BrokenOff, Calls, Errors, Open, Statuses};
use super::connections::{Multiplexed, NotReused, Sockets, Streams, Taken, Waited};
use super::part::Part;
use super::patterns::{Bursting, Identical, Limit, Polled, SlowTogether};
use serde::Serialize;

/// A claim, by its kind. The names of the kinds are stable.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Claim {
    /// The first sentence: how many calls failed and how, and how many waited.
    Failures(Answer),
    /// Broken off before they were sent; what they waited for follows from what was under way.
    NeverSent(Calls),
    /// Broken off before they were sent, and the file does not say why they waited.
    NeverSentUnexplained(Calls),
    /// Sent and broken off without an answer.
    SentUnanswered(Calls),
    /// Broken off, and the file does not say whether they were sent.
    PerhapsSent(Calls),
    /// Broken off right after their issue.
    TakenBack(Calls),
    /// Broken off together, when their page ended.
    BrokenOffTogether(BrokenOff),
    /// Under way when the capture ended.
    OpenAtEnd(Open),
    /// Ended by an error of the network or the browser.
    NetworkError(Errors),
    /// Answered with an error status.
    ErrorStatus(Statuses),
    /// Waited in the browser and were then answered.
    Waited(Waited),
    /// All connections to an origin were held.
    AllTaken(Taken),
    /// All connections to an origin may have been held.
    PerhapsAllTaken(Taken),
    /// No connection to an origin was used twice.
    NotReused(NotReused),
    /// Origins whose requests share a connection.
    Multiplexed(Multiplexed),
    /// Event streams that stayed open.
    StreamOpen(Streams),
    /// WebSockets.
    Socket(Sockets),
    /// Requests of a cheap kind that were slow at the same time.
    SlowTogether(SlowTogether),
    /// A deadline.
    Deadline(Limit),
    /// A timer.
    Polled(Polled),
    /// Calls that start together.
    Burst(Bursting),
    /// One URL several times at once.
    Identical(Identical),
    /// Nothing points to a shortage of connections.
    NoShortage(NoShortage),
}

impl Claim {
    pub(super) fn part(&self) -> Part {
        match self {
            Self::Failures(_) => Part::Answer,
            Self::PerhapsSent(_)
            | Self::PerhapsAllTaken(_)
            | Self::SlowTogether(_)
            | Self::Deadline(_)
            | Self::Polled(_)
            | Self::Burst(_)
            | Self::Identical(_)
            | Self::NoShortage(_) => Part::Possible,
            _ => Part::Proved,
        }
    }

    /// The kind as the JSON names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Failures(_) => "failures",
            Self::NeverSent(_) => "never-sent",
            Self::NeverSentUnexplained(_) => "never-sent-unexplained",
            Self::SentUnanswered(_) => "sent-unanswered",
            Self::PerhapsSent(_) => "perhaps-sent",
            Self::TakenBack(_) => "taken-back",
            Self::BrokenOffTogether(_) => "broken-off-together",
            Self::OpenAtEnd(_) => "open-at-end",
            Self::NetworkError(_) => "network-error",
            Self::ErrorStatus(_) => "error-status",
            Self::Waited(_) => "waited",
            Self::AllTaken(_) => "all-taken",
            Self::PerhapsAllTaken(_) => "perhaps-all-taken",
            Self::NotReused(_) => "not-reused",
            Self::Multiplexed(_) => "multiplexed",
            Self::StreamOpen(_) => "stream-open",
            Self::Socket(_) => "socket",
            Self::SlowTogether(_) => "slow-together",
            Self::Deadline(_) => "deadline",
            Self::Polled(_) => "polled",
            Self::Burst(_) => "burst",
            Self::Identical(_) => "identical",
            Self::NoShortage(_) => "no-shortage",
        }
    }

    /// What it is about, and its sentence.
    pub(super) fn said(&self) -> (String, String) {
        match self {
            Self::Failures(answer) => (String::new(), answer.text()),
            Self::NeverSent(calls) => (calls.subject(), calls.never_sent()),
            Self::NeverSentUnexplained(calls) => (calls.subject(), calls.never_sent_unexplained()),
            Self::SentUnanswered(calls) => (calls.subject(), calls.sent_unanswered()),
            Self::PerhapsSent(calls) => (calls.subject(), calls.perhaps_sent()),
            Self::TakenBack(calls) => (calls.subject(), calls.taken_back()),
            Self::BrokenOffTogether(calls) => (String::new(), calls.text()),
            Self::OpenAtEnd(open) => (String::new(), open.text()),
            Self::NetworkError(errors) => (String::new(), errors.text()),
            Self::ErrorStatus(statuses) => (String::new(), statuses.text()),
            Self::Waited(waited) => (waited.origin.clone(), waited.text()),
            Self::AllTaken(taken) => (taken.origin.clone(), taken.text()),
            Self::PerhapsAllTaken(taken) => (taken.origin.clone(), taken.perhaps()),
            Self::NotReused(not_reused) => (not_reused.origin.clone(), not_reused.text()),
            Self::Multiplexed(multiplexed) => (String::new(), multiplexed.text()),
            Self::StreamOpen(streams) => (streams.origin.clone(), streams.text()),
            Self::Socket(sockets) => (sockets.subject(), sockets.text()),
            Self::SlowTogether(slow) => (slow.origin.clone(), slow.text()),
            Self::Deadline(limit) => (limit.subject(), limit.text()),
            Self::Polled(polled) => (polled.subject(), polled.text()),
            Self::Burst(burst) => (burst.subject(), burst.text()),
            Self::Identical(identical) => (identical.subject(), identical.text()),
            Self::NoShortage(_) => (String::new(), NoShortage::TEXT.to_owned()),
        }
    }

    /// How much it matters compared with the same claim of another load: of several, the sentence of the greatest is shown.
    pub(super) fn weight(&self) -> f64 {
        match self {
            Self::AllTaken(taken) | Self::PerhapsAllTaken(taken) => taken.ms,
            Self::Waited(waited) => waited.longest_ms,
            Self::NeverSent(calls) | Self::NeverSentUnexplained(calls) => calls.number() as f64,
            Self::SentUnanswered(calls) | Self::PerhapsSent(calls) => calls.number() as f64,
            Self::SlowTogether(slow) => slow.longest_ms,
            Self::NotReused(not_reused) => not_reused.requests as f64,
            Self::Multiplexed(multiplexed) => multiplexed.origins.len() as f64,
            _ => 0.0,
        }
    }
}

impl Claim {
    /// Whether its weight is a time or a count of its sentence.
    pub(super) fn is_measured(&self) -> bool {
        self.weight() > 0.0 && !matches!(self, Self::Multiplexed(_))
    }
}
