//! What a signal says beyond its kind: invented, plausible, and of no real person.

use crate::draw::Rng;
use crate::kind::Kind;

/// The part of a signal that is not its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Details {
    /// Nothing more.
    Nothing,
    /// Where in the home, as a SCAIP location code (`lco`).
    Room(u8),
    /// Charge of the battery in per cent.
    Battery(u8),
    /// Where outdoors, in 1e-7 degrees of WGS 84, north and east positive.
    Position {
        /// Latitude.
        lat: i32,
        /// Longitude.
        lon: i32,
    },
    /// A measured value: `value` × 10^-`decimals` of the device protocol's measure `unit`.
    Measured {
        /// The number of the measure.
        unit: u16,
        /// The value without its decimal point.
        value: i32,
        /// Digits after the point.
        decimals: u8,
    },
}

/// Bathroom, bedroom, kitchen, hallway, living room: where people fall.
const ROOMS: [u8; 5] = [11, 12, 21, 42, 43];
const FRONT_DOOR: u8 = 39;
const BEDROOM: u8 = 12;

/// Measure, decimals, least value and spread of systolic pressure, pulse, oxygen saturation, weight.
const MEASURES: [(u16, u8, i32, u64); 4] =
    [(4, 0, 105, 60), (6, 0, 55, 40), (7, 0, 91, 9), (9, 1, 520, 450)];

/// Around a fjord that belongs to nobody in particular.
const HARBOUR: (i32, i32) = (595_000_000, 57_000_000);
const SPREAD: u64 = 400_000;

impl Details {
    pub(crate) fn draw(kind: Kind, rng: &mut Rng) -> Self {
        match kind {
            Kind::PRESS | Kind::FALL | Kind::SMOKE | Kind::NO_MOVEMENT => {
                Self::Room(ROOMS[rng.below(ROOMS.len() as u64) as usize])
            }
            Kind::DOOR_AT_NIGHT | Kind::DOOR_CLOSED => Self::Room(FRONT_DOOR),
            Kind::BED_ABSENCE | Kind::BED_ENTERED | Kind::SEIZURE => Self::Room(BEDROOM),
            Kind::BATTERY_LOW => Self::Battery(5 + rng.below(11) as u8),
            Kind::SOS | Kind::POSITION | Kind::ZONE_LEFT | Kind::ZONE_ENTERED => {
                let (lat, lon) = HARBOUR;
                Self::Position {
                    lat: lat + rng.below(SPREAD) as i32,
                    lon: lon + rng.below(SPREAD) as i32,
                }
            }
            Kind::MEASUREMENT | Kind::THRESHOLD_BREACH => {
                let (unit, decimals, least, spread) =
                    MEASURES[rng.below(MEASURES.len() as u64) as usize];
                Self::Measured { unit, value: least + rng.below(spread) as i32, decimals }
            }
            _ => Self::Nothing,
        }
    }
}
