//! Which signals of a device are not here: "17 sent, 16 here".

use crate::limits::COUNTER_WINDOW;

const WORDS: usize = (COUNTER_WINDOW / 64) as usize;

/// The counters of one device, kept across its connections. In memory only: after a restart of the
/// centre the first hello or beat of a device is believed, and gaps show from then on.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    current: Option<Track>,
    /// Signals of a boot that has not said hello yet, or of one long past.
    other: Option<Track>,
}

/// What a signal's counter tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Not seen before.
    New,
    /// This counter of this boot was seen before: a resending, or a device that counts wrongly.
    Seen,
    /// Counter 0, which no signal may have.
    Uncounted,
}

/// Signals that a device no longer waits for and that never came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The boot it is about.
    pub boot: u64,
    /// Signals the device made in this boot.
    pub sent: u64,
    /// Of them, those it still waits to hand over.
    pub queued: u64,
    /// Of them, those that are here.
    pub here: u64,
}

impl Gap {
    /// How many signals are missing.
    pub fn missing(&self) -> u64 {
        self.sent.saturating_sub(self.queued).saturating_sub(self.here)
    }
}

impl Counters {
    /// Notes a signal that is stored, or was stored before.
    pub fn signal(&mut self, boot: u64, counter: u64) -> Arrival {
        if counter == 0 {
            return Arrival::Uncounted;
        }
        let track = match &mut self.current {
            Some(track) if track.boot == boot => track,
            _ => match &mut self.other {
                Some(track) if track.boot == boot => track,
                other => other.insert(Track::new(boot)),
            },
        };
        if track.arrive(counter) { Arrival::New } else { Arrival::Seen }
    }

    /// Notes what a hello or a beat says, and tells the gap it shows.
    pub fn stated(&mut self, boot: u64, counter: u64, queued: u64) -> Option<Gap> {
        if self.current.as_ref().is_none_or(|track| track.boot != boot) {
            self.begin(boot, counter.saturating_sub(queued));
        }
        let track = self.current.as_mut()?;
        track.here = track.here.min(counter.max(track.highest));
        let gap = Gap { boot, sent: counter, queued, here: track.here };
        (gap.missing() > 0).then_some(gap)
    }

    /// Makes `boot` the current one. The first boot this centre hears of is believed to have
    /// delivered what it no longer waits for; a later one must have delivered it here.
    fn begin(&mut self, boot: u64, settled: u64) {
        let mut track = match self.other.take() {
            Some(track) if track.boot == boot => track,
            _ => Track::new(boot),
        };
        if self.current.is_none() {
            track.here = track.here.saturating_add(settled);
        }
        self.current = Some(track);
    }
}

#[derive(Debug, Clone)]
struct Track {
    boot: u64,
    here: u64,
    highest: u64,
    /// Bit n: counter `highest - n` is here.
    window: [u64; WORDS],
}

impl Track {
    fn new(boot: u64) -> Self {
        Self { boot, here: 0, highest: 0, window: [0; WORDS] }
    }

    /// Notes a counter; whether it is new.
    fn arrive(&mut self, counter: u64) -> bool {
        if counter > self.highest {
            self.shift(counter - self.highest);
            self.highest = counter;
        }
        let below = self.highest - counter;
        if below < COUNTER_WINDOW {
            let (word, bit) = ((below / 64) as usize, 1 << (below % 64));
            if self.window[word] & bit != 0 {
                return false;
            }
            self.window[word] |= bit;
        }
        self.here = self.here.saturating_add(1);
        true
    }

    fn shift(&mut self, by: u64) {
        if by >= COUNTER_WINDOW {
            self.window = [0; WORDS];
            return;
        }
        let (words, bits) = ((by / 64) as usize, by % 64);
        for at in (0..WORDS).rev() {
            let high = at.checked_sub(words).map_or(0, |from| self.window[from] << bits);
            let low = match (bits, at.checked_sub(words + 1)) {
                (1.., Some(from)) => self.window[from] >> (64 - bits),
                _ => 0,
            };
            self.window[at] = high | low;
        }
    }
}
