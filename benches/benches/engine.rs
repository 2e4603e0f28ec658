//! The event queue, a draw, and one load: what everything else is made of.
#![allow(missing_docs)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use sixslot_models::load::{Extent, Load};
use sixslot_sim_core::{EventQueue, Purpose, Span, Streams, Time};
use std::hint::black_box;

fn queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("event queue");
    for pending in [8_u64, 64, 512, 65_536] {
        let streams = Streams::new(1, pending);
        let mut stream = streams.stream(Purpose::named("bench"), 0);
        let mut queue = EventQueue::new();
        for event in 0..pending {
            queue.schedule_in(Span::from_nanos((stream.next_uniform() * 1e9) as u64), event);
        }
        group.bench_function(format!("pop and schedule, {pending} pending"), |bencher| {
            bencher.iter(|| {
                let (now, event) = queue.pop().unwrap_or((Time::ZERO, 0));
                // A cheap pseudo-random step, so that the draw is not what is measured.
                let step = event.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_add(now.as_nanos());
                queue.schedule_in(Span::from_nanos(step % 1_000_000_000), event);
            });
        });
    }
    group.bench_function("schedule and cancel, 32 pending", |bencher| {
        let mut queue = EventQueue::new();
        for event in 0..32_u64 {
            queue.schedule_in(Span::from_nanos(event * 1_000), event);
        }
        bencher.iter(|| {
            let key = queue.schedule_in(Span::from_nanos(black_box(8_000)), 0);
            queue.cancel(key)
        });
    });
    group.finish();
}

fn load(criterion: &mut Criterion) {
    let plan = sixslot_benches::issue_1855(&["parameters.sessions=40"]);
    let mut group = criterion.benchmark_group("issue-1855");
    for (name, extent) in [("whole load", Extent::Whole), ("load until decided", Extent::UntilDecided)] {
        let mut load = Load::new();
        let mut number = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                number += 1;
                load.simulate(&plan, 1, number, extent).map(|()| load.verdict().failed)
            });
        });
    }
    group.bench_function("whole load, memory made anew", |bencher| {
        bencher.iter_batched(Load::new, |mut load| load.simulate(&plan, 1, 0, Extent::Whole), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(engine, queue, load);
criterion_main!(engine);
