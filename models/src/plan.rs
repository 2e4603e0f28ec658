//! A scenario with its fixes applied, checked and compiled for simulation.
//!
//! Rule: whatever could make a load fail is refused here, at its line and column: unknown names, cycles in `after`,
//! counts over their limits. Many threads read a plan; none changes it.

use crate::browser::Browser;
use crate::cancels::Cancels;
use crate::class::{self, Class, Names, Start};
use crate::distribution;
use crate::form;
use crate::limits;
use crate::load_rules::LoadRules;
use crate::network::{Bandwidth, LinkDiscipline, Network};
use crate::order;
use crate::origin::Origin;
use crate::pages::Page;
use crate::protocol::Tls;
use crate::queue::Queue;
use crate::read::{self, Reader, expected};
use crate::resolve::resolve;
use crate::ruled_out::RuledOut;
use crate::schema;
use crate::server_cache::ServerCache;
use crate::source::{Fault, Place};
use crate::thresholds::Thresholds;
use crate::tree::{Entry, Node, Table};
use crate::waiters::Waiters;
use sixslot_sim_core::{Distribution, Family, Purpose, Span, Time};
use std::collections::{BTreeMap, BTreeSet};

/// A parameter: a value drawn once per load.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its distribution; often a constant.
    pub value: Distribution,
    pub(crate) purpose: Purpose,
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
    /// The links that transfers share.
    pub(crate) links: Vec<Bandwidth>,
    /// How they do it.
    pub(crate) link_discipline: LinkDiscipline,
    /// The number of an order in which requests that wait for a connection of HTTP/2 are sent, for those that nobody knows.
    pub(crate) waiting_order: Option<u64>,
    /// The framework's queues.
    pub(crate) queues: Vec<Queue>,
    /// The servers' caches.
    pub(crate) server_caches: Vec<ServerCache>,
    /// Requests, sockets and background calls, in the order of the file.
    pub(crate) classes: Vec<Class>,
    /// The load's state machine.
    pub(crate) load: LoadRules,
    /// The limits that `sixslot check` holds it to.
    pub(crate) thresholds: Thresholds,
    /// The pages.
    pub(crate) pages: Vec<Page>,
    /// Which instances wait for which events.
    pub(crate) waiters: Waiters,
    /// Which events cancel which calls.
    pub(crate) cancels: Cancels,
    /// What cannot happen in a load.
    pub(crate) ruled_out: RuledOut,
    /// What reads plausible, and does something else.
    pub(crate) warnings: Vec<String>,
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

    /// The links that transfers share; [`crate::network::Path::link`] is an index into it.
    pub fn links(&self) -> &[Bandwidth] {
        &self.links
    }

    /// How transfers share the links.
    pub fn link_discipline(&self) -> LinkDiscipline {
        self.link_discipline
    }

    /// Makes all links first in, first out. Answers of one connection of HTTP/2 that are ready within `gathers` are written
    /// together, as by a server whose tasks wake up that much apart.
    pub fn pass_first_in_first_out(&mut self, gathers: Span) {
        self.link_discipline = LinkDiscipline::Fifo { gathers };
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

    /// The pages, where tabs show different ones, or leave or close theirs.
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// Time from the start of the load to the opening of a tab.
    pub fn opens(&self, tab: u32) -> Span {
        let own = self.pages.iter().find_map(|page| page.opening(tab));
        own.unwrap_or(self.browser.tab_interval * u64::from(tab))
    }

    /// When the page is ready, and what counts as a failed load.
    pub fn load(&self) -> &LoadRules {
        &self.load
    }

    /// What reads plausible in the scenario, and does something else: each a key with what to write instead.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The limits that the scenario states for `sixslot check`.
    pub fn thresholds(&self) -> &Thresholds {
        &self.thresholds
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

/// The version of the schema, which must be 1; the title and the horizon.
fn head(reader: &Reader<'_>) -> Result<(String, Span), Fault> {
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
    Ok((title, horizon))
}

/// What the URLs of requests say of their origins: one with an `https` URL has TLS, version 1.3 unless it names another one,
/// and one without a host of its own has that of an absolute URL.
fn follow_urls(origins: &mut [Origin], classes: &[Class]) {
    for class in classes {
        let origin = &mut origins[class.origin];
        for copy in class.copies() {
            if copy.url.template().starts_with("https://") {
                origin.path.tls.get_or_insert(Tls::V13);
            }
            origin.host = origin.host.take().or_else(|| copy.url.host().map(str::to_owned));
        }
    }
}

impl Plan {
    /// Reads a tree.
    ///
    /// # Errors
    /// The first fault, at its place.
    pub(crate) fn read(root: &Table, place: &Place) -> Result<Self, Fault> {
        let mut root = root.clone();
        resolve(&mut root, &schema::SCENARIO)?;
        let mut plan = Self::read_numbers(&root, place)?;
        plan.load.weigh(&plan.classes, plan.horizon - Time::ZERO);
        let awaited = |class| plan.waiters.awaited(class) | plan.cancels.awaited(class);
        plan.ruled_out = RuledOut::of(&plan.browser, &plan.origins, &plan.classes, awaited);
        Ok(plan)
    }

    /// Reads a tree in which each parameter that stands for a number has been replaced.
    fn read_numbers(root: &Table, place: &Place) -> Result<Self, Fault> {
        let reader = Reader::of(root, place, &schema::SCENARIO)?;
        let (title, horizon) = head(&reader)?;
        let parameters = parameters(&reader)?;
        let parameter_names: Vec<String> = parameters.iter().map(|parameter| parameter.name.clone()).collect();
        let browser = Browser::read(reader.get("browser"), &parameter_names)?;
        let (mut origin_names, mut links) = (vec!["server".to_owned()], Vec::new());
        let network = Network::read(reader.get("network"), &parameter_names, &mut links)?;
        let mut origin =
            |name: &str, node: Option<&Node>| Origin::read(name, node, &parameter_names, &network, &mut links);
        let mut origins = vec![origin("server", reader.get("server"))?];
        for entry in named(&reader, "origin")? {
            origin_names.push(entry.key.clone());
            origins.push(origin(&entry.key, Some(&entry.node))?);
        }
        let queue_entries = named(&reader, "queue")?;
        let queue_names = keys(queue_entries);
        let queues = queue_entries.iter().map(|entry| Queue::read(&entry.node)).collect::<Result<Vec<_>, _>>()?;
        let entries = class_entries(&reader)?;
        let class_names: Vec<_> = entries.iter().map(|(entry, table)| (entry.key.clone(), *table)).collect();
        let cache_entries = named(&reader, "server_cache")?;
        let numbers: BTreeMap<&str, usize> =
            class_names.iter().enumerate().map(|(number, (name, _))| (name.as_str(), number)).collect();
        let page_entries = named(&reader, "page")?;
        let (cache_names, page_names) = (keys(cache_entries), keys(page_entries));
        let names = Names {
            pages: &page_names,
            parameters: &parameter_names,
            origins: &origin_names,
            queues: &queue_names,
            server_caches: &cache_names,
            classes: &class_names,
            numbers: &numbers,
        };
        let read = |(entry, table): &(&Entry, class::Table)| match table {
            class::Table::Request => Class::request(entry, &names, &browser, horizon),
            class::Table::Socket => Class::socket(entry, &names, &browser),
            class::Table::Background => Class::background(entry, &names),
        };
        let mut classes = entries.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        follow_urls(&mut origins, &classes);
        classes.iter_mut().for_each(|class| class.answer.find_failures(class.kind, &origins[class.origin]));
        let (pages, cancels) = pages(page_entries, &names, &mut classes, &browser)?;
        let server_caches =
            cache_entries.iter().map(|entry| ServerCache::read(entry, &names)).collect::<Result<Vec<_>, _>>()?;
        order::check(&classes, &entries.iter().map(|(entry, _)| *entry).collect::<Vec<_>>())?;
        let plan = Self {
            title,
            horizon: Time::ZERO + horizon,
            parameters,
            browser,
            origins,
            links,
            link_discipline: network.discipline,
            waiting_order: None,
            queues,
            server_caches,
            load: LoadRules::read(&reader, &names, &classes)?,
            thresholds: Thresholds::read(&reader, &names)?,
            pages,
            cancels,
            waiters: Waiters::of(&classes),
            ruled_out: RuledOut::default(),
            classes,
            warnings: Vec::new(),
        };
        plan.check_counts(&reader)?;
        plan.check_size(&entries, &reader)?;
        Ok(plan)
    }

    /// The parameters' values in one load.
    ///
    /// # Errors
    /// The first parameter that is a count and was drawn as something else.
    pub(crate) fn draw_parameters(&self, uniform: impl Fn(Purpose) -> f64, values: &mut Vec<f64>) -> Result<(), &str> {
        values.clear();
        values.extend(self.parameters.iter().map(|Parameter { value, purpose, .. }| match value.family() {
            // Every uniform gives it: none is drawn.
            Family::Constant { .. } => value.quantile(0.5),
            _ => value.quantile(uniform(*purpose)),
        }));
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

    /// Refuses a parameter that is used as a count and can be negative or a fraction, or used as a share and can be beyond 0 to 1.
    fn check_counts(&self, root: &Reader<'_>) -> Result<(), Fault> {
        for (number, what) in self.counted() {
            if let Some((place, wrong)) = self.unfit(root, number, is_count) {
                let name = &self.parameters[number].name;
                let message = format!("{wrong}, but `{what}` uses it as a count: a count is a whole number, 0 or more");
                return Err(Fault::new(place, message)
                    .help(format!("to round, write the count as {{ per = {{ {name} = 1 }} }}")));
            }
        }
        let noise = self.origins.iter().map(|origin| (&origin.noise_shared, "noise_shared", &origin.name));
        let shares = self.classes.iter().flat_map(|class| class.answer.shares().map(move |share| (class, share)));
        let shares = shares.map(|(class, (share, key))| (share, key, &class.name));
        for (share, key, name) in noise.chain(shares) {
            let Some(number) = share.bare_parameter() else { continue };
            if let Some((place, wrong)) = self.unfit(root, number, form::is_share) {
                let message = format!("{wrong}, but `{name}` uses it as `{key}`, a share from 0 to 1");
                return Err(Fault::new(place, message));
            }
        }
        Ok(())
    }

    /// A parameter that can have an unfit value: its place, and which value.
    fn unfit<'a>(&self, root: &Reader<'a>, number: usize, fits: fn(f64) -> bool) -> Option<(&'a Place, String)> {
        /// Probabilities at which the distribution of a parameter is checked; what passes is checked again in each load.
        const PROBES: [f64; 7] = [1e-6, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0 - 1e-6];
        let Parameter { name, value, .. } = &self.parameters[number];
        let wrong = PROBES.iter().map(|probe| value.quantile(*probe)).find(|value| !fits(*value))?;
        let node = root.get("parameters").and_then(Node::table).and_then(|table| table.get(name));
        let verb = if node.is_some_and(|node| node.table().is_some()) { "can be" } else { "is" };
        Some((node.map_or(root.place, |node| &node.place), format!("`{name}` {verb} {wrong}")))
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
                // The shortest life of a socket, and the shortest pause after it.
                _ if class.reconnect.is_some() => {
                    let opens = class.answer.failures.is_empty();
                    let forms = class.common.body.iter().filter(|_| opens).chain(&class.reconnect);
                    let least: Span = forms.map(|form| form.span(&extremes, || 1e-6)).sum();
                    copies * (1.0 + horizon / least.as_seconds_f64().max(1e-9))
                }
                _ => copies,
            };
            let issues = issues * tabs as f64 * f64::from(class.attempts);
            total += issues;
            if total > limit {
                let place = ["count", "arrivals", "every", "retry", "reconnect"].iter();
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

/// The pages, which end their classes, and what cancels calls.
fn pages(
    entries: &[Entry],
    names: &Names<'_>,
    classes: &mut [Class],
    browser: &Browser,
) -> Result<(Vec<Page>, Cancels), Fault> {
    let pages =
        entries.iter().map(|entry| Page::read(&entry.key, &entry.node, names)).collect::<Result<Vec<_>, _>>()?;
    for (number, page) in pages.iter().enumerate() {
        let opened = |tab: &u32| pages[..number].iter().any(|other| other.opening(*tab).is_some());
        if let Some(tab) = page.tabs.iter().flatten().find(|tab| page.opens.is_some() && opened(tab)) {
            let message = format!("another page opens tab {tab} too");
            return Err(Fault::new(&entries[number].key_place, message).help("keep one `opens` for each tab"));
        }
    }
    for class in &mut *classes {
        if let Some(page) = class.page {
            pages[page].shows(class);
        }
    }
    let closes = |class: &Class| class.page.is_some_and(|page| pages[page].closes.is_some());
    let closing: Vec<usize> = (0..classes.len()).filter(|class| closes(&classes[*class])).collect();
    for number in pages.iter().flat_map(Page::navigations) {
        classes[number].navigates = true;
    }
    let left = |class: &Class| {
        let ends = class.ends_at_navigation(browser);
        let page = class.page.filter(|_| ends).and_then(|page| pages.get(page));
        page.into_iter().flat_map(Page::navigations).collect()
    };
    let left: Vec<Vec<usize>> = classes.iter().map(left).collect();
    for (class, navigations) in classes.iter_mut().zip(&left) {
        class.breaks_at_navigation = !class.kind.is_socket() && !navigations.is_empty();
    }
    let cancels = Cancels::of(classes, &closing, &left);
    Ok((pages, cancels))
}

/// The names of tables.
fn keys(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.key.clone()).collect()
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
    entries.sort_unstable_by_key(|(entry, _)| (entry.key_place.source, entry.key_place.bytes.start));
    Ok(entries)
}
