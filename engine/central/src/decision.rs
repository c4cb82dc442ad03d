//! What was decided about an entry. The journal keeps it beside the entry; a replay compares with it.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::output::{Done, Reason, Refusal};
use crate::words::{AlarmId, Seq};

/// What one entry came to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Decision {
    /// Noted; it decides nothing about an alarm.
    #[n(0)]
    Noted,
    /// Nothing happened: a second genesis, or the end of a session already over.
    #[n(1)]
    Void,
    /// A signal opened an alarm, whose id is the entry's Seq.
    #[n(2)]
    Opened {
        /// 0 is most urgent, 9 least.
        #[n(0)]
        priority: u8,
        /// Why.
        #[n(1)]
        reasons: Vec<Reason>,
    },
    /// A signal was the copy of a stored one.
    #[n(3)]
    Duplicate {
        /// The stored one.
        #[n(0)]
        of: Seq,
    },
    /// A signal was a Repeat, folded into an open alarm.
    #[n(4)]
    Folded {
        /// Which.
        #[n(0)]
        alarm: AlarmId,
        /// The alarm's priority after it.
        #[n(1)]
        priority: u8,
        /// Why.
        #[n(2)]
        reasons: Vec<Reason>,
    },
    /// A signal was filed.
    #[n(5)]
    Filed,
    /// A signal was filed and shown on the open alarms of its device, so many.
    #[n(6)]
    Attached {
        /// How many; 0 where the device has none.
        #[n(0)]
        alarms: u32,
    },
    /// An act took effect.
    #[n(7)]
    Done(#[n(0)] Done),
    /// An act changed nothing, and why.
    #[n(8)]
    Refused(#[n(0)] Refusal),
    /// The copy of an act, answered as the first.
    #[n(9)]
    ActAgain,
    /// A session began.
    #[n(10)]
    SessionOpened,
    /// A session ended; it gave so many alarms back.
    #[n(11)]
    SessionEnded {
        /// How many.
        #[n(0)]
        released: u32,
    },
}

impl Decision {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to memory cannot fail")
    }

    /// The decision in these bytes.
    ///
    /// # Errors
    /// Bytes that are no decision this node knows.
    pub fn decode(bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
        minicbor::decode(bytes)
    }
}
