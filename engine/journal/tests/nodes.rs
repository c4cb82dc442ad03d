//! Several nodes over one order: each sees every entry, in the same order, whoever proposed it.

use std::sync::Arc;

use bytes::Bytes;
use journal::memory::{Memory, Order};
use journal::{Batch, Draft, Entry, Event, Health, Log, Pos, Record, Refused};

fn join(order: &Order, node: u16) -> Memory {
    order.join(node, Arc::new(|| ()))
}

fn batch(node: u16, n: u64, bodies: &[&'static str]) -> Batch {
    let draft =
        |body: &&'static str| Draft { moment: n, body: Bytes::from_static(body.as_bytes()) };
    let entries = bodies.iter().map(draft).collect();
    Batch { node, boot: 1, n, entries, decided: Vec::new() }
}

fn events(log: &mut Memory) -> Vec<Event> {
    std::iter::from_fn(|| log.poll()).collect()
}

fn entries(log: &mut Memory) -> Vec<Entry> {
    let only = |event| if let Event::Entry(entry) = event { Some(entry) } else { None };
    events(log).into_iter().filter_map(only).collect()
}

#[test]
fn every_node_sees_one_order() {
    let order = Order::new();
    let mut nodes = [join(&order, 1), join(&order, 2), join(&order, 3)];
    order.set_delay(10);
    for n in 1..=5 {
        for (node, log) in (1..).zip(&mut nodes) {
            log.propose(batch(node, n, &["a", "b"])).unwrap();
        }
        order.advance_to(n * 7);
    }
    assert!(order.undecided(3) > 0, "the last proposals are still on their way");
    order.advance_to(1_000);
    let [one, two, three] = nodes.each_mut().map(entries);
    assert_eq!(one.len(), 30);
    assert_eq!(one, two);
    assert_eq!(one, three);
    assert!([1, 2, 3].iter().all(|node| one.iter().filter(|e| e.node == *node).count() == 10));
}

#[test]
fn a_crashed_node_leaves_a_prefix_and_its_retry_adds_the_rest() {
    let order = Order::new();
    let (mut one, mut two) = (join(&order, 1), join(&order, 2));
    order.set_delay(10);
    one.propose(batch(1, 1, &["a", "b", "c"])).unwrap();
    order.crash(1, 2);
    assert!(matches!(one.propose(batch(1, 2, &["d"])), Err(Refused::Stopped(_))));
    assert_eq!(one.poll(), None);
    let seen = events(&mut two);
    assert!(matches!(&seen[..], [Event::Entry(_), Event::Entry(_), Event::MemberLost { node: 1 }]));

    let mut one = join(&order, 1);
    one.propose(batch(1, 1, &["a", "b", "c"])).unwrap();
    order.advance_to(100);
    let bodies: Vec<_> = entries(&mut two).into_iter().map(|e| (e.seq, e.i, e.body)).collect();
    assert_eq!(bodies, [(3, 2, Bytes::from_static(b"c"))]);
}

#[test]
fn a_failed_write_stops_one_node_and_promises_nothing() {
    let order = Order::new();
    let (mut one, mut two) = (join(&order, 1), join(&order, 2));
    order.set_delay(10);
    one.propose(batch(1, 1, &["a", "b"])).unwrap();
    order.fail(1, 1);
    assert_eq!(events(&mut one), [Event::Health(Health::Stopped)]);
    assert_eq!(entries(&mut two).len(), 1);
    two.propose(batch(2, 1, &["c"])).unwrap();
    order.advance_to(50);
    assert_eq!(entries(&mut two).len(), 1);
    assert_eq!(events(&mut one), []);
}

#[test]
fn no_quorum_stall_and_room_are_told_and_pass() {
    let order = Order::new();
    let mut log = join(&order, 1);
    order.set_quorum(false);
    log.propose(batch(1, 1, &["a"])).unwrap();
    assert_eq!(events(&mut log), [Event::Health(Health::NoQuorum)]);
    order.set_quorum(true);
    assert_eq!(entries(&mut log).len(), 1);

    order.set_stalled(true);
    log.propose(batch(1, 2, &["b"])).unwrap();
    order.advance_to(1_000_000_000);
    assert_eq!(events(&mut log), []);
    order.advance_to(1_500_000_000);
    assert_eq!(events(&mut log), [Event::Health(Health::Stalled { nanos: 1_500_000_000 })]);
    order.set_stalled(false);
    assert!(matches!(&events(&mut log)[..], [Event::Entry(_), Event::Health(Health::Ok)]));

    order.set_room(Some(4));
    assert_eq!(events(&mut log), [Event::Health(Health::Low { room: 4 })]);
    let big = batch(1, 3, &["12345"]);
    assert_eq!(log.propose(big.clone()), Err(Refused::Full(big.clone())));
    assert_eq!(events(&mut log), [Event::Health(Health::Full)]);
    order.set_room(None);
    assert_eq!(events(&mut log), [Event::Health(Health::Ok)]);
    log.propose(big).unwrap();
    assert_eq!(entries(&mut log).len(), 1);
}

#[test]
fn trimming_lets_go_and_says_so() {
    let order = Order::new();
    let mut log = join(&order, 1);
    log.propose(batch(1, 1, &["a", "b", "c"])).unwrap();
    let first = entries(&mut log)[0].pos;
    log.trim(3);
    assert_eq!(events(&mut log), [Event::Trimmed { below: 3 }]);
    assert!(log.read(first).is_err());
    let left: Vec<_> = log.read(Pos::START).unwrap().map(Result::unwrap).collect();
    assert!(matches!(&left[..], [Record::Entry(entry)] if entry.seq == 3));
}
