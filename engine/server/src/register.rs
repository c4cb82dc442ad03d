//! Whom each device helps, as the fold says it, for whoever seals and whoever shows: pseudonyms, municipalities
//! and keys in clear, and who a person is still sealed.
//!
//! Told by the shell behind the log, read by every listener. It never knows more than the log.

use central::Central;
use central::entry::{Entry, Sealed};
use central::output::Output;
use central::words::{DeviceId, KeyId, Municipality, PersonId};
use dashmap::DashMap;

use crate::control::Known;

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Whose data it is.
    pub municipality: Municipality,
    /// The person's own key.
    pub key: KeyId,
    /// Who it is.
    pub about: Option<Sealed>,
    /// Erased: nothing is known and nothing may be added.
    pub erased: bool,
}

/// Somebody a device helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Helped {
    /// Whom.
    pub person: PersonId,
    /// Whose data it is.
    pub municipality: Municipality,
    /// Seals it.
    pub key: KeyId,
}

/// Everybody, by pseudonym and by device.
#[derive(Debug, Default)]
pub struct Register {
    persons: DashMap<PersonId, Registered>,
    held: DashMap<DeviceId, PersonId>,
}

impl Register {
    /// Takes what a fold ended with.
    pub fn fill(&self, central: &Central) {
        for (id, person) in central.persons() {
            let Some(key) = person.keys.first() else { continue };
            let (municipality, about) = (person.municipality, person.about.clone());
            let registered = Registered { municipality, key: *key, about, erased: person.erased };
            self.persons.insert(id, registered);
        }
        for (device, person) in central.holders() {
            self.held.insert(device.clone(), person);
        }
    }

    /// An entry is applied; one of what followed from it.
    pub fn heard(&self, entry: &Entry, output: &Output) {
        match (output, entry) {
            (Output::Person(id), Entry::Person(new)) => {
                let (municipality, key, about) = (new.municipality, new.key, new.about.clone());
                self.persons.insert(*id, Registered { municipality, key, about, erased: false });
            }
            (Output::Held(device, Some(person)), _) => {
                self.held.insert(device.clone(), *person);
            }
            (Output::Held(device, None), _) => {
                self.held.remove(device);
            }
            (Output::Erase(id, _), _) => {
                if let Some(mut person) = self.persons.get_mut(id) {
                    person.about = None;
                    person.erased = true;
                }
            }
            _ => {}
        }
    }

    /// A person, erased ones too.
    pub fn person(&self, id: PersonId) -> Option<Registered> {
        self.persons.get(&id).map(|person| person.clone())
    }

    /// Whom a device helps, and what seals what it says.
    pub fn helped_by(&self, device: &DeviceId) -> Option<Helped> {
        // Copied out, so that no guard is held over another access.
        let id = *self.held.get(device)?;
        self.helped(id)
    }

    /// What seals what is said about a person; `None` for one who is not known, or erased.
    pub fn helped(&self, id: PersonId) -> Option<Helped> {
        let person = self.persons.get(&id)?;
        let (municipality, key) = (person.municipality, person.key);
        (!person.erased).then_some(Helped { person: id, municipality, key })
    }

    /// Everybody, erased ones too, by pseudonym.
    pub fn everybody(&self) -> Vec<(PersonId, Municipality, bool)> {
        let person = |person: dashmap::mapref::multiple::RefMulti<'_, PersonId, Registered>| {
            (*person.key(), person.municipality, person.erased)
        };
        let mut all: Vec<_> = self.persons.iter().map(person).collect();
        all.sort_unstable();
        all
    }

    /// The devices that help each person, in their order.
    pub fn devices(&self) -> Vec<(PersonId, DeviceId)> {
        let mut all: Vec<_> =
            self.held.iter().map(|held| (*held.value(), held.key().clone())).collect();
        all.sort_unstable();
        all
    }

    pub(crate) fn known(&self, id: PersonId) -> Option<Known> {
        let person = self.persons.get(&id)?;
        let (municipality, key, erased) = (person.municipality, person.key, person.erased);
        Some(Known { municipality, key, erased })
    }
}
