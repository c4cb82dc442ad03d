//! Who gets in, for how long, and how guessing is slowed.

use std::time::{Duration, Instant};

use central::entry::{Role, Scope};
use serde_json::json;

use super::house::{House, OSLO, eventually, only};
use crate::api::{Account, hash_password};

fn account() -> Account {
    Account {
        name: "kari".to_owned(),
        hash: hash_password("riktig hest").unwrap(),
        role: Role::Operator,
        scope: only(OSLO),
    }
}

#[test]
fn a_one_time_login_opens_a_session_in_the_log_once() {
    let house = House::new();
    let once = house.console.once("kari", Role::Operator, only(OSLO)).unwrap();
    let body = format!(r#"{{"once":"{once}"}}"#);
    let first = house.login(&body);
    assert_eq!(first.status, 204);
    let cookie = first.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let me = house.get("/api/me", &first.cookie()).json();
    assert_eq!(me["operator"], "kari");
    assert_eq!((&me["role"], &me["scope"]), (&json!("operator"), &json!(["0301"])));
    assert_eq!(me["purpose"], "demonstration");
    assert_eq!(house.login(&body).no(), (401, "wrong_login".to_owned()));
    let token = first.cookie().replace("varde=", "");
    let opened = house.entries().into_iter().find_map(|entry| match entry {
        central::entry::Entry::SessionOpened(opened) => Some(opened),
        _ => None,
    });
    let id = crate::api::hex(&opened.unwrap().id.0);
    assert_eq!(me["session"], id.as_str());
    assert!(id.len() == 32 && !token.contains(&id));
}

#[test]
fn a_session_ends_at_logout_and_by_itself() {
    let house = House::new();
    let cookie = house.enter("kari", Role::Viewer, Scope::All);
    assert_eq!(house.post("/api/logout", &cookie, "").status, 204);
    assert_eq!(house.get("/api/me", &cookie).no(), (401, "no_session".to_owned()));

    let short = house.enter_for(Duration::from_millis(400));
    assert_eq!(house.get("/api/me", &short).status, 200);
    eventually("it ends", || house.get("/api/me", &short).status == 401);
}

#[test]
fn a_password_gets_in_what_its_account_may() {
    let house = House::with(vec![account()]);
    let right = house.login(r#"{"name":"kari","password":"riktig hest"}"#);
    assert_eq!(right.status, 204, "{right:?}");
    let me = house.get("/api/me", &right.cookie()).json();
    assert_eq!((&me["role"], &me["scope"]), (&json!("operator"), &json!(["0301"])));
    for wrong in [
        r#"{"name":"kari","password":"gal hest"}"#,
        r#"{"name":"ola","password":"riktig hest"}"#,
        r#"{"name":"","password":""}"#,
        r#"{"once":""}"#,
    ] {
        assert_eq!(house.login(wrong).no(), (401, "wrong_login".to_owned()), "{wrong}");
    }
    assert_eq!(house.login(r#"{"name":"kari"}"#).no(), (400, "bad_request".to_owned()));
    assert_eq!(house.login("no json").no(), (400, "bad_request".to_owned()));
}

#[test]
fn after_ten_wrong_ones_a_right_password_waits_and_a_one_time_login_does_not() {
    let house = House::with(vec![account()]);
    let began = Instant::now();
    for _ in 0..10 {
        assert_eq!(house.login(r#"{"name":"kari","password":"gal"}"#).status, 401);
    }
    let waits = house.login(r#"{"name":"kari","password":"riktig hest"}"#);
    assert_eq!(waits.no(), (429, "too_many".to_owned()));
    let seconds: u64 = waits.header("retry-after").unwrap().parse().unwrap();
    // From the first of the ten: ten hashes take long on a busy machine.
    let passed = began.elapsed().as_secs();
    assert!((899 - passed.min(899)..=901).contains(&seconds), "{seconds} after {passed}");
    assert_eq!(house.login(r#"{"once":"00"}"#).status, 429);
    house.enter("kari", Role::Operator, Scope::All);
    let text = house.intake.metrics.text();
    for line in ["{end=\"let_in\"} 1", "{end=\"wrong\"} 10", "{end=\"throttled\"} 2"] {
        assert!(text.contains(&format!("varde_logins_total{line}")), "{text}");
    }
}

#[test]
fn a_leader_lets_others_in_no_further_than_the_leader_may_go() {
    let house = House::new();
    let leader = house.enter("leder", Role::Leader, only(OSLO));
    let ask = |body: &str| house.post("/api/logins", &leader, body);
    for too_far in [
        r#"{"operator":"ola","role":"operator","scope":"all"}"#,
        r#"{"operator":"ola","role":"viewer","scope":["5001"]}"#,
        r#"{"operator":"ola","role":"viewer","scope":["0301","5001"]}"#,
    ] {
        assert_eq!(ask(too_far).no(), (403, "not_allowed".to_owned()), "{too_far}");
    }
    for wrong in [
        r#"{"operator":"","role":"viewer","scope":["0301"]}"#,
        r#"{"operator":"a\u0007b","role":"viewer","scope":["0301"]}"#,
        r#"{"operator":"ola","role":"viewer","scope":["301"]}"#,
        r#"{"operator":"ola","role":"viewer","scope":["+301"]}"#,
        r#"{"operator":"ola","role":"viewer","scope":[]}"#,
        r#"{"operator":"ola","role":"king","scope":["0301"]}"#,
        r#"{"operator":"ola","role":"viewer"}"#,
    ] {
        assert_eq!(ask(wrong).no(), (400, "bad_request".to_owned()), "{wrong}");
    }
    let let_in = ask(r#"{"operator":"ola","role":"operator","scope":["0301"]}"#).json();
    let once = let_in["once"].as_str().unwrap();
    assert_eq!(let_in["url"], format!("http://127.0.0.1:8080/#once={once}"));
    let ola = house.login(&format!(r#"{{"once":"{once}"}}"#)).cookie();
    let me = house.get("/api/me", &ola).json();
    assert_eq!((&me["operator"], &me["role"]), (&json!("ola"), &json!("operator")));
}

#[test]
fn a_login_that_could_not_be_stored_may_be_used_again() {
    let house = House::new();
    let once = house.console.once("kari", Role::Viewer, Scope::All).unwrap();
    let body = format!(r#"{{"once":"{once}"}}"#);
    house.order.set_stalled(true);
    assert_eq!(house.login(&body).no(), (503, "not_stored".to_owned()));
    house.order.set_stalled(false);
    assert_eq!(house.login(&body).status, 204);
}
