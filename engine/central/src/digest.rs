//! The state hash: SHA-256 over everything that can influence a later output.

use minicbor::encode::Encoder;

use crate::central::Central;
use crate::sum::Feed;

impl Central {
    /// The state hash. What is small is hashed now; of devices, open alarms and persons the sum that is
    /// kept up to date, so that the time it takes does not grow with their number.
    pub fn digest(&self) -> [u8; 32] {
        let mut to = Encoder::new(Feed::default());
        self.write_small(&mut to).expect("hashing cannot fail");
        let sums = [
            self.memory.sum(),
            self.alarms.open().sum(),
            self.persons.known.sum(),
            self.persons.held.sum(),
        ];
        to.encode(sums.map(crate::sum::Sum::words)).expect("hashing cannot fail");
        to.into_writer().finish()
    }
}
