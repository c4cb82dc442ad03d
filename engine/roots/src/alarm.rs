//! What the proof file of one alarm holds: its entries found by the fold, their paths by the trees, the roots from their files.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use central::Central;
use central::entry::{Entry, Verb};
use central::output::Output;
use journal::embedded::Reader;
use journal::{Pos, Record};
use proof::{Framed, Proof, Proved, day, limits, tree};
use sequencer::{Skips, Step};

use crate::folder::Folder;
use crate::keeper::look_back;
use crate::maker::{Day, Maker};
use crate::signer::verify;

/// Why there is no proof of an alarm.
#[derive(Debug, thiserror::Error)]
pub enum Unproven {
    /// The log cannot be read or folded.
    #[error("{0}")]
    Log(String),
    /// The log no longer begins with its first entry: what an alarm is made of cannot be folded.
    #[error(
        "the log is trimmed: make the proof from a backup of before, one that still holds the first entry"
    )]
    Trimmed,
    /// No signal of that number opened an alarm.
    #[error(
        "no alarm {0} is in this log: name the Seq of the signal that opened it (`varde log` prints it)"
    )]
    NoAlarm(u64),
    /// A day is not over.
    #[error(
        "the day {0} (UTC) is not over in this log: its root is made when an entry of a later day is stored"
    )]
    NotOver(String),
    /// A day is not whole in the log.
    #[error(
        "the log no longer holds the whole of {0} (UTC): make the proof from a backup that does"
    )]
    Partial(String),
    /// A root file is missing.
    #[error("{0} is not made yet: run `varde roots`, or start the engine")]
    NoRoot(String),
    /// A root file is not what the log says.
    #[error(
        "{0} is not what the log says: run `varde roots` and see to it before anything is handed out"
    )]
    Differs(String),
    /// Over a limit.
    #[error("alarm {0} has more entries than a proof file takes")]
    TooMany(u64),
}

/// Gathers the proof of an alarm from the log and the root files.
///
/// # Errors
/// See [`Unproven`].
pub fn prove(log: &Path, folder: &Folder, alarm: u64) -> Result<Proof, Unproven> {
    let reader = Reader::open(log).map_err(|why| Unproven::Log(why.to_string()))?;
    let wanted = entries_of(&reader, alarm)?;
    if wanted.is_empty() {
        return Err(Unproven::NoAlarm(alarm));
    }
    if wanted.len() > limits::ENTRIES {
        return Err(Unproven::TooMany(alarm));
    }
    Gathering::new(folder, alarm, wanted).run(&reader)
}

/// Seq and day of every entry of an alarm: its signals, copies and withdrawals among them; the acts on it while it was open; and what
/// handed its signals to a person.
fn entries_of(reader: &Reader, alarm: u64) -> Result<BTreeMap<u64, u32>, Unproven> {
    let found = RefCell::new(BTreeMap::new());
    let mut signals = BTreeSet::new();
    let mut open = false;
    let see = |step: Step<'_>| {
        // What was skipped is of no alarm: nothing followed from it.
        let Step::Applied { at, entry, outputs, .. } = step else { return };
        let gone = outputs
            .iter()
            .any(|output| matches!(output, Output::Gone(gone) if gone.alarm.0.0 == alarm));
        let of_it = match entry {
            Entry::Signal(_) => outputs.iter().any(|output| match output {
                Output::Receipt(receipt) => receipt.alarm.is_some_and(|of| of.0.0 == alarm),
                Output::Row(row) => row.alarm.0.0 == alarm,
                _ => false,
            }),
            Entry::Act(act) => {
                let (Verb::Claim { alarm: of }
                | Verb::Release { alarm: of, .. }
                | Verb::Close { alarm: of, .. }) = &act.verb;
                of.0.0 == alarm && open
            }
            Entry::Attributed(to) => signals.contains(&to.signal.0),
            _ => false,
        };
        if of_it {
            if matches!(entry, Entry::Signal(_)) {
                signals.insert(at.seq.0);
            }
            found.borrow_mut().insert(at.seq.0, day::of(at.moment.0));
        }
        open = (open || at.seq.0 == alarm && of_it) && !gone;
    };
    let durable = reader.noted();
    let records = || {
        let records = reader.from(Pos::START).map_err(|why| Unproven::Log(why.to_string()))?;
        Ok::<_, Unproven>(records.take_while(move |record| match record {
            Ok(Record::Entry(entry)) => entry.seq <= durable,
            _ => true,
        }))
    };
    if matches!(records()?.next(), Some(Ok(Record::Entry(first))) if first.seq > 1) {
        return Err(Unproven::Trimmed);
    }
    let skips = Skips::scan(records()?).map_err(|damage| Unproven::Log(damage.to_string()))?;
    sequencer::refold_seeing(records()?, &skips, &mut Central::new(), see)
        .map_err(|why| Unproven::Log(why.to_string()))?;
    let found = found.into_inner();
    Ok(if found.contains_key(&alarm) { found } else { BTreeMap::new() })
}

/// An entry whose day is not over yet: the entry, its municipality, its leaf.
type Held = (Framed, u16, u64);

struct Gathering<'a> {
    folder: &'a Folder,
    wanted: BTreeMap<u64, u32>,
    held: Vec<Held>,
    proof: Proof,
}

impl<'a> Gathering<'a> {
    fn new(folder: &'a Folder, alarm: u64, wanted: BTreeMap<u64, u32>) -> Self {
        let proof = Proof { alarm, roots: Vec::new(), entries: Vec::new() };
        Self { folder, wanted, held: Vec::new(), proof }
    }

    fn run(mut self, reader: &Reader) -> Result<Proof, Unproven> {
        let days: BTreeSet<u32> = self.wanted.values().copied().collect();
        let last_day = days.last().copied().unwrap_or(0);
        let records = reader.from(Pos::START).map_err(|why| Unproven::Log(why.to_string()))?;
        let durable = reader.noted();
        let mut maker = None;
        for record in records {
            let record = record.map_err(|damage| Unproven::Log(damage.to_string()))?;
            let Record::Entry(entry) = record else { continue };
            if entry.seq > durable {
                break;
            }
            let maker =
                maker.get_or_insert_with(|| Maker::new(reader.log_id(), entry.seq, days.clone()));
            let placed = maker.push(&entry, &look_back(reader));
            if let Some(over) = placed.over {
                if !over.whole {
                    let before = self.folder.latest(over.number);
                    maker.follow(before.map_err(|why| Unproven::Log(why.to_string()))?);
                }
                self.over(&over)?;
                if over.number >= last_day {
                    return Ok(self.proof);
                }
            }
            if self.wanted.contains_key(&entry.seq) {
                let framed = Framed {
                    seq: entry.seq,
                    moment: entry.moment,
                    boot: entry.boot,
                    n: entry.n,
                    i: entry.i,
                    node: entry.node,
                    prev: entry.prev,
                    body: entry.body.to_vec(),
                };
                self.held.push((framed, placed.municipality.unwrap_or(0), placed.index));
            }
        }
        Err(Unproven::NotOver(day::name(last_day)))
    }

    /// Every entry of a day that is over gets its path and its root.
    fn over(&mut self, over: &Day) -> Result<(), Unproven> {
        for (entry, municipality, index) in std::mem::take(&mut self.held) {
            let stated = over.roots.iter().find(|root| root.municipality == municipality);
            let stated = stated.ok_or_else(|| Unproven::Partial(day::name(over.number)))?;
            let file = self.folder.file(over.number, municipality).display().to_string();
            let roots = &mut self.proof.roots;
            let known = roots.iter().position(|signed| signed.root == *stated);
            let root = match (known, self.folder.read(over.number, municipality)) {
                (Some(known), _) => known,
                (None, Ok(Some(signed))) if signed.root == *stated && signed.is_good(&verify) => {
                    roots.push(signed);
                    roots.len() - 1
                }
                (None, Ok(None)) => return Err(Unproven::NoRoot(file)),
                (None, Ok(Some(_)) | Err(None)) => return Err(Unproven::Differs(file)),
                (None, Err(Some(why))) => return Err(Unproven::Log(why.to_string())),
            };
            let leaves = over.leaves.get(&municipality).map(Vec::as_slice).unwrap_or_default();
            let path = tree::path(leaves, index as usize);
            self.proof.entries.push(Proved { entry, root, index, path });
        }
        Ok(())
    }
}
