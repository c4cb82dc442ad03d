//! What applying an entry tells the shell. An output never exists before its entry is durable.

use alloc::string::String;
use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use crate::entry::{Flags, Path, Role, Scope, Sender};
use crate::kind::{Class, Kind};
use crate::words::{
    ActId, AlarmId, ChainHash, DeviceId, KeyId, Moment, Municipality, PersonId, Seq, SessionId,
};

/// One consequence of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The answer owed to the device, for the node where the signal came in.
    Receipt(Receipt),
    /// Put this alarm before operators.
    Offer(AlarmId),
    /// A row is new or has changed.
    Row(Row),
    /// A row is gone: closed.
    Gone(Gone),
    /// The answer to an act, for the session's home.
    Answer(Answer),
    /// A session began or ended (`None`: ended).
    Session(SessionId, Option<Session>),
    /// A person was registered or has changed.
    Person(PersonId),
    /// Whom a device helps from here on (`None`: nobody).
    Held(DeviceId, Option<PersonId>),
    /// A person is erased: destroy these keys, and what projections hold.
    Erase(PersonId, Vec<KeyId>),
}

/// Proof that a signal is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The Seq of the stored signal; of the first copy when this was a Duplicate.
    pub seq: Seq,
    /// The chain hash at that entry.
    pub head: ChainHash,
    /// The Moment of that entry.
    pub moment: Moment,
    /// The copy changed nothing.
    pub duplicate: bool,
    /// The alarm it opened or was folded into.
    pub alarm: Option<AlarmId>,
}

/// Who has an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Claim {
    /// The operator's user name.
    #[n(0)]
    pub operator: String,
    /// In which session.
    #[n(1)]
    pub session: SessionId,
    /// Since when.
    #[n(2)]
    pub since: Moment,
}

/// Why an alarm has its priority: data, worded by the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Reason {
    /// The class of its kind.
    #[n(0)]
    Class(#[n(0)] Class),
    /// Signals folded into it within the last 20 minutes.
    #[n(1)]
    Repeats(#[n(0)] u32),
    /// It happened long before it came: seconds.
    #[n(2)]
    Buffered(#[n(0)] u64),
    /// It could not be read and may be a person.
    #[n(3)]
    Undecodable,
    /// The sender is not proved.
    #[n(4)]
    Doubtful,
    /// An alarm of the same device, kind and municipality was closed shortly before.
    #[n(5)]
    Recurred {
        /// Which: its history belongs in front of this one.
        #[n(0)]
        after: AlarmId,
        /// How long before: seconds.
        #[n(1)]
        seconds: u64,
    },
}

/// One alarm as a console shows it. Everything personal is fetched apart and opened under audit.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Row {
    /// Its id: the opening Seq.
    #[n(0)]
    pub alarm: AlarmId,
    /// Grows with every change; a claim's fencing version is the one its answer carried.
    #[n(1)]
    pub version: u32,
    /// The kind that opened it.
    #[n(2)]
    pub kind: Kind,
    /// Its class.
    #[n(3)]
    pub class: Class,
    /// 0 is most urgent, 9 least.
    #[n(4)]
    pub priority: u8,
    /// Why.
    #[n(5)]
    pub reasons: Vec<Reason>,
    /// Whose data it is.
    #[n(6)]
    pub municipality: Municipality,
    /// Who sent it.
    #[n(7)]
    pub device: DeviceId,
    /// Whom it helps, where known.
    #[n(8)]
    pub person: Option<PersonId>,
    /// What age counts from: when it happened if buffered, else when it came.
    #[n(9)]
    pub since: Moment,
    /// T1 of the opening signal.
    #[n(10)]
    pub received: Moment,
    /// Signals in it: 1 + Repeats.
    #[n(11)]
    pub count: u32,
    /// Seq and T1 of the newest ones, newest last, at most [`crate::limits::ROW_SIGNALS`].
    #[n(12)]
    pub signals: Vec<(Seq, Kind, Moment)>,
    /// Who has it, if anyone.
    #[n(13)]
    pub claim: Option<Claim>,
    /// A withdrawal or restore came (reset, cancel, mains back …): shown, never closes.
    #[n(14)]
    pub withdrawn: Option<(Kind, Moment)>,
    /// How the opening signal read.
    #[n(15)]
    pub flags: Flags,
    /// How sure the sender is.
    #[n(16)]
    pub sender: Sender,
    /// By which path the opening signal came.
    #[n(17)]
    pub path: Path,
    /// It waited in the device.
    #[n(18)]
    pub buffered: bool,
}

/// A closed alarm leaves the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Which.
    pub alarm: AlarmId,
    /// Whose data it was.
    pub municipality: Municipality,
    /// Who closed it.
    pub operator: String,
}

/// The answer to an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which act.
    pub act: ActId,
    /// In which session.
    pub session: SessionId,
    /// What came of it; the same for a copy of the act.
    pub result: Result<Done, Refusal>,
}

/// An act took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Done {
    /// On which alarm.
    #[n(0)]
    pub alarm: AlarmId,
    /// The row's version after it.
    #[n(1)]
    pub version: u32,
}

/// An act changed nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Refusal {
    /// No such alarm, or not of the session's municipalities (which of the two is not told).
    #[n(0)]
    NoSuchAlarm,
    /// Somebody has it.
    #[n(1)]
    Taken {
        /// Who.
        #[n(0)]
        by: String,
        /// Since when.
        #[n(1)]
        since: Moment,
    },
    /// It is closed.
    #[n(2)]
    Closed {
        /// By whom.
        #[n(0)]
        by: String,
    },
    /// The act carried an old version, or the claim is not this session's.
    #[n(3)]
    NotYours,
    /// The session is unknown, ended or expired: log in again.
    #[n(4)]
    NoSession,
    /// The role may not do this.
    #[n(5)]
    NotAllowed,
    /// A closing code that is in no table.
    #[n(6)]
    UnknownCode,
}

/// A session as the shell may use it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Session {
    /// The operator's user name.
    #[n(0)]
    pub operator: String,
    /// What it may do.
    #[n(1)]
    pub role: Role,
    /// Where.
    #[n(2)]
    pub scope: Scope,
    /// When it ends.
    #[n(3)]
    pub expires: Moment,
}
