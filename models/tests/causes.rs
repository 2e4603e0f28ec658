//! Causes of starts: the laws of several causes by hand, and random graphs of causes against a second implementation.
//!
//! Source: class/cause.rs. Nothing but its causes holds a request here: each has a connection and a server of its own.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "generator/mod.rs"]
mod generator;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "golden/simulate.rs"]
mod simulate;

use generator::Tape;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use simulate::{Row, simulate};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Plays a page on which nothing costs time but what its text says.
fn page(text: &str) -> Vec<Row> {
    let head = "schema = 1\nhorizon = '600s'\nload.ready = ['z']\nrequest.z = {}\nbrowser.profile = 'as-reported'\n\
                browser.connections = 100000\nbrowser.connections_total = 100000\nbrowser.event_source_takes_slot = false";
    simulate("causes", &format!("{head}\n{text}"), &[])
}

/// When the instances of a class were issued, in ms, in the order of their numbers.
fn issued(rows: &[Row], name: &str) -> Vec<f64> {
    let mut calls: Vec<_> = rows.iter().filter(|row| row.name == name).map(|row| &row.request).collect();
    calls.sort_by_key(|request| (request.tab, request.index));
    calls.iter().map(|request| request.issued.as_millis_f64()).collect()
}

const TWO: &str = "
    request.a = { service = '100ms', body = '7ms' }
    request.b = { start = '50ms', service = '300ms' }
";

#[test]
fn all_causes_wait_for_the_last_and_any_for_the_first() {
    let at = |after: &str| issued(&page(&format!("{TWO}\nrequest.c = {{ after = {after} }}")), "c");
    assert_eq!(at("['a.ok', 'b.ok']"), [350.0]);
    assert_eq!(at("['b.ok', 'a.ok']"), [350.0]);
    assert_eq!(at("['a.headers']"), [100.0]);
    assert_eq!(at("['a.ok', 'a.ok']"), [107.0]);
    assert_eq!(at("{ any = ['b.ok', 'a.ok'] }"), [107.0]);
    assert_eq!(at("{ any = ['b.sent', 'a.ok'] }"), [50.0]);
    assert!(at("['a.failed', 'b.ok']").is_empty(), "a does not fail");
    assert_eq!(at("{ any = ['a.failed', 'b.ok'] }"), [350.0]);
    assert_eq!(at("['a.ok', 'b.ok'], delay = '25ms'"), [375.0]);
    assert_eq!(at("{ any = ['a.ok', 'b.ok'] }, delay = '25ms'"), [132.0]);
}

#[test]
fn a_cause_is_one_copy_every_copy_or_the_copy_with_the_same_number() {
    let copies = "request.a = { each = [{ service = '30ms' }, { service = '10ms' }, { service = '20ms' }] }";
    let at = |request: &str| issued(&page(&format!("{copies}\nrequest.c = {request}")), "c");
    assert_eq!(at("{ after = 'a.ok' }"), [30.0]);
    assert_eq!(at("{ after = 'a[1].ok' }"), [10.0]);
    assert_eq!(at("{ after = ['a[1].ok', 'a[2].ok'] }"), [20.0]);
    assert_eq!(at("{ count = 3, after = 'a[i].ok', delay = '1ms' }"), [31.0, 11.0, 21.0]);
    assert_eq!(at("{ count = 2, after = 'a[0].ok' }"), [30.0, 30.0]);
    assert_eq!(at("{ each = [{}, { after = 'a[0].ok' }, { after = 'a[i].ok', delay = '5ms' }] }"), [0.0, 30.0, 25.0]);
    // A chain of chains: instance i of each.
    let chain = format!("{copies}\nrequest.b = {{ count = 3, after = 'a[i].ok', service = '100ms' }}");
    let rows = page(&format!("{chain}\nrequest.c = {{ count = 3, after = ['b[i].ok', 'a[i].sent'] }}"));
    assert_eq!(issued(&rows, "c"), [130.0, 110.0, 120.0]);
    // Where instances come one by one, so do those that follow them.
    let rows = page("request.a = { count = 3, start = '1s' }\nrequest.c = { count = 3, after = 'a[i].issued' }");
    assert_eq!(issued(&rows, "c"), [1000.0; 3]);
}

#[test]
fn a_copy_that_is_not_there_stands_for_the_last_and_no_copies_hold_nobody_up() {
    let at = |n: u32, request: &str| {
        let text = format!("parameters.n = {n}\nrequest.b = {{ service = '70ms' }}");
        let copies = "request.a = { count = 'n', start = '5ms', service = '10ms', url = '/{index}' }";
        issued(&page(&format!("{text}\n{copies}\nrequest.c = {request}")), "c")
    };
    assert_eq!(at(2, "{ count = 4, after = 'a[i].ok' }"), [15.0; 4]);
    assert_eq!(at(2, "{ after = 'a[9].ok' }"), [15.0]);
    assert_eq!(at(0, "{ count = 2, after = 'a[i].ok' }"), [0.0; 2]);
    assert_eq!(at(0, "{ after = ['a[3].ok', 'b.ok'] }"), [70.0]);
    assert_eq!(at(0, "{ after = { any = ['a.ok', 'b.ok'] } }"), [70.0]);
    assert_eq!(at(0, "{ after = { any = ['a.ok', 'a[1].failed'] } }"), [0.0]);
    // A random stream has no last instance: its first one counts, or the one with a number.
    let stream = "request.a = { arrivals = { rate_per_second = 1000, until = '1s' }, service = '1s' }";
    let rows = page(&format!(
        "{stream}\nrequest.c = {{ count = 3, after = 'a[i].issued' }}\nrequest.d = {{ after = 'a.ok' }}"
    ));
    let arrivals = issued(&rows, "a");
    assert_eq!(issued(&rows, "c"), arrivals[..3]);
    assert_eq!(issued(&rows, "d"), [arrivals[0] + 1000.0]);
}

#[test]
fn sockets_and_jobs_have_several_causes_too_and_each_tab_its_own() {
    let socket = "socket.s = { kind = 'event-source', after = ['a.ok', 'b.ok'] }";
    let rows =
        page(&format!("{TWO}\n{socket}\nbackground.j = {{ after = {{ any = ['b.ok', 's.open'] }}, work = '1ms' }}"));
    assert_eq!(issued(&rows, "s"), [350.0]);
    assert_eq!(issued(&rows, "j"), [350.0]);
    let tabs = "browser.tabs = 2\nbrowser.tab_interval = '1s'";
    let rows = page(&format!("{tabs}\n{TWO}\nrequest.c = {{ count = 2, after = ['a[0].ok', 'b[0].ok'] }}"));
    assert_eq!(issued(&rows, "c"), [350.0, 350.0, 1350.0, 1350.0]);
}

#[test]
fn those_that_one_event_releases_start_in_the_order_of_the_file() {
    let text = "
        request.a = { each = [{ service = '10ms' }, { service = '10ms' }] }
        request.b = { each = [{ after = 'a[1].ok' }, { after = 'a[0].ok' }, { after = 'a.ok' }] }
        request.c = { count = 2, after = 'a[i].ok' }
        request.d = { after = 'a.ok' }
    ";
    let rows = page(text);
    let names: Vec<(&str, u32)> = rows.iter().map(|row| (row.name.as_str(), row.request.index)).collect();
    // First what the first instance's end releases, then what the second's does.
    assert_eq!(names[3..], [("b", 1), ("c", 0), ("b", 0), ("b", 2), ("c", 1), ("d", 0)]);
}

/// A random graph: classes of instances, each with a service time and causes among the instances of earlier ones.
struct Graph {
    classes: Vec<Vec<Copy>>,
    /// The order in which the file has them.
    order: Vec<usize>,
}

#[derive(Clone)]
struct Copy {
    service: u64,
    body: u64,
    delay: u64,
    any: bool,
    /// Class, instance (none: every), event.
    causes: Vec<(usize, Option<usize>, usize)>,
}

const EVENTS: [&str; 5] = ["issued", "sent", "headers", "ok", "end"];

impl Graph {
    fn new(tape: &mut Tape<'_>) -> Self {
        let mut classes: Vec<Vec<Copy>> = Vec::new();
        for number in 0..2 + tape.below(9) as usize {
            let copies = 1 + tape.below(4) as usize;
            let copy = |tape: &mut Tape<'_>| {
                let causes = if number == 0 { 0 } else { tape.below(4) };
                let cause = |tape: &mut Tape<'_>| {
                    let class = tape.below(u32::try_from(number).unwrap()) as usize;
                    let copy = tape.below(u32::try_from(classes[class].len()).unwrap()) as usize;
                    (class, tape.chance(70).then_some(copy), tape.below(5) as usize)
                };
                let causes: Vec<_> = (0..causes).map(|_| cause(tape)).collect();
                let [service, body, delay] = [0; 3].map(|_| u64::from(tape.below(50)));
                Copy { service, body, delay, any: tape.chance(25), causes }
            };
            let copies = (0..copies).map(|_| copy(tape)).collect();
            classes.push(copies);
        }
        let mut order: Vec<usize> = (0..classes.len()).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, tape.below(u32::try_from(last + 1).unwrap()) as usize);
        }
        Self { classes, order }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for class in &self.order {
            writeln!(text, "[request.r{class}]\nurl = '/r{class}/{{index}}'\neach = [").unwrap();
            for copy in &self.classes[*class] {
                write!(text, "  {{ service = '{}ms', body = '{}ms'", copy.service, copy.body).unwrap();
                let cause = |(class, copy, event): &(usize, Option<usize>, usize)| {
                    let copy = copy.map_or(String::new(), |copy| format!("[{copy}]"));
                    format!("'r{class}{copy}.{}'", EVENTS[*event])
                };
                let causes = copy.causes.iter().map(cause).collect::<Vec<_>>().join(", ");
                match (copy.causes.len(), copy.any) {
                    (0, _) => write!(text, ", start = '{}ms'", copy.delay).unwrap(),
                    (_, true) => write!(text, ", delay = '{}ms', after = {{ any = [{causes}] }}", copy.delay).unwrap(),
                    (1, false) => write!(text, ", delay = '{}ms', after = {causes}", copy.delay).unwrap(),
                    (_, false) => write!(text, ", delay = '{}ms', after = [{causes}]", copy.delay).unwrap(),
                }
                text.push_str(" },\n");
            }
            text.push_str("]\n");
        }
        text
    }

    /// When each instance is issued, by longest paths (shortest ones for `any`), in the order of the causes.
    fn schedule(&self) -> BTreeMap<(usize, usize), u64> {
        let mut issued = BTreeMap::new();
        for (number, class) in self.classes.iter().enumerate() {
            for (index, copy) in class.iter().enumerate() {
                let happened = |class: usize, index: usize, event: usize| {
                    let Copy { service, body, .. } = self.classes[class][index];
                    issued[&(class, index)] + [0, 0, service, service + body, service + body][event]
                };
                let times = copy.causes.iter().map(|(class, index, event)| match index {
                    Some(index) => happened(*class, *index, *event),
                    None => (0..self.classes[*class].len()).map(|index| happened(*class, index, *event)).max().unwrap(),
                });
                let cause = if copy.any { times.min() } else { times.max() };
                issued.insert((number, index), cause.unwrap_or(0) + copy.delay);
            }
        }
        issued
    }

    fn simulated(&self) -> BTreeMap<(usize, usize), u64> {
        let rows = page(&self.text());
        let number = |row: &Row| row.name.strip_prefix('r').and_then(|number| number.parse().ok());
        let copies = rows.iter().filter_map(|row| Some((number(row)?, row)));
        let time = |row: &Row| row.request.issued.as_nanos() / 1_000_000;
        copies.map(|(class, row)| ((class, row.request.index as usize), time(row))).collect()
    }

    /// Instances that start after a cause's answer by one path alone, each cause the only one of its effect.
    fn moved_by(&self, cause: (usize, usize)) -> Vec<(usize, usize)> {
        let mut moved = vec![cause];
        for (number, class) in self.classes.iter().enumerate() {
            for (index, copy) in class.iter().enumerate() {
                if let [(class, Some(before), event)] = copy.causes[..]
                    && moved.contains(&(class, before))
                    && (event >= 2 || (class, before) != cause)
                {
                    moved.push((number, index));
                }
            }
        }
        moved.split_off(1)
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_graph_of_causes_is_played_along_its_longest_paths(words in prop::collection::vec(0..10_000_u32, 20..400)) {
        let tape = &mut Tape::new(&words);
        let mut graph = Graph::new(tape);
        let before = graph.simulated();
        prop_assert_eq!(&before, &graph.schedule(), "{}", graph.text());
        // Half a second more in one instance moves what follows it alone by as much, and the others as the paths say.
        let class = tape.below(u32::try_from(graph.classes.len()).unwrap()) as usize;
        let copy = tape.below(u32::try_from(graph.classes[class].len()).unwrap()) as usize;
        graph.classes[class][copy].service += 500;
        let after = graph.simulated();
        prop_assert_eq!(&after, &graph.schedule(), "{}", graph.text());
        for moved in graph.moved_by((class, copy)) {
            prop_assert_eq!(after[&moved], before[&moved] + 500, "{:?} after {:?}\n{}", moved, (class, copy), graph.text());
        }
    }
}
