//! Writing requests and responses.

mod date;
mod reply;
mod request;

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

pub use date::date;
pub use reply::{Reply, reason};
pub use request::{MessageRequest, Outgoing};

/// A message in the making.
struct Out(Vec<u8>);

impl Out {
    fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Text of our own.
    fn put(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Bytes from elsewhere: a line end in them becomes a space, so that nobody can add a header
    /// through a value.
    fn put_value(&mut self, bytes: &[u8]) -> &mut Self {
        let start = self.0.len();
        self.0.extend_from_slice(bytes);
        for byte in &mut self.0[start..] {
            if matches!(byte, b'\r' | b'\n') {
                *byte = b' ';
            }
        }
        self
    }

    /// A URI from elsewhere, in brackets.
    fn put_uri(&mut self, uri: &[u8]) -> &mut Self {
        self.put("<").put_bare_uri(uri).put(">")
    }

    /// A URI from elsewhere, without white space, line ends and brackets of its own.
    fn put_bare_uri(&mut self, uri: &[u8]) -> &mut Self {
        self.0.extend(uri.iter().filter(|b| !b"<>\r\n \t".contains(b)));
        self
    }

    fn header(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.put(name).put(": ").put_value(value).put("\r\n")
    }

    fn format(&mut self, arguments: fmt::Arguments<'_>) -> &mut Self {
        // Writing into a vector cannot fail.
        let _ = fmt::Write::write_fmt(self, arguments);
        self
    }

    /// Ends the head, adds the body, and gives back the room not used.
    fn finish(mut self, body: &[u8]) -> Bytes {
        self.format(format_args!("Content-Length: {}\r\n\r\n", body.len()));
        self.0.extend_from_slice(body);
        Bytes::from(self.0.into_boxed_slice())
    }
}

impl fmt::Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text);
        Ok(())
    }
}
