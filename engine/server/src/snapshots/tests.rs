//! Snapshots of a log on disk: what fits, what is passed over, what is never written.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use central::entry::{
    Act, Entry, Flags, Genesis, Path as Way, Purpose, Role, Scope, Sealed, Sender, SessionOpened,
    Signal, Verb,
};
use central::kind::Kind;
use central::words::{
    ActId, AlarmId, ContentHash, DeviceId, KeyId, Moment, Municipality, Reference, Seq, SessionId,
};
use journal::embedded::{self, Embedded, Options};
use journal::{Batch, Draft, Event, Log, Pos, Record};
use sequencer::Skips;
use tempfile::TempDir;

use super::second::{self, Failed};
use super::{CannotFold, Folded, Unfit, fitting, folder, needed_from, newest};
use crate::engine::LOG;
use crate::ops::EngineState;

const ID: [u8; 16] = [7; 16];
const START: u64 = 1_700_000_000_000_000_000;
const KARI: SessionId = SessionId([1; 16]);

/// A data folder and its log.
struct House {
    folder: TempDir,
    log: Embedded,
    n: u64,
    seq: u64,
    dice: u64,
}

impl House {
    fn new(dice: u64) -> Self {
        Self::with_id(dice, ID)
    }

    fn with_id(dice: u64, id: [u8; 16]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(LOG)).unwrap();
        let mut options = Options::new(folder.path().join(LOG), Arc::new(|| {}));
        options.create = Some(id);
        options.segment_bytes = 1 << 20;
        let log = embedded::open(&options).unwrap();
        let mut house = Self { folder, log, n: 0, seq: 0, dice };
        let opened = SessionOpened {
            id: KARI,
            operator: "kari".to_owned(),
            role: Role::Operator,
            scope: Scope::All,
            expires: Moment(u64::MAX),
        };
        let genesis = Genesis { purpose: Purpose::LoadTest, log_id: id };
        house.put(&[
            Entry::Genesis(genesis),
            Entry::Rules(central::RULES),
            Entry::SessionOpened(opened),
        ]);
        house
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    fn put(&mut self, entries: &[Entry]) {
        self.n += 1;
        let draft = |entry: &Entry| Draft {
            moment: START + self.n * 1_000_000,
            body: Bytes::from(entry.encode()),
        };
        let entries: Vec<_> = entries.iter().map(draft).collect();
        let mut due = entries.len();
        self.seq += due as u64;
        let batch = Batch { node: 0, boot: 3, n: self.n, entries, decided: Vec::new() };
        self.log.propose(batch).unwrap();
        while due > 0 {
            match self.log.poll() {
                Some(Event::Entry(_)) => due -= 1,
                Some(_) => {}
                None => std::thread::sleep(std::time::Duration::from_micros(100)),
            }
        }
    }

    fn below(&mut self, n: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.dice >> 33) % n
    }

    /// So many random signals and acts, in random batches.
    fn live_on(&mut self, entries: u64) {
        let until = self.seq + entries;
        while self.seq < until {
            let most = 20.min(until - self.seq);
            let batch: Vec<_> = (0..=self.below(most)).map(|_| self.entry()).collect();
            self.put(&batch);
        }
    }

    fn entry(&mut self) -> Entry {
        let id = self.below(1 << 30);
        let alarm = AlarmId(Seq(self.below(self.seq) + 1));
        let verb = match self.below(6) {
            0 => Verb::Claim { alarm },
            1 => {
                let version = self.below(4) as u32;
                Verb::Close { alarm, version, cause: 122, action: 200, outcome: 302, note: None }
            }
            _ => return Entry::Signal(self.signal(id)),
        };
        let mut act = [0; 16];
        act[..8].copy_from_slice(&id.to_be_bytes());
        Entry::Act(Act { id: ActId(act), session: KARI, verb })
    }

    fn signal(&mut self, n: u64) -> Signal {
        let kind = [Kind::PRESS, Kind::FALL, Kind::POSITION][self.below(3) as usize];
        Signal {
            device: DeviceId(format!("link:K7-{:04}", self.below(40))),
            municipality: Municipality(301),
            person: None,
            kind,
            reference: Reference(format!("{n:x}")),
            content: ContentHash([9; 16]),
            counter: None,
            happened: None,
            buffered: false,
            received: Moment(START + n),
            path: Way::Link,
            sender: Sender::Verified,
            flags: Flags::default(),
            sealed: Some(Sealed { key: KeyId(self.seq + 1), nonce: [3; 12], bytes: vec![9; 40] }),
        }
    }

    /// The whole log folded, as a start without a snapshot does.
    fn folded(&self) -> Folded {
        self.on(Folded::default()).unwrap()
    }

    fn on(&self, base: Folded) -> Result<Folded, CannotFold> {
        let records = self.log.read(base.pos)?;
        base.on(records, &Skips::default())
    }

    /// As a start does.
    fn base(&self) -> Folded {
        newest(self.data(), ID, &|pos| self.log.read(pos))
    }

    fn live(&self) -> EngineState {
        let folded = self.folded();
        let (open, waiting) = folded.central.depth();
        EngineState {
            seq: folded.seq(),
            head: folded.last.head,
            state_hash: folded.central.digest(),
            waiting,
            open,
        }
    }

    fn snapshot(&self) -> Seq {
        second::write(self.data(), &self.live(), &Arc::default()).unwrap().seq
    }

    fn file(&self, seq: Seq) -> std::path::PathBuf {
        folder::file(self.data(), seq)
    }

    fn fits(&self, seq: Seq) -> Result<(), Unfit> {
        fitting(self.data(), seq, ID, &|pos| self.log.read(pos)).map(drop)
    }
}

fn assert_same(one: &Folded, other: &Folded) {
    assert_eq!(one.seq(), other.seq());
    assert_eq!(one.central.digest(), other.central.digest());
    assert!(one.central.rows().eq(other.central.rows()));
    assert_eq!((one.last.head, one.last.moment), (other.last.head, other.last.moment));
    assert_eq!(one.last.boots, other.last.boots);
    assert_eq!((one.last_key, one.pos), (other.last_key, other.pos));
    assert_eq!(one.details.all(), other.details.all());
}

#[test]
fn a_snapshot_and_the_tail_are_the_whole_fold_for_random_histories() {
    for dice in 0..10 {
        let mut house = House::new(dice);
        for _ in 0..5 {
            let entries = 1 + house.below(60);
            house.live_on(entries);
            let at = house.snapshot();
            let entries = house.below(60);
            house.live_on(entries);
            let base = house.base();
            assert_eq!(base.seq(), at, "history {dice}");
            assert_same(&house.on(base).unwrap(), &house.folded());
        }
    }
}

#[test]
fn only_the_newest_two_are_kept_each_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mut house = House::new(1);
    let mut seqs = Vec::new();
    for _ in 0..4 {
        house.live_on(10);
        seqs.insert(0, house.snapshot());
    }
    seqs.truncate(2);
    assert_eq!(folder::found(house.data()).unwrap(), seqs);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&house.data().join(super::FOLDER)), 0o700);
    assert_eq!(mode(&house.file(seqs[0])), 0o600);
}

#[test]
fn the_log_may_be_let_go_of_only_below_the_older_of_two_that_fit() {
    let mut house = House::new(11);
    house.live_on(20);
    assert_eq!(needed_from(house.data()), None);
    let older = house.snapshot();
    assert_eq!(needed_from(house.data()), None, "one alone may go bad");
    house.live_on(20);
    let newer = house.snapshot();
    assert_eq!(needed_from(house.data()), Some(older));
    std::fs::write(house.file(newer), b"").unwrap();
    assert_eq!(needed_from(house.data()), None);
}

#[test]
fn any_flipped_bit_is_named_and_the_older_one_is_used() {
    let mut house = House::new(2);
    house.live_on(30);
    let older = house.snapshot();
    house.live_on(30);
    let newer = house.snapshot();
    let whole = std::fs::read(house.file(newer)).unwrap();
    for at in (0..whole.len()).step_by(7).chain(0..200) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(house.file(newer), &bytes).unwrap();
        assert!(house.fits(newer).is_err(), "byte {at} of {}", whole.len());
    }
    assert_eq!(house.base().seq(), older);
    for len in [0, 1, 143, 144, 200, whole.len() - 1] {
        std::fs::write(house.file(newer), &whole[..len]).unwrap();
        assert!(house.fits(newer).is_err(), "cut to {len}");
    }
    std::fs::write(house.file(older), b"").unwrap();
    assert_eq!(house.base().seq(), Seq(0), "with none left it is the whole log");
    assert_same(&house.on(house.base()).unwrap(), &house.folded());
}

#[test]
fn deleted_snapshots_cost_only_time() {
    let mut house = House::new(3);
    house.live_on(50);
    house.snapshot();
    std::fs::remove_dir_all(house.data().join(super::FOLDER)).unwrap();
    assert_eq!(house.base().seq(), Seq(0));
    assert_same(&house.on(house.base()).unwrap(), &house.folded());
}

#[test]
fn a_snapshot_of_another_log_or_of_another_past_is_refused() {
    let mut house = House::new(4);
    house.live_on(50);
    let at = house.snapshot();
    let file = std::fs::read(house.file(at)).unwrap();
    let mut other = House::with_id(4, [8; 16]);
    other.live_on(60);
    std::fs::create_dir(other.data().join(super::FOLDER)).unwrap();
    std::fs::write(other.file(at), &file).unwrap();
    let refused = fitting(other.data(), at, [8; 16], &|pos| other.log.read(pos));
    assert!(matches!(refused, Err(Unfit::OtherLog)));
    // The same id, but after a restore from a backup the log went on otherwise.
    let mut fork = House::new(5);
    fork.live_on(60);
    std::fs::create_dir(fork.data().join(super::FOLDER)).unwrap();
    std::fs::write(fork.file(at), &file).unwrap();
    assert!(matches!(fork.fits(at), Err(Unfit::OtherChain(..))));
    assert_eq!(fork.base().seq(), Seq(0));
    // A log that is behind its snapshot.
    let mut behind = House::new(4);
    behind.live_on(10);
    std::fs::create_dir(behind.data().join(super::FOLDER)).unwrap();
    std::fs::write(behind.file(at), &file).unwrap();
    assert!(matches!(behind.fits(at), Err(Unfit::OtherChain(..))));
    // A whole one under another's name.
    std::fs::rename(house.file(at), house.file(Seq(at.0 + 1))).unwrap();
    assert!(matches!(house.fits(Seq(at.0 + 1)), Err(Unfit::Disagrees)));
}

#[test]
fn where_the_live_state_differs_nothing_is_written() {
    let mut house = House::new(6);
    house.live_on(40);
    let mut live = house.live();
    live.state_hash[0] ^= 1;
    let told = second::write(house.data(), &live, &Arc::default()).unwrap_err();
    assert!(matches!(told, Failed::Differs(seq) if seq == live.seq) && told.is_grave());
    let mut ahead = house.live();
    ahead.seq = Seq(ahead.seq.0 + 1);
    let told = second::write(house.data(), &ahead, &Arc::default()).unwrap_err();
    assert!(matches!(told, Failed::Short { .. }), "{told}");
    let told = second::write(house.data(), &house.live(), &Arc::new(true.into())).unwrap_err();
    assert!(matches!(told, Failed::Stopped), "{told}");
    assert_eq!(folder::found(house.data()).unwrap(), []);
}

#[test]
fn what_a_kill_left_half_written_is_removed_and_never_read() {
    let mut house = House::new(7);
    house.live_on(40);
    let folder = house.data().join(super::FOLDER);
    std::fs::create_dir(&folder).unwrap();
    let half = folder.join("00000000000000000020.tmp");
    std::fs::write(&half, b"VARDE SNAPSHOT\0\0 and no more").unwrap();
    assert_eq!(house.base().seq(), Seq(0));
    house.snapshot();
    assert!(!half.exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_said_and_the_log_goes_on() {
    let mut house = House::new(8);
    house.live_on(20);
    // A file where the folder should be: nothing can be made below it, whoever runs this.
    std::fs::write(house.data().join(super::FOLDER), b"").unwrap();
    let told = second::write(house.data(), &house.live(), &Arc::default()).unwrap_err();
    assert!(matches!(told, Failed::Write(Unfit::Disk(_))) && !told.is_grave(), "{told}");
    assert_same(&house.on(house.base()).unwrap(), &house.folded());
}

#[test]
fn a_trimmed_log_begins_from_its_snapshot_and_without_one_says_what_to_do() {
    let mut house = House::new(9);
    house.live_on(9_000);
    let at = house.snapshot();
    house.live_on(100);
    let whole = house.folded();
    house.log.trim(at.0);
    // While segments are let go a reading may meet one that is gone.
    let is_trimmed = || match house.log.read(Pos::START).map(|mut records| records.next()) {
        Ok(Some(Ok(Record::Entry(kept)))) => kept.seq > 1,
        _ => false,
    };
    let since = std::time::Instant::now();
    while !is_trimmed() {
        assert!(since.elapsed().as_secs() < 20, "the log lets no segment go");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_same(&house.on(house.base()).unwrap(), &whole);
    std::fs::remove_dir_all(house.data().join(super::FOLDER)).unwrap();
    let told = house.on(house.base()).unwrap_err();
    assert!(matches!(told, CannotFold::Trimmed { first } if first > 1));
    assert!(told.to_string().contains("snapshots back from the backup"), "{told}");
}

#[test]
fn a_check_sees_a_snapshot_that_the_log_does_not_fold_to() {
    let mut house = House::new(10);
    house.live_on(30);
    let good = house.snapshot();
    house.live_on(30);
    let bad = house.snapshot();
    // Whole by its own checksum, and of another state: as a defect would write it.
    let base = folder::read(&house.file(bad)).unwrap();
    let mut folded = base.folded;
    let press = Entry::Signal(house.signal(77));
    let at = |seq| central::Placed { seq, moment: Moment(folded.last.moment), head: [0; 32] };
    folded.central.apply(&at(Seq(bad.0 + 1)), &press, &mut Vec::new()).unwrap();
    let state_hash = folded.central.digest();
    let seq = Seq(bad.0 + 1);
    house.put(&[Entry::Tick]);
    let whole = house.folded();
    folded.last = whole.last.clone();
    folded.pos = whole.pos;
    let header = super::Header { seq, state_hash, ..second::header(&folded, ID) };
    folder::write(house.data(), &header, folded).unwrap();
    let read = |pos| house.log.read(pos);
    let checked = super::check(house.data(), ID, &read, seq).unwrap();
    assert_eq!(checked.bad.len(), 1, "{:?}", checked.bad);
    assert!(checked.bad[0].starts_with(&format!("snapshot {}:", seq.0)), "{:?}", checked.bad);
    assert_eq!(checked.good, [bad], "{} was let go for the third", good.0);
    assert_eq!((checked.from, checked.folded.seq()), (Seq(0), seq));
}
