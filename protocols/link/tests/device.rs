//! The device's side: one story a test, against a centre that is played by the test.

use link::device::{Do, Draft, Heard, Identity, NotKept, Session};
use link::{
    Answer, Details, Kind, Message, Reason, Receipt, Refusal, Refused, Signal, Welcome, limits,
};
use proptest::prelude::*;

fn session() -> Session {
    Session::new(Identity { boot: 7, ..Identity::default() })
}

fn draft(n: u8, kind: u16) -> Draft {
    Draft { id: [n; 16], kind: Kind(kind), happened: None, details: Details::default() }
}

fn receipt() -> Answer {
    Answer::Receipt(Receipt { seq: 1, chain: [0; 32], moment: 1, duplicate: false })
}

fn welcome() -> Answer {
    Answer::Welcome(Welcome { version: 1, time: 5, beat_s: 60, unanswered: 3 })
}

/// Everything to do now: streams opened with their messages, and the rest.
fn all(session: &mut Session, now: u64) -> (Vec<(u64, Message)>, Vec<Do>) {
    let (mut opened, mut rest) = (Vec::new(), Vec::new());
    while let Some(next) = session.poll(now) {
        match next {
            Do::Open { stream, bytes } => {
                opened.push((stream, Message::decode(&bytes).expect("a message")));
            }
            other => rest.push(other),
        }
    }
    (opened, rest)
}

fn opened(session: &mut Session, now: u64) -> Vec<(u64, Message)> {
    let (opened, rest) = all(session, now);
    assert_eq!(rest, [], "at {now}");
    opened
}

/// A session that is connected and welcomed at `now`.
fn welcomed(now: u64) -> Session {
    let mut session = session();
    assert_eq!(session.poll(now), Some(Do::Connect));
    assert_eq!(session.poll(now), None);
    session.connected(now);
    let hello = opened(&mut session, now);
    assert!(matches!(hello[..], [(_, Message::Hello(_))]));
    let heard = session.answered(hello[0].0, &welcome().encode(), now, 0);
    assert!(matches!(heard, Heard::Welcome(_)));
    session
}

fn kinds(opened: &[(u64, Message)]) -> Vec<u16> {
    let kind = |message: &Message| match message {
        Message::Signal(signal) => signal.kind.0,
        Message::Hello(_) => 1,
        Message::Beat(_) => 2,
    };
    opened.iter().map(|(_, message)| kind(message)).collect()
}

#[test]
fn a_press_goes_out_with_the_hello_and_is_forgotten_only_when_stored() {
    let mut session = session();
    session.raise(draft(1, 100)).expect("kept");
    assert_eq!(session.poll(0), Some(Do::Connect));
    session.connected(3);
    let out = opened(&mut session, 3);
    assert_eq!(kinds(&out), [1, 100], "the press does not wait for the welcome");
    let Message::Hello(hello) = &out[0].1 else { panic!("a hello") };
    assert_eq!((hello.boot, hello.counter, hello.queued), (7, 1, 1));
    let Message::Signal(signal) = &out[1].1 else { panic!("a signal") };
    assert_eq!((signal.boot, signal.counter, signal.buffered), (7, 1, true));
    assert_eq!(session.unsettled().count(), 1);
    let heard = session.answered(out[1].0, &receipt().encode(), 5, 0);
    assert!(matches!(heard, Heard::Stored { id, .. } if id == [1; 16]));
    assert_eq!(session.unsettled().count(), 0);
}

#[test]
fn an_unanswered_signal_climbs_the_ladder_with_the_same_bytes() {
    let mut session = welcomed(0);
    let bytes = session.raise(draft(1, 100)).expect("kept");
    let mut now = 0;
    for wait in [10_000, 20_000] {
        let Some(Do::Open { stream, bytes: sent }) = session.poll(now) else { panic!("at {now}") };
        assert_eq!(sent, bytes);
        assert_eq!(session.poll(now + wait - 1), None);
        now += wait;
        if now < limits::QUIET_MS {
            assert_eq!(session.poll(now), Some(Do::Abandon { stream }));
            assert_eq!(session.signal_on(stream), Some([1; 16]));
        }
    }
    assert_eq!(session.poll(now), Some(Do::Close), "30 s without any answer: a dead connection");
    session.lost(now, 0);
    assert_eq!(session.poll(now), Some(Do::Connect));
    session.connected(now);
    let again = opened(&mut session, now);
    assert_eq!(kinds(&again), [1, 100]);
    assert_eq!(again[1].1.encode(), bytes, "the same id and bytes on the next connection");
}

#[test]
fn the_ladder_is_10_20_40_60_60_seconds_while_the_connection_lives() {
    let mut session = welcomed(0);
    session.raise(draft(1, 100)).expect("kept");
    let mut sent_at = Vec::new();
    for now in (0..400_000).step_by(500) {
        while let Some(next) = session.poll(now) {
            let Do::Open { stream, bytes } = next else { continue };
            match Message::decode(&bytes).expect("a message") {
                Message::Signal(_) => sent_at.push(now),
                // Beats are answered: the connection lives, the log does not.
                _ => drop(session.answered(stream, &Answer::BeatOk { time: 0 }.encode(), now, 0)),
            }
        }
        // Something else is answered often enough.
        if now % 20_000 == 0 {
            session.raise(draft((now / 20_000) as u8 + 100, 123)).expect("kept");
            let (out, _) = all(&mut session, now);
            for (stream, message) in out {
                if message.is_alarm() {
                    sent_at.push(now);
                } else {
                    session.answered(stream, &receipt().encode(), now, 0);
                }
            }
        }
    }
    sent_at.dedup();
    let waits: Vec<_> = sent_at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(&waits[..6], [10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
}

#[test]
fn three_plain_at_most_and_the_fourth_stream_for_an_alarm() {
    let mut session = welcomed(0);
    for n in 0..5 {
        session.raise(draft(n, 500)).expect("kept");
    }
    let plain = opened(&mut session, 1);
    assert_eq!(kinds(&plain), [500, 500, 500]);
    for n in 10..12 {
        session.raise(draft(n, 100)).expect("kept");
    }
    let alarm = opened(&mut session, 2);
    assert_eq!(kinds(&alarm), [100], "four streams in all");
    session.answered(plain[0].0, &receipt().encode(), 3, 0);
    assert_eq!(kinds(&opened(&mut session, 3)), [100], "an alarm before what waited longer");
    session.answered(plain[1].0, &receipt().encode(), 4, 0);
    assert_eq!(kinds(&opened(&mut session, 4)), [500], "two plain, two alarms: room for one");
}

#[test]
fn alarms_may_take_every_stream() {
    let mut session = welcomed(0);
    for n in 0..6 {
        session.raise(draft(n, 102)).expect("kept");
    }
    assert_eq!(opened(&mut session, 0).len(), usize::from(limits::STREAMS));
}

#[test]
fn the_centre_may_lower_the_plain_limit_but_not_raise_it() {
    for (said, kept) in [(1, 1), (0, 1), (200, 3)] {
        let mut session = session();
        session.poll(0);
        session.connected(0);
        let hello = opened(&mut session, 0)[0].0;
        let welcome = Welcome { version: 1, time: 0, beat_s: 60, unanswered: said };
        session.answered(hello, &Answer::Welcome(welcome).encode(), 0, 0);
        for n in 0..5 {
            session.raise(draft(n, 500)).expect("kept");
        }
        assert_eq!(opened(&mut session, 0).len(), kept);
    }
}

#[test]
fn busy_waits_what_it_says_and_up_to_a_quarter_more() {
    for (random, wait) in [(0, 2_000), (500, 2_500), (501, 2_000)] {
        let mut session = welcomed(0);
        session.raise(draft(1, 100)).expect("kept");
        let stream = opened(&mut session, 0)[0].0;
        let busy = Answer::Busy { retry_ms: 2_000 }.encode();
        assert_eq!(session.answered(stream, &busy, 0, random), Heard::Later);
        assert_eq!(session.signal_on(stream), Some([1; 16]), "for another receiver");
        assert_eq!(session.wake(), Some(wait));
        assert_eq!(session.poll(wait - 1), None);
        assert_eq!(opened(&mut session, wait).len(), 1);
    }
    let mut session = welcomed(0);
    session.raise(draft(1, 100)).expect("kept");
    let stream = opened(&mut session, 0)[0].0;
    session.answered(stream, &Answer::Busy { retry_ms: u32::MAX }.encode(), 0, 0);
    assert_eq!(session.wake(), Some(60_000), "no centre can silence a device for longer");
}

#[test]
fn not_stored_means_the_next_receiver_and_trying_on() {
    let mut session = welcomed(0);
    session.raise(draft(1, 100)).expect("kept");
    let stream = opened(&mut session, 0)[0].0;
    let heard = session.answered(stream, &Answer::NotStored.encode(), 4_000, 0);
    assert_eq!(heard, Heard::TryNext { id: [1; 16] });
    assert_eq!(session.poll(9_999), None);
    assert_eq!(kinds(&opened(&mut session, 10_000)), [100]);
    session.settled_elsewhere([1; 16]);
    assert_eq!(session.unsettled().count(), 0);
}

#[test]
fn a_refused_signal_is_given_up_and_named() {
    let mut session = welcomed(0);
    session.raise(draft(1, 100)).expect("kept");
    let stream = opened(&mut session, 0)[0].0;
    let refused = Refused::new(Refusal::NotAllowed, "no");
    let answer = Answer::Refused(refused.clone()).encode();
    let heard = session.answered(stream, &answer, 1, 0);
    assert_eq!(heard, Heard::Refused { id: Some([1; 16]), refused });
    assert_eq!(session.unsettled().count(), 0);
}

#[test]
fn rubbish_for_an_answer_is_no_answer() {
    for rubbish in [&b""[..], b"\xff", &welcome().encode(), &Answer::BeatOk { time: 1 }.encode()] {
        let mut session = welcomed(0);
        session.raise(draft(1, 100)).expect("kept");
        let stream = opened(&mut session, 0)[0].0;
        assert_eq!(session.answered(stream, rubbish, 1, 0), Heard::Nothing);
        assert_eq!(session.poll(9_999), None);
        assert_eq!(kinds(&opened(&mut session, 10_000)), [100]);
    }
    let mut session = welcomed(0);
    assert_eq!(session.answered(999, &receipt().encode(), 0, 0), Heard::Nothing);
}

#[test]
fn beats_come_at_the_interval_with_counter_and_state() {
    let mut session = welcomed(0);
    assert_eq!(session.wake(), Some(60_000));
    session.set_state(Some(50), Some(false), Some(-90));
    session.raise(draft(1, 100)).expect("kept");
    let signal = opened(&mut session, 10)[0].0;
    session.answered(signal, &receipt().encode(), 20, 0);
    let out = opened(&mut session, 60_000);
    let Message::Beat(beat) = &out[0].1 else { panic!("a beat") };
    assert_eq!((beat.boot, beat.counter, beat.queued), (7, 1, 0));
    assert_eq!((beat.battery, beat.mains, beat.strength), (Some(50), Some(false), Some(-90)));
    let ok = Answer::BeatOk { time: 77 }.encode();
    assert_eq!(session.answered(out[0].0, &ok, 60_010, 0), Heard::BeatOk { time: 77 });
    assert_eq!(kinds(&opened(&mut session, 120_000)), [2]);
}

#[test]
fn an_unanswered_hello_is_said_again() {
    let mut session = session();
    session.poll(0);
    session.connected(0);
    let first = opened(&mut session, 0)[0].0;
    let (out, rest) = all(&mut session, 10_000);
    assert_eq!(rest, [Do::Abandon { stream: first }]);
    assert_eq!(kinds(&out), [1]);
}

#[test]
fn the_reconnect_wait_doubles_under_its_ceiling_and_is_short_for_an_alarm() {
    let mut session = session();
    let mut ceilings = Vec::new();
    for _ in 0..9 {
        let now = session.wake().expect("a time to connect");
        assert_eq!(session.poll(now), Some(Do::Connect));
        // The greatest wait below a ceiling is the ceiling itself: find it from outside.
        session.lost(now, 0);
        assert_eq!(session.wake(), Some(now), "full jitter begins at nothing");
        assert_eq!(session.poll(now), Some(Do::Connect));
        session.connected(now);
        session.lost(now, u64::MAX);
        ceilings.push(session.wake().expect("a time") - now);
    }
    assert!(ceilings.iter().all(|wait| *wait <= limits::RECONNECT_LAST_MS));
    assert!(ceilings.iter().any(|wait| *wait > limits::RECONNECT_ALARM_MS));
    session.raise(draft(1, 100)).expect("kept");
    let before = session.wake().expect("a time");
    session.poll(before);
    session.lost(before, 59_999);
    assert!(session.wake().expect("a time") <= before + limits::RECONNECT_ALARM_MS);
}

#[test]
fn a_connection_that_lasted_forgets_earlier_failures() {
    let mut session = session();
    let mut now = 0;
    for _ in 0..8 {
        session.poll(now);
        session.lost(now, 0);
    }
    session.poll(now);
    session.connected(now);
    now += limits::STEADY_MS;
    session.lost(now, limits::RECONNECT_FIRST_MS);
    assert_eq!(session.wake(), Some(now + limits::RECONNECT_FIRST_MS), "the first ceiling again");
}

#[test]
fn a_full_store_gives_up_what_is_no_alarm_and_says_so_in_the_counter() {
    let mut session = session();
    session.raise(draft(200, 500)).expect("kept");
    for n in 0..limits::KEPT_SIGNALS as u8 {
        session.raise(draft(n, 100)).expect("an alarm makes room");
    }
    assert!(session.unsettled().all(|id| id != [200; 16]));
    assert_eq!(session.raise(draft(201, 100)), Err(NotKept::Full));
    session.poll(0);
    session.connected(0);
    let out = opened(&mut session, 0);
    let Message::Hello(hello) = &out[0].1 else { panic!("a hello") };
    assert_eq!((hello.counter, hello.queued), (65, 64), "65 sent, 64 to come: one is lost");
}

#[test]
fn a_signal_survives_a_restart_of_the_device() {
    let mut before = session();
    let bytes = before.raise(draft(1, 100)).expect("kept");
    let mut after = Session::new(Identity { boot: 8, ..Identity::default() });
    after.restore(bytes.clone()).expect("taken back");
    after.poll(0);
    after.connected(0);
    let out = opened(&mut after, 0);
    let Message::Hello(hello) = &out[0].1 else { panic!("a hello") };
    assert_eq!((hello.boot, hello.counter, hello.queued), (8, 0, 0), "that of an earlier boot");
    assert_eq!(out[1].1.encode(), bytes);
    let hello = out[0].1.encode();
    assert_eq!(after.restore(hello), Err(NotKept::NotASignal));
    assert!(matches!(after.restore(vec![0]), Err(NotKept::Malformed(Reason::NotMap))));
}

#[test]
fn what_could_not_be_sent_is_not_kept() {
    let mut session = session();
    let mut long = draft(1, 100);
    long.details.text = Some("x".repeat(limits::TEXT_BYTES + 1));
    assert!(matches!(session.raise(long), Err(NotKept::Malformed(Reason::OutOfRange(_)))));
    assert_eq!(session.unsettled().count(), 0);
    let bytes = session.raise(draft(2, 100)).expect("kept");
    let Ok(Message::Signal(Signal { counter, .. })) = Message::decode(&bytes) else { panic!() };
    assert_eq!(counter, 1, "a signal that was not kept uses no counter");
}

#[derive(Debug, Clone)]
enum Step {
    Raise(u16),
    Wait(u64),
    Answer(usize, u8),
    Lose,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop_oneof![Just(100), Just(302), Just(500), Just(602)].prop_map(Step::Raise),
        (0..30_000u64).prop_map(Step::Wait),
        (0..4usize, 0..6u8).prop_map(|(at, answer)| Step::Answer(at, answer)),
        Just(Step::Lose),
    ]
}

proptest! {
    /// Whatever a centre does: the stream rule holds, an alarm is kept until it is stored or
    /// refused, the session never asks to be polled at once again when it has just said nothing.
    #[test]
    fn the_rules_hold_for_every_story(steps in prop::collection::vec(step(), 0..80)) {
        let mut session = session();
        let (mut now, mut raised) = (0u64, 0u8);
        let mut open: Vec<(u64, Message)> = Vec::new();
        let mut owed: Vec<[u8; 16]> = Vec::new();
        for step in steps {
            match step {
                Step::Raise(kind) => {
                    raised += 1;
                    let kept = session.raise(draft(raised, kind));
                    if Kind(kind).is_alarm() {
                        prop_assert!(kept.is_ok() || owed.len() >= limits::KEPT_SIGNALS);
                        owed.extend(kept.is_ok().then_some([raised; 16]));
                    }
                }
                Step::Wait(ms) => now += ms,
                Step::Answer(at, which) if at < open.len() => {
                    let (stream, _) = open.swap_remove(at);
                    let answer = match which {
                        0 | 1 => receipt(),
                        2 => Answer::Busy { retry_ms: 3_000 },
                        3 => Answer::NotStored,
                        4 => welcome(),
                        _ => Answer::BeatOk { time: 0 },
                    };
                    if let Heard::Stored { id, .. } = session.answered(stream, &answer.encode(), now, now) {
                        owed.retain(|other| *other != id);
                    }
                }
                Step::Answer(..) => {}
                Step::Lose => {
                    open.clear();
                    session.lost(now, now);
                }
            }
            while let Some(next) = session.poll(now) {
                match next {
                    Do::Connect => session.connected(now),
                    Do::Open { stream, bytes } => open.push((stream, Message::decode(&bytes).unwrap())),
                    Do::Abandon { stream, .. } => open.retain(|(other, _)| *other != stream),
                    Do::Close => {
                        open.clear();
                        session.lost(now, now);
                    }
                }
                prop_assert!(open.len() <= usize::from(limits::STREAMS));
                let plain = open.iter().filter(|(_, message)| !message.is_alarm()).count();
                prop_assert!(plain <= usize::from(limits::PLAIN_UNANSWERED));
            }
            if let Some(wake) = session.wake() {
                prop_assert!(wake > now, "asked again at once: {wake} at {now}");
            }
            let unsettled: Vec<_> = session.unsettled().collect();
            prop_assert!(owed.iter().all(|id| unsettled.contains(id)));
        }
    }
}
