//! What a REGISTER asks for, read from its headers (RFC 3261 10.2, 20.10, 20.19).

use alloc::vec::Vec;

use super::Refusal;
use crate::header::Name;
use crate::limits::MAX_CONTACT;
use crate::message::Request;
use crate::text::{number, quotes_close};
use crate::uri::Uri;

/// A REGISTER in the terms of its bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register<'a> {
    /// Call-ID: the same for all requests of one run of a unit.
    pub call_id: &'a [u8],
    /// The number in `CSeq`.
    pub cseq: u32,
    /// What to do.
    pub wish: Wish<'a>,
}

/// What a REGISTER wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish<'a> {
    /// To be told what is bound: no Contact at all.
    Tell,
    /// Everything gone: `Contact: *`, Expires 0.
    Clear,
    /// These bound, or gone.
    Bind(Vec<Asked<'a>>),
}

/// One Contact of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Its URI.
    pub uri: &'a [u8],
    /// Its `q`.
    pub q: Option<&'a [u8]>,
    /// Seconds, 0 to be gone; `None` when the unit leaves it to us.
    pub expires: Option<u64>,
}

impl<'a> Register<'a> {
    /// Reads a request; the method is not looked at.
    ///
    /// # Errors
    /// [`Refusal::Unreadable`] or [`Refusal::TooMuch`].
    pub fn of(request: &'a Request) -> Result<Self, Refusal> {
        let headers = request.headers();
        request.uri().ok_or(Refusal::Unreadable)?;
        // An Expires that is no number counts as none (RFC 3261 20.19 gives no other way out).
        let general = headers.number(Name::Expires);
        if request.call_id().len() > MAX_CONTACT {
            return Err(Refusal::TooMuch);
        }
        if !headers.all(Name::Contact).all(quotes_close) {
            return Err(Refusal::Unreadable);
        }
        let asked = headers.addresses(Name::Contact).map(|contact| Asked::of(&contact, general));
        let asked = asked.collect::<Result<Vec<_>, _>>()?;
        let star = asked.iter().any(|asked| asked.uri == b"*");
        let wish = match (star, asked.len()) {
            (true, 1) if general == Some(0) => Wish::Clear,
            (true, _) => return Err(Refusal::Unreadable),
            (false, 0) if headers.first(Name::Contact).is_some() => {
                return Err(Refusal::Unreadable);
            }
            (false, 0) => Wish::Tell,
            (false, _) => Wish::Bind(asked),
        };
        Ok(Self { call_id: request.call_id(), cseq: request.cseq().number, wish })
    }
}

impl<'a> Asked<'a> {
    fn of(contact: &crate::Address<'a>, general: Option<u64>) -> Result<Self, Refusal> {
        let uri = contact.uri_text;
        if uri.len() > MAX_CONTACT {
            return Err(Refusal::TooMuch);
        }
        let star = uri == b"*" && !contact.bracketed;
        // Without brackets, whose are the headers after a `?` (RFC 3261 20)?
        if !contact.bracketed && uri.contains(&b'?') {
            return Err(Refusal::Unreadable);
        }
        // It goes back between brackets, and must then be read as it was.
        let plain = uri.iter().all(|b| b.is_ascii_graphic() && !b"<>\"".contains(b));
        if !star && (contact.uri().is_none() || !plain) {
            return Err(Refusal::Unreadable);
        }
        let expires = contact.params.value("expires").and_then(number).or(general);
        Ok(Self { uri, q: contact.params.value("q").filter(|q| is_q(q)), expires })
    }
}

/// `0.7`: at most five digits and points; another `q` counts as none.
fn is_q(text: &[u8]) -> bool {
    text.len() <= 5 && text.iter().all(|b| b.is_ascii_digit() || *b == b'.')
}

/// The address of record of a URI in the form that all its writings share (RFC 3261 10.3 5): no
/// parameters, no escapes in the user, the host in lower case. `None` for what is no `sip:` URI
/// with a user.
pub fn address_of_record(uri: &Uri<'_>) -> Option<Vec<u8>> {
    if uri.host.is_empty() || uri.user.is_none_or(<[u8]>::is_empty) {
        return None;
    }
    let mut out = uri.user_decoded().into_owned();
    out.push(b'@');
    out.extend(uri.host.iter().map(u8::to_ascii_lowercase));
    Some(out)
}
