//! Header names and the headers of one message, found without copying.

use alloc::vec::Vec;

use bytes::Bytes;

use crate::address::Address;
use crate::cseq::CSeq;
use crate::text::{number, split_at_byte, trim};
use crate::via::Via;

macro_rules! names {
    ($($name:ident $long:literal $compact:literal)*) => {
        /// The headers this crate knows by name, and how they are printed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Name {
            $(#[doc = concat!("`", $long, "`")] $name,)*
            /// Any other; look it up with [`Headers::get`].
            Other,
        }

        /// Name, long form, compact form (0: none).
        const TABLE: &[(Name, &str, u8)] = &[$((Name::$name, $long, $compact)),*];
    };
}

// The first rows are what every message has. Compact forms: RFC 3261 20 and the IANA registry.
names! {
    Via "Via" b'v'
    From "From" b'f'
    To "To" b't'
    CallId "Call-ID" b'i'
    CSeq "CSeq" 0
    MaxForwards "Max-Forwards" 0
    ContentType "Content-Type" b'c'
    ContentLength "Content-Length" b'l'
    UserAgent "User-Agent" 0
    Contact "Contact" b'm'
    Authorization "Authorization" 0
    Expires "Expires" 0
    Date "Date" 0
    Route "Route" 0
    Require "Require" 0
    Supported "Supported" b'k'
    Allow "Allow" 0
    Accept "Accept" 0
    Subject "Subject" b's'
    ContentEncoding "Content-Encoding" b'e'
    WwwAuthenticate "WWW-Authenticate" 0
    ProxyAuthorization "Proxy-Authorization" 0
    RecordRoute "Record-Route" 0
    RetryAfter "Retry-After" 0
    Event "Event" b'o'
    AllowEvents "Allow-Events" b'u'
    ReferTo "Refer-To" b'r'
    ReferredBy "Referred-By" b'b'
    AcceptContact "Accept-Contact" b'a'
    RejectContact "Reject-Contact" b'j'
    RequestDisposition "Request-Disposition" b'd'
    SessionExpires "Session-Expires" b'x'
    Identity "Identity" b'y'
}

/// Which rows of the table have a name of that many bytes: one bit a row.
const BY_LENGTH: [u64; 32] = {
    assert!(TABLE.len() <= 64);
    let mut rows = [0; 32];
    let mut row = 0;
    while row < TABLE.len() {
        rows[TABLE[row].1.len()] |= 1 << row;
        row += 1;
    }
    rows
};

fn rows_of_length(length: usize) -> impl Iterator<Item = usize> {
    let mut rows = BY_LENGTH.get(length).copied().unwrap_or(0);
    core::iter::from_fn(move || {
        let row = (rows != 0).then(|| rows.trailing_zeros() as usize);
        rows &= rows.wrapping_sub(1);
        row
    })
}

impl Name {
    /// Reads a name, long or compact, in any case.
    pub fn of(text: &[u8]) -> Self {
        let row = match text {
            [0] => None,
            [one] => TABLE.iter().find(|row| row.2 == one.to_ascii_lowercase()),
            _ => rows_of_length(text.len())
                .map(|row| &TABLE[row])
                .find(|row| row.1.as_bytes().eq_ignore_ascii_case(text)),
        };
        row.map_or(Self::Other, |row| row.0)
    }

    /// The long form, as we write it; empty for [`Name::Other`].
    pub fn as_str(self) -> &'static str {
        TABLE.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }
}

/// A stretch of the head. 16 bits hold it: `limits::MAX_HEAD`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    at: u16,
    len: u16,
}

impl Span {
    /// From `start` up to `end`, both within `MAX_HEAD`.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { at: start as u16, len: end.saturating_sub(start) as u16 }
    }

    pub(crate) fn of(self, head: &[u8]) -> &[u8] {
        let at = usize::from(self.at);
        head.get(at..at + usize::from(self.len)).unwrap_or_default()
    }
}

/// One header: 10 bytes, however long the header is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) key: Span,
    pub(crate) value: Span,
}

/// The headers of one message in their order. Values are bytes, not text: whatever encoding a
/// unit used, nothing is lost. Folds (RFC 3261 7.3.1) are already joined with spaces, and the
/// white space round a value is gone.
#[derive(Clone, Default)]
pub struct Headers {
    pub(crate) head: Bytes,
    pub(crate) fields: Vec<Field>,
}

impl Headers {
    /// All headers, as (name as written, value).
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|field| (field.key.of(&self.head), field.value.of(&self.head)))
    }

    /// How many header lines there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The values of every header of that name, in order. A value may be a list.
    pub fn all(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |f| f.name == name).map(|f| f.value.of(&self.head))
    }

    /// The value of the first header of that name.
    pub fn first(&self, name: Name) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// The value of the first header whose name is `name` in any case; for names that
    /// [`Name`] does not list.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        match Name::of(name.as_bytes()) {
            Name::Other => {
                self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes())).map(|h| h.1)
            }
            known => self.first(known),
        }
    }

    /// The topmost Via, if it can be read.
    pub fn via(&self) -> Option<Via<'_>> {
        Via::parse(self.first(Name::Via)?).map(|(via, _)| via)
    }

    /// From, if it can be read.
    pub fn from(&self) -> Option<Address<'_>> {
        Address::parse(self.first(Name::From)?)
    }

    /// To, if it can be read.
    pub fn to(&self) -> Option<Address<'_>> {
        Address::parse(self.first(Name::To)?)
    }

    /// Call-ID, if there is one.
    pub fn call_id(&self) -> Option<&[u8]> {
        self.first(Name::CallId).filter(|id| !id.is_empty())
    }

    /// `CSeq`, if it can be read.
    pub fn cseq(&self) -> Option<CSeq<'_>> {
        CSeq::parse(self.first(Name::CSeq)?)
    }

    /// Every address in the headers of that name, Contact for instance, lists taken apart. One
    /// that cannot be read is left out.
    pub fn addresses(&self, name: Name) -> impl Iterator<Item = Address<'_>> {
        self.all(name).flat_map(Address::list)
    }

    /// The number in the first header of that name, Expires for instance. `None` when it is not
    /// digits only; absurd ones are `u64::MAX`.
    pub fn number(&self, name: Name) -> Option<u64> {
        number(self.first(name)?)
    }

    /// The media type without its parameters: `application/scaip+xml`.
    pub fn media_type(&self) -> Option<&[u8]> {
        let value = self.first(Name::ContentType)?;
        Some(trim(split_at_byte(value, b';').0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_in_any_case_and_compact() {
        for &(name, long, compact) in TABLE {
            assert_eq!(Name::of(long.as_bytes()), name);
            assert_eq!(Name::of(long.to_ascii_uppercase().as_bytes()), name);
            assert_eq!(name.as_str(), long);
            if compact != 0 {
                assert_eq!(Name::of(&[compact]), name);
                assert_eq!(Name::of(&[compact.to_ascii_uppercase()]), name);
            }
        }
        assert_eq!(Name::of(b"X-Unit"), Name::Other);
        assert_eq!(Name::of(b"z"), Name::Other);
        assert_eq!(Name::of(b"\0"), Name::Other);
    }

    #[test]
    fn no_compact_form_means_two_things() {
        let mut seen = [false; 256];
        for &(_, long, compact) in TABLE.iter().filter(|row| row.2 != 0) {
            assert!(!seen[usize::from(compact)], "{long} shares its compact form");
            seen[usize::from(compact)] = true;
        }
    }
}
