//! From bytes to text. Real bodies are ASCII without an XML declaration; some firmware writes
//! ISO-8859-1 without saying so.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// The text of a body.
pub(crate) struct Text<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Whether the bytes were not what they were said, or by default meant, to be.
    pub(crate) fallback: bool,
}

/// Decodes by byte order mark, else by the XML declaration, else as UTF-8; where that fails as
/// Windows-1252, which never fails.
pub(crate) fn decode(body: &[u8]) -> Text<'_> {
    let (encoding, known) = match Encoding::for_bom(body) {
        Some((encoding, _)) => (encoding, true),
        None => match declared(body) {
            Some(label) => match Encoding::for_label(label) {
                Some(encoding) if encoding.is_ascii_compatible() => (encoding, true),
                _ => (UTF_8, false),
            },
            None => (UTF_8, true),
        },
    };
    match encoding.decode_with_bom_removal(body) {
        (text, false) => Text { text, fallback: !known },
        _ => Text { text: WINDOWS_1252.decode_without_bom_handling(body).0, fallback: true },
    }
}

/// Takes white space, NUL and byte order marks off both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}')
}

/// The value of `encoding=` in an XML declaration at the start.
fn declared(body: &[u8]) -> Option<&[u8]> {
    let start = body.iter().position(|b| !b.is_ascii_whitespace() && *b != 0)?;
    let rest = body[start..].strip_prefix(b"<?xml")?;
    let rest = &rest[..rest.iter().take(256).position(|b| *b == b'>')?];
    let at = rest.windows(8).position(|w| w.eq_ignore_ascii_case(b"encoding"))?;
    let quoted = rest[at + 8..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = quoted.split_first()?;
    let end = value.iter().position(|b| b == quote)?;
    matches!(quote, b'"' | b'\'').then(|| &value[..end])
}
