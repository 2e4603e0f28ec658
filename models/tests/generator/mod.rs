//! Random scenarios over every key of the schema, made from a list of random words.
//!
//! Rule: a word of 0 chooses the simplest option, and so does an exhausted list, so that shrinking the list shrinks the
//! scenario. The scenarios are within all limits, and their times are on a coarse grid, so that many events are
//! simultaneous.

#![allow(dead_code, reason = "two tests use it, each only a part")]

mod outcomes;
mod rules;
mod tape;

pub use rules::{H1_RULES, RULES};
use std::fmt::Write;
pub use tape::Tape;

/// A random scenario.
pub struct Scenario {
    pub text: String,
    pub requests: Vec<Made>,
    pub queues: usize,
    pub server_caches: usize,
}

/// Properties of a request that other parts of the scenario need.
pub struct Made {
    pub name: String,
    pub poll: bool,
    pub stream: bool,
    /// Its instances, where every load has as many; a random stream has none of its own.
    pub copies: Option<u32>,
    /// It has `each`.
    pub each: bool,
}

const TIMES: &[&str] = &["100ms", "0ms", "1ms", "7ms", "50ms", "50ms", "200ms", "300ms", "1s", "1600ms", "1us"];
const PERIODS: &[&str] = &["1s", "200ms", "250ms", "500ms", "777ms"];
const COUNTS: &[&str] = &["1", "2", "3", "6", "9"];

/// A length of time, as a constant, a distribution or a linear form.
fn time(tape: &mut Tape<'_>) -> String {
    match tape.below(14) {
        0..=3 => tape.pick(TIMES).to_owned(),
        4 => "{ distribution = \"exponential\", mean = \"200ms\" }".to_owned(),
        5 => "{ distribution = \"uniform\", low = \"0ms\", high = \"1s\", shift = \"20ms\", factor = 0.5 }".to_owned(),
        6 => "{ distribution = \"log-normal\", median = \"80ms\", p95 = \"900ms\" }".to_owned(),
        7 => "{ base = \"20ms\", per = { p = \"50ms\", \"p*q\" = \"1ms\" }, times = \"q\" }".to_owned(),
        8 => "{ base = \"100ms\", noise = { distribution = \"gamma\", mean = 1, std_dev = 0.5 } }".to_owned(),
        9 => "{ distribution = \"empirical\", samples = [\"10ms\", \"20ms\", \"500ms\"] }".to_owned(),
        10 => {
            "{ distribution = \"empirical\", quantiles = { p0 = \"0ms\", p90 = \"100ms\", p100 = \"2s\" } }".to_owned()
        }
        11 => "{ distribution = \"pareto\", minimum = \"20ms\", shape = 1.1, at_most = \"5s\" }".to_owned(),
        12 => "{ distribution = \"weibull\", p50 = \"50ms\", p90 = \"400ms\", at_least = \"5ms\" }".to_owned(),
        _ => "{ distribution = \"triangular\", low = \"0ms\", mode = \"10ms\", high = \"300ms\" }".to_owned(),
    }
}

fn count(tape: &mut Tape<'_>) -> String {
    match tape.below(8) {
        0 => "{ per = { p = 1 } }".to_owned(),
        1 => "{ base = 1, per = { q = 2 } }".to_owned(),
        2 => "0".to_owned(),
        _ => tape.pick(COUNTS).to_owned(),
    }
}

fn parameter(tape: &mut Tape<'_>) -> &'static str {
    tape.pick(&[
        "1",
        "2",
        "0",
        "{ distribution = \"uniform\", low = 0, high = 3 }",
        "{ distribution = \"erlang\", stages = 2, mean = 1, at_most = 4 }",
    ])
}

/// Writes a key with its value; anything except a number, Boolean, table or list becomes a string.
fn line(text: &mut String, key: &str, value: impl AsRef<str>) {
    let value = value.as_ref();
    let plain = value.starts_with(['{', '[', '"']) || value.parse::<f64>().is_ok() || value.parse::<bool>().is_ok();
    if plain {
        writeln!(text, "{key} = {value}").unwrap();
    } else {
        writeln!(text, "{key} = \"{value}\"").unwrap();
    }
}

/// Writes the line with a chance.
fn maybe(text: &mut String, tape: &mut Tape<'_>, percent: u32, key: &str, values: &[&str]) -> bool {
    let chosen = tape.chance(percent);
    if chosen {
        line(text, key, tape.pick(values));
    }
    chosen
}

fn browser(text: &mut String, tape: &mut Tape<'_>) {
    text.push_str("[browser]\n");
    line(text, "profile", tape.pick(&["as-reported", "chromium", "firefox", "webkit"]));
    if tape.chance(40) {
        line(text, "tabs", tape.pick(&["2", "3", "{ per = { p = 1 } }", "{ base = 1, per = { q = 1 } }"]));
    }
    for (key, values) in RULES {
        maybe(text, tape, 12, key, values);
    }
    maybe(text, tape, 6, "late_binding", &["false"]);
}

fn server(text: &mut String, tape: &mut Tape<'_>) {
    let discipline = tape.pick(&["independent", "independent", "processor-sharing", "fifo", "event-loop"]);
    line(text, "discipline", discipline);
    if discipline != "event-loop" {
        maybe(text, tape, 50, "workers", &["2", "1", "4"]);
    }
    if discipline == "fifo" {
        maybe(text, tape, 40, "worker_until", &["end", "headers"]);
    }
    if discipline == "processor-sharing" {
        maybe(text, tape, 30, "slowdown_exponent", &["1.3", "1"]);
    }
    if ["fifo", "processor-sharing"].contains(&discipline) {
        maybe(text, tape, 15, "queue", &["{ limit = 1 }", "{ limit = 0, retry_after = \"300ms\" }", "{ limit = 4 }"]);
    }
    maybe(text, tape, 40, "cancel_on_disconnect", &["true"]);
    if maybe(text, tape, 20, "protocol", &["h2", "h3"]) {
        maybe(text, tape, 20, "keep_alive", &["100ms", "5s"]);
        maybe(text, tape, 60, "max_concurrent_streams", &["1", "2", "4", "100"]);
        maybe(text, tape, 30, "honours_priority", &["true"]);
    } else {
        maybe(text, tape, 20, "keep_alive", &["100ms", "0s", "5s"]);
        maybe(text, tape, 10, "tls", &["none", "\"1.2\"", "\"1.3\""]);
    }
    if tape.chance(15) {
        line(text, "connect", time(tape));
    }
    path(text, tape);
}

/// The keys of a path, of an origin.
fn path(text: &mut String, tape: &mut Tape<'_>) {
    maybe(text, tape, 20, "rtt", &["100ms", "1ms", "0s"]);
    maybe(text, tape, 15, "bandwidth_down", &["1Mbit/s", "100kbit/s", "1Gbit/s"]);
    maybe(text, tape, 10, "bandwidth_up", &["1Mbit/s", "100kbit/s"]);
    maybe(text, tape, 10, "dns", &["50ms", "0s"]);
    if tape.chance(10) {
        line(text, "response_delay", time(tape));
    }
}

/// The number of tables of each kind that a request can refer to.
#[derive(Clone, Copy)]
struct World {
    origins: u32,
    queues: u32,
    sockets: u32,
    server_caches: u32,
    background: u32,
}

fn origin(text: &mut String, tape: &mut Tape<'_>, percent: u32, world: World) {
    if world.origins > 0 && tape.chance(percent) {
        line(text, "origin", format!("o{}", tape.below(world.origins)));
    }
}

fn looks_up(text: &mut String, tape: &mut Tape<'_>, percent: u32, world: World) {
    if world.server_caches > 0 && tape.chance(percent) {
        line(text, "looks_up", tape.pick(&["[\"m0\"]", "[\"m0\", \"m0\"]", "[]"]));
        return;
    }
    if world.server_caches > 1 && tape.chance(percent) {
        line(text, "looks_up", "[\"m1\", \"m0\"]");
    }
}

fn work(text: &mut String, tape: &mut Tape<'_>) {
    line(text, "work", time(tape));
    if tape.chance(40) {
        line(text, "io_time", time(tape));
    }
}

/// An event of one of these requests, or of some of its instances; `own` is how many instances wait for it, where that is known.
fn anchor(tape: &mut Tape<'_>, made: &[Made], own: Option<u32>) -> String {
    let Made { name, stream, copies, .. } = &made[tape.below(u32::try_from(made.len()).unwrap()) as usize];
    let event = tape.pick(&["ok", "end", "failed", "headers", "sent", "issued"]);
    // Constant counts that cannot go together are refused.
    let fits = *stream || copies.is_none_or(|copies| copies == 0 || own.is_none_or(|own| own == 0 || own == copies));
    let most = copies.filter(|copies| *copies > 0 && !stream).unwrap_or(4);
    match tape.below(4) {
        1 => format!("\"{name}[{}].{event}\"", tape.below(most)),
        2 if fits => format!("\"{name}[i].{event}\""),
        _ => format!("\"{name}.{event}\""),
    }
}

/// One cause, several, or the first of several.
fn causes(tape: &mut Tape<'_>, made: &[Made], own: Option<u32>) -> String {
    let several = |tape: &mut Tape<'_>| {
        let count = 1 + tape.below(3);
        (0..count).map(|_| anchor(tape, made, own)).collect::<Vec<_>>().join(", ")
    };
    match tape.below(4) {
        1 => format!("[{}]", several(tape)),
        2 => format!("{{ any = [{}] }}", several(tape)),
        _ => anchor(tape, made, own),
    }
}

/// The instances one by one, with a few keys each.
fn each(text: &mut String, tape: &mut Tape<'_>, made: &[Made], copies: u32, (works, head): (bool, bool)) {
    text.push_str("each = [\n");
    for _ in 0..copies {
        let mut entry = String::new();
        match tape.below(4) {
            1 if !made.is_empty() => {
                line(&mut entry, "after", causes(tape, made, Some(copies)));
                if tape.chance(40) {
                    line(&mut entry, "delay", time(tape));
                }
            }
            2 => line(&mut entry, "start", time(tape)),
            _ => {}
        }
        maybe(&mut entry, tape, 30, "url", &["/a", "/b", "/{index}"]);
        let method = tape.chance(20).then(|| tape.pick(&["POST", "GET", "HEAD"]));
        if let Some(method) = method {
            line(&mut entry, "method", method);
        }
        let head = method.map_or(head, |method| method == "HEAD");
        maybe(&mut entry, tape, 30, "priority", &["low", "high", "auto", "lowest", "highest"]);
        if tape.chance(20) {
            line(&mut entry, "stalled", time(tape));
        }
        if !works && tape.chance(50) {
            line(&mut entry, "service", time(tape));
        }
        if !head && tape.chance(30) {
            line(&mut entry, "body", time(tape));
        }
        if !head {
            maybe(&mut entry, tape, 20, "body_bytes", &["0", "12345"]);
        }
        writeln!(text, "  {{ {} }},", entry.lines().collect::<Vec<_>>().join(", ")).unwrap();
    }
    text.push_str("]\n");
}

/// What a poll may have.
fn polls(text: &mut String, tape: &mut Tape<'_>, sockets: u32) {
    match tape.below(6) {
        1 => line(text, "every_from", "end"),
        2 => line(text, "timer_delay", time(tape)),
        3 => line(text, "supersedes", "true"),
        4 => text.push_str("supersedes = true\ncancel_aborts = false\n"),
        _ => {}
    }
    maybe(text, tape, 60, "skip_while_in_flight", &["true", "false"]);
    maybe(text, tape, 30, "until_ok", &["true"]);
    if sockets > 0 && tape.chance(30) {
        line(text, "skip_while_fresh", "{ socket = \"s0\", within = \"400ms\" }");
    }
}

/// What a call may be: how it is sent, its deadline, its retries; whether it is a HEAD, which has no body.
fn call(text: &mut String, tape: &mut Tape<'_>, world: World) -> bool {
    maybe(text, tape, 50, "url", &["/a", "/b", "/{index}", "/{tab}/{index}", "/{{index}", "/{tab}"]);
    let method = tape.chance(15).then(|| tape.pick(&["POST", "GET", "HEAD"]));
    if let Some(method) = method {
        line(text, "method", method);
    }
    let head = method == Some("HEAD");
    origin(text, tape, 40, world);
    maybe(text, tape, 25, "credentials", &["omit", "include"]);
    maybe(text, tape, 60, "priority", &["low", "high", "auto", "lowest", "highest"]);
    maybe(text, tape, 25, "cache", &["no-store", "reload", "default"]);
    maybe(text, tape, 35, "response_cache_control", &["max-age=1", "no-store", "max-age=0", "max-age=60"]);
    maybe(text, tape, 8, "fresh_for", &["300ms", "1s", "1h"]);
    if maybe(text, tape, 50, "deadline", TIMES) {
        let until = tape.chance(50).then(|| tape.pick(&["sent", "headers", "end"]));
        if let Some(until) = until {
            line(text, "deadline_until", until);
        }
        let from = if until == Some("sent") { &["issued", "queue"][..] } else { &["issued", "queue", "sent"] };
        maybe(text, tape, 30, "deadline_from", from);
        maybe(text, tape, 15, "deadline_aborts", &["false"]);
    }
    outcomes::request(text, tape);
    head
}

fn request(text: &mut String, tape: &mut Tape<'_>, made: &[Made], world: World) -> Made {
    let number = u32::try_from(made.len()).unwrap();
    let World { queues, sockets, .. } = world;
    let name = format!("r{number}");
    writeln!(text, "[request.{name}]").unwrap();
    let (mut poll, mut stream) = (false, false);
    let (mut copies, by_one) = (Some(1), tape.chance(20));
    if by_one {
        copies = Some(tape.below(4));
    }
    match tape.below(6) {
        1 | 2 if number > 0 => {
            // How many instances there will be is not known yet where they are alike.
            line(text, "after", causes(tape, made, if by_one { copies } else { Some(u32::MAX) }));
            if tape.chance(50) {
                line(text, "delay", time(tape));
            }
        }
        3 if number > 0 && sockets > 0 => line(text, "after", format!("s{}.open", tape.below(sockets))),
        4 if number > 0 && !by_one => {
            stream = true;
            line(text, "arrivals", tape.pick(&["{ rate_per_second = 3 }", "{ rate_per_second = 10, until = \"1s\" }"]));
        }
        0 => {}
        _ => line(text, "start", time(tape)),
    }
    if !stream {
        poll = maybe(text, tape, 35, "every", PERIODS);
        if !by_one && tape.chance(60) {
            let count = if poll { tape.pick(&["1", "2", "{ per = { p = 1 } }"]).to_owned() } else { count(tape) };
            copies = count.parse().ok();
            line(text, "count", count);
        }
        if poll {
            polls(text, tape, sockets);
        }
    }
    let head = call(text, tape, world);
    if text.rsplit("[request.").next().is_some_and(|own| !own.contains("supersedes")) {
        maybe(text, tape, 30, "dedupe", &["true"]);
    }
    if queues > 0 && tape.chance(50) {
        line(text, "queue", format!("q{}", tape.below(queues)));
    }
    let works = !tape.chance(50);
    if !works {
        line(text, "service", time(tape));
    } else {
        work(text, tape);
        if maybe(text, tape, 30, "segments", &["2", "3", "7"]) {
            maybe(text, tape, 30, "lookup_before_segment", &["2", "1"]);
        }
    }
    looks_up(text, tape, 40, world);
    if !head && tape.chance(50) {
        line(text, "body", time(tape));
    }
    maybe(text, tape, 12, "reads_body", &["false"]);
    if tape.chance(15) {
        line(text, "stalled", time(tape));
    }
    if !head {
        maybe(text, tape, 25, "body_bytes", &["0", "1000000", "20000"]);
    }
    maybe(text, tape, 10, "request_bytes", &["0", "500", "30000"]);
    if by_one {
        each(text, tape, made, copies.unwrap_or(0), (works, head));
    }
    Made { name, poll, stream, copies: copies.filter(|_| !stream), each: by_one }
}

fn cache(text: &mut String, tape: &mut Tape<'_>, number: u32) {
    writeln!(text, "[server_cache.m{number}]").unwrap();
    work(text, tape);
    line(text, "ttl", tape.pick(&["1s", "0s", "100ms"]));
    maybe(text, tape, 30, "single_flight", &["false"]);
    maybe(text, tape, 30, "ttl_from", &["end", "start"]);
    maybe(text, tape, 30, "join_within", &["100ms", "0s"]);
    maybe(text, tape, 30, "invalidated_by", &["[\"r0\"]"]);
}

fn background_call(text: &mut String, tape: &mut Tape<'_>, number: u32, world: World) {
    writeln!(text, "[background.j{number}]").unwrap();
    line(text, "every", tape.pick(PERIODS));
    maybe(text, tape, 50, "skip_while_in_flight", &["true"]);
    maybe(text, tape, 40, "deadline", TIMES);
    origin(text, tape, 40, world);
    looks_up(text, tape, 40, world);
    work(text, tape);
    maybe(text, tape, 30, "segments", &["2", "3"]);
}

fn socket(text: &mut String, tape: &mut Tape<'_>, number: u32, world: World) {
    writeln!(text, "[socket.s{number}]").unwrap();
    line(text, "kind", tape.pick(&["websocket", "event-source"]));
    match tape.below(4) {
        1 => {
            line(text, "after", tape.pick(&["r0.headers", "[\"r0.headers\"]", "{ any = [\"r0.ok\", \"r0.failed\"] }"]))
        }
        2 => line(text, "opens", time(tape)),
        _ => {}
    }
    if tape.chance(60) {
        line(text, "handshake", time(tape));
    }
    if tape.chance(40) {
        line(text, "lasts", time(tape));
    }
    outcomes::socket(text, tape);
    origin(text, tape, 30, world);
    if tape.chance(20) {
        line(text, "count", count(tape));
    }
    if world.background > 0 && tape.chance(50) {
        line(text, "snapshot_by", "[\"j0\"]");
    } else {
        line(text, "snapshot_every", tape.pick(&["500ms", "300ms", "1s"]));
    }
}

fn load(text: &mut String, tape: &mut Tape<'_>, requests: &[Made]) {
    let named: Vec<&str> = requests.iter().filter(|made| !made.stream).map(|made| made.name.as_str()).collect();
    let mut ready = vec![tape.pick(&named)];
    if tape.chance(40) {
        ready.push(tape.pick(&named));
        ready.dedup();
    }
    text.push_str("[load]\n");
    writeln!(text, "ready = {ready:?}").unwrap();
    if tape.chance(60) {
        let culprit = &tape.pick(&requests.iter().collect::<Vec<_>>()).name;
        let rule = tape.pick(&[
            "",
            ", failures = 2",
            ", failures = 0, no_success_for = \"500ms\"",
            ", no_success_for = \"1s\"",
        ]);
        if tape.chance(25) {
            let other = &tape.pick(&requests.iter().collect::<Vec<_>>()).name;
            writeln!(text, "error.one = {{ request = \"{culprit}\"{rule} }}").unwrap();
            writeln!(text, "error.other = {{ request = \"{other}\", failures = 2 }}").unwrap();
        } else {
            writeln!(text, "error = {{ request = \"{culprit}\"{rule} }}").unwrap();
        }
        maybe(text, tape, 40, "error_is_final", &["false"]);
        maybe(text, tape, 50, "fails", &["not-ready", "error-shown", "any-error"]);
    } else {
        maybe(text, tape, 20, "fails", &["not-ready", "any-error"]);
    }
}

/// A scenario of up to seven kinds of requests.
pub fn scenario(tape: &mut Tape<'_>) -> Scenario {
    let mut text = "schema = 1\n".to_owned();
    line(&mut text, "horizon", tape.pick(&["3s", "1s", "5s", "10s"]));
    writeln!(text, "[parameters]\nfive = 5\nshare = 0.25\np = {}\nq = {}", parameter(tape), parameter(tape)).unwrap();
    browser(&mut text, tape);
    text.push_str("[server]\n");
    server(&mut text, tape);
    let origins = tape.below(3);
    for number in 0..origins {
        writeln!(text, "[origin.o{number}]").unwrap();
        server(&mut text, tape);
    }
    let queues = tape.below(3);
    for number in 0..queues {
        writeln!(text, "[queue.q{number}]\nlimit = {}", tape.pick(&["1", "2", "\"five\""])).unwrap();
        maybe(&mut text, tape, 40, "release_on", &["headers", "end"]);
        maybe(&mut text, tape, 40, "order", &["lifo"]);
    }
    let server_caches = tape.below(5).saturating_sub(2);
    (0..server_caches).for_each(|number| cache(&mut text, tape, number));
    let sockets = tape.below(6).saturating_sub(3);
    let background = tape.below(5).saturating_sub(2);
    let world = World { origins, queues, sockets, server_caches, background };
    let kinds = 1 + tape.below(7);
    let mut requests: Vec<Made> = Vec::new();
    for _ in 0..kinds {
        let made = request(&mut text, tape, &requests, world);
        requests.push(made);
    }
    (0..sockets).for_each(|number| socket(&mut text, tape, number, world));
    (0..background).for_each(|number| background_call(&mut text, tape, number, world));
    load(&mut text, tape, &requests);
    if text.matches("\nprotocol = ").count() == 1 + origins as usize {
        // Rules of HTTP/1.1 are refused where nothing speaks it.
        let is_kept = |line: &&str| !H1_RULES.iter().any(|rule| line.starts_with(&format!("{rule} = ")));
        text = text.lines().filter(is_kept).map(|line| format!("{line}\n")).collect();
    }
    Scenario { text, requests, queues: queues as usize, server_caches: server_caches as usize }
}
