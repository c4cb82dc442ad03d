//! Requests and responses, and how one is read from a datagram or a frame.

use alloc::boxed::Box;

use bytes::Bytes;

use crate::address::Address;
use crate::cseq::CSeq;
use crate::header::{Headers, Name, Span};
use crate::limits::MAX_MESSAGE;
use crate::malformed::{Malformed, Salvaged, Why};
use crate::scan::{Scan, without_padding};
use crate::start::{Method, Start};
use crate::uri::Uri;
use crate::via::Via;

/// What a datagram holds.
#[derive(Clone, Debug)]
pub enum Datagram {
    /// Only line ends, NULs or nothing: keeps a NAT open, needs no answer.
    KeepAlive,
    /// A message.
    Message(Message),
}

impl Datagram {
    /// Reads a datagram. Without Content-Length the body is its rest; bytes beyond
    /// Content-Length are dropped (RFC 3261 18.3).
    ///
    /// # Errors
    /// [`Malformed`], with everything that could be read.
    pub fn parse(datagram: Bytes) -> Result<Self, Malformed> {
        if without_padding(&datagram).is_empty() {
            return Ok(Self::KeepAlive);
        }
        Message::parse(datagram).map(Self::Message)
    }
}

/// A SIP message.
#[derive(Clone, Debug)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

impl Message {
    /// Reads a message: a datagram, or a frame from the [`Framer`](crate::Framer). Costs one
    /// allocation (a second one if a header is folded); the message keeps `raw` and borrows
    /// from it.
    ///
    /// # Errors
    /// [`Malformed`], with everything that could be read.
    pub fn parse(raw: Bytes) -> Result<Self, Malformed> {
        let Dissected { start, headers, body, why } = Dissected::of(&raw);
        let why = why.or_else(|| check(&headers, &start).err());
        match (why, start) {
            (None, Start::Request { method, name, uri }) => Ok(Self::Request(Request {
                parts: Parts { raw, headers, body },
                method,
                name,
                uri,
            })),
            (None, Start::Response { status, reason }) => {
                Ok(Self::Response(Response { parts: Parts { raw, headers, body }, status, reason }))
            }
            (why, start) => {
                let salvaged = Salvaged { raw, headers, body, method: start.method() };
                Err(Malformed { why: why.unwrap_or(Why::NotSip), salvaged: Box::new(salvaged) })
            }
        }
    }
}

/// What could be read of `raw`, refused for `why`.
pub(crate) fn salvage(raw: Bytes, why: Why) -> Malformed {
    let Dissected { start, headers, body, .. } = Dissected::of(&raw);
    let salvaged = Salvaged { raw, headers, body, method: start.method() };
    Malformed { why, salvaged: Box::new(salvaged) }
}

/// A message in its parts, and the first trouble with it.
struct Dissected {
    start: Start,
    headers: Headers,
    body: Bytes,
    why: Option<Why>,
}

impl Dissected {
    fn of(raw: &Bytes) -> Self {
        let text = raw.slice(raw.len() - without_padding(raw).len()..);
        let mut scan = Scan::of(&text);
        let start = Start::of(scan.start.of(&scan.headers.head));
        let body = body(&text, &mut scan);
        let why = match start {
            // A first line that cannot be read explains all other trouble.
            Start::Unreadable { why, .. } => Some(why),
            _ => scan.why,
        };
        Self { start, headers: scan.headers, body, why }
    }
}

/// The body as Content-Length cuts it; all that came when anything is wrong.
fn body(text: &Bytes, scan: &mut Scan) -> Bytes {
    if text.len() > MAX_MESSAGE {
        scan.note(Why::TooLarge);
    }
    let rest = text.slice(scan.body_at..);
    match scan.length {
        Some(length) if length > rest.len() => scan.note(Why::Truncated),
        Some(length) if scan.why.is_none() => return rest.slice(..length),
        _ => {}
    }
    rest
}

/// That the headers every message needs are there, once, and readable (RFC 3261 8.1.1).
fn check(headers: &Headers, start: &Start) -> Result<(), Why> {
    for name in [Name::From, Name::To, Name::CallId, Name::CSeq] {
        let mut values = headers.all(name);
        let first = values.next().ok_or(Why::Missing(name))?;
        if values.any(|value| value != first) {
            return Err(Why::Conflicting(name));
        }
    }
    headers.first(Name::Via).ok_or(Why::Missing(Name::Via))?;
    headers.via().ok_or(Why::Unreadable(Name::Via))?;
    headers.from().ok_or(Why::Unreadable(Name::From))?;
    headers.to().ok_or(Why::Unreadable(Name::To))?;
    headers.call_id().ok_or(Why::Unreadable(Name::CallId))?;
    let cseq = headers.cseq().ok_or(Why::Unreadable(Name::CSeq))?;
    match start {
        Start::Request { name, .. } if name.of(&headers.head) != cseq.method => {
            Err(Why::MethodMismatch)
        }
        _ => Ok(()),
    }
}

#[derive(Clone)]
struct Parts {
    raw: Bytes,
    headers: Headers,
    body: Bytes,
}

/// A request with all the headers it needs. What [`Message::parse`] checked is handed out
/// without `Option`.
#[derive(Clone)]
pub struct Request {
    parts: Parts,
    method: Method,
    name: Span,
    uri: Span,
}

impl Request {
    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The method as written.
    pub fn method_text(&self) -> &[u8] {
        self.name.of(&self.parts.headers.head)
    }

    /// The Request-URI as written.
    pub fn uri_text(&self) -> &[u8] {
        self.uri.of(&self.parts.headers.head)
    }

    /// The Request-URI in parts, if it can be read.
    pub fn uri(&self) -> Option<Uri<'_>> {
        Uri::parse(self.uri_text())
    }

    /// The headers.
    pub fn headers(&self) -> &Headers {
        &self.parts.headers
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.parts.body
    }

    /// The whole message as it came.
    pub fn raw(&self) -> &Bytes {
        &self.parts.raw
    }

    /// The topmost Via.
    pub fn via(&self) -> Via<'_> {
        self.parts.headers.via().unwrap_or_default()
    }

    /// From: who sends.
    pub fn from(&self) -> Address<'_> {
        self.parts.headers.from().unwrap_or_default()
    }

    /// To: whom it is for.
    pub fn to(&self) -> Address<'_> {
        self.parts.headers.to().unwrap_or_default()
    }

    /// Call-ID.
    pub fn call_id(&self) -> &[u8] {
        self.parts.headers.call_id().unwrap_or_default()
    }

    /// `CSeq`.
    pub fn cseq(&self) -> CSeq<'_> {
        let fallback = CSeq { number: 0, method: self.method_text() };
        self.parts.headers.cseq().unwrap_or(fallback)
    }
}

/// A response with all the headers it needs.
#[derive(Clone)]
pub struct Response {
    parts: Parts,
    status: u16,
    reason: Span,
}

impl Response {
    /// The status, 100 to 699.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The reason phrase: any bytes, often none.
    pub fn reason(&self) -> &[u8] {
        self.reason.of(&self.parts.headers.head)
    }

    /// The headers.
    pub fn headers(&self) -> &Headers {
        &self.parts.headers
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.parts.body
    }

    /// The whole message as it came.
    pub fn raw(&self) -> &Bytes {
        &self.parts.raw
    }
}
