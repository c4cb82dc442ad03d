//! `docs/link-protocol.md` says what the crate does: its tables and limits are the crate's.

use std::fs;
use std::path::PathBuf;

use link::{Class, KINDS, close, limits, unit};

fn document() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/link-protocol.md");
    fs::read_to_string(path).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_kind_stands_in_the_table_with_its_class() {
    let text = document();
    for row in &KINDS {
        let class = match row.class {
            Class::LifeSafety => "L",
            Class::Person => "P",
            Class::Technical => "T",
            Class::Telemetry => "M",
            Class::Test => "X",
        };
        let cells = format!("| {} | {} | {class} |", row.number, row.name);
        assert_eq!(text.matches(&cells).count(), 1, "{cells}");
    }
}

#[test]
fn every_unit_and_close_code_stands_in_its_table() {
    let text = document();
    for row in &unit::UNITS {
        assert!(text.contains(&format!("| {} | {} |", row.number, row.name)), "{}", row.name);
        assert_eq!(unit::lookup(row.number), Some(row));
    }
    let closings = [
        (close::GOING_AWAY, "the centre stops"),
        (close::NO_IDENTITY, "the certificate names no device"),
        (close::NOT_ALLOWED, "revoked, or out of service"),
        (close::REPLACED, "the same device opened a newer connection"),
        (close::OVERLOADED, "no room for more connections"),
        (close::STREAM_GIVEN_UP, "on a stream only"),
    ];
    for (code, words) in closings {
        assert!(text.contains(&format!("| {code} | {words}")), "{words}");
    }
}

#[test]
fn every_limit_is_said_with_its_number() {
    let text = document();
    let seconds = |ms: u64| ms / 1000;
    for said in [
        format!("At most {} streams open at once", limits::STREAMS),
        format!("At most {} of them", limits::PLAIN_UNANSWERED),
        format!("at most {} bytes", limits::MESSAGE_BYTES),
        format!("FIN within {} s", seconds(limits::MESSAGE_MS)),
        format!("durable within {} s", seconds(limits::STORE_MS)),
        format!("At most {} entries in a map and {} levels", limits::MAP_ENTRIES, limits::DEPTH),
        format!("| 2 | M | text ≤ {} |", limits::NAME_BYTES),
        format!("| 1 | text ≤ {} |", limits::LOCATION_BYTES),
        format!("| 2 | text ≤ {} |", limits::TEXT_BYTES),
        format!("| 6 | text ≤ {} |", limits::SENSOR_BYTES),
        format!("| 7 | text ≤ {} |", limits::PHONE_BYTES),
        format!("≤ {} × `[unit, value, decimals]`", limits::MEASURED),
        format!("a text of at most {} bytes", limits::REASON_BYTES),
        format!("1 to {} of `A-Z a-z 0-9 -`", limits::DEVICE_ID_BYTES),
        format!("down to {} below the highest", limits::COUNTER_WINDOW),
        "10, 20, 40, 60 and then every 60 seconds".to_owned(),
        format!("after {} s without an answer", seconds(limits::PLAIN_WAIT_MS)),
        format!("at most {} s (75 s", limits::BUSY_MS / 1000),
        format!("none of any kind has come for {} s", seconds(limits::QUIET_MS)),
        format!(
            "{} s × 2^n, at most {} s, and **at most {} s",
            seconds(limits::RECONNECT_FIRST_MS),
            seconds(limits::RECONNECT_LAST_MS),
            seconds(limits::RECONNECT_ALARM_MS)
        ),
        format!("lasted {} s starts n from 0", seconds(limits::STEADY_MS)),
        format!("the device takes {} to 90 000", limits::BEAT_LEAST_S),
        "idle timeout is three beat intervals".to_owned(),
    ] {
        assert!(text.contains(&said), "not said: {said}");
    }
    assert_eq!(limits::RETRY_MS, [10_000, 20_000, 40_000, 60_000, 60_000]);
    assert_eq!((limits::BEAT_MOST_S, limits::IDLE_BEATS), (90_000, 3));
}
