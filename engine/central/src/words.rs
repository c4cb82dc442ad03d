//! The words of the house that every entry and output is made of.

use alloc::string::String;
use core::fmt;

use minicbor::{Decode, Encode};

/// Nanoseconds since the Unix epoch, as the log decided them: never below the entry before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Moment(#[n(0)] pub u64);

/// The dense count of entries in log order, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Seq(#[n(0)] pub u64);

/// An alarm's id is the Seq of the signal that opened it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct AlarmId(#[n(0)] pub Seq);

/// The log's chain hash at one entry (SHA-256).
pub type ChainHash = [u8; 32];

/// A Norwegian municipality number, 0301 as 301; 0 where none is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Municipality(#[n(0)] pub u16);

impl fmt::Display for Municipality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

/// The device that sent a signal: a doorway's prefix and the device's own id, such as
/// `scaip:8031372` or `link:K7-0042`. At most [`crate::limits::DEVICE_ID`] bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct DeviceId(#[n(0)] pub String);

/// A person's pseudonym. Who it is stands sealed elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct PersonId(#[n(0)] pub u64);

/// The key that seals a part of an entry; keys themselves live outside the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct KeyId(#[n(0)] pub u64);

/// A console session: the first half of the SHA-256 of its token, never the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct SessionId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

/// Made by whoever acts, so that an act sent twice is one act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct ActId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

/// A key for [`crate::limits::DUPLICATE_WINDOW`]: the unit's own reference, at most
/// [`crate::limits::REFERENCE`] bytes, printed as text where it is text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Reference(#[n(0)] pub String);

/// SHA-256, first half, of what the signal says: the same reference with other content is another signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct ContentHash(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);
