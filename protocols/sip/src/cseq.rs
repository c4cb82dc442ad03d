//! `CSeq`: the number and method of a request (RFC 3261 20.16).

use crate::text::{is_space, is_token, number, trim_start};

/// The sequence number and the method it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq<'a> {
    /// At most 2³² - 1; leading zeros are dropped.
    pub number: u32,
    /// The method, as written.
    pub method: &'a [u8],
}

impl<'a> CSeq<'a> {
    /// Reads a value. `None` when the number is absurd or the method is not a token.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let gap = value.iter().position(|&b| is_space(b))?;
        let (digits, rest) = value.split_at(gap);
        let number = number(digits).and_then(|n| u32::try_from(n).ok())?;
        let method = trim_start(rest);
        is_token(method).then_some(Self { number, method })
    }
}
