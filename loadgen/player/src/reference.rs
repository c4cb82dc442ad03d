//! The unit's own reference of a signal: what ties the player's count to the engine's log.

use std::fmt;

use traffic::Rng;

/// A reference, the same in every sending of one signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// The 16-byte id of `alarm/1`; printed as 32 hexadecimal digits.
    Link([u8; 16]),
    /// The `ref` of SCAIP: 16 hexadecimal digits.
    Scaip([u8; 16]),
}

impl Reference {
    /// The id of the `number`th signal of a device in one run. `run` keeps the runs of one seed
    /// apart, so that a later run's signals are no duplicates of an earlier one's.
    pub fn link(run: u64, device: &str, number: u32) -> Self {
        let mut rng = stream(run, device, number);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&rng.bits().to_be_bytes());
        id[8..].copy_from_slice(&rng.bits().to_be_bytes());
        Self::Link(id)
    }

    /// As [`Reference::link`], for a SCAIP unit.
    pub fn scaip(run: u64, device: &str, number: u32) -> Self {
        Self::Scaip(hex(stream(run, device, number).bits()))
    }

    /// The reference as text, if it is SCAIP's.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Scaip(digits) => std::str::from_utf8(digits).unwrap_or_default(),
            Self::Link(_) => "",
        }
    }
}

fn stream(run: u64, device: &str, number: u32) -> Rng {
    let (head, tail) = device.split_at_checked(8).unwrap_or((device, ""));
    let word = |text: &str| text.bytes().fold(0, |word, byte| word << 8 | u64::from(byte));
    Rng::stream(run, &[word(head), word(tail), u64::from(number)])
}

/// Sixteen digits of a number.
pub(crate) fn hex(number: u64) -> [u8; 16] {
    std::array::from_fn(|i| b"0123456789abcdef"[(number >> (60 - 4 * i)) as usize & 15])
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(id) => id.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Scaip(_) => f.write_str(self.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_differ_by_run_device_and_number_and_by_nothing_else() {
        let one = Reference::link(1, "9950100001", 1);
        assert_eq!(one, Reference::link(1, "9950100001", 1));
        for other in [(2, "9950100001", 1), (1, "9950100002", 1), (1, "9950100001", 2)] {
            assert_ne!(one, Reference::link(other.0, other.1, other.2));
        }
        assert_eq!(one.to_string().len(), 32);
        let scaip = Reference::scaip(1, "9950100001", 1).to_string();
        assert!(scaip.len() == 16 && scaip.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(&hex(0x0123_4567_89ab_cdef), b"0123456789abcdef");
    }
}
