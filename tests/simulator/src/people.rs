//! Devices that press and insist, and operators that race.

use central::entry::{
    Act, Counter, Entry, Flags, Path, Role, Scope, Sealed, Sender, SessionOpened, Signal, Verb,
};
use central::kind::Kind;
use central::words::{
    ActId, AlarmId, ContentHash, DeviceId, KeyId, Moment, Municipality, Reference, SessionId,
};

use crate::rng::Rng;

/// One device and all it ever said.
pub(crate) struct Device {
    pub(crate) id: usize,
    /// Signals still to come.
    pub(crate) left: usize,
    /// Each with whether its receipt came.
    pub(crate) sent: Vec<(Signal, bool)>,
}

const KINDS: [u16; 12] = [100, 100, 100, 100, 102, 200, 200, 602, 400, 121, 900, 4_711];

const FILED: [u16; 3] = [400, 121, 900];

impl Device {
    pub(crate) fn new(id: usize, rng: &mut Rng) -> Self {
        // Fewer than a device is remembered by, so that every copy has to be known.
        Self { id, left: rng.between(2, 20) as usize, sent: Vec::new() }
    }

    /// Makes the next signal. Devices differ: most have a reference, some only a counter, and one has
    /// neither, so that each of its retries is a Repeat.
    pub(crate) fn press(&mut self, rng: &mut Rng) -> usize {
        let n = self.sent.len();
        let filed = self.sent.iter().filter(|(signal, _)| FILED.contains(&signal.kind.0)).count();
        let kind =
            rng.pick(&KINDS).filter(|kind| filed < 8 || !FILED.contains(kind)).unwrap_or(100);
        let mut content = [0; 16];
        content[..8].copy_from_slice(&(self.id as u64).to_be_bytes());
        content[8..].copy_from_slice(&(n as u64).to_be_bytes());
        let reference = if self.id % 4 < 2 { format!("s{n}") } else { String::new() };
        let counter = (self.id % 4 == 2).then_some(Counter { boot: 1, n: n as u64 + 1 });
        self.sent.push((
            Signal {
                device: DeviceId(format!("link:{}", self.id)),
                municipality: Municipality(if self.id.is_multiple_of(2) { 301 } else { 5_001 }),
                person: None,
                kind: Kind(kind),
                reference: Reference(reference),
                content: ContentHash(content),
                counter,
                happened: None,
                buffered: false,
                received: Moment(0),
                path: Path::Link,
                sender: Sender::Verified,
                flags: Flags::default(),
                sealed: Some(Sealed { key: KeyId(1), nonce: [0; 12], bytes: vec![7; n] }),
            },
            false,
        ));
        self.left -= 1;
        n
    }

    pub(crate) fn is_content(&self) -> bool {
        self.left == 0 && self.sent.iter().all(|(_, receipt)| *receipt)
    }
}

/// What an operator is about.
#[derive(Clone, Debug)]
pub(crate) enum Doing {
    Out,
    LoggingIn(SessionOpened),
    Looking(SessionId),
    Asking(Act),
    Holding(SessionId, AlarmId, u32),
}

/// One operator.
pub(crate) struct Operator {
    pub(crate) id: usize,
    pub(crate) doing: Doing,
    count: u64,
}

impl Operator {
    pub(crate) fn new(id: usize) -> Self {
        Self { id, doing: Doing::Out, count: 0 }
    }

    /// What to send now; `offered` is what the console shows.
    pub(crate) fn next(
        &mut self,
        now: u64,
        offered: &[AlarmId],
        calm: bool,
        rng: &mut Rng,
    ) -> Option<Entry> {
        match self.doing.clone() {
            Doing::Out => {
                let opened = SessionOpened {
                    id: SessionId(self.fresh()),
                    operator: format!("operator{}", self.id),
                    role: Role::Operator,
                    // The third sees one municipality only and tries the other's alarms too.
                    scope: match self.id {
                        2 => Scope::Only(vec![Municipality(5_001)]),
                        _ => Scope::All,
                    },
                    expires: Moment(now + rng.between(10, 40) * 1_000_000_000),
                };
                self.doing = Doing::LoggingIn(opened.clone());
                Some(Entry::SessionOpened(opened))
            }
            Doing::LoggingIn(opened) if opened.expires.0 < now => {
                self.doing = Doing::Out;
                None
            }
            Doing::LoggingIn(opened) => Some(Entry::SessionOpened(opened)),
            Doing::Looking(session) => {
                // All look at the same few, so that they race.
                let alarm = rng.pick(&offered[..offered.len().min(3)])?;
                Some(self.ask(session, Verb::Claim { alarm }))
            }
            Doing::Asking(act) => Some(Entry::Act(act)),
            Doing::Holding(session, alarm, version) => {
                self.finish(session, alarm, version, calm, rng)
            }
        }
    }

    fn finish(
        &mut self,
        session: SessionId,
        alarm: AlarmId,
        version: u32,
        calm: bool,
        rng: &mut Rng,
    ) -> Option<Entry> {
        match if calm { 0 } else { rng.below(20) } {
            // Walks away with the claim: its session has to expire.
            17 => {
                self.doing = Doing::Out;
                None
            }
            18 => {
                self.doing = Doing::Out;
                Some(Entry::SessionEnded(session))
            }
            19 => {
                let old = version.saturating_sub(1);
                Some(self.ask(session, close(alarm, old)))
            }
            14..=16 => Some(self.ask(session, Verb::Release { alarm, version })),
            _ => Some(self.ask(session, close(alarm, version))),
        }
    }

    fn ask(&mut self, session: SessionId, verb: Verb) -> Entry {
        let act = Act { id: ActId(self.fresh()), session, verb };
        self.doing = Doing::Asking(act.clone());
        Entry::Act(act)
    }

    fn fresh(&mut self) -> [u8; 16] {
        self.count += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(self.id as u64 + 1).to_be_bytes());
        id[8..].copy_from_slice(&self.count.to_be_bytes());
        id
    }
}

fn close(alarm: AlarmId, version: u32) -> Verb {
    Verb::Close { alarm, version, cause: 122, action: 200, outcome: 302, note: None }
}
