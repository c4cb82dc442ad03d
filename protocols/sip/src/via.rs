//! The Via header: where an answer goes (RFC 3261 20.42, RFC 3581).

use core::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::header::Headers;
use crate::params::Params;
use crate::text::{
    host_port, is_space, quotes_close, split_at_byte, split_unquoted, trim, trim_start,
};

/// One Via.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Via<'a> {
    /// `UDP`, `TCP`, `TLS` or another, as written.
    pub transport: &'a [u8],
    /// The sender's own name for itself; an IPv6 address keeps its brackets.
    pub host: &'a [u8],
    /// The sender's own port, when written.
    pub port: Option<u16>,
    /// All parameters.
    pub params: Params<'a>,
}

impl<'a> Via<'a> {
    /// Reads the first Via of a header value, and gives what stands after its comma. One with a
    /// quote that never closes is none: what our answer adds to it would be read as quoted too.
    pub fn parse(value: &'a [u8]) -> Option<(Self, Option<&'a [u8]>)> {
        let (first, rest) = split_unquoted(value, b',');
        if !quotes_close(first) {
            return None;
        }
        let (name, version) = split_at_byte(first, b'/');
        let (version, transport) = split_at_byte(version?, b'/');
        if !trim(name).eq_ignore_ascii_case(b"SIP") || trim(version) != b"2.0" {
            return None;
        }
        let transport = trim_start(transport?);
        let gap = transport.iter().position(|&b| is_space(b))?;
        let (sent_by, params) = split_at_byte(&transport[gap..], b';');
        let (host, port) = host_port(sent_by)?;
        let params = Params::new(params.unwrap_or_default());
        Some((Self { transport: &transport[..gap], host, port, params }, rest))
    }

    /// The branch: what the sender calls this transaction. Some units use the same for all.
    pub fn branch(&self) -> Option<&'a [u8]> {
        self.params.value("branch")
    }

    /// Whether the sender asks to be answered at the port it sent from (RFC 3581).
    pub fn wants_rport(&self) -> bool {
        self.params.find("rport").is_some()
    }

    /// The host, when it is an address and not a name.
    pub fn address(&self) -> Option<IpAddr> {
        let text = core::str::from_utf8(self.host).ok()?;
        match text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            None => text.parse().ok(),
        }
    }
}

/// Where to send the answer of a request that came in a datagram from `source`; over a stream
/// the answer goes back on its connection instead.
///
/// RFC 3261 18.2.2 and RFC 3581 4, with two deviations. `maddr` is ignored, for it would let
/// anyone aim our answers at a third party. And a unit that does not ask for `rport` but whose
/// own address is not the one we see is behind a NAT: it is answered at the port it sent from,
/// because the port it knows of means nothing outside.
pub fn reply_to(headers: &Headers, source: SocketAddr) -> SocketAddr {
    let Some(via) = headers.via() else { return source };
    let behind_nat = via.address().is_some_and(|own| !same_host(own, source.ip()));
    if via.wants_rport() || behind_nat {
        return source;
    }
    SocketAddr::new(source.ip(), via.port.unwrap_or(5060))
}

/// Whether both are one address, an IPv4 address in IPv6 clothes included.
pub(crate) fn same_host(a: IpAddr, b: IpAddr) -> bool {
    a.to_canonical() == b.to_canonical()
}
