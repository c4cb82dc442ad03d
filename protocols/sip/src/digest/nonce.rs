//! Our nonces: they say themselves when they were made, and nobody else can make one.

use alloc::format;
use alloc::string::String;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Hex;

/// When it was made (nanoseconds) and what tells it from others of that moment. As text: both as
/// 16 hex digits, then half of an HMAC-SHA-256 over them and the realm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Nonce {
    pub(super) issued: u64,
    pub(super) unique: u64,
}

/// Bytes of the HMAC that are used: 128 bits.
const MAC: usize = 16;

impl Nonce {
    pub(super) fn write(self, secret: &[u8; 32], realm: &str) -> String {
        let mac = self.mac(secret, realm).finalize().into_bytes();
        let mac = Hex::of(&mac[..MAC]);
        let mac = core::str::from_utf8(mac.as_bytes()).unwrap_or_default();
        format!("{:016x}{:016x}{mac}", self.issued, self.unique)
    }

    /// `None` when it is not one of ours. Compared in constant time.
    pub(super) fn read(text: &[u8], secret: &[u8; 32], realm: &str) -> Option<Self> {
        if text.len() != 32 + 2 * MAC {
            return None;
        }
        let nonce = Self { issued: number(&text[..16])?, unique: number(&text[16..32])? };
        let high = number(&text[32..48])?.to_be_bytes();
        let low = number(&text[48..])?.to_be_bytes();
        let mut mac = [0; MAC];
        mac[..8].copy_from_slice(&high);
        mac[8..].copy_from_slice(&low);
        nonce.mac(secret, realm).verify_truncated_left(&mac).ok()?;
        Some(nonce)
    }

    fn mac(self, secret: &[u8; 32], realm: &str) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
        // The realm is last: the two before it are of fixed length, so nothing flows over.
        mac.update(&self.issued.to_be_bytes());
        mac.update(&self.unique.to_be_bytes());
        mac.update(realm.as_bytes());
        mac
    }
}

/// 16 hex digits.
fn number(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(core::str::from_utf8(text).ok()?, 16).ok()
}
