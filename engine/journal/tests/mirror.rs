//! Two disks with the same log: what was told is on both; either may fail, fall behind or lie, and the other makes it whole.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::embedded::{Embedded, MendError, Mirror, Standing, mend_on, open, verify_on};
use journal::{Entry, Event, Health, Log, Pos};

use common::sim_disk::{Faults, SimDisk};
use common::{Seeded, batch, entries, options, records};

const FIRST: &str = "/log";
const SECOND: &str = "/mirror";

fn mended(first: &SimDisk, second: &SimDisk) -> Result<Vec<String>, MendError> {
    let (log, mirror) = (PathBuf::from(FIRST), PathBuf::from(SECOND));
    mend_on((first.shared(), log), (second.shared(), mirror), true)
}

fn mirror_of(first: &SimDisk, second: &SimDisk) -> Mirror {
    let (log, mirror) = (PathBuf::from(FIRST), PathBuf::from(SECOND));
    Mirror::new((first.shared(), log), (second.shared(), mirror))
}

/// As an engine starts: made whole, opened, brought into step.
fn start(first: &SimDisk, second: &SimDisk) -> (Embedded, Mirror) {
    mended(first, second).unwrap();
    let mirror = mirror_of(first, second);
    let mut options = options(Path::new(FIRST));
    options.disk = Arc::new(mirror.clone());
    let log = open(&options).unwrap();
    mirror.catch_up();
    (log, mirror)
}

fn catch_up(mirror: &Mirror) {
    common::wait("step", || mirror.catch_up() == Standing::InStep);
}

/// Batches, each told before the next, until the log takes no more.
fn write(log: &mut Embedded, boot: u64, from: u64, batches: u64, told: &mut Vec<Entry>) {
    for n in from..from + batches {
        let len = if n % 5 == 0 { 9_000 } else { 700 };
        if log.propose(batch(boot, n, 1 + n % 3, len)).is_err() {
            return;
        }
        let until = Instant::now() + Duration::from_secs(20);
        let wanted = told.len() + 1 + n as usize % 3;
        while told.len() < wanted {
            match log.poll() {
                Some(Event::Entry(entry)) => told.push(entry),
                // The last: no segment can be made on a dead disk.
                Some(Event::Health(Health::Stopped | Health::Low { .. } | Health::Full)) => return,
                _ => std::thread::sleep(Duration::from_micros(50)),
            }
            assert!(Instant::now() < until, "nothing comes");
        }
    }
}

fn kept_in(disk: &SimDisk, dir: &str) -> Vec<Entry> {
    let mut options = options(Path::new(dir));
    options.disk = disk.shared();
    let log = open(&options).unwrap();
    entries(records(&log, Pos::START))
}

fn seq(disk: &SimDisk, dir: &str) -> u64 {
    verify_on(disk.shared(), PathBuf::from(dir)).unwrap().seq
}

#[test]
fn what_is_told_is_on_either_disk_when_both_lose_their_power() {
    for seed in 0..20 {
        let seeded = Seeded::new(seed);
        let (first, second) = (SimDisk::new(), SimDisk::new());
        let (mut log, mirror) = start(&first, &second);
        catch_up(&mirror);
        let mut told = Vec::new();
        write(&mut log, 1, 1, 10 + seeded.below(20), &mut told);
        let (first, second) = (first.power_loss(&seeded), second.power_loss(&seeded));
        drop(log);
        assert_eq!(mirror.standing(), Standing::InStep);
        // Each alone, and both together.
        for (disk, dir) in [(first.killed(), FIRST), (second.killed(), SECOND)] {
            assert_eq!(kept_in(&disk, dir)[..told.len()], told, "seed {seed} {dir}");
        }
        let (mut log, mirror) = start(&first, &second);
        catch_up(&mirror);
        assert_eq!(entries(records(&log, Pos::START))[..told.len()], told);
        let mut more = Vec::new();
        write(&mut log, 2, 1, 3, &mut more);
        log.stop().unwrap();
        assert_eq!(seq(&first, FIRST), seq(&second, SECOND), "seed {seed}");
    }
}

/// The harness itself: a second disk that lies about its syncs is found out.
#[test]
fn a_mirror_that_ignores_syncs_would_be_found_out() {
    let losses = (0..10).filter(|seed| {
        let seeded = Seeded::new(*seed);
        let (first, second) = (SimDisk::new(), SimDisk::new());
        second.set(Faults { ignore_sync: true, ..Faults::default() });
        let (mut log, mirror) = start(&first, &second);
        catch_up(&mirror);
        let mut told = Vec::new();
        write(&mut log, 1, 1, 20, &mut told);
        let second = second.power_loss(&seeded);
        drop(log);
        verify_on(second.shared(), PathBuf::from(SECOND))
            .map_or(true, |summary| summary.seq < told.len() as u64)
    });
    assert!(losses.count() >= 8);
}

#[test]
fn a_crash_of_either_disk_at_every_operation_loses_nothing_that_was_told() {
    let seeded = Seeded::new(5);
    let (first, second) = (SimDisk::new(), SimDisk::new());
    first.set(Faults::default());
    second.set(Faults::default());
    script(&first, &second);
    let (one, other) = (first.counts().0, second.counts().0);
    assert!(one > 25 && other > 25, "{one} and {other} operations");
    for at in 1..=one {
        let (first, second) = (SimDisk::new(), SimDisk::new());
        first.set(Faults { crash_at: Some(at), ..Faults::default() });
        let (told, _) = script(&first, &second);
        again(&first.power_loss(&seeded), &second.power_loss(&seeded), &told, at);
    }
    for at in 1..=other {
        let (first, second) = (SimDisk::new(), SimDisk::new());
        second.set(Faults { crash_at: Some(at), ..Faults::default() });
        let (told, standing) = script(&first, &second);
        // The log went on without it, and said so.
        assert_eq!(told.len(), whole_script(), "second disk, at {at}");
        // How often the head is noted is the clock's: the last of these may not come.
        let lost = matches!(standing, Standing::Lost { .. });
        assert_eq!(lost, second.is_dead(), "at {at}: {standing:?}");
        again(&first.power_loss(&seeded), &second.power_loss(&seeded), &told, at);
    }
}

fn whole_script() -> usize {
    (1..=12).map(|n| 1 + n % 3).sum()
}

fn script(first: &SimDisk, second: &SimDisk) -> (Vec<Entry>, Standing) {
    let mut told = Vec::new();
    let mirror = mirror_of(first, second);
    let mut options = options(Path::new(FIRST));
    options.disk = Arc::new(mirror.clone());
    let Ok(mut log) = open(&options) else { return (told, mirror.standing()) };
    // A first disk that is dead keeps no head note to go by.
    for _ in 0..100 {
        if matches!(mirror.catch_up(), Standing::InStep) || first.is_dead() || second.is_dead() {
            break;
        }
    }
    write(&mut log, 1, 1, 12, &mut told);
    let _ = log.stop();
    (told, mirror.standing())
}

fn again(first: &SimDisk, second: &SimDisk, told: &[Entry], at: u64) {
    let (log, mirror) = start(first, second);
    let kept = entries(records(&log, Pos::START));
    assert_eq!(kept[..told.len()], *told, "at {at}");
    catch_up(&mirror);
    log.stop().unwrap();
    assert_eq!(seq(first, FIRST), seq(second, SECOND), "at {at}");
}

#[test]
fn a_mirror_that_hangs_holds_receipts_up_for_two_seconds_and_no_longer() {
    let (first, second) = (SimDisk::new(), SimDisk::new());
    let (mut log, mirror) = start(&first, &second);
    catch_up(&mirror);
    let mut told = Vec::new();
    second.set(Faults { sync_takes: Duration::from_secs(6), ..Faults::default() });
    write(&mut log, 1, 1, 3, &mut told);
    assert!(matches!(mirror.standing(), Standing::Lost { why } if why.contains("2000 ms")));
    // While something may still be written there, it stays out.
    assert!(matches!(mirror.catch_up(), Standing::Lost { why } if why.contains("not come back")));
    second.set(Faults::default());
    catch_up(&mirror);
    write(&mut log, 1, 4, 3, &mut told);
    log.stop().unwrap();
    assert_eq!((seq(&first, FIRST), seq(&second, SECOND)), (told.len() as u64, told.len() as u64));
}

#[test]
fn a_mirror_comes_into_step_beside_a_writer_at_work() {
    let (first, second) = (SimDisk::new(), SimDisk::new());
    let mirror = mirror_of(&first, &second);
    let mut options = options(Path::new(FIRST));
    options.disk = Arc::new(mirror.clone());
    let mut log = open(&options).unwrap();
    let mut told = Vec::new();
    write(&mut log, 1, 1, 60, &mut told);
    std::thread::scope(|scope| {
        let joining = scope.spawn(|| catch_up(&mirror));
        for n in 61.. {
            write(&mut log, 1, n, 1, &mut told);
            std::thread::sleep(Duration::from_millis(1));
            if joining.is_finished() {
                break;
            }
        }
    });
    write(&mut log, 1, 1 << 30, 10, &mut told);
    assert_eq!(mirror.standing(), Standing::InStep);
    assert_eq!(kept_in(&second.killed(), SECOND), told);
    log.trim(told.len() as u64 / 2);
    common::wait("trim", || matches!(log.poll(), Some(Event::Trimmed { .. })));
    log.stop().unwrap();
    let (one, other) = (first.files(), second.files());
    let bytes = |files: &[(PathBuf, Vec<u8>)]| -> Vec<Vec<u8>> {
        let kept = files.iter().filter(|(path, _)| !path.ends_with("lock"));
        kept.map(|(_, bytes)| bytes.clone()).collect()
    };
    assert_eq!(bytes(&one), bytes(&other), "the same bytes, file by file");
}

/// A log of several segments on both disks, stopped.
fn both() -> (SimDisk, SimDisk, Vec<Entry>) {
    let (first, second) = (SimDisk::new(), SimDisk::new());
    let (mut log, mirror) = start(&first, &second);
    catch_up(&mirror);
    let mut told = Vec::new();
    write(&mut log, 1, 1, 50, &mut told);
    log.stop().unwrap();
    (first, second, told)
}

#[test]
fn a_flip_anywhere_in_the_log_is_mended_from_the_mirror_and_kept_aside() {
    let (first, second, told) = both();
    let seeded = Seeded::new(9);
    let files = first.files();
    let begun: Vec<_> = files.iter().filter(|(_, bytes)| bytes.iter().any(|b| *b != 0)).collect();
    assert!(begun.len() >= 4, "three segments and the head");
    for round in 0..60 {
        let (path, bytes) = begun[round % begun.len()];
        let used = bytes.iter().rposition(|b| *b != 0).unwrap_or(0) as u64 + 1;
        let at = seeded.below(used) as usize;
        let (damaged, mirror) = (first.killed(), second.killed());
        damaged.tamper(path, |bytes| bytes[at] ^= 1 << seeded.below(8));
        let said = mended(&damaged, &mirror).unwrap_or_else(|why| panic!("{path:?} {at}: {why}"));
        assert_eq!(kept_in(&damaged, FIRST), told, "{path:?} {at}");
        if path.ends_with("head") {
            // The other of its two slots says the same.
            continue;
        }
        assert_eq!(said.len(), 1, "{path:?} {at}: {said:?}");
        let aside = PathBuf::from(format!("{}.damaged-1", path.display()));
        assert!(damaged.files().iter().any(|(path, _)| *path == aside), "{path:?} is kept");
        assert_eq!(mirror.files(), second.files(), "the mirror is only read");
    }
}

#[test]
fn a_damaged_log_is_not_mended_from_a_mirror_that_is_behind_damaged_or_anothers() {
    let (first, second, _) = both();
    let stale = second.killed();
    // The log goes on without its mirror.
    let mut options = options(Path::new(FIRST));
    options.disk = first.shared();
    let mut log = open(&options).unwrap();
    write(&mut log, 2, 1, 2, &mut Vec::new());
    log.stop().unwrap();
    let mut live = first.files().into_iter().filter(|(path, bytes)| {
        path.extension().is_some_and(|end| end == "seg") && bytes.iter().any(|b| *b != 0)
    });
    let (live, bytes) = live.next_back().unwrap();
    let end = bytes.iter().rposition(|b| *b != 0).unwrap();
    for at in [end - 40, 9_000] {
        let damaged = first.killed();
        damaged.tamper(&live, |bytes| bytes[at] ^= 1);
        let told = mended(&damaged, &stale).unwrap_err().to_string();
        assert!(told.contains("before the log did"), "{told}");
        assert!(
            damaged.files().iter().all(|(path, _)| !path.to_string_lossy().contains("damaged"))
        );
    }
    let sealed = PathBuf::from("/log/segments/00000000000000000001.seg");
    let damaged = first.killed();
    damaged.tamper(&sealed, |bytes| bytes[9_000] ^= 1);
    let broken = second.killed();
    broken.tamper(Path::new("/mirror/segments/00000000000000000001.seg"), |b| b[9_001] ^= 1);
    let told = mended(&damaged, &broken).unwrap_err().to_string();
    assert!(told.contains("damaged too"), "{told}");
    let nothing = mended(&damaged, &SimDisk::new()).unwrap_err().to_string();
    assert!(nothing.contains("holds no log"), "{nothing}");
    // A sealed segment is the same in a mirror that is behind.
    assert_eq!(mended(&damaged, &stale).unwrap().len(), 1);
}

#[test]
fn a_mirror_of_another_log_or_one_gone_another_way_is_refused_and_left_alone() {
    let (first, second, _) = both();
    let mut other = options(Path::new(SECOND));
    other.create = Some([8; 16]);
    let foreign = SimDisk::new();
    other.disk = foreign.shared();
    open(&other).unwrap().stop().unwrap();
    let forked = second.killed();
    let mut options = options(Path::new(SECOND));
    options.disk = forked.shared();
    let mut fork = open(&options).unwrap();
    write(&mut fork, 9, 1, 4, &mut Vec::new());
    fork.stop().unwrap();
    let mut options = common::options(Path::new(FIRST));
    options.disk = first.shared();
    let mut log = open(&options).unwrap();
    write(&mut log, 2, 1, 9, &mut Vec::new());
    log.stop().unwrap();
    for (disk, word) in [(foreign, "another log"), (forked, "another way")] {
        let before = disk.files();
        let (log, mirror) = start(&first, &disk);
        let standing = mirror.standing();
        assert!(matches!(&standing, Standing::Lost { why } if why.contains(word)), "{standing:?}");
        log.stop().unwrap();
        assert_eq!(disk.files(), before);
    }
}

#[test]
fn a_log_whose_disk_lost_its_end_takes_it_from_the_mirror() {
    let (first, second) = (SimDisk::new(), SimDisk::new());
    let (mut log, mirror) = start(&first, &second);
    catch_up(&mirror);
    let mut told = Vec::new();
    write(&mut log, 1, 1, 20, &mut told);
    let earlier = first.killed();
    write(&mut log, 1, 21, 40, &mut told);
    let (log_dir, mirror_dir) = (PathBuf::from(FIRST), PathBuf::from(SECOND));
    drop(log);
    let said = mend_on((earlier.shared(), log_dir), (second.shared(), mirror_dir), false).unwrap();
    assert!(said[0].contains("taken from the mirror"), "{said:?}");
    assert_eq!(kept_in(&earlier, FIRST), told);
    // Where the log is gone altogether, a mirror is not quietly left beside a new one.
    let gone = mended(&SimDisk::new(), &second).unwrap_err();
    assert!(gone.to_string().contains("varde restore"), "{gone}");
}
