//! The addresses in From, To and Contact (RFC 3261 20.10).

use crate::params::Params;
use crate::text::{find, find_unquoted, split_at_byte, split_unquoted, trim};
use crate::uri::Uri;

/// `"Name" <uri>;params`, or the short form `uri;params`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Address<'a> {
    /// The name before `<`, as written, without the quotes round it; often empty.
    pub display: &'a [u8],
    /// The URI as written; [`Address::uri`] reads it.
    pub uri_text: &'a [u8],
    /// The parameters after the URI.
    pub params: Params<'a>,
    /// Whether the URI stood in brackets.
    pub bracketed: bool,
}

impl<'a> Address<'a> {
    /// Reads one address. A name that needed quotes and has none (a comma in it) is accepted; a
    /// quote or `<` that never closes, or an empty URI, is not.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let text = trim(text);
        let open = find_unquoted(text, b'<');
        let (display, uri, params) = match open {
            Some(open) => {
                let (uri, params) = split_at_byte(&text[open + 1..], b'>');
                (unquoted(trim(&text[..open])), uri, params?)
            }
            // Without brackets every parameter belongs to the header (RFC 3261 20).
            None if text.first() == Some(&b'"') => return None,
            None => {
                let (uri, params) = split_unquoted(text, b';');
                (&b""[..], uri, params.unwrap_or_default())
            }
        };
        let uri_text = trim(uri);
        let (params, bracketed) = (Params::new(params), open.is_some());
        (!uri_text.is_empty()).then_some(Self { display, uri_text, params, bracketed })
    }

    /// The addresses of a list; those that cannot be read are left out.
    pub(crate) fn list(value: &'a [u8]) -> impl Iterator<Item = Self> {
        let mut rest = Some(value);
        core::iter::from_fn(move || {
            let (first, after) = split_list(rest?);
            rest = after;
            Some(Self::parse(first))
        })
        .flatten()
    }

    /// The URI in parts, if it can be read.
    pub fn uri(&self) -> Option<Uri<'a>> {
        Uri::parse(self.uri_text)
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.value("tag")
    }
}

fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] => inner,
        _ => text,
    }
}

/// Splits at the first comma outside quotes and brackets: a URI may hold commas.
fn split_list(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let comma = find_unquoted(text, b',');
    let bracketed = find_unquoted(text, b'<').filter(|open| comma.is_some_and(|at| *open < at));
    let close = bracketed.and_then(|open| find(&text[open..], b'>').map(|length| open + length));
    let Some(close) = close else { return split_unquoted(text, b',') };
    match find_unquoted(&text[close..], b',') {
        Some(length) => (&text[..close + length], Some(&text[close + length + 1..])),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn names_brackets_and_parameters() {
        for (text, display, uri, tag) in [
            ("sip:a@b;tag=1", "", "sip:a@b", Some("1")),
            ("<sip:a@b;x=y>;tag=1", "", "sip:a@b;x=y", Some("1")),
            ("\"A;, \\\" <x>\" <sip:a@b>", "A;, \\\" <x>", "sip:a@b", None),
            ("A B<sip:a@b> ; TAG = 1", "A B", "sip:a@b", Some("1")),
            ("*", "", "*", None),
        ] {
            let read = Address::parse(text.as_bytes()).unwrap();
            assert_eq!((read.display, read.uri_text), (display.as_bytes(), uri.as_bytes()));
            assert_eq!(read.tag(), tag.map(str::as_bytes));
        }
        for bad in ["", "<>", "<sip:a@b", "\"A", "\"A\"", ";tag=1", "\"A <sip:a@b>"] {
            assert_eq!(Address::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn lists() {
        let uris = |text: &'static str| -> Vec<&[u8]> {
            Address::list(text.as_bytes()).map(|address| address.uri_text).collect()
        };
        assert_eq!(
            uris("\"a,b\" <sip:a,b@h>;q=1 , sip:c@h, , <sip:d@h>,sip:e@h"),
            [&b"sip:a,b@h"[..], b"sip:c@h", b"sip:d@h", b"sip:e@h"]
        );
        assert_eq!(uris("*"), [b"*"]);
        assert_eq!(uris("<sip:a@h, sip:b@h"), [b"sip:b@h"]);
        assert!(uris("").is_empty());
    }
}
