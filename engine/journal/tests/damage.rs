//! A flip or cut anywhere in a log stopped cleanly is named, and no shorter log is taken for a whole one.

mod common;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use journal::embedded::{OpenError, Reader, Summary, verify_on};
use journal::{Damage, Decided, Flaw, Pos};

use common::sim_disk::SimDisk;
use common::{batch, open_on, propose, take};

const STEP: usize = 64;

const DAY: u64 = 86_400_000_000_000;

/// Three segments, one a day so that they are short, and one made ahead; stopped cleanly.
fn stopped_log() -> (SimDisk, Summary) {
    let disk = SimDisk::new();
    let mut log = open_on(&disk.shared()).unwrap();
    for n in 1..=24 {
        let mut batch = batch(1, n, 3, if n % 4 == 0 { 900 } else { 100 });
        batch.entries.iter_mut().for_each(|draft| draft.moment = (n - 1) / 8 * DAY);
        common::wait("segment ahead", || segments(&disk).len() as u64 == (n + 6) / 8 + 1);
        batch.decided = vec![Decided { seq: n, body: Bytes::from(vec![3; 100]) }];
        propose(&mut log, batch).unwrap();
        take(&mut log, 3);
    }
    common::wait("segment ahead", || segments(&disk).len() == 4);
    log.stop().unwrap();
    let summary = verify(&disk).unwrap();
    assert_eq!((summary.first, summary.seq, summary.entries, summary.segments), (1, 72, 72, 3));
    assert!(summary.clean);
    (disk, summary)
}

fn verify(disk: &SimDisk) -> Result<Summary, Damage> {
    verify_on(disk.shared(), PathBuf::from("/log"))
}

fn segments(disk: &SimDisk) -> Vec<PathBuf> {
    let paths = disk.files().into_iter().map(|(path, _)| path);
    paths.filter(|path| path.extension().is_some_and(|end| end == "seg")).collect()
}

/// How many entries a reader gives before it ends, and whether it names damage.
fn read_all(disk: &SimDisk) -> (usize, bool) {
    let Ok(reader) = Reader::open_on(disk.shared(), PathBuf::from("/log")) else {
        return (0, true);
    };
    let Ok(records) = reader.from(Pos::START) else { return (0, true) };
    let records: Vec<_> = records.collect();
    let damaged = records.iter().any(Result::is_err);
    (common::entries(records.into_iter().flatten().collect()).len(), damaged)
}

/// Whether the place named is at or before this byte of this file, and no more than a group before it.
fn names(damage: &Damage, path: &Path, at: usize) -> bool {
    damage.file == *path && damage.offset <= at as u64 && damage.offset + 4_096 > at as u64
}

#[test]
fn a_flip_at_every_64th_byte_is_named() {
    let (disk, _) = stopped_log();
    for (path, bytes) in disk.files() {
        for at in (0..bytes.len()).step_by(STEP) {
            let bit = 1 << (at / STEP % 8);
            disk.tamper(&path, |bytes| bytes[at] ^= bit);
            let damage = verify(&disk).expect_err(&format!("{} byte {at}", path.display()));
            // A flip in the zeros behind an end is named at that end.
            let named = names(&damage, &path, at) || damage.flaw == Flaw::Tail;
            assert!(named && damage.file == path, "byte {at} is named as {damage}");
            disk.tamper(&path, |bytes| bytes[at] ^= bit);
        }
    }
    verify(&disk).unwrap();
}

#[test]
fn a_flip_never_makes_a_reader_or_an_opening_end_early() {
    let (disk, summary) = stopped_log();
    for path in segments(&disk) {
        let len = disk.files().iter().find(|(name, _)| *name == path).unwrap().1.len();
        for at in (0..len).step_by(STEP * 13 + 8) {
            disk.tamper(&path, |bytes| bytes[at] ^= 0x10);
            let (entries, damaged) = read_all(&disk);
            assert!(damaged || entries == 72, "{} byte {at}: {entries}", path.display());
            // What is not walked by an opening is walked by the reading that follows it.
            match open_on(&disk.killed().shared()) {
                Err(OpenError::Damaged(_)) => {}
                Ok(log) => assert_eq!(log.head(), (72, summary.head), "byte {at}"),
                Err(other) => panic!("{other}"),
            }
            disk.tamper(&path, |bytes| bytes[at] ^= 0x10);
        }
    }
    assert_eq!(read_all(&disk), (72, false));
}

#[test]
fn a_cut_at_every_64th_byte_is_named() {
    let (disk, _) = stopped_log();
    let mut files = disk.files();
    // The lock is empty, and a segment made ahead holds nothing of the log.
    files.retain(|(_, bytes)| bytes.iter().any(|byte| *byte != 0));
    assert_eq!(files.len(), 4, "the head note and three segments");
    for (path, whole) in files {
        for at in (0..whole.len()).step_by(STEP) {
            disk.tamper(&path, |bytes| bytes.truncate(at));
            let damage = verify(&disk).expect_err(&format!("{} cut at {at}", path.display()));
            assert_eq!(damage.file, path, "cut at {at} is named as {damage}");
            disk.tamper(&path, |bytes| bytes.extend_from_slice(&whole[at..]));
        }
    }
    verify(&disk).unwrap();
}

#[test]
fn bytes_set_to_zero_are_named_too() {
    let (disk, _) = stopped_log();
    for path in segments(&disk).into_iter().take(3) {
        let whole = disk.files().into_iter().find(|(name, _)| *name == path).unwrap().1;
        // From anywhere to the end of the file, as if the last groups had never been written.
        for at in (0..whole.len()).step_by(STEP * 8) {
            if whole[at..].iter().all(|byte| *byte == 0) {
                break;
            }
            disk.tamper(&path, |bytes| bytes[at..].fill(0));
            let damage = verify(&disk).expect_err(&format!("{} zeros from {at}", path.display()));
            assert!(read_all(&disk).1, "a reader names it too: {damage}");
            disk.tamper(&path, |bytes| bytes.copy_from_slice(&whole));
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let (disk, _) = stopped_log();
    for path in segments(&disk).into_iter().take(3).chain([PathBuf::from("/log/head")]) {
        let put_back = disk.take_away(&path);
        let damage = verify(&disk).unwrap_err();
        assert_eq!(damage.file, path);
        assert!(matches!(damage.flaw, Flaw::Missing | Flaw::Note), "{damage}");
        assert!(matches!(open_on(&disk.shared()), Err(OpenError::Damaged(_))));
        put_back();
    }
    verify(&disk).unwrap();
}

#[test]
fn a_segment_under_another_number_is_named() {
    let (disk, _) = stopped_log();
    let files = segments(&disk);
    let bytes = |path: &Path| disk.files().into_iter().find(|(name, _)| name == path).unwrap().1;
    // The live one again as the next; the first in place of the second.
    for (from, to) in [(2, 3), (0, 1)] {
        let (copy, was) = (bytes(&files[from]), bytes(&files[to]));
        disk.tamper(&files[to], |bytes| *bytes = copy);
        let damage = verify(&disk).unwrap_err();
        assert_eq!((&damage.file, damage.flaw), (&files[to], Flaw::Header));
        disk.tamper(&files[to], |bytes| *bytes = was);
    }
    verify(&disk).unwrap();
}

#[test]
fn the_sentence_says_where_and_what_to_do() {
    let (disk, _) = stopped_log();
    disk.tamper(&segments(&disk)[1], |bytes| bytes[4096] ^= 1);
    let sentence = verify(&disk).unwrap_err().to_string();
    for part in ["00000000000000000002.seg", "byte 4096", "restore this file", "checksum"] {
        assert!(sentence.contains(part), "{sentence}");
    }
}

#[test]
fn after_a_kill_a_flip_in_an_earlier_group_is_damage_and_one_in_the_last_is_a_tail() {
    let disk = SimDisk::new();
    let mut log = open_on(&disk.shared()).unwrap();
    let mut told = Vec::new();
    for n in 1..=6 {
        propose(&mut log, batch(1, n, 2, 200)).unwrap();
        told.extend(take(&mut log, 2));
    }
    let killed = disk.killed();
    drop(log);
    let path = segments(&killed)[0].clone();
    for (entry, damaged) in [(0, true), (5, true), (9, true), (10, false), (11, false)] {
        let disk = killed.killed();
        let at = (told[entry].pos.to_u64() & 0xFFFF_FFFF) as usize;
        // The length field: nothing after it can be found by following it.
        disk.tamper(&path, |bytes| bytes[at + 8] ^= 0x40);
        assert_eq!(verify(&disk).is_err(), damaged, "entry {entry}");
        match open_on(&disk.shared()) {
            Err(OpenError::Damaged(damage)) => {
                assert!(damaged);
                assert_eq!((damage.offset, damage.seq), (at as u64, entry as u64 + 1));
            }
            Ok(log) => {
                assert!(!damaged);
                assert_eq!(log.head().0, entry as u64, "cut at the first hole");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn a_cut_before_the_noted_head_is_refused() {
    let disk = SimDisk::new();
    let mut log = open_on(&disk.shared()).unwrap();
    propose(&mut log, batch(1, 1, 2, 200)).unwrap();
    let told = take(&mut log, 2);
    let before = disk.files().into_iter().find(|(path, _)| path.ends_with("head")).unwrap().1;
    // The note of each second.
    common::wait("note", || {
        disk.files().iter().any(|(path, bytes)| path.ends_with("head") && *bytes != before)
    });
    let killed = disk.killed();
    drop(log);
    let at = (told[1].pos.to_u64() & 0xFFFF_FFFF) as usize;
    killed.tamper(&segments(&killed)[0], |bytes| bytes[at + 40] ^= 1);
    let Err(OpenError::Damaged(damage)) = open_on(&killed.shared()) else {
        panic!("a synced and noted entry was dropped as a torn tail");
    };
    assert_eq!((damage.seq, damage.flaw), (2, Flaw::Short { head: 2 }));
}
