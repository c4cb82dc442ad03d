//! The picture that consoles show: rows, shouts and health, and the changes to them in order.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use central::kind::Kind;
use central::output::{Gone, Row, Session};
use central::words::{AlarmId, DeviceId, Moment, Municipality, SessionId};
use tokio::sync::broadcast;

use crate::limits::{CONSOLE_BEHIND, SHOUTS};

/// A signal shown by the shell because the log could not make it durable in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shout {
    /// Made up for this run; names it on the page.
    pub id: u64,
    /// What it says.
    pub kind: Kind,
    /// Whose data it is.
    pub municipality: Municipality,
    /// Who sent it.
    pub device: DeviceId,
    /// T1.
    pub received: Moment,
    /// The unit was told to try its next receiver.
    pub sent_on: bool,
}

/// The log's own health, as consoles and `/readyz` see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogHealth {
    /// It makes entries durable.
    Ok,
    /// A write or sync has been under way for more than a second.
    Stalled,
    /// The next segment could not be made; there is room left.
    Low,
    /// No room.
    Full,
    /// Too few nodes to decide an order.
    NoQuorum,
    /// After a failed write or sync: the process is about to stop.
    Stopped,
}

/// One change to the picture.
#[derive(Clone, Debug)]
pub enum Change {
    /// New or changed.
    Row(Arc<Row>),
    /// Closed.
    Gone(Gone),
    /// Put before operators: sound it.
    Offer(Arc<Row>),
    /// New or changed.
    Shout(Arc<Shout>),
    /// Its entry came (which alarm), or it was sent on and has left the strip.
    Unshout(Arc<Shout>, Option<AlarmId>),
    /// The log's health changed.
    Health(LogHealth, Moment),
    /// A session ended: its connections close.
    SessionEnded(SessionId),
}

/// All of it at one moment.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Open alarms, by id.
    pub rows: Vec<Arc<Row>>,
    /// Oldest first.
    pub shouts: Vec<Arc<Shout>>,
    /// And since when.
    pub health: (LogHealth, Moment),
}

/// Holds the picture; told by the shell, read by consoles.
#[derive(Debug)]
pub struct Board {
    state: Mutex<State>,
    changes: broadcast::Sender<Change>,
}

#[derive(Debug)]
struct State {
    rows: BTreeMap<AlarmId, Arc<Row>>,
    shouts: BTreeMap<u64, Arc<Shout>>,
    sessions: HashMap<SessionId, Arc<Session>>,
    health: (LogHealth, Moment),
}

impl Board {
    /// Empty, with a healthy log.
    pub fn new(now: Moment) -> Self {
        let state = State {
            rows: BTreeMap::new(),
            shouts: BTreeMap::new(),
            sessions: HashMap::new(),
            health: (LogHealth::Ok, now),
        };
        Self { state: Mutex::new(state), changes: broadcast::channel(CONSOLE_BEHIND).0 }
    }

    /// The picture, and every change after it. A reader that falls [`CONSOLE_BEHIND`] changes behind gets `Lagged`.
    pub fn subscribe(&self) -> (Picture, broadcast::Receiver<Change>) {
        let state = self.state();
        let picture = Picture {
            rows: state.rows.values().cloned().collect(),
            shouts: state.shouts.values().cloned().collect(),
            health: state.health,
        };
        (picture, self.changes.subscribe())
    }

    /// One open alarm.
    pub fn row(&self, alarm: AlarmId) -> Option<Arc<Row>> {
        self.state().rows.get(&alarm).cloned()
    }

    /// A session that is open in the log. Whether it has expired is for the caller's clock to say.
    pub fn session(&self, id: SessionId) -> Option<Arc<Session>> {
        self.state().sessions.get(&id).cloned()
    }

    /// The log's health and since when.
    pub fn health(&self) -> (LogHealth, Moment) {
        self.state().health
    }

    /// How many alarms are open, and how many of them nobody has.
    pub fn counts(&self) -> (usize, usize) {
        let state = self.state();
        (state.rows.len(), state.rows.values().filter(|row| row.claim.is_none()).count())
    }

    /// How many alarms are open.
    pub fn open(&self) -> usize {
        self.state().rows.len()
    }

    /// A new or changed row.
    pub fn put(&self, row: Row) {
        let mut state = self.state();
        let row = Arc::new(row);
        state.rows.insert(row.alarm, Arc::clone(&row));
        self.tell(Change::Row(row));
    }

    /// A closed alarm.
    pub fn remove(&self, gone: Gone) {
        self.state().rows.remove(&gone.alarm);
        self.tell(Change::Gone(gone));
    }

    /// Sounds an alarm.
    pub fn offer(&self, alarm: AlarmId) {
        let row = self.row(alarm);
        if let Some(row) = row {
            self.tell(Change::Offer(row));
        }
    }

    /// A session began or ended.
    pub fn session_changed(&self, id: SessionId, session: Option<Session>) {
        let mut state = self.state();
        if let Some(session) = session {
            state.sessions.insert(id, Arc::new(session));
        } else {
            state.sessions.remove(&id);
            self.tell(Change::SessionEnded(id));
        }
    }

    /// A new or changed shout. Beyond [`SHOUTS`] the oldest whose unit was sent on leaves the strip, for
    /// it has another receiver by now; only where there is none, the oldest.
    pub fn shout(&self, shout: Shout) {
        let mut state = self.state();
        let shout = Arc::new(shout);
        state.shouts.insert(shout.id, Arc::clone(&shout));
        self.tell(Change::Shout(shout));
        if state.shouts.len() > SHOUTS {
            let sent_on = state.shouts.values().find(|shout| shout.sent_on).map(|shout| shout.id);
            let leaves = sent_on.or_else(|| state.shouts.keys().next().copied());
            if let Some(shout) = leaves.and_then(|id| state.shouts.remove(&id)) {
                self.tell(Change::Unshout(shout, None));
            }
        }
    }

    /// A shout's entry came, or its unit was sent on and it need not be shown any longer.
    pub fn unshout(&self, id: u64, alarm: Option<AlarmId>) {
        if let Some(shout) = self.state().shouts.remove(&id) {
            self.tell(Change::Unshout(shout, alarm));
        }
    }

    /// Shouts sent on before a moment leave the strip: their units have long had another receiver.
    pub fn expire_shouts(&self, before: Moment) {
        let mut state = self.state();
        let old = |shout: &Arc<Shout>| shout.sent_on && shout.received < before;
        let gone: Vec<u64> =
            state.shouts.iter().filter(|(_, shout)| old(shout)).map(|(id, _)| *id).collect();
        for id in gone {
            if let Some(shout) = state.shouts.remove(&id) {
                self.tell(Change::Unshout(shout, None));
            }
        }
    }

    /// The log's health; told on when it changes.
    pub fn set_health(&self, health: LogHealth, now: Moment) {
        let mut state = self.state();
        if state.health.0 != health {
            state.health = (health, now);
            self.tell(Change::Health(health, now));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sent while the state is held, so that a new reader's picture and its first change fit together.
    fn tell(&self, change: Change) {
        // Nobody listening is no error: the picture holds it.
        let _ = self.changes.send(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shout(id: u64, sent_on: bool) -> Shout {
        Shout {
            id,
            kind: Kind::PRESS,
            municipality: Municipality(301),
            device: DeviceId(format!("scaip:{id}")),
            received: Moment(id),
            sent_on,
        }
    }

    #[test]
    fn a_full_strip_lets_go_of_what_was_sent_on_first() {
        let board = Board::new(Moment(0));
        for id in 0..SHOUTS as u64 {
            board.shout(shout(id, id == 7 || id == 9));
        }
        board.shout(shout(5_000, false));
        board.shout(shout(5_001, false));
        board.shout(shout(5_002, false));
        let shown: Vec<u64> = board.subscribe().0.shouts.iter().map(|shout| shout.id).collect();
        assert_eq!(shown.len(), SHOUTS);
        assert!(!shown.contains(&7) && !shown.contains(&9) && !shown.contains(&0));
        assert!(shown.contains(&1) && shown.contains(&5_002));
    }
}
