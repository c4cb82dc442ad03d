//! An entry that cannot be applied never stops the centre, and what was decided stays decided.

mod support;

use std::sync::Arc;

use bytes::Bytes;
use central::entry::Entry;
use central::kind::Kind;
use central::words::Seq;
use central::{Central, Decision, Undecodable};
use journal::memory::{Memory, Order};
use journal::{Batch, Decided, Draft, Log, Pos, Record};
use lanes::Lane;
use sequencer::{Halt, Irreproducible, Refolded, Skips, Step, Turn, Why, refold, refold_seeing};
use support::{NODE, Rig, genesis, plant, signal};

const BAD: &str = "bad";

/// A log of these bodies; the decisions come with a later batch.
fn log_of(bodies: Vec<Bytes>, decided: Vec<Decided>) -> Memory {
    let order = Order::new();
    let mut log = order.join(NODE, Arc::new(|| ()));
    let drafts = bodies.into_iter().map(|body| Draft { moment: 1, body });
    let batches = [(drafts.collect(), Vec::new()), (Vec::new(), decided)];
    for (n, (entries, decided)) in (1..).zip(batches) {
        log.propose(Batch { node: NODE, boot: 1, n, entries, decided }).unwrap();
    }
    log
}

fn bodies(entries: &[Entry]) -> Vec<Bytes> {
    entries.iter().map(|entry| Bytes::from(entry.encode())).collect()
}

fn planted() -> Vec<Entry> {
    vec![genesis(), signal(Kind::PRESS, BAD), signal(Kind::FALL, "good")]
}

/// Folds with the version that panics (`Some`), or with one that does not.
fn fold(
    log: &Memory,
    skips: &Skips,
    panics_at: Option<&str>,
) -> (Result<Refolded, Irreproducible>, Central, Vec<(u64, bool)>) {
    let mut central = Central::new();
    let mut seen = Vec::new();
    let see = |step: Step<'_>| match step {
        Step::Meets { entry, .. } => plant(panics_at, entry),
        Step::Applied { at, .. } => seen.push((at.seq.0, true)),
        Step::Passed { at, .. } => seen.push((at.seq.0, false)),
    };
    let folded = refold_seeing(log.read(Pos::START).unwrap(), skips, &mut central, see);
    (folded, central, seen)
}

#[test]
fn an_entry_that_makes_the_central_panic_ends_the_loop_and_is_named() {
    let mut rig = Rig::new();
    rig.sequencer.shell().panics_at = Some(BAD);
    rig.push(Lane::LifeSafety, &signal(Kind::PRESS, BAD));
    let halt = Halt::Panicked { seq: 2, kind: Some(3) };
    assert_eq!(halt.may_skip(), Some(Seq(2)));
    assert_eq!(rig.settle(0), Turn::Stopped(halt));
    assert_eq!(rig.applied(), [], "nothing of it is promised");
}

#[test]
fn a_skipped_entry_is_passed_over_by_the_version_that_panics_and_by_one_that_would_not() {
    let mut entries = planted();
    let (stopped, _, _) = fold(&log_of(bodies(&entries), vec![]), &Skips::default(), Some(BAD));
    let Err(Irreproducible::Halt(halt)) = stopped else { panic!("{stopped:?}") };
    entries.push(Entry::Skip(halt.may_skip().unwrap()));
    entries.push(signal(Kind::SMOKE, "after"));
    let log = log_of(bodies(&entries), vec![]);
    let skips = Skips::scan(log.read(Pos::START).unwrap()).unwrap();
    assert_eq!((skips.first(), skips.len()), (Some(Seq(2)), 1));
    let (folded, older, seen) = fold(&log, &skips, Some(BAD));
    let (newer_folded, newer, _) = fold(&log, &skips, None);
    assert_eq!(seen, [(1, true), (2, false), (3, true), (4, true), (5, true)]);
    let folded = folded.unwrap();
    assert_eq!((folded.last_seq, folded.skipped), (5, 1));
    assert_eq!(newer_folded.unwrap(), folded);
    assert_eq!(newer.digest(), older.digest());
    assert_eq!(newer.depth(), (2, 2), "the skipped press opened nothing");
}

#[test]
fn a_fold_that_does_not_know_what_is_skipped_says_so_and_goes_no_further() {
    let mut entries = planted();
    entries.push(Entry::Skip(Seq(2)));
    let (folded, _, _) = fold(&log_of(bodies(&entries), vec![]), &Skips::default(), None);
    assert_eq!(folded, Err(Halt::Skipped { seq: 2, by: 4 }.into()));
}

#[test]
fn a_skip_of_itself_or_of_what_comes_later_skips_nothing() {
    let mut entries = planted();
    entries.extend([Entry::Skip(Seq(4)), Entry::Skip(Seq(6)), signal(Kind::SMOKE, "after")]);
    let log = log_of(bodies(&entries), vec![]);
    let skips = Skips::scan(log.read(Pos::START).unwrap()).unwrap();
    assert!(skips.is_empty());
    let (folded, _, _) = fold(&log, &skips, None);
    assert_eq!(folded.map(|folded| (folded.last_seq, folded.skipped)), Ok((6, 0)));
}

#[test]
fn an_entry_that_was_applied_when_it_came_is_not_skipped_by_a_version_that_cannot() {
    let decided = Decided { seq: 2, body: Decision::Filed.encode().into() };
    let log = log_of(bodies(&planted()), vec![decided]);
    let (folded, _, _) = fold(&log, &Skips::default(), Some(BAD));
    let halt = Halt::Panicked { seq: 2, kind: Some(3) };
    assert_eq!(folded, Err(Irreproducible::Undone { halt }));
}

#[test]
fn what_is_not_the_entry_it_says_it_is_may_be_skipped_and_what_is_newer_may_not() {
    let malformed =
        |kind| Halt::Undecodable { seq: 9, why: Undecodable::Malformed { kind, at: 1 } };
    assert_eq!(malformed(Some(3)).may_skip(), Some(Seq(9)));
    assert_eq!(malformed(None).may_skip(), Some(Seq(9)));
    let [genesis, rules, skip] = [0, 1, 10].map(|kind| malformed(Some(kind)).may_skip());
    assert_eq!((genesis, rules, skip), (None, None, None), "everything after depends on these");
    let newer = [
        Halt::Undecodable { seq: 9, why: Undecodable::UnknownKind(99) },
        Halt::Undecodable { seq: 9, why: Undecodable::UnknownVersion { kind: 3, version: 2 } },
        Halt::Refused { seq: 9, why: central::Stop::LacksRules(99) },
        Halt::Log,
    ];
    for halt in newer {
        assert_eq!(halt.may_skip(), None, "{halt}");
    }
    let mut log = bodies(&planted());
    log[1] = Bytes::from_static(&[0x83, 3, 1, 0xa5, 0, 0x61]);
    let log = log_of(log, vec![]);
    let (folded, _, _) = fold(&log, &Skips::default(), None);
    let Err(Irreproducible::Halt(halt)) = folded else { panic!("{folded:?}") };
    let mut skips = Skips::default();
    skips.insert(halt.may_skip().unwrap());
    assert_eq!(
        refold(log.read(Pos::START).unwrap(), &skips, &mut Central::new()).unwrap().skipped,
        1
    );
}

#[test]
fn a_running_loop_proposes_no_skip_and_ends_where_another_node_says_one() {
    let mut rig = Rig::new();
    rig.push(Lane::LifeSafety, &signal(Kind::PRESS, BAD));
    rig.settle(0);
    let before = rig.order.last();
    let skip = rig.push(Lane::Acts, &Entry::Skip(Seq(2)));
    rig.settle(0);
    assert_eq!((rig.refused(), rig.order.last()), (vec![(skip, Why::Invalid)], before));
    let mut other = rig.order.join(7, Arc::new(|| ()));
    let entries = vec![Draft { moment: 1, body: Entry::Skip(Seq(2)).encode().into() }];
    other.propose(Batch { node: 7, boot: 1, n: 1, entries, decided: Vec::new() }).unwrap();
    assert_eq!(rig.settle(0), Turn::Stopped(Halt::Skipped { seq: 2, by: 3 }));
    let records = other.read(Pos::START).unwrap();
    let kept = records.filter(|record| matches!(record, Ok(Record::Entry(_)))).count();
    assert_eq!(kept, 3, "the log has it");
}
