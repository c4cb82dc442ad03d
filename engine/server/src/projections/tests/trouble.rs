//! Files that are not what they should be, and disks that do not do what they should.

use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;

use central::kind::Kind;
use rusqlite::Connection;

use super::super::{ASIDE, FILE, NEW};
use super::world::{World, eventually, folded};

/// A log with some alarms, and what is in its tables.
fn told() -> (World, String) {
    let mut world = World::new();
    world.enter(1, "kari");
    for n in 0..40 {
        let (alarm, _) = world.signal(&format!("link:{n}"), Kind::PRESS);
        world.claim(1, alarm);
    }
    world.settle();
    let told = world.folded();
    (world, told)
}

#[test]
fn a_damaged_database_is_set_aside_and_folded_anew() {
    let (world, told) = told();
    let file = world.path(FILE);
    let whole = std::fs::read(&file).unwrap();
    let pages = whole.len() / 4096;
    let mut aside = 0;
    for at in [0, 100, 4096 + 3, 3 * 4096, (pages - 1) * 4096] {
        let damaged = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
        damaged.write_all_at(&[0xa5; 64], at as u64).unwrap();
        drop(damaged);
        assert_eq!(world.folded(), told, "damage at {at}");
        aside += usize::from(world.path(ASIDE).exists());
        let _ = std::fs::remove_file(world.path(ASIDE));
    }
    assert!(aside >= 4, "{aside} of 5 were set aside");
    // Cut off, emptied, something else entirely.
    for bytes in [&whole[..whole.len() / 2], b"", b"no database, but long enough to be read as one"]
    {
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(world.folded(), told, "{} bytes", bytes.len());
        assert!(world.path(ASIDE).exists());
    }
}

#[test]
fn tables_of_another_version_stay_until_the_new_ones_take_their_place() {
    let (world, told) = told();
    let other = Connection::open(world.path(FILE)).unwrap();
    other.execute_batch("DROP TABLE counted; PRAGMA user_version = 99;").unwrap();
    drop(other);
    // Nothing can be folded: the old file stays.
    let log = world.folder.path().join("log");
    let away = world.folder.path().join("away");
    std::fs::rename(&log, &away).unwrap();
    let projections = world.start();
    eventually("it says that it cannot go on", || world.figures.failing());
    drop(projections);
    assert!(world.path(FILE).exists());
    std::fs::rename(&away, &log).unwrap();
    assert_eq!(world.folded(), told);
    assert!(!world.path(NEW).exists() && !world.path(ASIDE).exists());
}

#[test]
fn a_database_ahead_of_the_log_or_of_another_log_is_set_aside() {
    let (world, told) = told();
    let ahead = std::fs::read(world.path(FILE)).unwrap();
    // The log was restored from an older copy, and went another way since.
    let mut older = World::new();
    older.enter(1, "ola");
    older.settle();
    let before = older.folded();
    std::fs::write(older.path(FILE), &ahead).unwrap();
    assert_eq!(older.folded(), before);
    assert!(older.path(ASIDE).exists());
    // As long as the other, but with other entries.
    for n in 0..80 {
        older.signal(&format!("link:other{n}"), Kind::PRESS);
    }
    older.settle();
    let before = older.folded();
    std::fs::write(older.path(FILE), &ahead).unwrap();
    assert_eq!(older.folded(), before);
    let mut foreign = World::of([9; 16]);
    foreign.settle();
    let before = foreign.folded();
    std::fs::write(foreign.path(FILE), &ahead).unwrap();
    assert_eq!(foreign.folded(), before);
    assert_eq!(world.folded(), told);
}

#[test]
fn a_rebuild_that_was_cut_short_goes_on_where_it_was() {
    let (world, told) = told();
    // The new one was begun and came some way; the old one is gone.
    std::fs::rename(world.path(FILE), world.path(NEW)).unwrap();
    let turns = world.figures.turns.load(Ordering::Relaxed);
    assert_eq!(world.folded(), told);
    assert_eq!(world.figures.turns.load(Ordering::Relaxed), turns, "nothing was folded again");
    // Begun and torn: begun anew.
    std::fs::rename(world.path(FILE), world.path(NEW)).unwrap();
    let torn = std::fs::OpenOptions::new().write(true).open(world.path(NEW)).unwrap();
    torn.set_len(5_000).unwrap();
    assert_eq!(world.folded(), told);
}

#[test]
fn what_goes_wrong_is_shown_and_ends_by_itself() {
    let (mut world, _) = told();
    let folder = world.path("");
    std::fs::remove_dir_all(&folder).unwrap();
    // A file where the folder should be: nothing can be written.
    let place = world.folder.path().join("projections");
    std::fs::write(&place, b"").unwrap();
    let _projections = world.start();
    eventually("it says that it cannot go on", || world.figures.failing());
    std::fs::remove_file(&place).unwrap();
    eventually("it goes on by itself", || !world.figures.failing());
    let last = world.durable() - 1;
    world.wait_for(last);
    // The log is short of room: what is left is the log's.
    world.roomy.store(false, Ordering::Relaxed);
    world.signal("link:late", Kind::PRESS);
    world.settle();
    eventually("it stands still", || world.figures.failing());
    assert_eq!(folded(&world.path(FILE)), Some(last));
    world.roomy.store(true, Ordering::Relaxed);
    world.wait_for(world.durable() - 1);
}
