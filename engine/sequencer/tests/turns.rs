//! What a turn does: order, tokens, room, time, and the end.

mod support;

use std::sync::Arc;

use bytes::Bytes;
use central::Central;
use central::entry::Entry;
use central::kind::Kind;
use journal::memory::Order;
use journal::{Batch, Draft, Health, Log, Pos, Record};
use lanes::Lane;
use sequencer::limits::{BATCH, HELD, IN_FLIGHT, ROOM_FOR_ACTS, ROOM_FOR_PERSON};
use sequencer::{Halt, Irreproducible, Sequencer, Skips, Step, Turn, Why, refold, refold_seeing};
use support::{NODE, Rig, Tape, genesis, session, signal};

#[test]
fn nothing_is_told_before_it_is_durable() {
    let mut rig = Rig::new();
    rig.order.set_delay(1_000);
    let token = rig.signal(Kind::PRESS);
    assert_eq!(rig.settle(0), Turn::Idle { wake: None });
    assert_eq!(rig.applied(), []);
    assert!(!rig.sequencer.is_quiet(), "something is under way");
    rig.order.advance_to(1_000);
    rig.settle(0);
    assert!(rig.sequencer.is_quiet());
    let (seq, told, receipt) = rig.sequencer.shell().applied.pop().unwrap();
    assert_eq!((seq, told), (2, token));
    assert_eq!(receipt.unwrap().seq.0, 2);
}

#[test]
fn a_batch_is_ordered_by_urgency_whatever_lane_it_came_by() {
    let mut rig = Rig::new();
    let telemetry = rig.signal(Kind::POSITION);
    let technical = rig.signal(Kind::BATTERY_LOW);
    let person = rig.signal(Kind::BED_LEFT);
    let act = rig.push(Lane::Acts, &session(9));
    // A doorway's mistake: a press in the lane of imports.
    let press = rig.push(Lane::Bulk, &signal(Kind::PRESS, "x"));
    rig.settle(0);
    assert_eq!(rig.applied(), [press, act, person, technical, telemetry]);
}

#[test]
fn an_alarm_overtakes_what_waits_for_a_slow_sync() {
    let mut rig = Rig::new();
    rig.order.set_stalled(true);
    let mut first = Vec::new();
    for _ in 0..IN_FLIGHT {
        first.push(rig.signal(Kind::BED_LEFT));
        rig.settle(0);
    }
    let late: Vec<u64> = (0..500).map(|_| rig.signal(Kind::BED_LEFT)).collect();
    rig.settle(0);
    assert_eq!(rig.order.undecided(NODE), IN_FLIGHT, "no more than two batches under way");
    let press = rig.signal(Kind::PRESS);
    rig.order.set_stalled(false);
    rig.settle(0);
    let expected: Vec<u64> = first.into_iter().chain([press]).chain(late).collect();
    assert_eq!(rig.applied(), expected);
}

#[test]
fn a_full_log_refuses_all_but_life_safety_which_comes_when_there_is_room() {
    let mut rig = Rig::new();
    rig.order.set_room(Some(0));
    let press = rig.signal(Kind::PRESS);
    let others =
        [rig.signal(Kind::BED_LEFT), rig.signal(Kind::POSITION), rig.push(Lane::Acts, &session(9))];
    let turn = rig.settle(0);
    assert!(matches!(turn, Turn::Idle { wake: Some(_) }), "tries again by itself: {turn:?}");
    let mut refused = rig.refused();
    refused.sort_by_key(|(token, _)| *token);
    assert_eq!(refused, others.map(|token| (token, Why::Full)));
    assert!(rig.sequencer.shell().health.contains(&Health::Full));

    let later = rig.signal(Kind::BED_LEFT);
    let fall = rig.signal(Kind::FALL);
    rig.settle(0);
    assert_eq!(rig.refused(), [(later, Why::Full)]);
    rig.order.set_room(None);
    rig.settle(0);
    assert_eq!(rig.applied(), [press, fall]);
    let person = rig.signal(Kind::BED_LEFT);
    rig.settle(0);
    assert_eq!(rig.applied(), [press, fall, person], "intake has resumed");
}

#[test]
fn what_is_kept_for_a_full_log_is_bounded() {
    let mut rig = Rig::new();
    rig.order.set_room(Some(0));
    for _ in 0..3 * HELD {
        rig.signal(Kind::PRESS);
    }
    rig.settle(0);
    assert_eq!(rig.lanes.depth(Lane::LifeSafety), 2 * HELD, "the rest stays in its lane");
    rig.order.set_room(None);
    rig.settle(0);
    assert_eq!(rig.applied().len(), 3 * HELD);
    assert!(rig.applied().is_sorted());
}

#[test]
fn without_a_next_segment_room_is_kept_for_what_matters() {
    let kinds = [Kind::PRESS, Kind::BED_LEFT, Kind::BATTERY_LOW, Kind::POSITION];
    let table = [
        (ROOM_FOR_PERSON + 1_000_000, vec![Kind::POSITION]),
        (ROOM_FOR_PERSON - 1, vec![Kind::BED_LEFT, Kind::BATTERY_LOW, Kind::POSITION]),
        (ROOM_FOR_ACTS - 1, kinds.to_vec()),
    ];
    for (room, expected) in table {
        let mut rig = Rig::new();
        rig.order.set_room(Some(room));
        rig.settle(0);
        let tokens = kinds.map(|kind| (kind, rig.signal(kind)));
        let act = rig.push(Lane::Acts, &session(9));
        rig.settle(0);
        let refused = rig.refused();
        let refused: Vec<Kind> = tokens
            .into_iter()
            .filter(|(_, token)| refused.contains(&(*token, Why::Full)))
            .map(|(kind, _)| kind)
            .collect();
        assert_eq!(refused, expected, "with {room} bytes left");
        assert!(rig.applied().contains(&act), "an act is always taken");
    }
}

#[test]
fn what_could_not_be_applied_is_never_proposed() {
    let mut rig = Rig::new();
    let before = rig.order.last();
    let rubbish = rig.push_bytes(Lane::LifeSafety, Bytes::from_static(b"rubbish"));
    let rules = rig.push(Lane::Acts, &Entry::Rules(99));
    let long = rig.push_bytes(Lane::LifeSafety, vec![0; central::limits::ENTRY + 1].into());
    rig.settle(0);
    let mut refused = rig.refused();
    refused.sort_by_key(|(token, _)| *token);
    assert_eq!(refused, [rubbish, rules, long].map(|token| (token, Why::Invalid)));
    assert_eq!(rig.order.last(), before);
}

#[test]
fn nothing_comes_before_the_genesis() {
    let mut rig = Rig::empty();
    let early = rig.signal(Kind::PRESS);
    let born = rig.push(Lane::Acts, &genesis());
    rig.settle(0);
    assert_eq!(rig.refused(), [(early, Why::Invalid)]);
    assert_eq!(rig.applied(), [born]);
    let press = rig.signal(Kind::PRESS);
    rig.settle(0);
    assert_eq!(rig.applied(), [born, press]);
}

#[test]
fn time_alone_ends_a_session_by_one_tick() {
    let mut rig = Rig::new();
    rig.push(Lane::Acts, &session(1_000));
    assert_eq!(rig.settle(10), Turn::Idle { wake: Some(1_000) });
    let before = rig.order.last();
    rig.settle(999);
    assert_eq!(rig.order.last(), before);
    rig.order.set_stalled(true);
    for _ in 0..5 {
        rig.settle(1_000);
    }
    assert_eq!(rig.order.undecided(NODE), 1, "one Tick under way, not five");
    rig.order.set_stalled(false);
    let rest = 1_000 + sequencer::limits::REST;
    assert_eq!(rig.settle(1_000), Turn::Idle { wake: Some(rest) }, "only its decision is owed");
    assert_eq!(rig.order.last(), before + 1);
    assert_eq!(rig.sequencer.central().sessions().count(), 0);
}

#[test]
fn after_a_failed_sync_nothing_more_is_promised() {
    let mut rig = Rig::new();
    rig.order.set_stalled(true);
    rig.signal(Kind::PRESS);
    rig.settle(0);
    rig.order.fail(NODE, 1);
    let waiting = rig.signal(Kind::PRESS);
    assert_eq!(rig.settle(0), Turn::Stopped(Halt::Log));
    assert_eq!(rig.applied(), [], "it may be in the log; this run never says so");
    assert_eq!(rig.refused(), [(waiting, Why::Stopped)]);
    let late = rig.signal(Kind::PRESS);
    assert_eq!(rig.settle(0), Turn::Stopped(Halt::Log));
    assert_eq!(rig.refused(), [(late, Why::Stopped)]);
}

#[test]
fn an_entry_that_cannot_be_read_is_named_and_ends_the_loop() {
    let mut rig = Rig::new();
    let mut other = rig.order.join(7, Arc::new(|| ()));
    let entries = vec![Draft { moment: 1, body: Bytes::from_static(b"\x83\x18\x63\x01\xf6") }];
    other.propose(Batch { node: 7, boot: 1, n: 1, entries, decided: Vec::new() }).unwrap();
    let turn = rig.settle(0);
    assert!(matches!(turn, Turn::Stopped(Halt::Undecodable { seq: 2, .. })), "{turn:?}");
}

#[test]
fn entries_of_other_nodes_are_applied_and_owe_no_receipt_here() {
    let order = Order::new();
    let mut nodes: Vec<_> = [1, 2]
        .map(|node| {
            let log = order.join(node, Arc::new(|| ()));
            let (lanes, outlet) = lanes::new();
            let loop_ = Sequencer::new(log, outlet, Central::new(), Tape::default(), node, 1);
            (lanes, loop_)
        })
        .into();
    let body = Bytes::from(genesis().encode());
    nodes[0].0.push(Lane::Acts, true, sequencer::Inbound { moment: 1, body, token: 5 }).unwrap();
    for (_, node) in &mut nodes {
        while node.turn(0) == Turn::Worked {}
    }
    let tokens =
        |shell: &Tape| shell.applied.iter().map(|(_, token, _)| *token).collect::<Vec<_>>();
    assert_eq!(tokens(nodes[0].1.shell()), [5]);
    assert_eq!(tokens(nodes[1].1.shell()), [0]);
    assert_eq!(nodes[0].1.central().digest(), nodes[1].1.central().digest());
}

#[test]
fn what_was_read_at_the_start_and_comes_again_is_passed_over() {
    let order = Order::new();
    let late = order.join(2, Arc::new(|| ()));
    let mut other = order.join(1, Arc::new(|| ()));
    let drafts = [genesis(), signal(Kind::PRESS, "r")];
    let entries = drafts.map(|entry| Draft { moment: 1, body: entry.encode().into() }).into();
    other.propose(Batch { node: 1, boot: 1, n: 1, entries, decided: Vec::new() }).unwrap();
    let (mut central, none) = (Central::new(), Skips::default());
    assert_eq!(refold(late.read(Pos::START).unwrap(), &none, &mut central).unwrap().last_seq, 2);
    let digest = central.digest();
    let (_lanes, outlet) = lanes::new();
    let mut node = Sequencer::new(late, outlet, central, Tape::default(), 2, 1);
    while node.turn(0) == Turn::Worked {}
    assert_eq!(node.turn(0), Turn::Idle { wake: None });
    assert_eq!((node.shell().applied.len(), node.central().digest()), (0, digest));
}

#[test]
fn folded_again_it_is_the_same_and_every_decision_is_compared() {
    let mut rig = Rig::new();
    for kind in [Kind::PRESS, Kind::PRESS, Kind::POSITION, Kind::BED_LEFT] {
        rig.signal(kind);
        rig.settle(0);
    }
    let (mut again, none) = (Central::new(), Skips::default());
    let folded = refold(rig.sequencer.log().read(Pos::START).unwrap(), &none, &mut again).unwrap();
    assert_eq!(again.digest(), rig.sequencer.central().digest());
    assert_eq!((folded.last_seq, folded.next_boot(NODE), folded.next_boot(2)), (5, 2, 1));
    assert_eq!(folded.compared, 4, "all but the last, whose frame goes with the next batch");

    let mut seen = Vec::new();
    let see = |step: Step<'_>| {
        if let Step::Applied { at, entry, .. } = step {
            seen.push((at.seq.0, entry.name()));
        }
    };
    let records = rig.sequencer.log().read(Pos::START).unwrap();
    refold_seeing(records, &none, &mut Central::new(), see).unwrap();
    let signals = (2..=5).map(|seq| (seq, "signal"));
    assert_eq!(seen, [(1, "genesis")].into_iter().chain(signals).collect::<Vec<_>>());

    let lie = |record| match record {
        Ok(Record::Decided(mut decided)) if decided.seq == 3 => {
            decided.body = central::Decision::Filed.encode().into();
            Ok(Record::Decided(decided))
        }
        other => other,
    };
    let records = rig.sequencer.log().read(Pos::START).unwrap().map(lie);
    let disagrees = refold(records, &none, &mut Central::new());
    assert_eq!(disagrees, Err(Irreproducible::Disagrees { seq: 3 }));
}

#[test]
fn a_flood_is_worked_off_in_batches_that_keep_their_limits() {
    let mut rig = Rig::new();
    for _ in 0..3 * BATCH {
        rig.signal(Kind::BED_LEFT);
    }
    let Entry::Signal(mut large) = signal(Kind::PRESS, "large") else { unreachable!() };
    let bytes = vec![0; 60_000];
    large.sealed =
        Some(central::entry::Sealed { key: central::words::KeyId(1), nonce: [0; 12], bytes });
    for _ in 0..40 {
        rig.push(Lane::LifeSafety, &Entry::Signal(large.clone()));
    }
    rig.settle(0);
    let mut sizes = std::collections::BTreeMap::<u64, (usize, usize)>::new();
    for record in rig.sequencer.log().read(Pos::START).unwrap() {
        if let Record::Entry(kept) = record.unwrap() {
            let size = sizes.entry(kept.n).or_default();
            *size = (size.0 + 1, size.1 + kept.body.len());
        }
    }
    assert_eq!(sizes.values().map(|size| size.0).sum::<usize>(), 1 + 3 * BATCH + 40);
    for (n, (count, bytes)) in sizes {
        assert!(count <= BATCH && bytes <= sequencer::limits::BATCH_BYTES, "{n}: {count} {bytes}");
    }
}
