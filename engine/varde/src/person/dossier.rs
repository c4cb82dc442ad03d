//! Everything in a log that is about one person, one alarm or one signal: two folds, and nothing opened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use central::entry::{Act, Disclosed, Entry, Hop, Sealed, Subject, Verb};
use central::output::Output;
use central::words::{AlarmId, DeviceId, KeyId, PersonId, Seq};
use central::{Central, Placed};
use sequencer::{Skips, Step};
use serde_json::Value;

use crate::replay::{is_trimmed, oldest};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Everything about a person.
    Person(PersonId),
    /// Everything said in an alarm.
    Alarm(AlarmId),
    /// One entry.
    Signal(Seq),
}

/// One entry that is about it.
pub(super) struct Item {
    pub(super) seq: Seq,
    /// As `varde log` prints it.
    pub(super) line: Value,
    /// What of it is sealed.
    pub(super) sealed: Option<Sealed>,
    /// In which alarm it was said.
    pub(super) alarm: Option<AlarmId>,
    /// Whose it was known to be when it came.
    pub(super) person: Option<PersonId>,
}

/// What was found.
pub(super) struct Dossier {
    /// In the order of the log; what was said only, without disclosures.
    pub(super) items: Vec<Item>,
    /// Who was shown it, and when.
    pub(super) disclosures: Vec<Item>,
    /// Signals already handed to the person.
    pub(super) attributed: BTreeSet<Seq>,
    /// Other entries sealed under one of the person's keys, because no key of their own was ready then.
    pub(super) sharing: u64,
    /// The state at the end.
    pub(super) central: Central,
}

/// The state a log comes to.
pub(super) fn state(data: &Path) -> Result<Central, String> {
    fold(data, |_, _, _| {})
}

/// What no fold applies is about nobody; an operator was shown its bytes.
fn fold(data: &Path, mut see: impl FnMut(&Placed, &Entry, &[Output])) -> Result<Central, String> {
    let folder = data.join(server::engine::LOG);
    if !folder.is_dir() {
        return Err(format!("{} holds no log; name the data folder with --data", data.display()));
    }
    let reader = journal::embedded::Reader::open(&folder).map_err(|why| why.to_string())?;
    let records = || reader.from(journal::Pos::START).map_err(|why| why.to_string());
    let skips = Skips::scan(records()?).map_err(|why| why.to_string())?;
    let mut central = Central::new();
    if is_trimmed(records()?) {
        central = oldest(data, &reader)?.central;
        eprintln!(
            "varde: the log is trimmed: what was said up to entry {} is in its archive, and not looked through",
            central.last().0
        );
    }
    let see = |step: Step<'_>| {
        if let Step::Applied { at, entry, outputs, .. } = step {
            see(at, entry, outputs);
        }
    };
    let folded = sequencer::refold_seeing(records()?, &skips, &mut central, see);
    folded.map_err(|why| why.to_string())?;
    Ok(central)
}

impl Dossier {
    /// Reads the log below a data folder, also one in use.
    pub(super) fn gather(data: &Path, whose: Whose) -> Result<Self, String> {
        let mut known = Known::of(whose);
        let central = fold(data, |_, entry, outputs| known.learn(entry, outputs))?;
        let keys = match whose {
            Whose::Person(id) => central.person(id).map_or(&[][..], |person| &person.keys),
            Whose::Alarm(_) | Whose::Signal(_) => &[],
        };
        let mut gather = Gather {
            keys: keys.iter().map(|key| (*key, 0)).collect(),
            items: Vec::new(),
            looks: Vec::new(),
            known,
            now_held: BTreeSet::new(),
        };
        let central = fold(data, |at, entry, outputs| gather.see(at, entry, outputs))?;
        let disclosures = gather.disclosures();
        let Gather { items, keys, known, .. } = gather;
        let sharing = keys.values().sum();
        Ok(Self { items, disclosures, attributed: known.attributed, sharing, central })
    }
}

/// What the first fold learns: which alarms are meant, however late that was said.
struct Known {
    whose: Whose,
    alarms: BTreeSet<AlarmId>,
    attributed: BTreeSet<Seq>,
}

impl Known {
    fn of(whose: Whose) -> Self {
        let alarms = match whose {
            Whose::Alarm(alarm) => BTreeSet::from([alarm]),
            Whose::Person(_) | Whose::Signal(_) => BTreeSet::new(),
        };
        Self { whose, alarms, attributed: BTreeSet::new() }
    }

    fn learn(&mut self, entry: &Entry, outputs: &[Output]) {
        let Whose::Person(id) = self.whose else { return };
        for output in outputs {
            if let Output::Row(row) = output
                && row.person == Some(id)
            {
                self.alarms.insert(row.alarm);
            }
        }
        if let Entry::Attributed(to) = entry
            && to.person == id
        {
            self.attributed.insert(to.signal);
            self.alarms.insert(AlarmId(to.signal));
        }
    }
}

struct Gather {
    known: Known,
    items: Vec<Item>,
    looks: Vec<(Subject, Item)>,
    /// The person's keys, and how often each seals something that is not about the person.
    keys: BTreeMap<KeyId, u64>,
    now_held: BTreeSet<DeviceId>,
}

impl Gather {
    fn see(&mut self, at: &Placed, entry: &Entry, outputs: &[Output]) {
        if let Entry::Hops(hops) = entry {
            // Of everybody's hops only those of what was found.
            let theirs: Vec<Hop> = hops.iter().filter(|hop| self.has(hop.seq)).copied().collect();
            if !theirs.is_empty() && matches!(self.known.whose, Whose::Person(_)) {
                let line = crate::log::line_of(at, &Entry::Hops(theirs), outputs);
                let item = Item { seq: at.seq, line, sealed: None, alarm: None, person: None };
                self.items.push(item);
            }
            return;
        }
        let alarm = self.alarm(entry, outputs);
        let sealed = sealed_in(entry);
        let item = || Item {
            seq: at.seq,
            line: crate::log::line_of(at, entry, outputs),
            sealed: sealed.cloned(),
            alarm,
            person: match entry {
                Entry::Signal(signal) => signal.person,
                _ => None,
            },
        };
        if let Entry::Disclosed(Disclosed { what, .. }) = entry {
            self.looks.push((*what, item()));
        } else if self.is_meant(at.seq, entry, alarm) {
            self.items.push(item());
        } else if let Some(others) = sealed.and_then(|sealed| self.keys.get_mut(&sealed.key)) {
            *others += 1;
        }
    }

    /// The alarm among those meant that an entry was said in.
    fn alarm(&self, entry: &Entry, outputs: &[Output]) -> Option<AlarmId> {
        let meant = |alarm: &AlarmId| self.known.alarms.contains(alarm);
        match entry {
            Entry::Act(act) => Some(act.verb.alarm()).filter(meant),
            Entry::Signal(_) => outputs.iter().find_map(|output| match output {
                Output::Receipt(receipt) => receipt.alarm.filter(meant),
                // A withdrawal is filed, and shown on the alarms of its device.
                Output::Row(row) => Some(row.alarm).filter(meant),
                _ => None,
            }),
            _ => None,
        }
    }

    fn is_meant(&mut self, seq: Seq, entry: &Entry, alarm: Option<AlarmId>) -> bool {
        let id = match self.known.whose {
            Whose::Signal(signal) => return seq == signal && sealed_in(entry).is_some(),
            Whose::Alarm(_) => return alarm.is_some(),
            Whose::Person(id) => id,
        };
        match entry {
            // What was sealed as somebody else's stays that one's, in whatever alarm it was said.
            Entry::Signal(signal) => match signal.person {
                Some(person) => person == id,
                None => alarm.is_some() || self.known.attributed.contains(&seq),
            },
            Entry::Act(_) => alarm.is_some() || self.known.attributed.contains(&seq),
            Entry::Person(person) => person.id == id,
            Entry::Held(held) if held.person == Some(id) => {
                self.now_held.insert(held.device.clone())
            }
            // Taken away, or given to somebody else.
            Entry::Held(held) => self.now_held.remove(&held.device),
            Entry::Attributed(to) => to.person == id,
            Entry::Erased(erased) => *erased == id,
            _ => false,
        }
    }

    fn has(&self, seq: Seq) -> bool {
        self.items.binary_search_by_key(&seq, |item| item.seq).is_ok()
    }

    /// Of everybody who looked, those who looked at what was found.
    fn disclosures(&mut self) -> Vec<Item> {
        let looks = std::mem::take(&mut self.looks);
        let meant = |what: &Subject| match (*what, self.known.whose) {
            (Subject::Person(one), Whose::Person(id)) => one == id,
            (Subject::Person(_), _) => false,
            (Subject::Log { from, to }, _) => {
                let first = self.items.partition_point(|item| item.seq < from);
                self.items.get(first).is_some_and(|item| item.seq <= to)
            }
        };
        looks.into_iter().filter(|(what, _)| meant(what)).map(|(_, item)| item).collect()
    }
}

/// What is sealed in an entry.
pub(crate) fn sealed_in(entry: &Entry) -> Option<&Sealed> {
    match entry {
        Entry::Signal(signal) => signal.sealed.as_ref(),
        Entry::Act(Act { verb: Verb::Close { note, .. }, .. }) => note.as_ref(),
        Entry::Disclosed(disclosed) => disclosed.reason.as_ref(),
        Entry::Person(person) => person.about.as_ref(),
        _ => None,
    }
}
