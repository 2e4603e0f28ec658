//! A page as the draft of a scenario.
//!
//! Rule: each number has its evidence beside it: how many calls, of what, and how sure. What an archive cannot say is
//! marked as a guess. Requests stand in the order in which they begin, because those of one instant are issued in it.

use super::cadence::Rhythm;
use super::calls::{Kind, Load};
use super::graph::{self, Graph, listed::Source, table::BROWSER};
use super::laws::{Delays, delays, evidence, is_doubtful, law};
use super::member::Member;
use super::page::Page;
use super::share::Share;
use super::starts::Anchor;
use super::target::{origin_name, url};
use super::text::{Known, Table, number, quoted, span, told, told_range, write};
use crate::words::{count, plain};
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
}

struct Writer<'p> {
    page: &'p Page<'p>,
    graph: &'p Graph,
    loads: &'p [Load],
    /// The name of each other origin that a class has.
    origins: BTreeMap<String, String>,
    parameters: Table,
}

impl Draft {
    /// The draft of a page with the requests of `graph` one by one.
    #[must_use]
    pub fn of(page: &Page<'_>, graph: &Graph, loads: &[Load]) -> Self {
        let mut writer =
            Writer { page, graph, loads, origins: origins(page, graph), parameters: Table::new("parameters") };
        let members: Vec<Table> = (0..page.members.len()).flat_map(|number| writer.member(number)).collect();
        let name = |at: usize| writer.origins.get(&graph.origins[at].origin).cloned();
        let listed: Vec<Table> =
            (0..graph.classes.len()).map(|number| graph::table::class(graph, number, loads, &name)).collect();
        let mut tables = vec![writer.top()];
        if let Some(slowness) = page.slowness {
            let value =
                format!("{{ distribution = \"log-normal\", median = 1, sigma = {} }}", number(slowness.sigma, 4));
            let why = format!(
                "drawn once for each load: loads differ in all times of the classes that are multiplied by it; {} (twice the log of the likelihood ratio against no difference {}; 5.4 is believed)",
                count(loads.len(), "load"),
                number(slowness.ratio, 4)
            );
            writer.parameters.line("slowness", value, Known::Estimated, why);
        }
        if !writer.parameters.lines.is_empty() {
            tables.push(std::mem::take(&mut writer.parameters));
        }
        tables.push(writer.browser());
        tables.extend(writer.servers());
        tables.extend(listed);
        tables.extend(members);
        tables.extend(writer.rule());
        tables.extend(super::fixes::fixes(page, graph));
        let header = writer.header();
        let text = write(&header, &tables);
        Self { text, tables, share: None, header }
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
            table.line("dispatch", "\"0ms\"", Known::Seen, why);
        }
        table
    }

    fn servers(&self) -> Vec<Table> {
        let mut server = Table::new("server");
        server.notes.push(format!("{}.", plain(&self.page.origin)));
        let mut why = "an archive has each call's whole time to first byte, waiting inside the server included; whether calls slow each other there it cannot say. So each call takes its whole time whatever else runs: a change that takes load off the server shows no gain there".to_owned();
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
        server.line("discipline", "\"independent\"", Known::Guessed, why);
        let find = |name: &str| self.graph.origins.iter().find(|origin| origin.origin == name);
        if let Some(origin) = find(&self.page.origin) {
            graph::table::connections(&mut server, origin);
        }
        let mut tables = vec![server];
        for (origin, name) in &self.origins {
            let mut table = Table::new(format!("origin.{name}"));
            table.notes.push(format!("{}.", plain(origin)));
            if let Some(origin) = find(origin) {
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

    fn member(&mut self, number: usize) -> Vec<Table> {
        let page = self.page;
        let member = &page.members[number];
        let group = &member.group;
        let socket = group.kind != Kind::Fetch;
        let mut table = Table::new(format!("{}.{}", if socket { "socket" } else { "request" }, group.name));
        let words = group.most(|call| call.entry.resource_type.clone()).unwrap_or_else(|| "request".to_owned());
        table.notes.push(format!(
            "{} {}: {} in {} ({words}).",
            group.method,
            plain(&group.pattern),
            count(group.calls.len(), "call"),
            count(group.calls.iter().map(|call| call.load).collect::<BTreeSet<_>>().len(), "load"),
        ));
        if socket {
            let kind = if group.kind == Kind::WebSocket { "websocket" } else { "event-source" };
            table.line("kind", quoted(kind), Known::Seen, "");
        }
        table.line("url", quoted(&url(member)), Known::Seen, "");
        if let Some(name) = self.origins.get(&group.origin) {
            table.line("origin", quoted(name), Known::Seen, "");
        }
        if !socket && group.method != "GET" {
            // Anything that is no GET passes the cache by, as a POST does.
            let known = if group.method == "POST" { Known::Seen } else { Known::Guessed };
            let why = if group.method == "POST" {
                String::new()
            } else {
                format!("{} acts as POST does", plain(&group.method))
            };
            table.line("method", "\"POST\"", known, why);
        }
        if group.copies > 1 && member.start.is_some() {
            let why = if group.distinct { "different URLs in most loads" } else { "calls of one URL at one instant" };
            table.line("count", group.copies.to_string(), Known::Seen, why);
        }
        self.start(&mut table, member);
        let mut queue = None;
        if !socket {
            self.options(&mut table, member);
            queue = limit_table(&mut table, member);
        }
        times(&mut table, member);
        queue.into_iter().chain(std::iter::once(table)).collect()
    }

    fn start(&mut self, table: &mut Table, member: &Member<'_>) {
        let Some(start) = &member.start else {
            if let Rhythm::Random(rate) = member.rhythm {
                let why = format!(
                    "{} at no regular time; a Poisson process is the simplest that fits",
                    count(member.group.calls.len(), "call")
                );
                table.line("arrivals", format!("{{ rate_per_second = {} }}", number(rate, 4)), Known::Guessed, why);
            }
            return;
        };
        let law = delays(&start.delays);
        let varies = matches!(law, Delays::Varying(_));
        let what = format!("{} in {}", law.told(), count(start.tabs, "tab"));
        let mut value = law.time();
        if varies && start.together || varies && member.group.kind != Kind::Fetch && start.anchor != Anchor::Opening {
            let name = format!("{}-delay", member.group.name);
            let why = format!("milliseconds, drawn once for each load: when {} begins; {what}", member.group.name);
            self.parameters.line(&name, law.parameter(), Known::Estimated, why);
            value = format!("{{ per = {{ {name} = \"1ms\" }} }}");
        }
        let socket = member.group.kind != Kind::Fetch;
        match start.anchor {
            Anchor::Opening => {
                table.line(
                    if socket { "opens" } else { "start" },
                    value,
                    Known::Estimated,
                    format!("after the opening, {what}"),
                );
            }
            Anchor::Node(node, event) => {
                let why = if start.named { "named by the archive" } else { "it comes before; nothing names a cause" };
                let known = if start.named { Known::Estimated } else { Known::Guessed };
                table.line("after", quoted(&self.graph.anchor(node, event)), known, why);
                if law != Delays::Steady(0.0) && !socket {
                    table.line("delay", value, Known::Estimated, what);
                }
            }
            Anchor::After(class, event) => {
                let other = &self.page.members[class].group.name;
                let sure = start.named || start.tabs >= 5;
                let why = match (start.named, sure) {
                    (true, _) => "named as its initiator".to_owned(),
                    (_, true) => format!("the delay after it varies least, in {}", count(start.tabs, "tab")),
                    _ => format!("it comes nearest before, in {}", count(start.tabs, "tab")),
                };
                let known = if sure { Known::Estimated } else { Known::Guessed };
                table.line("after", quoted(&format!("{other}.{}", event.name())), known, why);
                if law != Delays::Steady(0.0) && !socket {
                    table.line("delay", value, Known::Estimated, what);
                }
            }
        }
    }

    fn options(&self, table: &mut Table, member: &Member<'_>) {
        let group = &member.group;
        let priority = match group.most(|call| call.entry.priority.clone()).as_deref() {
            Some("VeryHigh") => Some("highest"),
            Some("Low" | "Medium") => Some("low"),
            Some("VeryLow") => Some("lowest"),
            _ => None,
        };
        if let Some(priority) = priority {
            let word = group.most(|call| call.entry.priority.clone()).unwrap_or_default();
            table.line("priority", quoted(priority), Known::Seen, format!("DevTools calls it {}", plain(&word)));
        }
        let no_cache = |call: &super::calls::Call<'_>| {
            call.entry.request_headers.get("cache-control").filter(|v| v.contains("no-cache")).map(|_| ())
        };
        let asked = group.calls.iter().filter(|call| no_cache(call).is_some()).count();
        if 2 * asked > group.calls.len() {
            table.line("cache", "\"no-store\"", Known::Seen, "its requests say Cache-Control: no-cache");
        } else if member.unlocked && group.method == "GET" {
            let why = "GETs of its URL were at the server at once: the cache did not make them wait for each other";
            table.line("cache", "\"no-store\"", Known::Seen, why);
        }
        let control = group.most(|call| call.entry.response_headers.get("cache-control").cloned()).unwrap_or_default();
        let age =
            control.split(',').filter_map(|part| part.trim().strip_prefix("max-age=")?.parse::<u32>().ok()).next();
        if control.contains("no-store") {
            table.line("response_cache_control", "\"no-store\"", Known::Seen, "its answers' header");
        } else if let Some(age) = age.filter(|age| *age > 0) {
            table.line("response_cache_control", format!("\"max-age={age}\""), Known::Seen, "its answers' header");
        }
        if let Some(deadline) = &member.deadline {
            let why = format!(
                "{} broken off at an age of {}",
                count(deadline.aborts, "call"),
                told_range(deadline.shortest_ms, deadline.longest_ms)
            );
            let known = if deadline.is_certain() { Known::Seen } else { Known::Guessed };
            table.line("deadline", span(deadline.deadline_ms), known, why);
            if deadline.ended_later > 0 {
                let why =
                    format!("{} had their headers in time and their end later", count(deadline.ended_later, "call"));
                table.line("deadline_until", "\"headers\"", Known::Seen, why);
            }
        }
        rhythm(table, &member.rhythm);
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
            table.notes.push(
                "Failure is not judged: no deadline struck in these loads. The question is the time to ready."
                    .to_owned(),
            );
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
}

/// Pauses of a retry that are written down.
const LIST: usize = 20;

fn rhythm(table: &mut Table, rhythm: &Rhythm) {
    match rhythm {
        Rhythm::Once | Rhythm::Random(_) => {}
        Rhythm::Retry(pauses) => {
            // The last pause of a scenario's list repeats.
            let mut list: Vec<String> = pauses.iter().take(LIST).map(|ms| span(ms.round())).collect();
            while list.len() > 1 && list[list.len() - 1] == list[list.len() - 2] {
                list.pop();
            }
            let why = "calls follow failures only, after these pauses; more than were seen may follow";
            let attempts = (pauses.len() as u64 + 1).min(sixslot_models::limits::ATTEMPTS);
            let value = format!("{{ attempts = {attempts}, backoff = [{}] }}", list.join(", "));
            table.line("retry", value, Known::Estimated, why);
        }
        Rhythm::Every(timer) => {
            let others: Vec<String> = timer.others.iter().take(4).map(|ms| told(*ms)).collect();
            let or = if others.is_empty() { String::new() } else { format!("; {} fits as well", others.join(" or ")) };
            let known = if others.is_empty() { Known::Seen } else { Known::Guessed };
            let why = format!("{} after the first, {} skipped{or}", count(timer.ticks, "tick"), timer.skipped);
            table.line("every", span(timer.every), known, why);
            if timer.lag >= 2.0 {
                table.line("timer_delay", span(timer.lag), Known::Estimated, "the median lateness of its ticks");
            }
            match timer.guard {
                Some(true) => table.line(
                    "skip_while_in_flight",
                    "true",
                    Known::Seen,
                    "ticks without a call while one was in flight",
                ),
                Some(false) => {}
                None => table.line(
                    "skip_while_in_flight",
                    "true",
                    Known::Guessed,
                    "no call was in flight at a tick: most pages have a guard",
                ),
            }
            if timer.until_ok {
                table.line("until_ok", "true", Known::Seen, "no call came after the first success");
            }
        }
    }
}

/// The queue of a class, as a table of its own, and the class's key for it.
fn limit_table(table: &mut Table, member: &Member<'_>) -> Option<Table> {
    let limit = member.limit?;
    let name = &member.group.name;
    table.line("queue", quoted(name), Known::Seen, "its copies start in bursts: a framework's limit");
    let mut queue = Table::new(format!("queue.{name}"));
    let why = "so many began together, in the middle of all loads";
    queue.line("limit", limit.limit.to_string(), Known::Seen, why);
    let (explained, all) = limit.explained;
    let event = if limit.at_headers { "headers" } else { "end" };
    let why = format!("{explained} of {all} later starts came right at another's {event}");
    queue.line("release_on", quoted(event), Known::Seen, why);
    Some(queue)
}

fn times(table: &mut Table, member: &Member<'_>) {
    let socket = member.group.kind != Kind::Fetch;
    let key = if socket { "handshake" } else { "service" };
    match (&member.service, member.slow) {
        (Some(fit), Some((median, sigma))) => {
            let value = format!(
                "{{ base = {}, times = \"slowness\", noise = {{ distribution = \"log-normal\", median = 1, sigma = {} }} }}",
                span(median),
                number(sigma.max(1e-3), 4)
            );
            let why =
                format!("{}; log-normal, because the load's slowness multiplies it", evidence(fit, member.silent));
            table.line(key, value, Known::Estimated, why);
        }
        (Some(fit), None) => {
            let known = if is_doubtful(fit) { Known::Guessed } else { Known::Estimated };
            table.line(key, law(fit), known, evidence(fit, member.silent));
        }
        (None, _) if socket => {}
        (None, _) => {
            let why = "no call says how long the server took: none was certainly sent, or the file does not tell";
            table.line(key, "\"0ms\"", Known::Guessed, why);
        }
    }
    if let Some(body) = &member.body {
        let known = if is_doubtful(body) { Known::Guessed } else { Known::Estimated };
        table.line("body", law(body), known, format!("from the headers to the end: {}", evidence(body, 0)));
    }
}
