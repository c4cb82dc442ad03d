//! REGISTER (RFC 3261 10.3): where a unit can be reached, until when. Pure: requests and moments
//! go in, answers come out as data.
//!
//! Who may register what is the caller's to decide before (10.3 3 to 5).

mod bindings;
mod request;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub use bindings::{Bindings, Limits};
pub use request::{Asked, Register, Wish, address_of_record};

/// One address where a unit can be reached.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its URI as the unit wrote it.
    pub uri: Box<[u8]>,
    /// Its `q` as written, if it had one; higher is preferred, without it 1.
    pub q: Option<Box<[u8]>>,
    /// When the binding ends, nanoseconds.
    pub until: u64,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contact(until {})", self.until)
    }
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A Request-URI or a Contact that cannot be read, or `*` with anything but Expires 0 and itself:
    /// 400.
    Unreadable,
    /// A Contact, Call-ID or address of record longer than
    /// [`MAX_CONTACT`](crate::limits::MAX_CONTACT), or more of them than one
    /// address of record may have: 403.
    TooMuch,
    /// An older request than the last with this Call-ID: 500 (RFC 3261 10.3 6 and 7).
    OutOfOrder,
    /// A shorter time than so many seconds: 423 with Min-Expires.
    TooBrief(u32),
    /// As many addresses of record as may be: 503.
    Full,
}

impl Refusal {
    /// The status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::Unreadable => 400,
            Self::TooMuch => 403,
            Self::TooBrief(_) => 423,
            Self::OutOfOrder => 500,
            Self::Full => 503,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("mend the Request-URI or the Contact header"),
            Self::TooMuch => f.write_str("register fewer or shorter Contacts"),
            Self::TooBrief(seconds) => write!(f, "register for at least {seconds} s"),
            Self::OutOfOrder => {
                f.write_str("an older request came after a newer one; send a new one")
            }
            Self::Full => f.write_str("no room for more units now; try again later"),
        }
    }
}

/// What a REGISTER is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// 200, with what is bound now.
    Bound(Vec<Contact>),
    /// Nothing changed.
    Refused(Refusal),
}

impl Registered {
    /// The status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Bound(_) => 200,
            Self::Refused(refusal) => refusal.status(),
        }
    }

    /// The headers of the answer at `now`: every Contact with the seconds it has left, or
    /// Min-Expires.
    pub fn headers(&self, now: u64) -> Vec<(&'static str, Vec<u8>)> {
        match self {
            Self::Bound(contacts) => contacts.iter().map(|c| ("Contact", c.header(now))).collect(),
            Self::Refused(Refusal::TooBrief(seconds)) => {
                [("Min-Expires", format!("{seconds}").into_bytes())].into()
            }
            Self::Refused(_) => Vec::new(),
        }
    }
}

impl Contact {
    /// `<uri>;q=0.7;expires=3600`, with the seconds left at `now`, rounded up.
    fn header(&self, now: u64) -> Vec<u8> {
        let left = self.until.saturating_sub(now).div_ceil(SECOND);
        let mut out = [b"<", &self.uri[..], b">"].concat();
        if let Some(q) = &self.q {
            out.extend_from_slice(b";q=");
            out.extend_from_slice(q);
        }
        let expires: String = format!(";expires={left}");
        out.extend_from_slice(expires.as_bytes());
        out
    }
}

const SECOND: u64 = 1_000_000_000;
