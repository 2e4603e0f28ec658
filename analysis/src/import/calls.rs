//! Loads of one page as their archives show them, and the calls of each class of requests in them.
//!
//! Rule: times are milliseconds from the load's beginning (its first page's, or its first request), and in a class's calls
//! from the opening of their tab. What used no network (`data:`), and what came from the browser's cache or a service
//! worker only, is no class: nothing of it can starve.

use super::{ImportError, within_limit};
use sixslot_har::distinct;
use sixslot_har::{Archive, Class, Entry, Kind as Pattern, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// How much two starts that belong together may differ: dates are written in whole milliseconds, and timers of one instant
/// run one after the other.
pub const TOGETHER: f64 = 6.0;

/// One archive as a load.
#[derive(Debug)]
pub struct Load {
    /// The archive.
    pub archive: Archive,
    /// Its classes.
    pub classes: Vec<Class>,
    /// When each tab opened, on the archive's clock.
    pub opened: Vec<f64>,
    /// When the capture ended, on the archive's clock.
    pub end: f64,
    /// Several answers end at the capture's very end: they were still coming.
    pub cut: bool,
    /// The tab of each entry.
    tabs: Vec<usize>,
}

impl Load {
    /// The load of an archive. Several pages are its tabs: those one after the other have been made archives of their own.
    #[must_use]
    pub fn new(archive: Archive) -> Self {
        // Pages that are open at the same time are the tabs of one load. Of each: its first start, whether it counts
        // from its beginning: where its document is in the file, else nobody knows what it waited for.
        let own = archive.creator.starts_with("sixslot");
        let counts = own || archive.loads.iter().any(|load| load.document.is_some());
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut seen: Vec<(f64, bool)> = Vec::new();
        let mut tabs = Vec::with_capacity(archive.entries.len());
        for entry in &archive.entries {
            // Entries that name no page belong to the first.
            let next = numbers.len();
            let tab = entry.page.as_deref().map_or(0, |id| *numbers.entry(id).or_insert(next));
            if tab == seen.len() {
                seen.push((entry.start_ms, own || (counts && tab == 0)));
            }
            seen[tab].1 |= entry.resource_type.as_deref() == Some("document");
            tabs.push(tab);
        }
        let mut opened: Vec<f64> = seen.iter().map(|(first, _)| *first).collect();
        for page in &archive.pages {
            let tab = numbers.get(page.id.as_str()).copied().filter(|tab| seen[*tab].1);
            let begun = tab.and_then(|tab| page.start_ms.filter(|start| *start <= seen[tab].0));
            if let (Some(tab), Some(start)) = (tab, begun) {
                opened[tab] = start;
            }
        }
        if opened.is_empty() {
            opened.push(0.0);
        }
        let end = archive.span_ms;
        let classes = archive.classes();
        let last = |entry: &&Entry| entry.verdict.is_answered() && entry.end_ms().is_some_and(|at| at > end - 2.0);
        let cut = archive.entries.iter().filter(last).count() > 1;
        Self { archive, classes, opened, end, cut, tabs }
    }
}

/// What kind of connection a class uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A request with an end.
    Fetch,
    /// A WebSocket.
    WebSocket,
    /// An event stream.
    EventSource,
}

/// One call of a class.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The number of its load.
    pub load: usize,
    /// The number of its tab.
    pub tab: usize,
    /// Its issue, from the tab's opening.
    pub at: f64,
    /// How long it was watched: to its end or the capture's.
    pub watched: f64,
    /// Its entry.
    pub entry: &'a Entry,
    /// The place of its entry in the archive.
    pub place: usize,
}

impl Call<'_> {
    /// Its end, from the tab's opening; of a call that was open when the capture ended, that.
    #[must_use]
    pub fn until(&self) -> f64 {
        self.at + self.watched
    }

    /// Whether it was given up before its answer had come whole.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.entry.verdict.is_unanswered() && self.entry.life_ms.is_some()
    }

    /// Whether it succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.entry.life_ms.is_some() && (self.entry.verdict.is_answered() || self.entry.verdict == Verdict::FromCache)
    }

    /// Its place in its archive.
    #[must_use]
    pub fn key(&self) -> (usize, usize) {
        (self.load, self.tab)
    }
}

/// The successive calls of one instance of a class in one tab of one load.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The load and the tab.
    pub key: (usize, usize),
    /// Numbers of calls of the class, by start; at least one.
    pub calls: Vec<usize>,
}

/// The calls of a class in all loads.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// What the class is called in the scenario.
    pub name: String,
    /// Its method.
    pub method: String,
    /// Scheme, host and port, a WebSocket's as its page would have it.
    pub origin: String,
    /// Path and query of all its calls, with `{...}` where they differ.
    pub pattern: String,
    /// Chrome's resource type.
    pub resource_type: String,
    /// The classes of single archives that it is made of.
    pub kinds: Vec<Pattern>,
    /// What it uses.
    pub kind: Kind,
    /// Its calls, by load, tab and start.
    pub calls: Vec<Call<'a>>,
    /// The calls, by instance.
    pub chains: Vec<Chain>,
    /// Its instances in one tab: as many as most tabs have.
    pub copies: usize,
    /// Whether its instances have URLs of their own.
    pub distinct: bool,
}

/// The origin that a socket would have as a page: its connections count for that.
fn http(origin: &str) -> String {
    match origin.split_once("://") {
        Some(("ws", host)) => format!("http://{host}"),
        Some(("wss", host)) => format!("https://{host}"),
        _ => origin.to_owned(),
    }
}

/// Whether a pattern is an instance of a wider one: `/a/b?x` of `/a/{*}?x`.
fn is_instance(pattern: &str, wide: &str) -> bool {
    let Some((before, after)) = wide.split_once("{*}") else { return pattern == wide };
    let rest = pattern.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    rest.is_some_and(|part| !part.is_empty() && !part.contains(['/', '?', '&']))
}

/// What the classes of several archives have in common: static files of one type are one class whatever their folder, and
/// a pattern that another archive has seen vary is that wider one.
fn common(pattern: &Pattern, wide: &BTreeSet<&Pattern>) -> Pattern {
    if pattern.is_static() {
        return Pattern { pattern: "**".to_owned(), priority: None, ..pattern.clone() };
    }
    let same = |other: &&&Pattern| {
        (&other.method, &other.origin, &other.resource_type)
            == (&pattern.method, &pattern.origin, &pattern.resource_type)
            && is_instance(&pattern.pattern, &other.pattern)
    };
    let wider = wide.iter().find(same).map_or(pattern, |wider| wider);
    Pattern { priority: None, ..wider.clone() }
}

/// A class's name without the number that told it from others of its archive.
fn bare(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((bare, number)) if !bare.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => bare,
        _ => name,
    }
}

/// Kinds of requests from which classes are made: each is held against all that vary.
const KINDS: usize = 5 * sixslot_models::limits::CLASSES;

/// The classes of all loads, by their first start.
///
/// # Errors
/// More classes than a scenario holds.
pub fn groups(loads: &[Load]) -> Result<Vec<Group<'_>>, ImportError> {
    let all = || loads.iter().flat_map(|load| &load.classes);
    // One archive has found its own patterns.
    let pooled = loads.len() > 1;
    let kinds = distinct::set(all().map(|class| &class.kind)).len();
    if pooled && kinds > KINDS {
        within_limit(kinds)?;
    }
    let is_wide = |kind: &&Pattern| pooled && kind.pattern.contains("{*}");
    let wide: BTreeSet<&Pattern> = distinct::set(all().map(|class| &class.kind).filter(is_wide));
    let mut found: BTreeMap<Pattern, Group<'_>> = BTreeMap::new();
    for (number, load) in loads.iter().enumerate() {
        for class in load.classes.iter().filter(|class| !class.kind.origin.is_empty()) {
            let key = common(&class.kind, &wide);
            let kind = match key.resource_type.as_str() {
                "websocket" => Kind::WebSocket,
                "eventsource" => Kind::EventSource,
                _ => Kind::Fetch,
            };
            let group = found.entry(key).or_insert_with_key(|key| Group {
                name: bare(&class.name).to_owned(),
                method: key.method.clone(),
                origin: http(&key.origin),
                pattern: key.pattern.clone(),
                resource_type: key.resource_type.clone(),
                kinds: Vec::new(),
                kind,
                calls: Vec::new(),
                chains: Vec::new(),
                copies: 1,
                distinct: false,
            });
            if !group.kinds.contains(&class.kind) {
                group.kinds.push(class.kind.clone());
            }
            for place in &class.entries {
                let (entry, tab) = (&load.archive.entries[*place], load.tabs[*place]);
                let at = entry.start_ms - load.opened[tab];
                let (watched, place) = (load.archive.watched_ms(entry), *place);
                group.calls.push(Call { load: number, tab, at, watched, entry, place });
            }
        }
    }
    let on_network = |group: &Group<'_>| group.calls.iter().any(|call| call.entry.verdict != Verdict::FromCache);
    let mut groups: Vec<Group<'_>> = found.into_values().filter(on_network).collect();
    for group in &mut groups {
        group.calls.sort_by(|one, other| one.key().cmp(&other.key()).then(one.at.total_cmp(&other.at)));
    }
    let mut groups: Vec<Group<'_>> = groups.into_iter().flat_map(Group::waves).collect();
    groups.iter_mut().for_each(Group::chain);
    // Requests of one instant are issued in the order of the file, and the archive has them in it.
    groups.sort_by(|one, other| one.first_place().total_cmp(&other.first_place()));
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for group in &mut groups {
        let count = taken.entry(group.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            group.name = format!("{}-{count}", group.name);
        }
    }
    Ok(groups)
}

/// Waves of one type of static files that are told apart.
const WAVES: usize = 12;

impl<'a> Group<'a> {
    /// The median over tabs of the class's first start, and behind the comma its place in the archive.
    fn first_place(&self) -> f64 {
        let firsts = || self.calls.chunk_by(|one, other| one.key() == other.key()).map(|calls| &calls[0]);
        median(firsts().map(|call| call.at.round()).collect())
            + 1e-6 * median(firsts().map(|call| call.entry.number as f64).collect())
    }

    /// Static files that are asked for in waves, each file always in the same one, are a class for each wave: the levels of
    /// a module graph, and what is loaded later.
    fn waves(self) -> Vec<Self> {
        if self.pattern != "**" {
            return vec![self];
        }
        // Waves may be as close together as the machine allows, and as far apart as the page's author likes.
        for pause in [TOGETHER, 50.0, 500.0] {
            let (wave_of, waves) = self.waves_apart(pause);
            let mut by_url: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (call, wave) in self.calls.iter().zip(&wave_of) {
                by_url.entry(call.entry.url.as_str()).or_default().push(*wave);
            }
            let steady = |waves: &Vec<usize>| waves.iter().filter(|wave| **wave == waves[0]).count();
            let steady: usize = by_url.values().map(steady).sum();
            if waves <= WAVES && 50 * steady >= 49 * self.calls.len() {
                return (0..waves).map(|wave| self.only(|call| wave_of[call] == wave)).collect();
            }
        }
        vec![self]
    }

    /// The wave of each call where a pause of this length parts two, and how many waves there are.
    fn waves_apart(&self, pause: f64) -> (Vec<usize>, usize) {
        let (mut wave_of, mut waves) = (Vec::with_capacity(self.calls.len()), 0);
        for tab in self.calls.chunk_by(|one, other| one.key() == other.key()) {
            let mut wave = 0;
            for (place, call) in tab.iter().enumerate() {
                wave += usize::from(place > 0 && call.at - tab[place - 1].at > pause);
                wave_of.push(wave);
            }
            waves = waves.max(wave + 1);
        }
        (wave_of, waves)
    }

    /// Sorts the calls of each tab into instances: by URL, and calls of one URL that are made together one to each instance.
    fn chain(&mut self) {
        let mut chains = Vec::new();
        let (mut urls_of_tab, mut most_together) = (Vec::new(), 1);
        let mut from = 0;
        for tab in self.calls.chunk_by(|one, other| one.key() == other.key()) {
            let mut by_url: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (place, call) in tab.iter().enumerate() {
                by_url.entry(call.entry.url.as_str()).or_default().push(from + place);
            }
            urls_of_tab.push(by_url.len());
            for calls in by_url.into_values() {
                let mut copies: Vec<Vec<usize>> = Vec::new();
                let together = |one: &usize, other: &usize| self.calls[*other].at - self.calls[*one].at <= TOGETHER;
                for burst in calls.chunk_by(together) {
                    most_together = most_together.max(burst.len());
                    for (copy, call) in burst.iter().enumerate() {
                        if copy == copies.len() {
                            copies.push(Vec::new());
                        }
                        copies[copy].push(*call);
                    }
                }
                chains.extend(copies.into_iter().map(|calls| Chain { key: tab[0].key(), calls }));
            }
            from += tab.len();
        }
        let mut of_tab: Vec<usize> =
            chains.chunk_by(|one: &Chain, other| one.key == other.key).map(<[Chain]>::len).collect();
        of_tab.sort_unstable();
        // As many as most tabs have; the greater number where it is a draw.
        self.copies =
            of_tab.chunk_by(|one, other| one == other).map(|run| (run.len(), run[0])).max().map_or(1, |most| most.1);
        self.distinct = urls_of_tab.iter().any(|number| *number > 1);
        self.chains = chains;
    }

    /// The first call of each instance, by tab.
    #[must_use]
    pub fn firsts(&self) -> BTreeMap<(usize, usize), Vec<Call<'a>>> {
        let mut firsts: BTreeMap<(usize, usize), Vec<Call<'a>>> = BTreeMap::new();
        for chain in &self.chains {
            firsts.entry(chain.key).or_default().push(self.calls[chain.calls[0]]);
        }
        for calls in firsts.values_mut() {
            calls.sort_by(|one, other| one.at.total_cmp(&other.at));
        }
        firsts
    }

    /// The word that most entries have.
    #[must_use]
    pub fn most<T: Ord>(&self, word: impl Fn(&Call<'a>) -> Option<T>) -> Option<T> {
        let mut counts: BTreeMap<T, usize> = BTreeMap::new();
        for word in self.calls.iter().filter_map(word) {
            *counts.entry(word).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(word, _)| word)
    }

    /// The class without some calls.
    #[must_use]
    pub fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let calls = self.calls.iter().enumerate().filter(|(place, _)| keep(*place)).map(|(_, call)| *call).collect();
        let mut group = Self { calls, chains: Vec::new(), ..self.clone() };
        group.chain();
        group
    }
}

/// The middle value; 0 of nothing.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    quantile(&mut values, 0.5)
}

/// A quantile by linear interpolation; 0 of nothing. The values are sorted.
pub fn quantile(values: &mut [f64], p: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return 0.0 };
    let at = p * last as f64;
    let (low, part) = (at.floor() as usize, at - at.floor());
    values[low] + part * (values[(low + 1).min(last)] - values[low])
}
