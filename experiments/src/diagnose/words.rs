//! A diagnosis in sentences: what is proved, what is only possible, what would settle it, what to change.

use har::archive::End;
use har::cadence::{Cadence, Guard};
use har::deadline::Deadline;
use har::diagnosis::Causes;
use har::occupancy::{SLOTS, proved_wait_ms};
use har::{Archive, Diagnosis, Entry, Flavour, Pool, Verdict};
use serde::Serialize;
use std::collections::BTreeSet;

/// Names in a sentence; more are counted.
const NAMES: usize = 4;
/// A wait in the browser shorter than this is not told.
const WAIT_MS: f64 = 100.0;

/// Sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Words {
    /// The answer, in a sentence or two.
    pub headline: String,
    /// What the file proves.
    pub proved: Vec<String>,
    /// What it allows, with the assumption.
    pub possible: Vec<String>,
    /// What would decide.
    pub settle: Vec<String>,
    /// What to change.
    pub change: Vec<String>,
}

/// Milliseconds as people write them.
pub(super) fn ms(ms: f64) -> String {
    if ms >= 10_000.0 {
        format!("{:.1} s", ms / 1000.0)
    } else if ms >= 1_000.0 {
        format!("{:.2} s", ms / 1000.0)
    } else if ms >= 10.0 || ms == 0.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// A period or a deadline: a round number.
pub(super) fn round_ms(ms: f64) -> String {
    if ms >= 1_000.0 { format!("{} s", ms / 1000.0) } else { format!("{ms} ms") }
}

/// A count with its noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn listed(names: impl IntoIterator<Item = String>) -> String {
    let mut seen = BTreeSet::new();
    let names = names.into_iter().filter(|name| seen.insert(name.clone())).collect::<Vec<_>>();
    let rest = names.len().saturating_sub(NAMES);
    let mut text = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    if rest > 0 {
        text.push_str(&format!(" and {rest} more"));
    }
    text
}

/// An archive with its diagnosis, as sentences need them.
struct Case<'a> {
    archive: &'a Archive,
    diagnosis: &'a Diagnosis,
    /// The label of each entry's class.
    labels: Vec<String>,
}

/// The headline: what may be said of the failed calls.
fn headline(causes: &Causes, files: &str, busy: &str) -> String {
    let calls = |number: usize| count(number, "call");
    match causes {
        Causes { failed: 0, waited_and_answered: 0, .. } => {
            format!("No call failed, and none is proved to have waited in the browser: {files} no starvation.")
        }
        Causes { failed: 0, waited_and_answered, .. } => {
            let waited = count(*waited_and_answered, "request");
            format!(
                "No call failed. {waited} waited in the browser and {} then answered.",
                if *waited_and_answered == 1 { "was" } else { "were" }
            )
        }
        Causes { never_sent: 0, sent: 0, unknown, .. } => format!(
            "{files} not prove that the failed calls queued in the browser: {} ended without an answer, and nothing tells \
             whether {} sent.{busy}",
            calls(*unknown),
            if *unknown == 1 { "it was" } else { "they were" }
        ),
        Causes { never_sent: 0, sent, unknown, .. } => {
            let rest =
                if *unknown > 0 { format!(" Of {} more nothing tells.", calls(*unknown)) } else { String::new() };
            format!(
                "Not starvation in the browser: {} sent, and the server or the network did not answer in time.{rest}{busy}",
                if *sent == 1 { "the failed call was".to_owned() } else { format!("{sent} failed calls were") }
            )
        }
        Causes { never_sent, sent, unknown, .. } => {
            let mut text = format!(
                "Starvation in the browser is proved: {} broken off before {} sent.",
                if *never_sent == 1 { "1 call was".to_owned() } else { format!("{never_sent} calls were") },
                if *never_sent == 1 { "it was" } else { "they were" }
            );
            if *sent > 0 {
                text.push_str(&format!(
                    " {} sent and not answered.",
                    if *sent == 1 { "1 other was".to_owned() } else { format!("{sent} others were") }
                ));
            }
            if *unknown > 0 {
                text.push_str(&format!(" Of {} nothing tells.", calls(*unknown)));
            }
            text + busy
        }
    }
}

/// A deadline in a sentence.
pub(super) fn deadline(deadline: &Deadline) -> String {
    let name = deadline.kind.label();
    let length = round_ms(deadline.deadline_ms);
    let calls = count(deadline.aborts, "call");
    let against = match deadline.answered_later {
        0 => String::new(),
        later => format!(
            ", but {} answered later than that",
            if later == 1 { "1 was".to_owned() } else { format!("{later} were") }
        ),
    };
    let only = if deadline.is_certain() { "" } else { ", which is little to go by" };
    format!(
        "{name} has a deadline of {length}: {calls} broken off at {}{against}{}",
        range(deadline.shortest_ms, deadline.longest_ms),
        if against.is_empty() { only } else { "" }
    )
}

fn range(low: f64, high: f64) -> String {
    if ms(low) == ms(high) { ms(low) } else { format!("{} to {}", ms(low), ms(high)) }
}

/// A timer in a sentence.
pub(super) fn cadence(cadence: &Cadence) -> String {
    let names = listed(cadence.kinds.iter().map(har::Kind::label));
    let verb = if cadence.kinds.len() == 1 { "is" } else { "are" };
    let others = cadence
        .candidates_ms
        .iter()
        .filter(|period| **period != cadence.period_ms)
        .map(|period| round_ms(*period))
        .collect::<Vec<_>>();
    let doubt = match others.as_slice() {
        [] => String::new(),
        others => format!(" (or {}: the starts fit as well)", others.join(", ")),
    };
    let guard = match cadence.guard {
        Guard::Seen => {
            format!("; {} passed while a call was in flight, so the page has a guard", count(cadence.skipped, "tick"))
        }
        Guard::Absent => "; a tick starts a call while the last one is in flight: there is no guard".to_owned(),
        Guard::Untested => String::new(),
    };
    format!("{names} {verb} polled every {}{doubt}{guard}", round_ms(cadence.period_ms))
}

impl Case<'_> {
    fn label(&self, at: usize) -> &str {
        self.labels.get(at).map_or("", String::as_str)
    }

    fn entries(&self, is: impl Fn(&Entry) -> bool) -> Vec<usize> {
        (0..self.archive.entries.len()).filter(|at| is(&self.archive.entries[*at])).collect()
    }

    fn names(&self, entries: &[usize]) -> String {
        listed(entries.iter().map(|at| self.label(*at).to_owned()))
    }

    /// "3 calls of X after 5.00 s to 5.01 s".
    fn lives(&self, entries: &[usize]) -> String {
        let lives = entries.iter().filter_map(|at| self.archive.entries[*at].life_ms);
        let (low, high) = lives.fold((f64::INFINITY, 0.0_f64), |(low, high), life| (low.min(life), high.max(life)));
        let after = if low.is_finite() { format!(" after {}", range(low, high)) } else { String::new() };
        format!("{} ({}){after}", count(entries.len(), "call"), self.names(entries))
    }

    fn share(&self, class: usize) -> String {
        self.diagnosis.classes.get(class).map_or_else(String::new, |facts| facts.class.kind.label())
    }

    fn proved(&self) -> Vec<String> {
        let mut proved = Vec::new();
        let failed = |verdict: Verdict| self.entries(|entry| entry.verdict == verdict && entry.end != End::Open);
        let never = failed(Verdict::NeverSent);
        if !never.is_empty() {
            let them = if never.len() == 1 { "it" } else { "them" };
            proved.push(format!("Never sent: {}. The server never saw {them}.", self.lives(&never)));
        }
        let sent = failed(Verdict::SentUnanswered);
        if !sent.is_empty() {
            proved.push(format!("Sent and not answered: {}.", self.lives(&sent)));
        }
        let waited =
            self.entries(|entry| entry.verdict.is_answered() && proved_wait_ms(self.archive, entry) >= WAIT_MS);
        if !waited.is_empty() {
            let longest =
                waited.iter().map(|at| proved_wait_ms(self.archive, &self.archive.entries[*at])).fold(0.0, f64::max);
            let held = waited.iter().filter(|at| {
                let entry = &self.archive.entries[**at];
                entry.waiting(0.0).is_some_and(|waiting| waiting.scheduler_ms.is_some_and(|held| held >= WAIT_MS))
            });
            let held = held.count();
            let scheduler = if held > 0 { format!(", {held} of them at the scheduler") } else { String::new() };
            proved.push(format!(
                "Waited in the browser, then answered: {} ({}), {} at most{scheduler}.",
                count(waited.len(), "request"),
                self.names(&waited),
                ms(longest)
            ));
        }
        for origin in
            self.diagnosis.origins.iter().filter(|origin| origin.most_held >= SLOTS && origin.saturated_ms() >= WAIT_MS)
        {
            let all = origin.holders.iter().map(|share| share.ms).sum::<f64>();
            let holders = origin.holders.iter().filter(|share| share.ms / all >= 0.005).take(NAMES);
            let holders = holders.map(|share| format!("{} {:.0} %", self.share(share.class), share.ms / all * 100.0));
            proved.push(format!(
                "All six connections to {} were taken for {} in all, by {}.",
                origin.origin,
                ms(origin.saturated_ms()),
                holders.collect::<Vec<_>>().join(", ")
            ));
        }
        let multiplexed = self.diagnosis.origins.iter().filter(|origin| origin.protocol.is_multiplexed());
        let multiplexed = multiplexed.map(|origin| origin.origin.clone()).collect::<Vec<_>>();
        if !multiplexed.is_empty() {
            proved.push(format!(
                "Opened over HTTP/2 or HTTP/3, where there is no limit of six: {}.",
                listed(multiplexed)
            ));
        }
        let streams = self.entries(|entry| entry.verdict == Verdict::EventStream && !entry.protocol.is_multiplexed());
        if !streams.is_empty() {
            let one = streams.len() == 1;
            proved.push(format!(
                "{} ({}) {} one of the six connections for as long as {} open; every further tab takes another.",
                count(streams.len(), "event stream"),
                self.names(&streams),
                if one { "holds" } else { "each hold" },
                if one { "it is" } else { "they are" }
            ));
        }
        let sockets = self.entries(|entry| entry.verdict == Verdict::Socket);
        if !sockets.is_empty() {
            proved.push(format!(
                "{} ({}): beside the six, not one of them.",
                count(sockets.len(), "WebSocket"),
                self.names(&sockets)
            ));
        }
        proved
    }

    fn possible(&self) -> Vec<String> {
        let mut possible = Vec::new();
        let Diagnosis { causes, unanswered, origins, .. } = self.diagnosis;
        let ended = |one: &&har::unanswered::Unanswered| {
            let entry = &self.archive.entries[one.entry];
            entry.end != End::Open && entry.verdict == Verdict::Unknown
        };
        let with_room =
            unanswered.iter().filter(ended).filter(|one| one.had_room()).map(|one| one.entry).collect::<Vec<_>>();
        if !with_room.is_empty() {
            let others =
                unanswered.iter().filter(ended).filter(|one| one.had_room()).map(|one| one.others).max().unwrap_or(0);
            let failed = &self.lives(&with_room);
            possible.push(format!(
                "Sent at once, most likely: {failed}. At their start at most {others} other requests to the origin were in \
                 flight and none of the same URL, so a connection was free, unless another tab had it."
            ));
        }
        let without = unanswered.iter().filter(|one| ended(one) && !one.had_room()).collect::<Vec<_>>();
        if !without.is_empty() {
            let entries = without.iter().map(|one| one.entry).collect::<Vec<_>>();
            let place = |is: fn(&har::unanswered::Unanswered) -> bool, name: &str| {
                without.iter().any(|one| is(one)).then(|| name.to_owned())
            };
            let places = [
                place(|one| one.pool, "for a connection"),
                place(|one| one.cache, "at the cache's lock, behind the same URL"),
                place(|one| one.scheduler, "at the browser's scheduler"),
            ];
            let places = places.into_iter().flatten().collect::<Vec<_>>().join(", or ");
            possible
                .push(format!("Queued or sent, both fit: {}. They may have waited {places}.", self.lives(&entries)));
        }
        for origin in origins.iter().filter(|origin| origin.most_possible >= SLOTS) {
            let more = origin.possibly_saturated_ms - origin.saturated_ms();
            if more >= WAIT_MS {
                possible.push(format!(
                    "The six connections to {} were taken for {} more, if the calls without an answer were sent.",
                    origin.origin,
                    ms(more)
                ));
            }
        }
        if let Some(busy) = self.diagnosis.busy.iter().max_by(|one, other| one.longest_ms.total_cmp(&other.longest_ms))
        {
            let rest = self.diagnosis.busy.len() - 1;
            let times =
                if rest > 0 { format!(" ({} in the file)", count(rest + 1, "such time")) } else { String::new() };
            possible.push(format!(
                "A saturated server: from {} to {} {} of a cheap kind ({}) waited {} for their first byte, {} at once, each \
                 on a connection of its own; the origin answers such a request in {} at best{times}. What they share is slow: \
                 the server, or the network before it.",
                ms(busy.stretch.from_ms),
                ms(busy.stretch.until_ms),
                count(busy.entries.len(), "answered request"),
                self.names(&busy.entries),
                range(busy.shortest_ms, busy.longest_ms),
                busy.together,
                ms(busy.reference_ms)
            ));
        }
        possible.extend(self.diagnosis.deadlines.iter().map(|one| deadline(one) + "."));
        possible.extend(self.diagnosis.cadences.iter().map(|one| cadence(one) + "."));
        for burst in self.diagnosis.bursts.iter().filter(|burst| burst.count >= 3).take(NAMES) {
            let after = burst.after.map_or_else(String::new, |at| format!(", after {} had come", self.label(at)));
            possible.push(format!(
                "A burst: {} of {} within {} at {}{after}.",
                count(burst.count, "request"),
                self.share(burst.class),
                ms(burst.spread_ms),
                ms(burst.at_ms)
            ));
        }
        for identical in self.diagnosis.identical.iter().take(NAMES) {
            let lock = if identical.method.eq_ignore_ascii_case("GET") {
                "; Chromium lets GETs of one URL through one at a time, until the headers have come"
            } else {
                ""
            };
            possible.push(format!(
                "{} {} was in flight {} times at once{lock}.",
                identical.method, identical.url, identical.together
            ));
        }
        if causes.failed == 0 && possible.is_empty() {
            possible.push("Nothing points to a shortage of connections.".to_owned());
        }
        possible
    }

    fn settle(&self) -> Vec<String> {
        let mut settle = Vec::new();
        let unknown = self.diagnosis.causes.unknown > 0
            || self.diagnosis.unanswered.iter().any(|one| self.archive.entries[one.entry].verdict == Verdict::Unknown);
        let headless =
            self.archive.entries.iter().all(|entry| entry.verdict != Verdict::Unknown || entry.header_count == 0);
        if unknown {
            settle.push(match self.archive.flavour {
                _ if headless => "An archive with request headers: Chrome's DevTools, Network, \"Export HAR\". Only what was sent has a \
                                  Host header there, and `_blocked_queueing` of 0 or more.".to_owned(),
                Flavour::Playwright => "A capture by Chrome's DevTools: Playwright writes neither waiting nor the lives of failed calls.".to_owned(),
                Flavour::Firefox => "A capture by Chrome's DevTools: Firefox lists the headers also of what it never sent.".to_owned(),
                _ => "A capture by Chrome's DevTools, or a net-export log (chrome://net-export): both tell whether a request was sent.".to_owned(),
            });
            let first =
                self.archive.entries.iter().find(|entry| entry.verdict == Verdict::Unknown && entry.end != End::Open);
            if let Some(entry) = first {
                settle.push(format!(
                    "The server's own log: did {} arrive {} after the page's first request?",
                    entry.url.target(),
                    ms(entry.start_ms)
                ));
            }
        }
        if !self.diagnosis.busy.is_empty() || self.diagnosis.causes.sent > 0 {
            settle.push(
                "The server's time for each request, logged on the server: it tells a busy server from a slow network."
                    .to_owned(),
            );
        }
        if self.diagnosis.causes.never_sent > 0 || self.diagnosis.unanswered.iter().any(|one| one.pool) {
            settle.push(
                "The same load with one tab and no other page of this origin open: tabs share the six connections."
                    .to_owned(),
            );
        }
        if self.archive.flavour == Flavour::Playwright {
            settle
                .push("Playwright's archives have no waiting at all, so this one can prove no starvation.".to_owned());
        }
        settle
    }

    fn change(&self) -> Vec<String> {
        let mut change = Vec::new();
        let Diagnosis { causes, .. } = self.diagnosis;
        let serial = self.diagnosis.is_serial();
        if causes.never_sent > 0 && serial {
            change.push("Serve the origin over HTTP/2, or ask for less at once: what is listed above as holding the connections.".to_owned());
        }
        if self.diagnosis.streams.iter().any(|stream| stream.verdict == Verdict::EventStream) && serial {
            change.push(
                "Share one event stream between tabs (SharedWorker, BroadcastChannel), or make it a WebSocket."
                    .to_owned(),
            );
        }
        if causes.sent > 0 || causes.busy > 0 {
            change.push("Make the server's answers cheaper before anything in the browser: an aborted call's work mostly runs to its end, and the page asks again.".to_owned());
        }
        let prefetch =
            self.diagnosis.bursts.iter().any(|burst| self.diagnosis.classes[burst.class].class.kind.is_rsc());
        if prefetch {
            change.push("Try the page without the prefetch burst (<Link prefetch={false}>): it takes connections and server time while the page loads.".to_owned());
        }
        if self.diagnosis.cadences.iter().any(|cadence| cadence.guard == Guard::Absent) {
            change.push("Give the poll a guard: no new call while the last one is in flight.".to_owned());
        }
        if !self.diagnosis.identical.is_empty() {
            change.push("Share one call between the callers of one URL.".to_owned());
        }
        change
    }
}

/// What to do with the file next.
fn simulate(change: &mut Vec<String>, files: &str) {
    change.push(format!("How often, and which change helps by how much: sixslot import {files} -o page.toml, then sixslot compare page.toml."));
}

impl Words {
    /// One archive in sentences.
    pub fn new(archive: &Archive, diagnosis: &Diagnosis) -> Self {
        let mut labels = vec![String::new(); archive.entries.len()];
        for facts in &diagnosis.classes {
            for at in &facts.class.entries {
                labels[*at] = facts.class.kind.label();
            }
        }
        let case = Case { archive, diagnosis, labels };
        let busy = if diagnosis.busy.is_empty() {
            ""
        } else {
            " Cheap requests that were slow together point to a saturated server."
        };
        let verb = if diagnosis.causes.failed == 0 { "this file shows" } else { "This file alone does" };
        let mut change = case.change();
        simulate(&mut change, &diagnosis.file);
        Self {
            headline: headline(&diagnosis.causes, verb, busy),
            proved: case.proved(),
            possible: case.possible(),
            settle: case.settle(),
            change,
        }
    }

    /// Several archives of one page in sentences.
    pub fn together(pool: &Pool, diagnoses: &[Diagnosis]) -> Self {
        let of = |number: usize| format!("{number} of {} files", pool.files);
        let verb = if pool.causes.failed == 0 { "these files show" } else { "These files alone do" };
        let busy = match pool.files_with_busy_server {
            0 => String::new(),
            files => {
                format!(" In {} cheap requests were slow together, which points to a saturated server.", of(files))
            }
        };
        let mut proved = Vec::new();
        let verdicts = [Verdict::NeverSent, Verdict::SentUnanswered];
        for verdict in verdicts {
            if let Some(number) = pool.verdicts.get(&verdict) {
                proved.push(format!("{}: {}.", count(*number, "request"), verdict.name()));
            }
        }
        if pool.files_with_failures > 0 {
            proved.push(format!("A call failed in {}.", of(pool.files_with_failures)));
        }
        if pool.files_saturated > 0 {
            let longest = diagnoses.iter().map(Diagnosis::saturated_ms).fold(0.0, f64::max);
            proved.push(format!(
                "All six connections to an origin were taken in {}, for {} at most.",
                of(pool.files_saturated),
                ms(longest)
            ));
        }
        if pool.causes.waited_and_answered > 0 {
            proved.push(format!(
                "{} waited in the browser, then answered.",
                count(pool.causes.waited_and_answered, "request")
            ));
        }
        let mut possible = Vec::new();
        if pool.causes.unknown > 0 {
            possible.push(format!(
                "Of {} without an answer nothing tells whether they were sent; {} had a free connection at the start, unless another tab had it.",
                count(pool.causes.unknown, "failed call"),
                pool.causes.unknown_with_room
            ));
        }
        possible.extend(pool.deadlines.iter().map(|one| deadline(one) + "."));
        possible.extend(pool.cadences.iter().map(|one| cadence(one) + "."));
        let mut settle = Vec::new();
        if pool.causes.unknown > 0 {
            settle.push(
                "Archives with request headers (Chrome's \"Export HAR\"), or the server's own log of the same loads."
                    .to_owned(),
            );
        }
        let mut change = Vec::new();
        let files = diagnoses.first().map_or("*.har", |diagnosis| diagnosis.file.as_str());
        simulate(&mut change, &format!("{files} ..."));
        Self { headline: headline(&pool.causes, verb, &busy), proved, possible, settle, change }
    }
}
