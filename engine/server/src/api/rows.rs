//! What consoles are shown, as the contract writes it.

use std::sync::{Arc, Mutex, PoisonError};

use central::entry::{Flags, Path, Sender};
use central::kind::Class;
use central::output::{Claim, Reason, Row};
use central::words::{AlarmId, Moment, SessionId};
use serde_json::{Value, json};

use crate::api::Console;
use crate::api::answer::moment;
use crate::api::limits::FACES;
use crate::board::{LogHealth, Shout};

/// A row as text, the same for every session: written once a change.
#[derive(Debug)]
pub(super) struct Face {
    alarm: AlarmId,
    version: u32,
    text: String,
}

/// The text says `"mine":false`; inside a JSON string the quotation marks would be escaped, so it
/// stands in a row's text at most once: in its claim.
const NOT_MINE: &str = "\"mine\":false";
const MINE: &str = "\"mine\":true";

/// The newest faces, a slot for each of [`FACES`] consecutive alarm ids.
#[derive(Debug)]
pub(super) struct Faces {
    slots: Vec<Mutex<Option<Arc<Face>>>>,
}

impl Default for Faces {
    fn default() -> Self {
        Self { slots: (0..FACES).map(|_| Mutex::new(None)).collect() }
    }
}

impl Console {
    /// A row as this session is shown it.
    pub(super) fn row_text(&self, row: &Row, session: SessionId) -> String {
        let face = self.face(row);
        match &row.claim {
            Some(claim) if claim.session == session => face.text.replacen(NOT_MINE, MINE, 1),
            _ => face.text.clone(),
        }
    }

    fn face(&self, row: &Row) -> Arc<Face> {
        let slot = &self.faces.slots[row.alarm.0.0 as usize % FACES];
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(face) = slot.as_ref()
            && (face.alarm, face.version) == (row.alarm, row.version)
        {
            return Arc::clone(face);
        }
        let text = self.row_value(row).to_string();
        let face = Arc::new(Face { alarm: row.alarm, version: row.version, text });
        *slot = Some(Arc::clone(&face));
        face
    }

    fn row_value(&self, row: &Row) -> Value {
        let spec = row.kind.spec();
        let signals = row.signals.iter();
        let signals = signals.map(|(seq, kind, received)| {
            json!({ "seq": seq.0, "kind": kind.0, "received": moment(*received) })
        });
        json!({
            "alarm": row.alarm.0.0,
            "version": row.version,
            "kind": row.kind.0,
            "name": spec.name,
            "class": class_name(row.class),
            "priority": row.priority,
            "reasons": row.reasons.iter().map(reason).collect::<Vec<_>>(),
            "municipality": row.municipality.to_string(),
            "municipality_name": self.municipality(row.municipality),
            "device": row.device.0,
            "person": row.person.map(|person| person.0.to_string()),
            "since": moment(row.since),
            "received": moment(row.received),
            "count": row.count,
            "signals": signals.collect::<Vec<_>>(),
            "claim": row.claim.as_ref().map(claim),
            "withdrawn": row.withdrawn.map(|(kind, at)| json!({ "kind": kind.0, "at": moment(at) })),
            "flags": flag_names(row.flags),
            "sender": sender_name(row.sender),
            "path": path_name(row.path),
            "buffered": row.buffered,
        })
    }

    /// A shout as every session is shown it.
    pub(super) fn shout_value(&self, shout: &Shout) -> Value {
        let spec = shout.kind.spec();
        json!({
            "id": shout_id(shout.id),
            "kind": shout.kind.0,
            "name": spec.name,
            "class": class_name(spec.class),
            "municipality": shout.municipality.to_string(),
            "municipality_name": self.municipality(shout.municipality),
            "device": shout.device.0,
            "received": moment(shout.received),
            "sent_on": shout.sent_on,
        })
    }
}

fn claim(claim: &Claim) -> Value {
    json!({ "operator": claim.operator, "mine": false, "since": moment(claim.since) })
}

/// Why an alarm has its priority, as the API says it.
pub fn reason(reason: &Reason) -> Value {
    match reason {
        Reason::Class(class) => json!({ "reason": "class", "class": class_name(*class) }),
        Reason::Repeats(n) => json!({ "reason": "repeats", "n": n }),
        Reason::Buffered(seconds) => json!({ "reason": "buffered", "seconds": seconds }),
        Reason::Undecodable => json!({ "reason": "undecodable" }),
        Reason::Doubtful => json!({ "reason": "doubtful" }),
        Reason::Recurred { after, seconds } => {
            json!({ "reason": "recurred", "after": after.0.0, "seconds": seconds })
        }
    }
}

/// A shout's name on the page.
pub(super) fn shout_id(id: u64) -> String {
    format!("{id:x}")
}

/// The log's health and since when.
pub(super) fn health_value((health, since): (LogHealth, Moment)) -> Value {
    json!({ "log": health_name(health), "since": moment(since) })
}

/// The word of the log's health.
pub(crate) fn health_name(health: LogHealth) -> &'static str {
    match health {
        LogHealth::Ok => "ok",
        LogHealth::Stalled => "stalled",
        LogHealth::Low => "low",
        LogHealth::Full => "full",
        LogHealth::NoQuorum => "no_quorum",
        LogHealth::Stopped => "stopped",
    }
}

/// The words of classes, by their numbers in the log.
pub(super) const CLASSES: [&str; 5] = ["life_safety", "person", "technical", "telemetry", "test"];

/// The word of a class.
pub(super) fn class_name(class: Class) -> &'static str {
    CLASSES[class as usize]
}

/// The words of senders, by their numbers in the log.
pub(super) const SENDERS: [&str; 3] = ["verified", "claimed", "doubtful"];

fn sender_name(sender: Sender) -> &'static str {
    SENDERS[sender as usize]
}

/// The words of paths, by their numbers in the log.
pub(super) const PATHS: [&str; 5] = ["sip_udp", "sip_tcp", "sip_tls", "link", "engine"];

/// A path as the API and `varde log` write it.
pub fn path_name(path: Path) -> &'static str {
    PATHS[path as usize]
}

pub(super) fn flag_names(flags: Flags) -> Vec<&'static str> {
    let names = [
        (Flags::UNDECODABLE, "undecodable"),
        (Flags::UNKNOWN_CODE, "unknown_code"),
        (Flags::SENDER_DIFFERS, "sender_differs"),
        (Flags::ODD_FIELD, "odd_field"),
        (Flags::LEGACY_TEXT, "legacy_text"),
        (Flags::FIELD_MISSING, "field_missing"),
        (Flags::UNKNOWN_UNIT, "unknown_unit"),
        (Flags::CONTENT_TYPE, "content_type"),
        (Flags::MUNICIPALITY_DIFFERS, "municipality_differs"),
    ];
    names.into_iter().filter(|(flag, _)| flags.has(*flag)).map(|(_, name)| name).collect()
}
