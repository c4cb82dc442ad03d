//! What each version of the rules decides, and that a change of them in mid-log is where it says.

mod support;

use central::entry::{Act, Entry, Flags, Role, Scope, Signal, Verb};
use central::kind::{Class, Kind};
use central::output::Reason;
use central::words::{ActId, AlarmId, Moment, Municipality, Seq, SessionId};
use central::{Central, Decision, OLDEST, RULES, Stop, limits};
use sha2::{Digest, Sha256};
use support::{KARI, SECOND, World, close, genesis, placed, session, signal};

/// A long history that never changes: presses, copies, withdrawals, claims, closes, over some hours.
fn history() -> Vec<(u64, Entry)> {
    let kinds =
        [Kind::PRESS, Kind::FALL, Kind::BED_LEFT, Kind::BATTERY_LOW, Kind::POSITION, Kind::RESET];
    let mut dice = 7_u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let who = [SessionId([1; 16]), SessionId([2; 16])];
    let mut now = support::START;
    let mut entries = vec![(now, genesis())];
    for (id, name) in who.iter().zip(["kari", "ola"]) {
        entries.push((now, session(*id, name, Role::Operator, Scope::All, 86_400)));
    }
    for n in 0..1_500_u64 {
        now += roll(40) * SECOND;
        let entry = if roll(2) == 0 {
            let device = format!("d{}", roll(9));
            let kind = kinds[roll(6) as usize];
            let late = roll(5) == 0;
            let reference = format!("r{}", if roll(8) == 0 { n / 2 } else { n });
            Entry::Signal(Signal {
                municipality: Municipality(301 + roll(2) as u16),
                buffered: late,
                ..signal(&device, kind, &reference, now)
            })
        } else {
            let alarm = AlarmId(Seq((entries.len() as u64).saturating_sub(roll(60)).max(1)));
            let verb = match roll(3) {
                0 => Verb::Claim { alarm },
                1 => close(alarm, 2),
                _ => close(alarm, 3),
            };
            let mut id = [0; 16];
            id[..8].copy_from_slice(&n.to_be_bytes());
            Entry::Act(Act { id: ActId(id), session: who[roll(2) as usize], verb })
        };
        entries.push((now, entry));
    }
    entries
}

/// Hash of every decision and output.
fn trace(history: &[(u64, Entry)]) -> String {
    let mut central = Central::new();
    let mut hash = Sha256::new();
    for (seq, (now, entry)) in (1..).zip(history) {
        let mut out = Vec::new();
        let decision = central.apply(&placed(seq, *now), entry, &mut out).unwrap();
        hash.update(decision.encode());
        hash.update(format!("{out:?}"));
    }
    let hash: [u8; 32] = hash.finalize().into();
    format!("{:032x}", u128::from_be_bytes(hash[..16].try_into().unwrap()))
}

/// Taken from the version before there were other rules. It never changes.
const BY_RULES_1: &str = "899bc8aff5158a66ca1bef35d559ded7";

#[test]
fn rules_1_decide_byte_for_byte_as_ever() {
    assert_eq!(trace(&history()), BY_RULES_1);
}

/// A world where these rules decide.
fn under(rules: u32) -> World {
    let mut world = World::staffed();
    assert_eq!(world.put(&Entry::Rules(rules)).0, Decision::Noted);
    world
}

/// Opens an alarm of a kind and closes it at once.
fn closed(world: &mut World, kind: Kind) -> AlarmId {
    let alarm = world.alarm("d", kind);
    let version = world.claim(KARI, alarm).unwrap().version;
    world.close(KARI, alarm, version).unwrap();
    alarm
}

fn opened(decision: Decision) -> (u8, Option<Reason>) {
    let Decision::Opened { priority, reasons } = decision else { panic!("{decision:?}") };
    (priority, reasons.into_iter().find(|reason| matches!(reason, Reason::Recurred { .. })))
}

#[test]
fn under_rules_2_what_comes_back_within_two_hours_of_its_close_goes_before_and_names_it() {
    let table = [
        (Kind::PRESS, 2, 1),
        (Kind::FALL, 2, 1),
        (Kind::BED_LEFT, 4, 3),
        (Kind::BATTERY_LOW, 7, 6),
    ];
    for (kind, alone, raised) in table {
        for (rules, seconds, expected) in
            [(2, 0, raised), (2, 7_199, raised), (2, 7_200, alone), (1, 0, alone)]
        {
            let mut world = under(rules);
            let first = closed(&mut world, kind);
            world.now += seconds * SECOND;
            let again = world.signal(signal("d", kind, "again", world.now));
            let (priority, reason) = opened(again);
            assert_eq!(priority, expected, "{kind:?} {seconds} s later under rules {rules}");
            let recurred = Reason::Recurred { after: first, seconds };
            assert_eq!(reason, (priority != alone).then_some(recurred));
        }
    }
}

#[test]
fn another_device_kind_or_municipality_is_no_recurrence() {
    let mut world = under(2);
    closed(&mut world, Kind::PRESS);
    let now = world.now;
    let moved = Signal { municipality: Municipality(5001), ..signal("d", Kind::PRESS, "m", now) };
    for other in [signal("e", Kind::PRESS, "o", now), signal("d", Kind::FALL, "f", now), moved] {
        assert_eq!(opened(world.signal(other)), (2, None));
    }
}

#[test]
fn the_last_close_is_the_one_that_is_named_and_only_it() {
    let mut world = under(2);
    closed(&mut world, Kind::PRESS);
    world.now += 3_600 * SECOND;
    let second = closed(&mut world, Kind::PRESS);
    world.now += 7_000 * SECOND;
    let (_, reason) = opened(world.signal(signal("d", Kind::PRESS, "third", world.now)));
    assert_eq!(reason, Some(Reason::Recurred { after: second, seconds: 7_000 }));
}

#[test]
fn a_recurrence_is_raised_by_its_repeats_and_never_lowers_what_is_life_safety() {
    let mut world = under(2);
    closed(&mut world, Kind::PRESS);
    for (n, expected) in [(0, 1), (1, 1), (2, 1), (3, 0)] {
        let repeat = signal("d", Kind::PRESS, &format!("again{n}"), world.now);
        let (Decision::Opened { priority, reasons } | Decision::Folded { priority, reasons, .. }) =
            world.signal(repeat)
        else {
            panic!("no alarm")
        };
        assert_eq!(priority, expected, "after {n} Repeats");
        assert!(reasons.iter().any(|reason| matches!(reason, Reason::Recurred { .. })), "it stays");
    }
    // Late and unreadable as it can be, under both: no class is below where it was.
    for kind in central::kind::TABLE.iter().map(|row| row.kind) {
        for flags in [Flags::default(), Flags::UNDECODABLE] {
            let priorities = [1, 2].map(|rules| {
                let mut world = under(rules);
                let shape = |reference: &str, world: &World| Signal {
                    flags,
                    buffered: true,
                    happened: Some(Moment(world.now - 3_000 * SECOND)),
                    ..signal("d", kind, reference, world.now)
                };
                world.signal(shape("first", &world));
                let alarm = AlarmId(Seq(world.seq));
                if let Ok(done) = world.claim(KARI, alarm) {
                    world.close(KARI, alarm, done.version).unwrap();
                }
                match world.signal(shape("again", &world)) {
                    Decision::Opened { priority, reasons } => {
                        let life = reasons.contains(&Reason::Class(Class::LifeSafety));
                        assert!(!life || priority <= 2, "{kind:?}");
                        priority
                    }
                    _ => 9,
                }
            });
            assert!(priorities[1] <= priorities[0], "{kind:?}: {priorities:?}");
        }
    }
}

#[test]
fn closes_are_forgotten_with_the_alarms_and_what_is_forgotten_does_not_recur() {
    let mut world = under(2);
    closed(&mut world, Kind::PRESS);
    for n in 0..limits::CLOSED {
        let device = format!("e{n}");
        let alarm = world.alarm(&device, Kind::PRESS);
        let mut id = [9; 16];
        id[..8].copy_from_slice(&(n as u64 * 2).to_be_bytes());
        let version = world.act_as(ActId(id), KARI, Verb::Claim { alarm }).unwrap().version;
        id[..8].copy_from_slice(&(n as u64 * 2 + 1).to_be_bytes());
        world.act_as(ActId(id), KARI, close(alarm, version)).unwrap();
    }
    assert_eq!(opened(world.signal(signal("d", Kind::PRESS, "again", world.now))), (2, None));
    let last = format!("e{}", limits::CLOSED - 1);
    assert_eq!(opened(world.signal(signal(&last, Kind::PRESS, "again", world.now))).0, 1);
}

#[test]
fn rules_change_in_mid_log_up_and_down_and_each_entry_is_decided_by_those_before_it() {
    let mut world = World::staffed();
    assert_eq!(world.central.rules(), OLDEST, "before a log says which");
    let mut came = Vec::new();
    for rules in [1, 2, 1, 2] {
        world.put(&Entry::Rules(rules));
        assert_eq!(world.central.rules(), rules);
        for _ in 0..2 {
            let alarm = world.alarm("d", Kind::PRESS);
            came.push(world.row(alarm).priority);
            let version = world.claim(KARI, alarm).unwrap().version;
            world.close(KARI, alarm, version).unwrap();
        }
    }
    // Of closes under rules 1 nothing is kept to come back from; of those under rules 2 it is.
    assert_eq!(came, [2, 2, 2, 1, 2, 2, 1, 1]);
    let again = Central::decode(&world.central.encode()).unwrap();
    assert_eq!((again.digest(), again.rules()), (world.central.digest(), 2));
}

#[test]
fn a_central_that_lacks_rules_stops_where_they_begin_and_loses_nothing() {
    let mut older = Central::knowing(1);
    let mut out = Vec::new();
    older.apply(&placed(1, 1), &genesis(), &mut out).unwrap();
    older.apply(&placed(2, 1), &Entry::Rules(1), &mut out).unwrap();
    let before = older.digest();
    for rules in [0, 2, RULES + 1] {
        let stopped = older.apply(&placed(3, 1), &Entry::Rules(rules), &mut out);
        assert_eq!(stopped, Err(Stop::LacksRules(rules)));
        assert_eq!(older.digest(), before);
    }
    assert_eq!(older.decide_by(2), Err(Stop::LacksRules(2)));
    let state = {
        let mut newer = Central::new();
        newer.apply(&placed(1, 1), &genesis(), &mut out).unwrap();
        newer.apply(&placed(2, 1), &Entry::Rules(2), &mut out).unwrap();
        newer
    };
    assert_eq!(Central::decode(&state.encode()).unwrap().rules(), 2);
}
