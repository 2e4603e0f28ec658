//! Loads per second of the scenario of issue 1855, on one thread and on two.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sixslot_analysis::replications::{Replications, Tally};
use std::sync::atomic::AtomicBool;

const LOADS: u64 = 20_000;

fn monte_carlo(criterion: &mut Criterion) {
    let plan = sixslot_benches::issue_1855(&["parameters.sessions=40"]);
    let interrupt = AtomicBool::new(false);
    let mut group = criterion.benchmark_group("Monte Carlo, issue-1855");
    group.throughput(Throughput::Elements(LOADS)).sample_size(20);
    for threads in [1, 2] {
        let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(threads).build() else { return };
        group.bench_function(format!("{threads} threads"), |bencher| {
            bencher
                .iter(|| pool.install(|| Tally::default().extend(&plan, &Replications::new(1, 0..LOADS, &interrupt))));
        });
    }
    group.finish();
}

criterion_group!(loads, monte_carlo);
criterion_main!(loads);
