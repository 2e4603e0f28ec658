//! A scenario with its fixes applied, checked and compiled for simulation.
//!
//! Rule: whatever could make a load fail is refused here, at its line and column: unknown names, cycles in `after`,
//! counts over their limits. Many threads read a plan; none changes it.

use crate::browser::Browser;
use crate::class::{self, Class, Names, Start};
use crate::distribution;
use crate::limits;
use crate::order;
use crate::origin::Origin;
use crate::queue::Queue;
use crate::read::{self, Reader, expected};
use crate::schema;
use crate::server_cache::ServerCache;
use crate::source::{Fault, Place};
use crate::tree::{Entry, Node, Table};
use crate::waiters::Waiters;
use sixslot_sim_core::{Distribution, Purpose, Span, Streams, Time};
use std::collections::{BTreeMap, BTreeSet};

/// What counts as a failed load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    /// The page showed its error.
    ErrorShown,
    /// The page was not ready by the horizon.
    NotReady,
}

/// When the page shows its error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorRule {
    /// Index of the class that the failures are counted of.
    pub class: usize,
    /// Consecutive failures that trigger the error; 0 disables the count.
    pub failures: u32,
    /// A failure also triggers the error when the first of the consecutive failures was issued at least this long ago.
    pub no_success_for: Option<Span>,
}

/// The load's own state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadRules {
    /// Indices of the classes of which every instance must succeed.
    pub ready: Vec<usize>,
    /// The page's error.
    pub error: Option<ErrorRule>,
    /// Whether the error stays after a later success.
    pub error_is_final: bool,
    /// What counts as a failed load.
    pub fails: Fails,
}

/// A parameter: a value drawn once per load.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its distribution; often a constant.
    pub value: Distribution,
    purpose: Purpose,
}

/// A compiled scenario, ready to be simulated.
///
/// A plan is checked: whatever could make a load fail was refused when the scenario was read. So its parts can be read, and
/// changed only in ways that keep it valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The scenario's title.
    pub(crate) title: String,
    /// How long a load is observed.
    pub(crate) horizon: Time,
    /// The parameters.
    pub(crate) parameters: Vec<Parameter>,
    /// The browser's rules.
    pub(crate) browser: Browser,
    /// The servers; 0 is the page's own.
    pub(crate) origins: Vec<Origin>,
    /// The framework's queues.
    pub(crate) queues: Vec<Queue>,
    /// The servers' caches.
    pub(crate) server_caches: Vec<ServerCache>,
    /// Requests, sockets and background calls, in the order of the file.
    pub(crate) classes: Vec<Class>,
    /// The load's state machine.
    pub(crate) load: LoadRules,
    /// Which copies wait for which events.
    pub(crate) waiters: Waiters,
}

impl Plan {
    /// The scenario's title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How long a load is observed.
    pub fn horizon(&self) -> Time {
        self.horizon
    }

    /// The parameters, in the order of the file.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The browser's rules.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// The servers; 0 is the page's own.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The queues of the page's framework.
    pub fn queues(&self) -> &[Queue] {
        &self.queues
    }

    /// The servers' caches.
    pub fn server_caches(&self) -> &[ServerCache] {
        &self.server_caches
    }

    /// Requests, sockets and background calls, in the order of the file. A request's `class` is an index into it.
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// When the page is ready, and what counts as a failed load.
    pub fn load(&self) -> &LoadRules {
        &self.load
    }
}

/// Whether a value is a valid count.
pub(crate) fn is_count(value: f64) -> bool {
    value >= 0.0 && value.fract() == 0.0
}

/// The tables under a key, or none.
fn named<'a>(reader: &Reader<'a>, key: &str) -> Result<&'a [Entry], Fault> {
    let table = |node: &'a Node| node.table().ok_or_else(|| expected("a table of tables", node));
    let entries = reader.read(key, table)?.map_or(&[][..], |table: &Table| &table.entries);
    if let Some(entry) = entries.get(limits::CLASSES) {
        return Err(Fault::new(&entry.key_place, format!("the limit is {} tables [{key}.NAME]", limits::CLASSES)));
    }
    entries.iter().try_for_each(read::check_name)?;
    Ok(entries)
}

impl Plan {
    /// Reads a tree.
    ///
    /// # Errors
    /// The first fault, at its place.
    pub(crate) fn read(root: &Table, place: &Place) -> Result<Self, Fault> {
        let reader = Reader::of(root, place, &schema::SCENARIO)?;
        let version = reader.or("schema", 0, read::whole(0, u64::MAX))?;
        if version != 1 {
            return Err(Fault::new(reader.place_of("schema"), format!("schema {version} is not known"))
                .help("this program reads schema = 1"));
        }
        let title = reader.or("title", "untitled", read::text)?.to_owned();
        let horizon = reader.or("horizon", Span::from_seconds(60), read::span)?;
        if horizon > limits::LONGEST_HORIZON || horizon.is_zero() {
            return Err(Fault::new(reader.place_of("horizon"), "the horizon must be more than 0 and at most 24h"));
        }
        let parameters = parameters(&reader)?;
        let parameter_names: Vec<String> = parameters.iter().map(|parameter| parameter.name.clone()).collect();
        let browser = Browser::read(reader.get("browser"), &parameter_names)?;
        let mut origin_names = vec!["server".to_owned()];
        let mut origins = vec![Origin::read("server", reader.get("server"), &parameter_names)?];
        for entry in named(&reader, "origin")? {
            origin_names.push(entry.key.clone());
            origins.push(Origin::read(&entry.key, Some(&entry.node), &parameter_names)?);
        }
        let queue_entries = named(&reader, "queue")?;
        let queue_names: Vec<String> = queue_entries.iter().map(|entry| entry.key.clone()).collect();
        let queues = queue_entries.iter().map(|entry| Queue::read(&entry.node)).collect::<Result<Vec<_>, _>>()?;
        let entries = class_entries(&reader)?;
        let class_names: Vec<(String, class::Table)> =
            entries.iter().map(|(entry, table)| (entry.key.clone(), *table)).collect();
        let cache_entries = named(&reader, "server_cache")?;
        let cache_names: Vec<String> = cache_entries.iter().map(|entry| entry.key.clone()).collect();
        let numbers: BTreeMap<&str, usize> =
            class_names.iter().enumerate().map(|(number, (name, _))| (name.as_str(), number)).collect();
        let names = Names {
            parameters: &parameter_names,
            origins: &origin_names,
            queues: &queue_names,
            server_caches: &cache_names,
            classes: &class_names,
            numbers: &numbers,
        };
        let mut classes = Vec::with_capacity(entries.len());
        for (entry, table) in &entries {
            classes.push(match table {
                class::Table::Request => Class::request(entry, &names, &browser, horizon)?,
                class::Table::Socket => Class::socket(entry, &names, &browser)?,
                class::Table::Background => Class::background(entry, &names)?,
            });
        }
        let server_caches =
            cache_entries.iter().map(|entry| ServerCache::read(entry, &names)).collect::<Result<Vec<_>, _>>()?;
        order::check(&classes, &entries.iter().map(|(entry, _)| *entry).collect::<Vec<_>>())?;
        let plan = Self {
            title,
            horizon: Time::ZERO + horizon,
            parameters,
            browser,
            origins,
            queues,
            server_caches,
            load: load_rules(&reader, &names, &classes)?,
            waiters: Waiters::of(&classes),
            classes,
        };
        plan.check_counts(&reader)?;
        plan.check_size(&entries, &reader)?;
        Ok(plan)
    }

    /// The parameters' values in one load.
    ///
    /// # Errors
    /// The first parameter that is a count and was drawn as something else.
    pub(crate) fn draw_parameters(&self, streams: &Streams, values: &mut Vec<f64>) -> Result<(), &str> {
        values.clear();
        values.extend(self.parameters.iter().map(|parameter| parameter.value.draw(streams, parameter.purpose, 0)));
        match self.counted().find(|(parameter, _)| !is_count(values[*parameter])) {
            Some((parameter, _)) => Err(&self.parameters[parameter].name),
            None => Ok(()),
        }
    }

    /// The indices of the parameters that are a count by themselves, each with the key that uses it.
    fn counted(&self) -> impl Iterator<Item = (usize, &str)> {
        let classes = self.classes.iter().map(|class| (&class.count, class.name.as_str()));
        let counts = std::iter::once((&self.browser.tabs, "tabs")).chain(classes);
        counts.filter_map(|(count, what)| count.bare_parameter().map(|parameter| (parameter, what)))
    }

    /// A count that is a parameter alone.
    pub(crate) fn counts_by(&self, parameter: &str) -> Option<&str> {
        let named = |(number, _): &(usize, &str)| self.parameters[*number].name == parameter;
        self.counted().find(named).map(|(_, what)| what)
    }

    /// Refuses a parameter that is used as a count and can be negative or a fraction.
    fn check_counts(&self, root: &Reader<'_>) -> Result<(), Fault> {
        /// Probabilities at which the distribution of a parameter is checked; what passes is checked again in each load.
        const PROBES: [f64; 7] = [1e-6, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0 - 1e-6];
        for (number, what) in self.counted() {
            let Parameter { name, value, .. } = &self.parameters[number];
            let Some(wrong) = PROBES.iter().map(|probe| value.quantile(*probe)).find(|value| !is_count(*value)) else {
                continue;
            };
            let table = root.get("parameters").and_then(Node::table);
            let node = table.and_then(|table| table.get(name));
            let verb = if node.is_some_and(|node| node.table().is_some()) { "can be" } else { "is" };
            let message = format!(
                "`{name}` {verb} {wrong}, but `{what}` uses it as a count: a count is a whole number, 0 or more"
            );
            return Err(Fault::new(node.map_or(root.place, |node| &node.place), message)
                .help(format!("to round, write the count as {{ per = {{ {name} = 1 }} }}")));
        }
        Ok(())
    }

    /// Refuses a scenario that could issue more requests than a load may have.
    fn check_size(&self, entries: &[(&Entry, class::Table)], root: &Reader<'_>) -> Result<(), Fault> {
        let extremes: Vec<f64> = self.parameters.iter().map(|parameter| parameter.value.quantile(1.0 - 1e-6)).collect();
        let tabs = self.browser.tabs.count(&extremes);
        if tabs > limits::TABS {
            let browser = root.get("browser").and_then(Node::table);
            let place = browser.and_then(|browser| browser.get("tabs")).map_or(root.place, |node| &node.place);
            return Err(Fault::new(place, format!("{tabs} tabs are over the limit of {}", limits::TABS)));
        }
        let limit = limits::REQUESTS as f64;
        let mut total = 0.0;
        for (class, (entry, _)) in self.classes.iter().zip(entries) {
            let copies = class.count.count(&extremes) as f64;
            let horizon = self.horizon.as_seconds_f64();
            let issues = match (&class.common.start, class.every) {
                (Start::Arrivals { rate_per_second, .. }, _) => rate_per_second * horizon,
                (_, Some(every)) => copies * (1.0 + horizon / every.as_seconds_f64()),
                _ => copies,
            };
            let issues = issues * tabs as f64 * f64::from(class.attempts);
            total += issues;
            if total > limit {
                let place = ["count", "arrivals", "every", "retry"].iter();
                let place = place.filter_map(|key| entry.node.table().and_then(|table| table.get(key))).next();
                let message = format!(
                    "`{}` brings the load to about {total:.0} requests, the limit is {}",
                    class.name,
                    limits::REQUESTS
                );
                return Err(Fault::new(place.map_or(&entry.key_place, |node| &node.place), message)
                    .help("lower the count, the rate or the horizon"));
            }
        }
        Ok(())
    }
}

fn parameters(reader: &Reader<'_>) -> Result<Vec<Parameter>, Fault> {
    let entries = named(reader, "parameters")?;
    if entries.len() > limits::PARAMETERS {
        let place = &entries[limits::PARAMETERS].key_place;
        return Err(Fault::new(place, format!("the limit is {} parameters", limits::PARAMETERS)));
    }
    let read = |entry: &Entry| {
        Ok(Parameter {
            name: entry.key.clone(),
            value: distribution::parameter_value(&entry.node)?,
            purpose: Purpose::named(&entry.key).and(" parameter"),
        })
    };
    entries.iter().map(read).collect()
}

/// Requests, sockets and background calls in the order of the file.
fn class_entries<'a>(reader: &Reader<'a>) -> Result<Vec<(&'a Entry, class::Table)>, Fault> {
    let mut entries: Vec<(&Entry, class::Table)> = Vec::new();
    let mut names = BTreeSet::new();
    for (key, table) in
        [("request", class::Table::Request), ("socket", class::Table::Socket), ("background", class::Table::Background)]
    {
        for entry in named(reader, key)? {
            if !names.insert(&entry.key) {
                let message = format!("`{}` is also the name of another request, socket or background call", entry.key);
                return Err(Fault::new(&entry.key_place, message).help("give one of them another name"));
            }
            if entries.len() == limits::CLASSES {
                let message = format!("the limit is {} requests, sockets and background calls", limits::CLASSES);
                return Err(Fault::new(&entry.key_place, message));
            }
            entries.push((entry, table));
        }
    }
    entries.sort_by_key(|(entry, _)| (entry.key_place.source, entry.key_place.bytes.start));
    Ok(entries)
}

fn load_rules(reader: &Reader<'_>, names: &Names<'_>, classes: &[Class]) -> Result<LoadRules, Fault> {
    let Some(node) = reader.get("load") else {
        return Err(Fault::new(reader.place, "`load` is missing")
            .help("say when the page is loaded: [load] ready = [\"NAME\"]"));
    };
    let load = Reader::new(node, &schema::LOAD)?;
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
    let mut error = None;
    if let Some(node) = load.get("error") {
        let table = Reader::new(node, &schema::ERROR)?;
        let rule = ErrorRule {
            class: table.read("request", |node| names.request(node))?.unwrap_or_default(),
            failures: u32::try_from(table.or("failures", 1, read::whole(0, limits::ATTEMPTS))?).unwrap_or(u32::MAX),
            no_success_for: table.read("no_success_for", read::span)?,
        };
        if rule.failures == 0 && rule.no_success_for.is_none() {
            return Err(Fault::new(table.place_of("failures"), "with 0 failures and no time the error never shows")
                .help("give `failures` or `no_success_for`"));
        }
        error = Some(rule);
    }
    let default = if error.is_some() { Fails::ErrorShown } else { Fails::NotReady };
    let words = [("error-shown", Fails::ErrorShown), ("not-ready", Fails::NotReady)];
    let fails = load.or("fails", default, read::choice(&words))?;
    if fails == Fails::ErrorShown && error.is_none() {
        return Err(Fault::new(load.place_of("fails"), "there is no `error` to show"));
    }
    let error_is_final = load.or("error_is_final", true, read::boolean)?;
    Ok(LoadRules { ready, error, error_is_final, fails })
}
