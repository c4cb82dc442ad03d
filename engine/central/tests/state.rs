//! The state as bytes: a central that was written and read goes on as the one that was not.

mod support;

use central::entry::{Act, Attributed, Entry, Held, Person, Role, Scope, Sealed, Signal, Verb};
use central::kind::Kind;
use central::output::Output;
use central::words::{ActId, AlarmId, DeviceId, KeyId, Municipality, PersonId, Seq, SessionId};
use central::{Central, Decision, Unreadable};
use proptest::prelude::*;
use support::{SECOND, START, World, close, genesis, placed, session, signal};

const HOUR: u64 = 3_600 * SECOND;

fn signals() -> impl Strategy<Value = Entry> {
    let kinds = [Kind::PRESS, Kind::FALL, Kind::POSITION, Kind::BATTERY_LOW, Kind::RESET];
    (0..8_u8, prop::sample::select(kinds.to_vec()), 0..20_u8).prop_map(|(device, kind, n)| {
        let reference = if n == 0 { String::new() } else { format!("r{n}") };
        let sealed = Some(Sealed { key: KeyId(u64::from(n)), nonce: [1; 12], bytes: vec![n; 20] });
        let person = (n % 5 == 1).then_some(PersonId(u64::from(n)));
        let signal = signal(&format!("d{device}"), kind, &reference, START);
        Entry::Signal(Signal { sealed, person, ..signal })
    })
}

fn acts() -> impl Strategy<Value = Entry> {
    (0..40_u8, 0..3_u8, 1..60_u64, 1..6_u32, 0..3_u8).prop_map(|(id, who, alarm, version, what)| {
        let alarm = AlarmId(Seq(alarm));
        let verb = match what {
            0 => Verb::Claim { alarm },
            1 => Verb::Release { alarm, version },
            _ => close(alarm, version),
        };
        Entry::Act(Act { id: ActId([id; 16]), session: SessionId([who; 16]), verb })
    })
}

fn persons() -> impl Strategy<Value = Entry> {
    (0..4_u64, 0..8_u8, 1..40_u64, 0..6_u8).prop_map(|(id, device, n, what)| {
        let id = PersonId(id);
        let device = DeviceId(format!("d{device}"));
        match what {
            0 | 1 => {
                let about = Some(Sealed { key: KeyId(n), nonce: [2; 12], bytes: vec![7; 9] });
                let municipality = Municipality(301);
                Entry::Person(Person { id, municipality, key: KeyId(n), about })
            }
            2 => Entry::Held(Held { device, person: Some(id) }),
            3 => Entry::Held(Held { device, person: None }),
            4 => Entry::Attributed(Attributed { signal: Seq(n), person: id, key: Some(KeyId(n)) }),
            _ => Entry::Erased(id),
        }
    })
}

/// Pauses reach past the window for duplicates, so that devices are forgotten too.
fn history() -> impl Strategy<Value = Vec<(u64, Entry)>> {
    let sessions = (0..3_u8, 1..400_000_u64).prop_map(|(who, seconds)| {
        session(SessionId([who; 16]), &format!("o{who}"), Role::Operator, Scope::All, seconds)
    });
    let entry = prop_oneof![
        6 => signals(),
        4 => acts(),
        3 => persons(),
        2 => sessions,
        1 => Just(Entry::Tick),
    ];
    let pause = prop_oneof![9 => 0..3 * SECOND, 1 => 0..20 * HOUR];
    prop::collection::vec((pause, entry), 1..150)
}

/// A central and how far it has come.
#[derive(Clone)]
struct Fold {
    central: Central,
    seq: u64,
    now: u64,
}

impl Fold {
    fn new() -> Self {
        let mut fold = Self { central: Central::new(), seq: 0, now: START };
        fold.step(0, &genesis());
        fold
    }

    fn step(&mut self, pause: u64, entry: &Entry) -> (Decision, Vec<Output>) {
        self.seq += 1;
        self.now += pause;
        let mut out = Vec::new();
        let at = placed(self.seq, self.now);
        let decision = self.central.apply(&at, entry, &mut out).expect("it can be applied");
        (decision, out)
    }

    fn reread(&self) -> Self {
        let bytes = self.central.encode();
        let central = Central::decode(&bytes).expect("what was written can be read");
        assert_eq!(central.encode(), bytes, "the bytes are a function of the state");
        Self { central, ..*self }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn written_and_read_it_goes_on_as_the_one_that_was_not(
        history in history(),
        cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(history.len());
        let mut live = Fold::new();
        for (pause, entry) in &history[..cut] {
            live.step(*pause, entry);
        }
        let mut read = live.reread();
        prop_assert_eq!(live.central.digest(), read.central.digest());
        for (pause, entry) in &history[cut..] {
            prop_assert_eq!(live.step(*pause, entry), read.step(*pause, entry));
            prop_assert_eq!(live.central.digest(), read.central.digest());
            prop_assert_eq!(live.central.next_wake(), read.central.next_wake());
        }
        prop_assert!(live.central.rows().eq(read.central.rows()));
        prop_assert_eq!(live.central.encode(), read.central.encode());
    }

    /// The sums kept up to date over a history are those of a state read from its bytes, made anew.
    #[test]
    fn the_state_hash_kept_up_to_date_is_the_one_made_anew(history in history()) {
        let mut live = Fold::new();
        for (n, (pause, entry)) in history.iter().enumerate() {
            live.step(*pause, entry);
            if n % 10 == 0 {
                prop_assert_eq!(live.central.digest(), live.reread().central.digest());
            }
        }
    }

    #[test]
    fn an_altered_byte_is_refused_or_seen_in_the_state_hash(
        history in history(),
        at in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let mut live = Fold::new();
        for (pause, entry) in &history {
            live.step(*pause, entry);
        }
        let mut bytes = live.central.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(read) = Central::decode(&bytes) {
            // CBOR has more than one way to say a thing; what is read must be the same, or show.
            let same = read.encode() == live.central.encode();
            prop_assert_eq!(same, read.digest() == live.central.digest());
        }
    }

    #[test]
    fn rubbish_is_an_error_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Central::decode(&bytes).is_err());
    }
}

#[test]
fn a_state_cut_short_or_with_more_behind_it_is_refused() {
    let mut world = World::staffed();
    world.alarm("d", Kind::PRESS);
    let bytes = world.central.encode();
    for len in 0..bytes.len() {
        assert!(Central::decode(&bytes[..len]).is_err(), "{len} of {} bytes", bytes.len());
    }
    let longer = [&bytes[..], &[0]].concat();
    let told = Central::decode(&longer).expect_err("a byte too many");
    assert_eq!(told, Unreadable::Malformed { at: bytes.len() });
}

#[test]
fn another_form_is_named() {
    let mut bytes = Central::new().encode();
    assert_eq!(bytes[1], 1, "the form stands first in the array");
    bytes[1] = 2;
    let told = Central::decode(&bytes).expect_err("form 2 is not known yet");
    assert_eq!(told, Unreadable::Form(2));
    assert_eq!(told.to_string(), "its form is 2, this version reads 1");
}

#[test]
fn a_list_said_to_be_endless_or_huge_is_refused_at_once() {
    let genesis = Central::new().encode();
    for claim in [[0x9f_u8].as_slice(), &[0x9b, 0xff, 0, 0, 0, 0, 0, 0, 0], &[0x9a, 0, 0xff, 0, 0]]
    {
        for at in 0..genesis.len() {
            let bytes = [&genesis[..at], claim, &genesis[at + 1..]].concat();
            assert!(Central::decode(&bytes).is_err(), "byte {at}");
        }
    }
}
