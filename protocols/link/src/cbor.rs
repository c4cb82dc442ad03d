//! The strict subset of CBOR (RFC 8949) that `alarm/1` reads and writes.
//!
//! minicbor reads the items; what it leaves open is decided here: definite lengths only, no key
//! twice, bounded depth and width, nothing after the map. Integers in longer form than needed are
//! read.

use alloc::string::String;
use alloc::vec::Vec;
use minicbor::data::Type;
use minicbor::decode::Error;
use minicbor::{Decoder, Encoder};

use crate::limits::{DEPTH, MAP_ENTRIES, MESSAGE_BYTES};
use crate::malformed::{Key, Reason};

/// Checks that `bytes` are one map within every limit and returns the type in key 0.
pub(crate) fn check(bytes: &[u8]) -> Result<u64, Reason> {
    if bytes.is_empty() {
        return Err(Reason::Empty);
    }
    if bytes.len() > MESSAGE_BYTES {
        return Err(Reason::TooLarge);
    }
    let mut d = Decoder::new(bytes);
    if !matches!(d.datatype(), Ok(Type::Map | Type::MapIndef)) {
        return Err(Reason::NotMap);
    }
    let mut message_type = 0;
    fields(&mut d, Key::Top, &[0], |key, name, d| {
        if key == 0 {
            message_type = uint(d, name)?;
        }
        Ok(key == 0)
    })?;
    if d.position() == bytes.len() { Ok(message_type) } else { Err(Reason::Trailing) }
}

/// Reads the map at the decoder. `field` gets every key with its name and reads the value, or says
/// that it does not know the key; what it does not know is skipped.
pub(crate) fn fields<'b>(
    d: &mut Decoder<'b>,
    name: fn(i64) -> Key,
    mandatory: &[i64],
    mut field: impl FnMut(i64, Key, &mut Decoder<'b>) -> Result<bool, Reason>,
) -> Result<(), Reason> {
    let entries = d.map().map_err(|e| plain(&e))?.ok_or(Reason::Indefinite)?;
    if entries > MAP_ENTRIES {
        return Err(Reason::TooMany);
    }
    let depth = if matches!(name(0), Key::Top(_)) { 2 } else { 3 };
    let mut seen = [0; MAP_ENTRIES as usize];
    for entry in 0..entries as usize {
        let key = d.i64().map_err(|e| not_integer(&e))?;
        if seen[..entry].contains(&key) {
            return Err(Reason::Repeated(name(key)));
        }
        seen[entry] = key;
        if !field(key, name(key), d)? {
            skip(d, depth)?;
        }
    }
    let seen = &seen[..entries as usize];
    match mandatory.iter().find(|&key| !seen.contains(key)) {
        Some(&key) => Err(Reason::Missing(name(key))),
        None => Ok(()),
    }
}

/// Moves behind one item of any type; `depth` is the level the item stands on.
pub(crate) fn skip(d: &mut Decoder<'_>, depth: u8) -> Result<(), Reason> {
    if depth > DEPTH {
        return Err(Reason::TooDeep);
    }
    let items = match d.datatype().map_err(|e| plain(&e))? {
        Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef => {
            return Err(Reason::Indefinite);
        }
        Type::Array => d.array().map_err(|e| plain(&e))?.unwrap_or(0),
        Type::Map => {
            let entries = d.map().map_err(|e| plain(&e))?.unwrap_or(0);
            if entries > MAP_ENTRIES {
                return Err(Reason::TooMany);
            }
            entries * 2
        }
        Type::Tag => {
            d.tag().map_err(|e| plain(&e))?;
            1
        }
        Type::String => return d.str().map(|_| ()).map_err(|e| plain(&e)),
        Type::Break | Type::Unknown(_) => return Err(Reason::NotCbor),
        _ => return d.skip().map_err(|e| plain(&e)),
    };
    for _ in 0..items {
        skip(d, depth + 1)?;
    }
    Ok(())
}

/// An unsigned integer.
pub(crate) fn uint(d: &mut Decoder<'_>, key: Key) -> Result<u64, Reason> {
    match d.datatype() {
        Ok(Type::U8 | Type::U16 | Type::U32 | Type::U64) => d.u64().map_err(|e| plain(&e)),
        other => Err(mismatch(other, key)),
    }
}

/// An unsigned integer of at most `most`.
pub(crate) fn uint_to(d: &mut Decoder<'_>, key: Key, most: u64) -> Result<u64, Reason> {
    let value = uint(d, key)?;
    if value > most { Err(Reason::OutOfRange(key)) } else { Ok(value) }
}

/// An integer within `least..=most`.
pub(crate) fn int_in(d: &mut Decoder<'_>, key: Key, least: i64, most: i64) -> Result<i64, Reason> {
    let value = match d.datatype() {
        Ok(
            Type::U8
            | Type::U16
            | Type::U32
            | Type::U64
            | Type::I8
            | Type::I16
            | Type::I32
            | Type::I64
            | Type::Int,
        ) => d
            .i64()
            .map_err(|e| if e.is_end_of_input() { plain(&e) } else { Reason::OutOfRange(key) }),
        other => Err(mismatch(other, key)),
    }?;
    if (least..=most).contains(&value) { Ok(value) } else { Err(Reason::OutOfRange(key)) }
}

/// A boolean.
pub(crate) fn boolean(d: &mut Decoder<'_>, key: Key) -> Result<bool, Reason> {
    match d.datatype() {
        Ok(Type::Bool) => d.bool().map_err(|e| plain(&e)),
        other => Err(mismatch(other, key)),
    }
}

/// A text of at most `most` bytes of UTF-8.
pub(crate) fn text(d: &mut Decoder<'_>, key: Key, most: usize) -> Result<String, Reason> {
    match d.datatype() {
        Ok(Type::String) => {}
        other => return Err(mismatch(other, key)),
    }
    let text = d.str().map_err(|e| plain(&e))?;
    if text.len() > most { Err(Reason::OutOfRange(key)) } else { Ok(String::from(text)) }
}

/// A byte string of exactly `N` bytes.
pub(crate) fn bytes<const N: usize>(d: &mut Decoder<'_>, key: Key) -> Result<[u8; N], Reason> {
    match d.datatype() {
        Ok(Type::Bytes) => {}
        other => return Err(mismatch(other, key)),
    }
    let found = d.bytes().map_err(|e| plain(&e))?;
    found.try_into().map_err(|_| Reason::OutOfRange(key))
}

/// The length of an array with at most `most` items.
pub(crate) fn array(d: &mut Decoder<'_>, key: Key, most: usize) -> Result<usize, Reason> {
    match d.datatype() {
        Ok(Type::Array) => {}
        other => return Err(mismatch(other, key)),
    }
    let items = d.array().map_err(|e| plain(&e))?.ok_or(Reason::Indefinite)?;
    if items > most as u64 { Err(Reason::OutOfRange(key)) } else { Ok(items as usize) }
}

fn mismatch(found: Result<Type, Error>, key: Key) -> Reason {
    match found {
        Err(e) => plain(&e),
        Ok(Type::Break | Type::Unknown(_)) => Reason::NotCbor,
        Ok(_) => Reason::WrongType(key),
    }
}

fn plain(error: &Error) -> Reason {
    if error.is_end_of_input() { Reason::Truncated } else { Reason::NotCbor }
}

fn not_integer(error: &Error) -> Reason {
    if error.is_end_of_input() { Reason::Truncated } else { Reason::NotIntegerKey }
}

/// Writes one map: entries in the order of their keys, each length in its shortest form.
pub(crate) struct MapWriter {
    entries: u64,
    body: Encoder<Vec<u8>>,
}

/// The encoder given to the closures of [`MapWriter::put`].
pub(crate) type Item<'a> = &'a mut Encoder<Vec<u8>>;
/// What writing an item gives; into a `Vec` it cannot fail.
pub(crate) type Wrote = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl MapWriter {
    pub(crate) fn new() -> Self {
        Self { entries: 0, body: Encoder::new(Vec::with_capacity(96)) }
    }

    /// A map whose key 0 holds a message type.
    pub(crate) fn message(message_type: u64) -> Self {
        let mut map = Self::new();
        map.put(0, |e| e.u64(message_type)?.ok());
        map
    }

    pub(crate) fn put(&mut self, key: i64, value: impl FnOnce(Item<'_>) -> Wrote) {
        let wrote = self.body.i64(key).and_then(Encoder::ok).and_then(|()| value(&mut self.body));
        debug_assert!(wrote.is_ok(), "writing into a Vec cannot fail");
        self.entries += 1;
    }

    pub(crate) fn put_if<T>(
        &mut self,
        key: i64,
        value: Option<T>,
        write: impl FnOnce(Item<'_>, T) -> Wrote,
    ) {
        if let Some(value) = value {
            self.put(key, |e| write(e, value));
        }
    }

    /// Whether nothing was put.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries == 0
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let body = self.body.into_writer();
        let mut head = Encoder::new(Vec::with_capacity(body.len() + 3));
        let wrote = head.map(self.entries).and_then(Encoder::ok);
        debug_assert!(wrote.is_ok(), "writing into a Vec cannot fail");
        let mut bytes = head.into_writer();
        bytes.extend_from_slice(&body);
        bytes
    }
}
