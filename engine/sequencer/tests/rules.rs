//! Two versions side by side on one log, and the last decisions of a log at rest.

mod support;

use std::sync::Arc;

use bytes::Bytes;
use central::entry::{Act, Entry, Verb};
use central::kind::Kind;
use central::words::{ActId, AlarmId, Seq, SessionId};
use central::{Central, Stop};
use journal::memory::{Memory, Order};
use journal::{Log, Pos, Record};
use lanes::{Lane, Lanes};
use sequencer::limits::REST;
use sequencer::{Halt, Inbound, Irreproducible, Sequencer, Skips, Turn, Why, refold};
use support::{Rig, Tape, genesis, session, signal};

struct Node {
    lanes: Lanes<Inbound>,
    turns: Sequencer<Memory, Tape>,
}

impl Node {
    /// A node of a version that knows rules up to `newest`; an error where its fold stops.
    fn start(order: &Order, id: u16, newest: u32) -> Result<Self, Irreproducible> {
        let log = order.join(id, Arc::new(|| ()));
        let mut central = Central::knowing(newest);
        let folded = refold(log.read(Pos::START).unwrap(), &Skips::default(), &mut central)?;
        let (lanes, outlet) = lanes::new();
        let boot = folded.next_boot(id);
        Ok(Self { lanes, turns: Sequencer::new(log, outlet, central, Tape::default(), id, boot) })
    }

    fn put(&mut self, entry: &Entry) {
        let body = Bytes::from(entry.encode());
        self.lanes.push(Lane::Acts, true, Inbound { moment: 1, body, token: 1 }).unwrap();
    }

    fn settle(&mut self) -> Turn {
        loop {
            let turn = self.turns.turn(1);
            if turn != Turn::Worked {
                return turn;
            }
        }
    }
}

fn act(n: u8, verb: Verb) -> Entry {
    Entry::Act(Act { id: ActId([n; 16]), session: SessionId([1; 16]), verb })
}

/// One press, taken and closed.
fn press_and_close(node: &mut Node, n: u8) {
    node.put(&signal(Kind::PRESS, &format!("r{n}")));
    node.settle();
    let alarm = AlarmId(Seq(node.turns.central().last().0));
    node.put(&act(2 * n, Verb::Claim { alarm }));
    node.settle();
    let close =
        Verb::Close { alarm, version: 2, cause: 122, action: 200, outcome: 302, note: None };
    node.put(&act(2 * n + 1, close));
    node.settle();
}

fn priorities(order: &Order) -> Vec<u8> {
    let log = order.join(50, Arc::new(|| ()));
    let mut found = Vec::new();
    for record in log.read(Pos::START).unwrap() {
        if let Record::Decided(decided) = record.unwrap()
            && let Ok(central::Decision::Opened { priority, .. }) =
                central::Decision::decode(&decided.body)
        {
            found.push(priority);
        }
    }
    found
}

#[test]
fn a_log_with_rules_1_then_2_then_1_folds_again_with_every_decision_as_it_was() {
    let order = Order::new();
    let mut node = Node::start(&order, 1, 2).unwrap();
    for entry in [genesis(), session(1_000_000)] {
        node.put(&entry);
        node.settle();
    }
    let mut n = 0;
    for rules in [1, 2, 1] {
        node.put(&Entry::Rules(rules));
        node.settle();
        for _ in 0..2 {
            n += 1;
            press_and_close(&mut node, n);
        }
    }
    node.turns.write_decided();
    assert_eq!(priorities(&order), [2, 2, 2, 1, 2, 2]);
    let again = Node::start(&order, 2, 2).unwrap();
    assert_eq!(again.turns.central().digest(), node.turns.central().digest());
    let log = order.join(3, Arc::new(|| ()));
    let mut central = Central::new();
    let folded = refold(log.read(Pos::START).unwrap(), &Skips::default(), &mut central).unwrap();
    assert_eq!(folded.compared, folded.last_seq, "every decision was compared");
}

#[test]
fn an_older_node_beside_a_newer_one_stops_where_the_new_rules_begin_and_its_successor_goes_on() {
    let order = Order::new();
    let mut newer = Node::start(&order, 1, 2).unwrap();
    let mut older = Node::start(&order, 2, 1).unwrap();
    for entry in [genesis(), Entry::Rules(1), session(1_000_000)] {
        newer.put(&entry);
        newer.settle();
    }
    press_and_close(&mut newer, 1);
    older.settle();
    older.put(&Entry::Rules(2));
    older.settle();
    assert_eq!(older.turns.shell().refused, [(1, Why::Invalid)], "it proposes none it lacks");
    older.settle();
    assert_eq!(older.turns.central().digest(), newer.turns.central().digest(), "side by side");
    newer.put(&Entry::Rules(2));
    newer.settle();
    let at = newer.turns.central().last().0;
    // What the older one has in hand when it stops is refused aloud, and what the newer one takes goes on.
    let stop = Halt::Refused { seq: at, why: Stop::LacksRules(2) };
    assert_eq!(older.settle(), Turn::Stopped(stop.clone()));
    assert_eq!(older.turns.central().last().0, at - 1, "it stands at its place");
    older.put(&signal(Kind::FALL, "late"));
    older.settle();
    assert_eq!(older.turns.shell().refused, [(1, Why::Invalid), (1, Why::Stopped)]);
    press_and_close(&mut newer, 2);
    let again = Node::start(&order, 2, 1).err();
    assert_eq!(again, Some(Irreproducible::Halt(stop)), "and again at each start");
    let mut upgraded = Node::start(&order, 2, 2).unwrap();
    assert_eq!(upgraded.turns.central().digest(), newer.turns.central().digest());
    upgraded.put(&Entry::Rules(1));
    upgraded.settle();
    newer.settle();
    press_and_close(&mut upgraded, 3);
    newer.settle();
    assert_eq!(upgraded.turns.central().digest(), newer.turns.central().digest());
}

#[test]
fn the_last_decisions_of_a_log_at_rest_are_written_after_a_second() {
    let mut rig = Rig::new();
    rig.signal(Kind::PRESS);
    let turn = rig.settle(10);
    assert_eq!(turn, Turn::Idle { wake: Some(10 + REST) }, "it wants to be turned again then");
    let compared = |rig: &mut Rig| {
        let records = rig.sequencer.log().read(Pos::START).unwrap();
        let folded = refold(records, &Skips::default(), &mut Central::new()).unwrap();
        (folded.last_seq, folded.compared)
    };
    rig.settle(9 + REST);
    assert_eq!(compared(&mut rig), (2, 1));
    assert_eq!(rig.settle(10 + REST), Turn::Idle { wake: None });
    assert_eq!(compared(&mut rig), (2, 2), "a batch of decisions alone, and no entry");
    rig.signal(Kind::FALL);
    rig.settle(20 + REST);
    rig.sequencer.write_decided();
    assert_eq!(compared(&mut rig), (3, 3), "at a clean stop");
    assert_eq!(rig.applied().len(), 2);
}

#[test]
fn a_log_without_room_keeps_its_last_bytes_for_entries() {
    let mut rig = Rig::new();
    rig.settle(0);
    rig.order.set_room(Some(10_000));
    rig.settle(10);
    rig.settle(10 + 3 * REST);
    rig.sequencer.write_decided();
    let records = rig.sequencer.log().read(Pos::START).unwrap();
    let decided = records.filter(|record| matches!(record, Ok(Record::Decided(_)))).count();
    assert_eq!(decided, 0);
}
