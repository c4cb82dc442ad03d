//! What stands in the tables after what was put into the log.

use central::entry::{Attributed, Counted, Entry, Hop, Person};
use central::kind::Kind;
use central::words::{KeyId, Moment, Municipality, PersonId, Seq};

use super::super::{ASIDE, FILE, NEW, Retention};
use super::world::{DAY, SECOND, World, eventually};

#[test]
fn an_alarm_is_told_from_its_first_signal_to_its_close() {
    let mut world = World::new();
    world.enter(1, "kari");
    let (alarm, _) = world.signal("link:A", Kind::PRESS);
    world.pass(SECOND);
    world.signal("link:A", Kind::PRESS);
    world.signal("link:A", Kind::RESET);
    world.pass(SECOND);
    world.claim(1, alarm);
    world.pass(60 * SECOND);
    world.close(1, alarm);
    let stamp = |n| Moment(n);
    let hop = Hop {
        seq: Seq(alarm),
        durable: stamp(11),
        receipt: stamp(12),
        presented: stamp(0),
        painted: stamp(14),
    };
    world.put(&Entry::Hops(vec![hop]));
    world.settle();
    world.folded();
    let of_alarm =
        |column: &str| world.one(&format!("SELECT {column} FROM alarm WHERE id = {alarm}"));
    assert_eq!(of_alarm("signals"), Some(2));
    assert_eq!(of_alarm("priority"), Some(1));
    assert_eq!(of_alarm("claimed - received"), Some(2 * SECOND.cast_signed()));
    assert_eq!(of_alarm("closed - claimed"), Some(60 * SECOND.cast_signed()));
    assert_eq!(of_alarm("claimed_by = 'kari' AND closed_by = 'kari'"), Some(1));
    assert_eq!(of_alarm("cause * 1000000 + action * 1000 + outcome"), Some(100_204_300));
    assert_eq!(of_alarm("durable * 10000 + receipt * 100 + painted"), Some(111_214));
    assert_eq!(of_alarm("presented"), None);
    assert_eq!(world.one("SELECT count(*) FROM signal WHERE became = 4"), Some(1));
    let statistics =
        "SELECT opened * 100000 + folded * 10000 + claimed * 1000 + closed FROM statistics";
    assert_eq!(world.one(&format!("{statistics} WHERE kind = 100")), Some(111_001));
    assert_eq!(world.one("SELECT claim_longest FROM statistics WHERE kind = 100"), Some(2_000));
}

#[test]
fn what_the_gate_counted_is_kept_without_the_address_it_came_from() {
    let mut world = World::new();
    for source in ["ip:192.0.2.7", "link:A"] {
        let (from, to) = (Moment(1), Moment(2));
        let source = source.to_owned();
        let counted = Counted { source, from, to, duplicates: 3, refused: 5, rubbish: 7 };
        world.put(&Entry::Counted(counted));
    }
    world.settle();
    let dump = world.folded();
    assert!(dump.contains("\"ip\"") && dump.contains("link:A") && !dump.contains("192.0.2.7"));
    let sum = "SELECT duplicates * 10000 + refused * 100 + rubbish FROM statistics WHERE kind = -1";
    assert_eq!(world.one(sum), Some(61_014));
}

#[test]
fn an_erased_persons_pseudonym_is_in_no_row_and_in_no_file_of_the_room() {
    const GONE: u64 = 0x7071_7273_7475_7677;
    const STAYS: u64 = 0x6061_6263_6465_6667;
    let mut world = World::new();
    for id in [GONE, STAYS] {
        let (id, key) = (PersonId(id), KeyId(id));
        let person = Person { id, municipality: Municipality(301), key, about: None };
        world.put(&Entry::Person(person));
    }
    world.press_of("link:A", GONE);
    world.press_of("link:B", STAYS);
    let (later, _) = world.signal("link:C", Kind::FALL);
    world.put(&Entry::Attributed(Attributed {
        signal: Seq(later),
        person: PersonId(GONE),
        key: None,
    }));
    world.settle();
    let projections = world.start();
    world.wait_for(world.durable() - 1);
    let holding = |bytes: [u8; 8]| {
        let files = std::fs::read_dir(world.path("")).unwrap();
        let files = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        files.filter(|file| file.windows(8).any(|found| found == bytes)).count()
    };
    // SQLite keeps integers with the highest byte first.
    assert!(holding(GONE.to_be_bytes()) > 0 && holding(STAYS.to_be_bytes()) > 0);
    std::fs::write(world.path(ASIDE), GONE.to_be_bytes()).unwrap();
    world.put(&Entry::Erased(PersonId(GONE)));
    // Under way when it was erased.
    let late = world.press_of("link:D", GONE);
    world.settle();
    world.wait_for(world.durable() - 1);
    let count = |of: u64| world.one(&format!("SELECT count(*) FROM alarm WHERE person = {of}"));
    assert_eq!((count(GONE), count(STAYS)), (Some(0), Some(1)));
    assert_eq!(world.one("SELECT count(*) FROM alarm"), Some(4));
    assert_eq!(world.one(&format!("SELECT person FROM signal WHERE seq = {late}")), None);
    assert!(!world.path(ASIDE).exists());
    drop(projections);
    // In the list of the erased it stands as a key, which SQLite writes in another form.
    let left = std::fs::read(world.path(FILE)).unwrap();
    assert!(!left.windows(8).any(|found| found == GONE.to_be_bytes()));
    assert!(left.windows(8).any(|found| found == STAYS.to_be_bytes()));
    assert_eq!(world.dump(), world.rebuilt());
}

#[test]
fn rows_are_deleted_by_the_logs_own_time_the_same_live_and_rebuilt() {
    let mut world = World::new();
    world.retention = Retention { classes: [Some(3), None, None, Some(1), None], acts: Some(2) };
    world.enter(1, "kari");
    let projections = world.start();
    let mut closed = Vec::new();
    for day in 0..6 {
        let (alarm, _) = world.signal(&format!("link:{day}"), Kind::PRESS);
        world.signal(&format!("link:{day}"), Kind::POSITION);
        world.signal(&format!("link:p{day}"), Kind::BED_LEFT);
        world.claim(1, alarm);
        if day != 1 {
            world.close(1, alarm);
            closed.push(alarm);
        }
        world.pass(DAY);
        world.settle();
        world.wait_for(world.durable() - 1);
    }
    drop(projections);
    world.settle();
    world.folded();
    // Of six presses five were closed; three full days are over for those of days 0 and 2, and the open one stays.
    let presses = "FROM alarm WHERE kind = 100 AND closed";
    assert_eq!(world.one(&format!("SELECT count(*) {presses} IS NULL")), Some(1));
    let oldest = world.one(&format!("SELECT min(id) {presses} IS NOT NULL"));
    assert_eq!(oldest, Some(closed[2].cast_signed()));
    assert_eq!(world.one("SELECT count(*) FROM alarm WHERE kind = 200"), Some(6));
    assert_eq!(world.one("SELECT count(*) FROM signal WHERE class = 3"), Some(1));
    assert_eq!(world.one("SELECT sum(opened) FROM statistics"), Some(12));
    let followed = world.dump();
    assert_eq!(followed, world.rebuilt());
    // Other times: another content, made anew.
    world.retention = Retention::default();
    assert_ne!(followed, world.folded());
    assert_eq!(world.one("SELECT count(*) FROM alarm"), Some(12));
}

#[test]
fn the_database_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::new();
    world.settle();
    let _projections = world.start();
    world.wait_for(1);
    let mode = |name: &str| {
        let found = std::fs::metadata(world.path(name)).unwrap();
        found.permissions().mode() & 0o777
    };
    assert_eq!(mode(""), 0o700);
    for file in std::fs::read_dir(world.path("")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert_eq!(mode(&name), 0o600, "{name}");
    }
    eventually("the new one took its place", || !world.path(NEW).exists());
}
