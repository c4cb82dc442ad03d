//! SCAIP in a SIP MESSAGE → Signal, and what the unit is answered (on bad input: `docs/conformance.md`).

use bytes::Bytes;
use central::entry::{Flags, Path, Sender, Signal};
use central::kind::Kind;
use central::limits::{DEVICE_ID, REFERENCE};
use central::words::{DeviceId, Moment, Municipality, Reference};
use scaip::{Broken, Caller, Document, Mrq, Mrs, Odd, snu};

use super::{clear_id, content_hash, scaip_kind, scaip_words};
use crate::intake::Draft;
use crate::plain::Plain;

/// A MESSAGE as SIP gave it.
#[derive(Clone, Debug)]
pub struct Came<'a> {
    /// Its body.
    pub body: &'a Bytes,
    /// The whole message.
    pub raw: &'a Bytes,
    /// The user part of From.
    pub from: &'a str,
    /// Its Content-Type, as written.
    pub content_type: &'a str,
    /// By which path.
    pub path: Path,
    /// T1.
    pub received: Moment,
    /// What a unit belongs to of which nothing else is known.
    pub municipality: Municipality,
}

/// What a message is.
#[derive(Clone, Debug)]
pub enum Read {
    /// A heartbeat: answered at once, never in the log.
    Beat(Mrs),
    /// A signal; once it is durable the unit is sent this `mrs`, where one can be addressed.
    Signal(Box<Draft>, Option<Mrs>),
    /// An `mrs`: a unit has no business sending one; answered 200, counted.
    Stray,
    /// Neither SCAIP nor anything that tries to be: 415.
    Foreign,
}

/// Reads a MESSAGE. Whatever may be a person calling becomes a signal, however broken.
pub fn read(came: &Came<'_>) -> Read {
    match scaip::decode(came.body) {
        Ok(Document::Mrq(mrq)) => request(came, &mrq),
        Ok(Document::Mrs(_)) => Read::Stray,
        Err(broken) if broken.salvaged.mrq || is_scaip(came.content_type) => {
            unreadable(came, &broken)
        }
        Err(_) => Read::Foreign,
    }
}

/// What could not even be read as SIP but holds `<mrq`: shown as it came. `None`: nothing in it says so.
pub fn salvage(came: &Came<'_>) -> Option<Draft> {
    let Err(broken) = scaip::decode(came.body) else {
        // The body is whole and only the SIP around it is broken: read it as if it were not.
        let Read::Signal(mut draft, _) = read(came) else { return None };
        draft.signal.flags = draft.signal.flags.with(Flags::ODD_FIELD);
        draft.signal.sender = Sender::Doubtful;
        return Some(*draft);
    };
    broken.salvaged.mrq.then(|| undecodable(came, &broken))
}

fn is_scaip(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case(scaip::MEDIA_TYPE)
}

fn request(came: &Came<'_>, mrq: &Mrq) -> Read {
    let reference = mrq.reference.as_deref().unwrap_or_default();
    if is_beat(mrq) && mrq.cid.is_some() {
        return Read::Beat(Mrs::accepted(reference));
    }
    let draft = Box::new(signal(came, mrq));
    if reference.is_empty() {
        return Read::Signal(draft, None);
    }
    let mrs = if mrq.cid.is_none() {
        Mrs::refused(reference, snu::MANDATORY_MISSING, "missing cid")
    } else {
        Mrs::accepted(reference)
    };
    Read::Signal(draft, Some(mrs))
}

/// A heartbeat is a `PI` that says nothing more, or that it is the routine test of a channel.
fn is_beat(mrq: &Mrq) -> bool {
    mrq.message_type() == scaip::MessageType::Beat
        && mrq.stc.as_ref().is_none_or(|status| status.is(102) || status.is(103))
}

fn signal(came: &Came<'_>, mrq: &Mrq) -> Draft {
    let (device, odd_id) = device(mrq.cid.as_deref(), came.from);
    let (reference, odd_reference) =
        clear_id("", mrq.reference.as_deref().unwrap_or_default(), REFERENCE);
    let differs = mrq.cid.as_deref().is_some_and(|cid| cid != came.from);
    let mut flags = flags(came, mrq);
    if odd_id || odd_reference {
        flags = flags.with(Flags::ODD_FIELD);
    }
    if differs {
        flags = flags.with(Flags::SENDER_DIFFERS);
    }
    let kind = scaip_kind::kind(mrq);
    let sender = if differs { Sender::Doubtful } else { Sender::Claimed };
    let signal = base(came, device, reference, kind, sender, flags, &mrq.content());
    Draft { signal, plain: words(came, mrq) }
}

fn flags(came: &Came<'_>, mrq: &Mrq) -> Flags {
    let mut flags = Flags::default();
    let mut set = |when: bool, flag: Flags| {
        if when {
            flags = flags.with(flag);
        }
    };
    set(!mrq.missing().is_empty(), Flags::FIELD_MISSING);
    set(!scaip_kind::is_known(mrq), Flags::UNKNOWN_CODE);
    set(mrq.odd.contains(&Odd::Charset), Flags::LEGACY_TEXT);
    set(mrq.odd.iter().any(|odd| *odd != Odd::Charset && *odd != Odd::Extra), Flags::ODD_FIELD);
    set(!is_scaip(came.content_type), Flags::CONTENT_TYPE);
    flags
}

fn unreadable(came: &Came<'_>, broken: &Broken) -> Read {
    let mrs = broken.salvaged.reference.as_deref().map(|reference| {
        Mrs::refused(reference, broken.reason.status(), &broken.reason.to_string())
    });
    Read::Signal(Box::new(undecodable(came, broken)), mrs)
}

fn undecodable(came: &Came<'_>, broken: &Broken) -> Draft {
    let (device, _) = device(broken.salvaged.cid.as_deref(), came.from);
    let (reference, _) =
        clear_id("", broken.salvaged.reference.as_deref().unwrap_or_default(), REFERENCE);
    let signal = base(
        came,
        device,
        reference,
        Kind::UNDECODABLE,
        Sender::Doubtful,
        Flags::UNDECODABLE,
        came.body,
    );
    let mut plain = Plain::raw(came.raw);
    plain.say("Feil", scaip_words::fault(broken.reason));
    plain.say("Avsender", came.from);
    Draft { signal, plain }
}

fn base(
    came: &Came<'_>,
    device: String,
    reference: String,
    kind: Kind,
    sender: Sender,
    flags: Flags,
    content: &[u8],
) -> Signal {
    Signal {
        device: DeviceId(device),
        municipality: came.municipality,
        person: None,
        kind,
        reference: Reference(reference),
        content: content_hash(content),
        counter: None,
        happened: None,
        buffered: false,
        received: came.received,
        path: came.path,
        sender,
        flags,
        sealed: None,
    }
}

/// The unit's own id; without one, the user it sends as; without either, it is still an alarm.
fn device(cid: Option<&str>, from: &str) -> (String, bool) {
    let id = cid.filter(|cid| !cid.is_empty()).unwrap_or(from);
    clear_id("scaip:", if id.is_empty() { "?" } else { id }, DEVICE_ID)
}

/// What describes the person or the place: for the sealed part.
fn words(came: &Came<'_>, mrq: &Mrq) -> Plain {
    let mut plain = Plain::raw(came.raw);
    let named = |code: Option<&scaip::Code>, words: fn(u16) -> Option<&'static str>| {
        let Some(code) = code else { return String::new() };
        match code.num.and_then(words) {
            Some(words) => format!("{words} ({})", code.raw),
            None => code.raw.clone(),
        }
    };
    plain.say("Enhetstype", named(mrq.dty.as_ref(), scaip_words::device));
    plain.say("Status", named(mrq.stc.as_ref(), scaip_words::status));
    plain.say("Utløst av", mrq.did.clone().unwrap_or_default());
    plain.say("Statustekst", mrq.stt.clone().unwrap_or_default());
    plain.say("Sted", named(mrq.lco.as_ref(), scaip_words::place));
    plain.say("Stedsverdi", mrq.lva.clone().unwrap_or_default());
    plain.say("Stedstekst", mrq.lte.clone().unwrap_or_default());
    plain.say("Melding", mrq.ite.clone().unwrap_or_default());
    plain.say("Enhetstekst", mrq.dte.clone().unwrap_or_default());
    if let Some(geo) = &mrq.lge {
        plain.say("Posisjon", geo.geo.clone().or_else(|| geo.gga.clone()).unwrap_or_default());
        plain.say("Posisjon tatt", geo.tim.clone().unwrap_or_default());
    }
    if !mrq.crd.is_empty() {
        plain.say("Samtale", voice(mrq));
    }
    plain
}

fn voice(mrq: &Mrq) -> String {
    match mrq.caller() {
        Caller::NoVoice => "enheten har ikke tale".to_owned(),
        _ => mrq.crd.join(", "),
    }
}
