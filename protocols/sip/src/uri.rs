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

    /// Whether both mean the same place (RFC 3261 19.1.4): the user to the letter, the host in any
    /// case, the port as written, and those parameters that matter. Passwords and the headers after
    /// `?` are not compared; what is neither `sip:`, `sips:` nor `tel:` is never the same.
    pub fn is_same(&self, other: &Self) -> bool {
        let alone = ["transport", "user", "ttl", "method", "maddr"];
        let agree = |one: Params<'_>, two: Params<'_>| {
            one.iter().all(|(name, value)| {
                match two.iter().find(|p| p.0.eq_ignore_ascii_case(name)) {
                    Some((_, theirs)) => alike(value, theirs),
                    None => !alone.iter().any(|a| name.eq_ignore_ascii_case(a.as_bytes())),
                }
            })
        };
        self.scheme == other.scheme
            && self.scheme != Scheme::Other
            && self.user.is_some() == other.user.is_some()
            && self.user_decoded() == other.user_decoded()
            && self.host.eq_ignore_ascii_case(other.host)
            && self.port == other.port
            && agree(self.params, other.params)
            && agree(other.params, self.params)
    }

    /// The user with its escapes resolved; may hold any byte, a NUL too.
    pub fn user_decoded(&self) -> Cow<'a, [u8]> {
        unescape(self.user.unwrap_or_default())
    }
}

/// Parameter values: in any case, escapes resolved.
fn alike(a: Option<&[u8]>, b: Option<&[u8]>) -> bool {
    let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
    unescape(a).eq_ignore_ascii_case(&unescape(b))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let uri =
            Uri::parse(b"SIP:alice:pass%20word@[::1]:5070;Transport=TCP;lr?to=x&y=;z").unwrap();
        assert_eq!(uri.scheme, Scheme::Sip);
        assert_eq!(
            (uri.user, uri.host, uri.port),
            (Some(&b"alice"[..]), &b"[::1]"[..], Some(5070))
        );
        assert_eq!(uri.params.value("transport"), Some(&b"TCP"[..]));
        assert_eq!((uri.params.find("lr"), uri.params.find("z")), (Some(None), None));

        let sloppy = Uri::parse(b"sip:unit@home@h.example").unwrap();
        assert_eq!((sloppy.user, sloppy.host), (Some(&b"unit@home"[..]), &b"h.example"[..]));

        let tel = Uri::parse(b"tel:+47555;phone-context=+47").unwrap();
        assert_eq!((tel.user, tel.host), (Some(&b"+47555"[..]), &b""[..]));
        assert_eq!(tel.params.value("phone-context"), Some(&b"+47"[..]));

        let other = Uri::parse(b"isbn:298;3792873").unwrap();
        assert_eq!((other.scheme, other.user), (Scheme::Other, Some(&b"298;3792873"[..])));
    }

    #[test]
    fn refused() {
        for bad in [
            "",
            "sip",
            "sip:",
            "sip:@",
            "sip:a@",
            "sip:a@:5060",
            "sip:a@h:x",
            "sip:a@h:65536",
            "sip:a@[::1",
            "tel:",
            ":a@b",
            "s p:a@b",
            "sip:a@h h",
        ] {
            assert_eq!(Uri::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    /// The examples of RFC 3261 19.1.4, and those of ours.
    #[test]
    fn the_same_place_or_another() {
        let same = |a: &str, b: &str| {
            let (a, b) = (Uri::parse(a.as_bytes()).unwrap(), Uri::parse(b.as_bytes()).unwrap());
            assert_eq!(a.is_same(&b), b.is_same(&a));
            a.is_same(&b)
        };
        for (a, b) in [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
            ("sip:1@h;lr", "sip:1@h;LR"),
            ("tel:+47555", "tel:+47555"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("SIP:ALICE@AtLanTa.CoM", "sip:alice@atlanta.com"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
            ("sip:bob@h", "sips:bob@h"),
            ("sip:h", "sip:@h"),
            ("tel:+47555", "tel:+47556"),
            ("urn:a", "isbn:a"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn unescaping_leaves_what_is_no_escape() {
        for (text, expected) in [
            ("plain", "plain"),
            ("%41%6a%6A", "Ajj"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%%41", "%A"),
            ("%2541", "%41"),
        ] {
            assert_eq!(&*unescape(text.as_bytes()), expected.as_bytes());
        }
        assert_eq!(&*unescape(b"%00%ff"), b"\0\xff");
    }
}
