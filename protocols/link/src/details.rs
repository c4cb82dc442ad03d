//! What a signal says beyond its kind. Everything here may describe a person.

use alloc::string::String;
use alloc::vec::Vec;
use minicbor::Decoder;

use crate::cbor::{self, Item, MapWriter, Wrote};
use crate::limits::{DECIMALS, LOCATION_BYTES, MEASURED, PHONE_BYTES, SENSOR_BYTES, TEXT_BYTES};
use crate::malformed::{Key, Reason};

const LOCATION: i64 = 1;
const TEXT: i64 = 2;
const BATTERY: i64 = 3;
const POSITION: i64 = 4;
const MEASURED_VALUES: i64 = 5;
const SENSOR: i64 = 6;
const PHONE: i64 = 7;

/// The `details` map of a signal; every part is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Where, in words; at most [`LOCATION_BYTES`].
    pub location: Option<String>,
    /// Free text; at most [`TEXT_BYTES`].
    pub text: Option<String>,
    /// Charge of the battery in per cent, 0 to 100.
    pub battery: Option<u8>,
    /// Where, on the map.
    pub position: Option<Position>,
    /// Measured values, at most [`MEASURED`].
    pub measured: Vec<Measured>,
    /// The sensor that saw it, at most [`SENSOR_BYTES`].
    pub sensor: Option<String>,
    /// A number to call, at most [`PHONE_BYTES`].
    pub phone: Option<String>,
}

/// A position in WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Latitude in 1e-7 degrees, north positive, within ±900 000 000.
    pub lat: i32,
    /// Longitude in 1e-7 degrees, east positive, within ±1 800 000 000.
    pub lon: i32,
    /// Radius in metres within which the device believes it is.
    pub accuracy: Option<u32>,
}

/// One measured value: `value` × 10^-`decimals` of the measure `unit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// What is measured and in which unit: a number of [`crate::unit::UNITS`], or an unknown one.
    pub unit: u16,
    /// The value without its decimal point.
    pub value: i64,
    /// How many of its digits stand after the decimal point, 0 to 9.
    pub decimals: u8,
}

impl Details {
    pub(crate) fn read(d: &mut Decoder<'_>, key: Key) -> Result<Self, Reason> {
        if !matches!(d.datatype(), Ok(minicbor::data::Type::Map)) {
            return Err(Reason::WrongType(key));
        }
        let mut found = Self::default();
        cbor::fields(d, Key::Detail, &[], |key, at, d| {
            match key {
                LOCATION => found.location = Some(cbor::text(d, at, LOCATION_BYTES)?),
                TEXT => found.text = Some(cbor::text(d, at, TEXT_BYTES)?),
                BATTERY => found.battery = Some(cbor::uint_to(d, at, 100)? as u8),
                POSITION => found.position = Some(Position::read(d, at)?),
                MEASURED_VALUES => {
                    for _ in 0..cbor::array(d, at, MEASURED)? {
                        found.measured.push(Measured::read(d, at)?);
                    }
                }
                SENSOR => found.sensor = Some(cbor::text(d, at, SENSOR_BYTES)?),
                PHONE => found.phone = Some(cbor::text(d, at, PHONE_BYTES)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(found)
    }

    /// The bytes of the map, or nothing when there is nothing to say.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let mut map = MapWriter::new();
        map.put_if(LOCATION, self.location.as_deref(), |e, v| e.str(v)?.ok());
        map.put_if(TEXT, self.text.as_deref(), |e, v| e.str(v)?.ok());
        map.put_if(BATTERY, self.battery, |e, v| e.u8(v)?.ok());
        map.put_if(POSITION, self.position, Position::write);
        if !self.measured.is_empty() {
            map.put(MEASURED_VALUES, |e| {
                e.array(self.measured.len() as u64)?;
                self.measured.iter().try_for_each(|measured| measured.write(e))
            });
        }
        map.put_if(SENSOR, self.sensor.as_deref(), |e, v| e.str(v)?.ok());
        map.put_if(PHONE, self.phone.as_deref(), |e, v| e.str(v)?.ok());
        if map.is_empty() { None } else { Some(map.finish()) }
    }
}

impl Position {
    fn read(d: &mut Decoder<'_>, at: Key) -> Result<Self, Reason> {
        let items = cbor::array(d, at, 3)?;
        if items < 2 {
            return Err(Reason::OutOfRange(at));
        }
        let lat = cbor::int_in(d, at, -900_000_000, 900_000_000)? as i32;
        let lon = cbor::int_in(d, at, -1_800_000_000, 1_800_000_000)? as i32;
        let accuracy = match items {
            3 => Some(cbor::uint_to(d, at, u64::from(u32::MAX))? as u32),
            _ => None,
        };
        Ok(Self { lat, lon, accuracy })
    }

    fn write(e: Item<'_>, position: Self) -> Wrote {
        e.array(2 + u64::from(position.accuracy.is_some()))?
            .i32(position.lat)?
            .i32(position.lon)?;
        match position.accuracy {
            Some(metres) => e.u32(metres)?.ok(),
            None => Ok(()),
        }
    }
}

impl Measured {
    fn read(d: &mut Decoder<'_>, at: Key) -> Result<Self, Reason> {
        if cbor::array(d, at, 3)? != 3 {
            return Err(Reason::OutOfRange(at));
        }
        let unit = cbor::uint_to(d, at, u64::from(u16::MAX))? as u16;
        let value = cbor::int_in(d, at, i64::MIN, i64::MAX)?;
        let decimals = cbor::uint_to(d, at, u64::from(DECIMALS))? as u8;
        Ok(Self { unit, value, decimals })
    }

    fn write(&self, e: Item<'_>) -> Wrote {
        e.array(3)?.u16(self.unit)?.i64(self.value)?.u8(self.decimals)?.ok()
    }
}
