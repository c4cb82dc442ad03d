//! The page itself, and the limits of a request.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use central::entry::{Role, Scope};

use super::house::{House, raw};
use crate::api::limits::{BODY, HEAD_TIME};

#[test]
fn the_page_comes_with_its_headers_and_is_not_sent_again() {
    let house = House::new();
    let page = house.call("GET", "/", None, "");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none';"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let known = format!("If-None-Match: {}\r\n", page.header("etag").unwrap());
    let again = house.call_with("GET", "/index.html", None, &known, "");
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(house.call("POST", "/", None, "").status, 405);
    let head = house.call("HEAD", "/", None, "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn what_is_neither_page_nor_call_is_not_found() {
    let house = House::new();
    for path in ["/api/none", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/package.json", "//"] {
        let reply = house.call("GET", path, None, "");
        assert_eq!(reply.no(), (404, "no_such_call".to_owned()), "{path}");
    }
}

#[test]
fn an_answer_of_the_api_is_kept_by_nobody() {
    let house = House::new();
    let hello = house.call("GET", "/api/hello", None, "");
    assert_eq!(hello.header("cache-control"), Some("no-store"));
    let told = serde_json::json!({ "purpose": "demonstration", "version": "0.0.1", "lang": "nb" });
    assert_eq!(hello.json(), told);
    let refused = house.call("GET", "/api/me", None, "");
    assert_eq!(refused.header("cache-control"), Some("no-store"));
    assert!(refused.header("content-security-policy").is_some());
}

#[test]
fn a_request_too_long_is_refused() {
    let house = House::new();
    let leader = house.enter("leder", Role::Leader, Scope::All);
    let long = format!(r#"{{"once":"{}"}}"#, "x".repeat(BODY));
    assert_eq!(house.login(&long).status, 413);
    assert_eq!(house.post("/api/logins", &leader, &long).status, 413);
    let at = house.at;
    let many = "X-Many: 1\r\n".repeat(100);
    assert_eq!(raw(at, &format!("GET / HTTP/1.1\r\nHost: {at}\r\n{many}\r\n")).status, 431);
    let wide = "x".repeat(40_000);
    assert_eq!(raw(at, &format!("GET / HTTP/1.1\r\nHost: {at}\r\nX: {wide}\r\n\r\n")).status, 431);
}

#[test]
fn a_head_that_never_ends_is_not_waited_for() {
    let house = House::new();
    let start = Instant::now();
    let mut stream = TcpStream::connect(house.at).unwrap();
    stream.set_read_timeout(Some(HEAD_TIME * 2)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let mut dripping = stream.try_clone().unwrap();
    let drip = std::thread::spawn(move || {
        while dripping.write_all(b"X: 1\r\n").is_ok() {
            std::thread::sleep(Duration::from_secs(1));
        }
    });
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(start.elapsed() < HEAD_TIME + Duration::from_secs(3));
    assert!(start.elapsed() + Duration::from_secs(1) > HEAD_TIME);
    drip.join().unwrap();
}
