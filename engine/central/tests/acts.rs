//! Claims, releases and closes; sessions, their scope and their end.

mod support;

use central::entry::{Entry, Role, Scope, Verb};
use central::kind::Kind;
use central::output::{Output, Refusal};
use central::words::{ActId, AlarmId, Moment, Municipality, Seq, SessionId};
use central::{Central, Decision, RULES, Stop, limits};
use support::{KARI, OLA, SECOND, START, World, close, genesis, offers, placed, session};

#[test]
fn exactly_one_has_it() {
    let mut world = World::staffed();
    let alarm = world.alarm("d", Kind::PRESS);
    let done = world.claim(KARI, alarm).unwrap();
    assert_eq!(done.version, world.row(alarm).version);
    let taken = Refusal::Taken { by: "kari".into(), since: Moment(world.now) };
    assert_eq!(world.claim(OLA, alarm), Err(taken.clone()));
    assert_eq!(world.claim(KARI, alarm), Err(taken), "another act of the same operator too");
    assert_eq!(world.close(OLA, alarm, done.version), Err(Refusal::NotYours));
    assert_eq!(world.close(KARI, alarm, done.version + 1), Err(Refusal::NotYours));
    assert_eq!(world.waiting(), []);
    assert!(world.close(KARI, alarm, done.version).is_ok());
    assert_eq!(world.claim(OLA, alarm), Err(Refusal::Closed { by: "kari".into() }));
    assert_eq!(world.central.depth(), (0, 0));
}

#[test]
fn an_act_sent_twice_is_one_act() {
    let mut world = World::staffed();
    let alarm = world.alarm("d", Kind::PRESS);
    let id = ActId([200; 16]);
    let first = world.act_as(id, KARI, Verb::Claim { alarm });
    let version = world.row(alarm).version;
    assert_eq!(world.act_as(id, KARI, Verb::Claim { alarm }), first);
    assert_eq!(world.row(alarm).version, version);
    assert_eq!(world.act_as(id, OLA, Verb::Claim { alarm }), Err(Refusal::NotYours));

    let refused = ActId([201; 16]);
    let taken = world.act_as(refused, OLA, Verb::Claim { alarm });
    world.act(KARI, Verb::Release { alarm, version }).unwrap();
    assert_eq!(world.act_as(refused, OLA, Verb::Claim { alarm }), taken, "refused once, refused");
}

#[test]
fn a_release_gives_it_back_and_offers_it_again() {
    let mut world = World::staffed();
    let alarm = world.alarm("d", Kind::PRESS);
    let version = world.claim(KARI, alarm).unwrap().version;
    assert!(world.act(KARI, Verb::Release { alarm, version }).is_ok());
    assert_eq!(world.waiting(), [alarm]);
    let again = world.claim(OLA, alarm).unwrap().version;
    assert!(again > version, "no version is claimed twice");
    assert_eq!(world.close(KARI, alarm, version), Err(Refusal::NotYours), "the old claim is void");
}

#[test]
fn closing_needs_known_codes_each_of_its_axis() {
    let mut world = World::staffed();
    let alarm = world.alarm("d", Kind::PRESS);
    let version = world.claim(KARI, alarm).unwrap().version;
    for (cause, action, outcome) in [(1, 200, 302), (200, 122, 302), (122, 200, 999)] {
        let verb = Verb::Close { alarm, version, cause, action, outcome, note: None };
        assert_eq!(world.act(KARI, verb), Err(Refusal::UnknownCode));
    }
    assert_eq!(world.row(alarm).version, version);
}

#[test]
fn who_may_act_where() {
    let mut world = World::new();
    let alarm = world.alarm("d", Kind::PRESS);
    let only = |number| Scope::Only(vec![Municipality(number)]);
    let cases = [
        (Role::Viewer, Scope::All, Err(Refusal::NotAllowed)),
        (Role::Operator, only(5001), Err(Refusal::NoSuchAlarm)),
        (Role::Leader, only(5001), Err(Refusal::NoSuchAlarm)),
        (Role::Operator, only(301), Ok(())),
    ];
    for (n, (role, scope, expected)) in (10..).zip(cases) {
        let id = SessionId([n; 16]);
        world.put(&session(id, "anne", role, scope, 60));
        assert_eq!(world.claim(id, alarm).map(|_| ()), expected, "{role:?}");
    }
    assert_eq!(world.claim(OLA, alarm), Err(Refusal::NoSession));
    assert_eq!(world.claim(SessionId([12; 16]), AlarmId(Seq(9_999))), Err(Refusal::NoSuchAlarm));
}

#[test]
fn a_closed_alarm_of_another_municipality_is_not_told() {
    let mut world = World::staffed();
    let alarm = world.alarm("d", Kind::PRESS);
    let version = world.claim(KARI, alarm).unwrap().version;
    world.close(KARI, alarm, version).unwrap();
    let id = SessionId([9; 16]);
    world.put(&session(id, "x", Role::Operator, Scope::Only(vec![Municipality(5001)]), 60));
    assert_eq!(world.claim(id, alarm), Err(Refusal::NoSuchAlarm));
}

#[test]
fn a_session_that_ends_gives_its_alarms_back() {
    let mut world = World::staffed();
    let alarms = [world.alarm("d", Kind::PRESS), world.alarm("e", Kind::PRESS)];
    for alarm in alarms {
        world.claim(KARI, alarm).unwrap();
    }
    let (decision, out) = world.put(&Entry::SessionEnded(KARI));
    assert_eq!(decision, Decision::SessionEnded { released: 2 });
    assert_eq!(offers(&out), alarms);
    assert!(out.contains(&Output::Session(KARI, None)));
    assert_eq!(world.waiting(), alarms);
    assert_eq!(world.put(&Entry::SessionEnded(KARI)).0, Decision::Void);
    assert!(world.claim(OLA, alarms[0]).is_ok());
}

#[test]
fn a_session_expires_by_the_logs_time_alone() {
    let mut world = World::new();
    world.put(&session(KARI, "kari", Role::Operator, Scope::All, 60));
    let alarm = world.alarm("d", Kind::PRESS);
    world.claim(KARI, alarm).unwrap();
    assert_eq!(world.central.next_wake(), Some(Moment(START + 60 * SECOND)));
    world.now = START + 60 * SECOND - 1;
    assert!(world.put(&Entry::Tick).1.is_empty());
    world.now += 1;
    let (_, out) = world.put(&Entry::Tick);
    assert_eq!(offers(&out), [alarm]);
    assert_eq!(world.central.next_wake(), None);
    assert!(world.put(&Entry::Tick).1.is_empty(), "a second one is void");
    assert_eq!(world.claim(KARI, alarm), Err(Refusal::NoSession));
}

#[test]
fn a_session_opened_again_begins_anew() {
    let mut world = World::staffed();
    let alarm = world.alarm("d", Kind::PRESS);
    let version = world.claim(KARI, alarm).unwrap().version;
    let (decision, out) = world.put(&session(KARI, "kari", Role::Operator, Scope::All, 60));
    assert_eq!((decision, offers(&out)), (Decision::SessionOpened, vec![alarm]));
    assert_eq!(world.close(KARI, alarm, version), Err(Refusal::NotYours));
    assert_eq!(world.central.next_wake(), Some(Moment(START + 60 * SECOND)), "the new end holds");
}

#[test]
fn sessions_over_a_limit_are_void() {
    let mut world = World::new();
    let wide = Scope::Only((0..=limits::SCOPE as u16).map(Municipality).collect());
    let long = "n".repeat(limits::OPERATOR + 1);
    for entry in [
        session(KARI, "kari", Role::Operator, wide, 60),
        session(KARI, &long, Role::Operator, Scope::All, 60),
        session(KARI, "kari", Role::Operator, Scope::All, 0),
    ] {
        let (decision, out) = world.put(&entry);
        assert_eq!((decision, out), (Decision::Void, vec![Output::Session(KARI, None)]));
    }
    assert_eq!(world.central.sessions().count(), 0);
}

#[test]
fn one_session_too_many_ends_the_first_to_expire() {
    let mut world = World::new();
    let id = |n: usize| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(n as u64).to_be_bytes());
        SessionId(id)
    };
    for n in 0..=limits::SESSIONS {
        world.put(&session(id(n), "k", Role::Operator, Scope::All, 1_000 + n as u64));
    }
    assert_eq!(world.central.sessions().count(), limits::SESSIONS);
    assert!(world.central.sessions().all(|(session, _)| session != id(0)));
}

#[test]
fn remembered_answers_and_closed_alarms_are_bounded() {
    let mut world = World::staffed();
    let mut first = None;
    for n in 0..=limits::CLOSED as u64 {
        let alarm = world.alarm("d", Kind::PRESS);
        first.get_or_insert(alarm);
        for (half, verb) in [Verb::Claim { alarm }, close(alarm, 2)].into_iter().enumerate() {
            let mut id = [half as u8; 16];
            id[..8].copy_from_slice(&n.to_be_bytes());
            world.act_as(ActId(id), KARI, verb).unwrap();
        }
    }
    assert_eq!(world.claim(KARI, first.unwrap()), Err(Refusal::NoSuchAlarm), "long forgotten");
    assert_eq!(world.central.depth(), (0, 0));
}

#[test]
fn waiting_is_by_priority_then_age_then_seq() {
    let mut world = World::new();
    let technical = world.alarm("a", Kind::BATTERY_LOW);
    let person = world.alarm("b", Kind::BED_LEFT);
    world.now += SECOND;
    let press = world.alarm("c", Kind::PRESS);
    let twin = world.alarm("d", Kind::PRESS);
    world.now += SECOND;
    let repeated = world.alarm("e", Kind::FALL);
    world.alarm("e", Kind::FALL);
    assert_eq!(world.waiting(), [repeated, press, twin, person, technical]);
}

#[test]
fn a_node_stops_rather_than_guess() {
    let mut central = Central::new();
    let mut out = Vec::new();
    assert_eq!(central.apply(&placed(1, 1), &Entry::Tick, &mut out), Err(Stop::NoGenesis));
    central.apply(&placed(1, 1), &genesis(), &mut out).unwrap();
    let before = central.digest();
    assert_eq!(
        central.apply(&placed(2, 1), &Entry::Rules(RULES + 1), &mut out),
        Err(Stop::LacksRules(RULES + 1))
    );
    assert_eq!(
        central.apply(&placed(3, 1), &Entry::Tick, &mut out),
        Err(Stop::OutOfOrder { expected: Seq(2), got: Seq(3) })
    );
    assert_eq!(central.digest(), before, "nothing was changed");
    assert_eq!(central.apply(&placed(2, 1), &Entry::Rules(1), &mut out), Ok(Decision::Noted));
    assert_eq!(central.apply(&placed(3, 1), &genesis(), &mut out), Ok(Decision::Void));
}
