//! A command's side of the control socket: one request, one answer, and no runtime for it.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::control::wish::{Done, Wish};
use crate::limits::{CONTROL_ANSWER, CONTROL_TIME};

/// What came of a call.
pub(super) enum Called {
    /// Nobody listens there.
    Nobody,
    /// Somebody listens, and the answer did not come.
    Broken(io::Error),
    /// What is done, and why the next is not.
    Answered(Vec<Done>, Option<String>),
}

/// Asks the engine behind a socket.
pub(super) fn call(socket: &Path, wishes: &[Wish]) -> Called {
    let stream = match UnixStream::connect(socket) {
        Ok(stream) => stream,
        Err(why)
            if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
        {
            return Called::Nobody;
        }
        Err(why) => return Called::Broken(why),
    };
    match ask(stream, wishes) {
        Ok((done, why)) => Called::Answered(done, why),
        Err(why) => Called::Broken(why),
    }
}

type Answer = (Vec<Done>, Option<String>);

fn ask(mut stream: UnixStream, wishes: &[Wish]) -> io::Result<Answer> {
    stream.set_read_timeout(Some(CONTROL_TIME))?;
    stream.set_write_timeout(Some(CONTROL_TIME))?;
    let body = minicbor::to_vec(wishes).map_err(io::Error::other)?;
    let head = format!(
        "POST /wishes HTTP/1.1\r\nHost: varde\r\nConnection: close\r\nContent-Type: application/cbor\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)?;
    let mut answer = Vec::new();
    stream.take(CONTROL_ANSWER).read_to_end(&mut answer)?;
    read(&answer)
}

/// The engine answers 200 with a length and without chunks, or says in a line of text what is wrong.
fn read(answer: &[u8]) -> io::Result<Answer> {
    let cut = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let cut = cut.ok_or(io::ErrorKind::UnexpectedEof)?;
    let (head, body) = (String::from_utf8_lossy(&answer[..cut]), &answer[cut + 4..]);
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        let said = String::from_utf8_lossy(body).trim().to_owned();
        return Err(io::Error::other(format!("status {status}: {said}")));
    }
    minicbor::decode(body).map_err(io::Error::other)
}
