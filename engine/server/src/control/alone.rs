//! No engine runs: the command is the log's writer for a moment, with the production loop and a shell that only listens.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use central::entry::Entry;
use central::output::Output;
use central::words::{KeyId, Moment, PersonId, Seq};
use central::{Central, Decision, Placed};
use journal::Health;
use journal::embedded::{Embedded, OpenError};
use lanes::{Lane, Lanes};
use sequencer::{Inbound, Sequencer, Shell, Turn, Why};

use super::wish::{Done, Known, Wish, person_of};
use super::{ControlError, account};
use crate::clock::Clock;
use crate::engine::{KEYS, LOG, NODE, StartError, Wanted, open, wake_by};
use crate::keys::Keys;
use crate::limits::CONTROL_TIME;

/// What the loop said about what it was handed.
#[derive(Default)]
struct Desk {
    told: HashMap<u64, Result<(Seq, Decision), Why>>,
    erase: Vec<KeyId>,
}

impl Shell for Desk {
    fn applied(&mut self, _: &Placed, _: &Entry, _: u64, outputs: &mut Vec<Output>) {
        for output in outputs.drain(..) {
            if let Output::Erase(_, keys) = output {
                self.erase.extend(keys);
            }
        }
    }

    fn decided(&mut self, at: &Placed, token: u64, decision: &Decision) {
        self.told.insert(token, Ok((at.seq, decision.clone())));
    }

    fn refused(&mut self, inbound: Inbound, why: Why) {
        self.told.insert(inbound.token, Err(why));
    }

    fn health(&mut self, _: &Health) {}

    fn turned(&mut self, _: &Central) {}
}

struct Alone {
    sequencer: Sequencer<Embedded, Desk>,
    lanes: Lanes<Inbound>,
    keys: Keys,
    clock: Clock,
}

/// Opens the log, fulfils the wishes, stops it cleanly.
pub(super) fn submit(data: &Path, wishes: &[Wish]) -> Result<Vec<Done>, ControlError> {
    let mut alone = Alone::open(data)?;
    let mut done = Vec::with_capacity(wishes.len());
    let mut failed = None;
    let account = account::own().map(account::name);
    let account =
        account.map_err(|why| StartError::Other(format!("who asks is not known: {why}")))?;
    for wish in wishes {
        match alone.one(&wish.clone().called_by(&account)) {
            Ok(one) => done.push(one),
            Err(why) => {
                failed = Some(why);
                break;
            }
        }
    }
    alone.sequencer.write_decided();
    let stopped = alone.sequencer.into_log().stop();
    let stopped = stopped.map_err(|why| format!("the log's head could not be noted: {why}"));
    match failed.or(stopped.err()) {
        Some(why) => Err(ControlError::Refused { done: done.len(), why }),
        None => Ok(done),
    }
}

impl Alone {
    fn open(data: &Path) -> Result<Self, ControlError> {
        if !data.join(LOG).is_dir() || !data.join(KEYS).is_dir() {
            let why = format!(
                "{} holds no log with its keys; name the data folder with --data",
                data.display()
            );
            return Err(StartError::Other(why).into());
        }
        let (lanes, outlet) = lanes::new();
        let wanted = Wanted {
            data,
            purpose: None,
            segment_bytes: segment_bytes(data),
            // A mirror is brought into step by the next start.
            mirror: None,
            accept_clock: false,
        };
        let opened = open(&wanted, wake_by(outlet.waker())).map_err(|why| match why {
            StartError::Log(OpenError::InUse { .. }) => ControlError::Unanswered(data.to_owned()),
            why => why.into(),
        })?;
        let other = |why: crate::keys::KeysError| StartError::Other(why.to_string());
        let keys = Keys::open(&data.join(KEYS)).map_err(other)?;
        if let Some(key) = opened.last_key {
            keys.used_up_to(key);
        }
        keys.begin().map_err(other)?;
        let clock = Clock::start(Moment(opened.last.moment));
        let boot = opened.last.next_boot(NODE);
        let sequencer =
            Sequencer::new(opened.log, outlet, opened.central, Desk::default(), NODE, boot)
                .passing_over(opened.skips);
        Ok(Self { sequencer, lanes, keys, clock })
    }

    fn one(&mut self, wish: &Wish) -> Result<Done, String> {
        let central = self.sequencer.central();
        let entry = wish.to_entry(&self.keys, |id| known(central, id))?;
        let (seq, decision) = self.put(&entry)?;
        let doomed = std::mem::take(&mut self.sequencer.shell().erase);
        if !doomed.is_empty() {
            self.keys.erase(&doomed).map_err(|why| {
                format!("the erasure is in the log, but the keys could not be overwritten ({why}): see to the disk of the keys and ask again; the next start of an engine tries it too")
            })?;
        }
        Ok(Done { seq, decision, person: person_of(&entry) })
    }

    fn put(&mut self, entry: &Entry) -> Result<(Seq, Decision), String> {
        const TOKEN: u64 = 1;
        let body = Bytes::from(entry.encode());
        let inbound = Inbound { moment: self.clock.now().0, body, token: TOKEN };
        if self.lanes.push(Lane::Acts, true, inbound).is_err() {
            return Err("there is no room to hand it over".to_owned());
        }
        let since = Instant::now();
        loop {
            let turn = self.sequencer.turn(self.clock.now().0);
            match self.sequencer.shell().told.remove(&TOKEN) {
                Some(Ok(noted)) => return Ok(noted),
                Some(Err(Why::Full)) => return Err("the log has no room: make room on its disk".to_owned()),
                Some(Err(Why::Stopped)) => return Err("a write or sync of the log failed: see to its disk; the next start says what it kept".to_owned()),
                Some(Err(Why::Invalid)) => return Err("this version may not write such an entry".to_owned()),
                None if since.elapsed() > CONTROL_TIME => return Err("the disk did not keep it in time: look with `varde log` before asking again".to_owned()),
                None => {}
            }
            match turn {
                Turn::Stopped(why) => return Err(why.to_string()),
                Turn::Idle { .. } => self.sequencer.wait(Duration::from_millis(5)),
                Turn::Worked => {}
            }
        }
    }
}

fn known(central: &Central, id: PersonId) -> Option<Known> {
    let person = central.person(id)?;
    let key = *person.keys.first()?;
    Some(Known { municipality: person.municipality, key, erased: person.erased })
}

/// Segments stay as large as the engine's own configuration made them.
fn segment_bytes(data: &Path) -> u64 {
    let segments = std::fs::read_dir(data.join(LOG).join("segments"));
    let length = |file: std::fs::DirEntry| {
        let is_one = file.path().extension().is_some_and(|ending| ending == "seg");
        file.metadata().ok().filter(|_| is_one).map(|found| found.len())
    };
    let newest = segments
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|file| Some((file.file_name(), length(file)?)))
        .max();
    newest.map_or(64 << 20, |(_, length)| length)
}
