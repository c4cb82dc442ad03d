//! What a fleet would send, in time order.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::arrival::Day;
use crate::details::Details;
use crate::draw::Rng;
use crate::fleet::{Device, Fleet, Unit};
use crate::kind::Kind;
use crate::limits::{MAX_REPEATS, SECOND};
use crate::model::{self, Delay, Source};
use crate::tempo::Tempo;

/// One thing a device is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intended {
    /// When, in nanoseconds from the start of the run.
    pub at: u64,
    /// Which device: its place in [`Fleet::devices`].
    pub device: u32,
    /// What.
    pub what: What,
}

/// What a device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It says that it is alive.
    Beat,
    /// It sends a new signal.
    Signal(Signal),
    /// It sends a signal again, with the same reference and bytes, as if the answer were lost.
    Duplicate(Signal),
}

/// One signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signal {
    /// The how-manieth of its device, from 1, in the order of sending.
    pub number: u32,
    /// What happened.
    pub kind: Kind,
    /// What is said of it.
    pub details: Details,
}

/// The events of a fleet from one seed, in time order and without end: an iterator. Memory grows
/// with the fleet, not with time.
///
/// A device's events depend on the seed and on itself alone, so a part of a fleet played elsewhere
/// does the same.
#[derive(Clone, Debug)]
pub struct Timeline {
    day: Day,
    tempo: Tempo,
    devices: Vec<State>,
    due: BinaryHeap<Reverse<Due>>,
}

#[derive(Clone, Debug)]
struct State {
    unit: Unit,
    personal: u32,
    doses: Vec<u32>,
    rng: Rng,
    numbered: u32,
    ordered: u32,
}

/// Ordered by time, then device, then the order in which a device's events were thought of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: u64,
    device: u32,
    order: u32,
    act: Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Beat,
    Daily,
    /// The how-manieth dose of the day.
    Dose(u8),
    /// The source's place in [`model::sources`].
    Arrival(u8),
    Send(Kind),
    /// Once more, unchanged.
    Again(Signal),
}

impl Timeline {
    /// The timeline of `fleet`, starting at `start_s` seconds after midnight of the model's day.
    pub fn new(fleet: &Fleet, tempo: Tempo, start_s: u32, seed: u64) -> Self {
        let devices = (0_u64..)
            .zip(&fleet.devices)
            .map(|(place, device)| State::new(device, fleet.municipality, place, seed))
            .collect();
        let day = Day::new(start_s, tempo.of(model::Pace::Clock));
        let mut timeline = Self { day, tempo, devices, due: BinaryHeap::new() };
        for device in 0..timeline.devices.len() as u32 {
            timeline.begin(device);
        }
        timeline
    }

    /// How fast it runs.
    pub fn tempo(&self) -> Tempo {
        self.tempo
    }

    fn begin(&mut self, device: u32) {
        let unit = self.devices[device as usize].unit;
        if let Some(seconds) = model::beat_s(unit) {
            let interval = seconds * SECOND / self.clock();
            let phase = self.rng(device).below(interval);
            self.push(device, phase, Act::Beat);
        }
        if model::daily(unit).is_some() {
            let length = self.day.length();
            let phase = self.rng(device).below(length);
            self.push(device, phase, Act::Daily);
        }
        for source in 0..model::sources(unit).len() as u8 {
            self.arrive(device, 0, source);
        }
        self.next_dose(device, 0);
    }

    /// Does what is due and says what the device sends for it.
    fn act(&mut self, due: Due) -> What {
        let Due { at, device, act, .. } = due;
        let unit = self.devices[device as usize].unit;
        match act {
            Act::Beat => {
                let interval = model::beat_s(unit).unwrap_or(1) * SECOND / self.clock();
                let gap = self.rng(device).jittered(interval, model::BEAT_JITTER).max(1);
                self.push(device, at + gap, Act::Beat);
                What::Beat
            }
            Act::Daily => {
                self.push(device, at + self.day.length(), Act::Daily);
                self.send(device, at, model::daily(unit).unwrap_or(Kind::STATUS))
            }
            Act::Dose(_) => {
                self.outcome(device, at);
                self.next_dose(device, at);
                self.send(device, at, Kind::DOSE_OFFERED)
            }
            Act::Arrival(place) => {
                let source = &model::sources(unit)[usize::from(place)];
                let held = self.consequences(device, at, source);
                self.arrive(device, held, place);
                self.send(device, at, source.kind)
            }
            Act::Send(kind) => self.send(device, at, kind),
            Act::Again(signal) => What::Duplicate(signal),
        }
    }

    /// A new signal, and now and then its duplicate.
    fn send(&mut self, device: u32, at: u64, kind: Kind) -> What {
        let state = &mut self.devices[device as usize];
        state.numbered += 1;
        let details = Details::draw(kind, &mut state.rng);
        let signal = Signal { number: state.numbered, kind, details };
        if state.rng.chance(model::DUPLICATES) {
            let again = at + model::DUPLICATE_AFTER_S * SECOND;
            self.push(device, again, Act::Again(signal));
        }
        What::Signal(signal)
    }

    /// Plans the repeats and what follows; returns when the source may speak again.
    fn consequences(&mut self, device: u32, at: u64, source: &Source) -> u64 {
        let mut last = at;
        if source.repeats {
            for gap in self.repeats(device) {
                last += gap;
                self.push(device, last, Act::Send(source.kind));
            }
        }
        let mut held = at;
        for follow in source.follows {
            if self.rng(device).chance(follow.share) {
                let then = last + self.delay(device, follow.delay, u64::from(self.tempo.delay));
                self.push(device, then, Act::Send(follow.kind));
                if follow.holds {
                    held = held.max(then);
                }
            }
        }
        held
    }

    /// The gaps between a press and its repeats.
    fn repeats(&mut self, device: u32) -> Vec<u64> {
        let rng = self.rng(device);
        let mut gaps = Vec::new();
        let mut share = model::REPEAT_SHARE;
        while (gaps.len() as u32) < MAX_REPEATS && rng.chance(share) {
            gaps.push(rng.exponential(model::REPEAT_GAP_S * SECOND).max(1));
            share = model::REPEAT_MORE;
        }
        gaps
    }

    /// Taken or missed, exactly one of them.
    fn outcome(&mut self, device: u32, at: u64) {
        let clock = self.clock();
        let share = self.tempo.missed_share();
        let (after, kind) = if self.rng(device).chance(share) {
            (model::DOSE_WINDOW_S * SECOND / clock, Kind::DOSE_MISSED)
        } else {
            (self.delay(device, model::TAKEN, clock), Kind::DOSE_TAKEN)
        };
        self.push(device, at + after, Act::Send(kind));
    }

    fn next_dose(&mut self, device: u32, at: u64) {
        let doses = &self.devices[device as usize].doses;
        let next = (0_u8..).zip(doses).map(|(i, &second)| (self.day.until(at, second), i)).min();
        if let Some((ahead, place)) = next {
            let error = self.rng(device).exponential(model::CLOCK_ERROR_MS * SECOND / 1000);
            self.push(device, at + ahead + error, Act::Dose(place));
        }
    }

    fn arrive(&mut self, device: u32, at: u64, place: u8) {
        let state = &mut self.devices[device as usize];
        let source = &model::sources(state.unit)[usize::from(place)];
        let own = u64::from(if source.personal { state.personal } else { 1000 });
        let rate = u64::from(source.rate) * own / 1000 * u64::from(self.tempo.of(source.pace));
        if let Some(next) = self.day.next_arrival(&mut state.rng, at, rate, source.shape) {
            self.push(device, next, Act::Arrival(place));
        }
    }

    /// A drawn delay, this many times shorter, at least a nanosecond.
    fn delay(&mut self, device: u32, delay: Delay, shorter: u64) -> u64 {
        let drawn = self.rng(device).lognormal(delay.median_s * SECOND, delay.sigma);
        (drawn.min(delay.max_s * SECOND) / shorter.max(1)).max(1)
    }

    fn clock(&self) -> u64 {
        u64::from(self.tempo.of(model::Pace::Clock))
    }

    fn rng(&mut self, device: u32) -> &mut Rng {
        &mut self.devices[device as usize].rng
    }

    fn push(&mut self, device: u32, at: u64, act: Act) {
        let state = &mut self.devices[device as usize];
        state.ordered = state.ordered.wrapping_add(1);
        self.due.push(Reverse(Due { at, device, order: state.ordered, act }));
    }
}

impl Iterator for Timeline {
    type Item = Intended;

    fn next(&mut self) -> Option<Intended> {
        let Reverse(due) = self.due.pop()?;
        let what = self.act(due);
        Some(Intended { at: due.at, device: due.device, what })
    }
}

impl State {
    fn new(device: &Device, municipality: u16, place: u64, seed: u64) -> Self {
        Self {
            unit: device.unit,
            personal: device.personal,
            doses: device.doses.clone(),
            rng: Rng::stream(seed, &[u64::from(municipality), place, LIFE]),
            numbered: 0,
            ordered: 0,
        }
    }
}

/// Tells a device's life from the draws that made it.
const LIFE: u64 = 0x6c69_6665;
