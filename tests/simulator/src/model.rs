//! The dull reference: the rules of the house again, written with plain lists and no care for speed.
//!
//! It shares no logic with `central`, only the words.

use central::entry::{Act, Entry, Scope, SessionOpened, Signal, Verb};
use central::output::Refusal;
use central::words::{ActId, Moment, Municipality, SessionId};

/// What an entry must come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Nothing,
    /// Seq of the first copy, whether this is a copy, and the alarm.
    Receipt(u64, bool, Option<u64>),
    /// Version after it, or why not.
    Answer(Result<u32, Refusal>),
}

/// An open alarm: id, version, priority, signals, and whose.
pub(crate) type Open = (u64, u32, u8, u32, Option<SessionId>);

#[derive(Clone, Debug)]
struct Case {
    id: u64,
    device: String,
    kind: u16,
    municipality: u16,
    since: u64,
    version: u32,
    count: u32,
    /// Session, operator, since, version.
    holder: Option<(SessionId, String, u64, u32)>,
    closed_by: Option<String>,
    /// Closed under rules 2, and when.
    closed_at: Option<u64>,
    /// Opened under rules 2 after a close of the same.
    recurred: bool,
}

#[derive(Clone, Debug)]
struct Login {
    id: SessionId,
    operator: String,
    only: Option<Vec<Municipality>>,
    expires: u64,
}

/// The reference state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) last: u64,
    begun: bool,
    rules: u32,
    now: u64,
    /// Seq, signal and alarm of every first copy.
    signals: Vec<(u64, Signal, Option<u64>)>,
    cases: Vec<Case>,
    logins: Vec<Login>,
    answers: Vec<(ActId, SessionId, Result<u32, Refusal>)>,
}

/// What a kind does, and its urgency: 0 life-safety, 1 person, 2 technical.
fn opens(kind: u16) -> Option<usize> {
    match kind {
        121 | 400 | 900 => None,
        200 => Some(1),
        602 => Some(2),
        _ => Some(0),
    }
}

impl Case {
    fn priority(&self) -> u8 {
        let rows = [[2, 1, 1, 0], [4, 3, 3, 3], [7, 6, 6, 6]];
        let row = rows[opens(self.kind).unwrap_or(0)];
        let priority = row[(self.count as usize - 1).min(3)];
        if self.recurred { priority.min(row[1]) } else { priority }
    }

    fn is_open(&self) -> bool {
        self.closed_by.is_none()
    }
}

impl Model {
    pub(crate) fn step(&mut self, moment: u64, entry: &Entry) -> Expected {
        self.last += 1;
        self.now = self.now.max(moment);
        let over: Vec<SessionId> = self
            .logins
            .iter()
            .filter(|login| login.expires <= moment)
            .map(|login| login.id)
            .collect();
        for id in over {
            self.log_out(id);
        }
        match entry {
            Entry::Signal(signal) => self.signal(signal),
            Entry::Act(act) => Expected::Answer(self.act(moment, act)),
            Entry::SessionOpened(opened) => {
                self.log_out(opened.id);
                self.log_in(moment, opened);
                Expected::Nothing
            }
            Entry::SessionEnded(id) => {
                self.log_out(*id);
                Expected::Nothing
            }
            Entry::Genesis(_) => {
                self.begun = true;
                Expected::Nothing
            }
            Entry::Rules(n) => {
                self.rules = *n;
                Expected::Nothing
            }
            _ => Expected::Nothing,
        }
    }

    pub(crate) fn begun(&self) -> bool {
        self.begun
    }

    /// Waiting ones in order, then those somebody has.
    pub(crate) fn open(&self) -> Vec<Open> {
        let mut open: Vec<&Case> = self.cases.iter().filter(|case| case.is_open()).collect();
        open.sort_by_key(|case| match case.holder {
            None => (0, case.priority(), case.since, case.id),
            Some(_) => (1, 0, 0, case.id),
        });
        let line = |case: &Case| {
            let holder = case.holder.as_ref().map(|holder| holder.0);
            (case.id, case.version, case.priority(), case.count, holder)
        };
        open.into_iter().map(line).collect()
    }

    fn log_in(&mut self, moment: u64, opened: &SessionOpened) {
        if opened.expires.0 > moment {
            self.logins.push(Login {
                id: opened.id,
                operator: opened.operator.clone(),
                only: match &opened.scope {
                    Scope::All => None,
                    Scope::Only(some) => Some(some.clone()),
                },
                expires: opened.expires.0,
            });
        }
    }

    fn log_out(&mut self, id: SessionId) {
        self.logins.retain(|login| login.id != id);
        for case in self.cases.iter_mut().filter(|case| case.is_open()) {
            if case.holder.as_ref().is_some_and(|holder| holder.0 == id) {
                case.holder = None;
                case.version += 1;
            }
        }
    }

    fn signal(&mut self, signal: &Signal) -> Expected {
        let first = self.signals.iter().find(|(_, old, _)| {
            let same_name = if signal.reference.0.is_empty() {
                old.reference.0.is_empty()
                    && old.counter == signal.counter
                    && signal.counter.is_some()
            } else {
                old.reference == signal.reference
            };
            same_name && old.device == signal.device && old.content == signal.content
        });
        if let Some((seq, _, alarm)) = first {
            return Expected::Receipt(*seq, true, *alarm);
        }
        let alarm = self.effect(signal);
        self.signals.push((self.last, signal.clone(), alarm));
        Expected::Receipt(self.last, false, alarm)
    }

    fn effect(&mut self, signal: &Signal) -> Option<u64> {
        let mut mine: Vec<&mut Case> = self
            .cases
            .iter_mut()
            .filter(|case| {
                case.is_open()
                    && case.device == signal.device.0
                    && case.municipality == signal.municipality.0
            })
            .collect();
        if signal.kind.0 == 121 {
            for case in &mut mine {
                case.version += 1;
            }
        }
        opens(signal.kind.0)?;
        if let Some(case) = mine.into_iter().find(|case| case.kind == signal.kind.0) {
            case.count += 1;
            case.version += 1;
            return Some(case.id);
        }
        let now = self.now;
        let recurred = self.rules == 2
            && self.cases.iter().any(|case| {
                case.device == signal.device.0
                    && case.kind == signal.kind.0
                    && case.municipality == signal.municipality.0
                    && case.closed_at.is_some_and(|at| now - at < 7_200_000_000_000)
            });
        self.cases.push(Case {
            closed_at: None,
            recurred,
            id: self.last,
            device: signal.device.0.clone(),
            kind: signal.kind.0,
            municipality: signal.municipality.0,
            since: signal.received.0,
            version: 1,
            count: 1,
            holder: None,
            closed_by: None,
        });
        Some(self.last)
    }

    fn act(&mut self, moment: u64, act: &Act) -> Result<u32, Refusal> {
        if let Some((_, session, answer)) = self.answers.iter().find(|(id, ..)| *id == act.id) {
            return if *session == act.session { answer.clone() } else { Err(Refusal::NotYours) };
        }
        let answer = self.perform(moment, act);
        if answer != Err(Refusal::NoSession) {
            self.answers.push((act.id, act.session, answer.clone()));
        }
        answer
    }

    fn perform(&mut self, moment: u64, act: &Act) -> Result<u32, Refusal> {
        let login = self.logins.iter().find(|login| login.id == act.session);
        let login = login.ok_or(Refusal::NoSession)?;
        let (alarm, carried) = match act.verb {
            Verb::Claim { alarm } => (alarm, None),
            Verb::Release { alarm, version } | Verb::Close { alarm, version, .. } => {
                (alarm, Some(version))
            }
        };
        let case = self.cases.iter_mut().find(|case| case.id == alarm.0.0);
        let case = case.ok_or(Refusal::NoSuchAlarm)?;
        if login.only.as_ref().is_some_and(|only| !only.contains(&Municipality(case.municipality)))
        {
            return Err(Refusal::NoSuchAlarm);
        }
        if let Some(by) = &case.closed_by {
            return Err(Refusal::Closed { by: by.clone() });
        }
        match (carried, &case.holder) {
            (None, Some((_, by, since, _))) => {
                return Err(Refusal::Taken { by: by.clone(), since: Moment(*since) });
            }
            (None, None) => {
                let version = case.version + 1;
                case.holder = Some((login.id, login.operator.clone(), moment, version));
            }
            (Some(version), Some((holder, _, _, fence)))
                if *holder == act.session && *fence == version =>
            {
                case.holder = None;
                if matches!(act.verb, Verb::Close { .. }) {
                    case.closed_by = Some(login.operator.clone());
                    case.closed_at = (self.rules == 2).then_some(self.now);
                }
            }
            (Some(_), _) => return Err(Refusal::NotYours),
        }
        case.version += 1;
        Ok(case.version)
    }
}

/// The order within a batch: 0 first.
pub(crate) fn rank(entry: &Entry) -> u8 {
    match entry {
        Entry::Signal(signal) => match opens(signal.kind.0) {
            Some(0) => 0,
            Some(1) => 2,
            Some(_) => 3,
            None => 4,
        },
        Entry::Counted(_) | Entry::Hops(_) => 4,
        _ => 1,
    }
}
