//! The whole turn over a log in memory: lanes ▸ batch ▸ log ▸ central ▸ receipts, without disk or sockets.

mod quick;

use std::sync::Arc;

use benches::{START, body, genesis};
use bytes::Bytes;
use central::entry::Entry;
use central::kind::Kind;
use central::output::Output;
use central::{Central, Placed};
use criterion::{BatchSize, Throughput};
use journal::Health;
use journal::memory::{Memory, Order};
use lanes::{Lane, Lanes};
use sequencer::{Inbound, Sequencer, Shell, Turn, Why};

const DEVICES: u64 = 1_000;

fn main() {
    let mut criterion = quick::quick();
    let mut group = criterion.benchmark_group("turn");
    for (name, kind, lane) in [
        ("filed", Kind::POSITION, Lane::Telemetry),
        ("press, mostly Repeats", Kind::PRESS, Lane::LifeSafety),
    ] {
        for count in [1, 100] {
            let mut loop_ = Loop::new();
            group.throughput(Throughput::Elements(count));
            group.bench_function(format!("{count} {name}"), |bencher| {
                let n = &mut loop_.n;
                let make = || (0..count).map(|_| next(n, kind)).collect::<Vec<_>>();
                let (lanes, sequencer) = (&loop_.lanes, &mut loop_.sequencer);
                let turn = |bodies| turn(lanes, sequencer, lane, bodies);
                bencher.iter_batched(make, turn, BatchSize::PerIteration);
            });
        }
    }
    group.finish();
    criterion.final_summary();
}

/// Counts what a server would send.
#[derive(Default)]
struct Receipts(u64);

impl Shell for Receipts {
    fn applied(&mut self, _: &Placed, _: &Entry, _: u64, outputs: &mut Vec<Output>) {
        let receipts = outputs.drain(..).filter(|output| matches!(output, Output::Receipt(_)));
        self.0 += receipts.count() as u64;
    }

    fn refused(&mut self, inbound: Inbound, why: Why) {
        panic!("inbound {} was refused: {why:?}", inbound.token);
    }

    fn health(&mut self, _: &Health) {}

    fn turned(&mut self, _: &Central) {}
}

struct Loop {
    lanes: Lanes<Inbound>,
    sequencer: Sequencer<Memory, Receipts>,
    /// Signals made so far.
    n: u64,
}

impl Loop {
    /// With its genesis applied.
    fn new() -> Self {
        let log = Order::new().join(1, Arc::new(|| ()));
        let (lanes, outlet) = lanes::new();
        let mut sequencer = Sequencer::new(log, outlet, Central::new(), Receipts::default(), 1, 1);
        turn(&lanes, &mut sequencer, Lane::Acts, vec![genesis().encode().into()]);
        sequencer.shell().0 = 0;
        Self { lanes, sequencer, n: 0 }
    }
}

fn next(n: &mut u64, kind: Kind) -> Bytes {
    *n += 1;
    body((*n * 7_919 % DEVICES) as u32, *n, kind)
}

/// Pushes and turns until every one is durable and applied.
fn turn(
    lanes: &Lanes<Inbound>,
    sequencer: &mut Sequencer<Memory, Receipts>,
    lane: Lane,
    bodies: Vec<Bytes>,
) -> u64 {
    for body in bodies {
        let inbound = Inbound { moment: START, body, token: 1 };
        lanes.push(lane, true, inbound).expect("an empty lane has room");
    }
    while sequencer.turn(START) == Turn::Worked {}
    sequencer.shell().0
}
