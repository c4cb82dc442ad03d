//! The bindings of every address of record.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use super::request::{Asked, Register, Wish};
use super::{Contact, Refusal, Registered, SECOND};
use crate::limits::{
    DEFAULT_EXPIRES, MAX_CONTACT, MAX_CONTACTS, MAX_EXPIRES, MAX_REGISTERED, MIN_EXPIRES,
};
use crate::uri::Uri;

/// What bounds the bindings; seconds, as in headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Addresses of record. Beyond it: [`Refusal::Full`].
    pub registered: usize,
    /// Contacts of one address of record. In one request beyond it: [`Refusal::TooMuch`]; else
    /// what would end soonest gives way, for a unit that restarts under a new port must get in.
    pub contacts: usize,
    /// A shorter time is [`Refusal::TooBrief`].
    pub min: u32,
    /// A longer one is shortened to it.
    pub max: u32,
    /// When a unit leaves it to us.
    pub default: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            registered: MAX_REGISTERED,
            contacts: MAX_CONTACTS,
            min: MIN_EXPIRES,
            max: MAX_EXPIRES,
            default: DEFAULT_EXPIRES,
        }
    }
}

/// Who can be reached where.
#[derive(Default)]
pub struct Bindings {
    limits: Limits,
    records: BTreeMap<Box<[u8]>, Vec<Binding>>,
    /// Each address of record once, by the moment its first binding ends.
    wakes: BTreeSet<(u64, Box<[u8]>)>,
}

#[derive(Clone)]
struct Binding {
    contact: Contact,
    call_id: Box<[u8]>,
    cseq: u32,
}

impl fmt::Debug for Bindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bindings({})", self.len())
    }
}

impl Bindings {
    /// None yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Does what a REGISTER of the address of record `aor` asks at `now` (nanoseconds): all of it
    /// or nothing. `aor`: see [`address_of_record`](super::address_of_record).
    pub fn register(&mut self, aor: &[u8], request: &Register<'_>, now: u64) -> Registered {
        self.expire(now);
        if aor.len() > MAX_CONTACT {
            return Registered::Refused(Refusal::TooMuch);
        }
        let mut bound = self.records.get(aor).cloned().unwrap_or_default();
        let done = match &request.wish {
            Wish::Tell => Ok(()),
            Wish::Clear => clear(&mut bound, request),
            Wish::Bind(asked) => self.bind(&mut bound, asked, request, now),
        };
        if let Err(refusal) = done {
            return Registered::Refused(refusal);
        }
        if self.records.len() >= self.limits.registered
            && !bound.is_empty()
            && !self.records.contains_key(aor)
        {
            return Registered::Refused(Refusal::Full);
        }
        let contacts = bound.iter().map(|binding| binding.contact.clone()).collect();
        self.put(aor, bound);
        Registered::Bound(contacts)
    }

    /// Where `aor` can be reached at `now`, the newest last.
    pub fn contacts(&self, aor: &[u8], now: u64) -> impl Iterator<Item = &Contact> {
        let bound = self.records.get(aor).map(Vec::as_slice).unwrap_or_default();
        bound.iter().map(|binding| &binding.contact).filter(move |contact| contact.until > now)
    }

    /// Forgets what has ended at `now`.
    pub fn expire(&mut self, now: u64) {
        while let Some((_, aor)) = self.wakes.first().filter(|(until, _)| *until <= now) {
            let aor = aor.clone();
            let mut bound = self.records.get(&aor).cloned().unwrap_or_default();
            bound.retain(|binding| binding.contact.until > now);
            self.put(&aor, bound);
        }
    }

    /// When [`Bindings::expire`] has something to do next.
    pub fn next_wake(&self) -> Option<u64> {
        self.wakes.first().map(|(until, _)| *until)
    }

    /// How many addresses of record have a binding.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// RFC 3261 10.3 7.
    fn bind(
        &self,
        bound: &mut Vec<Binding>,
        asked: &[Asked<'_>],
        request: &Register<'_>,
        now: u64,
    ) -> Result<(), Refusal> {
        if asked.len() > self.limits.contacts {
            return Err(Refusal::TooMuch);
        }
        // All is against what was bound before; of a contact named twice the last counts.
        let mut fresh: Vec<Binding> = Vec::with_capacity(asked.len());
        for asked in asked {
            let seconds = self.seconds(asked.expires)?;
            if let Some(old) = bound.iter().find(|old| old.is_at(asked.uri)) {
                in_order(old, request)?;
            }
            fresh.retain(|binding| !binding.is_at(asked.uri));
            let until = now.saturating_add(u64::from(seconds) * SECOND);
            fresh.push(Binding::of(asked, request, until));
        }
        bound.retain(|old| !fresh.iter().any(|new| new.is_at(&old.contact.uri)));
        fresh.retain(|binding| binding.contact.until > now);
        while bound.len() + fresh.len() > self.limits.contacts {
            let soonest = (0..bound.len()).min_by_key(|place| bound[*place].contact.until);
            // There is one: `fresh` alone is within the limit.
            bound.remove(soonest.unwrap_or_default());
        }
        bound.append(&mut fresh);
        Ok(())
    }

    /// For how long; 0 is never too brief.
    fn seconds(&self, asked: Option<u64>) -> Result<u32, Refusal> {
        let Limits { min, max, default, .. } = self.limits;
        match asked {
            None => Ok(default),
            Some(0) => Ok(0),
            Some(seconds) if seconds < u64::from(min) => Err(Refusal::TooBrief(min)),
            Some(seconds) => Ok(u32::try_from(seconds).unwrap_or(u32::MAX).min(max)),
        }
    }

    fn put(&mut self, aor: &[u8], bound: Vec<Binding>) {
        if let Some(old) = self.records.remove(aor)
            && let Some(until) = first_end(&old)
        {
            self.wakes.remove(&(until, aor.into()));
        }
        if let Some(until) = first_end(&bound) {
            self.wakes.insert((until, aor.into()));
            self.records.insert(aor.into(), bound);
        }
    }
}

impl Binding {
    fn of(asked: &Asked<'_>, request: &Register<'_>, until: u64) -> Self {
        let contact = Contact { uri: asked.uri.into(), q: asked.q.map(Into::into), until };
        Self { contact, call_id: request.call_id.into(), cseq: request.cseq }
    }

    /// By the rules for URIs where it can be read as one (RFC 3261 19.1.4).
    fn is_at(&self, uri: &[u8]) -> bool {
        let own = &self.contact.uri[..];
        own == uri || Uri::parse(own).zip(Uri::parse(uri)).is_some_and(|(a, b)| a.is_same(&b))
    }
}

/// `Contact: *`: all gone, unless one is newer than this request (RFC 3261 10.3 6).
fn clear(bound: &mut Vec<Binding>, request: &Register<'_>) -> Result<(), Refusal> {
    for binding in bound.iter() {
        in_order(binding, request)?;
    }
    bound.clear();
    Ok(())
}

/// A request of the same run of a unit must be newer than what it changes; of another run it is.
fn in_order(binding: &Binding, request: &Register<'_>) -> Result<(), Refusal> {
    if *binding.call_id == *request.call_id && request.cseq <= binding.cseq {
        return Err(Refusal::OutOfOrder);
    }
    Ok(())
}

fn first_end(bound: &[Binding]) -> Option<u64> {
    bound.iter().map(|binding| binding.contact.until).min()
}
