//! The signals that have no receipt yet.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use crate::kind::Kind;
use crate::limits::{KEPT_SIGNALS, RETRY_MS};
use crate::malformed::Reason;

/// Why a signal was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKept {
    /// [`KEPT_SIGNALS`] alarms wait already.
    Full,
    /// It would not be a message of this protocol.
    Malformed(Reason),
    /// The bytes are a message, but not a signal.
    NotASignal,
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => write!(f, "{KEPT_SIGNALS} alarms without a receipt are kept already"),
            Self::Malformed(reason) => reason.fmt(f),
            Self::NotASignal => f.write_str("not a signal"),
        }
    }
}

impl core::error::Error for NotKept {}

/// One signal without a receipt.
#[derive(Debug)]
pub(super) struct Kept {
    id: [u8; 16],
    boot: u64,
    alarm: bool,
    bytes: Vec<u8>,
    /// How often it was sent on this connection.
    sendings: usize,
    /// On which stream an answer is waited for.
    stream: Option<u64>,
    /// On which stream it was sent last.
    last: Option<u64>,
    /// When it is to be sent, or the stream given up.
    due: u64,
}

impl Kept {
    pub(super) fn new(id: [u8; 16], boot: u64, kind: Kind, bytes: Vec<u8>) -> Self {
        let alarm = kind.is_alarm();
        Self { id, boot, alarm, bytes, sendings: 0, stream: None, last: None, due: 0 }
    }
}

/// All of them, oldest first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    kept: VecDeque<Kept>,
}

impl Queue {
    /// Takes a signal in; a full queue gives up its oldest signal that is not an alarm.
    pub(super) fn keep(&mut self, signal: Kept) -> Result<(), NotKept> {
        if self.kept.len() >= KEPT_SIGNALS {
            let plain = self.kept.iter().position(|k| !k.alarm && k.stream.is_none());
            self.kept.remove(plain.ok_or(NotKept::Full)?);
        }
        self.kept.push_back(signal);
        Ok(())
    }

    /// The bytes of the next signal to send, which is then on `stream`: alarms before the rest.
    pub(super) fn send(&mut self, now: u64, stream: u64, plain_room: bool) -> Option<Vec<u8>> {
        let ready = |k: &Kept| k.stream.is_none() && now >= k.due;
        let at = self
            .kept
            .iter()
            .position(|k| k.alarm && ready(k))
            .or_else(|| self.kept.iter().position(|k| plain_room && ready(k)))?;
        let signal = self.kept.get_mut(at)?;
        signal.due = now + RETRY_MS[signal.sendings.min(RETRY_MS.len() - 1)];
        signal.sendings += 1;
        signal.stream = Some(stream);
        signal.last = Some(stream);
        Some(signal.bytes.clone())
    }

    /// A stream whose answer did not come in time; its signal is due again.
    pub(super) fn overdue(&mut self, now: u64) -> Option<u64> {
        self.kept.iter_mut().find(|k| k.stream.is_some() && now >= k.due)?.stream.take()
    }

    /// The signal whose newest sending was on this stream, answered or not.
    pub(super) fn last_on(&self, stream: u64) -> Option<[u8; 16]> {
        self.kept.iter().find(|k| k.last == Some(stream)).map(|k| k.id)
    }

    pub(super) fn on_stream(&self, stream: u64) -> Option<[u8; 16]> {
        self.kept.iter().find(|k| k.stream == Some(stream)).map(|k| k.id)
    }

    /// No answer is waited for on this stream; its signal is sent again at its due time.
    pub(super) fn forget_stream(&mut self, stream: u64) {
        if let Some(signal) = self.kept.iter_mut().find(|k| k.stream == Some(stream)) {
            signal.stream = None;
        }
    }

    pub(super) fn put_off(&mut self, stream: u64, due: u64) {
        if let Some(signal) = self.kept.iter_mut().find(|k| k.stream == Some(stream)) {
            signal.stream = None;
            signal.due = due;
        }
    }

    pub(super) fn remove(&mut self, id: [u8; 16]) {
        self.kept.retain(|k| k.id != id);
    }

    /// No stream is left: everything is due at once, from the start of the ladder.
    pub(super) fn start_over(&mut self) {
        for signal in &mut self.kept {
            signal.stream = None;
            signal.sendings = 0;
            signal.due = 0;
        }
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = [u8; 16]> {
        self.kept.iter().map(|k| k.id)
    }

    pub(super) fn has_alarm(&self) -> bool {
        self.kept.iter().any(|k| k.alarm)
    }

    pub(super) fn of_boot(&self, boot: u64) -> u64 {
        self.kept.iter().filter(|k| k.boot == boot).count() as u64
    }

    pub(super) fn in_flight(&self, alarm: bool) -> usize {
        self.kept.iter().filter(|k| k.alarm == alarm && k.stream.is_some()).count()
    }

    /// When the next signal is to be sent or given up.
    pub(super) fn wake(&self, room: bool, plain_room: bool) -> Option<u64> {
        let can = |k: &&Kept| k.stream.is_some() || plain_room || (room && k.alarm);
        self.kept.iter().filter(can).map(|k| k.due).min()
    }
}
