//! Values that stay open: what no table knows survives as it was written.

use core::fmt;
use std::io::Write;

/// A number as a device wrote it: `2`, `02` and `0002` are the same number in three writings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Code {
    /// The number, if it is one of at most 65 535.
    pub num: Option<u16>,
    /// As written.
    pub raw: String,
}

impl Code {
    /// Reads a code as written; white space around it does not count for the number.
    pub fn parse(raw: &str) -> Self {
        let digits = raw.trim();
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        Self { num: if plain { digits.parse().ok() } else { None }, raw: raw.to_owned() }
    }

    /// Whether this is the number `num`, in whatever writing.
    pub fn is(&self, num: u16) -> bool {
        self.num == Some(num)
    }

    /// The writing that all writings of the same number share, to the end of `out`.
    pub(crate) fn write_canonical(&self, out: &mut Vec<u8>) {
        match self.num {
            // Writing into a vector cannot fail.
            Some(num) => drop(write!(out, "{num}")),
            None => out.extend_from_slice(self.raw.trim().as_bytes()),
        }
    }
}

impl From<u16> for Code {
    fn from(num: u16) -> Self {
        Self { num: Some(num), raw: num.to_string() }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

/// `mty`: what an mrq is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// `ME`: something happened; also what an mrq without `mty` means.
    Event,
    /// `RE`: an alarm is withdrawn or restored.
    Reset,
    /// `IN`: more about an alarm that goes on.
    Information,
    /// `PI`: a heartbeat.
    Beat,
    /// Anything else, as written.
    Other(String),
}

impl MessageType {
    /// Reads a type as written; case and white space around it do not count.
    pub fn parse(raw: &str) -> Self {
        match raw.trim().to_ascii_uppercase().as_str() {
            "ME" => Self::Event,
            "RE" => Self::Reset,
            "IN" => Self::Information,
            "PI" => Self::Beat,
            _ => Self::Other(raw.to_owned()),
        }
    }

    /// The writing of the standard, or what was written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Event => "ME",
            Self::Reset => "RE",
            Self::Information => "IN",
            Self::Beat => "PI",
            Self::Other(raw) => raw,
        }
    }
}
