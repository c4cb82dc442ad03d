//! The live connection: what it shows, to whom, in which order, and when it ends.

use std::time::Duration;

use central::entry::{Role, Scope};
use serde_json::json;

use super::house::{House, OSLO, TRONDHEIM, alarm_path, eventually, only, seq};
use crate::api::limits::LIVE_PER_SESSION;
use crate::metrics::Listener;

const CLAIM: &str = r#"{"act":"000102030405060708090a0b0c0d0e0f"}"#;

#[test]
fn the_picture_first_and_then_every_change_of_the_scope_with_dense_numbers() {
    let house = House::new();
    let before = house.press(OSLO);
    house.press(TRONDHEIM);
    let kari = house.enter("kari", Role::Operator, only(OSLO));
    let mut live = house.live(&kari);
    let picture = live.next();
    assert_eq!((&picture["t"], &picture["n"]), (&json!("picture"), &json!(0)));
    assert_eq!(picture["rows"].as_array().unwrap().len(), 1);
    assert_eq!(picture["rows"][0]["alarm"], before.0.0);
    assert_eq!((&picture["health"]["log"], &picture["shouts"]), (&json!("ok"), &json!([])));

    for _ in 0..3 {
        house.press(TRONDHEIM);
        let new = house.press(OSLO);
        let row = live.next_of("row");
        assert_eq!(row["row"]["alarm"], new.0.0);
        let offer = live.next();
        assert_eq!((&offer["t"], &offer["alarm"]), (&json!("offer"), &json!(new.0.0)));
        assert_eq!(offer["n"].as_u64(), row["n"].as_u64().map(|n| n + 1));
    }
    house.post(&alarm_path(before, "/claim"), &kari, CLAIM);
    let row = live.next_of("row");
    assert_eq!(row["n"], 7);
    assert_eq!(row["row"]["claim"]["operator"], "kari");
}

#[test]
fn mine_is_told_to_the_session_that_has_it_and_to_no_other() {
    let house = House::new();
    let alarm = house.press(OSLO);
    // An operator's name that looks like the field it must not be taken for.
    let name = r#"a"mine":false"#;
    let mine = house.enter(name, Role::Operator, Scope::All);
    let other = house.enter(name, Role::Operator, Scope::All);
    let (mut mine_live, mut other_live) = (house.live(&mine), house.live(&other));
    // With a picture in hand a claim is a change; before it, it may be part of the picture.
    mine_live.next_of("picture");
    other_live.next_of("picture");
    house.post(&alarm_path(alarm, "/claim"), &mine, CLAIM);
    for (live, is_mine) in [(&mut mine_live, true), (&mut other_live, false)] {
        let claim = live.next_of("row")["row"]["claim"].clone();
        assert_eq!((&claim["mine"], &claim["operator"]), (&json!(is_mine), &json!(name)));
    }
    let picture = house.get("/api/picture", &mine).json();
    assert_eq!(picture["rows"][0]["claim"]["mine"], true);

    let close = r#"{"act":"ff0102030405060708090a0b0c0d0e0f","version":2,"cause":100,"action":200,"outcome":300}"#;
    assert_eq!(house.post(&alarm_path(alarm, "/close"), &mine, close).status, 200);
    let gone = other_live.next_of("gone");
    assert_eq!((&gone["alarm"], &gone["by"]), (&json!(alarm.0.0), &json!(name)));
}

#[test]
fn a_painted_row_is_timed_once_and_only_by_who_may_see_it() {
    let house = House::new();
    let near = house.enter("kari", Role::Viewer, only(OSLO));
    let far = house.enter("ola", Role::Viewer, only(TRONDHEIM));
    let (mut near, mut far) = (house.live(&near), house.live(&far));
    near.next_of("picture");
    far.next_of("picture");
    let alarm = house.press(OSLO);
    near.next_of("row");
    let painted = format!(r#"{{"painted":[{0},{0}]}}"#, alarm.0.0);
    far.say(&painted);
    far.say("rubbish");
    // The far page's word is read before its next picture of health.
    house.order.set_quorum(false);
    far.next_of("health");
    assert_eq!(house.intake.metrics.snapshot().painted.count, 0);
    house.order.set_quorum(true);
    near.say(&painted);
    eventually("painted", || house.intake.metrics.snapshot().painted.count == 1);
    near.say(&painted);
    let later = central::words::Moment(house.intake.clock.now().0 + 11_000_000_000);
    let hops = house.hops.drain_due(later);
    assert_eq!(hops.len(), 1);
    assert_eq!(hops[0].seq, seq(alarm));
    assert!(hops[0].durable <= hops[0].presented && hops[0].presented <= hops[0].painted);
    assert_ne!(hops[0].presented.0, 0);
    assert_eq!(house.intake.metrics.snapshot().painted.count, 1);
}

#[test]
fn what_the_log_cannot_keep_is_shouted_within_the_scope_and_leaves_when_its_row_comes() {
    let house = House::new();
    let near = house.enter("kari", Role::Viewer, only(OSLO));
    let far = house.enter("ola", Role::Viewer, only(TRONDHEIM));
    let (mut near_live, mut far_live) = (house.live(&near), house.live(&far));
    house.order.set_stalled(true);
    house.press_unheard(OSLO);
    let shout = near_live.next_of("shout")["shout"].clone();
    assert_eq!((&shout["name"], &shout["sent_on"]), (&json!("press"), &json!(false)));
    assert_eq!((&shout["municipality"], &shout["class"]), (&json!("0301"), &json!("life_safety")));
    let id = shout["id"].as_str().unwrap();
    near_live.say(&format!(r#"{{"painted_shouts":["{id}","none"]}}"#));
    let painted = "varde_shout_painted_seconds_count 1";
    eventually("shout painted", || house.intake.metrics.text().contains(painted));
    assert_eq!(house.get("/api/picture", &near).json()["shouts"][0]["id"], id);
    assert_eq!(near_live.next_of("shout")["shout"]["sent_on"], true);
    house.order.set_stalled(false);
    let mut left = near_live.next();
    while left["t"] != "unshout" {
        left = near_live.next();
    }
    assert_eq!((&left["id"], left["alarm"].is_u64()), (&json!(id), true));
    assert_eq!(house.get("/api/picture", &near).json()["shouts"], json!([]));

    let alarm = house.press(TRONDHEIM);
    // The first change the other municipality hears of beside the log's health is its own.
    let mut first = far_live.next_of("picture");
    while first["t"] == "picture" || first["t"] == "health" {
        first = far_live.next();
    }
    assert_eq!((&first["t"], &first["row"]["alarm"]), (&json!("row"), &json!(alarm.0.0)));
}

#[test]
fn it_ends_with_its_session() {
    let house = House::new();
    let kari = house.enter("kari", Role::Viewer, Scope::All);
    let other = house.enter("ola", Role::Viewer, Scope::All);
    let (mut live, mut stays) = (house.live(&kari), house.live(&other));
    assert_eq!(house.post("/api/logout", &kari, "").status, 204);
    assert_eq!(live.closed(), 4401);
    let mut short = house.live(&house.enter_for(Duration::from_millis(300)));
    assert_eq!(short.closed(), 4401);
    let alarm = house.press(OSLO);
    assert_eq!(stays.next_of("row")["row"]["alarm"], alarm.0.0);
}

#[test]
fn a_page_of_another_site_or_of_nobody_gets_none() {
    let house = House::new();
    let kari = house.enter("kari", Role::Viewer, Scope::All);
    assert_eq!(house.live_from(&kari, "http://elsewhere.example").err(), Some(403));
    assert_eq!(house.live_from(&kari, "null").err(), Some(403));
    let ours = format!("http://{}", house.at);
    assert_eq!(house.live_from("varde=none", &ours).err(), Some(401));
    assert!(house.live_from(&kari, &ours).is_ok());
}

#[test]
fn one_session_cannot_take_every_place_and_gives_its_own_back() {
    let house = House::new();
    let kari = house.enter("kari", Role::Viewer, Scope::All);
    let ola = house.enter("ola", Role::Viewer, Scope::All);
    let ours = format!("http://{}", house.at);
    let mut places: Vec<_> = (0..LIVE_PER_SESSION).map(|_| house.live(&kari)).collect();
    assert_eq!(house.live_from(&kari, &ours).err(), Some(503));
    assert!(house.live_from(&ola, &ours).is_ok());
    places.pop();
    eventually("a place is free", || house.live_from(&kari, &ours).is_ok());
}

#[test]
fn a_page_that_does_not_read_is_disconnected() {
    let house = House::new();
    let alarm = house.press(OSLO);
    let kari = house.enter("kari", Role::Viewer, Scope::All);
    let live = house.live(&kari);
    let connected = || house.intake.metrics.connections(Listener::Live);
    eventually("connected", || connected() == 1);
    let mut row = (*house.intake.board.row(alarm).unwrap()).clone();
    // More than the page's and our own socket buffers hold, and more than it may be behind.
    for _ in 0..40_000 {
        row.version += 1;
        house.intake.board.put(row.clone());
    }
    eventually("disconnected", || connected() == 0);
    drop(live);
}

#[test]
fn a_stop_tells_every_page_and_ends() {
    let mut house = House::new();
    let kari = house.enter("kari", Role::Viewer, Scope::All);
    let mut live = house.live(&kari);
    live.next_of("picture");
    assert!(house.stops());
    assert_eq!(live.closed(), 1001);
    assert!(std::net::TcpStream::connect(house.at).is_err());
}
