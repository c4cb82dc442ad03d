//! The parameters, each with how far it can be trusted:
//! **A** a number stated in a public source; **B** arithmetic on such numbers; **C** an engineering
//! estimate, never to be printed as a fact about Norway.
//!
//! Rates are events per million device-days, delays in seconds, shares per mille, sigmas in
//! thousandths.

use crate::fleet::Unit;
use crate::kind::Kind;

/// Twenty-four hourly weights; only their proportions matter.
pub type Shape = [u32; 24];

/// B: the peak between 08 and 11 (SINTEF A27757, A), exact values C.
pub const PRESS: Shape = [
    24, 21, 20, 20, 21, 26, 36, 52, 66, 69, 64, 53, 49, 47, 46, 44, 45, 49, 50, 49, 47, 43, 34, 25,
];
/// C: night service from 22 to 07.
pub const TILSYN: Shape = [
    85, 85, 83, 80, 80, 75, 65, 40, 20, 13, 11, 11, 11, 11, 11, 11, 12, 13, 15, 18, 25, 50, 80, 95,
];
/// C: mains and everything people unplug.
pub const MAINS: Shape = [
    20, 20, 20, 20, 20, 20, 30, 40, 60, 70, 70, 60, 60, 60, 60, 50, 50, 50, 50, 40, 40, 40, 30, 20,
];
/// C: out and about.
pub const GPS: Shape =
    [5, 5, 5, 5, 5, 7, 15, 30, 50, 70, 80, 85, 85, 80, 80, 75, 70, 60, 50, 40, 35, 25, 15, 10];
/// C: measurements after breakfast.
pub const DHO: Shape =
    [2, 1, 1, 1, 1, 5, 30, 100, 180, 170, 110, 70, 50, 35, 30, 25, 25, 25, 30, 40, 35, 20, 10, 5];
/// Any time alike.
pub const FLAT: Shape = [1; 24];

/// Which factor of a [`crate::Tempo`] a source follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Events that want somebody: as often as `Tempo::rate` says.
    Rate,
    /// The day's routine: as fast as `Tempo::clock` runs.
    Clock,
}

/// A delay: lognormal, by median and sigma.
#[derive(Clone, Copy, Debug)]
pub struct Delay {
    /// Median in seconds.
    pub median_s: u64,
    /// Sigma of the logarithm, in thousandths.
    pub sigma: u32,
    /// Never longer than this, in seconds.
    pub max_s: u64,
}

impl Delay {
    const fn lognormal(median_s: u64, sigma: u32) -> Self {
        Self { median_s, sigma, max_s: 7 * 86_400 }
    }
}

/// A signal that some others bring with them.
#[derive(Clone, Copy, Debug)]
pub struct Follow {
    /// What follows.
    pub kind: Kind,
    /// How often it does, per mille.
    pub share: u32,
    /// How long after the last of what it follows.
    pub delay: Delay,
    /// Whether nothing new comes from the source until this has come: mains cannot be lost twice.
    pub holds: bool,
}

/// How differently people behave: a personal factor of mean one, from a gamma distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heterogeneity {
    /// Everybody alike.
    None,
    /// C: shape 0.4; few people press a lot.
    Few,
    /// C: shape 0.7.
    Some,
}

impl Heterogeneity {
    /// The means of 32 equally likely cells of the gamma distribution, per mille.
    pub(crate) fn cells(self) -> &'static [u32] {
        match self {
            Self::None => &[1000],
            Self::Few => &[
                0, 1, 3, 7, 14, 23, 35, 50, 69, 92, 118, 150, 187, 229, 277, 333, 396, 467, 549,
                642, 748, 869, 1009, 1172, 1363, 1591, 1868, 2215, 2667, 3302, 4324, 7230,
            ],
            Self::Some => &[
                4, 16, 33, 54, 78, 105, 135, 168, 204, 243, 284, 330, 379, 431, 488, 550, 616, 689,
                767, 853, 948, 1053, 1170, 1302, 1452, 1626, 1832, 2082, 2401, 2835, 3514, 5358,
            ],
        }
    }
}

/// Spontaneous events of one kind from one device: Poisson arrivals under a shape.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// What is sent.
    pub kind: Kind,
    /// Events per million device-days.
    pub rate: u32,
    /// When in the day.
    pub shape: &'static Shape,
    /// Whether the device's personal factor applies.
    pub personal: bool,
    /// What makes it more frequent.
    pub pace: Pace,
    /// Whether a person presses again while waiting.
    pub repeats: bool,
    /// What comes after it, in order.
    pub follows: &'static [Follow],
}

impl Source {
    const fn plain(kind: Kind, rate: u32, shape: &'static Shape) -> Self {
        Self { kind, rate, shape, personal: false, pace: Pace::Rate, repeats: false, follows: &[] }
    }

    const fn routine(kind: Kind, rate: u32, shape: &'static Shape) -> Self {
        let mut source = Self::plain(kind, rate, shape);
        source.pace = Pace::Clock;
        source
    }

    const fn with(mut self, follows: &'static [Follow]) -> Self {
        self.follows = follows;
        self
    }

    const fn personal(mut self) -> Self {
        self.personal = true;
        self
    }
}

const fn follow(kind: Kind, share: u32, delay: Delay, holds: bool) -> Follow {
    Follow { kind, share, delay, holds }
}

/// C: presence on the spot, then the reset; together 1.4 messages a press.
const AFTER_PRESS: &[Follow] = &[
    follow(Kind::PRESENCE, 400, Delay::lognormal(200, 1000), false),
    follow(Kind::RESET, 1000, Delay::lognormal(240, 1000), false),
];
/// B: long cuts last 66 to 84 minutes in the mean (NVE).
const AFTER_MAINS: &[Follow] = &[follow(Kind::MAINS_BACK, 1000, Delay::lognormal(3000, 900), true)];
/// C.
const AFTER_SENSOR: &[Follow] =
    &[follow(Kind::SENSOR_BACK, 1000, Delay::lognormal(3600, 1000), true)];
/// C: nine in ten end by themselves.
const AFTER_BED: &[Follow] = &[follow(Kind::BED_ENTERED, 900, Delay::lognormal(420, 800), true)];
const AFTER_DOOR: &[Follow] = &[follow(Kind::DOOR_CLOSED, 900, Delay::lognormal(420, 800), true)];
/// C.
const AFTER_ZONE: &[Follow] =
    &[follow(Kind::ZONE_ENTERED, 1000, Delay::lognormal(1800, 800), true)];
/// C: sets of 3.2 observations, of which some are out of bounds (7.5 % of the sets).
const AFTER_MEASUREMENT: &[Follow] = &[
    follow(Kind::MEASUREMENT, 1000, Delay::lognormal(30, 300), false),
    follow(Kind::MEASUREMENT, 1000, Delay::lognormal(60, 300), false),
    follow(Kind::MEASUREMENT, 200, Delay::lognormal(90, 300), false),
    follow(Kind::THRESHOLD_BREACH, 75, Delay::lognormal(120, 300), false),
];

const HUB: &[Source] = &[
    // B: 4 000 presses a month on 3 000 alarms (Bergen 2017), repeats included.
    Source {
        repeats: true,
        ..Source::plain(Kind::PRESS, 41_000, &PRESS).with(AFTER_PRESS).personal()
    },
    // C: fall detectors behind the hub: 12 % of the tilsyn alerts of the 45 % without own gateway.
    Source::plain(Kind::FALL, 2_400, &PRESS).with(AFTER_PRESS),
    // C: about 0.3 a year and home, mostly cooking.
    Source::plain(Kind::SMOKE, 800, &PRESS).with(AFTER_PRESS),
    // C: two a year unplugged; cuts of the grid come by feeder, not by device.
    Source::plain(Kind::MAINS_LOST, 5_500, &MAINS).with(AFTER_MAINS),
    // B: battery life 3 to 5 years, said daily for about five days.
    Source::plain(Kind::BATTERY_LOW, 3_400, &FLAT),
    // C: two a year.
    Source::plain(Kind::SENSOR_LOST, 5_500, &FLAT).with(AFTER_SENSOR),
    // C.
    Source::plain(Kind::FAULT, 2_000, &FLAT),
];

// B/C: 0.45 alerts a day and user in all, split by kind (C).
const TILSYN_GATEWAY: &[Source] = &[
    Source::plain(Kind::BED_ABSENCE, 171_000, &TILSYN).with(AFTER_BED).personal(),
    Source::plain(Kind::DOOR_AT_NIGHT, 99_000, &TILSYN).with(AFTER_DOOR).personal(),
    Source::plain(Kind::CAMERA_REQUESTED, 67_500, &TILSYN).personal(),
    Source::plain(Kind::FALL, 54_000, &TILSYN).personal(),
    Source::plain(Kind::NO_MOVEMENT, 45_000, &TILSYN).personal(),
    Source::plain(Kind::SEIZURE, 13_500, &TILSYN).personal(),
    // C.
    Source::plain(Kind::BATTERY_LOW, 16_000, &FLAT),
];

// C: 0.09 a day: a refill every 14 days, jams for the rest.
const DISPENSER: &[Source] = &[
    Source::plain(Kind::REFILL_DUE, 71_000, &MAINS),
    Source::plain(Kind::DISPENSER_JAM, 19_000, &MAINS),
];

const TRACKER: &[Source] = &[
    // C.
    Source::plain(Kind::ZONE_LEFT, 100_000, &GPS).with(AFTER_ZONE),
    Source::plain(Kind::SOS, 20_000, &GPS),
    Source::plain(Kind::BATTERY_LOW, 200_000, &GPS),
    Source::routine(Kind::POSITION, 8_400_000, &GPS),
    Source::routine(Kind::CHARGER, 1_000_000, &FLAT),
];

// C: sets a weekday; weekends are not told apart.
const DHO_HUB: &[Source] =
    &[Source::routine(Kind::MEASUREMENT, 1_100_000, &DHO).with(AFTER_MEASUREMENT)];

/// The spontaneous sources of a device class.
pub fn sources(unit: Unit) -> &'static [Source] {
    match unit {
        Unit::AlarmHub => HUB,
        Unit::TilsynGateway => TILSYN_GATEWAY,
        Unit::Dispenser => DISPENSER,
        Unit::Tracker => TRACKER,
        Unit::DhoHub => DHO_HUB,
    }
}

/// How differently the owners of a device class behave.
pub fn heterogeneity(unit: Unit) -> Heterogeneity {
    match unit {
        Unit::AlarmHub => Heterogeneity::Few,
        Unit::TilsynGateway => Heterogeneity::Some,
        Unit::Dispenser | Unit::Tracker | Unit::DhoHub => Heterogeneity::None,
    }
}

/// Seconds between beats; B for the minute scale of hubs, C for the rest. Hubs of remote follow-up
/// have none.
pub fn beat_s(unit: Unit) -> Option<u64> {
    match unit {
        Unit::AlarmHub | Unit::TilsynGateway => Some(300),
        Unit::Dispenser | Unit::Tracker => Some(1800),
        Unit::DhoHub => None,
    }
}

/// C: how far a beat strays from its interval, per mille.
pub const BEAT_JITTER: u64 = 50;

/// What a device says of itself once a day, if anything: A for alarm hubs (Uppsala, Kungsbacka: a
/// silent automatic test each 24 h), C for gateways.
pub fn daily(unit: Unit) -> Option<Kind> {
    match unit {
        Unit::AlarmHub => Some(Kind::TEST_AUTO),
        Unit::TilsynGateway => Some(Kind::STATUS),
        Unit::Dispenser | Unit::Tracker | Unit::DhoHub => None,
    }
}

/// C: the chance that a press is repeated, per mille.
pub const REPEAT_SHARE: u32 = 100;
/// C: after the first repeat, the chance of one more, per mille (1.3 in the mean).
pub const REPEAT_MORE: u32 = 231;
/// C: mean seconds between repeats. A person's patience: no tempo shortens it.
pub const REPEAT_GAP_S: u64 = 45;

/// C: how many doses a day, 1 to 5, by weight (2.56 in the mean).
pub const DOSES: [u32; 5] = [20, 32, 25, 18, 5];
/// C: at which hours, by doses a day.
pub const DOSE_HOURS: [&[u64]; 5] =
    [&[8], &[8, 20], &[8, 14, 20], &[8, 12, 17, 21], &[8, 12, 16, 20, 22]];
/// C: dispensers set to the full hour, per mille; the others are off by one of [`DOSE_OFFSETS_S`].
pub const ON_THE_HOUR: u32 = 550;
/// C: seconds by which the others are off.
pub const DOSE_OFFSETS_S: [i64; 6] = [-3600, -1800, -900, 900, 1800, 3600];
/// C: mean clock error in milliseconds; a clock of the device, so no tempo shortens it.
pub const CLOCK_ERROR_MS: u64 = 1000;
/// A/B: doses not taken, per mille; adherence with dispensers is 96.8 to 98.4 %.
pub const MISSED: u32 = 25;
/// C: seconds after which a dose counts as missed, exactly.
pub const DOSE_WINDOW_S: u64 = 3600;
/// C: how long a dose that is taken waits.
pub const TAKEN: Delay = Delay { median_s: 240, sigma: 1200, max_s: DOSE_WINDOW_S - 1 };

/// C: signals sent again although they were stored, per mille.
pub const DUPLICATES: u32 = 10;
/// C: how long after the first, in seconds: the first step of the retry ladder.
pub const DUPLICATE_AFTER_S: u64 = 10;
