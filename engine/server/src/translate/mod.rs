//! The only doorways between a protocol and the central.

pub mod link;
pub mod scaip;
mod scaip_kind;
mod scaip_words;

use std::fmt::Write;

use central::words::ContentHash;
use sha2::{Digest, Sha256};

/// The hash by which two signals of one reference are told apart.
pub fn content_hash(content: &[u8]) -> ContentHash {
    let whole: [u8; 32] = Sha256::digest(content).into();
    let mut first = [0; 16];
    first.copy_from_slice(&whole[..16]);
    ContentHash(first)
}

/// Hex digits of the hash that stands for what was lost of an odd id.
const ODD_DIGITS: usize = 16;

/// An id as it may stand in clear in the log: printable ASCII without spaces, at most `most` bytes.
/// One that has to be changed for that ends in `~` and a hash of the whole, so that two ids are never
/// taken for one and the second alarm for a copy of the first. The second part says that it was changed.
pub fn clear_id(prefix: &str, id: &str, most: usize) -> (String, bool) {
    let whole = format!("{prefix}{id}");
    if whole.len() <= most && id.chars().all(|c| c.is_ascii_graphic()) {
        return (whole, false);
    }
    let kept = |c: char| if c.is_ascii_graphic() { c } else { '_' };
    let room = most.saturating_sub(1 + ODD_DIGITS);
    let mut cut: String = whole.chars().map(kept).take(room).collect();
    cut.push('~');
    let hash = content_hash(id.as_bytes());
    for byte in &hash.0[..ODD_DIGITS / 2] {
        // Writing to a String cannot fail.
        let _ = write!(cut, "{byte:02x}");
    }
    (cut, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_clear_is_printable_and_bounded() {
        assert_eq!(clear_id("scaip:", "8031372", 64), ("scaip:8031372".to_owned(), false));
        let (odd_id, odd) = clear_id("scaip:", "80 3\n7å", 64);
        assert!(odd && odd_id.starts_with("scaip:80_3_7_~") && odd_id.len() == 14 + ODD_DIGITS);
        let (long, odd) = clear_id("scaip:", &"1".repeat(100), 64);
        assert!(odd && long.len() == 64);
    }

    #[test]
    fn two_ids_are_never_taken_for_one() {
        let nines = "9".repeat(40);
        let pairs = [
            ("1 2".to_owned(), "1_2".to_owned()),
            ("B å".to_owned(), "B ø".to_owned()),
            (format!("{nines}1"), format!("{nines}2")),
            (format!("{nines}1"), nines.clone()),
        ];
        for (one, other) in pairs {
            assert_ne!(clear_id("", &one, 40).0, clear_id("", &other, 40).0, "{one:?} {other:?}");
        }
    }
}
