//! Power loss, crashes at every write and sync, and disks that fail or fill: what was told is there again.

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::embedded::{Embedded, OpenError, open, verify_on};
use journal::{Batch, Entry, Event, Health, Log, Pos, Refused};

use common::sim_disk::{Faults, SimDisk};
use common::{Seeded, batch, entries, health, open_on, take, wait};

/// Runs a script until it ends or the disk lets nothing through any more. Returns what the log told.
fn run(disk: &SimDisk, boot: u64, batches: u64, stop: bool) -> Vec<Entry> {
    let Ok(mut log) = open_on(&disk.shared()) else { return Vec::new() };
    let mut told = Vec::new();
    for n in 1..=batches {
        // Several batches under way at once make groups of several frames.
        let count = 1 + n % 4;
        let len = if n % 5 == 0 { 9_000 } else { 700 };
        if !offer(disk, &mut log, batch(boot, n, count, len)) {
            break;
        }
        if n % 3 == 0 && !gather(disk, &mut log, &mut told, (boot, n)) {
            break;
        }
    }
    drain(&mut log, &mut told);
    if stop {
        let _ = log.stop();
    }
    told
}

/// Proposes, again and again while the log is full. False when it stops or the process is dead.
fn offer(disk: &SimDisk, log: &mut Embedded, batch: Batch) -> bool {
    let mut left = Some(batch);
    wait("room", || match left.take().map(|batch| log.propose(batch)) {
        Some(Err(Refused::Full(batch))) => {
            left = Some(batch);
            disk.is_dead()
        }
        Some(Err(refused)) => {
            let (Refused::Full(batch) | Refused::Stopped(batch) | Refused::TooBig(batch)) = refused;
            left = Some(batch);
            true
        }
        _ => true,
    });
    left.is_none()
}

/// Polls until a batch's last entry came. False when the log stops first, or the process is dead.
fn gather(disk: &SimDisk, log: &mut Embedded, told: &mut Vec<Entry>, batch: (u64, u64)) -> bool {
    let mut stopped = false;
    wait("batch or stop", || {
        while let Some(event) = log.poll() {
            match event {
                Event::Entry(entry) => told.push(entry),
                Event::Health(health) => stopped |= health == Health::Stopped,
                _ => {}
            }
        }
        stopped |= disk.is_dead();
        stopped || is_told(told, batch)
    });
    !stopped
}

fn is_told(told: &[Entry], (boot, n): (u64, u64)) -> bool {
    told.last().is_some_and(|last| (last.boot, last.n, u64::from(last.i)) == (boot, n, n % 4))
}

fn drain(log: &mut Embedded, told: &mut Vec<Entry>) {
    while let Some(event) = log.poll() {
        if let Event::Entry(entry) = event {
            told.push(entry);
        }
    }
}

/// Opens what is left, and says whether all that was told is there, whole, in its place.
fn keeps(disk: &SimDisk, told: &[Entry]) -> Result<(), String> {
    let mut log = open_on(&disk.shared()).map_err(|error| format!("not opened: {error}"))?;
    let records = log.read(Pos::START).map_err(|error| error.to_string())?;
    let records: Result<Vec<_>, _> = records.collect();
    let found = entries(records.map_err(|damage| damage.to_string())?);
    if found.get(..told.len()) != Some(told) {
        return Err(format!("{} told, {} found", told.len(), found.len()));
    }
    // And it goes on from there.
    let boot = found.last().map_or(0, |last| last.boot) + 1;
    log.propose(batch(boot, 1, 2, 800)).map_err(|_| "refuses".to_owned())?;
    let next = take(&mut log, 2);
    if next[0].seq != found.len() as u64 + 1 {
        return Err(format!("goes on with {} after {}", next[0].seq, found.len()));
    }
    log.stop().map_err(|error| error.to_string())?;
    let summary = verify_on(disk.shared(), PathBuf::from("/log"));
    let summary = summary.map_err(|damage| format!("after healing: {damage}"))?;
    (summary.seq == next[1].seq).then_some(()).ok_or_else(|| "verify counts otherwise".to_owned())
}

/// Crashes at some operation of a second run, loses power, opens; returns what went wrong.
fn power_loss_at(seed: u64, ignore_sync: bool) -> Result<(), String> {
    let seeded = Seeded::new(seed);
    let disk = SimDisk::new();
    disk.set(Faults { ignore_sync, ..Faults::default() });
    let mut told = run(&disk, 1, 12, seed.is_multiple_of(2));
    disk.set(Faults { ignore_sync, crash_at: Some(1 + seeded.below(150)), ..Faults::default() });
    told.extend(run(&disk, 2, 40, false));
    let image = disk.power_loss(&seeded);
    keeps(&image, &told)?;
    // The healed log may lose its power again.
    keeps(&image.power_loss(&seeded), &told)
}

#[test]
fn power_loss_loses_nothing_that_was_told() {
    for seed in 0..200 {
        if let Err(loss) = power_loss_at(seed, false) {
            panic!("seed {seed}: {loss}");
        }
    }
}

/// The harness itself: on a disk that lies about syncs it must find loss.
#[test]
fn a_disk_that_ignores_syncs_is_found_out() {
    let losses = (0..40).filter(|seed| power_loss_at(*seed, true).is_err()).count();
    assert!(losses >= 30, "only {losses} of 40 lost anything");
}

#[test]
fn a_crash_at_every_write_and_sync_loses_nothing_that_was_told() {
    let whole = SimDisk::new();
    whole.set(Faults::default());
    assert_eq!(run(&whole, 1, 60, true).len(), 150);
    let points = whole.counts().0;
    assert!(points > 60, "{points} writes and syncs");
    let seeded = Seeded::new(1);
    for at in 1..=points {
        let disk = SimDisk::new();
        disk.set(Faults { crash_at: Some(at), ..Faults::default() });
        let told = run(&disk, 1, 60, true);
        for image in [disk.killed(), disk.power_loss(&seeded)] {
            if let Err(loss) = keeps(&image, &told) {
                panic!("crash at {at}: {loss}");
            }
        }
    }
}

#[test]
fn after_a_failed_write_or_sync_nothing_more_is_told_and_nothing_told_is_lost() {
    let seeded = Seeded::new(2);
    for at in 1..=40 {
        let write = Faults { write_error: Some(at), ..Faults::default() };
        let sync = Faults { sync_error: Some(at), ..Faults::default() };
        for faults in [write, sync] {
            let disk = SimDisk::new();
            disk.set(faults.clone());
            let told = run(&disk, 1, 20, false);
            for image in [disk.killed(), disk.power_loss(&seeded)] {
                if let Err(loss) = keeps(&image, &told) {
                    panic!("{faults:?}: {loss}");
                }
            }
        }
    }
}

#[test]
fn a_failed_read_is_named_and_never_shortens() {
    let disk = SimDisk::new();
    let told = run(&disk, 1, 20, true);
    for at in 1.. {
        disk.set(Faults { read_error: Some(at), ..Faults::default() });
        let opened = open_on(&disk.shared());
        if disk.counts().3 < at {
            break;
        }
        match opened {
            Err(OpenError::Damaged(damage)) => assert!(damage.to_string().contains("read failed")),
            Err(OpenError::Disk { source, .. }) => assert!(source.to_string().contains("failed")),
            Err(other) => panic!("read {at}: {other}"),
            Ok(log) => panic!("read {at} failed unseen, {:?}", log.head().0),
        }
    }
    disk.set(Faults::default());
    keeps(&disk, &told).unwrap();
}

#[test]
fn a_full_disk_is_told_at_once_and_passes_without_a_restart() {
    let disk = SimDisk::new();
    let mut options = common::options(Path::new("/log"));
    options.disk = disk.shared();
    options.segment_bytes = 256 * 1024;
    let mut log = open(&options).unwrap();
    log.propose(batch(1, 1, 1, 100)).unwrap();
    take(&mut log, 1);
    wait("segment ahead", || disk.files().iter().filter(|(path, _)| is_segment(path)).count() == 2);
    // Room for the segments there are, and for a part of another.
    let used: usize = disk.files().iter().map(|(_, bytes)| bytes.len()).sum();
    disk.set(Faults { capacity: Some(used as u64 + 40_000), ..Faults::default() });
    let (mut n, mut told, mut low) = (2, 1, false);
    let kept = loop {
        match log.propose(batch(1, n, 1, 6_000)) {
            Ok(()) => n += 1,
            Err(Refused::Full(kept)) => break kept,
            Err(other) => panic!("{other:?}"),
        }
        wait("news", || {
            while let Some(event) = log.poll() {
                match event {
                    Event::Entry(_) => told += 1,
                    Event::Health(Health::Low { room }) => low = room > 0,
                    _ => {}
                }
            }
            told == n - 1
        });
    };
    assert!(low, "said before it hurt");
    assert!(n > 80, "the room there was is used: {n}");
    health(&mut log, |health| health == Health::Full);
    assert!(log.trouble().is_some_and(|why| why.contains("cannot be made")));
    disk.set(Faults::default());
    health(&mut log, |health| health == Health::Ok);
    log.propose(kept).unwrap();
    assert_eq!(take(&mut log, 1)[0].seq, n);
    log.stop().unwrap();
}

fn is_segment(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "seg")
}

#[test]
fn a_slow_disk_stalls_and_loses_nothing() {
    let disk = SimDisk::new();
    let mut log = open_on(&disk.shared()).unwrap();
    log.propose(batch(1, 1, 1, 100)).unwrap();
    take(&mut log, 1);
    disk.set(Faults { sync_takes: Duration::from_millis(1_600), ..Faults::default() });
    log.propose(batch(1, 2, 1, 100)).unwrap();
    health(&mut log, |health| matches!(health, Health::Stalled { nanos } if nanos > 1_000_000_000));
    disk.set(Faults::default());
    let mut events = Vec::new();
    wait("end of the stall", || {
        events.extend(std::iter::from_fn(|| log.poll()));
        events.len() == 2
    });
    assert!(matches!(&events[..], [Event::Entry(_), Event::Health(Health::Ok)]), "{events:?}");
}

#[test]
fn a_restart_on_a_full_disk_uses_the_room_made_ahead() {
    let disk = SimDisk::new();
    let told = run(&disk, 1, 6, false);
    let killed = disk.killed();
    let used: usize = killed.files().iter().map(|(_, bytes)| bytes.len()).sum();
    killed.set(Faults { capacity: Some(used as u64), ..Faults::default() });
    let log = open_on(&killed.shared()).unwrap();
    assert_eq!(log.head().0, told.len() as u64);
}
