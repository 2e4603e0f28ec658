//! A page as the draft of a scenario.
//!
//! Rule: each number has its evidence beside it: how many calls, of what, and how sure. What an archive cannot say is
//! marked as a guess. Requests stand in the order in which they begin, because those of one instant are issued in it.

use super::cadence::Rhythm;
use super::calls::Load;
use super::evidence::{self, Fitted};
use super::graph::{self, Graph, listed::Source, table::BROWSER};
use super::page::Page;
use super::share::Share;
use super::target::origin_name;
use super::text::{Known, Table, number, span, write, write_bare};
use super::writer::Writer;
use crate::words::{count, plain};
use sixslot_models::evidence::FittedAs;
use sixslot_models::origin::is_host;
use sixslot_models::reading::quoted;
use sixslot_statistics::sharing::Server;
use std::collections::{BTreeMap, BTreeSet};

/// The draft of a scenario.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The whole text.
    pub text: String,
    /// What it holds, table by table.
    pub tables: Vec<Table>,
    /// Shares of failing loads, where failure is judged.
    pub share: Option<Share>,
    header: Vec<String>,
    fitted: Vec<Fitted>,
}

impl Draft {
    /// The draft of a page with the requests of `graph` one by one.
    #[must_use]
    pub fn of(page: &Page<'_>, graph: &Graph, loads: &[Load]) -> Self {
        let (mut tables, writer) = Self::tables(page, graph, loads);
        tables.extend(super::fixes::fixes(page, graph));
        let header = writer.header();
        let text = write(&header, &tables);
        Self { text, tables, share: None, header, fitted: writer.fitted }
    }

    /// The same to be simulated only: without comments and fixes.
    #[must_use]
    pub fn to_play(page: &Page<'_>, graph: &Graph, loads: &[Load]) -> String {
        write_bare(&Self::tables(page, graph, loads).0)
    }

    /// The tables of what is simulated.
    fn tables<'a>(page: &'a Page<'a>, graph: &'a Graph, loads: &'a [Load]) -> (Vec<Table>, Writer<'a>) {
        let parameters = Table::new("parameters");
        let mut writer = Writer { page, graph, loads, origins: origins(page, graph), parameters, fitted: Vec::new() };
        let members: Vec<Table> = (0..page.members.len()).flat_map(|number| writer.member(number)).collect();
        let name = |at: usize| writer.origins.get(&graph.origins[at].origin).cloned();
        let mut fitted = Vec::new();
        let listed: Vec<Table> = (0..graph.classes.len())
            .map(|number| graph::table::class(graph, number, loads, &name, &mut fitted))
            .collect();
        writer.fitted.extend(fitted);
        let mut tables = vec![writer.top()];
        if !writer.parameters.lines.is_empty() {
            tables.push(std::mem::take(&mut writer.parameters));
        }
        tables.push(writer.browser());
        tables.extend(writer.servers());
        tables.extend(listed);
        tables.extend(members);
        tables.extend(writer.rule());
        (tables, writer)
    }

    /// Adds the table of the evidence: the samples of the fitted numbers, and of how many loads how many failed.
    pub fn add_evidence(&mut self, page: &Page<'_>, loads: &[Load]) {
        let mut archives: Vec<String> = loads.iter().filter_map(|load| load.archive.sha256.clone()).collect();
        // The loads of one file stand one after the other.
        archives.dedup();
        self.tables.push(evidence::table(&self.text, loads.len(), page.failed, &archives, &self.fitted));
        self.text = write(&self.header, &self.tables);
    }

    /// Writes the shares of failing loads into the header: above everything else where they contradict each other.
    pub fn begin_with(&mut self, share: Option<Share>) {
        if let Some(share) = &share {
            let at = if share.contradicts() { 0 } else { 1 };
            self.header.insert(at, share.sentence());
            self.text = write(&self.header, &self.tables);
        }
        self.share = share;
    }
}

/// The name of each origin but the page's own that a class has.
fn origins(page: &Page<'_>, graph: &Graph) -> BTreeMap<String, String> {
    let listed = graph.classes.iter().filter_map(|class| match class.source {
        Source::Network(at) => Some(graph.origins[at].origin.as_str()),
        Source::Browser => None,
    });
    let members = page.members.iter().map(|member| member.group.origin.as_str());
    let mut origins: BTreeMap<String, String> = BTreeMap::new();
    let mut taken: BTreeSet<String> = BTreeSet::from([BROWSER.to_owned()]);
    for origin in listed.chain(members).filter(|origin| *origin != page.origin) {
        if origins.contains_key(origin) {
            continue;
        }
        let mut name = origin_name(origin);
        if !taken.insert(name.clone()) {
            name = format!("{name}-{}", origins.len() + 1);
            taken.insert(name.clone());
        }
        origins.insert(origin.to_owned(), name);
    }
    origins
}

/// Says which host an origin is, for pictures: a table's name cannot hold every host.
fn host(table: &mut Table, origin: &str) {
    let host = origin.split("://").last().unwrap_or(origin);
    if is_host(host) {
        table.line("host", quoted(host), Known::Seen, "");
    }
}

/// Where failure is not judged, a load is watched for this many lengths of the longest capture more.
const SLOWER: f64 = 2.0;
/// And for this much more, in milliseconds.
const LATER: f64 = 30_000.0;

impl Writer<'_> {
    fn header(&self) -> Vec<String> {
        let names: Vec<String> = self.loads.iter().take(4).map(|load| plain(&load.archive.name)).collect();
        let more = self.loads.len().saturating_sub(names.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let calls: usize = self.loads.iter().map(|load| load.archive.entries.len()).sum();
        vec![
            format!(
                "A draft by `sixslot import` from {} of one page, {}: {}{more}.",
                count(self.loads.len(), "load"),
                count(calls, "request"),
                names.join(", ")
            ),
            "Each number has its evidence beside it. GUESS marks what an archive cannot say: read these lines first, above all [load].".to_owned(),
            "Only what was seen can come out: a deadline that never struck, or a path that no load took, is missing here.".to_owned(),
        ]
    }

    fn top(&self) -> Table {
        let mut top = Table::new("");
        let archive = &self.loads[0].archive;
        let document = archive.loads.first().and_then(|load| load.document.or(load.entries.first().copied()));
        let title = document.map(|place| {
            let url: String = archive.entries[place].url.as_str().chars().take(120).collect();
            format!("Imported: {url}")
        });
        top.line("schema", "1", Known::Seen, "");
        top.line("title", quoted(&plain(&title.unwrap_or_default())), Known::Seen, "");
        let rule = &self.page.rule;
        let error = rule.error.map(|error| &self.page.members[error]);
        // Where a load fails by not being ready, what begins last needs its time.
        let last = error.filter(|error| error.rhythm == Rhythm::Once).and_then(|error| error.deadline.as_ref());
        let more = last.map_or(0.0, |deadline| deadline.deadline_ms);
        // Without a rule of failure a slower load is watched to its end too.
        let more = if error.is_none() { SLOWER * self.page.horizon + LATER } else { more };
        let seconds = ((self.page.horizon + more) / 1000.0).ceil().clamp(1.0, 86_400.0);
        let why = match () {
            () if error.is_none() => "the longest capture, and time for loads that are slower",
            () if more > 0.0 => "the longest capture, and one deadline more",
            () => "the longest capture",
        };
        top.line("horizon", format!("\"{seconds}s\""), Known::Seen, why);
        top
    }

    fn browser(&self) -> Table {
        let rules = &self.page.browser;
        let mut table = Table::new("browser");
        table.line("profile", quoted(rules.profile), Known::Seen, rules.profile_because.clone());
        if let Some(interval) = rules.tab_interval {
            table.line("tabs", rules.tabs.to_string(), Known::Seen, "pages of one archive that overlap in time");
            table.line("tab_interval", span(interval), Known::Seen, "the median time between their openings");
        }
        if let Some(most) = rules.connections {
            let why = format!("{most} connections to one origin were in use at once, over HTTP/1.1");
            table.line("connections", most.to_string(), Known::Seen, why);
        }
        if let Some(waits) = rules.sockets_take_slots {
            let why = format!("{waits} calls waited while only an open WebSocket can have held the sixth connection");
            table.line("websocket_takes_slot", "true", Known::Seen, why.clone());
            table.line("websocket_handshake_takes_slot", "true", Known::Seen, "as it takes one when it is open");
        }
        if !self.graph.nodes.is_empty() && self.loads.len() == 1 {
            let why = "the recorded times of each request include it";
            if !self.graph.ranked {
                table.notes.push("The recorded waits come out better without the recorded priorities: the archive has the last priority of each request, not the one that it waited with.".to_owned());
            }
            if !self.graph.held {
                let why = "the recorded waits come out better so: low priorities were not held in the scheduler";
                table.line("delays_low_priority", "false", Known::Estimated, why);
            }
            table.line("dispatch", "\"0ms\"", Known::Seen, why);
        }
        table
    }

    fn servers(&mut self) -> Vec<Table> {
        let mut server = Table::new("server");
        server.notes.push(format!("{}.", plain(&self.page.origin)));
        host(&mut server, &self.page.origin);
        self.discipline(&mut server, &self.page.origin);
        self.shared(&mut server, &self.page.origin.clone());
        let graph = self.graph;
        let find = |name: &str| graph.origins.iter().find(|origin| origin.origin == name);
        if let Some(origin) = find(&self.page.origin) {
            graph::table::connections(&mut server, origin);
        }
        let mut tables = Vec::new();
        if let Some(rate) = graph.rate {
            let mut network = Table::new("network");
            let why = "with this rate of the link the replayed bodies come as the recorded ones";
            // Bytes per millisecond.
            network.line(
                "bandwidth_down",
                format!("\"{}kbit/s\"", number((8.0 * rate).max(1.0), 4)),
                Known::Estimated,
                why,
            );
            if graph.fifo {
                let why = "the recorded load comes out better so than with connections that share the link equally";
                network.line("discipline", quoted("fifo"), Known::Estimated, why);
            }
            tables.push(network);
        }
        tables.push(server);
        for (origin, name) in self.origins.clone() {
            let mut table = Table::new(format!("origin.{name}"));
            table.notes.push(format!("{}.", plain(&origin)));
            host(&mut table, &origin);
            self.discipline(&mut table, &origin);
            self.shared(&mut table, &origin);
            if let Some(origin) = find(&origin) {
                graph::table::connections(&mut table, origin);
            }
            tables.push(table);
        }
        if self.graph.classes.iter().any(|class| class.source == Source::Browser) {
            let mut table = Table::new(format!("origin.{BROWSER}"));
            table.notes.push("Answers that the browser had: they wait for no connection.".to_owned());
            table.line("protocol", "\"h2\"", Known::Seen, "as many at once as there are");
            table.line("connect", "\"0ms\"", Known::Seen, "there is no connection");
            tables.push(table);
        }
        tables
    }

    /// How requests share an origin's server. Of the page's own origin it is always said; of others where it is known.
    fn discipline(&self, table: &mut Table, origin: &str) {
        match self.page.disciplines.get(origin) {
            Some(Ok(found)) => {
                let (name, workers, exponent) = match found.server {
                    Server::Independent => ("independent", 1, 1.0),
                    Server::ProcessorSharing { workers, exponent } => ("processor-sharing", workers, exponent),
                    Server::Fifo { workers } => ("fifo", workers, 1.0),
                };
                table.line("discipline", quoted(name), Known::Estimated, found.because.clone());
                table.line("workers", workers.to_string(), Known::Estimated, "the likeliest of 1 to 16");
                if exponent > 1.0 {
                    let why = "n requests on w workers take (n / w) to this power times as long as one";
                    table.line("slowdown_exponent", number(exponent, 3), Known::Estimated, why);
                }
            }
            unknown if origin == self.page.origin => {
                let why = match unknown {
                    Some(Err(unknown)) => unknown.why.as_str(),
                    _ => "no answer says when it was sent and when its headers came",
                };
                let mut why = format!(
                    "{why}. So each call takes its whole recorded time whatever else runs: a change that takes load off the server shows no gain there"
                );
                if self.page.busy > 0 {
                    let busy = format!(
                        ". In {} cheap requests waited long together, which points to one busy server: then fewer loads fail here than in truth",
                        match self.loads.len() {
                            1 => "this load".to_owned(),
                            loads => format!("{} of {loads} loads", self.page.busy),
                        }
                    );
                    why.push_str(&busy);
                }
                table.line("discipline", "\"independent\"", Known::Guessed, why);
            }
            _ => {}
        }
    }

    /// The dependence of an origin's times, where there is one.
    fn shared(&mut self, table: &mut Table, origin: &str) {
        let Some((found, keys)) = self.page.shared.get(origin) else { return };
        let value = evidence::share(found.share);
        let why = format!(
            "share of the variance of all times of this server that its load explains; {} of {} (twice the log of the likelihood ratio against none: {}; 5.4 is believed)",
            count(keys.len(), "distribution"),
            count(self.loads.len(), "load"),
            number(found.ratio, 4)
        );
        let (key, of) = (format!("{}.noise_shared", table.name), keys.clone());
        self.fitted.push(Fitted {
            key,
            fitted_as: FittedAs::NoiseShared,
            of,
            sample: Vec::new(),
            value: value.clone(),
        });
        table.line("noise_shared", value, Known::Estimated, why);
    }

    fn rule(&self) -> Vec<Table> {
        let rule = &self.page.rule;
        let name = |number: &usize| quoted(&self.page.members[*number].group.name);
        let listed = rule.listed.iter().map(|class| quoted(&self.graph.classes[*class].name));
        let mut table = Table::new("load");
        let ready: Vec<String> = rule.ready.iter().map(name).chain(listed).collect();
        let why = match rule.error {
            Some(_) => {
                "an archive does not say when its page is ready: here, when the call with the longest deadline and every call of all loads without a deadline of its own have succeeded"
            }
            None => {
                "an archive does not say when its page is ready: here, when everything has ended that ended before the load event, or without one everything that ended"
            }
        };
        table.line("ready", format!("[{}]", ready.join(", ")), Known::Guessed, why);
        let Some(error) = rule.error else {
            self.not_judged(&mut table);
            return vec![table];
        };
        let why =
            "the call that the page gives up last; nothing in an archive says after how many failures an error shows";
        let repeats = self.page.members[error].rhythm != Rhythm::Once;
        table.line("error", format!("{{ request = {}, failures = 1 }}", name(&error)), Known::Guessed, why);
        if repeats {
            table.line("error_is_final", "false", Known::Guessed, "its calls go on, so a later success may clear it");
            table.line("fails", "\"error-shown\"", Known::Guessed, "");
        } else {
            table.line("fails", "\"not-ready\"", Known::Guessed, "it calls once: given up, it never succeeds");
        }
        vec![table]
    }

    /// Why failure is not judged.
    fn not_judged(&self, table: &mut Table) {
        let page = self.page;
        let why = match page.rule.outlived.map(|class| &page.members[class]) {
            None => "no deadline struck in these loads".to_owned(),
            Some(member) => format!(
                "the deadline of {} struck, but the page waited longer for another call of the same instant, which succeeded: it is that call's own, not the page's error",
                member.group.name
            ),
        };
        table.notes.push(format!("Failure is not judged: {why}. The question is the time to ready."));
        let is_error = |load: &Load| load.archive.entries.iter().filter(|entry| entry.is_error()).count();
        let errors: usize = self.loads.iter().map(is_error).sum();
        if errors > 0 {
            table.notes.push(format!("Answers with an error status (408, 429 or 5xx): {errors}. A simulated call has no status, so it counts as answered."));
        }
        table.line("fails", "\"nothing\"", Known::Seen, "no recorded load shows what a failure is");
    }
}
