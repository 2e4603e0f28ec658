//! The lab's servers against the simulator's: two implementations of the same disciplines, server caches and background
//! calls.
//!
//! Random scenarios in which the browser holds nothing back, so that a request is at its server when it is issued; all
//! times are random to the nanosecond, so that nothing happens at once and order decides nothing.

#![allow(clippy::unwrap_used, missing_docs)]

use sixslot_lab::server::works::{Said, TaskId, Works};
use sixslot_models::class::Kind;
use sixslot_models::load::{Draws, Extent, Load, Outcome, Request};
use sixslot_models::{Document, Plan};
use sixslot_sim_core::{Purpose, Span, Stream, Streams, Time};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A stream of random choices.
struct Maker(Stream);

impl Maker {
    fn below(&mut self, limit: u32) -> u32 {
        (self.0.next_uniform() * f64::from(limit)) as u32
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// A time of up to `most` milliseconds, to the nanosecond.
    fn time(&mut self, most: u32) -> String {
        format!("{}ns", (self.0.next_uniform() * f64::from(most) * 1e6) as u64 + 1)
    }
}

/// Servers of random disciplines.
fn write_origins(text: &mut String, maker: &mut Maker) {
    let disciplines = ["independent", "processor-sharing", "fifo", "event-loop"];
    let origins = ["server", "origin.other"];
    for origin in origins {
        let discipline = disciplines[maker.below(4) as usize];
        writeln!(text, "[{origin}]\ndiscipline = \"{discipline}\"\ncancel_on_disconnect = {}", maker.chance(50))
            .unwrap();
        if discipline != "event-loop" {
            writeln!(text, "workers = {}", 1 + maker.below(3)).unwrap();
        }
        if ["fifo", "processor-sharing"].contains(&discipline) && maker.chance(40) {
            writeln!(text, "queue = {{ limit = {} }}", maker.below(4)).unwrap();
        }
        if discipline == "fifo" && maker.chance(50) {
            writeln!(text, "worker_until = \"end\"").unwrap();
        }
        if discipline == "processor-sharing" && maker.chance(50) {
            writeln!(text, "slowdown_exponent = 1.{}", maker.below(9)).unwrap();
        }
    }
}

/// Random work for a request or a background call.
fn write_work(text: &mut String, maker: &mut Maker, server_caches: u32) {
    let segments = 1 + maker.below(4);
    writeln!(text, "work = \"{}\"\nio_time = \"{}\"\nsegments = {segments}", maker.time(60), maker.time(40)).unwrap();
    if maker.chance(50) {
        writeln!(text, "origin = \"other\"").unwrap();
    }
    if server_caches > 0 && maker.chance(50) {
        let first = maker.below(server_caches);
        writeln!(
            text,
            "looks_up = [\"m{first}\", \"m{}\"]\nlookup_before_segment = {}",
            server_caches - 1,
            1 + maker.below(segments)
        )
        .unwrap();
    }
}

fn scenario(number: u64) -> String {
    let mut maker = Maker(Streams::new(7, number).stream(Purpose::named("scenario"), 0));
    let mut text = "schema = 1\nhorizon = \"4s\"\n[browser]\nprofile = \"as-reported\"\nconnections = 1000\nconnections_total = 1000\n".to_owned();
    write_origins(&mut text, &mut maker);
    let server_caches = maker.below(3);
    let (requests, background) = (3 + maker.below(20), maker.below(3));
    for request in 0..requests {
        writeln!(text, "[request.r{request}]\nstart = \"{}\"", maker.time(500)).unwrap();
        if maker.chance(30) {
            writeln!(text, "every = \"{}\"", maker.time(900)).unwrap();
        }
        if maker.chance(40) {
            writeln!(text, "deadline = \"{}\"", maker.time(150)).unwrap();
        }
        if maker.chance(50) {
            writeln!(text, "body = \"{}\"", maker.time(80)).unwrap();
        }
        if maker.chance(10) {
            writeln!(text, "service = \"{}\"", maker.time(100)).unwrap();
        } else {
            write_work(&mut text, &mut maker, server_caches);
        }
    }
    for background in 0..background {
        writeln!(
            text,
            "[background.j{background}]\nevery = \"{}\"\nskip_while_in_flight = {}",
            maker.time(700),
            maker.chance(50)
        )
        .unwrap();
        writeln!(text, "start = \"{}\"", maker.time(300)).unwrap();
        if maker.chance(50) {
            writeln!(text, "deadline = \"{}\"", maker.time(150)).unwrap();
        }
        write_work(&mut text, &mut maker, server_caches);
    }
    for cache in 0..server_caches {
        let flight = maker.chance(50);
        writeln!(text, "[server_cache.m{cache}]\nttl = \"{}\"\nsingle_flight = {flight}", maker.time(300)).unwrap();
        writeln!(text, "work = \"{}\"\nio_time = \"{}\"", maker.time(50), maker.time(50)).unwrap();
        if maker.chance(40) {
            writeln!(text, "join_within = \"{}\"", maker.time(60)).unwrap();
        }
        if maker.chance(50) {
            writeln!(text, "invalidated_by = [\"r{}\"]", maker.below(requests)).unwrap();
        }
    }
    text.push_str("[load]\nready = [\"r0\"]\n");
    // A period or a deadline of a few nanoseconds floods the load.
    text.replace("every = \"", "every = \"50ms ")
}

/// What happens at the servers from outside.
#[derive(Clone, Copy)]
enum Outside {
    Arrives(usize),
    Goes(usize),
}

/// When each request, by number, was answered, and whether by the server's queue.
type Answers = BTreeMap<usize, (Time, bool)>;

/// When each request, by number, got its headers of the lab's servers and whether their queue answered, and when each background
/// call succeeded.
fn work_through(plan: &Plan, requests: &[Request], seed: u64) -> (Answers, BTreeMap<usize, Vec<Time>>) {
    let draws = Draws::new(plan, seed, 0).unwrap();
    let mut works = Works::new(plan, &draws);
    let mut outside: Vec<(Time, Outside)> = Vec::new();
    for (number, request) in requests.iter().enumerate() {
        if plan.classes()[request.class].kind == Kind::Background {
            continue;
        }
        outside.extend(request.sent.map(|at| (at, Outside::Arrives(number))));
        // Shares are rounded: what has been answered is answered a little later in the other implementation.
        let late = if request.outcome == Outcome::Aborted { Span::ZERO } else { Span::from_nanos(100) };
        outside.extend(request.ended.map(|at| (at + late, Outside::Goes(number))));
    }
    outside.sort_by_key(|(at, _)| *at);
    let mut tasks: BTreeMap<usize, TaskId> = BTreeMap::new();
    let mut owners: BTreeMap<TaskId, usize> = BTreeMap::new();
    let (mut answers, mut background) = (BTreeMap::new(), BTreeMap::<usize, Vec<Time>>::new());
    let mut note = |said: Vec<Said>, owners: &BTreeMap<TaskId, usize>| {
        for said in said {
            match said {
                Said::Answer { task, at, turned_away } => drop(answers.insert(owners[&task], (at, turned_away))),
                Said::BackgroundDone { class, at } => background.entry(class).or_default().push(at),
            }
        }
    };
    for (at, what) in outside {
        note(works.advance(at), &owners);
        match what {
            Outside::Arrives(number) => {
                let request = &requests[number];
                let task = works.arrive(at, request.class, request.call());
                tasks.insert(number, task);
                owners.insert(task, number);
            }
            Outside::Goes(number) => tasks.get(&number).into_iter().for_each(|task| works.abort(at, *task)),
        }
    }
    note(works.advance(plan.horizon()), &owners);
    (answers, background)
}

#[test]
fn both_servers_answer_at_the_same_time() {
    let (mut compared, mut aborted, mut turned_away) = (0, 0, 0);
    for number in 0..600 {
        let text = scenario(number);
        let plan = Document::read("random.toml", &text, &[]).and_then(|document| document.plan(&[], &[]));
        let plan = plan.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let mut load = Load::new();
        load.simulate(&plan, number, 0, Extent::Whole).unwrap();
        let (answers, background) = work_through(&plan, load.requests(), number);
        let mut expected_background = BTreeMap::<usize, Vec<Time>>::new();
        for (request, simulated) in load.requests().iter().enumerate() {
            let class = &plan.classes()[simulated.class];
            aborted += usize::from(simulated.outcome == Outcome::Aborted);
            if class.kind == Kind::Background {
                expected_background.entry(simulated.class).or_default().extend(simulated.headers);
                continue;
            }
            compared += 1;
            turned_away += usize::from(simulated.status == 503);
            let answer = answers.get(&request).copied();
            assert_eq!(answer.is_some_and(|(_, away)| away), simulated.status == 503, "scenario {number}\n{text}");
            let both = (simulated.headers, answer.map(|(at, _)| at));
            // Shares are rounded to whole nanoseconds at each change.
            let same = match both {
                (Some(one), Some(other)) => one.as_nanos().abs_diff(other.as_nanos()) < 10_000,
                (one, other) => one == other,
            };
            assert!(same, "scenario {number}, {} {}: {both:?}\n{text}", class.name, simulated.attempt);
        }
        for (class, mut times) in expected_background {
            times.sort_unstable();
            let real = background.get(&class).cloned().unwrap_or_default();
            assert_eq!(real.len(), times.len(), "scenario {number}, {}\n{text}", plan.classes()[class].name);
        }
    }
    assert!(compared > 10_000 && aborted > 2_000, "{compared} requests, {aborted} aborted");
    assert!(turned_away > 200, "{turned_away} turned away");
}
