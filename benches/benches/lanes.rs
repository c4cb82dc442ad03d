//! Lanes: what a push and a drain cost, alone and while the lanes below are flooded.

mod quick;

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use criterion::{Criterion, Throughput};
use lanes::limits::BELOW_PERSON;
use lanes::{Lane, Lanes, Outlet};

/// As large as what the engine puts in: a moment, a shared body, a token.
type Item = [u64; 6];
const ITEM: Item = [1; 6];
const BATCH: usize = 1_024;

fn main() {
    let mut criterion = quick::quick();
    alone(&mut criterion);
    flooded(&mut criterion);
    beside_a_flooding_thread(&mut criterion);
    criterion.final_summary();
}

fn alone(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lanes");
    for count in [1, 128_usize] {
        let (lanes, mut outlet) = lanes::new();
        let mut out = Vec::with_capacity(BATCH);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("push and drain {count}"), |bencher| {
            bencher.iter(|| {
                for _ in 0..count {
                    lanes.push(Lane::LifeSafety, true, black_box(ITEM)).expect("there is room");
                }
                drain(&mut outlet, &mut out)
            });
        });
    }
    group.finish();
}

/// A press while the telemetry lane is full: it comes first, and with it as much as one batch takes
/// from below person.
fn flooded(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lanes under flood");
    let (lanes, mut outlet) = lanes::new();
    fill(&lanes);
    let mut out = Vec::with_capacity(BATCH);
    group.throughput(Throughput::Elements(1 + BELOW_PERSON as u64));
    group.bench_function("one press and its batch", |bencher| {
        bencher.iter(|| {
            lanes.push(Lane::LifeSafety, true, [2; 6]).expect("alarms have room of their own");
            let taken = drain(&mut outlet, &mut out);
            assert_eq!((taken, out[0]), (1 + BELOW_PERSON, [2; 6]), "a press comes first");
            fill(&lanes);
        });
    });
    group.finish();
}

fn beside_a_flooding_thread(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lanes under flood");
    let (lanes, mut outlet) = lanes::new();
    let over = Arc::new(AtomicBool::new(false));
    let flood = {
        let (lanes, over) = (lanes.clone(), Arc::clone(&over));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                // A full lane gives the item back: the flood goes on.
                let _ = lanes.push(Lane::Telemetry, true, ITEM);
            }
        })
    };
    let mut out = Vec::with_capacity(BATCH);
    group.bench_function("one press beside a thread that floods", |bencher| {
        bencher.iter(|| {
            lanes.push(Lane::LifeSafety, true, [2; 6]).expect("alarms have room of their own");
            drain(&mut outlet, &mut out);
            assert_eq!(out[0], [2; 6], "a press comes first");
        });
    });
    over.store(true, Ordering::Relaxed);
    flood.join().expect("the flood ends");
    group.finish();
}

fn fill(lanes: &Lanes<Item>) {
    while lanes.push(Lane::Telemetry, true, ITEM).is_ok() {}
}

fn drain(outlet: &mut Outlet<Item>, out: &mut Vec<Item>) -> usize {
    out.clear();
    outlet.drain(out, BATCH)
}
