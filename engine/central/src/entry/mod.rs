//! What the log keeps: one CBOR array `[kind, version, body]` an entry, integer keys throughout.
//!
//! What decides is clear. What identifies or describes a person is [`Sealed`], and `central` never opens it.
//! A field is only ever added, never given a new meaning; an unknown field is skipped.

mod ledger;

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

pub use self::ledger::{Attributed, Disclosed, Held, Person, Subject};

use crate::kind::Kind;
use crate::words::{
    ActId, AlarmId, ContentHash, DeviceId, KeyId, Moment, Municipality, PersonId, Reference, Seq,
    SessionId,
};

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The first entry of every log: what this log is.
    Genesis(Genesis),
    /// From here on rules `n` decide. A node that lacks them stops.
    Rules(u32),
    /// An engine began to serve from this log.
    Started(Started),
    /// A signal from a device.
    Signal(Signal),
    /// Refusals and duplicates of one source in one interval, counted rather than kept one by one.
    Counted(Counted),
    /// An operator's act.
    Act(Act),
    /// A console session begins.
    SessionOpened(SessionOpened),
    /// A console session ends.
    SessionEnded(SessionId),
    /// Time stamps that were known only after their entries were durable.
    Hops(Vec<Hop>),
    /// Time passes: proposed at the central's next wake when nothing else moves it.
    Tick,
    /// An earlier entry that no node can apply: every fold passes it over.
    Skip(Seq),
    /// A person is registered, or described anew.
    Person(Person),
    /// Whom a device helps from here on.
    Held(Held),
    /// An earlier signal is a person's.
    Attributed(Attributed),
    /// A person is erased: the keys are destroyed, the pseudonym stays.
    Erased(PersonId),
    /// Somebody was shown what is sealed.
    Disclosed(Disclosed),
}

/// What a log is; `serve` refuses a log of another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Purpose {
    /// A demonstration with simulated devices; every page says so.
    #[n(0)]
    Demonstration,
    /// A load test; every page says so.
    #[n(1)]
    LoadTest,
    /// Real persons.
    #[n(2)]
    Real,
}

/// The first entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Genesis {
    /// What this log is.
    #[n(0)]
    pub purpose: Purpose,
    /// Random, made once.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub log_id: [u8; 16],
}

/// An engine began to serve.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Started {
    /// The engine's version, such as `0.1.0`.
    #[n(0)]
    pub version: String,
}

/// By which path a signal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Path {
    /// SCAIP in SIP over UDP.
    #[n(0)]
    SipUdp,
    /// SCAIP in SIP over TCP.
    #[n(1)]
    SipTcp,
    /// SCAIP in SIP over TLS.
    #[n(2)]
    SipTls,
    /// `alarm/1` over QUIC.
    #[n(3)]
    Link,
    /// Made inside the engine.
    #[n(4)]
    Engine,
}

/// How sure it is that the device is who it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Sender {
    /// Proved by certificate or digest.
    #[n(0)]
    Verified,
    /// A unit without credentials, as most SCAIP units are.
    #[n(1)]
    Claimed,
    /// Something did not fit: shown as "unverified sender".
    #[n(2)]
    Doubtful,
}

/// What an operator should know about how a signal read; a bit set, open for more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Flags(#[n(0)] pub u32);

impl Flags {
    /// The body could not be decoded; what could be salvaged stands in the entry.
    pub const UNDECODABLE: Self = Self(1);
    /// A code the tables do not know.
    pub const UNKNOWN_CODE: Self = Self(1 << 1);
    /// The id in the message and the id of the sender differ.
    pub const SENDER_DIFFERS: Self = Self(1 << 2);
    /// A field was out of its pattern and kept as it came.
    pub const ODD_FIELD: Self = Self(1 << 3);
    /// Not UTF-8; read as Windows-1252.
    pub const LEGACY_TEXT: Self = Self(1 << 4);
    /// A mandatory field was missing.
    pub const FIELD_MISSING: Self = Self(1 << 5);
    /// The unit is in no register.
    pub const UNKNOWN_UNIT: Self = Self(1 << 6);
    /// The content type was not the protocol's.
    pub const CONTENT_TYPE: Self = Self(1 << 7);
    /// A proven device said another municipality than that of the person it helps; the person's was taken.
    pub const MUNICIPALITY_DIFFERS: Self = Self(1 << 8);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every flag of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What identifies or describes a person, encrypted (AES-256-GCM) under the key `key` names.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Sealed {
    /// Which key opens it; a signal not yet attributed has a key of its own.
    #[n(0)]
    pub key: KeyId,
    /// 12 random bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub nonce: [u8; 12],
    /// Ciphertext and tag.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// A device's own count of its signals, so that a gap shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Counter {
    /// Which start of the device.
    #[n(0)]
    pub boot: u64,
    /// The signal's number since that start, from 1.
    #[n(1)]
    pub n: u64,
}

/// One decoded event from one device.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Signal {
    /// Who sent it.
    #[n(0)]
    pub device: DeviceId,
    /// Whose data it is.
    #[n(1)]
    pub municipality: Municipality,
    /// Whom it helps, where known.
    #[n(2)]
    pub person: Option<PersonId>,
    /// What it says.
    #[n(3)]
    pub kind: Kind,
    /// The unit's own reference; the key for duplicates together with `content`.
    #[n(4)]
    pub reference: Reference,
    /// Hash of what it says.
    #[n(5)]
    pub content: ContentHash,
    /// The device's own count, where it has one.
    #[n(6)]
    pub counter: Option<Counter>,
    /// When it happened by the device's clock, where it told.
    #[n(7)]
    pub happened: Option<Moment>,
    /// It waited in the device before it was sent.
    #[n(8)]
    pub buffered: bool,
    /// T1: its first byte at the edge.
    #[n(9)]
    pub received: Moment,
    /// By which path it came.
    #[n(10)]
    pub path: Path,
    /// How sure the sender is.
    #[n(11)]
    pub sender: Sender,
    /// How it read.
    #[n(12)]
    pub flags: Flags,
    /// The sealed part.
    #[n(13)]
    pub sealed: Option<Sealed>,
}

/// Counts instead of entries: one a minute for each device or source that had any.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Counted {
    /// A device id, or a source such as `ip:192.0.2.7`.
    #[n(0)]
    pub source: String,
    /// From when.
    #[n(1)]
    pub from: Moment,
    /// Until when.
    #[n(2)]
    pub to: Moment,
    /// Copies of signals already stored, answered as before.
    #[n(3)]
    pub duplicates: u32,
    /// Refused for want of room or over a limit.
    #[n(4)]
    pub refused: u32,
    /// Not of any protocol.
    #[n(5)]
    pub rubbish: u32,
}

/// What an operator, or the engine for one, does.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Act {
    /// Sent twice, it is one act.
    #[n(0)]
    pub id: ActId,
    /// In which session.
    #[n(1)]
    pub session: SessionId,
    /// What.
    #[n(2)]
    pub verb: Verb,
}

/// The acts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Verb {
    /// Take an alarm; exactly one operator has it.
    #[n(0)]
    Claim {
        /// Which.
        #[n(0)]
        alarm: AlarmId,
    },
    /// Give it back to waiting.
    #[n(1)]
    Release {
        /// Which.
        #[n(0)]
        alarm: AlarmId,
        /// The version the operator's claim carries; an older one changes nothing.
        #[n(1)]
        version: u32,
    },
    /// End it with codes, one of each axis of [`crate::codes`].
    #[n(2)]
    Close {
        /// Which.
        #[n(0)]
        alarm: AlarmId,
        /// The version of the claim.
        #[n(1)]
        version: u32,
        /// Why it came.
        #[n(2)]
        cause: u16,
        /// What was done.
        #[n(3)]
        action: u16,
        /// How it ended.
        #[n(4)]
        outcome: u16,
        /// Free text, only in addition.
        #[n(5)]
        note: Option<Sealed>,
    },
}

/// What a session may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Sees only.
    #[n(0)]
    Viewer,
    /// Handles alarms.
    #[n(1)]
    Operator,
    /// Handles alarms and lets others in.
    #[n(2)]
    Leader,
}

/// Whose data a session may see and act on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Scope {
    /// Every municipality of this centre.
    #[n(0)]
    All,
    /// These only, sorted, at most [`crate::limits::SCOPE`].
    #[n(1)]
    Only(#[n(0)] Vec<Municipality>),
}

impl Scope {
    /// Whether it covers a municipality. One not known (0) is covered by [`Scope::All`] alone.
    pub fn covers(&self, municipality: Municipality) -> bool {
        match self {
            Self::All => true,
            Self::Only(some) => municipality.0 != 0 && some.contains(&municipality),
        }
    }

    /// Whether it names no more than [`crate::limits::SCOPE`].
    pub fn within_limit(&self) -> bool {
        matches!(self, Self::All)
            || matches!(self, Self::Only(some) if some.len() <= crate::limits::SCOPE)
    }
}

/// A console session begins. Of its token only a hash is here: the id.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SessionOpened {
    /// Hash of the token.
    #[n(0)]
    pub id: SessionId,
    /// The operator's user name: an id in the centre's staff list, not a person helped.
    #[n(1)]
    pub operator: String,
    /// What it may do.
    #[n(2)]
    pub role: Role,
    /// Where it may do it.
    #[n(3)]
    pub scope: Scope,
    /// When it ends by itself.
    #[n(4)]
    pub expires: Moment,
}

/// Time stamps of one signal after it was durable (hops T2 to T4p); zero = did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hop {
    /// Which signal.
    #[n(0)]
    pub seq: Seq,
    /// T2: durable.
    #[n(1)]
    pub durable: Moment,
    /// T2r: receipt sent.
    #[n(2)]
    pub receipt: Moment,
    /// T4: sent to a console.
    #[n(3)]
    pub presented: Moment,
    /// T4p: a page said it painted the row.
    #[n(4)]
    pub painted: Moment,
}
