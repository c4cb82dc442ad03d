//! What the centre answers, on the stream of the message.

use alloc::string::String;
use alloc::vec::Vec;
use minicbor::Decoder;

use crate::cbor::{self, MapWriter};
use crate::limits::REASON_BYTES;
use crate::malformed::{Key, Reason};

const WELCOME: u64 = 11;
const BEAT_OK: u64 = 12;
const RECEIPT: u64 = 13;
const BUSY: u64 = 14;
const NOT_STORED: u64 = 15;
const REFUSED: u64 = 16;

/// One answer of the centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To a hello.
    Welcome(Welcome),
    /// To a beat.
    BeatOk {
        /// The centre's clock in milliseconds since 1970-01-01T00:00:00Z.
        time: u64,
    },
    /// To a signal: it is stored, durably.
    Receipt(Receipt),
    /// To anything: not taken now.
    Busy {
        /// Milliseconds after which to send the same bytes again.
        retry_ms: u32,
    },
    /// To a signal: it could not be made durable; send it to the next receiver.
    NotStored,
    /// To anything: it will never be taken as it is.
    Refused(Refused),
}

/// What the centre tells a device that connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Welcome {
    /// The version the centre speaks on this connection.
    pub version: u64,
    /// The centre's clock in milliseconds since 1970-01-01T00:00:00Z.
    pub time: u64,
    /// Seconds between beats.
    pub beat_s: u32,
    /// Unanswered messages a connection that are not alarms.
    pub unanswered: u8,
}

/// The device's own proof that a signal is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The number of the entry in the centre's log.
    pub seq: u64,
    /// The hash of the log up to and with that entry.
    pub chain: [u8; 32],
    /// When the centre stored it, in nanoseconds since 1970-01-01T00:00:00Z.
    pub moment: u64,
    /// Whether the signal had been stored before; seq, chain and moment are those of then.
    pub duplicate: bool,
}

/// Why a message will never be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// For the device.
    pub code: Refusal,
    /// For the one who reads the device's log; English, at most [`REASON_BYTES`].
    pub text: String,
}

/// The code of a [`Refused`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 1: not a message of this protocol.
    Malformed,
    /// 2: the version said in hello is not spoken here.
    UnknownVersion,
    /// 3: longer than [`crate::limits::MESSAGE_BYTES`].
    TooLarge,
    /// 4: this device may not send this.
    NotAllowed,
    /// 5: key 0 holds a type that is not known.
    UnknownType,
    /// Any other number.
    Other(u64),
}

impl Refusal {
    /// The number on the wire.
    pub fn number(self) -> u64 {
        match self {
            Self::Malformed => 1,
            Self::UnknownVersion => 2,
            Self::TooLarge => 3,
            Self::NotAllowed => 4,
            Self::UnknownType => 5,
            Self::Other(number) => number,
        }
    }
}

impl From<u64> for Refusal {
    fn from(number: u64) -> Self {
        match number {
            1 => Self::Malformed,
            2 => Self::UnknownVersion,
            3 => Self::TooLarge,
            4 => Self::NotAllowed,
            5 => Self::UnknownType,
            other => Self::Other(other),
        }
    }
}

impl Refused {
    /// A refusal whose text is cut to the limit.
    pub fn new(code: Refusal, text: &str) -> Self {
        let mut end = text.len().min(REASON_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self { code, text: String::from(&text[..end]) }
    }
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self::new(reason.refusal(), &alloc::format!("{reason}"))
    }
}

impl Answer {
    /// Reads the bytes of an answer, from the start of the stream to FIN.
    pub fn decode(bytes: &[u8]) -> Result<Self, Reason> {
        let answer_type = cbor::check(bytes)?;
        let d = &mut Decoder::new(bytes);
        match answer_type {
            WELCOME => Welcome::read(d).map(Self::Welcome),
            BEAT_OK => one(d, u64::MAX).map(|time| Self::BeatOk { time }),
            RECEIPT => Receipt::read(d).map(Self::Receipt),
            BUSY => one(d, u64::from(u32::MAX)).map(|ms| Self::Busy { retry_ms: ms as u32 }),
            NOT_STORED => Ok(Self::NotStored),
            REFUSED => Refused::read(d).map(Self::Refused),
            other => Err(Reason::UnknownType(other)),
        }
    }

    /// The bytes to write before FIN.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Welcome(welcome) => welcome.encode(),
            Self::BeatOk { time } => {
                let mut map = MapWriter::message(BEAT_OK);
                map.put(1, |e| e.u64(*time)?.ok());
                map.finish()
            }
            Self::Receipt(receipt) => receipt.encode(),
            Self::Busy { retry_ms } => {
                let mut map = MapWriter::message(BUSY);
                map.put(1, |e| e.u32(*retry_ms)?.ok());
                map.finish()
            }
            Self::NotStored => MapWriter::message(NOT_STORED).finish(),
            Self::Refused(refused) => {
                let mut map = MapWriter::message(REFUSED);
                map.put(1, |e| e.u64(refused.code.number())?.ok());
                map.put(2, |e| e.str(&refused.text)?.ok());
                map.finish()
            }
        }
    }
}

impl Welcome {
    fn encode(&self) -> Vec<u8> {
        let mut map = MapWriter::message(WELCOME);
        map.put(1, |e| e.u64(self.version)?.ok());
        map.put(2, |e| e.u64(self.time)?.ok());
        map.put(3, |e| e.u32(self.beat_s)?.ok());
        map.put(4, |e| e.u8(self.unanswered)?.ok());
        map.finish()
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, Reason> {
        let mut found = Self { version: 0, time: 0, beat_s: 0, unanswered: 0 };
        cbor::fields(d, Key::Top, &[1, 2, 3, 4], |key, at, d| {
            match key {
                1 => found.version = cbor::uint(d, at)?,
                2 => found.time = cbor::uint(d, at)?,
                3 => found.beat_s = cbor::uint_to(d, at, u64::from(u32::MAX))? as u32,
                4 => found.unanswered = cbor::uint_to(d, at, u64::from(u8::MAX))? as u8,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(found)
    }
}

impl Receipt {
    fn encode(&self) -> Vec<u8> {
        let mut map = MapWriter::message(RECEIPT);
        map.put(1, |e| e.u64(self.seq)?.ok());
        map.put(2, |e| e.bytes(&self.chain)?.ok());
        map.put(3, |e| e.u64(self.moment)?.ok());
        map.put_if(4, self.duplicate.then_some(true), |e, v| e.bool(v)?.ok());
        map.finish()
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, Reason> {
        let mut found = Self { seq: 0, chain: [0; 32], moment: 0, duplicate: false };
        cbor::fields(d, Key::Top, &[1, 2, 3], |key, at, d| {
            match key {
                1 => found.seq = cbor::uint(d, at)?,
                2 => found.chain = cbor::bytes(d, at)?,
                3 => found.moment = cbor::uint(d, at)?,
                4 => found.duplicate = cbor::boolean(d, at)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(found)
    }
}

impl Refused {
    fn read(d: &mut Decoder<'_>) -> Result<Self, Reason> {
        let mut found = Self { code: Refusal::Other(0), text: String::new() };
        cbor::fields(d, Key::Top, &[1], |key, at, d| {
            match key {
                1 => found.code = Refusal::from(cbor::uint(d, at)?),
                2 => found.text = cbor::text(d, at, REASON_BYTES)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(found)
    }
}

/// Reads an answer whose key 1 is its only content.
fn one(d: &mut Decoder<'_>, most: u64) -> Result<u64, Reason> {
    let mut value = 0;
    cbor::fields(d, Key::Top, &[1], |key, at, d| {
        match key {
            1 => value = cbor::uint_to(d, at, most)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(value)
}
