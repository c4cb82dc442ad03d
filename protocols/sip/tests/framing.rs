//! Streams: pings, padding, several messages at once, limits, and what is held meanwhile.

mod common;

use bytes::Bytes;
use common::{alarm, datagram, stream};
use sip::limits::{MAX_HEAD, MAX_HEADERS, MAX_LINE, MAX_MESSAGE};
use sip::{Datagram, Event, Framer, Message, Why};

/// The events of a stream cut into pieces of `size`, by name.
fn events(bytes: &[u8], size: usize) -> Vec<String> {
    let mut framer = Framer::new();
    let mut seen = Vec::new();
    for mut piece in bytes.chunks(size) {
        while let Some(event) = framer.next(&mut piece) {
            seen.push(match event {
                Event::Message(frame) => format!("message of {}", frame.len()),
                Event::Ping => "ping".into(),
                Event::Broken(malformed) => format!("broken: {:?}", malformed.why),
            });
        }
    }
    seen
}

#[test]
fn pings_padding_and_several_messages_in_one_piece() {
    let one = alarm("", b"<mrq></mrq>");
    let message = format!("message of {}", one.len());
    let table: [(&[&[u8]], &[&str]); 8] = [
        (&[b"\r\n\r\n"], &["ping"]),
        (&[b"\r\n"], &[]),
        (&[b"\r\n\r\n\r\n\r\n"], &["ping", "ping"]),
        (&[b"\r\n\r\n", &one], &["ping", &message]),
        (&[b"\r\n", &one, b"\r\n", &one], &[&message, &message]),
        (&[&one, &one, b"\r\n\r\n", &one], &[&message, &message, "ping", &message]),
        (&[b"\n\n\0\0\0\0 \t\r\r\n\r\n", &one], &["ping", &message]),
        (&[&one, b"GET / HTTP/1.1\r\n\r\n", &one], &[&message, "broken: NoContentLength"]),
    ];
    for (parts, expected) in table {
        let bytes = parts.concat();
        for size in [1, 2, 3, 7, 64, bytes.len()] {
            assert_eq!(events(&bytes, size), expected, "{bytes:?} by {size}");
        }
    }
}

#[test]
fn line_feeds_alone_end_lines_too() {
    let crlf = alarm("User-Agent: a\n", b"<mrq>\n</mrq>");
    let text = String::from_utf8(crlf.to_vec()).unwrap().replace("\r\n", "\n");
    let bare = Bytes::from(text.into_bytes());
    let a = common::request(&crlf);
    let b = common::request(&bare);
    assert!(a.headers().iter().eq(b.headers().iter()));
    assert_eq!(a.body(), b.body());
}

#[test]
fn an_idle_connection_holds_nothing() {
    let one = alarm("", &[b'x'; 3_000]);
    let mut framer = Framer::new();
    for piece in [&one[..1], &one[1..200], &one[200..2_000]] {
        assert!(framer.next(&mut &*piece).is_none());
        assert!(!framer.is_idle());
    }
    assert_eq!(framer.held(), 2_000);
    let Some(Event::Message(frame)) = framer.next(&mut &one[2_000..]) else { panic!() };
    assert_eq!(frame, one);
    assert!(framer.is_idle());
    assert_eq!(framer.held(), 0);
    assert!(framer.finish().is_none());
    // The whole of an idle connection's framer is on its owner's side.
    assert!(size_of::<Framer>() <= 48);
}

#[test]
fn keep_alive_datagrams() {
    for bytes in [&b""[..], b"\r\n", b"\r\n\r\n", b"\0\0\0\0", b" \r\n\t\0"] {
        let read = Datagram::parse(Bytes::copy_from_slice(bytes));
        assert!(matches!(read, Ok(Datagram::KeepAlive)), "{bytes:?}");
    }
    let padded = Bytes::from([&b"\r\n\0\r\n"[..], &alarm("", b"b")].concat());
    assert!(matches!(datagram(&padded), Ok(Message::Request(_))));
}

/// An alarm with one header of `size` bytes, name and colon included.
fn line_of(size: usize) -> Bytes {
    alarm(&format!("X: {}\n", "y".repeat(size - 3)), b"<mrq>")
}

#[test]
fn limits_hold_at_the_byte() {
    assert!(datagram(&line_of(MAX_LINE)).is_ok());
    assert_eq!(datagram(&line_of(MAX_LINE + 1)).unwrap_err().why, Why::LineTooLong);

    let usual = 7;
    assert!(datagram(&alarm(&"x: y\n".repeat(MAX_HEADERS - usual), b"")).is_ok());
    let over = alarm(&"x: y\n".repeat(MAX_HEADERS - usual + 1), b"<mrq>");
    let refused = datagram(&over).unwrap_err();
    assert_eq!((refused.why, refused.salvaged.headers().len()), (Why::TooManyHeaders, MAX_HEADERS));
    assert_eq!(refused.salvaged.body(), &b"<mrq>"[..]);
}

#[test]
fn the_head_has_a_limit_of_its_own() {
    let bare = alarm("", b"").len();
    let filler = |head: usize| {
        let second = head - bare - 8_000;
        let line = |size: usize| format!("X: {}\n", "y".repeat(size - 5));
        alarm(&(line(8_000) + &line(second)), b"")
    };
    let fits = filler(MAX_HEAD);
    assert_eq!(fits.len(), MAX_HEAD);
    for size in [1, 1_000, MAX_HEAD] {
        assert!(stream(&fits, size).remove(0).is_ok());
    }
    let over = filler(MAX_HEAD + 1);
    assert_eq!(datagram(&over).unwrap_err().why, Why::HeadTooLarge);
    for size in [1, 1_000, over.len()] {
        let broken = stream(&over, size).remove(0).unwrap_err();
        assert_eq!(broken.why, Why::HeadTooLarge);
        assert_eq!(broken.salvaged.headers().call_id(), Some(&b"1-2345@192.0.2.7"[..]));
    }
    // A line that never ends costs no more.
    assert_eq!(events(&vec![b'A'; 3 * MAX_HEAD], 1), ["broken: HeadTooLarge"]);
}

#[test]
fn the_message_has_a_limit() {
    let head = alarm("", &vec![0; 60_000]).len() - 60_000;
    let fits = alarm("", &vec![b'x'; MAX_MESSAGE - head]);
    assert_eq!(fits.len(), MAX_MESSAGE);
    for size in [1, 1_460, fits.len()] {
        assert!(stream(&fits, size).remove(0).is_ok());
    }
    assert!(datagram(&fits).is_ok());
    let over = alarm("", &vec![b'x'; MAX_MESSAGE - head + 1]);
    // Refused as soon as the head says so, before the body is there.
    assert_eq!(events(&over[..head], 1), ["broken: TooLarge"]);
    assert_eq!(datagram(&over).unwrap_err().why, Why::TooLarge);
}

#[test]
fn after_broken_everything_is_swallowed() {
    let mut framer = Framer::new();
    let mut read = &b"x\r\n\r\nmore"[..];
    let Some(Event::Broken(broken)) = framer.next(&mut read) else { panic!() };
    assert_eq!(broken.salvaged.raw(), &b"x\r\n\r\nmore"[..]);
    let mut read = &alarm("", b"")[..];
    assert!(framer.next(&mut read).is_none());
    assert!(read.is_empty() && framer.held() == 0);
}

/// The same bytes cost the same in one long head as in many short ones. Going over what is held
/// again at every byte makes the long one many times as dear.
#[test]
fn one_byte_at_a_time_is_linear() {
    let long = alarm(&format!("X: {}\n", "y".repeat(7_900)).repeat(2), b"");
    let short = alarm("", b"").repeat(long.len() / alarm("", b"").len());
    let quickest = |bytes: &[u8]| {
        let once = || {
            let start = std::time::Instant::now();
            assert!(stream(bytes, 1).iter().all(Result::is_ok));
            start.elapsed()
        };
        (0..5).map(|_| once()).min().unwrap()
    };
    let (long, short) = (quickest(&long), quickest(&short));
    assert!(long < short * 5, "{long:?} against {short:?}");
}

#[test]
fn a_log_line_tells_nothing_of_the_caller() {
    let one = alarm("X: secret\n", b"secret");
    let request = datagram(&one).unwrap();
    let broken = datagram(&alarm("secret\n", b"secret")).unwrap_err();
    let event = Event::Message(one.clone());
    for line in [format!("{request:?}"), format!("{broken:?} {broken}"), format!("{event:?}")] {
        for private in ["secret", "111111", "192.0.2.7"] {
            assert!(!line.contains(private), "{line}");
        }
    }
}
