//! Our own MESSAGE requests (RFC 3428), which carry receipts to units.

use alloc::vec::Vec;

use bytes::Bytes;

use super::Out;
use crate::transport::Transport;

/// A MESSAGE to build. Its From, To and target are URIs without brackets; whatever they came
/// from, they cannot add headers.
#[derive(Clone, Copy)]
pub struct MessageRequest<'a> {
    /// Request-URI: `sip:<user>@<address>:<port>` of the unit.
    pub target: &'a [u8],
    /// Our URI.
    pub from: &'a [u8],
    /// Our tag, new for each request.
    pub from_tag: &'a str,
    /// The unit's URI, as in the From of its request.
    pub to: &'a [u8],
    /// Call-ID, new for each request.
    pub call_id: &'a str,
    /// `CSeq` number.
    pub cseq: u32,
    /// What it goes out by.
    pub transport: Transport,
    /// Our own address in Via: host, or host and port.
    pub sent_by: &'a str,
    /// What makes the branch unique; the cookie `z9hG4bK` is put before it.
    pub branch: &'a str,
    /// The body's media type.
    pub content_type: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// A request ready to send, and what finds its response again.
#[derive(Clone)]
pub struct Outgoing {
    /// The bytes to send.
    pub bytes: Bytes,
    /// Its branch, cookie included.
    pub branch: Bytes,
}

impl MessageRequest<'_> {
    /// Writes the request. Over UDP keep it under 1 300 bytes (RFC 3261 18.1.1).
    pub fn build(&self) -> Outgoing {
        let mut branch = Vec::with_capacity(7 + self.branch.len());
        branch.extend_from_slice(b"z9hG4bK");
        branch.extend_from_slice(self.branch.as_bytes());
        let mut out = Out::with_capacity(512 + self.body.len());
        out.put("MESSAGE ").put_bare_uri(self.target).put(" SIP/2.0\r\nVia: SIP/2.0/");
        out.put(self.transport.as_str()).put(" ").put_value(self.sent_by.as_bytes());
        out.put(";branch=").put_value(&branch).put(";rport\r\nMax-Forwards: 70\r\nFrom: ");
        out.put_uri(self.from).put(";tag=").put_value(self.from_tag.as_bytes());
        out.put("\r\nTo: ").put_uri(self.to).put("\r\n");
        out.header("Call-ID", self.call_id.as_bytes());
        out.format(format_args!("CSeq: {} MESSAGE\r\n", self.cseq));
        out.header("Content-Type", self.content_type.as_bytes());
        Outgoing { bytes: out.finish(self.body), branch: branch.into() }
    }
}
