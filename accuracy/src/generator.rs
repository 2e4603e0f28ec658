//! Random scenarios for a browser to run: short ones, in which requests compete in the browser's queues.
//!
//! Rule: the text of plan k of a seed depends on k and the seed only, so anyone can draw new plans. All kinds of rules
//! occur: bursts over the six connections, priorities, deadlines, retries, polls with and without guards,
//! WebSockets, event streams, several requests for one URL, tabs, early headers with slow bodies, cache modes, stored
//! answers, frameworks' queues, deduplication, chains, up to 40 requests in a turn, unread bodies of all sizes; and what
//! `faults.rs` and `navigations.rs` add. Times are drawn to the millisecond, so that ties are rare, and plans last 2.5 to 4 s, so that a
//! hundred take minutes. A recording holds the texts of its plans: it is replayed whatever is drawn today.
//!
//! Options that the lab cannot run are not drawn. The random scenarios of `models/tests/generator` serve another
//! purpose: they test invariants, cover every key of the schema and have many simultaneous events, so no browser could
//! run them.

use crate::dice::Dice;
use crate::faults::{self, Pages};
use crate::navigations;
use std::fmt::Write as _;

/// A request that later tables can refer to.
struct Request {
    name: String,
    /// It can fail, so it can show the page's error.
    can_fail: bool,
    /// It has a fixed number of instances: no `arrivals`.
    finite: bool,
}

/// The text of random plan `number` of a seed.
pub fn plan(seed: u64, number: u64) -> String {
    let mut dice = Dice::new(seed, number, "random plan");
    let mut text = format!("schema = 1\ntitle = \"random plan {number} of seed {seed}\"\n");
    let horizon = dice.between(2500, 4000);
    let tabs = if dice.chance(20) { dice.between(2, 3) } else { 1 };
    let _ = writeln!(text, "horizon = \"{horizon}ms\"\n\n[browser]\ntabs = {tabs}");
    if tabs > 1 {
        let _ = writeln!(text, "tab_interval = {}", dice.ms(50, 400));
    }
    let mut navigation = navigations::draw(&mut text, seed, number, tabs);
    let pages = Pages::draw(&mut text, &mut dice, tabs);
    let pages = if navigation.is_some() { Pages::Old } else { pages };
    server(&mut text, &mut dice);
    let has_queue = dice.chance(30);
    if has_queue {
        let release_on = dice.pick(&["headers", "end"]);
        let _ = write!(text, "\n[queue.router]\nlimit = {}\nrelease_on = \"{release_on}\"\n", dice.between(1, 5));
        if dice.chance(30) {
            text.push_str("order = \"lifo\"\n");
        }
    }
    let sockets = dice.below(5).saturating_sub(2);
    for socket in 0..sockets {
        let kind = dice.pick(&["websocket", "event-source"]);
        let _ = write!(text, "\n[socket.s{socket}]\nkind = \"{kind}\"\nopens = {}\n", dice.ms(0, 300));
        let _ = writeln!(text, "handshake = {}", dice.ms(1, 120));
        let ends = dice.chance(30);
        if ends {
            let _ = writeln!(text, "lasts = {}", dice.ms(300, 1500));
        }
        pages.give(&mut text, &mut dice);
        faults::socket(&mut text, &mut dice, ends);
    }
    let mut requests: Vec<Request> = Vec::new();
    let copies = burst(&mut text, &mut dice, has_queue, tabs);
    pages.give(&mut text, &mut dice);
    requests.push(Request { name: "burst".to_owned(), can_fail: false, finite: true });
    for number in 0..dice.between(3, 6) {
        let made = request(&mut text, &mut dice, number, &requests, sockets, has_queue, copies);
        pages.give(&mut text, &mut dice);
        requests.push(made);
    }
    let mut awaited: Vec<String> = requests.iter().filter(|made| made.finite).map(|made| made.name.clone()).collect();
    if let Some(dice) = &mut navigation {
        let before: Vec<&str> = awaited.iter().map(String::as_str).collect();
        let new = navigations::document(&mut text, dice, &before);
        awaited = new.iter().map(|(name, _)| name.clone()).collect();
        requests.extend(new.into_iter().map(|(name, can_fail)| Request { name, can_fail, finite: true }));
    }
    load(&mut text, &mut dice, &requests, &awaited);
    text
}

fn server(text: &mut String, dice: &mut Dice) {
    match dice.below(10) {
        0 => {
            let _ = write!(text, "\n[server]\ndiscipline = \"processor-sharing\"\nworkers = {}\n", dice.between(1, 3));
            faults::server(text, dice, false);
        }
        1 => {
            let _ = write!(text, "\n[server]\ndiscipline = \"fifo\"\nworkers = {}\n", dice.between(2, 4));
            faults::server(text, dice, true);
        }
        2 => text.push_str("\n[server]\ncancel_on_disconnect = true\n"),
        _ => {}
    }
}

/// Many simultaneous requests, so that a queue builds up.
fn burst(text: &mut String, dice: &mut Dice, has_queue: bool, tabs: u32) -> u32 {
    let most = if tabs > 1 { 7 } else { 14 };
    let copies = if dice.chance(20) { dice.between(most, 40 / tabs) } else { dice.between(4, most) };
    let _ = write!(text, "\n[request.burst]\ncount = {copies}\nstart = {}\n", dice.ms(0, 60));
    let _ = writeln!(text, "url = \"/burst/{{tab}}/{{index}}\"");
    let _ = writeln!(text, "priority = \"{}\"", dice.pick(&["auto", "low", "low", "high"]));
    if has_queue {
        text.push_str("queue = \"router\"\n");
    }
    service(text, dice, 600);
    copies
}

/// Service and body times.
fn service(text: &mut String, dice: &mut Dice, longest: u32) {
    let _ = match dice.below(6) {
        0 => {
            let low = dice.between(10, 100);
            let high = low + dice.between(50, longest);
            writeln!(text, "service = {{ distribution = \"uniform\", low = \"{low}ms\", high = \"{high}ms\" }}")
        }
        1 => writeln!(
            text,
            "service = {{ distribution = \"exponential\", mean = {}, at_most = \"1500ms\" }}",
            dice.ms(50, longest / 2)
        ),
        2 => writeln!(
            text,
            "service = {{ distribution = \"log-normal\", median = {}, sigma = 0.6, at_most = \"1500ms\" }}",
            dice.ms(50, longest / 2)
        ),
        3 => {
            let work = dice.ms(5, longest / 6);
            writeln!(text, "work = {work}\nio_time = {}", dice.ms(10, longest / 2))
        }
        _ => writeln!(text, "service = {}", dice.ms(20, longest)),
    };
    if dice.chance(30) {
        let _ = writeln!(text, "body = {}", dice.ms(20, longest));
    }
}

/// When a request starts; returns false if it has random arrivals.
fn start(text: &mut String, dice: &mut Dice, before: &[Request], sockets: u32) -> bool {
    let mut finite = true;
    match dice.below(10) {
        0..=2 => {
            let finite: Vec<&str> = before.iter().filter(|made| made.finite).map(|made| made.name.as_str()).collect();
            faults::after(text, dice, &finite);
            if dice.chance(50) {
                let _ = writeln!(text, "delay = {}", dice.ms(5, 300));
            }
        }
        3 if sockets > 0 => {
            let _ = writeln!(text, "after = \"s{}.open\"", dice.below(sockets));
        }
        4 => {
            finite = false;
            let rate = dice.between(2, 8);
            let _ = writeln!(text, "arrivals = {{ rate_per_second = {rate}, until = {} }}", dice.ms(800, 2000));
        }
        5 => {
            let late = dice.ms(300, 1500);
            let _ = writeln!(text, "start = {{ distribution = \"uniform\", low = \"0ms\", high = {late} }}");
        }
        6 => text.push_str("start = \"0ms\"\n"),
        _ => {
            let _ = writeln!(text, "start = {}", dice.ms(0, 1200));
        }
    }
    finite
}

fn request(
    text: &mut String,
    dice: &mut Dice,
    number: u32,
    before: &[Request],
    sockets: u32,
    has_queue: bool,
    copies: u32,
) -> Request {
    let name = format!("r{number}");
    let _ = write!(text, "\n[request.{name}]\n");
    let shared = dice.chance(35);
    let follows = dice.chance(10);
    let finite = follows || start(text, dice, before, sockets);
    if follows {
        // Instance by instance, as after a preflight.
        let _ = write!(text, "after = \"burst[i].{}\"\ncount = {copies}\n", dice.pick(&["ok", "headers", "end"]));
    } else if finite && dice.chance(25) {
        let _ = writeln!(text, "every = {}", dice.ms(250, 900));
        if dice.chance(60) {
            text.push_str("skip_while_in_flight = true\n");
        }
        if dice.chance(20) {
            text.push_str("until_ok = true\n");
        }
    } else if finite && dice.chance(50) {
        let _ = writeln!(text, "count = {}", dice.between(2, 5));
    }
    if shared {
        let _ = writeln!(text, "url = \"/shared\"");
    } else {
        let _ = writeln!(text, "url = \"/{name}/{{tab}}/{{index}}\"");
    }
    match dice.below(10) {
        0 => text.push_str("method = \"POST\"\n"),
        1 => text.push_str("cache = \"no-store\"\n"),
        2 => text.push_str("cache = \"reload\"\n"),
        3 => text.push_str("response_cache_control = \"no-store\"\n"),
        4 => text.push_str("response_cache_control = \"max-age=60\"\n"),
        5 => text.push_str("credentials = \"omit\"\n"),
        _ => {}
    }
    let priority = dice.pick(&["auto", "auto", "low", "high"]);
    let _ = writeln!(text, "priority = \"{priority}\"");
    let has_deadline = dice.chance(50);
    let is_alone = !shared && !text.rsplit("[request.").next().is_some_and(|own| own.contains("every"));
    let fails = faults::request(text, dice, is_alone && priority != "low");
    if has_deadline {
        let _ = writeln!(text, "deadline = {}", dice.ms(120, 1200));
        if dice.chance(25) {
            text.push_str("deadline_until = \"headers\"\n");
        }
    }
    if (has_deadline || fails) && dice.chance(50) {
        faults::retry(text, dice);
    }
    faults::cancelled(text, dice, &before.iter().map(|made| made.name.as_str()).collect::<Vec<_>>());
    if dice.chance(15) {
        text.push_str("dedupe = true\n");
    }
    if has_queue && dice.chance(30) {
        text.push_str("queue = \"router\"\n");
    }
    service(text, dice, 500);
    if dice.chance(12) {
        let bytes = dice.pick(&["41", "5000", "60000", "300000", "1500000", "2500000", "16000000"]);
        let _ = write!(text, "reads_body = false\nbody_bytes = {bytes}\n");
    }
    Request { name, can_fail: has_deadline || fails, finite }
}

/// What a load waits for: one of the awaited ones; and what its error is.
fn load(text: &mut String, dice: &mut Dice, requests: &[Request], awaited: &[String]) {
    let awaited: Vec<&str> = awaited.iter().map(String::as_str).collect();
    let _ = write!(text, "\n[load]\nready = [\"{}\"]\n", dice.pick(&awaited));
    let culprits: Vec<&str> = requests.iter().filter(|made| made.can_fail).map(|made| made.name.as_str()).collect();
    if !culprits.is_empty() && dice.chance(85) {
        let failures = dice.between(1, 2);
        let _ = writeln!(text, "error = {{ request = \"{}\", failures = {failures} }}", dice.pick(&culprits));
        if dice.chance(50) {
            text.push_str("error_is_final = false\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::plan;
    use sixslot_lab::Script;
    use sixslot_models::Document;
    use sixslot_models::load::{Extent, Load};
    use std::collections::BTreeSet;

    /// What plans hold now and then.
    const DRAWN: &[&str] = &[
        "tab_interval",
        "priority = \"low\"",
        "priority = \"high\"",
        "deadline",
        "deadline_until = \"headers\"",
        "retry",
        "every",
        "skip_while_in_flight = true",
        "until_ok = true",
        "kind = \"websocket\"",
        "kind = \"event-source\"",
        "lasts",
        "url = \"/shared\"",
        "body",
        "cache = \"no-store\"",
        "cache = \"reload\"",
        "method = \"POST\"",
        "response_cache_control = \"no-store\"",
        "response_cache_control = \"max-age=60\"",
        "order = \"lifo\"",
        "credentials = \"omit\"",
        "queue = \"router\"",
        "dedupe = true",
        "arrivals",
        "delay",
        "count",
        "limit",
        "discipline = \"processor-sharing\"",
        "discipline = \"fifo\"",
        "cancel_on_disconnect = true",
        "error_is_final = false",
        "status",
        "refused",
        "reset",
        "retry_after",
        "handshake_fails",
        "reconnect",
        "queue",
        "worker_until = \"end\"",
        "cancelled_by",
        "unmounted_by",
        "cancel_aborts = false",
        "reads_body = false",
        "body_bytes",
        "closes",
        "after = \"burst[i].ok\"",
        "page = \"one\"",
        "left_by",
        "page = \"old\"",
        "after = \"document.ok\"",
        "after = \"n0.issued\"",
    ];

    /// Every key that a plan may hold is drawn now and then, and every plan can be simulated.
    #[test]
    fn plans_are_sound_and_cover_what_they_say() -> Result<(), Box<dyn std::error::Error>> {
        let (mut keys, mut longest, mut failed) = (BTreeSet::new(), 0, 0);
        for number in 0..200 {
            let text = plan(7, number);
            let plan = Document::read("plan", &text, &[])?.plan(&[], &[])?;
            let mut load = Load::new();
            load.simulate(&plan, 7, number, Extent::Whole)?;
            Script::new(&plan, 7, number, 1.0)?;
            longest = longest.max(load.requests().len());
            failed += u32::from(load.verdict().failed);
            keys.extend(text.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key.to_owned()));
            keys.extend(
                text.lines()
                    .filter(|line| line.contains("= \"") || line.contains(" true") || line.contains(" false"))
                    .map(str::to_owned),
            );
        }
        for key in DRAWN {
            assert!(keys.contains(*key), "{key}");
        }
        assert!(longest < 200 && (20..180).contains(&failed), "{longest} requests, {failed} failed");
        Ok(())
    }

    #[test]
    fn a_plan_depends_on_seed_and_number_alone() {
        assert_eq!(plan(1, 5), plan(1, 5));
        assert_ne!(plan(1, 5), plan(1, 6));
        assert_ne!(plan(1, 5), plan(2, 5));
    }
}
