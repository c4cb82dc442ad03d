//! What is not a SCAIP document, and what could be read of it all the same.

use core::fmt;

use crate::code::{Code, MessageType};
use crate::tables::snu;

/// Why a body is not a SCAIP document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// More than [`crate::limits::BODY_BYTES`].
    TooLong,
    /// Nothing but white space.
    Empty,
    /// Not well-formed XML.
    NotXml,
    /// The body ends before the root element does.
    Truncated,
    /// A document type declaration; none is ever read.
    Dtd,
    /// An entity other than the five of XML; none is ever expanded.
    Entity,
    /// A NUL inside the document.
    Nul,
    /// A second root element.
    SecondRoot,
    /// Text before or after the root element.
    TextOutsideRoot,
    /// Deeper than [`crate::limits::DEPTH`].
    TooDeep,
    /// More than [`crate::limits::ELEMENTS`].
    TooManyElements,
    /// More than [`crate::limits::ATTRIBUTES`].
    TooManyAttributes,
    /// XML whose root is neither `mrq` nor `mrs`.
    NotScaip,
}

impl Reason {
    /// The `snu` that says this to the device.
    pub fn status(self) -> u16 {
        match self {
            Self::TooLong => snu::TOO_LONG,
            _ => snu::INVALID_FORMAT,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "body longer than 16 KiB",
            Self::Empty => "empty body",
            Self::NotXml => "not well-formed XML",
            Self::Truncated => "body ends before its root element does",
            Self::Dtd => "document type declarations are not accepted",
            Self::Entity => "unknown entity",
            Self::Nul => "NUL inside the document",
            Self::SecondRoot => "second root element",
            Self::TextOutsideRoot => "text outside the root element",
            Self::TooDeep => "elements nested deeper than 8",
            Self::TooManyElements => "more than 64 elements",
            Self::TooManyAttributes => "more than 64 attributes",
            Self::NotScaip => "root element is neither mrq nor mrs",
        })
    }
}

/// Values found in a broken body. Each was whole: followed by the start of a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// `<ref>`: with it the device can be answered.
    pub reference: Option<String>,
    /// `<cid>`, trimmed.
    pub cid: Option<String>,
    /// `<dty>`.
    pub dty: Option<Code>,
    /// `<stc>`.
    pub stc: Option<Code>,
    /// `<mty>`.
    pub mty: Option<MessageType>,
    /// Whether `<mrq` stands in it: a device meant to say something.
    pub mrq: bool,
}

/// A body that is not a SCAIP document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Why.
    pub reason: Reason,
    /// What could be read.
    pub salvaged: Box<Salvaged>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl core::error::Error for Broken {}
impl core::error::Error for Reason {}
