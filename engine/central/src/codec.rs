//! An entry's bytes: one CBOR array `[kind, version, body]`.
//!
//! A kind number and a field number never change meaning; golden bytes in `tests/golden.rs` hold them.

use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;

use minicbor::decode::Decoder;
use minicbor::encode::{Encoder, Error};

use crate::entry::Entry;
use crate::limits;
use crate::words::Seq;

const GENESIS: u16 = 0;
const RULES: u16 = 1;
const STARTED: u16 = 2;
pub(crate) const SIGNAL: u16 = 3;
const COUNTED: u16 = 4;
const ACT: u16 = 5;
const SESSION_OPENED: u16 = 6;
const SESSION_ENDED: u16 = 7;
const HOPS: u16 = 8;
const TICK: u16 = 9;
const SKIP: u16 = 10;
const PERSON: u16 = 11;
const HELD: u16 = 12;
const ATTRIBUTED: u16 = 13;
const ERASED: u16 = 14;
const DISCLOSED: u16 = 15;

/// The version every kind is written with today.
const VERSION: u8 = 1;

/// Bytes that are no entry this node knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecodable {
    /// Longer than [`limits::ENTRY`]: so many bytes.
    TooLong(usize),
    /// A kind this node does not know: a newer node wrote it. Start that version.
    UnknownKind(u16),
    /// A version of a kind this node does not know.
    UnknownVersion {
        /// Which kind.
        kind: u16,
        /// Which version.
        version: u8,
    },
    /// Not the CBOR it should be, or bytes after its end.
    Malformed {
        /// Which kind, where it could be read.
        kind: Option<u16>,
        /// How many bytes in.
        at: usize,
    },
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(len) => {
                write!(f, "an entry of {len} bytes; at most {} are allowed", limits::ENTRY)
            }
            Self::UnknownKind(kind) => {
                write!(f, "entry kind {kind} is unknown here; start the version that wrote it")
            }
            Self::UnknownVersion { kind, version } => write!(
                f,
                "version {version} of entry kind {kind} is unknown here; start the version that wrote it"
            ),
            Self::Malformed { kind: Some(kind), at } => {
                write!(f, "an entry of kind {kind} is malformed at byte {at}")
            }
            Self::Malformed { kind: None, at } => write!(f, "no entry: malformed at byte {at}"),
        }
    }
}

impl core::error::Error for Undecodable {}

impl Entry {
    /// Its bytes; see [`Entry::decode`].
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        self.write(&mut Encoder::new(&mut bytes)).expect("writing to memory cannot fail");
        bytes
    }

    /// The entry in these bytes.
    ///
    /// # Errors
    /// [`Undecodable`] says what and where; nothing of the bytes themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, Undecodable> {
        if bytes.len() > limits::ENTRY {
            return Err(Undecodable::TooLong(bytes.len()));
        }
        let mut decoder = Decoder::new(bytes);
        let (kind, version) = head(&mut decoder)
            .ok_or_else(|| Undecodable::Malformed { kind: None, at: decoder.position() })?;
        if version != VERSION && kind <= DISCLOSED {
            return Err(Undecodable::UnknownVersion { kind, version });
        }
        let body = Self::body(kind, &mut decoder)?;
        match body {
            Some(entry) if decoder.position() == bytes.len() => Ok(entry),
            _ => Err(Undecodable::Malformed { kind: Some(kind), at: decoder.position() }),
        }
    }

    /// The kind number in these bytes, from their head alone; `None` where even that cannot be read.
    pub fn kind_of(bytes: &[u8]) -> Option<u16> {
        head(&mut Decoder::new(bytes)).map(|(kind, _)| kind)
    }

    /// The Seq that these bytes skip, where they are a whole [`Entry::Skip`]; looks at the head alone
    /// where they are something else.
    pub fn skipped_by(bytes: &[u8]) -> Option<Seq> {
        match (Self::kind_of(bytes) == Some(SKIP)).then(|| Self::decode(bytes))? {
            Ok(Self::Skip(seq)) => Some(seq),
            _ => None,
        }
    }

    /// The rules that these bytes choose, where they are a whole [`Entry::Rules`]; looks at the head alone
    /// where they are something else.
    pub fn chosen_by(bytes: &[u8]) -> Option<u32> {
        match (Self::kind_of(bytes) == Some(RULES)).then(|| Self::decode(bytes))? {
            Ok(Self::Rules(n)) => Some(n),
            _ => None,
        }
    }

    /// Whether an entry of this kind may be passed over. What begins a log, what chooses its rules and
    /// what skips decide about every entry after them: without one of these nothing can be folded.
    pub const fn may_be_skipped(kind: Option<u16>) -> bool {
        !matches!(kind, Some(GENESIS | RULES | SKIP))
    }

    /// Its name, as `varde log` prints it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Genesis(_) => "genesis",
            Self::Rules(_) => "rules",
            Self::Started(_) => "started",
            Self::Signal(_) => "signal",
            Self::Counted(_) => "counted",
            Self::Act(_) => "act",
            Self::SessionOpened(_) => "session_opened",
            Self::SessionEnded(_) => "session_ended",
            Self::Hops(_) => "hops",
            Self::Tick => "tick",
            Self::Skip(_) => "skip",
            Self::Person(_) => "person",
            Self::Held(_) => "held",
            Self::Attributed(_) => "attributed",
            Self::Erased(_) => "erased",
            Self::Disclosed(_) => "disclosed",
        }
    }

    fn write(&self, to: &mut Encoder<&mut Vec<u8>>) -> Result<(), Error<Infallible>> {
        to.array(3)?.u16(self.number())?.u8(VERSION)?;
        match self {
            Self::Genesis(body) => to.encode(body)?,
            Self::Rules(n) => to.encode(n)?,
            Self::Started(body) => to.encode(body)?,
            Self::Signal(body) => to.encode(body)?,
            Self::Counted(body) => to.encode(body)?,
            Self::Act(body) => to.encode(body)?,
            Self::SessionOpened(body) => to.encode(body)?,
            Self::SessionEnded(id) => to.encode(id)?,
            Self::Hops(hops) => to.encode(hops)?,
            Self::Tick => to.null()?,
            Self::Skip(seq) => to.encode(seq)?,
            Self::Person(body) => to.encode(body)?,
            Self::Held(body) => to.encode(body)?,
            Self::Attributed(body) => to.encode(body)?,
            Self::Erased(id) => to.encode(id)?,
            Self::Disclosed(body) => to.encode(body)?,
        };
        Ok(())
    }

    const fn number(&self) -> u16 {
        match self {
            Self::Genesis(_) => GENESIS,
            Self::Rules(_) => RULES,
            Self::Started(_) => STARTED,
            Self::Signal(_) => SIGNAL,
            Self::Counted(_) => COUNTED,
            Self::Act(_) => ACT,
            Self::SessionOpened(_) => SESSION_OPENED,
            Self::SessionEnded(_) => SESSION_ENDED,
            Self::Hops(_) => HOPS,
            Self::Tick => TICK,
            Self::Skip(_) => SKIP,
            Self::Person(_) => PERSON,
            Self::Held(_) => HELD,
            Self::Attributed(_) => ATTRIBUTED,
            Self::Erased(_) => ERASED,
            Self::Disclosed(_) => DISCLOSED,
        }
    }

    /// The body of one kind; `None` where it is malformed.
    fn body(kind: u16, from: &mut Decoder<'_>) -> Result<Option<Self>, Undecodable> {
        Ok(match kind {
            GENESIS => from.decode().map(Self::Genesis).ok(),
            RULES => from.decode().map(Self::Rules).ok(),
            STARTED => from.decode().map(Self::Started).ok(),
            SIGNAL => from.decode().map(Self::Signal).ok(),
            COUNTED => from.decode().map(Self::Counted).ok(),
            ACT => from.decode().map(Self::Act).ok(),
            SESSION_OPENED => from.decode().map(Self::SessionOpened).ok(),
            SESSION_ENDED => from.decode().map(Self::SessionEnded).ok(),
            HOPS => from.decode().map(Self::Hops).ok(),
            TICK => from.null().map(|()| Self::Tick).ok(),
            SKIP => from.decode().map(Self::Skip).ok(),
            PERSON => from.decode().map(Self::Person).ok(),
            HELD => from.decode().map(Self::Held).ok(),
            ATTRIBUTED => from.decode().map(Self::Attributed).ok(),
            ERASED => from.decode().map(Self::Erased).ok(),
            DISCLOSED => from.decode().map(Self::Disclosed).ok(),
            unknown => return Err(Undecodable::UnknownKind(unknown)),
        })
    }
}

pub(crate) fn head(decoder: &mut Decoder<'_>) -> Option<(u16, u8)> {
    (decoder.array().ok()? == Some(3)).then_some(())?;
    Some((decoder.u16().ok()?, decoder.u8().ok()?))
}
