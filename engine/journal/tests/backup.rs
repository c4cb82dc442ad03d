//! A backup is a whole log, made beside a writer at work; made again it takes only what is new; nothing else is mixed into it.

mod common;

use std::path::{Path, PathBuf};

use journal::embedded::{BackupError, Reader, Summary, backup, backup_on, open, verify, verify_on};
use journal::{Entry, Log, Pos};

use common::sim_disk::{Faults, SimDisk};
use common::{Seeded, batch, entries, open_on, options, propose, take};

const LOG: &str = "/log";

fn read(dir: &Path) -> Vec<Entry> {
    let reader = Reader::open(dir).unwrap();
    entries(reader.from(Pos::START).unwrap().map(Result::unwrap).collect())
}

fn copy(from: &SimDisk, to: &SimDisk) -> Result<journal::embedded::Copied, BackupError> {
    let dir = PathBuf::from(LOG);
    backup_on((from.shared(), dir.clone()), (to.shared(), dir))
}

fn whole(disk: &SimDisk) -> Summary {
    verify_on(disk.shared(), PathBuf::from(LOG)).unwrap()
}

/// Batches of 1 to 4 entries, each durable before the next.
fn write(disk: &SimDisk, boot: u64, batches: u64) -> Vec<Entry> {
    let mut log = open_on(&disk.shared()).unwrap();
    let mut told = Vec::new();
    for n in 1..=batches {
        propose(&mut log, batch(boot, n, 1 + n % 4, 1_500)).unwrap();
        told.extend(take(&mut log, 1 + n as usize % 4));
    }
    log.stop().unwrap();
    told
}

#[test]
fn a_backup_beside_a_writer_holds_everything_up_to_its_head_and_opens() {
    let (dir, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let seeded = Seeded::new(11);
    let mut log = open(&options(dir.path())).unwrap();
    let (source, to) = (dir.path().to_owned(), kept.path().to_owned());
    let (mut told, mut holds) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let copying = scope.spawn(|| {
            let one = |round: u64| {
                std::thread::sleep(std::time::Duration::from_millis(seeded.below(40)));
                // Every second one into a folder of its own, the others on top of each other.
                let to = if round.is_multiple_of(2) {
                    to.join("same")
                } else {
                    to.join(round.to_string())
                };
                (to.clone(), backup(&source, &to).unwrap())
            };
            (0..20).map(one).collect::<Vec<_>>()
        });
        for n in 1.. {
            propose(&mut log, batch(1, n, 1 + n % 4, 900)).unwrap();
            told.extend(take(&mut log, 1 + n as usize % 4));
            if copying.is_finished() {
                break;
            }
        }
        holds = copying.join().unwrap();
    });
    assert!(holds.last().unwrap().1.holds.seq > holds[0].1.holds.seq, "the log moved meanwhile");
    assert!(holds.iter().any(|(_, copied)| copied.same > 2), "sealed segments are copied once");
    for (to, copied) in &holds {
        let seq = copied.holds.seq as usize;
        assert!(seq == 0 || copied.holds.head == told[seq - 1].hash, "the source's head at {seq}");
        let found = read(to);
        assert_eq!(found, told[..found.len()]);
        assert!(found.len() >= seq);
    }
    // A backup opens and goes on as a new start.
    let (to, copied) = &holds[19];
    let mut restored = open(&options(to)).unwrap();
    assert_eq!(restored.head(), (copied.holds.seq, copied.holds.head));
    propose(&mut restored, batch(2, 1, 3, 100)).unwrap();
    assert_eq!(take(&mut restored, 3)[2].seq, copied.holds.seq + 3);
    restored.stop().unwrap();
    assert_eq!(verify(to).unwrap().seq, copied.holds.seq + 3);
    // It went another way than its source: no backup of that goes on top of it.
    propose(&mut log, batch(1, 1 << 40, 20, 900)).unwrap();
    take(&mut log, 20);
    log.stop().unwrap();
    assert!(matches!(backup(dir.path(), to), Err(BackupError::Other { .. })));
}

#[test]
fn a_backup_cut_short_anywhere_is_finished_by_the_next() {
    let source = SimDisk::new();
    write(&source, 1, 20);
    let early = SimDisk::new();
    copy(&source, &early).unwrap();
    let early_seq = whole(&early).seq;
    let told = write(&source, 2, 60);
    let seq = told.last().unwrap().seq;
    let counted = early.killed();
    counted.set(Faults::default());
    copy(&source, &counted).unwrap();
    let points = counted.counts().0;
    assert!(points > 20, "{points} operations");
    let seeded = Seeded::new(3);
    for at in 1..=points {
        let target = early.killed();
        target.set(Faults { crash_at: Some(at), ..Faults::default() });
        let cut = copy(&source, &target);
        assert!(matches!(cut, Err(BackupError::Disk { .. })), "{at}: {cut:?}");
        for image in [target.killed(), target.power_loss(&seeded)] {
            // What is there is a log at every moment, and never less than before.
            assert!(whole(&image).seq >= early_seq, "{at}");
            assert_eq!(copy(&source, &image).unwrap().holds.seq, seq, "{at}");
        }
    }
}

#[test]
fn a_backup_never_takes_in_another_log_nor_hides_a_gap() {
    let (source, other, target) = (SimDisk::new(), SimDisk::new(), SimDisk::new());
    let told = write(&source, 1, 60);
    write(&other, 5, 60);
    copy(&source, &target).unwrap();
    // The same id, but other entries: as when a backup was restored and went on.
    assert!(matches!(copy(&other, &target), Err(BackupError::Other { .. })));
    // Damage in the source is named, not copied.
    let broken = source.killed();
    broken.tamper(Path::new("/log/segments/00000000000000000001.seg"), |bytes| bytes[5_000] ^= 1);
    let refused = copy(&broken, &SimDisk::new());
    assert!(matches!(refused, Err(BackupError::Target(_))), "{refused:?}");
    // A bit that fell in the backup is mended from the source.
    target.tamper(Path::new("/log/segments/00000000000000000001.seg"), |bytes| bytes[5_000] ^= 1);
    assert_eq!(copy(&source, &target).unwrap().segments, 2);
    // Trimmed in the source, kept in the backup; but not over a gap.
    let mut log = open_on(&source.shared()).unwrap();
    log.trim(told.len() as u64);
    common::wait("trim", || log.poll().is_some());
    log.stop().unwrap();
    assert!(whole(&source).first > 1);
    copy(&source, &target).unwrap();
    assert_eq!((whole(&target).first, whole(&target).seq), (1, told.len() as u64));
    let stale = SimDisk::new();
    let short = SimDisk::new();
    write(&short, 1, 3);
    copy(&short, &stale).unwrap();
    assert!(matches!(copy(&source, &stale), Err(BackupError::Gap { .. })));
}
