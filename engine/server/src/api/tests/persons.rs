//! Persons over the API: sealed from the first entry, shown to who may see, noted, erased.

use central::entry::{Disclosed, Entry, Flags, Role, Scope, Sender, Signal, Subject};
use central::kind::Kind;
use central::words::{AlarmId, DeviceId, Municipality, PersonId};
use serde_json::json;

use super::house::{House, OSLO, TRONDHEIM, alarm_path, only};
use crate::control::{Post, Wish};
use crate::intake::Outcome;

fn person_path(person: PersonId, call: &str) -> String {
    format!("/api/persons/{}{call}", person.0)
}

fn helps(device: &str) -> String {
    json!({ "device": device, "helps": true }).to_string()
}

/// A press of a device: its alarm.
fn press(house: &House, device: &str, municipality: Municipality, sender: Sender) -> AlarmId {
    let mut draft = house.draft(municipality, Kind::PRESS);
    draft.signal.device = DeviceId(device.to_owned());
    draft.signal.sender = sender;
    match house.runtime.block_on(house.intake.submit(draft)) {
        Outcome::Stored(receipt) => receipt.alarm.unwrap(),
        outcome => panic!("{outcome:?}"),
    }
}

fn signals(house: &House) -> Vec<Signal> {
    let entries = house.entries().into_iter();
    let signal = |entry| if let Entry::Signal(signal) = entry { Some(signal) } else { None };
    entries.filter_map(signal).collect()
}

fn looks(house: &House) -> Vec<(String, Subject)> {
    let entries = house.entries().into_iter();
    let look = |entry| match entry {
        Entry::Disclosed(Disclosed { by, what, .. }) => Some((by, what)),
        _ => None,
    };
    entries.filter_map(look).collect()
}

fn erase(house: &House, person: PersonId) {
    let post = Post::new(&house.intake, &house.keys);
    house.runtime.block_on(post.one(&Wish::erase(person))).unwrap();
}

#[test]
fn a_helped_devices_signal_is_sealed_as_the_persons_from_the_first_byte() {
    let house = House::new();
    let leader = house.enter("kari", Role::Leader, Scope::All);
    let person = house.person(OSLO);
    assert_eq!(
        house.post(&person_path(person, "/devices"), &leader, &helps("scaip:1")).status,
        200
    );
    let alarm = press(&house, "scaip:1", OSLO, Sender::Claimed);
    press(&house, "scaip:2", OSLO, Sender::Claimed);
    let key = house.intake.register.known(person).unwrap().key;
    let [helped, other] = &signals(&house)[..] else { panic!("two signals") };
    assert_eq!(helped.person, Some(person));
    assert_eq!(helped.sealed.as_ref().unwrap().key, key);
    assert_eq!(other.person, None);
    assert_ne!(other.sealed.as_ref().unwrap().key, key);
    // Name and signal are opened for whoever handles the alarm, and that is no disclosure of its own.
    let viewer = house.enter("ola", Role::Viewer, only(OSLO));
    let shown = house.get(&alarm_path(alarm, ""), &viewer).json();
    assert_eq!(shown["person"]["text"], json!([["Navn", "Kari Nordmann"]]));
    assert_eq!(shown["signals"][0]["text"], json!([["sted", "Bad"]]));
    assert_eq!(shown["row"]["person"], person.0.to_string());
    assert!(looks(&house).is_empty());
}

#[test]
fn a_persons_municipality_wins_and_what_a_proven_device_said_is_flagged() {
    let house = House::new();
    let leader = house.enter("kari", Role::Leader, Scope::All);
    let person = house.person(OSLO);
    for device in ["link:1", "scaip:1"] {
        house.post(&person_path(person, "/devices"), &leader, &helps(device));
    }
    press(&house, "link:1", TRONDHEIM, Sender::Verified);
    press(&house, "scaip:1", TRONDHEIM, Sender::Claimed);
    press(&house, "link:2", TRONDHEIM, Sender::Verified);
    let told: Vec<_> = signals(&house)
        .iter()
        .map(|signal| (signal.municipality, signal.flags.has(Flags::MUNICIPALITY_DIFFERS)))
        .collect();
    assert_eq!(told, [(OSLO, true), (OSLO, false), (TRONDHEIM, false)]);
}

#[test]
fn an_alarm_is_given_to_a_person_and_goes_with_her() {
    let house = House::new();
    let operator = house.enter("kari", Role::Operator, only(OSLO));
    let (person, other) = (house.person(OSLO), house.person(OSLO));
    let alarm = press(&house, "scaip:1", OSLO, Sender::Claimed);
    press(&house, "scaip:1", OSLO, Sender::Claimed);
    let path = alarm_path(alarm, "/person");
    let give = |person: PersonId| {
        house.post(&path, &operator, &json!({ "person": person.0.to_string() }).to_string())
    };
    let unknown = house.post(&path, &operator, r#"{"person":"1"}"#);
    assert_eq!(unknown.no(), (404, "no_such_person".to_owned()));
    assert_eq!(give(house.person(TRONDHEIM)).no(), (404, "no_such_person".to_owned()));
    assert_eq!(give(person).status, 200);
    assert_eq!(give(other).no(), (403, "not_allowed".to_owned()));
    let shown = house.get(&alarm_path(alarm, ""), &operator).json();
    assert_eq!(shown["row"]["person"], person.0.to_string());
    let sealed: Vec<_> = signals(&house).into_iter().filter_map(|signal| signal.sealed).collect();
    assert!(sealed.iter().all(|sealed| house.keys.open_sealed(sealed).is_ok()));
    erase(&house, person);
    assert!(sealed.iter().all(|sealed| house.keys.open_sealed(sealed).is_err()));
    // The alarm is still there and says nothing any more.
    let shown = house.get(&alarm_path(alarm, ""), &operator).json();
    assert_eq!((&shown["row"]["person"], &shown["person"]), (&json!(null), &json!(null)));
    assert_eq!(shown["signals"][0]["text"], json!([["Innhold", "slettet"]]));
    assert!(!shown.to_string().contains("mrq"));
    assert!(house.keys.has(house.intake.register.known(other).unwrap().key));
}

#[test]
fn who_reads_a_person_outside_an_alarm_is_noted_before_it_is_opened() {
    let house = House::new();
    let leader = house.enter("kari", Role::Leader, only(OSLO));
    let person = house.person(OSLO);
    let listed = house.get("/api/persons", &leader);
    assert!(!listed.body.contains("Nordmann"), "a list opens nothing");
    assert_eq!(listed.json()["persons"][0]["person"], person.0.to_string());
    assert!(looks(&house).is_empty());
    let read = house.get(&person_path(person, ""), &leader).json();
    assert_eq!(read["text"], json!([["Navn", "Kari Nordmann"]]));
    assert_eq!(looks(&house), [("kari".to_owned(), Subject::Person(person))]);
    // No entry, no opening.
    house.order.set_stalled(true);
    let reply = house.get(&person_path(person, ""), &leader);
    house.order.set_stalled(false);
    assert_eq!(reply.no(), (503, "not_stored".to_owned()));
    assert!(!reply.body.contains("Nordmann"));
}

#[test]
fn persons_are_registered_described_anew_and_listed_a_page_at_a_time() {
    let house = House::new();
    let leader = house.enter("kari", Role::Leader, only(OSLO));
    let add = |municipality: &str| {
        let text = json!([["Navn", "Ola Nordmann"], ["Adresse", "Storgata 1"]]);
        let body = json!({ "municipality": municipality, "text": text }).to_string();
        house.post("/api/persons", &leader, &body)
    };
    assert_eq!(add("5001").no(), (403, "not_allowed".to_owned()));
    assert_eq!(add("51").no(), (400, "bad_request".to_owned()));
    let person = PersonId(add("0301").json()["person"].as_str().unwrap().parse().unwrap());
    let text = json!([["Navn", "Ola Nordmann"], ["Dørkode", "4711"]]);
    let anew = json!({ "text": text }).to_string();
    assert_eq!(house.post(&person_path(person, ""), &leader, &anew).status, 200);
    assert_eq!(house.get(&person_path(person, ""), &leader).json()["text"], text);
    house.person(TRONDHEIM);
    let all = house.get("/api/persons", &leader).json();
    assert_eq!((all["persons"].as_array().unwrap().len(), &all["more"]), (1, &json!(false)));
    let after = house.get(&format!("/api/persons?after={}", person.0), &leader).json();
    assert_eq!(after["persons"], json!([]));
    erase(&house, person);
    let gone = house.get(&person_path(person, ""), &leader).json();
    assert_eq!((&gone["erased"], &gone["text"]), (&json!(true), &json!([])));
    assert_eq!(house.post(&person_path(person, ""), &leader, &anew).status, 400);
    let clear = house.entries().iter().any(|entry| {
        let bytes = entry.encode();
        bytes.windows(8).any(|part| part == b"Nordmann")
    });
    assert!(!clear, "nothing personal is in an entry in clear");
}

#[test]
fn a_device_of_another_municipalitys_person_is_not_taken() {
    let house = House::new();
    let everywhere = house.enter("kari", Role::Leader, Scope::All);
    let oslo = house.enter("ola", Role::Leader, only(OSLO));
    let (near, far) = (house.person(OSLO), house.person(TRONDHEIM));
    let far_path = person_path(far, "/devices");
    assert_eq!(house.post(&far_path, &everywhere, &helps("scaip:1")).status, 200);
    let near_path = person_path(near, "/devices");
    let taken = house.post(&near_path, &oslo, &helps("scaip:1"));
    assert_eq!(taken.no(), (403, "not_allowed".to_owned()));
    let away = json!({ "device": "scaip:1", "helps": false }).to_string();
    assert_eq!(house.post(&near_path, &everywhere, &away).no().0, 400, "it helps somebody else");
    assert_eq!(house.post(&far_path, &everywhere, &away).status, 200);
    assert_eq!(house.post(&near_path, &oslo, &helps("scaip:1")).status, 200);
    let helped = house.intake.register.helped_by(&DeviceId("scaip:1".to_owned())).unwrap();
    assert_eq!(helped.person, near);
}

#[test]
fn a_closing_note_is_sealed_under_the_alarms_persons_key() {
    let house = House::new();
    let leader = house.enter("kari", Role::Leader, only(OSLO));
    let person = house.person(OSLO);
    house.post(&person_path(person, "/devices"), &leader, &helps("scaip:1"));
    press(&house, "scaip:1", OSLO, Sender::Claimed);
    let note = house.intake.seal_note("snakket med naboen", Some(person)).unwrap();
    assert_eq!(note.key, house.intake.register.known(person).unwrap().key);
    erase(&house, person);
    assert!(house.keys.open_sealed(&note).is_err());
    let after = house.intake.seal_note("snakket med naboen", Some(person)).unwrap();
    assert_ne!(after.key, note.key, "what is said after an erasure has a key of its own");
    assert!(house.keys.open_sealed(&after).is_ok());
}

/// The state at every Seq before an erasure is the one it was: only a key file has changed.
#[test]
fn an_erasure_changes_neither_the_chain_nor_the_state_before_it() {
    let house = House::new();
    let leader = house.enter("kari", Role::Leader, only(OSLO));
    let person = house.person(OSLO);
    house.post(&person_path(person, "/devices"), &leader, &helps("scaip:1"));
    press(&house, "scaip:1", OSLO, Sender::Claimed);
    let (seq, head, state) = house.folded_again();
    let tally = house.entries().len();
    erase(&house, person);
    press(&house, "scaip:1", OSLO, Sender::Claimed);
    assert_eq!(house.folded_until(seq), (seq, head, state));
    assert!(house.entries().len() > tally);
    assert_eq!(house.intake.board.open(), 1, "a press after it is a Repeat in the open alarm");
}
