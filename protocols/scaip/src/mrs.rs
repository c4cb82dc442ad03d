//! `mrs`: what a receiver answers.

use crate::code::Code;
use crate::fields::{self, Odd, Taking};
use crate::limits::STATUS_TEXT_CHARS;
use crate::reader::Element;
use crate::tables::snu;
use crate::writer::Writer;

/// One message response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mrs {
    /// `ref`: that of the mrq; trimmed. Mandatory.
    pub reference: Option<String>,
    /// `snu`: status number, see [`crate::snu`]. Mandatory.
    pub snu: Option<Code>,
    /// `ste`: status text.
    pub ste: Option<String>,
    /// `cve`: the version both can use.
    pub cve: Option<String>,
    /// `mre`: media reply; 0 no voice, 1 duplex, 2 microphone only, 3 speaker only.
    pub mre: Option<Code>,
    /// `cre`: call-handling reply; 61 the programmed receiver, 62 the number in `tnu`.
    pub cre: Option<Code>,
    /// `tnu`: where to call. One only: several make some units fail.
    pub tnu: Option<String>,
    /// `hbi`: heartbeat interval; the meaning of its values is not known, so none is sent.
    pub hbi: Option<Code>,
    /// Elements of no table, and repeated ones: name and text. Never written.
    pub extra: Vec<(String, String)>,
    /// What was out of order and taken all the same.
    pub odd: Vec<Odd>,
}

impl Mrs {
    /// Accepted, without a voice call.
    pub fn accepted(reference: &str) -> Self {
        Self { mre: Some(Code::from(0)), ..Self::status(reference, snu::OK) }
    }

    /// Accepted; the device shall call `number` (`sip:…`, `gsm:+…` or `tel:+…`), duplex.
    pub fn accepted_call(reference: &str, number: &str) -> Self {
        Self {
            mre: Some(Code::from(1)),
            cre: Some(Code::from(62)),
            tnu: Some(number.to_owned()),
            ..Self::status(reference, snu::OK)
        }
    }

    /// Accepted; the receiver will call the device, duplex.
    pub fn accepted_callback(reference: &str) -> Self {
        Self { mre: Some(Code::from(1)), ..Self::status(reference, snu::OK) }
    }

    /// Not accepted, with a short English reason.
    pub fn refused(reference: &str, snu: u16, reason: &str) -> Self {
        Self { ste: Some(reason.to_owned()), ..Self::status(reference, snu) }
    }

    fn status(reference: &str, snu: u16) -> Self {
        Self {
            reference: Some(reference.to_owned()),
            snu: Some(Code::from(snu)),
            ..Self::default()
        }
    }

    /// Whether the message is taken: `snu` 0 and nothing else.
    pub fn is_accepted(&self) -> bool {
        self.snu.as_ref().is_some_and(|snu| snu.is(snu::OK))
    }

    /// The body to send, in the order of the standard.
    pub fn encode(&self) -> String {
        let raw = |code: &'_ Option<Code>| code.as_ref().map(|code| code.raw.clone());
        let ste = self.ste.as_deref().map(|ste| {
            let end = ste.char_indices().nth(STATUS_TEXT_CHARS).map_or(ste.len(), |(at, _)| at);
            &ste[..end]
        });
        let mut w = Writer::new("mrs");
        w.element("ref", self.reference.as_deref());
        w.element("snu", raw(&self.snu).as_deref());
        w.element("ste", ste);
        w.element("cve", self.cve.as_deref());
        w.element("mre", raw(&self.mre).as_deref());
        w.element("cre", raw(&self.cre).as_deref());
        w.element("tnu", self.tnu.as_deref());
        w.element("hbi", raw(&self.hbi).as_deref());
        w.finish()
    }

    pub(crate) fn take(root: &Element<'_>, mut taking: Taking) -> Self {
        let mut found = Self::default();
        let t = &mut taking;
        t.root(root);
        for e in &root.children {
            match &*e.name {
                "ref" => t.text(&mut found.reference, "ref", e, fields::is_reference),
                "snu" => t.code(&mut found.snu, "snu", e, 5),
                "ste" => t.text(&mut found.ste, "ste", e, fields::within::<128>),
                "cve" => t.text(&mut found.cve, "cve", e, fields::is_version),
                "mre" => t.code(&mut found.mre, "mre", e, 2),
                "cre" => t.code(&mut found.cre, "cre", e, 2),
                "tnu" => t.text(&mut found.tnu, "tnu", e, fields::within::<256>),
                "hbi" => t.code(&mut found.hbi, "hbi", e, 1),
                _ => t.unknown(e),
            }
        }
        found.reference = found.reference.map(|text| text.trim().to_owned());
        found.odd = taking.odd;
        found.extra = taking.extra;
        found
    }
}
