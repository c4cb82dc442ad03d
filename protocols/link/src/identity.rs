//! How a client certificate names a device.

use crate::limits::DEVICE_ID_BYTES;

/// Whether a subject CN is a device id: 1 to 32 of `A-Z a-z 0-9 -`.
pub fn is_device_id(common_name: &str) -> bool {
    (1..=DEVICE_ID_BYTES).contains(&common_name.len())
        && common_name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Whether a subject O is a municipality number: four digits.
pub fn is_municipality(organisation: &str) -> bool {
    organisation.len() == 4 && organisation.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_device_ids() {
        assert!(is_device_id("A-1") && is_device_id(&"x".repeat(32)));
        for bad in ["", "a b", "a/b", "å", "a\0", &"x".repeat(33)] {
            assert!(!is_device_id(bad), "{bad:?}");
        }
        assert!(is_municipality("0301"));
        for bad in ["", "301", "03011", "030a", "٠٣٠١"] {
            assert!(!is_municipality(bad), "{bad:?}");
        }
    }
}
