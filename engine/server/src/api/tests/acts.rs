//! Acts and their answers, as the contract says them; and what is opened under audit.

use central::entry::{Act, Entry, Role, Scope, Verb};
use serde_json::{Value, json};

use super::house::{House, OSLO, alarm_path, only};
use crate::plain::Plain;

fn act(n: u8) -> String {
    format!(r#"{{"act":"{}"}}"#, format!("{n:02x}").repeat(16))
}

fn act_with(n: u8, more: &Value) -> String {
    let mut body: Value = serde_json::from_str(&act(n)).unwrap();
    let fields = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    body.to_string()
}

fn close(n: u8, version: u64) -> String {
    let codes = json!({ "version": version, "cause": 100, "action": 200, "outcome": 300,
                        "note": "snakket med naboen" });
    act_with(n, &codes)
}

#[test]
fn one_operator_has_an_alarm_and_the_other_is_told_who() {
    let house = House::new();
    let alarm = house.press(OSLO);
    let kari = house.enter("kari", Role::Operator, only(OSLO));
    let ola = house.enter("ola", Role::Operator, Scope::All);
    let claim = alarm_path(alarm, "/claim");
    let done = house.post(&claim, &kari, &act(1));
    assert_eq!((done.status, done.json()), (200, json!({ "alarm": alarm.0.0, "version": 2 })));
    assert_eq!(house.post(&claim, &kari, &act(1)).json(), done.json());
    let taken = house.post(&claim, &ola, &act(2));
    assert_eq!(taken.no(), (409, "taken".to_owned()));
    assert_eq!(taken.json()["by"], "kari");
    let row = house.intake.board.row(alarm).unwrap();
    let since = row.claim.as_ref().unwrap().since.0.to_string();
    assert_eq!(taken.json()["since"], since.as_str());
    let release = act_with(3, &json!({ "version": 2 }));
    let release_path = alarm_path(alarm, "/release");
    assert_eq!(house.post(&release_path, &ola, &release).no(), (409, "not_yours".to_owned()));
    let old = act_with(4, &json!({ "version": 1 }));
    assert_eq!(house.post(&release_path, &kari, &old).no(), (409, "not_yours".to_owned()));
    let release = act_with(5, &json!({ "version": 2 }));
    assert_eq!(house.post(&release_path, &kari, &release).status, 200);
    assert_eq!(house.post(&claim, &ola, &act(6)).status, 200);
}

#[test]
fn a_close_ends_it_and_its_note_is_sealed() {
    let house = House::new();
    let alarm = house.press(OSLO);
    let kari = house.enter("kari", Role::Operator, only(OSLO));
    let path = alarm_path(alarm, "/close");
    let version =
        house.post(&alarm_path(alarm, "/claim"), &kari, &act(1)).json()["version"].clone();
    let version = version.as_u64().unwrap();
    let wrong =
        act_with(2, &json!({ "version": version, "cause": 1, "action": 200, "outcome": 300 }));
    assert_eq!(house.post(&path, &kari, &wrong).no(), (400, "unknown_code".to_owned()));
    let long = "x".repeat(4_097);
    let codes =
        json!({ "version": version, "cause": 100, "action": 200, "outcome": 300, "note": long });
    assert_eq!(
        house.post(&path, &kari, &act_with(3, &codes)).no(),
        (400, "bad_request".to_owned())
    );
    assert_eq!(house.post(&path, &kari, &close(4, version)).status, 200);
    assert!(house.intake.board.row(alarm).is_none());
    assert_eq!(house.get(&alarm_path(alarm, ""), &kari).no(), (404, "no_such_alarm".to_owned()));
    let closed = house.post(&alarm_path(alarm, "/claim"), &kari, &act(5));
    assert_eq!((closed.no(), &closed.json()["by"]), ((409, "closed".to_owned()), &json!("kari")));

    let note = house.entries().into_iter().rev().find_map(|entry| match entry {
        Entry::Act(Act { verb: Verb::Close { note, .. }, .. }) => note,
        _ => None,
    });
    let note = note.unwrap();
    let in_clear = b"naboen";
    assert!(!note.bytes.windows(in_clear.len()).any(|part| part == in_clear));
    let plain = Plain::from_bytes(&house.keys.open_sealed(&note).unwrap()).unwrap();
    assert_eq!(plain.text, [("Notat".to_owned(), "snakket med naboen".to_owned())]);
}

#[test]
fn an_act_that_was_not_stored_is_sent_again_and_is_one_act() {
    let house = House::new();
    let alarm = house.press(OSLO);
    let kari = house.enter("kari", Role::Operator, only(OSLO));
    let claim = alarm_path(alarm, "/claim");
    house.order.set_stalled(true);
    assert_eq!(house.post(&claim, &kari, &act(1)).no(), (503, "not_stored".to_owned()));
    house.order.set_stalled(false);
    let again = house.post(&claim, &kari, &act(1));
    assert_eq!((again.status, &again.json()["version"]), (200, &json!(2)));
    assert_eq!(house.intake.board.row(alarm).unwrap().version, 2);
}

#[test]
fn an_act_without_a_proper_id_is_refused() {
    let house = House::new();
    let alarm = house.press(OSLO);
    let kari = house.enter("kari", Role::Operator, only(OSLO));
    for body in [r#"{"act":"00"}"#, r#"{"act":""}"#, "{", "[]"] {
        let reply = house.post(&alarm_path(alarm, "/claim"), &kari, body);
        assert_eq!(reply.json()["error"], "bad_request", "{body} {reply:?}");
    }
    assert!(house.intake.board.row(alarm).unwrap().claim.is_none());
}

#[test]
fn an_alarms_signals_are_opened_for_who_may_see_them() {
    let house = House::new();
    let alarm = house.press(OSLO);
    let kari = house.enter("kari", Role::Viewer, only(OSLO));
    let opened = house.get(&alarm_path(alarm, ""), &kari).json();
    let signal = &opened["signals"][0];
    assert_eq!(signal["seq"], alarm.0.0);
    assert_eq!(signal["text"], json!([["sted", "Bad"]]));
    assert_eq!(signal["raw"], "<mrq>as it came</mrq>");
    assert_eq!((&signal["happened"], &signal["kind"]), (&Value::Null, &json!(100)));
    let row = &opened["row"];
    let received = house.intake.board.row(alarm).unwrap().received.0.to_string();
    assert_eq!(row["received"], received.as_str());
    for (field, value) in [
        ("name", json!("press")),
        ("class", json!("life_safety")),
        ("municipality", json!("0301")),
        ("municipality_name", json!("Oslo")),
        ("claim", Value::Null),
        ("flags", json!(["odd_field"])),
        ("sender", json!("claimed")),
        ("path", json!("sip_udp")),
        ("count", json!(1)),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
}

#[test]
fn kinds_and_codes_are_the_centrals_own() {
    let house = House::new();
    let kari = house.enter("kari", Role::Viewer, Scope::All);
    let kinds = house.get("/api/kinds", &kari).json();
    let press = kinds.as_array().unwrap().iter().find(|kind| kind["kind"] == 100).unwrap();
    let told = json!({ "kind": 100, "name": "press", "class": "life_safety",
                       "label": "Trygghetsalarm utløst" });
    assert_eq!(press, &told);
    let codes = house.get("/api/codes", &kari).json();
    assert_eq!(codes["causes"][0], json!({ "code": 100, "name": "fall", "label": "Fall" }));
    assert_eq!(codes["outcomes"].as_array().unwrap().len(), central::codes::OUTCOMES.len());
}
