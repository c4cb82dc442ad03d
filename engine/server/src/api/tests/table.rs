//! Every route of the table × every role × two municipalities, and the table against its contract.

use axum::routing::MethodFilter;
use central::entry::{Role, Scope};

use super::house::{House, OSLO, Reply, TRONDHEIM, only};
use crate::api::routes::{Least, ROUTES, Route};

const ROLES: [Role; 3] = [Role::Viewer, Role::Operator, Role::Leader];

fn method(route: &Route) -> &'static str {
    if route.method == MethodFilter::GET {
        "GET"
    } else {
        assert_eq!(route.method, MethodFilter::POST, "{}", route.path);
        "POST"
    }
}

/// Calls a route, about an alarm or a person of Oslo where it is about one.
fn call(house: &House, route: &Route, (alarm, person): (u64, u64), cookie: Option<&str>) -> Reply {
    let path = route.path.replace("{id}", &alarm.to_string());
    let path = path.replace("{person}", &person.to_string());
    let body = if method(route) == "POST" { "{}" } else { "" };
    let headers = format!("X-Varde: 1\r\nOrigin: http://{}\r\n", house.at);
    house.call_with(method(route), &path, cookie, &headers, body)
}

fn least(route: &Route) -> Option<Role> {
    match route.least {
        Least::Public => None,
        Least::Role(role) => Some(role),
    }
}

#[test]
fn no_route_but_a_public_one_is_open_without_a_session() {
    let house = House::new();
    let about = (house.press(OSLO).0.0, house.person(OSLO).0);
    for route in &ROUTES {
        for cookie in [None, Some("varde="), Some("varde=00"), Some("other=1; varde=zz")] {
            let reply = call(&house, route, about, cookie);
            if route.least == Least::Public {
                assert!(![401, 403, 404].contains(&reply.status), "{} {reply:?}", route.path);
            } else {
                assert_eq!(reply.no(), (401, "no_session".to_owned()), "{}", route.path);
            }
        }
    }
}

#[test]
fn no_route_is_open_to_a_role_below_its_own_and_every_one_is_to_the_others() {
    let house = House::new();
    let about = (house.press(OSLO).0.0, house.person(OSLO).0);
    let mut refused = 0;
    for route in &ROUTES {
        for role in ROLES {
            let cookie = house.enter("kari", role, only(OSLO));
            let reply = call(&house, route, about, Some(&cookie));
            if least(route).is_some_and(|least| role < least) {
                assert_eq!(reply.no(), (403, "not_allowed".to_owned()), "{} {role:?}", route.path);
                refused += 1;
            } else {
                let open = ![0, 401, 403, 404, 405, 500].contains(&reply.status);
                assert!(open, "{} {role:?} {reply:?}", route.path);
            }
        }
    }
    // Four calls are closed to one role, six to two: the test did refuse.
    assert_eq!(refused, 4 + 6 * 2);
}

#[test]
fn an_alarm_of_another_municipality_is_no_alarm_whatever_the_role() {
    let house = House::new();
    let alarm = house.press(OSLO).0.0;
    let about_one: Vec<_> = ROUTES.iter().filter(|route| route.path.contains("{id}")).collect();
    assert_eq!(about_one.len(), 6);
    for route in about_one {
        for role in ROLES.into_iter().filter(|role| Some(*role) >= least(route)) {
            let near = house.enter("kari", role, only(OSLO));
            let far = house.enter("ola", role, only(TRONDHEIM));
            let about = (alarm, 0);
            assert_ne!(call(&house, route, about, Some(&near)).status, 404, "{}", route.path);
            let reply = call(&house, route, about, Some(&far));
            assert_eq!(reply.no(), (404, "no_such_alarm".to_owned()), "{} {role:?}", route.path);
            for odd in ["0", "-1", "99999999999999999999", "x", "%2e"] {
                let path = route.path.replace("{id}", odd);
                let reply = house.call(method(route), &path, Some(&near), r#"{"act":"00"}"#);
                let mut no = vec![(404, "no_such_alarm"), (400, "bad_request")];
                // This house has no tables to look into; with tables it is 404, see `history`.
                if route.path.starts_with("/api/history/") {
                    no.push((503, "busy"));
                }
                let (status, word) = reply.no();
                assert!(no.contains(&(status, &word)), "{path} {reply:?}");
            }
        }
    }
}

#[test]
fn a_person_of_another_municipality_is_no_person() {
    let house = House::new();
    let person = house.person(OSLO).0;
    let about_one: Vec<_> = ROUTES.iter().filter(|route| route.path.contains("{person}")).collect();
    assert_eq!(about_one.len(), 3);
    let near = house.enter("kari", Role::Leader, only(OSLO));
    let far = house.enter("ola", Role::Leader, only(TRONDHEIM));
    let before = house.entries().len();
    for route in &about_one {
        for (who, id) in [(&far, person), (&near, person + 1), (&near, 0)] {
            let reply = call(&house, route, (0, id), Some(who));
            assert_eq!(reply.no(), (404, "no_such_person".to_owned()), "{}", route.path);
        }
    }
    assert_eq!(house.entries().len(), before, "nobody was shown anything, and nobody is noted");
    for route in &about_one {
        assert_ne!(call(&house, route, (0, person), Some(&near)).status, 404, "{}", route.path);
    }
}

#[test]
fn a_picture_has_only_the_rows_of_the_scope() {
    let house = House::new();
    let (oslo, trondheim) = (house.press(OSLO).0.0, house.press(TRONDHEIM).0.0);
    let unknown = house.press(central::words::Municipality(0)).0.0;
    let rows = |scope: Scope| -> Vec<u64> {
        let cookie = house.enter("kari", Role::Leader, scope);
        let picture = house.get("/api/picture", &cookie).json();
        let rows = picture["rows"].as_array().unwrap().iter();
        rows.map(|row| row["alarm"].as_u64().unwrap()).collect()
    };
    assert_eq!(rows(only(OSLO)), [oslo]);
    assert_eq!(rows(only(TRONDHEIM)), [trondheim]);
    assert_eq!(rows(Scope::All), [oslo, trondheim, unknown]);
}

#[test]
fn a_change_needs_our_header_and_no_foreign_origin() {
    let house = House::new();
    let alarm = house.press(OSLO).0.0;
    let changes: Vec<_> = ROUTES.iter().filter(|route| method(route) == "POST").collect();
    assert_eq!(changes.len(), 10);
    let person = house.person(OSLO).0.to_string();
    let ours = format!("X-Varde: 1\r\nOrigin: http://{}\r\n", house.at);
    for route in changes {
        let cookie = house.enter("kari", Role::Leader, Scope::All);
        let path = route.path.replace("{id}", &alarm.to_string()).replace("{person}", &person);
        let call = |headers: &str| house.call_with("POST", &path, Some(&cookie), headers, "{}");
        for foreign in [
            "",
            "X-Varde: 0\r\n",
            "X-Varde: 1\r\nOrigin: http://elsewhere.example\r\n",
            "X-Varde: 1\r\nOrigin: null\r\n",
        ] {
            assert_eq!(call(foreign).no(), (403, "not_allowed".to_owned()), "{path} {foreign}");
        }
        assert_ne!(call(&ours).status, 403, "{path}");
    }
}

/// The contract's table says the same calls and roles as ours, in the same order.
#[test]
fn the_table_is_the_contracts() {
    let contract = include_str!("../../../../../docs/console-api.md");
    let calls = contract.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|');
        let call = cells.next()?.trim().trim_end_matches('`').to_owned();
        Some((call, cells.next()?.trim().to_owned()))
    });
    let ours = ROUTES.iter().map(|route| {
        let role = match least(route) {
            None => "none",
            Some(Role::Viewer) => "viewer",
            Some(Role::Operator) => "operator",
            Some(Role::Leader) => "leader",
        };
        (format!("{} {}", method(route), route.path), role.to_owned())
    });
    assert_eq!(ours.collect::<Vec<_>>(), calls.collect::<Vec<_>>());
}
