//! Order, reserved room, floods, and that nothing is lost between threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lanes::limits::BELOW_PERSON;
use lanes::{Lane, Room};

const SMALL: [Room; Lane::COUNT] = [Room { trusted: 4, untrusted: 2 }; Lane::COUNT];

#[test]
fn drains_by_urgency_whatever_the_order_of_arrival() {
    let (lanes, mut outlet) = lanes::new();
    for lane in Lane::ALL.into_iter().rev() {
        lanes.push(lane, true, lane).unwrap();
    }
    let mut out = Vec::new();
    assert_eq!(outlet.drain(&mut out, 100), Lane::COUNT);
    assert_eq!(out, Lane::ALL);
    assert!(outlet.is_empty());
}

#[test]
fn a_full_lane_gives_the_item_back_and_lends_no_room() {
    let (lanes, outlet) = lanes::with_room(&SMALL);
    for n in 0..4 {
        lanes.push(Lane::Telemetry, true, n).unwrap();
    }
    assert_eq!(lanes.push(Lane::Telemetry, true, 99), Err(99));
    assert_eq!(lanes.push(Lane::Telemetry, false, 4), Ok(()), "the other part has its own room");
    assert_eq!(lanes.push(Lane::LifeSafety, true, 5), Ok(()), "an alarm has its own room");
    assert_eq!((outlet.depth(Lane::Telemetry), lanes.depth(Lane::LifeSafety)), (5, 1));
}

#[test]
fn unauthenticated_sources_never_fill_the_trusted_part() {
    let (lanes, _outlet) = lanes::with_room(&SMALL);
    assert_eq!((0..10).filter(|n| lanes.push(Lane::LifeSafety, false, *n).is_ok()).count(), 2);
    assert_eq!(lanes.push(Lane::LifeSafety, true, 10), Ok(()));
}

#[test]
fn neither_part_of_a_lane_starves_the_other() {
    let (lanes, mut outlet) = lanes::new();
    for _ in 0..100 {
        lanes.push(Lane::LifeSafety, true, "trusted").unwrap();
    }
    lanes.push(Lane::LifeSafety, false, "unit without credentials").unwrap();
    let mut out = Vec::new();
    outlet.drain(&mut out, 2);
    assert_eq!(out, ["trusted", "unit without credentials"]);
}

#[test]
fn a_batch_takes_few_from_below_person() {
    let (lanes, mut outlet) = lanes::new();
    for n in 0..300 {
        lanes.push(Lane::Technical, true, n).unwrap();
        lanes.push(Lane::Telemetry, true, n).unwrap();
    }
    let mut out = Vec::new();
    assert_eq!(outlet.drain(&mut out, 4_096), BELOW_PERSON);
    assert_eq!(lanes.depth(Lane::Telemetry), 300, "technical goes first");
}

#[test]
fn an_alarm_is_in_the_very_next_drain_under_any_flood() {
    for flooded in Lane::ALL.into_iter().skip(1) {
        let (lanes, mut outlet) = lanes::new();
        while lanes.push(flooded, true, "flood").is_ok() {}
        while lanes.push(flooded, false, "flood").is_ok() {}
        lanes.push(Lane::LifeSafety, false, "press").unwrap();
        let mut out = Vec::new();
        outlet.drain(&mut out, 1);
        assert_eq!(out, ["press"], "behind a flood of {flooded:?}");
    }
}

#[test]
fn leaves_the_lanes_not_wanted() {
    let (lanes, mut outlet) = lanes::new();
    lanes.push(Lane::Telemetry, true, 1).unwrap();
    lanes.push(Lane::Person, true, 2).unwrap();
    let mut out = Vec::new();
    outlet.drain_where(&mut out, 10, |lane| !lane.below_person());
    assert_eq!((out, outlet.depth(Lane::Telemetry)), (vec![2], 1));
}

#[test]
fn a_push_ends_the_wait() {
    let (lanes, outlet) = lanes::new();
    let begun = Instant::now();
    let pusher = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        lanes.push(Lane::LifeSafety, true, ()).unwrap();
    });
    while outlet.is_empty() {
        outlet.wait(Duration::from_secs(30));
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "the wake-up was lost");
    pusher.join().unwrap();
}

#[test]
fn threads_lose_nothing_and_keep_their_order() {
    const EACH: u64 = 20_000;
    let (lanes, mut outlet) = lanes::with_room(&[Room { trusted: 64, untrusted: 64 }; Lane::COUNT]);
    let done = AtomicBool::new(false);
    let mut got = Vec::new();
    thread::scope(|scope| {
        let producers: Vec<_> = (0..4_u64)
            .map(|who| {
                let lanes = lanes.clone();
                scope.spawn(move || {
                    for n in 0..EACH {
                        let lane = Lane::ALL[who as usize];
                        let mut item = (who, n);
                        while let Err(back) = lanes.push(lane, who % 2 == 0, item) {
                            item = back;
                            thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        let done = &done;
        let watcher = lanes.waker();
        scope.spawn(move || {
            for producer in producers {
                producer.join().unwrap();
            }
            done.store(true, Ordering::Release);
            watcher.wake();
        });
        loop {
            let finished = done.load(Ordering::Acquire);
            if outlet.drain(&mut got, 100) == 0 {
                if finished {
                    break;
                }
                outlet.wait(Duration::from_millis(100));
            }
        }
    });
    for who in 0..4 {
        let mine: Vec<u64> = got.iter().filter(|item| item.0 == who).map(|item| item.1).collect();
        assert!(mine.into_iter().eq(0..EACH), "producer {who} lost or reordered items");
    }
}
