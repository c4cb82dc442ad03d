//! A byte stream: cut into the same messages however it arrives, and the parser finds each to end
//! where the framer says.

use bytes::Bytes;
use sip::limits::MAX_MESSAGE;
use sip::{Event, Framer, Message, Why};

/// What came out: frames whole, `Err(None)` for a ping, a break by its reason.
type Seen = Vec<Result<Bytes, Option<Why>>>;

pub(crate) fn holds(input: &[u8]) {
    let whole = cut([input].into_iter());
    // How long the pieces are is the input's own choice as well.
    let size = 2 + usize::from(input.last().copied().unwrap_or_default() % 61);
    assert_eq!(whole, cut(input.chunks(1)), "byte by byte it is something else");
    assert_eq!(whole, cut(input.chunks(size)), "in pieces of {size} it is something else");
    for frame in whole.0.into_iter().flatten() {
        ends_where_the_parser_says(&frame);
    }
}

fn cut<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Seen, Option<Bytes>) {
    let mut framer = Framer::new();
    let mut seen = Vec::new();
    for mut piece in pieces {
        while let Some(event) = framer.next(&mut piece) {
            seen.push(match event {
                Event::Message(frame) => Ok(frame),
                Event::Ping => Err(None),
                Event::Broken(malformed) => Err(Some(malformed.why)),
            });
        }
        assert!(piece.is_empty(), "bytes were left");
        assert!(framer.held() <= MAX_MESSAGE, "more is held than a message may have");
        assert!(!framer.is_idle() || framer.held() == 0, "idle, and yet bytes are held");
    }
    (seen, framer.finish().map(|cut| cut.salvaged.raw().clone()))
}

/// No bytes can be one message to the framer and another to the parser.
fn ends_where_the_parser_says(frame: &Bytes) {
    let body = match Message::parse(frame.clone()) {
        Ok(Message::Request(read)) => read.body().clone(),
        Ok(Message::Response(read)) => read.body().clone(),
        Err(malformed) => {
            let length = [Why::Truncated, Why::ContentLength, Why::TooLarge];
            assert!(!length.contains(&malformed.why), "{:?}", malformed.why);
            return;
        }
    };
    assert_eq!(body.as_ptr_range().end, frame.as_ptr_range().end);
}
