//! A page as its archives show it: classes with their rhythm, start, deadline and times, and the rule of its failure.
//!
//! Rule: everything here is found in the archives or follows from what is found by a rule that is written down beside it;
//! the scenario's text ([`super::draft`]) adds nothing.

use super::ImportError;
use super::browser::{Browser, CONNECTIONS};
use super::cadence::{Rhythm, rhythms};
use super::calls::{Group, Kind, Load, groups, median};
use super::service::{Sample, Slots, at_server, bodies, plain};
use super::starts::{Anchor, Event, Limit, Start, Times, limit, start};
use sixslot_har::{Class, Deadline};
use sixslot_statistics::fit::{Fit, Shape, fit};
use sixslot_statistics::likelihood::{Family, Law, likeliest};
use sixslot_statistics::slowness::{self, Slowness};

/// A class of the page.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// Its calls.
    pub group: Group<'a>,
    /// How they follow each other.
    pub rhythm: Rhythm,
    /// When they begin; `None` of a random stream.
    pub start: Option<Start>,
    /// A framework's limit.
    pub limit: Option<Limit>,
    /// The deadline that breaks them off.
    pub deadline: Option<Deadline>,
    /// GETs of its URL were at the server at once.
    pub unlocked: bool,
    /// The time at the server.
    pub service: Option<Fit>,
    /// Calls that say nothing of it.
    pub silent: usize,
    /// The median and sigma of its noise, where the load's slowness multiplies it.
    pub slow: Option<(f64, f64)>,
    /// The time of its body, where it has one.
    pub body: Option<Fit>,
}

/// The rule by which a load fails.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// The classes that have to succeed, by number.
    pub ready: Vec<usize>,
    /// The class whose failure shows the error.
    pub error: Option<usize>,
}

/// A page.
#[derive(Debug)]
pub struct Page<'a> {
    /// The browser.
    pub browser: Browser,
    /// The page's own origin.
    pub origin: String,
    /// Its classes, in the order in which they begin.
    pub members: Vec<Member<'a>>,
    /// The spread of loads, where it is believed.
    pub slowness: Option<Slowness>,
    /// When a load fails.
    pub rule: Rule,
    /// The longest capture, in milliseconds from its opening.
    pub horizon: f64,
    /// In how many loads cheap requests waited long for the server together.
    pub busy: usize,
}

/// A body shorter than this for nineteen of twenty is part of the answer's arrival.
const BODY: f64 = 2.0;

/// Copies that call one URL together once: the first is the call of the page, the others are other callers of it.
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

impl<'a> Page<'a> {
    /// What the loads show; there is at least one.
    ///
    /// # Errors
    /// More classes than a scenario holds.
    pub fn of(loads: &'a [Load]) -> Result<Self, ImportError> {
        let groups = groups(loads)?;
        let archives: Vec<(&sixslot_har::Archive, &[Class])> =
            loads.iter().map(|load| (&load.archive, load.classes.as_slice())).collect();
        let (cadences, deadlines) = (sixslot_har::cadences(&archives), sixslot_har::deadlines(&archives));
        let browser = Browser::of(loads);
        let ends: Vec<f64> = loads.iter().map(|load| load.end - load.opened[0]).collect();
        let classes = split_callers(rhythms(groups, &cadences, &ends));
        let connections = browser.connections.unwrap_or(CONNECTIONS);
        let slots = Slots::new(loads, connections, browser.sockets_take_slots.is_some(), classes.len());
        let locked = matches!(browser.profile, "chromium" | "firefox");
        let times: Vec<Times<'_>> = classes.iter().map(|(group, rhythm)| Times::of(group, rhythm)).collect();
        let mut samples = Vec::with_capacity(classes.len());
        let mut members = Vec::with_capacity(classes.len());
        for (number, (group, rhythm)) in classes.iter().enumerate() {
            let unlocked = group.calls.iter().any(|call| browser.unlocked.contains(call.entry.url.as_str()));
            let limit = limit(group).filter(|_| *rhythm == Rhythm::Once);
            let random = matches!(rhythm, Rhythm::Random(_));
            let start = (!random).then(|| start(number, group, &times, loads, limit.is_some()));
            let deadline = deadline(group, &deadlines);
            let (sample, silent) = at_server(group, loads, &slots, locked && !unlocked);
            let bodies = plain(&bodies(group, loads, deadline.is_some()));
            let mut lengths: Vec<f64> = bodies.iter().map(|body| body.middle()).collect();
            let body = if super::calls::quantile(&mut lengths, 0.95) < BODY { None } else { fit(&bodies) };
            let service = fit(&plain(&sample));
            samples.push(sample);
            let (group, rhythm) = (group.clone(), rhythm.clone());
            members.push(Member { group, rhythm, start, limit, deadline, unlocked, service, silent, slow: None, body });
        }
        let slowness = slow(&mut members, &samples, loads.len());
        let origin = own_origin(&members);
        let rule = rule(&members, loads);
        let horizon = ends.iter().copied().fold(0.0, f64::max);
        let busy =
            archives.iter().filter(|(archive, classes)| !sixslot_har::busy::busy(archive, classes).is_empty()).count();
        Ok(Self { browser, origin, members, slowness, rule, horizon, busy })
    }
}

/// The origin of the document; without one, of most calls.
fn own_origin(members: &[Member<'_>]) -> String {
    let document = members.iter().find(|member| member.group.resource_type == "document");
    let most = || members.iter().max_by_key(|member| member.group.calls.len());
    document.or_else(most).map(|member| member.group.origin.clone()).unwrap_or_default()
}

/// Believes in a slowness of the load for the classes that show it by themselves, and gives them their part of it.
fn slow(members: &mut [Member<'_>], samples: &[Sample], loads: usize) -> Option<Slowness> {
    let mut shown: Vec<(usize, slowness::Class, Slowness)> = Vec::new();
    for (number, (member, sample)) in members.iter().zip(samples).enumerate() {
        // Files come from disks and caches: what makes the application slow does not make them so.
        let is_file = member.group.pattern == "**";
        let curve = !is_file && matches!(member.service, Some(Fit { shape: Shape::Curve(_), .. }));
        let law = if curve { likeliest(Family::LogNormal, &plain(sample)) } else { None };
        let Some((Law::LogNormal { median, sigma }, _)) = law else { continue };
        let mut by_load = vec![Vec::new(); loads];
        sample.iter().filter(|(_, one)| one.is_usable()).for_each(|(load, one)| by_load[*load].push(*one));
        let class = slowness::Class { median, sigma, loads: by_load };
        let own = slowness::slowness(std::slice::from_ref(&class)).filter(|own| own.is_believed());
        shown.extend(own.map(|own| (number, class, own)));
    }
    // Classes that differ with the load by very different factors do not share one.
    let middle = median(shown.iter().map(|(_, _, own)| own.sigma).collect());
    shown.retain(|(_, _, own)| (0.5..=2.0).contains(&(own.sigma / middle)));
    if shown.len() < 2 {
        // One class alone differs from load to load: that is its own matter.
        return None;
    }
    let classes: Vec<slowness::Class> = shown.iter().map(|(_, class, _)| class.clone()).collect();
    let joint = slowness::slowness(&classes).filter(|joint| joint.is_believed())?;
    for (number, class, _) in shown {
        members[number].slow = Some((class.median, slowness::noise(class.sigma, joint.sigma)));
    }
    Some(joint)
}

/// A prefetch: the page does not wait for it.
pub(super) fn is_prefetch(member: &Member<'_>) -> bool {
    let low = member
        .group
        .most(|call| call.entry.priority.clone())
        .is_some_and(|word| matches!(word.as_str(), "Low" | "VeryLow"));
    let word = member.group.resource_type.as_str();
    member.group.pattern.contains("_rsc=")
        || word == "prefetch"
        || low && !matches!(word, "script" | "document" | "stylesheet")
}

/// The rule that is proposed: the error is shown by the class with the longest deadline, since the page waits longest for
/// it; the page is ready when that class and all calls of every load without a deadline of their own have succeeded.
fn rule(members: &[Member<'_>], loads: &[Load]) -> Rule {
    let fetches =
        || members.iter().enumerate().filter(|(_, member)| member.group.kind == Kind::Fetch && !is_prefetch(member));
    let own = |member: &Member<'_>| !matches!(member.rhythm, Rhythm::Random(_));
    let error = fetches()
        .filter(|(_, member)| own(member) && !member.group.name.ends_with("-others"))
        .filter_map(|(number, member)| Some((number, member.deadline.as_ref()?.deadline_ms)))
        .max_by(|one, other| one.1.total_cmp(&other.1))
        .map(|(number, _)| number);
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
    let mut ready: Vec<usize> = fetches().filter(awaited).map(|(number, _)| number).collect();
    if ready.is_empty() {
        // Whatever there is: a scenario has to wait for something.
        let any = fetches()
            .find(|(_, member)| own(member))
            .or_else(|| members.iter().enumerate().find(|(_, member)| own(member) && member.group.kind == Kind::Fetch));
        ready.extend(any.map(|(number, _)| number));
    }
    Rule { ready, error }
}
