//! Flushes of 2, 20 and 200 ms: every acknowledgement comes after the flush that made its entry durable.

use std::collections::BTreeMap;
use std::time::Duration;

use proofs::disk::{Disk, Knob};
use proofs::image::{self, Step};
use proofs::ledger::Ledger;
use proofs::press::Units;
use proofs::settings::folder_in_memory;

/// What a run left: the recording, what was acknowledged when, and how long each took.
struct Run {
    steps: Vec<Step>,
    ledger: Ledger,
    took: Vec<Duration>,
}

fn run(flush_ms: u32, skip_sync: bool, length: Duration) -> Run {
    let folder = folder_in_memory();
    let data = folder.path().join("data");
    let (engine, disk) = Disk::start(&data, folder.path(), true);
    disk.set(Knob::SyncDelay, flush_ms);
    disk.set(Knob::SkipSync, u32::from(skip_sync));
    let ledger = Ledger::default();
    let units = Units::start(engine.address("sip_tcp"), "slow", 4, &ledger);
    std::thread::sleep(length);
    let took = units.stop();
    engine.kill();
    Run { steps: image::read(&disk.trace), ledger, took }
}

/// When each reference was durable: the first sync that ended after the write which holds it.
fn durable(steps: &[Step]) -> BTreeMap<String, u64> {
    let mut waiting: Vec<(String, &str)> = Vec::new();
    let mut durable = BTreeMap::new();
    for step in steps.iter().filter(|step| step.path.contains("/segments/")) {
        if step.op == b'w' {
            waiting.extend(references(&step.data).map(|reference| (reference, step.path.as_str())));
        } else if step.op == b'S' {
            let (done, rest): (Vec<_>, _) =
                waiting.drain(..).partition(|(_, path)| *path == step.path);
            waiting = rest;
            for (reference, _) in done {
                durable.entry(reference).or_insert(step.at);
            }
        }
    }
    durable
}

/// The references of the test's units (`slow0r17e`) in what was written.
fn references(data: &[u8]) -> impl Iterator<Item = String> + '_ {
    let starts = data.windows(4).enumerate().filter(|(_, four)| *four == b"slow");
    starts.filter_map(|(at, _)| {
        let end = data[at..].iter().take(24).position(|byte| *byte == b'e')?;
        let text = std::str::from_utf8(&data[at..=at + end]).ok()?;
        let (unit, k) = text[4..text.len() - 1].split_once('r')?;
        let numbers = unit.parse::<u8>().is_ok() && k.parse::<u32>().is_ok();
        numbers.then(|| text.to_owned())
    })
}

/// Acknowledged, and not durable before.
fn too_early(run: &Run) -> Vec<String> {
    let durable = durable(&run.steps);
    let early = |reference: &String, at: u64| durable.get(reference).is_none_or(|then| *then > at);
    let all = run.ledger.all().into_iter();
    all.filter(|(_, reference, at)| early(reference, *at))
        .map(|(_, reference, _)| reference)
        .collect()
}

#[test]
fn no_acknowledgement_comes_before_the_flush_however_slow_it_is() {
    for flush_ms in [2, 20, 200] {
        let mut run = run(flush_ms, false, Duration::from_millis(1_000 + 20 * u64::from(flush_ms)));
        let early = too_early(&run);
        assert!(early.is_empty(), "flush of {flush_ms} ms: {} too early: {early:?}", early.len());
        run.took.sort_unstable();
        let n = run.took.len();
        assert!(n > 10, "only {n} acknowledged");
        let ratio = |at: usize| run.took[at].as_secs_f64() * 1e3 / f64::from(flush_ms);
        println!(
            "flush of {flush_ms} ms: {n} acknowledged, none before; p50 {:.1} and p99 {:.1} flushes",
            ratio(n / 2),
            ratio((n * 99).div_ceil(100) - 1)
        );
    }
}

#[test]
fn an_engine_whose_sync_does_nothing_is_found_to_acknowledge_too_early() {
    let run = run(0, true, Duration::from_secs(1));
    assert!(!run.took.is_empty(), "nothing was acknowledged");
    assert_eq!(too_early(&run).len(), run.ledger.len());
}
