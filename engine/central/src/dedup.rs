//! Duplicates: is this the same signal again, whatever path it took?
//!
//! The same device, reference and content within [`limits::DUPLICATE_WINDOW`] is the same signal, as
//! long as its alarm is open or the first came less than [`limits::LATE_COPY`] ago: units begin their
//! references anew, and a press must not vanish behind an alarm that nobody has before them any more.
//! The same reference with other content is another signal. Without a reference the device's own counter
//! stands for it; with neither, two presses could not be told from one sent twice, so it is never a
//! Duplicate: it becomes a Repeat, shown and counted.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::entry::Signal;
use crate::limits;
use crate::output::Receipt;
use crate::sum::Sum;
use crate::words::{AlarmId, ChainHash, DeviceId, Moment, Seq};

/// What makes two signals of one device the same, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Sameness(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

/// One signal a device is remembered by: what its receipt said. 80 bytes; a device with up to
/// eight signals a day takes less than 1 KiB, one at the limit less than 3.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Seen {
    #[n(0)]
    pub(crate) sameness: Sameness,
    #[n(1)]
    pub(crate) seq: Seq,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(crate) head: ChainHash,
    #[n(3)]
    pub(crate) moment: Moment,
    #[n(4)]
    pub(crate) alarm: Option<AlarmId>,
    /// It opened or was folded into an alarm: kept apart from what is only filed.
    #[n(5)]
    pub(crate) opening: bool,
}

const _: () = assert!(size_of::<Seen>() <= 88, "a known device must stay small");

impl Seen {
    /// The receipt of a copy: the first one's, marked.
    pub(crate) fn receipt(&self) -> Receipt {
        Receipt {
            seq: self.seq,
            head: self.head,
            moment: self.moment,
            duplicate: true,
            alarm: self.alarm,
        }
    }
}

/// What the central remembers of each device's signals.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// Oldest first.
    devices: BTreeMap<DeviceId, Vec<Seen>>,
    /// Every device by the Moment of its newest signal.
    quiet: BTreeSet<(Moment, DeviceId)>,
    /// Over each device's each signal: a device's own list has the order of its Seqs.
    sum: Sum,
}

/// The sameness of a signal; `None` where nothing tells it from another.
pub(crate) fn sameness(signal: &Signal) -> Option<Sameness> {
    let mut hash = Sha256::new();
    if signal.reference.0.is_empty() {
        let counter = signal.counter?;
        hash.update([1]);
        hash.update(counter.boot.to_be_bytes());
        hash.update(counter.n.to_be_bytes());
    } else {
        hash.update([0]);
        hash.update((signal.reference.0.len() as u64).to_be_bytes());
        hash.update(signal.reference.0.as_bytes());
    }
    hash.update(signal.content.0);
    let full: [u8; 32] = hash.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(&full[..16]);
    Some(Sameness(half))
}

impl Memory {
    /// The device's stored signal that is the same, at `now`; the newest, where a reference came anew.
    pub(crate) fn find(
        &self,
        device: &DeviceId,
        same: Sameness,
        now: Moment,
        is_open: impl Fn(AlarmId) -> bool,
    ) -> Option<&Seen> {
        let seen = self.devices.get(device)?;
        let stands = |seen: &Seen| {
            let late = now.0.saturating_sub(seen.moment.0) >= limits::LATE_COPY;
            let closed = seen.alarm.is_some_and(|alarm| !is_open(alarm));
            let anew = late && closed;
            !anew && !gone(seen.moment, now)
        };
        seen.iter().rfind(|seen| seen.sameness == same).filter(|seen| stands(seen))
    }

    /// Remembers a signal that is no copy.
    pub(crate) fn note(&mut self, device: &DeviceId, new: Seen) {
        let now = new.moment;
        self.forget(now);
        let seen = self.devices.entry(device.clone()).or_default();
        if let Some(newest) = seen.last() {
            self.quiet.remove(&(newest.moment, device.clone()));
        }
        let sum = &mut self.sum;
        let mut forget = |seen: &Seen| sum.take(&(device, seen));
        let expired = seen.extract_if(.., |seen| gone(seen.moment, now));
        expired.for_each(|seen| forget(&seen));
        make_room(seen, new.opening, &mut forget);
        self.sum.add(&(device, &new));
        seen.push(new);
        self.quiet.insert((now, device.clone()));
    }

    /// Puts a device in as it was; `None`: it cannot have been so.
    pub(crate) fn restore(&mut self, device: DeviceId, seen: Vec<Seen>) -> Option<()> {
        let newest = seen.last()?.moment;
        let is_new = !self.devices.contains_key(&device);
        if !is_new || seen.len() > limits::DUPLICATES_PER_DEVICE {
            return None;
        }
        for seen in &seen {
            self.sum.add(&(&device, seen));
        }
        self.quiet.insert((newest, device.clone()));
        self.devices.insert(device, seen);
        Some(())
    }

    pub(crate) fn sum(&self) -> Sum {
        self.sum
    }

    /// The devices remembered, and each one's signals.
    pub(crate) fn devices(&self) -> &BTreeMap<DeviceId, Vec<Seen>> {
        &self.devices
    }

    /// Forgets devices quiet for the whole window, and for want of room the longest quiet one.
    fn forget(&mut self, now: Moment) {
        for _ in 0..limits::FORGET_AT_ONCE {
            let Some((moment, _)) = self.quiet.first() else { return };
            if !gone(*moment, now) && self.devices.len() < limits::DEVICES {
                return;
            }
            if let Some((_, device)) = self.quiet.pop_first() {
                let seen = self.devices.remove(&device).unwrap_or_default();
                for seen in &seen {
                    self.sum.take(&(&device, seen));
                }
            }
        }
    }
}

fn gone(moment: Moment, now: Moment) -> bool {
    now.0.saturating_sub(moment.0) >= limits::DUPLICATE_WINDOW
}

/// Forgets the oldest of the same part where that part is full.
fn make_room(seen: &mut Vec<Seen>, opening: bool, forget: &mut impl FnMut(&Seen)) {
    let part = if opening {
        limits::DUPLICATES_OPENING
    } else {
        limits::DUPLICATES_PER_DEVICE - limits::DUPLICATES_OPENING
    };
    if seen.iter().filter(|seen| seen.opening == opening).count() >= part
        && let Some(oldest) = seen.iter().position(|seen| seen.opening == opening)
    {
        forget(&seen.remove(oldest));
    }
}
