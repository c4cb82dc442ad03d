//! The bytes of every kind of entry, so that the format cannot drift.

mod support;

use central::Undecodable;
use central::entry::{
    Act, Attributed, Counted, Disclosed, Entry, Flags, Held, Hop, Path, Person, Role, Scope,
    Sealed, Sender, SessionOpened, Signal, Started, Subject, Verb,
};
use central::kind::Kind;
use central::words::{
    ActId, AlarmId, ContentHash, DeviceId, KeyId, Moment, Municipality, PersonId, Reference, Seq,
    SessionId,
};

fn sealed() -> Sealed {
    Sealed { key: KeyId(5), nonce: [3; 12], bytes: vec![1, 2, 3] }
}

fn full_signal() -> Signal {
    Signal {
        device: DeviceId("link:K7-0042".into()),
        municipality: Municipality(301),
        person: Some(PersonId(77)),
        kind: Kind::PRESS,
        reference: Reference("a1".into()),
        content: ContentHash([0xab; 16]),
        counter: Some(support::counter(2, 17)),
        happened: Some(Moment(5)),
        buffered: true,
        received: Moment(6),
        path: Path::Link,
        sender: Sender::Verified,
        flags: Flags::ODD_FIELD,
        sealed: Some(sealed()),
    }
}

fn acts() -> [Verb; 3] {
    let alarm = AlarmId(Seq(300));
    [
        Verb::Claim { alarm },
        Verb::Release { alarm, version: 4 },
        Verb::Close {
            alarm,
            version: 4,
            cause: 100,
            action: 204,
            outcome: 300,
            note: Some(sealed()),
        },
    ]
}

fn all() -> Vec<(&'static str, Entry)> {
    let [claim, release, close] = acts()
        .map(|verb| Entry::Act(Act { id: ActId([1; 16]), session: SessionId([2; 16]), verb }));
    let opened = |scope| {
        Entry::SessionOpened(SessionOpened {
            id: SessionId([2; 16]),
            operator: "kari".into(),
            role: Role::Operator,
            scope,
            expires: Moment(9),
        })
    };
    let counted = Counted {
        source: "ip:192.0.2.7".into(),
        from: Moment(1),
        to: Moment(2),
        duplicates: 3,
        refused: 4,
        rubbish: 5,
    };
    let hop = Hop {
        seq: Seq(3),
        durable: Moment(1),
        receipt: Moment(2),
        presented: Moment(3),
        painted: Moment(0),
    };
    vec![
        ("genesis", support::genesis()),
        ("rules", Entry::Rules(1)),
        ("started", Entry::Started(Started { version: "0.1.0".into() })),
        ("signal, full", Entry::Signal(full_signal())),
        ("signal, bare", Entry::Signal(support::signal("scaip:1", Kind(4711), "", 6))),
        ("counted", Entry::Counted(counted)),
        ("claim", claim),
        ("release", release),
        ("close", close),
        ("session everywhere", opened(Scope::All)),
        ("session somewhere", opened(Scope::Only(vec![Municipality(301), Municipality(5001)]))),
        ("session ended", Entry::SessionEnded(SessionId([2; 16]))),
        ("hops", Entry::Hops(vec![hop])),
        ("tick", Entry::Tick),
    ]
    .into_iter()
    .chain(ledger())
    .collect()
}

fn ledger() -> Vec<(&'static str, Entry)> {
    let person = Person {
        id: PersonId(77),
        municipality: Municipality(301),
        key: KeyId(6),
        about: Some(sealed()),
    };
    let held = |person| Entry::Held(Held { device: DeviceId("link:K7-0042".into()), person });
    let disclosed =
        |what| Entry::Disclosed(Disclosed { by: "os:drift".into(), what, reason: Some(sealed()) });
    vec![
        ("skip", Entry::Skip(Seq(300))),
        ("person", Entry::Person(person)),
        ("held", held(Some(PersonId(77)))),
        ("held by nobody", held(None)),
        (
            "attributed",
            Entry::Attributed(Attributed {
                signal: Seq(300),
                person: PersonId(77),
                key: Some(KeyId(5)),
            }),
        ),
        ("erased", Entry::Erased(PersonId(77))),
        ("disclosed person", disclosed(Subject::Person(PersonId(77)))),
        ("disclosed log", disclosed(Subject::Log { from: Seq(1), to: Seq(300) })),
    ]
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

const GOLDEN: &str = include_str!("golden.txt");

#[test]
fn the_bytes_of_every_kind_are_as_they_always_were() {
    let lines: Vec<String> =
        all().iter().map(|(name, entry)| format!("{name}: {}", hex(&entry.encode()))).collect();
    let lines = lines.join("\n") + "\n";
    assert_eq!(lines, GOLDEN, "written now:\n{lines}");
}

#[test]
fn every_kind_comes_back_as_it_was() {
    for (name, entry) in all() {
        assert_eq!(Entry::decode(&entry.encode()), Ok(entry), "{name}");
    }
}

#[test]
fn a_cut_or_longer_entry_is_refused() {
    for (name, entry) in all() {
        let mut bytes = entry.encode();
        for len in 0..bytes.len() {
            assert!(Entry::decode(&bytes[..len]).is_err(), "{name} cut to {len}");
        }
        bytes.push(0);
        assert!(matches!(Entry::decode(&bytes), Err(Undecodable::Malformed { .. })), "{name}");
    }
}

#[test]
fn what_a_newer_node_wrote_is_named() {
    assert_eq!(Entry::decode(&[0x83, 0x18, 42, 1, 0xa0]), Err(Undecodable::UnknownKind(42)));
    assert_eq!(
        Entry::decode(&[0x83, 9, 2, 0xf6]),
        Err(Undecodable::UnknownVersion { kind: 9, version: 2 })
    );
    let long = vec![0; central::limits::ENTRY + 1];
    assert_eq!(Entry::decode(&long), Err(Undecodable::TooLong(long.len())));
}

#[test]
fn a_field_added_later_is_skipped() {
    // A `started` with the version and one field this node does not know.
    let bytes = [0x83, 2, 1, 0xa2, 0, 0x61, b'1', 0x18, 99, 0x82, 1, 2];
    assert_eq!(Entry::decode(&bytes), Ok(Entry::Started(Started { version: "1".into() })));
}
