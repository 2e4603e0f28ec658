//! The rules by which a load is judged: when the page is ready, when it shows an error, and what counts as failed.
//!
//! Rule: a load is one of three: failed by `fails`, else late (not ready by the horizon), else ready (docs/words.md). Where
//! nothing can fail, failure is not judged. A page that polls, streams or retries is judged to the horizon unless the
//! scenario chooses otherwise: its calls go on after it is ready.

use crate::class::{Class, DeadlineFrom, Failure, Kind, Names, Start};
use crate::limits;
use crate::read::{self, Reader, expected};
use crate::schema;
use crate::source::Fault;
use crate::tree::Node;
use sixslot_sim_core::Span;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What counts as a failed load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fails {
    /// The page showed its error before it was ready.
    ErrorShown,
    /// The page was not ready by the horizon.
    NotReady,
    /// An error was triggered at any time up to the horizon, before or after the page was ready.
    AnyError,
    /// Failure is not judged.
    Nothing,
}

impl Fails {
    /// The words of the key `fails`.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("error-shown", Self::ErrorShown),
        ("not-ready", Self::NotReady),
        ("any-error", Self::AnyError),
        ("nothing", Self::Nothing),
    ];

    /// Its word in a scenario.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, fails)| *fails == self).map_or("", |(word, _)| word)
    }
}

/// When the page shows an error.
///
/// Failures are counted for each instance of the class: its calls, its retries and its polls are one row, and a success
/// begins a new one. Any instance triggers the error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorRule {
    /// NAME of `[load.error.NAME]`; none for the single form, and where every request is judged.
    pub name: Option<String>,
    /// Index of the class that the failures are counted of.
    pub class: usize,
    /// Consecutive failures of an instance that trigger the error; 0 disables the count.
    pub failures: u32,
    /// A failure also triggers the error when the first of the consecutive failures was issued at least this long ago.
    pub no_success_for: Option<Span>,
    /// A failure also triggers the error if no retry follows it.
    pub unless_retried: bool,
    /// Whether the scenario names it. Where every request is judged, the calls that a navigation ends are no reason to judge: the
    /// page that made them is gone.
    pub is_named: bool,
}

impl ErrorRule {
    /// Whether a failure triggers the error: the number of consecutive failures of its instance, the time since the first
    /// of them was issued, and whether a retry follows.
    pub fn strikes(&self, failures: u32, lasted: Span, is_retried: bool) -> bool {
        self.failures > 0 && failures >= self.failures
            || self.no_success_for.is_some_and(|span| lasted >= span)
            || self.unless_retried && !is_retried
    }

    /// The time from the first call of an instance to the earliest error: each call is aborted by its deadline as soon as
    /// that can strike, or, where the deadline counts from a later event or a call fails otherwise, one call is held until
    /// `no_success_for` is over.
    /// None if that takes longer than `until`, or never happens.
    pub fn earliest(&self, classes: &[Class], until: Span) -> Option<Span> {
        let class = classes.get(self.class)?;
        let is_armed_late = deadlines(class, classes).any(|(_, from)| from != DeadlineFrom::Issued);
        let varies = is_armed_late || self.fails(class, classes) || class.jitter > 0.0;
        let held = self.no_success_for.filter(|_| varies).zip(self.shortest_deadline(class, classes));
        let held = held.map(|(span, deadline)| span.max(deadline)).filter(|span| *span <= until);
        self.by_deadlines(classes, until).into_iter().chain(held).min()
    }

    /// The same if each call is aborted as soon as its deadline can strike.
    fn by_deadlines(&self, classes: &[Class], until: Span) -> Option<Span> {
        /// A call ends, a retry is due, a tick is due: those of one instant happen in this order.
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        enum Due {
            End { issued: u64 },
            Retry,
            Tick,
        }
        let class = classes.get(self.class)?;
        let deadline = self.shortest_deadline(class, classes)?.as_nanos();
        let every = class.every.map(|every| every.as_nanos().max(1));
        let timeouts = deadlines(class, classes).next().map(|_| Failure::Timeout);
        let breaks = (self.is_named && class.breaks_at_navigation).then_some(Failure::Navigation);
        let mut kinds = timeouts.into_iter().chain(class.answer.failures.iter().copied()).chain(breaks);
        let can_retry = kinds.any(|failure| class.retries(Some(failure)));
        let mut due = BinaryHeap::from([Reverse((deadline, Due::End { issued: 0 }))]);
        let (by_ticks, from_end) = if class.every_from_end { (None, every) } else { (every, None) };
        due.extend(by_ticks.map(|every| Reverse((every, Due::Tick))));
        let (mut failures, mut began, mut in_flight, mut last_end) = (0, 0, 1_u64, None);
        for _ in 0..4 * limits::REQUESTS {
            let Reverse((now, what)) = due.pop().filter(|Reverse((now, _))| *now <= until.as_nanos())?;
            let mut calls = false;
            match what {
                Due::End { issued } => {
                    began = if failures == 0 { issued } else { began };
                    failures += 1;
                    in_flight -= 1;
                    last_end = Some(now);
                    let retries = failures < class.attempts && can_retry;
                    if self.strikes(failures, Span::from_nanos(now - began), retries) {
                        return Some(Span::from_nanos(now));
                    }
                    if retries {
                        let pause = class.backoff_after(failures).as_seconds_f64() * (1.0 - class.jitter);
                        due.push(Reverse((now + Span::from_seconds_f64(pause).as_nanos(), Due::Retry)));
                    } else {
                        due.extend(from_end.map(|every| Reverse((now + every, Due::Tick))));
                    }
                }
                Due::Retry => calls = !class.skip_while_in_flight || in_flight == 0,
                Due::Tick => {
                    calls = !class.skip_while_in_flight || in_flight == 0 && last_end != Some(now);
                    due.extend(by_ticks.map(|every| Reverse((now + every, Due::Tick))));
                }
            }
            if calls {
                in_flight += 1;
                due.push(Reverse((now + deadline, Due::End { issued: now })));
            }
        }
        None
    }

    /// The least time in which a call of a class can fail: its deadline, or none where it fails otherwise.
    fn shortest_deadline(&self, class: &Class, classes: &[Class]) -> Option<Span> {
        let at_once = self.fails(class, classes).then_some(Span::ZERO);
        deadlines(class, classes).map(|(deadline, _)| deadline).chain(at_once).min()
    }

    /// Whether a call of a class can fail by something other than a deadline.
    fn fails(&self, class: &Class, classes: &[Class]) -> bool {
        self.is_named && class.breaks_at_navigation || is_failed_by_answers(class, classes)
    }

    /// Whether the error can be triggered within a time from an instance's first call.
    fn can_strike(&self, classes: &[Class], within: Span) -> bool {
        let joins = classes.get(self.class).is_some_and(|class| joined(class, classes).next().is_some());
        joins || self.earliest(classes, within).is_some()
    }
}

/// The other classes whose deadlines can abort a call of this one: it shares the outcome of the call that it joins.
fn joined<'a>(class: &'a Class, classes: &'a [Class]) -> impl Iterator<Item = &'a Class> + 'a {
    let leads =
        move |other: &&Class| class.dedupe && other.dedupe && other.name != class.name && other.origin == class.origin;
    classes.iter().filter(leads).filter(|other| other.deadline.is_some() || !other.answer.failures.is_empty())
}

/// The deadlines that can abort a call of a class, each with the event that it counts from.
fn deadlines<'a>(class: &'a Class, classes: &'a [Class]) -> impl Iterator<Item = (Span, DeadlineFrom)> + 'a {
    let all = std::iter::once(class).chain(joined(class, classes));
    all.filter_map(|class| class.deadline.map(|deadline| (deadline, class.deadline_from)))
}

/// Whether a call of a class can fail at all.
pub(crate) fn can_fail(class: &Class, classes: &[Class]) -> bool {
    deadlines(class, classes).next().is_some() || is_failed_by_answers(class, classes) || class.breaks_at_navigation
}

/// Whether a call of a class can fail by what comes from the network.
fn is_failed_by_answers(class: &Class, classes: &[Class]) -> bool {
    std::iter::once(class).chain(joined(class, classes)).any(|class| !class.answer.failures.is_empty())
}

/// The load's own state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadRules {
    /// Indices of the classes of which every instance must succeed.
    pub ready: Vec<usize>,
    /// The page's errors, by class.
    pub errors: Vec<ErrorRule>,
    /// Whether an error stays after a later success.
    pub error_is_final: bool,
    /// What counts as a failed load.
    pub fails: Fails,
    /// Whether the scenario chooses `fails`; otherwise it is the default.
    pub is_chosen: bool,
    /// Whether a load can fail at all. If not, failure is not judged: there is a share of late loads, and none of failed
    /// ones.
    pub can_fail: bool,
    /// Whether the page's calls go on after it is ready: it polls, streams or retries.
    pub repeats: bool,
}

impl LoadRules {
    /// The errors that count the failures of a class, each with its index in [`LoadRules::errors`].
    pub fn errors_of(&self, class: usize) -> impl Iterator<Item = (usize, &ErrorRule)> {
        let first = self.errors.partition_point(|rule| rule.class < class);
        (first..).zip(&self.errors[first..]).take_while(move |(_, rule)| rule.class == class)
    }

    /// Whether failures of a class can show the page's error.
    pub fn judges(&self, class: usize) -> bool {
        self.errors_of(class).next().is_some()
    }

    /// Reads `[load]`.
    ///
    /// # Errors
    /// The first fault, at its place.
    pub(crate) fn read(root: &Reader<'_>, names: &Names<'_>, classes: &[Class]) -> Result<Self, Fault> {
        let Some(node) = root.get("load") else {
            return Err(Fault::new(root.place, "`load` is missing")
                .help("say when the page is loaded: [load] ready = [\"NAME\"]"));
        };
        let load = Reader::new(node, &schema::LOAD)?;
        let ready = ready(&load, names, classes)?;
        let mut errors = load.read("error", |node| errors(node, names))?.unwrap_or_default();
        let repeats = classes.iter().any(repeats);
        let chosen = load.read("fails", read::choice(&Fails::WORDS))?;
        let fails = chosen.unwrap_or(match (errors.is_empty(), repeats) {
            (_, true) => Fails::AnyError,
            (false, false) => Fails::ErrorShown,
            (true, false) => Fails::NotReady,
        });
        if fails == Fails::ErrorShown && errors.is_empty() {
            return Err(Fault::new(load.place_of("fails"), "there is no `error` to show"));
        }
        if fails == Fails::AnyError && errors.is_empty() {
            errors = each_request(classes);
        }
        errors.sort_by_key(|rule| rule.class);
        let error_is_final = load.or("error_is_final", true, read::boolean)?;
        Ok(Self { ready, errors, error_is_final, fails, is_chosen: chosen.is_some(), can_fail: true, repeats })
    }

    /// Decides whether a load can fail within the horizon.
    pub(crate) fn weigh(&mut self, classes: &[Class], horizon: Span) {
        self.can_fail = match self.fails {
            Fails::NotReady => {
                let fails = |class: &Class| class.deadline.is_some() || !class.answer.failures.is_empty();
                self.is_chosen || classes.iter().any(fails)
            }
            Fails::ErrorShown | Fails::AnyError => self.errors.iter().any(|rule| rule.can_strike(classes, horizon)),
            Fails::Nothing => false,
        };
    }
}

/// Whether a class makes calls after the page is ready.
fn repeats(class: &Class) -> bool {
    let streams = matches!(class.common.start, Start::Arrivals { .. }) || class.kind.is_socket();
    class.kind != Kind::Background && (streams || class.every.is_some() || class.attempts > 1)
}

/// The rules where every request is judged: its call failed, and so did its retries.
fn each_request(classes: &[Class]) -> Vec<ErrorRule> {
    let fetches = classes.iter().enumerate().filter(|(_, class)| class.kind == Kind::Fetch);
    fetches
        .map(|(number, class)| {
            let (failures, unless_retried) = (class.attempts, class.retry_on.is_some());
            ErrorRule { name: None, class: number, failures, no_success_for: None, unless_retried, is_named: false }
        })
        .collect()
}

/// The classes that the page needs.
fn ready(load: &Reader<'_>, names: &Names<'_>, classes: &[Class]) -> Result<Vec<usize>, Fault> {
    let mut ready = Vec::new();
    for node in load.or("ready", &[][..], read::list(limits::CLASSES))? {
        let class = names.request(node)?;
        if matches!(classes[class].common.start, Start::Arrivals { .. }) {
            return Err(Fault::new(&node.place, "a random stream has no last request to wait for"));
        }
        ready.push(class);
    }
    if ready.is_empty() {
        return Err(Fault::new(load.place_of("ready"), "`ready` names no request"));
    }
    Ok(ready)
}

/// The single form, or tables by name.
fn errors(node: &Node, names: &Names<'_>) -> Result<Vec<ErrorRule>, Fault> {
    let Some(table) = node.table() else { return Err(expected("a table", node)) };
    if !table.entries.iter().any(|entry| entry.node.table().is_some()) {
        return Ok(vec![error(node, None, names)?]);
    }
    if let Some(entry) = table.entries.get(limits::CLASSES) {
        let message = format!("the limit is {} tables [load.error.NAME]", limits::CLASSES);
        return Err(Fault::new(&entry.key_place, message));
    }
    let named = |entry: &crate::tree::Entry| {
        if entry.node.table().is_none() {
            let message = format!("`{}` stands beside named errors", entry.key);
            return Err(Fault::new(&entry.key_place, message)
                .help("write it into one of the tables [load.error.NAME], or keep one error without a name"));
        }
        read::check_name(entry)?;
        error(&entry.node, Some(entry.key.clone()), names)
    };
    table.entries.iter().map(named).collect()
}

fn error(node: &Node, name: Option<String>, names: &Names<'_>) -> Result<ErrorRule, Fault> {
    let table = Reader::new(node, &schema::ERROR)?;
    let rule = ErrorRule {
        name,
        class: table.read("request", |node| names.request(node))?.unwrap_or_default(),
        failures: u32::try_from(table.or("failures", 1, read::whole(0, limits::ATTEMPTS))?).unwrap_or(u32::MAX),
        no_success_for: table.read("no_success_for", read::span)?,
        unless_retried: false,
        is_named: true,
    };
    if rule.failures == 0 && rule.no_success_for.is_none() {
        return Err(Fault::new(table.place_of("failures"), "with 0 failures and no time the error never shows")
            .help("give `failures` or `no_success_for`"));
    }
    Ok(rule)
}
