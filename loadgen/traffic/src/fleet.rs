//! A municipality and its devices.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::draw::Rng;
use crate::limits::MAX_DEVICES;
use crate::model;

/// Who owns the devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Municipality {
    /// Its official number, 1 to 9999; written with four digits.
    pub number: u16,
    /// Its name.
    pub name: Cow<'static, str>,
    /// Homes with welfare technology.
    pub households: u32,
}

impl Municipality {
    /// An invented one, under a number that no county has.
    pub fn demonstration() -> Self {
        Self { number: 9950, name: Cow::Borrowed("Vardevik"), households: 37 }
    }

    /// How many devices such a municipality has: 136 670 for 125 286 homes (B).
    pub fn devices(&self) -> u32 {
        (u64::from(self.households) * 136_670 / 125_286) as u32
    }
}

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Trygghetsalarm: a hub with pendants and detectors.
    AlarmHub,
    /// Digitalt tilsyn: bed, door and camera behind a gateway of their own.
    TilsynGateway,
    /// A medicine dispenser.
    Dispenser,
    /// A GPS tracker.
    Tracker,
    /// A hub for remote follow-up (DHO).
    DhoHub,
}

impl Unit {
    /// Every class, in the order of [`Mix`] and of device numbers.
    pub const ALL: [Self; 5] =
        [Self::AlarmHub, Self::TilsynGateway, Self::Dispenser, Self::Tracker, Self::DhoHub];

    /// Whether it keeps its connection; the others connect, send and leave.
    pub fn stays(self) -> bool {
        !matches!(self, Self::Tracker | Self::DhoHub)
    }

    fn digit(self) -> u8 {
        match self {
            Self::AlarmHub => 1,
            Self::TilsynGateway => 2,
            Self::Dispenser => 3,
            Self::Tracker => 4,
            Self::DhoHub => 5,
        }
    }
}

/// How a device speaks to the centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// `alarm/1` over QUIC.
    Quic,
    /// SCAIP over SIP/TCP.
    Tcp,
    /// SCAIP over SIP/UDP.
    Udp,
}

impl Transport {
    /// Every transport, in the order of [`Mix`].
    pub const ALL: [Self; 3] = [Self::Quic, Self::Tcp, Self::Udp];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quic => "quic",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// The make-up of a fleet, by weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Weights in the order of [`Unit::ALL`].
    pub units: [u32; 5],
    /// Weights in the order of [`Transport::ALL`].
    pub transports: [u32; 3],
}

impl Mix {
    /// Norway 2022: alarm hubs (A), tilsyn gateways of their own, dispensers, trackers (B), DHO hubs
    /// (A). Transports C: a fleet in transition; today's share of QUIC is about zero.
    pub const COUNTRY: Self =
        Self { units: [116_345, 6_396, 8_476, 4_538, 915], transports: [40, 57, 3] };

    /// Invented: every service in a small municipality, so that each can be seen.
    pub const DEMONSTRATION: Self = Self { units: [60, 15, 12, 8, 5], transports: [40, 57, 3] };

    /// The same devices, all on one transport.
    #[must_use]
    pub fn only(mut self, transport: Transport) -> Self {
        self.transports = Transport::ALL.map(|t| u32::from(t == transport));
        self
    }
}

/// One device and what is drawn once for its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Ten digits: municipality, class, number within the class. Fits a SCAIP `cid` and a
    /// certificate's subject.
    pub id: String,
    /// What it is.
    pub unit: Unit,
    /// How it speaks.
    pub transport: Transport,
    /// How active its owner is, per mille of the mean.
    pub personal: u32,
    /// Seconds after midnight of its doses, ascending; empty for all but dispensers.
    pub doses: Vec<u32>,
}

/// The devices of one municipality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// The owner's number.
    pub municipality: u16,
    /// The devices; an [`crate::Intended`] names one by its place here.
    pub devices: Vec<Device>,
}

/// Why there is no such fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FleetError {
    /// A municipality number has one to four digits.
    Number(u16),
    /// More than [`MAX_DEVICES`].
    TooMany(u32),
    /// Every weight of a [`Mix`] is zero.
    NoWeights,
}

impl core::error::Error for FleetError {}

impl core::fmt::Display for FleetError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Number(n) => write!(f, "municipality {n} does not exist: give 1 to 9999"),
            Self::TooMany(n) => {
                write!(f, "{n} devices are more than one fleet holds: give at most {MAX_DEVICES}")
            }
            Self::NoWeights => f.write_str("the mix is empty: give at least one weight above zero"),
        }
    }
}

impl Fleet {
    /// Draws `devices` devices. Classes and transports are met exactly (largest remainder); who gets
    /// which is drawn from `seed`.
    pub fn draw(
        owner: &Municipality,
        devices: u32,
        mix: Mix,
        seed: u64,
    ) -> Result<Self, FleetError> {
        if !(1..=9999).contains(&owner.number) {
            return Err(FleetError::Number(owner.number));
        }
        if devices > MAX_DEVICES {
            return Err(FleetError::TooMany(devices));
        }
        let units = apportion(devices, &mix.units).ok_or(FleetError::NoWeights)?;
        let shares = apportion(devices, &mix.transports).ok_or(FleetError::NoWeights)?;
        let mut transports = Vec::with_capacity(devices as usize);
        for (transport, &count) in Transport::ALL.iter().zip(&shares) {
            transports.extend(core::iter::repeat_n(*transport, count as usize));
        }
        Rng::stream(seed, &[u64::from(owner.number)]).shuffle(&mut transports);

        let numbered = Unit::ALL
            .iter()
            .zip(&units)
            .flat_map(|(&unit, &count)| (1..=count).map(move |n| (unit, n)));
        let numbered: Vec<(Unit, u32)> = numbered.collect();
        prefer_quic(&numbered, &mut transports);
        let devices = numbered
            .into_iter()
            .zip(transports)
            .map(|((unit, n), transport)| Device::draw(owner.number, unit, n, transport, seed))
            .collect();
        Ok(Self { municipality: owner.number, devices })
    }
}

impl Device {
    fn draw(municipality: u16, unit: Unit, n: u32, transport: Transport, seed: u64) -> Self {
        let id = format!("{municipality:04}{}{n:05}", unit.digit());
        let owner = [u64::from(municipality), u64::from(unit.digit()), u64::from(n)];
        let mut rng = Rng::stream(seed, &owner);
        let personal = rng.personal(model::heterogeneity(unit));
        let doses = if unit == Unit::Dispenser { draw_doses(&mut rng) } else { Vec::new() };
        Self { id, unit, transport, personal, doses }
    }
}

/// SCAIP has no words for positions and measurements: trackers and DHO hubs take QUIC from others
/// while there is any.
fn prefer_quic(units: &[(Unit, u32)], transports: &mut [Transport]) {
    let mut givers = (0..units.len()).filter(|&i| units[i].0.stays());
    for taker in (0..units.len()).filter(|&i| !units[i].0.stays()) {
        if transports[taker] != Transport::Quic {
            let Some(giver) = givers.find(|&i| transports[i] == Transport::Quic) else { return };
            transports.swap(taker, giver);
        }
    }
}

/// When a dispenser offers its doses: on the hour, or the whole day moved by one offset.
fn draw_doses(rng: &mut Rng) -> Vec<u32> {
    let hours = model::DOSE_HOURS[rng.weighted(&model::DOSES)];
    let offset = if rng.chance(model::ON_THE_HOUR) {
        0
    } else {
        model::DOSE_OFFSETS_S[rng.below(model::DOSE_OFFSETS_S.len() as u64) as usize]
    };
    hours.iter().map(|hour| (hour * 3600).saturating_add_signed(offset) as u32).collect()
}

/// Shares `total` by weight: whole parts first, then one each by largest remainder. None if every
/// weight is zero.
fn apportion(total: u32, weights: &[u32]) -> Option<Vec<u32>> {
    let sum: u64 = weights.iter().map(|&w| u64::from(w)).sum();
    if sum == 0 {
        return None;
    }
    let exact = |i: usize| u64::from(total) * u64::from(weights[i]);
    let mut counts: Vec<u32> = (0..weights.len()).map(|i| (exact(i) / sum) as u32).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| core::cmp::Reverse(exact(i) % sum));
    let missing = total - counts.iter().sum::<u32>();
    for &i in order.iter().take(missing as usize) {
        counts[i] += 1;
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn shares_add_up_and_follow_their_weights() {
        assert_eq!(apportion(40, &[40, 57, 3]), Some(vec![16, 23, 1]));
        assert_eq!(apportion(1, &[1, 1, 1]), Some(vec![1, 0, 0]));
        assert_eq!(apportion(10, &[0, 0]), None);
        for total in 0..200 {
            let counts = apportion(total, &Mix::COUNTRY.units).unwrap();
            assert_eq!(counts.iter().sum::<u32>(), total);
        }
    }

    #[test]
    fn a_fleet_has_distinct_ids_and_the_promised_shares() {
        let owner = Municipality { number: 301, name: Cow::Borrowed("Oslo"), households: 1 };
        let fleet = Fleet::draw(&owner, 5000, Mix::COUNTRY, 3).unwrap();
        let mut ids: Vec<&str> = fleet.devices.iter().map(|d| d.id.as_str()).collect();
        assert!(ids.iter().all(|id| id.len() == 10 && id.starts_with("0301")));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 5000);
        let quic = fleet.devices.iter().filter(|d| d.transport == Transport::Quic).count();
        assert_eq!(quic, 2000);
        let modern = |d: &&Device| !d.unit.stays();
        assert!(fleet.devices.iter().filter(modern).all(|d| d.transport == Transport::Quic));
        let all = Fleet::draw(&owner, 50, Mix::COUNTRY.only(Transport::Tcp), 3).unwrap();
        assert!(all.devices.iter().all(|d| d.transport == Transport::Tcp));
    }

    #[test]
    fn only_dispensers_have_doses_and_they_lie_in_the_day() {
        let fleet =
            Fleet::draw(&Municipality::demonstration(), 1000, Mix::DEMONSTRATION, 8).unwrap();
        for device in &fleet.devices {
            assert_eq!(device.doses.is_empty(), device.unit != Unit::Dispenser, "{}", device.id);
            assert!(device.doses.is_sorted_by(|a, b| a < b));
            assert!(device.doses.iter().all(|&s| s < 86_400));
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let mut owner = Municipality::demonstration();
        assert_eq!(owner.devices(), 40);
        let none = Mix { units: [0; 5], ..Mix::COUNTRY };
        assert_eq!(Fleet::draw(&owner, 4, none, 1), Err(FleetError::NoWeights));
        assert_eq!(
            Fleet::draw(&owner, 100_000, Mix::COUNTRY, 1),
            Err(FleetError::TooMany(100_000))
        );
        owner.number = 10_000;
        assert_eq!(Fleet::draw(&owner, 4, Mix::COUNTRY, 1), Err(FleetError::Number(10_000)));
    }
}
