//! `sip:`, `sips:` and `tel:` URIs (RFC 3261 19.1, RFC 3966), read without copying.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::params::Params;
use crate::text::{host_port, is_token, split_at_byte, trim};

/// What kind of URI it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`; the number is the [`Uri::user`], there is no host.
    Tel,
    /// Any other; all after the colon is the [`Uri::user`], there is no host.
    Other,
}

/// A URI in parts. Escapes (`%41`) are left as written; see [`Uri::user_decoded`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// The scheme.
    pub scheme: Scheme,
    /// Before the `@`, without the password.
    pub user: Option<&'a [u8]>,
    /// Host name or address; an IPv6 address keeps its brackets. Empty for `tel:` and others.
    pub host: &'a [u8],
    /// The port, when written.
    pub port: Option<u16>,
    /// The parameters after the host.
    pub params: Params<'a>,
}

impl<'a> Uri<'a> {
    /// Reads a URI. `None` when it has no scheme, no host where one is needed, or a port that is
    /// not one.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (scheme, rest) = split_at_byte(trim(text), b':');
        let rest = rest?;
        if !is_token(scheme) {
            return None;
        }
        let scheme = match scheme {
            s if s.eq_ignore_ascii_case(b"sip") => Scheme::Sip,
            s if s.eq_ignore_ascii_case(b"sips") => Scheme::Sips,
            s if s.eq_ignore_ascii_case(b"tel") => Scheme::Tel,
            _ => Scheme::Other,
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => Self::hierarchical(scheme, rest),
            Scheme::Tel | Scheme::Other => Self::opaque(scheme, rest),
        }
    }

    fn hierarchical(scheme: Scheme, rest: &'a [u8]) -> Option<Self> {
        // A user may hold `;` and `?` but never `@`; the last `@` is also right for firmware
        // that forgets to escape one.
        let (user, place) = match rest.iter().rposition(|&b| b == b'@') {
            Some(at) => (Some(split_at_byte(&rest[..at], b':').0), &rest[at + 1..]),
            None => (None, rest),
        };
        let end = place.iter().position(|b| b";?".contains(b)).unwrap_or(place.len());
        let (host, port) = host_port(&place[..end])?;
        let params = split_at_byte(&place[end..], b'?').0;
        Some(Self { scheme, user, host, port, params: Params::new(params) })
    }

    fn opaque(scheme: Scheme, rest: &'a [u8]) -> Option<Self> {
        let (user, params) = match scheme {
            Scheme::Tel => split_at_byte(rest, b';'),
            _ => (rest, None),
        };
        let params = Params::new(params.unwrap_or_default());
        (!user.is_empty()).then_some(Self {
            scheme,
            user: Some(user),
            host: b"",
            port: None,
            params,
        })
    }

    /// The user with its escapes resolved; may hold any byte, a NUL too.
    pub fn user_decoded(&self) -> Cow<'a, [u8]> {
        unescape(self.user.unwrap_or_default())
    }
}

/// Resolves `%41`; a `%` without two hex digits after it stays as it is.
pub fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'%') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| h * 16 + l),
            _ => None,
        };
        out.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    Cow::Owned(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
