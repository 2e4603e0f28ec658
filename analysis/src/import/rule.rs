//! The rule by which a load fails, as far as the archives show one.
//!
//! Rule: failure is judged where a deadline struck, by the class with the longest one, since the page waits longest for it.
//! A deadline that struck is a call's own, and not the page's error, where the page waited longer for another call of the same
//! instant, which then succeeded: in half of the loads in which it struck, or, if it struck in every load, in one of them; and
//! where no such other call failed. Without such a deadline failure is not judged, and the question is the time to ready.

use super::cadence::Rhythm;
use super::calls::{Call, Kind, Load};
use super::member::{Member, is_prefetch};
use super::starts::{Anchor, Event};
use sixslot_har::Entry;

/// The rule by which a load fails.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// The classes that have to succeed, by number.
    pub ready: Vec<usize>,
    /// The class whose failure shows the error; `None` where failure is not judged.
    pub error: Option<usize>,
    /// A class whose deadline struck while the page waited longer for other calls.
    pub outlived: Option<usize>,
    /// The listed classes that have to succeed, by number.
    pub listed: Vec<usize>,
}

/// Calls issued within this of each other are of one instant: one render of the page makes them, one after the other.
const INSTANT: f64 = 20.0;

/// Whether an entry is a call for data that the page waits for.
fn is_awaited(entry: &Entry) -> bool {
    let kind = entry.resource_type.as_deref();
    let is_data = matches!(kind, None | Some("fetch" | "xhr"));
    is_data && !entry.verdict.is_socket() && !entry.is_delayable() && !entry.url.as_str().contains("_rsc=")
}

/// What the other calls of the same instant say of a deadline that struck.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strike {
    /// The page waited longer for another call, which then succeeded.
    Outlived,
    /// The page waited longer for another call, which failed or was given up as well.
    Shared,
    /// No other call of the instant was open.
    Alone,
}

fn strike(call: &Call<'_>, deadline: f64, load: &Load) -> Strike {
    let struck = call.entry;
    let strike = struck.start_ms + call.watched;
    let longer = load.archive.entries.iter().filter(|other| {
        let together = (other.start_ms - struck.start_ms).abs() <= INSTANT;
        let longer = other.life_ms.is_some_and(|life| life > deadline + INSTANT);
        together && longer && other.end_ms().is_some_and(|end| end > strike) && is_awaited(other)
    });
    let ended = longer.map(|other| other.verdict.is_answered() && !other.is_error()).collect::<Vec<_>>();
    match (ended.contains(&true), ended.contains(&false)) {
        (_, true) => Strike::Shared,
        (true, false) => Strike::Outlived,
        (false, false) => Strike::Alone,
    }
}

/// Whether a class's deadline is a call's own: the module's rule.
fn never_decides(member: &Member<'_>, deadline: f64, loads: &[Load]) -> bool {
    // The first strike of a load: what comes later is after the page's answer to it.
    let first = |call: &&Call<'_>| {
        let earlier = |other: &Call<'_>| other.key() == call.key() && other.failed() && other.at < call.at;
        call.failed() && !member.group.calls.iter().any(earlier)
    };
    let first: Vec<&Call<'_>> = member.group.calls.iter().filter(first).collect();
    let strikes: Vec<Strike> = first.iter().map(|call| strike(call, deadline, &loads[call.load])).collect();
    let outlived = strikes.iter().filter(|strike| **strike == Strike::Outlived).count();
    let in_every_load = (0..loads.len()).all(|load| first.iter().any(|call| call.load == load));
    outlived > 0 && !strikes.contains(&Strike::Shared) && (in_every_load || 2 * outlived >= strikes.len())
}

/// The rule that is proposed: the page is ready when the class that shows the error, and all calls of every load without a
/// deadline of their own, have succeeded.
#[must_use]
pub fn rule(members: &[Member<'_>], loads: &[Load]) -> Rule {
    let fetches =
        || members.iter().enumerate().filter(|(_, member)| member.group.kind == Kind::Fetch && !is_prefetch(member));
    let own = |member: &Member<'_>| !matches!(member.rhythm, Rhythm::Random(_));
    let longest = fetches()
        .filter(|(_, member)| own(member) && !member.group.name.ends_with("-others"))
        .filter_map(|(number, member)| Some((number, member.deadline.as_ref()?.deadline_ms)))
        .max_by(|one, other| one.1.total_cmp(&other.1));
    let outlived = longest.filter(|(number, deadline)| never_decides(&members[*number], *deadline, loads));
    let outlived = outlived.map(|(number, _)| number);
    let error = longest.map(|(number, _)| number).filter(|_| outlived.is_none());
    let in_all = |member: &Member<'_>| {
        let tabs = member.group.firsts().len();
        tabs == loads.iter().map(|load| load.opened.len()).sum::<usize>()
    };
    // What only begins when the call has succeeded comes after the page is up.
    let comes_after = |number: usize| {
        let mut at = number;
        for _ in 0..members.len() {
            match members[at].start.as_ref().map(|start| start.anchor) {
                Some(Anchor::After(class, event)) if Some(class) == error && event == Event::Ok => return true,
                Some(Anchor::After(class, _)) => at = class,
                _ => return false,
            }
        }
        false
    };
    let awaited = |(number, member): &(usize, &Member<'_>)| {
        let once =
            member.deadline.is_none() && member.rhythm == Rhythm::Once && in_all(member) && !comes_after(*number);
        error == Some(*number) || once && !member.group.name.ends_with("-others")
    };
    let ready: Vec<usize> = fetches().filter(awaited).map(|(number, _)| number).collect();
    Rule { ready, error, outlived, listed: Vec::new() }
}

/// Recorded loads that failed by a rule: the first call of the class that shows the error which ended at all, failed. `None`
/// where failure is not judged.
#[must_use]
pub fn failed(rule: &Rule, members: &[Member<'_>], loads: &[Load]) -> Option<u64> {
    let error = &members[rule.error?].group;
    let has_failed = |load: usize| {
        let ended = error.calls.iter().filter(|call| call.load == load && (call.failed() || call.succeeded()));
        ended.min_by(|one, other| one.until().total_cmp(&other.until())).is_some_and(Call::failed)
    };
    Some((0..loads.len()).filter(|load| has_failed(*load)).count() as u64)
}
