//! Why bytes are not a message, and what could be read of them all the same.

use core::fmt;

use crate::answer::Refusal;
use crate::kind::Kind;

/// Which key of which map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A key of the message or answer itself.
    Top(i64),
    /// A key of the `details` map of a signal.
    Detail(i64),
}

/// Why bytes are not a message or an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// No bytes before FIN.
    Empty,
    /// More than [`crate::limits::MESSAGE_BYTES`].
    TooLarge,
    /// The outermost item is not a map.
    NotMap,
    /// The bytes end inside an item.
    Truncated,
    /// Bytes follow the map.
    Trailing,
    /// Not CBOR: a reserved initial byte or text that is not UTF-8.
    NotCbor,
    /// An item of indefinite length.
    Indefinite,
    /// A key of the outermost map or of `details` that is not an integer of 64 bits.
    NotIntegerKey,
    /// The same key twice in one map.
    Repeated(Key),
    /// A map with more than [`crate::limits::MAP_ENTRIES`] entries.
    TooMany,
    /// Nested deeper than [`crate::limits::DEPTH`].
    TooDeep,
    /// Key 0 holds a message type that this version does not know.
    UnknownType(u64),
    /// A mandatory key is not there.
    Missing(Key),
    /// The value of this key has another type than the protocol says.
    WrongType(Key),
    /// The value of this key is too long or outside its range.
    OutOfRange(Key),
}

impl Reason {
    /// The code of the `refused` answer that says this to the device.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::TooLarge => Refusal::TooLarge,
            Self::UnknownType(_) => Refusal::UnknownType,
            _ => Refusal::Malformed,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top(key) => write!(f, "key {key}"),
            Self::Detail(key) => write!(f, "details key {key}"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty: write one CBOR map, then FIN"),
            Self::TooLarge => f.write_str("too large: keep a message within 4096 bytes"),
            Self::NotMap => f.write_str("not a map: a message is one CBOR map"),
            Self::Truncated => f.write_str("truncated: FIN came inside the CBOR map"),
            Self::Trailing => f.write_str("trailing bytes: send FIN right after the map"),
            Self::NotCbor => f.write_str("not CBOR (RFC 8949)"),
            Self::Indefinite => f.write_str("indefinite length: use definite lengths"),
            Self::NotIntegerKey => f.write_str("a map key is not an integer"),
            Self::Repeated(key) => write!(f, "{key} occurs twice"),
            Self::TooMany => f.write_str("more than 32 entries in a map"),
            Self::TooDeep => f.write_str("nested deeper than 8 levels"),
            Self::UnknownType(number) => write!(f, "unknown type {number} in key 0"),
            Self::Missing(key) => write!(f, "{key} is missing"),
            Self::WrongType(key) => write!(f, "{key} has the wrong type"),
            Self::OutOfRange(key) => write!(f, "{key} is too long or out of range"),
        }
    }
}

/// What could be read of bytes that are not a message, so that a person behind them is not lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// The message type (key 0) if it was read.
    pub kind_of_message: Option<u64>,
    /// The signal id (key 1) if it was read.
    pub id: Option<[u8; 16]>,
    /// The kind (key 4) if it was read.
    pub kind: Option<Kind>,
}

impl Salvaged {
    /// Whether this may be a person: everything but what is surely a hello, a beat, or a signal of
    /// a kind that is no alarm.
    pub fn may_be_person(&self) -> bool {
        match (self.kind_of_message, self.kind) {
            (Some(crate::message::HELLO | crate::message::BEAT), _) => false,
            (_, Some(kind)) => kind.is_alarm(),
            _ => true,
        }
    }
}

/// Bytes that are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// Why.
    pub reason: Reason,
    /// What could be read.
    pub salvaged: Salvaged,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl core::error::Error for Malformed {}
impl core::error::Error for Reason {}
