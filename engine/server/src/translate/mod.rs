//! The only doorways between a protocol and the central.

pub mod link;
pub mod scaip;
mod scaip_kind;
mod scaip_words;

use central::words::ContentHash;
use sha2::{Digest, Sha256};

/// The hash by which two signals of one reference are told apart.
pub fn content_hash(content: &[u8]) -> ContentHash {
    let whole: [u8; 32] = Sha256::digest(content).into();
    let mut first = [0; 16];
    first.copy_from_slice(&whole[..16]);
    ContentHash(first)
}

/// An id as it may stand in clear in the log: printable ASCII without spaces, cut to `most` bytes.
/// The second part says whether anything had to be changed.
pub fn clear_id(prefix: &str, id: &str, most: usize) -> (String, bool) {
    let kept = |c: char| if c.is_ascii_graphic() { c } else { '_' };
    let whole: String = prefix.chars().chain(id.chars().map(kept)).collect();
    let cut: String = whole.chars().take(most).collect();
    let odd = cut.len() < whole.len() || id.chars().any(|c| !c.is_ascii_graphic());
    (cut, odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_clear_is_printable_and_bounded() {
        assert_eq!(clear_id("scaip:", "8031372", 64), ("scaip:8031372".to_owned(), false));
        assert_eq!(clear_id("scaip:", "80 3\n7å", 64), ("scaip:80_3_7_".to_owned(), true));
        let (long, odd) = clear_id("scaip:", &"1".repeat(100), 64);
        assert!(odd && long.len() == 64);
    }
}
