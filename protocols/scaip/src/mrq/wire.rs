//! How an mrq is read from elements and written as text.

use super::{Geo, Mrq};
use crate::code::{Code, MessageType};
use crate::fields::{self, Odd, Taking};
use crate::reader::Element;
use crate::writer::Writer;

impl Mrq {
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

    pub(crate) fn take(root: &Element<'_>, mut taking: Taking) -> Self {
        let mut found = Self::default();
        taking.root(root);
        for element in &root.children {
            found.take_element(element, &mut taking);
        }
        found.odd = taking.odd;
        found.extra = taking.extra;
        found
    }

    fn take_element(&mut self, e: &Element<'_>, t: &mut Taking) {
        match &*e.name {
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

    fn take_cid(&mut self, e: &Element<'_>, t: &mut Taking) {
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

    fn take_mty(&mut self, e: &Element<'_>, t: &mut Taking) {
        if let Some(text) = t.value(self.mty.is_some(), "mty", e) {
            let mty = MessageType::parse(text);
            if mty.as_str() != text || matches!(mty, MessageType::Other(_)) {
                t.note(Odd::Pattern("mty"));
            }
            self.mty = Some(mty);
        }
    }

    fn take_lge(&mut self, e: &Element<'_>, t: &mut Taking) {
        t.name(e);
        if self.lge.is_some() {
            t.note(Odd::Repeated("lge"));
            t.unknown(e);
            return;
        }
        let mut lge = Geo::default();
        for part in &e.children {
            match &*part.name {
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
