//! The `;name=value` parameters of addresses, Vias and URIs (RFC 3261 25.1).

use crate::text::{split_at_byte, split_unquoted, trim};

/// Parameters in their order. White space round `;` and `=` is dropped, empty ones are skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a> {
    text: &'a [u8],
}

impl<'a> Params<'a> {
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self { text }
    }

    /// The parameters as they were written, from the first `;` on or just after it.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.text
    }

    /// Each parameter as (name, value), in order.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        let mut rest = self.text;
        core::iter::from_fn(move || {
            while !rest.is_empty() {
                let (param, after) = split_unquoted(rest, b';');
                rest = after.unwrap_or_default();
                let (name, value) = split_at_byte(param, b'=');
                let name = trim(name);
                if !name.is_empty() {
                    return Some((name, value.map(trim)));
                }
            }
            None
        })
    }

    /// The first parameter of that name, any case: `Some(None)` when it has no value.
    #[allow(clippy::option_option)] // Absent, bare and valued are three different things.
    pub fn find(self, name: &str) -> Option<Option<&'a [u8]>> {
        self.iter()
            .find_map(|(key, value)| key.eq_ignore_ascii_case(name.as_bytes()).then_some(value))
    }

    /// The value of the first parameter of that name, if it has one that is not empty.
    pub fn value(self, name: &str) -> Option<&'a [u8]> {
        self.find(name).flatten().filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_any_case_spaced_quoted_and_valueless() {
        let params = Params::new(b" ; Branch = z9 ;;rport; q=\"a;b=c\" ;empty=");
        assert_eq!(params.value("branch"), Some(&b"z9"[..]));
        assert_eq!(params.find("RPORT"), Some(None));
        assert_eq!(params.value("q"), Some(&b"\"a;b=c\""[..]));
        assert_eq!(params.find("b"), None);
        assert_eq!(params.find("empty"), Some(Some(&b""[..])));
        assert_eq!(params.value("empty"), None);
        assert_eq!(params.iter().count(), 4);
    }
}
