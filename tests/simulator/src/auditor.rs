//! The auditor: reads the log as an outsider, runs the model beside it, and holds every promise against
//! what nodes, devices and operators saw.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use central::Central;
use central::entry::{Entry, Signal};
use central::output::{Answer, Done, Output, Receipt, Refusal};
use central::words::{ActId, Seq};
use journal::memory::Memory;
use journal::{Chain, Event, Log};

use crate::model::{Expected, Model, rank};
use crate::violation::{Report, Violation};

type Checked = Result<(), Violation>;

/// One device's one signal.
pub(crate) type SignalId = (usize, usize);

pub(crate) struct Auditor {
    log: Memory,
    pub(crate) kept: Vec<journal::Entry>,
    pub(crate) model: Model,
    pub(crate) report: Report,
    chain: Chain,
    expected: Vec<Expected>,
    /// Node, boot, n, and the rank of its last entry so far.
    batch: (u16, u64, u64, u8),
    digests: BTreeMap<u64, [u8; 32]>,
    refused: BTreeSet<Bytes>,
    acts: BTreeSet<ActId>,
    answers: BTreeMap<ActId, Result<Done, Refusal>>,
    claims: BTreeMap<(u64, u32), ActId>,
    opened: BTreeMap<(String, [u8; 16]), u64>,
    receipts: BTreeMap<SignalId, u64>,
}

impl Auditor {
    pub(crate) fn new(log: Memory) -> Self {
        Self {
            log,
            kept: Vec::new(),
            model: Model::default(),
            report: Report::default(),
            chain: Chain::GENESIS,
            expected: Vec::new(),
            batch: (0, 0, 0, 0),
            digests: BTreeMap::new(),
            refused: BTreeSet::new(),
            acts: BTreeSet::new(),
            answers: BTreeMap::new(),
            claims: BTreeMap::new(),
            opened: BTreeMap::new(),
            receipts: BTreeMap::new(),
        }
    }

    /// Takes in what became durable.
    pub(crate) fn follow(&mut self) -> Checked {
        while let Some(event) = self.log.poll() {
            if let Event::Entry(kept) = event {
                self.keep(kept)?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, kept: journal::Entry) -> Checked {
        let seq = kept.seq;
        let before = self.chain;
        let link =
            self.chain.advance(kept.node, kept.boot, kept.n, kept.i, kept.moment, &kept.body);
        if (link.seq, link.prev, link.hash) != (seq, kept.prev, kept.hash)
            || kept.moment < before.moment
        {
            return Err(Violation::ChainBroken { seq });
        }
        if self.refused.contains(&kept.body) {
            return Err(Violation::RefusedYetKept { seq });
        }
        let entry = Entry::decode(&kept.body)
            .map_err(|why| Violation::Halted { why: format!("entry {seq}: {why}") })?;
        let (node, boot, n, last) = self.batch;
        let now = rank(&entry);
        if (node, boot, n) == (kept.node, kept.boot, kept.n) && now < last {
            return Err(Violation::OutOfPriority { n });
        }
        self.batch = (kept.node, kept.boot, kept.n, now);
        match &entry {
            Entry::Act(act) => {
                self.acts.insert(act.id);
            }
            Entry::Rules(_) => self.report.rules += 1,
            _ => {}
        }
        self.expected.push(self.model.step(kept.moment, &entry));
        self.kept.push(kept);
        self.report.entries = seq;
        Ok(())
    }

    /// What a node says an entry came to.
    pub(crate) fn applied(&mut self, seq: Seq, entry: &Entry, outputs: &[Output]) -> Checked {
        let index = (seq.0 as usize).wrapping_sub(1);
        let expected = self.expected.get(index).ok_or(Violation::BeforeDurable { seq: seq.0 })?;
        let mut came = Expected::Nothing;
        for output in outputs {
            match output {
                Output::Receipt(receipt) => {
                    let alarm = receipt.alarm.map(|alarm| alarm.0.0);
                    came = Expected::Receipt(receipt.seq.0, receipt.duplicate, alarm);
                    self.names_its_entry(receipt)?;
                }
                Output::Answer(answer) => {
                    came = Expected::Answer(answer.result.clone().map(|done| done.version));
                }
                _ => {}
            }
        }
        if came != *expected {
            let what = format!("expected {expected:?}, came {came:?}");
            return Err(Violation::NotAsTheModel { seq: seq.0, what });
        }
        self.opened_once(seq, entry, &came)
    }

    fn names_its_entry(&self, receipt: &Receipt) -> Checked {
        let seq = receipt.seq.0;
        let kept = self.kept.get((seq as usize).wrapping_sub(1));
        let same =
            kept.is_some_and(|kept| kept.hash == receipt.head && kept.moment == receipt.moment.0);
        if same { Ok(()) } else { Err(Violation::BeforeDurable { seq }) }
    }

    fn opened_once(&mut self, seq: Seq, entry: &Entry, came: &Expected) -> Checked {
        if let (Entry::Signal(signal), Expected::Receipt(_, false, Some(alarm))) = (entry, came)
            && *alarm == seq.0
            && has_name(signal)
        {
            let device = signal.device.0.clone();
            let first = *self.opened.entry((device.clone(), signal.content.0)).or_insert(seq.0);
            if first != seq.0 {
                return Err(Violation::Twice { device });
            }
        }
        Ok(())
    }

    /// A device holds a receipt for what it sent.
    pub(crate) fn receipted(&mut self, id: SignalId, sent: &Signal, receipt: &Receipt) -> Checked {
        let seq = receipt.seq.0;
        self.names_its_entry(receipt)?;
        let kept = &self.kept[seq as usize - 1];
        let same = match Entry::decode(&kept.body) {
            Ok(Entry::Signal(signal)) => Signal { received: sent.received, ..signal } == *sent,
            _ => false,
        };
        if !same {
            return Err(Violation::NotInTheLog { seq });
        }
        self.report.duplicates += u64::from(receipt.duplicate);
        let first = *self.receipts.entry(id).or_insert(seq);
        if first != seq && has_name(sent) {
            return Err(Violation::Twice { device: sent.device.0.clone() });
        }
        Ok(())
    }

    /// An operator holds an answer.
    pub(crate) fn answered(&mut self, answer: &Answer, claim: bool) -> Checked {
        if answer.result == Err(Refusal::NoSession) {
            return Ok(());
        }
        let alarm = answer.result.as_ref().map_or(0, |done| done.alarm.0.0);
        let first = self.answers.entry(answer.act).or_insert_with(|| answer.result.clone());
        if *first != answer.result {
            return Err(Violation::TwoClaims { alarm });
        }
        let Ok(done) = &answer.result else {
            self.report.refused_acts += 1;
            return Ok(());
        };
        if claim {
            self.report.claims += 1;
            let holder = *self.claims.entry((alarm, done.version)).or_insert(answer.act);
            if holder != answer.act {
                return Err(Violation::TwoClaims { alarm });
            }
        }
        if self.acts.contains(&answer.act) {
            Ok(())
        } else {
            Err(Violation::BeforeDurable { seq: alarm })
        }
    }

    /// An inbound was refused: its very bytes may never be in the log. An act or a login is sent again
    /// in the same bytes, so this is asked of signals only.
    pub(crate) fn refused(&mut self, body: Bytes) -> Checked {
        self.report.refused += 1;
        if !matches!(Entry::decode(&body), Ok(Entry::Signal(_))) {
            return Ok(());
        }
        if let Some(kept) = self.kept.iter().rev().take(64).find(|kept| kept.body == body) {
            return Err(Violation::RefusedYetKept { seq: kept.seq });
        }
        self.refused.insert(body);
        Ok(())
    }

    /// A node's state: the same after the same entries, whoever folds them, and the model's.
    pub(crate) fn state(&mut self, central: &Central) -> Checked {
        let seq = central.last().0;
        let digest = central.digest();
        if *self.digests.entry(seq).or_insert(digest) != digest {
            return Err(Violation::HashDiffers { seq });
        }
        if seq != self.model.last {
            return Ok(());
        }
        let rows = central.rows().map(|row| {
            let holder = row.claim.as_ref().map(|claim| claim.session);
            (row.alarm.0.0, row.version, row.priority, row.count, holder)
        });
        let (came, expected): (Vec<_>, _) = (rows.collect(), self.model.open());
        if came == expected {
            return Ok(());
        }
        let what = format!("open alarms: expected {expected:?}, came {came:?}");
        Err(Violation::NotAsTheModel { seq, what })
    }
}

/// Whether a copy of it can be told from another press.
fn has_name(signal: &Signal) -> bool {
    !signal.reference.0.is_empty() || signal.counter.is_some()
}
