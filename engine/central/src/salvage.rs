//! What can still be read of an entry that cannot be applied, so that an operator is shown whose it may be.

use minicbor::decode::Decoder;

use crate::codec::{self, SIGNAL};
use crate::entry::{Entry, Sealed};
use crate::kind::{Class, Kind};
use crate::triage;
use crate::words::{DeviceId, KeyId, Municipality, PersonId};

/// What could be read, in the order of its fields up to the first that could not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Salvage {
    /// The number of the entry's kind.
    pub entry: Option<u16>,
    /// Whose data it is; 0 where that cannot be read.
    pub municipality: Municipality,
    /// Whom it helps, of a signal; of a person's own entry, who.
    pub person: Option<PersonId>,
    /// The device that sent it, of a signal.
    pub device: Option<DeviceId>,
    /// What a signal says.
    pub kind: Option<Kind>,
    /// The key it is sealed under.
    pub key: Option<KeyId>,
    /// It is, or may be, a person's signal.
    pub may_be_a_person: bool,
}

/// Reads what can be read. Never fails: of rubbish nothing is known, and it may be a person's.
pub fn salvage(bytes: &[u8]) -> Salvage {
    if let Ok(entry) = Entry::decode(bytes) {
        return of_whole(&entry, Entry::kind_of(bytes));
    }
    let mut from = Decoder::new(bytes);
    let mut found = Salvage { may_be_a_person: true, ..Salvage::default() };
    let Some((kind, _)) = codec::head(&mut from) else { return found };
    found.entry = Some(kind);
    found.may_be_a_person = kind == SIGNAL;
    if kind == SIGNAL {
        let _cut_short = of_signal(&mut from, &mut found);
    }
    found
}

fn of_whole(entry: &Entry, kind: Option<u16>) -> Salvage {
    let found = Salvage { entry: kind, ..Salvage::default() };
    match entry {
        Entry::Signal(signal) => Salvage {
            municipality: signal.municipality,
            person: signal.person,
            device: Some(signal.device.clone()),
            kind: Some(signal.kind),
            key: signal.sealed.as_ref().map(|sealed| sealed.key),
            may_be_a_person: matches!(
                triage::read(signal).class,
                Class::LifeSafety | Class::Person
            ),
            ..found
        },
        Entry::Person(person) => Salvage {
            municipality: person.municipality,
            person: Some(person.id),
            key: Some(person.key),
            ..found
        },
        Entry::Held(held) => Salvage { device: Some(held.device.clone()), ..found },
        _ => found,
    }
}

/// The numbers are those of [`Signal`](crate::entry::Signal)'s fields. `None`: the rest cannot be read.
fn of_signal(from: &mut Decoder<'_>, found: &mut Salvage) -> Option<()> {
    let fields = from.map().ok()??;
    for _ in 0..fields {
        match from.u16().ok()? {
            0 => found.device = Some(from.decode().ok()?),
            1 => found.municipality = from.decode().ok()?,
            2 => found.person = from.decode().ok()?,
            3 => found.kind = Some(from.decode().ok()?),
            13 => found.key = from.decode::<Option<Sealed>>().ok()?.map(|sealed| sealed.key),
            _ => from.skip().ok()?,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn of_a_signal_that_breaks_off_what_stands_before_the_break_is_known() {
        // [3, 1, {0: "d", 1: 301, 2: 77, 3: 100, 4: ...
        let bytes =
            [0x83, 3, 1, 0xa5, 0, 0x61, b'd', 1, 0x19, 1, 45, 2, 0x18, 77, 3, 0x18, 100, 4, 0xff];
        let expected = Salvage {
            entry: Some(3),
            municipality: Municipality(301),
            person: Some(PersonId(77)),
            device: Some(DeviceId("d".into())),
            kind: Some(Kind::PRESS),
            key: None,
            may_be_a_person: true,
        };
        assert_eq!(salvage(&bytes), expected);
        let no_place =
            Salvage { municipality: Municipality(0), person: None, kind: None, ..expected };
        assert_eq!(salvage(&bytes[..8]), no_place);
    }

    #[test]
    fn what_cannot_be_read_at_all_may_be_a_person_and_another_kind_is_not() {
        assert!(salvage(b"rubbish").may_be_a_person);
        assert!(salvage(&[]).may_be_a_person);
        // A `started` that breaks off.
        let started = salvage(&[0x83, 2, 1, 0xa1]);
        assert_eq!((started.entry, started.may_be_a_person), (Some(2), false));
        assert!(!salvage(&Entry::Hops(vec![]).encode()).may_be_a_person);
    }
}
