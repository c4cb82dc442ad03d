//! `mrq`: what a device says.

mod call;
mod caller;
mod wire;

pub use call::Call;
pub use caller::Caller;

use crate::code::{Code, MessageType};
use crate::fields::Odd;

/// One message request. Every element is as the device wrote it; the methods give what an absent
/// one stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mrq {
    /// `ref`: message id, echoed in the answer; trimmed. Mandatory.
    pub reference: Option<String>,
    /// `cid`: controller id of the home unit; trimmed. Mandatory.
    pub cid: Option<String>,
    /// `cid` as written, where that is not the trimmed one.
    pub cid_raw: Option<String>,
    /// `dty`: device type, see [`crate::dty`]. Mandatory.
    pub dty: Option<Code>,
    /// `ver`: protocol version of the sender.
    pub ver: Option<String>,
    /// `sco`: system configuration.
    pub sco: Option<Code>,
    /// `cha`: call handling; 0 the device calls, 1 the receiver calls back.
    pub cha: Option<Code>,
    /// `mty`: message type.
    pub mty: Option<MessageType>,
    /// `hbo`: whether the heartbeat interval can be set.
    pub hbo: Option<Code>,
    /// `did`: id of the device that triggered, such as a pendant.
    pub did: Option<String>,
    /// `dco`: component of the device, see [`crate::dco`].
    pub dco: Option<Code>,
    /// `dte`: device text.
    pub dte: Option<String>,
    /// `crd`: how a voice call will come; may occur several times.
    pub crd: Vec<String>,
    /// `stc`: status code, see [`crate::stc`].
    pub stc: Option<Code>,
    /// `stt`: status text.
    pub stt: Option<String>,
    /// `pri`: priority; the direction of the scale is not known.
    pub pri: Option<Code>,
    /// `lco`: location code, see [`crate::lco`].
    pub lco: Option<Code>,
    /// `lva`: location value, such as a floor.
    pub lva: Option<String>,
    /// `lge`: position.
    pub lge: Option<Geo>,
    /// `lte`: location text.
    pub lte: Option<String>,
    /// `ico`: info code; its values are not known.
    pub ico: Option<Code>,
    /// `ite`: info text.
    pub ite: Option<String>,
    /// `ame`: 1 when more messages belong to this one.
    pub ame: Option<Code>,
    /// `mreq`: wanted media, an addition seen in the field.
    pub mreq: Option<Code>,
    /// Elements of no table, and repeated ones: name and text.
    pub extra: Vec<(String, String)>,
    /// What was out of order and taken all the same.
    pub odd: Vec<Odd>,
}

/// `lge`: a position as text, in whatever form the device writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Geo {
    /// `geo`: WGS 84, latitude and longitude.
    pub geo: Option<String>,
    /// `tim`: when the position was taken.
    pub tim: Option<String>,
    /// `gga`: an NMEA GGA sentence.
    pub gga: Option<String>,
}

impl Mrq {
    /// The smallest message request: an event, by default a manual alarm.
    pub fn new(reference: &str, cid: &str, dty: u16) -> Self {
        Self {
            reference: Some(reference.to_owned()),
            cid: Some(cid.to_owned()),
            dty: Some(Code::from(dty)),
            ..Self::default()
        }
    }

    /// The mandatory elements that are missing, in the order of the standard.
    pub fn missing(&self) -> Vec<&'static str> {
        let there = [
            ("ref", self.reference.is_some()),
            ("cid", self.cid.is_some()),
            ("dty", self.dty.is_some()),
        ];
        there.into_iter().filter(|(_, there)| !there).map(|(tag, _)| tag).collect()
    }

    /// `mty`, `ME` when absent.
    pub fn message_type(&self) -> MessageType {
        self.mty.clone().unwrap_or(MessageType::Event)
    }

    /// `stc`, 10 (manual alarm) when absent.
    pub fn status(&self) -> Code {
        self.stc.clone().unwrap_or_else(|| Code::from(10))
    }

    /// `lco`, 0 (unknown) when absent.
    pub fn location(&self) -> Code {
        self.lco.clone().unwrap_or_else(|| Code::from(0))
    }

    /// `ver`, `01.00` when absent.
    pub fn version(&self) -> &str {
        self.ver.as_deref().unwrap_or("01.00")
    }

    /// `sco`, 0 (a home unit) when absent.
    pub fn system(&self) -> Code {
        self.sco.clone().unwrap_or_else(|| Code::from(0))
    }

    /// Whether the receiver shall call the device (`cha` 1); when absent the device calls.
    pub fn wants_callback(&self) -> bool {
        self.cha.as_ref().is_some_and(|cha| cha.is(1))
    }

    /// Whether the device lets its heartbeat interval be set (`hbo` 1); when absent it does not.
    pub fn beat_is_adjustable(&self) -> bool {
        self.hbo.as_ref().is_some_and(|hbo| hbo.is(1))
    }

    /// Whether more messages belong to this one (`ame` 1).
    pub fn has_more(&self) -> bool {
        self.ame.as_ref().is_some_and(|ame| ame.is(1))
    }

    /// How the voice call will come: `sip:` before `tel:` before `gsm:`; `sip:` when absent.
    pub fn caller(&self) -> Caller<'_> {
        let callers = self.crd.iter().map(|crd| Caller::parse(crd));
        callers.min_by_key(|caller| caller.rank()).unwrap_or(Caller::Sip(""))
    }

    /// What makes two messages of one `ref` the same: the canonical bytes of `mty`, `dty`, `did`,
    /// `dco`, `stc` and `lco`, each with its length before it, defaults filled in.
    pub fn content(&self) -> Vec<u8> {
        let mty = self.mty.as_ref().map_or("ME", MessageType::as_str).trim();
        let did = self.did.as_deref().unwrap_or_default().trim();
        let code = |code: &Option<Code>, out: &mut Vec<u8>, default: &str| match code {
            Some(code) => code.write_canonical(out),
            None => out.extend_from_slice(default.as_bytes()),
        };
        let mut bytes = Vec::with_capacity(48);
        part(&mut bytes, |out| out.extend(mty.bytes().map(|byte| byte.to_ascii_uppercase())));
        part(&mut bytes, |out| code(&self.dty, out, ""));
        part(&mut bytes, |out| out.extend_from_slice(did.as_bytes()));
        part(&mut bytes, |out| code(&self.dco, out, ""));
        part(&mut bytes, |out| code(&self.stc, out, "10"));
        part(&mut bytes, |out| code(&self.lco, out, "0"));
        bytes
    }
}

/// Writes one part with its length before it, four bytes.
fn part(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    let length = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
}
