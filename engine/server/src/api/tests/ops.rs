//! What whoever runs the engine is told.

use central::entry::{Role, Scope};
use serde_json::json;

use super::house::{House, OSLO, Reply, alarm_path, eventually, raw};

fn ask(house: &House, path: &str) -> Reply {
    raw(house.ops, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
}

#[test]
fn ready_while_the_log_is_and_says_why_when_not() {
    let house = House::new();
    assert_eq!(ask(&house, "/livez").status, 200);
    let ready = ask(&house, "/readyz");
    assert_eq!((ready.status, &ready.json()["log"]), (200, &json!("ok")));
    house.order.set_quorum(false);
    eventually("not ready", || ask(&house, "/readyz").status == 503);
    let not = ask(&house, "/readyz").json();
    assert_eq!(not["log"], "no_quorum");
    assert!(not["why"].as_str().unwrap().contains("nodes"));
    assert_eq!(ask(&house, "/livez").status, 200);
    house.order.set_quorum(true);
    eventually("ready again", || ask(&house, "/readyz").status == 200);
}

#[test]
fn the_state_told_is_what_the_log_folds_to() {
    let house = House::new();
    let (first, _) = (house.press(OSLO), house.press(OSLO));
    let kari = house.enter("kari", Role::Operator, Scope::All);
    let claim = r#"{"act":"000102030405060708090a0b0c0d0e0f"}"#;
    assert_eq!(house.post(&alarm_path(first, "/claim"), &kari, claim).status, 200);
    let told = ask(&house, "/state").json();
    let (seq, head, state) = house.folded_again();
    assert_eq!(told["seq"], seq);
    assert_eq!(told["head"], crate::api::hex(&head));
    assert_eq!(told["state_hash"], crate::api::hex(&state));
    assert_eq!((&told["open"], &told["waiting"]), (&json!(2), &json!(1)));
}

#[test]
fn metrics_count_what_happened_and_name_nobody() {
    let house = House::new();
    house.press(OSLO);
    let text = ask(&house, "/metrics").body;
    for line in [
        "varde_signals_total{class=\"life_safety\"} 1",
        "varde_stored_seconds_count{class=\"life_safety\"} 1",
        "varde_alarms_opened_total 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("scaip:") && !text.contains("0301"), "{text}");
}

#[test]
fn nothing_of_the_console_is_served_there() {
    let house = House::new();
    for path in ["/", "/api/hello", "/api/picture"] {
        assert_eq!(ask(&house, path).status, 404, "{path}");
    }
}
