//! Runs the engine of this repository and others on two workloads, in turn, and prints a table of the single runs.
//!
//! Rule: one process runs A B C ... A B C ... on one core, so that what else the machine does meets all of them. The first
//! turn warms up and is not printed. `scripts/measure-speed` builds this, checks every engine against the exact value and
//! writes results/speed.
//!
//! Usage: sixslot-peers runs ROUNDS [INTERPRETER SCRIPT] | sixslot-peers growth

mod burst;
mod clock;
mod customers;
mod draws;
mod engines;
mod growth;

use clock::{Elapsed, timed};
use customers::Customers;
use engines::python::Python;
use engines::{binary_heap, no_heap, ours};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Customers of a run, in Rust and in Python; loads of a run, in Rust and in each Python library.
const CUSTOMERS: u64 = 1_000_000;
const FEW_CUSTOMERS: u64 = 12_000;
const LOADS: u64 = 100_000;
const SIMPY_LOADS: u64 = 2_500;
const CIW_LOADS: u64 = 1_500;
/// Before the numbers of the rounds, so that no run shares a load with a test.
const SEED: u64 = 1_600;
const OURS: &str = "sixslot";

/// What a run counted: the units it simulated, the work in them (events or loads), how many units were lost.
struct Counted {
    units: u64,
    work: u64,
    hits: u64,
}

type Run<'a> = Box<dyn Fn(u64, u64) -> Result<(Counted, Elapsed), String> + 'a>;

struct Entrant<'a> {
    workload: &'static str,
    engine: &'static str,
    units: u64,
    run: Run<'a>,
}

/// Times an engine of this process.
fn here<'a, T: 'a>(run: impl Fn(u64, u64) -> Result<T, String> + 'a, count: fn(T, u64) -> Counted) -> Run<'a> {
    Box::new(move |seed, units| {
        let (result, elapsed) = timed(|| run(seed, units));
        Ok((count(result?, units), elapsed))
    })
}

fn queue(counts: Customers, _: u64) -> Counted {
    Counted { units: counts.arrived, work: counts.events(), hits: counts.abandoned }
}

fn page(failed: u64, loads: u64) -> Counted {
    Counted { units: loads, work: loads, hits: failed }
}

fn there<'a>(python: &'a RefCell<Python>, library: &'static str, workload: &'static str) -> Run<'a> {
    Box::new(move |seed, units| {
        let (units, work, hits, elapsed) = python.borrow_mut().ask(library, workload, seed, units)?;
        Ok((Counted { units, work, hits }, elapsed))
    })
}

fn entrants<'a>(python: Option<&'a RefCell<Python>>) -> Result<Vec<Entrant<'a>>, String> {
    let reported = ours::plan(&["browser.profile=\"as-reported\"".to_owned()])?;
    let chromium = ours::plan(&[])?;
    let customers: Box<[(&str, Run<'a>)]> = Box::new([
        (OURS, here(|seed, units| Ok(ours::customers(seed, units)), queue)),
        ("no heap, by hand", here(|seed, units| Ok(no_heap::customers(seed, units)), queue)),
        ("binary heap, by hand", here(|seed, units| Ok(binary_heap::customers(seed, units)), queue)),
        #[cfg(feature = "simcore")]
        ("simcore", here(|seed, units| Ok(engines::crate_simcore::customers(seed, units)), queue)),
        #[cfg(feature = "odem-rs")]
        ("odem-rs", here(engines::crate_odem::customers, queue)),
        #[cfg(feature = "nexosim")]
        ("nexosim", here(engines::crate_nexosim::customers, queue)),
    ]);
    let loads: Box<[(&str, Run<'a>)]> = Box::new([
        (OURS, here(move |seed, units| ours::loads(&chromium, seed, units), page)),
        ("sixslot, as-reported", here(move |seed, units| ours::loads(&reported, seed, units), page)),
        ("no heap, by hand", here(|seed, units| Ok(no_heap::loads(seed, units)), page)),
        ("binary heap, by hand", here(|seed, units| Ok(binary_heap::loads(seed, units)), page)),
        #[cfg(feature = "simcore")]
        ("simcore", here(|seed, units| Ok(engines::crate_simcore::loads(seed, units)), page)),
        #[cfg(feature = "odem-rs")]
        ("odem-rs", here(engines::crate_odem::loads, page)),
        #[cfg(feature = "nexosim")]
        ("nexosim", here(engines::crate_nexosim::loads, page)),
    ]);
    let mut entrants = Vec::new();
    let mut enter = |workload, engine, units, run| entrants.push(Entrant { workload, engine, units, run });
    for (engine, run) in customers {
        enter("customers", engine, CUSTOMERS, run);
    }
    if let Some(python) = python {
        enter("customers", "SimPy", FEW_CUSTOMERS, there(python, "simpy", "customers"));
        enter("customers", "Ciw", FEW_CUSTOMERS, there(python, "ciw", "customers"));
    }
    for (engine, run) in loads {
        enter("loads", engine, LOADS, run);
    }
    if let Some(python) = python {
        enter("loads", "SimPy", SIMPY_LOADS, there(python, "simpy", "loads"));
        enter("loads", "Ciw", CIW_LOADS, there(python, "ciw", "loads"));
    }
    Ok(entrants)
}

/// Prints the table of the runs. An engine that can't run says so once, on the error stream.
fn runs(rounds: u64, python: Option<&RefCell<Python>>) -> Result<(), String> {
    println!("workload,engine,round,units,work,hits,exact,cpu_s,wall_s");
    let entrants = entrants(python)?;
    let mut unable = BTreeSet::new();
    for round in 0..=rounds {
        eprintln!("round {round} of {rounds}");
        for Entrant { workload, engine, units, run } in &entrants {
            // The first turn is short: it warms up.
            let units = if round == 0 { units / 10 } else { *units };
            if unable.contains(&(workload, engine)) {
                continue;
            }
            let (Counted { units, work, hits }, elapsed) = match run(SEED + round, units) {
                Ok(result) => result,
                Err(reason) => {
                    eprintln!("missing: {workload}: {engine}: {reason}");
                    unable.insert((workload, engine));
                    continue;
                }
            };
            if round > 0 {
                let exact = if *workload == "customers" { customers::exact() } else { burst::exact() };
                let Elapsed { cpu, wall } = elapsed;
                println!("{workload},\"{engine}\",{round},{units},{work},{hits},{exact:.12},{cpu:.6},{wall:.6}");
            }
        }
    }
    Ok(())
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (rounds, interpreter) = match words.as_slice() {
        ["growth"] => return growth::print(),
        ["runs", rounds] => (rounds, None),
        ["runs", rounds, interpreter, script] => (rounds, Some((interpreter, script))),
        _ => return Err("usage: sixslot-peers runs ROUNDS [INTERPRETER SCRIPT] | sixslot-peers growth".to_owned()),
    };
    let rounds = rounds.parse().map_err(|error| format!("{rounds}: {error}"))?;
    let python = interpreter.map(|(interpreter, script)| Python::start(interpreter, script)).transpose()?;
    runs(rounds, python.map(RefCell::new).as_ref())
}
