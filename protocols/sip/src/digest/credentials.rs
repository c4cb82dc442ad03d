//! What a client presents in Authorization (RFC 7616 3.4).

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use subtle::ConstantTimeEq;

use super::{Algorithm, Ha1, Hex, hash};
use crate::text::{quotes_close, split_at_byte, split_unquoted, trim};

/// One Authorization header. Values are without their quotes and escapes.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// Who it says it is: by this the account is found.
    pub username: Cow<'a, [u8]>,
    /// For which realm.
    pub realm: Cow<'a, [u8]>,
    /// The nonce of the challenge.
    pub nonce: Cow<'a, [u8]>,
    /// The URI the response was made for.
    pub uri: Cow<'a, [u8]>,
    /// The proof, hex.
    response: Cow<'a, [u8]>,
    /// The hash; MD5 when none is named.
    pub algorithm: Algorithm,
    /// There with `qop=auth`, absent in the way of RFC 2069.
    pub qop: Option<Auth<'a>>,
}

/// What `qop=auth` adds.
#[derive(Clone, PartialEq, Eq)]
pub struct Auth<'a> {
    /// `nc` as written: this is what is hashed.
    count_text: Cow<'a, [u8]>,
    /// How many requests the client has made with this nonce, this one included.
    pub count: u32,
    /// The client's own nonce.
    cnonce: Cow<'a, [u8]>,
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, qop: {})", self.algorithm.as_str(), self.qop.is_some())
    }
}

impl fmt::Debug for Auth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Auth({})", self.count)
    }
}

impl<'a> Credentials<'a> {
    /// Reads the value of an Authorization header. Quotes where none belong, or none where they
    /// do, are taken; unknown parameters are passed over. `None`: another scheme, something that
    /// must be there is not, the same parameter twice, or what is never offered (`-sess`,
    /// `auth-int`, `userhash=true`).
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (scheme, rest) = split_at_byte(trim(value), b' ');
        if !scheme.eq_ignore_ascii_case(b"Digest") {
            return None;
        }
        let mut fields = Fields::read(rest?)?;
        if fields.take(USERHASH).is_some_and(|value| !value.eq_ignore_ascii_case(b"false")) {
            return None;
        }
        Some(Self {
            username: fields.take(USERNAME)?,
            realm: fields.take(REALM)?,
            nonce: fields.take(NONCE)?,
            uri: fields.take(URI)?,
            response: fields.take(RESPONSE)?,
            algorithm: match fields.take(ALGORITHM) {
                Some(name) => Algorithm::named(&name)?,
                None => Algorithm::Md5,
            },
            qop: match fields.take(QOP) {
                Some(qop) => Some(Auth::of(&qop, &mut fields)?),
                None => None,
            },
        })
    }

    /// Whether whoever wrote these knows the password, for a request of this method. How long it
    /// takes says nothing of how much of the proof was right.
    pub fn proves(&self, ha1: &Ha1, method: &[u8]) -> bool {
        if ha1.algorithm != self.algorithm {
            return false;
        }
        let request = hash(self.algorithm, &[method, &self.uri]);
        let (ha1, request) = (ha1.hex.as_bytes(), request.as_bytes());
        let expected = match &self.qop {
            Some(Auth { count_text, cnonce, .. }) => {
                hash(self.algorithm, &[ha1, &self.nonce, count_text, cnonce, b"auth", request])
            }
            None => hash(self.algorithm, &[ha1, &self.nonce, request]),
        };
        let presented = Hex::of_digits(&self.response);
        presented.is_some_and(|hex| hex.as_bytes().ct_eq(expected.as_bytes()).into())
    }
}

impl<'a> Auth<'a> {
    fn of(qop: &[u8], fields: &mut Fields<'a>) -> Option<Self> {
        let count_text = fields.take(COUNT)?;
        let cnonce = fields.take(CNONCE)?;
        if !qop.eq_ignore_ascii_case(b"auth") || !count_text.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let digits = core::str::from_utf8(&count_text).ok()?;
        let count = u32::from_str_radix(digits, 16).ok()?;
        Some(Self { count_text, count, cnonce })
    }
}

const NAMES: [&str; 10] = [
    "username",
    "realm",
    "nonce",
    "uri",
    "response",
    "algorithm",
    "qop",
    "nc",
    "cnonce",
    "userhash",
];
const USERNAME: usize = 0;
const REALM: usize = 1;
const NONCE: usize = 2;
const URI: usize = 3;
const RESPONSE: usize = 4;
const ALGORITHM: usize = 5;
const QOP: usize = 6;
const COUNT: usize = 7;
const CNONCE: usize = 8;
const USERHASH: usize = 9;

/// The parameters that mean something here, by their place in [`NAMES`].
#[derive(Default)]
struct Fields<'a>([Option<Cow<'a, [u8]>>; NAMES.len()]);

impl<'a> Fields<'a> {
    fn read(text: &'a [u8]) -> Option<Self> {
        let mut fields = Self::default();
        let mut rest = Some(text);
        while let Some(text) = rest {
            let (param, after) = split_unquoted(text, b',');
            rest = after;
            let (name, value) = split_at_byte(param, b'=');
            let is = |known: &&str| trim(name).eq_ignore_ascii_case(known.as_bytes());
            let Some(place) = NAMES.iter().position(is) else { continue };
            // Twice is two readings: which would a proxy before us have believed?
            if fields.0[place].replace(unquoted(trim(value?))?).is_some() {
                return None;
            }
        }
        Some(fields)
    }

    fn take(&mut self, place: usize) -> Option<Cow<'a, [u8]>> {
        self.0[place].take()
    }
}

/// The value of a quoted string, or of a token.
fn unquoted(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !quotes_close(text) {
        return None;
    }
    let [b'"', inner @ .., b'"'] = text else { return Some(Cow::Borrowed(text)) };
    if !inner.contains(&b'\\') {
        return Some(Cow::Borrowed(inner));
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().copied();
    while let Some(byte) = bytes.next() {
        out.push(if byte == b'\\' { bytes.next()? } else { byte });
    }
    Some(Cow::Owned(out))
}
