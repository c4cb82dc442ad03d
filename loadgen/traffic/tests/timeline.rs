//! The promises of a timeline: one seed one trace, rates in their bands, causes before
//! consequences, duplicates that are the same.

use std::collections::HashMap;

use traffic::limits::SECOND;
use traffic::{
    Fleet, Intended, Kind, Mix, Municipality, Signal, Tempo, Timeline, Transport, Unit, What, trace,
};

const DAY: u64 = 86_400 * SECOND;

fn fleet(devices: u32, mix: Mix, seed: u64) -> Fleet {
    Fleet::draw(&Municipality::demonstration(), devices, mix, seed).unwrap()
}

fn until(fleet: &Fleet, tempo: Tempo, seed: u64, end: u64) -> Vec<Intended> {
    Timeline::new(fleet, tempo, 0, seed).take_while(|i| i.at < end).collect()
}

/// The new signals of each device, in order.
fn signals(events: &[Intended]) -> HashMap<u32, Vec<(u64, Signal)>> {
    let mut by_device: HashMap<u32, Vec<(u64, Signal)>> = HashMap::new();
    for event in events {
        if let What::Signal(signal) = event.what {
            by_device.entry(event.device).or_default().push((event.at, signal));
        }
    }
    by_device
}

fn count(events: &[Intended], kind: Kind) -> u64 {
    let is = |e: &&Intended| matches!(e.what, What::Signal(signal) if signal.kind == kind);
    events.iter().filter(is).count() as u64
}

/// Within five standard deviations of a Poisson count whose personal rates vary.
fn near(seen: u64, expected: u64, what: &str) {
    let allowed = 5 * expected.isqrt() + expected / 12;
    assert!(seen.abs_diff(expected) <= allowed, "{what}: {seen}, expected {expected} ± {allowed}");
}

#[test]
fn one_seed_gives_one_trace_and_another_seed_another() {
    let print = |seed| {
        let fleet = fleet(300, Mix::DEMONSTRATION, seed);
        let tempo = Tempo::demonstration(&fleet, 15);
        trace::fingerprint(Timeline::new(&fleet, tempo, 8 * 3600, seed).take(20_000))
    };
    assert_eq!(print(1), print(1));
    assert_ne!(print(1), print(2));
    // Kept: a change here is a change of every recorded run.
    // (its first eight bytes).
    assert_eq!(print(1)[..8], [194, 5, 227, 82, 18, 188, 197, 172]);
}

#[test]
fn time_never_runs_backwards_and_numbers_have_no_gap() {
    let fleet = fleet(200, Mix::DEMONSTRATION, 4);
    let events = until(&fleet, Tempo::demonstration(&fleet, 5), 4, 900 * SECOND);
    assert!(events.is_sorted_by_key(|event| event.at));
    for (device, sent) in signals(&events) {
        let numbers: Vec<u32> = sent.iter().map(|(_, signal)| signal.number).collect();
        let expected: Vec<u32> = (1..=numbers.len() as u32).collect();
        assert_eq!(numbers, expected, "device {device}");
    }
}

#[test]
fn a_devices_life_does_not_depend_on_the_fleet_around_it() {
    let whole = fleet(60, Mix::COUNTRY, 6);
    let mut part = whole.clone();
    part.devices.truncate(10);
    let own = |fleet: &Fleet| {
        let mut sent = signals(&until(fleet, Tempo::REAL, 6, 30 * DAY));
        sent.remove(&3).unwrap()
    };
    assert_eq!(own(&whole), own(&part));
}

#[test]
fn ordinary_days_have_the_rates_of_the_model() {
    let hubs = 1200;
    let fleet = fleet(hubs, Mix { units: [1, 0, 0, 0, 0], ..Mix::COUNTRY }, 11);
    // Only signals: there are 288 beats a device and day.
    let days_seen: Vec<Intended> = Timeline::new(&fleet, Tempo::REAL, 0, 11)
        .take_while(|i| i.at < 5 * DAY)
        .filter(|i| i.what != What::Beat)
        .collect();
    let days = u64::from(hubs) * 5;
    let personal: u64 = fleet.devices.iter().map(|d| u64::from(d.personal)).sum();
    let presses = personal * 5 * 41 * 113 / 100 / 1_000_000;
    near(count(&days_seen, Kind::PRESS), presses, "presses and repeats");
    near(count(&days_seen, Kind::FALL), days * 24 / 10_000, "falls");
    near(count(&days_seen, Kind::MAINS_LOST), days * 55 / 10_000, "mains lost");
    near(count(&days_seen, Kind::BATTERY_LOW), days * 34 / 10_000, "batteries");
    near(count(&days_seen, Kind::TEST_AUTO), days, "self-tests");
    let eight_to_eleven = days_seen.iter().filter(|i| {
        let hour = i.at % DAY / (3600 * SECOND);
        (8..11).contains(&hour) && matches!(i.what, What::Signal(s) if s.kind == Kind::PRESS)
    });
    near(eight_to_eleven.count() as u64, presses * 199 / 1000, "presses between 08 and 11");
}

#[test]
fn beats_keep_their_interval() {
    let fleet = fleet(50, Mix { units: [1, 0, 0, 0, 0], ..Mix::COUNTRY }, 12);
    let mut last = HashMap::new();
    for event in until(&fleet, Tempo::REAL, 12, 3600 * SECOND) {
        if event.what == What::Beat {
            if let Some(before) = last.insert(event.device, event.at) {
                assert!((285..=315).contains(&((event.at - before) / SECOND)));
            } else {
                assert!(event.at < 300 * SECOND, "the first comes within an interval");
            }
        }
    }
    assert_eq!(last.len(), 50);
}

#[test]
fn a_dose_has_exactly_one_outcome_and_misses_come_on_the_second() {
    let dispensers = 3000;
    let fleet = fleet(dispensers, Mix { units: [0, 0, 1, 0, 0], ..Mix::COUNTRY }, 13);
    let events = until(&fleet, Tempo::REAL, 13, 3 * DAY);
    let (mut offered, mut missed, mut on_the_hour) = (0, 0, 0);
    for sent in signals(&events).values() {
        let mut open = None;
        for &(at, signal) in sent {
            match signal.kind {
                Kind::DOSE_OFFERED => {
                    assert_eq!(open.replace(at), None, "the dose before is settled");
                    offered += 1;
                    on_the_hour += u64::from(at % (3600 * SECOND) < 10 * SECOND);
                }
                Kind::DOSE_MISSED => {
                    missed += 1;
                    assert_eq!(open.take().map(|then| at - then), Some(3600 * SECOND));
                }
                Kind::DOSE_TAKEN => {
                    let then = open.take().expect("offered before taken");
                    assert!(at > then && at - then < 3600 * SECOND);
                }
                _ => {}
            }
        }
    }
    near(offered, u64::from(dispensers) * 3 * 256 / 100, "doses");
    near(missed, offered * 25 / 1000, "missed");
    near(on_the_hour, offered * 70 / 100, "on a full hour, offsets of whole hours included");
}

#[test]
fn consequences_come_after_their_cause() {
    let fleet = fleet(400, Mix::DEMONSTRATION, 14);
    let events = until(&fleet, Tempo::demonstration(&fleet, 2), 14, 1800 * SECOND);
    let pairs = [
        (&[Kind::PRESS, Kind::FALL, Kind::SMOKE][..], Kind::RESET, false),
        (&[Kind::MAINS_LOST], Kind::MAINS_BACK, true),
        (&[Kind::SENSOR_LOST], Kind::SENSOR_BACK, true),
        (&[Kind::BED_ABSENCE], Kind::BED_ENTERED, false),
        (&[Kind::DOOR_AT_NIGHT], Kind::DOOR_CLOSED, false),
        (&[Kind::ZONE_LEFT], Kind::ZONE_ENTERED, true),
    ];
    for (causes, consequence, alternates) in pairs {
        let mut seen = 0;
        for sent in signals(&events).values() {
            let mut open = 0_u32;
            for (_, signal) in sent {
                if causes.contains(&signal.kind) {
                    open += 1;
                    assert!(!alternates || open == 1, "{:?} twice in a row", signal.kind);
                } else if signal.kind == consequence {
                    seen += 1;
                    assert!(open > 0, "{consequence:?} without a cause");
                    open -= 1;
                }
            }
        }
        assert!(seen > 0, "no {consequence:?} at all");
    }
}

#[test]
fn duplicates_are_the_same_signal_ten_seconds_later() {
    let fleet = fleet(400, Mix::DEMONSTRATION, 15);
    let events = until(&fleet, Tempo::demonstration(&fleet, 2), 15, 3600 * SECOND);
    let first = signals(&events);
    let total: usize = first.values().map(Vec::len).sum();
    let mut duplicates = 0;
    for event in &events {
        if let What::Duplicate(signal) = event.what {
            let (at, original) = first[&event.device][signal.number as usize - 1];
            assert_eq!(original, signal);
            assert_eq!(event.at - at, 10 * SECOND);
            duplicates += 1;
        }
    }
    near(duplicates, total as u64 / 100, "one in a hundred");
}

#[test]
fn a_repeat_is_a_signal_of_its_own() {
    let fleet = fleet(2000, Mix { units: [1, 0, 0, 0, 0], ..Mix::COUNTRY }, 16);
    let tempo = Tempo { rate: 50, clock: 1, delay: 1 };
    let mut close = 0;
    for sent in signals(&until(&fleet, tempo, 16, DAY / 4)).values() {
        let presses: Vec<_> = sent.iter().filter(|(_, s)| s.kind == Kind::PRESS).collect();
        for pair in presses.windows(2) {
            assert_ne!(pair[0].1.number, pair[1].1.number);
            close += u64::from(pair[1].0 - pair[0].0 < 60 * SECOND);
        }
    }
    assert!(close > 50, "people press again within the minute: {close}");
}

#[test]
fn a_demonstration_brings_an_alarm_every_ten_to_twenty_seconds() {
    for seed in 1..=5 {
        let fleet = fleet(40, Mix::DEMONSTRATION, seed);
        let tempo = Tempo::demonstration(&fleet, 15);
        assert!(format!("{tempo}").starts_with("scaled"));
        // Two of the model's days.
        let events = until(&fleet, tempo, seed, 2 * 1440 * SECOND);
        let opens = |i: &&Intended| matches!(i.what, What::Signal(s) if s.kind.opens());
        let alarms = events.iter().filter(opens).count() as u64;
        assert!((10..=20).contains(&(2 * 1440 / alarms)), "seed {seed}: {alarms} in 48 minutes");
        let beats = events.iter().filter(|i| i.what == What::Beat).count() as u64;
        assert!(beats > 2 * 1440, "a beat a second or more");
        for unit in Unit::ALL {
            assert!(fleet.devices.iter().any(|d| d.unit == unit), "{unit:?}");
        }
        for transport in Transport::ALL {
            assert!(fleet.devices.iter().any(|d| d.transport == transport), "{transport:?}");
        }
        for kind in [Kind::PRESS, Kind::DOSE_MISSED, Kind::FALL] {
            assert!(count(&events, kind) > 0, "seed {seed}: no {kind:?}");
        }
    }
}
