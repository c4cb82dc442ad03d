//! The roster: who is logged in, what each may do, and which alarms each has.

use alloc::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::limits;
use crate::output::Session;
use crate::words::{AlarmId, Moment, SessionId};

/// One session and the alarms it has claimed.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Member {
    #[n(0)]
    pub(crate) session: Session,
    #[n(1)]
    pub(crate) claims: BTreeSet<AlarmId>,
}

/// Every session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roster {
    members: BTreeMap<SessionId, Member>,
    expiry: BTreeSet<(Moment, SessionId)>,
}

impl Roster {
    pub(crate) fn members(&self) -> &BTreeMap<SessionId, Member> {
        &self.members
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// The session that has to end before one more can begin.
    pub(crate) fn crowded_out(&self, by: SessionId) -> Option<SessionId> {
        let full = self.members.len() >= limits::SESSIONS && !self.members.contains_key(&by);
        full.then(|| self.expiry.first().map(|(_, id)| *id)).flatten()
    }

    /// The next session to expire.
    pub(crate) fn next_expiry(&self) -> Option<(Moment, SessionId)> {
        self.expiry.first().copied()
    }

    pub(crate) fn open(&mut self, id: SessionId, session: Session) {
        self.restore(id, Member { session, claims: BTreeSet::new() });
    }

    /// Puts a session in with what it has claimed.
    pub(crate) fn restore(&mut self, id: SessionId, member: Member) {
        self.expiry.insert((member.session.expires, id));
        self.members.insert(id, member);
    }

    /// Takes a session out, with what it had claimed.
    pub(crate) fn end(&mut self, id: SessionId) -> Option<Member> {
        let member = self.members.remove(&id)?;
        self.expiry.remove(&(member.session.expires, id));
        Some(member)
    }

    pub(crate) fn claimed(&mut self, id: SessionId, alarm: AlarmId) {
        if let Some(member) = self.members.get_mut(&id) {
            member.claims.insert(alarm);
        }
    }

    pub(crate) fn given_back(&mut self, id: SessionId, alarm: AlarmId) {
        if let Some(member) = self.members.get_mut(&id) {
            member.claims.remove(&alarm);
        }
    }
}
