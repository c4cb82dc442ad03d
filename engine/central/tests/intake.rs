//! Duplicates, triage, folding and attaching, room by room.

mod support;

use central::Decision;
use central::entry::{Entry, Flags, Sender, Signal};
use central::kind::{Class, Kind};
use central::limits;
use central::output::Reason;
use central::words::{AlarmId, ContentHash, Moment, Municipality, Reference, Seq};
use support::{KARI, SECOND, START, World, counter, offers, receipt, signal};

#[test]
fn a_duplicate_gets_the_same_receipt_and_changes_nothing() {
    let mut world = World::new();
    let press = Entry::Signal(signal("d", Kind::PRESS, "ref", START));
    let (decision, out) = world.put(&press);
    assert!(matches!(decision, Decision::Opened { .. }));
    let first = receipt(&out).unwrap();
    assert_eq!((first.seq, first.duplicate, first.alarm), (Seq(2), false, Some(AlarmId(Seq(2)))));

    world.now += SECOND;
    let row = world.row(AlarmId(Seq(2))).clone();
    let (decision, out) = world.put(&press);
    assert_eq!(decision, Decision::Duplicate { of: Seq(2) });
    assert_eq!(out.len(), 1, "a receipt and nothing else: {out:?}");
    let again = receipt(&out).unwrap();
    assert!(again.duplicate);
    assert_eq!(
        (again.seq, again.head, again.moment, again.alarm),
        (first.seq, first.head, first.moment, first.alarm)
    );
    assert_eq!(world.row(AlarmId(Seq(2))), &row);
}

#[test]
fn what_is_a_duplicate_and_what_is_not() {
    let base = || signal("d", Kind::PRESS, "ref", START);
    let bare = || Signal { reference: Reference::default(), ..base() };
    let counted = |n| Signal { counter: Some(counter(1, n)), ..bare() };
    let cases: Vec<(&str, Signal, Signal, bool)> = vec![
        ("the same", base(), base(), true),
        ("received later", base(), Signal { received: Moment(START + 5), ..base() }, true),
        ("other path", base(), Signal { path: central::entry::Path::SipTcp, ..base() }, true),
        ("other content", base(), Signal { content: ContentHash([1; 16]), ..base() }, false),
        ("other reference", base(), signal("d", Kind::PRESS, "ref2", START), false),
        ("other device", base(), signal("e", Kind::PRESS, "ref", START), false),
        ("no reference, no counter", bare(), bare(), false),
        ("no reference, same count", counted(1), counted(1), true),
        ("no reference, next count", counted(1), counted(2), false),
    ];
    for (name, first, second, duplicate) in cases {
        let mut world = World::new();
        world.signal(first);
        let decision = world.signal(second);
        assert_eq!(matches!(decision, Decision::Duplicate { .. }), duplicate, "{name}");
    }
}

#[test]
fn after_the_window_a_copy_is_a_new_signal() {
    for (after, duplicate) in
        [(limits::DUPLICATE_WINDOW - 1, true), (limits::DUPLICATE_WINDOW, false)]
    {
        let mut world = World::new();
        world.signal(signal("d", Kind::PRESS, "ref", START));
        world.now += after;
        let decision = world.signal(signal("d", Kind::PRESS, "ref", START));
        assert_eq!(matches!(decision, Decision::Duplicate { .. }), duplicate, "after {after}");
    }
}

#[test]
fn a_closed_alarms_signal_is_still_known() {
    let mut world = World::staffed();
    let press = signal("d", Kind::PRESS, "ref", START);
    world.signal(press.clone());
    let alarm = AlarmId(Seq(world.seq));
    let claimed = world.claim(KARI, alarm).unwrap();
    world.close(KARI, alarm, claimed.version).unwrap();
    assert_eq!(world.signal(press.clone()), Decision::Duplicate { of: alarm.0 });
    assert_eq!(world.central.rows().count(), 0);
    assert_eq!(world.central.known(&press, Moment(world.now)).unwrap().alarm, Some(alarm));
}

#[test]
fn telemetry_never_pushes_a_press_out_of_memory() {
    let mut world = World::new();
    let press = signal("d", Kind::PRESS, "ref", START);
    world.signal(press.clone());
    for n in 0..500 {
        world.signal(signal("d", Kind::POSITION, &format!("p{n}"), START));
    }
    assert_eq!(world.signal(press), Decision::Duplicate { of: Seq(2) });
}

#[test]
fn a_device_is_remembered_by_so_many_signals_and_no_more() {
    let mut world = World::new();
    let press = |n: usize| signal("d", Kind::PRESS, &format!("r{n}"), START);
    for n in 0..=limits::DUPLICATES_OPENING {
        world.signal(press(n));
    }
    assert!(matches!(world.signal(press(1)), Decision::Duplicate { .. }), "the oldest kept");
    assert!(matches!(world.signal(press(0)), Decision::Folded { .. }), "a Repeat, never nothing");
}

#[test]
fn priorities() {
    use Class::{LifeSafety, Person, Technical};
    let late = |seconds: u64, kind| Signal {
        buffered: true,
        happened: Some(Moment(START - seconds * SECOND)),
        ..signal("d", kind, "r", START)
    };
    let flagged = |flags, kind| Signal { flags, ..signal("d", kind, "r", START) };
    let doubtful = Signal { sender: Sender::Doubtful, ..signal("d", Kind::PRESS, "r", START) };
    let table: Vec<(Signal, u8, Vec<Reason>)> = vec![
        (signal("d", Kind::PRESS, "r", START), 2, vec![Reason::Class(LifeSafety)]),
        (signal("d", Kind(4711), "r", START), 2, vec![Reason::Class(LifeSafety)]),
        (signal("d", Kind::BED_LEFT, "r", START), 4, vec![Reason::Class(Person)]),
        (signal("d", Kind::BATTERY_LOW, "r", START), 7, vec![Reason::Class(Technical)]),
        (late(60, Kind::FALL), 2, vec![Reason::Class(LifeSafety), Reason::Buffered(60)]),
        (late(7_200, Kind::FALL), 2, vec![Reason::Class(LifeSafety), Reason::Buffered(7_200)]),
        (late(60, Kind::BED_LEFT), 4, vec![Reason::Class(Person), Reason::Buffered(60)]),
        (late(600, Kind::BED_LEFT), 5, vec![Reason::Class(Person), Reason::Buffered(600)]),
        (
            flagged(Flags::UNDECODABLE, Kind::STATUS),
            2,
            vec![Reason::Class(LifeSafety), Reason::Undecodable],
        ),
        (
            flagged(Flags::UNDECODABLE, Kind::UNDECODABLE),
            2,
            vec![Reason::Class(LifeSafety), Reason::Undecodable],
        ),
        (flagged(Flags::ODD_FIELD, Kind::PRESS), 2, vec![Reason::Class(LifeSafety)]),
        (doubtful, 2, vec![Reason::Class(LifeSafety), Reason::Doubtful]),
    ];
    for (signal, priority, reasons) in table {
        let shown = format!("{signal:?}");
        assert_eq!(World::new().signal(signal), Decision::Opened { priority, reasons }, "{shown}");
    }
}

#[test]
fn repeats_raise_but_never_across_classes() {
    for (kind, priorities) in [
        (Kind::PRESS, [2, 1, 1, 0, 0]),
        (Kind::BED_LEFT, [4, 3, 3, 3, 3]),
        (Kind::BATTERY_LOW, [7, 6, 6, 6, 6]),
    ] {
        let mut world = World::new();
        let alarm = world.alarm("d", kind);
        let mut seen = vec![world.row(alarm).priority];
        for _ in 0..4 {
            world.alarm("d", kind);
            seen.push(world.row(alarm).priority);
        }
        assert_eq!(seen, priorities, "{kind:?}");
    }
}

#[test]
fn a_repeat_is_folded_counted_shown_and_offered_when_it_raises() {
    let mut world = World::staffed();
    let alarm = world.alarm("d", Kind::PRESS);
    let (decision, out) = world.put(&Entry::Signal(signal("d", Kind::PRESS, "again", START)));
    assert!(matches!(decision, Decision::Folded { priority: 1, .. }), "{decision:?}");
    assert_eq!(offers(&out), [alarm]);
    assert_eq!(receipt(&out).unwrap().alarm, Some(alarm));
    let row = world.row(alarm);
    assert_eq!((row.count, row.version, row.signals.len()), (2, 2, 2));

    let version = world.claim(KARI, alarm).unwrap().version;
    let (_, out) = world.put(&Entry::Signal(signal("d", Kind::PRESS, "third", START)));
    assert_eq!(offers(&out), [], "somebody has it");
    assert_eq!(world.row(alarm).version, version + 1, "but it is seen on the row");
    assert!(world.close(KARI, alarm, version).is_ok(), "the claim still holds");
}

#[test]
fn old_repeats_are_counted_but_raise_no_more() {
    let mut world = World::new();
    let alarm = world.alarm("d", Kind::PRESS);
    for _ in 0..3 {
        world.now += limits::REPEATS_WINDOW + SECOND;
        world.alarm("d", Kind::PRESS);
    }
    let row = world.row(alarm);
    assert_eq!((row.count, row.priority), (4, 1), "one at a time never insists");
}

#[test]
fn a_storm_of_repeats_keeps_the_newest_and_the_count() {
    let mut world = World::new();
    let alarm = world.alarm("d", Kind::PRESS);
    for _ in 0..100 {
        world.alarm("d", Kind::PRESS);
    }
    let row = world.row(alarm);
    assert_eq!((row.count, row.signals.len()), (101, limits::ROW_SIGNALS));
    assert_eq!(row.signals.last().unwrap().0, Seq(world.seq));
    assert_eq!(world.central.rows().count(), 1);
}

#[test]
fn other_kinds_and_municipalities_have_their_own_alarm() {
    let mut world = World::new();
    world.alarm("d", Kind::PRESS);
    world.alarm("d", Kind::FALL);
    world.signal(Signal {
        municipality: Municipality(5001),
        ..signal("d", Kind::PRESS, "m", START)
    });
    assert_eq!(world.central.depth(), (3, 3));
}

#[test]
fn a_withdrawal_is_shown_and_never_closes() {
    let mut world = World::new();
    let press = world.alarm("d", Kind::PRESS);
    let fall = world.alarm("d", Kind::FALL);
    let other = world.alarm("e", Kind::PRESS);
    let decision = world.signal(signal("d", Kind::CANCEL, "c", START));
    assert_eq!(decision, Decision::Attached { alarms: 2 });
    for alarm in [press, fall] {
        assert_eq!(world.row(alarm).withdrawn, Some((Kind::CANCEL, Moment(START))));
    }
    assert_eq!(world.row(other).withdrawn, None);
    world.alarm("d", Kind::PRESS);
    assert_eq!(world.row(press).withdrawn, None, "pressed again after it");
    assert_eq!(
        world.signal(signal("x", Kind::RESET, "c", START)),
        Decision::Attached { alarms: 0 }
    );
}

#[test]
fn age_counts_from_when_it_happened_if_that_can_be_believed() {
    let cases = [
        (true, Some(START - 3_600 * SECOND), START - 3_600 * SECOND),
        (false, Some(START - 3_600 * SECOND), START),
        (true, None, START),
        (true, Some(0), START),
        (true, Some(START + 1), START),
    ];
    for (buffered, happened, since) in cases {
        let mut world = World::new();
        let happened = happened.map(Moment);
        world.signal(Signal { buffered, happened, ..signal("d", Kind::PRESS, "r", START) });
        assert_eq!(world.row(AlarmId(Seq(2))).since, Moment(since), "{buffered} {happened:?}");
    }
}

#[test]
fn every_kind_of_the_table_does_what_it_says() {
    for spec in central::kind::TABLE {
        let mut world = World::new();
        let (decision, out) = world.put(&Entry::Signal(signal("d", spec.kind, "r", START)));
        let opened = world.central.rows().count();
        match spec.effect {
            central::kind::Effect::Opens => {
                assert!(matches!(decision, Decision::Opened { .. }) && opened == 1, "{spec:?}");
            }
            central::kind::Effect::Filed => {
                assert!(decision == Decision::Filed && opened == 0, "{spec:?}");
            }
            central::kind::Effect::Attached => {
                assert!(decision == Decision::Attached { alarms: 0 } && opened == 0, "{spec:?}");
            }
        }
        assert!(receipt(&out).is_some(), "every signal is owed a receipt: {spec:?}");
    }
}

/// A unit that begins its references anew must not be answered for a press that nobody sees.
#[test]
fn a_late_copy_of_a_closed_alarm_is_a_new_press() {
    for (close, after, duplicate) in [
        (true, limits::LATE_COPY - 1, true),
        (true, limits::LATE_COPY, false),
        (false, limits::LATE_COPY, true),
    ] {
        let mut world = World::staffed();
        world.signal(signal("d", Kind::PRESS, "ref", START));
        let first = world.waiting()[0];
        if close {
            let version = world.claim(KARI, first).unwrap().version;
            world.close(KARI, first, version).unwrap();
        }
        world.now = START + after;
        let decision = world.signal(signal("d", Kind::PRESS, "ref", START));
        let case = format!("closed {close}, after {after}");
        assert_eq!(matches!(decision, Decision::Duplicate { .. }), duplicate, "{case}");
        assert_eq!(matches!(decision, Decision::Opened { .. }), !duplicate, "{case}");
    }
}
