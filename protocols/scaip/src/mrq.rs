//! `mrq`: what a device says.

use crate::code::{Code, MessageType};
use crate::fields::{self, Odd, Taking};
use crate::reader::Element;
use crate::writer::Writer;

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

/// What one `crd` says about the voice call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller<'a> {
    /// Over SIP, from this address; empty: from the address of the message.
    Sip(&'a str),
    /// Over the mobile network, from this number; empty: not told.
    Gsm(&'a str),
    /// Over the telephone network, from this number; empty: not told.
    Tel(&'a str),
    /// There will be none.
    NoVoice,
    /// Some other scheme.
    Other(&'a str),
}

impl<'a> Caller<'a> {
    fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let Some((scheme, rest)) = text.split_once(':') else { return Self::Other(text) };
        let number = if rest == "+" { "" } else { rest };
        match scheme.to_ascii_lowercase().as_str() {
            "sip" | "sips" => Self::Sip(rest),
            "gsm" => Self::Gsm(number),
            "tel" => Self::Tel(number),
            "no-voice" => Self::NoVoice,
            _ => Self::Other(text),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Sip(_) => 0,
            Self::Tel(_) => 1,
            Self::Gsm(_) => 2,
            Self::Other(_) => 3,
            Self::NoVoice => 4,
        }
    }
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
        let canonical = |code: &Option<Code>| code.as_ref().map(Code::canonical);
        let parts = [
            self.message_type().as_str().trim().to_ascii_uppercase(),
            canonical(&self.dty).unwrap_or_default(),
            self.did.as_deref().unwrap_or_default().trim().to_owned(),
            canonical(&self.dco).unwrap_or_default(),
            self.status().canonical(),
            self.location().canonical(),
        ];
        let mut bytes = Vec::with_capacity(40);
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u32).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }

    /// The body to send: what is there, nothing else.
    pub fn encode(&self) -> String {
        fn raw(code: Option<&Code>) -> Option<&str> {
            code.map(|code| code.raw.as_str())
        }
        let mut w = Writer::new("mrq");
        w.element("ref", self.reference.as_deref());
        w.element("cid", self.cid_raw.as_deref().or(self.cid.as_deref()));
        w.element("dty", raw(self.dty.as_ref()));
        w.element("ver", self.ver.as_deref());
        w.element("sco", raw(self.sco.as_ref()));
        w.element("cha", raw(self.cha.as_ref()));
        w.element("mty", self.mty.as_ref().map(MessageType::as_str));
        w.element("hbo", raw(self.hbo.as_ref()));
        w.element("did", self.did.as_deref());
        w.element("dco", raw(self.dco.as_ref()));
        w.element("dte", self.dte.as_deref());
        for crd in &self.crd {
            w.element("crd", Some(crd));
        }
        w.element("stc", raw(self.stc.as_ref()));
        w.element("stt", self.stt.as_deref());
        w.element("pri", raw(self.pri.as_ref()));
        w.element("lco", raw(self.lco.as_ref()));
        w.element("lva", self.lva.as_deref());
        if let Some(Geo { geo, tim, gga }) = &self.lge {
            let parts = [("geo", geo.as_deref()), ("tim", tim.as_deref()), ("gga", gga.as_deref())];
            w.nested("lge", &parts);
        }
        w.element("lte", self.lte.as_deref());
        w.element("ico", raw(self.ico.as_ref()));
        w.element("ite", self.ite.as_deref());
        w.element("ame", raw(self.ame.as_ref()));
        w.element("mreq", raw(self.mreq.as_ref()));
        for (name, text) in &self.extra {
            w.element(name, Some(text));
        }
        w.finish()
    }

    pub(crate) fn take(root: &Element, mut taking: Taking) -> Self {
        let mut found = Self::default();
        taking.root(root);
        for element in &root.children {
            found.take_element(element, &mut taking);
        }
        found.odd = taking.odd;
        found.extra = taking.extra;
        found
    }

    fn take_element(&mut self, e: &Element, t: &mut Taking) {
        match e.name.as_str() {
            "ref" => {
                t.text(&mut self.reference, "ref", e, fields::is_reference);
                trim(&mut self.reference);
            }
            "cid" => self.take_cid(e, t),
            "dty" => t.code(&mut self.dty, "dty", e, 4),
            "ver" => t.text(&mut self.ver, "ver", e, fields::is_version),
            "sco" => t.code(&mut self.sco, "sco", e, 1),
            "cha" => t.code(&mut self.cha, "cha", e, 1),
            "mty" => self.take_mty(e, t),
            "hbo" => t.code(&mut self.hbo, "hbo", e, 1),
            "did" => t.text(&mut self.did, "did", e, fields::within::<8>),
            "dco" => t.code(&mut self.dco, "dco", e, 3),
            "dte" => t.text(&mut self.dte, "dte", e, fields::within::<32>),
            "crd" => {
                let mut crd = None;
                t.text(&mut crd, "crd", e, fields::within::<256>);
                self.crd.extend(crd);
            }
            "stc" => t.code(&mut self.stc, "stc", e, 4),
            "stt" => t.text(&mut self.stt, "stt", e, fields::within::<32>),
            "pri" => t.code(&mut self.pri, "pri", e, 1),
            "lco" => t.code(&mut self.lco, "lco", e, 3),
            "lva" => t.text(&mut self.lva, "lva", e, fields::within::<2>),
            "lge" => self.take_lge(e, t),
            "lte" => t.text(&mut self.lte, "lte", e, fields::within::<32>),
            "ico" => t.code(&mut self.ico, "ico", e, 3),
            "ite" => t.text(&mut self.ite, "ite", e, fields::within::<128>),
            "ame" => t.code(&mut self.ame, "ame", e, 1),
            "mreq" => t.code(&mut self.mreq, "mreq", e, 1),
            _ => t.unknown(e),
        }
    }

    fn take_cid(&mut self, e: &Element, t: &mut Taking) {
        let mut raw = None;
        if let Some(text) = t.value(self.cid.is_some(), "cid", e) {
            if !fields::is_controller(text) {
                t.note(Odd::Pattern("cid"));
            }
            raw = Some(text.to_owned());
        }
        if let Some(raw) = raw {
            let trimmed = raw.trim().to_owned();
            self.cid_raw = (raw != trimmed).then_some(raw);
            self.cid = Some(trimmed);
        }
    }

    fn take_mty(&mut self, e: &Element, t: &mut Taking) {
        if let Some(text) = t.value(self.mty.is_some(), "mty", e) {
            let mty = MessageType::parse(text);
            if mty.as_str() != text || matches!(mty, MessageType::Other(_)) {
                t.note(Odd::Pattern("mty"));
            }
            self.mty = Some(mty);
        }
    }

    fn take_lge(&mut self, e: &Element, t: &mut Taking) {
        t.name(e);
        if self.lge.is_some() {
            t.note(Odd::Repeated("lge"));
            t.unknown(e);
            return;
        }
        let mut lge = Geo::default();
        for part in &e.children {
            match part.name.as_str() {
                "geo" => t.text(&mut lge.geo, "geo", part, is_geo),
                "tim" => t.text(&mut lge.tim, "tim", part, fields::within::<22>),
                "gga" => t.text(&mut lge.gga, "gga", part, fields::within::<81>),
                _ => t.unknown(part),
            }
        }
        if e.text.trim().is_empty() {
            if lge == Geo::default() {
                t.note(Odd::Empty("lge"));
                return;
            }
        } else {
            // A position written without its inner element is still a position.
            t.note(Odd::Pattern("lge"));
            lge.geo.get_or_insert_with(|| e.text.trim().to_owned());
        }
        self.lge = Some(lge);
    }
}

fn trim(slot: &mut Option<String>) {
    if let Some(text) = slot
        && text.trim().len() != text.len()
    {
        *text = text.trim().to_owned();
    }
}

/// `[0-9.,]{1,23}`
fn is_geo(text: &str) -> bool {
    text.len() <= 23 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
}
