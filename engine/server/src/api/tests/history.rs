//! History and statistics: who is told what, page by page.

use central::entry::{Role, Scope};
use central::kind::Kind;
use central::words::Municipality;
use serde_json::{Value, json};

use super::house::{House, OSLO, TRONDHEIM, only};
use crate::projections::Projections;
use crate::projections::tests::world::{SECOND, START, World};

/// Five alarms of Oslo, the first closed by Kari after 62 s; two of Trondheim, one of nowhere.
struct Past {
    house: House,
    world: World,
    alarms: Vec<u64>,
    _projections: Projections,
}

fn past() -> Past {
    let mut world = World::new();
    world.enter(1, "kari");
    world.enter(2, "ola");
    let places = [OSLO, OSLO, OSLO, OSLO, OSLO, TRONDHEIM, TRONDHEIM, Municipality(0)];
    let mut alarms = Vec::new();
    for (n, place) in places.into_iter().enumerate() {
        let mut signal = world.said(&format!("link:{n}"), Kind::PRESS);
        signal.municipality = place;
        signal.person = Some(central::words::PersonId(n as u64 % 2));
        alarms.push(world.put(&central::entry::Entry::Signal(signal)).0);
        world.pass(SECOND);
    }
    world.signal("link:0", Kind::RESET);
    world.pass(54 * SECOND);
    world.claim(1, alarms[0]);
    world.claim(2, alarms[0]);
    world.close(1, alarms[0]);
    world.settle();
    let projections = world.start();
    world.wait_for(world.durable() - 1);
    let house = House::beside(projections.asker());
    Past { house, world, alarms, _projections: projections }
}

impl Past {
    fn get(&self, path: &str, scope: Scope) -> Value {
        let cookie = self.house.enter("kari", Role::Viewer, scope);
        let reply = self.house.get(path, &cookie);
        assert_eq!(reply.status, 200, "{path} {reply:?}");
        reply.json()
    }

    fn found(&self, query: &str, scope: Scope) -> Vec<u64> {
        let told = self.get(&format!("/api/history?{query}"), scope);
        let alarms = told["alarms"].as_array().unwrap().iter();
        alarms.map(|alarm| alarm["alarm"].as_u64().unwrap()).collect()
    }
}

#[test]
fn history_tells_only_what_the_scope_covers_whatever_is_asked() {
    let past = past();
    let newest_first = |ids: &[u64]| ids.iter().rev().copied().collect::<Vec<_>>();
    let all = newest_first(&past.alarms);
    let (oslo, trondheim) = (newest_first(&past.alarms[..5]), newest_first(&past.alarms[5..7]));
    assert_eq!(past.found("", Scope::All), all);
    assert_eq!(past.found("", only(OSLO)), oslo);
    assert_eq!(past.found("", only(TRONDHEIM)), trondheim);
    let everything = "municipality=0301&limit=200&before=99999&from=0";
    assert_eq!(past.found(everything, Scope::All), oslo);
    assert_eq!(past.found(everything, only(TRONDHEIM)), [0; 0]);
    assert_eq!(past.found("device=link:6", only(OSLO)), [0; 0]);
    // One municipality that is not known covers nothing.
    assert_eq!(past.found("", only(Municipality(0))), [0; 0]);
    for (n, alarm) in past.alarms.iter().enumerate() {
        for (scope, covers) in
            [(Scope::All, true), (only(OSLO), n < 5), (only(TRONDHEIM), (5..7).contains(&n))]
        {
            for role in [Role::Viewer, Role::Operator, Role::Leader] {
                let cookie = past.house.enter("kari", role, scope.clone());
                let reply = past.house.get(&format!("/api/history/{alarm}"), &cookie);
                if covers {
                    assert_eq!(reply.json()["alarm"]["alarm"], *alarm, "{reply:?}");
                } else {
                    assert_eq!(reply.no(), (404, "no_such_alarm".to_owned()));
                }
            }
        }
    }
    let groups =
        |scope| past.get("/api/statistics?by=municipality&from=0&to=99999999999999999", scope);
    // Nothing before the hour of the first, nothing after.
    assert_eq!(groups(Scope::All)["groups"], json!([]));
    let all = format!("/api/statistics?by=municipality&from={START}&to={}", START + 3_600 * SECOND);
    let opened = |scope| {
        let told = past.get(&all, scope);
        let groups = told["groups"].as_array().unwrap().clone();
        let each = groups.iter().map(|group| {
            let of = group["of"]["municipality"].as_str().unwrap().to_owned();
            (of, group["opened"].as_u64().unwrap())
        });
        each.collect::<Vec<_>>()
    };
    let told = |of: &str, n| (of.to_owned(), n);
    assert_eq!(opened(Scope::All), [told("0000", 1), told("0301", 5), told("5001", 2)]);
    assert_eq!(opened(only(TRONDHEIM)), [told("5001", 2)]);
}

#[test]
fn a_search_narrows_and_its_pages_follow_on_without_a_gap() {
    let past = past();
    let a = &past.alarms;
    for (query, found) in [
        ("device=link:2".to_owned(), vec![a[2]]),
        ("kind=100&person=1".to_owned(), vec![a[7], a[5], a[3], a[1]]),
        ("kind=102".to_owned(), vec![]),
        ("open=false".to_owned(), vec![a[0]]),
        ("open=true&municipality=5001".to_owned(), vec![a[6], a[5]]),
        ("cause=100&action=204&outcome=300".to_owned(), vec![a[0]]),
        ("cause=101".to_owned(), vec![]),
        ("operator=kari".to_owned(), vec![a[0]]),
        ("operator=ola".to_owned(), vec![]),
        (format!("from={}&to={}", START + SECOND, START + 3 * SECOND), vec![a[2], a[1]]),
        (format!("from={}", START + 100 * SECOND), vec![]),
        (format!("to={START}"), vec![]),
    ] {
        assert_eq!(past.found(&query, Scope::All), found, "{query}");
    }
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let page = past.get(&format!("/api/history?limit=3{before}"), Scope::All);
        seen.extend(
            page["alarms"].as_array().unwrap().iter().map(|a| a["alarm"].as_u64().unwrap()),
        );
        let Some(next) = page["before"].as_u64() else { break };
        before = format!("&before={next}");
    }
    assert_eq!(seen, a.iter().rev().copied().collect::<Vec<_>>());
    let cookie = past.house.enter("kari", Role::Viewer, Scope::All);
    for wrong in ["kind=x", "municipality=301", "surname=Hansen", "open=perhaps", "from=-1"] {
        let reply = past.house.get(&format!("/api/history?{wrong}"), &cookie);
        assert_eq!(reply.no(), (400, "bad_request".to_owned()), "{wrong}");
    }
}

#[test]
fn an_alarms_timeline_has_its_signals_its_acts_and_who_was_refused() {
    let past = past();
    let told = past.get(&format!("/api/history/{}", past.alarms[0]), only(OSLO));
    let words = |list: &str, field: &str| -> Vec<String> {
        let list = told[list].as_array().unwrap().iter();
        list.map(|one| one[field].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(words("signals", "became"), ["opened", "attached"]);
    assert_eq!(words("acts", "act"), ["claim", "claim", "close"]);
    assert_eq!(words("acts", "operator"), ["kari", "ola", "kari"]);
    assert_eq!(words("acts", "result"), ["done", "taken", "done"]);
    assert_eq!(told["alarm"]["codes"]["cause"]["label"], "Fall");
    assert_eq!(told["alarm"]["closed"]["operator"], "kari");
    assert_eq!(told["cut"], false);
    let hour = START + 3_600 * SECOND;
    let day =
        past.get(&format!("/api/statistics?from={START}&to={hour}&municipality=0301"), only(OSLO));
    let claim = &day["groups"][0]["claim"];
    assert_eq!((&claim["n"], &claim["longest_ms"]), (&json!(1), &json!(62_000)));
    assert_eq!(claim["median_ms"], 62_000);
    assert!(past.world.durable() > past.alarms[7]);
}

#[test]
fn without_tables_history_is_busy_and_says_so() {
    let house = House::new();
    let cookie = house.enter("kari", Role::Viewer, Scope::All);
    for path in ["/api/history", "/api/history/3", "/api/statistics"] {
        assert_eq!(house.get(path, &cookie).no(), (503, "busy".to_owned()), "{path}");
    }
}
