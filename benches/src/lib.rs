//! What the benches share: entries as the engine makes them.

use bytes::Bytes;
use central::entry::{Counter, Entry, Flags, Genesis, Path, Purpose, Sealed, Sender, Signal};
use central::kind::Kind;
use central::words::{ContentHash, DeviceId, KeyId, Moment, Municipality, Reference, Seq};
use central::{Central, Placed};

/// Nanoseconds since the epoch at which every bench begins.
pub const START: u64 = 1_700_000_000_000_000_000;

/// The first entry of a log.
pub fn genesis() -> Entry {
    Entry::Genesis(Genesis { purpose: Purpose::LoadTest, log_id: [7; 16] })
}

/// A signal of a device, its `n`th, with a sealed part of the size a press has.
pub fn signal(device: u32, n: u64, kind: Kind) -> Signal {
    let mut content = [0; 16];
    content[..8].copy_from_slice(&n.to_be_bytes());
    Signal {
        device: DeviceId(format!("link:K7-{device:06}")),
        municipality: Municipality(301),
        person: None,
        kind,
        reference: Reference(format!("{n:032x}")),
        content: ContentHash(content),
        counter: Some(Counter { boot: 1, n }),
        happened: None,
        buffered: false,
        received: Moment(START + n),
        path: Path::Link,
        sender: Sender::Verified,
        flags: Flags::default(),
        sealed: Some(Sealed { key: KeyId(1), nonce: [3; 12], bytes: vec![9; 160] }),
    }
}

/// The encoded entry of a signal.
pub fn body(device: u32, n: u64, kind: Kind) -> Bytes {
    Entry::Signal(signal(device, n, kind)).encode().into()
}

/// A central fed entries as a log would number them.
#[derive(Clone)]
pub struct Fed {
    /// The central.
    pub central: Central,
    seq: u64,
}

impl Default for Fed {
    fn default() -> Self {
        Self::new()
    }
}

impl Fed {
    /// One with its genesis applied.
    pub fn new() -> Self {
        let mut fed = Self { central: Central::new(), seq: 0 };
        fed.apply(&genesis());
        fed
    }

    /// Applies one entry; says how many outputs followed.
    pub fn apply(&mut self, entry: &Entry) -> usize {
        self.seq += 1;
        let at = Placed { seq: Seq(self.seq), moment: Moment(START + self.seq), head: [0; 32] };
        let mut outputs = Vec::new();
        self.central.apply(&at, entry, &mut outputs).expect("an entry in its place is applied");
        outputs.len()
    }

    /// Open alarms.
    pub fn open(&self) -> usize {
        self.central.depth().0
    }
}
