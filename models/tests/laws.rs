//! Exact laws of queueing theory, through scenario files: each estimate is within three standard errors.
//!
//! Source of the laws: docs/laws.md. Each expected number is written as in its table and computed again by its formula,
//! and the two must agree. Loads are the replications: independent, of one seed, without the warm-up, so that the
//! standard errors need no assumption about what happens inside a load.

#![allow(clippy::unwrap_used, missing_docs)]
#![expect(clippy::disallowed_methods, reason = "no simulated number comes from here: the last bit does not matter")]

#[path = "laws/formulas.rs"]
mod formulas;

use sixslot_models::load::{Extent, Load, Outcome, Request};
use sixslot_models::{Document, Plan};
use sixslot_sim_core::Time;

/// Requests issued before the first time are the warm-up; those after the second may not have ended.
const WINDOW: (f64, f64) = (600.0, 3900.0);
const LENGTH: f64 = WINDOW.1 - WINDOW.0;
const LOADS: u64 = 60;

const M_M_6: &str = include_str!("laws/m_m_6.toml");
const PATIENCE: &str = include_str!("laws/patience.toml");
const ABORT: &str = include_str!("laws/abort.toml");
const PRIORITIES: &str = include_str!("laws/priorities.toml");
const SHARING: &str = include_str!("laws/sharing.toml");
const LADDER: &str = include_str!("laws/ladder.toml");

fn plan(text: &str, sets: &[String]) -> Plan {
    Document::read("law", text, sets).unwrap().plan(&[], &[]).unwrap()
}

fn set(path: &str, value: impl std::fmt::Display) -> String {
    format!("{path}={value}")
}

fn rate(per_second: f64) -> String {
    set("request.job.arrivals.rate_per_second", per_second)
}

/// A number of docs/laws.md#values, computed again: both agree to the last digit of the table.
fn table(written: &str, computed: f64) -> f64 {
    let (mantissa, exponent) = written.split_once('e').unwrap_or((written, "0"));
    let digits = mantissa.split_once('.').map_or(0, |(_, digits)| digits.len());
    let last = 10_f64.powi(exponent.parse::<i32>().unwrap() - i32::try_from(digits).unwrap());
    let value: f64 = written.parse().unwrap();
    assert!((value - computed).abs() <= last, "the table has {written}, the formula gives {computed}");
    computed
}

/// The contribution of one load to a quantity: a sum and its divisor.
type Part = (f64, f64);

/// An estimate and its standard error.
type Estimate = (f64, f64);

/// The ratio of two means over loads, with the standard error of the delta method.
fn ratio(parts: &[Part]) -> Estimate {
    let n = parts.len() as f64;
    let (sum, weight) = parts.iter().fold((0.0, 0.0), |(sum, weight), part| (sum + part.0, weight + part.1));
    let estimate = sum / weight;
    let variance = parts.iter().map(|part| (part.0 - estimate * part.1).powi(2)).sum::<f64>() / (n - 1.0);
    (estimate, (variance / n).sqrt() / (weight / n))
}

/// Estimates several quantities from the same loads. Each scenario has its own seed: with one seed for all, the
/// rows of the table would repeat the same evidence, because the streams of random numbers are common.
fn observe<const N: usize>(plan: &Plan, seed: u64, look: impl Fn(&Load) -> [Part; N]) -> [Estimate; N] {
    let mut load = Load::new();
    let mut parts = [const { Vec::new() }; N];
    for number in 0..LOADS {
        load.simulate(plan, seed, number, Extent::Whole).unwrap();
        parts.iter_mut().zip(look(&load)).for_each(|(parts, part)| parts.push(part));
    }
    parts.map(|parts| ratio(&parts))
}

/// Prints a row of the table of results, and fails beyond three standard errors.
fn check(law: &str, exact: f64, (estimate, error): Estimate) {
    let deviation = (estimate - exact) / error;
    println!("| {law} | {exact:.9} | {estimate:.9} | {error:.1e} | {deviation:+.2} |");
    assert!(deviation.abs() < 3.0, "{law}: exact {exact}, estimate {estimate}, {deviation} standard errors off");
}

/// The requests of the first class that were issued inside the window.
fn jobs(load: &Load) -> impl Iterator<Item = &Request> {
    of_class(load, 0)
}

fn of_class(load: &Load, class: usize) -> impl Iterator<Item = &Request> {
    let inside = |issued: Time| (WINDOW.0..WINDOW.1).contains(&issued.as_seconds_f64());
    load.requests().iter().filter(move |request| request.class == class && inside(request.issued))
}

/// The mean of a quantity over requests.
fn mean<'a>(requests: impl Iterator<Item = &'a Request>, quantity: impl Fn(&Request) -> f64) -> Part {
    requests.fold((0.0, 0.0), |(sum, count), request| (sum + quantity(request), count + 1.0))
}

fn share<'a>(requests: impl Iterator<Item = &'a Request>, holds: impl Fn(&Request) -> bool) -> Part {
    mean(requests, |request| f64::from(u8::from(holds(request))))
}

/// Seconds from the issue to the slot, or to the abort of one that never got it.
fn wait(request: &Request) -> f64 {
    (request.slot_from.or(request.ended).unwrap() - request.issued).as_seconds_f64()
}

fn sojourn(request: &Request) -> f64 {
    (request.ended.unwrap() - request.issued).as_seconds_f64()
}

fn aborted(request: &Request) -> bool {
    request.outcome == Outcome::Aborted
}

/// The mean number, over the window, of requests between two points of their lives.
fn number(load: &Load, between: impl Fn(&Request) -> (Time, Time)) -> Part {
    let inside = |time: Time| time.as_seconds_f64().clamp(WINDOW.0, WINDOW.1);
    let jobs = load.requests().iter().filter(|request| request.class == 0);
    let area = jobs.map(between).map(|(from, until)| inside(until) - inside(from)).sum();
    (area, LENGTH)
}

/// When the request had a slot.
fn slot(request: &Request) -> (Time, Time) {
    request.slot_from.zip(request.slot_until).unwrap_or_default()
}

/// When the request waited for one.
fn queued(request: &Request) -> (Time, Time) {
    let until = request.slot_from.or(request.ended);
    (request.issued, until.unwrap_or(Time::MAX))
}

#[test]
fn erlang_c_gives_the_waits_of_six_slots() {
    let rows = [
        (11, 0.5, "0.0521571152608", "0.0991432068543", "0.0330477356181"),
        (12, 0.9, "0.221669603493", "0.740125700282", "1.23354283380"),
    ];
    for (seed, rho, erlang_b, probability, wait_of_all) in rows {
        let a = 6.0 * rho;
        table(erlang_b, formulas::erlang_b(6, a));
        let plan = plan(M_M_6, &[rate(a)]);
        let [positive, mean_wait, busy, arrivals, little] = observe(&plan, seed, |load| {
            let (area, waits) = (number(load, queued).0, mean(jobs(load), wait));
            [
                share(jobs(load), |request| wait(request) > 0.0),
                waits,
                number(load, slot),
                (waits.1, LENGTH),
                // Little's law: the area under the number of waiting requests is the sum of their waits.
                (area, waits.0),
            ]
        });
        check(&format!("M/M/6 rho {rho}: P(wait > 0)"), table(probability, formulas::erlang_c(6, a)), positive);
        check(&format!("M/M/6 rho {rho}: mean wait, s"), table(wait_of_all, formulas::mean_wait(6, a)), mean_wait);
        check(&format!("M/M/6 rho {rho}: mean busy slots"), a, busy);
        check(&format!("M/M/6 rho {rho}: arrivals a second"), a, arrivals);
        check(&format!("M/M/6 rho {rho}: Little, Lq / (lambda Wq)"), 1.0, little);
    }
}

#[test]
fn barrer_gives_who_loses_patience() {
    let rows = [
        (0.5, "0.5s", "0.0111846321306", "0.0203686248980"),
        (0.5, "1s", "0.00247413102569", "0.0290059483367"),
        (0.5, "2s", "0.000122890820194", "0.0327240880276"),
        (0.9, "0.5s", "0.108245759327", "0.144072954417"),
        (0.9, "1s", "0.0640244005200", "0.301041451174"),
        (0.9, "2s", "0.0278871380056", "0.576388529456"),
        (1.2, "0.5s", "0.232336353798", "0.260227980786"),
        (1.2, "1s", "0.197266947565", "0.609221332238"),
        (1.2, "2s", "0.174835249315", "1.43562901955"),
    ];
    for (seed, (rho, tau, gives_up, waits)) in (21..).zip(rows) {
        let a = 6.0 * rho;
        let exact = formulas::patience(6, a, tau.trim_end_matches('s').parse().unwrap());
        let plan = plan(PATIENCE, &[rate(a), set("request.job.deadline", tau)]);
        let [lost, waited, busy] =
            observe(&plan, seed, |load| [share(jobs(load), aborted), mean(jobs(load), wait), number(load, slot)]);
        let name = format!("M/M/6+D rho {rho} tau {tau}");
        check(&format!("{name}: P(abandon)"), table(gives_up, exact.0), lost);
        check(&format!("{name}: E[W], s"), table(waits, exact.1), waited);
        check(&format!("{name}: mean busy slots"), a * (1.0 - exact.0), busy);
    }
}

#[test]
fn crommelin_gives_the_waits_of_constant_services() {
    for (seed, rho, waits) in [(31, 0.5, "0.0199379634172"), (32, 0.9, "0.629966301451")] {
        let plan = plan(M_M_6, &[rate(6.0 * rho), set("request.job.service", "1s")]);
        let [waited] = observe(&plan, seed, |load| [mean(jobs(load), wait)]);
        check(&format!("M/D/6 rho {rho}: mean wait, s"), table(waits, formulas::crommelin(6, 6.0 * rho)), waited);
    }
}

#[test]
fn cobham_gives_the_waits_of_three_priorities() {
    let rows = [
        (41, 0.5, ["0.0198286413709", "0.0297429620563", "0.0495716034272"]),
        (42, 0.9, ["0.176220404829", "0.440551012073", "3.08385708451"]),
    ];
    for (seed, rho, waits) in rows {
        let rates = [2.0 * rho; 3];
        let sets = ["first", "second", "third"];
        let sets = sets.map(|class| set(&format!("request.{class}.arrivals.rate_per_second"), rates[0]));
        let plan = plan(PRIORITIES, &sets);
        let estimates = observe(&plan, seed, |load| [0, 1, 2].map(|class| mean(of_class(load, class), wait)));
        for (class, exact) in formulas::cobham(6, &rates).into_iter().enumerate() {
            let name = format!("three priorities, rho {rho}: W{}, s", class + 1);
            check(&name, table(waits[class], exact), estimates[class]);
        }
    }
}

#[test]
fn shared_workers_do_not_mind_the_law_of_the_work() {
    let laws = [
        ("exponential", "{ distribution = \"exponential\", mean = \"1s\" }"),
        ("constant", "1s"),
        ("log-normal, deviation 2 s", "{ distribution = \"log-normal\", mean = \"1s\", std_dev = \"2s\" }"),
    ];
    for (seed, rho, time) in [(51, 0.5, "1.03304773562"), (54, 0.9, "2.23354283380")] {
        let exact = table(time, formulas::sharing(6, 6.0 * rho));
        for (seed, (name, law)) in (seed..).zip(laws) {
            let plan = plan(SHARING, &[rate(6.0 * rho), set("request.job.work", law)]);
            let [spent] = observe(&plan, seed, |load| [mean(jobs(load), sojourn)]);
            check(&format!("M/G/6-PS rho {rho}, work {name}: E[T], s"), exact, spent);
        }
    }
}

#[test]
fn a_full_queue_turns_away_as_many_as_erlang_says() {
    let exponential = "{ distribution = \"exponential\", mean = \"1s\" }";
    let rows = [
        (55, 0.9, 4, "0.0862572355195", "fifo", exponential),
        (56, 1.2, 2, "0.259465193394", "fifo", exponential),
        (57, 0.9, 4, "0.0862572355195", "processor-sharing", "1s"),
    ];
    for (seed, rho, waiting, written, discipline, work) in rows {
        let sets = [
            rate(6.0 * rho),
            set("request.job.work", work),
            set("server.discipline", discipline),
            set("server.queue.limit", waiting),
            set("horizon", "2000s"),
        ];
        let [refused] =
            observe(&plan(SHARING, &sets), seed, |load| [share(jobs(load), |request| request.status == 503)]);
        let exact = table(written, formulas::loss(6, 6.0 * rho, waiting));
        check(&format!("M/M/6/6+{waiting} rho {rho}, {discipline}: P(503)"), exact, refused);
    }
}

#[test]
fn one_slot_with_aborts_until_the_end() {
    let rows = [(61, 0.9, "1s", "0.538658660", "0.487398511"), (62, 1.2, "2s", "0.253103800", "0.377586500")];
    for (seed, lambda, tau, idle, aborts) in rows {
        let exact = formulas::abort(lambda, tau.trim_end_matches('s').parse().unwrap());
        let plan = plan(ABORT, &[rate(lambda), set("request.job.deadline", tau)]);
        // An arrival sees the server in its stationary state (PASTA): idle if it does not wait.
        let [at_once, lost] = observe(&plan, seed, |load| {
            [share(jobs(load), |request| request.slot_from == Some(request.issued)), share(jobs(load), aborted)]
        });
        check(&format!("one slot, lambda {lambda} tau {tau}: P0"), table(idle, exact.0), at_once);
        check(&format!("one slot, lambda {lambda} tau {tau}: P(abort)"), table(aborts, exact.1), lost);
    }
}

#[test]
fn endless_slots_with_aborts_until_the_end() {
    for (seed, tau) in [(71, "0.5s"), (72, "1s"), (73, "3s")] {
        let sets = [rate(5.4), set("request.job.deadline", tau), set("browser.connections", 100_000)];
        let exact = (-tau.trim_end_matches('s').parse::<f64>().unwrap()).exp();
        let [lost, busy] = observe(&plan(ABORT, &sets), seed, |load| [share(jobs(load), aborted), number(load, slot)]);
        check(&format!("endless slots, tau {tau}: P(abort)"), exact, lost);
        check(&format!("endless slots, tau {tau}: mean busy slots"), 5.4 * (1.0 - exact), busy);
    }
}

/// The number of loads of a scenario that show the error.
fn failures(plan: &Plan, seed: u64, loads: u64) -> u32 {
    let mut load = Load::new();
    let mut fails = |number| {
        load.simulate(plan, seed, number, Extent::Whole).unwrap();
        let session = load.requests().iter().find(|request| request.class == 1).unwrap();
        assert_eq!(load.verdict().failed, session.slot_from.is_none());
        u32::from(load.verdict().failed)
    };
    (0..loads).map(&mut fails).sum()
}

fn check_share(law: &str, exact: f64, found: u32, loads: u64) {
    let n = loads as f64;
    check(law, exact, (f64::from(found) / n, (exact * (1.0 - exact) / n).sqrt()));
}

#[test]
fn the_ladder_of_bursts() {
    let document = Document::read("ladder", LADDER, &[]).unwrap();
    // Five slots of mean 2 s end 20 requests in 8 s.
    let rows =
        [(81, 10, "0.0108117", 100_000), (82, 9, "4.99541230831e-3", 100_000), (83, 5, "7.19088405284e-5", 600_000)];
    for (seed, ahead, written, loads) in rows {
        let exact = table(written, formulas::poisson_at_most(ahead, 20.0));
        let plan = document.plan(&[], &[("ahead", f64::from(ahead))]).unwrap();
        let found = failures(&plan, seed, loads);
        check_share(&format!("burst with {ahead} ahead: P(wait > 8 s)"), exact, found, loads);
        if ahead == 5 {
            let (below, above) = formulas::rare_tails(found, exact * loads as f64);
            assert!(below > 0.00135 && above > 0.00135, "{found} of {loads}: tails {below} and {above}");
        }
    }
}

#[test]
fn one_wave_of_any_law() {
    // No request ahead: the session waits until the first of five ends, P(wait > d) = (1 - F(d))^5.
    let laws = [
        ("uniform to 10 s", "{ distribution = \"uniform\", low = \"0s\", high = \"10s\" }", 0.2_f64.powi(5)),
        ("exponential, 10 s", "{ distribution = \"exponential\", mean = \"10s\" }", (-4.0_f64).exp()),
        // 8 s is the 80th percentile, so 0.2 remains.
        ("log-normal, p80 8 s", "{ distribution = \"log-normal\", median = \"2s\", p80 = \"8s\" }", 0.2_f64.powi(5)),
    ];
    for (seed, (name, law, exact)) in (91..).zip(laws) {
        let plan = plan(LADDER, &[set("request.burst.service", law), set("parameters.ahead", 0)]);
        check_share(&format!("one wave, {name}: P(wait > 8 s)"), exact, failures(&plan, seed, 200_000), 200_000);
    }
}
