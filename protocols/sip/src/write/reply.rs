//! Responses (RFC 3261 8.2.6, 18.2.1; RFC 3581).

use core::net::SocketAddr;

use bytes::Bytes;

use super::Out;
use crate::address::Address;
use crate::hash::FieldHash;
use crate::header::{Headers, Name};
use crate::via::{Via, same_host};

/// A response in the making. It has no body: a 2xx to MESSAGE may not have one (RFC 3428 7).
///
/// The tag it adds to To is derived from the request: a repeated request gets the same.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    headers: &'a Headers,
    source: SocketAddr,
    status: u16,
    reason: Option<&'a str>,
    tag: Option<&'a [u8]>,
    extra: &'a [(&'a str, &'a [u8])],
}

impl<'a> Reply<'a> {
    /// A response with `status` to the request with these headers, which came from `source`.
    pub fn new(headers: &'a Headers, source: SocketAddr, status: u16) -> Self {
        Self { headers, source, status, reason: None, tag: None, extra: &[] }
    }

    /// Another reason phrase than [`reason`] has.
    #[must_use]
    pub fn reason(mut self, reason: &'a str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Another To tag than the derived one. A To that has a tag keeps it.
    #[must_use]
    pub fn tag(mut self, tag: &'a [u8]) -> Self {
        self.tag = Some(tag);
        self
    }

    /// More headers: (name, value).
    #[must_use]
    pub fn headers(mut self, extra: &'a [(&'a str, &'a [u8])]) -> Self {
        self.extra = extra;
        self
    }

    /// The bytes to send.
    pub fn build(&self) -> Bytes {
        let mut out = Out::with_capacity(512);
        let reason = self.reason.unwrap_or_else(|| reason(self.status));
        out.format(format_args!("SIP/2.0 {} ", self.status)).put_value(reason.as_bytes());
        out.put("\r\n");
        self.put_vias(&mut out);
        self.copy(&mut out, Name::From);
        self.put_to(&mut out);
        self.copy(&mut out, Name::CallId);
        self.copy(&mut out, Name::CSeq);
        for (name, value) in self.extra {
            out.header(name, value);
        }
        out.finish(b"")
    }

    fn copy(&self, out: &mut Out, name: Name) {
        if let Some(value) = self.headers.first(name) {
            out.header(name.as_str(), value);
        }
    }

    /// All Vias in order; the topmost learns where its request really came from.
    fn put_vias(&self, out: &mut Out) {
        let mut values = self.headers.all(Name::Via);
        if let Some(top) = values.next() {
            match Via::parse(top) {
                Some((via, rest)) => self.put_top_via(out, &via, rest),
                None => drop(out.header("Via", top)),
            }
        }
        for value in values {
            out.header("Via", value);
        }
    }

    fn put_top_via(&self, out: &mut Out, via: &Via<'_>, rest: Option<&[u8]>) {
        out.put("Via: SIP/2.0/").put_value(via.transport).put(" ").put_value(via.host);
        if let Some(port) = via.port {
            out.format(format_args!(":{port}"));
        }
        let mut rport = false;
        for (name, value) in via.params.iter() {
            if name.eq_ignore_ascii_case(b"received") {
                continue;
            }
            out.put(";").put_value(name);
            if name.eq_ignore_ascii_case(b"rport") {
                rport = true;
                out.format(format_args!("={}", self.source.port()));
            } else if let Some(value) = value {
                out.put("=").put_value(value);
            }
        }
        let seen = self.source.ip();
        // With rport the address goes along even when it is no news (RFC 3581 4).
        if rport || !via.address().is_some_and(|own| same_host(own, seen)) {
            out.format(format_args!(";received={}", seen.to_canonical()));
        }
        if let Some(rest) = rest {
            out.put(",").put_value(rest);
        }
        out.put("\r\n");
    }

    fn put_to(&self, out: &mut Out) {
        let Some(to) = self.headers.first(Name::To) else { return };
        out.put("To: ").put_value(to);
        if Address::parse(to).is_some_and(|to| to.tag().is_none()) {
            match self.tag {
                Some(tag) => out.put(";tag=").put_value(tag),
                None => out.format(format_args!(";tag={:016x}", self.derived_tag())),
            };
        }
        out.put("\r\n");
    }

    fn derived_tag(&self) -> u64 {
        let mut hash = FieldHash::new([0, 0]);
        for name in [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq] {
            hash.field(self.headers.first(name).unwrap_or_default());
        }
        hash.finish().into_iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(byte))
    }
}

/// The usual words for a status (RFC 3261 21).
pub const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        420 => "Bad Extension",
        423 => "Interval Too Brief",
        429 => "Too Many Requests",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        500 => "Server Internal Error",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        _ => match status / 100 {
            1 => "Trying",
            2 => "OK",
            3 => "Redirect",
            4 => "Request Failed",
            5 => "Server Failed",
            _ => "Failed",
        },
    }
}
