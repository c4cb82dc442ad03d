//! Dispatch: what changes a row, when an alarm is offered, and the acts of operators.

use alloc::string::String;
use alloc::vec::Vec;

use crate::alarms::Alarm;
use crate::answers::Given;
use crate::central::{Central, Placed};
use crate::codes;
use crate::decision::Decision;
use crate::entry::{Act, Role, Verb};
use crate::lifecycle::{self, Event, Step};
use crate::output::{Answer, Claim, Done, Gone, Output, Refusal};
use crate::words::{AlarmId, SessionId};

impl Verb {
    /// On which alarm.
    pub const fn alarm(&self) -> AlarmId {
        match self {
            Self::Claim { alarm } | Self::Release { alarm, .. } | Self::Close { alarm, .. } => {
                *alarm
            }
        }
    }

    const fn event(&self, session: SessionId) -> Event {
        match self {
            Self::Claim { .. } => Event::Claim,
            Self::Release { version, .. } => Event::Release { session, version: *version },
            Self::Close { version, .. } => Event::Close { session, version: *version },
        }
    }
}

impl Central {
    /// Applies an act once; a copy gets the first one's answer.
    pub(crate) fn act(&mut self, at: &Placed, act: &Act, out: &mut Vec<Output>) -> Decision {
        let session = act.session;
        let known = self.answers.get(act.id).map(|given| {
            if given.session == session { given.result.clone() } else { Err(Refusal::NotYours) }
        });
        let (decision, result) = if let Some(result) = known {
            (Decision::ActAgain, result)
        } else {
            let result = self.perform(at, act, out);
            // Remembering strangers would let them push out the answers of those logged in.
            if result != Err(Refusal::NoSession) {
                self.answers.note(act.id, Given { session, result: result.clone() });
            }
            (result.clone().map_or_else(Decision::Refused, Decision::Done), result)
        };
        out.push(Output::Answer(Answer { act: act.id, session, result }));
        decision
    }

    fn perform(&mut self, at: &Placed, act: &Act, out: &mut Vec<Output>) -> Result<Done, Refusal> {
        let alarm = act.verb.alarm();
        let operator = self.allowed(act.session, alarm)?;
        if let Verb::Close { cause, action, outcome, .. } = act.verb
            && !codes::known(cause, action, outcome)
        {
            return Err(Refusal::UnknownCode);
        }
        let state = self.alarms.state(alarm).ok_or(Refusal::NoSuchAlarm)?;
        let version = match lifecycle::step(state, act.verb.event(act.session)) {
            Step::Take => {
                self.roster.claimed(act.session, alarm);
                let claim = Claim { operator, session: act.session, since: at.moment };
                self.change(alarm, out, |alarm| {
                    alarm.row.claim = Some(claim);
                    alarm.fence = alarm.row.version.saturating_add(1);
                })
            }
            Step::Return => {
                self.roster.given_back(act.session, alarm);
                self.change(alarm, out, |alarm| alarm.row.claim = None)
            }
            Step::End => {
                self.roster.given_back(act.session, alarm);
                if let Verb::Close { note: Some(note), .. } = &act.verb {
                    self.sealed_in(alarm, note.key);
                }
                self.end(alarm, &operator, out)
            }
            Step::Refuse(why) => return Err(why),
            // No act leads to these: they are what signals and the end of sessions come to.
            Step::Grow | Step::Nothing => return Err(Refusal::NotYours),
        };
        Ok(Done { alarm, version: version.ok_or(Refusal::NoSuchAlarm)? })
    }

    /// The operator's name, if the session may act on the alarm.
    fn allowed(&self, session: SessionId, alarm: AlarmId) -> Result<String, Refusal> {
        let session = &self.roster.get(session).ok_or(Refusal::NoSession)?.session;
        if session.role < Role::Operator {
            return Err(Refusal::NotAllowed);
        }
        let municipality = self.alarms.municipality(alarm).ok_or(Refusal::NoSuchAlarm)?;
        if !session.scope.covers(municipality) {
            return Err(Refusal::NoSuchAlarm);
        }
        Ok(session.operator.clone())
    }

    /// Gives a session's alarms back to waiting; says how many.
    pub(crate) fn end_session(&mut self, id: SessionId, out: &mut Vec<Output>) -> Option<u32> {
        let member = self.roster.end(id)?;
        let mut released = 0_u32;
        for alarm in member.claims {
            let state = self.alarms.state(alarm);
            let step = state.map(|state| lifecycle::step(state, Event::Lapse { session: id }));
            if step == Some(Step::Return) {
                self.change(alarm, out, |alarm| alarm.row.claim = None);
                released = released.saturating_add(1);
            }
        }
        out.push(Output::Session(id, None));
        Some(released)
    }

    /// Changes one open alarm and keeps everything that depends on it: its place in waiting, its
    /// version, its row on every console, and an offer if it came back to waiting or was raised.
    pub(crate) fn change(
        &mut self,
        id: AlarmId,
        out: &mut Vec<Output>,
        change: impl FnOnce(&mut Alarm),
    ) -> Option<u32> {
        let waiting = &mut self.waiting;
        self.alarms.change(id, |alarm| {
            waiting.leave(alarm);
            let (priority, had) = (alarm.row.priority, alarm.row.claim.is_some());
            change(alarm);
            alarm.row.version = alarm.row.version.saturating_add(1);
            waiting.enter(alarm);
            out.push(Output::Row(alarm.row.clone()));
            if alarm.row.claim.is_none() && (had || alarm.row.priority < priority) {
                out.push(Output::Offer(id));
            }
            alarm.row.version
        })
    }

    fn end(&mut self, id: AlarmId, operator: &str, out: &mut Vec<Output>) -> Option<u32> {
        let row = self.alarms.close(id, operator, self.in_force().recurrence.map(|_| self.now))?;
        let operator = operator.into();
        out.push(Output::Gone(Gone { alarm: id, municipality: row.municipality, operator }));
        Some(row.version.saturating_add(1))
    }
}
