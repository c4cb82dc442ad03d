//! What is left of a message that could not be read.

use alloc::boxed::Box;
use core::fmt;
use core::net::SocketAddr;

use bytes::Bytes;

use crate::header::{Headers, Name};
use crate::start::Method;
use crate::write::Reply;

/// Why a message was refused. The words of [`fmt::Display`] say what the sender should mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The first line is neither a request nor a status line of any SIP.
    NotSip,
    /// The first line tries to be SIP and is not well formed.
    StartLine,
    /// It is SIP of a version other than 2.0.
    Version,
    /// A header line has no colon.
    HeaderLine,
    /// A header that must be there is not.
    Missing(Name),
    /// A header that must be there cannot be read.
    Unreadable(Name),
    /// A header that may come once came twice and differs.
    Conflicting(Name),
    /// The method in `CSeq` is not the method of the request.
    MethodMismatch,
    /// Content-Length is not a number, is negative, or came twice and differs.
    ContentLength,
    /// A stream's message has no Content-Length, so its end is unknown.
    NoContentLength,
    /// The head does not end, or the body is shorter than Content-Length says.
    Truncated,
    /// Over [`MAX_HEAD`](crate::limits::MAX_HEAD).
    HeadTooLarge,
    /// Over [`MAX_LINE`](crate::limits::MAX_LINE).
    LineTooLong,
    /// Over [`MAX_HEADERS`](crate::limits::MAX_HEADERS).
    TooManyHeaders,
    /// Over [`MAX_MESSAGE`](crate::limits::MAX_MESSAGE).
    TooLarge,
}

impl Why {
    /// The status that fits: 400, 413, 505 or 513 (RFC 3261 21.4, 21.5).
    pub const fn status(self) -> u16 {
        match self {
            Self::Version => 505,
            Self::HeadTooLarge => 513,
            Self::TooLarge => 413,
            _ => 400,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSip => f.write_str("not SIP"),
            Self::StartLine => f.write_str("write the first line as METHOD URI SIP/2.0"),
            Self::Version => f.write_str("use SIP/2.0"),
            Self::HeaderLine => f.write_str("a header line has no colon"),
            Self::Missing(name) => write!(f, "add a {} header", name.as_str()),
            Self::Unreadable(name) => write!(f, "mend the {} header", name.as_str()),
            Self::Conflicting(name) => write!(f, "send one {} header only", name.as_str()),
            Self::MethodMismatch => f.write_str("name the request's own method in CSeq"),
            Self::ContentLength => f.write_str("send one Content-Length, digits only"),
            Self::NoContentLength => f.write_str("add a Content-Length header"),
            Self::Truncated => f.write_str("the message ends too early"),
            Self::HeadTooLarge => f.write_str("keep the headers under 16 KiB"),
            Self::LineTooLong => f.write_str("keep each header under 8 KiB"),
            Self::TooManyHeaders => f.write_str("send at most 100 headers"),
            Self::TooLarge => f.write_str("keep the message under 64 KiB"),
        }
    }
}

/// A message that could not be read, with everything of it that could. It may still be a person
/// calling: [`Salvaged::raw`] is what to show.
#[derive(Clone, Debug)]
pub struct Malformed {
    /// What is wrong with it; the first thing found.
    pub why: Why,
    /// What could be read.
    pub salvaged: Box<Salvaged>,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

impl core::error::Error for Malformed {}

impl Malformed {
    /// The answer owed to whoever sent it from `source`, or `None` when none is: to a response,
    /// to ACK, to what is not SIP, and to what has no Via to send an answer by.
    pub fn answer(&self, source: SocketAddr) -> Option<Bytes> {
        let headers = &self.salvaged.headers;
        let request = self.salvaged.method.is_some_and(|method| method != Method::Ack);
        headers.first(Name::Via).filter(|_| request)?;
        let reason = alloc::format!("{self}");
        Some(Reply::new(headers, source, self.why.status()).reason(&reason).build())
    }
}

/// The readable parts of a malformed message.
#[derive(Clone)]
pub struct Salvaged {
    pub(crate) raw: Bytes,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
    pub(crate) method: Option<Method>,
}

impl Salvaged {
    /// All bytes that came, unchanged.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The headers that could be told apart, up to the limits.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// All that came after the head, whatever Content-Length says.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The method, when the first line looks like a request's.
    pub fn method(&self) -> Option<Method> {
        self.method
    }
}
