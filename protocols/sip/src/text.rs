//! Small helpers over bytes: white space, numbers, quoted strings.

/// White space between words. Line ends count: they are what is left of a fold.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// `text` without white space at either end.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    trim_end(trim_start(text))
}

pub(crate) fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_space(*first)
    {
        text = rest;
    }
    text
}

pub(crate) fn trim_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}

/// A token of RFC 3261 25.1: what methods, header and parameter names are made of.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(b))
}

/// A number of digits only. Absurd ones saturate, so that a limit refuses them.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, b| {
        b.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(u64::from(b - b'0')))
    })
}

/// A port: digits, at most 65 535.
pub(crate) fn port(text: &[u8]) -> Option<u16> {
    number(text).and_then(|n| u16::try_from(n).ok())
}

/// Where the first line feed is.
pub(crate) fn line_feed(text: &[u8]) -> Option<usize> {
    text.iter().position(|&b| b == b'\n')
}

/// Splits at the first `at`; without one, all of `text` and nothing.
pub(crate) fn split_at_byte(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    split(text, text.iter().position(|&b| b == at))
}

/// Splits at the first `at` that is outside a quoted string.
pub(crate) fn split_unquoted(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    split(text, find_unquoted(text, at))
}

fn split(text: &[u8], place: Option<usize>) -> (&[u8], Option<&[u8]>) {
    match place {
        Some(place) => (&text[..place], Some(&text[place + 1..])),
        None => (text, None),
    }
}

/// Where `wanted` stands outside a quoted string. A quote that never closes hides the rest.
pub(crate) fn find_unquoted(text: &[u8], wanted: u8) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (i, &byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if !quoted && byte == wanted => return Some(i),
            _ => {}
        }
    }
    None
}

/// A host with an optional port: `example.com:5060`, `[2001:db8::1]`, `192.0.2.1 : 5060`.
/// The host keeps its brackets. `None` when there is no host or the port is not one.
pub(crate) fn host_port(text: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let text = trim(text);
    let host_end = match text.first()? {
        b'[' => text.iter().position(|&b| b == b']')? + 1,
        _ => text.iter().position(|&b| b == b':').unwrap_or(text.len()),
    };
    let host = trim(&text[..host_end]);
    let rest = trim_start(&text[host_end..]);
    if host.is_empty() || host.iter().copied().any(is_space) {
        return None;
    }
    match rest.split_first() {
        None => Some((host, None)),
        Some((b':', digits)) => Some((host, Some(port(trim(digits))?))),
        Some(_) => None,
    }
}
