//! What a device says: hello, beat, signal.

use alloc::string::String;
use alloc::vec::Vec;
use minicbor::Decoder;

use crate::cbor::{self, MapWriter};
use crate::details::Details;
use crate::kind::Kind;
use crate::limits::NAME_BYTES;
use crate::malformed::{Key, Malformed, Reason, Salvaged};

pub(crate) const HELLO: u64 = 1;
pub(crate) const BEAT: u64 = 2;
const SIGNAL: u64 = 3;

/// Bits of [`Hello::supports`]. Unknown bits are kept and mean nothing.
pub mod supports {
    /// The device keeps signals while it has no connection and sends them later.
    pub const BUFFERS: u64 = 1;
    /// The device has a clock and fills in when a signal happened.
    pub const CLOCK: u64 = 2;
    /// The device runs on mains and can tell when mains is lost.
    pub const MAINS: u64 = 4;
    /// The device can give positions.
    pub const POSITION: u64 = 8;
    /// The device can take a voice call.
    pub const VOICE: u64 = 16;
}

/// One message of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Who I am; the first message of a connection, though a signal need not wait for it.
    Hello(Hello),
    /// I am here; never an alarm by itself.
    Beat(Beat),
    /// Something happened.
    Signal(Signal),
}

/// Who the device is and what it still owes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hello {
    /// Protocol version; [`crate::VERSION`].
    pub version: u64,
    /// Maker and model, at most [`NAME_BYTES`].
    pub model: String,
    /// Firmware version, at most [`NAME_BYTES`].
    pub firmware: String,
    /// A number that is another one after every start of the device.
    pub boot: u64,
    /// Bits of [`supports`].
    pub supports: u64,
    /// Counter of the newest signal of this boot; 0 before the first.
    pub counter: u64,
    /// How many signals of this boot wait for a receipt.
    pub queued: u64,
}

/// A heartbeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beat {
    /// As in [`Hello::boot`].
    pub boot: u64,
    /// As in [`Hello::counter`].
    pub counter: u64,
    /// As in [`Hello::queued`].
    pub queued: u64,
    /// Charge of the battery in per cent, 0 to 100.
    pub battery: Option<u8>,
    /// Whether mains power is there.
    pub mains: Option<bool>,
    /// Signal strength in dBm, -200 to 100.
    pub strength: Option<i16>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Made once for this signal and never again; the same in every resending.
    pub id: [u8; 16],
    /// The boot in which the signal was made.
    pub boot: u64,
    /// 1 for the first signal of a boot, then one more for each.
    pub counter: u64,
    /// What happened.
    pub kind: Kind,
    /// When it happened in milliseconds since 1970-01-01T00:00:00Z, if the device knows.
    pub happened: Option<u64>,
    /// Whether it happened while the device had no connection.
    pub buffered: bool,
    /// What else there is to say.
    pub details: Details,
}

impl Message {
    /// Reads the bytes of one stream, from its start to FIN.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        read(bytes).map_err(|reason| Malformed { reason, salvaged: salvage(bytes) })
    }

    /// The bytes to write before FIN.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Hello(hello) => hello.encode(),
            Self::Beat(beat) => beat.encode(),
            Self::Signal(signal) => signal.encode(),
        }
    }

    /// Whether this message may use the stream kept for alarms.
    pub fn is_alarm(&self) -> bool {
        matches!(self, Self::Signal(signal) if signal.kind.is_alarm())
    }
}

impl Hello {
    /// The bytes to write before FIN.
    pub fn encode(&self) -> Vec<u8> {
        let mut map = MapWriter::message(HELLO);
        map.put(1, |e| e.u64(self.version)?.ok());
        map.put(2, |e| e.str(&self.model)?.ok());
        map.put(3, |e| e.str(&self.firmware)?.ok());
        map.put(4, |e| e.u64(self.boot)?.ok());
        map.put(5, |e| e.u64(self.supports)?.ok());
        map.put(6, |e| e.u64(self.counter)?.ok());
        map.put(7, |e| e.u64(self.queued)?.ok());
        map.finish()
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, Reason> {
        let mut found = Self::default();
        cbor::fields(d, Key::Top, &[1, 2, 3, 4, 6], |key, at, d| {
            match key {
                1 => found.version = cbor::uint(d, at)?,
                2 => found.model = cbor::text(d, at, NAME_BYTES)?,
                3 => found.firmware = cbor::text(d, at, NAME_BYTES)?,
                4 => found.boot = cbor::uint(d, at)?,
                5 => found.supports = cbor::uint(d, at)?,
                6 => found.counter = cbor::uint(d, at)?,
                7 => found.queued = cbor::uint(d, at)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(found)
    }
}

impl Beat {
    /// The bytes to write before FIN.
    pub fn encode(&self) -> Vec<u8> {
        let mut map = MapWriter::message(BEAT);
        map.put(1, |e| e.u64(self.boot)?.ok());
        map.put(2, |e| e.u64(self.counter)?.ok());
        map.put(3, |e| e.u64(self.queued)?.ok());
        map.put_if(4, self.battery, |e, v| e.u8(v)?.ok());
        map.put_if(5, self.mains, |e, v| e.bool(v)?.ok());
        map.put_if(6, self.strength, |e, v| e.i16(v)?.ok());
        map.finish()
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, Reason> {
        let mut found = Self::default();
        cbor::fields(d, Key::Top, &[1, 2], |key, at, d| {
            match key {
                1 => found.boot = cbor::uint(d, at)?,
                2 => found.counter = cbor::uint(d, at)?,
                3 => found.queued = cbor::uint(d, at)?,
                4 => found.battery = Some(cbor::uint_to(d, at, 100)? as u8),
                5 => found.mains = Some(cbor::boolean(d, at)?),
                6 => found.strength = Some(cbor::int_in(d, at, -200, 100)? as i16),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(found)
    }
}

impl Signal {
    /// The bytes to write before FIN; the same for every resending.
    pub fn encode(&self) -> Vec<u8> {
        let mut map = MapWriter::message(SIGNAL);
        map.put(1, |e| e.bytes(&self.id)?.ok());
        map.put(2, |e| e.u64(self.boot)?.ok());
        map.put(3, |e| e.u64(self.counter)?.ok());
        map.put(4, |e| e.u16(self.kind.0)?.ok());
        map.put_if(5, self.happened, |e, v| e.u64(v)?.ok());
        map.put_if(6, self.buffered.then_some(true), |e, v| e.bool(v)?.ok());
        map.put_if(7, self.details.bytes(), |e, v| {
            e.writer_mut().extend_from_slice(&v);
            Ok(())
        });
        map.finish()
    }

    fn read(d: &mut Decoder<'_>) -> Result<Self, Reason> {
        let mut found = Self {
            id: [0; 16],
            boot: 0,
            counter: 0,
            kind: Kind::UNDECODABLE,
            happened: None,
            buffered: false,
            details: Details::default(),
        };
        cbor::fields(d, Key::Top, &[1, 2, 3, 4], |key, at, d| {
            match key {
                1 => found.id = cbor::bytes(d, at)?,
                2 => found.boot = cbor::uint(d, at)?,
                3 => found.counter = cbor::uint(d, at)?,
                4 => found.kind = Kind(cbor::uint_to(d, at, u64::from(u16::MAX))? as u16),
                5 => found.happened = Some(cbor::uint(d, at)?),
                6 => found.buffered = cbor::boolean(d, at)?,
                7 => found.details = Details::read(d, at)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(found)
    }
}

fn read(bytes: &[u8]) -> Result<Message, Reason> {
    let message_type = cbor::check(bytes)?;
    let d = &mut Decoder::new(bytes);
    match message_type {
        HELLO => Hello::read(d).map(Message::Hello),
        BEAT => Beat::read(d).map(Message::Beat),
        SIGNAL => Signal::read(d).map(Message::Signal),
        other => Err(Reason::UnknownType(other)),
    }
}

/// Reads key by key for as long as the bytes allow it; the first value of a key counts.
fn salvage(bytes: &[u8]) -> Salvaged {
    let mut found = Salvaged::default();
    let d = &mut Decoder::new(bytes);
    if d.map().is_err() {
        return found;
    }
    while let Ok(key) = d.i64() {
        let value = d.position();
        match key {
            0 => set(&mut found.kind_of_message, cbor::uint(d, Key::Top(0)).ok()),
            1 => set(&mut found.id, cbor::bytes(d, Key::Top(1)).ok()),
            4 => set(&mut found.kind, d.u16().ok().map(Kind)),
            _ => {}
        }
        d.set_position(value);
        if cbor::skip(d, 2).is_err() {
            break;
        }
    }
    if matches!(found.kind_of_message, Some(HELLO | BEAT)) {
        return Salvaged { kind_of_message: found.kind_of_message, ..Salvaged::default() };
    }
    found
}

fn set<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}
