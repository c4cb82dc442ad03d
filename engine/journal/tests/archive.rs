//! What the log lets go of is in the archive first; what is thinned there leaves a chain that is whole from the first entry on.

mod common;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use journal::embedded::{ArchiveError, Kept};
use journal::embedded::{
    Archived, Policy, Thinned, Whole, archive, archive_on, open, records, thin, thin_on,
    verify_both_on,
};
use journal::{Batch, Damage, Decided, Draft, Entry, Event, Flaw, Log};

use common::sim_disk::{Faults, SimDisk};
use common::{Seeded, options, propose, take};

const LOG: &str = "/log";
const ARCHIVE: &str = "/archive";
const DAY: u64 = 86_400_000_000_000;

/// Bodies begin with their class; the rest is a word that must be gone when the class is over.
fn day(boot: u64, day: u64) -> Batch {
    let body = |class: u8, i: u64| {
        Bytes::from(format!("{}secret-{class}-{day}-{i} {}", class as char, "x".repeat(300)))
    };
    let entries =
        (0..6).map(|i| Draft { moment: day * DAY + i, body: body(b'a' + (i % 3) as u8, i) });
    let decided = (1..3).map(|back| Decided {
        seq: (day * 6).saturating_sub(back).max(1),
        body: Bytes::from(format!("decided {day}")),
    });
    Batch { node: 1, boot, n: day + 1, entries: entries.collect(), decided: decided.collect() }
}

/// A log of so many days, one segment each.
fn write(disk: &SimDisk, days: u64) -> Vec<Entry> {
    let mut options = options(Path::new(LOG));
    options.disk = disk.shared();
    let mut log = open(&options).unwrap();
    let mut told = Vec::new();
    for n in 0..days {
        common::wait("segment ahead", || segments(disk).len() as u64 > n);
        // It has its name a moment before the writer has it.
        std::thread::sleep(std::time::Duration::from_millis(30));
        propose(&mut log, day(1, n)).unwrap();
        told.extend(take(&mut log, 6));
    }
    log.stop().unwrap();
    told
}

fn segments(disk: &SimDisk) -> Vec<PathBuf> {
    let paths = disk.files().into_iter().map(|(path, _)| path);
    paths.filter(|path| path.extension().is_some_and(|end| end == "seg")).collect()
}

fn archived(log: &SimDisk, to: &SimDisk, before: u64) -> Result<Archived, ArchiveError> {
    let (log, to) = ((log.shared(), LOG.into()), (to.shared(), ARCHIVE.into()));
    archive_on(log, to, u64::MAX, before)
}

fn checked(log: &SimDisk, to: &SimDisk) -> Result<Whole, Damage> {
    verify_both_on((log.shared(), LOG.into()), (to.shared(), ARCHIVE.into()))
}

/// Opens the log and lets it let go.
fn trim(disk: &SimDisk, below: u64) {
    let mut options = options(Path::new(LOG));
    options.disk = disk.shared();
    let mut log = open(&options).unwrap();
    log.trimmer().trim(below);
    common::wait("trim", || matches!(log.poll(), Some(Event::Trimmed { .. })));
    log.stop().unwrap();
}

/// Classes over, as letters; each entry asked about once a file.
struct Over {
    classes: Vec<u8>,
    from: u64,
    asked: Vec<u64>,
    fails: bool,
}

impl Over {
    fn new(classes: &[u8], from: u64) -> Self {
        Self { classes: classes.to_vec(), from, asked: Vec::new(), fails: false }
    }
}

impl Policy for Over {
    fn over(&self, last: u64) -> u64 {
        let bits = self.classes.iter().map(|class| 1 << (class - b'a')).sum();
        if last < self.from { bits } else { 0 }
    }

    fn goes(&mut self, over: u64, entry: &Entry) -> bool {
        let goes = over & (1 << (entry.body[0] - b'a')) != 0;
        self.asked.extend(goes.then_some(entry.seq));
        goes
    }

    fn before(&mut self) -> std::io::Result<()> {
        if self.fails { Err(std::io::Error::other("the keys stay")) } else { Ok(()) }
    }
}

fn thinned(log: &SimDisk, to: &SimDisk, policy: &mut Over) -> Result<Thinned, ArchiveError> {
    thin_on((to.shared(), ARCHIVE.into()), (log.shared(), LOG.into()), policy)
}

fn holds(disk: &SimDisk, word: &str) -> bool {
    let found = |bytes: &[u8]| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    disk.files().iter().any(|(_, bytes)| found(bytes))
}

#[test]
fn what_is_trimmed_is_in_the_archive_and_the_chain_is_whole_over_both() {
    let (log, to) = (SimDisk::new(), SimDisk::new());
    let told = write(&log, 12);
    let done = archived(&log, &to, 8 * DAY).unwrap();
    assert_eq!(done, Archived { segments: 8, below: Some(49) });
    assert_eq!(archived(&log, &to, 8 * DAY).unwrap().segments, 0, "once is enough");
    // Both have them; then only the archive.
    assert_eq!(checked(&log, &to).unwrap().log.first, 1);
    trim(&log, 49);
    let whole = checked(&log, &to).unwrap();
    assert_eq!((whole.log.first, whole.log.seq, whole.entries, whole.files), (49, 72, 48, 8));
    assert_eq!(whole.log.head, told[71].hash);
    // No zeros are archived.
    assert!(to.files().iter().all(|(_, bytes)| bytes.len() < 8_192));
    // A file that is missing, and one that is another's, are named.
    let gap = to.killed();
    drop(gap.take_away(Path::new("/archive/00000000000000000008.arc")));
    assert_eq!(checked(&log, &gap).unwrap_err().flaw, Flaw::Missing);
    let other = SimDisk::new();
    let mut options = options(Path::new(LOG));
    (options.create, options.disk) = (Some([9; 16]), other.shared());
    open(&options).unwrap().stop().unwrap();
    assert!(matches!(archived(&other, &to, 8 * DAY), Err(ArchiveError::Other { .. })));
}

#[test]
fn a_class_whose_time_is_over_leaves_hashes_and_everything_else_can_be_proved() {
    let (log, to) = (SimDisk::new(), SimDisk::new());
    let told = write(&log, 12);
    archived(&log, &to, 10 * DAY).unwrap();
    trim(&log, 61);
    let before: usize = to.files().iter().map(|(_, bytes)| bytes.len()).sum();
    let done = thinned(&log, &to, &mut Over::new(b"a", 6 * DAY)).unwrap();
    let after: usize = to.files().iter().map(|(_, bytes)| bytes.len()).sum();
    assert_eq!((done.files, done.entries, done.freed), (6, 12, (before - after) as u64));
    assert!(
        !holds(&to, "secret-97-3-") && holds(&to, "secret-97-7-") && holds(&to, "secret-98-3-")
    );
    let whole = checked(&log, &to).unwrap();
    assert_eq!((whole.entries, whole.thinned, whole.log.head), (48, 12, told[71].hash));
    // The same again does nothing and asks about nothing; a further class takes its own.
    let mut again = Over::new(b"a", 6 * DAY);
    assert_eq!(thinned(&log, &to, &mut again).unwrap(), Thinned::default());
    assert!(again.asked.is_empty());
    assert_eq!(thinned(&log, &to, &mut Over::new(b"abc", 3 * DAY)).unwrap().entries, 12);
    let whole = checked(&log, &to).unwrap();
    assert_eq!((whole.entries, whole.thinned), (36, 24));
    // Where what must go with them cannot go, nothing goes.
    let mut stuck = Over { fails: true, ..Over::new(b"c", 9 * DAY) };
    assert!(thinned(&log, &to, &mut stuck).is_err());
    assert!(holds(&to, "secret-99-4-"));
}

#[test]
fn what_an_archive_keeps_is_read_in_order_with_its_holes() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut log = open(&options(dir.path())).unwrap();
    let mut told = Vec::new();
    for n in 0..5 {
        let ahead = dir.path().join(format!("segments/{:020}.seg", n + 1));
        common::wait("segment ahead", || ahead.exists());
        // It has its name a moment before the writer has it.
        std::thread::sleep(std::time::Duration::from_millis(100));
        propose(&mut log, day(1, n)).unwrap();
        told.extend(take(&mut log, 6));
    }
    log.stop().unwrap();
    archive(dir.path(), to.path(), u64::MAX, 3 * DAY).unwrap();
    thin(to.path(), dir.path(), &mut Over::new(b"b", 2 * DAY)).unwrap();
    assert!(records(to.path()).unwrap().all(|one| !matches!(one, Ok(Kept::Thinned { .. }))));
    let mut log = open(&options(dir.path())).unwrap();
    log.trim(19);
    common::wait("trim", || log.poll().is_some());
    log.stop().unwrap();
    thin(to.path(), dir.path(), &mut Over::new(b"b", 2 * DAY)).unwrap();
    let kept: Vec<Kept> = records(to.path()).unwrap().map(Result::unwrap).collect();
    let mut seq = 0;
    for one in &kept {
        match one {
            Kept::Entry(entry) => {
                seq += 1;
                let as_told = &told[seq - 1];
                assert_eq!((entry.hash, &entry.body), (as_told.hash, &as_told.body));
            }
            Kept::Thinned { hash, moment, .. } => {
                seq += 1;
                assert_eq!((*hash, *moment), (told[seq - 1].hash, told[seq - 1].moment));
                assert_eq!(told[seq - 1].body[0], b'b');
            }
            Kept::Decided(_) => {}
        }
    }
    assert_eq!(seq, 18);
    assert!(
        kept.iter().any(|one| matches!(one, Kept::Decided(decided) if decided.body.is_empty()))
    );
}

#[test]
fn the_log_stays_bounded_and_its_archive_grows_by_what_is_kept() {
    let (log, to) = (SimDisk::new(), SimDisk::new());
    let mut options = options(Path::new(LOG));
    options.disk = log.shared();
    let mut open_log = open(&options).unwrap();
    let (mut most, mut freed) = (0, 0);
    for n in 0..60 {
        common::wait("segment ahead", || spare(&log));
        propose(&mut open_log, day(1, n)).unwrap();
        take(&mut open_log, 6);
        if n % 5 == 4 {
            // A stop notes the head: only what is below it is archived.
            open_log.stop().unwrap();
            open_log = open(&options).unwrap();
            let below = archived(&log, &to, (n - 4) * DAY).unwrap().below;
            if let Some(below) = below {
                open_log.trim(below);
                common::wait("trim", || matches!(open_log.poll(), Some(Event::Trimmed { .. })));
            }
            // Two of three classes are over ten days later.
            freed += thinned(&log, &to, &mut Over::new(b"ab", n.saturating_sub(10) * DAY))
                .unwrap()
                .freed;
            most = most.max(segments(&log).len());
        }
    }
    open_log.stop().unwrap();
    assert!(most <= 12, "{most} segments");
    let archive: usize = to.files().iter().map(|(_, bytes)| bytes.len() - 4_096).sum();
    assert!(freed as usize > archive / 2, "{freed} bytes became free, {archive} are left");
    let whole = checked(&log, &to).unwrap();
    assert_eq!(whole.log.seq, 360);
    assert!(whole.thinned > whole.entries);
}

/// Whether a segment is ready for one more day.
fn spare(disk: &SimDisk) -> bool {
    std::thread::sleep(std::time::Duration::from_millis(10));
    disk.files().iter().any(|(path, bytes)| {
        path.extension().is_some_and(|end| end == "seg") && bytes[..8] == [0; 8]
    })
}

#[test]
fn a_crash_at_every_operation_of_archiving_and_thinning_leaves_a_whole_chain() {
    let log = SimDisk::new();
    write(&log, 4);
    // What the log still has is not thinned.
    let short = log.killed();
    trim(&short, 19);
    let seeded = Seeded::new(4);
    let empty = SimDisk::new();
    let counted = empty.killed();
    counted.set(Faults::default());
    archived(&log, &counted, 3 * DAY).unwrap();
    let archiving = counted.counts().0;
    counted.set(Faults::default());
    thinned(&short, &counted, &mut Over::new(b"ab", 2 * DAY)).unwrap();
    let thinning = counted.counts().0;
    assert!(archiving > 10 && thinning > 10, "{archiving} and {thinning}");
    let full = SimDisk::new();
    archived(&log, &full, 3 * DAY).unwrap();
    for at in 1..=archiving.max(thinning) {
        let (one, other) = (empty.killed(), full.killed());
        for disk in [&one, &other] {
            disk.set(Faults { crash_at: Some(at), ..Faults::default() });
        }
        let crashed = archived(&log, &one, 3 * DAY).is_err();
        assert_eq!(crashed, at <= archiving);
        assert_eq!(
            thinned(&short, &other, &mut Over::new(b"ab", 2 * DAY)).is_err(),
            at <= thinning
        );
        for disk in
            [one.killed(), one.power_loss(&seeded), other.killed(), other.power_loss(&seeded)]
        {
            checked(&log, &disk).unwrap_or_else(|why| panic!("{at}: {why}"));
            // Done again it comes to the same.
            archived(&log, &disk, 3 * DAY).unwrap();
            thinned(&short, &disk, &mut Over::new(b"ab", 2 * DAY)).unwrap();
            let whole = checked(&log, &disk).unwrap();
            assert_eq!((whole.files, whole.thinned), (3, 8), "{at}");
        }
    }
}

#[test]
fn a_flip_anywhere_in_the_archive_is_named() {
    let (log, to) = (SimDisk::new(), SimDisk::new());
    write(&log, 5);
    archived(&log, &to, 4 * DAY).unwrap();
    trim(&log, 25);
    thinned(&log, &to, &mut Over::new(b"a", 2 * DAY)).unwrap();
    let seeded = Seeded::new(8);
    for (path, bytes) in to.files() {
        for at in (0..bytes.len()).step_by(193) {
            let flipped = to.killed();
            flipped.tamper(&path, |bytes| bytes[at] ^= 1 << seeded.below(8));
            let damage = checked(&log, &flipped).unwrap_err();
            assert_eq!(damage.file, path, "byte {at}");
        }
    }
}
