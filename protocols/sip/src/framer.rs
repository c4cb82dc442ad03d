//! Messages out of a byte stream (RFC 3261 18.3, RFC 5626 3.5.1).

use alloc::vec::Vec;
use core::mem;

use bytes::Bytes;

use crate::limits::{EAGER_ROOM, MAX_HEAD, MAX_MESSAGE};
use crate::malformed::{Malformed, Why};
use crate::message::salvage;
use crate::scan::{content_length, is_padding};
use crate::text::find;

/// What a stream brought.
#[derive(Clone)]
pub enum Event {
    /// One complete message, ready for [`Message::parse`](crate::Message::parse).
    Message(Bytes),
    /// A double line end: the other side asks whether we live. Answer with [`PONG`](crate::PONG).
    Ping,
    /// The stream can no longer be cut into messages. Answer if [`Malformed::answer`] says so,
    /// show what was salvaged, close. Bytes that still come belong to the same message.
    Broken(Malformed),
}

/// Cuts one byte stream into messages, in time linear in its bytes however they are split.
///
/// Between messages it holds no memory; within one, what came of that message, so at most
/// [`MAX_MESSAGE`]. How long a message may take to arrive is the caller's limit: see
/// [`Framer::is_idle`].
#[derive(Default)]
pub struct Framer {
    held: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Before a message; so many bytes of a ping have come.
    Between { ping: usize },
    /// In a head that has not ended yet.
    Head(Ending),
    /// In a message of this many bytes in all.
    Body { total: usize },
    /// After `Broken`.
    Broken,
}

impl Default for State {
    fn default() -> Self {
        Self::Between { ping: 0 }
    }
}

/// How much of the empty line that ends a head has come.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Text,
    Feed,
    FeedReturn,
}

impl Framer {
    /// A framer at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes from the front of `input` until something is complete. Call until `None`:
    /// then all of `input` is taken, and what is incomplete is held. After
    /// [`Event::Broken`] everything is swallowed.
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Event> {
        loop {
            match self.state {
                State::Between { ping } => {
                    let event = self.between(ping, input);
                    if event.is_some() || input.is_empty() {
                        return event;
                    }
                }
                State::Head(ending) => match self.head(ending, input)? {
                    Ok(total) => self.state = State::Body { total },
                    Err(why) => return Some(self.broken(why, input)),
                },
                State::Body { total } => return self.body(total, input).map(Event::Message),
                State::Broken => {
                    *input = &[];
                    return None;
                }
            }
        }
    }

    /// What is held of an unfinished message when the stream ends: shown rather than lost.
    pub fn finish(&mut self) -> Option<Malformed> {
        self.state = State::Broken;
        let held = mem::take(&mut self.held);
        (!held.is_empty()).then(|| salvage(held.into(), Why::Truncated))
    }

    /// Whether no message is under way. Limit the time this may stay `false`.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Between { .. })
    }

    /// Bytes held of an incomplete message.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Skips padding up to a ping or the beginning of a message.
    fn between(&mut self, mut ping: usize, input: &mut &[u8]) -> Option<Event> {
        const PING: &[u8; 4] = b"\r\n\r\n";
        while let Some((&byte, rest)) = input.split_first() {
            if !is_padding(byte) {
                self.state = State::Head(Ending::Text);
                return None;
            }
            *input = rest;
            ping = match byte {
                b if b == PING[ping] => ping + 1,
                b'\r' => 1,
                _ => 0,
            };
            if ping == PING.len() {
                self.state = State::Between { ping: 0 };
                return Some(Event::Ping);
            }
        }
        self.state = State::Between { ping };
        None
    }

    /// Looks for the end of the head in the new bytes only. `Some(Ok(total))`: it has ended, and
    /// the message is that long. The head itself is taken only if part of it was held before.
    fn head(&mut self, ending: Ending, input: &mut &[u8]) -> Option<Result<usize, Why>> {
        let room = MAX_HEAD - self.held.len();
        let fresh = input.get(..room).unwrap_or(input);
        let length = match head_end(ending, fresh) {
            Err(_) if input.len() > room => return Some(Err(Why::HeadTooLarge)),
            Err(ending) => {
                self.state = State::Head(ending);
                self.take(input.len(), input);
                return None;
            }
            Ok(end) if self.held.is_empty() => (content_length(&fresh[..end]), end),
            Ok(end) => {
                self.take(end, input);
                (content_length(&self.held), self.held.len())
            }
        };
        Some(match length {
            (Ok(Some(body)), head) if head + body > MAX_MESSAGE => Err(Why::TooLarge),
            (Ok(Some(body)), head) => Ok(head + body),
            (Ok(None), _) => Err(Why::NoContentLength),
            (Err(why), _) => Err(why),
        })
    }

    fn body(&mut self, total: usize, input: &mut &[u8]) -> Option<Bytes> {
        let missing = total - self.held.len();
        if input.len() < missing {
            self.make_room(missing, input.len());
            self.take(input.len(), input);
            return None;
        }
        self.state = State::default();
        if self.held.is_empty() {
            let (message, rest) = input.split_at(total);
            *input = rest;
            return Some(Bytes::copy_from_slice(message));
        }
        self.take(missing, input);
        Some(mem::take(&mut self.held).into())
    }

    /// Room for what arrives, doubling up to what is missing: linear however small the pieces.
    fn make_room(&mut self, missing: usize, arriving: usize) {
        let held = self.held.len();
        if self.held.capacity() - held < arriving {
            self.held.reserve_exact(missing.min(held.max(arriving).max(EAGER_ROOM)));
        }
    }

    fn broken(&mut self, why: Why, input: &mut &[u8]) -> Event {
        self.take(input.len().min(MAX_MESSAGE - self.held.len()), input);
        *input = &[];
        self.state = State::Broken;
        Event::Broken(salvage(mem::take(&mut self.held).into(), why))
    }

    fn take(&mut self, count: usize, input: &mut &[u8]) {
        let (taken, rest) = input.split_at(count);
        self.held.extend_from_slice(taken);
        *input = rest;
    }
}

/// Where the head ends in `fresh`, or how far into its end we are.
fn head_end(mut ending: Ending, fresh: &[u8]) -> Result<usize, Ending> {
    let mut at = 0;
    while let Some(&byte) = fresh.get(at) {
        ending = match (ending, byte) {
            (Ending::Feed | Ending::FeedReturn, b'\n') => return Ok(at + 1),
            (_, b'\n') => Ending::Feed,
            (Ending::Feed, b'\r') => Ending::FeedReturn,
            // Text: nothing before the next line feed matters.
            _ => match find(&fresh[at..], b'\n') {
                Some(gap) => {
                    at += gap;
                    Ending::Feed
                }
                None => return Err(Ending::Text),
            },
        };
        at += 1;
    }
    Err(ending)
}
