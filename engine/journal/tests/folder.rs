//! The log in a real folder: one writer, readers beside it, trimming, rolling, and the sentences of a refusal.

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use journal::embedded::{Embedded, OpenError, Options, Reader, open, verify};
use journal::{Event, Flaw, Log, Pos, Record, Unread};

use common::{batch, entries, options, propose, records, take, wait};

fn opened(dir: &Path) -> Embedded {
    open(&options(dir)).unwrap()
}

/// Files of segments, by name.
fn segments(dir: &Path) -> Vec<String> {
    let files = std::fs::read_dir(dir.join("segments")).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|end| end == "seg"));
    names.sort();
    names
}

#[test]
fn it_is_read_and_verified_while_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = opened(dir.path());
    let done = Arc::new(AtomicBool::new(false));
    let (path, ended) = (dir.path().to_owned(), Arc::clone(&done));
    let reading = std::thread::spawn(move || {
        let (mut rounds, mut last) = (0, 0);
        loop {
            // Asked before the reading: a round after the end must find everything.
            let finished = ended.load(SeqCst);
            let reader = Reader::open(&path).unwrap();
            let found = reader.from(Pos::START).unwrap().map(Result::unwrap).collect();
            let found = entries(found);
            assert!(found.iter().zip(1..).all(|(entry, seq)| entry.seq == seq));
            assert!(found.len() >= last, "never fewer than before");
            last = found.len();
            assert!(verify(&path).unwrap().seq >= last as u64);
            rounds += 1;
            if finished && rounds > 3 {
                return last;
            }
        }
    });
    for n in 1..=300 {
        propose(&mut log, batch(1, n, 3, 600)).unwrap();
        take(&mut log, 3);
    }
    done.store(true, SeqCst);
    assert_eq!(reading.join().unwrap(), 900);
    assert!(segments(dir.path()).len() > 5, "it rolled");
    log.stop().unwrap();
    assert!(verify(dir.path()).unwrap().clean);
}

#[test]
fn it_goes_on_after_a_clean_stop_and_after_none() {
    let dir = tempfile::tempdir().unwrap();
    for boot in 1..=6 {
        let mut log = opened(dir.path());
        assert_eq!(log.head().0, (boot - 1) * 40);
        assert_eq!(entries(records(&log, Pos::START)).len() as u64, (boot - 1) * 40);
        for n in 1..=10 {
            propose(&mut log, batch(boot, n, 4, 1_000)).unwrap();
            take(&mut log, 4);
        }
        if boot % 2 == 0 {
            log.stop().unwrap();
        }
    }
    assert_eq!(verify(dir.path()).unwrap().entries, 240);
}

#[test]
fn only_one_process_writes_it() {
    let dir = tempfile::tempdir().unwrap();
    let log = opened(dir.path());
    let refused = open(&options(dir.path())).err().unwrap();
    assert!(matches!(refused, OpenError::InUse { .. }));
    assert!(refused.to_string().contains("stop that one first"));
    log.stop().unwrap();
    opened(dir.path()).stop().unwrap();
}

#[test]
fn a_folder_without_a_log_is_not_a_log_without_entries() {
    let dir = tempfile::tempdir().unwrap();
    let refused = open(&Options::new(dir.path(), common::no_wake())).err().unwrap();
    assert!(matches!(refused, OpenError::NoLog { .. }), "{refused}");
    assert!(matches!(Reader::open(dir.path()), Err(OpenError::NoLog { .. })));
    assert_eq!(verify(dir.path()).unwrap_err().flaw, Flaw::Note);
    let missing = open(&Options::new(dir.path().join("none"), common::no_wake())).err().unwrap();
    assert!(missing.to_string().contains("mounted"), "{missing}");

    let mut odd = options(dir.path());
    for bytes in [4096, odd.segment_bytes + 1, 2 << 30] {
        odd.segment_bytes = bytes;
        assert!(matches!(open(&odd), Err(OpenError::SegmentBytes { .. })));
    }
}

#[test]
fn a_new_log_without_an_entry_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let log = opened(dir.path());
    assert!(records(&log, Pos::START).is_empty());
    assert_eq!(Reader::open(dir.path()).unwrap().from(Pos::START).unwrap().count(), 0);
    log.stop().unwrap();
    let summary = verify(dir.path()).unwrap();
    assert_eq!((summary.first, summary.seq, summary.log_id), (1, 0, [7; 16]));
    assert_eq!(opened(dir.path()).log_id(), [7; 16]);
}

#[test]
fn trimming_lets_whole_segments_go_and_only_those() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = opened(dir.path());
    let mut told = Vec::new();
    for n in 1..=60 {
        propose(&mut log, batch(1, n, 1, 6_000)).unwrap();
        told.extend(take(&mut log, 1));
    }
    let before = segments(dir.path());
    let reader = Reader::open(dir.path()).unwrap();
    log.trim(30);
    let mut first = 0;
    wait("trim", || {
        if let Some(Event::Trimmed { below }) = log.poll() {
            first = below;
        }
        first > 0
    });
    assert!(first > 1 && first <= 30);
    let left = entries(records(&log, Pos::START));
    assert_eq!(left, told[first as usize - 1..]);
    assert!(segments(dir.path()).len() < before.len());
    assert!(matches!(log.read(told[0].pos), Err(Unread::Trimmed { below }) if below == first));
    log.stop().unwrap();
    assert!(matches!(reader.from(told[0].pos), Err(Unread::Trimmed { below }) if below == first));

    assert_eq!(verify(dir.path()).unwrap().first, first);
    let from = |seq| -> Vec<Record> { reader.from_seq(seq).unwrap().flatten().collect() };
    assert_eq!(entries(from(45)), told[44..]);
    assert_eq!(entries(from(1)), left);
    assert!(from(61).is_empty());
    // What was let go is no damage; what is gone otherwise is.
    let kept = segments(dir.path());
    std::fs::remove_file(dir.path().join("segments").join(&kept[0])).unwrap();
    assert_eq!(verify(dir.path()).unwrap_err().flaw, Flaw::Missing);
}

#[test]
fn a_day_begins_a_segment() {
    const DAY: u64 = 86_400_000_000_000;
    let dir = tempfile::tempdir().unwrap();
    let mut log = opened(dir.path());
    let mut told = Vec::new();
    for n in 1..=4 {
        let ahead = dir.path().join(format!("segments/{:020}.seg", n.min(2)));
        wait("segment ahead", || ahead.exists());
        let mut batch = batch(1, n, 2, 10);
        batch.entries.iter_mut().for_each(|draft| draft.moment = n / 2 * DAY + DAY / 2);
        propose(&mut log, batch).unwrap();
        told.extend(take(&mut log, 2));
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    log.stop().unwrap();
    assert_eq!(verify(dir.path()).unwrap().segments, 3);
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(entries(reader.from(Pos::START).unwrap().flatten().collect()), told);
}
