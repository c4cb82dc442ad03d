//! SCAIP (SS 91100:2014, CLC/TS 50134-9:2018): the XML body that social alarms carry in a SIP
//! MESSAGE.
//!
//! [`decode`] takes whatever a device sent and gives an [`Mrq`] or an [`Mrs`], lenient about fields
//! and strict about XML; what is not XML gives a [`Broken`] with what could be salvaged, because a
//! broken message may still be a person calling. [`Mrq::encode`] and [`Mrs::encode`] write minimal
//! plain ASCII and never a self-closing tag, which some units cannot read.
//!
//! Pure: no sockets, files, clock or async. It is not `no_std` because its XML parser is not.

mod broken;
mod charset;
mod code;
mod fields;
pub mod limits;
mod mrq;
mod mrs;
mod reader;
mod salvage;
mod tables;
mod writer;

pub use broken::{Broken, Reason, Salvaged};
pub use code::{Code, MessageType};
pub use fields::Odd;
pub use mrq::{Call, Caller, Geo, Mrq};
pub use mrs::Mrs;
pub use tables::{Row, dco, dty, lco, snu, stc};

/// The media type of the body in SIP.
pub const MEDIA_TYPE: &str = "application/scaip+xml";

/// One SCAIP document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// What a device says.
    Mrq(Box<Mrq>),
    /// What a receiver answers.
    Mrs(Box<Mrs>),
}

/// Reads one SIP body. The root element decides, not the content type it came under.
pub fn decode(body: &[u8]) -> Result<Document, Broken> {
    read(body).map_err(|reason| Broken { reason, salvaged: Box::new(salvage::salvage(body)) })
}

fn read(body: &[u8]) -> Result<Document, Reason> {
    if body.len() > limits::BODY_BYTES {
        return Err(Reason::TooLong);
    }
    let text = charset::decode(body);
    let root = reader::read(charset::trim(&text.text))?;
    let taking = fields::Taking::new(text.fallback);
    match &*root.name {
        "mrq" => Ok(Document::Mrq(Box::new(Mrq::take(&root, taking)))),
        "mrs" => Ok(Document::Mrs(Box::new(Mrs::take(&root, taking)))),
        _ => Err(Reason::NotScaip),
    }
}
