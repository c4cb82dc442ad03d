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

/// Where the first `wanted` is; eight bytes at a time, for most of parsing is this.
pub(crate) fn find(text: &[u8], wanted: u8) -> Option<usize> {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGHS: u64 = ONES << 7;
    let (words, rest) = text.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        // A byte that is `wanted` becomes zero; the lowest zero byte sets the lowest high bit.
        let differs = u64::from_le_bytes(*word) ^ (ONES * u64::from(wanted));
        let zeros = differs.wrapping_sub(ONES) & !differs & HIGHS;
        if zeros != 0 {
            return Some(i * 8 + zeros.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|&b| b == wanted).map(|place| words.len() * 8 + place)
}

/// Splits at the first `at`; without one, all of `text` and nothing.
pub(crate) fn split_at_byte(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    split(text, find(text, at))
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

/// Whether every quoted string in `text` ends.
pub(crate) fn quotes_close(text: &[u8]) -> bool {
    // Most have no quote at all.
    let mut rest = match find(text, b'"') {
        None => return true,
        Some(open) => &text[open + 1..],
    };
    let mut quoted = true;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, quoted) {
            (b'\\', true) => after.get(1..).unwrap_or_default(),
            _ => after,
        };
        quoted ^= byte == b'"';
    }
    !quoted
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn find_finds_the_first_wherever_it_is() {
        for wanted in [b'\n', 0, 0x80, 0xff] {
            for others in [b'a', 0x01, 0x7f, 0xfe] {
                let mut text = [others; 29];
                assert_eq!(find(&text, wanted), None);
                for place in (0..text.len()).rev() {
                    text[place] = wanted;
                    assert_eq!(find(&text, wanted), Some(place));
                    assert_eq!(find(&text[..place], wanted), None);
                }
            }
        }
    }

    #[test]
    fn quotes_close_or_do_not() {
        for closed in ["", "a", "\"\"", "a=\"b;c\";d=\"\"", "\"\\\"\"", "\"\\\\\"", "\\\"x\""] {
            assert!(quotes_close(closed.as_bytes()), "{closed}");
        }
        for open in ["\"", "a=\"b", "\"a\"\"", "\"\\\"", "\"\\"] {
            assert!(!quotes_close(open.as_bytes()), "{open}");
        }
    }

    #[test]
    fn numbers_are_digits_only_and_saturate() {
        assert_eq!(number(b"0015"), Some(15));
        assert_eq!(number(b"18446744073709551616000"), Some(u64::MAX));
        for bad in [&b""[..], b"-1", b"+1", b"1 ", b"0x1", b"1,1", b"\xb2"] {
            assert_eq!(number(bad), None);
        }
    }

    #[test]
    fn hosts_and_ports() {
        assert_eq!(host_port(b" h.example : 5060 "), Some((&b"h.example"[..], Some(5060))));
        assert_eq!(host_port(b"[::1]:1"), Some((&b"[::1]"[..], Some(1))));
        assert_eq!(host_port(b"[::1]"), Some((&b"[::1]"[..], None)));
        for bad in [&b""[..], b":5060", b"h:", b"h:x", b"h:65536", b"[::1", b"[::1]x", b"a b"] {
            assert_eq!(host_port(bad), None, "{bad:?}");
        }
    }
}
