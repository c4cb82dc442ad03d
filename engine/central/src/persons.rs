//! Persons, as far as deciding needs them: a pseudonym, whose data it is, which keys are theirs and which
//! devices help them. Who they are is sealed, and never opened here.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::central::Central;
use crate::decision::Decision;
use crate::entry::{self, Attributed, Held, Sealed};
use crate::limits;
use crate::output::Output;
use crate::sum::Summed;
use crate::words::{DeviceId, KeyId, Municipality, PersonId};

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Person {
    /// Whose data it is.
    #[n(0)]
    pub municipality: Municipality,
    /// The person's own key first, then those of signals handed over later.
    #[n(1)]
    pub keys: Vec<KeyId>,
    /// Who it is, sealed.
    #[n(2)]
    pub about: Option<Sealed>,
    /// Erased: only the pseudonym is left, so that it is never given to somebody else.
    #[n(3)]
    pub erased: bool,
}

/// Everybody, and whom each device helps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Persons {
    pub(crate) known: Summed<PersonId, Person>,
    pub(crate) held: Summed<DeviceId, PersonId>,
}

impl Persons {
    fn living(&self, id: PersonId) -> Option<&Person> {
        self.known.get(&id).filter(|person| !person.erased)
    }

    fn has_room_for(&self, device: &DeviceId) -> bool {
        self.held.len() < limits::HELD || self.held.contains_key(device)
    }
}

impl Central {
    /// A person, erased ones too.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.persons.known.get(&id)
    }

    /// Every person by pseudonym, erased ones too.
    pub fn persons(&self) -> impl Iterator<Item = (PersonId, &Person)> {
        self.persons.known.iter().map(|(id, person)| (*id, person))
    }

    /// Every device that helps somebody, and whom.
    pub fn holders(&self) -> impl Iterator<Item = (&DeviceId, PersonId)> {
        self.persons.held.iter().map(|(device, person)| (device, *person))
    }

    /// Void for an erased pseudonym, another municipality's, and over [`limits::PERSONS`].
    pub(crate) fn register(&mut self, new: &entry::Person, out: &mut Vec<Output>) -> Decision {
        let full = self.persons.known.len() >= limits::PERSONS;
        match self.persons.known.get(&new.id) {
            Some(person) if person.erased || person.municipality != new.municipality => {
                return Decision::Void;
            }
            Some(_) => {
                self.persons.known.change(&new.id, |person| {
                    person.about.clone_from(&new.about);
                    // A key once used stays the person's: what it sealed is erased with the rest.
                    person.keys.retain(|key| *key != new.key);
                    person.keys.insert(0, new.key);
                });
            }
            None if full => return Decision::Void,
            None => {
                let (municipality, about) = (new.municipality, new.about.clone());
                let keys = Vec::from([new.key]);
                let person = Person { municipality, keys, about, erased: false };
                self.persons.known.insert(new.id, person);
            }
        }
        out.push(Output::Person(new.id));
        Decision::Noted
    }

    /// Void for a person who is not known or erased, and over [`limits::HELD`].
    pub(crate) fn hold(&mut self, held: &Held, out: &mut Vec<Output>) -> Decision {
        let changed = match held.person {
            None => self.persons.held.remove(&held.device).is_some(),
            Some(id) if self.persons.living(id).is_none() => false,
            Some(_) if !self.persons.has_room_for(&held.device) => false,
            Some(id) => {
                self.persons.held.insert(held.device.clone(), id);
                true
            }
        };
        if !changed {
            return Decision::Void;
        }
        out.push(Output::Held(held.device.clone(), held.person));
        Decision::Noted
    }

    /// Void for a person who is not known or erased, a signal that is not before this entry, and over
    /// [`limits::KEYS_OF_A_PERSON`].
    pub(crate) fn attribute(&mut self, to: &Attributed, out: &mut Vec<Output>) -> Decision {
        if to.signal >= self.last {
            return Decision::Void;
        }
        let Some(person) = self.persons.living(to.person) else { return Decision::Void };
        if let Some(key) = to.key.filter(|key| !person.keys.contains(key)) {
            if person.keys.len() >= limits::KEYS_OF_A_PERSON {
                return Decision::Void;
            }
            self.persons.known.change(&to.person, |person| person.keys.push(key));
        }
        out.push(Output::Person(to.person));
        Decision::Noted
    }

    /// Void for a person who is not known. Erased twice, the keys are named again: the first time may not
    /// have reached the key file.
    pub(crate) fn erase(&mut self, id: PersonId, out: &mut Vec<Output>) -> Decision {
        let keys = self.persons.known.change(&id, |person| {
            person.about = None;
            person.erased = true;
            person.keys.clone()
        });
        let Some(keys) = keys else { return Decision::Void };
        let theirs =
            |(device, holder): (&DeviceId, &PersonId)| (*holder == id).then(|| device.clone());
        let devices: BTreeSet<DeviceId> = self.persons.held.iter().filter_map(theirs).collect();
        for device in devices {
            self.persons.held.remove(&device);
            out.push(Output::Held(device, None));
        }
        out.push(Output::Erase(id, keys));
        Decision::Noted
    }
}
