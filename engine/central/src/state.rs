//! The whole state as bytes and back: one CBOR array, `[form, small …, large …]`.
//!
//! What follows from something else (waiting, quiet devices, repeats by source, the order of expiry, the
//! sums) is not written; it is made again. What is written here is what the state hash covers: the small
//! parts are written by the same function, of the large ones the hash has a sum over the same items.

use alloc::vec::Vec;
use core::fmt;

use minicbor::decode::{self, Decoder};
use minicbor::encode::{Encoder, Error, Write};
use minicbor::{Decode, Encode};

use crate::alarms::{Alarm, Closed};
use crate::answers::Given;
use crate::central::Central;
use crate::dedup::Seen;
use crate::limits;
use crate::roster::Member;
use crate::rules::RULES;
use crate::words::{AlarmId, DeviceId};

/// The form written today. A change to what is written is a new form; the ones before stay readable, for a
/// trimmed log has no other way in.
const FORM: u32 = 1;
/// Items of the outer array.
const ITEMS: u64 = 13;

/// Bytes that are no state this node can go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Another version's form: start that version, or fold the log.
    Form(u32),
    /// Decided by rules this node lacks: start the version that has them.
    Rules(u32),
    /// Not the CBOR it should be, over a limit, or bytes after its end.
    Malformed {
        /// How many bytes in.
        at: usize,
    },
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(form) => write!(f, "its form is {form}, this version reads {FORM}"),
            Self::Rules(n) => write!(f, "rules {n} decide in it, this version has {RULES}"),
            Self::Malformed { at } => write!(f, "the state in it is malformed at byte {at}"),
        }
    }
}

impl core::error::Error for Unreadable {}

impl Central {
    /// The whole state; see [`Central::decode`].
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode_to(&mut bytes).expect("writing to memory cannot fail");
        bytes
    }

    /// The same, piece by piece.
    ///
    /// # Errors
    /// The writer's own.
    pub fn encode_to<W: Write>(&self, writer: W) -> Result<(), Error<W::Error>> {
        let mut to = Encoder::new(writer);
        to.array(ITEMS)?.u32(FORM)?;
        self.write_small(&mut to)?;
        list(&mut to, self.memory.devices().iter())?;
        list(&mut to, self.alarms.open().values())?;
        list(&mut to, self.persons.known.iter())?;
        list(&mut to, self.persons.held.iter())
    }

    /// What is bounded by a few thousand items; eight of the outer array.
    pub(crate) fn write_small<W: Write>(&self, to: &mut Encoder<W>) -> Result<(), Error<W::Error>> {
        to.encode(&self.genesis)?.u32(self.rules)?;
        to.encode(self.last)?.encode(self.now)?.encode(self.tally)?;
        let closed = self.alarms.closed().iter();
        list(to, closed.map(|id| (id, self.alarms.closed_by(*id))))?;
        let given = self.answers.order().iter();
        list(to, given.map(|act| (act, self.answers.get(*act))))?;
        list(to, self.roster.members().iter())
    }

    /// The state in these bytes; its [`Central::digest`] is that of the one that was encoded.
    ///
    /// Whoever reads them from a disk compares that digest: bytes that were altered may be a state too.
    ///
    /// # Errors
    /// [`Unreadable`] says why; nothing of the bytes themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut from = Decoder::new(bytes);
        let malformed = |from: &Decoder<'_>| Unreadable::Malformed { at: from.position() };
        let form = head(&mut from).map_err(|_| malformed(&from))?;
        if form != FORM {
            return Err(Unreadable::Form(form));
        }
        let central = Self::read(&mut from).map_err(|_| malformed(&from))?;
        if from.position() != bytes.len() {
            return Err(malformed(&from));
        }
        if central.rules != 0 && !central.has_rules(central.rules) {
            return Err(Unreadable::Rules(central.rules));
        }
        Ok(central)
    }

    fn read(from: &mut Decoder<'_>) -> Result<Self, decode::Error> {
        let mut central = Self {
            genesis: from.decode()?,
            rules: from.u32()?,
            last: from.decode()?,
            now: from.decode()?,
            tally: from.decode()?,
            ..Self::new()
        };
        each(from, limits::CLOSED, |(id, closed): (AlarmId, Closed)| {
            central.alarms.remember_closed(id, closed);
            Some(())
        })?;
        each(from, limits::ACTS, |(act, given): (_, Given)| {
            central.answers.note(act, given);
            Some(())
        })?;
        each(from, limits::SESSIONS, |(id, member): (_, Member)| {
            central.roster.restore(id, member);
            Some(())
        })?;
        each(from, limits::DEVICES, |(device, seen): (DeviceId, Vec<Seen>)| {
            central.memory.restore(device, seen)
        })?;
        each(from, limits::OPEN_ALARMS, |alarm: Alarm| {
            central.waiting.enter(&alarm);
            central.alarms.insert(alarm);
            Some(())
        })?;
        each(from, limits::PERSONS, |(id, person)| {
            central.persons.restore(id, person);
            Some(())
        })?;
        each(from, limits::HELD, |(device, person)| {
            central.persons.held.insert(device, person);
            Some(())
        })?;
        Ok(central)
    }
}

fn head(from: &mut Decoder<'_>) -> Result<u32, decode::Error> {
    let items = from.array()?;
    let form = from.u32()?;
    if form == FORM && items != Some(ITEMS) {
        return Err(decode::Error::message("not so many items"));
    }
    Ok(form)
}

/// Items in the order they are kept.
fn list<W: Write, T: Encode<()>>(
    to: &mut Encoder<W>,
    items: impl ExactSizeIterator<Item = T>,
) -> Result<(), Error<W::Error>> {
    to.array(items.len() as u64)?;
    for item in items {
        to.encode(item)?;
    }
    Ok(())
}

/// Takes each item of a list of at most `most`; `None` of `take`: it cannot be one.
fn each<'b, T: Decode<'b, ()>>(
    from: &mut Decoder<'b>,
    most: usize,
    mut take: impl FnMut(T) -> Option<()>,
) -> Result<(), decode::Error> {
    let wrong = || decode::Error::message("not an item that may stand here");
    let items = from.array()?.filter(|items| *items <= most as u64).ok_or_else(wrong)?;
    for _ in 0..items {
        take(from.decode()?).ok_or_else(wrong)?;
    }
    Ok(())
}
