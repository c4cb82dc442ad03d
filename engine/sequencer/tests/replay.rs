//! A replay: what was decided then, beside what is decided now.

mod support;

use central::entry::{Act, Entry, Verb};
use central::kind::Kind;
use central::output::Reason;
use central::words::{ActId, AlarmId, Moment, Seq, SessionId};
use central::{Central, Decision, RULES};
use journal::{Damage, Flaw, Log, Pos, Record};
use lanes::Lane;
use sequencer::{Difference, Irreproducible, Range, Replayed, Skips, replay};
use support::{Rig, session, signal};

const ALL: Range = Range::Seqs { from: Seq(1), to: Seq(u64::MAX) };

/// Genesis, a session, then so many presses, each taken and closed; decided by rules 1.
fn presses(count: u8) -> Rig {
    let mut rig = Rig::new();
    rig.push(Lane::Acts, &session(u64::MAX));
    rig.settle(0);
    for n in 0..count {
        rig.push(Lane::LifeSafety, &signal(Kind::PRESS, &format!("p{n}")));
        rig.settle(0);
        let alarm = AlarmId(rig.sequencer.central().last());
        let close =
            Verb::Close { alarm, version: 2, cause: 122, action: 200, outcome: 302, note: None };
        for (at, verb) in (0..).zip([Verb::Claim { alarm }, close]) {
            let id = ActId([2 * n + at; 16]);
            rig.push(Lane::Acts, &Entry::Act(Act { id, session: SessionId([1; 16]), verb }));
            rig.settle(0);
        }
    }
    rig
}

fn run(rig: &mut Rig, range: Range, rules: Option<u32>) -> (Replayed, Vec<Difference>) {
    let records = rig.sequencer.log().read(Pos::START).unwrap();
    let mut found = Vec::new();
    let tell = |difference| found.push(difference);
    (replay(records, &Skips::default(), range, rules, Central::new(), tell).unwrap(), found)
}

#[test]
fn by_its_own_rules_nothing_of_a_log_differs_and_every_frame_is_compared() {
    let mut rig = presses(3);
    let expected = Replayed { entries: 11, compared: 10, without_frame: 1, differing: 0 };
    assert_eq!(run(&mut rig, ALL, None), (expected, vec![]));
    assert_eq!(run(&mut rig, ALL, Some(1)), (expected, vec![]), "and by the same rules by name");
    rig.sequencer.write_decided();
    let expected = Replayed { entries: 11, compared: 11, without_frame: 0, differing: 0 };
    assert_eq!(run(&mut rig, ALL, None), (expected, vec![]));
}

#[test]
fn a_frame_that_says_otherwise_is_told_with_both_and_only_inside_the_range() {
    let mut rig = presses(2);
    rig.sequencer.write_decided();
    let lie = |record| match record {
        Ok(Record::Decided(mut decided)) if decided.seq == 3 => {
            decided.body = Decision::Filed.encode().into();
            Ok(Record::Decided(decided))
        }
        other => other,
    };
    let told = |rig: &mut Rig, from, to| {
        let records = rig.sequencer.log().read(Pos::START).unwrap().map(lie);
        let range = Range::Seqs { from: Seq(from), to: Seq(to) };
        let mut found = Vec::new();
        let tell = |difference| found.push(difference);
        let replayed =
            replay(records, &Skips::default(), range, None, Central::new(), tell).unwrap();
        (replayed.entries, replayed.compared, found)
    };
    let (entries, compared, found) = told(&mut rig, 3, 5);
    assert_eq!((entries, compared), (3, 3), "frames beyond the range are still read");
    let [difference] = &found[..] else { panic!("{found:?}") };
    assert_eq!((difference.seq, difference.what, difference.framed), (Seq(3), "signal", true));
    assert_eq!(difference.was, Some(Decision::Filed));
    assert!(matches!(difference.would_be, Decision::Opened { priority: 2, .. }));
    assert_eq!(told(&mut rig, 4, 8).2, []);
    assert_eq!(told(&mut rig, 1, 2).2, []);
}

#[test]
fn under_other_rules_every_decision_that_would_differ_is_told() {
    let mut rig = presses(3);
    let (replayed, found) = run(&mut rig, ALL, Some(2));
    assert_eq!((replayed.entries, replayed.differing), (11, 2));
    let seqs: Vec<u64> = found.iter().map(|difference| difference.seq.0).collect();
    assert_eq!(seqs, [6, 9], "the second and the third press came back");
    for (difference, after) in found.iter().zip([3, 6]) {
        let Decision::Opened { priority, reasons } = &difference.would_be else { panic!() };
        assert_eq!(*priority, 1);
        let recurred = Reason::Recurred { after: AlarmId(Seq(after)), seconds: 0 };
        assert!(reasons.contains(&recurred), "{reasons:?}");
    }
    // From the second press on: the first's close is before the range, so only the third came back.
    let late = Range::Seqs { from: Seq(6), to: Seq(u64::MAX) };
    let (_, found) = run(&mut rig, late, Some(2));
    assert_eq!(found.iter().map(|difference| difference.seq.0).collect::<Vec<_>>(), [9]);
}

#[test]
fn what_the_log_says_of_rules_inside_the_range_is_not_followed_by_other_ones() {
    let mut rig = presses(1);
    rig.push(Lane::Acts, &Entry::Rules(2));
    rig.settle(0);
    rig.push(Lane::LifeSafety, &signal(Kind::PRESS, "again"));
    rig.settle(0);
    rig.sequencer.write_decided();
    assert_eq!(run(&mut rig, ALL, None).0.differing, 0);
    let (replayed, found) = run(&mut rig, ALL, Some(RULES));
    assert_eq!(
        replayed.differing, 1,
        "the close under rules 1 would have been remembered: {found:?}"
    );
    assert_eq!(run(&mut rig, ALL, Some(1)).0.differing, 0);
}

#[test]
fn a_day_is_the_entries_of_its_moments_and_a_skipped_entry_is_not_decided() {
    let mut rig = presses(1);
    let moments = |from, until| Range::Moments { from: Moment(from), until: Moment(until) };
    let last = rig.sequencer.central().now().0;
    assert_eq!(run(&mut rig, moments(0, last), None).0.entries, 4, "its end is not in it");
    assert_eq!(run(&mut rig, moments(last, last + 1), None).0.entries, 1);
    assert_eq!(run(&mut rig, moments(last + 1, last + 2), None).0, Replayed::default());
    let mut skips = Skips::default();
    skips.insert(Seq(3));
    let records = rig.sequencer.log().read(Pos::START).unwrap();
    let records = records.filter(|record| !matches!(record, Ok(Record::Decided(_))));
    let replayed = replay(records, &skips, ALL, Some(2), Central::new(), |_| {}).unwrap();
    assert_eq!((replayed.entries, replayed.differing), (4, 0));
}

#[test]
fn damage_on_the_way_ends_it_with_its_place() {
    let mut rig = presses(1);
    let damage = Damage { file: "x".into(), offset: 8, seq: 3, flaw: Flaw::Frame };
    let records = rig.sequencer.log().read(Pos::START).unwrap().take(4);
    let records = records.chain([Err(damage.clone())]);
    let came = replay(records, &Skips::default(), ALL, None, Central::new(), |_| {});
    assert_eq!(came, Err(Irreproducible::Damage(damage)));
}

#[test]
fn a_replay_may_begin_from_a_state_that_is_before_its_range() {
    let mut rig = presses(2);
    rig.sequencer.write_decided();
    let records = |rig: &mut Rig| rig.sequencer.log().read(Pos::START).unwrap();
    let mut base = Central::new();
    let first: Vec<_> = records(&mut rig)
        .filter(|record| matches!(record, Ok(Record::Entry(kept)) if kept.seq <= 4))
        .collect();
    sequencer::refold(first.into_iter(), &Skips::default(), &mut base).unwrap();
    let range = Range::Seqs { from: Seq(5), to: Seq(8) };
    let tail = records(&mut rig).skip_while(|record| match record {
        Ok(Record::Entry(kept)) => kept.seq < 4,
        _ => true,
    });
    let replayed = replay(tail, &Skips::default(), range, None, base, |_| {}).unwrap();
    let expected = Replayed { entries: 4, compared: 4, without_frame: 0, differing: 0 };
    assert_eq!(replayed, expected);
}
