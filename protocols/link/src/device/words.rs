//! What the caller and the session tell each other.

use alloc::string::String;
use alloc::vec::Vec;

use crate::answer::{Receipt, Refused, Welcome};
use crate::details::Details;
use crate::kind::Kind;

/// What the device says of itself in every hello.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Maker and model.
    pub model: String,
    /// Firmware version.
    pub firmware: String,
    /// Another number after every start.
    pub boot: u64,
    /// Bits of [`crate::supports`].
    pub supports: u64,
}

/// A signal before it has a counter.
#[derive(Debug, Clone)]
pub struct Draft {
    /// 16 random bytes, or any other 16 that no other signal of any device will have.
    pub id: [u8; 16],
    /// What happened.
    pub kind: Kind,
    /// When, in milliseconds since 1970-01-01T00:00:00Z, if known.
    pub happened: Option<u64>,
    /// What else there is to say.
    pub details: Details,
}

/// What the caller does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Do {
    /// Connect, then call [`super::Session::connected`] or [`super::Session::lost`].
    Connect,
    /// Open a bidirectional stream, write these bytes, finish it, and hand what comes back up to
    /// FIN to [`super::Session::answered`] under this number.
    Open {
        /// The session's own number for the stream.
        stream: u64,
        /// The whole message.
        bytes: Vec<u8>,
    },
    /// Reset the stream and stop reading it; its answer did not come in time. What was on it
    /// ([`super::Session::signal_on`]) should go to the next receiver too, if there is one.
    Abandon {
        /// The number it was opened under.
        stream: u64,
    },
    /// Close the connection and call [`super::Session::lost`].
    Close,
}

/// What an answer meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The centre knows the device; its clock is in it.
    Welcome(Welcome),
    /// The centre heard the beat.
    BeatOk {
        /// The centre's clock in milliseconds since 1970-01-01T00:00:00Z.
        time: u64,
    },
    /// A signal is stored. Only now may the device forget it.
    Stored {
        /// Which signal.
        id: [u8; 16],
        /// The proof.
        receipt: Receipt,
    },
    /// Not taken now; the session sends it again by itself. An alarm ([`super::Session::signal_on`])
    /// should go to the next receiver too, if there is one.
    Later,
    /// Send the same bytes to the next receiver, if there is one; the session keeps on trying
    /// here until [`super::Session::settled_elsewhere`].
    TryNext {
        /// Which signal.
        id: [u8; 16],
    },
    /// Never taken as it is. A signal is no longer sent here; send it to the next receiver.
    Refused {
        /// Which signal; none for a hello or a beat.
        id: Option<[u8; 16]>,
        /// Why.
        refused: Refused,
    },
    /// Not an answer, or to nothing that waits; the session goes on as if none had come.
    Nothing,
}
