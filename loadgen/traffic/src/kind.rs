//! The signal kinds the model sends; the numbers are those of the device protocol.

/// A signal kind by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u16);

/// How urgent a kind is: the rows of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Somebody may be in danger.
    LifeSafety,
    /// Somebody needs a look.
    Person,
    /// Equipment.
    Technical,
    /// Doses, positions, resets, measurements.
    Telemetry,
    /// Tests.
    Test,
}

impl Class {
    /// Every class, most urgent first.
    pub const ALL: [Self; 5] =
        [Self::LifeSafety, Self::Person, Self::Technical, Self::Telemetry, Self::Test];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::LifeSafety => "life",
            Self::Person => "person",
            Self::Technical => "technical",
            Self::Telemetry => "telemetry",
            Self::Test => "test",
        }
    }
}

impl Kind {
    /// A press on the alarm button.
    pub const PRESS: Self = Self(100);
    /// SOS from a mobile unit.
    pub const SOS: Self = Self(101);
    /// A fall was detected.
    pub const FALL: Self = Self(102);
    /// Smoke or fire.
    pub const SMOKE: Self = Self(103);
    /// An epileptic seizure.
    pub const SEIZURE: Self = Self(106);
    /// No movement where there should be some.
    pub const NO_MOVEMENT: Self = Self(107);
    /// The unit was reset.
    pub const RESET: Self = Self(120);
    /// Staff are present.
    pub const PRESENCE: Self = Self(122);
    /// The unit's daily word about itself.
    pub const STATUS: Self = Self(123);
    /// Long out of bed.
    pub const BED_ABSENCE: Self = Self(201);
    /// A door was closed.
    pub const DOOR_CLOSED: Self = Self(211);
    /// A door was opened at night.
    pub const DOOR_AT_NIGHT: Self = Self(213);
    /// Back in bed.
    pub const BED_ENTERED: Self = Self(215);
    /// An event asks for a look by camera.
    pub const CAMERA_REQUESTED: Self = Self(217);
    /// A dose was offered.
    pub const DOSE_OFFERED: Self = Self(300);
    /// The dose was taken.
    pub const DOSE_TAKEN: Self = Self(301);
    /// The dose was not taken.
    pub const DOSE_MISSED: Self = Self(302);
    /// The dispenser is jammed.
    pub const DISPENSER_JAM: Self = Self(303);
    /// The dispenser wants a refill.
    pub const REFILL_DUE: Self = Self(306);
    /// A position.
    pub const POSITION: Self = Self(400);
    /// Outside the safe zone.
    pub const ZONE_LEFT: Self = Self(401);
    /// Back in the zone.
    pub const ZONE_ENTERED: Self = Self(402);
    /// A measurement.
    pub const MEASUREMENT: Self = Self(500);
    /// A measurement out of its bounds.
    pub const THRESHOLD_BREACH: Self = Self(501);
    /// Mains power is gone.
    pub const MAINS_LOST: Self = Self(600);
    /// Mains power is back.
    pub const MAINS_BACK: Self = Self(601);
    /// A battery is low.
    pub const BATTERY_LOW: Self = Self(602);
    /// A sensor is out of reach.
    pub const SENSOR_LOST: Self = Self(607);
    /// The sensor is back.
    pub const SENSOR_BACK: Self = Self(608);
    /// The unit is faulty.
    pub const FAULT: Self = Self(609);
    /// The charger was connected or removed.
    pub const CHARGER: Self = Self(613);
    /// The daily automatic test.
    pub const TEST_AUTO: Self = Self(900);

    /// Its class. A number that the model does not send counts as life-safety, as at the centre.
    pub fn class(self) -> Class {
        match self.0 {
            120..=123
            | 207
            | 210
            | 211
            | 215
            | 300
            | 301
            | 400
            | 402
            | 500
            | 502
            | 601
            | 604
            | 606
            | 608
            | 612..=614 => Class::Telemetry,
            109..=112
            | 200..=206
            | 208..=209
            | 212
            | 214
            | 216..=217
            | 302
            | 401
            | 501
            | 503..=504 => Class::Person,
            303..=306 | 600 | 602..=603 | 605 | 607 | 609..=611 => Class::Technical,
            900..=902 => Class::Test,
            _ => Class::LifeSafety,
        }
    }

    /// Whether the centre opens an alarm for it, or folds it into an open one.
    pub fn opens(self) -> bool {
        matches!(self.class(), Class::LifeSafety | Class::Person | Class::Technical)
    }
}
