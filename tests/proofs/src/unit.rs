//! A SCAIP unit as a dull client: text in, text out, nothing shared with the engine's own code.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a unit is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// `mrs` with this status number.
    Mrs(u32),
    /// A SIP error and no `mrs`.
    Sip(u16),
    /// The connection ended or the time ran out.
    Nothing,
}

/// Wall time in nanoseconds, as the disk's shim records it.
pub fn wall() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

/// A manual alarm (`stc` 0010) from a pendant.
pub fn alarm(cid: &str, reference: &str) -> String {
    long_alarm(cid, reference, 0)
}

/// The same with so many bytes of text, to fill a segment sooner.
pub fn long_alarm(cid: &str, reference: &str, bytes: usize) -> String {
    let text = if bytes > 0 { format!("<ite>{}</ite>", "x".repeat(bytes)) } else { String::new() };
    format!("<mrq><ref>{reference}</ref><cid>{cid}</cid><dty>0003</dty><stc>0010</stc>{text}</mrq>")
}

/// The whole SIP MESSAGE around a body.
pub fn message(via: &str, from: &str, call: &str, body: &str) -> String {
    format!(
        "MESSAGE sip:alarm@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{via};branch=z9hG4bK{call};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{from}@unit.invalid>;tag={call}\r\nTo: <sip:alarm@127.0.0.1>\r\n\
         Call-ID: {call}\r\nCSeq: 1 MESSAGE\r\nContent-Type: application/scaip+xml\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A unit on a TCP connection.
pub struct TcpUnit {
    stream: TcpStream,
    rest: String,
    calls: u64,
    name: String,
}

impl TcpUnit {
    /// Connects.
    pub fn connect(to: SocketAddr, cid: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&to, Duration::from_secs(2))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, rest: String::new(), calls: wall(), name: cid.to_owned() })
    }

    /// Sends an alarm and waits for its `mrs`; answers it 200 as a unit does.
    pub fn press(&mut self, reference: &str, patience: Duration) -> Told {
        let body = alarm(&self.name, reference);
        self.send(&body, reference, patience)
    }

    /// Sends any body; waits for the `mrs` with that reference, or for a SIP error.
    pub fn send(&mut self, body: &str, reference: &str, patience: Duration) -> Told {
        self.calls += 1;
        let call = format!("{}x{}", self.name.replace(' ', "_"), self.calls);
        let text = message("TCP 127.0.0.1", &self.name, &call, body);
        self.raw(text.as_bytes(), reference, patience)
    }

    /// Sends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8], reference: &str, patience: Duration) -> Told {
        if self.stream.write_all(bytes).is_err() {
            return Told::Nothing;
        }
        let until = std::time::Instant::now() + patience;
        loop {
            let left = until.saturating_duration_since(std::time::Instant::now());
            let Some(text) = self.next(left) else { return Told::Nothing };
            if let Some(told) = self.read(&text, reference) {
                return told;
            }
        }
    }

    fn read(&mut self, text: &str, reference: &str) -> Option<Told> {
        if text.starts_with("MESSAGE ") {
            let _ = self.stream.write_all(ok_to(text).as_bytes());
            return mrs(text, reference);
        }
        let status: u16 = text.split(' ').nth(1)?.parse().ok()?;
        (status >= 300).then_some(Told::Sip(status))
    }

    fn next(&mut self, patience: Duration) -> Option<String> {
        let until = std::time::Instant::now() + patience;
        loop {
            if let Some(text) = cut(&mut self.rest) {
                return Some(text);
            }
            let left = until.checked_duration_since(std::time::Instant::now())?;
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1)))).ok()?;
            let mut some = [0; 4096];
            match self.stream.read(&mut some) {
                Ok(0) | Err(_) => return None,
                Ok(n) => self.rest.push_str(&String::from_utf8_lossy(&some[..n])),
            }
        }
    }
}

/// A unit on UDP: one socket, RFC 3261's resends left to the caller.
pub struct UdpUnit {
    socket: UdpSocket,
    to: SocketAddr,
    name: String,
}

impl UdpUnit {
    /// Binds.
    pub fn new(to: SocketAddr, cid: &str) -> std::io::Result<Self> {
        Ok(Self { socket: UdpSocket::bind("127.0.0.1:0")?, to, name: cid.to_owned() })
    }

    /// Sends an alarm `copies` times, 100 ms apart, and gathers what comes back within `patience`:
    /// how many 200s and which `mrs` status numbers.
    pub fn press(&self, reference: &str, copies: usize, patience: Duration) -> (usize, Vec<u32>) {
        let body = alarm(&self.name, reference);
        let text = message("UDP 127.0.0.1", &self.name, &format!("u{}", wall()), &body);
        for copy in 0..copies {
            if copy > 0 {
                std::thread::sleep(Duration::from_millis(100));
            }
            let _ = self.socket.send_to(text.as_bytes(), self.to);
        }
        self.gather(reference, patience)
    }

    /// Sends one datagram as it is.
    pub fn raw(&self, bytes: &[u8], reference: &str, patience: Duration) -> (usize, Vec<u32>) {
        let _ = self.socket.send_to(bytes, self.to);
        self.gather(reference, patience)
    }

    fn gather(&self, reference: &str, patience: Duration) -> (usize, Vec<u32>) {
        let until = std::time::Instant::now() + patience;
        let (mut oks, mut statuses) = (0, Vec::new());
        let mut some = vec![0; 65_536];
        while let Some(left) = until.checked_duration_since(std::time::Instant::now()) {
            let _ = self.socket.set_read_timeout(Some(left.max(Duration::from_millis(1))));
            let Ok((n, from)) = self.socket.recv_from(&mut some) else { break };
            let text = String::from_utf8_lossy(&some[..n]).into_owned();
            if text.starts_with("SIP/2.0 200") {
                oks += 1;
            } else if text.starts_with("MESSAGE ") {
                let _ = self.socket.send_to(ok_to(&text).as_bytes(), from);
                if let Some(Told::Mrs(status)) = mrs(&text, reference) {
                    statuses.push(status);
                }
            }
        }
        (oks, statuses)
    }
}

/// Cuts one whole SIP message off the front, by its Content-Length.
fn cut(rest: &mut String) -> Option<String> {
    let head = rest.find("\r\n\r\n")? + 4;
    let length = rest[..head].lines().find_map(|line| line.strip_prefix("Content-Length:"))?;
    let whole = head + length.trim().parse::<usize>().ok()?;
    if rest.len() < whole {
        return None;
    }
    let text = rest[..whole].to_owned();
    rest.drain(..whole);
    Some(text)
}

/// The 200 a unit owes for the engine's own MESSAGE.
fn ok_to(text: &str) -> String {
    let copied = |line: &&str| {
        ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].iter().any(|name| line.starts_with(name))
    };
    let head: Vec<&str> = text.lines().filter(copied).collect();
    format!("SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n", head.join("\r\n"))
}

fn mrs(text: &str, reference: &str) -> Option<Told> {
    let of = |tag: &str| {
        let from = text.find(&format!("<{tag}>"))? + tag.len() + 2;
        let to = text[from..].find(&format!("</{tag}>"))? + from;
        Some(text[from..to].to_owned())
    };
    (of("ref")? == reference).then_some(())?;
    Some(Told::Mrs(of("snu")?.parse().ok()?))
}
