//! One line of a root or proof file: a JSON object with its members in one order and one spelling, so that a line
//! has exactly one form, and `check`, so that a slip of a byte is told from a forgery.
//!
//! Any JSON reader reads it. This one accepts nothing but the one form.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

/// What is wrong with a line by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is not the line that belongs here, or not spelled as it must be, from this byte of the line on.
    Form(usize),
    /// It does not match its `check`.
    Check,
}

/// Writes a line.
#[derive(Clone, Debug)]
pub struct Writer(String);

impl Writer {
    /// A line about something.
    pub fn new(what: &str) -> Self {
        Self(format!("{{\"what\":\"{what}\""))
    }

    /// A whole number.
    #[must_use]
    pub fn number(self, name: &str, value: u64) -> Self {
        self.member(name, &format!("{value}"))
    }

    /// A whole number beyond what some JSON readers hold: as text.
    #[must_use]
    pub fn big(self, name: &str, value: u64) -> Self {
        self.member(name, &format!("\"{value}\""))
    }

    /// Text without quotes, backslashes or control characters: the caller's own words.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.member(name, &format!("\"{value}\""))
    }

    /// Bytes, two small hexadecimal digits each.
    #[must_use]
    pub fn bytes(self, name: &str, value: &[u8]) -> Self {
        self.member(name, &format!("\"{}\"", hex(value)))
    }

    /// The check of everything so far.
    #[must_use]
    pub fn check(self) -> Self {
        let check = check(self.0.as_bytes());
        self.bytes("check", &check)
    }

    /// The line, with its end.
    pub fn end(self) -> String {
        self.0 + "}\n"
    }

    fn member(self, name: &str, value: &str) -> Self {
        Self(format!("{},\"{name}\":{value}", self.0))
    }
}

/// Reads a line, member by member.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// A line about something, without its end.
    pub fn new(line: &'a [u8], what: &str) -> Result<Self, Flaw> {
        let mut reader = Self { line, at: 0 };
        reader.literal(&format!("{{\"what\":\"{what}\""))?;
        Ok(reader)
    }

    /// See [`Writer::number`].
    pub fn number(&mut self, name: &str) -> Result<u64, Flaw> {
        self.literal(&format!(",\"{name}\":"))?;
        self.digits()
    }

    /// See [`Writer::big`].
    pub fn big(&mut self, name: &str) -> Result<u64, Flaw> {
        self.literal(&format!(",\"{name}\":\""))?;
        let value = self.digits()?;
        self.literal("\"")?;
        Ok(value)
    }

    /// See [`Writer::text`].
    pub fn text(&mut self, name: &str) -> Result<&'a str, Flaw> {
        self.literal(&format!(",\"{name}\":\""))?;
        let from = self.at;
        let end = self.line[from..].iter().position(|byte| *byte == b'"');
        let text = &self.line[from..from + end.ok_or(Flaw::Form(from))?];
        self.at += text.len() + 1;
        core::str::from_utf8(text).map_err(|_| Flaw::Form(from))
    }

    /// See [`Writer::bytes`].
    pub fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Flaw> {
        let from = self.at;
        let text = self.text(name)?;
        unhex(text).ok_or(Flaw::Form(from))
    }

    /// The same, of a fixed length.
    pub fn array<const N: usize>(&mut self, name: &str) -> Result<[u8; N], Flaw> {
        let from = self.at;
        self.bytes(name)?.try_into().map_err(|_| Flaw::Form(from))
    }

    /// The check of everything so far.
    pub fn check(&mut self) -> Result<(), Flaw> {
        let expected = check(&self.line[..self.at]);
        if self.array::<8>("check")? == expected { Ok(()) } else { Err(Flaw::Check) }
    }

    /// The end of the line.
    pub fn end(mut self) -> Result<(), Flaw> {
        self.literal("}")?;
        if self.at == self.line.len() { Ok(()) } else { Err(Flaw::Form(self.at)) }
    }

    fn literal(&mut self, text: &str) -> Result<(), Flaw> {
        let there = &self.line[self.at.min(self.line.len())..];
        let same = there.iter().zip(text.as_bytes()).take_while(|(a, b)| a == b).count();
        if same < text.len() {
            return Err(Flaw::Form(self.at + same));
        }
        self.at += text.len();
        Ok(())
    }

    fn digits(&mut self) -> Result<u64, Flaw> {
        let from = self.at;
        let rest = &self.line[from..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = core::str::from_utf8(&rest[..count]).map_err(|_| Flaw::Form(from))?;
        let value: u64 = text.parse().map_err(|_| Flaw::Form(from))?;
        // 007 is seven elsewhere; here a number has one spelling.
        if count > 1 && text.starts_with('0') {
            return Err(Flaw::Form(from));
        }
        self.at += count;
        Ok(value)
    }
}

/// The first 8 bytes of the SHA-256 of a line so far.
fn check(line: &[u8]) -> [u8; 8] {
    let hash: crate::Hash = Sha256::digest(line).into();
    let mut check = [0; 8];
    check.copy_from_slice(&hash[..8]);
    check
}

/// Small hexadecimal digits, two a byte.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The bytes of [`hex`]; `None` where it is not just that.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}
