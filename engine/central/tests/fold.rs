//! Properties of the fold, over random histories.

mod support;

use std::collections::BTreeMap;

use central::entry::{Act, Entry, Role, Scope, Signal, Verb};
use central::kind::Kind;
use central::output::{Output, Refusal};
use central::words::{ActId, AlarmId, Moment, Municipality, Seq, SessionId};
use central::{Central, Decision};
use proptest::prelude::*;
use support::{SECOND, START, close, genesis, placed, session, signal};

fn entries() -> impl Strategy<Value = Vec<(u64, Entry)>> {
    let kinds = prop::sample::select(vec![
        Kind::PRESS,
        Kind::FALL,
        Kind::BED_LEFT,
        Kind::BATTERY_LOW,
        Kind::POSITION,
        Kind::RESET,
        Kind(4711),
    ]);
    let signals = (0..6_u8, kinds, 0..12_u8, 0..2_u16, any::<bool>()).prop_map(
        |(device, kind, reference, place, buffered)| {
            let reference = if reference == 0 { String::new() } else { format!("r{reference}") };
            Entry::Signal(Signal {
                municipality: Municipality(300 + place),
                buffered,
                happened: Some(Moment(START - u64::from(device) * 400 * SECOND)),
                ..signal(&format!("d{device}"), kind, &reference, START)
            })
        },
    );
    let acts = (0..30_u8, 0..4_u8, 1..60_u64, 1..6_u32, 0..3_u8).prop_map(
        |(id, who, alarm, version, what)| {
            let alarm = AlarmId(Seq(alarm));
            let verb = match what {
                0 => Verb::Claim { alarm },
                1 => Verb::Release { alarm, version },
                _ => close(alarm, version),
            };
            Entry::Act(Act { id: ActId([id; 16]), session: SessionId([who; 16]), verb })
        },
    );
    let sessions = (0..4_u8, 1..200_u64, any::<bool>()).prop_map(|(who, seconds, wide)| {
        let scope = if wide { Scope::All } else { Scope::Only(vec![Municipality(300)]) };
        session(SessionId([who; 16]), &format!("o{who}"), Role::Operator, scope, seconds)
    });
    let rest = prop_oneof![
        Just(Entry::Tick),
        (0..4_u8).prop_map(|who| Entry::SessionEnded(SessionId([who; 16])))
    ];
    let entry = prop_oneof![6 => signals, 4 => acts, 2 => sessions, 1 => rest];
    prop::collection::vec((0..3 * SECOND, entry), 1..120)
}

type Step = (Decision, Vec<Output>);

fn fold(history: &[(u64, Entry)]) -> (Central, Vec<Step>) {
    let mut central = Central::new();
    let mut steps = Vec::new();
    let mut now = START;
    let all = std::iter::once((0, genesis())).chain(history.iter().cloned());
    for (seq, (pause, entry)) in (1..).zip(all) {
        now += pause;
        let mut out = Vec::new();
        let decision = central.apply(&placed(seq, now), &entry, &mut out).unwrap();
        steps.push((decision, out));
        assert_whole(&central);
    }
    (central, steps)
}

/// What holds after every entry.
fn assert_whole(central: &Central) {
    let tally = central.tally();
    let sum = tally.opened + tally.folded + tally.filed + tally.attached + tally.duplicates;
    assert_eq!(tally.signals, sum, "every signal came to exactly one thing");
    let rows: Vec<_> = central.rows().collect();
    assert_eq!(rows.len(), central.depth().0);
    let folded: u64 = rows.iter().map(|row| u64::from(row.count)).sum();
    assert!(folded <= tally.opened + tally.folded);
    let waiting: Vec<_> = rows
        .iter()
        .filter(|row| row.claim.is_none())
        .map(|row| (row.priority, row.since, row.alarm))
        .collect();
    assert!(waiting.is_sorted_by(|a, b| a < b), "a total order: {waiting:?}");
    let claimed = rows.iter().filter_map(|row| row.claim.as_ref());
    for claim in claimed {
        assert!(central.sessions().any(|(id, _)| id == claim.session), "a claim has a session");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn folded_again_it_is_the_same_byte_for_byte(history in entries()) {
        let (live, steps) = fold(&history);
        let (again, same) = fold(&history);
        prop_assert_eq!(live.digest(), again.digest());
        prop_assert_eq!(steps, same);
    }

    #[test]
    fn every_entry_and_decision_comes_back_from_its_bytes(history in entries()) {
        for (decision, _) in fold(&history).1 {
            prop_assert_eq!(Decision::decode(&decision.encode()).unwrap(), decision);
        }
        for (_, entry) in history {
            prop_assert_eq!(Entry::decode(&entry.encode()).unwrap(), entry);
        }
    }

    #[test]
    fn a_duplicate_changes_no_row(history in entries(), pick in any::<prop::sample::Index>()) {
        let (mut central, _) = fold(&history);
        let (_, entry) = &history[pick.index(history.len())];
        let rows: Vec<_> = central.rows().cloned().collect();
        let mut out = Vec::new();
        let at = placed(history.len() as u64 + 2, central.now().0);
        if let Decision::Duplicate { .. } = central.apply(&at, entry, &mut out).unwrap() {
            prop_assert!(matches!(&out[..], [Output::Receipt(receipt)] if receipt.duplicate));
            prop_assert_eq!(rows, central.rows().cloned().collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_version_is_claimed_twice_and_the_last_row_is_the_state(history in entries()) {
        let (central, steps) = fold(&history);
        let mut shown = BTreeMap::new();
        let mut claims = std::collections::BTreeSet::new();
        for (decision, out) in steps {
            for output in out {
                match output {
                    Output::Row(row) => { shown.insert(row.alarm, row); }
                    Output::Gone(gone) => { shown.remove(&gone.alarm); }
                    Output::Answer(answer) => {
                        let Ok(done) = answer.result else { continue };
                        let taken = shown.get(&done.alarm).is_some_and(|row| row.claim.is_some());
                        let fresh = decision != Decision::ActAgain;
                        prop_assert!(!(fresh && taken) || claims.insert((done.alarm, done.version)));
                    }
                    _ => {}
                }
            }
        }
        let state: Vec<_> = central.rows().map(|row| (row.alarm, row.clone())).collect();
        prop_assert_eq!(shown, state.into_iter().collect());
    }

    #[test]
    fn rubbish_is_an_error_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(entry) = Entry::decode(&bytes) {
            prop_assert!(Entry::decode(&entry.encode()) == Ok(entry));
        }
    }
}

/// The digest is of the state, not of the history: it tells apart what may answer differently.
#[test]
fn the_digest_sees_every_part() {
    let press = Entry::Signal(signal("d", Kind::PRESS, "a", START));
    let open = session(SessionId([1; 16]), "o", Role::Operator, Scope::All, 60);
    let claim = Entry::Act(Act {
        id: ActId([1; 16]),
        session: SessionId([1; 16]),
        verb: Verb::Claim { alarm: AlarmId(Seq(3)) },
    });
    let history = [(0, open), (0, press), (0, claim), (0, Entry::Tick)];
    let digests: Vec<_> = (0..=4).map(|n| fold(&history[..n]).0.digest()).collect();
    let mut unique = digests.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), digests.len());
    let refused = fold(&history)
        .1
        .into_iter()
        .any(|(decision, _)| matches!(decision, Decision::Refused(Refusal::NoSuchAlarm)));
    assert!(!refused, "the claim found its alarm");
}
