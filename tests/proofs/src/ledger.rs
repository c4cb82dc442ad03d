//! What was promised, to be held against what the log says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::engine;

/// Acknowledged signals: device and reference, and when the acknowledgement had come (wall nanoseconds).
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Vec<(String, String, u64)>>>);

impl Ledger {
    /// A SCAIP unit was told its signal is stored.
    pub fn acknowledged(&self, unit: &str, reference: &str, at: u64) {
        self.acknowledged_as(&format!("scaip:{unit}"), reference, at);
    }

    /// A device, by its name in the log, was told its signal is stored.
    pub fn acknowledged_as(&self, device: &str, reference: &str, at: u64) {
        let mut kept = self.0.lock().expect("no test thread panicked with the ledger");
        kept.push((device.to_owned(), reference.to_owned(), at));
    }

    /// How many of devices whose name in the log begins so.
    pub fn count(&self, doorway: &str) -> usize {
        let kept = self.0.lock().expect("no test thread panicked with the ledger");
        kept.iter().filter(|(device, _, _)| device.starts_with(doorway)).count()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.lock().expect("no test thread panicked with the ledger").len()
    }

    /// Whether none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those acknowledged up to a moment that a folder's log does not hold.
    pub fn missing(&self, data: &Path, until: u64) -> Vec<(String, String)> {
        self.missing_in(&engine::log(data), until)
    }

    /// The same of a log that was read already.
    pub fn missing_in(&self, log: &[Value], until: u64) -> Vec<(String, String)> {
        let held: BTreeSet<(String, String)> = signals(log).map(|(key, _)| key).collect();
        let promised = self.all().into_iter().filter(|(_, _, at)| *at <= until);
        let keys = promised.map(|(device, reference, _)| (device, reference));
        keys.filter(|key| !held.contains(key)).collect()
    }

    /// Device, reference and when the acknowledgement had come, in the order they came.
    pub fn all(&self) -> Vec<(String, String, u64)> {
        self.0.lock().expect("no test thread panicked with the ledger").clone()
    }
}

/// The signals of a log: (device, reference) and the alarm each opened, was folded into or is a copy in.
pub fn signals(log: &[Value]) -> impl Iterator<Item = ((String, String), Option<u64>)> + '_ {
    log.iter().filter(|line| line["what"] == "signal").map(|line| {
        let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
        ((text("device"), text("reference")), line["alarm"].as_u64())
    })
}

/// (device, reference) pairs that opened more than one alarm: an alarm's id is its opening Seq.
pub fn opened_twice(log: &[Value]) -> Vec<(String, String)> {
    let mut opened: BTreeMap<(String, String), u32> = BTreeMap::new();
    for line in log.iter().filter(|line| line["what"] == "signal") {
        if line["alarm"].is_u64() && line["alarm"] == line["seq"] {
            let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
            *opened.entry((text("device"), text("reference"))).or_default() += 1;
        }
    }
    opened.into_iter().filter(|(_, n)| *n > 1).map(|(key, _)| key).collect()
}
