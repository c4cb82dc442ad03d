//! Digest authentication (RFC 7616; RFC 2617 and 2069 for old units; RFC 3261 22 and 8760 for SIP).
//!
//! The secret, the moment and what makes a nonce unique are arguments, so that all of it is a
//! function of its input. What an account keeps is [`Ha1`], never a password. Not offered and so
//! refused: `-sess`, `auth-int`, `userhash`, SHA-512/256.
//!
//! ```
//! use sip::digest::{Algorithm, Checked, Counts, Guard, Ha1, Offer, Presented};
//! # use sip::{Datagram, Message};
//! # let datagram = bytes::Bytes::from_static(b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\
//! #   From: sip:1@h\r\nTo: sip:2@h\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
//! # let Ok(Datagram::Message(Message::Request(request))) = Datagram::parse(datagram) else { panic!() };
//! let guard = Guard::new("sip.example", [7; 32]); // A secret, drawn at start.
//! let mut counts = Counts::default();
//! let account = [Ha1::of(Algorithm::Sha256, b"111111", b"sip.example", b"a password")];
//! let now = 1_000_000_000;
//! let stale = match guard.presented(request.headers()) {
//!     Presented::Nothing | Presented::Unreadable => false,
//!     Presented::Credentials(credentials) => {
//!         // By `credentials.username` the caller finds the account.
//!         match guard.check(&credentials, &request, &account, Offer::MODERN, &mut counts, now) {
//!             Checked::Right => return, // Go on.
//!             Checked::Stale => true,
//!             Checked::Wrong(_) => false, // Count it; what may be an alarm is shown.
//!         }
//!     }
//! };
//! // Each is the value of a WWW-Authenticate header of the 401, in this order.
//! let challenges = guard.challenges(Offer::MODERN, now, 42, stale);
//! assert!(challenges[0].starts_with("Digest realm=\"sip.example\", nonce=\""));
//! ```

mod counts;
mod credentials;
mod guard;
mod nonce;

use core::fmt;

use md5::Md5;
use sha2::{Digest, Sha256};

pub use counts::Counts;
pub use credentials::Credentials;
pub use guard::{Checked, Guard, Presented, Wrong};

/// The hash of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256 (RFC 7616, RFC 8760).
    Sha256,
    /// MD5, for units that know no other.
    Md5,
}

impl Algorithm {
    /// The name in headers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    fn named(text: &[u8]) -> Option<Self> {
        let is = |algorithm: &Self| text.eq_ignore_ascii_case(algorithm.as_str().as_bytes());
        [Self::Sha256, Self::Md5].into_iter().find(is)
    }
}

/// One way to prove a password that an account may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The hash.
    pub algorithm: Algorithm,
    /// With `qop="auth"`: the client adds a nonce and a count of its own. Without it a nonce is
    /// good for one request.
    pub qop: bool,
}

impl Offer {
    /// What a unit of today uses: SHA-256 first, then MD5.
    pub const MODERN: &'static [Self] = &[
        Self { algorithm: Algorithm::Sha256, qop: true },
        Self { algorithm: Algorithm::Md5, qop: true },
    ];

    /// That, and MD5 without `qop` for units that know RFC 2069 only. Such a unit may take the
    /// second challenge and leave out what it does not know of it: the same is allowed.
    pub const ALSO_OLD: &'static [Self] = &[
        Self { algorithm: Algorithm::Sha256, qop: true },
        Self { algorithm: Algorithm::Md5, qop: true },
        Self { algorithm: Algorithm::Md5, qop: false },
    ];
}

/// The hash of user, realm and password under one algorithm: what an account keeps. Whoever has it
/// can answer challenges of that realm, so it is a secret; it is not printed.
#[derive(Clone)]
pub struct Ha1 {
    algorithm: Algorithm,
    hex: Hex,
}

impl Ha1 {
    /// Of a password. The realm is that of the [`Guard`].
    pub fn of(algorithm: Algorithm, username: &[u8], realm: &[u8], password: &[u8]) -> Self {
        Self { algorithm, hex: hash(algorithm, &[username, realm, password]) }
    }

    /// As it was kept: hex digits in either case, as many as the algorithm has.
    pub fn from_hex(algorithm: Algorithm, text: &str) -> Option<Self> {
        let hex = Hex::of_digits(text.as_bytes())?;
        let length = match algorithm {
            Algorithm::Sha256 => 64,
            Algorithm::Md5 => 32,
        };
        (hex.as_bytes().len() == length).then_some(Self { algorithm, hex })
    }

    /// To keep: lower-case hex.
    pub fn as_hex(&self) -> &str {
        core::str::from_utf8(self.hex.as_bytes()).unwrap_or_default()
    }

    /// Under which algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ha1({})", self.algorithm.as_str())
    }
}

/// The hash of `parts` with colons between them, which is all that digests are made of.
fn hash(algorithm: Algorithm, parts: &[&[u8]]) -> Hex {
    fn joined<D: Digest>(parts: &[&[u8]]) -> Hex {
        let mut hash = D::new();
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                hash.update(b":");
            }
            hash.update(part);
        }
        Hex::of(&hash.finalize())
    }
    match algorithm {
        Algorithm::Sha256 => joined::<Sha256>(parts),
        Algorithm::Md5 => joined::<Md5>(parts),
    }
}

/// At most 64 lower-case hex digits.
#[derive(Clone, Copy)]
struct Hex {
    digits: [u8; 64],
    length: usize,
}

impl Hex {
    /// Of at most 32 bytes.
    fn of(bytes: &[u8]) -> Self {
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair[0] = digit(byte >> 4);
            pair[1] = digit(byte & 15);
        }
        Self { digits, length: bytes.len().min(32) * 2 }
    }

    fn of_digits(text: &[u8]) -> Option<Self> {
        let mut digits = [0; 64];
        let room = digits.get_mut(..text.len())?;
        room.copy_from_slice(text);
        room.make_ascii_lowercase();
        text.iter().all(u8::is_ascii_hexdigit).then_some(Self { digits, length: text.len() })
    }

    fn as_bytes(&self) -> &[u8] {
        &self.digits[..self.length]
    }
}

fn digit(value: u8) -> u8 {
    b"0123456789abcdef"[usize::from(value & 15)]
}
