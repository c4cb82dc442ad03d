//! The state hash: SHA-256 over everything that can influence a later output, in one fixed order.

use core::convert::Infallible;

use minicbor::Encode;
use minicbor::encode::{Encoder, Error, Write};
use sha2::{Digest, Sha256};

use crate::central::Central;

/// Feeds what is encoded to the hash.
struct Feed(Sha256);

impl Write for Feed {
    type Error = Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.update(bytes);
        Ok(())
    }
}

impl Central {
    /// The state hash; takes time in proportion to the state.
    pub fn digest(&self) -> [u8; 32] {
        let mut to = Encoder::new(Feed(Sha256::new()));
        self.write(&mut to).expect("hashing cannot fail");
        to.into_writer().0.finalize().into()
    }

    /// Waiting, the order of quiet devices, repeats by source and the order of expiry follow from what
    /// is written here.
    fn write(&self, to: &mut Encoder<Feed>) -> Result<(), Error<Infallible>> {
        to.array(11)?.encode(&self.genesis)?.u32(self.rules)?;
        to.encode(self.last)?.encode(self.now)?.encode(self.tally)?;
        let devices = self.memory.devices();
        to.map(devices.len() as u64)?;
        for (device, seen) in devices {
            to.encode(device)?.encode(seen)?;
        }
        list(to, self.alarms.open().values())?;
        to.array(self.alarms.closed().len() as u64)?;
        for id in self.alarms.closed() {
            to.encode(id)?.encode(self.alarms.closed_by(*id))?;
        }
        to.array(self.answers.order().len() as u64)?;
        for act in self.answers.order() {
            to.encode(act)?.encode(self.answers.get(*act))?;
        }
        list(to, self.roster.members().iter())?;
        list(to, self.persons.known.iter())?;
        list(to, self.persons.held.iter())
    }
}

fn list<T: Encode<()>>(
    to: &mut Encoder<Feed>,
    items: impl ExactSizeIterator<Item = T>,
) -> Result<(), Error<Infallible>> {
    to.array(items.len() as u64)?;
    for item in items {
        to.encode(item)?;
    }
    Ok(())
}
