//! An entry of the log: what is read, written and read again is the same, for the chain is over bytes.

use central::entry::Entry;

pub(crate) fn holds(input: &[u8]) {
    match Entry::decode(input) {
        Ok(entry) => {
            let written = entry.encode();
            assert_eq!(Entry::decode(&written).as_ref(), Ok(&entry));
            assert_eq!(entry.encode(), written);
        }
        Err(undecodable) => {
            let _ = undecodable.to_string();
        }
    }
}
