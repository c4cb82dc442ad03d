//! Random histories: however the log was followed, the content is that of one fold, and agrees with the central.

use central::entry::{Act, Entry, Role, Scope, SessionOpened, Signal, Verb};
use central::kind::Kind;
use central::words::{
    ActId, AlarmId, DeviceId, Moment, Municipality, PersonId, Reference, Seq, SessionId,
};
use central::{Decision, entry};
use proptest::prelude::*;

use super::world::{DAY, SECOND, START, World, template};

/// What is put, after how long, and whether the decisions owed are lost before it.
type Step = (u64, bool, Entry);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kinds = prop::sample::select(vec![
        Kind::PRESS,
        Kind::FALL,
        Kind::BED_LEFT,
        Kind::BATTERY_LOW,
        Kind::POSITION,
        Kind::RESET,
        Kind(4711),
    ]);
    let signals = (0..6_u8, kinds, 0..12_u8, 0..2_u16, prop::option::of(0..3_u64)).prop_map(
        |(device, kind, reference, place, person)| {
            Entry::Signal(Signal {
                device: DeviceId(format!("d{device}")),
                municipality: Municipality(300 + place),
                person: person.map(PersonId),
                kind,
                reference: Reference(format!("r{reference}")),
                received: Moment(START),
                ..template()
            })
        },
    );
    let acts = (0..30_u8, 0..4_u8, 1..60_u64, 1..6_u32, 0..3_u8).prop_map(
        |(id, who, alarm, version, what)| {
            let alarm = AlarmId(Seq(alarm));
            let close =
                Verb::Close { alarm, version, cause: 100, action: 200, outcome: 300, note: None };
            let verb = match what {
                0 => Verb::Claim { alarm },
                1 => Verb::Release { alarm, version },
                _ => close,
            };
            Entry::Act(Act { id: ActId([id; 16]), session: SessionId([who; 16]), verb })
        },
    );
    let sessions = (0..4_u8, 1..200_u64).prop_map(|(who, days)| {
        Entry::SessionOpened(SessionOpened {
            id: SessionId([who; 16]),
            operator: format!("o{who}"),
            role: Role::Operator,
            scope: Scope::All,
            expires: Moment(START + days * DAY),
        })
    });
    let persons = (0..3_u64, 1..60_u64, 0..3_u8).prop_map(|(id, signal, what)| {
        let id = PersonId(id);
        match what {
            0 => Entry::Person(entry::Person {
                id,
                municipality: Municipality(300),
                key: central::words::KeyId(id.0 + 1),
                about: None,
            }),
            1 => {
                Entry::Attributed(entry::Attributed { signal: Seq(signal), person: id, key: None })
            }
            _ => Entry::Erased(id),
        }
    });
    let rest = prop_oneof![
        Just(Entry::Tick),
        (0..4_u8).prop_map(|who| Entry::SessionEnded(SessionId([who; 16])))
    ];
    let entry = prop_oneof![6 => signals, 5 => acts, 2 => sessions, 1 => persons, 1 => rest];
    let pause = prop_oneof![8 => 0..3 * SECOND, 1 => 0..2 * DAY];
    prop::collection::vec((pause, prop::bool::weighted(0.05), entry), 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn followed_in_pieces_or_folded_at_once_the_content_is_the_same_and_the_centrals(
        steps in steps(), stops in prop::collection::btree_set(0..150_usize, 0..3), days in 1..4_u32,
    ) {
        let mut world = World::new();
        world.retention.classes[3] = Some(days);
        for (n, (pause, crash, entry)) in steps.iter().enumerate() {
            world.pass(*pause);
            if *crash {
                world.crash();
            }
            world.put(entry);
            if stops.contains(&n) {
                world.settle();
                world.folded();
            }
        }
        world.settle();
        let followed = world.folded();
        let tally = world.central.tally();
        let count = |sql: &str| world.one(sql).unwrap_or(0).cast_unsigned();
        prop_assert_eq!(count("SELECT count(*) FROM alarm"), tally.opened);
        prop_assert_eq!(count("SELECT sum(opened) FROM statistics"), tally.opened);
        prop_assert_eq!(count("SELECT sum(signals) FROM alarm"), tally.opened + tally.folded);
        prop_assert_eq!(count("SELECT sum(duplicates) FROM statistics"), tally.duplicates);
        prop_assert_eq!(count("SELECT sum(attached) FROM statistics"), tally.attached);
        prop_assert_eq!(count("SELECT sum(filed) FROM statistics"), tally.filed);
        let open = world.central.depth().0 as u64;
        prop_assert_eq!(count("SELECT count(*) FROM alarm WHERE closed IS NULL"), open);
        for row in world.central.rows() {
            let sql = format!(
                "SELECT priority * 1000000 + signals * 10 + class FROM alarm WHERE id = {}",
                row.alarm.0.0
            );
            let wanted = u64::from(row.priority) * 1_000_000 + u64::from(row.count) * 10;
            prop_assert_eq!(count(&sql), wanted + row.class as u64);
        }
        prop_assert_eq!(followed, world.rebuilt());
    }
}

#[test]
fn a_silent_log_is_folded_to_its_last_entry() {
    let mut world = World::new();
    world.signal("link:A", Kind::PRESS);
    let projections = world.start();
    world.wait_for(world.durable());
    assert_eq!(world.one("SELECT count(*) FROM alarm"), Some(1));
    // What comes after the silence, with decisions made twice: once here, once beside the entries.
    world.signal("link:B", Kind::PRESS);
    world.settle();
    world.wait_for(world.durable() - 1);
    drop(projections);
    assert_eq!(world.one("SELECT count(*) FROM alarm"), Some(2));
    assert_eq!(world.dump(), world.rebuilt());
}

#[test]
fn decisions_lost_in_a_crash_are_made_again() {
    let mut world = World::new();
    world.enter(1, "kari");
    let (alarm, _) = world.signal("link:A", Kind::PRESS);
    let claimed = world.claim(1, alarm);
    assert!(matches!(claimed, Decision::Done(_)));
    world.crash();
    world.signal("link:B", Kind::FALL);
    world.settle();
    world.folded();
    assert_eq!(world.one("SELECT count(*) FROM alarm"), Some(2));
    assert_eq!(world.one("SELECT count(*) FROM alarm WHERE claimed_by = 'kari'"), Some(1));
}
