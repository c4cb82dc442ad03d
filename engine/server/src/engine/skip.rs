//! An entry that cannot be applied: before anything is served it is put before operators, and the log is
//! told that it is skipped.
//!
//! The signal goes before the skip, in one batch: torn between them, the next start does both again, and
//! the signal is a Duplicate.

use std::collections::BTreeMap;
use std::path::Path as Folder;

use bytes::Bytes;
use central::entry::{Entry, Flags, Path, Sender, Signal};
use central::kind::Kind;
use central::salvage::salvage;
use central::words::{DeviceId, Moment, Reference, Seq};
use journal::embedded::Embedded;
use journal::{Batch, Draft, Log, Pos, Record};

use super::fold::Told;
use super::open::put;
use super::{KEYS, NODE, StartError, other};
use crate::api::hex;
use crate::clock::wall;
use crate::keys::Keys;
use crate::plain::{Plain, Raw};
use crate::translate::content_hash;

/// The device such a signal is of.
pub(super) const DEVICE: &str = "varde:log";

/// Writes what the fold passed over into the log; it has to be folded again.
pub(super) fn write(log: &mut Embedded, data: &Folder, told: &Told) -> Result<(), StartError> {
    let keys = Keys::open(&data.join(KEYS)).map_err(other)?;
    if let Some(key) = told.folded.last_key {
        keys.used_up_to(key);
    }
    keys.begin().map_err(other)?;
    let bodies = bodies(log, told)?;
    let mut entries = Vec::new();
    for (seq, halt) in &told.unapplied {
        let Some(body) = bodies.get(seq) else { continue };
        let now = wall();
        let mut signal = signal(*seq, body, Moment(now));
        signal.sealed = keys.seal(&plain(*seq, body, &halt.to_string()).to_bytes());
        for entry in [Entry::Signal(signal), Entry::Skip(*seq)] {
            entries.push(Draft { moment: now, body: Bytes::from(entry.encode()) });
        }
    }
    let boot = told.folded.last.next_boot(NODE);
    put(log, Batch { node: NODE, boot, n: 1, entries, decided: Vec::new() })
}

/// The bytes of what was passed over.
fn bodies(log: &Embedded, told: &Told) -> Result<BTreeMap<Seq, Bytes>, StartError> {
    let mut bodies = BTreeMap::new();
    for record in log.read(Pos::START).map_err(other)? {
        if let Record::Entry(kept) = record.map_err(other)?
            && told.unapplied.iter().any(|(seq, _)| seq.0 == kept.seq)
        {
            bodies.insert(Seq(kept.seq), kept.body);
        }
    }
    Ok(bodies)
}

/// Of the skipped entry's municipality, for it may be one of that municipality's persons who called.
fn signal(seq: Seq, body: &[u8], now: Moment) -> Signal {
    let found = salvage(body);
    let (kind, flags) = if found.may_be_a_person {
        (Kind::UNDECODABLE, Flags::UNDECODABLE)
    } else {
        (Kind::FAULT, Flags::default())
    };
    Signal {
        device: DeviceId(DEVICE.to_owned()),
        municipality: found.municipality,
        person: found.person,
        kind,
        reference: Reference(format!("skip-{}", seq.0)),
        content: content_hash(body),
        counter: None,
        happened: None,
        buffered: false,
        received: now,
        path: Path::Engine,
        sender: Sender::Verified,
        flags,
        sealed: None,
    }
}

/// What is sealed in the entry stays sealed, under its own key: erasing that key erases it here too.
fn plain(seq: Seq, body: &[u8], why: &str) -> Plain {
    let found = salvage(body);
    let mut plain = Plain::default();
    plain.say("Loggen", format!("Oppføring {} kunne ikke behandles og er hoppet over", seq.0));
    plain.say("Feil", why);
    plain.say("Enhet", found.device.map(|device| device.0).unwrap_or_default());
    plain.say("Hendelse", found.kind.map(|kind| kind.spec().label).unwrap_or_default());
    plain.raw = Some(Raw::of(hex(body).as_bytes()));
    plain
}

/// In a test of this crate, a signal of this device makes the fold panic. The engine has no such device.
#[cfg(test)]
pub(crate) const PLANTED: &str = "scaip:6660070";

/// What the fold does before it applies an entry: nothing.
#[cfg(not(test))]
pub(crate) fn meets(_: &Entry) {}

/// What the fold does before it applies an entry: panics at the planted one.
#[cfg(test)]
pub(crate) fn meets(entry: &Entry) {
    assert!(
        !matches!(entry, Entry::Signal(signal) if signal.device.0 == PLANTED),
        "planted by a test"
    );
}
