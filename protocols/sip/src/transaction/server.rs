//! Non-INVITE server transactions (RFC 3261 17.2.2), with a key that some units need.

use alloc::collections::{BTreeMap, BTreeSet};
use core::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use crate::hash::FieldHash;
use crate::limits::{MAX_SERVER_ANSWER_BYTES, MAX_SERVER_TRANSACTIONS, TIMER_J};
use crate::message::Request;
use crate::transport::Transport;

/// What tells one request from another.
///
/// RFC 3261 17.2.3 uses branch, sent-by and method. There are units that use one branch and one
/// tag for ever, whose second alarm would then pass for a copy of the first. So the source,
/// Call-ID, `CSeq`, From tag and the body count too; a retransmission is the same in all of them.
/// It is a keyed hash of 128 bits: nobody can make two requests collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 16]);

impl Key {
    fn of(request: &Request, source: SocketAddr, seed: [u64; 2]) -> Self {
        let via = request.via();
        let cseq = request.cseq();
        let mut hash = FieldHash::new(seed);
        hash.field(via.branch().unwrap_or_default());
        hash.field(via.host);
        hash.word(via.port.map_or(u64::MAX, u64::from));
        match source.ip() {
            IpAddr::V4(ip) => hash.field(&ip.octets()),
            IpAddr::V6(ip) => hash.field(&ip.octets()),
        }
        hash.word(u64::from(source.port()));
        hash.field(request.method_text());
        hash.field(request.call_id());
        hash.word(u64::from(cseq.number));
        hash.field(request.from().tag().unwrap_or_default());
        hash.field(request.body());
        Self(hash.finish())
    }
}

/// What a request is to its transaction.
#[derive(Clone, PartialEq, Eq)]
pub enum Received {
    /// Seen for the first time: work on it, then [`ServerTransactions::answer`].
    New(Key),
    /// A copy. Send the answer again if there is one; without, it is still being worked on and
    /// the copy needs nothing.
    Retransmission {
        /// Its transaction.
        key: Key,
        /// The stored answer.
        answer: Option<Bytes>,
    },
    /// No room, and nothing answered to forget: answer 503 without a transaction.
    Full,
}

/// The requests under way and those just answered.
///
/// Bounded in number and in bytes; see [`crate::limits`] for what happens when full. An answered
/// one costs about 150 bytes and its answer.
pub struct ServerTransactions {
    seed: [u64; 2],
    max_entries: usize,
    max_bytes: usize,
    entries: BTreeMap<Key, Entry>,
    /// Each entry once, in the set of its state, by the moment it is forgotten.
    working: BTreeSet<(u64, Key)>,
    answered: BTreeSet<(u64, Key)>,
    bytes: usize,
}

struct Entry {
    until: u64,
    reliable: bool,
    answer: Option<Bytes>,
}

impl ServerTransactions {
    /// None yet. `seed` is a secret drawn at start, so that nobody can predict keys.
    pub fn new(seed: [u64; 2]) -> Self {
        Self::bounded(seed, MAX_SERVER_TRANSACTIONS, MAX_SERVER_ANSWER_BYTES)
    }

    /// With other limits than the usual.
    pub fn bounded(seed: [u64; 2], max_entries: usize, max_bytes: usize) -> Self {
        Self {
            seed,
            max_entries,
            max_bytes,
            entries: BTreeMap::new(),
            working: BTreeSet::new(),
            answered: BTreeSet::new(),
            bytes: 0,
        }
    }

    /// Takes a request that came from `source` at `now` (nanoseconds). Forgets first what is due.
    pub fn receive(
        &mut self,
        request: &Request,
        source: SocketAddr,
        transport: Transport,
        now: u64,
    ) -> Received {
        self.expire(now);
        let key = Key::of(request, source, self.seed);
        if let Some(entry) = self.entries.get(&key) {
            return Received::Retransmission { key, answer: entry.answer.clone() };
        }
        if self.entries.len() >= self.max_entries && !self.forget_oldest_answered() {
            return Received::Full;
        }
        let until = now.saturating_add(TIMER_J);
        let entry = Entry { until, reliable: transport.is_reliable(), answer: None };
        self.entries.insert(key, entry);
        self.working.insert((until, key));
        Received::New(key)
    }

    /// Stores the final answer, which the caller sends. Over a stream nothing is kept after it.
    /// `false` when the transaction is not waiting for one: answered before, or forgotten.
    pub fn answer(&mut self, key: Key, answer: Bytes, now: u64) -> bool {
        let Some(entry) = self.entries.get_mut(&key).filter(|entry| entry.answer.is_none()) else {
            return false;
        };
        self.working.remove(&(entry.until, key));
        if entry.reliable || answer.len() > self.max_bytes {
            self.entries.remove(&key);
            return true;
        }
        entry.until = now.saturating_add(TIMER_J);
        self.bytes += answer.len();
        entry.answer = Some(answer);
        self.answered.insert((entry.until, key));
        while self.bytes > self.max_bytes && self.forget_oldest_answered() {}
        true
    }

    /// Drops a transaction that will not be answered; a copy of it then counts as new.
    pub fn forget(&mut self, key: Key) {
        if let Some(entry) = self.entries.remove(&key) {
            self.working.remove(&(entry.until, key));
            self.answered.remove(&(entry.until, key));
            self.bytes -= entry.answer.map_or(0, |answer| answer.len());
        }
    }

    /// Forgets what is due at `now`: timer J (RFC 3261 17.2.2).
    pub fn expire(&mut self, now: u64) {
        while let Some((until, key)) = self.next_due()
            && until <= now
        {
            self.forget(key);
        }
    }

    /// When [`ServerTransactions::expire`] has something to do next.
    pub fn next_wake(&self) -> Option<u64> {
        self.next_due().map(|(until, _)| until)
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of stored answers.
    pub fn answer_bytes(&self) -> usize {
        self.bytes
    }

    fn next_due(&self) -> Option<(u64, Key)> {
        let (working, answered) = (self.working.first(), self.answered.first());
        working.into_iter().chain(answered).min().copied()
    }

    fn forget_oldest_answered(&mut self) -> bool {
        let oldest = self.answered.first().copied();
        if let Some((_, key)) = oldest {
            self.forget(key);
        }
        oldest.is_some()
    }
}
