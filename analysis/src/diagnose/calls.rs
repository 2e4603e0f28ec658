//! Claims about calls without an answer, and about answers that are errors.
//!
//! Rule: what a call without an answer waited for follows from what was under way to its origin at its issue
//! (`sixslot_har::unanswered`). Of another tab a file knows nothing, and the sentences say so.

use super::case::Case;
use super::phrases::{listed, ms, range};
use crate::words::{count, cut};
use serde::Serialize;
use sixslot_har::unanswered::{Reading, Unanswered};
use sixslot_har::{End, Entry};

/// Where a request waited, or may have waited, in the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Held {
    /// Six requests to its origin were under way: no connection was free.
    Connection,
    /// A GET of the same URL was under way: the cache's lock.
    Cache,
    /// Its priority is low and six requests to its origin were under way: the scheduler.
    Scheduler,
}

impl Held {
    fn of(one: &Unanswered) -> Vec<Self> {
        let held = [(one.pool, Self::Connection), (one.cache, Self::Cache), (one.scheduler, Self::Scheduler)];
        held.into_iter().filter(|(is, _)| *is).map(|(_, held)| held).collect()
    }

    fn text(self) -> &'static str {
        match self {
            Self::Connection => "for a connection",
            Self::Cache => "at the cache's lock, behind the same URL",
            Self::Scheduler => "at the browser's scheduler",
        }
    }
}

/// Calls that ended without an answer in the same way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calls {
    entries: Vec<usize>,
    labels: Vec<String>,
    shortest_ms: Option<f64>,
    longest_ms: Option<f64>,
    held_by: Vec<Held>,
    /// The most other requests to its origin that were under way at the issue of one of them.
    others: usize,
}

/// Words that depend on whether it is one call.
struct Words {
    them: &'static str,
    they: &'static str,
    their: &'static str,
}

impl Calls {
    /// The calls that are read so, in groups that may have been held at the same places.
    pub(super) fn check(case: &Case<'_>, reading: Reading) -> Vec<Self> {
        let mut groups = Vec::<(Vec<Held>, Vec<&Unanswered>)>::new();
        let same = |one: &&Unanswered| one.reading == reading && !case.entry(one.entry).cut_by_page;
        for one in case.diagnosis.unanswered.iter().filter(same) {
            let held = Held::of(one);
            match groups.iter_mut().find(|(other, _)| *other == held) {
                Some((_, group)) => group.push(one),
                None => groups.push((held, vec![one])),
            }
        }
        let calls = groups.into_iter().map(|(held_by, group)| {
            let entries = group.iter().map(|one| one.entry).collect::<Vec<_>>();
            let lives = case.lives(&entries);
            Self {
                labels: case.names(&entries),
                entries: case.places(&entries),
                shortest_ms: lives.map(|lives| lives[0]),
                longest_ms: lives.map(|lives| lives[1]),
                others: group.iter().map(|one| one.others).max().unwrap_or(0),
                held_by,
            }
        });
        calls.collect()
    }

    pub(super) fn number(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_held(&self) -> bool {
        !self.held_by.is_empty()
    }

    pub(super) fn is_held_by(&self, held: Held) -> bool {
        self.held_by.contains(&held)
    }

    pub(super) fn subject(&self) -> String {
        format!("{} {:?}", self.labels.join(", "), self.held_by)
    }

    fn words(&self) -> Words {
        match self.number() {
            1 => Words { them: "it", they: "It", their: "its" },
            _ => Words { them: "them", they: "They", their: "their" },
        }
    }

    /// "3 calls (X) after 5.00 s to 5.01 s".
    fn lives(&self) -> String {
        let after = match (self.shortest_ms, self.longest_ms) {
            (Some(low), Some(high)) => format!(" after {}", range(low, high)),
            _ => String::new(),
        };
        format!("{} ({}){after}", count(self.number(), "call"), listed(self.labels.iter().cloned()))
    }

    fn places(&self) -> String {
        self.held_by.iter().map(|held| held.text()).collect::<Vec<_>>().join(", or ")
    }

    pub(super) fn never_sent(&self) -> String {
        let Words { them, they, .. } = self.words();
        format!("Never sent: {}. The server has not seen {them}. {they} waited {}.", self.lives(), self.places())
    }

    pub(super) fn never_sent_unexplained(&self) -> String {
        let Words { them, their, .. } = self.words();
        let others = match self.others {
            0 => "no other request was".to_owned(),
            1 => "at most 1 other request was".to_owned(),
            others => format!("at most {others} other requests were"),
        };
        format!(
            "Never sent: {}. The server has not seen {them}. Why, this file does not say: at {their} issue {others} under \
             way to the same origin. Another tab may have had the connections, or none could be opened.",
            self.lives()
        )
    }

    pub(super) fn sent_unanswered(&self) -> String {
        let Words { they, their, .. } = self.words();
        let it_was = if self.number() == 1 { "it was" } else { "they were" };
        let why = match self.held_by.as_slice() {
            [] => format!(
                "At {their} issue a connection was free, so {it_was} sent at once, unless another tab had the connections."
            ),
            _ => format!("When {it_was} sent the file does not say. {they} may have waited {} before.", self.places()),
        };
        format!("Sent and not answered: {}. {why}", self.lives())
    }

    pub(super) fn perhaps_sent(&self) -> String {
        let Words { they, their, .. } = self.words();
        let why = match self.held_by.as_slice() {
            [] => format!(
                "Most likely sent at once: at {their} issue a connection was free, unless another tab had the connections."
            ),
            _ => format!("{they} may have waited {}.", self.places()),
        };
        let it_was = if self.number() == 1 { "it was" } else { "they were" };
        format!("Without an answer, and the file does not say whether {it_was} sent: {}. {why}", self.lives())
    }

    pub(super) fn taken_back(&self) -> String {
        let Words { them, .. } = self.words();
        format!(
            "Taken back: {}. The page broke {them} off right after the issue, which is no sign of a queue.",
            self.lives()
        )
    }
}

/// Calls that were broken off together when their page ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BrokenOff {
    entries: Vec<usize>,
    labels: Vec<String>,
    at_ms: f64,
    spread_ms: f64,
    shortest_ms: f64,
    longest_ms: f64,
}

impl BrokenOff {
    pub(super) fn check(case: &Case<'_>) -> Option<Self> {
        let entries =
            case.entries(|entry| entry.cut_by_page && entry.verdict.is_unanswered() && entry.end == End::Aborted);
        let ends = entries.iter().filter_map(|at| case.entry(*at).end_ms());
        let (first, last) = ends.fold((f64::INFINITY, 0.0_f64), |(low, high), end| (low.min(end), high.max(end)));
        let [shortest_ms, longest_ms] = case.lives(&entries)?;
        Some(Self {
            labels: case.names(&entries),
            entries: case.places(&entries),
            at_ms: last,
            spread_ms: last - first,
            shortest_ms,
            longest_ms,
        })
    }

    pub(super) fn number(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn text(&self) -> String {
        let (were, together) = match self.number() {
            1 => ("was", String::new()),
            _ => ("were", format!("together, within {}, ", ms(self.spread_ms))),
        };
        format!(
            "Ended with the page: {} ({}) {were} broken off {together}at {}, {} after the issue. That is a reload or a closed \
             page, no deadline.",
            count(self.number(), "call"),
            listed(self.labels.iter().cloned()),
            ms(self.at_ms),
            range(self.shortest_ms, self.longest_ms)
        )
    }
}

/// Requests that were under way when the capture ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Open {
    entries: Vec<usize>,
    labels: Vec<String>,
    /// Of these: the answer's headers had come.
    answered: usize,
}

impl Open {
    pub(super) fn check(case: &Case<'_>) -> Option<Self> {
        let entries = case.entries(|entry| entry.end == End::Open && !entry.verdict.is_socket());
        let answered = entries.iter().filter(|at| case.entry(**at).status > 0).count();
        (!entries.is_empty()).then(|| Self { labels: case.names(&entries), entries: case.places(&entries), answered })
    }

    pub(super) fn text(&self) -> String {
        let number = self.entries.len();
        let bodies = match self.answered {
            0 => String::new(),
            all if all == number && number == 1 => "; its headers had come".to_owned(),
            all if all == number => "; their headers had come".to_owned(),
            1 => "; the headers of 1 had come".to_owned(),
            some => format!("; the headers of {some} had come"),
        };
        format!(
            "Still under way when the capture ended: {} ({}){bodies}. How long {} is not known, so {} not counted as failed.",
            count(number, "request"),
            listed(self.labels.iter().cloned()),
            if number == 1 { "it takes" } else { "they take" },
            if number == 1 { "it is" } else { "they are" },
        )
    }
}

/// Calls that the network, or the browser itself, ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Errors {
    entries: Vec<usize>,
    labels: Vec<String>,
    reasons: Vec<String>,
}

impl Errors {
    pub(super) fn check(case: &Case<'_>) -> Option<Self> {
        let errors = case.diagnosis.unanswered.iter().filter(|one| one.reading == Reading::Error);
        let entries = errors.map(|one| one.entry).collect::<Vec<_>>();
        let mut reasons = Vec::<String>::new();
        for at in &entries {
            if let End::Failed(reason) = &case.entry(*at).end {
                let reason = cut(reason, 60);
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
        (!entries.is_empty()).then(|| Self { labels: case.names(&entries), entries: case.places(&entries), reasons })
    }

    pub(super) fn number(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn text(&self) -> String {
        format!(
            "Failed with an error of the network or the browser: {} ({}): {}.",
            count(self.number(), "call"),
            listed(self.labels.iter().cloned()),
            listed(self.reasons.iter().cloned())
        )
    }
}

/// Answers that are errors of the server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statuses {
    entries: Vec<usize>,
    labels: Vec<String>,
    statuses: Vec<u16>,
}

impl Statuses {
    pub(super) fn check(case: &Case<'_>) -> Option<Self> {
        let entries = case.entries(|entry: &Entry| entry.verdict.is_answered() && entry.is_error());
        let mut statuses = entries.iter().map(|at| case.entry(*at).status).collect::<Vec<_>>();
        statuses.sort_unstable();
        statuses.dedup();
        (!entries.is_empty()).then(|| Self { labels: case.names(&entries), entries: case.places(&entries), statuses })
    }

    pub(super) fn number(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn text(&self) -> String {
        format!(
            "Answered with an error status: {} ({}), status {}.",
            count(self.number(), "call"),
            listed(self.labels.iter().cloned()),
            listed(self.statuses.iter().map(u16::to_string))
        )
    }
}
