//! Whose an entry is, said by the entry and by the entries it names: no rules, no state of the central. So a stranger can
//! say it too (`docs/proof-format.md`, Whose an entry is).

use std::collections::{BTreeMap, VecDeque};

use central::entry::{Entry, Subject, Verb};
use central::words::{PersonId, Seq};

use crate::limits::KNOWN;

/// The centre's own: what is no municipality's, or of several.
pub(crate) const CENTRE: u16 = 0;

/// What is remembered of the entries before.
#[derive(Clone, Debug)]
pub(crate) struct Belongs {
    /// The first Seq the log still keeps.
    first: u64,
    /// The next Seq.
    next: u64,
    /// Municipalities of the newest signals; [`CENTRE`] for what is no signal.
    newest: VecDeque<u16>,
    /// By the first entry that registered the pseudonym.
    persons: BTreeMap<PersonId, u16>,
}

impl Belongs {
    pub(crate) fn new(first: u64) -> Self {
        Self { first, next: first, newest: VecDeque::new(), persons: BTreeMap::new() }
    }

    /// The next entry's municipality. `None`: what it names is no longer in the log. `look` reads an earlier body.
    pub(crate) fn of(&mut self, body: &[u8], look: &dyn Fn(u64) -> Option<Vec<u8>>) -> Option<u16> {
        let entry = Entry::decode(body).ok();
        let whose = entry.as_ref().map_or(Some(CENTRE), |entry| self.whose(entry, look));
        let signal = match entry {
            Some(Entry::Signal(signal)) => signal.municipality.0,
            _ => CENTRE,
        };
        self.newest.push_back(signal);
        if self.newest.len() > KNOWN {
            self.newest.pop_front();
        }
        self.next += 1;
        whose
    }

    fn whose(&mut self, entry: &Entry, look: &dyn Fn(u64) -> Option<Vec<u8>>) -> Option<u16> {
        match entry {
            Entry::Signal(signal) => Some(signal.municipality.0),
            Entry::Act(act) => {
                let (Verb::Claim { alarm }
                | Verb::Release { alarm, .. }
                | Verb::Close { alarm, .. }) = &act.verb;
                self.signal(alarm.0, look)
            }
            Entry::Hops(hops) => {
                let mut all = hops.iter().map(|hop| self.signal(hop.seq, look));
                let Some(first) = all.next() else { return Some(CENTRE) };
                let first = first?;
                for other in all {
                    if other? != first {
                        return Some(CENTRE);
                    }
                }
                Some(first)
            }
            Entry::Person(person) => {
                self.persons.entry(person.id).or_insert(person.municipality.0);
                Some(person.municipality.0)
            }
            Entry::Attributed(to) => self.signal(to.signal, look),
            Entry::Erased(id) => self.person(*id),
            Entry::Held(held) => held.person.map_or(Some(CENTRE), |id| self.person(id)),
            Entry::Disclosed(disclosed) => match disclosed.what {
                Subject::Person(id) => self.person(id),
                Subject::Log { .. } => Some(CENTRE),
            },
            // Named one by one: a new kind of entry must say whose it is.
            Entry::Genesis(_)
            | Entry::Rules(_)
            | Entry::Started(_)
            | Entry::Counted(_)
            | Entry::SessionOpened(_)
            | Entry::SessionEnded(_)
            | Entry::Tick
            | Entry::Skip(_) => Some(CENTRE),
        }
    }

    /// The municipality of an earlier signal; [`CENTRE`] where that Seq is none.
    fn signal(&self, seq: Seq, look: &dyn Fn(u64) -> Option<Vec<u8>>) -> Option<u16> {
        let seq = seq.0;
        if seq == 0 || seq >= self.next {
            return Some(CENTRE);
        }
        if seq < self.first {
            return None;
        }
        let back = (self.next - seq) as usize;
        if back <= self.newest.len() {
            return Some(self.newest[self.newest.len() - back]);
        }
        match Entry::decode(&look(seq)?) {
            Ok(Entry::Signal(signal)) => Some(signal.municipality.0),
            _ => Some(CENTRE),
        }
    }

    fn person(&self, id: PersonId) -> Option<u16> {
        let known = self.persons.get(&id).copied();
        if self.first > 1 { known } else { known.or(Some(CENTRE)) }
    }
}
