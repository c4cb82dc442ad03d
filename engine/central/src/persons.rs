//! Persons, as far as deciding needs them: a pseudonym, whose data it is, which keys are theirs and which
//! devices help them. Who they are is sealed, and never opened here.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::alarms::Alarm;
use crate::central::Central;
use crate::decision::Decision;
use crate::entry::{self, Attributed, Held, Sealed};
use crate::limits;
use crate::output::Output;
use crate::sum::Summed;
use crate::words::{AlarmId, DeviceId, KeyId, Municipality, PersonId};

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
    /// Whose own key, the first of theirs, each is: never handed to somebody else. Follows from `known`.
    own: BTreeMap<KeyId, PersonId>,
}

impl Persons {
    /// Puts a person in place as the state was written.
    pub(crate) fn restore(&mut self, id: PersonId, person: Person) {
        if let Some(key) = person.keys.first() {
            self.own.insert(*key, id);
        }
        self.known.insert(id, person);
    }

    fn is_anothers(&self, key: KeyId, id: PersonId) -> bool {
        self.own.get(&key).is_some_and(|owner| *owner != id)
    }

    /// Hands a key over; false: the person is not known or erased, has too many, or it is another's own.
    fn hand_over(&mut self, id: PersonId, key: KeyId) -> bool {
        let Some(person) = self.living(id) else { return false };
        if person.keys.contains(&key) {
            return true;
        }
        if person.keys.len() >= limits::KEYS_OF_A_PERSON || self.is_anothers(key, id) {
            return false;
        }
        self.known.change(&id, |person| person.keys.push(key));
        true
    }

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

    /// Void for an erased pseudonym, another municipality's, a key that is another's own, and over
    /// [`limits::PERSONS`].
    pub(crate) fn register(&mut self, new: &entry::Person, out: &mut Vec<Output>) -> Decision {
        let full = self.persons.known.len() >= limits::PERSONS;
        if self.persons.is_anothers(new.key, new.id) {
            return Decision::Void;
        }
        match self.persons.known.get(&new.id) {
            Some(person) if person.erased || person.municipality != new.municipality => {
                return Decision::Void;
            }
            Some(person) => {
                let before = person.keys.first().copied();
                self.persons.known.change(&new.id, |person| {
                    person.about.clone_from(&new.about);
                    // A key once used stays the person's: what it sealed is erased with the rest.
                    person.keys.retain(|key| *key != new.key);
                    person.keys.insert(0, new.key);
                });
                if let Some(before) = before {
                    self.persons.own.remove(&before);
                }
            }
            None if full => return Decision::Void,
            None => {
                let (municipality, about) = (new.municipality, new.about.clone());
                let keys = Vec::from([new.key]);
                let person = Person { municipality, keys, about, erased: false };
                self.persons.known.insert(new.id, person);
            }
        }
        self.persons.own.insert(new.key, new.id);
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

    /// Void for a person who is not known or erased, a signal that is not before this entry, a key that is
    /// another's own, and over [`limits::KEYS_OF_A_PERSON`]. The signal that opened an alarm takes the whole
    /// alarm with it while that is open.
    pub(crate) fn attribute(&mut self, to: &Attributed, out: &mut Vec<Output>) -> Decision {
        if to.signal >= self.last || self.persons.living(to.person).is_none() {
            return Decision::Void;
        }
        if to.key.is_some_and(|key| !self.persons.hand_over(to.person, key)) {
            return Decision::Void;
        }
        let alarm = AlarmId(to.signal);
        if self.open(alarm).is_some_and(|row| row.person != Some(to.person)) {
            self.change(alarm, out, |alarm| alarm.row.person = Some(to.person));
            self.settle_keys(alarm);
        }
        out.push(Output::Person(to.person));
        Decision::Noted
    }

    /// Something sealed under this key was said in an open alarm by a signal that is no Repeat.
    pub(crate) fn sealed_in(&mut self, alarm: AlarmId, key: KeyId) {
        self.alarms.change(alarm, |alarm| alarm.keep_key(key));
        self.settle_keys(alarm);
    }

    /// What is said in a person's alarm is the person's, and goes with the person: the keys too.
    pub(crate) fn settle_keys(&mut self, alarm: AlarmId) {
        let unsettled = self.alarms.get(alarm).filter(|alarm| alarm.has_keys());
        let Some(person) = unsettled.and_then(|alarm| alarm.row.person) else { return };
        for key in self.alarms.change(alarm, Alarm::take_keys).unwrap_or_default() {
            self.persons.hand_over(person, key);
        }
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
        let theirs = self.alarms.open().values().filter(|alarm| alarm.row.person == Some(id));
        let alarms: Vec<AlarmId> = theirs.map(|alarm| alarm.row.alarm).collect();
        for alarm in alarms {
            // The alarm goes on; whose it is is forgotten, and every console is told to look again.
            self.change(alarm, out, |alarm| alarm.row.person = None);
        }
        out.push(Output::Erase(id, keys));
        Decision::Noted
    }
}
