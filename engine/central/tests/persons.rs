//! Persons: who may be registered, whose a signal becomes, and what an erasure leaves.

mod support;

use central::Decision;
use central::entry::{Attributed, Entry, Held, Person, Role, Scope, Sealed, Signal, Verb};
use central::kind::Kind;
use central::output::Output;
use central::words::{AlarmId, DeviceId, KeyId, Municipality, PersonId, Seq};
use support::{KARI, World, session, signal};

const P: PersonId = PersonId(11);
const Q: PersonId = PersonId(12);

fn sealed(key: u64) -> Sealed {
    Sealed { key: KeyId(key), nonce: [3; 12], bytes: vec![1, 2, 3] }
}

fn person(id: PersonId, municipality: u16, key: u64) -> Entry {
    let municipality = Municipality(municipality);
    Entry::Person(Person { id, municipality, key: KeyId(key), about: Some(sealed(key)) })
}

fn held(device: &str, person: Option<PersonId>) -> Entry {
    Entry::Held(Held { device: DeviceId(device.into()), person })
}

fn attributed(signal: u64, person: PersonId, key: Option<u64>) -> Entry {
    Entry::Attributed(Attributed { signal: Seq(signal), person, key: key.map(KeyId) })
}

/// A signal that is sealed; its reference is its key.
fn said(device: &str, kind: Kind, person: Option<PersonId>, key: u64) -> Entry {
    let bare = signal(device, kind, &format!("r{key}"), support::START);
    Entry::Signal(Signal { person, sealed: Some(sealed(key)), ..bare })
}

fn keys(world: &World, id: PersonId) -> Vec<u64> {
    world.central.person(id).unwrap().keys.iter().map(|key| key.0).collect()
}

fn erased(out: &[Output]) -> Vec<u64> {
    let keys = out.iter().find_map(|output| match output {
        Output::Erase(_, keys) => Some(keys.iter().map(|key| key.0).collect()),
        _ => None,
    });
    keys.unwrap_or_default()
}

#[test]
fn what_changes_nothing_is_void_and_leaves_the_state_as_it_was() {
    let mut world = World::staffed();
    world.put(&person(P, 301, 100));
    world.put(&person(Q, 301, 200));
    world.put(&Entry::Erased(Q));
    let nobody = PersonId(99);
    let later = world.seq + 100;
    let table = [
        ("described anew in another municipality", person(P, 4601, 100)),
        ("under another's key", person(PersonId(13), 301, 100)),
        ("an erased pseudonym again", person(Q, 301, 201)),
        ("a device for nobody known", held("d", Some(nobody))),
        ("a device for an erased person", held("d", Some(Q))),
        ("a device that helps nobody, taken away", held("d", None)),
        ("a signal for nobody known", attributed(2, nobody, Some(5))),
        ("a signal for an erased person", attributed(2, Q, Some(5))),
        ("a signal that has not been", attributed(later, P, Some(5))),
        ("another's own key", attributed(2, P, Some(200))),
        ("an erasure of nobody", Entry::Erased(nobody)),
    ];
    let state = |world: &World| {
        let persons: Vec<_> =
            world.central.persons().map(|(id, person)| (id, person.clone())).collect();
        let holders: Vec<_> =
            world.central.holders().map(|(device, id)| (device.clone(), id)).collect();
        (persons, holders)
    };
    let before = state(&world);
    for (what, entry) in table {
        let (decision, out) = world.put(&entry);
        assert_eq!((decision, out), (Decision::Void, Vec::new()), "{what}");
        assert_eq!(state(&world), before, "{what}");
    }
}

#[test]
fn the_entry_itself_is_no_signal_before_it() {
    let mut world = World::new();
    world.put(&person(P, 301, 100));
    let own = world.seq + 1;
    assert_eq!(world.put(&attributed(own, P, Some(5))).0, Decision::Void);
    let before = world.seq;
    assert_eq!(world.put(&attributed(before, P, Some(5))).0, Decision::Noted);
}

#[test]
fn a_person_described_anew_keeps_every_key() {
    let mut world = World::new();
    world.put(&person(P, 301, 100));
    world.put(&attributed(1, P, Some(7)));
    world.put(&person(P, 301, 101));
    assert_eq!(keys(&world, P), [101, 100, 7]);
    world.put(&person(P, 301, 100));
    assert_eq!(keys(&world, P), [100, 101, 7], "once each, the newest first");
    assert_eq!(erased(&world.put(&Entry::Erased(P)).1), [100, 101, 7]);
}

#[test]
fn a_key_handed_over_twice_is_one_and_a_limit_is_void() {
    let mut world = World::new();
    world.put(&person(P, 301, 1));
    for _ in 0..2 {
        assert_eq!(world.put(&attributed(1, P, Some(7))).0, Decision::Noted);
    }
    assert_eq!(world.put(&attributed(1, P, None)).0, Decision::Noted, "nothing was sealed");
    assert_eq!(keys(&world, P), [1, 7]);
    let most = central::limits::KEYS_OF_A_PERSON as u64;
    for key in 0..most - 2 {
        assert_eq!(world.put(&attributed(1, P, Some(1_000 + key))).0, Decision::Noted);
    }
    assert_eq!(world.put(&attributed(1, P, Some(999_999))).0, Decision::Void);
    assert_eq!(world.put(&attributed(1, P, Some(7))).0, Decision::Noted, "it has that one");
    assert_eq!(keys(&world, P).len() as u64, most);
}

#[test]
fn an_alarm_given_to_a_person_takes_the_keys_of_all_that_was_said_in_it() {
    let mut world = World::staffed();
    world.put(&person(P, 301, 100));
    world.put(&said("d", Kind::PRESS, None, 1));
    let alarm = AlarmId(Seq(world.seq));
    world.put(&said("d", Kind::PRESS, None, 2));
    world.put(&said("d", Kind::RESET, None, 3));
    assert!(matches!(world.put(&said("d", Kind::PRESS, None, 2)).0, Decision::Duplicate { .. }));
    let (decision, out) = world.put(&attributed(alarm.0.0, P, Some(1)));
    assert_eq!(decision, Decision::Noted);
    assert!(out.iter().any(|output| matches!(output, Output::Row(row) if row.person == Some(P))));
    assert_eq!(keys(&world, P), [100, 1, 2, 3]);
    // What is said in it from now on goes the same way, the closing note too.
    world.put(&said("d", Kind::PRESS, None, 4));
    let version = world.claim(KARI, alarm).unwrap().version;
    let note = Some(sealed(5));
    let close = Verb::Close { alarm, version, cause: 122, action: 200, outcome: 302, note };
    world.act(KARI, close).unwrap();
    assert_eq!(keys(&world, P), [100, 1, 2, 3, 4, 5]);
    // A new alarm of the same device is nobody's until it is said to be.
    world.put(&said("d", Kind::PRESS, None, 6));
    assert_eq!(keys(&world, P).len(), 6);
}

#[test]
fn an_alarm_whose_device_is_given_to_a_person_meanwhile_is_the_persons() {
    let mut world = World::new();
    world.put(&person(P, 301, 100));
    world.put(&said("d", Kind::PRESS, None, 1));
    let alarm = AlarmId(Seq(world.seq));
    world.put(&held("d", Some(P)));
    world.put(&said("d", Kind::PRESS, Some(P), 100));
    assert_eq!(world.row(alarm).person, Some(P));
    assert_eq!(keys(&world, P), [100, 1]);
}

#[test]
fn nobodys_own_key_goes_to_another_with_an_alarm() {
    let mut world = World::new();
    world.put(&person(P, 301, 100));
    world.put(&person(Q, 301, 200));
    world.put(&said("d", Kind::PRESS, Some(P), 100));
    let alarm = world.seq;
    assert_eq!(world.put(&attributed(alarm, Q, Some(100))).0, Decision::Void);
    // Without the key it is only said whose alarm it is; the text stays where it was sealed.
    assert_eq!(world.put(&attributed(alarm, Q, None)).0, Decision::Noted);
    assert_eq!((keys(&world, P), keys(&world, Q)), (vec![100], vec![200]));
}

#[test]
fn an_erasure_names_every_key_frees_the_devices_and_leaves_the_alarms() {
    let mut world = World::staffed();
    world.put(&person(P, 301, 100));
    world.put(&person(Q, 301, 200));
    for (device, who) in [("a", P), ("b", Q), ("c", P)] {
        world.put(&held(device, Some(who)));
    }
    world.put(&said("a", Kind::PRESS, Some(P), 100));
    let alarm = AlarmId(Seq(world.seq));
    world.put(&said("b", Kind::PRESS, Some(Q), 200));
    world.put(&attributed(1, P, Some(7)));
    let tally = world.central.tally();
    let (decision, out) = world.put(&Entry::Erased(P));
    assert_eq!(decision, Decision::Noted);
    assert_eq!(erased(&out), [100, 7]);
    let freed = out.iter().filter(|output| matches!(output, Output::Held(_, None))).count();
    assert_eq!(freed, 2);
    let known = world.central.person(P).unwrap();
    assert!(known.erased && known.about.is_none());
    assert_eq!(world.row(alarm).person, None);
    assert_eq!((world.central.depth().0, world.central.tally()), (2, tally));
    let left: Vec<_> = world.central.holders().map(|(_, who)| who).collect();
    assert_eq!(left, [Q]);
    // Asked again, for the keys may not have been reached the first time.
    assert_eq!(erased(&world.put(&Entry::Erased(P)).1), [100, 7]);
}

#[test]
fn the_state_hash_sees_persons_their_keys_and_devices() {
    let mut world = World::new();
    let steps = [
        person(P, 301, 100),
        held("d", Some(P)),
        attributed(1, P, Some(7)),
        said("e", Kind::PRESS, None, 8),
        Entry::Erased(P),
    ];
    // The same number of entries that mean nothing, so that Seq and time are the same.
    for n in 0..steps.len() {
        let fold = |last: &Entry| {
            let mut world = World::new();
            for step in &steps[..n] {
                world.put(step);
            }
            world.put(last);
            world.central.digest()
        };
        assert_ne!(fold(&steps[n]), fold(&Entry::Tick), "step {n}");
        assert_eq!(fold(&steps[n]), fold(&steps[n]));
        world.put(&steps[n]);
    }
    let opened = session(KARI, "kari", Role::Leader, Scope::All, 60);
    world.put(&opened);
    assert!(world.central.person(P).unwrap().erased);
}
