//! The addresses in From, To and Contact (RFC 3261 20.10).

use crate::params::Params;
use crate::text::{find_unquoted, split_at_byte, split_unquoted, trim};
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
}

impl<'a> Address<'a> {
    /// Reads one address. A name that needed quotes and has none (a comma in it) is accepted; a
    /// quote or `<` that never closes, or an empty URI, is not.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let text = trim(text);
        let (display, uri, params) = match find_unquoted(text, b'<') {
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
        (!uri_text.is_empty()).then_some(Self { display, uri_text, params: Params::new(params) })
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
