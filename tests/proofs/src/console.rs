//! An operator's session over the documented API, as a dull HTTP client.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::engine::Engine;

/// A session of the shift leader whom the first login makes.
pub struct Console {
    at: SocketAddr,
    cookie: String,
}

impl Console {
    /// Logs in by the one-time login that the engine printed.
    pub fn login(engine: &Engine) -> Self {
        let at = engine.address("console");
        let mut console = Self { at, cookie: String::new() };
        let once = json!({"once": engine.first_login()});
        let (status, head, body) = console.call("POST", "/api/login", Some(&once));
        assert_eq!(status, 204, "{body}");
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.and_then(|line| line.split(';').next());
        cookie.expect("a login gives a cookie").clone_into(&mut console.cookie);
        console
    }

    /// Status and answer of a GET.
    pub fn get(&self, path: &str) -> (u16, Value) {
        let (status, _, body) = self.call("GET", path, None);
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// Status and answer of a POST.
    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, _, body) = self.call("POST", path, Some(body));
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// The rows of the picture.
    pub fn rows(&self) -> Vec<Value> {
        let (status, picture) = self.get("/api/picture");
        assert_eq!(status, 200, "{picture}");
        picture["rows"].as_array().cloned().unwrap_or_default()
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.at).expect("the console listens");
        let patience = Some(Duration::from_secs(10));
        stream.set_read_timeout(patience).expect("a socket takes it");
        let body = body.map_or(String::new(), Value::to_string);
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Varde: 1\r\nCookie: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.at,
            self.cookie,
            body.len()
        );
        stream.write_all(text.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        (status.expect("an answer has a status"), head.to_owned(), body.to_owned())
    }
}
