//! One device's signals that are not receipted, and how each is settled.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use traffic::{Kind, Signal};

use crate::ledger::{Ledger, Times};
use crate::reference::Reference;

/// The last thing the engine, or the player, said of a signal without a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Nothing came.
    None,
    /// It never left: there was no connection.
    NeverSent,
    /// The device had too much waiting.
    UnitFull,
    /// The player could not keep up.
    Overrun,
    /// A SIP status other than 2xx.
    Sip(u16),
    /// An `mrs` with another `snu` than 0.
    Snu(u16),
    /// Link: busy.
    Busy,
    /// Link: not stored.
    NotStored,
    /// Link: refused, with its code.
    Refused(u64),
}

impl Word {
    /// Whether the engine said no, rather than nothing.
    fn is_refusal(self) -> bool {
        !matches!(self, Self::None | Self::NeverSent | Self::UnitFull | Self::Overrun)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no answer"),
            Self::NeverSent => f.write_str("never sent: no connection"),
            Self::UnitFull => f.write_str("never sent: unit full"),
            Self::Overrun => f.write_str("never sent: player overrun"),
            Self::Sip(status) => write!(f, "SIP {status}"),
            Self::Snu(snu) => write!(f, "snu {snu}"),
            Self::Busy => f.write_str("busy"),
            Self::NotStored => f.write_str("not stored"),
            Self::Refused(code) => write!(f, "refused {code}"),
        }
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A signal that ended the run without a receipt.
#[derive(Clone, Debug, Serialize)]
pub struct Unreceipted {
    /// The device.
    pub device: String,
    /// The unit's own reference.
    pub reference: String,
    /// The kind's number.
    pub kind: u16,
    /// Whether it counts as refused, or as unanswered.
    pub refused: bool,
    /// The last word on it.
    pub word: Word,
}

/// The book of one device.
pub(crate) struct Book {
    pub(crate) device: String,
    pub(crate) ledger: Arc<Ledger>,
    place: usize,
    open: BTreeMap<Reference, Open>,
    refused: Vec<Unreceipted>,
}

struct Open {
    kind: Kind,
    intended: u64,
    sent: Option<u64>,
    word: Word,
}

impl Book {
    pub(crate) fn new(device: String, place: usize, ledger: Arc<Ledger>) -> Self {
        Self { device, ledger, place, open: BTreeMap::new(), refused: Vec::new() }
    }

    /// A new signal, intended at this moment, is to be sent. The pacer has counted it.
    pub(crate) fn raise(&mut self, reference: Reference, signal: Signal, intended: u64) {
        let open = Open { kind: signal.kind, intended, sent: None, word: Word::NeverSent };
        self.open.insert(reference, open);
    }

    /// It is sent now, for the first time or again.
    pub(crate) fn sent(&mut self, reference: Reference, now: u64) {
        if let Some(open) = self.open.get_mut(&reference) {
            if open.sent.is_some() {
                self.ledger.resent.up();
            } else {
                open.sent = Some(now);
                open.word = Word::None;
            }
        }
    }

    /// The engine, or the device, said something that does not settle it.
    pub(crate) fn word(&mut self, reference: Reference, word: Word) {
        if let Some(open) = self.open.get_mut(&reference) {
            open.word = word;
        }
    }

    /// It is stored. A second receipt changes nothing.
    pub(crate) fn receipt(&mut self, reference: Reference, seq: Option<u64>, now: u64) {
        if let Some(open) = self.open.remove(&reference) {
            let sent = open.sent.unwrap_or(now);
            let times = Times { intended: open.intended, sent, answered: now };
            // Written before it is counted, so that the file has whatever the tally claims.
            self.ledger.write_receipt(&self.device, reference, seq);
            self.ledger.note_receipt(self.place, open.kind, times);
        }
    }

    /// It is refused for good.
    pub(crate) fn refuse(&mut self, reference: Reference, word: Word) {
        if let Some(open) = self.open.remove(&reference) {
            self.ledger.refused.up();
            self.refused.push(unreceipted(&self.device, reference, open.kind, word));
        }
    }

    /// Whether this signal waits for its receipt.
    pub(crate) fn waits_for(&self, reference: Reference) -> bool {
        self.open.contains_key(&reference)
    }

    /// The end of the run: what was not receipted. What was last refused counts as refused.
    pub(crate) fn close(mut self) -> Vec<Unreceipted> {
        for (reference, open) in self.open {
            let row = unreceipted(&self.device, reference, open.kind, open.word);
            if row.refused {
                self.ledger.refused.up();
            }
            self.refused.push(row);
        }
        self.refused
    }
}

fn unreceipted(device: &str, reference: Reference, kind: Kind, word: Word) -> Unreceipted {
    Unreceipted {
        device: device.to_owned(),
        reference: reference.to_string(),
        kind: kind.0,
        refused: word.is_refusal(),
        word,
    }
}

#[cfg(test)]
mod tests {
    use traffic::Details;

    use super::*;

    fn reference(number: u32) -> Reference {
        Reference::scaip(1, "9950100001", number)
    }

    #[test]
    fn every_signal_is_settled_once_and_the_sums_agree() {
        let ledger = Arc::new(Ledger::new(1, None));
        let mut book = Book::new("9950100001".to_owned(), 0, Arc::clone(&ledger));
        for number in 1..=5 {
            let signal = Signal { number, kind: Kind::PRESS, details: Details::Nothing };
            ledger.note_sent(0, signal.kind);
            book.raise(reference(number), signal, 10);
        }
        book.sent(reference(1), 20);
        book.sent(reference(1), 25);
        book.receipt(reference(1), Some(7), 8_000_010);
        book.receipt(reference(1), Some(7), 9_000_000);
        book.refuse(reference(2), Word::Sip(400));
        book.sent(reference(3), 21);
        book.word(reference(3), Word::Sip(503));
        book.sent(reference(4), 22);
        let list = book.close();
        let tally = ledger.tally();
        assert!(tally.conserved());
        assert_eq!((tally.sent, tally.receipted, tally.refused, tally.unanswered), (5, 1, 2, 2));
        assert_eq!(tally.resent, 1);
        assert_eq!(list.len(), 4);
        let words: Vec<String> = list.iter().map(|row| row.word.to_string()).collect();
        for word in ["SIP 400", "SIP 503", "no answer", "never sent: no connection"] {
            assert!(words.iter().any(|w| w == word), "{word} in {words:?}");
        }
        let life = &tally.classes[0];
        assert_eq!((life.sent, life.receipted, life.from_intended.n), (5, 1, 1));
        assert!(life.from_intended.p99_us.abs_diff(8000) < 10, "{life:?}");
        assert!(life.from_sent.max_us <= life.from_intended.max_us);
    }
}
