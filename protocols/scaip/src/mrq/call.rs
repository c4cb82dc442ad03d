//! Who calls whom after an mrq.

use super::{Caller, Mrq};
use crate::code::MessageType;
use crate::mrs::Mrs;

/// The voice call that belongs to a message, by what its unit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// None: the unit has no voice, or the message is no call for help.
    None,
    /// The unit calls, where the `mrs` says.
    Unit,
    /// The receiver calls the unit (`cha` 1).
    Receiver,
}

impl Mrq {
    /// Who calls. None for `RE`, `IN` and `PI`, for a cancel (`stc` 19) and a test transmission (102,
    /// 103), for `no-voice:`, and for `mreq` 4; what is unknown may be a person, who wants to talk.
    pub fn call(&self) -> Call {
        let talks = matches!(self.message_type(), MessageType::Event | MessageType::Other(_));
        let quiet = self.stc.as_ref().is_some_and(|stc| [19, 102, 103].iter().any(|n| stc.is(*n)));
        let no_media = self.mreq.as_ref().is_some_and(|mreq| mreq.is(4));
        if !talks || quiet || no_media || self.caller() == Caller::NoVoice {
            return Call::None;
        }
        if self.wants_callback() { Call::Receiver } else { Call::Unit }
    }

    /// Accepted, and told where to call: `voice` is the address where the centre answers, if it has
    /// one. Without it no unit is told to call what does not answer. A unit that waits to be called
    /// is told that there will be a call, and no number, for it is the receiver who dials.
    pub fn accepted(&self, reference: &str, voice: Option<&str>) -> Mrs {
        match (self.call(), voice) {
            (Call::Unit, Some(number)) => Mrs::accepted_call(reference, number),
            (Call::Receiver, Some(_)) => Mrs::accepted_callback(reference),
            _ => Mrs::accepted(reference),
        }
    }
}
