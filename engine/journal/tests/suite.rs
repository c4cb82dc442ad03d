//! One suite, run over every kind of log.

mod common;

use std::sync::Arc;

use bytes::Bytes;
use journal::embedded::Embedded;
use journal::limits::{BATCH_MAX, BODY_MAX};
use journal::memory::{Memory, Order};
use journal::{Batch, Chain, Decided, Draft, Health, Log, Pos, Record, Refused};

use common::sim_disk::{Faults, SimDisk};
use common::{batch, entries, health, no_wake, open_on, propose, records, take, wait};

/// A kind of log with the hands that trouble it.
trait Kind {
    type Log: Log;
    fn make() -> (Self, Self::Log)
    where
        Self: Sized;
    /// Leaves the log little or no room, or gives it room again.
    fn starve(&self, starved: bool);
    /// The next write fails.
    fn fail(&self);
    /// The log again, after its process is gone.
    fn again(&self, log: Self::Log) -> Self::Log;
}

struct OnDisk(SimDisk);

impl Kind for OnDisk {
    type Log = Embedded;

    fn make() -> (Self, Embedded) {
        let disk = SimDisk::new();
        let log = open_on(&disk.shared()).unwrap();
        (Self(disk), log)
    }

    fn starve(&self, starved: bool) {
        self.0.set(Faults { capacity: starved.then_some(0), ..Faults::default() });
    }

    fn fail(&self) {
        // Whatever is synced next, a group or the head.
        self.0.set(Faults { sync_error: Some(1), ..Faults::default() });
    }

    fn again(&self, log: Embedded) -> Embedded {
        drop(log);
        open_on(&self.0.shared()).unwrap()
    }
}

struct InMemory(Order);

impl Kind for InMemory {
    type Log = Memory;

    fn make() -> (Self, Memory) {
        let order = Order::new();
        let log = order.join(1, no_wake());
        (Self(order), log)
    }

    fn starve(&self, starved: bool) {
        self.0.set_room(starved.then_some(100_000));
    }

    fn fail(&self) {
        self.0.set_stalled(true);
        let order = self.0.clone();
        std::thread::spawn(move || {
            wait("proposal", || order.undecided(1) > 0);
            order.fail(1, 0);
        });
    }

    fn again(&self, log: Memory) -> Memory {
        drop(log);
        self.0.join(1, no_wake())
    }
}

/// Proposes a mixed script and returns the entries told.
fn script(log: &mut dyn Log) -> Vec<journal::Entry> {
    let mut told = Vec::new();
    for n in 1..=40 {
        let mut batch = batch(1, n, n % 7, 100 * n as usize);
        if n > 2 {
            batch.decided = vec![Decided { seq: n - 2, body: Bytes::from(vec![n as u8; 50]) }];
        }
        // Moments go back and forth; the log only lets them rise.
        for draft in &mut batch.entries {
            draft.moment = 1_000_000 - (n % 5) * 1_000 + n * 900;
        }
        propose(log, batch).unwrap();
        told.extend(take(log, (n % 7) as usize));
    }
    told
}

fn order_is_dense_chained_and_rising<K: Kind>() {
    let (_kind, mut log) = K::make();
    let told = script(&mut log);
    let mut chain = Chain::GENESIS;
    let mut last = (0, 0, 0);
    for (seq, entry) in (1..).zip(&told) {
        assert_eq!(entry.seq, seq);
        assert_eq!(entry.prev, chain.head);
        assert!(entry.moment >= chain.moment);
        let link =
            chain.advance(entry.node, entry.boot, entry.n, entry.i, entry.moment, &entry.body);
        assert_eq!((link.hash, link.moment), (entry.hash, entry.moment));
        let origin = (entry.boot, entry.n, u64::from(entry.i) + 1);
        assert!(origin > last, "proposals keep their order");
        last = origin;
    }
    assert!(told.windows(2).any(|pair| pair[0].moment == pair[1].moment), "some were raised");
}

fn reading_gives_what_was_told_from_any_place<K: Kind>() {
    let (_kind, mut log) = K::make();
    let told = script(&mut log);
    let all = records(&log, Pos::START);
    assert_eq!(entries(all.clone()), told);
    let decided = all.iter().filter(|record| matches!(record, Record::Decided(_))).count();
    assert_eq!(decided, 38);
    for entry in &told {
        let rest = entries(records(&log, entry.pos));
        assert_eq!(rest, told[entry.seq as usize - 1..]);
        assert_eq!(Pos::from_u64(entry.pos.to_u64()), entry.pos);
    }
    assert!(told.windows(2).all(|pair| pair[0].pos < pair[1].pos));
}

fn a_retry_adds_nothing<K: Kind>() {
    let (kind, mut log) = K::make();
    log.propose(batch(1, 1, 3, 10)).unwrap();
    log.propose(batch(1, 1, 3, 10)).unwrap();
    log.propose(batch(1, 2, 2, 10)).unwrap();
    log.propose(batch(1, 1, 3, 10)).unwrap();
    assert_eq!(take(&mut log, 5).len(), 5);
    let mut log = kind.again(log);
    log.propose(batch(1, 2, 2, 10)).unwrap();
    log.propose(batch(1, 1, 3, 10)).unwrap();
    log.propose(batch(2, 1, 1, 10)).unwrap();
    let told = take(&mut log, 1);
    assert_eq!((told[0].seq, told[0].boot), (6, 2));
    assert_eq!(entries(records(&log, Pos::START)).len(), 6);
}

fn a_second_opening_goes_on<K: Kind>() {
    let (kind, mut log) = K::make();
    let mut told = script(&mut log);
    let mut log = kind.again(log);
    assert_eq!(log.poll(), None, "what was told before is read, not told again");
    log.propose(batch(2, 1, 4, 900)).unwrap();
    told.extend(take(&mut log, 4));
    assert_eq!(told[141 - 22..].first().unwrap().seq, 120);
    assert_eq!(entries(records(&log, Pos::START)), told);
}

fn full_hands_the_batch_back_and_passes<K: Kind>() {
    let (kind, mut log) = K::make();
    log.propose(batch(1, 1, 1, 10)).unwrap();
    take(&mut log, 1);
    kind.starve(true);
    let mut n = 2;
    let refused = loop {
        match log.propose(batch(1, n, 1, 30_000)) {
            Ok(()) => n += 1,
            Err(refused) => break refused,
        }
        // The embedded log finds out when it makes the next segment: let it.
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(n < 20, "room without end");
    };
    let Refused::Full(kept) = refused else { panic!("refused as {refused:?}") };
    assert_eq!(kept, batch(1, n, 1, 30_000), "nothing of it was taken");
    health(&mut log, |health| health == Health::Full);
    kind.starve(false);
    health(&mut log, |health| health == Health::Ok);
    propose(&mut log, kept).unwrap();
    wait("the kept batch", || entries(records(&log, Pos::START)).len() as u64 == n);
}

fn the_queue_has_an_end<K: Kind>() {
    let (_kind, mut log) = K::make();
    let mut taken = 0;
    let refused = loop {
        match log.propose(batch(1, taken + 1, 1, 10)) {
            Ok(()) => taken += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!(taken as usize, journal::limits::QUEUE_DEFAULT);
    assert!(matches!(refused, Refused::Full(_)));
    assert_eq!(take(&mut log, taken as usize).len() as u64, taken);
    assert_eq!(log.poll(), None);
    log.propose(batch(1, taken + 1, 1, 10)).unwrap();
    take(&mut log, 1);
}

fn what_is_too_big_is_refused<K: Kind>() {
    let (_kind, mut log) = K::make();
    assert!(matches!(log.propose(batch(1, 1, 1, BODY_MAX + 1)), Err(Refused::TooBig(_))));
    let many = batch(1, 1, BATCH_MAX as u64 + 1, 1);
    assert!(matches!(log.propose(many), Err(Refused::TooBig(_))));
    log.propose(batch(1, 1, 1, BODY_MAX)).unwrap();
    assert_eq!(take(&mut log, 1)[0].body.len(), BODY_MAX);
}

fn after_an_error_nothing_is_promised<K: Kind>() {
    let (kind, mut log) = K::make();
    log.propose(batch(1, 1, 2, 10)).unwrap();
    take(&mut log, 2);
    // The segment ahead is made by now, or its sync would be the one to fail.
    std::thread::sleep(std::time::Duration::from_millis(50));
    kind.fail();
    log.propose(batch(1, 2, 2, 10)).unwrap();
    let mut told = Vec::new();
    wait("stop", || {
        told.extend(std::iter::from_fn(|| log.poll()));
        !told.is_empty()
    });
    assert_eq!(told, [journal::Event::Health(Health::Stopped)]);
    assert!(matches!(log.propose(batch(1, 3, 1, 10)), Err(Refused::Stopped(_))));
    assert_eq!(log.poll(), None);
}

fn a_batch_may_hold_only_what_was_decided<K: Kind>() {
    let (_kind, mut log) = K::make();
    log.propose(batch(1, 1, 1, 10)).unwrap();
    take(&mut log, 1);
    let decided = vec![Decided { seq: 1, body: Bytes::from_static(b"opened") }];
    let only = Batch { node: 1, boot: 1, n: 2, entries: Vec::<Draft>::new(), decided };
    log.propose(only.clone()).unwrap();
    log.propose(only.clone()).unwrap();
    log.propose(batch(1, 3, 1, 10)).unwrap();
    take(&mut log, 1);
    let all = records(&log, Pos::START);
    assert_eq!(all.len(), 3);
    assert_eq!(all[1], Record::Decided(only.decided[0].clone()));
}

macro_rules! over_both {
    ($($name:ident),* $(,)?) => {
        mod on_disk { $(#[test] fn $name() { super::$name::<super::OnDisk>(); })* }
        mod in_memory { $(#[test] fn $name() { super::$name::<super::InMemory>(); })* }
    };
}

over_both!(
    order_is_dense_chained_and_rising,
    reading_gives_what_was_told_from_any_place,
    a_retry_adds_nothing,
    a_second_opening_goes_on,
    full_hands_the_batch_back_and_passes,
    the_queue_has_an_end,
    what_is_too_big_is_refused,
    after_an_error_nothing_is_promised,
    a_batch_may_hold_only_what_was_decided,
);

#[test]
fn both_logs_give_one_chain() {
    let (_disk, mut embedded) = OnDisk::make();
    let (_order, mut memory) = InMemory::make();
    let strip = |told: Vec<journal::Entry>| -> Vec<_> {
        told.into_iter().map(|entry| (entry.seq, entry.moment, entry.prev, entry.hash)).collect()
    };
    assert_eq!(strip(script(&mut embedded)), strip(script(&mut memory)));
}

#[test]
fn the_owner_is_woken() {
    let woken = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    let mut options = common::options(std::path::Path::new("/log"));
    options.disk = SimDisk::new().shared();
    options.wake = Arc::new(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    });
    let mut log = journal::embedded::open(&options).unwrap();
    log.propose(batch(1, 1, 1, 10)).unwrap();
    wait("wake", || woken.load(std::sync::atomic::Ordering::SeqCst) > 0);
    take(&mut log, 1);
    log.stop().unwrap();
}
