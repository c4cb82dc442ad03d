//! Entries about persons and about the log itself: who is helped by what, what is forgotten, who looked.

use alloc::string::String;

use minicbor::{Decode, Encode};

use super::Sealed;
use crate::words::{DeviceId, KeyId, Municipality, PersonId, Seq};

/// A person is registered, or described anew. Everything that tells who it is stands in `about`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Person {
    /// The pseudonym; never used again after an erasure.
    #[n(0)]
    pub id: PersonId,
    /// Whose data it is.
    #[n(1)]
    pub municipality: Municipality,
    /// The person's own key: it seals `about` and every signal of the person's devices from here on.
    #[n(2)]
    pub key: KeyId,
    /// Name, address and what else describes the person.
    #[n(3)]
    pub about: Option<Sealed>,
}

/// Whom a device helps from here on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Held {
    /// Which device.
    #[n(0)]
    pub device: DeviceId,
    /// Whom it helps; `None`: nobody any more.
    #[n(1)]
    pub person: Option<PersonId>,
}

/// A signal stored before anybody knew whose it was is a person's: its key is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Attributed {
    /// Which signal.
    #[n(0)]
    pub signal: Seq,
    /// Whose it is.
    #[n(1)]
    pub person: PersonId,
    /// The key the signal was sealed under; `None` where nothing in it was sealed.
    #[n(2)]
    pub key: Option<KeyId>,
}

/// Somebody was shown what is sealed, outside the handling of an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Disclosed {
    /// Who looked: an operator's user name, or `os:` and the name of the machine's account.
    #[n(0)]
    pub by: String,
    /// At what.
    #[n(1)]
    pub what: Subject,
    /// Why, in the words of whoever looked: sealed, for it may name somebody.
    #[n(2)]
    pub reason: Option<Sealed>,
}

/// What was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Subject {
    /// Everything about one person.
    #[n(0)]
    Person(#[n(0)] PersonId),
    /// The entries from one Seq to another, both included.
    #[n(1)]
    Log {
        /// The first.
        #[n(0)]
        from: Seq,
        /// The last.
        #[n(1)]
        to: Seq,
    },
}
