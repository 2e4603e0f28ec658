//! What would settle a question, and what to change: each piece of advice rests on claims that were made.

use super::calls::Held;
use super::case::Case;
use super::claim::Claim;
use super::part::Part;
use super::phrases::listed;
use serde::Serialize;
use sixslot_har::cadence::Guard;
use sixslot_har::unanswered::Reading;
use sixslot_har::{Exporter, Verdict};

/// A piece of advice, by its kind. The names of the kinds are stable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Advice {
    /// Capture with request headers.
    AskHeaders(Because),
    /// Capture with Chrome's DevTools.
    AskChrome(Because),
    /// Look into the server's log for one request.
    AskServerLog(Lookup),
    /// Capture a net-export log.
    AskNetLog(Because),
    /// Log the server's time.
    AskServerTime(Because),
    /// Load with one tab.
    AskOneTab(Because),
    /// HTTP/2, or fewer requests at once.
    FewerConnections(Where),
    /// Let the server keep connections open.
    KeepAlive(Because),
    /// A higher priority.
    RaisePriority(Because),
    /// One event stream for all tabs.
    ShareStream(Because),
    /// Less work on the server.
    CheaperAnswers(Because),
    /// No burst of prefetches.
    NoPrefetchBurst(Because),
    /// No poll while the last one is in flight.
    GuardPoll(Because),
    /// One call for all callers of a URL.
    ShareCall(Because),
    /// Import and compare.
    Simulate(Next),
}

/// The kinds of claims that advice rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Because {
    because: Vec<&'static str>,
    /// What the sentence says besides its kind: the exporter, where it matters.
    #[serde(skip)]
    detail: &'static str,
}

/// Origins whose connections were all taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Where {
    because: Vec<&'static str>,
    /// The origins; empty where a call waited for a connection and the file does not say who held them.
    origins: Vec<String>,
}

/// A request to look for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lookup {
    because: Vec<&'static str>,
    /// Its path and query.
    target: String,
    /// When it was issued, as the sentence says it.
    after: String,
}

/// The command to run next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    files: String,
}

/// Whether a claim is one of those that a piece of advice rests on.
type Which<'a> = &'a dyn Fn(&Claim) -> bool;

impl Advice {
    pub(super) fn part(&self) -> Part {
        match self {
            Self::AskHeaders(_)
            | Self::AskChrome(_)
            | Self::AskServerLog(_)
            | Self::AskNetLog(_)
            | Self::AskServerTime(_)
            | Self::AskOneTab(_) => Part::Settle,
            _ => Part::Change,
        }
    }

    /// The kind as the JSON names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AskHeaders(_) => "ask-headers",
            Self::AskChrome(_) => "ask-chrome",
            Self::AskServerLog(_) => "ask-server-log",
            Self::AskNetLog(_) => "ask-net-log",
            Self::AskServerTime(_) => "ask-server-time",
            Self::AskOneTab(_) => "ask-one-tab",
            Self::FewerConnections(_) => "fewer-connections",
            Self::KeepAlive(_) => "keep-alive",
            Self::RaisePriority(_) => "raise-priority",
            Self::ShareStream(_) => "share-stream",
            Self::CheaperAnswers(_) => "cheaper-answers",
            Self::NoPrefetchBurst(_) => "no-prefetch-burst",
            Self::GuardPoll(_) => "guard-poll",
            Self::ShareCall(_) => "share-call",
            Self::Simulate(_) => "simulate",
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::AskHeaders(_) => {
                "An archive with request headers: Chrome's DevTools, Network, \"Export HAR\". Only what was \
                                    sent has a Host header there, and `_blocked_queueing` of 0 or more."
                    .to_owned()
            }
            Self::AskChrome(because) => format!("A capture by Chrome's DevTools{}.", because.detail),
            Self::AskServerLog(lookup) => {
                format!(
                    "The server's own log: did {} arrive {} after the load's first request?",
                    lookup.target, lookup.after
                )
            }
            Self::AskNetLog(_) => {
                "A net-export log (chrome://net-export) of the same load: it has the moment at which each \
                                   request was sent."
                    .to_owned()
            }
            Self::AskServerTime(_) => {
                "The server's time for each request, logged on the server: it distinguishes a busy server from a \
                                       slow network."
                    .to_owned()
            }
            Self::AskOneTab(_) => {
                "The same load with one tab and no other page of this origin open: tabs share the six \
                                   connections."
                    .to_owned()
            }
            Self::FewerConnections(taken) => match taken.origins.as_slice() {
                [] => "Serve the origin over HTTP/2, or ask for less at once.".to_owned(),
                origins => {
                    format!("Serve {} over HTTP/2, or ask for less at once.", listed(origins.iter().cloned()))
                }
            },
            Self::KeepAlive(_) => {
                "Let the server keep its connections open (HTTP/1.1 without `Connection: close`).".to_owned()
            }
            Self::RaisePriority(_) => {
                "Ask for what must not wait with a higher priority (fetch with priority: \"high\").".to_owned()
            }
            Self::ShareStream(_) => {
                "Share one event stream between tabs (SharedWorker, BroadcastChannel), or make it a \
                                     WebSocket."
                    .to_owned()
            }
            Self::CheaperAnswers(because) => format!(
                "Make the server's answers cheaper before anything in the browser{}.",
                if because.because.contains(&"sent-unanswered") {
                    ": most servers finish the work of an aborted call"
                } else {
                    ""
                }
            ),
            Self::NoPrefetchBurst(_) => {
                "Try the page without the prefetch burst (<Link prefetch={false}>): it takes connections \
                                         and server time while the page loads."
                    .to_owned()
            }
            Self::GuardPoll(_) => "Start no poll while the last one is in flight.".to_owned(),
            Self::ShareCall(_) => "Share one call between the callers of one URL.".to_owned(),
            Self::Simulate(next) => format!(
                "How long it takes, how often it fails, and which change helps by how much: sixslot import {} -o page.toml, then \
                 sixslot compare page.toml.",
                next.files
            ),
        }
    }

    /// What to do with the files next.
    pub(super) fn simulate(files: &str) -> Self {
        Self::Simulate(Next { files: files.to_owned() })
    }

    /// The advice that the claims of one load give.
    pub(super) fn check(case: &Case<'_>, claims: &[Claim]) -> Vec<Self> {
        let because = |is: &dyn Fn(&Claim) -> bool| {
            let mut kinds = claims.iter().filter(|claim| is(claim)).map(Claim::kind).collect::<Vec<_>>();
            kinds.dedup();
            (!kinds.is_empty()).then_some(Because { because: kinds, detail: "" })
        };
        let serial = |label: &Because| case.diagnosis.is_serial() && !label.because.is_empty();
        let mut advice = Self::settle(case, &because);
        let full = |claim: &Claim| match claim {
            Claim::AllTaken(_) => true,
            Claim::NeverSent(calls) => calls.is_held_by(Held::Connection),
            _ => false,
        };
        let keep_alive = because(&|claim| matches!(claim, Claim::NotReused(_)));
        // Full connections cost nothing where no call waited for one.
        let has_waited = claims.iter().any(|claim| match claim {
            Claim::Waited(_) | Claim::PerhapsSent(_) => true,
            Claim::NeverSent(calls) => calls.is_held_by(Held::Connection),
            _ => false,
        });
        if keep_alive.is_none() && has_waited {
            let taken = claims.iter().filter_map(|claim| match claim {
                Claim::AllTaken(taken) => Some(taken.origin.clone()),
                _ => None,
            });
            let origins = taken.collect::<Vec<_>>();
            let fewer = because(&full).filter(serial).map(|reason| Where { because: reason.because, origins });
            advice.extend(fewer.map(Self::FewerConnections));
        }
        advice.extend(keep_alive.map(Self::KeepAlive));
        let scheduler = |claim: &Claim| matches!(claim, Claim::NeverSent(calls) if calls.is_held_by(Held::Scheduler));
        advice.extend(because(&scheduler).map(Self::RaisePriority));
        advice.extend(because(&|claim| matches!(claim, Claim::StreamOpen(_))).map(Self::ShareStream));
        let slow = |claim: &Claim| match claim {
            Claim::SentUnanswered(calls) => !calls.is_held(),
            Claim::SlowTogether(slow) => !slow.is_shared(),
            _ => false,
        };
        advice.extend(because(&slow).map(Self::CheaperAnswers));
        let prefetch = |claim: &Claim| matches!(claim, Claim::Burst(burst) if burst.is_prefetch);
        advice.extend(because(&prefetch).map(Self::NoPrefetchBurst));
        let unguarded = |claim: &Claim| matches!(claim, Claim::Polled(polled) if polled.guard == Guard::Absent);
        advice.extend(because(&unguarded).map(Self::GuardPoll));
        let shared = |claim: &Claim| match claim {
            Claim::Identical(_) => true,
            Claim::NeverSent(calls) => calls.is_held_by(Held::Cache),
            _ => false,
        };
        advice.extend(because(&shared).map(Self::ShareCall));
        advice
    }

    fn settle(case: &Case<'_>, because: &dyn Fn(Which<'_>) -> Option<Because>) -> Vec<Self> {
        let mut advice = Vec::new();
        let perhaps = case.diagnosis.unanswered.iter();
        let mut perhaps = perhaps.filter(|one| one.reading == Reading::Unknown && !case.entry(one.entry).cut_by_page);
        if let (Some(first), Some(reason)) = (perhaps.next(), because(&|claim| matches!(claim, Claim::PerhapsSent(_))))
        {
            let with = |detail| Because { detail, ..reason.clone() };
            let headless =
                case.entry(first.entry).header_count == 0 && perhaps.all(|one| case.entry(one.entry).header_count == 0);
            advice.push(match case.archive.exporter {
                Exporter::Playwright => Self::AskChrome(with(
                    ": Playwright writes neither waiting nor the lives of failed calls, so its archives can prove no starvation",
                )),
                Exporter::Firefox => Self::AskChrome(with(": Firefox lists the headers also of what it never sent")),
                _ if headless => Self::AskHeaders(reason.clone()),
                _ => Self::AskChrome(with(
                    ", or a net-export log (chrome://net-export): both show whether a request was sent",
                )),
            });
            let entry = case.entry(first.entry);
            advice.push(Self::AskServerLog(Lookup {
                because: reason.because,
                target: crate::words::cut(&entry.url.target(), 80),
                after: super::phrases::ms(entry.start_ms),
            }));
        }
        let held = |claim: &Claim| matches!(claim, Claim::SentUnanswered(calls) if calls.is_held());
        advice.extend(because(&held).map(Self::AskNetLog));
        let server = |claim: &Claim| matches!(claim, Claim::SentUnanswered(_) | Claim::SlowTogether(_));
        advice.extend(because(&server).map(Self::AskServerTime));
        let elsewhere = |claim: &Claim| match claim {
            Claim::NeverSentUnexplained(_) => true,
            Claim::SentUnanswered(calls) | Claim::PerhapsSent(calls) => {
                !calls.is_held() || calls.is_held_by(Held::Connection)
            }
            _ => false,
        };
        if case.diagnosis.is_serial() && case.archive.entries.iter().all(|entry| entry.verdict != Verdict::NoNetwork) {
            advice.extend(because(&elsewhere).map(Self::AskOneTab));
        }
        advice
    }
}
