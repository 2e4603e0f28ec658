//! A class by pattern as a table of a scenario.
//!
//! Rule: each key has its evidence beside it; what an archive cannot say is marked as a guess.

use super::cadence::Rhythm;
use super::calls::Kind;
use super::laws::{Delays, delays, evidence, is_doubtful, law};
use super::member::Member;
use super::service::Timed;
use super::starts::Anchor;
use super::target::url;
use super::text::{Known, Table, number, span, told, told_range};
use super::writer::Writer;
use crate::words::{count, plain};
use sixslot_har::distinct;
use sixslot_models::evidence::FittedAs;
use sixslot_models::reading::quoted;

impl Writer<'_> {
    pub fn member(&mut self, number: usize) -> Vec<Table> {
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
            count(distinct::set(group.calls.iter().map(|call| call.load)).len(), "load"),
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
        self.times(&mut table, member);
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
        let law = delays(&start.delays.iter().map(|(_, ms)| *ms).collect::<Vec<_>>());
        let varies = matches!(law, Delays::Varying(_));
        let what = format!("{} in {}", law.told(), count(start.tabs, "tab"));
        let mut value = law.time();
        let socket = member.group.kind != Kind::Fetch;
        // A socket opens at once after its cause.
        let is_kept = !socket || start.anchor == Anchor::Opening;
        if varies && start.together && is_kept {
            let name = format!("{}-delay", member.group.name);
            let why = format!("milliseconds, drawn once for each load: when {} begins; {what}", member.group.name);
            let parameter = law.parameter();
            self.note_delays(format!("parameters.{name}"), FittedAs::DelayParameter, &start.delays, &parameter);
            self.parameters.line(&name, parameter, Known::Estimated, why);
            value = format!("{{ per = {{ {name} = \"1ms\" }} }}");
        }
        let key = match start.anchor {
            Anchor::Opening if socket => "opens",
            Anchor::Opening => "start",
            _ => "delay",
        };
        // A sample of one value everywhere says nothing of a spread.
        let is_written = !value.contains("per") && (!socket || key != "delay");
        if is_written && law != Delays::Steady(0.0) {
            self.note_delays(format!("{}.{key}", table.name), FittedAs::Delay, &start.delays, &value);
        }
        match start.anchor {
            Anchor::Opening => {
                table.line(key, value, Known::Estimated, format!("after the opening, {what}"));
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
    table.line("queue", quoted(name), Known::Seen, "its instances start in bursts: a framework's limit");
    let mut queue = Table::new(format!("queue.{name}"));
    let why = "so many began together, in the middle of all loads";
    queue.line("limit", limit.limit.to_string(), Known::Seen, why);
    let (explained, all) = limit.explained;
    let event = if limit.at_headers { "headers" } else { "end" };
    let why = format!("{explained} of {all} later starts came right at another's {event}");
    queue.line("release_on", quoted(event), Known::Seen, why);
    Some(queue)
}

impl Writer<'_> {
    fn times(&mut self, table: &mut Table, member: &Member<'_>) {
        let socket = member.group.kind != Kind::Fetch;
        let key = member.time_key();
        match &member.service {
            Some(times) => self.line(table, key, times, member.silent, ""),
            None if socket => {}
            None => {
                let why = "no call says how long the server took: none was certainly sent, or the file does not tell";
                table.line(key, "\"0ms\"", Known::Guessed, why);
            }
        }
        if let Some(later) = &member.later_service {
            self.line(
                table,
                "later_service",
                later,
                0,
                "the calls after the first one of each instance differ from it: ",
            );
        }
        if let Some(body) = &member.body {
            self.line(table, "body", body, 0, "from the headers to the end: ");
        }
    }

    /// A key with a fitted distribution.
    fn line(&mut self, table: &mut Table, key: &str, times: &Timed, silent: usize, what: &str) {
        let known = if is_doubtful(&times.fit) { Known::Guessed } else { Known::Estimated };
        let value = law(&times.fit);
        self.note_times(format!("{}.{key}", table.name), times, &value);
        table.line(key, value, known, format!("{what}{}", evidence(&times.fit, silent)));
    }
}
