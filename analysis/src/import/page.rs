//! A page as its archives show it: classes with their rhythm, start, deadline and times, and the rule of its failure.
//!
//! Rule: everything here is found in the archives or follows from what is found by a rule that is written down beside it;
//! the scenario's text ([`super::draft`]) adds nothing.

use super::browser::{Browser, CONNECTIONS};
use super::cadence::{Rhythm, rhythms};
use super::calls::{Group, Kind, Load, groups};
use super::discipline::{Discipline, Disciplines};
use super::graph::Graph;
use super::member::Member;
use super::rule::{Rule, failed, rule};
use super::service::{Sample, Seen, Slots, Timed, apart, at_server, bodies};
use super::shared::{NoiseShared, noise_shared};
use super::starts::{Times, limit, start};
use super::{ImportError, within_limit};
use sixslot_har::{Class, Deadline};
use sixslot_statistics::censored::Observation;
use sixslot_statistics::fit::Shape;
use std::collections::{BTreeMap, BTreeSet};

/// A page.
#[derive(Debug)]
pub struct Page<'a> {
    /// The browser.
    pub browser: Browser,
    /// The page's own origin.
    pub origin: String,
    /// Its classes by pattern, in the order in which they begin.
    pub members: Vec<Member<'a>>,
    /// Its requests one by one, as far as they are no class by pattern.
    pub graph: Graph,
    /// How requests share the server of each origin, or why that is not known.
    pub disciplines: Disciplines,
    /// How much the times of each origin depend on the load, with the keys of the numbers that show it.
    pub shared: BTreeMap<String, (NoiseShared, Vec<String>)>,
    /// When a load fails.
    pub rule: Rule,
    /// Recorded loads that failed by it; `None` where failure is not judged.
    pub failed: Option<u64>,
    /// The longest capture, in milliseconds from its opening.
    pub horizon: f64,
    /// In how many loads cheap requests waited long for the server together.
    pub busy: usize,
}

/// A body shorter than this for nineteen of twenty is part of the answer's arrival.
const BODY: f64 = 2.0;

/// Instances that call one URL together once: the first is the call of the page, the others are other callers of it.
fn split_callers<'a>(classes: Vec<(Group<'a>, Rhythm)>) -> Vec<(Group<'a>, Rhythm)> {
    let mut out = Vec::with_capacity(classes.len());
    for (group, rhythm) in classes {
        if rhythm != Rhythm::Once || group.distinct || group.copies < 2 || group.kind != Kind::Fetch {
            out.push((group, rhythm));
            continue;
        }
        let mut first = vec![false; group.calls.len()];
        let mut last = None;
        for (place, call) in group.calls.iter().enumerate() {
            first[place] = last != Some(call.key());
            last = Some(call.key());
        }
        let others = group.only(|call| !first[call]);
        out.push((group.only(|call| first[call]), Rhythm::Once));
        out.push((Group { name: format!("{}-others", group.name), ..others }, Rhythm::Once));
    }
    out
}

/// The deadline of a class: the one that most of its aborts show, if fewer answers speak against it.
fn deadline(group: &Group<'_>, deadlines: &[Deadline]) -> Option<Deadline> {
    let own = deadlines.iter().filter(|deadline| group.kinds.contains(&deadline.kind));
    own.filter(|deadline| deadline.aborts > deadline.answered_later).max_by_key(|deadline| deadline.aborts).cloned()
}

/// Gives a number to each name that an earlier one has already, since requests, sockets and background calls share their names.
fn tell_apart<'n>(names: impl Iterator<Item = &'n mut String>) {
    let mut taken = BTreeSet::new();
    for name in names {
        let base: String = name.chars().take(sixslot_models::limits::NAME - 6).collect();
        let mut number = 1;
        while !taken.insert(name.clone()) {
            number += 1;
            *name = format!("{base}-{number}");
        }
    }
}

impl<'a> Page<'a> {
    /// What the loads show, with the disciplines of their servers; there is at least one load.
    ///
    /// # Errors
    /// More classes than a scenario holds.
    pub fn of(loads: &'a [Load], disciplines: Disciplines) -> Result<Self, ImportError> {
        let groups = groups(loads)?;
        let archives: Vec<(&sixslot_har::Archive, &[Class])> =
            loads.iter().map(|load| (&load.archive, load.classes.as_slice())).collect();
        let (cadences, deadlines) = (sixslot_har::cadences(&archives), sixslot_har::deadlines(&archives));
        let browser = Browser::of(loads);
        let ends: Vec<f64> = loads.iter().map(|load| load.end - load.opened[0]).collect();
        let classes = split_callers(rhythms(groups, &cadences, &ends));
        let lone = loads.len() == 1 && loads[0].opened.len() == 1;
        let (classes, listed) = sorted(classes, &deadlines, loads);
        within_limit(classes.len())?;
        let connections = browser.connections.unwrap_or(CONNECTIONS);
        let slots = Slots::new(loads, connections, browser.sockets_take_slots.is_some(), classes.len());
        let locked = matches!(browser.profile, "chromium" | "firefox");
        let times: Vec<Times<'_>> = classes.iter().map(|(group, rhythm)| Times::of(group, rhythm)).collect();
        let mut members = Vec::with_capacity(classes.len());
        for (number, (group, rhythm)) in classes.iter().enumerate() {
            let unlocked = group.calls.iter().any(|call| browser.unlocked.contains(call.entry.url.as_str()));
            let limit = limit(group).filter(|_| *rhythm == Rhythm::Once);
            let random = matches!(rhythm, Rhythm::Random(_));
            let start = (!random).then(|| start(number, group, &times, loads, limit.is_some()));
            let deadline = deadline(group, &deadlines);
            let (sample, silent) = at_server(group, loads, &slots, locked && !unlocked);
            let discipline = disciplines.get(&group.origin).and_then(|found| found.as_ref().ok());
            let (first, later) = match (discipline, rhythm) {
                (Some(found), _) => (worked(group, sample, found), None),
                (None, Rhythm::Every(_) | Rhythm::Retry(_)) => apart(group, sample),
                (None, Rhythm::Once | Rhythm::Random(_)) => (sample, None),
            };
            let bodies = bodies(group, loads, deadline.is_some());
            let mut lengths: Vec<f64> = bodies.iter().map(|body| body.time.middle()).collect();
            let is_short = super::calls::quantile(&mut lengths, 0.95) < BODY;
            members.push(Member {
                group: group.clone(),
                rhythm: rhythm.clone(),
                start,
                limit,
                deadline,
                unlocked,
                service: Timed::of(first),
                later_service: later.and_then(Timed::of),
                is_work: discipline.is_some() && group.kind == Kind::Fetch,
                silent,
                body: if is_short { None } else { Timed::of(bodies) },
            });
        }
        let mut rule = rule(&members, loads);
        let failed = failed(&rule, &members, loads);
        let ready = ready(&rule, &members, loads);
        let origin = own_origin(loads);
        let most = sixslot_models::limits::CLASSES.saturating_sub(members.len()).max(1);
        let wanted = |load: usize, place: usize| listed.contains(&(load, place));
        let mut graph = Graph::of(loads, &origin, &browser.unlocked, &ready, most, &wanted);
        within_limit(members.len() + graph.classes.len())?;
        graph.share_servers(&disciplines);
        let names = members.iter_mut().map(|member| &mut member.group.name);
        tell_apart(names.chain(graph.classes.iter_mut().map(|class| &mut class.name)));
        rule.listed = graph.awaited();
        if lone {
            graph.anchor_members(&loads[0], &mut members);
        }
        let horizon = ends.iter().copied().fold(0.0, f64::max);
        let busy =
            archives.iter().filter(|(archive, classes)| !sixslot_har::busy::busy(archive, classes).is_empty()).count();
        let shared = shared(&members, loads.len());
        Ok(Self { browser, origin, members, graph, disciplines, shared, rule, failed, horizon, busy })
    }
}

impl Page<'_> {
    /// A scenario has to wait for something: where nothing is awaited, for the first class that there is.
    pub fn wait_for_something(&mut self) {
        if !self.rule.ready.is_empty() || !self.rule.listed.is_empty() {
            return;
        }
        let own =
            |member: &&Member<'_>| member.group.kind == Kind::Fetch && !matches!(member.rhythm, Rhythm::Random(_));
        self.rule.ready.extend(self.members.iter().position(|member| own(&member)));
        if self.rule.ready.is_empty() && !self.graph.classes.is_empty() {
            self.rule.listed.push(0);
        }
    }
}

/// A class with its rhythm.
type Rhythmic<'a> = (Group<'a>, Rhythm);

/// Classes by pattern, and the entries (load, place) that are listed one by one.
type Sorted<'a> = (Vec<Rhythmic<'a>>, BTreeSet<(usize, usize)>);

/// What is a class by pattern, and what is listed one by one. What a timer calls, what is called again after a failure, and
/// what a deadline breaks off are classes, because these rules make their calls. Where several loads show such a rule, their
/// other requests are classes too, so that their laws are fitted from all calls alike; and so they are with several tabs.
fn sorted<'a>(classes: Vec<Rhythmic<'a>>, deadlines: &[Deadline], loads: &[Load]) -> Sorted<'a> {
    let ruled = |(group, rhythm): &Rhythmic<'_>| {
        matches!(rhythm, Rhythm::Every(_) | Rhythm::Retry(_)) || deadline(group, deadlines).is_some()
    };
    let by_pattern = loads.iter().any(|load| load.opened.len() > 1) || loads.len() > 1 && classes.iter().any(ruled);
    if by_pattern {
        return (classes, BTreeSet::new());
    }
    let kept: Vec<Rhythmic<'_>> =
        classes.into_iter().filter(|class| class.0.kind != Kind::Fetch || ruled(class)).collect();
    let called: BTreeSet<(usize, usize)> =
        kept.iter().flat_map(|(group, _)| group.calls.iter().map(|call| (call.load, call.place))).collect();
    let mut listed = BTreeSet::new();
    for (number, load) in loads.iter().enumerate() {
        for (place, entry) in load.archive.entries.iter().enumerate() {
            let requested = entry.url.origin().is_some() && !entry.url.is_socket() && !entry.verdict.is_socket();
            if requested && !called.contains(&(number, place)) {
                listed.insert((number, place));
            }
        }
    }
    (kept, listed)
}

/// When the page of each load was ready, from its opening: when the call that shows the error succeeded first or was broken
/// off last; without one at the load event; where the archive has none, when everything had ended.
fn ready(rule: &Rule, members: &[Member<'_>], loads: &[Load]) -> Vec<f64> {
    let error = rule.error.map(|error| &members[error].group);
    let of = |(number, load): (usize, &Load)| {
        let calls = || error.into_iter().flat_map(|group| &group.calls).filter(|call| call.load == number);
        let success = calls().find(|call| call.succeeded()).map(|call| call.until());
        let last = || calls().map(|call| call.until()).reduce(f64::max);
        let event = || {
            load.archive.loads.first().and_then(|one| Some(one.start_ms + one.load_ms?)).map(|at| at - load.opened[0])
        };
        success.or_else(last).or_else(event).unwrap_or(f64::INFINITY)
    };
    loads.iter().enumerate().map(of).collect()
}

/// The page's own origin: that of its document; without one, of most calls.
fn own_origin(loads: &[Load]) -> String {
    let own = |load: &Load| load.archive.origins().into_iter().next().map(|origin| origin.name);
    loads.iter().find_map(own).unwrap_or_default()
}

/// The sample of a class as works, where its server is shared: what is no work of an answer says nothing.
fn worked(group: &Group<'_>, sample: Sample, discipline: &Discipline) -> Sample {
    if group.kind != Kind::Fetch {
        return sample;
    }
    let work = |seen: Seen| {
        let call = &group.calls[seen.call];
        let work = discipline.works.get(&(call.load, call.place))?;
        Some(Seen { time: Observation::Exact(*work), ..seen })
    };
    sample.into_iter().filter_map(work).collect()
}

/// The dependence of the times of each origin, with the keys of the numbers that show it. Files come from disks and caches:
/// what makes an application slow does not make them so.
fn shared(members: &[Member<'_>], loads: usize) -> BTreeMap<String, (NoiseShared, Vec<String>)> {
    let mut by_origin: BTreeMap<&str, Vec<(String, &Timed)>> = BTreeMap::new();
    for member in members.iter().filter(|member| member.group.kind == Kind::Fetch && member.group.pattern != "**") {
        for (key, times) in [(member.time_key(), &member.service), ("later_service", &member.later_service)] {
            let Some(times) = times.as_ref().filter(|times| matches!(times.fit.shape, Shape::Curve(_))) else {
                continue;
            };
            let key = format!("request.{}.{key}", member.group.name);
            by_origin.entry(&member.group.origin).or_default().push((key, times));
        }
    }
    let mut found = BTreeMap::new();
    for (origin, numbers) in by_origin {
        let samples: Vec<_> = numbers.iter().map(|(_, times)| (&times.fit, times.by_load())).collect();
        if let Some(shared) = noise_shared(&samples, loads) {
            found.insert(origin.to_owned(), (shared, numbers.into_iter().map(|(key, _)| key).collect()));
        }
    }
    found
}
