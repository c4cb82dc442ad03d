//! What a command may ask for, and the entry that each becomes.

use central::Decision;
use central::entry::{Disclosed, Entry, Person, Subject};
use central::words::{KeyId, Municipality, PersonId, Seq};
use minicbor::{Decode, Encode};

use crate::keys::Keys;
use crate::limits::{ABOUT, REASON};
use crate::plain::Plain;

/// One thing to be put in the log. What is personal comes in clear and is sealed by whoever has the keys open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Wish {
    /// An entry as it is: see [`Wish::entry`].
    #[n(0)]
    Entry(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// A person, new or described anew.
    #[n(1)]
    Person {
        /// `None`: a new one, whose pseudonym is in [`Done::person`].
        #[n(0)]
        id: Option<PersonId>,
        /// Whose data it is; never another than before.
        #[n(1)]
        municipality: Municipality,
        /// What is known of the person, in clear, at most [`ABOUT`] bytes.
        #[cbor(n(2), with = "minicbor::bytes")]
        about: Vec<u8>,
    },
    /// Somebody is about to be shown what is sealed.
    #[n(2)]
    Disclosed {
        /// Who; from a command it is always the account that calls, whatever stands here.
        #[n(0)]
        by: String,
        /// What.
        #[n(1)]
        what: Subject,
        /// Why, in clear, at most [`REASON`] bytes; empty: not said.
        #[n(2)]
        reason: String,
    },
}

/// A wish fulfilled: its entry is durable and applied.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Done {
    /// Where.
    #[n(0)]
    pub seq: Seq,
    /// What it came to; [`Decision::Void`]: it changed nothing.
    #[n(1)]
    pub decision: Decision,
    /// Whom it was about, where it was about a person.
    #[n(2)]
    pub person: Option<PersonId>,
}

/// What is known of a person who is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) municipality: Municipality,
    pub(crate) key: KeyId,
    pub(crate) erased: bool,
}

impl Wish {
    /// An entry that needs no key: rules, whom a device helps, an attribution, an erasure.
    pub fn entry(entry: &Entry) -> Self {
        Self::Entry(entry.encode())
    }

    /// Notes who of the machine's accounts is about to look, in place of what the command says.
    pub(super) fn called_by(mut self, account: &str) -> Self {
        if let Self::Disclosed { by, .. } = &mut self {
            account.clone_into(by);
        }
        self
    }

    /// Erases a person.
    pub fn erase(person: PersonId) -> Self {
        Self::entry(&Entry::Erased(person))
    }

    /// The entry, sealed where it must be; or the sentence that says why there is none.
    pub(crate) fn to_entry(
        &self,
        keys: &Keys,
        known: impl Fn(PersonId) -> Option<Known>,
    ) -> Result<Entry, String> {
        match self {
            Self::Entry(bytes) => allowed(bytes),
            Self::Person { id, municipality, about } => {
                person(keys, *id, *municipality, about, known)
            }
            Self::Disclosed { by, what, reason } => disclosed(keys, by, *what, reason, known),
        }
    }
}

/// Signals, acts and sessions have doors of their own.
fn allowed(bytes: &[u8]) -> Result<Entry, String> {
    let entry = Entry::decode(bytes).map_err(|why| why.to_string())?;
    match entry {
        Entry::Rules(_) | Entry::Held(_) | Entry::Attributed(_) | Entry::Erased(_) => Ok(entry),
        _ => Err("such an entry is not a command's to write".to_owned()),
    }
}

fn person(
    keys: &Keys,
    id: Option<PersonId>,
    municipality: Municipality,
    about: &[u8],
    known: impl Fn(PersonId) -> Option<Known>,
) -> Result<Entry, String> {
    if about.len() > ABOUT {
        return Err(format!("what is known of a person is at most {ABOUT} bytes: shorten it"));
    }
    let (id, key) = match id {
        None => (new_id(&known)?, None),
        Some(id) => match known(id) {
            None => return Err(format!("there is no person {}: see `varde person list`", id.0)),
            Some(known) if known.erased => {
                return Err(format!("person {} is erased: register a new one", id.0));
            }
            Some(known) if known.municipality != municipality => {
                return Err(format!(
                    "person {} is municipality {}'s: register a new one",
                    id.0, known.municipality
                ));
            }
            Some(known) => (id, Some(known.key)),
        },
    };
    let none_ready = || "no key is ready to seal it: make room on the disk of the keys".to_owned();
    let key = key.or_else(|| keys.fresh()).ok_or_else(none_ready)?;
    let about = Some(keys.seal_under(key, about).ok_or_else(none_ready)?);
    Ok(Entry::Person(Person { id, municipality, key, about }))
}

/// Random, so that a pseudonym tells neither who came when nor how many there are; below 2^53, for JavaScript.
fn new_id(known: &impl Fn(PersonId) -> Option<Known>) -> Result<PersonId, String> {
    loop {
        let random = getrandom::u64();
        let random = random.map_err(|why| format!("the system gives no random bytes: {why}"))?;
        let id = PersonId(random >> 11);
        if id.0 != 0 && known(id).is_none() {
            return Ok(id);
        }
    }
}

fn disclosed(
    keys: &Keys,
    by: &str,
    what: Subject,
    reason: &str,
    known: impl Fn(PersonId) -> Option<Known>,
) -> Result<Entry, String> {
    if by.is_empty() || by.len() > central::limits::OPERATOR {
        return Err("who looks is said in 1 to 64 bytes".to_owned());
    }
    if reason.len() > REASON {
        return Err(format!("a reason is at most {REASON} bytes: shorten it"));
    }
    let mut plain = Plain::default();
    plain.say("Begrunnelse", reason);
    // A reason to look at a person names that person, more often than not: it is forgotten with the rest.
    let key = match what {
        Subject::Person(id) => known(id).filter(|known| !known.erased).map(|known| known.key),
        Subject::Log { .. } => None,
    };
    let plain = plain.to_bytes();
    let sealed = || match key {
        Some(key) => keys.seal_under(key, &plain),
        None => keys.seal(&plain),
    };
    let reason = match reason {
        "" => None,
        _ => Some(sealed().ok_or("no key is ready to seal the reason")?),
    };
    Ok(Entry::Disclosed(Disclosed { by: by.to_owned(), what, reason }))
}

/// Whom an entry is about.
pub(super) fn person_of(entry: &Entry) -> Option<PersonId> {
    match entry {
        Entry::Person(person) => Some(person.id),
        Entry::Held(held) => held.person,
        Entry::Attributed(to) => Some(to.person),
        Entry::Erased(person)
        | Entry::Disclosed(Disclosed { what: Subject::Person(person), .. }) => Some(*person),
        _ => None,
    }
}
